//! Walks indexes: ranges of them, several as one, the captures of articles; each capture held against the filter.

use super::bounds::Span;
use super::filter::Held;
use super::plan::{Asked, Drive, costly};
use crate::bytes::number_set::NumberSet;
use crate::ledger::{CaptureKeys, RawEntry, capture_keys};
use crate::model::{Digest, Provenance, Result, Source};
use crate::query::{DateField, Order};
use crate::store::{self, Direction, Mark, Rows, View, damaged, keys};
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::atomic::Ordering as Memory;

/// Past this many, marks are not collected to be sorted.
pub(super) const COLLECTED_MAX: usize = 1 << 20;

/// Past this many sources, dates are walked and sources filtered.
pub(super) const MERGED_MAX: usize = 32;

pub(super) type Marks = Box<dyn Iterator<Item = Result<Mark>> + Send>;

impl Asked {
    /// Every capture that matches, in no particular order.
    pub(super) fn marks(&self) -> Result<Marks> {
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

    pub(super) fn filtered(&self, walked: Marks) -> Marks {
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
    pub(super) fn captures_of(&self, articles: &NumberSet) -> Marks {
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
    pub(super) fn captures(&self) -> Marks {
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
                let (seq, digest) = (keys::read_number(row.key()), view.article(keys.article)?.digest);
                if view.is_corrected(keys.article) {
                    let (_, of) = view.capture(seq)?;
                    return read_mark(&view, field, seq, &digest, &keys_of(keys.article, &of)).map(Some);
                }
                read_mark(&view, field, seq, &digest, &keys).map(Some)
            });
            mark.transpose()
        }))
    }

    /// Marks in the order of the hits.
    pub(super) fn sorted(&self, mut marks: Vec<Mark>) -> Result<Marks> {
        let (order, names) = (self.query.order, self.reader.view.names()?);
        marks.sort_unstable_by(|a, b| match order {
            Order::Source => by_name(&names, a.source, b.source).then_with(|| compare(Order::Oldest, a, b)),
            order => compare(order, a, b),
        });
        Ok(Box::new(marks.into_iter().map(Ok)))
    }

    /// The ranges of one index that hold every mark that can match, each in the order that is asked for, undated ones apart.
    pub(super) fn ranges(&self, order: Order) -> Vec<Walk> {
        let view = &self.reader.view;
        let trees = view.tables();
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
                    walks.push(Walk::new(view, rows, Mark::from_source_key, down));
                }
            } else {
                let tree = if published { &trees.by_date } else { &trees.by_captured };
                let (low, high) = date_bounds(low, high);
                walks.push(Walk::new(view, tree.range(low, high, direction), Mark::from_date_key, down));
            }
        }
        walks
    }

    /// The ranges of every source, by its name, undated ones after the others; captures without a source last.
    pub(super) fn by_source(&self) -> Result<Marks> {
        let view = self.reader.view.clone();
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
            let view = view.clone();
            spans.clone().into_iter().flat_map(move |(low, high)| {
                let (low, high) = source_bounds(source, low, high);
                let rows = view.tables().by_source.range(low, high, Direction::Up);
                Walk::new(&view, rows, Mark::from_source_key, false)
            })
        })))
    }
}

/// The order of sources: by name, none last.
pub(super) fn by_name(names: &store::SourceNames, a: u32, b: u32) -> Ordering {
    let key = |number: u32| names.name(number).map_or((true, ""), |name| (false, name.as_str()));
    key(a).cmp(&key(b))
}

/// The captures of one article.
pub(super) fn article_marks(view: &View, field: DateField, article: u64) -> Result<Vec<(Mark, Provenance)>> {
    let row = view.article(article)?;
    let mut marks = Vec::new();
    for seq in view.captures_of(article, row.first_seq)? {
        let (_, of) = view.capture(seq)?;
        marks.push((read_mark(view, field, seq, &row.digest, &keys_of(article, &of))?, of));
    }
    Ok(marks)
}

/// What is asked of a capture by those who have all of it.
fn keys_of(article: u64, of: &Provenance) -> CaptureKeys<'_> {
    let (url, source) = (of.url.as_deref(), of.source.as_ref().map(Source::as_str));
    CaptureKeys { article, source, url, published: of.published, captured: of.captured }
}

pub(super) fn read_mark(
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

/// The order of marks: no date last, equal dates by digest.
pub(super) fn compare(order: Order, a: &Mark, b: &Mark) -> Ordering {
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

pub(super) fn source_bounds(source: u32, low: [u8; 5], high: [u8; 5]) -> ([u8; 25], [u8; 25]) {
    let mut bounds = ([0; 25], [0xff; 25]);
    for (bound, at) in [(&mut bounds.0, low), (&mut bounds.1, high)] {
        bound[..4].copy_from_slice(&source.to_be_bytes());
        bound[4..9].copy_from_slice(&at);
    }
    bounds
}

/// One range of an index. Downwards, marks of one date are still given in the order of their digests.
pub(super) struct Walk {
    view: View,
    rows: Rows<{ keys::MARK_BYTES }>,
    read: fn(&[u8; keys::MARK_BYTES]) -> Mark,
    down: bool,
    same_date: Vec<Mark>,
    ahead: Option<Mark>,
}

impl Walk {
    fn new(
        view: &View,
        rows: Rows<{ keys::MARK_BYTES }>,
        read: fn(&[u8; keys::MARK_BYTES]) -> Mark,
        down: bool,
    ) -> Walk {
        Walk { view: view.clone(), rows, read, down, same_date: Vec::new(), ahead: None }
    }

    fn row(&mut self) -> Result<Option<Mark>> {
        for row in self.rows.by_ref() {
            let row = row?;
            if self.view.stands(&row) {
                return Ok(Some((self.read)(row.key())));
            }
        }
        Ok(None)
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
pub(super) struct Merged {
    walks: Vec<(Mark, Walk)>,
    waiting: VecDeque<Walk>,
    order: Order,
}

impl Merged {
    pub fn new(walks: Vec<Walk>, order: Order) -> Merged {
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
