//! `pressmark log --after 12000`, `pressmark log --head`

use super::exit::Outcome;
use super::terminal::{clean, columns, padded};
use super::{Context, Result};
use std::io::Write;

/// List captures in the order in which they came: number, time of capture, source, headline, digest.
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
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let terminal = context.stdout_is_terminal();
    context.with_reader(|context, reader| {
        let position = reader.position();
        if args.head {
            writeln!(context.out, "{}\t{}", position.next_seq - 1, position.head)?;
            return Ok(Outcome::Done);
        }
        let first = args.after.saturating_add(1);
        let end = position.next_seq.min(first.saturating_add(args.limit.unwrap_or(u64::MAX)));
        for seq in first..end {
            if context.interrupted() {
                return Ok(Outcome::Interrupted);
            }
            let (article, provenance) = reader.capture(seq)?;
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
        Ok(Outcome::Done)
    })
}
