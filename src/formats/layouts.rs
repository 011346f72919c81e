//! Layouts: what is known of the records of programs, agencies and services, as rows of a table (`layouts.toml`). A user can bring
//! his own in the same form; his come first.

use super::fields::{Field, Fields, How, folded, text_of};
use super::paths::{Node, Outside, Path, Shape};
use super::reader::Around;
use crate::model::{Draft, Reason, Skip};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

/// What a layout is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// JSON, and rows of tables.
    #[default]
    Json,
    /// XML.
    Xml,
    /// HTML that holds several documents, or one that is no page.
    Html,
}

/// A layout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layout {
    /// Its name.
    pub name: String,
    /// What it is of.
    pub of: Of,
    /// Of XML, the name of the first element.
    pub root: String,
    /// Of HTML, what is in its text: all of these.
    pub marks: Vec<String>,
    /// What a record has: all of these.
    pub has: Vec<Path>,
    /// What the input has that the records stand in: all of these.
    pub around: Vec<Path>,
    /// Where the records are in it.
    pub records: Vec<Path>,
    /// Records are no articles that have one of these; a name may have values: `type=picture|video`, whatever their case; `*:picture` for
    /// how they end, `!0` for any other.
    pub never: Vec<String>,
    /// Records are articles only if they have all of these, in the same form.
    pub only: Vec<String>,
    /// Fields, or elements in a text, that are of no use.
    pub without: Vec<String>,
    /// Whether only the first that stands where the body is belongs to it.
    pub first: bool,
    /// Whether what stands in the body is a summary.
    pub summary: bool,
    /// The language by which dates are settled that can be read in two ways: `en-US` has the month first.
    pub dates: Option<String>,
    /// Where the fields are; of several places the first that has something.
    pub fields: HashMap<Field, Vec<Path>>,
    /// Whether names that are commonly known are fields too.
    pub common: bool,
}

/// The names and layouts that are known.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    names: HashMap<Field, Vec<String>>,
    inner: Vec<String>,
    calling: Vec<String>,
    envelopes: Vec<Path>,
    unwrapped: Vec<String>,
    placeholders: Vec<String>,
    tags: HashSet<String>,
    refused: Vec<Refused>,
    layout: Vec<Layout>,
}

/// What is known and has no articles.
#[derive(Debug, Deserialize)]
struct Refused {
    root: String,
    what: String,
}

/// The names and layouts that are known.
pub struct Layouts {
    /// Names of fields, folded, and how early each is asked.
    pub names: HashMap<String, Vec<(Field, usize)>>,
    /// Names of what holds the text in an object.
    pub inner: Vec<String>,
    /// Names of what a thing is called by.
    pub calling: Vec<String>,
    /// Where the records of an answer are.
    pub envelopes: Vec<Path>,
    /// Names of objects that are the record.
    pub unwrapped: Vec<String>,
    /// How texts begin that stand for none.
    pub placeholders: Vec<String>,
    /// Names of elements of HTML.
    pub tags: HashSet<String>,
    refused: Vec<Refused>,
    layouts: Vec<Layout>,
    /// Those of JSON, by the name that each is told by first.
    by_name: HashMap<String, Vec<usize>>,
}

/// Those that pressmark knows.
pub static LAYOUTS: LazyLock<Layouts> = LazyLock::new(|| {
    // It is part of this program, and a test reads it.
    let file: File = toml::from_str(include_str!("layouts.toml"))
        .unwrap_or_else(|e| panic!("layouts.toml: {}", e.message()));
    let mut names: HashMap<String, Vec<(Field, usize)>> = HashMap::new();
    for (field, known) in file.names {
        for (rank, name) in known.iter().enumerate() {
            let of = names.entry(folded(name)).or_default();
            if !of.iter().any(|(known, _)| *known == field) {
                of.push((field, rank));
            }
        }
    }
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, layout) in file.layout.iter().enumerate().filter(|(_, layout)| layout.of == Of::Json) {
        let first = layout.around.first().or(layout.has.first()).and_then(Path::first);
        by_name.entry(first.unwrap_or_default().to_owned()).or_default().push(at);
    }
    let File { inner, calling, envelopes, unwrapped, placeholders, tags, refused, layout, .. } = file;
    Layouts {
        names,
        inner,
        calling,
        envelopes,
        unwrapped,
        placeholders,
        tags,
        refused,
        layouts: layout,
        by_name,
    }
});

/// Layouts that a user brings.
pub type Own = Arc<Vec<Layout>>;

/// Reads a file of layouts: `[[layout]]` tables as in `layouts.toml`. `Err` says what is wrong, and where.
pub fn parse(text: &str) -> Result<Own, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct OwnFile {
        layout: Vec<Layout>,
    }
    let file: OwnFile = toml::from_str(text).map_err(|e| e.to_string())?;
    for layout in &file.layout {
        if layout.fields.is_empty() && !layout.common {
            return Err(format!("the layout '{}' has no fields", layout.name));
        }
        if layout.of == Of::Xml && layout.root.is_empty() {
            return Err(format!("the layout '{}' of XML names no root", layout.name));
        }
    }
    Ok(Arc::new(file.layout))
}

impl Layouts {
    /// Every layout: the user's, then those that are known.
    fn all<'a>(&'a self, around: &Around<'a>) -> impl Iterator<Item = &'a Layout> {
        around.layouts.iter().flat_map(|own| own.iter()).chain(&self.layouts)
    }

    /// The layout of XML with this root.
    pub fn of_root<'a>(&'a self, root: Node<'_>, name: &str, around: &Around<'a>) -> Option<&'a Layout> {
        self.all(around)
            .find(|layout| layout.of == Of::Xml && layout.root == name && all(&layout.around, root, root))
    }

    /// Whether XML with this root is known, be it as something that is refused.
    pub fn knows_root(&self, name: &str) -> bool {
        self.layouts.iter().any(|layout| layout.of == Of::Xml && layout.root == name)
            || self.refused.iter().any(|refused| refused.root == name)
    }

    /// What XML with this root is, if it has no articles.
    pub fn refused(&self, root: &str) -> Option<&str> {
        self.refused.iter().find(|refused| refused.root == root).map(|refused| refused.what.as_str())
    }

    /// The layout of a page that has its marks.
    pub fn of_page<'a>(&'a self, html: &str, around: &Around<'a>) -> Option<&'a Layout> {
        let has = |mark: &String| memchr::memmem::find(html.as_bytes(), mark.as_bytes()).is_some();
        self.all(around)
            .find(|layout| layout.of == Of::Html && !layout.marks.is_empty() && layout.marks.iter().all(has))
    }

    /// The layout that says where the records of an input of JSON are.
    pub fn of_answer<'a>(&'a self, answer: &Value, around: &Around<'a>) -> Option<&'a Layout> {
        let node = Node::Json(answer);
        let layouts = self.begun(answer, around);
        layouts.into_iter().find(|layout| !layout.around.is_empty() && all(&layout.around, node, node))
    }

    /// The layout of a record of JSON.
    pub fn of_record<'a>(&'a self, record: &Value, around: &Around<'a>) -> Option<&'a Layout> {
        let node = Node::Json(record);
        let layouts = self.begun(record, around);
        layouts
            .into_iter()
            .find(|layout| layout.around.is_empty() && !layout.has.is_empty() && all(&layout.has, node, node))
    }

    /// Layouts of JSON of which an object has the name that they are told by first, in order.
    fn begun<'a>(&'a self, object: &Value, around: &Around<'a>) -> Vec<&'a Layout> {
        let own = around.layouts.iter().flat_map(|own| own.iter()).filter(|layout| layout.of == Of::Json);
        let mut begun: Vec<&Layout> = own.collect();
        let names = object.as_object().into_iter().flat_map(Map::keys);
        let mut known: Vec<usize> =
            names.filter_map(|name| self.by_name.get(name)).flatten().copied().collect();
        known.sort_unstable();
        known.dedup();
        begun.extend(known.into_iter().map(|at| &self.layouts[at]));
        begun
    }
}

fn all(paths: &[Path], record: Node<'_>, outside: Node<'_>) -> bool {
    paths.iter().all(|path| !path.find(record, outside).is_empty())
}

impl Layout {
    /// Whether a record has what its records have.
    pub fn fits(&self, record: &Value) -> bool {
        all(&self.has, Node::Json(record), Node::Json(record))
    }

    /// Whether a record is no article, by what it says of itself.
    fn is_none(&self, record: Node<'_>, outside: &Outside<'_>) -> bool {
        let holds = |condition: &String| {
            // An equals sign in brackets is the path's.
            let mut depth = 0;
            let equals = condition.char_indices().find(|(_, c)| {
                depth += i32::from(*c == '[') - i32::from(*c == ']');
                depth == 0 && *c == '='
            });
            let (path, wanted) = equals
                .map_or((condition.as_str(), None), |(at, _)| (&condition[..at], Some(&condition[at + 1..])));
            let Ok(path) = path.parse::<Path>() else { return false };
            let found = path.values_in(record, outside, Shape::TEXT);
            let said = |value: &Value| match value {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            match wanted {
                Some(wanted) => found.iter().map(said).any(|said| {
                    let said = said.to_lowercase();
                    wanted.split('|').any(|wanted| {
                        match (wanted.strip_prefix('*'), wanted.strip_prefix('!')) {
                            (Some(end), _) => said.ends_with(&end.to_lowercase()),
                            (_, Some(other)) => said != other.to_lowercase(),
                            _ => said == wanted.to_lowercase(),
                        }
                    })
                }),
                None => !found.is_empty(),
            }
        };
        self.never.iter().any(holds) || !self.only.iter().all(holds)
    }

    /// The draft that a record of JSON makes.
    pub fn draft(&self, record: Value, outside: &Outside<'_>, around: &Around<'_>) -> Result<Draft, Item> {
        if self.is_none(Node::Json(&record), outside) {
            return Err(Item::Passed(Skip::NoArticle));
        }
        let mut fields = Fields::default();
        let mut taken = Vec::new();
        for field in Field::ALL {
            for path in self.fields.get(&field).into_iter().flatten() {
                let values = path.values_in(Node::Json(&record), outside, Shape::TEXT);
                if !values.is_empty() {
                    fields.add_all(field, &path.to_string(), values);
                    taken.extend(path.plain());
                    break;
                }
            }
        }
        let Value::Object(mut object) = record else { return Err(Item::Rejected("it is no object".into())) };
        for path in taken {
            let mut unused = Fields::default();
            if let Ok(path) = path.parse::<Path>() {
                unused.take_path(Field::Body, &path, &mut object, &Outside::of(Node::Json(&Value::Null)));
            }
        }
        object.retain(|name, _| !self.without.contains(name));
        if self.common {
            fields.extend(Fields::named(&mut object, outside, &super::fields::Mapping::default()));
        }
        let extra = object.into_iter().filter(|(_, value)| is_small(value)).collect();
        self.finish(fields, extra, around)
    }

    /// The draft that an element of XML makes.
    pub fn of_element(
        &self,
        record: Node<'_>,
        outside: &Outside<'_>,
        around: &Around<'_>,
    ) -> Result<Draft, Item> {
        if self.is_none(record, outside) {
            return Err(Item::Passed(Skip::NoArticle));
        }
        let mut fields = Fields::default();
        for field in Field::ALL {
            let shape = Shape { markup: field == Field::Body, without: &self.without };
            for path in self.fields.get(&field).into_iter().flatten() {
                let mut values = path.values_in(record, outside, shape);
                if self.first {
                    values.truncate(1);
                }
                if field == Field::Body && values.len() > 1 {
                    // Paragraphs that stand each for itself.
                    let texts = values.into_iter().filter_map(|value| text_of("body", value).ok());
                    values = vec![texts.collect::<Vec<_>>().join("\n\n").into()];
                }
                fields.add_all(field, &path.to_string(), values);
                if fields.has(field) {
                    break;
                }
            }
        }
        self.finish(fields, Map::new(), around)
    }

    fn finish(&self, fields: Fields, extra: Map<String, Value>, around: &Around<'_>) -> Result<Draft, Item> {
        let how = How { around, summary: self.summary, date_language: self.dates.as_deref() };
        match fields.draft(extra, how) {
            Ok(Some(draft)) => Ok(draft),
            Ok(None) => Err(Item::Passed(Skip::NoArticle)),
            Err(reason) => Err(Item::Rejected(reason)),
        }
    }
}

/// What of a record is kept beside its fields: what is no text of its own, and no tree.
fn is_small(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => text.len() < 2000,
        value => value.to_string().len() < 2000,
    }
}

/// Why there is no draft.
#[derive(Debug)]
pub enum Item {
    /// It cannot be read.
    Rejected(Reason),
    /// It is no article.
    Passed(Skip),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        assert!(!LAYOUTS.layouts.is_empty() && !LAYOUTS.names.is_empty());
        let mut seen = HashSet::new();
        for layout in &LAYOUTS.layouts {
            assert!(seen.insert(&layout.name), "{} is there twice", layout.name);
            assert!(!layout.fields.is_empty() || layout.common, "{} has no fields", layout.name);
            assert_eq!(layout.of == Of::Xml, !layout.root.is_empty(), "{}", layout.name);
            let told = !layout.has.is_empty() || !layout.around.is_empty() || !layout.marks.is_empty();
            assert!(layout.of == Of::Xml || told, "{}", layout.name);
        }
    }

    #[test]
    fn a_layout_of_ones_own() {
        let own =
            parse("[[layout]]\nname = 'x'\nhas = ['hed']\nfields = {headline = ['hed'], body = ['txt']}")
                .unwrap();
        assert_eq!(own[0].fields[&Field::Body][0].to_string(), "txt");
        for wrong in
            ["[[layout]]\nname='x'", "[[layout]]\nnme='x'", "[[layout]]\nname='x'\nfields={body=['a[']}", "x"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
