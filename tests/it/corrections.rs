//! Corrections: what holds of captures and articles from some entry on, in every index, after every accident.

use crate::env::TestEnv;
use pressmark::archive::{Archive, Beside, Change, Changed, Open, Sighting};
use pressmark::ledger::Entry;
use pressmark::model::{Detail, Provenance};
use pressmark::{Depth, Draft, Language, Put, Query, RepairOptions, Snapshot, Source};
use std::time::Duration;

/// Russian texts that were taken for Ukrainian ones: their words have other forms there.
fn mistaken(count: usize) -> TestEnv {
    let env = TestEnv::with(&[]);
    let mut archive = env.open();
    let drafts = (0..count).map(|number| Draft {
        headline: format!("Пароход {number}"),
        body: "Грузчики отказались от переговоров с пароходством.".to_owned(),
        language: Language::parse("uk"),
        provenance: Provenance { source: Source::parse("volna"), ..Provenance::default() },
        ..Draft::default()
    });
    archive.put(drafts.collect()).unwrap();
    archive.close().unwrap();
    env
}

fn count(archive: &Archive, query: &str) -> u64 {
    counted(&archive.snapshot().unwrap(), query)
}

fn counted(snapshot: &Snapshot, query: &str) -> u64 {
    let clock = pressmark::Clock::new(pressmark::Timestamp(1_738_100_000));
    let filter = pressmark::parse(query, &clock, &|_| None).unwrap();
    snapshot.count(&Query { filter, ..Query::default() }).unwrap()
}

fn to_russian() -> Change {
    Change { language: Some(Language::parse("ru")), ..Change::default() }
}

#[test]
fn words_are_found_by_the_language_that_was_said() {
    let env = mistaken(4);
    let mut archive = env.open();
    // Ukrainian has no such form.
    let asked = "отказаться";
    assert_eq!((count(&archive, asked), count(&archive, "lang:uk")), (0, 4));
    let before = archive.snapshot().unwrap();
    assert_eq!(archive.correct(&[1, 2], &to_russian()).unwrap(), Changed { captures: 0, articles: 2 });
    assert_eq!(archive.correct(&[1, 2], &to_russian()).unwrap(), Changed::default());
    let now = |archive: &Archive| {
        let counts = ["lang:uk", "lang:ru", asked, "lang:ru пароход", "lang:uk пароход"];
        counts.map(|query| count(archive, query))
    };
    assert_eq!(now(&archive), [2, 2, 2, 2, 2]);
    assert_eq!(before.row(1).unwrap().language, Language::parse("uk"));
    drop(before);
    // More articles come, in the same run and in the next one.
    let more = |number: usize| Draft {
        headline: format!("Пароход {number}"),
        body: "Грузчики отказались.".to_owned(),
        language: Language::parse("ru"),
        ..Draft::default()
    };
    archive.put(vec![more(10)]).unwrap();
    assert_eq!(now(&archive), [2, 3, 3, 3, 2]);
    assert_eq!(archive.correct(&[3], &to_russian()).unwrap().articles, 1);
    assert_eq!(now(&archive), [1, 4, 4, 4, 1]);
    assert_eq!(archive.indexes_healed(), []);
    archive.close().unwrap();
    let mut archive = env.open();
    assert_eq!(now(&archive), [1, 4, 4, 4, 1]);
    archive.put(vec![more(11)]).unwrap();
    assert_eq!(now(&archive), [1, 5, 5, 5, 1]);
    assert_eq!(archive.indexes_healed(), [], "nothing was built again");
    // As of then they were Ukrainian.
    let then = archive.snapshot().unwrap().as_of(5).unwrap();
    for (query, expected) in [("lang:uk", 4), ("lang:ru", 0), ("lang:uk пароход", 4), ("NOT lang:uk", 0)]
    {
        assert_eq!(counted(&then, query), expected, "{query}");
    }
    let article = then.find(&archive.snapshot().unwrap().row(1).unwrap().digest).unwrap().unwrap();
    assert_eq!(then.row(article).unwrap().language, Language::parse("uk"));
    archive.close().unwrap();
}

#[test]
fn an_index_that_did_not_hear_of_a_language_is_made_again() {
    let env = mistaken(3);
    let archive = env.open();
    assert_eq!(count(&archive, "lang:uk"), 3);
    archive.close().unwrap();
    // A process died after the ledger had it.
    let entry = Entry::Language { article: 2, language: Language::parse("ru"), at_ms: 0 };
    crate::format::append(&env.archive(), vec![entry.encode()]);
    let archive = env.open();
    assert_eq!((count(&archive, "lang:uk"), count(&archive, "отказаться")), (2, 1));
    assert_eq!(archive.indexes_healed().len(), 1, "{:?}", archive.indexes_healed());
    archive.close().unwrap();
    let archive = env.open();
    assert_eq!((count(&archive, "lang:uk"), archive.indexes_healed().len()), (2, 0));
}

/// The store and the ledger each have everything that the other one needs.
#[test]
fn corrections_survive_the_loss_of_either_half() {
    let env = mistaken(6);
    let mut archive = env.open();
    let values = Provenance {
        source: Source::parse("утро"),
        url: Some("https://utro.example/1".to_owned()),
        ..Provenance::default()
    };
    archive.correct(&[2, 4], &Change { values, ..to_russian() }).unwrap();
    archive.correct(&[4], &Change { cleared: vec![Detail::Source], ..Change::default() }).unwrap();
    archive.close().unwrap();
    let look = || {
        let report = pressmark::verify(&env.archive(), Depth::Data, Duration::ZERO, &|| false).unwrap();
        assert_eq!(report.findings, []);
        let archive = env.open();
        let asked = ["source:утро", "source:none", "source:volna", "url:https://utro.example/1", "lang:ru"];
        let found = asked.map(|query| count(&archive, query));
        assert_eq!(found, [1, 1, 4, 2, 2]);
        let capture = archive.snapshot().unwrap().captures(4).unwrap().remove(0);
        assert_eq!(capture.as_read().source, Source::parse("volna"));
        assert_eq!((capture.corrections.len(), capture.provenance.source), (2, None));
        archive.close().unwrap();
    };
    look();
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    look();
    let segment = std::fs::read_dir(env.archive().join("ledger")).unwrap().next().unwrap().unwrap().path();
    let length = segment.metadata().unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&segment).unwrap().set_len(length - 40).unwrap();
    pressmark::repair(&env.archive(), &RepairOptions::default(), &|| false).unwrap();
    look();
}

#[test]
fn another_finding_fills_what_is_missing_and_undoes_nothing() {
    let env = TestEnv::with(&[]);
    let mut archive = env.open();
    let draft = |of: &Provenance| Draft {
        headline: "Rain".to_owned(),
        body: "All day.".to_owned(),
        provenance: of.clone(),
        ..Draft::default()
    };
    let url = Some("https://post.example/1".to_owned());
    let bare = Provenance { url: url.clone(), ..Provenance::default() };
    let more = Provenance {
        source: Source::parse("post.example"),
        byline: vec!["Ada".to_owned()],
        section: Some("World".to_owned()),
        ..bare.clone()
    };
    let put =
        |archive: &mut Archive, of: &Provenance| archive.put(vec![draft(of)]).unwrap().remove(0).unwrap();
    assert_eq!(put(&mut archive, &bare), Put::New(1));
    assert_eq!(put(&mut archive, &more), Put::Filled(2));
    for same in [&bare, &more] {
        assert_eq!(put(&mut archive, same), Put::Known);
    }
    // Elsewhere is another finding, and so is another date.
    let elsewhere = Provenance { url: Some("https://post.example/2".to_owned()), ..more.clone() };
    assert_eq!(put(&mut archive, &elsewhere), Put::Captured(3));
    // What somebody said is not so stays so, and is not filled again.
    let cleared = vec![Detail::Byline, Detail::Source];
    archive.correct(&[1], &Change { cleared, ..Change::default() }).unwrap();
    archive.close().unwrap();
    let mut archive = env.open();
    for same in [&bare, &more] {
        assert_eq!(put(&mut archive, same), Put::Known);
    }
    // What somebody said otherwise too: the page is known by what was read, and by what is known.
    let values = Provenance { source: Source::parse("other.example"), ..Provenance::default() };
    archive.correct(&[3], &Change { values: values.clone(), ..Change::default() }).unwrap();
    for same in [elsewhere.clone(), Provenance { source: values.source, ..elsewhere }] {
        assert_eq!(put(&mut archive, &same), Put::Known);
    }
    let captures = archive.snapshot().unwrap().captures(1).unwrap();
    assert_eq!(captures.len(), 2);
    assert_eq!(captures[0].provenance.section, more.section);
    assert_eq!((&captures[0].provenance.source, &captures[0].provenance.byline), (&None, &Vec::new()));
    let sighting = Sighting::of_capture(&captures[0]);
    assert_eq!(sighting.beside(&Sighting::of(&more)), Beside::Known);
    archive.close().unwrap();
    let report = pressmark::verify(&env.archive(), Depth::Data, Duration::ZERO, &|| false).unwrap();
    assert_eq!(report.findings, []);
    let opened = Archive::open(&env.archive(), &Open::default()).unwrap();
    assert_eq!(opened.snapshot().unwrap().applied().captures, 2);
}
