//! The parts of the archive by themselves: `cargo bench --bench archive`, or `-- NAME` for some of them.
#![allow(missing_docs, clippy::unwrap_used)]

mod corpus;

use corpus::Corpus;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use pressmark::archive::{Archive, Open, Prepared};
use pressmark::article::{Article, Source};
use pressmark::export::{Format, Options, writer};
use pressmark::pack::{self, Pack, Row};
use pressmark::query::{By, DateField, Expr, Order, Query};
use pressmark::time::Period;
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
    let (_dir, mut archive) = archive(&corpus);
    let reader = archive.reader().unwrap();
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
        b.iter(|| reader.count_by(&Query::default(), By::Month).unwrap().len())
    });
    let all = Query { order: Order::Arrival, limit: Some(2000), ..Query::default() };
    let jsonl = writer(Format::Jsonl, Options::default());
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

criterion_group!(benches, digest, pack_sizes, ingest, questions);
criterion_main!(benches);
