//! The commands: one file each, an `Args` and a `run`. Everything they print goes through [`Context`]: data to standard
//! output, talk to standard error.

mod cat;
mod completions;
mod count;
mod exit;
mod export;
mod extract;
mod has;
mod ingest;
mod list;
mod log;
mod man;
mod output;
mod query;
mod query_args;
mod reextract;
mod reindex;
mod repair;
mod search;
mod show;
mod sources;
mod stats;
mod tag;
mod terminal;
mod verify;
mod why;

use clap::{Parser, Subcommand};
use exit::{Failure, Outcome};
use output::Output;
use pressmark::archive::{Archive, Open, Scratch, ScratchPlace, Snapshot};
use pressmark::model::Prefix;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use terminal::{ColorChoice, Paint, clean, grouped};

/// An archive of news articles: each kept once, found by date, source and words, exported for scripts.
#[derive(Parser)]
#[command(name = "pressmark", version, max_term_width = 100, after_help = AFTER_HELP, styles = STYLES)]
struct Cli {
    /// The archive's directory [default: pressmark in the user's data directory].
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR", env = "PRESSMARK_ARCHIVE", hide_env_values = true, value_parser = path())]
    archive: Option<PathBuf>,
    /// Wait up to SECS seconds if another process holds the archive; 0 does not wait.
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "SECS", env = "PRESSMARK_WAIT", hide_env_values = true, default_value_t = 60)]
    wait: u32,
    /// Build indexes in DIR to read an archive that cannot be written; none keeps nothing [default: pressmark in the user's cache].
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR|none", env = "PRESSMARK_SCRATCH", hide_env_values = true, value_parser = path())]
    scratch: Option<PathBuf>,
    /// Errors and progress on standard error as JSON, an object a line.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
    /// Colours: auto, always or never.
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

/// A path, or nothing: an empty variable is one that is not set.
fn path() -> impl clap::builder::TypedValueParser<Value = PathBuf> {
    use clap::builder::TypedValueParser;
    clap::builder::OsStringValueParser::new().map(PathBuf::from)
}

/// As clap has them, with a red that is brighter and easier to read on dark screens.
const STYLES: clap::builder::Styles =
    clap::builder::Styles::styled().error(clap::builder::styling::AnsiColor::BrightRed.on_default().bold());

/// Options that every command has.
const EVERYWHERE: &str = "Everywhere";

const AFTER_HELP: &str = "\
Exit codes:
  0  done                          11  another process holds the archive (--wait)
  1  no match (has, --exit-status) 12  the archive is damaged (verify, repair)
  2  the command line is wrong     13  the system failed: no space, no permission,
  3  partly done; see stderr           I/O error; the archive is whole, run it again
 10  no archive here              130  interrupted
Dates are UTC (--tz); a date means the whole of it; ranges include both ends.
Commands that find articles all take the same query: pressmark help query.";

#[derive(Subcommand)]
enum Command {
    Ingest(ingest::Args),
    List(list::Args),
    Count(count::Args),
    Export(export::Args),
    Show(show::Args),
    Cat(cat::Args),
    Search(search::Args),
    Why(why::Args),
    Has(has::Args),
    Tag(tag::Args),
    Query(query::Args),
    Sources(sources::Args),
    Stats(stats::Args),
    Log(log::Args),
    Verify(verify::Args),
    Repair(repair::Args),
    Reindex(reindex::Args),
    Extract(extract::Args),
    Reextract(reextract::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    /// Whether it would do the same when run once more: standard input is read once.
    fn can_be_repeated(&self) -> bool {
        match self {
            Command::Ingest(args) => !args.reads_stdin(),
            Command::Has(args) => !args.reads_stdin(),
            Command::Verify(_) | Command::Repair(_) => false,
            _ => true,
        }
    }
}

/// What a command works with.
pub struct Context {
    archive: Option<PathBuf>,
    wait: Duration,
    scratch: Option<PathBuf>,
    json: bool,
    /// Data.
    out: Output,
    paint: Paint,
    interrupted: Arc<AtomicBool>,
    /// Whether what the last answer came from is to be built again.
    condemned: bool,
    complaints: u64,
    umask: u32,
}

/// What a command does with an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Reads it, however that can be done.
    Read,
    /// Changes it.
    Write,
    /// Changes it, and makes it if there is none.
    Create,
}

type Result<T> = std::result::Result<T, Failure>;

pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let parse =
        |arguments: Vec<OsString>| query_args::arguments(arguments.into_iter()).and_then(Cli::try_parse_from);
    let cli = match parse(arguments.clone()) {
        Ok(cli) => cli,
        Err(e) => return exit::usage(e, &arguments, |arguments| parse(arguments).err()),
    };
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    // The second signal does not wait for anything.
    let handler = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    debug_assert!(handler.is_ok(), "handlers are set once");
    let umask = private_files();
    let mut context = Context {
        archive: cli.archive.filter(|dir| !dir.as_os_str().is_empty()),
        wait: Duration::from_secs(cli.wait.into()),
        scratch: cli.scratch.filter(|dir| !dir.as_os_str().is_empty()),
        json: cli.json,
        out: Output::new(io::stdout().lock()),
        paint: Paint::new(cli.color),
        interrupted,
        condemned: false,
        complaints: 0,
        umask,
    };
    let mut result = guarded(&mut context, &cli.command);
    // What gave a wrong answer is built again by the next opening, and this may be the next.
    let condemned = std::mem::take(&mut context.condemned);
    if condemned && cli.command.can_be_repeated() && context.out.take_back() {
        context.complaints = 0;
        result = guarded(&mut context, &cli.command);
    }
    let flushed = context.out.flush();
    let result = result.and_then(|outcome| flushed.map(|()| outcome).map_err(Failure::from));
    let code = exit::report(&mut context, result);
    // sled may hang while it closes what cannot be written, and nothing is left to be done.
    std::process::exit(code)
}

/// Runs a command. A panic is a failure like others: sled's way to say that the disk failed, or a defect of ours.
fn guarded(context: &mut Context, command: &Command) -> Result<Outcome> {
    std::panic::catch_unwind(AssertUnwindSafe(|| dispatch(context, command))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        Err(match pressmark::model::error::system_error(text) {
            Some(source) => Failure::Output { to: "the archive".to_owned(), source },
            None => Failure::Defect(text.to_owned()),
        })
    })
}

/// Nobody else reads what the archive keeps. The mask that the user had.
fn private_files() -> u32 {
    #[cfg(unix)]
    return rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077)).as_raw_mode();
    #[cfg(not(unix))]
    return 0;
}

fn dispatch(context: &mut Context, command: &Command) -> Result<Outcome> {
    match command {
        Command::Ingest(args) => ingest::run(context, args),
        Command::List(args) => list::run(context, args),
        Command::Count(args) => count::run(context, args),
        Command::Export(args) => export::run(context, args),
        Command::Show(args) => show::run(context, args),
        Command::Cat(args) => cat::run(context, args),
        Command::Search(args) => search::run(context, args),
        Command::Why(args) => why::run(context, args),
        Command::Has(args) => has::run(context, args),
        Command::Tag(args) => tag::run(context, args),
        Command::Query(args) => query::run(context, args),
        Command::Sources(args) => sources::run(context, args),
        Command::Stats(args) => stats::run(context, args),
        Command::Log(args) => log::run(context, args),
        Command::Verify(args) => verify::run(context, args),
        Command::Repair(args) => repair::run(context, args),
        Command::Reindex(args) => reindex::run(context, args),
        Command::Extract(args) => extract::run(context, args),
        Command::Reextract(args) => reextract::run(context, args),
        Command::Completions(args) => completions::run(context, args),
        Command::Man(args) => man::run(context, args),
    }
}

impl Context {
    /// The archive's directory.
    fn dir(&self) -> Result<PathBuf> {
        use etcetera::BaseStrategy;
        match &self.archive {
            Some(dir) => Ok(dir.clone()),
            None => {
                etcetera::choose_base_strategy().map(|places| places.data_dir().join("pressmark")).map_err(
                    |_| Failure::usage("there is no home directory", "name the archive with --archive DIR"),
                )
            }
        }
    }

    /// Opens the archive, says what had to be mended, and gives it to `work`; then closes it.
    fn with_archive<T>(
        &mut self,
        access: Access,
        work: impl FnOnce(&mut Context, &mut Archive) -> Result<T>,
    ) -> Result<T> {
        let dir = self.dir()?;
        let scratch = if access == Access::Read { self.scratch_place() } else { None };
        let create = access == Access::Create;
        let mut archive =
            self.patiently(|wait| Archive::open(&dir, &Open { create, wait, scratch: scratch.clone() }))?;
        for healed in archive.healed().iter().filter(|healed| healed.is_news()) {
            self.say(&healed.to_string());
        }
        if let Some(scratch) = archive.scratch() {
            self.say(&said_of(scratch));
        }
        if archive.is_new() {
            self.say(&format!("made a new archive at {}", clean(&dir.to_string_lossy())));
        }
        match work(self, &mut archive) {
            Ok(done) => {
                archive.close()?;
                Ok(done)
            }
            Err(failure) => {
                if let Failure::Archive(e) = &failure {
                    self.condemned = exit::is_mended_by_building(e) && archive.condemn(e).is_ok();
                }
                Err(failure)
            }
        }
    }

    /// Waits as long as the user allows while another process holds the archive, and says for whom.
    fn patiently<T>(&self, mut take: impl FnMut(Duration) -> pressmark::Result<T>) -> Result<T> {
        let until = Instant::now() + self.wait;
        let mut said = false;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match take(left.min(PATIENCE)) {
                Err(pressmark::Error::Locked { holder, .. }) if !left.is_zero() => {
                    if self.interrupted() {
                        return Err(Failure::Interrupted);
                    }
                    if !said {
                        self.say(&format!("waiting up to {} s for {}", self.wait.as_secs(), clean(&holder)));
                        said = true;
                    }
                }
                taken => return Ok(taken?),
            }
        }
    }

    /// Where indexes go of an archive that cannot be written.
    fn scratch_place(&self) -> Option<ScratchPlace> {
        use etcetera::BaseStrategy;
        match &self.scratch {
            Some(none) if none.as_os_str() == "none" => Some(ScratchPlace::Temporary(std::env::temp_dir())),
            Some(dir) => Some(ScratchPlace::In(dir.clone())),
            None => {
                let places = etcetera::choose_base_strategy().ok()?;
                Some(ScratchPlace::In(places.cache_dir().join("pressmark")))
            }
        }
    }

    /// The same for commands that only read.
    fn with_reader<T>(&mut self, work: impl FnOnce(&mut Context, Snapshot) -> Result<T>) -> Result<T> {
        self.with_archive(Access::Read, |context, archive| {
            let reader = archive.snapshot()?;
            work(context, reader)
        })
    }

    /// The articles that arguments name: by the digits of their digests if all of them can be such, eight or more if care is
    /// taken, else by a query.
    fn articles(
        &mut self,
        archive: &mut Archive,
        filter: &query_args::FilterArgs,
        careful: bool,
    ) -> Result<Vec<u64>> {
        // 2024 and cafe are words where a mistake changes something.
        let named = |word: &String| word.parse::<Prefix>().is_ok() && (word.len() >= 8 || !careful);
        let digits = filter.words.iter().all(named);
        if digits && !filter.words.is_empty() && filter.flags.is_empty() {
            let reader = archive.snapshot()?;
            let mut found = Vec::new();
            for id in &filter.words {
                found.extend(self.resolve(&reader, id)?);
            }
            return Ok(found);
        }
        let query = filter.query(&archive.snapshot()?.queries())?;
        let reader = self.snapshot_for(archive, &query)?;
        let asked = reader.ask(&query)?;
        let found: Vec<u64> =
            asked.hits()?.map(|hit| hit.map(|hit| hit.article)).collect::<pressmark::Result<_>>()?;
        self.explain(filter, &asked)?;
        if found.is_empty() {
            self.complain("no article matches");
        }
        Ok(found)
    }

    /// The article that a prefix names; `None` after a complaint.
    fn resolve(&mut self, reader: &Snapshot, id: &str) -> Result<Option<u64>> {
        let prefix: Prefix = id.parse().map_err(|e| {
            Failure::usage(
                &format!("'{}' does not name an article: {e}", clean(id)),
                "pressmark list prints digests",
            )
        })?;
        let found = reader.resolve(&prefix)?;
        if found.is_none() {
            self.complain(&format!("no article's digest starts with {prefix}"));
        }
        Ok(found)
    }

    /// Talk: one line on standard error.
    fn say(&self, text: &str) {
        let mut err = io::stderr().lock();
        // When nobody can hear it, there is nobody to tell.
        let _ = if self.json {
            writeln!(err, "{}", serde_json::json!({"message_type": "note", "message": text}))
        } else {
            writeln!(err, "pressmark: {text}")
        };
    }

    /// A status for whoever watches: shown as JSON only.
    fn status(&self, status: &serde_json::Value) {
        if self.json {
            let _ = writeln!(io::stderr().lock(), "{status}");
        }
    }

    /// Something that could not be done, while the rest can: the command will be partly done.
    fn complain(&mut self, text: &str) {
        self.complaints += 1;
        self.say(text);
    }

    /// From here on, files are the user's to read as they like: what is exported.
    fn public_files(&self) {
        #[cfg(unix)]
        let _ = rustix::process::umask(rustix::fs::Mode::from_raw_mode(self.umask));
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Whether the user has had enough, for work that does not know the context.
    fn stop(&self) -> impl Fn() -> bool + use<> {
        let interrupted = self.interrupted.clone();
        move || interrupted.load(Ordering::Relaxed)
    }

    /// Done, or partly done if anything was complained of.
    fn outcome(&self) -> Outcome {
        if self.complaints > 0 { Outcome::Partial } else { Outcome::Done }
    }

    /// Whether talk is JSON.
    fn wants_json(&self) -> bool {
        self.json
    }

    fn stdout_is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }
}

/// How long to ask for the archive before asking whether the user has had enough.
const PATIENCE: Duration = Duration::from_millis(500);

/// What an archive is read from that cannot be written.
fn said_of(scratch: &Scratch) -> String {
    let reason = exit::in_words(&scratch.reason);
    let took = scratch.took.as_secs_f64();
    format!(
        "the archive cannot be written ({reason}): it is read through indexes in {}, for which {} entries were read in {took:.1} s",
        shown(&scratch.dir),
        grouped(scratch.added)
    )
}

/// How a path is shown.
fn shown(path: &Path) -> String {
    clean(&path.to_string_lossy())
}
