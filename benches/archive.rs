//! The parts of the archive by themselves: `cargo bench -p benches --bench archive`, or `-- NAME` for some of them.
#![allow(missing_docs, clippy::unwrap_used)]

mod corpus;

use corpus::Corpus;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use pressmark::archive::{Archive, Open, Prepared};
use pressmark::bytes::pack::{self, Pack, Row};
use pressmark::export::{Format, Options, renderer};
use pressmark::model::{Article, Period, Source};
use pressmark::query::{By, DateField, Expr, Order, Query};
use std::hint::black_box;

const ARTICLES: u64 = 20_000;

fn prepared(corpus: &Corpus, from: u64, count: u64) -> Vec<Prepared> {
    (from..from + count).map(|number| Prepared::new(corpus.draft(number, ARTICLES)).unwrap()).collect()
}

fn archive(corpus: &Corpus) -> (tempfile::TempDir, Archive) {
    let dir = tempfile::tempdir().unwrap();
    let mut archive =
        Archive::open(&dir.path().join("a"), &Open { create: true, ..Open::default() }).unwrap();
    for from in (0..ARTICLES).step_by(1000) {
        archive.stage(prepared(corpus, from, 1000)).unwrap();
    }
    archive.settle().unwrap();
    (dir, archive)
}

fn digest(c: &mut Criterion) {
    let corpus = Corpus::new();
    let mut group = c.benchmark_group("digest");
    for (name, number) in [("english", 1), ("ukrainian", 2)] {
        let draft = corpus.draft(number, ARTICLES);
        group.throughput(Throughput::Bytes((draft.headline.len() + draft.body.len()) as u64));
        group.bench_function(name, |b| {
            b.iter(|| Article::new(black_box(&draft.headline), black_box(&draft.body), None).digest())
        });
    }
    group.finish();
}

/// Bodies in packs of several sizes at several levels: what `store::BODIES` was chosen by. The ratio is printed.
#[expect(clippy::print_stderr, reason = "criterion has no place for a ratio")]
fn pack_sizes(c: &mut Criterion) {
    let corpus = Corpus::new();
    let bodies: Vec<Row<5>> = (0..2000u64)
        .map(|number| {
            let key = number.to_be_bytes()[3..].try_into().unwrap();
            (key, corpus.draft(number, ARTICLES).body.into_bytes().into_boxed_slice())
        })
        .collect();
    let bytes: usize = bodies.iter().map(|(_, body)| body.len()).sum();
    let mut group = c.benchmark_group("pack");
    group.sample_size(10).throughput(Throughput::Bytes(bytes as u64));
    for size in [64usize, 128, 192, 256] {
        for level in [1, 3] {
            let rows = size * 1024 * bodies.len() / bytes;
            let encode =
                || bodies.chunks(rows.max(1)).map(|rows| pack::encode(rows, Some(level))).collect::<Vec<_>>();
            let packed = encode();
            let ratio = packed.iter().map(Vec::len).sum::<usize>() as f64 / bytes as f64;
            eprintln!("pack/{size}KiB-level{level}: {ratio:.4} of the text");
            group.bench_function(format!("encode/{size}KiB-level{level}"), |b| b.iter(encode));
            group.bench_function(format!("decode/{size}KiB-level{level}"), |b| {
                b.iter(|| packed.iter().map(|pack| Pack::<5>::decode(pack).unwrap().len()).sum::<usize>());
            });
        }
    }
    group.finish();
}

/// Whether smaller packs with a trained dictionary would be better than large ones without: bytes, packing, one lookup. The bodies are
/// those of the JSONL file that `BODIES` names (`text` or `body`), else generated ones; a third of them train the dictionary.
#[expect(clippy::print_stderr, reason = "criterion has no place for a ratio")]
fn dictionary(_: &mut Criterion) {
    // criterion's filters know only what it measures itself.
    if !std::env::args().any(|argument| argument == "dictionary") {
        return;
    }
    let bodies: Vec<String> = match std::env::var_os("BODIES") {
        Some(path) => {
            let text = std::fs::read_to_string(path).unwrap();
            let body = |line: &str| {
                let record: serde_json::Value = serde_json::from_str(line).unwrap();
                record["text"].as_str().or(record["body"].as_str()).unwrap_or_default().to_owned()
            };
            text.lines().map(body).collect()
        }
        None => {
            let corpus = Corpus::new();
            (0..6000).map(|number| corpus.draft(number, ARTICLES).body).collect()
        }
    };
    let (training, measured) = bodies.split_at(bodies.len() / 3);
    let bytes: usize = measured.iter().map(String::len).sum();
    let trained = zstd::dict::from_samples(training, 112 << 10).unwrap();
    for level in [3, 6] {
        for size in [4usize, 8, 16, 32, 112] {
            for dictionary in [&[][..], &trained] {
                let mut packs: Vec<Vec<u8>> = vec![Vec::new()];
                for body in measured {
                    if packs.last().unwrap().len() >= size << 10 {
                        packs.push(Vec::new());
                    }
                    packs.last_mut().unwrap().extend_from_slice(body.as_bytes());
                }
                let mut compressor = zstd::bulk::Compressor::with_dictionary(level, dictionary).unwrap();
                let began = std::time::Instant::now();
                let packed: Vec<Vec<u8>> =
                    packs.iter().map(|pack| compressor.compress(pack).unwrap()).collect();
                let speed = bytes as f64 / began.elapsed().as_secs_f64() / (1 << 20) as f64;
                let mut decompressor = zstd::bulk::Decompressor::with_dictionary(dictionary).unwrap();
                let began = std::time::Instant::now();
                for (pack, packed) in packs.iter().zip(&packed) {
                    black_box(decompressor.decompress(packed, pack.len()).unwrap());
                }
                let lookup = began.elapsed().as_secs_f64() * 1e6 / packs.len() as f64;
                let ratio = packed.iter().map(Vec::len).sum::<usize>() as f64 / bytes as f64;
                let with = if dictionary.is_empty() { "no dictionary" } else { "trained" };
                eprintln!(
                    "level {level}, {size:>3} KiB, {with:<13}: {ratio:.3} of the text, {speed:4.0} MiB/s, a pack unpacked in {lookup:.0} µs"
                );
            }
        }
    }
}

fn ingest(c: &mut Criterion) {
    let corpus = Corpus::new();
    let mut group = c.benchmark_group("ingest");
    group.sample_size(10).throughput(Throughput::Elements(5000));
    group.bench_function("5000-durable", |b| {
        let fresh = || {
            let dir = tempfile::tempdir().unwrap();
            let archive =
                Archive::open(&dir.path().join("a"), &Open { create: true, ..Open::default() }).unwrap();
            (dir, archive, (0..5).map(|batch| prepared(&corpus, batch * 1000, 1000)).collect::<Vec<_>>())
        };
        b.iter_batched(
            fresh,
            |(dir, mut archive, batches)| {
                batches.into_iter().for_each(|batch| drop(archive.stage(batch).unwrap()));
                archive.close().unwrap();
                dir
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn questions(c: &mut Criterion) {
    let corpus = Corpus::new();
    let (_dir, archive) = archive(&corpus);
    let reader = archive.snapshot().unwrap();
    let digests: Vec<_> = prepared(&corpus, 0, 500).iter().map(Prepared::digest).collect();
    let mut turn = 0;
    c.bench_function("lookup/by-digest", |b| {
        b.iter(|| {
            turn = (turn + 37) % digests.len();
            reader.article(reader.find(&digests[turn]).unwrap().unwrap()).unwrap()
        });
    });
    let since = Some(Period::parse("2018").unwrap().first);
    let until = Some(Period::parse("2019").unwrap().last);
    let sources = vec![Source::parse("source-3.com")];
    let filter = Expr::sources(sources).and(Expr::dates(DateField::Published, since, until));
    let range = Query { filter, limit: Some(100), ..Query::default() };
    c.bench_function("range/100-by-date-and-source", |b| {
        b.iter(|| {
            reader
                .hits(&range)
                .unwrap()
                .map(|hit| reader.row(hit.unwrap().article).unwrap().headline.len())
                .sum::<usize>()
        });
    });
    c.bench_function("count/by-month", |b| {
        b.iter(|| reader.count_by(&Query::default(), &By::Month.into()).unwrap().len())
    });
    let all = Query { order: Order::Arrival, limit: Some(2000), ..Query::default() };
    let jsonl = renderer(Format::Jsonl, Options::default());
    let mut group = c.benchmark_group("export");
    group.sample_size(20).throughput(Throughput::Elements(2000));
    group.bench_function("2000-jsonl", |b| {
        b.iter(|| {
            let asked = reader.ask(&all).unwrap();
            let hits = asked.hits().unwrap();
            hits.map(|hit| jsonl.render(&asked.document(&hit.unwrap()).unwrap()).unwrap().len())
                .sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, digest, pack_sizes, dictionary, ingest, questions);
criterion_main!(benches);
