//! What pressmark exports, read again without loss: a record with its captures, an original, a saved query.

use super::fields::{short, take_described};
use super::reader::Around;
use crate::model::{
    Article, Column, Correction, Dated, Detail, Digest, Draft, Language, Origin, Original, Provenance,
    Published, Raw, Reason, Source, Timestamp,
};
use serde::Deserialize;
use serde_json::{Map, Value};

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
pub fn archive_data(bytes: &[u8]) -> Option<Result<ArchiveData, Reason>> {
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
pub fn drafts(mut object: Map<String, Value>, around: &Around<'_>) -> Result<Vec<Draft>, Reason> {
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
    let language_said = Said(&object).flag("language_set").unwrap_or(false);
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
        let read = capture.as_object().and_then(|capture| Said(capture).as_read());
        let (mut provenance, corrections) =
            read.ok_or_else(|| format!("one of its captures is not understood: {}", short(&capture)))?;
        if of_before {
            provenance.lift_extra(around);
            if found != digest {
                provenance.notes.push(format!("exported as {digest} before the canonical text was settled"));
            }
        }
        drafts.push(Draft {
            headline: headline.clone(),
            body: body.clone(),
            language,
            provenance,
            corrections,
            recorded: !of_before,
            language_said,
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
    fn lift_extra(&mut self, around: &Around<'_>) {
        let Some(Ok(Value::Object(mut extra))) = self.extra.as_deref().map(serde_json::from_str) else {
            return;
        };
        take_described(&mut extra, around, self);
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

    /// What the input of a capture said, and how that was corrected since. `None` if it is not understood.
    fn as_read(&self) -> Option<(Provenance, Vec<Correction>)> {
        let (mut provenance, mut corrections) = (self.provenance()?, Vec::new());
        let Some(said) = self.0.get("corrections").filter(|said| !said.is_null()) else {
            return Some((provenance, corrections));
        };
        for said in said.as_array()?.iter().rev() {
            let said = Said(said.as_object()?);
            let was = Said(said.0.get("was")?.as_object()?);
            let before = was.provenance()?;
            let filled = said.flag("filled").unwrap_or(false);
            let at_ms = said.instant("at")??.0.saturating_mul(1000);
            let mut correction = Correction { filled, at_ms, ..Correction::default() };
            for detail in Detail::ALL.iter().filter(|detail| was.0.contains_key(detail.name())) {
                correction.take(*detail, &provenance);
                detail.copy_with_origin(&before, &mut provenance);
            }
            corrections.push(correction);
        }
        corrections.reverse();
        Some((provenance, corrections))
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
