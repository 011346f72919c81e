//! Takes what is about some articles out of a ledger: in the place of each entry stands its hash, so that the chain still proves the
//! others, and their bodies are in no pack any more.

use super::acknowledged;
use super::frame::{self, BodyPack, Commit};
use super::position::{Head, Position};
use super::segment::{name, segments};
use super::walk::{Frames, Step, end};
use crate::bytes::fs::{IoContext, options_in, sync_dir};
use crate::model::{Error, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// A frame of a segment that is written otherwise: how long it was, and what it is now.
type Changed = BTreeMap<u64, (u64, Vec<u8>)>;

/// Writes a whole ledger into an empty directory, without what is about the articles that are erased. Segments that have nothing of them
/// are the same files in both. `less` takes the bodies of erased articles out of a pack; none if nothing is left. How many entries that were.
pub fn redact(
    from: &Path,
    to: &Path,
    uuid: [u8; 16],
    is_erased: &dyn Fn(u64) -> bool,
    less: &dyn Fn(BodyPack) -> Result<Option<BodyPack>>,
) -> Result<u64> {
    let mut redacted = 0;
    let mut changed: BTreeMap<u32, Changed> = BTreeMap::new();
    let (mut frames, mut done) = (Frames::from(from, uuid, Position::START), 0);
    loop {
        let before: Head = frames.position().head;
        match frames.step()? {
            Step::Frame(mut commit, after) => {
                if after.segment > done + 1 {
                    write(from, to, done + 1, after.segment, &mut changed)?;
                    done = after.segment - 1;
                }
                let entries = without(&mut commit, is_erased, less)?;
                if entries > 0 {
                    redacted += entries;
                    let (bytes, head) = frame::encode(&commit, before);
                    if head != after.head {
                        let (place, what) = (name(after.segment), "its chain is broken".to_owned());
                        return Err(Error::Ledger { place, what });
                    }
                    let frame = (after.offset - after.frame, bytes);
                    changed.entry(after.segment).or_default().insert(after.frame, frame);
                }
            }
            Step::End { torn: None, .. } => break,
            Step::End { .. } => {
                let (place, what) =
                    (from.display().to_string(), "it ends with bytes that are no commit".to_owned());
                return Err(Error::Ledger { place, what });
            }
            Step::Damaged { place, what, .. } => return Err(Error::Ledger { place, what }),
        }
    }
    let last = segments(from)?.last().copied().unwrap_or(0);
    write(from, to, done + 1, last + 1, &mut changed)?;
    let (position, _) = end(to, uuid)??;
    acknowledged::Writer::open(to, uuid, position)?.sync()?;
    sync_dir(to)?;
    Ok(redacted)
}

/// Takes out of a commit what is about erased articles; how many entries that are.
fn without(
    commit: &mut Commit,
    is_erased: &dyn Fn(u64) -> bool,
    less: &dyn Fn(BodyPack) -> Result<Option<BodyPack>>,
) -> Result<u64> {
    let is_about = |article: u64, entry: &super::RawEntry| match entry.is_article() {
        true => is_erased(article),
        false => !entry.is_removal() && entry.about().into_iter().any(is_erased),
    };
    let found: Vec<bool> = commit
        .numbered()
        .map(|numbered| !numbered.entry.gone && is_about(numbered.article, numbered.entry))
        .collect();
    let mut entries = 0;
    for (entry, _) in commit.entries.iter_mut().zip(&found).filter(|(_, found)| **found) {
        *entry = entry.without_bytes();
        entries += 1;
    }
    if (commit.first_article..commit.next_article()).any(is_erased) {
        let packs = std::mem::take(&mut commit.bodies).into_iter();
        commit.bodies = packs.filter_map(|pack| less(pack).transpose()).collect::<Result<_>>()?;
    }
    Ok(entries)
}

/// Writes some segments, each as it is or with its changed frames.
fn write(from: &Path, to: &Path, first: u32, next: u32, changed: &mut BTreeMap<u32, Changed>) -> Result<()> {
    for number in first..next {
        let (old, new) = (from.join(name(number)), to.join(name(number)));
        let Some(changed) = changed.remove(&number) else {
            // The last one is appended to: it is nobody else's.
            if std::fs::hard_link(&old, &new).is_err() {
                std::fs::copy(&old, &new).doing("copy", &old)?;
                File::open(&new).and_then(|file| file.sync_all()).doing("sync", &new)?;
            }
            continue;
        };
        let mut source = File::open(&old).doing("open", &old)?;
        let length = source.metadata().doing("read", &old)?.len();
        let file = options_in(to).write(true).create_new(true).open(&new).doing("create", &new)?;
        let mut file = io::BufWriter::with_capacity(1 << 20, file);
        let mut copy = |file: &mut dyn Write, start: u64, end: u64| {
            source.seek(SeekFrom::Start(start))?;
            io::copy(&mut Read::by_ref(&mut source).take(end - start), file)
        };
        let mut at = 0;
        for (offset, (bytes, frame)) in changed {
            copy(&mut file, at, offset).and_then(|_| file.write_all(&frame)).doing("write", &new)?;
            at = offset + bytes;
        }
        copy(&mut file, at, length).doing("write", &new)?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error).doing("write", &new)?;
        file.sync_all().doing("sync", &new)?;
    }
    Ok(())
}
