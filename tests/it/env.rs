//! A directory of its own for each test, and the real binary in it.

use pressmark::archive::{Archive, Open};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What time it is, for every command.
pub const NOW: &str = "2026-11-02T10:00:00Z";

pub struct TestEnv {
    dir: tempfile::TempDir,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl TestEnv {
    pub fn new() -> TestEnv {
        TestEnv { dir: tempfile::tempdir().unwrap() }
    }

    /// With an archive of these JSONL records.
    pub fn with(records: &[&str]) -> TestEnv {
        let env = TestEnv::new();
        env.write("in.jsonl", records.join("\n"));
        let ran = env.run(&["ingest", "in.jsonl"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        env
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn archive(&self) -> PathBuf {
        self.path("archive")
    }

    /// For what commands keep only while they run.
    fn temporary(&self) -> PathBuf {
        let dir = self.path("tmp");
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        untouched(&path);
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pressmark"));
        // Nothing of the machine that the tests run on: no variable, and no clock.
        command.env_clear().args(args).current_dir(self.dir.path()).env("PRESSMARK_ARCHIVE", self.archive());
        command.env("HOME", self.path("home")).env("XDG_CACHE_HOME", self.path("cache"));
        command.env("TMPDIR", self.temporary()).env("PRESSMARK_NOW", NOW);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with_input(args, b"")
    }

    pub fn run_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(args);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs what must succeed; what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        ran.stdout
    }

    /// The archive, through the library.
    pub fn open(&self) -> Archive {
        Archive::open(&self.archive(), &Open::default()).unwrap()
    }
}

/// Gives a file the time that it is for every command: it was captured then, unless it says something else.
pub fn untouched(path: &Path) {
    let now = pressmark::Dated::parse(NOW).unwrap().at.0;
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(now as u64);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(now).unwrap();
}

/// A JSONL record.
pub fn record(number: usize) -> String {
    let text = format!(
        "Sentence {number} of a text that is long enough to be one. It has a second sentence, number {number}.\n\nAnd a paragraph."
    );
    serde_json::json!({"title": format!("Headline {number}"), "text": text, "date": format!("2025-01-{:02}T00:00:00Z", number % 28 + 1),
        "source": format!("s{}.example", number % 3), "url": format!("https://s.example/{number}"), "lang": "en", "captured": "2025-03-01T00:00:00Z"})
    .to_string()
}

/// Copies a directory.
pub fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
            untouched(&target);
        }
    }
}

/// Whether everything is tried, as `tests/thorough.sh` asks for.
pub fn is_thorough() -> bool {
    std::env::var_os("PRESSMARK_THOROUGH").is_some()
}

/// How many of so many rounds with random numbers are run: a fifth of them, or all.
pub fn rounds(all: usize) -> usize {
    if is_thorough() { all } else { all.div_ceil(5) }
}

/// Says that a test cannot run without a tool that need not be on every machine; where everything is to be tried it fails.
pub fn skipped(why: &str) {
    assert!(!is_thorough(), "cannot run this test: {why}");
    eprintln!("skipped: {why}");
}

/// A seeded source of numbers: splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.number() % n
    }
}
