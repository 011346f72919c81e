//! What stood behind the last whole frame when nobody could tell whether it had been acknowledged: kept as a file in the
//! ledger's directory, until somebody accepts that it is not in the archive. It is deleted when articles are removed, and accepted tails alone.
//!
//! `00000001-93412.tail` is what segment 1 had from byte 93,412 on; `….tail.accepted` was accepted.

use crate::bytes::fs::{IoContext, is_there, open_as, sync_dir};
use crate::model::Result;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A tail that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The file.
    pub path: PathBuf,
    /// How long it is.
    pub bytes: u64,
    /// Whether it was accepted that it is not in the archive.
    pub accepted: bool,
}

/// How the names of files begin that are not whole yet.
pub const TEMPORARY: &str = ".new-";
const ENDING: &str = ".tail";
const ACCEPTED: &str = ".accepted";

/// Bytes at the end of the ledger that no frame ends.
#[derive(Debug)]
pub struct Torn {
    /// The segment's file.
    pub path: PathBuf,
    /// Where it is to be cut; 0 if the whole file goes.
    pub keep_bytes: u64,
    /// Whether it is certain that they were never acknowledged. If not, they are kept beside the ledger.
    pub never_acknowledged: bool,
}

pub(super) fn cut(dir: &Path, torn: &Torn) -> Result<()> {
    if torn.keep_bytes == 0 {
        std::fs::remove_file(&torn.path).doing("remove", &torn.path)?;
        return sync_dir(dir);
    }
    let file = OpenOptions::new().write(true).open(&torn.path).doing("open", &torn.path)?;
    file.set_len(torn.keep_bytes).and_then(|()| file.sync_all()).doing("cut", &torn.path)
}

/// The tails that were set aside, in the order of their names.
pub fn list(dir: &Path) -> Result<Vec<Tail>> {
    let mut tails = Vec::new();
    if !is_there(dir)? {
        return Ok(tails);
    }
    for entry in dir.read_dir().doing("read", dir)? {
        let entry = entry.doing("read", dir)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let stem = name.strip_suffix(ACCEPTED);
        if stem.unwrap_or(&name).ends_with(ENDING) {
            let (path, accepted) = (entry.path(), stem.is_some());
            let bytes = entry.metadata().doing("read", &path)?.len();
            tails.push(Tail { path, bytes, accepted });
        }
    }
    tails.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(tails)
}

/// Accepts that what was set aside is not in the archive; the files that this is true of now.
pub fn accept(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut accepted = Vec::new();
    for tail in list(dir)?.into_iter().filter(|tail| !tail.accepted) {
        // Another one from the same place may have been accepted before.
        let mut path = accepted_name(&tail.path, 1);
        for copy in 2.. {
            if !is_there(&path)? {
                break;
            }
            path = accepted_name(&tail.path, copy);
        }
        std::fs::rename(&tail.path, &path).doing("rename", &tail.path)?;
        accepted.push(path);
    }
    if !accepted.is_empty() {
        sync_dir(dir)?;
    }
    Ok(accepted)
}

fn accepted_name(tail: &Path, copy: u32) -> PathBuf {
    let number = if copy == 1 { String::new() } else { format!("-{copy}") };
    let name = tail.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(ENDING).unwrap_or(&name);
    tail.with_file_name(format!("{stem}{number}{ENDING}{ACCEPTED}"))
}

/// Takes the tails of one ledger along into another: all of them, or those alone that nobody has accepted.
pub fn carry_over(from: &Path, to: &Path, accepted: bool) -> Result<()> {
    for tail in list(from)?.into_iter().filter(|tail| accepted || !tail.accepted) {
        let there = to.join(tail.path.file_name().unwrap_or_default());
        if std::fs::hard_link(&tail.path, &there).is_err() {
            let bytes = std::fs::read(&tail.path).doing("read", &tail.path)?;
            write(&there, &bytes)?;
        }
    }
    Ok(())
}

/// Moves what is torn off a segment into a file in this directory, and cuts it off the segment; the file.
pub fn set_aside(dir: &Path, torn: &Torn) -> Result<PathBuf> {
    let path = keep(dir, torn)?;
    cut(dir, torn)?;
    Ok(path)
}

/// Copies what is torn into a file in this directory, durably. The same bytes from the same place are kept once.
pub fn keep(dir: &Path, torn: &Torn) -> Result<PathBuf> {
    let mut bytes = Vec::new();
    File::open(&torn.path)
        .and_then(|mut file| {
            file.seek(SeekFrom::Start(torn.keep_bytes))?;
            file.read_to_end(&mut bytes)
        })
        .doing("read", &torn.path)?;
    let segment = torn.path.file_stem().unwrap_or_default().to_string_lossy();
    let names = (1..).map(|copy| {
        let number = if copy == 1 { String::new() } else { format!("-{copy}") };
        dir.join(format!("{segment}-{}{number}{ENDING}", torn.keep_bytes))
    });
    for path in names {
        if !is_there(&path)? {
            return write(&path, &bytes).map(|()| path);
        }
        if std::fs::read(&path).doing("read", &path)? == bytes {
            return Ok(path);
        }
    }
    unreachable!("there is always a higher number")
}

/// Writes a private file that is whole or not there.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let dir = path.parent().expect("it is in a directory");
    let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(dir).doing("create", path)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).doing("write", path)?;
    file.persist(path).map_err(|e| e.error).doing("create", path)?;
    open_as(dir, path);
    sync_dir(dir)
}
