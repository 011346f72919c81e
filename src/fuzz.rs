//! What the fuzz targets in `fuzz/` run, and the tests over their corpus: each reader over any bytes, any text as a query. Nothing may
//! panic, and what comes out must be what an archive takes.

use crate::archive::{Archive, Open, Prepared};
use crate::formats::records::{Cut, Records};
use crate::formats::{Around, Content, Format, Limits, warc};
use crate::model::{Dated, Draft, Error, Language, Origin, Provenance, Published, Source, Timestamp};
use crate::query::{Clock, Order, Query, parse};
use crate::text::dates::{self, Setting};
use std::cell::RefCell;

/// An HTML page in any encoding.
pub fn html(bytes: &[u8]) {
    read(Format::Html, bytes);
}

/// A feed in any encoding.
pub fn feed(bytes: &[u8]) {
    read(Format::Feed, bytes);
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
                read(Format::Jsonl, &record.bytes);
            }
        }
    }
}

/// A printed date: what is found lies inside of the text.
pub fn dates(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for language in [None, Some("uk"), Some("en-US"), Some("th"), Some("ar")] {
        let captured = Some(Timestamp::from_day(2025, 1, 28).unwrap_or(Timestamp(0)));
        for found in dates::find(&text, Setting { language, captured, now: None }) {
            assert!(text.get(found.start..found.end).is_some(), "a date is a part of the text");
        }
    }
}

/// Any record, by any reader of the table.
fn read(format: Format, bytes: &[u8]) {
    let Some(read) = format.row().read else { return };
    match read(bytes, &Around::default()) {
        Ok(Content::Drafts(drafts)) => drafts.into_iter().for_each(taken),
        Ok(Content::Items(items)) => items.items.into_iter().flatten().for_each(taken),
        Ok(Content::Data(_) | Content::Passed(_)) | Err(_) => {}
    }
}

/// What comes out of a reader is what an archive takes.
fn taken(draft: Draft) {
    let _ = Prepared::new(draft);
}

thread_local! {
    static ARCHIVE: RefCell<Option<(tempfile::TempDir, Archive)>> = const { RefCell::new(None) };
}

/// A query. What is printed is read as the same; what is asked ends, with an answer or a reason.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let clock = Clock::new(Timestamp(1_738_056_660));
    let saved = |name: &str| (name == "own").then(|| "title:harbour OR saved:own".to_owned());
    let Ok(filter) = parse(&text, &clock, &saved) else { return };
    let printed = filter.to_string();
    let again = parse(&printed, &clock, &saved).expect("what is printed can be read");
    assert_eq!(again.to_string(), printed, "it is the same");
    ARCHIVE.with_borrow_mut(|archive| {
        let (_, archive) = archive.get_or_insert_with(|| small().expect("there is room for a small archive"));
        for order in [Order::Newest, Order::Relevance] {
            let query = Query { filter: filter.clone(), order, limit: Some(5), ..Query::default() };
            let asked = archive.snapshot().and_then(|reader| {
                let asked = reader.ask(&query)?;
                asked.plan_lines()?;
                asked.count()?;
                asked.hits()?.try_for_each(|hit| asked.document(&hit?).map(drop))
            });
            assert!(matches!(asked, Ok(()) | Err(Error::Costly { .. })), "{asked:?}");
        }
    });
}

fn small() -> crate::Result<(tempfile::TempDir, Archive)> {
    let dir = tempfile::tempdir().expect("there is a temporary directory");
    let open = Open { create: true, ..Open::default() };
    let mut archive = Archive::open(&dir.path().join("archive"), &open)?;
    let draft = |number: i64| Draft {
        headline: format!("Harbour bill {number}"),
        body: format!("Порт {number} прийняв закон. The ports passed it, m{number}, with 241 votes."),
        language: Language::parse(["en", "uk", "ru"][number as usize % 3]),
        provenance: Provenance {
            source: Source::parse(["a.example", "b.example"][number as usize % 2]),
            url: Some(format!("https://a.example/{number}")),
            byline: vec!["Олена Ковач".to_owned()],
            published: Dated::parse("2025-01-28")
                .map(|dated| Published::new(dated, Origin::Given, Timestamp(1_738_056_660))),
            input: format!("crawl.warc.gz#{number}"),
            ..Provenance::default()
        },
        ..Draft::default()
    };
    archive.put((0..40).map(draft).collect())?;
    Ok((dir, archive))
}
