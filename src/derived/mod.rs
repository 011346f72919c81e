//! Indexes that are built from the store and can be deleted at any time.

pub mod words;
