//! `pressmark has https://rubryka.com/article/1` or `… | pressmark has --stdin`

use super::context::Context;
use super::exit::{self, Failure, Outcome, Result};
use super::output::terminal::clean;
use pressmark::{Answer, Error, Prefix, Query, Request, Session, Want};
use std::io::{BufRead, Write};
use std::sync::Arc;

/// Check whether articles are here, by digest or URL.
///
/// A URL is found however it is spelled: scheme, www., tracking parameters and fragments do not count. Exits with 0 if
/// all are there and with 1 if not; --quiet prints none of them.
#[derive(clap::Args)]
pub struct Args {
    /// Digests, or digits that begin one, or URLs.
    #[arg(value_name = "ID|URL", required_unless_present = "stdin", conflicts_with = "stdin")]
    what: Vec<String>,
    /// Read them from standard input, one a line.
    #[arg(long)]
    stdin: bool,
    /// Print those that are missing instead of those that are there.
    #[arg(long)]
    missing: bool,
}

impl Args {
    pub fn reads_stdin(&self) -> bool {
        self.stdin
    }
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    context.with_session(|context, session| {
        let mut all = true;
        let mut ask = |context: &mut Context, what: &str| {
            let there = match has(session, what) {
                Err(Failure::Archive(e @ Error::Ambiguous { .. })) => {
                    context.complain(&format!("{}; give more digits", exit::in_words(&e)));
                    return Ok(());
                }
                there => there?,
            };
            all &= there;
            if !context.quiet && there != args.missing {
                writeln!(context.out, "{}", clean(what))?;
            }
            Ok::<(), Failure>(())
        };
        for what in &args.what {
            if let Err(neither) = named(what) {
                return Err(Failure::usage(&neither, HINT));
            }
        }
        for what in &args.what {
            ask(context, what.trim())?;
        }
        if args.stdin {
            for (number, line) in std::io::stdin().lock().split(b'\n').enumerate() {
                let line =
                    line.map_err(|e| Failure::usage(&format!("standard input cannot be read: {e}"), ""))?;
                match std::str::from_utf8(&line) {
                    Ok(line) if line.trim().is_empty() => {}
                    Ok(line) => match named(line.trim()) {
                        Ok(()) => ask(context, line.trim())?,
                        // The others may be fine.
                        Err(neither) => context.complain(&format!("line {}: {neither}; {HINT}", number + 1)),
                    },
                    Err(_) => {
                        context.complain(&format!(
                            "line {}: it is not UTF-8; give a digest or a URL a line",
                            number + 1
                        ));
                    }
                }
            }
        }
        Ok(match context.outcome() {
            Outcome::Done if !all => Outcome::NoMatch,
            outcome => outcome,
        })
    })
}

const HINT: &str = "a digest is named by 4 to 64 hexadecimal digits";

/// Whether it can name anything.
fn named(what: &str) -> std::result::Result<(), String> {
    let can = what.parse::<Prefix>().is_ok() || what.contains(['.', '/', ':']);
    if can { Ok(()) } else { Err(format!("'{}' is neither a digest nor a URL", clean(what))) }
}

/// What can be a digest is one; everything else is a URL.
fn has(session: &Arc<Session>, what: &str) -> Result<bool> {
    let request = Request::new(Query::default(), Want::Has(vec![what.to_owned()]));
    let first = session.answer(&request)?.next().transpose()?;
    Ok(matches!(first, Some(Answer::Has { there: true, .. })))
}
