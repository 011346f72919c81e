//! A store that is deleted, cut, flipped or left half-written is rebuilt; damage of the ledger is found and mended.

use crate::env::{Random, TestEnv, copy_dir, record, rounds};
use pressmark::archive::check::{Depth, Finding, RepairOptions, repair, verify};
use pressmark::archive::{Archive, Healed, Open};
use std::path::{Path, PathBuf};
use std::time::Duration;

const RECORDS: usize = 400;

/// An archive, and what it exports.
fn whole() -> (TestEnv, String) {
    let records: Vec<String> = (0..RECORDS).map(record).collect();
    let env = TestEnv::new();
    env.write("in.jsonl", records.join("\n"));
    env.ok(&["ingest", "--batch", "50", "in.jsonl"]);
    let export = env.ok(&["export"]);
    assert_eq!(export.lines().count(), RECORDS);
    (env, export)
}

/// A copy of the archive as it is now, for [`restore`].
fn keep(env: &TestEnv) -> PathBuf {
    let kept = env.path("kept");
    copy_dir(&env.archive(), &kept);
    kept
}

/// Puts the archive back as it was, store and ledger.
fn restore(env: &TestEnv, kept: &Path) {
    std::fs::remove_dir_all(env.archive()).unwrap();
    copy_dir(kept, &env.archive());
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found
}

/// Whether the archive still says everything: at once, or, when damage shows in the middle of an answer, at the next
/// command, which rebuilds. Whether a new store was built.
fn recovers(env: &TestEnv, export: &str, what: &str) -> bool {
    let ran = env.run(&["export"]);
    assert!(ran.code == 0 || ran.code == 12, "{what}: {ran:?}");
    if ran.code == 12 {
        let again = env.run(&["export"]);
        assert_eq!(again.code, 0, "{what}: {}", again.stderr);
        assert!(again.stdout == export, "{what}: articles are missing after the store was rebuilt");
    } else {
        assert!(ran.stdout == export, "{what}: articles are missing");
    }
    ran.code == 12 || ran.stderr.contains("rebuilt")
}

#[test]
fn bits_flipped_in_every_file_of_the_store() {
    let (env, export) = whole();
    let kept = keep(&env);
    let mut random = Random(300);
    let files: Vec<PathBuf> = files(&kept.join("store"));
    assert!(files.len() >= 3, "conf, db and a snapshot: {files:?}");
    let mut rebuilt = 0;
    for flip in 0..rounds(300) {
        restore(&env, &kept);
        let file = &files[flip % files.len()];
        let target = env.archive().join("store").join(file.file_name().unwrap());
        let mut bytes = std::fs::read(&target).unwrap();
        // Most of the log is empty space after the data; half of the flips go where data is.
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0) + 1;
        let end = if flip % 2 == 0 { used } else { bytes.len() };
        let at = random.below(end as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
        std::fs::write(&target, bytes).unwrap();
        let what = format!("flip {flip}: byte {at} of {}", target.display());
        rebuilt += usize::from(recovers(&env, &export, &what));
    }
    eprintln!(
        "{} flips: {rebuilt} led to a new store, the others fell where nothing is kept or were read over",
        rounds(300)
    );
    assert!(rebuilt > 0);
}

#[test]
fn a_store_deleted_cut_or_half_written() {
    let (env, export) = whole();
    let kept = keep(&env);
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    let ran = env.run(&["export"]);
    assert_eq!(ran.stdout, export);
    assert_eq!(
        ran.stderr,
        format!(
            "pressmark: rebuilt the store from the ledger, {RECORDS} articles (it was missing)\npressmark: exported {RECORDS} articles\n"
        )
    );

    let mut random = Random(11);
    for file in files(&kept.join("store")) {
        let name = file.file_name().unwrap();
        let length = file.metadata().unwrap().len();
        for cut in [0, 1, length / 3, length / 2, length - 1, random.below(length)] {
            restore(&env, &kept);
            std::fs::OpenOptions::new()
                .write(true)
                .open(env.archive().join("store").join(name))
                .unwrap()
                .set_len(cut)
                .unwrap();
            recovers(&env, &export, &format!("{} cut to {cut}", name.display()));
        }
        restore(&env, &kept);
        std::fs::remove_file(env.archive().join("store").join(name)).unwrap();
        recovers(&env, &export, &format!("{} deleted", name.display()));
    }
    // What a crash while sled writes its snapshot leaves behind; alone, it keeps sled from ever opening again.
    for content in [&b""[..], b"half a snapshot"] {
        restore(&env, &kept);
        env.write("archive/store/snap.0000000000000999.generating", content);
        let ran = env.run(&["export"]);
        assert_eq!((ran.code, ran.stderr), (0, format!("pressmark: exported {RECORDS} articles\n")));
        assert!(ran.stdout == export);
        assert!(!env.path("archive/store/snap.0000000000000999.generating").exists());
    }
}

/// A machine that went down while the store was being written has a store that nobody can trust.
#[test]
fn after_a_power_cut_the_store_is_built_again() {
    let (env, export) = whole();
    env.write("archive/dirty", "00000000-another-start-of-the-machine");
    let ran = env.run(&["export"]);
    assert!(ran.stdout == export);
    assert!(ran.stderr.contains("rebuilt the store from the ledger, 400 articles (the machine went down while it was being written)\n"), "{}", ran.stderr);
    assert!(!env.run(&["list"]).stderr.contains("rebuilt"));
}

/// What the library mends it mends silently, and says so in a value.
#[test]
fn the_library_says_what_it_mended() {
    let (env, _) = whole();
    std::fs::write(env.archive().join("store/db"), vec![0x5a; 1 << 20]).unwrap();
    let archive = Archive::open(&env.archive(), &Open::default()).unwrap();
    assert!(
        matches!(archive.healed(), [Healed::Rebuilt { articles: 400, kept: None, .. }]),
        "{:?}",
        archive.healed()
    );
}

/// Every flip in the ledger that changes a record is found by `verify --read-data`, and mended by `repair` from the store.
#[test]
fn flips_in_the_ledger_are_found_and_mended() {
    let (env, export) = whole();
    let kept = keep(&env);
    let segment = env.archive().join("ledger/00000001.seg");
    let whole = std::fs::read(&segment).unwrap();
    let head = env.ok(&["log", "--head"]);
    let mut random = Random(5);
    for round in 0..rounds(60) {
        restore(&env, &kept);
        let at = random.below(whole.len() as u64) as usize;
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << random.below(8);
        std::fs::write(&segment, &bytes).unwrap();
        let report = verify(&env.archive(), Depth::Data, Duration::ZERO, &|| false).unwrap();
        assert!(
            report.findings.iter().any(|finding| matches!(finding, Finding::Ledger { .. })),
            "round {round}: byte {at} is not found: {report:?}"
        );
        let ran = env.run(&["verify", "--read-data"]);
        assert_eq!(ran.code, 12, "{ran:?}");
        let repaired = repair(&env.archive(), &RepairOptions::default(), &|| false).unwrap();
        assert_eq!(repaired.lost, [], "round {round}: byte {at}");
        assert!(repaired.mended > 0 || at < 96, "round {round}: byte {at}");
        assert!(env.ok(&["export"]) == export, "round {round}: byte {at}");
        assert_eq!(env.ok(&["log", "--head"]), head, "the chain ends as before");
        assert_eq!(verify(&env.archive(), Depth::Data, Duration::ZERO, &|| false).unwrap().findings, []);
        assert_eq!(
            repair(&env.archive(), &RepairOptions::default(), &|| false).unwrap().findings,
            [],
            "a second repair has nothing to do"
        );
    }
}

#[test]
fn a_ledger_that_is_gone_is_written_from_the_store() {
    let (env, export) = whole();
    std::fs::remove_dir_all(env.archive().join("ledger")).unwrap();
    let ran = env.run(&["list"]);
    assert_eq!(ran.code, 12);
    assert!(
        ran.stderr
            .contains("hint: pressmark verify says more; pressmark repair mends what the store still has"),
        "{}",
        ran.stderr
    );
    let ran = env.run(&["repair"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("wrote 400 captures to the ledger again from the store"), "{}", ran.stderr);
    assert!(env.ok(&["export"]) == export);
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// With a hole in the ledger and no store, what is left is saved and what is not is named.
#[test]
fn what_neither_half_has_is_named() {
    let (env, export) = whole();
    let segment = env.archive().join("ledger/00000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    assert_eq!(env.run(&["list"]).code, 12);
    let ran = env.run(&["repair"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.stderr.contains("are in neither half: what they brought is lost; ingest their inputs again"),
        "{}",
        ran.stderr
    );
    let left = env.ok(&["export"]);
    assert_eq!(left.lines().count(), RECORDS - 50, "one commit of fifty is lost");
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
    env.ok(&["ingest", "in.jsonl"]);
    assert_eq!(env.ok(&["export"]).lines().count(), export.lines().count());
}

/// The last frame, flipped: it looks like a commit that was never finished, but the store has it.
#[test]
fn a_flip_in_the_last_frame_costs_nothing() {
    let (env, export) = whole();
    let kept = keep(&env);
    let segment = env.archive().join("ledger/00000001.seg");
    let whole = std::fs::read(&segment).unwrap();
    let last = whole.windows(4).rposition(|bytes| bytes == b"PMFR").unwrap();
    for (at, command) in
        [(last + 50, "export"), (last + 120, "export"), (last + 200, "reindex"), (last + 50, "reindex")]
    {
        restore(&env, &kept);
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        std::fs::write(&segment, bytes).unwrap();
        let ran = env.run(&[command]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(env.ok(&["export"]) == export, "byte {at}, {command}");
        assert_eq!(env.run(&["verify", "--read-data"]).code, 0, "byte {at}, {command}");
    }
}

/// A segment that is missing is damage, never the end of the ledger.
#[test]
fn a_missing_segment_is_noticed() {
    let (env, export) = whole();
    let mut archive = env.open();
    archive.set_segment_bytes(1);
    let more =
        (0..3).map(|n| pressmark::model::Draft { headline: format!("More {n}"), ..Default::default() });
    more.for_each(|draft| drop(archive.put(vec![draft]).unwrap()));
    archive.close().unwrap();
    let kept = keep(&env);
    let head = env.ok(&["log", "--head"]);
    for missing in ["00000001.seg", "00000002.seg", "00000003.seg"] {
        restore(&env, &kept);
        std::fs::remove_file(env.archive().join("ledger").join(missing)).unwrap();
        assert_eq!(env.run(&["verify"]).code, 12, "{missing}");
        assert_eq!(env.run(&["reindex"]).code, 12, "{missing}");
        let ran = env.run(&["repair"]);
        assert_eq!(ran.code, 0, "{missing}: {ran:?}");
        assert_eq!(env.ok(&["log", "--head"]), head, "{missing}");
        assert_eq!(env.ok(&["export"]).lines().count(), export.lines().count() + 3, "{missing}");
    }
}

/// Killed between setting the old ledger aside and putting the new one in its place, a repair is finished by the next opening.
#[test]
fn a_repair_that_was_killed_is_finished() {
    let (env, export) = whole();
    copy_dir(&env.archive().join("ledger"), &env.archive().join("ledger.bak"));
    std::fs::rename(env.archive().join("ledger"), env.archive().join("ledger.new")).unwrap();
    assert!(env.ok(&["export"]) == export);
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// With both halves gone there is nothing to mend from, and nothing is made up.
#[test]
fn nothing_is_made_of_nothing() {
    let (env, _) = whole();
    std::fs::remove_dir_all(env.archive().join("ledger")).unwrap();
    std::fs::write(env.archive().join("store/db"), vec![0x5a; 1 << 20]).unwrap();
    let ran = env.run(&["repair"]);
    assert_eq!(ran.code, 12, "{ran:?}");
    assert!(ran.stderr.contains("put one of them back from a copy"), "{}", ran.stderr);
}

/// Later captures of articles from before a hole keep their article.
#[test]
fn captures_after_a_hole_keep_their_articles() {
    let (env, _) = whole();
    let again: Vec<String> = (0..40).map(|n| record(n).replace("s.example/", "again.example/")).collect();
    env.write("again.jsonl", again.join("\n"));
    env.ok(&["ingest", "again.jsonl"]);
    let segment = env.archive().join("ledger/00000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let frames: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"PMFR")).collect();
    bytes[frames[4] + 150] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    let ran = env.run(&["repair"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("captures 201 to 250 are in neither half") && !ran.stderr.contains("251"),
        "{}",
        ran.stderr
    );
    assert_eq!(env.ok(&["count"]), "350\n");
    assert_eq!(env.ok(&["count", "--captures"]), "390\n");
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

#[test]
fn reindex_builds_the_same_store() {
    let (env, export) = whole();
    let ran = env.run(&["reindex"]);
    assert!(
        ran.stderr.contains("rebuilt the store from the ledger, 400 articles (as asked)\n"),
        "{}",
        ran.stderr
    );
    assert!(env.ok(&["export"]) == export);
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

#[test]
fn verify_reads_as_much_as_it_is_asked_to() {
    let (env, _) = whole();
    let hashed = |depth| verify(&env.archive(), depth, Duration::ZERO, &|| false).unwrap().hashed;
    assert_eq!(hashed(Depth::Structure), 0);
    assert_eq!(hashed(Depth::Data), 2 * RECORDS as u64);
    let parts: u64 = (1..=4).map(|part| hashed(Depth::Part { part, of: 4 })).sum();
    assert_eq!(parts, 2 * RECORDS as u64, "the parts are the whole");
    let ran = env.run(&["verify", "--subset", "25%"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.contains("found nothing wrong"), "{}", ran.stderr);
}

/// A later format and a foreign directory are refused, and nothing in them is touched.
#[test]
fn archives_of_another_format_are_refused() {
    let (env, _) = whole();
    let config = env.read("archive/pressmark.toml");
    env.write("archive/pressmark.toml", config.replace("format = 1", "format = 2"));
    let ran = env.run(&["list"]);
    assert_eq!(ran.code, 10);
    assert!(ran.stderr.contains("has format version 2; this pressmark reads version 1"), "{}", ran.stderr);
}

/// A line of text is not checksummed; the ledger is, and says whose it is.
#[test]
fn pressmark_toml_is_written_again_from_the_ledger() {
    let (env, export) = whole();
    let config = env.read("archive/pressmark.toml");
    let other = config.replace("uuid = \"", "uuid = \"00000000-0000-4000-8000-000000000000\" # ");
    for content in [Some("rubbish"), Some(""), Some("format = 1\n"), Some(other.as_str()), None] {
        match content {
            Some(content) => env.write("archive/pressmark.toml", content),
            None => std::fs::remove_file(env.path("archive/pressmark.toml")).unwrap(),
        }
        let ran = env.run(&["export"]);
        assert_eq!(ran.code, 0, "{content:?}: {ran:?}");
        assert!(ran.stdout == export);
        assert!(ran.stderr.starts_with("pressmark: wrote pressmark.toml again from the ledger\n"), "{ran:?}");
        assert_eq!(env.read("archive/pressmark.toml"), config);
    }
    // Where nothing says whose it is, nothing is made up.
    env.write("other/pressmark.toml", "rubbish");
    let ran = env.run(&["--archive", "other", "list"]);
    assert_eq!(ran.code, 10, "{ran:?}");
}

/// Every file is counted, and what killed processes left goes with the next opening.
#[test]
fn left_overs_go_and_everything_is_counted() {
    let (env, export) = whole();
    let before: Vec<_> = names(&env.archive());
    for file in ["store.new/db", "store.old/db", "ledger.old/1", "ledger.new/1", "raw/new/1", "dirty.new"] {
        env.write(&format!("archive/{file}"), vec![1u8; 100_000]);
    }
    env.write("archive/kept-by-hand/note.txt", vec![1u8; 100_000]);
    let stats: serde_json::Value = serde_json::from_str(&env.ok(&["stats", "--format", "json"])).unwrap();
    let counted: u64 =
        stats["disk_bytes"].as_object().unwrap().values().map(|bytes| bytes.as_u64().unwrap()).sum();
    assert!(stats["disk_bytes"]["kept-by-hand"].as_u64().unwrap() >= 100_000, "{stats}");
    let there: u64 = walkdir::WalkDir::new(env.archive())
        .into_iter()
        .map(|file| file.unwrap().metadata().unwrap())
        .filter(|file| file.is_file())
        .map(|file| std::os::unix::fs::MetadataExt::blocks(&file) * 512)
        .sum();
    assert_eq!(counted, there);
    let mut expected = before.clone();
    expected.extend(["kept-by-hand".to_owned(), "raw".to_owned()]);
    expected.sort();
    assert_eq!(names(&env.archive()), expected);
    assert!(env.ok(&["export"]) == export);
    // Neither reindexing nor repairing what can be mended in full leaves anything behind.
    for _ in 0..3 {
        env.ok(&["reindex"]);
        let segment = env.archive().join("ledger/00000001.seg");
        let mut bytes = std::fs::read(&segment).unwrap();
        bytes[700] ^= 4;
        std::fs::write(&segment, bytes).unwrap();
        env.ok(&["repair"]);
    }
    assert_eq!(names(&env.archive()), expected);
}

/// The names in a directory, sorted, but for those that come and go.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A store that turns out to be damaged in the middle of an answer is built again, and the answer comes once.
#[test]
fn an_answer_comes_once() {
    let (env, _) = whole();
    let commands: [&[&str]; 3] = [&["list", "--limit", "0"], &["count", "--by", "source"], &["sources"]];
    let expected = commands.map(|command| env.ok(command));
    let kept = keep(&env);
    let mut random = Random(77);
    let db = env.archive().join("store/db");
    let whole = std::fs::read(&db).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let mut rebuilt = 0;
    for flip in 0..rounds(150) {
        restore(&env, &kept);
        let mut bytes = whole.clone();
        bytes[random.below(used as u64) as usize] ^= 1 << random.below(8);
        std::fs::write(&db, bytes).unwrap();
        let ran = env.run(commands[flip % 3]);
        rebuilt += usize::from(ran.stderr.contains("rebuilt"));
        assert_eq!(ran.code, 0, "flip {flip}: {ran:?}");
        assert_eq!(ran.stdout, expected[flip % 3], "flip {flip}: {}", ran.stderr);
    }
    assert!(rebuilt > rounds(100) / 5, "{rebuilt}");
}

/// Where the frames of the first segment begin.
fn frames(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"PMFR")).collect()
}

/// A hole, and behind it an end that is torn: the hole is not forgotten for the end.
#[test]
fn a_hole_before_a_torn_end_is_named() {
    let (env, _) = whole();
    let segment = env.archive().join("ledger/00000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let begin = frames(&bytes);
    bytes[begin[6] + 150] ^= 1;
    bytes.truncate(begin[7] + 300);
    std::fs::write(&segment, bytes).unwrap();
    std::fs::remove_file(env.path("archive/ledger/acknowledged")).unwrap();
    std::fs::remove_dir_all(env.path("archive/store")).unwrap();
    let ran = env.run(&["repair"]);
    assert_eq!(ran.code, 12, "{ran:?}");
    assert!(ran.stderr.contains("captures from 301 on are in neither half"), "{ran:?}");
    assert!(env.path("archive/ledger.bak").exists(), "the bytes are kept");
    assert_eq!(env.ok(&["count"]), "300\n");
    // It is said again by every look, since the one who ran the repair may not have been there.
    assert_eq!(env.run(&["repair", "--accept-tail"]).code, 0);
    let ran = env.run(&["verify"]);
    assert!(ran.code == 0 && ran.stderr.contains("lost, as a repair found: captures from 301 on"), "{ran:?}");
}

/// What a store has is used wherever the chain proves it, whatever else in the store is damaged. It takes a store of some
/// segments of sled's: of a damaged last one sled opens nothing.
#[test]
fn a_damaged_store_fills_what_it_has() {
    let env = TestEnv::new();
    let long = |number: usize| {
        let mut record: serde_json::Value = serde_json::from_str(&record(number)).unwrap();
        let mut random = Random(number as u64);
        let words: Vec<String> = (0..500).map(|_| format!("{:016x}", random.number())).collect();
        record["text"] = words.join(" ").into();
        record.to_string()
    };
    env.write("in.jsonl", (0..2400).map(long).collect::<Vec<_>>().join("\n"));
    env.ok(&["ingest", "--batch", "200", "in.jsonl"]);
    let export = env.ok(&["export"]);
    let kept = keep(&env);
    let db = env.archive().join("store/db");
    let segment = env.archive().join("ledger/00000001.seg");
    let mut random = Random(404);
    let (mut mended, mut lost) = (0, 0);
    for _ in 0..12 {
        restore(&env, &kept);
        let mut bytes = std::fs::read(&segment).unwrap();
        let begin = frames(&bytes);
        bytes[begin[random.below(begin.len() as u64) as usize] + 200] ^= 1;
        std::fs::write(&segment, bytes).unwrap();
        let mut flipped = std::fs::read(&db).unwrap();
        assert!(flipped.len() > 8 << 20, "{}", flipped.len());
        flipped[random.below(4 << 20) as usize] ^= 1 << random.below(8);
        std::fs::write(&db, flipped).unwrap();
        let ran = env.run(&["repair"]);
        match ran.code {
            0 => {
                assert!(env.ok(&["export"]) == export, "{ran:?}");
                assert!(!env.path("archive/ledger.bak").exists(), "{ran:?}");
                mended += 1;
            }
            3 => {
                assert!(ran.stderr.contains("are in neither half"), "{ran:?}");
                assert!(env.path("archive/ledger.bak").exists(), "{ran:?}");
                assert_eq!(env.ok(&["count"]), "2200\n", "{ran:?}");
                lost += 1;
            }
            code => panic!("{code}: {ran:?}"),
        }
        assert_eq!(env.run(&["verify"]).code, 0);
    }
    eprintln!("{mended} were mended, {lost} were in neither half");
    assert!(mended > 6, "{mended} {lost}");
}

/// A store that ends in the midst of a hole fills it that far.
#[test]
fn a_store_that_ends_in_a_hole_fills_what_it_has() {
    let env = TestEnv::new();
    let records: Vec<String> = (0..400).map(record).collect();
    for part in [&records[..125], &records] {
        if part.len() > 125 {
            keep(&env);
        }
        env.write("in.jsonl", part.join("\n"));
        env.ok(&["ingest", "--batch", "50", "in.jsonl"]);
    }
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    copy_dir(&env.path("kept/store"), &env.archive().join("store"));
    let segment = env.archive().join("ledger/00000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let begin = frames(&bytes);
    for frame in [2, 3] {
        bytes[begin[frame] + 150] ^= 1;
    }
    std::fs::write(&segment, bytes).unwrap();
    let ran = env.run(&["repair"]);
    assert!(ran.code == 3 && ran.stderr.contains("captures 126 to "), "{ran:?}");
    let lost: u64 = ran.stderr.split("captures 126 to ").nth(1).unwrap()[..3].parse().unwrap();
    assert_eq!(env.ok(&["count"]), format!("{}\n", 400 - (lost - 125)), "{ran:?}");
    assert!(!env.ok(&["list", "title:\"Headline 120\""]).is_empty());
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// Killed after the new ledger is whole, a repair that lost something goes on, and says what is lost.
#[test]
fn a_repair_that_lost_something_is_finished_too() {
    let (env, _) = whole();
    let kept = keep(&env);
    let segment = env.archive().join("ledger/00000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let begin = frames(&bytes);
    bytes[begin[2] + 150] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    std::fs::remove_dir_all(env.path("archive/store")).unwrap();
    assert_eq!(env.run(&["repair"]).code, 3);
    for moved in [false, true] {
        // As it is before the new ledger, or the old store, has been moved.
        let _ = std::fs::remove_dir_all(env.path("archive/store"));
        std::fs::rename(env.path("archive/ledger"), env.path("archive/ledger.new")).unwrap();
        env.write("archive/ledger.new/renumbered", "");
        if !moved {
            copy_dir(&kept.join("store"), &env.path("archive/store"));
        }
        assert_eq!(env.ok(&["count"]), "350\n", "{moved}");
        let ran = env.run(&["repair"]);
        assert!(
            ran.code == 0 && ran.stderr.contains("lost, as a repair found: captures 101 to 150"),
            "{ran:?}"
        );
        assert!(env.path("archive/store.bak").exists());
        assert!(!env.path("archive/ledger/renumbered").exists());
    }
    // A later repair that loses nothing leaves the store where it is.
    std::fs::rename(env.path("archive/ledger"), env.path("archive/ledger.new")).unwrap();
    assert_eq!(env.ok(&["count"]), "350\n");
    assert!(!env.path("archive/store.bak.2").exists());
    // What is half written is never taken for a ledger.
    restore(&env, &kept);
    std::fs::rename(env.path("archive/ledger"), env.path("archive/ledger.part")).unwrap();
    assert_eq!(env.run(&["count"]).code, 12);
    assert_eq!(env.run(&["repair"]).code, 0);
    assert_eq!(env.ok(&["count"]), "400\n");
}

/// Two tails from one place are two files, also when both are accepted.
#[test]
fn accepted_tails_do_not_replace_each_other() {
    let (env, _) = whole();
    for content in ["first", "second", "third"] {
        env.write("archive/ledger/00000001-5.tail", content);
        assert_eq!(env.run(&["verify"]).code, 12);
        env.ok(&["repair", "--accept-tail"]);
        assert_eq!(env.run(&["verify"]).code, 0);
    }
    let mut kept: Vec<String> = files(&env.archive().join("ledger"))
        .iter()
        .filter(|path| path.to_string_lossy().ends_with(".tail.accepted"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    kept.sort();
    assert_eq!(kept, ["first", "second", "third"]);
}

/// A wrong UUID is noticed by the first segment where there is no record.
#[test]
fn a_flipped_uuid_is_not_believed() {
    let (env, export) = whole();
    let config = env.read("archive/pressmark.toml");
    let at = config.find("uuid = \"").unwrap() + 8;
    let other = if config.as_bytes()[at] == b'0' { "1" } else { "0" };
    std::fs::remove_file(env.path("archive/ledger/acknowledged")).unwrap();
    env.write("archive/pressmark.toml", format!("{}{other}{}", &config[..at], &config[at + 1..]));
    let ran = env.run(&["verify"]);
    assert!(ran.code == 0 && ran.stderr.contains("pressmark.toml is missing or damaged"), "{ran:?}");
    assert!(env.ok(&["export"]) == export);
    assert_eq!(env.read("archive/pressmark.toml"), config);
}

/// The place for the indexes of archives that cannot be written is never an archive, whatever it is called.
#[test]
fn an_archive_is_no_place_for_indexes() {
    let (env, export) = whole();
    let uuid = env.open().uuid().to_string();
    std::fs::create_dir(env.path("places")).unwrap();
    std::fs::rename(env.archive(), env.path("places").join(&uuid)).unwrap();
    let archive = format!("places/{uuid}");
    for _ in 0..2 {
        assert!(env.ok(&["--archive", &archive, "--scratch", "places", "export"]) == export);
    }
    // What else lies in such a place stays.
    env.write(&format!("elsewhere/{uuid}/notes.txt"), "mine");
    env.write(&format!("elsewhere/{uuid}/store/db"), "old");
    env.ok(&["--archive", &archive, "--scratch", "elsewhere", "count"]);
    assert_eq!(env.read(&format!("elsewhere/{uuid}/notes.txt")), "mine");
    assert!(!env.path(&format!("elsewhere/{uuid}/store")).exists());
    // An empty variable is none.
    let output =
        env.command(&["--archive", &archive, "count"]).env("PRESSMARK_SCRATCH", "").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}
