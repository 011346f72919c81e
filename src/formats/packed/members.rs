//! Compressed inputs, member by member: a crawl is compressed a record at a time, so that reading can begin at any of them.

use super::read_buffered;
use flate2::bufread::GzDecoder;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

/// How the bytes of an input are compressed.
pub enum Packing {
    /// Not at all.
    None,
    /// gzip (RFC 1952), one member or many.
    Gzip,
    /// LZ4, one frame or many.
    Lz4,
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
    /// Whether reading goes on behind a member that is damaged, and which were.
    goes_on: Arc<AtomicBool>,
    damaged: Arc<Mutex<Vec<Damage>>>,
}

/// A member that could not be read, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The plain bytes that came out of it: from here
    pub from: u64,
    /// to here, which may be none.
    pub to: u64,
    /// What is wrong.
    pub what: String,
}

/// Members that are remembered until somebody asks for them.
const MEMBERS_MAX: usize = 1 << 16;

impl Marks {
    /// For an input of which reading began at an offset.
    pub fn new(packing: &Packing, from: u64) -> Marks {
        Marks { packed: !matches!(packing, Packing::None), from, ..Marks::default() }
    }

    /// Hears how the plain bytes begin. Of a crawl, reading goes on behind members that are damaged: they are its records, and
    /// the others are whole.
    pub(super) fn begins(&self, plain: &[u8]) {
        if crate::formats::warc::is_crawl(plain) {
            self.goes_on.store(true, Ordering::Relaxed);
        }
    }

    /// The members that were damaged, since this was asked last.
    pub fn damaged(&self) -> Vec<Damage> {
        std::mem::take(&mut self.damaged.lock().unwrap_or_else(PoisonError::into_inner))
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

/// Counts what is consumed, and can go back to where a member begins if that is not far.
struct Positioned<R> {
    inner: R,
    consumed: u64,
    /// What was consumed since a member began, if it is kept.
    kept: Vec<u8>,
    keeps: bool,
    /// What is read again before anything else.
    again: io::Cursor<Vec<u8>>,
    /// How much may be read again.
    left: usize,
}

/// Of one member so much is kept, and so much is read again in all: then it is the file that is damaged. Each try counts for so
/// much at least.
const KEPT_BYTES_MAX: usize = 4 << 20;
const AGAIN_BYTES_MAX: usize = 64 << 20;
const TRY_BYTES: usize = 4 << 10;

impl<R: BufRead> Positioned<R> {
    fn new(inner: R, consumed: u64) -> Positioned<R> {
        let (kept, again) = Default::default();
        Positioned { inner, consumed, kept, keeps: false, again, left: AGAIN_BYTES_MAX }
    }

    /// A member begins here.
    fn begin(&mut self) {
        self.kept.clear();
        self.keeps = true;
    }

    /// Goes back to the second byte of the member that began last: decoders read further than they get. Where that is too far,
    /// it goes on from here. `false` if that was done too often.
    fn back(&mut self) -> bool {
        let kept = std::mem::take(&mut self.kept);
        let cost = kept.len().max(TRY_BYTES);
        if cost > self.left {
            return false;
        }
        self.left -= cost;
        if !std::mem::take(&mut self.keeps) || kept.is_empty() {
            return true;
        }
        let back = kept.len() as u64 - 1;
        self.consumed -= back;
        let at = self.again.position();
        if at < self.again.get_ref().len() as u64 {
            // It is read again already, and was when the member began.
            self.again.set_position(at - back);
        } else {
            self.again = io::Cursor::new(kept);
            self.again.set_position(1);
        }
        true
    }
}

impl<R: BufRead> Read for Positioned<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, buffer)
    }
}

impl<R: BufRead> BufRead for Positioned<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if (self.again.position() as usize) < self.again.get_ref().len() {
            return self.again.fill_buf();
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        let replays = (self.again.position() as usize) < self.again.get_ref().len();
        if self.keeps && bytes > 0 {
            // It is buffered: nothing is read for it.
            let ahead = if replays { self.again.fill_buf() } else { self.inner.fill_buf() };
            match ahead {
                Ok(ahead) if self.kept.len() + bytes <= KEPT_BYTES_MAX => {
                    self.kept.extend_from_slice(&ahead[..bytes.min(ahead.len())]);
                }
                _ => {
                    self.kept.clear();
                    self.keeps = false;
                }
            }
        }
        self.consumed += bytes as u64;
        if replays { self.again.consume(bytes) } else { self.inner.consume(bytes) }
    }
}

/// What is in the gzip members of a reader. Zeros behind a member are padding, as gzip has it.
pub struct Gzip<R> {
    /// The member that is being read, or what is before the next one.
    state: State<Positioned<R>>,
    plain: u64,
    marks: Marks,
    /// How many members were damaged.
    damaged: usize,
    /// What is given out before anything else is read.
    held: io::Cursor<Vec<u8>>,
}

enum State<R> {
    Between(R),
    In(Box<GzDecoder<R>>, Begun),
    /// Behind a damaged member: what looks like the next one is looked for.
    Lost(R, io::Error),
    Ended,
}

/// Where a member begins, plain and packed; and what was wrong before it, if it was found behind that and nothing came out yet.
struct Begun {
    plain: u64,
    packed: u64,
    lost: Option<io::Error>,
    /// What went wrong behind what is held.
    failed: Option<io::Error>,
}

/// So many bytes more than the first tell what a member holds.
const TELLING_BYTES: u64 = 16;
/// So many members may be damaged; then it is the file that is.
const DAMAGED_MAX: usize = 64;
/// And a member may unpack to so many bytes, or to so many times its size if that is more: no page does.
const MEMBER_BYTES_GRACE: u64 = 16 << 20;
const MEMBER_RATIO_MAX: u64 = 200;

impl<R: BufRead> Gzip<R> {
    /// Reads from the start of a member.
    pub fn new(inner: R, marks: Marks) -> Gzip<R> {
        Gzip::resumed(inner, marks, 0, 0)
    }

    /// The same, where so much was read before, plain and packed.
    pub fn resumed(inner: R, marks: Marks, plain: u64, packed: u64) -> Gzip<R> {
        Gzip {
            state: State::Between(Positioned::new(inner, packed)),
            plain,
            marks,
            damaged: 0,
            held: io::Cursor::default(),
        }
    }
}

impl<R> Gzip<R> {
    /// What was damaged last is said by an error.
    fn untell(&self) {
        self.marks.damaged.lock().unwrap_or_else(PoisonError::into_inner).pop();
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let held = self.held.read(buffer)?;
        if held > 0 {
            return Ok(held);
        }
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
                    reader.begin();
                    let begun =
                        Begun { plain: self.plain, packed: reader.consumed, lost: None, failed: None };
                    self.state = State::In(Box::new(GzDecoder::new(reader)), begun);
                }
                State::In(mut member, mut begun) => {
                    let goes_on = self.marks.goes_on.load(Ordering::Relaxed);
                    let read = match begun.failed.take().map_or_else(|| member.read(buffer), Err) {
                        Ok(_)
                            if goes_on
                                && is_absurd(
                                    self.plain - begun.plain,
                                    member.get_ref().consumed - begun.packed,
                                ) =>
                        {
                            let why = format!("it unpacks to more than {MEMBER_RATIO_MAX} times its size");
                            Err(io::Error::other(why))
                        }
                        read => read,
                    };
                    match read {
                        Ok(0) if !buffer.is_empty() => self.state = State::Between(member.into_inner()),
                        Ok(read) => {
                            let lost = begun.lost.take();
                            if self.plain > 0 && lost.is_none() {
                                self.plain += read as u64;
                                self.state = State::In(member, begun);
                                return Ok(read);
                            }
                            // As many bytes as tell what it is: a decoder gives out what it has.
                            let mut held = if lost.is_some() { LINE_ENDS.to_vec() } else { Vec::new() };
                            let ends = held.len();
                            held.extend_from_slice(&buffer[..read]);
                            begun.failed = (&mut member).take(TELLING_BYTES).read_to_end(&mut held).err();
                            if self.plain == 0 {
                                self.marks.begins(&held[ends..]);
                            }
                            if let Some(why) = lost {
                                if !self.marks.goes_on.load(Ordering::Relaxed) {
                                    return Err(why);
                                }
                                // It is one. What broke off before it ends its line there.
                                self.marks.member(self.plain + ends as u64, begun.packed);
                            }
                            self.plain += held.len() as u64;
                            self.held = io::Cursor::new(held);
                            self.state = State::In(member, begun);
                            return self.held.read(buffer);
                        }
                        // Of a crawl whose first member is damaged it is the next one that shows that it is one.
                        Err(why) if (goes_on || self.plain == 0) && self.damaged < DAMAGED_MAX => {
                            // What was none is lost like what is before it, and has nothing to say of its own.
                            let why = begun.lost.take().unwrap_or_else(|| {
                                self.damaged += 1;
                                let at = self.marks.from + begun.packed;
                                let what = format!("its member at byte {at} is damaged: {why}");
                                let damage = Damage { from: begun.plain, to: self.plain, what };
                                self.marks
                                    .damaged
                                    .lock()
                                    .unwrap_or_else(PoisonError::into_inner)
                                    .push(damage);
                                why
                            });
                            let mut reader = member.into_inner();
                            if !reader.back() {
                                self.untell();
                                return Err(why);
                            }
                            self.state = State::Lost(reader, why);
                        }
                        Err(e) => return Err(e),
                    }
                }
                State::Lost(mut reader, why) => {
                    let ahead = reader.fill_buf()?;
                    if ahead.is_empty() {
                        let goes_on = self.marks.goes_on.load(Ordering::Relaxed);
                        if goes_on && why.kind() != io::ErrorKind::UnexpectedEof {
                            // It was the last one, and was told of.
                            self.marks.member(self.plain, reader.consumed);
                            return Ok(0);
                        }
                        // It is the end of the file that is missing.
                        self.untell();
                        return Err(why);
                    }
                    match memchr::memchr(0x1f, ahead) {
                        // What is cut off here by the end of the buffer is tried: it costs little.
                        Some(at) if may_begin(&ahead[at..]) => {
                            reader.consume(at);
                            reader.begin();
                            let begun = Begun {
                                plain: self.plain,
                                packed: reader.consumed,
                                lost: Some(why),
                                failed: None,
                            };
                            self.state = State::In(Box::new(GzDecoder::new(reader)), begun);
                        }
                        found => {
                            let used = found.map_or(ahead.len(), |at| at + 1);
                            reader.consume(used);
                            self.state = State::Lost(reader, why);
                        }
                    }
                }
            }
        }
    }
}

/// What stands between two records.
const LINE_ENDS: &[u8] = b"\r\n\r\n";

fn is_absurd(plain: u64, packed: u64) -> bool {
    plain > MEMBER_BYTES_GRACE && plain / MEMBER_RATIO_MAX > packed
}

/// Whether a member may begin so, as far as it is there: the magic number, deflate, flags that exist.
fn may_begin(bytes: &[u8]) -> bool {
    let fits = |at: usize, is: fn(u8) -> bool| bytes.get(at).is_none_or(|byte| is(*byte));
    fits(0, |byte| byte == 0x1f)
        && fits(1, |byte| byte == 0x8b)
        && fits(2, |byte| byte == 8)
        && fits(3, |byte| byte < 32)
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
        let reader = Positioned::new(inner, 0);
        Ok(Zstd { reader, decoder, in_frame: false, plain: 0, marks })
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let consumed = self.reader.consumed;
            let ahead = self.reader.fill_buf()?;
            let ended = ahead.is_empty();
            if !self.in_frame {
                self.marks.member(self.plain, consumed);
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

    /// A member that is damaged costs itself where reading is to go on.
    #[test]
    fn what_follows_damage_is_read() {
        let texts: Vec<String> =
            (0..40).map(|n| format!("record {n} {}\n", "words and words ".repeat(n))).collect();
        let members: Vec<Vec<u8>> = texts.iter().map(|text| gzip(text)).collect();
        for (at, byte) in [(0, 0), (0, 3), (1, 1), (1, 12), (20, 15), (38, 2)] {
            let mut damaged = members.clone();
            damaged[at][byte] ^= 0xff;
            let bytes = damaged.concat();
            for capacity in [1, 7, 4096] {
                let marks = Marks::new(&Packing::Gzip, 0);
                marks.begins(b"WARC/1.0");
                let mut plain = Vec::new();
                let reader = BufReader::with_capacity(capacity, &bytes[..]);
                Gzip::new(reader, marks.clone()).read_to_end(&mut plain).unwrap();
                let plain = String::from_utf8_lossy(&plain);
                for (number, text) in texts.iter().enumerate().filter(|(number, _)| *number != at) {
                    assert!(plain.contains(text.as_str()), "{number} behind {at}.{byte}, {capacity}");
                }
                // Of which something came out, whoever reads it sees that it is cut.
                let said = marks.damaged();
                assert!(
                    matches!(&said[..], [damage] if damage.what.contains("damaged")),
                    "{at}.{byte}: {said:?}"
                );
            }
        }
    }

    /// A member that is cut short swallows nothing of the next one; of a crawl also the first may be damaged.
    #[test]
    fn what_follows_a_cut_is_read() {
        let texts: Vec<String> = (0..12)
            .map(|n| {
                format!(
                    "WARC/1.0 record {n} {}\n",
                    (0..40).map(|word| format!("{} ", (word * 7919 + n * 31) % 997)).collect::<String>()
                )
            })
            .collect();
        let members: Vec<Vec<u8>> = texts.iter().map(|text| gzip(text)).collect();
        for at in [0, 1, 5, 10] {
            for cut in [2, 9, 12, 40, members[at].len() / 2, members[at].len() - 9, members[at].len() - 1] {
                let mut cut_short = members.clone();
                cut_short[at].truncate(cut);
                let bytes = cut_short.concat();
                for capacity in [3, 4096] {
                    let marks = Marks::new(&Packing::Gzip, 0);
                    if matches!(cut, 9 | 12) {
                        // With the next one's first bytes it may unpack to anything: the name says what it is.
                        marks.begins(b"WARC/1.0");
                    }
                    let mut plain = Vec::new();
                    let reader = BufReader::with_capacity(capacity, &bytes[..]);
                    let read = Gzip::new(reader, marks.clone()).read_to_end(&mut plain);
                    assert!(read.is_ok(), "{at} cut at {cut}, {capacity}: {read:?}");
                    let plain = String::from_utf8_lossy(&plain);
                    for (number, text) in texts.iter().enumerate().filter(|(number, _)| *number != at) {
                        assert!(
                            plain.contains(text.as_str()),
                            "{number} behind {at} cut at {cut}, {capacity}"
                        );
                    }
                    assert_eq!(marks.damaged().len(), 1, "{at} cut at {cut}, {capacity}");
                }
            }
        }
    }

    /// What looks like a member at every fourth byte is given up soon.
    #[test]
    fn a_file_of_beginnings_is_given_up() {
        let begins = b"\x1f\x8b\x08\0".repeat(4 << 20);
        let packed = [gzip("WARC/1.0\n"), begins].concat();
        let marks = Marks::new(&Packing::Gzip, 0);
        let mut plain = Vec::new();
        assert!(Gzip::new(&packed[..], marks.clone()).read_to_end(&mut plain).is_err());
        assert_eq!(plain, b"WARC/1.0\n");
        assert!(marks.damaged().is_empty(), "the error says it");
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
