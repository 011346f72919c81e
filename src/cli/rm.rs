//! `pressmark rm 3f2a9c01 --reason 'court order' --ref 'LG Hamburg 324 O 12/26'`

use super::args::{FilterArgs, FlagArgs};
use super::context::{Access, Context};
use super::exit::{Failure, Outcome, Result};
use super::output::terminal::{clean, grouped};
use pressmark::archive::{REASON_BYTES_MAX, Removal};
use pressmark::{Digest, Error, Healed};
use std::io::{self, BufRead, IsTerminal, Write};

/// Remove articles for good, from everything on disk.
///
/// Arguments are a query, or eight or more digits that begin a digest. Says which articles that are, and asks; where nobody can be asked,
/// --yes says it. Nobody is shown them from then on, and their bytes are taken out of ledger, store, full-text index and originals, which
/// takes room for another ledger and store for a while. It does not reach backups, other copies and snapshots of the file system.
///
/// What stays is the digest with the reason: the same text does not come in again, and ingest counts it as removed before.
#[derive(clap::Args)]
pub struct Args {
    /// A query, or digits of digests.
    #[arg(value_name = "QUERY|ID")]
    words: Vec<String>,
    #[command(flatten)]
    flags: FlagArgs,
    /// Why; log shows it. It stays, so it should not repeat what has to be gone.
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["undo", "dry_run"])]
    reason: Option<String>,
    /// What the reason refers to: a letter, a case.
    #[arg(long = "ref", value_name = "TEXT")]
    reference: Option<String>,
    /// Take originals away too that other articles name.
    #[arg(long)]
    originals: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Only say which articles.
    #[arg(long)]
    dry_run: bool,
    /// Let a text in again that was removed: its whole digest, as log shows it. It has to be ingested again.
    #[arg(long, value_name = "DIGEST", conflicts_with_all = ["words", "reason", "reference", "originals"])]
    undo: Vec<Digest>,
}

/// So many articles are named.
const SHOWN: usize = 10;

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    if !args.undo.is_empty() {
        return undo(context, args);
    }
    let filter = FilterArgs { words: args.words.clone(), flags: args.flags.clone() };
    if filter.is_empty() {
        let hint = "name articles by eight or more digits of their digests, or by a query";
        return Err(Failure::usage(
            "remove which articles? without a query, that would be all of them",
            hint,
        ));
    }
    let removal = Removal {
        reason: args.reason.clone().unwrap_or_default().trim().to_owned(),
        reference: args.reference.clone(),
        originals: args.originals,
    };
    let texts = [Some(&removal.reason), removal.reference.as_ref()];
    if removal.reason.is_empty() && !args.dry_run {
        return Err(Failure::usage("--reason says nothing", "log shows it to whoever asks later"));
    }
    if texts.iter().flatten().any(|text| text.len() > REASON_BYTES_MAX) {
        let hint = format!("there may be {REASON_BYTES_MAX} bytes");
        return Err(Failure::usage("--reason or --ref is too long", &hint));
    }
    let asks = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !args.yes && !args.dry_run && !asks {
        return Err(Failure::usage("nobody can be asked here", "--yes removes without asking"));
    }
    let removed = context.with_archive(Access::Change, |context, archive| {
        let found = context.headlines(archive, &filter)?;
        if found.is_empty() {
            return Ok(None);
        }
        let articles: Vec<Digest> = found.iter().map(|(digest, _)| *digest).collect();
        let count = articles_of(found.len() as u64);
        context.say(&format!("{} {count}:", if args.dry_run { "would remove" } else { "about to remove" }));
        for (digest, headline) in found.iter().take(SHOWN) {
            context.say(&format!("  {}  {}", digest.short(12), clean(headline)));
        }
        if found.len() > SHOWN {
            context.say(&format!("  and {} more", grouped((found.len() - SHOWN) as u64)));
        }
        let sizes = archive.disk_bytes()?;
        let room: u64 = ["ledger", "store"].iter().filter_map(|name| sizes.get(*name)).sum();
        if !args.dry_run {
            if sizes.keys().any(|name| name.contains(".bak")) {
                context.say(
                    "what a repair could mend only in part and kept (ledger.bak, store.bak) goes with them",
                );
            }
            context.say(&format!("that needs up to {} MiB of room for a while", grouped((room >> 20) + 1)));
            if !args.yes && !confirmed(&count)? {
                context.say("removed nothing");
                return Ok(None);
            }
        }
        archive.remove(&articles, &removal, args.dry_run).map(Some).map_err(Failure::from)
    })?;
    let Some(removed) = removed else { return Ok(context.outcome()) };
    for (original, article) in &removed.shared {
        context.complain(&format!(
            "the original {original} stays: article {} names it too; --originals takes it away as well",
            article.short(12)
        ));
    }
    if !args.dry_run {
        erase(context)?;
    }
    let shared = removed.shared.len();
    if context.wants_json() {
        context.status(&serde_json::json!({"message_type": "summary", "articles": removed.articles, "originals_kept": shared, "dry_run": args.dry_run}));
    } else if !args.dry_run {
        context.say(&format!("removed {}", articles_of(removed.articles)));
    }
    Ok(context.outcome())
}

/// Opens the archive once more, for which the bytes of what was removed are taken out, also of this user's own indexes of it.
fn erase(context: &mut Context) -> Result<()> {
    let opened = context.with_archive(Access::Write, |context, archive| {
        context.clear_scratch(archive.uuid()?);
        let healed = archive.here(|archive| archive.healed().to_vec()).unwrap_or_default();
        for healed in healed {
            match healed {
                Healed::Erased { left, .. } if !left.is_empty() => context.complain(
                    "what a crash or a repair left may hold them: repair --accept-tail takes ledger/….tail out, the others are for you to delete",
                ),
                Healed::NotErased { .. } => context
                    .complain("their bytes are still there: whoever opens the archive next tries again"),
                _ => {}
            }
        }
        Ok(())
    });
    match opened {
        Err(Failure::Archive(e @ Error::Locked { .. })) => {
            context.complain(
                "nobody is shown them any more, but their bytes are still there: whoever opens the archive next takes them out",
            );
            Err(Failure::Archive(e))
        }
        done => done,
    }
}

fn undo(context: &mut Context, args: &Args) -> Result<Outcome> {
    let undone = context.with_archive(Access::Change, |_, archive| {
        archive.undo_removal(&args.undo, args.dry_run).map_err(Failure::from)
    })?;
    if undone < args.undo.len() as u64 {
        let (given, was) = (args.undo.len() as u64, undone);
        context.complain(&format!(
            "of {} digests, {} are of texts that were removed",
            grouped(given),
            grouped(was)
        ));
    }
    let would = if args.dry_run { "would let" } else { "let" };
    context.say(&format!("{would} {} in again, when it comes", texts_of(undone)));
    Ok(context.outcome())
}

fn articles_of(count: u64) -> String {
    if count == 1 { "one article".to_owned() } else { format!("{} articles", grouped(count)) }
}

fn texts_of(count: u64) -> String {
    if count == 1 { "one text".to_owned() } else { format!("{} texts", grouped(count)) }
}

/// Asks on the terminal.
fn confirmed(what: &str) -> Result<bool> {
    let failed = |source| Failure::Output { to: "standard error".to_owned(), source };
    let mut err = io::stderr();
    write!(err, "remove {what} for good? [y/N] ").and_then(|()| err.flush()).map_err(failed)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}
