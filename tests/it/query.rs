//! Asking: what is found, in which order, and how mistakes are answered.

use crate::env::{TestEnv, record};

const CORPUS: [&str; 6] = [
    r#"{"title":"one","text":"a","date":"2025-01-01T12:00:00Z","source":"x.org","lang":"en","captured":"2025-03-01"}"#,
    r#"{"title":"two","text":"b","date":"2025-01-31T23:59:59Z","source":"y.org","lang":"uk","captured":"2025-02-01"}"#,
    r#"{"title":"three","text":"c","date":"2025-02-01","source":"x.org","lang":"uk","captured":"2025-02-02"}"#,
    r#"{"title":"four","text":"d","source":"y.org","lang":"en","captured":"2025-02-03"}"#,
    r#"{"title":"five","text":"e","date":"2024-12-31","lang":"ru","captured":"2025-02-04"}"#,
    r#"{"title":"six","text":"f","date":"2025-01-31T23:59:59Z","source":"z.org","lang":"ru","captured":"2025-02-05"}"#,
];

fn headlines(env: &TestEnv, args: &[&str]) -> String {
    let list = env.ok(&[&["list"], args].concat());
    list.lines().map(|line| line.split('\t').nth(2).unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn queries() {
    let env = TestEnv::with(&CORPUS);
    // two and six have the same date; the order of their digests decides.
    let equal = headlines(&env, &["--since", "2025-01-31", "--until", "2025-01-31"]);
    for (args, expected) in [
        ("", format!("three {equal} one five four")),
        ("--order oldest", format!("five one {equal} three four")),
        ("--order arrival", "one two three four five six".to_owned()),
        ("--since 2025-01 --until 2025-01 --order oldest", format!("one {equal}")),
        ("--since 2025-02-01", "three".to_owned()),
        ("--until 2024", "five".to_owned()),
        ("--source x.org", "three one".to_owned()),
        ("--source x.org --source z.org --order oldest", "one six three".to_owned()),
        ("--source none", "five".to_owned()),
        ("--source y.org", "two four".to_owned()),
        ("--source y.org --undated", "four".to_owned()),
        ("--language uk --language ru --order arrival", "two three five six".to_owned()),
        ("--undated", "four".to_owned()),
        ("--limit 2 --order oldest", "five one".to_owned()),
        ("--limit 0", "three six two one five four".to_owned()),
        ("--date-field captured", "one six five four three two".to_owned()),
        ("--date-field captured --since 2025-02-03 --until 2025-02-04", "five four".to_owned()),
        ("--date-field captured --since 2025-02-03 --source y.org", "four".to_owned()),
        ("--date-field captured --undated --since 2025-02", "four".to_owned()),
    ] {
        let args: Vec<&str> = args.split(' ').filter(|arg| !arg.is_empty()).collect();
        assert_eq!(headlines(&env, &args), expected, "{args:?}");
        let count = env.ok(&[&["count"], args.as_slice()].concat());
        assert_eq!(count.trim().parse::<usize>().unwrap(), expected.split_whitespace().count(), "{args:?}");
        let export =
            env.ok(&[&["export", "--fields", "headline", "--format", "tsv"], args.as_slice()].concat());
        assert_eq!(export.lines().skip(1).count(), expected.split_whitespace().count(), "{args:?}");
    }
}

#[test]
fn counts_in_groups() {
    let env = TestEnv::with(&CORPUS);
    for (by, expected) in [
        ("source", "x.org\t2\ny.org\t2\nz.org\t1\nnone\t1\n"),
        ("day", "2024-12-31\t1\n2025-01-01\t1\n2025-01-31\t2\n2025-02-01\t1\nnone\t1\n"),
        ("week", "2025-W01\t2\n2025-W05\t3\nnone\t1\n"),
        ("month", "2024-12\t1\n2025-01\t3\n2025-02\t1\nnone\t1\n"),
        ("year", "2024\t1\n2025\t4\nnone\t1\n"),
        ("language", "en\t2\nru\t2\nuk\t2\n"),
    ] {
        assert_eq!(env.ok(&["count", "--by", by]), expected);
    }
    assert_eq!(
        env.ok(&["count", "--by", "month", "--source", "x.org", "--format", "csv"]),
        "month,count\n2025-01,1\n2025-02,1\n"
    );
    assert_eq!(
        env.ok(&["count", "--by", "source", "--until", "2024", "--format", "json"]),
        "[{\"source\":null,\"count\":1}]\n"
    );
    assert_eq!(env.ok(&["count", "--format", "json"]), "{\"count\":6}\n");
    assert_eq!(
        env.ok(&["sources"]),
        "x.org\t2\t2\t2025-01-01T12:00:00Z\t2025-02-01\t2025-03-01T00:00:00Z\ny.org\t2\t2\t2025-01-31T23:59:59Z\t2025-01-31T23:59:59Z\t2025-02-03T00:00:00Z\nz.org\t1\t1\t2025-01-31T23:59:59Z\t2025-01-31T23:59:59Z\t2025-02-05T00:00:00Z\nnone\t1\t1\t2024-12-31\t2024-12-31\t2025-02-04T00:00:00Z\n"
    );
    // The last column is the latest capture, whichever date the query means.
    let captured = |args: &[&str]| -> Vec<String> {
        env.ok(args).lines().map(|line| line.rsplit('\t').next().unwrap().to_owned()).collect()
    };
    assert_eq!(captured(&["sources", "--date-field", "captured"]), captured(&["sources"]));
}

#[test]
fn digests_and_urls() {
    let env = TestEnv::with(&[&record(1), &record(2)]);
    let list = env.ok(&["list", "--order", "arrival"]);
    let digest = list.lines().next().unwrap().rsplit('\t').next().unwrap();
    for id in [&digest[..4], &digest[..9], &digest.to_uppercase(), &format!("blake3:{digest}")] {
        assert_eq!(pressmark::model::Digest::of(env.ok(&["cat", id]).as_bytes()).to_string(), digest);
        assert!(env.ok(&["show", id]).starts_with(&format!("article   {digest}\n")));
        assert_eq!(env.run(&["has", id]).code, 0);
    }
    let missing = env.run(&["cat", "0000"]);
    assert_eq!(
        (missing.code, missing.stderr.as_str()),
        (3, "pressmark: no article's digest starts with 0000\n")
    );
    assert_eq!(env.run(&["has", "0000"]).code, 1);
    assert_eq!(env.ok(&["has", "https://s.example/1", digest]), format!("https://s.example/1\n{digest}\n"));
    let asked =
        env.run_with_input(&["has", "--stdin", "--missing"], b"http://s.example/1/\nhttps://s.example/9\n\n");
    assert_eq!((asked.code, asked.stdout.as_str()), (1, "https://s.example/9\n"));
}

/// A prefix that names two articles names neither.
#[test]
fn ambiguous_prefixes_list_their_candidates() {
    let records: Vec<String> = (0..1500).map(record).collect();
    let env = TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>());
    let list = env.ok(&["list"]);
    let mut digests: Vec<&str> = list.lines().map(|line| line.rsplit('\t').next().unwrap()).collect();
    digests.sort_unstable();
    // Of 1,500 digests some two share four digits: there are 65,536 ways to begin.
    let pair = digests.windows(2).find(|pair| pair[0][..4] == pair[1][..4]).unwrap();
    let ran = env.run(&["show", &pair[0][..4]]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains(&pair[0][..16])
            && ran.stderr.contains(&pair[1][..16])
            && ran.stderr.ends_with("hint: give more digits\n"),
        "{}",
        ran.stderr
    );
    let shared = pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    assert_eq!(env.run(&["has", &pair[0][..=shared]]).code, 0);
}

#[test]
fn the_log_and_its_head() {
    let env = TestEnv::with(&[&record(1), &record(2)]);
    let log = env.ok(&["log"]);
    assert!(log.starts_with("1\t2025-03-01T00:00:00Z\ts1.example\tHeadline 1\t"), "{log}");
    assert_eq!(log.lines().count(), 2);
    assert!(env.ok(&["log", "--after", "1"]).starts_with("2\t"));
    assert_eq!(env.ok(&["log", "--after", "99"]), "");
    let head = env.ok(&["log", "--head"]);
    env.write("more.jsonl", record(3));
    env.ok(&["ingest", "more.jsonl"]);
    assert_ne!(env.ok(&["log", "--head"]), head);
}

/// What a person mistypes is answered with what is wrong, what to do, and 2.
#[test]
fn mistakes_at_the_prompt() {
    let env = TestEnv::with(&[&record(1)]);
    for (args, code, says) in [
        (&["lst"][..], 2, "tip: a similar subcommand exists: 'list'"),
        (&["list", "--since", "someday"], 2, "hint: dates are 2025, 2025-01"),
        (
            &["list", "--since", "2025-02-30"],
            2,
            "error: --since '2025-02-30' is not a date\nhint: dates are 2025, 2025-01",
        ),
        (&["list", "--since", "2025", "--until", "2024"], 2, "is after --until"),
        (&["list", "--undated", "--since", "2025"], 2, "leave out --undated"),
        (&["list", "--limit", "-3"], 2, "unexpected argument '-3'"),
        (&["list", "--language", "Englisch"], 2, "hint: languages are named by ISO 639"),
        (&["list", "--source", "s1.exmple"], 0, "there is no source s1.exmple; is it s1.example?"),
        (&["list", "--order", "random"], 2, "[possible values: date, -date, source, seq, relevance]"),
        (&["show"], 2, "error: which articles?"),
        (&["show", "rain"], 3, "no article matches"),
        (&["has", "rain"], 2, "'rain' is neither a digest nor a URL"),
        (&["export", "-o", "out.xlsx"], 2, "hint: name one with --format"),
        (&["export", "-o", "nowhere/out.csv"], 2, "cannot write nowhere/out.csv"),
        (&["export", "--format", "xml"], 2, "invalid value 'xml'"),
        (&["export", "--fields", "title"], 2, "'title' is not a field; there are digest, headline"),
        (
            &["export", "--fields", "headline", "--format", "md"],
            2,
            "--fields goes with jsonl, json, csv and tsv",
        ),
        (&["ingest"], 2, "<PATH>..."),
        (
            &["ingest", "--map", "hed=title", "in.jsonl"],
            2,
            "'hed' is not a field; there are records, headline, body",
        ),
        (
            &["ingest", "--path-pattern", "*.txt", "in.jsonl"],
            2,
            "it names none of {source}, {published} and {language}",
        ),
        (&["ingest", "--published", "soon", "in.jsonl"], 2, "--published 'soon' is not a date"),
        (&["ingest", "nowhere"], 2, "error: there is no file nowhere"),
        (&["verify", "--subset", "half"], 2, "hint: a share is 5% or 3/20"),
        (&["count", "--by", "sauce"], 2, "invalid value 'sauce'"),
        (&["man", "lst"], 2, "there is no command lst"),
        (
            &["--archive", "elsewhere", "list"],
            10,
            "error: there is no archive at elsewhere\nhint: pressmark ingest makes one",
        ),
        (
            &["--archive", ".", "ingest", "in.jsonl"],
            10,
            "is not an archive: it has no pressmark.toml and is not empty",
        ),
    ] {
        let ran = env.run(args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
    for args in [
        &["list", "--source", "no.org", "--exit-status"][..],
        &["count", "--since", "2030", "--exit-status"],
        &["export", "--since", "2030", "--exit-status"],
    ] {
        assert_eq!(env.run(args).code, 1, "{args:?}");
    }
}

#[test]
fn errors_as_json() {
    let env = TestEnv::new();
    let ran = env.run(&["--json", "list"]);
    assert_eq!(ran.code, 10);
    let error: serde_json::Value = serde_json::from_str(ran.stderr.trim()).unwrap();
    assert_eq!(
        (error["message_type"].as_str(), error["code"].as_i64(), error["kind"].as_str()),
        (Some("error"), Some(10), Some("no-archive"))
    );
    env.write("in.jsonl", format!("{}\nrubbish\n", record(1)));
    let ran = env.run(&["--json", "ingest", "in.jsonl"]);
    let types: Vec<String> = ran
        .stderr
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["message_type"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(types, ["note", "rejection", "status", "summary"]);
}

/// `pressmark list | head -1` is no error.
#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let records: Vec<String> = (0..3000).map(record).collect();
    let env = TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>());
    for args in [&["list"][..], &["export"], &["log"]] {
        let mut child = env
            .command(args)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()),
            (Some(0), ""),
            "{args:?}"
        );
    }
}

#[test]
fn completions_and_manual() {
    let env = TestEnv::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(env.ok(&["completions", shell]).contains("pressmark"), "{shell}");
    }
    assert!(env.ok(&["man"]).contains(".TH"));
    assert!(env.ok(&["man", "ingest"]).contains("path\\-pattern"));
    env.ok(&["man", "--out-dir", "man1"]);
    assert!(env.path("man1/pressmark-ingest.1").is_file());
}
