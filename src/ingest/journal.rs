//! What is being read, so that the next run can tell what ended this one: a stack that overflows or memory that runs out ends the
//! process, and no reader can say so itself.
//!
//! `ARCHIVE/reading` has a slot for each thread, written before a record is read, and goes when a run ends, however it does.
//! What stands in it after a run that died is suspect: the next run says so, and reads each of those alone. What it dies over
//! again is left out from then on, with a rejection; `--skip-fatal` leaves suspects out at once. `ARCHIVE/fatal` keeps count,
//! by the BLAKE3 of the bytes, until `--from-start` reads all of it again.

use crate::bytes::fs::{IoContext, read_if_there, remove, write_whole};
use crate::model::Result;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::ThreadId;

/// A slot: what is read, by its digest and by its name, of which the end is kept.
const SLOT_BYTES: usize = 1024;
const DIGEST_BYTES: usize = 16;
const NAME_BYTES_MAX: usize = SLOT_BYTES - DIGEST_BYTES - 2;
/// What was being read at so many deaths is left out.
const DEATHS_MAX: u32 = 2;

type Digest = [u8; DIGEST_BYTES];

/// What is being read in one run.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    slots: Mutex<HashMap<ThreadId, u64>>,
    /// At how many deaths each was being read, by its digest.
    deaths: BTreeMap<String, u32>,
    deaths_path: PathBuf,
    /// Held alone by who reads a suspect.
    alone: RwLock<()>,
    /// What the last run died over, if it died.
    pub suspects: Vec<String>,
}

/// A record that is being read until this is dropped.
pub(super) struct Reading<'a> {
    journal: &'a Journal,
    _others: Option<RwLockReadGuard<'a, ()>>,
    _alone: Option<RwLockWriteGuard<'a, ()>>,
}

impl Journal {
    /// Begins one. `skip` leaves out what the last run died over; `forget` forgets all that before.
    pub fn begin(archive: &Path, skip: bool, forget: bool) -> Result<Journal> {
        let (path, deaths_path) = (archive.join("reading"), archive.join("fatal"));
        let slots = read_if_there(&path)?.unwrap_or_default();
        let suspects: BTreeMap<String, String> = slots.chunks(SLOT_BYTES).filter_map(entry).collect();
        let known = if forget { None } else { read_if_there(&deaths_path)? };
        let mut deaths: BTreeMap<String, u32> =
            known.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        // Who was not being read this time died of something else before.
        deaths.retain(|digest, deaths| *deaths >= DEATHS_MAX || suspects.contains_key(digest));
        for digest in suspects.keys() {
            let deaths = deaths.entry(digest.clone()).or_default();
            *deaths = if skip { DEATHS_MAX } else { *deaths + 1 };
        }
        write(&deaths_path, &deaths)?;
        let file = File::create(&path).doing("create", &path)?;
        let suspects = suspects.into_values().collect();
        let (slots, alone) = Default::default();
        Ok(Journal { path, file, slots, deaths, deaths_path, alone, suspects })
    }

    /// Whether this is left out (`None`), or that this thread reads it now.
    pub fn enter(&self, name: &str, bytes: &[u8]) -> Option<Reading<'_>> {
        let digest: Digest = blake3::hash(bytes).as_bytes()[..DIGEST_BYTES].try_into().expect("it is longer");
        let deaths = if self.deaths.is_empty() { None } else { self.deaths.get(&hex(&digest)) };
        let (mut others, mut alone) = (None, None);
        match deaths {
            Some(deaths) if *deaths >= DEATHS_MAX => return None,
            Some(_) => alone = Some(self.alone.write().unwrap_or_else(PoisonError::into_inner)),
            None if self.suspects.is_empty() => {}
            None => others = Some(self.alone.read().unwrap_or_else(PoisonError::into_inner)),
        }
        let name = cut(name);
        let mut slot = digest.to_vec();
        slot.extend_from_slice(&(name.len() as u16).to_le_bytes());
        slot.extend_from_slice(name.as_bytes());
        self.write(&slot);
        Some(Reading { journal: self, _others: others, _alone: alone })
    }

    /// This thread reads nothing now.
    pub fn leave(&self) {
        self.write(&[0; DIGEST_BYTES + 2]);
    }

    fn write(&self, bytes: &[u8]) {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            let next = slots.len() as u64;
            *slots.entry(std::thread::current().id()).or_insert(next)
        };
        // What cannot be written now is not known later, and that is all.
        #[cfg(unix)]
        let _ = std::os::unix::fs::FileExt::write_at(&self.file, bytes, slot * SLOT_BYTES as u64);
        #[cfg(not(unix))]
        let _ = (slot, bytes, &self.file);
    }

    /// The run has ended: what was suspect is not any more, but for what is left out.
    pub fn end(&self) -> Result<()> {
        remove(&self.path)?;
        let out = self.deaths.iter().filter(|(_, deaths)| **deaths >= DEATHS_MAX);
        write(&self.deaths_path, &out.map(|(digest, deaths)| (digest.clone(), *deaths)).collect())
    }
}

impl Drop for Reading<'_> {
    /// While there are suspects, a death must not fall on who has read its record already.
    fn drop(&mut self) {
        if !self.journal.suspects.is_empty() {
            self.journal.leave();
        }
    }
}

fn write(path: &Path, deaths: &BTreeMap<String, u32>) -> Result<()> {
    if deaths.is_empty() {
        return remove(path);
    }
    write_whole(path, serde_json::json!(deaths).to_string().as_bytes())
}

fn hex(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What an input is called, if that is not too long; else the end of it.
fn cut(name: &str) -> &str {
    let mut start = name.len().saturating_sub(NAME_BYTES_MAX);
    while !name.is_char_boundary(start) {
        start += 1;
    }
    &name[start..]
}

/// What a slot says is being read: its digest and its name.
fn entry(slot: &[u8]) -> Option<(String, String)> {
    let (digest, rest) = slot.split_first_chunk::<DIGEST_BYTES>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let name = rest.get(..usize::from(u16::from_le_bytes(*length)))?;
    let name = String::from_utf8(name.to_vec()).ok().filter(|name| !name.is_empty())?;
    Some((hex(digest), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_at_two_deaths_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let begin = || Journal::begin(dir.path(), false, false).unwrap();
        let enter = |journal: &Journal, name: &str, text: &str| {
            journal.enter(name, text.as_bytes()).map(std::mem::forget).is_some()
        };
        let long = "ї".repeat(900);
        let first = begin();
        assert_eq!(first.suspects, [""; 0]);
        assert!(enter(&first, "in/a.html", "a") && enter(&first, "in/b.html", "b"));
        // It dies: nothing is ended.
        drop(first);
        let second = begin();
        assert_eq!(second.suspects, ["in/b.html"]);
        drop(second.enter("in/b.html", b"b"));
        assert!(enter(&second, &long, "long"));
        drop(second);
        let third = begin();
        assert_eq!(third.suspects, [cut(&long)]);
        assert!(enter(&third, &long, "long"));
        drop(third);
        let fourth = begin();
        drop(fourth.enter("in/b.html", b"b").unwrap());
        assert!(!enter(&fourth, "another name", "long"), "it is known by its bytes");
        drop(fourth.enter(&long, b"other bytes").unwrap());
        fourth.end().unwrap();
        assert!(!enter(&begin(), &long, "long"), "it stays out");
        assert!(
            enter(&Journal::begin(dir.path(), false, true).unwrap(), &long, "long"),
            "until that is forgotten"
        );
        assert!(!enter(&Journal::begin(dir.path(), true, false).unwrap(), &long, "long"));
    }
}
