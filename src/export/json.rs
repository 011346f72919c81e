//! JSON records of documents.

use crate::model::Document;
use crate::model::columns::{COLUMNS, Column, Field, Kind, Of, RECORD, SCHEMA, Value};
use crate::model::{Capture, Raw};
use data_encoding::BASE64;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io;

/// A document as a JSON object on one line: all of it if no fields are named. Characters that could steer a terminal are
/// escaped; the value is the same.
pub fn record(document: &Document, fields: &[Field]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(document.article.text_bytes() + 1024);
    let record = Record { document, fields };
    serde_json::to_writer(&mut bytes, &record)?;
    Ok(escape(bytes))
}

/// The line of an original: zstd in base 64.
pub(super) fn original(raw: &Raw) -> io::Result<Vec<u8>> {
    let (digest, bytes) = (raw.digest().to_string(), BASE64.encode(raw.packed()));
    let line =
        serde_json::json!({"schema": SCHEMA, "type": "original", "original": digest, "zstd_base64": bytes});
    let mut line = serde_json::to_vec(&line)?;
    line.push(b'\n');
    Ok(line)
}

/// Saved queries, a line each.
pub(super) fn queries(queries: &BTreeMap<String, String>) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for (name, query) in queries {
        let line = serde_json::json!({"schema": SCHEMA, "type": "query", "name": name, "query": query});
        lines.extend(escape(line.to_string().into_bytes()));
        lines.push(b'\n');
    }
    Ok(lines)
}

struct Record<'a> {
    document: &'a Document,
    fields: &'a [Field],
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Record { document, fields } = self;
        let mut map = serializer.serialize_map(None)?;
        let value = |column: &'static Column| (column.name, column.value(document, document.placed()));
        if fields.is_empty() {
            map.serialize_entry("schema", &SCHEMA)?;
            for column in RECORD.into_iter().filter_map(Column::named) {
                let (name, value) = value(column);
                if column.kind != Kind::Flag || value != Value::Boolean(false) {
                    map.serialize_entry(name, &value)?;
                }
            }
            map.serialize_entry("captures", &Captures(document))?;
            return map.end();
        }
        for Field(column) in *fields {
            if column.kind == Kind::Captures {
                map.serialize_entry(column.name, &Captures(document))?;
            } else {
                let (name, value) = value(column);
                map.serialize_entry(name, &value)?;
            }
        }
        map.end()
    }
}

/// The captures of a document, each with everything that it has.
struct Captures<'a>(&'a Document);

impl Serialize for Captures<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.captures.iter().map(|capture| Captured(self.0, capture)))
    }
}

/// A capture with everything that it has.
struct Captured<'a>(&'a Document, &'a Capture);

impl Serialize for Captured<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for column in COLUMNS.iter().filter(|column| column.of == Of::Capture) {
            match column.value(self.0, self.1) {
                Value::None | Value::Texts([]) => {}
                Value::Boolean(false) if column.kind == Kind::Flag => {}
                value => map.serialize_entry(column.name, &value)?,
            }
        }
        map.end()
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::None => serializer.serialize_none(),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Texts(texts) => texts.serialize(serializer),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Boolean(value) => serializer.serialize_bool(*value),
            Value::Instant(_) | Value::Day(_) | Value::Captures(_) => serializer.serialize_str(&self.text()),
            // JSON that was kept as text goes out as it came in.
            Value::Json(text) => serde_json::from_str::<&RawValue>(text).ok().serialize(serializer),
        }
    }
}

/// Escapes in JSON what JSON allows but a terminal obeys: DEL, C1 controls and what turns the direction of text.
pub fn escape(json: Vec<u8>) -> Vec<u8> {
    let steers = |c: char| {
        c == '\u{7f}' || ('\u{80}'..='\u{9f}').contains(&c) || crate::model::canonical::is_invisible(c)
    };
    if !may_steer(&json) {
        return json;
    }
    match String::from_utf8(json) {
        Err(not_text) => not_text.into_bytes(),
        Ok(text) => {
            let mut escaped = String::with_capacity(text.len() + 16);
            for character in text.chars() {
                if steers(character) {
                    let mut units = [0; 2];
                    for unit in character.encode_utf16(&mut units) {
                        escaped.push_str(&format!("\\u{unit:04x}"));
                    }
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
            | [0xe2, 0x82..=0xbf, ..]
            | [0xcd, 0x80..=0x8e | 0x90..=0xbf, ..] => rest = &rest[at + 2..],
            [0xe3, second, third, ..] if (second, third) != (0x85, 0xa4) => rest = &rest[at + 3..],
            // Most of what is no plain text is emoji.
            [0xf0, 0x9f, 0x80..=0xbe, _, ..] => rest = &rest[at + 4..],
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
    suspicious[0xcd] = true;
    suspicious[0xd8] = true;
    suspicious[0xe1] = true;
    suspicious[0xe2] = true;
    suspicious[0xe3] = true;
    let mut first = 0xf0;
    while first <= 0xf4 {
        suspicious[first] = true;
        first += 1;
    }
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
            let steers = crate::model::canonical::is_invisible(character)
                || ('\u{7f}'..='\u{9f}').contains(&character);
            if steers {
                assert!(may_steer(character.to_string().as_bytes()), "{character:?}");
                let json = String::from_utf8(escape(serde_json::to_vec(&character).unwrap())).unwrap();
                assert!(json.is_ascii(), "{json}");
                assert_eq!(serde_json::from_str::<char>(&json).unwrap(), character);
            }
        }
        let untouched = "می\u{200c}خواهم 👨\u{200d}👩".as_bytes().to_vec();
        assert_eq!(escape(untouched.clone()), untouched);
    }
}
