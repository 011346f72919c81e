//! Requests and answers: plain data that says the same as the command line, and survives being printed and read.

use crate::env::{TestEnv, record};
use pressmark::Error;
use pressmark::answer::{Answer, End, Request, Totals, VERSION, Want, answer};
use pressmark::model::Timestamp;
use pressmark::query::{By, Clock, Expr, Order, Query, parse};

fn filter(text: &str) -> Expr {
    parse(text, &Clock::new(Timestamp(1_741_773_600)), &|_| None).unwrap()
}

/// The JSON of every piece of an answer, read again.
fn asked(env: &TestEnv, query: Query, want: Want) -> Vec<Answer> {
    let archive = env.open();
    let request = serde_json::to_string(&Request::new(query, want)).unwrap();
    let request: Request = serde_json::from_str(&request).unwrap();
    let pieces: Vec<Answer> =
        answer(&archive.snapshot().unwrap(), &request).unwrap().map(Result::unwrap).collect();
    for piece in &pieces {
        let line = serde_json::to_string(piece).unwrap();
        assert_eq!(serde_json::from_str::<Answer>(&line).unwrap(), *piece, "{line}");
    }
    assert!(matches!(pieces.last(), Some(Answer::End(_))));
    pieces
}

#[test]
fn answers_are_resolved() {
    let records: Vec<String> = (0..6).map(record).collect();
    let env = TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>());
    env.ok(&["tag", "--all", "+kept"]);
    env.ok(&["query", "save", "first", "source:s1.example"]);
    let query = |text: &str| Query { filter: filter(text), order: Order::Oldest, ..Query::default() };
    let rows = asked(
        &env,
        Query { limit: Some(1), ..query("source:s1.example") },
        Want::Rows { digits: true, snippets: true },
    );
    let [Answer::Row(row), Answer::End(end)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.source.as_deref(), Some("s1.example"));
    assert_eq!((row.headline.as_str(), row.when.text().as_str()), ("Headline 1", "2025-01-02T00:00:00Z"));
    assert_eq!((row.digest.len(), row.digits), (64, Some(8)));
    assert!(row.snippet.as_ref().unwrap().snippet.starts_with("Sentence 1"));
    assert_eq!(end.total, Some(2));
    // The next page goes on where this one ended.
    let after = end.after.clone().map(|after| after.parse().unwrap());
    let rows = asked(
        &env,
        Query { after, ..query("source:s1.example") },
        Want::Rows { digits: false, snippets: false },
    );
    assert!(
        matches!(&rows[..], [Answer::Row(row), Answer::End(_)] if row.headline == "Headline 4"),
        "{rows:?}"
    );
    assert_eq!(asked(&env, query("sentences"), Want::Count)[0], Answer::Count(6));
    let groups = asked(&env, Query::default(), Want::Groups(By::Source.into()));
    assert_eq!(groups[0], Answer::Group { key: vec![Some("s0.example".to_owned())], count: 2 });
    let sources = asked(&env, Query::default(), Want::Sources);
    assert!(
        matches!(&sources[0], Answer::Source { articles: 2, first: Some(first), .. } if first == "2025-01-01T00:00:00Z"),
        "{sources:?}"
    );
    let found = asked(&env, query("\"Headline 3\""), Want::Documents);
    assert!(
        matches!(&found[0], Answer::Document(found) if found.captures.len() == 1 && found.tags == ["kept"]),
        "{found:?}"
    );
    let log = asked(&env, query("source:s1.example"), Want::Log { after: 2 });
    assert!(matches!(&log[..], [Answer::Entry(entry), Answer::End(_)] if entry.seq == 5), "{log:?}");
    let page = asked(&env, Query { limit: Some(2), ..query("") }, Want::Documents);
    let Some(Answer::End(End { after: Some(after), .. })) = page.last() else { panic!("{page:?}") };
    let rest = asked(&env, Query { after: Some(after.parse().unwrap()), ..query("") }, Want::Documents);
    assert_eq!(rest.len(), 5, "four documents and the end");
    let log = asked(&env, Query::default(), Want::Log { after: 5 });
    let whats: Vec<&str> = log
        .iter()
        .filter_map(|piece| if let Answer::Entry(entry) = piece { Some(entry.what.as_str()) } else { None })
        .collect();
    assert_eq!(whats, ["capture", "tag", "tag", "tag", "tag", "tag", "tag", "query"]);
    assert_eq!(
        asked(&env, Query::default(), Want::Tags)[0],
        Answer::Tag { tag: "kept".to_owned(), count: 6 }
    );
    let saved = Answer::Query { name: "first".to_owned(), query: "source:s1.example".to_owned() };
    assert_eq!(asked(&env, Query::default(), Want::Queries)[0], saved);
    let there = asked(
        &env,
        Query::default(),
        Want::Has(vec![
            row.digest.clone(),
            "http://www.s.example/4?utm_source=x".to_owned(),
            "ffff".to_owned(),
        ]),
    );
    let there: Vec<bool> = there
        .iter()
        .filter_map(|piece| if let Answer::Has { there, .. } = piece { Some(*there) } else { None })
        .collect();
    assert_eq!(there, [true, true, false]);
    let totals = asked(&env, query("source:s1.example"), Want::Totals);
    assert!(
        matches!(&totals[0], Answer::Totals(Totals { articles: 2, captures: 2, sources: 1, first: Some(first), .. }) if first == "2025-01-02T00:00:00Z"),
        "{totals:?}"
    );
    let everything = asked(&env, Query::default(), Want::Totals);
    assert!(
        matches!(&everything[0], Answer::Totals(Totals { articles: 6, sources: 3, .. })),
        "{everything:?}"
    );
    let named = vec!["s.example/4".to_owned(), "ffff".to_owned(), row.digest[..8].to_owned()];
    let articles = asked(&env, Query::default(), Want::Articles(named));
    assert!(
        matches!(&articles[..], [Answer::Document(a), Answer::Has { what, there: false }, Answer::Document(b), Answer::End(_)]
            if a.headline == "Headline 4" && what == "ffff" && b.headline == "Headline 1" && b.captures[0].input.ends_with(":2")),
        "{articles:?}"
    );
    let why = asked(&env, query("source:s2.example sentence"), Want::Why(row.digest.clone()));
    let Answer::Why(why) = &why[0] else { panic!("{why:?}") };
    let verdicts: Vec<(bool, &str)> =
        why.conditions.iter().map(|verdict| (verdict.holds, verdict.found.as_str())).collect();
    assert!(!why.matches);
    assert_eq!(verdicts, [(false, "s1.example"), (true, "body: Sentence 1, sentence 1 (en)")]);
    let nothing = asked(&env, query("sentence"), Want::Why("ffff".to_owned()));
    assert!(matches!(nothing[0], Answer::Has { there: false, .. }));
}

#[test]
fn a_later_request_is_refused() {
    let env = TestEnv::with(&[&record(1)]);
    let request = Request { version: VERSION + 1, ..Request::new(Query::default(), Want::Count) };
    let refused = answer(&env.open().snapshot().unwrap(), &request);
    assert!(matches!(refused, Err(Error::Request { found: 2, known: 1 })));
}

#[test]
fn queries_survive_being_printed() {
    let kyiv = Clock::new(Timestamp(1_741_773_600)).in_zone("Europe/Kyiv").unwrap();
    for text in [
        "",
        "ge:ґанок",
        "ge:title:(ґанок NEAR/3 хата)",
        "ge:(ґрунт OR \"його ґава\") -ge:body:ґул*",
        "date:2025-01..2025-03 captured:yesterday..",
        "-(a OR b) lang:uk source:none is:dated",
    ] {
        let expr = parse(text, &kyiv, &|_| None).unwrap();
        let printed = serde_json::to_string(&Query { filter: expr.clone(), ..Query::default() }).unwrap();
        let read: Query = serde_json::from_str(&printed).unwrap();
        assert_eq!(read.filter, expr, "{printed}");
    }
}

#[test]
fn ge_in_a_query_is_the_flag() {
    let env = TestEnv::with(&[
        r#"{"title":"Ґанок","text":"Старий ґанок.","lang":"uk"}"#,
        r#"{"title":"Ганок","text":"Старий ганок.","lang":"uk"}"#,
    ]);
    for (query, count) in [
        ("ганок", "2\n"),
        ("ge:ганок", "1\n"),
        ("ge:ґанок", "1\n"),
        ("ge:(ганок OR ґанок)", "2\n"),
        ("ge:title:ґанок", "1\n"),
    ] {
        assert_eq!(env.ok(&["count", query]), count, "{query}");
    }
    assert_eq!(env.ok(&["count", "--distinct-ge", "ганок"]), "1\n");
}

#[test]
fn every_list_has_every_format() {
    let records: Vec<String> = (0..3).map(record).collect();
    let env = TestEnv::with(&records.iter().map(String::as_str).collect::<Vec<_>>());
    env.ok(&["tag", "--all", "+kept"]);
    env.ok(&["query", "save", "first", "source:s1.example"]);
    for command in [
        &["list"][..],
        &["search", "sentences"],
        &["count", "--by", "source"],
        &["sources"],
        &["log"],
        &["tag"],
        &["query", "list"],
    ] {
        let run = |format: &str| env.ok(&[command, &["--format", format]].concat());
        let rows: serde_json::Value = serde_json::from_str(&run("json")).unwrap();
        let lines: Vec<serde_json::Value> =
            run("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows.as_array().unwrap(), &lines, "{command:?}");
        let csv = run("csv");
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        assert!(reader.headers().unwrap().iter().all(|name| !name.is_empty()), "{csv}");
        let of_csv: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let tsv = run("tsv");
        let of_tsv: Vec<Vec<&str>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!((of_csv.len(), of_tsv.len()), (lines.len(), lines.len()), "{command:?}");
        for (csv, tsv) in of_csv.iter().zip(&of_tsv) {
            let cells: Vec<&str> = csv.iter().map(|cell| if cell.is_empty() { "-" } else { cell }).collect();
            assert_eq!(cells, *tsv, "{command:?}");
        }
        assert!(run("table").lines().count() >= lines.len(), "{command:?}");
    }
}
