//! What is no text, told by its bytes: pictures, films, programs, documents that have to be converted first. The names of files
//! lie, and a crawl's types do as well.

use super::{Format, unpacked_name};
use crate::model::{Reason, Skip};
use infer::MatcherType;

/// Something that can be no article as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What one is: `a PDF; convert it to text first`.
    pub reason: Reason,
    /// Why it is not wanted, where nobody asked for it by name.
    pub skip: Skip,
}

/// Of what is looked at, so many, and one in so many, may be control characters in something that is text.
const CONTROLS_MAX: usize = 3;
const CONTROLS_SHARE: usize = 20;

/// What a file is that begins so, if it is nothing that can be read. Text in any encoding, and what holds other files, is `None`.
pub fn of(head: &[u8]) -> Option<Kind> {
    let known = |what: &str, kind| Kind {
        reason: format!("it is {what}; convert it to text first").into(),
        skip: Skip::Kind(kind),
    };
    let start = head.trim_ascii_start();
    if start.starts_with(b"%PDF-") {
        return Some(known("a PDF", "PDFs"));
    }
    if start.starts_with(b"{\\rtf") {
        return Some(known("an RTF document", "office documents"));
    }
    if start.starts_with(b"%!PS") {
        return Some(known("PostScript", "PDFs"));
    }
    if head.starts_with(b"PAR1") {
        let reason = "it is a Parquet table; write it as CSV or JSONL first, with duckdb or pandas";
        return Some(Kind { reason: reason.into(), skip: Skip::Kind("Parquet tables") });
    }
    if start.starts_with(b"PMSEG") {
        return Some(Kind { reason: Reason::Segment, skip: Skip::Archive });
    }
    let controls = head.iter().filter(|byte| is_control(**byte)).count();
    // The shortest signatures are two letters: BM, MZ. Texts begin with those too.
    if controls <= CONTROLS_MAX || controls * CONTROLS_SHARE < head.len() || is_wide(head) {
        return None;
    }
    let (what, plural, hint) = match infer::get(head) {
        Some(found) => match (found.matcher_type(), found.extension()) {
            // What holds other files is opened elsewhere.
            (MatcherType::Archive, "zip" | "gz" | "zst" | "tar" | "pdf") => return None,
            (MatcherType::Text, _) => return None,
            (MatcherType::Image, extension) => (format!("an image ({extension})"), "images", ""),
            (MatcherType::Audio | MatcherType::Video, extension) => {
                (format!("a recording ({extension})"), "recordings", "; take its transcript in")
            }
            (MatcherType::Font, extension) => (format!("a font ({extension})"), "fonts", ""),
            (MatcherType::Doc, "doc") => (
                "a Word document of before 2007".to_owned(),
                "office documents",
                "; save it as .docx, or convert it to text first",
            ),
            (MatcherType::Doc | MatcherType::Book, extension) => {
                (format!("a document ({extension})"), "office documents", "; convert it to text first")
            }
            (MatcherType::Archive, extension) => (
                format!("packed in a way that is not read ({extension})"),
                "packed files of other kinds",
                "; unpack it first",
            ),
            (MatcherType::App | MatcherType::Custom, extension) => {
                (format!("a program or its data ({extension})"), "programs", "")
            }
        },
        None => ("binary data".to_owned(), "binary files", ""),
    };
    Some(Kind { reason: format!("it is {what}{hint}").into(), skip: Skip::Kind(plural) })
}

/// What pages are made of and is text: styles, scripts and drawings, told by their names where their bytes say nothing else.
pub fn of_page(name: &str, head: &[u8], format: Format) -> Option<Kind> {
    if !matches!(
        format,
        Format::Text | Format::Json | Format::Jsonl | Format::Xml | Format::Csv | Format::Markdown
    ) {
        return None;
    }
    let start = head.trim_ascii_start();
    let known = |what: &str, kind| Kind {
        reason: format!("it is {what}, and holds no articles").into(),
        skip: Skip::Kind(kind),
    };
    let extension = unpacked_name(name).rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref()? {
        "css" | "scss" | "less" => Some(known("a style sheet", "styles")),
        // What services export is JSON in a script: window.… = [.
        "js" | "mjs" | "cjs" if !start.starts_with(b"window.") && !start.starts_with(b"[") => {
            Some(known("a script", "scripts"))
        }
        "sh" | "bash" | "bat" | "ps1" | "py" | "pl" | "rb" if format == Format::Text => {
            Some(known("a script", "scripts"))
        }
        "map" if format != Format::Text => Some(known("the map of a script", "scripts")),
        "svg" => Some(known("a drawing", "images")),
        _ => None,
    }
}

/// Controls that no text has; the others are those of terminals, printers and old mail.
fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=8 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f)
}

/// What is read of a zip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zip {
    /// Every file in it.
    Files,
    /// The text of a Word document.
    Word,
    /// The pages of an EPUB.
    Book,
    /// The crawls of a WACZ, and not what says what is in them.
    Crawls,
    /// Nothing: it is a document of another kind.
    Document(Kind),
}

impl Zip {
    /// What a zip is, by the names of the files in it.
    pub fn of(names: &[&str]) -> Zip {
        let has = |name: &str| names.contains(&name);
        if names.iter().any(|name| is_crawl(name))
            && names.iter().any(|name| !is_crawl(name) && is_about_crawls(name))
        {
            return Zip::Crawls;
        }
        // A zip that has other files as well is no document.
        let is_part = |name: &&str| {
            let places =
                ["word/", "docProps/", "customXml/", "_rels/", "[Content_Types].xml", "docMetadata/"];
            places.iter().any(|place| name.starts_with(place))
        };
        if has("word/document.xml") && names.iter().all(is_part) {
            return Zip::Word;
        }
        if has("META-INF/container.xml") && names.iter().any(|name| is_page(name)) {
            return Zip::Book;
        }
        let is_open = has("mimetype")
            && (has("content.xml") || has("META-INF/manifest.xml") || has("META-INF/container.xml"));
        if has("[Content_Types].xml") || is_open {
            let reason = "it is a document (an Office or OpenDocument file); convert it to text first";
            return Zip::Document(Kind { reason: reason.into(), skip: Skip::Kind("office documents") });
        }
        Zip::Files
    }

    /// Whether a file in it is read.
    pub fn reads(&self, name: &str) -> bool {
        match self {
            Zip::Files => true,
            Zip::Word => name == "word/document.xml",
            Zip::Book => is_page(name),
            Zip::Crawls => is_crawl(name),
            Zip::Document(_) => false,
        }
    }
}

fn is_crawl(name: &str) -> bool {
    let in_place = ["archive/", "warcs/"].iter().any(|place| name.starts_with(place));
    in_place
        && [".warc", ".warc.gz", ".arc", ".arc.gz"].iter().any(|end| name.to_ascii_lowercase().ends_with(end))
}

fn is_about_crawls(name: &str) -> bool {
    matches!(name, "datapackage.json" | "webarchive.yaml" | "collection.yaml" | "metadata.yaml")
        || ["indexes/", "pages/"].iter().any(|place| name.starts_with(place))
}

fn is_page(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let file = name.rsplit('/').next().unwrap_or("");
    let is_matter = ["nav.", "toc.", "cover.", "titlepage.", "title.", "copyright."]
        .iter()
        .any(|part| file.starts_with(part));
    !is_matter && [".xhtml", ".html", ".htm"].iter().any(|end| name.ends_with(end))
}

/// UTF-16 or UTF-32: half of its bytes, or more, are zero where it is Latin; a mark says so elsewhere.
fn is_wide(head: &[u8]) -> bool {
    if head.starts_with(&[0xff, 0xfe])
        || head.starts_with(&[0xfe, 0xff])
        || head.starts_with(&[0, 0, 0xfe, 0xff])
    {
        return true;
    }
    // Of one script, every other byte is the same, and the others are not.
    let tenths = |first: usize| {
        let bytes = head.iter().skip(first).step_by(2);
        let same = bytes.clone().filter(|byte| matches!(byte, 0 | 4)).count();
        same * 10 / bytes.count().max(1)
    };
    let (even, odd) = (tenths(0), tenths(1));
    even.max(odd) >= 8 && even.min(odd) <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_a_file_is() {
        let plural = |bytes: &[u8]| of(bytes).map(|kind| kind.skip.to_string());
        assert_eq!(plural(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01"), Some("images".to_owned()));
        assert_eq!(plural(b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01"), Some("images".to_owned()));
        assert_eq!(plural(b"\n%PDF-1.7\n%\xe2\xe3\xcf\xd3"), Some("PDFs".to_owned()));
        assert_eq!(plural(&[b"\x7fELF\x02\x01\x01", &[0; 80][..]].concat()), Some("programs".to_owned()));
        assert_eq!(plural(b"ID3\x04\0\0\0\0\0\x23"), Some("recordings".to_owned()));
        assert_eq!(plural(&[7, 1, 0, 2, 9, 200, 3, 0, 0, 1]), Some("binary files".to_owned()));
        for text in [
            &b"BMW recalls 4,000 cars"[..],
            b"MZ",
            b"<h1>nul\0</h1><p>A page with a stray byte in it, as there are some.",
            "Місто закриває міст".as_bytes(),
            // cp1251 and UTF-16.
            b"\xcc\xb3\xf1\xf2\xee \xe7\xe0\xea\xf0\xe8\xe2\xe0\xba",
            b"\xff\xfe<\0h\x001\0>\0",
            b"<\0h\x001\0>\0A\0 \0f\0e\0r\0r\0y\0",
            b"BMW recalls\x01 4,000 cars, and says why it does so only now, after all these years.",
            b"MZ is how it begins and a Ctrl-Z is how it ends, as DOS had it.\x1a",
            // UTF-16 in Cyrillic, without a mark.
            &"\u{41c}\u{456}\u{441}\u{442}\u{43e} \u{437}\u{430}\u{43a}\u{440}\u{438}\u{432}\u{430}\u{454}"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<_>>(),
            b"",
        ] {
            assert_eq!(of(text), None, "{text:?}");
        }
    }
}
