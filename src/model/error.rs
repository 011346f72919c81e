//! What can go wrong with an archive. What is wrong with a user's *input* is a value instead: see [`Rejection`](super::draft::Rejection).

use super::digest::Digest;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

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
    /// Something in the archive is neither a file nor a directory: a link out of it, a pipe, a device. Nothing was opened.
    #[error("{} is {what}; in an archive there are only files and directories", path.display())]
    Foreign {
        /// What it is called.
        path: PathBuf,
        /// What it is.
        what: &'static str,
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
    /// A later pressmark wrote something of the ledger that this one cannot go past. Nothing is wrong with it.
    #[error("the ledger needs a later pressmark: {place}: {what}")]
    Later {
        /// Segment and offset.
        place: String,
        /// What this one does not know.
        what: String,
    },
    /// Another process holds the archive.
    #[error("the archive at {} is held by {holder}", path.display())]
    Locked {
        /// The archive.
        path: PathBuf,
        /// Process, command and since when.
        holder: String,
    },
    /// Waiting for another process was ended by who waited.
    #[error("stopped waiting for another process")]
    Stopped,
    /// The process that holds the archive could not do what it was asked.
    #[error("{what}")]
    Holder {
        /// What it said.
        what: String,
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
    /// An original input does not have the bytes that its name says. It is kept in no other place.
    #[error("the original {digest} is damaged")]
    Original {
        /// The digest that it should have.
        digest: Digest,
    },
    /// A query would take too long to answer, or too much memory.
    #[error("the query is refused: {what}")]
    Costly {
        /// What of it.
        what: String,
    },
    /// A later pressmark made the request.
    #[error("the request has version {found}; this pressmark answers version {known}")]
    Request {
        /// Its version.
        found: u32,
        /// The version that this build answers.
        known: u32,
    },
    /// What a request asks for cannot be told.
    #[error("{what}")]
    Unanswerable {
        /// What is wrong with it.
        what: String,
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
        source: io::Error,
    },
    /// The archive is read from a copy of its indexes, because it cannot be written.
    #[error("{} cannot be written", path.display())]
    ReadOnly {
        /// What cannot be written.
        path: PathBuf,
    },
    /// An earlier write failed, so that nothing can be written through this handle any more.
    #[error("an earlier write to the archive failed; nothing more is written until it is opened again")]
    Poisoned,
}

impl Error {
    /// Whether the system failed: no space, no permission, a failing disk. What is on the disk is as good as before.
    pub fn is_of_the_system(&self) -> bool {
        matches!(self, Error::Io { .. } | Error::ReadOnly { .. } | Error::Poisoned)
    }
}

/// An error with its causes.
pub fn in_full(e: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(e.source(), |e| e.source());
    causes.fold(e.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// A value, or `None` where it is damaged; what the system did is an error still.
pub(crate) fn unless_damaged<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Store { .. } | Error::Digest { .. }) => Ok(None),
        Err(e) => Err(e),
    }
}

/// The error of the system that a message tells of: sled and tantivy pass them on as text, also in panics. A file that is missing, or a place that cannot be, is damage and none.
pub fn system_error(message: &str) -> Option<io::Error> {
    // sled takes it for granted that 1970 is over.
    if message.contains("SystemTimeError") {
        return Some(io::Error::other("the machine's clock is before 1970; set it"));
    }
    // How the standard library prints them: by `Debug`, by `Display`.
    let number = ["Os { code: ", "(os error "].iter().find_map(|before| {
        let (_, rest) = message.split_once(before)?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    })?;
    let e = io::Error::from_raw_os_error(number);
    let damage = [
        ErrorKind::NotFound,
        ErrorKind::NotADirectory,
        ErrorKind::IsADirectory,
        ErrorKind::AlreadyExists,
        ErrorKind::InvalidInput,
    ];
    (!damage.contains(&e.kind())).then_some(e)
}

#[cfg(test)]
mod tests {
    #[test]
    fn errors_of_the_system_are_told_from_damage() {
        let full = "Err` value: Io(Os { code: 28, kind: StorageFull, message: \"No space left on device\" })";
        assert_eq!(super::system_error(full).unwrap().kind(), std::io::ErrorKind::StorageFull);
        assert!(super::system_error("An IO error occurred: 'Input/output error (os error 5)'").is_some());
        assert!(super::system_error("Err` value: SystemTimeError(315619199.9s)").is_some());
        assert!(super::system_error("No such file or directory (os error 2)").is_none());
        assert!(
            super::system_error("Io(Custom { kind: UnexpectedEof, error: \"failed to fill\" })").is_none()
        );
        assert!(super::system_error("Read corrupted data at file offset 5").is_none());
    }
}
