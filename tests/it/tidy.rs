//! What the sources promise: who names what, which room imports which, and that no flag and no command goes untested.

use crate::env::TestEnv;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a directory of the project, with their text: without comments, and without the tests in them.
fn sources(below: &str) -> BTreeMap<PathBuf, String> {
    let files = walkdir::WalkDir::new(root().join(below)).into_iter().map(Result::unwrap);
    let files = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "rs"));
    let read = files.map(|file| {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
        (file.path().strip_prefix(root()).unwrap().to_owned(), lines.collect::<Vec<_>>().join("\n"))
    });
    read.collect()
}

/// The room of a file in `src`; none of `lib.rs` and `main.rs`.
fn room(path: &Path) -> Option<String> {
    let mut parts = path.components().skip(1).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let first = parts.next()?;
    match parts.next() {
        Some(_) => Some(first),
        None => first.strip_suffix(".rs").filter(|name| !matches!(*name, "lib" | "main")).map(str::to_owned),
    }
}

/// Words of code, so that `sled` is found and `sledge` is not.
fn names(code: &str) -> BTreeSet<&str> {
    code.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect()
}

#[test]
fn dependencies_are_named_where_they_belong() {
    for (name, places) in [
        ("sled", &["src/store/", "src/bytes/panics.rs"][..]),
        ("bincode", &["src/bytes/codec.rs"]),
        ("tantivy", &["src/derived/words/", "src/bytes/panics.rs"]),
        ("clap", &["src/cli/"]),
        ("html5gum", &["src/extract/dom.rs"]),
        ("quick_xml", &["src/formats/feed.rs", "src/formats/tree.rs"]),
        ("indicatif", &["src/cli/ingest.rs"]),
    ] {
        for (path, code) in sources("src") {
            let here = path.to_string_lossy().into_owned();
            let allowed = places.iter().any(|place| here.starts_with(place));
            assert!(allowed || !names(&code).contains(name), "{here} names {name}");
        }
    }
}

#[test]
fn the_library_stays_out_of_its_users_way() {
    // Only the one clock asks the machine what time it is.
    let clock = Path::new("src/model/time.rs");
    for (path, code) in sources("src") {
        if path.starts_with("src/cli") || path == Path::new("src/main.rs") {
            continue;
        }
        for never in ["std::env", "set_hook", "println!", "eprintln!", "process::exit", "stdout()"] {
            let is_macro = never == "println!" && code.contains("eprintln!");
            assert!(is_macro || !code.contains(never), "{}: {never}", path.display());
        }
        for now in ["SystemTime::now", "Timestamp::now"] {
            assert!(path == clock || !code.contains(now), "{}: {now}", path.display());
        }
        // What is said names no flag.
        for text in code.split('"').skip(1).step_by(2) {
            let flag = text.find("--").map(|at| &text[at + 2..]);
            let is_flag =
                flag.is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_lowercase()));
            assert!(!is_flag, "{}: {text}", path.display());
        }
    }
}

/// The floors that ARCHITECTURE.md draws, the highest first.
fn floors() -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let drawn = text.split("```floors\n").nth(1).expect("the floors are drawn").split("```").next().unwrap();
    drawn
        .lines()
        .map(|line| line.split("  ").next().unwrap().split_whitespace().map(str::to_owned).collect())
        .collect()
}

#[test]
fn arrows_run_down() {
    let floors = floors();
    let floor = |room: &str| {
        let found = floors.iter().position(|floor| floor.iter().any(|other| other == room));
        found.unwrap_or_else(|| panic!("{room} stands on no floor of ARCHITECTURE.md"))
    };
    let mut seen = BTreeSet::new();
    for (path, code) in sources("src") {
        let Some(own) = room(&path) else { continue };
        seen.insert(own.clone());
        for rest in code.split("crate::").skip(1) {
            let other: String =
                rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            if other != own && !matches!(other.as_str(), "Result" | "Error") {
                assert!(
                    floor(&other) > floor(&own),
                    "{} imports {other}, which is not below it",
                    path.display()
                );
            }
        }
    }
    let drawn: BTreeSet<String> = floors.into_iter().flatten().collect();
    assert_eq!(drawn, seen, "ARCHITECTURE.md draws the rooms that there are");
}

#[test]
fn commands_import_no_other_command() {
    let commands: BTreeSet<String> = sources("src/cli")
        .keys()
        .filter(|path| path.parent() == Some(Path::new("src/cli")))
        .filter_map(|path| {
            let name = path.file_stem()?.to_string_lossy().into_owned();
            (!matches!(name.as_str(), "mod" | "context" | "exit" | "settings")).then_some(name)
        })
        .collect();
    for (path, code) in sources("src/cli").iter().filter(|(path, _)| !path.ends_with("src/cli/mod.rs")) {
        for name in &commands {
            assert!(
                !code.contains(&format!("super::{name}::")) || path.parent() != Some(Path::new("src/cli")),
                "{} imports {name}",
                path.display()
            );
        }
    }
}

#[test]
fn every_flag_and_every_command_is_tested() {
    let env = TestEnv::new();
    let mut tested: String = sources("tests").into_values().collect();
    for transcript in std::fs::read_dir(root().join("tests/it/transcripts")).unwrap() {
        tested += &std::fs::read_to_string(transcript.unwrap().path()).unwrap();
    }
    tested += &std::fs::read_to_string(root().join("README.md")).unwrap();
    tested += &std::fs::read_to_string(root().join("samples/tour.sh")).unwrap();
    let help = env.ok(&["--help"]);
    let commands: Vec<&str> = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 15, "{commands:?}");
    let mut untested = BTreeSet::new();
    for command in commands.into_iter().filter(|command| *command != "help") {
        if !tested.contains(&format!("\"{command}\"")) && !tested.contains(&format!("pressmark {command}")) {
            untested.insert(command.to_owned());
        }
        for word in env.ok(&[command, "--help"]).split(|letter: char| {
            letter.is_whitespace() || matches!(letter, ',' | '[' | ']' | ';' | '.' | ':' | ')')
        }) {
            let is_flag = word.starts_with("--")
                && word.len() > 3
                && word[2..].bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if is_flag && !tested.contains(&format!("\"{word}")) && !tested.contains(&format!(" {word}")) {
                untested.insert(format!("{command} {word}"));
            }
        }
    }
    assert_eq!(untested, BTreeSet::new());
}

#[test]
fn help_is_short() {
    let help = TestEnv::new().ok(&["--help"]);
    for line in help.split("Commands:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty()) {
        let about = line.trim().split_once("  ").map_or("", |(_, about)| about.trim());
        assert!(!about.is_empty() && about.chars().count() <= 60, "{about}");
    }
}
