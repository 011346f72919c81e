//! What others ask of an archive while this process does something with it for long.

use super::Archive;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

type Job = Box<dyn FnOnce(&mut Archive) + Send>;

/// Jobs that wait for a moment between two batches.
#[derive(Default)]
pub struct Guests(Mutex<VecDeque<Job>>);

impl Guests {
    /// Has something done when there is a moment.
    pub fn push(&self, job: Job) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(job);
    }

    fn next(&self) -> Option<Job> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Archive {
    /// Where others put what is to be done.
    pub fn guests(&self) -> std::sync::Arc<Guests> {
        self.guests.clone()
    }

    /// Does what others ask.
    pub fn serve_guests(&mut self) {
        while let Some(job) = self.guests.next() {
            job(self);
        }
    }

    /// Writes into the lock, which this process has, what others are told of it.
    pub fn note_in_lock(&self, what: &str) -> std::io::Result<()> {
        use std::io::{Seek, SeekFrom, Write};
        let Some(lock) = &self.hold.lock else { return Ok(()) };
        let mut file = &**lock;
        file.seek(SeekFrom::End(0))?;
        file.write_all(what.as_bytes())
    }
}
