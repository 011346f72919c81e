//! Hits: an article, and which of its captures places it.

use super::filter::{Filter, Held};
use super::plan::{Asked, Drive};
use super::scan::{COLLECTED_MAX, Marks, Merged, article_marks, compare};
use crate::archive::Snapshot;
use crate::bytes::number_set::NumberSet;
use crate::derived::words::Ranked;
use crate::model::{Precision, Result, Timestamp};
use crate::query::{Cursor, DateField, Order, Query};
use crate::store::Mark;
use std::sync::Arc;

/// What a query found: an article, and the capture that places it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The article's number.
    pub article: u64,
    /// The capture's number.
    pub seq: u64,
    /// The date that places it, by the query's date field.
    pub at: Option<Timestamp>,
    /// How much of the publication date is known.
    pub precision: Precision,
    /// Whether the publication date is implausible.
    pub suspect: bool,
    /// The source's number.
    pub source: u32,
    /// The first five bytes of the article's digest.
    pub digest: [u8; 5],
    /// How well it fits, if the order is by relevance.
    pub score: Option<f32>,
}

impl Hit {
    /// The place after it, from where another page goes on.
    pub fn cursor(&self, order: Order, source: Option<&str>) -> Cursor {
        let score = self.score.map_or(0, f32::to_bits);
        let source = source.unwrap_or("").to_owned();
        Cursor { order, at: self.at, digest: self.digest, seq: self.seq, score, source }
    }
}

impl From<Mark> for Hit {
    fn from(mark: Mark) -> Hit {
        let (precision, suspect) = (mark.precision(), mark.suspect());
        let Mark { article, seq, at, source, digest, .. } = mark;
        Hit { article, seq, at, precision, suspect, source, digest, score: None }
    }
}

impl Asked {
    /// The hits, lazily.
    pub fn hits(&self) -> Result<Hits> {
        let order = self.query.order;
        if order == Order::Relevance {
            return self.ranked();
        }
        let marks: Marks = match (&self.drive, order) {
            (Drive::Nothing, _) => Box::new(std::iter::empty()),
            (Drive::Articles(_), _) => self.sorted(self.marks()?.collect::<Result<_>>()?)?,
            (Drive::Ranges, Order::Newest | Order::Oldest) if self.bounds.are_numbers_only() => {
                self.sorted(self.marks()?.collect::<Result<_>>()?)?
            }
            (Drive::Ranges, Order::Newest | Order::Oldest) => {
                self.filtered(Box::new(Merged::new(self.ranges(order), order)))
            }
            (Drive::Ranges, Order::Arrival) if !self.bounds.are_of_an_index() => {
                self.filtered(self.captures())
            }
            (Drive::Ranges, Order::Arrival) => {
                let marks: Vec<Mark> = self.marks()?.take(COLLECTED_MAX + 1).collect::<Result<_>>()?;
                if marks.len() > COLLECTED_MAX { self.filtered(self.captures()) } else { self.sorted(marks)? }
            }
            (Drive::Ranges, Order::Source) if self.query.date_field == DateField::Published => {
                self.filtered(self.by_source()?)
            }
            (Drive::Ranges, Order::Source | Order::Relevance) => {
                self.sorted(self.marks()?.collect::<Result<_>>()?)?
            }
        };
        Ok(self.placed(marks))
    }

    pub(super) fn placed(&self, marks: Marks) -> Hits {
        Hits {
            marks,
            placing: Placing {
                reader: self.reader.clone(),
                filter: self.filter.clone(),
                query: self.query.clone(),
                of_articles: self.filter.is_of_articles(),
                last: None,
            },
            ranked: None,
            skip: self.query.offset,
            left: self.query.limit.unwrap_or(u64::MAX),
        }
    }

    /// Those that match, the best first.
    pub(super) fn ranked(&self) -> Result<Hits> {
        let matching: NumberSet = match self.filter.as_ref() {
            Filter::Articles(articles, _) => articles.clone(),
            _ => self.marks()?.map(|mark| mark.map(|mark| mark.article)).collect::<Result<_>>()?,
        };
        let most = match (self.query.limit, &self.query.after) {
            // And one, for whoever asks whether there are more.
            (Some(limit), None) => limit.saturating_add(self.query.offset).saturating_add(1) as usize,
            _ => usize::MAX,
        };
        let ranked = self.reader.words()?.ranked(&self.wanted, &matching, most)?;
        let mut hits = self.placed(Box::new(std::iter::empty()));
        hits.ranked = Some(ranked.into_iter());
        Ok(hits)
    }
}

/// The hits of a query.
pub struct Hits {
    marks: Marks,
    placing: Placing,
    ranked: Option<std::vec::IntoIter<Ranked>>,
    skip: u64,
    left: u64,
}

impl Iterator for Hits {
    type Item = Result<Hit>;

    fn next(&mut self) -> Option<Result<Hit>> {
        while self.left > 0 {
            let hit = match self.step() {
                Ok(hit) => hit?,
                Err(e) => {
                    self.left = 0;
                    return Some(Err(e));
                }
            };
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            self.left -= 1;
            return Some(Ok(hit));
        }
        None
    }
}

impl Hits {
    /// Whether there is another one, beyond the limit that ended them.
    pub fn has_more(&mut self) -> Result<bool> {
        Ok(self.step()?.is_some())
    }

    /// The next hit, before any is passed over.
    fn step(&mut self) -> Result<Option<Hit>> {
        if let Some(ranked) = &mut self.ranked {
            for Ranked { article, score, .. } in ranked.by_ref() {
                // It may have been removed since they were ranked.
                if !self.placing.reader.has(article) {
                    continue;
                }
                if let Some(mark) = self.placing.best(article)? {
                    let hit = Hit { score: Some(score), ..mark.into() };
                    if self.placing.is_after(&hit)? {
                        return Ok(Some(hit));
                    }
                }
            }
            return Ok(None);
        }
        for mark in self.marks.by_ref() {
            let mark = mark?;
            let hit = Hit::from(mark);
            if self.placing.reader.has(mark.article)
                && self.placing.places(&mark)?
                && self.placing.is_after(&hit)?
            {
                return Ok(Some(hit));
            }
        }
        Ok(None)
    }
}

/// Which capture places an article.
struct Placing {
    reader: Snapshot,
    filter: Arc<Filter>,
    query: Query,
    of_articles: bool,
    /// The article with several captures that was met last, and which of them places it.
    last: Option<(u64, Option<u64>)>,
}

impl Placing {
    /// Whether the article is placed by this capture, and not by another that matches too.
    fn places(&mut self, mark: &Mark) -> Result<bool> {
        let view = &self.reader.view;
        if self.query.captures || !view.has_several(mark.article)? {
            return Ok(true);
        }
        let best = match self.last {
            Some((article, best)) if article == mark.article => best,
            _ => self.best(mark.article)?.map(|best| best.seq),
        };
        self.last = Some((mark.article, best));
        Ok(best == Some(mark.seq))
    }

    /// The capture that places an article.
    fn best(&self, article: u64) -> Result<Option<Mark>> {
        let (view, field) = (&self.reader.view, self.query.date_field);
        let order = if self.query.order == Order::Arrival { Order::Arrival } else { Order::Oldest };
        let mut best: Option<Mark> = None;
        for (mark, provenance) in article_marks(view, field, article)? {
            let matches =
                self.of_articles || self.filter.matches(&Held::of(view, mark, field, provenance))?;
            if matches && best.is_none_or(|best| compare(order, &mark, &best).is_lt()) {
                best = Some(mark);
            }
        }
        Ok(best)
    }

    /// Whether a hit comes after the cursor.
    fn is_after(&self, hit: &Hit) -> Result<bool> {
        let Some(cursor) = &self.query.after else { return Ok(true) };
        let equals = |a: Option<Timestamp>, b: Option<Timestamp>| match (a, b) {
            (Some(a), Some(b)) if self.query.order == Order::Newest => b.cmp(&a),
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        };
        let tail = || (hit.digest, hit.seq).cmp(&(cursor.digest, cursor.seq));
        let by_date = || equals(hit.at, cursor.at).then_with(tail);
        let order = match self.query.order {
            Order::Arrival => hit.seq.cmp(&cursor.seq),
            Order::Newest | Order::Oldest => by_date(),
            Order::Source => {
                let names = self.reader.view.names()?;
                let name = names.name(hit.source).map_or("", |name| name.as_str());
                (name.is_empty(), name).cmp(&(cursor.source.is_empty(), &cursor.source)).then_with(by_date)
            }
            Order::Relevance => {
                f32::from_bits(cursor.score).total_cmp(&hit.score.unwrap_or(0.0)).then_with(tail)
            }
        };
        Ok(order.is_gt())
    }
}

impl Snapshot {
    /// The hits of a query, lazily.
    pub fn hits(&self, query: &Query) -> Result<Hits> {
        self.ask(query)?.hits()
    }
}
