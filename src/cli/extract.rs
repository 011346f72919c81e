//! `pressmark extract page.txt`

use super::args::{Reading, named, skipped, time};
use super::context::Context;
use super::exit::{Outcome, Result};
use super::output::terminal::{clean, clean_lines};
use super::output::{Format, advice};
use pressmark::export::escape;
use pressmark::ingest::Seen;
use pressmark::{Dated, Prepared, Published, Skip};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

/// Print what ingest would take from files, without an archive.
#[derive(clap::Args)]
pub struct Args {
    /// Files, directories, or - for standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// How: text, or jsonl with an object an article.
    #[arg(long = "format", value_name = "FORMAT", default_value = "text", hide_possible_values = true, value_parser = named::<Format>())]
    output: Format,
    /// Read all inputs as this format [default: detected].
    #[arg(long, value_name = "FORMAT", value_parser = named::<pressmark::ingest::Format>())]
    input_format: Option<pressmark::ingest::Format>,
    /// List the candidates for each field, where they were found, and which was chosen.
    #[arg(long)]
    explain: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let mut options = args.reading.options(args.input_format)?;
    options.explain = args.explain;
    options.partial = true;
    options.time = time();
    let mut result = Ok(());
    let mut passed: BTreeMap<Skip, u64> = BTreeMap::new();
    pressmark::ingest::read_drafts(&args.paths, &options, &mut |seen| {
        match seen {
            Seen::Draft(prepared) => result = print(context, prepared, args.output),
            Seen::Rejected(rejection) => {
                context.complain(&format!("rejected {}", advice::rejection(rejection)))
            }
            Seen::Passed(why) => *passed.entry(why).or_default() += 1,
        }
        result.is_ok() && !context.interrupted()
    });
    result?;
    if let Some(passed) = skipped(&passed) {
        context.say(&passed);
    }
    Ok(if context.interrupted() { Outcome::Interrupted } else { context.outcome() })
}

fn print(context: &mut Context, prepared: &Prepared, output: Format) -> Result<()> {
    let (article, provenance) = (prepared.article(), prepared.provenance());
    // As it was printed, zone and all: this is about the page, not about the archive.
    let published = provenance.published.map(|published| {
        let Published { at, precision, offset_minutes, .. } = published;
        Dated { at, precision, offset_minutes }.printed()
    });
    if let Some(why) = prepared.rejected() {
        context.complain(&format!(
            "ingest rejects {}: {why}",
            clean(&provenance.input),
            why = advice::reason(why)
        ));
    }
    let modified = provenance.modified.map(Dated::printed);
    if matches!(output, Format::Json | Format::Jsonl) {
        let origins: BTreeMap<_, _> = provenance.origins.iter().cloned().collect();
        let mut value = serde_json::json!({"input": provenance.input, "digest": prepared.digest().to_string(), "headline": article.headline(), "body": article.body(),
            "byline": provenance.byline, "published": published, "published_origin": provenance.published.map(|published| published.origin),
            "published_precision": provenance.published.map(|published| published.precision),
            "suspect": provenance.published.is_some_and(|published| published.suspect), "modified": modified,
            "language": article.language().map(|language| language.to_string()), "source": provenance.source, "publisher": provenance.publisher,
            "url": provenance.url, "canonical_url": provenance.canonical_url, "section": provenance.section, "keywords": provenance.keywords,
            "description": provenance.description, "is_article": provenance.is_article, "is_summary": provenance.is_summary, "cut": provenance.cut,
            "archived_at": provenance.archived.map(|at| at.to_string()), "archived_url": provenance.archived_url, "rejected": prepared.rejected().map(advice::reason),
            "captured": provenance.captured.map(|captured| captured.to_string()), "origins": origins, "notes": provenance.notes});
        if !prepared.explanation().is_empty() {
            value["explanation"] = prepared.explanation().into();
        }
        let mut line = escape(value.to_string().into_bytes());
        line.push(b'\n');
        return Ok(context.out.write_all(&line)?);
    }
    writeln!(context.out, "input     {}", clean(&provenance.input))?;
    let known = [
        ("source", provenance.source.as_ref().map(|source| source.to_string())),
        ("published", published),
        ("language", article.language().map(|language| language.to_string())),
        ("byline", Some(provenance.byline.join("; ")).filter(|byline| !byline.is_empty())),
        ("url", provenance.url.clone()),
        ("modified", modified),
        ("publisher", provenance.publisher.clone()),
        ("section", provenance.section.clone()),
        ("note", Some(provenance.notes.join("; ")).filter(|notes| !notes.is_empty())),
    ];
    for (name, value) in known.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        writeln!(context.out, "{name:<9} {}", clean(&value))?;
    }
    if !prepared.explanation().is_empty() {
        writeln!(context.out)?;
        for line in prepared.explanation() {
            writeln!(context.out, "  {}", clean(line))?;
        }
    }
    writeln!(
        context.out,
        "\n{}\n\n{}\n",
        context.paint.strong(&clean(article.headline())),
        clean_lines(article.body())
    )?;
    Ok(())
}
