//! What is known of the store beside its rows: counters, names, and what may change later, with the numbers of the entries that
//! began and ended it. A state is never changed: each transaction puts a new one in its place.

use super::corrections::CorrectionRow;
use super::failure::damaged;
use super::keys;
use super::trees::Tables;
use crate::bytes::codec;
use crate::ledger::Position;
use crate::model::{Digest, Language, Result, Source};
use roaring::RoaringTreemap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// How far the store has come, and what it would take a scan to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The position in the ledger after the last commit that was applied.
    pub position: Position,
    /// Articles that are there.
    pub articles: u64,
    /// Captures of those.
    pub captures: u64,
    /// Bytes of their headlines and bodies.
    pub text_bytes: u64,
    /// The last article that has a body.
    pub last_body: u64,
    /// Captures of articles that others brought.
    pub later: u64,
    /// Articles that do not have the capture that brought them, or not any more.
    pub without_first: u64,
}

impl Applied {
    const START: Applied = Applied {
        position: Position::START,
        articles: 0,
        captures: 0,
        text_bytes: 0,
        last_body: 0,
        later: 0,
        without_first: 0,
    };
}

/// See the module's text.
#[derive(Clone, Debug)]
pub struct State {
    pub applied: Applied,
    /// Tags in order of their first use; their numbers begin at 1.
    tags: Vec<String>,
    tag_numbers: HashMap<String, u32>,
    /// Everything that was ever saved, by the entry that saved it.
    queries: BTreeMap<u64, SavedQuery>,
    /// By name, the entry that saved what holds now.
    saved: HashMap<String, u64>,
    /// Articles that were removed; not number 0, which stands for one that was lost before.
    removed: Arc<RoaringTreemap>,
    /// The texts that were removed and may not come in again.
    tombstones: Arc<HashSet<Digest>>,
    /// The originals that ever went with removed texts; others that were removed may stand in them.
    erased: Arc<HashSet<Digest>>,
    /// How many times a removal was undone.
    undone: u64,
    /// Articles that were removed since the store was opened, also for views of before.
    live: Arc<Live>,
    /// Articles whose bytes are gone, or that a later version wrote.
    unreadable: RoaringTreemap,
    /// Both.
    dead: Arc<RoaringTreemap>,
    /// Articles with a correction of a capture.
    corrected: Arc<RoaringTreemap>,
    /// What was said of the languages of articles, by the entries that said it.
    languages: Arc<Languages>,
    /// A number that tells all of that from anything else that may have been said.
    languages_mark: u64,
    names: OnceLock<Arc<SourceNames>>,
}

/// By article, the languages that it was said to be in, and by which entries.
pub type Languages = BTreeMap<u64, Vec<(u64, Option<Language>)>>;

/// A query that was saved, and the entry that ended it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedQuery {
    name: String,
    query: String,
    until: Option<u64>,
}

/// In a row of a removal: that it is none, but the undoing of one.
pub const UNDONE: u64 = u64::MAX;

/// Articles that were removed since the store was opened. Whoever took a view before has them removed as well: what somebody was obliged to
/// take away is shown to nobody any more.
#[derive(Debug, Default)]
pub struct Live {
    removed: RwLock<RoaringTreemap>,
    count: AtomicU64,
}

impl Live {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Whether an article was removed after there were so many.
    pub fn has(&self, article: u64, since: u64) -> bool {
        self.count() != since && self.removed.read().unwrap_or_else(PoisonError::into_inner).contains(article)
    }

    /// All of them.
    pub fn all(&self) -> RoaringTreemap {
        self.removed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Some were removed.
    pub fn add(&self, articles: impl Iterator<Item = u64>) {
        let mut removed = self.removed.write().unwrap_or_else(PoisonError::into_inner);
        removed.extend(articles);
        self.count.store(removed.len(), Ordering::Release);
    }
}

/// A tag that an article has, or had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    pub tag: u32,
    pub since: u64,
    pub until: Option<u64>,
}

/// Whether what began and ended with these entries holds before the entry with this number.
pub fn holds(since: u64, until: Option<u64>, next_seq: u64) -> bool {
    since < next_seq && until.is_none_or(|until| until >= next_seq)
}

impl State {
    /// Reads what was put in; `applied` is its row of `meta`.
    pub fn read(trees: &Tables, applied: Option<&[u8]>) -> Result<State> {
        let applied = applied.map(codec::decode).transpose().map_err(damaged)?;
        let mut state = State {
            applied: applied.unwrap_or(Applied::START),
            tags: Vec::new(),
            tag_numbers: HashMap::new(),
            queries: BTreeMap::new(),
            saved: HashMap::new(),
            removed: Arc::default(),
            tombstones: Arc::default(),
            erased: Arc::default(),
            undone: 0,
            live: Arc::default(),
            unreadable: RoaringTreemap::new(),
            dead: Arc::default(),
            corrected: Arc::default(),
            languages: Arc::default(),
            languages_mark: 0,
            names: OnceLock::new(),
        };
        for row in trees.tag_names.rows() {
            let row = row?;
            let number = state.tag_number_or_new(std::str::from_utf8(&row).map_err(damaged)?);
            if number.to_be_bytes() != *row.key() {
                return Err(damaged("the number of a tag"));
            }
        }
        for row in trees.queries.rows() {
            let row = row?;
            let (since, saved): (_, SavedQuery) =
                (keys::read_number(row.key()), codec::decode(&row).map_err(damaged)?);
            if saved.until.is_none() {
                state.saved.insert(saved.name.clone(), since);
            }
            state.queries.insert(since, saved);
        }
        for row in trees.removals.rows() {
            let row = row?;
            match codec::decode(&row).map_err(damaged)? {
                (UNDONE, digest, _) => state.undo(&digest),
                (article, digest, originals) => state.remove(article, digest, originals),
            }
        }
        for row in trees.corrections.rows() {
            let row = row?;
            let [article, seq] = [&row.key()[..5], &row.key()[5..]].map(keys::read_number);
            state.correct(article, seq, &CorrectionRow::decode(&row)?);
        }
        for row in trees.unreadable.rows() {
            state.hide(keys::read_number(row?.key()));
        }
        Ok(state)
    }

    /// An article cannot be read.
    pub fn hide(&mut self, article: u64) {
        self.unreadable.insert(article);
        Arc::make_mut(&mut self.dead).insert(article);
    }

    /// Something was corrected.
    pub fn correct(&mut self, article: u64, seq: u64, what: &CorrectionRow) {
        match what {
            CorrectionRow::Capture(_) => {
                Arc::make_mut(&mut self.corrected).insert(article);
            }
            CorrectionRow::Language(language) => {
                self.languages_mark ^= mark_of(article, seq, *language);
                Arc::make_mut(&mut self.languages).entry(article).or_default().push((seq, *language));
            }
        }
    }

    /// Whether any capture was ever corrected.
    pub fn has_corrections(&self) -> bool {
        !self.corrected.is_empty()
    }

    /// Whether a capture of an article was ever corrected.
    pub fn is_corrected(&self, article: u64) -> bool {
        self.corrected.contains(article)
    }

    /// A number that tells what was said of languages before an entry from anything else.
    pub fn languages_mark(&self, next_seq: u64) -> u64 {
        if next_seq >= self.applied.position.next_seq {
            return self.languages_mark;
        }
        let said =
            self.languages.iter().flat_map(|(article, said)| said.iter().map(move |said| (*article, *said)));
        let before = said.filter(|(_, (seq, _))| *seq < next_seq);
        before.fold(0, |mark, (article, (seq, language))| mark ^ mark_of(article, seq, language))
    }

    /// What was said of the languages of articles.
    pub fn languages(&self) -> &Languages {
        &self.languages
    }

    /// An article is not part of the archive any more, and its text may not come in again.
    pub fn remove(&mut self, article: u64, digest: Digest, originals: Vec<Digest>) {
        Arc::make_mut(&mut self.dead).insert(article);
        if article > 0 {
            Arc::make_mut(&mut self.removed).insert(article);
        }
        if !originals.is_empty() {
            Arc::make_mut(&mut self.erased).extend(originals);
        }
        Arc::make_mut(&mut self.tombstones).insert(digest);
    }

    /// A text that was removed may come in again.
    pub fn undo(&mut self, digest: &Digest) {
        self.undone += 1;
        Arc::make_mut(&mut self.tombstones).remove(digest);
    }

    /// Whether a text was removed and may not come in again.
    pub fn has_tombstone(&self, digest: &Digest) -> bool {
        self.tombstones.contains(digest)
    }

    /// How many times a removal was undone.
    pub fn undone(&self) -> u64 {
        self.undone
    }

    /// The originals that ever went with removed texts, and do not come in again.
    pub fn erased_originals(&self) -> &Arc<HashSet<Digest>> {
        &self.erased
    }

    /// The articles that were removed.
    pub fn removed(&self) -> &RoaringTreemap {
        &self.removed
    }

    /// Those that were removed of which there still is something to read.
    pub fn pending(&self) -> RoaringTreemap {
        &*self.removed - &self.unreadable
    }

    /// The articles that are not part of the archive any more.
    pub fn dead(&self) -> &Arc<RoaringTreemap> {
        &self.dead
    }

    /// See [`Live`].
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Whether there is no reading an article; one that was lost has the number 0.
    pub fn is_unreadable(&self, article: u64) -> bool {
        article == 0 || self.unreadable.contains(article)
    }

    /// The number of a tag, if any article ever had it.
    pub fn tag_number(&self, tag: &str) -> Option<u32> {
        self.tag_numbers.get(tag).copied()
    }

    pub fn tag_number_or_new(&mut self, tag: &str) -> u32 {
        self.tag_number(tag).unwrap_or_else(|| {
            self.tags.push(tag.to_owned());
            let number = self.tags.len() as u32;
            self.tag_numbers.insert(tag.to_owned(), number);
            number
        })
    }

    /// The tag with this number.
    pub fn tag(&self, number: u32) -> Result<&str> {
        let tag = (number as usize).checked_sub(1).and_then(|at| self.tags.get(at));
        tag.map(String::as_str).ok_or_else(|| damaged("a tag has no name"))
    }

    /// Every tag that any article ever had.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Keeps a query under a name, or takes the name away; the rows that change by it.
    pub fn save(&mut self, name: String, query: Option<String>, seq: u64) -> Vec<(u64, SavedQuery)> {
        let mut changed = Vec::new();
        if let Some(since) = self.saved.remove(&name)
            && let Some(open) = self.queries.get_mut(&since)
        {
            open.until = Some(seq);
            changed.push((since, open.clone()));
        }
        if let Some(query) = query {
            self.saved.insert(name.clone(), seq);
            let saved = SavedQuery { name, query, until: None };
            self.queries.insert(seq, saved.clone());
            changed.push((seq, saved));
        }
        changed
    }

    /// The queries that were saved before the entry with this number, by name.
    pub fn queries(&self, next_seq: u64) -> BTreeMap<String, String> {
        let held = self.queries.iter().filter(|(since, saved)| holds(**since, saved.until, next_seq));
        held.map(|(_, saved)| (saved.name.clone(), saved.query.clone())).collect()
    }

    /// The sources, if they were read.
    pub fn names(&self) -> &OnceLock<Arc<SourceNames>> {
        &self.names
    }

    pub fn set_names(&mut self, names: SourceNames) {
        self.names = OnceLock::from(Arc::new(names));
    }
}

/// A number for something that was said; in any order they make the same together.
fn mark_of(article: u64, seq: u64, language: Option<Language>) -> u64 {
    let hash = blake3::hash(&codec::encode(&(article, seq, language)));
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash is longer than 8 bytes"))
}

/// The sources of an archive and their numbers.
#[derive(Clone, Debug, Default)]
pub struct SourceNames {
    names: Vec<Source>,
    numbers: HashMap<String, u32>,
}

impl SourceNames {
    /// Reads them from their rows.
    pub(super) fn read(trees: &Tables) -> Result<SourceNames> {
        let mut names = SourceNames::default();
        for row in trees.sources.rows() {
            let row = row?;
            let number = names.number_or_new(std::str::from_utf8(&row).map_err(damaged)?);
            if number.to_be_bytes() != *row.key() {
                return Err(damaged("the number of a source"));
            }
        }
        Ok(names)
    }

    /// The number of a source; 0 for none. `None` if the archive does not know the source.
    pub fn number(&self, source: Option<&Source>) -> Option<u32> {
        match source {
            None => Some(0),
            Some(source) => self.number_of(source.as_str()),
        }
    }

    /// The number of the source with this name.
    pub fn number_of(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The source with this number.
    pub fn name(&self, number: u32) -> Option<&Source> {
        self.names.get((number as usize).checked_sub(1)?)
    }

    /// All of them, in order of arrival.
    pub fn names(&self) -> &[Source] {
        &self.names
    }

    pub(super) fn number_or_new(&mut self, source: &str) -> u32 {
        if let Some(number) = self.numbers.get(source) {
            return *number;
        }
        self.names.push(Source::stored(source.to_owned()));
        let number = self.names.len() as u32;
        self.numbers.insert(source.to_owned(), number);
        number
    }
}
