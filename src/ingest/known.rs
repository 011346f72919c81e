//! Which files earlier runs have read to their end: a second run does not open them. `ARCHIVE/known` holds a row a file; it is written when a run ends,
//! after everything in it is durable, and can be deleted at any time, at the cost of reading again.
//!
//! A file is known by its path, size, time of change and inode, for inputs that are read in one way by one version of pressmark. One that was
//! changed in the two seconds before a run began may change again without its time saying so, and is not noted (git calls such a file racy). The
//! list holds for what the archive holds: where an entry of its ledger is another than it was, or an article is gone that nobody removed, all of it is
//! forgotten.

use super::Options;
use super::inputs::Seen;
use super::options::How;
use crate::archive::{Archive, Snapshot};
use crate::bytes::codec;
use crate::bytes::fs::{read_if_there, write_whole};
use crate::model::{Became, Digest, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A file, and how it is read: the first bytes of a hash of both.
type Key = [u8; 16];
/// As what it was seen, and what became of it.
type Row = (Seen, Became);

/// Where an archive stood, by what cannot be the same in another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stand {
    next_seq: u64,
    /// Articles that were there, were not removed, and are not there.
    gone: u64,
    /// How many times a removal was undone: the text may be in a file that is known.
    undone: u64,
    /// The last entry, hashed.
    last: [u8; 16],
}

impl Stand {
    /// That of a snapshot, or the one that it had before this number was given.
    fn of(snapshot: &Snapshot, next_seq: u64) -> Result<Stand> {
        let applied = snapshot.applied();
        let (removed, undone) = snapshot.removed();
        let there = applied.articles + removed;
        let gone = (applied.position.next_article - 1).saturating_sub(there) + applied.without_first;
        // Of what was removed since then, the hash is left.
        let last = match next_seq {
            0 | 1 => Digest([0; 32]),
            after => snapshot.entry_hash(after - 1)?,
        };
        Ok(Stand { next_seq, gone, undone, last: short(last) })
    }
}

/// The list of one archive.
#[derive(Debug)]
pub(super) struct Known {
    path: PathBuf,
    how: How,
    /// Whether files are read although they are known.
    reads_all: bool,
    files: Mutex<HashMap<Key, Row>>,
    /// Files that were changed after this may change again unseen.
    settled: Timestamp,
    changed: AtomicBool,
}

/// A file that was changed so many seconds before a run began is not trusted.
const RACY_SECONDS: i64 = 2;

impl Known {
    /// Reads the list. One that does not hold for the archive is empty.
    pub fn open(archive: &Archive, options: &Options) -> Result<Known> {
        let snapshot = archive.snapshot()?;
        let path = archive.dir().join("known");
        let read = read_if_there(&path)?.and_then(|bytes| codec::decode(&bytes).ok());
        let (stand, files): (Option<Stand>, Vec<(Key, Row)>) = read.unwrap_or_default();
        let holds = stand.is_some_and(|stand| {
            stand.next_seq <= snapshot.position().next_seq
                && Stand::of(&snapshot, stand.next_seq).is_ok_and(|now| now == stand)
        });
        let files = if holds { files.into_iter().collect() } else { HashMap::new() };
        let settled = Timestamp(archive.time().now().0 - RACY_SECONDS);
        let how = options.how();
        let (files, changed) = (Mutex::new(files), AtomicBool::new(false));
        Ok(Known { path, how, reads_all: options.checksum || options.from_start, files, settled, changed })
    }

    fn files(&self) -> MutexGuard<'_, HashMap<Key, Row>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, path: &Path) -> Option<Key> {
        self.how.key(path).map(|hash| short(Digest(*hash.as_bytes())))
    }

    /// What became of this file, if it is as it was.
    pub fn find(&self, path: &Path, seen: &Seen) -> Option<Became> {
        if self.reads_all || self.files().is_empty() {
            return None;
        }
        let key = self.key(path)?;
        self.files().get(&key).filter(|(known, _)| known == seen).map(|(_, became)| *became)
    }

    /// Notes what became of a file, all of which is durable.
    pub fn note(&self, path: &Path, seen: Seen, became: Became) {
        if seen.changed_ns.div_euclid(1_000_000_000) >= self.settled.0 {
            return;
        }
        if let Some(key) = self.key(path) {
            let before = self.files().insert(key, (seen, became));
            self.changed.fetch_or(before != Some((seen, became)), Ordering::Relaxed);
        }
    }

    /// Writes the list, which holds for the archive as it is now.
    pub fn keep(&self, archive: &Archive) -> Result<()> {
        if !self.changed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let snapshot = archive.snapshot()?;
        let stand = Stand::of(&snapshot, snapshot.position().next_seq)?;
        let files = self.files();
        let files: Vec<(&Key, &Row)> = files.iter().collect();
        write_whole(&self.path, &codec::encode(&(Some(stand), files)))
    }
}

fn short(hash: Digest) -> [u8; 16] {
    hash.0[..16].try_into().expect("a hash is longer than 16 bytes")
}
