//! What can be asked of an archive, as plain data.
//!
//! A query finds **articles**: one hit each, placed by the earliest capture that matched; with [`Query::captures`] a hit a
//! capture. An article matches if one of its captures matches everything that is asked.

mod by;
mod cursor;
mod dates;
mod expr;
mod hints;
mod parse;

pub use by::{By, Grouping};
pub use cursor::Cursor;
pub use dates::{Clock, NoDate};
pub use expr::{Bound, Condition, Expr, Span, Words};
pub use hints::{Hint, Meant};
pub use parse::{SyntaxError, parse, parse_with_hints};

use crate::model::named;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// What a capture and its article must fulfil.
    pub filter: Expr,
    /// Which date the order means, and which places an article among its captures.
    pub date_field: DateField,
    /// In which order.
    pub order: Order,
    /// A hit for every capture that matches, not one for every article.
    pub captures: bool,
    /// No more hits than this.
    pub limit: Option<u64>,
    /// So many hits are passed over first.
    pub offset: u64,
    /// Only hits that come after this one.
    pub after: Option<Cursor>,
}

/// Which date is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateField {
    /// When it was published.
    #[default]
    Published,
    /// When it was captured.
    Captured,
}

/// The order of hits. What has no date comes last; equal dates are in the order of their digests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The latest date first.
    #[default]
    Newest,
    /// The earliest date first.
    Oldest,
    /// As they came into the archive.
    Arrival,
    /// By the name of the source, then the earliest date first.
    Source,
    /// The best match first: by BM25 over headline and body.
    Relevance,
}

named!(DateField, "a date", "published" => Published, "captured" => Captured);
named!(Order, "an order", "date" => Oldest, "-date" => Newest, "source" => Source, "seq" => Arrival, "relevance" => Relevance, "arrival" => Arrival, "oldest" => Oldest, "newest" => Newest);
