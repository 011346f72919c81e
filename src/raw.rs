//! The original bytes of inputs, kept if that is asked for: each once, compressed, in a file that is called after the BLAKE3
//! of the bytes. Captures name them in their field `raw`.
//!
//! ```text
//! ARCHIVE/raw/3f/2a9c01…   zstd
//! ```
//! They are durable before the capture that names them is. Unlike the store they are not built from the ledger: a backup
//! has both.

use crate::archive::private_dirs;
use crate::digest::Digest;
use crate::error::{Error, IoContext, Result};
use crate::ledger::sync_dir;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that are to be kept, compressed already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    digest: Digest,
    packed: Arc<[u8]>,
}

/// zstd's level: pages compress to a fifth at any.
const LEVEL: i32 = 3;
/// Nothing longer was ever kept.
const RAW_BYTES_MAX: u64 = 1 << 30;

impl Raw {
    /// Compresses bytes.
    pub fn new(bytes: &[u8]) -> Raw {
        let packed = zstd::bulk::compress(bytes, LEVEL).expect("memory to compress to is there");
        Raw { digest: Digest(*blake3::hash(bytes).as_bytes()), packed: packed.into() }
    }

    /// The BLAKE3 of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How much it takes.
    pub fn packed_bytes(&self) -> usize {
        self.packed.len()
    }
}

/// Where the originals of an archive are.
#[derive(Clone, Debug)]
pub struct Raws {
    dir: PathBuf,
}

impl Raws {
    /// Those of the archive in this directory.
    pub fn of(archive: &Path) -> Raws {
        Raws { dir: archive.join("raw") }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.to_string();
        self.dir.join(&hex[..2]).join(&hex[2..])
    }

    /// Keeps those that are not there. When this returns they are durable.
    pub fn keep<'a>(&self, raws: impl Iterator<Item = &'a Raw>) -> Result<()> {
        let (mut dirs, mut written) = (BTreeSet::new(), Vec::new());
        for raw in raws {
            let path = self.path(&raw.digest);
            if path.exists() {
                continue;
            }
            let dir = path.parent().unwrap_or(&self.dir);
            if dirs.insert(dir.to_owned()) {
                private_dirs().recursive(true).create(dir).doing("create", dir)?;
            }
            // A file under its name is a whole one.
            let temporary = path.with_extension("tmp");
            let write = || File::create(&temporary)?.write_all(&raw.packed);
            write().doing("write", &path)?;
            written.push((temporary, path));
        }
        sync_files(&self.dir, &written).doing("write", &self.dir)?;
        for (temporary, path) in &written {
            // Two of a batch may be the same.
            if temporary.exists() {
                fs::rename(temporary, path).doing("write", path)?;
            }
        }
        for dir in &dirs {
            sync_dir(dir)?;
        }
        if !dirs.is_empty() {
            sync_dir(&self.dir)?;
            sync_dir(self.dir.parent().unwrap_or(&self.dir))?;
        }
        Ok(())
    }

    /// The bytes, if they are kept. `Err` if what is there is not what its name says.
    pub fn get(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let path = self.path(digest);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Io { doing: "read", path, source }),
        };
        let mut bytes = Vec::new();
        let read =
            zstd::Decoder::new(file).and_then(|decoder| decoder.take(RAW_BYTES_MAX).read_to_end(&mut bytes));
        if read.is_err() || *blake3::hash(&bytes).as_bytes() != digest.0 {
            return Err(Error::Digest { digest: *digest });
        }
        Ok(Some(bytes))
    }

    /// All digests under which something is kept, in order.
    pub fn digests(&self) -> Result<Vec<Digest>> {
        let mut digests = Vec::new();
        if !self.dir.exists() {
            return Ok(digests);
        }
        for outer in fs::read_dir(&self.dir).doing("read", &self.dir)? {
            let outer = outer.doing("read", &self.dir)?;
            for inner in fs::read_dir(outer.path()).doing("read", &outer.path())? {
                let inner = inner.doing("read", &outer.path())?;
                let name =
                    format!("{}{}", outer.file_name().to_string_lossy(), inner.file_name().to_string_lossy());
                digests.extend(name.parse::<Digest>().ok());
            }
        }
        digests.sort();
        Ok(digests)
    }
}

/// Makes files durable: by one call for all of them where there is one.
#[cfg(target_os = "linux")]
fn sync_files(dir: &Path, written: &[(PathBuf, PathBuf)]) -> io::Result<()> {
    match written {
        [] => Ok(()),
        [(one, _)] => File::open(one)?.sync_all(),
        _ => Ok(rustix::fs::syncfs(File::open(dir)?)?),
    }
}

#[cfg(not(target_os = "linux"))]
fn sync_files(_: &Path, written: &[(PathBuf, PathBuf)]) -> io::Result<()> {
    written.iter().try_for_each(|(file, _)| File::open(file)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_once_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let raws = Raws::of(dir.path());
        let raw = Raw::new(b"<h1>hello");
        assert_eq!(raws.get(&raw.digest()).unwrap(), None);
        assert_eq!(raws.digests().unwrap(), []);
        raws.keep([&raw, &raw].into_iter()).unwrap();
        assert_eq!(raws.get(&raw.digest()).unwrap().unwrap(), b"<h1>hello");
        assert_eq!(raws.digests().unwrap(), [raw.digest()]);
        let path = raws.path(&raw.digest());
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(raws.get(&raw.digest()), Err(Error::Digest { .. })));
    }
}
