//! `pressmark sources`

use super::exit::Outcome;
use super::query_args::FilterArgs;
use super::terminal::{clean, grouped, padded};
use super::{Context, Result};
use clap::ValueEnum;
use pressmark::answer::SourceSummary;
use pressmark::model::{Dated, Precision, Timestamp};
use std::io::Write;

/// List the sources: articles, captures, first and last date of publication.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// How: table, tsv or json [default: table on a terminal, tsv elsewhere].
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Tsv,
    Json,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let terminal = context.stdout_is_terminal();
    let format = args.format.unwrap_or(if terminal { Format::Table } else { Format::Tsv });
    context.with_query(&args.filter, |saved| args.filter.query(saved), |context, reader, query| {
        let asked = reader.ask(query)?;
        let sources = asked.sources()?;
        context.explain(&args.filter, &asked)?;
        match format {
            Format::Table => {
                writeln!(context.out, "{} {:>10} {:>10} {:<10} {:<10}", padded("source", 32), "articles", "captures", "first", "last")?;
                for summary in &sources {
                    let SourceSummary { articles, captures, first, last, .. } = summary;
                    let day = |at: &Option<(Timestamp, Precision)>| at.map_or("-".to_owned(), |(at, _)| at.day());
                    writeln!(context.out, "{} {:>10} {:>10} {:<10} {:<10}", padded(&name(summary), 32), grouped(*articles), grouped(*captures), day(first), day(last))?;
                }
            }
            Format::Tsv => {
                for summary in &sources {
                    let SourceSummary { articles, captures, first, last, .. } = summary;
                    writeln!(context.out, "{}\t{articles}\t{captures}\t{}\t{}", name(summary), date(first).unwrap_or("-".to_owned()), date(last).unwrap_or("-".to_owned()))?;
                }
            }
            Format::Json => {
                let rows = sources.iter().map(|summary| {
                    let SourceSummary { source, articles, captures, first, last } = summary;
                    serde_json::json!({"source": source, "articles": articles, "captures": captures, "first": date(first), "last": date(last)})
                });
                writeln!(context.out, "{}", serde_json::Value::Array(rows.collect()))?;
            }
        }
        Ok(Outcome::Done)
    })
}

fn name(summary: &SourceSummary) -> String {
    summary.source.as_ref().map_or("none".to_owned(), |source| clean(source.as_str()))
}

fn date(at: &Option<(Timestamp, Precision)>) -> Option<String> {
    at.map(|(at, precision)| Dated::print(at, precision))
}
