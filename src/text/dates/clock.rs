//! The time beside a day, and its zone.

use super::Found;
use super::reader::{Day, Reader, timestamp};
use super::tokens::Kind;
use super::vocabulary::{Offset, WORDS, Zone};
use crate::model::{Dated, Precision, Timestamp};

/// The zone that is printed with a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Printed {
    zone: Option<Offset>,
    /// Whose it is taken for.
    pub of: Option<&'static str>,
}

impl Printed {
    /// Minutes east of UTC at a local time, in seconds since 1970 by the clock there.
    pub fn offset_minutes(&self, local: i64) -> Option<i16> {
        match self.zone.as_ref()? {
            Offset::Minutes(minutes) => Some(*minutes),
            Offset::Named(zone) => {
                let clock =
                    jiff::Timestamp::from_second(local).ok()?.to_zoned(jiff::tz::TimeZone::UTC).datetime();
                let offset = zone.to_ambiguous_timestamp(clock).compatible().ok()?;
                Some((zone.to_offset(offset).seconds() / 60) as i16)
            }
        }
    }
}

pub(super) struct Time {
    pub second: i64,
    pub precision: Precision,
    pub printed: Printed,
    pub next: usize,
}

impl Reader<'_, '_> {
    /// Adds the time that stands beside the day, and its zone.
    pub(super) fn with_time(&self, day: Day, next: usize, after: usize) -> Found {
        let at = timestamp(&day).expect("it was checked when the day was found");
        let (start, mut end) = (self.tokens[day.first].start, self.tokens[next - 1].end);
        let precision = if day.day.is_some() { Precision::Day } else { Precision::Month };
        let mut found = Found {
            dated: Dated { at, precision, offset_minutes: None },
            start,
            end,
            has_year: day.has_year,
            is_relative: day.is_relative,
            zone_of: None,
        };
        if let Some(exact) = day.exact {
            found.dated =
                Dated { at: exact, precision: day.exact_precision, offset_minutes: day.offset_minutes };
            return found;
        }
        if day.day.is_none() {
            return found;
        }
        // Behind the day, with a few small words between; or just before it.
        let behind = (next..(next + 6).min(self.tokens.len())).find_map(|at| {
            let passed = (next..at).all(|at| self.passes(at));
            passed.then(|| self.time(at)).flatten()
        });
        let before = || {
            let first = day.first.checked_sub(1)?;
            let from = first.saturating_sub(9);
            (from..=first).rev().find_map(|at| {
                let time = self.time(at).filter(|_| self.tokens[at].start >= after)?;
                (time.next..day.first).all(|at| self.passes(at)).then_some(time)
            })
        };
        let Some(time) = behind.or_else(before) else { return found };
        end = end.max(self.tokens[time.next - 1].end);
        let local = at.0 + time.second;
        let offset_minutes = time.printed.offset_minutes(local);
        found.dated = Dated {
            at: Timestamp(local - i64::from(offset_minutes.unwrap_or(0)) * 60),
            precision: time.precision,
            offset_minutes,
        };
        found.zone_of = time.printed.of;
        found.end = end;
        found
    }

    /// What may stand between a day and its time.
    pub(super) fn passes(&self, at: usize) -> bool {
        match &self.tokens[at].kind {
            Kind::Sign(sign) => matches!(
                sign,
                ',' | '.' | '-' | '–' | '—' | '|' | '·' | '/' | '@' | '(' | '•' | '،' | ')' | '：'
            ),
            Kind::Word(word) => {
                word.chars().count() <= 3
                    || WORDS.fillers.contains(word.as_str())
                    || WORDS.weekdays.contains(word.as_str())
                    || matches!(
                        word.as_str(),
                        "clock" | "time" | "heures" | "god" | "года" | "року" | "saat" | "godz"
                    )
            }
            Kind::Number(..) => false,
        }
    }

    /// `14:05`, `9:12 a.m. ET`, `19.50 Uhr`, `16h42`, `15時00分`, `오후 3:20`.
    pub(super) fn time(&self, at: usize) -> Option<Time> {
        let (mut hour, hour_digits) = self.number(at)?;
        if hour_digits > 2
            || at > 0 && !self.tokens[at].spaced && matches!(self.sign(at - 1), Some(':' | '.' | '/'))
        {
            return None;
        }
        let mut next = at + 1;
        let mut minute = 0;
        let mut second = 0;
        let mut precision = Precision::Minute;
        let colon = match &self.tokens.get(next)?.kind {
            Kind::Sign(':' | '：') => true,
            Kind::Word(word) if matches!(word.as_str(), "h" | "時" | "时" | "시" | "ч" | "г") => true,
            Kind::Sign('.') => {
                // Only with a word that says so: 19.50 Uhr, klo 19.50.
                let said =
                    self.word(next + 2).is_some_and(|word| matches!(word, "uhr" | "uur" | "h" | "wib" | "น"))
                        || at > 0
                            && self.word(at - 1).is_some_and(|word| {
                                matches!(word, "kl" | "klo" | "kello" | "ore" | "alle" | "um")
                            })
                        || at > 1 && self.sign(at - 1) == Some('.') && self.word(at - 2) == Some("kl");
                if !said {
                    return None;
                }
                true
            }
            _ => false,
        };
        if colon {
            let (value, digits) = self.number(next + 1)?;
            if digits != 2 || value > 59 {
                return None;
            }
            minute = value;
            next += 2;
            if self.word(next) == Some("分") || self.word(next) == Some("분") {
                next += 1;
            }
            if let (Some(':'), Some((value, 2))) = (self.sign(next), self.number(next + 1)) {
                (second, precision, next) = (value.min(59), Precision::Second, next + 2);
            }
        }
        let (after, next) = self.half_of_day(at, next);
        if !colon && after.is_none() {
            return None;
        }
        match after {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        if hour > 24 || hour == 24 && minute > 0 {
            return None;
        }
        // 10:31 Uhr MEZ.
        let next =
            next + usize::from(matches!(self.word(next), Some("uhr" | "uur" | "h" | "godz" | "ч" | "год")));
        let (printed, next) = self.zone(next);
        Some(Time { second: hour * 3600 + minute * 60 + second, precision, printed, next })
    }

    /// Whether a time that begins at a token and ends before another is after noon, if that is said; and the token after it.
    fn half_of_day(&self, at: usize, next: usize) -> (Option<bool>, usize) {
        match (self.word(next), self.sign(next + 1), self.word(next + 2)) {
            (Some("am" | "ص" | "صباحا"), ..) => (Some(false), next + 1),
            (Some("pm" | "م" | "مساء"), ..) => (Some(true), next + 1),
            (Some(half @ ("a" | "p")), Some('.'), Some("m")) => {
                (Some(half == "p"), next + 3 + usize::from(self.sign(next + 3) == Some('.')))
            }
            // In Korean, Chinese and Japanese before it.
            _ => match at.checked_sub(1).and_then(|before| self.word(before)) {
                Some("오후" | "午後" | "下午" | "чч") => (Some(true), next),
                Some("오전" | "午前" | "上午") => (Some(false), next),
                _ => (None, next),
            },
        }
    }

    /// `GMT`, `(MSK)`, `+02:00`, `UTC+3`, `Europe/Kyiv`, and the token after it.
    pub(super) fn zone(&self, at: usize) -> (Printed, usize) {
        let open = at + usize::from(self.sign(at) == Some('('));
        if let Some((zone, next)) = self.place(open) {
            return (Printed { zone: Some(Offset::Named(zone)), of: None }, next);
        }
        let named = self.word(open).and_then(|word| WORDS.zones.get(word));
        let signed = open + usize::from(named.is_some());
        let is_utc = matches!(named, None | Some(Zone { offset: Offset::Minutes(0), .. }));
        let printed = named.map(|zone| self.settled(zone));
        if let (true, Some(sign @ ('+' | '-' | '−'))) = (is_utc, self.sign(signed))
            && let Some((value, digits)) = self.number(signed + 1)
            && !(sign == '-' && self.tokens[signed].spaced && named.is_none())
        {
            let (minutes, next) = match (digits, self.sign(signed + 2), self.number(signed + 3)) {
                (1 | 2, Some(':'), Some((minutes, 2))) => (value * 60 + minutes, signed + 4),
                (1 | 2, ..) => (value * 60, signed + 2),
                (4, ..) => (value / 100 * 60 + value % 100, signed + 2),
                _ => return (printed.unwrap_or_default(), signed),
            };
            if minutes <= 14 * 60 {
                let minutes = if sign == '+' { minutes as i16 } else { -minutes as i16 };
                return (Printed { zone: Some(Offset::Minutes(minutes)), of: None }, next);
            }
        }
        match printed {
            Some(printed) => (printed, open + 1),
            None => (Printed::default(), at),
        }
    }

    /// A zone by its name in the time zone database: `America/New_York`.
    fn place(&self, at: usize) -> Option<(jiff::tz::TimeZone, usize)> {
        let mut name = self.word(at)?.to_owned();
        let mut next = at + 1;
        while let Some(sign @ ('/' | '_' | '-')) = self.sign(next)
            && let Some(word) = self.word(next + 1)
            && !self.tokens[next].spaced
        {
            name.push(sign);
            name.push_str(word);
            next += 2;
        }
        let zone = name.contains('/').then(|| jiff::tz::TimeZone::get(&name).ok())??;
        Some((zone, next))
    }

    /// The zone that a name is of in the language of the text.
    fn settled(&self, zone: &'static Zone) -> Printed {
        let tag = self.setting.language.unwrap_or("").to_ascii_lowercase().replace('_', "-");
        let own =
            zone.elsewhere.get(&tag).or_else(|| zone.elsewhere.get(tag.split('-').next().unwrap_or("")));
        match own {
            Some(minutes) => Printed { zone: Some(Offset::Minutes(*minutes)), of: None },
            None => Printed { zone: Some(zone.offset.clone()), of: zone.of.as_deref() },
        }
    }
}
