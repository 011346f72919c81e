//! Reads again what was kept of inputs: today's extraction over yesterday's bytes.

use crate::archive::originals::Raws;
use crate::archive::{Archive, Prepared, Put};
use crate::bytes::pool::spread;
use crate::formats::{Around, Content, Format, Limits, Table};
use crate::model::{Capture, Draft, Named, Original, Raw, Reason, Result, Timestamp};
use crate::query::Query;
use rayon::prelude::*;

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
    let (format, charset) = (Some(format.of_record().to_owned()), charset.map(str::to_owned));
    draft.provenance.original = Some(Original { format, charset, ..Original::of(raw.digest()) });
    draft.raw = Some(raw.clone());
}

/// Reads the captures again that a query finds and of which the bytes are kept. A text that has changed becomes a new capture
/// that says so. `dry` changes nothing; `stop` is asked now and then.
pub fn reextract(archive: &mut Archive, query: &Query, dry: bool, stop: &dyn Fn() -> bool) -> Result<Reread> {
    let mut reread = Reread::default();
    let articles: Vec<u64> =
        archive.snapshot()?.hits(query)?.map(|hit| hit.map(|hit| hit.article)).collect::<Result<_>>()?;
    let raws = archive.raws();
    for chunk in articles.chunks(CHUNK) {
        if stop() {
            break;
        }
        let reader = archive.snapshot()?;
        let mut captures = Vec::new();
        for article in chunk {
            captures.extend(reader.captures(*article)?);
        }
        let now = archive.time().now();
        let read: Vec<Option<std::result::Result<Prepared, Reason>>> = spread(|| {
            captures
                .par_iter()
                .map(|capture| {
                    let original =
                        capture.provenance.original.as_ref().filter(|original| is_readable(original));
                    original.map(|original| again(capture, original, &raws, now)).transpose()
                })
                .collect::<Result<_>>()
        })?;
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
                Put::Known | Put::Filled(_) | Put::Removed => reread.known += 1,
                Put::New(_) | Put::Captured(_) => reread.changed += 1,
            }
        }
    }
    Ok(reread)
}

/// Whether an original is a document that stands for itself.
fn is_readable(original: &Original) -> bool {
    matches!(original.format.as_deref(), Some("html" | "text" | "mail"))
}

/// Reads one capture's bytes again.
fn again(
    capture: &Capture,
    original: &Original,
    raws: &Raws,
    now: Timestamp,
) -> Result<std::result::Result<Prepared, Reason>> {
    match raws.get(&original.digest) {
        Err(e) if e.is_of_the_system() => Err(e),
        Err(e) => Ok(Err(e.to_string().into())),
        Ok(None) => Ok(Err("the bytes are missing".into())),
        Ok(Some(bytes)) => Ok(reread(capture, original, &bytes, now)),
    }
}

fn reread(
    capture: &Capture,
    original: &Original,
    bytes: &[u8],
    now: Timestamp,
) -> std::result::Result<Prepared, Reason> {
    let before = &capture.as_read();
    let around = Around {
        url: before.url.as_deref(),
        charset: original.charset.as_deref(),
        captured: before.captured,
        now,
        explain: false,
        partial: false,
        limits: Limits::default(),
        mapping: None,
        layouts: None,
        given_url: None,
        table: Table::default(),
    };
    let format = original.format.as_deref().and_then(|name| Format::named(name).ok());
    let read = format.and_then(|format| format.row().read).ok_or("it cannot be read again")?;
    let Content::Drafts(mut drafts) = read(bytes, &around)? else {
        return Err("it is not one article any more".into());
    };
    let mut draft = drafts.pop().ok_or("it is not one article any more")?;
    let own = &mut draft.provenance;
    (own.input, own.captured) = (before.input.clone(), before.captured);
    own.source = before.source.clone().or(own.source.take());
    own.published = own.published.or(before.published);
    (own.archived, own.archived_url) = (before.archived, before.archived_url.clone());
    own.original = Some(original.clone());
    // What somebody said of the finding holds of it still.
    let said = capture.corrections.iter().map(|corrected| &corrected.correction);
    draft.corrections = said.filter(|correction| !correction.filled).cloned().collect();
    draft.provenance.notes.push(format!(
        "read again by pressmark {} from the bytes of capture {}, whose text was another",
        env!("CARGO_PKG_VERSION"),
        capture.seq
    ));
    Prepared::new(draft)
}
