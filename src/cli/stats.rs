//! `pressmark stats`

use super::args::FilterArgs;
use super::args::named;
use super::context::{Access, Context};
use super::exit::{Outcome, Result};
use super::output::terminal::{bytes, clean, grouped, padded, shown};
use super::output::{Format, print_bars};
use pressmark::{Answer, By, Grouping, Query, Request, Session, Totals, Want};
use std::io::Write;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// Show what is in the archive and what it takes on disk.
///
/// With a query, what there is of its answer.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// Only the bytes on disk.
    #[arg(long, conflicts_with_all = ["words", "source", "since", "until", "language", "undated"])]
    disk: bool,
    /// Output format: text, or json for one object.
    #[arg(short, long, value_name = "FORMAT", default_value = "text", hide_possible_values = true, value_parser = named::<Format>())]
    format: Format,
}

/// More months than this are shown as years.
const MONTHS_MAX: usize = 36;

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    if !args.filter.is_empty() {
        let make = |saved: &_| args.filter.query(saved);
        context.with_query(&args.filter, make, |context, session, query| {
            let found =
                Stats::of(context, session, query, args.filter.flags.zone(), context.explains(&args.filter))?;
            if matches!(args.format, Format::Json | Format::Jsonl) {
                return Ok(writeln!(context.out, "{}", serde_json::Value::Object(found.json()))?);
            }
            found.print_totals(context)?;
            found.print_span(context)?;
            found.print_groups(context)
        })?;
        return Ok(Outcome::Done);
    }
    let dir = context.dir()?;
    context.with_archive(Access::Read, |context, archive| {
        let (uuid, parts, session) = (archive.uuid()?, archive.disk_bytes()?, archive.session()?);
        let (facts, whole) = (session.facts(), parts.values().sum::<u64>());
        if matches!(args.format, Format::Json | Format::Jsonl) {
            let mut stats =
                Stats::of(context, &session, &Query::default(), args.filter.flags.zone(), false)?.json();
            stats.insert("uuid".to_owned(), uuid.to_string().into());
            stats.insert("text_bytes".to_owned(), facts.text_bytes.into());
            stats.insert("head".to_owned(), facts.head.clone().into());
            stats.insert("disk_bytes".to_owned(), serde_json::json!(parts));
            return Ok(writeln!(context.out, "{}", serde_json::Value::Object(stats))?);
        }
        writeln!(context.out, "archive    {} ({uuid})", shown(&dir))?;
        let found = if args.disk {
            None
        } else {
            Some(Stats::of(context, &session, &Query::default(), args.filter.flags.zone(), false)?)
        };
        if let Some(found) = &found {
            found.print_totals(context)?;
            writeln!(context.out, "text       {}", bytes(facts.text_bytes))?;
        }
        let share = match facts.text_bytes {
            0..50_000_000 => String::new(),
            text => format!(", {:.2} of the text", whole as f64 / text as f64),
        };
        writeln!(context.out, "on disk    {}{share}", bytes(whole))?;
        let widest = parts.keys().map(|part| clean(part).width()).max().unwrap_or(0);
        for (part, size) in parts.iter().filter(|(_, size)| **size > 0) {
            writeln!(context.out, "  {} {}", padded(&clean(part), widest), bytes(*size))?;
        }
        found.map_or(Ok(()), |found| {
            found.print_span(context)?;
            found.print_groups(context)
        })
    })?;
    Ok(Outcome::Done)
}

/// What there is of a query, or of everything.
struct Stats {
    totals: Totals,
    languages: Vec<(String, u64)>,
    months: Vec<(String, u64)>,
    years: Vec<(String, u64)>,
}

impl Stats {
    fn of(
        context: &mut Context,
        session: &Arc<Session>,
        query: &Query,
        zone: &str,
        explain: bool,
    ) -> Result<Stats> {
        let mut totals = Totals::default();
        let mut request = Request { explain, ..Request::new(query.clone(), Want::Totals) };
        context.pieces(session, &request, &mut |_, piece| {
            if let Answer::Totals(found) = piece {
                totals = found;
            }
            Ok(())
        })?;
        request.explain = false;
        let mut groups = |by: By| -> Result<Vec<(String, u64)>> {
            let mut groups = Vec::new();
            request.want = Want::Groups(Grouping { zone: zone.to_owned(), ..by.into() });
            context.pieces(session, &request, &mut |_, piece| {
                if let Answer::Group { key, count } = piece {
                    groups.push((key.into_iter().flatten().next().unwrap_or("none".to_owned()), count));
                }
                Ok(())
            })?;
            Ok(groups)
        };
        let (languages, months) = (groups(By::Language)?, groups(By::Month)?);
        let years = if months.len() > MONTHS_MAX { groups(By::Year)? } else { Vec::new() };
        Ok(Stats { totals, languages, months, years })
    }

    fn json(&self) -> serde_json::Map<String, serde_json::Value> {
        let rows = |groups: &[(String, u64)]| {
            groups
                .iter()
                .map(|(key, count)| (key.clone(), (*count).into()))
                .collect::<serde_json::Map<_, _>>()
        };
        let Totals { articles, captures, sources, first, last } = &self.totals;
        let stats = serde_json::json!({"articles": articles, "captures": captures, "sources": sources,
            "published_from": first, "published_to": last,
            "languages": rows(&self.languages), "months": rows(&self.months)});
        stats.as_object().cloned().unwrap_or_default()
    }

    fn print_totals(&self, context: &mut Context) -> Result<()> {
        writeln!(context.out, "articles   {}", grouped(self.totals.articles))?;
        writeln!(context.out, "captures   {}", grouped(self.totals.captures))?;
        Ok(writeln!(context.out, "sources    {}", grouped(self.totals.sources))?)
    }

    fn print_span(&self, context: &mut Context) -> Result<()> {
        let day = |at: &str| at.split('T').next().unwrap_or_default().to_owned();
        if let (Some(first), Some(last)) = (&self.totals.first, &self.totals.last) {
            writeln!(context.out, "published  {} to {}", day(first), day(last))?;
        }
        Ok(())
    }

    fn print_groups(&self, context: &mut Context) -> Result<()> {
        let mut languages = self.languages.clone();
        languages.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let periods = if self.years.is_empty() { ("months", &self.months) } else { ("years", &self.years) };
        for (heading, groups) in [("languages", &languages), periods] {
            if !groups.is_empty() {
                writeln!(context.out, "\n{heading}")?;
                print_bars(context, groups)?;
            }
        }
        Ok(())
    }
}
