//! Rows of tables as drafts: their fields by the names of their columns.

use super::fields::{self, Mapping, is_known};
use super::json::of_object;
use super::layouts::{Item, LAYOUTS};
use super::paths::{Node, Outside};
use super::reader::{Around, Content, Table};
use crate::model::{Draft, Reason};
use serde_json::{Map, Value};

/// Reads one row.
pub fn read(bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
    let Table { header, delimiter, charset } = around.table;
    let none = Mapping::default();
    let mapping = around.mapping.unwrap_or(&none);
    match row(header, &fields(bytes, delimiter, charset)?, mapping, around) {
        Ok(mut draft) => {
            draft.provenance.notes.extend(charset.map(|charset| format!("read as {charset}, by a guess")));
            Ok(Content::Drafts(vec![draft]))
        }
        Err(Item::Passed(why)) => Ok(Content::Passed(why)),
        Err(Item::Rejected(reason)) => Err(reason),
    }
}

/// Reads one row of a table: its fields by the names of their columns.
fn row(header: &[String], fields: &[String], mapping: &Mapping, around: &Around<'_>) -> Result<Draft, Item> {
    if fields.len() > header.len() {
        let why = format!("it has {} fields and the header {}", fields.len(), header.len());
        return Err(Item::Rejected(why.into()));
    }
    let mut object = Map::new();
    for (name, value) in header.iter().zip(fields) {
        if !value.is_empty() && !name.trim().is_empty() {
            object.insert(name.trim().to_owned(), value.clone().into());
        }
    }
    // What GDELT says of a page stands in elements of one field.
    if let Some(Value::String(more)) = object.shift_remove("V2EXTRASXML") {
        for name in ["PAGE_TITLE", "PAGE_PRECISEPUBTIMESTAMP", "PAGE_AUTHORS"] {
            let (start, end) = (format!("<{name}>"), format!("</{name}>"));
            if let Some((value, _)) = more.split_once(&start).and_then(|(_, rest)| rest.split_once(&end)) {
                object.insert(name.to_owned(), crate::extract::line(value).into());
            }
        }
    }
    if mapping.is_empty() {
        // A layout is known by its columns, also where a row has nothing in some.
        let columns = header.iter().map(|name| (name.trim().to_owned(), Value::from("x"))).collect();
        if let Some(layout) = LAYOUTS.of_record(&Value::Object(columns), around) {
            return layout.draft(Value::Object(object), &Outside::of(Node::Json(&Value::Null)), around);
        }
    }
    if !header.iter().any(|name| mapping.names(name.trim()) || is_known(name.trim())) {
        let shown = fields::shown(header.iter().map(String::as_str));
        return Err(Item::Rejected(Reason::NoColumnIsKnown { shown }));
    }
    of_object(object, &Outside::of(Node::Json(&Value::Null)), mapping, around)
}

/// The columns of a table that comes without a header, if its first row is one of those that are known: GDELT's. `Err` is one without
/// articles.
pub fn without_header(first: &[String]) -> Option<Result<Vec<String>, &'static str>> {
    let digits = |at: usize, least: usize| {
        first
            .get(at)
            .is_some_and(|field| field.len() >= least && field.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_gkg = first.len() == 27 && digits(1, 14) && first[0].get(..14) == first[1].get(..14);
    match first.len() {
        27 if is_gkg => {
            let known = |at: usize| match at {
                0 => "GKGRECORDID",
                3 => "V2SOURCECOMMONNAME",
                4 => "V2DOCUMENTIDENTIFIER",
                26 => "V2EXTRASXML",
                _ => "",
            };
            Some(Ok((0..27).map(|at| known(at).to_owned()).collect()))
        }
        57..=61 if digits(0, 6) && digits(1, 8) => {
            Some(Err("it is GDELT's table of events, which has no articles"))
        }
        16 if digits(0, 6) && digits(1, 14) && digits(2, 14) => {
            Some(Err("it is GDELT's table of mentions, which has no articles"))
        }
        _ => None,
    }
}

/// The fields of one row, in a charset if one is known. `Err` says why it is not one row.
pub fn fields(row: &[u8], delimiter: u8, charset: Option<&str>) -> Result<Vec<String>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(row);
    let mut record = csv::ByteRecord::new();
    let mut read = || reader.read_byte_record(&mut record).map_err(|e| format!("it is not a row: {e}"));
    if !read()? {
        return Ok(Vec::new());
    }
    let text = |field: &[u8]| match charset {
        Some(_) => crate::text::decode::decode(field, charset).text.into_owned(),
        None => String::from_utf8_lossy(field).into_owned(),
    };
    let fields = record.iter().map(text).collect();
    if reader.read_byte_record(&mut csv::ByteRecord::new()).unwrap_or(false) {
        return Err("a quote inside of it makes it more than one row".to_owned());
    }
    Ok(fields)
}
