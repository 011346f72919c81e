//! The two halves of an archive: opened, compared, and each brought up to the other.
//!
//! The ledger is the truth and the store follows it; only where the ledger has lost its end does the store, which has it, write
//! it again.

use super::layout::Layout;
use crate::bytes::fs::{is_there, read_if_there, remove, rename, write_whole};
use crate::ledger::acknowledged::boot_id;
use crate::ledger::{self, Commit, Frames, Holds, Ledger, Position, Record, Step};
use crate::model::error::unless_damaged;
use crate::model::{Error, Result};
use crate::store::{self, Store};
use std::fmt;
use std::path::{Path, PathBuf};

/// What opening had to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healed {
    /// The store was missing or did not agree with the ledger and was built again.
    Rebuilt {
        /// Why.
        reason: String,
        /// Articles in it now.
        articles: u64,
        /// Where the old one was put, if there was one.
        kept: Option<PathBuf>,
    },
    /// The ledger's end was lost and was written again from the store.
    Mended {
        /// Captures that were written again.
        captures: u64,
    },
    /// A commit that was never acknowledged was cut off the ledger.
    Cut,
    /// What stood behind the ledger's last whole commit may have been acknowledged or not: it was kept as a file.
    SetAside {
        /// The file.
        path: PathBuf,
    },
    /// The record of what was acknowledged was unreadable and was written again.
    Recorded,
    /// `pressmark.toml` was missing or damaged and was written again from the ledger.
    Named,
    /// The bytes of removed articles were taken out of everything.
    Erased {
        /// Articles that were ever removed.
        articles: u64,
        /// What may hold some of them and was left: bytes that nobody can tell to be part of the ledger or not, halves that were damaged.
        left: Vec<PathBuf>,
    },
    /// The bytes of removed articles are still there.
    NotErased {
        /// Why.
        why: String,
    },
    /// Commits that the store did not have yet were applied.
    Replayed {
        /// Captures in them.
        captures: u64,
    },
}

impl Healed {
    /// Whether somebody should hear of it: what an interrupted process leaves behind as a matter of course is not news.
    pub fn is_news(&self) -> bool {
        !matches!(self, Healed::Replayed { .. })
    }
}

impl fmt::Display for Healed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Healed::Rebuilt { reason, articles, kept } => {
                write!(f, "rebuilt the store from the ledger, {articles} articles ({reason}")?;
                match kept {
                    Some(kept) => write!(f, "; the old one is kept as {})", kept.display()),
                    None => write!(f, ")"),
                }
            }
            Healed::Mended { captures } => {
                write!(f, "wrote {captures} captures to the ledger again from the store: its end was missing")
            }
            Healed::Cut => write!(f, "cut an unfinished commit off the ledger"),
            Healed::SetAside { path } => {
                write!(f, "the ledger ends with bytes that are no whole commit: kept as {}", path.display())
            }
            Healed::Recorded => write!(f, "wrote the record of what was acknowledged again: it was damaged"),
            Healed::Named => write!(f, "wrote pressmark.toml again from the ledger"),
            Healed::Erased { articles, left } => {
                write!(f, "erased what was left of the articles that were removed, {articles} so far")?;
                left.iter().try_for_each(|path| write!(f, "; {} may hold some of them", path.display()))
            }
            Healed::NotErased { why } => {
                write!(
                    f,
                    "could not take out the bytes of articles that were removed, which nobody is shown: {why}"
                )
            }
            Healed::Replayed { captures } => {
                write!(f, "applied {captures} captures from the ledger to the store")
            }
        }
    }
}

/// The two halves of one archive.
pub(crate) struct Halves {
    pub layout: Layout,
    pub uuid: [u8; 16],
}

impl Halves {
    pub fn of(layout: &Layout, uuid: uuid::Uuid) -> Halves {
        Halves { layout: layout.clone(), uuid: uuid.into_bytes() }
    }

    /// Opens the store and the ledger and brings them into agreement.
    pub fn open(&self, healed: &mut Vec<Healed>) -> Result<(Store, Ledger)> {
        let (ledger, path) = (self.ledger()?, self.layout.store());
        let missing = !is_there(&path)?;
        let opened = match distrust(&self.layout)? {
            Some(reason) if !missing => Err(store::damaged(reason)),
            _ => Store::open(&path),
        };
        let reason = match opened {
            Ok(store) => match ledger::holds(&ledger, self.uuid, &store.applied().position)? {
                Holds::Yes => {
                    let before = store.applied().position.next_seq;
                    let ledger = self.replay(&store, healed)?;
                    let captures = store.applied().position.next_seq - before;
                    if missing && captures > 0 {
                        let (reason, articles) = ("it was missing".to_owned(), store.applied().articles);
                        healed.push(Healed::Rebuilt { reason, articles, kept: None });
                    } else if captures > 0 {
                        healed.push(Healed::Replayed { captures });
                    }
                    return Ok((store, ledger));
                }
                Holds::Short => return self.mend_ledger(store, healed),
                Holds::Other => {
                    // A damaged frame at the very end looks like one that was never finished; the store knows better.
                    let (end, _) = ledger::end(&ledger, self.uuid)??;
                    if end.next_seq < store.applied().position.next_seq {
                        return self.mend_ledger(store, healed);
                    }
                    "it does not agree with the ledger".to_owned()
                }
            },
            Err(Error::Store { what }) => what,
            Err(e) => return Err(e),
        };
        self.rebuild(reason, healed)
    }

    /// A store for reading that is built beside an archive that cannot be written, from the last one that was, as far as that is
    /// right. Commits that another process adds meanwhile may be in it or not. Also how many entries were added.
    pub fn open_scratch(&self) -> Result<(Store, Ledger, u64)> {
        let ledger = self.ledger()?;
        let record = Record::read(&ledger)?.known().filter(|known| known.uuid == self.uuid);
        let path = self.layout.store();
        let opened = match distrust(&self.layout)? {
            Some(reason) => Err(store::damaged(reason)),
            None => Store::open(&path),
        };
        let opened = match opened {
            Ok(store) => {
                let holds = ledger::holds(&ledger, self.uuid, &store.applied().position)?;
                (holds == Holds::Yes).then_some(store)
            }
            Err(Error::Store { .. }) => None,
            Err(e) => return Err(e),
        };
        let store = match opened {
            Some(store) => store,
            None => {
                for stale in [path.clone(), self.layout.search(), self.layout.dirty()] {
                    remove(&stale)?;
                }
                Store::open(&path)?
            }
        };
        let before = store.applied().position.next_seq;
        let mut frames = Frames::from(&ledger, self.uuid, store.applied().position);
        frames.heed_record(false);
        let (end, _) = self.apply_frames(&store, &mut frames)?;
        let missing = record.map_or(0, |known| known.position.next_seq).saturating_sub(end.next_seq);
        if missing > 0 {
            let what = format!("it ends too early: {missing} more entries were acknowledged");
            return Err(Error::Ledger { place: ledger.display().to_string(), what });
        }
        let added = store.applied().position.next_seq - before;
        Ok((store, Ledger::read_only(&ledger, self.uuid, end), added))
    }

    /// Where the ledger is.
    fn ledger(&self) -> Result<PathBuf> {
        let ledger = self.layout.ledger();
        if !is_there(&ledger)? {
            let what = "the directory is missing".to_owned();
            return Err(Error::Ledger { place: ledger.display().to_string(), what });
        }
        Ok(ledger)
    }

    /// Applies what the ledger has and the store has not, and opens the ledger at its end.
    fn replay(&self, store: &Store, healed: &mut Vec<Healed>) -> Result<Ledger> {
        let ledger = self.layout.ledger();
        let mut frames = Frames::from(&ledger, self.uuid, store.applied().position);
        let (end, torn) = self.apply_frames(store, &mut frames)?;
        self.open_ledger(end, torn, healed)
    }

    /// Opens the ledger at its end, and says what was torn there.
    fn open_ledger(
        &self,
        end: Position,
        torn: Option<ledger::Torn>,
        healed: &mut Vec<Healed>,
    ) -> Result<Ledger> {
        let cut = torn.is_some();
        let directory = self.layout.ledger();
        let unreadable = Record::read(&directory)? == Record::Damaged;
        let (ledger, aside) = Ledger::open(&directory, self.uuid, end, torn)?;
        healed.extend(match aside {
            Some(path) => Some(Healed::SetAside { path }),
            None if unreadable => Some(Healed::Recorded),
            None => cut.then_some(Healed::Cut),
        });
        Ok(ledger)
    }

    /// Applies the frames that follow to the store; where they end, and what is torn there.
    fn apply_frames(&self, store: &Store, frames: &mut Frames) -> Result<(Position, Option<ledger::Torn>)> {
        loop {
            match frames.step()? {
                Step::Frame(commit, position) => {
                    store.add(*commit, position);
                    if store.is_full() || store.has_many_bodies() {
                        write_down(store, &self.layout, store.is_full())?;
                    }
                }
                Step::End { position, torn } => {
                    if store.waits() {
                        write_down(store, &self.layout, true)?;
                    }
                    return Ok((position, torn));
                }
                Step::Damaged { place, what, .. } => return Err(Error::Ledger { place, what }),
            }
        }
    }

    /// Builds a new store from the ledger beside the old one and, when it is whole, puts it in its place. The old one goes: the
    /// new one has all that the ledger has. It is kept where the ledger may have lost something.
    pub fn rebuild(&self, reason: String, healed: &mut Vec<Healed>) -> Result<(Store, Ledger)> {
        let (store, new, old) = (self.layout.store(), self.layout.new_store(), self.layout.old_store());
        remove(&new)?;
        // Nothing is cut off the ledger that the old store still has. One that the system does not let us read is kept.
        let mut unread = false;
        if is_there(&store)? {
            match Store::open(&store) {
                Ok(opened) => {
                    let (end, _) = ledger::end(&self.layout.ledger(), self.uuid)??;
                    if end.next_seq < opened.applied().position.next_seq {
                        drop(self.mend_ledger(opened, healed)?);
                    }
                }
                Err(Error::Store { .. }) => {}
                Err(e) if e.is_of_the_system() => unread = true,
                Err(e) => return Err(e),
            }
        }
        let built = self.build(&new, healed);
        let (articles, ledger) = match built {
            Ok(built) => built,
            Err(e) => {
                // What it takes may be what the disk lacks.
                let _ = remove(&new);
                return Err(e);
            }
        };
        let lost = unread || healed.iter().any(|healed| matches!(healed, Healed::SetAside { .. }));
        let there = is_there(&store)?;
        let kept = (lost && there).then(|| self.layout.unused("store.bak"));
        if there {
            rename(&store, kept.as_ref().unwrap_or(&old))?;
        }
        rename(&new, &store)?;
        crate::bytes::fs::sync_dir(self.layout.derived())?;
        remove(&old)?;
        remove(&self.layout.dirty())?;
        healed.push(Healed::Rebuilt { reason, articles, kept });
        Ok((Store::open(&store)?, ledger))
    }

    /// A whole store in this directory; how many articles are in it.
    fn build(&self, new: &Path, healed: &mut Vec<Healed>) -> Result<(u64, Ledger)> {
        let store = Store::open(new)?;
        let replayed = self.replay(&store, healed);
        let articles = store.applied().articles;
        let closed = store.close();
        let ledger = replayed?;
        closed?;
        Ok((articles, ledger))
    }

    /// The store has acknowledged captures that the ledger has lost at its end: writes them to the ledger again. The
    /// chain proves that they are the same, since its head does not depend on how entries are cut into commits.
    fn mend_ledger(&self, store: Store, healed: &mut Vec<Healed>) -> Result<(Store, Ledger)> {
        let directory = self.layout.ledger();
        let (end, torn) = ledger::end(&directory, self.uuid)??;
        let goal = store.applied().position;
        let place = || format!("{} at byte {}", ledger::name(end.segment), end.offset);
        if !proves(&store, end, &goal)? {
            let what = "its end is missing, and the store does not have the same captures".to_owned();
            return Err(Error::Ledger { place: place(), what });
        }
        let record = Record::read(&directory)?.known().filter(|known| known.uuid == self.uuid);
        let missing = record.map_or(0, |known| known.position.next_seq).saturating_sub(goal.next_seq);
        if missing > 0 {
            let what =
                format!("its end is missing, and {missing} of its entries are not in the store either");
            return Err(Error::Ledger { place: place(), what });
        }
        // What is torn goes if everything that it can have held is in the store.
        let torn = match torn {
            Some(torn) => {
                let never_acknowledged = ledger::is_explained(&torn, record.as_ref(), goal.next_seq)?;
                Some(ledger::Torn { never_acknowledged, ..torn })
            }
            None => None,
        };
        let (mut ledger, aside) = Ledger::open(&directory, self.uuid, end, torn)?;
        healed.extend(aside.map(|path| Healed::SetAside { path }));
        write_from_store(&mut ledger, &store, goal)?;
        mark_dirty(&self.layout)?;
        store.move_to(ledger.position())?;
        if goal.next_seq > end.next_seq {
            healed.push(Healed::Mended { captures: goal.next_seq - end.next_seq });
        }
        Ok((store, ledger))
    }
}

/// Says that the store gave wrong answers: the next opening builds it again from the ledger.
pub(crate) fn condemn(layout: &Layout, what: &str) -> Result<()> {
    write_whole(&layout.dirty(), format!("{DAMAGED}{what}").as_bytes())
}

/// Whether the store has the entries from one position to another: the chain over them ends with the head that it should.
pub(crate) fn proves(store: &Store, from: Position, to: &Position) -> Result<bool> {
    let mut at = from;
    while at.next_seq < to.next_seq {
        let Some(commit) = unless_damaged(commit_from_store(store, at, *to))? else { return Ok(false) };
        at = Position {
            next_seq: commit.next_seq(),
            next_article: commit.next_article(),
            head: commit.head_after(at.head),
            ..at
        };
    }
    Ok((at.next_seq, at.next_article, at.head) == (to.next_seq, to.next_article, to.head))
}

/// Writes what the store [`proves`] to the ledger.
pub(crate) fn write_from_store(ledger: &mut Ledger, store: &Store, to: Position) -> Result<()> {
    while ledger.position().next_seq < to.next_seq {
        ledger.append(&commit_from_store(store, ledger.position(), to)?)?;
    }
    Ok(())
}

/// A commit as the store has it, or a thousand entries of it.
fn commit_from_store(store: &Store, from: Position, to: Position) -> Result<Commit> {
    let view = store.written();
    let (mut next_article, mut entries, mut bodies) = (from.next_article, Vec::new(), Vec::new());
    let (committed_ms, next_commit) = view.committed(from.next_seq)?;
    for seq in from.next_seq..to.next_seq.min(from.next_seq + 1000).min(next_commit) {
        while next_article < to.next_article {
            let (first_seq, entry) = view.article_entry(next_article)?;
            if first_seq != seq {
                break;
            }
            if !entry.gone {
                bodies.push((next_article, view.body_bytes(next_article)?.into_boxed_slice()));
            }
            entries.push(entry);
            next_article += 1;
        }
        entries.push(view.raw_entry(seq)?);
    }
    let packs = store::cut_bodies(0, bodies);
    // No pack is called full: where the store's packs end is not known here.
    let bodies = packs.into_iter().map(|(_, rows)| store::encode_bodies((false, rows))).collect();
    let (first_seq, first_article) = (from.next_seq, from.next_article);
    Ok(Commit { first_seq, first_article, committed_ms, entries, bodies, ..Commit::default() })
}

/// Puts what waits into the store: all of it, or the bodies that fill their packs.
pub(crate) fn write_down(store: &Store, layout: &Layout, all: bool) -> Result<()> {
    mark_dirty(layout)?;
    if all { store.flush() } else { store.flush_bodies(false) }
}

const DAMAGED: &str = "damaged: ";

/// Why the store cannot be trusted, from what an earlier process left behind. A process that was killed leaves a store that
/// is whole (the system has all that it wrote); a machine that went down may not.
fn distrust(layout: &Layout) -> Result<Option<String>> {
    let Some(left) = read_if_there(&layout.dirty())? else { return Ok(None) };
    let left = String::from_utf8_lossy(&left);
    if let Some(what) = left.strip_prefix(DAMAGED) {
        return Ok(Some(what.trim().to_owned()));
    }
    let same_boot = boot_id().is_some_and(|id| id == left.trim());
    Ok((!same_boot).then(|| "the machine went down while it was being written".to_owned()))
}

pub(crate) fn mark_dirty(layout: &Layout) -> Result<()> {
    let path = layout.dirty();
    if is_there(&path)? {
        return Ok(());
    }
    write_whole(&path, boot_id().unwrap_or_default().as_bytes())
}
