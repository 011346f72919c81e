//! Counts: of everything, by source.

use super::api::Totals;
use super::filter::Filter;
use super::plan::Asked;
use super::scan::date_bounds;
use crate::archive::Snapshot;
use crate::model::{Precision, Result, Source, Timestamp};
use crate::query::{DateField, Query};
use crate::store::{Direction, Mark, keys};
use std::collections::{BTreeMap, HashSet};

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
    /// The latest capture.
    pub captured: Option<Timestamp>,
}

impl Asked {
    /// How many hits there are.
    pub fn count(&self) -> Result<u64> {
        if self.query.after.is_some() {
            return self.hits()?.try_fold(0, |count, hit| hit.map(|_| count + 1));
        }
        Ok(self.total()?.saturating_sub(self.query.offset).min(self.query.limit.unwrap_or(u64::MAX)))
    }

    /// How many there are on all pages.
    pub fn total(&self) -> Result<u64> {
        // An article may be left without a capture that can be read: it is in no list.
        let view = &self.reader.view;
        let (captures, all_listed) = (self.query.captures, view.applied().without_first == 0);
        let whole = view.is_whole() && all_listed;
        Ok(match self.filter.as_ref() {
            Filter::All(parts) if whole && parts.is_empty() && captures => self.reader.applied().captures,
            Filter::All(parts) if whole && parts.is_empty() => self.reader.applied().articles,
            Filter::Articles(articles, _) if !captures && all_listed => articles.len(),
            _ => {
                let mut seen = HashSet::new();
                let mut count = 0;
                for mark in self.marks()? {
                    let mark = mark?;
                    count += u64::from(captures || self.reader.is_first(&mut seen, &mark)?);
                }
                count
            }
        })
    }

    /// The sources with what they have of it, by name; captures without a source last.
    pub fn sources(&self) -> Result<Vec<SourceSummary>> {
        let mut summaries = self.summaries()?;
        // The same captures by when they were found.
        let query = Query { date_field: DateField::Captured, ..self.query.clone() };
        for mark in self.reader.ask(&query)?.marks()? {
            let mark = mark?;
            if let Some(summary) = summaries.get_mut(&mark.source) {
                summary.captured = summary.captured.max(mark.at);
            }
        }
        let mut summaries: Vec<SourceSummary> = summaries.into_values().collect();
        summaries.sort_by(|a, b| (a.source.is_none(), &a.source).cmp(&(b.source.is_none(), &b.source)));
        Ok(summaries)
    }

    /// The sources by number, with all but the latest capture.
    fn summaries(&self) -> Result<BTreeMap<u32, SourceSummary>> {
        let names = self.reader.view.names()?;
        let mut summaries = BTreeMap::<u32, (SourceSummary, HashSet<u64>)>::new();
        for mark in self.marks()? {
            let mark = mark?;
            let (summary, seen) = summaries.entry(mark.source).or_insert_with(|| {
                let source = names.name(mark.source).cloned();
                (
                    SourceSummary {
                        source,
                        articles: 0,
                        captures: 0,
                        first: None,
                        last: None,
                        captured: None,
                    },
                    HashSet::new(),
                )
            });
            summary.captures += 1;
            summary.articles += u64::from(self.reader.is_first(seen, &mark)?);
            if let Some(at) = mark.at {
                let dated = (at, mark.precision());
                summary.first =
                    Some(summary.first.map_or(dated, |first| if at < first.0 { dated } else { first }));
                summary.last =
                    Some(summary.last.map_or(dated, |last| if at >= last.0 { dated } else { last }));
            }
        }
        Ok(summaries.into_iter().map(|(number, (summary, _))| (number, summary)).collect())
    }

    /// How many articles, captures and sources there are of it, and from when to when.
    pub fn totals(&self) -> Result<Totals> {
        let span = |ends: (Option<Timestamp>, Option<Timestamp>)| {
            (ends.0.map(|at| at.to_string()), ends.1.map(|at| at.to_string()))
        };
        let is_plain = self.reader.view.is_whole() && !self.reader.view.knows_corrections();
        if self.query.filter.is_everything() && is_plain && !self.query.captures {
            let (applied, sources) = (self.reader.applied(), self.reader.names()?.names().len() as u64);
            let (first, last) = span(self.reader.published_span()?.unzip());
            return Ok(Totals {
                articles: applied.articles,
                captures: applied.captures,
                sources,
                first,
                last,
            });
        }
        let of_sources: Vec<SourceSummary> = self.summaries()?.into_values().collect();
        let (first, last) = span((
            of_sources.iter().filter_map(|source| source.first).map(|first| first.0).min(),
            of_sources.iter().filter_map(|source| source.last).map(|last| last.0).max(),
        ));
        Ok(Totals {
            articles: self.count()?,
            captures: of_sources.iter().map(|source| source.captures).sum(),
            sources: of_sources.iter().filter(|source| source.source.is_some()).count() as u64,
            first,
            last,
        })
    }
}

impl Snapshot {
    /// How many hits a query has.
    pub fn count(&self, query: &Query) -> Result<u64> {
        self.ask(query)?.count()
    }

    /// Whether an article that may be met again is met for the first time.
    pub(super) fn is_first(&self, seen: &mut HashSet<u64>, mark: &Mark) -> Result<bool> {
        Ok(!self.view.has_several(mark.article)? || seen.insert(mark.article))
    }

    /// The first and the last date of publication, implausible ones left out.
    fn published_span(&self) -> Result<Option<(Timestamp, Timestamp)>> {
        let dated = (keys::instant(Some(Timestamp(i64::MIN))), [0xff; 5]);
        let mut ends = [Direction::Up, Direction::Down].into_iter().map(|direction| {
            let (low, high) = date_bounds(dated.0, dated.1);
            for row in self.view.tables().by_date.range(low, high, direction) {
                let row = row?;
                let mark = Mark::from_date_key(row.key());
                let is_there = self.view.sees(&mark) && self.view.stands(&row);
                if let (Some(at), false, true) = (mark.at, mark.suspect(), is_there) {
                    return Ok(Some(at));
                }
            }
            Ok(None)
        });
        let (first, last) = (ends.next().expect("two ends")?, ends.next().expect("two ends")?);
        Ok(first.zip(last))
    }
}
