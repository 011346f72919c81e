//! How to read inputs, and what became of them.

use super::path_pattern::PathPattern;
use crate::formats::fields::Mapping;
use crate::formats::layouts::Own;
use crate::formats::{Format, Limits};
use crate::model::{Counts, Dated, Language, Skip, Source, TimeSource, Timestamp};
use std::collections::BTreeMap;

/// Which records of a crawl are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those whose URL begins with one of these; all if there are none.
    pub url_prefixes: Vec<String>,
    /// Those of one of these domains or of a host in it; all if there are none.
    pub domains: Vec<String>,
    /// Those with one of these HTTP statuses; 200 to 299 if there are none.
    pub statuses: Vec<u16>,
    /// Also pages that are no articles: front pages, indexes, forms.
    pub all_pages: bool,
}

impl Wanted {
    pub(super) fn url(&self, url: &str) -> bool {
        let prefixed = self.url_prefixes.is_empty()
            || self.url_prefixes.iter().any(|prefix| url.starts_with(prefix.as_str()));
        let host = || {
            url::Url::parse(url)
                .ok()
                .and_then(|url| url.host_str().map(str::to_ascii_lowercase))
                .unwrap_or_default()
        };
        prefixed
            && (self.domains.is_empty() || {
                let host = host();
                self.domains.iter().any(|domain| {
                    host == *domain
                        || host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
                })
            })
    }

    pub(super) fn status(&self, status: u16) -> bool {
        if self.statuses.is_empty() { (200..300).contains(&status) } else { self.statuses.contains(&status) }
    }
}

/// What to do about a rejection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// Count it and go on.
    #[default]
    Skip,
    /// End after what came before it is committed.
    Fail,
}

crate::model::named!(OnError, "what to do about bad inputs", "skip" => Skip, "fail" => Fail);

/// When an input that does not say was captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Captured {
    /// Now.
    #[default]
    Now,
    /// At this instant.
    At(Timestamp),
    /// When its file was last changed, as if the input had said so.
    Modified,
    /// When its file was last changed, if that can be: marked as such, since copying changes it. What comes from standard input or out of a zip, now.
    File,
}

/// How to read inputs.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What all inputs are, whatever they look like.
    pub format: Option<Format>,
    /// Names of JSON fields.
    pub mapping: Mapping,
    /// Layouts of one's own, asked before those that are known.
    pub layouts: Option<Own>,
    /// What the path of an input says of it.
    pub path_pattern: Option<PathPattern>,
    /// The source, where the input does not say.
    pub source: Option<Source>,
    /// The date, where the input does not say.
    pub published: Option<Dated>,
    /// The URL, where the input does not say.
    pub url: Option<String>,
    /// The language, where the input does not say.
    pub language: Option<Language>,
    /// The time of capture, where the input does not say.
    pub captured: Captured,
    /// What to do about rejections.
    pub on_error: OnError,
    /// Articles a commit; 1,000 if it is 0.
    pub batch_articles: usize,
    /// Which records of a crawl are taken.
    pub wanted: Wanted,
    /// How much an input may be.
    pub limits: Limits,
    /// Whether drafts say what was considered for them.
    pub explain: bool,
    /// Whether pages of which only a headline was found are drafts: to look at, not to ingest.
    pub partial: bool,
    /// Whether the bytes that drafts are read from are kept.
    pub keep_raw: bool,
    /// Whether crawls are read from their start that an earlier run has read already.
    pub from_start: bool,
    /// Whether files are read that earlier runs have read, and that are as they were.
    pub checksum: bool,
    /// Which files of directories are taken.
    pub pick: Pick,
    /// Whether links in directories are followed that lead out of them.
    pub follow: bool,
    /// Whether what was being read when an earlier run died is left out.
    pub skip_fatal: bool,
    /// By which clock, where there is no archive that has one.
    pub time: TimeSource,
    /// Whether to find out how many bytes of input there are, for [`Distance::total`](crate::model::Distance::total).
    pub measure: bool,
}

impl Options {
    /// Whatever changes what comes out of an input; a later version may read it better.
    pub(super) fn how(&self) -> How {
        let Options {
            format,
            mapping,
            layouts,
            path_pattern,
            source,
            published,
            url,
            language,
            captured: _,
            wanted,
            limits,
            keep_raw,
            from_start: _,
            checksum: _,
            follow: _,
            pick: _,
            skip_fatal: _,
            on_error: _,
            batch_articles: _,
            explain: _,
            partial: _,
            measure: _,
            time: _,
        } = self;
        let all = format!(
            "{} {format:?} {mapping:?} {layouts:?} {path_pattern:?} {source:?} {published:?} {url:?} {language:?} {wanted:?} {limits:?} {keep_raw}",
            env!("CARGO_PKG_VERSION")
        );
        How(blake3::hash(all.as_bytes()))
    }
}

/// In which way inputs are read, as a hash.
#[derive(Debug)]
pub(super) struct How(blake3::Hash);

impl How {
    /// What a file is known by that is read in this way.
    pub(super) fn key(&self, path: &std::path::Path) -> Option<blake3::Hash> {
        let path = path.canonicalize().ok()?;
        let mut hasher = blake3::Hasher::new_keyed(self.0.as_bytes());
        hasher.update(path.as_os_str().as_encoded_bytes());
        Some(hasher.finalize())
    }
}

/// Which files of a directory are taken.
#[derive(Clone, Debug, Default)]
pub struct Pick {
    /// Those that one of these fits; all if there are none.
    pub include: Vec<Glob>,
    /// Not those that one of these fits, nor what is in directories that one fits.
    pub exclude: Vec<Glob>,
}

/// A pattern for paths in a directory: `*`, `?`, `[…]` and `{…}` within a name, `**` for any directories. Without a slash it is one for names.
#[derive(Clone, Debug)]
pub struct Glob(globset::GlobMatcher);

impl std::str::FromStr for Glob {
    type Err = globset::Error;

    fn from_str(text: &str) -> Result<Glob, globset::Error> {
        let text = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        let whole =
            if text.contains('/') { text.trim_start_matches('/').to_owned() } else { format!("**/{text}") };
        let glob = globset::GlobBuilder::new(&whole).literal_separator(true).build()?;
        Ok(Glob(glob.compile_matcher()))
    }
}

impl Pick {
    /// Whether something in a directory, by its path from there, is not taken.
    pub(super) fn leaves_out(&self, path: &std::path::Path, is_dir: bool) -> bool {
        let fits = |globs: &[Glob]| globs.iter().any(|glob| glob.0.is_match(path));
        fits(&self.exclude) || !is_dir && !self.include.is_empty() && !fits(&self.include)
    }
}

/// What became of an ingest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What was committed and what was rejected.
    pub counts: Counts,
    /// What was passed over, by why.
    pub passed: BTreeMap<Skip, u64>,
    /// Why it ended before its inputs did, if it did.
    pub stopped: Option<Stopped>,
}

/// Why an ingest ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It was cancelled; everything up to and with this place is in the archive.
    Cancelled {
        /// The last input that was committed; empty if there was none.
        after: String,
    },
    /// An input was rejected, and [`OnError::Fail`] was asked for.
    Failed,
}
