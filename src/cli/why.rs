//! `pressmark why 3f2a9c01 'Одеса порт date:2025'`

use super::args::{FilterArgs, named};
use super::context::{Context, prefix};
use super::exit::{Failure, Outcome, Result};
use super::output::Format;
use super::output::terminal::clean;
use pressmark::{Answer, Verdict, Want};
use std::io::Write;

/// Explain why an article matches a query, or why not.
///
/// Condition by condition, with the words, dates and names that the article has. Exits with 0 if it matches and with 1 if it does not.
#[derive(clap::Args)]
pub struct Args {
    /// Digits that begin the article's digest; four or more.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    filter: FilterArgs,
    /// Output format: text or json.
    #[arg(short, long, value_name = "FORMAT", default_value = "text", hide_possible_values = true, value_parser = named::<Format>())]
    format: Format,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    if args.filter.is_empty() {
        return Err(Failure::usage("which query?", "pressmark why ID QUERY"));
    }
    prefix(&args.id)?;
    let mut outcome = Outcome::Partial;
    let make = |saved: &_| args.filter.query(saved);
    context.ask(&args.filter, make, |_| Want::Why(args.id.clone()), &mut |context, piece| {
        let Answer::Why(why) = piece else {
            context.complain_of_missing(&args.id);
            return Ok(());
        };
        outcome = if why.matches { Outcome::Done } else { Outcome::NoMatch };
        if matches!(args.format, Format::Json | Format::Jsonl) {
            return Ok(writeln!(
                context.out,
                "{}",
                serde_json::to_string(&why).map_err(std::io::Error::from)?
            )?);
        }
        let says = if why.matches { "matches" } else { "does not match" };
        writeln!(
            context.out,
            "{} {says}: {}",
            context.paint.digest(&why.digest[..16]),
            clean(&why.headline)
        )?;
        for Verdict { condition, negated, holds, found } in &why.conditions {
            let (mark, no) = (if holds == negated { "no " } else { "yes" }, if *negated { "-" } else { "" });
            writeln!(context.out, "  {mark} {no}{}  {}", clean(condition), clean(found))?;
        }
        if why.not_in_one_capture {
            writeln!(context.out, "  no single capture fulfils all of it")?;
        }
        Ok(())
    })?;
    Ok(outcome)
}
