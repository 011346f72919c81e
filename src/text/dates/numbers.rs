//! Days in numbers.

use super::reader::{Day, Reader, timestamp};
use crate::model::DAY;

/// Languages that print the day before the month, wherever they are spoken (Unicode CLDR, short dates).
#[rustfmt::skip]
const DAY_FIRST: &[&str] = &[
    "af", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fi", "fr", "gl", "he", "hi", "hr",
    "hy", "id", "is", "it", "ka", "kk", "lv", "mk", "mr", "ms", "nb", "nl", "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq",
    "sr", "sw", "ta", "th", "tr", "uk", "ur", "uz", "vi",
];

impl Reader<'_, '_> {
    /// `2025-01-28`, `28.01.2025`, `01/28/2025`, `4. 2. 2022`, `26 | 01 | 2022`, `20250128`.
    pub(super) fn numbers(&self, at: usize) -> Option<(Day, usize)> {
        let (a, a_digits) = self.number(at)?;
        if at > 0
            && !self.tokens[at].spaced
            && matches!(self.sign(at - 1), Some('.' | ',' | ':' | '-' | '/' | '+' | '$' | '€' | '£' | '#'))
        {
            // The tail of something longer: a version, a sum, a time.
            let before = at.checked_sub(2).and_then(|before| self.number(before));
            if before.is_some() || !matches!(self.sign(at - 1), Some(':' | ',' | '-')) {
                return None;
            }
        }
        if a_digits == 8 {
            let (year, month, day) = (a / 10_000, a / 100 % 100, a % 100);
            let plausible = (1990..=i64::from(self.now().year_month().0) + 1).contains(&year);
            let day = plausible.then(|| self.day(Some(year), month, Some(day), at)).flatten()?;
            return Some((day, at + 1));
        }
        let separator = self
            .sign(at + 1)
            .filter(|sign| matches!(sign, '.' | '/' | '|' | '-' | '–' | '‐' | '‑' | '．' | '／'))?;
        let (b, b_digits) = self.number(at + 2)?;
        if self.sign(at + 3)? != separator || b_digits > 2 {
            return None;
        }
        let (c, c_digits) = self.number(at + 4)?;
        let next = at + 5;
        // Four numbers are an address or a version.
        if self.sign(next) == Some(separator)
            && !self.tokens[next].spaced
            && self.number(next + 1).is_some()
            && !self.tokens[next + 1].spaced
        {
            return None;
        }
        let spaced = self.tokens[at + 2].spaced || self.tokens[at + 4].spaced;
        // `26 | 01 | 2022`: two, two and four digits are a day however they are set.
        let full = (a_digits, b_digits, c_digits) == (2, 2, 4) && matches!(separator, '/' | '|');
        if spaced && separator != '.' && !full || separator == '|' && !full {
            return None;
        }
        if a_digits == 4 && c_digits <= 2 {
            let year = self.year(a, 4)?;
            return self.day(Some(year), b, Some(c), at).map(|day| (day, next));
        }
        if a_digits > 2 || !matches!(c_digits, 2 | 4) {
            return None;
        }
        if c_digits == 2 && separator == '.' && !spaced && self.sign(next) == Some(':') {
            return None;
        }
        let year = self.year(c, c_digits)?;
        let day_first = || self.day(Some(year), b, Some(a), at);
        let month_first = || self.day(Some(year), a, Some(b), at);
        let day = if separator == '.' || b > 12 || a > 12 {
            if b > 12 { month_first() } else { day_first() }
        } else if a == b {
            day_first()
        } else {
            self.settle(day_first(), month_first())
        };
        day.map(|day| (day, next))
    }

    /// Of two readings the one that the language has, or else the only one that is not in the future. A language that is not
    /// known, or English without a country, settles nothing.
    pub(super) fn settle(&self, day_first: Option<Day>, month_first: Option<Day>) -> Option<Day> {
        let tag = self.setting.language.unwrap_or("").to_ascii_lowercase();
        let mut parts = tag.split(['-', '_']);
        let language = parts.next().unwrap_or("");
        let region = parts.find(|part| part.len() == 2);
        match (language, region) {
            ("en", Some("us" | "ph")) => month_first,
            ("en", Some(_)) => day_first,
            _ if DAY_FIRST.contains(&language) => day_first,
            _ => {
                let captured = self.setting.captured?;
                let later = |day: &Option<Day>| {
                    day.and_then(|day| timestamp(&day)).is_none_or(|at| at.0 > captured.0 + 2 * DAY)
                };
                match (later(&day_first), later(&month_first)) {
                    (false, true) => day_first,
                    (true, false) => month_first,
                    _ => None,
                }
            }
        }
    }

    /// `2025年1月28日`, `2025년 1월 28일`, `1月28日`.
    pub(super) fn east_asian(&self, at: usize) -> Option<(Day, usize)> {
        let (first, digits) = self.number(at)?;
        match self.word(at + 1)? {
            "年" | "년" => {
                let year = self.year(first, digits).filter(|_| digits == 4)?;
                let (month, _) = self.number(at + 2)?;
                if !matches!(self.word(at + 3)?, "月" | "월") {
                    return None;
                }
                match (self.number(at + 4), self.word(at + 5)) {
                    (Some((day, 1 | 2)), Some("日" | "일" | "号")) => {
                        self.day(Some(year), month, Some(day), at).map(|day| (day, at + 6))
                    }
                    _ => self.day(Some(year), month, None, at).map(|day| (day, at + 4)),
                }
            }
            "月" | "월" => match (self.number(at + 2), self.word(at + 3)) {
                (Some((day, 1 | 2)), Some("日" | "일" | "号")) => {
                    self.day(None, first, Some(day), at).map(|day| (day, at + 4))
                }
                _ => None,
            },
            _ => None,
        }
    }
}
