//! What a reader finds in an input before it is an article, and what could not become one.

use super::capture::Provenance;
use super::correction::Correction;
use super::language::Language;
use super::original::Raw;
use super::reason::Reason;
use std::fmt;

/// What a reader found in an input, before it is an article.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The headline as printed; may be empty.
    pub headline: String,
    /// The body as printed; may be empty if there is a headline.
    pub body: String,
    /// The language, if the input says.
    pub language: Option<Language>,
    /// What the input says of where and when it was found.
    pub provenance: Provenance,
    /// Corrections that were made of that elsewhere, in order.
    pub corrections: Vec<Correction>,
    /// Whether it comes from an archive: it was told from other findings there, and its language is what is known.
    pub recorded: bool,
    /// Whether somebody said the language.
    pub language_said: bool,
    /// What was considered and why it was chosen, if that was asked for; not kept.
    pub explanation: Vec<String>,
    /// Why it is no article, if it was asked for all the same.
    pub rejected: Option<Reason>,
    /// Tags that the article is to have.
    pub tags: Vec<String>,
    /// The bytes that it was read from, if they are to be kept.
    pub raw: Option<Raw>,
}

/// An input that could not become an article: where, and why. Nothing of it is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The input: a path as it was given, or `-` for standard input.
    pub input: String,
    /// Where in the input.
    pub place: Place,
    /// Why.
    pub reason: Reason,
    /// The bytes that were rejected; empty if they could not be read at all.
    pub raw: Vec<u8>,
    /// Bytes of it that were left out of `raw`, because it is too long to hold.
    pub omitted_bytes: u64,
}

impl Rejection {
    /// A rejection of a whole input.
    pub fn whole(input: &str, reason: impl Into<Reason>) -> Rejection {
        let (input, raw, reason) = (input.to_owned(), Vec::new(), reason.into());
        Rejection { input, place: Place::Whole, reason, raw, omitted_bytes: 0 }
    }
}

/// A place in an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All of it.
    Whole,
    /// A line, from 1.
    Line(u64),
    /// A record, from 1, where records are not lines.
    Record(u64),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Whole => write!(f, "{}: {}", self.input, self.reason),
            Place::Line(line) => write!(f, "{}:{line}: {}", self.input, self.reason),
            Place::Record(record) => write!(f, "{}: record {record}: {}", self.input, self.reason),
        }
    }
}
