//! `pressmark repair`

use super::context::Context;
use super::exit::{Outcome, Result};
use super::output::advice;
use super::output::terminal::{clean, grouped};
use pressmark::{RepairOptions, repair};

/// Mend what verify finds.
///
/// The store from the ledger, the ledger from the store. What neither has is lost, and repair says what that is.
#[derive(clap::Args)]
pub struct Args {
    /// Accept that bytes behind the ledger's last whole commit are not in the archive. They stay as a file.
    #[arg(long)]
    accept_tail: bool,
    /// Accept that originals which are missing or damaged are lost, and note which.
    #[arg(long)]
    accept_loss: bool,
}

/// Of a kind, so many are shown.
const SHOWN: usize = 20;

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let stop = context.stop();
    let dir = context.dir()?;
    let Args { accept_tail, accept_loss } = *args;
    let repaired = context.patiently(true, &dir, |wait| {
        repair(&dir, &RepairOptions { wait, accept_tail, accept_loss }, &stop)
    })?;
    if stop() {
        return Ok(Outcome::Interrupted);
    }
    repaired.notes.iter().for_each(|note| context.say(&clean(note)));
    if repaired.findings.is_empty() && repaired.accepted_tails == 0 && repaired.unread == 0 {
        context.say("found nothing wrong");
        return Ok(Outcome::Done);
    }
    for finding in repaired.findings.iter().filter(|finding| !repaired.left.contains(finding)).take(SHOWN) {
        context.say(&advice::finding(finding));
    }
    if repaired.findings.len() > SHOWN {
        context.say(&format!("and {} more", grouped((repaired.findings.len() - SHOWN) as u64)));
    }
    if repaired.mended > 0 {
        context
            .say(&format!("wrote {} captures to the ledger again from the store", grouped(repaired.mended)));
    }
    if repaired.rebuilt {
        context.say("built the store again from the ledger");
    }
    if repaired.accepted_tails > 0 {
        let tails = grouped(repaired.accepted_tails);
        context.say(&format!(
            "accepted {tails} tails of the ledger as no part of the archive: kept as ledger/….tail.accepted"
        ));
    }
    if repaired.accepted_losses > 0 {
        let losses = grouped(repaired.accepted_losses);
        context.say(&format!("accepted that {losses} originals are lost: raw/lost names them"));
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
    if repaired.left_count > 0 {
        for finding in repaired.left.iter().take(SHOWN) {
            context.say(&advice::finding(finding));
        }
        context.say(&format!("could not mend {} things", grouped(repaired.left_count)));
        return Ok(Outcome::Damaged);
    }
    Ok(if repaired.unread > 0 { Outcome::System } else { context.outcome() })
}
