//! Getting hold of an archive: making it, finding out whose it is, and locking it for this process.

use crate::archive::layout::Layout;
use crate::bytes::fs::{
    IoContext, dirs_in, is_there, options_in, private_dirs, read_if_there, sync_dir, write_whole,
};
use crate::ledger::{self};
use crate::model::{Error, Result, TimeSource};
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The version of what is on disk.
pub const FORMAT: u32 = 1;

/// How long to wait for an archive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait(Duration);

impl Wait {
    /// So long. A process that is being started has, for a moment, the open files of the one that starts it.
    pub fn up_to(wait: Duration) -> Wait {
        Wait(wait.max(Duration::from_millis(200)))
    }

    /// Not at all.
    pub fn once() -> Wait {
        Wait(Duration::ZERO)
    }
}

/// An archive that this process may use until this is dropped.
pub(crate) struct Hold {
    pub layout: Layout,
    pub uuid: uuid::Uuid,
    /// Whether the archive was made.
    pub created: bool,
    /// Whether `pressmark.toml` was written again from the ledger.
    pub named_again: bool,
    /// Whether `pressmark.toml` has to be written again, and was not.
    pub unnamed: bool,
    /// Whether nobody else has it.
    pub alone: bool,
    /// The lock, if it was taken; it is let go with the last of these.
    pub lock: Option<Arc<File>>,
}

impl Hold {
    /// Takes an archive for this process alone, makes it if that is asked for, and clears up after processes that were killed.
    pub fn take(dir: &Path, wait: Wait, create: Option<Create>) -> Result<Hold> {
        let layout = Layout::of(dir);
        let found = find(&layout)?;
        match found {
            Found::Named | Found::Ledger => {}
            Found::Nothing => match create {
                None => return Err(Error::NoArchive { path: dir.to_owned() }),
                Some(create) => make_directory(dir, create)?,
            },
        }
        let lock = lock(&layout, wait)?;
        layout.finish_repair()?;
        layout.clear_left_overs()?;
        let (uuid, created, named_again) = match identity(&layout) {
            Ok((uuid, named_again)) => (uuid, false, named_again),
            Err(Error::NoArchive { .. }) if create.is_some() => (uuid::Uuid::new_v4(), true, false),
            Err(e) => return Err(e),
        };
        if created {
            begin(&layout, uuid)?;
        }
        if created || named_again {
            write_config(&layout, uuid)?;
        }
        Ok(Hold {
            layout,
            uuid,
            created,
            named_again,
            unnamed: false,
            alone: true,
            lock: Some(Arc::new(lock)),
        })
    }

    /// Takes an archive in which nothing is to be changed: for this process alone if it can be written; beside others if not.
    pub fn look(dir: &Path, wait: Wait) -> Result<Hold> {
        let layout = existing(dir)?;
        match lock(&layout, wait) {
            Ok(lock) => Ok(Hold { alone: true, ..Hold::unchanged(layout, Some(lock))? }),
            Err(e) if e.is_of_the_system() => Hold::beside(dir),
            Err(e) => Err(e),
        }
    }

    /// Takes an archive to read its ledger, which others may read as well. Where there is nothing that could be locked, and where
    /// somebody writes, nothing is locked: what was acknowledged before is not touched by it.
    pub fn beside(dir: &Path) -> Result<Hold> {
        let layout = existing(dir)?;
        let lock = match File::open(layout.lock()) {
            Ok(mut file) => {
                await_lock(&layout, &mut file, Wait::up_to(Duration::ZERO), File::try_lock_shared)
                    .is_ok()
                    .then_some(file)
            }
            Err(_) => None,
        };
        Hold::unchanged(layout, lock)
    }

    fn unchanged(layout: Layout, lock: Option<File>) -> Result<Hold> {
        let (uuid, unnamed) = identity(&layout)?;
        let (created, named_again, alone) = (false, false, false);
        Ok(Hold { layout, uuid, created, named_again, unnamed, alone, lock: lock.map(Arc::new) })
    }
}

fn existing(dir: &Path) -> Result<Layout> {
    let layout = Layout::of(dir);
    match find(&layout)? {
        Found::Nothing => Err(Error::NoArchive { path: dir.to_owned() }),
        Found::Named | Found::Ledger => Ok(layout),
    }
}

/// For whom an archive is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Create {
    /// Its owner.
    Private,
    /// Whoever the process makes files for.
    Shared,
}

/// What is in a directory.
enum Found {
    /// Nothing, or the beginnings of an archive.
    Nothing,
    /// An archive.
    Named,
    /// An archive that has lost its `pressmark.toml`.
    Ledger,
}

fn find(layout: &Layout) -> Result<Found> {
    let dir = layout.dir();
    match dir.metadata() {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(e) if matches!(e.kind(), ErrorKind::InvalidFilename | ErrorKind::NotADirectory) => {
            return Err(Error::NotAnArchive { path: dir.to_owned(), reason: e.kind().to_string() });
        }
        found => {
            let found = found.doing("open", dir)?;
            if !found.is_dir() {
                let reason = "it is not a directory".to_owned();
                return Err(Error::NotAnArchive { path: dir.to_owned(), reason });
            }
        }
    }
    let ours = [layout.config(), layout.ledger(), layout.new_ledger(), layout.lock()];
    if ours.iter().any(|path| path.symlink_metadata().is_ok()) {
        layout.refuse_foreign()?;
    }
    if is_there(&layout.config())? {
        return Ok(Found::Named);
    }
    for ledger in [layout.ledger(), layout.new_ledger()] {
        if ledger::owner(&ledger)?.is_some() {
            return Ok(Found::Ledger);
        }
    }
    if layout.is_only_begun()? {
        return Ok(Found::Nothing);
    }
    let reason = "it has no pressmark.toml and is not empty".to_owned();
    Err(Error::NotAnArchive { path: dir.to_owned(), reason })
}

/// Which archive it is, and whether `pressmark.toml` does not say so and is to be written again from the ledger.
fn identity(layout: &Layout) -> Result<(uuid::Uuid, bool)> {
    match read_config(layout) {
        Ok(uuid) => {
            let owner = owner_instead_of(layout, uuid)?;
            Ok((owner.unwrap_or(uuid), owner.is_some()))
        }
        Err(e @ (Error::NoArchive { .. } | Error::NotAnArchive { .. })) => {
            let owner = ledger::owner(&layout.ledger())?.ok_or(e)?;
            Ok((uuid::Uuid::from_bytes(owner), true))
        }
        Err(e) => Err(e),
    }
}

/// Makes an empty directory for an archive, or takes the one that is there: for its owner alone, or as open as the process makes files.
fn make_directory(dir: &Path, create: Create) -> Result<()> {
    let shared = create == Create::Shared;
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    private_dirs().recursive(true).create(parent).doing("create", parent)?;
    let made = if shared { std::fs::create_dir(dir) } else { private_dirs().create(dir) };
    match made {
        Err(e) if e.kind() == ErrorKind::AlreadyExists && dir.is_dir() && shared => Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists && dir.is_dir() => {
            // Where it belongs to somebody else, that is his to say.
            #[cfg(unix)]
            let _ = std::fs::set_permissions(dir, std::os::unix::fs::PermissionsExt::from_mode(0o700));
            Ok(())
        }
        made => made.doing("create", dir),
    }?;
    sync_dir(parent)
}

/// Makes an empty ledger. `pressmark.toml` comes last: without it and without a ledger, the next to come begins anew.
fn begin(layout: &Layout, uuid: uuid::Uuid) -> Result<()> {
    let ledger = layout.ledger();
    match dirs_in(layout.dir()).create(&ledger) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e).doing("create", &ledger),
        _ => {}
    }
    ledger::begin(&ledger, uuid.into_bytes())
}

fn write_config(layout: &Layout, uuid: uuid::Uuid) -> Result<()> {
    let config = format!(
        "# A pressmark archive. `ledger/` is the truth; `store/` is built from it.\nformat = {FORMAT}\nuuid = \"{uuid}\"\n"
    );
    write_whole(&layout.config(), config.as_bytes())
}

/// Which archive `pressmark.toml` says that it is.
pub(crate) fn uuid_of(dir: &Path) -> Option<uuid::Uuid> {
    read_config(&Layout::of(dir)).ok()
}

fn read_config(layout: &Layout) -> Result<uuid::Uuid> {
    let path = &layout.config();
    let bytes = read_if_there(path)?.ok_or_else(|| Error::NoArchive { path: layout.dir().to_owned() })?;
    let bad = |reason: String| Error::NotAnArchive { path: path.to_owned(), reason };
    let text = String::from_utf8(bytes).map_err(|_| bad("it is not text".to_owned()))?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| bad(e.message().to_owned()))?;
    let format = table.get("format").and_then(toml::Value::as_integer);
    match format.and_then(|format| u32::try_from(format).ok()) {
        Some(FORMAT) => {}
        Some(found) => return Err(Error::Format { path: path.to_owned(), found, known: FORMAT }),
        None => return Err(bad("it does not say which format it has".to_owned())),
    }
    let uuid = table.get("uuid").and_then(toml::Value::as_str).and_then(|uuid| uuid.parse().ok());
    uuid.ok_or_else(|| bad("it has no UUID".to_owned()))
}

/// Whose ledger it is, if that is another archive's than `pressmark.toml` says: a ledger is checksummed, a line of text is not.
fn owner_instead_of(layout: &Layout, uuid: uuid::Uuid) -> Result<Option<uuid::Uuid>> {
    let ledger = layout.ledger();
    let said = ledger::said_owner(&ledger)?.map(uuid::Uuid::from_bytes);
    if said.is_none_or(|said| said == uuid) {
        return Ok(None);
    }
    let owner = ledger::owner(&ledger)?.map(uuid::Uuid::from_bytes);
    Ok(owner.filter(|owner| *owner != uuid && Some(*owner) == said))
}

/// Takes the archive for this process: a lock that the system lets go when the process ends, however it ends.
pub(crate) fn lock(layout: &Layout, wait: Wait) -> Result<File> {
    let path = layout.lock();
    let mut options = options_in(layout.dir());
    let mut file =
        options.read(true).write(true).create(true).truncate(false).open(&path).doing("open", &path)?;
    await_lock(layout, &mut file, wait, File::try_lock)?;
    let since = TimeSource::System.now();
    let holder = format!("process {} since {since}\n", std::process::id());
    // It is only what others are told; on a full disk they are told less.
    let _ = file.set_len(0).and_then(|()| file.write_all(holder.as_bytes()));
    Ok(file)
}

/// Says of a file system that it has no locks: the error alone says what it cannot do, and not that all of it is unfit.
fn without_locks(e: std::io::Error) -> std::io::Error {
    // ENOLCK has no kind of its own.
    let is_so = e.kind() == ErrorKind::Unsupported || e.to_string().contains("No locks available");
    if !is_so {
        return e;
    }
    std::io::Error::new(
        e.kind(),
        format!("{e}; this file system has no working locks, and an archive needs them"),
    )
}

fn await_lock(
    layout: &Layout,
    file: &mut File,
    Wait(wait): Wait,
    try_lock: fn(&File) -> std::result::Result<(), TryLockError>,
) -> Result<()> {
    let patience = Instant::now() + wait;
    loop {
        match try_lock(file) {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < patience => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = Vec::new();
                file.take(200).read_to_end(&mut holder).doing("read", &layout.lock())?;
                let holder = String::from_utf8_lossy(&holder);
                let holder = holder.lines().next().unwrap_or_default();
                let holder = if holder.trim().is_empty() { "another process" } else { holder.trim() };
                return Err(Error::Locked { path: layout.dir().to_owned(), holder: holder.to_owned() });
            }
            Err(TryLockError::Error(e)) => return Err(without_locks(e)).doing("lock", &layout.lock()),
        }
    }
}
