//! Flags that no other test is about.

use crate::env::{TestEnv, record};

fn env() -> TestEnv {
    let records: Vec<String> = (0..5).map(record).collect();
    TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn offset_skips_the_first() {
    let env = env();
    let all = env.ok(&["list", "--sort", "date"]);
    let rest: Vec<&str> = all.lines().skip(2).collect();
    assert_eq!(env.ok(&["list", "--sort", "date", "--offset", "2"]).lines().collect::<Vec<_>>(), rest);
    assert_eq!(env.ok(&["count", "--offset", "2"]), "3\n");
    assert_eq!(env.ok(&["search", "--offset", "4", "sentence"]).lines().count(), 1);
    assert_eq!(env.ok(&["export", "--offset", "4"]).lines().count(), 1);
}

#[test]
fn formulas_are_defused_unless_raw_is_asked_for() {
    let env = TestEnv::with(&[r#"{"title":"=1+1","text":"A text.","source":"a.example"}"#]);
    let csv =
        |flags: &[&str]| env.ok(&[&["export", "--format", "csv", "--fields", "headline"], flags].concat());
    assert_eq!(csv(&[]), "headline\n'=1+1\n");
    assert_eq!(csv(&["--csv-raw"]), "headline\n=1+1\n");
    env.ok(&["export", "--output", "out.csv", "--fields", "headline"]);
    assert_eq!(env.read("out.csv"), csv(&[]));
}

#[test]
fn limits_of_inputs() {
    let env = TestEnv::new();
    let page =
        format!("<html><h1>Ferry</h1><p>{}</p></html>", "The ferry runs again, they say. ".repeat(50_000));
    env.write("page.html", &page);
    let refused = env.run(&["ingest", "--max-page", "1", "page.html"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.stderr.contains("are read; --max-page takes more"), "{}", refused.stderr);
    env.ok(&["ingest", "--max-page", "4", "page.html"]);
    assert_eq!(env.run(&["extract", "--max-page", "1", "page.html"]).code, 3);
    // 80 MB of one letter fit into a file that is a thousand times shorter.
    let mut packed = zstd::Encoder::new(Vec::new(), 3).unwrap();
    std::io::Write::write_all(&mut packed, &vec![b'a'; 80 << 20]).unwrap();
    env.write("bomb.txt.zst", packed.finish().unwrap());
    let refused = env.run(&["extract", "--max-ratio", "100", "bomb.txt.zst"]);
    assert!(
        refused.stderr.contains("unpacks to more than 100 times its size; --max-ratio takes more"),
        "{}",
        refused.stderr
    );
    let read = env.run(&["ingest", "--max-ratio", "1000000", "bomb.txt.zst"]);
    assert!(!read.stderr.contains("--max-ratio"), "{}", read.stderr);
}

#[test]
fn formats_can_be_named() {
    let env = TestEnv::new();
    env.write("page.bin", record(1));
    assert!(env.ok(&["extract", "--input-format", "json", "page.bin"]).contains("Headline 1"));
    assert_eq!(env.run(&["extract", "--input-format", "odt", "page.bin"]).code, 2);
}

/// Excel knows UTF-8 by its mark; ingest reads what it saved.
#[test]
fn tables_for_excel() {
    let env = TestEnv::with(&[&record(1)]);
    let table = env.ok(&["export", "--format", "csv", "--fields", "headline,body", "--bom"]);
    assert!(table.starts_with("\u{feff}headline,body\n"), "{table:?}");
    let refused = env.run(&["export", "--bom"]);
    assert!(refused.code == 2 && refused.stderr.contains("--bom goes with csv and tsv"), "{refused:?}");
    env.write("excel.csv", format!("sep=;\r\n{}", table.trim_start_matches('\u{feff}').replace(',', ";")));
    assert_eq!(env.ok(&["extract", "--format", "jsonl", "excel.csv"]).lines().count(), 1);
}

/// A layout of one's own is asked before those that are known; what is wrong with one is said with its place.
#[test]
fn layouts_of_ones_own() {
    let env = TestEnv::new();
    env.write(
        "own.toml",
        "[[layout]]\nname = 'desk'\nhas = ['hed']\nrecords = ['x']\n[layout.fields]\nheadline = ['hed']\nbody = ['copy.grafs']\nsource = ['=desk.example']\n\
         [[layout]]\nname = 'wire'\nof = 'xml'\nroot = 'wire'\nrecords = ['story']\n[layout.fields]\nheadline = ['@slug']\nbody = ['text']\npublished = ['@at']\n",
    );
    env.write("desk.json", r#"{"hed":"Ferry","copy":{"grafs":["It runs.","Again."]},"title":"not this"}"#);
    env.write(
        "wire.xml",
        "<wire><story slug='Pier' at='20250128T093100+0200'><text><p>It stands.</p><p>Still.</p></text></story></wire>",
    );
    let found: Vec<serde_json::Value> = env
        .ok(&["extract", "--format", "jsonl", "--layout", "own.toml", "desk.json", "wire.xml"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!((&found[0]["headline"], &found[0]["body"]), (&"Ferry".into(), &"It runs.\n\nAgain.".into()));
    assert_eq!(found[0]["source"], "desk.example");
    assert_eq!((&found[1]["headline"], &found[1]["body"]), (&"Pier".into(), &"It stands.\n\nStill.".into()));
    assert_eq!(found[1]["published"], "2025-01-28T09:31:00+02:00");
    env.ok(&["ingest", "--layout", "own.toml", "desk.json", "wire.xml"]);
    let unknown = env.run(&["extract", "wire.xml"]);
    assert!(
        unknown.stderr.contains("with the root 'wire', of which no layout is known"),
        "{}",
        unknown.stderr
    );
    // The one in the documentation does what it says.
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    env.write("docs.toml", docs.split("```toml\n").nth(1).unwrap().split("```").next().unwrap());
    env.write(
        "desk2.json",
        r#"{"result":{"stories":[{"hed":"Ferry","type":"story","stamp":"20250128T093100Z","copy":{"grafs":["It runs."]}},{"hed":"Draft","type":"story","status":"draft","copy":{"grafs":["No."]}}]}}"#,
    );
    let ran = env.run(&["extract", "--format", "jsonl", "--layout", "docs.toml", "desk2.json"]);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    assert!(
        ran.stdout.contains("\"2025-01-28T09:31:00Z\"") && ran.stderr.contains("1 without an article"),
        "{ran:?}"
    );
    env.write("bad.toml", "[[layout]]\nname = 'x'\n[layout.fields]\nbody = ['a[']");
    let bad = env.run(&["ingest", "--layout", "bad.toml", "desk.json"]);
    assert_eq!(bad.code, 2, "{bad:?}");
    assert!(
        bad.stderr.contains("bad.toml cannot be read") && bad.stderr.contains("NAME[KEY=VALUE]"),
        "{}",
        bad.stderr
    );
}

#[test]
fn pages_that_are_no_articles() {
    let env = TestEnv::new();
    let front = "<html><head><meta property=og:type content=website></head><h1>The Post</h1><p>All the news of the day, and of the day before, from the harbour and from the town.</p></html>";
    let block = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{front}");
    let warc = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://post.example/\r\nWARC-Date: 2025-02-01T10:00:00Z\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    );
    env.write("front.warc", warc);
    let count = |flags: &[&str]| {
        let ran = env.run(&[&["extract", "--format", "jsonl"], flags, &["front.warc"]].concat());
        ran.stdout.lines().count()
    };
    assert!(count(&["--all-pages"]) >= count(&[]));
    env.ok(&["ingest", "--all-pages", "front.warc"]);
    assert_eq!(env.ok(&["count"]), "1\n");
}

#[test]
fn quiet_answers_and_disk_space() {
    let env = env();
    let here = env.run(&["has", "--quiet", "https://s.example/1"]);
    assert_eq!((here.code, here.stdout.as_str()), (0, ""));
    assert_eq!(env.run(&["has", "--quiet", "https://s.example/none"]).code, 1);
    let disk = env.ok(&["stats", "--disk"]);
    assert!(disk.contains("ledger") && !disk.contains("captures"), "{disk}");
}
