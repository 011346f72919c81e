//! A reader at a time, over inputs made up here: `cargo bench -p benches --bench readers`.
#![allow(missing_docs, clippy::unwrap_used)]

mod corpus;

use corpus::{Corpus, html};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pressmark::extract::{self, Setting};
use pressmark::formats::{Around, Limits, feed, mail, text, warc};
use pressmark::text::dates;
use std::hint::black_box;

fn readers(c: &mut Criterion) {
    let corpus = Corpus::new();
    let around = Around::default();
    let page = html(&corpus, 1);
    let mut group = c.benchmark_group("readers");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.bench_function("html", |b| b.iter(|| extract::read(black_box(&page), &Setting::default())));
    let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{page}");
    let record = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://x.example/\r\nContent-Type: application/http\r\nContent-Length: {}\r\n\r\n{http}",
        http.len()
    );
    group.throughput(Throughput::Bytes(record.len() as u64));
    group.bench_function("warc record", |b| {
        b.iter(|| warc::read(black_box(record.as_bytes()), &Limits::default()))
    });
    let items: String = (0..30).map(|number| {
        let draft = corpus.draft(number, 1000);
        format!("<item><title>{}</title><link>https://x.example/{number}</link><pubDate>Tue, 28 Jan 2025 09:31:00 GMT</pubDate><description><![CDATA[{}]]></description></item>", draft.headline, draft.body)
    }).collect();
    let rss = format!("<rss version=\"2.0\"><channel><title>Post</title>{items}</channel></rss>");
    group.throughput(Throughput::Bytes(rss.len() as u64));
    group.bench_function("feed of 30 items", |b| b.iter(|| feed::read(black_box(rss.as_bytes()), &around)));
    let draft = corpus.draft(2, 1000);
    let message = format!(
        "From: a@b.example\nSubject: {}\nDate: Tue, 28 Jan 2025 09:31:00 +0200\n\n{}",
        draft.headline, draft.body
    );
    group.throughput(Throughput::Bytes(message.len() as u64));
    group.bench_function("message", |b| b.iter(|| mail::read(black_box(message.as_bytes()), &around)));
    let dump = format!("{}\n\n{}", draft.headline, draft.body);
    group.throughput(Throughput::Bytes(dump.len() as u64));
    group.bench_function("text dump", |b| b.iter(|| text::read(black_box(dump.as_bytes()), &around)));
    group.throughput(Throughput::Elements(1));
    let setting = dates::Setting { language: Some("uk"), captured: None, now: None };
    group.bench_function("date", |b| {
        b.iter(|| dates::parse(black_box("Вівторок, 28 січня 2025, 14:05"), setting))
    });
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
