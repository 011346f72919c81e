//! What readers take and give: one signature for all of them.

use super::json;
use crate::model::{Draft, Reason, Skip, Timestamp};

/// Reads one record. `Err` says why there is no article in it.
pub type Read = fn(&[u8], &Around<'_>) -> Result<Content, Reason>;

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
    /// Names of the fields of JSON, and of the columns of tables.
    pub mapping: Option<&'a json::Mapping>,
    /// The table that a row is of.
    pub table: Table<'a>,
}

/// What is known of a row besides its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Table<'a> {
    /// The names of the columns.
    pub header: &'a [String],
    /// What is between two fields.
    pub delimiter: u8,
    /// The charset, if it is not UTF-8.
    pub charset: Option<&'a str>,
}

/// What one record comes to.
#[derive(Debug)]
pub enum Content {
    /// Drafts that stand or fall together.
    Drafts(Vec<Draft>),
    /// Drafts and reasons, each for itself.
    Items(Vec<Result<Draft, Reason>>),
    /// What belongs to an archive and to none of its articles.
    Data(Box<json::ArchiveData>),
    /// Nothing that anybody wants: why.
    Passed(Skip),
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
