//! One segment of the index: which of its documents have some words, where, and how often.

use super::Scope;
use super::cost::{DOCUMENT, FORM, LIST, NAME, PLACES, TERM, Work};
use super::format::{Fields, NO_LANGUAGE, damaged};
use super::pattern::{Finder, Item, Pattern, Places, near, phrase};
use crate::bytes::fs::IoContext;
use crate::bytes::number_set::NumberSet;
use crate::model::{Error, Language, Result};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tantivy::columnar::Column;
use tantivy::postings::{Postings, SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Index, InvertedIndexReader, ReloadPolicy, SegmentReader, TERMINATED, Term};

impl Scope {
    /// The places of its texts among those of a segment.
    pub(super) fn texts(self) -> &'static [usize] {
        match self {
            Scope::Both => &[0, 1],
            Scope::Title => &[0],
            Scope::Body => &[1],
        }
    }
}

pub(super) struct Segment {
    pub reader: SegmentReader,
    pub articles: Column<u64>,
    pub digests: Column<u64>,
    pub fields: Fields,
    pub texts: [Arc<InvertedIndexReader>; 2],
}

/// The words of a pattern, each once, and which of them stands where.
pub(super) struct Finders {
    pub words: Vec<Finder>,
    pub parts: Vec<Vec<usize>>,
}

/// Words of one pattern.
pub(super) const WORDS_MAX: usize = 512;

impl Finders {
    pub fn new(pattern: &Pattern) -> Result<Finders> {
        if pattern.items().count() > WORDS_MAX {
            let what = format!("one phrase of it has more than {WORDS_MAX} words");
            return Err(Error::Costly { what });
        }
        let mut items: Vec<&Item> = Vec::new();
        let mut place = |item| {
            items.iter().position(|known| *known == item).unwrap_or_else(|| {
                items.push(item);
                items.len() - 1
            })
        };
        let parts = pattern.parts.iter().map(|part| part.iter().map(&mut place).collect()).collect();
        let words = items.into_iter().map(|item| Finder::new(item, pattern.distinct_ge)).collect();
        Ok(Finders { words, parts })
    }
}

pub(super) type Info = TermInfo;

/// The terms of a segment that a word finds.
pub(super) fn resolve(
    terms: &InvertedIndexReader,
    finder: &mut Finder,
    work: &Work,
) -> Result<Vec<(String, Info)>> {
    let mut found = BTreeMap::new();
    for exact in finder.exact.iter().chain(finder.forms.iter().map(|forms| &forms.term)) {
        work.spend(LIST)?;
        if let Some(info) = terms.terms().get(exact).doing("read", Path::new("search"))? {
            found.insert(exact.clone(), info);
        }
    }
    let all = finder.prefixes.iter().map(|prefix| (prefix, TERM, true));
    let forms = finder.forms.iter().flat_map(|forms| &forms.prefixes).map(|prefix| (prefix, FORM, false));
    let names = finder.name.iter().flat_map(|name| &name.prefixes).map(|prefix| (prefix, NAME, false));
    let starts = all.chain(forms).chain(names).map(|(prefix, cost, all)| (prefix.clone(), cost, all));
    for (start, cost, all) in starts.collect::<Vec<_>>() {
        let mut end = start.clone();
        end.push(char::MAX);
        let range = terms.terms().range().ge(&start).le(&end).into_stream();
        let mut stream = range.doing("read", Path::new("search"))?;
        while let Some((term, info)) = stream.next() {
            work.spend(cost)?;
            let Ok(term) = std::str::from_utf8(term) else { continue };
            if all || finder.has(term) {
                found.insert(term.to_owned(), info.clone());
            }
        }
    }
    // What follows reads all of them.
    let documents: u64 = found.values().map(|info| u64::from(info.doc_freq)).sum();
    work.spend(LIST * found.len() as u64 + DOCUMENT * documents)?;
    Ok(found.into_iter().collect())
}

impl Segment {
    pub fn article(&self, document: u32) -> u64 {
        self.articles.first(document).unwrap_or(0)
    }

    /// Whether it was not deleted.
    pub fn is_alive(&self, document: u32) -> bool {
        self.reader.alive_bitset().is_none_or(|alive| alive.is_alive(document))
    }

    pub fn digest(&self, document: u32) -> u64 {
        self.digests.first(document).unwrap_or(0)
    }

    /// The documents in a language.
    pub fn in_language(&self, language: Option<Language>) -> Result<NumberSet> {
        let name = language.map(|language| language.to_string());
        let term = Term::from_field_text(self.fields.language, name.as_deref().unwrap_or(NO_LANGUAGE));
        let terms = self.reader.inverted_index(self.fields.language).map_err(damaged)?;
        let postings =
            terms.read_postings(&term, IndexRecordOption::Basic).doing("read", Path::new("search"))?;
        let mut found = NumberSet::default();
        if let Some(mut postings) = postings {
            each(&mut postings, |document, _| found.insert(u64::from(document)));
        }
        Ok(found)
    }

    /// The documents that have a word.
    pub fn documents(
        &self,
        text: usize,
        finder: &mut Finder,
        into: &mut NumberSet,
        work: &Work,
    ) -> Result<()> {
        let terms = &self.texts[text];
        // One after the other: a short prefix finds a hundred thousand.
        for (_, info) in resolve(terms, finder, work)? {
            each(&mut read(terms, &info, IndexRecordOption::Basic)?, |document, _| {
                into.insert(u64::from(document));
            });
        }
        Ok(())
    }

    /// The documents in which a pattern is found, ascending, and how often.
    pub fn counts(
        &self,
        text: usize,
        pattern: &Pattern,
        finders: &mut Finders,
        work: &Work,
    ) -> Result<Vec<(u32, u32)>> {
        let terms = &self.texts[text];
        let frequency =
            |found: &[(String, Info)]| found.iter().map(|(_, info)| u64::from(info.doc_freq)).sum::<u64>();
        if let [part] = finders.parts.as_slice()
            && part.len() == 1
        {
            let found = resolve(terms, &mut finders.words[0], work)?;
            let matches = frequency(&found);
            let read = |info: &Info| read(terms, info, IndexRecordOption::WithFreqs);
            if found.len() > 1 && matches > u64::from(self.reader.max_doc()) / 8 {
                // A number for each document takes less than a pair for each match.
                let mut dense = vec![0u32; self.reader.max_doc() as usize];
                for (_, info) in &found {
                    each(&mut read(info)?, |document, postings| {
                        dense[document as usize] += postings.term_freq()
                    });
                }
                return Ok((0..).zip(dense).filter(|(_, count)| *count > 0).collect());
            }
            let mut counts = Vec::new();
            for (_, info) in &found {
                each(&mut read(info)?, |document, postings| counts.push((document, postings.term_freq())));
            }
            // Runs that are sorted already are merged.
            counts.sort_by_key(|(document, _)| *document);
            counts.dedup_by(|more, first| {
                let same = more.0 == first.0;
                first.1 += if same { more.1 } else { 0 };
                same
            });
            return Ok(counts);
        }
        let mut found = Vec::new();
        for finder in &mut finders.words {
            let terms = resolve(terms, finder, work)?;
            if terms.is_empty() {
                return Ok(Vec::new());
            }
            found.push(terms);
        }
        // The rarest word says where to look.
        let mut candidates = NumberSet::default();
        for (_, info) in found.iter().min_by_key(|found| frequency(found)).into_iter().flatten() {
            each(&mut read(terms, info, IndexRecordOption::Basic)?, |document, _| {
                candidates.insert(u64::from(document));
            });
        }
        let positions =
            |(_, info): &(String, Info)| read(terms, info, IndexRecordOption::WithFreqsAndPositions);
        let mut words: Vec<Vec<SegmentPostings>> =
            found.iter().map(|found| found.iter().map(positions).collect()).collect::<Result<_>>()?;
        let opened: usize = words.iter().map(Vec::len).sum();
        let mut counts = Vec::new();
        let mut some = Vec::new();
        'documents: for document in candidates.iter() {
            let document = document as u32;
            work.spend(opened as u64 + PLACES * words.len() as u64)?;
            let mut places: Vec<Vec<u32>> = Vec::with_capacity(words.len());
            for postings in &mut words {
                let mut here = Vec::new();
                for postings in postings.iter_mut() {
                    if postings.doc() < document {
                        postings.seek(document);
                    }
                    if postings.doc() == document {
                        postings.positions(&mut some);
                        here.extend_from_slice(&some);
                    }
                }
                if here.is_empty() {
                    continue 'documents;
                }
                here.sort_unstable();
                places.push(here);
            }
            let part = |part: &Vec<usize>| {
                phrase(&part.iter().map(|word| places[*word].as_slice()).collect::<Vec<_>>())
            };
            let parts: Vec<Vec<u32>> = finders.parts.iter().map(part).collect();
            let all: usize = places.iter().map(Vec::len).sum();
            work.spend(all as u64 * DOCUMENT * pattern.parts.len() as u64)?;
            let count = match pattern.places {
                Places::Phrase => parts[0].len(),
                Places::Near(distance) => near(&parts, distance).len(),
            };
            if count > 0 {
                counts.push((document, count as u32));
            }
        }
        Ok(counts)
    }
}

pub(super) fn read(
    terms: &InvertedIndexReader,
    info: &Info,
    option: IndexRecordOption,
) -> Result<SegmentPostings> {
    terms.read_postings_from_terminfo(info, option).doing("read", Path::new("search"))
}

pub(super) fn each(postings: &mut SegmentPostings, mut take: impl FnMut(u32, &SegmentPostings)) {
    while postings.doc() != TERMINATED {
        take(postings.doc(), postings);
        postings.advance();
    }
}

/// The segments of an index as they are now.
pub(super) fn segments(index: &Index, fields: Fields) -> Result<Vec<Arc<Segment>>> {
    // A reader takes the lock under which merging removes files.
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
    let reader: tantivy::IndexReader = reader.map_err(damaged)?;
    let mut segments = Vec::new();
    for reader in reader.searcher().segment_readers() {
        let column = |name| reader.fast_fields().u64(name).map_err(damaged);
        let texts = |field| reader.inverted_index(field).map_err(damaged);
        segments.push(Arc::new(Segment {
            articles: column("article")?,
            digests: column("digest")?,
            texts: [texts(fields.headline)?, texts(fields.body)?],
            fields,
            reader: reader.clone(),
        }));
    }
    Ok(segments)
}
