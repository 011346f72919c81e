//! Removal: an article is not part of the archive from the moment that the ledger says so, and then its bytes are taken out of everything that
//! the archive has on disk.
//!
//! ```text
//! removal entries (durable, hidden) ─ erasing ─ ledger.part, without it ─ ledger ─ store built again ─ search/, originals, … ─ done
//! ```
//! An entry of the ledger that was about it becomes its hash, so that the chain still proves the others. sled cannot forget, so the
//! store is built anew from that ledger. A process that is killed in between leaves an archive without the article; the next opening finishes.

use super::derive::forget;
use super::layout::Layout;
use super::recover::{Halves, Healed};
use super::redo::{How, Said};
use super::{Archive, ENTRIES_A_COMMIT, Raws};
use crate::bytes::fs::{IoContext, dirs_in, is_there, read_if_there, remove, rename, sync_dir, write_whole};
use crate::bytes::pack::Pack;
use crate::ledger::{self, BodyPack, Entry, Ledger, redact, tail};
use crate::model::{Digest, Error, Result};
use crate::store::{self, Direction, Store, View, keys};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// The longest reason, and the longest reference, in bytes.
pub const REASON_BYTES_MAX: usize = 4096;

/// Why articles are removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// In words; kept for ever.
    pub reason: String,
    /// What that refers to: a letter, a case.
    pub reference: Option<String>,
    /// Whether originals go that other articles name too.
    pub originals: bool,
}

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Articles.
    pub articles: u64,
    /// Originals that stay, each with an article that names it and stays too.
    pub shared: Vec<(Digest, Digest)>,
}

impl Archive {
    /// Removes articles: when this returns, nobody is shown them any more, and that is durable. Their bytes go when the archive is opened next.
    pub fn remove(&mut self, articles: &[Digest], removal: &Removal, how: How) -> Result<Removed> {
        let texts = [Some(&removal.reason), removal.reference.as_ref()];
        if texts.iter().flatten().any(|text| text.len() > REASON_BYTES_MAX) {
            let what = format!("a reason has {REASON_BYTES_MAX} bytes at most");
            return Err(Error::Unanswerable { what });
        }
        self.settle()?;
        self.guarded(Archive::flush)?;
        let snapshot = self.snapshot()?;
        let said = Said::since(&snapshot, how.since)?;
        let (mut numbers, mut digests, mut removed) = (BTreeSet::new(), Vec::new(), Removed::default());
        for digest in articles {
            match snapshot.find(digest)? {
                _ if said.removed(digest) => removed.articles += 1,
                Some(number) if numbers.insert(number) => digests.push((number, *digest)),
                _ => {}
            }
        }
        removed.articles += numbers.len() as u64;
        let named_by = originals_of(&snapshot.view, &numbers, self.uuid())?;
        let named: BTreeSet<Digest> = named_by.values().flatten().copied().collect();
        let shared = shared(&snapshot.view, &named, &numbers, self.uuid())?;
        if how.dry || numbers.is_empty() {
            removed.shared = if removal.originals { Vec::new() } else { shared.into_iter().collect() };
            return Ok(removed);
        }
        if removal.originals && !shared.is_empty() {
            // Before they are: whoever looks in between finds nothing missing that was not to go.
            self.raws().accept_lost(shared.keys().copied())?;
        }
        let at_ms = self.time.now_ms();
        let goes = |digest: &&Digest| removal.originals || !shared.contains_key(digest);
        for some in digests.chunks(ENTRIES_A_COMMIT) {
            let entry = |(article, digest): &(u64, Digest)| Entry::Removal {
                article: *article,
                digest: *digest,
                reason: removal.reason.clone(),
                reference: removal.reference.clone(),
                originals: named_by.get(article).into_iter().flatten().filter(goes).copied().collect(),
                at_ms,
            };
            self.change(some.iter().map(entry).collect())?;
            snapshot.view.hide(some.iter().map(|(article, _)| *article));
        }
        if !removal.originals {
            removed.shared = shared.into_iter().collect();
        }
        // A half that is set aside later may be the only copy of something else.
        let mut backups = marked(&self.layout)?;
        for path in self.layout.backups()? {
            backups.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        mark(&self.layout, &backups)?;
        // What comes next is told apart from what is known now.
        self.guarded(Archive::flush)?;
        Ok(removed)
    }

    /// Lets texts in again that were removed; those that were. It does not bring them back.
    pub fn undo_removal(&mut self, texts: &[Digest], how: How) -> Result<u64> {
        self.settle()?;
        let snapshot = self.snapshot()?;
        let said = Said::since(&snapshot, how.since)?;
        let is_removed = |digest: &&Digest| snapshot.view.was_removed(digest);
        let undone: BTreeSet<Digest> = texts.iter().filter(is_removed).copied().collect();
        let before = texts.iter().filter(|digest| !undone.contains(digest) && said.undone(digest)).count();
        if !how.dry && !undone.is_empty() {
            let at_ms = self.time.now_ms();
            self.change(undone.iter().map(|digest| Entry::Undo { digest: *digest, at_ms }).collect())?;
            self.guarded(Archive::flush)?;
        }
        Ok((undone.len() + before) as u64)
    }

    /// The originals that went with texts which were removed, and do not come in again.
    pub fn erased_originals(&self) -> Arc<HashSet<Digest>> {
        self.store().written().erased_originals().clone()
    }
}

/// The originals that the captures of some articles name and this archive keeps, by article.
fn originals_of(
    view: &View,
    articles: &BTreeSet<u64>,
    archive: uuid::Uuid,
) -> Result<BTreeMap<u64, BTreeSet<Digest>>> {
    let mut named = BTreeMap::<u64, BTreeSet<Digest>>::new();
    for article in articles {
        let row = view.article(*article)?;
        for seq in view.captures_of(*article, row.first_seq)? {
            let original = view.capture(seq)?.1.kept_by(archive);
            original.into_iter().for_each(|original| {
                named.entry(*article).or_default().insert(original);
            });
        }
    }
    Ok(named)
}

/// Those of some originals that articles name which stay, each with one of them.
fn shared(
    view: &View,
    originals: &BTreeSet<Digest>,
    removed: &BTreeSet<u64>,
    archive: uuid::Uuid,
) -> Result<BTreeMap<Digest, Digest>> {
    let mut shared = BTreeMap::new();
    if originals.is_empty() {
        return Ok(shared);
    }
    let range = (keys::number(1), keys::number(keys::LAST));
    for row in view.tables().captures.range(range.0, range.1, Direction::Up) {
        let entry = ledger::RawEntry::of_row(&row?).map_err(store::damaged)?;
        if !entry.is_capture() {
            continue;
        }
        if let Entry::Capture { article, provenance } = entry.open(0).map_err(store::damaged)?
            && let Some(original) = provenance.kept_by(archive).filter(|one| originals.contains(one))
            && view.has(article)
            && !removed.contains(&article)
            && !shared.contains_key(&original)
        {
            shared.insert(original, view.article(article)?.digest);
        }
    }
    Ok(shared)
}

/// The damaged halves that are to go with what is being erased, by name.
fn marked(layout: &Layout) -> Result<Vec<String>> {
    if layout.erasing().is_dir() {
        return Ok(Vec::new());
    }
    let lines = read_if_there(&layout.erasing())?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&lines).lines().map(str::to_owned).collect())
}

/// Notes, durably, that something is being erased, and which damaged halves go with it.
fn mark(layout: &Layout, backups: &[String]) -> Result<()> {
    let path = layout.erasing();
    if path.is_dir() {
        remove(&path)?;
    }
    let lines: String = backups.iter().map(|name| format!("{name}\n")).collect();
    write_whole(&path, lines.as_bytes())
}

/// Whether bytes of removed articles are still there.
pub(crate) fn is_pending(layout: &Layout, view: &View) -> Result<bool> {
    if !view.pending().is_empty() || is_there(&layout.erasing())? {
        return Ok(true);
    }
    // What was accepted since then to be no part of the ledger may hold some of them.
    Ok(!view.removed().is_empty() && tail::list(&layout.ledger())?.iter().any(|tail| tail.accepted))
}

/// A pack of bodies without those of erased articles; none if nothing is left.
fn without_bodies(pack: BodyPack, is_erased: &dyn Fn(u64) -> bool) -> Result<Option<BodyPack>> {
    let rows = Pack::<5>::decode(&pack.bytes);
    let rows = rows.map_err(|e| Error::Ledger { place: "a body".to_owned(), what: e.to_string() })?;
    let (before, rows) = (rows.len(), rows.to_rows());
    let left: Vec<_> = rows.into_iter().filter(|(key, _)| !is_erased(keys::read_number(key))).collect();
    Ok(match left.len() {
        same if same == before => Some(pack),
        0 => None,
        _ => Some(store::encode_bodies((pack.full, left))),
    })
}

/// Takes the bytes of what was removed out of everything. The archive is this process's alone.
pub(super) fn finish(
    halves: &Halves,
    store: Store,
    mut ledger: Ledger,
    healed: &mut Vec<Healed>,
) -> Result<(Store, Ledger)> {
    let layout = &halves.layout;
    let (erased, originals) = {
        let view = store.view()?;
        (view.removed().clone(), view.erased_originals().clone())
    };
    // From here on it is only known from this that something is left to do.
    let backups = marked(layout)?;
    mark(layout, &backups)?;
    store.let_go()?;
    ledger.close()?;
    drop(ledger);
    let (old, part) = (layout.ledger(), layout.part_ledger());
    remove(&part)?;
    dirs_in(layout.dir()).create(&part).doing("create", &part)?;
    tail::carry_over(&old, &part, false)?;
    if let Some(lost) = read_if_there(&old.join(super::layout::LOST))? {
        write_whole(&part.join(super::layout::LOST), &lost)?;
    }
    let is_erased = |article| erased.contains(article);
    let redacted = redact(&old, &part, halves.uuid, &is_erased, &|pack| without_bodies(pack, &is_erased));
    let redacted = redacted.inspect_err(|_| drop(remove(&part)))?;
    let tails: Vec<_> = tail::list(&old)?;
    let is_accepted = tails.iter().any(|tail| tail.accepted);
    let mut left: Vec<_> = tails.into_iter().filter(|tail| !tail.accepted).map(|tail| tail.path).collect();
    if redacted > 0 || is_accepted {
        rename(&part, &layout.new_ledger())?;
        sync_dir(layout.dir())?;
        rename(&old, &layout.old_ledger())?;
        layout.finish_repair()?;
    } else {
        remove(&part)?;
    }
    let mut built = Vec::new();
    let opened = halves.rebuild("articles were removed".to_owned(), &mut built)?;
    healed.extend(built.into_iter().filter(|healed| !matches!(healed, Healed::Rebuilt { .. })));
    forget(layout, uuid::Uuid::from_bytes(halves.uuid), erased.iter(), &opened.0.view()?)?;
    layout.clear_copies(&backups)?;
    Raws::of(layout.dir()).erase(originals.iter())?;
    remove(&layout.erasing())?;
    sync_dir(layout.dir())?;
    left.extend(layout.backups()?);
    healed.push(Healed::Erased { articles: erased.len(), left });
    Ok(opened)
}
