//! Original bytes: kept once, given back, read again.

use crate::env::TestEnv;
use crate::formats::{page, warc_record};
use serde_json::Value;

#[test]
fn kept_and_given_back() {
    let env = TestEnv::new();
    env.write("in/a.html", page(1));
    let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}", page(2));
    env.write("in/b.warc", warc_record("response", "https://www.post.example/2", http.as_bytes()));
    env.ok(&["ingest", "--keep-raw", "in"]);
    for (number, line) in env.ok(&["list", "--order", "arrival"]).lines().enumerate() {
        let id = line.rsplit('\t').next().unwrap();
        assert_eq!(env.ok(&["cat", "--raw", id]), page(number + 1), "{line}");
    }
    env.ok(&["ingest", "--keep-raw", "in"]);
    let files = walkdir::WalkDir::new(env.archive().join("raw"))
        .into_iter()
        .filter(|file| file.as_ref().unwrap().file_type().is_file());
    assert_eq!(files.count(), 2, "each is kept once");
    let ran = env.run(&["verify", "--read-data"]);
    assert!(ran.code == 0 && ran.stderr.contains("2 originals"), "{ran:?}");

    env.write("c.html", page(3));
    env.ok(&["ingest", "c.html"]);
    let listed = env.ok(&["list", "--order", "arrival"]);
    let id = listed.lines().last().unwrap().rsplit('\t').next().unwrap();
    let ran = env.run(&["cat", "--raw", id]);
    assert!(ran.code == 3 && ran.stderr.contains("ingest --keep-raw keeps the bytes"), "{ran:?}");
    // What is known can be read again for its bytes, once.
    for expected in ["0 new, 1 new captures, 0 known", "0 new, 0 new captures, 1 known"] {
        let ran = env.run(&["ingest", "--keep-raw", "c.html"]);
        assert!(ran.stderr.contains(expected), "{ran:?}");
        assert_eq!(env.ok(&["cat", "--raw", id]), page(3));
    }
    // Of what is known by other bytes too nothing is kept that nobody names.
    let count = || walkdir::WalkDir::new(env.archive().join("raw")).into_iter().count();
    let before = count();
    env.write("c.html", format!("{}<!-- again -->", page(3)));
    assert!(env.run(&["ingest", "--keep-raw", "c.html"]).stderr.contains("1 known"));
    assert_eq!(count(), before);
    // What was lost is kept again.
    std::fs::remove_dir_all(env.archive().join("raw")).unwrap();
    env.ok(&["ingest", "--keep-raw", "in"]);
    let listed = env.ok(&["list", "--order", "arrival"]);
    let id = listed.lines().next().unwrap().rsplit('\t').next().unwrap();
    assert_eq!(env.ok(&["cat", "--raw", id]), page(1));
}

#[test]
fn damage_is_found() {
    let env = TestEnv::new();
    env.write("a.html", page(1));
    env.ok(&["ingest", "--keep-raw", "a.html"]);
    let mut files = walkdir::WalkDir::new(env.archive().join("raw")).into_iter().map(Result::unwrap);
    let file = files.find(|file| file.file_type().is_file()).unwrap();
    let mut bytes = std::fs::read(file.path()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    std::fs::write(file.path(), bytes).unwrap();
    let ran = env.run(&["verify", "--read-data"]);
    assert!(ran.code == 12 && ran.stdout.starts_with("raw: "), "{ran:?}");
    let id = env.ok(&["list"]).trim().rsplit('\t').next().unwrap().to_owned();
    let ran = env.run(&["cat", "--raw", &id]);
    assert_eq!(ran.code, 12);
    assert!(!ran.stderr.contains("rebuilt"), "the store has nothing to do with it: {ran:?}");
}

/// What cannot be mended is named, night after night, until it is accepted; the store is left alone.
#[test]
fn lost_originals_are_named_until_that_is_accepted() {
    let env = TestEnv::new();
    for number in 1..=3 {
        env.write(&format!("in/{number}.html"), page(number));
    }
    env.ok(&["ingest", "--keep-raw", "in"]);
    let originals = || {
        let mut files: Vec<_> = walkdir::WalkDir::new(env.archive().join("raw"))
            .into_iter()
            .map(Result::unwrap)
            .filter(|file| file.file_type().is_file() && file.file_name() != "lost")
            .map(walkdir::DirEntry::into_path)
            .collect();
        files.sort();
        files
    };
    let files = originals();
    assert_eq!(files.len(), 3);
    std::fs::remove_file(&files[0]).unwrap();
    std::fs::write(&files[1], b"rubbish").unwrap();
    // What is none of ours is said and stops nothing.
    env.write("archive/raw/notes.txt", "mine");
    env.write("archive/raw/ab/notes.txt", "mine");
    let ran = env.run(&["verify"]);
    assert!(
        ran.code == 12 && ran.stdout.lines().count() == 1 && ran.stdout.contains("is missing"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("2 files in raw/ are no originals"), "{ran:?}");
    let ran = env.run(&["verify", "--read-data"]);
    assert!(
        ran.code == 12 && ran.stdout.lines().count() == 2 && ran.stdout.contains("the bytes are not those"),
        "{ran:?}"
    );
    for _ in 0..2 {
        let ran = env.run(&["repair"]);
        assert_eq!(ran.code, 12, "{ran:?}");
        assert!(!ran.stderr.contains("built") && ran.stderr.contains("could not mend 2 things"), "{ran:?}");
    }
    let ran = env.run(&["repair", "--accept-loss"]);
    assert!(ran.code == 0 && ran.stderr.contains("accepted that 2 originals are lost"), "{ran:?}");
    let ran = env.run(&["verify", "--read-data"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stderr.contains("2 originals are lost, which was accepted"), "{ran:?}");
    assert!(ran.stderr.contains("1 damaged originals are kept"), "{ran:?}");
    // Taken in again, they are there again.
    env.ok(&["ingest", "--keep-raw", "--from-start", "in"]);
    let ran = env.run(&["verify", "--read-data"]);
    assert!(ran.code == 0 && !ran.stderr.contains("are lost"), "{ran:?}");
    // A damaged one is kept again at once, and one that is lost a second time is named a second time.
    let files = originals();
    std::fs::write(&files[0], b"rubbish again").unwrap();
    env.ok(&["ingest", "--keep-raw", "--from-start", "in"]);
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
    std::fs::remove_dir_all(env.archive().join("raw")).unwrap();
    let ran = env.run(&["verify"]);
    assert!(ran.code == 12 && ran.stdout.lines().count() == 3, "{ran:?}");
}

/// Captures that came from another archive's export name originals which are kept there.
#[test]
fn an_imported_capture_promises_no_original() {
    let env = TestEnv::new();
    env.write("a.html", page(1));
    env.ok(&["ingest", "--keep-raw", "a.html"]);
    env.ok(&["export", "-o", "all.jsonl"]);
    env.ok(&["--archive", "copy", "ingest", "all.jsonl"]);
    assert_eq!(env.run(&["--archive", "copy", "verify", "--read-data"]).code, 0);
    assert_eq!(env.ok(&["--archive", "copy", "export"]), env.read("all.jsonl"));
}

/// A text that an older version got wrong is read again: the new text is a new capture that says so, and only once.
#[test]
fn read_again() {
    let env = TestEnv::new();
    env.write("a.html", page(1));
    env.write("b.html", page(2));
    env.ok(&["ingest", "--keep-raw", "a.html", "b.html"]);
    let ran = env.run(&["reextract"]);
    assert!(
        ran.stderr.ends_with(
            "read 2 again: 2 unchanged, 0 changed, 0 known, 0 failed; 0 captures have no bytes that can be read again\n"
        ),
        "{ran:?}"
    );

    // As an older version would have left it: another text, the same bytes.
    let exported = env.ok(&["export", "--format", "jsonl"]);
    let first: Value = serde_json::from_str(exported.lines().next().unwrap()).unwrap();
    let old = TestEnv::new();
    let capture = &first["captures"][0];
    let (headline, body) = (first["headline"].as_str().unwrap(), "Home Sport The night ferry");
    let digest = pressmark::model::Article::new(headline, body, None).digest().to_string();
    let record = serde_json::json!({"schema": 1, "digest": digest, "headline": headline, "body": body, "captures": [capture]});
    old.write("old.jsonl", record.to_string());
    old.ok(&["ingest", "old.jsonl"]);
    crate::env::copy_dir(&env.archive().join("raw"), &old.archive().join("raw"));
    let ran = old.run(&["reextract", "--dry-run"]);
    assert!(ran.stderr.contains("1 would change"), "{ran:?}");
    assert_eq!(old.ok(&["count"]), "1\n");
    let ran = old.run(&["reextract"]);
    assert!(ran.stderr.contains("1 changed"), "{ran:?}");
    let exported = old.ok(&["export", "--format", "jsonl", "--order", "arrival"]);
    let new: Value = serde_json::from_str(exported.lines().last().unwrap()).unwrap();
    assert_eq!(new["body"], first["body"]);
    assert!(new["captures"][0]["notes"][0].as_str().unwrap().starts_with("read again by pressmark"), "{new}");
    let ran = old.run(&["reextract"]);
    assert!(ran.stderr.contains("0 changed, 1 known"), "{ran:?}");
}
