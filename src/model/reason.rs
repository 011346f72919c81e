//! Why something that was read is no article. A reason states facts; what to do about it is for whoever shows it to say.

use std::fmt;

/// Why an input, or a record of one, became no article.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The page is longer than pages may be: [`crate::formats::Limits::page_bytes`].
    #[error("the page has {found} bytes, and {most} are read")]
    PageTooLong {
        /// Its bytes.
        found: usize,
        /// What is read.
        most: usize,
    },
    /// The record is longer than records may be: [`crate::formats::Limits::record_bytes`].
    #[error("it is longer than {most_mib} MiB")]
    RecordTooLong {
        /// What is read, in MiB.
        most_mib: usize,
    },
    /// It unpacks to absurdly more than it is: [`crate::formats::Limits::ratio`].
    #[error("{0}")]
    UnpacksTooMuch(String),
    /// A page in which no article was found.
    #[error("{}", if *headline { "found a headline but no article text" } else { "found neither a headline nor text" })]
    NoArticle {
        /// Whether a headline was found.
        headline: bool,
    },
    /// There is no such file.
    #[error("there is no such file")]
    Missing,
    /// The system did not let it be read: why.
    #[error("{0}")]
    Unreadable(String),
    /// A field that should be text.
    #[error("its field '{name}' is {found}; expected text")]
    FieldIsNotText {
        /// Its name.
        name: String,
        /// What it is.
        found: String,
    },
    /// A table in which no column has a name that is known.
    #[error("none of its columns is known: {shown}")]
    NoColumnIsKnown {
        /// What they are called.
        shown: String,
    },
    /// A record in which no field was known for its text, and a long one was there that none was.
    #[error("no field is known for its text; '{longest}' may be it, of {fields}")]
    TextNotFound {
        /// The names of its fields.
        fields: String,
        /// The longest.
        longest: String,
    },
    /// An object in which no list could be told to be that of the records.
    #[error(
        "it is no article, and none of its lists ({lists}) can be told to hold articles; it has {fields}"
    )]
    NoRecords {
        /// The paths of its lists.
        lists: String,
        /// The names of its fields.
        fields: String,
    },
    /// XML of which no layout is known.
    #[error("it is XML with the root '{root}', of which no layout is known")]
    UnknownXml {
        /// The name of its first element.
        root: String,
    },
    /// A path that does not fit the pattern for paths.
    #[error("its path does not fit '{pattern}'")]
    PathDoesNotFit {
        /// The pattern.
        pattern: String,
    },
    /// A pressmark archive.
    #[error("it is a pressmark archive")]
    Archive {
        /// Its directory.
        name: String,
    },
    /// A part of a pressmark archive.
    #[error("it is a part of a pressmark archive")]
    Segment,
    /// The process ended while this was read, again and again.
    #[error("pressmark ended while it read this, again and again; it is left out now")]
    Fatal,
    /// A reader fell over it.
    #[error("a defect in pressmark kept it, or a part of it, from being read")]
    Defect,
    /// It is not what it should be: what is wrong, and what was expected.
    #[error("{0}")]
    Malformed(String),
}

impl Reason {
    /// A name for programs, which does not change.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::PageTooLong { .. } => "page-too-long",
            Reason::RecordTooLong { .. } => "record-too-long",
            Reason::UnpacksTooMuch(_) => "unpacks-too-much",
            Reason::NoArticle { .. } => "no-article",
            Reason::Missing => "missing",
            Reason::Unreadable(_) => "unreadable",
            Reason::FieldIsNotText { .. } => "field-is-not-text",
            Reason::NoColumnIsKnown { .. } => "no-column-is-known",
            Reason::TextNotFound { .. } => "text-not-found",
            Reason::NoRecords { .. } => "no-records",
            Reason::UnknownXml { .. } => "unknown-xml",
            Reason::PathDoesNotFit { .. } => "path-does-not-fit",
            Reason::Archive { .. } => "archive",
            Reason::Segment => "segment",
            Reason::Fatal => "fatal",
            Reason::Defect => "defect",
            Reason::Malformed(_) => "malformed",
        }
    }

    /// Cuts what it quotes of the input, which may be as long as that.
    pub fn shorten(&mut self, bytes_max: usize) {
        let quoted = match self {
            Reason::Malformed(what) | Reason::UnpacksTooMuch(what) | Reason::Unreadable(what) => what,
            Reason::FieldIsNotText { name, .. } => name,
            Reason::NoColumnIsKnown { shown } => shown,
            Reason::TextNotFound { fields, .. } | Reason::NoRecords { fields, .. } => fields,
            Reason::UnknownXml { root } => root,
            _ => return,
        };
        if quoted.len() > bytes_max {
            quoted.truncate(quoted.floor_char_boundary(bytes_max));
            quoted.push('…');
        }
    }
}

impl From<String> for Reason {
    fn from(what: String) -> Reason {
        Reason::Malformed(what)
    }
}

impl From<&str> for Reason {
    fn from(what: &str) -> Reason {
        Reason::Malformed(what.to_owned())
    }
}

/// Why something that was read is not wanted, and no fault of anybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// What an earlier run read of a crawl.
    ReadBefore,
    /// What an earlier run rejected of it.
    RejectedBefore,
    /// A record about the crawl itself.
    CrawlRecord,
    /// A page that was fetched before and had not changed.
    Unchanged,
    /// Of a URL or a status that was not asked for.
    NotAsked,
    /// A page without an article.
    NoArticle,
    /// What is no text.
    NotText,
    /// Files of a kind that is not read: `images`, `PDFs`.
    Kind(&'static str),
    /// A link that leads out of its directory.
    Link,
    /// A pressmark archive in a directory.
    Archive,
    /// What a pattern leaves out.
    Excluded,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Skip::ReadBefore => "read by an earlier run",
            Skip::RejectedBefore => "rejected before",
            Skip::CrawlRecord => "crawl records",
            Skip::Unchanged => "unchanged pages",
            Skip::NotAsked => "of other URLs or statuses",
            Skip::NoArticle => "without an article",
            Skip::NotText => "non-text",
            Skip::Kind(kind) => kind,
            Skip::Link => "links out of their directory",
            Skip::Archive => "pressmark archives",
            Skip::Excluded => "excluded",
        })
    }
}
