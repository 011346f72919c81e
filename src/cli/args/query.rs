//! The query and the flags by which commands choose articles.

use super::{language, named, source};
use crate::cli::exit::{Failure, Outcome, Result};
use crate::cli::output::terminal::clean;
use crate::cli::settings::settings;
use pressmark::{
    Bound, Clock, Condition, Cursor, DateField, Expr, NoDate, Order, Query, SyntaxError, Timestamp, parse,
    parse_with_hints,
};
use std::collections::BTreeMap;
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
    /// Not before this date: 2025, 2025-01-28, 28.01.2025, 2025Q1, yesterday, "last week", 2weeks.
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Not after the end of this date.
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// The date that --since, --until and the order use.
    #[arg(long, value_name = "FIELD", default_value = "published", value_parser = named::<DateField>())]
    date_field: DateField,
    /// In this language (several: any of them): uk, ru, en.
    #[arg(long, value_name = "CODE")]
    language: Vec<String>,
    /// Only articles without a publication date.
    #[arg(long)]
    undated: bool,
    /// The time zone of dates, of days that are counted too: UTC, +02:00, Europe/Kyiv.
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    tz: Option<String>,
    /// Count yesterday and 2weeks from this day [default: now].
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    /// Tell ґ and г apart.
    #[arg(long)]
    distinct_ge: bool,
    /// Explain how the query is answered.
    #[arg(long)]
    pub explain: bool,
}

/// Which articles, and which of them in which order.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Which articles")]
pub struct QueryArgs {
    #[command(flatten)]
    pub filter: FilterArgs,
    /// One row per matching capture instead of one per article.
    #[arg(long)]
    captures: bool,
    /// Show at most N; 0 is no limit.
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<u64>,
    /// Skip the first N.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    offset: u64,
    /// Continue after this place, as printed at the end of a page; in the order of seq, a number.
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    after: Option<String>,
    /// Order: date (earliest first), -date, source, seq (as they arrived), relevance. Undated articles come last.
    #[arg(
        long,
        alias = "order",
        value_name = "ORDER",
        hide_possible_values = true,
        allow_hyphen_values = true,
        value_parser = named::<Order>()
    )]
    sort: Option<Order>,
    /// Exit with 1 if nothing matches.
    #[arg(long)]
    pub exit_status: bool,
}

impl QueryArgs {
    /// How a command ends that found something, or nothing.
    pub fn outcome(&self, found: bool) -> Outcome {
        if !found && self.exit_status { Outcome::NoMatch } else { Outcome::Done }
    }

    /// How many are passed over, and how many are wanted then.
    pub fn page(&self) -> (usize, usize) {
        let most = self.limit.filter(|limit| *limit > 0).unwrap_or(u64::MAX);
        (self.offset.try_into().unwrap_or(usize::MAX), most.try_into().unwrap_or(usize::MAX))
    }

    /// The query, in this order if no other is asked for.
    pub fn query(&self, saved: &BTreeMap<String, String>, order: Order) -> Result<Query> {
        let mut query = self.filter.query(saved)?;
        query.captures = self.captures;
        query.limit = self.limit.filter(|limit| *limit > 0);
        query.offset = self.offset;
        query.order = self.sort.unwrap_or(order);
        if let Some(text) = &self.after {
            let cursor = place(text)?;
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

/// The place of a list that `--after` names.
pub fn place(text: &str) -> Result<Cursor> {
    text.parse().map_err(|_| {
        Failure::usage(
            &format!("--after '{}' is not a place in a list", clean(text)),
            "it takes what the end of a page printed",
        )
    })
}

impl FilterArgs {
    /// The text of the query: all arguments with blanks between them. One with blanks in it was quoted for the shell, and stands as in
    /// brackets.
    pub fn text(&self) -> String {
        if let [one] = self.words.as_slice() {
            return one.clone();
        }
        let whole = |word: &String| if needs_brackets(word) { format!("({word})") } else { word.clone() };
        self.words.iter().map(whole).collect::<Vec<_>>().join(" ")
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

    /// What was understood otherwise than it was probably meant, if anything was.
    pub fn hint(&self, saved: &BTreeMap<String, String>) -> Option<String> {
        let text = self.text();
        let (_, hints) =
            parse_with_hints(&text, &self.flags.clock().ok()?, &|name| saved.get(name).cloned()).ok()?;
        hints.first().map(|hint| hint.of(&text))
    }

    /// The query; `saved` are those that are kept under a name.
    pub fn query(&self, saved: &BTreeMap<String, String>) -> Result<Query> {
        let clock = self.flags.clock()?;
        let text = self.text();
        let asked = parse(&text, &clock, &|name| saved.get(name).cloned()).map_err(|e| syntax(&text, &e))?;
        let filter = self.flags.expr(&clock)?.and(asked);
        let filter = if self.flags.distinct_ge { filter.distinct_ge() } else { filter };
        Ok(Query { filter, date_field: self.flags.date_field, ..Query::default() })
    }

    /// Whether the query can be read without an archive.
    pub fn needs_archive(&self) -> bool {
        self.words.iter().any(|word| word.to_ascii_lowercase().contains("saved:"))
    }
}

/// Whether a part of a query has several parts of its own, and is whole.
fn needs_brackets(text: &str) -> bool {
    let (mut depth, mut quoted, mut blanks) = (0i32, false, false);
    let mut letters = text.trim().chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if quoted => drop(letters.next()),
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' => depth -= 1,
            letter => blanks |= depth == 0 && letter.is_whitespace(),
        }
        if depth < 0 {
            return false;
        }
    }
    blanks && depth == 0 && !quoted
}

impl FlagArgs {
    /// Whether they narrow nothing down.
    pub fn is_empty(&self) -> bool {
        let FlagArgs { source, since, until, language, undated, .. } = self;
        source.is_empty() && since.is_none() && until.is_none() && language.is_empty() && !undated
    }

    /// Whose days are counted.
    pub fn zone(&self) -> &str {
        self.tz.as_deref().unwrap_or_else(|| settings().tz())
    }

    /// When a date begins.
    pub fn since(&self, flag: &str, text: &str) -> Result<Timestamp> {
        Ok(self.period(flag, text)?.0.at)
    }

    /// When a date begins and ends.
    pub fn period(&self, flag: &str, text: &str) -> Result<(Bound, Bound)> {
        self.clock()?.period(text).ok_or_else(|| bad_date(flag, text))
    }

    fn clock(&self) -> Result<Clock> {
        let clock = Clock::new(super::time().now()).in_zone(self.zone()).ok_or_else(|| {
            Failure::usage(
                &format!("--tz '{}' is not a time zone", clean(self.zone())),
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
                name => Some(source(name)?),
            });
        }
        let mut languages = Vec::new();
        for code in &self.language {
            languages.push(language(code)?);
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
        let field = self.date_field;
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
    let NoDate { message, hint, .. } = NoDate::of(text, 0..text.len());
    Failure::usage(&format!("{flag} {}", clean(&message)), &clean(&hint))
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

/// A date of the command line, as precise as it is.
pub fn dated(flag: &str, text: &str) -> Result<pressmark::Dated> {
    pressmark::Dated::parse(text).ok_or_else(|| {
        let hint = match text {
            "today" | "now" => format!("today is {}", super::time().now().day()),
            _ => "dates are 2025-01-28, 2025-01 or 2025-01-28T09:30:00Z".to_owned(),
        };
        Failure::usage(&format!("{flag} '{}' is not a date", clean(text)), &hint)
    })
}
