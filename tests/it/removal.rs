//! Removal: an article is gone for everybody at once, and then from everything on disk, however the process ends.

use crate::env::{Random, TestEnv, is_thorough};
use pressmark::archive::{Archive, How, Open, Removal};
use pressmark::derived::words::{Item, SearchIndex};
use pressmark::ledger::Entry;
use pressmark::model::{Detail, Provenance};
use pressmark::{Digest, Draft, Put, Query, Source};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Words that stand in one article, and in what was said of it.
const MARKERS: [&str; 6] = ["Zqxhead", "zqxbody", "zqxauthor", "zqxsource", "zqxtag", "zqxoriginal"];

fn page(number: usize, marked: bool) -> String {
    let [head, body, author, _, _, original] =
        if marked { MARKERS } else { ["Ferry", "waited", "Olena", "", "", "harbour"] };
    format!(
        "<html><head><title>{head} {number}</title><meta name='author' content='{author} Bondar'></head><body><article><h1>{head} {number}</h1>\
         <p>The ferry number {number} {body} in the port of Izmail until the ice had gone, and then it went on down the river with all of its passengers.</p>\
         <p>The harbour master said on Monday that the next one would follow when the wind had turned, which it did in the evening of that day.</p>\
         </article><!-- {original} --></body></html>"
    )
}

/// An archive of several runs, with one marked article in the middle, its original, tags, corrections.
fn archive(env: &TestEnv) -> String {
    for (run, numbers) in [0..20, 20..40, 40..60].into_iter().enumerate() {
        let dir = env.path(&format!("run{run}"));
        std::fs::create_dir_all(&dir).unwrap();
        for number in numbers {
            let path = dir.join(format!("{number}.html"));
            std::fs::write(&path, page(number, number == 30)).unwrap();
            let before = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(before).unwrap();
        }
        env.ok(&["ingest", "--keep-raw", "--source", "post.example", dir.to_str().unwrap()]);
    }
    env.ok(&["tag", "+zqxtag", "zqxbody"]);
    env.ok(&["set", "source=zqxsource.example", "byline=zqxauthor Dva", "zqxbody"]);
    env.ok(&["tag", "+seen", "ferry"]);
    env.ok(&["search", "zqxbody"]);
    env.ok(&["list", "zqxbody", "--format", "tsv"]).trim().rsplit('\t').next().unwrap().to_owned()
}

/// Which markers stand in any file below a directory: as they are, or in anything that zstd compressed.
fn traces(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in
        walkdir::WalkDir::new(dir).into_iter().map(Result::unwrap).filter(|file| file.file_type().is_file())
    {
        let bytes = std::fs::read(file.path()).unwrap();
        let mut look = |bytes: &[u8], how: &str| {
            let text = String::from_utf8_lossy(bytes).to_lowercase();
            for marker in MARKERS.iter().filter(|marker| text.contains(&marker.to_lowercase())) {
                found.push(format!("{marker} {how} {}", file.path().display()));
            }
        };
        look(&bytes, "in");
        for at in 0..bytes.len().saturating_sub(4) {
            if bytes[at..at + 4] == [0x28, 0xb5, 0x2f, 0xfd] {
                let mut plain = Vec::new();
                let decoder = zstd::Decoder::with_buffer(&bytes[at..]).unwrap().single_frame();
                let _ = std::io::copy(&mut std::io::Read::take(decoder, 64 << 20), &mut plain);
                look(&plain, "compressed in");
            }
        }
    }
    found
}

#[test]
fn nothing_is_left_of_what_was_removed() {
    let env = TestEnv::new();
    let digest = archive(&env);
    let before = traces(&env.archive());
    for marker in MARKERS {
        assert!(
            before.iter().any(|trace| trace.starts_with(marker)),
            "{marker} is looked for where it is not: {before:?}"
        );
    }
    let indexed = || {
        let item = Item { word: "zqx".to_owned(), how: pressmark::derived::words::How::Prefix };
        SearchIndex::open(&env.archive().join("search"))
            .unwrap()
            .forms(&item, false)
            .unwrap()
            .into_keys()
            .collect::<Vec<_>>()
    };
    assert_eq!(indexed(), ["zqxbody", "zqxhead"]);
    // What a repair kept, and what ended a process, may hold it as well.
    std::fs::create_dir(env.archive().join("store.bak")).unwrap();
    std::fs::write(env.archive().join("store.bak/db"), "zqxbody").unwrap();
    std::fs::write(env.archive().join("ledger.bak.2"), "zqxbody").unwrap();
    let dry = env.run(&["rm", "zqxbody", "--dry-run"]);
    assert!(
        dry.code == 0
            && dry.stderr.contains("would remove one article")
            && dry.stderr.contains(&digest[..12]),
        "{dry:?}"
    );
    assert_eq!(env.run(&["rm", "zqxbody", "--reason", "court order"]).code, 2, "nobody can be asked");
    assert_eq!(env.run(&["rm", "--yes", "--reason", "court order"]).code, 2, "all of them");
    assert_eq!(env.ok(&["count"]), "60\n");
    let removed = env.run(&["rm", "zqxbody", "--reason", "court order", "--ref", "324 O 12", "--yes"]);
    assert!(removed.code == 0 && removed.stderr.contains("removed one article"), "{removed:?}");
    assert_eq!(indexed(), Vec::<String>::new(), "not even in the dictionary");
    let index = std::fs::read_dir(env.archive().join("search")).unwrap().count();
    assert_eq!(traces(&env.archive()), Vec::<String>::new());
    assert_eq!((env.ok(&["count"]).as_str(), env.ok(&["count", "zqxbody"]).as_str()), ("59\n", "0\n"));
    assert!(
        !env.run(&["search", "ferry"]).stderr.contains("full-text index"),
        "the others are still indexed, in {index} files"
    );
    let log = env.ok(&["log", "--format", "tsv"]);
    assert!(log.contains("court order (324 O 12)") && log.contains(&digest), "{log}");
    let verified = env.run(&["verify", "--read-data"]);
    assert!(verified.code == 0 && verified.stderr.contains("1 articles were removed"), "{verified:?}");
    assert!(!verified.stderr.contains("pending"), "{verified:?}");
    // It stays out, its original too, and its file stays known.
    let run = env.path("run1");
    let again = env.run(&["ingest", "--keep-raw", "--source", "post.example", run.to_str().unwrap()]);
    assert!(again.code == 0 && again.stderr.contains("20 known"), "{again:?}");
    let again =
        env.run(&["ingest", "--keep-raw", "--checksum", "--source", "post.example", run.to_str().unwrap()]);
    assert!(
        again.code == 0 && again.stderr.contains("19 known") && again.stderr.contains("1 removed"),
        "{again:?}"
    );
    assert_eq!(traces(&env.archive()), Vec::<String>::new());
    // Until somebody lets it in again.
    let undone = env.run(&["rm", "--undo", &digest]);
    assert!(undone.code == 0 && undone.stderr.contains("let one text in again"), "{undone:?}");
    assert_eq!(env.run(&["rm", "--undo", &digest]).code, 3, "it is not removed any more");
    let again = env.run(&["ingest", "--keep-raw", "--source", "post.example", run.to_str().unwrap()]);
    assert!(again.stderr.contains("1 new"), "{again:?}");
    assert!(env.ok(&["log", "--format", "tsv"]).contains("undone"));
}

fn draft(number: usize) -> Draft {
    let source = Source::parse("post.example");
    Draft {
        headline: format!("Ferry {number}"),
        body: format!("The ferry number {number} waited for the ice to go."),
        provenance: Provenance { source, ..Provenance::default() },
        ..Draft::default()
    }
}

fn open(env: &TestEnv) -> Archive {
    Archive::open(&env.archive(), &Open { create: true, ..Open::default() }).unwrap()
}

fn digests(archive: &Archive) -> Vec<Digest> {
    let snapshot = archive.snapshot().unwrap();
    (1..snapshot.position().next_article)
        .filter(|number| snapshot.has(*number))
        .map(|number| snapshot.row(number).unwrap().digest)
        .collect()
}

fn because() -> Removal {
    Removal { reason: "asked".to_owned(), ..Removal::default() }
}

/// Whoever reads while it is removed, or asks for an earlier position, is not shown it any more.
#[test]
fn it_is_gone_for_those_who_read_meanwhile() {
    let env = TestEnv::new();
    let mut archive = open(&env);
    archive.put((0..10).map(draft).collect()).unwrap();
    let all = digests(&archive);
    let before = archive.snapshot().unwrap();
    let running = before.ask(&Query::default()).unwrap();
    let mut hits = running.hits().unwrap();
    hits.next().unwrap().unwrap();
    let clock = pressmark::Clock::new(pressmark::Timestamp(0));
    let ranked = Query {
        filter: pressmark::parse("ferry", &clock, &|_| None).unwrap(),
        order: pressmark::Order::Relevance,
        ..Query::default()
    };
    let ranking = before.ask(&ranked).unwrap();
    let mut best = ranking.hits().unwrap();
    best.next().unwrap().unwrap();
    assert_eq!(archive.remove(&all[3..5], &because(), How::default()).unwrap().articles, 2);
    let best: Vec<Digest> =
        best.map(|hit| ranking.unchecked(&hit.unwrap()).unwrap().check().unwrap().digest).collect();
    assert!(best.len() >= 7 && !best.contains(&all[3]) && !best.contains(&all[4]), "{best:?}");
    assert!(before.find(&all[3]).unwrap().is_none() && before.find(&all[2]).unwrap().is_some());
    let rest: Vec<Digest> =
        hits.map(|hit| running.unchecked(&hit.unwrap()).unwrap().check().unwrap().digest).collect();
    assert!(rest.len() >= 7 && !rest.contains(&all[3]) && !rest.contains(&all[4]), "{rest:?}");
    let past = archive.snapshot().unwrap().as_of(8).unwrap();
    assert_eq!((past.find(&all[3]).unwrap(), past.find(&all[2]).unwrap()), (None, Some(3)));
    // The same text, before its bytes are gone and after.
    assert_eq!(archive.put(vec![draft(3)]).unwrap(), [Ok(Put::Removed)]);
    drop((before, running, ranking, past));
    archive.close().unwrap();
    let mut archive = open(&env);
    assert!(archive.healed().iter().any(|healed| healed.to_string().contains("erased")));
    assert_eq!(archive.put(vec![draft(3)]).unwrap(), [Ok(Put::Removed)]);
    assert!(matches!(archive.snapshot().unwrap().entry(4).unwrap(), Entry::Gone { .. }));
    assert_eq!(archive.undo_removal(&[all[3], all[2]], How::default()).unwrap(), 1);
    assert!(matches!(
        archive.put(vec![draft(3), draft(4)]).unwrap()[..],
        [Ok(Put::New(_)), Ok(Put::Removed)]
    ));
    assert_eq!(archive.snapshot().unwrap().find(&all[3]).unwrap(), Some(11));
    // Once more, and undone by nobody.
    archive.remove(&all[3..4], &because(), How::default()).unwrap();
    assert_eq!(archive.put(vec![draft(3)]).unwrap(), [Ok(Put::Removed)]);
    archive.close().unwrap();
    assert_eq!(env.ok(&["count"]), "8\n");
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// What is removed through the process that holds the archive is hidden at once; the bytes go when it lets go.
#[test]
fn it_is_gone_at_once_though_somebody_holds_the_archive() {
    let env = TestEnv::new();
    open(&env).put((0..10).map(draft).collect()).unwrap();
    let holder =
        pressmark::Archive::open(&env.archive(), &Open { wait: Duration::from_secs(5), ..Open::default() })
            .unwrap();
    holder.hold(|_| Ok::<(), pressmark::Error>(())).unwrap();
    let session = holder.session().unwrap();
    let removed = env.run(&["--wait", "1", "rm", "headline:3", "--reason", "asked", "--yes"]);
    assert_eq!(removed.code, 11, "{removed:?}");
    assert!(removed.stderr.contains("nobody is shown them any more"), "{removed:?}");
    assert_eq!((session.count(&Query::default()).unwrap(), env.ok(&["count"]).trim()), (9, "9"));
    drop(session);
    holder.close().unwrap();
    let pending = env.run(&["verify"]);
    assert!(pending.code == 0 && pending.stderr.contains("erasure pending"), "{pending:?}");
    let next = env.run(&["count"]);
    assert!(next.stdout == "9\n" && next.stderr.contains("erased"), "{next:?}");
    let done = env.run(&["verify", "--read-data"]);
    assert!(done.code == 0 && !done.stderr.contains("pending"), "{done:?}");
}

/// An original that other articles name stays, and is named, unless it is to go as well.
#[test]
fn originals_that_others_share() {
    for flag in [None, Some("--originals")] {
        let env = TestEnv::new();
        let item = |n: usize| {
            format!(
                "<item><title>Ferry {n}</title><link>https://post.example/{n}</link><description>The ferry number {n} waited in Izmail for the ice to go, and for the wind to turn.</description></item>"
            )
        };
        env.write(
            "feed.xml",
            format!("<rss version='2.0'><channel><title>Post</title>{}{}</channel></rss>", item(1), item(2)),
        );
        env.ok(&["ingest", "--keep-raw", env.path("feed.xml").to_str().unwrap()]);
        let kept = || {
            walkdir::WalkDir::new(env.archive().join("raw"))
                .into_iter()
                .flatten()
                .filter(|file| file.file_type().is_file() && file.file_name() != "lost")
                .count()
        };
        assert_eq!(kept(), 1);
        let mut args = vec!["rm", "url:https://post.example/1", "--reason", "asked", "--yes"];
        args.extend(flag);
        let removed = env.run(&args);
        assert_eq!(removed.code, if flag.is_some() { 0 } else { 3 }, "{removed:?}");
        assert_eq!(kept(), usize::from(flag.is_none()));
        assert_eq!(env.ok(&["count"]), "1\n");
        assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
    }
}

/// Killed at any moment, it is either as it was or removed; and what was removed is erased by whoever comes next.
#[test]
fn removals_that_are_killed() {
    let mut random = Random(19);
    let env = TestEnv::new();
    archive(&env);
    let whole = env.path("whole");
    crate::env::copy_dir(&env.archive(), &whole);
    let began = Instant::now();
    let mut args = vec!["rm", "zqxbody", "--reason", "asked", "--yes", "-q"];
    assert_eq!(env.run(&args).code, 0);
    let takes = began.elapsed().as_micros() as u64;
    let (mut there, mut gone, mut pending) = (0, 0, 0);
    args.push("--originals");
    for _ in 0..if is_thorough() { 200 } else { 15 } {
        std::fs::remove_dir_all(env.archive()).unwrap();
        crate::env::copy_dir(&whole, &env.archive());
        let mut child = env.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random.below(takes)));
        let _ = child.kill();
        child.wait().unwrap();
        let verified = env.run(&["verify"]);
        assert_eq!(verified.code, 0, "{verified:?}");
        pending += u32::from(verified.stderr.contains("erasure pending"));
        let next = env.run(&["count"]);
        assert_eq!(next.code, 0, "{next:?}");
        match next.stdout.trim() {
            "60" => {
                assert_eq!(env.ok(&["count", "zqxbody"]), "1\n");
                there += 1;
            }
            "59" => {
                assert_eq!(traces(&env.archive()), Vec::<String>::new());
                gone += 1;
            }
            other => panic!("{other} articles: {next:?}"),
        }
        let verified = env.run(&["verify", "--read-data"]);
        assert!(verified.code == 0 && !verified.stderr.contains("pending"), "{verified:?}");
    }
    assert!(there > 0 || gone > 0, "{there} {gone} {pending}");
    eprintln!("as it was {there}, removed {gone}, of these {pending} by who came next");
}

#[test]
fn many_at_once_and_in_turn() {
    let env = TestEnv::new();
    let mut archive = open(&env);
    archive.set_segment_bytes(20_000);
    let mut random = Random(1);
    for batch in 0..20 {
        archive.put((batch * 100..batch * 100 + 100).map(draft).collect()).unwrap();
    }
    let (all, head) = (digests(&archive), archive.position().head);
    let some: Vec<Digest> = all.iter().copied().filter(|_| random.below(2) == 0).collect();
    archive.remove(&some[..some.len() / 2], &because(), How::default()).unwrap();
    archive.close().unwrap();
    let mut archive = open(&env);
    let values = Provenance { url: Some("https://post.example/x".to_owned()), ..Provenance::default() };
    let change = pressmark::archive::Change { values, cleared: vec![Detail::Source], ..Default::default() };
    let last = archive.snapshot().unwrap().find(some.last().unwrap()).unwrap().unwrap();
    let first_seq = archive.snapshot().unwrap().row(last).unwrap().first_seq;
    archive.correct(&[first_seq], &change, How::default()).unwrap();
    archive.remove(&some, &because(), How::default()).unwrap();
    archive.close().unwrap();
    let archive = open(&env);
    let left: Vec<Digest> = all.iter().copied().filter(|digest| !some.contains(digest)).collect();
    assert_eq!(digests(&archive), left);
    // The chain still proves what is left: the head of before is met on the way.
    let snapshot = archive.snapshot().unwrap();
    assert_ne!(archive.position().head, head);
    assert_eq!(snapshot.applied().articles, left.len() as u64);
    drop(snapshot);
    archive.close().unwrap();
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// An original that went with a text does not come in again with another text that stands in it.
#[test]
fn an_erased_original_stays_out() {
    let env = TestEnv::new();
    let item = |n: usize| {
        format!(
            "<item><title>Ferry {n}</title><link>https://post.example/{n}</link><description>The ferry number {n} waited in Izmail for the ice to go, and for the wind to turn.</description></item>"
        )
    };
    let feed =
        format!("<rss version='2.0'><channel><title>Post</title>{}{}</channel></rss>", item(1), item(2));
    env.write("feed.xml", feed);
    let ingest = ["ingest", "--keep-raw", "--checksum", "feed.xml"];
    env.ok(&ingest);
    env.ok(&["rm", "url:https://post.example/1", "--reason", "asked", "--originals", "--yes"]);
    for _ in 0..2 {
        let again = env.run(&ingest);
        assert!(
            again.code == 0 && again.stderr.contains("1 known") && again.stderr.contains("1 removed"),
            "{again:?}"
        );
    }
    let kept = walkdir::WalkDir::new(env.archive().join("raw")).into_iter().flatten();
    let kept = kept.filter(|file| file.file_type().is_file() && file.file_name() != "lost").count();
    assert_eq!((kept, env.ok(&["count", "--captures"]).as_str()), (0, "1\n"));
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// An export that goes on with the next holder passes over what it has given, and not as many.
#[test]
fn an_export_goes_on_though_something_was_removed_meanwhile() {
    let env = TestEnv::new();
    open(&env).put((0..3000).map(draft).collect()).unwrap();
    let options = Open { wait: Duration::from_secs(10), ..Open::default() };
    let open = || pressmark::Archive::open(&env.archive(), &options).unwrap();
    let holder = open();
    holder.hold(|_| Ok::<(), pressmark::Error>(())).unwrap();
    let client = open();
    let session = client.session().unwrap();
    let mut documents = session.documents(&Query::default()).unwrap();
    let mut given: Vec<Digest> = Vec::new();
    let mut next = || documents.next().map(|found| found.unwrap().check().unwrap().digest);
    given.extend((0..5).filter_map(|_| next()));
    holder.remove(&given[..2], &because(), false).unwrap();
    holder.close().unwrap();
    given.extend(std::iter::from_fn(next));
    let unique: std::collections::BTreeSet<&Digest> = given.iter().collect();
    assert_eq!((given.len(), unique.len()), (3000, 3000));
}

/// Where the ledger is damaged, it is hidden and the archive answers; what was kept of a repair after that stays.
#[test]
fn a_damaged_ledger_keeps_it_from_being_erased() {
    let env = TestEnv::new();
    let mut archive = open(&env);
    archive.set_segment_bytes(2000);
    (0..40).for_each(|number| drop(archive.put(vec![draft(number)]).unwrap()));
    archive.close().unwrap();
    let segment = env.archive().join("ledger/00000001.seg");
    let whole = std::fs::read(&segment).unwrap();
    let mut bytes = whole.clone();
    bytes[300] ^= 1;
    std::fs::write(&segment, &bytes).unwrap();
    let removed = env.run(&["rm", "headline:39", "--reason", "asked", "--yes"]);
    assert!(removed.code == 3 && removed.stderr.contains("still there"), "{removed:?}");
    assert_eq!(env.ok(&["count"]), "39\n");
    std::fs::create_dir(env.archive().join("ledger.bak")).unwrap();
    std::fs::write(&segment, &whole).unwrap();
    let next = env.run(&["count"]);
    assert!(
        next.stdout == "39\n" && next.stderr.contains("erased") && next.stderr.contains("ledger.bak"),
        "{next:?}"
    );
    assert!(env.archive().join("ledger.bak").exists());
    std::fs::remove_dir(env.archive().join("ledger.bak")).unwrap();
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}
