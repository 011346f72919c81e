//! Corrections: what holds of captures and articles from some entry on, in every index, after every accident.

use crate::env::TestEnv;
use pressmark::archive::{Archive, Change, Changed, How, Met, Open, Sighting};
use pressmark::ledger::Entry;
use pressmark::model::{Dated, Detail, Origin, Provenance, Published, Timestamp};
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
    let clock = pressmark::Clock::new(Timestamp(1_738_100_000));
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
    assert_eq!(
        archive.correct(&[1, 2], &to_russian(), How::default()).unwrap(),
        Changed { captures: 0, articles: 2 }
    );
    assert_eq!(archive.correct(&[1, 2], &to_russian(), How::default()).unwrap(), Changed::default());
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
    assert_eq!(archive.correct(&[3], &to_russian(), How::default()).unwrap().articles, 1);
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
    for (query, expected) in [
        ("lang:uk", 4),
        ("lang:ru", 0),
        ("lang:uk пароход", 4),
        ("NOT lang:uk", 0),
        ("отказаться", 0),
        ("NOT отказаться", 4),
        ("lang:uk NOT отказаться", 4),
    ] {
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
    archive.correct(&[2, 4], &Change { values, ..to_russian() }, How::default()).unwrap();
    archive
        .correct(&[4], &Change { cleared: vec![Detail::Source], ..Change::default() }, How::default())
        .unwrap();
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
    archive.correct(&[1], &Change { cleared, ..Change::default() }, How::default()).unwrap();
    archive.close().unwrap();
    let mut archive = env.open();
    for same in [&bare, &more] {
        assert_eq!(put(&mut archive, same), Put::Known);
    }
    // What somebody said otherwise too: the page is known by what was read, and by what is known.
    let values = Provenance { source: Source::parse("other.example"), ..Provenance::default() };
    archive.correct(&[3], &Change { values: values.clone(), ..Change::default() }, How::default()).unwrap();
    for same in [elsewhere.clone(), Provenance { source: values.source, ..elsewhere }] {
        assert_eq!(put(&mut archive, &same), Put::Known);
    }
    let captures = archive.snapshot().unwrap().captures(1).unwrap();
    assert_eq!(captures.len(), 2);
    assert_eq!(captures[0].provenance.section, more.section);
    assert_eq!((&captures[0].provenance.source, &captures[0].provenance.byline), (&None, &Vec::new()));
    let mut known: Vec<Sighting> = captures.iter().map(Sighting::of_capture).collect();
    let met = Sighting::meet(&mut known, Sighting::of(&more), &more, &[], 0);
    assert!(matches!(met, Met::Same { corrections, filled: false, .. } if corrections.is_empty()));
    // Another date at the same address is another finding, also where somebody said that the date is not known.
    let dated = |day: &str| Provenance {
        published: Some(Published::new(Dated::parse(day).unwrap(), Origin::Given, Timestamp(1 << 31))),
        ..more.clone()
    };
    assert_eq!(put(&mut archive, &dated("2025-01-28")), Put::Filled(6));
    archive
        .correct(&[1], &Change { cleared: vec![Detail::Published], ..Change::default() }, How::default())
        .unwrap();
    assert_eq!(put(&mut archive, &dated("2025-01-28")), Put::Known);
    assert_eq!(put(&mut archive, &dated("2025-03-09")), Put::Captured(8));
    archive.close().unwrap();
    let report = pressmark::verify(&env.archive(), Depth::Data, Duration::ZERO, &|| false).unwrap();
    assert_eq!(report.findings, []);
    let opened = Archive::open(&env.archive(), &Open::default()).unwrap();
    assert_eq!(opened.snapshot().unwrap().applied().captures, 3);
}

/// An archive that was asked once, and two of its articles.
fn lines(env: &TestEnv, name: &str, records: &[&str]) {
    let text = |record: &&str| {
        format!(
            r#"{{"url":"https://post.example/1","headline":"Rain","body":"It rained all day in the port, and the ferry waited for hours."{record}}}"#
        )
    };
    env.write(name, records.iter().map(text).collect::<Vec<_>>().join("\n"));
}

/// What was told apart in one archive is told apart in every other one, whatever was corrected.
#[test]
fn an_export_loses_no_finding_and_no_correction() {
    let env = TestEnv::new();
    let run = |archive: &str, args: &[&str]| env.ok(&[&["--archive", archive][..], args].concat());
    let said = |archive: &str, args: &[&str]| env.run(&[&["--archive", archive][..], args].concat()).stderr;
    lines(
        &env,
        "two.jsonl",
        &[r#","source":"typo.org","byline":["Ada"]"#, r#","source":"right.org","byline":["Bob"]"#],
    );
    run("a", &["ingest", "--captured", "2025-06-01", "two.jsonl"]);
    run("a", &["set", "source=right.org", "source:typo.org"]);
    run("a", &["export", "-o", "a.jsonl"]);
    let ran = said("b", &["ingest", "a.jsonl"]);
    assert!(ran.contains("1 new, 1 new captures, 0 known"), "{ran}");
    assert!(said("b", &["ingest", "--dry-run", "a.jsonl"]).contains("2 known"));
    assert_eq!(run("b", &["count", "author:bob", "--captures"]), "1\n");
    run("b", &["export", "-o", "b.jsonl"]);
    let without_numbers = |name: &str| {
        let mut text = env.read(name);
        for seq in 1..5 {
            text = text.replace(&format!("\"seq\":{seq},"), "");
        }
        text
    };
    assert_eq!(without_numbers("a.jsonl"), without_numbers("b.jsonl"));
    // A finding that is filled is none of another date.
    lines(&env, "bare.jsonl", &[""]);
    lines(&env, "first.jsonl", &[r#","published":"2025-01-01""#]);
    lines(&env, "second.jsonl", &[r#","published":"2025-01-02""#]);
    run("c", &["ingest", "bare.jsonl", "first.jsonl"]);
    run("c", &["export", "-o", "c.jsonl"]);
    run("d", &["ingest", "second.jsonl"]);
    assert!(said("d", &["ingest", "--dry-run", "c.jsonl"]).contains("1 new captures"));
    assert!(said("d", &["ingest", "c.jsonl"]).contains("1 new captures"));
    assert_eq!(run("d", &["count", "date:2025-01-01..2025-01-02", "--captures"]), "2\n");
}

#[test]
fn corrections_come_along_to_what_is_known() {
    let env = TestEnv::new();
    let run = |archive: &str, args: &[&str]| env.ok(&[&["--archive", archive][..], args].concat());
    lines(&env, "bare.jsonl", &[r#","source":"post.example""#]);
    lines(&env, "more.jsonl", &[r#","source":"post.example","byline":["Ada Lind"],"section":"World""#]);
    run("a", &["ingest", "bare.jsonl"]);
    run("b", &["ingest", "bare.jsonl"]);
    run("a", &["set", "byline=Koval", "published=2025-03-01", "source=other.example", "language=uk", "rain"]);
    run("a", &["export", "-o", "a.jsonl"]);
    for _ in 0..2 {
        run("b", &["ingest", "a.jsonl"]);
        assert_eq!(
            run("b", &["list", "source:other.example", "author:koval", "lang:uk", "--format", "tsv"])
                .lines()
                .count(),
            1
        );
        assert_eq!(run("b", &["log"]).lines().count(), 3, "{}", run("b", &["log"]));
    }
    // What is missing yet can be filled, and what was said stays.
    run("b", &["ingest", "more.jsonl"]);
    let shown = run("b", &["show", "rain"]);
    assert!(
        shown.contains("byline    Koval (set") && shown.contains("section   World (found again"),
        "{shown}"
    );
    // That a language is not known is known elsewhere too.
    run("a", &["set", "language=none", "rain"]);
    run("a", &["export", "-o", "a.jsonl"]);
    run("c", &["ingest", "a.jsonl"]);
    assert_eq!(run("c", &["count", "--by", "language"]), "none\t1\n");
    for archive in ["a", "b", "c"] {
        run(archive, &["verify"]);
    }
}

#[test]
fn what_is_said_of_a_capture_holds_of_its_bytes_read_again() {
    let env = TestEnv::new();
    let page = crate::formats::page(3);
    env.write("a.html", &page);
    env.ok(&["ingest", "--keep-raw", "a.html"]);
    let id = env.ok(&["list", "--format", "tsv"]).trim().rsplit('\t').next().unwrap().to_owned();
    env.ok(&["set", "published=2020-05-05", "byline=Right Name", &id]);
    // An older version had found another text in the same bytes.
    let mut archive = env.open();
    let captures = archive.snapshot().unwrap().captures(1).unwrap();
    let draft = Draft {
        headline: "Another headline".to_owned(),
        body: "Another text.".to_owned(),
        provenance: captures[0].as_read(),
        corrections: captures[0].corrections.iter().map(|made| made.correction.clone()).collect(),
        ..Draft::default()
    };
    archive.put(vec![draft]).unwrap();
    archive.close().unwrap();
    let shown = env.ok(&["show", "title:another"]);
    assert!(shown.contains("2020-05-05") && shown.contains("Right Name"), "{shown}");
    env.ok(&["reextract", "title:another"]);
    let dates = env.ok(&["count", "--by", "day", "--captures"]);
    assert_eq!(dates, "2020-05-05\t2\n");
}

/// A frame has an end, whatever is said of how many captures.
#[test]
fn long_corrections_are_several_commits() {
    let env = mistaken(2600);
    let names: Vec<String> = (0..9500).map(|number| format!("Name {number:05}")).collect();
    let said = env.ok(&["set", &format!("byline={}", names.join("; ")), "source:volna"]);
    assert_eq!(said, "");
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    assert_eq!(env.ok(&["count", "author:00001"]), "2600\n");
    let long = "x".repeat(28 << 20);
    let was = r#""corrections":[{"at":"2025-01-01T00:00:00Z","was":{"description":null}}]"#;
    let digest = pressmark::Article::new("H", "Text.", None).digest();
    env.write("long.jsonl", format!(r#"{{"schema":1,"digest":"{digest}","headline":"H","body":"Text.","captures":[{{"input":"x","description":"{long}",{was}}}]}}"#));
    let ran = env.run(&["ingest", "long.jsonl"]);
    assert!(ran.code == 3 && ran.stderr.contains("there may be 8 MiB"), "{ran:?}");
}

/// Two ledgers of which as much was said, of other articles.
#[test]
fn an_index_knows_of_which_articles_a_language_was_said() {
    let env = mistaken(3);
    assert_eq!(count(&env.open(), "lang:uk"), 3);
    let ledger = env.archive().join("ledger");
    crate::env::copy_dir(&ledger, &env.path("before"));
    let mut archive = env.open();
    archive.correct(&[1], &to_russian(), How::default()).unwrap();
    archive.close().unwrap();
    std::fs::remove_dir_all(&ledger).unwrap();
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    crate::env::copy_dir(&env.path("before"), &ledger);
    let mut archive = env.open();
    archive.correct(&[2], &to_russian(), How::default()).unwrap();
    let snapshot = archive.snapshot().unwrap();
    let clock = pressmark::Clock::new(Timestamp(0));
    let filter = pressmark::parse("lang:ru", &clock, &|_| None).unwrap();
    let hits = snapshot.hits(&Query { filter, ..Query::default() }).unwrap();
    assert_eq!(hits.map(|hit| hit.unwrap().article).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_source_that_nothing_has_any_more_is_not_counted() {
    let env = TestEnv::new();
    lines(&env, "a.jsonl", &[r#","source":"a.org""#]);
    env.ok(&["ingest", "a.jsonl"]);
    let digest = env.ok(&["list", "--format", "tsv"]).trim().rsplit('\t').next().unwrap().to_owned();
    let ran = env.run(&["set", "source=b.org", &digest[..10], &digest[..12]]);
    assert!(ran.stderr.contains("1 captures, 1 changed"), "{ran:?}");
    assert!(env.ok(&["stats"]).contains("sources    1"), "{}", env.ok(&["stats"]));
}
