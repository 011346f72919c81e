//! The same work by pressmark and by SQLite, one after the other in one run, printed as ratios.
//!
//!     cargo bench -p benches --bench compare -- 200000 [DIR]
//!     cargo bench -p benches --bench compare -- pages PAGES [DIR]
//!     cargo bench -p benches --bench compare -- records FILE.jsonl [DIR]
//!     cargo bench -p benches --bench compare -- many [ARTICLES] [QUESTIONS]
//!     cargo bench -p benches --bench compare -- recall
//!     cargo bench -p benches --bench compare -- forms DIR [LANGUAGE]
//!
//! `many` asks while articles come, by many readers. The last two count which forms of a word are found by which, over the tables of the tests and over those that
//! `benches/forms/forms.py DIR` writes. The third reads one JSON object a line (title, text, date, source) into
//! both. The second makes a WARC of the HTML pages under PAGES and reads it beside trafilatura in Python, which it installs into
//! an environment of its own in DIR.
//!
//! Both get the same generated articles, a thousand at a time, and make each batch durable: SQLite with WAL and
//! `synchronous=FULL`, one table with the text, a unique digest, indexes on date and on source and date, and an FTS5 index over
//! headline and body (`unicode61`, external content); here the full-text index is part of every archive. The time of
//! generating is not counted; normalising and hashing is, on both sides. Exports and cold lookups are whole processes:
//! the `pressmark` that this build made, and the `sqlite3` shell if there is one.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "../corpus.rs"]
mod corpus;
mod fulltext;
mod many;
mod pages;

use corpus::Corpus;
use nix::sys::resource::{UsageWho, getrusage};
use pressmark::archive::{Archive, Open, Prepared};
use pressmark::model::{Dated, Draft, Language, Origin, Provenance, Published, Source, Timestamp};
use rayon::prelude::*;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BATCH: u64 = 1000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [measuring, program, rest @ ..] = arguments.as_slice()
        && measuring == "measure"
    {
        return measure(program, rest);
    }
    if let [what, pages, ..] = arguments.as_slice()
        && what == "pages"
    {
        let dir =
            arguments.get(2).map_or_else(|| std::env::temp_dir().join("pressmark-pages"), PathBuf::from);
        std::fs::create_dir_all(&dir).unwrap();
        return pages::compare(Path::new(pages), &dir);
    }
    if let [what, file, ..] = arguments.as_slice()
        && matches!(&**what, "records" | "records-sqlite")
    {
        let dir =
            arguments.get(2).map_or_else(|| std::env::temp_dir().join("pressmark-records"), PathBuf::from);
        return if what == "records" { records(file, &dir) } else { records_sqlite(file, &dir) };
    }
    if let [what, dir, rest @ ..] = arguments.as_slice()
        && what == "forms"
    {
        return fulltext::forms(Path::new(dir), rest.first().map(String::as_str));
    }
    if let [what, rest @ ..] = arguments.as_slice()
        && what == "many"
    {
        let number = |at: usize, usual| rest.get(at).map_or(usual, |number: &String| number.parse().unwrap());
        let dir = tempfile::tempdir().unwrap();
        return many::compare(number(0, 50_000), number(1, 10_000), dir.path());
    }
    if arguments.first().is_some_and(|what| what == "recall") {
        return fulltext::recall();
    }
    let Some(count) = arguments.first().and_then(|count| count.parse().ok()) else {
        println!("skipped: say how many articles, as in cargo bench -p benches --bench compare -- 200000");
        return;
    };
    let dir = arguments.get(1).map_or_else(|| std::env::temp_dir().join("pressmark-compare"), PathBuf::from);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let corpus = Corpus::new();
    let (archive, database) = (dir.join("archive"), dir.join("articles.db"));

    let (theirs, text) = ingest_sqlite(&corpus, count, &database);
    let ours = ingest_pressmark(&corpus, count, &archive);
    println!("{count} articles, {:.0} MB of text", text as f64 / 1e6);
    println!("\n| | pressmark | SQLite | ratio |\n|---|---|---|---|");
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    let (ours_wall, theirs_wall) = (rate(ours.wall), rate(theirs.wall));
    row("durable ingest with full text, articles/s", ours_wall, theirs_wall, ours_wall / theirs_wall);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    let (ours, theirs) = (each(ours.cpu), each(theirs.cpu));
    row("&nbsp; CPU of it, µs an article", ours, theirs, ours / theirs);
    let (ours, theirs) = (size(&archive), size(&database));
    println!("| peak memory of this process so far, MiB | {:.0} | | |", peak_mib());
    row("bytes on disk, MB", ours as f64 / 1e6, theirs as f64 / 1e6, ours as f64 / theirs as f64);
    let part = |name: &str| size(&archive.join(name)) as f64 / 1e6;
    println!(
        "| &nbsp; ledger, store, search | {:.0}, {:.0}, {:.0} | | |",
        part("ledger"),
        part("store"),
        part("search")
    );
    println!(
        "| &nbsp; of the text | {:.3} | {:.3} | |",
        ours as f64 / text as f64,
        theirs as f64 / text as f64
    );

    // Warm, in one process each.
    let (ours, theirs) = lookups(&corpus, count, &archive, &database);
    row("one article by digest, warm, µs", ours, theirs, ours / theirs);
    let (ours, theirs) = ranges(&archive, &database);
    row("100 by date and source, warm, µs", ours, theirs, ours / theirs);
    let (ours, theirs) = counts(&archive, &database);
    row("count by month, ms", ours, theirs, ours / theirs);

    fulltext::compare(&corpus, count, &archive, &database);

    // Cold: whole processes.
    let binary = &benches::binary();
    let digest = Prepared::new(corpus.draft(count / 2, count)).unwrap().digest().to_string();
    let archive_flag = ["--archive", archive.to_str().unwrap()];
    let show = process(binary, &[&archive_flag[..], &["show", &digest]].concat());
    let list = process(
        binary,
        &[
            &archive_flag[..],
            &["list", "--limit", "100", "--source", "source-3.com", "--since", "2020", "--until", "2021"],
        ]
        .concat(),
    );
    let export = process(binary, &[&archive_flag[..], &["export"]].concat());
    println!("\n| pressmark, a process | CPU ms | wall ms | peak MiB |\n|---|---|---|---|");
    for (what, run) in [
        ("open and show one", &show),
        ("open and list 100 by date and source", &list),
        ("export everything", &export),
    ] {
        println!(
            "| {what} | {:.1} | {:.1} | {:.0} |",
            run.cpu.as_secs_f64() * 1e3,
            run.wall.as_secs_f64() * 1e3,
            run.peak_mib
        );
    }
    let sqlite = Command::new("sqlite3").arg("-version").output();
    if sqlite.is_ok_and(|output| output.status.success()) {
        let theirs = process("sqlite3", &["-json", database.to_str().unwrap(), "select * from articles"]);
        println!(
            "| sqlite3 -json of everything | {:.1} | {:.1} | {:.0} |",
            theirs.cpu.as_secs_f64() * 1e3,
            theirs.wall.as_secs_f64() * 1e3,
            theirs.peak_mib
        );
        println!(
            "\nexport of everything: {:.1} times as fast as sqlite3 -json (wall)",
            theirs.wall.as_secs_f64() / export.wall.as_secs_f64()
        );
    } else {
        println!("\nthere is no sqlite3 shell here to compare the export with");
    }
    let _ = std::fs::remove_dir_all(&dir);
}

fn row(what: &str, ours: f64, theirs: f64, ratio: f64) {
    println!("| {what} | {ours:.1} | {theirs:.1} | {ratio:.3} |");
}

fn drafts(corpus: &Corpus, from: u64, count: u64) -> Vec<Draft> {
    (from..(from + BATCH).min(count)).into_par_iter().map(|number| corpus.draft(number, count)).collect()
}

/// Batches are prepared on all cores while the one before is committed, as `pressmark ingest` does it.
fn ingest_pressmark(corpus: &Corpus, count: u64, dir: &Path) -> Spent {
    let mut archive = Archive::open(dir, &Open { create: true, ..Open::default() }).unwrap();
    let mut spent = Spent::default();
    let mut ready: Vec<Prepared> = Vec::new();
    for from in (0..count).step_by(BATCH as usize) {
        let drafts = drafts(corpus, from, count);
        let start = Clock::start();
        let waiting = std::mem::take(&mut ready);
        let archive = &mut archive;
        ready = std::thread::scope(|scope| {
            let prepare = || drafts.into_par_iter().map(|draft| Prepared::new(draft).unwrap()).collect();
            let preparing = scope.spawn(prepare);
            archive.stage(waiting).unwrap();
            preparing.join().unwrap()
        });
        start.stop(&mut spent);
    }
    let start = Clock::start();
    archive.commit(ready).unwrap();
    archive.close().unwrap();
    start.stop(&mut spent);
    spent
}

fn ingest_sqlite(corpus: &Corpus, count: u64, path: &Path) -> (Spent, u64) {
    let mut connection = database(path);
    let (mut spent, mut text) = (Spent::default(), 0);
    for from in (0..count).step_by(BATCH as usize) {
        let drafts = drafts(corpus, from, count);
        text += drafts.iter().map(|draft| (draft.headline.len() + draft.body.len()) as u64).sum::<u64>();
        let start = Clock::start();
        let transaction = connection.transaction().unwrap();
        drafts.into_iter().for_each(|draft| insert(&transaction, draft));
        transaction.commit().unwrap();
        start.stop(&mut spent);
    }
    let start = Clock::start();
    connection.close().unwrap();
    start.stop(&mut spent);
    (spent, text)
}

/// A database like the archive: durable commits, the same indexes, full text.
fn database(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    let schema = "create table articles (id integer primary key, digest blob unique, headline text, body text, language text,
        source text, url text, byline text, published integer, captured integer, input text);
        create index by_date on articles (published);
        create index by_source on articles (source, published);
        create virtual table words using fts5(headline, body, content='articles', content_rowid='id');";
    connection.execute_batch(schema).unwrap();
    connection
}

/// Normalises, hashes and inserts one article.
fn insert(transaction: &Connection, draft: Draft) {
    let insert = "insert or ignore into articles (digest, headline, body, language, source, url, byline, published, captured, input)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = transaction.prepare_cached(insert).unwrap();
    let index = "insert into words (rowid, headline, body) values (?, ?, ?)";
    let mut index = transaction.prepare_cached(index).unwrap();
    // What tells the language is no part of their work.
    let language = Language::parse("mis");
    let ready = Prepared::new(Draft { language, ..draft }).unwrap();
    let (digest, article, provenance) = (ready.digest(), ready.article(), ready.provenance());
    let source = provenance.source.as_ref().map(|source| source.as_str());
    let published = provenance.published.map(|published| published.at.0);
    let captured = provenance.captured.map(|captured| captured.0);
    let byline = provenance.byline.join("; ");
    let values = params![
        &digest.0[..],
        article.headline(),
        article.body(),
        language.map(|language| language.to_string()),
        source,
        provenance.url,
        byline,
        published,
        captured,
        provenance.input
    ];
    if insert.execute(values).unwrap() > 0 {
        let id = transaction.last_insert_rowid();
        index.execute(params![id, article.headline(), article.body()]).unwrap();
    }
}

/// One JSON object a line into both, a process each.
fn records(file: &str, dir: &Path) {
    let own = std::env::current_exe().unwrap();
    println!(
        "| {} | CPU s | wall s |\n|---|---|---|",
        Path::new(file).file_name().unwrap().to_string_lossy()
    );
    let print = |name: &str, program: &str, arguments: &[&str]| {
        let _ = std::fs::remove_dir_all(dir);
        std::fs::create_dir_all(dir).unwrap();
        let once = process(program, &[&["once"], arguments].concat());
        println!("| {name} | {:.2} | {:.2} |", once.cpu.as_secs_f64(), once.wall.as_secs_f64());
    };
    let (archive, place) = (dir.join("archive"), dir.to_str().unwrap());
    print("pressmark ingest", &benches::binary(), &["--archive", archive.to_str().unwrap(), "ingest", file]);
    print("SQLite with FTS5", own.to_str().unwrap(), &["records-sqlite", file, place]);
    let _ = std::fs::remove_dir_all(dir);
}

fn records_sqlite(file: &str, dir: &Path) {
    let mut connection = database(&dir.join("articles.db"));
    let lines = std::io::BufRead::lines(std::io::BufReader::new(std::fs::File::open(file).unwrap()));
    let mut lines = lines.map(|line| line.unwrap()).peekable();
    while lines.peek().is_some() {
        let transaction = connection.transaction().unwrap();
        for line in lines.by_ref().take(BATCH as usize) {
            let record: serde_json::Value = serde_json::from_str(&line).unwrap();
            let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
            let published = text("date").get(..10).and_then(Dated::parse);
            let captured = Timestamp(0);
            let provenance = Provenance {
                source: Source::parse(&text("source")),
                published: published.map(|dated| Published::new(dated, Origin::Given, captured)),
                captured: Some(captured),
                ..Provenance::default()
            };
            insert(
                &transaction,
                Draft { headline: text("title"), body: text("text"), provenance, ..Draft::default() },
            );
        }
        transaction.commit().unwrap();
    }
    connection.close().unwrap();
}

/// What work took.
#[derive(Default)]
struct Spent {
    wall: Duration,
    cpu: Duration,
}

/// Measures what this process spends.
struct Clock {
    wall: Instant,
    cpu: Duration,
}

impl Clock {
    fn start() -> Clock {
        Clock { wall: Instant::now(), cpu: cpu(UsageWho::RUSAGE_SELF) }
    }

    fn stop(self, spent: &mut Spent) {
        spent.wall += self.wall.elapsed();
        spent.cpu += cpu(UsageWho::RUSAGE_SELF) - self.cpu;
    }
}

fn cpu(of: UsageWho) -> Duration {
    let usage = getrusage(of).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Duration::from_secs_f64(seconds(usage.user_time()) + seconds(usage.system_time()))
}

/// Microseconds for one article: the mean of a thousand.
fn lookups(corpus: &Corpus, count: u64, archive: &Path, database: &Path) -> (f64, f64) {
    let digests: Vec<_> = (0..1000)
        .into_par_iter()
        .map(|n| Prepared::new(corpus.draft(n * 7919 % count, count)).unwrap().digest())
        .collect();
    let archive = Archive::open(archive, &Open::default()).unwrap();
    let reader = archive.snapshot().unwrap();
    let ours = || {
        digests
            .iter()
            .map(|digest| reader.article(reader.find(digest).unwrap().unwrap()).unwrap().1.body().len())
            .sum::<usize>()
    };
    ours();
    let start = Instant::now();
    let read = ours();
    let ours = start.elapsed();
    let connection = Connection::open(database).unwrap();
    let mut select = connection.prepare("select headline, body from articles where digest = ?").unwrap();
    let mut theirs = || {
        digests
            .iter()
            .map(|digest| select.query_row([&digest.0[..]], |row| row.get::<_, String>(1)).unwrap().len())
            .sum::<usize>()
    };
    theirs();
    let start = Instant::now();
    assert_eq!(theirs(), read);
    (ours.as_secs_f64() * 1e3, start.elapsed().as_secs_f64() * 1e3)
}

/// Microseconds for the newest hundred of one source in two years: the mean of fifty sources.
fn ranges(archive: &Path, database: &Path) -> (f64, f64) {
    use pressmark::model::Period;
    use pressmark::model::Source;
    use pressmark::query::{DateField, Expr, Query};
    let (since, until) = (Period::parse("2020").unwrap().first, Period::parse("2021").unwrap().last);
    let archive = Archive::open(archive, &Open::default()).unwrap();
    let reader = archive.snapshot().unwrap();
    let sources: Vec<String> = (0..50).map(|n| format!("source-{n}.com")).collect();
    let ours = || {
        let mut found = 0;
        for source in &sources {
            let query = Query {
                filter: Expr::sources([Source::parse(source)]).and(Expr::dates(
                    DateField::Published,
                    Some(since),
                    Some(until),
                )),
                limit: Some(100),
                ..Query::default()
            };
            found += reader
                .hits(&query)
                .unwrap()
                .map(|hit| reader.row(hit.unwrap().article).unwrap().headline.len())
                .sum::<usize>();
        }
        found
    };
    ours();
    let start = Instant::now();
    let read = ours();
    let ours = start.elapsed();
    let connection = Connection::open(database).unwrap();
    let select = "select published, source, headline, digest from articles where source = ? and published between ? and ? order by published desc limit 100";
    let mut select = connection.prepare(select).unwrap();
    let mut theirs = || {
        let mut found = 0;
        for source in &sources {
            let rows =
                select.query_map(params![source, since.0, until.0], |row| row.get::<_, String>(2)).unwrap();
            found += rows.map(|headline| headline.unwrap().len()).sum::<usize>();
        }
        found
    };
    theirs();
    let start = Instant::now();
    assert_eq!(theirs(), read);
    (ours.as_secs_f64() * 1e6 / 50.0, start.elapsed().as_secs_f64() * 1e6 / 50.0)
}

/// Milliseconds to count all articles by month.
fn counts(archive: &Path, database: &Path) -> (f64, f64) {
    use pressmark::query::{By, Query};
    let archive = Archive::open(archive, &Open::default()).unwrap();
    let reader = archive.snapshot().unwrap();
    let start = Instant::now();
    let groups = reader.count_by(&Query::default(), &By::Month.into()).unwrap();
    let ours = start.elapsed();
    let connection = Connection::open(database).unwrap();
    let mut select = connection
        .prepare(
            "select strftime('%Y-%m', published, 'unixepoch') month, count(*) from articles group by month",
        )
        .unwrap();
    let start = Instant::now();
    let rows =
        select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)? as u64))).unwrap();
    let theirs: Vec<(String, u64)> = rows.map(Result::unwrap).collect();
    let time = start.elapsed();
    assert_eq!(
        groups.into_iter().map(|group| (group.key[0].clone().unwrap(), group.count)).collect::<Vec<_>>(),
        theirs
    );
    (ours.as_secs_f64() * 1e3, time.as_secs_f64() * 1e3)
}

/// The most memory that this process has held.
fn peak_mib() -> f64 {
    getrusage(UsageWho::RUSAGE_SELF).unwrap().max_rss() as f64 / 1024.0
}

struct Process {
    cpu: Duration,
    wall: Duration,
    peak_mib: f64,
}

/// Means of several runs (more of short ones); the output is read and thrown away. This program starts itself to do it, so
/// that the system counts the memory of a small process and its children, not of one that holds a corpus.
fn process(program: &str, arguments: &[&str]) -> Process {
    let measured = Command::new(std::env::current_exe().unwrap())
        .arg("measure")
        .arg(program)
        .args(arguments)
        .output()
        .unwrap();
    assert!(measured.status.success(), "{}", String::from_utf8_lossy(&measured.stderr));
    let text = String::from_utf8(measured.stdout).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    Process {
        cpu: Duration::from_secs_f64(numbers[0]),
        wall: Duration::from_secs_f64(numbers[1]),
        peak_mib: numbers[2],
    }
}

fn measure(program: &str, arguments: &[String]) {
    let (once, arguments) = match arguments {
        [once, rest @ ..] if once == "once" => (true, rest),
        _ => (false, arguments),
    };
    let runs = match arguments.iter().any(|argument| argument == "export" || argument == "-json") {
        _ if once => 1,
        true => 3,
        false => 20,
    };
    let start = Instant::now();
    for _ in 0..runs {
        let mut child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::io::copy(&mut child.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
        assert!(child.wait().unwrap().success());
    }
    let wall = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = cpu(UsageWho::RUSAGE_CHILDREN).as_secs_f64();
    println!("{} {} {}", cpu / f64::from(runs), wall / f64::from(runs), usage.max_rss() as f64 / 1024.0);
}

fn size(path: &Path) -> u64 {
    let files = walkdir::WalkDir::new(path).into_iter().map(Result::unwrap);
    files
        .map(|entry| entry.metadata().unwrap())
        .filter(|file| file.is_file())
        .map(|file| std::os::unix::fs::MetadataExt::blocks(&file) * 512)
        .sum()
}
