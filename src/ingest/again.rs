//! Reads again what was kept of inputs: today's extraction over yesterday's bytes.

use super::{Around, Format, Limits, html, mail, text};
use crate::archive::{Archive, Prepared, Put};
use crate::article::{Draft, Provenance};
use crate::digest::Digest;
use crate::error::Result;
use crate::query::Query;
use crate::raw::{Raw, Raws};
use crate::time::Timestamp;
use rayon::prelude::*;
use serde_json::Value;

/// What came of reading again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reread {
    /// Captures whose bytes are kept and were read.
    pub read: u64,
    /// Of those, the same text.
    pub unchanged: u64,
    /// Another text: a new capture.
    pub changed: u64,
    /// Another text that was there already.
    pub known: u64,
    /// No article any more, or bytes that are damaged or missing.
    pub failed: u64,
    /// Captures of which nothing is kept that can be read again: feeds and tables are not, their items are parts of them.
    pub without: u64,
}

/// Articles that are read again at a time.
const CHUNK: usize = 256;

/// Notes on a draft what it was read from.
pub(super) fn attach(draft: &mut Draft, raw: &Raw, format: Format, charset: Option<&str>) {
    let mut extra = draft.provenance.extra_fields();
    extra.insert("raw".to_owned(), raw.digest().to_string().into());
    extra.insert("raw_format".to_owned(), name(format).into());
    if let Some(charset) = charset {
        extra.insert("raw_charset".to_owned(), charset.into());
    }
    draft.provenance.extra = Some(Value::Object(extra).to_string());
    draft.raw = Some(raw.clone());
}

/// The digest of what a capture was read from, if that is kept.
pub fn raw_of(provenance: &Provenance) -> Option<Digest> {
    provenance.extra_fields().get("raw")?.as_str()?.parse().ok()
}

/// Reads the captures again that a query finds and of which the bytes are kept. A text that has changed becomes a new capture
/// that says so. `dry` changes nothing; `stop` is asked now and then.
pub fn reextract(archive: &mut Archive, query: &Query, dry: bool, stop: &dyn Fn() -> bool) -> Result<Reread> {
    let mut reread = Reread::default();
    let articles: Vec<u64> = archive
        .reader_for(query)?
        .hits(query)?
        .map(|hit| hit.map(|hit| hit.article))
        .collect::<Result<_>>()?;
    let raws = archive.raws();
    for chunk in articles.chunks(CHUNK) {
        if stop() {
            break;
        }
        let reader = archive.reader()?;
        let mut captures = Vec::new();
        for article in chunk {
            captures.extend(reader.captures(*article)?);
        }
        let now = Timestamp::now();
        let read: Vec<Option<std::result::Result<Prepared, String>>> = captures
            .par_iter()
            .map(|capture| {
                raw_of(&capture.provenance)
                    .filter(|_| is_readable(&capture.provenance))
                    .map(|raw| again(&capture.provenance, capture.seq, &raw, &raws, now))
                    .transpose()
            })
            .collect::<Result<_>>()?;
        let mut changed = Vec::new();
        for (capture, read) in captures.iter().zip(read) {
            match read {
                None => reread.without += 1,
                Some(result) => {
                    reread.read += 1;
                    match result {
                        Err(_) => reread.failed += 1,
                        Ok(ready) if ready.digest() == capture.digest => reread.unchanged += 1,
                        Ok(ready) => changed.push(ready),
                    }
                }
            }
        }
        if dry {
            reread.changed += changed.len() as u64;
            continue;
        }
        for put in archive.commit(changed)? {
            match put {
                Put::Known => reread.known += 1,
                Put::New(_) | Put::Captured(_) => reread.changed += 1,
            }
        }
    }
    Ok(reread)
}

/// Whether a capture is of a document that stands for itself.
fn is_readable(provenance: &Provenance) -> bool {
    let extra = provenance.extra_fields();
    matches!(extra.get("raw_format").and_then(Value::as_str), Some("html" | "text" | "mail"))
}

/// Reads one capture's bytes again.
fn again(
    provenance: &Provenance,
    seq: u64,
    digest: &Digest,
    raws: &Raws,
    now: Timestamp,
) -> Result<std::result::Result<Prepared, String>> {
    match raws.get(digest) {
        Err(e) if e.is_of_the_system() => Err(e),
        Err(e) => Ok(Err(e.to_string())),
        Ok(None) => Ok(Err("the bytes are missing".to_owned())),
        Ok(Some(bytes)) => Ok(reread(provenance, seq, &bytes, now)),
    }
}

fn reread(
    provenance: &Provenance,
    seq: u64,
    bytes: &[u8],
    now: Timestamp,
) -> std::result::Result<Prepared, String> {
    let extra = provenance.extra_fields();
    let string = |name: &str| extra.get(name).and_then(Value::as_str);
    let around = Around {
        url: provenance.url.as_deref(),
        charset: string("raw_charset"),
        captured: provenance.captured,
        now,
        explain: false,
        partial: false,
        limits: Limits::default(),
    };
    let mut draft = match string("raw_format") {
        Some("html") => html::draft(bytes, &around),
        Some("text") => text::draft(bytes, &around),
        Some("mail") => mail::draft(bytes, &around),
        other => Err(format!("{} cannot be read again", other.unwrap_or("it"))),
    }?;
    let own = &mut draft.provenance;
    (own.input, own.captured) = (provenance.input.clone(), provenance.captured);
    own.source = provenance.source.clone().or(own.source.take());
    own.published = own.published.or(provenance.published);
    own.notes.push(format!(
        "read again by pressmark {} from the bytes of capture {seq}, whose text was another",
        env!("CARGO_PKG_VERSION")
    ));
    let mut said = own.extra_fields();
    for name in ["raw", "raw_format", "raw_charset", crate::raw::ARCHIVE] {
        said.extend(extra.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    own.extra = Some(Value::Object(said).to_string());
    Prepared::new(draft)
}

fn name(format: Format) -> &'static str {
    match format {
        Format::Text => "text",
        Format::Html => "html",
        Format::Mail | Format::Mbox => "mail",
        Format::Feed => "feed",
        Format::Json | Format::Jsonl => "json",
        Format::Csv => "csv",
        Format::Warc => "warc",
        Format::Tar | Format::Zip => "archive",
    }
}
