//! What commands are told: queries, dates, names of formats and orders.

mod query;
mod reading;
pub mod words;

pub use query::{FilterArgs, FlagArgs, QueryArgs, dated, place, syntax};
pub use reading::{Reading, skipped};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use pressmark::{Dated, Named, TimeSource};

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
