//! Every row of the store, and for every row the rows that belong to it.

use super::verify::{Named, named_by};
use super::{Depth, Report};
use crate::ledger::{ArticleRow, CaptureKeys, Entry, RawEntry, capture_keys};
use crate::model::error::unless_damaged;
use crate::model::{Digest, Error, Language, Result};
use crate::store::{
    self, CorrectionRow, Direction, Rows, SourceNames, Standing, Store, Table, View, damaged, keys,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Looks at every article and every capture, and looks up the rows that each should have in the indexes. Since the numbers of rows
/// are compared as well, no index has a row too many either.
pub(super) fn walk(
    store: &Store,
    archive: uuid::Uuid,
    depth: Depth,
    report: &mut Report,
    named: &mut Named,
    stop: &dyn Fn() -> bool,
) -> Result<()> {
    let (view, applied) = (store.written(), store.applied());
    let names = view.names()?;
    let mut walk = Walk { view, names, depth, report, seen: Seen::default() };
    if !walk.articles(stop)? || !walk.captures(archive, named, stop)? {
        return Ok(());
    }
    let counts = [
        ("articles", walk.report.articles, applied.articles),
        ("captures", walk.report.captures, applied.captures),
    ];
    for (what, found, counted) in counts {
        if found != counted {
            walk.report.store(format!("there are {found} {what}, and {counted} are counted"));
        }
    }
    walk.lists()?;
    walk.sizes(applied.position.next_article)
}

/// What the entries of a store say that its indexes should have.
#[derive(Default)]
struct Seen {
    /// Captures of an article that was there before.
    later: u64,
    by_date: u64,
    by_captured: u64,
    by_source: u64,
    by_url: u64,
    texts: u64,
    digests: u64,
    bodies: u64,
    corrections: u64,
    removed: BTreeSet<(u64, [u8; 32])>,
    tags: BTreeMap<u64, BTreeSet<String>>,
    queries: BTreeMap<String, String>,
}

struct Walk<'a> {
    view: View,
    names: Arc<SourceNames>,
    depth: Depth,
    report: &'a mut Report,
    seen: Seen,
}

impl Walk<'_> {
    /// Every article; `false` if it was told to stop.
    fn articles(&mut self, stop: &dyn Fn() -> bool) -> Result<bool> {
        let mut expected = 1;
        for row in self.view.tables().articles.rows() {
            let number = keys::read_number(row?.key());
            if stop() {
                return Ok(false);
            }
            if number != expected {
                self.report.store(format!("article {expected} is missing"));
            }
            expected = number + 1;
            self.article(number)?;
        }
        Ok(true)
    }

    fn article(&mut self, number: u64) -> Result<()> {
        let Some((first_seq, entry)) = unless_damaged(self.view.article_entry(number))? else {
            self.report.store(format!("article {number} is not readable"));
            return Ok(());
        };
        self.report.later += u64::from(entry.is_later());
        let article = match entry.open(first_seq) {
            Ok(Entry::Article(article)) => article,
            Ok(Entry::Gone { .. }) => {
                self.report.gone += 1;
                return Ok(());
            }
            Ok(_) => {
                self.seen.bodies += 1;
                return Ok(());
            }
            Err(e) => {
                self.report.store(format!("article {number} is not readable: {e}"));
                return Ok(());
            }
        };
        self.seen.texts += 1;
        self.seen.bodies += 1;
        self.seen.digests += 1;
        self.report.articles += u64::from(self.view.has(number));
        self.report.rows += 1;
        let key = keys::digest_key(&article.digest, number);
        if self.view.tables().digests.get(&key)?.is_none() {
            self.report.store(format!("article {number} is missing in digests"));
        }
        if self.depth.reads(number) {
            self.report.hashed += 1;
            self.text(number, &article)?;
        }
        Ok(())
    }

    fn text(&mut self, number: u64, row: &ArticleRow) -> Result<()> {
        match self.view.body(number) {
            Err(Error::Store { what }) => self.report.store(what),
            body => {
                if row.with_body(body?).is_err() {
                    let digest = row.digest;
                    self.report
                        .store(format!("the text of article {number} does not have its digest {digest}"));
                }
            }
        }
        Ok(())
    }

    /// Every capture, and what else stands among them; `false` if it was told to stop.
    fn captures(&mut self, archive: uuid::Uuid, named: &mut Named, stop: &dyn Fn() -> bool) -> Result<bool> {
        let mut expected = 1;
        for row in self.view.tables().captures.rows() {
            let row = row?;
            let seq = keys::read_number(row.key());
            if stop() {
                return Ok(false);
            }
            if seq != expected {
                self.report.store(format!("capture {expected} is missing"));
            }
            expected = seq + 1;
            let entry =
                RawEntry::of_row(&row).and_then(|entry| entry.open(seq).map(|opened| (entry, opened)));
            let Ok((entry, opened)) = entry else {
                self.report.store(format!("capture {seq} is not readable"));
                continue;
            };
            self.report.later += u64::from(entry.is_later());
            if let Entry::Capture { article, provenance } = opened {
                named_by(named, seq, provenance.kept_by(archive));
                let keys = capture_keys(&entry.bytes).map_err(damaged)?;
                if !self.view.is_unreadable(article) {
                    self.capture(seq, &keys, self.names.number(provenance.source.as_ref()))?;
                }
            } else if let Entry::Correction { article, capture, .. } = &opened {
                self.correction(seq, *article, Ok(capture))?;
            } else if let Entry::Language { article, language, .. } = &opened {
                self.correction(seq, *article, Err(*language))?;
            } else {
                self.other(opened);
            }
        }
        Ok(true)
    }

    /// The rows of the indexes that a capture should have.
    fn capture(&mut self, seq: u64, keys: &CaptureKeys<'_>, source: Option<u32>) -> Result<()> {
        let number = keys.article;
        self.report.captures += u64::from(self.view.has(number));
        let Some(article) = unless_damaged(self.view.article(number))? else {
            self.report.store(format!("capture {seq} is of article {number}, which is missing"));
            return Ok(());
        };
        let Some(source) = source else {
            self.report.store(format!("capture {seq} has a source without a number"));
            return Ok(());
        };
        let tables = self.view.tables();
        let first = Standing::of(keys, source);
        let corrections = self.view.corrections(number, seq)?;
        let standings =
            store::standings(seq, first, &corrections, |source| self.names.number_of(source).unwrap_or(0));
        let mut expected = store::indexed(seq, number, &article.digest, &standings);
        if corrections.is_empty() {
            // Rows say nothing of when they hold where that is always.
            expected.leave_out_times();
        }
        let mut missing = Vec::new();
        let mut look = |tree: &'static str, seen: &mut u64, found: Vec<bool>| {
            *seen += found.len() as u64;
            missing.extend(found.into_iter().filter(|found| !found).map(|_| tree));
        };
        let seen = &mut self.seen;
        look("by_date", &mut seen.by_date, found(&tables.by_date, &expected.by_date)?);
        look("by_captured", &mut seen.by_captured, found(&tables.by_captured, &expected.by_captured)?);
        look("by_source", &mut seen.by_source, found(&tables.by_source, &expected.by_source)?);
        look("by_url", &mut seen.by_url, found(&tables.by_url, &expected.by_url)?);
        if article.first_seq != seq {
            let there = tables.by_article.get(&keys::article_key(number, seq))?.is_some();
            look("by_article", &mut seen.later, vec![there]);
        }
        self.report.rows += (expected.rows() + usize::from(article.first_seq != seq)) as u64;
        missing.dedup();
        for tree in missing {
            self.report.store(format!("capture {seq} is missing in {tree}"));
        }
        Ok(())
    }

    /// The row that a correction should have: of a capture with this name, or of the language of its article.
    fn correction(
        &mut self,
        seq: u64,
        article: u64,
        what: std::result::Result<&Digest, Option<Language>>,
    ) -> Result<()> {
        let row = self.view.tables().corrections.get(&keys::article_key(article, seq))?;
        let row = row.map(|row| CorrectionRow::decode(&row)).transpose()?;
        self.seen.corrections += u64::from(row.is_some());
        let is_right = match (&row, what) {
            (Some(CorrectionRow::Capture(of)), Ok(name)) => {
                unless_damaged(self.view.raw_entry(*of))?.is_some_and(|of| of.capture_name() == *name)
            }
            (Some(CorrectionRow::Language(of)), Err(language)) => *of == language,
            // What it corrects may have been lost before.
            (None, Ok(name)) => self.view.is_unreadable(article) || !self.has_capture(article, name)?,
            (None, Err(_)) => self.view.is_unreadable(article),
            _ => false,
        };
        if !is_right {
            self.report.store(format!("correction {seq} is missing in corrections"));
        }
        Ok(())
    }

    fn has_capture(&self, article: u64, name: &Digest) -> Result<bool> {
        let Some(row) = unless_damaged(self.view.article(article))? else { return Ok(false) };
        for seq in self.view.captures_of(article, row.first_seq)? {
            if self.view.raw_entry(seq)?.capture_name() == *name {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is said of articles beside their captures.
    fn other(&mut self, entry: Entry) {
        let seen = &mut self.seen;
        match entry {
            Entry::Tags { article, added, removed, .. } => {
                let has = seen.tags.entry(article).or_default();
                has.extend(added);
                has.retain(|tag| !removed.contains(tag));
            }
            Entry::Saved { name, query, .. } => drop(match query {
                Some(query) => seen.queries.insert(name, query),
                None => seen.queries.remove(&name),
            }),
            Entry::Removal { article, digest, .. } => {
                let is_new = seen.removed.insert((article, digest.0));
                self.report.removed += u64::from(is_new);
            }
            Entry::Gone { .. } => self.report.gone += 1,
            _ => {}
        }
    }

    /// That the saved queries and the tags are those that were given.
    fn lists(&mut self) -> Result<()> {
        if self.seen.queries != self.view.queries() {
            self.report.store("the saved queries are not those that were saved");
        }
        let mut tagged = BTreeMap::<String, u64>::new();
        for (article, tags) in std::mem::take(&mut self.seen.tags) {
            if !self.view.tags_of(article)?.iter().eq(&tags) {
                self.report.store(format!("the tags of article {article} are not those that it was given"));
            }
            if self.view.has(article) {
                tags.into_iter().for_each(|tag| *tagged.entry(tag).or_default() += 1);
            }
        }
        if !self.view.tag_counts()?.into_iter().eq(tagged) {
            self.report.store("by_tag does not have the articles that have tags");
        }
        Ok(())
    }

    /// That no index has a row too many.
    fn sizes(&mut self, next_article: u64) -> Result<()> {
        let (tables, seen) = (self.view.tables(), &self.seen);
        debug_assert!(seen.digests >= seen.texts, "every text has a digest");
        let mut sizes = vec![
            ("digests", count(tables.digests.rows())?, seen.digests),
            ("by_article", count(tables.by_article.rows())?, seen.later),
            ("by_date", count(tables.by_date.rows())?, seen.by_date),
            ("by_captured", count(tables.by_captured.rows())?, seen.by_captured),
            ("by_source", count(tables.by_source.rows())?, seen.by_source),
            ("by_url", count(tables.by_url.rows())?, seen.by_url),
            ("corrections", count(tables.corrections.rows())?, seen.corrections),
        ];
        if self.depth == Depth::Data {
            // A killed ingest leaves bodies of commits that the store does not have yet; the next opening goes on there.
            let last = keys::number(next_article - 1);
            let found = count(tables.bodies.range(keys::number(0), last, Direction::Up))?;
            sizes.push(("bodies", found, seen.bodies));
        }
        for (tree, found, expected) in sizes {
            if found != expected {
                self.report.store(format!("{tree} has {found} rows instead of {expected}"));
            }
        }
        Ok(())
    }
}

/// Of each row that should be there, whether it is.
fn found<const K: usize>(table: &Table<K>, rows: &BTreeMap<[u8; K], Box<[u8]>>) -> Result<Vec<bool>> {
    let there = rows.iter().map(|(key, value)| Ok(table.get(key)?.is_some_and(|row| *row == **value)));
    there.collect()
}

fn count<const K: usize>(mut rows: Rows<K>) -> Result<u64> {
    rows.try_fold(0, |count, row| row.map(|_| count + 1))
}
