//! What one ingest has in common on all its threads, and the work that they pass on.

use super::checkpoints::{Checkpoint, Checkpoints};
use super::inputs::{Input, Seen};
use super::journal::Journal;
use super::known::Known;
use super::{Options, path_pattern};
use crate::archive::Prepared;
use crate::formats::Format;
use crate::formats::exported::SavedQuery;
use crate::formats::records::Record;
use crate::model::{Became, Raw, Rejection, Skip, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of records on their way from reading to committing.
pub const UNDERWAY_BYTES_MAX: usize = 16 << 20;

pub struct Run {
    pub options: Options,
    pub now: Timestamp,
    pub consumed: Arc<AtomicU64>,
    pub total: AtomicU64,
    pub underway: Mutex<usize>,
    pub room: Condvar,
    pub ended: AtomicBool,
    pub checkpoints: Option<Checkpoints>,
    pub journal: Option<Journal>,
    pub known: Option<Known>,
}

impl Run {
    pub fn new(options: &Options, now: Timestamp) -> Run {
        Run {
            options: options.clone(),
            now,
            consumed: Arc::default(),
            total: AtomicU64::new(0),
            underway: Mutex::new(0),
            room: Condvar::new(),
            ended: AtomicBool::new(false),
            checkpoints: None,
            journal: None,
            known: None,
        }
    }

    /// Waits until there is room for so many bytes; `false` when nobody wants them any more.
    pub fn reserve(&self, bytes: usize) -> bool {
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

    pub fn release(&self, bytes: usize) {
        let mut underway = self.underway.lock().unwrap_or_else(PoisonError::into_inner);
        *underway = underway.saturating_sub(bytes);
        self.room.notify_all();
    }
}

/// Something for a worker.
pub enum Task {
    /// Small inputs, not opened yet.
    Inputs(Vec<Input>),
    /// Records of a long one.
    Records(Arc<Opened>, Vec<Record>),
    /// What went wrong on the way.
    Rejected(Rejection),
    /// What is no input, and why.
    Passed(Skip),
    /// How far a crawl was read.
    Mark(Mark),
    /// What an earlier run read of a crawl.
    Before(Checkpoint),
    /// A file that an earlier run has read.
    Known(Arc<str>, Became),
    /// The beginning of a file.
    Begin,
    /// The end of a file.
    End(Ended),
}

impl Task {
    /// Bytes that it keeps from being read elsewhere.
    pub fn bytes(&self) -> usize {
        match self {
            Task::Inputs(inputs) => inputs.iter().map(|input| input.bytes as usize).sum(),
            Task::Records(_, records) => records.iter().map(|record| record.bytes.len()).sum(),
            Task::Rejected(rejection) => rejection.raw.len(),
            Task::Passed(_)
            | Task::Mark(_)
            | Task::Before(_)
            | Task::Known(..)
            | Task::Begin
            | Task::End(_) => 0,
        }
    }
}

/// What became of a task.
pub struct Done {
    pub outcomes: Vec<Outcome>,
    pub bytes: usize,
}

pub enum Outcome {
    Ready(Box<Prepared>),
    /// An original, which captures after it name.
    Original(Raw),
    /// A query that was saved.
    Query(Rejection, SavedQuery),
    Rejected(Rejection),
    /// Nothing that anybody wants: why.
    Passed(Skip),
    Mark(Mark),
    Before(Checkpoint),
    Known(Arc<str>, Became),
    Begin,
    End(Ended),
}

/// A file that was read to its end.
pub struct Ended {
    pub path: PathBuf,
    pub seen: Seen,
}

impl Ended {
    pub fn of(input: &Input) -> Option<Ended> {
        Some(Ended { path: input.path.clone()?, seen: input.seen? })
    }
}

/// How far a crawl was read.
pub struct Mark {
    pub name: Arc<str>,
    pub path: Arc<Path>,
    pub checkpoint: Checkpoint,
}

/// An input that was opened, and what its path and file say.
pub struct Opened {
    pub name: Arc<str>,
    pub format: Format,
    pub delimiter: u8,
    /// The charset of a table that is not UTF-8.
    pub charset: Option<&'static str>,
    pub said: path_pattern::Said,
    pub times: Times,
}

/// When an input was captured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// As the user or what lies beside it says.
    pub captured: Option<Timestamp>,
    /// When its file was last changed, where that is evidence of it.
    pub of_file: Option<Timestamp>,
}
