//! Opens an input, finds out what it is, and cuts it into records, at any depth.

use super::Captured;
use super::checkpoints::Checkpoint;
use super::inputs::Input;
use super::path_pattern;
use super::run::{Mark, Opened, Run, Times};
use crate::formats::containers::{self, NoZip};
use crate::formats::kinds::{self, Kind};
use crate::formats::packed::members::{Damage, Marks};
use crate::formats::packed::{self, Budget, describe, unreadable};
use crate::formats::records::{Record, Records};
use crate::formats::{Format, Limits, detect};
use crate::model::{Place, Reason, Rejection, Skip, Timestamp};
use crate::text::decode::Utf8;
use std::collections::VecDeque;
use std::io::{BufRead, Read};
use std::path::Path;
use std::sync::Arc;

/// How far apart in a crawl's file the places are that are written down.
pub const CHECKPOINT_BYTES: u64 = 4 << 20;

/// Takes what is found in an input, in order; each method says whether to go on.
pub trait Sink {
    fn record(&mut self, source: &Arc<Opened>, record: Record) -> bool;
    fn rejected(&mut self, rejection: Rejection) -> bool;
    /// What is nothing that can be read, and was not asked for by name: why.
    fn passed(&mut self, why: Skip) -> bool;
    /// Hears how far a crawl was read.
    fn mark(&mut self, mark: Mark) -> bool;
    /// Hears what an earlier run read of it.
    fn before(&mut self, before: &Checkpoint) -> bool;
}

/// Where an input is among others.
#[derive(Clone, Copy)]
pub struct Nesting<'b> {
    /// In how many others.
    pub depth: usize,
    /// Whether the user named it.
    pub named: bool,
    /// How much may come out of the one that is a file.
    pub budget: &'b Budget,
}

/// A file that is read, not something in one.
pub struct OnDisk {
    pub path: Arc<Path>,
    pub marks: Marks,
    /// How far it was read before.
    pub before: Checkpoint,
    /// Its address, if that is said beside it.
    pub url: Option<String>,
}

impl Run {
    /// Opens an input and gives its records to a sink; whether the sink wants more. A defect costs the input, not the others.
    pub fn visit_input(&self, input: &Input, sink: &mut dyn Sink) -> bool {
        let visit = std::panic::AssertUnwindSafe(|| self.visit_opened(input, &mut *sink));
        std::panic::catch_unwind(visit)
            .unwrap_or_else(|_| sink.rejected(Rejection::whole(&input.name, Reason::Defect)))
    }

    pub fn visit_opened(&self, input: &Input, sink: &mut dyn Sink) -> bool {
        let beside = input.beside.as_ref().and_then(|beside| beside.captured);
        let captured = match self.options.captured {
            Captured::At(at) => Some(at),
            Captured::Modified => beside.or(input.seen.map(|seen| seen.changed())),
            Captured::Now | Captured::File => beside,
        };
        let of_file =
            input.seen.filter(|_| self.options.captured == Captured::File).map(|seen| seen.changed());
        let times = Times { captured, of_file };
        let file = input.path.as_deref().filter(|path| path.is_file());
        let before = file.and_then(|path| self.checkpoints.as_ref()?.find(path)).unwrap_or_default();
        let budget = Budget::new(input.bytes, self.options.limits.ratio, &self.consumed);
        match packed::open(
            input.path.as_deref(),
            &input.name,
            &self.consumed,
            self.options.limits.ratio,
            before.offset,
        ) {
            Ok((reader, marks)) => {
                let url = input.beside.as_ref().map(|beside| beside.url.clone());
                let file = file.map(|path| OnDisk { path: path.into(), marks, before, url });
                let nesting = Nesting { depth: 0, named: input.named, budget: &budget };
                self.visit(&input.name, reader, file.as_ref(), times, nesting, sink)
            }
            Err(e) => sink.rejected(Rejection::whole(
                &input.name,
                unreadable(format!("cannot be read: {}", describe(&e)), &e),
            )),
        }
    }

    /// Finds out what an input is, and gives its records to a sink, or those of what is in it.
    pub fn visit(
        &self,
        name: &Arc<str>,
        reader: Box<dyn BufRead + '_>,
        file: Option<&OnDisk>,
        times: Times,
        nesting: Nesting<'_>,
        sink: &mut dyn Sink,
    ) -> bool {
        let (head, reader) = match packed::peek(reader) {
            Ok(peeked) => peeked,
            Err(e) => {
                let reason = unreadable(format!("cannot be read: {}", describe(&e)), &e);
                return sink.rejected(Rejection::whole(name, reason));
            }
        };
        let resumed = file.is_some_and(|file| file.before.offset > 0);
        if head.is_empty() && !resumed && !nesting.named {
            return sink.passed(Skip::Kind("empty files"));
        }
        let format = match self.format_of(name, &head, resumed, nesting.depth) {
            Ok(format) => format,
            Err(Refusal::Kind(kind)) if !nesting.named => return sink.passed(kind.skip),
            Err(Refusal::Kind(kind)) => return sink.rejected(*reject_whole(name, reader, kind.reason)),
            Err(Refusal::Reason(reason)) => return sink.rejected(*reject_whole(name, reader, reason)),
            Err(Refusal::TooDeep(reason)) => return sink.rejected(Rejection::whole(name, reason)),
        };
        match format {
            Format::Tar | Format::Zip => self.visit_members(name, format, reader, file, times, nesting, sink),
            format => self.visit_records(name, format, charset_of(&head), reader, file, times, sink),
        }
    }

    /// What an input is, by what is asked for, its name and its first bytes.
    fn format_of(&self, name: &str, head: &[u8], resumed: bool, depth: usize) -> Result<Format, Refusal> {
        let asked = match resumed {
            // Only crawls are.
            true => Some(Format::Warc),
            false => self.options.format.filter(|format| depth == 0 || !format.is_container()),
        };
        let found = detect(name, head, asked);
        let kind = match &found {
            // What holds other files, and crawls, hold whatever there is.
            Ok(Format::Tar | Format::Zip | Format::Warc) => None,
            // Of messages only the first header is sure to be text.
            Ok(Format::Mail | Format::Mbox) => {
                let end =
                    memchr::memmem::find(head, b"\n\n").or_else(|| memchr::memmem::find(head, b"\n\r\n"));
                kinds::of(&head[..end.unwrap_or(head.len())])
            }
            Ok(format) => kinds::of(head).or_else(|| kinds::of_page(name, head, *format)),
            Err(_) => kinds::of(head),
        };
        if let Some(kind) = kind {
            return Err(Refusal::Kind(kind));
        }
        let format = found.map_err(|reason| Refusal::Reason(reason.into()))?;
        if format.is_container() && depth >= containers::DEPTH_MAX {
            let deepest = containers::DEPTH_MAX;
            let what = format!(
                "it is an archive in an archive in an archive; {deepest} deep is as far as they are read"
            );
            return Err(Refusal::TooDeep(what.into()));
        }
        Ok(format)
    }

    /// Walks a tar or a zip, and visits everything in it.
    #[expect(clippy::too_many_arguments, reason = "what is known of an input on its way down")]
    fn visit_members(
        &self,
        name: &Arc<str>,
        format: Format,
        mut reader: Box<dyn BufRead + '_>,
        file: Option<&OnDisk>,
        times: Times,
        Nesting { depth, named, budget }: Nesting<'_>,
        sink: &mut dyn Sink,
    ) -> bool {
        let inside = Nesting { depth: depth + 1, named: false, budget };
        let bounds = (self.options.limits.ratio, budget);
        if format == Format::Tar {
            let visit = &mut |name: &Arc<str>, reader: Box<dyn BufRead + '_>, modified: Option<Timestamp>| {
                let times = match self.options.captured {
                    Captured::Modified => Times { captured: modified.or(times.captured), of_file: None },
                    Captured::File => Times { of_file: modified, ..times },
                    Captured::Now | Captured::At(_) => times,
                };
                self.visit(name, reader, None, times, inside, sink)
            };
            return containers::tar(name, &mut reader, bounds, visit);
        }
        let visit = &mut |name: &Arc<str>, reader: Box<dyn BufRead + '_>, _: Option<Timestamp>| {
            // The times in a zip have no zone.
            self.visit(name, reader, None, Times { of_file: None, ..times }, inside, sink)
        };
        match containers::zip(name, file.map(|file| &*file.path), &mut reader, bounds, visit) {
            Ok(wanted) => wanted,
            Err(NoZip::Document(kind)) if !named => sink.passed(kind.skip),
            Err(NoZip::Document(kind)) => sink.rejected(*reject_whole(name, reader, kind.reason)),
            Err(NoZip::Unreadable(reason)) => sink.rejected(*reject_whole(name, reader, reason)),
        }
    }

    /// Cuts an input into records and gives them to a sink.
    #[expect(clippy::too_many_arguments, reason = "what is known of an input on its way down")]
    fn visit_records(
        &self,
        name: &Arc<str>,
        format: Format,
        charset: Option<&'static str>,
        reader: Box<dyn BufRead + '_>,
        file: Option<&OnDisk>,
        times: Times,
        sink: &mut dyn Sink,
    ) -> bool {
        let said = match self.options.path_pattern.as_ref().map(|pattern| pattern.read(name)) {
            Some(Ok(said)) => said,
            Some(Err(reason)) => return sink.rejected(*reject_whole(name, reader, reason)),
            None => path_pattern::Said::default(),
        };
        let said = path_pattern::Said { url: file.and_then(|file| file.url.clone()), ..said };
        // What is cut as bytes is UTF-8 before it is.
        let wide = charset.filter(|charset| charset.starts_with("UTF-16"));
        let reader: Box<dyn BufRead + '_> = match wide {
            Some(charset) if matches!(format, Format::Csv | Format::Json | Format::Jsonl) => {
                Box::new(Utf8::new(reader, charset))
            }
            _ => reader,
        };
        // A table's encoding is settled once, not field by field.
        let charset = charset.filter(|_| format == Format::Csv && wide.is_none());
        let mut records = Records::new(reader, format.row().cut)
            .with_longest(self.options.limits.record_bytes)
            .in_charset(charset);
        let mut source =
            Arc::new(Opened { name: name.clone(), format, delimiter: b',', charset, said, times });
        if let Some(file) = file.filter(|file| file.before.offset > 0) {
            records = records.after(file.before.records);
            if !sink.before(&file.before) {
                return false;
            }
        }
        let mut crawl = file.filter(|_| format == Format::Warc).map(|file| Crawl::new(name, file));
        let mut intact = true;
        while let Some(record) = records.next() {
            let mut record = match record {
                Ok(record) => record,
                Err(e) => return sink.rejected(broken_off(name, &e)),
            };
            if let Some(crawl) = &mut crawl
                && !(crawl.heed_damage(&mut record, records.start(), sink)
                    && crawl.mark(&record, records.start(), sink))
            {
                return false;
            }
            intact = record.broken.is_none();
            if record.header.is_some() && source.delimiter != records.delimiter() {
                source = Arc::new(Opened {
                    delimiter: records.delimiter(),
                    said: source.said.clone(),
                    name: name.clone(),
                    ..*source
                });
            }
            if !sink.record(&source, record) {
                return false;
            }
        }
        crawl.is_none_or(|mut crawl| crawl.end(intact.then_some((records.start(), records.number())), sink))
    }
}

/// Why an input is not read.
enum Refusal {
    /// It is no text.
    Kind(Kind),
    Reason(Reason),
    /// There is no going through it.
    TooDeep(Reason),
}

/// The encoding of an input, where it is not UTF-8.
fn charset_of(head: &[u8]) -> Option<&'static str> {
    let guess = || crate::text::decode::decode(head, None).encoding;
    match std::str::from_utf8(head) {
        Err(e) if e.error_len().is_some() => Some(guess()),
        _ => head.contains(&0).then(guess).filter(|name| name.starts_with("UTF-16")),
    }
}

/// A crawl being read: what of it is damaged, and how far it was read.
struct Crawl<'f> {
    name: &'f Arc<str>,
    file: &'f OnDisk,
    damages: VecDeque<Damage>,
    /// The last place in the file that was marked.
    marked: u64,
}

impl<'f> Crawl<'f> {
    fn new(name: &'f Arc<str>, file: &'f OnDisk) -> Crawl<'f> {
        Crawl { name, file, damages: VecDeque::new(), marked: file.before.offset }
    }

    fn reject(&self, damage: Damage, sink: &mut dyn Sink) -> bool {
        sink.rejected(Rejection::whole(self.name, damage.what))
    }

    /// What came out of a damaged member is no part of a record.
    fn heed_damage(&mut self, record: &mut Record, start: u64, sink: &mut dyn Sink) -> bool {
        self.damages.extend(self.file.marks.damaged());
        let end = start + record.bytes.len() as u64 + record.omitted_bytes;
        while self.damages.front().is_some_and(|damage| damage.from < end) {
            let Some(damage) = self.damages.pop_front() else { break };
            if damage.from <= start && start < damage.to {
                // What came out of a member that is damaged need not be what was in it.
                record.broken = Some(damage.what.into());
                continue;
            }
            if damage.from > start {
                // What is damaged comes after it, and was taken for its end.
                record.bytes.truncate((damage.from - start) as usize);
                record.note = None;
            }
            if !self.reject(damage, sink) {
                return false;
            }
        }
        true
    }

    /// Says how far it was read, now and then.
    fn mark(&mut self, record: &Record, start: u64, sink: &mut dyn Sink) -> bool {
        let Place::Record(number) = record.place else { return true };
        match self.file.marks.offset(start) {
            Some(offset) if offset >= self.marked + CHECKPOINT_BYTES => {
                self.mark_at(offset, number - 1, sink)
            }
            _ => true,
        }
    }

    fn mark_at(&mut self, offset: u64, records: u64, sink: &mut dyn Sink) -> bool {
        self.marked = offset;
        let checkpoint = Checkpoint { offset, records, ..self.file.before.clone() };
        sink.mark(Mark { name: self.name.clone(), path: self.file.path.clone(), checkpoint })
    }

    /// Its end: where the last record ends, and how many there were, unless it ends inside of one and may still be growing.
    fn end(&mut self, whole: Option<(u64, u64)>, sink: &mut dyn Sink) -> bool {
        self.damages.extend(self.file.marks.damaged());
        while let Some(damage) = self.damages.pop_front() {
            if !self.reject(damage, sink) {
                return false;
            }
        }
        let Some((start, records)) = whole else { return true };
        match self.file.marks.offset(start) {
            Some(offset) if offset > self.marked => self.mark_at(offset, records, sink),
            _ => true,
        }
    }
}

/// Rejects an input with as many of its bytes as a record may have.
pub fn reject_whole(name: &str, reader: impl Read, reason: impl Into<Reason>) -> Box<Rejection> {
    let mut rejection = Rejection::whole(name, reason);
    let mut reader = reader.take(Limits::default().record_bytes as u64);
    if let Err(e) = reader.read_to_end(&mut rejection.raw) {
        rejection.reason = unreadable(format!("cannot be read: {}", describe(&e)), &e);
    }
    let mut rest = reader.into_inner();
    rejection.omitted_bytes = std::io::copy(&mut rest, &mut std::io::sink()).unwrap_or(0);
    Box::new(rejection)
}

/// An input that could be read up to some place only.
pub fn broken_off(name: &str, e: &std::io::Error) -> Rejection {
    let what = format!("cannot be read to its end: {}; what came before is kept", describe(e));
    Rejection::whole(name, unreadable(what, e))
}
