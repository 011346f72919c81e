//! A pack: a sorted run of rows in one value. What everything in sled costs follows the number of its entries, not of
//! bytes, so rows are kept in packs; and since the ledger holds the bodies in the same packs, they are compressed once.
//!
//! ```text
//! pack    = 1, content           | 2, dictionary (u32), bytes of content (u32), zstd of content
//! content = n (u32), n keys of K bytes, n ends of values (u32; only if any value is not empty), values
//! ```
//! The first byte is the codec. No dictionary is in use: its number is 0, and another one was written by a later version. Integers
//! are little-endian; keys are compared as bytes and strictly ascending. The highest bit of `n` says whether there are values.

use std::cell::RefCell;
use std::ops::Range;

/// Rows to be packed: keys strictly ascending.
pub type Row<const K: usize> = ([u8; K], Box<[u8]>);

/// How content is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// As it is.
    Plain = 1,
    /// Zstandard.
    Zstd = 2,
}

const PLAIN: u8 = Codec::Plain as u8;
const ZSTD: u8 = Codec::Zstd as u8;
/// Codec, dictionary, bytes of content.
const ZSTD_HEAD_BYTES: usize = 9;
const HAS_VALUES: u32 = 1 << 31;

/// The longest content of a pack: one row of the longest text, and some more.
const CONTENT_BYTES_MAX: usize = 64 << 20;

/// Bytes that are not a pack.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a pack: {0}")]
pub struct BadPack(&'static str);

/// A decoded pack.
pub struct Pack<const K: usize> {
    content: Vec<u8>,
    rows: usize,
    has_values: bool,
}

/// Bytes that a row takes in the content of a pack.
pub fn row_bytes<const K: usize>(value: &[u8]) -> usize {
    K + value.len() + if value.is_empty() { 0 } else { 4 }
}

thread_local! {
    // A context is a megabyte that is cleared whenever it is made.
    static COMPRESSOR: RefCell<zstd::bulk::Compressor<'static>> = RefCell::new(zstd::bulk::Compressor::default());
    static DECOMPRESSOR: RefCell<zstd::bulk::Decompressor<'static>> = RefCell::new(zstd::bulk::Decompressor::default());
}

/// Packs rows; compresses them at this zstd level if one is given.
pub fn encode<const K: usize>(rows: &[Row<K>], level: Option<i32>) -> Vec<u8> {
    debug_assert!(rows.is_sorted_by(|a, b| a.0 < b.0), "rows of a pack ascend");
    let has_values = rows.iter().any(|(_, value)| !value.is_empty());
    let bytes = 9 + rows.iter().map(|(_, value)| K + 4 + value.len()).sum::<usize>();
    let mut content = Vec::with_capacity(bytes);
    content.push(PLAIN);
    let count = rows.len() as u32 | if has_values { HAS_VALUES } else { 0 };
    content.extend_from_slice(&count.to_le_bytes());
    rows.iter().for_each(|(key, _)| content.extend_from_slice(key));
    if has_values {
        let mut end = 0u32;
        for (_, value) in rows {
            end += value.len() as u32;
            content.extend_from_slice(&end.to_le_bytes());
        }
        rows.iter().for_each(|(_, value)| content.extend_from_slice(value));
    }
    let Some(level) = level else { return content };
    let content = &content[1..];
    let mut pack = vec![0; ZSTD_HEAD_BYTES + zstd::zstd_safe::compress_bound(content.len())];
    pack[0] = ZSTD;
    pack[5..ZSTD_HEAD_BYTES].copy_from_slice(&(content.len() as u32).to_le_bytes());
    let length = COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.set_compression_level(level)?;
        compressor.compress_to_buffer(content, &mut pack[ZSTD_HEAD_BYTES..])
    });
    pack.truncate(ZSTD_HEAD_BYTES + length.expect("the buffer holds the bound"));
    pack
}

/// Whether a pack is in a codec, and with a dictionary, that this version knows.
pub(crate) fn is_known(pack: &[u8]) -> bool {
    matches!(pack, [PLAIN, ..] | [ZSTD, 0, 0, 0, 0, ..])
}

/// Undoes a codec; what comes out has this length.
pub(crate) fn unpack(codec: u8, dictionary: u32, stored: &[u8], length: usize) -> Result<Vec<u8>, BadPack> {
    let content = match (codec, dictionary) {
        (PLAIN, _) => stored.to_vec(),
        (ZSTD, 0) => DECOMPRESSOR
            .with_borrow_mut(|decompressor| decompressor.decompress(stored, length))
            .map_err(|_| BadPack("zstd"))?,
        (ZSTD, _) => return Err(BadPack("it needs a dictionary: a later version of pressmark wrote it")),
        _ => return Err(BadPack("unknown codec")),
    };
    if content.len() == length { Ok(content) } else { Err(BadPack("length")) }
}

impl<const K: usize> Pack<K> {
    /// Of rows that stay in memory; there must be one.
    pub fn of(rows: &[Row<K>]) -> Pack<K> {
        let mut content = encode(rows, None);
        content.remove(0);
        let has_values = rows.iter().any(|(_, value)| !value.is_empty());
        Pack { content, rows: rows.len(), has_values }
    }

    /// Unpacks and checks the shape: every row's bytes are inside.
    pub fn decode(pack: &[u8]) -> Result<Pack<K>, BadPack> {
        let content = match pack.split_first() {
            Some((&PLAIN, content)) => content.to_vec(),
            Some((&ZSTD, rest)) => {
                let (numbers, stored) = rest.split_first_chunk::<8>().ok_or(BadPack("cut short"))?;
                let number =
                    |at: usize| u32::from_le_bytes(numbers[at..at + 4].try_into().expect("four bytes"));
                let length = number(4) as usize;
                if length > CONTENT_BYTES_MAX {
                    return Err(BadPack("longer than any pack"));
                }
                unpack(ZSTD, number(0), stored, length)?
            }
            _ => return Err(BadPack("unknown codec")),
        };
        let count = content.get(..4).ok_or(BadPack("cut short"))?;
        let count = u32::from_le_bytes(count.try_into().expect("four bytes"));
        let (rows, has_values) = ((count & !HAS_VALUES) as usize, count & HAS_VALUES != 0);
        let pack = Pack { content, rows, has_values };
        let values = 4 + rows * K + if has_values { rows * 4 } else { 0 };
        if rows == 0 || pack.content.len() < values || pack.content.len() != pack.value_range(rows - 1).end {
            return Err(BadPack("length"));
        }
        if has_values && (1..rows).any(|row| pack.end(row - 1) > pack.end(row)) {
            return Err(BadPack("ends"));
        }
        if (1..rows).any(|row| pack.key(row - 1) >= pack.key(row)) {
            return Err(BadPack("order"));
        }
        Ok(pack)
    }

    /// The number of rows; never 0.
    #[expect(clippy::len_without_is_empty, reason = "a pack without rows is none")]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// The key of a row.
    pub fn key(&self, row: usize) -> &[u8; K] {
        self.content[4 + row * K..][..K].try_into().expect("K bytes were taken")
    }

    /// The value of a row.
    pub fn value(&self, row: usize) -> &[u8] {
        &self.content[self.value_range(row)]
    }

    /// The row with this key.
    pub fn find(&self, key: &[u8; K]) -> Option<usize> {
        let row = self.lower_bound(key);
        (row < self.rows && self.key(row) == key).then_some(row)
    }

    /// The first row whose key is not below this one.
    pub fn lower_bound(&self, key: &[u8; K]) -> usize {
        let (mut low, mut high) = (0, self.rows);
        while low < high {
            let middle = low.midpoint(high);
            if self.key(middle) < key { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// All rows, owned.
    pub fn to_rows(&self) -> Vec<Row<K>> {
        (0..self.rows).map(|row| (*self.key(row), self.value(row).into())).collect()
    }

    fn end(&self, row: usize) -> usize {
        let at = 4 + self.rows * K + row * 4;
        u32::from_le_bytes(self.content[at..at + 4].try_into().expect("four bytes")) as usize
    }

    fn value_range(&self, row: usize) -> Range<usize> {
        if !self.has_values {
            let end = 4 + self.rows * K;
            return end..end;
        }
        let base = 4 + self.rows * (K + 4);
        let start = if row == 0 { 0 } else { self.end(row - 1) };
        base + start..base + self.end(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u16, value: &str) -> Vec<Row<2>> {
        (0..count).map(|n| (n.to_be_bytes(), value.repeat(usize::from(n % 5)).into_bytes().into())).collect()
    }

    #[test]
    fn packs_hold_their_rows() {
        for (count, value) in [(1, ""), (300, ""), (1, "x"), (300, "дощ")] {
            for level in [None, Some(1)] {
                let rows = rows(count, value);
                let pack = Pack::decode(&encode(&rows, level)).unwrap();
                assert_eq!(pack.to_rows(), rows);
                for (index, (key, _)) in rows.iter().enumerate() {
                    assert_eq!(pack.find(key), Some(index));
                }
                assert_eq!(pack.find(&count.to_be_bytes()), None);
            }
        }
    }

    /// A pack read from a damaged disk is refused or is some pack; it never panics.
    #[test]
    fn damaged_packs_never_panic() {
        for level in [None, Some(1)] {
            let pack = encode(&rows(40, "дощ"), level);
            for length in 0..pack.len() {
                assert!(Pack::<2>::decode(&pack[..length]).is_err(), "cut at {length}");
            }
            for bit in 0..pack.len() * 8 {
                let mut flipped = pack.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                if let Ok(pack) = Pack::<2>::decode(&flipped) {
                    assert!(pack.to_rows().len() == pack.len());
                }
            }
        }
    }
}
