//! Plain data, and how it is read and printed. No I/O.

pub mod article;
pub mod canonical;
pub mod capture;
pub mod columns;
pub mod digest;
pub mod document;
pub mod draft;
pub mod error;
pub mod language;
pub mod named;
pub mod original;
pub mod progress;
pub mod published;
pub mod reason;
pub mod source;
pub mod tag;
pub mod time;
pub mod url;

pub use article::{Article, TEXT_BYTES_MAX};
pub use capture::{Capture, Original, PROVENANCE_BYTES_MAX, Provenance};
pub use columns::{COLUMNS, Column};
pub use digest::{BadPrefix, Digest, PREFIX_DIGITS_MIN, Prefix};
pub use document::{Document, Unchecked};
pub use draft::{Draft, Place, Rejection};
pub use error::{Error, Result};
pub use language::Language;
pub(crate) use named::named;
pub use named::{Named, Unnamed};
pub use original::{RAW_BYTES_MAX, Raw};
pub use progress::{Became, Counts, Distance, Progress};
pub use published::{Origin, Published};
pub use reason::{Reason, Skip};
pub use source::Source;
pub use tag::{TAG_HINT, saved_name, tag};
pub use time::{DAY, Dated, Period, Precision, TimeSource, Timestamp};
