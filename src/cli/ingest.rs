//! `pressmark ingest crawl/ export.jsonl.gz`

use super::args::{Reading, named, skipped, time};
use super::context::{Access, Context};
use super::exit::{Failure, Outcome, Result, refused};
use super::output::advice;
use super::output::terminal::{bytes, clean, grouped};
use indicatif::{ProgressBar, ProgressStyle};
use pressmark::archive::{Met, Sighting};
use pressmark::ingest::{Format, OnError, Options, Seen, Stopped, Summary};
use pressmark::{
    Became, Condition, Counts, Digest, Distance, Place, Progress, Query, Reason, Rejection, Session,
};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Add web pages, feeds, crawls, tables, JSON, mail, text.
///
/// The format is detected from the file name and the first bytes: HTML, WARC and ARC, RSS, Atom and JSON Feed, CSV and TSV, JSON and
/// JSONL, mbox, .eml and MHTML, plain text; tar and zip of any of these; all also compressed (.gz, .zst).
///
/// An article that is already here is not stored twice: a capture is added. Files that are known and unchanged are not opened. An
/// interrupted run is simply started again.
#[derive(clap::Args)]
pub struct Args {
    /// Files, directories, or - for standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Read all inputs as this format [default: detected].
    #[arg(short, long, value_name = "FORMAT", value_parser = named::<Format>())]
    format: Option<Format>,
    #[command(flatten)]
    reading: Reading,
    /// Write rejected inputs to FILE, as JSONL with the raw bytes.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Bad inputs: skip them, or fail and stop.
    #[arg(long, value_name = "WHAT", default_value = "skip", value_parser = named::<OnError>())]
    errors: OnError,
    /// Articles per commit.
    #[arg(long, value_name = "N", default_value_t = 1000, hide = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch: u32,
    /// Keep the original bytes of each article; cat --raw prints them.
    #[arg(long)]
    keep_raw: bool,
    /// Read crawls from the start, even if an earlier run read them.
    #[arg(long)]
    from_start: bool,
    /// Read files that are known and unchanged all the same.
    #[arg(long)]
    checksum: bool,
    /// Only say what would be taken in; no archive is made or changed.
    #[arg(long, conflicts_with_all = ["rejects", "keep_raw"])]
    dry_run: bool,
    /// Make a new archive for a group: as open as your umask makes files; else it is for you alone.
    #[arg(long)]
    shared: bool,
    /// Skip what an earlier run was reading when it died; done unasked after the second time.
    #[arg(long)]
    skip_fatal: bool,
    /// No progress bar.
    #[arg(long)]
    no_progress: bool,
}

impl Args {
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    pub fn reads_stdin(&self) -> bool {
        self.paths.iter().any(|path| path.as_os_str() == "-")
    }
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let mut options = args.reading.options(args.format)?;
    options.on_error = args.errors;
    options.batch_articles = args.batch as usize;
    options.keep_raw = args.keep_raw;
    options.from_start = args.from_start;
    options.checksum = args.checksum;
    options.skip_fatal = args.skip_fatal;
    refuse_missing(&args.paths)?;
    let shown = !args.no_progress && !context.quiet && !context.json;
    let bar = shown && io::stderr().is_terminal();
    options.measure = shown;
    let rejects = args.rejects.as_ref().map(|path| {
        let file = File::create(path).map_err(|e| refused(e, path, "name another file with --rejects"))?;
        Ok::<_, Failure>(BufWriter::new(file))
    });
    let mut watcher = Watcher {
        json: context.json,
        verbose: context.verbose,
        bar: bar.then(progress_bar),
        lines: shown && !bar,
        next_line: Instant::now() + LINES_APART,
        rejects: rejects.transpose()?,
        interrupted: context.interrupted.clone(),
        shown: Default::default(),
        lines_shown: 0,
        others: BTreeMap::new(),
    };
    if args.dry_run {
        options.time = time();
        let summary = dry_run(context, args, &options, &mut watcher)?;
        watcher.end(context)?;
        return finish(context, &summary, "would read", 0);
    }
    let mut first = 0;
    let summary = context.with_archive(Access::Create, |_, archive| {
        first = archive.session()?.facts().next_seq;
        Ok(archive.hold(|archive| pressmark::ingest::ingest(archive, &args.paths, &options, &mut watcher))?)
    });
    if let Some(bar) = &watcher.bar {
        bar.finish_and_clear();
    }
    let summary = summary?;
    watcher.end(context)?;
    finish(context, &summary, "read", first)
}

/// Says what became of an ingest, whose first capture had this number.
fn finish(context: &mut Context, summary: &Summary, read: &str, first: u64) -> Result<Outcome> {
    let counts = &summary.counts;
    if counts.noted > 0 {
        context.say(&format!(
            "{} captures have notes on what was assumed or not understood: pressmark show 'is:noted seq:{first}..'",
            grouped(counts.noted)
        ));
    }
    if let Some(passed) = skipped(&summary.passed).filter(|_| !context.json) {
        context.say(&passed);
    }
    match &summary.stopped {
        Some(Stopped::Cancelled { after }) if after.is_empty() => {
            context.say("interrupted before anything was committed; run the same command again")
        }
        Some(Stopped::Cancelled { after }) => {
            context.say(&format!("interrupted after {}; run the same command again to go on", clean(after)))
        }
        Some(Stopped::Failed) => context.say(
            "ended at the first bad input, as --errors fail asks; what came before it is in the archive",
        ),
        None => {}
    }
    if context.json {
        let mut status = status("summary", counts);
        status["skipped_by_reason"] = summary
            .passed
            .iter()
            .map(|(why, count)| (why.to_string(), (*count).into()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        context.status(&status);
    } else {
        context.say(&said(read, counts));
    }
    Ok(match summary.stopped {
        Some(Stopped::Cancelled { .. }) => Outcome::Interrupted,
        Some(Stopped::Failed) => Outcome::Partial,
        None if counts.rejected > 0 => Outcome::Partial,
        None => Outcome::Done,
    })
}

/// Complains if there is nothing to be read: then no archive is made for it.
fn refuse_missing(paths: &[PathBuf]) -> Result<()> {
    let is_missing = |path: &&PathBuf| {
        path.as_os_str() != "-" && path.symlink_metadata().is_err_and(|e| e.kind() == io::ErrorKind::NotFound)
    };
    let missing: Vec<&PathBuf> = paths.iter().filter(is_missing).collect();
    match missing.as_slice() {
        [first, ..] if missing.len() == paths.len() => {
            let others = if paths.len() > 1 {
                format!(", nor any of the {} others", paths.len() - 1)
            } else {
                String::new()
            };
            let name = first.to_string_lossy();
            Err(Failure::usage(
                &format!("there is no file {}{others}", clean(&name)),
                &clean(&advice::missing(&name)),
            ))
        }
        _ => Ok(()),
    }
}

/// What tells the captures of an article apart, if it is there.
fn sightings(session: Option<&Arc<Session>>, digest: Digest) -> pressmark::Result<Vec<Sighting>> {
    let Some(session) = session else { return Ok(Vec::new()) };
    let query = Query { filter: Condition::Id(digest.to_string()).into(), ..Query::default() };
    match session.documents(&query)?.next().transpose()? {
        Some(found) => Ok(found.check()?.captures.iter().map(Sighting::of_capture).collect()),
        None => Ok(Vec::new()),
    }
}

/// What an ingest would find: which texts are new, and what is rejected.
fn dry_run(context: &mut Context, args: &Args, options: &Options, watcher: &mut Watcher) -> Result<Summary> {
    let mut summary = Summary::default();
    let mut read = |context: &Context, session: Option<&Arc<Session>>| -> Result<()> {
        let (mut failed, mut met) = (Ok(()), HashMap::<Digest, Vec<Sighting>>::new());
        let counts = &mut summary.counts;
        pressmark::ingest::read_drafts(&args.paths, options, &mut |seen| {
            counts.read += 1;
            match seen {
                Seen::Draft(ready) => match sightings(session, ready.digest()) {
                    Ok(known) => {
                        let met = met.entry(ready.digest()).or_insert(known);
                        let (read, corrections) = (ready.provenance(), ready.corrections());
                        match Sighting::meet(met, ready.sighting(), read, corrections, 0) {
                            Met::Other if met.len() == 1 => counts.new += 1,
                            Met::Other => counts.captured += 1,
                            Met::Same { filled, .. } => {
                                counts.known += 1;
                                counts.filled += u64::from(filled);
                            }
                        }
                    }
                    Err(e) => failed = Err(e.into()),
                },
                Seen::Rejected(rejection) => {
                    counts.rejected += 1;
                    failed = watcher.rejected(rejection).map_err(Failure::from);
                }
                Seen::Passed(why) => {
                    counts.passed += 1;
                    *summary.passed.entry(why).or_default() += 1;
                }
            }
            failed.is_ok() && !context.interrupted()
        });
        failed
    };
    if context.dir()?.join("pressmark.toml").exists() {
        context.with_archive(Access::Read, |context, archive| read(context, Some(&archive.session()?)))?;
    } else {
        read(context, None)?;
    }
    if context.interrupted() {
        summary.stopped = Some(Stopped::Cancelled { after: String::new() });
    }
    Ok(summary)
}

fn said(verb: &str, counts: &Counts) -> String {
    let Counts { read, new, captured, known, rejected, passed, removed, data, filled, .. } = *counts;
    let some = |count: u64, what: &str| match count {
        0 => String::new(),
        count => format!(", {} {what}", grouped(count)),
    };
    let more = some(removed, "removed before")
        + &some(data, "originals and saved queries")
        + &some(passed, "skipped");
    let filled = match filled {
        0 => String::new(),
        filled => format!(" ({} of them said more now)", grouped(filled)),
    };
    let [read, new, captured, known, rejected] = [read, new, captured, known, rejected].map(grouped);
    format!(
        "{verb} {read}: {new} new, {captured} new captures, {known} known{filled}, {rejected} rejected{more}"
    )
}

fn status(kind: &str, counts: &Counts) -> serde_json::Value {
    let Counts { read, new, captured, known, rejected, passed, removed, data, noted, bytes, filled } =
        *counts;
    serde_json::json!({"message_type": kind, "read": read, "new": new, "new_captures": captured, "known": known, "filled": filled, "removed": removed, "archive_data": data, "rejected": rejected, "skipped": passed, "noted": noted, "bytes": bytes})
}

fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{spinner} {msg} {wide_bar:.blue/dim} {bytes}/{total_bytes} {elapsed} ({eta} left)",
    );
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// So many rejections are shown; the others are counted by their reasons.
const REJECTIONS_SHOWN: u64 = 10;

/// How often a line says how far it is where there is no terminal for a bar.
const LINES_APART: Duration = Duration::from_secs(30);

struct Watcher {
    json: bool,
    verbose: bool,
    bar: Option<ProgressBar>,
    /// Whether lines say how far it is.
    lines: bool,
    next_line: Instant,
    rejects: Option<BufWriter<File>>,
    interrupted: Arc<AtomicBool>,
    /// The input and kind of the rejection that was shown last, and how many were.
    shown: (String, String),
    lines_shown: u64,
    /// Rejections that were not shown, by why.
    others: BTreeMap<String, u64>,
}

impl Watcher {
    fn print(&self, line: &str) {
        let mut err = io::stderr().lock();
        let print = || drop(writeln!(err, "{line}"));
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => {
                let mut print = print;
                print();
            }
        }
    }

    /// A rejection is shown where it is not one more of the same input and kind, and not too many were.
    fn shows(&mut self, rejection: &Rejection) -> bool {
        if self.verbose {
            return true;
        }
        let this = (rejection.input.clone(), kind_of(&rejection.reason));
        if self.shown == this || self.lines_shown == REJECTIONS_SHOWN {
            return false;
        }
        self.shown = this;
        self.lines_shown += 1;
        true
    }

    /// Makes the rejections durable.
    fn end(&mut self, context: &Context) -> Result<()> {
        if let Some(mut file) = self.rejects.take() {
            file.flush()?;
            file.get_ref().sync_all()?;
        }
        if !self.others.is_empty() {
            let mut others: Vec<(&String, &u64)> = self.others.iter().collect();
            others.sort_by_key(|(why, count)| (std::cmp::Reverse(**count), *why));
            let whys = others.iter().take(5).map(|(why, count)| format!("{} {why}", grouped(**count)));
            let more = if others.len() > 5 { "; …" } else { "" };
            context.note(
                "complaint",
                &format!(
                    "rejected {} more: {}{more} (-v shows them, --rejects FILE writes them)",
                    grouped(self.others.values().sum()),
                    whys.collect::<Vec<_>>().join("; ")
                ),
            );
        }
        Ok(())
    }
}

/// A reason without what it quotes of one input.
fn kind_of(reason: &Reason) -> String {
    let text = advice::reason(reason);
    let text = text.split([':', ';']).next().unwrap_or_default();
    let plain = text.chars().map(|letter| if letter.is_ascii_digit() { '#' } else { letter });
    let mut plain: String = plain.collect();
    while plain.contains("##") {
        plain = plain.replace("##", "#");
    }
    plain
}

impl Progress for Watcher {
    fn committed(&mut self, counts: &Counts, _: Distance, place: &str) {
        if self.json {
            let mut status = status("status", counts);
            status["committed_to"] = place.into();
            self.print(&status.to_string());
        }
    }

    fn underway(&mut self, counts: &Counts, distance: Distance) {
        if let Some(bar) = &self.bar {
            bar.set_length(distance.total.max(distance.done));
            bar.set_position(distance.done);
            let rate = counts.read as f64 / bar.elapsed().as_secs_f64().max(0.001);
            let (read, rate) = (grouped(counts.read), grouped(rate as u64));
            bar.set_message(format!("{read} articles, {} ({rate}/s)", bytes(counts.bytes)));
        } else if self.lines && Instant::now() >= self.next_line {
            self.next_line += LINES_APART;
            let of = if distance.total > distance.done {
                format!(" of {}", bytes(distance.total))
            } else {
                String::new()
            };
            self.print(&format!(
                "pressmark: {} articles, {}{of} so far",
                grouped(counts.read),
                bytes(distance.done)
            ));
        }
    }

    fn file(&mut self, name: &str, became: Became, before: bool) {
        if !self.verbose {
            return;
        }
        let Became { articles, rejected, passed } = became;
        self.print(&if self.json {
            serde_json::json!({"message_type": "file", "input": name, "articles": articles, "rejected": rejected, "skipped": passed, "read_before": before}).to_string()
        } else {
            let before = if before { ", by an earlier run" } else { "" };
            format!("pressmark: {}: {} articles, {} rejected, {} skipped{before}", clean(name), grouped(articles), grouped(rejected), grouped(passed))
        });
    }

    fn died(&mut self, inputs: &[String]) {
        let shown: Vec<String> = inputs.iter().map(|input| clean(input)).collect();
        let text = format!(
            "the last run was ended while it read {}; what ends two runs in a row is left out (--skip-fatal leaves it out now)",
            shown.join(", ")
        );
        self.print(&match self.json {
            true => serde_json::json!({"message_type": "note", "message": text}).to_string(),
            false => format!("pressmark: {text}"),
        });
    }

    fn rejected(&mut self, rejection: &Rejection) -> io::Result<()> {
        if self.json {
            let (line, record) = place(rejection);
            self.print(&serde_json::json!({"message_type": "rejection", "input": rejection.input, "line": line, "record": record, "code": rejection.reason.code(), "reason": advice::reason(&rejection.reason)}).to_string());
        } else if self.shows(rejection) {
            self.print(&format!("rejected {}", advice::rejection(rejection)));
        } else {
            *self.others.entry(kind_of(&rejection.reason)).or_default() += 1;
        }
        match &mut self.rejects {
            None => Ok(()),
            Some(file) => {
                serde_json::to_writer(&mut *file, &rejected(rejection))?;
                file.write_all(b"\n")
            }
        }
    }

    fn cancelled(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

fn place(rejection: &Rejection) -> (Option<u64>, Option<u64>) {
    match rejection.place {
        Place::Whole => (None, None),
        Place::Line(line) => (Some(line), None),
        Place::Record(record) => (None, Some(record)),
    }
}

/// A rejection as it is written down: the raw bytes as text where they are text, else in hexadecimal.
fn rejected(rejection: &Rejection) -> serde_json::Value {
    let (line, record) = place(rejection);
    let mut value = serde_json::json!({"input": rejection.input, "line": line, "record": record, "code": rejection.reason.code(), "reason": advice::reason(&rejection.reason)});
    match std::str::from_utf8(&rejection.raw) {
        Ok(text) => value["raw"] = text.into(),
        Err(_) => {
            value["raw_hex"] =
                rejection.raw.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
        }
    }
    if rejection.omitted_bytes > 0 {
        value["omitted_bytes"] = rejection.omitted_bytes.into();
    }
    value
}
