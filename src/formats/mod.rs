//! What can be read: which formats there are, how one is told from another, and one module each that makes drafts of a record.
//!
//! A format is a line in [`FORMATS`]. A reader takes the bytes of one record and knows nothing of the archive.

pub mod containers;
pub mod csv;
mod detect;
pub mod feed;
pub mod html;
pub mod json;
pub mod kinds;
pub mod mail;
pub mod packed;
mod reader;
pub mod records;
mod table;
pub mod text;
pub mod warc;

pub use detect::{detect, payload_format, unpacked_name};
pub use reader::{Around, Content, Limits, Read, Table};
pub use table::{FORMATS, Format, Row};
