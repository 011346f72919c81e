//! `pressmark ingest crawl/ export.jsonl.gz`

use super::args::{Reading, named, skipped};
use super::context::{Access, Context};
use super::exit::{Failure, Outcome, Result, refused};
use super::output::advice;
use super::output::terminal::{bytes, clean, grouped};
use indicatif::{ProgressBar, ProgressStyle};
use pressmark::ingest::{Format, OnError, Stopped};
use pressmark::{Counts, Distance, Place, Progress, Rejection};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Add web pages, feeds, crawls, tables, JSON, mail, text.
///
/// The format is detected from the file name and the first bytes: HTML, WARC and ARC, RSS, Atom and JSON Feed, CSV and TSV, JSON and
/// JSONL, mbox, .eml and MHTML, plain text; tar and zip of any of these; all also compressed (.gz, .zst).
///
/// An article that is already here is not stored twice: a capture is added. An interrupted run is simply started again.
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
    /// Skip what an earlier run was reading when it died; done unasked after the second time.
    #[arg(long)]
    skip_fatal: bool,
    /// No progress bar.
    #[arg(long)]
    no_progress: bool,
}

impl Args {
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
    options.skip_fatal = args.skip_fatal;
    let bar = !args.no_progress && !context.json && io::stderr().is_terminal();
    options.measure = bar;
    let rejects = args.rejects.as_ref().map(|path| {
        let file = File::create(path).map_err(|e| refused(e, path, "name another file with --rejects"))?;
        Ok::<_, Failure>(BufWriter::new(file))
    });
    let mut watcher = Watcher {
        json: context.json,
        bar: bar.then(progress_bar),
        rejects: rejects.transpose()?,
        interrupted: context.interrupted.clone(),
        shown: 0,
    };
    let summary = context.with_archive(Access::Create, |_, archive| {
        Ok(pressmark::ingest::ingest(archive, &args.paths, &options, &mut watcher)?)
    });
    if let Some(bar) = &watcher.bar {
        bar.finish_and_clear();
    }
    let summary = summary?;
    watcher.end(context)?;
    let counts = &summary.counts;
    if counts.noted > 0 {
        context.say(&format!(
            "{} captures have notes on what was assumed or not understood: pressmark show prints them",
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
        context.say(&said(counts));
    }
    Ok(match summary.stopped {
        Some(Stopped::Cancelled { .. }) => Outcome::Interrupted,
        Some(Stopped::Failed) => Outcome::Partial,
        None if counts.rejected > 0 => Outcome::Partial,
        None => Outcome::Done,
    })
}

fn said(counts: &Counts) -> String {
    let Counts { read, new, captured, known, rejected, passed, removed, data, .. } = *counts;
    let some = |count: u64, what: &str| match count {
        0 => String::new(),
        count => format!(", {} {what}", grouped(count)),
    };
    let more = some(removed, "removed before")
        + &some(data, "originals and saved queries")
        + &some(passed, "skipped");
    let [read, new, captured, known, rejected] = [read, new, captured, known, rejected].map(grouped);
    format!("read {read}: {new} new, {captured} new captures, {known} known, {rejected} rejected{more}")
}

fn status(kind: &str, counts: &Counts) -> serde_json::Value {
    let Counts { read, new, captured, known, rejected, passed, removed, data, noted, bytes } = *counts;
    serde_json::json!({"message_type": kind, "read": read, "new": new, "new_captures": captured, "known": known, "removed": removed, "archive_data": data, "rejected": rejected, "skipped": passed, "noted": noted, "bytes": bytes})
}

fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{spinner} {msg} {wide_bar:.blue/dim} {bytes}/{total_bytes} {elapsed} ({eta} left)",
    );
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// After so many rejections on a terminal, the rest is counted only.
const REJECTIONS_SHOWN: u64 = 100;

struct Watcher {
    json: bool,
    bar: Option<ProgressBar>,
    rejects: Option<BufWriter<File>>,
    interrupted: Arc<AtomicBool>,
    shown: u64,
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

    /// Makes the rejections durable.
    fn end(&mut self, context: &Context) -> Result<()> {
        if let Some(mut file) = self.rejects.take() {
            file.flush()?;
            file.get_ref().sync_all()?;
        }
        if self.shown > REJECTIONS_SHOWN && !self.json {
            context.say(&format!(
                "{} more rejections were not shown; --rejects FILE writes them all",
                grouped(self.shown - REJECTIONS_SHOWN)
            ));
        }
        Ok(())
    }
}

impl Progress for Watcher {
    fn committed(&mut self, counts: &Counts, distance: Distance, place: &str) {
        if let Some(bar) = &self.bar {
            bar.set_length(distance.total.max(distance.done));
            bar.set_position(distance.done);
            let rate = counts.read as f64 / bar.elapsed().as_secs_f64().max(0.001);
            bar.set_message(format!(
                "{} articles, {} ({}/s)",
                grouped(counts.read),
                bytes(counts.bytes),
                grouped(rate as u64)
            ));
        } else if self.json {
            let mut status = status("status", counts);
            status["committed_to"] = place.into();
            self.print(&status.to_string());
        }
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
        self.shown += 1;
        if self.json {
            let (line, record) = place(rejection);
            self.print(&serde_json::json!({"message_type": "rejection", "input": rejection.input, "line": line, "record": record, "reason": advice::reason(&rejection.reason)}).to_string());
        } else if self.shown <= REJECTIONS_SHOWN {
            self.print(&format!("rejected {}", advice::rejection(rejection)));
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
    let mut value = serde_json::json!({"input": rejection.input, "line": line, "record": record, "reason": advice::reason(&rejection.reason)});
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
