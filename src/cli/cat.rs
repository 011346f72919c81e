//! `pressmark cat 3f2a9c01 | b3sum`

use super::args::FilterArgs;
use super::context::{Access, Context};
use super::exit::{Outcome, Result};
use super::output::terminal::clean_lines;
use pressmark::Digest;
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
        context.documents(archive, &args.filter, &mut |context, found| {
            let text = found.canonical_text();
            let text = if context.stdout_is_terminal() { clean_lines(&text) } else { text };
            Ok(context.out.write_all(text.as_bytes())?)
        })
    })?;
    Ok(context.outcome())
}

fn raw(context: &mut Context, args: &Args) -> Result<Outcome> {
    context.with_archive(Access::Read, |context, archive| {
        let raws = archive.raws();
        context.documents(archive, &args.filter, &mut |context, found| {
            let id = &found.digest[..16];
            let original = found.captures.iter().rev().find_map(|capture| capture.original.as_ref());
            let Some(digest) = original.and_then(|original| original.digest.parse::<Digest>().ok()) else {
                context.complain(&format!(
                    "nothing is kept of {id} but its text; ingest --keep-raw keeps the bytes of inputs"
                ));
                return Ok(());
            };
            match raws.get(&digest)? {
                Some(bytes) if context.stdout_is_terminal() => {
                    context.out.write_all(clean_lines(&String::from_utf8_lossy(&bytes)).as_bytes())?;
                }
                Some(bytes) => context.out.write_all(&bytes)?,
                None => context
                    .complain(&format!("the bytes {digest} of {id} are missing from the archive's raw/")),
            }
            Ok(())
        })
    })?;
    Ok(context.outcome())
}
