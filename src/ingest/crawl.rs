//! Records of a crawl: which are wanted, and the document in one.

use super::Wanted;
use crate::formats::warc::{self, WarcRecord};
use crate::formats::{Around, Format, kinds, payload_format};
use crate::model::{Draft, Reason, Skip};

/// What a record of a crawl holds.
pub enum Crawled<'a> {
    /// A document, and what it is.
    Document(Box<WarcRecord<'a>>, Format),
    /// Nothing that anybody wants: why.
    Passed(Skip),
}

/// Finds the document in a record, if it is one that is wanted.
pub fn open<'a>(bytes: &'a [u8], around: &Around<'_>, wanted: &Wanted) -> Result<Crawled<'a>, Reason> {
    let head = warc::head(bytes)?;
    if let Some(why) = unwanted(&head, wanted) {
        return Ok(Crawled::Passed(why));
    }
    let record = warc::read(bytes, &around.limits)?;
    if let Some(kind) = kinds::of(&record.payload) {
        return Ok(Crawled::Passed(kind.skip));
    }
    Ok(match payload_format(record.content_type.as_deref(), &record.payload) {
        Some(format) => Crawled::Document(Box::new(record), format),
        None => Crawled::Passed(Skip::NotText),
    })
}

/// Why nobody wants a record, by its headers.
fn unwanted(record: &WarcRecord<'_>, wanted: &Wanted) -> Option<Skip> {
    match record.kind.as_str() {
        "response" | "resource" | "conversion" => {}
        "revisit" => return Some(Skip::Unchanged),
        _ => return Some(Skip::CrawlRecord),
    }
    let url = record.url.as_deref();
    if url.is_some_and(|url| !wanted.url(url)) || record.status.is_some_and(|status| !wanted.status(status)) {
        return Some(Skip::NotAsked);
    }
    if url.is_some_and(|url| url.split(['?', '#']).next().is_some_and(|path| path.ends_with("/robots.txt"))) {
        return Some(Skip::NoArticle);
    }
    let begins = |text: &str, starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    if url.is_some_and(|url| begins(url, &["dns:", "metadata:", "urn:", "whois:", "filedesc:"])) {
        return Some(Skip::CrawlRecord);
    }
    let kind = record.content_type.as_deref().map(str::to_ascii_lowercase);
    let is_media = kind.is_some_and(|kind| begins(&kind, &["image/", "video/", "audio/", "font/"]));
    is_media.then_some(Skip::NotText)
}

/// The text of a page that a crawler made begins with the page's title: its headline, without the site's name behind it.
pub fn title(draft: &mut Draft, text: &[u8]) {
    let text = String::from_utf8_lossy(&text[..text.len().min(2000)]);
    let Some(first) = text.lines().map(str::trim).find(|line| !line.is_empty()) else { return };
    let bare = [" - ", " | ", " – ", " — "]
        .iter()
        .filter_map(|sign| first.rfind(sign))
        .max()
        .map_or(first, |at| &first[..at]);
    if first.len() < 300 && !bare.trim().is_empty() {
        draft.headline = bare.trim().to_owned();
    }
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
