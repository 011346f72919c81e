//! How a query is answered: planned, walked, counted.

mod filter;
mod walk;

pub use walk::{Asked, Hit, Hits};

use crate::archive::Snapshot;
use crate::model::{Article, Capture, Digest, Error, Language, Precision, Result, Source, Timestamp};
use crate::query::{By, Query};
use crate::store::{Direction, Mark, SourceNames, keys};
use std::collections::HashSet;

/// A group and how many articles are in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// What they have in common; `None` if it is not known.
    pub key: Option<String>,
    /// How many.
    pub count: u64,
}

/// What is known of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSummary {
    /// The source; `None` for captures that name none.
    pub source: Option<Source>,
    /// Articles with a capture of it.
    pub articles: u64,
    /// Captures.
    pub captures: u64,
    /// The earliest publication.
    pub first: Option<(Timestamp, Precision)>,
    /// The latest publication.
    pub last: Option<(Timestamp, Precision)>,
}

/// An article as it was found: the text, and the captures that matched, the one that placed it first.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The article's digest.
    pub digest: Digest,
    /// The article.
    pub article: Article,
    /// Captures in order of arrival.
    pub captures: Vec<Capture>,
    /// The capture that placed it: an index into `captures`.
    pub placed_by: usize,
    /// The article's tags, in alphabetical order.
    pub tags: Vec<String>,
}

/// A document as it was read.
#[derive(Clone, Debug)]
pub struct Unchecked(Document);

impl Unchecked {
    /// The document, if its text has its digest.
    pub fn check(self) -> Result<Document> {
        let Unchecked(document) = self;
        if document.article.digest() == document.digest {
            Ok(document)
        } else {
            Err(Error::Digest { digest: document.digest })
        }
    }
}

#[derive(PartialEq)]
enum GroupKey {
    Source(u32),
    Day(Option<i64>),
    Language(Option<Language>),
}

impl GroupKey {
    fn label(&self, by: By, names: &SourceNames) -> Option<String> {
        match self {
            GroupKey::Source(number) => names.name(*number).map(|name| name.as_str().to_owned()),
            GroupKey::Language(language) => language.map(|language| language.to_string()),
            GroupKey::Day(day) => day.map(|day| {
                let at = Timestamp(day * crate::model::DAY);
                match by {
                    By::Week => at.week(),
                    By::Month => at.month(),
                    By::Year => at.month()[..at.month().len() - 3].to_owned(),
                    _ => at.day(),
                }
            }),
        }
    }
}

impl Snapshot {
    /// Gets a query ready: looks its words up, and decides how it is answered.
    pub fn ask(&self, query: &Query) -> Result<Asked> {
        walk::ask(self.clone(), query)
    }

    /// The hits of a query, lazily.
    pub fn hits(&self, query: &Query) -> Result<Hits> {
        self.ask(query)?.hits()
    }

    /// How many hits a query has.
    pub fn count(&self, query: &Query) -> Result<u64> {
        self.ask(query)?.count()
    }

    /// How many articles (or captures, with [`Query::captures`]) are in each group, ascending; the group without a key last.
    pub fn count_by(&self, query: &Query, by: By) -> Result<Vec<Group>> {
        self.ask(query)?.count_by(by)
    }

    /// Whether an article that may be met again is met for the first time.
    fn is_first(&self, seen: &mut HashSet<u64>, mark: &Mark) -> Result<bool> {
        Ok(!self.view.has_several(mark.article)? || seen.insert(mark.article))
    }

    /// The first and the last date of publication, implausible ones left out.
    pub fn published_span(&self) -> Result<Option<(Timestamp, Timestamp)>> {
        let dated = (keys::instant(Some(Timestamp(i64::MIN))), [0xff; 5]);
        let mut ends = [Direction::Up, Direction::Down].into_iter().map(|direction| {
            let (low, high) = walk::date_bounds(dated.0, dated.1);
            for row in self.view.tables().by_date.range(low, high, direction) {
                let mark = Mark::from_date_key(row?.key());
                if let (Some(at), false, true) = (mark.at, mark.suspect(), self.view.sees(&mark)) {
                    return Ok(Some(at));
                }
            }
            Ok(None)
        });
        let (first, last) = (ends.next().expect("two ends")?, ends.next().expect("two ends")?);
        Ok(first.zip(last))
    }
}
