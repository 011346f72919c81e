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
        ("a.jsonl", "{\"digest\":"),
        ("a.json", "[\n{\"digest\":"),
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
        let digest = pressmark::digest::Digest::of(&text).to_string();
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
    // -f is neither an option nor a word that is not wanted.
    for word in ["-f", "-ї", "-5", "-2024"] {
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
    // Waiting for somebody to read it can be interrupted.
    let mut child = env.command(&["export", "-o", "pipe.jsonl.gz"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
