//! The index being written: opened, checked, added to, committed.

use super::analysis::{self, Analyzer, Code, with_code};
use super::format::{Fields, NO_LANGUAGE, Payload, caught, damaged, open, payload, schema};
use super::segment::{Segment, segments};
use crate::bytes::fs::{self, IoContext};
use crate::derived::{Articles, Text};
use crate::model::{Digest, Error, Result};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tantivy::directory::RamDirectory;
use tantivy::merge_policy::LogMergePolicy;
use tantivy::query::{ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{DocSet, Index, IndexWriter, SegmentReader, TERMINATED, TantivyDocument};

/// What a segment in memory begins with.
const MEMORY_BYTES: usize = 4 << 20;
/// Bytes of memory for articles that are being indexed, for each of the threads.
const WRITER_BYTES: usize = 56 << 20;
const THREADS: usize = 2;
/// Segments with more articles are not merged: merging reads all of them through memory, and few as large as these are as quick.
const MERGED_MAX: usize = 15_000;
/// Segments with fewer articles are merged as if they had so many. With more, as is usual, one that grows is merged again with each few small ones.
const LAYER_MIN: u32 = 1_000;

/// How far an index in a directory has come; `Err` is one that cannot be used.
fn progress(dir: &Path, archive: uuid::Uuid, languages_said: u64) -> Result<(u64, Option<String>)> {
    caught(dir, || {
        let (index, _) = open(dir)?;
        let Some(payload) = payload(&index)? else { return Ok((1, None)) };
        if payload.languages_said != languages_said {
            return Err(damaged("it has articles in other languages than the archive says"));
        }
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
pub(super) struct Indexer {
    dir: PathBuf,
    archive: uuid::Uuid,
    index: Index,
    fields: Fields,
    writer: IndexWriter,
    next_article: u64,
    committed: u64,
    last: String,
    languages_said: u64,
}

impl Indexer {
    /// Opens an index to be written, or makes one, which knows so much of what was said of languages.
    pub fn open(dir: &Path, archive: uuid::Uuid, languages_said: u64) -> Result<Indexer> {
        fs::dirs_in(dir.parent().unwrap_or(dir)).recursive(true).create(dir).doing("create", dir)?;
        caught(dir, || {
            let (index, fields) = open(dir)?;
            let payload = payload(&index)?;
            let writer: IndexWriter =
                index.writer_with_num_threads(THREADS, THREADS * WRITER_BYTES).map_err(damaged)?;
            let mut merging = LogMergePolicy::default();
            merging.set_max_docs_before_merge(MERGED_MAX);
            merging.set_min_layer_size(LAYER_MIN);
            writer.set_merge_policy(Box::new(merging));
            let next_article = payload.as_ref().map_or(1, |payload| payload.next_article);
            let last = payload.map(|payload| payload.last).unwrap_or_default();
            let (dir, committed) = (dir.to_owned(), next_article);
            Ok(Indexer { dir, archive, index, fields, writer, next_article, committed, last, languages_said })
        })
    }

    /// What it was told of languages.
    pub fn languages_said(&self) -> u64 {
        self.languages_said
    }

    /// The article that comes next.
    pub fn next_article(&self) -> u64 {
        self.next_article
    }

    /// The first article that is not committed.
    pub fn committed(&self) -> u64 {
        self.committed
    }

    /// Takes the next article; `hash` is that of its entry.
    pub fn add(&mut self, hash: &Digest, text: Option<Text<'_>>) -> Result<()> {
        if let Some(text) = text {
            let document = document(&self.fields, self.next_article, text);
            caught(&self.dir, || self.writer.add_document(document).map_err(damaged))?;
        }
        self.next_article += 1;
        self.last = hash.to_string();
        Ok(())
    }

    /// Commits if so many articles are not committed; everything that was added must be in the ledger.
    pub fn commit_if(&mut self, most: u64) -> Result<()> {
        if self.next_article - self.committed >= most { self.commit() } else { Ok(()) }
    }

    /// Makes what was added durable.
    pub fn commit(&mut self) -> Result<()> {
        let dir = self.dir.clone();
        caught(&dir, || self.try_commit())
    }

    fn try_commit(&mut self) -> Result<()> {
        if self.next_article == self.committed { Ok(()) } else { self.write() }
    }

    /// Takes articles again that are in other languages now.
    pub fn relabel(&mut self, numbers: &[u64], articles: &dyn Articles) -> Result<()> {
        let here: HashSet<u64> =
            numbers.iter().copied().filter(|number| *number < self.next_article).collect();
        let dir = self.dir.clone();
        caught(&dir, || {
            let old = OfArticles(Arc::new(here.clone()));
            self.writer.delete_query(Box::new(old)).map_err(damaged)?;
            for number in here {
                articles.each(number..number + 1, &mut |_, text| {
                    let document = text.map(|text| document(&self.fields, number, text));
                    document.map_or(Ok(()), |document| {
                        self.writer.add_document(document).map(drop).map_err(damaged)
                    })
                })?;
            }
            self.languages_said = articles.languages_said();
            self.write()
        })
    }

    /// Forgets articles, and has nothing of them on disk any more: segments that had some are written again.
    pub fn forget(mut self, numbers: HashSet<u64>) -> Result<()> {
        let dir = self.dir.clone();
        caught(&dir, || {
            self.writer.delete_query(Box::new(OfArticles(Arc::new(numbers)))).map_err(damaged)?;
            self.write()?;
            let with_deleted = self.index.searchable_segment_metas().map_err(damaged)?;
            for segment in with_deleted.iter().filter(|segment| segment.has_deletes()) {
                self.writer.merge(&[segment.id()]).wait().map_err(damaged)?;
            }
            self.writer.garbage_collect_files().wait().map(drop).map_err(damaged)
        })?;
        self.close()
    }

    fn write(&mut self) -> Result<()> {
        let payload = Payload {
            version: analysis::VERSION.to_owned(),
            archive: self.archive,
            next_article: self.next_article,
            last: self.last.clone(),
            languages_said: self.languages_said,
        };
        let payload = serde_json::to_string(&payload).map_err(damaged)?;
        let mut prepared = self.writer.prepare_commit().map_err(damaged)?;
        prepared.set_payload(&payload);
        prepared.commit().map_err(damaged)?;
        // These two the library keeps for their owner.
        ["meta.json", ".managed.json"].iter().for_each(|name| fs::open_as(&self.dir, &self.dir.join(name)));
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

/// Finds the documents of articles by their numbers, of which there is no index: one pass over a column.
#[derive(Clone, Debug)]
struct OfArticles(Arc<HashSet<u64>>);

impl Query for OfArticles {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for OfArticles {
    fn scorer(&self, reader: &SegmentReader, boost: f32) -> tantivy::Result<Box<dyn Scorer>> {
        let articles = reader.fast_fields().u64("article")?.first_or_default_col(0);
        let is_one = |document: &u32| self.0.contains(&articles.get_val(*document));
        let documents: Vec<u32> = (0..reader.max_doc()).filter(is_one).collect();
        Ok(Box::new(ConstScorer::new(Documents(documents.into_iter()), boost)))
    }

    fn explain(&self, _: &SegmentReader, _: u32) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("one of these articles", 1.0))
    }
}

/// Documents, ascending.
struct Documents(std::vec::IntoIter<u32>);

impl DocSet for Documents {
    fn advance(&mut self) -> u32 {
        self.0.next();
        self.doc()
    }

    fn doc(&self) -> u32 {
        self.0.as_slice().first().copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        self.0.len() as u32
    }
}

/// What there is of an index.
pub(super) enum State {
    /// It has everything before this article.
    Good(u64),
    Missing,
    Bad(String),
}

/// Finds out what there is, and that it is of these articles and heard so much of languages.
pub(super) fn state(
    dir: &Path,
    archive: uuid::Uuid,
    articles: &dyn Articles,
    languages_said: u64,
) -> Result<State> {
    if !dir.exists() {
        return Ok(State::Missing);
    }
    let (next, digest) = match progress(dir, archive, languages_said) {
        Ok(progress) => progress,
        Err(Error::Search { what }) => return Ok(State::Bad(what)),
        Err(e) => return Err(e),
    };
    if next > articles.end() {
        return Ok(State::Bad("it has articles that the archive does not have".to_owned()));
    }
    match digest {
        Some(digest) if next > 1 && articles.hash(next - 1)?.to_string() != digest => {
            Ok(State::Bad("its articles are others than the archive's".to_owned()))
        }
        _ => Ok(State::Good(next)),
    }
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

/// An article as tantivy takes it.
fn document(fields: &Fields, article: u64, text: Text<'_>) -> TantivyDocument {
    let Text { digest, language, headline, body } = text;
    let mut document = TantivyDocument::new();
    let code = Code::of(language);
    let first = u64::from_be_bytes(digest.0[..8].try_into().expect("a digest is longer"));
    document.add_u64(fields.article, article);
    document.add_u64(fields.digest, first);
    let language = language.map(|language| language.to_string());
    document.add_text(fields.language, language.as_deref().unwrap_or(NO_LANGUAGE));
    document.add_text(fields.headline, with_code(code, headline));
    document.add_text(fields.body, with_code(code, body));
    document
}

/// A segment in memory of some articles, ascending.
pub(super) fn in_memory(
    articles: &dyn Articles,
    some: impl Iterator<Item = Range<u64>>,
) -> Result<Vec<Arc<Segment>>> {
    caught(Path::new("memory"), || {
        let (schema, fields) = schema();
        let tokenizers = TokenizerManager::default();
        tokenizers.register("words", Analyzer);
        let index = Index::builder().schema(schema).tokenizers(tokenizers);
        let writer = index.single_segment_index_writer(RamDirectory::create(), MEMORY_BYTES);
        let mut writer = writer.map_err(damaged)?;
        for numbers in some {
            let mut article = numbers.start;
            articles.each(numbers, &mut |_, text| {
                let document = text.map(|text| document(&fields, article, text));
                article += 1;
                document.map_or(Ok(()), |document| writer.add_document(document).map_err(damaged))
            })?;
        }
        segments(&writer.finalize().map_err(damaged)?, fields)
    })
}
