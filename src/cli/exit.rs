//! How commands end: exit codes, and errors in words with a hint at what to do.

use super::output::terminal::{ColorChoice, Paint, clean, shown};
use pressmark::Error;
use pressmark::text::likeness::nearest;
use std::error::Error as _;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// What an interrupted command ends with.
pub const INTERRUPTED: i32 = 130;

/// The result of a command.
pub type Result<T> = std::result::Result<T, Failure>;

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 0: done.
    Done,
    /// 1: nothing matched, and the exit code was to say so.
    NoMatch,
    /// 3: partly done; what was not was said on standard error.
    Partial,
    /// 12: `verify` found damage.
    Damaged,
    /// 13: something could not be looked at; what, was said.
    System,
    /// 130: interrupted, or 128 and the signal's number.
    Interrupted,
}

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// 2: the command line asks for what cannot be.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// 10, 11, 12 or 13: the archive.
    Archive(Error),
    /// 13: writing something else failed; a closed pipe is a quiet end.
    Output {
        /// What was being written: a file, or standard output.
        to: String,
        /// Why it failed.
        source: io::Error,
    },
    /// 70: a defect of pressmark.
    Defect(String),
    /// 130.
    Interrupted,
}

impl Failure {
    pub fn usage(message: &str, hint: &str) -> Failure {
        Failure::Usage { message: message.to_owned(), hint: hint.to_owned() }
    }
}

impl From<Error> for Failure {
    fn from(e: Error) -> Failure {
        if matches!(e, Error::Stopped) {
            return Failure::Interrupted;
        }
        Failure::Archive(e)
    }
}

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Failure {
        Failure::Output { to: "standard output".to_owned(), source: e }
    }
}

impl Failure {
    /// The same where what was being written is this file.
    pub fn at(self, path: &Path) -> Failure {
        match self {
            Failure::Output { source, .. } => Failure::Output { to: shown(path), source },
            failure => failure,
        }
    }
}

/// Whether building the store again from the ledger, or the full-text index from the store, would help.
pub fn is_mended_by_building(e: &Error) -> bool {
    matches!(e, Error::Store { .. } | Error::Digest { .. } | Error::Search { .. })
}

/// Says what clap says, with our exit code: help is not an error. What it repeats of the arguments is cleaned first: it is said
/// of the same arguments without anything that a terminal would obey.
pub fn usage(
    e: clap::Error,
    arguments: &[std::ffi::OsString],
    parse: impl Fn(Vec<std::ffi::OsString>) -> Option<clap::Error>,
) -> ExitCode {
    let cleaned: Vec<_> = arguments.iter().map(|argument| clean(&argument.to_string_lossy())).collect();
    let is_clean = arguments.iter().zip(&cleaned).all(|(argument, cleaned)| argument == cleaned.as_str());
    let code = if e.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
    let json = cleaned.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json");
    let e = if is_clean { Some(e) } else { parse(cleaned.into_iter().map(Into::into).collect()) };
    match e.map(sober) {
        Some(e) if json && e.use_stderr() => {
            // `error: what`, and below it what to do.
            let text = e.render().to_string();
            let (what, more) = text.split_once("\n\n").unwrap_or((&text, ""));
            let message = what.strip_prefix("error: ").unwrap_or(what).trim();
            let hint = more
                .split("Usage:")
                .next()
                .unwrap_or_default()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            say(true, Paint::new(ColorChoice::Never), (2, "usage", message.to_owned(), hint));
        }
        Some(e) => drop(e.print()),
        None => drop(writeln!(io::stderr(), "error: the arguments hold control characters")),
    }
    code
}

/// Without tips at what is hardly alike, and with one where a file stands in the place of a command.
fn sober(mut e: clap::Error) -> clap::Error {
    use clap::error::{ContextKind, ContextValue};
    const ALIKE: f64 = 0.85;
    // Clap counts among what was used, and so as needed, what a variable says.
    if let Some(ContextValue::StyledStr(usage)) = e.get(ContextKind::Usage) {
        let without = usage.to_string().replace("--archive <DIR> ", "");
        e.insert(ContextKind::Usage, ContextValue::StyledStr(without.into()));
    }
    let pairs = [
        (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand),
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
    ];
    for (given, tip) in pairs {
        let text = |value: &ContextValue| match value {
            ContextValue::String(text) => vec![text.clone()],
            ContextValue::Strings(texts) => texts.clone(),
            _ => Vec::new(),
        };
        let Some(word) = e.get(given).map(text).and_then(|mut given| given.pop()) else { continue };
        if given == ContextKind::InvalidSubcommand && (Path::new(&word).exists() || word.contains("://")) {
            let tip = format!("a file is taken in by 'pressmark ingest {word}'");
            e.remove(ContextKind::SuggestedSubcommand);
            e.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
            continue;
        }
        let tips = e.get(tip).map(text).unwrap_or_default();
        // Hyphens are no likeness.
        fn bare(text: &str) -> &str {
            text.trim_start_matches('-')
        }
        let best =
            nearest(bare(&word), tips.iter().map(|tip| bare(tip))).filter(|(alike, _)| *alike >= ALIKE);
        e.remove(tip);
        if let Some(best) = best.and_then(|(_, best)| tips.iter().find(|tip| bare(tip) == best)).cloned() {
            let one = if tip == ContextKind::SuggestedArg {
                ContextValue::String(best)
            } else {
                ContextValue::Strings(vec![best])
            };
            e.insert(tip, one);
        }
    }
    e
}

/// Prints what there is to say and returns the exit code.
pub fn report(json: bool, paint: Paint, result: Result<Outcome>) -> i32 {
    let failure = match result {
        Ok(Outcome::Done) => return 0,
        Ok(Outcome::NoMatch) => return 1,
        Ok(Outcome::Partial) => return 3,
        Ok(Outcome::Damaged) => return 12,
        Ok(Outcome::System) => return 13,
        Ok(Outcome::Interrupted) | Err(Failure::Interrupted) => return INTERRUPTED,
        Err(Failure::Output { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => return 0,
        Err(failure) => failure,
    };
    say(json, paint, describe(&failure))
}

/// Prints an error: code, kind, message, hint.
fn say(json: bool, paint: Paint, (code, kind, message, hint): (i32, &'static str, String, String)) -> i32 {
    let mut err = io::stderr().lock();
    let _ = if json {
        let error = serde_json::json!({"message_type": "error", "code": code, "kind": kind, "message": message, "hint": hint});
        writeln!(err, "{error}")
    } else {
        let label = paint.error("error:");
        let hint = if hint.is_empty() { hint } else { format!("\n{} {hint}", paint.dim("hint:")) };
        writeln!(err, "{label} {message}{hint}")
    };
    code
}

fn describe(failure: &Failure) -> (i32, &'static str, String, String) {
    let e = match failure {
        Failure::Usage { message, hint } => return (2, "usage", message.clone(), hint.clone()),
        Failure::Output { to, source } => {
            let message = format!("cannot write {to}: {}", short(source));
            return (13, "system", message, "run it again when that is mended".to_owned());
        }
        Failure::Defect(what) => {
            let message = format!("a defect of pressmark: {}", clean(what));
            return (70, "defect", message, "what was acknowledged is safe; please report it".to_owned());
        }
        Failure::Interrupted => return (INTERRUPTED, "interrupted", "interrupted".to_owned(), String::new()),
        Failure::Archive(e) => e,
    };
    let mut message = in_words(e);
    let (code, kind, hint) = match e {
        Error::NoArchive { .. } => {
            (10, "no-archive", "pressmark ingest makes one; --archive DIR or PRESSMARK_ARCHIVE names another")
        }
        Error::NotAnArchive { .. } => (10, "no-archive", "name another directory with --archive DIR"),
        Error::Foreign { .. } => (
            10,
            "foreign",
            "nothing was opened; if you know where it comes from, put there what it stands for",
        ),
        Error::Format { .. } | Error::Later { .. } => {
            (10, "format", "use the pressmark that wrote it, or a later one")
        }
        Error::Locked { .. } => (11, "locked", "--wait SECS waits longer"),
        Error::Stopped => (INTERRUPTED, "interrupted", ""),
        Error::Holder { .. } => {
            (13, "holder", "the process that holds the archive said so; ask again when it has ended")
        }
        Error::Ledger { .. } => {
            (12, "damaged", "pressmark verify says more; pressmark repair mends what the store still has")
        }
        Error::Store { .. } | Error::Digest { .. } => (
            12,
            "damaged",
            "the next command builds the store again from the ledger; pressmark verify checks both",
        ),
        Error::Search { .. } => {
            (12, "damaged", "pressmark reindex --search makes it again; nothing is lost with it")
        }
        Error::Costly { .. } => {
            (2, "usage", "ask for fewer things at once, or for longer starts of words (port* not p*)")
        }
        Error::Unanswerable { .. } => (2, "usage", "ask for less, or leave --zeros out"),
        Error::Request { .. } => (2, "usage", "ask a later pressmark"),
        Error::Ambiguous { .. } => (2, "ambiguous", "give more digits"),
        Error::Original { .. } => (
            12,
            "damaged",
            "pressmark verify --read-data names all of them; pressmark repair sets them aside",
        ),
        Error::Io { source, .. } => (13, "system", system_hint(source)),
        Error::ReadOnly { .. } => (13, "system", "run it where the archive can be written"),
        Error::Poisoned => (13, "system", "what was acknowledged is safe; run it again when that is mended"),
    };
    if let Error::Ambiguous { candidates, .. } = e {
        for (digest, headline) in candidates {
            message.push_str(&format!("\n  {}  {}", digest.short(16), clean(headline)));
        }
        if candidates.len() >= 10 {
            message.push_str("\n  …");
        }
    }
    (code, kind, message, hint.to_owned())
}

fn system_hint(e: &io::Error) -> &'static str {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match e.kind() {
        StorageFull | QuotaExceeded => {
            "make room and run it again: what was acknowledged is safe; to read, --scratch DIR names a place on another disk"
        }
        ReadOnlyFilesystem | PermissionDenied => {
            "run it where the archive can be written; to read, --scratch DIR names a place that can be"
        }
        _ => "what was acknowledged is safe; run it again when that is mended",
    }
}

/// What went wrong and why, for people.
pub fn in_words(e: &Error) -> String {
    let mut message = clean(&e.to_string());
    if let Some(cause) = e.source() {
        message.push_str(&format!(": {}", clean(&short(cause))));
    }
    message
}

/// A cause without the system's number.
fn short(e: &(impl std::fmt::Display + ?Sized)) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// A place that cannot be is the user's mistake; what the system refuses is not.
pub fn refused(e: io::Error, path: &Path, hint: &str) -> Failure {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, IsADirectory, NotADirectory, NotFound};
    match e.kind() {
        NotFound | NotADirectory | IsADirectory | AlreadyExists | InvalidFilename => {
            Failure::usage(&format!("cannot write {}: {e}", shown(path)), hint)
        }
        _ => Failure::from(e).at(path),
    }
}
