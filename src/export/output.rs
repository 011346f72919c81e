//! Where exports go: a writer that has an end.

use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A writer that has to be finished, so that an error at its end is heard.
pub trait Output: Write {
    /// Writes what is held back.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A writer that compresses nothing.
struct Plain<W: Write>(BufWriter<W>);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Output for Plain<W> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Output for flate2::write::GzEncoder<BufWriter<W>> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        flate2::write::GzEncoder::finish(*self)?.flush()
    }
}

impl<W: Write> Output for zstd::Encoder<'_, BufWriter<W>> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        zstd::Encoder::finish(*self)?.flush()
    }
}

/// How an output is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Packing {
    /// What a file name asks for: `.gz`, `.zst`.
    pub fn of_name(path: &Path) -> Option<Packing> {
        match path.extension()?.to_str()? {
            "gz" => Some(Packing::Gzip),
            "zst" => Some(Packing::Zstd),
            _ => None,
        }
    }
}

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 256 << 10;

/// An output over a writer, compressed if that is asked for.
pub fn packed<'a>(packing: Option<Packing>, writer: impl Write + 'a) -> io::Result<Box<dyn Output + 'a>> {
    let buffered = BufWriter::with_capacity(BUFFER_BYTES, writer);
    Ok(match packing {
        Some(Packing::Gzip) => {
            Box::new(flate2::write::GzEncoder::new(buffered, flate2::Compression::default()))
        }
        Some(Packing::Zstd) => Box::new(zstd::Encoder::new(buffered, 3)?),
        None => Box::new(Plain(buffered)),
    })
}
