//! The ledger: the append-only, checksummed, synced file of everything that was ever committed. The truth.
//!
//! `LEDGER/00000001.seg`, `00000002.seg` … each a header and frames (`frame.rs`); only the last one grows, the others are
//! sealed and never change. A commit is acknowledged when its frame is written, `fdatasync` has returned, and the record
//! of what was acknowledged ([`acknowledged`]) names its end. Before that place nothing may be missing. Bytes behind it
//! that are no whole frame were never acknowledged if the machine has not been started again since; else nobody can tell,
//! and they are set aside as a file ([`tail`]). Anything else that does not verify is damage and is reported, never skipped.
//!
//! ```text
//! segment header = "PMLEDGER", archive UUID (16), number (u32), format (u32), first seq (u64), first article (u64),
//!                  head before (32), hash of these (16)                                          [96 bytes]
//! ```
//! Knows nothing of sled, queries or inputs.

pub mod acknowledged;
mod append;
mod entry;
mod frame;
mod position;
mod redact;
mod segment;
pub mod tail;
mod walk;

pub use acknowledged::Record;
pub use append::Ledger;
pub use entry::{ArticleRow, Entry, RawEntry};
pub(crate) use entry::{CaptureKeys, article_keys, capture_keys};
pub use frame::{BodyPack, Commit, Numbered, Section};
pub use position::{Head, Position};
pub use redact::redact;
pub use segment::{SEGMENT_BYTES, begin, name, owner, said_owner, segments};
pub use tail::Torn;
pub use walk::{Frames, Holds, Step, end, holds, is_explained};
