//! The examples of README.md and docs/, run: every `console` block, line by line, in a directory with the samples.

use crate::env::{NOW, TestEnv};
use std::path::Path;
use std::process::Command;

#[test]
fn the_tour_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page, steps) in [("README.md", 8), ("docs/nightly.md", 2), ("docs/sharing.md", 3)] {
        let ran = run_examples(root, page);
        assert!(ran >= steps, "{page} has {ran} steps");
    }
}

/// What people tripped over in their first hour and their hundredth night, a transcript each.
#[test]
fn transcripts_are_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<_> = std::fs::read_dir(root.join("tests/it/transcripts")).unwrap().collect();
    assert!(!pages.is_empty());
    for page in pages.drain(..) {
        let page = page.unwrap().path();
        assert!(run_examples(root, page.to_str().unwrap()) > 0, "{page:?}");
    }
}

fn run_examples(root: &Path, page: &str) -> usize {
    let readme = std::fs::read_to_string(root.join(page)).unwrap();
    let env = TestEnv::new();
    crate::env::copy_dir(&root.join("samples"), &env.path("samples"));
    let bin = Path::new(env!("CARGO_BIN_EXE_pressmark")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut ran = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for example in block.split("$ ").skip(1) {
            // A command goes on in the next line after a backslash.
            let lines = example.split_inclusive('\n');
            let ends = lines.scan(0, |end, line| {
                *end += line.len();
                Some((*end, line))
            });
            let end = ends.into_iter().find(|(_, line)| !line.ends_with("\\\n")).unwrap().0;
            let (command, expected) = example.split_at(end);
            let command = command.trim_end();
            let output = Command::new("sh")
                .args(["-c", &format!("{{ {command}; }} 2>&1")])
                .current_dir(env.path(""))
                .env("PATH", &path)
                .env("PRESSMARK_ARCHIVE", "news")
                .env("PRESSMARK_NOW", NOW)
                .env("PRESSMARK_CONFIG", "no-settings.toml")
                .env_remove("COLUMNS")
                .output()
                .unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            assert_eq!(printed.trim_end(), expected.trim_end(), "{page}: $ {command}");
            ran += 1;
        }
    }
    ran
}

/// The first of the README's two commands, with the binary that is being tested.
#[cfg(unix)]
#[test]
fn the_tour_script_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = root.join("samples/tour.sh");
    let temporary = tempfile::tempdir().unwrap();
    let mut tour = Command::new("sh");
    tour.arg(script).env("PRESSMARK", env!("CARGO_BIN_EXE_pressmark")).env("TMPDIR", temporary.path());
    let output = tour.env("PRESSMARK_CONFIG", "no-settings.toml").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let counts: Vec<&str> = printed.rsplit("wc -l\n").next().unwrap().split_whitespace().take(2).collect();
    assert_eq!(counts, ["19", "19"], "{printed}");
    assert!(said.contains("found nothing wrong"), "{said}");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "it leaves nothing behind");
}

/// The days of three people go well.
#[cfg(unix)]
#[test]
fn the_days_go_well() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/days.sh");
    let temporary = tempfile::tempdir().unwrap();
    let mut days = Command::new("sh");
    days.arg(script).env("PRESSMARK", env!("CARGO_BIN_EXE_pressmark")).env("TMPDIR", temporary.path());
    let output = days.env("PRESSMARK_CONFIG", "no-settings.toml").output().unwrap();
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && printed.ends_with("All three days went well.\n"), "{printed}\n{said}");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "it leaves nothing behind");
}

/// The command that the README gives to newcomers is the one that CI runs.
#[test]
fn ci_runs_what_the_readme_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let ci = std::fs::read_to_string(root.join(".ci/run")).unwrap();
    assert!(readme.contains("\n    cargo test --locked\n") && ci.contains("\ncargo test --locked\n"));
}

/// Every command is in the README.
#[test]
fn the_readme_names_every_command() {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md")).unwrap();
    let help = TestEnv::new().ok(&["--help"]);
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    // A description that is too long for its line goes on further in.
    let names =
        commands.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    for command in names.filter_map(|line| line.split_whitespace().next()) {
        assert!(
            command == "help" || readme.contains(&format!("`{command}")),
            "docs/reference.md does not name {command}"
        );
    }
}
