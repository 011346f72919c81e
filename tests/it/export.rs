//! What comes out: whole, in a stated order, and fit to go in again.

use crate::env::{TestEnv, record};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn corpus() -> TestEnv {
    let mut records: Vec<String> = (0..120).map(record).collect();
    let text = r#""title":"Rain","text":"It rained.""#;
    records.push(format!(r#"{{{text},"source":"a.org","date":"2025-01-02T10:00:00+02:00","topics":["x"],"extra":{{"y":null}}}}"#));
    records.push(format!(r#"{{{text},"source":"b.org","author":["One","Two"],"date":"soon"}}"#));
    records.push(r#"{"title":"Flash","text":""}"#.to_owned());
    records.push(r#"{"title":"","text":"Без заголовка, але з «лапками» й апострофом: п’ять."}"#.to_owned());
    TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Everything that an archive answers goes through JSONL: tags, saved queries and originals too.
#[test]
fn an_archive_goes_in_again() {
    let env = TestEnv::new();
    env.write("in/a.html", crate::formats::page(1));
    let http =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-By: me\r\n\r\n{}", crate::formats::page(2));
    let crawl = crate::formats::warc_record(
        "response",
        "https://web.archive.org/web/20250301101112/https://www.post.example/2",
        http.as_bytes(),
    );
    env.write("in/b.warc", crawl);
    env.write("in/c.jsonl", record(3));
    env.ok(&["ingest", "--keep-raw", "in"]);
    env.ok(&["tag", "+rain", "+дощ", "source:post.example"]);
    env.ok(&["query", "save", "wet", "tag:rain"]);
    let ran = env.run(&["export", "-o", "part.jsonl"]);
    assert!(
        ran.stderr.contains("left out: 1 saved query (--archive-data), 3 originals (--originals)\n"),
        "{ran:?}"
    );
    let ran = env.run(&["export", "--archive-data", "--originals", "-o", "all.jsonl"]);
    assert_eq!(ran.stderr, "pressmark: exported 3 articles\n");
    for _ in 0..2 {
        env.ok(&["--archive", "again", "ingest", "all.jsonl"]);
    }
    let ran = env.run(&["--archive", "again", "ingest", "all.jsonl"]);
    assert!(
        ran.stderr
            .ends_with("read 7: 0 new, 0 new captures, 3 known, 0 rejected, 4 originals and saved queries\n"),
        "{ran:?}"
    );
    let of = |archive: &str, args: &[&str]| env.ok(&[&["--archive", archive], args].concat());
    let uuid = |archive: &str| {
        serde_json::from_str::<Value>(&of(archive, &["stats", "--format", "json"])).unwrap()["uuid"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (ours, theirs) = (uuid("archive"), uuid("again"));
    // Numbers are given anew.
    let seq = regex::Regex::new(r#"(?m)"seq":\d+,|, seq \d+$"#).unwrap();
    for args in [
        &["count", "--by", "source"][..],
        &["count", "tag:rain"],
        &["count", "@wet"],
        &["query", "list"],
        &["tag"],
        &["cat", "--raw", "source:post.example"],
        &["export", "--archive-data", "--originals"],
        &["show", "--no-pager", "source:post.example"],
    ] {
        let answer = |archive| seq.replace_all(&of(archive, args), "").into_owned();
        assert_eq!(answer("archive"), answer("again").replace(&theirs, &ours), "{args:?}");
    }
    let found = of("again", &["export", "url:https://www.post.example/2"]);
    let capture = &serde_json::from_str::<Value>(&found).unwrap()["captures"][0];
    assert_eq!(capture["archived_at"], "2025-03-01T10:11:12Z");
    assert_eq!(
        capture["original_http"], "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-By: me\r\n",
        "{capture}"
    );
    assert!(env.run(&["--archive", "again", "verify", "--read-data"]).stderr.contains("3 originals"));
    assert!(env.run(&["--archive", "again", "reextract"]).stderr.contains("read 2 again: 2 unchanged"));
    // Another query under the same name is not overwritten, and bytes that are not those are refused.
    env.ok(&["--archive", "again", "query", "remove", "wet"]);
    env.ok(&["--archive", "again", "query", "save", "wet", "tag:snow"]);
    env.write("bad.jsonl", env.read("all.jsonl").replace("\"zstd_base64\":\"KLUv", "\"zstd_base64\":\"KLUw"));
    let ran = env.run(&["--archive", "again", "ingest", "bad.jsonl"]);
    assert!(ran.code == 3 && ran.stderr.contains("another query is saved as wet: tag:snow"), "{ran:?}");
    assert!(ran.stderr.contains("its bytes are not those that"), "{ran:?}");
    assert_eq!(of("again", &["query", "list"]), "wet\ttag:snow\n");
    for args in
        [&["export", "--archive-data", "--format", "csv"][..], &["export", "--originals", "--split", "out"]]
    {
        assert_eq!(env.run(args).code, 2, "{args:?}");
    }
}

/// Everything but the numbers, which are given anew in the order of arrival.
fn content(export: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut content = BTreeMap::new();
    for line in export.lines() {
        let mut record: Value = serde_json::from_str(line).unwrap();
        let captures = record["captures"].as_array_mut().unwrap().drain(..);
        let captures = captures.map(|mut capture| {
            capture.as_object_mut().unwrap().remove("seq");
            capture.to_string()
        });
        let captures: BTreeSet<String> = captures.collect();
        content.insert(format!("{} {} {}", record["digest"], record["headline"], record["body"]), captures);
    }
    content
}

#[test]
fn an_export_goes_in_again() {
    let env = corpus();
    let first = env.ok(&["export"]);
    env.write("out.jsonl", &first);
    let ran = env.run(&["--archive", "again", "ingest", "out.jsonl"]);
    assert!(
        ran.stderr.ends_with("read 124: 123 new, 1 new captures, 0 known, 0 rejected\n"),
        "{}",
        ran.stderr
    );
    let second = env.ok(&["--archive", "again", "export"]);
    assert_eq!(content(&first), content(&second));
    for count in [
        &["count"][..],
        &["count", "--captures"],
        &["count", "--by", "source"],
        &["count", "--by", "month"],
        &["count", "--by", "language"],
    ] {
        assert_eq!(env.ok(count), env.ok(&[&["--archive", "again"], count].concat()));
    }
    // Into the archive that it came from it brings nothing.
    assert_eq!(
        env.run(&["ingest", "out.jsonl"]).stderr,
        "pressmark: read 124: 0 new, 0 new captures, 124 known, 0 rejected\n"
    );
}

#[test]
fn a_changed_export_is_noticed() {
    let env = TestEnv::with(&[&record(1)]);
    env.write("out.jsonl", env.ok(&["export"]).replace("Sentence 1", "Sentence 2"));
    let ran = env.run(&["ingest", "out.jsonl"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("out.jsonl:1: its text is not what its digest names"), "{}", ran.stderr);
}

#[test]
fn files_are_whole_or_not_there() {
    let env = corpus();
    for (name, begins) in [
        ("a.jsonl", "{\"schema\":1,\"digest\":"),
        ("a.json", "[\n{\"schema\":1,\"digest\":"),
        ("a.csv", "digest,published,source"),
        ("a.tsv", "digest\tpublished"),
        ("a.md", "# Headline 0"),
        ("a.txt", "Headline 0\n\nSentence"),
    ] {
        let ran = env.run(&["export", "-o", name]);
        assert_eq!(
            (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
            (0, "", "pressmark: exported 123 articles\n")
        );
        assert!(env.read(name).starts_with(begins), "{name}");
    }
    let array: Value = serde_json::from_str(&env.read("a.json")).unwrap();
    assert_eq!(array.as_array().unwrap().len(), 123);
    let mut csv = csv::Reader::from_path(env.path("a.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 123);
    assert!(rows.iter().any(|row| row[8].contains("«лапками» й апострофом: п’ять.")));
    env.ok(&["export", "-o", "a.jsonl.zst"]);
    let unpacked = zstd::decode_all(std::fs::File::open(env.path("a.jsonl.zst")).unwrap()).unwrap();
    assert_eq!(String::from_utf8(unpacked).unwrap(), env.read("a.jsonl"));
    let left: Vec<_> = std::fs::read_dir(env.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".tmp"))
        .collect();
    assert_eq!(left, [""; 0], "temporary files are gone");
}

#[test]
fn one_file_an_article() {
    let env = corpus();
    let ran = env.run(&["export", "--split", "out"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "pressmark: exported 123 articles\n"));
    let files: Vec<_> =
        std::fs::read_dir(env.path("out")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 123);
    for file in &files {
        let text = std::fs::read(file).unwrap();
        let digest = pressmark::model::Digest::of(&text).to_string();
        assert!(file.to_str().unwrap().contains(&digest[..16]), "the file is the canonical text");
    }
    // Again is nothing new; what somebody changed is left alone.
    assert_eq!(env.run(&["export", "--split", "out"]).code, 0);
    std::fs::write(&files[0], "changed").unwrap();
    let ran = env.run(&["export", "--split", "out"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("is there with other content; --force replaces it")
            && ran.stderr.ends_with("exported 122 articles\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(env.run(&["export", "--split", "out", "--force"]).code, 0);
}

/// The same bytes on every run, whatever the zone and the locale.
#[test]
fn exports_are_reproducible() {
    let env = corpus();
    for args in [
        &["export"][..],
        &["export", "--order", "newest", "--format", "csv"],
        &["list"],
        &["count", "--by", "day"],
    ] {
        let here = env.ok(args);
        let mut command = env.command(args);
        let there = command
            .env("TZ", "Pacific/Kiritimati")
            .env("LC_ALL", "tr_TR.UTF-8")
            .env("LANG", "tr_TR.UTF-8")
            .output()
            .unwrap();
        assert_eq!(here.as_bytes(), there.stdout, "{args:?}");
    }
}

/// A cron job that finds nothing does not empty the file of yesterday, if it asks for the exit status.
#[test]
fn an_export_that_finds_nothing_leaves_the_file_alone() {
    let env = corpus();
    env.ok(&["export", "--format", "csv", "-o", "good.csv"]);
    let good = env.read("good.csv");
    let ran = env.run(&["export", "--exit-status", "-o", "good.csv", "nowhere"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("nothing matches: good.csv is left as it is"), "{ran:?}");
    assert_eq!(env.read("good.csv"), good);
    let ran = env.run(&["export", "--exit-status", "-o", "new.csv", "nowhere"]);
    assert_eq!((ran.code, env.read("new.csv").lines().count()), (1, 1), "{ran:?}");
    // Neither an option nor a word that is not wanted.
    for word in ["-x", "-ї", "-5", "-2024"] {
        let ran = env.run(&["export", word, "csv", "-o", "good.csv"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        let hint = format!("for NOT {} write NOT {}", &word[1..], &word[1..]);
        assert!(ran.stderr.contains(&hint), "{ran:?}");
        assert_eq!(env.read("good.csv"), good);
    }
    assert_eq!(env.run(&["count", "NOT f"]).code, 0);
    assert_eq!(env.run(&["list", "--limit", "5", "-trump"]).code, 0);
    assert_ne!(env.run(&["tag", "+x", "-y", "--dry-run", "harbour"]).code, 2, "-y takes the tag y away");
}

/// A device, a pipe and a link are not replaced by files.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_written_to_as_it_is() {
    use std::os::unix::fs::FileTypeExt;
    let env = corpus();
    let all = env.ok(&["export"]);
    let fifo = env.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let reading = fifo.clone();
    let reader = std::thread::spawn(move || std::fs::read_to_string(reading).unwrap());
    env.ok(&["export", "-o", "pipe"]);
    assert_eq!(reader.join().unwrap(), all);
    assert!(fifo.metadata().unwrap().file_type().is_fifo());
    env.ok(&["export", "-o", "/dev/null"]);
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert_eq!(env.run(&["export", "-o", "/dev/full"]).code, 13);
    assert_eq!(env.ok(&["export", "-o", "-"]), all);
    // A link stays, and what it points to is replaced.
    env.write("there/real.jsonl", "old");
    std::os::unix::fs::symlink("there/real.jsonl", env.path("link.jsonl")).unwrap();
    env.ok(&["export", "-o", "link.jsonl"]);
    assert!(env.path("link.jsonl").is_symlink());
    assert_eq!(env.read("there/real.jsonl"), all);
    std::os::unix::fs::symlink("nowhere", env.path("dangling.jsonl")).unwrap();
    for bad in ["dangling.jsonl", "there", "no/such.jsonl"] {
        let ran = env.run(&["export", "--format", "jsonl", "-o", bad]);
        assert!(ran.code == 2 && ran.stderr.contains(bad), "{ran:?}");
    }
}

/// What the process was given open is written to where it stands, and a name that ends in .gz compresses, whatever is behind it.
#[cfg(target_os = "linux")]
#[test]
fn open_files_and_compressed_pipes() {
    use std::fs::OpenOptions;
    use std::io::Read;
    let env = corpus();
    let all = env.ok(&["export"]);
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        env.write("out", "before\n");
        let file = OpenOptions::new().append(true).open(env.path("out")).unwrap();
        assert!(env.command(&["export", "-o", name]).stdout(file).status().unwrap().success());
        assert_eq!(env.read("out"), format!("before\n{all}"), "{name}");
    }
    env.write("out", "before\n");
    let file = OpenOptions::new().append(true).open(env.path("out")).unwrap();
    let output = env.command(&["export", "-o", "/dev/stderr"]).stderr(file).output().unwrap();
    assert!(output.stdout.is_empty());
    assert!(env.read("out").starts_with(&format!("before\n{all}")));
    let pipe = env.path("pipe.jsonl.gz");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reading = pipe.clone();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(reading).unwrap())
            .read_to_string(&mut text)
            .unwrap();
        text
    });
    env.ok(&["export", "-o", "pipe.jsonl.gz"]);
    assert_eq!(reader.join().unwrap(), all);
    // Waiting for somebody to read it can be interrupted; the code says by what.
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut child = env.command(&["export", "-o", "pipe.jsonl.gz"]).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(500));
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
    }
}

/// Every column of a capture comes back as it was.
#[test]
fn every_column_goes_in_again() {
    use pressmark::model::time::{Dated, Timestamp};
    use pressmark::model::{
        Correction, Detail, Draft, Language, Origin, Original, Provenance, Published, Source,
    };
    let env = TestEnv::with(&[]);
    let dated = Dated::parse("2025-01-28T09:31:05+02:00").unwrap();
    let full = Provenance {
        source: Source::parse("рубрика"),
        url: Some("https://rubryka.com/1?a=b".to_owned()),
        byline: vec!["О. Коваль".to_owned(), "A; B".to_owned()],
        published: Some(Published { suspect: true, ..Published::new(dated, Origin::TimeTag, dated.at) }),
        captured: Some(Timestamp(1_738_100_000)),
        input: "a.html".to_owned(),
        canonical_url: Some("https://rubryka.com/one".to_owned()),
        is_article: Some(false),
        is_summary: true,
        cut: true,
        section: Some("Світ".to_owned()),
        keywords: vec!["NATO, ЄС".to_owned(), "порт".to_owned()],
        modified: Dated::parse("2025-01-29"),
        publisher: Some("Рубрика".to_owned()),
        description: Some("Short.\u{202e}".to_owned()),
        archived: Some(Timestamp(1_738_000_000)),
        archived_url: Some("https://web.archive.org/web/1/x".to_owned()),
        original: Some(Original {
            format: Some("html".to_owned()),
            charset: Some("utf-8".to_owned()),
            http: Some("HTTP/1.1 200 OK\r\n".to_owned()),
            archive: Some(uuid::Uuid::from_u128(7)),
            ..Original::of("ab".repeat(32).parse().unwrap())
        }),
        origins: vec![("headline".to_owned(), "h1".to_owned()), ("body".to_owned(), "layout".to_owned())],
        extra: Some(r#"{"id":7,"x":{"y":null}}"#.to_owned()),
        notes: vec!["assumed".to_owned()],
    };
    let bare = Provenance { captured: full.captured, ..Provenance::default() };
    // Somebody corrected one of them, and something was found by another finding.
    let said = Provenance { source: Source::parse("b"), url: None, ..full.clone() };
    let filled = Provenance { url: full.url.clone(), ..said.clone() };
    let at_ms = 1_738_100_001_000;
    let between = |before, after| Correction { at_ms, ..Correction::between(before, after).unwrap() };
    let corrections = vec![between(&full, &said), Correction { filled: true, ..between(&said, &filled) }];
    let mut archive = env.open();
    for provenance in [&full, &bare] {
        let (headline, provenance) = (format!("H {}", provenance.byline.len()), provenance.clone());
        let (body, language) = ("Text.".to_owned(), Language::parse("en"));
        let tags = vec!["rain".to_owned()];
        let corrections = if provenance == full { corrections.clone() } else { Vec::new() };
        let draft = Draft { headline, body, language, provenance, tags, corrections, ..Draft::default() };
        archive.put(vec![draft]).unwrap();
    }
    let now = archive.snapshot().unwrap().captures(1).unwrap();
    archive.close().unwrap();
    env.ok(&["export", "-o", "out.jsonl"]);
    env.ok(&["--archive", "again", "ingest", "out.jsonl"]);
    let again = pressmark::archive::Archive::open(&env.path("again"), &Default::default()).unwrap();
    let reader = again.snapshot().unwrap();
    assert_eq!(reader.captures(1).unwrap(), now);
    assert_eq!(now[0].as_read(), full);
    let details = |at: usize| now[0].corrections[at].correction.details().collect::<Vec<_>>();
    assert_eq!((details(0), details(1)), (vec![Detail::Source, Detail::Url], vec![Detail::Url]));
    // What says nothing of its input gets one.
    assert_eq!(reader.capture(5).unwrap().1, Provenance { input: "out.jsonl:2".to_owned(), ..bare });
    drop(reader);
    again.close().unwrap();
    let fields: Vec<&str> = pressmark::export::COLUMNS.iter().map(|column| column.name).collect();
    let record: Value =
        serde_json::from_str(env.ok(&["export", "--fields", &fields.join(",")]).lines().next().unwrap())
            .unwrap();
    let capture = &record["captures"][0];
    for column in pressmark::export::COLUMNS {
        assert!(!record[column.name].is_null(), "{}", column.name);
        if column.of == pressmark::model::columns::Of::Capture {
            assert_eq!(record[column.name], capture[column.name], "{}", column.name);
        }
    }
}

/// docs/columns.md has the table of columns.
#[test]
fn the_columns_are_documented() {
    let rows = pressmark::export::COLUMNS.iter().map(|column| {
        let of = format!("{:?}", column.of).to_lowercase();
        format!(
            "| `{}` | {} | {of} | {} | {} |\n",
            column.name,
            column.kind.name(),
            column.meaning,
            column.since
        )
    });
    let table: String = rows.collect();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/columns.md")).unwrap();
    assert!(page.contains(&table), "docs/columns.md should have\n{table}");
}
