//! The fields of an article, whatever they are called: from names that are known, from a mapping, or from a layout, to a draft.

use super::layouts::LAYOUTS;
use super::paths::{self, Node, Outside, Path, Shape, is_nothing};
use super::reader::Around;
use super::tree::resolved;
use crate::extract;
use crate::model::{Dated, Draft, Language, Origin, Provenance, Published, Reason, Source};
use crate::text::dates;
use serde_json::{Map, Value};
use std::str::FromStr;

/// A field of an article that an input can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The headline.
    Headline,
    /// The body.
    Body,
    /// When it was published.
    Published,
    /// Who published it.
    Source,
    /// Where.
    Url,
    /// Who wrote it.
    Byline,
    /// The language.
    Language,
    /// When it was captured.
    Captured,
    /// The section that it was published in.
    Section,
    /// The keywords that it was published with.
    Keywords,
    /// When it was changed last.
    Modified,
    /// The publisher's name as it spells it.
    Publisher,
    /// What it says of itself.
    Description,
}

crate::model::named!(Field, "a field", "headline" => Headline, "body" => Body, "published" => Published, "source" => Source,
    "url" => Url, "byline" => Byline, "language" => Language, "captured" => Captured, "section" => Section, "keywords" => Keywords,
    "modified" => Modified, "publisher" => Publisher, "description" => Description);

impl Field {
    /// All of them, in the order in which they take what is theirs.
    pub const ALL: [Field; 13] = [
        Field::Headline,
        Field::Body,
        Field::Published,
        Field::Source,
        Field::Url,
        Field::Byline,
        Field::Language,
        Field::Captured,
        Field::Section,
        Field::Keywords,
        Field::Modified,
        Field::Publisher,
        Field::Description,
    ];
}

/// Names for fields that the common ones do not cover: `records=response.docs,headline=hed,body=content.text`. A path is what
/// [`Path`] is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Where the records are in an input that is not one.
    pub records: Vec<Path>,
    fields: Vec<(Field, Path)>,
}

impl FromStr for Mapping {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Mapping, Reason> {
        let mut mapping = Mapping::default();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let own = || {
                Field::ALL
                    .iter()
                    .map(|field| crate::model::Named::name(*field))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let Some((field, path)) = pair.split_once('=') else {
                return Err(
                    format!("'{pair}' is not FIELD=NAME, with FIELD one of records, {}", own()).into()
                );
            };
            let path = path.parse().map_err(|e: String| Reason::from(e))?;
            match field.trim() {
                "records" => mapping.records.push(path),
                field => {
                    let known = field.parse::<Field>();
                    let known = known
                        .map_err(|_| format!("'{field}' is not a field; there are records, {}", own()))?;
                    mapping.fields.push((known, path));
                }
            }
        }
        Ok(mapping)
    }
}

impl Mapping {
    /// Whether it knows a name.
    pub fn names(&self, name: &str) -> bool {
        self.fields.iter().any(|(_, path)| {
            path.plain().is_some_and(|path| path.split(['.', '/']).next() == Some(name) || path == name)
        })
    }

    /// Adds another mapping's names.
    pub fn extend(&mut self, other: Mapping) {
        self.records.extend(other.records);
        self.fields.extend(other.fields);
    }

    /// Its paths of a field.
    fn of(&self, field: Field) -> impl Iterator<Item = &Path> {
        self.fields.iter().filter(move |(known, _)| *known == field).map(|(_, path)| path)
    }

    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.fields.is_empty()
    }
}

/// A name without what different programs spell differently: case, `_`, `-`, dots and blanks.
pub fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | '.' | ' ' | ':')).flat_map(char::to_lowercase).collect()
}

/// Whether a name is one of a field that makes an article of a record: of its headline or its text.
pub fn is_telling(name: &str) -> bool {
    let names = LAYOUTS.names.get(&folded(name));
    names.is_some_and(|names| names.iter().any(|(field, _)| matches!(field, Field::Headline | Field::Body)))
}

/// Whether a name is one of the text.
pub fn is_body(name: &str) -> bool {
    LAYOUTS.names.get(&folded(name)).is_some_and(|names| names.iter().any(|(field, _)| *field == Field::Body))
}

/// Whether a name is one of a field.
pub fn is_known(name: &str) -> bool {
    LAYOUTS.names.contains_key(&folded(name))
}

/// What was found of each field: its name and its value.
#[derive(Debug, Default)]
pub struct Fields(Vec<(Field, String, Value)>);

impl Fields {
    /// Adds what was found.
    pub fn add(&mut self, field: Field, name: &str, value: Value) {
        if !is_nothing(&value) {
            self.0.push((field, name.to_owned(), value));
        }
    }

    /// Takes what is known of a field, the best first.
    fn take(&mut self, field: Field) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        let mut left = Vec::new();
        for (known, name, value) in std::mem::take(&mut self.0) {
            if known == field { found.push((name, value)) } else { left.push((known, name, value)) }
        }
        self.0 = left;
        found
    }

    fn first(&mut self, field: Field) -> Option<(String, Value)> {
        self.take(field).into_iter().next()
    }

    /// Takes the fields out of an object: those that the mapping names, or else those with common names. Of one that has several
    /// names there, all come that can hold a text or a summary; else the best.
    pub fn named(object: &mut Map<String, Value>, outside: &Outside<'_>, mapping: &Mapping) -> Fields {
        let mut fields = Fields::default();
        let mut ranked: Vec<(Field, usize, String)> = Vec::new();
        for (name, value) in &*object {
            if let Some(known) = LAYOUTS.names.get(&folded(name)).filter(|_| !is_nothing(value)) {
                let nested = is_nested(value);
                let known = known.iter().filter(|(field, _)| *field != Field::Body || !nested);
                ranked.extend(known.map(|(field, rank)| (*field, *rank, name.clone())));
            }
        }
        ranked.sort_by_key(|(field, rank, _)| (*field, *rank));
        for field in Field::ALL {
            let mut mapped = mapping.of(field).peekable();
            if mapped.peek().is_some() {
                mapped.for_each(|path| fields.take_path(field, path, object, outside));
                continue;
            }
            for (_, _, name) in ranked.iter().filter(|(known, ..)| *known == field).take(NAMES_MAX) {
                if !object.contains_key(name) {
                    continue;
                }
                if matches!(field, Field::Body | Field::Description) {
                    if let Some(value) = object.shift_remove(name) {
                        fields.add(field, name, value);
                    }
                    continue;
                }
                if let Some(value) = object.shift_remove(name) {
                    fields.add(field, name, value);
                }
                break;
            }
        }
        fields
    }

    /// Takes what a path leads to out of the object, or finds it where it cannot be taken out.
    pub fn take_path(
        &mut self,
        field: Field,
        path: &Path,
        object: &mut Map<String, Value>,
        outside: &Outside<'_>,
    ) {
        let text = path.to_string();
        if let Some(plain) = path.plain()
            && let Some(value) = taken(object, plain)
        {
            return self.add(field, &text, value);
        }
        let record = Value::Object(std::mem::take(object));
        let values = path.values_in(Node::Json(&record), outside, Shape::TEXT);
        if let Value::Object(of) = record {
            *object = of;
        }
        self.add_all(field, &text, values);
    }

    /// Adds values of which a list can have several.
    pub fn add_all(&mut self, field: Field, name: &str, values: Vec<Value>) {
        let several = matches!(field, Field::Byline | Field::Keywords | Field::Body | Field::Published)
            && values.len() > 1;
        if several {
            return self.add(field, name, Value::Array(values.into_iter().flat_map(flat).collect()));
        }
        if let Some(value) = values.into_iter().next() {
            self.add(field, name, value);
        }
    }

    /// Adds what others have.
    pub fn extend(&mut self, others: Fields) {
        self.0.extend(others.0);
    }

    /// Whether something was found of a field.
    pub fn has(&self, field: Field) -> bool {
        self.0.iter().any(|(known, ..)| *known == field)
    }

    /// The draft that these fields make, with what is left of the record. `None` if it is no article.
    pub fn draft(mut self, mut extra: Map<String, Value>, how: How<'_>) -> Result<Option<Draft>, Reason> {
        let mut draft = Draft::default();
        if let Some((name, value)) = self.first(Field::Headline) {
            draft.headline = line_of(&name, value)?;
        }
        if is_placeholder(&draft.headline) {
            return Ok(None);
        }
        let (bodies, descriptions) = (self.take(Field::Body), self.take(Field::Description));
        let mut provenance = Provenance { is_summary: how.summary, ..Provenance::default() };
        draft.body = body(bodies, &mut extra)?;
        let mut description = None;
        for (name, value) in descriptions {
            match text_of(&name, value.clone()) {
                Ok(text) if description.is_none() && !text.is_empty() => description = Some(text),
                Ok(text) if Some(&text) == description.as_ref() || text == draft.body => {}
                _ => {
                    extra.insert(name, value);
                }
            }
        }
        let cut = without_count(&mut draft.body);
        if draft.body.is_empty()
            && let Some(text) = description.take()
        {
            provenance.is_summary = is_cut(&text) || text.split_whitespace().count() < TEXT_WORDS;
            draft.body = text;
        }
        provenance.is_summary |= cut;
        provenance.description = description;
        self.describe(&mut draft, &mut provenance, &mut extra, how)?;
        // What has no name but its address was only kept.
        if draft.body.is_empty() && is_an_article(&draft.headline) {
            return Ok(None);
        }
        // Services put the publisher's name behind the headline.
        let publisher = provenance.publisher.as_deref().unwrap_or("");
        let bare = draft.headline.strip_suffix(publisher).and_then(|headline| headline.strip_suffix(" - "));
        if let Some(bare) = bare.filter(|_| !publisher.is_empty()).map(str::to_owned) {
            draft.headline = bare;
        }
        if draft.body.is_empty()
            && let Some(longest) = longest(&extra, "")
        {
            let fields = shown(extra.keys().map(String::as_str));
            return Err(Reason::TextNotFound { fields, longest });
        }
        provenance.set_extra(extra);
        draft.provenance = provenance;
        Ok(Some(draft))
    }

    /// Everything but headline and text.
    fn describe(
        &mut self,
        draft: &mut Draft,
        of: &mut Provenance,
        extra: &mut Map<String, Value>,
        how: How<'_>,
    ) -> Result<(), Reason> {
        let mut notes = Vec::new();
        let mut keep = |name: String, value: Value, what: &str| {
            notes.push(format!("{what} is not understood and kept as {name}: {}", short(&value)));
            extra.insert(name, value);
        };
        if let Some((name, value)) = self.first(Field::Language) {
            draft.language = language_of(&value);
            if draft.language.is_none() && value.as_str() != Some("und") {
                keep(name, value, "the language");
            }
        }
        let language = draft.language.map(|language| language.to_string());
        let date = |value: &Value| date_of(value, how.date_language.or(language.as_deref()));
        if let Some((name, value)) = self.first(Field::Captured) {
            match date(&value) {
                Some((dated, _)) => of.captured = Some(dated.at),
                None => keep(name, value, "the date of capture"),
            }
        }
        let mut dates = self.take(Field::Published).into_iter();
        if let Some((name, value)) = dates.next() {
            match date(&value) {
                Some((dated, note)) => {
                    let captured = of.captured.unwrap_or(how.around.now);
                    of.published = Some(Published::new(dated, Origin::Given, captured));
                    of.notes.extend(note);
                }
                None => keep(name, value, "the date"),
            }
        }
        if let Some((name, value)) = self.first(Field::Modified) {
            match date(&value).filter(|_| !value.is_number()) {
                Some((dated, _)) => {
                    let later = of.published.as_ref().is_none_or(|published| dated.at > published.at);
                    of.modified = later.then_some(dated);
                }
                None => {
                    extra.insert(name, value);
                }
            }
        }
        let mut urls = self.take(Field::Url).into_iter();
        let url = urls.next().map(|(name, value)| text_of(&name, value)).transpose()?;
        of.url = url.map(|url| url.trim().to_owned()).filter(|url| is_address(url));
        of.byline = self
            .take(Field::Byline)
            .into_iter()
            .map(|(_, value)| names_of(value))
            .find(|names| !names.is_empty())
            .unwrap_or_default();
        self.sourced(of, extra);
        for (field, into) in [(Field::Section, &mut of.section), (Field::Publisher, &mut of.publisher)] {
            for (name, value) in self.take(field) {
                let text = match &value {
                    Value::String(text) => Some(text.trim().to_owned()),
                    Value::Array(texts) if field == Field::Section => texts.first().and_then(name_of),
                    value => name_of(value).filter(|_| field == Field::Publisher),
                };
                match text.filter(|text| into.is_none() && !text.is_empty()) {
                    Some(text) => *into = Some(text),
                    None => {
                        extra.insert(name, value);
                    }
                }
            }
        }
        for (name, value) in self.take(Field::Keywords) {
            match keywords_of(&value).filter(|some| !some.is_empty()) {
                Some(keywords) if of.keywords.is_empty() => of.keywords = keywords,
                _ => {
                    extra.insert(name, value);
                }
            }
        }
        if of.source.is_none() {
            of.source = of.url.as_deref().and_then(Source::of_url);
        }
        // A publisher that goes by its host is a source.
        if of.source.is_none() {
            let publisher = of.publisher.as_deref().filter(|publisher| !is_a_name(publisher));
            of.source = publisher.and_then(Source::parse);
        }
        of.notes.extend(notes);
        Ok(())
    }

    /// The source, and beside the slug what it calls itself.
    fn sourced(&mut self, of: &mut Provenance, extra: &mut Map<String, Value>) {
        for (name, mut value) in self.take(Field::Source) {
            // What is called a source is an address now and then: the article's.
            if let Value::String(address) = &value
                && is_an_article(address)
                && of.url.is_none()
            {
                of.url = Some(address.clone());
                continue;
            }
            let said = name_of(&value).unwrap_or_default();
            let is_domain = matches!(folded(&name).as_str(), "domain" | "hostname" | "host" | "sourcedomain");
            if is_domain && !said.contains('.') {
                extra.insert(name, value);
                continue;
            }
            let source = Source::parse(&said);
            let is_source = source.as_ref().is_some_and(|source| value.as_str() == Some(source.as_str()));
            // The publisher's own spelling is kept beside the slug, and of an object what else is in it.
            let spelled = match &mut value {
                Value::Object(object) => match object.get("name") {
                    Some(Value::String(own)) if !own.trim().is_empty() => object.shift_remove("name"),
                    _ => None,
                },
                Value::String(own) if !is_source && is_a_name(own) => Some(std::mem::take(&mut value)),
                _ => None,
            };
            of.source = of.source.take().or(source);
            let spelled = spelled.and_then(|spelled| spelled.as_str().map(str::to_owned));
            of.publisher = of.publisher.take().or(spelled);
            let is_said = is_source || value.is_null() || value.as_object().is_some_and(Map::is_empty);
            if !is_said {
                extra.insert(name, value);
            }
        }
    }
}

/// What is known of a record besides its fields.
#[derive(Clone, Copy, Debug)]
pub struct How<'a> {
    /// What is known of the document.
    pub around: &'a Around<'a>,
    /// Whether what it has is a summary.
    pub summary: bool,
    /// The language by which dates are settled that can be read in two ways.
    pub date_language: Option<&'a str>,
}

impl<'a> How<'a> {
    /// Of a record of which nothing else is known.
    pub fn of(around: &'a Around<'a>) -> How<'a> {
        How { around, summary: false, date_language: None }
    }
}

/// Names of one field that are looked at in one record.
const NAMES_MAX: usize = 32;
/// Names of persons, and keywords, that one record has.
const LISTED_MAX: usize = 1000;
/// Of a name that is shown, so many characters.
const NAME_CHARS: usize = 60;
/// A summary of so many words is taken for the text.
pub const TEXT_WORDS: usize = 150;
/// What is longer and in no field may be the text.
const LONG_CHARS: usize = 200;
/// So many fields are named.
const FIELDS_NAMED: usize = 20;

/// Takes what describes a capture. What has another shape than it should stays where it is.
pub fn take_described(object: &mut Map<String, Value>, around: &Around<'_>, of: &mut Provenance) {
    let mut fields = Fields::default();
    let mut some = Map::new();
    for name in ["section", "keywords", "modified", "publisher", "description"] {
        some.extend(object.shift_remove(name).map(|value| (name.to_owned(), value)));
    }
    let found = Fields::named(&mut some, &Outside::of(Node::Json(&Value::Null)), &Mapping::default());
    let mut left = Map::new();
    for (field, name, value) in found.0 {
        match (field, &value) {
            (Field::Description, Value::String(text)) if !text.trim().is_empty() => {
                of.description = Some(text.trim().to_owned())
            }
            (Field::Description | Field::Body, _) => {
                left.insert(name, value);
            }
            // What else can be called so was a source, which exports have in a column of its own.
            (Field::Source, _) => fields.add(Field::Publisher, &name, value),
            _ => fields.add(field, &name, value),
        }
    }
    let (source, url, byline) = (of.source.clone(), of.url.clone(), of.byline.clone());
    let mut draft = Draft::default();
    let published = of.published;
    let _ = fields.describe(&mut draft, of, &mut left, How::of(around));
    (of.source, of.url, of.byline, of.published) = (source, url, byline, published);
    object.extend(some);
    object.extend(left);
}

/// The names of fields, the first of them.
pub fn shown<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(FIELDS_NAMED);
    let short = |name: &str| match name.char_indices().nth(NAME_CHARS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    };
    let some: Vec<String> = names.take(FIELDS_NAMED).map(short).collect();
    if more > 0 { format!("{} and {more} more", some.join(", ")) } else { some.join(", ") }
}

/// Takes `content.text` out of an object: a name with a dot in it, or else a name inside an object.
fn taken(object: &mut Map<String, Value>, path: &str) -> Option<Value> {
    if let Some(value) = object.shift_remove(path) {
        return (!value.is_null()).then_some(value);
    }
    let (outer, inner) = path.split_once(['.', '/'])?;
    let nested = object.get_mut(outer)?.as_object_mut()?;
    let value = taken(nested, inner)?;
    if nested.is_empty() {
        object.shift_remove(outer);
    }
    Some(value)
}

/// The text: the first that there is. Others that begin alike are the same in another form; what says something else is kept.
fn body(found: Vec<(String, Value)>, extra: &mut Map<String, Value>) -> Result<String, Reason> {
    let mut body = String::new();
    let mut failed = None;
    for (name, value) in found {
        let text = match text_of(&name, value.clone()) {
            Ok(text) if is_placeholder(&text) => String::new(),
            Ok(text) => text,
            Err(reason) => {
                failed.get_or_insert(reason);
                extra.insert(name, value);
                continue;
            }
        };
        if body.is_empty() {
            body = text;
        } else if letters(&text) != letters(&body) {
            extra.insert(name, value);
        }
    }
    match failed {
        Some(reason) if body.is_empty() => Err(reason),
        _ => Ok(body),
    }
}

/// The first letters of a text.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).take(60).collect()
}

/// What an interface writes where there was an article, or where one has to pay for it.
fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    text.len() < 400
        && LAYOUTS
            .placeholders
            .iter()
            .any(|known| text.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known)))
}

/// Takes off what says how many characters are missing: `… [+1234 chars]`.
fn without_count(body: &mut String) -> bool {
    let Some(at) = body.rfind('[').filter(|_| body.trim_end().ends_with("chars]")) else { return false };
    let kept = body[..at].trim_end().len();
    body.truncate(kept);
    true
}

/// Whether a text ends as one does that goes on elsewhere.
fn is_cut(text: &str) -> bool {
    text.ends_with(['…', ']']) || text.ends_with("...")
}

/// Where the longest text is that no field has, if it is long enough to be the article's.
fn longest(object: &Map<String, Value>, within: &str) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    let mut look = |name: String, value: &Value| {
        if let Value::String(text) = value {
            let chars = text.chars().count();
            let is_prose = text.split_whitespace().count() >= 25
                || text
                    .chars()
                    .filter(|c| matches!(c, '\u{e00}'..='\u{eff}' | '\u{3040}'..='\u{9fff}'))
                    .count()
                    > chars / 2;
            if chars >= LONG_CHARS && is_prose && best.as_ref().is_none_or(|(most, _)| chars > *most) {
                best = Some((chars, name));
            }
        }
    };
    for (name, value) in object {
        let path = format!("{within}{name}");
        match value {
            Value::Object(inner) if within.matches('.').count() < 3 => {
                if let Some(found) = longest(inner, &format!("{path}.")) {
                    look(found.clone(), &Value::String(text_at(inner, &found[path.len() + 1..])));
                }
            }
            value => look(path, value),
        }
    }
    best.map(|(_, name)| name)
}

fn text_at(object: &Map<String, Value>, path: &str) -> String {
    match path.split_once('.') {
        Some((outer, inner)) if !object.contains_key(path) => object
            .get(outer)
            .and_then(Value::as_object)
            .map_or(String::new(), |object| text_at(object, inner)),
        _ => object.get(path).and_then(Value::as_str).unwrap_or("").to_owned(),
    }
}

/// Whether a text is somebody's name, and no host or address.
fn is_a_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && (text.contains(char::is_whitespace) || !text.contains(['.', '/', ':']))
}

fn is_address(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['#', '/'])
        && !["urn:", "tag:", "file:"].iter().any(|other| text.starts_with(other))
}

/// Whether an address is that of a page and not of a site.
fn is_an_article(text: &str) -> bool {
    let text = text.trim();
    text.split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .is_some_and(|(_, path)| !path.is_empty())
        && !text.contains(char::is_whitespace)
}

/// Whether a text is a piece of HTML: it has tags that HTML has.
pub fn is_markup(text: &str) -> bool {
    let Some(last) = text.rfind('>') else { return false };
    let mut rest = &text[..=last];
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let is_tag = name[end..].starts_with(['>', ' ', '/', '\n', '\t']);
        if is_tag && LAYOUTS.tags.contains(&name[..end].to_ascii_lowercase()) {
            return true;
        }
    }
    false
}

/// Whether a text has references such as `&amp;` that are to be resolved.
fn has_references(text: &str) -> bool {
    text.contains('&') && resolved(text) != text
}

/// A text of a field: of HTML its blocks, and references resolved once.
pub fn plain(text: String) -> String {
    if is_markup(&text) {
        extract::text(&text)
    } else if has_references(&text) {
        // Markup that was escaped as a whole is markup.
        let text = resolved(&text);
        if is_markup(&text) { extract::text(&text) } else { text }
    } else {
        text
    }
}

fn line_of(name: &str, value: Value) -> Result<String, Reason> {
    let text = match inner(value) {
        Value::String(text) => text,
        value => text_of(name, value)?,
    };
    Ok(if is_markup(&text) || has_references(&text) { extract::line(&text) } else { text })
}

/// What is the text in an object that holds one: `{"rendered": "…"}`.
fn inner(value: Value) -> Value {
    match value {
        Value::Object(mut object) => {
            let name =
                LAYOUTS.inner.iter().find(|name| object.get(*name).is_some_and(|value| !is_nothing(value)));
            match name.and_then(|name| object.shift_remove(name)) {
                Some(value) => inner(value),
                None => Value::Object(object),
            }
        }
        value => value,
    }
}

pub fn text_of(name: &str, value: Value) -> Result<String, Reason> {
    match inner(value) {
        Value::String(text) if paths::says_nothing(&text) => Ok(String::new()),
        Value::String(text) => Ok(plain(text)),
        Value::Number(number) => Ok(number.to_string()),
        Value::Array(parts) if parts.iter().any(Value::is_object) => Ok(pieces(&parts)),
        Value::Array(parts)
            if !parts.iter().any(|part| part.is_number() || part.is_boolean() || part.is_array()) =>
        {
            let texts = parts.into_iter().filter(|part| !is_nothing(part)).map(|part| text_of(name, part));
            Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n\n"))
        }
        other => Err(Reason::FieldIsNotText { name: name.to_owned(), found: kind(&other).to_owned() }),
    }
}

/// Pieces of a text that are inside a paragraph: those of messengers and editors.
const INLINE: [&str; 22] = [
    "plain",
    "text_link",
    "link",
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "mention",
    "mention_name",
    "hashtag",
    "cashtag",
    "email",
    "phone",
    "url",
    "bot_command",
    "custom_emoji",
    "code",
    "bank_card",
    "a",
    "strong",
    "em",
];

/// A text that comes in pieces: paragraphs that say what they are, or parts of one paragraph among bare texts.
fn pieces(parts: &[Value]) -> String {
    let kind = |part: &Value| part.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
    let inline = parts.iter().any(|part| part.is_string() && part.as_str() != Some(""))
        || parts.iter().any(|part| INLINE.contains(&kind(part).as_str()));
    let texts = parts.iter().map(piece).filter(|text| !text.is_empty());
    if inline { plain(texts.collect()) } else { texts.map(plain).collect::<Vec<_>>().join("\n\n") }
}

/// The text of a piece, with that of the pieces in it.
fn piece(part: &Value) -> String {
    match part {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let are_texts = parts
                .iter()
                .all(|part| part.is_string() || part.get("type").and_then(Value::as_str) == Some("text"));
            if are_texts { parts.iter().map(piece).collect() } else { pieces(parts) }
        }
        Value::Object(object) => {
            let names =
                LAYOUTS.inner.iter().map(String::as_str).chain(["children", "data", "items", "blocks"]);
            let found = names.filter_map(|name| object.get(name)).find(|value| !is_nothing(value));
            found.map_or(String::new(), piece)
        }
        _ => String::new(),
    }
}

/// Whether a value is an article, or several, and not the text of one: it has a headline of its own.
pub fn is_nested(value: &Value) -> bool {
    let has_headline = |value: &Value| {
        let is = |name: &String| {
            LAYOUTS
                .names
                .get(&folded(name))
                .is_some_and(|names| names.iter().any(|(field, _)| *field == Field::Headline))
        };
        value.as_object().is_some_and(|object| object.keys().any(is))
    };
    match value {
        Value::Array(list) => list.first().is_some_and(has_headline),
        value => has_headline(value),
    }
}

/// A name, or the name in an object: `{"id": "bbc-news", "name": "BBC News"}`.
pub fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !paths::says_nothing(text) => Some(text.clone()),
        Value::Object(object) => LAYOUTS.calling.iter().find_map(|name| name_of(object.get(name.as_str())?)),
        Value::Array(names) if names.len() == 1 => name_of(&names[0]),
        _ => None,
    }
}

/// Names of persons, one or several: in lists, in texts that are lists, after `By`.
fn names_of(value: Value) -> Vec<String> {
    let person = |object: &Map<String, Value>| {
        let part = |names: [&str; 3]| names.iter().find_map(|name| object.get(*name)?.as_str());
        let (first, last) =
            (part(["firstname", "first_name", "given"]), part(["lastname", "last_name", "family"]));
        (first.is_some() || last.is_some())
            .then(|| [first, last].into_iter().flatten().collect::<Vec<_>>().join(" "))
    };
    let names: Vec<String> = match value {
        Value::Array(names) => names.into_iter().flat_map(names_of).collect(),
        Value::Object(object) => match person(&object).or_else(|| {
            ["name", "by", "original", "literal"].iter().find_map(|name| name_of(object.get(*name)?))
        }) {
            Some(name) => extract::people(&name),
            None => name_of(&Value::Object(object)).into_iter().collect(),
        },
        Value::String(text) => match listed(&text) {
            Some(list) => list.into_iter().flat_map(|name| extract::people(&name)).collect(),
            None => extract::people(&plain(text)),
        },
        _ => Vec::new(),
    };
    let mut single: Vec<String> = Vec::new();
    for name in names {
        if single.len() < LISTED_MAX
            && !paths::says_nothing(&name)
            && !single.contains(&name)
            && !name.contains("://")
        {
            single.push(name);
        }
    }
    single
}

/// The elements of a text that is a list as Python or JSON print it: `['A', "B"]`.
fn listed(text: &str) -> Option<Vec<String>> {
    let inside = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut list = Vec::new();
    let mut rest = inside.trim();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let mut item = String::new();
        let mut escaped = false;
        let mut end = None;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => {
                    item.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                c if c == quote => {
                    end = Some(at + 1);
                    break;
                }
                c => item.push(c),
            }
        }
        list.push(item);
        rest = rest[end?..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(list)
}

/// The elements of a list of lists too.
fn flat(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        value => vec![value],
    }
}

/// A list of texts or of things with names, or one text with commas between them.
fn keywords_of(value: &Value) -> Option<Vec<String>> {
    let texts: Vec<String> = match value {
        Value::String(text) => match listed(text) {
            Some(list) => list,
            None => text.split([',', ';', '|']).map(str::to_owned).collect(),
        },
        Value::Array(texts) => {
            texts.iter().map(|text| name_of(text).filter(|_| !is_only_id(text))).collect::<Option<_>>()?
        }
        _ => return None,
    };
    let mut single: Vec<String> = Vec::new();
    for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).take(LISTED_MAX) {
        if !single.iter().any(|known| known == text) {
            single.push(text.to_owned());
        }
    }
    Some(single)
}

fn is_only_id(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.keys().all(|name| name == "id"))
}

fn language_of(value: &Value) -> Option<Language> {
    let text = match value {
        Value::Array(list) => list.first()?.as_str()?,
        value => value.as_str()?,
    };
    Language::parse(text).or_else(|| Language::of_name(text)).filter(|language| language.as_str() != "und")
}

/// A date, and what was assumed for it.
pub fn date_of(value: &Value, language: Option<&str>) -> Option<(Dated, Option<String>)> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            let text = text.strip_prefix("/Date(").map_or(text, |text| text.trim_end_matches(")/"));
            let digits = text.split('.').next().unwrap_or("");
            // Seconds since 1970, or thousandths, as a text.
            if matches!(digits.len(), 9..=13 | 15 | 16) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Some((Dated::from_epoch(text.parse().ok()?)?, None));
            }
            // A form that people print, if it can be read in one way only. What a browser puts in brackets behind it is a name.
            let text = if text.contains("GMT") { text.split(" (").next().unwrap_or(text) } else { text };
            let found = dates::parse(text, dates::Setting { language, ..Default::default() });
            found.filter(|found| found.has_year && text.len() < 120).map(|found| (found.dated, found.note()))
        }
        // 20250128 is a day, and no moment of 1970.
        Value::Number(number) => match number.as_u64() {
            Some(day @ 18_000_101..=21_001_231) if Dated::parse(&day.to_string()).is_some() => {
                date_of(&day.to_string().into(), language)
            }
            _ => Some((Dated::from_epoch(number.as_f64()?)?, None)),
        },
        Value::Object(object) => {
            let name = ["$date", "$numberLong", "dateTime", "value", "date-parts", "raw"]
                .iter()
                .find(|name| object.contains_key(**name))?;
            date_of(object.get(*name)?, language)
        }
        // The first that is one; or its parts.
        Value::Array(list) => match list.iter().map(number_of).collect::<Option<Vec<u64>>>() {
            Some(parts) if matches!(parts.len(), 2 | 3) => {
                let text = parts.iter().map(|part| format!("{part:02}")).collect::<Vec<_>>().join("-");
                Some((Dated::parse(&text)?, None))
            }
            _ => list.iter().find_map(|value| date_of(value, language)),
        },
        _ => None,
    }
}

/// A part of a date, as a number or as a text.
fn number_of(value: &Value) -> Option<u64> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.filter(|number| *number < 10_000)
}

pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

pub fn short(value: &Value) -> String {
    let mut text = value.to_string();
    if let Some((end, _)) = text.char_indices().nth(60) {
        text.truncate(end);
        text.push('…');
    }
    text
}
