//! What a terminal is shown never steers it.

use crate::env::TestEnv;
use std::process::Stdio;

/// An article whose every field tries.
fn hostile() -> TestEnv {
    let controls: String = (0..0x20).chain(0x7f..0xa0).filter_map(char::from_u32).collect();
    let evil = format!(
        "x{controls}\u{1b}]0;title\u{7}\u{1b}]52;c;AAAA\u{7}\u{1b}[2J\u{9b}2J\u{1b}Pq\u{202e}gnp.exe\u{2066}y"
    );
    let record = serde_json::json!({"title": evil, "text": evil, "url": format!("https://x.org/{evil}"), "source": "x.org", "author": [evil], "date": evil, "lang": "en", (evil.clone()): evil});
    let env = TestEnv::with(&[&record.to_string()]);
    env.write("bad\u{1b}[2J.jsonl", "rubbish");
    env
}

fn steers(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    let found = text.chars().find(|c| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    });
    found.map(|c| format!("U+{:04X} in {text:?}", u32::from(c)))
}

const COMMANDS: [&[&str]; 15] = [
    &["list"],
    &["list", "--format", "table"],
    &["list", "--format", "jsonl"],
    &["list", "--format", "csv"],
    &["count", "--by", "source"],
    &["export"],
    &["export", "--format", "md"],
    &["export", "--format", "json"],
    &["export", "--fields", "url,byline,extra,notes"],
    &["sources"],
    &["stats"],
    &["log"],
    &["verify", "--read-data"],
    &["ingest", "bad\u{1b}[2J.jsonl"],
    &["ingest", "--source", "\u{1b}[2J", "no\u{1b}[2J"],
];

#[test]
fn nothing_that_is_piped_steers() {
    let env = hostile();
    let list = env.ok(&["list"]);
    let id = list.trim().rsplit('\t').next().unwrap().to_owned();
    assert_eq!(list.lines().count(), 1);
    assert_eq!(list.split('\t').count(), 4);
    let shown: [&[&str]; 3] = [&["show", &id], &["cat", &id], &["has", "https://\u{1b}[2J"]];
    for args in COMMANDS.iter().chain(&shown) {
        let ran = env.run(args);
        for output in [&ran.stdout, &ran.stderr] {
            assert_eq!(steers(output.as_bytes()), None, "{args:?}");
        }
    }
}

/// The same on a terminal, where script can make one.
#[cfg(unix)]
#[test]
fn nothing_on_a_terminal_steers() {
    let env = hostile();
    let id = env.ok(&["list"]).trim().rsplit('\t').next().unwrap().to_owned();
    let shown: [&[&str]; 2] = [&["show", "--no-pager", &id], &["cat", &id]];
    for args in COMMANDS.iter().chain(&shown) {
        let quoted: Vec<String> = args.iter().map(|arg| format!("'{arg}'")).collect();
        let line =
            format!("{} --color never {} --no-progress", env!("CARGO_BIN_EXE_pressmark"), quoted.join(" "));
        let line =
            if args[0] == "ingest" { line } else { line.trim_end_matches(" --no-progress").to_owned() };
        let mut script = std::process::Command::new("script");
        script
            .args(["-qec", &line, "/dev/null"])
            .current_dir(env.path(""))
            .env("PRESSMARK_ARCHIVE", env.archive())
            .env("COLUMNS", "80")
            .env("PAGER", "cat")
            .stdin(Stdio::null());
        let Ok(output) = script.output() else {
            crate::env::skipped("there is no script(1) here");
            return;
        };
        assert!(!output.stdout.is_empty(), "{args:?}");
        assert_eq!(steers(&output.stdout), None, "{args:?}");
    }
}

/// A table fits the terminal and never breaks in the middle of a letter.
#[cfg(unix)]
#[test]
fn the_table_fits() {
    let env = TestEnv::with(&[
        &serde_json::json!({"title": "Дуже довгий заголовок про те, як у Києві знову пішов дощ і ніхто не взяв парасольку", "text": "Так.", "date": "2025-01-28", "source": "дуже-довга-назва-джерела.example"}).to_string(),
        &serde_json::json!({"title": "雨が降る雨が降る雨が降る雨が降る雨が降る雨が降る雨が降る雨が降る", "text": "はい。"}).to_string(),
    ]);
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &format!("{} --color never list", env!("CARGO_BIN_EXE_pressmark")), "/dev/null"]);
    let Ok(output) = script
        .current_dir(env.path(""))
        .env("PRESSMARK_ARCHIVE", env.archive())
        .env("COLUMNS", "80")
        .env("PAGER", "cat")
        .stdin(Stdio::null())
        .output()
    else {
        crate::env::skipped("there is no script(1) here");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| !line.starts_with("pressmark:")).collect();
    assert_eq!(rows.len(), 2, "{text}");
    for row in rows {
        let width: usize = row
            .trim_end_matches('\r')
            .chars()
            .map(|c| if ('\u{3000}'..'\u{a000}').contains(&c) { 2 } else { 1 })
            .sum();
        assert!(width <= 80, "{width}: {row}");
        assert!(row.contains('…'), "{row}");
    }
}
