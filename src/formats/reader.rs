//! What readers take and give: one signature for all of them.

use super::exported::ArchiveData;
use super::fields::Mapping;
use super::layouts::{Item, Own};
use crate::model::{Draft, Reason, Skip, Timestamp};

/// Reads one record. `Err` says why there is no article in it.
pub type Read = fn(&[u8], &Around<'_>) -> Result<Content, Reason>;

/// What is known of a document besides its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// Its address.
    pub url: Option<&'a str>,
    /// The address that is given for what does not say its own.
    pub given_url: Option<&'a str>,
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
    pub mapping: Option<&'a Mapping>,
    /// Layouts that the user brings.
    pub layouts: Option<&'a Own>,
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
    Items(Items),
    /// What belongs to an archive and to none of its articles.
    Data(Box<ArchiveData>),
    /// Nothing that anybody wants: why.
    Passed(Skip),
}

/// What the records of one input come to.
#[derive(Debug, Default)]
pub struct Items {
    /// Drafts, and why there is none, in order.
    pub items: Vec<Result<Draft, Reason>>,
    /// What is no article: why.
    pub passed: Vec<Skip>,
}

impl Items {
    /// Adds what a record comes to.
    pub fn add(&mut self, item: Result<Draft, Item>) {
        match item {
            Ok(draft) => self.items.push(Ok(draft)),
            Err(Item::Rejected(reason)) => self.items.push(Err(reason)),
            Err(Item::Passed(why)) => self.passed.push(why),
        }
    }

    /// What there is of one input: one draft is the input's own.
    pub fn content(mut self) -> Result<Content, Reason> {
        match (self.items.len(), self.passed.len()) {
            (1, 0) => self.items.remove(0).map(|draft| Content::Drafts(vec![draft])),
            _ => Ok(Content::Items(self)),
        }
    }
}

impl From<Vec<Result<Draft, Reason>>> for Items {
    fn from(items: Vec<Result<Draft, Reason>>) -> Items {
        Items { items, passed: Vec::new() }
    }
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
