//! [`Archive`]: one directory that holds a ledger and a store, opened, healed, written to and read. Its files are in
//! [`crate::archive::layout`].

pub mod check;
mod commit;
pub mod layout;
mod lock;
pub mod originals;
mod recover;

use crate::answer::Reader;
use crate::archive::commit::{Builder, Built, Fresh, now_ms};
use crate::archive::layout::Layout;
use crate::archive::lock::{Hold, lock};
use crate::archive::originals::Raws;
use crate::archive::recover::{Halves, Waiting};
use crate::bytes::fs::{IoContext, is_there, private_dirs, remove};
use crate::derived::words::{self, Indexer, SearchIndex};
use crate::ledger::{Commit, Entry, Ledger, Position};
use crate::model::{
    Article, Digest, Draft, Error, PROVENANCE_BYTES_MAX, Provenance, Raw, Result, TEXT_BYTES_MAX,
};
use crate::query::Query;
use crate::store::packed::{Direction, Value};
use crate::store::{self, Store, View, keys};
use rayon::prelude::*;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use crate::archive::lock::FORMAT;
pub use crate::archive::recover::Healed;

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
    /// Where it is read from if it cannot be written, because of a full disk, a read-only medium or somebody else's directory:
    /// a private store and full-text index, built from its ledger. Nothing can be put into it then. `None`: it is not opened.
    pub scratch: Option<ScratchPlace>,
}

/// Where a store may be built beside an archive that cannot be written.
#[derive(Clone, Debug)]
pub enum ScratchPlace {
    /// In a directory in this one, which is called after the archive's UUID: the next opening goes on with what is there, and
    /// removes it when it can write the archive itself.
    In(PathBuf),
    /// In a temporary directory, which is removed when the archive is closed.
    Temporary,
}

/// What an archive is read from that cannot be written.
#[derive(Debug)]
pub struct Scratch {
    /// Why it cannot be written.
    pub reason: Error,
    /// Where the copy is.
    pub dir: PathBuf,
    /// How long it took to bring it up to the ledger.
    pub took: Duration,
    /// Entries of the ledger that were added to it.
    pub added: u64,
    _temporary: Option<tempfile::TempDir>,
    _lock: File,
}

/// An archive, held by this process alone.
pub struct Archive {
    layout: Layout,
    uuid: uuid::Uuid,
    hold: Hold,
    scratch: Option<Scratch>,
    /// Where a full-text index is made if it cannot be made here, and what holds that place.
    scratch_place: Option<ScratchPlace>,
    scratch_search: Option<tempfile::TempDir>,
    ledger: Ledger,
    store: Option<Store>,
    waiting: Waiting,
    builder: Builder,
    staged: Option<Commit>,
    indexer: Option<Indexer>,
    /// Whether the full-text index could not be written; it is left alone then until somebody searches.
    indexing_failed: bool,
    search: Option<SearchIndex>,
    search_dir: PathBuf,
    search_healed: Vec<words::Healed>,
    healed: Vec<Healed>,
    failed: bool,
    /// Whether sled could not write: it may hang when it is closed.
    stuck: bool,
}

/// A draft made ready: its article in canonical form, and its digest.
#[derive(Clone, Debug)]
pub struct Prepared {
    article: Article,
    digest: Digest,
    provenance: Provenance,
    explanation: Vec<String>,
    rejected: Option<String>,
    tags: Vec<String>,
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
            article.set_language(crate::text::detect_language::detect(article.headline(), article.body()));
        }
        let digest = article.digest();
        Ok(Prepared {
            article,
            digest,
            provenance: draft.provenance,
            explanation: draft.explanation,
            rejected: draft.rejected,
            tags: draft.tags,
            raw: draft.raw,
        })
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.article.text_bytes() + self.provenance.bytes() + self.raw.as_ref().map_or(0, Raw::packed_bytes)
    }

    /// Whether the bytes that it was read from are to be kept.
    pub(crate) fn keeps_raw(&self) -> bool {
        self.raw.is_some()
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

    /// Why it is no article, if it was asked for all the same.
    pub fn rejected(&self) -> Option<&str> {
        self.rejected.as_deref()
    }

    /// Tags that the article is to have.
    pub fn tags(&self) -> &[String] {
        &self.tags
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
    /// The article was removed, and stays out.
    Removed,
}

impl Archive {
    /// Opens an archive, or makes one if `options` say so. What had to be mended is in [`Archive::healed`].
    pub fn open(dir: &Path, options: &Open) -> Result<Archive> {
        let opened = Hold::take(dir, options.wait, options.create).and_then(Archive::open_held);
        match (opened, &options.scratch) {
            (Err(reason), Some(place)) if reason.is_of_the_system() => {
                // Where that cannot be written either, it is the archive that matters.
                let mut reason = Some(reason);
                match Archive::open_scratch(dir, options.wait, place, &mut reason) {
                    Err(e) if e.is_of_the_system() => Err(reason.take().unwrap_or(e)),
                    opened => opened,
                }
            }
            (Ok(mut archive), place) => {
                if let Some(place) = place {
                    // What was built when it could not be written is of no use any more.
                    let _ = place.clear(archive.uuid);
                }
                archive.scratch_place = place.clone();
                Ok(archive)
            }
            (Err(e), _) => Err(e),
        }
    }

    /// Opens an archive that this process has taken.
    fn open_held(hold: Hold) -> Result<Archive> {
        let mut healed = Vec::new();
        healed.extend(hold.named_again.then_some(Healed::Named));
        let (store, ledger) = Halves::of(&hold.layout, hold.uuid).open(&mut healed)?;
        let mut archive = Archive::of(hold.layout.clone(), hold, store, ledger);
        archive.healed = healed;
        Ok(archive)
    }

    /// Opens an archive that cannot be written, for reading; takes the reason when it is.
    fn open_scratch(
        dir: &Path,
        wait: Duration,
        place: &ScratchPlace,
        reason: &mut Option<Error>,
    ) -> Result<Archive> {
        let began = Instant::now();
        let hold = Hold::beside(dir)?;
        let (dir, temporary) = place.directory(hold.uuid)?;
        let layout = hold.layout.clone().with_derived(&dir);
        let lock = lock(&Layout::of(&dir), wait)?;
        let (store, ledger, added) = Halves::of(&layout, hold.uuid).open_scratch()?;
        let reason = reason.take().expect("there is a reason to come here");
        let took = began.elapsed();
        let scratch = Scratch { reason, dir, took, added, _temporary: temporary, _lock: lock };
        let mut archive = Archive::of(layout, hold, store, ledger);
        archive.scratch = Some(scratch);
        Ok(archive)
    }

    fn of(layout: Layout, hold: Hold, store: Store, ledger: Ledger) -> Archive {
        let search_dir = layout.search();
        let builder = Builder::new(ledger.position());
        Archive {
            ledger,
            store: Some(store),
            waiting: Waiting::default(),
            builder,
            staged: None,
            indexer: None,
            indexing_failed: false,
            search: None,
            search_dir,
            search_healed: Vec::new(),
            healed: Vec::new(),
            layout,
            uuid: hold.uuid,
            hold,
            scratch: None,
            scratch_place: None,
            scratch_search: None,
            stuck: false,
            failed: false,
        }
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
        self.uuid
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
            Error::Search { .. } => words::condemn(&self.search_dir),
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
            let (mut entries, mut now_has) = (Vec::new(), Vec::new());
            for article in some {
                let mut has = reader.tags_of(*article)?;
                let added: Vec<String> = added.iter().filter(|tag| !has.contains(tag)).cloned().collect();
                let removed: Vec<String> = removed.iter().filter(|tag| has.contains(tag)).cloned().collect();
                if !added.is_empty() || !removed.is_empty() {
                    has.retain(|tag| !removed.contains(tag));
                    has.extend(added.iter().cloned());
                    now_has.push((*article, has));
                    entries.push(Entry::Tags { article: *article, added, removed, at_ms: now_ms() });
                }
            }
            changed += entries.len() as u64;
            now_has.into_iter().for_each(|(article, has)| self.builder.note_tags(article, has));
            self.change(entries)?;
        }
        Ok(changed)
    }

    /// Keeps a query under a name, or takes the name away.
    pub fn save_query(&mut self, name: &str, query: Option<&str>) -> Result<()> {
        self.change(vec![Entry::Saved {
            name: name.to_owned(),
            query: query.map(str::to_owned),
            at_ms: now_ms(),
        }])
    }

    /// Commits entries that are no captures.
    fn change(&mut self, entries: Vec<Entry>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        self.guarded(|archive| {
            archive.try_settle()?;
            let commit = archive.builder.change(entries.iter().map(Entry::encode).collect());
            let Archive { ledger, store, waiting, layout, .. } = archive;
            waiting.write(commit, ledger, store.as_ref().expect(OPEN), layout)
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
        if self.waiting.is_full() {
            self.apply_waiting()?;
        }
        if self.staged.is_none() && self.waiting.commits.is_empty() {
            self.builder.forget_if_long();
        }
        let raws: Vec<Option<Raw>> = batch.iter().map(|ready| ready.raw.clone()).collect();
        let staged = self.staged.take();
        let kept = self.raws();
        let Archive { ledger, store, waiting, builder, layout, uuid, .. } = self;
        let store = store.as_ref().expect(OPEN);
        let (written, built) = std::thread::scope(|scope| {
            let writing = staged.map(|commit| scope.spawn(|| waiting.write(commit, ledger, store, layout)));
            let built = builder.build(store, *uuid, batch, &|digest| kept.has(digest));
            (writing.map_or(Ok(()), |writing| writing.join().expect("writing never panics")), built)
        });
        written?;
        let Built { puts, named, commit, fresh } = built?;
        // Durable before the commit that names them, which is written after this. Those that are named already were lost if they
        // are not there.
        let named = raws.iter().zip(named).filter(|(_, named)| *named);
        kept.keep(named.filter_map(|(raw, _)| raw.as_ref()))?;
        self.staged = commit;
        self.index(fresh);
        Ok(puts)
    }

    fn try_settle(&mut self) -> Result<()> {
        let Some(commit) = self.staged.take() else { return Ok(()) };
        let Archive { ledger, store, waiting, layout, .. } = self;
        waiting.write(commit, ledger, store.as_ref().expect(OPEN), layout)
    }

    /// Brings the store up to the ledger.
    fn apply_waiting(&mut self) -> Result<()> {
        self.try_settle()?;
        if self.waiting.commits.is_empty() {
            return Ok(());
        }
        let store = self.store.as_ref().expect(OPEN);
        self.waiting.write_bodies(store, &self.layout)?;
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
        Ok(Reader::new(self.uuid, self.store_ref().view(), search))
    }

    /// Everything that was committed, to be asked this: with the full-text index, brought up to date, if the query needs it.
    /// What had to be mended for it is in [`Archive::search_healed`].
    pub fn reader_for(&mut self, query: &Query) -> Result<Reader<'_>> {
        self.guarded(Archive::apply_waiting)?;
        if query.filter.asks_for_text() && !self.search_is_current() {
            self.open_search()?;
        }
        Ok(Reader::new(self.uuid, self.store_ref().view(), self.search.as_ref()))
    }

    fn search_is_current(&self) -> bool {
        let next_article = self.store_ref().applied().position.next_article;
        self.search.as_ref().is_some_and(|search| search.next_article() == next_article)
    }

    /// Opens the full-text index, after it was brought up to the store. An index that cannot be used is made again, once; where
    /// it cannot be written, it is made elsewhere if that is allowed.
    fn open_search(&mut self) -> Result<()> {
        self.search = None;
        if self.scratch.is_some() {
            // The archive's own may have everything, and reading it needs no writing.
            let own = Layout::of(self.dir()).search();
            if own.is_dir()
                && self.is_current(&own).unwrap_or(false)
                && let Ok(search) = SearchIndex::open(&own)
            {
                self.search = Some(search);
                return Ok(());
            }
        }
        match self.try_open_search() {
            Err(e) if e.is_of_the_system() => {
                let Some(place) = self.scratch_place.take() else { return Err(e) };
                drop(self.indexer.take());
                let Ok((dir, temporary)) = place.directory(self.uuid) else { return Err(e) };
                (self.search_dir, self.scratch_search) = (dir.join("search"), temporary);
                self.try_open_search().map_err(|_| e)
            }
            opened => opened,
        }
    }

    fn try_open_search(&mut self) -> Result<()> {
        let dir = self.search_dir.clone();
        let mut open = || {
            // While it is being written, what is on disk says little.
            if self.indexer.is_some() || !self.is_current(&dir)? {
                self.catch_up()?;
            }
            SearchIndex::open(&dir)
        };
        let opened = match open() {
            Err(Error::Search { .. }) => {
                drop(self.indexer.take());
                remove(&dir)?;
                self.catch_up()?;
                SearchIndex::open(&dir)
            }
            opened => opened,
        };
        self.search = Some(opened?);
        Ok(())
    }

    /// Whether the full-text index in this directory has all articles.
    fn is_current(&self, dir: &Path) -> Result<bool> {
        let view = self.store_ref().view();
        let next_article = view.applied().position.next_article;
        words::is_current(dir, self.uuid, next_article, &|article| hash_of(&view, article))
    }

    /// Brings the full-text index up to the store, and closes it.
    fn catch_up(&mut self) -> Result<()> {
        let mut indexer = match self.indexer.take() {
            Some(indexer) => indexer,
            None => self.open_indexer()?,
        };
        let view = self.store_ref().view();
        let (first, next) = (indexer.next_article(), view.applied().position.next_article);
        let reason = indexer.reason().map(str::to_owned);
        let range = (keys::number(first), keys::number(next - 1));
        let mut bodies = view.trees().bodies.range(range.0, range.1, Direction::Up).peekable();
        let mut added = 0;
        for article in first..next {
            let (first_seq, entry) = view.article_entry(article)?;
            let hash = Digest(entry.hash());
            let Entry::Article(row) = entry.open(first_seq).map_err(store::damaged)? else {
                indexer.skip(&hash);
                continue;
            };
            // What cannot be read may have one.
            let is_before =
                |body: &Result<Value<5>>| body.as_ref().is_ok_and(|body| *body.key() < keys::number(article));
            while bodies.next_if(is_before).is_some() {}
            let body = bodies.next().transpose()?.filter(|body| *body.key() == keys::number(article));
            let body =
                body.ok_or_else(|| store::damaged(format!("the body of article {article} is missing")))?;
            let body = std::str::from_utf8(&body).map_err(store::damaged)?;
            indexer.add(&hash, &row.digest, row.language, &row.headline, body)?;
            added += 1;
        }
        indexer.close()?;
        let articles = view.applied().articles;
        match reason {
            Some(reason) if articles > 0 => {
                self.search_healed.push(words::Healed::Rebuilt { reason, articles });
            }
            _ if added > 0 => self.search_healed.push(words::Healed::CaughtUp { articles: added }),
            _ => {}
        }
        Ok(())
    }

    fn open_indexer(&self) -> Result<Indexer> {
        let view = self.store_ref().view();
        let next_article = view.applied().position.next_article;
        Indexer::open(&self.search_dir, self.uuid, next_article, &|article| hash_of(&view, article))
    }

    /// Adds new articles to the full-text index, as long as it has all that came before: what is missing is added when the
    /// archive is closed, or asked. It is committed then as well: never before the ledger.
    fn index(&mut self, fresh: Vec<Fresh>) {
        let Some(first) = fresh.first() else { return };
        if self.indexer.is_none()
            && !self.indexing_failed
            && self.store_ref().applied().position.next_article == first.article
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
        for Fresh { hash, digest, language, headline, body, .. } in fresh {
            added = added.and_then(|()| indexer.add(&hash, &digest, language, &headline, &body));
        }
        if added.is_err() {
            // Nothing depends on it; it is made again when it is needed.
            drop(self.indexer.take());
            self.indexing_failed = true;
        }
    }

    /// What had to be done to the full-text index.
    pub fn search_healed(&self) -> &[words::Healed] {
        &self.search_healed
    }

    /// Makes the full-text index again, whatever it is like.
    pub fn rebuild_search(&mut self) -> Result<u64> {
        self.guarded(Archive::apply_waiting)?;
        self.search = None;
        drop(self.indexer.take());
        remove(&self.search_dir)?;
        self.catch_up()?;
        Ok(self.store_ref().applied().articles)
    }

    /// Brings the store up to date, closes it and lets go of the archive.
    pub fn close(mut self) -> Result<()> {
        if self.failed {
            return Err(Error::Poisoned);
        }
        self.guarded(Archive::apply_waiting)?;
        self.failed = true;
        self.search = None;
        // It is derived: if it cannot be written now, the next search makes it again, or says why it cannot.
        let indexed = if self.indexer.is_some() { self.catch_up() } else { Ok(()) };
        if indexed.is_err() {
            drop(self.indexer.take());
        }
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
        Ok(())
    }
}

/// The hash of an article's entry: by which the full-text index knows what it has.
fn hash_of(view: &View<'_>, article: u64) -> Result<Digest> {
    Ok(Digest(view.article_entry(article)?.1.hash()))
}

impl ScratchPlace {
    /// The directory for one archive, which is made if it is not there.
    fn directory(&self, uuid: uuid::Uuid) -> Result<(PathBuf, Option<tempfile::TempDir>)> {
        match self {
            ScratchPlace::In(place) => {
                let dir = place.join(uuid.to_string());
                if is_taken(&dir)? {
                    let reason = "it is no place for the indexes of an archive: it is one".to_owned();
                    return Err(Error::NotAnArchive { path: dir, reason });
                }
                private_dirs().recursive(true).create(&dir).doing("create", &dir)?;
                Ok((dir, None))
            }
            ScratchPlace::Temporary => {
                let parent = std::env::temp_dir();
                // Readable by its owner alone.
                let made = tempfile::Builder::new().prefix("pressmark-").tempdir_in(&parent);
                let made = made.doing("create a directory in", &parent)?;
                Ok((made.path().to_owned(), Some(made)))
            }
        }
    }
}

impl ScratchPlace {
    /// Removes what was built for one archive, and nothing else, unless somebody is reading through it.
    fn clear(&self, uuid: uuid::Uuid) -> Result<()> {
        let ScratchPlace::In(place) = self else { return Ok(()) };
        let dir = place.join(uuid.to_string());
        if !is_there(&dir)? || is_taken(&dir)? {
            return Ok(());
        }
        let layout = Layout::of(&dir);
        let _lock = lock(&layout, Duration::ZERO)?;
        let derived = [layout.store(), layout.search(), layout.dirty(), dir.join("dirty.new"), layout.lock()];
        derived.iter().try_for_each(|path| remove(path))?;
        std::fs::remove_dir(&dir).doing("remove", &dir)
    }
}

/// Whether a directory is an archive.
fn is_taken(dir: &Path) -> Result<bool> {
    let layout = Layout::of(dir);
    Ok(is_there(&layout.config())? || is_there(&layout.ledger())?)
}

/// Builds the store again from the ledger, whatever it is like.
pub fn rebuild(dir: &Path, reason: &str, wait: Duration) -> Result<Healed> {
    let hold = Hold::take(dir, wait, false)?;
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
