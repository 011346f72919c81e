//! Makes commits of drafts: tells new articles from known ones, gives numbers, packs bodies. Knows what is on its way to the
//! store, so that the next commit can be made while the one before is being written.

use super::prepared::{Prepared, Put};
use crate::bytes::codec;
use crate::bytes::pack::{Row, row_bytes};
use crate::bytes::pool::spread;
use crate::ledger::{ArticleRow, BodyPack, Commit, Entry, Position, RawEntry};
use crate::model::{Digest, Language, Provenance, Result, TimeSource};
use crate::store::{self, Store, View};
use rayon::prelude::*;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

/// What a batch comes to.
pub(super) struct Built {
    /// What became of each draft.
    pub puts: Vec<Put>,
    /// Of each draft, whether a capture names the bytes that it was read from.
    pub named: Vec<bool>,
    /// Nothing if all of it is known.
    pub commit: Option<Commit>,
    /// What is to be indexed.
    pub fresh: Vec<Fresh>,
}

/// What tells the captures of an article apart.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// Source, URL and date.
    identity: [u8; 16],
    /// The bytes that it was read from, if it names them.
    raw: Option<Digest>,
}

impl Sighting {
    /// That of a capture.
    pub fn of(provenance: &Provenance) -> Sighting {
        let raw = provenance.original.as_ref().map(|original| original.digest);
        let published = provenance.published.map(|published| (published.at, published.precision));
        let identity = codec::encode(&(&provenance.source, &provenance.url, published));
        let hash = blake3::hash(&identity);
        Sighting { identity: hash.as_bytes()[..16].try_into().expect("a hash is longer than 16 bytes"), raw }
    }

    /// Whether another one says nothing new beside this one.
    pub fn covers(self, other: Sighting) -> bool {
        self.identity == other.identity && (self.raw.is_some() || other.raw.is_none())
    }
}

/// Known articles whose captures are remembered.
const REMEMBERED_MAX: usize = 1 << 17;

/// A new article, for the full-text index.
pub(super) struct Fresh {
    /// Its number.
    pub article: u64,
    /// The hash of its entry.
    pub hash: Digest,
    /// Its digest.
    pub digest: Digest,
    /// The language of the text.
    pub language: Option<Language>,
    /// The headline.
    pub headline: String,
    /// The body.
    pub body: String,
}

/// What was built since the store was last brought up to date.
pub(super) struct Builder {
    time: TimeSource,
    next_seq: u64,
    next_article: u64,
    numbers: HashMap<Digest, u64>,
    sightings: HashMap<u64, Vec<Sighting>>,
    /// Tags that articles have, of those that were given some.
    tags: HashMap<u64, Vec<String>>,
    open_body_bytes: Option<usize>,
}

impl Builder {
    /// Going on after this position, which the store has reached.
    pub(super) fn new(position: Position, time: TimeSource) -> Builder {
        let Position { next_seq, next_article, .. } = position;
        let (numbers, sightings, tags) = Default::default();
        Builder { time, next_seq, next_article, numbers, sightings, tags, open_body_bytes: None }
    }

    /// Everything that was built is in the store now.
    pub(super) fn forget(&mut self) {
        self.numbers.clear();
        self.sightings.clear();
        self.tags.clear();
    }

    /// The same when it has become long by looking known articles up; only while nothing is on its way to the store.
    pub(super) fn forget_if_long(&mut self) {
        if self.sightings.len() > REMEMBERED_MAX {
            self.forget();
        }
    }

    /// Makes the commit of a batch; `kept` says whether the archive keeps an original that a draft names and does not bring.
    pub(super) fn build(
        &mut self,
        store: &Store,
        archive: uuid::Uuid,
        batch: Vec<Prepared>,
        kept: &dyn Fn(&Digest) -> bool,
    ) -> Result<Built> {
        let (now, view) = (self.time.now(), &store.written());
        let (first_seq, first_article) = (self.next_seq, self.next_article);
        let mut puts = Vec::with_capacity(batch.len());
        let (mut entries, mut bodies) = (Vec::new(), Vec::new());
        let (mut fresh, mut named) = (Vec::new(), Vec::new());
        for ready in batch {
            let keeps = ready.keeps_raw();
            let tags = ready.tags().to_vec();
            let (article, digest, mut provenance) = ready.into_parts();
            provenance.captured.get_or_insert(now);
            let sighting = Sighting::of(&provenance);
            let seq = self.next_seq;
            let number = match self.number(view, &digest)? {
                Some(number) => {
                    let sightings = self.sightings(view, number)?;
                    if sightings.iter().any(|known| known.covers(sighting)) {
                        named.push(
                            sighting.raw.is_some() && sightings.iter().any(|known| known.raw == sighting.raw),
                        );
                        puts.push(Put::Known);
                        entries.extend(self.tag(view, number, tags)?);
                        continue;
                    }
                    sightings.push(sighting);
                    puts.push(Put::Captured(seq));
                    number
                }
                None if view.was_removed(&digest)? => {
                    named.push(false);
                    puts.push(Put::Removed);
                    continue;
                }
                None => {
                    let number = self.next_article;
                    let (headline, body, language) = article.into_parts();
                    let body_bytes = body.len() as u32;
                    let (text, shown) = (body.clone(), headline.clone());
                    let row = ArticleRow { digest, language, headline, first_seq: seq, body_bytes };
                    let entry = Entry::Article(row).encode();
                    let hash = Digest(entry.hash());
                    entries.push(entry);
                    fresh.push(Fresh {
                        article: number,
                        hash,
                        digest,
                        language,
                        headline: shown,
                        body: text,
                    });
                    bodies.push(body.into_bytes().into_boxed_slice());
                    self.numbers.insert(digest, number);
                    self.sightings.insert(number, vec![sighting]);
                    self.next_article += 1;
                    puts.push(Put::New(seq));
                    number
                }
            };
            self.next_seq += 1;
            named.push(true);
            if let Some(original) = &mut provenance.original
                && (keeps || original.archive != Some(archive) && kept(&original.digest))
            {
                original.archive = Some(archive);
            }
            let provenance = Box::new(provenance);
            entries.push(Entry::Capture { article: number, provenance }.encode());
            entries.extend(self.tag(view, number, tags)?);
        }
        if entries.is_empty() {
            return Ok(Built { puts, named, commit: None, fresh });
        }
        let bodies = self.pack(store, first_article, bodies)?;
        let committed_ms = self.time.now_ms();
        let commit = Commit { first_seq, first_article, committed_ms, entries, bodies, ..Commit::default() };
        Ok(Built { puts, named, commit: Some(commit), fresh })
    }

    /// Remembers the tags of an article that the store does not have yet.
    pub(super) fn note_tags(&mut self, article: u64, has: Vec<String>) {
        self.tags.insert(article, has);
    }

    /// The entry that gives an article the tags of these that it does not have.
    fn tag(&mut self, view: &View, article: u64, mut tags: Vec<String>) -> Result<Option<RawEntry>> {
        if tags.is_empty() {
            return Ok(None);
        }
        let has = match self.tags.entry(article) {
            Slot::Occupied(has) => has.into_mut(),
            Slot::Vacant(unknown) => unknown.insert(view.tags_of(article)?),
        };
        tags.retain(|tag| !has.contains(tag));
        if tags.is_empty() {
            return Ok(None);
        }
        has.extend(tags.iter().cloned());
        self.next_seq += 1;
        let removed = Vec::new();
        Ok(Some(Entry::Tags { article, added: tags, removed, at_ms: self.time.now_ms() }.encode()))
    }

    /// The commit of entries that bring no article.
    pub(super) fn change(&mut self, entries: Vec<RawEntry>) -> Commit {
        let (first_seq, first_article) = (self.next_seq, self.next_article);
        self.next_seq += entries.len() as u64;
        Commit { first_seq, first_article, committed_ms: self.time.now_ms(), entries, ..Commit::default() }
    }

    /// Cuts bodies into packs where the store will cut them, and compresses those on all cores.
    fn pack(&mut self, store: &Store, first: u64, bodies: Vec<Box<[u8]>>) -> Result<Vec<BodyPack>> {
        let open = match self.open_body_bytes {
            Some(bytes) => bytes,
            None => store.open_body_bytes()?,
        };
        let packs = store::cut_bodies(open, (first..).zip(bodies));
        let bytes = |rows: &[Row<5>]| rows.iter().map(|(_, body)| row_bytes::<5>(body)).sum::<usize>();
        self.open_body_bytes = Some(match packs.as_slice() {
            [] => open,
            [.., (true, _)] => 0,
            [(false, rows)] => open + bytes(rows),
            [.., (false, rows)] => bytes(rows),
        });
        Ok(spread(|| packs.into_par_iter().map(store::encode_bodies).collect()))
    }

    /// The number of an article that is known already.
    fn number(&self, view: &View, digest: &Digest) -> Result<Option<u64>> {
        match self.numbers.get(digest) {
            Some(number) => Ok(Some(*number)),
            None => view.find(digest),
        }
    }

    /// What tells the captures of an article apart.
    fn sightings(&mut self, view: &View, article: u64) -> Result<&mut Vec<Sighting>> {
        match self.sightings.entry(article) {
            Slot::Occupied(known) => Ok(known.into_mut()),
            Slot::Vacant(unknown) => {
                let captures = view.captures_of(article, view.article(article)?.first_seq)?;
                let sighting = |seq| view.capture(seq).map(|(_, provenance)| Sighting::of(&provenance));
                Ok(unknown.insert(captures.into_iter().map(sighting).collect::<Result<_>>()?))
            }
        }
    }
}
