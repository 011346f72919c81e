//! `pressmark query save nato 'title:НАТО OR title:NATO'`, `pressmark help query`

use super::args::{FilterArgs, FlagArgs, syntax};
use super::context::{Access, Context};
use super::exit::{Failure, Outcome, Result};
use super::output::terminal::clean;
use super::output::{Cell, Column, FormatArgs, List, Width};
use clap::Subcommand;
use pressmark::model::{TAG_HINT, saved_name};
use pressmark::{Answer, Clock, Query, Want, parse};
use std::io::Write;

/// Save queries under a name; print the query reference.
///
/// Every command that finds articles takes the same query.
#[derive(clap::Args)]
#[command(after_long_help = REFERENCE, subcommand_required = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Keep a query under a name: saved:NAME asks it, from any other query.
    Save {
        /// The name: letters, digits, - and _.
        #[arg(value_name = "NAME")]
        name: String,
        /// The query; dates such as 2weeks are counted anew each time.
        #[arg(value_name = "QUERY", required = true)]
        words: Vec<String>,
    },
    /// List the saved queries: name and query, separated by a tab.
    List(FormatArgs),
    /// Print one.
    Show {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Forget one.
    Remove {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

const REFERENCE: &str = "\
THE QUERY LANGUAGE

  pressmark list 'source:rubryka.com date:2025-01..2025-03 НАТО -Трамп'

Put the whole query between single quotes, so that the shell leaves it alone.
Several arguments are one query; one with blanks in it stands as in brackets.
What was probably meant otherwise is answered, with a hint.

Words, in headline and body
  Київ               in all forms: Києва, Києву … (English, Russian,
                     Ukrainian; by stems in 23 more languages)
  \"Києва\"            as it is printed, in no other form
  \"оборонний бюджет\" these words, one after the other
  оборон*            whatever begins so
  порт NEAR/5 Одеса  at most 5 words apart, in any order; NEAR alone is 10
  title:НАТО         in the headline
  body:НАТО          in the body
  name:Зеленський    a name, in all its cases and however it is spelled, in any
                     alphabet: Зеленского, Zelensky, Zelenskyy, Selenskyj;
                     name:\"Олена Ковач\". By its consonants, so that a name
                     much like it is found too
Case, apostrophes (' ’ ʼ), ё and е, accents that readers leave out, and Latin
letters inside Cyrillic words do not count; ґ and г are alike unless
--distinct-ge. A word is looked for in every language that it could be in.

Where and when
  source:rubryka.com   who published it; source:none has no source
  domain:rubryka.com   at a URL of this domain or of a host in it
  url:https://…        at this URL, however it is spelled; with * at its end,
                       at any that begins so; https://… alone is at it, or
                       has it in the text
  author:Ковач         a name in the byline; author:\"Олена Ковач\"
  section:політика     a section or keyword
  lang:uk              the language of the text; lang:none is not known
  date:2025            published then (published: is the same); date:none has
                       no date, date:suspect no plausible one
  captured:2025-01     found then
  tag:checked          has the tag
  saved:nato           what was saved as nato
  id:3f2a9c01          the digest begins so
  seq:100..200         captures with these numbers
  input:crawl.warc.gz  from this file, or what is in it; * stands for anything
  extra.topics:grain   these words in a field that only the input had, or in
                       one inside it: extra.place.name:Izmail; * for anything
  is:dated is:undated is:suspect is:summary is:noted is:multi-capture

Dates mean the whole of what they name, in UTC unless --tz says otherwise;
ranges include both ends
  2025  2025-01  2025-01-28  2025-01-28T09:30Z  2025Q1  2025-W05  @1738056660
  28.01.2025  2025-1-28  \"Jan 28 2025\"  \"28 січня 2025\"  \"January 2025\"
  today yesterday monday, this-week \"last week\", -month, -year
  3days 2weeks \"7 days ago\" (the day that long ago), 12hours, now
  \"last 7 days\" (with today)
  2025-01..2025-03   ..2025-02   2weeks..   yesterday..today
--today DATE asks it as of another day.

Together
  a b            both                  a OR b       one of them
  -a, NOT a      not that              ( … )        brackets
                 (a hyphen and one letter, or digits, as an argument of its own
                 is an option or a mistake: write NOT f)
  a AND b        both, also where a field is named twice
  a OR b -c      a OR (b -c): what stands together binds before OR
  source:a source:b    the same field twice is one OR the other; different
                       fields must all hold
  source:(a OR b), title:(НАТО -саміт)   a field for all in the brackets
One capture of the article must fulfil all that is asked of captures. So
-source:a finds what somebody else published, whether or not a did too.

Order and pages: --sort date, -date, source, seq, relevance; --limit (0 is
none), --offset, --after PLACE. --explain says how a query is answered;
pressmark why ID QUERY says why an article is found, or why not.";

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    match &args.command {
        Command::Save { name, words } => save(context, name, words),
        Command::List(format) => {
            let mut list = List::new(context, format, &COLUMNS);
            let filter = FilterArgs { words: Vec::new(), flags: FlagArgs::default() };
            context.ask(&filter, |_| Ok(Query::default()), |_| Want::Queries, &mut |context, piece| {
                let Answer::Query { name, query } = piece else { return Ok(()) };
                let cells = [Cell::new(&name), Cell::new(&query)];
                list.row(context, &cells, &serde_json::json!({"name": name, "query": query}))
            })?;
            list.finish(context)?;
            Ok(Outcome::Done)
        }
        Command::Show { name } => {
            context.with_session(|context, session| match session.facts().queries.get(name) {
                Some(query) => {
                    writeln!(context.out, "{}", clean(query))?;
                    Ok(Outcome::Done)
                }
                None => Err(unknown(name)),
            })
        }
        Command::Remove { name } => context.with_archive(Access::Change, |context, archive| {
            if !archive.session()?.facts().queries.contains_key(name) {
                return Err(unknown(name));
            }
            archive.save_query(name, None)?;
            context.say(&format!("forgot {}", clean(name)));
            Ok(Outcome::Done)
        }),
    }
}

const COLUMNS: [Column; 2] =
    [Column { name: "name", width: Width::Text(24) }, Column { name: "query", width: Width::Whole }];

fn unknown(name: &str) -> Failure {
    Failure::usage(
        &format!("no query is saved as '{}'", clean(name)),
        "pressmark query list names those that are",
    )
}

fn save(context: &mut Context, name: &str, words: &[String]) -> Result<Outcome> {
    let Some(name) = saved_name(name) else {
        return Err(Failure::usage(&format!("'{}' cannot be a name", clean(name)), TAG_HINT));
    };
    let text = FilterArgs { words: words.to_vec(), flags: FlagArgs::default() }.text();
    context.with_archive(Access::Change, |context, archive| {
        let session = archive.session()?;
        let saved = session.facts().queries.clone();
        // A query that asks itself would never end.
        let known = |other: &str| saved.get(other).filter(|_| other != name).cloned();
        parse(&text, &Clock::new(super::args::time().now()), &known).map_err(|e| syntax(&text, &e))?;
        // Nor may those that ask it ask themselves then.
        let mut with = saved.clone();
        with.insert(name.clone(), text.clone());
        parse(&format!("saved:{name}"), &Clock::new(super::args::time().now()), &|other| {
            with.get(other).cloned()
        })
        .map_err(|e| syntax(&text, &e))?;
        archive.save_query(&name, Some(&text))?;
        let again = if saved.contains_key(&name) { " in place of another" } else { "" };
        context.say(&format!("saved {name}{again}"));
        Ok(Outcome::Done)
    })
}
