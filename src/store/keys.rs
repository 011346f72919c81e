//! The store's keys: big-endian, so that byte order is value order. What stands in which tree is said in
//! `trees.rs`; beside them `meta` has the counters and the version of it all.
//!
//! Numbers of articles and captures have 40 bits, and so have instants: seconds since 1970, sign-flipped, with 0 for
//! "none", which reaches 17,000 years either way. Five bytes of the digest put equal dates in the order of their digests.

use crate::model::{Digest, Precision, Published, Timestamp};

/// Rows of an index on dates.
pub const MARK_BYTES: usize = 25;

/// Rows of the index on tags.
pub const TAG_BYTES: usize = 14;

/// One capture, as the indexes on dates and sources have it: enough to place it and to find its article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The instant that it is placed by; none if it has no date.
    pub at: Option<Timestamp>,
    /// The first five bytes of the article's digest.
    pub digest: [u8; 5],
    /// The capture.
    pub seq: u64,
    /// The article.
    pub article: u64,
    /// The source's number; 0 is none.
    pub source: u32,
    /// See [`Mark::flags`]; always those of the publication date.
    pub flags: u8,
}

const UNDATED: u8 = 8;

impl Mark {
    /// Precision and plausibility of a publication date, and whether there is one, in one byte.
    pub fn flags(published: Option<&Published>) -> u8 {
        let precision = |precision| match precision {
            Precision::Second => 0,
            Precision::Minute => 1,
            Precision::Day => 2,
            Precision::Month => 3,
        };
        published
            .map_or(UNDATED, |published| precision(published.precision) | u8::from(published.suspect) << 2)
    }

    /// How much of the date is known.
    pub fn precision(&self) -> Precision {
        match self.flags & 3 {
            0 => Precision::Second,
            1 => Precision::Minute,
            2 => Precision::Day,
            _ => Precision::Month,
        }
    }

    /// Whether the capture has no publication date.
    pub fn undated(&self) -> bool {
        self.flags & UNDATED != 0
    }

    /// Whether the date is implausible.
    pub fn suspect(&self) -> bool {
        self.flags & 4 != 0
    }

    /// A row of `by_date` or `by_captured`.
    pub fn date_key(&self) -> [u8; MARK_BYTES] {
        let mut key = [0; MARK_BYTES];
        key[..5].copy_from_slice(&instant(self.at));
        self.tail(&mut key[5..20]);
        key[20..24].copy_from_slice(&self.source.to_be_bytes());
        key[24] = self.flags;
        key
    }

    /// A row of `by_source`.
    pub fn source_key(&self) -> [u8; MARK_BYTES] {
        let mut key = [0; MARK_BYTES];
        key[..4].copy_from_slice(&self.source.to_be_bytes());
        key[4..9].copy_from_slice(&instant(self.at));
        self.tail(&mut key[9..24]);
        key[24] = self.flags;
        key
    }

    fn tail(&self, key: &mut [u8]) {
        key[..5].copy_from_slice(&self.digest);
        key[5..10].copy_from_slice(&number(self.seq));
        key[10..15].copy_from_slice(&number(self.article));
    }

    /// Reads a row of `by_date` or `by_captured`.
    pub fn from_date_key(key: &[u8; MARK_BYTES]) -> Mark {
        Mark::read(&key[..5], &key[5..20], &key[20..24], key[24])
    }

    /// Reads a row of `by_source`.
    pub fn from_source_key(key: &[u8; MARK_BYTES]) -> Mark {
        Mark::read(&key[4..9], &key[9..24], &key[..4], key[24])
    }

    fn read(at: &[u8], tail: &[u8], source: &[u8], flags: u8) -> Mark {
        Mark {
            at: read_instant(at),
            digest: tail[..5].try_into().expect("five bytes"),
            seq: read_number(&tail[5..10]),
            article: read_number(&tail[10..15]),
            source: u32::from_be_bytes(source.try_into().expect("four bytes")),
            flags,
        }
    }
}

/// The highest number.
pub const LAST: u64 = (1 << 40) - 1;

/// 40 bits of a number, big-endian.
pub fn number(number: u64) -> [u8; 5] {
    debug_assert!(number < 1 << 40, "an archive ends at 10^12 captures");
    number.to_be_bytes()[3..].try_into().expect("eight bytes less three")
}

/// What [`number`] wrote.
pub fn read_number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

const EPOCH: i64 = 1 << 39;

/// An instant, or none, as 40 bits that sort: none first.
pub fn instant(at: Option<Timestamp>) -> [u8; 5] {
    let biased = at.map_or(0, |at| at.0.saturating_add(EPOCH).clamp(1, 2 * EPOCH - 1));
    number(biased as u64)
}

fn read_instant(bytes: &[u8]) -> Option<Timestamp> {
    let biased = read_number(bytes) as i64;
    (biased != 0).then(|| Timestamp(biased - EPOCH))
}

/// A row of `digests`.
pub fn digest_key(digest: &Digest, article: u64) -> [u8; 13] {
    joined(&digest.0[..8], &number(article))
}

/// A row of `by_article`.
pub fn article_key(article: u64, seq: u64) -> [u8; 10] {
    joined(&number(article), &number(seq))
}

/// A row of `by_tag`.
pub fn tag_key(tag: u32, article: u64, seq: u64) -> [u8; TAG_BYTES] {
    joined(&tag.to_be_bytes(), &joined::<10>(&number(article), &number(seq)))
}

/// A row of `by_url`.
pub fn url_key(hash: [u8; 8], seq: u64, article: u64) -> [u8; 18] {
    joined(&hash, &joined::<10>(&number(seq), &number(article)))
}

fn joined<const K: usize>(first: &[u8], second: &[u8]) -> [u8; K] {
    let mut key = [0; K];
    key[..first.len()].copy_from_slice(first);
    key[first.len()..].copy_from_slice(second);
    key
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants_sort_as_bytes() {
        let instants = [None, Some(-377_705_116_800), Some(-1), Some(0), Some(1), Some(253_402_207_200)];
        let keys: Vec<_> = instants.iter().map(|at| instant(at.map(Timestamp))).collect();
        assert!(keys.is_sorted());
        for (at, key) in instants.iter().zip(&keys) {
            assert_eq!(read_instant(key), at.map(Timestamp));
        }
    }

    proptest! {
        #[test]
        fn marks_round_trip(at in proptest::option::of(-377_705_116_800i64..253_402_207_200), digest: [u8; 5], seq in 0u64..1 << 40, article in 0u64..1 << 40, source: u32, flags in 0u8..8) {
            let mark = Mark { at: at.map(Timestamp), digest, seq, article, source, flags };
            prop_assert_eq!(Mark::from_date_key(&mark.date_key()), mark);
            prop_assert_eq!(Mark::from_source_key(&mark.source_key()), mark);
        }
    }
}
