//! How a query is answered: planned, walked, placed, counted; and [`Request`] and [`Answer`], which say the same as plain data.

mod aggregate;
mod api;
mod bounds;
mod document;
mod explain;
mod filter;
mod place;
mod plan;
mod scan;
mod snippet;

pub use aggregate::{Group, SourceSummary};
pub use api::{Answer, Answers, CaptureRow, End, EntryRow, Found, Request, Row, VERSION, Want, When, answer};
pub use place::{Hit, Hits};
pub use plan::Asked;
pub use snippet::Snippet;
