//! Understands dates as people print them, in some fifty languages: `28 січня 2025 р.`, `Jan. 28, 2020`, `2025年1月28日`,
//! `вчора, 17:46`.
//!
//! A text is cut into numbers, words and what is between; a date is found around a month's name, or in three numbers.
//! What is ambiguous is settled by the language or by the time of capture, or is no date: it is never guessed.

mod clock;
mod named;
mod numbers;
mod reader;
mod relative;
mod tokens;
mod vocabulary;

use crate::model::{Dated, Timestamp};
use reader::Reader;
use tokens::tokens;

/// What settles a date that can be read in more than one way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setting<'a> {
    /// The language of the text, as a tag: `uk`, `en-GB`. Its region decides whether 03/04 is in March or in April.
    pub language: Option<&'a str>,
    /// When the text was seen: what `yesterday` and dates without a year are counted from.
    pub captured: Option<Timestamp>,
    /// Now, where that is not known: years of two digits are not later [default: the end of the year of this release].
    pub now: Option<Timestamp>,
}

/// The end of 2026.
const RELEASED: Timestamp = Timestamp(1_798_761_599);

/// A date in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The date; its instant is UTC, by the printed zone if there is one.
    pub dated: Dated,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Whether it says its year.
    pub has_year: bool,
    /// Whether it counts from the capture: `yesterday`.
    pub is_relative: bool,
    /// What was assumed of its zone, which others call the same: whose it is.
    pub zone_of: Option<&'static str>,
}

impl Found {
    /// What was assumed, in words.
    pub fn note(&self) -> Option<String> {
        self.zone_of.map(|of| format!("the zone of its date is taken for that of {of}"))
    }
}

/// Whether a word in small letters is the name of a weekday.
pub fn is_weekday(word: &str) -> bool {
    vocabulary::WORDS.weekdays.contains(word)
}

/// The first date in a text.
pub fn parse(text: &str, setting: Setting<'_>) -> Option<Found> {
    let trimmed = text.trim();
    if let Some(dated) = Dated::parse(trimmed) {
        return Some(Found {
            dated,
            start: 0,
            end: text.len(),
            has_year: true,
            is_relative: false,
            zone_of: None,
        });
    }
    find(text, setting).into_iter().next()
}

/// All dates in a text, in order. Of a long text only the first `LOOKED_AT` bytes are read.
pub fn find(text: &str, setting: Setting<'_>) -> Vec<Found> {
    let end = text.floor_char_boundary(LOOKED_AT);
    let tokens = tokens(&text[..end]);
    let mut found: Vec<Found> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let reader = Reader { tokens: &tokens, setting };
        match reader.at(at) {
            Some((day, next)) => {
                found.push(reader.with_time(day, next, found.last().map_or(0, |last| last.end)));
                at = next;
            }
            None => at += 1,
        }
    }
    found
}

/// Bytes of a text that dates are looked for in.
const LOOKED_AT: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn day(language: &str, text: &str) -> String {
        let language = Some(language).filter(|language| !language.is_empty());
        let captured = Timestamp::from_day(2025, 2, 3).map(|midnight| Timestamp(midnight.0 + 12 * 3600));
        parse(text, Setting { language, captured, now: None })
            .map_or("none".to_owned(), |found| found.dated.printed())
    }

    #[test]
    fn months_of_many_languages() {
        for (language, text) in [
            ("en", "January 28, 2025"),
            ("en", "28th of January 2025"),
            ("uk", "28 січня 2025 року"),
            ("ru", "28 янв. 2025 г."),
            ("be", "28 студзеня 2025"),
            ("bg", "28 януари 2025 г."),
            ("sr", "28. јануар 2025."),
            ("mk", "28 јануари 2025"),
            ("hr", "28. siječnja 2025."),
            ("sl", "28. januar 2025"),
            ("cs", "28. ledna 2025"),
            ("sk", "28. januára 2025"),
            ("pl", "28 stycznia 2025"),
            ("de", "28. Jänner 2025"),
            ("nl", "28 januari 2025"),
            ("sv", "28 januari 2025"),
            ("da", "28. januar 2025"),
            ("nb", "28. januar 2025"),
            ("fi", "28. tammikuuta 2025"),
            ("et", "28. jaanuar 2025"),
            ("lv", "2025. gada 28. janvāris"),
            ("lt", "2025 m. sausio 28 d."),
            ("hu", "2025. január 28."),
            ("ro", "28 ianuarie 2025"),
            ("fr", "28 janvier 2025"),
            ("es", "28 de enero de 2025"),
            ("pt", "28 de janeiro de 2025"),
            ("it", "28 gennaio 2025"),
            ("ca", "28 de gener de 2025"),
            ("el", "28 Ιανουαρίου 2025"),
            ("tr", "28 Ocak 2025"),
            ("id", "28 Januari 2025"),
            ("ar", "28 يناير 2025"),
            ("ar", "٢٨ يناير ٢٠٢٥"),
            ("he", "28 בינואר 2025"),
            ("hi", "28 जनवरी 2025"),
            ("bn", "২৮ জানুয়ারি ২০২৫"),
            ("th", "28 มกราคม 2568"),
            ("vi", "28 tháng 1, 2025"),
            ("ja", "2025年1月28日"),
            ("ko", "2025년 1월 28일"),
            ("ka", "28 იანვარი 2025"),
        ] {
            assert_eq!(day(language, text), "2025-01-28", "{language}: {text}");
        }
    }

    #[test]
    fn times_and_zones() {
        for (language, text, printed) in [
            ("uk", "Вівторок, 28 січня 2025, 14:05", "2025-01-28T14:05"),
            ("en", "Jan. 28, 2025, 9:12 p.m. EST", "2025-01-28T21:12-05:00"),
            ("en", "Tue Jan 28 19:20:36 CET 2025", "2025-01-28T19:20:36+01:00"),
            ("de", "28. Januar 2025 um 10.30 Uhr", "2025-01-28T10:30"),
            ("fr", "28 janvier 2025 à 9h08", "2025-01-28T09:08"),
            ("ko", "2025년 1월 28일 오후 3:20", "2025-01-28T15:20"),
            ("vi", "28/1/2025, 19:20 (GMT+7)", "2025-01-28T19:20+07:00"),
            ("en", "Jan. 28, 2025, 9:12 p.m. ET", "2025-01-28T21:12-05:00"),
            ("en", "June 12, 2024, 10:15 a.m. ET", "2024-06-12T10:15-04:00"),
            ("en", "Wed, 12 Jun 2024 10:15:30 Europe/Kiev", "2024-06-12T10:15:30+03:00"),
            ("en", "12 June 2024 10:15 America/Argentina/Buenos_Aires", "2024-06-12T10:15-03:00"),
            ("hi", "28 जनवरी 2025 10:15 IST", "2025-01-28T10:15+05:30"),
            ("he", "28 בינואר 2025 10:15 IST", "2025-01-28T10:15+02:00"),
            ("en-IE", "12 June 2024, 10:15 IST", "2024-06-12T10:15+01:00"),
            ("zh", "2025年1月28日 10:15 CST", "2025-01-28T10:15+08:00"),
            ("uk", "28 січня 2025, 10:15 EET", "2025-01-28T10:15+02:00"),
        ] {
            assert_eq!(day(language, text), printed, "{language}: {text}");
        }
    }

    /// A name that several zones have is settled by the language, or said.
    #[test]
    fn what_was_assumed_is_said() {
        let note =
            |language, text| parse(text, Setting { language, captured: None, now: None }).unwrap().note();
        assert_eq!(
            note(None, "28 January 2025, 10:15 IST").as_deref(),
            Some("the zone of its date is taken for that of India")
        );
        assert_eq!(note(Some("en-IN"), "28 January 2025, 10:15 IST"), None);
        assert_eq!(note(None, "28 January 2025, 10:15 CET"), None);
    }

    /// Two readings are settled by language and country, or by what is not in the future, or not at all.
    #[test]
    fn ambiguous_dates_are_not_guessed() {
        for (language, text, printed) in [
            ("en-US", "01/02/2025", "2025-01-02"),
            ("EN-us", "01/02/2025", "2025-01-02"),
            ("en-GB", "01/02/2025", "2025-02-01"),
            ("fr", "01/02/2025", "2025-02-01"),
            ("en", "01/02/2025", "none"),
            ("", "01/02/2025", "none"),
            ("x-default", "01/02/2025", "none"),
            ("en", "03/02/2025", "2025-02-03"),
            ("en", "28/01/2025", "2025-01-28"),
            ("hr", "5. listopada 2024.", "2024-10-05"),
            ("pl", "5 listopada 2024", "2024-11-05"),
            ("", "5 listopada 2024", "2024-11-05"),
        ] {
            let got = day(language, text);
            // Without a language the Croatian October is a Polish November only by its other form.
            if language.is_empty() && text.contains("listopada") {
                assert_eq!(got, "none", "{text}");
                continue;
            }
            assert_eq!(got, printed, "{language}: {text}");
        }
    }

    #[test]
    fn counted_from_the_capture() {
        for (language, text, printed) in [
            ("uk", "вчора, 17:46", "2025-02-02T17:46"),
            ("uk", "2 години тому", "2025-02-03T10:00Z"),
            ("en", "3 days ago", "2025-01-31"),
            ("de", "vor 3 Tagen", "2025-01-31"),
            ("de", "hier klicken", "none"),
            ("fr", "hier", "2025-02-02"),
            ("en", "December 24", "2024-12-24"),
            ("ja", "1月28日", "2025-01-28"),
        ] {
            assert_eq!(day(language, text), printed, "{language}: {text}");
        }
        assert_eq!(parse("вчора", Setting { language: Some("uk"), captured: None, now: None }), None);
    }

    #[test]
    fn what_is_not_a_date() {
        for text in [
            "version 2.10.11.12",
            "$12.50",
            "10:30",
            "1,234,567",
            "May be",
            "in 2025",
            "12345678901",
            "31 February 2025",
        ] {
            assert_eq!(day("en", text), "none", "{text}");
        }
    }
}
