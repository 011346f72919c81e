//! The flags by which commands choose articles.

use super::exit::Failure;
use super::terminal::clean;
use super::{Context, Result};
use clap::ValueEnum;
use pressmark::article::{Language, Source};
use pressmark::query::{DateField, Order, Query, Reader};
use pressmark::time::{Period, Timestamp};

/// Which articles.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Which articles")]
pub struct QueryArgs {
    /// From this source (several: any of them); none for captures without one.
    #[arg(long, value_name = "SOURCE")]
    source: Vec<String>,
    /// Not before this year, month, day or instant: 2025, 2025-01, 2025-01-28, 2025-01-28T09:30Z.
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Not after the end of this year, month, day or instant.
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Which date is meant, also by --order.
    #[arg(long, value_name = "FIELD", default_value = "published")]
    date_field: DateFieldArg,
    /// In this language (several: any of them): uk, ru, en.
    #[arg(long, value_name = "CODE")]
    language: Vec<String>,
    /// Only those without a date of publication.
    #[arg(long)]
    undated: bool,
    /// A row for every capture that matches, not one for every article.
    #[arg(long)]
    captures: bool,
    /// No more than so many.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// In which order; undated ones come last, equal dates in the order of their digests.
    #[arg(long, value_name = "ORDER")]
    order: Option<OrderArg>,
    /// Exit with 1 if nothing matches.
    #[arg(long)]
    pub exit_status: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DateFieldArg {
    Published,
    Captured,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OrderArg {
    Oldest,
    Newest,
    Arrival,
}

impl QueryArgs {
    /// The query, in this order if no other is asked for.
    pub fn query(&self, order: Order) -> Result<Query> {
        let mut query =
            Query { undated: self.undated, captures: self.captures, limit: self.limit, ..Query::default() };
        for name in &self.source {
            query.sources.push(match name.as_str() {
                "none" => None,
                name => Some(Source::parse(name).ok_or_else(|| {
                    Failure::usage(
                        &format!("'{}' is not a source", clean(name)),
                        "a source is a domain or a slug: rubryka.com",
                    )
                })?),
            });
        }
        query.since =
            self.since.as_deref().map(|text| period("--since", text)).transpose()?.map(|period| period.first);
        query.until =
            self.until.as_deref().map(|text| period("--until", text)).transpose()?.map(|period| period.last);
        if let (Some(since), Some(until)) = (query.since, query.until)
            && since > until
        {
            return Err(Failure::usage(
                &format!("--since {since} is after --until {until}"),
                "exchange them",
            ));
        }
        query.date_field = match self.date_field {
            DateFieldArg::Published => DateField::Published,
            DateFieldArg::Captured => DateField::Captured,
        };
        if self.undated
            && query.date_field == DateField::Published
            && (query.since.is_some() || query.until.is_some())
        {
            return Err(Failure::usage(
                "an undated article is neither --since nor --until any date",
                "leave out --undated, or add --date-field captured",
            ));
        }
        for code in &self.language {
            query.languages.push(Language::parse(code).ok_or_else(|| {
                Failure::usage(
                    &format!("'{}' is not a language code", clean(code)),
                    "languages are named by ISO 639: en, uk, ru",
                )
            })?);
        }
        query.order = match self.order {
            None => order,
            Some(OrderArg::Oldest) => Order::Oldest,
            Some(OrderArg::Newest) => Order::Newest,
            Some(OrderArg::Arrival) => Order::Arrival,
        };
        Ok(query)
    }
}

/// A date of the command line.
fn period(flag: &str, text: &str) -> Result<Period> {
    Period::parse(text).ok_or_else(|| {
        let hint = match text {
            "today" | "now" => format!("today is {}", Timestamp::now().day()),
            "yesterday" => {
                format!("yesterday was {}", Timestamp(Timestamp::now().0 - pressmark::time::DAY).day())
            }
            _ => "dates are 2025, 2025-01, 2025-01-28 or 2025-01-28T09:30:00Z; all in UTC".to_owned(),
        };
        Failure::usage(&format!("{flag} '{}' is not a date", clean(text)), &hint)
    })
}

/// Says which of the sources asked for the archive has never heard of, and what may have been meant.
pub fn note_unknown_sources(context: &Context, reader: &Reader<'_>, query: &Query) -> Result<()> {
    let names = reader.names()?;
    for source in query.sources.iter().flatten() {
        if names.number(Some(source)).is_some() {
            continue;
        }
        let near =
            names.names().iter().map(|name| (strsim::jaro_winkler(name.as_str(), source.as_str()), name));
        let near = near.filter(|(alike, name)| *alike > 0.8 || name.as_str().contains(source.as_str()));
        let hint = near
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, name)| format!("; is it {name}?"))
            .unwrap_or_default();
        context.say(&format!("there is no source {}{}", clean(source.as_str()), clean(&hint)));
    }
    Ok(())
}

/// A date of the command line, as precise as it is.
pub fn dated(flag: &str, text: &str) -> Result<pressmark::time::Dated> {
    pressmark::time::Dated::parse(text).ok_or_else(|| {
        Failure::usage(
            &format!("{flag} '{}' is not a date", clean(text)),
            "dates are 2025-01-28, 2025-01 or 2025-01-28T09:30:00Z",
        )
    })
}
