//! What the fuzz target `query` runs, and the tests over its seeds: any text as a query, read, printed, planned, asked of a small
//! archive.

use super::{Clock, Order, Query, parse};
use crate::archive::{Archive, Open};
use crate::model::{Dated, Draft, Error, Language, Provenance, Published, Source, Timestamp};
use std::cell::RefCell;

thread_local! {
    static ARCHIVE: RefCell<Option<(tempfile::TempDir, Archive)>> = const { RefCell::new(None) };
}

/// A query. What is printed is read as the same; what is asked ends, with an answer or a reason.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut clock = Clock::default();
    clock.now = Timestamp(1_738_056_660);
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
                .map(|dated| Published::new(dated, crate::model::Origin::Given, Timestamp(1_738_056_660))),
            input: format!("crawl.warc.gz#{number}"),
            ..Provenance::default()
        },
        ..Draft::default()
    };
    archive.put((0..40).map(draft).collect())?;
    Ok((dir, archive))
}
