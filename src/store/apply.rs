//! Commits on their way into the store: the rows that they become, and the state after them.

use super::corrections::{CorrectionRow, Standing, indexed, standings};
use super::failure::damaged;
use super::keys::{self, marks, url_hash};
use super::state::{SavedQuery, SourceNames, State, Tagged, UNDONE};
use super::trees::Rows;
use super::view::View;
use crate::bytes::codec;
use crate::bytes::pack::Row;
use crate::ledger::{Commit, Entry, Numbered, Position, RawEntry, article_keys, capture_keys};
use crate::model::{Correction, Digest, Result};
use std::collections::{BTreeMap, HashMap};

/// Commits on their way into the store: rows, and what the state will be.
pub(super) struct Applying {
    view: View,
    state: State,
    names: SourceNames,
    /// Sources and tags before.
    known: (usize, usize),
    rows: Rows,
    /// The articles of these commits, those that can be read.
    new: Vec<Option<NewArticle>>,
    /// An article that the next entry should be a capture of.
    awaits: Option<u64>,
    tagged: BTreeMap<u64, Tags>,
    queries: BTreeMap<u64, SavedQuery>,
    /// The captures of these commits by article, once somebody asks for one.
    captured: Option<HashMap<u64, Vec<u64>>>,
    /// The captures that articles have by their names, once somebody corrects one.
    named: HashMap<u64, HashMap<Digest, u64>>,
    /// Captures that are corrected, by number.
    corrected: BTreeMap<u64, Moved>,
}

/// A capture that is corrected: since which entries it stood where.
struct Moved {
    article: u64,
    digest: Digest,
    standings: Vec<(u64, Standing)>,
}

/// An article of a commit on its way into the store.
struct NewArticle {
    digest: Digest,
    first_seq: u64,
    text_bytes: u64,
}

/// The tags that an article has and had, and by number which of them it has.
struct Tags {
    all: Vec<Tagged>,
    open: HashMap<u32, usize>,
}

impl Applying {
    pub fn after(view: View) -> Result<Applying> {
        let state = State::clone(view.state());
        let names = SourceNames::clone(&*view.names()?);
        let known = (names.names().len(), state.tags().len());
        let (rows, new, tagged, queries, captured, named, corrected) = Default::default();
        let awaits = None;
        Ok(Applying {
            view,
            state,
            names,
            known,
            rows,
            new,
            awaits,
            tagged,
            queries,
            captured,
            named,
            corrected,
        })
    }

    /// Takes a commit in.
    pub fn commit(&mut self, commit: &Commit) -> Result<()> {
        let (first, committed) = (keys::number(commit.first_seq), commit.committed_ms.to_be_bytes());
        if commit.next_seq() > commit.first_seq {
            self.rows.commits.push((first, Box::from(committed)));
        }
        commit.numbered().try_for_each(|numbered| self.entry(&numbered))
    }

    fn entry(&mut self, numbered: &Numbered<'_>) -> Result<()> {
        let Numbered { seq, article, entry } = *numbered;
        if entry.is_article() {
            self.rows.articles.push((keys::number(article), entry.to_row(&keys::number(seq))));
            return self.article(article, seq, entry);
        }
        self.rows.captures.push((keys::number(seq), entry.to_row(&[])));
        if entry.is_capture() {
            return self.capture(seq, entry);
        }
        self.misses_first();
        match entry.open(seq).map_err(damaged)? {
            Entry::Tags { article, added, removed, .. } => self.tags(seq, article, &added, &removed),
            Entry::Saved { name, query, .. } => {
                self.queries.extend(self.state.save(name, query, seq));
                Ok(())
            }
            Entry::Removal { article, digest, originals, .. } => self.remove(article, digest, originals, seq),
            Entry::Undo { digest, .. } => {
                self.rows.removals.push((keys::number(seq), removal_row(UNDONE, digest, Vec::new())));
                self.state.undo(&digest);
                Ok(())
            }
            Entry::Correction { article, capture, correction } => {
                self.correct(seq, article, &capture, &correction)
            }
            Entry::Language { article, language, .. } => {
                self.note(article, seq, &CorrectionRow::Language(language));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// An article of these commits.
    fn new_article(&self, article: u64) -> Option<&NewArticle> {
        let first = self.view.applied().position.next_article;
        self.new.get(article.checked_sub(first)? as usize)?.as_ref()
    }

    /// What should be the capture that brought an article is none.
    fn misses_first(&mut self) {
        self.state.applied.without_first += u64::from(self.awaits.take().is_some());
    }

    fn article(&mut self, number: u64, first_seq: u64, entry: &RawEntry) -> Result<()> {
        self.misses_first();
        if !entry.gone {
            self.state.applied.last_body = number;
        }
        if !entry.is_readable_article() {
            self.state.hide(number);
            self.rows.unreadable.push((keys::number(number), Box::default()));
            self.new.push(None);
            return Ok(());
        }
        let (digest, text_bytes) = article_keys(&entry.bytes).map_err(damaged)?;
        self.state.applied.articles += 1;
        self.state.applied.text_bytes += text_bytes;
        self.awaits = Some(number);
        self.rows.digests.push((keys::digest_key(&digest, number), Box::default()));
        self.new.push(Some(NewArticle { digest, first_seq, text_bytes }));
        Ok(())
    }

    fn capture(&mut self, seq: u64, entry: &RawEntry) -> Result<()> {
        let keys = capture_keys(&entry.bytes).map_err(damaged)?;
        if let Some(captured) = &mut self.captured {
            captured.entry(keys.article).or_default().push(seq);
        }
        if let Some(named) = self.named.get_mut(&keys.article) {
            named.entry(entry.capture_name()).or_insert(seq);
        }
        let is_first = self.awaits == Some(keys.article);
        self.awaits.take_if(|_| is_first);
        self.misses_first();
        let digest = match self.new_article(keys.article) {
            Some(new) => new.digest,
            None if self.state.is_unreadable(keys.article) => return Ok(()),
            None => self.view.article(keys.article)?.digest,
        };
        if !self.state.dead().contains(keys.article) {
            self.state.applied.captures += 1;
        }
        if !is_first {
            self.state.applied.later += 1;
            self.rows.by_article.push((keys::article_key(keys.article, seq), Box::default()));
        }
        let source = match keys.source {
            None => 0,
            Some(source) => self.names.number_or_new(source),
        };
        let (published, captured) =
            marks(seq, keys.article, &digest, keys.published.as_ref(), keys.captured, source);
        self.rows.by_date.push((published.date_key(), Box::default()));
        self.rows.by_captured.push((captured.date_key(), Box::default()));
        self.rows.by_source.push((published.source_key(), Box::default()));
        if let Some(url) = keys.url {
            self.rows.by_url.push((keys::url_key(url_hash(url), seq, keys.article), Box::default()));
        }
        Ok(())
    }

    /// Something else holds of a capture from an entry on. One that was lost has nothing that could be corrected.
    fn correct(&mut self, seq: u64, article: u64, name: &Digest, correction: &Correction) -> Result<()> {
        let digest = match self.new_article(article) {
            Some(new) => new.digest,
            None if self.state.is_unreadable(article) => return Ok(()),
            None => self.view.article(article)?.digest,
        };
        let Some(capture) = self.capture_named(article, name)? else { return Ok(()) };
        if !self.corrected.contains_key(&capture) {
            let standings = self.standings(capture, article)?;
            self.corrected.insert(capture, Moved { article, digest, standings });
        }
        let Moved { standings, .. } = self.corrected.get_mut(&capture).expect("it was put in");
        let (_, last) = standings.last().expect("it stands somewhere since it came");
        let mut standing = last.clone();
        standing.correct(correction, |source| self.names.number_or_new(source));
        standings.push((seq, standing));
        self.note(article, seq, &CorrectionRow::Capture(capture));
        Ok(())
    }

    fn note(&mut self, article: u64, seq: u64, what: &CorrectionRow) {
        if !self.state.is_unreadable(article) {
            self.state.correct(article, seq, what);
            self.rows.corrections.push((keys::article_key(article, seq), what.encode()));
        }
    }

    /// The capture of an article with this name.
    fn capture_named(&mut self, article: u64, name: &Digest) -> Result<Option<u64>> {
        if let Some(named) = self.named.get(&article) {
            return Ok(named.get(name).copied());
        }
        let mut seqs = match self.new_article(article) {
            Some(_) => Vec::new(),
            None => self.view.captures_of(article, self.view.article(article)?.first_seq)?,
        };
        let rows = &self.rows.captures;
        let captured = self.captured.get_or_insert_with(|| {
            let mut captured = HashMap::<u64, Vec<u64>>::new();
            for (key, row) in rows {
                let entry = RawEntry::of_row(row).ok().filter(RawEntry::is_capture);
                for article in entry.map(|entry| entry.about()).unwrap_or_default() {
                    captured.entry(article).or_default().push(keys::read_number(key));
                }
            }
            captured
        });
        seqs.extend(captured.get(&article).into_iter().flatten());
        let mut named = HashMap::new();
        for seq in seqs {
            named.entry(self.raw_entry(seq)?.capture_name()).or_insert(seq);
        }
        let found = named.get(name).copied();
        self.named.insert(article, named);
        Ok(found)
    }

    /// An entry that is no article, of these commits or before them.
    fn raw_entry(&self, seq: u64) -> Result<RawEntry> {
        match self.rows.captures.binary_search_by_key(&keys::number(seq), |row| row.0) {
            Ok(at) => RawEntry::of_row(&self.rows.captures[at].1).map_err(damaged),
            Err(_) => self.view.raw_entry(seq),
        }
    }

    /// Where a capture stood before these commits.
    fn standings(&mut self, seq: u64, article: u64) -> Result<Vec<(u64, Standing)>> {
        let entry = self.raw_entry(seq)?;
        let keys = capture_keys(&entry.bytes).map_err(damaged)?;
        let source = keys.source.map_or(0, |source| self.names.number_or_new(source));
        let corrections = self.view.corrections(article, seq)?;
        Ok(standings(seq, Standing::of(&keys, source), &corrections, |source| {
            self.names.number_or_new(source)
        }))
    }

    fn tags(&mut self, seq: u64, article: u64, added: &[String], removed: &[String]) -> Result<()> {
        if let std::collections::btree_map::Entry::Vacant(unknown) = self.tagged.entry(article) {
            let all = self.view.tagged_row(article)?;
            let open = (0..).zip(&all).filter(|(_, tagged)| tagged.until.is_none());
            let open = open.map(|(at, tagged)| (tagged.tag, at)).collect();
            unknown.insert(Tags { all, open });
        }
        let tags = self.tagged.get_mut(&article).expect("it was put in");
        for tag in added {
            let tag = self.state.tag_number_or_new(tag);
            tags.open.entry(tag).or_insert_with(|| {
                tags.all.push(Tagged { tag, since: seq, until: None });
                tags.all.len() - 1
            });
        }
        for tag in removed {
            let open = self.state.tag_number(tag).and_then(|tag| tags.open.remove(&tag));
            if let Some(at) = open {
                tags.all[at].until = Some(seq);
            }
        }
        Ok(())
    }

    /// An article is not part of the archive any more, and neither are its captures.
    fn remove(&mut self, article: u64, digest: Digest, originals: Vec<Digest>, seq: u64) -> Result<()> {
        // One that names another text keeps that out, and costs this article nothing.
        let is_other = !self.state.is_unreadable(article)
            && match self.new_article(article) {
                Some(new) => new.digest,
                None => self.view.article(article)?.digest,
            } != digest;
        let article = if is_other { 0 } else { article };
        if !self.state.is_unreadable(article) && !self.state.dead().contains(article) {
            let (text_bytes, before) = match self.new_article(article) {
                Some(new) => (new.text_bytes, u64::from(self.is_capture(new.first_seq, article))),
                None => {
                    let row = self.view.article(article)?;
                    (row.text_bytes(), self.view.captures_of(article, row.first_seq)?.len() as u64)
                }
            };
            // Those of these commits have no rows yet.
            let later = self.rows.by_article.iter().filter(|(key, _)| key[..5] == keys::number(article));
            let applied = &mut self.state.applied;
            applied.articles -= 1;
            applied.text_bytes -= text_bytes;
            applied.captures -= before + later.count() as u64;
        }
        self.rows.removals.push((keys::number(seq), removal_row(article, digest, originals.clone())));
        self.state.remove(article, digest, originals);
        Ok(())
    }

    /// Whether an entry of these commits is a capture of an article that can be read.
    fn is_capture(&self, seq: u64, article: u64) -> bool {
        self.raw_entry(seq).is_ok_and(|entry| entry.is_capture() && entry.about() == [article])
    }

    pub fn finish(mut self, position: Position) -> Result<(Rows, State)> {
        self.misses_first();
        let Applying { mut rows, mut state, names, known, tagged, queries, corrected, .. } = self;
        if !corrected.is_empty() {
            for (seq, Moved { article, digest, standings }) in corrected {
                let indexed = indexed(seq, article, &digest, &standings);
                rows.by_date.extend(indexed.by_date);
                rows.by_captured.extend(indexed.by_captured);
                rows.by_source.extend(indexed.by_source);
                rows.by_url.extend(indexed.by_url);
            }
            keep_last(&mut rows.by_date);
            keep_last(&mut rows.by_captured);
            keep_last(&mut rows.by_source);
            keep_last(&mut rows.by_url);
        }
        for (number, name) in (1u32..).zip(names.names()).skip(known.0) {
            rows.sources.push((number.to_be_bytes(), name.as_str().as_bytes().into()));
        }
        for (number, name) in (1u32..).zip(state.tags()).skip(known.1) {
            rows.tag_names.push((number.to_be_bytes(), name.as_bytes().into()));
        }
        for (since, saved) in queries {
            rows.queries.push((keys::number(since), codec::encode(&saved).into()));
        }
        for (article, tags) in tagged {
            for Tagged { tag, since, until } in &tags.all {
                let until = until.map_or(Box::default(), |until| keys::number(until).into());
                rows.by_tag.push((keys::tag_key(*tag, article, *since), until));
            }
            rows.tags.push((keys::number(article), codec::encode(&tags.all).into()));
        }
        state.applied.position = position;
        state.set_names(names);
        Ok((rows, state))
    }
}

fn removal_row(article: u64, digest: Digest, originals: Vec<Digest>) -> Box<[u8]> {
    codec::encode(&(article, digest, originals)).into()
}

/// Of rows with the same key, the last one is right.
fn keep_last<const K: usize>(rows: &mut Vec<Row<K>>) {
    rows.reverse();
    rows.sort_by_key(|(key, _)| *key);
    rows.dedup_by_key(|(key, _)| *key);
}
