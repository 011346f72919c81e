//! `pressmark show 3f2a9c01`

use super::args::FilterArgs;
use super::context::{Access, Context};
use super::exit::{Outcome, Result};
use super::output::terminal::{clean, clean_lines, columns, wrapped};
use pressmark::{CaptureRow, ChangedRow, Found};
use std::io::Write;

/// Show articles with all their captures.
///
/// Name them by the first digits of their digests (four or more), or by a query, newest first.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// Also what machines use: where fields were found, the original's digest, other addresses, fields that only the input had.
    #[arg(long)]
    all: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let mut text = Vec::new();
    args.filter.asks_for_some()?;
    context.with_archive(Access::Read, |context, archive| {
        context.documents(archive, &args.filter, &mut |context, found| {
            if !text.is_empty() {
                writeln!(text)?;
            }
            show(context, &found, args.all, &mut text)
        })
    })?;
    context.out.write_all(&text)?;
    Ok(context.outcome())
}

fn show(context: &Context, found: &Found, all: bool, out: &mut Vec<u8>) -> Result<()> {
    let paint = context.paint;
    writeln!(out, "article   {}", paint.digest(&found.digest))?;
    if found.language.is_some() || !found.languages.is_empty() {
        let language = found.language.as_deref().unwrap_or("-");
        writeln!(out, "language  {language}{}", before(&found.languages, "language"))?;
    }
    if !found.tags.is_empty() {
        writeln!(out, "tags      {}", clean(&found.tags.join(" ")))?;
    }
    for (index, capture) in found.captures.iter().enumerate() {
        writeln!(out, "capture   {} of {}, seq {}", index + 1, found.captures.len(), capture.seq)?;
        show_capture(capture, all, out)?;
    }
    let headline = if found.headline.is_empty() { "(no headline)" } else { &found.headline };
    writeln!(out, "\n{}\n", paint.strong(&clean(headline)))?;
    if !found.body.is_empty() {
        // A terminal breaks lines anywhere, a pager too.
        for line in clean_lines(&found.body).lines() {
            match context.stdout_is_terminal() {
                true => wrapped(line, columns()).iter().try_for_each(|line| writeln!(out, "{line}"))?,
                false => writeln!(out, "{line}")?,
            }
        }
    }
    Ok(())
}

fn show_capture(of: &CaptureRow, all: bool, out: &mut Vec<u8>) -> Result<()> {
    let joined = |texts: &[String]| Some(texts.join("; ")).filter(|texts| !texts.is_empty());
    let marks = [
        (of.is_article == Some(false), "the page is no article"),
        (of.is_summary, "a summary"),
        (of.cut, "cut off where one would have to pay"),
    ];
    let marks: Vec<String> = marks.iter().filter(|(is, _)| *is).map(|(_, what)| (*what).to_owned()).collect();
    let original = of.original.as_ref().map(|original| {
        let known = [&original.format, &original.charset].into_iter().flatten();
        let known: String = known.map(|known| format!(", {known}")).collect();
        format!("{}{known}", original.digest)
    });
    let origins: Vec<String> =
        of.origins.iter().map(|(field, origin)| format!("{field}: {origin}")).collect();
    let lines = [
        ("source", of.source.clone()),
        ("url", of.url.clone()),
        ("canonical", of.canonical_url.clone()),
        ("byline", joined(&of.byline)),
        ("published", Some(published(of))),
        ("modified", of.modified.clone()),
        ("captured", captured(of)),
        ("archived", of.archived.clone()),
        ("copy", of.archived_url.clone()),
        ("publisher", of.publisher.clone()),
        ("section", of.section.clone()),
        ("keywords", joined(&of.keywords)),
        ("about", of.description.clone()),
        ("text", joined(&marks)),
        ("input", Some(of.input.clone())),
        ("original", original),
        ("origins", joined(&origins)),
        ("extra", of.extra.clone()),
    ];
    const OF_MACHINES: [&str; 4] = ["canonical", "original", "origins", "extra"];
    let lines = lines.into_iter().filter(|(name, _)| all || !OF_MACHINES.contains(name));
    let notes = of.notes.iter().map(|note| ("note", Some(note.clone())));
    for (name, value) in lines.chain(notes) {
        let field = FIELDS.iter().find(|(line, _)| *line == name).map_or(name, |(_, field)| field);
        let before = before(&of.corrections, field);
        let Some(value) = value.or_else(|| (!before.is_empty()).then(|| "-".to_owned())) else { continue };
        writeln!(out, "  {name:<9} {}{}", clean(&value), clean(&before))?;
    }
    Ok(())
}

/// Lines that are called otherwise than their fields.
const FIELDS: [(&str, &str); 4] = [
    ("canonical", "canonical_url"),
    ("archived", "archived_at"),
    ("copy", "archived_url"),
    ("about", "description"),
];

/// What something was before it was corrected, the last first.
fn before(corrections: &[ChangedRow], field: &str) -> String {
    let about = corrections.iter().rev().filter(|row| row.field == field);
    let said = about.map(|row| {
        let was = row.was.as_ref().map_or("not known".to_owned(), Clone::clone);
        let day = row.at.split('T').next().unwrap_or(&row.at);
        format!("{} {day}, was {was}", if row.filled { "found again" } else { "set" })
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() { String::new() } else { format!(" ({})", said.join("; ")) }
}

/// When it was captured, and what that was told from.
fn captured(of: &CaptureRow) -> Option<String> {
    let by_file = of.origins.iter().any(|(field, origin)| field == "captured" && origin == "mtime");
    let from = if by_file { " (the time of its file)" } else { "" };
    Some(format!("{}{from}", of.captured.as_ref()?))
}

/// The date of publication with where it was found, and what there is to say of it.
fn published(of: &CaptureRow) -> String {
    let (Some(published), Some(origin)) = (&of.published, &of.published_origin) else {
        return "-".to_owned();
    };
    let suspect = if of.published_suspect { ", not plausible" } else { "" };
    let zone = of.published_offset.filter(|minutes| *minutes != 0).map_or(String::new(), |minutes| {
        let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
        format!(", printed with the zone {sign}{:02}:{:02}", minutes / 60, minutes % 60)
    });
    format!("{published} ({origin}{zone}{suspect})")
}
