//! What can be read: which formats there are, how one is told from another, and one module each that makes drafts of a record.
//!
//! A format is a line in [`FORMATS`]. A reader takes the bytes of one record and knows nothing of the archive.

pub mod containers;
pub mod csv;
mod detect;
pub mod exported;
pub mod feed;
pub mod fields;
mod har;
pub mod html;
pub mod json;
pub mod kinds;
pub mod layouts;
pub mod mail;
pub mod markdown;
pub mod packed;
pub mod paths;
mod press;
mod reader;
pub mod records;
mod saved;
mod table;
pub mod text;
mod tree;
pub mod warc;
mod word;
pub mod xml;

pub use detect::{detect, payload_format, unpacked_name};
pub use reader::{Around, Content, Items, Limits, Read, Table};
pub use table::{FORMATS, Format, Row};
