//! Rows of tables as drafts: their fields by the names of their columns.

use super::json::{Field, Mapping, of_object};
use super::reader::{Around, Content, Table};
use crate::model::{Draft, Reason, Timestamp};
use serde_json::Map;

/// Reads one row.
pub fn read(bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
    let Table { header, delimiter, charset } = around.table;
    let mapping = around.mapping.cloned().unwrap_or_default();
    let mut drafts = row(header, &fields(bytes, delimiter, charset)?, &mapping, around.now)?;
    let note = charset.map(|charset| format!("read as {charset}, by a guess"));
    drafts.iter_mut().for_each(|draft| draft.provenance.notes.extend(note.clone()));
    Ok(Content::Drafts(drafts))
}

/// So many columns are named where none is known.
const COLUMNS_NAMED: usize = 20;

/// Reads one row of a table: its fields by the names of their columns.
fn row(
    header: &[String],
    fields: &[String],
    mapping: &Mapping,
    now: Timestamp,
) -> Result<Vec<Draft>, Reason> {
    if fields.len() > header.len() {
        return Err(format!("it has {} fields and the header {}", fields.len(), header.len()).into());
    }
    let mut object = Map::new();
    for (name, value) in header.iter().zip(fields) {
        if !value.is_empty() && !name.trim().is_empty() {
            object.insert(name.trim().to_owned(), value.clone().into());
        }
    }
    let known =
        |name: &str| mapping.names(name) || Field::ALL.iter().any(|field| field.names().contains(&name));
    if !header.iter().any(|name| known(name.trim())) {
        let more = header.len().saturating_sub(COLUMNS_NAMED);
        let shown = header.iter().take(COLUMNS_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Err(Reason::NoColumnIsKnown { shown: shown + &more });
    }
    of_object(object, mapping, now)
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
