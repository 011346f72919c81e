//! Makes the table by which pressmark tells languages (`make`), and scores detectors side by side (`score`).

use pressmark::text::detect_language::{detect, grams};
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

mod make;
mod models;

/// Where the table is kept.
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/text/detect_language/grams.bin");
/// Sentences of the tests.
const SENTENCES: &str = include_str!("../../../tests/it/headlines/sentences.txt");

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("make") => {
            let table = make::table();
            println!("{} bytes", table.len());
            std::fs::write(TABLE, table).expect("the table can be written");
        }
        Some("score") => score(&sets()),
        _ => {
            eprintln!("languages make | score");
            std::process::exit(2);
        }
    }
}

/// Texts of a kind, each with its language.
type Sets = BTreeMap<String, Vec<(String, String)>>;

/// The models' own test texts (which they are not made of), and those of the tests.
fn sets() -> Sets {
    let mut sets = Sets::new();
    for (code, _, tests) in models::all() {
        for (file, set) in [("word-pairs.txt", "two words"), ("sentences.txt", "sentences")] {
            let texts = tests.get_file(file).and_then(|file| file.contents_utf8()).expect("test texts");
            let rows = texts.lines().step_by(4).map(|text| (code.to_owned(), text.to_owned()));
            sets.entry(set.to_owned()).or_default().extend(rows);
        }
    }
    let rows = SENTENCES.lines().filter_map(|line| line.split_once('\t'));
    sets.insert(
        "a sentence each".to_owned(),
        rows.map(|(code, text)| (code.to_owned(), text.to_owned())).collect(),
    );
    for (code, texts) in [
        ("en", include_str!("../../../tests/it/headlines/en.txt")),
        ("uk", include_str!("../../../tests/it/headlines/uk.txt")),
        ("ru", include_str!("../../../tests/it/headlines/ru.txt")),
    ] {
        let rows = texts.lines().map(|text| (code.to_owned(), text.to_owned()));
        sets.entry("headlines en uk ru".to_owned()).or_default().extend(rows);
    }
    sets
}

/// A detector: its name, and what it says of a text.
type Detector = (&'static str, Box<dyn Fn(&str) -> Option<String>>);

fn detectors() -> Vec<Detector> {
    let long = lingua::LanguageDetectorBuilder::from_all_languages().with_preloaded_language_models().build();
    vec![
        ("pressmark", Box::new(|text| detect("", text).map(|language| language.to_string()))),
        (
            "lingua",
            Box::new(move |text| {
                long.detect_language_of(text).map(|language| language.iso_code_639_1().to_string())
            }),
        ),
        (
            "whatlang",
            Box::new(|text| {
                whatlang::detect_lang(text)
                    .and_then(|language| pressmark::Language::parse(language.code()))
                    .map(|language| language.to_string())
            }),
        ),
    ]
}

/// Prints what each detector gets right, of all texts and of those in languages that all detectors know, and its time.
fn score(sets: &Sets) {
    let known: HashSet<String> = models::all().iter().map(|(code, ..)| (*code).to_owned()).collect();
    let shared: HashSet<String> = whatlang::Lang::all()
        .iter()
        .filter_map(|language| {
            pressmark::Language::parse(language.code()).map(|language| language.to_string())
        })
        .filter(|code| known.contains(code))
        .collect();
    println!(
        "{:20} {:10} {:>6} {:>6} {:>6} {:>6} {:>8} {:>8}",
        "set", "detector", "texts", "right", "wrong", "none", "shared", "µs"
    );
    let detectors = detectors();
    for (set, rows) in sets {
        for (name, detector) in &detectors {
            let (mut right, mut wrong, mut none, mut took) = (0, 0, 0, Duration::ZERO);
            let (mut of_shared, mut right_of_shared) = (0, 0);
            for (code, text) in rows {
                let from = Instant::now();
                let found = detector(text);
                took += from.elapsed();
                let is_right = found.as_deref() == Some(&**code);
                match found {
                    Some(_) if is_right => right += 1,
                    Some(_) => wrong += 1,
                    None => none += 1,
                }
                if shared.contains(code) {
                    of_shared += 1;
                    right_of_shared += usize::from(is_right);
                }
            }
            let all = rows.len();
            println!(
                "{set:20} {name:10} {all:6} {:6.4} {:6.4} {:6.4} {:8.4} {:8.1}",
                right as f64 / all as f64,
                wrong as f64 / all as f64,
                none as f64 / all as f64,
                right_of_shared as f64 / of_shared.max(1) as f64,
                took.as_secs_f64() * 1e6 / all as f64,
            );
        }
    }
    println!("the table: {} bytes", grams::BYTES.len());
}
