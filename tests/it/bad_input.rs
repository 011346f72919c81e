//! What is wrong with an input is said with its place and costs nothing else.

use crate::env::{TestEnv, record};
use serde_json::Value;

/// Ingests one bad input between two good ones; the reason, after checking that nothing else was harmed and that the
/// rejects file has it all.
fn rejected(name: &str, content: &[u8]) -> String {
    let env = TestEnv::new();
    env.write("in/a.jsonl", record(1));
    env.write(&format!("in/m/{name}"), content);
    env.write("in/z.jsonl", record(2));
    let ran = env.run(&["ingest", "in", "--rejects", "rejects.jsonl"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.stderr.ends_with("pressmark: read 3: 2 new, 0 new captures, 0 known, 1 rejected\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(env.ok(&["count"]), "2\n");
    let written: Value = serde_json::from_str(env.read("rejects.jsonl").trim()).unwrap();
    let raw = match &written["raw_hex"] {
        Value::String(hex) => {
            (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect()
        }
        _ => written["raw"].as_str().unwrap().as_bytes().to_vec(),
    };
    let unended = content.strip_suffix(b"\n").unwrap_or(content);
    // Of an array, the element alone is rejected.
    let element = unended.strip_prefix(b"[").unwrap_or(unended);
    let is_line = content.split(|byte| *byte == b'\n').any(|line| line == raw);
    assert!(
        is_line || [content, unended, element].contains(&raw.as_slice()),
        "the rejects file has the raw bytes"
    );
    assert_eq!(written["input"], format!("in/m/{name}"));
    written["reason"].as_str().unwrap().to_owned()
}

#[test]
fn bad_inputs_say_what_is_wrong() {
    for (name, content, reason) in [
        ("b.txt", &b"text with \0 in it"[..], "there is a NUL byte at byte 11; this is not a text"),
        ("c.txt", b"\n", "it is empty"),
        ("d.txt", b"Home\nNews\n", "no paragraphs of an article were found in it"),
        ("e.txt", b"\x01\x02\x03JFIF", "it is full of control characters; this is not a text"),
        (
            "f.jsonl",
            b"{\"title\":\"\xff\"}",
            "it is not UTF-8 at byte 11; convert it, for instance with iconv",
        ),
        ("g.jsonl", b"{\"title\":\"cut", "it is not JSON: EOF while parsing a string at column 13"),
        ("h.jsonl", b"{\"title\":\"\",\"text\":\" \"}", "there is neither a headline nor a body"),
        ("i.jsonl", b"[]", "it is a list; expected an object with a headline and a text"),
        ("j.json", b"[{\"title\":\"cut\"", "it is cut short: the input ends inside it"),
        (
            "k.html",
            b"<!DOCTYPE html><nav><a href=x>x</a></nav>",
            "found neither a headline nor text; look with pressmark extract --explain",
        ),
        ("l.xml", b"<?xml version='1.0'?><svg/>", "it is a drawing, and has no articles in it"),
        (
            "m.csv",
            b"a,b\n1,2\n",
            "none of its columns is known: a, b; name them with --map headline=\u{2026},body=\u{2026}",
        ),
        ("n.eml", b"hello\n", "it has none of the headers of a message (From, Subject, MIME-Version)"),
        (
            "o.zip",
            b"PK\x03\x04rubbish",
            "it is not a zip that can be read: invalid Zip archive: Could not find EOCD",
        ),
        ("p.warc", b"WARC/1.0\r\nWARC-Type: response\r\n\r\n", "its header gives no length that is a number"),
    ] {
        assert_eq!(rejected(name, content), reason, "{name}");
    }
}

/// The lines of one file are rejected by their numbers, and the good ones stay.
#[test]
fn a_bad_line_costs_a_line() {
    let env = TestEnv::new();
    env.write(
        "in.jsonl",
        format!("{}\nrubbish\n\n{}\n{{\"title\":7,\"text\":[1]}}\n{}", record(1), record(2), record(3)),
    );
    let ran = env.run(&["ingest", "in.jsonl"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("rejected in.jsonl:2: it is not JSON: expected value at column 1\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains(
            "rejected in.jsonl:5: its field 'text' is a list; expected text; name another field with --map\n"
        ),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.ends_with("read 5: 3 new, 0 new captures, 0 known, 2 rejected\n"), "{}", ran.stderr);
}

#[test]
fn fail_ends_after_what_came_before() {
    let env = TestEnv::new();
    env.write("in.jsonl", format!("{}\nrubbish\n{}\n", record(1), record(2)));
    let ran = env.run(&["ingest", "--errors", "fail", "in.jsonl"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.ends_with("read 2: 1 new, 0 new captures, 0 known, 1 rejected\n"), "{}", ran.stderr);
    assert_eq!(env.ok(&["count"]), "1\n");
}

/// A line of more than 64 MiB is passed over in bounded memory; the next one is read.
#[test]
fn a_line_that_is_too_long() {
    let env = TestEnv::new();
    let mut input = Vec::from("{\"title\":\"");
    input.resize(65 << 20, b'x');
    input.extend_from_slice(b"\"}\n");
    input.extend_from_slice(record(1).as_bytes());
    env.write("in.jsonl", &input);
    let ran = env.run(&["ingest", "in.jsonl", "--rejects", "rejects.jsonl"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("rejected in.jsonl:1: it is longer than 64 MiB; --max-record takes more\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(env.ok(&["count"]), "1\n");
    let written: Value = serde_json::from_str(env.read("rejects.jsonl").trim()).unwrap();
    let kept = written["raw"].as_str().unwrap().len() as u64;
    assert_eq!(kept + written["omitted_bytes"].as_u64().unwrap(), (65 << 20) + 2);
}

#[test]
fn a_text_that_is_too_long() {
    let long = format!("{{\"title\":\"x\",\"text\":\"{}\"}}", "word ".repeat(17 << 18));
    assert!(rejected("a.jsonl", long.as_bytes()).starts_with("the text has"), "articles are bounded");
}

/// Kept, and marked.
#[test]
fn absurd_dates_are_marked() {
    let env = TestEnv::with(&[
        r#"{"title":"Early","text":"Text.","date":"1599-12-31","captured":"2025-01-01"}"#,
        r#"{"title":"Late","text":"Text.","date":"2025-01-04","captured":"2025-01-01"}"#,
        r#"{"title":"Soon","text":"Text.","date":"2025-01-03","captured":"2025-01-01"}"#,
        r#"{"title":"Never","text":"Text.","date":"2025-02-30","captured":"2025-01-01"}"#,
    ]);
    let list = env.ok(&["list", "--order", "oldest"]);
    let dates: Vec<_> = list.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(dates, ["1599-12-31?", "2025-01-03", "2025-01-04?", "-"]);
    let export = env.ok(&["export", "--undated"]);
    let never: Value = serde_json::from_str(export.trim()).unwrap();
    assert_eq!(never["captures"][0]["extra"]["date"], "2025-02-30");
    assert_eq!(
        never["captures"][0]["notes"][0],
        "the date is not understood and kept as date: \"2025-02-30\""
    );
}

#[cfg(unix)]
#[test]
fn directories_that_loop_and_files_that_cannot_be_read() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let env = TestEnv::new();
    env.write("in/a/good.jsonl", record(1));
    symlink("..", env.path("in/a/up")).unwrap();
    symlink("nowhere", env.path("in/dangling.txt")).unwrap();
    env.write("in/locked.txt", "text");
    std::fs::set_permissions(env.path("in/locked.txt"), std::fs::Permissions::from_mode(0o0)).unwrap();
    let privileged = std::fs::read(env.path("in/locked.txt")).is_ok();
    let ran = env.run(&["ingest", "in", "missing.txt"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr
            .contains("rejected in/a/up: a directory loop: this leads back to in; it is not walked again\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("rejected in/dangling.txt: cannot be read: no such file or directory\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("rejected missing.txt: there is no such file; look for the name with ls\n"),
        "{}",
        ran.stderr
    );
    // Root reads everything; the text itself is no article then.
    let expected = if privileged {
        "no paragraphs of an article were found in it"
    } else {
        "cannot be read: permission denied"
    };
    assert!(ran.stderr.contains(&format!("rejected in/locked.txt: {expected}\n")), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("read 5: 1 new, 0 new captures, 0 known, 4 rejected\n"), "{}", ran.stderr);
}

/// A gzip that is cut short keeps what came before; one that unpacks to nothing but zeros is stopped.
#[test]
fn compressed_inputs_that_end_badly() {
    use std::io::Write;
    let env = TestEnv::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..2000).for_each(|number| writeln!(packed, "{}", record(number)).unwrap());
    let packed = packed.finish().unwrap();
    env.write("cut.jsonl.gz", &packed[..packed.len() / 2]);
    let ran = env.run(&["ingest", "cut.jsonl.gz"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("rejected cut.jsonl.gz: cannot be read to its end:"), "{}", ran.stderr);
    assert!(env.ok(&["count"]).trim().parse::<u64>().unwrap() > 200);

    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![b'\n'; 1 << 20];
    (0..300).for_each(|_| bomb.write_all(&zeros).unwrap());
    env.write("bomb.jsonl.gz", bomb.finish().unwrap());
    let ran = env.run(&["ingest", "bomb.jsonl.gz"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("it unpacks to more than 200 times its size"), "{}", ran.stderr);
}
