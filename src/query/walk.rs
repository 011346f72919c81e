//! How a query is answered: which ranges of which index are walked, in which order, and what is left to filter.
//!
//! | asked for | walked |
//! |---|---|
//! | sources | a range of `by_source` for each, merged |
//! | dates, or an order by date | a range of `by_date` or `by_captured` |
//! | arrival, nothing about source or date | `articles`, or `captures` for a hit a capture |
//! | arrival and more | the same ranges, collected and sorted; past a million marks `captures` is read instead, so that memory stays bounded |

use super::{DateField, Order, Query};
use crate::article::{Capture, Language};
use crate::codec;
use crate::error::Result;
use crate::ledger::ArticleRow;
use crate::store::packed::{Direction, Rows};
use crate::store::{self, Mark, Store, damaged, keys};
use crate::time::{Precision, Timestamp};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// What a query found: an article, and the capture that places it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl From<Mark> for Hit {
    fn from(mark: Mark) -> Hit {
        let (precision, suspect) = (mark.precision(), mark.suspect());
        Hit { article: mark.article, seq: mark.seq, at: mark.at, precision, suspect, source: mark.source }
    }
}

/// Past this many, marks are not collected to be sorted.
const COLLECTED_MAX: usize = 1 << 20;
/// Past this many sources, dates are walked and sources filtered.
const MERGED_MAX: usize = 32;

/// The hits of a query.
pub struct Hits<'a> {
    marks: Box<dyn Iterator<Item = Result<Mark>> + 'a>,
    filter: Filter<'a>,
    order: Order,
    one_an_article: bool,
    left: u64,
}

impl Iterator for Hits<'_> {
    type Item = Result<Hit>;

    fn next(&mut self) -> Option<Result<Hit>> {
        while self.left > 0 {
            let mark = match self.marks.next()? {
                Ok(mark) => mark,
                Err(e) => return Some(Err(e)),
            };
            match self.places(&mark) {
                Ok(false) => {}
                Ok(true) => {
                    self.left -= 1;
                    return Some(Ok(mark.into()));
                }
                Err(e) => return Some(Err(e)),
            }
        }
        None
    }
}

impl Hits<'_> {
    /// Whether the article is placed by this capture, and not by another that matches too.
    fn places(&self, mark: &Mark) -> Result<bool> {
        let store = self.filter.store;
        if !self.one_an_article || !store.has_later_captures() {
            return Ok(true);
        }
        if store.later_captures(mark.article)?.is_empty() {
            return Ok(true);
        }
        let row = store.article(mark.article)?;
        let mut best: Option<Mark> = None;
        for seq in store.captures_of(mark.article, row.first_seq)? {
            let (article, provenance) = store.capture(seq)?;
            let capture = Capture { seq, digest: row.digest, provenance };
            let other = self.filter.mark(article, &capture)?;
            if self.filter.matches(&other)?
                && best.is_none_or(|best| compare(self.order.earliest(), &other, &best).is_lt())
            {
                best = Some(other);
            }
        }
        Ok(best.is_some_and(|best| best.seq == mark.seq))
    }
}

impl Order {
    /// The order by which the capture that places an article is the first.
    fn earliest(self) -> Order {
        match self {
            Order::Arrival => Order::Arrival,
            Order::Newest | Order::Oldest => Order::Oldest,
        }
    }
}

/// The order of marks: no date last, equal dates by digest.
fn compare(order: Order, a: &Mark, b: &Mark) -> Ordering {
    let date = |a: &Mark, b: &Mark| match (a.at, b.at) {
        (Some(a), Some(b)) => {
            if order == Order::Newest {
                b.cmp(&a)
            } else {
                a.cmp(&b)
            }
        }
        (a, b) => a.is_none().cmp(&b.is_none()),
    };
    match order {
        Order::Arrival => a.seq.cmp(&b.seq),
        Order::Newest | Order::Oldest => date(a, b).then_with(|| (a.digest, a.seq).cmp(&(b.digest, b.seq))),
    }
}

/// What a mark must fulfil, whatever range it was found in.
pub(super) struct Filter<'a> {
    store: &'a Store,
    sources: Vec<u32>,
    any_source: bool,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    date_field: DateField,
    languages: Vec<Language>,
    undated: bool,
}

impl<'a> Filter<'a> {
    pub(super) fn new(store: &'a Store, query: &Query) -> Result<Filter<'a>> {
        let names = store.names()?;
        let mut sources: Vec<u32> =
            query.sources.iter().filter_map(|source| names.number(source.as_ref())).collect();
        sources.sort_unstable();
        sources.dedup();
        let Query { since, until, date_field, ref languages, undated, .. } = *query;
        Ok(Filter {
            store,
            sources,
            any_source: query.sources.is_empty(),
            since,
            until,
            date_field,
            languages: languages.clone(),
            undated,
        })
    }

    /// Whether a capture matches.
    pub(super) fn admits(&self, capture: &Capture) -> Result<bool> {
        let article = self.store.find(&capture.digest)?.ok_or_else(|| damaged("an article has no digest"))?;
        self.matches(&self.mark(article, capture)?)
    }

    fn mark(&self, article: u64, capture: &Capture) -> Result<Mark> {
        let source = self.store.names()?.number(capture.provenance.source.as_ref());
        let source = source.ok_or_else(|| damaged("a source has no number"))?;
        let (published, captured) =
            store::marks(capture.seq, article, &capture.digest, &capture.provenance, source);
        Ok(if self.date_field == DateField::Captured { captured } else { published })
    }

    fn matches(&self, mark: &Mark) -> Result<bool> {
        let bounded = self.since.is_some() || self.until.is_some();
        let in_time = match mark.at {
            None => !bounded,
            Some(at) => {
                self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at <= until)
            }
        };
        if !in_time || self.undated && !mark.undated() {
            return Ok(false);
        }
        if !self.any_source && self.sources.binary_search(&mark.source).is_err() {
            return Ok(false);
        }
        if self.languages.is_empty() {
            return Ok(true);
        }
        let language = self.store.article(mark.article)?.language;
        Ok(language.is_some_and(|language| self.languages.contains(&language)))
    }

    /// The instants that can match, as keys: those with a date, and whether those without one can.
    fn dates(&self) -> (Option<Span>, bool) {
        let bounded = self.since.is_some() || self.until.is_some();
        let low = keys::instant(Some(self.since.unwrap_or(Timestamp(i64::MIN))));
        let high = keys::instant(Some(self.until.unwrap_or(Timestamp(i64::MAX))));
        let only_undated = self.undated && self.date_field == DateField::Published;
        ((!only_undated && low <= high).then_some((low, high)), !bounded)
    }
}

/// The keys of a date index between two instants.
pub(super) fn date_bounds(low: [u8; 5], high: [u8; 5]) -> ([u8; 25], [u8; 25]) {
    let mut bounds = ([0; 25], [0xff; 25]);
    bounds.0[..5].copy_from_slice(&low);
    bounds.1[..5].copy_from_slice(&high);
    bounds
}

fn source_bounds(source: u32, low: [u8; 5], high: [u8; 5]) -> ([u8; 25], [u8; 25]) {
    let mut bounds = ([0; 25], [0xff; 25]);
    for (bound, at) in [(&mut bounds.0, low), (&mut bounds.1, high)] {
        bound[..4].copy_from_slice(&source.to_be_bytes());
        bound[4..9].copy_from_slice(&at);
    }
    bounds
}

/// First and last instant of a range, as keys.
type Span = ([u8; 5], [u8; 5]);

type Marks<'a> = Box<dyn Iterator<Item = Result<Mark>> + 'a>;

/// Every mark that matches, in no particular order.
pub(super) fn marks<'a>(store: &'a Store, query: &Query) -> Result<Marks<'a>> {
    let filter = Filter::new(store, query)?;
    let ranges = ranges(store, &filter, Order::Oldest);
    Ok(Box::new(ranges.into_iter().flatten().filter_map(move |mark| keep(&filter, mark))))
}

pub(super) fn hits<'a>(store: &'a Store, query: &Query) -> Result<Hits<'a>> {
    let filter = Filter::new(store, query)?;
    let bounded =
        query.since.is_some() || query.until.is_some() || query.undated || !query.sources.is_empty();
    let date_field = query.date_field;
    let marks: Marks<'a> = match query.order {
        Order::Newest | Order::Oldest => {
            Box::new(Merged::new(ranges(store, &filter, query.order), query.order))
        }
        Order::Arrival if !bounded && query.captures => captures(store, query.date_field),
        Order::Arrival if !bounded => Box::new(store.articles.rows().map(move |row| {
            let row = row?;
            let article: ArticleRow = codec::decode(&row).map_err(damaged)?;
            read_mark(store, date_field, article.first_seq, &store.capture(article.first_seq)?, &article)
        })),
        Order::Arrival => match collected(store, &filter)? {
            Some(marks) => Box::new(marks.into_iter().map(Ok)),
            None => captures(store, query.date_field),
        },
    };
    let inner = Filter::new(store, query)?;
    let marks = Box::new(marks.filter_map(move |mark| keep(&inner, mark)));
    let left = query.limit.unwrap_or(u64::MAX);
    Ok(Hits { marks, filter, order: query.order, one_an_article: !query.captures, left })
}

fn keep(filter: &Filter<'_>, mark: Result<Mark>) -> Option<Result<Mark>> {
    match mark.and_then(|mark| Ok(filter.matches(&mark)?.then_some(mark))) {
        Ok(kept) => kept.map(Ok),
        Err(e) => Some(Err(e)),
    }
}

/// The marks of all captures, in order of arrival, read from the captures themselves.
fn captures(store: &Store, field: DateField) -> Marks<'_> {
    Box::new(store.captures.rows().map(move |row| {
        let row = row?;
        let capture = store::read_capture(&row)?;
        let article = store.article(capture.0)?;
        read_mark(store, field, keys::read_number(row.key()), &capture, &article)
    }))
}

fn read_mark(
    store: &Store,
    field: DateField,
    seq: u64,
    capture: &(u64, crate::article::Provenance),
    row: &ArticleRow,
) -> Result<Mark> {
    let (article, provenance) = capture;
    let source =
        store.names()?.number(provenance.source.as_ref()).ok_or_else(|| damaged("a source has no number"))?;
    let (published, captured) = store::marks(seq, *article, &row.digest, provenance, source);
    Ok(if field == DateField::Captured { captured } else { published })
}

/// The marks of the ranges in order of arrival, unless there are too many to hold.
fn collected(store: &Store, filter: &Filter<'_>) -> Result<Option<Vec<Mark>>> {
    let mut marks = Vec::new();
    for mark in ranges(store, filter, Order::Oldest).into_iter().flatten() {
        let mark = mark?;
        if filter.matches(&mark)? {
            marks.push(mark);
        }
        if marks.len() > COLLECTED_MAX {
            return Ok(None);
        }
    }
    marks.sort_unstable_by_key(|mark| mark.seq);
    Ok(Some(marks))
}

/// The ranges of one index that hold every mark that can match, each in the order that is asked for, undated ones apart.
fn ranges<'a>(store: &'a Store, filter: &Filter<'_>, order: Order) -> Vec<Walk<'a>> {
    let (dated, undated) = filter.dates();
    let none = keys::instant(None);
    let undated = undated.then_some((none, none));
    let by_source =
        !filter.any_source && filter.sources.len() <= MERGED_MAX && filter.date_field == DateField::Published;
    let mut walks = Vec::new();
    for (low, high) in dated.into_iter().chain(undated) {
        let down = order == Order::Newest && low != none;
        let direction = if down { Direction::Down } else { Direction::Up };
        if by_source {
            for source in &filter.sources {
                let (low, high) = source_bounds(*source, low, high);
                walks.push(Walk::new(
                    store.by_source.range(low, high, direction),
                    Mark::from_source_key,
                    down,
                ));
            }
        } else if filter.any_source || !filter.sources.is_empty() {
            let tree =
                if filter.date_field == DateField::Captured { &store.by_captured } else { &store.by_date };
            let (low, high) = date_bounds(low, high);
            walks.push(Walk::new(tree.range(low, high, direction), Mark::from_date_key, down));
        }
    }
    walks
}

/// One range of an index. Downwards, marks of one date are still given in the order of their digests.
struct Walk<'a> {
    rows: Rows<'a, { keys::MARK_BYTES }>,
    read: fn(&[u8; keys::MARK_BYTES]) -> Mark,
    down: bool,
    same_date: Vec<Mark>,
    ahead: Option<Mark>,
}

impl<'a> Walk<'a> {
    fn new(
        rows: Rows<'a, { keys::MARK_BYTES }>,
        read: fn(&[u8; keys::MARK_BYTES]) -> Mark,
        down: bool,
    ) -> Walk<'a> {
        Walk { rows, read, down, same_date: Vec::new(), ahead: None }
    }

    fn row(&mut self) -> Result<Option<Mark>> {
        Ok(self.rows.next().transpose()?.map(|row| (self.read)(row.key())))
    }

    fn step(&mut self) -> Result<Option<Mark>> {
        if !self.down {
            return self.row();
        }
        if self.same_date.is_empty() {
            let first = match self.ahead.take() {
                None => self.row()?,
                ahead => ahead,
            };
            let Some(first) = first else { return Ok(None) };
            self.same_date.push(first);
            while let Some(mark) = self.row()? {
                if mark.at != first.at {
                    self.ahead = Some(mark);
                    break;
                }
                self.same_date.push(mark);
            }
        }
        Ok(self.same_date.pop())
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Mark>;

    fn next(&mut self) -> Option<Result<Mark>> {
        self.step().transpose()
    }
}

/// Several ranges as one.
struct Merged<'a> {
    walks: Vec<(Mark, Walk<'a>)>,
    waiting: VecDeque<Walk<'a>>,
    order: Order,
}

impl<'a> Merged<'a> {
    fn new(walks: Vec<Walk<'a>>, order: Order) -> Merged<'a> {
        Merged { walks: Vec::new(), waiting: walks.into(), order }
    }

    fn step(&mut self) -> Result<Option<Mark>> {
        while let Some(mut walk) = self.waiting.pop_front() {
            if let Some(first) = walk.step()? {
                self.walks.push((first, walk));
            }
        }
        let order = self.order;
        let best = (0..self.walks.len()).min_by(|a, b| compare(order, &self.walks[*a].0, &self.walks[*b].0));
        let Some(best) = best else { return Ok(None) };
        let (head, walk) = &mut self.walks[best];
        let mark = *head;
        match walk.step()? {
            Some(next) => *head = next,
            None => drop(self.walks.swap_remove(best)),
        }
        Ok(Some(mark))
    }
}

impl Iterator for Merged<'_> {
    type Item = Result<Mark>;

    fn next(&mut self) -> Option<Result<Mark>> {
        self.step().transpose()
    }
}
