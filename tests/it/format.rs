//! The ledger as later versions and removals will write it: what is unknown is kept, what is gone leaves its hash.

use crate::env::{TestEnv, copy_dir, record};
use pressmark::archive::{Archive, Open};
use pressmark::bytes::fields::Writer;
use pressmark::bytes::pack::{self, Pack};
use pressmark::ledger::{self, BodyPack, Commit, Entry, Frames, Ledger, Position, RawEntry, Step};
use std::path::Path;

fn uuid_of(archive: &Path) -> [u8; 16] {
    let uuid = Archive::open(archive, &Open::default()).unwrap();
    let bytes = uuid.uuid().into_bytes();
    uuid.close().unwrap();
    bytes
}

/// Appends a commit of these entries, which bring no article, to a closed archive's ledger.
pub fn append(archive: &Path, entries: Vec<RawEntry>) {
    let (dir, uuid) = (archive.join("ledger"), uuid_of(archive));
    let (end, torn) = ledger::end(&dir, uuid).unwrap().unwrap();
    let (mut ledger, _) = Ledger::open(&dir, uuid, end, torn).unwrap();
    let Position { next_seq, next_article, .. } = ledger.position();
    let commit = Commit { first_seq: next_seq, first_article: next_article, entries, ..Commit::default() };
    ledger.append(&commit).unwrap();
    ledger.close().unwrap();
}

fn commits(archive: &Path) -> Vec<(Commit, Position)> {
    let mut frames = Frames::from(&archive.join("ledger"), uuid_of(archive), Position::START);
    let mut commits = Vec::new();
    while let Step::Frame(commit, position) = frames.step().unwrap() {
        commits.push((*commit, position));
    }
    commits
}

/// An entry of a kind that nobody knows, about an article, and one of a known kind with a field that nobody knows.
fn inventions() -> Vec<RawEntry> {
    let mut fields = Writer::default();
    fields.uint(1, 2);
    fields.text(7, Some("a kind of 2031"));
    let unknown = RawEntry { kind: 4711, version: 9, gone: false, bytes: fields.finish().into() };
    let mut saved =
        Entry::Saved { name: "rain".to_owned(), query: Some("rain".to_owned()), at_ms: 0 }.encode();
    let mut fields = Writer::default();
    fields.text(600, Some("a field of 2031"));
    saved.bytes = [&saved.bytes[..], &fields.finish()].concat().into();
    vec![unknown, saved]
}

#[test]
fn what_a_later_version_wrote_is_kept() {
    let env =
        TestEnv::with(&(0..5).map(record).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>());
    append(&env.archive(), inventions());
    env.write("more.jsonl", record(7));
    let before = env.ok(&["log", "--head"]);
    let says = "2 entries were written by a later version of pressmark: they are kept as they are";
    for store_is_there in [true, false] {
        if !store_is_there {
            std::fs::remove_dir_all(env.archive().join("store")).unwrap();
        }
        assert_eq!(env.ok(&["count"]), "5\n");
        assert_eq!(env.ok(&["query", "list"]), "rain\train\n");
        let log = env.ok(&["log", "--after", "5"]);
        assert!(log.starts_with("6\t-\tunknown\twritten by a later version of pressmark\t-\n"), "{log}");
        assert_eq!(env.ok(&["log", "--head"]), before);
        for args in [&["verify"][..], &["verify", "--read-data"]] {
            let ran = env.run(args);
            assert!(ran.code == 0 && ran.stderr.contains("nothing wrong"), "{ran:?}");
            assert!(ran.stderr.contains(says) || args.len() == 1, "{ran:?}");
        }
    }
    // It is chained like the rest, and what comes after it too.
    env.ok(&["ingest", "more.jsonl"]);
    assert_eq!(env.ok(&["count"]), "6\n");
    let kept = commits(&env.archive());
    // Copied from the ledger, and from the store where the ledger has lost it.
    let segment = env.archive().join("ledger").join(ledger::name(1));
    let whole = std::fs::read(&segment).unwrap();
    let first = kept[0].1;
    let mut damaged = whole.clone();
    damaged[first.offset as usize + 300] ^= 1;
    std::fs::write(&segment, damaged).unwrap();
    let ran = env.run(&["repair"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let entries = |commits: Vec<(Commit, Position)>| {
        let head = commits.last().unwrap().1.head;
        // What is mended from the store was committed when it was.
        let times = commits.iter().flat_map(|(commit, _)| commit.entries.iter().map(|_| commit.committed_ms));
        let times: Vec<i64> = times.collect();
        (commits.into_iter().flat_map(|(commit, _)| commit.entries).collect::<Vec<_>>(), times, head)
    };
    assert_eq!(entries(commits(&env.archive())), entries(kept));
    assert!(env.run(&["verify", "--read-data"]).stderr.contains(says));
}

/// A later version of what is known is read as far as this one can: an article of it is not there, and what belongs to it neither; the
/// capture that brought an article may be missing.
#[test]
fn later_versions_of_known_kinds_are_no_damage() {
    let records: Vec<String> = (0..6).map(record).collect();
    let env = TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>());
    env.write("again.jsonl", record(2).replace("https://s.example/2", "https://t.example/2"));
    env.ok(&["ingest", "again.jsonl"]);
    rewrite(&env.archive(), &|numbered| {
        let is_later = match numbered.entry.is_article() {
            true => numbered.article == 2,
            false => numbered.seq == 3 || numbered.seq == 4,
        };
        let version = if is_later { 2 } else { numbered.entry.version };
        RawEntry { version, ..numbered.entry.clone() }
    });
    // Article 2 cannot be read; 3 has its second capture, 4 none.
    assert_eq!(env.ok(&["list"]).lines().count(), 4);
    assert_eq!(env.ok(&["export"]).lines().count(), 4);
    assert_eq!(env.ok(&["show", "--no-pager", "url:https://t.example/2"]).matches("capture  ").count(), 1);
    assert_eq!((env.ok(&["count", "headline"]), env.ok(&["count"])), ("4\n".to_owned(), "4\n".to_owned()));
    let ran = env.run(&["verify", "--read-data"]);
    assert!(ran.code == 0 && ran.stderr.contains("3 entries were written by a later version"), "{ran:?}");
    env.ok(&["ingest", "in.jsonl"]);
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// A repair that gives other numbers takes along whatever there is: what is unknown, what is about several articles, what was removed.
#[test]
fn a_repair_renumbers_what_it_does_not_know() {
    let env = TestEnv::new();
    for number in 0..6 {
        env.write("in.jsonl", record(number));
        env.ok(&["ingest", "in.jsonl"]);
    }
    let digest = |number: usize| {
        env.ok(&["export", "--fields", "digest", &format!("url:https://s.example/{number}")])[11..75]
            .to_owned()
    };
    let mut fields = Writer::default();
    [4, 5].into_iter().for_each(|article| fields.uint(1, article));
    let link = RawEntry { kind: 900, version: 1, gone: false, bytes: fields.finish().into() };
    let opaque = RawEntry { kind: 901, version: 1, gone: false, bytes: b"no fields".as_slice().into() };
    let removal = |number: usize| {
        let (article, digest) = (number as u64 + 1, digest(number).parse().unwrap());
        Entry::Removal {
            article,
            digest,
            reason: "asked".to_owned(),
            reference: None,
            originals: Vec::new(),
            at_ms: 0,
        }
        .encode()
    };
    append(&env.archive(), vec![link, opaque.clone(), removal(1), removal(5)]);
    // The commit of the second article is lost in both halves.
    let (second, segment) =
        (commits(&env.archive())[0].1, env.archive().join("ledger").join(ledger::name(1)));
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[second.offset as usize + 200] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    let ran = env.run(&["repair"]);
    assert!(ran.stdout.contains('2') || ran.stderr.contains('2'), "{ran:?}");
    let entries: Vec<RawEntry> =
        commits(&env.archive()).into_iter().flat_map(|(commit, _)| commit.entries).collect();
    let about: Vec<Vec<u64>> =
        entries.iter().filter(|entry| entry.kind == 900 || entry.is_removal()).map(RawEntry::about).collect();
    assert_eq!(about, [vec![3, 4], vec![0], vec![5]]);
    assert!(entries.contains(&opaque));
    assert_eq!(env.ok(&["count", "headline"]), "4\n");
    // What was removed stays out, the article that was lost too.
    for number in [1, 5] {
        env.write("in.jsonl", record(number));
        let ran = env.run(&["ingest", "in.jsonl"]);
        assert!(ran.stderr.contains("1 removed before"), "{number}: {ran:?}");
    }
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// What cannot be gone past needs a later version, and is neither damage nor to be repaired.
#[test]
fn a_ledger_of_a_later_version_is_not_repaired() {
    let env = TestEnv::with(&[&record(1)]);
    let segment = env.archive().join("ledger").join(ledger::name(1));
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[28] = 2;
    let hash = *blake3::hash(&bytes[..80]).as_bytes();
    bytes[80..96].copy_from_slice(&hash[..16]);
    std::fs::write(&segment, &bytes).unwrap();
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    for args in [&["list"][..], &["verify"], &["repair"], &["ingest", "in.jsonl"]] {
        let ran = env.run(args);
        assert!(
            ran.code == 10
                && ran.stderr.contains("the ledger needs a later pressmark: 00000001.seg: it has format 2"),
            "{args:?}: {ran:?}"
        );
    }
    assert_eq!(std::fs::read(&segment).unwrap(), bytes);
}

/// A ledger in which what `is_gone` says has lost its bytes, in the place of the one that was there. The chain is the same.
fn forget(archive: &Path, is_gone: impl Fn(&ledger::Numbered<'_>) -> bool) {
    let head = commits(archive).last().unwrap().1.head;
    rewrite(archive, &|numbered| {
        if is_gone(numbered) { numbered.entry.without_bytes() } else { numbered.entry.clone() }
    });
    assert_eq!(commits(archive).last().unwrap().1.head, head, "the chain proves the rest");
}

/// A ledger with other entries in the place of the one that was there.
fn rewrite(archive: &Path, other: &dyn Fn(&ledger::Numbered<'_>) -> RawEntry) {
    let (dir, uuid, before) = (archive.join("ledger"), uuid_of(archive), commits(archive));
    std::fs::rename(&dir, archive.join("ledger.before")).unwrap();
    std::fs::create_dir(&dir).unwrap();
    let (mut ledger, _) = Ledger::open(&dir, uuid, Position::START, None).unwrap();
    for (mut commit, _) in before {
        let mut articles = Vec::new();
        let mut entries = Vec::new();
        for numbered in commit.numbered() {
            let entry = other(&numbered);
            if entry.gone && entry.is_article() {
                articles.push(numbered.article.to_be_bytes()[3..].to_vec());
            }
            entries.push(entry);
        }
        commit.entries = entries;
        commit.bodies = commit
            .bodies
            .iter()
            .filter_map(|body| {
                let mut rows = Pack::<5>::decode(&body.bytes).unwrap().to_rows();
                rows.retain(|(key, _)| !articles.contains(&key.to_vec()));
                let bytes = (!rows.is_empty()).then(|| pack::encode(&rows, Some(3)))?;
                Some(BodyPack { first: body.first, full: false, bytes })
            })
            .collect();
        ledger.append(&commit).unwrap();
    }
    ledger.close().unwrap();
    for stale in ["ledger.before", "store", "search"] {
        std::fs::remove_dir_all(archive.join(stale)).unwrap();
    }
}

#[test]
fn what_is_gone_leaves_its_hash() {
    // Each of the articles 1 to 6 once more, from elsewhere.
    let again = |number: usize| record(number).replace("https://s.example/", "https://t.example/again/");
    let mut records: Vec<String> = (0..20).map(record).collect();
    records.extend((1..=6).map(again));
    let env = TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>());
    env.ok(&["tag", "+rain", "source:s0.example"]);
    let head = env.ok(&["log", "--head"]);
    // Articles 2, 3 and 20 with all about them, and the capture that brought article 5.
    forget(&env.archive(), |numbered| match numbered.entry.is_article() {
        true => [2, 3, 20].contains(&numbered.article),
        false => {
            numbered.entry.about().iter().any(|article| [2, 3, 20].contains(article)) || numbered.seq == 5
        }
    });
    assert_eq!(env.ok(&["log", "--head"]), head);
    assert_eq!(
        (env.ok(&["count"]), env.ok(&["count", "--captures"])),
        ("17\n".to_owned(), "20\n".to_owned())
    );
    assert_eq!(env.ok(&["list"]).lines().count(), 17);
    assert_eq!(env.ok(&["list", "--captures"]).lines().count(), 20);
    assert_eq!(env.ok(&["export"]).lines().count(), 17);
    assert_eq!(env.ok(&["count", "headline"]), "17\n");
    assert_eq!(env.ok(&["count", "--", "-headline"]), "0\n");
    assert_eq!(env.ok(&["search", "sentence", "--limit", "0"]).lines().count(), 17);
    assert_eq!(env.ok(&["count", "tag:rain"]), env.ok(&["count", "source:s0.example"]));
    for url in ["https://s.example/1", "https://t.example/again/2", "https://s.example/4"] {
        assert_eq!(env.run(&["has", url]).code, 1, "{url}");
    }
    assert_eq!(env.ok(&["has", "https://t.example/again/4"]).lines().count(), 1);
    assert_eq!(
        env.ok(&["show", "--no-pager", "url:https://t.example/again/4"]).matches("capture  ").count(),
        1
    );
    let ran = env.run(&["verify", "--read-data"]);
    assert!(ran.code == 0 && ran.stderr.contains("17 articles, 20 captures"), "{ran:?}");
    let log = env.ok(&["log"]);
    assert_eq!(log.lines().filter(|line| line.contains("\tremoved\t")).count(), 6, "{log}");
    // It grows, and mends, as any other.
    env.write("more.jsonl", record(77));
    env.ok(&["ingest", "more.jsonl"]);
    assert_eq!(env.ok(&["count", "headline"]), "18\n");
    let segment = env.archive().join("ledger").join(ledger::name(1));
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let ran = env.run(&["repair"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        (env.ok(&["count"]), env.ok(&["search", "headline", "--limit", "0"]).lines().count()),
        ("18\n".to_owned(), 18)
    );
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
    // The same text comes in again: nothing says that it was removed.
    env.write("again.jsonl", record(1));
    assert!(env.run(&["ingest", "again.jsonl"]).stderr.contains("1 new, 0 new captures"));
}

#[test]
fn what_was_removed_stays_out() {
    let records: Vec<String> = (0..20).map(record).collect();
    let env = TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>());
    env.ok(&["tag", "+rain", "source:s0.example"]);
    let digests: Vec<String> =
        env.ok(&["export", "--fields", "digest"]).lines().map(|line| line[11..75].to_owned()).collect();
    let removal = |article: u64| Entry::Removal {
        article,
        digest: digests[article as usize - 1].parse().unwrap(),
        reason: "a court".to_owned(),
        reference: Some("1 O 23/25".to_owned()),
        originals: Vec::new(),
        at_ms: 1_740_000_000_000,
    };
    append(&env.archive(), vec![removal(1).encode(), removal(4).encode(), removal(1).encode()]);
    let last = env.ok(&["list", "--order", "arrival"]);
    for with in ["the entry", "the hash alone"] {
        assert_eq!(env.ok(&["count"]), "18\n", "{with}");
        assert_eq!(env.ok(&["count", "--captures"]), "18\n");
        assert_eq!(env.ok(&["list", "--order", "arrival"]), last);
        assert_eq!(env.ok(&["count", "headline"]), "18\n");
        assert_eq!(env.ok(&["count", "headline source:s0.example"]), "5\n");
        assert_eq!(env.ok(&["search", "headline", "--limit", "0"]).lines().count(), 18);
        assert_eq!(env.ok(&["search", "headline", "--limit", "3"]).lines().count(), 3);
        assert_eq!(env.ok(&["count", "tag:rain"]), "5\n");
        assert_eq!(env.ok(&["export"]).lines().count(), 18);
        assert_eq!(env.ok(&["count", "--", "-headline"]), "0\n");
        assert_eq!(env.ok(&["count", "--by", "source"]).lines().next().unwrap(), "s0.example\t5");
        assert_eq!(env.run(&["has", &digests[0]]).code, 1);
        assert_eq!(env.run(&["has", "https://s.example/3"]).code, 1);
        assert_eq!(env.run(&["show", &digests[3][..12]]).code, 3);
        let stats = env.ok(&["stats", "--format", "json"]);
        assert!(stats.contains("\"articles\":18,\"captures\":18"), "{stats}");
        let log = env.ok(&["log"]);
        assert!(
            log.contains(&format!("\t2025-02-19T21:20:00Z\tremoval\ta court (1 O 23/25)\t{}\n", digests[0])),
            "{log}"
        );
        let ran = env.run(&["ingest", "in.jsonl"]);
        assert!(
            ran.stderr.contains("read 20: 0 new, 0 new captures, 18 known, 0 rejected, 2 removed before"),
            "{ran:?}"
        );
        let ran = env.run(&["verify", "--read-data"]);
        assert!(ran.code == 0 && ran.stderr.contains("2 articles were removed"), "{ran:?}");
        let mut gone: Vec<u64> = vec![1, 4];
        forget(&env.archive(), |numbered| {
            let is_removal = matches!(numbered.entry.open(0).unwrap(), Entry::Removal { .. });
            gone.contains(&numbered.article) && numbered.entry.is_article()
                || !is_removal && numbered.entry.about().iter().any(|article| gone.contains(article))
        });
        gone.clear();
    }
}

/// An archive of this format opens for ever: it was made by `tests/data/archives/make.sh`.
#[test]
fn version_1_opens() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/archives/v1");
    let env = TestEnv::new();
    copy_dir(&kept, &env.archive());
    let expected = |name: &str| std::fs::read_to_string(kept.with_file_name(name)).unwrap();
    let head = env.ok(&["log", "--head"]);
    assert_eq!(head, expected("v1.head"));
    let ran = env.run(&["verify", "--read-data"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(env.ok(&["log"]), expected("v1.log"));
    assert_eq!(env.ok(&["export", "--archive-data", "--originals"]), expected("v1.jsonl"));
    assert_eq!(env.ok(&["search", "ferry", "--limit", "0"]).lines().count(), 1);
    env.write("more.jsonl", record(1));
    env.ok(&["ingest", "more.jsonl"]);
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// Makes the archive that [`version_1_opens`] opens; with the commands of `make.sh` and what no command can write yet.
#[test]
#[ignore = "writes what tests/data/archives/v1 is made of; run by tests/data/archives/make.sh"]
fn make_version_1() {
    // Who runs all ignored tests does not want this one.
    let Some(archive) = std::env::var_os("PRESSMARK_MAKE_ARCHIVE") else { return };
    let archive = Path::new(&archive);
    let opened = Archive::open(archive, &Open::default()).unwrap();
    let digest = opened.snapshot().unwrap().row(2).unwrap().digest;
    opened.close().unwrap();
    let removal = Entry::Removal {
        article: 2,
        digest,
        reason: "a court".to_owned(),
        reference: Some("1 O 23/25".to_owned()),
        originals: Vec::new(),
        at_ms: 1_740_000_000_000,
    };
    append(archive, [vec![removal.encode()], inventions()].concat());
    forget(archive, |numbered| match numbered.entry.is_article() {
        true => numbered.article == 2,
        false => numbered.entry.is_capture() && numbered.entry.about() == [2],
    });
}
