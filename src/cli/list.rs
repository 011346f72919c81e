//! `pressmark list --source rubryka.com --since 2025-01`

use super::args::QueryArgs;
use super::context::Context;
use super::exit::{Outcome, Result};
use super::output::terminal::grouped;
use super::output::{Cell, Column, Format, FormatArgs, List, Style, Width};
use pressmark::{Answer, Order, Want};

/// List articles, newest first.
///
/// The table cuts headlines to the width of the terminal and ends each row with the digits that name the article; the other
/// formats have everything: date, source, headline, digest. An empty value is a dash in tsv.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    query: QueryArgs,
    #[command(flatten)]
    format: FormatArgs,
}

const COLUMNS: [Column; 4] = [
    Column { name: "date", width: Width::Text(11) },
    Column { name: "source", width: Width::Text(22) },
    Column { name: "headline", width: Width::Rest },
    Column { name: "digest", width: Width::Whole },
];

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let mut list = List::new(context, &args.format, &COLUMNS);
    let digits = list.format() == Format::Table;
    let mut captures = false;
    let make = |saved: &_| args.query.query(saved, Order::Newest);
    let want = |query: &pressmark::Query| {
        captures = query.captures;
        Want::Rows { digits, snippets: false }
    };
    let end = context.ask(&args.query.filter, make, want, &mut |context, piece| {
        let Answer::Row(row) = piece else { return Ok(()) };
        let headline = if row.headline.is_empty() { "(no headline)" } else { &row.headline };
        let tags: String = row.tags.iter().map(|tag| format!("[{tag}] ")).collect();
        let short = &row.digest[..row.digits.unwrap_or(row.digest.len())];
        let cells = [
            Cell::new(row.when.text()).shown(row.when.day(), Style::Date),
            Cell::new(row.source.as_deref().unwrap_or("")),
            Cell::new(&row.headline).shown(tags + headline, Style::Plain),
            Cell::new(&row.digest).shown(short, Style::Digest),
        ];
        list.row(context, &cells, &row)
    })?;
    list.finish(context)?;
    if context.stdout_is_terminal() {
        context.say(&format!("{} {}", grouped(end.count), if captures { "captures" } else { "articles" }));
    }
    Ok(args.query.outcome(end.count > 0))
}
