//! [`Request`] and [`Answer`]: questions and answers as plain data, for the command line, a socket, HTTP and other languages.
//!
//! A request is one value; its answer is a series of [`Answer`]s that ends with [`Answer::End`]. Both are versioned, and print as
//! JSON. Everything in an answer is resolved: sources by name, dates as they were printed and as instants, articles by digest.

use super::place::Hit;
use super::snippet::Snippet;
use super::why::Why;
use crate::model::{Article, Capture, Column, Corrected, Dated, Document, Original, Said, Timestamp};
use crate::query::{DateField, Grouping, Query};
use serde::{Deserialize, Serialize};

/// The version of requests and answers. A request of a later one is refused.
pub const VERSION: u32 = 1;

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The version of the form of this request and its answer.
    pub version: u32,
    /// Of which articles.
    #[serde(default)]
    pub query: Query,
    /// What is to be known of them.
    pub want: Want,
    /// Whether [`End::plan`] is to say how it was answered.
    #[serde(default)]
    pub explain: bool,
}

impl Request {
    /// What is wanted of what a query finds.
    pub fn new(query: Query, want: Want) -> Request {
        Request { version: VERSION, query, want, explain: false }
    }
}

/// What is to be known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// A row a hit.
    Rows {
        /// Also the fewest digits, eight or more, that name the article here.
        #[serde(default)]
        digits: bool,
        /// Also the piece of the text that shows why it was found.
        #[serde(default)]
        snippets: bool,
    },
    /// The whole article a hit, with the captures that matched.
    Documents,
    /// These articles, each with all its captures; named by digests, digits that begin one, or URLs however they are spelled. Asks nothing
    /// of the query.
    Articles(Vec<String>),
    /// How many there are.
    Count,
    /// How many articles, captures and sources there are, and from when to when.
    Totals,
    /// How many there are by what they have in common.
    Groups(Grouping),
    /// What there is of each source.
    Sources,
    /// Everything that was committed after the entry with this number, in order; with a query, captures alone.
    Log {
        /// The number.
        after: u64,
    },
    /// The tags, and how many articles have each. Asks nothing of the query.
    Tags,
    /// The saved queries. Asks nothing of the query.
    Queries,
    /// Whether these are in the archive: digests, digits that begin one, URLs however they are spelled. Asks nothing of the query.
    Has(Vec<String>),
    /// Why the query finds this article, or why not; named by digits that begin its digest.
    Why(String),
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Want::Rows`].
    Row(Row),
    /// To [`Want::Documents`] and [`Want::Articles`].
    Document(Box<Found>),
    /// To [`Want::Count`].
    Count(u64),
    /// To [`Want::Totals`].
    Totals(Totals),
    /// To [`Want::Groups`].
    Group {
        /// What they have in common, in the order that was asked for; none if it is not known.
        key: Vec<Option<String>>,
        /// How many.
        count: u64,
    },
    /// To [`Want::Sources`].
    Source {
        /// The source; none of captures that name none.
        source: Option<String>,
        /// Articles.
        articles: u64,
        /// Captures.
        captures: u64,
        /// The earliest date of publication, as it is known.
        first: Option<String>,
        /// The latest one.
        last: Option<String>,
        /// The latest capture, UTC.
        captured: Option<String>,
    },
    /// To [`Want::Log`].
    Entry(EntryRow),
    /// To [`Want::Tags`].
    Tag {
        /// The tag.
        tag: String,
        /// Articles that have it.
        count: u64,
    },
    /// To [`Want::Queries`].
    Query {
        /// Its name.
        name: String,
        /// What it asks.
        query: String,
    },
    /// To [`Want::Has`], one each, in order; to [`Want::Articles`] and [`Want::Why`] for each that is not there.
    Has {
        /// What was asked for.
        what: String,
        /// Whether it is there.
        there: bool,
    },
    /// To [`Want::Why`].
    Why(Why),
    /// The end of every answer.
    End(End),
}

/// The end of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// How many pieces came before.
    pub count: u64,
    /// Where the next page of rows or documents begins, if there is one: [`Query::after`].
    pub after: Option<String>,
    /// How many there are on all pages, if there is another.
    pub total: Option<u64>,
    /// How it was answered, a line a step, if that was asked for.
    pub plan: Vec<String>,
}

/// What there is of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Articles.
    pub articles: u64,
    /// Captures.
    pub captures: u64,
    /// Sources with a name.
    pub sources: u64,
    /// The earliest instant of publication, UTC.
    pub first: Option<String>,
    /// The latest one.
    pub last: Option<String>,
}

/// A hit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// When.
    #[serde(flatten)]
    pub when: When,
    /// Who published it, if that is known.
    pub source: Option<String>,
    /// The headline.
    pub headline: String,
    /// The piece of the text that shows why it was found, if that was wanted.
    #[serde(flatten)]
    pub snippet: Option<Snippet>,
    /// The language of the text, if it is known.
    pub language: Option<String>,
    /// The article's digest.
    pub digest: String,
    /// Digits that name it here, if they were wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<usize>,
    /// The number of the capture.
    pub seq: u64,
    /// The article's tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// The date that places a hit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum When {
    /// By publication.
    Published {
        /// As precisely as it is known.
        published: Option<String>,
        /// The instant, UTC.
        published_at: Option<String>,
        /// The day, UTC.
        published_day: Option<String>,
        /// Whether it is not plausible.
        suspect: bool,
    },
    /// By capture.
    Captured {
        /// The instant, UTC.
        captured: Option<String>,
    },
}

impl When {
    pub(super) fn of(hit: &Hit, field: DateField) -> When {
        let at = hit.at.map(|at| at.to_string());
        match field {
            DateField::Captured => When::Captured { captured: at },
            DateField::Published => When::Published {
                published: hit.at.map(|at| Dated::print(at, hit.precision)),
                published_at: at,
                published_day: hit.at.map(|at| at.day()),
                suspect: hit.suspect,
            },
        }
    }

    /// As precisely as it is known, with a question mark if it is not plausible; empty if it is not known.
    pub fn text(&self) -> String {
        match self {
            When::Published { published, suspect, .. } => marked(published, *suspect),
            When::Captured { captured } => captured.clone().unwrap_or_default(),
        }
    }

    /// The day; empty if it is not known.
    pub fn day(&self) -> String {
        match self {
            When::Published { published_day, suspect, .. } => marked(published_day, *suspect),
            When::Captured { captured } => {
                captured.as_ref().map_or("", |at| &at[..at.find('T').unwrap_or(0)]).to_owned()
            }
        }
    }
}

fn marked(date: &Option<String>, suspect: bool) -> String {
    date.as_ref().map_or(String::new(), |date| format!("{date}{}", if suspect { "?" } else { "" }))
}

/// An article as it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Its digest.
    pub digest: String,
    /// The headline.
    pub headline: String,
    /// The body.
    pub body: String,
    /// The language of the text, if it is known.
    pub language: Option<String>,
    /// What was said of the language, in order.
    #[serde(default)]
    pub languages: Vec<ChangedRow>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Captures in order of arrival: those that matched, or all.
    pub captures: Vec<CaptureRow>,
}

/// A capture; what is not known is not there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptureRow {
    /// Its number.
    pub seq: u64,
    /// Who published it.
    pub source: Option<String>,
    /// Where.
    pub url: Option<String>,
    /// The address that the page gives itself, if it is another one.
    pub canonical_url: Option<String>,
    /// Who wrote it.
    pub byline: Vec<String>,
    /// When, as precisely as it is known.
    pub published: Option<String>,
    /// The instant, UTC.
    pub published_at: Option<String>,
    /// What the date of publication was told from.
    pub published_origin: Option<String>,
    /// The zone that was printed with it, in minutes east of UTC.
    pub published_offset: Option<i32>,
    /// Whether it is not plausible.
    pub published_suspect: bool,
    /// When it was changed last, by its own account.
    pub modified: Option<String>,
    /// When it was captured, UTC.
    pub captured: Option<String>,
    /// When an archive of the web took it, UTC.
    pub archived: Option<String>,
    /// Its address there.
    pub archived_url: Option<String>,
    /// The publisher's name, as it spells it.
    pub publisher: Option<String>,
    /// The section that it was published in.
    pub section: Option<String>,
    /// The keywords that it was published with.
    pub keywords: Vec<String>,
    /// What it says of itself.
    pub description: Option<String>,
    /// Whether the page it was found on is an article, if it is a page.
    pub is_article: Option<bool>,
    /// Whether it is a summary and not the text.
    pub is_summary: bool,
    /// Whether the text ends where one would have to pay.
    pub cut: bool,
    /// From which input it came.
    pub input: String,
    /// The bytes that it was read from.
    pub original: Option<OriginalRow>,
    /// Where fields were found: field and origin.
    pub origins: Vec<(String, String)>,
    /// Fields of the input that the archive has no place for: a JSON object, as text.
    pub extra: Option<String>,
    /// What had to be assumed or left out, in words.
    pub notes: Vec<String>,
    /// What of that was something else before, in order.
    pub corrections: Vec<ChangedRow>,
}

/// Something that holds since a correction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedRow {
    /// The number of the correction.
    pub seq: u64,
    /// When it was made, UTC.
    pub at: String,
    /// What it is: `source`, `published` …
    pub field: String,
    /// What it was before, if it was known.
    pub was: Option<String>,
    /// What it was from then on; none is not known.
    pub now: Option<String>,
    /// Whether another finding of the same said it, and not somebody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filled: bool,
}

impl ChangedRow {
    /// A row for each thing that a correction is about.
    pub fn of(corrected: &Corrected) -> Vec<ChangedRow> {
        let Corrected { seq, correction, was } = corrected;
        let text = |name: &str, of| {
            let text = Column::named(name).map(|column| column.said(of).text().into_owned());
            text.filter(|text| !text.is_empty())
        };
        let row = |name: &str| ChangedRow {
            seq: *seq,
            at: corrected.at().to_string(),
            field: name.to_owned(),
            was: text(name, was),
            now: text(name, &correction.values),
            filled: correction.filled,
        };
        correction.details().map(|detail| row(detail.name())).collect()
    }

    /// That of a language.
    fn of_language(said: &Said) -> ChangedRow {
        let [was, now] = [said.was, said.now].map(|code| code.map(|code| code.to_string()));
        let at = Timestamp(said.at_ms.div_euclid(1000)).to_string();
        ChangedRow { seq: said.seq, at, field: "language".to_owned(), was, now, filled: false }
    }
}

/// The bytes that a capture was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalRow {
    /// Their BLAKE3.
    pub digest: String,
    /// What they are: `html`, `text`, `feed` …
    pub format: Option<String>,
    /// The encoding that was said beside them.
    pub charset: Option<String>,
}

impl From<Original> for OriginalRow {
    fn from(original: Original) -> OriginalRow {
        let Original { digest, format, charset, .. } = original;
        OriginalRow { digest: digest.to_string(), format, charset }
    }
}

impl From<Capture> for CaptureRow {
    fn from(capture: Capture) -> CaptureRow {
        let of = capture.provenance;
        let published = of.published.as_ref();
        CaptureRow {
            seq: capture.seq,
            source: of.source.map(|source| source.to_string()),
            url: of.url,
            canonical_url: of.canonical_url,
            byline: of.byline,
            published: published.map(ToString::to_string),
            published_at: published.map(|published| published.at.to_string()),
            published_origin: published.map(|published| format!("{:?}", published.origin).to_lowercase()),
            published_offset: published.and_then(|published| published.offset_minutes).map(i32::from),
            published_suspect: published.is_some_and(|published| published.suspect),
            modified: of.modified.map(Dated::printed),
            captured: of.captured.map(|at| at.to_string()),
            archived: of.archived.map(|at| at.to_string()),
            archived_url: of.archived_url,
            publisher: of.publisher,
            section: of.section,
            keywords: of.keywords,
            description: of.description,
            is_article: of.is_article,
            is_summary: of.is_summary,
            cut: of.cut,
            input: of.input,
            original: of.original.map(OriginalRow::from),
            origins: of.origins,
            extra: of.extra,
            notes: of.notes,
            corrections: capture.corrections.iter().flat_map(ChangedRow::of).collect(),
        }
    }
}

impl From<Document> for Found {
    fn from(document: Document) -> Found {
        let Document { digest, article, captures, tags, languages, .. } = document;
        Found {
            digest: digest.to_string(),
            language: article.language().map(|language| language.to_string()),
            headline: article.headline().to_owned(),
            body: article.body().to_owned(),
            captures: captures.into_iter().map(CaptureRow::from).collect(),
            languages: languages.iter().map(ChangedRow::of_language).collect(),
            tags,
        }
    }
}

impl Found {
    /// Headline, blank line, body, newline: the BLAKE3 of these bytes is the digest.
    pub fn canonical_text(&self) -> String {
        Article::from_canonical(self.headline.clone(), self.body.clone(), None).canonical_text()
    }
}

/// What was committed under a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryRow {
    /// The number.
    pub seq: u64,
    /// When it was captured, or committed; UTC.
    pub at: Option<String>,
    /// `capture`, `tag`, `query`, `correction`, `filled` (by another finding), `removal`, `removed`, or `unknown`: a later version wrote it.
    pub what: String,
    /// Of a capture, its source.
    pub source: Option<String>,
    /// Of a capture, the headline; else what it says.
    pub text: Option<String>,
    /// The article's digest, if it is about one.
    pub digest: Option<String>,
}
