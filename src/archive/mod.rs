//! [`Archive`]: one directory that holds a ledger and a store, opened, healed, written to and read. Its files are in
//! [`crate::archive::layout`].

pub mod check;
mod commit;
mod correct;
mod derive;
mod erase;
mod guests;
pub mod layout;
mod lock;
pub mod originals;
mod prepared;
mod recover;
mod redo;
mod scratch;
mod snapshot;

pub use crate::derived::Healed as IndexHealed;
pub use commit::{Met, Sighting};
pub use correct::{Change, Changed};
pub(crate) use erase::is_pending;
pub use erase::{REASON_BYTES_MAX, Removal, Removed};
pub use guests::Guests;
pub use lock::FORMAT;
pub(crate) use lock::uuid_of;
pub use prepared::{Prepared, Put};
pub use recover::Healed;
pub use redo::How;
pub use scratch::{Scratch, ScratchPlace};
pub use snapshot::{Snapshot, Snapshots};

use crate::bytes::fs::{is_there, remove};
use crate::bytes::pool::spread;
use crate::ledger::{Commit, Entry, Ledger, Position, RawEntry};
use crate::model::{Digest, Draft, Error, Raw, Reason, Result, TimeSource, saved_name, tag};
use crate::store::Store;
use commit::{Builder, Built, Fresh};
use derive::Indexes;
use layout::Layout;
use lock::{Create, Hold, Wait, lock};
use originals::Raws;
use rayon::prelude::*;
use recover::{Halves, write_down};
use redo::Said;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Why there is a store.
const OPEN: &str = "the store is open until the archive is closed";

/// Entries that are no captures, in one commit.
const ENTRIES_A_COMMIT: usize = 10_000;
/// The longest query that is kept.
const SAVED_BYTES_MAX: usize = 1 << 20;
/// A batch that takes more becomes several commits.
const FRAME_BYTES_MAX: usize = 64 << 20;

/// How to open an archive.
#[derive(Clone, Debug, Default)]
pub struct Open {
    /// Make the archive if there is none.
    pub create: bool,
    /// Make it for others too: its directory as open as the process makes directories (its umask), and everything in it as open as that. Else it is
    /// for its owner alone.
    pub shared: bool,
    /// How long to wait for another process to let go of it.
    pub wait: Duration,
    /// Wait for the archive itself rather than ask the process that holds it; of [`crate::Archive`] alone.
    pub alone: bool,
    /// Try once, and do not wait at all.
    pub once: bool,
    /// The user's directory for sockets, where an archive's own path is too long for one: `$XDG_RUNTIME_DIR`.
    pub runtime: Option<std::path::PathBuf>,
    /// When this becomes true, waiting for other processes ends with [`Error::Stopped`]; of [`crate::Archive`] alone.
    pub stop: Option<Arc<std::sync::atomic::AtomicBool>>,
    /// By which clock.
    pub time: TimeSource,
    /// Where it is read from if it cannot be written, because of a full disk, a read-only medium or somebody else's directory:
    /// a private store and full-text index, built from its ledger. Nothing can be put into it then. `None`: it is not opened.
    pub scratch: Option<ScratchPlace>,
}

/// An archive, held by this process alone: one writer, and any number of [`Snapshot`]s.
pub struct Archive {
    layout: Layout,
    hold: Hold,
    scratch: Option<Scratch>,
    ledger: Ledger,
    store: Option<Store>,
    indexes: Arc<Indexes>,
    builder: Builder,
    /// A commit that is ready and not written yet, and its new articles, which are indexed when it is.
    staged: Option<Commit>,
    fresh: Vec<Fresh>,
    healed: Vec<Healed>,
    failed: bool,
    /// Whether sled could not write: it may hang when it is closed.
    stuck: bool,
    time: TimeSource,
    guests: Arc<Guests>,
}

impl Archive {
    /// Opens an archive, or makes one if `options` say so. What had to be mended is in [`Archive::healed`].
    pub fn open(dir: &Path, options: &Open) -> Result<Archive> {
        let wait = if options.once { Wait::once() } else { Wait::up_to(options.wait) };
        let opened = Hold::take(
            dir,
            wait,
            options.create.then_some(if options.shared { Create::Shared } else { Create::Private }),
        )
        .and_then(|hold| Archive::open_held(hold, options.time));
        match (opened, &options.scratch) {
            (Err(reason), Some(place)) if reason.is_of_the_system() => {
                // Where that cannot be written either, it is the archive that matters.
                let mut reason = Some(reason);
                match Archive::open_scratch(dir, options, place, &mut reason) {
                    Err(e) if e.is_of_the_system() => Err(reason.take().unwrap_or(e)),
                    opened => opened,
                }
            }
            (Ok(archive), place) => {
                if let Some(place) = place {
                    // What was built when it could not be written is of no use any more.
                    let _ = place.clear(archive.uuid());
                }
                archive.indexes.allow(place.clone());
                Ok(archive)
            }
            (Err(e), _) => Err(e),
        }
    }

    /// Opens an archive that this process has taken.
    fn open_held(hold: Hold, time: TimeSource) -> Result<Archive> {
        let mut healed = Vec::new();
        healed.extend(hold.named_again.then_some(Healed::Named));
        let halves = Halves::of(&hold.layout, hold.uuid);
        let (mut store, mut ledger) = halves.open(&mut healed)?;
        if is_pending(&hold.layout, &store.view()?)? {
            (store, ledger) = match erase::finish(&halves, store, ledger, &mut healed) {
                Ok(erased) => erased,
                // It is hidden all the same, and the next opening tries again.
                Err(e) => {
                    healed.push(Healed::NotErased { why: e.to_string() });
                    halves.open(&mut healed).map_err(|_| e)?
                }
            };
        }
        let mut archive = Archive::of(hold.layout.clone(), hold, None, store, ledger, time);
        archive.healed = healed;
        Ok(archive)
    }

    /// Opens an archive that cannot be written, for reading; takes the reason when it is.
    fn open_scratch(
        dir: &Path,
        options: &Open,
        place: &ScratchPlace,
        reason: &mut Option<Error>,
    ) -> Result<Archive> {
        let began = Instant::now();
        let hold = Hold::beside(dir)?;
        let (dir, temporary) = place.directory(hold.uuid)?;
        let layout = hold.layout.clone().with_derived(&dir);
        let lock = lock(&Layout::of(&dir), Wait::up_to(options.wait))?;
        let (store, ledger, added) = Halves::of(&layout, hold.uuid).open_scratch()?;
        let reason = reason.take().expect("there is a reason to come here");
        let took = began.elapsed();
        let scratch = Scratch { reason, dir, took, added, _temporary: temporary, _lock: lock };
        Ok(Archive::of(layout, hold, Some(scratch), store, ledger, options.time))
    }

    fn of(
        layout: Layout,
        hold: Hold,
        scratch: Option<Scratch>,
        store: Store,
        ledger: Ledger,
        time: TimeSource,
    ) -> Archive {
        let own = scratch.is_some().then_some(&hold.layout);
        let indexes = Arc::new(Indexes::new(&layout, own, hold.uuid));
        let builder = Builder::new(ledger.position(), time);
        Archive {
            ledger,
            store: Some(store),
            indexes,
            builder,
            staged: None,
            fresh: Vec::new(),
            healed: Vec::new(),
            layout,
            hold,
            scratch,
            stuck: false,
            failed: false,
            time,
            guests: Arc::default(),
        }
    }

    /// The clock that it asks.
    pub fn time(&self) -> TimeSource {
        self.time
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.layout.dir()
    }

    /// The bytes on disk of everything in the directory, by the names that stand in it.
    pub fn disk_bytes(&self) -> Result<std::collections::BTreeMap<String, u64>> {
        self.layout.sizes()
    }

    /// What it is read from, if it cannot be written.
    pub fn scratch(&self) -> Option<&Scratch> {
        self.scratch.as_ref()
    }

    /// The archive's identity.
    pub fn uuid(&self) -> uuid::Uuid {
        self.hold.uuid
    }

    /// What opening had to mend.
    pub fn healed(&self) -> &[Healed] {
        &self.healed
    }

    /// Whether opening made it.
    pub fn is_new(&self) -> bool {
        self.hold.created
    }

    /// The originals that are kept.
    pub fn raws(&self) -> Raws {
        Raws::of(self.dir())
    }

    /// After an answer that was wrong: has the next opening build again what it came from.
    pub fn condemn(&self, e: &Error) -> Result<()> {
        match e {
            Error::Store { .. } | Error::Digest { .. } => recover::condemn(&self.layout, &e.to_string()),
            Error::Search { .. } => self.indexes.reset(),
            _ => Ok(()),
        }
    }

    /// Where the ledger ends: the head of the chain, and the next numbers.
    pub fn position(&self) -> Position {
        self.ledger.position()
    }

    /// Seals segments of the ledger at another length than [`SEGMENT_BYTES`](crate::ledger::SEGMENT_BYTES).
    pub fn set_segment_bytes(&mut self, bytes: u64) {
        self.ledger.set_segment_bytes(bytes);
    }

    /// Puts drafts into the archive. When this returns, they are durable; `Err` in the value says why one was refused.
    pub fn put(&mut self, drafts: Vec<Draft>) -> Result<Vec<std::result::Result<Put, Reason>>> {
        let prepared: Vec<_> = spread(|| drafts.into_par_iter().map(Prepared::new).collect());
        let good = prepared.iter().filter_map(|prepared| prepared.as_ref().ok()).cloned().collect();
        let mut puts = self.commit(good)?.into_iter();
        let put = |prepared: std::result::Result<Prepared, Reason>| {
            prepared.map(|_| puts.next().expect("one for each"))
        };
        Ok(prepared.into_iter().map(put).collect())
    }

    /// Makes a batch durable: one frame in the ledger, synced. Says what became of each, in order.
    pub fn commit(&mut self, batch: Vec<Prepared>) -> Result<Vec<Put>> {
        let puts = self.stage(batch)?;
        self.settle()?;
        Ok(puts)
    }

    /// Gets a batch ready while the one before it is written. When this returns, everything **before** this batch is
    /// durable; [`Archive::settle`] or the next batch makes this one so. For loading at full speed.
    pub fn stage(&mut self, batch: Vec<Prepared>) -> Result<Vec<Put>> {
        self.serve_guests();
        let mut puts = Vec::with_capacity(batch.len());
        let (mut part, mut bytes) = (Vec::new(), 0);
        for ready in batch {
            // A frame is made in memory, so a batch without bounds becomes several.
            if bytes + ready.bytes() > FRAME_BYTES_MAX && !part.is_empty() {
                puts.extend(self.guarded(|archive| archive.try_stage(std::mem::take(&mut part)))?);
                bytes = 0;
            }
            bytes += ready.bytes();
            part.push(ready);
        }
        puts.extend(self.guarded(|archive| archive.try_stage(part))?);
        Ok(puts)
    }

    /// Gives tags to articles and takes tags from them; how many articles that changes. Digests that are not here are passed over. When
    /// this returns, it is durable.
    pub fn tag(
        &mut self,
        articles: &[Digest],
        added: &[String],
        removed: &[String],
        how: How,
    ) -> Result<u64> {
        let mut changed = 0;
        if let Some(bad) = added.iter().chain(removed).find(|name| tag(name).as_ref() != Some(*name)) {
            let what = format!("{:?} cannot be a tag", bad.chars().take(40).collect::<String>());
            return Err(Error::Unanswerable { what });
        }
        self.settle()?;
        let said = Said::since(&self.snapshot()?, how.since)?;
        for some in articles.chunks(ENTRIES_A_COMMIT) {
            if self.guests.are_to_hurry() {
                break;
            }
            let at_ms = self.time.now_ms();
            let (mut entries, mut now_has) = (Vec::new(), Vec::new());
            for Retagged { article, mut has, added, removed } in
                retagged(&self.snapshot()?, some, added, removed, &said)?
            {
                changed += 1;
                if how.dry || added.is_empty() && removed.is_empty() {
                    continue;
                }
                has.retain(|tag| !removed.contains(tag));
                has.extend(added.iter().cloned());
                now_has.push((article, has));
                entries.push(Entry::Tags { article, added, removed, at_ms });
            }
            self.change(entries)?;
            now_has.into_iter().for_each(|(article, has)| self.builder.note_tags(article, has));
        }
        Ok(changed)
    }

    /// Keeps a query under a name, or takes the name away.
    pub fn save_query(&mut self, name: &str, query: Option<&str>, how: How) -> Result<()> {
        let is_long = query.is_some_and(|query| query.len() > SAVED_BYTES_MAX);
        if saved_name(name).as_deref() != Some(name) || is_long {
            let name = name.chars().take(40).collect::<String>();
            return Err(Error::Unanswerable { what: format!("{name:?} cannot be the name of such a query") });
        }
        if how.dry || Said::since(&self.snapshot()?, how.since)?.saved(name, query) {
            return Ok(());
        }
        self.change(vec![Entry::Saved {
            name: name.to_owned(),
            query: query.map(str::to_owned),
            at_ms: self.time.now_ms(),
        }])
    }

    /// Commits entries that are no captures; a frame is made in memory, so many of them become several.
    fn change(&mut self, entries: Vec<Entry>) -> Result<()> {
        let (mut some, mut bytes) = (Vec::new(), 0);
        for entry in entries {
            let entry = entry.encode();
            if bytes + entry.size() > FRAME_BYTES_MAX && !some.is_empty() {
                self.commit_entries(std::mem::take(&mut some))?;
                bytes = 0;
            }
            bytes += entry.size();
            some.push(entry);
        }
        if some.is_empty() { Ok(()) } else { self.commit_entries(some) }
    }

    fn commit_entries(&mut self, entries: Vec<RawEntry>) -> Result<()> {
        self.guarded(|archive| {
            archive.try_settle()?;
            if archive.store().is_full() {
                archive.flush()?;
            }
            let commit = archive.builder.change(entries);
            let Archive { ledger, store, layout, .. } = archive;
            write(commit, ledger, store.as_ref().expect(OPEN), layout)
        })
    }

    /// Makes the batch that was staged last durable.
    pub fn settle(&mut self) -> Result<()> {
        self.guarded(Archive::try_settle)
    }

    /// After a failure nothing more is written: what the disk holds is not known any more.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Archive) -> Result<T>) -> Result<T> {
        if self.failed {
            return Err(Error::Poisoned);
        }
        let result = work(self);
        if let Err(e) = &result {
            self.failed = true;
            self.stuck |= e.is_of_the_system();
        }
        result
    }

    fn try_stage(&mut self, batch: Vec<Prepared>) -> Result<Vec<Put>> {
        if self.store().is_full() {
            self.flush()?;
        }
        if self.staged.is_none() && !self.store().waits() {
            self.builder.forget_if_long();
        }
        let raws: Vec<Option<Raw>> = batch.iter().map(|ready| ready.raw.clone()).collect();
        let staged = self.staged.take();
        let (kept, uuid) = (self.raws(), self.uuid());
        let Archive { ledger, store, builder, layout, .. } = self;
        let store = store.as_ref().expect(OPEN);
        let (written, built) = std::thread::scope(|scope| {
            let writing = staged.map(|commit| scope.spawn(|| write(commit, ledger, store, layout)));
            let built = builder.build(store, uuid, batch, &|digest| kept.has(digest));
            (writing.map_or(Ok(()), |writing| writing.join().expect("writing never panics")), built)
        });
        written?;
        let Built { puts, named, commit, fresh } = built?;
        // Durable before the commit that names them, which is written after this. Those that are named already were lost if they
        // are not there.
        let named = raws.iter().zip(named).filter(|(_, named)| *named);
        kept.keep(named.filter_map(|(raw, _)| raw.as_ref()))?;
        self.staged = commit;
        let durable = std::mem::replace(&mut self.fresh, fresh);
        self.indexes.add(&durable, self.store());
        Ok(puts)
    }

    fn try_settle(&mut self) -> Result<()> {
        let Some(commit) = self.staged.take() else { return Ok(()) };
        let Archive { ledger, store, layout, .. } = self;
        write(commit, ledger, store.as_ref().expect(OPEN), layout)?;
        let durable = std::mem::take(&mut self.fresh);
        self.indexes.add(&durable, self.store());
        Ok(())
    }

    /// Brings the store up to the ledger.
    fn flush(&mut self) -> Result<()> {
        self.try_settle()?;
        if !self.store().waits() {
            return Ok(());
        }
        self.builder.forget();
        write_down(self.store(), &self.layout, true)
    }

    fn store(&self) -> &Store {
        self.store.as_ref().expect(OPEN)
    }

    /// Everything that was committed, as of now. Nothing is written for it.
    pub fn snapshot(&self) -> Result<Snapshot> {
        self.snapshots().take()
    }

    /// Takes snapshots from other threads, also while this one commits.
    pub fn snapshots(&self) -> Snapshots {
        let (views, indexes) = (self.store().views(), self.indexes.clone());
        Snapshots { archive: self.uuid(), views, indexes, _lock: self.hold.lock.clone() }
    }

    /// What had to be done to the derived indexes.
    pub fn indexes_healed(&self) -> Vec<IndexHealed> {
        self.indexes.healed()
    }

    /// Makes the full-text index again, whatever it is like.
    pub fn rebuild_search(&mut self) -> Result<u64> {
        self.settle()?;
        let view = self.store().view()?;
        self.indexes.rebuild(&view)?;
        Ok(view.applied().articles)
    }

    /// Brings the store up to date, closes it and lets go of the archive: at once, or when the last [`Snapshot`] is dropped.
    pub fn close(mut self) -> Result<()> {
        if self.failed {
            return Err(Error::Poisoned);
        }
        self.guarded(Archive::flush)?;
        self.failed = true;
        self.indexes.close(&self.store().view()?);
        let store = self.store.take().expect(OPEN);
        let dirty = self.layout.dirty();
        if is_there(&dirty)? {
            store.close()?;
            remove(&dirty)?;
        } else {
            store.let_go()?;
        }
        self.ledger.close()?;
        self.failed = false;
        match self.guests.condemned() {
            Some(what) => recover::condemn(&self.layout, &what),
            None => Ok(()),
        }
    }
}

/// Makes a commit durable, then has it wait for the store; its bodies go ahead when there are enough of them.
fn write(commit: Commit, ledger: &mut Ledger, store: &Store, layout: &Layout) -> Result<()> {
    let position = ledger.append(&commit)?;
    store.add(commit, position);
    if store.has_many_bodies() { write_down(store, layout, false) } else { Ok(()) }
}

/// Builds the store again from the ledger, whatever it is like.
pub fn rebuild(dir: &Path, reason: &str, wait: Duration) -> Result<Healed> {
    let hold = Hold::take(dir, Wait::up_to(wait), None)?;
    let mut healed = Vec::new();
    let (store, mut ledger) = Halves::of(&hold.layout, hold.uuid).rebuild(reason.to_owned(), &mut healed)?;
    store.let_go()?;
    ledger.close()?;
    Ok(healed.pop().expect("rebuilding says what it did"))
}

impl Drop for Archive {
    /// After a failure the store is left as it is: sled may hang while it closes a file that cannot be written.
    fn drop(&mut self) {
        if self.stuck {
            std::mem::forget(self.store.take());
        }
    }
}

/// An article whose tags change.
struct Retagged {
    article: u64,
    has: Vec<String>,
    added: Vec<String>,
    removed: Vec<String>,
}

fn retagged(
    snapshot: &Snapshot,
    articles: &[Digest],
    added: &[String],
    removed: &[String],
    said: &Said,
) -> Result<Vec<Retagged>> {
    let mut changing = Vec::new();
    for digest in articles {
        let Some(article) = snapshot.find(digest)? else { continue };
        let has = snapshot.tags_of(article)?;
        let is_said = |tag: &String, given| said.tag(article, tag, given);
        let was_said =
            added.iter().any(|tag| is_said(tag, true)) || removed.iter().any(|tag| is_said(tag, false));
        let new = |tag: &&String| !has.contains(tag) && !is_said(tag, true);
        let old = |tag: &&String| has.contains(tag) && !is_said(tag, false);
        let added: Vec<String> = added.iter().filter(new).cloned().collect();
        let removed: Vec<String> = removed.iter().filter(old).cloned().collect();
        if !added.is_empty() || !removed.is_empty() || was_said {
            changing.push(Retagged { article, has, added, removed });
        }
    }
    Ok(changing)
}
