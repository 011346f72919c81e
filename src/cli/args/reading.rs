//! How inputs are read: what `ingest` and `extract` are told alike.

use super::{bad, dated, language, source};
use crate::cli::exit::{Failure, Result};
use crate::cli::output::advice;
use crate::cli::output::terminal::{clean, grouped};
use pressmark::Skip;
use pressmark::ingest::{
    Captured, Format, Glob, Layouts, Limits, Mapping, Options, PathPattern, Pick, Wanted, parse_layouts,
};
use std::collections::BTreeMap;

/// How inputs are read.
#[derive(clap::Args)]
pub struct Reading {
    /// Map JSON fields and columns: headline=hed,body=content.text.
    #[arg(long, value_name = "FIELD=NAME,…")]
    map: Vec<Mapping>,
    /// Read layouts of JSON, XML and tables from a file, as docs/formats.md describes them; repeatable.
    #[arg(long, value_name = "FILE")]
    layout: Vec<std::path::PathBuf>,
    /// Read fields from paths: '{source}/{published}/*.txt'. Also {language}, * and **.
    #[arg(long, value_name = "PATTERN")]
    path_pattern: Option<PathPattern>,
    /// The source of inputs that do not name one.
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// The publication date of inputs that have none.
    #[arg(long, value_name = "DATE")]
    published: Option<String>,
    /// The URL of inputs that have none.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The language of inputs that do not name one [default: detected].
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// The capture time of inputs that have none: a date, now, or mtime, the time of their file [default: that, marked as such].
    #[arg(long, value_name = "DATE")]
    captured: Option<String>,
    /// From crawls, take only URLs that start with this; repeatable.
    #[arg(long, value_name = "URL")]
    url_prefix: Vec<String>,
    /// From crawls, take only this domain and its hosts; repeatable.
    #[arg(long, value_name = "DOMAIN")]
    domain: Vec<String>,
    /// From crawls, take only this HTTP status; repeatable [default: 200 to 299].
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(100..=599))]
    status: Vec<u16>,
    /// From crawls, take pages that are not articles too: front pages, indexes, forms.
    #[arg(long)]
    all_pages: bool,
    /// Reject records longer than this: lines, messages, pages, crawl records; in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_record: u32,
    /// Reject HTML pages longer than this, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_page: u32,
    /// From directories, take only files that this fits: '*.html', 'news/**'; repeatable.
    #[arg(long, value_name = "GLOB")]
    include: Vec<Glob>,
    /// From directories, leave out files and directories that this fits; repeatable.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<Glob>,
    /// Follow symbolic links that lead out of a directory.
    #[arg(long)]
    follow: bool,
    /// Reject inputs that unpack to more than this many times their size.
    #[arg(long, value_name = "TIMES", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    max_ratio: u64,
}

impl Reading {
    pub fn options(&self, format: Option<Format>) -> Result<Options> {
        let mut mapping = Mapping::default();
        self.map.iter().for_each(|more| mapping.extend(more.clone()));
        // As it stands in URLs: of a name in other letters the ASCII form.
        let host = |text: &str| {
            let host = url::Host::parse(text.strip_prefix("www.").unwrap_or(text));
            host.map(|host| host.to_string())
                .map_err(|_| bad("domain", text, "a domain is one as in rubryka.com"))
        };
        Ok(Options {
            format,
            wanted: Wanted {
                url_prefixes: self.url_prefix.clone(),
                domains: self.domain.iter().map(|domain| host(domain)).collect::<Result<_>>()?,
                statuses: self.status.clone(),
                all_pages: self.all_pages,
            },
            limits: Limits {
                record_bytes: (self.max_record as usize) << 20,
                page_bytes: (self.max_page as usize) << 20,
                ratio: self.max_ratio,
            },
            mapping,
            layouts: layouts(&self.layout)?,
            follow: self.follow,
            pick: Pick { include: self.include.clone(), exclude: self.exclude.clone() },
            path_pattern: self.path_pattern.clone(),
            source: self.source.as_deref().map(source).transpose()?,
            published: self.published.as_deref().map(|text| dated("--published", text)).transpose()?,
            url: self.url.clone(),
            language: self.language.as_deref().map(language).transpose()?,
            captured: match self.captured.as_deref() {
                None => Captured::File,
                Some("now") => Captured::Now,
                Some("mtime") => Captured::Modified,
                Some(text) => Captured::At(dated("--captured", text)?.at),
            },
            ..Options::default()
        })
    }
}

/// The layouts of files.
fn layouts(files: &[std::path::PathBuf]) -> Result<Option<Layouts>> {
    let mut all = Vec::new();
    for file in files {
        let bad = |what: String| {
            let file = clean(&file.to_string_lossy());
            Failure::usage(
                &format!("the layouts in {file} cannot be read: {what}"),
                "docs/formats.md describes them",
            )
        };
        let text = std::fs::read_to_string(file).map_err(|e| bad(e.to_string()))?;
        let layouts = parse_layouts(&text).map_err(|e| bad(e.trim().replace('\n', " ")))?;
        all.extend(layouts.iter().cloned());
    }
    Ok((!all.is_empty()).then(|| all.into()))
}

/// What was skipped, by why.
pub fn skipped(skipped: &BTreeMap<Skip, u64>) -> Option<String> {
    let reasons: Vec<String> =
        skipped.iter().map(|(why, count)| format!("{} {}", grouped(*count), advice::skip(*why))).collect();
    (!reasons.is_empty()).then(|| format!("skipped: {}", reasons.join(", ")))
}
