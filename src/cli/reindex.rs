//! `pressmark reindex`

use super::exit::Outcome;
use super::terminal::grouped;
use super::{Context, Result};

/// Build the store and its indexes again from the ledger, and the full-text index from the store. Nothing is lost by it: the
/// old store is kept beside the new one.
#[derive(clap::Args)]
pub struct Args {
    /// Only the full-text index.
    #[arg(long)]
    search: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    if !args.search {
        let healed = pressmark::archive::rebuild(&context.dir()?, "as asked", context.wait)?;
        context.say(&healed.to_string());
    }
    context.with_archive(false, |context, archive| {
        let articles = archive.rebuild_search()?;
        context.say(&format!("made the full-text index again, {} articles", grouped(articles)));
        Ok(Outcome::Done)
    })
}
