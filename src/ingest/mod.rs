//! Takes inputs in: finds them, cuts them into records, reads drafts from those on all cores, and commits them in order.
//!
//! ```text
//! paths → inputs → records ─┬→ drafts, canonical text, digest ─┬→ in order → batches → Archive::commit
//!          (one thread)     └→ … (a thread a core)            ─┘   (the caller's thread)
//! ```
//! An input is a file, or a member of a tar or a zip; each format has one module that makes drafts of one record. A crawl's
//! record holds a document of another format, and is read as that.
//!
//! A bad input is a [`Rejection`](crate::model::Rejection) and stops nothing else. Memory is bounded by what is between reading and committing,
//! however long the inputs are. The result does not depend on the number of cores.

mod again;
mod checkpoints;
mod crawl;
mod inputs;
mod journal;
mod known;
mod options;
pub mod path_pattern;
mod pipeline;
mod read;
mod run;
mod visit;
mod write;

pub use crate::formats::fields::Mapping;
pub use crate::formats::layouts::{Layout, Own as Layouts, parse as parse_layouts};
pub use crate::formats::{Format, Limits};
pub use again::{Reread, reextract};
pub use options::{Captured, Glob, OnError, Options, Pick, Stopped, Summary, Wanted};
pub use path_pattern::PathPattern;
pub use pipeline::{Seen, ingest, read_drafts};
