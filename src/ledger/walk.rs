//! Walks the frames of a ledger in order, and says what is wrong with them.

use super::acknowledged::{Acknowledged, Record};
use super::frame::{self, Commit, HEADER_BYTES, Header, MAGIC, Unreadable};
use super::position::{Position, short_hash};
use super::segment::{SEGMENT_FORMAT, SEGMENT_HEADER_BYTES, SegmentHeader, UNSETTLED_MAGIC, name, segments};
use super::tail::Torn;
use crate::bytes::fs::{IoContext, is_there};
use crate::bytes::pool::spread;
use crate::model::{Error, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// What was found where a frame or the end of the ledger should be.
pub enum Step {
    /// A frame that verifies, and the position after it.
    Frame(Box<Commit>, Position),
    /// The end; bytes after it that were never acknowledged, if any.
    End {
        /// Where the ledger ends.
        position: Position,
        /// What has to be taken off before anything is appended.
        torn: Option<Torn>,
    },
    /// Damage, and where the next whole frame starts, if there is one.
    Damaged {
        /// Segment and offset.
        place: String,
        /// What is wrong.
        what: String,
        /// Bytes at the end of the ledger that no frame ends, if the ledger ends before what was acknowledged.
        torn: Option<Torn>,
    },
}

/// Walks the frames in order.
pub struct Frames {
    dir: PathBuf,
    uuid: [u8; 16],
    position: Position,
    current: Option<(u32, File, u64)>,
    read_payloads: bool,
    heed_record: bool,
}

impl Frames {
    /// From a position to the end, with every payload read and verified.
    pub fn from(dir: &Path, uuid: [u8; 16], position: Position) -> Frames {
        Frames { dir: dir.to_owned(), uuid, position, current: None, read_payloads: true, heed_record: true }
    }

    /// Whether a ledger that ends before what was acknowledged is damaged, or merely ends there.
    pub fn heed_record(&mut self, heed: bool) {
        self.heed_record = heed;
    }

    /// Whether the next payloads are read and verified, or only their headers: such commits are empty but for their numbers.
    pub fn read_payloads(&mut self, read: bool) {
        self.read_payloads = read;
    }

    /// The position after the last frame that came out.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The next frame, the end, or damage. After the last two there is nothing more to ask for.
    pub fn step(&mut self) -> Result<Step> {
        if self.position.segment == 0 && !self.enter(1)? {
            return self.end();
        }
        loop {
            let number = self.position.segment;
            let length = match self.open(number)? {
                None => {
                    let (place, what) = (name(number), "the segment is missing".to_owned());
                    return Ok(Step::Damaged { place, what, torn: None });
                }
                Some(length) => length,
            };
            if self.position.offset == 0 {
                match self.segment_header(length)? {
                    Ok(()) => self.position.offset = SEGMENT_HEADER_BYTES as u64,
                    Err(_) if length <= SEGMENT_HEADER_BYTES as u64 && self.is_last(number)? => {
                        // The crash came while the segment was being begun: nothing in it was ever acknowledged.
                        let torn = Torn { path: self.path(number), keep_bytes: 0, never_acknowledged: false };
                        let position = Position { segment: number - 1, ..self.position };
                        let position = self.end_of(position)?;
                        return self.ends(position, Some(torn));
                    }
                    Err(what) => return Ok(Step::Damaged { place: name(number), what, torn: None }),
                }
            }
            let offset = self.position.offset;
            if offset < length {
                return self.frame(length);
            }
            let place = format!("{} at byte {offset}", name(number));
            if offset > length {
                let what = "the segment is cut short".to_owned();
                return Ok(Step::Damaged { place, what, torn: None });
            }
            if !self.enter(number + 1)? {
                return self.end();
            }
        }
    }

    /// The end, unless segments after a missing one say that it is not.
    fn end(&self) -> Result<Step> {
        let Position { segment, .. } = self.position;
        if self.is_last(segment)? {
            return self.ends(self.position, None);
        }
        let what = "the segment is missing".to_owned();
        Ok(Step::Damaged { place: name(segment + 1), what, torn: None })
    }

    /// The end, unless more was acknowledged.
    fn ends(&self, position: Position, mut torn: Option<Torn>) -> Result<Step> {
        if !self.heed_record {
            return Ok(Step::End { position, torn });
        }
        let record = Record::read(&self.dir)?;
        let place = format!("{} at byte {}", name(position.segment), position.offset);
        if let Some(known) = record.known().filter(|known| known.uuid == self.uuid) {
            let missing = known.position.next_seq.saturating_sub(position.next_seq);
            if missing > 0 {
                let how = if torn.is_some() { ", and what is there is damaged" } else { "" };
                let what = format!("it ends here, but {missing} more entries were acknowledged{how}");
                return Ok(Step::Damaged { place, what, torn });
            }
            if known.position.next_seq == position.next_seq && known.position.head != position.head {
                let what = "it does not end with what was acknowledged".to_owned();
                return Ok(Step::Damaged { place, what, torn: None });
            }
            if let Some(torn) = &mut torn {
                torn.never_acknowledged = known.is_of_this_boot();
            }
        } else if position == Position::START && torn.is_none() {
            let what = "there is no segment, and no record of what was acknowledged".to_owned();
            return Ok(Step::Damaged { place: self.dir.display().to_string(), what, torn: None });
        }
        Ok(Step::End { position, torn })
    }

    /// Whether no segment has a higher number.
    fn is_last(&self, number: u32) -> Result<bool> {
        Ok(segments(&self.dir)?.last().is_none_or(|last| *last <= number))
    }

    /// Moves to the start of a segment, if there is one.
    fn enter(&mut self, number: u32) -> Result<bool> {
        let there = is_there(&self.path(number))?;
        if there {
            (self.position.segment, self.position.offset) = (number, 0);
        }
        Ok(there)
    }

    /// Where the given segment ends, which was walked before.
    fn end_of(&self, position: Position) -> Result<Position> {
        if position.segment == 0 {
            return Ok(Position { offset: 0, frame: 0, ..position });
        }
        let path = self.path(position.segment);
        let offset = path.metadata().doing("read", &path)?.len();
        Ok(Position { offset, ..position })
    }

    fn frame(&mut self, length: u64) -> Result<Step> {
        let Position { segment, offset, .. } = self.position;
        let place = format!("{} at byte {offset}", name(segment));
        let mut bytes = self.read(offset, HEADER_BYTES.min((length - offset) as usize))?;
        let Some(header) = Header::decode(&bytes) else {
            return self.torn_or_damaged(length, place, "not a frame's header");
        };
        if header.flags != 0 {
            return Err(Error::Later { place, what: "a frame with flags".to_owned() });
        }
        if header.frame_bytes() > length - offset {
            return self.torn_or_damaged(length, place, "a frame that is cut short");
        }
        let Position { next_seq, next_article, head, .. } = self.position;
        if (header.first_seq, header.first_article, header.before) != (next_seq, next_article, head) {
            let what = "a frame that does not follow the one before it".to_owned();
            return Ok(Step::Damaged { place, what, torn: None });
        }
        let after = Position {
            segment,
            frame: offset,
            offset: offset + header.frame_bytes(),
            next_seq: header.next_seq(),
            next_article: header.next_article(),
            head: header.after,
        };
        let commit = if self.read_payloads {
            bytes = self.read(offset + HEADER_BYTES as u64, header.payload_bytes as usize)?;
            if short_hash(&bytes) != header.payload_hash {
                return self.torn_or_damaged(length, place, "a frame whose checksum is wrong");
            }
            match spread(|| frame::decode(&header, &bytes)) {
                Ok(commit) if spread(|| commit.head_after(head)) == header.after => commit,
                Ok(_) => {
                    let what = "a frame whose hash is wrong".to_owned();
                    return Ok(Step::Damaged { place, what, torn: None });
                }
                Err(Unreadable::Damaged(what)) => return Ok(Step::Damaged { place, what, torn: None }),
                Err(Unreadable::Later(what)) => return Err(Error::Later { place, what }),
            }
        } else {
            let Header { first_seq, first_article, committed_ms, .. } = header;
            Commit { first_seq, first_article, committed_ms, ..Commit::default() }
        };
        self.position = after;
        Ok(Step::Frame(Box::new(commit), after))
    }

    /// A bad frame is a torn tail only if nothing whole follows it.
    fn torn_or_damaged(&mut self, length: u64, place: String, what: &str) -> Result<Step> {
        let Position { segment, offset, .. } = self.position;
        if self.is_last(segment)? && self.next_header(offset + 1, length)?.is_none() {
            let torn = Torn { path: self.path(segment), keep_bytes: offset, never_acknowledged: false };
            return self.ends(self.position, Some(torn));
        }
        Ok(Step::Damaged { place, what: what.to_owned(), torn: None })
    }

    /// The next whole header in this segment at or after an offset.
    fn next_header(&mut self, offset: u64, length: u64) -> Result<Option<(u64, Header)>> {
        let rest = self.read(offset.min(length), length.saturating_sub(offset) as usize)?;
        let found = |at: usize| Header::decode(&rest[at..]).map(|header| (offset + at as u64, header));
        Ok((0..rest.len()).filter(|at| rest[*at..].starts_with(MAGIC)).find_map(found))
    }

    /// The next frame that verifies, whatever is damaged before it, and the position after it: for who reads what is whole. What is
    /// damaged is reported by who takes [`Frames::step`]s.
    pub fn next_whole(&mut self) -> Result<Option<(Box<Commit>, Position)>> {
        loop {
            match self.step()? {
                Step::Frame(commit, after) => return Ok(Some((commit, after))),
                Step::Damaged { .. } if self.skip_damage()? => {}
                Step::Damaged { .. } | Step::End { .. } => return Ok(None),
            }
        }
    }

    /// After damage: moves to the next frame whose header verifies, in this segment or a later one, whatever is
    /// missing before it. `false` if there is none.
    pub fn skip_damage(&mut self) -> Result<bool> {
        let mut from = self.position.offset + 1;
        let last = segments(&self.dir)?.last().copied().unwrap_or(0);
        for number in self.position.segment.max(1)..=last {
            let Some(length) = self.open(number)? else {
                from = 0;
                continue;
            };
            self.position.segment = number;
            if let Some((offset, header)) = self.next_header(from, length)? {
                let Header { first_seq, first_article, before, .. } = header;
                self.position = Position {
                    segment: number,
                    frame: 0,
                    offset,
                    next_seq: first_seq,
                    next_article: first_article,
                    head: before,
                };
                return Ok(true);
            }
            from = 0;
        }
        Ok(false)
    }

    /// Checks the segment's header against what came before it.
    fn segment_header(&mut self, length: u64) -> Result<std::result::Result<(), String>> {
        let bytes = self.read(0, SEGMENT_HEADER_BYTES.min(length as usize))?;
        let Some(header) = SegmentHeader::decode(&bytes) else {
            return Ok(Err(match bytes.starts_with(UNSETTLED_MAGIC) {
                true => "it was written before format 1 was settled; export it with the version that wrote it, and ingest that",
                false => "not a segment's header",
            }
            .to_owned()));
        };
        let Position { segment, next_seq, next_article, head, .. } = self.position;
        let format = SEGMENT_FORMAT;
        if header.format != format {
            return Err(Error::Later {
                place: name(segment),
                what: format!("it has format {}", header.format),
            });
        }
        let expected =
            SegmentHeader { uuid: self.uuid, number: segment, format, next_seq, next_article, head };
        Ok(if header.uuid != self.uuid {
            Err("a segment of another archive".to_owned())
        } else if header == expected {
            Ok(())
        } else {
            Err("a segment that does not follow the one before it".to_owned())
        })
    }

    fn path(&self, number: u32) -> PathBuf {
        self.dir.join(name(number))
    }

    /// Opens a segment if it is not open yet; its length, or `None` if there is no such file.
    fn open(&mut self, number: u32) -> Result<Option<u64>> {
        if let Some((open, _, length)) = &self.current
            && *open == number
        {
            return Ok(Some(*length));
        }
        let path = self.path(number);
        let file = match File::open(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            file => file.doing("open", &path)?,
        };
        let length = file.metadata().doing("read", &path)?.len();
        self.current = Some((number, file, length));
        Ok(Some(length))
    }

    fn read(&mut self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let path = self.path(self.position.segment);
        let (_, file, _) = self.current.as_mut().expect("a segment is opened before it is read");
        let mut bytes = vec![0; length];
        file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut bytes)).doing("read", &path)?;
        Ok(bytes)
    }
}

/// Whether the frame that ends at this position is there, unharmed as far as its header says, and ends with this head.
pub fn holds(dir: &Path, uuid: [u8; 16], position: &Position) -> Result<Holds> {
    if *position == Position::START {
        return Ok(Holds::Yes);
    }
    let mut frames = Frames::from(dir, uuid, *position);
    let Some(length) = frames.open(position.segment)? else {
        return Ok(Holds::Short);
    };
    if length < position.offset {
        return Ok(Holds::Short);
    }
    let start = if position.frame == 0 { 0 } else { position.frame };
    let bytes = frames.read(start, HEADER_BYTES.min((length - start) as usize))?;
    let same = match Header::decode(&bytes) {
        Some(header) => header.after == position.head && start + header.frame_bytes() == position.offset,
        None => SegmentHeader::decode(&bytes)
            .is_some_and(|header| position.frame == 0 && header.head == position.head),
    };
    Ok(if same { Holds::Yes } else { Holds::Other })
}

/// Whether everything that what is torn can have held comes before this number: its header says so, and there is no more than the
/// frame that it begins; or all that was acknowledged does.
pub fn is_explained(torn: &Torn, record: Option<&Acknowledged>, next_seq: u64) -> Result<bool> {
    if record.is_some_and(|known| known.is_of_this_boot() && known.position.next_seq <= next_seq) {
        return Ok(true);
    }
    let mut bytes = Vec::new();
    let read = File::open(&torn.path).and_then(|mut file| {
        file.seek(SeekFrom::Start(torn.keep_bytes))?;
        Read::by_ref(&mut file).take(HEADER_BYTES as u64).read_to_end(&mut bytes)?;
        Ok(file.metadata()?.len() - torn.keep_bytes)
    });
    let length = read.doing("read", &torn.path)?;
    let header = Header::decode(&bytes);
    Ok(header.is_some_and(|header| header.next_seq() <= next_seq && length <= header.frame_bytes()))
}

/// What the ledger has at a position that the store names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// The same frame.
    Yes,
    /// Nothing: it is shorter.
    Short,
    /// Something else.
    Other,
}

/// The end of the ledger as it stands, whatever was acknowledged, walking no more than its last segment. `Err` in the value is
/// damage.
pub fn end(dir: &Path, uuid: [u8; 16]) -> Result<std::result::Result<(Position, Option<Torn>), Error>> {
    let mut start = Position::START;
    let numbers = segments(dir)?;
    for number in numbers.iter().rev() {
        let path = dir.join(name(*number));
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(SEGMENT_HEADER_BYTES as u64).read_to_end(&mut bytes))
            .doing("read", &path)?;
        if let Some(header) = SegmentHeader::decode(&bytes) {
            let SegmentHeader { next_seq, next_article, head, .. } = header;
            start = Position { segment: *number, frame: 0, offset: 0, next_seq, next_article, head };
            break;
        }
    }
    let mut frames = Frames::from(dir, uuid, start);
    frames.heed_record(false);
    loop {
        match frames.step()? {
            Step::Frame(..) => {}
            Step::End { position, torn } => return Ok(Ok((position, torn))),
            Step::Damaged { place, what, .. } => return Ok(Err(Error::Ledger { place, what })),
        }
    }
}
