//! Makes commits of drafts: tells new articles from known ones, gives numbers, packs bodies. Knows what is on its way to the
//! store, so that the next commit can be made while the one before is being written.

use crate::archive::{Prepared, Put};
use crate::article::{Language, Provenance};
use crate::digest::Digest;
use crate::error::Result;
use crate::ledger::{ArticleRow, BodyPack, Commit, Entry, Position};
use crate::pack::{Row, row_bytes};
use crate::raw;
use crate::store::{self, Store};
use crate::time::Timestamp;
use rayon::prelude::*;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::time::SystemTime;

/// What a batch comes to.
pub(crate) struct Built {
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
#[derive(Clone, Copy)]
struct Sighting {
    /// Source, URL and date.
    identity: [u8; 16],
    /// The bytes that it was read from, if it names them.
    raw: Option<Digest>,
}

impl Sighting {
    fn of(provenance: &Provenance) -> Sighting {
        let may_have = provenance.extra.as_deref().is_some_and(|extra| extra.contains("\"raw\":"));
        let raw = may_have.then(|| crate::ingest::raw_of(provenance)).flatten();
        Sighting { identity: provenance.identity(), raw }
    }

    /// Whether another one says nothing new beside this one.
    fn covers(self, other: Sighting) -> bool {
        self.identity == other.identity && (self.raw.is_some() || other.raw.is_none())
    }
}

/// Known articles whose captures are remembered.
const REMEMBERED_MAX: usize = 1 << 17;

/// A new article, for the full-text index.
pub(crate) struct Fresh {
    /// Its number.
    pub article: u64,
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
pub(crate) struct Builder {
    next_seq: u64,
    next_article: u64,
    numbers: HashMap<Digest, u64>,
    sightings: HashMap<u64, Vec<Sighting>>,
    open_body_bytes: Option<usize>,
}

impl Builder {
    /// Going on after this position, which the store has reached.
    pub(crate) fn new(position: Position) -> Builder {
        let Position { next_seq, next_article, .. } = position;
        let (numbers, sightings) = Default::default();
        Builder { next_seq, next_article, numbers, sightings, open_body_bytes: None }
    }

    /// Everything that was built is in the store now.
    pub(crate) fn forget(&mut self) {
        self.numbers.clear();
        self.sightings.clear();
    }

    /// The same when it has become long by looking known articles up; only while nothing is on its way to the store.
    pub(crate) fn forget_if_long(&mut self) {
        if self.sightings.len() > REMEMBERED_MAX {
            self.forget();
        }
    }

    /// Makes the commit of a batch.
    pub(crate) fn build(
        &mut self,
        store: &Store,
        archive: uuid::Uuid,
        batch: Vec<Prepared>,
    ) -> Result<Built> {
        let now = Timestamp::now();
        let (first_seq, first_article) = (self.next_seq, self.next_article);
        let mut puts = Vec::with_capacity(batch.len());
        let (mut articles, mut entries, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        let (mut fresh, mut named) = (Vec::new(), Vec::new());
        for ready in batch {
            let keeps = ready.keeps_raw();
            let (article, digest, mut provenance) = ready.into_parts();
            provenance.captured.get_or_insert(now);
            let sighting = Sighting::of(&provenance);
            let seq = self.next_seq;
            let number = match self.number(store, &digest)? {
                Some(number) => {
                    let sightings = self.sightings(store, number)?;
                    if sightings.iter().any(|known| known.covers(sighting)) {
                        named.push(
                            sighting.raw.is_some() && sightings.iter().any(|known| known.raw == sighting.raw),
                        );
                        puts.push(Put::Known);
                        continue;
                    }
                    sightings.push(sighting);
                    puts.push(Put::Captured(seq));
                    number
                }
                None => {
                    let number = self.next_article;
                    let (headline, body, language) = article.into_parts();
                    let body_bytes = body.len() as u32;
                    let (text, shown) = (body.clone(), headline.clone());
                    fresh.push(Fresh { article: number, digest, language, headline: shown, body: text });
                    articles.push(ArticleRow { digest, language, headline, first_seq: seq, body_bytes });
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
            if keeps {
                raw::mark_kept(&mut provenance, archive);
            }
            entries.push(Entry::Capture { article: number, provenance });
        }
        if entries.is_empty() {
            return Ok(Built { puts, named, commit: None, fresh });
        }
        let bodies = self.pack(store, first_article, bodies)?;
        let committed_ms = now_ms();
        let commit = Commit { first_seq, first_article, committed_ms, articles, entries, bodies };
        Ok(Built { puts, named, commit: Some(commit), fresh })
    }

    /// The commit of entries that bring no article.
    pub(crate) fn change(&mut self, entries: Vec<Entry>) -> Commit {
        let (first_seq, first_article) = (self.next_seq, self.next_article);
        self.next_seq += entries.len() as u64;
        let (articles, bodies) = Default::default();
        Commit { first_seq, first_article, committed_ms: now_ms(), articles, entries, bodies }
    }

    /// Cuts bodies into packs where the store will cut them, and compresses those on all cores.
    fn pack(&mut self, store: &Store, first: u64, bodies: Vec<Box<[u8]>>) -> Result<Vec<BodyPack>> {
        let open = match self.open_body_bytes {
            Some(bytes) => bytes,
            None => store.open_body_bytes()?,
        };
        let packs = store::cut_bodies(open, first, bodies);
        let bytes = |rows: &[Row<5>]| rows.iter().map(|(_, body)| row_bytes::<5>(body)).sum::<usize>();
        self.open_body_bytes = Some(match packs.as_slice() {
            [] => open,
            [.., (true, _)] => 0,
            [(false, rows)] => open + bytes(rows),
            [.., (false, rows)] => bytes(rows),
        });
        Ok(packs.into_par_iter().map(store::encode_bodies).collect())
    }

    /// The number of an article that is known already.
    fn number(&self, store: &Store, digest: &Digest) -> Result<Option<u64>> {
        match self.numbers.get(digest) {
            Some(number) => Ok(Some(*number)),
            None => store.find(digest),
        }
    }

    /// What tells the captures of an article apart.
    fn sightings(&mut self, store: &Store, article: u64) -> Result<&mut Vec<Sighting>> {
        match self.sightings.entry(article) {
            Slot::Occupied(known) => Ok(known.into_mut()),
            Slot::Vacant(unknown) => {
                let captures = store.captures_of(article, store.article(article)?.first_seq)?;
                let sighting = |seq| store.capture(seq).map(|(_, provenance)| Sighting::of(&provenance));
                Ok(unknown.insert(captures.into_iter().map(sighting).collect::<Result<_>>()?))
            }
        }
    }
}

/// Milliseconds since 1970; none before.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
