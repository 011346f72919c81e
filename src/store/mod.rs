//! The store: the sled trees from which every question is answered. Derived from the ledger, and only here is sled named.
//!
//! [`Store::add`] takes commits that are durable in the ledger. They wait in memory until [`Store::flush`] puts them into sled,
//! in one transaction over all trees that moves the applied position with them, so that what is in sled is always a prefix of
//! the ledger. One writes; any number of [`View`]s read, each as of one position of the ledger, whether it is in sled or waits.

mod apply;
mod bodies;
mod corrections;
mod failure;
pub mod keys;
mod memory;
#[cfg(test)]
mod model;
pub mod packed;
mod state;
mod table;
mod trees;
mod view;

pub use bodies::{cut_bodies, encode_bodies};
pub use corrections::{CorrectionRow, Indexed, Standing, indexed, standings};
pub(crate) use failure::damaged;
pub use keys::{Mark, marks, url_hash};
pub use packed::{Direction, Value};
pub use state::{Applied, SourceNames};
pub use table::{Rows, Table};
pub use trees::{BODIES, Tables, Trees};
pub use view::View;

use crate::bytes::fs::{IoContext, sync_dir};
use crate::bytes::{codec, panics};
use crate::ledger::{Commit, Position};
use crate::model::Result;
use failure::{failed, quiet};
use memory::Memory;
use packed::{Writes, rows_bytes};
use sled::Transactional;
use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};
use state::State;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use trees::{Change, Waiting};

/// The version of all that stands in the store. One of another version is built again from the ledger.
const LAYOUT: u32 = 3;

/// A quarter of it is the longest leaf that sled keeps in its log; a longer one would become a blob, which it never syncs.
/// Opening reads and clears about one segment, so it should not be longer than it must.
const SEGMENT_BYTES: usize = 4 << 20;
/// What sled may keep of the pages that it has read.
const CACHE_BYTES: u64 = 48 << 20;

/// The sled trees, open, for one writer and any number of readers.
pub struct Store {
    /// Taken when it is closed: sled panics, or hangs, when it is dropped and cannot write.
    open: Option<Arc<Open>>,
}

/// Takes views of a store from any thread, as long as it is open.
#[derive(Clone)]
pub struct Views(Arc<Open>);

impl Views {
    /// Everything that was committed, as of now.
    pub fn view(&self) -> Result<View> {
        self.0.lock().view(&self.0.trees)
    }
}

/// What is open of a store.
struct Open {
    db: sled::Db,
    trees: Trees,
    meta: sled::Tree,
    /// The state of what is in sled.
    written: Mutex<Arc<State>>,
    memory: Mutex<Memory>,
    touched: AtomicBool,
    syncing: Mutex<Option<JoinHandle<()>>>,
    dir: PathBuf,
    file: Arc<Path>,
}

impl Open {
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Opens the trees in a directory, which is made if it is not there. An error or a panic of sled is [`Error::Store`];
    /// what needs the user, such as a full disk, is [`Error::Io`].
    pub fn open(dir: &Path) -> Result<Store> {
        // What is let go of half-way panics too.
        let opened = panics::caught(|| Store::try_open(dir));
        opened.unwrap_or_else(|panic| Err(failed(&dir.join("db"), &panic)))
    }

    fn try_open(dir: &Path) -> Result<Store> {
        remove_half_written_snapshots(dir)?;
        let config = sled::Config::new()
            .path(dir)
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None);
        let file: Arc<Path> = dir.join("db").into();
        let patience = Instant::now() + Duration::from_secs(2);
        let db = loop {
            match panics::caught(|| config.open()).map_err(|panic| failed(&file, &panic))? {
                Ok(db) => break db,
                // sled lets go of its lock some time after the handle was dropped.
                Err(sled::Error::Io(e)) if is_lock(&e) && Instant::now() < patience => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(sled::Error::Io(e)) if is_lock(&e) => return Err(e).doing("open", dir),
                Err(e) => return Err(failed(&file, &e.to_string())),
            }
        };
        let trees = Trees::open(&db, &file)?;
        let meta = quiet(&file, || db.open_tree("meta"))?;
        let layout = quiet(&file, || meta.get("layout"))?;
        let made: Option<u32> = layout.map(|row| codec::decode(&row)).transpose().map_err(damaged)?;
        match made {
            Some(LAYOUT) => {}
            None if quiet(&file, || meta.get("applied"))?.is_none() => {
                quiet(&file, || meta.insert("layout", codec::encode(&LAYOUT)))?;
            }
            _ => return Err(damaged("another version of pressmark made it")),
        }
        let tables = Waiting::default().over(&trees);
        let state = Arc::new(State::read(&tables, quiet(&file, || meta.get("applied"))?.as_deref())?);
        let open = Arc::new(Open {
            trees,
            meta,
            db,
            written: Mutex::new(state.clone()),
            memory: Mutex::new(Memory::new(state)),
            touched: AtomicBool::new(false),
            syncing: Mutex::new(None),
            dir: dir.to_owned(),
            file,
        });
        let store = Store { open: Some(open) };
        store.check_ends()?;
        Ok(store)
    }

    /// Writes everything out and lets go; what waits is lost to the store. If anything was applied, opens and closes once more: sled
    /// writes its snapshot while opening, and without one the next opening reads the whole log. Whoever still reads keeps sled
    /// open until he is done.
    pub fn close(self) -> Result<()> {
        let Open { dir, touched, .. } = self.open_parts();
        let (dir, touched) = (dir.clone(), touched.load(Ordering::Relaxed));
        if self.let_go()? && touched {
            Store::open(&dir)?.let_go()?;
        }
        let file = dir.join("db");
        std::fs::File::open(&file).and_then(|file| file.sync_all()).doing("sync", &file)?;
        sync_dir(&dir)
    }

    /// Closes sled; whether nobody reads any more, so that it is closed.
    pub fn let_go(mut self) -> Result<bool> {
        self.open.take().map_or(Ok(true), let_go)
    }

    fn open_parts(&self) -> &Open {
        self.open.as_deref().expect("a store is open until it is let go")
    }

    /// For other threads.
    pub fn views(&self) -> Views {
        Views(self.open.clone().expect("a store is open until it is let go"))
    }

    /// Everything that was committed. Writes nothing.
    pub fn view(&self) -> Result<View> {
        let open = self.open_parts();
        open.lock().view(&open.trees)
    }

    /// Everything that is in sled.
    pub fn written(&self) -> View {
        View::new(Waiting::default().over(self.trees()), self.state())
    }

    fn state(&self) -> Arc<State> {
        self.open_parts().written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The trees.
    pub fn trees(&self) -> &Trees {
        &self.open_parts().trees
    }

    /// How far sled has come.
    pub fn applied(&self) -> Applied {
        self.state().applied
    }

    /// That the last rows are those that the counters name: the cheap part of `verify`.
    fn check_ends(&self) -> Result<()> {
        let (trees, applied) = (self.trees(), self.applied());
        let last = |row: Option<Value<5>>| row.map_or(0, |row| keys::read_number(row.key()));
        let Position { next_article, next_seq, .. } = applied.position;
        let ends = [
            ("articles", last(trees.articles.last()?), next_article - 1),
            // Bodies go ahead of their commits.
            ("bodies", last(trees.bodies.last()?).min(applied.last_body), applied.last_body),
            ("captures", last(trees.captures.last()?), next_seq - 1),
        ];
        match ends.into_iter().find(|(_, found, expected)| found != expected) {
            None => Ok(()),
            Some((tree, found, expected)) => {
                Err(damaged(format!("{tree} end with {found} instead of {expected}")))
            }
        }
    }

    /// Takes a commit that is durable in the ledger; `position` is the ledger's after it.
    pub fn add(&self, commit: Commit, position: Position) {
        self.open_parts().lock().add(commit, position);
    }

    /// Whether something waits.
    pub fn waits(&self) -> bool {
        !self.open_parts().lock().is_empty()
    }

    /// Whether so much waits that it should be put into sled.
    pub fn is_full(&self) -> bool {
        self.open_parts().lock().is_full()
    }

    /// Whether so many bodies wait that they should be put into sled.
    pub fn has_many_bodies(&self) -> bool {
        self.open_parts().lock().has_many_bodies()
    }

    /// Puts everything that waits into sled, in one transaction. One thread at a time.
    pub fn flush(&self) -> Result<()> {
        self.flush_bodies(true)?;
        let open = self.open_parts();
        let Open { trees, meta, file, touched, .. } = open;
        let mut memory = open.lock();
        if memory.is_empty() {
            return Ok(());
        }
        if self.open.as_ref().is_some_and(|open| Arc::strong_count(open) > 1) {
            // Somebody may ask at any time, and is not to wait for sled.
            memory.view(trees)?;
        }
        let (rows, state) = memory.rows(trees)?;
        // Whoever asks meanwhile is answered from what waits.
        let held = if memory.is_asked() {
            drop(memory);
            None
        } else {
            Some(memory)
        };
        let mut changed = Writes::default();
        changed.set("applied", codec::encode(&state.applied));
        touched.store(true, Ordering::Relaxed);
        let mut changes = trees.prepare(rows)?;
        changes.push((meta, changed));
        transact(file, changes)?;
        trees.forget();
        let mut memory = held.unwrap_or_else(|| open.lock());
        *open.written.lock().unwrap_or_else(PoisonError::into_inner) = state.clone();
        *memory = Memory::new(state);
        Ok(())
    }

    /// Puts bodies that wait into sled, ahead of their entries: all, or those that fill their packs.
    pub fn flush_bodies(&self, all: bool) -> Result<()> {
        let open = self.open_parts();
        let packs = open.lock().bodies(all);
        if packs.is_empty() {
            return Ok(());
        }
        open.touched.store(true, Ordering::Relaxed);
        bodies::write(&open.trees, &open.file, &packs)?;
        open.lock().forget_bodies(packs.len());
        self.sync_ahead();
        Ok(())
    }

    /// Names another place in the ledger for the same state: the ledger's end was written again.
    pub fn move_to(&self, position: Position) -> Result<()> {
        let Open { meta, file, touched, .. } = self.open_parts();
        let mut state = State::clone(&self.state());
        state.applied.position = position;
        quiet(file, || meta.insert("applied", codec::encode(&state.applied)))?;
        touched.store(true, Ordering::Relaxed);
        let state = Arc::new(state);
        *self.open_parts().written.lock().unwrap_or_else(PoisonError::into_inner) = state.clone();
        *self.open_parts().lock() = Memory::new(state);
        Ok(())
    }

    /// Lets the disk begin with what closing would otherwise wait for. Nothing relies on it.
    fn sync_ahead(&self) {
        let Open { syncing, dir, .. } = self.open_parts();
        let mut syncing = syncing.lock().unwrap_or_else(PoisonError::into_inner);
        if syncing.as_ref().is_some_and(|syncing| !syncing.is_finished()) {
            return;
        }
        let file = dir.join("db");
        *syncing = Some(std::thread::spawn(move || {
            let _ = std::fs::File::open(file).and_then(|file| file.sync_data());
        }));
    }

    /// How many bytes the pack has already that the next body is added to.
    pub fn open_body_bytes(&self) -> Result<usize> {
        Ok(rows_bytes(&bodies::open_rows(self.trees(), self.applied().position.next_article)?))
    }
}

/// What cannot be written is left open, to the end of the process. Whether sled is closed, and nobody reads any more.
fn let_go(open: Arc<Open>) -> Result<bool> {
    if let Some(syncing) = open.syncing.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = syncing.join();
    }
    let file = open.file.clone();
    if let Err(e) = quiet(&file, || open.db.flush()) {
        std::mem::forget(open);
        return Err(e);
    }
    let Some(open) = Arc::into_inner(open) else { return Ok(false) };
    panics::caught(|| drop(open)).map_err(|panic| failed(&file, &panic))?;
    Ok(true)
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.open.take().map_or(Ok(true), let_go);
    }
}

fn transact(file: &Path, writes: Vec<Change<'_>>) -> Result<()> {
    let writes: Vec<_> = writes.into_iter().filter(|(_, writes)| writes.count > 0).collect();
    let trees: Vec<&sled::Tree> = writes.iter().map(|(tree, _)| *tree).collect();
    let apply = |views: &Vec<TransactionalTree>| {
        for (view, (_, writes)) in views.iter().zip(&writes) {
            view.apply_batch(&writes.batch)?;
        }
        Ok::<(), ConflictableTransactionError<()>>(())
    };
    match panics::caught(|| trees.as_slice().transaction(apply)).map_err(|panic| failed(file, &panic))? {
        Ok(()) => Ok(()),
        Err(TransactionError::Storage(e)) => Err(failed(file, &e.to_string())),
        Err(TransactionError::Abort(())) => Err(damaged("a transaction was aborted")),
    }
}

/// A crash while sled writes its snapshot leaves a file that it later chokes on.
fn remove_half_written_snapshots(dir: &Path) -> Result<()> {
    let Ok(entries) = dir.read_dir() else { return Ok(()) };
    for entry in entries {
        let path = entry.doing("read", dir)?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            std::fs::remove_file(&path).doing("remove", &path)?;
        }
    }
    Ok(())
}

fn is_lock(e: &std::io::Error) -> bool {
    e.to_string().contains("could not acquire lock")
}
