//! The index on disk: written, opened, checked, asked. Only this file names tantivy's index.

use super::analysis::{self, Analyzer, Code, with_code};
use super::pattern::{Finder, Places, near, phrase};
use super::{Item, Pattern, Scope, Text};
use crate::bytes::fs::IoContext;
use crate::bytes::number_set::NumberSet;
use crate::model::error::system_error;
use crate::model::{Digest, Error, Language, Result};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tantivy::columnar::Column;
use tantivy::directory::MmapDirectory;
use tantivy::merge_policy::LogMergePolicy;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{
    DocSet, Index, IndexSettings, IndexWriter, InvertedIndexReader, SegmentReader, TERMINATED,
    TantivyDocument,
};

/// Bytes of memory for articles that are being indexed, for each of the threads.
const WRITER_BYTES: usize = 56 << 20;
const THREADS: usize = 2;
/// Segments with more articles are not merged: merging reads all of them through memory, and few as large as these are as quick.
const MERGED_MAX: usize = 15_000;
/// Articles after which what was indexed is committed, so that a crash costs no more than these.
const COMMIT_ARTICLES: u64 = 1 << 18;

/// How far an index has come.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Payload {
    /// What made the tokens.
    version: String,
    /// Which archive's it is.
    archive: uuid::Uuid,
    /// The first article that is not in it.
    next_article: u64,
    /// The hash of the entry before that one.
    last: String,
}

/// What had to be done to bring an index up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healed {
    /// It was made again.
    Rebuilt {
        /// Why.
        reason: String,
        /// Articles in it.
        articles: u64,
    },
    /// So many articles were added.
    CaughtUp {
        /// How many.
        articles: u64,
    },
}

impl std::fmt::Display for Healed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Healed::Rebuilt { reason, articles } => {
                write!(f, "made the full-text index again, {articles} articles ({reason})")
            }
            Healed::CaughtUp { articles } => write!(f, "added {articles} articles to the full-text index"),
        }
    }
}

#[derive(Clone, Copy)]
struct Fields {
    article: Field,
    digest: Field,
    language: Field,
    headline: Field,
    body: Field,
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexing = |option| TextFieldIndexing::default().set_tokenizer("words").set_index_option(option);
    let words =
        TextOptions::default().set_indexing_options(indexing(IndexRecordOption::WithFreqsAndPositions));
    let raw = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_index_option(IndexRecordOption::Basic)
        .set_fieldnorms(false);
    let fields = Fields {
        article: builder.add_u64_field("article", FAST),
        digest: builder.add_u64_field("digest", FAST),
        language: builder.add_text_field("language", TextOptions::default().set_indexing_options(raw)),
        headline: builder.add_text_field("headline", words.clone()),
        body: builder.add_text_field("body", words),
    };
    (builder.build(), fields)
}

/// Says that the index is damaged; it is made again.
fn damaged(what: impl std::fmt::Display) -> Error {
    Error::Search { what: what.to_string() }
}

/// The language of an article whose language is not known.
const NO_LANGUAGE: &str = "-";

fn open(dir: &Path) -> Result<(Index, Fields)> {
    let (schema, fields) = schema();
    let directory = MmapDirectory::open(dir).map_err(damaged)?;
    let index = if Index::exists(&directory).map_err(damaged)? {
        let index = Index::open(directory).map_err(damaged)?;
        if index.schema() != schema {
            return Err(damaged("it has other fields"));
        }
        index
    } else {
        let settings =
            IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
        Index::create(directory, schema, settings).map_err(damaged)?
    };
    index.tokenizers().register("words", Analyzer);
    Ok((index, fields))
}

fn payload(index: &Index) -> Result<Option<Payload>> {
    let payload = index.load_metas().map_err(damaged)?.payload;
    payload.map(|payload| serde_json::from_str(&payload).map_err(damaged)).transpose()
}

/// What tantivy does may panic on damaged files. What the system did comes as text, and is an error of its own.
fn caught<T>(dir: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    match crate::bytes::panics::caught(work).unwrap_or_else(|panic| Err(damaged(panic))) {
        Err(Error::Search { what }) => match system_error(&what) {
            Some(source) => Err(Error::Io { doing: "use", path: dir.to_owned(), source }),
            None => Err(Error::Search { what }),
        },
        done => done,
    }
}

/// How far an index in a directory has come; `Err` is one that cannot be used.
fn progress(dir: &Path, archive: uuid::Uuid) -> Result<(u64, Option<String>)> {
    caught(dir, || {
        let (index, _) = open(dir)?;
        let Some(payload) = payload(&index)? else { return Ok((1, None)) };
        if payload.version != analysis::VERSION {
            return Err(damaged(format!(
                "it was made by {}, this is {}",
                payload.version,
                analysis::VERSION
            )));
        }
        if payload.archive != archive {
            return Err(damaged("it is another archive's"));
        }
        check_lengths(dir, &index)?;
        Ok((payload.next_article, Some(payload.last).filter(|last| !last.is_empty())))
    })
}

fn lengths_path(dir: &Path) -> PathBuf {
    dir.join("lengths.json")
}

/// The files of an index and their lengths.
fn lengths(dir: &Path, index: &Index) -> Result<BTreeMap<String, u64>> {
    let metas = index.searchable_segment_metas().map_err(damaged)?;
    let ours: Vec<String> = metas.iter().map(|meta| meta.id().uuid_string()).collect();
    let mut lengths = BTreeMap::new();
    for entry in dir.read_dir().doing("read", dir)? {
        let entry = entry.doing("read", dir)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if ours.iter().any(|segment| name.starts_with(segment.as_str())) {
            lengths.insert(name, entry.metadata().doing("read", dir)?.len());
        }
    }
    Ok(lengths)
}

/// A file that is cut short would end the process when it is read through memory: lengths are compared first, and where they
/// were not written down, because a process was killed, checksums are.
fn check_lengths(dir: &Path, index: &Index) -> Result<()> {
    let found = lengths(dir, index)?;
    let noted: Option<BTreeMap<String, u64>> =
        std::fs::read(lengths_path(dir)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let noted = noted.unwrap_or_default();
    if noted == found {
        return Ok(());
    }
    if found.iter().any(|(file, bytes)| noted.get(file).is_some_and(|noted| noted != bytes)) {
        return Err(damaged("a file of it has another length"));
    }
    let wrong = index.validate_checksum().map_err(damaged)?;
    if let Some(file) = wrong.iter().next() {
        return Err(damaged(format!("{} does not have its checksum", file.display())));
    }
    write_lengths(dir, index)
}

fn write_lengths(dir: &Path, index: &Index) -> Result<()> {
    let path = lengths_path(dir);
    let lengths = serde_json::to_vec(&lengths(dir, index)?).map_err(damaged)?;
    std::fs::write(&path, lengths).doing("write", &path)
}

/// Adds articles to an index.
pub struct Indexer {
    dir: PathBuf,
    archive: uuid::Uuid,
    index: Index,
    fields: Fields,
    writer: IndexWriter,
    next_article: u64,
    committed: u64,
    last: String,
    reason: Option<String>,
}

impl Indexer {
    /// Opens an index to be written, or makes one. `last` gives the hash of an article's entry, to see that the index is of
    /// these articles; one that is not, or cannot be used, is made again. `end` is the first number that no article has.
    pub fn open(
        dir: &Path,
        archive: uuid::Uuid,
        end: u64,
        last: &dyn Fn(u64) -> Result<Digest>,
    ) -> Result<Indexer> {
        let reason = match state(dir, archive, end, last)? {
            State::Good(_) => None,
            State::Missing => Some("it was missing".to_owned()),
            State::Bad(reason) => {
                crate::bytes::fs::remove(dir)?;
                Some(reason)
            }
        };
        crate::bytes::fs::private_dirs().recursive(true).create(dir).doing("create", dir)?;
        caught(dir, || {
            let (index, fields) = open(dir)?;
            let payload = payload(&index)?;
            let writer: IndexWriter =
                index.writer_with_num_threads(THREADS, THREADS * WRITER_BYTES).map_err(damaged)?;
            let mut merging = LogMergePolicy::default();
            merging.set_max_docs_before_merge(MERGED_MAX);
            writer.set_merge_policy(Box::new(merging));
            let next_article = payload.as_ref().map_or(1, |payload| payload.next_article);
            let last = payload.map(|payload| payload.last).unwrap_or_default();
            let (dir, committed) = (dir.to_owned(), next_article);
            Ok(Indexer { dir, archive, index, fields, writer, next_article, committed, last, reason })
        })
    }

    /// Why it was made again, if it was.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The article that comes next.
    pub fn next_article(&self) -> u64 {
        self.next_article
    }

    /// Passes over the next article, which is not part of the archive any more.
    pub fn skip(&mut self, hash: &Digest) {
        self.next_article += 1;
        self.last = hash.to_string();
    }

    /// Adds the next article; `hash` is that of its entry.
    pub fn add(
        &mut self,
        hash: &Digest,
        digest: &Digest,
        language: Option<Language>,
        headline: &str,
        body: &str,
    ) -> Result<()> {
        let mut document = TantivyDocument::new();
        let code = Code::of(language);
        let first = u64::from_be_bytes(digest.0[..8].try_into().expect("a digest is longer"));
        document.add_u64(self.fields.article, self.next_article);
        document.add_u64(self.fields.digest, first);
        let language = language.map(|language| language.to_string());
        document.add_text(self.fields.language, language.as_deref().unwrap_or(NO_LANGUAGE));
        document.add_text(self.fields.headline, with_code(code, headline));
        document.add_text(self.fields.body, with_code(code, body));
        caught(&self.dir, || self.writer.add_document(document).map_err(damaged))?;
        self.skip(hash);
        Ok(())
    }

    /// Commits if a crash would cost much; everything that was added must be in the ledger.
    pub fn commit_if_many(&mut self) -> Result<()> {
        if self.next_article - self.committed >= COMMIT_ARTICLES { self.commit() } else { Ok(()) }
    }

    /// Makes what was added durable.
    pub fn commit(&mut self) -> Result<()> {
        let dir = self.dir.clone();
        caught(&dir, || self.try_commit())
    }

    fn try_commit(&mut self) -> Result<()> {
        if self.next_article == self.committed {
            return Ok(());
        }
        let payload = Payload {
            version: analysis::VERSION.to_owned(),
            archive: self.archive,
            next_article: self.next_article,
            last: self.last.clone(),
        };
        let payload = serde_json::to_string(&payload).map_err(damaged)?;
        let mut prepared = self.writer.prepare_commit().map_err(damaged)?;
        prepared.set_payload(&payload);
        prepared.commit().map_err(damaged)?;
        self.committed = self.next_article;
        Ok(())
    }

    /// Commits, waits for what is being merged, and lets go.
    pub fn close(mut self) -> Result<()> {
        let dir = self.dir.clone();
        caught(&dir, || {
            self.try_commit()?;
            self.writer.wait_merging_threads().map_err(damaged)?;
            write_lengths(&self.dir, &self.index)
        })
    }
}

/// What is to be done with an index.
enum State {
    /// It has everything before this article.
    Good(u64),
    Missing,
    Bad(String),
}

fn state(dir: &Path, archive: uuid::Uuid, end: u64, last: &dyn Fn(u64) -> Result<Digest>) -> Result<State> {
    if !dir.exists() {
        return Ok(State::Missing);
    }
    let (next, digest) = match progress(dir, archive) {
        Ok(progress) => progress,
        Err(Error::Search { what }) => return Ok(State::Bad(what)),
        Err(e) => return Err(e),
    };
    if next > end {
        return Ok(State::Bad("it has articles that the archive does not have".to_owned()));
    }
    match digest {
        Some(digest) if next > 1 && last(next - 1)?.to_string() != digest => {
            Ok(State::Bad("its articles are others than the archive's".to_owned()))
        }
        _ => Ok(State::Good(next)),
    }
}

/// Whether an index has all articles and nothing else.
pub fn is_current(
    dir: &Path,
    archive: uuid::Uuid,
    end: u64,
    last: &dyn Fn(u64) -> Result<Digest>,
) -> Result<bool> {
    Ok(matches!(state(dir, archive, end, last)?, State::Good(next) if next == end))
}

/// Says that an index gives wrong answers: the next use makes it again.
pub fn condemn(dir: &Path) -> Result<()> {
    crate::bytes::fs::remove(&dir.join("meta.json"))
}

/// The files that do not have their checksums; none if there is no index.
pub fn damaged_files(dir: &Path) -> Result<Vec<String>> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    caught(dir, || {
        let (index, _) = open(dir)?;
        let wrong = index.validate_checksum().map_err(damaged)?;
        Ok(wrong.iter().map(|file| file.display().to_string()).collect())
    })
}

/// An index that answers.
pub struct SearchIndex {
    dir: PathBuf,
    /// What was counted last: a phrase that is looked for is also what is ranked.
    counted: Mutex<HashMap<(usize, Pattern), Arc<Counts>>>,
    segments: Vec<Segment>,
    documents: u64,
    next_article: u64,
}

/// For each segment, the documents in which a pattern is found, ascending, and how often.
type Counts = Vec<Vec<(u32, u32)>>;

/// Patterns whose counts are remembered.
const COUNTED_MAX: usize = 16;

struct Segment {
    reader: SegmentReader,
    articles: Column<u64>,
    digests: Column<u64>,
    fields: Fields,
    texts: [Arc<InvertedIndexReader>; 2],
}

impl Scope {
    /// The places of its texts among those of a segment.
    fn texts(self) -> &'static [usize] {
        match self {
            Scope::Both => &[0, 1],
            Scope::Title => &[0],
            Scope::Body => &[1],
        }
    }
}

/// A match in the headline counts as much as so many in the body.
const BOOSTS: [f32; 2] = [3.0, 1.0];
/// BM25's parameters, as Robertson and Zaragoza give them (2009) and most engines have them.
const K1: f32 = 1.2;
const B: f32 = 0.75;

impl SearchIndex {
    /// Opens one that is current.
    pub fn open(dir: &Path) -> Result<SearchIndex> {
        caught(dir, || {
            let (index, fields) = open(dir)?;
            let next_article = payload(&index)?.map_or(1, |payload| payload.next_article);
            let mut segments = Vec::new();
            for segment in index.searchable_segments().map_err(damaged)? {
                let reader = SegmentReader::open(&segment).map_err(damaged)?;
                let column = |name| reader.fast_fields().u64(name).map_err(damaged);
                let texts = |field| reader.inverted_index(field).map_err(damaged);
                segments.push(Segment {
                    articles: column("article")?,
                    digests: column("digest")?,
                    texts: [texts(fields.headline)?, texts(fields.body)?],
                    fields,
                    reader,
                });
            }
            let documents = segments.iter().map(|segment| u64::from(segment.reader.num_docs())).sum();
            let dir = dir.to_owned();
            Ok(SearchIndex { dir, segments, documents, next_article, counted: Mutex::default() })
        })
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
            let documents = |segment: &Segment| vec![0f32; segment.reader.max_doc() as usize];
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

/// The words of a pattern, each once, and which of them stands where.
struct Finders {
    words: Vec<Finder>,
    parts: Vec<Vec<usize>>,
}

/// Words of one pattern.
const WORDS_MAX: usize = 512;

impl Finders {
    fn new(pattern: &Pattern) -> Result<Finders> {
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

/// What was looked for in this query, and where it is.
type Evaluated = HashMap<(Scope, Pattern), Vec<NumberSet>>;
const EVALUATED_MAX: usize = 256;

/// What answering one query may still cost, in nanoseconds of a slow core, by estimates: so that a query takes as long on every
/// machine, or is refused on every machine.
struct Work {
    left: Cell<u64>,
}

/// What one query may cost: some 1.5 seconds.
pub(crate) const WORK_MAX: u64 = 1_500_000_000;
/// A term of the dictionary that is looked at; one that is asked whether it is a form; a list of documents that is opened; a
/// document in it; a document whose places are read.
const TERM: u64 = 100;
const FORM: u64 = 2_500;
const LIST: u64 = 500;
const DOCUMENT: u64 = 5;
const PLACES: u64 = 150;

impl Work {
    fn new() -> Work {
        Work { left: Cell::new(WORK_MAX) }
    }

    fn spend(&self, cost: u64) -> Result<()> {
        match self.left.get().checked_sub(cost) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                let what = "its words and starts of words are too many, or too frequent, to be looked up in two seconds";
                Err(Error::Costly { what: what.to_owned() })
            }
        }
    }
}

type Info = tantivy::postings::TermInfo;

/// The terms of a segment that a word finds.
fn resolve(terms: &InvertedIndexReader, finder: &mut Finder, work: &Work) -> Result<Vec<(String, Info)>> {
    let mut found = BTreeMap::new();
    for exact in finder.exact.iter().chain(finder.forms.iter().map(|forms| &forms.term)) {
        work.spend(LIST)?;
        if let Some(info) = terms.terms().get(exact).doing("read", Path::new("search"))? {
            found.insert(exact.clone(), info);
        }
    }
    let starts: Vec<(String, bool)> = (finder.prefixes.iter().map(|prefix| (prefix.clone(), true)))
        .chain(finder.forms.iter().flat_map(|forms| &forms.prefixes).map(|prefix| (prefix.clone(), false)))
        .collect();
    for (start, all) in starts {
        let mut end = start.clone();
        end.push(char::MAX);
        let range = terms.terms().range().ge(&start).le(&end).into_stream();
        let mut stream = range.doing("read", Path::new("search"))?;
        while let Some((term, info)) = stream.next() {
            work.spend(if all { TERM } else { FORM })?;
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
    fn article(&self, document: u32) -> u64 {
        self.articles.first(document).unwrap_or(0)
    }

    /// Whether it was not deleted.
    fn is_alive(&self, document: u32) -> bool {
        self.reader.alive_bitset().is_none_or(|alive| alive.is_alive(document))
    }

    fn digest(&self, document: u32) -> u64 {
        self.digests.first(document).unwrap_or(0)
    }

    /// The documents in a language.
    fn in_language(&self, language: Option<Language>) -> Result<NumberSet> {
        let name = language.map(|language| language.to_string());
        let term =
            tantivy::Term::from_field_text(self.fields.language, name.as_deref().unwrap_or(NO_LANGUAGE));
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
    fn documents(&self, text: usize, finder: &mut Finder, into: &mut NumberSet, work: &Work) -> Result<()> {
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
    fn counts(
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

fn read(terms: &InvertedIndexReader, info: &Info, option: IndexRecordOption) -> Result<SegmentPostings> {
    terms.read_postings_from_terminfo(info, option).doing("read", Path::new("search"))
}

fn each(postings: &mut SegmentPostings, mut take: impl FnMut(u32, &SegmentPostings)) {
    while postings.doc() != TERMINATED {
        take(postings.doc(), postings);
        postings.advance();
    }
}
