//! `pressmark show 3f2a9c01`

use super::exit::Outcome;
use super::query_args::FilterArgs;
use super::terminal::{clean, clean_lines, page};
use super::{Access, Context, Result};
use pressmark::article::Capture;
use pressmark::query::Reader;
use std::io::Write;

/// Show articles with all their captures: by digits that begin their digests (four or more), or by a query, newest first.
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
        let reader = archive.reader()?;
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

fn show(context: &Context, reader: &Reader<'_>, number: u64, out: &mut Vec<u8>) -> Result<()> {
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
    let provenance = &capture.provenance;
    let mut line = |name: &str, value: &str| writeln!(out, "  {name:<9} {}", clean(value));
    if let Some(source) = &provenance.source {
        line("source", source.as_str())?;
    }
    if let Some(url) = &provenance.url {
        line("url", url)?;
    }
    if !provenance.byline.is_empty() {
        line("byline", &provenance.byline.join("; "))?;
    }
    match &provenance.published {
        None => line("published", "-")?,
        Some(published) => {
            let origin = format!("{:?}", published.origin).to_lowercase();
            let suspect = if published.suspect { ", not plausible" } else { "" };
            let zone =
                published.offset_minutes.filter(|minutes| *minutes != 0).map_or(String::new(), |minutes| {
                    format!(
                        ", printed with the zone {}{:02}:{:02}",
                        if minutes < 0 { '-' } else { '+' },
                        minutes.abs() / 60,
                        minutes.abs() % 60
                    )
                });
            line("published", &format!("{published} ({origin}{zone}{suspect})"))?;
        }
    }
    if let Some(captured) = provenance.captured {
        line("captured", &captured.to_string())?;
    }
    line("input", &provenance.input)?;
    if let Some(extra) = &provenance.extra {
        line("extra", extra)?;
    }
    provenance.notes.iter().try_for_each(|note| line("note", note))?;
    Ok(())
}
