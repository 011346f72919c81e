//! `pressmark extract page.txt`

use super::exit::Outcome;
use super::ingest::{FormatArg, Reading};
use super::terminal::{clean, clean_lines};
use super::{Context, Result};
use clap::ValueEnum;
use pressmark::archive::Prepared;
use pressmark::export::escape;
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
    #[arg(long = "format", value_name = "FORMAT", default_value = "text")]
    output: Output,
    /// What all inputs are, whatever they are called and look like.
    #[arg(long, value_name = "FORMAT")]
    input_format: Option<FormatArg>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Jsonl,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let options = args.reading.options(args.input_format)?;
    let mut result = Ok(());
    pressmark::ingest::read_drafts(&args.paths, &options, &mut |found| {
        match found {
            Ok(prepared) => result = print(context, prepared, args.output),
            Err(rejection) => context.complain(&format!("rejected {}", clean(&rejection.to_string()))),
        }
        result.is_ok() && !context.interrupted()
    });
    result?;
    Ok(if context.interrupted() { Outcome::Interrupted } else { context.outcome() })
}

fn print(context: &mut Context, prepared: &Prepared, output: Output) -> Result<()> {
    let (article, provenance) = (prepared.article(), prepared.provenance());
    let published = provenance.published.map(|published| published.to_string());
    if output == Output::Jsonl {
        let value = serde_json::json!({"input": provenance.input, "digest": prepared.digest().to_string(), "headline": article.headline(), "body": article.body(),
            "byline": provenance.byline, "published": published, "language": article.language().map(|language| language.to_string()),
            "source": provenance.source, "url": provenance.url});
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
    ];
    for (name, value) in known.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        writeln!(context.out, "{name:<9} {}", clean(&value))?;
    }
    writeln!(
        context.out,
        "\n{}\n\n{}\n",
        context.paint.strong(&clean(article.headline())),
        clean_lines(article.body())
    )?;
    Ok(())
}
