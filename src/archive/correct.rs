//! Corrections: what was found about articles, said anew. Their texts are their digests, and never change.

use super::redo::{How, Said};
use super::{Archive, ENTRIES_A_COMMIT, FRAME_BYTES_MAX, Snapshot};
use crate::ledger::Entry;
use crate::model::{
    Correction, Detail, Error, Language, Origin, PROVENANCE_BYTES_MAX, Provenance, Published, Result,
    TimeSource,
};
use std::collections::HashSet;

impl Archive {
    /// Says of captures, by number, and of their articles what holds from now on; what that changes. When this returns, it is durable.
    pub fn correct(&mut self, captures: &[u64], change: &Change, how: How) -> Result<Changed> {
        let (mut changed, mut articles, mut seen) = (Changed::default(), Vec::new(), HashSet::new());
        refuse_long(change)?;
        self.settle()?;
        let before = self.snapshot()?;
        let (said, before) = (Said::since(&before, how.since)?, before.view.languages_said());
        for some in captures.chunks(per_commit(change)) {
            if self.guests.are_to_hurry() {
                break;
            }
            let (entries, more) = corrections(&self.snapshot()?, some, change, self.time, &said, &mut seen)?;
            changed.captures += more.captures;
            changed.articles += more.articles;
            if how.dry {
                continue;
            }
            articles.extend(entries.iter().filter_map(|entry| match entry {
                Entry::Language { article, .. } => Some(*article),
                _ => None,
            }));
            self.change(entries)?;
        }
        if changed != Changed::default() && !how.dry {
            // What comes next is told apart from what is known now.
            self.guarded(Archive::flush)?;
        }
        if !articles.is_empty() {
            self.indexes.relabel(&articles, before, &self.snapshot()?.view);
        }
        Ok(changed)
    }
}

/// What is to hold of captures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Details with their new values; no others. A date is judged anew for each capture.
    pub values: Provenance,
    /// Details that are to have no value.
    pub cleared: Vec<Detail>,
    /// The language of their articles; `Some(None)` is not known.
    pub language: Option<Option<Language>>,
}

/// How many captures were corrected, and of how many articles the language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Captures.
    pub captures: u64,
    /// Articles.
    pub articles: u64,
}

/// A capture says no more than others may.
fn refuse_long(change: &Change) -> Result<()> {
    let bytes = change.values.bytes();
    if bytes <= PROVENANCE_BYTES_MAX {
        return Ok(());
    }
    let most = PROVENANCE_BYTES_MAX >> 20;
    Err(Error::Unanswerable { what: format!("it says {bytes} bytes of a capture; there may be {most} MiB") })
}

/// Entries that are made in memory at a time.
fn per_commit(change: &Change) -> usize {
    (FRAME_BYTES_MAX / (change.values.bytes() + 500)).clamp(1, ENTRIES_A_COMMIT)
}

/// The entries of a change, for those captures that it changes.
fn corrections(
    snapshot: &Snapshot,
    captures: &[u64],
    change: &Change,
    time: TimeSource,
    said: &Said,
    seen: &mut HashSet<u64>,
) -> Result<(Vec<Entry>, Changed)> {
    let (mut entries, mut changed, at_ms) = (Vec::new(), Changed::default(), time.now_ms());
    let asked = Correction {
        values: change.values.clone(),
        cleared: change.cleared.clone(),
        ..Correction::default()
    };
    let mut met = HashSet::new();
    for seq in captures.iter().filter(|seq| met.insert(**seq)) {
        let is_one = *seq > 0
            && *seq < snapshot.position().next_seq
            && matches!(snapshot.entry(*seq)?, Entry::Capture { article, .. } if snapshot.has(article));
        if !is_one {
            return Err(Error::Unanswerable { what: format!("there is no capture {seq}") });
        }
        let (article, before) = snapshot.capture(*seq)?;
        let mut after = before.clone();
        let name = snapshot.view.raw_entry(*seq)?.capture_name();
        let mut was_said = false;
        for detail in asked.details() {
            if said.detail(&name, detail, &asked) {
                was_said = true;
            } else {
                detail.copy(&asked.values, &mut after);
            }
        }
        if let Some(published) = &mut after.published
            && asked.values.published.is_some()
            && !said.detail(&name, Detail::Published, &asked)
        {
            let captured = before.captured.unwrap_or(time.now());
            *published = match before.published {
                Some(before) if before.dated() == published.dated() => before,
                _ => Published::new(published.dated(), Origin::Given, captured),
            };
        }
        if let Some(correction) = Correction::between(&before, &after) {
            let correction = Box::new(Correction { at_ms, ..correction });
            entries.push(Entry::Correction { article, capture: name, correction });
            was_said = true;
        }
        changed.captures += u64::from(was_said);
        if let Some(language) = change.language
            && seen.insert(article)
        {
            let was_said = said.language(article, language);
            if !was_said && snapshot.row(article)?.language != language {
                entries.push(Entry::Language { article, language, at_ms });
                changed.articles += 1;
            }
            changed.articles += u64::from(was_said);
        }
    }
    Ok((entries, changed))
}
