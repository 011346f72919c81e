//! What is known of the store beside its rows: counters, names, and what may change later, with the numbers of the entries that
//! began and ended it. A state is never changed: each transaction puts a new one in its place.

use super::damaged;
use crate::article::Source;
use crate::codec;
use crate::digest::Digest;
use crate::error::Result;
use crate::ledger::Position;
use roaring::RoaringTreemap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

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
    /// Entries, without articles, whose bytes are gone.
    pub gone: u64,
}

impl Applied {
    const START: Applied =
        Applied { position: Position::START, articles: 0, captures: 0, text_bytes: 0, last_body: 0, gone: 0 };
}

/// See the module's text.
#[derive(Clone, Debug)]
pub struct State {
    pub applied: Applied,
    /// Tags in order of their first use; their numbers begin at 1.
    tags: Vec<String>,
    /// Everything that was ever saved, by name.
    queries: BTreeMap<String, Vec<SavedQuery>>,
    /// Articles that were removed.
    pub removals: Vec<Removed>,
    /// Articles whose bytes are gone.
    pub gone: RoaringTreemap,
    /// Both.
    dead: Arc<RoaringTreemap>,
    names: OnceLock<Arc<SourceNames>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SavedQuery {
    query: String,
    since: u64,
    until: Option<u64>,
}

/// An article that was removed, and by which entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    pub article: u64,
    pub digest: Digest,
    pub since: u64,
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
    /// Reads what [`State::write`] wrote.
    pub fn read(row: &dyn Fn(&str) -> Result<Option<sled::IVec>>) -> Result<State> {
        fn of<T: DeserializeOwned>(row: Option<sled::IVec>) -> Result<Option<T>> {
            row.map(|bytes| codec::decode(&bytes).map_err(damaged)).transpose()
        }
        let gone: Vec<u8> = of(row("gone")?)?.unwrap_or_default();
        let gone = match gone.as_slice() {
            [] => RoaringTreemap::new(),
            bytes => RoaringTreemap::deserialize_from(bytes).map_err(damaged)?,
        };
        let mut state = State {
            applied: of(row("applied")?)?.unwrap_or(Applied::START),
            tags: of(row("tags")?)?.unwrap_or_default(),
            queries: of(row("queries")?)?.unwrap_or_default(),
            removals: of(row("removals")?)?.unwrap_or_default(),
            gone,
            dead: Arc::default(),
            names: OnceLock::new(),
        };
        state.dead = Arc::new(state.dead_before(u64::MAX));
        Ok(state)
    }

    /// Gives the rows in which it is kept, but for the names of sources, which have a tree of their own.
    pub fn write(&self, put: &mut dyn FnMut(&'static str, Vec<u8>)) {
        put("applied", codec::encode(&self.applied));
        put("tags", codec::encode(&self.tags));
        put("queries", codec::encode(&self.queries));
        put("removals", codec::encode(&self.removals));
        let mut gone = Vec::new();
        self.gone.serialize_into(&mut gone).expect("writing to memory cannot fail");
        put("gone", codec::encode(&gone));
    }

    /// The bytes of an article are gone.
    pub fn lose(&mut self, article: u64) {
        self.gone.insert(article);
        Arc::make_mut(&mut self.dead).insert(article);
    }

    /// An article is not part of the archive any more.
    pub fn remove(&mut self, removed: Removed) {
        Arc::make_mut(&mut self.dead).insert(removed.article);
        self.removals.push(removed);
    }

    /// The articles that are not part of the archive any more.
    pub fn dead(&self) -> &Arc<RoaringTreemap> {
        &self.dead
    }

    /// The same before the entry with this number. What is gone is gone at any time.
    pub fn dead_before(&self, next_seq: u64) -> RoaringTreemap {
        let mut dead = self.gone.clone();
        let removed = self.removals.iter().filter(|removed| removed.since < next_seq);
        dead.extend(removed.map(|removed| removed.article));
        dead
    }

    /// The number of a tag, if any article ever had it.
    pub fn tag_number(&self, tag: &str) -> Option<u32> {
        self.tags.iter().position(|known| known == tag).map(|at| at as u32 + 1)
    }

    pub fn tag_number_or_new(&mut self, tag: &str) -> u32 {
        self.tag_number(tag).unwrap_or_else(|| {
            self.tags.push(tag.to_owned());
            self.tags.len() as u32
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

    /// Keeps a query under a name, or takes the name away.
    pub fn save(&mut self, name: String, query: Option<String>, seq: u64) {
        let saved = self.queries.entry(name).or_default();
        if let Some(last) = saved.last_mut().filter(|last| last.until.is_none()) {
            last.until = Some(seq);
        }
        saved.extend(query.map(|query| SavedQuery { query, since: seq, until: None }));
    }

    /// The queries that were saved before the entry with this number, by name.
    pub fn queries(&self, next_seq: u64) -> BTreeMap<String, String> {
        let held = |saved: &Vec<SavedQuery>| {
            saved.iter().find(|one| holds(one.since, one.until, next_seq)).map(|one| one.query.clone())
        };
        self.queries.iter().filter_map(|(name, saved)| Some((name.clone(), held(saved)?))).collect()
    }

    /// The sources, if they were read.
    pub fn names(&self) -> &OnceLock<Arc<SourceNames>> {
        &self.names
    }

    pub fn set_names(&mut self, names: SourceNames) {
        self.names = OnceLock::from(Arc::new(names));
    }
}

/// The sources of an archive and their numbers.
#[derive(Clone, Debug, Default)]
pub struct SourceNames {
    names: Vec<Source>,
    numbers: HashMap<String, u32>,
}

impl SourceNames {
    /// Reads them from their rows.
    pub(super) fn read(trees: &super::Trees) -> Result<SourceNames> {
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
