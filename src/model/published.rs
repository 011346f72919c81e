//! When an article was published, and how that is known.

use super::time::{DAY, Dated, Precision, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// When an article was published: the instant in UTC, where that was found, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The instant; the first second of it if only a day or a month is known.
    pub at: Timestamp,
    /// How much of it was said.
    pub precision: Precision,
    /// Where it was found.
    pub origin: Origin,
    /// The zone it was printed with, in minutes east of UTC.
    pub offset_minutes: Option<i16>,
    /// Not plausible: before 1600, or more than two days after the capture.
    pub suspect: bool,
}

impl Published {
    /// A date found in an input; `captured` decides whether it lies in the future.
    pub fn new(dated: Dated, origin: Origin, captured: Timestamp) -> Published {
        let Dated { at, precision, offset_minutes } = dated;
        Published { at, precision, origin, offset_minutes, suspect: is_suspect(at, captured) }
    }

    /// The date alone.
    pub fn dated(&self) -> Dated {
        Dated { at: self.at, precision: self.precision, offset_minutes: self.offset_minutes }
    }
}

/// Dates before 1600, and those later than two days after the capture, are kept and marked.
fn is_suspect(at: Timestamp, captured: Timestamp) -> bool {
    let year_1600 = Timestamp::from_day(1600, 1, 1).expect("a day of the calendar");
    at < year_1600 || at.0 > captured.0 + 2 * DAY
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let printed = Dated::print(self.at, self.precision);
        // UTC, but where no zone was printed nobody knows.
        f.write_str(printed.strip_suffix('Z').filter(|_| self.offset_minutes.is_none()).unwrap_or(&printed))
    }
}

/// Where a date was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Given by the user or by a field of the input.
    Given,
    /// JSON-LD in the page.
    Jsonld,
    /// A meta tag of the page.
    Meta,
    /// A `time` element of the page.
    TimeTag,
    /// The URL, or the path of the input.
    Url,
    /// A feed's item.
    Feed,
    /// A WARC record's header.
    Warc,
    /// The visible text.
    Text,
}

impl Origin {
    /// All of them; their places are what the ledger has.
    pub const ALL: [Origin; 8] = [
        Origin::Given,
        Origin::Jsonld,
        Origin::Meta,
        Origin::TimeTag,
        Origin::Url,
        Origin::Feed,
        Origin::Warc,
        Origin::Text,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspect_dates_are_marked() {
        let captured = Timestamp::from_day(2025, 1, 28).unwrap();
        for (text, suspect) in
            [("1599-12-31", true), ("1600-01-01", false), ("2025-01-30", false), ("2025-01-31", true)]
        {
            let dated = Dated::parse(text).unwrap();
            assert_eq!(Published::new(dated, Origin::Given, captured).suspect, suspect, "{text}");
        }
    }
}
