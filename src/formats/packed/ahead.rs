//! gzip files of many members, such as crawls are: members are found by how they begin and decompressed ahead, on all cores.
//!
//! Where a member begins is a guess until the one before it ends there: ten bytes that look like a header may stand inside of
//! a member. After a guess that was wrong, damage, padding, or a member of unusual size, [`Gzip`] reads on to the end, from the
//! last place that is certain.

use super::counters::Counters;
use super::members::{Gzip, Marks};
use super::read_buffered;
use crossbeam_channel::{Receiver, Sender, bounded};
use libdeflater::Decompressor;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

/// A longer member is not decompressed ahead: compressed, and plain.
const PACKED_BYTES_MAX: usize = 4 << 20;
const PLAIN_BYTES_MAX: usize = 8 << 20;
/// Threads that decompress; with two members each on their way, this bounds memory.
const WORKERS_MAX: usize = 8;
/// How much is read from the file at once.
const BLOCK_BYTES: usize = 1 << 20;
/// A header without its optional fields, and the checksum and length at the end (RFC 1952).
const MEMBER_BYTES_MIN: usize = 18;

/// What a member holds; nothing if it is none, or too long.
type Plain = Option<Vec<u8>>;

/// What is in the members of a file.
pub struct Ahead {
    path: PathBuf,
    /// Where in the file reading began.
    from: u64,
    counters: Counters,
    pieces: Receiver<Piece>,
    splitter: Option<JoinHandle<()>>,
    current: Vec<u8>,
    at: usize,
    plain: u64,
    marks: Marks,
    /// Reads on where guessing ended.
    rest: Option<BufReader<Box<dyn Read>>>,
    ended: bool,
}

/// What begins at an offset, counted from the start of reading.
struct Piece {
    offset: u64,
    kind: Kind,
}

enum Kind {
    /// What may be a member, and what it comes to.
    Member(Receiver<Plain>),
    /// What is not cut.
    Rest,
    End,
}

impl Ahead {
    /// Reads a file from an offset at which a member begins, and counts what it reads.
    pub fn new(path: &Path, from: u64, counters: Counters, marks: Marks) -> io::Result<Ahead> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        let workers = std::thread::available_parallelism().map_or(2, usize::from).min(WORKERS_MAX);
        let (to_reader, pieces) = bounded(workers * 2);
        let (to_workers, members) = bounded::<(Vec<u8>, Sender<Plain>)>(workers);
        for _ in 0..workers {
            let members = members.clone();
            std::thread::spawn(move || {
                let mut decompressor = Decompressor::new();
                for (packed, reply) in members {
                    let _ = reply.send(member(&mut decompressor, &packed));
                }
            });
        }
        let reader = counters.count(file);
        let splitter = std::thread::spawn(move || split(reader, &to_reader, &to_workers));
        Ok(Ahead {
            path: path.to_owned(),
            from,
            counters,
            pieces,
            splitter: Some(splitter),
            current: Vec::new(),
            at: 0,
            plain: 0,
            marks,
            rest: None,
            ended: false,
        })
    }

    /// Goes on with the next member.
    fn next(&mut self) -> io::Result<()> {
        self.plain += self.current.len() as u64;
        (self.at, self.current) = (0, Vec::new());
        let piece = self.pieces.recv().map_err(|_| io::Error::other("the thread that reads it has died"))?;
        let plain = match piece.kind {
            Kind::Member(plain) => plain.recv().ok().flatten(),
            Kind::Rest => None,
            Kind::End => {
                self.marks.member(self.plain, piece.offset);
                self.ended = true;
                return Ok(());
            }
        };
        match plain {
            Some(plain) => {
                if self.plain == 0 {
                    self.marks.begins(&plain);
                }
                self.marks.member(self.plain, piece.offset);
                self.current = plain;
            }
            None => {
                // Whoever reads ahead finds that nobody listens; what it read is read again.
                self.ended = true;
                self.pieces = bounded(0).1;
                let _ = self.splitter.take().map(JoinHandle::join);
                self.counters.back_to(piece.offset);
                let mut file = File::open(&self.path)?;
                file.seek(SeekFrom::Start(self.from + piece.offset))?;
                let reader = BufReader::with_capacity(BLOCK_BYTES, self.counters.count(file));
                let rest: Box<dyn Read> =
                    Box::new(Gzip::resumed(reader, self.marks.clone(), self.plain, piece.offset));
                self.rest = Some(BufReader::with_capacity(256 << 10, rest));
            }
        }
        Ok(())
    }
}

impl BufRead for Ahead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.rest.is_none() && self.at == self.current.len() && !self.ended {
            self.next()?;
        }
        match &mut self.rest {
            Some(rest) => rest.fill_buf(),
            None => Ok(&self.current[self.at..]),
        }
    }

    fn consume(&mut self, bytes: usize) {
        match &mut self.rest {
            Some(rest) => rest.consume(bytes),
            None => self.at += bytes,
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, buffer)
    }
}

/// Decompresses a member, if it is one and nothing is behind it.
fn member(decompressor: &mut Decompressor, packed: &[u8]) -> Plain {
    let (_, end) = packed.split_last_chunk::<8>()?;
    let [a, b, c, d, length @ ..] = *end;
    let (checksum, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes(length) as usize);
    if packed.len() < MEMBER_BYTES_MIN || !(1..=PLAIN_BYTES_MAX).contains(&length) {
        return None;
    }
    let mut plain = vec![0; length];
    let found = decompressor.gzip_decompress(packed, &mut plain).ok()?;
    // What is behind the member is not looked at: it ends here if these are its own checksum and length.
    (found == length && libdeflater::crc32(&plain) == checksum).then_some(plain)
}

/// Whether a member may begin here: the magic number, deflate, flags that exist, and a level and a system that do.
fn may_begin(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1f, 0x8b, 8, 0..=31, _, _, _, _, 0 | 2 | 4, 0..=13 | 255, ..])
}

/// Cuts a file into what may be members.
fn split(mut reader: impl Read, to_reader: &Sender<Piece>, to_workers: &Sender<(Vec<u8>, Sender<Plain>)>) {
    let mut buffer: Vec<u8> = Vec::new();
    // In the buffer, where the member begins and how far it was looked at; in the file, where the buffer begins.
    let (mut start, mut looked, mut offset) = (0, 0, 0);
    let send = |packed: &[u8], offset: u64| {
        let (reply, plain) = bounded(1);
        to_reader.send(Piece { offset, kind: Kind::Member(plain) }).is_ok()
            && to_workers.send((packed.to_vec(), reply)).is_ok()
    };
    loop {
        buffer.drain(..start);
        (offset, looked, start) = (offset + start as u64, looked - start, 0);
        let read = reader.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut buffer);
        let ended = matches!(read, Ok(0));
        while let Some(found) = memchr::memchr(0x1f, &buffer[looked..]) {
            let at = looked + found;
            if at + 10 > buffer.len() && !ended {
                break;
            }
            if at > start && may_begin(&buffer[at..]) {
                if !send(&buffer[start..at], offset + start as u64) {
                    return;
                }
                start = at;
            }
            looked = at + 1;
        }
        if ended {
            if buffer.len() == start || send(&buffer[start..], offset + start as u64) {
                let _ = to_reader.send(Piece { offset: offset + buffer.len() as u64, kind: Kind::End });
            }
            return;
        }
        // What cannot be read, or is too long to guess about, is the other reader's.
        if read.is_err() || buffer.len() - start > PACKED_BYTES_MAX {
            let _ = to_reader.send(Piece { offset: offset + start as u64, kind: Kind::Rest });
            return;
        }
        looked = looked.max(start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::packed::members::Packing;
    use std::io::Write;

    fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// What both readers make of a file: its bytes or the end of the error, and where members begin.
    fn both(bytes: &[u8]) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let read = |mut reader: Box<dyn Read>, marks: Marks| {
            let mut plain = Vec::new();
            let error = reader.read_to_end(&mut plain).err().map(|e| e.to_string());
            let offsets: Vec<u64> = (0..=plain.len() as u64).filter_map(|at| marks.offset(at)).collect();
            (blake3::hash(&plain), plain.len(), error, offsets.len(), offsets.last().copied())
        };
        let marks = || Marks::new(&Packing::Gzip, 0);
        let (one, other) = (marks(), marks());
        let counters = Counters::default();
        let ahead = Ahead::new(file.path(), 0, counters.clone(), one.clone()).unwrap();
        let plainly = Gzip::new(BufReader::new(File::open(file.path()).unwrap()), other.clone());
        assert_eq!(read(Box::new(ahead), one), read(Box::new(plainly), other));
        assert!(counters.here() <= bytes.len() as u64);
    }

    #[test]
    fn both_readers_agree() {
        let text = |number: usize| format!("record {number} {}", "words and more words ".repeat(number % 40));
        let members: Vec<Vec<u8>> = (0..300).map(|number| gzip(text(number).as_bytes(), 6)).collect();
        let all = members.concat();
        both(&all);
        both(&gzip(text(39).as_bytes(), 6));
        both(b"");
        // Empty members, padding, cuts, damage, garbage.
        both(&[gzip(b"", 6), all.clone(), gzip(b"", 6)].concat());
        both(&[&all[..], &[0; 600], &all[..], &[0; 7]].concat());
        for cut in [1, 9, 17, 18, 19, all.len() / 2, all.len() - 1] {
            both(&all[..cut]);
        }
        let mut damaged = all.clone();
        damaged[all.len() / 3] ^= 0x10;
        both(&damaged);
        both(&[&all[..], b"garbage"].concat());
        // Members of one length that do not look like any; an empty one before what is none.
        let strange = |number: u32| {
            let mut member = gzip(format!("chunk {number:09}").as_bytes(), 6);
            member[9] = 77;
            member
        };
        both(&(0..2).map(strange).collect::<Vec<_>>().concat());
        both(&(0..999).map(strange).collect::<Vec<_>>().concat());
        both(&[&gzip(b"", 6)[..], b"garbage", &[0; 8]].concat());
        // A member that holds what looks like the start of members, and one that is too long.
        let trap = gzip(&members.concat(), 0);
        both(&[trap.clone(), all.clone(), trap].concat());
        let long: Vec<u8> =
            (0..6_000_000u64).map(|at| blake3::hash(&at.to_le_bytes()).as_bytes()[0]).collect();
        both(&[all.clone(), gzip(&long, 1), all].concat());
    }
}
