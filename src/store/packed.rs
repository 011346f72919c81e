//! [`PackedTree`]: an ordered map over a sled tree whose values are packs of rows ([`crate::bytes::pack`]).
//!
//! A sled 0.34 leaf splits when it holds more than 16 entries, however small they are, and what everything costs
//! follows the number of entries. So rows are kept in few, larger values. The key of a pack is its first row's key and
//! a part number (two bytes): a pack that sled would spill to a blob file, which it never syncs, is cut into parts.
//!
//! **Slots.** A leaf that splits is written again, which costs three bytes of log for one of large packs. So before
//! large packs are written, their keys are first put in with nothing under them, one after the other: the leaves split
//! while they are empty, and then each takes its nine packs without being written again (sled consolidates a leaf at
//! the tenth change). Reading passes over empty slots, so one that a crash left behind does no harm.

use super::failure::{damaged, quiet};
use crate::bytes::pack::{self, Pack, Row};
use crate::model::Result;
use sled::{Batch, IVec, Tree};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// How one tree is packed.
#[derive(Clone, Copy, Debug)]
pub struct Packing {
    /// Bytes of rows in a full pack, uncompressed.
    pub bytes: usize,
    /// The zstd level, or none for packs that are better left alone.
    pub level: Option<i32>,
    /// How many decoded packs are kept for the next lookup.
    pub cached: usize,
}

/// The longest value given to sled. A leaf holds up to 17 and must stay below a quarter of `segment_size`.
const PART_BYTES: usize = 56 << 10;

/// Packs that are longer than this, and how often sled is asked for them again.
const LARGE_BYTES: usize = 16 << 10;
const ASKED_AGAIN: usize = 16;

/// The first byte of a pack in parts; [`crate::bytes::pack`] uses 1 and 2. How many parts (u16), and the hash of the whole (8 bytes) follow.
const IN_PARTS: u8 = 3;

/// Packs that were decoded last, by the keys under which they are.
struct Cached<const K: usize> {
    /// How often they were forgotten: what was read before that is not kept.
    generation: u64,
    packs: VecDeque<Decoded<K>>,
}

/// A pack with the key under which it is and the value that it was decoded from.
struct Decoded<const K: usize> {
    first: [u8; K],
    value: IVec,
    pack: Arc<Pack<K>>,
}

/// The key under which a pack is, and the pack.
type Found<const K: usize> = ([u8; K], Arc<Pack<K>>);

/// An ordered map from keys of `K` bytes to values, both ways walkable.
pub struct PackedTree<const K: usize> {
    tree: Tree,
    /// Where it is, for messages.
    file: Arc<Path>,
    packing: Packing,
    cache: Mutex<Cached<K>>,
}

/// Changes to a tree that are not applied yet.
#[derive(Default)]
pub struct Writes {
    /// To be applied in one transaction.
    pub batch: Batch,
    /// How many there are.
    pub count: usize,
    /// The keys of the packs that are put in.
    firsts: Vec<Vec<u8>>,
}

impl Writes {
    /// Puts a row into a tree that is not packed.
    pub fn set(&mut self, name: &str, value: Vec<u8>) {
        self.batch.insert(name, value);
        self.count += 1;
    }

    fn insert(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.firsts.push(key.clone());
        self.batch.insert(key, value);
        self.count += 1;
    }

    fn remove(&mut self, key: Vec<u8>) {
        self.batch.remove(key);
        self.count += 1;
    }
}

/// Which way a range is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Ascending keys.
    Up,
    /// Descending keys.
    Down,
}

impl<const K: usize> PackedTree<K> {
    /// Over this sled tree, which is in this file.
    pub fn new(tree: Tree, file: &Arc<Path>, packing: Packing) -> PackedTree<K> {
        let cache = Mutex::new(Cached { generation: 0, packs: VecDeque::new() });
        PackedTree { tree, file: file.clone(), packing, cache }
    }

    /// The sled tree, for a transaction.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// How it is packed.
    pub fn packing(&self) -> Packing {
        self.packing
    }

    /// The value under a key.
    pub fn get(&self, key: &[u8; K]) -> Result<Option<Value<K>>> {
        let Some((_, pack)) = self.pack_at(key)? else { return Ok(None) };
        Ok(pack.find(key).map(|row| Value { pack, row }))
    }

    /// The rows with `low <= key <= high`, lazily.
    pub fn range(self: &Arc<Self>, low: [u8; K], high: [u8; K], direction: Direction) -> Rows<K> {
        let at = if low > high { At::End } else { At::Start };
        Rows { tree: self.clone(), low, high, direction, at, current: None }
    }

    /// All rows, ascending.
    pub fn rows(self: &Arc<Self>) -> Rows<K> {
        self.range([0; K], [0xff; K], Direction::Up)
    }

    /// The last row.
    pub fn last(&self) -> Result<Option<Value<K>>> {
        Ok(self.pack_at(&[0xff; K])?.map(|(_, pack)| Value { row: pack.len() - 1, pack }))
    }

    /// The changes that insert these rows (ascending; a row that is there is replaced): each pack is read once, rows are
    /// merged into it, and what grew too large is split.
    pub fn insert_many(&self, rows: Vec<Row<K>>) -> Result<Writes> {
        debug_assert!(rows.is_sorted_by(|a, b| a.0 < b.0), "rows are inserted in order");
        let mut writes = Writes::default();
        let mut rows = rows.into_iter().peekable();
        while let Some((key, _)) = rows.peek() {
            let found = match self.pack_at(key)? {
                None => self.pack_after(None)?,
                found => found,
            };
            let Some((first, pack)) = found else {
                self.put_run(rows.by_ref().collect(), &mut writes, true);
                break;
            };
            let next = self.value_after(Some(&first))?.map(|(next, _)| next);
            let mut new = Vec::new();
            while let Some(row) = rows.next_if(|(key, _)| next.is_none_or(|next| *key < next)) {
                new.push(row);
            }
            let appending = next.is_none() && new[0].0 > *pack.key(pack.len() - 1);
            if appending && rows_bytes(&pack.to_rows()) >= self.packing.bytes {
                self.put_run(new, &mut writes, true);
                continue;
            }
            let merged = merge(pack.to_rows(), new);
            if merged[0].0 != first {
                self.remove_pack(&first, &mut writes)?;
            }
            self.put_run(merged, &mut writes, appending);
        }
        Ok(writes)
    }

    /// The same for rows in any order, with slots made for the packs.
    pub fn prepare(&self, mut rows: Vec<Row<K>>) -> Result<Writes> {
        rows.sort_unstable_by_key(|(key, _)| *key);
        let writes = self.insert_many(rows)?;
        self.make_slots(writes.firsts.iter().map(|first| first[..K].try_into().expect("a key has K bytes")))?;
        Ok(writes)
    }

    /// The changes that put in packs which were encoded before, all of whose keys are above every key in the tree.
    pub fn append_encoded<'a>(&self, packs: impl Iterator<Item = ([u8; K], &'a [u8])>, writes: &mut Writes) {
        packs.for_each(|(first, pack)| self.put_encoded(first, pack, writes));
    }

    /// Encodes rows as the tree would.
    pub fn encode(&self, rows: &[Row<K>]) -> Vec<u8> {
        pack::encode(rows, self.packing.level)
    }

    /// Makes slots for packs that will be written next; see the module's text. Nothing is changed by it.
    pub fn make_slots(&self, firsts: impl Iterator<Item = [u8; K]>) -> Result<()> {
        for first in firsts {
            let key = part_key(&first, 0);
            if !quiet(&self.file, || self.tree.contains_key(&key))? {
                quiet(&self.file, || self.tree.insert(&key, IVec::default()))?;
            }
        }
        Ok(())
    }

    /// Forgets decoded packs; to be called when writes were applied.
    pub fn forget(&self) {
        let mut cache = self.lock_cache();
        cache.generation += 1;
        cache.packs.clear();
    }

    /// Cuts a run of rows into packs. At the end of the tree each is filled, so that appending ends with full packs
    /// however many rows came at a time; elsewhere the parts are even, so that each has room.
    fn put_run(&self, rows: Vec<Row<K>>, writes: &mut Writes, fill: bool) {
        let bytes = rows_bytes(&rows);
        let full = self.packing.bytes;
        let share = if fill { full } else { bytes.div_ceil(bytes.div_ceil(full)) };
        let mut run = Vec::new();
        let mut taken = 0;
        let mut left = bytes;
        for row in rows {
            let row_bytes = pack::row_bytes::<K>(&row.1);
            run.push(row);
            taken += row_bytes;
            left -= row_bytes;
            if taken >= share && left > 0 {
                self.put_encoded(run[0].0, &self.encode(&run), writes);
                (run, taken) = (Vec::new(), 0);
            }
        }
        if !run.is_empty() {
            self.put_encoded(run[0].0, &self.encode(&run), writes);
        }
    }

    fn put_encoded(&self, first: [u8; K], pack: &[u8], writes: &mut Writes) {
        if pack.len() <= PART_BYTES {
            return writes.insert(part_key(&first, 0), pack.to_vec());
        }
        let parts: Vec<&[u8]> = pack.chunks(PART_BYTES).collect();
        let mut head = vec![IN_PARTS];
        head.extend_from_slice(&(parts.len() as u16).to_be_bytes());
        head.extend_from_slice(&hash_of_parts(pack));
        writes.insert(part_key(&first, 0), head);
        for (part, bytes) in (1..).zip(parts) {
            writes.insert(part_key(&first, part), bytes.to_vec());
        }
    }

    fn remove_pack(&self, first: &[u8; K], writes: &mut Writes) -> Result<()> {
        for item in self.tree.range(part_key(first, 0)..=part_key(first, u16::MAX)).keys() {
            writes.remove(quiet(&self.file, || item)?.to_vec());
        }
        Ok(())
    }

    /// The pack that the key is in or would be put into, if any pack starts at or before it.
    fn pack_at(&self, key: &[u8; K]) -> Result<Option<Found<K>>> {
        let generation = {
            let cache = self.lock_cache();
            let holds =
                |known: &&Decoded<K>| known.pack.key(0) <= key && key <= known.pack.key(known.pack.len() - 1);
            if let Some(Decoded { first, pack, .. }) = cache.packs.iter().find(holds) {
                return Ok(Some((*first, pack.clone())));
            }
            cache.generation
        };
        'again: loop {
            let mut below = self.tree.range(..=part_key(key, u16::MAX));
            let mut slots = Vec::new();
            loop {
                let item = quiet(&self.file, || below.next_back().transpose())?;
                let Some(item) = item else { return Ok(None) };
                let (first, part) = split_key::<K>(&item.0)?;
                if part != 0 {
                    continue;
                }
                if item.1.is_empty() {
                    slots.push(item.0);
                    continue;
                }
                // What was passed over empty may have been filled since, from the pack that was found.
                for slot in &slots {
                    if quiet(&self.file, || self.tree.get(slot))?.is_some_and(|value| !value.is_empty()) {
                        continue 'again;
                    }
                }
                return self.decode(first, &item.1, generation).map(|pack| Some((first, pack)));
            }
        }
    }

    /// The first pack after the one that starts with this key; after none, the first of all.
    fn pack_after(&self, first: Option<&[u8; K]>) -> Result<Option<Found<K>>> {
        let generation = self.lock_cache().generation;
        let Some((next, value)) = self.value_after(first)? else { return Ok(None) };
        Ok(Some((next, self.decode(next, &value, generation)?)))
    }

    /// The same, not decoded: the pack's first key, and what is under it.
    fn value_after(&self, first: Option<&[u8; K]>) -> Result<Option<([u8; K], IVec)>> {
        let mut above = match first {
            Some(first) => self.tree.range(part_key(first, u16::MAX)..),
            None => self.tree.iter(),
        };
        loop {
            let Some((key, value)) = quiet(&self.file, || above.next().transpose())? else { return Ok(None) };
            let (next, part) = split_key::<K>(&key)?;
            if part == 0 && !value.is_empty() {
                return Ok(Some((next, value)));
            }
        }
    }

    /// `generation` is that of the cache before the value was read.
    fn decode(&self, first: [u8; K], value: &IVec, generation: u64) -> Result<Arc<Pack<K>>> {
        let is_same = |known: &&Decoded<K>| known.first == first && known.value == value;
        if let Some(known) = self.lock_cache().packs.iter().find(is_same) {
            return Ok(known.pack.clone());
        }
        if value.len() > LARGE_BYTES {
            self.hurry_eviction(&first)?;
        }
        let joined;
        let mut bytes: &[u8] = value;
        if let [IN_PARTS, ..] = bytes {
            joined = self.join_parts(&first, value)?;
            bytes = &joined;
        }
        let pack = Arc::new(Pack::decode(bytes).map_err(damaged)?);
        if *pack.key(0) != first {
            return Err(damaged("a pack under another's key"));
        }
        let mut cache = self.lock_cache();
        if cache.generation == generation {
            cache.packs.truncate(self.packing.cached.saturating_sub(1));
            cache.packs.push_front(Decoded { first, value: value.clone(), pack: pack.clone() });
        }
        Ok(pack)
    }

    /// sled keeps the pages that it has read until their shard of its cache, one of 256, was asked 64 times, however large
    /// they are. Asking often for pages of large packs keeps a walk through all of them in some 130 MB.
    fn hurry_eviction(&self, first: &[u8; K]) -> Result<()> {
        let key = part_key(first, 0);
        (0..ASKED_AGAIN).try_for_each(|_| quiet(&self.file, || self.tree.contains_key(&key)).map(drop))
    }

    /// Reads the parts of a pack. One that is being written again under the reader is read again.
    fn join_parts(&self, first: &[u8; K], head: &[u8]) -> Result<Vec<u8>> {
        let mut head = IVec::from(head);
        loop {
            let wanted = head.get(1..).and_then(|rest| rest.split_first_chunk::<2>());
            let (parts, hash) = wanted.ok_or_else(|| damaged("a pack in parts"))?;
            let mut bytes = Some(Vec::new());
            for part in 1..=u16::from_be_bytes(*parts) {
                let value = quiet(&self.file, || self.tree.get(part_key(first, part)))?;
                bytes = bytes.zip(value).map(|(mut bytes, value)| {
                    bytes.extend_from_slice(&value);
                    bytes
                });
            }
            if let Some(bytes) = bytes.filter(|bytes| hash_of_parts(bytes) == hash) {
                return Ok(bytes);
            }
            match quiet(&self.file, || self.tree.get(part_key(first, 0)))? {
                Some(now) if now != head && now.first() == Some(&IN_PARTS) => head = now,
                Some(now) if now != head => return Ok(now.to_vec()),
                _ => return Err(damaged("a part of a pack is missing, or another's")),
            }
        }
    }

    fn lock_cache(&self) -> std::sync::MutexGuard<'_, Cached<K>> {
        self.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Bytes of rows, as `PackedTree::put_run` counts them.
pub fn rows_bytes<const K: usize>(rows: &[Row<K>]) -> usize {
    rows.iter().map(|(_, value)| pack::row_bytes::<K>(value)).sum()
}

pub(super) fn merge<const K: usize>(old: Vec<Row<K>>, new: Vec<Row<K>>) -> Vec<Row<K>> {
    let mut merged = Vec::with_capacity(old.len() + new.len());
    let mut old = old.into_iter().peekable();
    for row in new {
        while let Some(before) = old.next_if(|before| before.0 < row.0) {
            merged.push(before);
        }
        old.next_if(|same| same.0 == row.0);
        merged.push(row);
    }
    merged.extend(old);
    merged
}

fn hash_of_parts(pack: &[u8]) -> [u8; 8] {
    blake3::hash(pack).as_bytes()[..8].try_into().expect("a hash has 32 bytes")
}

fn part_key<const K: usize>(first: &[u8; K], part: u16) -> Vec<u8> {
    let mut key = first.to_vec();
    key.extend_from_slice(&part.to_be_bytes());
    key
}

fn split_key<const K: usize>(key: &[u8]) -> Result<([u8; K], u16)> {
    let split = key.split_first_chunk::<K>();
    let split = split.and_then(|(first, part)| Some((*first, u16::from_be_bytes(part.try_into().ok()?))));
    split.ok_or_else(|| damaged("a key of another length"))
}

/// A row's place in a pack that is held.
pub struct Value<const K: usize> {
    pack: Arc<Pack<K>>,
    row: usize,
}

impl<const K: usize> Value<K> {
    pub(super) fn new(pack: Arc<Pack<K>>, row: usize) -> Value<K> {
        Value { pack, row }
    }

    /// The row's key.
    pub fn key(&self) -> &[u8; K] {
        self.pack.key(self.row)
    }

    /// The pack that the row is in.
    pub fn pack(&self) -> &Arc<Pack<K>> {
        &self.pack
    }
}

impl<const K: usize> std::ops::Deref for Value<K> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.pack.value(self.row)
    }
}

/// Walks a range, a pack at a time.
pub struct Rows<const K: usize> {
    tree: Arc<PackedTree<K>>,
    /// What is left of it.
    low: [u8; K],
    high: [u8; K],
    direction: Direction,
    at: At<K>,
    current: Option<(Arc<Pack<K>>, std::ops::Range<usize>)>,
}

/// Where a walk is between two packs.
enum At<const K: usize> {
    Start,
    /// After the pack that starts with this key.
    After([u8; K]),
    End,
}

impl<const K: usize> Rows<K> {
    fn step(&mut self) -> Result<Option<Value<K>>> {
        loop {
            if let Some((pack, rows)) = &mut self.current {
                let row = match self.direction {
                    Direction::Up => rows.next(),
                    Direction::Down => rows.next_back(),
                };
                if let Some(row) = row {
                    return Ok(Some(Value { pack: pack.clone(), row }));
                }
                self.current = None;
            }
            let found = match (&self.at, self.direction) {
                (At::End, _) => return Ok(None),
                (At::Start, Direction::Up) => match self.tree.pack_at(&self.low)? {
                    // The lowest key is in the pack that starts at or before it, or in the next one.
                    Some(found) => Some(found),
                    None => self.tree.pack_after(None)?,
                },
                (At::After(first), Direction::Up) => self.tree.pack_after(Some(first))?,
                (_, Direction::Down) => self.tree.pack_at(&self.high)?,
            };
            self.at = At::End;
            let Some((first, pack)) = found else { return Ok(None) };
            let start = pack.lower_bound(&self.low);
            let end = pack.lower_bound(&self.high);
            let end = end + usize::from(end < pack.len() && *pack.key(end) == self.high);
            match self.direction {
                // What is left lies above the last row, or below the first.
                Direction::Up if end == pack.len() => {
                    let mut more = true;
                    if start < end {
                        self.low = *pack.key(end - 1);
                        more = step_up(&mut self.low);
                    }
                    if more && self.low <= self.high {
                        self.at = At::After(first);
                    }
                }
                Direction::Down if start == 0 && self.low < first => {
                    self.high = first;
                    step_down(&mut self.high);
                    self.at = At::After(first);
                }
                _ => {}
            }
            self.current = Some((pack, start..end.max(start)));
        }
    }
}

/// The next key; `false` if there is none.
fn step_up<const K: usize>(key: &mut [u8; K]) -> bool {
    for byte in key.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            return true;
        }
    }
    false
}

/// The key before one that is not the lowest.
fn step_down<const K: usize>(key: &mut [u8; K]) {
    for byte in key.iter_mut().rev() {
        *byte = byte.wrapping_sub(1);
        if *byte != 0xff {
            return;
        }
    }
}

impl<const K: usize> Iterator for Rows<K> {
    type Item = Result<Value<K>>;

    /// Ends after an error: sled would give the same one for ever.
    fn next(&mut self) -> Option<Result<Value<K>>> {
        let row = self.step();
        if row.is_err() {
            self.at = At::End;
        }
        row.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Op {
        Insert(Vec<(u16, u8)>),
        Get(u16),
        Range(u16, u16),
        Slots(Vec<u16>),
        Reopen,
    }

    fn op() -> impl Strategy<Value = Op> {
        let key = 0u16..600;
        prop_oneof![
            4 => proptest::collection::vec((key.clone(), any::<u8>()), 1..120).prop_map(Op::Insert),
            2 => key.clone().prop_map(Op::Get),
            2 => (key.clone(), key.clone()).prop_map(|(a, b)| Op::Range(a.min(b), a.max(b))),
            1 => proptest::collection::vec(key, 1..10).prop_map(Op::Slots),
            1 => Just(Op::Reopen),
        ]
    }

    fn open(dir: &Path, packing: Packing) -> (sled::Db, Arc<PackedTree<2>>) {
        // sled lets go of its lock some time after the handle was dropped.
        let config = sled::Config::new().path(dir).flush_every_ms(None);
        let mut opened = config.open();
        while opened.is_err() {
            std::thread::sleep(std::time::Duration::from_millis(5));
            opened = config.open();
        }
        let db = opened.unwrap();
        let tree = Arc::new(PackedTree::new(db.open_tree("t").unwrap(), &Arc::from(dir), packing));
        (db, tree)
    }

    fn apply(tree: &PackedTree<2>, writes: Writes) {
        tree.tree().apply_batch(writes.batch).unwrap();
        tree.forget();
    }

    /// Values of many lengths, now and then one that takes several parts.
    fn value(key: u16, seed: u8) -> Box<[u8]> {
        let length =
            if seed == 255 && key.is_multiple_of(50) { PART_BYTES * 2 + 7 } else { usize::from(seed) % 40 };
        (0..length).map(|n| (n as u8).wrapping_mul(31) ^ seed).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn is_a_btree_map(ops in proptest::collection::vec(op(), 1..24), level in proptest::option::of(Just(1)), bytes in prop_oneof![Just(64usize), Just(500)]) {
            let packing = Packing { bytes, level, cached: 2 };
            let dir = tempfile::tempdir().unwrap();
            let (mut db, mut tree) = open(dir.path(), packing);
            let mut model = BTreeMap::<u16, Box<[u8]>>::new();
            for op in ops {
                match op {
                    Op::Insert(rows) => {
                        let rows: BTreeMap<u16, Box<[u8]>> = rows.into_iter().map(|(key, seed)| (key, value(key, seed))).collect();
                        let writes = tree.insert_many(rows.iter().map(|(key, value)| (key.to_be_bytes(), value.clone())).collect()).unwrap();
                        apply(&tree, writes);
                        model.extend(rows);
                    }
                    Op::Get(key) => {
                        let got = tree.get(&key.to_be_bytes()).unwrap();
                        prop_assert_eq!(got.as_deref(), model.get(&key).map(|v| &**v));
                    }
                    Op::Range(low, high) => {
                        let expected: Vec<_> = model.range(low..=high).map(|(key, value)| (*key, value.clone())).collect();
                        for direction in [Direction::Up, Direction::Down] {
                            let mut got: Vec<(u16, Box<[u8]>)> = tree.range(low.to_be_bytes(), high.to_be_bytes(), direction)
                                .map(|row| row.map(|row| (u16::from_be_bytes(*row.key()), (*row).into())).unwrap()).collect();
                            if direction == Direction::Down { got.reverse(); }
                            prop_assert_eq!(&got, &expected);
                        }
                    }
                    Op::Slots(keys) => tree.make_slots(keys.into_iter().map(u16::to_be_bytes)).unwrap(),
                    Op::Reopen => {
                        drop(tree);
                        drop(db);
                        (db, tree) = open(dir.path(), packing);
                    }
                }
            }
            let last = tree.last().unwrap().map(|row| u16::from_be_bytes(*row.key()));
            prop_assert_eq!(last, model.last_key_value().map(|(key, _)| *key));
            prop_assert_eq!(tree.rows().count(), model.len());
            drop(db);
        }
    }

    #[test]
    fn appending_fills_packs_however_many_come_at_a_time() {
        let packing = Packing { bytes: 200, level: None, cached: 2 };
        let packs = |step: usize| {
            let dir = tempfile::tempdir().unwrap();
            let (_db, tree) = open(dir.path(), packing);
            let rows: Vec<Row<2>> =
                (0..500u16).map(|n| (n.to_be_bytes(), value(n, (n % 200) as u8))).collect();
            for rows in rows.chunks(step) {
                apply(&tree, tree.insert_many(rows.to_vec()).unwrap());
            }
            tree.tree().iter().map(|item| item.unwrap().1.to_vec()).collect::<Vec<_>>()
        };
        let once = packs(500);
        assert!(once.len() > 20);
        assert_eq!(packs(1), once);
        assert_eq!(packs(7), once);
    }
}
