//! Reads on all cores and commits in order.

use super::checkpoints::{Checkpoint, Checkpoints};
use super::inputs::{self, Found, Input};
use super::journal::Journal;
use super::known::Known;
use super::run::{Done, Ended, Mark, Opened, Outcome, Run, Task};
use super::visit::Sink;
use super::write::write;
use super::{Options, Summary};
use crate::archive::{Archive, Prepared};
use crate::formats::records::Record;
use crate::formats::unpacked_name;
use crate::model::{Progress, Reason, Rejection, Result, Skip};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A record that was cut from an input is sent on with its neighbours.
pub const TASK_BYTES: usize = 512 << 10;

/// Smaller files are read by the workers.
pub const SMALL_FILE_BYTES: u64 = 1 << 20;

/// How long the end of an ingest waits for a thread that may be waiting for a pipe.
const PATIENCE: Duration = Duration::from_millis(300);

/// Ingests everything that the paths name (`-` is standard input).
pub fn ingest(
    archive: &mut Archive,
    paths: &[PathBuf],
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<Summary> {
    let dir = archive.dir().to_owned();
    let reader = archive.snapshot()?;
    let checkpoints = Checkpoints::open(&dir, options, &|digest| {
        reader.was_removed(digest) || reader.find(digest).is_ok_and(|found| found.is_some())
    });
    let journal = Journal::begin(&dir, options.skip_fatal, options.from_start)?;
    if !journal.suspects.is_empty() {
        progress.died(&journal.suspects);
    }
    let known = Known::open(archive, options)?;
    let shared = Run {
        known: Some(known),
        checkpoints: Some(checkpoints),
        journal: Some(journal),
        ..Run::new(options, archive.time().now())
    };
    let shared = Arc::new(shared);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let (to_workers, tasks) = crossbeam_channel::bounded::<(u64, Task)>(workers * 4);
    let (to_writer, done) = crossbeam_channel::bounded::<(u64, Done)>(workers * 4);
    let mut threads = Vec::new();
    for _ in 0..workers {
        let (shared, tasks, to_writer) = (shared.clone(), tasks.clone(), to_writer.clone());
        threads.push(std::thread::spawn(move || {
            for (number, task) in tasks {
                if to_writer.send((number, shared.work_surely(task))).is_err() {
                    break;
                }
            }
        }));
    }
    drop((tasks, to_writer));
    if options.measure {
        let (shared, paths) = (shared.clone(), paths.to_owned());
        threads.push(std::thread::spawn(move || {
            for found in inputs::expand(&paths, &shared.options) {
                if shared.ended.load(Ordering::Relaxed) {
                    break;
                }
                let Found::Input(input) = found else { continue };
                shared.total.fetch_add(input.bytes, Ordering::Relaxed);
            }
        }));
    }
    let (producer, inputs) = (shared.clone(), paths.to_owned());
    let producer = std::thread::spawn(move || producer.produce(&inputs, &to_workers));
    let result = write(archive, &shared, &done, progress);
    shared.ended.store(true, Ordering::Relaxed);
    shared.room.notify_all();
    drop(done);
    // One that waits for a pipe to say more cannot be called back: it finds that nobody listens when it does, and so do the others.
    let patience = Instant::now() + PATIENCE;
    while !producer.is_finished() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(2));
    }
    if producer.is_finished() {
        threads.push(producer);
        for thread in threads {
            // What it had to do was not done: that is no success.
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    }
    let ended = shared.journal.as_ref().map_or(Ok(()), Journal::end);
    result.and_then(|summary| ended.map(|()| summary))
}

impl Run {
    /// [`Run::work`], whatever happens: what comes after it waits for it.
    fn work_surely(&self, task: Task) -> Done {
        let bytes = task.bytes();
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.work(task)));
        done.unwrap_or_else(|_| {
            let outcomes = vec![Outcome::Rejected(Rejection::whole("some of the inputs", Reason::Defect))];
            Done { outcomes, bytes }
        })
    }

    /// Finds inputs and gives out the work, in order.
    pub fn produce(&self, paths: &[PathBuf], tasks: &crossbeam_channel::Sender<(u64, Task)>) {
        let mut number = 0;
        let mut send = |task: Task, bytes: usize| {
            let wanted = self.reserve(bytes) && tasks.send((number, task)).is_ok();
            number += 1;
            wanted
        };
        let mut small: (Vec<Input>, usize) = Default::default();
        for found in inputs::expand(paths, &self.options) {
            let known = match (&found, &self.known) {
                (Found::Input(Input { path: Some(path), seen: Some(seen), .. }), Some(known)) => {
                    known.find(path, seen)
                }
                _ => None,
            };
            match found {
                Found::Input(input)
                    if known.is_none()
                        && input.path.is_some()
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
                        Found::Input(input) => match known {
                            Some(became) => {
                                self.consumed.fetch_add(input.bytes, Ordering::Relaxed);
                                send(Task::Known(input.name.clone(), became), 0)
                            }
                            None => self.produce_records(&input, &mut send),
                        },
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

    pub fn produce_records(&self, input: &Input, send: &mut dyn FnMut(Task, usize) -> bool) -> bool {
        if !send(Task::Begin, 0) {
            return false;
        }
        let mut sink = Batches { send, source: None, records: Vec::new(), bytes: 0 };
        let wanted = self.visit_input(input, &mut sink) && sink.flush();
        wanted && Ended::of(input).is_none_or(|ended| send(Task::End(ended), 0))
    }

    pub fn work(&self, task: Task) -> Done {
        let (bytes, reads) = (task.bytes(), matches!(task, Task::Records(..) | Task::Inputs(_)));
        let done = Done { outcomes: self.outcomes(task), bytes };
        if let Some(journal) = self.journal.as_ref().filter(|_| reads) {
            journal.leave();
        }
        done
    }

    pub fn outcomes(&self, task: Task) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        match task {
            Task::Rejected(rejection) => outcomes.push(Outcome::Rejected(rejection)),
            Task::Passed(why) => outcomes.push(Outcome::Passed(why)),
            Task::Mark(mark) => outcomes.push(Outcome::Mark(mark)),
            Task::Before(before) => outcomes.push(Outcome::Before(before)),
            Task::Known(name, became) => outcomes.push(Outcome::Known(name, became)),
            Task::Begin => outcomes.push(Outcome::Begin),
            Task::End(ended) => outcomes.push(Outcome::End(ended)),
            Task::Records(source, records) => {
                records.into_iter().for_each(|record| self.read(&source, record, &mut outcomes));
            }
            Task::Inputs(inputs) => {
                for input in inputs {
                    outcomes.push(Outcome::Begin);
                    self.read_input(&input, &mut |more| {
                        outcomes.extend(more);
                        true
                    });
                    outcomes.extend(Ended::of(&input).map(Outcome::End));
                }
            }
        }
        outcomes
    }

    /// Reads an input record by record, until `each` says no; whether it never did.
    pub fn read_input(&self, input: &Input, each: &mut dyn FnMut(Vec<Outcome>) -> bool) -> bool {
        self.visit_input(input, &mut AtOnce { shared: self, each })
    }
}

/// Sends records on to the workers with their neighbours.
pub struct Batches<'a> {
    send: &'a mut dyn FnMut(Task, usize) -> bool,
    source: Option<Arc<Opened>>,
    records: Vec<Record>,
    bytes: usize,
}

impl Batches<'_> {
    pub fn flush(&mut self) -> bool {
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

    fn passed(&mut self, why: Skip) -> bool {
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
pub struct AtOnce<'a> {
    shared: &'a Run,
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

    fn passed(&mut self, why: Skip) -> bool {
        (self.each)(vec![Outcome::Passed(why)])
    }

    fn mark(&mut self, mark: Mark) -> bool {
        (self.each)(vec![Outcome::Mark(mark)])
    }

    fn before(&mut self, before: &Checkpoint) -> bool {
        (self.each)(vec![Outcome::Before(before.clone())])
    }
}

pub fn is_regular(input: &Input) -> bool {
    input.path.as_deref().is_some_and(Path::is_file)
}

/// Compressed: what it takes on disk says nothing of what it takes in memory.
pub fn is_packed(input: &Input) -> bool {
    let name = input.name.to_ascii_lowercase();
    unpacked_name(&name).len() < name.len() || [".zip", ".tgz", ".tar"].iter().any(|end| name.ends_with(end))
}

/// What was read where there is no archive.
pub enum Seen<'a> {
    /// A draft, in canonical form.
    Draft(&'a Prepared),
    /// What could not become one.
    Rejected(&'a Rejection),
    /// Nothing that was asked for: why.
    Passed(Skip),
}

/// Reads inputs without an archive: every draft and every rejection, in order, until `each` says no.
pub fn read_drafts(paths: &[PathBuf], options: &Options, each: &mut dyn FnMut(Seen<'_>) -> bool) {
    let shared = Run::new(options, options.time.now());
    let mut tell = |outcomes: Vec<Outcome>| {
        outcomes.into_iter().all(|outcome| match outcome {
            Outcome::Ready(ready) => each(Seen::Draft(&ready)),
            Outcome::Rejected(rejection) => each(Seen::Rejected(&rejection)),
            Outcome::Passed(why) => each(Seen::Passed(why)),
            Outcome::Mark(_) | Outcome::Before(_) | Outcome::Original(_) | Outcome::Query(..) => true,
            Outcome::Known(..) | Outcome::Begin | Outcome::End(_) => true,
        })
    };
    for found in inputs::expand(paths, options) {
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
