//! The store: the sled trees from which every question is answered. Derived from the ledger, and only here is sled named.
//!
//! [`Store::apply`] takes commits that are durable in the ledger already and moves the applied position with them in one
//! transaction over all trees, so that what is in the store is always a prefix of the ledger. One writes; any number of
//! [`View`]s read, each as of one position of the ledger.

pub mod keys;
#[cfg(test)]
mod model;
pub mod packed;
mod state;
mod trees;
mod view;

pub use keys::Mark;
pub use state::{Applied, SourceNames};
pub use trees::{BODIES, Trees};
pub use view::View;

use crate::bytes::codec;
use crate::bytes::fs::IoContext;
use crate::bytes::pack::{self, Pack, Row};
use crate::bytes::panics;
use crate::ledger::{BodyPack, Commit, Entry, Numbered, Position, RawEntry, article_keys, capture_keys};
use crate::model::error::system_error;
use crate::model::{Digest, Error, Published, Result, Timestamp};
use packed::{Value, Writes, quiet, rows_bytes};
use sled::Transactional;
use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};
use state::{Removed, SavedQuery, State, Tagged};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use trees::{Change, Rows};

/// The version of all that stands in the store. One of another version is built again from the ledger.
const LAYOUT: u32 = 2;

/// A quarter of it is the longest leaf that sled keeps in its log; a longer one would become a blob, which it never syncs.
/// Opening reads and clears about one segment, so it should not be longer than it must.
const SEGMENT_BYTES: usize = 4 << 20;
/// What sled may keep of the pages that it has read.
const CACHE_BYTES: u64 = 48 << 20;

/// The sled trees, open, for one writer.
pub struct Store {
    /// Taken when it is closed: sled panics, or hangs, when it is dropped and cannot write.
    open: Option<Box<Open>>,
}

/// What is open of a store.
struct Open {
    db: sled::Db,
    trees: Trees,
    meta: sled::Tree,
    /// What was applied last.
    state: RwLock<Arc<State>>,
    touched: AtomicBool,
    syncing: Arc<AtomicBool>,
    dir: PathBuf,
    file: Arc<Path>,
}

/// Says that the store is damaged.
pub(crate) fn damaged(what: impl ToString) -> Error {
    Error::Store { what: what.to_string() }
}

/// The same of what sled says, unless that is an error of the system.
fn failed(file: &Path, what: &str) -> Error {
    match system_error(what) {
        Some(source) => Error::Io { doing: "use", path: file.to_owned(), source },
        None => damaged(what),
    }
}

impl Store {
    /// Opens the trees in a directory, which is made if it is not there. An error or a panic of sled is [`Error::Store`];
    /// what needs the user, such as a full disk, is [`Error::Io`].
    pub fn open(dir: &Path) -> Result<Store> {
        panics::silence();
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
        let state = State::read(&trees, quiet(&file, || meta.get("applied"))?.as_deref())?;
        let open = Box::new(Open {
            trees,
            meta,
            db,
            state: RwLock::new(Arc::new(state)),
            touched: AtomicBool::new(false),
            syncing: Arc::default(),
            dir: dir.to_owned(),
            file,
        });
        let store = Store { open: Some(open) };
        store.check_ends()?;
        Ok(store)
    }

    /// Writes everything out and lets go. If anything was applied, opens and closes once more: sled writes its snapshot
    /// while opening, and without one the next opening reads the whole log.
    pub fn close(self) -> Result<()> {
        let dir = &self.open_parts().dir.clone();
        let touched = self.open_parts().touched.load(Ordering::Relaxed);
        self.let_go()?;
        if touched {
            Store::open(dir)?.let_go()?;
        }
        let file = dir.join("db");
        std::fs::File::open(&file).and_then(|file| file.sync_all()).doing("sync", &file)?;
        crate::bytes::fs::sync_dir(dir)
    }

    /// Closes sled.
    pub fn let_go(mut self) -> Result<()> {
        self.open.take().map_or(Ok(()), let_go)
    }

    fn open_parts(&self) -> &Open {
        self.open.as_deref().expect("a store is open until it is let go")
    }

    fn state(&self) -> Arc<State> {
        self.open_parts().state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_state(&self, state: State) {
        *self.open_parts().state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }

    /// Everything that was applied.
    pub fn view(&self) -> View<'_> {
        View::new(&self.open_parts().trees, self.state())
    }

    /// The trees.
    pub fn trees(&self) -> &Trees {
        &self.open_parts().trees
    }

    /// How far the store has come.
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

    /// Applies commits, in order, in one transaction; `position` is the ledger's after the last of them. One thread at a time.
    ///
    /// Their bodies must have been written with [`Store::write_bodies`].
    pub fn apply(&self, commits: &[Commit], position: Position) -> Result<()> {
        let Open { trees, meta, file, touched, .. } = self.open_parts();
        let mut applying = Applying::after(self.view())?;
        for commit in commits {
            let (first, committed) = (keys::number(commit.first_seq), commit.committed_ms.to_be_bytes());
            if commit.next_seq() > commit.first_seq {
                applying.rows.commits.push((first, Box::from(committed)));
            }
            commit.numbered().try_for_each(|numbered| applying.entry(&numbered))?;
        }
        let (rows, state) = applying.finish(position)?;
        let mut changed = Writes::default();
        changed.set("applied", codec::encode(&state.applied));
        touched.store(true, Ordering::Relaxed);
        let mut changes = trees.prepare(rows)?;
        changes.push((meta, changed));
        transact(file, changes)?;
        trees.forget();
        self.set_state(state);
        Ok(())
    }

    /// Names another place in the ledger for the same state: the ledger's end was written again.
    pub fn move_to(&self, position: Position) -> Result<()> {
        let Open { meta, file, touched, .. } = self.open_parts();
        let mut state = State::clone(&self.state());
        state.applied.position = position;
        quiet(file, || meta.insert("applied", codec::encode(&state.applied)))?;
        touched.store(true, Ordering::Relaxed);
        self.set_state(state);
        Ok(())
    }

    /// Puts bodies in, ahead of the commits that they belong to; those must be in the ledger. It may be done again with the
    /// same bodies: they end in the same packs.
    pub fn write_bodies(&self, bodies: &[BodyPack]) -> Result<()> {
        let Some(BodyPack { first, .. }) = bodies.first() else { return Ok(()) };
        if *first == 0 {
            return Err(damaged("bodies of an article that there cannot be"));
        }
        let Open { trees, file, touched, .. } = self.open_parts();
        let tree = &trees.bodies;
        let mut open = self.open_bodies(*first)?;
        let mut packs: Vec<([u8; 5], Cow<'_, [u8]>)> = Vec::new();
        for body in bodies {
            if open.is_empty() && body.full {
                packs.push((keys::number(body.first), Cow::from(&body.bytes)));
                continue;
            }
            open.extend(Pack::<5>::decode(&body.bytes).map_err(damaged)?.to_rows());
            if rows_bytes(&open) >= BODIES.bytes {
                packs.push((open[0].0, Cow::from(tree.encode(&open))));
                open.clear();
            }
        }
        if !open.is_empty() {
            packs.push((open[0].0, Cow::from(tree.encode(&open))));
        }
        let mut writes = Writes::default();
        tree.append_encoded(packs.iter().map(|(first, pack)| (*first, &**pack)), &mut writes);
        touched.store(true, Ordering::Relaxed);
        tree.make_slots(packs.iter().map(|(first, _)| *first))?;
        quiet(file, || tree.tree().apply_batch(writes.batch))?;
        tree.forget();
        self.sync_ahead();
        Ok(())
    }

    /// Lets the disk begin with what closing would otherwise wait for. Nothing relies on it.
    fn sync_ahead(&self) {
        let Open { syncing, dir, .. } = self.open_parts();
        if syncing.swap(true, Ordering::Relaxed) {
            return;
        }
        let (syncing, file) = (syncing.clone(), dir.join("db"));
        std::thread::spawn(move || {
            let _ = std::fs::File::open(file).and_then(|file| file.sync_data());
            syncing.store(false, Ordering::Relaxed);
        });
    }

    /// The rows of the pack that bodies from this article on are added to; none if they begin a pack.
    fn open_bodies(&self, first: u64) -> Result<Vec<Row<5>>> {
        let Some(last) = self.trees().bodies.get(&keys::number(first - 1))? else { return Ok(Vec::new()) };
        let mut rows = last.pack().to_rows();
        rows.retain(|(key, _)| *key < keys::number(first));
        if rows_bytes(&rows) >= BODIES.bytes {
            rows.clear();
        }
        Ok(rows)
    }

    /// How many bytes the pack has already that the next body is added to.
    pub fn open_body_bytes(&self) -> Result<usize> {
        Ok(rows_bytes(&self.open_bodies(self.applied().position.next_article)?))
    }
}

/// What cannot be written is left open, to the end of the process.
fn let_go(open: Box<Open>) -> Result<()> {
    let file = open.file.clone();
    if let Err(e) = quiet(&file, || open.db.flush()) {
        std::mem::forget(open);
        return Err(e);
    }
    panics::caught(|| drop(open)).map_err(|panic| failed(&file, &panic))
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.open.take().map_or(Ok(()), let_go);
    }
}

/// Commits on their way into the store: rows, and what the state will be.
struct Applying<'a> {
    view: View<'a>,
    state: State,
    names: SourceNames,
    /// Sources and tags before.
    known: (usize, usize),
    rows: Rows,
    /// The articles of these commits, those that can be read.
    new: Vec<Option<NewArticle>>,
    /// An article that the next entry should be a capture of.
    awaits: Option<u64>,
    tagged: BTreeMap<u64, Tags>,
    queries: BTreeMap<u64, SavedQuery>,
}

/// An article of a commit on its way into the store.
struct NewArticle {
    digest: Digest,
    first_seq: u64,
    text_bytes: u64,
}

/// The tags that an article has and had, and by number which of them it has.
struct Tags {
    all: Vec<Tagged>,
    open: HashMap<u32, usize>,
}

impl<'a> Applying<'a> {
    fn after(view: View<'a>) -> Result<Applying<'a>> {
        let state = State::clone(view.state());
        let names = SourceNames::clone(&*view.names()?);
        let known = (names.names().len(), state.tags().len());
        let (rows, new, tagged, queries) = Default::default();
        Ok(Applying { view, state, names, known, rows, new, awaits: None, tagged, queries })
    }

    fn entry(&mut self, numbered: &Numbered<'_>) -> Result<()> {
        let Numbered { seq, article, entry } = *numbered;
        if entry.is_article() {
            self.rows.articles.push((keys::number(article), entry.to_row(&keys::number(seq))));
            return self.article(article, seq, entry);
        }
        self.rows.captures.push((keys::number(seq), entry.to_row(&[])));
        if entry.is_capture() {
            return self.capture(seq, entry);
        }
        self.misses_first();
        match entry.open(seq).map_err(damaged)? {
            Entry::Tags { article, added, removed, .. } => self.tags(seq, article, &added, &removed),
            Entry::Saved { name, query, .. } => {
                self.queries.extend(self.state.save(name, query, seq));
                Ok(())
            }
            Entry::Removal { article, digest, .. } => self.remove(article, digest, seq),
            _ => Ok(()),
        }
    }

    /// An article of these commits.
    fn new_article(&self, article: u64) -> Option<&NewArticle> {
        let first = self.view.applied().position.next_article;
        self.new.get(article.checked_sub(first)? as usize)?.as_ref()
    }

    /// What should be the capture that brought an article is none.
    fn misses_first(&mut self) {
        self.state.applied.without_first += u64::from(self.awaits.take().is_some());
    }

    fn article(&mut self, number: u64, first_seq: u64, entry: &RawEntry) -> Result<()> {
        self.misses_first();
        if !entry.gone {
            self.state.applied.last_body = number;
        }
        if !entry.is_readable_article() {
            self.state.hide(number);
            self.rows.unreadable.push((keys::number(number), Box::default()));
            self.new.push(None);
            return Ok(());
        }
        let (digest, text_bytes) = article_keys(&entry.bytes).map_err(damaged)?;
        self.state.applied.articles += 1;
        self.state.applied.text_bytes += text_bytes;
        self.awaits = Some(number);
        self.rows.digests.push((keys::digest_key(&digest, number), Box::default()));
        self.new.push(Some(NewArticle { digest, first_seq, text_bytes }));
        Ok(())
    }

    fn capture(&mut self, seq: u64, entry: &RawEntry) -> Result<()> {
        let keys = capture_keys(&entry.bytes).map_err(damaged)?;
        let is_first = self.awaits == Some(keys.article);
        self.awaits.take_if(|_| is_first);
        self.misses_first();
        let digest = match self.new_article(keys.article) {
            Some(new) => new.digest,
            None if self.state.is_unreadable(keys.article) => return Ok(()),
            None => self.view.article(keys.article)?.digest,
        };
        if !self.state.dead().contains(keys.article) {
            self.state.applied.captures += 1;
        }
        if !is_first {
            self.state.applied.later += 1;
            self.rows.by_article.push((keys::article_key(keys.article, seq), Box::default()));
        }
        let source = match keys.source {
            None => 0,
            Some(source) => self.names.number_or_new(source),
        };
        let (published, captured) =
            marks(seq, keys.article, &digest, keys.published.as_ref(), keys.captured, source);
        self.rows.by_date.push((published.date_key(), Box::default()));
        self.rows.by_captured.push((captured.date_key(), Box::default()));
        self.rows.by_source.push((published.source_key(), Box::default()));
        if let Some(url) = keys.url {
            self.rows.by_url.push((keys::url_key(url_hash(url), seq, keys.article), Box::default()));
        }
        Ok(())
    }

    fn tags(&mut self, seq: u64, article: u64, added: &[String], removed: &[String]) -> Result<()> {
        if let std::collections::btree_map::Entry::Vacant(unknown) = self.tagged.entry(article) {
            let all = self.view.tagged_row(article)?;
            let open = (0..).zip(&all).filter(|(_, tagged)| tagged.until.is_none());
            let open = open.map(|(at, tagged)| (tagged.tag, at)).collect();
            unknown.insert(Tags { all, open });
        }
        let tags = self.tagged.get_mut(&article).expect("it was put in");
        for tag in added {
            let tag = self.state.tag_number_or_new(tag);
            tags.open.entry(tag).or_insert_with(|| {
                tags.all.push(Tagged { tag, since: seq, until: None });
                tags.all.len() - 1
            });
        }
        for tag in removed {
            let open = self.state.tag_number(tag).and_then(|tag| tags.open.remove(&tag));
            if let Some(at) = open {
                tags.all[at].until = Some(seq);
            }
        }
        Ok(())
    }

    /// An article is not part of the archive any more, and neither are its captures.
    fn remove(&mut self, article: u64, digest: Digest, seq: u64) -> Result<()> {
        if self.state.is_unreadable(article) {
            // Whoever brings the text again is to find that it was removed.
            if !self.state.was_removed(article, &digest) {
                self.rows.digests.push((keys::digest_key(&digest, article), Box::default()));
            }
        } else if !self.state.dead().contains(article) {
            let (text_bytes, before) = match self.new_article(article) {
                Some(new) => (new.text_bytes, u64::from(self.is_capture(new.first_seq, article))),
                None => {
                    let row = self.view.article(article)?;
                    (row.text_bytes(), self.view.captures_of(article, row.first_seq)?.len() as u64)
                }
            };
            // Those of these commits have no rows yet.
            let later = self.rows.by_article.iter().filter(|(key, _)| key[..5] == keys::number(article));
            let applied = &mut self.state.applied;
            applied.articles -= 1;
            applied.text_bytes -= text_bytes;
            applied.captures -= before + later.count() as u64;
        }
        self.rows.removals.push((keys::number(seq), codec::encode(&(article, digest)).into()));
        self.state.remove(Removed { article, digest, since: seq });
        Ok(())
    }

    /// Whether an entry of these commits is a capture of an article that can be read.
    fn is_capture(&self, seq: u64, article: u64) -> bool {
        let found = self.rows.captures.binary_search_by_key(&keys::number(seq), |row| row.0);
        let entry = found.ok().and_then(|at| RawEntry::of_row(&self.rows.captures[at].1).ok());
        entry.is_some_and(|entry| entry.is_capture() && entry.about() == [article])
    }

    fn finish(mut self, position: Position) -> Result<(Rows, State)> {
        self.misses_first();
        let Applying { mut rows, mut state, names, known, tagged, queries, .. } = self;
        for (number, name) in (1u32..).zip(names.names()).skip(known.0) {
            rows.sources.push((number.to_be_bytes(), name.as_str().as_bytes().into()));
        }
        for (number, name) in (1u32..).zip(state.tags()).skip(known.1) {
            rows.tag_names.push((number.to_be_bytes(), name.as_bytes().into()));
        }
        for (since, saved) in queries {
            rows.queries.push((keys::number(since), codec::encode(&saved).into()));
        }
        for (article, tags) in tagged {
            for Tagged { tag, since, until } in &tags.all {
                let until = until.map_or(Box::default(), |until| keys::number(until).into());
                rows.by_tag.push((keys::tag_key(*tag, article, *since), until));
            }
            rows.tags.push((keys::number(article), codec::encode(&tags.all).into()));
        }
        state.applied.position = position;
        state.set_names(names);
        Ok((rows, state))
    }
}

/// The marks of a capture: by publication and by capture.
pub fn marks(
    seq: u64,
    article: u64,
    digest: &Digest,
    published: Option<&Published>,
    captured: Option<Timestamp>,
    source: u32,
) -> (Mark, Mark) {
    let digest = digest.0[..5].try_into().expect("a digest has 32 bytes");
    let flags = Mark::flags(published);
    let mark = Mark { at: published.map(|published| published.at), digest, seq, article, source, flags };
    (mark, Mark { at: captured, ..mark })
}

/// The eight bytes by which a URL is found, whatever its spelling; see [`crate::model::url::canonical`].
pub fn url_hash(url: &str) -> [u8; 8] {
    let canonical = crate::model::url::canonical(url);
    blake3::hash(canonical.as_bytes()).as_bytes()[..8].try_into().expect("a hash has 32 bytes")
}

/// Cuts the bodies of articles into packs as the store will keep them, going on in a pack that has `open_bytes` already.
pub fn cut_bodies(
    mut open_bytes: usize,
    bodies: impl IntoIterator<Item = (u64, Box<[u8]>)>,
) -> Vec<(bool, Vec<Row<5>>)> {
    let mut packs = Vec::new();
    let mut run = Vec::new();
    for (number, body) in bodies {
        open_bytes += pack::row_bytes::<5>(&body);
        run.push((keys::number(number), body));
        if open_bytes >= BODIES.bytes {
            packs.push((true, std::mem::take(&mut run)));
            open_bytes = 0;
        }
    }
    if !run.is_empty() {
        packs.push((false, run));
    }
    packs
}

/// Encodes what [`cut_bodies`] cut.
pub fn encode_bodies((full, rows): (bool, Vec<Row<5>>)) -> BodyPack {
    BodyPack { first: keys::read_number(&rows[0].0), full, bytes: pack::encode(&rows, BODIES.level) }
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
