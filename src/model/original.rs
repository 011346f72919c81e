//! The bytes that a draft was read from, compressed: what `--keep-raw` keeps.

use super::digest::Digest;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes that are to be kept, compressed already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    pub(crate) digest: Digest,
    pub(crate) packed: Arc<[u8]>,
}

/// zstd's level: pages compress to a fifth at any.
const LEVEL: i32 = 3;

/// Nothing longer was ever kept.
pub const RAW_BYTES_MAX: u64 = 1 << 30;

impl Raw {
    /// Compresses bytes.
    pub fn new(bytes: &[u8]) -> Raw {
        let packed = zstd::bulk::compress(bytes, LEVEL).expect("memory to compress to is there");
        Raw { digest: Digest(*blake3::hash(bytes).as_bytes()), packed: packed.into() }
    }

    /// The BLAKE3 of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// From bytes that were compressed before: by another archive, say. `None` if they are not what they are called.
    pub fn of_packed(digest: Digest, packed: Vec<u8>) -> Option<Raw> {
        // Somebody else may have made them: what comes out is never held.
        let mut hasher = blake3::Hasher::new();
        let decoder = zstd::Decoder::with_buffer(&packed[..]).ok()?;
        let length = io::copy(&mut decoder.take(RAW_BYTES_MAX + 1), &mut hasher).ok()?;
        let is_whole = length <= RAW_BYTES_MAX && *hasher.finalize().as_bytes() == digest.0;
        is_whole.then(|| Raw { digest, packed: packed.into() })
    }

    /// The bytes, compressed.
    pub fn packed(&self) -> &[u8] {
        &self.packed
    }

    /// How much it takes.
    pub fn packed_bytes(&self) -> usize {
        self.packed.len()
    }
}
