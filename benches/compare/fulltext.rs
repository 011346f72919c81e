//! Full text: the same words asked of pressmark and of SQLite's FTS5, warm, in one process each; and what a query for one form
//! of a word finds of its other forms.

use super::corpus::Corpus;
use super::process;
use pressmark::archive::{Archive, Open};
use pressmark::derived::words::analysis::{Code, term};
use pressmark::derived::words::{Finder, How, Item, Scope};
use pressmark::model::{Language, Period, Source};
use pressmark::query::{Condition, DateField, Expr, Order, Query, Words};
use rayon::prelude::*;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Instant;

/// A word of the corpus, frequent to rare, and two that follow each other.
struct Asked {
    words: Vec<String>,
    phrases: Vec<String>,
}

fn asked(corpus: &Corpus, count: u64) -> Asked {
    let bodies: Vec<String> = (0..40).map(|n| corpus.draft(n * 104_729 % count, count).body).collect();
    let plain = |word: &str| word.chars().count() > 2 && word.chars().all(char::is_alphabetic);
    let mut words = Vec::new();
    let mut phrases = Vec::new();
    for (n, body) in bodies.iter().enumerate() {
        let all: Vec<&str> = body.split_whitespace().collect();
        let at = 10 + n * 3 % 40;
        let pairs = all.windows(2).skip(at);
        let Some(pair) = pairs.clone().find(|pair| plain(pair[0]) && plain(pair[1])) else { continue };
        words.push(pair[0].to_lowercase());
        phrases.push(format!("{} {}", pair[0], pair[1]).to_lowercase());
    }
    Asked { words, phrases }
}

/// Milliseconds a question: the second of two rounds over all of them.
fn timed(questions: &[String], mut ask: impl FnMut(&str) -> u64) -> (f64, u64) {
    questions.iter().for_each(|question| {
        ask(question);
    });
    let start = Instant::now();
    let found = questions.iter().map(|question| ask(question)).sum();
    (start.elapsed().as_secs_f64() * 1e3 / questions.len() as f64, found)
}

pub fn compare(corpus: &Corpus, count: u64, archive: &Path, database: &Path) {
    let Asked { words, phrases } = asked(corpus, count);
    let month = (Period::parse("2020-03").unwrap().first, Period::parse("2020-03").unwrap().last);
    let opened = Archive::open(archive, &Open::default()).unwrap();
    let connection = Connection::open(database).unwrap();
    let text = |words: Words| -> Expr { Condition::Words(Scope::Both, words).into() };
    let quoted = |word: &str| text(Words::Quoted(word.to_owned()));
    let ours = |query: &Query| {
        let reader = opened.snapshot().unwrap();
        let asked = reader.ask(query).unwrap();
        let hits = asked.hits().unwrap();
        hits.map(|hit| u64::from(!reader.row(hit.unwrap().article).unwrap().headline.is_empty())).sum()
    };
    let theirs = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        let mut select = connection.prepare_cached(sql).unwrap();
        let rows = select.query_map(values, |row| row.get::<_, String>(0)).unwrap();
        rows.map(|headline| u64::from(!headline.unwrap().is_empty())).sum::<u64>()
    };
    let join = "from words join articles on articles.id = words.rowid where words match ?1";
    let best = format!("select articles.headline {join} order by words.rank limit 20");
    let newest = format!("select articles.headline {join} order by articles.published desc limit 20");
    let within = format!(
        "select articles.headline {join} and source = ?2 and published between ?3 and ?4 order by published desc limit 20"
    );
    let top = |filter: Expr| Query { filter, order: Order::Relevance, limit: Some(20), ..Query::default() };
    println!(
        "\n| full text, warm, ms a question | pressmark | FTS5 | ratio | found |\n|---|---|---|---|---|"
    );
    let line = |what: &str, ours: (f64, u64), theirs: (f64, u64)| {
        println!(
            "| {what} | {:.2} | {:.2} | {:.3} | {} / {} |",
            ours.0,
            theirs.0,
            ours.0 / theirs.0,
            ours.1,
            theirs.1
        );
    };
    let match_of = |phrase: &str| format!("\"{phrase}\"");
    let fts = timed(&words, |word| theirs(&best, params![match_of(word)]));
    line("a word, the best 20", timed(&words, |word| ours(&top(quoted(word)))), fts);
    line(
        "a word in all its forms, the best 20",
        timed(&words, |word| ours(&top(text(Words::Word(word.to_owned()))))),
        fts,
    );
    line(
        "a phrase, the best 20",
        timed(&phrases, |phrase| ours(&top(quoted(phrase)))),
        timed(&phrases, |phrase| theirs(&best, params![match_of(phrase)])),
    );
    line(
        "a word within a month of one source",
        timed(&words, |word| {
            let filter = quoted(word).and(Expr::sources([Source::parse("source-3.com")])).and(Expr::dates(
                DateField::Published,
                Some(month.0),
                Some(month.1),
            ));
            ours(&Query { filter, limit: Some(20), ..Query::default() })
        }),
        timed(&words, |word| theirs(&within, params![match_of(word), "source-3.com", month.0.0, month.1.0])),
    );
    line(
        "the newest 20 with a word",
        timed(&words, |word| ours(&Query { filter: quoted(word), limit: Some(20), ..Query::default() })),
        timed(&words, |word| theirs(&newest, params![match_of(word)])),
    );
    let plain = vec![String::new(); 100];
    line(
        "the newest 20",
        timed(&plain, |_| ours(&Query { limit: Some(20), ..Query::default() })),
        timed(&plain, |_| {
            theirs("select headline from articles order by published desc limit 20", params![])
        }),
    );
    // From an archive that is open, but of which nothing was read.
    opened.close().unwrap();
    let opened = Archive::open(archive, &Open::default()).unwrap();
    let filter = Expr::sources([Source::parse("source-3.com")]).and(Expr::dates(
        DateField::Published,
        Some(month.0),
        Some(month.1),
    ));
    let start = Instant::now();
    let counted = opened.snapshot().unwrap().count(&Query { filter, ..Query::default() }).unwrap();
    println!(
        "\ncount by source and month, after opening, cold: {:.2} ms ({counted})",
        start.elapsed().as_secs_f64() * 1e3
    );
    opened.close().unwrap();
    let binary = &benches::binary();
    println!("\n| pressmark, a process | CPU ms | wall ms | peak MiB |\n|---|---|---|---|");
    let flag = ["--archive", archive.to_str().unwrap()];
    for (what, arguments) in [
        ("search for a frequent word", ["search", words[0].as_str()]),
        ("search for a phrase", ["search", &match_of(&phrases[1])]),
        ("count a word", ["count", words[2].as_str()]),
        ("list the newest with a word", ["list", words[3].as_str()]),
    ] {
        let run = process(binary, &[&flag[..], &arguments[..], &["--limit", "20"]].concat());
        println!(
            "| {what} | {:.1} | {:.1} | {:.0} |",
            run.cpu.as_secs_f64() * 1e3,
            run.wall.as_secs_f64() * 1e3,
            run.peak_mib
        );
    }
}

/// Recall over the tables of forms that the tests have, beside FTS5 with its own tokenizers.
pub fn recall() {
    println!("| recall of the other forms | pressmark | FTS5 unicode61 | FTS5 porter |\n|---|---|---|---|");
    for language in ["en", "ru", "uk"] {
        let path = benches::root().join("tests/it/paradigms").join(format!("{language}.txt"));
        let text = std::fs::read_to_string(path).unwrap();
        let related = text.split("# unrelated").next().unwrap();
        let paradigms: Vec<Vec<&str>> = related
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .map(|line| line.split_whitespace().collect())
            .collect();
        let code = Code::of(Language::parse(language));
        let pairs: usize = paradigms.iter().map(|forms| forms.len() * (forms.len() - 1)).sum();
        let mut ours = 0;
        for forms in &paradigms {
            for query in forms {
                let mut finder = Finder::new(&Item { word: (*query).to_owned(), how: How::Forms }, false);
                ours += forms.iter().filter(|form| *form != query && finder.has(&term(code, form))).count();
            }
        }
        let theirs = |tokenizer: &str| {
            let connection = Connection::open_in_memory().unwrap();
            connection
                .execute_batch(&format!(
                    "create virtual table forms using fts5(form, word unindexed, tokenize='{tokenizer}')"
                ))
                .unwrap();
            for (word, forms) in paradigms.iter().enumerate() {
                for form in forms {
                    connection
                        .execute("insert into forms values (?, ?)", params![form, word as i64])
                        .unwrap();
                }
            }
            let mut select = connection
                .prepare("select count(*) from forms where forms match ? and word = ? and form <> ?")
                .unwrap();
            let mut found = 0;
            for (word, forms) in paradigms.iter().enumerate() {
                for form in forms {
                    let question = format!("\"{form}\"");
                    found += select
                        .query_row(params![question, word as i64, form], |row| row.get::<_, i64>(0))
                        .unwrap();
                }
            }
            found as f64 / pairs as f64
        };
        println!(
            "| {language}, {pairs} pairs | {:.3} | {:.3} | {:.3} |",
            ours as f64 / pairs as f64,
            theirs("unicode61"),
            theirs("porter unicode61")
        );
    }
}

/// What is found by one form of a word, over the tables that `benches/forms/forms.py` writes: the share of its other forms, and the
/// share of what is found that belongs to other words, both by how frequent the forms are that are asked for and found; the mean of
/// all lemmas. With a language, what is worst in it.
pub fn forms(dir: &Path, shown: Option<&str>) {
    println!("| | lemmas | forms | recall | conflated |\n|---|---|---|---|---|");
    for language in ["en", "uk", "ru"] {
        let table = std::fs::read_to_string(dir.join(format!("{language}.tsv"))).unwrap();
        let forms: Vec<Form> = table.lines().map(|line| Form::read(language, line)).collect();
        let mut by_term: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_lemma: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
        for (at, form) in forms.iter().enumerate() {
            by_term.entry(&form.term).or_default().push(at);
            for (lemma, share) in &form.lemmas {
                if let Some(share) = share {
                    by_lemma.entry(lemma).or_default().push((at, *share));
                }
            }
        }
        let found: Vec<HashSet<usize>> = forms.par_iter().map(|form| form.finds(&by_term)).collect();
        let (mut recalls, mut conflated) = (0.0, 0.0);
        let mut lines: Vec<(f64, String)> = Vec::new();
        for (lemma, own) in &by_lemma {
            let (mut recall, mut wrong, mut asked) = (0.0, 0.0, 0.0);
            let (mut missed, mut mixed) = (Vec::<(f64, String)>::new(), Vec::<(f64, String)>::new());
            for (query, often) in own {
                let form = &forms[*query];
                let pair = |other: usize| format!("{}>{}", form.text, forms[other].text);
                let others = own.iter().filter(|(at, _)| forms[*at].term != form.term);
                let (mut hit, mut all) = (0.0, 0.0);
                for (at, share) in others {
                    all += share;
                    if found[*query].contains(at) {
                        hit += share;
                    } else {
                        missed.push((often * share, pair(*at)));
                    }
                }
                let total: f64 = found[*query].iter().map(|at| forms[*at].frequency).sum();
                let strange = found[*query].iter().filter(|at| !forms[**at].shares(form));
                let strange: Vec<(f64, usize)> = strange.map(|at| (forms[*at].frequency, *at)).collect();
                wrong += often * strange.iter().map(|(frequency, _)| frequency).sum::<f64>() / total;
                mixed.extend(strange.iter().map(|(frequency, at)| (often * frequency, pair(*at))));
                recall += often * if all > 0.0 { hit / all } else { 1.0 };
                asked += often;
            }
            recalls += recall / asked;
            conflated += wrong / asked;
            for (lost, what, mut pairs) in
                [(1.0 - recall / asked, "missed", missed), (wrong / asked, "conflated", mixed)]
            {
                pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
                let pairs: Vec<String> = pairs.into_iter().take(8).map(|(_, pair)| pair).collect();
                lines.push((lost, format!("  {lost:.3} {what} {lemma}: {}", pairs.join(" "))));
            }
        }
        if shown == Some(language) {
            lines.sort_by(|a, b| b.0.total_cmp(&a.0));
            lines.iter().take_while(|(lost, _)| *lost > 0.005).for_each(|(_, line)| println!("{line}"));
        }
        let lemmas = by_lemma.len() as f64;
        println!(
            "| {language} | {lemmas} | {} | {:.4} | {:.4} |",
            forms.len(),
            recalls / lemmas,
            conflated / lemmas
        );
    }
}

/// A form in a table, and what the index has of it.
struct Form {
    text: String,
    frequency: f64,
    /// The lemmas that have it, with how much of its frequency is theirs, of those that are asked for.
    lemmas: Vec<(String, Option<f64>)>,
    term: String,
}

impl Form {
    fn read(language: &str, line: &str) -> Form {
        let columns: Vec<&str> = line.split('\t').collect();
        let [text, frequency, lemmas] = columns[..] else { panic!("three columns: {line}") };
        let lemma = |lemma: &str| match lemma.strip_prefix('*').and_then(|lemma| lemma.split_once('=')) {
            Some((lemma, share)) => (lemma.to_owned(), Some(share.parse().unwrap())),
            None => (lemma.to_owned(), None),
        };
        Form {
            text: text.to_owned(),
            frequency: frequency.parse().unwrap(),
            lemmas: lemmas.split(' ').map(lemma).collect(),
            term: term(Code::of(Language::parse(language)), text),
        }
    }

    /// Whether one lemma has both.
    fn shares(&self, other: &Form) -> bool {
        self.lemmas.iter().any(|(lemma, _)| other.lemmas.iter().any(|(known, _)| known == lemma))
    }

    /// The forms that a query for this one finds.
    fn finds(&self, by_term: &BTreeMap<&str, Vec<usize>>) -> HashSet<usize> {
        let mut finder = Finder::new(&Item { word: self.text.clone(), how: How::Forms }, false);
        let starts =
            finder.forms.iter().flat_map(|forms| forms.prefixes.iter().chain([&forms.term]).cloned());
        let starts: Vec<String> = starts.collect();
        let mut found = HashSet::new();
        for start in starts {
            let range = by_term.range(&*start..).take_while(|(term, _)| term.starts_with(&start));
            found.extend(range.filter(|(term, _)| finder.has(term)).flat_map(|(_, forms)| forms));
        }
        found
    }
}
