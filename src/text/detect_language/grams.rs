//! How likely a letter is behind those before it, in some sixty languages: the table `grams.bin`, and what it says of words.
//!
//! The likelihoods come from the n-grams of one to five letters of lingua's language models (Peter M. Stahl, Apache-2.0,
//! <https://github.com/pemistahl/lingua-rs>), which are made of newspapers; `benches/languages make` keeps those that are frequent. A
//! letter counts by the longest n-gram that a language has of it, and each letter by which that is shorter than another language's
//! costs something (Katz's back-off, with one weight for all).

/// The languages of the table in its order, by script, and what speaks against each before a letter is read, in twelfths of a nat:
/// few news are written in the smaller ones, and what is written in none is likely to be taken for one of them.
#[rustfmt::skip]
pub const LANGUAGES: [(&str, u16); 61] = [
    ("en", 0), ("de", 12), ("fr", 12), ("es", 12), ("it", 12), ("pt", 12), ("pl", 12), ("nl", 18), ("sv", 18), ("fi", 12),
    ("tr", 18), ("id", 24), ("vi", 18), ("ro", 18), ("cs", 18), ("hu", 18), ("da", 18), ("nb", 18), ("hr", 24), ("sk", 24),
    ("sl", 24), ("lt", 24), ("lv", 24), ("et", 24), ("sq", 24), ("ca", 36), ("az", 24), ("is", 30), ("ms", 24), ("tl", 36),
    ("sw", 36), ("eu", 42), ("ga", 48), ("cy", 48), ("af", 42), ("nn", 30), ("eo", 60), ("la", 72), ("so", 48), ("yo", 48),
    ("zu", 48), ("xh", 60), ("sn", 60), ("st", 60), ("tn", 60), ("ts", 60), ("lg", 60), ("mi", 60),
    ("ru", 0), ("uk", 0), ("be", 12), ("bg", 15), ("sr", 12), ("mk", 18), ("kk", 12), ("mn", 18),
    ("ar", 0), ("fa", 0), ("ur", 0), ("hi", 0), ("mr", 6),
];

/// Nats are kept in so many parts.
pub const PARTS: f32 = 12.0;
/// The letters of the longest n-gram.
pub const LETTERS_MAX: usize = 5;
/// Bits of a hash that say where an n-gram is.
pub const PLACE_BITS: u32 = 18;
/// Places that share one base.
pub const SHARED: usize = 256;
/// Marks the last language of an n-gram.
pub const LAST: u8 = 0x80;
/// Stands before the costs in all languages.
pub const ALL: u8 = 0xff;
/// Languages that a table has room for.
pub const ROOM: usize = 64;

const PLACES: usize = 1 << PLACE_BITS;
const BASES: usize = PLACES / SHARED + 1;

/// The letters of a word up to one, as a number: the last ones, 16 bits each.
pub type Key = u128;

/// The key of the letters behind `before` with one more.
pub fn key(before: Key, letter: char) -> Key {
    before << 16 | Key::from(u32::from(letter) & 0xffff)
}

/// Where the last letters of a key stand, and what they are known by there.
pub fn place(key: Key, letters: usize) -> (usize, u16) {
    let key = key & ((1 << (16 * letters)) - 1);
    let product = (key as u64 ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (product ^ product >> 29 ^ (key >> 64) as u64).wrapping_mul(0x94d0_49bb_1331_11eb);
    let hash = hash ^ hash >> 32;
    ((hash & (PLACES as u64 - 1)) as usize, (hash >> 40) as u16)
}

/// The table: bases of groups of places, then where each place begins from there, then the n-grams of each: what it is known by, and
/// languages with what its last letter costs there, or [`ALL`] and what it costs in each of them.
pub static BYTES: &[u8] = include_bytes!("grams.bin");

/// Where a place begins.
fn begins(place: usize) -> usize {
    let base = 4 * (place / SHARED);
    let base = u32::from_le_bytes(BYTES[base..base + 4].try_into().expect("four bytes"));
    let offset = 4 * BASES + 2 * place;
    base as usize + usize::from(u16::from_le_bytes(BYTES[offset..offset + 2].try_into().expect("two bytes")))
}

/// What is behind an n-gram in the table.
fn of(key: Key, letters: usize) -> Option<&'static [u8]> {
    let (place, known_by) = place(key, letters);
    let mut rest = &BYTES[begins(place)..begins(place + 1)];
    while let [low, high, behind @ ..] = rest {
        let end = match behind {
            [ALL, ..] => 1 + ROOM,
            _ => 2 * behind.chunks_exact(2).position(|one| one[0] & LAST != 0)? + 2,
        };
        if u16::from_le_bytes([*low, *high]) == known_by {
            return Some(&behind[..end]);
        }
        rest = &behind[end..];
    }
    None
}

/// Adds what the last letter of a word's beginning costs in each language; whether any language knows it.
pub fn add(key: Key, letters: usize, costs: &mut [u16; ROOM]) -> bool {
    // Two letters say all that one does, if anybody writes them.
    let pair = if letters > 1 { of(key, 2) } else { None };
    let Some([ALL, all @ ..]) = pair.or_else(|| of(key, 1)) else { return false };
    let mut own: [u8; ROOM] = all.try_into().expect("one for each language");
    if pair.is_some() {
        for length in 3..=letters.min(LETTERS_MAX) {
            match of(key, length) {
                None => break,
                Some([ALL, all @ ..]) => own.copy_from_slice(all),
                Some(languages) => {
                    for one in languages.chunks_exact(2) {
                        own[usize::from(one[0]) % ROOM] = one[1];
                    }
                }
            }
        }
    }
    costs.iter_mut().zip(own).for_each(|(sum, cost)| *sum = sum.saturating_add(u16::from(cost)));
    true
}
