//! Writes documents out: JSONL, JSON, CSV, TSV, Markdown, text. A format is a [`Writer`]; none knows the archive.

mod json;
pub mod split;

pub use json::{escape, record};

use crate::article::Capture;
use crate::query::Document;
use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

/// How documents are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line. What `ingest` reads back without loss.
    Jsonl,
    /// One JSON array.
    Json,
    /// Comma-separated values as in RFC 4180, but with line feeds, with a header.
    Csv,
    /// Tab-separated values, with a header; tabs and line ends inside values are `\t` and `\n`.
    Tsv,
    /// Markdown.
    Md,
    /// The canonical text of each article, and after it a line with a form feed, which no canonical text has.
    Text,
}

impl Format {
    /// The format that a file name asks for: `export.csv`, `export.jsonl.zst`.
    pub fn of_name(name: &Path) -> Option<Format> {
        let name = name.file_name()?.to_str()?.to_ascii_lowercase();
        let stem = [".gz", ".zst"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(&name);
        match stem.rsplit_once('.')?.1 {
            "jsonl" | "ndjson" => Some(Format::Jsonl),
            "json" => Some(Format::Json),
            "csv" => Some(Format::Csv),
            "tsv" => Some(Format::Tsv),
            "md" | "markdown" => Some(Format::Md),
            "txt" | "text" => Some(Format::Text),
            _ => None,
        }
    }

    /// The extension of files in this format.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Jsonl => "jsonl",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Md => "md",
            Format::Text => "txt",
        }
    }
}

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The article's digest.
    Digest,
    /// The headline.
    Headline,
    /// The body.
    Body,
    /// The language.
    Language,
    /// The source.
    Source,
    /// The URL.
    Url,
    /// The byline.
    Byline,
    /// When it was published, as precisely as is known, UTC.
    Published,
    /// How precisely that is.
    PublishedPrecision,
    /// Where the date was found.
    PublishedOrigin,
    /// When it was captured, UTC.
    Captured,
    /// The capture's number.
    Seq,
    /// The input it came from.
    Input,
    /// How many captures matched.
    Captures,
    /// Fields of the input that have no place here, as JSON.
    Extra,
    /// What had to be assumed.
    Notes,
}

impl Field {
    /// All fields by name, in the order of a record.
    pub const ALL: [(&'static str, Field); 16] = [
        ("digest", Field::Digest),
        ("published", Field::Published),
        ("source", Field::Source),
        ("language", Field::Language),
        ("headline", Field::Headline),
        ("byline", Field::Byline),
        ("url", Field::Url),
        ("captured", Field::Captured),
        ("body", Field::Body),
        ("published_precision", Field::PublishedPrecision),
        ("published_origin", Field::PublishedOrigin),
        ("seq", Field::Seq),
        ("input", Field::Input),
        ("captures", Field::Captures),
        ("extra", Field::Extra),
        ("notes", Field::Notes),
    ];

    /// The columns of CSV and TSV if none are named.
    pub fn columns() -> Vec<Field> {
        Field::ALL[..9].iter().map(|(_, field)| *field).collect()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Field::ALL.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    /// Its value as text; empty if there is none.
    pub fn value(self, document: &Document) -> String {
        let capture = document.placed();
        let provenance = &capture.provenance;
        let or_empty = |text: Option<String>| text.unwrap_or_default();
        match self {
            Field::Digest => document.digest.to_string(),
            Field::Headline => document.article.headline().to_owned(),
            Field::Body => document.article.body().to_owned(),
            Field::Language => or_empty(document.article.language().map(|language| language.to_string())),
            Field::Source => or_empty(provenance.source.as_ref().map(|source| source.to_string())),
            Field::Url => or_empty(provenance.url.clone()),
            Field::Byline => provenance.byline.join("; "),
            Field::Published => or_empty(provenance.published.map(|published| published.to_string())),
            Field::PublishedPrecision => {
                or_empty(provenance.published.map(|published| json::word(&published.precision)))
            }
            Field::PublishedOrigin => {
                or_empty(provenance.published.map(|published| json::word(&published.origin)))
            }
            Field::Captured => or_empty(provenance.captured.map(|captured| captured.to_string())),
            Field::Seq => capture.seq.to_string(),
            Field::Input => provenance.input.clone(),
            Field::Captures => document.captures.len().to_string(),
            Field::Extra => or_empty(provenance.extra.clone()),
            Field::Notes => provenance.notes.join("; "),
        }
    }
}

impl FromStr for Field {
    type Err = String;

    fn from_str(name: &str) -> Result<Field, String> {
        let names = || Field::ALL.map(|(name, _)| name).join(", ");
        let found = Field::ALL.iter().find(|(known, _)| *known == name.trim());
        found
            .map(|(_, field)| *field)
            .ok_or_else(|| format!("'{name}' is not a field; there are {}", names()))
    }
}

impl Document {
    /// The capture that places it.
    pub fn placed(&self) -> &Capture {
        &self.captures[self.placed_by]
    }
}

/// How to write.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which fields, in which order; all that the format has if there are none.
    pub fields: Vec<Field>,
    /// Leave values that a spreadsheet would take for formulas as they are.
    pub csv_raw: bool,
}

/// Writes documents in one format.
pub trait Writer {
    /// The bytes of a document, to be written in the order of the documents.
    fn render(&self, document: &Document) -> io::Result<Vec<u8>>;

    /// What stands before the first document.
    fn begin(&self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    /// What stands between two documents.
    fn between(&self) -> &'static [u8] {
        b""
    }

    /// What stands after the last one.
    fn end(&self) -> &'static [u8] {
        b""
    }
}

/// The writer of a format.
pub fn writer(format: Format, options: Options) -> Box<dyn Writer + Send + Sync> {
    match format {
        Format::Jsonl => Box::new(Json { options, array: false }),
        Format::Json => Box::new(Json { options, array: true }),
        Format::Csv | Format::Tsv => {
            Box::new(Separated { tabs: format == Format::Tsv, options: with_columns(options) })
        }
        Format::Md => Box::new(Markdown),
        Format::Text => Box::new(Text),
    }
}

fn with_columns(mut options: Options) -> Options {
    if options.fields.is_empty() {
        options.fields = Field::columns();
    }
    options
}

struct Json {
    options: Options,
    array: bool,
}

impl Writer for Json {
    fn render(&self, document: &Document) -> io::Result<Vec<u8>> {
        let mut line = record(document, &self.options.fields)?;
        if !self.array {
            line.push(b'\n');
        }
        Ok(line)
    }

    fn begin(&self) -> io::Result<Vec<u8>> {
        Ok(if self.array { b"[\n".to_vec() } else { Vec::new() })
    }

    fn between(&self) -> &'static [u8] {
        if self.array { b",\n" } else { b"" }
    }

    fn end(&self) -> &'static [u8] {
        if self.array { b"\n]\n" } else { b"" }
    }
}

struct Separated {
    options: Options,
    tabs: bool,
}

impl Separated {
    fn line(&self, values: impl Iterator<Item = String>) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let values = values.map(|value| if self.options.csv_raw { value } else { guard(value) });
        if self.tabs {
            for (index, value) in values.enumerate() {
                if index > 0 {
                    line.push(b'\t');
                }
                let value = value
                    .replace('\\', "\\\\")
                    .replace('\t', "\\t")
                    .replace('\n', "\\n")
                    .replace('\r', "\\r");
                line.extend_from_slice(value.as_bytes());
            }
            line.push(b'\n');
            return Ok(line);
        }
        let mut writer = csv::Writer::from_writer(&mut line);
        writer.write_record(values)?;
        writer.flush()?;
        drop(writer);
        Ok(line)
    }
}

/// A spreadsheet takes a value that begins like this for a formula (OWASP, *CSV Injection*): an apostrophe before it keeps
/// it text. `ingest` does not undo it; `--csv-raw` leaves it out.
fn guard(value: String) -> String {
    let dangerous = value.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if dangerous { format!("'{value}") } else { value }
}

impl Writer for Separated {
    fn render(&self, document: &Document) -> io::Result<Vec<u8>> {
        self.line(self.options.fields.iter().map(|field| field.value(document)))
    }

    fn begin(&self) -> io::Result<Vec<u8>> {
        self.line(self.options.fields.iter().map(|field| field.name().to_owned()))
    }
}

struct Markdown;

impl Writer for Markdown {
    fn render(&self, document: &Document) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        let headline = if document.article.headline().is_empty() {
            "(no headline)"
        } else {
            document.article.headline()
        };
        writeln!(out, "# {}\n", plain(headline))?;
        let about =
            [Field::Published, Field::Source, Field::Byline].map(|field| plain(&field.value(document)));
        let about: Vec<String> = about.into_iter().filter(|value| !value.is_empty()).collect();
        if !about.is_empty() {
            writeln!(out, "{}  ", about.join(" · "))?;
        }
        if let Some(url) = &document.placed().provenance.url {
            writeln!(out, "<{}>  ", plain(url).replace(['<', '>', ' '], ""))?;
        }
        writeln!(out, "`{}`\n", document.digest)?;
        for paragraph in document.article.body().split("\n\n") {
            writeln!(out, "{}\n", plain(paragraph))?;
        }
        Ok(out)
    }

    fn between(&self) -> &'static [u8] {
        b"---\n\n"
    }
}

/// Text that Markdown leaves as it is: what would begin a heading, a list, a quotation or a tag is escaped.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            plain.push('\n');
        }
        if line.starts_with(['#', '>', '-', '+', '=', '|', '~']) {
            plain.push('\\');
        }
        for character in line.chars() {
            if matches!(character, '<' | '`' | '*' | '_' | '[' | ']' | '\\') {
                plain.push('\\');
            }
            if !character.is_control() && !crate::canonical::is_invisible(character) {
                plain.push(character);
            }
        }
    }
    plain
}

struct Text;

impl Writer for Text {
    fn render(&self, document: &Document) -> io::Result<Vec<u8>> {
        let mut text = document.article.canonical_text().into_bytes();
        text.extend_from_slice(b"\x0c\n");
        Ok(text)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::article::{Article, Language, Origin, Provenance, Published, Source};
    use crate::time::{Dated, Timestamp};

    pub(crate) fn document(headline: &str, body: &str) -> Document {
        let captured = Timestamp(1_738_100_000);
        let article = Article::new(headline, body, Language::parse("en"));
        let digest = article.digest();
        let published =
            Dated::parse("2025-01-28").map(|dated| Published::new(dated, Origin::Given, captured));
        let provenance = Provenance {
            source: Source::parse("x.org"),
            published,
            captured: Some(captured),
            ..Provenance::default()
        };
        Document {
            digest,
            article,
            captures: vec![Capture { seq: 7, digest, provenance }],
            placed_by: 0,
            tags: Vec::new(),
        }
    }

    fn rendered(format: Format, fields: &str, document: &Document) -> String {
        let fields = fields.split(',').map(|field| field.parse().unwrap()).collect();
        let writer = writer(format, Options { fields, csv_raw: false });
        let mut bytes = writer.begin().unwrap();
        bytes.extend(writer.render(document).unwrap());
        bytes.extend_from_slice(writer.end());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn formats() {
        let document = document("Rain, \"again\"", "One.\n\nTwo\ttabs.");
        for (format, text) in [
            (
                Format::Csv,
                "seq,published,headline,body\n7,2025-01-28,\"Rain, \"\"again\"\"\",\"One.\n\nTwo tabs.\"\n",
            ),
            (
                Format::Tsv,
                "seq\tpublished\theadline\tbody\n7\t2025-01-28\tRain, \"again\"\tOne.\\n\\nTwo tabs.\n",
            ),
            (
                Format::Jsonl,
                "{\"seq\":7,\"published\":\"2025-01-28\",\"headline\":\"Rain, \\\"again\\\"\",\"body\":\"One.\\n\\nTwo tabs.\"}\n",
            ),
        ] {
            assert_eq!(rendered(format, "seq,published,headline,body", &document), text);
        }
        assert_eq!(
            rendered(Format::Text, "body", &document),
            "Rain, \"again\"\n\nOne.\n\nTwo tabs.\n\u{c}\n"
        );
    }

    #[test]
    fn formulas_are_disarmed() {
        for headline in ["=1+1", "+1", "-1", "@x", "＝1", "=cmd|' /C calc'!A0"] {
            let csv = rendered(Format::Csv, "headline", &document(headline, "Text."));
            assert!(csv.starts_with(&format!("headline\n'{headline}")), "{csv}");
        }
    }

    #[test]
    fn markdown_says_no_more_than_the_article() {
        let md = rendered(Format::Md, "body", &document("# <b>Rain</b>", "- [a](javascript:x)\n> *b*"));
        assert!(md.contains("# \\# \\<b>Rain\\</b>"), "{md}");
        assert!(md.contains("\\- \\[a\\](javascript:x)\n\\> \\*b\\*"), "{md}");
    }

    #[test]
    fn names_ask_for_formats() {
        for (name, format) in [
            ("a.csv", Some(Format::Csv)),
            ("a.b.JSONL.zst", Some(Format::Jsonl)),
            ("a.md", Some(Format::Md)),
            ("a", None),
            ("a.xlsx", None),
        ] {
            assert_eq!(Format::of_name(Path::new(name)), format, "{name}");
        }
    }
}
