//! Against real inputs that cannot be kept here. Run with `PRESSMARK_DATA=DIR cargo test --release -- --ignored`, DIR being
//! a directory with `seeds/rbc-ukraine.txt`, `seeds/rubryka.txt` and `reuters21578.jsonl.zst`.

use crate::env::TestEnv;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

fn data(name: &str) -> PathBuf {
    let dir = std::env::var_os("PRESSMARK_DATA").expect("PRESSMARK_DATA names the directory with the inputs");
    PathBuf::from(dir).join(name)
}

#[test]
#[ignore = "needs the two scraped pages, which belong to their publishers"]
fn the_seeds() {
    let env = TestEnv::new();
    env.ok(&["ingest", data("seeds").to_str().unwrap()]);
    let list = env.ok(&["list", "--order", "arrival"]);
    for (line, headline, first, last) in [
        (
            0,
            "NATO to share classified information with defense companies and EU - Bloomberg",
            "NATO has started the process",
            "further increases in defense spending.",
        ),
        (
            1,
            "NATO to share classified data with EU and defense industry to boost production and standardization",
            "NATO has begun the process",
            "to increase production.",
        ),
    ] {
        let fields: Vec<&str> = list.lines().nth(line).unwrap().split('\t').collect();
        assert_eq!(fields[..3], ["-", "-", headline]);
        let text = env.ok(&["cat", fields[3]]);
        let body = text.strip_prefix(&format!("{headline}\n\n")).unwrap();
        assert!(body.starts_with(first) && body.ends_with(&format!("{last}\n")), "{body}");
        assert!(!body.chars().any(|c| ('\u{400}'..'\u{530}').contains(&c)), "{body}");
        assert_eq!(pressmark::model::Digest::of(text.as_bytes()).to_string(), fields[3]);
    }
}

#[test]
#[ignore = "needs Reuters-21578, which is for research"]
fn reuters_counts_as_a_script_counts() {
    let input = data("reuters21578.jsonl.zst");
    let lines = String::from_utf8(zstd::decode_all(std::fs::File::open(&input).unwrap()).unwrap()).unwrap();
    let (mut months, mut sources, mut texts) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    for line in lines.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let month = record["date"].as_str().map_or("none", |date| &date[..7]).to_owned();
        *months.entry(month).or_insert(0) += 1;
        *sources.entry(record["source"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        texts.insert((
            record["title"].as_str().unwrap().trim().to_owned(),
            record["text"].as_str().unwrap().to_owned(),
        ));
    }
    let printed = |counts: BTreeMap<String, i32>| {
        counts.into_iter().map(|(key, count)| format!("{key}\t{count}\n")).collect::<String>()
    };
    let env = TestEnv::new();
    let ran = env.run(&["ingest", input.to_str().unwrap()]);
    let duplicates = lines.lines().count() - texts.len();
    assert!(
        ran.stderr.ends_with(&format!(
            "read 19,043: {} new, {duplicates} new captures, 0 known, 0 rejected\n",
            "18,813"
        )),
        "{}",
        ran.stderr
    );
    assert_eq!(texts.len(), 18_813);
    assert_eq!(env.ok(&["count", "--captures", "--by", "month"]), printed(months));
    assert_eq!(env.ok(&["count", "--captures", "--by", "source"]), printed(sources));
    let first = env.ok(&["export"]);
    assert_eq!(first.lines().count(), 18_813);
    let again = env.command(&["export"]).env("TZ", "America/St_Johns").output().unwrap();
    assert!(first.as_bytes() == again.stdout);
}

fn pages(name: &str) -> PathBuf {
    let dir =
        std::env::var_os("PRESSMARK_PAGES").expect("PRESSMARK_PAGES names the directory with dev/ and warc/");
    PathBuf::from(dir).join(name)
}

/// Date strings as they were printed, each with its language and the day that it means.
#[test]
#[ignore = "needs date strings from pages, which belong to their publishers"]
fn printed_dates() {
    use pressmark::text::dates::{Setting, parse};
    let lines = std::fs::read_to_string(pages("dev/dates.tsv")).unwrap();
    for line in lines.lines() {
        let [language, text, day] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let language = Some(language).filter(|language| language.len() == 2);
        let found =
            parse(text, Setting { language, captured: None, now: None }).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(&found.dated.printed()[..10], day, "{text}");
    }
}

/// Every feed is read without a panic; of the well-formed ones every item that feedparser's own expectations name is found.
#[test]
#[ignore = "needs feedparser's and feed-rs's collections of feeds"]
fn feeds() {
    let (mut expected, mut found) = (0, 0);
    let mut read = 0;
    for entry in walkdir::WalkDir::new(pages("dev/feeds")).into_iter().map(Result::unwrap) {
        if !entry.file_type().is_file() {
            continue;
        }
        read += 1;
        let bytes = std::fs::read(entry.path()).unwrap();
        let text = pressmark::text::decode::decode(&bytes, None).text.into_owned();
        let feed = pressmark::formats::feed::parse(&text);
        let expects =
            text.lines().find_map(|line| line.split_once("Expect:")).map_or("", |(_, expects)| expects);
        let named = expects
            .match_indices("entries[")
            .filter_map(|(at, _)| expects[at + "entries[".len()..].split(']').next()?.parse::<usize>().ok());
        if let Some(last) =
            named.max().filter(|_| entry.path().components().any(|part| part.as_os_str() == "wellformed"))
        {
            expected += 1;
            found += usize::from(feed.is_ok_and(|feed| feed.items.len() > last));
        }
    }
    println!("{read} feeds; {found} of {expected} with the items that are expected");
    assert!(read > 1000 && found * 100 >= expected * 98, "{found} of {expected}");
}
