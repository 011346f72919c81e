//! `pressmark count --by month --source rubryka.com`

use super::args::{QueryArgs, named};
use super::context::Context;
use super::exit::{Outcome, Result};
use super::output::terminal::columns;
use super::output::{Cell, Column, Format, FormatArgs, List, Width, bars};
use pressmark::{Answer, By, Named, Order, Want};
use serde_json::json;
use std::io::Write;

/// Count articles, or captures with --captures.
///
/// With --by, an article counts once in every group in which a capture of it matched: a story that two sources ran
/// counts for both, so groups may add up to more than there are articles.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    query: QueryArgs,
    /// Group by source, day, week, month, year or language.
    #[arg(long, value_name = "WHAT", hide_possible_values = true, value_parser = named::<By>())]
    by: Option<By>,
    #[command(flatten)]
    format: FormatArgs,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let make = |saved: &_| args.query.query(saved, Order::Oldest);
    let Some(by) = args.by else {
        let mut count = 0;
        context.ask(&args.query.filter, make, |_| Want::Count, &mut |context, piece| {
            let Answer::Count(found) = piece else { return Ok(()) };
            count = found;
            match args.format.format {
                Some(Format::Json | Format::Jsonl) => writeln!(context.out, "{}", json!({"count": found}))?,
                _ => writeln!(context.out, "{found}")?,
            }
            Ok(())
        })?;
        return Ok(args.query.outcome(count > 0));
    };
    let mut groups = Vec::new();
    context.ask(&args.query.filter, make, |_| Want::Groups(by), &mut |_, piece| {
        if let Answer::Group { key, count } = piece {
            groups.push((key, count));
        }
        Ok(())
    })?;
    let label = |key: &Option<String>| key.clone().unwrap_or("none".to_owned());
    let names =
        [Column { name: by.name(), width: Width::Whole }, Column { name: "count", width: Width::Whole }];
    let mut list = List::new(context, &args.format, &names);
    if list.format() == Format::Table {
        let labelled: Vec<(String, u64)> = groups.iter().map(|(key, count)| (label(key), *count)).collect();
        let (columns, rows) = bars(&labelled, if context.stdout_is_terminal() { columns() } else { 100 });
        list = List::new(context, &args.format, &columns);
        for row in &rows {
            list.row(context, row, &())?;
        }
    } else {
        for (key, count) in &groups {
            let cells = [Cell::new(label(key)), Cell::new(count.to_string())];
            list.row(context, &cells, &json!({by.name(): key, "count": count}))?;
        }
    }
    list.finish(context)?;
    Ok(args.query.outcome(!groups.is_empty()))
}
