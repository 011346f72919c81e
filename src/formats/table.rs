//! The formats, in one table: a line is all that a format takes.

use super::reader::Read;
use super::records::Cut;
use super::{csv, feed, html, json, mail, markdown, text, warc, xml};
use crate::extract;

macro_rules! formats {
    ($($format:ident $name:literal $doc:literal,
        $extensions:expr, $types:expr, $magic:expr, $looks:expr, $cut:ident, $read:expr;)*) => {
        /// What an input is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Format {
            $(#[doc = $doc] $format,)*
        }

        crate::model::named!(Format, "an input format", $($name => $format),*);

        /// Every format, in the order in which they are tried where neither a name nor a signature says what an input is.
        pub const FORMATS: &[Row] = &[$(Row {
            format: Format::$format,
            extensions: &$extensions,
            types: &$types,
            magic: $magic,
            looks: $looks,
            cut: Cut::$cut,
            read: $read,
        },)*];
    };
}

/// A format.
pub struct Row {
    /// Which.
    pub format: Format,
    /// How names of files end, without a compression and without the dot.
    pub extensions: &'static [&'static str],
    /// Its MIME types.
    pub types: &'static [&'static str],
    /// A signature at the start that says so whatever the file is called.
    pub magic: fn(&[u8]) -> bool,
    /// How it begins, where nothing else says what it is: from the first byte that is no blank, and the same as text.
    pub looks: fn(&[u8], &str) -> bool,
    /// How it is cut into records.
    pub cut: Cut,
    /// How a record is read; none of what holds other files.
    pub read: Option<Read>,
}

/// No signature.
const NO: fn(&[u8]) -> bool = |_| false;
/// Never by how it begins.
const NEVER: fn(&[u8], &str) -> bool = |_, _| false;

formats! {
    Zip "zip" "A zip of any of these.",
        [], [], |start| start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06"), NEVER, Whole, None;
    Tar "tar" "A tar of any of these.",
        ["tar", "tgz"], [], |start| start.get(257..262) == Some(b"ustar"), NEVER, Whole, None;
    Warc "warc" "WARC or ARC.",
        ["warc", "arc"], [], warc::is_crawl, NEVER, Warc, None;
    Mbox "mbox" "Messages, each after a `From ` line.",
        ["mbox"], [], NO, |start, _| start.starts_with(b"From ") && mail::is_mail(start), Messages, Some(mail::read);
    Jsonl "jsonl" "JSON, an object a line.",
        ["jsonl", "ndjson"], [], NO, |start, _| json::is_lines(start), Lines, Some(json::read);
    Feed "feed" "RSS, RDF, Atom or JSON Feed: an article an item.",
        ["rss", "atom", "rdf"], ["application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"],
        NO, |_, text| feed::is_feed(text), Whole, Some(feed::read);
    Json "json" "JSON: an object, several, or an array of them, in any envelope; HAR.",
        ["json", "har", "js"], ["application/json", "application/ld+json"], NO, |start, _| json::is_json(start), Values, Some(json::read);
    Xml "xml" "XML of agencies, databases and programs, by its layout.",
        ["nitf", "newsml", "enex", "tei", "opml"], [], NO, |_, text| xml::is_known(text), Whole, Some(xml::read);
    Mail "mail" "One message, or a page that was saved as MHTML.",
        ["eml", "mht", "mhtml"], ["message/rfc822", "multipart/related"], NO, |start, _| mail::is_mail(start), Whole, Some(mail::read);
    Html "html" "An HTML page: one article.",
        ["html", "htm", "xhtml", "shtml"], ["text/html", "application/xhtml+xml"], NO, |_, text| extract::is_html(text), Whole, Some(html::read);
    Csv "csv" "A table with a header: CSV, TSV and their relatives.",
        ["csv", "tsv", "tab"], [], NO, NEVER, Rows, Some(csv::read);
    Markdown "markdown" "Markdown, with front matter or without.",
        ["md", "markdown"], ["text/markdown"], NO, |_, text| markdown::has_front_matter(text), Whole, Some(markdown::read);
    Text "text" "A page as plain text: one article.",
        ["txt"], ["text/plain"], NO, |_, _| true, Whole, Some(text::read);
}

impl Format {
    /// Its line of the table.
    pub fn row(self) -> &'static Row {
        FORMATS.iter().find(|row| row.format == self).expect("every format has a line")
    }

    /// Whether it holds other inputs.
    pub fn is_container(self) -> bool {
        matches!(self, Format::Tar | Format::Zip)
    }

    /// What a record of it is, as captures name it.
    pub fn of_record(self) -> &'static str {
        match self {
            Format::Mbox => "mail",
            Format::Jsonl => "json",
            Format::Tar | Format::Zip => "archive",
            format => crate::model::Named::name(format),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::detect;
    use std::collections::HashSet;

    #[test]
    fn every_line_is_its_own() {
        let mut seen = HashSet::new();
        for row in FORMATS {
            for name in row.extensions.iter().chain(row.types) {
                assert!(seen.insert(*name), "{name} is of two formats");
                assert_eq!(*name, name.to_lowercase());
            }
            assert_eq!(row.read.is_none(), row.format.is_container() || row.format == Format::Warc);
            for extension in row.extensions.iter().filter(|_| !row.format.is_container()) {
                // An empty file says nothing: its name does.
                let found = detect(&format!("a.{extension}.gz"), b"", None);
                assert_eq!(found, Ok(row.format), "{extension}");
            }
            for kind in row.types {
                assert_eq!(
                    crate::formats::payload_format(Some(&format!("{kind}; charset=utf-8")), b"x"),
                    Some(row.format),
                    "{kind}"
                );
            }
        }
    }
}
