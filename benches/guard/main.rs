//! Counts the instructions of six small pieces of work, on one thread, under valgrind: against drift that no clock shows.
//!
//! `cargo bench -p benches --bench guard` prints them beside those that are committed in `counts.txt`, and fails where one rose by more than a tenth on
//! a machine with the same features; elsewhere it only prints. `-- --write` writes them down: see README.md.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

#[path = "../corpus.rs"]
mod corpus;

use pressmark::export::{Format, Options, renderer};
use pressmark::extract::{self, Setting};
use pressmark::{
    Answer, Archive, Draft, Open, Order, Prepared, Query, Request, Snapshot, Want, answer, parse,
};
use pressmark::{Clock, Document, Timestamp};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

const WORK: [&str; 6] = ["page", "article", "lookup", "list", "search", "export"];
/// A rise by more than this share needs a reason.
const RISE: f64 = 0.10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--work") {
        return child(&arguments[at + 1], Path::new(&arguments[at + 2]));
    }
    let here = benches::root().join("benches/guard/counts.txt");
    let known = std::fs::read_to_string(&here).unwrap_or_default();
    let dir = tempfile::tempdir().unwrap();
    archive(&dir.path().join("archive"));
    let mut lines = vec![format!("features {}", features(dir.path()))];
    let comparable = known.lines().next() == Some(&lines[0]);
    let mut risen = Vec::new();
    for work in WORK {
        let count = counted(work, dir.path());
        let before = known
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{work} ")))
            .and_then(|count| count.parse::<u64>().ok());
        let change = before.map_or(0.0, |before| count as f64 / before as f64 - 1.0);
        println!("{work:<8} {count:>12} instructions, {:+.1} %", change * 100.0);
        if comparable && change > RISE {
            risen.push(work);
        }
        lines.push(format!("{work} {count}"));
    }
    if arguments.iter().any(|argument| argument == "--write") {
        std::fs::write(here, lines.join("\n") + "\n").unwrap();
    } else if !comparable {
        println!("counted on another kind of machine: nothing is compared");
    } else if !risen.is_empty() {
        eprintln!("{} rose by more than a tenth: see benches/guard/README.md", risen.join(", "));
        std::process::exit(1);
    }
}

/// Runs a piece of work under valgrind; the instructions between its beginning and its end.
fn counted(work: &str, dir: &Path) -> u64 {
    let out = dir.join("callgrind.out");
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*guard_measured*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--work", work])
        .arg(dir)
        .output()
        .expect("valgrind is installed: apt-get install valgrind");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = std::fs::read_to_string(out).unwrap();
    let totals =
        text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    totals.unwrap().split_whitespace().next().unwrap().parse().unwrap()
}

/// What of a processor counts depend on, as it looks under valgrind.
fn features(dir: &Path) -> String {
    let exe = std::env::current_exe().unwrap();
    let ran = Command::new("valgrind")
        .args(["--tool=none", "-q"])
        .arg(exe)
        .args(["--work", "features"])
        .arg(dir)
        .output();
    String::from_utf8(ran.expect("valgrind is installed").stdout).unwrap().trim().to_owned()
}

fn archive(dir: &Path) {
    let archive = Archive::open(dir, &Open { create: true, ..Open::default() }).unwrap();
    let corpus = corpus::Corpus::new();
    let drafts: Vec<Draft> = (0..2_000).map(|number| corpus.draft(number, 2_000)).collect();
    archive.put(drafts).unwrap();
    archive.close().unwrap();
}

/// What is counted.
#[inline(never)]
fn guard_measured<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

fn child(work: &str, dir: &Path) {
    let open = || Archive::open(&dir.join("archive"), &Open::default()).unwrap();
    let query = |text: &str, order| Query {
        filter: parse(text, &Clock::new(Timestamp(0)), &|_| None).unwrap(),
        order,
        limit: Some(20),
        ..Query::default()
    };
    let rows = |snapshot: &Snapshot, query: Query, snippets| {
        let request = Request::new(query, Want::Rows { digits: false, snippets });
        answer(snapshot, &request).unwrap().filter(|piece| matches!(piece, Ok(Answer::Row(_)))).count()
    };
    match work {
        "features" => {
            #[cfg(target_arch = "x86_64")]
            println!(
                "x86_64 avx2:{} bmi2:{} sha:{} avx512f:{}",
                std::is_x86_feature_detected!("avx2"),
                std::is_x86_feature_detected!("bmi2"),
                std::is_x86_feature_detected!("sha"),
                std::is_x86_feature_detected!("avx512f")
            );
            #[cfg(not(target_arch = "x86_64"))]
            println!("{}", std::env::consts::ARCH);
        }
        "page" => {
            let page = corpus::html(&corpus::Corpus::new(), 1);
            guard_measured(|| extract::read(&page, &Setting::default()).body.len());
        }
        "article" => {
            let draft = corpus::Corpus::new().draft(1, 2);
            guard_measured(|| Prepared::new(draft).unwrap().digest());
        }
        "lookup" => {
            let snapshot = open().snapshot().unwrap();
            let digest = snapshot.row(700).unwrap().digest;
            guard_measured(|| {
                snapshot.find(&digest).unwrap().map(|number| snapshot.article(number).unwrap())
            });
        }
        "list" => {
            let snapshot = open().snapshot().unwrap();
            guard_measured(|| rows(&snapshot, query("date:2000..", Order::Newest), false));
        }
        "search" => {
            let snapshot = open().snapshot().unwrap();
            snapshot.words().unwrap();
            let word = snapshot
                .article(700)
                .unwrap()
                .1
                .body()
                .split_whitespace()
                .nth(7)
                .unwrap()
                .trim_matches(|c: char| !c.is_alphabetic())
                .to_owned();
            guard_measured(|| rows(&snapshot, query(&format!("\"{word}\""), Order::Relevance), true));
        }
        "export" => {
            let snapshot = open().snapshot().unwrap();
            let asked =
                snapshot.ask(&Query { limit: Some(100), order: Order::Arrival, ..Query::default() }).unwrap();
            let documents: Vec<Document> =
                asked.hits().unwrap().map(|hit| asked.document(&hit.unwrap()).unwrap()).collect();
            let renderer = renderer(Format::Jsonl, Options::default());
            guard_measured(|| {
                documents.iter().map(|document| renderer.render(document).unwrap().len()).sum::<usize>()
            });
        }
        other => panic!("there is no work called {other}"),
    }
}
