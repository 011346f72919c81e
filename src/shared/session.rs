//! [`Session`]: what one position of an archive answers, here or in the process that holds it.

use super::{Link, PAUSE, Reached};
use crate::answer::{Answer, Answers, Asked, Hits, Request, answer};
use crate::archive::Snapshot;
use crate::ledger::Position;
use crate::model::{Error, Result, Unchecked};
use crate::query::Query;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[cfg(unix)]
use super::client::{Client, Failed};

/// What holds of an archive at one position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The archive.
    pub archive: uuid::Uuid,
    /// The number of the first entry that is not seen.
    pub next_seq: u64,
    /// The number of the first article that is not seen.
    pub next_article: u64,
    /// The head of the ledger.
    pub head: String,
    /// Articles.
    pub articles: u64,
    /// Captures.
    pub captures: u64,
    /// Bytes of headlines and bodies.
    pub text_bytes: u64,
    /// The saved queries.
    pub queries: BTreeMap<String, String>,
}

impl Facts {
    /// Those of a snapshot.
    pub fn of(snapshot: &Snapshot) -> Facts {
        let applied = snapshot.applied();
        let Position { next_seq, next_article, head, .. } = snapshot.position();
        Facts {
            archive: snapshot.archive(),
            next_seq,
            next_article,
            head: head.to_string(),
            articles: applied.articles,
            captures: applied.captures,
            text_bytes: applied.text_bytes,
            queries: snapshot.queries(),
        }
    }
}

/// Everything that an archive had at one position, for questions. Whoever holds the archive may end: then the next one is asked, of
/// the same position.
pub struct Session {
    link: Arc<Link>,
    side: Mutex<Side>,
    facts: Facts,
    /// Holders that hung up without a piece of an answer.
    cuts: AtomicU32,
}

/// Who answers.
enum Side {
    Here(Box<Snapshot>),
    /// A connection that nobody is using now, if there is one.
    #[cfg(unix)]
    There(Option<Box<Client>>),
}

/// Whoever answers one question.
enum Source<L> {
    Here(Box<L>),
    #[cfg(unix)]
    There(Box<Client>),
    Done,
}

impl Session {
    pub(super) fn new(link: Arc<Link>) -> Result<Session> {
        let until = Instant::now() + link.wait().max(Duration::from_secs(2));
        let (side, facts) = link.open_session(None, until)?;
        Ok(Session { link, side: Mutex::new(side), facts, cuts: AtomicU32::new(0) })
    }

    /// What holds of the archive.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Answers a request, piece by piece. What fails is an error in its place, and the last thing.
    pub fn answer(self: &Arc<Session>, request: &Request) -> Result<Pieces> {
        Walk::new(self, request.clone()).map(Pieces)
    }

    /// The documents that a query finds, with the captures that match, unchecked.
    pub fn documents(self: &Arc<Session>, query: &Query) -> Result<Documents> {
        Walk::new(self, query.clone()).map(Documents)
    }

    /// The sources by name, in order of arrival.
    pub fn sources(&self) -> Result<Vec<String>> {
        self.whoever(
            Snapshot::source_names,
            #[cfg(unix)]
            Client::sources,
        )
    }

    /// How many hits a query has.
    pub fn count(self: &Arc<Session>, query: &Query) -> Result<u64> {
        for piece in self.answer(&Request::new(query.clone(), crate::answer::Want::Count))? {
            if let Answer::Count(count) = piece? {
                return Ok(count);
            }
        }
        Ok(0)
    }

    /// The snapshot, if this process holds the archive.
    pub fn snapshot(&self) -> Option<Snapshot> {
        match &*super::locked(&self.side) {
            Side::Here(snapshot) => Some(Snapshot::clone(snapshot)),
            #[cfg(unix)]
            Side::There(_) => None,
        }
    }

    /// Asks whoever answers now, and whoever comes after him.
    fn whoever<T>(
        &self,
        here: impl Fn(&Snapshot) -> Result<T>,
        #[cfg(unix)] there: impl Fn(&mut Client) -> std::result::Result<T, Failed>,
    ) -> Result<T> {
        loop {
            match self.source()? {
                Source::Here(snapshot) => return here(&snapshot),
                #[cfg(unix)]
                Source::There(mut client) => match there(&mut client) {
                    Ok(done) => {
                        self.give_back(client);
                        return Ok(done);
                    }
                    Err(failed) => self.failed(failed)?,
                },
                Source::Done => return Err(Error::Poisoned),
            }
        }
    }

    /// Who answers now.
    fn source(&self) -> Result<Source<Snapshot>> {
        let mut side = super::locked(&self.side);
        loop {
            match &mut *side {
                Side::Here(snapshot) => return Ok(Source::Here(snapshot.clone())),
                #[cfg(unix)]
                Side::There(client) => {
                    if let Some(client) = client.take() {
                        return Ok(Source::There(client));
                    }
                }
            }
            let until = Instant::now() + self.link.wait().max(Duration::from_secs(2));
            let (next, facts) = self.link.open_session(Some(self.facts.next_seq), until)?;
            if (facts.archive, facts.next_seq) != (self.facts.archive, self.facts.next_seq) {
                let what =
                    "the archive is another one, or has lost something, since the answer began".to_owned();
                return Err(Error::Holder { what });
            }
            *side = next;
        }
    }

    #[cfg(unix)]
    fn give_back(&self, client: Box<Client>) {
        if let Side::There(idle @ None) = &mut *super::locked(&self.side) {
            *idle = Some(client);
        }
    }

    /// What to do about a call that failed: nothing, if another one can be asked.
    #[cfg(unix)]
    fn failed(&self, failed: Failed) -> Result<()> {
        match failed {
            Failed::Cut if self.cuts.fetch_add(1, Ordering::Relaxed) < super::CUTS_MAX => {
                std::thread::sleep(PAUSE);
                if self.link.is_stopped() { Err(Error::Stopped) } else { Ok(()) }
            }
            Failed::Answered(e) => Err(e),
            Failed::Unsupported | Failed::Cut => {
                // Then this process has to hold the archive.
                self.link.reach(true, Instant::now() + self.link.wait())?;
                Ok(())
            }
        }
    }
}

impl Link {
    /// Takes a position of the archive, here or there.
    fn open_session(&self, as_of: Option<u64>, until: Instant) -> Result<(Side, Facts)> {
        loop {
            match self.reach(false, until)? {
                Reached::Here(snapshots) => {
                    let snapshot = snapshots.take_as_of(as_of)?;
                    let facts = Facts::of(&snapshot);
                    return Ok((Side::Here(Box::new(snapshot)), facts));
                }
                #[cfg(unix)]
                Reached::There(mut client) => match client.open(as_of) {
                    Ok(facts) => return Ok((Side::There(Some(client)), facts)),
                    Err(Failed::Answered(e)) => return Err(e),
                    Err(Failed::Unsupported) => drop(self.reach(true, until)?),
                    Err(Failed::Cut) if Instant::now() >= until => {
                        let holder = client.name();
                        return Err(Error::Locked { path: self.dir.clone(), holder });
                    }
                    Err(Failed::Cut) => std::thread::sleep(PAUSE),
                },
            }
        }
    }
}

/// A question that is answered with many things, here or by the holder.
trait Question {
    type Item;
    /// What gives them here.
    type Here;

    /// Begins to answer it here.
    fn begin(&self, snapshot: &Snapshot) -> Result<Self::Here>;

    /// The next one here.
    fn next(here: &mut Self::Here) -> Result<Option<Self::Item>>;

    /// Asks the holder.
    #[cfg(unix)]
    fn ask(&self, client: &mut Client) -> std::result::Result<(), Failed>;

    /// Some from the holder, and whether they are the last ones.
    #[cfg(unix)]
    fn receive(client: &mut Client) -> std::result::Result<(Vec<Self::Item>, bool), Failed>;

    /// What tells a hit from others.
    fn key(item: &Self::Item) -> Option<u64>;
}

impl Question for Request {
    type Item = Answer;
    type Here = Answers;

    fn begin(&self, snapshot: &Snapshot) -> Result<Answers> {
        answer(snapshot, self)
    }

    fn next(here: &mut Answers) -> Result<Option<Answer>> {
        here.next().transpose()
    }

    #[cfg(unix)]
    fn ask(&self, client: &mut Client) -> std::result::Result<(), Failed> {
        client.ask(self)
    }

    #[cfg(unix)]
    fn receive(client: &mut Client) -> std::result::Result<(Vec<Answer>, bool), Failed> {
        client.pieces()
    }

    fn key(item: &Answer) -> Option<u64> {
        match item {
            Answer::Row(row) => Some(row.seq),
            Answer::Document(found) => found.captures.first().map(|capture| capture.seq),
            Answer::Entry(entry) => Some(entry.seq),
            _ => None,
        }
    }
}

impl Question for Query {
    type Item = Unchecked;
    type Here = (Asked, Hits);

    fn begin(&self, snapshot: &Snapshot) -> Result<(Asked, Hits)> {
        let asked = snapshot.ask(self)?;
        let hits = asked.hits()?;
        Ok((asked, hits))
    }

    fn next((asked, hits): &mut (Asked, Hits)) -> Result<Option<Unchecked>> {
        hits.next().map(|hit| asked.unchecked(&hit?)).transpose()
    }

    #[cfg(unix)]
    fn ask(&self, client: &mut Client) -> std::result::Result<(), Failed> {
        client.ask_documents(self)
    }

    #[cfg(unix)]
    fn receive(client: &mut Client) -> std::result::Result<(Vec<Unchecked>, bool), Failed> {
        client.documents()
    }

    fn key(Unchecked(document): &Unchecked) -> Option<u64> {
        Some(document.captures[document.placed_by].seq)
    }
}

/// The answers to a question, whoever gives them.
struct Walk<Q: Question> {
    session: Arc<Session>,
    question: Q,
    source: Source<Q::Here>,
    ready: VecDeque<Q::Item>,
    /// Whether somebody else answered any of it.
    remote: bool,
    /// Which hits were given, so that they are passed over when another holder is asked again. Their places say nothing: articles may have been removed
    /// since, and how well one fits depends on all of them.
    met: HashSet<u64>,
    /// How many things were given that are no hits, and how many of them are to be passed over.
    given: u64,
    skip: u64,
}

impl<Q: Question> Walk<Q> {
    fn new(session: &Arc<Session>, question: Q) -> Result<Walk<Q>> {
        let (session, source) = (session.clone(), Source::Done);
        let mut walk = Walk {
            session,
            question,
            source,
            ready: VecDeque::new(),
            remote: false,
            met: HashSet::new(),
            given: 0,
            skip: 0,
        };
        walk.begin()?;
        Ok(walk)
    }

    fn begin(&mut self) -> Result<()> {
        self.source = match self.session.source()? {
            Source::Here(snapshot) => Source::Here(Box::new(self.question.begin(&snapshot)?)),
            #[cfg(unix)]
            Source::There(mut client) => match self.question.ask(&mut client) {
                Ok(()) => {
                    self.remote = true;
                    Source::There(client)
                }
                Err(failed) => {
                    self.session.failed(failed)?;
                    return self.begin();
                }
            },
            Source::Done => Source::Done,
        };
        Ok(())
    }

    /// The next one that was not given.
    fn step(&mut self) -> Result<Option<Q::Item>> {
        loop {
            let Some(item) = self.any()? else { return Ok(None) };
            match Q::key(&item) {
                Some(key) if self.remote && !self.met.insert(key) => {}
                None if self.skip > 0 => self.skip -= 1,
                key => {
                    self.given += u64::from(key.is_none());
                    return Ok(Some(item));
                }
            }
        }
    }

    /// The next one.
    fn any(&mut self) -> Result<Option<Q::Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            match std::mem::replace(&mut self.source, Source::Done) {
                Source::Done => return Ok(None),
                Source::Here(mut here) => {
                    let item = Q::next(&mut here)?;
                    if item.is_some() {
                        self.source = Source::Here(here);
                    }
                    return Ok(item);
                }
                #[cfg(unix)]
                Source::There(mut client) => match Q::receive(&mut client) {
                    Ok((items, is_last)) => {
                        self.session.cuts.store(0, Ordering::Relaxed);
                        self.ready.extend(items);
                        if is_last {
                            self.session.give_back(client)
                        } else {
                            self.source = Source::There(client)
                        }
                    }
                    Err(failed) => {
                        self.session.failed(failed)?;
                        self.begin()?;
                        self.skip = self.given;
                    }
                },
            }
        }
    }

    fn next(&mut self) -> Option<Result<Q::Item>> {
        let item = self.step();
        if item.is_err() {
            (self.source, self.ready) = (Source::Done, VecDeque::new());
        }
        item.transpose()
    }
}

/// An answer, piece by piece, whoever gives it.
pub struct Pieces(Walk<Request>);

impl Iterator for Pieces {
    type Item = Result<Answer>;

    fn next(&mut self) -> Option<Result<Answer>> {
        self.0.next()
    }
}

/// Documents, whoever gives them.
pub struct Documents(Walk<Query>);

impl Iterator for Documents {
    type Item = Result<Unchecked>;

    fn next(&mut self) -> Option<Result<Unchecked>> {
        self.0.next()
    }
}
