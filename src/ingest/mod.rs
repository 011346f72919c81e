//! Takes inputs in: finds them, cuts them into records, reads drafts from those on all cores, and commits them in order.
//!
//! ```text
//! paths → inputs → records ─┬→ drafts, canonical text, digest ─┬→ in order → batches → Archive::commit
//!          (one thread)     └→ … (a thread a core)            ─┘   (the caller's thread)
//! ```
//! A bad input is a [`Rejection`] and stops nothing else. Memory is bounded by what is between reading and committing,
//! however long the inputs are. The result does not depend on the number of cores.

pub mod inputs;
pub mod json;
pub mod path_pattern;
pub mod records;
pub mod text;

use crate::archive::{Archive, Prepared, Put};
use crate::article::{Draft, Language, Origin, Place, Published, Rejection, Source};
use crate::error::{Error, Result};
use crate::progress::{Counts, Distance, Progress};
use crate::time::{Dated, Timestamp};
use inputs::{Input, describe, whole};
use path_pattern::PathPattern;
use records::{Cut, Record, Records};
use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page as plain text: one article.
    Text,
    /// JSON: an object, several, or an array of them.
    Json,
    /// JSON, an object a line.
    Jsonl,
}

/// What to do about a rejection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// Count it and go on.
    #[default]
    Skip,
    /// End after what came before it is committed.
    Fail,
}

/// When an input that does not say was captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Captured {
    /// Now.
    #[default]
    Now,
    /// At this instant.
    At(Timestamp),
    /// When its file was last modified.
    Modified,
}

/// How to read inputs.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What all inputs are, whatever they look like.
    pub format: Option<Format>,
    /// Names of JSON fields.
    pub mapping: json::Mapping,
    /// What the path of an input says of it.
    pub path_pattern: Option<PathPattern>,
    /// The source, where the input does not say.
    pub source: Option<Source>,
    /// The date, where the input does not say.
    pub published: Option<Dated>,
    /// The URL, where the input does not say.
    pub url: Option<String>,
    /// The language, where the input does not say.
    pub language: Option<Language>,
    /// The time of capture, where the input does not say.
    pub captured: Captured,
    /// What to do about rejections.
    pub on_error: OnError,
    /// Articles a commit; 1,000 if it is 0.
    pub batch_articles: usize,
    /// Whether to find out how many bytes of input there are, for [`Distance::total`].
    pub measure: bool,
}

/// What became of an ingest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What was committed and what was rejected.
    pub counts: Counts,
    /// Why it ended before its inputs did, if it did.
    pub stopped: Option<Stopped>,
}

/// Why an ingest ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It was cancelled; everything up to and with this place is in the archive.
    Cancelled {
        /// The last input that was committed; empty if there was none.
        after: String,
    },
    /// An input was rejected, and [`OnError::Fail`] was asked for.
    Failed,
}

const BATCH_ARTICLES: usize = 1000;
const BATCH_BYTES: usize = 4 << 20;
/// Bytes of records on their way from reading to committing.
const UNDERWAY_BYTES_MAX: usize = 16 << 20;
/// A record that was cut from an input is sent on with its neighbours.
const TASK_BYTES: usize = 512 << 10;
/// Smaller files are read by the workers.
const SMALL_FILE_BYTES: u64 = 1 << 20;

/// Ingests everything that the paths name (`-` is standard input).
pub fn ingest(
    archive: &mut Archive,
    paths: &[PathBuf],
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Summary> {
    let shared = Arc::new(Shared::new(options));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let (to_workers, tasks) = crossbeam_channel::bounded::<(u64, Task)>(workers * 4);
    let (to_writer, done) = crossbeam_channel::bounded::<(u64, Done)>(workers * 4);
    for _ in 0..workers {
        let (shared, tasks, to_writer) = (shared.clone(), tasks.clone(), to_writer.clone());
        std::thread::spawn(move || {
            for (number, task) in tasks {
                if to_writer.send((number, shared.work(task))).is_err() {
                    break;
                }
            }
        });
    }
    drop((tasks, to_writer));
    if options.measure {
        let (shared, paths) = (shared.clone(), paths.to_owned());
        std::thread::spawn(move || {
            for input in inputs::expand(&paths).filter_map(std::result::Result::ok) {
                shared.total.fetch_add(input.bytes, Ordering::Relaxed);
            }
        });
    }
    let (producer, paths) = (shared.clone(), paths.to_owned());
    std::thread::spawn(move || producer.produce(&paths, &to_workers));
    let result = write(archive, &shared, &done, progress);
    // Threads that are still reading find that nobody listens; one that waits for standard input is left behind.
    shared.ended.store(true, Ordering::Relaxed);
    shared.room.notify_all();
    result
}

/// Takes what the workers have done, in order, and commits it.
fn write(
    archive: &mut Archive,
    shared: &Shared,
    done: &crossbeam_channel::Receiver<(u64, Done)>,
    progress: &mut dyn Progress,
) -> Result<Summary> {
    let mut writer = Writer {
        archive,
        shared,
        progress,
        batch: Vec::new(),
        bytes: 0,
        staged: None,
        counts: Counts::default(),
        place: String::new(),
    };
    let mut early = BTreeMap::new();
    let mut next = 0;
    loop {
        if writer.progress.cancelled() {
            return writer.cancelled();
        }
        match done.recv_timeout(Duration::from_millis(50)) {
            Ok((number, task)) => drop(early.insert(number, task)),
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => continue,
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return writer.end(None),
        }
        while let Some(Done { outcomes, bytes }) = early.remove(&next) {
            next += 1;
            writer.counts.bytes += bytes as u64;
            for outcome in outcomes {
                match outcome {
                    Outcome::Ready(ready) => {
                        if writer.is_full() {
                            writer.stage()?;
                            if writer.progress.cancelled() {
                                return writer.cancelled();
                            }
                        }
                        writer.bytes += ready.bytes();
                        writer.batch.push(*ready);
                    }
                    Outcome::Rejected(rejection) => {
                        writer.reject(&rejection)?;
                        if shared.options.on_error == OnError::Fail {
                            return writer.end(Some(Stopped::Failed));
                        }
                    }
                }
            }
            shared.release(bytes);
        }
    }
}

/// Batches on their way into the archive: one is gathered while the one before it is written.
struct Writer<'a> {
    archive: &'a mut Archive,
    shared: &'a Shared,
    progress: &'a mut dyn Progress,
    batch: Vec<Prepared>,
    bytes: usize,
    /// What the batch that is being written brings, and its last input.
    staged: Option<(Counts, String)>,
    /// What is durable, and what was rejected.
    counts: Counts,
    /// The last input that is durable.
    place: String,
}

impl Writer<'_> {
    fn is_full(&self) -> bool {
        let most = self.shared.options.batch_articles;
        self.batch.len() >= if most == 0 { BATCH_ARTICLES } else { most } || self.bytes >= BATCH_BYTES
    }

    /// Gives the batch to the archive; the one before it is durable then.
    fn stage(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        let Some(last) = batch.last() else { return Ok(()) };
        let place = last.provenance().input.clone();
        let noted: Vec<bool> = batch.iter().map(|ready| !ready.provenance().notes.is_empty()).collect();
        let mut brings = Counts::default();
        for (put, noted) in self.archive.stage(batch)?.into_iter().zip(noted) {
            brings.read += 1;
            brings.noted += u64::from(noted && put != Put::Known);
            match put {
                Put::New(_) => brings.new += 1,
                Put::Captured(_) => brings.captured += 1,
                Put::Known => brings.known += 1,
            }
        }
        self.acknowledge();
        self.staged = Some((brings, place));
        Ok(())
    }

    /// Says that the batch that was staged before is durable.
    fn acknowledge(&mut self) {
        let Some((brings, place)) = self.staged.take() else { return };
        self.counts.read += brings.read;
        self.counts.new += brings.new;
        self.counts.captured += brings.captured;
        self.counts.known += brings.known;
        self.counts.noted += brings.noted;
        self.place = place;
        let (done, total) = (&self.shared.consumed, &self.shared.total);
        let distance = Distance { done: done.load(Ordering::Relaxed), total: total.load(Ordering::Relaxed) };
        self.progress.committed(&self.counts, distance, &self.place);
    }

    fn settle(&mut self) -> Result<()> {
        self.archive.settle()?;
        self.acknowledge();
        Ok(())
    }

    fn reject(&mut self, rejection: &Rejection) -> Result<()> {
        self.counts.read += 1;
        self.counts.rejected += 1;
        let path = || rejection.input.clone().into();
        self.progress.rejected(rejection).map_err(|source| Error::Io {
            doing: "write a rejection of",
            path: path(),
            source,
        })
    }

    /// Ends with everything that was gathered.
    fn end(mut self, stopped: Option<Stopped>) -> Result<Summary> {
        self.stage()?;
        self.settle()?;
        Ok(Summary { counts: self.counts, stopped })
    }

    /// Ends with the commit that is under way.
    fn cancelled(mut self) -> Result<Summary> {
        self.settle()?;
        Ok(Summary { counts: self.counts, stopped: Some(Stopped::Cancelled { after: self.place }) })
    }
}

/// Something for a worker.
enum Task {
    /// Small inputs, not opened yet.
    Inputs(Vec<Input>),
    /// Records of a long one.
    Records(Arc<Opened>, Vec<Record>),
    /// What went wrong on the way.
    Rejected(Rejection),
}

impl Task {
    /// The inputs that it is about.
    fn names(&self) -> Vec<Arc<str>> {
        match self {
            Task::Inputs(inputs) => inputs.iter().map(|input| input.name.clone()).collect(),
            Task::Records(source, _) => vec![source.name.clone()],
            Task::Rejected(rejection) => vec![rejection.input.as_str().into()],
        }
    }

    /// Bytes that it keeps from being read elsewhere.
    fn bytes(&self) -> usize {
        match self {
            Task::Inputs(inputs) => inputs.iter().map(|input| input.bytes as usize).sum(),
            Task::Records(_, records) => records.iter().map(|record| record.bytes.len()).sum(),
            Task::Rejected(rejection) => rejection.raw.len(),
        }
    }
}

/// What became of a task.
struct Done {
    outcomes: Vec<Outcome>,
    bytes: usize,
}

enum Outcome {
    Ready(Box<Prepared>),
    Rejected(Rejection),
}

/// The records of an input, wherever it comes from.
type AllRecords = Records<Box<dyn BufRead + Send>>;

/// An input that was opened, and what its path and file say.
struct Opened {
    name: Arc<str>,
    format: Format,
    said: path_pattern::Said,
    captured: Option<Timestamp>,
}

struct Shared {
    options: Options,
    now: Timestamp,
    consumed: Arc<AtomicU64>,
    total: AtomicU64,
    underway: Mutex<usize>,
    room: Condvar,
    ended: AtomicBool,
}

impl Shared {
    fn new(options: &Options) -> Shared {
        Shared {
            options: options.clone(),
            now: Timestamp::now(),
            consumed: Arc::default(),
            total: AtomicU64::new(0),
            underway: Mutex::new(0),
            room: Condvar::new(),
            ended: AtomicBool::new(false),
        }
    }

    /// Waits until there is room for so many bytes; `false` when nobody wants them any more.
    fn reserve(&self, bytes: usize) -> bool {
        let mut underway = self.underway.lock().unwrap_or_else(PoisonError::into_inner);
        while *underway > 0 && *underway + bytes > UNDERWAY_BYTES_MAX {
            if self.ended.load(Ordering::Relaxed) {
                return false;
            }
            underway = self
                .room
                .wait_timeout(underway, Duration::from_millis(100))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *underway += bytes;
        !self.ended.load(Ordering::Relaxed)
    }

    fn release(&self, bytes: usize) {
        let mut underway = self.underway.lock().unwrap_or_else(PoisonError::into_inner);
        *underway = underway.saturating_sub(bytes);
        self.room.notify_all();
    }

    /// Finds inputs and gives out the work, in order.
    fn produce(&self, paths: &[PathBuf], tasks: &crossbeam_channel::Sender<(u64, Task)>) {
        let mut number = 0;
        let mut send = |task: Task, bytes: usize| {
            let wanted = self.reserve(bytes) && tasks.send((number, task)).is_ok();
            number += 1;
            wanted
        };
        let mut small: (Vec<Input>, usize) = Default::default();
        for input in inputs::expand(paths) {
            match input {
                Ok(input)
                    if input.path.is_some()
                        && input.bytes < SMALL_FILE_BYTES
                        && is_regular(&input)
                        && !is_packed(&input) =>
                {
                    small.1 += input.bytes as usize;
                    small.0.push(input);
                    if small.1 < TASK_BYTES && small.0.len() < 64 {
                        continue;
                    }
                    let (inputs, bytes) = std::mem::take(&mut small);
                    if !send(Task::Inputs(inputs), bytes) {
                        return;
                    }
                }
                other => {
                    let (inputs, bytes) = std::mem::take(&mut small);
                    if !inputs.is_empty() && !send(Task::Inputs(inputs), bytes) {
                        return;
                    }
                    let wanted = match other {
                        Ok(input) => self.produce_records(&input, &mut send),
                        Err(rejection) => send(Task::Rejected(rejection), 0),
                    };
                    if !wanted {
                        return;
                    }
                }
            }
        }
        if !small.0.is_empty() {
            send(Task::Inputs(small.0), small.1);
        }
    }

    fn produce_records(&self, input: &Input, send: &mut dyn FnMut(Task, usize) -> bool) -> bool {
        let (source, records) = match self.open(input) {
            Ok(opened) => opened,
            Err(rejection) => {
                let bytes = rejection.raw.len();
                return send(Task::Rejected(*rejection), bytes);
            }
        };
        let source = Arc::new(source);
        let mut task = Vec::new();
        let mut bytes = 0;
        for record in records {
            let record = match record {
                Ok(record) => record,
                Err(e) => {
                    let wanted = task.is_empty()
                        || send(Task::Records(source.clone(), std::mem::take(&mut task)), bytes);
                    return wanted && send(Task::Rejected(broken_off(&input.name, &e)), 0);
                }
            };
            bytes += record.bytes.len();
            task.push(record);
            if bytes >= TASK_BYTES {
                if !send(Task::Records(source.clone(), std::mem::take(&mut task)), bytes) {
                    return false;
                }
                bytes = 0;
            }
        }
        task.is_empty() || send(Task::Records(source, task), bytes)
    }

    /// Opens an input and finds out what it is.
    fn open(&self, input: &Input) -> std::result::Result<(Opened, AllRecords), Box<Rejection>> {
        let reject = |reason: String| Box::new(whole(&input.name, reason, Vec::new()));
        let unreadable = |e: std::io::Error| reject(format!("cannot be read: {}", describe(&e)));
        let mut reader = inputs::open(input, &self.consumed).map_err(unreadable)?;
        let head = reader.fill_buf().map_err(unreadable)?;
        let (format, cut) = match detect(&input.name, head, self.options.format) {
            Ok(found) => found,
            Err(reason) => return Err(self.reject_whole(input, reader, reason)),
        };
        let said = match &self.options.path_pattern {
            Some(pattern) => match pattern.read(&input.name) {
                Ok(said) => said,
                Err(reason) => return Err(self.reject_whole(input, reader, reason)),
            },
            None => path_pattern::Said::default(),
        };
        let captured = match (self.options.captured, &input.path) {
            (Captured::At(at), _) => Some(at),
            (Captured::Modified, Some(path)) => modified(path),
            (Captured::Now | Captured::Modified, _) => None,
        };
        Ok((Opened { name: input.name.clone(), format, said, captured }, Records::new(reader, cut)))
    }

    /// Rejects an input with as many of its bytes as a record may have.
    fn reject_whole(&self, input: &Input, reader: impl Read, reason: String) -> Box<Rejection> {
        let mut rejection = whole(&input.name, reason, Vec::new());
        let read = reader.take(records::RECORD_BYTES_MAX as u64).read_to_end(&mut rejection.raw);
        if let Err(e) = read {
            rejection.reason = format!("cannot be read: {}", describe(&e));
        }
        rejection.omitted_bytes = input.bytes.saturating_sub(rejection.raw.len() as u64);
        Box::new(rejection)
    }

    /// A reader that panics costs its task, with a word, and nothing else.
    fn work(&self, task: Task) -> Done {
        let (names, bytes) = (task.names(), task.bytes());
        let read = std::panic::AssertUnwindSafe(|| self.outcomes(task));
        let outcomes = std::panic::catch_unwind(read).unwrap_or_else(|_| {
            let reason = "a defect in pressmark kept it, or a part of it, from being read; please report it";
            let reject = |name: Arc<str>| Outcome::Rejected(whole(&name, reason.to_owned(), Vec::new()));
            names.into_iter().map(reject).collect()
        });
        Done { outcomes, bytes }
    }

    fn outcomes(&self, task: Task) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        match task {
            Task::Rejected(rejection) => outcomes.push(Outcome::Rejected(rejection)),
            Task::Records(source, records) => {
                records.into_iter().for_each(|record| self.read(&source, record, &mut outcomes));
            }
            Task::Inputs(inputs) => {
                for input in inputs {
                    self.read_input(&input, &mut |more| {
                        outcomes.extend(more);
                        true
                    });
                }
            }
        }
        outcomes
    }

    /// Reads an input record by record, until `each` says no; whether it never did.
    fn read_input(&self, input: &Input, each: &mut dyn FnMut(Vec<Outcome>) -> bool) -> bool {
        let (source, records) = match self.open(input) {
            Ok(opened) => opened,
            Err(rejection) => return each(vec![Outcome::Rejected(*rejection)]),
        };
        for record in records {
            let mut outcomes = Vec::new();
            match record {
                Ok(record) => self.read(&source, record, &mut outcomes),
                Err(e) => outcomes.push(Outcome::Rejected(broken_off(&input.name, &e))),
            }
            if !each(outcomes) {
                return false;
            }
        }
        true
    }

    /// Reads the drafts of one record.
    fn read(&self, source: &Opened, record: Record, outcomes: &mut Vec<Outcome>) {
        let drafts = match (record.omitted_bytes, record.broken) {
            (1.., _) => Err(format!("it is longer than {} MiB", records::RECORD_BYTES_MAX >> 20)),
            (0, Some(broken)) => Err(broken.to_owned()),
            (0, None) => match source.format {
                Format::Text => text::draft(&record.bytes).map(|draft| vec![draft]),
                Format::Json | Format::Jsonl => json::drafts(&record.bytes, &self.options.mapping, self.now),
            },
        };
        let prepared = drafts.and_then(|drafts| {
            let prepare = |draft| Prepared::new(self.complete(draft, source, record.place));
            drafts.into_iter().map(prepare).collect::<std::result::Result<Vec<_>, String>>()
        });
        match prepared {
            Ok(prepared) => {
                outcomes.extend(prepared.into_iter().map(|ready| Outcome::Ready(Box::new(ready))))
            }
            Err(reason) => {
                let Record { place, bytes: raw, omitted_bytes, .. } = record;
                outcomes.push(Outcome::Rejected(Rejection {
                    input: source.name.to_string(),
                    place,
                    reason,
                    raw,
                    omitted_bytes,
                }));
            }
        }
    }

    /// Fills in what the input itself does not say: from its path, then from the options.
    fn complete(&self, mut draft: Draft, source: &Opened, place: Place) -> Draft {
        let (options, said) = (&self.options, &source.said);
        let provenance = &mut draft.provenance;
        if provenance.input.is_empty() {
            provenance.input = match place {
                Place::Whole => source.name.to_string(),
                Place::Line(line) => format!("{}:{line}", source.name),
                Place::Record(record) => format!("{}#{record}", source.name),
            };
        }
        let captured = *provenance.captured.get_or_insert(source.captured.unwrap_or(self.now));
        if provenance.published.is_none() {
            let published = said.published.map(|dated| Published::new(dated, Origin::Url, captured));
            let given = || options.published.map(|dated| Published::new(dated, Origin::Given, captured));
            provenance.published = published.or_else(given);
        }
        provenance.url = provenance.url.take().or_else(|| options.url.clone());
        provenance.source =
            provenance.source.take().or_else(|| said.source.clone()).or_else(|| options.source.clone());
        if provenance.source.is_none() {
            provenance.source = provenance.url.as_deref().and_then(Source::of_url);
        }
        draft.language = draft.language.or(said.language).or(options.language);
        draft
    }
}

fn is_regular(input: &Input) -> bool {
    input.path.as_deref().is_some_and(Path::is_file)
}

/// Compressed: what it takes on disk says nothing of what it takes in memory.
fn is_packed(input: &Input) -> bool {
    let name = input.name.to_ascii_lowercase();
    unpacked_name(&name).len() < name.len()
}

/// A name in lower case, without the extension of a compression.
fn unpacked_name(name: &str) -> &str {
    [".gz", ".zst"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(name)
}

fn modified(path: &Path) -> Option<Timestamp> {
    let modified = path.metadata().ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp(since.as_secs() as i64))
}

/// An input that could be read up to some place only.
fn broken_off(name: &str, e: &std::io::Error) -> Rejection {
    whole(name, format!("cannot be read to its end: {}; what came before is kept", describe(e)), Vec::new())
}

/// What an input is: as asked, by its name, or by how it begins. `Err` says why it is nothing that can be read.
fn detect(name: &str, head: &[u8], asked: Option<Format>) -> std::result::Result<(Format, Cut), String> {
    let start = head.trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let lower = name.to_ascii_lowercase();
    let extension = Path::new(unpacked_name(&lower)).extension().and_then(|extension| extension.to_str());
    let json = || match start.split(|byte| *byte == b'\n').next() {
        // An object that fills its line: more will follow, each on its own.
        Some(line) if line.len() < start.len() && line.starts_with(b"{") && is_json(line) => {
            (Format::Jsonl, Cut::Lines)
        }
        _ => (Format::Json, Cut::Values),
    };
    match (asked, extension) {
        (Some(Format::Text), _) => return Ok((Format::Text, Cut::Whole)),
        (Some(Format::Jsonl), _) | (None, Some("jsonl" | "ndjson")) => {
            return Ok((Format::Jsonl, Cut::Lines));
        }
        (Some(Format::Json), _) | (None, Some("json")) => return Ok(json()),
        _ => {}
    }
    let begins = |with: &[u8]| start.len() >= with.len() && start[..with.len()].eq_ignore_ascii_case(with);
    let unsupported = |what: &str| {
        Err(format!("it is {what}, which this version does not read; plain text, JSON and JSONL can be read"))
    };
    if begins(b"<!doctype") || begins(b"<html") || begins(b"<head") {
        return unsupported("HTML");
    }
    if begins(b"<?xml") || begins(b"<rss") || begins(b"<feed") {
        return unsupported("XML");
    }
    if begins(b"WARC/") {
        return unsupported("a WARC");
    }
    if extension != Some("txt")
        && (start.starts_with(b"{")
            || start.strip_prefix(b"[").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"{")))
    {
        return Ok(json());
    }
    Ok((Format::Text, Cut::Whole))
}

fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Reads inputs without an archive: every draft and every rejection, in order, until `each` says no.
pub fn read_drafts(
    paths: &[PathBuf],
    options: &Options,
    each: &mut dyn FnMut(std::result::Result<&Prepared, &Rejection>) -> bool,
) {
    let shared = Shared::new(options);
    let mut tell = |outcomes: Vec<Outcome>| {
        outcomes.into_iter().all(|outcome| match outcome {
            Outcome::Ready(ready) => each(Ok(&ready)),
            Outcome::Rejected(rejection) => each(Err(&rejection)),
        })
    };
    for input in inputs::expand(paths) {
        let go_on = match input {
            Ok(input) => shared.read_input(&input, &mut tell),
            Err(rejection) => tell(vec![Outcome::Rejected(rejection)]),
        };
        if !go_on {
            return;
        }
    }
}
