//! Instants, days and the texts that name them. Everything is UTC; nothing reads the machine's zone or locale.

use jiff::civil;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::SystemTime;

/// An instant: seconds since 1970-01-01T00:00:00Z, leap seconds not counted, years -9999 to 9999.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

/// Seconds in a day.
pub const DAY: i64 = 86_400;

/// How much of a date was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// To the second.
    Second,
    /// To the minute.
    Minute,
    /// The day; the instant is its first second, UTC.
    Day,
    /// The month; the instant is its first second, UTC.
    Month,
}

impl Precision {
    /// Whether no more than a day or a month is known: such a date is one of the calendar and has no zone.
    pub fn is_civil(self) -> bool {
        matches!(self, Precision::Day | Precision::Month)
    }
}

/// A date as it was understood: the instant, how precise it is, and the zone it was printed with, in minutes east of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The instant.
    pub at: Timestamp,
    /// How much of it was said.
    pub precision: Precision,
    /// The printed zone, if there was one.
    pub offset_minutes: Option<i16>,
}

/// A period: from its first second to its last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first second.
    pub first: Timestamp,
    /// The last second.
    pub last: Timestamp,
}

/// Says what time it is. The library asks no other clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeSource {
    /// The machine's clock.
    #[default]
    System,
    /// Always this instant: for tests, and for runs that are to be repeated.
    Fixed(Timestamp),
}

impl TimeSource {
    /// Now.
    pub fn now(self) -> Timestamp {
        match self {
            TimeSource::System => Timestamp::now(),
            TimeSource::Fixed(at) => at,
        }
    }

    /// Milliseconds since 1970; none before.
    pub fn now_ms(self) -> i64 {
        match self {
            TimeSource::System => {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            }
            TimeSource::Fixed(at) => at.0.saturating_mul(1000).max(0),
        }
    }
}

impl Timestamp {
    /// Now, by the machine's clock, which may be wrong by any number of years: outside the years -9999 to 9999 it is the
    /// nearest inside.
    pub fn now() -> Timestamp {
        Timestamp::of(SystemTime::now())
    }

    fn of(clock: SystemTime) -> Timestamp {
        let seconds = match clock.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        };
        let (first, last) = (midnight(civil::Date::MIN), midnight(civil::Date::MAX));
        Timestamp(seconds.clamp(first.0, last.0 + DAY - 1))
    }

    /// `20250128093100`, UTC: as archives of the web write it.
    pub fn of_digits(digits: &str) -> Option<Timestamp> {
        let part = |from: usize, to: usize| digits.get(from..to);
        let (date, hour, minute) = ((part(0, 4)?, part(4, 6)?, part(6, 8)?), part(8, 10)?, part(10, 12)?);
        let text = format!("{}-{}-{}T{hour}:{minute}:{}Z", date.0, date.1, date.2, part(12, 14)?);
        Dated::parse(&text).map(|dated| dated.at)
    }

    /// Midnight UTC at the start of this day, if there is such a day.
    pub fn from_day(year: i16, month: i8, day: i8) -> Option<Timestamp> {
        civil::Date::new(year, month, day).ok().map(midnight)
    }

    /// The civil date in UTC. Instants outside the years -9999 to 9999 come out as the nearest inside.
    fn date(self) -> civil::Date {
        let day = self.0.div_euclid(DAY).clamp(day_number(civil::Date::MIN), day_number(civil::Date::MAX));
        civil_date(day)
    }

    /// Year and month.
    pub fn year_month(self) -> (i16, i8) {
        let date = self.date();
        (date.year(), date.month())
    }

    /// `2025-01-28`.
    pub fn day(self) -> String {
        self.date().to_string()
    }

    /// `2025-01`.
    pub fn month(self) -> String {
        let (year, month) = self.year_month();
        format!("{year:04}-{month:02}")
    }

    /// ISO 8601 week: `2025-W05`.
    pub fn week(self) -> String {
        let week = self.date().iso_week_date();
        format!("{:04}-W{:02}", week.year(), week.week())
    }
}

/// Days since 1970-01-01 of a civil date (Howard Hinnant, *chrono-compatible low-level date algorithms*).
fn day_number(date: civil::Date) -> i64 {
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The civil date of a number of days since 1970-01-01 (the same source).
fn civil_date(days: i64) -> civil::Date {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = (shifted + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    civil::Date::new(year as i16, month as i8, day as i8)
        .expect("a day of the calendar gives a day of the calendar")
}

fn midnight(date: civil::Date) -> Timestamp {
    Timestamp(day_number(date) * DAY)
}

fn seconds(at: civil::DateTime) -> Timestamp {
    let (hour, minute, second) = (i64::from(at.hour()), i64::from(at.minute()), i64::from(at.second()));
    Timestamp(midnight(at.date()).0 + hour * 3600 + minute * 60 + second)
}

/// RFC 3339 in UTC: `2025-01-28T09:31:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(DAY);
        write!(f, "{}T{:02}:{:02}:{:02}Z", self.date(), second / 3600, second / 60 % 60, second % 60)
    }
}

impl Dated {
    /// `2025-01-28T09:31:00Z`, `2025-01-28T09:31Z`, `2025-01-28` or `2025-01`, by precision; always UTC.
    pub fn print(at: Timestamp, precision: Precision) -> String {
        match precision {
            Precision::Second => at.to_string(),
            Precision::Minute => format!("{}Z", &at.to_string()[..at.to_string().len() - 4]),
            Precision::Day => at.day(),
            Precision::Month => at.month(),
        }
    }

    /// As it was printed: in its own zone, with it; `2025-01-28T09:31:00+02:00`, `2025-01-28`. A time that was printed without a zone has
    /// none here either.
    pub fn printed(self) -> String {
        if self.offset_minutes.is_none() {
            let utc = Dated::print(self.at, self.precision);
            return utc.strip_suffix('Z').map_or(utc.clone(), str::to_owned);
        }
        let minutes = self.offset_minutes.unwrap_or(0);
        let local = Dated::print(Timestamp(self.at.0 + i64::from(minutes) * 60), self.precision);
        match local.strip_suffix('Z') {
            Some(local) if minutes != 0 => {
                let sign = if minutes < 0 { '-' } else { '+' };
                format!("{local}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
            _ => local,
        }
    }

    /// Understands the forms in which machines write dates: RFC 3339 and ISO 8601 with or without a zone, RFC 2822,
    /// `2025-01-28`, `2025/01/28`, `20250128`, `20250128T093100Z`, `20250128093100`, `28.01.2025`, `2025-01`. A time without a zone is UTC. `None` is not understood.
    pub fn parse(text: &str) -> Option<Dated> {
        let text = text.trim();
        zoned(text)
            .or_else(|| without_zone(text))
            .or_else(|| basic(text))
            .or_else(|| day_or_month(text))
            .or_else(|| rfc2822(text))
    }

    /// Understands a number as seconds, milliseconds or microseconds since 1970, by its size.
    pub fn from_epoch(number: f64) -> Option<Dated> {
        let seconds = match number.abs() {
            n if n < 1e11 => number,
            n if n < 1e14 => number / 1e3,
            n if n < 1e17 => number / 1e6,
            _ => return None,
        };
        let at = Timestamp(seconds.floor() as i64);
        Some(Dated { at, precision: Precision::Second, offset_minutes: Some(0) })
    }

    /// Everything from this instant to the end of the second, minute, day or month.
    pub fn period(self) -> Period {
        let first = self.at;
        let last = match self.precision {
            Precision::Second => first.0,
            Precision::Minute => first.0 + 59,
            Precision::Day => first.0 + DAY - 1,
            Precision::Month => next_month(first).0 - 1,
        };
        Period { first, last: Timestamp(last) }
    }
}

fn next_month(at: Timestamp) -> Timestamp {
    let (year, month) = at.year_month();
    let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    Timestamp::from_day(year, month, 1).unwrap_or(Timestamp(midnight(civil::Date::MAX).0 + DAY))
}

impl Period {
    /// Understands what `--since` and `--until` take: a year `2025`, a month `2025-01`, a day, or an instant; each means the
    /// whole of it, in UTC.
    pub fn parse(text: &str) -> Option<Period> {
        let text = text.trim();
        if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let year: i16 = text.parse().ok()?;
            let first = Timestamp::from_day(year, 1, 1)?;
            let last = Dated {
                at: Timestamp::from_day(year, 12, 1)?,
                precision: Precision::Month,
                offset_minutes: None,
            };
            return Some(Period { first, last: last.period().last });
        }
        Dated::parse(text).map(Dated::period)
    }
}

/// With a zone: RFC 3339 and its relatives. `24:00` and a leap second's `:60` are understood as jiff does.
fn zoned(text: &str) -> Option<Dated> {
    let time = text.get(10..)?;
    let zone = time.find(['Z', 'z', '+', '-', '\u{2212}'])?;
    let offset_minutes = match time[zone..].chars().next()? {
        'Z' | 'z' => 0,
        sign => offset(sign, &time[zone + sign.len_utf8()..])?,
    };
    let local = without_zone(text.get(..10 + zone)?)?;
    let at = Timestamp(local.at.0 - i64::from(offset_minutes) * 60);
    Some(Dated { at, offset_minutes: Some(offset_minutes), ..local })
}

/// `+02:00`, `+0200`, `+02`.
pub(crate) fn offset(sign: char, digits: &str) -> Option<i16> {
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i16 = digits[..2].parse().ok()?;
    let minutes: i16 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    let total = hours * 60 + minutes;
    (hours <= 23 && minutes < 60).then_some(if sign == '+' { total } else { -total })
}

/// `2025-01-28T09:31:00.5`, `2025-01-28 09:31`; taken as UTC.
fn without_zone(text: &str) -> Option<Dated> {
    let text = text.trim_end();
    let (date, time) = (text.get(..10)?, text.get(10..)?);
    let time = time.strip_prefix(['T', 't', ' '])?.trim_start();
    let date = year_first(date)?;
    let precision = match time.matches(':').count() {
        1 => Precision::Minute,
        2 => Precision::Second,
        _ => return None,
    };
    let time: civil::Time = time.parse().ok()?;
    Some(Dated { at: seconds(date.to_datetime(time)), precision, offset_minutes: None })
}

/// The basic form of ISO 8601: `20250128T093100Z`, `20250128T0931+0200`, `20250128093100`.
fn basic(text: &str) -> Option<Dated> {
    let (day, rest) = text.split_at_checked(8)?;
    let time = rest.strip_prefix(['T', 't']).unwrap_or(rest);
    let digits = time.bytes().take_while(u8::is_ascii_digit).count();
    if !day.bytes().all(|byte| byte.is_ascii_digit())
        || !matches!(digits, 4 | 6)
        || digits == 4 && time.len() == rest.len()
    {
        return None;
    }
    let part = |at: usize| time.get(at..at + 2).unwrap_or("00");
    let seconds = if digits == 6 { part(4) } else { "00" };
    let zone = time[digits..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let written =
        format!("{}-{}-{}T{}:{}:{seconds}{zone}", &day[..4], &day[4..6], &day[6..], part(0), part(2));
    let dated = if zone.is_empty() { without_zone(&written) } else { zoned(&written) }?;
    Some(if digits == 4 { Dated { precision: Precision::Minute, ..dated } } else { dated })
}

fn day_or_month(text: &str) -> Option<Dated> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = |at, precision| Some(Dated { at, precision, offset_minutes: None });
    if digits == 6 && text.len() == 7 && text.as_bytes()[4] == b'-' {
        let (year, month) = (text[..4].parse().ok()?, text[5..].parse().ok()?);
        return plain(Timestamp::from_day(year, month, 1)?, Precision::Month);
    }
    if digits == 8 && text.len() == 8 {
        let (year, month, day) = (text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?);
        return plain(Timestamp::from_day(year, month, day)?, Precision::Day);
    }
    if digits == 8 && text.len() == 10 && text.as_bytes()[2] == b'.' && text.as_bytes()[5] == b'.' {
        let (day, month, year) = (text[..2].parse().ok()?, text[3..5].parse().ok()?, text[6..].parse().ok()?);
        return plain(Timestamp::from_day(year, month, day)?, Precision::Day);
    }
    plain(midnight(year_first(text)?), Precision::Day)
}

/// `2025-01-28` or `2025/01/28`.
fn year_first(text: &str) -> Option<civil::Date> {
    let bytes = text.as_bytes();
    let separator = *bytes.get(4)?;
    if bytes.len() != 10 || !matches!(separator, b'-' | b'/' | b'.') || bytes[7] != separator {
        return None;
    }
    if !bytes.iter().enumerate().all(|(index, byte)| matches!(index, 4 | 7) || byte.is_ascii_digit()) {
        return None;
    }
    civil::Date::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?).ok()
}

/// `Tue, 28 Jan 2025 09:31:00 +0200`, with `GMT` and the other names that RFC 2822 knows.
fn rfc2822(text: &str) -> Option<Dated> {
    // jiff takes every name of a zone that it does not know for UTC: those that RFC 2822 has are left to it, the others to
    // `text::dates`.
    // A comment may stand behind it: -0400 (EDT).
    let text = text.split(" (").next().unwrap_or("").trim_end();
    let zone = text.rsplit(' ').next().unwrap_or("");
    let is_known = zone.starts_with(['+', '-'])
        || matches!(zone, "GMT" | "UT" | "UTC" | "Z" | "EDT" | "CDT" | "MST" | "MDT" | "PDT");
    if text.len() > 64 || !is_known {
        return None;
    }
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_zoned(text).ok()?;
    Some(Dated {
        at: Timestamp(zoned.timestamp().as_second()),
        precision: Precision::Second,
        offset_minutes: Some((zoned.offset().seconds() / 60) as i16),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_clock_has_a_time() {
        let clock = |seconds: i64| {
            let by = std::time::Duration::from_secs(seconds.unsigned_abs());
            let start = SystemTime::UNIX_EPOCH;
            Timestamp::of(if seconds < 0 { start - by } else { start + by }).to_string()
        };
        assert_eq!(clock(0), "1970-01-01T00:00:00Z");
        assert_eq!(clock(-315_619_200), "1960-01-01T00:00:00Z");
        assert_eq!(clock(253_402_300_799), "9999-12-31T23:59:59Z");
        assert_eq!(clock(253_402_300_800), "9999-12-31T23:59:59Z");
        assert_eq!(clock(-400_000_000_000), "-009999-01-01T00:00:00Z");
    }

    #[test]
    fn machine_dates() {
        for (text, printed, precision, offset) in [
            ("2025-01-28T09:31:00Z", "2025-01-28T09:31:00Z", Precision::Second, Some(0)),
            ("2025-01-28T09:31:00.123+02:00", "2025-01-28T07:31:00Z", Precision::Second, Some(120)),
            ("2025-01-28 09:31 -0330", "2025-01-28T13:01:00Z", Precision::Minute, Some(-210)),
            ("2025-01-28T00:30+02", "2025-01-27T22:30:00Z", Precision::Minute, Some(120)),
            ("2025-01-28 09:31:07", "2025-01-28T09:31:07Z", Precision::Second, None),
            ("2025-01-28", "2025-01-28T00:00:00Z", Precision::Day, None),
            ("2025/01/28", "2025-01-28T00:00:00Z", Precision::Day, None),
            ("20250128", "2025-01-28T00:00:00Z", Precision::Day, None),
            ("28.01.2025", "2025-01-28T00:00:00Z", Precision::Day, None),
            ("2025-01", "2025-01-01T00:00:00Z", Precision::Month, None),
            ("Tue, 28 Jan 2025 09:31:00 +0200", "2025-01-28T07:31:00Z", Precision::Second, Some(120)),
            ("Tue, 28 Jan 2025 09:31:00 GMT", "2025-01-28T09:31:00Z", Precision::Second, Some(0)),
            ("20250128T093100Z", "2025-01-28T09:31:00Z", Precision::Second, Some(0)),
            ("20250128T0931+0200", "2025-01-28T07:31:00Z", Precision::Minute, Some(120)),
            ("20250128093107", "2025-01-28T09:31:07Z", Precision::Second, None),
            ("Tue, 28 Jan 2025 09:31:00 -0500 (EST)", "2025-01-28T14:31:00Z", Precision::Second, Some(-300)),
            ("0999-05-01", "0999-05-01T00:00:00Z", Precision::Day, None),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", Precision::Second, Some(0)),
        ] {
            let dated = Dated::parse(text).unwrap_or_else(|| panic!("{text} is not understood"));
            assert_eq!(
                (dated.at.to_string().as_str(), dated.precision, dated.offset_minutes),
                (printed, precision, offset),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_a_date() {
        for text in [
            "",
            "2025",
            "2025-13-01",
            "2025-02-30",
            "01/02/2025",
            "yesterday",
            "2025-01-28T",
            "2025-1-2",
            "2025-01-28T25:00:00Z",
            "2025-01-28T09:31:00+99:00",
            "Tue, 28 Jan 2025 09:31:00 MSK",
            "202501280931",
            "٢٠٢٥-٠١-٢٨",
        ] {
            assert_eq!(Dated::parse(text), None, "{text}");
        }
    }

    #[test]
    fn epochs_by_size() {
        for number in [1_738_056_660.0, 1_738_056_660_000.0, 1_738_056_660_000_000.0] {
            assert_eq!(Dated::from_epoch(number).unwrap().at.to_string(), "2025-01-28T09:31:00Z");
        }
        assert_eq!(Dated::from_epoch(1e30), None);
    }

    #[test]
    fn a_period_is_all_of_it() {
        for (text, first, last) in [
            ("2024", "2024-01-01T00:00:00Z", "2024-12-31T23:59:59Z"),
            ("2024-02", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59Z"),
            ("2024-12", "2024-12-01T00:00:00Z", "2024-12-31T23:59:59Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z", "2024-02-29T23:59:59Z"),
            ("2024-02-29T10:00Z", "2024-02-29T10:00:00Z", "2024-02-29T10:00:59Z"),
            ("9999", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
        ] {
            let period = Period::parse(text).unwrap_or_else(|| panic!("{text} is not understood"));
            assert_eq!(
                (period.first.to_string().as_str(), period.last.to_string().as_str()),
                (first, last),
                "{text}"
            );
        }
    }

    #[test]
    fn days_are_numbered_as_the_calendar_has_them() {
        assert_eq!(day_number(civil::Date::new(1970, 1, 1).unwrap()), 0);
        let mut date = civil::Date::new(1599, 12, 31).unwrap();
        for day in day_number(date)..day_number(date) + 400 * 366 {
            assert_eq!((civil_date(day), day_number(date)), (date, day));
            date = date.tomorrow().unwrap();
        }
        for edge in [civil::Date::MIN, civil::Date::MAX] {
            assert_eq!(civil_date(day_number(edge)), edge);
        }
    }

    #[test]
    fn weeks_are_iso() {
        assert_eq!(Timestamp::from_day(2024, 12, 30).unwrap().week(), "2025-W01");
        assert_eq!(Timestamp::from_day(1987, 2, 26).unwrap().week(), "1987-W09");
    }
}
