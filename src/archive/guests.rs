//! What others ask of an archive while this process does something with it for long.

use super::Archive;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

type Job = Box<dyn FnOnce(&mut Archive) + Send>;

/// Jobs that wait for a moment between two batches.
#[derive(Default)]
pub struct Guests {
    jobs: Mutex<VecDeque<Job>>,
    /// Whether the holder is done, so that what takes long had better end.
    hurry: AtomicBool,
    /// What was wrong with an answer: the next opening builds again what it came from.
    condemned: Mutex<Option<String>>,
}

impl Guests {
    /// Has something done when there is a moment.
    pub fn push(&self, job: Job) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push_back(job);
    }

    fn next(&self) -> Option<Job> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Has what takes long end where it can go on later.
    pub fn hurry(&self) {
        self.hurry.store(true, Ordering::Relaxed);
    }

    /// Whether it had better end.
    pub(super) fn are_to_hurry(&self) -> bool {
        self.hurry.load(Ordering::Relaxed)
    }

    /// Notes that an answer was wrong.
    pub fn condemn(&self, what: &str) {
        *self.condemned.lock().unwrap_or_else(PoisonError::into_inner) = Some(what.to_owned());
    }

    pub(super) fn condemned(&self) -> Option<String> {
        self.condemned.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Archive {
    /// Where others put what is to be done.
    pub fn guests(&self) -> std::sync::Arc<Guests> {
        self.guests.clone()
    }

    /// Does what others ask. One job that panics is none of the others' concern.
    pub fn serve_guests(&mut self) {
        while let Some(job) = self.guests.next() {
            let _ = crate::bytes::panics::caught(|| job(self));
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
