//! What goes in, and that it goes in once.

use crate::env::{TestEnv, record};
use pressmark::archive::check::{Depth, verify};
use std::io::Write;
use std::time::Duration;

/// The two pages that the archive was asked for look like these: furniture, headline twice, captions, a side list in
/// another language.
#[test]
fn pages_lose_their_furniture() {
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/pages");
    let env = TestEnv::new();
    let ran = env.run(&["ingest", "--path-pattern", "{source}/{published}_*.txt", samples.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let id = env.ok(&["list", "--source", "evening-post.example", "--until", "2025-01-27"]);
    let (line, digest) = id.trim().rsplit_once('\t').unwrap();
    assert_eq!(
        line,
        "2025-01-27\tevening-post.example\tNight ferry to Izmail runs again after four months of repairs"
    );
    let text = env.ok(&["cat", digest]);
    assert!(
        text.contains("\n\nThe night ferry between Odesa") && text.ends_with("if passengers come back.\n"),
        "{text}"
    );
    assert!(!text.contains("photo") && !text.contains("ua en ru"), "{text}");
    let uk = env.ok(&["list", "--language", "uk", "--source", "vechirnii.example", "--until", "2025-01-28"]);
    let text = env.ok(&["cat", uk.trim().rsplit_once('\t').unwrap().1]);
    assert!(text.ends_with("капітан порту Ігор Савчук.\n"), "{text}");
}

#[test]
fn no_date_is_taken_from_a_side_list() {
    let env = TestEnv::new();
    env.write("page.txt", "A headline of some words\n\nThe first sentence of the article is long enough to be a paragraph of its own.\n\nSo is the second one, which goes on for a while before it ends.\n\nLatest news\n\nTuesday January 28th, 2025\n");
    env.ok(&["ingest", "page.txt"]);
    assert!(env.ok(&["list"]).starts_with("-\t-\tA headline of some words\t"));
}

#[test]
fn the_same_text_is_one_article_with_several_captures() {
    let text = r#""title":"Rain","text":"It rained.""#;
    let env = TestEnv::with(&[
        &format!(r#"{{{text},"source":"a.org","date":"2025-01-02"}}"#),
        &format!(r#"{{{text},"source":"b.org","date":"2025-01-01"}}"#),
        &format!(r#"{{{text},"source":"a.org","date":"2025-01-03"}}"#),
        &format!(r#"{{{text},"source":"a.org","date":"2025-01-02","id":9}}"#),
    ]);
    let again = env.run(&["ingest", "in.jsonl"]);
    assert_eq!(again.stderr, "pressmark: read 4: 0 new, 0 new captures, 4 known, 0 rejected\n");
    assert_eq!(env.ok(&["count"]), "1\n");
    assert_eq!(env.ok(&["count", "--captures"]), "3\n");
    assert_eq!(env.ok(&["count", "--by", "source"]), "a.org\t1\nb.org\t1\n");
    // It is listed once, by the earliest capture that matches.
    assert!(env.ok(&["list"]).starts_with("2025-01-01\tb.org\t"));
    assert!(env.ok(&["list", "--source", "a.org"]).starts_with("2025-01-02\ta.org\t"));
    assert!(
        env.ok(&["list", "--since", "2025-01-02", "--order", "oldest"]).starts_with("2025-01-02\ta.org\t")
    );
    assert_eq!(env.ok(&["list", "--captures"]).lines().count(), 3);
}

/// However many came at a time, and however often it was interrupted, the archive has the same state.
#[test]
fn the_head_does_not_depend_on_the_batches() {
    let records: Vec<String> = (0..300).map(record).collect();
    let mut heads = Vec::new();
    for batch in ["1", "7", "1000"] {
        let env = TestEnv::new();
        env.write("in.jsonl", records.join("\n"));
        env.ok(&["ingest", "--batch", batch, "in.jsonl"]);
        heads.push(env.ok(&["log", "--head"]));
        let report = verify(&env.archive(), Depth::Data, Duration::ZERO, &|| false).unwrap();
        assert_eq!((report.findings, report.articles, report.hashed), (vec![], 300, 600));
    }
    assert!(heads[0].starts_with("300\t") && heads[0].len() > 64);
    assert_eq!(heads[0], heads[1]);
    assert_eq!(heads[0], heads[2]);
}

#[test]
fn forms_and_compression() {
    let env = TestEnv::new();
    let records: Vec<String> = (0..4).map(record).collect();
    let array = format!("[\n{}\n]", records.join(",\n"));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(records.join("\n").as_bytes()).unwrap();
    let pretty = records.iter().map(|r| {
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(r).unwrap()).unwrap()
    });
    for (name, content) in [
        ("a.jsonl", records.join("\n").into_bytes()),
        ("b.json", array.clone().into_bytes()),
        ("c.json", records.join("\n").into_bytes()),
        ("d.json", pretty.collect::<Vec<_>>().join("\n").into_bytes()),
        ("e", array.into_bytes()),
        ("f.jsonl.gz", gz.finish().unwrap()),
        ("g.zst", zstd::encode_all(records.join("\n").as_bytes(), 1).unwrap()),
        ("h.json", records[0].clone().into_bytes()),
    ] {
        env.write(name, content);
        let ran = env.run(&["--archive", &format!("archive-{name}"), "ingest", name]);
        let count = if name == "h.json" { 1 } else { 4 };
        assert!(
            ran.stderr
                .ends_with(&format!("read {count}: {count} new, 0 new captures, 0 known, 0 rejected\n")),
            "{name}: {}",
            ran.stderr
        );
    }
    let ran = env.run_with_input(&["ingest", "-"], records.join("\n").as_bytes());
    assert!(ran.stderr.ends_with("read 4: 4 new, 0 new captures, 0 known, 0 rejected\n"), "{}", ran.stderr);
}

#[test]
fn flags_say_what_an_input_does_not() {
    let env = TestEnv::new();
    env.write("in.jsonl", r#"{"title":"Rain","text":"It rained."}"#);
    env.ok(&[
        "ingest",
        "--source",
        "The Post",
        "--published",
        "2025-01",
        "--url",
        "https://post.example/1",
        "--language",
        "uk",
        "--captured",
        "2025-02-01",
        "in.jsonl",
    ]);
    let exported: serde_json::Value = serde_json::from_str(&env.ok(&["export"])).unwrap();
    assert_eq!(exported["language"], "uk");
    assert_eq!(exported["source"], "the-post");
    assert_eq!(exported["published"], "2025-01");
    assert_eq!(exported["captures"][0]["captured"], "2025-02-01T00:00:00Z");
    assert_eq!(env.run(&["has", "http://www.post.example/1?utm_source=x"]).code, 0);
}

/// A domain that is not ASCII is the same source in every session.
#[test]
fn international_domains_are_sources() {
    let env = TestEnv::with(&[r#"{"title":"One","text":"a","url":"https://www.кремль.рф/1"}"#]);
    env.write("more.jsonl", r#"{"title":"Two","text":"b","url":"https://кремль.рф/2"}"#);
    env.ok(&["ingest", "more.jsonl"]);
    assert_eq!(env.ok(&["count", "--by", "source"]), "xn--e1ajeds9e.xn--p1ai\t2\n");
    assert_eq!(env.ok(&["count", "--source", "https://кремль.рф"]), "2\n");
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// Fields that nobody knows are kept, within bounds, however many megabytes a thousand of them take.
#[test]
fn records_with_much_beside_their_text() {
    let env = TestEnv::new();
    let html = "<p>x</p>".repeat(50_000);
    let lines: Vec<String> = (0..300)
        .map(|n| serde_json::json!({"title": format!("T{n}"), "text": "x", "markup": html}).to_string())
        .collect();
    env.write(
        "in.jsonl",
        format!(
            "{}\n{}",
            lines.join("\n"),
            serde_json::json!({"title": "too much", "markup": "x".repeat(9 << 20)})
        ),
    );
    let ran = env.run(&["ingest", "in.jsonl"]);
    assert!(
        ran.stderr.contains("rejected in.jsonl:301: it says 94")
            && ran.stderr.ends_with("read 301: 300 new, 0 new captures, 0 known, 1 rejected\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// An article of many megabytes takes several parts in the store, and many small ones are next to it.
#[test]
fn long_and_short_articles_live_together() {
    let env = TestEnv::new();
    let mut random = crate::env::Random(7);
    let mut noise =
        |bytes: usize| (0..bytes / 16).map(|_| format!("{:016x}", random.number())).collect::<String>();
    let long: Vec<String> = [1 << 10, 300 << 10, 2 << 20, 15 << 20, 100]
        .into_iter()
        .map(|bytes| serde_json::json!({"title": format!("T{bytes}"), "text": noise(bytes)}).to_string())
        .collect();
    env.write("in.jsonl", long.join("\n"));
    env.ok(&["ingest", "in.jsonl"]);
    assert_eq!(
        std::fs::read_dir(env.archive().join("store/blobs")).unwrap().count(),
        0,
        "sled never syncs its blobs"
    );
    let exported = env.ok(&["export"]);
    assert_eq!(exported.lines().count(), 5);
    for (line, record) in exported.lines().zip(&long) {
        let (line, record): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(line).unwrap(), serde_json::from_str(record).unwrap());
        assert!(line["body"] == record["text"]);
    }
    let report = verify(&env.archive(), Depth::Data, Duration::ZERO, &|| false).unwrap();
    assert_eq!(report.findings, []);
}

#[test]
fn a_second_process_is_told_who_holds_the_archive() {
    let env = TestEnv::with(&[&record(1)]);
    let held = env.open();
    let ran = env.run(&["--wait", "0", "list"]);
    assert_eq!(ran.code, 11);
    assert!(ran.stderr.contains(&format!("is held by process {} ", std::process::id())), "{}", ran.stderr);
    let env = &env;
    std::thread::scope(|scope| {
        // Waiting is what happens if nothing else is asked for.
        let waiting = scope.spawn(move || env.run(&["list"]));
        std::thread::sleep(Duration::from_millis(1500));
        held.close().unwrap();
        let ran = waiting.join().unwrap();
        assert_eq!(ran.code, 0, "{ran:?}");
        let whom = format!("pressmark: waiting up to 60 s for process {} ", std::process::id());
        assert!(ran.stderr.starts_with(&whom) && ran.stderr.lines().count() == 1, "{ran:?}");
    });
}

/// Six at once used to shut each other out.
#[test]
fn readers_wait_for_each_other() {
    let env = &TestEnv::with(&[&record(1)]);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..6).map(|_| scope.spawn(|| env.run(&["count"]))).collect();
        for reader in readers {
            let ran = reader.join().unwrap();
            assert_eq!((ran.code, ran.stdout.as_str()), (0, "1\n"), "{ran:?}");
        }
    });
}

/// Started together where there is no archive yet, all of them end with the same one.
#[test]
fn several_may_begin_an_archive() {
    let env = &TestEnv::new();
    env.write("in.jsonl", record(1));
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| env.run(&["ingest", "in.jsonl"]))).collect();
        let ran: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
        assert!(ran.iter().all(|ran| ran.code == 0), "{ran:?}");
        assert_eq!(ran.iter().filter(|ran| ran.stderr.contains("made a new archive")).count(), 1, "{ran:?}");
        assert_eq!(ran.iter().filter(|ran| ran.stderr.contains("1 new,")).count(), 1, "{ran:?}");
    });
    assert_eq!(env.ok(&["count"]), "1\n");
    // Nothing is left beside it.
    let names = std::fs::read_dir(env.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["archive", "in.jsonl", "tmp"]);
}

/// An archive is made in its place: a name may be as long as the system lets it be.
#[test]
fn an_archive_may_have_a_long_name() {
    let env = TestEnv::with(&[&record(1)]);
    let longest = "n".repeat(255);
    env.ok(&["--archive", &longest, "ingest", "in.jsonl"]);
    assert_eq!(env.ok(&["--archive", &longest, "count"]), "1\n");
    let ran = env.run(&["--archive", &"n".repeat(256), "ingest", "in.jsonl"]);
    assert_eq!(ran.code, 10, "{ran:?}");
    // What was begun by a process that was killed is gone on with.
    for begun in [&["lock"][..], &["lock", "ledger/acknowledged"]] {
        begun.iter().for_each(|file| env.write(&format!("begun/{file}"), ""));
        assert_eq!(env.run(&["--archive", "begun", "list"]).code, 10);
        env.ok(&["--archive", "begun", "ingest", "in.jsonl"]);
        assert_eq!(env.ok(&["--archive", "begun", "count"]), "1\n");
        std::fs::remove_dir_all(env.path("begun")).unwrap();
    }
    // What somebody else calls a ledger, or has beside an archive, is theirs.
    env.write("books/ledger", "2024: 3 ferries");
    for command in [&["list"][..], &["ingest", "in.jsonl"]] {
        let ran = env.run(&[&["--archive", "books"], command].concat());
        assert!(ran.code == 10 && ran.stderr.contains("is not an archive"), "{ran:?}");
    }
    assert_eq!(env.read("books/ledger"), "2024: 3 ferries");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/tmp", env.path("archive").join("notes")).unwrap();
    assert_eq!(env.run(&["ingest", "in.jsonl"]).code, 0);
    assert_eq!(env.ok(&["count"]), "1\n");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_archive() {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnv::with(&[&record(1)]);
    for entry in walk(&env.archive()) {
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", entry.display());
    }
}

/// An archive that is made for a group is as open as its maker's umask makes files, and stays so whoever writes to it.
#[cfg(unix)]
#[test]
fn an_archive_of_a_group() {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnv::new();
    env.write("in.jsonl", record(1));
    env.write("page.html", "<h1>Ferry runs again</h1><p>The night ferry between Odesa and Izmail will run again from Monday, they said.</p>");
    let run = |umask: &str, args: &str| {
        let script = format!("umask {umask}; exec {} {args}", env!("CARGO_BIN_EXE_pressmark"));
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script]).current_dir(env.path("")).env("PRESSMARK_ARCHIVE", "group");
        assert!(command.status().unwrap().success(), "{args}");
    };
    run("002", "-q ingest --shared in.jsonl");
    // Of another umask: the directory counts.
    run("077", "-q ingest --keep-raw page.html");
    run("077", "-q search ferry");
    run("077", "-q tag +seen ferry");
    for entry in walk(&env.path("group")) {
        let mode = entry.metadata().unwrap().permissions().mode();
        let expected = if entry.is_dir() { 0o775 } else { 0o664 };
        assert_eq!(mode & 0o777, expected, "{}", entry.display());
    }
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![dir.to_owned()];
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

/// An ArchiveBox folder is one page, of the address and the time that the folder says.
#[test]
fn archivebox_folders() {
    let env = TestEnv::new();
    let page = "<html><h1>The ferry runs again</h1><article><p>The night ferry between Odesa and Izmail will run again from Monday, the port said on Tuesday.</p></article></html>";
    for name in ["box/1/singlefile.html", "box/1/output.html", "box/1/readability/content.html"] {
        env.write(name, page);
    }
    env.write("box/1/headers.json", r#"{"Status-Code": 200}"#);
    env.write(
        "box/1/index.json",
        r#"{"url":"https://post.example/1","timestamp":"1738056660.5","title":"Ferry","archive_path":"archive/1","canonical":{},"history":{}}"#,
    );
    let ran = env.run(&["ingest", "box"]);
    assert!(ran.code == 0 && ran.stderr.contains("1 other forms of a page"), "{ran:?}");
    let shown = env.ok(&["export", "--fields", "headline,url,captured", "--format", "csv"]);
    assert_eq!(
        shown,
        "headline,url,captured\nThe ferry runs again,https://post.example/1,2025-01-28T09:31:00Z\n"
    );
}
