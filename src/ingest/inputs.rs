//! Finds inputs and opens them: files, directories, standard input; decompressed, with a bound on how far.

use super::ahead::Ahead;
use super::members::{Gzip, Marks, Packing, Zstd};
use crate::article::{Place, Rejection};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use walkdir::WalkDir;

/// One input: where it is and how it is called in messages and captures.
#[derive(Clone, Debug)]
pub struct Input {
    /// The file; `None` is standard input.
    pub path: Option<PathBuf>,
    /// As the user would write it.
    pub name: Arc<str>,
    /// Its size on disk, if known.
    pub bytes: u64,
}

/// Decompressed, an input may have so many bytes however small it is.
const RATIO_GRACE: u64 = 64 << 20;

/// Everything that the paths name, in a fixed order: directories are walked by name, hidden files in them passed over.
pub fn expand(paths: &[PathBuf]) -> impl Iterator<Item = Result<Input, Rejection>> + '_ {
    paths.iter().flat_map(|path| -> Box<dyn Iterator<Item = Result<Input, Rejection>>> {
        if path.as_os_str() == "-" {
            return Box::new(std::iter::once(Ok(Input { path: None, name: "-".into(), bytes: 0 })));
        }
        if !path.is_dir() {
            let bytes = path.metadata().map_or(0, |file| file.len());
            let name = path.to_string_lossy().into();
            return Box::new(std::iter::once(Ok(Input { path: Some(path.clone()), name, bytes })));
        }
        let walk = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
        let visible = walk.filter_entry(|entry| {
            entry.depth() == 0 || !is_hidden(entry.path()) && !is_archive(entry.path())
        });
        Box::new(visible.filter_map(|entry| match entry {
            Err(e) => Some(Err(unwalkable(&e))),
            Ok(entry) if !entry.file_type().is_file() => None,
            Ok(entry) => {
                let bytes = entry.metadata().map_or(0, |file| file.len());
                let name = entry.path().to_string_lossy().into();
                Some(Ok(Input { path: Some(entry.into_path()), name, bytes }))
            }
        }))
    })
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// An archive inside a directory of inputs is not an input.
fn is_archive(path: &Path) -> bool {
    path.join("pressmark.toml").is_file() && path.join("ledger").is_dir()
}

fn unwalkable(e: &walkdir::Error) -> Rejection {
    let input = e.path().unwrap_or(Path::new("?")).to_string_lossy().into_owned();
    let reason = match (e.loop_ancestor(), e.io_error()) {
        (Some(ancestor), _) => {
            format!("a directory loop: this leads back to {}; it is not walked again", ancestor.display())
        }
        (None, Some(e)) => format!("cannot be read: {}", describe(e)),
        (None, None) => "cannot be read".to_owned(),
    };
    whole(&input, reason, Vec::new())
}

/// A rejection of a whole input.
pub fn whole(input: &str, reason: String, raw: Vec<u8>) -> Rejection {
    Rejection { input: input.to_owned(), place: Place::Whole, reason, raw, omitted_bytes: 0 }
}

/// An I/O error in words, without the system's number.
pub fn describe(e: &io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
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
/// of its [`Marks`]. `consumed` counts bytes on disk.
pub fn open(
    input: &Input,
    consumed: &Arc<AtomicU64>,
    ratio: u64,
    from: u64,
) -> io::Result<(Box<dyn BufRead>, Marks)> {
    let counted = |raw| {
        let counters = Counters { here: Arc::default(), all: consumed.clone() };
        BufReader::with_capacity(256 << 10, counters.count(raw))
    };
    let raw: Box<dyn Read> = match &input.path {
        None => Box::new(io::stdin()),
        Some(path) => Box::new(File::open(path)?),
    };
    let mut reader = counted(raw);
    let packing = packing(&mut reader)?;
    let marks = Marks::new(&packing, from);
    if let (Some(path), Packing::Gzip) = (&input.path, &packing)
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
    if let (Some(path), 1..) = (&input.path, from) {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        consumed.fetch_add(from, Ordering::Relaxed);
        reader = counted(Box::new(file));
    }
    Ok((unpacked(reader, packing, ratio, &marks)?, marks))
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
        Packing::Gzip => Box::new(Gzip::new(buffered, marks.clone())),
        Packing::Zstd(dictionary) => Box::new(Zstd::new(buffered, &dictionary, marks.clone())?),
    };
    Ok(Box::new(BufReader::with_capacity(
        256 << 10,
        Bounded { inner: plain, packed: here, unpacked: 0, ratio },
    )))
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

/// How many bytes were read of one input, and of all.
#[derive(Clone, Default)]
pub(super) struct Counters {
    here: Arc<AtomicU64>,
    all: Arc<AtomicU64>,
}

impl Counters {
    /// Counts what is read.
    pub(super) fn count<R>(&self, inner: R) -> Counted<R> {
        Counted { inner, counters: self.clone() }
    }

    /// Takes back what was read of this input behind an offset.
    pub(super) fn back_to(&self, offset: u64) {
        let again = self.here.load(Ordering::Relaxed).saturating_sub(offset);
        self.here.fetch_sub(again, Ordering::Relaxed);
        self.all.fetch_sub(again, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn here(&self) -> u64 {
        self.here.load(Ordering::Relaxed)
    }
}

/// Counts what is read.
pub(super) struct Counted<R> {
    inner: R,
    counters: Counters,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.counters.here.fetch_add(read as u64, Ordering::Relaxed);
        self.counters.all.fetch_add(read as u64, Ordering::Relaxed);
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
            return Err(io::Error::other(format!(
                "it unpacks to more than {} times its size; --max-ratio takes more",
                self.ratio
            )));
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
