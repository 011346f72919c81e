//! Plain data, and how it is read and printed. No I/O.

pub mod article;
pub mod canonical;
pub mod capture;
pub mod digest;
pub mod draft;
pub mod error;
pub mod language;
pub mod original;
pub mod progress;
pub mod published;
pub mod source;
pub mod time;
pub mod url;

pub use article::{Article, TEXT_BYTES_MAX};
pub use capture::{Capture, Original, PROVENANCE_BYTES_MAX, Provenance};
pub use digest::{BadPrefix, Digest, PREFIX_DIGITS_MIN, Prefix};
pub use draft::{Draft, Place, Rejection};
pub use error::{Error, Result};
pub use language::Language;
pub use original::{RAW_BYTES_MAX, Raw};
pub use progress::{Counts, Distance, Progress};
pub use published::{Origin, Published};
pub use source::Source;
pub use time::{DAY, Dated, Period, Precision, Timestamp};
