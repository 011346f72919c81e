//! Answers: which articles have some words, and how well they fit.

use super::cost::Work;
use super::format::{self, caught, damaged};
use super::indexer;
use super::pattern::{Finder, Item, Pattern};
use super::segment::{Finders, Segment, resolve, segments};
use super::{Scope, Text};
use crate::bytes::number_set::NumberSet;
use crate::derived::Articles;
use crate::model::Result;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// An index that answers.
pub struct SearchIndex {
    dir: PathBuf,
    /// What was counted last: a phrase that is looked for is also what is ranked.
    counted: Mutex<HashMap<(usize, Pattern), Arc<Counts>>>,
    segments: Vec<Arc<Segment>>,
    documents: u64,
    next_article: u64,
}

/// For each segment, the documents in which a pattern is found, ascending, and how often.
type Counts = Vec<Vec<(u32, u32)>>;

/// Patterns whose counts are remembered.
const COUNTED_MAX: usize = 16;

/// A match in the headline counts as much as so many in the body.
const BOOSTS: [f32; 2] = [3.0, 1.0];

/// BM25's parameters, as Robertson and Zaragoza give them (2009) and most engines have them.
const K1: f32 = 1.2;

const B: f32 = 0.75;

impl SearchIndex {
    /// Opens one on disk, as it was committed last.
    pub fn open(dir: &Path) -> Result<SearchIndex> {
        caught(dir, || {
            let (index, fields) = format::open(dir)?;
            let next_article = format::payload(&index)?.map_or(1, |payload| payload.next_article);
            Ok(SearchIndex::of(dir, segments(&index, fields)?, next_article))
        })
    }

    /// One without articles.
    pub fn empty() -> SearchIndex {
        SearchIndex::of(Path::new(""), Vec::new(), 1)
    }

    /// One of these articles alone, in memory.
    pub fn in_memory(articles: &dyn Articles, numbers: &[u64]) -> Result<SearchIndex> {
        let segments = indexer::in_memory(articles, numbers.iter().map(|number| *number..number + 1))?;
        Ok(SearchIndex::of(Path::new("memory"), segments, articles.end()))
    }

    fn of(dir: &Path, segments: Vec<Arc<Segment>>, next_article: u64) -> SearchIndex {
        let documents = segments.iter().map(|segment| u64::from(segment.reader.num_docs())).sum();
        SearchIndex { dir: dir.to_owned(), segments, documents, next_article, counted: Mutex::default() }
    }

    /// The same with more articles.
    pub(super) fn with(&self, more: &[Arc<Segment>], next_article: u64) -> SearchIndex {
        let segments = self.segments.iter().chain(more).cloned().collect();
        SearchIndex::of(&self.dir, segments, next_article)
    }

    /// The first article that is not in it.
    pub fn next_article(&self) -> u64 {
        self.next_article
    }

    /// The articles whose text fulfils this.
    pub fn matching(&self, text: &Text) -> Result<NumberSet> {
        caught(&self.dir, || {
            let documents = self.evaluate(text, &Work::new(), &mut Evaluated::new())?;
            let mut found = NumberSet::default();
            for (segment, documents) in self.segments.iter().zip(documents) {
                let living = documents.iter().filter(|document| segment.is_alive(*document as u32));
                living.for_each(|document| found.insert(segment.article(document as u32)));
            }
            Ok(found)
        })
    }

    /// The documents of each segment that fulfil this. What stands in it several times is looked for once.
    fn evaluate(&self, text: &Text, work: &Work, known: &mut Evaluated) -> Result<Vec<NumberSet>> {
        let everything =
            || self.segments.iter().map(|segment| (0..u64::from(segment.reader.max_doc())).collect());
        Ok(match text {
            Text::All(parts) => {
                let mut found: Option<Vec<NumberSet>> = None;
                for part in parts {
                    let more = self.evaluate(part, work, known)?;
                    match &mut found {
                        None => found = Some(more),
                        Some(found) => found.iter_mut().zip(&more).for_each(|(found, more)| found.and(more)),
                    }
                }
                found.unwrap_or_else(|| everything().collect())
            }
            Text::Any(parts) => {
                let mut found = vec![NumberSet::default(); self.segments.len()];
                for part in parts {
                    let more = self.evaluate(part, work, known)?;
                    found.iter_mut().zip(&more).for_each(|(found, more)| found.or(more));
                }
                found
            }
            Text::Not(part) => {
                let less = self.evaluate(part, work, known)?;
                let mut found: Vec<NumberSet> = everything().collect();
                found.iter_mut().zip(&less).for_each(|(found, less)| found.remove(less));
                found
            }
            Text::Words(scope, pattern) => {
                let key = (*scope, pattern.clone());
                if let Some(found) = known.get(&key) {
                    return Ok(found.clone());
                }
                let found = self.documents(*scope, pattern, work)?;
                if known.len() < EVALUATED_MAX {
                    known.insert(key, found.clone());
                }
                found
            }
            Text::Language(language) => {
                let found = self.segments.iter().map(|segment| segment.in_language(*language));
                found.collect::<Result<_>>()?
            }
        })
    }

    /// The documents of each segment in which a pattern is found.
    fn documents(&self, scope: Scope, pattern: &Pattern, work: &Work) -> Result<Vec<NumberSet>> {
        let mut found = vec![NumberSet::default(); self.segments.len()];
        if let [part] = pattern.parts.as_slice()
            && let [item] = part.as_slice()
        {
            let mut finder = Finder::new(item, pattern.distinct_ge);
            for (segment, found) in self.segments.iter().zip(&mut found) {
                for text in scope.texts() {
                    segment.documents(*text, &mut finder, found, work)?;
                }
            }
            return Ok(found);
        }
        for text in scope.texts() {
            let counts = self.counts(*text, pattern, work)?;
            for (found, counts) in found.iter_mut().zip(counts.iter()) {
                counts.iter().for_each(|(document, _)| found.insert(u64::from(*document)));
            }
        }
        Ok(found)
    }

    /// Where a pattern is found, and how often.
    fn counts(&self, text: usize, pattern: &Pattern, work: &Work) -> Result<Arc<Counts>> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (text, pattern.clone());
        if let Some(known) = counted.get(&key) {
            return Ok(known.clone());
        }
        let mut finders = Finders::new(pattern)?;
        let mut counts = Counts::new();
        for segment in &self.segments {
            counts.push(segment.counts(text, pattern, &mut finders, work)?);
        }
        let counts = Arc::new(counts);
        if counted.len() == COUNTED_MAX {
            counted.clear();
        }
        counted.insert(key, counts.clone());
        Ok(counts)
    }

    /// Those articles that are wanted, with how well they fit, the best first; of equals the one with the lower digest. No more
    /// than so many of the best.
    pub fn ranked(&self, words: &[(Scope, Pattern)], wanted: &NumberSet, most: usize) -> Result<Vec<Ranked>> {
        caught(&self.dir, || {
            let work = Work::new();
            let documents = |segment: &Arc<Segment>| vec![0f32; segment.reader.max_doc() as usize];
            let mut scores: Vec<Vec<f32>> = self.segments.iter().map(documents).collect();
            let mut scored = vec![NumberSet::default(); self.segments.len()];
            let mut seen = HashSet::new();
            for (scope, pattern) in words.iter().filter(|words| seen.insert(*words)) {
                for text in scope.texts() {
                    let counts = self.counts(*text, pattern, &work)?;
                    let matches: usize = counts.iter().map(Vec::len).sum();
                    for (at, segment) in self.segments.iter().enumerate().filter(|_| matches > 0) {
                        self.score(segment, *text, matches, &counts[at], &mut scores[at])?;
                        counts[at].iter().for_each(|(document, _)| scored[at].insert(u64::from(*document)));
                    }
                }
            }
            let mut ranked = Vec::new();
            for (at, segment) in self.segments.iter().enumerate() {
                for document in scored[at].iter() {
                    let (document, score) = (document as u32, scores[at][document as usize]);
                    let article = segment.article(document);
                    if wanted.has(article) && segment.is_alive(document) {
                        ranked.push(Ranked { article, score, digest: segment.digest(document) });
                    }
                }
            }
            if (ranked.len() as u64) < wanted.len() {
                // Some are wanted for something else than their words.
                let known: NumberSet = ranked.iter().map(|ranked| ranked.article).collect();
                for segment in &self.segments {
                    for document in 0..segment.reader.max_doc() {
                        let article = segment.article(document);
                        if wanted.has(article) && !known.has(article) && segment.is_alive(document) {
                            ranked.push(Ranked { article, score: 0.0, digest: segment.digest(document) });
                        }
                    }
                }
            }
            let order = |a: &Ranked, b: &Ranked| {
                b.score.total_cmp(&a.score).then_with(|| (a.digest, a.article).cmp(&(b.digest, b.article)))
            };
            if most < ranked.len() {
                ranked.select_nth_unstable_by(most, order);
                ranked.truncate(most);
            }
            ranked.sort_unstable_by(order);
            Ok(ranked)
        })
    }

    /// Adds to the scores of a segment's documents what a pattern in one of their texts is worth; it has so many matches in all.
    fn score(
        &self,
        segment: &Segment,
        text: usize,
        matches: usize,
        counts: &[(u32, u32)],
        scores: &mut [f32],
    ) -> Result<()> {
        let (all, some) = (self.documents as f32, matches as f32);
        let idf = (1.0 + (all - some + 0.5) / (some + 0.5)).ln();
        let tokens: u64 = self.segments.iter().map(|segment| segment.texts[text].total_num_tokens()).sum();
        let average = (tokens as f32 / all.max(1.0)).max(1.0);
        let field = [segment.fields.headline, segment.fields.body][text];
        let norms = segment.reader.get_fieldnorms_reader(field).map_err(damaged)?;
        for (document, count) in counts {
            let (count, length) = (*count as f32, norms.fieldnorm(*document) as f32);
            let norm = K1 * (1.0 - B + B * length / average);
            scores[*document as usize] += BOOSTS[text] * idf * count * (K1 + 1.0) / (count + norm);
        }
        Ok(())
    }

    /// The terms of the index that a word finds, each with the number of articles that have it in their body.
    pub fn forms(&self, item: &Item, distinct_ge: bool) -> Result<BTreeMap<String, u64>> {
        caught(&self.dir, || {
            let mut found = BTreeMap::new();
            let (mut finder, work) = (Finder::new(item, distinct_ge), Work::new());
            for segment in &self.segments {
                for terms in &segment.texts {
                    for (term, info) in resolve(terms, &mut finder, &work)? {
                        *found.entry(term[1..].to_owned()).or_default() += u64::from(info.doc_freq);
                    }
                }
            }
            Ok(found)
        })
    }
}

/// An article and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// The article.
    pub article: u64,
    /// BM25 over headline and body.
    pub score: f32,
    /// The first eight bytes of its digest.
    pub digest: u64,
}

/// What was looked for in this query, and where it is.
type Evaluated = HashMap<(Scope, Pattern), Vec<NumberSet>>;

const EVALUATED_MAX: usize = 256;
