//! [`Session`]: what one position of an archive answers, here or in the process that holds it.

use super::{Link, PAUSE, Reached};
use crate::answer::{Answer, Answers, Asked, Hits, Request, answer};
use crate::archive::Snapshot;
use crate::ledger::Position;
use crate::model::{Error, Result, Unchecked};
use crate::query::{Order, Query};
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
        let (session, request) = (self.clone(), request.clone());
        let met = HashSet::new();
        let mut pieces =
            Pieces { session, request, source: Source::Done, ready: VecDeque::new(), given: 0, met };
        pieces.begin()?;
        Ok(pieces)
    }

    /// The documents that a query finds, with the captures that match, unchecked.
    pub fn documents(self: &Arc<Session>, query: &Query) -> Result<Documents> {
        let (session, query) = (self.clone(), query.clone());
        let met = HashSet::new();
        let mut documents =
            Documents { session, query, source: Source::Done, ready: VecDeque::new(), given: 0, met };
        documents.begin()?;
        Ok(documents)
    }

    /// The sources by name, in order of arrival.
    pub fn sources(&self) -> Result<Vec<String>> {
        self.whoever(
            |snapshot| Ok(snapshot.names()?.names().iter().map(|name| name.as_str().to_owned()).collect()),
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
                    let snapshot = match as_of {
                        Some(next_seq) => snapshots.take()?.as_of(next_seq)?,
                        None => snapshots.take()?,
                    };
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

/// An answer, piece by piece, whoever gives it.
pub struct Pieces {
    session: Arc<Session>,
    request: Request,
    source: Source<Answers>,
    ready: VecDeque<Answer>,
    /// How many were given: they are passed over when another holder is asked again.
    given: u64,
    /// Which were given, where their order depends on what has come since: the best first.
    met: HashSet<String>,
}

impl Pieces {
    fn begin(&mut self) -> Result<()> {
        self.source = match self.session.source()? {
            Source::Here(snapshot) => Source::Here(Box::new(answer(&snapshot, &self.request)?)),
            #[cfg(unix)]
            Source::There(mut client) => match client.ask(&self.request) {
                Ok(()) => Source::There(client),
                Err(failed) => {
                    self.session.failed(failed)?;
                    return self.begin();
                }
            },
            Source::Done => Source::Done,
        };
        Ok(())
    }

    fn step(&mut self) -> Result<Option<Answer>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                if self.is_met(&piece) {
                    continue;
                }
                self.given += 1;
                return Ok(Some(piece));
            }
            match std::mem::replace(&mut self.source, Source::Done) {
                Source::Done => return Ok(None),
                Source::Here(mut pieces) => {
                    let Some(piece) = pieces.next().transpose()? else { return Ok(None) };
                    self.source = Source::Here(pieces);
                    if self.is_met(&piece) {
                        continue;
                    }
                    self.given += 1;
                    return Ok(Some(piece));
                }
                #[cfg(unix)]
                Source::There(mut client) => match client.pieces() {
                    Ok((pieces, is_last)) => {
                        self.session.cuts.store(0, Ordering::Relaxed);
                        self.ready.extend(pieces);
                        if is_last {
                            self.session.give_back(client)
                        } else {
                            self.source = Source::There(client)
                        }
                    }
                    Err(failed) => {
                        self.session.failed(failed)?;
                        self.begin()?;
                        self.pass_over()?;
                    }
                },
            }
        }
    }

    /// Whether a hit was given already. How well an article fits depends on all articles, also on those that came since.
    fn is_met(&mut self, piece: &Answer) -> bool {
        let key = match piece {
            _ if self.request.query.order != Order::Relevance => return false,
            Answer::Row(row) => format!("{}", row.seq),
            Answer::Document(found) => found.digest.clone(),
            _ => return false,
        };
        !self.met.insert(key)
    }

    /// Passes over what was given before: an answer of one position is always the same, but for the order of the best ones.
    #[cfg(unix)]
    fn pass_over(&mut self) -> Result<()> {
        if self.request.query.order == Order::Relevance {
            return Ok(());
        }
        for _ in 0..std::mem::take(&mut self.given) {
            self.step()?;
        }
        Ok(())
    }
}

impl Iterator for Pieces {
    type Item = Result<Answer>;

    fn next(&mut self) -> Option<Result<Answer>> {
        let piece = self.step();
        if piece.is_err() {
            (self.source, self.ready) = (Source::Done, VecDeque::new());
        }
        piece.transpose()
    }
}

/// Documents, whoever gives them.
pub struct Documents {
    session: Arc<Session>,
    query: Query,
    source: Source<(Asked, Hits)>,
    ready: VecDeque<Unchecked>,
    given: u64,
    /// See [`Pieces::met`].
    met: HashSet<u64>,
}

impl Documents {
    fn begin(&mut self) -> Result<()> {
        self.source = match self.session.source()? {
            Source::Here(snapshot) => {
                let asked = snapshot.ask(&self.query)?;
                let hits = asked.hits()?;
                Source::Here(Box::new((asked, hits)))
            }
            #[cfg(unix)]
            Source::There(mut client) => match client.ask_documents(&self.query) {
                Ok(()) => Source::There(client),
                Err(failed) => {
                    self.session.failed(failed)?;
                    return self.begin();
                }
            },
            Source::Done => Source::Done,
        };
        Ok(())
    }

    fn step(&mut self) -> Result<Option<Unchecked>> {
        loop {
            if let Some(document) = self.ready.pop_front() {
                if self.is_met(&document) {
                    continue;
                }
                self.given += 1;
                return Ok(Some(document));
            }
            match std::mem::replace(&mut self.source, Source::Done) {
                Source::Done => return Ok(None),
                Source::Here(mut walk) => {
                    let (asked, hits) = &mut *walk;
                    let Some(hit) = hits.next().transpose()? else { return Ok(None) };
                    let document = asked.unchecked(&hit)?;
                    self.source = Source::Here(walk);
                    if self.is_met(&document) {
                        continue;
                    }
                    self.given += 1;
                    return Ok(Some(document));
                }
                #[cfg(unix)]
                Source::There(mut client) => match client.documents() {
                    Ok((documents, is_last)) => {
                        self.session.cuts.store(0, Ordering::Relaxed);
                        self.ready.extend(documents);
                        if is_last {
                            self.session.give_back(client)
                        } else {
                            self.source = Source::There(client)
                        }
                    }
                    Err(failed) => {
                        self.session.failed(failed)?;
                        self.begin()?;
                        if self.query.order != Order::Relevance {
                            for _ in 0..std::mem::take(&mut self.given) {
                                self.step()?;
                            }
                        }
                    }
                },
            }
        }
    }
}

impl Documents {
    fn is_met(&mut self, Unchecked(document): &Unchecked) -> bool {
        self.query.order == Order::Relevance && !self.met.insert(document.placed().seq)
    }
}

impl Iterator for Documents {
    type Item = Result<Unchecked>;

    fn next(&mut self) -> Option<Result<Unchecked>> {
        let document = self.step();
        if document.is_err() {
            (self.source, self.ready) = (Source::Done, VecDeque::new());
        }
        document.transpose()
    }
}

/// A document as it was announced, with its body and its entries.
#[cfg(unix)]
pub(super) fn document(
    announced: super::wire::Announced,
    bytes: &mut dyn FnMut() -> std::io::Result<Vec<u8>>,
) -> std::io::Result<Unchecked> {
    use crate::model::{Article, Capture, Corrected, Document, Language, Said};
    let bad = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let code = |code: Option<String>| code.and_then(|code| Language::parse(&code));
    let digest = announced.digest.parse().map_err(|_| bad())?;
    let body = super::client::text(bytes()?)?;
    let mut captures = Vec::with_capacity(announced.captures.len());
    for (seq, corrections) in announced.captures {
        let read = super::server::provenance_of(&bytes()?).ok_or_else(bad)?;
        let mut made = Vec::with_capacity(corrections.len());
        for seq in corrections {
            made.push((seq, super::server::correction_of(&bytes()?).ok_or_else(bad)?));
        }
        let (provenance, corrections) = Corrected::history(read, made);
        captures.push(Capture { seq, digest, provenance, corrections });
    }
    let said = |(seq, at_ms, was, now)| Said { seq, at_ms, was: code(was), now: code(now) };
    let article = Article::from_canonical(announced.headline, body, code(announced.language));
    let (tags, placed_by) = (announced.tags, announced.placed_by);
    let languages = announced.languages.into_iter().map(said).collect();
    Ok(Unchecked(Document { digest, article, captures, placed_by, languages, tags }))
}
