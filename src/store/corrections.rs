//! Captures that were corrected, in the indexes. A row of an index says where a capture stands; once it stood elsewhere too, the
//! row's value says between which entries: pairs of numbers of five bytes, the second one [`keys::LAST`] while it does.

use super::failure::damaged;
use super::keys::{self, LAST, MARK_BYTES, url_hash};
use crate::ledger::CaptureKeys;
use crate::model::{Correction, Detail, Digest, Language, Published, Result, Timestamp};
use std::collections::BTreeMap;

/// What the indexes have of a capture, from one entry on.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The number of the source.
    pub source: u32,
    /// The hash of its URL.
    pub url: Option<[u8; 8]>,
    /// When it was published.
    pub published: Option<Published>,
    /// When it was captured.
    pub captured: Option<Timestamp>,
}

impl Standing {
    /// Of a capture of a source with this number.
    pub(crate) fn of(keys: &CaptureKeys<'_>, source: u32) -> Standing {
        Standing { source, url: keys.url.map(url_hash), published: keys.published, captured: keys.captured }
    }

    /// Brings it up to a correction; `number` gives the number of the source that the correction names.
    pub fn correct(&mut self, correction: &Correction, number: impl FnOnce(&str) -> u32) {
        let values = &correction.values;
        let is_about = |detail| correction.details().any(|about| about == detail);
        if is_about(Detail::Url) {
            self.url = values.url.as_deref().map(url_hash);
        }
        if is_about(Detail::Published) {
            self.published = values.published;
        }
        if is_about(Detail::Source) {
            self.source = values.source.as_ref().map_or(0, |source| number(source.as_str()));
        }
    }
}

/// Where a capture stood, since which entries: where it came, and where corrections put it.
pub fn standings(
    seq: u64,
    first: Standing,
    corrections: &[(u64, Correction)],
    mut number: impl FnMut(&str) -> u32,
) -> Vec<(u64, Standing)> {
    let mut standings = vec![(seq, first)];
    for (since, correction) in corrections {
        let mut standing = standings[standings.len() - 1].1.clone();
        standing.correct(correction, &mut number);
        standings.push((*since, standing));
    }
    standings
}

/// The rows of a capture in every index that corrections change.
#[derive(Debug, Default, PartialEq)]
pub struct Indexed {
    pub by_date: BTreeMap<[u8; MARK_BYTES], Box<[u8]>>,
    pub by_captured: BTreeMap<[u8; MARK_BYTES], Box<[u8]>>,
    pub by_source: BTreeMap<[u8; MARK_BYTES], Box<[u8]>>,
    pub by_url: BTreeMap<[u8; 18], Box<[u8]>>,
}

impl Indexed {
    /// As they are of a capture that stands where it came.
    pub fn leave_out_times(&mut self) {
        let dates = self.by_date.values_mut().chain(self.by_captured.values_mut());
        dates
            .chain(self.by_source.values_mut())
            .chain(self.by_url.values_mut())
            .for_each(|row| *row = Box::default());
    }

    /// How many there are.
    pub fn rows(&self) -> usize {
        self.by_date.len() + self.by_captured.len() + self.by_source.len() + self.by_url.len()
    }
}

/// The rows of a capture that stood in different places, each since an entry, in order.
pub fn indexed(seq: u64, article: u64, digest: &Digest, standings: &[(u64, Standing)]) -> Indexed {
    let mut indexed = Indexed::default();
    for (at, (since, standing)) in standings.iter().enumerate() {
        let until = standings.get(at + 1).map_or(LAST, |(next, _)| *next);
        let Standing { source, url, published, captured } = standing;
        let (published, captured) = keys::marks(seq, article, digest, published.as_ref(), *captured, *source);
        let time = [keys::number(*since), keys::number(until)].concat();
        extend(&mut indexed.by_date, published.date_key(), &time);
        extend(&mut indexed.by_captured, captured.date_key(), &time);
        extend(&mut indexed.by_source, published.source_key(), &time);
        if let Some(hash) = url {
            extend(&mut indexed.by_url, keys::url_key(*hash, seq, article), &time);
        }
    }
    indexed
}

/// Adds a time to a row; two that meet are one.
fn extend<const K: usize>(rows: &mut BTreeMap<[u8; K], Box<[u8]>>, key: [u8; K], time: &[u8]) {
    let row = rows.entry(key).or_default();
    let mut times = std::mem::take(row).into_vec();
    match times.len().checked_sub(5).filter(|at| times[*at..] == time[..5]) {
        Some(at) => times[at..].copy_from_slice(&time[5..]),
        None => times.extend(time),
    }
    *row = times.into();
}

/// Whether a row of an index holds before the entry with this number.
pub fn stands(value: &[u8], next_seq: u64) -> bool {
    value.is_empty()
        || value.chunks_exact(10).any(|time| {
            let (since, until) = time.split_at(5);
            super::state::holds(keys::read_number(since), Some(keys::read_number(until)), next_seq)
        })
}

/// What a row of `corrections` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorrectionRow {
    /// The capture with this number was corrected.
    Capture(u64),
    /// The article was said to be in this language.
    Language(Option<Language>),
}

impl CorrectionRow {
    pub fn encode(&self) -> Box<[u8]> {
        match self {
            CorrectionRow::Capture(seq) => [&[0][..], &keys::number(*seq)].concat().into(),
            CorrectionRow::Language(language) => {
                let code = language.as_ref().map_or("", Language::as_str);
                [&[1], code.as_bytes()].concat().into()
            }
        }
    }

    pub fn decode(row: &[u8]) -> Result<CorrectionRow> {
        match row {
            [0, seq @ ..] if seq.len() == 5 => Ok(CorrectionRow::Capture(keys::read_number(seq))),
            [1, code @ ..] => {
                Ok(CorrectionRow::Language(std::str::from_utf8(code).ok().and_then(Language::parse)))
            }
            _ => Err(damaged("a row of corrections")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_when_a_capture_stood_there() {
        let standing = |source| Standing { source, url: None, published: None, captured: None };
        let standings = [(3, standing(1)), (5, standing(2)), (7, standing(1)), (9, standing(1))];
        let rows = indexed(3, 1, &Digest([0; 32]), &standings);
        let at: Vec<Vec<u64>> = rows
            .by_source
            .values()
            .map(|value| (1..12).filter(|next_seq| stands(value, *next_seq)).collect())
            .collect();
        assert_eq!(at, [vec![4, 5, 8, 9, 10, 11], vec![6, 7]]);
        assert!(rows.by_url.is_empty() && rows.by_date.len() == 2);
        assert!(stands(&[], 1));
    }

    #[test]
    fn rows_of_corrections_round_trip() {
        let rows = [
            CorrectionRow::Capture(1 << 39),
            CorrectionRow::Language(Language::parse("uk")),
            CorrectionRow::Language(None),
        ];
        for row in rows {
            assert_eq!(CorrectionRow::decode(&row.encode()).unwrap(), row);
        }
        assert!(CorrectionRow::decode(&[]).is_err());
    }
}
