//! What stands at a token, and what is a day.

use super::tokens::{Kind, Token};
use super::{RELEASED, Setting};
use crate::model::{DAY, Precision, Timestamp};

#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    pub year: Option<i64>,
    pub month: i64,
    pub day: Option<i64>,
    pub first: usize,
    /// Its instant, if it says more than the day.
    pub exact: Option<Timestamp>,
    pub offset_minutes: Option<i16>,
    /// Whether it says its year, or counts from the capture.
    pub has_year: bool,
    /// Whether it counts from the capture.
    pub is_relative: bool,
    /// How precisely its instant is known.
    pub exact_precision: Precision,
}

pub(super) struct Reader<'t, 's> {
    pub tokens: &'t [Token],
    pub setting: Setting<'s>,
}

impl Reader<'_, '_> {
    pub(super) fn number(&self, at: usize) -> Option<(i64, usize)> {
        match self.tokens.get(at)?.kind {
            Kind::Number(value, digits) => Some((value, digits)),
            _ => None,
        }
    }

    pub(super) fn word(&self, at: usize) -> Option<&str> {
        match &self.tokens.get(at)?.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn sign(&self, at: usize) -> Option<char> {
        match self.tokens.get(at)?.kind {
            Kind::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    /// A day that begins at this token, and the token after it.
    pub(super) fn at(&self, at: usize) -> Option<(Day, usize)> {
        self.numbers(at)
            .or_else(|| self.east_asian(at))
            .or_else(|| self.named(at))
            .or_else(|| self.relative(at))
    }

    pub(super) fn language(&self) -> Option<&str> {
        Some(self.setting.language?.split(['-', '_']).next().unwrap_or(""))
    }

    /// Whether the text may be in this language.
    pub(super) fn speaks(&self, language: &str) -> bool {
        self.language().is_some_and(|own| own == language || own == "no" && language == "nb")
    }

    /// The latest year that a date can be of, near enough.
    pub(super) fn now(&self) -> Timestamp {
        self.setting.captured.or(self.setting.now).unwrap_or(RELEASED)
    }

    pub(super) fn year(&self, value: i64, digits: usize) -> Option<i64> {
        match (digits, value) {
            (4, 1400..=2199) => Some(value),
            // Of the Buddhist era.
            (4, 2400..=2699) if self.language() == Some("th") || self.language().is_none() => {
                Some(value - 543)
            }
            (2, _) => {
                let this = i64::from(self.now().year_month().0);
                Some(if 2000 + value <= this + 1 { 2000 + value } else { 1900 + value })
            }
            _ => None,
        }
    }

    pub(super) fn day(&self, year: Option<i64>, month: i64, day: Option<i64>, first: usize) -> Option<Day> {
        // Without a year: the last such day before the capture.
        let year = match year {
            Some(year) => Some(year),
            None => {
                let captured = self.setting.captured?;
                let this = i64::from(captured.year_month().0);
                let of = |year: i64| Timestamp::from_day(year as i16, month as i8, day.unwrap_or(1) as i8);
                let recent = of(this).filter(|at| at.0 <= captured.0 + DAY).map(|_| this);
                let year = recent.or_else(|| of(this - 1).map(|_| this - 1))?;
                return Some(Day {
                    year: Some(year),
                    month,
                    day,
                    first,
                    exact: None,
                    offset_minutes: None,
                    has_year: false,
                    is_relative: false,
                    exact_precision: Precision::Minute,
                })
                .filter(|day| timestamp(day).is_some());
            }
        };
        let day = Day {
            year,
            month,
            day,
            first,
            exact: None,
            offset_minutes: None,
            has_year: true,
            is_relative: false,
            exact_precision: Precision::Minute,
        };
        timestamp(&day)?;
        Some(day)
    }
}

pub(super) fn timestamp(day: &Day) -> Option<Timestamp> {
    let year = i16::try_from(day.year?).ok()?;
    Timestamp::from_day(year, i8::try_from(day.month).ok()?, i8::try_from(day.day.unwrap_or(1)).ok()?)
}
