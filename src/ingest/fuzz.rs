//! What the fuzz targets in `fuzz/` run, and the tests over their corpus: each reader over any bytes. Nothing may panic,
//! and what comes out must be what an archive takes.

use crate::archive::Prepared;
use crate::formats::records::{Cut, Records};
use crate::formats::{Around, Limits, feed, html, json, warc};
use crate::model::{Draft, Timestamp};
use crate::text::dates::{self, Setting};

/// An HTML page in any encoding.
pub fn html(bytes: &[u8]) {
    taken(html::draft(bytes, &Around::default()));
}

/// A feed in any encoding.
pub fn feed(bytes: &[u8]) {
    feed::drafts(bytes, &Around::default()).into_iter().flatten().for_each(taken);
}

/// A WARC or an ARC: cut into records, each read.
pub fn warc(bytes: &[u8]) {
    let mut total = 0;
    for record in Records::new(bytes, Cut::Warc).with_longest(1 << 16).flatten() {
        total += record.bytes.len();
        assert!(total <= bytes.len() * 2 + (1 << 16), "records are made of the input's bytes");
        if record.broken.is_none() {
            let _ = warc::read(&record.bytes, &Limits::default());
        }
    }
}

/// JSON Lines, a table and an mbox: all that is cut by lines.
pub fn jsonl(bytes: &[u8]) {
    for cut in [Cut::Lines, Cut::Values, Cut::Rows, Cut::Messages] {
        for record in Records::new(bytes, cut).with_longest(1 << 16).flatten() {
            if cut == Cut::Lines {
                json::drafts(&record.bytes, &json::Mapping::default(), Timestamp(0))
                    .into_iter()
                    .flatten()
                    .for_each(|draft| taken(Ok(draft)));
            }
        }
    }
}

/// A printed date: what is found lies inside of the text.
pub fn dates(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for language in [None, Some("uk"), Some("en-US"), Some("th"), Some("ar")] {
        let captured = Some(Timestamp::from_day(2025, 1, 28).unwrap_or(Timestamp(0)));
        for found in dates::find(&text, Setting { language, captured }) {
            assert!(text.get(found.start..found.end).is_some(), "a date is a part of the text");
        }
    }
}

fn taken(draft: Result<Draft, String>) {
    if let Ok(draft) = draft {
        let _ = Prepared::new(draft);
    }
}
