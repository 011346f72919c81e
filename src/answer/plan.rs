//! How a query is answered: which articles or which ranges of which index are walked, in which order.
//!
//! | asked for | walked |
//! |---|---|
//! | few articles: by words, tags, digests, URLs | their captures, sorted |
//! | sources | a range of `by_source` for each, merged |
//! | dates, or an order by date | a range of `by_date` or `by_captured` |
//! | arrival, nothing about source or date | `captures`, from the first number that is asked for |
//! | arrival and more | the same ranges, collected and sorted; past a million marks `captures` is read instead, so that memory stays bounded |
//! | order by source | the ranges of `by_source`, by name |
//! | order by relevance | what matches, then ranked by the full-text index |
//!
//! Whatever is walked, every capture is held against the whole filter; a range only leaves out what cannot match.

use super::bounds::Bounds;
use super::filter::{Filter, wanted};
use crate::archive::Snapshot;
use crate::bytes::number_set::NumberSet;
use crate::derived::words::{Pattern, Scope};
use crate::model::{Error, Result};
use crate::query::{Order, Query};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Memory};

/// Reading the captures of one article takes as long as passing over so many rows of an index.
pub(super) const ROWS_AN_ARTICLE: u64 = 60;

/// A query that is ready to be answered.
pub struct Asked {
    pub(super) reader: Snapshot,
    pub(super) filter: Arc<Filter>,
    pub(super) query: Query,
    pub(super) bounds: Bounds,
    pub(super) drive: Drive,
    pub(super) wanted: Vec<(Scope, Pattern)>,
    pub(super) looked: Arc<AtomicU64>,
}

/// What is walked.
pub(super) enum Drive {
    /// Nothing can match.
    Nothing,
    /// The captures of these articles.
    Articles(NumberSet),
    /// Ranges of indexes, or the captures in order of arrival.
    Ranges,
}

/// Gets a query ready.
pub(super) fn ask(reader: Snapshot, query: &Query) -> Result<Asked> {
    let filter = Filter::new(&reader, &query.filter)?;
    let bounds = Bounds::of(&filter, query.date_field);
    let wanted = wanted(&query.filter);
    let mut asked = Asked {
        reader,
        filter: Arc::new(filter),
        query: query.clone(),
        bounds,
        drive: Drive::Ranges,
        wanted,
        looked: Arc::default(),
    };
    asked.drive = asked.plan()?;
    asked.refuse_costly()?;
    Ok(asked)
}

impl Asked {
    /// Decides what is walked: whichever side is the cheaper one.
    pub(super) fn plan(&self) -> Result<Drive> {
        if self.bounds.sources.as_ref().is_some_and(Vec::is_empty) || self.bounds.seq.0 > self.bounds.seq.1 {
            return Ok(Drive::Nothing);
        }
        let mut articles: Option<NumberSet> = None;
        for part in self.filter.required() {
            if let Filter::Articles(some, _) = part {
                match &mut articles {
                    None => articles = Some(some.clone()),
                    Some(articles) => articles.and(some),
                }
            }
        }
        let Some(articles) = articles else { return Ok(Drive::Ranges) };
        let count = articles.len();
        if count == 0 {
            return Ok(Drive::Nothing);
        }
        let all = self.reader.view.applied().articles.max(1);
        // Walking by date finds the first few soon if many match.
        let wanted = self.query.limit.map(|limit| limit.saturating_add(self.query.offset));
        let soon = match (wanted, self.query.order) {
            (Some(wanted), Order::Newest | Order::Oldest | Order::Arrival) => {
                wanted.saturating_mul(all) / count
            }
            _ => u64::MAX,
        };
        let budget = count.saturating_mul(ROWS_AN_ARTICLE);
        let rows = soon.min(self.rows(budget)?);
        Ok(if budget <= rows { Drive::Articles(articles) } else { Drive::Ranges })
    }

    /// A query that would take minutes is refused before its first hit.
    pub(super) fn refuse_costly(&self) -> Result<()> {
        let most = self.filter.captures_max();
        let captures = match &self.drive {
            _ if most == u64::MAX => return Ok(()),
            Drive::Nothing => 0,
            Drive::Articles(articles) => articles.len(),
            Drive::Ranges => self.rows(most.saturating_add(1))?,
        };
        if captures > most { Err(costly(most)) } else { Ok(()) }
    }

    /// About how many rows the ranges have, counted no further than to `most`.
    pub(super) fn rows(&self, most: u64) -> Result<u64> {
        if !self.bounds.are_of_an_index() {
            let (first, last) = self.bounds.seq;
            let asked = last.saturating_sub(first).saturating_add(1);
            return Ok(self.reader.view.applied().captures.min(asked));
        }
        let mut rows = 0;
        for walk in self.ranges(Order::Oldest) {
            for row in walk {
                row?;
                rows += 1;
                if rows >= most {
                    return Ok(rows);
                }
            }
        }
        Ok(rows)
    }

    /// The words that speak for an article, and in which of its texts.
    pub fn wanted(&self) -> &[(Scope, Pattern)] {
        &self.wanted
    }

    /// How many captures were looked at so far.
    pub fn looked_at(&self) -> u64 {
        self.looked.load(Memory::Relaxed)
    }
}

pub(super) fn costly(most: u64) -> Error {
    let what =
        format!("it has so many conditions that no more than {most} captures can be held against them");
    Error::Costly { what }
}

impl Snapshot {
    /// Gets a query ready: looks its words up, and decides how it is answered.
    pub fn ask(&self, query: &Query) -> Result<Asked> {
        ask(self.clone(), query)
    }
}
