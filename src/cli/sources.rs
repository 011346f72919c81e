//! `pressmark sources`

use super::args::FilterArgs;
use super::context::Context;
use super::exit::{Outcome, Result};
use super::output::terminal::grouped;
use super::output::{Cell, Column, FormatArgs, List, Style, Width};
use pressmark::{Answer, Dated, Want};
use serde_json::json;

/// List sources with their articles, captures and dates.
///
/// The dates are the first and the last of publication, and the last capture. With --silent, only the sources of which nothing came of
/// late.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// Only sources with no capture since this date: yesterday, 2days, 2025-01-28.
    #[arg(long, value_name = "DATE")]
    silent: Option<String>,
    /// Exit with 1 if there are none.
    #[arg(long)]
    exit_status: bool,
    #[command(flatten)]
    format: FormatArgs,
}

const COLUMNS: [Column; 6] = [
    Column { name: "source", width: Width::Text(32) },
    Column { name: "articles", width: Width::Number(10) },
    Column { name: "captures", width: Width::Number(10) },
    Column { name: "first", width: Width::Text(10) },
    Column { name: "last", width: Width::Text(10) },
    Column { name: "captured", width: Width::Text(10) },
];

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let mut list = List::new(context, &args.format, &COLUMNS);
    let since = args.silent.as_deref().map(|text| args.filter.flags.since("--silent", text)).transpose()?;
    let mut listed = false;
    let make = |saved: &_| args.filter.query(saved);
    list.heading(context)?;
    context.ask(&args.filter, make, |_| Want::Sources, &mut |context, piece| {
        let Answer::Source { source, articles, captures, first, last, captured } = piece else { return Ok(()) };
        let latest = captured.as_deref().and_then(Dated::parse).map(|dated| dated.at);
        if since.is_some_and(|since| latest >= Some(since)) {
            return Ok(());
        }
        listed = true;
        let number = |number: u64| Cell::new(number.to_string()).shown(grouped(number), Style::Plain);
        let date = |date: &Option<String>| {
            let date = date.as_deref().unwrap_or("");
            Cell::new(date).shown(date.get(..10).unwrap_or(date), Style::Plain)
        };
        let name = source.as_deref().unwrap_or("none");
        let cells = [Cell::new(name), number(articles), number(captures), date(&first), date(&last), date(&captured)];
        let value = json!({"source": source, "articles": articles, "captures": captures, "first": first, "last": last, "captured": captured});
        list.row(context, &cells, &value)
    })?;
    list.finish(context)?;
    Ok(if args.exit_status && !listed { Outcome::NoMatch } else { Outcome::Done })
}
