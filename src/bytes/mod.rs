//! How things become bytes, and how bytes come to be in files.

pub mod codec;
pub mod fields;
pub mod fs;
pub mod number_set;
pub mod pack;
pub mod panics;
pub mod pool;
