//! `pressmark stats`

use super::args::FilterArgs;
use super::args::named;
use super::context::{Access, Context};
use super::exit::{Outcome, Result};
use super::output::terminal::{bytes, clean, grouped, padded, shown};
use super::output::{Format, print_bars};
use pressmark::answer::Group;
use pressmark::{By, Query};
use std::io::Write;
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
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true, value_parser = named::<Format>())]
    format: Format,
}

/// More months than this are shown as years.
const MONTHS_MAX: usize = 36;

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    if !args.filter.is_empty() {
        return of_query(context, args);
    }
    let dir = context.dir()?;
    context.with_archive(Access::Read, |context, archive| {
        let uuid = archive.uuid();
        let parts = archive.disk_bytes()?;
        let reader = archive.snapshot()?;
        let applied = reader.applied();
        let whole: u64 = parts.values().sum();
        if matches!(args.format, Format::Json | Format::Jsonl) {
            let languages = reader.count_by(&Query::default(), By::Language)?;
            let months = reader.count_by(&Query::default(), By::Month)?;
            let rows = |groups: Vec<Group>| groups.into_iter().map(|group| (group.key.unwrap_or("none".to_owned()), group.count.into())).collect::<serde_json::Map<_, _>>();
            let span = reader.published_span()?;
            let stats = serde_json::json!({"uuid": uuid.to_string(), "articles": applied.articles, "captures": applied.captures,
                "sources": reader.names()?.names().len(), "text_bytes": applied.text_bytes, "head": applied.position.head.to_string(),
                "disk_bytes": parts,
                "published_from": span.map(|(first, _)| first.to_string()), "published_to": span.map(|(_, last)| last.to_string()),
                "languages": rows(languages), "months": rows(months)});
            writeln!(context.out, "{stats}")?;
            return Ok(Outcome::Done);
        }
        writeln!(context.out, "archive    {} ({uuid})", shown(&dir))?;
        if !args.disk {
            writeln!(context.out, "articles   {}", grouped(applied.articles))?;
            writeln!(context.out, "captures   {}", grouped(applied.captures))?;
            writeln!(context.out, "sources    {}", grouped(reader.names()?.names().len() as u64))?;
            writeln!(context.out, "text       {}", bytes(applied.text_bytes))?;
        }
        let share = if applied.text_bytes < 50_000_000 { String::new() } else { format!(", {:.2} of the text", whole as f64 / applied.text_bytes as f64) };
        writeln!(context.out, "on disk    {}{share}", bytes(whole))?;
        let widest = parts.keys().map(|part| clean(part).width()).max().unwrap_or(0);
        for (part, size) in parts.iter().filter(|(_, size)| **size > 0) {
            writeln!(context.out, "  {} {}", padded(&clean(part), widest), bytes(*size))?;
        }
        if args.disk {
            return Ok(Outcome::Done);
        }
        if let Some((first, last)) = reader.published_span()? {
            writeln!(context.out, "published  {} to {}", first.day(), last.day())?;
        }
        let languages = reader.count_by(&Query::default(), By::Language)?;
        if !languages.is_empty() {
            writeln!(context.out, "\nlanguages")?;
            let mut languages = languages;
            languages.sort_by_key(|group| std::cmp::Reverse(group.count));
            print_bars(context, &labelled(&languages))?;
        }
        let mut periods = reader.count_by(&Query::default(), By::Month)?;
        let mut heading = "months";
        if periods.len() > MONTHS_MAX {
            (periods, heading) = (reader.count_by(&Query::default(), By::Year)?, "years");
        }
        if !periods.is_empty() {
            writeln!(context.out, "\n{heading}")?;
            print_bars(context, &labelled(&periods))?;
        }
        Ok(Outcome::Done)
    })
}

/// What there is of a query.
fn of_query(context: &mut Context, args: &Args) -> Result<Outcome> {
    context.with_query(&args.filter, |saved| args.filter.query(saved), |context, reader, query| {
        let asked = reader.ask(query)?;
        let (articles, sources) = (asked.count()?, asked.sources()?);
        let captures: u64 = sources.iter().map(|source| source.captures).sum();
        let named = sources.iter().filter(|source| source.source.is_some()).count() as u64;
        let first = sources.iter().filter_map(|source| source.first).min_by_key(|first| first.0);
        let last = sources.iter().filter_map(|source| source.last).max_by_key(|last| last.0);
        let (mut languages, mut periods) = (asked.count_by(By::Language)?, asked.count_by(By::Month)?);
        if matches!(args.format, Format::Json | Format::Jsonl) {
            let rows = |groups: Vec<Group>| groups.into_iter().map(|group| (group.key.unwrap_or("none".to_owned()), group.count.into())).collect::<serde_json::Map<_, _>>();
            let stats = serde_json::json!({"articles": articles, "captures": captures, "sources": named,
                "published_from": first.map(|(at, _)| at.to_string()), "published_to": last.map(|(at, _)| at.to_string()),
                "languages": rows(languages), "months": rows(periods)});
            writeln!(context.out, "{stats}")?;
            return Ok(Outcome::Done);
        }
        writeln!(context.out, "articles   {}", grouped(articles))?;
        writeln!(context.out, "captures   {}", grouped(captures))?;
        writeln!(context.out, "sources    {}", grouped(named))?;
        if let (Some((first, _)), Some((last, _))) = (first, last) {
            writeln!(context.out, "published  {} to {}", first.day(), last.day())?;
        }
        languages.sort_by_key(|group| std::cmp::Reverse(group.count));
        let mut heading = "months";
        if periods.len() > MONTHS_MAX {
            (periods, heading) = (asked.count_by(By::Year)?, "years");
        }
        for (heading, groups) in [("languages", &languages), (heading, &periods)] {
            if !groups.is_empty() {
                writeln!(context.out, "\n{heading}")?;
                print_bars(context, &labelled(groups))?;
            }
        }
        context.explain(&args.filter, &asked)?;
        Ok(Outcome::Done)
    })
}

fn labelled(groups: &[Group]) -> Vec<(String, u64)> {
    groups.iter().map(|group| (group.key.clone().unwrap_or("none".to_owned()), group.count)).collect()
}
