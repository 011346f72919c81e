//! `pressmark cat 3f2a9c01 | b3sum`

use super::exit::Outcome;
use super::terminal::clean_lines;
use super::{Context, Result};
use std::io::Write;

/// Print the canonical text of articles: headline, blank line, body. Its BLAKE3 is the digest.
#[derive(clap::Args)]
pub struct Args {
    /// Digits that begin an article's digest; four or more.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    context.with_reader(|context, reader| {
        for id in &args.ids {
            let Some(number) = context.resolve(&reader, id)? else { continue };
            let text = reader.article(number)?.1.canonical_text();
            let text = if context.stdout_is_terminal() { clean_lines(&text) } else { text };
            context.out.write_all(text.as_bytes())?;
        }
        Ok(context.outcome())
    })
}
