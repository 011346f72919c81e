//! Bodies: cut into packs once, and put in ahead of the commits that they belong to.

use super::failure::{damaged, quiet};
use super::keys;
use super::packed::{Writes, rows_bytes};
use super::trees::{BODIES, Trees};
use crate::bytes::pack::{self, Pack, Row};
use crate::ledger::BodyPack;
use crate::model::Result;
use std::borrow::Cow;
use std::path::Path;

/// Cuts the bodies of articles into packs as the store will keep them, going on in a pack that has `open_bytes` already.
pub fn cut_bodies(
    mut open_bytes: usize,
    bodies: impl IntoIterator<Item = (u64, Box<[u8]>)>,
) -> Vec<(bool, Vec<Row<5>>)> {
    let mut packs = Vec::new();
    let mut run = Vec::new();
    for (number, body) in bodies {
        open_bytes += pack::row_bytes::<5>(&body);
        run.push((keys::number(number), body));
        if open_bytes >= BODIES.bytes {
            packs.push((true, std::mem::take(&mut run)));
            open_bytes = 0;
        }
    }
    if !run.is_empty() {
        packs.push((false, run));
    }
    packs
}

/// Encodes what [`cut_bodies`] cut.
pub fn encode_bodies((full, rows): (bool, Vec<Row<5>>)) -> BodyPack {
    BodyPack { first: keys::read_number(&rows[0].0), full, bytes: pack::encode(&rows, BODIES.level) }
}

/// Puts bodies in. It may be done again with the same ones: they end in the same packs.
pub(super) fn write(trees: &Trees, file: &Path, bodies: &[BodyPack]) -> Result<()> {
    let Some(BodyPack { first, .. }) = bodies.first() else { return Ok(()) };
    if *first == 0 {
        return Err(damaged("bodies of an article that there cannot be"));
    }
    let tree = &trees.bodies;
    let mut open = open_rows(trees, *first)?;
    let mut packs: Vec<([u8; 5], Cow<'_, [u8]>)> = Vec::new();
    for body in bodies {
        if open.is_empty() && body.full {
            packs.push((keys::number(body.first), Cow::from(&body.bytes)));
            continue;
        }
        open.extend(Pack::<5>::decode(&body.bytes).map_err(damaged)?.to_rows());
        if rows_bytes(&open) >= BODIES.bytes {
            packs.push((open[0].0, Cow::from(tree.encode(&open))));
            open.clear();
        }
    }
    if !open.is_empty() {
        packs.push((open[0].0, Cow::from(tree.encode(&open))));
    }
    let mut writes = Writes::default();
    tree.append_encoded(packs.iter().map(|(first, pack)| (*first, &**pack)), &mut writes);
    tree.make_slots(packs.iter().map(|(first, _)| *first))?;
    quiet(file, || tree.tree().apply_batch(writes.batch))?;
    tree.forget();
    Ok(())
}

/// The rows of the pack that bodies from this article on are added to; none if they begin a pack.
pub(super) fn open_rows(trees: &Trees, first: u64) -> Result<Vec<Row<5>>> {
    let Some(last) = trees.bodies.get(&keys::number(first - 1))? else { return Ok(Vec::new()) };
    let mut rows = last.pack().to_rows();
    rows.retain(|(key, _)| *key < keys::number(first));
    if rows_bytes(&rows) >= BODIES.bytes {
        rows.clear();
    }
    Ok(rows)
}
