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
    /// Whether the user named it, and did not merely name a directory that it is in.
    pub named: bool,
}

/// What a path leads to.
pub enum Found {
    /// An input.
    Input(Input),
    /// What cannot be one.
    Rejected(Rejection),
    /// What is no input, and why.
    Passed(&'static str),
}

/// Decompressed, an input may have so many bytes however small it is.
const RATIO_GRACE: u64 = 64 << 20;

/// Everything that the paths name, in a fixed order: directories are walked by name, hidden files in them passed over. Links that
/// lead out of a directory are followed if `follow` says so.
pub fn expand(paths: &[PathBuf], follow: bool) -> impl Iterator<Item = Found> + '_ {
    paths.iter().flat_map(move |path| -> Box<dyn Iterator<Item = Found>> {
        if path.as_os_str() == "-" {
            let input = Input { path: None, name: "-".into(), bytes: 0, named: true };
            return Box::new(std::iter::once(Found::Input(input)));
        }
        if !path.is_dir() {
            let bytes = path.metadata().map_or(0, |file| file.len());
            let name = path.to_string_lossy().into();
            let input = Input { path: Some(path.clone()), name, bytes, named: true };
            return Box::new(std::iter::once(Found::Input(input)));
        }
        if is_archive(path) {
            let name = path.to_string_lossy();
            let reason = format!(
                "it is a pressmark archive; take in what pressmark --archive {name} export -o FILE.jsonl writes"
            );
            return Box::new(std::iter::once(Found::Rejected(whole(&name, reason, Vec::new()))));
        }
        let root = path.canonicalize();
        let mut walk = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
        Box::new(std::iter::from_fn(move || {
            loop {
                let entry = match walk.next()? {
                    Err(e) => return Some(Found::Rejected(unwalkable(&e))),
                    Ok(entry) => entry,
                };
                let is_dir = entry.file_type().is_dir();
                let passed = if entry.depth() == 0 {
                    None
                } else if is_hidden(entry.path()) {
                    Some(None)
                } else if entry.path_is_symlink() && !follow && !is_inside(entry.path(), root.as_deref().ok()) {
                    Some(Some("links out of their directory (--follow follows them)"))
                } else if is_dir && is_archive(entry.path()) {
                    Some(Some("pressmark archives"))
                } else {
                    None
                };
                if let Some(passed) = passed {
                    if is_dir {
                        walk.skip_current_dir();
                    }
                    match passed {
                        Some(why) => return Some(Found::Passed(why)),
                        None => continue,
                    }
                }
                if entry.file_type().is_file() {
                    let bytes = entry.metadata().map_or(0, |file| file.len());
                    let name = entry.path().to_string_lossy().into();
                    let path = Some(entry.into_path());
                    return Some(Found::Input(Input { path, name, bytes, named: false }));
                }
            }
        }))
    })
}

/// Whether what a path leads to is in this directory.
fn is_inside(path: &Path, root: Option<&Path>) -> bool {
    let target = path.canonicalize();
    root.zip(target.ok()).is_some_and(|(root, target)| target.starts_with(root))
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// An archive is no input: its ledger is no text, and what is in it comes out as an export.
fn is_archive(path: &Path) -> bool {
    let ledger = path.join("ledger");
    ledger.is_dir()
        && (path.join("pressmark.toml").is_file()
            || crate::ledger::segments(&ledger).is_ok_and(|all| !all.is_empty()))
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
/// of its marks. `consumed` counts bytes on disk.
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
    let name = input.name.to_ascii_lowercase();
    let packing = match packing(&mut reader)? {
        // Damage at the very start; what follows may be whole.
        Packing::None if is_broken_crawl(&name, reader.fill_buf()?) => Packing::Gzip,
        packing => packing,
    };
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

/// Whether a file that is no gzip is called as crawls that are, and is no plain one.
fn is_broken_crawl(name: &str, start: &[u8]) -> bool {
    let called = name.ends_with(".warc.gz") || name.ends_with(".arc.gz");
    called && !start.is_empty() && !super::warc::is_crawl(start)
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

/// How much may come out of an input with everything that is in it, at any depth: its size so many times.
pub struct Budget {
    bytes: u64,
    ratio: u64,
    consumed: Arc<AtomicU64>,
    before: u64,
    used: AtomicU64,
}

impl Budget {
    /// For one input; `consumed` counts what is read of all of them, which is all that is known of the size of a pipe.
    pub fn new(input: &Input, ratio: u64, consumed: &Arc<AtomicU64>) -> Budget {
        let before = consumed.load(Ordering::Relaxed);
        Budget { bytes: input.bytes, ratio, consumed: consumed.clone(), before, used: AtomicU64::new(0) }
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
            let reason = format!(
                "what is in it unpacks to more than {} times its size; --max-ratio takes more",
                self.budget.ratio
            );
            return Err(io::Error::other(reason));
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
