//! What every match lies in, as far as an index can tell.

use super::filter::Filter;
use crate::model::Timestamp;
use crate::query::{Bound, DateField};
use crate::store::keys;

/// First and last instant of a range, as keys.
pub(super) type Span = ([u8; 5], [u8; 5]);

/// What every match lies in, as far as an index can tell.
#[derive(Default)]
pub(super) struct Bounds {
    /// Of one of these sources, if that is required.
    pub sources: Option<Vec<u32>>,
    /// Instants of the query's date field.
    pub dates: Option<(Option<Timestamp>, Option<Timestamp>)>,
    /// Only without a date, or only with one.
    pub undated: Option<bool>,
    pub seq: (u64, u64),
}

impl Bounds {
    pub fn of(filter: &Filter, field: DateField) -> Bounds {
        let mut bounds = Bounds { seq: (0, u64::MAX), ..Bounds::default() };
        for part in filter.required() {
            match part {
                Filter::Sources(sources) => {
                    let narrower = |known: &Vec<u32>| {
                        sources.iter().copied().filter(|source| known.contains(source)).collect()
                    };
                    bounds.sources = Some(bounds.sources.as_ref().map_or_else(|| sources.clone(), narrower));
                }
                Filter::Date(own, since, until) if *own == field => bounds.dates(since, until),
                Filter::Any(parts) => bounds.any(parts, field),
                Filter::Undated if field == DateField::Published => bounds.undated = Some(true),
                Filter::Dated if field == DateField::Published => bounds.undated = Some(false),
                Filter::Seq(first, last) => {
                    bounds.seq = (bounds.seq.0.max(*first), bounds.seq.1.min(*last));
                }
                _ => {}
            }
        }
        bounds
    }

    /// A range of which both ends are wide enough for dates with and without a time.
    fn dates(&mut self, since: &Option<Bound>, until: &Option<Bound>) {
        let (since, until) = widest(since, until);
        let (low, high) = self.dates.unwrap_or((None, None));
        let later = |a: Option<Timestamp>, b: Option<Timestamp>| a.max(b);
        let earlier = |a: Option<Timestamp>, b: Option<Timestamp>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.dates = Some((later(low, since), earlier(high, until)));
    }

    /// Several ranges of dates lie in one.
    fn any(&mut self, parts: &[Filter], field: DateField) {
        let mut hull: Option<(Option<Timestamp>, Option<Timestamp>)> = None;
        for part in parts {
            let Filter::Date(own, since, until) = part else { return };
            if *own != field {
                return;
            }
            let (low, high) = widest(since, until);
            hull = Some(match hull {
                None => (low, high),
                Some((since, until)) => {
                    (since.zip(low).map(|(a, b)| a.min(b)), until.zip(high).map(|(a, b)| a.max(b)))
                }
            });
        }
        if let Some((since, until)) = hull {
            self.dates(&since.map(Bound::utc), &until.map(Bound::utc));
        }
    }

    /// Whether an index on dates or sources narrows it down.
    pub fn are_of_an_index(&self) -> bool {
        self.sources.is_some() || self.dates.is_some() || self.undated.is_some()
    }

    /// Whether nothing but the numbers of captures narrows it down.
    pub fn are_numbers_only(&self) -> bool {
        !self.are_of_an_index() && self.seq != (0, u64::MAX)
    }

    /// The instants that can match, as keys: those with a date, and whether those without one can.
    pub fn spans(&self) -> (Option<Span>, bool) {
        let (since, until) = self.dates.unwrap_or((None, None));
        let low = keys::instant(Some(since.unwrap_or(Timestamp(i64::MIN))));
        let high = keys::instant(Some(until.unwrap_or(Timestamp(i64::MAX))));
        let dated = self.undated != Some(true) && low <= high;
        let undated = self.undated != Some(false) && self.dates.is_none();
        (dated.then_some((low, high)), undated)
    }
}

/// The ends of a range, wide enough for dates with and without a time.
fn widest(since: &Option<Bound>, until: &Option<Bound>) -> (Option<Timestamp>, Option<Timestamp>) {
    (since.map(|bound| bound.at.min(bound.civil)), until.map(|bound| bound.at.max(bound.civil)))
}
