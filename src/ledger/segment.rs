//! Segments: how a file of the ledger begins, what it is called, whose it is.

use super::acknowledged::{self, Record};
use super::position::{Head, Position, short_hash};
use crate::bytes::fs::{IoContext, is_there, start_if_there};
use crate::model::Result;
use std::path::Path;

/// A segment is sealed by the first commit that finds it this long: the unit of backup and of copying.
pub const SEGMENT_BYTES: u64 = 64 << 20;

pub const SEGMENT_HEADER_BYTES: usize = 96;

/// What segments say that their frames are in.
pub const SEGMENT_FORMAT: u32 = 1;

pub const SEGMENT_MAGIC: &[u8; 8] = b"PMLEDGER";

/// As segments began before format 1 was settled; no such version was ever released.
pub const UNSETTLED_MAGIC: &[u8; 8] = b"PMSEG1\0\0";

/// The numbers of the segments that are there, ascending.
pub fn segments(dir: &Path) -> Result<Vec<u32>> {
    let mut numbers = Vec::new();
    if !is_there(dir)? {
        return Ok(numbers);
    }
    for entry in dir.read_dir().doing("read", dir)? {
        let file = entry.doing("read", dir)?.file_name();
        let number: Option<u32> =
            file.to_str().and_then(|file| file.strip_suffix(".seg")).and_then(|stem| stem.parse().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Whose ledger this is: what its segments say, or the record if there is none. `None` if nothing says it, or if they differ.
pub fn owner(dir: &Path) -> Result<Option<[u8; 16]>> {
    if dir.metadata().is_ok_and(|there| !there.is_dir()) {
        return Ok(None);
    }
    let mut owners = Vec::new();
    for number in segments(dir)? {
        owners.extend(segment_owner(dir, number)?);
    }
    if owners.is_empty() && is_there(dir)? {
        owners.extend(Record::read(dir)?.known().map(|known| known.uuid));
    }
    owners.dedup();
    Ok(if let [owner] = owners[..] { Some(owner) } else { None })
}

/// Whose ledger it is by its record, or by its first segment if there is no record: what tells a wrong name at once.
pub fn said_owner(dir: &Path) -> Result<Option<[u8; 16]>> {
    if let Some(known) = Record::read(dir)?.known() {
        return Ok(Some(known.uuid));
    }
    segment_owner(dir, 1)
}

/// Whose ledger a segment says it is of, if it is there and says it.
pub fn segment_owner(dir: &Path, number: u32) -> Result<Option<[u8; 16]>> {
    let start = start_if_there(&dir.join(name(number)), SEGMENT_HEADER_BYTES as u64)?;
    Ok(start.and_then(|start| SegmentHeader::decode(&start)).map(|header| header.uuid))
}

/// Has the record of a new ledger say that nothing was acknowledged yet, and makes it durable.
pub fn begin(dir: &Path, uuid: [u8; 16]) -> Result<()> {
    acknowledged::Writer::open(dir, uuid, Position::START)?.sync()
}

/// The file name of a segment.
pub fn name(number: u32) -> String {
    format!("{number:08}.seg")
}

#[derive(Clone, Copy, PartialEq)]
pub struct SegmentHeader {
    pub uuid: [u8; 16],
    pub number: u32,
    pub format: u32,
    pub next_seq: u64,
    pub next_article: u64,
    pub head: Head,
}

impl SegmentHeader {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES);
        bytes.extend_from_slice(SEGMENT_MAGIC);
        bytes.extend_from_slice(&self.uuid);
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.format.to_le_bytes());
        bytes.extend_from_slice(&self.next_seq.to_le_bytes());
        bytes.extend_from_slice(&self.next_article.to_le_bytes());
        bytes.extend_from_slice(&self.head.0);
        bytes.extend_from_slice(&short_hash(&bytes));
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Option<SegmentHeader> {
        let bytes = bytes.get(..SEGMENT_HEADER_BYTES)?;
        let (content, hash) = bytes.split_at(SEGMENT_HEADER_BYTES - 16);
        if &bytes[..8] != SEGMENT_MAGIC || short_hash(content) != hash {
            return None;
        }
        Some(SegmentHeader {
            uuid: bytes[8..24].try_into().ok()?,
            number: u32::from_le_bytes(bytes[24..28].try_into().ok()?),
            format: u32::from_le_bytes(bytes[28..32].try_into().ok()?),
            next_seq: u64::from_le_bytes(bytes[32..40].try_into().ok()?),
            next_article: u64::from_le_bytes(bytes[40..48].try_into().ok()?),
            head: Head(bytes[48..80].try_into().ok()?),
        })
    }
}
