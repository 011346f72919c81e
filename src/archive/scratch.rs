//! Where an archive is read from that cannot be written.

use super::layout::Layout;
use super::lock::{Wait, lock};
use crate::bytes::fs::{IoContext, is_there, private_dirs, remove};
use crate::model::{Error, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a store may be built beside an archive that cannot be written.
#[derive(Clone, Debug)]
pub enum ScratchPlace {
    /// In a directory in this one, which is called after the archive's UUID: the next opening goes on with what is there, and
    /// removes it when it can write the archive itself.
    In(PathBuf),
    /// In a new directory in this one, which is removed when the archive is closed.
    Temporary(PathBuf),
}

/// What an archive is read from that cannot be written.
#[derive(Debug)]
pub struct Scratch {
    /// Why it cannot be written.
    pub reason: Error,
    /// Where the copy is.
    pub dir: PathBuf,
    /// How long it took to bring it up to the ledger.
    pub took: Duration,
    /// Entries of the ledger that were added to it.
    pub added: u64,
    pub(super) _temporary: Option<tempfile::TempDir>,
    pub(super) _lock: File,
}

impl ScratchPlace {
    /// The directory for one archive, which is made if it is not there.
    pub(super) fn directory(&self, uuid: uuid::Uuid) -> Result<(PathBuf, Option<tempfile::TempDir>)> {
        match self {
            ScratchPlace::In(place) => {
                let dir = place.join(uuid.to_string());
                if is_taken(&dir)? {
                    let reason = "it is no place for the indexes of an archive: it is one".to_owned();
                    return Err(Error::NotAnArchive { path: dir, reason });
                }
                private_dirs().recursive(true).create(&dir).doing("create", &dir)?;
                Ok((dir, None))
            }
            ScratchPlace::Temporary(parent) => {
                // Readable by its owner alone.
                let made = tempfile::Builder::new().prefix("pressmark-").tempdir_in(parent);
                let made = made.doing("create a directory in", parent)?;
                Ok((made.path().to_owned(), Some(made)))
            }
        }
    }
}

impl ScratchPlace {
    /// Removes what was built for one archive, and nothing else, unless somebody is reading through it.
    pub fn clear(&self, uuid: uuid::Uuid) -> Result<()> {
        let ScratchPlace::In(place) = self else { return Ok(()) };
        let dir = place.join(uuid.to_string());
        if !is_there(&dir)? || is_taken(&dir)? {
            return Ok(());
        }
        let layout = Layout::of(&dir);
        let _lock = lock(&layout, Wait::up_to(Duration::ZERO))?;
        let derived = [layout.store(), layout.search(), layout.dirty(), dir.join("dirty.new"), layout.lock()];
        derived.iter().try_for_each(|path| remove(path))?;
        std::fs::remove_dir(&dir).doing("remove", &dir)
    }
}

/// Whether a directory is an archive.
fn is_taken(dir: &Path) -> Result<bool> {
    let layout = Layout::of(dir);
    Ok(is_there(&layout.config())? || is_there(&layout.ledger())?)
}
