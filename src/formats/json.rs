//! JSON records: one object an article. Knows the field names that exports and scrapers commonly use; takes others from
//! a mapping; keeps what it does not know.

use super::reader::{Around, Content};
use crate::model::{
    Article, Dated, Digest, Draft, Language, Origin, Original, Provenance, Published, Raw, Source, Timestamp,
};
use crate::model::{Column, Reason};
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
    type Err = Reason;

    fn from_str(text: &str) -> Result<Mapping, Reason> {
        let mut mapping = Vec::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let own = || Field::ALL.iter().map(|field| field.names()[0]).collect::<Vec<_>>().join(", ");
            let Some((field, path)) = pair.split_once('=') else {
                return Err(format!("'{pair}' is not FIELD=NAME, with FIELD one of {}", own()).into());
            };
            let known = Field::ALL.into_iter().find(|known| known.names()[0] == field.trim());
            let known = known.ok_or_else(|| format!("'{field}' is not a field; there are {}", own()))?;
            mapping.push((known, path.trim().to_owned()));
        }
        Ok(Mapping(mapping))
    }
}

impl Mapping {
    /// Whether it knows a name.
    pub fn names(&self, name: &str) -> bool {
        self.0.iter().any(|(_, path)| path == name)
    }

    /// Adds another mapping's names.
    pub fn extend(&mut self, other: Mapping) {
        self.0.extend(other.0);
    }
}

/// Whether an input begins with an object or a list of them.
pub fn is_json(start: &[u8]) -> bool {
    let is_list = |rest: &[u8]| rest.trim_ascii_start().starts_with(b"{");
    start.starts_with(b"{") || start.strip_prefix(b"[").is_some_and(is_list)
}

/// Whether an input begins with an object that fills its line: more will follow, each on its own.
pub fn is_lines(start: &[u8]) -> bool {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or(start);
    let is_json = |line| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    line.len() < start.len() && line.starts_with(b"{") && is_json(line)
}

/// Reads one record.
pub fn read(bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
    if let Some(data) = archive_data(bytes) {
        return Ok(Content::Data(Box::new(data?)));
    }
    let mapping = around.mapping.cloned().unwrap_or_default();
    drafts(bytes, &mapping, around.now).map(Content::Drafts)
}

/// Reads one record. Several drafts come of a record that pressmark exported: one for each of its captures.
fn drafts(bytes: &[u8], mapping: &Mapping, now: Timestamp) -> Result<Vec<Draft>, Reason> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => {
            return Err(format!(
                "it is not UTF-8 at byte {}; convert it, for instance with iconv",
                e.valid_up_to() + 1
            )
            .into());
        }
    };
    let value: Value = serde_json::from_str(text).map_err(|e| format!("it is not JSON: {}", explain(&e)))?;
    let Value::Object(object) = value else {
        return Err(format!("it is {}; expected an object with a headline and a text", kind(&value)).into());
    };
    of_object(object, mapping, now)
}

pub(super) fn of_object(
    mut object: Map<String, Value>,
    mapping: &Mapping,
    now: Timestamp,
) -> Result<Vec<Draft>, Reason> {
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
    if let Some((name, mut value)) = source {
        let said = name_of(&value).unwrap_or_default();
        draft.provenance.source = Source::parse(&said);
        let is_source =
            draft.provenance.source.as_ref().is_some_and(|source| value.as_str() == Some(source.as_str()));
        let publisher = &mut draft.provenance.publisher;
        // The publisher's own spelling is kept beside the slug, and of an object what else is in it.
        let spelled = match &mut value {
            Value::Object(of) => match of.get("name") {
                Some(Value::String(own)) if !own.trim().is_empty() => of.shift_remove("name"),
                _ => None,
            },
            Value::String(own) if !is_source && is_a_name(own) => Some(std::mem::take(&mut value)),
            _ => None,
        };
        *publisher = spelled.and_then(|spelled| spelled.as_str().map(str::to_owned)).or(publisher.take());
        let is_said = is_source || value.is_null() || value.as_object().is_some_and(Map::is_empty);
        if !is_said {
            object.insert(name, value);
        }
    }
    take_described(&mut object, mapping, &mut draft.provenance);
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

/// Whether a text is somebody's name, and no host or address.
fn is_a_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && (text.contains(char::is_whitespace) || !text.contains(['.', '/', ':']))
}

/// Takes what describes a capture. What has another shape than it should stays where it is.
fn take_described(object: &mut Map<String, Value>, mapping: &Mapping, of: &mut Provenance) {
    let mut found = |field: Field| take(object, field, mapping);
    let one = [Field::Section, Field::Publisher, Field::Description].map(|field| (field, found(field)));
    let (modified, keywords) = (found(Field::Modified), found(Field::Keywords));
    let mut left = Vec::new();
    for (field, found) in one {
        let into = match field {
            Field::Section => &mut of.section,
            Field::Publisher => &mut of.publisher,
            _ => &mut of.description,
        };
        match found {
            Some((_, Value::String(text))) if into.is_none() && !text.trim().is_empty() => {
                *into = Some(text.trim().to_owned());
            }
            found => left.extend(found),
        }
    }
    match modified.map(|(name, value)| (date_of(&value).filter(|_| value.is_string()), name, value)) {
        Some((Some(dated), ..)) => of.modified = Some(dated),
        Some((None, name, value)) => left.push((name, value)),
        None => {}
    }
    match keywords.map(|(name, value)| (keywords_of(&value).filter(|some| !some.is_empty()), name, value)) {
        Some((Some(keywords), ..)) => of.keywords = keywords,
        Some((None, name, value)) => left.push((name, value)),
        None => {}
    }
    object.extend(left);
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

fn text_of(name: &str, value: Value) -> Result<String, Reason> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Array(parts) if parts.iter().all(Value::is_string) => {
            Ok(parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n\n"))
        }
        other => Err(Reason::FieldIsNotText { name: name.to_owned(), found: kind(&other).to_owned() }),
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
            let setting = crate::text::dates::Setting::default();
            crate::text::dates::parse(text, setting)
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

/// Reads a line of [`crate::export`] that is no article; `None` is any other.
fn archive_data(bytes: &[u8]) -> Option<Result<ArchiveData, Reason>> {
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Line {
        Original { original: String, zstd_base64: String },
        Query(SavedQuery),
    }
    // Reading every record twice would cost. Tools that sort keys put them at the end.
    let (start, end) = (&bytes[..bytes.len().min(80)], &bytes[bytes.len().saturating_sub(80)..]);
    let has = |name: &[u8]| [start, end].iter().any(|part| part.windows(name.len()).any(|some| some == name));
    if !(has(b"\"schema\"") && has(b"\"type\"")) {
        return None;
    }
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let schema = value.get("schema")?.as_u64()?;
    let kind = value.get("type")?.as_str()?.to_owned();
    if !matches!(kind.as_str(), "original" | "query") {
        let is_later = schema > u64::from(crate::model::columns::SCHEMA) && value.get("captures").is_none();
        let why = format!("it is a line of a later pressmark's export, of type '{}'", short(&kind.into()));
        return is_later.then_some(Err(why.into()));
    }
    let line: Line = match serde_json::from_value(value) {
        Ok(line) => line,
        Err(e) => return Some(Err(format!("it is not understood as a line of an export: {e}").into())),
    };
    Some(match line {
        Line::Query(query) => match crate::model::saved_name(&query.name) {
            Some(name) => Ok(ArchiveData::Query(SavedQuery { name, ..query })),
            None => Err(format!("'{}' cannot be the name of a query", query.name).into()),
        },
        Line::Original { original, zstd_base64 } => (|| {
            let digest: Digest = original.parse().map_err(|e| format!("its original has no digest: {e}"))?;
            let packed = data_encoding::BASE64.decode(zstd_base64.as_bytes());
            let packed = packed.map_err(|e| format!("its original is not in base 64: {e}"))?;
            let raw = Raw::of_packed(digest, packed);
            raw.map(ArchiveData::Original)
                .ok_or_else(|| format!("its bytes are not those that {digest} names").into())
        })(),
    })
}

/// A record of [`crate::export`]: its captures come back as they were.
fn exported(mut object: Map<String, Value>) -> Result<Vec<Draft>, Reason> {
    let mut string = |name: &str| match object.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (headline, body, digest) = (string("headline"), string("body"), string("digest"));
    let language = Language::parse(&string("language"));
    let digest: Digest = digest.parse().map_err(|e| format!("its field 'digest' is not a digest: {e}"))?;
    let found = Article::new(&headline, &body, None).digest();
    // Before there was a schema, the canonical text was another.
    let of_before = !object.contains_key("schema");
    if found != digest && !of_before {
        return Err(format!(
            "its text is not what its digest names: {digest} was expected and {found} found; without the field 'digest' it is taken as it is"
        ).into());
    }
    let mut tags = Vec::new();
    for tag in Said(&object).texts("tags") {
        let kept =
            crate::model::tag(&tag).ok_or_else(|| format!("'{}' cannot be a tag", short(&tag.into())))?;
        if !tags.contains(&kept) {
            tags.push(kept);
        }
        if tags.len() > TAGS_MAX {
            return Err(format!("it has more than {TAGS_MAX} tags").into());
        }
    }
    let Some(Value::Array(captures)) = object.remove("captures") else {
        return Err("its captures are not a list".into());
    };
    let mut drafts = Vec::with_capacity(captures.len());
    for capture in captures {
        let provenance = capture.as_object().and_then(|capture| Said(capture).provenance());
        let mut provenance = provenance
            .ok_or_else(|| format!("one of its captures is not understood: {}", short(&capture)))?;
        if of_before {
            provenance.lift_extra();
            if found != digest {
                provenance.notes.push(format!("exported as {digest} before the canonical text was settled"));
            }
        }
        drafts.push(Draft {
            headline: headline.clone(),
            body: body.clone(),
            language,
            provenance,
            tags: std::mem::take(&mut tags),
            ..Draft::default()
        });
    }
    // What a later version says of articles is kept with the first capture.
    object.retain(|name, _| name != "schema" && Column::named(name).is_none());
    match drafts.first_mut() {
        None => Err("it has no captures".into()),
        Some(first) => {
            first.provenance.add_extra(object);
            Ok(drafts)
        }
    }
}

/// So many tags an article may come with.
const TAGS_MAX: usize = 1000;

impl Provenance {
    /// Adds fields to those that the archive has no place for.
    fn add_extra(&mut self, more: Map<String, Value>) {
        if !more.is_empty() {
            let extra = self.extra.as_deref().and_then(|extra| serde_json::from_str(extra).ok());
            let mut extra: Map<String, Value> = extra.unwrap_or_default();
            extra.extend(more);
            self.set_extra(extra);
        }
    }

    /// Takes what an export had in `extra` that has a field of its own since.
    fn lift_extra(&mut self) {
        let Some(Ok(Value::Object(mut extra))) = self.extra.as_deref().map(serde_json::from_str) else {
            return;
        };
        take_described(&mut extra, &Mapping::default(), self);
        // What is something else stays.
        let mut taken = |name: &str, is: &dyn Fn(&Value) -> bool| match extra.get(name) {
            Some(value) if is(value) => extra.shift_remove(name),
            _ => None,
        };
        let mut flag = |name: &str| taken(name, &Value::is_boolean).and_then(|value| value.as_bool());
        (self.is_article, self.is_summary) = (flag("is_article"), flag("is_summary").unwrap_or(false));
        let is_digest = |value: &Value| value.as_str().is_some_and(|text| text.parse::<Digest>().is_ok());
        let digest = taken("raw", &is_digest).and_then(|digest| digest.as_str()?.parse().ok());
        let mut text =
            |name: &str| taken(name, &Value::is_string).and_then(|text| text.as_str().map(str::to_owned));
        self.canonical_url = text("canonical_url");
        if let Some(digest) = digest {
            let archive = text("raw_archive").and_then(|archive| archive.parse().ok());
            let (format, charset) = (text("raw_format"), text("raw_charset"));
            self.original = Some(Original { archive, format, charset, ..Original::of(digest) });
        }
        let are_texts = |value: &Value| value.as_object().is_some_and(|of| of.values().all(Value::is_string));
        if let Some(Value::Object(origins)) = taken("origins", &are_texts) {
            self.origins = pairs(&origins);
        }
        self.set_extra(extra);
    }
}

fn pairs(object: &Map<String, Value>) -> Vec<(String, String)> {
    object.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
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
            Some(text) => {
                let dated = Dated::parse(text)?;
                Some(Published {
                    at: dated.at,
                    precision: self.enumerated("published_precision").unwrap_or(dated.precision),
                    origin: self.enumerated("published_origin").unwrap_or(Origin::Given),
                    offset_minutes: self.enumerated("published_offset_minutes"),
                    suspect: self.flag("suspect").or(self.flag("published_suspect")).unwrap_or(false),
                })
            }
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
        let origins = self.0.get("origins").and_then(Value::as_object);
        // What a later version has columns for is kept.
        let later =
            self.0.iter().filter(|(name, _)| Column::named(name).is_none() && *name != "published_suspect");
        let later: Map<String, Value> = later.map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut provenance = Provenance {
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
            origins: origins.map(pairs).unwrap_or_default(),
            extra: self.0.get("extra").filter(|extra| !extra.is_null()).map(Value::to_string),
            notes: self.texts("notes"),
        };
        provenance.add_extra(later);
        Some(provenance)
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
            serde_json::json!({"title":"H","id":7,"topics":["a"],"date":"soon","lang":"Klingon","source":{"id":null}})
        );
        assert_eq!(draft.provenance.publisher.as_deref(), Some("BBC News"));
        assert_eq!(
            draft.provenance.notes,
            [
                "the date is not understood and kept as date: \"soon\"",
                "the language is not understood and kept as lang: \"Klingon\""
            ]
        );
        assert_eq!(draft.provenance.published, None);
    }

    /// What has a field of its own goes there, and stays where it was if it has another shape.
    #[test]
    fn what_describes_a_capture_is_typed() {
        for (record, publisher, section, keywords, extra) in [
            (
                r#""source":"Evening Post","category":"World","tags":["a"," b "]"#,
                Some("Evening Post"),
                Some("World"),
                &["a", "b"][..],
                None,
            ),
            (
                r#""source":"www.bbc.co.uk","keywords":"a, b; c""#,
                None,
                None,
                &["a", "b", "c"],
                Some(r#"{"source":"www.bbc.co.uk"}"#),
            ),
            (
                r#""domain":"x.org","publisher":"X","section":"""#,
                Some("X"),
                None,
                &[],
                Some(r#"{"section":""}"#),
            ),
            (
                r#""publisher":{"name":"X"},"tags":[{"id":1}]"#,
                Some("X"),
                None,
                &[],
                Some(r#"{"tags":[{"id":1}]}"#),
            ),
            (
                r#""source":{"name":["X"]},"rubric":["a"],"updated":7"#,
                None,
                None,
                &[],
                Some(r#"{"source":{"name":["X"]},"rubric":["a"],"updated":7}"#),
            ),
        ] {
            let of = draft(&format!(r#"{{"title":"H",{record}}}"#), "").provenance;
            assert_eq!(of.publisher.as_deref(), publisher, "{record}");
            assert_eq!(of.section.as_deref(), section, "{record}");
            assert_eq!(of.keywords, keywords, "{record}");
            assert_eq!(of.extra.as_deref(), extra, "{record}");
        }
        let of = draft(
            r#"{"title":"H","rubrik":"Welt","updated":"2025-01-28","summary":"S."}"#,
            "section=rubrik,description=summary",
        )
        .provenance;
        assert_eq!((of.section.as_deref(), of.description.as_deref()), (Some("Welt"), Some("S.")));
        assert_eq!(of.modified.map(Dated::printed).as_deref(), Some("2025-01-28"));
        let of = draft(
            r#"{"title":"H","url":"https://web.archive.org/web/20250128093100/https://www.x.org/1"}"#,
            "",
        )
        .provenance;
        assert_eq!(of.source.as_ref().map(Source::as_str), Some("x.org"));
    }

    /// Exports of before there was a schema are read as they were meant; what later versions add is kept.
    #[test]
    fn exports_of_other_versions_are_read() {
        let digest = "00".repeat(32);
        let old = format!(
            "{{\"digest\":\"{digest}\",\"headline\":\"H\",\"body\":\"a\u{a0}b\",\"captures\":[{{\"seq\":1,\"published\":\"2025-01\",\"published_precision\":\"month\",\"published_suspect\":true,\"extra\":{{\"section\":\"World\",\"is_summary\":true,\"is_article\":false,\"origins\":{{\"body\":\"layout\"}},\"raw\":\"{digest}\",\"raw_format\":\"html\",\"id\":7}}}}]}}"
        );
        let of = draft(&old, "").provenance;
        assert!(of.published.unwrap().suspect && of.is_summary && of.is_article == Some(false));
        assert_eq!((of.section.as_deref(), of.extra.as_deref()), (Some("World"), Some(r#"{"id":7}"#)));
        assert_eq!(of.original.unwrap().format.as_deref(), Some("html"));
        assert_eq!(of.origins, [("body".to_owned(), "layout".to_owned())]);
        assert_eq!(of.notes.len(), 1, "{:?}", of.notes);
        let digest = Article::new("H", "B", None).digest();
        let new = format!(
            r#"{{"schema":9,"digest":"{digest}","headline":"H","body":"B","tags":["Rain","rain"],"weather":"rain","captures":[{{"input":"a","mood":"wet","published_precision":"hour","published":"2025-01-28","extra":null}}]}}"#
        );
        let read = draft(&new, "");
        assert_eq!(read.provenance.extra.as_deref(), Some(r#"{"mood":"wet","weather":"rain"}"#));
        assert_eq!(read.provenance.published.unwrap().precision, crate::model::Precision::Day);
        assert_eq!(read.tags, ["rain"]);
        let bad = new.replace("\"Rain\"", "\"\\u001b]0;x\"");
        assert!(
            drafts(bad.as_bytes(), &Mapping::default(), NOW)
                .unwrap_err()
                .to_string()
                .contains("cannot be a tag")
        );
        // Of others, whatever they have.
        for record in [
            r#"{"schema":"v1","type":"article","title":"H"}"#,
            r#"{"schema":1,"type":"article","title":"H"}"#,
        ] {
            assert!(archive_data(record.as_bytes()).is_none(), "{record}");
        }
        let query =
            archive_data(br#"{ "schema": 1, "type": "query", "name": "Wet", "query": "rain" }"#).unwrap();
        assert_eq!(
            query,
            Ok(ArchiveData::Query(SavedQuery { name: "wet".to_owned(), query: "rain".to_owned() }))
        );
    }

    #[test]
    fn bad_records_say_what_is_wrong() {
        for (record, reason) in [
            (&b"{\"title\":"[..], "it is not JSON: EOF while parsing a value at column 9"),
            (b"[1]", "it is a list; expected an object with a headline and a text"),
            (b"{\"title\":{}}", "its field 'title' is an object; expected text"),
            (b"{\"title\":\"\xff\"}", "it is not UTF-8 at byte 11; convert it, for instance with iconv"),
            (
                b"{\"digest\":\"00\",\"captures\":[]}",
                "its field 'digest' is not a digest: a digest is named by 4 to 64 hexadecimal digits, not 2",
            ),
        ] {
            assert_eq!(drafts(record, &Mapping::default(), NOW).unwrap_err().to_string(), reason);
        }
        let deep = "[".repeat(1_000_000);
        assert!(
            drafts(deep.as_bytes(), &Mapping::default(), NOW)
                .unwrap_err()
                .to_string()
                .contains("recursion limit")
        );
        assert_eq!(
            "hed=x".parse::<Mapping>().unwrap_err().to_string(),
            "'hed' is not a field; there are headline, body, published, source, url, byline, language, captured, section, keywords, modified, publisher, description"
        );
    }
}
