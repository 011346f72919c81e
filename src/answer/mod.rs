//! How a query is answered: planned, walked, counted.

mod filter;
mod walk;

pub use walk::{Asked, Hit, Hits};

use crate::derived::words::SearchIndex;
use crate::ledger::{ArticleRow, Position};
use crate::model::{Article, Capture, Digest, Error, Language, Precision, Prefix, Result, Source, Timestamp};
use crate::query::{By, Query};
use crate::store::{Applied, Mark, SourceNames, View, keys, packed::Direction};
use std::collections::HashSet;
use std::sync::Arc;

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

/// Answers questions about everything that was committed.
#[derive(Clone)]
pub struct Reader<'a> {
    archive: uuid::Uuid,
    pub(crate) view: View<'a>,
    pub(crate) search: Option<&'a SearchIndex>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(archive: uuid::Uuid, view: View<'a>, search: Option<&'a SearchIndex>) -> Reader<'a> {
        Reader { archive, view, search }
    }

    /// The identity of the archive that it reads.
    pub fn archive(&self) -> uuid::Uuid {
        self.archive
    }

    /// The full-text index, if it was opened for this reader: see [`crate::archive::Archive::reader_for`].
    pub fn search(&self) -> Option<&'a SearchIndex> {
        self.search
    }

    /// How many articles, captures and bytes there are, and the state of the ledger.
    pub fn applied(&self) -> Applied {
        self.view.applied()
    }

    /// The ledger's position.
    pub fn position(&self) -> Position {
        self.view.applied().position
    }

    /// The sources.
    pub fn names(&self) -> Result<Arc<SourceNames>> {
        self.view.names()
    }

    /// Gets a query ready: looks its words up, and decides how it is answered.
    pub fn ask(&self, query: &Query) -> Result<Asked<'a>> {
        walk::ask(self.clone(), query)
    }

    /// The hits of a query, lazily.
    pub fn hits(&self, query: &Query) -> Result<Hits<'a>> {
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
            for row in self.view.trees().by_date.range(low, high, direction) {
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

    /// The number of the article with this prefix.
    pub fn resolve(&self, prefix: &Prefix) -> Result<Option<u64>> {
        let numbers = self.view.find_prefix(prefix, 10)?;
        match numbers.as_slice() {
            [] => Ok(None),
            [number] => Ok(Some(*number)),
            several => {
                let candidate =
                    |number: &u64| self.view.article(*number).map(|row| (row.digest, row.headline));
                let candidates = several.iter().map(candidate).collect::<Result<_>>()?;
                Err(Error::Ambiguous { prefix: prefix.to_string(), candidates })
            }
        }
    }

    /// The digits that it takes to name this article and no other; at least `least`.
    pub fn digits_needed(&self, digest: &Digest, least: usize) -> Result<usize> {
        Ok((self.view.digits_shared(digest)? + 1).clamp(least, 64))
    }

    /// Whether an article with exactly this digest is here.
    pub fn find(&self, digest: &Digest) -> Result<Option<u64>> {
        self.view.find(digest)
    }

    /// The captures at this URL, however it is spelled, in order of arrival: capture and article.
    pub fn at_url(&self, url: &str) -> Result<Vec<(u64, u64)>> {
        let hash = crate::store::url_hash(url);
        let canonical = crate::model::url::canonical(url);
        let mut found = Vec::new();
        let range = (keys::url_key(hash, 0, 0), keys::url_key(hash, (1 << 40) - 1, (1 << 40) - 1));
        for row in self.view.trees().by_url.range(range.0, range.1, Direction::Up) {
            let row = row?;
            let (seq, article) = (keys::read_number(&row.key()[8..13]), keys::read_number(&row.key()[13..]));
            if seq >= self.view.next_seq() || !self.view.has(article) {
                continue;
            }
            let there = self.view.capture(seq)?.1.url;
            if there.is_some_and(|url| crate::model::url::canonical(&url) == canonical) {
                found.push((seq, article));
            }
        }
        Ok(found)
    }

    /// All of an article but its body.
    pub fn row(&self, number: u64) -> Result<ArticleRow> {
        self.view.article(number)
    }

    /// An article, its text checked against its digest.
    pub fn article(&self, number: u64) -> Result<(Digest, Article)> {
        let row = self.view.article(number)?;
        let article = row.with_body(self.view.body(number)?)?;
        Ok((row.digest, article))
    }

    /// Whether an article is part of the archive: it may have been removed.
    pub fn has(&self, article: u64) -> bool {
        self.view.has(article)
    }

    /// An article's tags, in alphabetical order.
    pub fn tags_of(&self, article: u64) -> Result<Vec<String>> {
        self.view.tags_of(article)
    }

    /// Whether any article has a tag.
    pub fn has_tag(&self, tag: &str) -> Result<bool> {
        Ok(!self.view.tagged(tag)?.is_empty())
    }

    /// Every tag that an article has, in alphabetical order, and how many have it.
    pub fn tag_counts(&self) -> Result<Vec<(String, u64)>> {
        self.view.tag_counts()
    }

    /// The saved queries, by name.
    pub fn queries(&self) -> std::collections::BTreeMap<String, String> {
        self.view.queries()
    }

    /// What has this number: a capture, or something else that is numbered with them.
    pub fn entry(&self, seq: u64) -> Result<crate::ledger::Entry> {
        self.view.entry(seq)
    }

    /// All captures of an article, in order of arrival.
    pub fn captures(&self, number: u64) -> Result<Vec<Capture>> {
        let row = self.view.article(number)?;
        let seqs = self.view.captures_of(number, row.first_seq)?;
        seqs.into_iter()
            .map(|seq| Ok(Capture { seq, digest: row.digest, provenance: self.view.capture(seq)?.1 }))
            .collect()
    }

    /// One capture: the article's number and what was found.
    pub fn capture(&self, seq: u64) -> Result<(u64, crate::model::Provenance)> {
        self.view.capture(seq)
    }
}
