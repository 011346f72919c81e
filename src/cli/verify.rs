//! `pressmark verify --read-data`, `pressmark verify --subset 5%`

use super::context::Context;
use super::exit::{Failure, Outcome, Result};
use super::output::advice;
use super::output::terminal::{clean, grouped};
use pressmark::model::DAY;
use pressmark::{Depth, Report};
use std::io::Write;

/// Check the archive for damage.
///
/// Checks the ledger's chain, every row of the store, and for every row the rows that belong to it. Exits with 12 if anything is wrong.
/// pressmark repair mends it.
#[derive(clap::Args)]
pub struct Args {
    /// Read every byte as well: every checksum of the ledger, every digest, in both halves, and compare the two.
    #[arg(long)]
    read_data: bool,
    /// Read one part of the data: 5% is a twentieth, another one each day; 3/20 is the third of twenty parts.
    #[arg(long, value_name = "SHARE", conflicts_with = "read_data")]
    subset: Option<String>,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let depth = match &args.subset {
        None if args.read_data => Depth::Data,
        None => Depth::Structure,
        Some(share) => subset(share)?,
    };
    let stop = context.stop();
    let dir = context.dir()?;
    let report = context.patiently(true, &dir, |wait| pressmark::verify(&dir, depth, wait, &stop))?;
    if stop() {
        return Ok(Outcome::Interrupted);
    }
    for finding in &report.findings {
        let text = advice::finding(finding);
        if context.json {
            let finding =
                serde_json::json!({"message_type": "finding", "code": finding.code(), "message": text});
            writeln!(context.out, "{finding}")?;
        } else {
            writeln!(context.out, "{text}")?;
        }
    }
    context.out.flush()?;
    let Report { commits, captures, articles, hashed, raws, rows, found, notes, .. } = &report;
    let originals = if *raws > 0 { format!(" and {} originals", grouped(*raws)) } else { String::new() };
    if context.json {
        context.status(&serde_json::json!({"message_type": "summary", "commits": commits, "articles": articles, "captures": captures, "rows": rows,
            "hashed": hashed, "originals": raws, "removed": report.removed, "gone": report.gone, "found": found, "unread": report.unread}));
    }
    let [commits, captures, articles, hashed, rows] =
        [commits, captures, articles, hashed, rows].map(|count| grouped(*count));
    context.say(&format!("looked at {commits} commits, {articles} articles, {captures} captures and {rows} rows of indexes; hashed {hashed} texts{originals}"));
    if report.later > 0 {
        context.say(&format!(
            "{} entries were written by a later version of pressmark: they are kept as they are",
            grouped(report.later)
        ));
    }
    if report.removed + report.gone > 0 {
        context.say(&format!(
            "{} articles were removed; of {} entries and articles the hash alone is left",
            grouped(report.removed),
            grouped(report.gone)
        ));
    }
    notes.iter().for_each(|note| context.say(&clean(note)));
    if *found == 0 && report.unread > 0 {
        context.say(&format!("could not look at {} things", grouped(report.unread)));
        return Ok(Outcome::System);
    }
    if *found == 0 {
        context.say("found nothing wrong");
        return Ok(Outcome::Done);
    }
    if *found > report.findings.len() as u64 {
        context.say(&format!("the first {} are listed", grouped(report.findings.len() as u64)));
    }
    context
        .say(&format!("found {} things wrong: pressmark repair mends what can be mended", grouped(*found)));
    Ok(Outcome::Damaged)
}

/// `5%` or `3/20`.
fn subset(share: &str) -> Result<Depth> {
    let bad =
        || Failure::usage(&format!("--subset '{}' is not a share", clean(share)), "a share is 5% or 3/20");
    if let Some((part, of)) = share.split_once('/') {
        let (part, of): (u64, u64) =
            (part.trim().parse().map_err(|_| bad())?, of.trim().parse().map_err(|_| bad())?);
        return if part >= 1 && part <= of { Ok(Depth::Part { part, of }) } else { Err(bad()) };
    }
    let percent: f64 = share.strip_suffix('%').ok_or_else(bad)?.trim().parse().map_err(|_| bad())?;
    if !(percent > 0.0 && percent <= 100.0) {
        return Err(bad());
    }
    let of = (100.0 / percent).round() as u64;
    let today = super::args::time().now().0.div_euclid(DAY) as u64;
    Ok(Depth::Part { part: today % of + 1, of })
}
