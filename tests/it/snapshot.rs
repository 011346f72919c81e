//! Many readers: what a snapshot sees, who may hold one, and that asking writes nothing.

use crate::env::{Random, TestEnv};
use pressmark::archive::{Archive, Open, Snapshot};
use pressmark::model::{Draft, Language, Provenance, Source};
use pressmark::query::{Clock, Query, parse};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

fn draft(number: u64) -> Draft {
    Draft {
        headline: format!("Ferry number {number}"),
        body: format!("The ferry {number} runs again. Everything about it was said on day {number}."),
        language: Language::parse("en"),
        provenance: Provenance { source: Source::parse("evening-post"), ..Provenance::default() },
        ..Draft::default()
    }
}

fn query(text: &str) -> Query {
    Query {
        filter: parse(text, &Clock::new(pressmark::model::Timestamp(1_741_773_600)), &|_| None).unwrap(),
        ..Query::default()
    }
}

fn create(env: &TestEnv) -> Archive {
    Archive::open(&env.archive(), &Open { create: true, ..Open::default() }).unwrap()
}

/// Every file of an archive with its length and the time of its last change, without those that tantivy's own threads are writing.
fn files(dir: &Path) -> BTreeMap<String, (u64, SystemTime)> {
    let files = walkdir::WalkDir::new(dir).into_iter().map(Result::unwrap);
    let files = files.filter(|file| file.file_type().is_file());
    let files = files
        .filter(|file| file.path().parent() != Some(&dir.join("search")) || file.file_name() == "meta.json");
    files
        .map(|file| {
            let there = file.metadata().unwrap();
            (file.path().display().to_string(), (there.len(), there.modified().unwrap()))
        })
        .collect()
}

#[test]
fn a_question_writes_nothing() {
    let env = TestEnv::new();
    let mut archive = create(&env);
    for first in (0..300).step_by(50) {
        archive.put((first..first + 50).map(draft).collect()).unwrap();
        let before = files(&env.archive());
        let snapshot = archive.snapshot().unwrap();
        assert_eq!(snapshot.count(&query("source:evening-post")).unwrap(), first + 50);
        assert_eq!(snapshot.count(&query("ferry")).unwrap(), first + 50);
        assert_eq!(snapshot.count(&query("\"number 7\"")).unwrap(), 1);
        assert_eq!(files(&env.archive()), before);
    }
    archive.close().unwrap();
    assert_eq!(env.ok(&["count", "ferries"]), "300\n");
    env.ok(&["verify", "--read-data"]);
}

#[test]
fn snapshots_are_taken_and_asked_while_commits_are_made() {
    let env = TestEnv::new();
    let mut archive = create(&env);
    let (done, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    let snapshots = archive.snapshots();
    std::thread::scope(|scope| {
        for seed in [3, 4] {
            let (snapshots, done, asked) = (snapshots.clone(), &done, &asked);
            scope.spawn(move || {
                let mut random = Random(seed);
                let (mut last, mut kept): (u64, Option<(Snapshot, u64)>) = (0, None);
                while !done.load(Ordering::Relaxed) {
                    let snapshot = snapshots.take().unwrap();
                    let there = snapshot.applied().articles;
                    assert!(there >= last && there.is_multiple_of(20), "{there} after {last}");
                    assert_eq!(snapshot.count(&query("ferry")).unwrap(), there);
                    assert_eq!(snapshot.count(&query("ferry source:evening-post")).unwrap(), there);
                    last = there;
                    if let Some((snapshot, there)) = &kept {
                        assert_eq!(snapshot.count(&query("everything")).unwrap(), *there);
                        assert_eq!(snapshot.hits(&Query::default()).unwrap().count() as u64, *there);
                    }
                    if random.below(5) == 0 {
                        kept = Some((snapshot, there));
                    }
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut random = Random(5);
        for first in (0..4_000).step_by(20) {
            archive.put((first..first + 20).map(draft).collect()).unwrap();
            if random.below(3) == 0 {
                std::thread::yield_now();
            }
        }
        let began = std::time::Instant::now();
        while asked.load(Ordering::Relaxed) < 20 && began.elapsed().as_secs() < 20 {
            std::thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
    });
    drop(snapshots);
    archive.close().unwrap();
    assert_eq!(env.ok(&["count", "ferry"]), "4000\n");
}

#[test]
fn a_snapshot_outlives_the_archive_and_keeps_it_locked() {
    let env = TestEnv::new();
    let mut archive = create(&env);
    archive.put((0..10).map(draft).collect()).unwrap();
    let snapshot = archive.snapshot().unwrap();
    archive.put((10..20).map(draft).collect()).unwrap();
    archive.close().unwrap();
    assert_eq!(snapshot.count(&query("ferry")).unwrap(), 10);
    assert_eq!(env.run(&["--wait", "0", "count"]).code, 11);
    let thread = std::thread::spawn(move || snapshot.hits(&Query::default()).unwrap().count());
    assert_eq!(thread.join().unwrap(), 10);
    assert_eq!(env.ok(&["count", "ferry"]), "20\n");
    env.ok(&["verify", "--read-data"]);
}

#[test]
fn a_snapshot_of_the_past_is_as_it_was() {
    let env = TestEnv::new();
    let mut archive = create(&env);
    archive.put((0..10).map(draft).collect()).unwrap();
    let then = archive.snapshot().unwrap().position();
    archive.put((10..20).map(draft).collect()).unwrap();
    let past = archive.snapshot().unwrap().as_of(then.next_seq).unwrap();
    assert_eq!(past.count(&Query::default()).unwrap(), 10);
    assert_eq!(past.count(&query("ferry")).unwrap(), 10);
}
