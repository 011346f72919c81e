//! `pressmark sources`

use super::args::FilterArgs;
use super::context::Context;
use super::exit::{Outcome, Result};
use super::output::terminal::grouped;
use super::output::{Cell, Column, FormatArgs, List, Style, Width};
use pressmark::{Answer, Want};
use serde_json::json;

/// List sources with their articles, captures and dates.
///
/// The dates are the first and the last of publication.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    format: FormatArgs,
}

const COLUMNS: [Column; 5] = [
    Column { name: "source", width: Width::Text(32) },
    Column { name: "articles", width: Width::Number(10) },
    Column { name: "captures", width: Width::Number(10) },
    Column { name: "first", width: Width::Text(10) },
    Column { name: "last", width: Width::Text(10) },
];

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let mut list = List::new(context, &args.format, &COLUMNS);
    let make = |saved: &_| args.filter.query(saved);
    list.heading(context)?;
    context.ask(&args.filter, make, |_| Want::Sources, &mut |context, piece| {
        let Answer::Source { source, articles, captures, first, last } = piece else { return Ok(()) };
        let number = |number: u64| Cell::new(number.to_string()).shown(grouped(number), Style::Plain);
        let date = |date: &Option<String>| {
            let date = date.as_deref().unwrap_or("");
            Cell::new(date).shown(date.get(..10).unwrap_or(date), Style::Plain)
        };
        let name = source.as_deref().unwrap_or("none");
        let cells = [Cell::new(name), number(articles), number(captures), date(&first), date(&last)];
        let value = json!({"source": source, "articles": articles, "captures": captures, "first": first, "last": last});
        list.row(context, &cells, &value)
    })?;
    list.finish(context)?;
    Ok(Outcome::Done)
}
