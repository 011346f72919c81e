//! The original bytes of inputs, kept if that is asked for: each once, compressed, in a file that is called after the BLAKE3
//! of the bytes. Captures name them in their field `original`.
//!
//! ```text
//! ARCHIVE/raw/3f/2a9c01…          zstd
//!         raw/3f/2a9c01….damaged  what had other bytes than its name says, set aside by `repair`
//!         raw/lost                the digests of those of which it was accepted that they are gone, a line each
//!         raw/new/                what is being written
//! ```
//! They are durable before the capture that names them is. Unlike the store they are not built from the ledger: a backup
//! has both.

use crate::bytes::fs::{
    IoContext, dirs_in, foreign, is_there, read_if_there, remove, rename, sync_dir, write_whole,
};
use crate::model::{Digest, Error, RAW_BYTES_MAX, Raw, Result};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

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
        let mut digests = BTreeSet::new();
        // Two of a batch may be the same.
        for raw in raws.filter(|raw| digests.insert(raw.digest)) {
            let path = self.path(&raw.digest);
            if is_kept(&path)? && self.is_whole(raw, &path)? {
                continue;
            }
            let dir = path.parent().unwrap_or(&self.dir);
            if dirs.insert(dir.to_owned()) {
                dirs_in(self.outer()).recursive(true).create(dir).doing("create", dir)?;
            }
            // A file under its name is a whole one.
            let temporary = self.new_dir().join(raw.digest.to_string());
            if written.is_empty() {
                dirs_in(self.outer())
                    .recursive(true)
                    .create(self.new_dir())
                    .doing("create", &self.new_dir())?;
            }
            let write = || File::create(&temporary)?.write_all(&raw.packed);
            write().doing("write", &temporary)?;
            written.push((temporary, path));
        }
        if written.is_empty() {
            return Ok(());
        }
        sync_files(&self.dir, &written).doing("sync", &self.dir)?;
        for (temporary, path) in &written {
            rename(temporary, path)?;
        }
        for dir in &dirs {
            sync_dir(dir)?;
        }
        sync_dir(&self.dir)?;
        sync_dir(self.dir.parent().unwrap_or(&self.dir))?;
        // What was lost and is there again is no loss any more.
        let mut lost = self.lost()?;
        let before = lost.len();
        lost.retain(|digest| !digests.contains(digest));
        if lost.len() < before { self.write_lost(&lost) } else { Ok(()) }
    }

    /// Whether what is kept under a name is what it should be.
    fn is_whole(&self, raw: &Raw, path: &Path) -> Result<bool> {
        if fs::read(path).doing("read", path)? == *raw.packed {
            return Ok(true);
        }
        // Another version may have compressed it otherwise.
        match self.get(&raw.digest) {
            Err(Error::Original { .. }) => Ok(false),
            kept => kept.map(|kept| kept.is_some()),
        }
    }

    /// The bytes, if they are kept. `Err` if what is there is not what its name says.
    pub fn get(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let path = self.path(digest);
        if !is_kept(&path)? {
            return Ok(None);
        }
        let packed = fs::read(&path).doing("read", &path)?;
        unpacked(digest, &packed).map(Some).ok_or(Error::Original { digest: *digest })
    }

    /// The bytes as they are kept, compressed, if they are.
    pub fn get_packed(&self, digest: &Digest) -> Result<Option<Raw>> {
        let path = self.path(digest);
        if !is_kept(&path)? {
            return Ok(None);
        }
        let packed = fs::read(&path).doing("read", &path)?;
        Raw::of_packed(*digest, packed).map(Some).ok_or(Error::Original { digest: *digest })
    }

    /// Whether something is kept under this digest.
    pub fn has(&self, digest: &Digest) -> bool {
        is_kept(&self.path(digest)).unwrap_or(false)
    }

    fn new_dir(&self) -> PathBuf {
        self.dir.join("new")
    }

    fn lost_file(&self) -> PathBuf {
        self.dir.join("lost")
    }

    /// Removes what an ingest that was killed had begun to write.
    pub(crate) fn clear_left_overs(&self) -> Result<()> {
        remove(&self.new_dir())
    }

    /// What is there.
    pub fn survey(&self) -> Result<Survey> {
        let mut survey = Survey::default();
        if !is_there(&self.dir)? {
            return Ok(survey);
        }
        let ours = [self.new_dir(), self.lost_file(), self.lost_file().with_extension("new")];
        for outer in fs::read_dir(&self.dir).doing("read", &self.dir)? {
            let outer = outer.doing("read", &self.dir)?;
            let is_dir = outer.file_type().doing("read", &self.dir)?.is_dir();
            let outer = outer.path();
            if ours.contains(&outer) {
                continue;
            }
            let first = outer.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if first.len() != 2 || !is_dir {
                survey.strays.push(outer);
                continue;
            }
            for inner in fs::read_dir(&outer).doing("read", &outer)? {
                let inner = inner.doing("read", &outer)?;
                let kind = inner.file_type().doing("read", &outer)?;
                let inner = inner.path();
                if let Some(what) = foreign(kind) {
                    return Err(Error::Foreign { path: inner, what });
                }
                let rest = inner.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let stem = rest.strip_suffix(DAMAGED);
                match format!("{first}{}", stem.unwrap_or(&rest)).parse() {
                    Ok(digest) if stem.is_none() => drop(survey.kept.insert(digest)),
                    Ok(_) => survey.set_aside += 1,
                    Err(_) => survey.strays.push(inner),
                }
            }
        }
        Ok(survey)
    }

    /// Gives a file another name that does not have the bytes that its name says, so that they can be kept again.
    pub fn set_aside(&self, digest: &Digest) -> Result<()> {
        let path = self.path(digest);
        let mut aside = path.clone().into_os_string();
        aside.push(DAMAGED);
        rename(&path, Path::new(&aside))?;
        sync_dir(path.parent().unwrap_or(&self.dir))
    }

    /// Those of which it was accepted that they are gone.
    pub fn lost(&self) -> Result<BTreeSet<Digest>> {
        let lines = read_if_there(&self.lost_file())?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&lines).lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Erases originals, also those that were set aside.
    pub(super) fn erase<'a>(&self, originals: impl Iterator<Item = &'a Digest>) -> Result<()> {
        let mut dirs = BTreeSet::new();
        for digest in originals {
            let path = self.path(digest);
            let mut aside = path.clone().into_os_string();
            aside.push(DAMAGED);
            remove(&path)?;
            remove(Path::new(&aside))?;
            dirs.extend(path.parent().map(Path::to_owned));
        }
        for dir in dirs.iter().filter(|dir| dir.is_dir()) {
            sync_dir(dir)?;
        }
        Ok(())
    }

    /// The archive's directory.
    fn outer(&self) -> &Path {
        self.dir.parent().unwrap_or(&self.dir)
    }

    /// Notes, durably, that these are gone.
    pub fn accept_lost(&self, gone: impl Iterator<Item = Digest>) -> Result<()> {
        let mut lost = self.lost()?;
        lost.extend(gone);
        dirs_in(self.outer()).recursive(true).create(&self.dir).doing("create", &self.dir)?;
        self.write_lost(&lost)
    }

    fn write_lost(&self, lost: &BTreeSet<Digest>) -> Result<()> {
        let lines: String = lost.iter().map(|digest| format!("{digest}\n")).collect();
        write_whole(&self.lost_file(), lines.as_bytes())
    }
}

/// Undoes the compression; `None` if the bytes are not those that they are called after.
fn unpacked(digest: &Digest, packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let decoder = zstd::Decoder::with_buffer(packed).ok()?;
    decoder.take(RAW_BYTES_MAX + 1).read_to_end(&mut bytes).ok()?;
    (*blake3::hash(&bytes).as_bytes() == digest.0).then_some(bytes)
}

/// Whether there is a file; what is something else is nobody's original.
fn is_kept(path: &Path) -> Result<bool> {
    match path.symlink_metadata() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        there => match foreign(there.doing("read", path)?.file_type()) {
            Some(what) => Err(Error::Foreign { path: path.to_owned(), what }),
            None => Ok(true),
        },
    }
}

/// The ending of files that do not have the bytes that their names say.
const DAMAGED: &str = ".damaged";

/// What is in the directory of the originals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The digests under which something is kept.
    pub kept: BTreeSet<Digest>,
    /// How many were damaged and set aside.
    pub set_aside: u64,
    /// What is none of ours.
    pub strays: Vec<PathBuf>,
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
        assert_eq!(raws.survey().unwrap(), Survey::default());
        raws.keep([&raw, &raw].into_iter()).unwrap();
        assert_eq!(raws.get(&raw.digest()).unwrap().unwrap(), b"<h1>hello");
        assert_eq!(raws.survey().unwrap().kept, BTreeSet::from([raw.digest()]));
        let path = raws.path(&raw.digest());
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(raws.get(&raw.digest()), Err(Error::Original { .. })));
    }
}
