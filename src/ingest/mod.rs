//! Takes inputs in: finds them, cuts them into records, reads drafts from those on all cores, and commits them in order.
//!
//! ```text
//! paths → inputs → records ─┬→ drafts, canonical text, digest ─┬→ in order → batches → Archive::commit
//!          (one thread)     └→ … (a thread a core)            ─┘   (the caller's thread)
//! ```
//! An input is a file, or a member of a tar or a zip; each format has one module that makes drafts of one record. A crawl's
//! record holds a document of another format, and is read as that.
//!
//! A bad input is a [`Rejection`] and stops nothing else. Memory is bounded by what is between reading and committing,
//! however long the inputs are. The result does not depend on the number of cores.

mod again;
mod ahead;
mod checkpoints;
mod containers;
pub mod feed;
#[doc(hidden)]
pub mod fuzz;
mod html;
pub mod inputs;
mod journal;
pub mod json;
pub mod kinds;
pub mod mail;
mod members;
pub mod path_pattern;
pub mod records;
pub mod text;
pub mod warc;

use crate::archive::{Archive, Prepared, Put};
use crate::article::{Draft, Language, Origin, Place, Published, Rejection, Source};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::page;
use crate::progress::{Counts, Distance, Progress};
use crate::raw::Raw;
use crate::time::{Dated, Timestamp};
pub use again::{Reread, reextract};
use checkpoints::{Checkpoint, Checkpoints};
use containers::NoZip;
use inputs::{Budget, Found, Input, describe, whole};
use journal::Journal;
use json::{ArchiveData, SavedQuery};
use members::{Damage, Marks};
use path_pattern::PathPattern;
use records::{Cut, Record, Records};
use std::collections::{BTreeMap, VecDeque};
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
    /// An HTML page: one article.
    Html,
    /// JSON: an object, several, or an array of them.
    Json,
    /// JSON, an object a line.
    Jsonl,
    /// A table with a header: CSV, TSV and their relatives.
    Csv,
    /// RSS, RDF, Atom or JSON Feed: an article an item.
    Feed,
    /// WARC or ARC.
    Warc,
    /// Messages, each after a `From ` line.
    Mbox,
    /// One message, or a page that was saved as MHTML.
    Mail,
    /// A tar of any of these.
    Tar,
    /// A zip of any of these.
    Zip,
}

/// What is known of a document besides its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// Its address.
    pub url: Option<&'a str>,
    /// The charset that whoever sent it named.
    pub charset: Option<&'a str>,
    /// When it was seen, if that is known.
    pub captured: Option<Timestamp>,
    /// Now: stands in for the time of capture where only plausibility is at stake.
    pub now: Timestamp,
    /// Whether to say what was considered.
    pub explain: bool,
    /// Whether a page of which only a headline was found is a draft, with [`Draft::rejected`], instead of an error.
    pub partial: bool,
    /// How much it may be.
    pub limits: Limits,
}

/// How much an input may be before it is refused: against inputs that were made to harm, and mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest record of any kind, in bytes: a line, a message, a WARC record, a whole page.
    pub record_bytes: usize,
    /// The longest HTML page that is parsed, in bytes.
    pub page_bytes: usize,
    /// How many times its size a compressed input may unpack to, once it is more than a few MiB.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { record_bytes: 64 << 20, page_bytes: 32 << 20, ratio: 200 }
    }
}

/// Which records of a crawl are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those whose URL begins with one of these; all if there are none.
    pub url_prefixes: Vec<String>,
    /// Those of one of these domains or of a host in it; all if there are none.
    pub domains: Vec<String>,
    /// Those with one of these HTTP statuses; 200 to 299 if there are none.
    pub statuses: Vec<u16>,
    /// Also pages that are no articles: front pages, indexes, forms.
    pub all_pages: bool,
}

impl Wanted {
    fn url(&self, url: &str) -> bool {
        let prefixed = self.url_prefixes.is_empty()
            || self.url_prefixes.iter().any(|prefix| url.starts_with(prefix.as_str()));
        let host = || {
            url::Url::parse(url)
                .ok()
                .and_then(|url| url.host_str().map(str::to_ascii_lowercase))
                .unwrap_or_default()
        };
        prefixed
            && (self.domains.is_empty() || {
                let host = host();
                self.domains.iter().any(|domain| {
                    host == *domain
                        || host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
                })
            })
    }

    fn status(&self, status: u16) -> bool {
        if self.statuses.is_empty() { (200..300).contains(&status) } else { self.statuses.contains(&status) }
    }
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
    /// Which records of a crawl are taken.
    pub wanted: Wanted,
    /// How much an input may be.
    pub limits: Limits,
    /// Whether drafts say what was considered for them.
    pub explain: bool,
    /// Whether pages of which only a headline was found are drafts: to look at, not to ingest.
    pub partial: bool,
    /// Whether the bytes that drafts are read from are kept.
    pub keep_raw: bool,
    /// Whether crawls are read from their start that an earlier run has read already.
    pub from_start: bool,
    /// Whether links in directories are followed that lead out of them.
    pub follow: bool,
    /// Whether what was being read when an earlier run died is left out.
    pub skip_fatal: bool,
    /// Whether to find out how many bytes of input there are, for [`Distance::total`].
    pub measure: bool,
}

/// What became of an ingest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What was committed and what was rejected.
    pub counts: Counts,
    /// What was passed over, by why.
    pub passed: BTreeMap<&'static str, u64>,
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

const READ_BEFORE: &str = "read by an earlier run";
const REJECTED_BEFORE: &str = "rejected by an earlier run";
/// How far apart in a crawl's file the places are that are written down.
const CHECKPOINT_BYTES: u64 = 4 << 20;
const BATCH_ARTICLES: usize = 1000;
const BATCH_BYTES: usize = 4 << 20;
/// What is said of an input that a reader fell over.
const DEFECT: &str = "a defect in pressmark kept it, or a part of it, from being read; please report it";
/// What is said of a record that ended the process.
const FATAL: &str = "pressmark ended while it read this, again and again; it is left out now (--from-start tries it again); please report it";
/// Of a reason so many bytes are told.
const REASON_BYTES_MAX: usize = 1000;
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
    let dir = archive.dir().to_owned();
    let reader = archive.reader()?;
    let checkpoints =
        Checkpoints::open(&dir, options, &|digest| reader.find(digest).is_ok_and(|found| found.is_some()));
    let journal = Journal::begin(&dir, options.skip_fatal, options.from_start)?;
    if !journal.suspects.is_empty() {
        progress.died(&journal.suspects);
    }
    let shared = Shared { checkpoints: Some(checkpoints), journal: Some(journal), ..Shared::new(options) };
    let shared = Arc::new(shared);
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
            for found in inputs::expand(&paths, shared.options.follow) {
                let Found::Input(input) = found else { continue };
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
    let ended = shared.journal.as_ref().map_or(Ok(()), Journal::end);
    result.and_then(|summary| ended.map(|()| summary))
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
        originals: Vec::new(),
        staged: None,
        mark: None,
        counts: Counts::default(),
        passed: BTreeMap::new(),
        place: String::new(),
        last: None,
        rejected: Default::default(),
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
                    Outcome::Original(raw) => writer.original(raw)?,
                    Outcome::Query(rejection, query) => {
                        let is_rejected = writer.query(rejection, query)?;
                        if is_rejected && shared.options.on_error == OnError::Fail {
                            return writer.end(Some(Stopped::Failed));
                        }
                    }
                    Outcome::Passed(why) => writer.pass(why, 1),
                    Outcome::Mark(mark) => writer.mark(mark),
                    Outcome::Before(before) => {
                        writer.pass(READ_BEFORE, before.records - before.rejected);
                        writer.pass(REJECTED_BEFORE, before.rejected);
                    }
                    Outcome::Rejected(rejection) => {
                        writer.reject(rejection)?;
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
    /// Originals that came by themselves.
    originals: Vec<Raw>,
    /// The batch that is being written.
    staged: Option<Staged>,
    /// How far the batch that is being gathered reaches into a crawl.
    mark: Option<Mark>,
    /// What is durable, and what was rejected.
    counts: Counts,
    passed: BTreeMap<&'static str, u64>,
    /// The last input that is durable.
    place: String,
    /// An article that is durable, the last new one if there was any.
    last: Option<Digest>,
    /// The input of the last rejection, and how many of its records were rejected.
    rejected: (String, u64),
}

/// A batch that is being written.
struct Staged {
    /// What it brings.
    brings: Counts,
    /// Its last input.
    place: String,
    /// An article of it, the last new one if there was any, and whether it is new.
    last: (Digest, bool),
    /// How far it reaches into a crawl.
    mark: Option<Mark>,
}

impl Writer<'_> {
    fn pass(&mut self, why: &'static str, records: u64) {
        if records > 0 {
            self.counts.read += records;
            self.counts.passed += records;
            *self.passed.entry(why).or_default() += records;
        }
    }

    /// Takes note of how far a crawl was read; it is written down when everything before it is durable.
    fn mark(&mut self, mut mark: Mark) {
        if *self.rejected.0 == *mark.name {
            mark.checkpoint.rejected += self.rejected.1;
        }
        match &mut self.staged {
            _ if !self.batch.is_empty() => self.mark = Some(mark),
            Some(staged) => staged.mark = Some(mark),
            None => self.keep(Some(mark)),
        }
    }

    fn keep(&self, mark: Option<Mark>) {
        if let (Some(mark), Some(checkpoints)) = (mark, &self.shared.checkpoints) {
            let article = self.last.map(|digest| digest.to_string());
            // Without it the crawl is read again, and nothing else.
            let _ = checkpoints.keep(&mark.path, Checkpoint { article, ..mark.checkpoint });
        }
    }

    fn is_full(&self) -> bool {
        let most = self.shared.options.batch_articles;
        self.batch.len() >= if most == 0 { BATCH_ARTICLES } else { most } || self.bytes >= BATCH_BYTES
    }

    /// Keeps an original until those that name it come.
    fn original(&mut self, raw: Raw) -> Result<()> {
        self.bytes += raw.packed_bytes();
        self.originals.push(raw);
        if self.is_full() { self.stage() } else { Ok(()) }
    }

    /// Saves a query, unless another has its name: whether that was so.
    fn query(&mut self, mut rejection: Rejection, SavedQuery { name, query }: SavedQuery) -> Result<bool> {
        let known = self.archive.reader()?.queries().remove(&name);
        match known {
            Some(known) if known != query => {
                rejection.reason = format!("another query is saved as {name}: {known}");
                return self.reject(rejection).map(|()| true);
            }
            Some(_) => {}
            None => self.archive.save_query(&name, Some(&query))?,
        }
        self.counts.read += 1;
        self.counts.data += 1;
        Ok(false)
    }

    /// Gives the batch to the archive; the one before it is durable then.
    fn stage(&mut self) -> Result<()> {
        let originals = std::mem::take(&mut self.originals);
        self.archive.raws().keep(originals.iter())?;
        self.counts.read += originals.len() as u64;
        self.counts.data += originals.len() as u64;
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        let Some(last) = batch.last() else { return Ok(()) };
        let place = last.provenance().input.clone();
        let noted: Vec<bool> = batch.iter().map(|ready| !ready.provenance().notes.is_empty()).collect();
        let mut brings = Counts::default();
        let mut latest = (last.digest(), false);
        let digests: Vec<Digest> = batch.iter().map(Prepared::digest).collect();
        for ((put, noted), digest) in self.archive.stage(batch)?.into_iter().zip(noted).zip(digests) {
            brings.read += 1;
            brings.noted += u64::from(noted && matches!(put, Put::New(_) | Put::Captured(_)));
            match put {
                Put::New(_) => {
                    brings.new += 1;
                    latest = (digest, true);
                }
                Put::Captured(_) => brings.captured += 1,
                Put::Known => brings.known += 1,
                Put::Removed => brings.removed += 1,
            }
        }
        self.acknowledge();
        let mark = self.mark.take();
        self.staged = Some(Staged { brings, place, last: latest, mark });
        Ok(())
    }

    /// Says that the batch that was staged before is durable.
    fn acknowledge(&mut self) {
        let Some(Staged { brings, place, last: (last, new), mark }) = self.staged.take() else { return };
        self.counts.read += brings.read;
        self.counts.new += brings.new;
        self.counts.captured += brings.captured;
        self.counts.known += brings.known;
        self.counts.removed += brings.removed;
        self.counts.noted += brings.noted;
        self.place = place;
        if new || self.last.is_none() {
            self.last = Some(last);
        }
        self.keep(mark);
        let (done, total) = (&self.shared.consumed, &self.shared.total);
        let distance = Distance { done: done.load(Ordering::Relaxed), total: total.load(Ordering::Relaxed) };
        self.progress.committed(&self.counts, distance, &self.place);
    }

    fn settle(&mut self) -> Result<()> {
        self.archive.settle()?;
        self.acknowledge();
        Ok(())
    }

    fn reject(&mut self, mut rejection: Rejection) -> Result<()> {
        // What it quotes of the input may be as long as that.
        if rejection.reason.len() > REASON_BYTES_MAX {
            let end = rejection.reason.floor_char_boundary(REASON_BYTES_MAX);
            rejection.reason.truncate(end);
            rejection.reason.push('…');
        }
        self.counts.read += 1;
        self.counts.rejected += 1;
        if self.rejected.0 != rejection.input {
            self.rejected = (rejection.input.clone(), 0);
        }
        self.rejected.1 += 1;
        let path = || rejection.input.clone().into();
        self.progress.rejected(&rejection).map_err(|source| Error::Io {
            doing: "write a rejection of",
            path: path(),
            source,
        })
    }

    /// Ends with everything that was gathered.
    fn end(mut self, stopped: Option<Stopped>) -> Result<Summary> {
        self.stage()?;
        self.settle()?;
        Ok(Summary { counts: self.counts, passed: self.passed, stopped })
    }

    /// Ends with the commit that is under way.
    fn cancelled(mut self) -> Result<Summary> {
        self.settle()?;
        let stopped = Some(Stopped::Cancelled { after: self.place });
        Ok(Summary { counts: self.counts, passed: self.passed, stopped })
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
    /// What is no input, and why.
    Passed(&'static str),
    /// How far a crawl was read.
    Mark(Mark),
    /// What an earlier run read of a crawl.
    Before(Checkpoint),
}

/// How far a crawl was read.
struct Mark {
    name: Arc<str>,
    path: Arc<Path>,
    checkpoint: Checkpoint,
}

/// A file that is read, not something in one.
struct OnDisk {
    path: Arc<Path>,
    marks: Marks,
    /// How far it was read before.
    before: Checkpoint,
}

impl Task {
    /// Bytes that it keeps from being read elsewhere.
    fn bytes(&self) -> usize {
        match self {
            Task::Inputs(inputs) => inputs.iter().map(|input| input.bytes as usize).sum(),
            Task::Records(_, records) => records.iter().map(|record| record.bytes.len()).sum(),
            Task::Rejected(rejection) => rejection.raw.len(),
            Task::Passed(_) | Task::Mark(_) | Task::Before(_) => 0,
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
    /// An original, which captures after it name.
    Original(Raw),
    /// A query that was saved.
    Query(Rejection, SavedQuery),
    Rejected(Rejection),
    /// Nothing that anybody wants: why.
    Passed(&'static str),
    Mark(Mark),
    Before(Checkpoint),
}

/// An input that was opened, and what its path and file say.
struct Opened {
    name: Arc<str>,
    format: Format,
    delimiter: u8,
    /// The charset of a table that is not UTF-8.
    charset: Option<&'static str>,
    said: path_pattern::Said,
    captured: Option<Timestamp>,
}

/// Where an input is among others.
#[derive(Clone, Copy)]
struct Nesting<'b> {
    /// In how many others.
    depth: usize,
    /// Whether the user named it.
    named: bool,
    /// How much may come out of the one that is a file.
    budget: &'b Budget,
}

/// Takes what is found in an input, in order; each method says whether to go on.
trait Sink {
    fn record(&mut self, source: &Arc<Opened>, record: Record) -> bool;
    fn rejected(&mut self, rejection: Rejection) -> bool;
    /// What is nothing that can be read, and was not asked for by name: why.
    fn passed(&mut self, why: &'static str) -> bool;
    /// Hears how far a crawl was read.
    fn mark(&mut self, mark: Mark) -> bool;
    /// Hears what an earlier run read of it.
    fn before(&mut self, before: &Checkpoint) -> bool;
}

struct Shared {
    options: Options,
    now: Timestamp,
    consumed: Arc<AtomicU64>,
    total: AtomicU64,
    underway: Mutex<usize>,
    room: Condvar,
    ended: AtomicBool,
    checkpoints: Option<Checkpoints>,
    journal: Option<Journal>,
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
            checkpoints: None,
            journal: None,
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
        for found in inputs::expand(paths, self.options.follow) {
            match found {
                Found::Input(input)
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
                        Found::Input(input) => self.produce_records(&input, &mut send),
                        Found::Rejected(rejection) => send(Task::Rejected(rejection), 0),
                        Found::Passed(why) => send(Task::Passed(why), 0),
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
        let mut sink = Batches { send, source: None, records: Vec::new(), bytes: 0 };
        self.visit_input(input, &mut sink) && sink.flush()
    }

    /// Opens an input and gives its records to a sink; whether the sink wants more. A defect costs the input, not the others.
    fn visit_input(&self, input: &Input, sink: &mut dyn Sink) -> bool {
        let visit = std::panic::AssertUnwindSafe(|| self.visit_opened(input, &mut *sink));
        std::panic::catch_unwind(visit)
            .unwrap_or_else(|_| sink.rejected(whole(&input.name, DEFECT.to_owned(), Vec::new())))
    }

    fn visit_opened(&self, input: &Input, sink: &mut dyn Sink) -> bool {
        let captured = match (self.options.captured, &input.path) {
            (Captured::At(at), _) => Some(at),
            (Captured::Modified, Some(path)) => modified(path),
            (Captured::Now | Captured::Modified, _) => None,
        };
        let file = input.path.as_deref().filter(|path| path.is_file());
        let before = file.and_then(|path| self.checkpoints.as_ref()?.find(path)).unwrap_or_default();
        let budget = Budget::new(input, self.options.limits.ratio, &self.consumed);
        match inputs::open(input, &self.consumed, self.options.limits.ratio, before.offset) {
            Ok((reader, marks)) => {
                let file = file.map(|path| OnDisk { path: path.into(), marks, before });
                let nesting = Nesting { depth: 0, named: input.named, budget: &budget };
                self.visit(&input.name, reader, file.as_ref(), captured, nesting, sink)
            }
            Err(e) => {
                sink.rejected(whole(&input.name, format!("cannot be read: {}", describe(&e)), Vec::new()))
            }
        }
    }

    /// Finds out what an input is, and gives its records to a sink, or those of what is in it.
    fn visit(
        &self,
        name: &Arc<str>,
        reader: Box<dyn BufRead + '_>,
        file: Option<&OnDisk>,
        captured: Option<Timestamp>,
        nesting: Nesting<'_>,
        sink: &mut dyn Sink,
    ) -> bool {
        let Nesting { depth, named, budget } = nesting;
        let inside = Nesting { depth: depth + 1, named: false, budget };
        let (head, mut reader) = match inputs::peek(reader) {
            Ok(peeked) => peeked,
            Err(e) => {
                return sink.rejected(whole(name, format!("cannot be read: {}", describe(&e)), Vec::new()));
            }
        };
        let charset = match std::str::from_utf8(&head) {
            Err(e) if e.error_len().is_some() => Some(crate::decode::decode(&head, None).encoding),
            _ => head
                .contains(&0)
                .then(|| crate::decode::decode(&head, None).encoding)
                .filter(|name| name.starts_with("UTF-16")),
        };
        let resumed = file.map(|file| &file.before).filter(|before| before.offset > 0);
        let asked = match resumed {
            // Only crawls are.
            Some(_) => Some(Format::Warc),
            None => self.options.format.filter(|format| depth == 0 || !format.is_container()),
        };
        let found = detect(name, &head, asked);
        let kind = match &found {
            // What holds other files, and crawls, hold whatever there is.
            Ok((Format::Tar | Format::Zip | Format::Warc, _)) => None,
            // Of messages only the first header is sure to be text.
            Ok((Format::Mail | Format::Mbox, _)) => {
                let end =
                    memchr::memmem::find(&head, b"\n\n").or_else(|| memchr::memmem::find(&head, b"\n\r\n"));
                kinds::of(&head[..end.unwrap_or(head.len())])
            }
            _ => kinds::of(&head),
        };
        if let Some(kind) = kind {
            return if named {
                sink.rejected(*reject_whole(name, reader, kind.reason))
            } else {
                sink.passed(kind.plural)
            };
        }
        let (format, cut) = match found {
            Ok(found) => found,
            Err(reason) => return sink.rejected(*reject_whole(name, reader, reason)),
        };
        if format.is_container() && depth >= containers::DEPTH_MAX {
            let reason = format!(
                "it is an archive in an archive in an archive; {} deep is as far as they are read",
                containers::DEPTH_MAX
            );
            return sink.rejected(whole(name, reason, Vec::new()));
        }
        match format {
            Format::Tar => {
                return containers::tar(
                    name,
                    &mut reader,
                    (self.options.limits.ratio, budget),
                    &mut |name, reader, captured_at| {
                        self.visit(
                            name,
                            reader,
                            None,
                            captured.or(captured_at.filter(|_| self.options.captured == Captured::Modified)),
                            inside,
                            sink,
                        )
                    },
                );
            }
            Format::Zip => {
                let visit = &mut |name: &Arc<str>, reader: Box<dyn BufRead + '_>, _: Option<Timestamp>| {
                    self.visit(name, reader, None, captured, inside, sink)
                };
                let path = file.map(|file| &*file.path);
                let bounds = (self.options.limits.ratio, budget);
                return match containers::zip(name, path, &mut reader, bounds, visit) {
                    Ok(wanted) => wanted,
                    Err(NoZip::Document(kind)) if !named => sink.passed(kind.plural),
                    Err(NoZip::Document(kind)) => sink.rejected(*reject_whole(name, reader, kind.reason)),
                    Err(NoZip::Unreadable(reason)) => sink.rejected(*reject_whole(name, reader, reason)),
                };
            }
            _ => {}
        }
        let said = match self.options.path_pattern.as_ref().map(|pattern| pattern.read(name)) {
            Some(Ok(said)) => said,
            Some(Err(reason)) => return sink.rejected(*reject_whole(name, reader, reason)),
            None => path_pattern::Said::default(),
        };
        // A table's encoding is settled once, not field by field.
        let charset = (format == Format::Csv).then_some(charset).flatten();
        let mut records = Records::new(reader, cut).with_longest(self.options.limits.record_bytes);
        if charset.is_some_and(|charset| charset.starts_with("UTF-16")) {
            let reason = "it is a table in UTF-16; save it as UTF-8, or convert it, for instance with iconv"
                .to_owned();
            return sink.rejected(*reject_whole(name, records.into_inner(), reason));
        }
        let mut source =
            Arc::new(Opened { name: name.clone(), format, delimiter: b',', charset, said, captured });
        let crawl = file.filter(|_| format == Format::Warc);
        let mut damages: VecDeque<Damage> = VecDeque::new();
        let reject_damage =
            |sink: &mut dyn Sink, damage: Damage| sink.rejected(whole(name, damage.what, Vec::new()));
        if let Some(before) = resumed {
            records = records.after(before.records);
            if !sink.before(before) {
                return false;
            }
        }
        let mark = |file: &OnDisk, offset: u64, records: u64, sink: &mut dyn Sink| {
            let checkpoint = Checkpoint { offset, records, ..file.before.clone() };
            sink.mark(Mark { name: name.clone(), path: file.path.clone(), checkpoint })
        };
        let mut marked = file.map_or(0, |file| file.before.offset);
        let mut intact = true;
        while let Some(record) = records.next() {
            let mut record = match record {
                Ok(record) => record,
                Err(e) => return sink.rejected(broken_off(name, &e)),
            };
            damages.extend(crawl.map_or(Vec::new(), |crawl| crawl.marks.damaged()));
            let start = records.start();
            let end = start + record.bytes.len() as u64 + record.omitted_bytes;
            while let Some(damage) = damages.front().filter(|damage| damage.from < end).cloned() {
                damages.pop_front();
                if damage.from <= start && start < damage.to {
                    // What came out of a member that is damaged need not be what was in it.
                    record.broken = Some(damage.what.into());
                    continue;
                }
                if damage.from > start {
                    // What is damaged comes after it, and was taken for its end.
                    record.bytes.truncate((damage.from - start) as usize);
                    record.note = None;
                }
                if !reject_damage(sink, damage) {
                    return false;
                }
            }
            if let Some((file, offset)) =
                crawl.and_then(|file| Some((file, file.marks.offset(records.start())?)))
                && offset >= marked + CHECKPOINT_BYTES
                && let Place::Record(number) = record.place
            {
                marked = offset;
                if !mark(file, offset, number - 1, sink) {
                    return false;
                }
            }
            intact = record.broken.is_none();
            if record.header.is_some() && source.delimiter != records.delimiter() {
                let Opened { name, said, .. } = &*source;
                source = Arc::new(Opened {
                    name: name.clone(),
                    format,
                    delimiter: records.delimiter(),
                    charset,
                    said: said.clone(),
                    captured,
                });
            }
            if !sink.record(&source, record) {
                return false;
            }
        }
        damages.extend(crawl.map_or(Vec::new(), |crawl| crawl.marks.damaged()));
        for damage in damages {
            if !reject_damage(sink, damage) {
                return false;
            }
        }
        // What ends inside of a record may still be growing.
        match crawl.and_then(|file| Some((file, file.marks.offset(records.start())?))) {
            Some((file, offset)) if intact && offset > marked => mark(file, offset, records.number(), sink),
            _ => true,
        }
    }

    fn work(&self, task: Task) -> Done {
        let bytes = task.bytes();
        let done = Done { outcomes: self.outcomes(task), bytes };
        if let Some(journal) = &self.journal {
            journal.leave();
        }
        done
    }

    fn outcomes(&self, task: Task) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        match task {
            Task::Rejected(rejection) => outcomes.push(Outcome::Rejected(rejection)),
            Task::Passed(why) => outcomes.push(Outcome::Passed(why)),
            Task::Mark(mark) => outcomes.push(Outcome::Mark(mark)),
            Task::Before(before) => outcomes.push(Outcome::Before(before)),
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
        self.visit_input(input, &mut AtOnce { shared: self, each })
    }

    /// Reads the drafts of one record. A reader that panics costs the record, with a word, and nothing else.
    fn read(&self, source: &Opened, record: Record, outcomes: &mut Vec<Outcome>) {
        let before = outcomes.len();
        let place = record.place;
        let _reading = match &self.journal {
            None => None,
            Some(journal) => match journal.enter(&named(&source.name, place), &record.bytes) {
                Some(reading) => Some(reading),
                None => {
                    let (input, reason) = (source.name.to_string(), FATAL.to_owned());
                    let Record { bytes: raw, omitted_bytes, .. } = record;
                    let rejection = Rejection { input, place, reason, raw, omitted_bytes };
                    return outcomes.push(Outcome::Rejected(rejection));
                }
            },
        };
        let read = std::panic::AssertUnwindSafe(|| self.read_record(source, record, outcomes));
        if std::panic::catch_unwind(read).is_err() {
            outcomes.truncate(before);
            let reason = DEFECT.to_owned();
            let (input, raw) = (source.name.to_string(), Vec::new());
            outcomes.push(Outcome::Rejected(Rejection { input, place, reason, raw, omitted_bytes: 0 }));
        }
    }

    fn read_record(&self, source: &Opened, record: Record, outcomes: &mut Vec<Outcome>) {
        let rejection = |reason: String, record: Record| {
            let Record { place, bytes: raw, omitted_bytes, .. } = record;
            Rejection { input: source.name.to_string(), place, reason, raw, omitted_bytes }
        };
        let rejected = |reason: String, record: Record| Outcome::Rejected(rejection(reason, record));
        let broken = match (record.omitted_bytes, record.broken.clone()) {
            (1.., _) => Some(format!("it is longer than {} MiB", self.options.limits.record_bytes >> 20)),
            (0, broken) => broken.map(String::from),
        };
        if let Some(reason) = broken {
            return outcomes.push(rejected(reason, record));
        }
        let around = Around {
            url: None,
            charset: None,
            captured: source.captured,
            now: self.now,
            explain: self.options.explain,
            partial: self.options.partial,
            limits: self.options.limits,
        };
        let found = match source.format {
            Format::Warc => self.crawled(&record.bytes, &around),
            Format::Csv => {
                let header = record.header.as_deref().unwrap_or_default();
                records::fields(&record.bytes, source.delimiter, source.charset)
                    .and_then(|fields| json::row(header, &fields, &self.options.mapping, self.now))
                    .map(|mut drafts| {
                        let note = source.charset.map(|charset| format!("read as {charset}, by a guess"));
                        drafts.iter_mut().for_each(|draft| draft.provenance.notes.extend(note.clone()));
                        drafts
                    })
                    .map(Content::Drafts)
            }
            format @ (Format::Json | Format::Jsonl) => match json::archive_data(&record.bytes) {
                Some(data) => data.map(|data| Content::Data(Box::new(data))),
                None => self.document(format, &record.bytes, &around),
            },
            format => self.document(format, &record.bytes, &around),
        };
        let noted = |draft: &mut Draft| draft.provenance.notes.extend(record.note.map(str::to_owned));
        let drafts = match found {
            Ok(Content::Drafts(mut drafts)) => {
                drafts.iter_mut().for_each(noted);
                drafts
            }
            Ok(Content::Items(items)) => {
                for (number, item) in (1..).zip(items) {
                    // An item of a feed in a crawl is found by the crawl's record.
                    let place =
                        if source.format == Format::Warc { record.place } else { Place::Record(number) };
                    let prepared = item.and_then(|draft| Prepared::new(self.complete(draft, source, place)));
                    outcomes.push(match prepared {
                        Ok(ready) => Outcome::Ready(Box::new(ready)),
                        Err(reason) => Outcome::Rejected(Rejection {
                            input: source.name.to_string(),
                            place,
                            reason,
                            raw: Vec::new(),
                            omitted_bytes: 0,
                        }),
                    });
                }
                return;
            }
            Ok(Content::Passed(why)) => return outcomes.push(Outcome::Passed(why)),
            Ok(Content::Data(data)) => {
                return outcomes.push(match *data {
                    ArchiveData::Original(raw) => Outcome::Original(raw),
                    ArchiveData::Query(query) => Outcome::Query(rejection(String::new(), record), query),
                });
            }
            Err(reason) => return outcomes.push(rejected(reason, record)),
        };
        let prepare = |draft| Prepared::new(self.complete(draft, source, record.place));
        match drafts.into_iter().map(prepare).collect::<std::result::Result<Vec<_>, String>>() {
            Ok(prepared) => {
                outcomes.extend(prepared.into_iter().map(|ready| Outcome::Ready(Box::new(ready))))
            }
            Err(reason) => outcomes.push(rejected(reason, record)),
        }
    }

    /// Reads one document of a format that is not cut any further, and keeps its bytes if that is asked for.
    fn document(
        &self,
        format: Format,
        bytes: &[u8],
        around: &Around<'_>,
    ) -> std::result::Result<Content, String> {
        let one = |draft: std::result::Result<Draft, String>| draft.map(|draft| Content::Drafts(vec![draft]));
        let mut found = match format {
            Format::Text => one(text::draft(bytes, around)),
            Format::Html => one(html::draft(bytes, around)),
            Format::Json | Format::Jsonl => {
                json::drafts(bytes, &self.options.mapping, self.now).map(Content::Drafts)
            }
            Format::Feed => feed::drafts(bytes, around).map(Content::Items),
            Format::Mail | Format::Mbox => one(mail::draft(bytes, around)),
            Format::Csv | Format::Warc | Format::Tar | Format::Zip => {
                Err("it cannot stand inside of another record".to_owned())
            }
        }?;
        if self.options.keep_raw {
            let raw = Raw::new(bytes);
            // What was exported names its original, which is not the export.
            let keep = |draft: &mut Draft| {
                if draft.provenance.original.is_none() {
                    again::attach(draft, &raw, format, around.charset);
                }
            };
            match &mut found {
                Content::Drafts(drafts) => drafts.iter_mut().for_each(keep),
                Content::Items(items) => items.iter_mut().flatten().for_each(keep),
                Content::Passed(_) | Content::Data(_) => {}
            }
        }
        Ok(found)
    }

    /// Reads the document in a crawl's record, if it is one that is wanted.
    fn crawled(&self, bytes: &[u8], around: &Around<'_>) -> std::result::Result<Content, String> {
        let head = warc::head(bytes)?;
        let wanted = &self.options.wanted;
        let record = &head;
        match record.kind.as_str() {
            "response" | "resource" | "conversion" => {}
            "revisit" => return Ok(Content::Passed("of a page that was fetched before and had not changed")),
            _ => return Ok(Content::Passed("about the crawl itself")),
        }
        if record.url.as_deref().is_some_and(|url| !wanted.url(url))
            || record.status.is_some_and(|status| !wanted.status(status))
        {
            return Ok(Content::Passed("not asked for by URL or status"));
        }
        if record.url.as_deref().is_some_and(|url| {
            ["dns:", "metadata:", "urn:", "whois:", "filedesc:"].iter().any(|scheme| url.starts_with(scheme))
        }) {
            return Ok(Content::Passed("about the crawl itself"));
        }
        if head.content_type.as_deref().is_some_and(|kind| {
            ["image/", "video/", "audio/", "font/"]
                .iter()
                .any(|start| kind.to_ascii_lowercase().starts_with(start))
        }) {
            return Ok(Content::Passed("not text"));
        }
        let record = warc::read(bytes, &around.limits)?;
        if let Some(kind) = kinds::of(&record.payload) {
            return Ok(Content::Passed(kind.plural));
        }
        let Some(format) = payload_format(record.content_type.as_deref(), &record.payload) else {
            return Ok(Content::Passed("not text"));
        };
        let charset = record.content_type.as_deref().and_then(crate::decode::charset);
        let captured = record.date.or(around.captured);
        let around = Around { url: record.url.as_deref(), charset, captured, ..*around };
        let mut found = match self.document(format, &record.payload, &around) {
            Ok(found) => found,
            // A crawl is full of pages without an article; its JSON is rarely one. That is no fault of theirs.
            Err(_) if format != Format::Html || record.payload.len() <= around.limits.page_bytes => {
                return Ok(Content::Passed("without an article"));
            }
            Err(reason) => return Err(reason),
        };
        let mut complete = |draft: &mut Draft| {
            draft.provenance.captured = captured;
            draft.provenance.notes.extend(record.notes.iter().cloned());
            if let Some(original) = &mut draft.provenance.original {
                original.http = record.http.clone();
            }
            if draft.provenance.url.is_none() {
                draft.provenance.url = record.url.clone();
            }
        };
        match &mut found {
            Content::Drafts(drafts) => {
                drafts.retain(|draft| !draft.headline.trim().is_empty() || !draft.body.trim().is_empty());
                if drafts.is_empty() {
                    return Ok(Content::Passed("without an article"));
                }
                if format == Format::Html && !wanted.all_pages && !drafts.iter().any(html::is_article) {
                    return Ok(Content::Passed("without an article"));
                }
                drafts.iter_mut().for_each(&mut complete);
            }
            Content::Items(items) => items.iter_mut().flatten().for_each(complete),
            Content::Passed(_) | Content::Data(_) => {}
        }
        Ok(found)
    }

    /// Fills in what the input itself does not say: from its path, then from the options.
    fn complete(&self, mut draft: Draft, source: &Opened, place: Place) -> Draft {
        let (options, said) = (&self.options, &source.said);
        let provenance = &mut draft.provenance;
        if provenance.input.is_empty() {
            provenance.input = named(&source.name, place);
        }
        let captured = *provenance.captured.get_or_insert(source.captured.unwrap_or(self.now));
        if provenance.published.is_none() {
            let published = said.published.map(|dated| Published::new(dated, Origin::Url, captured));
            let given = || options.published.map(|dated| Published::new(dated, Origin::Given, captured));
            provenance.published = published.or_else(given);
        }
        provenance.url = provenance.url.take().or_else(|| options.url.clone());
        if provenance.archived_url.is_none() {
            if let Some(copy) = provenance.url.as_deref().and_then(crate::urls::archived) {
                provenance.archived = provenance.archived.or(copy.at);
                provenance.archived_url = provenance.url.replace(copy.of.to_owned());
            }
            // Archives write links anew, a page's own too.
            if let Some(copy) = provenance.canonical_url.as_deref().and_then(crate::urls::archived) {
                provenance.canonical_url = Some(copy.of.to_owned());
            }
            provenance.canonical_url.take_if(|own| provenance.url.as_ref() == Some(own));
        }
        provenance.source =
            provenance.source.take().or_else(|| said.source.clone()).or_else(|| options.source.clone());
        if provenance.source.is_none() {
            provenance.source = provenance.url.as_deref().and_then(Source::of_url);
        }
        draft.language = draft.language.or(said.language).or(options.language);
        draft
    }
}

/// An input and a place in it, as captures name them.
fn named(name: &str, place: Place) -> String {
    match place {
        Place::Whole => name.to_owned(),
        Place::Line(line) => format!("{name}:{line}"),
        Place::Record(record) => format!("{name}#{record}"),
    }
}

/// What one record came to.
enum Content {
    /// Drafts that stand or fall together.
    Drafts(Vec<Draft>),
    /// Drafts and reasons, each for itself.
    Items(Vec<std::result::Result<Draft, String>>),
    /// What belongs to an archive and to none of its articles.
    Data(Box<ArchiveData>),
    /// Nothing that anybody wants: why.
    Passed(&'static str),
}

/// What a crawl's payload is: by its type, or by how it begins where the type says nothing. `None` is not text.
fn payload_format(content_type: Option<&str>, payload: &[u8]) -> Option<Format> {
    let kind = content_type.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let head = String::from_utf8_lossy(&payload[..payload.len().min(2048)]);
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" => {
            Some(if feed::is_feed(&head) { Format::Feed } else { Format::Html })
        }
        "application/rss+xml" | "application/atom+xml" | "application/rdf+xml" | "application/feed+json" => {
            Some(Format::Feed)
        }
        "application/xml" | "text/xml" => {
            Some(if feed::is_feed(&head) { Format::Feed } else { Format::Html })
        }
        "application/json" | "application/ld+json" => {
            Some(if feed::is_json_feed(&head) { Format::Feed } else { Format::Json })
        }
        "text/plain" => Some(if page::is_html(&head) { Format::Html } else { Format::Text }),
        "message/rfc822" | "multipart/related" => Some(Format::Mail),
        "" | "application/octet-stream" | "no-type" | "unknown/unknown" => {
            page::is_html(&head).then_some(Format::Html)
        }
        _ => None,
    }
}

/// Sends records on to the workers with their neighbours.
struct Batches<'a> {
    send: &'a mut dyn FnMut(Task, usize) -> bool,
    source: Option<Arc<Opened>>,
    records: Vec<Record>,
    bytes: usize,
}

impl Batches<'_> {
    fn flush(&mut self) -> bool {
        let Some(source) = self.source.take() else { return true };
        let (records, bytes) = (std::mem::take(&mut self.records), std::mem::take(&mut self.bytes));
        records.is_empty() || (self.send)(Task::Records(source, records), bytes)
    }
}

impl Sink for Batches<'_> {
    fn record(&mut self, source: &Arc<Opened>, record: Record) -> bool {
        if self.source.as_ref().is_some_and(|before| !Arc::ptr_eq(before, source)) && !self.flush() {
            return false;
        }
        self.source = Some(source.clone());
        self.bytes += record.bytes.len();
        self.records.push(record);
        self.bytes < TASK_BYTES || self.flush()
    }

    fn rejected(&mut self, rejection: Rejection) -> bool {
        let bytes = rejection.raw.len();
        self.flush() && (self.send)(Task::Rejected(rejection), bytes)
    }

    fn passed(&mut self, why: &'static str) -> bool {
        self.flush() && (self.send)(Task::Passed(why), 0)
    }

    fn mark(&mut self, mark: Mark) -> bool {
        self.flush() && (self.send)(Task::Mark(mark), 0)
    }

    fn before(&mut self, before: &Checkpoint) -> bool {
        self.flush() && (self.send)(Task::Before(before.clone()), 0)
    }
}

/// Reads records as they come.
struct AtOnce<'a> {
    shared: &'a Shared,
    each: &'a mut dyn FnMut(Vec<Outcome>) -> bool,
}

impl Sink for AtOnce<'_> {
    fn record(&mut self, source: &Arc<Opened>, record: Record) -> bool {
        let mut outcomes = Vec::new();
        self.shared.read(source, record, &mut outcomes);
        (self.each)(outcomes)
    }

    fn rejected(&mut self, rejection: Rejection) -> bool {
        (self.each)(vec![Outcome::Rejected(rejection)])
    }

    fn passed(&mut self, why: &'static str) -> bool {
        (self.each)(vec![Outcome::Passed(why)])
    }

    fn mark(&mut self, mark: Mark) -> bool {
        (self.each)(vec![Outcome::Mark(mark)])
    }

    fn before(&mut self, before: &Checkpoint) -> bool {
        (self.each)(vec![Outcome::Before(before.clone())])
    }
}

/// Rejects an input with as many of its bytes as a record may have.
fn reject_whole(name: &str, reader: impl Read, reason: String) -> Box<Rejection> {
    let mut rejection = whole(name, reason, Vec::new());
    let mut reader = reader.take(Limits::default().record_bytes as u64);
    if let Err(e) = reader.read_to_end(&mut rejection.raw) {
        rejection.reason = format!("cannot be read: {}", describe(&e));
    }
    let mut rest = reader.into_inner();
    rejection.omitted_bytes = std::io::copy(&mut rest, &mut std::io::sink()).unwrap_or(0);
    Box::new(rejection)
}

fn is_regular(input: &Input) -> bool {
    input.path.as_deref().is_some_and(Path::is_file)
}

/// Compressed: what it takes on disk says nothing of what it takes in memory.
fn is_packed(input: &Input) -> bool {
    let name = input.name.to_ascii_lowercase();
    unpacked_name(&name).len() < name.len() || [".zip", ".tgz", ".tar"].iter().any(|end| name.ends_with(end))
}

/// A name in lower case, without the extension of a compression.
fn unpacked_name(name: &str) -> &str {
    [".gz", ".zst", ".zstd"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(name)
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

impl Format {
    /// Holds other inputs.
    fn is_container(self) -> bool {
        matches!(self, Format::Tar | Format::Zip)
    }

    fn cut(self) -> Cut {
        match self {
            Format::Jsonl => Cut::Lines,
            Format::Json => Cut::Values,
            Format::Csv => Cut::Rows,
            Format::Warc => Cut::Warc,
            Format::Mbox => Cut::Messages,
            Format::Text | Format::Html | Format::Feed | Format::Mail | Format::Tar | Format::Zip => {
                Cut::Whole
            }
        }
    }
}

/// What an input is: as asked, by its name, or by how it begins. `Err` says why it is nothing that can be read.
fn detect(name: &str, head: &[u8], asked: Option<Format>) -> std::result::Result<(Format, Cut), String> {
    let start = head.trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let lower = name.to_ascii_lowercase();
    let extension = Path::new(unpacked_name(&lower)).extension().and_then(|extension| extension.to_str());
    let json = || match start.split(|byte| *byte == b'\n').next() {
        _ if feed::is_json_feed(&String::from_utf8_lossy(start)) => Format::Feed,
        // An object that fills its line: more will follow, each on its own.
        Some(line) if line.len() < start.len() && line.starts_with(b"{") && is_json(line) => Format::Jsonl,
        _ => Format::Json,
    };
    // Feeds and pages may be in any encoding.
    let text = || crate::decode::decode(head, None).text.into_owned();
    let xml = || {
        let text = text();
        if feed::is_feed(&text) { Some(Format::Feed) } else { page::is_html(&text).then_some(Format::Html) }
    };
    let format = match (asked, extension) {
        (Some(Format::Json), _) => json(),
        (Some(asked), _) => asked,
        // What a file is, its bytes say, whatever it is called.
        _ if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") => Format::Zip,
        _ if head.get(257..262) == Some(b"ustar") => Format::Tar,
        _ if warc::is_crawl(start) => Format::Warc,
        (None, Some("jsonl" | "ndjson")) => Format::Jsonl,
        (None, Some("json")) => json(),
        (None, Some("txt")) if !head.contains(&0) => Format::Text,
        (None, Some("html" | "htm" | "xhtml" | "shtml")) => Format::Html,
        (None, Some("csv" | "tsv" | "tab")) => Format::Csv,
        (None, Some("warc" | "arc")) => Format::Warc,
        (None, Some("mbox")) => Format::Mbox,
        (None, Some("eml" | "mht" | "mhtml")) => Format::Mail,
        (None, Some("tar" | "tgz")) => Format::Tar,
        (None, Some("rss" | "atom" | "rdf")) => Format::Feed,
        (None, Some("xml")) => xml().ok_or("it is XML and no feed; RSS, RDF and Atom are read")?,
        _ if start.starts_with(b"From ") && mail::is_mail(start) => Format::Mbox,
        _ if start.starts_with(b"{")
            || start.strip_prefix(b"[").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"{")) =>
        {
            json()
        }
        _ if mail::is_mail(start) => Format::Mail,
        _ => match xml() {
            Some(format) => format,
            None => Format::Text,
        },
    };
    Ok((format, format.cut()))
}

fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// What was read where there is no archive.
pub enum Seen<'a> {
    /// A draft, in canonical form.
    Draft(&'a Prepared),
    /// What could not become one.
    Rejected(&'a Rejection),
    /// Nothing that was asked for: why.
    Passed(&'static str),
}

/// Reads inputs without an archive: every draft and every rejection, in order, until `each` says no.
pub fn read_drafts(paths: &[PathBuf], options: &Options, each: &mut dyn FnMut(Seen<'_>) -> bool) {
    let shared = Shared::new(options);
    let mut tell = |outcomes: Vec<Outcome>| {
        outcomes.into_iter().all(|outcome| match outcome {
            Outcome::Ready(ready) => each(Seen::Draft(&ready)),
            Outcome::Rejected(rejection) => each(Seen::Rejected(&rejection)),
            Outcome::Passed(why) => each(Seen::Passed(why)),
            Outcome::Mark(_) | Outcome::Before(_) | Outcome::Original(_) | Outcome::Query(..) => true,
        })
    };
    for found in inputs::expand(paths, options.follow) {
        let go_on = match found {
            Found::Input(input) => shared.read_input(&input, &mut tell),
            Found::Rejected(rejection) => tell(vec![Outcome::Rejected(rejection)]),
            Found::Passed(why) => tell(vec![Outcome::Passed(why)]),
        };
        if !go_on {
            return;
        }
    }
}
