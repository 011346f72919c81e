//! The real binary, killed at random moments, and the ledger cut at every byte: what was acknowledged is there, and the
//! next opening works.

use crate::env::{Random, TestEnv, copy_dir, record};
use pressmark::Error;
use pressmark::archive::check::{Depth, Finding, RepairOptions, repair, verify};
use pressmark::archive::{Archive, Healed, Open};
use pressmark::ledger::{self, Frames, Position, Step};
use pressmark::model::Article;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

const RECORDS: usize = 1500;

fn digest(number: usize) -> pressmark::model::Digest {
    let record: Value = serde_json::from_str(&record(number)).unwrap();
    Article::new(record["title"].as_str().unwrap(), record["text"].as_str().unwrap(), None).digest()
}

/// Kills an ingest after some milliseconds; the number of the last line that it acknowledged.
fn killed_ingest(env: &TestEnv, batch: &str, after: Duration) -> usize {
    let mut child = env
        .command(&["--json", "ingest", "--batch", batch, "in.jsonl"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = child.stderr.take().unwrap();
    let acknowledged = std::thread::spawn(move || {
        let mut last = 0;
        for line in BufReader::new(stderr).lines() {
            // The kill may have cut the last line short.
            let Ok(status) = serde_json::from_str::<Value>(&line.unwrap()) else { break };
            if let Some(place) = status["committed_to"].as_str() {
                last = place.rsplit(':').next().unwrap().parse().unwrap();
            }
        }
        last
    });
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    acknowledged.join().unwrap()
}

#[test]
fn killed_at_random_moments() {
    let mut random = Random(20_251_122);
    let digests: Vec<_> = (0..RECORDS).map(digest).collect();
    let (mut rounds, mut acknowledged_total, mut while_opening) = (0, 0, 0);
    while rounds < crate::env::rounds(200) {
        let env = TestEnv::new();
        env.write("in.jsonl", (0..RECORDS).map(record).collect::<Vec<_>>().join("\n"));
        let batch = if random.below(2) == 0 { "5" } else { "100" };
        let mut acknowledged = 0;
        for round in 0..20 {
            rounds += 1;
            // A quarter of the kills come while the archive is being opened.
            let opening = round > 0 && random.below(4) == 0;
            while_opening += usize::from(opening);
            let longest = if opening { 12 } else { 300 };
            let after = Duration::from_micros(random.below(longest * 1000));
            acknowledged = acknowledged.max(killed_ingest(&env, batch, after));
            if !env.archive().join("pressmark.toml").exists() {
                assert_eq!(acknowledged, 0);
                continue;
            }
            if round % 3 == 2 {
                // Sometimes the next opening is another ingest, not this check.
                continue;
            }
            let archive = env.open();
            let reader = archive.snapshot().unwrap();
            let present: Vec<bool> =
                digests.iter().map(|digest| reader.find(digest).unwrap().is_some()).collect();
            assert!(present[..acknowledged].iter().all(|there| *there), "acknowledged articles are lost");
            let count = present.iter().filter(|there| **there).count();
            assert!(present[..count].iter().all(|there| *there), "a commit is there in part");
            let size: usize = batch.parse().unwrap();
            assert!(count % size == 0 || count == RECORDS, "a commit is there in part");
            drop((archive, reader));
            let report = verify(&env.archive(), Depth::Data, Duration::ZERO, &|| false).unwrap();
            assert_eq!(report.findings, [], "round {rounds}");
        }
        acknowledged_total += acknowledged;
        // Run to its end at last, it ends as if nothing had happened.
        env.ok(&["ingest", "in.jsonl"]);
        assert_eq!(env.ok(&["count"]), format!("{RECORDS}\n"));
    }
    eprintln!(
        "{rounds} rounds, {while_opening} kills while opening, {acknowledged_total} acknowledged articles, none lost"
    );
}

/// An archive with several small commits.
fn small_archive(commits: usize) -> TestEnv {
    let env = TestEnv::new();
    let mut archive = Archive::open(&env.archive(), &Open { create: true, ..Open::default() }).unwrap();
    for number in 0..commits {
        let record: Value = serde_json::from_str(&record(number)).unwrap();
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        archive
            .put(vec![pressmark::model::Draft {
                headline: text("title"),
                body: text("text"),
                ..Default::default()
            }])
            .unwrap();
    }
    archive.close().unwrap();
    env
}

/// The positions after each frame.
fn positions(env: &TestEnv, uuid: [u8; 16]) -> Vec<Position> {
    let mut frames = Frames::from(&env.archive().join("ledger"), uuid, Position::START);
    let mut positions = Vec::new();
    while let Step::Frame(_, position) = frames.step().unwrap() {
        positions.push(position);
    }
    positions
}

/// Which boot of the machine a record of what was acknowledged is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Boot {
    /// This one.
    Same,
    /// An earlier one.
    Other,
    /// There is no record.
    None,
}

/// Has a record say that it is of another boot, or takes it away.
fn set_boot(ledger: &Path, boot: Boot) {
    let path = ledger.join(ledger::acknowledged::NAME);
    match boot {
        Boot::Same => {}
        Boot::None => std::fs::remove_file(path).unwrap(),
        Boot::Other => {
            let mut bytes = std::fs::read(&path).unwrap();
            for slot in bytes.chunks_mut(512) {
                slot[32..48].copy_from_slice(b"an earlier start");
                let hash = blake3::hash(&slot[..120]);
                slot[120..136].copy_from_slice(&hash.as_bytes()[..16]);
            }
            std::fs::write(path, bytes).unwrap();
        }
    }
}

/// Before the place that was acknowledged nothing may be missing. Behind it, what is no whole frame was never acknowledged if
/// the machine was not started again, and is set aside if it was, or if there is no record.
#[test]
fn the_ledger_cut_at_every_byte_of_its_last_two_frames() {
    let env = small_archive(2);
    let record = |env: &TestEnv| env.archive().join("ledger").join(ledger::acknowledged::NAME);
    let earlier = std::fs::read(record(&env)).unwrap();
    let mut archive = env.open();
    let uuid = archive.uuid().into_bytes();
    for headline in ["Third", "Fourth"] {
        archive
            .put(vec![pressmark::model::Draft { headline: headline.to_owned(), ..Default::default() }])
            .unwrap();
    }
    archive.close().unwrap();
    let latest = std::fs::read(record(&env)).unwrap();
    let positions = positions(&env, uuid);
    assert_eq!(positions.len(), 4);
    let segment = |dir: &Path| dir.join("ledger").join(ledger::name(1));
    let whole = std::fs::read(segment(&env.archive())).unwrap();
    let copies = TestEnv::new();
    for cut in positions[1].offset..=positions[3].offset {
        let frames = positions.iter().filter(|position| position.offset <= cut).count();
        let end = positions[frames - 1].offset;
        let edge = positions.iter().any(|position| position.offset.abs_diff(cut) <= 1);
        if !edge && !cut.is_multiple_of(11) {
            continue;
        }
        for (acknowledged, boot) in [
            (&latest, Boot::Same),
            (&latest, Boot::Other),
            (&earlier, Boot::Same),
            (&earlier, Boot::Other),
            (&earlier, Boot::None),
        ] {
            let what = format!("cut at {cut}, {boot:?}, {}", acknowledged == &latest);
            let dir = copies.path("cut");
            copy_dir(&env.archive(), &dir);
            std::fs::remove_dir_all(dir.join("store")).unwrap();
            std::fs::write(segment(&dir), &whole[..cut as usize]).unwrap();
            std::fs::write(dir.join("ledger").join(ledger::acknowledged::NAME), acknowledged).unwrap();
            set_boot(&dir.join("ledger"), boot);
            let check = |dir: &Path| verify(dir, Depth::Data, Duration::ZERO, &|| false).unwrap().findings;
            if acknowledged == &latest && frames < 4 {
                assert!(matches!(check(&dir)[..], [Finding::Ledger { .. }]), "{what}");
                let Err(Error::Ledger { what: said, .. }) = Archive::open(&dir, &Open::default()) else {
                    panic!("{what}: it opens")
                };
                assert!(
                    said.contains(&format!("{} more entries were acknowledged", 4 - frames)),
                    "{what}: {said}"
                );
                // What is lost is named, the rest goes on, and the old ledger is kept.
                let repaired = repair(&dir, &RepairOptions::default(), &|| false).unwrap();
                assert_eq!(repaired.lost, [(frames as u64 + 1, Some(4))], "{what}");
                assert!(dir.join("ledger.bak").exists(), "{what}");
                // After another start more may have been acknowledged than the record says.
                if boot == Boot::Other && cut > end {
                    assert!(matches!(repaired.left[..], [Finding::Tail { .. }]), "{what}");
                    let accept = RepairOptions { accept_tail: true, ..RepairOptions::default() };
                    repair(&dir, &accept, &|| false).unwrap();
                } else {
                    assert_eq!(repaired.left, [], "{what}");
                }
                assert_eq!(check(&dir), [], "{what}");
                std::fs::remove_dir_all(dir).unwrap();
                continue;
            }
            let mut archive = Archive::open(&dir, &Open::default()).unwrap();
            assert_eq!(archive.snapshot().unwrap().applied().articles, frames as u64, "{what}");
            let (torn, aside) = (cut > end, boot != Boot::Same);
            let healed: Vec<_> = archive.healed().to_vec();
            assert_eq!(healed.contains(&Healed::Cut), torn && !aside, "{what}: {healed:?}");
            archive
                .put(vec![pressmark::model::Draft { headline: "More".to_owned(), ..Default::default() }])
                .unwrap();
            archive.close().unwrap();
            let tail = dir.join("ledger").join(format!("00000001-{end}.tail"));
            if torn && aside {
                assert!(healed.contains(&Healed::SetAside { path: tail.clone() }), "{what}: {healed:?}");
                assert_eq!(std::fs::read(&tail).unwrap(), whole[end as usize..cut as usize], "{what}");
                assert!(matches!(check(&dir)[..], [Finding::Tail { .. }]), "{what}");
                let repaired = repair(&dir, &RepairOptions::default(), &|| false).unwrap();
                assert!(!repaired.rebuilt && repaired.left.len() == 1, "{what}: {repaired:?}");
                let accept = RepairOptions { accept_tail: true, ..RepairOptions::default() };
                assert_eq!(repair(&dir, &accept, &|| false).unwrap().left, [], "{what}");
                assert!(dir.join("ledger").join(format!("00000001-{end}.tail.accepted")).exists(), "{what}");
            } else {
                assert!(!tail.exists(), "{what}");
            }
            assert_eq!(check(&dir), [], "{what}");
            std::fs::remove_dir_all(dir).unwrap();
        }
    }
}

/// The last frame flipped, cut, or its segment gone, with no store to mend it from: that is never the end of the ledger.
#[test]
fn no_acknowledged_end_disappears() {
    let env = small_archive(3);
    let mut archive = env.open();
    archive.set_segment_bytes(1);
    archive
        .put(vec![pressmark::model::Draft {
            headline: "In a second segment".to_owned(),
            ..Default::default()
        }])
        .unwrap();
    // Dropped and not closed: like a process that was killed, but for the store.
    drop(archive);
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    let ledger = env.archive().join("ledger");
    let (first, last) = (ledger.join(ledger::name(1)), ledger.join(ledger::name(2)));
    let whole = [std::fs::read(&first).unwrap(), std::fs::read(&last).unwrap()];
    let is_noticed = |what: &str| {
        let ran = env.run(&["verify", "--read-data"]);
        assert_eq!(ran.code, 12, "{what}: {ran:?}");
        let ran = env.run(&["count"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (12, ""), "{what}: {ran:?}");
        assert!(ran.stderr.contains("pressmark repair mends"), "{what}: {ran:?}");
        for (path, bytes) in [&first, &last].into_iter().zip(&whole) {
            std::fs::write(path, bytes).unwrap();
        }
    };
    for at in [120, 200, whole[1].len() - 1] {
        let mut bytes = whole[1].clone();
        bytes[at] ^= 1;
        std::fs::write(&last, bytes).unwrap();
        is_noticed(&format!("flip at {at}"));
    }
    for length in [0, 50, 96, 200, whole[1].len() - 1] {
        std::fs::write(&last, &whole[1][..length]).unwrap();
        is_noticed(&format!("cut to {length}"));
    }
    std::fs::remove_file(&last).unwrap();
    is_noticed("the last segment is gone");
    std::fs::remove_file(&first).unwrap();
    std::fs::remove_file(&last).unwrap();
    is_noticed("all segments are gone");
    assert_eq!(env.ok(&["count"]), "4\n");
}

/// Bytes behind an end that only the store can fill are judged by themselves: `repair` keeps them as every opening does.
#[test]
fn a_repair_keeps_what_nobody_can_tell() {
    let env = small_archive(4);
    drop(env.open());
    let copies = TestEnv::new();
    copy_dir(&env.archive(), &copies.path("before"));
    let mut archive = env.open();
    archive
        .put(vec![pressmark::model::Draft { headline: "Fifth".to_owned(), ..Default::default() }])
        .unwrap();
    archive.close().unwrap();
    // The store and the record know of four, and the machine was started again since.
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    copy_dir(&copies.path("before/store"), &env.archive().join("store"));
    std::fs::copy(copies.path("before/ledger/acknowledged"), env.archive().join("ledger/acknowledged"))
        .unwrap();
    set_boot(&env.archive().join("ledger"), Boot::Other);
    let segment = env.archive().join("ledger").join(ledger::name(1));
    let mut bytes = std::fs::read(&segment).unwrap();
    let begin: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"PMFR")).collect();
    for frame in &begin[3..] {
        bytes[frame + 20] ^= 1;
    }
    std::fs::write(&segment, &bytes).unwrap();
    let ran = env.run(&["repair"]);
    assert_eq!(ran.code, 12, "{ran:?}");
    assert_eq!(env.ok(&["count"]), "4\n");
    let tail = env.archive().join("ledger").join(format!("00000001-{}.tail", begin[3]));
    assert_eq!(std::fs::read(tail).unwrap(), bytes[begin[3]..]);
    let ran = env.run(&["verify", "--read-data"]);
    assert!(ran.code == 12 && ran.stdout.lines().count() == 1, "{ran:?}");
}

/// An unreadable record says nothing, which is said and mended.
#[test]
fn a_damaged_record_of_what_was_acknowledged() {
    let env = small_archive(3);
    let record = env.archive().join("ledger").join(ledger::acknowledged::NAME);
    for content in [&b""[..], &[7; 1024]] {
        std::fs::write(&record, content).unwrap();
        let ran = env.run(&["verify"]);
        assert!(
            ran.code == 12 && ran.stdout.contains("the record of what was acknowledged is unreadable"),
            "{ran:?}"
        );
        let ran = env.run(&["count"]);
        assert_eq!(
            (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
            (0, "3\n", "pressmark: wrote the record of what was acknowledged again: it was damaged\n")
        );
        assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
    }
    // An older archive has none.
    std::fs::remove_file(&record).unwrap();
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
    assert_eq!(env.ok(&["count"]), "3\n");
    assert!(record.exists());
}

/// With the store, what the ledger lost was acknowledged: it is written again, and the chain ends with the same head.
#[test]
fn a_ledger_that_lost_its_end_is_mended_from_the_store() {
    let env = small_archive(6);
    let archive = env.open();
    let (uuid, head) = (archive.uuid().into_bytes(), archive.position().head);
    assert_eq!(archive.snapshot().unwrap().applied().articles, 6);
    drop(archive);
    let positions = positions(&env, uuid);
    let copies = TestEnv::new();
    for (index, cut) in
        (positions[3].offset..positions[5].offset).enumerate().filter(|(index, _)| index % 23 == 0)
    {
        let dir = copies.path(&format!("{index}"));
        copy_dir(&env.archive(), &dir);
        let segment =
            std::fs::OpenOptions::new().write(true).open(dir.join("ledger").join(ledger::name(1))).unwrap();
        segment.set_len(cut).unwrap();
        let archive = Archive::open(&dir, &Open::default()).unwrap();
        assert!(matches!(archive.healed(), [Healed::Mended { captures: 1 | 2 }]), "{:?}", archive.healed());
        assert_eq!(archive.position().head, head);
        assert_eq!(archive.snapshot().unwrap().applied().articles, 6);
        archive.close().unwrap();
        let report = verify(&dir, Depth::Data, Duration::ZERO, &|| false).unwrap();
        assert_eq!(report.findings, []);
        std::fs::remove_dir_all(dir).unwrap();
    }
}

/// Nothing is acknowledged before `fdatasync` has returned: in a trace of the system calls, the n-th acknowledgement comes
/// after the n-th sync of the ledger, and nothing is written to the ledger between that sync and it.
#[test]
fn a_trace_shows_no_acknowledgement_before_the_sync() {
    let strace = std::process::Command::new("strace").arg("-V").output();
    if !strace.is_ok_and(|output| output.status.success()) {
        crate::env::skipped("there is no strace here");
        return;
    }
    let env = TestEnv::new();
    env.write("in.jsonl", (0..60).map(record).collect::<Vec<_>>().join("\n"));
    let trace = env.path("trace");
    let mut command = std::process::Command::new("strace");
    command.args(["-f", "-y", "-s", "200", "-e", "trace=write,fdatasync,openat", "-o"]).arg(&trace);
    command.arg(env!("CARGO_BIN_EXE_pressmark")).args(["--json", "ingest", "--batch", "10", "in.jsonl"]);
    let status = command
        .current_dir(env.path(""))
        .env("PRESSMARK_ARCHIVE", env.archive())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    if !status.success() && !trace.exists() {
        crate::env::skipped("strace may not trace here");
        return;
    }
    let trace = std::fs::read_to_string(trace).unwrap();
    let (mut written, mut synced, mut acknowledged) = (0, 0, 0);
    // Another thread's call may stand between the beginning of a sync and its end.
    let mut syncing = "";
    for line in trace.lines() {
        let ledger = line.contains(".seg>");
        if line.contains("write(") && ledger {
            written += 1;
        } else if line.contains("fdatasync(") && ledger && line.ends_with("= 0") {
            synced = written;
        } else if line.contains("fdatasync(") && ledger {
            syncing = line.split(' ').next().unwrap();
        } else if line.contains("fdatasync resumed") && line.starts_with(syncing) && line.ends_with("= 0") {
            synced = written;
        } else if line.contains("write(2<") && line.contains("committed_to") {
            acknowledged += 1;
            assert_eq!(synced, written, "acknowledged before it was synced: {line}");
            // The first write to a segment is its header.
            assert!(synced > acknowledged, "{line}");
        }
    }
    assert_eq!(acknowledged, 6);
}

/// A run that dies over an input: the next one names it, and goes on past it when it dies again.
#[test]
fn what_ends_the_process_is_left_out() {
    let env = TestEnv::new();
    for number in 0..30 {
        env.write(&format!("in/{number:02}.jsonl"), record(number));
    }
    env.ok(&["ingest", "in/00.jsonl"]);
    // As two runs leave it that died over the same record.
    let dead = |name: &str| {
        let bytes = std::fs::read(env.path(name.strip_suffix(":1").unwrap())).unwrap();
        let mut slot = blake3::hash(&bytes).as_bytes()[..16].to_vec();
        slot.extend_from_slice(&(name.len() as u16).to_le_bytes());
        slot.extend_from_slice(name.as_bytes());
        env.write("archive/reading", slot);
    };
    dead("in/07.jsonl:1");
    let ran = env.run(&["ingest", "in/06.jsonl"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("the last run was ended while it read in/07.jsonl:1;"), "{ran:?}");
    dead("in/07.jsonl:1");
    assert!(
        env.run(&["ingest", "in/06.jsonl"]).stderr.contains("in/07.jsonl:1"),
        "a run that ended well clears it"
    );
    dead("in/07.jsonl:1");
    let ran = env.run(&["ingest", "--skip-fatal", "in"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("rejected in/07.jsonl:1: pressmark ended while it read this"), "{ran:?}");
    assert_eq!(env.ok(&["count"]), "29\n");
    let ran = env.run(&["ingest", "in"]);
    assert!(ran.code == 3 && ran.stderr.contains("1 rejected"), "it stays out: {ran:?}");
    assert_eq!(env.run(&["ingest", "--from-start", "in"]).code, 0);
    assert_eq!(env.ok(&["count"]), "30\n");
    assert!(!env.path("archive/reading").exists() && !env.path("archive/fatal").exists());
    // A process that is killed while it reads leaves word.
    let sentence = "<p>A sentence of a very long article, with words that go on and on.</p>";
    env.write("slow.html", format!("<h1>Slow</h1>{}", sentence.repeat(200_000)));
    let mut child = env.command(&["ingest", "slow.html"]).stderr(Stdio::null()).spawn().unwrap();
    let is_reading =
        || std::fs::read(env.path("archive/reading")).is_ok_and(|slots| slots.ends_with(b"slow.html"));
    while !is_reading() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = env.run(&["ingest", "in"]);
    assert!(ran.stderr.contains("the last run was ended while it read slow.html;"), "{ran:?}");
}

/// After Ctrl-C the ingest ends with a whole commit, says where, and goes on when it is run again.
#[cfg(unix)]
#[test]
fn interrupted_by_the_user() {
    let env = TestEnv::new();
    let fifo = env.path("fifo.jsonl");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let child = env
        .command(&["ingest", "--batch", "10", "--format", "jsonl", "fifo.jsonl"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = std::fs::OpenOptions::new().write(true).open(&fifo).unwrap();
    // Enough for the reader to pass records on, and then silence.
    for number in 0..6000 {
        std::io::Write::write_all(&mut pipe, format!("{}\n", record(number)).as_bytes()).unwrap();
    }
    std::thread::sleep(Duration::from_millis(500));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(
        stderr.contains("interrupted after fifo.jsonl:") && stderr.contains("run the same command again"),
        "{stderr}"
    );
    let count: usize = env.ok(&["count"]).trim().parse().unwrap();
    assert!(count > 0 && count.is_multiple_of(10), "{count}");
    assert!(stderr.contains(&format!("interrupted after fifo.jsonl:{count};")), "{count}: {stderr}");
}
