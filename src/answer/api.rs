//! [`Request`] and [`Answer`]: questions and answers as plain data, for the command line, a socket, HTTP and other languages.
//!
//! A request is one value; its answer is a series of [`Answer`]s that ends with [`Answer::End`]. Both are versioned, and print as
//! JSON. Everything in an answer is resolved: sources by name, dates as they were printed and as instants, articles by digest.

use super::aggregate::SourceSummary;
use super::place::{Hit, Hits};
use super::plan::Asked;
use super::snippet::{Marker, Snippet};
use crate::archive::Snapshot;
use crate::ledger::Entry;
use crate::model::{Capture, Dated, Document, Error, Precision, Prefix, Result, Timestamp};
use crate::query::{By, Condition, DateField, Order, Query};
use crate::store::SourceNames;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// The version of requests and answers. A request of a later one is refused.
pub const VERSION: u32 = 1;

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The version of the form of this request and its answer.
    pub version: u32,
    /// Of which articles.
    #[serde(default)]
    pub query: Query,
    /// What is to be known of them.
    pub want: Want,
    /// Whether [`End::plan`] is to say how it was answered.
    #[serde(default)]
    pub explain: bool,
}

impl Request {
    /// What is wanted of what a query finds.
    pub fn new(query: Query, want: Want) -> Request {
        Request { version: VERSION, query, want, explain: false }
    }
}

/// What is to be known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// A row a hit.
    Rows {
        /// Also the fewest digits, eight or more, that name the article here.
        #[serde(default)]
        digits: bool,
        /// Also the piece of the text that shows why it was found.
        #[serde(default)]
        snippets: bool,
    },
    /// The whole article a hit, with the captures that matched.
    Documents,
    /// How many there are.
    Count,
    /// How many there are by what they have in common.
    Groups(By),
    /// What there is of each source.
    Sources,
    /// Everything that was committed after the entry with this number, in order; with a query, captures alone.
    Log {
        /// The number.
        after: u64,
    },
    /// The tags, and how many articles have each. Asks nothing of the query.
    Tags,
    /// The saved queries. Asks nothing of the query.
    Queries,
    /// Whether these are in the archive: digests, digits that begin one, URLs however they are spelled. Asks nothing of the query.
    Has(Vec<String>),
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Want::Rows`].
    Row(Row),
    /// To [`Want::Documents`].
    Document(Box<Found>),
    /// To [`Want::Count`].
    Count(u64),
    /// To [`Want::Groups`].
    Group {
        /// What they have in common; none if it is not known.
        key: Option<String>,
        /// How many.
        count: u64,
    },
    /// To [`Want::Sources`].
    Source {
        /// The source; none of captures that name none.
        source: Option<String>,
        /// Articles.
        articles: u64,
        /// Captures.
        captures: u64,
        /// The earliest date of publication, as it is known.
        first: Option<String>,
        /// The latest one.
        last: Option<String>,
    },
    /// To [`Want::Log`].
    Entry(EntryRow),
    /// To [`Want::Tags`].
    Tag {
        /// The tag.
        tag: String,
        /// Articles that have it.
        count: u64,
    },
    /// To [`Want::Queries`].
    Query {
        /// Its name.
        name: String,
        /// What it asks.
        query: String,
    },
    /// To [`Want::Has`], one each, in order.
    Has {
        /// What was asked for.
        what: String,
        /// Whether it is there.
        there: bool,
    },
    /// The end of every answer.
    End(End),
}

/// The end of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// How many pieces came before.
    pub count: u64,
    /// Where the next page of rows or documents begins, if there is one: [`Query::after`].
    pub after: Option<String>,
    /// How many there are on all pages, if there is another.
    pub total: Option<u64>,
    /// How it was answered, a line a step, if that was asked for.
    pub plan: Vec<String>,
}

/// A hit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// When.
    #[serde(flatten)]
    pub when: When,
    /// Who published it, if that is known.
    pub source: Option<String>,
    /// The headline.
    pub headline: String,
    /// The piece of the text that shows why it was found, if that was wanted.
    #[serde(flatten)]
    pub snippet: Option<Snippet>,
    /// The language of the text, if it is known.
    pub language: Option<String>,
    /// The article's digest.
    pub digest: String,
    /// Digits that name it here, if they were wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<usize>,
    /// The number of the capture.
    pub seq: u64,
}

/// The date that places a hit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum When {
    /// By publication.
    Published {
        /// As precisely as it is known.
        published: Option<String>,
        /// The instant, UTC.
        published_at: Option<String>,
        /// The day, UTC.
        published_day: Option<String>,
        /// Whether it is not plausible.
        suspect: bool,
    },
    /// By capture.
    Captured {
        /// The instant, UTC.
        captured: Option<String>,
    },
}

impl When {
    fn of(hit: &Hit, field: DateField) -> When {
        let at = hit.at.map(|at| at.to_string());
        match field {
            DateField::Captured => When::Captured { captured: at },
            DateField::Published => When::Published {
                published: hit.at.map(|at| Dated::print(at, hit.precision)),
                published_at: at,
                published_day: hit.at.map(|at| at.day()),
                suspect: hit.suspect,
            },
        }
    }

    /// As precisely as it is known, with a question mark if it is not plausible; empty if it is not known.
    pub fn text(&self) -> String {
        match self {
            When::Published { published, suspect, .. } => marked(published, *suspect),
            When::Captured { captured } => captured.clone().unwrap_or_default(),
        }
    }

    /// The day; empty if it is not known.
    pub fn day(&self) -> String {
        match self {
            When::Published { published_day, suspect, .. } => marked(published_day, *suspect),
            When::Captured { captured } => {
                captured.as_ref().map_or("", |at| &at[..at.find('T').unwrap_or(0)]).to_owned()
            }
        }
    }
}

fn marked(date: &Option<String>, suspect: bool) -> String {
    date.as_ref().map_or(String::new(), |date| format!("{date}{}", if suspect { "?" } else { "" }))
}

/// An article as it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Its digest.
    pub digest: String,
    /// The headline.
    pub headline: String,
    /// The body.
    pub body: String,
    /// The language of the text, if it is known.
    pub language: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The captures that matched, in order of arrival.
    pub captures: Vec<CaptureRow>,
}

/// A capture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaptureRow {
    /// Its number.
    pub seq: u64,
    /// Who published it.
    pub source: Option<String>,
    /// Where.
    pub url: Option<String>,
    /// Who wrote it.
    pub byline: Vec<String>,
    /// When, as precisely as it is known.
    pub published: Option<String>,
    /// The instant, UTC.
    pub published_at: Option<String>,
    /// When it was captured, UTC.
    pub captured: Option<String>,
    /// From which input it came.
    pub input: String,
}

impl From<&Capture> for CaptureRow {
    fn from(capture: &Capture) -> CaptureRow {
        let of = &capture.provenance;
        CaptureRow {
            seq: capture.seq,
            source: of.source.as_ref().map(ToString::to_string),
            url: of.url.clone(),
            byline: of.byline.clone(),
            published: of.published.as_ref().map(ToString::to_string),
            published_at: of.published.as_ref().map(|published| published.at.to_string()),
            captured: of.captured.map(|at| at.to_string()),
            input: of.input.clone(),
        }
    }
}

impl From<Document> for Found {
    fn from(document: Document) -> Found {
        let Document { digest, article, captures, tags, .. } = document;
        Found {
            digest: digest.to_string(),
            language: article.language().map(|language| language.to_string()),
            headline: article.headline().to_owned(),
            body: article.body().to_owned(),
            captures: captures.iter().map(CaptureRow::from).collect(),
            tags,
        }
    }
}

/// What was committed under a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryRow {
    /// The number.
    pub seq: u64,
    /// When it was captured, or committed; UTC.
    pub at: Option<String>,
    /// `capture`, `tag`, `query`, `removal`, `removed`, or `unknown`: a later version wrote it.
    pub what: String,
    /// Of a capture, its source.
    pub source: Option<String>,
    /// Of a capture, the headline; else what it says.
    pub text: Option<String>,
    /// The article's digest, if it is about one.
    pub digest: Option<String>,
}

/// Answers a request. What fails is an error in its place, and the last thing.
pub fn answer(snapshot: &Snapshot, request: &Request) -> Result<Answers> {
    if request.version > VERSION {
        return Err(Error::Request { found: request.version, known: VERSION });
    }
    let snapshot = snapshot.clone();
    let query = &request.query;
    let (source, asked) = match &request.want {
        Want::Rows { digits, snippets } => {
            let asked = snapshot.ask(query)?;
            let marker = snippets.then(|| Box::new(Marker::new(asked.wanted())));
            let rows =
                Rows { hits: asked.hits()?, last: None, names: snapshot.names()?, digits: *digits, marker };
            (Pieces::Rows(Box::new(rows)), Some(asked))
        }
        Want::Documents => {
            let asked = snapshot.ask(query)?;
            (Pieces::Documents(Box::new(asked.hits()?), None), Some(asked))
        }
        Want::Count => {
            let asked = snapshot.ask(query)?;
            (Pieces::all([Answer::Count(asked.count()?)]), Some(asked))
        }
        Want::Groups(by) => {
            let asked = snapshot.ask(query)?;
            let groups = asked.count_by(*by)?.into_iter();
            let groups = groups.map(|group| Answer::Group { key: group.key, count: group.count });
            (Pieces::all(groups), Some(asked))
        }
        Want::Sources => {
            let asked = snapshot.ask(query)?;
            (Pieces::all(asked.sources()?.into_iter().map(of_source)), Some(asked))
        }
        Want::Log { after } => {
            let first = after.saturating_add(1);
            let end = snapshot.position().next_seq;
            if query.filter.is_everything() {
                let end = end.min(first.saturating_add(query.limit.unwrap_or(u64::MAX)));
                (Pieces::Entries(first..end), None)
            } else {
                let later = Condition::Seq(first, u64::MAX).into();
                let filter = query.filter.clone().and(later);
                let query = Query { filter, order: Order::Arrival, captures: true, ..query.clone() };
                let asked = snapshot.ask(&query)?;
                (Pieces::Captures(Box::new(asked.hits()?)), Some(asked))
            }
        }
        Want::Tags => {
            let tags = snapshot.tag_counts()?.into_iter();
            (Pieces::all(tags.map(|(tag, count)| Answer::Tag { tag, count })), None)
        }
        Want::Queries => {
            let queries = snapshot.queries().into_iter();
            (Pieces::all(queries.map(|(name, query)| Answer::Query { name, query })), None)
        }
        Want::Has(what) => {
            let mut found = Vec::new();
            for what in what {
                let there = match what.parse::<Prefix>() {
                    Ok(prefix) => snapshot.resolve(&prefix)?.is_some(),
                    Err(_) => !snapshot.at_url(what)?.is_empty(),
                };
                found.push(Answer::Has { what: what.clone(), there });
            }
            (Pieces::all(found), None)
        }
    };
    Ok(Answers { snapshot, request: request.clone(), source: Some(source), asked, count: 0 })
}

fn of_source(summary: SourceSummary) -> Answer {
    let SourceSummary { source, articles, captures, first, last } = summary;
    let date = |at: Option<(Timestamp, Precision)>| at.map(|(at, precision)| Dated::print(at, precision));
    let source = source.map(|source| source.to_string());
    Answer::Source { source, articles, captures, first: date(first), last: date(last) }
}

/// An answer, piece by piece, as it is found.
pub struct Answers {
    snapshot: Snapshot,
    request: Request,
    /// None when the end was said.
    source: Option<Pieces>,
    asked: Option<Asked>,
    count: u64,
}

/// Where pieces come from.
enum Pieces {
    All(std::vec::IntoIter<Answer>),
    Rows(Box<Rows>),
    Documents(Box<Hits>, Option<Hit>),
    Captures(Box<Hits>),
    Entries(Range<u64>),
}

impl Pieces {
    fn all(pieces: impl IntoIterator<Item = Answer>) -> Pieces {
        Pieces::All(pieces.into_iter().collect::<Vec<_>>().into_iter())
    }
}

struct Rows {
    hits: Hits,
    last: Option<Hit>,
    names: Arc<SourceNames>,
    digits: bool,
    marker: Option<Box<Marker>>,
}

impl Answers {
    fn step(&mut self) -> Result<Option<Answer>> {
        let snapshot = &self.snapshot;
        let field = self.request.query.date_field;
        Ok(match self.source.as_mut() {
            None => None,
            Some(Pieces::All(pieces)) => pieces.next(),
            Some(Pieces::Rows(rows)) => match rows.hits.next().transpose()? {
                None => None,
                Some(hit) => {
                    rows.last = Some(hit);
                    Some(Answer::Row(rows.row(snapshot, &hit, field)?))
                }
            },
            Some(Pieces::Documents(hits, last)) => match (hits.next().transpose()?, &self.asked) {
                (Some(hit), Some(asked)) => {
                    *last = Some(hit);
                    Some(Answer::Document(Box::new(asked.document(&hit)?.into())))
                }
                _ => None,
            },
            Some(Pieces::Captures(hits)) => match hits.next().transpose()? {
                Some(hit) => Some(Answer::Entry(entry(snapshot, hit.seq)?)),
                None => None,
            },
            Some(Pieces::Entries(numbers)) => match numbers.next() {
                Some(seq) => Some(Answer::Entry(entry(snapshot, seq)?)),
                None => None,
            },
        })
    }

    fn end(&mut self) -> Result<End> {
        let mut end = End { count: self.count, ..End::default() };
        let (hits, last, is_search) = match &mut self.source {
            Some(Pieces::Rows(rows)) => (Some(&mut rows.hits), rows.last, rows.marker.is_some()),
            Some(Pieces::Documents(hits, last)) => (Some(&mut **hits), *last, false),
            _ => (None, None, false),
        };
        if let (Some(hits), Some(last), Some(asked)) = (hits, last, &self.asked)
            && hits.has_more()?
        {
            let names = self.snapshot.names()?;
            let source = names.name(last.source).map(|name| name.as_str());
            end.after = Some(last.cursor(self.request.query.order, source).to_string());
            if is_search {
                end.total = Some(asked.total()?);
            }
        }
        if let Some(asked) = self.asked.as_ref().filter(|_| self.request.explain) {
            end.plan = asked.plan_lines()?;
            end.plan.push(format!("looked   at {} captures", asked.looked_at()));
        }
        Ok(end)
    }
}

impl Iterator for Answers {
    type Item = Result<Answer>;

    fn next(&mut self) -> Option<Result<Answer>> {
        self.source.as_ref()?;
        let piece = match self.step() {
            Ok(Some(piece)) => {
                self.count += 1;
                return Some(Ok(piece));
            }
            Ok(None) => self.end().map(Answer::End),
            Err(e) => Err(e),
        };
        self.source = None;
        Some(piece)
    }
}

impl Rows {
    fn row(&mut self, snapshot: &Snapshot, hit: &Hit, field: DateField) -> Result<Row> {
        let (digest, headline, language, snippet) = match &mut self.marker {
            Some(marker) => {
                let (digest, article) = snapshot.article(hit.article)?;
                let snippet = marker.snippet(&article, hit.score);
                (digest, article.headline().to_owned(), article.language(), Some(snippet))
            }
            None => {
                let row = snapshot.row(hit.article)?;
                (row.digest, row.headline, row.language, None)
            }
        };
        Ok(Row {
            when: When::of(hit, field),
            source: self.names.name(hit.source).map(|name| name.to_string()),
            headline,
            snippet,
            language: language.map(|language| language.to_string()),
            digits: self.digits.then(|| snapshot.digits_needed(&digest, 8)).transpose()?,
            digest: digest.to_string(),
            seq: hit.seq,
        })
    }
}

/// What has this number.
fn entry(snapshot: &Snapshot, seq: u64) -> Result<EntryRow> {
    let digest = |article: u64| match snapshot.has(article) {
        true => snapshot.row(article).map(|row| Some(row.digest.to_string())),
        false => Ok(None),
    };
    let row = |at: Option<i64>, what: &str, text: Option<String>, digest: Option<String>| EntryRow {
        seq,
        at: at.map(|at_ms| Timestamp(at_ms.div_euclid(1000)).to_string()),
        what: what.to_owned(),
        source: None,
        text,
        digest,
    };
    Ok(match snapshot.entry(seq)? {
        Entry::Capture { article, provenance } if snapshot.has(article) => {
            let of = snapshot.row(article)?;
            EntryRow {
                at: provenance.captured.map(|at| at.to_string()),
                source: provenance.source.map(|source| source.to_string()),
                ..row(None, "capture", Some(of.headline), Some(of.digest.to_string()))
            }
        }
        Entry::Tags { article, added, removed, at_ms } => {
            let added = added.into_iter().map(|tag| format!("+{tag}"));
            let tags: Vec<String> = added.chain(removed.into_iter().map(|tag| format!("-{tag}"))).collect();
            row(Some(at_ms), "tag", Some(tags.join(" ")), digest(article)?)
        }
        Entry::Saved { name, query, at_ms } => {
            let text = query.map_or(format!("{name} removed"), |query| format!("{name} = {query}"));
            row(Some(at_ms), "query", Some(text), None)
        }
        Entry::Removal { digest, reason, reference, at_ms, .. } => {
            let reference = reference.map_or(String::new(), |reference| format!(" ({reference})"));
            row(Some(at_ms), "removal", Some(format!("{reason}{reference}")), Some(digest.to_string()))
        }
        Entry::Gone { .. } | Entry::Capture { .. } => row(None, "removed", None, None),
        Entry::Article(_) | Entry::Later { .. } => {
            row(None, "unknown", Some("written by a later version of pressmark".to_owned()), None)
        }
    })
}
