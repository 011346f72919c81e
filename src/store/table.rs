//! [`Table`]: a tree and the rows that wait to be put into it, read as one.

use super::failure::damaged;
use super::keys;
use super::packed::{self, Direction, PackedTree, Value};
use crate::bytes::pack::{Pack, Row};
use crate::ledger::BodyPack;
use crate::model::Result;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A tree as it was when this was made; the tree may have got more rows since.
#[derive(Clone)]
pub struct Table<const K: usize> {
    tree: Arc<PackedTree<K>>,
    waiting: Over<K>,
}

/// Rows that are not in the tree yet. Where a key is met several times, the last run is right.
#[derive(Clone)]
pub(super) struct Over<const K: usize> {
    pub runs: Vec<Arc<Pack<K>>>,
    /// Packs as they were committed, one after the other; below every run.
    pub chunks: Arc<Vec<Arc<Chunk<K>>>>,
}

impl<const K: usize> Default for Over<K> {
    fn default() -> Over<K> {
        Over { runs: Vec::new(), chunks: Arc::default() }
    }
}

/// A pack of which nobody may ever ask.
pub(super) struct Chunk<const K: usize> {
    first: [u8; K],
    pub full: bool,
    pub bytes: Vec<u8>,
    pack: OnceLock<Arc<Pack<K>>>,
}

impl<const K: usize> Chunk<K> {
    pub fn new(first: [u8; K], full: bool, bytes: Vec<u8>) -> Chunk<K> {
        Chunk { first, full, bytes, pack: OnceLock::new() }
    }

    pub fn to_pack(&self) -> BodyPack {
        BodyPack { first: keys::read_number(&self.first), full: self.full, bytes: self.bytes.clone() }
    }

    fn pack(&self) -> Result<Arc<Pack<K>>> {
        if let Some(pack) = self.pack.get() {
            return Ok(pack.clone());
        }
        let pack = Arc::new(Pack::decode(&self.bytes).map_err(damaged)?);
        Ok(self.pack.get_or_init(|| pack).clone())
    }
}

impl<const K: usize> Over<K> {
    /// Adds a run and merges those of about one size, so that there are never many.
    pub fn push(&mut self, run: Pack<K>) {
        self.runs.push(Arc::new(run));
        while let [.., before, last] = &self.runs[..]
            && before.len() <= last.len() * 2
        {
            let merged = Pack::of(&packed::merge(before.to_rows(), last.to_rows()));
            self.runs.truncate(self.runs.len() - 2);
            self.runs.push(Arc::new(merged));
        }
    }

    /// What is in the runs.
    pub fn rows(&self) -> Vec<Row<K>> {
        self.runs.iter().fold(Vec::new(), |rows, run| packed::merge(rows, run.to_rows()))
    }

    fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.chunks.is_empty()
    }
}

impl<const K: usize> Table<K> {
    pub(super) fn new(tree: &Arc<PackedTree<K>>, waiting: Over<K>) -> Table<K> {
        Table { tree: tree.clone(), waiting }
    }

    /// The value under a key.
    pub fn get(&self, key: &[u8; K]) -> Result<Option<Value<K>>> {
        for run in self.waiting.runs.iter().rev() {
            if let Some(row) = run.find(key) {
                return Ok(Some(Value::new(run.clone(), row)));
            }
        }
        let chunks = &self.waiting.chunks;
        if let Some(at) = chunks.partition_point(|chunk| chunk.first <= *key).checked_sub(1) {
            let pack = chunks[at].pack()?;
            if let Some(row) = pack.find(key) {
                return Ok(Some(Value::new(pack, row)));
            }
        }
        self.tree.get(key)
    }

    /// The rows with `low <= key <= high`, lazily.
    pub fn range(&self, low: [u8; K], high: [u8; K], direction: Direction) -> Rows<K> {
        let mut parts = vec![Part::Tree(self.tree.range(low, high, direction))];
        if !self.waiting.is_empty() && low <= high {
            let chunks = &self.waiting.chunks;
            let start = chunks.partition_point(|chunk| chunk.first <= low).saturating_sub(1);
            let end = chunks.partition_point(|chunk| chunk.first <= high);
            if start < end {
                let (chunks, left) = (chunks.clone(), start..end);
                parts.push(Part::Chunks { chunks, left, bounds: (low, high), current: None });
            }
            for run in &self.waiting.runs {
                let rows = rows_between(run, &low, &high);
                if !rows.is_empty() {
                    parts.push(Part::Run(run.clone(), rows));
                }
            }
        }
        Rows { parts: parts.into_iter().map(|part| (part, None)).collect(), direction, begun: false }
    }

    /// All rows, ascending.
    pub fn rows(&self) -> Rows<K> {
        self.range([0; K], [0xff; K], Direction::Up)
    }
}

/// Walks a range, lazily.
pub struct Rows<const K: usize> {
    /// The later ones are right where keys are the same; with the row that each has next.
    parts: Vec<(Part<K>, Option<Value<K>>)>,
    direction: Direction,
    begun: bool,
}

enum Part<const K: usize> {
    Tree(packed::Rows<K>),
    Run(Arc<Pack<K>>, Range<usize>),
    Chunks {
        chunks: Arc<Vec<Arc<Chunk<K>>>>,
        left: Range<usize>,
        bounds: ([u8; K], [u8; K]),
        current: Option<(Arc<Pack<K>>, Range<usize>)>,
    },
}

impl<const K: usize> Part<K> {
    fn next(&mut self, direction: Direction) -> Result<Option<Value<K>>> {
        match self {
            Part::Tree(rows) => rows.next().transpose(),
            Part::Run(pack, rows) => Ok(end_of(rows, direction).map(|row| Value::new(pack.clone(), row))),
            Part::Chunks { chunks, left, bounds, current } => loop {
                if let Some((pack, rows)) = current
                    && let Some(row) = end_of(rows, direction)
                {
                    return Ok(Some(Value::new(pack.clone(), row)));
                }
                let Some(chunk) = end_of(left, direction) else { return Ok(None) };
                let pack = chunks[chunk].pack()?;
                let rows = rows_between(&pack, &bounds.0, &bounds.1);
                *current = Some((pack, rows));
            },
        }
    }
}

/// The next of a range from one of its ends.
fn end_of(range: &mut Range<usize>, direction: Direction) -> Option<usize> {
    match direction {
        Direction::Up => range.next(),
        Direction::Down => range.next_back(),
    }
}

fn rows_between<const K: usize>(pack: &Pack<K>, low: &[u8; K], high: &[u8; K]) -> Range<usize> {
    let end = pack.lower_bound(high);
    pack.lower_bound(low)..end + usize::from(end < pack.len() && pack.key(end) == high)
}

impl<const K: usize> Rows<K> {
    fn step(&mut self) -> Result<Option<Value<K>>> {
        let direction = self.direction;
        if let [(only, _)] = &mut self.parts[..] {
            return only.next(direction);
        }
        if !self.begun {
            self.begun = true;
            for (part, next) in &mut self.parts {
                *next = part.next(direction)?;
            }
        }
        let mut best: Option<(usize, [u8; K])> = None;
        for (at, (_, next)) in self.parts.iter().enumerate() {
            let Some(next) = next else { continue };
            let is_better = best.is_none_or(|(_, best)| match direction {
                Direction::Up => *next.key() <= best,
                Direction::Down => *next.key() >= best,
            });
            if is_better {
                best = Some((at, *next.key()));
            }
        }
        let Some((best, key)) = best else { return Ok(None) };
        let mut found = None;
        for (at, (part, next)) in self.parts.iter_mut().enumerate() {
            if next.as_ref().is_some_and(|next| *next.key() == key) {
                let row = std::mem::replace(next, part.next(direction)?);
                if at == best {
                    found = row;
                }
            }
        }
        Ok(found)
    }
}

impl<const K: usize> Iterator for Rows<K> {
    type Item = Result<Value<K>>;

    /// Ends after an error: sled would give the same one for ever.
    fn next(&mut self) -> Option<Result<Value<K>>> {
        let row = self.step();
        if row.is_err() {
            self.parts.clear();
        }
        row.transpose()
    }
}
