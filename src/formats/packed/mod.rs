//! Opens inputs and decompresses them, with a bound on how far.

mod ahead;
mod counters;
pub mod members;

use crate::model::Reason;
use ahead::Ahead;
use counters::Counters;
use members::{Gzip, Marks, Packing, Zstd};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Decompressed, an input may have so many bytes however small it is.
const RATIO_GRACE: u64 = 64 << 20;

/// An I/O error in words, without the system's number.
pub fn describe(e: &io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// What unpacks to absurdly more than it is.
#[derive(Debug, thiserror::Error)]
#[error("{what} unpacks to more than {ratio} times its size")]
pub struct TooMuch {
    /// What: `it`.
    pub what: &'static str,
    /// How many times its size.
    pub ratio: u64,
}

/// An input that cannot be read, or not to its end: `text` says so.
pub fn unreadable(text: String, e: &io::Error) -> Reason {
    match e.get_ref().is_some_and(|e| e.is::<TooMuch>()) {
        true => Reason::UnpacksTooMuch(text),
        false if e.raw_os_error().is_some() => Reason::Unreadable(text),
        false => Reason::Malformed(text),
    }
}

/// How much of the start of an input is looked at to find out what it is.
const HEAD_BYTES: usize = 64 << 10;

/// The start of an input, and the input again, from its start.
pub fn peek<'r>(mut reader: Box<dyn BufRead + 'r>) -> io::Result<(Vec<u8>, Box<dyn BufRead + 'r>)> {
    let mut head = Vec::new();
    let result = reader.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head);
    let start = io::Cursor::new(head.clone());
    match result {
        Ok(_) => Ok((head, Box::new(start.chain(reader)))),
        Err(e) if head.is_empty() => Err(e),
        // What comes before the damage is read; then it fails.
        Err(e) => Ok((head, Box::new(start.chain(BufReader::new(Failing(Some(e))))))),
    }
}

/// Fails once.
pub struct Failing(pub Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Opens an input and decompresses it if it is gzip or zstd, whatever it is called; from an offset of the file, if it is one
/// of its marks. `consumed` counts bytes on disk.
pub fn open(
    path: Option<&Path>,
    name: &str,
    consumed: &Arc<AtomicU64>,
    ratio: u64,
    from: u64,
) -> io::Result<(Box<dyn BufRead>, Marks)> {
    let counted = |raw| {
        let counters = Counters { here: Arc::default(), all: consumed.clone() };
        BufReader::with_capacity(256 << 10, counters.count(raw))
    };
    let raw: Box<dyn Read> = match path {
        None => Box::new(io::stdin()),
        Some(path) => Box::new(File::open(path)?),
    };
    let mut reader = counted(raw);
    let name = name.to_ascii_lowercase();
    let packing = match packing(&mut reader)? {
        // Damage at the very start; what follows may be whole.
        Packing::None if is_broken_crawl(&name, reader.fill_buf()?) => Packing::Gzip,
        packing => packing,
    };
    let marks = Marks::new(&packing, from);
    if let (Some(path), Packing::Gzip) = (path, &packing)
        && path.metadata().is_ok_and(|file| file.is_file() && file.len() > AHEAD_BYTES_MIN)
    {
        // What was looked at is read again.
        reader.get_ref().counters.back_to(0);
        consumed.fetch_add(from, Ordering::Relaxed);
        let counters = Counters { here: Arc::default(), all: consumed.clone() };
        let packed = counters.here.clone();
        let ahead = Ahead::new(path, from, counters, marks.clone())?;
        return Ok((Box::new(Bounded { inner: ahead, packed, unpacked: 0, ratio }), marks));
    }
    if let (Some(path), 1..) = (path, from) {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        consumed.fetch_add(from, Ordering::Relaxed);
        reader = counted(Box::new(file));
    }
    Ok((unpacked(reader, packing, ratio, &marks)?, marks))
}

/// What `read` does of a reader that has a buffer of its own.
fn read_buffered(reader: &mut impl BufRead, buffer: &mut [u8]) -> io::Result<usize> {
    let read = reader.fill_buf()?.read(buffer)?;
    reader.consume(read);
    Ok(read)
}

/// Whether a file that is no gzip is called as crawls that are, and is no plain one.
fn is_broken_crawl(name: &str, start: &[u8]) -> bool {
    let called = name.ends_with(".warc.gz") || name.ends_with(".arc.gz");
    called && !start.is_empty() && !crate::formats::warc::is_crawl(start)
}

/// Shorter files are not worth the threads.
const AHEAD_BYTES_MIN: u64 = 1 << 20;

/// Decompresses what is gzip or zstd, also zstd with a dictionary at its start as WARCs have it.
pub fn unpack<'r>(mut reader: BufReader<impl Read + 'r>, ratio: u64) -> io::Result<Box<dyn BufRead + 'r>> {
    let packing = packing(&mut reader)?;
    unpacked(reader, packing, ratio, &Marks::default())
}

/// How an input is compressed; a dictionary at its start is read.
fn packing(reader: &mut impl BufRead) -> io::Result<Packing> {
    let magic = reader.fill_buf()?;
    Ok(if magic.starts_with(&[0x1f, 0x8b]) {
        Packing::Gzip
    } else if magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Packing::Zstd(Vec::new())
    } else if magic.starts_with(&[0x04, 0x22, 0x4d, 0x18]) {
        Packing::Lz4
    } else if magic.starts_with(&DICTIONARY_MAGIC) {
        Packing::Zstd(dictionary(reader)?)
    } else {
        Packing::None
    })
}

fn unpacked<'r>(
    reader: BufReader<impl Read + 'r>,
    packing: Packing,
    ratio: u64,
    marks: &Marks,
) -> io::Result<Box<dyn BufRead + 'r>> {
    let counters = Counters::default();
    let here = counters.here.clone();
    let buffered = BufReader::with_capacity(256 << 10, counters.count(reader));
    let plain: Box<dyn Read + 'r> = match packing {
        Packing::None => return Ok(Box::new(buffered)),
        Packing::Lz4 => Box::new(Lz4(lz4_flex::frame::FrameDecoder::new(buffered))),
        Packing::Gzip => Box::new(Gzip::new(buffered, marks.clone())),
        Packing::Zstd(dictionary) => Box::new(Zstd::new(buffered, &dictionary, marks.clone())?),
    };
    Ok(Box::new(BufReader::with_capacity(
        256 << 10,
        Bounded { inner: plain, packed: here, unpacked: 0, ratio },
    )))
}

/// LZ4 frames, one after the other.
struct Lz4<R: BufRead>(lz4_flex::frame::FrameDecoder<R>);

impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        // What ends may be a frame.
        if read > 0 || buffer.is_empty() || self.0.get_mut().fill_buf()?.is_empty() {
            return Ok(read);
        }
        self.0.read(buffer)
    }
}

/// A skippable frame that holds a dictionary (*Zstandard Compression for WARC files 1.0*).
const DICTIONARY_MAGIC: [u8; 4] = [0x5d, 0x2a, 0x4d, 0x18];

const DICTIONARY_BYTES_MAX: u64 = 16 << 20;

/// The dictionary at the start, itself compressed or not.
fn dictionary(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = [0; 8];
    reader.read_exact(&mut head)?;
    let length = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
    if length > DICTIONARY_BYTES_MAX {
        return Err(io::Error::other("its dictionary is longer than 16 MiB"));
    }
    let mut dictionary = Vec::new();
    reader.take(length).read_to_end(&mut dictionary)?;
    if !dictionary.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Ok(dictionary);
    }
    let mut plain = Vec::new();
    zstd::Decoder::new(&dictionary[..])?.take(DICTIONARY_BYTES_MAX).read_to_end(&mut plain)?;
    Ok(plain)
}

/// How much may come out of an input with everything that is in it, at any depth: its size so many times.
pub struct Budget {
    bytes: u64,
    ratio: u64,
    consumed: Arc<AtomicU64>,
    before: u64,
    used: AtomicU64,
}

impl Budget {
    /// For one input of so many bytes; `consumed` counts what is read of all of them, which is all that is known of the size of a pipe.
    pub fn new(bytes: u64, ratio: u64, consumed: &Arc<AtomicU64>) -> Budget {
        let before = consumed.load(Ordering::Relaxed);
        Budget { bytes, ratio, consumed: consumed.clone(), before, used: AtomicU64::new(0) }
    }

    /// Whether nothing more may come out.
    pub fn is_spent(&self) -> bool {
        let read = self.consumed.load(Ordering::Relaxed).saturating_sub(self.before);
        let most = self.bytes.max(read).saturating_mul(self.ratio).max(RATIO_GRACE);
        self.used.load(Ordering::Relaxed) > most
    }

    /// Counts what is read.
    pub fn count<R: Read>(&self, inner: R) -> Budgeted<'_, R> {
        Budgeted { inner, budget: self }
    }
}

/// A reader whose bytes are counted.
pub struct Budgeted<'b, R> {
    inner: R,
    budget: &'b Budget,
}

impl<R: Read> Read for Budgeted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget.is_spent() {
            return Err(io::Error::other(TooMuch { what: "what is in it", ratio: self.budget.ratio }));
        }
        let read = self.inner.read(buffer)?;
        self.budget.used.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Ends with an error when an input unpacks to absurdly more than it is.
struct Bounded<R> {
    inner: R,
    packed: Arc<AtomicU64>,
    unpacked: u64,
    ratio: u64,
}

impl<R> Bounded<R> {
    fn check(&self) -> io::Result<()> {
        if self.unpacked > RATIO_GRACE
            && self.unpacked / self.ratio.max(1) > self.packed.load(Ordering::Relaxed)
        {
            return Err(io::Error::other(TooMuch { what: "it", ratio: self.ratio }));
        }
        Ok(())
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.unpacked += read as u64;
        self.check().map(|()| read)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.unpacked += bytes as u64;
        self.inner.consume(bytes);
    }
}
