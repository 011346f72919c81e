//! `pressmark set source=taz.de published=2025-01-28 3f2a9c01`

use super::args::{FilterArgs, FlagArgs, language, source};
use super::context::{Access, Context};
use super::exit::{Failure, Outcome, Result};
use super::output::terminal::{clean, grouped};
use pressmark::archive::{Change, Changed};
use pressmark::model::{DAY, Detail};
use pressmark::text::likeness::nearest;
use pressmark::{Dated, Origin, Precision, Published};

/// Correct what was found about articles: source, date, byline.
///
/// What can be corrected is source, published, language, url and byline.
///
/// Arguments FIELD=VALUE come first, then a query, or eight or more digits that begin a digest. FIELD=none says that it is not
/// known. Names of a byline are separated by semicolons. A query corrects the captures that match it, a digest all of its article; a
/// language is the article's. What was there before stays in the ledger: show and log tell it, and a page that comes in again is still
/// known. The text is what its digest names, and cannot be corrected.
#[derive(clap::Args)]
pub struct Args {
    /// FIELD=VALUE, then the query.
    #[arg(value_name = "FIELD=VALUE|QUERY", required = true)]
    words: Vec<String>,
    #[command(flatten)]
    flags: FlagArgs,
    /// Allow a query that matches everything.
    #[arg(long)]
    all: bool,
    /// Only count what would change.
    #[arg(long)]
    dry_run: bool,
}

const FIELDS: [&str; 5] = ["source", "published", "language", "url", "byline"];
const FIELDS_HINT: &str = "what can be set is source, published, language, url and byline";

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let is_field = |word: &&String| {
        let name = word.split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()))
    };
    let (fields, words) = args.words.split_at(args.words.iter().take_while(is_field).count());
    if fields.is_empty() {
        return Err(Failure::usage("set what?", "write FIELD=VALUE before the query: source=taz.de"));
    }
    let (mut change, mut seen) = (Change::default(), Vec::new());
    for field in fields {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        if seen.contains(&name) {
            return Err(Failure::usage(&format!("{name} is set twice"), "leave one of them out"));
        }
        set(&mut change, name, value.trim(), &args.flags)?;
        seen.push(name);
    }
    let filter = FilterArgs { words: words.to_vec(), flags: args.flags.clone() };
    if filter.is_empty() && !args.all {
        return Err(Failure::usage(
            "of which articles? without a query, that would be all of them",
            "add a query, the digits of a digest, or --all",
        ));
    }
    let (captures, changed) = context.with_archive(Access::Change, |context, archive| {
        let captures = context.captures(archive, &filter)?;
        if change.values.url.is_some() && captures.len() > 1 {
            return Err(Failure::usage(
                &format!("{} captures match, and a URL is that of one", grouped(captures.len() as u64)),
                "name one capture: seq:N, as pressmark show has it",
            ));
        }
        let changed = archive.correct(&captures, &change, args.dry_run)?;
        Ok((captures.len() as u64, changed))
    })?;
    let Changed { captures: corrected, articles } = changed;
    if context.wants_json() {
        context.status(&serde_json::json!({"message_type": "summary", "captures": captures, "changed": corrected, "languages": articles, "dry_run": args.dry_run}));
    } else {
        let would = if args.dry_run { "would change" } else { "changed" };
        let languages = match articles {
            0 => String::new(),
            articles => format!(", the language of {} articles", grouped(articles)),
        };
        context.say(&format!("{} captures, {} {would}{languages}", grouped(captures), grouped(corrected)));
    }
    Ok(context.outcome())
}

fn set(change: &mut Change, name: &str, value: &str, flags: &FlagArgs) -> Result<()> {
    let detail = match name {
        "source" => Detail::Source,
        "published" => Detail::Published,
        "url" => Detail::Url,
        "byline" => Detail::Byline,
        "language" => {
            change.language = Some(if value == "none" { None } else { Some(language(value)?) });
            return Ok(());
        }
        _ => {
            let meant = match name {
                "date" => Some("published"),
                "author" => Some("byline"),
                "lang" => Some("language"),
                _ => nearest(name, FIELDS).map(|(_, name)| name),
            };
            let hint =
                meant.map_or(FIELDS_HINT.to_owned(), |meant| format!("did you mean {meant}=? {FIELDS_HINT}"));
            return Err(Failure::usage(&format!("'{}' cannot be set", clean(name)), &hint));
        }
    };
    if value.is_empty() {
        let hint = format!("for one that is not known write {name}=none");
        return Err(Failure::usage(&format!("{name}= has no value"), &hint));
    }
    if value == "none" {
        change.cleared.push(detail);
        return Ok(());
    }
    let values = &mut change.values;
    match detail {
        Detail::Source => values.source = Some(source(value)?),
        Detail::Url => {
            if !value.contains("://") {
                let hint = "an address begins with https:// or the like";
                return Err(Failure::usage(&format!("'{}' is not a URL", clean(value)), hint));
            }
            values.url = Some(value.to_owned());
        }
        Detail::Byline => {
            let names = value.split(';').map(str::trim).filter(|name| !name.is_empty());
            values.byline = names.map(str::to_owned).collect();
        }
        _ => {
            let dated = date(value, flags)?;
            values.published = Some(Published {
                at: dated.at,
                precision: dated.precision,
                origin: Origin::Given,
                offset_minutes: dated.offset_minutes,
                suspect: false,
            });
        }
    }
    Ok(())
}

/// A date of publication, as it is written in queries or in feeds.
fn date(value: &str, flags: &FlagArgs) -> Result<Dated> {
    if let Some(dated) = Dated::parse(value) {
        return Ok(dated);
    }
    let (first, last) = flags.period("published", value)?;
    let precision = match last.civil.0 - first.civil.0 + 1 {
        DAY => Precision::Day,
        period if (28 * DAY..=31 * DAY).contains(&period) && first.civil.day().ends_with("-01") => {
            Precision::Month
        }
        _ => {
            let hint = "a date of publication is a moment, a day or a month";
            return Err(Failure::usage(&format!("'{}' is longer than a month", clean(value)), hint));
        }
    };
    Ok(Dated { at: first.civil, precision, offset_minutes: None })
}
