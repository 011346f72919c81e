//! Full text: what is found, how it is shown, and that the index heals.

use crate::env::{Random, TestEnv, copy_dir, rounds};
use pressmark::archive::Archive;
use pressmark::query::{Clock, Order, Query, parse};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

fn article(headline: &str, body: &str, language: &str, day: u32) -> String {
    serde_json::json!({"title": headline, "text": body, "lang": language, "source": format!("s{}.example", day % 3),
        "url": format!("https://www.s.example/{day}"), "date": format!("2025-01-{day:02}T10:00:00Z"), "captured": "2025-02-01T00:00:00Z"})
    .to_string()
}

fn newsroom() -> TestEnv {
    let records = [
        article(
            "Книгарня відкрилася у Львові",
            "Понад тисячу книжок привезли до нової книгарні. Книг українською — більшість.",
            "uk",
            1,
        ),
        article(
            "Комп’ютери для шкіл",
            "Школи отримають комп'ютери та комп’ютерні класи. Об’єкт здали вчасно.",
            "uk",
            2,
        ),
        article(
            "В Королёве открыли ёлку",
            "Ёлку украсили в центре города. Счёт гостей шёл на тысячи.",
            "ru",
            3,
        ),
        article(
            "Ferries strike ends",
            "The captains' strike ended. Harbour pilots struck a deal; they had written to the ministry twice.",
            "en",
            4,
        ),
        article(
            "COVID-19 wave recedes",
            "Cafés reopened in Kyiv. President Zelensky's office said so on Friday.",
            "en",
            5,
        ),
        article("Ґанок і гора", "Старий ґанок відновили. На горі лежить сніг.", "uk", 6),
        article("НАТО і ЄС", "Саміт HАТO пройшов спокійно.", "uk", 7),
        article("北京大学の新しい図書館", "図書館は来年開館する。", "ja", 8),
        article("Undated note", "The ministry replied.", "en", 9)
            .replace("\"date\":\"2025-01-09T10:00:00Z\",", ""),
    ];
    TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A name is found in its cases and spellings where it is asked for as one, in phrases of it and beside other conditions; nowhere else.
#[test]
fn names_across_alphabets() {
    let records = [
        article("Zelensky meets Rutte in Lviv", "Volodymyr Zelenskyy spoke of air defence.", "en", 1),
        article("У Львові говорили про небо", "Володимира Зеленського зустрів Марк Рютте.", "uk", 2),
        article("Во Львове говорили о небе", "Владимир Зеленский встретил Марка Рютте.", "ru", 3),
        article("Selenskyj trifft Rutte", "Wolodymyr Selenskyj sprach in Lwiw.", "de", 4),
        article("García y Apollo 11", "习近平 habló.", "es", 6),
        article("Зелень на рынке", "Зелёный лук подешевел, а рота ушла.", "ru", 5),
    ];
    let env = TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>());
    let count = |query: &str| env.ok(&["count", "--", query]).trim().to_owned();
    for name in ["Зеленський", "Зеленского", "Zelenskyy", "zelensky", "Selenskyj"] {
        assert_eq!(count(&format!("name:{name}")), "4", "{name}");
    }
    for (query, expected) in [
        ("name:Рютте", "4"),
        ("name:Rutte", "4"),
        ("name:Львів", "4"),
        ("Зеленський", "1"),
        ("Zelensky", "1"),
        ("name:\"Марк Рютте\"", "2"),
        ("name:Зеленський lang:ru", "1"),
        ("name:(Зеленський Рютте)", "4"),
        ("-name:Zelensky", "2"),
        ("title:name:Zelensky", "2"),
        ("title:(name:Рютте)", "2"),
        ("body:name:\"Марк Рютте\"", "2"),
        ("name:García", "1"),
        ("name:习近平", "1"),
        ("name:\"Apollo 11\"", "1"),
        ("name:Аполло", "1"),
        ("name:ZZ", "0"),
    ] {
        assert_eq!(count(query), expected, "{query}");
    }
    // What was found is shown, explained and kept as it was asked.
    let shown = env.ok(&["search", "--format", "jsonl", "--", "name:Zelensky", "lang:uk"]);
    assert!(shown.contains("Зеленського"), "{shown}");
    let explained = env.run(&["search", "--explain", "--", "name:Zelensky"]);
    assert!(
        explained.stderr.contains("зеленського") || explained.stdout.contains("зеленського"),
        "{explained:?}"
    );
    env.ok(&["query", "save", "he", "name:\"Марк Рютте\""]);
    assert_eq!(env.ok(&["query", "show", "he"]).trim(), "name:\"Марк Рютте\"");
    for wrong in ["name:!!", "name:Зелен*"] {
        let ran = env.run(&["count", "--", wrong]);
        assert!(ran.code == 2 && ran.stderr.contains("is no name"), "{ran:?}");
    }
}

/// The headlines that a query finds, in the order of arrival.
fn found(env: &TestEnv, query: &str) -> Vec<String> {
    let listed = env.ok(&["list", "--sort", "arrival", "--format", "jsonl", "--", query]);
    let headline =
        |line: &str| serde_json::from_str::<Value>(line).unwrap()["headline"].as_str().unwrap().to_owned();
    listed.lines().map(headline).collect()
}

#[test]
fn words_in_all_their_forms() {
    let env = newsroom();
    for (query, headlines) in [
        ("книга", &["Книгарня відкрилася у Львові"][..]),
        ("видавництво", &[]),
        ("книжка", &["Книгарня відкрилася у Львові"]),
        ("книгарню", &["Книгарня відкрилася у Львові"]),
        ("Львів", &["Книгарня відкрилася у Львові"]),
        ("\"Львів\"", &[]),
        ("\"у Львові\"", &["Книгарня відкрилася у Львові"]),
        ("комп'ютер", &["Комп’ютери для шкіл"]),
        ("компʼютерів школа", &["Комп’ютери для шкіл"]),
        ("об'єкта", &["Комп’ютери для шкіл"]),
        ("елка", &["В Королёве открыли ёлку"]),
        ("Королев счета", &["В Королёве открыли ёлку"]),
        ("ferry", &["Ferries strike ends"]),
        ("strike write", &["Ferries strike ends"]),
        ("title:strike", &["Ferries strike ends"]),
        ("body:ferry", &[]),
        ("captain", &["Ferries strike ends"]),
        ("cafe", &["COVID-19 wave recedes"]),
        ("COVID-19", &["COVID-19 wave recedes"]),
        ("\"covid 19\"", &["COVID-19 wave recedes"]),
        ("Zelensky", &["COVID-19 wave recedes"]),
        ("ганок", &["Ґанок і гора"]),
        ("ґора", &["Ґанок і гора"]),
        // Latin letters that look like Cyrillic ones.
        ("body:НАТО", &["НАТО і ЄС"]),
        ("kниг*", &["Книгарня відкрилася у Львові"]),
        ("大学", &["北京大学の新しい図書館"]),
        ("新しい図書館", &["北京大学の新しい図書館"]),
        ("館", &["北京大学の新しい図書館"]),
        ("京図", &[]),
        ("2025年 図書館", &[]),
        ("北", &["北京大学の新しい図書館"]),
        ("body:る", &["北京大学の新しい図書館"]),
        ("captains NEAR/4 ended OR captain NEAR/1 struck", &["Ferries strike ends"]),
        ("strike NEAR/9 strike NEAR/9 pilot", &["Ferries strike ends"]),
        ("strike NEAR/9 strike NEAR/9 strike", &[]),
        ("Ferr\u{ad}y", &["Ferries strike ends"]),
        (
            "url:https://s.example/*",
            &[
                "Книгарня відкрилася у Львові",
                "Комп’ютери для шкіл",
                "В Королёве открыли ёлку",
                "Ferries strike ends",
                "COVID-19 wave recedes",
                "Ґанок і гора",
                "НАТО і ЄС",
                "北京大学の新しい図書館",
                "Undated note",
            ],
        ),
        ("url:https://s.exam/*", &[]),
        ("strike NEAR/3 ferry", &["Ferries strike ends"]),
        ("pilot NEAR/2 strike", &["Ferries strike ends"]),
        ("captain NEAR/2 ministry", &[]),
        ("ministry -strike", &["Undated note"]),
        ("ministry AND NOT is:undated", &["Ferries strike ends"]),
        ("ministry OR кафе OR школа", &["Комп’ютери для шкіл", "Ferries strike ends", "Undated note"]),
        ("lang:uk -title:книгарня", &["Комп’ютери для шкіл", "Ґанок і гора", "НАТО і ЄС"]),
        ("source:s1.example source:s2.example lang:en", &["Ferries strike ends", "COVID-19 wave recedes"]),
        ("source:(s1.example OR s2.example) title:(strike ferry)", &["Ferries strike ends"]),
        ("date:2025-01-03..2025-01-04", &["В Королёве открыли ёлку", "Ferries strike ends"]),
        ("date:none", &["Undated note"]),
        ("url:http://s.example/4?utm_source=x", &["Ferries strike ends"]),
        ("domain:s.example seq:4..5", &["Ferries strike ends", "COVID-19 wave recedes"]),
        ("input:in.jsonl seq:2", &["Комп’ютери для шкіл"]),
        ("is:multi-capture", &[]),
    ] {
        assert_eq!(found(&env, query), headlines, "{query}");
    }
    assert!(found(&env, "ганок").len() == 1);
    assert_eq!(env.ok(&["count", "--distinct-ge", "ганок"]), "0\n");
    assert_eq!(env.ok(&["count", "--distinct-ge", "ґанку"]), "1\n");
    // Several arguments are one query; one with blanks stands as in brackets, and a hyphen excludes.
    assert_eq!(env.ok(&["count", "\"Harbour pilots\"", "lang:en"]), "1\n");
    assert_eq!(env.ok(&["count", "pilots Harbour", "lang:en"]), "1\n");
    assert_eq!(env.ok(&["count", "\"pilots Harbour\"", "lang:en"]), "0\n");
    assert_eq!(env.ok(&["count", "ministry", "-strike", "--limit", "5"]), "1\n");
    assert_eq!(env.ok(&["count", "--today", "2025-01-05", "date:yesterday..today"]), "2\n");
    assert_eq!(env.ok(&["count", "--tz", "+20:00", "date:2025-01-05"]), "1\n");
    assert_eq!(
        env.ok(&["count", "--tz", "America/New_York", "--since", "2025-01-05", "--until", "2025-01-05"]),
        "1\n"
    );
}

#[test]
fn search_ranks_and_marks() {
    let env = newsroom();
    let lines = env.ok(&["search", "strike", "OR", "ministry", "--format", "jsonl"]);
    let hits: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(hits.len(), 2);
    assert_eq!(hits[0]["headline"], "Ferries strike ends");
    assert!(hits[0]["score"].as_f64() > hits[1]["score"].as_f64());
    assert_eq!(hits[0]["headline_marks"], serde_json::json!([[8, 14]]));
    let marked = |hit: &Value| -> Vec<String> {
        let snippet: Vec<char> = hit["snippet"].as_str().unwrap().chars().collect();
        let marks = hit["snippet_marks"].as_array().unwrap();
        let piece = |mark: &Value| {
            snippet[mark[0].as_u64().unwrap() as usize..mark[1].as_u64().unwrap() as usize].iter().collect()
        };
        marks.iter().map(piece).collect()
    };
    assert_eq!(marked(&hits[0]), ["strike", "struck", "ministry"]);
    assert_eq!(marked(&hits[1]), ["ministry"]);
    let text = env.ok(&["search", "--format", "text", "--color", "always", "Zelensky"]);
    assert!(text.contains("President \u{1b}[1;31mZelensky's\u{1b}[0m office"), "{text}");
    let page = env.run(&["search", "lang:en", "--limit", "1"]);
    assert!(page.stderr.contains("1 of 3"), "{page:?}");
    let cursor = page.stderr.split("--after ").nth(1).unwrap().trim().to_owned();
    let rest = env.ok(&["search", "lang:en", "--limit", "5", "--after", &cursor]);
    assert_eq!(rest.lines().count(), 2, "{rest}");
    assert!(!rest.contains(page.stdout.trim()));
    // The order is that of the first page.
    let page = env.run(&["search", "strike OR ministry", "--limit", "1"]);
    let cursor = page.stderr.split("--after ").nth(1).unwrap().trim().to_owned();
    let rest = env.run(&["search", "strike OR ministry", "--limit", "1", "--after", &cursor]);
    assert_eq!(
        (rest.code, rest.stdout.contains("Undated note"), rest.stderr.as_str()),
        (0, true, ""),
        "{rest:?}"
    );
    assert_eq!(env.run(&["search", "strike", "--captures"]).code, 2);
    assert_eq!(env.ok(&["list", "--order", "-date", "lang:ja", "-ferry"]).lines().count(), 1);
    let ran = env.run(&["search"]);
    assert_eq!((ran.code, ran.stderr.contains("what is searched for?")), (2, true));
    assert_eq!(env.run(&["search", "нічого", "--exit-status"]).code, 1);
}

#[test]
fn why_and_explain() {
    let env = newsroom();
    let id = env.ok(&["list", "ferry", "--format", "tsv"]).trim().rsplit('\t').next().unwrap().to_owned();
    let ran = env.run(&["why", &id[..12], "strike source:s1.example -книга date:2024"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for line in [
        "does not match: Ferries strike ends",
        "yes strike  headline: strike 1; body: strike 1, struck 1 (en)",
        "yes source:s1.example  s1.example",
        "yes -книга  in no form in this text (en)",
        "no  date:2024-01-01T00:00:00Z..2024-12-31T23:59:59Z  2025-01-04T10:00:00Z",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    assert_eq!(env.run(&["why", &id[..12], "ferries"]).code, 0);
    let explained = env.run(&["list", "ferry source:s1.example date:2025-01", "--explain"]).stderr;
    for line in [
        "walks    by_source: source s1.example, 2025-01-01T00:00:00Z..2025-01-31T23:59:59Z",
        "filters  ferry (1 articles)",
        "word     ferry: ferries 1",
        "looked   at ",
    ] {
        assert!(explained.contains(line), "{line}: {explained}");
    }
}

#[test]
fn tags_and_saved_queries() {
    let env = newsroom();
    let ran = env.run(&["tag", "+Порт", "+todo", "ferry OR ministry"]);
    assert_eq!(ran.stderr, "pressmark: 2 articles, 2 changed\n");
    assert_eq!(env.run(&["tag", "+todo", "ferry"]).stderr, "pressmark: 1 articles, 0 changed\n");
    assert_eq!(
        env.run(&["tag", "-todo", "--dry-run", "ferry"]).stderr,
        "pressmark: 1 articles, 1 would change\n"
    );
    env.ok(&["tag", "-todo", "ferry"]);
    assert_eq!(env.ok(&["tag"]), "todo\t1\nпорт\t2\n");
    assert_eq!(found(&env, "tag:порт -tag:todo"), ["Ferries strike ends"]);
    assert_eq!(found(&env, "tag:порт AND tag:todo"), ["Undated note"]);
    let shown = env.ok(&["show", "tag:todo"]);
    assert!(shown.contains("tags      todo порт"), "{shown}");
    for (arguments, says) in [
        (&["tag", "+todo"][..], "which articles?"),
        (&["tag", "ferry"], "which tags?"),
        (&["tag", "+a", "-a", "ferry"], "a is to be given and taken away"),
        (&["tag", "+a b", "ferry"], "'a b' cannot be a tag"),
    ] {
        let ran = env.run(arguments);
        assert_eq!((ran.code, ran.stderr.contains(says)), (2, true), "{arguments:?}: {ran:?}");
    }
    env.ok(&["query", "save", "ports", "tag:порт OR title:ferry"]);
    env.ok(&["query", "save", "open", "saved:ports -tag:todo"]);
    assert_eq!(env.ok(&["query", "list"]), "open\tsaved:ports -tag:todo\nports\ttag:порт OR title:ferry\n");
    assert_eq!(found(&env, "saved:open lang:en"), ["Ferries strike ends"]);
    let ran = env.run(&["query", "save", "ports", "saved:open"]);
    assert_eq!((ran.code, ran.stderr.contains("no query is saved as 'ports'")), (2, true), "{ran:?}");
    let ran = env.run(&["list", "saved:prots"]);
    assert_eq!((ran.code, ran.stderr.contains("           ^^^^^")), (2, false), "{ran:?}");
    assert!(ran.stderr.contains("  saved:prots\n        ^^^^^\n"), "{}", ran.stderr);
    env.ok(&["query", "remove", "ports"]);
    assert!(
        env.run(&["list", "saved:open"])
            .stderr
            .contains("in the saved query 'open', at 'ports': no query is saved as 'ports'")
    );
    // All of it is in the ledger: without the store it is there again, and without the ledger's end too.
    let log = env.ok(&["log"]);
    assert!(log.contains("\ttag\t+todo +порт\t") || log.contains("\ttag\t+порт +todo\t"), "{log}");
    std::fs::remove_dir_all(env.archive().join("store")).unwrap();
    assert_eq!(env.ok(&["tag"]), "todo\t1\nпорт\t2\n");
    assert_eq!(env.ok(&["log"]), log);
    assert_eq!(env.ok(&["count"]), "9\n");
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
    let segment = env.archive().join("ledger/00000001.seg");
    let length = segment.metadata().unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&segment).unwrap().set_len(length - 100).unwrap();
    assert_eq!(env.ok(&["tag"]), "todo\t1\nпорт\t2\n");
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let env = newsroom();
    for (query, says) in [
        ("sorce:x", "there is no field 'sorce'\n  sorce:x\n  ^^^^^^\nhint: did you mean source?"),
        ("title:\"НАТО", "this quotation mark is not closed\n  title:\"НАТО\n        ^\n"),
        ("Київ date:2025-13", "'2025-13' is not a date\n  Київ date:2025-13\n            ^^^^^^^\n"),
        ("date:2025-01..soon", "'soon' is not a date\n  date:2025-01..soon\n                ^^^^\n"),
        ("date:2025..2024", "the range ends before it begins"),
        ("(порт", "this bracket is not closed\n  (порт\n  ^\n"),
        ("порт)", "this bracket was never opened\n  порт)\n      ^\n"),
        ("порт OR", "OR stands between two things, and nothing follows it"),
        ("is:dates", "nothing is 'dates'\n  is:dates\n     ^^^^^\nhint: did you mean dated?"),
        ("(a NEAR/5 b) NEAR/5 c", "NEAR stands between words"),
        ("порт NEAR/0 x", "NEAR takes a number of words from 1 to 1000"),
        ("source: x", "a value is missing"),
        ("lang:ukrainisch", "'ukrainisch' is not a language code"),
        ("id:xyz", "'xyz' does not name an article"),
        ("seq:a", "'a' is no number of captures"),
        ("\"...\"", "there is no word in \"...\""),
        ("ftp://s.example/4", "an address is asked for with url:https://…"),
        ("()", "there is nothing in these brackets"),
    ] {
        for command in ["list", "search", "count", "export", "stats", "sources", "log", "show"] {
            let ran = env.run(&[command, query]);
            assert_eq!(ran.code, 2, "{command} {query}: {ran:?}");
            assert!(ran.stderr.contains(says), "{command} {query}: {}", ran.stderr);
            assert_eq!(ran.stdout, "");
        }
    }
    let nested = format!("{}порт{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(env.run(&["list", &nested]).stderr.contains("it is nested more than 64 deep"));
    assert_eq!(env.run(&["list", "--sort", "relevance", "lang:en"]).code, 2);
    assert!(env.run(&["help", "query"]).stdout.contains("THE QUERY LANGUAGE"));
}

/// What a query finds by the index, and by reading every article.
fn equals_a_scan(archive: &mut Archive, words: &[&str]) {
    for word in words {
        let quoted = format!("\"{word}\"");
        let filter =
            parse(&quoted, &Clock::new(pressmark::model::Timestamp(1_741_773_600)), &|_| None).unwrap();
        let query = Query { filter, order: Order::Arrival, ..Query::default() };
        let reader = archive.snapshot().unwrap();
        let by_index: Vec<u64> = reader.hits(&query).unwrap().map(|hit| hit.unwrap().article).collect();
        let everything = Query { order: Order::Arrival, ..Query::default() };
        let has = |article: &u64| {
            let (_, article) = reader.article(*article).unwrap();
            let text = format!("{} {}", article.headline(), article.body()).to_lowercase();
            text.split(|letter: char| !letter.is_alphanumeric()).any(|own| own == *word)
        };
        let by_scan: Vec<u64> =
            reader.hits(&everything).unwrap().map(|hit| hit.unwrap().article).filter(has).collect();
        assert_eq!(by_index, by_scan, "{word}");
    }
}

fn numbered(number: u64) -> String {
    let word =
        |salt: u64| ["harbour", "ferry", "pilot", "порт", "пором", "лоцман"][((number / salt) % 6) as usize];
    article(
        &format!("{} {number}", word(1)),
        &format!("{} {} n{number}", word(7), word(43)),
        "en",
        number as u32 % 28 + 1,
    )
}

const SCANNED: [&str; 7] = ["harbour", "ferry", "pilot", "порт", "лоцман", "n17", "n399"];

/// Killed between the commit of the ledger and that of the index, a hundred times: the next search is that of a scan.
#[test]
fn killed_between_the_two_commits() {
    let mut random = Random(20_251_122);
    let mut behind = 0;
    for batch in ["7", "20"] {
        let env = TestEnv::new();
        env.write("in.jsonl", (0..400).map(numbered).collect::<Vec<_>>().join("\n"));
        for round in 0..rounds(50) {
            if round % 3 == 0 {
                let _ = std::fs::remove_dir_all(env.archive());
            }
            let mut child = env
                .command(&["--json", "ingest", "--batch", batch, "in.jsonl"])
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            // At any moment of the start, or some time after any of the commits, however fast the machine is.
            let after = Duration::from_micros(random.below(6_000));
            if random.below(4) > 0 {
                let lines = BufReader::new(child.stderr.take().unwrap()).lines();
                let commits = random.below(400 / batch.parse::<u64>().unwrap());
                drop(lines.map_while(Result::ok).nth(commits as usize));
                std::thread::sleep(after);
            } else {
                std::thread::sleep(after * 20);
            }
            child.kill().unwrap();
            child.wait().unwrap();
            if !env.archive().join("pressmark.toml").exists() {
                continue;
            }
            let mut archive = env.open();
            equals_a_scan(&mut archive, &SCANNED);
            behind += usize::from(!archive.indexes_healed().is_empty());
        }
        env.ok(&["ingest", "in.jsonl"]);
        equals_a_scan(&mut env.open(), &SCANNED);
    }
    eprintln!("the index was behind in {behind} of {} rounds", 2 * rounds(50));
    assert!(behind > rounds(50) / 5, "{behind}");
}

/// Behind, ahead, of another archive, cut, zeroed, flipped, deleted, of another version: made again, and right.
#[test]
fn an_index_that_cannot_be_trusted_is_made_again() {
    let env = TestEnv::new();
    env.write("in.jsonl", (0..200).map(numbered).collect::<Vec<_>>().join("\n"));
    env.ok(&["ingest", "in.jsonl"]);
    let (archive, search) = (env.archive(), env.archive().join("search"));
    copy_dir(&search, &env.path("of-200"));
    let check = |what: &str| {
        let mut archive = env.open();
        equals_a_scan(&mut archive, &SCANNED);
        let healed = archive.indexes_healed().to_vec();
        archive.close().unwrap();
        assert!(!healed.is_empty(), "{what}");
        // Once is enough.
        let mut archive = env.open();
        equals_a_scan(&mut archive, &SCANNED[..1]);
        assert!(archive.indexes_healed().is_empty(), "{what}: {:?}", archive.indexes_healed());
        archive.close().unwrap();
    };
    let replace = |with: &std::path::Path| {
        std::fs::remove_dir_all(&search).unwrap();
        copy_dir(with, &search);
    };
    std::fs::remove_dir_all(&search).unwrap();
    check("deleted");
    env.write("more.jsonl", (200..400).map(numbered).collect::<Vec<_>>().join("\n"));
    env.ok(&["ingest", "more.jsonl"]);
    copy_dir(&search, &env.path("of-400"));
    replace(&env.path("of-200"));
    check("behind");
    let other = TestEnv::with(&[&numbered(1), &numbered(2)]);
    replace(&other.archive().join("search"));
    check("of another archive");
    let names: Vec<_> = env.path("of-400").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    let segments =
        names.iter().filter(|path| path.extension().is_some_and(|end| end != "json" && end != "lock"));
    for path in segments.filter(|path| path.metadata().unwrap().len() > 0) {
        let path = &search.join(path.file_name().unwrap());
        // Each is of the index as it was; the one that was made again has others.
        replace(&env.path("of-400"));
        let length = path.metadata().unwrap().len();
        std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length / 2).unwrap();
        check(&format!("cut {}", path.display()));
    }
    for (name, content) in [("meta.json", "{"), ("meta.json", ""), (".managed.json", "[")] {
        std::fs::write(search.join(name), content).unwrap();
        check(name);
    }
    let meta = std::fs::read_to_string(search.join("meta.json")).unwrap();
    std::fs::write(search.join("meta.json"), meta.replace("words 1", "words 0")).unwrap();
    check("of another version");
    // Files that were not written down, because a process was killed: their checksums are looked at.
    std::fs::remove_file(search.join("lengths.json")).unwrap();
    let flip = || {
        let files = search.read_dir().unwrap().map(|entry| entry.unwrap().path());
        let postings = files.filter(|path| path.extension().is_some_and(|end| end == "idx"));
        let path = postings.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 3;
        bytes[middle] ^= 4;
        std::fs::write(&path, &bytes).unwrap();
    };
    flip();
    check("flipped");
    // A flip with everything else in order is for verify to find.
    flip();
    let ran = env.run(&["verify", "--read-data"]);
    assert_eq!((ran.code, ran.stdout.contains("search: ")), (12, true), "{ran:?}");
    check("condemned");
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
    // The archive has lost what the index has: it was put back from an older copy.
    let older = TestEnv::new();
    older.write("in.jsonl", (0..200).map(numbered).collect::<Vec<_>>().join("\n"));
    older.ok(&["ingest", "in.jsonl"]);
    std::fs::remove_dir_all(archive.join("store")).unwrap();
    std::fs::remove_dir_all(archive.join("ledger")).unwrap();
    for part in ["ledger", "store"] {
        copy_dir(&older.archive().join(part), &archive.join(part));
    }
    std::fs::copy(older.archive().join("pressmark.toml"), archive.join("pressmark.toml")).unwrap();
    check("ahead");
    assert!(env.run(&["reindex", "--search"]).stderr.contains("rebuilt the full-text index, 200 articles"));
}
