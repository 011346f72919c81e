//! How a query is answered: planned, walked, placed, counted; and [`Request`] and [`Answer`], which say the same as plain data.

mod aggregate;
mod answers;
mod api;
mod bounds;
mod document;
mod explain;
mod extra;
mod filter;
mod groups;
mod place;
mod plan;
mod scan;
mod snippet;
mod why;

pub use aggregate::SourceSummary;
pub use answers::{Answers, answer};
pub use api::{
    Answer, CaptureRow, ChangedRow, End, EntryRow, Found, OriginalRow, Request, Row, Totals, VERSION, Want,
    When,
};
pub use groups::Group;
pub use place::{Hit, Hits};
pub use plan::Asked;
pub use snippet::Snippet;
pub use why::{Verdict, Why};
