//! `pressmark log --after 12000`, `pressmark log --head`

use super::args::{FilterArgs, place};
use super::context::Context;
use super::exit::{Failure, Outcome, Result};
use super::output::terminal::clean;
use super::output::{Cell, Column, Format, FormatArgs, List, Style, Width};
use pressmark::{Answer, Order, Want};
use std::io::Write;

/// List everything in order of arrival: captures, tags and more.
///
/// Captures, tags, corrections, saved queries: seq, time, source, headline, digest. With a query, captures alone. The head is the state of the archive: a hash
/// over everything in it, in order. Two archives with the same head hold the same captures; a paper can cite it.
#[derive(clap::Args)]
pub struct Args {
    /// Continue after this place: a seq; 0 is before the first.
    #[arg(long, value_name = "PLACE", default_value = "0", hide_default_value = true)]
    after: String,
    /// Show at most N; 0 is no limit.
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<u64>,
    /// Print the last seq and the head instead.
    #[arg(long, conflicts_with_all = ["after", "limit", "format"])]
    head: bool,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    format: FormatArgs,
}

const COLUMNS: [Column; 5] = [
    Column { name: "seq", width: Width::Number(8) },
    Column { name: "at", width: Width::Text(20) },
    Column { name: "source", width: Width::Text(20) },
    Column { name: "headline", width: Width::Rest },
    Column { name: "digest", width: Width::Whole },
];

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    if args.head {
        return context.with_session(|context, session| {
            let facts = session.facts();
            writeln!(context.out, "{}\t{}", facts.next_seq - 1, facts.head)?;
            Ok(Outcome::Done)
        });
    }
    let after = place(&args.after)?;
    if after.order != Order::Arrival {
        return Err(Failure::usage(
            "--after is a place in a list of another order",
            "log takes a seq, as its first column has it",
        ));
    }
    let make = |saved: &_| {
        let mut query = args.filter.query(saved)?;
        query.limit = args.limit.filter(|limit| *limit > 0);
        Ok(query)
    };
    let mut list = List::new(context, &args.format, &COLUMNS);
    let shortened = list.format() == Format::Table && context.stdout_is_terminal();
    context.ask(&args.filter, make, |_| Want::Log { after: after.seq }, &mut |context, piece| {
        let Answer::Entry(entry) = piece else { return Ok(()) };
        // What is no capture says what it is where captures have their source.
        let is_capture = entry.what == "capture";
        let source = if is_capture { entry.source.as_deref().unwrap_or("") } else { &entry.what };
        let digest = entry.digest.as_deref().unwrap_or("");
        let short = if shortened && is_capture { digest.get(..16).unwrap_or(digest) } else { digest };
        let cells = [
            Cell::new(entry.seq.to_string()),
            Cell::new(entry.at.as_deref().unwrap_or("")),
            Cell::new(source),
            Cell::new(clean(entry.text.as_deref().unwrap_or(""))),
            Cell::new(digest).shown(short, Style::Digest),
        ];
        list.row(context, &cells, &entry)
    })?;
    list.finish(context)?;
    Ok(Outcome::Done)
}
