//! Looking through an archive.

use super::{Depth, Finding, Report, rows, texts};
use crate::archive::derive;
use crate::archive::is_pending;
use crate::archive::layout::LOST;
use crate::archive::lock::{Hold, Wait};
use crate::archive::originals::Raws;
use crate::archive::recover::Halves;
use crate::bytes::fs::{IoContext, is_there};
use crate::ledger::{self, Entry, Frames, Numbered, Position, Record, Step, tail};
use crate::model::error::unless_damaged;
use crate::model::{Digest, Error, Result};
use crate::store::Store;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

/// Checks an archive without changing anything but what opening sled changes. What cannot be written is read as far as that goes:
/// the ledger and the originals need no writing, the store does. `stop` is asked now and then.
pub fn verify(dir: &Path, depth: Depth, wait: Duration, stop: &dyn Fn() -> bool) -> Result<Report> {
    let hold = Hold::look(dir, Wait::up_to(wait))?;
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
    let mut pending = is_there(&hold.layout.erasing())?;
    match open_store(hold, unreadable)? {
        Opened::Not(why) => {
            count_ledger(&halves, &mut report, stop)?;
            report.notes.push(why);
        }
        Opened::Damaged(what) => report.store(format!("it does not open: {what}")),
        Opened::Store(store) => {
            let at = store.applied().position;
            pending |= is_pending(&hold.layout, &store.written())?;
            if at.next_seq > end.next_seq && report.ledger_is_whole {
                report.ledger(
                    "its end".to_owned(),
                    format!("{} captures that the store has are missing", at.next_seq - end.next_seq),
                );
            } else if at.next_seq == end.next_seq && at.head != end.head {
                report.store("it does not agree with the ledger: their heads differ");
            }
            let walked = rows::walk(&store, hold.uuid, depth, &mut report, &mut named, stop).and_then(|()| {
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
    if pending {
        let what = "erasure pending: bytes of articles that were removed are still there; the next opening takes them out";
        report.notes.push(what.to_owned());
    }
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
    while let Some((commit, _)) = frames.next_whole()? {
        if stop() {
            break;
        }
        for numbered in commit.numbered() {
            if let Ok(Entry::Capture { provenance, .. }) = numbered.entry.open(numbered.seq) {
                named_by(named, numbered.seq, provenance.kept_by(archive));
            }
        }
    }
    Ok(())
}

pub(super) fn named_by(named: &mut Named, seq: u64, original: Option<Digest>) {
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

/// Counts what the ledger has, where there is no store to ask.
fn count_ledger(halves: &Halves, report: &mut Report, stop: &dyn Fn() -> bool) -> Result<()> {
    let mut frames = Frames::from(&halves.layout.ledger(), halves.uuid, Position::START);
    while let Some((commit, _)) = frames.next_whole()? {
        if stop() {
            break;
        }
        let there = commit.entries.iter().filter(|entry| !entry.gone);
        report.articles += there.clone().filter(|entry| entry.is_article()).count() as u64;
        report.later += commit.entries.iter().filter(|entry| entry.is_later()).count() as u64;
        report.captures += there.filter(|entry| entry.is_capture()).count() as u64;
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
        frames.read_payloads(depth.reads(number));
        let Some((commit, after)) = frames.next_whole()? else { return Ok(()) };
        if stop() || after.next_seq > store.applied().position.next_seq {
            return Ok(());
        }
        number += 1;
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
}
