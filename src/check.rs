//! Verifying an archive, and mending what is found.
//!
//! [`verify`] trusts nothing: it walks the ledger's chain, and in the store every article, every capture and every row of
//! every index, in both directions. With data it reads every byte of both and recomputes every hash. [`repair`] mends
//! either half from the other; only what neither has is lost, and it says what that is.

use crate::codec;
use crate::digest::Digest;
use crate::error::{Error, IoContext, Result, is_there, unless_damaged};
use crate::halves::{Halves, proves, write_from_store};
use crate::hold::Hold;
use crate::layout::{LOST, RENUMBERED, private_dirs, remove, rename, write_whole};
use crate::ledger::{self, ArticleRow, Commit, Entry, Frames, Ledger, Position, Record, Step, tail};
use crate::pack::{BadPack, Pack};
use crate::raw::{Raws, kept_of};
use crate::store::packed::{Direction, Rows};
use crate::store::{self, Store, damaged, keys};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::fmt;
use std::path::Path;
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
    /// An original input that was to be kept and is not there, or is damaged. It is in no other place.
    Raw {
        /// Its name.
        digest: Digest,
        /// What is wrong.
        what: String,
    },
    /// Bytes behind the ledger's last whole commit, of which nobody can tell whether they were acknowledged.
    Tail {
        /// Where they are.
        place: String,
        /// How many.
        bytes: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Ledger { place, what } => write!(f, "ledger: {place}: {what}"),
            Finding::Store { what } => write!(f, "store: {what}"),
            Finding::Search { what } => write!(f, "search: {what}; the next search makes the index again"),
            Finding::Raw { digest, what } => write!(
                f,
                "raw: {digest}: {what}; ingest --keep-raw of the input keeps it again, pressmark repair --accept-loss lets it go"
            ),
            Finding::Tail { place, bytes } => write!(
                f,
                "ledger: {place}: {bytes} bytes behind the last whole commit, which may have been acknowledged; pressmark repair --accept-tail leaves them out for good"
            ),
        }
    }
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Commits in the ledger.
    pub commits: u64,
    /// Captures in the store; if that was not read, all entries of the ledger.
    pub captures: u64,
    /// Articles in the store; if that was not read, in the ledger.
    pub articles: u64,
    /// Articles whose text was hashed again, in the ledger and in the store.
    pub hashed: u64,
    /// Original inputs that were read and hashed.
    pub raws: u64,
    /// What could not be looked at because the system failed; the notes say what.
    pub unread: u64,
    /// Rows of indexes that were looked up.
    pub rows: u64,
    /// How many things are wrong.
    pub found: u64,
    /// What is wrong; a thousand at the most.
    pub findings: Vec<Finding>,
    /// What there is to say beside that.
    pub notes: Vec<String>,
    /// Whether nothing is wrong with the ledger.
    pub ledger_is_whole: bool,
    /// Whether nothing is wrong with the store.
    pub store_is_whole: bool,
}

const FINDINGS_MAX: usize = 1000;

impl Report {
    fn new() -> Report {
        let (commits, captures, articles, hashed, raws, unread, rows, found, findings, notes) =
            Default::default();
        Report {
            commits,
            captures,
            articles,
            hashed,
            raws,
            unread,
            rows,
            found,
            findings,
            notes,
            ledger_is_whole: true,
            store_is_whole: true,
        }
    }

    fn add(&mut self, finding: Finding) {
        self.found += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    fn store(&mut self, what: impl ToString) {
        self.store_is_whole = false;
        self.add(Finding::Store { what: what.to_string() });
    }

    fn ledger(&mut self, place: String, what: String) {
        self.ledger_is_whole = false;
        self.add(Finding::Ledger { place, what });
    }
}

/// Checks an archive without changing anything but what opening sled changes. What cannot be written is read as far as that goes:
/// the ledger and the originals need no writing, the store does. `stop` is asked now and then.
pub fn verify(dir: &Path, depth: Depth, wait: Duration, stop: &dyn Fn() -> bool) -> Result<Report> {
    let hold = Hold::look(dir, wait)?;
    look_through(&hold, depth, Unreadable::Noted, stop)
}

/// What to do about a store that the system does not let us open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unreadable {
    /// Look at the rest.
    Noted,
    /// Give up: what the store has decides what is mended.
    Fails,
}

/// The originals that captures name and this archive was to keep, each with the first capture that does.
type Named = BTreeMap<Digest, u64>;

fn look_through(
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
            (report.articles, report.captures) = (end.next_article - 1, end.next_seq - 1);
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
        check_search(hold, &mut report)?;
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

fn check_search(hold: &Hold, report: &mut Report) -> Result<()> {
    let search = hold.layout.search();
    let wrong = match crate::search::damaged_files(&search) {
        Ok(files) => {
            files.into_iter().map(|file| format!("{file} does not have its checksum")).collect::<Vec<_>>()
        }
        Err(Error::Search { what }) => vec![what],
        Err(Error::Io { source, .. }) => {
            report.notes.push(format!("did not look at the full-text index: {source}"));
            return Ok(());
        }
        Err(e) => return Err(e),
    };
    if !wrong.is_empty() && hold.alone {
        // It is derived: nothing is to be mended in it.
        crate::search::condemn(&search)?;
    }
    wrong.into_iter().for_each(|what| report.add(Finding::Search { what }));
    Ok(())
}

/// Adds what captures name that come after this position of the ledger.
fn name_raws(
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
                for (seq, entry) in (commit.first_seq..).zip(&commit.entries) {
                    if let Entry::Capture { provenance, .. } = entry {
                        named_by(named, seq, kept_of(provenance, archive));
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
fn walk_store(
    store: &Store,
    archive: uuid::Uuid,
    depth: Depth,
    report: &mut Report,
    named: &mut Named,
    stop: &dyn Fn() -> bool,
) -> Result<()> {
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
            check_text(store, number, &article, report)?;
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
        named_by(named, seq, kept_of(&provenance, archive));
        let Some(article) = unless_damaged(store.article(number))? else {
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

fn check_text(store: &Store, number: u64, row: &ArticleRow, report: &mut Report) -> Result<()> {
    match store.body(number) {
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
                    if unless_damaged(store.article(article))?.as_ref() != Some(row) {
                        report.store(format!("article {article} is not what the ledger has"));
                    }
                }
                for (seq, entry) in (commit.first_seq..).zip(&commit.entries) {
                    if unless_damaged(store.entry(seq))?.as_ref() != Some(entry) {
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

/// How to mend.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepairOptions {
    /// How long to wait for another process to let go of the archive.
    pub wait: Duration,
    /// Accept that what was set aside from the ledger's end is not in the archive.
    pub accept_tail: bool,
    /// Accept that originals which are lost are lost.
    pub accept_loss: bool,
}

/// What was mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// What was wrong; a thousand at the most.
    pub findings: Vec<Finding>,
    /// Captures that were written to the ledger again from the store.
    pub mended: u64,
    /// Captures that neither half has any more, by number; an end that is not known is `None`.
    pub lost: Vec<(u64, Option<u64>)>,
    /// Captures that are whole, of articles that are among those that are lost.
    pub orphaned: u64,
    /// Whether the store was built again.
    pub rebuilt: bool,
    /// What is still wrong: it is for a person to accept. A thousand at the most.
    pub left: Vec<Finding>,
    /// How many things are still wrong.
    pub left_count: u64,
    /// What there is to say beside that.
    pub notes: Vec<String>,
    /// What could not be looked at because the system failed; the notes say what.
    pub unread: u64,
    /// The tails of the ledger that were accepted.
    pub accepted_tails: u64,
    /// The originals of which the loss was accepted.
    pub accepted_losses: u64,
}

/// Checks everything and mends it: the ledger from the store, the store from the ledger. What could not be mended in full is
/// kept as `ledger.bak` or `store.bak`.
pub fn repair(dir: &Path, options: &RepairOptions, stop: &dyn Fn() -> bool) -> Result<Repaired> {
    let hold = Hold::take(dir, options.wait, false)?;
    let halves = Halves::of(&hold.layout, hold.uuid);
    let report = look_through(&hold, Depth::Data, Unreadable::Fails, stop)?;
    let (findings, notes, unread) = (report.findings.clone(), report.notes.clone(), report.unread);
    let mut repaired = Repaired { findings, notes, unread, ..Repaired::default() };
    if stop() {
        return Ok(repaired);
    }
    if !report.ledger_is_whole {
        let path = hold.layout.store();
        // Whatever it proves is used, also if something else in it is damaged.
        let store = if is_there(&path)? { unless_damaged(Store::open(&path))? } else { None };
        if store.is_none() && !is_there(&hold.layout.ledger())? {
            let what = "it is missing, and the store cannot be read either: put one of them back from a copy"
                .to_owned();
            return Err(Error::Ledger { place: hold.layout.ledger().display().to_string(), what });
        }
        mend(&halves, store, &mut repaired)?;
    } else if !report.store_is_whole {
        let (store, mut ledger) = halves.rebuild("it was damaged".to_owned(), &mut Vec::new())?;
        store.let_go()?;
        ledger.close()?;
        repaired.rebuilt = true;
    } else if !report.findings.is_empty() {
        // Sets aside what nobody can tell, and writes the record of what was acknowledged again.
        let (store, mut ledger) = halves.open(&mut Vec::new())?;
        store.let_go()?;
        ledger.close()?;
    }
    if report.findings.iter().any(|finding| matches!(finding, Finding::Search { .. })) {
        // Nothing is to be mended in it: the next search makes it again.
        remove(&hold.layout.search())?;
    }
    if options.accept_tail {
        repaired.accepted_tails = tail::accept(&hold.layout.ledger())?.len() as u64;
    }
    let raws = Raws::of(hold.layout.dir());
    if report.findings.iter().any(|finding| matches!(finding, Finding::Raw { .. })) {
        for digest in raws.survey()?.kept {
            if matches!(raws.get(&digest), Err(Error::Original { .. })) {
                raws.set_aside(&digest)?;
            }
        }
    }
    if options.accept_loss {
        let mut named = Named::new();
        name_raws(&halves, hold.uuid, Position::START, &mut named, &|| false)?;
        let (survey, lost) = (raws.survey()?, raws.lost()?);
        let gone = |digest: &Digest| !survey.kept.contains(digest) && !lost.contains(digest);
        let gone: Vec<Digest> = named.into_keys().filter(gone).collect();
        if !gone.is_empty() {
            repaired.accepted_losses = gone.len() as u64;
            raws.accept_lost(gone.into_iter())?;
        }
    }
    if repaired.findings.iter().any(|finding| !matches!(finding, Finding::Search { .. })) {
        let after = look_through(&hold, Depth::Structure, Unreadable::Fails, stop)?;
        (repaired.left, repaired.left_count) = (after.findings, after.found);
        repaired.notes = after.notes;
    }
    Ok(repaired)
}

/// Writes a new ledger: what is whole of the old one, and between it what the store has and the chain proves. Where neither has
/// it, what comes after gets new numbers. The old ledger goes if everything of it is in the new one; else it is kept.
fn mend(halves: &Halves, store: Option<Store>, repaired: &mut Repaired) -> Result<()> {
    let layout = &halves.layout;
    let (old, part) = (layout.ledger(), layout.part_ledger());
    remove(&part)?;
    private_dirs().create(&part).doing("create", &part)?;
    let (mut ledger, _) = Ledger::open(&part, halves.uuid, Position::START, None)?;
    let mut renumbered = Renumbered::default();
    let had = is_there(&old)?;
    let record =
        if had { Record::read(&old)?.known().filter(|known| known.uuid == halves.uuid) } else { None };
    // The number that the next entry of the old ledger should have; whether nobody knows what stood there.
    let (mut expected, mut gap) = (1, !had);
    let mut torn = None;
    if had {
        tail::carry_over(&old, &part)?;
        let mut frames = Frames::from(&old, halves.uuid, Position::START);
        loop {
            let before = frames.position();
            match frames.step()? {
                Step::Frame(commit, after) => {
                    if repaired.lost.is_empty() && !fill(&mut ledger, store.as_ref(), before, repaired)? {
                        let reached = fill_until(&mut ledger, store.as_ref(), expected, before, repaired)?;
                        repaired.lost.push((reached, Some((before.next_seq - 1).max(reached))));
                    }
                    (expected, gap) = (after.next_seq, false);
                    if repaired.lost.is_empty() {
                        ledger.append(&commit)?;
                        continue;
                    }
                    let at = ledger.position();
                    let commit = renumbered.commit(*commit, at, &mut repaired.orphaned).map_err(damaged)?;
                    if !commit.entries.is_empty() {
                        ledger.append(&commit)?;
                    }
                }
                Step::End { torn: found, .. } => {
                    torn = found;
                    break;
                }
                Step::Damaged { torn: found, .. } => {
                    gap = true;
                    torn = found.or(torn);
                    let reached = frames.position();
                    if !frames.skip_damage()? {
                        break;
                    }
                    if repaired.lost.is_empty() || frames.position().next_seq <= expected {
                        continue;
                    }
                    // Numbers have changed already: what comes after a second hole cannot be filled either.
                    repaired.lost.push((reached.next_seq, Some(frames.position().next_seq - 1)));
                }
            }
        }
    }
    // The end: as far as the store proves it, or the record of what was acknowledged.
    let claimed = store.as_ref().map(|store| store.applied().position);
    for goal in [claimed, record.map(|known| known.position)].into_iter().flatten() {
        if repaired.lost.is_empty()
            && goal.next_seq > expected
            && fill(&mut ledger, store.as_ref(), goal, repaired)?
        {
            (expected, gap) = (goal.next_seq, false);
        }
    }
    let known_end = record.map(|known| known.position.next_seq).max(claimed.map(|claimed| claimed.next_seq));
    let is_certain = record.is_some_and(|known| known.is_of_this_boot());
    match known_end {
        Some(end) if end > expected => repaired.lost.push((expected, Some(end - 1))),
        _ if gap && !is_certain => repaired.lost.push((expected, None)),
        _ => {}
    }
    // On this start of the machine, the record says all there is to say of the end.
    if let Some(torn) = torn.filter(|_| !is_certain)
        && !torn.never_acknowledged
        && !(repaired.lost.is_empty() && ledger::is_explained(&torn, record.as_ref(), expected)?)
    {
        tail::keep(&part, &torn)?;
    }
    ledger.close()?;
    drop(ledger);
    if let Some(store) = store {
        store.let_go()?;
    }
    let whole = repaired.lost.is_empty() && repaired.orphaned == 0;
    if !whole || is_there(&old.join(LOST))? {
        note_lost(&old, &part, repaired)?;
    }
    if !whole {
        write_whole(&part.join(RENUMBERED), b"")?;
    }
    ledger::sync_dir(&part)?;
    rename(&part, &layout.new_ledger())?;
    ledger::sync_dir(layout.dir())?;
    if had {
        rename(&old, &if whole { layout.old_ledger() } else { layout.unused("ledger.bak") })?;
    }
    layout.finish_repair()?;
    let (rebuilt, mut ledger) = halves.rebuild("the ledger was damaged".to_owned(), &mut Vec::new())?;
    rebuilt.let_go()?;
    ledger.close()?;
    repaired.rebuilt = true;
    remove(&layout.old_ledger())
}

/// Writes down which captures were lost, beside those of before: a repair that is killed could not say it.
fn note_lost(old: &Path, new: &Path, repaired: &Repaired) -> Result<()> {
    let mut lines = match std::fs::read_to_string(old.join(LOST)) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        lines => lines.doing("read", &old.join(LOST))?,
    };
    for (first, last) in &repaired.lost {
        lines.push_str(&match last {
            Some(last) => format!("captures {first} to {last}\n"),
            None => format!("captures from {first} on\n"),
        });
    }
    if repaired.orphaned > 0 {
        lines.push_str(&format!("{} captures of articles that were among those\n", repaired.orphaned));
    }
    write_whole(&new.join(LOST), lines.as_bytes())
}

/// Writes what comes before this position from the store. `false` if it does not have all of it.
fn fill(ledger: &mut Ledger, store: Option<&Store>, to: Position, repaired: &mut Repaired) -> Result<bool> {
    let from = ledger.position();
    if from.next_seq == to.next_seq {
        return Ok(from.head == to.head);
    }
    let Some(store) = store else { return Ok(false) };
    if store.applied().position.next_seq < to.next_seq || !proves(store, from, &to)? {
        return Ok(false);
    }
    write_from_store(ledger, store, to)?;
    repaired.mended += to.next_seq - from.next_seq;
    Ok(true)
}

/// Writes what the store has of the captures from `expected` on, if it ends among those before this position; the first that
/// it has not.
fn fill_until(
    ledger: &mut Ledger,
    store: Option<&Store>,
    expected: u64,
    before: Position,
    repaired: &mut Repaired,
) -> Result<u64> {
    let has = store.map(|store| store.applied().position);
    let has = has.filter(|has| (expected + 1..before.next_seq).contains(&has.next_seq));
    match has {
        Some(has) if fill(ledger, store, has, repaired)? => Ok(has.next_seq),
        _ => Ok(expected),
    }
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
