//! What words mean in dates: `names.toml`, folded.

use super::tokens::fold;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What words mean; a word may mean something in several languages.
pub(super) struct Vocabulary {
    /// Months and the languages in which they are called so.
    pub months: HashMap<String, Vec<(String, i64)>>,
    pub weekdays: HashSet<String>,
    pub fillers: HashSet<String>,
    pub ago: HashSet<String>,
    /// Days before the capture, and the languages in which the word says so.
    pub back: HashMap<String, Vec<(String, i64)>>,
    /// Seconds of a span of time.
    pub units: HashMap<String, i64>,
    /// Zones by name.
    pub zones: HashMap<String, Zone>,
}

/// A zone that has a name.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    /// Where it is, if it is always the same.
    pub offset: Offset,
    /// Whose it is taken for, if others call theirs so.
    pub of: Option<String>,
    /// What it is in some languages.
    pub elsewhere: HashMap<String, i16>,
}

/// How far east of UTC a zone is.
#[derive(Clone, Debug)]
pub(super) enum Offset {
    /// So many minutes.
    Minutes(i16),
    /// As the time zone database has it for the day.
    Named(jiff::tz::TimeZone),
}

/// `names.toml`: rows begin with the language, or with a number.
#[derive(serde::Deserialize)]
struct Names {
    months: Vec<Vec<String>>,
    weekdays: Vec<Vec<String>>,
    days_back: Vec<Vec<String>>,
    units: Vec<(String, String)>,
    ago: String,
    fillers: String,
    zones: Vec<ZoneNames>,
}

#[derive(serde::Deserialize)]
struct ZoneNames {
    names: String,
    offset: String,
    of: Option<String>,
    #[serde(default, rename = "where")]
    elsewhere: HashMap<String, i16>,
}

pub(super) static WORDS: LazyLock<Vocabulary> = LazyLock::new(|| {
    let names: Names = toml::from_str(include_str!("names.toml")).expect("it is part of this program");
    let number = |text: &str| text.parse::<i64>().expect("it is part of this program");
    Vocabulary {
        months: numbered(&names.months, 1),
        weekdays: names.weekdays.iter().flat_map(|row| list(&row[1])).collect(),
        fillers: list(&names.fillers).collect(),
        ago: list(&names.ago).collect(),
        back: numbered(&names.days_back, 0),
        units: names
            .units
            .iter()
            .flat_map(|(seconds, words)| list(words).map(move |word| (word, number(seconds))))
            .collect(),
        zones: names.zones.iter().flat_map(zones).collect(),
    }
});

fn list(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(' ').map(|word| fold(&word.replace('-', " "))).filter(|word| !word.is_empty())
}

fn zones(row: &ZoneNames) -> Vec<(String, Zone)> {
    let offset = match row.offset.parse() {
        Ok(minutes) => Offset::Minutes(minutes),
        Err(_) => {
            Offset::Named(jiff::tz::TimeZone::get(&row.offset).expect("the database is part of this program"))
        }
    };
    let zone = Zone { offset, of: row.of.clone(), elsewhere: row.elsewhere.clone() };
    list(&row.names).map(|name| (name, zone.clone())).collect()
}

/// Which number words stand for, by language.
fn numbered(rows: &[Vec<String>], first: i64) -> HashMap<String, Vec<(String, i64)>> {
    let mut numbers: HashMap<String, Vec<(String, i64)>> = HashMap::new();
    for row in rows {
        for (number, forms) in (first..).zip(&row[1..]) {
            for form in list(forms) {
                let known = numbers.entry(form).or_default();
                if !known.iter().any(|known| known.0 == row[0] && known.1 == number) {
                    known.push((row[0].clone(), number));
                }
            }
        }
    }
    numbers
}
