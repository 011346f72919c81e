//! `pressmark reindex`

use super::context::{Access, Context};
use super::exit::{Outcome, Result};
use super::output::terminal::grouped;

/// Rebuild the store and the full-text index from the ledger.
///
/// Nothing is lost by it: the old store stays until the new one is whole.
#[derive(clap::Args)]
pub struct Args {
    /// Only the full-text index.
    #[arg(long)]
    search: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    if !args.search {
        let dir = context.dir()?;
        let healed = context.patiently(true, &dir, |wait| pressmark::rebuild(&dir, "as asked", wait))?;
        context.say(&healed.to_string());
    }
    context.with_archive(Access::Write, |context, archive| {
        let articles = archive.hold(pressmark::archive::Archive::rebuild_search)?;
        context.say(&format!("rebuilt the full-text index, {} articles", grouped(articles)));
        Ok(Outcome::Done)
    })
}
