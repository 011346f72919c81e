//! What answering a query costs, by estimates: so that a query takes as long on every machine, or is refused on every machine.

use crate::model::{Error, Result};
use std::cell::Cell;

/// What answering one query may still cost, in nanoseconds of a slow core, by estimates: so that a query takes as long on every
/// machine, or is refused on every machine.
pub(super) struct Work {
    left: Cell<u64>,
}

/// What one query may cost: some 1.5 seconds.
pub(crate) const WORK_MAX: u64 = 1_500_000_000;

/// A term of the dictionary that is looked at.
pub(super) const TERM: u64 = 100;
/// One that is asked whether it is a form.
pub(super) const FORM: u64 = 2_500;
/// One that is asked whether it is a spelling of a name.
pub(super) const NAME: u64 = 700;
/// A list of documents that is opened.
pub(super) const LIST: u64 = 500;
/// A document in it.
pub(super) const DOCUMENT: u64 = 5;
/// A document whose places are read.
pub(super) const PLACES: u64 = 150;

impl Work {
    pub fn new() -> Work {
        Work { left: Cell::new(WORK_MAX) }
    }

    pub fn spend(&self, cost: u64) -> Result<()> {
        match self.left.get().checked_sub(cost) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                let what = "its words and starts of words are too many, or too frequent, to be looked up in two seconds";
                Err(Error::Costly { what: what.to_owned() })
            }
        }
    }
}
