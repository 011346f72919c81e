//! Inputs that were made to harm, and what fuzzing found: each is an article or a rejection, and the next input is not harmed.
//! How long they may take is watched, not measured: a quadratic reader would take minutes.

use crate::env::{Random, TestEnv};
use std::path::Path;
use std::time::{Duration, Instant};

const GOOD: &str = "<h1>The ferry runs again</h1><p>The night ferry between Odesa and Izmail will run again from Monday, the port said.</p>";

/// Long enough for a debug build on a busy machine, and far too short for anything quadratic.
const PATIENCE: Duration = Duration::from_secs(60);

fn survives(name: &str, content: impl AsRef<[u8]>) {
    let env = TestEnv::new();
    env.write(&format!("in/a-{name}"), content);
    env.write("in/z-good.html", GOOD);
    let start = Instant::now();
    let ran = env.run(&["ingest", "in"]);
    assert!(ran.code == 0 || ran.code == 3, "{name}: {ran:?}");
    assert!(start.elapsed() < PATIENCE, "{name} took {:?}", start.elapsed());
    assert!(env.ok(&["list"]).contains("The ferry runs again"), "{name}: the next input is not harmed");
}

#[test]
fn nested_elements() {
    for tag in ["div", "span", "b", "a", "p", "table", "section"] {
        survives("deep.html", format!("{GOOD}{}x", format!("<{tag}>").repeat(100_000)));
    }
    survives("lists.html", format!("{GOOD}{}x", "<ul><li>".repeat(100_000)));
    survives(
        "misnested.html",
        format!("{}{}{}", "<a>".repeat(40_000), "<i>".repeat(40_000), "</a>".repeat(40_000)),
    );
    survives("closed.html", format!("{GOOD}{}{}", "<div>".repeat(200_000), "</div>".repeat(200_000)));
}

#[test]
fn masses_of_anything() {
    let attributes: String = (0..300_000).map(|n| format!(" a{n}=1")).collect();
    survives("attributes.html", format!("<p{attributes}>{GOOD}"));
    survives("brackets.html", format!("{GOOD}{}", "<".repeat(8 << 20)));
    survives("script.html", format!("{GOOD}<script>{}", "x".repeat(8 << 20)));
    survives("links.html", format!("{GOOD}{}", "<a href=x>link text</a> ".repeat(100_000)));
    survives(
        "long.html",
        format!(
            "{GOOD}{}",
            "<p>A sentence of a very long article, with words that go on and on.</p>".repeat(60_000)
        ),
    );
    survives("titles.html", format!("<title>{}</title>{GOOD}", "a - b | c ".repeat(100_000)));
    survives(
        "headings.html",
        format!("<title>abc - def</title>{GOOD}{}", "<h2>Some other heading</h2>".repeat(50_000)),
    );
    let class = "x ".repeat(290);
    let nested: String = (0..400).map(|_| format!("<div class=\"{class}\">")).collect();
    survives("dates.html", format!("{GOOD}{nested}{}", "<i class=date>1</i>".repeat(20_000)));
    survives(
        "authors.html",
        format!("{GOOD}{}{}", "<div class=author><a>".repeat(240), "word ".repeat(60_000)),
    );
    survives(
        "json.html",
        format!("<script type=\"application/ld+json\">{}</script>{GOOD}", "[".repeat(100_000)),
    );
}

#[test]
fn feeds_and_messages() {
    let laughs: String =
        (1..20).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    survives(
        "laughs.xml",
        format!("<!DOCTYPE x [<!ENTITY l0 \"lol\">{laughs}]><rss><item><title>&l19;</title></item></rss>"),
    );
    survives("items.xml", format!("<rss>{}", "<item>".repeat(100_000)));
    let attributes: String = (0..200_000).map(|n| format!(" xmlns:a{n}='u'")).collect();
    survives("spaces.xml", format!("<rss{attributes}><item><title>x</title></item></rss>"));
    let parts: String =
        (0..5_000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect();
    survives("parts.eml", format!("From: a@b\nSubject: x\nMIME-Version: 1.0\n{parts}"));
    survives("brackets.json", "[".repeat(1_000_000));
}

#[test]
fn crawls_that_lie_again_and_again() {
    survives("lies.warc", "WARC/1.0\nContent-Length: 99999999\n\n".repeat(100_000));
    survives("lies-too.warc", "WARC/1.0\r\nWARC-Type: x\r\nContent-Length: 1\r\n\r\n".repeat(50_000));
    survives("quotes.csv", format!("title,text\n{}", "\"x,y\n".repeat(20_000)));
}

/// The seeds of the fuzz targets and some thousand mutants of each. The generator is seeded: a failure comes again.
#[test]
fn fuzz_seeds_and_their_mutants() {
    type Target = fn(&[u8]);
    let targets: [(&str, Target); 5] = [
        ("html", pressmark::ingest::fuzz::html),
        ("feed", pressmark::ingest::fuzz::feed),
        ("warc", pressmark::ingest::fuzz::warc),
        ("jsonl", pressmark::ingest::fuzz::jsonl),
        ("dates", pressmark::ingest::fuzz::dates),
    ];
    for (name, target) in targets {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
        let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            let seed = std::fs::read(&file).unwrap();
            target(&seed);
            let mut random = Random(seed.len() as u64);
            for _ in 0..400 {
                let mut mutant = seed.clone();
                for _ in 0..=random.below(4) {
                    let at = random.below(mutant.len() as u64) as usize;
                    match random.below(5) {
                        0 => mutant[at] = random.number() as u8,
                        1 => drop(mutant.drain(at..(at + random.below(40) as usize).min(mutant.len()))),
                        2 => mutant.extend_from_within(at..),
                        3 => mutant.truncate(at + 1),
                        _ => mutant.insert(at, b"<>\"'&;\n\0=/"[random.below(10) as usize]),
                    }
                    if mutant.is_empty() {
                        mutant.push(b'x');
                    }
                }
                target(&mutant);
            }
        }
    }
}
