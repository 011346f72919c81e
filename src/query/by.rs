//! What articles are counted by.

use crate::model::Unnamed;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// What articles are counted by. An article counts once in every group in which a capture of it matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Who published it.
    Source,
    /// The day.
    Day,
    /// The week, ISO 8601.
    Week,
    /// The month.
    Month,
    /// The year.
    Year,
    /// The day of the week.
    Weekday,
    /// The hour of the day; of dates that have one.
    Hour,
    /// The language of the text.
    Language,
    /// The section.
    Section,
    /// Each keyword.
    Keyword,
    /// Each name of the byline.
    Author,
    /// Each tag.
    Tag,
    /// Each value of a field of the input that the archive has no place for: `extra.topics`, or one in it, `extra.place.name`.
    Extra(String),
}

/// Every one that has a name of its own.
const NAMES: [(&str, By); 14] = [
    ("source", By::Source),
    ("day", By::Day),
    ("week", By::Week),
    ("month", By::Month),
    ("year", By::Year),
    ("weekday", By::Weekday),
    ("hour", By::Hour),
    ("language", By::Language),
    ("section", By::Section),
    ("keyword", By::Keyword),
    ("author", By::Author),
    ("tag", By::Tag),
    ("lang", By::Language),
    ("byline", By::Author),
];

/// How articles are counted in groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Grouping {
    /// By what: of several, a group has one of each.
    pub by: Vec<By>,
    /// The time zone of days and hours, as `Clock::in_zone` takes it. A date of which only the day is known has no zone.
    pub zone: String,
    /// Whether what lies between groups and has no article is a group too: days, weeks, months, years, weekdays, hours.
    pub zeros: bool,
}

impl Default for Grouping {
    fn default() -> Grouping {
        Grouping { by: Vec::new(), zone: "UTC".to_owned(), zeros: false }
    }
}

impl From<By> for Grouping {
    fn from(by: By) -> Grouping {
        Grouping { by: vec![by], ..Grouping::default() }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            By::Extra(path) => write!(f, "extra.{path}"),
            by => f.write_str(NAMES.iter().find(|(_, known)| known == by).map_or("", |(name, _)| name)),
        }
    }
}

impl FromStr for By {
    type Err = Unnamed;

    fn from_str(name: &str) -> Result<By, Unnamed> {
        if let Some(path) = name.strip_prefix("extra.").filter(|path| !path.is_empty()) {
            return Ok(By::Extra(path.to_owned()));
        }
        let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, by)| by.clone());
        known.ok_or_else(|| Unnamed {
            name: name.to_owned(),
            what: "one of source, day, week, month, year, weekday, hour, language, section, keyword, author, tag, extra.FIELD",
        })
    }
}

impl Serialize for By {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<By, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(D::Error::custom)
    }
}
