//! `pressmark repair`

use super::exit::Outcome;
use super::terminal::{clean, grouped};
use super::{Context, Result};

/// Mend what verify finds: the store from the ledger, the ledger from the store. The damaged half is kept as store.bak or
/// ledger.bak.
#[derive(clap::Args)]
pub struct Args {}

pub fn run(context: &mut Context, _: &Args) -> Result<Outcome> {
    let stop = context.stop();
    let repaired = pressmark::check::repair(&context.dir()?, context.wait, &stop)?;
    if stop() {
        return Ok(Outcome::Interrupted);
    }
    if repaired.findings.is_empty() {
        context.say("found nothing wrong");
        return Ok(Outcome::Done);
    }
    for finding in repaired.findings.iter().take(20) {
        context.say(&clean(&finding.to_string()));
    }
    if repaired.findings.len() > 20 {
        context.say(&format!("and {} more", grouped(repaired.findings.len() as u64 - 20)));
    }
    if repaired.mended > 0 {
        context
            .say(&format!("wrote {} captures to the ledger again from the store", grouped(repaired.mended)));
    }
    if repaired.rebuilt {
        context.say("built the store again from the ledger");
    }
    for (first, last) in &repaired.lost {
        let what = last.map_or_else(
            || format!("captures from {first} on"),
            |last| format!("captures {first} to {last}"),
        );
        context.complain(&format!(
            "{what} are in neither half: what they brought is lost; ingest their inputs again"
        ));
    }
    if repaired.orphaned > 0 {
        context.complain(&format!(
            "{} more captures were of articles that are lost",
            grouped(repaired.orphaned)
        ));
    }
    Ok(context.outcome())
}
