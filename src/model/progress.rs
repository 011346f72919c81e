//! What a long piece of work says while it goes on. Showing it is somebody else's business.

use super::draft::Rejection;
use serde::{Deserialize, Serialize};
use std::io;

/// Counts of an ingest. `read` is the sum of `new`, `captured`, `known`, `removed`, `data`, `rejected` and `passed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Captures that were read, and inputs or records that were rejected.
    pub read: u64,
    /// New articles.
    pub new: u64,
    /// New captures of articles that were there.
    pub captured: u64,
    /// Captures that were there.
    pub known: u64,
    /// Of those, captures in which something was missing that is known now.
    pub filled: u64,
    /// Captures of articles that were removed, and stay out.
    pub removed: u64,
    /// Originals and saved queries of an export.
    pub data: u64,
    /// Rejections.
    pub rejected: u64,
    /// Records that are nothing anybody asked for: pictures in a crawl, pages that are no articles.
    pub passed: u64,
    /// Of the new ones, captures with a note: something in the input was not understood and is kept as it was.
    pub noted: u64,
    /// Bytes of input; of small compressed files as they are on disk.
    pub bytes: u64,
}

/// Where a reader stands: how much of what is known to be there has been read, in bytes as they are on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distance {
    /// Bytes read.
    pub done: u64,
    /// Bytes there are; 0 if that is not known.
    pub total: u64,
}

/// What became of the records of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Became {
    /// Articles.
    pub articles: u64,
    /// What was rejected.
    pub rejected: u64,
    /// What was not wanted.
    pub passed: u64,
}

/// Hears of an ingest. All methods are called from the thread that called [`crate::ingest::ingest`].
pub trait Progress {
    /// A batch is durable; everything in the counts is. `place` is the last input of it.
    fn committed(&mut self, counts: &Counts, distance: Distance, place: &str);

    /// An input was rejected. An error ends the ingest: a rejection that cannot be written down would be lost.
    fn rejected(&mut self, rejection: &Rejection) -> io::Result<()>;

    /// How far the inputs were read: many times a second, whether anything was committed or not.
    fn underway(&mut self, _: &Counts, _: Distance) {}

    /// A file was read to its end, or an earlier run had read it (`before`).
    fn file(&mut self, _name: &str, _: Became, _before: bool) {}

    /// The run before this one died while it read these. They are read again.
    fn died(&mut self, _: &[String]) {}

    /// Whether to end after the commit under way.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Hears nothing.
impl Progress for () {
    fn committed(&mut self, _: &Counts, _: Distance, _: &str) {}

    fn rejected(&mut self, _: &Rejection) -> io::Result<()> {
        Ok(())
    }
}
