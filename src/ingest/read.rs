//! Reads one record: drafts in canonical form, with what the path and the options say of them.

use super::crawl::Crawled;
use super::run::{Opened, Outcome, Run};
use super::{again, crawl};
use crate::archive::Prepared;
use crate::formats::exported::ArchiveData;
use crate::formats::records::Record;
use crate::formats::{Around, Content, Format, Table, html};
use crate::model::{
    Draft, Origin, Place, Provenance, Published, Raw, Reason, Rejection, Skip, Source, Timestamp,
};

impl Run {
    /// Reads the drafts of one record. A reader that panics costs the record, with a word, and nothing else.
    pub fn read(&self, source: &Opened, record: Record, outcomes: &mut Vec<Outcome>) {
        let before = outcomes.len();
        let place = record.place;
        let _reading = match &self.journal {
            None => None,
            Some(journal) => match journal.enter(&named(&source.name, place), &record.bytes) {
                Some(reading) => Some(reading),
                None => {
                    let (input, reason) = (source.name.to_string(), Reason::Fatal);
                    let Record { bytes: raw, omitted_bytes, .. } = record;
                    let rejection = Rejection { input, place, reason, raw, omitted_bytes };
                    return outcomes.push(Outcome::Rejected(rejection));
                }
            },
        };
        let read = std::panic::AssertUnwindSafe(|| self.read_record(source, record, outcomes));
        if std::panic::catch_unwind(read).is_err() {
            outcomes.truncate(before);
            let reason = Reason::Defect;
            let (input, raw) = (source.name.to_string(), Vec::new());
            outcomes.push(Outcome::Rejected(Rejection { input, place, reason, raw, omitted_bytes: 0 }));
        }
    }

    pub fn read_record(&self, source: &Opened, record: Record, outcomes: &mut Vec<Outcome>) {
        let rejection = |reason: Reason, record: Record| {
            let Record { place, bytes: raw, omitted_bytes, .. } = record;
            Rejection { input: source.name.to_string(), place, reason, raw, omitted_bytes }
        };
        let rejected = |reason: Reason, record: Record| Outcome::Rejected(rejection(reason, record));
        let broken = match (record.omitted_bytes, record.broken.clone()) {
            (1.., _) => Some(Reason::RecordTooLong { most_mib: self.options.limits.record_bytes >> 20 }),
            (0, broken) => broken,
        };
        if let Some(reason) = broken {
            return outcomes.push(rejected(reason, record));
        }
        let around = Around {
            url: None,
            given_url: source.said.url.as_deref().or(self.options.url.as_deref()),
            charset: None,
            captured: source.times.captured,
            now: self.now,
            explain: self.options.explain,
            partial: self.options.partial,
            limits: self.options.limits,
            mapping: Some(&self.options.mapping),
            layouts: self.options.layouts.as_ref(),
            table: Table {
                header: record.header.as_deref().unwrap_or_default(),
                delimiter: source.delimiter,
                charset: source.charset,
            },
        };
        let found = match source.format {
            Format::Warc => self.crawled(&record.bytes, &around),
            format => self.document(format, &record.bytes, &around),
        };
        let noted = |draft: &mut Draft| draft.provenance.notes.extend(record.note.map(str::to_owned));
        let drafts = match found {
            Ok(Content::Drafts(mut drafts)) => {
                drafts.iter_mut().for_each(noted);
                drafts
            }
            Ok(Content::Items(items)) => {
                outcomes.extend(items.passed.into_iter().map(Outcome::Passed));
                for (number, item) in (1..).zip(items.items) {
                    // An item of a feed in a crawl is found by the crawl's record.
                    let place =
                        if source.format == Format::Warc { record.place } else { Place::Record(number) };
                    let prepared = item.and_then(|draft| Prepared::new(self.complete(draft, source, place)));
                    outcomes.push(match prepared {
                        Ok(ready) => Outcome::Ready(Box::new(ready)),
                        Err(reason) => Outcome::Rejected(Rejection {
                            input: source.name.to_string(),
                            place,
                            reason,
                            raw: Vec::new(),
                            omitted_bytes: 0,
                        }),
                    });
                }
                return;
            }
            Ok(Content::Passed(why)) => return outcomes.push(Outcome::Passed(why)),
            Ok(Content::Data(data)) => {
                return outcomes.push(match *data {
                    ArchiveData::Original(raw) => Outcome::Original(raw),
                    ArchiveData::Query(query) => Outcome::Query(rejection("".into(), record), query),
                });
            }
            Err(reason) => return outcomes.push(rejected(reason, record)),
        };
        let prepare = |draft| Prepared::new(self.complete(draft, source, record.place));
        match drafts.into_iter().map(prepare).collect::<Result<Vec<_>, Reason>>() {
            Ok(prepared) => {
                outcomes.extend(prepared.into_iter().map(|ready| Outcome::Ready(Box::new(ready))))
            }
            Err(reason) => outcomes.push(rejected(reason, record)),
        }
    }

    /// Reads one document of a format that is not cut any further, and keeps its bytes if that is asked for.
    pub fn document(&self, format: Format, bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
        let read = format.row().read.ok_or("it cannot stand inside of another record")?;
        let mut found = read(bytes, around)?;
        if self.options.keep_raw && format != Format::Csv {
            let raw = Raw::new(bytes);
            // What was exported names its original, which is not the export.
            let keep = |draft: &mut Draft| {
                if draft.provenance.original.is_none() {
                    again::attach(draft, &raw, format, around.charset);
                }
            };
            match &mut found {
                Content::Drafts(drafts) => drafts.iter_mut().for_each(keep),
                Content::Items(items) => items.items.iter_mut().flatten().for_each(keep),
                Content::Passed(_) | Content::Data(_) => {}
            }
        }
        Ok(found)
    }

    /// Reads the document in a crawl's record, if it is one that is wanted.
    fn crawled(&self, bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
        let (record, format) = match crawl::open(bytes, around, &self.options.wanted)? {
            Crawled::Document(record, format) => (record, format),
            Crawled::Passed(why) => return Ok(Content::Passed(why)),
        };
        let charset = record.content_type.as_deref().and_then(crate::text::decode::charset);
        let captured = record.date.or(around.captured);
        let around = Around { url: record.url.as_deref(), charset, captured, ..*around };
        let mut found = match self.document(format, &record.payload, &around) {
            Ok(found) => found,
            // A crawl is full of pages without an article; its JSON is rarely one. That is no fault of theirs.
            Err(_) if format != Format::Html || record.payload.len() <= around.limits.page_bytes => {
                return Ok(Content::Passed(Skip::NoArticle));
            }
            Err(reason) => return Err(reason),
        };
        if record.kind == "conversion"
            && let Content::Drafts(drafts) = &mut found
        {
            drafts.iter_mut().for_each(|draft| crawl::title(draft, &record.payload));
        }
        let complete = |draft: &mut Draft| crawl::complete(draft, &record, &around);
        match &mut found {
            Content::Drafts(drafts) => {
                drafts.retain(|draft| !draft.headline.trim().is_empty() || !draft.body.trim().is_empty());
                let wants_any = format != Format::Html || self.options.wanted.all_pages;
                if drafts.is_empty() || !wants_any && !drafts.iter().any(html::is_article) {
                    return Ok(Content::Passed(Skip::NoArticle));
                }
                drafts.iter_mut().for_each(complete);
            }
            Content::Items(items) => items.items.iter_mut().flatten().for_each(complete),
            Content::Passed(_) | Content::Data(_) => {}
        }
        Ok(found)
    }

    /// Fills in what the input itself does not say: from its path, then from the options.
    pub fn complete(&self, mut draft: Draft, source: &Opened, place: Place) -> Draft {
        let (options, said) = (&self.options, &source.said);
        let provenance = &mut draft.provenance;
        if provenance.input.is_empty() {
            provenance.input = named(&source.name, place);
        }
        let captured = match provenance.captured.or(source.times.captured) {
            Some(captured) => captured,
            None => self.of_file(provenance, source.times.of_file),
        };
        provenance.captured = Some(captured);
        if provenance.published.is_none() {
            let published = said.published.map(|dated| Published::new(dated, Origin::Url, captured));
            let given = || options.published.map(|dated| Published::new(dated, Origin::Given, captured));
            provenance.published = published.or_else(given);
        }
        provenance.url = provenance.url.take().or_else(|| said.url.clone()).or_else(|| options.url.clone());
        if let Some(of) = provenance.url.as_deref().and_then(crate::model::url::shown) {
            // A cache, a translator or a redirect: what it shows is the article.
            provenance.url = Some(of);
        }
        if let Some(of) = provenance.canonical_url.as_deref().and_then(crate::model::url::shown) {
            provenance.canonical_url = Some(of);
        }
        if provenance.archived_url.is_none() {
            if let Some(copy) = provenance.url.as_deref().and_then(crate::model::url::archived) {
                provenance.archived = provenance.archived.or(copy.at);
                provenance.archived_url = provenance.url.replace(copy.of.to_owned());
            }
            // Archives write links anew, a page's own too.
            if let Some(copy) = provenance.canonical_url.as_deref().and_then(crate::model::url::archived) {
                provenance.canonical_url = Some(copy.of.to_owned());
            }
            provenance.canonical_url.take_if(|own| provenance.url.as_ref() == Some(own));
        }
        provenance.source =
            provenance.source.take().or_else(|| said.source.clone()).or_else(|| options.source.clone());
        if provenance.source.is_none() {
            provenance.source = provenance.url.as_deref().and_then(Source::of_url);
        }
        draft.language = draft.language.or(said.language).or(options.language);
        draft
    }
}

impl Run {
    /// When an input was captured that does not say: when its file was last changed, which is marked as such, or now. A file that is older
    /// than what is in it, or of a time to come, was copied or touched.
    fn of_file(&self, provenance: &mut Provenance, changed: Option<Timestamp>) -> Timestamp {
        let Some(changed) = changed else { return self.now };
        // A day begins up to fourteen hours earlier in the far east.
        let far_east = |published: Published| if published.precision.is_civil() { 14 * 3600 } else { 0 };
        let earliest = provenance.published.map(|published| published.at.0 - far_east(published));
        let ignored = if changed.0 > self.now.0 + CLOCKS_APART_SECONDS {
            "of a time to come"
        } else if earliest.is_some_and(|earliest| changed.0 < earliest && earliest <= self.now.0) {
            "older than what is in it"
        } else {
            provenance.origins.push(("captured".to_owned(), "mtime".to_owned()));
            return changed;
        };
        provenance.notes.push(format!(
            "its file is {ignored} ({changed}), and was captured when it was read for all that is known"
        ));
        self.now
    }
}

/// Clocks of file servers go so much ahead.
const CLOCKS_APART_SECONDS: i64 = 60;

/// An input and a place in it, as captures name them.
pub fn named(name: &str, place: Place) -> String {
    match place {
        Place::Whole => name.to_owned(),
        Place::Line(line) => format!("{name}:{line}"),
        Place::Record(record) => format!("{name}#{record}"),
    }
}
