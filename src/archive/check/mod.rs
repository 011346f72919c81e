//! Verifying an archive, and mending what is found.
//!
//! [`verify`] trusts nothing: it walks the ledger's chain, and in the store every article, every capture and every row of
//! every index, in both directions. With data it reads every byte of both and recomputes every hash. [`repair`] mends
//! either half from the other; only what neither has is lost, and it says what that is.

mod repair;
mod rows;
mod verify;

pub use repair::{RepairOptions, Repaired, repair};
pub use verify::verify;

use crate::bytes::pack::Pack;
use crate::ledger::{ArticleRow, Commit, Entry};
use crate::model::Digest;
use crate::store::keys;
use std::collections::BTreeMap;
use std::fmt;

/// How thoroughly to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Headers of the ledger, and every row of the store but the bodies.
    #[default]
    Structure,
    /// And every byte.
    Data,
    /// And every byte of one part of so many: parts are numbered from 1.
    Part {
        /// Which one.
        part: u64,
        /// How many there are.
        of: u64,
    },
}

impl Depth {
    fn reads(self, number: u64) -> bool {
        match self {
            Depth::Structure => false,
            Depth::Data => true,
            Depth::Part { part, of } => number % of == part % of,
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// In the ledger.
    Ledger {
        /// Segment and offset.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// In the store.
    Store {
        /// What is wrong.
        what: String,
    },
    /// In the full-text index, which is made again.
    Search {
        /// What is wrong.
        what: String,
    },
    /// An original input that was to be kept and is not there, or is damaged. It is in no other place.
    Raw {
        /// Its name.
        digest: Digest,
        /// What is wrong.
        what: String,
    },
    /// Bytes behind the ledger's last whole commit, of which nobody can tell whether they were acknowledged.
    Tail {
        /// Where they are.
        place: String,
        /// How many.
        bytes: u64,
    },
}

impl Finding {
    /// A name for programs, which does not change.
    pub fn code(&self) -> &'static str {
        match self {
            Finding::Ledger { .. } => "ledger",
            Finding::Store { .. } => "store",
            Finding::Search { .. } => "search",
            Finding::Raw { .. } => "original",
            Finding::Tail { .. } => "tail",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Ledger { place, what } => write!(f, "ledger: {place}: {what}"),
            Finding::Store { what } => write!(f, "store: {what}"),
            Finding::Search { what } => write!(f, "search: {what}"),
            Finding::Raw { digest, what } => write!(f, "raw: {digest}: {what}"),
            Finding::Tail { place, bytes } => write!(
                f,
                "ledger: {place}: {bytes} bytes behind the last whole commit, which may have been acknowledged"
            ),
        }
    }
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Commits in the ledger.
    pub commits: u64,
    /// Captures in the store; if that was not read, all entries of the ledger.
    pub captures: u64,
    /// Articles in the store; if that was not read, in the ledger.
    pub articles: u64,
    /// Articles whose text was hashed again, in the ledger and in the store.
    pub hashed: u64,
    /// Original inputs that were read and hashed.
    pub raws: u64,
    /// Entries that a later version of pressmark wrote, or parts of which it did.
    pub later: u64,
    /// Articles that were removed.
    pub removed: u64,
    /// Entries of which only the hash is left.
    pub gone: u64,
    /// What could not be looked at because the system failed; the notes say what.
    pub unread: u64,
    /// Rows of indexes that were looked up.
    pub rows: u64,
    /// How many things are wrong.
    pub found: u64,
    /// What is wrong; a thousand at the most.
    pub findings: Vec<Finding>,
    /// What there is to say beside that.
    pub notes: Vec<String>,
    /// Whether nothing is wrong with the ledger.
    pub ledger_is_whole: bool,
    /// Whether nothing is wrong with the store.
    pub store_is_whole: bool,
}

const FINDINGS_MAX: usize = 1000;

impl Report {
    fn new() -> Report {
        Report { ledger_is_whole: true, store_is_whole: true, ..Report::default() }
    }

    fn add(&mut self, finding: Finding) {
        self.found += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    fn store(&mut self, what: impl ToString) {
        self.store_is_whole = false;
        self.add(Finding::Store { what: what.to_string() });
    }

    fn ledger(&mut self, place: String, what: String) {
        self.ledger_is_whole = false;
        self.add(Finding::Ledger { place, what });
    }
}

/// The articles of a commit that can be read, with their numbers and bodies; none if its payload was not read. Every article that has
/// its bytes must have a body, and every body an article.
fn texts(commit: &Commit) -> Result<Vec<(u64, ArticleRow, String)>, String> {
    let mut bodies = bodies(commit)?;
    let mut found = Vec::new();
    for numbered in commit.numbered().filter(|numbered| numbered.entry.is_article() && !numbered.entry.gone) {
        let number = numbered.article;
        let body = bodies.remove(&number).ok_or_else(|| format!("article {number} has no body"))?;
        if let Entry::Article(row) = numbered.entry.open(numbered.seq).map_err(|e| e.to_string())? {
            found.push((number, row, String::from_utf8_lossy(&body).into_owned()));
        }
    }
    match bodies.keys().next() {
        None => Ok(found),
        Some(number) => Err(format!("there is a body of {number}, which is no article")),
    }
}

/// The bodies of a commit, by the numbers of their articles.
fn bodies(commit: &Commit) -> Result<BTreeMap<u64, Box<[u8]>>, String> {
    let mut bodies = BTreeMap::new();
    for pack in &commit.bodies {
        let rows = Pack::<5>::decode(&pack.bytes).map_err(|e| e.to_string())?.to_rows();
        bodies.extend(rows.into_iter().map(|(key, body)| (keys::read_number(&key), body)));
    }
    Ok(bodies)
}
