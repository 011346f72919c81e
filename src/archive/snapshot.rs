//! [`Snapshot`]: an archive as it was at one position of its ledger, for any thread, for as long as anybody likes.

use super::derive::Indexes;
use crate::derived::words::SearchIndex;
use crate::ledger::{ArticleRow, Entry, Position};
use crate::model::{Article, Capture, Corrected, Digest, Error, Prefix, Provenance, Result};
use crate::store::{Applied, Direction, SourceNames, View, Views, keys, url_hash};
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, OnceLock};

/// Everything that was committed when it was taken. It writes nothing and waits for nobody. The archive's files stay open, and the
/// archive locked against other processes, until the last one is dropped.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) view: View,
    words: Arc<OnceLock<Arc<SearchIndex>>>,
    source: Snapshots,
}

/// Takes snapshots of an archive from any thread, also while a commit is being made.
#[derive(Clone)]
pub struct Snapshots {
    pub(super) archive: uuid::Uuid,
    pub(super) views: Views,
    pub(super) indexes: Arc<Indexes>,
    pub(super) _lock: Option<Arc<File>>,
}

impl Snapshots {
    /// Everything that was committed, as of now.
    pub fn take(&self) -> Result<Snapshot> {
        Ok(Snapshot { view: self.views.view()?, words: Arc::default(), source: self.clone() })
    }

    /// Has no question wait any longer for others that might be answered with it.
    pub(crate) fn hurry(&self) {
        self.indexes.hurry();
    }

    /// The same as of before an entry, if one is named.
    pub fn take_as_of(&self, next_seq: Option<u64>) -> Result<Snapshot> {
        let now = self.take()?;
        next_seq.map_or_else(|| Ok(now.clone()), |next_seq| now.as_of(next_seq))
    }
}

impl Snapshot {
    /// The same as of before an earlier entry.
    pub fn as_of(&self, seq: u64) -> Result<Snapshot> {
        Ok(Snapshot { view: self.view.as_of(seq)?, ..self.clone() })
    }

    /// The full-text index, with every article of this snapshot at least; what had to be mended for it is in
    /// [`Archive::healed`](super::Archive::healed).
    pub fn words(&self) -> Result<&Arc<SearchIndex>> {
        if self.words.get().is_none() {
            let words = self.source.indexes.words(&self.view, &self.source.views)?;
            let _ = self.words.set(words);
        }
        Ok(self.words.get().expect("it was set"))
    }

    /// The ledger's position; of a snapshot as of an earlier entry with the head of the whole one.
    pub fn position(&self) -> Position {
        let (next_seq, next_article) = (self.view.next_seq(), self.view.next_article());
        Position { next_seq, next_article, ..self.view.applied().position }
    }

    /// The identity of the archive that it reads.
    pub fn archive(&self) -> uuid::Uuid {
        self.source.archive
    }

    /// How many articles, captures and bytes there are, and the state of the ledger.
    pub fn applied(&self) -> Applied {
        self.view.applied()
    }

    /// The sources.
    pub fn names(&self) -> Result<Arc<SourceNames>> {
        self.view.names()
    }

    /// The names of the sources, in order of arrival.
    pub fn source_names(&self) -> Result<Vec<String>> {
        Ok(self.names()?.names().iter().map(|name| name.as_str().to_owned()).collect())
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
        let hash = url_hash(url);
        let canonical = crate::model::url::canonical(url);
        let mut found = Vec::new();
        let range = (keys::url_key(hash, 0, 0), keys::url_key(hash, (1 << 40) - 1, (1 << 40) - 1));
        for row in self.view.tables().by_url.range(range.0, range.1, Direction::Up) {
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
    pub fn queries(&self) -> BTreeMap<String, String> {
        self.view.queries()
    }

    /// What has this number: a capture, or something else that is numbered with them.
    pub fn entry(&self, seq: u64) -> Result<Entry> {
        self.view.entry(seq)
    }

    /// The hash of an entry, also of one whose bytes are gone.
    pub fn entry_hash(&self, seq: u64) -> Result<Digest> {
        Ok(Digest(self.view.raw_entry(seq)?.hash()))
    }

    /// Whether a text was removed and may not come in again.
    pub fn was_removed(&self, digest: &Digest) -> bool {
        self.view.was_removed(digest)
    }

    /// How many articles were removed, and how many times that was undone.
    pub fn removed(&self) -> (u64, u64) {
        (self.view.removed().len(), self.view.undone())
    }

    /// All captures of an article, in order of arrival.
    pub fn captures(&self, number: u64) -> Result<Vec<Capture>> {
        let row = self.view.article(number)?;
        let seqs = self.view.captures_of(number, row.first_seq)?;
        seqs.into_iter().map(|seq| self.capture_of(seq, row.digest)).collect()
    }

    /// One capture of the article with this digest.
    pub(crate) fn capture_of(&self, seq: u64, digest: Digest) -> Result<Capture> {
        let (_, provenance, corrections) = self.view.capture_with_history(seq)?;
        Ok(Capture { seq, digest, provenance, corrections })
    }

    /// The correction of a capture of an article that has this number.
    pub(crate) fn correction(&self, article: u64, seq: u64) -> Result<Option<Corrected>> {
        let Some(capture) = self.view.corrected_by(article, seq)? else { return Ok(None) };
        let (_, _, history) = self.view.capture_with_history(capture)?;
        Ok(history.into_iter().find(|corrected| corrected.seq == seq))
    }

    /// One capture: the article's number and what was found.
    pub fn capture(&self, seq: u64) -> Result<(u64, Provenance)> {
        self.view.capture(seq)
    }
}
