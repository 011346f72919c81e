//! What goes wrong in sled, as errors of the store.

use crate::model::Error;
use crate::model::Result;
use crate::model::error::system_error;
use std::path::Path;

/// Says that the store is damaged.
pub(crate) fn damaged(what: impl ToString) -> Error {
    Error::Store { what: what.to_string() }
}

/// The same of what sled says, unless that is an error of the system.
pub(super) fn failed(file: &Path, what: &str) -> Error {
    match system_error(what) {
        Some(source) => Error::Io { doing: "use", path: file.to_owned(), source },
        None => damaged(what),
    }
}

/// Runs a call into sled; its errors and its panics are damage of the store, unless the system failed.
pub fn quiet<T>(file: &Path, call: impl FnOnce() -> sled::Result<T>) -> Result<T> {
    match crate::bytes::panics::caught(call) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(e)) => Err(failed(file, &e.to_string())),
        Err(panic) => Err(failed(file, &panic)),
    }
}
