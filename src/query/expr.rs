//! What is asked, as plain data; printed as it is parsed.

use super::DateField;
use crate::derived::words::{How, Pattern, Scope};
use crate::model::{Language, Source, Timestamp};
use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::Range;

/// What a capture, and the article that it found, must fulfil.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All of these; everything if there are none.
    All(Vec<Expr>),
    /// One of these.
    Any(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// One condition, and where it was written.
    Is(Condition, Span),
}

/// Where in the text of a query something was written, in bytes. Does not count when queries are compared.
#[derive(Clone, Debug, Default)]
pub struct Span(pub Range<usize>);

impl PartialEq for Span {
    fn eq(&self, _: &Span) -> bool {
        true
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Published by this source; none is a capture that names none.
    Source(Option<Source>),
    /// With this date in a range, both ends included.
    Date(DateField, Option<Bound>, Option<Bound>),
    /// In this language; none is one that is not known.
    Language(Option<Language>),
    /// With these words.
    Words(Scope, Words),
    /// With these words, one after the other, in one name of the byline.
    Author(String),
    /// With these words in the section or among the keywords.
    Section(String),
    /// At this URL, however it is spelled; with a star at its end, at any that begins so.
    Url(String),
    /// At a URL of this domain or of a host in it.
    Domain(String),
    /// With this tag.
    Tag(String),
    /// The articles whose digest begins so.
    Id(String),
    /// Captures with these numbers, both included.
    Seq(u64, u64),
    /// With these words in a field of the input that the archive has no place for, `extra.FIELD`; with a star, with anything in it.
    Extra(String, String),
    /// With notes on what was assumed or not understood.
    Noted,
    /// From this input: a file, what is in it, or anything that stars leave open.
    Input(String),
    /// Published on some date.
    Dated,
    /// Published on none.
    Undated,
    /// With a date that is not plausible.
    Suspect,
    /// Of which there is only a summary.
    Summary,
    /// With more than one capture.
    MultiCapture,
}

/// Words that are looked for, as they were written.
#[derive(Clone, Debug, PartialEq)]
pub enum Words {
    /// One, in any form.
    Word(String),
    /// As they are printed, one after the other.
    Quoted(String),
    /// Anything that begins so.
    Prefix(String),
    /// A name, or several words of one, in any case and alphabet: `name:`.
    Name(String),
    /// Near each other.
    Near(Vec<Words>, u32),
    /// Any of those, with ґ and г told apart: `ge:`.
    DistinctGe(Box<Words>),
}

/// One end of a range of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// As the calendar and the clock show it where the question is asked, as if that were UTC: for dates of which only the day
    /// is known, which have no zone.
    pub civil: Timestamp,
    /// The instant.
    pub at: Timestamp,
}

impl Bound {
    /// An instant in UTC.
    pub fn utc(at: Timestamp) -> Bound {
        Bound { civil: at, at }
    }
}

impl Default for Expr {
    fn default() -> Expr {
        Expr::All(Vec::new())
    }
}

impl From<Condition> for Expr {
    fn from(condition: Condition) -> Expr {
        Expr::Is(condition, Span::default())
    }
}

impl Expr {
    /// Any of these sources; everything if there are none.
    pub fn sources(sources: impl IntoIterator<Item = Option<Source>>) -> Expr {
        Expr::any(sources.into_iter().map(|source| Condition::Source(source).into()).collect())
    }

    /// Any of these languages; everything if there are none.
    pub fn languages(languages: impl IntoIterator<Item = Language>) -> Expr {
        Expr::any(languages.into_iter().map(|language| Condition::Language(Some(language)).into()).collect())
    }

    /// Dates in a range, both ends included; everything if it has no end.
    pub fn dates(field: DateField, since: Option<Timestamp>, until: Option<Timestamp>) -> Expr {
        if since.is_none() && until.is_none() {
            return Expr::default();
        }
        Condition::Date(field, since.map(Bound::utc), until.map(Bound::utc)).into()
    }

    /// One of these; everything if there are none.
    fn any(mut exprs: Vec<Expr>) -> Expr {
        match exprs.len() {
            0 => Expr::default(),
            1 => exprs.remove(0),
            _ => Expr::Any(exprs),
        }
    }

    /// Both this and another.
    pub fn and(self, other: Expr) -> Expr {
        match (self, other) {
            (Expr::All(none), other) if none.is_empty() => other,
            (expr, Expr::All(none)) if none.is_empty() => expr,
            (Expr::All(mut all), Expr::All(more)) => {
                all.extend(more);
                Expr::All(all)
            }
            (Expr::All(mut all), other) => {
                all.push(other);
                Expr::All(all)
            }
            (expr, Expr::All(more)) => Expr::All(std::iter::once(expr).chain(more).collect()),
            (expr, other) => Expr::All(vec![expr, other]),
        }
    }

    /// Whether nothing is asked.
    pub fn is_everything(&self) -> bool {
        matches!(self, Expr::All(parts) if parts.is_empty())
    }

    /// Every condition in it.
    pub fn conditions(&self) -> Vec<&Condition> {
        match self {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().flat_map(Expr::conditions).collect(),
            Expr::Not(part) => part.conditions(),
            Expr::Is(condition, _) => vec![condition],
        }
    }

    /// Whether it asks for words, not only against them.
    pub fn asks_for_words(&self) -> bool {
        match self {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().any(Expr::asks_for_words),
            Expr::Not(_) => false,
            Expr::Is(condition, _) => matches!(condition, Condition::Words(..)),
        }
    }

    /// Whether it asks for words or languages, which the full-text index knows.
    pub fn asks_for_text(&self) -> bool {
        self.conditions()
            .iter()
            .any(|condition| matches!(condition, Condition::Words(..) | Condition::Language(_)))
    }
}

impl Expr {
    /// The same with ґ and г told apart in all its words.
    pub fn distinct_ge(self) -> Expr {
        let all = |parts: Vec<Expr>| parts.into_iter().map(Expr::distinct_ge).collect();
        match self {
            Expr::All(parts) => Expr::All(all(parts)),
            Expr::Any(parts) => Expr::Any(all(parts)),
            Expr::Not(part) => Expr::Not(Box::new(part.distinct_ge())),
            Expr::Is(Condition::Words(scope, words), span) if !matches!(words, Words::DistinctGe(_)) => {
                Expr::Is(Condition::Words(scope, Words::DistinctGe(Box::new(words))), span)
            }
            expr => expr,
        }
    }
}

/// As it is written; dates are absolute.
impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Words {
    /// What is looked for in texts; `None` if there is no letter or digit in it.
    pub fn pattern(&self) -> Option<Pattern> {
        match self {
            Words::DistinctGe(words) => Some(Pattern { distinct_ge: true, ..words.pattern()? }),
            Words::Near(parts, distance) => {
                let parts: Vec<(&str, How)> = parts.iter().filter_map(Words::simple).collect();
                Pattern::near(&parts, *distance)
            }
            words => words.simple().and_then(|(text, how)| Pattern::word(text, how)),
        }
    }

    fn simple(&self) -> Option<(&str, How)> {
        match self {
            Words::Word(text) => Some((text, How::Forms)),
            Words::Quoted(text) => Some((text, How::Exact)),
            Words::Prefix(text) => Some((text, How::Prefix)),
            Words::Name(text) => Some((text, How::Name)),
            Words::Near(..) | Words::DistinctGe(_) => None,
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::All(parts) => joined(f, parts, " AND "),
            Expr::Any(parts) => joined(f, parts, " OR "),
            Expr::Not(part) => {
                f.write_str("-")?;
                nested(f, part)
            }
            Expr::Is(condition, _) => condition.fmt(f),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], by: &str) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(by)?;
        }
        nested(f, part)?;
    }
    Ok(())
}

fn nested(f: &mut fmt::Formatter<'_>, expr: &Expr) -> fmt::Result {
    match expr {
        Expr::All(_) | Expr::Any(_) => write!(f, "({expr})"),
        Expr::Is(Condition::Words(_, Words::Near(..)), _) => write!(f, "({expr})"),
        _ => write!(f, "{expr}"),
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        match self {
            Condition::Source(source) => {
                write!(f, "source:{}", Value(&none(source.as_ref().map(|source| source.to_string()))))
            }
            Condition::Date(field, since, until) => {
                let name = if *field == DateField::Captured { "captured" } else { "date" };
                let end = |bound: &Option<Bound>| bound.map(|bound| bound.to_string()).unwrap_or_default();
                write!(f, "{name}:{}..{}", end(since), end(until))
            }
            Condition::Language(language) => {
                write!(f, "lang:{}", none(language.map(|language| language.to_string())))
            }
            Condition::Words(scope, words) => {
                let field = match scope {
                    Scope::Both => "",
                    Scope::Title => "title:",
                    Scope::Body => "body:",
                };
                let (ge, words) = match words {
                    Words::DistinctGe(words) => ("ge:", &**words),
                    words => ("", words),
                };
                match words {
                    Words::Near(..) if *scope != Scope::Both || !ge.is_empty() => {
                        write!(f, "{ge}{field}({words})")
                    }
                    _ => write!(f, "{ge}{field}{words}"),
                }
            }
            Condition::Author(name) => write!(f, "author:{}", Value(name)),
            Condition::Section(name) => write!(f, "section:{}", Value(name)),
            Condition::Extra(path, value) => write!(f, "extra.{path}:{}", Value(value)),
            Condition::Noted => f.write_str("is:noted"),
            Condition::Url(url) => write!(f, "url:{}", Value(url)),
            Condition::Domain(domain) => write!(f, "domain:{}", Value(domain)),
            Condition::Tag(tag) => write!(f, "tag:{}", Value(tag)),
            Condition::Id(prefix) => write!(f, "id:{prefix}"),
            Condition::Seq(first, u64::MAX) => write!(f, "seq:{first}.."),
            Condition::Seq(first, last) => write!(f, "seq:{first}..{last}"),
            Condition::Input(input) => write!(f, "input:{}", Value(input)),
            Condition::Dated => f.write_str("is:dated"),
            Condition::Undated => f.write_str("is:undated"),
            Condition::Suspect => f.write_str("is:suspect"),
            Condition::Summary => f.write_str("is:summary"),
            Condition::MultiCapture => f.write_str("is:multi-capture"),
        }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Words::DistinctGe(words) => words.fmt(f),
            Words::Word(text) => f.write_str(text),
            Words::Quoted(text) => write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            Words::Prefix(text) => write!(f, "{text}*"),
            Words::Name(text) => write!(f, "name:{}", Value(text)),
            Words::Near(parts, distance) => {
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        write!(f, " NEAR/{distance} ")?;
                    }
                    part.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

/// A value of a field, quoted where it has to be.
struct Value<'a>(&'a str);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |letter: char| !letter.is_whitespace() && !matches!(letter, '(' | ')' | '"' | '\\');
        if !self.0.is_empty() && self.0.chars().all(plain) {
            return f.write_str(self.0);
        }
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

impl fmt::Display for Bound {
    /// An instant if the zone does not matter, else what the clock shows and the instant: `2025-01-28T00:00:00@1738015200`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.civil == self.at {
            return self.at.fmt(f);
        }
        write!(f, "{}@{}", self.civil.to_string().trim_end_matches('Z'), self.at.0)
    }
}
