//! The commands: one file each, an `Args` and a `run`. Everything they print goes through [`Context`]: data to standard
//! output, talk to standard error.

mod args;
mod cat;
mod completions;
mod config;
mod context;
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
mod reextract;
mod reindex;
mod repair;
mod rm;
mod search;
mod set;
mod settings;
mod show;
mod sources;
mod stats;
mod tag;
mod verify;
mod why;

use clap::{CommandFactory, Parser, Subcommand};
use context::Context;
use exit::{Failure, Outcome, Result};
use output::Output;
use output::terminal::{ColorChoice, Paint};
use settings::{Name, Settings};
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// An archive of news articles: each kept once, found by date, source and words, exported for scripts.
#[derive(Parser)]
#[command(name = "pressmark", version, max_term_width = 100, after_help = AFTER_HELP, styles = STYLES)]
struct Cli {
    /// The archive's directory [default: pressmark in the user's data directory].
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR", env = "PRESSMARK_ARCHIVE", hide_env_values = true, value_parser = path())]
    archive: Option<PathBuf>,
    /// Wait up to SECS seconds for a process that does not answer, or for the archive itself [default: 60; an ingest its turn].
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "SECS", env = "PRESSMARK_WAIT", hide_env_values = true)]
    wait: Option<u32>,
    /// Build indexes in DIR to read an archive that cannot be written; none keeps nothing [default: pressmark in the user's cache].
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR|none", env = "PRESSMARK_SCRATCH", hide_env_values = true, value_parser = path())]
    scratch: Option<PathBuf>,
    /// Errors and progress on standard error as JSON, an object a line.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
    /// Say nothing that is not a complaint: no notes, hints and counts, no progress.
    #[arg(short, long, global = true, help_heading = EVERYWHERE, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more: how a query was answered, what became of each input.
    #[arg(short, long, global = true, help_heading = EVERYWHERE)]
    verbose: bool,
    /// Do not show long answers by a pager, even on a terminal.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    no_pager: bool,
    /// Colours: auto, always or never.
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "WHEN", default_value = "auto", hide_possible_values = true, value_parser = args::named::<ColorChoice>())]
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
 10  no archive here              130  interrupted (143 by SIGTERM)
Dates are UTC (--tz); a date means the whole of it; ranges include both ends.
Commands that find articles all take the same query: pressmark help query.";

#[derive(Subcommand)]
enum Command {
    #[command(alias = "add", alias = "import")]
    Ingest(ingest::Args),
    #[command(alias = "ls")]
    List(list::Args),
    Count(count::Args),
    Export(export::Args),
    #[command(alias = "get", alias = "view")]
    Show(show::Args),
    Cat(cat::Args),
    #[command(alias = "find", alias = "grep")]
    Search(search::Args),
    Why(why::Args),
    Has(has::Args),
    Tag(tag::Args),
    Set(set::Args),
    #[command(alias = "remove", alias = "delete")]
    Rm(rm::Args),
    Query(query::Args),
    Sources(sources::Args),
    Stats(stats::Args),
    Log(log::Args),
    Verify(verify::Args),
    Repair(repair::Args),
    Reindex(reindex::Args),
    Config(config::Args),
    Extract(extract::Args),
    Reextract(reextract::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    /// Whether its answer is for reading.
    fn is_paged(&self) -> bool {
        use Command::*;
        matches!(
            self,
            List(_)
                | Search(_)
                | Count(_)
                | Show(_)
                | Why(_)
                | Sources(_)
                | Stats(_)
                | Log(_)
                | Tag(_)
                | Query(_)
        )
    }

    /// Whether it would do the same when run once more: standard input is read once.
    fn can_be_repeated(&self) -> bool {
        match self {
            Command::Ingest(args) => !args.reads_stdin(),
            Command::Has(args) => !args.reads_stdin(),
            Command::Verify(_) | Command::Repair(_) | Command::Rm(_) => false,
            _ => true,
        }
    }
}

pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let parse = |arguments: Vec<OsString>| {
        args::words::arguments(arguments.into_iter(), &Cli::command()).and_then(Cli::try_parse_from)
    };
    let cli = match parse(arguments.clone()) {
        Ok(cli) => cli,
        Err(e) => return exit::usage(e, &arguments, |arguments| parse(arguments).err()),
    };
    let (interrupted, signal) = signals();
    silence();
    let umask = private_files();
    let archive_said = cli.archive.filter(|dir| !dir.as_os_str().is_empty());
    let settings = match Settings::of_user() {
        Ok(settings) => settings,
        Err(failure) => {
            exit::report(cli.json, Paint::new(cli.color), Err(failure));
            return ExitCode::from(2);
        }
    };
    let archive = archive_said.clone().or_else(|| settings.get(Name::Archive).map(|(dir, _)| dir.into()));
    let settings = match context::dir(archive.as_deref()) {
        Ok(dir) => settings.with_archive(&dir),
        Err(_) => settings,
    };
    let wait = cli.wait.or_else(|| settings.get(Name::Wait)?.0.parse().ok()).unwrap_or(60);
    let paged = cli.command.is_paged() && !cli.no_pager && io::stdout().is_terminal();
    settings::hold(settings);
    let mut context = Context {
        archive,
        archive_said,
        wait_said: cli.wait,
        held: Default::default(),
        wait: Duration::from_secs(wait.into()),
        scratch: cli.scratch.filter(|dir| !dir.as_os_str().is_empty()),
        json: cli.json,
        quiet: cli.quiet,
        verbose: cli.verbose,
        out: Output::new(io::stdout().lock(), paged),
        paint: Paint::new(cli.color),
        interrupted,
        condemned: false,
        complaints: 0,
        umask,
        shared: matches!(&cli.command, Command::Ingest(args) if args.is_shared()),
    };
    settings::settings().complaints.iter().for_each(|complaint| context.say(complaint));
    let mut result = guarded(&mut context, &cli.command);
    // What gave a wrong answer is built again by the next opening, and this may be the next.
    let condemned = std::mem::take(&mut context.condemned);
    if condemned && cli.command.can_be_repeated() && context.out.take_back() {
        context.complaints = 0;
        result = guarded(&mut context, &cli.command);
    }
    // The archive is closed: somebody may read for an hour.
    let flushed = context.out.end();
    context.say_held();
    let result = result.and_then(|outcome| flushed.map(|()| outcome).map_err(Failure::from));
    let code = match exit::report(context.json, context.paint, result) {
        exit::INTERRUPTED => 128 + signal.load(Ordering::Relaxed) as i32,
        code => code,
    };
    // sled may hang while it closes what cannot be written, and nothing is left to be done.
    std::process::exit(code)
}

/// Whether the user has had enough, and by which signal that was said. The second one does not wait for anything.
fn signals() -> (Arc<AtomicBool>, Arc<AtomicUsize>) {
    use signal_hook::consts::{SIGINT, SIGTERM};
    #[cfg(unix)]
    let all = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
    #[cfg(not(unix))]
    let all = [SIGINT, SIGTERM];
    let (interrupted, signal) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(SIGINT as usize)));
    for one in all {
        let heard = signal_hook::flag::register_conditional_shutdown(one, 128 + one, interrupted.clone())
            .and_then(|_| signal_hook::flag::register_usize(one, signal.clone(), one as usize))
            .and_then(|_| signal_hook::flag::register(one, interrupted.clone()));
        debug_assert!(heard.is_ok(), "these can be heard");
    }
    (interrupted, signal)
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

/// Keeps the panic hook from printing the panics of the libraries below the archive, which become errors of it.
fn silence() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info: &std::panic::PanicHookInfo<'_>| {
        if !info.location().is_some_and(|at| pressmark::bytes::panics::is_theirs(at.file())) {
            report(info);
        }
    }));
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
        Command::Set(args) => set::run(context, args),
        Command::Rm(args) => rm::run(context, args),
        Command::Query(args) => query::run(context, args),
        Command::Sources(args) => sources::run(context, args),
        Command::Stats(args) => stats::run(context, args),
        Command::Log(args) => log::run(context, args),
        Command::Verify(args) => verify::run(context, args),
        Command::Repair(args) => repair::run(context, args),
        Command::Reindex(args) => reindex::run(context, args),
        Command::Config(args) => config::run(context, args),
        Command::Extract(args) => extract::run(context, args),
        Command::Reextract(args) => reextract::run(context, args),
        Command::Completions(args) => completions::run(context, args, Cli::command()),
        Command::Man(args) => man::run(context, args, Cli::command()),
    }
}
