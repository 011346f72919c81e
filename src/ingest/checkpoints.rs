//! How far crawls were read: a second run goes on from there. A file a crawl in `ARCHIVE/checkpoints/`, written after everything
//! before its place is durable; they can be deleted at any time, at the cost of reading again.

use super::Options;
use super::options::How;
use crate::bytes::fs::{dirs_in, open_as};
use crate::model::Digest;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How far a crawl was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// Where in the file a record begins that was not read yet, or its end.
    pub offset: u64,
    /// Records before it.
    pub records: u64,
    /// Of those, how many were rejected.
    pub rejected: u64,
    /// An article of before the place, which must still be in the archive: else the archive is an older one.
    pub article: Option<String>,
    /// The BLAKE3 of what the file begins with and of what is before the place.
    pub near: String,
}

/// Those of one archive, for inputs that are read in one way.
#[derive(Debug)]
pub(super) struct Checkpoints {
    dir: PathBuf,
    how: How,
    known: HashMap<String, Checkpoint>,
}

/// So many bytes at the start of a file, and before a place in it, are those that were read, or the file is another.
const NEAR_BYTES: u64 = 64 << 10;

/// How the names of files begin that are being written.
const TEMPORARY: &str = ".new-";

impl Checkpoints {
    /// Reads them. Whoever does not agree with the archive is left out.
    pub fn open(archive: &Path, options: &Options, has: &dyn Fn(&Digest) -> bool) -> Checkpoints {
        let from_start = options.from_start;
        let dir = archive.join("checkpoints");
        let files = fs::read_dir(&dir).into_iter().flatten().flatten();
        let known = files.filter(|_| !from_start).filter_map(|file| {
            if file.file_name().to_string_lossy().starts_with(TEMPORARY) {
                // Left by a process that was killed; nobody else has the archive now.
                let _ = fs::remove_file(file.path());
                return None;
            }
            let checkpoint: Checkpoint = serde_json::from_slice(&fs::read(file.path()).ok()?).ok()?;
            let there = match &checkpoint.article {
                Some(article) => has(&article.parse().ok()?),
                None => true,
            };
            there.then(|| Some((file.file_name().into_string().ok()?, checkpoint)))?
        });
        Checkpoints { known: known.collect(), how: options.how(), dir }
    }

    fn name(&self, path: &Path) -> Option<String> {
        Some(self.how.key(path)?.to_hex()[..32].to_owned())
    }

    /// How far this file was read, if it still begins as it did.
    pub fn find(&self, path: &Path) -> Option<Checkpoint> {
        let checkpoint = self.known.get(&self.name(path)?)?;
        (near(path, checkpoint.offset).ok()? == checkpoint.near).then(|| checkpoint.clone())
    }

    /// Writes one down. It is not synced: an older one is as right.
    pub fn keep(&self, path: &Path, mut checkpoint: Checkpoint) -> io::Result<()> {
        let Some(name) = self.name(path) else { return Ok(()) };
        checkpoint.near = near(path, checkpoint.offset)?;
        dirs_in(self.dir.parent().unwrap_or(&self.dir)).recursive(true).create(&self.dir)?;
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(&self.dir)?;
        file.write_all(&serde_json::to_vec(&checkpoint)?)?;
        let path = self.dir.join(name);
        file.persist(&path)?;
        open_as(&self.dir, &path);
        Ok(())
    }
}

fn near(path: &Path, offset: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let length = offset.min(NEAR_BYTES);
    for start in [0, offset - length] {
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        (&file).take(length).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        hasher.update(&bytes);
    }
    Ok(hasher.finalize().to_hex().to_string())
}
