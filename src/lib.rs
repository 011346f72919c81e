//! An embedded archive of news articles: each kept once, under the BLAKE3 of its canonical text, with secondary indexes
//! on date and source.
//!
//! ```
//! use pressmark::archive::{Archive, Open};
//! use pressmark::model::{Draft, Provenance, Source};
//! use pressmark::query::{Expr, Order, Query};
//!
//! # fn main() -> pressmark::Result<()> {
//! # let dir = tempfile::tempdir().unwrap();
//! let mut archive = Archive::open(&dir.path().join("news"), &Open { create: true, ..Open::default() })?;
//! archive.put(vec![Draft {
//!     headline: "Night ferry to Izmail runs again".to_owned(),
//!     body: "The ferry will run again from Monday.".to_owned(),
//!     provenance: Provenance { source: Source::parse("evening-post"), ..Provenance::default() },
//!     ..Draft::default()
//! }])?; // durable from here on
//!
//! let query = Query { filter: Expr::sources([Source::parse("evening-post")]), order: Order::Oldest, ..Query::default() };
//! let reader = archive.snapshot()?;
//! let asked = reader.ask(&query)?;
//! for hit in asked.hits()? {
//!     let document = asked.document(&hit?)?;
//!     assert_eq!(document.article.headline(), "Night ferry to Izmail runs again");
//! }
//! archive.close()
//! # }
//! ```
//!
//! [`archive::Archive`] holds the two halves, the [`ledger`] and the [`store`]; [`ingest`] fills it from files, [`query`] asks
//! it, [`export`] writes what was found, [`check`] verifies and mends. The library never prints and reads no environment.

pub mod answer;
pub mod archive;
pub mod bytes;
pub mod derived;
pub mod export;
pub mod extract;
pub mod formats;
#[doc(hidden)]
pub mod fuzz;
pub mod ingest;
pub mod ledger;
pub mod model;
pub mod query;
pub mod store;
pub mod text;

pub use model::error::{Error, Result};
