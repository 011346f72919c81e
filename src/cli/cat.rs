//! `pressmark cat 3f2a9c01 | b3sum`

use super::args::FilterArgs;
use super::context::{Access, Context};
use super::exit::{Outcome, Result};
use super::output::terminal::clean_lines;
use std::io::Write;

/// Print the canonical text of articles.
///
/// Headline, blank line, body, newline: the BLAKE3 of these bytes is the digest.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// The original bytes of the latest capture whose bytes were kept.
    #[arg(long)]
    raw: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    args.filter.asks_for_some()?;
    if args.raw {
        return raw(context, args);
    }
    context.with_archive(Access::Read, |context, archive| {
        let found = context.articles(archive, &args.filter, false)?;
        let reader = archive.snapshot()?;
        for number in found {
            let text = reader.article(number)?.1.canonical_text();
            let text = if context.stdout_is_terminal() { clean_lines(&text) } else { text };
            context.out.write_all(text.as_bytes())?;
        }
        Ok(context.outcome())
    })
}

fn raw(context: &mut Context, args: &Args) -> Result<Outcome> {
    context.with_archive(Access::Read, |context, archive| {
        let raws = archive.raws();
        let found = context.articles(archive, &args.filter, false)?;
        let reader = archive.snapshot()?;
        for number in found {
            let id = reader.row(number)?.digest.short(16);
            let captures = reader.captures(number)?;
            let original = captures.iter().rev().find_map(|capture| capture.provenance.original.as_ref());
            let Some(digest) = original.map(|original| original.digest) else {
                context.complain(&format!(
                    "nothing is kept of {id} but its text; ingest --keep-raw keeps the bytes of inputs"
                ));
                continue;
            };
            match raws.get(&digest)? {
                Some(bytes) if context.stdout_is_terminal() => {
                    context.out.write_all(clean_lines(&String::from_utf8_lossy(&bytes)).as_bytes())?;
                }
                Some(bytes) => context.out.write_all(&bytes)?,
                None => context
                    .complain(&format!("the bytes {digest} of {id} are missing from the archive's raw/")),
            }
        }
        Ok(context.outcome())
    })
}
