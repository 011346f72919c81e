//! Corrections: what holds of a capture from some time on, though its input said otherwise, or nothing.

use super::capture::{Capture, Provenance};
use super::language::Language;
use super::time::Timestamp;

macro_rules! details {
    ($($name:ident $number:literal $column:literal $field:ident;)*) => {
        /// What can be corrected of a capture. When, where and from what it came is a matter of fact.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Detail {
            $(#[doc = concat!("`", $column, "`")] $name,)*
        }

        impl Detail {
            /// All of them.
            pub const ALL: &[Detail] = &[$(Detail::$name),*];

            /// The field that it has in an entry of the ledger.
            pub fn number(self) -> u16 {
                match self { $(Detail::$name => $number,)* }
            }

            /// Its name in everything that is written out.
            pub fn name(self) -> &'static str {
                match self { $(Detail::$name => $column,)* }
            }

            /// Whether it is known of a capture.
            pub fn is_known(self, of: &Provenance) -> bool {
                match self { $(Detail::$name => of.$field != Provenance::default().$field,)* }
            }

            /// Whether two captures have the same.
            pub fn is_same(self, a: &Provenance, b: &Provenance) -> bool {
                match self { $(Detail::$name => a.$field == b.$field,)* }
            }

            /// Gives one capture what another has, though that may be nothing.
            pub fn copy(self, from: &Provenance, to: &mut Provenance) {
                match self { $(Detail::$name => to.$field = from.$field.clone(),)* }
            }
        }
    };
}

impl Detail {
    /// The same with where it was found.
    pub fn copy_with_origin(self, from: &Provenance, to: &mut Provenance) {
        self.copy(from, to);
        to.origins.retain(|(field, _)| field != self.name());
        to.origins.extend(from.origins.iter().filter(|(field, _)| field == self.name()).cloned());
    }

    /// What a column says something of: a date has several.
    pub fn of_column(name: &str) -> Option<Detail> {
        let named = Detail::ALL.iter().copied().find(|detail| detail.name() == name);
        let of_date = || (name == "suspect" || name.starts_with("published_")).then_some(Detail::Published);
        named.or_else(of_date)
    }
}

details! {
    Source 2 "source" source;
    Url 3 "url" url;
    Byline 4 "byline" byline;
    Published 5 "published" published;
    Extra 8 "extra" extra;
    CanonicalUrl 10 "canonical_url" canonical_url;
    IsArticle 11 "is_article" is_article;
    Section 14 "section" section;
    Keywords 15 "keywords" keywords;
    Modified 16 "modified" modified;
    Publisher 17 "publisher" publisher;
    Description 18 "description" description;
    Archived 19 "archived_at" archived;
    ArchivedUrl 20 "archived_url" archived_url;
}

/// Where a detail was found that somebody set.
const SET: &str = "set";

/// What holds of a capture from some time on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Correction {
    /// The details that have another value, and no others; where they were found, if that is known.
    pub values: Provenance,
    /// The details that have no value.
    pub cleared: Vec<Detail>,
    /// Whether another finding of the same said it, and not somebody.
    pub filled: bool,
    /// When that was, in milliseconds since 1970.
    pub at_ms: i64,
}

impl Correction {
    /// The details that it is about.
    pub fn details(&self) -> impl Iterator<Item = Detail> {
        let is_about = |detail: &Detail| detail.is_known(&self.values) || self.cleared.contains(detail);
        Detail::ALL.iter().copied().filter(is_about)
    }

    /// Says of a detail what somebody has of it, and where it was found.
    pub fn take(&mut self, detail: Detail, from: &Provenance) {
        detail.copy(from, &mut self.values);
        if !detail.is_known(from) {
            self.cleared.push(detail);
        }
        let is_found = |(field, origin): &&(String, String)| field == detail.name() && origin != SET;
        self.values.origins.extend(from.origins.iter().filter(is_found).cloned());
    }

    /// What makes of one provenance another, as far as details go; `None` if there is no difference.
    pub fn between(before: &Provenance, after: &Provenance) -> Option<Correction> {
        let mut correction = Correction::default();
        for detail in Detail::ALL.iter().filter(|detail| !detail.is_same(before, after)) {
            correction.take(*detail, after);
        }
        correction.values.origins.clear();
        let is_any = correction.details().next().is_some();
        is_any.then_some(correction)
    }

    /// Brings a provenance up to it.
    pub fn apply(&self, to: &mut Provenance) {
        for detail in self.details() {
            detail.copy(&self.values, to);
            let name = detail.name();
            to.origins.retain(|(field, _)| field != name);
            match self.values.origins.iter().find(|(field, _)| field == name) {
                Some(origin) => to.origins.push(origin.clone()),
                None if !self.filled && detail.is_known(to) => {
                    to.origins.push((name.to_owned(), SET.to_owned()))
                }
                None => {}
            }
        }
    }
}

/// A correction as it was made, with what held before.
#[derive(Clone, Debug, PartialEq)]
pub struct Corrected {
    /// The number of its entry.
    pub seq: u64,
    /// What it said.
    pub correction: Correction,
    /// What the details had been before, and where they had been found.
    pub was: Provenance,
}

impl Corrected {
    /// What corrections with these numbers make of what was read, and what each of them found before.
    pub fn history(read: Provenance, made: Vec<(u64, Correction)>) -> (Provenance, Vec<Corrected>) {
        let (mut of, mut history) = (read, Vec::with_capacity(made.len()));
        for (seq, correction) in made {
            let mut was = Provenance::default();
            correction.details().for_each(|detail| detail.copy_with_origin(&of, &mut was));
            correction.apply(&mut of);
            history.push(Corrected { seq, correction, was });
        }
        (of, history)
    }

    /// When it was made.
    pub fn at(&self) -> Timestamp {
        Timestamp(self.correction.at_ms.div_euclid(1000))
    }
}

/// What somebody said of the language of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The number of the entry.
    pub seq: u64,
    /// When that was, in milliseconds since 1970.
    pub at_ms: i64,
    /// What it was before.
    pub was: Option<Language>,
    /// What it is from then on.
    pub now: Option<Language>,
}

impl Capture {
    /// What its input said of it.
    pub fn as_read(&self) -> Provenance {
        let mut of = self.provenance.clone();
        for Corrected { correction, was, .. } in self.corrections.iter().rev() {
            correction.details().for_each(|detail| detail.copy_with_origin(was, &mut of));
        }
        of
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;

    #[test]
    fn what_was_corrected_can_be_told_from_what_was_read() {
        let read = Provenance {
            source: Source::parse("a"),
            section: Some("World".to_owned()),
            origins: vec![("section".to_owned(), "meta".to_owned()), ("source".to_owned(), "url".to_owned())],
            ..Provenance::default()
        };
        let after = Provenance {
            source: Source::parse("b"),
            section: None,
            byline: vec!["A. B.".to_owned()],
            ..read.clone()
        };
        let correction = Correction::between(&read, &after).unwrap();
        let details: Vec<Detail> = correction.details().collect();
        assert_eq!(details, [Detail::Source, Detail::Byline, Detail::Section]);
        assert_eq!(correction.cleared, [Detail::Section]);
        let mut now = read.clone();
        correction.apply(&mut now);
        let origins = [("source", "set"), ("byline", "set")];
        let origins: Vec<_> =
            origins.iter().map(|(field, origin)| ((*field).to_owned(), (*origin).to_owned())).collect();
        assert_eq!(now, Provenance { origins, ..after });
        assert!(Correction::between(&now, &now).is_none());

        let digest = crate::model::Digest::of(b"");
        let corrections = vec![Corrected { seq: 2, correction, was: read.clone() }];
        let mut found = Capture { seq: 1, digest, provenance: now, corrections }.as_read();
        found.origins.sort();
        assert_eq!(found, read);
    }

    #[test]
    fn details_have_the_names_of_columns() {
        for detail in Detail::ALL {
            assert!(crate::model::Column::named(detail.name()).is_some(), "{detail:?}");
        }
    }
}
