//! What can be asked of an archive, as plain data, and the [`Reader`] that answers.
//!
//! A query finds **articles**: one hit each, placed by the earliest capture that matched; with [`Query::captures`] a hit a
//! capture. An article matches if one of its captures matches everything that is asked.

mod walk;

pub use walk::{Hit, Hits};

use crate::article::{Article, Capture, Language, Source};
use crate::digest::{Digest, Prefix};
use crate::error::{Error, Result};
use crate::ledger::{ArticleRow, Position};
use crate::store::{Applied, Mark, SourceNames, Store, keys, packed::Direction};
use crate::time::{Precision, Timestamp};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Any of these; `None` is a capture without a source. Empty: any at all.
    pub sources: Vec<Option<Source>>,
    /// Not before this instant, by [`Query::date_field`]. What has no date does not match.
    pub since: Option<Timestamp>,
    /// Not after this instant.
    pub until: Option<Timestamp>,
    /// Which date `since`, `until` and the order mean.
    pub date_field: DateField,
    /// Any of these languages. Empty: any at all.
    pub languages: Vec<Language>,
    /// Only captures without a publication date.
    pub undated: bool,
    /// In which order.
    pub order: Order,
    /// A hit for every capture that matches, not one for every article.
    pub captures: bool,
    /// No more hits than this.
    pub limit: Option<u64>,
}

/// Which date is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateField {
    /// When it was published.
    #[default]
    Published,
    /// When it was captured.
    Captured,
}

/// The order of hits. What has no date comes last; equal dates are in the order of their digests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The latest date first.
    #[default]
    Newest,
    /// The earliest date first.
    Oldest,
    /// As they came into the archive.
    Arrival,
}

/// What articles are counted by. An article counts once in every group in which a capture of it matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Who published it.
    Source,
    /// The day, UTC.
    Day,
    /// The week, ISO 8601.
    Week,
    /// The month.
    Month,
    /// The year.
    Year,
    /// The language of the text.
    Language,
}

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

/// Answers questions about everything that was committed.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub(crate) store: &'a Store,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(store: &'a Store) -> Reader<'a> {
        Reader { store }
    }

    /// How many articles, captures and bytes there are, and the state of the ledger.
    pub fn applied(&self) -> Applied {
        self.store.applied()
    }

    /// The ledger's position.
    pub fn position(&self) -> Position {
        self.store.applied().position
    }

    /// The sources.
    pub fn names(&self) -> Result<Arc<SourceNames>> {
        self.store.names()
    }

    /// The hits of a query, lazily.
    pub fn hits(&self, query: &Query) -> Result<Hits<'a>> {
        walk::hits(self.store, query)
    }

    /// How many hits a query has.
    pub fn count(&self, query: &Query) -> Result<u64> {
        let limit = query.limit.unwrap_or(u64::MAX);
        let Query { order, captures, date_field, limit: _, .. } = *query;
        if *query == (Query { order, captures, date_field, limit: query.limit, ..Query::default() }) {
            let all = if captures { self.applied().captures() } else { self.applied().articles() };
            return Ok(all.min(limit));
        }
        let mut seen = HashSet::new();
        let mut count = 0;
        for mark in walk::marks(self.store, query)? {
            let mark = mark?;
            count += u64::from(query.captures || self.is_first(&mut seen, &mark)?);
        }
        Ok(count.min(limit))
    }

    /// Whether an article that may be met again is met for the first time.
    fn is_first(&self, seen: &mut HashSet<u64>, mark: &Mark) -> Result<bool> {
        if !self.store.has_later_captures() || self.store.later_captures(mark.article)?.is_empty() {
            return Ok(true);
        }
        Ok(seen.insert(mark.article))
    }

    /// How many articles (or captures, with [`Query::captures`]) are in each group, ascending; the group without a key last.
    pub fn count_by(&self, query: &Query, by: By) -> Result<Vec<Group>> {
        let names = self.store.names()?;
        let mut groups = BTreeMap::<Option<String>, (u64, HashSet<u64>)>::new();
        let mut last: Option<(GroupKey, Option<String>)> = None;
        for mark in walk::marks(self.store, query)? {
            let mark = mark?;
            let key = match by {
                By::Source => GroupKey::Source(mark.source),
                By::Language => GroupKey::Language(self.store.article(mark.article)?.language),
                By::Day | By::Week | By::Month | By::Year => {
                    GroupKey::Day(mark.at.map(|at| at.0.div_euclid(crate::time::DAY)))
                }
            };
            let label = match &last {
                Some((last, label)) if *last == key => label.clone(),
                _ => key.label(by, &names),
            };
            let (count, seen) = groups.entry(label.clone()).or_default();
            *count += u64::from(query.captures || self.is_first(seen, &mark)?);
            last = Some((key, label));
        }
        let mut groups: Vec<Group> =
            groups.into_iter().map(|(key, (count, _))| Group { key, count }).collect();
        groups.sort_by(|a, b| (a.key.is_none(), &a.key).cmp(&(b.key.is_none(), &b.key)));
        Ok(groups)
    }

    /// The sources with what they have, by name; captures without a source last.
    pub fn sources(&self) -> Result<Vec<SourceSummary>> {
        let names = self.store.names()?;
        let mut summaries = Vec::<SourceSummary>::new();
        let mut number = None;
        let mut seen = HashSet::new();
        for row in self.store.by_source.rows() {
            let mark = Mark::from_source_key(row?.key());
            if number != Some(mark.source) {
                number = Some(mark.source);
                seen.clear();
                let source = names.name(mark.source).cloned();
                summaries.push(SourceSummary { source, articles: 0, captures: 0, first: None, last: None });
            }
            let summary = summaries.last_mut().expect("pushed above");
            summary.captures += 1;
            summary.articles += u64::from(self.is_first(&mut seen, &mark)?);
            if let Some(at) = mark.at {
                summary.first.get_or_insert((at, mark.precision()));
                summary.last = Some((at, mark.precision()));
            }
        }
        summaries.sort_by(|a, b| (a.source.is_none(), &a.source).cmp(&(b.source.is_none(), &b.source)));
        Ok(summaries)
    }

    /// The first and the last date of publication, implausible ones left out.
    pub fn published_span(&self) -> Result<Option<(Timestamp, Timestamp)>> {
        let dated = (keys::instant(Some(Timestamp(i64::MIN))), [0xff; 5]);
        let mut ends = [Direction::Up, Direction::Down].into_iter().map(|direction| {
            let (low, high) = walk::date_bounds(dated.0, dated.1);
            for row in self.store.by_date.range(low, high, direction) {
                let mark = Mark::from_date_key(row?.key());
                if let (Some(at), false) = (mark.at, mark.suspect()) {
                    return Ok(Some(at));
                }
            }
            Ok(None)
        });
        let (first, last) = (ends.next().expect("two ends")?, ends.next().expect("two ends")?);
        Ok(first.zip(last))
    }

    /// The number of the article with this prefix.
    pub fn resolve(&self, prefix: &Prefix) -> Result<Option<u64>> {
        let numbers = self.store.find_prefix(prefix, 10)?;
        match numbers.as_slice() {
            [] => Ok(None),
            [number] => Ok(Some(*number)),
            several => {
                let candidate =
                    |number: &u64| self.store.article(*number).map(|row| (row.digest, row.headline));
                let candidates = several.iter().map(candidate).collect::<Result<_>>()?;
                Err(Error::Ambiguous { prefix: prefix.to_string(), candidates })
            }
        }
    }

    /// The digits that it takes to name this article and no other; at least `least`.
    pub fn digits_needed(&self, digest: &Digest, least: usize) -> Result<usize> {
        Ok((self.store.digits_shared(digest)? + 1).clamp(least, 64))
    }

    /// Whether an article with exactly this digest is here.
    pub fn find(&self, digest: &Digest) -> Result<Option<u64>> {
        self.store.find(digest)
    }

    /// The captures at this URL, however it is spelled, in order of arrival: capture and article.
    pub fn at_url(&self, url: &str) -> Result<Vec<(u64, u64)>> {
        let hash = crate::store::url_hash(url);
        let canonical = crate::urls::canonical(url);
        let mut found = Vec::new();
        let range = (keys::url_key(hash, 0, 0), keys::url_key(hash, (1 << 40) - 1, (1 << 40) - 1));
        for row in self.store.by_url.range(range.0, range.1, Direction::Up) {
            let row = row?;
            let (seq, article) = (keys::read_number(&row.key()[8..13]), keys::read_number(&row.key()[13..]));
            let there = self.store.capture(seq)?.1.url;
            if there.is_some_and(|url| crate::urls::canonical(&url) == canonical) {
                found.push((seq, article));
            }
        }
        Ok(found)
    }

    /// All of an article but its body.
    pub fn row(&self, number: u64) -> Result<ArticleRow> {
        self.store.article(number)
    }

    /// An article, its text checked against its digest.
    pub fn article(&self, number: u64) -> Result<(Digest, Article)> {
        let row = self.store.article(number)?;
        let article = row.with_body(self.store.body(number)?)?;
        Ok((row.digest, article))
    }

    /// All captures of an article, in order of arrival.
    pub fn captures(&self, number: u64) -> Result<Vec<Capture>> {
        let row = self.store.article(number)?;
        let seqs = self.store.captures_of(number, row.first_seq)?;
        seqs.into_iter()
            .map(|seq| Ok(Capture { seq, digest: row.digest, provenance: self.store.capture(seq)?.1 }))
            .collect()
    }

    /// One capture: the article's number and what was found.
    pub fn capture(&self, seq: u64) -> Result<(u64, crate::article::Provenance)> {
        self.store.capture(seq)
    }

    /// A hit's article with the captures that matched.
    pub fn document(&self, query: &Query, hit: &Hit) -> Result<Document> {
        self.unchecked(query, hit)?.check()
    }

    /// The same without checking the text, which takes as long as reading it and can be done elsewhere.
    pub fn unchecked(&self, query: &Query, hit: &Hit) -> Result<Unchecked> {
        let row = self.store.article(hit.article)?;
        let digest = row.digest;
        let article = Article::from_canonical(row.headline, self.store.body(hit.article)?, row.language);
        let later = if self.store.has_later_captures() {
            self.store.later_captures(hit.article)?
        } else {
            Vec::new()
        };
        let mut captures = Vec::new();
        if query.captures || later.is_empty() {
            captures.push(Capture { seq: hit.seq, digest, provenance: self.store.capture(hit.seq)?.1 });
        } else {
            let filter = walk::Filter::new(self.store, query)?;
            for capture in self.captures(hit.article)? {
                if filter.admits(&capture)? {
                    captures.push(capture);
                }
            }
        }
        let placed_by = captures.iter().position(|capture| capture.seq == hit.seq).unwrap_or(0);
        Ok(Unchecked(Document { digest, article, captures, placed_by }))
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
                let at = Timestamp(day * crate::time::DAY);
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
