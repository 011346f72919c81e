//! `pressmark show 3f2a9c01`

use super::args::FilterArgs;
use super::context::{Access, Context};
use super::exit::{Outcome, Result};
use super::output::terminal::{clean, clean_lines, page};
use pressmark::{Capture, Dated, Published, Snapshot};
use std::io::Write;

/// Show articles with all their captures.
///
/// Name them by the first digits of their digests (four or more), or by a query, newest first.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// Do not page, even on a terminal.
    #[arg(long)]
    no_pager: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let mut text = Vec::new();
    args.filter.asks_for_some()?;
    context.with_archive(Access::Read, |context, archive| {
        let found = context.articles(archive, &args.filter, false)?;
        let reader = archive.snapshot()?;
        for number in found {
            if !text.is_empty() {
                writeln!(text)?;
            }
            show(context, &reader, number, &mut text)?;
        }
        Ok(())
    })?;
    // The archive is closed: somebody may read for an hour.
    if !(context.stdout_is_terminal() && !args.no_pager && page(&text)) {
        context.out.write_all(&text)?;
    }
    Ok(context.outcome())
}

fn show(context: &Context, reader: &Snapshot, number: u64, out: &mut Vec<u8>) -> Result<()> {
    let (digest, article) = reader.article(number)?;
    let captures = reader.captures(number)?;
    let paint = context.paint;
    writeln!(out, "article   {}", paint.digest(&digest.to_string()))?;
    if let Some(language) = article.language() {
        writeln!(out, "language  {language}")?;
    }
    let tags = reader.tags_of(number)?;
    if !tags.is_empty() {
        writeln!(out, "tags      {}", clean(&tags.join(" ")))?;
    }
    for (index, capture) in captures.iter().enumerate() {
        writeln!(out, "capture   {} of {}, number {}", index + 1, captures.len(), capture.seq)?;
        show_capture(capture, out)?;
    }
    let headline = if article.headline().is_empty() { "(no headline)" } else { article.headline() };
    writeln!(out, "\n{}\n", paint.strong(&clean(headline)))?;
    if !article.body().is_empty() {
        writeln!(out, "{}", clean_lines(article.body()))?;
    }
    Ok(())
}

fn show_capture(capture: &Capture, out: &mut Vec<u8>) -> Result<()> {
    let of = &capture.provenance;
    let mut lines: Vec<(&str, Option<String>)> = Vec::new();
    let joined = |texts: &[String]| Some(texts.join("; ")).filter(|texts| !texts.is_empty());
    lines.push(("source", of.source.as_ref().map(|source| source.to_string())));
    lines.push(("url", of.url.clone()));
    lines.push(("canonical", of.canonical_url.clone()));
    lines.push(("byline", joined(&of.byline)));
    lines.push(("published", Some(of.published.as_ref().map_or("-".to_owned(), published))));
    lines.push(("modified", of.modified.map(Dated::printed)));
    lines.push(("captured", of.captured.map(|captured| captured.to_string())));
    lines.push(("archived", of.archived.map(|at| at.to_string())));
    lines.push(("copy", of.archived_url.clone()));
    lines.push(("publisher", of.publisher.clone()));
    lines.push(("section", of.section.clone()));
    lines.push(("keywords", joined(&of.keywords)));
    lines.push(("about", of.description.clone()));
    let marks = [
        (of.is_article == Some(false), "the page is no article"),
        (of.is_summary, "a summary"),
        (of.cut, "cut off where one would have to pay"),
    ];
    let marks: Vec<String> = marks.iter().filter(|(is, _)| *is).map(|(_, what)| (*what).to_owned()).collect();
    lines.push(("text", joined(&marks)));
    lines.push(("input", Some(of.input.clone())));
    if let Some(original) = &of.original {
        let known = [&original.format, &original.charset].into_iter().flatten();
        let known: String = known.map(|known| format!(", {known}")).collect();
        lines.push(("original", Some(format!("{}{known}", original.digest))));
    }
    let origins: Vec<String> =
        of.origins.iter().map(|(field, origin)| format!("{field}: {origin}")).collect();
    lines.push(("origins", joined(&origins)));
    lines.push(("extra", of.extra.clone()));
    lines.extend(of.notes.iter().map(|note| ("note", Some(note.clone()))));
    for (name, value) in lines.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        writeln!(out, "  {name:<9} {}", clean(&value))?;
    }
    Ok(())
}

/// A date with where it was found, and what there is to say of it.
fn published(published: &Published) -> String {
    let origin = format!("{:?}", published.origin).to_lowercase();
    let suspect = if published.suspect { ", not plausible" } else { "" };
    let zone = published.offset_minutes.filter(|minutes| *minutes != 0).map_or(String::new(), |minutes| {
        let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
        format!(", printed with the zone {sign}{:02}:{:02}", minutes / 60, minutes % 60)
    });
    format!("{published} ({origin}{zone}{suspect})")
}
