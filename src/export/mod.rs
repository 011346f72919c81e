//! Writes documents out: JSONL, JSON, CSV, TSV, Markdown, HTML, text. A format is an [`Exporter`]; none knows the archive. What they
//! write is one table of [`crate::model::columns`].

mod html;
mod json;
mod output;
pub mod split;

use crate::model::columns;
pub use crate::model::columns::{COLUMNS, Column, Field, SCHEMA};
pub use json::{escape, record};
pub use output::{Output, Packing, packed};

use crate::bytes::pool::spread;
use crate::model::Document;
use crate::model::{Capture, Raw};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

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
    /// A page for a browser, which needs nothing but itself.
    Html,
    /// The canonical text of each article, and after it a line with a form feed, which no canonical text has.
    Text,
}

crate::model::named!(Format, "a format", "jsonl" => Jsonl, "json" => Json, "csv" => Csv, "tsv" => Tsv, "md" => Md, "html" => Html, "text" => Text, "txt" => Text);

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
            "html" | "htm" => Some(Format::Html),
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
            Format::Html => "html",
            Format::Text => "txt",
        }
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
    /// Begin tables with a byte order mark.
    pub bom: bool,
}

/// Writes documents to an output of its own.
pub trait Exporter {
    /// Takes the saved queries of the archive, before the first documents. Formats that are tables or texts have no place for them.
    fn queries(&mut self, _: &BTreeMap<String, String>) -> io::Result<()> {
        Ok(())
    }

    /// Takes an original, before the documents whose captures name it. The same formats have no place for one.
    fn original(&mut self, _: &Raw) -> io::Result<()> {
        Ok(())
    }

    /// Takes the next documents.
    fn write(&mut self, documents: &[Document]) -> io::Result<()>;

    /// Writes what is left, and finishes the output. Without it what was written is not whole.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// What makes bytes of one document.
pub trait Render: Send + Sync {
    /// The bytes of a document, to be written in the order of the documents.
    fn render(&self, document: &Document) -> io::Result<Vec<u8>>;

    /// A document in a file of its own.
    fn alone(&self, document: &Document) -> io::Result<Vec<u8>> {
        Ok([&self.begin()?, &self.render(document)?, self.end()].concat())
    }

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

    /// The line of an original, if there is a place for one.
    fn original(&self, _: &Raw) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    /// The same of saved queries.
    fn queries(&self, _: &BTreeMap<String, String>) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

/// What makes a document's bytes in a format.
pub fn renderer(format: Format, options: Options) -> Box<dyn Render> {
    match format {
        Format::Jsonl => Box::new(Json { options, array: false }),
        Format::Json => Box::new(Json { options, array: true }),
        Format::Csv | Format::Tsv => {
            Box::new(Separated { tabs: format == Format::Tsv, options: with_columns(options) })
        }
        Format::Md => Box::new(Markdown),
        Format::Html => Box::new(html::Html),
        Format::Text => Box::new(Text),
    }
}

/// The exporter of a format.
pub fn exporter<'a>(
    format: Format,
    options: Options,
    mut output: Box<dyn Output + 'a>,
) -> io::Result<Box<dyn Exporter + 'a>> {
    let renderer = renderer(format, options);
    output.write_all(&renderer.begin()?)?;
    Ok(Box::new(Sequence { renderer, output, empty: true }))
}

/// A format that is one document after another.
struct Sequence<'a> {
    renderer: Box<dyn Render>,
    output: Box<dyn Output + 'a>,
    empty: bool,
}

impl Exporter for Sequence<'_> {
    fn queries(&mut self, queries: &BTreeMap<String, String>) -> io::Result<()> {
        self.output.write_all(&self.renderer.queries(queries)?)
    }

    fn original(&mut self, original: &Raw) -> io::Result<()> {
        self.output.write_all(&self.renderer.original(original)?)
    }

    fn write(&mut self, documents: &[Document]) -> io::Result<()> {
        let render = |document| self.renderer.render(document);
        let rendered: Vec<io::Result<Vec<u8>>> = spread(|| documents.par_iter().map(render).collect());
        for bytes in rendered {
            if !std::mem::take(&mut self.empty) {
                self.output.write_all(self.renderer.between())?;
            }
            self.output.write_all(&bytes?)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let Sequence { renderer, mut output, .. } = *self;
        output.write_all(renderer.end())?;
        output.finish()
    }
}

fn with_columns(mut options: Options) -> Options {
    if options.fields.is_empty() {
        let named = columns::TABLE.iter().filter_map(|name| Column::named(name));
        options.fields = named.map(Field).collect();
    }
    options
}

struct Json {
    options: Options,
    array: bool,
}

impl Render for Json {
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

    fn original(&self, original: &Raw) -> io::Result<Vec<u8>> {
        if self.array { Ok(Vec::new()) } else { json::original(original) }
    }

    fn queries(&self, queries: &BTreeMap<String, String>) -> io::Result<Vec<u8>> {
        if self.array { Ok(Vec::new()) } else { json::queries(queries) }
    }
}

struct Separated {
    options: Options,
    tabs: bool,
}

impl Separated {
    fn line<'v>(&self, values: impl Iterator<Item = Cow<'v, str>>) -> io::Result<Vec<u8>> {
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
        writer.write_record(values.map(|value| value.into_owned()))?;
        writer.flush()?;
        drop(writer);
        Ok(line)
    }
}

/// A spreadsheet takes a value that begins like this for a formula (OWASP, *CSV Injection*): an apostrophe before it keeps
/// it text. `ingest` does not undo it; `--csv-raw` leaves it out.
fn guard(value: Cow<'_, str>) -> Cow<'_, str> {
    let dangerous = value.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if dangerous { format!("'{value}").into() } else { value }
}

impl Render for Separated {
    fn render(&self, document: &Document) -> io::Result<Vec<u8>> {
        let values =
            self.options.fields.iter().map(|Field(column)| column.value(document, document.placed()));
        self.line(values.map(|value| value.text().into_owned().into()))
    }

    fn begin(&self) -> io::Result<Vec<u8>> {
        let mark: &[u8] = if self.options.bom { b"\xef\xbb\xbf" } else { b"" };
        let header = self.line(self.options.fields.iter().map(|Field(column)| column.name.into()))?;
        Ok([mark, &header].concat())
    }
}

/// The headline for people.
fn headline(document: &Document) -> &str {
    match document.article.headline() {
        "" => "(no headline)",
        headline => headline,
    }
}

struct Markdown;

impl Render for Markdown {
    fn render(&self, document: &Document) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        writeln!(out, "# {}\n", plain(headline(document)))?;
        let about = ["published", "source", "byline"].into_iter().filter_map(Column::named);
        let about = about.map(|column| plain(&column.value(document, document.placed()).text()));
        let about: Vec<String> = about.filter(|value| !value.is_empty()).collect();
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
            if !character.is_control() && !crate::model::canonical::is_invisible(character) {
                plain.push(character);
            }
        }
    }
    plain
}

struct Text;

impl Render for Text {
    fn render(&self, document: &Document) -> io::Result<Vec<u8>> {
        let mut text = document.article.canonical_text().into_bytes();
        text.extend_from_slice(b"\x0c\n");
        Ok(text)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{Article, Language, Origin, Provenance, Published, Source};
    use crate::model::{Dated, Timestamp};

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
            captures: vec![Capture { seq: 7, digest, provenance, corrections: Vec::new() }],
            placed_by: 0,
            languages: Vec::new(),
            tags: Vec::new(),
        }
    }

    fn rendered(format: Format, fields: &str, document: &Document) -> String {
        let fields = fields.split(',').map(|field| field.parse().unwrap()).collect();
        let writer = renderer(format, Options { fields, csv_raw: false, bom: false });
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
