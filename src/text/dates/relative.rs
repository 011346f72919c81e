//! Days counted from the capture.

use super::reader::{Day, Reader};
use super::vocabulary::WORDS;
use crate::model::{DAY, Precision, Timestamp};

impl Reader<'_, '_> {
    /// `yesterday`, `2 hours ago`, `vor 3 Tagen`: by the time of capture.
    pub(super) fn relative(&self, at: usize) -> Option<(Day, usize)> {
        let captured = self.setting.captured?;
        let words = &*WORDS;
        if let Some(word) = self.word(at) {
            let two = self.word(at + 1).map(|next| format!("{word} {next}"));
            let known = |word: &str| {
                words
                    .back
                    .get(word)?
                    .iter()
                    .find(|(language, _)| self.speaks(language))
                    .map(|(_, days)| *days)
            };
            let back = two.as_deref().and_then(known).map(|back| (back, 2));
            if let Some((back, taken)) = back.or_else(|| known(word).map(|back| (back, 1))) {
                return Some((self.ago(captured, back * DAY, true, at)?, at + taken));
            }
            let two = two.is_some_and(|two| words.ago.contains(&two)) as usize;
            let three = word == "il" && self.word(at + 1) == Some("y") && self.word(at + 2) == Some("a");
            if words.ago.contains(word) || two == 1 || three {
                let number = at + if three { 3 } else { 1 + two };
                let (count, digits) = self.number(number)?;
                let seconds = words.units.get(self.word(number + 1)?)?;
                return (digits <= 3)
                    .then(|| self.ago(captured, count * seconds, *seconds >= DAY, at))?
                    .map(|day| (day, number + 2));
            }
            return None;
        }
        let (count, digits) = self.number(at)?;
        let seconds = *words.units.get(self.word(at + 1)?)?;
        let mut after = at + 2;
        let mut ago = self.word(after)?.to_owned();
        if !words.ago.contains(&ago) {
            // 小时前 is one word or two, and "yang lalu" is two.
            after += 1;
            ago = format!("{ago} {}", self.word(after)?);
        }
        (digits <= 3 && words.ago.contains(&ago))
            .then(|| self.ago(captured, count * seconds, seconds >= DAY, at))?
            .map(|day| (day, after + 1))
    }

    pub(super) fn ago(
        &self,
        captured: Timestamp,
        seconds: i64,
        whole_days: bool,
        first: usize,
    ) -> Option<Day> {
        let at = Timestamp(captured.0 - seconds);
        let (year, month) = at.year_month();
        let day: i64 = at.day().get(8..)?.parse().ok()?;
        let exact = (!whole_days).then_some(at);
        Some(Day {
            year: Some(i64::from(year)),
            month: i64::from(month),
            day: Some(day),
            first,
            exact,
            offset_minutes: exact.map(|_| 0),
            has_year: true,
            is_relative: true,
            exact_precision: Precision::Minute,
        })
    }
}
