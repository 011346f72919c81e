//! JSON records of documents.

use super::Field;
use crate::article::{Capture, Provenance};
use crate::query::Document;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;
use std::io;

/// A document as a JSON object on one line: all of it if no fields are named. Characters that could steer a terminal are
/// escaped; the value is the same.
pub fn record(document: &Document, fields: &[Field]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(document.article.text_bytes() + 1024);
    let record = Record { document, fields };
    serde_json::to_writer(&mut bytes, &record)?;
    Ok(escape(bytes))
}

/// The name by which an enumerated value is known in JSON.
pub(super) fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_owned()
}

struct Record<'a> {
    document: &'a Document,
    fields: &'a [Field],
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.fields.is_empty() {
            let Document { digest, article, captures, .. } = self.document;
            map.serialize_entry("digest", &digest.to_string())?;
            map.serialize_entry("headline", article.headline())?;
            map.serialize_entry("body", article.body())?;
            map.serialize_entry("language", &article.language().map(|language| language.to_string()))?;
            let placed = &self.document.placed().provenance;
            map.serialize_entry("source", &placed.source)?;
            map.serialize_entry("url", &placed.url)?;
            map.serialize_entry("byline", &placed.byline)?;
            map.serialize_entry("published", &placed.published.map(|published| published.to_string()))?;
            let captures: Vec<_> = captures.iter().map(CaptureRecord).collect();
            map.serialize_entry("captures", &captures)?;
            return map.end();
        }
        for field in self.fields {
            entry(&mut map, *field, self.document)?;
        }
        map.end()
    }
}

fn entry<M: SerializeMap>(map: &mut M, field: Field, document: &Document) -> Result<(), M::Error> {
    let capture = document.placed();
    let name = field.name();
    match field {
        Field::Byline => map.serialize_entry(name, &capture.provenance.byline),
        Field::Notes => map.serialize_entry(name, &capture.provenance.notes),
        Field::Seq => map.serialize_entry(name, &capture.seq),
        Field::Extra => map.serialize_entry(name, &raw(capture.provenance.extra.as_deref())),
        Field::Captures => {
            map.serialize_entry(name, &document.captures.iter().map(CaptureRecord).collect::<Vec<_>>())
        }
        Field::Headline => map.serialize_entry(name, document.article.headline()),
        Field::Body => map.serialize_entry(name, document.article.body()),
        _ => map.serialize_entry(name, &Some(field.value(document)).filter(|value| !value.is_empty())),
    }
}

/// JSON that was kept as text goes out as it came in.
fn raw(text: Option<&str>) -> Option<&RawValue> {
    serde_json::from_str(text?).ok()
}

struct CaptureRecord<'a>(&'a Capture);

impl Serialize for CaptureRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Capture { seq, provenance, .. } = self.0;
        let Provenance { source, url, byline, published, captured, input, extra, notes } = provenance;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("seq", seq)?;
        let mut some = |name: &str, value: Option<String>| match value {
            None => Ok(()),
            Some(value) => map.serialize_entry(name, &value),
        };
        some("source", source.as_ref().map(|source| source.to_string()))?;
        some("url", url.clone())?;
        some("captured", captured.map(|captured| captured.to_string()))?;
        some("published", published.map(|published| published.to_string()))?;
        if let Some(published) = published {
            map.serialize_entry("published_precision", &published.precision)?;
            map.serialize_entry("published_origin", &published.origin)?;
            if let Some(minutes) = published.offset_minutes {
                map.serialize_entry("published_offset_minutes", &minutes)?;
            }
            if published.suspect {
                map.serialize_entry("published_suspect", &true)?;
            }
        }
        if !byline.is_empty() {
            map.serialize_entry("byline", byline)?;
        }
        map.serialize_entry("input", input)?;
        if let Some(extra) = raw(extra.as_deref()) {
            map.serialize_entry("extra", extra)?;
        }
        if !notes.is_empty() {
            map.serialize_entry("notes", notes)?;
        }
        map.end()
    }
}

/// Escapes in JSON what JSON allows but a terminal obeys: DEL, C1 controls and what turns the direction of text.
pub fn escape(json: Vec<u8>) -> Vec<u8> {
    let steers =
        |c: char| c == '\u{7f}' || ('\u{80}'..='\u{9f}').contains(&c) || crate::canonical::is_invisible(c);
    if !may_steer(&json) {
        return json;
    }
    match String::from_utf8(json) {
        Err(not_text) => not_text.into_bytes(),
        Ok(text) => {
            let mut escaped = String::with_capacity(text.len() + 16);
            for character in text.chars() {
                if steers(character) {
                    escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
                } else {
                    escaped.push(character);
                }
            }
            escaped.into_bytes()
        }
    }
}

/// Whether there may be something to escape; sure if not. Texts are long, and nearly none has any.
fn may_steer(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| SUSPICIOUS[usize::from(*byte)]) {
        match rest[at..] {
            [0xc2, 0xa0..=0xac | 0xae..=0xbf, ..]
            | [0xe2, 0x80, 0x90..=0xa7 | 0xaf..=0xbf, ..]
            | [0xe2, 0x82..=0xbf, ..] => rest = &rest[at + 2..],
            _ => return true,
        }
    }
    false
}

/// First bytes of characters that may have to be escaped.
const SUSPICIOUS: [bool; 256] = {
    let mut suspicious = [false; 256];
    suspicious[0x7f] = true;
    suspicious[0xc2] = true;
    suspicious[0xd8] = true;
    suspicious[0xe1] = true;
    suspicious[0xe2] = true;
    suspicious[0xef] = true;
    suspicious
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        let steering = "a\u{7f}\u{9b}31m\u{202e}b\u{1b}«дощ»";
        let json = escape(serde_json::to_vec(steering).unwrap());
        let text = String::from_utf8(json).unwrap();
        assert_eq!(text, r#""a\u007f\u009b31m\u202eb\u001b«дощ»""#);
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), steering);
        for character in (0x20..=0x10ffff).filter_map(char::from_u32) {
            let steers =
                crate::canonical::is_invisible(character) || ('\u{7f}'..='\u{9f}').contains(&character);
            if steers {
                assert!(may_steer(character.to_string().as_bytes()), "{character:?}");
            }
        }
        let untouched = "می\u{200c}خواهم 👨\u{200d}👩".as_bytes().to_vec();
        assert_eq!(escape(untouched.clone()), untouched);
    }
}
