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

use super::filter::{Filter, Held, wanted};
use super::{Document, Group, GroupKey, SourceSummary, Unchecked};
use crate::archive::Snapshot;
use crate::bytes::number_set::NumberSet;
use crate::derived::words::{Pattern, Ranked, Scope};
use crate::ledger::{CaptureKeys, RawEntry, capture_keys};
use crate::model::{Article, Capture, DAY, Digest, Error, Precision, Provenance, Result, Source, Timestamp};
use crate::query::{Bound, By, Cursor, DateField, Order, Query};
use crate::store::{self, Direction, Mark, Rows, View, damaged, keys};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Memory};

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

/// Past this many, marks are not collected to be sorted.
const COLLECTED_MAX: usize = 1 << 20;
/// Past this many sources, dates are walked and sources filtered.
const MERGED_MAX: usize = 32;
/// Reading the captures of one article takes as long as passing over so many rows of an index.
const ROWS_AN_ARTICLE: u64 = 60;

/// A query that is ready to be answered.
pub struct Asked {
    reader: Snapshot,
    filter: Arc<Filter>,
    query: Query,
    bounds: Bounds,
    drive: Drive,
    wanted: Vec<(Scope, Pattern)>,
    looked: Arc<AtomicU64>,
}

/// What is walked.
enum Drive {
    /// Nothing can match.
    Nothing,
    /// The captures of these articles.
    Articles(NumberSet),
    /// Ranges of indexes, or the captures in order of arrival.
    Ranges,
}

/// What every match lies in, as far as an index can tell.
#[derive(Default)]
struct Bounds {
    /// Of one of these sources, if that is required.
    sources: Option<Vec<u32>>,
    /// Instants of the query's date field.
    dates: Option<(Option<Timestamp>, Option<Timestamp>)>,
    /// Only without a date, or only with one.
    undated: Option<bool>,
    seq: (u64, u64),
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

impl Bounds {
    fn of(filter: &Filter, field: DateField) -> Bounds {
        let mut bounds = Bounds { seq: (0, u64::MAX), ..Bounds::default() };
        for part in filter.required() {
            match part {
                Filter::Sources(sources) => {
                    let narrower = |known: &Vec<u32>| {
                        sources.iter().copied().filter(|source| known.contains(source)).collect()
                    };
                    bounds.sources = Some(bounds.sources.as_ref().map_or_else(|| sources.clone(), narrower));
                }
                Filter::Date(own, since, until) if *own == field => bounds.dates(since, until),
                Filter::Any(parts) => bounds.any(parts, field),
                Filter::Undated if field == DateField::Published => bounds.undated = Some(true),
                Filter::Dated if field == DateField::Published => bounds.undated = Some(false),
                Filter::Seq(first, last) => {
                    bounds.seq = (bounds.seq.0.max(*first), bounds.seq.1.min(*last));
                }
                _ => {}
            }
        }
        bounds
    }

    /// A range of which both ends are wide enough for dates with and without a time.
    fn dates(&mut self, since: &Option<Bound>, until: &Option<Bound>) {
        let (since, until) = widest(since, until);
        let (low, high) = self.dates.unwrap_or((None, None));
        let later = |a: Option<Timestamp>, b: Option<Timestamp>| a.max(b);
        let earlier = |a: Option<Timestamp>, b: Option<Timestamp>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.dates = Some((later(low, since), earlier(high, until)));
    }

    /// Several ranges of dates lie in one.
    fn any(&mut self, parts: &[Filter], field: DateField) {
        let mut hull: Option<(Option<Timestamp>, Option<Timestamp>)> = None;
        for part in parts {
            let Filter::Date(own, since, until) = part else { return };
            if *own != field {
                return;
            }
            let (low, high) = widest(since, until);
            hull = Some(match hull {
                None => (low, high),
                Some((since, until)) => {
                    (since.zip(low).map(|(a, b)| a.min(b)), until.zip(high).map(|(a, b)| a.max(b)))
                }
            });
        }
        if let Some((since, until)) = hull {
            self.dates(&since.map(Bound::utc), &until.map(Bound::utc));
        }
    }

    /// Whether an index on dates or sources narrows it down.
    fn are_of_an_index(&self) -> bool {
        self.sources.is_some() || self.dates.is_some() || self.undated.is_some()
    }

    /// Whether nothing but the numbers of captures narrows it down.
    fn are_numbers_only(&self) -> bool {
        !self.are_of_an_index() && self.seq != (0, u64::MAX)
    }

    /// The instants that can match, as keys: those with a date, and whether those without one can.
    fn spans(&self) -> (Option<Span>, bool) {
        let (since, until) = self.dates.unwrap_or((None, None));
        let low = keys::instant(Some(since.unwrap_or(Timestamp(i64::MIN))));
        let high = keys::instant(Some(until.unwrap_or(Timestamp(i64::MAX))));
        let dated = self.undated != Some(true) && low <= high;
        let undated = self.undated != Some(false) && self.dates.is_none();
        (dated.then_some((low, high)), undated)
    }
}

/// The ends of a range, wide enough for dates with and without a time.
fn widest(since: &Option<Bound>, until: &Option<Bound>) -> (Option<Timestamp>, Option<Timestamp>) {
    (since.map(|bound| bound.at.min(bound.civil)), until.map(|bound| bound.at.max(bound.civil)))
}

impl Asked {
    /// Decides what is walked: whichever side is the cheaper one.
    fn plan(&self) -> Result<Drive> {
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
    fn refuse_costly(&self) -> Result<()> {
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
    fn rows(&self, most: u64) -> Result<u64> {
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

    /// Every capture that matches, in no particular order.
    fn marks(&self) -> Result<Marks> {
        let walked: Marks = match &self.drive {
            Drive::Nothing => Box::new(std::iter::empty()),
            Drive::Articles(articles) => self.captures_of(articles),
            Drive::Ranges => {
                if self.bounds.are_numbers_only() {
                    self.captures()
                } else {
                    Box::new(self.ranges(Order::Oldest).into_iter().flatten())
                }
            }
        };
        Ok(self.filtered(walked))
    }

    fn filtered(&self, walked: Marks) -> Marks {
        let (view, field) = (self.reader.view.clone(), self.query.date_field);
        let (filter, looked) = (self.filter.clone(), self.looked.clone());
        let (most, mut held) = (filter.captures_max(), 0u64);
        Box::new(walked.filter_map(move |mark| {
            looked.fetch_add(1, Memory::Relaxed);
            held += 1;
            if held > most {
                // An article may have any number of captures.
                return (held == most + 1).then(|| Err(costly(most)));
            }
            let holds = |mark: Mark| Ok(view.sees(&mark) && filter.matches(&Held::new(&view, mark, field))?);
            match mark.and_then(|mark| Ok((holds(mark)?, mark))) {
                Ok((true, mark)) => Some(Ok(mark)),
                Ok((false, _)) => None,
                Err(e) => Some(Err(e)),
            }
        }))
    }

    /// The captures of some articles.
    fn captures_of(&self, articles: &NumberSet) -> Marks {
        let (view, field) = (self.reader.view.clone(), self.query.date_field);
        let numbers: Vec<u64> = articles.iter().collect();
        Box::new(numbers.into_iter().flat_map(move |article| {
            let marks = article_marks(&view, field, article);
            match marks {
                Ok(marks) => marks.into_iter().map(|(mark, _)| Ok(mark)).collect::<Vec<_>>(),
                Err(e) => vec![Err(e)],
            }
        }))
    }

    /// All captures, in order of arrival.
    fn captures(&self) -> Marks {
        let (view, field) = (self.reader.view.clone(), self.query.date_field);
        let (first, last) = self.bounds.seq;
        let last = last.min(view.next_seq() - 1);
        let rows =
            view.tables().captures.range(keys::number(first.min(last)), keys::number(last), Direction::Up);
        Box::new(rows.filter_map(move |row| {
            let mark = row.and_then(|row| {
                let entry = RawEntry::of_row(&row).map_err(damaged)?;
                if !entry.is_capture() {
                    return Ok(None);
                }
                let keys = capture_keys(&entry.bytes).map_err(damaged)?;
                if !view.has(keys.article) {
                    return Ok(None);
                }
                let digest = view.article(keys.article)?.digest;
                read_mark(&view, field, keys::read_number(row.key()), &digest, &keys).map(Some)
            });
            mark.transpose()
        }))
    }

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

    fn placed(&self, marks: Marks) -> Hits {
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
    fn ranked(&self) -> Result<Hits> {
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

    /// Marks in the order of the hits.
    fn sorted(&self, mut marks: Vec<Mark>) -> Result<Marks> {
        let (order, names) = (self.query.order, self.reader.view.names()?);
        marks.sort_unstable_by(|a, b| match order {
            Order::Source => by_name(&names, a.source, b.source).then_with(|| compare(Order::Oldest, a, b)),
            order => compare(order, a, b),
        });
        Ok(Box::new(marks.into_iter().map(Ok)))
    }

    /// The ranges of one index that hold every mark that can match, each in the order that is asked for, undated ones apart.
    fn ranges(&self, order: Order) -> Vec<Walk> {
        let trees = self.reader.view.tables();
        let (dated, undated) = self.bounds.spans();
        let none = keys::instant(None);
        let undated = undated.then_some((none, none));
        let published = self.query.date_field == DateField::Published;
        let sources = self.bounds.sources.as_ref().filter(|sources| published && sources.len() <= MERGED_MAX);
        let mut walks = Vec::new();
        for (low, high) in dated.into_iter().chain(undated) {
            let down = order == Order::Newest && low != none;
            let direction = if down { Direction::Down } else { Direction::Up };
            if let Some(sources) = sources {
                for source in sources {
                    let (low, high) = source_bounds(*source, low, high);
                    let rows = trees.by_source.range(low, high, direction);
                    walks.push(Walk::new(rows, Mark::from_source_key, down));
                }
            } else {
                let tree = if published { &trees.by_date } else { &trees.by_captured };
                let (low, high) = date_bounds(low, high);
                walks.push(Walk::new(tree.range(low, high, direction), Mark::from_date_key, down));
            }
        }
        walks
    }

    /// The ranges of every source, by its name, undated ones after the others; captures without a source last.
    fn by_source(&self) -> Result<Marks> {
        let tree = self.reader.view.tables().by_source.clone();
        let names = self.reader.view.names()?;
        let mut sources: Vec<u32> = match &self.bounds.sources {
            Some(sources) => sources.clone(),
            None => (0..=names.names().len() as u32).collect(),
        };
        sources.sort_by(|a, b| by_name(&names, *a, *b));
        let (dated, undated) = self.bounds.spans();
        let none = keys::instant(None);
        let spans: Vec<Span> = dated.into_iter().chain(undated.then_some((none, none))).collect();
        Ok(Box::new(sources.into_iter().flat_map(move |source| {
            let tree = tree.clone();
            spans.clone().into_iter().flat_map(move |(low, high)| {
                let (low, high) = source_bounds(source, low, high);
                Walk::new(tree.range(low, high, Direction::Up), Mark::from_source_key, false)
            })
        })))
    }

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

    /// How many articles (or captures, with [`Query::captures`]) are in each group, ascending; the group without a key last.
    pub fn count_by(&self, by: By) -> Result<Vec<Group>> {
        let (view, captures) = (&self.reader.view, self.query.captures);
        let names = view.names()?;
        let mut groups = BTreeMap::<Option<String>, (u64, HashSet<u64>)>::new();
        let mut last: Option<(GroupKey, Option<String>)> = None;
        for mark in self.marks()? {
            let mark = mark?;
            let key = match by {
                By::Source => GroupKey::Source(mark.source),
                By::Language => GroupKey::Language(view.article(mark.article)?.language),
                By::Day | By::Week | By::Month | By::Year => {
                    GroupKey::Day(mark.at.map(|at| at.0.div_euclid(DAY)))
                }
            };
            let label = match &last {
                Some((last, label)) if *last == key => label.clone(),
                _ => key.label(by, &names),
            };
            let (count, seen) = groups.entry(label.clone()).or_default();
            *count += u64::from(captures || self.reader.is_first(seen, &mark)?);
            last = Some((key, label));
        }
        let mut groups: Vec<Group> =
            groups.into_iter().map(|(key, (count, _))| Group { key, count }).collect();
        groups.sort_by(|a, b| (a.key.is_none(), &a.key).cmp(&(b.key.is_none(), &b.key)));
        Ok(groups)
    }

    /// The sources with what they have of it, by name; captures without a source last.
    pub fn sources(&self) -> Result<Vec<SourceSummary>> {
        let names = self.reader.view.names()?;
        let mut summaries = BTreeMap::<u32, (SourceSummary, HashSet<u64>)>::new();
        for mark in self.marks()? {
            let mark = mark?;
            let (summary, seen) = summaries.entry(mark.source).or_insert_with(|| {
                let source = names.name(mark.source).cloned();
                (SourceSummary { source, articles: 0, captures: 0, first: None, last: None }, HashSet::new())
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
        let mut summaries: Vec<SourceSummary> = summaries.into_values().map(|(summary, _)| summary).collect();
        summaries.sort_by(|a, b| (a.source.is_none(), &a.source).cmp(&(b.source.is_none(), &b.source)));
        Ok(summaries)
    }

    /// A hit's article with the captures that matched.
    pub fn document(&self, hit: &Hit) -> Result<Document> {
        self.unchecked(hit)?.check()
    }

    /// The same without checking the text, which takes as long as reading it and can be done elsewhere.
    pub fn unchecked(&self, hit: &Hit) -> Result<Unchecked> {
        let view = &self.reader.view;
        let row = view.article(hit.article)?;
        let digest = row.digest;
        let mut captures = Vec::new();
        if self.query.captures || !view.has_several(hit.article)? {
            captures.push(Capture { seq: hit.seq, digest, provenance: view.capture(hit.seq)?.1 });
        } else {
            for (mark, provenance) in article_marks(view, self.query.date_field, hit.article)? {
                let held = Held::of(view, mark, self.query.date_field, provenance.clone());
                if self.filter.matches(&held)? {
                    captures.push(Capture { seq: mark.seq, digest, provenance });
                }
            }
        }
        let article = Article::from_canonical(row.headline, view.body(hit.article)?, row.language);
        let tags = view.tags_of(hit.article)?;
        let placed_by = captures.iter().position(|capture| capture.seq == hit.seq).unwrap_or(0);
        Ok(Unchecked(Document { digest, article, captures, placed_by, tags }))
    }

    /// The words that speak for an article, and in which of its texts.
    pub fn wanted(&self) -> &[(Scope, Pattern)] {
        &self.wanted
    }

    /// How it is answered, in words, a line a step.
    pub fn plan_lines(&self) -> Result<Vec<String>> {
        let names = self.reader.view.names()?;
        let mut lines = vec![format!(
            "query    {}",
            if self.query.filter.is_everything() {
                "everything".to_owned()
            } else {
                self.query.filter.to_string()
            }
        )];
        let span = || {
            let (dated, undated) = self.bounds.spans();
            let end = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
            let (since, until) = self.bounds.dates.unwrap_or((None, None));
            match (dated, undated) {
                (Some(_), false) if self.bounds.dates.is_some() => {
                    format!(", {}..{}", end(since), end(until))
                }
                (Some(_), false) => ", those with a date".to_owned(),
                (None, true) => ", those without a date".to_owned(),
                (Some(_), true) => String::new(),
                (None, false) => ", nothing".to_owned(),
            }
        };
        let published = self.query.date_field == DateField::Published;
        let walked = match &self.drive {
            Drive::Nothing => "nothing: it cannot match".to_owned(),
            _ if matches!(*self.filter, Filter::Articles(..)) && self.looked.load(Memory::Relaxed) == 0 => {
                "no capture: the articles are known already".to_owned()
            }
            Drive::Articles(articles) => format!("the captures of {} articles, then sorted", articles.len()),
            Drive::Ranges => match &self.bounds.sources {
                Some(sources) if published && sources.len() <= MERGED_MAX => {
                    format!("by_source: {}{}", Filter::Sources(sources.clone()).describe(&names), span())
                }
                _ if self.query.order == Order::Source && published => {
                    format!("by_source: every source{}", span())
                }
                _ if self.query.order == Order::Arrival
                    && self.bounds.dates.is_none()
                    && self.bounds.undated.is_none() =>
                {
                    let (first, last) = self.bounds.seq;
                    let last = if last == u64::MAX { String::new() } else { last.to_string() };
                    format!("captures {first}..{last} in order of arrival")
                }
                _ => format!("{}{}", if published { "by_date" } else { "by_captured" }, span()),
            },
        };
        lines.push(format!("walks    {walked}"));
        lines.push(format!("filters  {}", self.filter.describe(&names)));
        let order = match self.query.order {
            Order::Newest => "the latest date first",
            Order::Oldest => "the earliest date first",
            Order::Arrival => "arrival",
            Order::Source => "source, then the earliest date first",
            Order::Relevance => "relevance: BM25, the headline three times",
        };
        lines.push(format!("order    {order}; equals by digest"));
        if !self.wanted.is_empty() {
            let search = self.reader.words()?;
            for (_, pattern) in &self.wanted {
                for item in pattern.items() {
                    let mut forms: Vec<(String, u64)> =
                        search.forms(item, pattern.distinct_ge)?.into_iter().collect();
                    forms.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
                    let shown: Vec<String> =
                        forms.iter().take(12).map(|(form, count)| format!("{form} {count}")).collect();
                    let more = if forms.len() > 12 {
                        format!(" and {} more", forms.len() - 12)
                    } else {
                        String::new()
                    };
                    let found = if shown.is_empty() {
                        "in no article".to_owned()
                    } else {
                        format!("{}{more}", shown.join(", "))
                    };
                    lines.push(format!("word     {}: {found}", item.word));
                }
            }
        }
        Ok(lines)
    }

    /// How many captures were looked at so far.
    pub fn looked_at(&self) -> u64 {
        self.looked.load(Memory::Relaxed)
    }
}

fn costly(most: u64) -> Error {
    let what =
        format!("it has so many conditions that no more than {most} captures can be held against them");
    Error::Costly { what }
}

/// The order of sources: by name, none last.
fn by_name(names: &store::SourceNames, a: u32, b: u32) -> Ordering {
    let key = |number: u32| names.name(number).map_or((true, ""), |name| (false, name.as_str()));
    key(a).cmp(&key(b))
}

/// The captures of one article.
fn article_marks(view: &View, field: DateField, article: u64) -> Result<Vec<(Mark, Provenance)>> {
    let row = view.article(article)?;
    let mut marks = Vec::new();
    for seq in view.captures_of(article, row.first_seq)? {
        let (_, of) = view.capture(seq)?;
        let (url, source) = (of.url.as_deref(), of.source.as_ref().map(Source::as_str));
        let keys = CaptureKeys { article, source, url, published: of.published, captured: of.captured };
        marks.push((read_mark(view, field, seq, &row.digest, &keys)?, of));
    }
    Ok(marks)
}

fn read_mark(
    view: &View,
    field: DateField,
    seq: u64,
    digest: &Digest,
    keys: &CaptureKeys<'_>,
) -> Result<Mark> {
    let source = match keys.source {
        None => 0,
        Some(source) => view.names()?.number_of(source).ok_or_else(|| damaged("a source has no number"))?,
    };
    let CaptureKeys { article, published, captured, .. } = keys;
    let (published, captured) = store::marks(seq, *article, digest, published.as_ref(), *captured, source);
    Ok(if field == DateField::Captured { captured } else { published })
}

/// The hits of a query.
pub struct Hits {
    marks: Marks,
    placing: Placing,
    ranked: Option<std::vec::IntoIter<Ranked>>,
    skip: u64,
    left: u64,
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
            if self.placing.places(&mark)? && self.placing.is_after(&hit)? {
                return Ok(Some(hit));
            }
        }
        Ok(None)
    }
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

/// The order of marks: no date last, equal dates by digest.
fn compare(order: Order, a: &Mark, b: &Mark) -> Ordering {
    let date = |a: &Mark, b: &Mark| match (a.at, b.at) {
        (Some(a), Some(b)) if order == Order::Newest => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    };
    match order {
        Order::Arrival => a.seq.cmp(&b.seq),
        _ => date(a, b).then_with(|| (a.digest, a.seq).cmp(&(b.digest, b.seq))),
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

type Marks = Box<dyn Iterator<Item = Result<Mark>> + Send>;

/// One range of an index. Downwards, marks of one date are still given in the order of their digests.
struct Walk {
    rows: Rows<{ keys::MARK_BYTES }>,
    read: fn(&[u8; keys::MARK_BYTES]) -> Mark,
    down: bool,
    same_date: Vec<Mark>,
    ahead: Option<Mark>,
}

impl Walk {
    fn new(rows: Rows<{ keys::MARK_BYTES }>, read: fn(&[u8; keys::MARK_BYTES]) -> Mark, down: bool) -> Walk {
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

impl Iterator for Walk {
    type Item = Result<Mark>;

    fn next(&mut self) -> Option<Result<Mark>> {
        self.step().transpose()
    }
}

/// Several ranges as one.
struct Merged {
    walks: Vec<(Mark, Walk)>,
    waiting: VecDeque<Walk>,
    order: Order,
}

impl Merged {
    fn new(walks: Vec<Walk>, order: Order) -> Merged {
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

impl Iterator for Merged {
    type Item = Result<Mark>;

    fn next(&mut self) -> Option<Result<Mark>> {
        self.step().transpose()
    }
}
