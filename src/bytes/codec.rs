//! The encoding of rows: bincode 1.3.3, fixed-width integers, bounded, nothing left over, a version byte first.
//! The only module that names bincode, so that it can be replaced by writing this file anew.
//!
//! Decoding proves nothing about the bytes (most single-bit changes still decode): checksums and digests do that.

use bincode::Options;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version of every encoding below. Another one is refused.
const VERSION: u8 = 1;

/// The longest encoding read or written. An article's text is bounded well below it.
pub const BYTES_MAX: u64 = 256 << 20;

/// Why bytes could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum Undecodable {
    /// There is nothing.
    #[error("an empty record")]
    Empty,
    /// A later version wrote it.
    #[error("a record of version {0}; this pressmark reads version {VERSION}")]
    Version(u8),
    /// The bytes are not such a record.
    #[error("not a record: {0}")]
    Content(String),
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_fixint_encoding().reject_trailing_bytes().with_limit(BYTES_MAX)
}

/// Encodes a value.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    options()
        .serialize_into(&mut bytes, value)
        .expect("rows are bounded when they are made, and writing to memory cannot fail");
    bytes
}

/// Decodes what [`encode`] made.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Undecodable> {
    match bytes.split_first() {
        None => Err(Undecodable::Empty),
        Some((&VERSION, rest)) => {
            options().deserialize(rest).map_err(|e| Undecodable::Content(e.to_string()))
        }
        Some((&version, _)) => Err(Undecodable::Version(version)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is on disk is a promise: this is what (u16, Option<String>, Vec<u64>) has looked like since version 1.
    #[test]
    fn golden_bytes() {
        let value = (7u16, Some("дощ".to_owned()), vec![1u64]);
        let bytes = encode(&value);
        let golden: &[u8] = &[
            1, 7, 0, 1, 6, 0, 0, 0, 0, 0, 0, 0, 0xd0, 0xb4, 0xd0, 0xbe, 0xd1, 0x89, 1, 0, 0, 0, 0, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(bytes, golden);
        assert_eq!(decode::<(u16, Option<String>, Vec<u64>)>(golden).unwrap(), value);
    }

    #[test]
    fn bad_bytes_are_refused() {
        let mut long = encode(&"rain");
        long.push(0);
        for (bytes, says) in [
            (&[][..], "an empty record"),
            (&[2, 0, 0][..], "a record of version 2; this pressmark reads version 1"),
            (&long, "not a record"),
            (&[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f][..], "not a record"),
        ] {
            let error = decode::<String>(bytes).unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }
}
