//! An embedded archive of news articles: each kept once, under the BLAKE3 of its canonical text, with secondary indexes
//! on date and source.
//!
//! ```
//! use pressmark::{Answer, Archive, Draft, Expr, Open, Provenance, Query, Request, Source, Want};
//!
//! # fn main() -> pressmark::Result<()> {
//! # let dir = tempfile::tempdir().unwrap();
//! let archive = Archive::open(&dir.path().join("news"), &Open { create: true, ..Open::default() })?;
//! archive.put(vec![Draft {
//!     headline: "Night ferry to Izmail runs again".to_owned(),
//!     body: "The ferry will run again from Monday.".to_owned(),
//!     provenance: Provenance { source: Source::parse("evening-post"), ..Provenance::default() },
//!     ..Draft::default()
//! }])?; // durable from here on
//!
//! let query = Query { filter: Expr::sources([Source::parse("evening-post")]), ..Query::default() };
//! for piece in archive.session()?.answer(&Request::new(query, Want::Documents))? {
//!     if let Answer::Document(found) = piece? {
//!         assert_eq!(found.headline, "Night ferry to Izmail runs again");
//!     }
//! }
//! archive.close()
//! # }
//! ```
//!
//! - [`Archive`] is held by one process, which answers the others: a [`Session`] asks it, wherever it is. Who holds it has [`Snapshot`]s too.
//! - [`Request`] and [`Answer`] are questions and answers as plain data; [`parse`] reads the query language.
//! - [`ingest`] fills an archive from files, [`export`] writes what was found, [`verify`] and [`repair`] check and mend.
//! - Everything else below is plain data.
//!
//! The library prints nothing, reads no environment variable, sets no panic hook and asks the one clock that [`Open::time`] hands in.
//! Its threads end when an archive is closed; only where the system failed to write may those of sled, the store underneath, stay.
//! sled and tantivy panic on some damaged files: the library turns that into errors, and a panic hook of yours may hear of it.

// The rooms. What is in them and not named below may change with any version.
#[doc(hidden)]
pub mod answer;
#[doc(hidden)]
pub mod archive;
#[doc(hidden)]
pub mod bytes;
#[doc(hidden)]
pub mod derived;
pub mod export;
#[doc(hidden)]
pub mod extract;
#[doc(hidden)]
pub mod formats;
#[doc(hidden)]
pub mod fuzz;
pub mod ingest;
#[doc(hidden)]
pub mod ledger;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod query;
#[doc(hidden)]
pub mod shared;
#[doc(hidden)]
pub mod store;
#[doc(hidden)]
pub mod text;

#[doc(inline)]
pub use answer::{
    Answer, Answers, CaptureRow, ChangedRow, End, EntryRow, Found, OriginalRow, Request, Row, Snippet,
    Totals, VERSION, Verdict, Want, When, Why, answer,
};
#[doc(inline)]
pub use archive::check::{Depth, Finding, RepairOptions, Repaired, Report, repair, verify};
#[doc(inline)]
pub use archive::{
    Change, Changed, Healed, IndexHealed, Open, Prepared, Put, Scratch, ScratchPlace, Snapshot, Snapshots,
    rebuild,
};
#[doc(inline)]
pub use derived::words::Scope;
#[doc(inline)]
pub use model::{
    Article, Became, Capture, Corrected, Correction, Counts, Dated, Detail, Digest, Distance, Document,
    Draft, Error, Language, Named, Origin, Original, Place, Precision, Prefix, Progress, Provenance,
    Published, Reason, Rejection, Result, Skip, Source, TimeSource, Timestamp, Unnamed,
};
#[doc(inline)]
pub use query::{
    Bound, By, Clock, Condition, Cursor, DateField, Expr, Grouping, Hint, Meant, NoDate, Order, Query,
    SyntaxError, Words, parse, parse_with_hints,
};
#[doc(inline)]
pub use shared::{Archive, Documents, Facts, Pieces, Session};
