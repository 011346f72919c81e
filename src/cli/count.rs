//! `pressmark count --by month --source rubryka.com`

use super::args::{FilterArgs, QueryArgs};
use super::context::Context;
use super::exit::{Failure, Outcome, Result};
use super::output::terminal::columns;
use super::output::{Cell, Column, Format, FormatArgs, List, Width, bars};
use pressmark::{Answer, By, Grouping, Order, Query, Request, Session, Want};
use serde_json::json;
use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

/// Count articles, or captures with --captures.
///
/// With --by, an article counts once in every group in which a capture of it matched: a story that two sources ran
/// counts for both, so groups may add up to more than there are articles. Days and hours are those of --tz; --limit and --offset choose groups.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    query: QueryArgs,
    /// Group by source, day, week, month, year, weekday, hour, language, section, keyword, author, tag or extra.FIELD; by several: source,month.
    #[arg(long, value_name = "WHAT,…", value_delimiter = ',')]
    by: Vec<By>,
    /// Also the groups in between that nothing is in: months without articles.
    #[arg(long, requires = "by")]
    zeros: bool,
    /// Also what share of everything that is counted each group is.
    #[arg(long, requires = "by")]
    share: bool,
    /// Also what share each group is of what this query finds in the same group: count НАТО --by month --share-of lang:uk.
    #[arg(long, value_name = "QUERY", requires = "by", conflicts_with = "share")]
    share_of: Option<String>,
    #[command(flatten)]
    format: FormatArgs,
}

type Key = Vec<Option<String>>;

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let filter = &args.query.filter;
    let make = |saved: &_| args.query.query(saved, Order::Oldest);
    if args.by.is_empty() {
        let mut count = 0;
        context.ask(filter, make, |_| Want::Count, &mut |context, piece| {
            let Answer::Count(found) = piece else { return Ok(()) };
            count = found;
            match args.format.format {
                Some(Format::Json | Format::Jsonl) => writeln!(context.out, "{}", json!({"count": found}))?,
                _ => writeln!(context.out, "{found}")?,
            }
            Ok(())
        })?;
        return Ok(args.query.outcome(count > 0));
    }
    if let Some(twice) = args.by.iter().enumerate().find(|(at, by)| args.by[..*at].contains(by)) {
        return Err(Failure::usage(&format!("--by names {} twice", twice.1), "leave one of them out"));
    }
    let grouping = Grouping { by: args.by.clone(), zone: filter.flags.zone().to_owned(), zeros: args.zeros };
    let shares = args.share || args.share_of.is_some();
    let (groups, whole) = context.with_query(filter, make, |context, session, query| {
        let explain = context.explains(filter);
        // A limit is one of groups, not of what is counted in them.
        let query = &Query { limit: None, offset: 0, ..query.clone() };
        let groups = groups(context, session, query, &grouping, explain)?;
        let whole = match &args.share_of {
            None if args.share => Whole::All(session.count(query)?),
            None => Whole::All(0),
            Some(text) => {
                let of = FilterArgs { words: vec![text.clone()], flags: filter.flags.clone() };
                let of = Query { captures: query.captures, ..of.query(&session.facts().queries)? };
                Whole::Groups(self::groups(context, session, &of, &grouping, false)?.into_iter().collect())
            }
        };
        Ok((groups, whole))
    })?;
    let (offset, limit) = args.query.page();
    let groups: Vec<(Key, u64)> = groups.into_iter().skip(offset).take(limit).collect();
    print(context, args, &groups, |key, count| shares.then(|| whole.share(key, count)))?;
    Ok(args.query.outcome(groups.iter().any(|(_, count)| *count > 0)))
}

fn groups(
    context: &mut Context,
    session: &Arc<Session>,
    query: &Query,
    grouping: &Grouping,
    explain: bool,
) -> Result<Vec<(Key, u64)>> {
    let request = Request { explain, ..Request::new(query.clone(), Want::Groups(grouping.clone())) };
    let mut groups = Vec::new();
    context.pieces(session, &request, &mut |_, piece| {
        if let Answer::Group { key, count } = piece {
            groups.push((key, count));
        }
        Ok(())
    })?;
    Ok(groups)
}

/// What groups are a share of.
enum Whole {
    All(u64),
    Groups(HashMap<Key, u64>),
}

impl Whole {
    /// The share of a group; none of nothing.
    fn share(&self, key: &Key, count: u64) -> Option<f64> {
        let whole = match self {
            Whole::All(whole) => *whole,
            Whole::Groups(groups) => groups.get(key).copied().unwrap_or(0),
        };
        // Six digits are more than a count has a right to.
        (whole > 0).then(|| (count as f64 / whole as f64 * 1e6).round() / 1e6)
    }
}

fn print(
    context: &mut Context,
    args: &Args,
    groups: &[(Key, u64)],
    share: impl Fn(&Key, u64) -> Option<Option<f64>>,
) -> Result<()> {
    let label = |part: &Option<String>| part.clone().unwrap_or("none".to_owned());
    let names: Vec<String> = args.by.iter().map(ToString::to_string).collect();
    let column = |name| Column { name, width: Width::Whole };
    let with_share = args.share || args.share_of.is_some();
    let shown: Vec<Column> = names
        .iter()
        .map(String::as_str)
        .chain(["count"])
        .chain(with_share.then_some("share"))
        .map(column)
        .collect();
    let mut list = List::new(context, &args.format, &shown);
    if list.format() == Format::Table {
        let labelled: Vec<(String, u64)> = groups
            .iter()
            .map(|(key, count)| {
                let label = key.iter().map(label).collect::<Vec<_>>().join("  ");
                let share = share(key, *count)
                    .flatten()
                    .map_or(String::new(), |share| format!("  {:.1} %", share * 100.0));
                (label + &share, *count)
            })
            .collect();
        let (columns, rows) = bars(&labelled, if context.stdout_is_terminal() { columns() } else { 100 });
        list = List::new(context, &args.format, &columns);
        for row in &rows {
            list.row(context, row, &())?;
        }
    } else {
        for (key, count) in groups {
            let share = share(key, *count);
            let cells = key.iter().map(label).chain([count.to_string()]);
            let cells =
                cells.chain(share.map(|share| share.map_or(String::new(), |share| share.to_string())));
            let mut value = serde_json::Map::new();
            value.extend(names.iter().zip(key).map(|(name, part)| (name.clone(), json!(part))));
            value.insert("count".to_owned(), json!(count));
            value.extend(share.map(|share| ("share".to_owned(), json!(share))));
            list.row(context, &cells.map(Cell::new).collect::<Vec<_>>(), &value)?;
        }
    }
    list.finish(context)
}
