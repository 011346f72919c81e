//! Mending what was found.

use super::verify::{Named, Unreadable, look_through, name_raws};
use super::{Depth, Finding, bodies};
use crate::archive::layout::{LOST, RENUMBERED};
use crate::archive::lock::{Hold, Wait};
use crate::archive::originals::Raws;
use crate::archive::recover::{Halves, proves, write_from_store};
use crate::bytes::fs::{IoContext, dirs_in, is_there, remove, rename, write_whole};
use crate::ledger::{self, Commit, Frames, Ledger, Position, Record, Step, tail};
use crate::model::error::unless_damaged;
use crate::model::{Digest, Error, Result};
use crate::store::{self, Store, damaged};
use std::path::Path;
use std::time::Duration;

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
    let hold = Hold::take(dir, Wait::up_to(options.wait), None)?;
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
    dirs_in(layout.dir()).create(&part).doing("create", &part)?;
    let (mut ledger, _) = Ledger::open(&part, halves.uuid, Position::START, None)?;
    let mut renumbered = Renumbered::default();
    let had = is_there(&old)?;
    let record =
        if had { Record::read(&old)?.known().filter(|known| known.uuid == halves.uuid) } else { None };
    // The number that the next entry of the old ledger should have; whether nobody knows what stood there.
    let (mut expected, mut gap) = (1, !had);
    let mut torn = None;
    if had {
        tail::carry_over(&old, &part, true)?;
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
    crate::bytes::fs::sync_dir(&part)?;
    rename(&part, &layout.new_ledger())?;
    crate::bytes::fs::sync_dir(layout.dir())?;
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
    ) -> std::result::Result<Commit, String> {
        let kept = *self.kept.get_or_insert(at.next_article);
        let bodies = bodies(&commit)?;
        if commit.articles() > 0 {
            self.ranges.push((commit.first_article, commit.next_article() - 1, at.next_article));
        }
        let new_number = |old: u64| {
            let found = self.ranges.iter().rev().find(|(first, last, _)| (*first..=*last).contains(&old));
            found.map(|(first, _, new)| new + (old - first)).or((old < kept).then_some(old))
        };
        let mut entries = Vec::with_capacity(commit.entries.len());
        for entry in commit.entries {
            let about = entry.about();
            if about.iter().all(|article| new_number(*article) == Some(*article)) {
                entries.push(entry);
            } else if about.iter().all(|article| new_number(*article).is_some()) || entry.is_removal() {
                // A text that was removed stays out, also when its article was lost.
                entries.push(entry.about_others(&|article| new_number(article).unwrap_or(0)));
            } else {
                *orphaned += 1;
            }
        }
        let moved = bodies
            .into_iter()
            .map(|(number, body)| (at.next_article + (number - commit.first_article), body));
        let bodies = store::cut_bodies(0, moved).into_iter();
        let bodies = bodies.map(|(_, rows)| store::encode_bodies((false, rows))).collect();
        let (first_seq, first_article) = (at.next_seq, at.next_article);
        Ok(Commit {
            first_seq,
            first_article,
            committed_ms: commit.committed_ms,
            entries,
            bodies,
            others: commit.others,
        })
    }
}
