//! A frame: one commit as it stands in the ledger, and the chain of hashes that runs through all of them.
//!
//! ```text
//! frame   = header (144 bytes), payload
//! header  = "PMFR", flags (u32), payload bytes (u64), first seq (u64), first article (u64), entries (u32), articles (u32),
//!           committed (i64, ms since 1970), head before (32), head after (32), hash of payload (16), hash of header (16)
//! payload = sections (u32), a head for each (24 bytes), what is in each
//! head    = kind (u16), codec (u8), flags (u8), dictionary (u32), first article (u64), content bytes (u32), stored bytes (u32)
//!
//! kind 1, entries:  n (u32), n times: kind (u16), version (u8), gone (u8), length (u32); the bytes of those that are no articles
//! kind 2, articles: the bytes of those that are
//! kind 3, bodies:   a pack, see [`crate::bytes::pack`]; flag 1: as full as packs become
//! ```
//! Integers are little-endian, hashes are BLAKE3 cut to the length given. Codecs are those of packs: 1 as it is, 2 zstd. There are no
//! flags, other codecs or dictionaries yet: a frame with one is not damaged, it needs a later version ([`Error::Later`]). A section of
//! another kind is kept where the frame is; it is in no chain, and nothing may depend on it.
//!
//! **The chain.** The head after an entry is BLAKE3 of the head before it, the entry's kind and version, and the BLAKE3 of its bytes.
//! An article's bytes name its text by its digest. So the head depends on the entries and their order alone, not on how they
//! were cut into commits, packed or compressed: a lost tail can be written again from the store and ends with the same head, the
//! head of any `seq` names the archive as it was then, and an entry of which only the hash is left still proves the others.

use super::entry::{HEAD_BYTES, RawEntry, heads_article, is_of_later_form};
use super::position::{Head, short_hash};
use crate::bytes::pack::{self, Codec};
use rayon::prelude::*;

/// A pack of bodies (article number → body) and what is known of it without reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyPack {
    /// The number of the first article in it.
    pub first: u64,
    /// Whether it is as full as packs become.
    pub full: bool,
    /// See [`crate::bytes::pack`].
    pub bytes: Vec<u8>,
}

/// A section of a frame that this version knows nothing of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    head: SectionHead,
    stored: Vec<u8>,
}

/// One batch: everything that is made durable at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Commit {
    /// The number of the first entry that is no article.
    pub first_seq: u64,
    /// The number of the first new article, or of the next one if there is none.
    pub first_article: u64,
    /// When it was committed, in milliseconds since 1970.
    pub committed_ms: i64,
    /// The entries, in order; a new article stands before the capture that found it.
    pub entries: Vec<RawEntry>,
    /// The bodies of the new articles, in order.
    pub bodies: Vec<BodyPack>,
    /// What a later version wrote beside them.
    pub others: Vec<Section>,
}

/// An entry of a commit with its number.
#[derive(Clone, Copy, Debug)]
pub struct Numbered<'a> {
    /// Its number; of an article, that of the next entry which is none.
    pub seq: u64,
    /// The number of an article that is one; of anything else, that of the next one.
    pub article: u64,
    /// The entry.
    pub entry: &'a RawEntry,
}

/// Why a payload whose hash is right cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is not what it says it is.
    Damaged(String),
    /// A later version wrote it.
    Later(String),
}

impl From<String> for Unreadable {
    fn from(what: String) -> Unreadable {
        Unreadable::Damaged(what)
    }
}

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Header {
    pub flags: u32,
    pub payload_bytes: u64,
    pub first_seq: u64,
    pub first_article: u64,
    pub entries: u32,
    pub articles: u32,
    pub committed_ms: i64,
    pub before: Head,
    pub after: Head,
    pub payload_hash: [u8; 16],
}

pub(super) const HEADER_BYTES: usize = 144;
pub(super) const MAGIC: &[u8; 4] = b"PMFR";

/// No number is as high, and no payload as long.
const NUMBERS_MAX: u64 = 1 << 40;
/// Entries are short and alike.
const LEVEL: i32 = 3;
/// A frame holds a batch, which is far shorter and has far fewer entries. One with more needs a version that can hold it.
const CONTENT_BYTES_MAX: u32 = 256 << 20;
const ENTRIES_MAX: u32 = 1 << 22;

const ENTRIES: u16 = 1;
const ARTICLES: u16 = 2;
const BODIES: u16 = 3;
const FULL: u8 = 1;

impl Commit {
    /// The entries with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = Numbered<'_>> {
        let (mut seq, mut article) = (self.first_seq, self.first_article);
        self.entries.iter().map(move |entry| {
            let numbered = Numbered { seq, article, entry };
            if entry.is_article() {
                article += 1;
            } else {
                seq += 1;
            }
            numbered
        })
    }

    /// The head after this commit, if this was the head before.
    pub fn head_after(&self, before: Head) -> Head {
        let hashes: Vec<[u8; 32]> = self.entries.par_iter().with_min_len(64).map(RawEntry::hash).collect();
        self.entries.iter().zip(&hashes).fold(before, |head, (entry, hash)| entry.head_after(head, hash))
    }

    /// How many entries are articles.
    pub fn articles(&self) -> u64 {
        self.entries.iter().filter(|entry| entry.is_article()).count() as u64
    }

    /// The number that the next entry which is no article will have.
    pub fn next_seq(&self) -> u64 {
        self.first_seq + self.entries.len() as u64 - self.articles()
    }

    /// The number that the next article will have.
    pub fn next_article(&self) -> u64 {
        self.first_article + self.articles()
    }
}

/// What stands before the contents of a section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct SectionHead {
    kind: u16,
    codec: u8,
    flags: u8,
    dictionary: u32,
    first: u64,
    content_bytes: u32,
    stored_bytes: u32,
}

const SECTION_HEAD_BYTES: usize = 24;

impl SectionHead {
    fn encode(&self) -> [u8; SECTION_HEAD_BYTES] {
        let mut bytes = [0; SECTION_HEAD_BYTES];
        bytes[..2].copy_from_slice(&self.kind.to_le_bytes());
        (bytes[2], bytes[3]) = (self.codec, self.flags);
        bytes[4..8].copy_from_slice(&self.dictionary.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.first.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.content_bytes.to_le_bytes());
        bytes[20..].copy_from_slice(&self.stored_bytes.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; SECTION_HEAD_BYTES]) -> SectionHead {
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        SectionHead {
            kind: u16::from_le_bytes([bytes[0], bytes[1]]),
            codec: bytes[2],
            flags: bytes[3],
            dictionary: u32_at(4),
            first: u64::from_le_bytes(bytes[8..16].try_into().expect("eight bytes")),
            content_bytes: u32_at(16),
            stored_bytes: u32_at(20),
        }
    }
}

/// A section of entries, compressed.
fn packed_section(kind: u16, content: &[u8]) -> Section {
    let stored = zstd::bulk::compress(content, LEVEL).expect("compressing in memory cannot fail");
    let (content_bytes, stored_bytes) = (content.len() as u32, stored.len() as u32);
    let codec = Codec::Zstd as u8;
    Section {
        head: SectionHead { kind, codec, content_bytes, stored_bytes, ..SectionHead::default() },
        stored,
    }
}

/// The bytes of a frame, and the head after it.
pub(super) fn encode(commit: &Commit, before: Head) -> (Vec<u8>, Head) {
    let after = commit.head_after(before);
    let mut entries = (commit.entries.len() as u32).to_le_bytes().to_vec();
    let mut articles = Vec::new();
    for entry in &commit.entries {
        entries.extend_from_slice(&entry.head());
        entries.extend_from_slice(&(entry.bytes.len() as u32).to_le_bytes());
    }
    for entry in &commit.entries {
        let into = if entry.is_article() { &mut articles } else { &mut entries };
        into.extend_from_slice(&entry.bytes);
    }
    let (entries, articles) =
        rayon::join(|| packed_section(ENTRIES, &entries), || packed_section(ARTICLES, &articles));
    let body = |pack: &BodyPack| SectionHead {
        kind: BODIES,
        codec: Codec::Plain as u8,
        flags: if pack.full { FULL } else { 0 },
        first: pack.first,
        content_bytes: pack.bytes.len() as u32,
        stored_bytes: pack.bytes.len() as u32,
        ..SectionHead::default()
    };
    let mut sections: Vec<(SectionHead, &[u8])> =
        [&entries, &articles].map(|section| (section.head, &*section.stored)).to_vec();
    sections.extend(commit.bodies.iter().map(|pack| (body(pack), &*pack.bytes)));
    sections.extend(commit.others.iter().map(|section| (section.head, &*section.stored)));
    let mut frame = vec![0; HEADER_BYTES];
    frame.extend_from_slice(&(sections.len() as u32).to_le_bytes());
    sections.iter().for_each(|(head, _)| frame.extend_from_slice(&head.encode()));
    sections.iter().for_each(|(_, stored)| frame.extend_from_slice(stored));
    let header = Header {
        flags: 0,
        payload_bytes: (frame.len() - HEADER_BYTES) as u64,
        first_seq: commit.first_seq,
        first_article: commit.first_article,
        entries: (commit.next_seq() - commit.first_seq) as u32,
        articles: commit.articles() as u32,
        committed_ms: commit.committed_ms,
        before,
        after,
        payload_hash: short_hash(&frame[HEADER_BYTES..]),
    };
    frame[..HEADER_BYTES].copy_from_slice(&header.encode());
    (frame, after)
}

/// Decodes a payload whose hash was checked.
pub(super) fn decode(header: &Header, payload: &[u8]) -> Result<Commit, Unreadable> {
    let cut = || "its payload is cut short".to_owned();
    let (count, rest) = payload.split_first_chunk::<4>().ok_or_else(cut)?;
    let count = u32::from_le_bytes(*count) as usize;
    let heads = count.checked_mul(SECTION_HEAD_BYTES).ok_or_else(cut)?;
    let (heads, mut rest) = rest.split_at_checked(heads).ok_or_else(cut)?;
    let Header { first_seq, first_article, committed_ms, .. } = *header;
    let mut commit = Commit { first_seq, first_article, committed_ms, ..Commit::default() };
    let (mut entries, mut articles) = (None, None);
    for head in heads.as_chunks::<SECTION_HEAD_BYTES>().0 {
        let head = SectionHead::decode(head);
        let (stored, left) = rest.split_at_checked(head.stored_bytes as usize).ok_or_else(cut)?;
        rest = left;
        match head.kind {
            ENTRIES if entries.is_none() => entries = Some(content(&head, stored)?),
            ARTICLES if articles.is_none() => articles = Some(content(&head, stored)?),
            ENTRIES | ARTICLES => return Err("a section stands in it twice".to_owned().into()),
            BODIES => {
                let is_known =
                    head.codec == Codec::Plain as u8 && head.dictionary == 0 && head.flags & !FULL == 0;
                if !is_known || !pack::is_known(stored) {
                    return Err(Unreadable::Later("a pack in it is of a kind that is not known".to_owned()));
                }
                let full = head.flags & FULL != 0;
                commit.bodies.push(BodyPack { first: head.first, full, bytes: stored.to_vec() });
            }
            _ => commit.others.push(Section { head, stored: stored.to_vec() }),
        }
    }
    commit.entries = read_entries(&entries.unwrap_or_default(), &articles.unwrap_or_default())?;
    // A new article stands right before what brought it.
    let followers = commit.entries.iter().skip(1).map(Some).chain([None]);
    if commit
        .entries
        .iter()
        .zip(followers)
        .any(|(entry, next)| entry.is_article() && next.is_none_or(RawEntry::is_article))
    {
        return Err("an article in it stands before nothing that brought it".to_owned().into());
    }
    // What is known has to be what it says it is.
    commit
        .entries
        .par_iter()
        .with_min_len(64)
        .try_for_each(|entry| entry.open(0).map(drop))
        .map_err(|e| e.to_string())?;
    let numbers = (commit.next_seq() - first_seq, commit.articles());
    if numbers != (header.entries.into(), header.articles.into()) {
        return Err("its payload is not what its header says".to_owned().into());
    }
    Ok(commit)
}

fn content(head: &SectionHead, stored: &[u8]) -> Result<Vec<u8>, Unreadable> {
    if head.codec > Codec::Zstd as u8 || head.dictionary != 0 || head.flags != 0 {
        return Err(Unreadable::Later("a section in it is packed in a way that is not known".to_owned()));
    }
    if head.content_bytes > CONTENT_BYTES_MAX {
        return Err(Unreadable::Later("a section in it is longer than any".to_owned()));
    }
    let content = pack::unpack(head.codec, 0, stored, head.content_bytes as usize);
    content.map_err(|e| e.to_string().into())
}

fn read_entries<'a>(entries: &'a [u8], mut articles: &'a [u8]) -> Result<Vec<RawEntry>, Unreadable> {
    const BYTES: usize = HEAD_BYTES + 4;
    let cut = || "its entries are cut short".to_owned();
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let (count, rest) = entries.split_first_chunk::<4>().ok_or_else(cut)?;
    let count = u32::from_le_bytes(*count);
    if count > ENTRIES_MAX {
        return Err(Unreadable::Later("it has more entries than any".to_owned()));
    }
    let heads = (count as usize).checked_mul(BYTES);
    let (heads, mut entries) = heads.and_then(|heads| rest.split_at_checked(heads)).ok_or_else(cut)?;
    let mut read = Vec::with_capacity(heads.len() / BYTES);
    for head in heads.as_chunks::<BYTES>().0 {
        let (head, length) = head.split_first_chunk::<HEAD_BYTES>().expect("it is longer");
        let length = u32::from_le_bytes(length.try_into().expect("four bytes")) as usize;
        let from = if heads_article(*head) { &mut articles } else { &mut entries };
        let (bytes, left) = from.split_at_checked(length).ok_or_else(cut)?;
        *from = left;
        if is_of_later_form(*head) {
            return Err(Unreadable::Later("an entry in it is of a form that is not known".to_owned()));
        }
        read.push(RawEntry::of(*head, bytes).map_err(|e| e.to_string())?);
    }
    if entries.is_empty() && articles.is_empty() { Ok(read) } else { Err(cut().into()) }
}

impl Header {
    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.flags.to_le_bytes());
        for number in [self.payload_bytes, self.first_seq, self.first_article] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.entries.to_le_bytes());
        bytes.extend_from_slice(&self.articles.to_le_bytes());
        bytes.extend_from_slice(&self.committed_ms.to_le_bytes());
        bytes.extend_from_slice(&self.before.0);
        bytes.extend_from_slice(&self.after.0);
        bytes.extend_from_slice(&self.payload_hash);
        bytes.extend_from_slice(&short_hash(&bytes));
        bytes.try_into().expect("the fields add up to the header")
    }

    /// `None` if these bytes are not a frame's header, or a damaged one.
    pub fn decode(bytes: &[u8]) -> Option<Header> {
        let bytes: &[u8; HEADER_BYTES] = bytes.get(..HEADER_BYTES)?.try_into().ok()?;
        let (content, hash) = bytes.split_at(HEADER_BYTES - 16);
        if &bytes[..4] != MAGIC || short_hash(content) != hash {
            return None;
        }
        let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let head_at = |at: usize| Head(bytes[at..at + 32].try_into().expect("32 bytes"));
        let header = Header {
            flags: u32_at(4),
            payload_bytes: u64_at(8),
            first_seq: u64_at(16),
            first_article: u64_at(24),
            entries: u32_at(32),
            articles: u32_at(36),
            committed_ms: u64_at(40) as i64,
            before: head_at(48),
            after: head_at(80),
            payload_hash: bytes[112..128].try_into().expect("16 bytes"),
        };
        // Somebody else may have written it.
        let numbers = [header.payload_bytes, header.first_seq, header.first_article];
        numbers.iter().all(|number| *number < NUMBERS_MAX).then_some(header)
    }

    /// The number that the next frame's first entry has.
    pub fn next_seq(&self) -> u64 {
        self.first_seq + u64::from(self.entries)
    }

    /// The number that the next new article has.
    pub fn next_article(&self) -> u64 {
        self.first_article + u64::from(self.articles)
    }

    /// Bytes of the whole frame.
    pub fn frame_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + self.payload_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::{ArticleRow, Entry};
    use super::*;
    use crate::model::{Digest, Language, Provenance};

    fn commit() -> Commit {
        let article = |headline: &str| {
            let digest = Digest::of(headline.as_bytes());
            let (language, headline) = (Language::parse("uk"), headline.to_owned());
            Entry::Article(ArticleRow { digest, language, headline, first_seq: 0, body_bytes: 3 }).encode()
        };
        let capture = |article, input: &str| {
            let provenance = Provenance { input: input.to_owned(), ..Provenance::default() };
            Entry::Capture { article, provenance: Box::new(provenance) }.encode()
        };
        let later = RawEntry { kind: 4711, version: 3, gone: false, bytes: b"whatever".as_slice().into() };
        Commit {
            first_seq: 5,
            first_article: 3,
            committed_ms: 1_738_056_660_000,
            entries: vec![
                article("rain"),
                capture(3, "a"),
                capture(1, "b"),
                later,
                article("sun"),
                capture(4, "c"),
            ],
            bodies: vec![BodyPack { first: 3, full: false, bytes: vec![1, 2, 3] }],
            others: vec![Section {
                head: SectionHead { kind: 99, codec: 7, stored_bytes: 2, ..SectionHead::default() },
                stored: vec![8, 9],
            }],
        }
    }

    #[test]
    fn frames_round_trip() {
        let (frame, after) = encode(&commit(), Head::EMPTY);
        let header = Header::decode(&frame).unwrap();
        assert_eq!(header.after, after);
        assert_eq!((header.next_seq(), header.next_article()), (9, 5));
        assert_eq!(header.frame_bytes(), frame.len() as u64);
        assert_eq!(header.payload_hash, short_hash(&frame[HEADER_BYTES..]));
        assert_eq!(decode(&header, &frame[HEADER_BYTES..]).unwrap(), commit());
    }

    /// The chain knows entries, not commits: cut anywhere, it ends with the same head.
    #[test]
    fn the_head_does_not_depend_on_the_cut() {
        let whole = commit();
        for cut in 0..=whole.entries.len() {
            let mut first = whole.clone();
            let entries = first.entries.split_off(cut);
            let (first_seq, first_article) = (first.next_seq(), first.next_article());
            let second = Commit { first_seq, first_article, entries, ..whole.clone() };
            assert_eq!(second.head_after(first.head_after(Head::EMPTY)), whole.head_after(Head::EMPTY));
            assert_eq!((second.next_seq(), second.next_article()), (whole.next_seq(), whole.next_article()));
        }
    }

    /// What is gone proves the rest, whatever it was.
    #[test]
    fn the_head_does_not_depend_on_what_is_gone() {
        let (whole, head) = (commit(), commit().head_after(Head::EMPTY));
        for gone in 0..1 << whole.entries.len() {
            let mut less = whole.clone();
            for (at, entry) in less.entries.iter_mut().enumerate().filter(|(at, _)| gone >> at & 1 == 1) {
                assert!(!entry.gone, "{at}");
                *entry = entry.without_bytes();
            }
            let (frame, after) = encode(&less, Head::EMPTY);
            assert_eq!(after, head);
            let header = Header::decode(&frame).unwrap();
            assert_eq!(decode(&header, &frame[HEADER_BYTES..]).unwrap(), less);
        }
    }

    /// What a later version may write and this one cannot read is no damage.
    #[test]
    fn later_frames_are_known_as_such() {
        let (frame, _) = encode(&commit(), Head::EMPTY);
        let header = Header::decode(&frame).unwrap();
        let payload = frame[HEADER_BYTES..].to_vec();
        let heads = |section: usize, at: usize| 4 + section * SECTION_HEAD_BYTES + at;
        // Codecs, dictionaries and flags of entries, articles and bodies; the codec of a pack.
        let pack = payload.len() - 2 - 3;
        let places =
            [heads(0, 2), heads(1, 2), heads(2, 2), heads(0, 3), heads(2, 3), heads(0, 4), heads(2, 4), pack];
        for at in places {
            let mut later = payload.clone();
            later[at] = 0x80;
            assert!(matches!(decode(&header, &later), Err(Unreadable::Later(_))), "byte {at}");
        }
    }

    /// A frame from somebody else is refused or read; it never panics.
    #[test]
    fn damaged_payloads_never_panic() {
        let (frame, _) = encode(&commit(), Head::EMPTY);
        let header = Header::decode(&frame).unwrap();
        let payload = &frame[HEADER_BYTES..];
        for length in 0..payload.len() {
            assert!(decode(&header, &payload[..length]).is_err(), "cut at {length}");
        }
        for bit in 0..payload.len() * 8 {
            let mut flipped = payload.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = decode(&header, &flipped);
        }
    }

    #[test]
    fn every_flipped_bit_of_a_header_is_noticed() {
        let (frame, _) = encode(&commit(), Head::EMPTY);
        for bit in 0..HEADER_BYTES * 8 {
            let mut flipped = frame[..HEADER_BYTES].to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&flipped), None, "bit {bit}");
        }
    }
}
