//! `pressmark search 'Одеса порт date:2025..'`

use super::args::QueryArgs;
use super::context::Context;
use super::exit::{Failure, Outcome, Result};
use super::output::terminal::{clean, columns, padded, wrapped};
use super::output::{Cell, Column, Format, FormatArgs, List, Width};
use pressmark::{Answer, Order, Row, Snippet, Want};
use std::io::Write;

/// Search headlines and texts, best match first.
///
/// Each hit is shown with the piece of its text that matches. Words are found in all their forms (English, Russian, Ukrainian and
/// others), in quotation marks as they are printed. Without --limit the best twenty are shown; --limit 0 shows all.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    query: QueryArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Hits that are shown if nobody says how many.
const SHOWN: u64 = 20;

const COLUMNS: [Column; 5] = [
    Column { name: "date", width: Width::Whole },
    Column { name: "source", width: Width::Whole },
    Column { name: "headline", width: Width::Whole },
    Column { name: "digest", width: Width::Whole },
    Column { name: "snippet", width: Width::Whole },
];

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    if args.query.filter.is_empty() {
        return Err(Failure::usage(
            "what is searched for?",
            "pressmark search Одеса порт; pressmark list lists everything",
        ));
    }
    let make = |saved: &_| {
        // Without words there is nothing to be relevant to.
        let words = args.query.filter.query(saved)?;
        let order = if words.filter.asks_for_words() { Order::Relevance } else { Order::Newest };
        let mut query = args.query.query(saved, order)?;
        if args.query.limit.is_none() {
            query.limit = Some(SHOWN);
        }
        Ok(query)
    };
    let mut list = List::new(context, &args.format, &COLUMNS);
    let is_table = list.format() == Format::Table;
    let want = |_: &_| Want::Rows { digits: is_table, snippets: true };
    let end = context.ask(&args.query.filter, make, want, &mut |context, piece| {
        let Answer::Row(row) = piece else { return Ok(()) };
        let Some(snippet) = &row.snippet else { return Ok(()) };
        if is_table {
            return block(context, &row, snippet);
        }
        let cells = [
            Cell::new(row.when.text()),
            Cell::new(row.source.as_deref().unwrap_or("")),
            Cell::new(&row.headline),
            Cell::new(&row.digest),
            Cell::new(dotted(&clean(&snippet.snippet), snippet.snippet_cut)),
        ];
        list.row(context, &cells, &row)
    })?;
    list.finish(context)?;
    Ok(args.query.outcome(end.count > 0))
}

/// A hit for people: a line that names it, and below it the piece of its text.
fn block(context: &mut Context, row: &Row, snippet: &Snippet) -> Result<()> {
    let paint = context.paint;
    let marked = |text: &str, marks: &[(usize, usize)]| {
        let letters: Vec<char> = text.chars().collect();
        let piece = |from: usize, to: usize| clean(&letters[from..to].iter().collect::<String>());
        let (mut marked, mut at) = (String::new(), 0);
        for (from, to) in marks {
            marked.push_str(&piece(at, *from));
            marked.push_str(&paint.found(&piece(*from, *to)));
            at = *to;
        }
        marked + &piece(at, letters.len())
    };
    let day = row.when.day();
    let day = padded(if day.is_empty() { "-" } else { &day }, 10);
    let digest = &row.digest[..row.digits.unwrap_or(row.digest.len())];
    let source = row.source.as_deref().map_or("-".to_owned(), clean);
    let headline = match row.headline.as_str() {
        "" => "(no headline)".to_owned(),
        headline => marked(headline, &snippet.headline_marks),
    };
    writeln!(context.out, "{} {} {source}  {headline}", paint.date(&day), paint.digest(digest))?;
    let text = dotted(&marked(&snippet.snippet, &snippet.snippet_marks), snippet.snippet_cut);
    for line in wrapped(&text, columns().min(110) - 4) {
        writeln!(context.out, "    {line}")?;
    }
    Ok(())
}

fn dotted(text: &str, cut: (bool, bool)) -> String {
    let dots = |cut: bool| if cut { "…" } else { "" };
    format!("{}{text}{}", dots(cut.0), dots(cut.1))
}
