//! What is durable in the ledger and not in sled yet: asked where it waits, and written down when there is enough of it.

use super::apply::Applying;
use super::keys;
use super::state::State;
use super::table::Chunk;
use super::trees::{Rows, Trees, Waiting};
use super::view::View;
use crate::ledger::{BodyPack, Commit, Position, RawEntry};
use crate::model::Result;
use std::sync::Arc;

/// Entries that may wait: the more, the fewer times a pack of an index is written again, and the more memory an ingest takes: half
/// as many, 100 MB less and a store that is 4 % larger; twice as many, 240 MB more.
const ENTRIES_MAX: usize = 1 << 16;
/// And bytes of packed bodies, which are put in ahead of their entries.
const BODY_BYTES_MAX: usize = 16 << 20;

pub(super) struct Memory {
    /// Of which no rows were made yet: nobody has asked since.
    commits: Vec<Commit>,
    /// The position after them.
    position: Position,
    /// The rows of all commits before those.
    waiting: Waiting,
    /// The state after those rows.
    state: Arc<State>,
    /// What is in sled.
    written: Position,
    entries: usize,
    entry_bytes: usize,
    body_bytes: usize,
}

impl Memory {
    /// Nothing waits; this is the state of what is written down.
    pub fn new(state: Arc<State>) -> Memory {
        let position = state.applied.position;
        let (commits, waiting) = (Vec::new(), Waiting::default());
        let (entries, entry_bytes, body_bytes) = (0, 0, 0);
        Memory { commits, position, waiting, state, written: position, entries, entry_bytes, body_bytes }
    }

    /// Takes a commit that is durable; `position` is the ledger's after it.
    pub fn add(&mut self, mut commit: Commit, position: Position) {
        self.entries += commit.entries.len();
        self.entry_bytes += commit.entries.iter().map(RawEntry::size).sum::<usize>();
        self.body_bytes += commit.bodies.iter().map(|pack| pack.bytes.len()).sum::<usize>();
        let chunks = commit.bodies.drain(..).map(|pack| {
            let BodyPack { first, full, bytes } = pack;
            Arc::new(Chunk::new(keys::number(first), full, bytes))
        });
        Arc::make_mut(&mut self.waiting.bodies.chunks).extend(chunks);
        self.position = position;
        self.commits.push(commit);
    }

    pub fn is_full(&self) -> bool {
        self.entries >= ENTRIES_MAX || self.entry_bytes >= BODY_BYTES_MAX * 4
    }

    pub fn has_many_bodies(&self) -> bool {
        self.body_bytes >= BODY_BYTES_MAX
    }

    pub fn is_empty(&self) -> bool {
        self.position == self.written
    }

    /// Whether all rows are made: somebody has asked since something waits, and may be asking still.
    pub fn is_asked(&self) -> bool {
        !self.is_empty() && self.state.applied.position == self.position
    }

    /// Everything, as of now.
    pub fn view(&mut self, trees: &Trees) -> Result<View> {
        if !self.commits.is_empty() {
            let (rows, state) = self.applied(trees)?;
            self.waiting.add(rows);
            self.state = Arc::new(state);
            self.commits.clear();
        }
        Ok(View::new(self.waiting.over(trees), self.state.clone()))
    }

    /// The rows of the commits that have none yet, and the state after them.
    fn applied(&self, trees: &Trees) -> Result<(Rows, State)> {
        let before = View::new(self.waiting.over(trees), self.state.clone());
        let mut applying = Applying::after(before)?;
        self.commits.iter().try_for_each(|commit| applying.commit(commit))?;
        applying.finish(self.position)
    }

    /// All rows that wait, and the state after them.
    pub fn rows(&mut self, trees: &Trees) -> Result<(Rows, Arc<State>)> {
        if self.state.applied.position == self.written {
            return self.applied(trees).map(|(rows, state)| (rows, Arc::new(state)));
        }
        self.view(trees)?;
        Ok((self.waiting.rows(), self.state.clone()))
    }

    /// The bodies that wait; all of them, or without the last pack if that is not full: it would be written again with the next.
    pub fn bodies(&self, all: bool) -> Vec<BodyPack> {
        let chunks = &self.waiting.bodies.chunks;
        let full = chunks.iter().rposition(|chunk| chunk.full).map_or(0, |last| last + 1);
        // A ledger that was written from the store calls none full.
        let chunks = chunks.iter().take(if all || full == 0 { chunks.len() } else { full });
        chunks.map(|chunk| chunk.to_pack()).collect()
    }

    /// So many packs of bodies are written down.
    pub fn forget_bodies(&mut self, packs: usize) {
        drop(Arc::make_mut(&mut self.waiting.bodies.chunks).drain(..packs));
        self.body_bytes = 0;
    }
}
