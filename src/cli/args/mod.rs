//! What commands are told: queries, dates, names of formats and orders.

mod query;
mod reading;
pub mod words;

pub use query::{FilterArgs, FlagArgs, QueryArgs, dated, place, syntax};
pub use reading::{Reading, skipped};

use super::exit::{Failure, Result};
use super::output::terminal::clean;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use pressmark::{Dated, Language, Named, Source, TimeSource};

/// Reads the name of a value.
pub fn named<T: Named + Send + Sync>() -> impl TypedValueParser<Value = T> {
    let first = |name: &str, value: T| value.name() == name;
    let names =
        T::NAMES.iter().map(move |(name, value)| PossibleValue::new(*name).hide(!first(name, *value)));
    PossibleValuesParser::new(names).map(|name| T::named(&name).expect("clap looked it up"))
}

/// By which clock: the machine's, or always the instant in `PRESSMARK_NOW`, for tests and for runs that are to be repeated.
pub fn time() -> TimeSource {
    let fixed = std::env::var("PRESSMARK_NOW").ok().and_then(|text| Dated::parse(&text));
    fixed.map_or(TimeSource::System, |dated| TimeSource::Fixed(dated.at))
}

fn bad(what: &str, text: &str, hint: &str) -> Failure {
    Failure::usage(&format!("'{}' is not a {what}", clean(text)), hint)
}

/// The source with a name.
pub fn source(name: &str) -> Result<Source> {
    Source::parse(name).ok_or_else(|| bad("source", name, "a source is a domain or a slug: rubryka.com"))
}

/// The language with a code, or a name.
pub fn language(code: &str) -> Result<Language> {
    let language = Language::parse(code).or_else(|| Language::of_name(code));
    language.ok_or_else(|| bad("language code", code, "languages are named by ISO 639: en, uk, ru"))
}
