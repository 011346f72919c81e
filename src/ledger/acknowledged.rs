//! The record of how far the ledger was acknowledged: where it must not end before.
//!
//! `LEDGER/acknowledged` holds it twice, in two slots of 512 bytes that are written in turn, so that one of them is whole
//! whenever the system stops. It is written before each acknowledgement and not synced: a process that is killed leaves
//! it behind, and a power cut leaves an older one, before which nothing may be missing either. Closing syncs it.
//!
//! ```text
//! slot = "PMACK1\0\0", generation (u64), archive UUID (16), boot id (16, 0 if the system has none), segment (u32), 0 (u32),
//!        frame (u64), offset (u64), next seq (u64), next article (u64), head (32), hash of these (16), zeros to 512 bytes
//! ```

use super::position::{Head, Position, short_hash};
use crate::bytes::fs::{IoContext, options_in, start_if_there, sync_dir};
use crate::model::Result;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The name of the file.
pub const NAME: &str = "acknowledged";

const MAGIC: &[u8; 8] = b"PMACK1\0\0";
const SLOT_BYTES: usize = 512;
/// The fields, without their hash.
const CONTENT_BYTES: usize = 120;

/// What the record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Whose ledger it is.
    pub uuid: [u8; 16],
    /// Everything before this was acknowledged.
    pub position: Position,
    /// The start of the machine on which it was written, if the system tells.
    boot: Option<[u8; 16]>,
    generation: u64,
}

/// What was found where the record should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// Nothing: an archive of before there was one, or a copy without it.
    Missing,
    /// No slot of it is whole.
    Damaged,
    /// What it says.
    Known(Acknowledged),
}

impl Record {
    /// Reads the record of the ledger in this directory.
    pub fn read(dir: &Path) -> Result<Record> {
        let path = dir.join(NAME);
        let Some(bytes) = start_if_there(&path, 2 * SLOT_BYTES as u64)? else { return Ok(Record::Missing) };
        let slots = bytes.chunks(SLOT_BYTES).filter_map(Acknowledged::decode);
        Ok(slots.max_by_key(|slot| slot.generation).map_or(Record::Damaged, Record::Known))
    }

    /// What it says, if it says something.
    pub fn known(self) -> Option<Acknowledged> {
        match self {
            Record::Known(acknowledged) => Some(acknowledged),
            Record::Missing | Record::Damaged => None,
        }
    }
}

impl Acknowledged {
    /// Whether the machine has not been started again since: whatever was acknowledged then is in the record.
    pub fn is_of_this_boot(&self) -> bool {
        self.boot.is_some() && self.boot == boot()
    }

    fn is_ahead_of(&self, position: &Position, uuid: [u8; 16]) -> bool {
        self.uuid == uuid && self.position.next_seq > position.next_seq
    }

    fn encode(&self) -> [u8; SLOT_BYTES] {
        let Position { segment, frame, offset, next_seq, next_article, head } = self.position;
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.generation.to_le_bytes());
        bytes.extend_from_slice(&self.uuid);
        bytes.extend_from_slice(&self.boot.unwrap_or_default());
        bytes.extend_from_slice(&segment.to_le_bytes());
        bytes.extend_from_slice(&0u32.to_le_bytes());
        for number in [frame, offset, next_seq, next_article] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&head.0);
        debug_assert_eq!(bytes.len(), CONTENT_BYTES, "the fields add up");
        bytes.extend_from_slice(&short_hash(&bytes));
        bytes.resize(SLOT_BYTES, 0);
        bytes.try_into().expect("it was made this long")
    }

    fn decode(slot: &[u8]) -> Option<Acknowledged> {
        let (content, rest) = slot.split_at_checked(CONTENT_BYTES)?;
        if &content[..8] != MAGIC || rest.get(..16)? != short_hash(content) {
            return None;
        }
        let u64_at = |at: usize| u64::from_le_bytes(content[at..at + 8].try_into().expect("eight bytes"));
        let boot: [u8; 16] = content[32..48].try_into().ok()?;
        Some(Acknowledged {
            generation: u64_at(8),
            uuid: content[16..32].try_into().ok()?,
            boot: (boot != [0; 16]).then_some(boot),
            position: Position {
                segment: u32::from_le_bytes(content[48..52].try_into().ok()?),
                frame: u64_at(56),
                offset: u64_at(64),
                next_seq: u64_at(72),
                next_article: u64_at(80),
                head: Head(content[88..120].try_into().ok()?),
            },
        })
    }
}

/// The record, open to be written.
pub(super) struct Writer {
    path: PathBuf,
    file: File,
    last: Acknowledged,
    unsynced: bool,
}

impl Writer {
    /// Opens the record, or makes one, and has it say that everything before this position was acknowledged. One that says so
    /// of more stays as it is: what is missing is being written again.
    pub fn open(dir: &Path, uuid: [u8; 16], position: Position) -> Result<Writer> {
        let path = dir.join(NAME);
        let found = Record::read(dir)?;
        let mut options = options_in(dir);
        let file =
            options.read(true).write(true).create(true).truncate(false).open(&path).doing("open", &path)?;
        let generation = found.known().map_or(0, |known| known.generation);
        let mut last = Acknowledged { uuid, position, boot: boot(), generation };
        if let Some(known) = found.known().filter(|known| known.is_ahead_of(&position, uuid)) {
            last = known;
        }
        let mut writer = Writer { path, file, last, unsynced: false };
        match found {
            Record::Known(known) if known == last => {}
            Record::Known(_) => writer.put()?,
            Record::Missing | Record::Damaged => {
                // Both slots, and the name.
                writer.put()?;
                writer.put()?;
                writer.sync()?;
                sync_dir(dir)?;
            }
        }
        Ok(writer)
    }

    /// Everything before this position is durable, and may be acknowledged when this returns.
    pub fn write(&mut self, position: Position) -> Result<()> {
        if self.last.is_ahead_of(&position, self.last.uuid) {
            return Ok(());
        }
        (self.last.position, self.last.boot) = (position, boot());
        self.put()
    }

    fn put(&mut self) -> Result<()> {
        self.last.generation += 1;
        let slot = SeekFrom::Start(self.last.generation % 2 * SLOT_BYTES as u64);
        let bytes = self.last.encode();
        self.unsynced = true;
        self.file.seek(slot).and_then(|_| self.file.write_all(&bytes)).doing("write", &self.path)
    }

    /// Makes it durable.
    pub fn sync(&mut self) -> Result<()> {
        if self.unsynced {
            self.file.sync_data().doing("sync", &self.path)?;
            self.unsynced = false;
        }
        Ok(())
    }
}

/// What tells one start of the machine from the next, where the system says.
fn boot() -> Option<[u8; 16]> {
    let id: uuid::Uuid = boot_id()?.parse().ok()?;
    Some(id.into_bytes())
}

/// The same as the system prints it.
pub fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slot_is_always_whole() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Record::read(dir.path()).unwrap(), Record::Missing);
        let at = |next_seq| Position { next_seq, ..Position::START };
        let mut writer = Writer::open(dir.path(), [7; 16], at(1)).unwrap();
        writer.write(at(2)).unwrap();
        writer.write(at(3)).unwrap();
        let path = dir.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Record::read(dir.path()).unwrap().known().map(|known| known.position.next_seq)
        };
        assert_eq!(read(&whole), Some(3));
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(read(&flipped), Some(2 | 3)), "bit {bit}");
        }
        assert_eq!(read(&whole[..600]), Some(3), "the first slot is the newer one");
        assert_eq!(read(&[0; 1024]), None);
        drop(writer);
        Writer::open(dir.path(), [7; 16], at(3)).unwrap();
        assert_eq!(Record::read(dir.path()).unwrap().known().unwrap().position, at(3));
    }
}
