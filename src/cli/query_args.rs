//! The query and the flags by which commands choose articles.

use super::exit::{Failure, Outcome};
use super::terminal::{clean, grouped};
use super::{Access, Context, Result};
use clap::{CommandFactory, ValueEnum};
use pressmark::answer::Asked;
use pressmark::archive::Archive;
use pressmark::archive::Snapshot;
use pressmark::model::{Language, Source, Timestamp};
use pressmark::query::{Clock, Condition, Cursor, DateField, Expr, Order, Query, SyntaxError, Words, parse};
use std::collections::BTreeMap;
use std::ffi::OsString;
use unicode_width::UnicodeWidthStr;

/// Which articles.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Which articles")]
pub struct FilterArgs {
    /// The query, as in source:rubryka.com date:2025-01..2025-03 title:НАТО -Трамп; pressmark help query explains it all.
    #[arg(value_name = "QUERY")]
    pub words: Vec<String>,
    #[command(flatten)]
    pub flags: FlagArgs,
}

/// The flags of a query: each narrows it down, as its field does.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Which articles")]
pub struct FlagArgs {
    /// From this source (several: any of them); none for captures without one.
    #[arg(long, value_name = "SOURCE")]
    source: Vec<String>,
    /// Not before this date: 2025, 2025-01, 2025-01-28, 2025-01-28T09:30Z, 2025Q1, yesterday, 2weeks.
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Not after the end of this date.
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Which date --since and --until mean, and the order.
    #[arg(long, value_name = "FIELD", default_value = "published")]
    date_field: DateFieldArg,
    /// In this language (several: any of them): uk, ru, en.
    #[arg(long, value_name = "CODE")]
    language: Vec<String>,
    /// Only those without a date of publication.
    #[arg(long)]
    undated: bool,
    /// Whose days dates mean: UTC, +02:00, Europe/Kyiv.
    #[arg(
        long,
        value_name = "ZONE",
        default_value = "UTC",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    tz: String,
    /// What today is, so that yesterday and 2weeks can be asked again: a day or an instant [default: now].
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    /// Tell ґ and г apart.
    #[arg(long)]
    distinct_ge: bool,
    /// Say how the query is answered, and how many captures were looked at.
    #[arg(long)]
    pub explain: bool,
}

/// Which articles, and which of them in which order.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Which articles")]
pub struct QueryArgs {
    #[command(flatten)]
    pub filter: FilterArgs,
    /// A row for every capture that matches, not one for every article.
    #[arg(long)]
    captures: bool,
    /// No more than so many.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Pass so many over first.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    offset: u64,
    /// Go on after this place: what the end of a page printed.
    #[arg(long, value_name = "CURSOR", allow_hyphen_values = true)]
    after: Option<String>,
    /// In which order: date (the earliest first), -date, source, arrival, relevance. Undated ones come last, equals in the
    /// order of their digests.
    #[arg(
        long,
        visible_alias = "order",
        value_name = "ORDER",
        hide_possible_values = true,
        allow_hyphen_values = true
    )]
    sort: Option<SortArg>,
    /// Exit with 1 if nothing matches.
    #[arg(long)]
    pub exit_status: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum DateFieldArg {
    #[default]
    Published,
    Captured,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SortArg {
    #[value(alias = "oldest")]
    Date,
    #[value(name = "-date", alias = "newest")]
    Newest,
    Source,
    Arrival,
    Relevance,
}

impl QueryArgs {
    /// The query, in this order if no other is asked for.
    pub fn query(&self, saved: &BTreeMap<String, String>, order: Order) -> Result<Query> {
        let mut query = self.filter.query(saved)?;
        query.captures = self.captures;
        query.limit = self.limit;
        query.offset = self.offset;
        query.order = match self.sort {
            None => order,
            Some(SortArg::Date) => Order::Oldest,
            Some(SortArg::Newest) => Order::Newest,
            Some(SortArg::Source) => Order::Source,
            Some(SortArg::Arrival) => Order::Arrival,
            Some(SortArg::Relevance) => Order::Relevance,
        };
        if let Some(text) = &self.after {
            let cursor: Cursor = text.parse().map_err(|()| {
                Failure::usage(
                    &format!("--after '{}' is not a place in a list", clean(text)),
                    "it takes what the end of a page printed",
                )
            })?;
            if cursor.order != query.order {
                return Err(Failure::usage(
                    "--after is a place in a list of another order",
                    "use the --sort that it was printed for",
                ));
            }
            query.after = Some(cursor);
        }
        if query.order == Order::Relevance && query.captures {
            return Err(Failure::usage(
                "articles are relevant, not captures",
                "leave --captures out, or add another --sort",
            ));
        }
        if query.order == Order::Relevance && !query.filter.asks_for_words() {
            return Err(Failure::usage(
                "an order by relevance needs words to be relevant to",
                "add words to the query, or leave --sort out",
            ));
        }
        Ok(query)
    }
}

impl FilterArgs {
    /// The text of the query. Of several arguments, one with blanks was quoted for the shell: it is a phrase.
    pub fn text(&self) -> String {
        if let [one] = self.words.as_slice() {
            return one.clone();
        }
        let phrase = |word: &String| {
            let plain = word.trim().contains(char::is_whitespace) && !word.contains(['"', '(', ')', '\\']);
            let operators = word.split_whitespace().any(|part| {
                matches!(part, "OR" | "AND" | "NOT") || part.starts_with("NEAR") || part.ends_with('*')
            });
            let fields =
                word.split_whitespace().skip(1).any(|part| part.contains(':') || part.starts_with('-'));
            if !plain || operators || fields {
                return word.clone();
            }
            match word.split_once(':') {
                Some((field, value)) if field.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                    format!("{field}:\"{value}\"")
                }
                _ => match word.strip_prefix(['-', MINUS]) {
                    Some(rest) => format!("-\"{rest}\""),
                    None => format!("\"{word}\""),
                },
            }
        };
        self.words.iter().map(phrase).collect::<Vec<_>>().join(" ")
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| word.trim().is_empty()) && self.flags.is_empty()
    }

    /// Complains if nothing is asked for, where that would be all articles.
    pub fn asks_for_some(&self) -> Result<()> {
        let hint = "give digits that begin a digest, as list prints them, or a query";
        if self.is_empty() { Err(Failure::usage("which articles?", hint)) } else { Ok(()) }
    }

    /// The query; `saved` are those that are kept under a name.
    pub fn query(&self, saved: &BTreeMap<String, String>) -> Result<Query> {
        let clock = self.flags.clock()?;
        let text = self.text();
        let asked = parse(&text, &clock, &|name| saved.get(name).cloned()).map_err(|e| syntax(&text, &e))?;
        let mut filter = self.flags.expr(&clock)?.and(asked);
        if self.flags.distinct_ge {
            distinct_ge(&mut filter);
        }
        Ok(Query { filter, date_field: self.flags.date_field(), ..Query::default() })
    }

    /// Whether the query can be read without an archive.
    fn needs_archive(&self) -> bool {
        self.words.iter().any(|word| word.to_ascii_lowercase().contains("saved:"))
    }
}

/// Marks all words of a query as ones in which ґ is not г.
fn distinct_ge(expr: &mut Expr) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter_mut().for_each(distinct_ge),
        Expr::Not(part) => distinct_ge(part),
        Expr::Is(Condition::Words(_, words), _) => {
            let plain = std::mem::replace(words, Words::Word(String::new()));
            *words = Words::DistinctGe(Box::new(plain));
        }
        Expr::Is(..) => {}
    }
}

impl FlagArgs {
    /// Whether they narrow nothing down.
    pub fn is_empty(&self) -> bool {
        let FlagArgs { source, since, until, language, undated, .. } = self;
        source.is_empty() && since.is_none() && until.is_none() && language.is_empty() && !undated
    }

    fn date_field(&self) -> DateField {
        match self.date_field {
            DateFieldArg::Published => DateField::Published,
            DateFieldArg::Captured => DateField::Captured,
        }
    }

    fn clock(&self) -> Result<Clock> {
        let clock = Clock::default().in_zone(&self.tz).ok_or_else(|| {
            Failure::usage(
                &format!("--tz '{}' is not a time zone", clean(&self.tz)),
                "zones are UTC, offsets such as +02:00, or names such as Europe/Kyiv",
            )
        })?;
        let Some(today) = &self.today else { return Ok(clock) };
        let (first, _) = clock.period(today).ok_or_else(|| bad_date("--today", today))?;
        Ok(clock.at(first.at))
    }

    fn expr(&self, clock: &Clock) -> Result<Expr> {
        let mut sources = Vec::new();
        for name in &self.source {
            sources.push(match name.as_str() {
                "none" => None,
                name => Some(Source::parse(name).ok_or_else(|| {
                    Failure::usage(
                        &format!("'{}' is not a source", clean(name)),
                        "a source is a domain or a slug: rubryka.com",
                    )
                })?),
            });
        }
        let mut languages = Vec::new();
        for code in &self.language {
            languages.push(Language::parse(code).ok_or_else(|| {
                Failure::usage(
                    &format!("'{}' is not a language code", clean(code)),
                    "languages are named by ISO 639: en, uk, ru",
                )
            })?);
        }
        let period = |flag: &str, text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => clock.period(text).map(Some).ok_or_else(|| bad_date(flag, text)),
        };
        let since = period("--since", &self.since)?.map(|period| period.0);
        let until = period("--until", &self.until)?.map(|period| period.1);
        if let (Some(first), Some(last)) = (since, until)
            && first.at > last.at
        {
            return Err(Failure::usage(
                &format!("--since {} is after --until {}", first.at, last.at),
                "exchange them",
            ));
        }
        let field = self.date_field();
        let mut expr = Expr::sources(sources);
        if since.is_some() || until.is_some() {
            if self.undated && field == DateField::Published {
                return Err(Failure::usage(
                    "an undated article is neither --since nor --until any date",
                    "leave out --undated, or add --date-field captured",
                ));
            }
            expr = expr.and(Condition::Date(field, since, until).into());
        }
        expr = expr.and(Expr::languages(languages));
        if self.undated {
            expr = expr.and(Condition::Undated.into());
        }
        Ok(expr)
    }
}

fn bad_date(flag: &str, text: &str) -> Failure {
    let hint =
        "dates are 2025, 2025-01, 2025-01-28, 2025-01-28T09:30:00Z, 2025Q1, 2025-W05, yesterday, 2weeks";
    Failure::usage(&format!("{flag} '{}' is not a date", clean(text)), hint)
}

/// What is wrong with a query, with a caret under the place.
pub fn syntax(text: &str, e: &SyntaxError) -> Failure {
    let SyntaxError { message, span, hint } = e;
    let line = |text: &str| clean(text).replace('\t', " ");
    let (start, end) = (span.start.min(text.len()), span.end.min(text.len()));
    let before = line(text.get(..start).unwrap_or("")).width();
    let under = line(text.get(start..end).unwrap_or("")).width().max(1);
    let shown =
        format!("{}\n  {}\n  {}{}", clean(message), line(text), " ".repeat(before), "^".repeat(under));
    Failure::usage(&shown, hint)
}

impl Context {
    /// Opens the archive and gives what is needed to answer a query to `work`.
    pub fn with_query<T>(
        &mut self,
        args: &FilterArgs,
        make: impl Fn(&BTreeMap<String, String>) -> Result<Query>,
        work: impl FnOnce(&mut Context, Snapshot, &Query) -> Result<T>,
    ) -> Result<T> {
        if !args.needs_archive() {
            // What cannot be understood is said before anything is opened.
            make(&BTreeMap::new())?;
        }
        self.with_archive(Access::Read, |context, archive| {
            let query = make(&archive.snapshot()?.queries())?;
            let reader = context.snapshot_for(archive, &query)?;
            note_unknown(context, &reader, &query)?;
            work(context, reader, &query)
        })
    }

    /// A snapshot for a query; what had to be done to the indexes for it is said.
    pub fn snapshot_for(&mut self, archive: &Archive, query: &Query) -> Result<Snapshot> {
        let snapshot = archive.snapshot()?;
        if query.filter.asks_for_text() {
            snapshot.words()?;
        }
        archive.indexes_healed().iter().for_each(|healed| self.say(&healed.to_string()));
        Ok(snapshot)
    }

    /// Says how a query was answered, if that is asked for.
    pub fn explain(&self, args: &FilterArgs, asked: &Asked) -> Result<()> {
        if args.flags.explain {
            for line in asked.plan_lines()? {
                self.say(&clean(&line));
            }
            self.say(&format!("looked   at {} captures", grouped(asked.looked_at())));
        }
        Ok(())
    }
}

/// Says that nothing matched, for the exit code.
pub fn outcome(args: &QueryArgs, found: bool) -> Outcome {
    if !found && args.exit_status { Outcome::NoMatch } else { Outcome::Done }
}

/// Says which of the sources and tags asked for the archive has never heard of, and what may have been meant.
fn note_unknown(context: &Context, reader: &Snapshot, query: &Query) -> Result<()> {
    let names = reader.names()?;
    let near = |all: &mut dyn Iterator<Item = &str>, asked: &str| {
        let likeness = all.map(|name| (strsim::jaro_winkler(name, asked), name));
        likeness
            .filter(|(alike, name)| *alike > 0.8 || name.contains(asked))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, name)| format!("; is it {name}?"))
            .unwrap_or_default()
    };
    for condition in query.filter.conditions() {
        match condition {
            Condition::Source(Some(source)) if names.number(Some(source)).is_none() => {
                let hint = near(&mut names.names().iter().map(|name| name.as_str()), source.as_str());
                context.say(&format!("there is no source {}{}", clean(source.as_str()), clean(&hint)));
            }
            Condition::Tag(tag) if !reader.has_tag(tag)? => {
                let tags = reader.tag_counts()?;
                let hint = near(&mut tags.iter().map(|(tag, _)| tag.as_str()), tag);
                context.say(&format!("no article has the tag {}{}", clean(tag), clean(&hint)));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What stands for the hyphen before a word that is not wanted, so that it is not taken for an option.
const MINUS: char = '\u{2212}';

/// The command line with its unwanted words told from options: `-trump` is none. A hyphen and one letter, or a hyphen and
/// digits, is an option or a mistake: too much depends on which of them was meant.
pub fn arguments(
    arguments: impl Iterator<Item = OsString>,
) -> std::result::Result<Vec<OsString>, clap::Error> {
    let mut given: Vec<OsString> = arguments.collect();
    let names = || given.iter().map(|word| word.to_str().unwrap_or(""));
    let mut after = names().zip(names().skip(1));
    let command = after.find(|(before, word)| !word.starts_with('-') && !takes_a_value(before));
    let Some((_, command)) = command else {
        return Ok(given);
    };
    let command = command.to_owned();
    if !ASKING.contains(&command.as_str()) {
        return Ok(given);
    }
    let mut before = OsString::new();
    // Before the query of `tag`, -a takes the tag a away.
    let mut is_tag = command == "tag";
    for word in given.iter_mut().skip(1) {
        if word == "--" {
            break;
        }
        let hyphened = word.to_str().is_some_and(|word| word.starts_with('-') && word.len() > 1);
        let is_value = hyphened && before.to_str().is_some_and(takes_a_value);
        is_tag &=
            hyphened || word == command.as_str() || word.to_str().is_some_and(|word| word.starts_with('+'));
        let unwanted =
            word.to_str().filter(|_| !is_value).and_then(|text| text.strip_prefix('-')).filter(|rest| {
                let option = matches!(*rest, "h" | "V") || command == "export" && *rest == "o";
                !(rest.is_empty() || rest.starts_with('-') || option)
            });
        if let Some(rest) = unwanted.filter(|rest| !is_tag && looks_like_an_option(rest)) {
            let message = format!("there is no option '-{rest}'\n\n  hint: for NOT {rest} write NOT {rest}");
            let mut cli = super::Cli::command();
            return Err(cli.error(clap::error::ErrorKind::UnknownArgument, message));
        }
        let turned = unwanted.map(|rest| format!("{MINUS}{rest}"));
        before = word.clone();
        if let Some(turned) = turned {
            *word = turned.into();
        }
    }
    Ok(given)
}

/// One letter, or digits.
fn looks_like_an_option(rest: &str) -> bool {
    let mut letters = rest.chars();
    let one = letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none();
    one || rest.chars().all(|c| c.is_ascii_digit())
}

/// Whether an option is followed by its value.
fn takes_a_value(option: &str) -> bool {
    let Some(name) = option.strip_prefix("--").filter(|name| !name.contains('=')) else {
        return option == "-o";
    };
    let cli = super::Cli::command();
    let commands = std::iter::once(&cli).chain(cli.get_subcommands());
    let mut options = commands.flat_map(|command| command.get_arguments());
    let named = |option: &clap::Arg| {
        option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|all| all.contains(&name))
    };
    options.any(|option| named(option) && option.get_action().takes_values())
}

/// The commands that take a query.
const ASKING: [&str; 13] = [
    "list",
    "search",
    "count",
    "export",
    "show",
    "cat",
    "tag",
    "stats",
    "sources",
    "log",
    "why",
    "query",
    "reextract",
];

/// A date of the command line, as precise as it is.
pub fn dated(flag: &str, text: &str) -> Result<pressmark::model::Dated> {
    pressmark::model::Dated::parse(text).ok_or_else(|| {
        let hint = match text {
            "today" | "now" => format!("today is {}", Timestamp::now().day()),
            _ => "dates are 2025-01-28, 2025-01 or 2025-01-28T09:30:00Z".to_owned(),
        };
        Failure::usage(&format!("{flag} '{}' is not a date", clean(text)), &hint)
    })
}
