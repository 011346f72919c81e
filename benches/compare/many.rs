//! One process takes articles in, and eight readers ask: pressmark over its socket, SQLite with WAL by its file, notmuch, where it is
//! installed, by its commands over a mail of each article.
//!
//! The readers are threads of this process, each with what it asks by opened anew for every question, as a command does. The holder's CPU is that
//! of the process that takes articles in; what the questions cost it is told from the same number of questions to a holder that does
//! nothing else.

use super::corpus::{Corpus, Random};
use super::{Spent, cpu};
use nix::sys::resource::UsageWho;
use pressmark::{Answer, Archive, Open, Order, Prefix, Query, Request, Want};
use rayon::prelude::*;
use rusqlite::{Connection, OpenFlags, params};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const READERS: u64 = 8;

pub fn compare(count: u64, questions: u64, dir: &Path) {
    let corpus = Corpus::new();
    let file = dir.join("articles.jsonl");
    write(&corpus, count, &file);
    let (binary, own) = (benches::binary(), std::env::current_exe().unwrap());
    let archive = dir.join("archive");
    let ingest = |input: &str| {
        let mut command = Command::new(&binary);
        command.args(["--archive", archive.to_str().unwrap(), "-q", "ingest", input]);
        command.stdin(Stdio::piped()).spawn().unwrap()
    };
    let sqlite = || {
        let _ = std::fs::create_dir_all(dir.join("sqlite"));
        let mut command = Command::new(&own);
        command.args(["records-sqlite", file.to_str().unwrap(), dir.join("sqlite").to_str().unwrap()]);
        command.spawn().unwrap()
    };
    let fresh = || {
        let _ = std::fs::remove_dir_all(&archive);
        let _ = std::fs::remove_dir_all(dir.join("sqlite"));
    };
    let ask_pressmark = |random: &mut Random, kind: u64| pressmark(&archive, random, kind);
    let database = dir.join("sqlite/articles.db");
    let ask_sqlite = |random: &mut Random, kind: u64| self::sqlite(&database, random, kind);

    fresh();
    let ours_alone = child(ingest(file.to_str().unwrap()), None, &ask_pressmark);
    // A holder that waits for more and does nothing else.
    let mut idle = ingest("-");
    wait_for(&archive.join("socket"));
    let one = alone(200, &ask_pressmark, 0);
    let afterwards = {
        let before = cpu(UsageWho::RUSAGE_CHILDREN);
        let times = ask_all(questions, &AtomicBool::new(false), &ask_pressmark);
        drop(idle.stdin.take());
        idle.wait().unwrap();
        (cpu(UsageWho::RUSAGE_CHILDREN) - before, times)
    };
    fresh();
    let ours = child(ingest(file.to_str().unwrap()), Some(questions), &ask_pressmark);
    fresh();
    let theirs_alone = child(sqlite(), None, &ask_sqlite);
    let their_one = alone(200, &ask_sqlite, 0);
    fresh();
    let theirs = child(sqlite(), Some(questions), &ask_sqlite);
    let notmuch = Notmuch::new(&file, &dir.join("mail")).map(|notmuch| notmuch.measure(questions));

    println!("{count} articles, {READERS} readers");
    println!("\n| | pressmark | SQLite |\n|---|---|---|");
    let seconds = |spent: &Spent| format!("{:.1} / {:.1}", spent.cpu.as_secs_f64(), spent.wall.as_secs_f64());
    println!("| ingest alone, CPU / wall s | {} | {} |", seconds(&ours_alone.0), seconds(&theirs_alone.0));
    println!("| ingest with readers, CPU / wall s | {} | {} |", seconds(&ours.0), seconds(&theirs.0));
    println!("| questions meanwhile | {} | {} |", ours.1.len(), theirs.1.len());
    let cost = afterwards.0.as_secs_f64() / questions as f64 * ours.1.len() as f64;
    println!("| &nbsp; CPU of as many asked afterwards, s | {cost:.2} | of the readers |");
    let over = (ours.0.cpu.as_secs_f64() - cost) / ours_alone.0.cpu.as_secs_f64();
    println!(
        "| holder's CPU, less that, to an ingest alone | {over:.3} | {:.3} |",
        theirs.0.cpu.as_secs_f64() / theirs_alone.0.cpu.as_secs_f64()
    );
    let print = |what: &str, ours: &mut Vec<Duration>, theirs: &mut Vec<Duration>| {
        ours.sort_unstable();
        theirs.sort_unstable();
        let at = |times: &[Duration], share: f64| {
            let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
            times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        println!(
            "| {what}, p50 / p95 ms | {:.2} / {:.1} | {:.2} / {:.1} |",
            at(ours, 0.5),
            at(ours, 0.95),
            at(theirs, 0.5),
            at(theirs, 0.95)
        );
    };
    print("show, one reader, an idle holder", &mut { one }, &mut { their_one });
    let of = |times: &[(u64, Duration)], kind: u64| -> Vec<Duration> {
        times.iter().filter(|(of, _)| *of == kind).map(|(_, time)| *time).collect()
    };
    for (kind, what) in KINDS.iter().enumerate() {
        let kind = kind as u64;
        print(&format!("{what}, beside the ingest"), &mut of(&ours.1, kind), &mut of(&theirs.1, kind));
    }
    let Some((alone, (spent, times))) = notmuch else { return println!("\nnotmuch is not installed") };
    println!(
        "\nnotmuch: alone {}, with readers {}, CPU of it and of the commands that ask / wall s; {} questions",
        seconds(&alone),
        seconds(&spent),
        times.len()
    );
    for (kind, what) in KINDS.iter().enumerate() {
        let mut times = of(&times, kind as u64);
        times.sort_unstable();
        let at = |share: usize| {
            times.get(times.len() * share / 100).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        println!("  {what}: p50 {:.1}, p95 {:.1} ms", at(50), at(95));
    }
}

/// notmuch over a folder of mail.
struct Notmuch {
    config: PathBuf,
    index: PathBuf,
}

impl Notmuch {
    /// Makes a mail of each article; none if notmuch is not installed.
    fn new(articles: &Path, dir: &Path) -> Option<Notmuch> {
        Command::new("notmuch").arg("--version").stdout(Stdio::null()).status().ok()?;
        let (folder, config) = (dir.join("cur"), dir.join("config"));
        ["cur", "new", "tmp"].iter().for_each(|name| std::fs::create_dir_all(dir.join(name)).unwrap());
        let lines = std::io::BufRead::lines(std::io::BufReader::new(std::fs::File::open(articles).unwrap()));
        for (number, line) in lines.enumerate() {
            let record: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
            let mail = format!(
                "From: {source} <news@{source}>\nMessage-ID: <{number}@{source}>\nDate: Thu, 26 Nov 2026 00:00:00 +0000\nSubject: {}\nContent-Type: text/plain; charset=utf-8\n\n{}\n",
                text("title").replace('\n', " "),
                text("text"),
                source = text("source"),
            );
            std::fs::write(folder.join(format!("{number}.mail:2,S")), mail).unwrap();
        }
        let own = "[user]\nname=n\nprimary_email=n@example.org\n[search]\nexclude_tags=\n[new]\ntags=\n";
        std::fs::write(&config, format!("[database]\npath={}\n{own}", dir.display())).unwrap();
        Some(Notmuch { config, index: dir.join(".notmuch") })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("notmuch");
        command.env("NOTMUCH_CONFIG", &self.config).args(args).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Alone, and with readers.
    fn measure(&self, questions: u64) -> (Spent, (Spent, Vec<(u64, Duration)>)) {
        let ask = |random: &mut Random, kind: u64| {
            let id = format!("id:{}@*", random.below(1000));
            let word = WORDS[random.below(WORDS.len() as u64) as usize];
            let args = match kind {
                0 => vec!["show", "--body=true", &id],
                1 => vec!["search", "--limit=10", word],
                2 => vec!["search", "--limit=20", "*"],
                3 => vec!["count", "*"],
                _ => vec!["search", "--output=messages", "--limit=100", "*"],
            };
            self.index.exists() && self.command(&args).status().is_ok_and(|status| status.success())
        };
        let new = || self.command(&["new", "--quiet", "--no-hooks"]).spawn().unwrap();
        let alone = child(new(), None, &ask).0;
        std::fs::remove_dir_all(&self.index).unwrap();
        (alone, child(new(), Some(questions), &ask))
    }
}

const KINDS: [&str; 5] = ["show", "search", "newest 20", "count", "100 articles"];

fn write(corpus: &Corpus, count: u64, file: &PathBuf) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    for from in (0..count).step_by(1000) {
        let lines: Vec<String> = (from..(from + 1000).min(count))
            .into_par_iter()
            .map(|number| {
                let draft = corpus.draft(number, count);
                let of = draft.provenance;
                serde_json::json!({"title": draft.headline, "text": draft.body, "source": of.source, "url": of.url,
                    "date": of.published.map(|published| published.to_string()), "language": "en"})
                .to_string()
            })
            .collect();
        lines.iter().for_each(|line| writeln!(out, "{line}").unwrap());
    }
    out.flush().unwrap();
}

fn wait_for(path: &Path) {
    while !path.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a process spends, and how long each question took that was asked meanwhile.
fn child(
    mut child: Child,
    questions: Option<u64>,
    ask: &(dyn Fn(&mut Random, u64) -> bool + Sync),
) -> (Spent, Vec<(u64, Duration)>) {
    let (before, began) = (cpu(UsageWho::RUSAGE_CHILDREN), Instant::now());
    let done = AtomicBool::new(false);
    let mut spent = Spent::default();
    let times = std::thread::scope(|scope| {
        let done = &done;
        let asking = questions.map(|questions| scope.spawn(move || ask_all(questions, done, ask)));
        child.wait().unwrap();
        spent.wall = began.elapsed();
        done.store(true, Ordering::Relaxed);
        asking.map_or(Vec::new(), |asking| asking.join().unwrap())
    });
    spent.cpu = cpu(UsageWho::RUSAGE_CHILDREN) - before;
    (spent, times)
}

/// Asks so many questions at the most, as long as it is not done, by all readers together.
fn ask_all(
    questions: u64,
    done: &AtomicBool,
    ask: &(dyn Fn(&mut Random, u64) -> bool + Sync),
) -> Vec<(u64, Duration)> {
    let (asked, times) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for reader in 0..READERS {
            let (asked, times) = (&asked, &times);
            scope.spawn(move || {
                let mut random = Random::new(reader);
                while !done.load(Ordering::Relaxed) {
                    let number = asked.fetch_add(1, Ordering::Relaxed);
                    if number >= questions {
                        break;
                    }
                    let (kind, began) = (number % KINDS.len() as u64, Instant::now());
                    if ask(&mut random, kind) {
                        times.lock().unwrap().push((kind, began.elapsed()));
                    }
                    // People and scripts do something with what they hear.
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
        }
    });
    times.into_inner().unwrap()
}

/// One kind of question, by one reader, warm.
fn alone(times: u64, ask: &(dyn Fn(&mut Random, u64) -> bool + Sync), kind: u64) -> Vec<Duration> {
    let mut random = Random::new(7);
    for _ in 0..20 {
        ask(&mut random, kind);
    }
    let mut took = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        if ask(&mut random, kind) {
            took.push(began.elapsed());
        }
    }
    took
}

/// Asks the holder; whether it is there yet.
fn pressmark(archive: &Path, random: &mut Random, kind: u64) -> bool {
    let options = Open { wait: Duration::from_secs(30), ..Open::default() };
    if !archive.join("socket").exists() {
        return false;
    }
    let Ok(archive) = Archive::open(archive, &options) else { return false };
    let session = archive.session().unwrap();
    if session.facts().articles == 0 {
        return false;
    }
    let row = || Want::Rows { digits: false, snippets: false };
    let ask = |query: Query, want: Want| -> usize {
        session
            .answer(&Request::new(query, want))
            .unwrap()
            .map(|piece| usize::from(!matches!(piece.unwrap(), Answer::End(_))))
            .sum()
    };
    let clock = pressmark::Clock::new(pressmark::Timestamp(0));
    match kind {
        0 => {
            // Digits that begin some digest, as a list prints them.
            let digits = format!("{:04x}", random.below(1 << 16));
            let of = |digits: &str| {
                let prefix: Prefix = digits.parse().unwrap();
                let filter = pressmark::Condition::Id(prefix.to_string()).into();
                Query { filter, limit: Some(1), ..Query::default() }
            };
            ask(of(&digits), Want::Documents)
        }
        1 => {
            let word = WORDS[random.below(WORDS.len() as u64) as usize];
            let filter = pressmark::parse(word, &clock, &|_| None).unwrap();
            ask(Query { filter, order: Order::Relevance, limit: Some(10), ..Query::default() }, row())
        }
        2 => ask(Query { limit: Some(20), ..Query::default() }, row()),
        3 => ask(Query::default(), Want::Count),
        _ => session
            .documents(&Query { limit: Some(100), order: Order::Arrival, ..Query::default() })
            .unwrap()
            .count(),
    };
    archive.close().unwrap();
    true
}

const WORDS: [&str; 4] = ["the", "water", "ten", "nation"];

fn sqlite(database: &Path, random: &mut Random, kind: u64) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(connection) = Connection::open_with_flags(database, flags) else { return false };
    connection.busy_timeout(Duration::from_secs(30)).unwrap();
    let text = |sql: &str, parameter: &dyn rusqlite::ToSql| -> rusqlite::Result<usize> {
        let mut select = connection.prepare(sql)?;
        let rows = select.query_map(params![parameter], |row| row.get::<_, String>(0))?;
        rows.map(|row| row.map(|_| 1)).sum()
    };
    let found = match kind {
        0 => {
            let first = [random.below(256) as u8, random.below(256) as u8];
            text("select headline || body from articles where digest >= ? limit 1", &&first[..])
        }
        1 => {
            let word = WORDS[random.below(WORDS.len() as u64) as usize];
            text("select headline from words where words match ? order by rank limit 10", &word)
        }
        2 => text("select headline from articles where published > ? order by published desc limit 20", &0),
        3 => text("select cast(count(*) as text) from articles where id > ?", &0),
        _ => text("select headline || body from articles where id > ? order by id limit 100", &0),
    };
    found.is_ok()
}
