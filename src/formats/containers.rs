//! Inputs that hold other inputs: tar and zip. Members are read one after the other, as they come; nothing is unpacked to disk
//! but a zip that does not come from a file.

use super::kinds::{Kind, Zip};
use super::packed::{Budget, Failing, TooMuch, describe, unpack, unreadable};
use crate::model::{Reason, Timestamp};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

/// How deep archives are read that are in archives.
pub const DEPTH_MAX: usize = 3;
/// A member may unpack to so many bytes however small it is.
const RATIO_GRACE: u64 = 64 << 20;
/// Members of one archive that are read.
const MEMBERS_MAX: usize = 10_000_000;

/// Takes a member: its name, its bytes, when it was modified; whether to go on.
type Visit<'v> = &'v mut dyn FnMut(&Arc<str>, Box<dyn BufRead + '_>, Option<Timestamp>) -> bool;

/// Walks a tar.
pub fn tar(name: &str, reader: &mut dyn BufRead, (ratio, budget): (u64, &Budget), visit: Visit<'_>) -> bool {
    let mut archive = tar::Archive::new(reader);
    // One tar after another is one tar.
    archive.set_ignore_zeros(true);
    let broken = |e: &io::Error| {
        let what = format!("cannot be read to its end: {}; what came before is kept", describe(e));
        io::Error::other(what)
    };
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(e) => return failed(name, broken(&e), visit),
    };
    for entry in entries.take(MEMBERS_MAX) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => return failed(name, broken(&e), visit),
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if is_hidden(&path) {
            continue;
        }
        let modified = entry.header().mtime().ok().map(|seconds| Timestamp(seconds as i64));
        let entry = Whole { left: entry.size(), inner: entry };
        if !member(name, &path, budget.count(entry), (modified, ratio), visit) {
            return false;
        }
        if budget.is_spent() {
            return true;
        }
    }
    true
}

/// A member of which all bytes have to be there: a tar that was cut short ends its last one early.
struct Whole<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            let missing = format!("its last {} bytes are missing", self.left);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, missing));
        }
        Ok(read)
    }
}

/// Why what begins as a zip is none that is walked.
pub enum NoZip {
    /// It cannot be read.
    Unreadable(Reason),
    /// It is a document that is kept as one.
    Document(Kind),
}

/// Walks a zip. One that does not come from a file is written to a temporary one first: its directory is at its end.
pub fn zip(
    name: &str,
    path: Option<&Path>,
    reader: &mut dyn BufRead,
    (ratio, budget): (u64, &Budget),
    visit: Visit<'_>,
) -> Result<bool, NoZip> {
    // A file that is the zip itself; not a compressed one, and not a pipe.
    let begins = |path: &&Path| {
        let mut magic = [0; 2];
        path.is_file()
            && File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
            && magic == *b"PK"
    };
    let file = match path.filter(begins) {
        Some(path) => File::open(path),
        None => copied(reader),
    };
    let unreadable =
        |e: io::Error| NoZip::Unreadable(unreadable(format!("cannot be read: {}", describe(&e)), &e));
    let file = file.map_err(unreadable)?;
    let mut archive = zip::ZipArchive::new(BufReader::new(file))
        .map_err(|e| NoZip::Unreadable(format!("it is not a zip that can be read: {e}").into()))?;
    let what = {
        let names: Vec<String> =
            archive.file_names().flatten().map(|name| name.as_ref().to_owned()).collect();
        Zip::of(&names.iter().map(String::as_str).collect::<Vec<_>>())
    };
    if let Zip::Document(kind) = what {
        return Err(NoZip::Document(kind));
    }
    for index in 0..archive.len().min(MEMBERS_MAX) {
        let member_name = archive
            .name_for_index(index)
            .map(|name| name.map_or_else(|_| String::new(), |name| name.to_string()))
            .unwrap_or_default();
        let entry = match archive.by_index(index) {
            Ok(entry) => entry,
            Err(e) => {
                if !failed(
                    &format!("{name}/{member_name}"),
                    io::Error::other(format!("cannot be read: {e}")),
                    visit,
                ) {
                    return Ok(false);
                }
                continue;
            }
        };
        if !entry.is_file() || is_hidden(&member_name) || !what.reads(&member_name) {
            continue;
        }
        let most = entry.compressed_size().saturating_mul(ratio).max(RATIO_GRACE);
        if entry.size() > most {
            let e = io::Error::other(TooMuch { what: "it", ratio });
            if !failed(&format!("{name}/{member_name}"), e, visit) {
                return Ok(false);
            }
            continue;
        }
        // What it says of its size need not be so.
        let entry = entry.take(most);
        if !member(name, &member_name, budget.count(entry), (None, ratio), visit) {
            return Ok(false);
        }
        if budget.is_spent() {
            break;
        }
    }
    Ok(true)
}

/// The longest zip that is copied to disk because it does not come from a file.
const COPY_BYTES_MAX: u64 = 4 << 30;

/// A copy of a zip in a temporary file.
fn copied(reader: &mut dyn BufRead) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    if io::copy(&mut reader.take(COPY_BYTES_MAX), &mut file)? == COPY_BYTES_MAX {
        return Err(io::Error::other("it is longer than 4 GiB and comes from no file; save it first"));
    }
    Ok(file)
}

fn member(
    name: &str,
    path: &str,
    reader: impl Read,
    (modified, ratio): (Option<Timestamp>, u64),
    visit: Visit<'_>,
) -> bool {
    let name: Arc<str> = format!("{name}/{path}").into();
    match unpack(BufReader::with_capacity(64 << 10, reader), ratio) {
        Ok(reader) => visit(&name, reader, modified),
        Err(e) => failed(&name, io::Error::other(format!("cannot be read: {}", describe(&e))), visit),
    }
}

/// A member that cannot be read is one that fails when it is.
fn failed(name: &str, e: io::Error, visit: Visit<'_>) -> bool {
    visit(&name.into(), Box::new(BufReader::new(Failing(Some(e)))), None)
}

/// Hidden files, and what desktops put beside everything.
fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.') && !matches!(part, "." | "..") || part == "__MACOSX")
}
