//! What an input is: as asked, by its signature, by its name, or by how it begins.

use super::table::{FORMATS, Format, Row};
use super::{feed, json, markdown, xml};
use crate::extract;
use std::path::Path;

/// A name in lower case, without the extension of a compression.
pub fn unpacked_name(name: &str) -> &str {
    [".gz", ".zst", ".zstd", ".lz4"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(name)
}

/// What an input is. `Err` says why it is nothing that can be read.
pub fn detect(name: &str, head: &[u8], asked: Option<Format>) -> Result<Format, String> {
    let start = head.trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let lower = name.to_ascii_lowercase();
    let extension = Path::new(unpacked_name(&lower)).extension().and_then(|extension| extension.to_str());
    let by = |says: &dyn Fn(&Row) -> bool| FORMATS.iter().find(|row| says(row)).map(|row| row.format);
    // Feeds and pages may be in any encoding.
    let text = || crate::text::decode::decode(head, None).text.into_owned();
    if let Some(format) = asked {
        return Ok(of_kind(format, start));
    }
    // What a file is, its bytes say, whatever it is called.
    if let Some(format) = by(&|row| (row.magic)(start) || (row.magic)(head)) {
        return Ok(format);
    }
    let named = by(&|row| extension.is_some_and(|extension| row.extensions.contains(&extension)));
    match named {
        // What is called text and has zeros in it is in another encoding.
        Some(Format::Text) if head.contains(&0) => {}
        Some(Format::Text) if markdown::has_front_matter(&text()) => return Ok(Format::Markdown),
        Some(Format::Feed) if xml::is_known(&text()) => return Ok(Format::Xml),
        Some(format) => return Ok(of_kind(format, start)),
        None => {}
    }
    let text = text();
    if extension == Some("xml") {
        // What is neither known nor HTML may have a layout that the user brings.
        return Ok(match () {
            () if xml::is_known(&text) => Format::Xml,
            () if feed::is_feed(&text) => Format::Feed,
            () if xml::is_page(&text) => Format::Html,
            () => Format::Xml,
        });
    }
    Ok(by(&|row| (row.looks)(start, &text)).unwrap_or(Format::Text))
}

/// JSON is a feed, an object a line, or neither.
fn of_kind(format: Format, start: &[u8]) -> Format {
    match format {
        Format::Json if feed::is_json_feed(&String::from_utf8_lossy(start)) => Format::Feed,
        Format::Json if json::is_lines(start) => Format::Jsonl,
        format => format,
    }
}

/// What a crawl's payload is: by its type, or by how it begins where the type says nothing. `None` is not text.
pub fn payload_format(content_type: Option<&str>, payload: &[u8]) -> Option<Format> {
    let kind = content_type.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let head = String::from_utf8_lossy(&payload[..payload.len().min(2048)]);
    let says_nothing =
        matches!(kind.as_str(), "" | "application/octet-stream" | "no-type" | "unknown/unknown");
    let is_xml = matches!(kind.as_str(), "application/xml" | "text/xml");
    let typed = FORMATS.iter().find(|row| row.types.contains(&kind.as_str())).map(|row| row.format);
    match typed {
        None if says_nothing => extract::is_html(&head).then_some(Format::Html),
        None if is_xml => Some(if feed::is_feed(&head) { Format::Feed } else { Format::Html }),
        Some(Format::Html) if feed::is_feed(&head) => Some(Format::Feed),
        Some(Format::Json) if feed::is_json_feed(&head) => Some(Format::Feed),
        Some(Format::Text) if extract::is_html(&head) => Some(Format::Html),
        typed => typed,
    }
}
