//! The store held against a model while a writer writes: every view answers as of its position, and a walk meets every row once,
//! whatever is split under it.

use super::{BODIES, Direction, Mark, Store, Value, View, cut_bodies, encode_bodies, keys};
use crate::ledger::{ArticleRow, Commit, Entry, Position};
use crate::model::{
    Article, Correction, Dated, Digest, Language, Origin, Precision, Provenance, Published, Source, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A seeded source of numbers: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// Everything that is going to be in the store.
#[derive(Default)]
struct Model {
    articles: Vec<Article>,
    /// By seq: what it is.
    entries: BTreeMap<u64, Entry>,
}

const TAGS: u64 = 5;
const NAMES: u64 = 4;

impl Model {
    /// What was removed is so at any time before, too: `top` is the last position of whoever asks.
    fn removed(&self, top: u64) -> BTreeSet<u64> {
        let removed = self.entries.range(..top).filter_map(|(_, entry)| match entry {
            Entry::Removal { article, .. } => Some(*article),
            _ => None,
        });
        removed.collect()
    }

    /// The captures that are there: by seq, with their article.
    fn captures(&self, next_seq: u64, top: u64) -> BTreeMap<u64, u64> {
        let removed = self.removed(top);
        let captures = self.entries.range(..next_seq).filter_map(|(seq, entry)| match entry {
            Entry::Capture { article, .. } => Some((*seq, *article)),
            _ => None,
        });
        captures.filter(|(_, article)| !removed.contains(article)).collect()
    }

    /// When each capture was published and by whom, as it is known.
    fn standings(&self, next_seq: u64, top: u64) -> BTreeMap<u64, (Option<Timestamp>, Option<Source>)> {
        let mut of = BTreeMap::<u64, Provenance>::new();
        let mut names = BTreeMap::new();
        for (seq, entry) in self.entries.range(..next_seq) {
            match entry {
                Entry::Capture { article, provenance } => {
                    names.entry((*article, entry.encode().capture_name())).or_insert(*seq);
                    of.insert(*seq, (**provenance).clone());
                }
                Entry::Correction { article, capture, correction } => {
                    correction.apply(of.get_mut(&names[&(*article, *capture)]).unwrap());
                }
                _ => {}
            }
        }
        let there = self.captures(next_seq, top);
        of.retain(|seq, _| there.contains_key(seq));
        let standing = |of: Provenance| (of.published.map(|published| published.at), of.source);
        of.into_iter().map(|(seq, of)| (seq, standing(of))).collect()
    }

    /// The language of an article, as somebody said last.
    fn language(&self, article: u64, next_seq: u64) -> Option<Language> {
        let said = self.entries.range(..next_seq).rev().find_map(|(_, entry)| match entry {
            Entry::Language { article: of, language, .. } if *of == article => Some(*language),
            _ => None,
        });
        said.flatten()
    }

    fn tags(&self, next_seq: u64, top: u64) -> BTreeMap<u64, BTreeSet<String>> {
        let mut tags = BTreeMap::<u64, BTreeSet<String>>::new();
        for entry in self.entries.range(..next_seq).map(|(_, entry)| entry) {
            if let Entry::Tags { article, added, removed, .. } = entry {
                let has = tags.entry(*article).or_default();
                has.extend(added.iter().cloned());
                removed.iter().for_each(|tag| {
                    has.remove(tag);
                });
            }
        }
        let removed = self.removed(top);
        tags.retain(|article, _| !removed.contains(article));
        tags
    }

    fn queries(&self, next_seq: u64) -> BTreeMap<String, String> {
        let mut queries = BTreeMap::new();
        for entry in self.entries.range(..next_seq).map(|(_, entry)| entry) {
            if let Entry::Saved { name, query, .. } = entry {
                match query {
                    Some(query) => queries.insert(name.clone(), query.clone()),
                    None => queries.remove(name),
                };
            }
        }
        queries
    }
}

/// Commits that bring articles with long texts, more captures of them, tags, queries and removals.
fn commits(random: &mut Random, count: usize) -> (Vec<(Commit, Position)>, Model) {
    let mut model = Model::default();
    let mut position = Position::START;
    let (mut open, mut commits) = (0, Vec::new());
    for _ in 0..count {
        let (mut entries, mut bodies) = (Vec::new(), Vec::new());
        let (first_seq, first_article) = (position.next_seq, position.next_article);
        for _ in 0..1 + random.below(25) {
            let (seq, known) = (position.next_seq, model.articles.len() as u64);
            let any = |random: &mut Random| 1 + random.below(known);
            let entry = match random.below(13) {
                0 | 1 if known > 0 => {
                    let (added, removed) = (random.below(TAGS), random.below(TAGS));
                    let (article, at_ms) = (any(random), 0);
                    Entry::Tags {
                        article,
                        added: vec![format!("t{added}")],
                        removed: vec![format!("t{removed}")],
                        at_ms,
                    }
                }
                2 => {
                    let query = (random.below(3) > 0).then(|| format!("q{seq}"));
                    Entry::Saved { name: format!("n{}", random.below(NAMES)), query, at_ms: 0 }
                }
                3 if known > 10 && random.below(4) == 0 => {
                    let article = any(random);
                    let digest = model.articles[article as usize - 1].digest();
                    Entry::Removal {
                        article,
                        digest,
                        reason: String::new(),
                        reference: None,
                        originals: Vec::new(),
                        at_ms: 0,
                    }
                }
                10 | 11 if known > 0 => {
                    // Of these commits or of those before.
                    let captures: Vec<&Entry> = model
                        .entries
                        .values()
                        .filter(|entry| matches!(entry, Entry::Capture { .. }))
                        .collect();
                    let captured = captures[random.below(captures.len() as u64) as usize];
                    let Entry::Capture { article, provenance } = captured else { unreachable!() };
                    let mut after = (**provenance).clone();
                    after.source = Source::parse(&format!("c{}", random.below(4)));
                    after.published = after.published.filter(|_| random.below(2) > 0);
                    let correction = Correction::between(provenance, &after).unwrap();
                    let (article, capture) = (*article, captured.encode().capture_name());
                    Entry::Correction { article, capture, correction: Box::new(correction) }
                }
                12 if known > 0 => {
                    let language = Language::parse(["uk", "ru"][random.below(2) as usize]);
                    Entry::Language { article: any(random), language, at_ms: 0 }
                }
                kind => {
                    let article = if kind < 6 && known > 0 { any(random) } else { known + 1 };
                    if article > known {
                        // Too various to be compressed, so that packs take several parts.
                        let words: Vec<String> = (0..400)
                            .map(|_| Digest::of(&random.below(u64::MAX).to_le_bytes()).short(24))
                            .collect();
                        let new = Article::new(&format!("Headline {article}"), &words.join(" "), None);
                        let (digest, headline) = (new.digest(), new.headline().to_owned());
                        let body_bytes = new.body().len() as u32;
                        entries.push(
                            Entry::Article(ArticleRow {
                                digest,
                                language: None,
                                headline,
                                first_seq: seq,
                                body_bytes,
                            })
                            .encode(),
                        );
                        bodies.push((article, new.body().as_bytes().to_vec().into_boxed_slice()));
                        model.articles.push(new);
                        position.next_article += 1;
                    }
                    let dated = Dated {
                        at: Timestamp(random.below(1 << 30).cast_signed()),
                        precision: Precision::Day,
                        offset_minutes: None,
                    };
                    let published = Published::new(dated, Origin::Given, Timestamp(1 << 31));
                    let source = Source::parse(&format!("s{}", random.below(7)));
                    let provenance =
                        Provenance { source, published: Some(published), ..Provenance::default() };
                    Entry::Capture { article, provenance: Box::new(provenance) }
                }
            };
            entries.push(entry.encode());
            model.entries.insert(seq, entry);
            position.next_seq += 1;
        }
        let packs = cut_bodies(open, bodies);
        let bytes = |rows: &[(_, Box<[u8]>)]| super::rows_bytes::<5>(rows);
        open = match packs.as_slice() {
            [] => open,
            [.., (true, _)] => 0,
            [(false, rows)] => open + bytes(rows),
            [.., (false, rows)] => bytes(rows),
        };
        let bodies = packs.into_iter().map(encode_bodies).collect();
        commits.push((Commit { first_seq, first_article, entries, bodies, ..Commit::default() }, position));
    }
    assert!(model.articles.len() * 10_000 > BODIES.bytes * 8, "there are packs enough");
    (commits, model)
}

/// Holds everything that a view says against the model.
fn check(view: &View, model: &Model, random: &mut Random) {
    let (next_seq, top) = (view.next_seq(), view.applied().position.next_seq);
    let captures = model.captures(next_seq, top);
    let (trees, standings, names) = (view.tables(), model.standings(next_seq, top), view.names().unwrap());
    let seen = |marks: Vec<(Mark, bool)>| -> Vec<u64> {
        let marks = marks.into_iter().filter(|(mark, stands)| *stands && view.sees(mark));
        let seqs: Vec<u64> = marks
            .map(|(mark, _)| {
                let standing = (mark.at, names.name(mark.source).cloned());
                assert_eq!(standing, standings[&mark.seq], "{} before {next_seq}", mark.seq);
                mark.seq
            })
            .collect();
        assert!(
            seqs.iter().collect::<BTreeSet<_>>().len() == seqs.len(),
            "a row was met twice before {next_seq}"
        );
        seqs
    };
    let slowly = |at: usize| {
        if at.is_multiple_of(40) {
            std::thread::yield_now()
        }
    };
    for direction in [Direction::Up, Direction::Down] {
        let rows = trees.by_date.range([0; 25], [0xff; 25], direction).enumerate();
        let marks: Vec<(Mark, bool)> = rows
            .map(|(at, row)| {
                slowly(at);
                let row = row.unwrap();
                (Mark::from_date_key(row.key()), view.stands(&row))
            })
            .collect();
        let sorted = marks.iter().map(|(mark, _)| mark);
        assert!(if direction == Direction::Up { sorted.is_sorted() } else { sorted.rev().is_sorted() });
        let found: BTreeSet<u64> = seen(marks).into_iter().collect();
        assert!(found.iter().eq(captures.keys()), "by_date before {next_seq}");
        let rows = trees.by_source.range([0; 25], [0xff; 25], direction);
        let mark = |row: Value<25>| (Mark::from_source_key(row.key()), view.stands(&row));
        let found = seen(rows.map(|row| mark(row.unwrap())).collect());
        assert_eq!(found.len(), captures.len(), "by_source before {next_seq}");
        let rows = trees.captures.range([0; 5], keys::number(next_seq - 1), direction);
        assert_eq!(rows.map(|row| row.map(|_| ()).unwrap()).count() as u64, next_seq - 1);
    }
    let tags = model.tags(next_seq, top);
    for tag in (0..TAGS).map(|tag| format!("t{tag}")) {
        let expected = tags.iter().filter(|(_, has)| has.contains(&tag)).map(|(article, _)| *article);
        assert!(view.tagged(&tag).unwrap().iter().eq(expected), "{tag} before {next_seq}");
    }
    assert_eq!(view.queries(), model.queries(next_seq), "before {next_seq}");
    let removed = model.removed(top);
    let brought: BTreeSet<u64> = captures.values().copied().collect();
    for _ in 0..5 {
        let article = 1 + random.below(model.articles.len() as u64);
        let text = &model.articles[article as usize - 1];
        assert_eq!(view.has(article), brought.contains(&article), "article {article} before {next_seq}");
        assert_eq!(view.find(&text.digest()).unwrap(), Some(article).filter(|_| brought.contains(&article)));
        if !brought.contains(&article) {
            continue;
        }
        assert!(!removed.contains(&article));
        let row = view.article(article).unwrap();
        assert_eq!(view.body(article).unwrap(), text.body());
        let of: Vec<u64> = captures.iter().filter(|(_, of)| **of == article).map(|(seq, _)| *seq).collect();
        assert_eq!(view.captures_of(article, row.first_seq).unwrap(), of);
        assert_eq!(row.language, model.language(article, next_seq));
        for seq in of.iter().take(3) {
            let of = view.capture(*seq).unwrap().1;
            assert_eq!((of.published.map(|published| published.at), of.source), standings[seq]);
        }
        let expected: Vec<String> = tags.get(&article).into_iter().flatten().cloned().collect();
        assert_eq!(view.tags_of(article).unwrap(), expected);
    }
    if view.is_whole() {
        let applied = view.applied();
        assert_eq!((applied.articles, applied.captures), (brought.len() as u64, captures.len() as u64));
    }
}

#[test]
fn views_see_their_position_whatever_is_written() {
    let mut random = Random(42);
    let (commits, model) = commits(&mut random, 400);
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let (done, checked) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for seed in [1, 2] {
            let (store, model, done, checked) = (&store, &model, &done, &checked);
            scope.spawn(move || {
                let mut random = Random(seed);
                let mut kept: Option<View> = None;
                while !done.load(Ordering::Relaxed) {
                    // One that is taken now, one that was taken some time ago, one of the past.
                    let now = store.view().unwrap();
                    check(&now, model, &mut random);
                    let past = now.as_of(1 + random.below(now.next_seq())).unwrap();
                    check(&past, model, &mut random);
                    check(kept.as_ref().unwrap_or(&past), model, &mut random);
                    if random.below(4) == 0 {
                        kept = Some(now);
                    }
                    checked.fetch_add(3, Ordering::Relaxed);
                }
            });
        }
        let mut writing = Random(7);
        for (commit, position) in &commits {
            store.add(commit.clone(), *position);
            match writing.below(12) {
                0 => store.flush().unwrap(),
                1 => store.flush_bodies(false).unwrap(),
                _ => {}
            }
            // Readers are to see many of the positions.
            let before = checked.load(Ordering::Relaxed);
            let began = std::time::Instant::now();
            while checked.load(Ordering::Relaxed) == before && began.elapsed().as_millis() < 20 {
                std::thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(checked.load(Ordering::Relaxed) > 50, "the readers read");
    check(&store.view().unwrap(), &model, &mut random);
    store.flush().unwrap();
    check(&store.view().unwrap(), &model, &mut random);
    store.close().unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    (1..store.view().unwrap().next_seq()).step_by(97).for_each(|seq| {
        check(&store.view().unwrap().as_of(seq).unwrap(), &model, &mut random);
    });
}
