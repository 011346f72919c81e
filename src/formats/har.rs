//! HAR: what a browser fetched, with the bodies of the answers; each page an article.

use super::html;
use super::layouts::Item;
use super::reader::{Around, Content, Items};
use crate::model::{Dated, Draft, Reason, Skip};
use crate::text::decode;
use data_encoding::BASE64;
use serde_json::Value;

/// Whether an object is one.
pub fn is_har(value: &Value) -> bool {
    value.pointer("/log/entries").is_some_and(Value::is_array)
}

/// Reads one.
pub fn read(value: &Value, around: &Around<'_>) -> Result<Content, Reason> {
    let entries = value.pointer("/log/entries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let has_body = |entry: &&Value| {
        entry.pointer("/response/content/text").is_some_and(|text| text.as_str() != Some(""))
    };
    if !entries.iter().any(|entry| has_body(&entry)) {
        return Err("it is a HAR without the bodies of the answers; export it again with content".into());
    }
    let mut items = Items::default();
    entries.iter().for_each(|entry| items.add(page(entry, around)));
    Ok(Content::Items(items))
}

/// The article of an answer.
fn page(entry: &Value, around: &Around<'_>) -> Result<Draft, Item> {
    let text = |path: &str| entry.pointer(path).and_then(Value::as_str);
    let kind = text("/response/content/mimeType").unwrap_or("");
    let status = entry.pointer("/response/status").and_then(Value::as_u64).unwrap_or(0);
    if !(200..300).contains(&status) || !kind.contains("html") {
        return Err(Item::Passed(if kind.contains("html") { Skip::NotAsked } else { Skip::NotText }));
    }
    let Some(body) = text("/response/content/text") else { return Err(Item::Passed(Skip::NoArticle)) };
    let bytes = match text("/response/content/encoding") {
        Some("base64") => {
            let decoded = BASE64.decode(body.as_bytes());
            decoded.map_err(|e| Item::Rejected(format!("an answer's body is not in base 64: {e}").into()))?
        }
        _ => body.as_bytes().to_vec(),
    };
    let captured = text("/startedDateTime").and_then(Dated::parse).map(|dated| dated.at).or(around.captured);
    let charset = if text("/response/content/encoding") == Some("base64") {
        decode::charset(kind)
    } else {
        Some("utf-8")
    };
    let page = Around { url: text("/request/url"), captured, charset, ..*around };
    match html::draft(&bytes, &page) {
        Ok(mut draft) if html::is_article(&draft) => {
            draft.provenance.captured = captured;
            Ok(draft)
        }
        Ok(_) | Err(Reason::NoArticle { .. }) => Err(Item::Passed(Skip::NoArticle)),
        Err(reason) => Err(Item::Rejected(reason)),
    }
}
