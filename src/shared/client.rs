//! The side of those who ask.

use super::carried::{self, entry_of_correction};
use super::wire::{Call, Conn, Hello, MAGIC, PROTOCOL, Reply};
use super::{Facts, Local};
use crate::answer::{Answer, Request};
use crate::archive::layout::Layout;
use crate::archive::{Change, Changed, How, Removal, Removed};
use crate::model::{Correction, Digest, Error};
use crate::query::Query;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long to wait for a holder to say who it is: one that does not is stopped, or ends just now.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How long the holder may take to take a call.
const TAKEN: Duration = Duration::from_secs(60);
/// Articles or captures in one call.
const CALL_NUMBERS: usize = 100_000;
/// The longest path of a socket, on the systems that have the shortest.
const SOCKET_PATH_MAX: usize = 100;

/// What became of a call.
pub enum Failed {
    /// The holder is gone.
    Cut,
    /// It does not know the call.
    Unsupported,
    /// It said what went wrong.
    Answered(Error),
}

impl From<io::Error> for Failed {
    /// What is not understood is no reason to ask once more.
    fn from(e: io::Error) -> Failed {
        if e.kind() == ErrorKind::InvalidData { Failed::Unsupported } else { Failed::Cut }
    }
}

impl From<serde_json::Error> for Failed {
    fn from(_: serde_json::Error) -> Failed {
        Failed::Unsupported
    }
}

/// Which file of which disk is locked by who holds the archive in a directory.
pub fn lock_of(dir: &Path) -> Option<String> {
    let lock = Layout::of(dir).lock().metadata().ok()?;
    Some(format!("{:x}-{:x}", lock.dev(), lock.ino()))
}

/// Where a socket lies beside an archive, if the path is not too long.
fn beside(dir: &Path) -> Option<PathBuf> {
    let beside = Layout::of(&dir.canonicalize().ok()?).socket();
    (beside.as_os_str().len() <= SOCKET_PATH_MAX).then_some(beside)
}

/// What it is called elsewhere: after the file that is locked, since copies of an archive have the same UUID.
fn name_elsewhere(dir: &Path) -> Option<String> {
    Some(format!("pressmark-{}.socket", lock_of(dir)?))
}

/// Where the socket of an archive is: beside it, or, where that path is too long for the system, in the user's directory for such things.
/// The place is written into the lock, which this process has.
pub fn socket(dir: &Path, archive: &Arc<Mutex<Local>>, runtime: Option<&Path>) -> Option<PathBuf> {
    if let Some(beside) = beside(dir) {
        return Some(beside);
    }
    let elsewhere = runtime?.canonicalize().ok()?.join(name_elsewhere(dir)?);
    if elsewhere.as_os_str().len() > SOCKET_PATH_MAX {
        return None;
    }
    super::locked(archive).note_in_lock(&format!("socket {}\n", elsewhere.display())).ok()?;
    Some(elsewhere)
}

/// What the lock says of its holder.
fn said_in_lock(dir: &Path) -> String {
    let mut said = Vec::new();
    if let Ok(lock) = std::fs::File::open(Layout::of(dir).lock()) {
        let _ = lock.take(4096).read_to_end(&mut said);
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// Where the holder of an archive listens. An archive may come from a stranger: it names no other place than its own.
fn place(dir: &Path) -> Option<PathBuf> {
    if let Some(beside) = beside(dir) {
        return Some(beside);
    }
    let said = said_in_lock(dir);
    let elsewhere = said.lines().find_map(|line| line.strip_prefix("socket ")).map(PathBuf::from)?;
    let name = name_elsewhere(dir)?;
    (elsewhere.file_name().is_some_and(|own| *own == *name)).then_some(elsewhere)
}

/// A connection to the process that holds an archive.
pub struct Client {
    conn: Conn,
    holder: Hello,
    dir: PathBuf,
    /// How long it may be stopped.
    wait: Duration,
    stop: Stop,
}

/// Says that nobody waits any longer.
pub type Stop = Option<Arc<AtomicBool>>;

impl Client {
    /// Connects to who holds the archive in a directory; `Err` says who has it and does not answer. `probe` asks for nothing more than that.
    pub fn connect(dir: &Path, wait: Duration, stop: &Stop, probe: bool) -> Result<Client, Option<String>> {
        let socket = place(dir).ok_or(None)?;
        let gone = |_: io::Error| None;
        let file = socket.symlink_metadata().map_err(gone)?;
        // Somebody else's archive may have any file in it, also one behind which somebody listens.
        let of_archive = dir.metadata().map_err(gone)?.uid();
        let owners = [rustix::process::geteuid().as_raw(), 0, of_archive];
        if !file.file_type().is_socket() || !(owners.contains(&file.uid()) || super::is_shared(dir)) {
            return Err(None);
        }
        let stream = UnixStream::connect(&socket).map_err(gone)?;
        let mut conn = Conn::new(stream).map_err(gone)?;
        conn.patience(PATIENCE).map_err(gone)?;
        let uuid = crate::archive::uuid_of(dir);
        let hello = |conn: &mut Conn| -> io::Result<Hello> {
            conn.send(&Hello::of(uuid, None))?;
            conn.flush()?;
            conn.receive_json()
        };
        match hello(&mut conn) {
            Ok(holder) if holder.magic == MAGIC && (probe || holder.protocol == PROTOCOL) => {
                if uuid.is_some() && holder.archive != uuid || holder.lock != lock_of(dir) {
                    return Err(None);
                }
                conn.patience(TAKEN).map_err(gone)?;
                Ok(Client { conn, holder, dir: dir.to_owned(), wait, stop: stop.clone() })
            }
            Ok(_) => Err(None),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let process = said_in_lock(dir);
                let process = process.split(" since").next().unwrap_or_default().trim().to_owned();
                let process = if process.is_empty() { "another process".to_owned() } else { process };
                Err(Some(format!("{process}, which is stopped or does not answer")))
            }
            Err(_) => Err(None),
        }
    }

    /// Which archive it holds.
    pub fn archive(&self) -> Option<uuid::Uuid> {
        self.holder.archive
    }

    /// Who it is.
    pub fn name(&self) -> String {
        self.holder.name()
    }

    fn call(&mut self, call: &Call) -> io::Result<()> {
        self.conn.send(call)?;
        self.conn.flush()
    }

    /// The next reply. A holder that says nothing for long is asked elsewhere whether it is there; one that is there may take its time over
    /// a question, and over a change so long as others may be waited for.
    fn reply(&mut self, most: Option<Duration>) -> Result<Reply, Failed> {
        let (mut stopped, began, mut probed) = (Duration::ZERO, Instant::now(), Instant::now());
        while !self.conn.has_more(PATIENCE / 10)? {
            if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return Err(Failed::Answered(Error::Stopped));
            }
            if most.is_some_and(|most| began.elapsed() > most) {
                let holder = format!("{}, which is busy", self.name());
                return Err(Failed::Answered(Error::Locked { path: self.dir.clone(), holder }));
            }
            if probed.elapsed() < PATIENCE {
                continue;
            }
            probed = Instant::now();
            match Client::connect(&self.dir, Duration::ZERO, &None, true) {
                Ok(_) => stopped = Duration::ZERO,
                // It has hung up, and nobody listens there: the end of it can be read.
                Err(None) => break,
                Err(Some(_)) if stopped < self.wait => stopped += PATIENCE * 2,
                Err(Some(holder)) => {
                    return Err(Failed::Answered(Error::Locked { path: self.dir.clone(), holder }));
                }
            }
        }
        let reply: Reply = self.conn.receive_json()?;
        if let Some(wrong) = reply.error {
            return Err(Failed::Answered(wrong.error()));
        }
        if reply.unsupported.is_some() {
            return Err(Failed::Unsupported);
        }
        Ok(reply)
    }

    /// Takes a position, the last one if none is named.
    pub fn open(&mut self, as_of: Option<u64>) -> Result<Facts, Failed> {
        self.call(&Call { call: "open".to_owned(), as_of, ..Call::default() })?;
        self.reply(None)?.facts.ok_or(Failed::Cut)
    }

    /// The sources by name.
    pub fn sources(&mut self) -> Result<Vec<String>, Failed> {
        self.call(&Call { call: "sources".to_owned(), ..Call::default() })?;
        Ok(self.reply(None)?.sources)
    }

    /// Asks for an answer, of which the pieces come by [`Client::pieces`].
    pub fn ask(&mut self, request: &Request) -> Result<(), Failed> {
        Ok(self.call(&Call {
            call: "answer".to_owned(),
            request: Some(serde_json::to_value(request)?),
            ..Call::default()
        })?)
    }

    /// Some pieces of an answer, and whether they are the last ones.
    pub fn pieces(&mut self) -> Result<(Vec<Answer>, bool), Failed> {
        let reply = self.reply(None)?;
        let mut pieces = Vec::with_capacity(reply.pieces.len());
        for piece in reply.pieces {
            let mut piece: Answer = serde_json::from_str(piece.get())?;
            if let Answer::Document(found) = &mut piece {
                found.body = carried::text(self.conn.receive_bytes()?)?;
            }
            pieces.push(piece);
        }
        Ok((pieces, reply.end))
    }

    /// Asks for documents, which come by [`Client::documents`].
    pub fn ask_documents(&mut self, query: &Query) -> Result<(), Failed> {
        Ok(self.call(&Call {
            call: "documents".to_owned(),
            query: Some(serde_json::to_value(query)?),
            ..Call::default()
        })?)
    }

    /// Some documents, and whether they are the last ones.
    pub fn documents(&mut self) -> Result<(Vec<crate::model::Unchecked>, bool), Failed> {
        let reply = self.reply(None)?;
        let mut documents = Vec::with_capacity(reply.documents.len());
        for announced in reply.documents {
            documents.push(carried::document(announced, &mut || self.conn.receive_bytes())?);
        }
        Ok((documents, reply.end))
    }

    /// See [`super::Archive::tag`].
    pub fn tag(
        &mut self,
        articles: &[Digest],
        added: &[String],
        removed: &[String],
        how: How,
    ) -> Result<u64, Failed> {
        let (mut changed, How { dry, since }) = (0, how);
        // A call has an end.
        for some in articles.chunks(CALL_NUMBERS) {
            let articles = some.iter().map(ToString::to_string).collect();
            let (added, removed) = (added.to_vec(), removed.to_vec());
            let call = "tag".to_owned();
            let call = Call { call, articles, added, removed, dry, since, ..Call::default() };
            changed += self.changed(&call, None)?.1;
        }
        Ok(changed)
    }

    /// See [`super::Archive::correct`].
    pub fn correct(&mut self, captures: &[u64], change: &Change, how: How) -> Result<Changed, Failed> {
        let language = change.language.map(|code| code.map_or("none".to_owned(), |code| code.to_string()));
        let correction = Correction {
            values: change.values.clone(),
            cleared: change.cleared.clone(),
            ..Correction::default()
        };
        let entry = entry_of_correction(&correction).to_row(&[]);
        let (mut changed, How { dry, since }) = (Changed::default(), how);
        for some in captures.chunks(CALL_NUMBERS) {
            let (captures, language) = (some.to_vec(), language.clone());
            let call = "correct".to_owned();
            let call = Call { call, captures, language, dry, since, ..Call::default() };
            let (captures, articles) = self.changed(&call, Some(&entry))?;
            changed.captures += captures;
            changed.articles += articles;
        }
        Ok(changed)
    }

    /// See [`super::Archive::remove`].
    pub fn remove(&mut self, articles: &[Digest], removal: &Removal, how: How) -> Result<Removed, Failed> {
        let (mut removed, How { dry, since }) = (Removed::default(), how);
        for some in articles.chunks(CALL_NUMBERS) {
            let articles = some.iter().map(ToString::to_string).collect();
            let (text, reference) = (Some(removal.reason.clone()), removal.reference.clone());
            let (call, originals) = ("remove".to_owned(), removal.originals);
            self.call(&Call { call, articles, text, reference, originals, dry, since, ..Call::default() })?;
            let reply = self.reply(Some(self.wait))?;
            removed.articles += reply.changed.ok_or(Failed::Cut)?.1;
            let pair = |(one, two): (String, String)| Some((one.parse().ok()?, two.parse().ok()?));
            removed.shared.extend(reply.shared.into_iter().filter_map(pair));
        }
        Ok(removed)
    }

    /// See [`super::Archive::undo_removal`].
    pub fn undo_removal(&mut self, texts: &[Digest], how: How) -> Result<u64, Failed> {
        let articles = texts.iter().map(ToString::to_string).collect();
        let (call, How { dry, since }) = ("undo_removal".to_owned(), how);
        Ok(self.changed(&Call { call, articles, dry, since, ..Call::default() }, None)?.1)
    }

    /// See [`super::Archive::save_query`].
    pub fn save_query(&mut self, name: &str, query: Option<&str>, how: How) -> Result<(), Failed> {
        let (name, text) = (Some(name.to_owned()), query.map(str::to_owned));
        let since = how.since;
        self.call(&Call { call: "save_query".to_owned(), name, text, since, ..Call::default() })?;
        self.reply(Some(self.wait)).map(drop)
    }

    /// Makes a call, with bytes behind it if it has any, that says how much it changed.
    fn changed(&mut self, call: &Call, bytes: Option<&[u8]>) -> Result<(u64, u64), Failed> {
        self.conn.send(call)?;
        bytes.map_or(Ok(()), |bytes| self.conn.send_bytes(bytes))?;
        self.conn.flush()?;
        self.reply(Some(self.wait))?.changed.ok_or(Failed::Cut)
    }
}
