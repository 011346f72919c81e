//! Takes what was read, in order, and commits it in batches.

use super::checkpoints::Checkpoint;
use super::run::{Done, Ended, Mark, Outcome, Run};
use super::{OnError, Stopped, Summary};
use crate::archive::{Archive, Prepared, Put};
use crate::formats::exported::SavedQuery;
use crate::model::{Became, Counts, Digest, Distance, Error, Progress, Raw, Reason, Rejection, Result, Skip};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub const BATCH_ARTICLES: usize = 1000;

pub const BATCH_BYTES: usize = 4 << 20;

/// Of a reason so many bytes are told.
pub const REASON_BYTES_MAX: usize = 1000;

/// Takes what the workers have done, in order, and commits it.
pub fn write(
    archive: &mut Archive,
    shared: &Run,
    done: &crossbeam_channel::Receiver<(u64, Done)>,
    progress: &mut dyn Progress,
) -> Result<Summary> {
    let mut writer = Writer {
        archive,
        shared,
        progress,
        batch: Vec::new(),
        bytes: 0,
        originals: Vec::new(),
        staged: None,
        mark: None,
        counts: Counts::default(),
        passed: BTreeMap::new(),
        place: String::new(),
        last: None,
        rejected: Default::default(),
        became: Became::default(),
        unread: false,
        ends: Vec::new(),
        known: Vec::new(),
    };
    let mut early = BTreeMap::new();
    let mut next = 0;
    loop {
        if writer.progress.cancelled() {
            return writer.cancelled();
        }
        writer.underway();
        match done.recv_timeout(Duration::from_millis(50)) {
            Ok((number, task)) => drop(early.insert(number, task)),
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => continue,
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return writer.end(None),
        }
        while let Some(Done { outcomes, bytes }) = early.remove(&next) {
            next += 1;
            writer.counts.bytes += bytes as u64;
            for outcome in outcomes {
                match outcome {
                    Outcome::Ready(ready) => {
                        if writer.is_full() {
                            writer.stage()?;
                            if writer.progress.cancelled() {
                                return writer.cancelled();
                            }
                        }
                        writer.became.articles += 1;
                        writer.bytes += ready.bytes();
                        writer.batch.push(*ready);
                    }
                    Outcome::Original(raw) => writer.original(raw)?,
                    Outcome::Query(rejection, query) => {
                        let is_rejected = writer.query(rejection, query)?;
                        if is_rejected && shared.options.on_error == OnError::Fail {
                            return writer.end(Some(Stopped::Failed));
                        }
                    }
                    Outcome::Passed(why) => writer.pass(why, 1),
                    Outcome::Mark(mark) => writer.mark(mark),
                    Outcome::Before(before) => {
                        writer.pass(Skip::ReadBefore, before.records - before.rejected);
                        writer.pass(Skip::RejectedBefore, before.rejected);
                    }
                    Outcome::Known(name, became) => {
                        writer.progress.file(&name, became, true);
                        writer.counts.read += became.articles;
                        writer.counts.known += became.articles;
                        writer.pass(Skip::ReadBefore, became.passed);
                        writer.pass(Skip::RejectedBefore, became.rejected);
                    }
                    Outcome::Begin => (writer.became, writer.unread) = Default::default(),
                    Outcome::End(ended) => writer.ended(ended),
                    Outcome::Rejected(rejection) => {
                        writer.reject(rejection)?;
                        if shared.options.on_error == OnError::Fail {
                            return writer.end(Some(Stopped::Failed));
                        }
                    }
                }
            }
            shared.release(bytes);
        }
    }
}

/// Batches on their way into the archive: one is gathered while the one before it is written.
pub struct Writer<'a> {
    archive: &'a mut Archive,
    shared: &'a Run,
    progress: &'a mut dyn Progress,
    batch: Vec<Prepared>,
    bytes: usize,
    /// Originals that came by themselves.
    originals: Vec<Raw>,
    /// The batch that is being written.
    staged: Option<Staged>,
    /// How far the batch that is being gathered reaches into a crawl.
    mark: Option<Mark>,
    /// What is durable, and what was rejected.
    counts: Counts,
    passed: BTreeMap<Skip, u64>,
    /// The last input that is durable.
    place: String,
    /// An article that is durable, the last new one if there was any.
    last: Option<Digest>,
    /// The input of the last rejection, and how many of its records were rejected.
    rejected: (String, u64),
    /// What became so far of the file that is being read.
    became: Became,
    /// Whether the system kept some of it from being read.
    unread: bool,
    /// Files that ended in the batch that is being gathered.
    ends: Vec<(Ended, Became)>,
    /// Those of which everything is durable.
    known: Vec<(Ended, Became)>,
}

/// A batch that is being written.
pub struct Staged {
    /// What it brings.
    brings: Counts,
    /// Its last input.
    place: String,
    /// An article of it, the last new one if there was any, and whether it is new.
    last: (Digest, bool),
    /// How far it reaches into a crawl.
    mark: Option<Mark>,
    /// Files that ended in it.
    ends: Vec<(Ended, Became)>,
}

impl Writer<'_> {
    fn pass(&mut self, why: Skip, records: u64) {
        if records > 0 {
            self.counts.read += records;
            self.counts.passed += records;
            self.became.passed += records;
            *self.passed.entry(why).or_default() += records;
        }
    }

    /// Takes note of a file that was read to its end.
    fn ended(&mut self, ended: Ended) {
        let became = std::mem::take(&mut self.became);
        self.progress.file(&ended.path.to_string_lossy(), became, false);
        if self.unread {
            return;
        }
        match &mut self.staged {
            _ if !self.batch.is_empty() || !self.originals.is_empty() => self.ends.push((ended, became)),
            Some(staged) => staged.ends.push((ended, became)),
            None => self.known.push((ended, became)),
        }
    }

    /// Writes down which files need not be read again. Without it they are, and nothing else.
    fn remember(&mut self) {
        let Some(known) = &self.shared.known else { return };
        for (Ended { path, seen }, became) in self.known.drain(..) {
            known.note(&path, seen, became);
        }
        let _ = known.keep(self.archive);
    }

    /// Takes note of how far a crawl was read; it is written down when everything before it is durable.
    fn mark(&mut self, mut mark: Mark) {
        if *self.rejected.0 == *mark.name {
            mark.checkpoint.rejected += self.rejected.1;
        }
        match &mut self.staged {
            _ if !self.batch.is_empty() => self.mark = Some(mark),
            Some(staged) => staged.mark = Some(mark),
            None => self.keep(Some(mark)),
        }
    }

    fn keep(&self, mark: Option<Mark>) {
        if let (Some(mark), Some(checkpoints)) = (mark, &self.shared.checkpoints) {
            let article = self.last.map(|digest| digest.to_string());
            // Without it the crawl is read again, and nothing else.
            let _ = checkpoints.keep(&mark.path, Checkpoint { article, ..mark.checkpoint });
        }
    }

    fn is_full(&self) -> bool {
        let most = self.shared.options.batch_articles;
        self.batch.len() >= if most == 0 { BATCH_ARTICLES } else { most } || self.bytes >= BATCH_BYTES
    }

    /// Keeps an original until those that name it come.
    fn original(&mut self, raw: Raw) -> Result<()> {
        self.became.passed += 1;
        self.bytes += raw.packed_bytes();
        self.originals.push(raw);
        if self.is_full() { self.stage() } else { Ok(()) }
    }

    /// Saves a query, unless another has its name: whether that was so.
    fn query(&mut self, mut rejection: Rejection, SavedQuery { name, query }: SavedQuery) -> Result<bool> {
        let known = self.archive.snapshot()?.queries().remove(&name);
        match known {
            Some(known) if known != query => {
                rejection.reason = format!("another query is saved as {name}: {known}").into();
                return self.reject(rejection).map(|()| true);
            }
            Some(_) => {}
            None => self.archive.save_query(&name, Some(&query), crate::archive::How::default())?,
        }
        self.counts.read += 1;
        self.counts.data += 1;
        self.became.passed += 1;
        Ok(false)
    }

    /// Gives the batch to the archive; the one before it is durable then.
    fn stage(&mut self) -> Result<()> {
        let mut originals = std::mem::take(&mut self.originals);
        if !originals.is_empty() {
            let (erased, before) = (self.archive.erased_originals(), originals.len() as u64);
            originals.retain(|original| !erased.contains(&original.digest()));
            self.archive.raws().keep(originals.iter())?;
            self.counts.read += before;
            self.counts.data += originals.len() as u64;
            self.counts.removed += before - originals.len() as u64;
        }
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        let ends = std::mem::take(&mut self.ends);
        let Some(last) = batch.last() else {
            self.known.extend(ends);
            return Ok(());
        };
        let place = last.provenance().input.clone();
        let noted: Vec<bool> = batch.iter().map(|ready| !ready.provenance().notes.is_empty()).collect();
        let mut brings = Counts::default();
        let mut latest = (last.digest(), false);
        let digests: Vec<Digest> = batch.iter().map(Prepared::digest).collect();
        for ((put, noted), digest) in self.archive.stage(batch)?.into_iter().zip(noted).zip(digests) {
            brings.read += 1;
            brings.noted += u64::from(noted && matches!(put, Put::New(_) | Put::Captured(_)));
            match put {
                Put::New(_) => {
                    brings.new += 1;
                    latest = (digest, true);
                }
                Put::Captured(_) => brings.captured += 1,
                Put::Known => brings.known += 1,
                Put::Filled(_) => {
                    brings.known += 1;
                    brings.filled += 1;
                }
                Put::Removed => brings.removed += 1,
            }
        }
        self.acknowledge();
        let mark = self.mark.take();
        self.staged = Some(Staged { brings, place, last: latest, mark, ends });
        Ok(())
    }

    /// Says that the batch that was staged before is durable.
    fn acknowledge(&mut self) {
        let Some(Staged { brings, place, last: (last, new), mark, ends }) = self.staged.take() else {
            return;
        };
        self.known.extend(ends);
        self.counts.read += brings.read;
        self.counts.new += brings.new;
        self.counts.captured += brings.captured;
        self.counts.known += brings.known;
        self.counts.filled += brings.filled;
        self.counts.removed += brings.removed;
        self.counts.noted += brings.noted;
        self.place = place;
        if new || self.last.is_none() {
            self.last = Some(last);
        }
        self.keep(mark);
        self.progress.committed(&self.counts, self.distance(), &self.place);
    }

    fn distance(&self) -> Distance {
        let (done, total) = (&self.shared.consumed, &self.shared.total);
        Distance { done: done.load(Ordering::Relaxed), total: total.load(Ordering::Relaxed) }
    }

    fn underway(&mut self) {
        self.archive.serve_guests();
        self.progress.underway(&self.counts, self.distance());
    }

    fn settle(&mut self) -> Result<()> {
        self.archive.settle()?;
        self.acknowledge();
        Ok(())
    }

    fn reject(&mut self, mut rejection: Rejection) -> Result<()> {
        // What it quotes of the input may be as long as that.
        rejection.reason.shorten(REASON_BYTES_MAX);
        self.counts.read += 1;
        self.counts.rejected += 1;
        self.became.rejected += 1;
        self.unread |= matches!(rejection.reason, Reason::Unreadable(_));
        if self.rejected.0 != rejection.input {
            self.rejected = (rejection.input.clone(), 0);
        }
        self.rejected.1 += 1;
        let path = || rejection.input.clone().into();
        self.progress.rejected(&rejection).map_err(|source| Error::Io {
            doing: "write a rejection of",
            path: path(),
            source,
        })
    }

    /// Ends with everything that was gathered.
    fn end(mut self, stopped: Option<Stopped>) -> Result<Summary> {
        self.stage()?;
        self.settle()?;
        self.remember();
        Ok(Summary { counts: self.counts, passed: self.passed, stopped })
    }

    /// Ends with the commit that is under way.
    fn cancelled(mut self) -> Result<Summary> {
        self.settle()?;
        self.remember();
        let stopped = Some(Stopped::Cancelled { after: self.place });
        Ok(Summary { counts: self.counts, passed: self.passed, stopped })
    }
}
