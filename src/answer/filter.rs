//! A query made ready to be held against captures: what can be told from a row of an index is told from it, and only what is
//! left is read.

use super::extra;
use crate::archive::Snapshot;
use crate::bytes::number_set::NumberSet;
use crate::derived::words::analysis::{Code, Words as TextWords};
use crate::derived::words::{Pattern, Scope, SearchIndex, Text, WORK_MAX};
use crate::model::{Prefix, Provenance, Result, Timestamp};
use crate::query::{Bound, Condition, DateField, Expr};
use crate::store::{self, Mark, View, damaged};
use std::cell::OnceCell;

/// What a capture must fulfil.
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// Of one of these articles; what was asked, in words.
    Articles(NumberSet, String),
    /// Of one of these sources, by number, ascending.
    Sources(Vec<u32>),
    /// With this date in a range.
    Date(DateField, Option<Bound>, Option<Bound>),
    Seq(u64, u64),
    Dated,
    Undated,
    Suspect,
    MultiCapture,
    /// What only the capture itself says.
    Capture(CaptureTest, String),
}

pub(super) enum CaptureTest {
    Author(Vec<String>),
    Section(Vec<String>),
    Url(String),
    UrlStart(String),
    Domain(String),
    Input(Vec<String>),
    Summary,
    Noted,
    /// A field of the input, and the words in it; none if anything is in it.
    Extra(String, Vec<String>),
}

/// A capture that is held against a filter; what it takes is read when it is needed, once.
pub(super) struct Held<'a> {
    view: &'a View,
    pub mark: Mark,
    /// Which date the mark has.
    field: DateField,
    provenance: OnceCell<Provenance>,
    // What conditions ask of it, made ready: a query may have thousands of them.
    url: OnceCell<Option<String>>,
    host: OnceCell<Option<String>>,
    authors: OnceCell<Vec<Vec<String>>>,
    sections: OnceCell<Vec<Vec<String>>>,
}

impl<'a> Held<'a> {
    pub fn new(view: &'a View, mark: Mark, field: DateField) -> Held<'a> {
        let (url, host, authors, sections) = Default::default();
        Held { view, mark, field, provenance: OnceCell::new(), url, host, authors, sections }
    }

    pub fn of(view: &'a View, mark: Mark, field: DateField, provenance: Provenance) -> Held<'a> {
        Held { provenance: OnceCell::from(provenance), ..Held::new(view, mark, field) }
    }

    fn provenance(&self) -> Result<&Provenance> {
        if let Some(provenance) = self.provenance.get() {
            return Ok(provenance);
        }
        let provenance = self.view.capture(self.mark.seq)?.1;
        Ok(self.provenance.get_or_init(|| provenance))
    }

    /// Its canonical URL.
    fn url(&self, of: &Provenance) -> Option<&str> {
        self.url.get_or_init(|| of.url.as_deref().map(crate::model::url::canonical)).as_deref()
    }

    /// The host of its URL.
    fn host(&self, of: &Provenance) -> Option<&str> {
        let host = || Some(crate::model::url::parsed(of.url.as_deref()?)?.host_str()?.to_owned());
        self.host.get_or_init(host).as_deref()
    }

    /// The words of each of its authors' names.
    fn authors(&self, of: &Provenance) -> &[Vec<String>] {
        self.authors.get_or_init(|| of.byline.iter().map(|name| words(name)).collect())
    }

    /// The words of each of its sections and keywords.
    fn sections(&self, of: &Provenance) -> &[Vec<String>] {
        self.sections.get_or_init(|| of.section.iter().chain(&of.keywords).map(|name| words(name)).collect())
    }

    /// A date of the capture, and whether only its day is known.
    fn date(&self, field: DateField) -> Result<(Option<Timestamp>, bool)> {
        let civil = self.mark.precision().is_civil();
        if field == self.field {
            return Ok((self.mark.at, civil && field == DateField::Published));
        }
        let provenance = self.provenance()?;
        Ok(match field {
            DateField::Captured => (provenance.captured, false),
            DateField::Published => (provenance.published.map(|published| published.at), civil),
        })
    }
}

/// What people ask of a capture costs less, and is never refused.
const CAPTURE_COST_USUAL: u64 = 40_000;

/// The index of a source that no capture names.
const NO_SUCH_SOURCE: u32 = u32::MAX;

impl Filter {
    /// Makes a query ready. Whatever asks for nothing but texts is looked up in the full-text index.
    pub fn new(reader: &Snapshot, expr: &Expr) -> Result<Filter> {
        if let Some(text) = text(expr) {
            let mut articles = reader.words()?.matching(&text)?;
            // The index knows articles by the language that was said last.
            let later: Vec<u64> = reader.view.languages_said_later().collect();
            if !later.is_empty() {
                later.iter().for_each(|article| articles.remove_one(*article));
                articles.or(&SearchIndex::in_memory(&reader.view, &later)?.matching(&text)?);
            }
            reader.view.only_living(&mut articles);
            return Ok(Filter::Articles(articles, expr.to_string()));
        }
        Ok(match expr {
            Expr::All(parts) => Filter::All(Filter::parts(reader, parts, true)?),
            Expr::Any(parts) => match <[Filter; 1]>::try_from(Filter::parts(reader, parts, false)?) {
                Ok([one]) => one,
                Err(several) => Filter::Any(several),
            },
            Expr::Not(part) => Filter::Not(Box::new(Filter::new(reader, part)?)),
            Expr::Is(condition, _) => Filter::condition(reader, condition)?,
        })
    }

    /// The parts of a conjunction or a disjunction: those that ask for texts as one, all sources of a disjunction as one.
    fn parts(reader: &Snapshot, parts: &[Expr], all: bool) -> Result<Vec<Filter>> {
        let (texts, rest): (Vec<&Expr>, Vec<&Expr>) = parts.iter().partition(|part| text(part).is_some());
        let one: Vec<Expr> = texts.into_iter().cloned().collect();
        let one = match one.is_empty() {
            true => None,
            false if all => Some(Expr::All(one)),
            false => Some(Expr::Any(one)),
        };
        let (mut filters, mut sources) = (Vec::new(), Vec::new());
        let mut articles: Option<(NumberSet, Vec<String>)> = None;
        for part in one.iter().chain(rest) {
            match Filter::new(reader, part)? {
                Filter::Sources(more) if !all => sources.extend(more),
                Filter::Articles(more, asked) if !all => match &mut articles {
                    None => articles = Some((more, vec![asked])),
                    Some((articles, before)) => {
                        articles.or(&more);
                        before.push(asked);
                    }
                },
                Filter::All(more) if all => filters.extend(more),
                Filter::Any(more) if !all => filters.extend(more),
                filter => filters.push(filter),
            }
        }
        if !sources.is_empty() {
            sources.sort_unstable();
            sources.dedup();
            filters.push(Filter::Sources(sources));
        }
        filters.extend(articles.map(|(articles, asked)| Filter::Articles(articles, asked.join(" OR "))));
        filters.sort_by_key(Filter::cost);
        Ok(filters)
    }

    fn condition(reader: &Snapshot, condition: &Condition) -> Result<Filter> {
        let capture = |test| Filter::Capture(test, condition.to_string());
        Ok(match condition {
            Condition::Source(source) => {
                let names = reader.view.names()?;
                Filter::Sources(vec![names.number(source.as_ref()).unwrap_or(NO_SUCH_SOURCE)])
            }
            Condition::Date(field, since, until) => Filter::Date(*field, *since, *until),
            // Those that the index can answer were taken out before.
            Condition::Language(_) | Condition::Words(..) => Filter::Any(Vec::new()),
            Condition::Author(name) => capture(CaptureTest::Author(words(name))),
            Condition::Section(name) => capture(CaptureTest::Section(words(name))),
            Condition::Url(url) => {
                let found = match url.strip_suffix('*') {
                    Some(start) => {
                        // A closing slash ends a part of the path: news/ is not newsletter.
                        let slash = if start.ends_with('/') { "/" } else { "" };
                        let start = crate::model::url::canonical(start) + slash;
                        return Ok(capture(CaptureTest::UrlStart(start)));
                    }
                    None => reader.at_url(url)?,
                };
                // The index of URLs narrows it down; the capture decides.
                let articles = found.iter().map(|(_, article)| *article).collect();
                Filter::All(vec![
                    Filter::Articles(articles, condition.to_string()),
                    capture(CaptureTest::Url(crate::model::url::canonical(url))),
                ])
            }
            Condition::Domain(domain) => capture(CaptureTest::Domain(domain.clone())),
            Condition::Tag(tag) => Filter::Articles(reader.view.tagged(tag)?, condition.to_string()),
            Condition::Id(id) => {
                let prefix: Prefix = id.parse().map_err(damaged)?;
                let found = reader.view.find_prefix(&prefix, usize::MAX)?;
                Filter::Articles(found.into_iter().collect(), condition.to_string())
            }
            Condition::Seq(first, last) => Filter::Seq(*first, *last),
            Condition::Input(input) => {
                capture(CaptureTest::Input(input.split('*').map(str::to_owned).collect()))
            }
            Condition::Dated => Filter::Dated,
            Condition::Undated => Filter::Undated,
            Condition::Suspect => Filter::Suspect,
            Condition::Summary => capture(CaptureTest::Summary),
            Condition::Noted => capture(CaptureTest::Noted),
            Condition::Extra(path, value) => {
                let words = if value == "*" { Vec::new() } else { words(value) };
                capture(CaptureTest::Extra(path.clone(), words))
            }
            Condition::MultiCapture => Filter::MultiCapture,
        })
    }

    /// What it takes to decide: nothing, a row of an index, a row of the store, for the worst part of it.
    fn cost(&self) -> u8 {
        match self {
            Filter::All(parts) | Filter::Any(parts) => parts.iter().map(Filter::cost).max().unwrap_or(0),
            Filter::Not(part) => part.cost(),
            Filter::Articles(..) | Filter::Sources(_) | Filter::Seq(..) => 0,
            Filter::Dated | Filter::Undated | Filter::Suspect => 0,
            Filter::Date(..) => 1,
            Filter::MultiCapture => 2,
            Filter::Capture(..) => 4,
        }
    }

    /// How many captures may be held against it: any number, unless it asks so many things of each that a query could keep the
    /// machine busy for minutes.
    pub fn captures_max(&self) -> u64 {
        let cost = self.capture_cost();
        if cost <= CAPTURE_COST_USUAL { u64::MAX } else { WORK_MAX / cost }
    }

    /// What it takes at most to hold a capture against it, beyond reading it; in nanoseconds of a slow core, by estimates.
    fn capture_cost(&self) -> u64 {
        match self {
            Filter::All(parts) | Filter::Any(parts) => parts.iter().map(Filter::capture_cost).sum(),
            Filter::Not(part) => part.capture_cost(),
            Filter::Capture(test, _) => match test {
                CaptureTest::Input(_) => 120,
                CaptureTest::Url(_) | CaptureTest::UrlStart(_) | CaptureTest::Domain(_) => 60,
                CaptureTest::Author(_) => 100,
                CaptureTest::Section(_) => 400,
                CaptureTest::Summary | CaptureTest::Noted => 10,
                CaptureTest::Extra(..) => 4000,
            },
            Filter::MultiCapture => 300,
            _ => 10,
        }
    }

    /// Whether it holds for all captures of an article or for none.
    pub fn is_of_articles(&self) -> bool {
        match self {
            Filter::All(parts) | Filter::Any(parts) => parts.iter().all(Filter::is_of_articles),
            Filter::Not(part) => part.is_of_articles(),
            Filter::Articles(..) | Filter::MultiCapture => true,
            _ => false,
        }
    }

    /// The conditions that must all hold.
    pub fn required(&self) -> &[Filter] {
        match self {
            Filter::All(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }

    /// Whether a capture fulfils it.
    pub fn matches(&self, held: &Held<'_>) -> Result<bool> {
        let mark = &held.mark;
        Ok(match self {
            Filter::All(parts) => {
                for part in parts {
                    if !part.matches(held)? {
                        return Ok(false);
                    }
                }
                true
            }
            Filter::Any(parts) => {
                for part in parts {
                    if part.matches(held)? {
                        return Ok(true);
                    }
                }
                false
            }
            Filter::Not(part) => !part.matches(held)?,
            Filter::Articles(articles, _) => articles.has(mark.article),
            Filter::Sources(sources) => sources.binary_search(&mark.source).is_ok(),
            Filter::Date(field, since, until) => {
                let (at, civil) = held.date(*field)?;
                let end = |bound: &Bound| if civil { bound.civil } else { bound.at };
                at.is_some_and(|at| {
                    since.as_ref().is_none_or(|since| at >= end(since))
                        && until.as_ref().is_none_or(|until| at <= end(until))
                })
            }
            Filter::Seq(first, last) => (*first..=*last).contains(&mark.seq),
            Filter::Dated => !mark.undated(),
            Filter::Undated => mark.undated(),
            Filter::Suspect => mark.suspect(),
            Filter::MultiCapture => held.view.has_several(mark.article)?,
            Filter::Capture(test, _) => test.holds(held, held.provenance()?),
        })
    }

    /// What is held against each capture, in words.
    pub fn describe(&self, names: &store::SourceNames) -> String {
        let joined = |parts: &[Filter], by: &str| {
            parts.iter().map(|part| part.describe(names)).collect::<Vec<_>>().join(by)
        };
        match self {
            Filter::All(parts) if parts.is_empty() => "everything".to_owned(),
            Filter::All(parts) => joined(parts, " and "),
            Filter::Any(parts) => format!("({})", joined(parts, " or ")),
            Filter::Not(part) => format!("not {}", part.describe(names)),
            Filter::Articles(articles, asked) => format!("{asked} ({} articles)", articles.len()),
            Filter::Sources(sources) => {
                let name = |source: &u32| match *source {
                    0 => "none".to_owned(),
                    number => {
                        names.name(number).map_or("unknown".to_owned(), |name| name.as_str().to_owned())
                    }
                };
                format!("source {}", sources.iter().map(name).collect::<Vec<_>>().join(" or "))
            }
            Filter::Date(field, since, until) => Condition::Date(*field, *since, *until).to_string(),
            Filter::Seq(first, last) => Condition::Seq(*first, *last).to_string(),
            Filter::Dated => Condition::Dated.to_string(),
            Filter::Undated => Condition::Undated.to_string(),
            Filter::Suspect => Condition::Suspect.to_string(),
            Filter::MultiCapture => Condition::MultiCapture.to_string(),
            Filter::Capture(_, asked) => format!("{asked}, from the capture"),
        }
    }
}

impl CaptureTest {
    fn holds(&self, held: &Held<'_>, provenance: &Provenance) -> bool {
        let any = |texts: &[Vec<String>], words: &[String]| texts.iter().any(|text| contains(text, words));
        match self {
            CaptureTest::Author(words) => any(held.authors(provenance), words),
            CaptureTest::Section(words) => any(held.sections(provenance), words),
            CaptureTest::Url(url) => held.url(provenance) == Some(url),
            CaptureTest::UrlStart(start) => held
                .url(provenance)
                .is_some_and(|own| own.starts_with(start.as_str()) || start.strip_suffix('/') == Some(own)),
            CaptureTest::Domain(domain) => held.host(provenance).is_some_and(|host| {
                host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }),
            CaptureTest::Input(parts) => match parts.as_slice() {
                [one] => {
                    let rest = provenance.input.strip_prefix(one.as_str());
                    rest.is_some_and(|rest| {
                        rest.is_empty() || rest.starts_with([':', '#', '/']) || one.ends_with('/')
                    })
                }
                parts => globs(&provenance.input, parts),
            },
            CaptureTest::Summary => provenance.is_summary,
            CaptureTest::Noted => !provenance.notes.is_empty(),
            CaptureTest::Extra(path, asked) => provenance.extra.as_deref().is_some_and(|extra| {
                let mut values = extra::values(extra, path).into_iter();
                values.any(|value| asked.is_empty() || contains(&words(&value), asked))
            }),
        }
    }
}

/// The words of a name, as they are compared.
fn words(text: &str) -> Vec<String> {
    TextWords::new(text, Code::OTHER).map(|word| word.term[1..].to_owned()).collect()
}

/// Whether a text has these words, one after the other.
fn contains(text: &[String], words: &[String]) -> bool {
    !words.is_empty() && text.windows(words.len()).any(|window| window == words)
}

/// Whether a text is these parts with anything between them.
fn globs(text: &str, parts: &[String]) -> bool {
    let [first, middle @ .., last] = parts else { return false };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        match rest.find(part.as_str()) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

/// What asks for nothing but texts, as the full-text index understands it.
pub(super) fn text(expr: &Expr) -> Option<Text> {
    Some(match expr {
        Expr::All(parts) if !parts.is_empty() => Text::All(parts.iter().map(text).collect::<Option<_>>()?),
        Expr::Any(parts) if !parts.is_empty() => Text::Any(parts.iter().map(text).collect::<Option<_>>()?),
        Expr::Not(part) => Text::Not(Box::new(text(part)?)),
        Expr::Is(Condition::Words(scope, words), _) => Text::Words(*scope, words.pattern()?),
        Expr::Is(Condition::Language(language), _) => Text::Language(*language),
        _ => return None,
    })
}

/// The words of a query that speak for an article, wherever they stand in it, and in which of its texts.
pub(super) fn wanted(expr: &Expr) -> Vec<(Scope, Pattern)> {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().flat_map(wanted).collect(),
        Expr::Is(Condition::Words(scope, words), _) => {
            words.pattern().into_iter().map(|pattern| (*scope, pattern)).collect()
        }
        Expr::Not(_) | Expr::Is(..) => Vec::new(),
    }
}
