//! [`Archive`]: one directory that holds a ledger and a store, opened, healed, written to and read.
//!
//! ```text
//! ARCHIVE/pressmark.toml   format version, UUID
//!         ledger/          the truth; see [`crate::ledger`]
//!         store/           derived; see [`crate::store`]
//!         lock             who holds the archive
//!         dirty            there while the store is being written, with the machine's boot id
//! ```

use crate::article::{Article, Draft, PROVENANCE_BYTES_MAX, Provenance, TEXT_BYTES_MAX};
use crate::builder::{Builder, Built, Fresh};
use crate::digest::Digest;
use crate::error::{Error, IoContext, Result};
use crate::ledger::{self, BodyPack, Commit, Entry, Frames, Holds, Ledger, Position, Step};
use crate::query::{Query, Reader};
use crate::raw::{Raw, Raws};
use crate::search::{self, Indexer, SearchIndex};
use crate::store::packed::Direction;
use crate::store::{self, Store, keys};
use crate::time::Timestamp;
use rayon::prelude::*;
use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The version of what is on disk.
pub const FORMAT: u32 = 1;

/// Entries that may wait in memory, durable in the ledger, before they are put into the store: the more, the fewer times
/// a pack of an index is written again, and the more memory an ingest takes: half as many, 100 MB less and a store that is
/// 4 % larger; twice as many, 240 MB more.
const WAITING_ENTRIES_MAX: usize = 1 << 16;
/// And bytes of packed bodies, which are put in ahead of their entries.
const WAITING_BYTES_MAX: usize = 16 << 20;

/// Why there is a store.
const OPEN: &str = "the store is open until the archive is closed";

/// Entries that are no captures, in one commit.
const ENTRIES_A_COMMIT: usize = 10_000;
/// A batch that takes more becomes several commits.
const FRAME_BYTES_MAX: usize = 64 << 20;

/// How to open an archive.
#[derive(Clone, Debug, Default)]
pub struct Open {
    /// Make the archive if there is none.
    pub create: bool,
    /// How long to wait for another process to let go of it.
    pub wait: Duration,
}

/// An archive, held by this process alone.
pub struct Archive {
    dir: PathBuf,
    uuid: uuid::Uuid,
    lock: Option<File>,
    ledger: Ledger,
    store: Option<Store>,
    waiting: Waiting,
    builder: Builder,
    staged: Option<Commit>,
    indexer: Option<Indexer>,
    /// Whether the full-text index could not be written; it is left alone then until somebody searches.
    indexing_failed: bool,
    search: Option<SearchIndex>,
    search_healed: Vec<search::Healed>,
    healed: Vec<Healed>,
    created: bool,
    failed: bool,
}

/// What opening had to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healed {
    /// The store was missing or did not agree with the ledger and was built again.
    Rebuilt {
        /// Why.
        reason: String,
        /// Articles in it now.
        articles: u64,
        /// Where the old one was put, if there was one.
        kept: Option<PathBuf>,
    },
    /// The ledger's end was lost and was written again from the store.
    Mended {
        /// Captures that were written again.
        captures: u64,
    },
    /// A commit that was never acknowledged was cut off the ledger.
    Cut,
    /// Commits that the store did not have yet were applied.
    Replayed {
        /// Captures in them.
        captures: u64,
    },
}

impl Healed {
    /// Whether somebody should hear of it: what an interrupted process leaves behind as a matter of course is not news.
    pub fn is_news(&self) -> bool {
        !matches!(self, Healed::Replayed { .. })
    }
}

impl fmt::Display for Healed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Healed::Rebuilt { reason, articles, kept } => {
                write!(f, "rebuilt the store from the ledger, {articles} articles ({reason}")?;
                match kept {
                    Some(kept) => write!(f, "; the old one is kept as {})", kept.display()),
                    None => write!(f, ")"),
                }
            }
            Healed::Mended { captures } => {
                write!(f, "wrote {captures} captures to the ledger again from the store: its end was missing")
            }
            Healed::Cut => write!(f, "cut an unfinished commit off the ledger"),
            Healed::Replayed { captures } => {
                write!(f, "applied {captures} captures from the ledger to the store")
            }
        }
    }
}

/// A draft made ready: its article in canonical form, and its digest.
#[derive(Clone, Debug)]
pub struct Prepared {
    article: Article,
    digest: Digest,
    provenance: Provenance,
    explanation: Vec<String>,
    raw: Option<Raw>,
}

impl Prepared {
    /// Brings a draft into canonical form. `Err` says why it cannot be an article.
    pub fn new(draft: Draft) -> std::result::Result<Prepared, String> {
        let mut article = Article::new(&draft.headline, &draft.body, draft.language);
        if article.text_bytes() == 0 {
            return Err("there is neither a headline nor a body".to_owned());
        }
        if article.text_bytes() > TEXT_BYTES_MAX {
            let (found, most) = (article.text_bytes(), TEXT_BYTES_MAX >> 20);
            return Err(format!("the text has {found} bytes; an article may have {most} MiB"));
        }
        if draft.provenance.bytes() > PROVENANCE_BYTES_MAX {
            let (found, most) = (draft.provenance.bytes(), PROVENANCE_BYTES_MAX >> 20);
            return Err(format!("it says {found} bytes beside its text; there may be {most} MiB"));
        }
        if article.language().is_none() {
            article.set_language(crate::language::detect(article.headline(), article.body()));
        }
        let digest = article.digest();
        Ok(Prepared {
            article,
            digest,
            provenance: draft.provenance,
            explanation: draft.explanation,
            raw: draft.raw,
        })
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.article.text_bytes() + self.provenance.bytes() + self.raw.as_ref().map_or(0, Raw::packed_bytes)
    }

    pub(crate) fn into_parts(self) -> (Article, Digest, Provenance) {
        (self.article, self.digest, self.provenance)
    }

    /// The article's digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The article.
    pub fn article(&self) -> &Article {
        &self.article
    }

    /// What was considered and why it was chosen, if that was asked for.
    pub fn explanation(&self) -> &[String] {
        &self.explanation
    }

    /// Where it was found.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

/// What became of one draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// A new article, with this capture.
    New(u64),
    /// A new capture of an article that was there.
    Captured(u64),
    /// Nothing new: the same article, source, URL and date were there, and if bytes are to be kept, those of a capture of it are.
    Known,
}

/// What is durable in the ledger and not in the store yet.
#[derive(Default)]
struct Waiting {
    commits: Vec<Commit>,
    entries: usize,
    entry_bytes: usize,
    bodies: Vec<BodyPack>,
    bytes: usize,
}

impl Archive {
    /// Opens an archive, or makes one if `options` say so. What had to be mended is in [`Archive::healed`].
    pub fn open(dir: &Path, options: &Open) -> Result<Archive> {
        let config = dir.join("pressmark.toml");
        let created = !config.exists();
        if created {
            let missing = !dir.exists();
            if !options.create && missing {
                return Err(Error::NoArchive { path: dir.to_owned() });
            }
            let empty = missing || dir.read_dir().doing("read", dir)?.next().is_none();
            if !empty {
                let reason = "it has no pressmark.toml and is not empty".to_owned();
                return Err(Error::NotAnArchive { path: dir.to_owned(), reason });
            }
            if !options.create {
                return Err(Error::NoArchive { path: dir.to_owned() });
            }
            create(dir)?;
        }
        read_config(dir)?;
        let lock = take_lock(dir, options.wait)?;
        let mut archive = Archive::open_locked(dir)?;
        (archive.lock, archive.created) = (Some(lock), created);
        Ok(archive)
    }

    /// Opens an archive that this process has locked already.
    pub(crate) fn open_locked(dir: &Path) -> Result<Archive> {
        let uuid = read_config(dir)?;
        let mut healed = Vec::new();
        let (store, ledger) = open_both(dir, uuid, &mut healed)?;
        let builder = Builder::new(ledger.position());
        let (store, waiting) = (Some(store), Waiting::default());
        Ok(Archive {
            ledger,
            store,
            waiting,
            builder,
            staged: None,
            indexer: None,
            indexing_failed: false,
            search: None,
            search_healed: Vec::new(),
            healed,
            dir: dir.to_owned(),
            uuid,
            lock: None,
            created: false,
            failed: false,
        })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The archive's identity.
    pub fn uuid(&self) -> uuid::Uuid {
        self.uuid
    }

    /// What opening had to mend.
    pub fn healed(&self) -> &[Healed] {
        &self.healed
    }

    /// Whether opening made it.
    pub fn is_new(&self) -> bool {
        self.created
    }

    /// The originals that are kept.
    pub fn raws(&self) -> Raws {
        Raws::of(&self.dir)
    }

    /// Where the ledger ends: the head of the chain, and the next numbers.
    pub fn position(&self) -> Position {
        self.ledger.position()
    }

    /// Seals segments of the ledger at another length than [`ledger::SEGMENT_BYTES`].
    pub fn set_segment_bytes(&mut self, bytes: u64) {
        self.ledger.set_segment_bytes(bytes);
    }

    /// Puts drafts into the archive. When this returns, they are durable; `Err` in the value says why one was refused.
    pub fn put(&mut self, drafts: Vec<Draft>) -> Result<Vec<std::result::Result<Put, String>>> {
        let prepared: Vec<_> = drafts.into_par_iter().map(Prepared::new).collect();
        let good = prepared.iter().filter_map(|prepared| prepared.as_ref().ok()).cloned().collect();
        let mut puts = self.commit(good)?.into_iter();
        let put = |prepared: std::result::Result<Prepared, String>| {
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

    /// Gives tags to articles and takes tags from them; how many articles that changes. When this returns, it is durable.
    pub fn tag(&mut self, articles: &[u64], added: &[String], removed: &[String]) -> Result<u64> {
        let mut changed = 0;
        for some in articles.chunks(ENTRIES_A_COMMIT) {
            let reader = self.reader()?;
            let mut entries = Vec::new();
            for article in some {
                let has = reader.tags_of(*article)?;
                let added: Vec<String> = added.iter().filter(|tag| !has.contains(tag)).cloned().collect();
                let removed: Vec<String> = removed.iter().filter(|tag| has.contains(tag)).cloned().collect();
                if !added.is_empty() || !removed.is_empty() {
                    entries.push(Entry::Tags { article: *article, added, removed });
                }
            }
            changed += entries.len() as u64;
            self.change(entries)?;
        }
        Ok(changed)
    }

    /// Keeps a query under a name, or takes the name away.
    pub fn save_query(&mut self, name: &str, query: Option<&str>) -> Result<()> {
        self.change(vec![Entry::Saved { name: name.to_owned(), query: query.map(str::to_owned) }])
    }

    /// Commits entries that are no captures.
    fn change(&mut self, entries: Vec<Entry>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        self.guarded(|archive| {
            archive.try_settle()?;
            let commit = archive.builder.change(entries);
            let Archive { ledger, store, waiting, dir, .. } = archive;
            waiting.write(commit, ledger, store.as_ref().expect(OPEN), dir)
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
        self.failed |= result.is_err();
        result
    }

    fn try_stage(&mut self, batch: Vec<Prepared>) -> Result<Vec<Put>> {
        if self.waiting.is_full() {
            self.apply_waiting()?;
        }
        if self.staged.is_none() && self.waiting.commits.is_empty() {
            self.builder.forget_if_long();
        }
        let raws: Vec<Option<Raw>> = batch.iter().map(|ready| ready.raw.clone()).collect();
        let staged = self.staged.take();
        let Archive { ledger, store, waiting, builder, dir, .. } = self;
        let store = store.as_ref().expect(OPEN);
        let (written, built) = std::thread::scope(|scope| {
            let writing = staged.map(|commit| scope.spawn(|| waiting.write(commit, ledger, store, dir)));
            let built = builder.build(store, batch);
            (writing.map_or(Ok(()), |writing| writing.join().expect("writing never panics")), built)
        });
        written?;
        let Built { puts, named, commit, fresh } = built?;
        // Durable before the commit that names them, which is written after this. Those that are named already were lost if they
        // are not there.
        let named = raws.iter().zip(named).filter(|(_, named)| *named);
        Raws::of(&self.dir).keep(named.filter_map(|(raw, _)| raw.as_ref()))?;
        self.staged = commit;
        self.index(fresh);
        Ok(puts)
    }

    fn try_settle(&mut self) -> Result<()> {
        let Some(commit) = self.staged.take() else { return Ok(()) };
        let Archive { ledger, store, waiting, dir, .. } = self;
        waiting.write(commit, ledger, store.as_ref().expect(OPEN), dir)
    }

    /// Brings the store up to the ledger.
    fn apply_waiting(&mut self) -> Result<()> {
        self.try_settle()?;
        if self.waiting.commits.is_empty() {
            return Ok(());
        }
        let store = self.store.as_mut().expect(OPEN);
        self.waiting.write_bodies(store, &self.dir)?;
        let waiting = std::mem::take(&mut self.waiting);
        self.builder.forget();
        store.apply(&waiting.commits, self.ledger.position())
    }

    fn store_ref(&self) -> &Store {
        self.store.as_ref().expect(OPEN)
    }

    /// Everything that was committed, to be asked for all but words.
    pub fn reader(&mut self) -> Result<Reader<'_>> {
        self.guarded(Archive::apply_waiting)?;
        // One that is behind does not answer.
        let search = self.search.as_ref().filter(|_| self.search_is_current());
        Ok(Reader::new(self.store_ref(), search))
    }

    /// Everything that was committed, to be asked this: with the full-text index, brought up to date, if the query needs it.
    /// What had to be mended for it is in [`Archive::search_healed`].
    pub fn reader_for(&mut self, query: &Query) -> Result<Reader<'_>> {
        self.guarded(Archive::apply_waiting)?;
        if query.filter.asks_for_text() && !self.search_is_current() {
            self.open_search()?;
        }
        Ok(Reader::new(self.store_ref(), self.search.as_ref()))
    }

    /// Where the full-text index is.
    pub(crate) fn search_dir(&self) -> PathBuf {
        self.dir.join("search")
    }

    fn search_is_current(&self) -> bool {
        let articles = self.store_ref().applied().articles();
        self.search.as_ref().is_some_and(|search| search.articles() == articles)
    }

    /// Opens the full-text index, after it was brought up to the store. An index that cannot be used is made again, once.
    fn open_search(&mut self) -> Result<()> {
        self.search = None;
        let dir = self.search_dir();
        let mut open = || {
            // While it is being written, what is on disk says little.
            let current = self.indexer.is_none() && {
                let store = self.store_ref();
                let digest = |article| store.article(article).map(|row| row.digest);
                search::is_current(&dir, self.uuid, store.applied().articles(), &digest)?
            };
            if !current {
                self.catch_up()?;
            }
            SearchIndex::open(&dir)
        };
        let opened = match open() {
            Err(Error::Search { .. }) => {
                drop(self.indexer.take());
                remove_dir(&dir)?;
                self.catch_up()?;
                SearchIndex::open(&dir)
            }
            opened => opened,
        };
        self.search = Some(opened?);
        Ok(())
    }

    /// Brings the full-text index up to the store, and closes it.
    fn catch_up(&mut self) -> Result<()> {
        let mut indexer = match self.indexer.take() {
            Some(indexer) => indexer,
            None => self.open_indexer()?,
        };
        let store = self.store_ref();
        let (first, last) = (indexer.next_article(), store.applied().articles());
        let reason = indexer.reason().map(str::to_owned);
        let mut bodies = store.bodies.range(keys::number(first), keys::number(last), Direction::Up);
        for article in first..=last {
            let row = store.article(article)?;
            let body = bodies.next().transpose()?.filter(|body| *body.key() == keys::number(article));
            let body =
                body.ok_or_else(|| store::damaged(format!("the body of article {article} is missing")))?;
            let body = std::str::from_utf8(&body).map_err(store::damaged)?;
            indexer.add(&row.digest, row.language, &row.headline, body)?;
        }
        let added = (last + 1).saturating_sub(first);
        indexer.close()?;
        match reason {
            Some(reason) if last > 0 => {
                self.search_healed.push(search::Healed::Rebuilt { reason, articles: last });
            }
            _ if added > 0 => self.search_healed.push(search::Healed::CaughtUp { articles: added }),
            _ => {}
        }
        Ok(())
    }

    fn open_indexer(&self) -> Result<Indexer> {
        let store = self.store_ref();
        let digest = |article| store.article(article).map(|row| row.digest);
        Indexer::open(&self.search_dir(), self.uuid, store.applied().articles(), &digest)
    }

    /// Adds new articles to the full-text index, as long as it has all that came before: what is missing is added when the
    /// archive is closed, or asked. It is committed then as well: never before the ledger.
    fn index(&mut self, fresh: Vec<Fresh>) {
        let Some(first) = fresh.first() else { return };
        if self.indexer.is_none()
            && !self.indexing_failed
            && self.store_ref().applied().articles() + 1 == first.article
        {
            self.indexer = self.open_indexer().ok();
            self.indexing_failed = self.indexer.is_none();
        }
        let Some(indexer) = self.indexer.as_mut().filter(|indexer| indexer.next_article() == first.article)
        else {
            return;
        };
        // What was added before is in the ledger by now.
        let mut added = indexer.commit_if_many();
        for Fresh { digest, language, headline, body, .. } in fresh {
            added = added.and_then(|()| indexer.add(&digest, language, &headline, &body));
        }
        if added.is_err() {
            // Nothing depends on it; it is made again when it is needed.
            drop(self.indexer.take());
            self.indexing_failed = true;
        }
    }

    /// What had to be done to the full-text index.
    pub fn search_healed(&self) -> &[search::Healed] {
        &self.search_healed
    }

    /// Makes the full-text index again, whatever it is like.
    pub fn rebuild_search(&mut self) -> Result<u64> {
        self.guarded(Archive::apply_waiting)?;
        self.search = None;
        drop(self.indexer.take());
        remove_dir(&self.search_dir())?;
        self.catch_up()?;
        Ok(self.store_ref().applied().articles())
    }

    /// Brings the store up to date, closes it and lets go of the archive.
    pub fn close(mut self) -> Result<()> {
        if self.failed {
            return Err(Error::Poisoned);
        }
        self.failed = true;
        self.apply_waiting()?;
        self.search = None;
        // It is derived: if it cannot be written now, the next search makes it again, or says why it cannot.
        let indexed = if self.indexer.is_some() { self.catch_up() } else { Ok(()) };
        if indexed.is_err() {
            drop(self.indexer.take());
        }
        let store = self.store.take().expect(OPEN);
        let dir = self.dir.clone();
        let dirty = dir.join("dirty");
        if dirty.exists() {
            store.close()?;
            std::fs::remove_file(&dirty).doing("remove", &dirty)?;
        }
        self.failed = false;
        drop(self.lock.take());
        Ok(())
    }
}

impl Drop for Archive {
    /// After a failure the store is left as it is: sled may hang while it closes a file that cannot be written.
    fn drop(&mut self) {
        if self.failed {
            std::mem::forget(self.store.take());
        }
    }
}

/// Makes an empty archive beside its place and moves it there, so that there is never half of one.
fn create(dir: &Path) -> Result<()> {
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    private_dirs().recursive(true).create(parent).doing("create", parent)?;
    let name = dir.file_name().unwrap_or("archive".as_ref()).to_string_lossy();
    let temporary = parent.join(format!("{name}.tmp-{}", std::process::id()));
    private_dirs().recursive(true).create(temporary.join("ledger")).doing("create", &temporary)?;
    let uuid = uuid::Uuid::new_v4();
    let config = format!(
        "# A pressmark archive. `ledger/` is the truth; `store/` is built from it.\nformat = {FORMAT}\nuuid = \"{uuid}\"\n"
    );
    let path = temporary.join("pressmark.toml");
    let mut file = File::create(&path).doing("create", &path)?;
    file.write_all(config.as_bytes()).and_then(|()| file.sync_all()).doing("write", &path)?;
    ledger::sync_dir(&temporary)?;
    std::fs::rename(&temporary, dir).doing("create", dir)?;
    ledger::sync_dir(parent)
}

/// For directories that nobody else should look into.
pub(crate) fn private_dirs() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

pub(crate) fn read_config(dir: &Path) -> Result<uuid::Uuid> {
    let path = &dir.join("pressmark.toml");
    if !path.exists() {
        return Err(Error::NoArchive { path: dir.to_owned() });
    }
    let text = std::fs::read_to_string(path).doing("read", path)?;
    let bad = |reason: String| Error::NotAnArchive { path: path.to_owned(), reason };
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

/// Takes the archive for this process: a lock that the system lets go when the process ends, however it ends.
pub(crate) fn take_lock(dir: &Path, wait: Duration) -> Result<File> {
    let path = dir.join("lock");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).doing("open", &path)?;
    // A process that is being started has, for a moment, the open files of the one that starts it.
    let patience = Instant::now() + wait.max(Duration::from_millis(200));
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(std::fs::TryLockError::WouldBlock) if Instant::now() < patience => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).doing("read", &path)?;
                let holder = if holder.trim().is_empty() { "another process" } else { holder.trim() };
                return Err(Error::Locked { path: dir.to_owned(), holder: holder.to_owned() });
            }
            Err(std::fs::TryLockError::Error(e)) => return Err(e).doing("lock", &path),
        }
    }
    let program = std::env::current_exe().ok();
    let program =
        program.as_deref().and_then(Path::file_name).unwrap_or("pressmark".as_ref()).to_string_lossy();
    let holder = format!("process {} ({program}) since {}\n", std::process::id(), Timestamp::now());
    file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).doing("write", &path)?;
    Ok(file)
}

/// Opens the store and the ledger and brings them into agreement.
fn open_both(dir: &Path, uuid: uuid::Uuid, healed: &mut Vec<Healed>) -> Result<(Store, Ledger)> {
    let places = Places::of(dir, uuid);
    places.finish_repair()?;
    if !places.ledger.exists() {
        let what = "the directory is missing".to_owned();
        return Err(Error::Ledger { place: places.ledger.display().to_string(), what });
    }
    let missing = !places.store.exists();
    let opened = match distrust(dir)? {
        Some(reason) if !missing => Err(store::damaged(reason)),
        _ => Store::open(&places.store),
    };
    let reason = match opened {
        Ok(mut store) => match ledger::holds(&places.ledger, places.uuid, &store.applied().position)? {
            Holds::Yes => {
                let before = store.applied().entries();
                let ledger = places.replay(&mut store, Some(dir), healed)?;
                let captures = store.applied().entries() - before;
                if missing && captures > 0 {
                    let (reason, articles) = ("it was missing".to_owned(), store.applied().articles());
                    healed.push(Healed::Rebuilt { reason, articles, kept: None });
                } else if captures > 0 {
                    healed.push(Healed::Replayed { captures });
                }
                return Ok((store, ledger));
            }
            Holds::Short => return places.mend_ledger(store, healed),
            Holds::Other => {
                // A damaged frame at the very end looks like one that was never finished; the store knows better.
                let (end, _) = ledger::end(&places.ledger, places.uuid)??;
                if end.next_seq < store.applied().position.next_seq {
                    return places.mend_ledger(store, healed);
                }
                "it does not agree with the ledger".to_owned()
            }
        },
        Err(Error::Store { what }) => what,
        Err(e) => return Err(e),
    };
    places.rebuild(reason, healed)
}

/// Builds the store again from the ledger, whatever it is like; the old one is kept beside it.
pub fn rebuild(dir: &Path, reason: &str, wait: Duration) -> Result<Healed> {
    let uuid = read_config(dir)?;
    let _lock = take_lock(dir, wait)?;
    let mut healed = Vec::new();
    let (store, _) = Places::of(dir, uuid).rebuild(reason.to_owned(), &mut healed)?;
    drop(store);
    Ok(healed.pop().expect("rebuilding says what it did"))
}

/// Says that the store gave wrong answers: the next opening builds it again from the ledger.
pub fn condemn_store(dir: &Path, what: &str) -> Result<()> {
    write_dirty(dir, &format!("{DAMAGED}{what}"))
}

/// Where the two halves are.
pub(crate) struct Places {
    pub(crate) dir: PathBuf,
    pub(crate) ledger: PathBuf,
    pub(crate) store: PathBuf,
    pub(crate) uuid: [u8; 16],
}

impl Places {
    pub(crate) fn of(dir: &Path, uuid: uuid::Uuid) -> Places {
        let (ledger, store) = (dir.join("ledger"), dir.join("store"));
        Places { dir: dir.to_owned(), ledger, store, uuid: uuid.into_bytes() }
    }

    /// A repair that was killed between setting the old ledger aside and putting the new one in its place.
    pub(crate) fn finish_repair(&self) -> Result<()> {
        let new = self.dir.join("ledger.new");
        if self.ledger.exists() || !new.exists() {
            return Ok(());
        }
        std::fs::rename(&new, &self.ledger).doing("put in place", &new)?;
        ledger::sync_dir(&self.dir)
    }

    /// Applies what the ledger has and the store has not, and opens the ledger at its end.
    fn replay(&self, store: &mut Store, dirty: Option<&Path>, healed: &mut Vec<Healed>) -> Result<Ledger> {
        let mut frames = Frames::from(&self.ledger, self.uuid, store.applied().position);
        let mut waiting = Waiting::default();
        let mut apply = |waiting: &mut Waiting, position, all: bool| {
            dirty.map_or(Ok(()), mark_dirty)?;
            store.write_bodies(&std::mem::take(&mut waiting.bodies))?;
            waiting.bytes = 0;
            if all {
                store.apply(&std::mem::take(waiting).commits, position)?;
            }
            Ok(())
        };
        let mut last = frames.position();
        loop {
            match frames.step()? {
                Step::Frame(commit, position) => {
                    waiting.add(*commit);
                    last = position;
                    if waiting.bytes >= WAITING_BYTES_MAX || waiting.is_full() {
                        let all = waiting.is_full();
                        apply(&mut waiting, last, all)?;
                    }
                }
                Step::End { position, torn } => {
                    if !waiting.commits.is_empty() {
                        apply(&mut waiting, last, true)?;
                    }
                    healed.extend(torn.is_some().then_some(Healed::Cut));
                    return Ledger::open(&self.ledger, self.uuid, position, torn);
                }
                Step::Damaged { place, what } => return Err(Error::Ledger { place, what }),
            }
        }
    }

    /// Builds a new store from the ledger beside the old one and, when it is whole, puts it in its place.
    pub(crate) fn rebuild(&self, reason: String, healed: &mut Vec<Healed>) -> Result<(Store, Ledger)> {
        let (new, old) = (self.dir.join("store.new"), self.dir.join("store.bak"));
        remove_dir(&new)?;
        // Nothing is cut off the ledger that the old store still has.
        if self.store.exists()
            && let Ok(store) = Store::open(&self.store)
            && let (end, _) = ledger::end(&self.ledger, self.uuid)??
            && end.next_seq < store.applied().position.next_seq
        {
            drop(self.mend_ledger(store, healed)?);
        }
        let mut store = Store::open(&new)?;
        let ledger = self.replay(&mut store, None, healed)?;
        let articles = store.applied().articles();
        store.close()?;
        let kept = self.store.exists().then(|| old.clone());
        if kept.is_some() {
            remove_dir(&old)?;
            std::fs::rename(&self.store, &old).doing("set aside", &self.store)?;
        }
        std::fs::rename(&new, &self.store).doing("put in place", &new)?;
        ledger::sync_dir(&self.dir)?;
        let dirty = self.dir.join("dirty");
        if dirty.exists() {
            std::fs::remove_file(&dirty).doing("remove", &dirty)?;
        }
        healed.push(Healed::Rebuilt { reason, articles, kept });
        Ok((Store::open(&self.store)?, ledger))
    }

    /// The store has acknowledged captures that the ledger has lost at its end: writes them to the ledger again. The
    /// chain proves that they are the same, since its head does not depend on how entries are cut into commits.
    fn mend_ledger(&self, mut store: Store, healed: &mut Vec<Healed>) -> Result<(Store, Ledger)> {
        let (end, torn) = ledger::end(&self.ledger, self.uuid)??;
        let goal = store.applied().position;
        let mut commits = Vec::new();
        let mut at = end;
        while at.next_seq < goal.next_seq {
            let commit = commit_from_store(&store, at, goal)?;
            at = Position {
                next_seq: commit.next_seq(),
                next_article: commit.next_article(),
                head: commit.head_after(at.head),
                ..at
            };
            commits.push(commit);
        }
        if (at.next_seq, at.next_article, at.head) != (goal.next_seq, goal.next_article, goal.head) {
            let what = "its end is missing, and the store does not have the same captures".to_owned();
            return Err(Error::Ledger { place: self.ledger.display().to_string(), what });
        }
        let mut ledger = Ledger::open(&self.ledger, self.uuid, end, torn)?;
        for commit in &commits {
            ledger.append(commit)?;
        }
        mark_dirty(&self.dir)?;
        store.move_to(ledger.position())?;
        healed.push(Healed::Mended { captures: goal.next_seq - end.next_seq });
        Ok((store, ledger))
    }
}

/// A thousand entries of the store, as the commit that they could have been.
pub(crate) fn commit_from_store(store: &Store, from: Position, to: Position) -> Result<Commit> {
    let mut next_article = from.next_article;
    let (mut articles, mut entries, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for seq in from.next_seq..to.next_seq.min(from.next_seq + 1000) {
        let entry = store.entry(seq)?;
        if entry.captured() == Some(next_article) {
            let row = store.article(next_article)?;
            let text = row.with_body(store.body(next_article)?)?;
            bodies.push(text.into_parts().1.into_bytes().into_boxed_slice());
            articles.push(row);
            next_article += 1;
        }
        entries.push(entry);
    }
    let packs = store::cut_bodies(0, from.next_article, bodies);
    // No pack is called full: where the store's packs end is not known here.
    let bodies = packs.into_iter().map(|(_, rows)| store::encode_bodies((false, rows))).collect();
    let committed_ms = Timestamp::now().0 * 1000;
    let (first_seq, first_article) = (from.next_seq, from.next_article);
    Ok(Commit { first_seq, first_article, committed_ms, articles, entries, bodies })
}

impl Waiting {
    /// Makes a commit durable, then remembers it for the store; its bodies go ahead when there are enough of them.
    fn write(&mut self, commit: Commit, ledger: &mut Ledger, store: &Store, dir: &Path) -> Result<()> {
        ledger.append(&commit)?;
        self.add(commit);
        if self.bytes < WAITING_BYTES_MAX {
            return Ok(());
        }
        // The last pack is not full yet: written now, it would be written again with the next.
        let full = self.bodies.iter().rposition(|pack| pack.full).map_or(0, |last| last + 1);
        let open = self.bodies.split_off(full);
        self.write_bodies(store, dir)?;
        self.bodies = open;
        Ok(())
    }

    fn write_bodies(&mut self, store: &Store, dir: &Path) -> Result<()> {
        mark_dirty(dir)?;
        self.bytes = 0;
        store.write_bodies(&std::mem::take(&mut self.bodies))
    }

    fn is_full(&self) -> bool {
        self.entries >= WAITING_ENTRIES_MAX || self.entry_bytes >= WAITING_BYTES_MAX * 4
    }

    fn add(&mut self, mut commit: Commit) {
        self.entries += commit.entries.len();
        self.entry_bytes += commit.entries.iter().map(Entry::bytes).sum::<usize>();
        self.bytes += commit.bodies.iter().map(|pack| pack.bytes.len()).sum::<usize>();
        self.bodies.append(&mut commit.bodies);
        self.commits.push(commit);
    }
}

const DAMAGED: &str = "damaged: ";

/// Why the store cannot be trusted, from what an earlier process left behind. A process that was killed leaves a store that
/// is whole (the system has all that it wrote); a machine that went down may not.
fn distrust(dir: &Path) -> Result<Option<String>> {
    let path = dir.join("dirty");
    let left = match std::fs::read_to_string(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        left => left.doing("read", &path)?,
    };
    if let Some(what) = left.strip_prefix(DAMAGED) {
        return Ok(Some(what.trim().to_owned()));
    }
    let same_boot = boot_id().is_some_and(|id| id == left.trim());
    Ok((!same_boot).then(|| "the machine went down while it was being written".to_owned()))
}

fn mark_dirty(dir: &Path) -> Result<()> {
    if dir.join("dirty").exists() {
        return Ok(());
    }
    write_dirty(dir, &boot_id().unwrap_or_default())
}

fn write_dirty(dir: &Path, text: &str) -> Result<()> {
    let (path, new) = (dir.join("dirty"), dir.join("dirty.new"));
    let mut file = File::create(&new).doing("create", &new)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).doing("write", &new)?;
    std::fs::rename(&new, &path).doing("create", &path)?;
    ledger::sync_dir(dir)
}

/// What tells one start of the machine from the next, where the system says.
fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

fn remove_dir(dir: &Path) -> Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e).doing("remove", dir),
        _ => Ok(()),
    }
}
