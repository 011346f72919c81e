//! What can be read: which formats there are, how one is told from another, and one module each that makes drafts of a record.
//!
//! A reader takes the bytes of one record and knows nothing of the archive.

pub mod containers;
pub mod feed;
pub mod html;
pub mod json;
pub mod kinds;
pub mod mail;
pub mod packed;
pub mod records;
pub mod text;
pub mod warc;

use crate::extract;
use crate::model::Timestamp;
use records::Cut;
use std::path::Path;

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page as plain text: one article.
    Text,
    /// An HTML page: one article.
    Html,
    /// JSON: an object, several, or an array of them.
    Json,
    /// JSON, an object a line.
    Jsonl,
    /// A table with a header: CSV, TSV and their relatives.
    Csv,
    /// RSS, RDF, Atom or JSON Feed: an article an item.
    Feed,
    /// WARC or ARC.
    Warc,
    /// Messages, each after a `From ` line.
    Mbox,
    /// One message, or a page that was saved as MHTML.
    Mail,
    /// A tar of any of these.
    Tar,
    /// A zip of any of these.
    Zip,
}

/// What is known of a document besides its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// Its address.
    pub url: Option<&'a str>,
    /// The charset that whoever sent it named.
    pub charset: Option<&'a str>,
    /// When it was seen, if that is known.
    pub captured: Option<Timestamp>,
    /// Now: stands in for the time of capture where only plausibility is at stake.
    pub now: Timestamp,
    /// Whether to say what was considered.
    pub explain: bool,
    /// Whether a page of which only a headline was found is a draft, with [`Draft::rejected`], instead of an error.
    pub partial: bool,
    /// How much it may be.
    pub limits: Limits,
}

/// How much an input may be before it is refused: against inputs that were made to harm, and mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest record of any kind, in bytes: a line, a message, a WARC record, a whole page.
    pub record_bytes: usize,
    /// The longest HTML page that is parsed, in bytes.
    pub page_bytes: usize,
    /// How many times its size a compressed input may unpack to, once it is more than a few MiB.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { record_bytes: 64 << 20, page_bytes: 32 << 20, ratio: 200 }
    }
}

impl Format {
    /// Holds other inputs.
    pub fn is_container(self) -> bool {
        matches!(self, Format::Tar | Format::Zip)
    }

    fn cut(self) -> Cut {
        match self {
            Format::Jsonl => Cut::Lines,
            Format::Json => Cut::Values,
            Format::Csv => Cut::Rows,
            Format::Warc => Cut::Warc,
            Format::Mbox => Cut::Messages,
            Format::Text | Format::Html | Format::Feed | Format::Mail | Format::Tar | Format::Zip => {
                Cut::Whole
            }
        }
    }
}

/// What a crawl's payload is: by its type, or by how it begins where the type says nothing. `None` is not text.
pub fn payload_format(content_type: Option<&str>, payload: &[u8]) -> Option<Format> {
    let kind = content_type.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let head = String::from_utf8_lossy(&payload[..payload.len().min(2048)]);
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" => {
            Some(if feed::is_feed(&head) { Format::Feed } else { Format::Html })
        }
        "application/rss+xml" | "application/atom+xml" | "application/rdf+xml" | "application/feed+json" => {
            Some(Format::Feed)
        }
        "application/xml" | "text/xml" => {
            Some(if feed::is_feed(&head) { Format::Feed } else { Format::Html })
        }
        "application/json" | "application/ld+json" => {
            Some(if feed::is_json_feed(&head) { Format::Feed } else { Format::Json })
        }
        "text/plain" => Some(if extract::is_html(&head) { Format::Html } else { Format::Text }),
        "message/rfc822" | "multipart/related" => Some(Format::Mail),
        "" | "application/octet-stream" | "no-type" | "unknown/unknown" => {
            extract::is_html(&head).then_some(Format::Html)
        }
        _ => None,
    }
}

/// A name in lower case, without the extension of a compression.
pub fn unpacked_name(name: &str) -> &str {
    [".gz", ".zst", ".zstd"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(name)
}

/// What an input is: as asked, by its name, or by how it begins. `Err` says why it is nothing that can be read.
pub fn detect(name: &str, head: &[u8], asked: Option<Format>) -> Result<(Format, Cut), String> {
    let start = head.trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let lower = name.to_ascii_lowercase();
    let extension = Path::new(unpacked_name(&lower)).extension().and_then(|extension| extension.to_str());
    let json = || match start.split(|byte| *byte == b'\n').next() {
        _ if feed::is_json_feed(&String::from_utf8_lossy(start)) => Format::Feed,
        // An object that fills its line: more will follow, each on its own.
        Some(line) if line.len() < start.len() && line.starts_with(b"{") && is_json(line) => Format::Jsonl,
        _ => Format::Json,
    };
    // Feeds and pages may be in any encoding.
    let text = || crate::text::decode::decode(head, None).text.into_owned();
    let xml = || {
        let text = text();
        if feed::is_feed(&text) {
            Some(Format::Feed)
        } else {
            extract::is_html(&text).then_some(Format::Html)
        }
    };
    let format = match (asked, extension) {
        (Some(Format::Json), _) => json(),
        (Some(asked), _) => asked,
        // What a file is, its bytes say, whatever it is called.
        _ if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") => Format::Zip,
        _ if head.get(257..262) == Some(b"ustar") => Format::Tar,
        _ if warc::is_crawl(start) => Format::Warc,
        (None, Some("jsonl" | "ndjson")) => Format::Jsonl,
        (None, Some("json")) => json(),
        (None, Some("txt")) if !head.contains(&0) => Format::Text,
        (None, Some("html" | "htm" | "xhtml" | "shtml")) => Format::Html,
        (None, Some("csv" | "tsv" | "tab")) => Format::Csv,
        (None, Some("warc" | "arc")) => Format::Warc,
        (None, Some("mbox")) => Format::Mbox,
        (None, Some("eml" | "mht" | "mhtml")) => Format::Mail,
        (None, Some("tar" | "tgz")) => Format::Tar,
        (None, Some("rss" | "atom" | "rdf")) => Format::Feed,
        (None, Some("xml")) => xml().ok_or("it is XML and no feed; RSS, RDF and Atom are read")?,
        _ if start.starts_with(b"From ") && mail::is_mail(start) => Format::Mbox,
        _ if start.starts_with(b"{")
            || start.strip_prefix(b"[").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"{")) =>
        {
            json()
        }
        _ if mail::is_mail(start) => Format::Mail,
        _ => match xml() {
            Some(format) => format,
            None => Format::Text,
        },
    };
    Ok((format, format.cut()))
}

fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}
