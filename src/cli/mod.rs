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
use pressmark::archive::{Archive, Open};
use pressmark::digest::Prefix;
use pressmark::query::Reader;
use std::cell::Cell;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use terminal::{ColorChoice, Paint, clean};

/// An archive of news articles: each kept once, found by date, source and words, exported for scripts.
#[derive(Parser)]
#[command(name = "pressmark", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    /// The archive's directory [default: pressmark in the user's data directory].
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR", env = "PRESSMARK_ARCHIVE", hide_env_values = true)]
    archive: Option<PathBuf>,
    /// Wait so many seconds while another process holds the archive.
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "SECS", default_value_t = 0)]
    wait: u64,
    /// Errors and progress on standard error as JSON, an object a line.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
    /// Colours: auto, always or never.
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

/// Options that every command has.
const EVERYWHERE: &str = "Everywhere";

const AFTER_HELP: &str = "\
Exit codes:
  0  done                          10  no archive here
  1  no match (has, --exit-status) 11  another process holds the archive (--wait)
  2  the command line is wrong     12  the archive is damaged (verify, repair)
  3  partly done; see stderr      130  interrupted
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
    json: bool,
    /// Data.
    out: BufWriter<Counted>,
    written: Rc<Cell<u64>>,
    paint: Paint,
    interrupted: Arc<AtomicBool>,
    complaints: u64,
    umask: u32,
}

/// Standard output, and how much of it has gone out.
struct Counted {
    inner: io::StdoutLock<'static>,
    written: Rc<Cell<u64>>,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.written.set(self.written.get() + written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

type Result<T> = std::result::Result<T, Failure>;

pub fn main() -> ExitCode {
    let arguments = query_args::arguments(std::env::args_os());
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(e) => return exit::usage(&e),
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
    let written = Rc::new(Cell::new(0));
    let mut context = Context {
        archive: cli.archive.filter(|dir| !dir.as_os_str().is_empty()),
        wait: Duration::from_secs(cli.wait),
        json: cli.json,
        out: BufWriter::with_capacity(
            64 << 10,
            Counted { inner: io::stdout().lock(), written: written.clone() },
        ),
        written,
        paint: Paint::new(cli.color),
        interrupted,
        complaints: 0,
        umask,
    };
    let mut result = dispatch(&mut context, &cli.command);
    // The ledger has everything that the store has, and the store what the full-text index has: the next opening builds it
    // again, and this may be the next.
    let condemned = match (&result, context.dir()) {
        (Err(Failure::Archive(pressmark::Error::Search { .. })), Ok(dir)) => {
            pressmark::search::condemn(&dir.join("search")).is_ok()
        }
        (Err(Failure::Archive(e)), Ok(dir)) if exit::store_is_to_blame(e) => {
            pressmark::archive::condemn_store(&dir, &e.to_string()).is_ok()
        }
        _ => false,
    };
    if condemned && context.written.get() == 0 && cli.command.can_be_repeated() {
        context.out = BufWriter::with_capacity(
            64 << 10,
            Counted { inner: io::stdout().lock(), written: context.written.clone() },
        );
        result = dispatch(&mut context, &cli.command);
    }
    let flushed = context.out.flush();
    let result = result.and_then(|outcome| flushed.map(|()| outcome).map_err(Failure::from));
    let code = exit::report(&mut context, result);
    // sled may hang while it closes what cannot be written, and nothing is left to be done.
    std::process::exit(code)
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
        create: bool,
        work: impl FnOnce(&mut Context, &mut Archive) -> Result<T>,
    ) -> Result<T> {
        let dir = self.dir()?;
        let mut archive = Archive::open(&dir, &Open { create, wait: self.wait })?;
        for healed in archive.healed().iter().filter(|healed| healed.is_news()) {
            self.say(&healed.to_string());
        }
        if archive.is_new() {
            self.say(&format!("made a new archive at {}", clean(&dir.to_string_lossy())));
        }
        let done = work(self, &mut archive)?;
        archive.close()?;
        Ok(done)
    }

    /// The same for commands that only read.
    fn with_reader<T>(&mut self, work: impl FnOnce(&mut Context, Reader<'_>) -> Result<T>) -> Result<T> {
        self.with_archive(false, |context, archive| {
            let reader = archive.reader()?;
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
            let reader = archive.reader()?;
            let mut found = Vec::new();
            for id in &filter.words {
                found.extend(self.resolve(&reader, id)?);
            }
            return Ok(found);
        }
        let query = filter.query(archive.reader()?.queries())?;
        let reader = self.reader_for(archive, &query)?;
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
    fn resolve(&mut self, reader: &Reader<'_>, id: &str) -> Result<Option<u64>> {
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

/// How a path is shown.
fn shown(path: &Path) -> String {
    clean(&path.to_string_lossy())
}
