//! `pressmark reextract --source rubryka.com`

use super::args::FilterArgs;
use super::context::{Access, Context};
use super::exit::{Outcome, Result};
use super::output::terminal::grouped;
use pressmark::Order;
use pressmark::ingest::Reread;

/// Extract kept originals again with this version.
///
/// Only what ingest --keep-raw kept can be read again: pages, plain text and messages. A text that changes becomes a new capture that
/// says so. Nothing is removed.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// Only count the texts that would change.
    #[arg(long)]
    dry_run: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let stop = context.stop();
    let reread = context.with_archive(Access::Write, |context, archive| {
        let session = archive.session()?;
        let mut query = args.filter.query(&session.facts().queries)?;
        query.order = Order::Arrival;
        context.ready(archive, &session, &query)?;
        Ok(archive.hold(|archive| pressmark::ingest::reextract(archive, &query, args.dry_run, &stop))?)
    })?;
    let Reread { read, unchanged, changed, known, failed, without } = reread;
    let [read, unchanged, changed_said, known, failed_said, without] =
        [read, unchanged, changed, known, failed, without].map(grouped);
    let would = if args.dry_run { "would change" } else { "changed" };
    context.say(&format!("read {read} again: {unchanged} unchanged, {changed_said} {would}, {known} known, {failed_said} failed; {without} captures have no bytes that can be read again"));
    if stop() {
        return Ok(Outcome::Interrupted);
    }
    Ok(if failed > 0 { Outcome::Partial } else { Outcome::Done })
}
