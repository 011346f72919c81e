//! Makes commits of drafts: tells new articles from known ones, gives numbers, packs bodies. Knows what is on its way to the
//! store, so that the next commit can be made while the one before is being written.

use super::prepared::{Prepared, Put};
use crate::bytes::codec;
use crate::bytes::pack::{Row, row_bytes};
use crate::bytes::pool::spread;
use crate::ledger::{ArticleRow, BodyPack, Commit, Entry, Position, RawEntry};
use crate::model::{Capture, Correction, Detail, Digest, Language, Provenance, Result, TimeSource};
use crate::store::{self, Store, View};
use rayon::prelude::*;
use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};

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
#[derive(Clone, Debug)]
pub struct Sighting {
    /// As its input said.
    read: Identity,
    /// As it was known after each correction that made a difference.
    since: Vec<Identity>,
    /// A bit for each of [`Detail::ALL`] that is known now.
    knows: u16,
    /// A bit for each of which somebody said that it has no value.
    cleared: u16,
    /// Hashes of its corrections.
    made: Vec<u64>,
    /// Whether it comes from an archive, in which it is not the same as any other.
    recorded: bool,
    /// The capture's [name](RawEntry::capture_name), if it has one already.
    name: Option<Digest>,
}

/// Hashes of what captures are told apart by; none of what is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    source: Option<u64>,
    url: Option<u64>,
    published: Option<u64>,
    /// The bytes that it was read from.
    raw: Option<u128>,
}

impl Identity {
    fn of(of: &Provenance) -> Identity {
        let hash = |bytes: &[u8]| {
            let hash = blake3::hash(bytes);
            u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash is longer than 8 bytes"))
        };
        Identity {
            source: of.source.as_ref().map(|source| hash(source.as_str().as_bytes())),
            url: of.url.as_deref().map(|url| hash(url.as_bytes())),
            published: of
                .published
                .map(|published| hash(&codec::encode(&(published.at, published.precision)))),
            raw: of.original.as_ref().map(|original| {
                u128::from_le_bytes(original.digest.0[..16].try_into().expect("a digest is longer"))
            }),
        }
    }

    /// Whether source, URL and date are the same.
    fn is_same(&self, other: &Identity) -> bool {
        (self.source, self.url, self.published) == (other.source, other.url, other.published)
    }
}

/// What another finding of an article is beside those that are known.
#[derive(Clone, Debug, PartialEq)]
pub enum Met {
    /// Another one.
    Other,
    /// The same as one of them.
    Same {
        /// The capture's name, if it has one already.
        capture: Option<Digest>,
        /// What holds of it now: what was missing there, and what was corrected elsewhere.
        corrections: Vec<Correction>,
        /// Whether something was missing.
        filled: bool,
    },
}

/// What another finding is beside one capture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Beside {
    Known,
    Fills(u16),
    Other,
}

impl Sighting {
    /// That of a capture as it was read.
    pub fn of(provenance: &Provenance) -> Sighting {
        let (read, knows) = (Identity::of(provenance), knows(provenance));
        let (since, made, recorded, name) = Default::default();
        Sighting { read, since, knows, cleared: 0, made, recorded, name }
    }

    /// That of a capture of the archive.
    pub fn of_capture(capture: &Capture) -> Sighting {
        if capture.corrections.is_empty() {
            return Sighting::of(&capture.provenance);
        }
        let mut sighting = Sighting::of(&capture.as_read());
        capture.corrections.iter().for_each(|corrected| sighting.take(&corrected.correction));
        sighting
    }

    fn now(&self) -> &Identity {
        self.since.last().unwrap_or(&self.read)
    }

    /// Everything that it was known as.
    fn ever(&self) -> impl Iterator<Item = &Identity> + Clone {
        std::iter::once(&self.read).chain(&self.since)
    }

    /// What another finding is beside this one. It is the same if source, URL and date are those that were read, or that were known since;
    /// and if the URL is the same, or the bytes are, as far as both know them. What comes from an archive has been told apart there.
    fn beside(&self, new: &Sighting) -> Beside {
        let (read, now, found) = (&self.read, self.now(), &new.read);
        let is_same = if new.recorded {
            read.is_same(found)
        } else {
            let was = |of: fn(&Identity) -> Option<u64>| self.ever().any(|ever| of(ever) == of(found));
            let agrees = |of: fn(&Identity) -> Option<u64>, detail| {
                let is_open = of(now).is_none() && self.cleared & bit(detail) == 0;
                of(found).is_none() || is_open || was(of)
            };
            let same_place = found.url.is_some() && was(|of| of.url);
            let same_bytes = found.raw.is_some() && read.raw == found.raw;
            let agrees = || {
                agrees(|of| of.source, Detail::Source)
                    && agrees(|of| of.url, Detail::Url)
                    && agrees(|of| of.published, Detail::Published)
            };
            self.ever().any(|ever| ever.is_same(found)) || (same_place || same_bytes) && agrees()
        };
        // Bytes that are to be kept are those of a finding of their own.
        if !is_same || found.raw.is_some() && read.raw.is_none() {
            return Beside::Other;
        }
        match new.knows & !self.knows & !self.cleared {
            0 => Beside::Known,
            more => Beside::Fills(more),
        }
    }

    /// What another finding is beside all captures of an article, of which it is one from now on. It was corrected elsewhere.
    pub fn meet(
        all: &mut Vec<Sighting>,
        mut new: Sighting,
        read: &Provenance,
        corrections: &[Correction],
        at_ms: i64,
    ) -> Met {
        let beside = all.iter().map(|known| known.beside(&new)).enumerate().min_by_key(|(_, beside)| *beside);
        let (known, more) = match beside {
            None | Some((_, Beside::Other)) => {
                corrections.iter().for_each(|correction| new.take(correction));
                all.push(Sighting { recorded: false, ..new });
                return Met::Other;
            }
            Some((at, Beside::Known)) => (&mut all[at], 0),
            Some((at, Beside::Fills(more))) => (&mut all[at], more),
        };
        let mut writing = Vec::new();
        if more != 0 {
            writing.push(details(more, read, at_ms));
        }
        writing.extend(corrections.iter().filter(|made| !known.made.contains(&hash_of(made))).cloned());
        writing.iter().for_each(|correction| known.take(correction));
        Met::Same { capture: known.name, corrections: writing, filled: more != 0 }
    }

    /// Takes what a correction says.
    fn take(&mut self, correction: &Correction) {
        let (mut now, said) = (*self.now(), Identity::of(&correction.values));
        for detail in correction.details() {
            match detail {
                Detail::Source => now.source = said.source,
                Detail::Url => now.url = said.url,
                Detail::Published => now.published = said.published,
                _ => {}
            }
            let (known, bit) = (detail.is_known(&correction.values), bit(detail));
            self.knows = if known { self.knows | bit } else { self.knows & !bit };
            self.cleared = if known { self.cleared & !bit } else { self.cleared | bit };
        }
        if now != *self.now() {
            self.since.push(now);
        }
        self.made.push(hash_of(correction));
    }
}

impl Prepared {
    /// What tells it from other captures of its article.
    pub fn sighting(&self) -> Sighting {
        Sighting { recorded: self.is_recorded(), ..Sighting::of(self.provenance()) }
    }
}

/// What tells corrections of one capture apart: what they say, and when to the second.
fn hash_of(correction: &Correction) -> u64 {
    let correction = Correction { at_ms: correction.at_ms.div_euclid(1000), ..correction.clone() };
    let correction = Box::new(correction);
    let hash = Entry::Correction { article: 1, capture: Digest([0; 32]), correction }.encode().hash();
    u64::from_le_bytes(hash[..8].try_into().expect("a hash is longer than 8 bytes"))
}

fn bit(detail: Detail) -> u16 {
    1 << detail as u16
}

/// A bit for each detail that is known.
fn knows(of: &Provenance) -> u16 {
    Detail::ALL.iter().filter(|detail| detail.is_known(of)).map(|detail| bit(*detail)).sum()
}

/// The details of some bits, with their values and origins.
fn details(bits: u16, from: &Provenance, at_ms: i64) -> Correction {
    let mut correction = Correction { filled: true, at_ms, ..Correction::default() };
    let some = Detail::ALL.iter().filter(|detail| bits & bit(**detail) != 0);
    some.for_each(|detail| correction.take(*detail, from));
    correction
}

/// What tells the captures of an article apart that are there.
pub(super) fn sightings(view: &View, article: u64) -> Result<Vec<Sighting>> {
    let row = view.article(article)?;
    let captures = view.captures_of(article, row.first_seq)?;
    let sighting = |seq| {
        let (_, provenance, corrections) = view.capture_with_history(seq)?;
        let capture = Capture { seq, digest: row.digest, provenance, corrections };
        let name = Some(view.raw_entry(seq)?.capture_name());
        Ok(Sighting { name, ..Sighting::of_capture(&capture) })
    };
    captures.into_iter().map(sighting).collect()
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
    /// Languages that were said of articles.
    languages: HashMap<u64, Option<Language>>,
    open_body_bytes: Option<usize>,
}

impl Builder {
    /// Going on after this position, which the store has reached.
    pub(super) fn new(position: Position, time: TimeSource) -> Builder {
        let Position { next_seq, next_article, .. } = position;
        let (numbers, sightings, tags, languages) = Default::default();
        Builder { time, next_seq, next_article, numbers, sightings, tags, languages, open_body_bytes: None }
    }

    /// Everything that was built is in the store now.
    pub(super) fn forget(&mut self) {
        self.numbers.clear();
        self.sightings.clear();
        self.tags.clear();
        self.languages.clear();
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
        let (now, at_ms, view) = (self.time.now(), self.time.now_ms(), &store.written());
        let (first_seq, first_article) = (self.next_seq, self.next_article);
        let mut puts = Vec::with_capacity(batch.len());
        let (mut entries, mut bodies) = (Vec::new(), Vec::new());
        let (mut fresh, mut named) = (Vec::new(), Vec::new());
        // An original in which a removed text stands is not kept for others that stand in it.
        let withheld: HashSet<Digest> = batch
            .iter()
            .filter(|ready| view.was_removed(&ready.digest()))
            .filter_map(|ready| ready.provenance().original.as_ref().map(|original| original.digest))
            .collect();
        for ready in batch {
            let (keeps, mut sighting, language) =
                (ready.keeps_raw(), ready.sighting(), ready.language_said());
            let (tags, corrections) = (ready.tags().to_vec(), ready.corrections().to_vec());
            let (article, digest, mut provenance) = ready.into_parts();
            provenance.captured.get_or_insert(now);
            // An original that went with a removed text does not come in again with another one.
            let original = provenance.original.as_ref();
            let is_erased = original.is_some_and(|original| {
                view.erased_originals().contains(&original.digest) || withheld.contains(&original.digest)
            });
            if is_erased {
                sighting.read.raw = None;
            }
            let seq = self.next_seq;
            let number = match self.number(view, &digest)? {
                Some(number) => {
                    let known = self.sightings(view, number)?;
                    let raw = sighting.read.raw;
                    let is_named = raw.is_some() && known.iter().any(|known| known.read.raw == raw);
                    let met = Sighting::meet(known, sighting, &provenance, &corrections, at_ms);
                    if let Some(language) = language
                        && let Some(entry) = self.say_language(view, number, language)?
                    {
                        entries.push(entry);
                    }
                    if let Met::Same { capture, corrections, filled } = met {
                        let capture = capture.expect("a capture that is there has a name");
                        let fills = filled.then_some(self.next_seq);
                        for correction in corrections {
                            let correction = Box::new(correction);
                            entries.push(Entry::Correction { article: number, capture, correction }.encode());
                            self.next_seq += 1;
                        }
                        named.push(is_named);
                        puts.push(fills.map_or(Put::Known, Put::Filled));
                        entries.extend(self.tag(view, number, tags)?);
                        continue;
                    }
                    puts.push(Put::Captured(self.next_seq));
                    number
                }
                None if view.was_removed(&digest) => {
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
                    let mut known = Vec::new();
                    Sighting::meet(&mut known, sighting, &provenance, &corrections, at_ms);
                    self.sightings.insert(number, known);
                    self.next_article += 1;
                    puts.push(Put::New(seq));
                    number
                }
            };
            self.next_seq += 1;
            named.push(!is_erased);
            if let Some(original) = &mut provenance.original {
                if is_erased {
                    original.archive = original.archive.filter(|of| *of != archive);
                } else if keeps || original.archive != Some(archive) && kept(&original.digest) {
                    original.archive = Some(archive);
                }
            }
            let entry = Entry::Capture { article: number, provenance: Box::new(provenance) }.encode();
            let capture = entry.capture_name();
            entries.push(entry);
            for correction in corrections {
                let correction = Box::new(correction);
                entries.push(Entry::Correction { article: number, capture, correction }.encode());
                self.next_seq += 1;
            }
            if let Some(last) = self.sightings.get_mut(&number).and_then(|known| known.last_mut()) {
                last.name = Some(capture);
            }
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

    /// The entry that says in which language an article is, if that is not known of it.
    fn say_language(
        &mut self,
        view: &View,
        article: u64,
        language: Option<Language>,
    ) -> Result<Option<RawEntry>> {
        let said = self.languages.get(&article).copied();
        // What is on its way is as it was read.
        let known = match said {
            Some(said) => said,
            None if article < view.next_article() => view.article(article)?.language,
            None => return Ok(None),
        };
        if known == language {
            return Ok(None);
        }
        self.languages.insert(article, language);
        self.next_seq += 1;
        Ok(Some(Entry::Language { article, language, at_ms: self.time.now_ms() }.encode()))
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
            Slot::Vacant(unknown) => Ok(unknown.insert(sightings(view, article)?)),
        }
    }
}
