//! Makes commits of drafts: tells new articles from known ones, gives numbers, packs bodies. Knows what is on its way to the
//! store, so that the next commit can be made while the one before is being written.

use super::prepared::{Prepared, Put};
use crate::bytes::codec;
use crate::bytes::pack::{Row, row_bytes};
use crate::bytes::pool::spread;
use crate::ledger::{ArticleRow, BodyPack, Commit, Entry, Position, RawEntry};
use crate::model::{
    Capture, Corrected, Correction, Detail, Digest, Language, Original, Provenance, Result, TimeSource,
};
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
#[derive(Clone, Debug)]
pub struct Sighting {
    /// As its input said.
    read: Identity,
    /// As it is known now, if that is something else.
    corrected: Option<Box<Identity>>,
    /// A bit for each of [`Detail::ALL`] that is known now.
    knows: u16,
    /// A bit for each of which somebody said that it has no value.
    cleared: u16,
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

/// What another finding of a known article is beside a capture of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Another one.
    Other,
    /// The same, and it says nothing more.
    Known,
    /// The same, and it says something that was missing: a bit for each of [`Detail::ALL`].
    Fills(u16),
}

impl Sighting {
    /// That of a capture that was never corrected.
    pub fn of(provenance: &Provenance) -> Sighting {
        let (read, knows) = (Identity::of(provenance), knows(provenance));
        Sighting { read, corrected: None, knows, cleared: 0, name: None }
    }

    /// That of a capture of the archive.
    pub fn of_capture(capture: &Capture) -> Sighting {
        if capture.corrections.is_empty() {
            return Sighting::of(&capture.provenance);
        }
        let (read, now) = (Identity::of(&capture.as_read()), Identity::of(&capture.provenance));
        let corrected = (read != now).then(|| Box::new(now));
        let knows = knows(&capture.provenance);
        let cleared = capture.corrections.iter().flat_map(|corrected| &corrected.correction.cleared);
        let cleared = cleared.fold(0, |bits, detail| bits | bit(*detail)) & !knows;
        Sighting { read, corrected, knows, cleared, name: None }
    }

    fn now(&self) -> &Identity {
        self.corrected.as_deref().unwrap_or(&self.read)
    }

    /// What another finding is beside this one. It is the same if source, URL and date are those that were read, or that are known
    /// now; and if the URL is the same, or the bytes are, as far as both know them.
    pub fn beside(&self, other: &Sighting) -> Beside {
        let (read, now, new) = (&self.read, self.now(), &other.read);
        let is_exact = read.is_same(new) || now.is_same(new);
        let agrees = |of: fn(&Identity) -> Option<u64>| {
            let (read, now, new) = (of(read), of(now), of(new));
            new.is_none() || now.is_none() || [read, now].contains(&new)
        };
        let same_place = new.url.is_some() && [read.url, now.url].contains(&new.url);
        let same_bytes = new.raw.is_some() && [read.raw, now.raw].contains(&new.raw);
        let agrees = || agrees(|of| of.source) && agrees(|of| of.url) && agrees(|of| of.published);
        if !(is_exact || (same_place || same_bytes) && agrees()) {
            return Beside::Other;
        }
        match other.knows & !self.knows & !self.cleared {
            0 => Beside::Known,
            more => Beside::Fills(more),
        }
    }

    /// What another finding is beside all captures of an article, and the capture that it is the same as.
    fn among<'a>(all: &'a mut [Sighting], other: &Sighting) -> (Beside, Option<&'a mut Sighting>) {
        let beside = all.iter().map(|known| known.beside(other)).enumerate();
        let rank = |beside: &Beside| match beside {
            Beside::Known => 0,
            Beside::Fills(_) => 1,
            Beside::Other => 2,
        };
        match beside.min_by_key(|(_, beside)| rank(beside)) {
            None | Some((_, Beside::Other)) => (Beside::Other, None),
            Some((at, beside)) => (beside, all.get_mut(at)),
        }
    }

    /// What another finding is beside all captures of an article, which it is one of from now on.
    pub fn meet(all: &mut Vec<Sighting>, other: Sighting) -> Beside {
        match Sighting::among(all, &other) {
            (Beside::Fills(more), Some(known)) => {
                known.fill(&other, more);
                Beside::Fills(more)
            }
            (Beside::Known, _) => Beside::Known,
            _ => {
                all.push(other);
                Beside::Other
            }
        }
    }

    /// Takes what another finding of the same knows more.
    fn fill(&mut self, other: &Sighting, more: u16) {
        let (mut now, new) = (*self.now(), &other.read);
        for detail in Detail::ALL.iter().filter(|detail| more & bit(**detail) != 0) {
            match detail {
                Detail::Source => now.source = new.source,
                Detail::Url => now.url = new.url,
                Detail::Published => now.published = new.published,
                Detail::Original => now.raw = new.raw,
                _ => {}
            }
        }
        self.corrected = (now != self.read).then(|| Box::new(now));
        self.knows |= more;
    }
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

/// That of a draft which was corrected elsewhere.
fn sighting_of(read: &Provenance, corrections: &[Correction], digest: Digest) -> Sighting {
    if corrections.is_empty() {
        return Sighting::of(read);
    }
    let (mut provenance, mut done) = (read.clone(), Vec::new());
    for correction in corrections {
        let was = provenance.clone();
        correction.apply(&mut provenance);
        done.push(Corrected { seq: 0, correction: correction.clone(), was });
    }
    Sighting::of_capture(&Capture { seq: 0, digest, provenance, corrections: done })
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
        let (now, at_ms, view) = (self.time.now(), self.time.now_ms(), &store.written());
        let (first_seq, first_article) = (self.next_seq, self.next_article);
        let mut puts = Vec::with_capacity(batch.len());
        let (mut entries, mut bodies) = (Vec::new(), Vec::new());
        let (mut fresh, mut named) = (Vec::new(), Vec::new());
        for ready in batch {
            let keeps = ready.keeps_raw();
            let (tags, corrections) = (ready.tags().to_vec(), ready.corrections().to_vec());
            let (article, digest, mut provenance) = ready.into_parts();
            provenance.captured.get_or_insert(now);
            let mut sighting = sighting_of(&provenance, &corrections, digest);
            let seq = self.next_seq;
            let is_kept =
                |original: &Original| keeps || original.archive != Some(archive) && kept(&original.digest);
            let mine = provenance.original.as_mut().filter(|original| is_kept(original));
            if let Some(original) = mine {
                original.archive = Some(archive);
            }
            let number = match self.number(view, &digest)? {
                Some(number) => {
                    let sightings = self.sightings(view, number)?;
                    let raw = sighting.read.raw;
                    match Sighting::among(sightings, &sighting) {
                        (Beside::Known, _) => {
                            named.push(raw.is_some() && sightings.iter().any(|known| known.now().raw == raw));
                            puts.push(Put::Known);
                            entries.extend(self.tag(view, number, tags)?);
                            continue;
                        }
                        (Beside::Fills(more), Some(known)) => {
                            known.fill(&sighting, more);
                            let capture = known.name.expect("a capture that is there has a name");
                            let correction = Box::new(details(more, &provenance, at_ms));
                            named.push(correction.values.original.is_some());
                            puts.push(Put::Filled(seq));
                            entries.push(Entry::Correction { article: number, capture, correction }.encode());
                            self.next_seq += 1;
                            entries.extend(self.tag(view, number, tags)?);
                            continue;
                        }
                        _ => {}
                    }
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
                    self.sightings.insert(number, Vec::new());
                    self.next_article += 1;
                    puts.push(Put::New(seq));
                    number
                }
            };
            self.next_seq += 1;
            named.push(true);
            let entry = Entry::Capture { article: number, provenance: Box::new(provenance) }.encode();
            let capture = entry.capture_name();
            entries.push(entry);
            for correction in corrections {
                let correction = Box::new(correction);
                entries.push(Entry::Correction { article: number, capture, correction }.encode());
                self.next_seq += 1;
            }
            sighting.name = Some(capture);
            self.sightings.entry(number).or_default().push(sighting);
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
            Slot::Vacant(unknown) => Ok(unknown.insert(sightings(view, article)?)),
        }
    }
}
