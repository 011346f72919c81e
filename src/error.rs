//! What can go wrong with an archive. What is wrong with a user's *input* is a value instead: see [`Rejection`](crate::Rejection).

use crate::digest::Digest;
use std::path::{Path, PathBuf};

/// The library's result.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong with the archive.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no archive in this directory.
    #[error("there is no archive at {}", path.display())]
    NoArchive {
        /// The directory.
        path: PathBuf,
    },
    /// There is something else in this directory.
    #[error("{} is not an archive: {reason}", path.display())]
    NotAnArchive {
        /// The directory.
        path: PathBuf,
        /// What is in the way.
        reason: String,
    },
    /// A later pressmark wrote the archive.
    #[error("{} has format version {found}; this pressmark reads version {known}", path.display())]
    Format {
        /// The archive.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that this build reads.
        known: u32,
    },
    /// Another process holds the archive.
    #[error("the archive at {} is held by {holder}", path.display())]
    Locked {
        /// The archive.
        path: PathBuf,
        /// Process, command and since when.
        holder: String,
    },
    /// The ledger is damaged.
    #[error("the ledger is damaged: {}: {what}", place)]
    Ledger {
        /// Segment and offset.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// The store is damaged. The ledger still has everything.
    #[error("the store is damaged: {what}")]
    Store {
        /// What is wrong.
        what: String,
    },
    /// The full-text index is damaged. The store still has everything.
    #[error("the full-text index is damaged: {what}")]
    Search {
        /// What is wrong.
        what: String,
    },
    /// An article's text does not have its digest.
    #[error("the text of {digest} is damaged")]
    Digest {
        /// The digest that it should have.
        digest: Digest,
    },
    /// A prefix that names several articles.
    #[error("{prefix} names {} articles", candidates.len())]
    Ambiguous {
        /// The prefix.
        prefix: String,
        /// The articles that it names: digest and headline; ten at the most.
        candidates: Vec<(Digest, String)>,
    },
    /// Reading or writing failed.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done: `read`, `sync`.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// An earlier write failed, so that nothing can be written through this handle any more.
    #[error("an earlier write to the archive failed; nothing more is written until it is opened again")]
    Poisoned,
}

/// Names the path and what was being done, for an [`std::io::Result`].
pub(crate) trait IoContext<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T>;
}

impl<T> IoContext<T> for std::io::Result<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::Io { doing, path: path.to_owned(), source })
    }
}
