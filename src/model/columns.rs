//! The columns of everything that is written out, in one table: what each is called, what type it has, what it means and since
//! which version of the schema it is there. A value has one name in every output.

use super::capture::{Capture, Provenance};
use super::correction::{Corrected, Detail};
use super::document::Document;
use super::reason::Reason;
use super::time::{Dated, Timestamp};
use serde::Serialize;
use std::borrow::Cow;
use std::str::FromStr;

/// The version of the columns: a higher one has more of them, and means the same by these.
pub const SCHEMA: u32 = 1;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Several texts.
    Texts,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// The same; in a whole JSON record only where it is true.
    Flag,
    /// An instant, RFC 3339, UTC.
    Instant,
    /// A day, UTC.
    Day,
    /// A JSON value.
    Json,
    /// Captures, each with its own columns.
    Captures,
}

impl Kind {
    /// Its name in documentation.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Texts => "texts",
            Kind::Integer => "integer",
            Kind::Boolean | Kind::Flag => "boolean",
            Kind::Instant => "instant",
            Kind::Day => "day",
            Kind::Json => "JSON",
            Kind::Captures => "captures",
        }
    }
}

/// What a column says something of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The article.
    Article,
    /// One finding of it; in a row an article, the one that places it.
    Capture,
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// There is none.
    None,
    /// Text.
    Text(Cow<'a, str>),
    /// Several texts; there may be none.
    Texts(&'a [String]),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// An instant.
    Instant(Timestamp),
    /// The first second of a day.
    Day(Timestamp),
    /// A JSON value, as text.
    Json(Cow<'a, str>),
    /// Captures.
    Captures(&'a [Capture]),
}

impl Value<'_> {
    /// As text, for tables; empty if there is none.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Value::None => "".into(),
            Value::Text(text) | Value::Json(text) => Cow::Borrowed(text),
            Value::Texts(texts) => texts.join("; ").into(),
            Value::Integer(number) => number.to_string().into(),
            Value::Boolean(value) => value.to_string().into(),
            Value::Instant(at) => at.to_string().into(),
            Value::Day(at) => at.day().into(),
            Value::Captures(captures) => captures.len().to_string().into(),
        }
    }
}

/// A column.
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it is of.
    pub of: Of,
    /// What it means.
    pub meaning: &'static str,
    /// The version of the schema that it came with.
    pub since: u32,
    get: Get,
}

/// From what a value is told.
enum Get {
    Article(for<'a> fn(&'a Document) -> Value<'a>),
    Capture(for<'a> fn(&'a Capture) -> Value<'a>),
    Said(for<'a> fn(&'a Provenance) -> Value<'a>),
}

impl std::fmt::Debug for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Column {
    fn eq(&self, other: &Column) -> bool {
        self.name == other.name
    }
}

impl Column {
    /// Its value in a document, or in one capture of it.
    pub fn value<'a>(&self, document: &'a Document, capture: &'a Capture) -> Value<'a> {
        match self.get {
            Get::Article(get) => get(document),
            Get::Capture(get) => get(capture),
            Get::Said(get) => get(&capture.provenance),
        }
    }

    /// Its value, where there is no more of a capture than this.
    pub fn said<'a>(&self, of: &'a Provenance) -> Value<'a> {
        match self.get {
            Get::Said(get) => get(of),
            Get::Article(_) | Get::Capture(_) => Value::None,
        }
    }

    /// The column with this name.
    pub fn named(name: &str) -> Option<&'static Column> {
        COLUMNS.iter().find(|column| column.name == name)
    }
}

/// A column that was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field(pub &'static Column);

impl FromStr for Field {
    type Err = Reason;

    fn from_str(name: &str) -> Result<Field, Reason> {
        let names = || COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        let found = Column::named(name.trim());
        found.map(Field).ok_or_else(|| format!("'{name}' is not a field; there are {}", names()).into())
    }
}

/// The columns of CSV and TSV if none are named.
pub const TABLE: [&str; 9] =
    ["digest", "published", "source", "language", "headline", "byline", "url", "captured", "body"];

/// The columns of an article's own in a whole JSON record; all others are those of its captures.
pub const RECORD: [&str; 12] = [
    "digest",
    "headline",
    "body",
    "language",
    "tags",
    "source",
    "url",
    "byline",
    "published",
    "published_at",
    "published_day",
    "language_set",
];

fn some<'a>(text: Option<impl Into<Cow<'a, str>>>) -> Value<'a> {
    text.map_or(Value::None, |text| Value::Text(text.into()))
}

/// The name by which an enumerated value is known.
fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_owned()
}

fn origins(of: &Provenance) -> Value<'static> {
    if of.origins.is_empty() {
        return Value::None;
    }
    let pairs = of.origins.iter().map(|(field, origin)| (field.clone(), origin.clone().into()));
    Value::Json(serde_json::Value::Object(pairs.collect()).to_string().into())
}

/// What held before the corrections of a capture, as a reader of JSON finds it again.
fn corrections(capture: &Capture) -> Value<'static> {
    if capture.corrections.is_empty() {
        return Value::None;
    }
    let correction = |corrected: &Corrected| {
        let mut was = serde_json::Map::new();
        for detail in corrected.correction.details() {
            was.insert(detail.name().to_owned(), serde_json::Value::Null);
        }
        for column in COLUMNS {
            let is_changed = |detail| corrected.correction.details().any(|about| about == detail);
            let value = column.said(&corrected.was);
            if (Detail::of_column(column.name).is_some_and(is_changed) || column.name == "origins")
                && value != Value::None
            {
                was.insert(column.name.to_owned(), serde_json::to_value(value).unwrap_or_default());
            }
        }
        let mut row = serde_json::json!({"at": corrected.at().to_string(), "was": was});
        if corrected.correction.filled {
            row["filled"] = true.into();
        }
        row
    };
    let all: Vec<serde_json::Value> = capture.corrections.iter().map(correction).collect();
    Value::Json(serde_json::Value::Array(all).to_string().into())
}

macro_rules! columns {
    ($($name:literal $kind:ident $of:ident $since:literal $meaning:literal, $get:expr;)*) => {
        /// All of them, in the order in which they are written.
        pub const COLUMNS: &[Column] = &[$(Column {
            name: $name,
            kind: Kind::$kind,
            of: Of::$of,
            meaning: $meaning,
            since: $since,
            get: $get,
        },)*];
    };
}

columns! {
    "digest" Text Article 1 "the article's digest: BLAKE3 of its canonical text", Get::Article(|document| Value::Text(document.digest.to_string().into()));
    "headline" Text Article 1 "the headline", Get::Article(|document| Value::Text(document.article.headline().into()));
    "body" Text Article 1 "the body; paragraphs are separated by a blank line", Get::Article(|document| Value::Text(document.article.body().into()));
    "language" Text Article 1 "the language of the text, ISO 639", Get::Article(|document| some(document.article.language().map(|language| language.to_string())));
    "language_set" Flag Article 1 "whether somebody said the language", Get::Article(|document| Value::Boolean(!document.languages.is_empty()));
    "tags" Texts Article 1 "tags that the article was given", Get::Article(|document| Value::Texts(&document.tags));
    "seq" Integer Capture 1 "the capture's number in this archive", Get::Capture(|capture| Value::Integer(capture.seq.cast_signed()));
    "source" Text Capture 1 "who published it: a registered domain or a slug", Get::Said(|of| some(of.source.as_ref().map(|source| source.as_str())));
    "url" Text Capture 1 "where it was found", Get::Said(|of| some(of.url.as_deref()));
    "canonical_url" Text Capture 1 "the address that the page gives itself, if it is another", Get::Said(|of| some(of.canonical_url.as_deref()));
    "byline" Texts Capture 1 "who wrote it", Get::Said(|of| Value::Texts(&of.byline));
    "published" Text Capture 1 "when it was published, as precisely as is known, UTC", Get::Said(|of| some(of.published.map(|published| published.to_string())));
    "published_at" Instant Capture 1 "the first second of that", Get::Said(|of| of.published.map_or(Value::None, |published| Value::Instant(published.at)));
    "published_day" Day Capture 1 "the day of that", Get::Said(|of| of.published.map_or(Value::None, |published| Value::Day(published.at)));
    "published_precision" Text Capture 1 "second, minute, day or month", Get::Said(|of| some(of.published.map(|published| word(&published.precision))));
    "published_origin" Text Capture 1 "where the date was found: given, jsonld, meta, time-tag, url, feed, warc or text", Get::Said(|of| some(of.published.map(|published| word(&published.origin))));
    "published_offset_minutes" Integer Capture 1 "the zone that it was printed with, in minutes east of UTC", Get::Said(|of| of.published.and_then(|published| published.offset_minutes).map_or(Value::None, |minutes| Value::Integer(minutes.into())));
    "suspect" Flag Capture 1 "whether the date is not plausible", Get::Said(|of| Value::Boolean(of.published.is_some_and(|published| published.suspect)));
    "modified" Text Capture 1 "when it was changed last, as printed, with its zone", Get::Said(|of| some(of.modified.map(Dated::printed)));
    "captured" Instant Capture 1 "when it was found", Get::Said(|of| of.captured.map_or(Value::None, Value::Instant));
    "publisher" Text Capture 1 "the publisher's name as it spells it", Get::Said(|of| some(of.publisher.as_deref()));
    "section" Text Capture 1 "the section that it was published in", Get::Said(|of| some(of.section.as_deref()));
    "keywords" Texts Capture 1 "the keywords that it was published with", Get::Said(|of| Value::Texts(&of.keywords));
    "description" Text Capture 1 "what it says of itself in a sentence or two", Get::Said(|of| some(of.description.as_deref()));
    "is_article" Boolean Capture 1 "whether the page is an article", Get::Said(|of| of.is_article.map_or(Value::None, Value::Boolean));
    "is_summary" Flag Capture 1 "whether the text is a summary, of a feed's item", Get::Said(|of| Value::Boolean(of.is_summary));
    "cut" Flag Capture 1 "whether the text ends where one would have to pay", Get::Said(|of| Value::Boolean(of.cut));
    "archived_at" Instant Capture 1 "when an archive of the web took it", Get::Said(|of| of.archived.map_or(Value::None, Value::Instant));
    "archived_url" Text Capture 1 "its address there", Get::Said(|of| some(of.archived_url.as_deref()));
    "input" Text Capture 1 "the input that it came from, and the place in it", Get::Said(|of| Value::Text(of.input.as_str().into()));
    "original" Text Capture 1 "BLAKE3 of the bytes that it was read from, if they were to be kept", Get::Said(|of| some(of.original.as_ref().map(|original| original.digest.to_string())));
    "original_archive" Text Capture 1 "the UUID of the archive that keeps them", Get::Said(|of| some(of.original.as_ref().and_then(|original| original.archive).map(|archive| archive.to_string())));
    "original_format" Text Capture 1 "what they are: html, text, feed, …", Get::Said(|of| some(of.original.as_ref().and_then(|original| original.format.as_deref())));
    "original_charset" Text Capture 1 "the encoding that was said beside them", Get::Said(|of| some(of.original.as_ref().and_then(|original| original.charset.as_deref())));
    "original_http" Text Capture 1 "the status line and headers of the HTTP response that they came in", Get::Said(|of| some(of.original.as_ref().and_then(|original| original.http.as_deref())));
    "origins" Json Capture 1 "where fields were found, by field", Get::Said(origins);
    "extra" Json Capture 1 "fields of the input that have no column", Get::Said(|of| of.extra.as_deref().map_or(Value::None, |extra| Value::Json(extra.into())));
    "corrections" Json Capture 1 "what held before corrections, in order: when each was made, what was, whether another finding made it", Get::Capture(corrections);
    "notes" Texts Capture 1 "what had to be assumed or left out", Get::Said(|of| Value::Texts(&of.notes));
    "captures" Captures Article 1 "the captures that matched: in JSON all columns of each, in tables how many", Get::Article(|document| Value::Captures(&document.captures));
}
