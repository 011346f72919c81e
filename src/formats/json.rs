//! JSON: records with common names, in any envelope, or in a layout that is known.

use super::exported::{self, archive_data};
use super::fields::{Fields, How, Mapping, folded, is_body, is_known, is_nested, is_telling, kind, shown};
use super::layouts::{Item, LAYOUTS, Layout};
use super::paths::{Node, Outside, Shape};
use super::reader::{Around, Content, Items};
use super::{feed, har};
use crate::model::{Draft, Reason, Skip};
use serde_json::{Map, Value};

/// Whether an input begins with an object or a list of them.
pub fn is_json(start: &[u8]) -> bool {
    let is_list = |rest: &[u8]| rest.trim_ascii_start().starts_with(b"{");
    start.starts_with(b"{") || start.strip_prefix(b"[").is_some_and(is_list) || is_script(start)
}

/// Whether an input is JSON that a script assigns: `window.YTD.tweets.part0 = [`.
pub fn is_script(start: &[u8]) -> bool {
    script_value(start).is_some()
}

/// Where the value begins that a script assigns.
pub fn script_value(start: &[u8]) -> Option<usize> {
    let head = &start[..start.len().min(128)];
    if !head.starts_with(b"window.") && !head.starts_with(b"var ") {
        return None;
    }
    let at = head.iter().position(|byte| *byte == b'=')?;
    let is_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b' ' | b'[' | b']' | b'"');
    let rest = head[at + 1..].iter().position(|byte| !byte.is_ascii_whitespace())? + at + 1;
    (head[..at].iter().all(is_name) && matches!(head[rest], b'[' | b'{')).then_some(rest)
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
    let Value::Object(object) = value(bytes)? else {
        return Err("it is no object; expected one with a headline and a text".into());
    };
    if object.contains_key("digest") && object.get("captures").is_some_and(Value::is_array) {
        return exported::drafts(object, around).map(Content::Drafts);
    }
    let none = Mapping::default();
    let mapping = around.mapping.unwrap_or(&none);
    let value = Value::Object(object);
    if mapping.records.is_empty() && har::is_har(&value) {
        return har::read(&value, around);
    }
    if mapping.is_empty() && feed::is_json_feed(&String::from_utf8_lossy(&bytes[..bytes.len().min(4096)])) {
        return feed::read(bytes, around);
    }
    match records(value, mapping, around)? {
        Found::Record(record) => {
            match draft(record, &Outside::of(Node::Json(&Value::Null)), None, mapping, around) {
                Ok(draft) => Ok(Content::Drafts(vec![draft])),
                Err(Item::Rejected(reason)) => Err(reason),
                Err(Item::Passed(why)) => Ok(Content::Passed(why)),
            }
        }
        Found::Records(records, outside, layout) => {
            let mut items = Items::default();
            let outside = Outside::of(Node::Json(&outside));
            records
                .into_iter()
                .for_each(|record| items.add(draft(record, &outside, layout, mapping, around)));
            Ok(Content::Items(items))
        }
    }
}

/// The value of a record. What other programs write that is no JSON, halves of characters and numbers that are none, is read as it was meant.
fn value(bytes: &[u8]) -> Result<Value, Reason> {
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
    let value = serde_json::from_str(text).or_else(|e| match lenient(text) {
        Some(mended) => serde_json::from_str(&mended).map_err(|_| e),
        None => Err(e),
    });
    let value: Value = value.map_err(|e| format!("it is not JSON: {}", explain(&e)))?;
    match value {
        Value::Object(_) => Ok(value),
        value => Err(format!("it is {}; expected an object with a headline and a text", kind(&value)).into()),
    }
}

/// JSON with `NaN` as null, and halves of surrogate pairs as what stands for a character that is unknown; `None` if it has neither.
fn lenient(text: &str) -> Option<String> {
    if !["NaN", "Infinity", "\\u"].iter().any(|part| text.contains(part)) {
        return None;
    }
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_string = false;
    let unit =
        |text: &str| text.strip_prefix("\\u").and_then(|hex| u16::from_str_radix(hex.get(..4)?, 16).ok());
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\\' if in_string => match unit(rest) {
                Some(0xd800..=0xdbff) if matches!(unit(&rest[6..]), Some(0xdc00..=0xdfff)) => {
                    mended.push_str(&rest[..12]);
                    12
                }
                Some(0xd800..=0xdfff) => {
                    mended.push('\u{fffd}');
                    6
                }
                _ => {
                    let end = rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at);
                    mended.push_str(&rest[..end]);
                    end
                }
            },
            'N' | 'I' | '-' if !in_string => {
                match ["NaN", "Infinity", "-Infinity"].iter().find(|word| rest.starts_with(**word)) {
                    Some(word) => {
                        mended.push_str("null");
                        word.len()
                    }
                    None => {
                        mended.push(c);
                        1
                    }
                }
            }
            c => {
                in_string ^= c == '"';
                mended.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    Some(mended)
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

/// What an object is.
enum Found<'l> {
    /// A record.
    Record(Value),
    /// What holds records, and what they stand in.
    Records(Vec<Value>, Value, Option<&'l Layout>),
}

/// The record that an object is, or those that it holds. `Err` if it holds lists of which none can be told to be that of the records.
fn records<'l>(value: Value, mapping: &Mapping, around: &Around<'l>) -> Result<Found<'l>, Reason> {
    if !mapping.records.is_empty() {
        let records = elements(&value, mapping.records.iter());
        if records.is_empty() {
            let paths: Vec<String> = mapping.records.iter().map(ToString::to_string).collect();
            let fields = shown(
                value
                    .as_object()
                    .into_iter()
                    .flat_map(Map::keys)
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .into_iter(),
            );
            return Err(Reason::NoRecords { lists: paths.join(", "), fields });
        }
        return Ok(Found::Records(records, value, None));
    }
    if !mapping.is_empty() {
        return Ok(Found::Record(value));
    }
    if let Some(layout) = LAYOUTS.of_answer(&value, around) {
        let records = elements(&value, layout.records.iter());
        if !layout.records.is_empty() {
            return Ok(Found::Records(records, value, Some(layout)));
        }
    }
    // One that has a text is an article, whatever lists it has beside.
    if LAYOUTS.of_record(&value, around).is_some() || has_text(&value) {
        return Ok(Found::Record(value));
    }
    // Every list of articles that stands where they do; one in another that was taken is not one more.
    let mut taken: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for path in &LAYOUTS.envelopes {
        let node = Node::Json(&value);
        let tells = |record: &Value| is_record(unwrapped_of(record), around);
        let holds = |found: Node<'_>| match found {
            Node::Json(Value::Array(list)) => list.iter().any(tells),
            Node::Json(object) => object.is_object() && tells(object),
            _ => false,
        };
        let name = format!("{path}.");
        let within = taken.iter().any(|other| other.starts_with(&name) || name.starts_with(other.as_str()));
        if !within && path.find(node, node).into_iter().any(holds) {
            found.extend(elements(&value, std::iter::once(path)));
            taken.push(name);
        }
    }
    if !taken.is_empty() {
        return Ok(Found::Records(found, value, None));
    }
    let Value::Object(object) = &value else { return Ok(Found::Record(value)) };
    if object.iter().any(|(name, value)| is_telling(name) && !is_nested(value)) {
        if let Some(rows) = columns(object) {
            return Ok(Found::Records(rows, Value::Null, None));
        }
        return Ok(Found::Record(value));
    }
    if let Some(rows) = split_rows(object).or_else(|| by_key(object, around)) {
        return Ok(Found::Records(rows, Value::Null, None));
    }
    // The one list whose elements are articles, wherever it is, or the one object that is one. Without a headline the elements may be the
    // paragraphs of one that has it beside them.
    let mut lists = Vec::new();
    lists_of(&value, "", 0, &mut lists);
    let titled =
        object.keys().any(|name| ["headline", "title"].iter().any(|part| folded(name).contains(part)));
    let tells = |record: &Value| {
        let record = unwrapped_of(record);
        is_record(record, around) && (!titled || is_nested(record))
    };
    let telling: Vec<&(String, &Vec<Value>)> =
        lists.iter().filter(|(_, list)| list.iter().take(20).any(tells)).collect();
    if let [(_, list)] = telling[..] {
        return Ok(Found::Records((*list).clone(), value.clone(), None));
    }
    let mut objects = Vec::new();
    objects_of(&value, 0, around, &mut objects);
    if let ([], [one]) = (&telling[..], &objects[..]) {
        return Ok(Found::Record((*one).clone()));
    }
    if !lists.is_empty() {
        let fields = shown(object.keys().map(String::as_str).collect::<Vec<_>>().into_iter());
        let lists = shown(lists.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>().into_iter());
        return Err(Reason::NoRecords { lists, fields });
    }
    Ok(Found::Record(value))
}

/// The elements of the lists that paths lead to.
fn elements<'a>(value: &Value, paths: impl Iterator<Item = &'a super::paths::Path>) -> Vec<Value> {
    let node = Node::Json(value);
    let mut elements = Vec::new();
    for path in paths {
        for found in path.values(node, node, Shape::TEXT) {
            match found {
                // What is no object among objects is rejected, not passed over.
                Value::Array(list) if list.iter().any(Value::is_object) => elements.extend(list),
                Value::Object(object) => elements.push(Value::Object(object)),
                _ => {}
            }
        }
    }
    elements
}

/// Whether an object is a record by itself: it has the name of a headline or of a text.
fn is_record(value: &Value, around: &Around<'_>) -> bool {
    let tells = |(name, value): (&String, &Value)| is_telling(name) && !is_nested(value);
    let named = value.as_object().is_some_and(|object| object.iter().any(tells));
    named || LAYOUTS.of_record(value, around).is_some()
}

/// Words of a text beside which lists are not what holds the articles.
const TEXT_WORDS: usize = 8;

/// Whether an object has a text that is no list: an answer may have a word or two beside its records.
fn has_text(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    let is_list = |value: &Value| value.as_array().is_some_and(|list| list.iter().any(Value::is_object));
    let least = if object.values().any(is_list) { TEXT_WORDS } else { 1 };
    let is_text = |text: &str| text.split_whitespace().take(least).count() == least;
    object.iter().any(|(name, value)| value.as_str().is_some_and(is_text) && is_body(name))
}

/// The name of what an object only wraps: `{"_index": …, "_source": {…}}`.
fn wrapped(object: &Map<String, Value>) -> Option<&'static str> {
    let is_object = |name: &str| object.get(name).is_some_and(Value::is_object);
    if is_object("_source") {
        return Some("_source");
    }
    let name = LAYOUTS.unwrapped.iter().find(|name| is_object(name))?;
    (!object.keys().any(|key| is_telling(key) && key != name)).then_some(name)
}

/// The record in an object that only wraps it.
fn unwrapped(value: Value) -> Value {
    let Value::Object(mut object) = value else { return value };
    match wrapped(&object).and_then(|name| object.shift_remove(name)) {
        Some(inner) => unwrapped(inner),
        None => Value::Object(object),
    }
}

/// The same without taking it out.
fn unwrapped_of(value: &Value) -> &Value {
    let inner = value.as_object().and_then(|object| object.get(wrapped(object)?));
    inner.map_or(value, unwrapped_of)
}

/// A name of a column is no longer: it is copied for each row.
const COLUMN_BYTES_MAX: usize = 256;

/// The rows of a table that has an object a column: `{"title": {"0": …}, "text": {"0": …}}`.
fn columns(object: &Map<String, Value>) -> Option<Vec<Value>> {
    let columns: Vec<(&String, &Map<String, Value>)> = object
        .iter()
        .map(|(name, value)| value.as_object().map(|column| (name, column)))
        .collect::<Option<_>>()?;
    let short = |name: &String| name.len() <= COLUMN_BYTES_MAX;
    let (_, first) =
        columns.first().filter(|_| columns.len() > 1 && columns.iter().all(|(name, _)| short(name)))?;
    if first.is_empty() || !columns.iter().all(|(_, column)| column.keys().eq(first.keys())) {
        return None;
    }
    let row =
        |key: &String| columns.iter().map(|(name, column)| ((*name).clone(), column[key].clone())).collect();
    Some(first.keys().map(|key| Value::Object(row(key))).collect())
}

/// The rows of a table that has its columns apart: `{"columns": […], "data": [[…]]}`.
fn split_rows(object: &Map<String, Value>) -> Option<Vec<Value>> {
    let names: Vec<&str> =
        object.get("columns")?.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
    let rows = object.get("data").or(object.get("rows"))?.as_array()?;
    if names.iter().any(|name| name.len() > COLUMN_BYTES_MAX) {
        return None;
    }
    let row = |row: &Value| -> Option<Value> {
        let fields =
            names.iter().zip(row.as_array()?).map(|(name, value)| ((*name).to_owned(), value.clone()));
        Some(Value::Object(fields.collect()))
    };
    rows.iter().map(row).collect()
}

/// The records of an object that has each under a key of its own.
fn by_key(object: &Map<String, Value>, around: &Around<'_>) -> Option<Vec<Value>> {
    let are = !object.is_empty()
        && !object.keys().any(|name| is_known(name))
        && object.values().all(|value| value.is_object() && is_record(value, around));
    are.then(|| {
        let records = object.iter().map(|(key, value)| {
            let mut record = value.as_object().cloned().unwrap_or_default();
            record.entry("id").or_insert_with(|| key.clone().into());
            Value::Object(record)
        });
        records.collect()
    })
}

/// Every list of objects, with its path.
fn lists_of<'a>(value: &'a Value, path: &str, depth: usize, found: &mut Vec<(String, &'a Vec<Value>)>) {
    let Value::Object(object) = value else { return };
    for (name, value) in object.iter().filter(|(name, _)| path.len() + name.len() < 2 * COLUMN_BYTES_MAX) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            Value::Array(list) if list.iter().any(Value::is_object) => found.push((path, list)),
            value if depth < 4 => lists_of(value, &path, depth + 1, found),
            _ => {}
        }
    }
}

/// Every object in an object that is a record.
fn objects_of<'a>(value: &'a Value, depth: usize, around: &Around<'_>, found: &mut Vec<&'a Value>) {
    for inner in value.as_object().into_iter().flat_map(Map::values).filter(|inner| inner.is_object()) {
        if is_record(inner, around) && is_nested(inner) {
            found.push(inner);
        } else if depth < 4 {
            objects_of(inner, depth + 1, around, found);
        }
    }
}

/// The draft that a record makes, in the layout of what it stands in or in its own.
fn draft(
    record: Value,
    outside: &Outside<'_>,
    layout: Option<&Layout>,
    mapping: &Mapping,
    around: &Around<'_>,
) -> Result<Draft, Item> {
    let record = if mapping.is_empty() { unwrapped(record) } else { record };
    if mapping.is_empty() && record.is_object() {
        let layout = layout.filter(|layout| layout.fits(&record));
        if let Some(layout) = layout.or_else(|| LAYOUTS.of_record(&record, around)) {
            return layout.draft(record, outside, around);
        }
    }
    let Value::Object(object) = record else {
        return Err(Item::Rejected(format!("it is {}; expected an object", kind(&record)).into()));
    };
    of_object(object, outside, mapping, around)
}

/// The draft that an object with common names makes.
pub fn of_object(
    mut object: Map<String, Value>,
    outside: &Outside<'_>,
    mapping: &Mapping,
    around: &Around<'_>,
) -> Result<Draft, Item> {
    let fields = Fields::named(&mut object, outside, mapping);
    match fields.draft(object, How::of(around)) {
        Ok(Some(draft)) => Ok(draft),
        Ok(None) => Err(Item::Passed(Skip::NoArticle)),
        Err(reason) => Err(Item::Rejected(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::*;
    use super::*;
    use crate::model::{Article, Dated, Source, Timestamp};
    use serde_json::Value;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn read_all(record: &[u8], mapping: &str) -> Result<Vec<Draft>, Reason> {
        let mapping = mapping.parse().unwrap();
        let around = Around { mapping: Some(&mapping), now: NOW, ..Around::default() };
        match read(record, &around)? {
            Content::Drafts(drafts) => Ok(drafts),
            Content::Items(items) => items.items.into_iter().collect(),
            _ => Ok(Vec::new()),
        }
    }

    fn draft(record: &str, mapping: &str) -> Draft {
        read_all(record.as_bytes(), mapping).unwrap().remove(0)
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
    fn every_list_of_an_answer_is_read() {
        let record = |n: u8| format!(r#"{{"title":"H{n}","text":"B{n}"}}"#);
        for (answer, count) in [
            (format!(r#"{{"status":"ok","articles":[{},{}]}}"#, record(1), record(2)), 2),
            (format!(r#"{{"articles":[{}],"posts":[{}]}}"#, record(1), record(2)), 2),
            (format!(r#"{{"data":{{"articles":[{}]}}}}"#, record(1)), 1),
            (format!(r#"{{"a1":{},"a2":{}}}"#, record(1), record(2)), 2),
            (r#"{"columns":["title","text"],"data":[["H1","B1"],["H2","B2"]]}"#.to_owned(), 2),
            (r#"{"title":{"0":"H1","1":"H2"},"text":{"0":"B1","1":"B2"}}"#.to_owned(), 2),
            (format!(r#"{{"hits":{{"hits":[{{"_source":{}}}]}}}}"#, record(1)), 1),
        ] {
            let found = read_all(answer.as_bytes(), "").unwrap();
            let headlines: Vec<&str> = found.iter().map(|draft| draft.headline.as_str()).collect();
            assert_eq!(headlines, ["H1", "H2"][..count], "{answer}");
        }
        let unknown = read_all(br#"{"a":[{"x":1}],"b":[{"y":2}]}"#, "").unwrap_err();
        assert!(unknown.to_string().contains("none of its lists (a, b)"), "{unknown}");
    }

    #[test]
    fn what_is_not_known_is_kept() {
        let draft = draft(
            r#"{"title":"H","id":7,"topics":["a"],"source":{"id":null,"name":"BBC News"},"headline":"h2","date":"soon","lang":"Gibberish"}"#,
            "",
        );
        assert_eq!(draft.headline, "h2");
        assert_eq!(draft.provenance.source.unwrap().as_str(), "bbc-news");
        let extra: Value = serde_json::from_str(&draft.provenance.extra.unwrap()).unwrap();
        assert_eq!(
            extra,
            serde_json::json!({"title":"H","id":7,"topics":["a"],"date":"soon","lang":"Gibberish","source":{"id":null}})
        );
        assert_eq!(draft.provenance.publisher.as_deref(), Some("BBC News"));
        assert_eq!(
            draft.provenance.notes,
            [
                "the language is not understood and kept as lang: \"Gibberish\"",
                "the date is not understood and kept as date: \"soon\""
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
                Some("a"),
                &[],
                Some(r#"{"updated":7,"source":{"name":["X"]}}"#),
            ),
        ] {
            let of = draft(&format!(r#"{{"title":"H",{record}}}"#), "").provenance;
            assert_eq!(of.publisher.as_deref(), publisher, "{record}");
            assert_eq!(of.section.as_deref(), section, "{record}");
            assert_eq!(of.keywords, keywords, "{record}");
            assert_eq!(of.extra.as_deref(), extra, "{record}");
        }
        let of = draft(
            r#"{"title":"H","rubrik":"Welt","updated":"2025-01-28","summary":"S.","text":"T."}"#,
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
        assert!(read_all(bad.as_bytes(), "").unwrap_err().to_string().contains("cannot be a tag"));
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
            Ok(exported::ArchiveData::Query(exported::SavedQuery {
                name: "wet".to_owned(),
                query: "rain".to_owned()
            }))
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
            assert_eq!(read_all(record, "").unwrap_err().to_string(), reason);
        }
        let deep = "[".repeat(1_000_000);
        assert!(read_all(deep.as_bytes(), "").unwrap_err().to_string().contains("recursion limit"));
        assert_eq!(
            "hed=x".parse::<Mapping>().unwrap_err().to_string(),
            "'hed' is not a field; there are records, headline, body, published, source, url, byline, language, captured, section, keywords, modified, publisher, description"
        );
    }
}
