//! [`View`]: the store as of one position of the ledger, whatever is written meanwhile.

use super::corrections::{CorrectionRow, stands};
use super::failure::damaged;
use super::keys::{self, Mark};
use super::packed::{Direction, Value};
use super::state::{Applied, SourceNames, State, Tagged, holds};
use super::trees::Tables;
use crate::bytes::codec;
use crate::bytes::number_set::NumberSet;
use crate::ledger::{ArticleRow, Entry, RawEntry};
use crate::model::{Corrected, Correction, Digest, Language, Prefix, Provenance, Result, Said};
use roaring::RoaringTreemap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads a store as it was before one entry: what came later is not there, and what ended later still is.
#[derive(Clone)]
pub struct View {
    tables: Arc<Tables>,
    state: Arc<State>,
    /// The first numbers that are not seen.
    next_seq: u64,
    next_article: u64,
    /// Articles that are not part of the archive.
    dead: Arc<RoaringTreemap>,
    /// How many had been removed since the store was opened when it was taken.
    removed: u64,
}

impl View {
    /// Of all that a state has.
    pub(super) fn new(tables: Tables, state: Arc<State>) -> View {
        let tables = Arc::new(tables);
        let position = state.applied.position;
        let dead = state.dead().clone();
        let crate::ledger::Position { next_seq, next_article, .. } = position;
        let removed = state.live().count();
        View { tables, state, next_seq, next_article, dead, removed }
    }

    /// The same as of before an entry.
    pub fn as_of(&self, next_seq: u64) -> Result<View> {
        let next_seq = next_seq.clamp(1, self.next_seq);
        if next_seq == self.next_seq {
            return Ok(self.clone());
        }
        // Articles came in the order of the captures that brought them.
        let (mut low, mut high) = (1, self.next_article);
        while low < high {
            let middle = low.midpoint(high);
            if self.article_entry(middle)?.0 < next_seq { low = middle + 1 } else { high = middle }
        }
        Ok(View { next_seq, next_article: low, ..self.clone() })
    }

    /// The tables, in which there may be more than this view sees.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// How far the store had come, and counters; of all that a view may be of the past of.
    pub fn applied(&self) -> Applied {
        self.state.applied
    }

    /// Whether it is as of the last position, so that counters are right for it.
    pub fn is_whole(&self) -> bool {
        self.next_seq == self.state.applied.position.next_seq && self.state.live().count() == self.removed
    }

    /// The number of the first entry that it does not see.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The number of the first article that it does not see.
    pub fn next_article(&self) -> u64 {
        self.next_article
    }

    /// Whether an article is part of the archive. One that was removed is not, whenever that was.
    pub fn has(&self, article: u64) -> bool {
        article != 0
            && article < self.next_article
            && !self.dead.contains(article)
            && !self.state.live().has(article, self.removed)
    }

    /// Whether a row of an index is of something that it sees.
    pub fn sees(&self, mark: &Mark) -> bool {
        mark.seq < self.next_seq && self.has(mark.article)
    }

    /// Whether a capture stands where this row of an index says: it may have been corrected.
    pub fn stands<const K: usize>(&self, row: &Value<K>) -> bool {
        stands(row, self.next_seq)
    }

    /// Leaves those that are part of the archive.
    pub fn only_living(&self, articles: &mut NumberSet) {
        articles.remove_from(self.next_article);
        self.dead.iter().for_each(|article| articles.remove_one(article));
        if self.state.live().count() != self.removed {
            self.state.live().all().iter().for_each(|article| articles.remove_one(article));
        }
    }

    /// The sources and their numbers; read once.
    pub fn names(&self) -> Result<Arc<SourceNames>> {
        let known = self.state.names();
        if let Some(names) = known.get() {
            return Ok(names.clone());
        }
        let names = Arc::new(SourceNames::read(&self.tables)?);
        Ok(known.get_or_init(|| names).clone())
    }

    /// The number of the article with this digest.
    pub fn find(&self, digest: &Digest) -> Result<Option<u64>> {
        Ok(self.with_digest(digest)?.into_iter().find(|article| self.has(*article)))
    }

    /// Whether a text was removed and may not come in again.
    pub fn was_removed(&self, digest: &Digest) -> bool {
        self.state.has_tombstone(digest)
    }

    /// The originals that went with texts which may not come in again.
    pub fn erased_originals(&self) -> &Arc<std::collections::HashSet<Digest>> {
        self.state.erased_originals()
    }

    /// The articles that were removed.
    pub fn removed(&self) -> &RoaringTreemap {
        self.state.removed()
    }

    /// How many times a removal was undone.
    pub fn undone(&self) -> u64 {
        self.state.undone()
    }

    /// Hides articles, that were removed just now, from whoever took a view before.
    pub fn hide(&self, articles: impl Iterator<Item = u64>) {
        self.state.live().add(articles);
    }

    /// Those that were removed of which there still is something to read.
    pub fn pending(&self) -> RoaringTreemap {
        self.state.pending()
    }

    /// Every article with this digest, also those that were removed.
    fn with_digest(&self, digest: &Digest) -> Result<Vec<u64>> {
        let (low, high) = (keys::digest_key(digest, 0), keys::digest_key(digest, keys::LAST));
        let mut found = Vec::new();
        for row in self.tables.digests.range(low, high, Direction::Up) {
            let number = keys::read_number(&row?.key()[8..]);
            if number >= self.next_article {
                continue;
            }
            let same = !self.state.is_unreadable(number) && self.article(number)?.digest == *digest;
            found.extend(same.then_some(number));
        }
        Ok(found)
    }

    /// The numbers of the articles whose digest starts with this prefix, in the order of their digests; `limit` at the most.
    pub fn find_prefix(&self, prefix: &Prefix, limit: usize) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        for row in self.tables.digests.range(keys::digest_key(&prefix.first(), 0), [0xff; 13], Direction::Up)
        {
            let row = row?;
            if found.len() == limit || !prefix.may_match(&row.key()[..8]) {
                break;
            }
            let number = keys::read_number(&row.key()[8..]);
            if self.has(number) && prefix.matches(&self.article(number)?.digest) {
                found.push(number);
            }
        }
        Ok(found)
    }

    /// How many digits of this article's digest are shared with another's, judged by the neighbours' first 16.
    pub fn digits_shared(&self, digest: &Digest) -> Result<usize> {
        let key = keys::digest_key(digest, 0);
        let mut shared = 0;
        for direction in [Direction::Up, Direction::Down] {
            let (low, high) = if direction == Direction::Up {
                (key, [0xff; 13])
            } else {
                ([0; 13], keys::digest_key(digest, keys::LAST))
            };
            for row in self.tables.digests.range(low, high, direction) {
                let row = row?;
                let number = keys::read_number(&row.key()[8..]);
                if !self.has(number) {
                    continue;
                }
                let mut neighbour = Digest([0; 32]);
                neighbour.0[..8].copy_from_slice(&row.key()[..8]);
                let digits = digest.shared_digits(&neighbour).min(16);
                if digits < 16 {
                    shared = shared.max(digits);
                    break;
                }
                let other = self.article(number)?.digest;
                if other != *digest {
                    shared = shared.max(digest.shared_digits(&other));
                }
            }
        }
        Ok(shared)
    }

    /// An article as it was written, and the number of the capture after it.
    pub fn article_entry(&self, number: u64) -> Result<(u64, RawEntry)> {
        let row = self.tables.articles.get(&keys::number(number))?;
        let row = row.ok_or_else(|| damaged(format!("article {number} is missing")))?;
        let (first_seq, entry) = row.split_first_chunk::<5>().ok_or_else(|| damaged("a row of articles"))?;
        Ok((keys::read_number(first_seq), RawEntry::of_row(entry).map_err(damaged)?))
    }

    /// All of an article but its body.
    pub fn article(&self, number: u64) -> Result<ArticleRow> {
        let (first_seq, entry) = self.article_entry(number)?;
        match entry.open(first_seq).map_err(damaged)? {
            Entry::Article(row) => Ok(ArticleRow { language: self.language(number, row.language), ..row }),
            _ => Err(damaged(format!("article {number} is gone"))),
        }
    }

    /// The language of an article that was told to be in this one: somebody may have said otherwise.
    pub fn language(&self, article: u64, told: Option<Language>) -> Option<Language> {
        let said = self.state.languages().get(&article).map_or(&[][..], Vec::as_slice);
        said.iter().rev().find(|(seq, _)| *seq < self.next_seq).map_or(told, |(_, language)| *language)
    }

    /// What somebody said of the language of an article, in order.
    pub fn said_of_language(&self, article: u64) -> Result<Vec<Said>> {
        let Some(said) = self.state.languages().get(&article) else { return Ok(Vec::new()) };
        let (first_seq, entry) = self.article_entry(article)?;
        let Entry::Article(row) = entry.open(first_seq).map_err(damaged)? else { return Ok(Vec::new()) };
        let (mut was, mut all) = (row.language, Vec::new());
        for (seq, now) in said.iter().filter(|(seq, _)| *seq < self.next_seq) {
            if let Entry::Language { at_ms, .. } = self.entry(*seq)? {
                all.push(Said { seq: *seq, at_ms, was, now: *now });
                was = *now;
            }
        }
        Ok(all)
    }

    /// A number that tells what was said of languages from anything else.
    pub fn languages_said(&self) -> u64 {
        self.state.languages_mark(self.next_seq)
    }

    /// The articles of which somebody said later in which language they are.
    pub fn languages_said_later(&self) -> impl Iterator<Item = u64> {
        let is_later = |said: &Vec<(u64, _)>| said.iter().any(|(seq, _)| *seq >= self.next_seq);
        self.state.languages().iter().filter(move |(_, said)| is_later(said)).map(|(article, _)| *article)
    }

    /// An article's body.
    pub fn body(&self, number: u64) -> Result<String> {
        String::from_utf8(self.body_bytes(number)?).map_err(damaged)
    }

    /// The same as it was written.
    pub fn body_bytes(&self, number: u64) -> Result<Vec<u8>> {
        let row = self.tables.bodies.get(&keys::number(number))?;
        row.map(|row| row.to_vec()).ok_or_else(|| damaged(format!("the body of article {number} is missing")))
    }

    /// What is known of a capture: the article's number, and where it was found.
    pub fn capture(&self, seq: u64) -> Result<(u64, Provenance)> {
        let (article, mut provenance) = self.capture_as_read(seq)?;
        self.corrections(article, seq)?.iter().for_each(|(_, correction)| correction.apply(&mut provenance));
        Ok((article, provenance))
    }

    /// The same with how it came to differ from what its input said, in order.
    pub fn capture_with_history(&self, seq: u64) -> Result<(u64, Provenance, Vec<Corrected>)> {
        let (article, read) = self.capture_as_read(seq)?;
        let (provenance, history) = Corrected::history(read, self.corrections(article, seq)?);
        Ok((article, provenance, history))
    }

    /// The corrections of a capture of an article, in order, by the numbers of their entries.
    pub fn corrections(&self, article: u64, capture: u64) -> Result<Vec<(u64, Correction)>> {
        if !self.state.is_corrected(article) {
            return Ok(Vec::new());
        }
        let range = (keys::article_key(article, 0), keys::article_key(article, self.next_seq - 1));
        let mut corrections = Vec::new();
        for row in self.tables.corrections.range(range.0, range.1, Direction::Up) {
            let row = row?;
            if CorrectionRow::decode(&row)? != CorrectionRow::Capture(capture) {
                continue;
            }
            let seq = keys::read_number(&row.key()[5..]);
            // The bytes of one that is about what was removed are gone.
            if let Entry::Correction { correction, .. } = self.entry(seq)? {
                corrections.push((seq, *correction));
            }
        }
        Ok(corrections)
    }

    /// The capture of an article that an entry corrects.
    pub fn corrected_by(&self, article: u64, seq: u64) -> Result<Option<u64>> {
        let row = self.tables.corrections.get(&keys::article_key(article, seq))?;
        Ok(match row.map(|row| CorrectionRow::decode(&row)).transpose()? {
            Some(CorrectionRow::Capture(capture)) => Some(capture),
            _ => None,
        })
    }

    /// Whether a capture of an article was ever corrected.
    pub fn is_corrected(&self, article: u64) -> bool {
        self.state.is_corrected(article)
    }

    /// Whether anything was ever corrected.
    pub fn knows_corrections(&self) -> bool {
        self.state.has_corrections()
    }

    /// What the input of a capture said.
    pub fn capture_as_read(&self, seq: u64) -> Result<(u64, Provenance)> {
        match self.entry(seq)? {
            Entry::Capture { article, provenance } => Ok((article, *provenance)),
            _ => Err(damaged(format!("{seq} is no capture"))),
        }
    }

    /// What has this number, as it was written.
    pub fn raw_entry(&self, seq: u64) -> Result<RawEntry> {
        let row = self.tables.captures.get(&keys::number(seq))?;
        let row = row.ok_or_else(|| damaged(format!("capture {seq} is missing")))?;
        RawEntry::of_row(&row).map_err(damaged)
    }

    /// What has this number: a capture, or something else that is numbered with them.
    pub fn entry(&self, seq: u64) -> Result<Entry> {
        self.raw_entry(seq)?.open(seq).map_err(damaged)
    }

    /// When the entry with this number was committed, in milliseconds since 1970, and the number of the next commit's first.
    pub fn committed(&self, seq: u64) -> Result<(i64, u64)> {
        let last =
            self.tables.commits.range([0; 5], keys::number(seq), Direction::Down).next().transpose()?;
        let committed = last.and_then(|row| Some(i64::from_be_bytes((*row).try_into().ok()?)));
        let committed =
            committed.ok_or_else(|| damaged(format!("the commit of capture {seq} is missing")))?;
        let next =
            self.tables.commits.range(keys::number(seq + 1), [0xff; 5], Direction::Up).next().transpose()?;
        Ok((committed, next.map_or(keys::LAST, |row| keys::read_number(row.key()))))
    }

    /// The tags that an article has and had.
    pub(super) fn tagged_row(&self, article: u64) -> Result<Vec<Tagged>> {
        if self.state.tags().is_empty() {
            return Ok(Vec::new());
        }
        let row = self.tables.tags.get(&keys::number(article))?;
        row.map_or(Ok(Vec::new()), |row| codec::decode(&row).map_err(damaged))
    }

    /// An article's tags, in alphabetical order.
    pub fn tags_of(&self, article: u64) -> Result<Vec<String>> {
        let mut tags = Vec::new();
        for tagged in self.tagged_row(article)? {
            if holds(tagged.since, tagged.until, self.next_seq) {
                tags.push(self.state.tag(tagged.tag)?.to_owned());
            }
        }
        tags.sort();
        Ok(tags)
    }

    /// The articles with a tag.
    pub fn tagged(&self, tag: &str) -> Result<NumberSet> {
        let Some(number) = self.state.tag_number(tag) else { return Ok(NumberSet::default()) };
        let (low, high) = (keys::tag_key(number, 0, 0), keys::tag_key(number, keys::LAST, keys::LAST));
        let mut articles = NumberSet::default();
        for row in self.tables.by_tag.range(low, high, Direction::Up) {
            let row = row?;
            let (article, since) = (keys::read_number(&row.key()[4..9]), keys::read_number(&row.key()[9..]));
            let until = (!row.is_empty()).then(|| keys::read_number(&row));
            if self.has(article) && holds(since, until, self.next_seq) {
                articles.insert(article);
            }
        }
        Ok(articles)
    }

    /// Whether any tag was ever given.
    pub fn knows_tags(&self) -> bool {
        !self.state.tags().is_empty()
    }

    /// Every tag in alphabetical order, with how many articles have it; none that no article has any more.
    pub fn tag_counts(&self) -> Result<Vec<(String, u64)>> {
        let mut counts = Vec::new();
        for tag in self.state.tags() {
            counts.push((tag.clone(), self.tagged(tag)?.len()));
        }
        counts.retain(|(_, count)| *count > 0);
        counts.sort();
        Ok(counts)
    }

    /// The saved queries, by name.
    pub fn queries(&self) -> BTreeMap<String, String> {
        self.state.queries(self.next_seq)
    }

    /// The captures of an article, in order of arrival; `first` is the number of the one that brought it.
    pub fn captures_of(&self, article: u64, first: u64) -> Result<Vec<u64>> {
        let mut captures = Vec::new();
        if self.state.applied.without_first == 0 || self.is_capture_of(first, article)? {
            captures.push(first);
        }
        for seq in self.later_captures(article) {
            captures.push(seq?);
        }
        Ok(captures)
    }

    fn is_capture_of(&self, seq: u64, article: u64) -> Result<bool> {
        let entry = self.raw_entry(seq)?;
        Ok(entry.is_capture() && entry.about() == [article])
    }

    /// Whether an article may have more than one capture, or another one than the one that brought it.
    pub fn has_several(&self, article: u64) -> Result<bool> {
        let may_have = self.state.applied.later > 0;
        Ok(may_have && self.later_captures(article).next().transpose()?.is_some())
    }

    /// The captures of an article but for the one that brought it, in order.
    fn later_captures(&self, article: u64) -> impl Iterator<Item = Result<u64>> + use<> {
        let range = (keys::article_key(article, 0), keys::article_key(article, self.next_seq - 1));
        let rows = self.tables.by_article.range(range.0, range.1, Direction::Up);
        rows.map(|row| Ok(keys::read_number(&row?.key()[5..])))
    }

    /// Whether there is no reading an article: its bytes are gone, or a later version wrote it.
    pub fn is_unreadable(&self, article: u64) -> bool {
        self.state.is_unreadable(article)
    }
}
