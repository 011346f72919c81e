//! README's examples, run: every `console` block, line by line, in a directory with the samples.

use crate::env::TestEnv;
use std::path::Path;
use std::process::Command;

#[test]
fn the_tour_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let env = TestEnv::new();
    crate::env::copy_dir(&root.join("samples"), &env.path("samples"));
    let bin = Path::new(env!("CARGO_BIN_EXE_pressmark")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut ran = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for example in block.split("$ ").skip(1) {
            let (command, expected) = example.split_once('\n').unwrap();
            let output = Command::new("sh")
                .args(["-c", &format!("{{ {command}; }} 2>&1")])
                .current_dir(env.path(""))
                .env("PATH", &path)
                .env("PRESSMARK_ARCHIVE", "news")
                .env_remove("COLUMNS")
                .output()
                .unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            assert_eq!(printed.trim_end(), expected.trim_end(), "README: $ {command}");
            ran += 1;
        }
    }
    assert!(ran >= 8, "the tour has {ran} steps");
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
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let help = TestEnv::new().ok(&["--help"]);
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    for command in commands.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()) {
        assert!(
            command == "help" || readme.contains(&format!("`{command}")),
            "README does not name {command}"
        );
    }
}
