//! How much was read of an input.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many bytes were read of one input, and of all.
#[derive(Clone, Default)]
pub struct Counters {
    pub here: Arc<AtomicU64>,
    pub all: Arc<AtomicU64>,
}

impl Counters {
    /// Counts what is read.
    pub fn count<R>(&self, inner: R) -> Counted<R> {
        Counted { inner, counters: self.clone() }
    }

    /// Takes back what was read of this input behind an offset.
    pub fn back_to(&self, offset: u64) {
        let again = self.here.load(Ordering::Relaxed).saturating_sub(offset);
        self.here.fetch_sub(again, Ordering::Relaxed);
        self.all.fetch_sub(again, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub fn here(&self) -> u64 {
        self.here.load(Ordering::Relaxed)
    }
}

/// Counts what is read.
pub struct Counted<R> {
    inner: R,
    pub counters: Counters,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.counters.here.fetch_add(read as u64, Ordering::Relaxed);
        self.counters.all.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
