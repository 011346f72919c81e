//! The trees of the store, in one table: a line is all that a tree takes.

use super::failure::quiet;
use super::keys::{MARK_BYTES, TAG_BYTES};
use super::packed::{PackedTree, Packing, Writes};
use super::table::{Over, Table};
use crate::bytes::pack::Pack;
use crate::bytes::pack::Row;
use crate::bytes::pool::spread;
use crate::model::Result;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// Rows of indexes: few enough bytes that a random insertion writes little.
const INDEX: Packing = Packing { bytes: 8 << 10, level: Some(3), cached: 64 };
/// Articles without their bodies: read one by one in lists.
const ARTICLES: Packing = Packing { bytes: 12 << 10, level: Some(3), cached: 64 };
/// Captures: alike, and read in runs.
const CAPTURES: Packing = Packing { bytes: 32 << 10, level: Some(3), cached: 16 };
/// Bodies. Chosen with `cargo bench -p benches --bench archive -- pack`: see ARCHITECTURE.md.
pub const BODIES: Packing = Packing { bytes: 112 << 10, level: Some(6), cached: 4 };

/// A change to one tree.
pub(super) type Change<'a> = (&'a sled::Tree, Writes);
type Task<'a> = Box<dyn FnOnce() -> Result<Change<'a>> + Send + 'a>;

macro_rules! trees {
    ($($name:ident, $bytes:expr, $packing:expr, $doc:literal;)*) => {
        /// The packed trees.
        pub struct Trees {
            $(#[doc = $doc] pub $name: Arc<PackedTree<{ $bytes }>>,)*
        }

        /// Rows to be put in, by tree, in any order.
        #[derive(Default)]
        pub(super) struct Rows {
            $(pub $name: Vec<Row<{ $bytes }>>,)*
        }

        /// The packed trees with what waits for them, as one view sees them.
        #[derive(Clone)]
        pub struct Tables {
            $(#[doc = $doc] pub $name: Table<{ $bytes }>,)*
        }

        /// What waits for the trees.
        #[derive(Clone, Default)]
        pub(super) struct Waiting {
            $(pub $name: Over<{ $bytes }>,)*
        }

        impl Waiting {
            /// Adds rows, in any order.
            pub fn add(&mut self, rows: Rows) {
                $(
                    let mut new = rows.$name;
                    if !new.is_empty() {
                        new.sort_unstable_by_key(|(key, _)| *key);
                        self.$name.push(Pack::of(&new));
                    }
                )*
            }

            /// All of them but the bodies, which have a way of their own.
            pub fn rows(&self) -> Rows {
                Rows { $($name: self.$name.rows(),)* }
            }

            pub fn over(&self, trees: &Trees) -> Tables {
                Tables { $($name: Table::new(&trees.$name, self.$name.clone()),)* }
            }
        }

        impl Trees {
            pub(super) fn open(db: &sled::Db, file: &Arc<Path>) -> Result<Trees> {
                let tree = |name: &str| quiet(file, || db.open_tree(name));
                Ok(Trees { $($name: Arc::new(PackedTree::new(tree(stringify!($name))?, file, $packing)),)* })
            }

            /// Forgets what was decoded: it has changed.
            pub(super) fn forget(&self) {
                $(self.$name.forget();)*
            }

            /// The changes that put rows in; each tree's packs are made on a core of its own.
            pub(super) fn prepare(&self, rows: Rows) -> Result<Vec<Change<'_>>> {
                let tasks: Vec<Task<'_>> = vec![
                    $(Box::new(move || Ok((self.$name.tree(), self.$name.prepare(rows.$name)?))),)*
                ];
                spread(|| tasks.into_par_iter().map(|task| task()).collect())
            }
        }
    };
}

trees! {
    articles, 5, ARTICLES, "article (5) → the number of the capture after it (5), entry";
    bodies, 5, BODIES, "article (5) → body; packs of about 112 KiB, compressed";
    captures, 5, CAPTURES, "seq (5) → entry; packs of about 32 KiB, compressed";
    digests, 13, INDEX, "first 8 bytes of the digest, article (5)";
    by_article, 10, INDEX, "article (5), seq (5): captures after the article's first";
    by_date, MARK_BYTES, INDEX, "published (5), digest (5), seq (5), article (5), source (4), flags (1)";
    by_captured, MARK_BYTES, INDEX, "captured (5), digest (5), seq (5), article (5), source (4), flags (1)";
    by_source, MARK_BYTES, INDEX, "source (4), published (5), digest (5), seq (5), article (5), flags (1)";
    by_url, 18, INDEX, "hash of the canonical URL (8), seq (5), article (5)";
    sources, 4, INDEX, "source (4) → name";
    by_tag, TAG_BYTES, INDEX, "tag (4), article (5), seq that gave it (5) → seq that took it away (5), if one did";
    tags, 5, INDEX, "article (5) → its tags: number, seq that gave it, seq that took it away, if one did";
    tag_names, 4, INDEX, "tag (4) → name";
    queries, 5, INDEX, "seq that saved it (5) → name, query, seq that ended it, if one did";
    removals, 5, INDEX, "seq (5) → article, digest";
    commits, 5, INDEX, "seq of a commit's first entry (5) → when it was committed, milliseconds since 1970 (8)";
    corrections, 10, INDEX, "article (5), seq (5) → the capture that it corrects, or the article's language from there on";
    unreadable, 5, INDEX, "article (5): its bytes are gone, or a later version wrote it";
}
