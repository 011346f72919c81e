//! Requests answered, piece by piece.

use super::aggregate::SourceSummary;
use super::api::{Answer, ChangedRow, End, EntryRow, Request, Row, VERSION, Want, When};
use super::place::{Hit, Hits};
use super::plan::Asked;
use super::snippet::Marker;
use super::why::why;
use crate::archive::Snapshot;
use crate::ledger::Entry;
use crate::model::{Corrected, Dated, Error, Precision, Prefix, Result, Timestamp};
use crate::query::{Condition, DateField, Order, Query};
use crate::store::SourceNames;
use std::ops::Range;
use std::sync::Arc;

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
            let (names, tagged) = (snapshot.names()?, snapshot.view.knows_tags());
            let rows = Rows { hits: asked.hits()?, last: None, names, digits: *digits, tagged, marker };
            (Pieces::Rows(Box::new(rows)), Some(asked))
        }
        Want::Documents => {
            let asked = snapshot.ask(query)?;
            (Pieces::Documents(Box::new(asked.hits()?), None), Some(asked))
        }
        Want::Articles(names) => {
            let mut articles = Vec::new();
            for name in names {
                let found = named(&snapshot, name)?;
                articles.extend(found.iter().map(|article| Ok(*article)));
                if found.is_empty() {
                    articles.push(Err(name.clone()));
                }
            }
            (Pieces::Articles(articles.into_iter()), None)
        }
        Want::Count => {
            let asked = snapshot.ask(query)?;
            (Pieces::all([Answer::Count(asked.count()?)]), Some(asked))
        }
        Want::Totals => {
            let asked = snapshot.ask(query)?;
            (Pieces::all([Answer::Totals(asked.totals()?)]), Some(asked))
        }
        Want::Groups(grouping) => {
            let asked = snapshot.ask(query)?;
            let groups = asked.count_by(grouping)?.into_iter();
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
                let last = end.min(first.saturating_add(query.limit.unwrap_or(u64::MAX)));
                (Pieces::Entries(first..last, end), None)
            } else {
                let later = Condition::Seq(first, u64::MAX).into();
                let filter = query.filter.clone().and(later);
                let query = Query { filter, order: Order::Arrival, captures: true, ..query.clone() };
                let asked = snapshot.ask(&query)?;
                (Pieces::Captures(Box::new(asked.hits()?), None), Some(asked))
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
                let there = !named(&snapshot, what)?.is_empty();
                found.push(Answer::Has { what: what.clone(), there });
            }
            (Pieces::all(found), None)
        }
        Want::Why(what) => {
            let piece = match named(&snapshot, what)?.first() {
                Some(article) => Answer::Why(why(&snapshot, *article, query)?),
                None => Answer::Has { what: what.clone(), there: false },
            };
            (Pieces::all([piece]), None)
        }
    };
    Ok(Answers { snapshot, request: request.clone(), source: Some(source), asked, count: 0 })
}

/// The articles with a name: a digest, digits that begin one, or a URL.
fn named(snapshot: &Snapshot, name: &str) -> Result<Vec<u64>> {
    Ok(match name.parse::<Prefix>() {
        Ok(prefix) => snapshot.resolve(&prefix)?.into_iter().collect(),
        Err(_) => {
            let mut articles: Vec<u64> =
                snapshot.at_url(name)?.into_iter().map(|(_, article)| article).collect();
            articles.sort_unstable();
            articles.dedup();
            articles
        }
    })
}

fn of_source(summary: SourceSummary) -> Answer {
    let SourceSummary { source, articles, captures, first, last, captured } = summary;
    let date = |at: Option<(Timestamp, Precision)>| at.map(|(at, precision)| Dated::print(at, precision));
    let source = source.map(|source| source.to_string());
    let captured = captured.map(|at| at.to_string());
    Answer::Source { source, articles, captures, first: date(first), last: date(last), captured }
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
    /// With the number of the last one.
    Captures(Box<Hits>, Option<u64>),
    /// Of those before a number.
    Entries(Range<u64>, u64),
    /// Those that are there, and the names of those that are not.
    Articles(std::vec::IntoIter<std::result::Result<u64, String>>),
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
    /// Whether any tag was ever given.
    tagged: bool,
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
            Some(Pieces::Captures(hits, last)) => match hits.next().transpose()? {
                Some(hit) => {
                    *last = Some(hit.seq);
                    Some(Answer::Entry(entry(snapshot, hit.seq)?))
                }
                None => None,
            },
            Some(Pieces::Entries(numbers, _)) => match numbers.next() {
                Some(seq) => Some(Answer::Entry(entry(snapshot, seq)?)),
                None => None,
            },
            Some(Pieces::Articles(articles)) => match articles.next() {
                Some(Ok(article)) => Some(Answer::Document(Box::new(snapshot.document(article)?.into()))),
                Some(Err(what)) => Some(Answer::Has { what, there: false }),
                None => None,
            },
        })
    }

    fn end(&mut self) -> Result<End> {
        let mut end = End { count: self.count, ..End::default() };
        end.after = match &mut self.source {
            Some(Pieces::Entries(numbers, next_seq)) if numbers.end < *next_seq => Some(numbers.end - 1),
            Some(Pieces::Captures(hits, last)) => last.filter(|_| hits.has_more().unwrap_or(false)),
            _ => None,
        }
        .map(|seq| seq.to_string());
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
            tags: if self.tagged { snapshot.tags_of(hit.article)? } else { Vec::new() },
        })
    }
}

/// A correction in words.
fn said(corrected: &Corrected) -> String {
    let rows = ChangedRow::of(corrected);
    rows.into_iter().map(|row| changed(&row.field, row.was, row.now)).collect::<Vec<_>>().join(", ")
}

/// That something has another value, in words.
fn changed(name: &str, was: Option<String>, now: Option<String>) -> String {
    let [was, now] = [was, now].map(|value| value.unwrap_or_else(|| "none".to_owned()));
    format!("{name}: {was} → {now}")
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
        Entry::Tags { article, added, removed, at_ms } if snapshot.has(article) => {
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
        Entry::Undo { digest, at_ms } => {
            row(Some(at_ms), "removal", Some("undone".to_owned()), Some(digest.to_string()))
        }
        Entry::Correction { article, capture: _, correction } if snapshot.has(article) => {
            let what = if correction.filled { "filled" } else { "correction" };
            let text = snapshot.correction(article, seq)?.map(|corrected| said(&corrected));
            row(Some(correction.at_ms), what, text, digest(article)?)
        }
        Entry::Language { article, language, at_ms } if snapshot.has(article) => {
            let before = snapshot.as_of(seq)?.row(article)?.language;
            let [before, now] = [before, language].map(|code| code.map(|code| code.to_string()));
            row(Some(at_ms), "correction", Some(changed("language", before, now)), digest(article)?)
        }
        Entry::Gone { .. }
        | Entry::Capture { .. }
        | Entry::Tags { .. }
        | Entry::Correction { .. }
        | Entry::Language { .. } => row(None, "removed", None, None),
        Entry::Article(_) | Entry::Later { .. } => {
            row(None, "unknown", Some("written by a later version of pressmark".to_owned()), None)
        }
    })
}
