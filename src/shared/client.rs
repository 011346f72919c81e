//! The side of those who ask.

use super::server::entry_of_correction;
use super::wire::{Call, Conn, Hello, MAGIC, PROTOCOL, Reply};
use super::{Facts, Local};
use crate::answer::Request;
use crate::archive::layout::Layout;
use crate::archive::{Change, Changed};
use crate::model::{Correction, Digest, Error};
use crate::query::Query;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long to wait for a holder to say who it is: one that does not is stopped, or ends just now.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How long a frame may take that has begun.
const FRAME: Duration = Duration::from_secs(60);
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
    fn from(_: io::Error) -> Failed {
        Failed::Cut
    }
}

/// Where the socket of an archive is: beside it, or, where that path is too long for the system, in the user's directory for such things.
/// The place is written into the lock, which this process has.
pub fn socket(dir: &Path, archive: &Arc<Mutex<Local>>, runtime: Option<&Path>) -> Option<PathBuf> {
    let beside = Layout::of(dir).socket();
    if beside.as_os_str().len() <= SOCKET_PATH_MAX {
        return Some(beside);
    }
    let local = super::locked(archive);
    let elsewhere = runtime?.join(format!("pressmark-{}.socket", local.uuid()));
    if elsewhere.as_os_str().len() > SOCKET_PATH_MAX {
        return None;
    }
    local.note_in_lock(&format!("socket {}\n", elsewhere.display())).ok()?;
    Some(elsewhere)
}

/// Where the holder of an archive listens.
fn place(dir: &Path) -> PathBuf {
    let layout = Layout::of(dir);
    let said = std::fs::read_to_string(layout.lock()).unwrap_or_default();
    let elsewhere = said.lines().find_map(|line| line.strip_prefix("socket ")).map(PathBuf::from);
    elsewhere.unwrap_or_else(|| layout.socket())
}

/// A connection to the process that holds an archive.
pub struct Client {
    conn: Conn,
    holder: Hello,
    dir: PathBuf,
    /// How long it may be stopped.
    wait: Duration,
}

impl Client {
    /// Connects to who holds the archive in a directory; `Err` says who has it and does not answer. `probe` asks for nothing more than that.
    pub fn connect(dir: &Path, wait: Duration, probe: bool) -> Result<Client, Option<String>> {
        let socket = place(dir);
        let gone = |_: io::Error| None;
        let file = socket.symlink_metadata().map_err(gone)?;
        // Somebody else's archive may have any file in it, also one behind which somebody listens.
        let owners = [rustix::process::geteuid().as_raw(), 0];
        let of_archive = dir.metadata().map_err(gone)?.uid();
        if !file.file_type().is_socket() || !(owners.contains(&file.uid()) || file.uid() == of_archive) {
            return Err(None);
        }
        let stream = UnixStream::connect(&socket).map_err(gone)?;
        let mut conn = Conn::new(stream).map_err(gone)?;
        conn.patience(PATIENCE).map_err(gone)?;
        let uuid = crate::archive::uuid_of(dir);
        let hello = |conn: &mut Conn| -> io::Result<Hello> {
            conn.send(&Hello::of(uuid))?;
            conn.flush()?;
            conn.receive_json()
        };
        match hello(&mut conn) {
            Ok(holder) if holder.magic == MAGIC && (probe || holder.protocol == PROTOCOL) => {
                if uuid.is_some() && holder.archive.is_some() && holder.archive != uuid {
                    return Err(None);
                }
                conn.patience(wait.max(PATIENCE) + FRAME).map_err(gone)?;
                Ok(Client { conn, holder, dir: dir.to_owned(), wait })
            }
            Ok(_) => Err(None),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let process = std::fs::read_to_string(Layout::of(dir).lock()).unwrap_or_default();
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

    /// The next reply. A holder that says nothing for long is asked elsewhere whether it is there.
    fn reply(&mut self) -> Result<Reply, Failed> {
        let mut stopped = Duration::ZERO;
        while !self.conn.has_more(PATIENCE)? {
            match Client::connect(&self.dir, Duration::ZERO, true) {
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
        self.reply()?.facts.ok_or(Failed::Cut)
    }

    /// The sources by name.
    pub fn sources(&mut self) -> Result<Vec<String>, Failed> {
        self.call(&Call { call: "sources".to_owned(), ..Call::default() })?;
        Ok(self.reply()?.sources)
    }

    /// Asks for an answer, of which the pieces come by [`Client::pieces`].
    pub fn ask(&mut self, request: &Request) -> Result<(), Failed> {
        Ok(self.call(&Call {
            call: "answer".to_owned(),
            request: Some(request.clone()),
            ..Call::default()
        })?)
    }

    /// Some pieces of an answer, and whether they are the last ones.
    pub fn pieces(&mut self) -> Result<(Vec<crate::answer::Answer>, bool), Failed> {
        let mut reply = self.reply()?;
        for piece in &mut reply.pieces {
            if let crate::answer::Answer::Document(found) = piece {
                found.body = text(self.conn.receive_bytes()?)?;
            }
        }
        Ok((reply.pieces, reply.end))
    }

    /// Asks for documents, which come by [`Client::documents`].
    pub fn ask_documents(&mut self, query: &Query) -> Result<(), Failed> {
        Ok(self.call(&Call {
            call: "documents".to_owned(),
            query: Some(query.clone()),
            ..Call::default()
        })?)
    }

    /// Some documents, and whether they are the last ones.
    pub fn documents(&mut self) -> Result<(Vec<crate::model::Unchecked>, bool), Failed> {
        let reply = self.reply()?;
        let mut documents = Vec::with_capacity(reply.documents.len());
        for announced in reply.documents {
            documents.push(super::session::document(announced, &mut || self.conn.receive_bytes())?);
        }
        Ok((documents, reply.end))
    }

    /// See [`super::Archive::tag`].
    pub fn tag(
        &mut self,
        articles: &[Digest],
        added: &[String],
        removed: &[String],
        dry: bool,
    ) -> Result<u64, Failed> {
        let articles = articles.iter().map(ToString::to_string).collect();
        let (added, removed) = (added.to_vec(), removed.to_vec());
        self.changed(&Call { call: "tag".to_owned(), articles, added, removed, dry, ..Call::default() })
            .map(|(_, articles)| articles)
    }

    /// See [`super::Archive::correct`].
    pub fn correct(&mut self, captures: &[u64], change: &Change, dry: bool) -> Result<Changed, Failed> {
        let language = change.language.map(|code| code.map_or("none".to_owned(), |code| code.to_string()));
        let call = Call {
            call: "correct".to_owned(),
            captures: captures.to_vec(),
            language,
            dry,
            ..Call::default()
        };
        let correction = Correction {
            values: change.values.clone(),
            cleared: change.cleared.clone(),
            ..Correction::default()
        };
        self.conn.send(&call)?;
        self.conn.send_bytes(&entry_of_correction(&correction).to_row(&[]))?;
        self.conn.flush()?;
        let (captures, articles) = self.reply()?.changed.ok_or(Failed::Cut)?;
        Ok(Changed { captures, articles })
    }

    /// See [`super::Archive::save_query`].
    pub fn save_query(&mut self, name: &str, query: Option<&str>) -> Result<(), Failed> {
        let (name, text) = (Some(name.to_owned()), query.map(str::to_owned));
        self.call(&Call { call: "save_query".to_owned(), name, text, ..Call::default() })?;
        self.reply().map(drop)
    }

    fn changed(&mut self, call: &Call) -> Result<(u64, u64), Failed> {
        self.call(call)?;
        self.reply()?.changed.ok_or(Failed::Cut)
    }
}

/// Bytes as a text.
pub fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))
}
