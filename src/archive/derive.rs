//! The derived indexes: brought up to the ledger, healed, verified and rebuilt, here and nowhere else.

use super::commit::Fresh;
use super::layout::Layout;
use super::scratch::ScratchPlace;
use crate::derived::words::{SearchIndex, Words};
use crate::derived::{Articles, Derived, Healed, Take, Text};
use crate::ledger::Entry;
use crate::model::{Digest, Error, Result};
use crate::store::{Direction, Store, Value, View, Views, damaged, keys};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

impl Articles for View {
    fn end(&self) -> u64 {
        self.next_article()
    }

    fn hash(&self, article: u64) -> Result<Digest> {
        Ok(Digest(self.article_entry(article)?.1.hash()))
    }

    fn languages_said(&self) -> u64 {
        self.languages_said()
    }

    fn each(&self, numbers: Range<u64>, take: Take<'_>) -> Result<()> {
        let (first, next) = (numbers.start, numbers.end.min(self.next_article()));
        if first >= next {
            return Ok(());
        }
        let range = (keys::number(first), keys::number(next - 1));
        let mut bodies = self.tables().bodies.range(range.0, range.1, Direction::Up).peekable();
        for article in first..next {
            let (first_seq, entry) = self.article_entry(article)?;
            let hash = Digest(entry.hash());
            let Entry::Article(row) = entry.open(first_seq).map_err(damaged)? else {
                take(&hash, None)?;
                continue;
            };
            // What cannot be read may have one.
            let is_before =
                |body: &Result<Value<5>>| body.as_ref().is_ok_and(|body| *body.key() < keys::number(article));
            while bodies.next_if(is_before).is_some() {}
            let body = bodies.next().transpose()?.filter(|body| *body.key() == keys::number(article));
            let body = body.ok_or_else(|| damaged(format!("the body of article {article} is missing")))?;
            let body = std::str::from_utf8(&body).map_err(damaged)?;
            let (digest, language) = (row.digest, self.language(article, row.language));
            take(&hash, Some(Text { digest, language, headline: &row.headline, body }))?;
        }
        Ok(())
    }
}

/// What is wrong with the derived indexes of an archive that nobody has open, having read all of them; those are thrown away if
/// `alone` says that nobody else reads them.
pub(super) fn check(layout: &Layout, archive: uuid::Uuid, alone: bool) -> Result<Vec<String>> {
    let indexes: [&mut dyn Derived; 1] = [&mut Words::new(&layout.search(), archive)];
    let mut wrong = Vec::new();
    for index in indexes {
        let found = index.check()?;
        if alone && !found.is_empty() {
            index.reset()?;
        }
        wrong.extend(found);
    }
    Ok(wrong)
}

/// Takes articles out of the derived indexes of an archive that nobody has open; one that cannot do without them goes.
pub(super) fn forget(
    layout: &Layout,
    archive: uuid::Uuid,
    articles: impl Iterator<Item = u64>,
    view: &View,
) -> Result<()> {
    let mut words = Words::new(&layout.search(), archive);
    match words.forget(articles, view) {
        Err(Error::Search { .. }) => words.reset(),
        done => done,
    }
}

/// So many articles that an index lacks are added beside new ones.
const CAUGHT_UP_AT_ONCE: u64 = 1 << 14;

/// While articles come, those who ask for words share what is done for them: after each time that an index was brought up to date, the next
/// who asks waits so many times as long as that took, up to [`PAUSE_MAX`]. Small segments cost more than large ones, and are merged more often.
const PAUSE_TIMES: u32 = 10;
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// What took no longer than this is nothing to wait for.
const QUICK: Duration = Duration::from_millis(5);

/// Whoever waits looks again after this, whatever happens.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The derived indexes of an open archive; any thread may ask for one.
pub(crate) struct Indexes {
    kept: Mutex<Kept>,
    /// Whoever waits for [`Kept::pause`] looks again.
    changed: Condvar,
    /// Whether nobody is to wait for that any longer.
    hurry: AtomicBool,
    /// Whether somebody is adding so many articles that an ingest had better not wait for it.
    long: Arc<AtomicBool>,
}

struct Kept {
    words: Words,
    /// An index that is read where it is, though the archive cannot be written.
    foreign: Option<Words>,
    /// Where one is made if it cannot be made in the archive, and what holds that place.
    scratch: Option<ScratchPlace>,
    temporary: Option<tempfile::TempDir>,
    archive: uuid::Uuid,
    /// Whether one could not be written, or lacks much; it is left alone then until somebody asks for it.
    behind: bool,
    /// See [`Indexes::long`].
    long: Arc<AtomicBool>,
    /// When one was brought up to date last for somebody who asked, and how long that took.
    caught_up: Option<(Instant, Duration)>,
    healed: Vec<Healed>,
}

impl Indexes {
    /// Those of an archive; `foreign` is the layout of the archive itself, if this is a copy beside it.
    pub fn new(layout: &Layout, foreign: Option<&Layout>, archive: uuid::Uuid) -> Indexes {
        let words = Words::new(&layout.search(), archive);
        let foreign = foreign.map(|layout| Words::new(&layout.search(), archive));
        let (scratch, temporary, caught_up, healed) = Default::default();
        let long = Arc::new(AtomicBool::new(false));
        let (of_kept, behind) = (long.clone(), false);
        let kept =
            Kept { words, foreign, scratch, temporary, archive, behind, long: of_kept, caught_up, healed };
        let (changed, hurry) = Default::default();
        Indexes { kept: Mutex::new(kept), changed, hurry, long }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where one may be made that cannot be made in the archive.
    pub fn allow(&self, scratch: Option<ScratchPlace>) {
        self.lock().scratch = scratch;
    }

    /// What had to be done to them.
    pub fn healed(&self) -> Vec<Healed> {
        self.lock().healed.clone()
    }

    /// The full-text index, with everything at least that a view sees.
    pub fn words(&self, seen: &View, views: &Views) -> Result<Arc<SearchIndex>> {
        let mut kept = self.lock();
        loop {
            if let Some(words) = kept.words.ready(seen.end(), seen.languages_said()) {
                return Ok(words);
            }
            let pause = kept.pause();
            if pause.is_zero() || self.hurry.load(Ordering::Relaxed) {
                break;
            }
            let pause = pause.min(LOOK_AGAIN);
            kept = self.changed.wait_timeout(kept, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
        let (view, began) = (views.view()?, Instant::now());
        self.long.store(kept.lacks_many(&view), Ordering::Relaxed);
        let words = self.words_of(&mut kept, &view);
        self.long.store(false, Ordering::Relaxed);
        kept.caught_up = Some((Instant::now(), began.elapsed()));
        self.changed.notify_all();
        words
    }

    /// Has nobody wait any longer for others who might ask.
    pub fn hurry(&self) {
        self.hurry.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    fn words_of(&self, kept: &mut Kept, view: &View) -> Result<Arc<SearchIndex>> {
        if let Some(foreign) = &mut kept.foreign {
            // The archive's own may have everything, and reading it needs no writing.
            if let Ok(Some(words)) = foreign.reader(view) {
                return Ok(words);
            }
            kept.foreign = None;
        }
        match kept.words(view) {
            Err(e) if e.is_of_the_system() => {
                let Some(place) = kept.scratch.take() else { return Err(e) };
                let Ok((dir, temporary)) = place.directory(kept.archive) else { return Err(e) };
                kept.words = Words::new(&dir.join("search"), kept.archive);
                kept.temporary = temporary;
                kept.words(view).map_err(|_| e)
            }
            words => words,
        }
    }

    /// Adds new articles that are durable, and the few before them that are missing. Where many are, they are left to whoever asks next, or
    /// to the end. Who asks meanwhile is waited for: an ingest that ran ahead of its index would leave more and more to him.
    pub fn add(&self, fresh: &[Fresh], store: &Store) {
        let Some(first) = fresh.first() else { return };
        if self.long.load(Ordering::Relaxed) {
            return;
        }
        let mut kept = self.lock();
        if !kept.behind && kept.try_add(first.article, fresh, store).is_err() {
            // Nothing depends on it; it is made again when it is needed.
            kept.words.abandon();
            kept.behind = true;
        }
    }

    /// Takes articles again of which somebody said in which language they are; `before` is how many times that had been said before.
    /// An index that cannot be brought up to that is made again by whoever needs it.
    pub fn relabel(&self, articles: &[u64], before: u64, view: &View) {
        let mut kept = self.lock();
        if kept.words.relabel(articles, before, view).is_err() {
            kept.words.abandon();
            kept.behind = true;
        }
    }

    /// Throws all of them away: whoever needs one makes it again.
    pub fn reset(&self) -> Result<()> {
        self.lock().words.reset()
    }

    /// Makes all of them again, whatever they are like.
    pub fn rebuild(&self, view: &View) -> Result<()> {
        let mut kept = self.lock();
        kept.words.reset()?;
        kept.catch_up(view)
    }

    /// Brings those up to date that were added to, and lets go. They are derived: one that cannot be written now is made again by
    /// whoever needs it, or he hears why not.
    pub fn close(&self, view: &View) {
        let mut kept = self.lock();
        if kept.words.is_being_written() && kept.catch_up(view).is_err() {
            kept.words.abandon();
        }
        self.changed.notify_all();
    }
}

impl Kept {
    /// Whether bringing the index up to date takes long.
    fn lacks_many(&self, view: &View) -> bool {
        self.behind || self.words.next_article().is_some_and(|next| view.end() > next + CAUGHT_UP_AT_ONCE)
    }

    /// How long whoever asks has to wait, so that he shares what is done with others.
    fn pause(&self) -> Duration {
        match self.caught_up {
            Some((at, took)) if took > QUICK && self.words.is_being_written() => {
                PAUSE_MAX.min(took * PAUSE_TIMES).saturating_sub(at.elapsed())
            }
            _ => Duration::ZERO,
        }
    }

    fn try_add(&mut self, first: u64, fresh: &[Fresh], store: &Store) -> Result<()> {
        let next = match self.words.next_article() {
            Some(next) => next,
            None => {
                // A view of what waits makes rows of it, for which there is no need where only this waits.
                let written = store.written();
                let view = if written.end() == first { written } else { store.view()? };
                self.words.position(&view)?
            }
        };
        if next == first {
            self.words.commit_if_many()?;
            return fresh.iter().try_for_each(|Fresh { hash, digest, language, headline, body, .. }| {
                self.words.apply(hash, Some(Text { digest: *digest, language: *language, headline, body }))
            });
        }
        let view = store.view()?;
        self.behind = next > view.end() || view.end() - next > CAUGHT_UP_AT_ONCE;
        if !self.behind {
            self.words.commit_if_many()?;
            view.each(next..u64::MAX, &mut |hash, text| self.words.apply(hash, text))?;
        }
        Ok(())
    }

    fn words(&mut self, view: &View) -> Result<Arc<SearchIndex>> {
        match self.words.reader(view) {
            Ok(Some(words)) => return Ok(words),
            Ok(None) => {}
            Err(Error::Search { .. }) => self.words.reset()?,
            Err(e) => return Err(e),
        }
        match self.catch_up(view) {
            Err(Error::Search { .. }) => {
                self.words.reset()?;
                self.catch_up(view)?;
            }
            caught_up => caught_up?,
        }
        let behind = || Error::Search { what: "it cannot be brought up to date".to_owned() };
        self.words.reader(view)?.ok_or_else(behind)
    }

    /// Adds every article that an index does not have, and closes it.
    fn catch_up(&mut self, view: &View) -> Result<()> {
        let index: &mut dyn Derived = &mut self.words;
        let first = index.position(view)?;
        self.long.store(view.end() > first + CAUGHT_UP_AT_ONCE, Ordering::Relaxed);
        let mut added = 0;
        view.each(first..u64::MAX, &mut |hash, text| {
            added += u64::from(text.is_some());
            index.apply(hash, text)
        })?;
        index.close()?;
        self.behind = false;
        let (articles, name) = (view.applied().articles, index.name());
        match index.lost() {
            Some(reason) if articles > 0 => {
                self.healed.push(Healed::Rebuilt { index: name, reason, articles });
            }
            _ if added > 0 => self.healed.push(Healed::CaughtUp { index: name, articles: added }),
            _ => {}
        }
        Ok(())
    }
}
