//! `pressmark count --by month --source rubryka.com`

use super::exit::Outcome;
use super::query_args::{QueryArgs, outcome};
use super::terminal::{bar, clean, columns, grouped, padded};
use super::{Context, Result};
use clap::ValueEnum;
use pressmark::answer::Group;
use pressmark::query::{By, Order};
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Count articles, or captures with --captures.
///
/// With --by, an article counts once in every group in which a capture of it matched: a story that two sources ran
/// counts for both, so groups may add up to more than there are articles.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    query: QueryArgs,
    /// In groups: source, day, week, month, year or language.
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    by: Option<ByArg>,
    /// How: table, tsv, csv or json [default: table with bars on a terminal, tsv elsewhere].
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ByArg {
    Source,
    Day,
    Week,
    Month,
    Year,
    Language,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Tsv,
    Csv,
    Json,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let terminal = context.stdout_is_terminal();
    let format = args.format.unwrap_or(if terminal { Format::Table } else { Format::Tsv });
    let make = |saved: &_| args.query.query(saved, Order::Oldest);
    context.with_query(&args.query.filter, make, |context, reader, query| {
        let asked = reader.ask(query)?;
        let Some(by) = args.by else {
            let count = asked.count()?;
            context.explain(&args.query.filter, &asked)?;
            match format {
                Format::Json => writeln!(context.out, "{}", serde_json::json!({"count": count}))?,
                _ => writeln!(context.out, "{count}")?,
            }
            return Ok(outcome(&args.query, count > 0));
        };
        let groups = asked.count_by(library(by))?;
        context.explain(&args.query.filter, &asked)?;
        match format {
            Format::Table => print_bars(context, &groups, if terminal { columns() } else { 100 })?,
            Format::Tsv => groups
                .iter()
                .try_for_each(|group| writeln!(context.out, "{}\t{}", label(group), group.count))?,
            Format::Csv => print_csv(context, by, &groups)?,
            Format::Json => {
                let rows = groups
                    .iter()
                    .map(|group| serde_json::json!({heading(by): group.key, "count": group.count}));
                writeln!(context.out, "{}", serde_json::Value::Array(rows.collect()))?;
            }
        }
        Ok(outcome(&args.query, !groups.is_empty()))
    })
}

fn library(by: ByArg) -> By {
    match by {
        ByArg::Source => By::Source,
        ByArg::Day => By::Day,
        ByArg::Week => By::Week,
        ByArg::Month => By::Month,
        ByArg::Year => By::Year,
        ByArg::Language => By::Language,
    }
}

fn heading(by: ByArg) -> &'static str {
    match by {
        ByArg::Source => "source",
        ByArg::Day => "day",
        ByArg::Week => "week",
        ByArg::Month => "month",
        ByArg::Year => "year",
        ByArg::Language => "language",
    }
}

fn label(group: &Group) -> String {
    group.key.as_deref().map_or("none".to_owned(), clean)
}

fn print_csv(context: &mut Context, by: ByArg, groups: &[Group]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(&mut context.out);
    let mut write = || {
        writer.write_record([heading(by), "count"])?;
        for group in groups {
            writer.write_record([label(group), group.count.to_string()])?;
        }
        Ok::<(), csv::Error>(writer.flush()?)
    };
    Ok(write().map_err(std::io::Error::from)?)
}

/// A line a group: label, number, bar.
pub fn print_bars(context: &mut Context, groups: &[Group], width: usize) -> Result<()> {
    let most = groups.iter().map(|group| group.count).max().unwrap_or(0);
    let labels = groups.iter().map(|group| label(group).width()).max().unwrap_or(0).min(40);
    let numbers = grouped(most).len();
    let room = width.saturating_sub(labels + numbers + 3).max(10);
    let paint = context.paint;
    for group in groups {
        let (label, number) = (padded(&label(group), labels), grouped(group.count));
        let bar = paint.bar(&bar(group.count, most, room));
        writeln!(context.out, "{label} {number:>numbers$} {bar}")?;
    }
    Ok(())
}
