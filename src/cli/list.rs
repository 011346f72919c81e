//! `pressmark list --source rubryka.com --since 2025-01`

use super::exit::Outcome;
use super::query_args::{QueryArgs, outcome};
use super::terminal::{clean, columns, cut, grouped, padded};
use super::{Context, Result};
use clap::ValueEnum;
use pressmark::answer::Hit;
use pressmark::archive::Snapshot;
use pressmark::export::escape;
use pressmark::model::Dated;
use pressmark::query::{DateField, Order, Query};
use pressmark::store::SourceNames;
use std::io::Write;

/// List articles, newest first.
///
/// On a terminal a table: date, source, headline cut to the width, and the digits that name the article. Otherwise a line
/// an article, uncut, separated by tabs: date, source, headline, digest. An empty column is a dash.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    query: QueryArgs,
    /// How: table, tsv, csv or jsonl [default: table on a terminal, tsv elsewhere].
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Tsv,
    Csv,
    Jsonl,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let terminal = context.stdout_is_terminal();
    let format = args.format.unwrap_or(if terminal { Format::Table } else { Format::Tsv });
    let make = |saved: &_| args.query.query(saved, Order::Newest);
    context.with_query(&args.query.filter, make, |context, reader, query| {
        let names = reader.names()?;
        let width = if terminal { columns() } else { usize::MAX };
        let (mut count, mut last) = (0u64, None);
        let asked = reader.ask(query)?;
        let mut hits = asked.hits()?;
        for hit in hits.by_ref() {
            if context.interrupted() {
                return Ok(Outcome::Interrupted);
            }
            let hit = hit?;
            count += 1;
            last = Some(hit);
            match format {
                Format::Table => table_row(context, &reader, &names, &hit, width)?,
                Format::Jsonl => {
                    let row = reader.row(hit.article)?;
                    let mut value = dates(&hit, query.date_field);
                    value["source"] = names.name(hit.source).map(|name| name.as_str()).into();
                    value["headline"] = row.headline.into();
                    value["language"] = row.language.map(|language| language.to_string()).into();
                    value["digest"] = row.digest.to_string().into();
                    value["seq"] = hit.seq.into();
                    json_line(context, &value)?;
                }
                Format::Tsv | Format::Csv => plain_row(context, &reader, &names, &hit, format)?,
            }
        }
        if terminal {
            context.out.flush()?;
            context.say(&format!(
                "{} {}",
                grouped(count),
                if query.captures { "captures" } else { "articles" }
            ));
        }
        if let Some(last) = last
            && hits.has_more()?
        {
            say_cursor(context, &last, query, &names);
        }
        context.explain(&args.query.filter, &asked)?;
        Ok(outcome(&args.query, count > 0))
    })
}

/// Says where a page ended, so that the next one can begin there.
pub fn say_cursor(context: &Context, last: &Hit, query: &Query, names: &SourceNames) {
    let source = names.name(last.source).map(|name| name.as_str());
    let cursor = last.cursor(query.order, source).to_string();
    if context.wants_json() {
        context.status(&serde_json::json!({"message_type": "page", "after": cursor}));
    } else {
        context.say(&format!("there are more: --after {cursor}"));
    }
}

/// The date of a hit, as precisely as it is known.
pub fn date(hit: &Hit) -> String {
    let date = hit.at.map(|at| Dated::print(at, hit.precision)).unwrap_or_default();
    if hit.suspect { format!("{date}?") } else { date }
}

/// The date of a hit by the names that it has in every output.
pub fn dates(hit: &Hit, field: DateField) -> serde_json::Value {
    if field == DateField::Captured {
        return serde_json::json!({"captured": hit.at.map(|at| at.to_string())});
    }
    serde_json::json!({
        "published": hit.at.map(|at| Dated::print(at, hit.precision)), "published_at": hit.at.map(|at| at.to_string()),
        "published_day": hit.at.map(|at| at.day()), "suspect": hit.suspect})
}

/// Writes a value as a line that steers no terminal.
pub fn json_line(context: &mut Context, value: &serde_json::Value) -> Result<()> {
    let mut line = escape(value.to_string().into_bytes());
    line.push(b'\n');
    Ok(context.out.write_all(&line)?)
}

fn table_row(
    context: &mut Context,
    reader: &Snapshot,
    names: &SourceNames,
    hit: &Hit,
    width: usize,
) -> Result<()> {
    let row = reader.row(hit.article)?;
    let digits = reader.digits_needed(&row.digest, 8)?;
    let day = hit.at.map_or("-".to_owned(), |at| at.day()) + if hit.suspect { "?" } else { "" };
    let source = names.name(hit.source).map_or("-".to_owned(), |name| clean(name.as_str()));
    let left = width.saturating_sub(11 + 1 + 22 + 1 + 1 + digits.max(8));
    let headline = if row.headline.is_empty() { "(no headline)".to_owned() } else { clean(&row.headline) };
    let headline = if width == usize::MAX { cut(&headline, usize::MAX) } else { padded(&headline, left) };
    let paint = context.paint;
    let (day, digest) = (paint.date(&padded(&day, 11)), paint.digest(&row.digest.short(digits)));
    Ok(writeln!(context.out, "{day} {} {headline} {digest}", padded(&source, 22))?)
}

fn plain_row(
    context: &mut Context,
    reader: &Snapshot,
    names: &SourceNames,
    hit: &Hit,
    format: Format,
) -> Result<()> {
    let row = reader.row(hit.article)?;
    let source = names.name(hit.source).map_or("", |name| name.as_str());
    let date = date(hit);
    let digest = row.digest.to_string();
    match format {
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(&mut context.out);
            writer
                .write_record([&date, source, &clean(&row.headline), &digest])
                .and_then(|()| Ok(writer.flush()?))
                .map_err(std::io::Error::from)?;
        }
        Format::Tsv | Format::Table | Format::Jsonl => {
            let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { clean(text) };
            writeln!(
                context.out,
                "{}\t{}\t{}\t{digest}",
                or_dash(&date),
                or_dash(source),
                or_dash(&row.headline)
            )?;
        }
    }
    Ok(())
}
