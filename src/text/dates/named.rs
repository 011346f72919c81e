//! Days with the name of a month.

use super::reader::{Day, Reader, timestamp};
use super::tokens::Kind;
use super::vocabulary::WORDS;
use crate::model::Timestamp;

impl Reader<'_, '_> {
    /// The month that a word names, if it is one in the language of the text, or the same in all languages.
    pub(super) fn month(&self, at: usize) -> Option<i64> {
        let word = self.word(at)?;
        // Vietnamese counts its months.
        if word == "thang" {
            return self.number(at + 1).map(|(month, _)| month).filter(|month| (1..=12).contains(month));
        }
        let known = WORDS.months.get(word).or_else(|| {
            // Thai abbreviations have dots in them.
            let longer = format!("{word}.{}", self.word(at + 2)?);
            (self.sign(at + 1) == Some('.')).then(|| WORDS.months.get(&longer))?
        })?;
        let own = self.language().and_then(|language| {
            known.iter().find(|(known, _)| known == language || language == "no" && known == "nb")
        });
        if let Some((_, month)) = own {
            return Some(*month);
        }
        let (_, month) = &known[0];
        known.iter().all(|(_, other)| other == month).then_some(*month)
    }

    /// How many tokens a month takes.
    pub(super) fn month_tokens(&self, at: usize) -> usize {
        match self.word(at) {
            Some("thang") => 2,
            Some(word) if !WORDS.months.contains_key(word) => 3,
            _ => 1,
        }
    }

    /// Passes over dots, commas, hyphens and small words.
    pub(super) fn skip(&self, mut at: usize, most: usize) -> usize {
        for _ in 0..most {
            let passes = match self.tokens.get(at).map(|token| &token.kind) {
                Some(Kind::Sign(sign)) => matches!(
                    sign,
                    '.' | ',' | '-' | '/' | '–' | '|' | '·' | '\'' | '’' | '،' | 'º' | 'ª' | '°'
                ),
                // That is how Vietnamese begins a month.
                Some(Kind::Word(word)) if word == "thang" => false,
                Some(Kind::Word(word)) => {
                    WORDS.fillers.contains(word.as_str())
                        || matches!(
                            word.as_str(),
                            "st" | "nd"
                                | "rd"
                                | "th"
                                | "er"
                                | "го"
                                | "е"
                                | "ого"
                                | "a"
                                | "en"
                                | "an"
                                | "nd."
                                | "e"
                        )
                }
                _ => false,
            };
            if !passes {
                break;
            }
            at += 1;
        }
        at
    }

    pub(super) fn is_day(&self, at: usize) -> Option<i64> {
        let (value, digits) = self.number(at)?;
        let in_time = self.sign(at + 1) == Some(':')
            && !self.tokens.get(at + 1).is_some_and(|token| token.spaced)
            || at > 1
                && self.sign(at - 1) == Some(':')
                && !self.tokens[at].spaced
                && self.number(at - 2).is_some();
        (digits <= 2 && (1..=31).contains(&value) && !in_time).then_some(value)
    }

    pub(super) fn is_year(&self, at: usize) -> Option<i64> {
        let (value, digits) = self.number(at)?;
        (digits == 4).then(|| self.year(value, digits)).flatten()
    }

    /// Dates with a month's name.
    pub(super) fn named(&self, at: usize) -> Option<(Day, usize)> {
        if let Some(year) = self.is_year(at) {
            self.year_first(at, year)
        } else if let Some(day) = self.is_day(at) {
            self.day_first(at, day)
        } else {
            self.month_first(at)
        }
    }

    /// `2025. január 28.`, `2025 m. sausio 28 d.`, `2025. gada 28. janvāris`.
    fn year_first(&self, at: usize, year: i64) -> Option<(Day, usize)> {
        let next = self.skip(at + 1, 3);
        if let Some(month) = self.month(next) {
            let after = self.skip(next + self.month_tokens(next), 2);
            let day = self.is_day(after)?;
            return self.day(Some(year), month, Some(day), at).map(|day| (day, after + 1));
        }
        let day = self.is_day(next)?;
        let named = self.skip(next + 1, 3);
        let month = self.month(named)?;
        self.day(Some(year), month, Some(day), at).map(|day| (day, named + 1))
    }

    /// `28 January 2025`, `28 de enero de 2025`, `9-MAR-1987`, `3 Dec`.
    fn day_first(&self, at: usize, day: i64) -> Option<(Day, usize)> {
        let named = self.skip(at + 1, 3);
        let month = self.month(named)?;
        let mut end = named + self.month_tokens(named);
        // The Levant prints both names of a month: 24 نيسان / أبريل 2020.
        if self.sign(end) == Some('/') && self.month(end + 1) == Some(month) {
            end += 2;
        }
        let after = self.skip(end, 4);
        if let Some(year) = self.is_year(after) {
            return self.day(Some(year), month, Some(day), at).map(|day| (day, after + 1));
        }
        if let (Some((value, 2)), true) =
            (self.number(after), after > end && self.sign(after + 1) != Some(':'))
        {
            // 28 Jan '25, 28-Jan-25.
            let short = matches!(self.sign(after - 1), Some('\'' | '’' | '-'));
            if let (true, Some(year)) = (short, self.year(value, 2)) {
                return self.day(Some(year), month, Some(day), at).map(|day| (day, after + 1));
            }
        }
        self.day(None, month, Some(day), at).map(|day| (day, end))
    }

    /// `January 28, 2025`, `Jan 28`, `January 2025`.
    fn month_first(&self, at: usize) -> Option<(Day, usize)> {
        let month = self.month(at)?;
        let next = self.skip(at + self.month_tokens(at), 3);
        if let Some(day) = self.is_day(next) {
            let after = self.skip(next + 1, 4);
            if let Some(year) = self.is_year(after) {
                return self.day(Some(year), month, Some(day), at).map(|day| (day, after + 1));
            }
            // Fri Apr 28 19:20:36 CEST 2023, as Java prints it.
            if let Some(time) = self.time(next + 1)
                && let Some(year) = self.is_year(time.next)
            {
                let day = self.day(Some(year), month, Some(day), at)?;
                let local = timestamp(&day)?.0 + time.second;
                let offset_minutes = time.printed.offset_minutes(local);
                let exact = local - i64::from(offset_minutes.unwrap_or(0)) * 60;
                let exact_precision = time.precision;
                let exact = Some(Timestamp(exact));
                return Some((Day { exact, exact_precision, offset_minutes, ..day }, time.next + 1));
            }
            // "May 28" without a year may be anything; a capital decides nothing after folding.
            return self.day(None, month, Some(day), at).map(|day| (day, next + 1));
        }
        // What a day stands before that the month does not have is no month either.
        let bad_day = at > 0 && self.is_day(at - 1).is_some();
        let year = self.is_year(next).filter(|_| !bad_day)?;
        self.day(Some(year), month, None, at).map(|day| (day, next + 1))
    }
}
