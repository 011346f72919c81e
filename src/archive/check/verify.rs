//! Looking through an archive.

use super::{Depth, Finding, Report, texts};
use crate::archive::derive;
use crate::archive::layout::LOST;
use crate::archive::lock::Hold;
use crate::archive::originals::Raws;
use crate::archive::recover::Halves;
use crate::bytes::fs::{IoContext, is_there};
use crate::ledger::{
    self, ArticleRow, CaptureKeys, Entry, Frames, Numbered, Position, RawEntry, Record, Step, capture_keys,
    tail,
};
use crate::model::error::unless_damaged;
use crate::model::{Digest, Error, Result};
use crate::store::{self, Direction, Rows, Store, Tables, View, damaged, keys};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

/// Checks an archive without changing anything but what opening sled changes. What cannot be written is read as far as that goes:
/// the ledger and the originals need no writing, the store does. `stop` is asked now and then.
pub fn verify(dir: &Path, depth: Depth, wait: Duration, stop: &dyn Fn() -> bool) -> Result<Report> {
    let hold = Hold::look(dir, wait)?;
    look_through(&hold, depth, Unreadable::Noted, stop)
}

/// What to do about a store that the system does not let us open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Look at the rest.
    Noted,
    /// Give up: what the store has decides what is mended.
    Fails,
}

/// The originals that captures name and this archive was to keep, each with the first capture that does.
pub(super) type Named = BTreeMap<Digest, u64>;

pub(super) fn look_through(
    hold: &Hold,
    depth: Depth,
    unreadable: Unreadable,
    stop: &dyn Fn() -> bool,
) -> Result<Report> {
    let halves = Halves::of(&hold.layout, hold.uuid);
    let mut report = Report::new();
    let mut named = Named::new();
    let end = walk_ledger(&halves, depth, &mut report, stop)?;
    let mut reached = Position::START;
    match open_store(hold, unreadable)? {
        Opened::Not(why) => {
            count_ledger(&halves, &mut report, stop)?;
            report.notes.push(why);
        }
        Opened::Damaged(what) => report.store(format!("it does not open: {what}")),
        Opened::Store(store) => {
            let at = store.applied().position;
            if at.next_seq > end.next_seq && report.ledger_is_whole {
                report.ledger(
                    "its end".to_owned(),
                    format!("{} captures that the store has are missing", at.next_seq - end.next_seq),
                );
            } else if at.next_seq == end.next_seq && at.head != end.head {
                report.store("it does not agree with the ledger: their heads differ");
            }
            let walked = walk_store(&store, hold.uuid, depth, &mut report, &mut named, stop).and_then(|()| {
                if depth == Depth::Structure {
                    Ok(())
                } else {
                    compare(&halves, &store, depth, &mut report, stop)
                }
            });
            match walked {
                Err(Error::Store { what }) => report.store(what),
                walked => walked?,
            }
            if report.store_is_whole && report.ledger_is_whole {
                reached = at;
            }
            store.let_go()?;
        }
    }
    check_tails(&halves, &mut report)?;
    let lost = hold.layout.ledger().join(LOST);
    if is_there(&lost)? {
        let lines = std::fs::read_to_string(&lost).doing("read", &lost)?;
        report.notes.extend(lines.lines().map(|line| format!("lost, as a repair found: {line}")));
    }
    if hold.unnamed {
        report
            .notes
            .push("pressmark.toml is missing or damaged: the next opening writes it again".to_owned());
    }
    if depth != Depth::Structure {
        check_indexes(hold, &mut report)?;
    }
    let raws = Raws::of(hold.layout.dir());
    name_raws(&halves, hold.uuid, reached, &mut named, stop)?;
    check_raws(&raws, &named, depth, &mut report, stop)?;
    Ok(report)
}

/// What came of opening the store.
enum Opened {
    Store(Box<Store>),
    Damaged(String),
    /// It was not looked at, for this reason.
    Not(String),
}

fn open_store(hold: &Hold, unreadable: Unreadable) -> Result<Opened> {
    let path = hold.layout.store();
    if !is_there(&path)? {
        let why = "there is no store: the next opening builds it from the ledger";
        return Ok(Opened::Not(why.to_owned()));
    }
    let not = |why: &str| Opened::Not(format!("did not look at the store, which needs writing: {why}"));
    if !hold.alone {
        return Ok(not("the archive cannot be written"));
    }
    match Store::open(&path) {
        Ok(store) => Ok(Opened::Store(Box::new(store))),
        Err(Error::Store { what }) => Ok(Opened::Damaged(what)),
        Err(Error::Io { source, .. }) if unreadable == Unreadable::Noted => Ok(not(&source.to_string())),
        Err(e) => Err(e),
    }
}

/// What was set aside, or will be by the next opening.
fn check_tails(halves: &Halves, report: &mut Report) -> Result<()> {
    let ledger = halves.layout.ledger();
    for tail::Tail { path, bytes, accepted } in tail::list(&ledger)? {
        let place = path.display().to_string();
        if accepted {
            report
                .notes
                .push(format!("{place} is kept: {bytes} bytes that were accepted as no part of the archive"));
        } else {
            report.add(Finding::Tail { place, bytes });
        }
    }
    if Record::read(&ledger)? == Record::Damaged {
        let place = ledger.join(ledger::acknowledged::NAME).display().to_string();
        report.add(Finding::Ledger {
            place,
            what: "the record of what was acknowledged is unreadable".to_owned(),
        });
    }
    Ok(())
}

/// Of the derived indexes nothing is to be mended: what is wrong is made again.
fn check_indexes(hold: &Hold, report: &mut Report) -> Result<()> {
    match derive::check(&hold.layout, hold.uuid, hold.alone) {
        Ok(wrong) => wrong.into_iter().for_each(|what| report.add(Finding::Search { what })),
        Err(Error::Io { source, .. }) => {
            report.notes.push(format!("did not look at the full-text index: {source}"));
        }
        Err(e) => return Err(e),
    }
    Ok(())
}

/// Adds what captures name that come after this position of the ledger.
pub(super) fn name_raws(
    halves: &Halves,
    archive: uuid::Uuid,
    from: Position,
    named: &mut Named,
    stop: &dyn Fn() -> bool,
) -> Result<()> {
    let mut frames = Frames::from(&halves.layout.ledger(), halves.uuid, from);
    loop {
        match frames.step()? {
            _ if stop() => return Ok(()),
            Step::Frame(commit, _) => {
                for numbered in commit.numbered() {
                    let opened = numbered.entry.open(numbered.seq);
                    if let Ok(Entry::Capture { provenance, .. }) = opened {
                        named_by(named, numbered.seq, provenance.kept_by(archive));
                    }
                }
            }
            Step::End { .. } => return Ok(()),
            // Found and reported before.
            Step::Damaged { .. } if frames.skip_damage()? => {}
            Step::Damaged { .. } => return Ok(()),
        }
    }
}

fn named_by(named: &mut Named, seq: u64, original: Option<Digest>) {
    if let Some(digest) = original {
        let first = named.entry(digest).or_insert(seq);
        *first = seq.min(*first);
    }
}

/// That every original which was to be kept is there, and, with data, what it is called after.
fn check_raws(
    raws: &Raws,
    named: &Named,
    depth: Depth,
    report: &mut Report,
    stop: &dyn Fn() -> bool,
) -> Result<()> {
    let survey = raws.survey()?;
    let lost = raws.lost()?;
    let mut accepted = 0;
    for (digest, seq) in named.iter().filter(|(digest, _)| !survey.kept.contains(digest)) {
        if lost.contains(digest) {
            accepted += 1;
        } else {
            let what = format!("the original of capture {seq} is missing");
            report.add(Finding::Raw { digest: *digest, what });
        }
    }
    for (number, digest) in (0..).zip(&survey.kept) {
        if stop() {
            break;
        }
        if !depth.reads(number) {
            continue;
        }
        report.raws += 1;
        match raws.get(digest) {
            Ok(_) => {}
            Err(Error::Original { .. }) => {
                let what = "the bytes are not those".to_owned();
                report.add(Finding::Raw { digest: *digest, what });
            }
            Err(e) if e.is_of_the_system() => {
                report.unread += 1;
                report.notes.push(format!(
                    "{e}, an original{}",
                    e.source().map_or(String::new(), |e| format!(": {e}"))
                ));
            }
            Err(e) => return Err(e),
        }
    }
    if accepted > 0 {
        report.notes.push(format!("{accepted} originals are lost, which was accepted: raw/lost names them"));
    }
    if survey.set_aside > 0 {
        report.notes.push(format!("{} damaged originals are kept as raw/…/….damaged", survey.set_aside));
    }
    if let Some(first) = survey.strays.first() {
        let count = survey.strays.len();
        report
            .notes
            .push(format!("{count} files in raw/ are no originals; the first is {}", first.display()));
    }
    Ok(())
}

/// Walks the chain; after damage, from the next frame whose header is whole.
fn walk_ledger(
    halves: &Halves,
    depth: Depth,
    report: &mut Report,
    stop: &dyn Fn() -> bool,
) -> Result<Position> {
    let ledger = halves.layout.ledger();
    if !is_there(&ledger)? {
        report.ledger(ledger.display().to_string(), "the directory is missing".to_owned());
        return Ok(Position::START);
    }
    let mut frames = Frames::from(&ledger, halves.uuid, Position::START);
    loop {
        if stop() {
            return Ok(frames.position());
        }
        frames.read_payloads(depth.reads(report.commits));
        match frames.step()? {
            Step::Frame(commit, _) => {
                report.commits += 1;
                let texts = match texts(&commit) {
                    Ok(texts) => texts,
                    Err(what) => {
                        report.ledger(format!("the commit of capture {}", commit.first_seq), what);
                        continue;
                    }
                };
                for (number, row, body) in texts {
                    report.hashed += 1;
                    if row.with_body(body).is_err() {
                        report.ledger(
                            format!("article {number}"),
                            format!("its text does not have its digest {}", row.digest),
                        );
                    }
                }
            }
            Step::End { position, torn } => {
                if let Some(torn) = torn.filter(|torn| !torn.never_acknowledged) {
                    let length = torn.path.metadata().doing("read", &torn.path)?.len();
                    let place = format!("{} at byte {}", torn.path.display(), torn.keep_bytes);
                    report.add(Finding::Tail { place, bytes: length - torn.keep_bytes });
                }
                return Ok(position);
            }
            Step::Damaged { place, what, .. } => {
                report.ledger(place, what);
                if !frames.skip_damage()? {
                    return Ok(frames.position());
                }
            }
        }
    }
}

/// Every row of the store, and for every row the rows that belong to it. Since the numbers of rows are compared as well,
/// no index has a row too many either.
fn walk_store(
    store: &Store,
    archive: uuid::Uuid,
    depth: Depth,
    report: &mut Report,
    named: &mut Named,
    stop: &dyn Fn() -> bool,
) -> Result<()> {
    let (view, applied) = (store.written(), store.applied());
    let trees = view.tables();
    let names = view.names()?;
    let (mut expected, mut digests, mut texts, mut bodies) = (1, 0, 0, 0);
    for row in trees.articles.rows() {
        let row = row?;
        let number = keys::read_number(row.key());
        if stop() {
            return Ok(());
        }
        if number != expected {
            report.store(format!("article {expected} is missing"));
        }
        expected = number + 1;
        let article = match unless_damaged(view.article_entry(number))? {
            Some((first_seq, entry)) => {
                report.later += u64::from(entry.is_later());
                entry.open(first_seq)
            }
            None => {
                report.store(format!("article {number} is not readable"));
                continue;
            }
        };
        let article = match article {
            Ok(Entry::Article(article)) => article,
            Ok(Entry::Gone { .. }) => {
                report.gone += 1;
                continue;
            }
            Ok(_) => {
                bodies += 1;
                continue;
            }
            Err(e) => {
                report.store(format!("article {number} is not readable: {e}"));
                continue;
            }
        };
        (texts, bodies) = (texts + 1, bodies + 1);
        report.articles += u64::from(view.has(number));
        report.rows += 1;
        digests += 1;
        if trees.digests.get(&keys::digest_key(&article.digest, number))?.is_none() {
            report.store(format!("article {number} is missing in digests"));
        }
        if depth.reads(number) {
            report.hashed += 1;
            check_text(&view, number, &article, report)?;
        }
    }
    let mut seen = Seen::default();
    expected = 1;
    for row in trees.captures.rows() {
        let row = row?;
        let seq = keys::read_number(row.key());
        if stop() {
            return Ok(());
        }
        if seq != expected {
            report.store(format!("capture {expected} is missing"));
        }
        expected = seq + 1;
        let entry = RawEntry::of_row(&row).and_then(|entry| entry.open(seq).map(|opened| (entry, opened)));
        let Ok((entry, opened)) = entry else {
            report.store(format!("capture {seq} is not readable"));
            continue;
        };
        report.later += u64::from(entry.is_later());
        match opened {
            Entry::Capture { article: number, provenance } => {
                named_by(named, seq, provenance.kept_by(archive));
                let keys = capture_keys(&entry.bytes).map_err(damaged)?;
                if view.is_unreadable(number) {
                    continue;
                }
                report.captures += u64::from(view.has(number));
                let Some(article) = unless_damaged(view.article(number))? else {
                    report.store(format!("capture {seq} is of article {number}, which is missing"));
                    continue;
                };
                let Some(source) = names.number(provenance.source.as_ref()) else {
                    report.store(format!("capture {seq} has a source without a number"));
                    continue;
                };
                seen.capture(trees, seq, &article, &keys, source, report)?;
            }
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
                if seen.removed.insert((article, digest.0)) {
                    report.removed += 1;
                    digests += u64::from(view.is_unreadable(article));
                }
            }
            Entry::Gone { .. } => report.gone += 1,
            Entry::Article(_) | Entry::Later { .. } => {}
        }
    }
    let counts =
        [("articles", report.articles, applied.articles), ("captures", report.captures, applied.captures)];
    for (what, found, counted) in counts {
        if found != counted {
            report.store(format!("there are {found} {what}, and {counted} are counted"));
        }
    }
    seen.check(&view, texts, digests, report)?;
    if depth == Depth::Data {
        // A killed ingest leaves bodies of commits that the store does not have yet; the next opening goes on there.
        let last = keys::number(applied.position.next_article - 1);
        let found = count(trees.bodies.range(keys::number(0), last, Direction::Up))?;
        if found != bodies {
            report.store(format!("bodies has {found} rows instead of {bodies}"));
        }
    }
    Ok(())
}

/// What the entries of a store say that its indexes should have.
#[derive(Default)]
struct Seen {
    captures: u64,
    later: u64,
    urls: u64,
    removed: BTreeSet<(u64, [u8; 32])>,
    tags: BTreeMap<u64, BTreeSet<String>>,
    queries: BTreeMap<String, String>,
}

impl Seen {
    fn capture(
        &mut self,
        trees: &Tables,
        seq: u64,
        article: &ArticleRow,
        keys: &CaptureKeys<'_>,
        source: u32,
        report: &mut Report,
    ) -> Result<()> {
        self.captures += 1;
        let number = keys.article;
        let (published, captured) =
            store::marks(seq, number, &article.digest, keys.published.as_ref(), keys.captured, source);
        let mut rows = vec![
            ("by_date", trees.by_date.get(&published.date_key())?.is_some()),
            ("by_captured", trees.by_captured.get(&captured.date_key())?.is_some()),
            ("by_source", trees.by_source.get(&published.source_key())?.is_some()),
        ];
        if let Some(url) = keys.url {
            self.urls += 1;
            let key = keys::url_key(store::url_hash(url), seq, number);
            rows.push(("by_url", trees.by_url.get(&key)?.is_some()));
        }
        if article.first_seq != seq {
            self.later += 1;
            rows.push(("by_article", trees.by_article.get(&keys::article_key(number, seq))?.is_some()));
        }
        report.rows += rows.len() as u64;
        for (tree, _) in rows.into_iter().filter(|(_, there)| !there) {
            report.store(format!("capture {seq} is missing in {tree}"));
        }
        Ok(())
    }

    /// That the indexes have what they should, and nothing else.
    fn check(self, view: &View, texts: u64, digests: u64, report: &mut Report) -> Result<()> {
        let trees = view.tables();
        if self.queries != view.queries() {
            report.store("the saved queries are not those that were saved".to_owned());
        }
        let mut tagged = BTreeMap::<String, u64>::new();
        for (article, tags) in self.tags {
            if !view.tags_of(article)?.iter().eq(&tags) {
                report.store(format!("the tags of article {article} are not those that it was given"));
            }
            if view.has(article) {
                tags.into_iter().for_each(|tag| *tagged.entry(tag).or_default() += 1);
            }
        }
        if !view.tag_counts()?.into_iter().eq(tagged) {
            report.store("by_tag does not have the articles that have tags".to_owned());
        }
        debug_assert!(digests >= texts, "every text has a digest");
        let counts = [
            ("digests", count(trees.digests.rows())?, digests),
            ("by_article", count(trees.by_article.rows())?, self.later),
            ("by_date", count(trees.by_date.rows())?, self.captures),
            ("by_captured", count(trees.by_captured.rows())?, self.captures),
            ("by_source", count(trees.by_source.rows())?, self.captures),
            ("by_url", count(trees.by_url.rows())?, self.urls),
        ];
        for (tree, found, expected) in counts {
            if found != expected {
                report.store(format!("{tree} has {found} rows instead of {expected}"));
            }
        }
        Ok(())
    }
}

/// Counts what the ledger has, where there is no store to ask.
fn count_ledger(halves: &Halves, report: &mut Report, stop: &dyn Fn() -> bool) -> Result<()> {
    let mut frames = Frames::from(&halves.layout.ledger(), halves.uuid, Position::START);
    loop {
        match frames.step()? {
            _ if stop() => return Ok(()),
            Step::Frame(commit, _) => {
                let there = commit.entries.iter().filter(|entry| !entry.gone);
                let articles = there.clone().filter(|entry| entry.is_article()).count();
                report.articles += articles as u64;
                report.later += commit.entries.iter().filter(|entry| entry.is_later()).count() as u64;
                report.captures += there.filter(|entry| entry.is_capture()).count() as u64;
            }
            Step::End { .. } => return Ok(()),
            // Found and reported before.
            Step::Damaged { .. } if frames.skip_damage()? => {}
            Step::Damaged { .. } => return Ok(()),
        }
    }
}

fn count<const K: usize>(mut rows: Rows<K>) -> Result<u64> {
    rows.try_fold(0, |count, row| row.map(|_| count + 1))
}

fn check_text(view: &View, number: u64, row: &ArticleRow, report: &mut Report) -> Result<()> {
    match view.body(number) {
        Err(Error::Store { what }) => report.store(what),
        body => {
            if row.with_body(body?).is_err() {
                report.store(format!("the text of article {number} does not have its digest {}", row.digest));
            }
        }
    }
    Ok(())
}

/// That ledger and store say the same of every article and capture.
fn compare(
    halves: &Halves,
    store: &Store,
    depth: Depth,
    report: &mut Report,
    stop: &dyn Fn() -> bool,
) -> Result<()> {
    let mut frames = Frames::from(&halves.layout.ledger(), halves.uuid, Position::START);
    let (view, mut number) = (store.written(), 0);
    loop {
        if stop() {
            return Ok(());
        }
        frames.read_payloads(depth.reads(number));
        match frames.step()? {
            Step::Frame(commit, after) => {
                number += 1;
                if after.next_seq > store.applied().position.next_seq {
                    return Ok(());
                }
                for Numbered { seq, article, entry } in commit.numbered() {
                    let (what, number, has) = match entry.is_article() {
                        true => ("article", article, view.article_entry(article).map(|(_, entry)| entry)),
                        false => ("capture", seq, view.raw_entry(seq)),
                    };
                    if unless_damaged(has)?.as_ref() != Some(entry) {
                        report.store(format!("{what} {number} is not what the ledger has"));
                    }
                }
            }
            Step::End { .. } => return Ok(()),
            // Found and reported before.
            Step::Damaged { .. } if frames.skip_damage()? => {}
            Step::Damaged { .. } => return Ok(()),
        }
    }
}
