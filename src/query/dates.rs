//! Dates as queries write them: whole periods, open ranges, and days counted from today.

use super::expr::Bound;
use crate::model::{DAY, Dated, Precision, Timestamp};
use crate::text::dates::Setting;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, ToSpan};

/// The first and the last of a range, where it has them.
pub type Ends = (Option<Bound>, Option<Bound>);

/// Which part of a text is no date, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoDate {
    /// The part, in bytes.
    pub within: std::ops::Range<usize>,
    /// What is wrong with it.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// How dates are written.
const HINT: &str = "dates are 2025, 2025-01, 2025-01-28, 28.01.2025, 2025Q1, 2025-W05, yesterday, \"last week\", \"7 days ago\", 2weeks; ranges 2025-01..2025-03, ..2025, 2weeks..";

impl NoDate {
    /// Of this part of a text.
    pub fn of(text: &str, within: std::ops::Range<usize>) -> NoDate {
        let what = text[within.clone()].trim();
        let parts: Vec<Option<u32>> = what.split('/').map(|part| part.parse().ok()).collect();
        let hint = match parts[..] {
            [Some(a @ 1..=12), Some(b @ 1..=12), Some(year @ 1000..)] => {
                format!("is it {year}-{b:02}-{a:02} or {year}-{a:02}-{b:02}?")
            }
            _ => HINT.to_owned(),
        };
        NoDate { message: format!("'{what}' is not a date"), within, hint }
    }
}

/// Where and when a question is asked.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Now: `yesterday` and `2weeks..` are counted from here.
    pub now: Timestamp,
    /// Whose days are meant; UTC if nobody says.
    zone: TimeZone,
}

impl Clock {
    /// In UTC, at this instant.
    pub fn new(now: Timestamp) -> Clock {
        Clock { now, zone: TimeZone::UTC }
    }

    /// With another zone: `UTC`, an offset such as `+02:00`, or a name of the IANA database, `Europe/Kyiv`. `None` if there is
    /// no such zone.
    pub fn in_zone(self, name: &str) -> Option<Clock> {
        let zone = match name.chars().next()? {
            'Z' | 'z' if name.len() == 1 => TimeZone::UTC,
            sign @ ('+' | '-') => {
                let minutes = crate::model::time::offset(sign, &name[1..])?;
                TimeZone::fixed(jiff::tz::Offset::from_seconds(i32::from(minutes) * 60).ok()?)
            }
            _ => TimeZoneDatabase::bundled().get(name).ok()?,
        };
        Some(Clock { zone, ..self })
    }

    /// The same at another instant.
    pub fn at(self, now: Timestamp) -> Clock {
        Clock { now, ..self }
    }

    /// What the clock shows here, as if that were UTC.
    pub fn shown(&self, at: Timestamp) -> Timestamp {
        if self.zone == TimeZone::UTC {
            return at;
        }
        TimeZone::UTC.to_timestamp(self.civil(at)).map_or(at, |shown| Timestamp(shown.as_second()))
    }

    /// The civil date of today.
    fn today(&self) -> Date {
        self.civil(self.now).date()
    }

    fn civil(&self, at: Timestamp) -> DateTime {
        let ends = (jiff::Timestamp::MIN.as_second() + DAY, jiff::Timestamp::MAX.as_second() - DAY);
        let instant = jiff::Timestamp::from_second(at.0.clamp(ends.0, ends.1));
        self.zone.to_datetime(instant.unwrap_or(jiff::Timestamp::UNIX_EPOCH))
    }

    /// The instant that a clock shows here. One that it shows twice is the earlier, one that it never shows the later.
    fn bound(&self, civil: DateTime) -> Option<Bound> {
        let at = self.zone.to_timestamp(civil).ok()?.as_second();
        let utc = TimeZone::UTC.to_timestamp(civil).ok()?.as_second();
        Some(Bound { civil: Timestamp(utc), at: Timestamp(at) })
    }

    /// An instant that says its zone.
    fn instant(&self, at: Timestamp) -> Option<Bound> {
        Some(Bound { civil: self.shown(at), at })
    }

    /// Reads `A`, `A..B`, `A..` or `..B`; each end means the whole of it. `Err` says what is wrong with which part of the text.
    pub fn range(&self, text: &str) -> Result<Ends, NoDate> {
        let bad = |range| NoDate::of(text, range);
        let whole =
            |message: &str, hint: String| NoDate { within: 0..text.len(), message: message.to_owned(), hint };
        let Some(dots) = text.find("..") else {
            let (first, last) = self.period(text).ok_or_else(|| bad(0..text.len()))?;
            return Ok((Some(first), Some(last)));
        };
        let (since, until) = (&text[..dots], &text[dots + 2..]);
        let first = (!since.is_empty())
            .then(|| self.period(since).ok_or_else(|| bad(0..dots)).map(|period| period.0))
            .transpose()?;
        let last = (!until.is_empty())
            .then(|| self.period(until).ok_or_else(|| bad(dots + 2..text.len())).map(|period| period.1))
            .transpose()?;
        match (first, last) {
            (None, None) => Err(whole("a range has a beginning or an end", HINT.to_owned())),
            (Some(first), Some(last)) if first.at > last.at => {
                let hint = format!("exchange them: {until}..{since}");
                Err(whole("the range ends before it begins", hint))
            }
            ends => Ok(ends),
        }
    }

    /// First and last second of what a text names.
    pub fn period(&self, text: &str) -> Option<(Bound, Bound)> {
        let text = text.trim();
        if let Some(epoch) = text.strip_prefix('@') {
            let at = Timestamp(epoch.parse().ok()?);
            jiff::Timestamp::from_second(at.0).ok()?;
            let at = self.instant(at)?;
            return Some((at, at));
        }
        if let Some((civil, epoch)) = text.split_once('@') {
            // As bounds are printed.
            let (civil, at) = (Dated::parse(civil)?.at, Timestamp(epoch.parse().ok()?));
            return Some((Bound { civil, at }, Bound { civil, at }));
        }
        // `last week`, `7 days ago`: as one word.
        let joined = text.split_whitespace().collect::<Vec<_>>().join("-");
        if let Some((first, end)) = self.days(&joined) {
            let last = end.to_datetime(Time::midnight()).checked_sub(1.second()).ok()?;
            return Some((self.bound(first.to_datetime(Time::midnight()))?, self.bound(last)?));
        }
        if let Some(at) = self.ago(&joined) {
            return Some((at, at));
        }
        let dated = Dated::parse(text).or_else(|| self.printed(text))?;
        let period = dated.period();
        if dated.offset_minutes.is_some() {
            return Some((self.instant(period.first)?, self.instant(period.last)?));
        }
        let civil = |at: Timestamp| {
            TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(at.0).ok()?).checked_add(Span::new()).ok()
        };
        Some((self.bound(civil(period.first)?)?, self.bound(civil(period.last)?)?))
    }

    /// A date as people write and print it: `28.01.2025`, `2025-1-28`, `Jan 28 2025`, `28 січня`. What has two readings, as 01/02/2025
    /// has, is none.
    fn printed(&self, text: &str) -> Option<Dated> {
        let captured = Some(self.shown(self.now));
        // `вчора` is a date in one language only.
        let whole = |text: &str| {
            [None, Some("uk"), Some("ru")].into_iter().find_map(|language| {
                let setting = Setting { language, captured, ..Setting::default() };
                let found = crate::text::dates::parse(text, setting)?;
                let is_whole = text[..found.start].trim().is_empty() && text[found.end..].trim().is_empty();
                (is_whole && (language.is_none() || found.is_relative)).then_some(found.dated)
            })
        };
        // A month is one with a first day.
        let month = || whole(&format!("1 {text}")).filter(|dated| dated.precision == Precision::Day);
        let month = || Some(Dated { precision: Precision::Month, ..month()? });
        whole(text).or_else(|| text.starts_with(char::is_alphabetic).then(month)?)
    }

    /// Whole days: the first, and the one after the last.
    fn days(&self, text: &str) -> Option<(Date, Date)> {
        let lower = text.to_ascii_lowercase();
        let today = self.today();
        let one = |date: Date| Some((date, date.tomorrow().ok()?));
        let monday =
            |date: Date| date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok();
        match lower.as_str() {
            "today" => return one(today),
            "yesterday" => return one(today.yesterday().ok()?),
            "tomorrow" => return one(today.tomorrow().ok()?),
            "this-week" | "last-week" => {
                let this = monday(today)?;
                let first = if lower == "this-week" { this } else { this.checked_sub(1.week()).ok()? };
                return Some((first, first.checked_add(1.week()).ok()?));
            }
            "this-month" | "last-month" => {
                let this = today.first_of_month();
                let first = if lower == "this-month" { this } else { this.checked_sub(1.month()).ok()? };
                return Some((first, first.checked_add(1.month()).ok()?));
            }
            "this-year" | "last-year" => {
                let this = today.first_of_year();
                let first = if lower == "this-year" { this } else { this.checked_sub(1.year()).ok()? };
                return Some((first, first.checked_add(1.year()).ok()?));
            }
            _ => {}
        }
        // The last 7 days, today with them.
        if let Some((count, unit)) = lower.strip_prefix("last-").and_then(counted) {
            let end = today.tomorrow().ok()?;
            return Some((end.checked_sub(back(count, unit)?).ok()?, end));
        }
        if let Some(weekday) = weekday(lower.strip_prefix("last-").unwrap_or(&lower)) {
            let back = (i64::from(today.weekday().to_monday_zero_offset())
                - i64::from(weekday.to_monday_zero_offset()))
            .rem_euclid(7);
            return one(today.checked_sub(back.days()).ok()?);
        }
        if let Some((count, unit)) = counted(&lower) {
            return one(today.checked_sub(back(count, unit)?).ok()?);
        }
        let digits =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i16>().ok())?;
        if lower.len() == 4 {
            let first = Date::new(digits(&lower)?, 1, 1).ok()?;
            return Some((first, first.checked_add(1.year()).ok()?));
        }
        let year = || digits(lower.get(..4)?);
        let rest = lower.get(4..)?.trim_start_matches('-');
        if rest.len() == 1 && lower.len() == 6 {
            let first = Date::new(year()?, digits(rest)? as i8, 1).ok()?;
            return Some((first, first.checked_add(1.month()).ok()?));
        }
        if let Some(quarter) = rest.strip_prefix('q') {
            let quarter: i8 = quarter.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
            let first = Date::new(year()?, quarter * 3 - 2, 1).ok()?;
            return Some((first, first.checked_add(3.months()).ok()?));
        }
        if let Some(week) = rest.strip_prefix('w') {
            let week: i8 = week.parse().ok()?;
            let first = jiff::civil::ISOWeekDate::new(year()?, week, Weekday::Monday).ok()?.date();
            return Some((first, first.checked_add(1.week()).ok()?));
        }
        None
    }

    /// `3hours`, `now`: an instant.
    fn ago(&self, text: &str) -> Option<Bound> {
        let lower = text.to_ascii_lowercase();
        if lower == "now" {
            return self.instant(self.now);
        }
        let (count, unit) = counted(&lower)?;
        let back = self.now.0.saturating_sub(count * (DAY / 24));
        (unit == 'h').then(|| self.instant(Timestamp(back)))?
    }
}

/// So many days, weeks, months or years.
fn back(count: i64, unit: char) -> Option<Span> {
    Some(match unit {
        'd' => count.days(),
        'w' => count.weeks(),
        'm' => count.months(),
        'y' => count.years(),
        _ => return None,
    })
}

/// `2weeks`, `3d`, `12-hours`, `a-month-ago`: how many of what; `m` is months.
fn counted(text: &str) -> Option<(i64, char)> {
    let text = text.strip_suffix("-ago").unwrap_or(text);
    let one = ["a-", "an-", "one-"].iter().find_map(|one| text.strip_prefix(one));
    let text = &one.map_or(text.to_owned(), |unit| format!("1{unit}"));
    let end = text.find(|letter: char| !letter.is_ascii_digit()).filter(|end| (1..=5).contains(end))?;
    let unit = match text[end..].trim_start_matches('-') {
        "h" | "hour" | "hours" => 'h',
        "d" | "day" | "days" => 'd',
        "w" | "week" | "weeks" => 'w',
        "m" | "month" | "months" => 'm',
        "y" | "year" | "years" => 'y',
        _ => return None,
    };
    Some((text[..end].parse().ok()?, unit))
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(now: &str) -> Clock {
        Clock::new(Dated::parse(now).unwrap().at)
    }

    fn shown(clock: &Clock, text: &str) -> String {
        let end = |bound: Option<Bound>| bound.map(|bound| bound.at.to_string()).unwrap_or_default();
        match clock.range(text) {
            Ok((first, last)) => format!("{}..{}", end(first), end(last)),
            Err(NoDate { within, message, .. }) => format!("{within:?} {message}"),
        }
    }

    #[test]
    fn periods_and_ranges() {
        let clock = clock("2025-03-12T10:00:00Z");
        for (text, expected) in [
            ("2025", "2025-01-01T00:00:00Z..2025-12-31T23:59:59Z"),
            ("2025-02", "2025-02-01T00:00:00Z..2025-02-28T23:59:59Z"),
            ("2025-02-03", "2025-02-03T00:00:00Z..2025-02-03T23:59:59Z"),
            ("2025Q1", "2025-01-01T00:00:00Z..2025-03-31T23:59:59Z"),
            ("2025-Q4", "2025-10-01T00:00:00Z..2025-12-31T23:59:59Z"),
            ("2025-W01", "2024-12-30T00:00:00Z..2025-01-05T23:59:59Z"),
            ("2025-W05", "2025-01-27T00:00:00Z..2025-02-02T23:59:59Z"),
            ("2025-01..2025-03", "2025-01-01T00:00:00Z..2025-03-31T23:59:59Z"),
            ("..2025-02", "..2025-02-28T23:59:59Z"),
            ("2025-02..", "2025-02-01T00:00:00Z.."),
            ("2weeks..", "2025-02-26T00:00:00Z.."),
            ("yesterday", "2025-03-11T00:00:00Z..2025-03-11T23:59:59Z"),
            ("1month..today", "2025-02-12T00:00:00Z..2025-03-12T23:59:59Z"),
            ("3hours..now", "2025-03-12T07:00:00Z..2025-03-12T10:00:00Z"),
            ("monday", "2025-03-10T00:00:00Z..2025-03-10T23:59:59Z"),
            ("thursday", "2025-03-06T00:00:00Z..2025-03-06T23:59:59Z"),
            ("last-week", "2025-03-03T00:00:00Z..2025-03-09T23:59:59Z"),
            ("last-month", "2025-02-01T00:00:00Z..2025-02-28T23:59:59Z"),
            ("last week", "2025-03-03T00:00:00Z..2025-03-09T23:59:59Z"),
            ("Last Month..today", "2025-02-01T00:00:00Z..2025-03-12T23:59:59Z"),
            ("last 7 days", "2025-03-06T00:00:00Z..2025-03-12T23:59:59Z"),
            ("last monday", "2025-03-10T00:00:00Z..2025-03-10T23:59:59Z"),
            ("7 days ago", "2025-03-05T00:00:00Z..2025-03-05T23:59:59Z"),
            ("7 days ago..", "2025-03-05T00:00:00Z.."),
            ("a week ago..yesterday", "2025-03-05T00:00:00Z..2025-03-11T23:59:59Z"),
            ("3 hours ago..", "2025-03-12T07:00:00Z.."),
            ("2025-1-28", "2025-01-28T00:00:00Z..2025-01-28T23:59:59Z"),
            ("2025-1", "2025-01-01T00:00:00Z..2025-01-31T23:59:59Z"),
            ("2025/01/28", "2025-01-28T00:00:00Z..2025-01-28T23:59:59Z"),
            ("28.01.2025", "2025-01-28T00:00:00Z..2025-01-28T23:59:59Z"),
            ("1.2.2025", "2025-02-01T00:00:00Z..2025-02-01T23:59:59Z"),
            ("28.01.2025..31.01.2025", "2025-01-28T00:00:00Z..2025-01-31T23:59:59Z"),
            ("28/01/2025", "2025-01-28T00:00:00Z..2025-01-28T23:59:59Z"),
            ("Jan 28 2025", "2025-01-28T00:00:00Z..2025-01-28T23:59:59Z"),
            ("28 January 2025", "2025-01-28T00:00:00Z..2025-01-28T23:59:59Z"),
            ("Jan 28, 2025, 09:30", "2025-01-28T09:30:00Z..2025-01-28T09:30:59Z"),
            ("28 січня 2025", "2025-01-28T00:00:00Z..2025-01-28T23:59:59Z"),
            ("28 января", "2025-01-28T00:00:00Z..2025-01-28T23:59:59Z"),
            ("January 2025", "2025-01-01T00:00:00Z..2025-01-31T23:59:59Z"),
            ("січень 2025", "2025-01-01T00:00:00Z..2025-01-31T23:59:59Z"),
            ("вчора", "2025-03-11T00:00:00Z..2025-03-11T23:59:59Z"),
            ("01/02/2025", "0..10 '01/02/2025' is not a date"),
            ("28.01.2025 or so", "0..16 '28.01.2025 or so' is not a date"),
            ("31.02.2025", "0..10 '31.02.2025' is not a date"),
            ("@1741773600..", "2025-03-12T10:00:00Z.."),
            ("2025-01-28T09:30Z", "2025-01-28T09:30:00Z..2025-01-28T09:30:59Z"),
            ("2025-01-28T09:30+02:00..", "2025-01-28T07:30:00Z.."),
            ("2025-13", "0..7 '2025-13' is not a date"),
            ("2025-01..soon", "9..13 'soon' is not a date"),
            ("..", "0..2 a range has a beginning or an end"),
            ("2025..2024", "0..10 the range ends before it begins"),
            ("2025Q5", "0..6 '2025Q5' is not a date"),
            ("2025-W54", "0..8 '2025-W54' is not a date"),
        ] {
            assert_eq!(shown(&clock, text), expected, "{text}");
        }
    }

    #[test]
    fn zones_shift_days() {
        let kyiv = clock("2025-03-30T22:30:00Z").in_zone("Europe/Kyiv").unwrap();
        // It is the 31st there already; the night before, the clocks went forward.
        assert_eq!(shown(&kyiv, "today"), "2025-03-30T21:00:00Z..2025-03-31T20:59:59Z");
        assert_eq!(shown(&kyiv, "yesterday"), "2025-03-29T22:00:00Z..2025-03-30T20:59:59Z");
        assert_eq!(shown(&kyiv, "2025-01-28T09:30Z"), "2025-01-28T09:30:00Z..2025-01-28T09:30:59Z");
        let first = kyiv.period("2025-01-28").unwrap().0;
        assert_eq!(first.civil.to_string(), "2025-01-28T00:00:00Z");
        let fixed = Clock::new(Timestamp(0)).in_zone("-05:00").unwrap();
        assert_eq!(shown(&fixed, "2025-01-28"), "2025-01-28T05:00:00Z..2025-01-29T04:59:59Z");
        assert!(Clock::new(Timestamp(0)).in_zone("Mars/Olympus").is_none());
    }
}
