//! What can be told from text alone: its encoding, its language, the dates in it.

pub mod dates;
pub mod decode;
pub mod detect_language;
pub mod likeness;
pub mod lists;
