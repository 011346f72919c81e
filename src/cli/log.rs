//! `pressmark log --after 12000`, `pressmark log --head`

use super::exit::Outcome;
use super::query_args::FilterArgs;
use super::terminal::{clean, columns, padded};
use super::{Context, Result};
use pressmark::archive::Snapshot;
use pressmark::ledger::Entry;
use pressmark::model::Timestamp;
use pressmark::query::{Condition, Order};
use std::io::Write;

/// List captures in the order in which they came: number, time of capture, source, headline, digest. Without a query, also
/// the tags and saved queries that came between them.
///
/// The head is the state of the archive: a hash over everything in it, in order. Two archives with the same head hold the
/// same captures; a paper can cite it.
#[derive(clap::Args)]
pub struct Args {
    /// Only captures after this number: 0 is before the first.
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,
    /// No more than so many.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Print the number of the last capture and the head instead.
    #[arg(long, conflicts_with_all = ["after", "limit"])]
    head: bool,
    #[command(flatten)]
    filter: FilterArgs,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let terminal = context.stdout_is_terminal();
    let make = |saved: &_| {
        let mut query = args.filter.query(saved)?;
        (query.order, query.captures) = (Order::Arrival, true);
        // What comes after a number; everything else is numbered with the captures.
        if !query.filter.is_everything() {
            query.filter = query.filter.and(Condition::Seq(args.after.saturating_add(1), u64::MAX).into());
        }
        query.limit = args.limit;
        Ok(query)
    };
    context.with_query(&args.filter, make, |context, reader, query| {
        let position = reader.position();
        if args.head {
            writeln!(context.out, "{}\t{}", position.next_seq - 1, position.head)?;
            return Ok(Outcome::Done);
        }
        let first = args.after.saturating_add(1);
        let end = position.next_seq.min(first.saturating_add(args.limit.unwrap_or(u64::MAX)));
        let asked = reader.ask(query)?;
        let numbers: Box<dyn Iterator<Item = pressmark::Result<u64>>> = match query.filter.is_everything() {
            true => Box::new((first..end).map(Ok)),
            false => Box::new(asked.hits()?.map(|hit| hit.map(|hit| hit.seq))),
        };
        for seq in numbers {
            let seq = seq?;
            if context.interrupted() {
                return Ok(Outcome::Interrupted);
            }
            let (article, provenance) = match reader.entry(seq)? {
                Entry::Capture { article, provenance } if reader.has(article) => (article, provenance),
                entry => {
                    let (at_ms, what, text, digest) = told(&reader, entry)?;
                    other(context, seq, at_ms, what, &clean(&text), &digest)?;
                    continue;
                }
            };
            let row = reader.row(article)?;
            let captured = provenance.captured.map_or("-".to_owned(), |captured| captured.to_string());
            let source = provenance.source.as_ref().map_or("-".to_owned(), |source| clean(source.as_str()));
            let headline = if row.headline.is_empty() { "-".to_owned() } else { clean(&row.headline) };
            if terminal {
                let digits = reader.digits_needed(&row.digest, 8)?;
                let left = columns().saturating_sub(8 + 1 + 20 + 1 + 20 + 1 + 1 + digits);
                let digest = context.paint.digest(&row.digest.short(digits));
                writeln!(
                    context.out,
                    "{seq:>8} {captured} {} {} {digest}",
                    padded(&source, 20),
                    padded(&headline, left)
                )?;
            } else {
                writeln!(context.out, "{seq}\t{captured}\t{source}\t{headline}\t{}", row.digest)?;
            }
        }
        context.explain(&args.filter, &asked)?;
        Ok(Outcome::Done)
    })
}

/// What is numbered with the captures and is none: when it was made, what it is, what it says, and the article's digest.
fn told(reader: &Snapshot, entry: Entry) -> Result<(Option<i64>, &'static str, String, String)> {
    let none = || "-".to_owned();
    let digest = |article: u64| match reader.has(article) {
        true => reader.row(article).map(|row| row.digest.to_string()),
        false => Ok(none()),
    };
    Ok(match entry {
        Entry::Tags { article, added, removed, at_ms } => {
            let signed = |sign: &'static str| move |tag: String| format!("{sign}{tag}");
            let tags: Vec<String> =
                added.into_iter().map(signed("+")).chain(removed.into_iter().map(signed("-"))).collect();
            (Some(at_ms), "tag", tags.join(" "), digest(article)?)
        }
        Entry::Saved { name, query, at_ms } => {
            let text = query.map_or(format!("{name} removed"), |query| format!("{name} = {query}"));
            (Some(at_ms), "query", text, none())
        }
        Entry::Removal { digest, reason, reference, at_ms, .. } => {
            let reference = reference.map_or(String::new(), |reference| format!(" ({reference})"));
            (Some(at_ms), "removal", format!("{reason}{reference}"), digest.to_string())
        }
        Entry::Gone { .. } | Entry::Capture { .. } => (None, "removed", none(), none()),
        Entry::Article(_) | Entry::Later { .. } => {
            (None, "unknown", "written by a later version of pressmark".to_owned(), none())
        }
    })
}

/// A line for what is numbered with the captures and is none: what it is stands where captures have their source.
fn other(
    context: &mut Context,
    seq: u64,
    at_ms: Option<i64>,
    what: &str,
    text: &str,
    digest: &str,
) -> Result<()> {
    let at = at_ms.map_or("-".to_owned(), |at_ms| Timestamp(at_ms.div_euclid(1000)).to_string());
    if context.stdout_is_terminal() {
        Ok(writeln!(context.out, "{seq:>8} {at:<20} {what:<20} {text}")?)
    } else {
        Ok(writeln!(context.out, "{seq}\t{at}\t{what}\t{text}\t{digest}")?)
    }
}
