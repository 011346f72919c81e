//! A place in the ledger, and the head of the chain there.

use crate::model::Digest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The head of the hash chain: the state of the archive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub struct Head(pub [u8; 32]);

impl Head {
    /// The head of an archive in which there is nothing yet.
    pub const EMPTY: Head = Head([0; 32]);
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Digest(self.0).fmt(f)
    }
}

/// The first 16 bytes of BLAKE3: enough against every accident.
pub(super) fn short_hash(bytes: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    hasher.finalize().as_bytes()[..16].try_into().expect("a hash has 32 bytes")
}

/// A place between two frames, and all that came before it in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The segment's number; 0 before there is any.
    pub segment: u32,
    /// Where the last frame starts in it; 0 if the segment has none.
    pub frame: u64,
    /// Where the next frame would start in it.
    pub offset: u64,
    /// The number that the next entry will have.
    pub next_seq: u64,
    /// The number that the next article will have.
    pub next_article: u64,
    /// The head of the chain.
    pub head: Head,
}

impl Position {
    /// The position in an empty ledger.
    pub const START: Position =
        Position { segment: 0, frame: 0, offset: 0, next_seq: 1, next_article: 1, head: Head::EMPTY };
}
