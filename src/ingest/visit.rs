//! Opens an input, finds out what it is, and cuts it into records, at any depth.

use super::Captured;
use super::checkpoints::Checkpoint;
use super::inputs::Input;
use super::path_pattern;
use super::run::{Mark, Opened, Run};
use crate::formats::containers::{self, NoZip};
use crate::formats::packed::members::{Damage, Marks};
use crate::formats::packed::{self, Budget, describe, unreadable};
use crate::formats::records::{Record, Records};
use crate::formats::{Format, Limits, detect, kinds};
use crate::model::{Place, Reason, Rejection, Skip, Timestamp};
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
}

impl Run {
    /// Opens an input and gives its records to a sink; whether the sink wants more. A defect costs the input, not the others.
    pub fn visit_input(&self, input: &Input, sink: &mut dyn Sink) -> bool {
        let visit = std::panic::AssertUnwindSafe(|| self.visit_opened(input, &mut *sink));
        std::panic::catch_unwind(visit)
            .unwrap_or_else(|_| sink.rejected(Rejection::whole(&input.name, Reason::Defect)))
    }

    pub fn visit_opened(&self, input: &Input, sink: &mut dyn Sink) -> bool {
        let captured = match (self.options.captured, &input.path) {
            (Captured::At(at), _) => Some(at),
            (Captured::Modified, Some(path)) => modified(path),
            (Captured::Now | Captured::Modified, _) => None,
        };
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
                let file = file.map(|path| OnDisk { path: path.into(), marks, before });
                let nesting = Nesting { depth: 0, named: input.named, budget: &budget };
                self.visit(&input.name, reader, file.as_ref(), captured, nesting, sink)
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
        captured: Option<Timestamp>,
        nesting: Nesting<'_>,
        sink: &mut dyn Sink,
    ) -> bool {
        let Nesting { depth, named, budget } = nesting;
        let inside = Nesting { depth: depth + 1, named: false, budget };
        let (head, mut reader) = match packed::peek(reader) {
            Ok(peeked) => peeked,
            Err(e) => {
                return sink.rejected(Rejection::whole(
                    name,
                    unreadable(format!("cannot be read: {}", describe(&e)), &e),
                ));
            }
        };
        let charset = match std::str::from_utf8(&head) {
            Err(e) if e.error_len().is_some() => Some(crate::text::decode::decode(&head, None).encoding),
            _ => head
                .contains(&0)
                .then(|| crate::text::decode::decode(&head, None).encoding)
                .filter(|name| name.starts_with("UTF-16")),
        };
        let resumed = file.map(|file| &file.before).filter(|before| before.offset > 0);
        let asked = match resumed {
            // Only crawls are.
            Some(_) => Some(Format::Warc),
            None => self.options.format.filter(|format| depth == 0 || !format.is_container()),
        };
        let found = detect(name, &head, asked);
        let kind = match &found {
            // What holds other files, and crawls, hold whatever there is.
            Ok(Format::Tar | Format::Zip | Format::Warc) => None,
            // Of messages only the first header is sure to be text.
            Ok(Format::Mail | Format::Mbox) => {
                let end =
                    memchr::memmem::find(&head, b"\n\n").or_else(|| memchr::memmem::find(&head, b"\n\r\n"));
                kinds::of(&head[..end.unwrap_or(head.len())])
            }
            _ => kinds::of(&head),
        };
        if let Some(kind) = kind {
            return if named {
                sink.rejected(*reject_whole(name, reader, kind.reason))
            } else {
                sink.passed(kind.skip)
            };
        }
        let format = match found {
            Ok(found) => found,
            Err(reason) => return sink.rejected(*reject_whole(name, reader, reason)),
        };
        if format.is_container() && depth >= containers::DEPTH_MAX {
            let reason = format!(
                "it is an archive in an archive in an archive; {} deep is as far as they are read",
                containers::DEPTH_MAX
            );
            return sink.rejected(Rejection::whole(name, reason));
        }
        match format {
            Format::Tar => {
                return containers::tar(
                    name,
                    &mut reader,
                    (self.options.limits.ratio, budget),
                    &mut |name, reader, captured_at| {
                        self.visit(
                            name,
                            reader,
                            None,
                            captured.or(captured_at.filter(|_| self.options.captured == Captured::Modified)),
                            inside,
                            sink,
                        )
                    },
                );
            }
            Format::Zip => {
                let visit = &mut |name: &Arc<str>, reader: Box<dyn BufRead + '_>, _: Option<Timestamp>| {
                    self.visit(name, reader, None, captured, inside, sink)
                };
                let path = file.map(|file| &*file.path);
                let bounds = (self.options.limits.ratio, budget);
                return match containers::zip(name, path, &mut reader, bounds, visit) {
                    Ok(wanted) => wanted,
                    Err(NoZip::Document(kind)) if !named => sink.passed(kind.skip),
                    Err(NoZip::Document(kind)) => sink.rejected(*reject_whole(name, reader, kind.reason)),
                    Err(NoZip::Unreadable(reason)) => sink.rejected(*reject_whole(name, reader, reason)),
                };
            }
            _ => {}
        }
        let said = match self.options.path_pattern.as_ref().map(|pattern| pattern.read(name)) {
            Some(Ok(said)) => said,
            Some(Err(reason)) => return sink.rejected(*reject_whole(name, reader, reason)),
            None => path_pattern::Said::default(),
        };
        // A table's encoding is settled once, not field by field.
        let charset = (format == Format::Csv).then_some(charset).flatten();
        let mut records =
            Records::new(reader, format.row().cut).with_longest(self.options.limits.record_bytes);
        if charset.is_some_and(|charset| charset.starts_with("UTF-16")) {
            let reason = "it is a table in UTF-16; save it as UTF-8, or convert it, for instance with iconv"
                .to_owned();
            return sink.rejected(*reject_whole(name, records.into_inner(), reason));
        }
        let mut source =
            Arc::new(Opened { name: name.clone(), format, delimiter: b',', charset, said, captured });
        let crawl = file.filter(|_| format == Format::Warc);
        let mut damages: VecDeque<Damage> = VecDeque::new();
        let reject_damage =
            |sink: &mut dyn Sink, damage: Damage| sink.rejected(Rejection::whole(name, damage.what));
        if let Some(before) = resumed {
            records = records.after(before.records);
            if !sink.before(before) {
                return false;
            }
        }
        let mark = |file: &OnDisk, offset: u64, records: u64, sink: &mut dyn Sink| {
            let checkpoint = Checkpoint { offset, records, ..file.before.clone() };
            sink.mark(Mark { name: name.clone(), path: file.path.clone(), checkpoint })
        };
        let mut marked = file.map_or(0, |file| file.before.offset);
        let mut intact = true;
        while let Some(record) = records.next() {
            let mut record = match record {
                Ok(record) => record,
                Err(e) => return sink.rejected(broken_off(name, &e)),
            };
            damages.extend(crawl.map_or(Vec::new(), |crawl| crawl.marks.damaged()));
            let start = records.start();
            let end = start + record.bytes.len() as u64 + record.omitted_bytes;
            while let Some(damage) = damages.front().filter(|damage| damage.from < end).cloned() {
                damages.pop_front();
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
                if !reject_damage(sink, damage) {
                    return false;
                }
            }
            if let Some((file, offset)) =
                crawl.and_then(|file| Some((file, file.marks.offset(records.start())?)))
                && offset >= marked + CHECKPOINT_BYTES
                && let Place::Record(number) = record.place
            {
                marked = offset;
                if !mark(file, offset, number - 1, sink) {
                    return false;
                }
            }
            intact = record.broken.is_none();
            if record.header.is_some() && source.delimiter != records.delimiter() {
                let Opened { name, said, .. } = &*source;
                source = Arc::new(Opened {
                    name: name.clone(),
                    format,
                    delimiter: records.delimiter(),
                    charset,
                    said: said.clone(),
                    captured,
                });
            }
            if !sink.record(&source, record) {
                return false;
            }
        }
        damages.extend(crawl.map_or(Vec::new(), |crawl| crawl.marks.damaged()));
        for damage in damages {
            if !reject_damage(sink, damage) {
                return false;
            }
        }
        // What ends inside of a record may still be growing.
        match crawl.and_then(|file| Some((file, file.marks.offset(records.start())?))) {
            Some((file, offset)) if intact && offset > marked => mark(file, offset, records.number(), sink),
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

pub fn modified(path: &Path) -> Option<Timestamp> {
    let modified = path.metadata().ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp(since.as_secs() as i64))
}
