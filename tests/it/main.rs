//! The archive and its command line, from outside: one binary, a file a matter.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod env;

mod answers;
mod bad_input;
mod corrections;
mod crash;
mod damage;
mod export;
mod faults;
mod flags;
mod format;
mod formats;
mod held;
mod hostile;
mod ingest;
mod library;
#[cfg(unix)]
mod many;
mod plan;
mod query;
mod raw;
mod readme;
mod real_data;
mod recall;
mod removal;
mod search;
mod snapshot;
mod terminal;
mod tidy;
