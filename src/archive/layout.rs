//! Every file of an archive: the one place that knows them by name.
//!
//! ```text
//! ARCHIVE/pressmark.toml   format version, UUID
//!         settings.toml    what holds for who uses it, if anybody wrote that; the library does not read it
//!         ledger/          the truth; see [`crate::ledger`]
//!         raw/             original inputs, if they are kept; see [`crate::archive::originals`]
//!         store/           derived; see [`crate::store`]
//!         search/          derived; see [`crate::derived::words`]
//!         checkpoints/     how far crawls were read
//!         known            which files were read to their end: see `ingest/known.rs`
//!         reading, fatal   what is being read, and what ended the process while it was: see `ingest/journal.rs`
//!         lock             who holds the archive
//!         socket           where that process answers others: see [`crate::shared`]
//!         erasing          there while the bytes of removed articles are being taken out: see `archive/erase.rs`
//!         dirty            there while the store is being written, with the machine's boot id
//!         ledger.bak, …    a damaged ledger or store of which not everything could be mended; kept
//! ```
//! What a process that was killed leaves behind has a name of its own and is removed by the next opening:
//! `ledger.part`, `ledger.new`, `ledger.old`, `store.new`, `store.old`, `dirty.new`, `erasing.new`, `fatal.new`, `known.new`,
//! `pressmark.toml.new`, `raw/new`.

use crate::bytes::fs::{IoContext, foreign, is_there, remove, rename, sync_dir};
use crate::ledger::tail;
use crate::model::{Error, Result};
use std::collections::BTreeMap;
use std::io::{self};
use std::path::{Path, PathBuf};

/// Where the files of one archive are.
#[derive(Clone, Debug)]
pub struct Layout {
    dir: PathBuf,
    /// Where the derived files are: in the archive, or in a private directory if it cannot be written.
    derived: PathBuf,
}

/// What has no place in a whole archive that nobody is writing to. A new ledger without an old one is no left-over: see
/// [`Layout::finish_repair`].
const LEFT_OVERS: [&str; 10] = [
    "ledger.part",
    "ledger.new",
    "ledger.old",
    "store.new",
    "store.old",
    "dirty.new",
    "erasing.new",
    "fatal.new",
    "known.new",
    "pressmark.toml.new",
];

/// In a ledger that was mended: which captures were lost with the old one, a range a line.
pub(crate) const LOST: &str = "lost";

/// In a ledger that is to take the place of one whose captures had other numbers.
pub(crate) const RENUMBERED: &str = "renumbered";

impl Layout {
    /// That of the archive in this directory.
    pub fn of(dir: &Path) -> Layout {
        Layout { dir: dir.to_owned(), derived: dir.to_owned() }
    }

    /// The same with the derived files elsewhere.
    pub fn with_derived(mut self, derived: &Path) -> Layout {
        self.derived = derived.to_owned();
        self
    }

    /// The archive's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the derived files are.
    pub fn derived(&self) -> &Path {
        &self.derived
    }

    /// Format version and UUID.
    pub fn config(&self) -> PathBuf {
        self.dir.join("pressmark.toml")
    }

    /// The ledger.
    pub fn ledger(&self) -> PathBuf {
        self.dir.join("ledger")
    }

    /// A ledger that is being written to take its place, not whole yet.
    pub fn part_ledger(&self) -> PathBuf {
        self.dir.join("ledger.part")
    }

    /// A whole ledger that is to take its place.
    pub fn new_ledger(&self) -> PathBuf {
        self.dir.join("ledger.new")
    }

    /// A ledger whose place has been taken by one that has everything that was in it.
    pub fn old_ledger(&self) -> PathBuf {
        self.dir.join("ledger.old")
    }

    /// The store.
    pub fn store(&self) -> PathBuf {
        self.derived.join("store")
    }

    /// A store that is being built to take its place.
    pub fn new_store(&self) -> PathBuf {
        self.derived.join("store.new")
    }

    /// A store whose place has been taken by one that has everything that was in it.
    pub fn old_store(&self) -> PathBuf {
        self.derived.join("store.old")
    }

    /// The full-text index.
    pub fn search(&self) -> PathBuf {
        self.derived.join("search")
    }

    /// The file that is locked.
    pub fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// Where the process that holds the archive answers others.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("socket")
    }

    /// The file that is there while the store is being written.
    pub fn dirty(&self) -> PathBuf {
        self.derived.join("dirty")
    }

    /// The file that is there while the bytes of removed articles are being taken out.
    pub fn erasing(&self) -> PathBuf {
        self.dir.join("erasing")
    }

    /// The damaged halves that were kept.
    pub fn backups(&self) -> Result<Vec<PathBuf>> {
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut places = self.places_of_texts()?;
        places.retain(|path| is_backup(&name(path)));
        Ok(places)
    }

    /// Removes what may hold texts and is not needed: these of the damaged halves that were kept, and what ended a process.
    pub fn clear_copies(&self, backups: &[String]) -> Result<()> {
        for path in self.places_of_texts()? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let goes = is_backup(&name) && backups.contains(&name);
            if goes || matches!(&*name, "reading" | "fatal") || LEFT_OVERS.contains(&&*name) {
                remove(&path)?;
            }
        }
        sync_dir(&self.dir)
    }

    /// A name that nothing has yet, for something that may be the only copy of what is in it.
    pub fn unused(&self, name: &str) -> PathBuf {
        let numbered = (2..).map(|number| self.dir.join(format!("{name}.{number}")));
        let mut names = std::iter::once(self.dir.join(name)).chain(numbered);
        names.find(|path| !path.exists()).expect("there is always a higher number")
    }

    /// Puts a new ledger in its place, if the old one was set aside: the end of a repair, also of one that was killed. Where
    /// captures got other numbers, the store is no measure of it any more, and is set aside first.
    pub fn finish_repair(&self) -> Result<()> {
        let new = self.new_ledger();
        if is_there(&self.ledger())? || !is_there(&new)? {
            return Ok(());
        }
        let renumbered = new.join(RENUMBERED);
        if is_there(&renumbered)? {
            if is_there(&self.store())? {
                rename(&self.store(), &self.unused("store.bak"))?;
                sync_dir(&self.dir)?;
            }
            remove(&renumbered)?;
        }
        rename(&new, &self.ledger())?;
        sync_dir(&self.dir)
    }

    /// Removes what processes left behind that were killed. Only for who holds the archive.
    pub fn clear_left_overs(&self) -> Result<()> {
        let ledger = self.ledger();
        if !is_there(&ledger)? {
            // Then nothing is known to be left over.
            return Ok(());
        }
        for name in LEFT_OVERS {
            remove(&self.dir.join(name))?;
        }
        for entry in ledger.read_dir().doing("read", &ledger)? {
            let entry = entry.doing("read", &ledger)?;
            if entry.file_name().to_string_lossy().starts_with(tail::TEMPORARY) {
                remove(&entry.path())?;
            }
        }
        crate::archive::originals::Raws::of(&self.dir).clear_left_overs()
    }

    /// Whether nothing is there but what making an archive begins with.
    pub fn is_only_begun(&self) -> Result<bool> {
        let only = |dir: &Path, names: &[&str]| -> Result<bool> {
            let names_there =
                dir.read_dir().doing("read", dir)?.map(|entry| entry.map(|entry| entry.file_name()));
            let names_there = names_there.collect::<io::Result<Vec<_>>>().doing("read", dir)?;
            Ok(names_there.iter().all(|name| names.iter().any(|known| name == known)))
        };
        let ledger = self.ledger();
        Ok(only(&self.dir, &["lock", "ledger", "pressmark.toml.new"])?
            && (!is_there(&ledger)?
                || ledger.is_dir() && only(&ledger, &[crate::ledger::acknowledged::NAME])?))
    }

    /// That everything of an archive is a file or a directory: somebody else may have made it, and what is a link would be
    /// followed out of it, to be read or written there. What the archive does not know by name, it never opens.
    pub fn refuse_foreign(&self) -> Result<()> {
        for entry in self.dir.read_dir().doing("read", &self.dir)? {
            let entry = entry.doing("read", &self.dir)?;
            let name = entry.file_name();
            if !is_known(&name.to_string_lossy()) {
                continue;
            }
            // Of the originals there may be a million; each is looked at when it is opened.
            let deepest = if name == "raw" { 1 } else { usize::MAX };
            for entry in walkdir::WalkDir::new(entry.path()).max_depth(deepest) {
                // Another process that begins the same archive may have renamed it since it was listed.
                if entry
                    .as_ref()
                    .is_err_and(|e| e.io_error().is_some_and(|e| e.kind() == io::ErrorKind::NotFound))
                {
                    continue;
                }
                let entry = entry.map_err(|e| {
                    let path = e.path().unwrap_or(&self.dir).to_owned();
                    let source =
                        e.into_io_error().unwrap_or_else(|| io::Error::other("a directory in itself"));
                    Error::Io { doing: "read", path, source }
                })?;
                if let Some(what) = foreign(entry.file_type()) {
                    return Err(Error::Foreign { path: entry.into_path(), what });
                }
            }
        }
        Ok(())
    }

    /// Every place where bytes of an article may be, those that are there: what has to be gone through when an article is to be
    /// erased. Beside these there are copies that the archive does not know of, and scratch directories of other users.
    pub fn places_of_texts(&self) -> Result<Vec<PathBuf>> {
        let mut places = Vec::new();
        for dir in [&self.dir, &self.derived] {
            for entry in dir.read_dir().doing("read", dir)? {
                let entry = entry.doing("read", dir)?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if is_known(&name) && !WITHOUT_TEXTS.contains(&&*name) && !places.contains(&entry.path()) {
                    places.push(entry.path());
                }
            }
        }
        places.sort();
        Ok(places)
    }

    /// The bytes on disk of everything in the archive's directory, by the names that stand in it.
    pub fn sizes(&self) -> Result<BTreeMap<String, u64>> {
        let mut sizes = BTreeMap::new();
        for entry in self.dir.read_dir().doing("read", &self.dir)? {
            let entry = entry.doing("read", &self.dir)?;
            let files = walkdir::WalkDir::new(entry.path()).into_iter().filter_map(std::result::Result::ok);
            let bytes = files.filter_map(|file| file.metadata().ok()).filter(|file| file.is_file());
            let bytes = bytes.map(|file| allocated(&file)).sum();
            sizes.insert(entry.file_name().to_string_lossy().into_owned(), bytes);
        }
        Ok(sizes)
    }
}

/// What never holds a word of an article.
const WITHOUT_TEXTS: [&str; 11] = [
    "pressmark.toml",
    "pressmark.toml.new",
    "settings.toml",
    "lock",
    "dirty",
    "dirty.new",
    "erasing",
    "erasing.new",
    "checkpoints",
    "known",
    "known.new",
];

/// Whether something with this name in an archive's directory is the archive's.
fn is_known(name: &str) -> bool {
    const NAMES: [&str; 13] = [
        "pressmark.toml",
        "settings.toml",
        "ledger",
        "raw",
        "store",
        "search",
        "checkpoints",
        "known",
        "reading",
        "fatal",
        "lock",
        "dirty",
        "erasing",
    ];
    NAMES.contains(&name) || LEFT_OVERS.contains(&name) || is_backup(name)
}

/// Whether it is a half that was damaged and kept.
fn is_backup(name: &str) -> bool {
    name.starts_with("ledger.bak") || name.starts_with("store.bak")
}

#[cfg(unix)]
fn allocated(file: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(file) * 512
}

#[cfg(not(unix))]
fn allocated(file: &std::fs::Metadata) -> u64 {
    file.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// What another process renames meanwhile is not missed: several may begin the same archive.
    #[test]
    fn what_goes_while_it_is_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::of(dir.path());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let new = dir.path().join("pressmark.toml.new");
                    std::fs::write(&new, b"").unwrap();
                    std::fs::rename(&new, dir.path().join("pressmark.toml")).unwrap();
                }
            });
            let looked: Vec<Result<()>> = (0..5000).map(|_| layout.refuse_foreign()).collect();
            done.store(true, Ordering::Relaxed);
            assert!(looked.iter().all(Result::is_ok), "{:?}", looked.iter().find(|one| one.is_err()));
        });
    }

    /// What may hold a text is found by its name, and nothing that may is left out.
    #[test]
    fn places_of_texts_are_known() {
        let (dir, derived) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let layout = Layout::of(dir.path()).with_derived(derived.path());
        for name in [
            "pressmark.toml",
            "ledger",
            "raw",
            "lock",
            "reading",
            "fatal",
            "store.bak.2",
            "ledger.bak",
            "notes.txt",
            "ledger.part",
        ] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        for path in [layout.store(), layout.search(), layout.new_store(), layout.dirty()] {
            std::fs::write(path, "").unwrap();
        }
        let names: Vec<String> = layout
            .places_of_texts()
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        let expected = [
            "fatal",
            "ledger",
            "ledger.bak",
            "ledger.part",
            "raw",
            "reading",
            "search",
            "store",
            "store.bak.2",
            "store.new",
        ];
        assert_eq!(names.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected.into_iter().collect());
    }
}
