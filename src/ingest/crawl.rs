//! Records of a crawl: which are wanted, and the document in one.

use super::Wanted;
use crate::formats::warc::{self, WarcRecord};
use crate::formats::{Around, Format, kinds, payload_format};
use crate::model::Draft;

/// What a record of a crawl holds.
pub enum Crawled<'a> {
    /// A document, and what it is.
    Document(Box<WarcRecord<'a>>, Format),
    /// Nothing that anybody wants: why.
    Passed(&'static str),
}

pub const NO_ARTICLE: &str = "without an article";

/// Finds the document in a record, if it is one that is wanted.
pub fn open<'a>(bytes: &'a [u8], around: &Around<'_>, wanted: &Wanted) -> Result<Crawled<'a>, String> {
    let head = warc::head(bytes)?;
    if let Some(why) = unwanted(&head, wanted) {
        return Ok(Crawled::Passed(why));
    }
    let record = warc::read(bytes, &around.limits)?;
    if let Some(kind) = kinds::of(&record.payload) {
        return Ok(Crawled::Passed(kind.plural));
    }
    Ok(match payload_format(record.content_type.as_deref(), &record.payload) {
        Some(format) => Crawled::Document(Box::new(record), format),
        None => Crawled::Passed("not text"),
    })
}

/// Why nobody wants a record, by its headers.
fn unwanted(record: &WarcRecord<'_>, wanted: &Wanted) -> Option<&'static str> {
    const ABOUT_ITSELF: &str = "about the crawl itself";
    match record.kind.as_str() {
        "response" | "resource" | "conversion" => {}
        "revisit" => return Some("of a page that was fetched before and had not changed"),
        _ => return Some(ABOUT_ITSELF),
    }
    let url = record.url.as_deref();
    if url.is_some_and(|url| !wanted.url(url)) || record.status.is_some_and(|status| !wanted.status(status)) {
        return Some("not asked for by URL or status");
    }
    let begins = |text: &str, starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    if url.is_some_and(|url| begins(url, &["dns:", "metadata:", "urn:", "whois:", "filedesc:"])) {
        return Some(ABOUT_ITSELF);
    }
    let kind = record.content_type.as_deref().map(str::to_ascii_lowercase);
    let is_media = kind.is_some_and(|kind| begins(&kind, &["image/", "video/", "audio/", "font/"]));
    is_media.then_some("not text")
}

/// Tells a draft what the record says of it.
pub fn complete(draft: &mut Draft, record: &WarcRecord<'_>, around: &Around<'_>) {
    let provenance = &mut draft.provenance;
    provenance.captured = around.captured;
    provenance.notes.extend(record.notes.iter().cloned());
    if let Some(original) = &mut provenance.original {
        original.http = record.http.clone();
    }
    if provenance.url.is_none() {
        provenance.url = record.url.clone();
    }
}
