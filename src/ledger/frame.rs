//! A frame: one commit as it stands in the ledger, and the chain of hashes that runs through all of them.
//!
//! ```text
//! frame   = header (144 bytes), payload
//! header  = "PMf1", 0 (u32), payload bytes (u64), first seq (u64), first article (u64), captures (u32), articles (u32),
//!           committed (i64, ms since 1970), head before (32), head after (32), hash of payload (16), hash of header (16)
//! payload = directory bytes (u32), directory (codec), zstd of the articles' rows, zstd of the entries, body packs
//! ```
//! Integers are little-endian, hashes are BLAKE3 cut to the length given.
//!
//! **The chain.** Every entry has a hash: BLAKE3 of its encoding, and, if it brings a new article, of that article's
//! digest and language. The head after an entry is BLAKE3 of the head before it and that hash. So the head depends on
//! the entries and their order alone, not on how they were cut into commits or compressed: a lost tail can be written
//! again from the store and ends with the same head, and the head of any `seq` names the archive as it was then.

use crate::article::{Article, Language, Provenance};
use crate::codec;
use crate::digest::Digest;
use crate::error::Error;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The head of the hash chain: the state of the archive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct Head(pub [u8; 32]);

impl Head {
    /// The head of an archive in which there is nothing yet.
    pub const EMPTY: Head = Head([0; 32]);

    fn after(self, entry: &[u8; 32]) -> Head {
        Head(*blake3::Hasher::new().update(&self.0).update(entry).finalize().as_bytes())
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Digest(self.0).fmt(f)
    }
}

/// All of an article but its body, which stands in a pack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArticleRow {
    /// BLAKE3 of the canonical text.
    pub digest: Digest,
    /// The language of the text.
    pub language: Option<Language>,
    /// The headline.
    pub headline: String,
    /// The capture that brought the article.
    pub first_seq: u64,
    /// The length of the body in bytes.
    pub body_bytes: u32,
}

impl ArticleRow {
    /// The article, with its body from elsewhere, if the text has the digest.
    pub fn with_body(&self, body: String) -> Result<Article, Error> {
        let article = Article::from_canonical(self.headline.clone(), body, self.language);
        if article.digest() == self.digest { Ok(article) } else { Err(Error::Digest { digest: self.digest }) }
    }
}

/// What the archive numbers in order of arrival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// A capture of this article.
    Capture {
        /// The article's number, in order of arrival, from 1.
        article: u64,
        /// What was found out.
        provenance: Provenance,
    },
    /// Tags that an article gets and loses.
    Tags {
        /// The article's number.
        article: u64,
        /// Tags that it has from now on.
        added: Vec<String>,
        /// Tags that it has no more.
        removed: Vec<String>,
    },
    /// A query that is kept under a name.
    Saved {
        /// The name.
        name: String,
        /// The query; none takes the name away.
        query: Option<String>,
    },
}

impl Entry {
    /// The article that a capture found.
    pub fn captured(&self) -> Option<u64> {
        match self {
            Entry::Capture { article, .. } => Some(*article),
            Entry::Tags { .. } | Entry::Saved { .. } => None,
        }
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Entry::Capture { provenance, .. } => provenance.bytes(),
            Entry::Tags { added, removed, .. } => {
                added.iter().chain(removed).map(|tag| 32 + tag.len()).sum::<usize>()
            }
            Entry::Saved { name, query } => 64 + name.len() + query.as_ref().map_or(0, String::len),
        }
    }
}

/// A pack of bodies (article number → body) and what is known of it without reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyPack {
    /// The number of the first article in it.
    pub first: u64,
    /// Whether it is as full as packs become.
    pub full: bool,
    /// See [`crate::pack`].
    pub bytes: Vec<u8>,
}

/// One batch: everything that is made durable at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// The number of the first entry.
    pub first_seq: u64,
    /// The number of the first new article, or of the next one if there is none.
    pub first_article: u64,
    /// When it was committed, in milliseconds since 1970.
    pub committed_ms: i64,
    /// The new articles, in order.
    pub articles: Vec<ArticleRow>,
    /// The entries, in order.
    pub entries: Vec<Entry>,
    /// The bodies of the new articles, in order.
    pub bodies: Vec<BodyPack>,
}

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Header {
    pub payload_bytes: u64,
    pub first_seq: u64,
    pub first_article: u64,
    pub captures: u32,
    pub articles: u32,
    pub committed_ms: i64,
    pub before: Head,
    pub after: Head,
    pub payload_hash: [u8; 16],
}

pub(super) const HEADER_BYTES: usize = 144;
pub(super) const MAGIC: &[u8; 4] = b"PMf1";

/// Entries and rows of articles are short and alike.
const LEVEL: i32 = 3;

impl Commit {
    /// Each entry's hash, and so the chain's next heads.
    fn hashes(&self) -> Vec<[u8; 32]> {
        let mut next_article = self.first_article;
        let introduced: Vec<Option<usize>> = self
            .entries
            .iter()
            .map(|entry| {
                let article = entry.captured().filter(|article| *article == next_article)?;
                next_article += 1;
                Some((article - self.first_article) as usize)
            })
            .collect();
        let pairs: Vec<_> = self.entries.iter().zip(introduced).collect();
        let hash = |(entry, introduced): &(&Entry, Option<usize>)| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&codec::encode(entry));
            if let Some(article) = introduced.and_then(|index| self.articles.get(index)) {
                hasher.update(&article.digest.0).update(&codec::encode(&article.language));
            }
            *hasher.finalize().as_bytes()
        };
        pairs.par_iter().with_min_len(64).map(hash).collect()
    }

    /// The head after this commit, if this was the head before.
    pub fn head_after(&self, before: Head) -> Head {
        self.hashes().iter().fold(before, Head::after)
    }

    /// The heads after each of its entries.
    pub fn heads(&self, before: Head) -> Vec<Head> {
        let step = |head: &mut Head, hash: &[u8; 32]| {
            *head = head.after(hash);
            Some(*head)
        };
        self.hashes().iter().scan(before, step).collect()
    }

    /// The number that the next entry will have.
    pub fn next_seq(&self) -> u64 {
        self.first_seq + self.entries.len() as u64
    }

    /// The number that the next article will have.
    pub fn next_article(&self) -> u64 {
        self.first_article + self.articles.len() as u64
    }
}

#[derive(Serialize, Deserialize)]
struct Directory {
    articles: (u32, u32),
    entries: (u32, u32),
    bodies: Vec<(u64, bool, u32)>,
}

/// The bytes of a frame, and the head after it.
pub(super) fn encode(commit: &Commit, before: Head) -> (Vec<u8>, Head) {
    let after = commit.head_after(before);
    let compress =
        |bytes: &[u8]| zstd::bulk::compress(bytes, LEVEL).expect("compressing in memory cannot fail");
    let articles = codec::encode(&commit.articles);
    let entries = codec::encode(&commit.entries);
    let (packed_articles, packed_entries) = rayon::join(|| compress(&articles), || compress(&entries));
    let directory = codec::encode(&Directory {
        articles: (articles.len() as u32, packed_articles.len() as u32),
        entries: (entries.len() as u32, packed_entries.len() as u32),
        bodies: commit.bodies.iter().map(|pack| (pack.first, pack.full, pack.bytes.len() as u32)).collect(),
    });
    let mut frame = vec![0; HEADER_BYTES];
    frame.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    frame.extend_from_slice(&directory);
    frame.extend_from_slice(&packed_articles);
    frame.extend_from_slice(&packed_entries);
    commit.bodies.iter().for_each(|pack| frame.extend_from_slice(&pack.bytes));
    let header = Header {
        payload_bytes: (frame.len() - HEADER_BYTES) as u64,
        first_seq: commit.first_seq,
        first_article: commit.first_article,
        captures: commit.entries.len() as u32,
        articles: commit.articles.len() as u32,
        committed_ms: commit.committed_ms,
        before,
        after,
        payload_hash: short_hash(&frame[HEADER_BYTES..]),
    };
    frame[..HEADER_BYTES].copy_from_slice(&header.encode());
    (frame, after)
}

/// Decodes a payload whose hash was checked. `Err` says what is wrong with it.
pub(super) fn decode(header: &Header, payload: &[u8]) -> Result<Commit, String> {
    let cut = || "its payload is cut short".to_owned();
    let (length, rest) = payload.split_at_checked(4).ok_or_else(cut)?;
    let length = u32::from_le_bytes(length.try_into().expect("four bytes")) as usize;
    let (directory, mut rest) = rest.split_at_checked(length).ok_or_else(cut)?;
    let directory: Directory = codec::decode(directory).map_err(|e| e.to_string())?;
    let mut take = |length: u32| {
        let (taken, left) = rest.split_at_checked(length as usize).ok_or_else(cut)?;
        rest = left;
        Ok::<_, String>(taken)
    };
    let mut unpack = |(length, packed): (u32, u32)| {
        if u64::from(length) > codec::BYTES_MAX {
            return Err("its payload is longer than any".to_owned());
        }
        zstd::bulk::decompress(take(packed)?, length as usize).map_err(|e| e.to_string())
    };
    let articles: Vec<ArticleRow> = codec::decode(&unpack(directory.articles)?).map_err(|e| e.to_string())?;
    let entries: Vec<Entry> = codec::decode(&unpack(directory.entries)?).map_err(|e| e.to_string())?;
    let mut bodies = Vec::with_capacity(directory.bodies.len());
    for (first, full, length) in directory.bodies {
        bodies.push(BodyPack { first, full, bytes: take(length)?.to_vec() });
    }
    if articles.len() != header.articles as usize || entries.len() != header.captures as usize {
        return Err("its payload is not what its header says".to_owned());
    }
    let Header { first_seq, first_article, committed_ms, .. } = *header;
    Ok(Commit { first_seq, first_article, committed_ms, articles, entries, bodies })
}

impl Header {
    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&0u32.to_le_bytes());
        for number in [self.payload_bytes, self.first_seq, self.first_article] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.captures.to_le_bytes());
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
        Some(Header {
            payload_bytes: u64_at(8),
            first_seq: u64_at(16),
            first_article: u64_at(24),
            captures: u32_at(32),
            articles: u32_at(36),
            committed_ms: u64_at(40) as i64,
            before: head_at(48),
            after: head_at(80),
            payload_hash: bytes[112..128].try_into().expect("16 bytes"),
        })
    }

    /// The number that the next frame's first entry has.
    pub fn next_seq(&self) -> u64 {
        self.first_seq + u64::from(self.captures)
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

/// The first 16 bytes of BLAKE3: enough against every accident.
pub(super) fn short_hash(bytes: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    hasher.finalize().as_bytes()[..16].try_into().expect("a hash has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit() -> Commit {
        let article = |headline: &str, first_seq| ArticleRow {
            digest: Digest::of(headline.as_bytes()),
            language: Language::parse("uk"),
            headline: headline.to_owned(),
            first_seq,
            body_bytes: 3,
        };
        let capture = |article, input: &str| Entry::Capture {
            article,
            provenance: Provenance { input: input.to_owned(), ..Provenance::default() },
        };
        Commit {
            first_seq: 5,
            first_article: 3,
            committed_ms: 1_738_056_660_000,
            articles: vec![article("rain", 5), article("sun", 7)],
            entries: vec![capture(3, "a"), capture(1, "b"), capture(4, "c")],
            bodies: vec![BodyPack { first: 3, full: false, bytes: vec![1, 2, 3] }],
        }
    }

    #[test]
    fn frames_round_trip() {
        let (frame, after) = encode(&commit(), Head::EMPTY);
        let header = Header::decode(&frame).unwrap();
        assert_eq!(header.after, after);
        assert_eq!((header.next_seq(), header.next_article()), (8, 5));
        assert_eq!(header.frame_bytes(), frame.len() as u64);
        assert_eq!(header.payload_hash, short_hash(&frame[HEADER_BYTES..]));
        assert_eq!(decode(&header, &frame[HEADER_BYTES..]).unwrap(), commit());
    }

    /// The chain knows entries, not commits: cut anywhere, it ends with the same head.
    #[test]
    fn the_head_does_not_depend_on_the_cut() {
        let whole = commit();
        let mut first = whole.clone();
        first.entries.truncate(2);
        first.articles.truncate(1);
        let mut second = whole.clone();
        second.entries.drain(..2);
        second.articles.drain(..1);
        (second.first_seq, second.first_article) = (first.next_seq(), first.next_article());
        assert_eq!(second.head_after(first.head_after(Head::EMPTY)), whole.head_after(Head::EMPTY));
        assert_eq!(whole.heads(Head::EMPTY).last(), Some(&whole.head_after(Head::EMPTY)));
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
