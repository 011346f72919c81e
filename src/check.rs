//! Verifying an archive, and mending what is found.
//!
//! [`verify`] trusts nothing: it walks the ledger's chain, and in the store every article, every capture and every row of
//! every index, in both directions. With data it reads every byte of both and recomputes every hash. [`repair`] mends
//! either half from the other; only what neither has is lost, and it says what that is.

use crate::archive::{Places, commit_from_store, private_dirs, read_config, take_lock};
use crate::codec;
use crate::digest::Digest;
use crate::error::{Error, IoContext, Result};
use crate::ledger::{ArticleRow, Commit, Entry, Frames, Ledger, Position, Step};
use crate::pack::{BadPack, Pack};
use crate::raw::Raws;
use crate::store::packed::{Direction, Rows};
use crate::store::{self, Store, damaged, keys};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How thoroughly to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Headers of the ledger, and every row of the store but the bodies.
    #[default]
    Structure,
    /// And every byte.
    Data,
    /// And every byte of one part of so many: parts are numbered from 1.
    Part {
        /// Which one.
        part: u64,
        /// How many there are.
        of: u64,
    },
}

impl Depth {
    fn reads(self, number: u64) -> bool {
        match self {
            Depth::Structure => false,
            Depth::Data => true,
            Depth::Part { part, of } => number % of == part % of,
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// In the ledger.
    Ledger {
        /// Segment and offset.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// In the store.
    Store {
        /// What is wrong.
        what: String,
    },
    /// In the full-text index, which is made again.
    Search {
        /// What is wrong.
        what: String,
    },
    /// In an original input that is kept.
    Raw {
        /// Its name.
        digest: Digest,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Ledger { place, what } => write!(f, "ledger: {place}: {what}"),
            Finding::Store { what } => write!(f, "store: {what}"),
            Finding::Search { what } => write!(f, "search: {what}; the next search makes the index again"),
            Finding::Raw { digest } => {
                write!(f, "raw: {digest}: the bytes are not those; the input is kept nowhere else")
            }
        }
    }
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Commits in the ledger.
    pub commits: u64,
    /// Captures in the store.
    pub captures: u64,
    /// Articles in the store.
    pub articles: u64,
    /// Articles whose text was hashed again, in the ledger and in the store.
    pub hashed: u64,
    /// Original inputs that were read and hashed.
    pub raws: u64,
    /// Rows of indexes that were looked up.
    pub rows: u64,
    /// What is wrong; a thousand at the most.
    pub findings: Vec<Finding>,
    /// Whether nothing is wrong with the ledger.
    pub ledger_is_whole: bool,
    /// Whether nothing is wrong with the store.
    pub store_is_whole: bool,
}

const FINDINGS_MAX: usize = 1000;

impl Report {
    fn new() -> Report {
        let (commits, captures, articles, hashed, raws, rows, findings) = Default::default();
        Report {
            commits,
            captures,
            articles,
            hashed,
            raws,
            rows,
            findings,
            ledger_is_whole: true,
            store_is_whole: true,
        }
    }

    fn store(&mut self, what: impl ToString) {
        self.store_is_whole = false;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding::Store { what: what.to_string() });
        }
    }

    fn ledger(&mut self, place: String, what: String) {
        self.ledger_is_whole = false;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding::Ledger { place, what });
        }
    }

    fn raw(&mut self, digest: Digest) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding::Raw { digest });
        }
    }
}

/// Checks an archive without changing anything but what opening sled changes. `stop` is asked now and then.
pub fn verify(dir: &Path, depth: Depth, wait: Duration, stop: &dyn Fn() -> bool) -> Result<Report> {
    let places = Places::of(dir, read_config(dir)?);
    let _lock = take_lock(dir, wait)?;
    let mut report = Report::new();
    let end = walk_ledger(&places, depth, &mut report, stop)?;
    match Store::open(&places.store) {
        Err(Error::Store { what }) => report.store(format!("it does not open: {what}")),
        Err(e) => return Err(e),
        Ok(store) => {
            let at = store.applied().position;
            if at.next_seq > end.next_seq && report.ledger_is_whole {
                report.ledger(
                    "its end".to_owned(),
                    format!("{} captures that the store has are missing", at.next_seq - end.next_seq),
                );
            } else if at.next_seq == end.next_seq && at.head != end.head {
                report.store("it does not agree with the ledger: their heads differ");
            }
            let walked = walk_store(&store, depth, &mut report, stop).and_then(|()| {
                if depth == Depth::Structure {
                    Ok(())
                } else {
                    compare(&places, &store, depth, &mut report, stop)
                }
            });
            match walked {
                Err(Error::Store { what }) => report.store(what),
                walked => walked?,
            }
        }
    }
    if depth != Depth::Structure {
        let search = dir.join("search");
        let wrong = match crate::search::damaged_files(&search) {
            Ok(files) => {
                files.into_iter().map(|file| format!("{file} does not have its checksum")).collect::<Vec<_>>()
            }
            Err(Error::Search { what }) => vec![what],
            Err(e) => return Err(e),
        };
        if !wrong.is_empty() {
            // It is derived: nothing is to be mended in it.
            crate::search::condemn(&search)?;
        }
        report.findings.extend(wrong.into_iter().map(|what| Finding::Search { what }));
        check_raws(&Raws::of(dir), depth, &mut report, stop)?;
    }
    Ok(report)
}

/// Hashes the original inputs that are kept.
fn check_raws(raws: &Raws, depth: Depth, report: &mut Report, stop: &dyn Fn() -> bool) -> Result<()> {
    for (number, digest) in (0..).zip(raws.digests()?) {
        if stop() {
            break;
        }
        if !depth.reads(number) {
            continue;
        }
        report.raws += 1;
        match raws.get(&digest) {
            Ok(_) => {}
            Err(Error::Digest { .. }) => report.raw(digest),
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Walks the chain; after damage, from the next frame whose header is whole.
fn walk_ledger(
    places: &Places,
    depth: Depth,
    report: &mut Report,
    stop: &dyn Fn() -> bool,
) -> Result<Position> {
    if !places.ledger.exists() {
        report.ledger(places.ledger.display().to_string(), "the directory is missing".to_owned());
        return Ok(Position::START);
    }
    let mut frames = Frames::from(&places.ledger, places.uuid, Position::START);
    loop {
        if stop() {
            return Ok(frames.position());
        }
        frames.read_payloads(depth.reads(report.commits));
        match frames.step()? {
            Step::Frame(commit, _) => {
                report.commits += 1;
                for (number, row, body) in bodies(&commit).map_err(|e| damaged(e.to_string()))? {
                    report.hashed += 1;
                    if row.with_body(body).is_err() {
                        report.ledger(
                            format!("article {number}"),
                            format!("its text does not have its digest {}", row.digest),
                        );
                    }
                }
            }
            Step::End { position, .. } => return Ok(position),
            Step::Damaged { place, what } => {
                report.ledger(place, what);
                if !frames.skip_damage()? {
                    return Ok(frames.position());
                }
            }
        }
    }
}

/// The articles of a commit with their bodies; none if its payload was not read.
fn bodies(commit: &Commit) -> std::result::Result<Vec<(u64, &ArticleRow, String)>, BadPack> {
    let mut articles = commit.articles.iter();
    let mut found = Vec::with_capacity(commit.articles.len());
    for pack in &commit.bodies {
        let pack = Pack::<5>::decode(&pack.bytes)?;
        for row in 0..pack.len() {
            if let Some(article) = articles.next() {
                let body = String::from_utf8_lossy(pack.value(row)).into_owned();
                found.push((keys::read_number(pack.key(row)), article, body));
            }
        }
    }
    Ok(found)
}

/// Every row of the store, and for every row the rows that belong to it. Since the numbers of rows are compared as well,
/// no index has a row too many either.
fn walk_store(store: &Store, depth: Depth, report: &mut Report, stop: &dyn Fn() -> bool) -> Result<()> {
    let applied = store.applied();
    let names = store.names()?;
    let mut expected = 1;
    for row in store.articles.rows() {
        let row = row?;
        let number = keys::read_number(row.key());
        if stop() {
            return Ok(());
        }
        if number != expected {
            report.store(format!("article {expected} is missing"));
        }
        expected = number + 1;
        report.articles += 1;
        let article: ArticleRow = match codec::decode(&row) {
            Ok(article) => article,
            Err(e) => {
                report.store(format!("article {number} is not readable: {e}"));
                continue;
            }
        };
        report.rows += 1;
        if store.digests.get(&keys::digest_key(&article.digest, number))?.is_none() {
            report.store(format!("article {number} is missing in digests"));
        }
        if depth.reads(number) {
            report.hashed += 1;
            check_text(store, number, &article, report);
        }
    }
    if report.articles != applied.articles() {
        report.store(format!(
            "there are {} articles, and {} are counted",
            report.articles,
            applied.articles()
        ));
    }
    let (mut later, mut urls) = (0, 0);
    let (mut tags, mut queries) = (BTreeMap::<u64, BTreeSet<String>>::new(), BTreeMap::new());
    expected = 1;
    for row in store.captures.rows() {
        let row = row?;
        let seq = keys::read_number(row.key());
        if stop() {
            return Ok(());
        }
        if seq != expected {
            report.store(format!("capture {expected} is missing"));
        }
        expected = seq + 1;
        let (number, provenance) = match codec::decode(&row) {
            Ok(Entry::Capture { article, provenance }) => (article, provenance),
            Ok(Entry::Tags { article, added, removed }) => {
                let has = tags.entry(article).or_default();
                has.extend(added);
                has.retain(|tag| !removed.contains(tag));
                continue;
            }
            Ok(Entry::Saved { name, query }) => {
                drop(match query {
                    Some(query) => queries.insert(name, query),
                    None => queries.remove(&name),
                });
                continue;
            }
            Err(_) => {
                report.captures += 1;
                report.store(format!("capture {seq} is not readable"));
                continue;
            }
        };
        report.captures += 1;
        let Ok(article) = store.article(number) else {
            report.store(format!("capture {seq} is of article {number}, which is missing"));
            continue;
        };
        let Some(source) = names.number(provenance.source.as_ref()) else {
            report.store(format!("capture {seq} has a source without a number"));
            continue;
        };
        let (published, captured) = store::marks(seq, number, &article.digest, &provenance, source);
        let mut rows = vec![
            ("by_date", store.by_date.get(&published.date_key())?.is_some()),
            ("by_captured", store.by_captured.get(&captured.date_key())?.is_some()),
            ("by_source", store.by_source.get(&published.source_key())?.is_some()),
        ];
        if let Some(url) = &provenance.url {
            urls += 1;
            rows.push((
                "by_url",
                store.by_url.get(&keys::url_key(store::url_hash(url), seq, number))?.is_some(),
            ));
        }
        if article.first_seq != seq {
            later += 1;
            rows.push(("by_article", store.by_article.get(&keys::article_key(number, seq))?.is_some()));
        }
        report.rows += rows.len() as u64;
        for (tree, _) in rows.into_iter().filter(|(_, there)| !there) {
            report.store(format!("capture {seq} is missing in {tree}"));
        }
    }
    if report.captures != applied.captures() {
        report.store(format!(
            "there are {} captures, and {} are counted",
            report.captures,
            applied.captures()
        ));
    }
    if queries != *store.queries() {
        report.store("the saved queries are not those that were saved".to_owned());
    }
    let mut tagged = BTreeMap::<String, u64>::new();
    for (article, tags) in tags {
        if !store.tags_of(article)?.iter().eq(&tags) {
            report.store(format!("the tags of article {article} are not those that it was given"));
        }
        tags.into_iter().for_each(|tag| *tagged.entry(tag).or_default() += 1);
    }
    if !store.tag_counts()?.into_iter().eq(tagged) {
        report.store("by_tag does not have the articles that have tags".to_owned());
    }
    let counts = [
        ("digests", count(store.digests.rows())?, report.articles),
        ("by_article", count(store.by_article.rows())?, later),
        ("by_date", count(store.by_date.rows())?, report.captures),
        ("by_captured", count(store.by_captured.rows())?, report.captures),
        ("by_source", count(store.by_source.rows())?, report.captures),
        ("by_url", count(store.by_url.rows())?, urls),
    ];
    for (tree, found, expected) in counts {
        if found != expected {
            report.store(format!("{tree} has {found} rows instead of {expected}"));
        }
    }
    if depth == Depth::Data {
        // A killed ingest leaves bodies of commits that the store does not have yet; the next opening goes on there.
        let ours = store.bodies.range(keys::number(0), keys::number(applied.articles()), Direction::Up);
        let found = count(ours)?;
        if found != report.articles {
            report.store(format!("bodies has {found} rows instead of {}", report.articles));
        }
    }
    Ok(())
}

fn count<const K: usize>(mut rows: Rows<'_, K>) -> Result<u64> {
    rows.try_fold(0, |count, row| row.map(|_| count + 1))
}

fn check_text(store: &Store, number: u64, row: &ArticleRow, report: &mut Report) {
    match store.body(number) {
        Err(e) => report.store(e),
        Ok(body) => {
            if row.with_body(body).is_err() {
                report.store(format!("the text of article {number} does not have its digest {}", row.digest));
            }
        }
    }
}

/// That ledger and store say the same of every article and capture.
fn compare(
    places: &Places,
    store: &Store,
    depth: Depth,
    report: &mut Report,
    stop: &dyn Fn() -> bool,
) -> Result<()> {
    let mut frames = Frames::from(&places.ledger, places.uuid, Position::START);
    let mut number = 0;
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
                for (article, row) in (commit.first_article..).zip(&commit.articles) {
                    if store.article(article).ok().as_ref() != Some(row) {
                        report.store(format!("article {article} is not what the ledger has"));
                    }
                }
                for (seq, entry) in (commit.first_seq..).zip(&commit.entries) {
                    if store.entry(seq).ok().as_ref() != Some(entry) {
                        report.store(format!("capture {seq} is not what the ledger has"));
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

/// What was mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// What was wrong.
    pub findings: Vec<Finding>,
    /// Captures that were written to the ledger again from the store.
    pub mended: u64,
    /// Captures that neither half has any more, by number; an end that is not known is `None`.
    pub lost: Vec<(u64, Option<u64>)>,
    /// Captures that are whole, of articles that are among those that are lost.
    pub orphaned: u64,
    /// Whether the store was built again.
    pub rebuilt: bool,
}

/// Checks everything and mends it: the ledger from the store, the store from the ledger. The damaged half is kept as
/// `ledger.bak` or `store.bak`.
pub fn repair(dir: &Path, wait: Duration, stop: &dyn Fn() -> bool) -> Result<Repaired> {
    let places = Places::of(dir, read_config(dir)?);
    places.finish_repair()?;
    let report = verify(dir, Depth::Data, wait, stop)?;
    let mut repaired = Repaired { findings: report.findings.clone(), ..Repaired::default() };
    if report.findings.iter().all(|finding| matches!(finding, Finding::Search { .. })) || stop() {
        return Ok(repaired);
    }
    let _lock = take_lock(dir, wait)?;
    if report.ledger_is_whole {
        places.rebuild("it was damaged".to_owned(), &mut Vec::new())?;
        repaired.rebuilt = true;
        return Ok(repaired);
    }
    let store = if report.store_is_whole { Store::open(&places.store).ok() } else { None };
    if store.is_none() && !places.ledger.exists() {
        let what =
            "it is missing, and the store cannot be read either: put one of them back from a copy".to_owned();
        return Err(Error::Ledger { place: places.ledger.display().to_string(), what });
    }
    mend(&places, store, &mut repaired)?;
    Ok(repaired)
}

/// Writes a new ledger: what is whole of the old one, and between it what the store has. Where neither has it, what comes
/// after gets new numbers.
fn mend(places: &Places, store: Option<Store>, repaired: &mut Repaired) -> Result<()> {
    let new = places.dir.join("ledger.new");
    if new.exists() {
        std::fs::remove_dir_all(&new).doing("remove", &new)?;
    }
    private_dirs().create(&new).doing("create", &new)?;
    let mut ledger = Ledger::open(&new, places.uuid, Position::START, None)?;
    let mut renumbered = Renumbered::default();
    // The number that the next capture of the old ledger should have.
    let mut expected = 1;
    let mut open_end = true;
    if places.ledger.exists() {
        let mut frames = Frames::from(&places.ledger, places.uuid, Position::START);
        loop {
            match frames.step()? {
                Step::Frame(commit, after) => {
                    if commit.first_seq > expected
                        && !(repaired.lost.is_empty()
                            && fill(&mut ledger, store.as_ref(), commit.first_seq, repaired)?)
                    {
                        // Some of it may have come from the store before that had no more.
                        let first = ledger.position().next_seq.max(expected);
                        repaired.lost.push((first, Some(commit.first_seq - 1)));
                    }
                    expected = after.next_seq;
                    let at = ledger.position();
                    let follows = repaired.lost.is_empty()
                        && (commit.first_seq, commit.first_article) == (at.next_seq, at.next_article);
                    if follows && commit.head_after(at.head) == after.head {
                        ledger.append(&commit)?;
                        continue;
                    }
                    if repaired.lost.is_empty() {
                        // The store filled the gap with something else than what was there.
                        repaired.lost.push((commit.first_seq, Some(commit.first_seq)));
                    }
                    let commit = renumbered.commit(*commit, at, &mut repaired.orphaned).map_err(damaged)?;
                    if !commit.entries.is_empty() {
                        ledger.append(&commit)?;
                    }
                }
                Step::End { .. } => {
                    open_end = false;
                    break;
                }
                Step::Damaged { .. } => {
                    if !frames.skip_damage()? {
                        break;
                    }
                }
            }
        }
    }
    let goal = store.as_ref().map(|store| store.applied().position.next_seq);
    match goal {
        Some(goal)
            if repaired.lost.is_empty()
                && goal > expected
                && !fill(&mut ledger, store.as_ref(), goal, repaired)? =>
        {
            repaired.lost.push((ledger.position().next_seq, Some(goal - 1)));
        }
        Some(_) => {}
        None if open_end => repaired.lost.push((expected, None)),
        None => {}
    }
    drop((ledger, store));
    if places.ledger.exists() {
        let old = unused(&places.dir, "ledger.bak");
        std::fs::rename(&places.ledger, &old).doing("set aside", &places.ledger)?;
    }
    places.finish_repair()?;
    // The old store is no measure of the new ledger when numbers have changed.
    let stale = places.dir.join("store");
    if !repaired.lost.is_empty() && stale.exists() {
        let old = unused(&places.dir, "store.bak");
        std::fs::rename(&stale, &old).doing("set aside", &stale)?;
    }
    let (rebuilt, _) = places.rebuild("the ledger was damaged".to_owned(), &mut Vec::new())?;
    drop(rebuilt);
    repaired.rebuilt = true;
    Ok(())
}

/// A name that nothing has yet: what was set aside before may be the only copy of something.
fn unused(dir: &Path, name: &str) -> PathBuf {
    let numbered = (2..).map(|number| dir.join(format!("{name}.{number}")));
    let mut names = std::iter::once(dir.join(name)).chain(numbered);
    names.find(|path| !path.exists()).expect("there is always a higher number")
}

/// Writes captures up to a number from the store. `false` if it does not have all of them.
fn fill(ledger: &mut Ledger, store: Option<&Store>, next_seq: u64, repaired: &mut Repaired) -> Result<bool> {
    let Some(store) = store else { return Ok(false) };
    let goal = Position { next_seq, ..ledger.position() };
    if store.applied().position.next_seq < next_seq {
        return Ok(false);
    }
    while ledger.position().next_seq < next_seq {
        let Ok(commit) = commit_from_store(store, ledger.position(), goal) else { return Ok(false) };
        repaired.mended += commit.entries.len() as u64;
        ledger.append(&commit)?;
    }
    Ok(true)
}

/// The numbers that articles get whose old ones cannot be kept: first and last old number, first new one.
#[derive(Default)]
struct Renumbered {
    ranges: Vec<(u64, u64, u64)>,
    /// Articles below this have kept their numbers.
    kept: Option<u64>,
}

impl Renumbered {
    /// A commit as it goes on after this position. Captures of articles that are lost are left out and counted.
    fn commit(
        &mut self,
        commit: Commit,
        at: Position,
        orphaned: &mut u64,
    ) -> std::result::Result<Commit, BadPack> {
        let kept = *self.kept.get_or_insert(at.next_article);
        let texts: Vec<Box<[u8]>> =
            bodies(&commit)?.into_iter().map(|(.., body)| body.into_bytes().into()).collect();
        if !commit.articles.is_empty() {
            let last = commit.first_article + commit.articles.len() as u64 - 1;
            self.ranges.push((commit.first_article, last, at.next_article));
        }
        let new_number = |old: u64| {
            let found = self.ranges.iter().rev().find(|(first, last, _)| (*first..=*last).contains(&old));
            found.map(|(first, _, new)| new + (old - first)).or((old < kept).then_some(old))
        };
        let mut next_article = commit.first_article;
        let mut articles = commit.articles;
        let mut entries = Vec::with_capacity(commit.entries.len());
        for entry in commit.entries {
            let (article, provenance) = match entry {
                Entry::Capture { article, provenance } => (article, provenance),
                Entry::Tags { article, added, removed } => {
                    match new_number(article) {
                        Some(article) => entries.push(Entry::Tags { article, added, removed }),
                        None => *orphaned += 1,
                    }
                    continue;
                }
                saved @ Entry::Saved { .. } => {
                    entries.push(saved);
                    continue;
                }
            };
            if let Some(row) = articles.get_mut((article - commit.first_article.min(article)) as usize)
                && article == next_article
            {
                next_article += 1;
                row.first_seq = at.next_seq + entries.len() as u64;
            }
            match new_number(article) {
                Some(article) => entries.push(Entry::Capture { article, provenance }),
                None => *orphaned += 1,
            }
        }
        let packs = store::cut_bodies(0, at.next_article, texts);
        let bodies = packs.into_iter().map(|(_, rows)| store::encode_bodies((false, rows))).collect();
        let Commit { committed_ms, .. } = commit;
        Ok(Commit {
            first_seq: at.next_seq,
            first_article: at.next_article,
            committed_ms,
            articles,
            entries,
            bodies,
        })
    }
}
