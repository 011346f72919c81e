//! Understands dates as people print them, in some fifty languages: `28 січня 2025 р.`, `Jan. 28, 2020`, `2025年1月28日`,
//! `вчора, 17:46`.
//!
//! A text is cut into numbers, words and what is between; a date is found around a month's name, or in three numbers.
//! What is ambiguous is settled by the language or by the time of capture, or is no date: it is never guessed.

mod names;

use crate::model::{DAY, Dated, Precision, Timestamp};
use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

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
}

/// The first date in a text.
pub fn parse(text: &str, setting: Setting<'_>) -> Option<Found> {
    let trimmed = text.trim();
    if let Some(dated) = Dated::parse(trimmed) {
        return Some(Found { dated, start: 0, end: text.len(), has_year: true });
    }
    find(text, setting).into_iter().next()
}

/// All dates in a text, in order. Of a long text only the first `LOOKED_AT` bytes are read.
pub fn find(text: &str, setting: Setting<'_>) -> Vec<Found> {
    let end = (0..=LOOKED_AT.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
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

/// Languages that print the day before the month, wherever they are spoken (Unicode CLDR, short dates).
#[rustfmt::skip]
const DAY_FIRST: &[&str] = &[
    "af", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fi", "fr", "gl", "he", "hi", "hr",
    "hy", "id", "is", "it", "ka", "kk", "lv", "mk", "mr", "ms", "nb", "nl", "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq",
    "sr", "sw", "ta", "th", "tr", "uk", "ur", "uz", "vi",
];
/// Bytes of a text that dates are looked for in.
const LOOKED_AT: usize = 64 << 10;

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// Its value and how many digits it has.
    Number(i64, usize),
    /// Folded.
    Word(String),
    /// Anything else but blanks.
    Sign(char),
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
    /// Whether blanks stand before it.
    spaced: bool,
}

/// Lower case, without accents; look-alike apostrophes alike.
fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c) || matches!(c, '\u{900}'..='\u{e7f}'))
        .map(|c| match c {
            '’' | 'ʼ' | '`' => '\'',
            'ı' => 'i',
            'ł' => 'l',
            'ø' => 'o',
            'đ' => 'd',
            c => c,
        })
        .nfc()
        .collect()
}

fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '年' | '月'
            | '日'
            | '時'
            | '时'
            | '分'
            | '秒'
            | '前'
            | '년'
            | '월'
            | '일'
            | '시'
            | '분'
            | '초'
            | '전'
            | '号'
    )
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.char_indices().peekable();
    let mut spaced = true;
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{200b}' | '\u{202a}'..='\u{202e}') {
            spaced = true;
            continue;
        }
        let mut end = start + c.len_utf8();
        let kind = if let Some(digit) = digit(c) {
            let (mut value, mut digits) = (digit, 1);
            while let Some((at, next)) = rest.next_if(|(_, next)| self::digit(*next).is_some()) {
                value = value.saturating_mul(10).saturating_add(self::digit(next).unwrap_or(0)).min(1 << 50);
                digits += 1;
                end = at + next.len_utf8();
            }
            Kind::Number(value, digits)
        } else if is_unspaced(c) {
            Kind::Word(c.to_string())
        } else if c.is_alphabetic() || is_mark(c) {
            while let Some((at, next)) = rest.next_if(|(_, next)| {
                (next.is_alphabetic() || is_mark(*next) || matches!(next, '\'' | '’' | 'ʼ'))
                    && !is_unspaced(*next)
            }) {
                end = at + next.len_utf8();
            }
            Kind::Word(fold(&text[start..end]))
        } else {
            Kind::Sign(c)
        };
        tokens.push(Token { kind, start, end, spaced });
        spaced = false;
    }
    tokens
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{981}'..='\u{983}' | '\u{9bc}'..='\u{9cd}' | '\u{bbe}'..='\u{bcd}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
}

/// Digits of the scripts in which dates are printed.
fn digit(c: char) -> Option<i64> {
    let zero = match c {
        '0'..='9' => '0',
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        '०'..='९' => '०',
        '০'..='৯' => '০',
        '๐'..='๙' => '๐',
        '０'..='９' => '０',
        _ => return None,
    };
    Some(i64::from(u32::from(c) - u32::from(zero)))
}

/// What a word is, in each language in which it is something.
static MONTHS: LazyLock<HashMap<String, Vec<(&'static str, i64)>>> = LazyLock::new(|| {
    let mut months: HashMap<String, Vec<(&'static str, i64)>> = HashMap::new();
    for (language, names) in names::MONTHS {
        for (month, forms) in (1..).zip(names) {
            for form in forms.split(' ') {
                let known = months.entry(fold(form)).or_default();
                if !known.contains(&(language, month)) {
                    known.push((language, month));
                }
            }
        }
    }
    months
});

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let list = |text: &'static str| text.split(' ').map(|word| fold(&word.replace('-', " ")));
    Words {
        weekdays: names::WEEKDAYS.iter().flat_map(|(_, days)| list(days)).collect(),
        fillers: list(names::FILLERS).collect(),
        ago: list(names::AGO).collect(),
        back: {
            let mut back: HashMap<String, Vec<(&'static str, i64)>> = HashMap::new();
            for (language, days) in names::DAYS_BACK {
                for (count, words) in (0..).zip(days) {
                    for word in list(words).filter(|word| !word.is_empty()) {
                        back.entry(word).or_default().push((language, count));
                    }
                }
            }
            back
        },
        units: names::UNITS
            .iter()
            .flat_map(|(seconds, words)| list(words).map(|word| (word, *seconds)))
            .collect(),
        zones: names::ZONES.iter().copied().collect(),
    }
});

struct Words {
    weekdays: std::collections::HashSet<String>,
    fillers: std::collections::HashSet<String>,
    ago: std::collections::HashSet<String>,
    back: HashMap<String, Vec<(&'static str, i64)>>,
    units: HashMap<String, i64>,
    zones: HashMap<&'static str, i16>,
}

#[derive(Clone, Copy, Debug)]
struct Day {
    year: Option<i64>,
    month: i64,
    day: Option<i64>,
    first: usize,
    /// Its instant, if it says more than the day.
    exact: Option<Timestamp>,
    offset_minutes: Option<i16>,
    /// Whether it says its year, or counts from the capture.
    has_year: bool,
}

struct Reader<'t, 's> {
    tokens: &'t [Token],
    setting: Setting<'s>,
}

impl Reader<'_, '_> {
    fn number(&self, at: usize) -> Option<(i64, usize)> {
        match self.tokens.get(at)?.kind {
            Kind::Number(value, digits) => Some((value, digits)),
            _ => None,
        }
    }

    fn word(&self, at: usize) -> Option<&str> {
        match &self.tokens.get(at)?.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn sign(&self, at: usize) -> Option<char> {
        match self.tokens.get(at)?.kind {
            Kind::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    /// A day that begins at this token, and the token after it.
    fn at(&self, at: usize) -> Option<(Day, usize)> {
        self.numbers(at)
            .or_else(|| self.east_asian(at))
            .or_else(|| self.named(at))
            .or_else(|| self.relative(at))
    }

    fn language(&self) -> Option<&str> {
        Some(self.setting.language?.split(['-', '_']).next().unwrap_or(""))
    }

    /// Whether the text may be in this language.
    fn speaks(&self, language: &str) -> bool {
        self.language().is_some_and(|own| own == language || own == "no" && language == "nb")
    }

    /// The latest year that a date can be of, near enough.
    fn now(&self) -> Timestamp {
        self.setting.captured.or(self.setting.now).unwrap_or(RELEASED)
    }

    fn year(&self, value: i64, digits: usize) -> Option<i64> {
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

    /// `2025-01-28`, `28.01.2025`, `01/28/2025`, `4. 2. 2022`, `20250128`.
    fn numbers(&self, at: usize) -> Option<(Day, usize)> {
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
            .filter(|sign| matches!(sign, '.' | '/' | '-' | '–' | '‐' | '‑' | '．' | '／'))?;
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
        if spaced && separator != '.' {
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
    fn settle(&self, day_first: Option<Day>, month_first: Option<Day>) -> Option<Day> {
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
    fn east_asian(&self, at: usize) -> Option<(Day, usize)> {
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

    /// The month that a word names, if it is one in the language of the text, or the same in all languages.
    fn month(&self, at: usize) -> Option<i64> {
        let word = self.word(at)?;
        // Vietnamese counts its months.
        if word == "thang" {
            return self.number(at + 1).map(|(month, _)| month).filter(|month| (1..=12).contains(month));
        }
        let known = MONTHS.get(word).or_else(|| {
            // Thai abbreviations have dots in them.
            let longer = format!("{word}.{}", self.word(at + 2)?);
            (self.sign(at + 1) == Some('.')).then(|| MONTHS.get(&longer))?
        })?;
        let own = self.language().and_then(|language| {
            known.iter().find(|(known, _)| *known == language || language == "no" && *known == "nb")
        });
        if let Some((_, month)) = own {
            return Some(*month);
        }
        let (_, month) = known[0];
        known.iter().all(|(_, other)| *other == month).then_some(month)
    }

    /// How many tokens a month takes.
    fn month_tokens(&self, at: usize) -> usize {
        match self.word(at) {
            Some("thang") => 2,
            Some(word) if !MONTHS.contains_key(word) => 3,
            _ => 1,
        }
    }

    /// Passes over dots, commas, hyphens and small words.
    fn skip(&self, mut at: usize, most: usize) -> usize {
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

    fn is_day(&self, at: usize) -> Option<i64> {
        let (value, digits) = self.number(at)?;
        let in_time = self.sign(at + 1) == Some(':')
            && !self.tokens.get(at + 1).is_some_and(|token| token.spaced)
            || at > 1
                && self.sign(at - 1) == Some(':')
                && !self.tokens[at].spaced
                && self.number(at - 2).is_some();
        (digits <= 2 && (1..=31).contains(&value) && !in_time).then_some(value)
    }

    fn is_year(&self, at: usize) -> Option<i64> {
        let (value, digits) = self.number(at)?;
        (digits == 4).then(|| self.year(value, digits)).flatten()
    }

    /// Dates with a month's name.
    fn named(&self, at: usize) -> Option<(Day, usize)> {
        // Year first: 2025. január 28., 2025 m. sausio 28 d., 2025. gada 28. janvāris.
        if let Some(year) = self.is_year(at) {
            let next = self.skip(at + 1, 3);
            if let Some(month) = self.month(next) {
                let after = self.skip(next + self.month_tokens(next), 2);
                if let Some(day) = self.is_day(after) {
                    return self.day(Some(year), month, Some(day), at).map(|day| (day, after + 1));
                }
                return None;
            }
            if let Some(day) = self.is_day(next) {
                let named = self.skip(next + 1, 3);
                if let Some(month) = self.month(named) {
                    return self.day(Some(year), month, Some(day), at).map(|day| (day, named + 1));
                }
            }
            return None;
        }
        // Day first: 28 January 2025, 28 de enero de 2025, 9-MAR-1987, 3 Dec.
        if let Some(day) = self.is_day(at) {
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
            return self.day(None, month, Some(day), at).map(|day| (day, end));
        }
        // Month first: January 28, 2025, Jan 28, January 2025.
        let month = self.month(at)?;
        let end = at + self.month_tokens(at);
        let next = self.skip(end, 3);
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
                let midnight = timestamp(&day)?;
                let exact =
                    Timestamp(midnight.0 + time.second - i64::from(time.offset_minutes.unwrap_or(0)) * 60);
                return Some((
                    Day { exact: Some(exact), offset_minutes: time.offset_minutes, ..day },
                    time.next + 1,
                ));
            }
            // "May 28" without a year may be anything; a capital decides nothing after folding.
            return self.day(None, month, Some(day), at).map(|day| (day, next + 1));
        }
        // What a day stands before that the month does not have is no month either.
        let bad_day = at > 0 && self.is_day(at - 1).is_some();
        if let Some(year) = self.is_year(next).filter(|_| !bad_day) {
            return self.day(Some(year), month, None, at).map(|day| (day, next + 1));
        }
        None
    }

    /// `yesterday`, `2 hours ago`, `vor 3 Tagen`: by the time of capture.
    fn relative(&self, at: usize) -> Option<(Day, usize)> {
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

    fn ago(&self, captured: Timestamp, seconds: i64, whole_days: bool, first: usize) -> Option<Day> {
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
            offset_minutes: None,
            has_year: true,
        })
    }

    fn day(&self, year: Option<i64>, month: i64, day: Option<i64>, first: usize) -> Option<Day> {
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
                })
                .filter(|day| timestamp(day).is_some());
            }
        };
        let day = Day { year, month, day, first, exact: None, offset_minutes: None, has_year: true };
        timestamp(&day)?;
        Some(day)
    }

    /// Adds the time that stands beside the day, and its zone.
    fn with_time(&self, day: Day, next: usize, after: usize) -> Found {
        let at = timestamp(&day).expect("it was checked when the day was found");
        let (start, mut end) = (self.tokens[day.first].start, self.tokens[next - 1].end);
        let precision = if day.day.is_some() { Precision::Day } else { Precision::Month };
        let mut found = Found {
            dated: Dated { at, precision, offset_minutes: None },
            start,
            end,
            has_year: day.has_year,
        };
        if let Some(exact) = day.exact {
            found.dated =
                Dated { at: exact, precision: Precision::Minute, offset_minutes: day.offset_minutes };
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
        found.dated = Dated {
            at: Timestamp(local - i64::from(time.offset_minutes.unwrap_or(0)) * 60),
            precision: time.precision,
            offset_minutes: time.offset_minutes,
        };
        found.end = end;
        found
    }

    /// What may stand between a day and its time.
    fn passes(&self, at: usize) -> bool {
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
    fn time(&self, at: usize) -> Option<Time> {
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
        // a.m. and p.m., behind or (in Korean and Chinese) before.
        let after = match (self.word(next), self.sign(next + 1), self.word(next + 2)) {
            (Some(half @ ("am" | "pm" | "ص" | "صباحا" | "م" | "مساء")), ..) => {
                next += 1;
                Some(matches!(half, "pm" | "م" | "مساء"))
            }
            (Some(half @ ("a" | "p")), Some('.'), Some("m")) => {
                let pm = half == "p";
                next += 3 + usize::from(self.sign(next + 3) == Some('.'));
                Some(pm)
            }
            _ => match at.checked_sub(1).and_then(|before| self.word(before)) {
                Some("오후" | "午後" | "下午" | "чч") => Some(true),
                Some("오전" | "午前" | "上午") => Some(false),
                _ => None,
            },
        };
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
        let (offset_minutes, next) = self.zone(next);
        Some(Time { second: hour * 3600 + minute * 60 + second, precision, offset_minutes, next })
    }

    /// `GMT`, `(MSK)`, `+02:00`, `UTC+3`, and the token after it.
    fn zone(&self, at: usize) -> (Option<i16>, usize) {
        let open = at + usize::from(self.sign(at) == Some('('));
        let named = self.word(open).and_then(|word| WORDS.zones.get(word)).copied();
        let signed = open + usize::from(named.is_some());
        if let (None | Some(0), Some(sign @ ('+' | '-' | '−'))) = (named, self.sign(signed))
            && let Some((value, digits)) = self.number(signed + 1)
            && !(sign == '-' && self.tokens[signed].spaced && named.is_none())
        {
            let (minutes, next) = match (digits, self.sign(signed + 2), self.number(signed + 3)) {
                (1 | 2, Some(':'), Some((minutes, 2))) => (value * 60 + minutes, signed + 4),
                (1 | 2, ..) => (value * 60, signed + 2),
                (4, ..) => (value / 100 * 60 + value % 100, signed + 2),
                _ => return (named, signed),
            };
            if minutes <= 14 * 60 {
                return (Some(if sign == '+' { minutes as i16 } else { -minutes as i16 }), next);
            }
        }
        match named {
            Some(offset) => (Some(offset), open + 1),
            None => (None, at),
        }
    }
}

struct Time {
    second: i64,
    precision: Precision,
    offset_minutes: Option<i16>,
    next: usize,
}

fn timestamp(day: &Day) -> Option<Timestamp> {
    let year = i16::try_from(day.year?).ok()?;
    Timestamp::from_day(year, i8::try_from(day.month).ok()?, i8::try_from(day.day.unwrap_or(1)).ok()?)
}

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
            ("uk", "Вівторок, 28 січня 2025, 14:05", "2025-01-28T14:05Z"),
            ("en", "Jan. 28, 2025, 9:12 p.m. EST", "2025-01-28T21:12-05:00"),
            ("en", "Tue Jan 28 19:20:36 CET 2025", "2025-01-28T19:20+01:00"),
            ("de", "28. Januar 2025 um 10.30 Uhr", "2025-01-28T10:30Z"),
            ("fr", "28 janvier 2025 à 9h08", "2025-01-28T09:08Z"),
            ("ko", "2025년 1월 28일 오후 3:20", "2025-01-28T15:20Z"),
            ("vi", "28/1/2025, 19:20 (GMT+7)", "2025-01-28T19:20+07:00"),
        ] {
            assert_eq!(day(language, text), printed, "{language}: {text}");
        }
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
            ("uk", "вчора, 17:46", "2025-02-02T17:46Z"),
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
