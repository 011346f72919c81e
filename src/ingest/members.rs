//! Compressed inputs, member by member: a crawl is compressed a record at a time, so that reading can begin at any of them.

use flate2::bufread::GzDecoder;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::sync::{Arc, Mutex, PoisonError};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

/// How the bytes of an input are compressed.
pub enum Packing {
    /// Not at all.
    None,
    /// gzip (RFC 1952), one member or many.
    Gzip,
    /// Zstandard (RFC 8878), one frame or many, all with this dictionary if it is not empty.
    Zstd(Vec<u8>),
}

/// Where in a file reading can begin: the offset of each member, and of the end, found by the offset of what is in it.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Offsets of plain bytes, and of the members that begin there; empty if the input is not compressed.
    members: Arc<Mutex<VecDeque<(u64, u64)>>>,
    packed: bool,
    /// Where in the file reading began.
    from: u64,
}

/// Members that are remembered until somebody asks for them.
const MEMBERS_MAX: usize = 1 << 16;

impl Marks {
    /// For an input of which reading began at an offset.
    pub fn new(packing: &Packing, from: u64) -> Marks {
        Marks { packed: !matches!(packing, Packing::None), from, ..Marks::default() }
    }

    pub(super) fn member(&self, plain: u64, packed: u64) {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        if members.len() == MEMBERS_MAX {
            members.pop_front();
        }
        members.push_back((plain, packed));
    }

    /// The offset in the file of what is so far into the plain bytes, if reading can begin there. Asked in order.
    pub fn offset(&self, plain: u64) -> Option<u64> {
        if !self.packed {
            return Some(self.from + plain);
        }
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        while members.front().is_some_and(|(at, _)| *at < plain) {
            members.pop_front();
        }
        // An empty member before it is passed over.
        let found = members.iter().take_while(|(at, _)| *at == plain).last();
        found.map(|(_, offset)| self.from + offset)
    }
}

/// Counts what is consumed.
struct Positioned<R> {
    inner: R,
    consumed: u64,
}

impl<R: BufRead> Read for Positioned<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.consumed += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Positioned<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.consumed += bytes as u64;
        self.inner.consume(bytes);
    }
}

/// What is in the gzip members of a reader. Zeros behind a member are padding, as gzip has it.
pub struct Gzip<R> {
    /// The member that is being read, or what is before the next one.
    state: State<Positioned<R>>,
    plain: u64,
    marks: Marks,
}

enum State<R> {
    Between(R),
    In(Box<GzDecoder<R>>),
    Ended,
}

impl<R: BufRead> Gzip<R> {
    /// Reads from the start of a member.
    pub fn new(inner: R, marks: Marks) -> Gzip<R> {
        Gzip::resumed(inner, marks, 0, 0)
    }

    /// The same, where so much was read before, plain and packed.
    pub fn resumed(inner: R, marks: Marks, plain: u64, packed: u64) -> Gzip<R> {
        Gzip { state: State::Between(Positioned { inner, consumed: packed }), plain, marks }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(mut reader) => {
                    let ended = loop {
                        let ahead = reader.fill_buf()?;
                        let zeros = ahead.iter().take_while(|byte| **byte == 0).count();
                        if zeros == 0 || ahead.is_empty() {
                            break ahead.is_empty();
                        }
                        reader.consume(zeros);
                    };
                    self.marks.member(self.plain, reader.consumed);
                    if ended {
                        return Ok(0);
                    }
                    self.state = State::In(Box::new(GzDecoder::new(reader)));
                }
                State::In(mut member) => {
                    let read = member.read(buffer)?;
                    if read == 0 && !buffer.is_empty() {
                        self.state = State::Between(member.into_inner());
                        continue;
                    }
                    self.plain += read as u64;
                    self.state = State::In(member);
                    return Ok(read);
                }
            }
        }
    }
}

/// What is in the Zstandard frames of a reader.
pub struct Zstd<R> {
    reader: Positioned<R>,
    decoder: Decoder<'static>,
    in_frame: bool,
    plain: u64,
    marks: Marks,
}

/// The largest window that is accepted, as a power of two: what `zstd --long` writes.
const WINDOW_LOG_MAX: u32 = 27;

impl<R: BufRead> Zstd<R> {
    /// Reads from the start of a frame.
    pub fn new(inner: R, dictionary: &[u8], marks: Marks) -> io::Result<Zstd<R>> {
        let mut decoder = Decoder::with_dictionary(dictionary)?;
        decoder.set_parameter(zstd::stream::raw::DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
        let reader = Positioned { inner, consumed: 0 };
        Ok(Zstd { reader, decoder, in_frame: false, plain: 0, marks })
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let ahead = self.reader.inner.fill_buf()?;
            let ended = ahead.is_empty();
            if !self.in_frame {
                self.marks.member(self.plain, self.reader.consumed);
                if ended {
                    return Ok(0);
                }
                self.decoder.reinit()?;
                self.in_frame = true;
            }
            let mut input = InBuffer::around(ahead);
            let mut output = OutBuffer::around(buffer);
            let left = self.decoder.run(&mut input, &mut output)?;
            let (used, written) = (input.pos(), output.pos());
            self.reader.consume(used);
            self.in_frame = left > 0;
            self.plain += written as u64;
            if written > 0 {
                return Ok(written);
            }
            if ended && self.in_frame {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "incomplete frame"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Write};

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// Each member can be begun at, however the reader is buffered; padding and empty members are none of them.
    #[test]
    fn members_are_found_again() {
        let texts = ["one\n", "", "three\n", "four\n"];
        let gz: Vec<u8> = texts.iter().flat_map(|text| gzip(text)).chain([0; 512]).collect();
        let zst: Vec<u8> =
            texts.iter().flat_map(|text| zstd::encode_all(text.as_bytes(), 3).unwrap()).collect();
        for capacity in [1, 7, 4096] {
            let read = |bytes: &[u8], gzip: bool| {
                let packing = if gzip { Packing::Gzip } else { Packing::Zstd(Vec::new()) };
                let marks = Marks::new(&packing, 0);
                let reader = BufReader::with_capacity(capacity, bytes.to_vec().leak() as &[u8]);
                let mut plain = String::new();
                match packing {
                    Packing::Gzip => Gzip::new(reader, marks.clone()).read_to_string(&mut plain),
                    _ => Zstd::new(reader, &[], marks.clone()).unwrap().read_to_string(&mut plain),
                }
                .unwrap();
                (plain, marks)
            };
            for (bytes, is_gzip) in [(&gz, true), (&zst, false)] {
                let (plain, marks) = read(bytes, is_gzip);
                assert_eq!(plain, "one\nthree\nfour\n");
                assert_eq!((marks.offset(0), marks.offset(2)), (Some(0), None));
                let third = marks.offset(4).unwrap() as usize;
                assert_eq!(read(&bytes[third..], is_gzip).0, "three\nfour\n");
                let fourth = marks.offset(10).unwrap() as usize;
                assert_eq!(read(&bytes[fourth..], is_gzip).0, "four\n");
            }
        }
    }

    /// What ends inside of a member is an error, after what came before it.
    #[test]
    fn a_cut_is_an_error() {
        let gz = gzip(&"text ".repeat(1000));
        let zst = zstd::encode_all(&b"text ".repeat(1000)[..], 3).unwrap();
        let marks = Marks::default();
        assert!(Gzip::new(&gz[..gz.len() - 9], marks.clone()).read_to_end(&mut Vec::new()).is_err());
        assert!(Zstd::new(&zst[..zst.len() - 2], &[], marks).unwrap().read_to_end(&mut Vec::new()).is_err());
    }
}
