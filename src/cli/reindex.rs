//! `pressmark reindex`

use super::exit::Outcome;
use super::{Context, Result};

/// Build the store and its indexes again from the ledger. Nothing is lost by it: the old store is kept beside the new one.
#[derive(clap::Args)]
pub struct Args {}

pub fn run(context: &mut Context, _: &Args) -> Result<Outcome> {
    let healed = pressmark::archive::rebuild(&context.dir()?, "as asked", context.wait)?;
    context.say(&healed.to_string());
    Ok(Outcome::Done)
}
