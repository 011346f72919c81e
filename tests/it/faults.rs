//! A system that fails: full disks, failing ones, media that are read-only. The archive stays whole and is told from one that is
//! damaged, and reading goes on. The calls are made to fail by a library that is preloaded (`fault.c`).
#![cfg(target_os = "linux")]

use crate::env::{Ran, Random, TestEnv, copy_dir, record};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

const ENOSPC: i32 = 28;
const EIO: i32 = 5;
const EROFS: i32 = 30;

/// The library, compiled once.
fn library() -> &'static PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    let compile = || {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fault.c");
        let library =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fault-{}.so", std::process::id()));
        let cc = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .args([source, "-ldl"])
            .status();
        assert!(
            cc.is_ok_and(|status| status.success()),
            "building pressmark and its tests needs a C compiler, cc"
        );
        library
    };
    LIBRARY.get_or_init(compile)
}

/// Which calls fail.
#[derive(Clone, Copy, Debug)]
struct Fault {
    calls: &'static str,
    at: u64,
    once: bool,
    errno: i32,
}

/// Nothing can be changed in the archive.
const READ_ONLY: Fault = Fault { calls: "change", at: 1, once: false, errno: EROFS };

fn run(env: &TestEnv, args: &[&str], fault: Fault) -> Ran {
    let mut command = env.command(args);
    command.env("LD_PRELOAD", library()).env("FAULT_UNDER", env.archive()).env("FAULT_CALLS", fault.calls);
    command.env("FAULT_AT", fault.at.to_string()).env("FAULT_ERRNO", fault.errno.to_string());
    if fault.once {
        command.env("FAULT_ONCE", "1");
    }
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

const RECORDS: usize = 60;

fn whole() -> TestEnv {
    let env = TestEnv::new();
    env.write("in.jsonl", (0..RECORDS).map(record).collect::<Vec<_>>().join("\n"));
    env.write("more.jsonl", (0..RECORDS + 20).map(record).collect::<Vec<_>>().join("\n"));
    env.ok(&["ingest", "--batch", "20", "in.jsonl"]);
    env.ok(&["search", "sentence"]);
    copy_dir(&env.archive(), &env.path("kept"));
    env
}

fn restore(env: &TestEnv) {
    std::fs::remove_dir_all(env.archive()).unwrap();
    copy_dir(&env.path("kept"), &env.archive());
}

/// Whatever fails, once or for good: the command says which file and why with 13, or does without; nothing that was acknowledged
/// is lost, and a whole store is not built again.
#[test]
fn a_failing_disk_is_not_damage() {
    let env = whole();
    let export = env.ok(&["export"]);
    let mut random = Random(20_261_126);
    let (mut failed, mut rounds) = (0, 0);
    for command in ["ingest", "list", "reindex", "repair", "search"] {
        for (calls, errno, most) in [
            ("write", ENOSPC, 30),
            ("fsync", EIO, 8),
            ("fdatasync", EIO, 6),
            ("rename", ENOSPC, 4),
            ("ftruncate", EIO, 2),
            ("open", ENOSPC, 12),
        ] {
            for once in [true, false] {
                restore(&env);
                let arguments: &[&str] = match command {
                    "ingest" => &["--json", "ingest", "--batch", "5", "more.jsonl"],
                    "list" => &["list", "--limit", "0"],
                    "search" => &["search", "--limit", "0", "sentence"],
                    other => &[other],
                };
                match command {
                    "repair" => {
                        let segment = env.archive().join("ledger/00000001.seg");
                        let mut bytes = std::fs::read(&segment).unwrap();
                        bytes[700] ^= 4;
                        std::fs::write(&segment, bytes).unwrap();
                    }
                    "list" if once => std::fs::remove_dir_all(env.archive().join("store")).unwrap(),
                    "search" => std::fs::remove_dir_all(env.archive().join("search")).unwrap(),
                    _ => {}
                }
                let fault = Fault { calls, at: 1 + random.below(most), once, errno };
                let ran = run(&env, arguments, fault);
                rounds += 1;
                let what = format!("{command} {fault:?}: {ran:?}");
                assert!(ran.code == 0 || ran.code == 13, "{what}");
                assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("damaged"), "{what}");
                if ran.code == 13 {
                    failed += 1;
                    let named = ran.stderr.contains(&*env.archive().to_string_lossy());
                    assert!(named && ran.stderr.contains("hint"), "{what}");
                }
                let acknowledged = if command == "ingest" { acknowledged(&ran) } else { 0 };
                let healthy = command == "ingest" || command == "list" && !once;
                if command == "repair" {
                    let mended = env.run(&["repair"]);
                    assert_eq!(mended.code, 0, "{what} {mended:?}");
                }
                let after = env.run(&["export"]);
                assert_eq!(after.code, 0, "{what} {after:?}");
                assert!(after.stdout.starts_with(&export), "{what}: what was there is lost");
                assert!(
                    after.stdout.lines().count() >= acknowledged,
                    "{what}: what was acknowledged is lost"
                );
                assert!(!healthy || !after.stderr.contains("rebuilt"), "{what} {after:?}");
                let ran = env.run(&["verify", "--read-data"]);
                assert_eq!(ran.code, 0, "{what} {ran:?}");
            }
        }
    }
    eprintln!("{rounds} rounds, {failed} of them ended with 13");
    assert!(failed > rounds / 4, "{failed} of {rounds}");
}

/// How many articles are in the archive by what an ingest said.
fn acknowledged(ran: &Ran) -> usize {
    let statuses = ran.stderr.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let read = statuses
        .filter(|status| status["committed_to"].is_string())
        .filter_map(|status| status["read"].as_u64());
    read.max().unwrap_or(0) as usize
}

/// What cannot be written can be read: through indexes in a private place, which the next command brings up to date.
#[test]
fn reading_needs_no_writing() {
    let env = whole();
    let commands: [&[&str]; 8] = [
        &["list", "--limit", "0"],
        &["search", "--limit", "0", "sentence"],
        &["count", "--by", "source"],
        &["export"],
        &["sources"],
        &["tag"],
        &["stats", "source:s1.example"],
        &["log"],
    ];
    let expected = commands.map(|command| env.ok(command));
    for fault in [READ_ONLY, Fault { calls: "write,open,mkdir", errno: ENOSPC, ..READ_ONLY }] {
        for scratch in [None, Some("none"), Some("elsewhere")] {
            for (number, command) in commands.iter().enumerate() {
                let mut arguments = command.to_vec();
                arguments.extend(scratch.iter().flat_map(|place| ["--scratch", place]));
                let ran = run(&env, &arguments, fault);
                assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
                assert_eq!(ran.stdout, expected[number], "{arguments:?}: {}", ran.stderr);
                let first = ran.stderr.lines().next().unwrap();
                assert!(
                    first.contains("the archive cannot be written (cannot ") && first.ends_with(" s"),
                    "{ran:?}"
                );
                let read = if number == 0 || scratch == Some("none") { "60 entries" } else { "0 entries" };
                assert!(first.contains(&format!("for which {read} were read")), "{arguments:?}: {ran:?}");
            }
            let place = match scratch {
                None => env.path("cache/pressmark"),
                Some(place) => env.path(place),
            };
            let places = std::fs::read_dir(&place).map_or(0, Iterator::count);
            assert_eq!(
                places,
                usize::from(scratch != Some("none")),
                "one for the archive: {}",
                place.display()
            );
            if places > 0 {
                let uuid = env.open().uuid();
                let mode = |path: &PathBuf| {
                    std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777
                };
                assert_eq!(mode(&place.join(uuid.to_string())), 0o700);
                std::fs::remove_dir_all(&place).unwrap();
            }
        }
    }
    let left = std::fs::read_dir(env.path("tmp")).unwrap().count();
    assert_eq!(left, 0, "nothing is left of --scratch none");

    // What came since is added; once the archive can be written, the copy goes.
    assert_eq!(run(&env, &["count"], READ_ONLY).stdout, "60\n");
    env.ok(&["--scratch", "elsewhere", "ingest", "more.jsonl"]);
    let ran = run(&env, &["count"], READ_ONLY);
    assert_eq!(ran.stdout, "80\n");
    assert!(ran.stderr.contains("for which 20 entries were read"), "{ran:?}");
    env.ok(&["count"]);
    assert_eq!(std::fs::read_dir(env.path("cache/pressmark")).unwrap().count(), 0);

    // Changing needs writing, and says so; so does what can be checked of it.
    for arguments in [&["ingest", "in.jsonl"][..], &["tag", "+x", "sentence"], &["repair"], &["reindex"]] {
        let ran = run(&env, arguments, READ_ONLY);
        assert_eq!(ran.code, 13, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains("Read-only file system"), "{arguments:?}: {ran:?}");
    }
    let ran = run(&env, &["verify", "--read-data"], READ_ONLY);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stderr.contains("did not look at the store") && ran.stderr.contains("80 articles"),
        "{ran:?}"
    );
    let segment = env.archive().join("ledger/00000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    for arguments in [&["verify", "--read-data"][..], &["--scratch", "none", "count"]] {
        let ran = run(&env, arguments, READ_ONLY);
        assert_eq!(ran.code, 12, "{arguments:?}: {ran:?}");
    }
}

/// An output that cannot be written is the system's failure, names the file, and leaves what was there.
#[test]
fn an_output_that_cannot_be_written() {
    let env = whole();
    env.write("archive-out/all.jsonl", "what was there\n");
    for (calls, errno) in [("write", ENOSPC), ("fsync", EIO)] {
        let fault = Fault { calls, at: 1, once: false, errno };
        let mut command = env.command(&["export", "-o", "archive-out/all.jsonl"]);
        let library = library();
        command
            .env("LD_PRELOAD", library)
            .env("FAULT_UNDER", env.path("archive-out"))
            .env("FAULT_CALLS", fault.calls);
        command.env("FAULT_AT", "1").env("FAULT_ERRNO", fault.errno.to_string());
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(13), "{stderr}");
        assert!(stderr.contains("cannot write archive-out/all.jsonl: "), "{stderr}");
        assert_eq!(env.read("archive-out/all.jsonl"), "what was there\n");
        assert_eq!(
            std::fs::read_dir(env.path("archive-out")).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }
    let full = std::fs::File::create("/dev/full").unwrap();
    let output = env.command(&["list"]).stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(13), "{stderr}");
    assert!(stderr.contains("cannot write standard output: No space left on device"), "{stderr}");
}
