//! The index of a running archive: what is on disk, what is being added, and what only waits in memory to be found.

use super::SearchIndex;
use super::indexer::{self, Indexer, State};
use super::segment::Segment;
use crate::bytes::fs::remove;
use crate::derived::{Articles, Derived, Text};
use crate::model::{Digest, Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Articles after which what was added is committed: a crash costs no more than these, and whoever asks has no more indexed for him in
/// memory.
const COMMIT_ARTICLES: u64 = 1 << 15;

/// So many articles are indexed in memory for who asks; for more, what is being added is committed.
const MEMORY_ARTICLES: u64 = 1 << 9;

/// The full-text index of one archive.
pub struct Words {
    dir: PathBuf,
    archive: uuid::Uuid,
    indexer: Option<Indexer>,
    lost: Option<String>,
    /// What it has to know of languages when it is opened to be added to.
    languages_said: u64,
    /// What was committed when somebody asked last.
    disk: Option<Arc<SearchIndex>>,
    /// Articles behind that: where each segment ends.
    waiting: Vec<(u64, Vec<Arc<Segment>>)>,
    /// Both together, and what was said of languages then.
    all: Option<Arc<SearchIndex>>,
    of_languages: u64,
}

impl Words {
    /// That in a directory.
    pub fn new(dir: &Path, archive: uuid::Uuid) -> Words {
        let (dir, waiting) = (dir.to_owned(), Vec::new());
        Words {
            dir,
            archive,
            indexer: None,
            lost: None,
            languages_said: 0,
            disk: None,
            waiting,
            all: None,
            of_languages: 0,
        }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether it is open to be added to.
    pub fn is_being_written(&self) -> bool {
        self.indexer.is_some()
    }

    /// The first article that was not added.
    pub fn next_article(&self) -> Option<u64> {
        self.indexer.as_ref().map(Indexer::next_article)
    }

    /// Lets go of what was being added, which is lost if it was not committed.
    pub fn abandon(&mut self) {
        (self.indexer, self.disk, self.all) = (None, None, None);
        self.waiting.clear();
    }

    /// Commits if many articles wait.
    pub fn commit_if_many(&mut self) -> Result<()> {
        self.indexer.as_mut().map_or(Ok(()), |indexer| indexer.commit_if(COMMIT_ARTICLES))
    }

    /// Takes articles again of which somebody said in which language they are. One that had heard something else `before`
    /// is left as it is: it begins anew.
    pub fn relabel(&mut self, articles: &[u64], before: u64, of: &dyn Articles) -> Result<()> {
        let was_open = self.indexer.is_some();
        if !was_open {
            self.all = None;
            let State::Good(_) = indexer::state(&self.dir, self.archive, of, before)? else { return Ok(()) };
            self.indexer = Some(Indexer::open(&self.dir, self.archive, before)?);
        }
        match &mut self.indexer {
            Some(indexer) if indexer.languages_said() == before => indexer.relabel(articles, of)?,
            _ => return Ok(()),
        }
        (self.disk, self.all) = (None, None);
        self.waiting.clear();
        if was_open { Ok(()) } else { self.close() }
    }

    /// The index that somebody got last, if it has every article before `end` and was told so much of languages.
    pub fn ready(&self, end: u64, said: u64) -> Option<Arc<SearchIndex>> {
        self.all.clone().filter(|all| all.next_article() >= end && self.of_languages == said)
    }

    /// Forgets articles that are gone from an archive, if it is its index, and else all of it.
    pub fn forget(&mut self, articles: impl Iterator<Item = u64>, of: &dyn Articles) -> Result<()> {
        self.abandon();
        let said = of.languages_said();
        match indexer::state(&self.dir, self.archive, of, said)? {
            State::Good(_) => Indexer::open(&self.dir, self.archive, said)?.forget(articles.collect()),
            State::Missing | State::Bad(_) => self.reset(),
        }
    }

    /// An index with all articles. Nothing is written. `None` if it has to be brought up to date before.
    pub fn reader(&mut self, articles: &dyn Articles) -> Result<Option<Arc<SearchIndex>>> {
        let (end, said) = (articles.end(), articles.languages_said());
        if let Some(all) = self.ready(end, said) {
            return Ok(Some(all));
        }
        self.of_languages = said;
        // What is being written has not heard of it.
        if self.indexer.as_ref().is_some_and(|indexer| indexer.languages_said() != said) {
            return Ok(None);
        }
        if let Some(indexer) = &mut self.indexer
            && end.saturating_sub(indexer.committed()) > MEMORY_ARTICLES
        {
            // They are being indexed anyhow; once more in memory would take as long again.
            articles.each(indexer.next_article()..end, &mut |hash, text| indexer.add(hash, text))?;
            indexer.commit()?;
        }
        let Some(indexer) = &self.indexer else {
            return match indexer::state(&self.dir, self.archive, articles, said)? {
                State::Good(next) if next >= end => {
                    self.all = Some(Arc::new(SearchIndex::open(&self.dir)?));
                    Ok(self.all.clone())
                }
                State::Missing if end == 1 => Ok(Some(Arc::new(SearchIndex::empty()))),
                _ => Ok(None),
            };
        };
        let committed = indexer.committed();
        let disk = match self.disk.take().filter(|disk| disk.next_article() == committed) {
            Some(disk) => disk,
            None => {
                self.waiting.clear();
                Arc::new(SearchIndex::open(&self.dir)?)
            }
        };
        let starts = |waiting: &[(u64, _)]| waiting.last().map_or(committed, |(end, _)| *end);
        if starts(&self.waiting) < end {
            // Those of about one size become one, so that there are never many.
            while let [before @ .., (last, _)] = &self.waiting[..]
                && last - starts(before) <= 2 * (end - last)
            {
                self.waiting.pop();
            }
            let segments = indexer::in_memory(articles, std::iter::once(starts(&self.waiting)..u64::MAX))?;
            self.waiting.push((end, segments));
        }
        let more: Vec<Arc<Segment>> =
            self.waiting.iter().flat_map(|(_, segments)| segments).cloned().collect();
        self.all = Some(Arc::new(disk.with(&more, end)));
        self.disk = Some(disk);
        Ok(self.all.clone())
    }
}

impl Derived for Words {
    fn name(&self) -> &'static str {
        "full-text index"
    }

    fn position(&mut self, articles: &dyn Articles) -> Result<u64> {
        if let Some(indexer) = &self.indexer {
            if indexer.languages_said() == articles.languages_said() {
                return Ok(indexer.next_article());
            }
            self.reset()?;
        }
        self.languages_said = articles.languages_said();
        match indexer::state(&self.dir, self.archive, articles, self.languages_said)? {
            State::Good(next) => return Ok(next),
            State::Missing => self.lost = Some("it was missing".to_owned()),
            State::Bad(reason) => {
                self.reset()?;
                self.lost = Some(reason);
            }
        }
        Ok(1)
    }

    fn lost(&mut self) -> Option<String> {
        self.lost.take()
    }

    fn apply(&mut self, hash: &Digest, text: Option<Text<'_>>) -> Result<()> {
        let indexer = match &mut self.indexer {
            Some(indexer) => indexer,
            unopened => unopened.insert(Indexer::open(&self.dir, self.archive, self.languages_said)?),
        };
        indexer.add(hash, text)
    }

    fn close(&mut self) -> Result<()> {
        let closed = self.indexer.take().map_or(Ok(()), Indexer::close);
        self.abandon();
        closed
    }

    fn reset(&mut self) -> Result<()> {
        self.abandon();
        remove(&self.dir)
    }

    fn check(&self) -> Result<Vec<String>> {
        match indexer::damaged_files(&self.dir) {
            Err(Error::Search { what }) => Ok(vec![what]),
            files => {
                Ok(files?.into_iter().map(|file| format!("{file} does not have its checksum")).collect())
            }
        }
    }
}
