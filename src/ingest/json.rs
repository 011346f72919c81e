//! JSON records: one object an article. Knows the field names that exports and scrapers commonly use; takes others from
//! a mapping; keeps what it does not know.

use crate::article::{Article, Draft, Language, Origin, Original, Provenance, Published, Source};
use crate::digest::Digest;
use crate::raw::Raw;
use crate::time::{Dated, Precision, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::str::FromStr;

/// A field of an article that an input can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl Field {
    /// All of them.
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

    /// The names by which it is known, the first being its own, in the order in which they are tried.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Field::Headline => &["headline", "title"],
            Field::Body => &["body", "text", "content", "articleBody", "article_body", "maintext"],
            Field::Published => &[
                "published",
                "date",
                "published_at",
                "datePublished",
                "date_published",
                "date_publish",
                "publishedAt",
                "pubDate",
                "publication_date",
                "publish_date",
            ],
            Field::Source => &["source", "domain", "site", "publisher", "source_domain", "outlet"],
            Field::Url => &["url", "link"],
            Field::Byline => &["byline", "author", "authors"],
            Field::Language => &["language", "lang"],
            Field::Captured => &["captured", "captured_at", "date_download", "crawled_at", "fetched_at"],
            Field::Section => &["section", "category", "rubric"],
            Field::Keywords => &["keywords", "tags", "categories"],
            Field::Modified => {
                &["modified", "date_modified", "dateModified", "date_modify", "updated_at", "updated"]
            }
            Field::Publisher => &["publisher", "site_name"],
            Field::Description => &["description"],
        }
    }
}

/// Names for fields that the common ones do not cover: `headline=hed,body=content.text`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping(Vec<(Field, String)>);

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Mapping, String> {
        let mut mapping = Vec::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let own = || Field::ALL.iter().map(|field| field.names()[0]).collect::<Vec<_>>().join(", ");
            let Some((field, path)) = pair.split_once('=') else {
                return Err(format!("'{pair}' is not FIELD=NAME, with FIELD one of {}", own()));
            };
            let known = Field::ALL.into_iter().find(|known| known.names()[0] == field.trim());
            let known = known.ok_or_else(|| format!("'{field}' is not a field; there are {}", own()))?;
            mapping.push((known, path.trim().to_owned()));
        }
        Ok(Mapping(mapping))
    }
}

impl Mapping {
    /// Adds another mapping's names.
    pub fn extend(&mut self, other: Mapping) {
        self.0.extend(other.0);
    }
}

/// Reads one record. Several drafts come of a record that pressmark exported: one for each of its captures.
pub fn drafts(bytes: &[u8], mapping: &Mapping, now: Timestamp) -> Result<Vec<Draft>, String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => {
            return Err(format!(
                "it is not UTF-8 at byte {}; convert it, for instance with iconv",
                e.valid_up_to() + 1
            ));
        }
    };
    let value: Value = serde_json::from_str(text).map_err(|e| format!("it is not JSON: {}", explain(&e)))?;
    let Value::Object(object) = value else {
        return Err(format!("it is {}; expected an object with a headline and a text", kind(&value)));
    };
    of_object(object, mapping, now)
}

fn of_object(
    mut object: Map<String, Value>,
    mapping: &Mapping,
    now: Timestamp,
) -> Result<Vec<Draft>, String> {
    if object.contains_key("digest") && object.get("captures").is_some_and(Value::is_array) {
        return exported(object);
    }
    let mut draft = Draft::default();
    let mut notes = Vec::new();
    let mut take = |field: Field| take(&mut object, field, mapping);
    draft.headline =
        take(Field::Headline).map_or(Ok(String::new()), |(name, value)| text_of(&name, value))?;
    draft.body = take(Field::Body).map_or(Ok(String::new()), |(name, value)| text_of(&name, value))?;
    let published = take(Field::Published);
    let source = take(Field::Source);
    draft.provenance.url = take(Field::Url)
        .map(|(name, value)| text_of(&name, value))
        .transpose()?
        .map(|url| url.trim().to_owned());
    draft.provenance.byline = take(Field::Byline).map_or(Vec::new(), |(_, value)| names_of(value));
    let language = take(Field::Language);
    let captured = take(Field::Captured);
    let modified = take(Field::Modified);
    let named = [Field::Section, Field::Keywords, Field::Publisher, Field::Description].map(&mut take);
    let [section, keywords, publisher, description] = named;
    let mut keep = |name: String, value: Value, what: &str| {
        notes.push(format!("{what} is not understood and kept as {name}: {}", short(&value)));
        object.insert(name, value);
    };
    if let Some((name, value)) = captured {
        match date_of(&value) {
            Some(dated) => draft.provenance.captured = Some(dated.at),
            None => keep(name, value, "the date of capture"),
        }
    }
    if let Some((name, value)) = published {
        match date_of(&value) {
            Some(dated) => {
                let captured = draft.provenance.captured.unwrap_or(now);
                draft.provenance.published = Some(Published::new(dated, Origin::Given, captured));
            }
            None => keep(name, value, "the date"),
        }
    }
    if let Some((name, value)) = language {
        draft.language = value.as_str().and_then(Language::parse);
        if draft.language.is_none() {
            keep(name, value, "the language");
        }
    }
    if let Some((name, value)) = modified {
        match date_of(&value) {
            Some(dated) => draft.provenance.modified = Some(dated),
            None => keep(name, value, "the date of change"),
        }
    }
    // What has another shape stays as it is.
    let mut one = |found: Option<(String, Value)>| match found {
        Some((_, Value::String(text))) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Some((name, value)) => {
            object.insert(name, value);
            None
        }
        None => None,
    };
    draft.provenance.section = one(section);
    draft.provenance.publisher = one(publisher);
    draft.provenance.description = one(description);
    if let Some((name, value)) = keywords {
        match keywords_of(&value) {
            Some(keywords) => draft.provenance.keywords = keywords,
            None => drop(object.insert(name, value)),
        }
    }
    if let Some((name, value)) = source {
        let said = name_of(&value).unwrap_or_default();
        draft.provenance.source = Source::parse(&said);
        let is_source = draft.provenance.source.as_ref().is_some_and(|source| source.as_str() == said);
        if let Value::String(spelled) = value {
            // The publisher's own spelling is kept beside the slug.
            if !is_source && draft.provenance.publisher.is_none() && !said.trim().is_empty() {
                draft.provenance.publisher = Some(said);
            } else if !is_source {
                object.insert(name, spelled.into());
            }
        } else {
            let mut value = value;
            // The name of an object is the publisher's; what else is in it stays.
            let named = value.as_object_mut().filter(|_| draft.provenance.publisher.is_none());
            if let Some(Value::String(own)) = named.and_then(|named| named.shift_remove("name")) {
                draft.provenance.publisher = Some(own);
            }
            if value.as_object().is_none_or(|left| !left.is_empty()) {
                object.insert(name, value);
            }
        }
    }
    if draft.provenance.url.as_deref() == Some("") {
        draft.provenance.url = None;
    }
    if draft.provenance.source.is_none() {
        draft.provenance.source = draft.provenance.url.as_deref().and_then(Source::of_url);
    }
    draft.provenance.set_extra(object);
    draft.provenance.notes = notes;
    Ok(vec![draft])
}

/// So many columns are named where none is known.
const COLUMNS_NAMED: usize = 20;

/// Reads one row of a table: its fields by the names of their columns.
pub fn row(
    header: &[String],
    fields: &[String],
    mapping: &Mapping,
    now: Timestamp,
) -> Result<Vec<Draft>, String> {
    if fields.len() > header.len() {
        return Err(format!("it has {} fields and the header {}", fields.len(), header.len()));
    }
    let mut object = Map::new();
    for (name, value) in header.iter().zip(fields) {
        if !value.is_empty() && !name.trim().is_empty() {
            object.insert(name.trim().to_owned(), value.clone().into());
        }
    }
    let known = |name: &str| {
        mapping.0.iter().any(|(_, path)| path == name)
            || Field::ALL.iter().any(|field| field.names().contains(&name))
    };
    if !header.iter().any(|name| known(name.trim())) {
        let more = header.len().saturating_sub(COLUMNS_NAMED);
        let shown = header.iter().take(COLUMNS_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Err(format!(
            "none of its columns is known: {shown}{more}; name them with --map headline=…,body=…"
        ));
    }
    of_object(object, mapping, now)
}

/// Takes a field out of the object: what the mapping names, or else the first of the common names that is there.
fn take(object: &mut Map<String, Value>, field: Field, mapping: &Mapping) -> Option<(String, Value)> {
    let mut mapped = mapping.0.iter().filter(|(known, _)| *known == field).peekable();
    if mapped.peek().is_some() {
        return mapped.find_map(|(_, path)| take_path(object, path).map(|value| (path.clone(), value)));
    }
    let name = field.names().iter().find(|name| object.get(**name).is_some_and(|value| !value.is_null()))?;
    Some(((*name).to_owned(), object.shift_remove(*name)?))
}

/// `content.text`: a name with a dot in it, or else a name inside an object.
fn take_path(object: &mut Map<String, Value>, path: &str) -> Option<Value> {
    if let Some(value) = object.shift_remove(path) {
        return (!value.is_null()).then_some(value);
    }
    let (outer, inner) = path.split_once('.')?;
    let nested = object.get_mut(outer)?.as_object_mut()?;
    let value = take_path(nested, inner)?;
    if nested.is_empty() {
        object.shift_remove(outer);
    }
    Some(value)
}

fn text_of(name: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Array(parts) if parts.iter().all(Value::is_string) => {
            Ok(parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n\n"))
        }
        other => Err(format!(
            "its field '{name}' is {}; expected text (name another field with --map)",
            kind(&other)
        )),
    }
}

/// A name, or the name in an object: `{"id": "bbc-news", "name": "BBC News"}`.
fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => {
            ["domain", "url", "name", "title", "id"].iter().find_map(|name| name_of(object.get(*name)?))
        }
        _ => None,
    }
}

fn names_of(value: Value) -> Vec<String> {
    let names = match value {
        Value::Array(names) => names,
        one => vec![one],
    };
    names
        .iter()
        .filter_map(name_of)
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// A list of texts, or one with commas between them.
fn keywords_of(value: &Value) -> Option<Vec<String>> {
    let texts: Vec<&str> = match value {
        Value::String(text) => text.split([',', ';']).collect(),
        Value::Array(texts) => texts.iter().map(Value::as_str).collect::<Option<_>>()?,
        _ => return None,
    };
    Some(texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect())
}

fn date_of(value: &Value) -> Option<Dated> {
    match value {
        Value::String(text) => Dated::parse(text).or_else(|| {
            // A form that people print, if it can be read in one way only.
            let setting = crate::dates::Setting::default();
            crate::dates::parse(text, setting)
                .filter(|found| found.has_year && text.len() < 80)
                .map(|found| found.dated)
        }),
        Value::Number(number) => Dated::from_epoch(number.as_f64()?),
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn short(value: &Value) -> String {
    let mut text = value.to_string();
    if let Some((end, _)) = text.char_indices().nth(60) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// serde's message with the place in the record in words.
fn explain(e: &serde_json::Error) -> String {
    let text = e.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) if e.line() <= 1 => format!("{what} at column {}", e.column()),
        Some((what, _)) => format!("{what} in its line {}, column {}", e.line(), e.column()),
        None => text,
    }
}

/// What an export holds that is no article.
#[derive(Debug, PartialEq)]
pub enum ArchiveData {
    /// The bytes that captures were read from.
    Original(Raw),
    /// A query that was saved.
    Query(SavedQuery),
}

/// A query that was saved.
#[derive(Debug, PartialEq, Deserialize)]
pub struct SavedQuery {
    /// Its name.
    pub name: String,
    /// What it asks.
    pub query: String,
}

/// Whether a line is one of [`crate::export`]'s that is no article.
pub fn is_of_an_export(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    start.starts_with(b"{\"schema\":")
        && start[..start.len().min(40)].windows(8).any(|some| some == b",\"type\":")
}

/// Reads such a line.
pub fn archive_data(bytes: &[u8]) -> Result<ArchiveData, String> {
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Line {
        Original { original: String, zstd_base64: String },
        Query(SavedQuery),
    }
    let line: Line = serde_json::from_slice(bytes)
        .map_err(|e| format!("it is not understood as a line of an export: {}", explain(&e)))?;
    match line {
        Line::Query(query) => Ok(ArchiveData::Query(query)),
        Line::Original { original, zstd_base64 } => {
            let digest: Digest = original.parse().map_err(|e| format!("its original has no digest: {e}"))?;
            let packed = data_encoding::BASE64.decode(zstd_base64.as_bytes());
            let packed = packed.map_err(|e| format!("its original is not in base 64: {e}"))?;
            let raw = Raw::of_packed(digest, packed);
            raw.map(ArchiveData::Original)
                .ok_or_else(|| format!("its bytes are not those that {digest} names"))
        }
    }
}

/// A record of [`crate::export`]: its captures come back as they were.
fn exported(mut object: Map<String, Value>) -> Result<Vec<Draft>, String> {
    let mut string = |name: &str| match object.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (headline, body, digest) = (string("headline"), string("body"), string("digest"));
    let language = Language::parse(&string("language"));
    let digest: Digest = digest.parse().map_err(|e| format!("its field 'digest' is not a digest: {e}"))?;
    let found = Article::new(&headline, &body, None).digest();
    if found != digest {
        return Err(format!(
            "its text is not what its digest names: {digest} was expected and {found} found; without the field 'digest' it is taken as it is"
        ));
    }
    let mut tags = Said(&object).texts("tags");
    let Some(Value::Array(captures)) = object.remove("captures") else {
        return Err("its captures are not a list".to_owned());
    };
    let mut drafts = Vec::with_capacity(captures.len());
    for capture in captures {
        let provenance = capture.as_object().and_then(|capture| Said(capture).provenance());
        let provenance = provenance
            .ok_or_else(|| format!("one of its captures is not understood: {}", short(&capture)))?;
        drafts.push(Draft {
            headline: headline.clone(),
            body: body.clone(),
            language,
            provenance,
            tags: std::mem::take(&mut tags),
            ..Draft::default()
        });
    }
    match drafts.is_empty() {
        true => Err("it has no captures".to_owned()),
        false => Ok(drafts),
    }
}

/// The columns of a record of an export.
struct Said<'a>(&'a Map<String, Value>);

impl Said<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let texts = self.0.get(name).and_then(Value::as_array);
        texts.map_or(Vec::new(), |texts| texts.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    /// An instant; `Some(None)` if there is none, `None` if it is not understood.
    #[expect(clippy::option_option, reason = "absent is an answer")]
    fn instant(&self, name: &str) -> Option<Option<Timestamp>> {
        match self.text(name) {
            None => Some(None),
            Some(text) => Some(Some(Dated::parse(text)?.at)),
        }
    }

    /// The value of a column that has one of some names.
    fn enumerated<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.0.get(name)?.clone()).ok()
    }

    /// What a capture says. `None` if it is not understood.
    fn provenance(&self) -> Option<Provenance> {
        let published = match self.text("published") {
            None => None,
            Some(text) => Some(Published {
                at: Dated::parse(text)?.at,
                precision: self.enumerated("published_precision").unwrap_or(Precision::Second),
                origin: self.enumerated("published_origin").unwrap_or(Origin::Given),
                offset_minutes: self.enumerated("published_offset_minutes"),
                suspect: self.flag("suspect").unwrap_or(false),
            }),
        };
        let original = match self.text("original") {
            None => None,
            Some(digest) => Some(Original {
                archive: self.text("original_archive").and_then(|archive| archive.parse().ok()),
                format: self.string("original_format"),
                charset: self.string("original_charset"),
                http: self.string("original_http"),
                ..Original::of(digest.parse().ok()?)
            }),
        };
        let origins = self.0.get("origins").and_then(Value::as_object).into_iter().flatten();
        Some(Provenance {
            source: match self.text("source") {
                None => None,
                Some(source) => Some(Source::parse(source)?),
            },
            url: self.string("url"),
            byline: self.texts("byline"),
            published,
            captured: self.instant("captured")?,
            input: self.string("input").unwrap_or_default(),
            canonical_url: self.string("canonical_url"),
            is_article: self.flag("is_article"),
            is_summary: self.flag("is_summary").unwrap_or(false),
            cut: self.flag("cut").unwrap_or(false),
            section: self.string("section"),
            keywords: self.texts("keywords"),
            modified: self.text("modified").and_then(Dated::parse),
            publisher: self.string("publisher"),
            description: self.string("description"),
            archived: self.instant("archived_at")?,
            archived_url: self.string("archived_url"),
            original,
            origins: origins
                .filter_map(|(field, origin)| Some((field.clone(), origin.as_str()?.to_owned())))
                .collect(),
            extra: self.0.get("extra").map(Value::to_string),
            notes: self.texts("notes"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn draft(record: &str, mapping: &str) -> Draft {
        drafts(record.as_bytes(), &mapping.parse().unwrap(), NOW).unwrap().remove(0)
    }

    #[test]
    fn common_names_are_known() {
        for record in [
            r#"{"title":"H","text":"B","date":"2025-01-28","source":"x.org","link":"https://x.org/1","author":"A, B","lang":"uk"}"#,
            r#"{"headline":"H","body":"B","published":"2025-01-28","domain":"x.org","url":"https://x.org/1","byline":["A, B"],"language":"uk-UA"}"#,
            r#"{"headline":"H","articleBody":["B"],"datePublished":"2025-01-28","publisher":"x.org","url":"https://x.org/1","authors":[{"name":"A, B"}],"language":"ukr"}"#,
            r#"{"title":"H","content":"B","published_at":1738022400,"site":"x.org","url":"https://x.org/1","author":{"name":"A, B"},"language":"uk"}"#,
            r#"{"hed":"H","content":{"text":"B"},"when":"28.01.2025","url":"https://www.x.org/1","by":"A, B","lang":"uk"}"#,
        ] {
            let mapping = if record.contains("\"hed\"") {
                "headline=hed,body=content.text,published=when,byline=by"
            } else {
                ""
            };
            let draft = draft(record, mapping);
            assert_eq!((draft.headline.as_str(), draft.body.as_str()), ("H", "B"), "{record}");
            let provenance = draft.provenance;
            assert_eq!(provenance.published.unwrap().at.day(), "2025-01-28", "{record}");
            assert_eq!(provenance.source.unwrap().as_str(), "x.org", "{record}");
            assert_eq!(provenance.byline, ["A, B"], "{record}");
            assert_eq!(draft.language.unwrap().as_str(), "uk", "{record}");
            assert!(provenance.extra.is_none(), "{record}");
        }
    }

    #[test]
    fn what_is_not_known_is_kept() {
        let draft = draft(
            r#"{"title":"H","id":7,"topics":["a"],"source":{"id":null,"name":"BBC News"},"headline":"h2","date":"soon","lang":"Klingon"}"#,
            "",
        );
        assert_eq!(draft.headline, "h2");
        assert_eq!(draft.provenance.source.unwrap().as_str(), "bbc-news");
        let extra: Value = serde_json::from_str(&draft.provenance.extra.unwrap()).unwrap();
        assert_eq!(
            extra,
            serde_json::json!({"title":"H","id":7,"topics":["a"],"source":{"id":null,"name":"BBC News"},"date":"soon","lang":"Klingon"})
        );
        assert_eq!(
            draft.provenance.notes,
            [
                "the date is not understood and kept as date: \"soon\"",
                "the language is not understood and kept as lang: \"Klingon\""
            ]
        );
        assert_eq!(draft.provenance.published, None);
    }

    #[test]
    fn bad_records_say_what_is_wrong() {
        for (record, reason) in [
            (&b"{\"title\":"[..], "it is not JSON: EOF while parsing a value at column 9"),
            (b"[1]", "it is a list; expected an object with a headline and a text"),
            (
                b"{\"title\":{}}",
                "its field 'title' is an object; expected text (name another field with --map)",
            ),
            (b"{\"title\":\"\xff\"}", "it is not UTF-8 at byte 11; convert it, for instance with iconv"),
            (
                b"{\"digest\":\"00\",\"captures\":[]}",
                "its field 'digest' is not a digest: a digest is named by 4 to 64 hexadecimal digits, not 2",
            ),
        ] {
            assert_eq!(drafts(record, &Mapping::default(), NOW).unwrap_err(), reason);
        }
        let deep = "[".repeat(1_000_000);
        assert!(drafts(deep.as_bytes(), &Mapping::default(), NOW).unwrap_err().contains("recursion limit"));
        assert_eq!(
            "hed=x".parse::<Mapping>().unwrap_err(),
            "'hed' is not a field; there are headline, body, published, source, url, byline, language, captured, section, keywords, modified, publisher, description"
        );
    }
}
