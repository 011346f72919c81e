//! The digest of an article, its *pressmark*: BLAKE3 of the canonical text, and the prefixes that name it.

use std::fmt;
use std::str::FromStr;

/// BLAKE3 of an article's canonical text: 32 bytes, printed as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Digest(pub [u8; 32]);

/// The fewest hexadecimal digits that may name an article.
pub const PREFIX_DIGITS_MIN: usize = 4;

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// The first `digits` hexadecimal digits.
    pub fn short(&self, digits: usize) -> String {
        let mut hex = self.to_string();
        hex.truncate(digits);
        hex
    }

    /// How many leading hexadecimal digits two digests share.
    pub fn shared_digits(&self, other: &Digest) -> usize {
        for (index, (a, b)) in self.0.iter().zip(&other.0).enumerate() {
            if a != b {
                return index * 2 + usize::from(a >> 4 == b >> 4);
            }
        }
        64
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0u8; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).expect("hexadecimal digits are ASCII"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Digest, BadPrefix> {
        let prefix: Prefix = text.parse()?;
        if prefix.digits != 64 {
            return Err(BadPrefix::Length { digits: prefix.digits });
        }
        Ok(Digest(prefix.low))
    }
}

/// The leading digits of a digest: from [`PREFIX_DIGITS_MIN`] to 64 of them, any case, `blake3:` before them allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    low: [u8; 32],
    digits: usize,
}

/// Why a text is not a prefix of a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPrefix {
    /// Fewer than four digits, or more than 64.
    #[error("a digest is named by 4 to 64 hexadecimal digits, not {digits}")]
    Length {
        /// How many there were.
        digits: usize,
    },
    /// Something that is not a hexadecimal digit.
    #[error("'{character}' is not a hexadecimal digit")]
    Character {
        /// The first such character.
        character: char,
    },
}

impl Prefix {
    /// The smallest digest that starts with this prefix.
    pub fn first(&self) -> Digest {
        Digest(self.low)
    }

    /// Whether a digest that starts with these bytes may start with this prefix.
    pub(crate) fn may_match(&self, start: &[u8]) -> bool {
        let mut padded = self.first();
        padded.0[..start.len()].copy_from_slice(start);
        self.matches(&padded)
    }

    /// Whether the digest starts with this prefix.
    pub fn matches(&self, digest: &Digest) -> bool {
        self.first().shared_digits(digest) >= self.digits
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first().short(self.digits))
    }
}

impl FromStr for Prefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Prefix, BadPrefix> {
        let text = text.trim();
        let hex = text.strip_prefix("blake3:").unwrap_or(text);
        if let Some(character) = hex.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(BadPrefix::Character { character });
        }
        if !(PREFIX_DIGITS_MIN..=64).contains(&hex.len()) {
            return Err(BadPrefix::Length { digits: hex.len() });
        }
        let mut low = [0u8; 32];
        for (index, digit) in hex.chars().enumerate() {
            let value = digit.to_digit(16).expect("checked to be hexadecimal above") as u8;
            low[index / 2] |= if index % 2 == 0 { value << 4 } else { value };
        }
        Ok(Prefix { low, digits: hex.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_name_digests() {
        let digest = Digest::of(b"rain\n");
        let hex = digest.to_string();
        for digits in PREFIX_DIGITS_MIN..=64 {
            let prefix: Prefix = hex[..digits].to_uppercase().parse().unwrap();
            assert!(prefix.matches(&digest));
            assert_eq!(prefix.to_string(), hex[..digits]);
        }
        assert!(format!("blake3:{hex}").parse::<Prefix>().unwrap().matches(&digest));
        assert_eq!(hex.parse::<Digest>().unwrap(), digest);
    }

    #[test]
    fn what_is_not_a_prefix_says_why() {
        assert_eq!("abc".parse::<Prefix>(), Err(BadPrefix::Length { digits: 3 }));
        assert_eq!("abcx1".parse::<Prefix>(), Err(BadPrefix::Character { character: 'x' }));
        assert_eq!("a".repeat(65).parse::<Prefix>(), Err(BadPrefix::Length { digits: 65 }));
        assert_eq!("abcd".parse::<Digest>(), Err(BadPrefix::Length { digits: 4 }));
    }

    #[test]
    fn shared_digits_counts_half_bytes() {
        let mut a = Digest([0; 32]);
        let b = Digest([0; 32]);
        assert_eq!(a.shared_digits(&b), 64);
        a.0[2] = 0x0f;
        assert_eq!(a.shared_digits(&b), 5);
        a.0[2] = 0xf0;
        assert_eq!(a.shared_digits(&b), 4);
    }
}
