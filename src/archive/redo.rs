//! A change that may have been made before: whoever asked for it was cut off before he heard. What it said then is not said again, since
//! somebody may have said otherwise after it.

use super::Snapshot;
use crate::ledger::Entry;
use crate::model::{Correction, Detail, Digest, Language, Published, Result};
use std::collections::{HashMap, HashSet};

/// How a change is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// Whether it is only counted.
    pub dry: bool,
    /// The number of an entry, from which on it may have been made already.
    pub since: Option<u64>,
}

/// What was said from some entry on.
#[derive(Default)]
pub(super) struct Said {
    tags: HashSet<(u64, String, bool)>,
    corrections: HashMap<Digest, Vec<Correction>>,
    languages: HashSet<(u64, Option<Language>)>,
    queries: HashSet<(String, Option<String>)>,
    removals: HashSet<(Digest, bool)>,
}

impl Said {
    /// What was said since an entry; nothing if there is none.
    pub fn since(snapshot: &Snapshot, since: Option<u64>) -> Result<Said> {
        let mut said = Said::default();
        let next = snapshot.position().next_seq;
        for seq in since.map_or(next, |since| since.max(1))..next {
            match snapshot.entry(seq)? {
                Entry::Tags { article, added, removed, .. } => {
                    said.tags.extend(added.into_iter().map(|tag| (article, tag, true)));
                    said.tags.extend(removed.into_iter().map(|tag| (article, tag, false)));
                }
                Entry::Correction { capture, correction, .. } => {
                    said.corrections.entry(capture).or_default().push(*correction)
                }
                Entry::Language { article, language, .. } => drop(said.languages.insert((article, language))),
                Entry::Saved { name, query, .. } => drop(said.queries.insert((name, query))),
                Entry::Removal { digest, .. } => drop(said.removals.insert((digest, true))),
                Entry::Undo { digest, .. } => drop(said.removals.insert((digest, false))),
                _ => {}
            }
        }
        Ok(said)
    }

    /// Whether an article was given a tag, or one was taken from it.
    pub fn tag(&self, article: u64, tag: &str, given: bool) -> bool {
        !self.tags.is_empty() && self.tags.contains(&(article, tag.to_owned(), given))
    }

    /// Whether a detail of a capture, by its name, was given the value that a correction has.
    pub fn detail(&self, capture: &Digest, detail: Detail, asked: &Correction) -> bool {
        let day = |published: &Option<Published>| published.map(|published| published.dated());
        let (now, is_date) = (&asked.values, detail == Detail::Published);
        self.corrections.get(capture).is_some_and(|made| {
            made.iter().any(|made| {
                made.details().any(|one| one == detail)
                    && (detail.is_same(&made.values, now)
                        || is_date && day(&made.values.published) == day(&now.published))
            })
        })
    }

    /// Whether an article was said to be in a language.
    pub fn language(&self, article: u64, language: Option<Language>) -> bool {
        self.languages.contains(&(article, language))
    }

    /// Whether a query was kept under a name, or the name taken away.
    pub fn saved(&self, name: &str, query: Option<&str>) -> bool {
        self.queries.contains(&(name.to_owned(), query.map(str::to_owned)))
    }

    /// Whether a text was removed.
    pub fn removed(&self, digest: &Digest) -> bool {
        self.removals.contains(&(*digest, true))
    }

    /// Whether a removal of a text was undone.
    pub fn undone(&self, digest: &Digest) -> bool {
        self.removals.contains(&(*digest, false))
    }
}
