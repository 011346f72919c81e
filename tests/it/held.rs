//! What practitioners hold: an example of our own of each format, and what is right of it (`held/expected.tsv`).

use crate::env::TestEnv;
use serde_json::Value;
use std::path::Path;

/// A line of `expected.tsv`: the file, what is found in it, and how often something is rejected or skipped.
fn line(name: &str, found: &Value) -> String {
    let text = |field: &str| found[field].as_str().unwrap_or("-").replace(['\n', '\t'], " ");
    let byline: Vec<&str> =
        found["byline"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let body = found["body"].as_str().unwrap_or("");
    let paragraphs = body.split("\n\n").filter(|paragraph| !paragraph.is_empty()).count();
    let start: String = body.chars().take(30).collect::<String>().replace('\n', "/");
    let end: String = body.chars().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect();
    [
        name.to_owned(),
        text("headline"),
        text("published"),
        text("source"),
        text("url"),
        byline.join("; "),
        text("language"),
        format!("{paragraphs}: {start} … {}", end.replace('\n', "/")),
    ]
    .join("\t")
}

#[test]
fn what_practitioners_hold() {
    let env = TestEnv::new();
    let held = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/held");
    let mut names: Vec<String> = std::fs::read_dir(&held)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "expected.tsv")
        .collect();
    names.sort();
    let mut found = Vec::new();
    for name in &names {
        env.write(name, std::fs::read(held.join(name)).unwrap());
        let ran = env.run(&["extract", "--format", "jsonl", name]);
        found.extend(ran.stdout.lines().map(|one| line(name, &serde_json::from_str(one).unwrap())));
        for word in ["rejected", "skipped"] {
            if let Some(said) = ran.stderr.lines().find(|line| line.contains(word)) {
                found.push(format!("{name}\t{}", said.trim_start_matches("pressmark: ")));
            }
        }
    }
    let expected = std::fs::read_to_string(held.join("expected.tsv")).unwrap();
    let expected: Vec<&str> = expected.lines().collect();
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}
