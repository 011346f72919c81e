//! `pressmark has https://rubryka.com/article/1` or `… | pressmark has --stdin`

use super::context::Context;
use super::exit::{Failure, Outcome, Result};
use super::output::terminal::clean;
use pressmark::{Answer, Prefix, Query, Request, Snapshot, Want, answer};
use std::io::{BufRead, Write};

/// Check whether articles are here, by digest or URL.
///
/// A URL is found however it is spelled: scheme, www., tracking parameters and fragments do not count. Exits with 0 if
/// all are there and with 1 if not.
#[derive(clap::Args)]
pub struct Args {
    /// Digests, or digits that begin one, or URLs.
    #[arg(value_name = "ID|URL", required_unless_present = "stdin", conflicts_with = "stdin")]
    what: Vec<String>,
    /// Read them from standard input, one a line.
    #[arg(long)]
    stdin: bool,
    /// Print those that are missing instead of those that are there.
    #[arg(long, conflicts_with = "quiet")]
    missing: bool,
    /// Print nothing; the exit code says it.
    #[arg(short, long)]
    quiet: bool,
}

impl Args {
    pub fn reads_stdin(&self) -> bool {
        self.stdin
    }
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    context.with_reader(|context, snapshot| {
        let mut all = true;
        let mut ask = |context: &mut Context, what: &str| {
            let there = has(&snapshot, what)?;
            all &= there;
            if !args.quiet && there != args.missing {
                writeln!(context.out, "{}", clean(what))?;
            }
            Ok::<(), Failure>(())
        };
        for what in &args.what {
            ask(context, what.trim())?;
        }
        if args.stdin {
            for line in std::io::stdin().lock().lines() {
                let line = line.map_err(|e| {
                    Failure::usage(&format!("standard input: {e}"), "give a digest or a URL a line, as UTF-8")
                })?;
                if !line.trim().is_empty() {
                    ask(context, line.trim())?;
                }
            }
        }
        Ok(if all { Outcome::Done } else { Outcome::NoMatch })
    })
}

/// What can be a digest is one; everything else is a URL.
fn has(snapshot: &Snapshot, what: &str) -> Result<bool> {
    if what.parse::<Prefix>().is_err() && !what.contains(['.', '/', ':']) {
        return Err(Failure::usage(
            &format!("'{}' is neither a digest nor a URL", clean(what)),
            "a digest is named by 4 to 64 hexadecimal digits",
        ));
    }
    let request = Request::new(Query::default(), Want::Has(vec![what.to_owned()]));
    let first = answer(snapshot, &request)?.next().transpose()?;
    Ok(matches!(first, Some(Answer::Has { there: true, .. })))
}
