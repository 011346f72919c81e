//! `pressmark tag +checked -todo 'source:rubryka.com НАТО'`

use super::args::{FilterArgs, FlagArgs};
use super::context::{Access, Context};
use super::exit::{Failure, Outcome, Result};
use super::output::terminal::{clean, grouped};
use super::output::{Cell, Column, FormatArgs, List, Style, Width};
use pressmark::model::{TAG_HINT, tag};
use pressmark::{Answer, Digest, Query, Want};

/// Add tags (+tag), remove them (-tag), or list them.
///
/// Arguments that start with + or - are tags, the rest is the query, or eight or more digits that begin a digest. Tags are kept in the
/// ledger like everything else; tag:NAME finds them. Without arguments, lists the tags with the number of articles that have them.
#[derive(clap::Args)]
pub struct Args {
    /// +tag and -tag, then the query.
    #[arg(value_name = "+TAG|-TAG|QUERY")]
    words: Vec<String>,
    #[command(flatten)]
    flags: FlagArgs,
    #[command(flatten)]
    format: FormatArgs,
    /// Allow a query that matches everything.
    #[arg(long)]
    all: bool,
    /// Only count the articles that would change.
    #[arg(long)]
    dry_run: bool,
}

/// What stands before a tag that is given, or taken away.
const SIGNS: [char; 2] = ['+', '-'];

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    if args.words.is_empty() {
        return list(context, args);
    }
    let changes = args.words.iter().take_while(|word| word.len() > 1 && word.starts_with(SIGNS)).count();
    let (changes, words) = args.words.split_at(changes);
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    for change in changes {
        let given = change.trim_start_matches(SIGNS);
        let name = tag(given)
            .ok_or_else(|| Failure::usage(&format!("'{}' cannot be a tag", clean(given)), TAG_HINT))?;
        if change.starts_with('+') { added.push(name) } else { removed.push(name) }
    }
    let filter = FilterArgs { words: words.to_vec(), flags: args.flags.clone() };
    if changes.is_empty() {
        return Err(Failure::usage(
            "which tags?",
            "write +tag to give one and -tag to take one away, before the query",
        ));
    }
    if let Some(both) = added.iter().find(|tag| removed.contains(tag)) {
        return Err(Failure::usage(
            &format!("{both} is to be given and taken away"),
            "leave one of them out",
        ));
    }
    if filter.is_empty() && !args.all {
        return Err(Failure::usage(
            "which articles? without a query, that would be all of them",
            "add a query, or --all",
        ));
    }
    let (articles, changed) = context.with_archive(Access::Change, |context, archive| {
        let found = context.headlines(archive, &filter)?;
        let articles: Vec<Digest> = found.into_iter().map(|(digest, _)| digest).collect();
        let changed = archive.tag(&articles, &added, &removed, args.dry_run)?;
        Ok((articles.len() as u64, changed))
    })?;
    let would = if args.dry_run { "would change" } else { "changed" };
    if context.wants_json() {
        context.status(&serde_json::json!({"message_type": "summary", "articles": articles, "changed": changed, "dry_run": args.dry_run}));
    } else {
        context.say(&format!("{} articles, {} {would}", grouped(articles), grouped(changed)));
    }
    Ok(context.outcome())
}

const COLUMNS: [Column; 2] =
    [Column { name: "tag", width: Width::Text(40) }, Column { name: "articles", width: Width::Number(8) }];

fn list(context: &mut Context, args: &Args) -> Result<Outcome> {
    let mut list = List::new(context, &args.format, &COLUMNS);
    let filter = FilterArgs { words: Vec::new(), flags: FlagArgs::default() };
    context.ask(&filter, |_| Ok(Query::default()), |_| Want::Tags, &mut |context, piece| {
        let Answer::Tag { tag, count } = piece else { return Ok(()) };
        let number = Cell::new(count.to_string()).shown(grouped(count), Style::Plain);
        list.row(context, &[Cell::new(&tag), number], &serde_json::json!({"tag": tag, "articles": count}))
    })?;
    list.finish(context)?;
    Ok(Outcome::Done)
}
