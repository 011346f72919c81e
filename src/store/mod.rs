//! The store: the sled trees from which every question is answered. Derived from the ledger, and only here is sled named.
//!
//! [`Store::apply`] takes commits that are durable in the ledger already and moves the applied position with them in one
//! transaction over all trees, so that what is in the store is always a prefix of the ledger.

pub mod keys;
pub mod packed;
pub(crate) mod panics;

pub use keys::Mark;

use crate::article::{Provenance, Source};
use crate::codec;
use crate::digest::{Digest, Prefix};
use crate::error::{Error, IoContext, Result, system_error};
use crate::ledger::{ArticleRow, BodyPack, Commit, Entry, Position};
use crate::pack::{self, Pack, Row};
use crate::search::NumberSet;
use keys::MARK_BYTES;
use packed::{Direction, PackedTree, Packing, Value, Writes, quiet, rows_bytes};
use serde::{Deserialize, Serialize};
use sled::Transactional;
use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};
use std::borrow::Cow;
use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Rows of indexes: few enough bytes that a random insertion writes little.
const INDEX: Packing = Packing { bytes: 8 << 10, level: Some(3), cached: 64 };
/// Articles without their bodies: read one by one in lists.
const ARTICLES: Packing = Packing { bytes: 12 << 10, level: Some(3), cached: 64 };
/// Captures: alike, and read in runs.
const CAPTURES: Packing = Packing { bytes: 32 << 10, level: Some(3), cached: 16 };
/// Bodies. Chosen with `cargo bench --bench archive -- pack`: see ARCHITECTURE.md.
pub const BODIES: Packing = Packing { bytes: 112 << 10, level: Some(6), cached: 4 };

/// A quarter of it is the longest leaf that sled keeps in its log; a longer one would become a blob, which it never syncs.
/// Opening reads and clears about one segment, so it should not be longer than it must.
const SEGMENT_BYTES: usize = 4 << 20;
/// What sled may keep of the pages that it has read.
const CACHE_BYTES: u64 = 48 << 20;

/// How far the store has come, and what it would take a scan to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The position in the ledger after the last commit that was applied.
    pub position: Position,
    /// Bytes of headlines and bodies.
    pub text_bytes: u64,
    /// Entries that are no captures.
    pub others: u64,
}

impl Applied {
    const START: Applied = Applied { position: Position::START, text_bytes: 0, others: 0 };

    /// The number of articles.
    pub fn articles(&self) -> u64 {
        self.position.next_article - 1
    }

    /// The number of captures.
    pub fn captures(&self) -> u64 {
        self.entries() - self.others
    }

    /// The number of captures and of everything else that is numbered with them.
    pub fn entries(&self) -> u64 {
        self.position.next_seq - 1
    }
}

/// The sled trees, open.
pub struct Store {
    /// Taken when it is closed: sled panics, or hangs, when it is dropped and cannot write.
    open: Option<Box<Trees>>,
}

/// What is open of a store.
pub struct Trees {
    db: sled::Db,
    /// See [`keys`].
    pub articles: PackedTree<5>,
    /// See [`keys`].
    pub bodies: PackedTree<5>,
    /// See [`keys`].
    pub captures: PackedTree<5>,
    /// See [`keys`].
    pub digests: PackedTree<13>,
    /// See [`keys`].
    pub by_article: PackedTree<10>,
    /// See [`keys`].
    pub by_date: PackedTree<MARK_BYTES>,
    /// See [`keys`].
    pub by_captured: PackedTree<MARK_BYTES>,
    /// See [`keys`].
    pub by_source: PackedTree<MARK_BYTES>,
    /// See [`keys`].
    pub by_url: PackedTree<18>,
    /// See [`keys`].
    pub by_tag: PackedTree<9>,
    /// See [`keys`].
    pub tags: PackedTree<5>,
    sources: PackedTree<4>,
    meta: sled::Tree,
    labels: Labels,
    applied: Applied,
    names: OnceLock<Arc<SourceNames>>,
    touched: AtomicBool,
    syncing: Arc<AtomicBool>,
    dir: PathBuf,
    file: Arc<Path>,
}

/// The sources of an archive and their numbers.
#[derive(Clone, Debug, Default)]
pub struct SourceNames {
    names: Vec<Source>,
    numbers: HashMap<Source, u32>,
}

impl SourceNames {
    /// The number of a source; 0 for none. `None` if the archive does not know the source.
    pub fn number(&self, source: Option<&Source>) -> Option<u32> {
        match source {
            None => Some(0),
            Some(source) => self.numbers.get(source).copied(),
        }
    }

    /// The source with this number.
    pub fn name(&self, number: u32) -> Option<&Source> {
        self.names.get((number as usize).checked_sub(1)?)
    }

    /// All of them, in order of arrival.
    pub fn names(&self) -> &[Source] {
        &self.names
    }

    fn number_or_new(&mut self, source: Option<&Source>) -> u32 {
        let Some(source) = source else { return 0 };
        *self.numbers.entry(source.clone()).or_insert_with(|| {
            self.names.push(source.clone());
            self.names.len() as u32
        })
    }
}

/// What users have named: few enough to be kept in one row each.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// Tags in order of their first use; their numbers begin at 1.
    tags: Vec<String>,
    /// Saved queries by name.
    queries: BTreeMap<String, String>,
}

impl Labels {
    fn number(&self, tag: &str) -> Option<u32> {
        self.tags.iter().position(|known| known == tag).map(|at| at as u32 + 1)
    }

    fn number_or_new(&mut self, tag: &str) -> u32 {
        self.number(tag).unwrap_or_else(|| {
            self.tags.push(tag.to_owned());
            self.tags.len() as u32
        })
    }
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
        let tree = |name: &str| quiet(&file, || db.open_tree(name));
        let meta = tree("meta")?;
        let applied = match quiet(&file, || meta.get("applied"))? {
            None => Applied::START,
            Some(bytes) => codec::decode(&bytes).map_err(damaged)?,
        };
        let row = |name: &str| quiet(&file, || meta.get(name));
        let tags = row("tags")?.map(|bytes| codec::decode(&bytes)).transpose().map_err(damaged)?;
        let queries = row("queries")?.map(|bytes| codec::decode(&bytes)).transpose().map_err(damaged)?;
        let store = Box::new(Trees {
            by_tag: PackedTree::new(tree("by_tag")?, &file, INDEX),
            tags: PackedTree::new(tree("tags")?, &file, INDEX),
            labels: Labels { tags: tags.unwrap_or_default(), queries: queries.unwrap_or_default() },
            articles: PackedTree::new(tree("articles")?, &file, ARTICLES),
            bodies: PackedTree::new(tree("bodies")?, &file, BODIES),
            captures: PackedTree::new(tree("captures")?, &file, CAPTURES),
            digests: PackedTree::new(tree("digests")?, &file, INDEX),
            by_article: PackedTree::new(tree("by_article")?, &file, INDEX),
            by_date: PackedTree::new(tree("by_date")?, &file, INDEX),
            by_captured: PackedTree::new(tree("by_captured")?, &file, INDEX),
            by_source: PackedTree::new(tree("by_source")?, &file, INDEX),
            by_url: PackedTree::new(tree("by_url")?, &file, INDEX),
            sources: PackedTree::new(tree("sources")?, &file, INDEX),
            meta,
            db,
            applied,
            names: OnceLock::new(),
            touched: AtomicBool::new(false),
            syncing: Arc::default(),
            dir: dir.to_owned(),
            file,
        });
        let store = Store { open: Some(store) };
        store.check_ends()?;
        Ok(store)
    }

    /// Writes everything out and lets go. If anything was applied, opens and closes once more: sled writes its snapshot
    /// while opening, and without one the next opening reads the whole log.
    pub fn close(self) -> Result<()> {
        let dir = &self.dir.clone();
        let touched = self.touched.load(Ordering::Relaxed);
        self.let_go()?;
        if touched {
            Store::open(dir)?.let_go()?;
        }
        let file = dir.join("db");
        std::fs::File::open(&file).and_then(|file| file.sync_all()).doing("sync", &file)?;
        crate::ledger::sync_dir(dir)
    }

    /// Closes sled.
    pub fn let_go(mut self) -> Result<()> {
        self.open.take().map_or(Ok(()), let_go)
    }

    /// How far the store has come.
    pub fn applied(&self) -> Applied {
        self.applied
    }

    /// That the last rows are those that the counters name: the cheap part of `verify`.
    fn check_ends(&self) -> Result<()> {
        let last = |row: Option<Value<5>>| row.map_or(0, |row| keys::read_number(row.key()));
        let ends = [
            ("articles", last(self.articles.last()?), self.applied.articles()),
            ("bodies", last(self.bodies.last()?).min(self.applied.articles()), self.applied.articles()),
            ("captures", last(self.captures.last()?), self.applied.entries()),
        ];
        match ends.into_iter().find(|(_, found, expected)| found != expected) {
            None => Ok(()),
            Some((tree, found, expected)) => {
                Err(damaged(format!("{tree} end with {found} instead of {expected}")))
            }
        }
    }

    /// Applies commits, in order, in one transaction; `position` is the ledger's after the last of them.
    ///
    /// Their bodies must have been written with [`Store::write_bodies`].
    pub fn apply(&mut self, commits: &[Commit], position: Position) -> Result<()> {
        let mut names = SourceNames::clone(&*self.names()?);
        let known = names.names.len();
        let mut rows = Rows::default();
        let (mut text_bytes, mut others) = (0, 0);
        let mut labels = self.labels.clone();
        let (mut by_tag, mut tagged) = (BTreeMap::new(), BTreeMap::<u64, Vec<u32>>::new());
        for commit in commits {
            for (number, article) in (commit.first_article..).zip(&commit.articles) {
                text_bytes += article.headline.len() as u64 + u64::from(article.body_bytes);
                rows.digests.push((keys::digest_key(&article.digest, number), Box::default()));
                rows.articles.push((keys::number(number), codec::encode(article).into()));
            }
        }
        let first_new = commits.first().map_or(position.next_article, |commit| commit.first_article);
        let new: Vec<Digest> =
            commits.iter().flat_map(|commit| &commit.articles).map(|row| row.digest).collect();
        for commit in commits {
            let mut next_article = commit.first_article;
            for (seq, entry) in (commit.first_seq..).zip(&commit.entries) {
                rows.captures.push((keys::number(seq), codec::encode(entry).into()));
                let (article, provenance) = match entry {
                    Entry::Capture { article, provenance } => (article, provenance),
                    Entry::Tags { article, added, removed } => {
                        others += 1;
                        let has = match tagged.entry(*article) {
                            Slot::Occupied(has) => has.into_mut(),
                            Slot::Vacant(unknown) => unknown.insert(self.tag_numbers(*article)?),
                        };
                        for (tags, on) in [(added, true), (removed, false)] {
                            for number in tags.iter().map(|tag| labels.number_or_new(tag)) {
                                has.retain(|known| *known != number);
                                if on {
                                    has.push(number);
                                }
                                by_tag.insert(keys::tag_key(number, *article), on);
                            }
                        }
                        continue;
                    }
                    Entry::Saved { name, query } => {
                        others += 1;
                        match query {
                            Some(query) => labels.queries.insert(name.clone(), query.clone()),
                            None => labels.queries.remove(name),
                        };
                        continue;
                    }
                };
                let digest = match article.checked_sub(first_new).and_then(|index| new.get(index as usize)) {
                    Some(digest) => *digest,
                    None => self.article(*article)?.digest,
                };
                if *article == next_article {
                    next_article += 1;
                } else {
                    rows.by_article.push((keys::article_key(*article, seq), Box::default()));
                }
                rows.capture(
                    seq,
                    *article,
                    &digest,
                    provenance,
                    names.number_or_new(provenance.source.as_ref()),
                );
            }
        }
        rows.by_tag.extend(by_tag.into_iter().map(|(key, on)| (key, Box::from([u8::from(on)]))));
        rows.tags.extend(
            tagged.into_iter().map(|(article, tags)| (keys::number(article), codec::encode(&tags).into())),
        );
        for (number, name) in (1u32..).zip(&names.names).skip(known) {
            rows.sources.push((number.to_be_bytes(), name.as_str().as_bytes().into()));
        }
        let applied = Applied {
            position,
            text_bytes: self.applied.text_bytes + text_bytes,
            others: self.applied.others + others,
        };
        let mut meta = Writes::default();
        meta.batch.insert("applied", codec::encode(&applied));
        if others > 0 {
            meta.batch.insert("tags", codec::encode(&labels.tags));
            meta.batch.insert("queries", codec::encode(&labels.queries));
        }
        meta.count = 1;
        self.touched.store(true, Ordering::Relaxed);
        // Each tree's packs are made on a core of its own; sled then takes them one after the other.
        let made = rayon::join(
            || {
                rayon::join(
                    || (self.articles.prepare(rows.articles), self.captures.prepare(rows.captures)),
                    || (self.by_date.prepare(rows.by_date), self.by_captured.prepare(rows.by_captured)),
                )
            },
            || {
                rayon::join(
                    || (self.digests.prepare(rows.digests), self.by_url.prepare(rows.by_url)),
                    || {
                        (
                            self.by_source.prepare(rows.by_source),
                            self.by_article.prepare(rows.by_article),
                            self.sources.prepare(rows.sources),
                            (self.by_tag.prepare(rows.by_tag), self.tags.prepare(rows.tags)),
                        )
                    },
                )
            },
        );
        let (
            ((articles, captures), (by_date, by_captured)),
            ((digests, by_url), (by_source, by_article, sources, (by_tag, tags))),
        ) = made;
        let writes = [
            (self.articles.tree(), articles?),
            (self.captures.tree(), captures?),
            (self.digests.tree(), digests?),
            (self.by_article.tree(), by_article?),
            (self.by_date.tree(), by_date?),
            (self.by_captured.tree(), by_captured?),
            (self.by_source.tree(), by_source?),
            (self.by_url.tree(), by_url?),
            (self.sources.tree(), sources?),
            (self.by_tag.tree(), by_tag?),
            (self.tags.tree(), tags?),
            (&self.meta, meta),
        ];
        transact(&self.file, writes)?;
        self.forget();
        self.labels = labels;
        self.applied = applied;
        self.names = OnceLock::from(Arc::new(names));
        Ok(())
    }

    /// Names another place in the ledger for the same state: the ledger's end was written again.
    pub fn move_to(&mut self, position: Position) -> Result<()> {
        let applied = Applied { position, ..self.applied };
        quiet(&self.file, || self.meta.insert("applied", codec::encode(&applied)))?;
        self.touched.store(true, Ordering::Relaxed);
        self.applied = applied;
        Ok(())
    }

    /// Puts bodies in, ahead of the commits that they belong to; those must be in the ledger. It may be done again with the
    /// same bodies: they end in the same packs.
    pub fn write_bodies(&self, bodies: &[BodyPack]) -> Result<()> {
        let Some(BodyPack { first, .. }) = bodies.first() else { return Ok(()) };
        let mut open = self.open_bodies(*first)?;
        let mut packs: Vec<([u8; 5], Cow<'_, [u8]>)> = Vec::new();
        for body in bodies {
            if open.is_empty() && body.full {
                packs.push((keys::number(body.first), Cow::from(&body.bytes)));
                continue;
            }
            open.extend(Pack::<5>::decode(&body.bytes).map_err(damaged)?.to_rows());
            if rows_bytes(&open) >= BODIES.bytes {
                packs.push((open[0].0, Cow::from(self.bodies.encode(&open))));
                open.clear();
            }
        }
        if !open.is_empty() {
            packs.push((open[0].0, Cow::from(self.bodies.encode(&open))));
        }
        let mut writes = Writes::default();
        self.bodies.append_encoded(packs.iter().map(|(first, pack)| (*first, &**pack)), &mut writes);
        self.touched.store(true, Ordering::Relaxed);
        self.bodies.make_slots(packs.iter().map(|(first, _)| *first))?;
        quiet(&self.file, || self.bodies.tree().apply_batch(writes.batch))?;
        self.bodies.forget();
        self.sync_ahead();
        Ok(())
    }

    /// Lets the disk begin with what closing would otherwise wait for. Nothing relies on it.
    fn sync_ahead(&self) {
        if self.syncing.swap(true, Ordering::Relaxed) {
            return;
        }
        let (syncing, file) = (self.syncing.clone(), self.dir.join("db"));
        std::thread::spawn(move || {
            let _ = std::fs::File::open(file).and_then(|file| file.sync_data());
            syncing.store(false, Ordering::Relaxed);
        });
    }

    /// The rows of the pack that bodies from this article on are added to; none if they begin a pack.
    fn open_bodies(&self, first: u64) -> Result<Vec<Row<5>>> {
        let Some(last) = self.bodies.get(&keys::number(first - 1))? else { return Ok(Vec::new()) };
        let mut rows = last.pack().to_rows();
        rows.retain(|(key, _)| *key < keys::number(first));
        if rows_bytes(&rows) >= BODIES.bytes {
            rows.clear();
        }
        Ok(rows)
    }

    /// How many bytes the pack has already that the next body is added to.
    pub fn open_body_bytes(&self) -> Result<usize> {
        Ok(rows_bytes(&self.open_bodies(self.applied.position.next_article)?))
    }

    fn forget(&self) {
        self.articles.forget();
        self.bodies.forget();
        self.captures.forget();
        self.digests.forget();
        self.by_article.forget();
        self.by_date.forget();
        self.by_captured.forget();
        self.by_source.forget();
        self.by_url.forget();
        self.sources.forget();
        self.by_tag.forget();
        self.tags.forget();
    }

    /// The sources and their numbers; read once.
    pub fn names(&self) -> Result<Arc<SourceNames>> {
        if let Some(names) = self.names.get() {
            return Ok(names.clone());
        }
        let mut names = SourceNames::default();
        for row in self.sources.rows() {
            let row = row?;
            let name = Source::stored(String::from_utf8(row.to_vec()).map_err(damaged)?);
            let number = names.number_or_new(Some(&name));
            if number.to_be_bytes() != *row.key() {
                return Err(damaged("the number of a source"));
            }
        }
        Ok(self.names.get_or_init(|| Arc::new(names)).clone())
    }

    /// The number of the article with this digest.
    pub fn find(&self, digest: &Digest) -> Result<Option<u64>> {
        let (low, high) = (keys::digest_key(digest, 0), keys::digest_key(digest, (1 << 40) - 1));
        for row in self.digests.range(low, high, Direction::Up) {
            let number = keys::read_number(&row?.key()[8..]);
            if self.article(number)?.digest == *digest {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// Whether some article may have this digest: its first eight bytes are there.
    pub fn may_have(&self, digest: &Digest) -> Result<bool> {
        let (low, high) = (keys::digest_key(digest, 0), keys::digest_key(digest, (1 << 40) - 1));
        Ok(self.digests.range(low, high, Direction::Up).next().transpose()?.is_some())
    }

    /// The numbers of the articles whose digest starts with this prefix, in the order of their digests; `limit` at the most.
    pub fn find_prefix(&self, prefix: &Prefix, limit: usize) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        for row in self.digests.range(keys::digest_key(&prefix.first(), 0), [0xff; 13], Direction::Up) {
            let row = row?;
            if found.len() == limit || !prefix.may_match(&row.key()[..8]) {
                break;
            }
            let number = keys::read_number(&row.key()[8..]);
            if prefix.matches(&self.article(number)?.digest) {
                found.push(number);
            }
        }
        Ok(found)
    }

    /// How many digits of this article's digest are shared with another's, judged by the neighbours' first 16.
    pub fn digits_shared(&self, digest: &Digest) -> Result<usize> {
        let key = keys::digest_key(digest, 0);
        let mut shared = 0;
        for direction in [Direction::Up, Direction::Down] {
            let (low, high) = if direction == Direction::Up {
                (key, [0xff; 13])
            } else {
                ([0; 13], keys::digest_key(digest, (1 << 40) - 1))
            };
            for row in self.digests.range(low, high, direction) {
                let row = row?;
                let mut neighbour = Digest([0; 32]);
                neighbour.0[..8].copy_from_slice(&row.key()[..8]);
                let digits = digest.shared_digits(&neighbour).min(16);
                if digits < 16 {
                    shared = shared.max(digits);
                    break;
                }
                let other = self.article(keys::read_number(&row.key()[8..]))?.digest;
                if other != *digest {
                    shared = shared.max(digest.shared_digits(&other));
                }
            }
        }
        Ok(shared)
    }

    /// All of an article but its body.
    pub fn article(&self, number: u64) -> Result<ArticleRow> {
        let row = self.articles.get(&keys::number(number))?;
        let row = row.ok_or_else(|| damaged(format!("article {number} is missing")))?;
        codec::decode(&row).map_err(damaged)
    }

    /// An article's body.
    pub fn body(&self, number: u64) -> Result<String> {
        let row = self.bodies.get(&keys::number(number))?;
        let row = row.ok_or_else(|| damaged(format!("the body of article {number} is missing")))?;
        String::from_utf8(row.to_vec()).map_err(damaged)
    }

    /// What was captured: the article's number, and where it was found.
    pub fn capture(&self, seq: u64) -> Result<(u64, Provenance)> {
        let row = self.captures.get(&keys::number(seq))?;
        let row = row.ok_or_else(|| damaged(format!("capture {seq} is missing")))?;
        read_capture(&row)?.ok_or_else(|| damaged(format!("{seq} is no capture")))
    }

    /// What has this number: a capture, or something else that is numbered with them.
    pub fn entry(&self, seq: u64) -> Result<Entry> {
        let row = self.captures.get(&keys::number(seq))?;
        let row = row.ok_or_else(|| damaged(format!("capture {seq} is missing")))?;
        codec::decode(&row).map_err(damaged)
    }

    /// The numbers of an article's tags.
    fn tag_numbers(&self, article: u64) -> Result<Vec<u32>> {
        if self.labels.tags.is_empty() {
            return Ok(Vec::new());
        }
        let row = self.tags.get(&keys::number(article))?;
        row.map_or(Ok(Vec::new()), |row| codec::decode(&row).map_err(damaged))
    }

    /// An article's tags, in alphabetical order.
    pub fn tags_of(&self, article: u64) -> Result<Vec<String>> {
        let mut tags = Vec::new();
        for number in self.tag_numbers(article)? {
            let tag =
                self.labels.tags.get(number as usize - 1).ok_or_else(|| damaged("a tag has no name"))?;
            tags.push(tag.clone());
        }
        tags.sort();
        Ok(tags)
    }

    /// The articles with a tag.
    pub fn tagged(&self, tag: &str) -> Result<NumberSet> {
        let Some(number) = self.labels.number(tag) else { return Ok(NumberSet::default()) };
        let range = (keys::tag_key(number, 0), keys::tag_key(number, (1 << 40) - 1));
        let rows = self.by_tag.range(range.0, range.1, Direction::Up);
        rows.filter_map(|row| match row {
            Ok(row) => (*row == [1]).then(|| Ok(keys::read_number(&row.key()[4..]))),
            Err(e) => Some(Err(e)),
        })
        .collect()
    }

    /// Every tag in alphabetical order, with how many articles have it; none that no article has any more.
    pub fn tag_counts(&self) -> Result<Vec<(String, u64)>> {
        let mut counts = Vec::new();
        for tag in &self.labels.tags {
            counts.push((tag.clone(), self.tagged(tag)?.len()));
        }
        counts.retain(|(_, count)| *count > 0);
        counts.sort();
        Ok(counts)
    }

    /// The saved queries, by name.
    pub fn queries(&self) -> &BTreeMap<String, String> {
        &self.labels.queries
    }

    /// The captures of an article, in order of arrival; `first` is its first.
    pub fn captures_of(&self, article: u64, first: u64) -> Result<Vec<u64>> {
        let mut captures = vec![first];
        let range = (keys::article_key(article, 0), keys::article_key(article, (1 << 40) - 1));
        for row in self.by_article.range(range.0, range.1, Direction::Up) {
            captures.push(keys::read_number(&row?.key()[5..]));
        }
        Ok(captures)
    }

    /// Whether any article has more than one capture.
    fn has_later_captures(&self) -> bool {
        self.applied.captures() > self.applied.articles()
    }

    /// Whether an article has more than one capture.
    pub fn has_several(&self, article: u64) -> Result<bool> {
        Ok(self.has_later_captures() && !self.later_captures(article)?.is_empty())
    }

    /// The later captures of an article, without its first.
    fn later_captures(&self, article: u64) -> Result<Vec<u64>> {
        self.captures_of(article, 0).map(|mut captures| captures.split_off(1))
    }
}

/// What cannot be written is left open, to the end of the process.
fn let_go(open: Box<Trees>) -> Result<()> {
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

impl Deref for Store {
    type Target = Trees;

    fn deref(&self) -> &Trees {
        self.open.as_deref().expect(OPEN)
    }
}

impl DerefMut for Store {
    fn deref_mut(&mut self) -> &mut Trees {
        self.open.as_deref_mut().expect(OPEN)
    }
}

/// Why there is something to be used.
const OPEN: &str = "a store is open until it is let go";

/// Reads a row of `captures`; `None` is something else that is numbered with them.
pub fn read_capture(row: &[u8]) -> Result<Option<(u64, Provenance)>> {
    Ok(match codec::decode(row).map_err(damaged)? {
        Entry::Capture { article, provenance } => Some((article, provenance)),
        Entry::Tags { .. } | Entry::Saved { .. } => None,
    })
}

/// The marks of a capture: by publication and by capture.
pub fn marks(seq: u64, article: u64, digest: &Digest, provenance: &Provenance, source: u32) -> (Mark, Mark) {
    let published = provenance.published.as_ref();
    let digest = digest.0[..5].try_into().expect("a digest has 32 bytes");
    let flags = Mark::flags(published);
    let mark = Mark { at: published.map(|published| published.at), digest, seq, article, source, flags };
    (mark, Mark { at: provenance.captured, ..mark })
}

/// The eight bytes by which a URL is found, whatever its spelling; see [`crate::urls::canonical`].
pub fn url_hash(url: &str) -> [u8; 8] {
    let canonical = crate::urls::canonical(url);
    blake3::hash(canonical.as_bytes()).as_bytes()[..8].try_into().expect("a hash has 32 bytes")
}

/// Rows of a group of commits, by tree.
#[derive(Default)]
struct Rows {
    articles: Vec<Row<5>>,
    captures: Vec<Row<5>>,
    digests: Vec<Row<13>>,
    by_article: Vec<Row<10>>,
    by_date: Vec<Row<MARK_BYTES>>,
    by_captured: Vec<Row<MARK_BYTES>>,
    by_source: Vec<Row<MARK_BYTES>>,
    by_url: Vec<Row<18>>,
    sources: Vec<Row<4>>,
    by_tag: Vec<Row<9>>,
    tags: Vec<Row<5>>,
}

impl Rows {
    fn capture(&mut self, seq: u64, article: u64, digest: &Digest, provenance: &Provenance, source: u32) {
        let (published, captured) = marks(seq, article, digest, provenance, source);
        self.by_date.push((published.date_key(), Box::default()));
        self.by_captured.push((captured.date_key(), Box::default()));
        self.by_source.push((published.source_key(), Box::default()));
        if let Some(url) = &provenance.url {
            self.by_url.push((keys::url_key(url_hash(url), seq, article), Box::default()));
        }
    }
}

/// Cuts bodies into packs as the store will keep them, going on in a pack that has `open_bytes` already.
pub fn cut_bodies(
    mut open_bytes: usize,
    first_article: u64,
    bodies: Vec<Box<[u8]>>,
) -> Vec<(bool, Vec<Row<5>>)> {
    let mut packs = Vec::new();
    let mut run = Vec::new();
    for (number, body) in (first_article..).zip(bodies) {
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

fn transact(file: &Path, writes: [(&sled::Tree, Writes); 12]) -> Result<()> {
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
