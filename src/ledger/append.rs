//! The ledger, open at its end: a frame is written and synced here, and nowhere else.

use super::acknowledged::{self, Record};
use super::frame::{self, Commit};
use super::position::Position;
use super::segment::{SEGMENT_BYTES, SEGMENT_FORMAT, SegmentHeader, name};
use super::tail::{self, Torn, cut};
use crate::bytes::fs::{IoContext, options_in, sync_dir};
use crate::bytes::pool::spread;
use crate::model::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The ledger, open for appending.
pub struct Ledger {
    dir: PathBuf,
    uuid: [u8; 16],
    current: Option<File>,
    position: Position,
    acknowledged: Option<acknowledged::Writer>,
    poisoned: bool,
    read_only: bool,
    segment_bytes: u64,
}

impl Ledger {
    /// Opens the ledger for appending at its end, which [`Frames`] found. What was torn there is cut off, or set aside if it
    /// may have been acknowledged: then the file is returned as well.
    pub fn open(
        dir: &Path,
        uuid: [u8; 16],
        end: Position,
        torn: Option<Torn>,
    ) -> Result<(Ledger, Option<PathBuf>)> {
        let aside = match torn {
            Some(torn) if !torn.never_acknowledged => Some(tail::set_aside(dir, &torn)?),
            Some(torn) => {
                cut(dir, &torn)?;
                None
            }
            None => None,
        };
        let current = (end.segment > 0).then(|| {
            let path = dir.join(name(end.segment));
            OpenOptions::new().read(true).write(true).open(&path).doing("open", &path)
        });
        let mut ledger = Ledger {
            dir: dir.to_owned(),
            uuid,
            current: current.transpose()?,
            position: end,
            acknowledged: None,
            poisoned: false,
            read_only: false,
            segment_bytes: SEGMENT_BYTES,
        };
        let known = Record::read(dir)?.known();
        if known.is_none_or(|known| known.position.next_seq < end.next_seq) {
            // Whoever wrote what is behind the record may have died before it was synced.
            if let Some(segment) = &ledger.current {
                segment.sync_data().doing("sync", dir)?;
                sync_dir(dir)?;
            }
            ledger.acknowledge()?;
        }
        Ok((ledger, aside))
    }

    /// A ledger of which is known where it ends and to which nothing is appended.
    pub fn read_only(dir: &Path, uuid: [u8; 16], end: Position) -> Ledger {
        Ledger {
            dir: dir.to_owned(),
            uuid,
            current: None,
            position: end,
            acknowledged: None,
            poisoned: false,
            read_only: true,
            segment_bytes: SEGMENT_BYTES,
        }
    }

    /// Makes the record of what was acknowledged durable as well.
    pub fn close(&mut self) -> Result<()> {
        self.acknowledged.as_mut().map_or(Ok(()), acknowledged::Writer::sync)
    }

    /// Has the record say that everything up to here was acknowledged, on this start of the machine.
    fn acknowledge(&mut self) -> Result<()> {
        match &mut self.acknowledged {
            Some(record) => record.write(self.position),
            None => {
                self.acknowledged = Some(acknowledged::Writer::open(&self.dir, self.uuid, self.position)?);
                Ok(())
            }
        }
    }

    /// Seals segments at another length than [`SEGMENT_BYTES`].
    pub fn set_segment_bytes(&mut self, bytes: u64) {
        self.segment_bytes = bytes;
    }

    /// Where the ledger ends.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Appends a commit and returns when it is durable. After a failure nothing more is appended: what the disk holds
    /// is not known any more.
    pub fn append(&mut self, commit: &Commit) -> Result<Position> {
        if self.read_only {
            return Err(Error::ReadOnly { path: self.dir.clone() });
        }
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        self.poisoned = true;
        // A frame that is torn now must be told from one of before the machine was started.
        if self.acknowledged.is_none() {
            self.acknowledge()?;
        }
        let (frame, head) = spread(|| frame::encode(commit, self.position.head));
        if self.current.is_none() || self.position.offset >= self.segment_bytes {
            self.begin_segment()?;
        }
        let path = self.dir.join(name(self.position.segment));
        let file = self.current.as_mut().expect("a segment was begun");
        let offset = self.position.offset;
        file.seek(SeekFrom::Start(offset)).and_then(|_| file.write_all(&frame)).doing("write", &path)?;
        file.sync_data().doing("sync", &path)?;
        self.position = Position {
            segment: self.position.segment,
            frame: offset,
            offset: offset + frame.len() as u64,
            next_seq: commit.next_seq(),
            next_article: commit.next_article(),
            head,
        };
        self.acknowledge()?;
        self.poisoned = false;
        Ok(self.position)
    }

    fn begin_segment(&mut self) -> Result<()> {
        let Position { segment, next_seq, next_article, head, .. } = self.position;
        let number = segment + 1;
        let path = self.dir.join(name(number));
        let format = SEGMENT_FORMAT;
        let header = SegmentHeader { uuid: self.uuid, number, format, next_seq, next_article, head }.encode();
        let mut options = options_in(&self.dir);
        let mut file = options.read(true).write(true).create_new(true).open(&path).doing("create", &path)?;
        file.write_all(&header).and_then(|()| file.sync_all()).doing("write", &path)?;
        sync_dir(&self.dir)?;
        self.current = Some(file);
        (self.position.segment, self.position.offset, self.position.frame) = (number, header.len() as u64, 0);
        Ok(())
    }
}
