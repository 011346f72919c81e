//! The holder's side: a socket beside the archive, a thread that listens, and one for each client that has said something.

use super::carried::{announced, change, entry_of, entry_of_correction};
use super::wire::{Call, Conn, Hello, MAGIC, PROTOCOL, Reply};
use super::{Facts, Local, locked};
use crate::answer::{Answer, Request, answer};
use crate::archive::{Guests, How, Removal, Snapshot, Snapshots};
use crate::bytes::fs::IoContext;
use crate::model::{Digest, Document, Error, Result};
use crate::query::Query;
use rustix::event::Timespec;
use rustix::event::{PollFd, PollFlags, poll};
use std::collections::HashMap;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Clients that are answered at a time. More wait until one of them is done.
const CLIENTS_MAX: usize = 64;
/// Clients that have connected and said nothing; of more, the first ones are hung up on.
const SILENT_MAX: usize = 128;
/// How long a client may take for its first frame once it began with it.
const HELLO: Duration = Duration::from_secs(1);
/// How long a client may ask nothing, or take nothing of its answer. It can ask again.
const IDLE: Duration = Duration::from_secs(60);
/// How long others are answered yet when the holder is done.
const LAST_ORDERS: Duration = Duration::from_secs(1);
/// About so many bytes are sent at a time.
const SENT_AT_ONCE: usize = 32 << 10;

/// Answers others while this process holds an archive.
pub(super) struct Server {
    serving: Arc<Serving>,
    listening: Option<JoinHandle<()>>,
    waker: UnixStream,
    socket: PathBuf,
}

/// What all threads of a server know.
struct Serving {
    hello: Hello,
    /// Whose processes are answered; none: whoever the modes of files let in.
    owner: Option<u32>,
    archive: Weak<Mutex<Local>>,
    guests: Arc<Guests>,
    /// Taken away at the end, so that nobody holds the archive any longer.
    snapshots: Mutex<Option<Snapshots>>,
    /// Those that are connected, to be hung up on.
    clients: Mutex<HashMap<usize, (UnixStream, bool)>>,
    next: AtomicUsize,
    ending: AtomicBool,
    /// Whether nothing is answered any more.
    closed: AtomicBool,
}

impl Server {
    /// Listens at a socket; what lies there was left by a process that is gone, since this one holds the archive.
    pub fn start(dir: &Path, socket: &Path, archive: &Arc<Mutex<Local>>, shared: bool) -> Result<Server> {
        let (uuid, snapshots, guests) = {
            let local = locked(archive);
            (local.uuid(), local.snapshots(), local.guests())
        };
        if let Ok(file) = socket.symlink_metadata() {
            if !file.file_type().is_socket() {
                let source = io::Error::new(io::ErrorKind::AlreadyExists, "something else is there");
                return Err(Error::Io { doing: "listen at", path: socket.to_owned(), source });
            }
            std::fs::remove_file(socket).doing("remove", socket)?;
        }
        let listener = UnixListener::bind(socket).doing("listen at", socket)?;
        listener.set_nonblocking(true).doing("listen at", socket)?;
        let owner = dir.metadata().doing("read", dir)?.uid();
        if owner != rustix::process::geteuid().as_raw() {
            // Root may hold an archive that is somebody's.
            let _ = std::os::unix::fs::chown(socket, Some(owner), None);
        }
        let (waker, woken) = UnixStream::pair().doing("listen at", socket)?;
        let serving = Arc::new(Serving {
            hello: Hello::of(Some(uuid), super::client::lock_of(dir)),
            owner: (!shared).then_some(owner),
            archive: Arc::downgrade(archive),
            guests,
            snapshots: Mutex::new(Some(snapshots)),
            clients: Mutex::default(),
            next: AtomicUsize::new(0),
            ending: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        });
        let of_thread = serving.clone();
        let listening = std::thread::Builder::new().name("serve".to_owned());
        let listening =
            listening.spawn(move || of_thread.listen(&listener, &woken)).doing("listen at", socket)?;
        Ok(Server { serving, listening: Some(listening), waker, socket: socket.to_owned() })
    }

    /// How many questions of others are being answered.
    pub fn busy(&self) -> usize {
        locked(&self.serving.clients).values().filter(|(_, busy)| *busy).count()
    }

    /// Finishes what it was asked, for at most a second, and hangs up on everybody.
    pub fn stop(&mut self) {
        let Some(listening) = self.listening.take() else { return };
        self.serving.ending.store(true, Ordering::Relaxed);
        // Who comes now is to try for the archive itself.
        let _ = std::fs::remove_file(&self.socket);
        let _ = self.waker.write_all(b"!");
        let _ = listening.join();
        self.serving.guests.hurry();
        if let Some(snapshots) = &*locked(&self.serving.snapshots) {
            snapshots.hurry();
        }
        let until = Instant::now() + LAST_ORDERS;
        while self.busy() > 0 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.serving.closed.store(true, Ordering::Relaxed);
        let until = Instant::now() + LAST_ORDERS;
        loop {
            let clients = locked(&self.serving.clients);
            clients.values().for_each(|(client, _)| drop(client.shutdown(Shutdown::Both)));
            if clients.is_empty() || Instant::now() > until {
                break;
            }
            drop(clients);
            std::thread::sleep(Duration::from_micros(200));
        }
        *locked(&self.serving.snapshots) = None;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Serving {
    /// Waits for clients, and for each to say something: only then it gets a thread.
    fn listen(self: Arc<Serving>, listener: &UnixListener, woken: &UnixStream) {
        let mut silent: Vec<UnixStream> = Vec::new();
        while !self.ending.load(Ordering::Relaxed) {
            let mut room = CLIENTS_MAX.saturating_sub(locked(&self.clients).len());
            if room == 0 && !silent.is_empty() && self.hang_up_on_idle() {
                std::thread::sleep(Duration::from_millis(1));
                room = CLIENTS_MAX.saturating_sub(locked(&self.clients).len());
            }
            let mut waiting = vec![PollFd::new(woken, PollFlags::IN), PollFd::new(listener, PollFlags::IN)];
            if room > 0 {
                waiting.extend(silent.iter().map(|client| PollFd::new(client, PollFlags::IN)));
            }
            let patience = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
            let polled = poll(&mut waiting, (room == 0).then_some(&patience));
            if polled.is_err_and(|e| e != rustix::io::Errno::INTR) {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            }
            let ready: Vec<bool> = waiting.iter().map(|one| !one.revents().is_empty()).collect();
            drop(waiting);
            let mut at = 1;
            let mut speaking = Vec::new();
            silent = silent
                .into_iter()
                .filter_map(|client| {
                    at += 1;
                    let speaks = ready.get(at).is_some_and(|ready| *ready) && speaking.len() < room;
                    if speaks {
                        speaking.push(client);
                        return None;
                    }
                    Some(client)
                })
                .collect();
            speaking.into_iter().for_each(|client| self.clone().admit(client));
            loop {
                match listener.accept() {
                    Ok((client, _)) => silent.push(client),
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                    Err(_) => {
                        // There is no taking anybody just now.
                        std::thread::sleep(Duration::from_millis(20));
                        break;
                    }
                }
                if silent.len() > SILENT_MAX {
                    silent.remove(0);
                }
            }
        }
    }

    /// Hangs up on the client that has asked nothing for longest, if there is one: it can come again.
    fn hang_up_on_idle(&self) -> bool {
        let clients = locked(&self.clients);
        let idle = clients.iter().filter(|(_, (_, busy))| !busy).min_by_key(|(number, _)| **number);
        idle.is_some_and(|(_, (client, _))| client.shutdown(Shutdown::Both).is_ok())
    }

    /// Gives a client a thread, if it may ask.
    fn admit(self: Arc<Serving>, client: UnixStream) {
        if !self.may_ask(&client) || client.set_nonblocking(false).is_err() {
            return;
        }
        let Ok(copy) = client.try_clone() else { return };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        locked(&self.clients).insert(number, (copy, true));
        let serving = self.clone();
        let thread = std::thread::Builder::new().name("answer".to_owned());
        let spawned = thread.spawn(move || {
            // A client that fails, or that we fail, hears so by being hung up on.
            let _ = crate::bytes::panics::caught(|| serving.talk(number, client));
            locked(&serving.clients).remove(&number);
        });
        if spawned.is_err() {
            locked(&self.clients).remove(&number);
        }
    }

    /// Whether a process belongs to the owner, or to root, who may do everything.
    fn may_ask(&self, client: &UnixStream) -> bool {
        let Some(owner) = self.owner else { return true };
        #[cfg(target_os = "linux")]
        {
            let peer = rustix::net::sockopt::socket_peercred(client).map(|peer| peer.uid.as_raw());
            let own = rustix::process::geteuid().as_raw();
            peer.is_ok_and(|peer| [owner, own, 0].contains(&peer))
        }
        // Elsewhere the directory's mode says it.
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (owner, client);
            true
        }
    }

    fn busy(&self, number: usize, busy: bool) {
        if let Some((_, state)) = locked(&self.clients).get_mut(&number) {
            *state = busy;
        }
    }

    fn talk(&self, number: usize, client: UnixStream) -> io::Result<()> {
        let mut conn = Conn::new(client)?;
        conn.patience(HELLO)?;
        let hello: Hello = conn.receive_json()?;
        conn.send(&self.hello)?;
        conn.flush()?;
        if hello.magic != MAGIC || hello.protocol != PROTOCOL {
            return Ok(());
        }
        conn.patience(IDLE)?;
        let mut snapshot = None;
        while !self.ending.load(Ordering::Relaxed) {
            self.busy(number, false);
            let call = conn.receive_call()?;
            self.busy(number, true);
            match self.reply(&mut conn, call, &mut snapshot) {
                Ok(()) => {}
                Err(Stop::Client(e)) => return Err(e),
                Err(Stop::Archive(e)) => {
                    self.condemn(&e);
                    conn.send(&Reply::wrong(&e))?;
                }
            }
            conn.flush()?;
        }
        Ok(())
    }

    /// After an answer that was wrong: has the next opening build again what it came from.
    fn condemn(&self, e: &Error) {
        if matches!(e, Error::Store { .. } | Error::Digest { .. }) {
            self.guests.condemn(&e.to_string());
        }
    }

    fn reply(&self, conn: &mut Conn, call: Call, snapshot: &mut Option<Snapshot>) -> Done {
        let Call {
            as_of,
            request,
            query,
            articles,
            added,
            removed,
            captures,
            language,
            name,
            text,
            dry,
            since,
            reference,
            originals,
            ..
        } = call;
        // What a later version asks may be nothing that this one understands.
        let how = How { dry, since };
        let request: Option<Request> = request.and_then(|request| serde_json::from_value(request).ok());
        let request = request.filter(|request| request.version <= crate::answer::VERSION);
        let query: Option<Query> = query.and_then(|query| serde_json::from_value(query).ok());
        match (call.call.as_str(), snapshot, request, query) {
            ("open", snapshot, ..) => {
                let snapshots = locked(&self.snapshots).clone().ok_or_else(ended)?;
                let taken = snapshots.take_as_of(as_of)?;
                let facts = Some(Facts::of(&taken));
                *snapshot = Some(taken);
                Ok(conn.send(&Reply { facts, ..Reply::last() })?)
            }
            ("answer", Some(snapshot), Some(request), _) => self.answer(conn, snapshot, &request),
            ("documents", Some(snapshot), _, Some(query)) => {
                let asked = snapshot.ask(&query)?;
                let mut documents = Vec::new();
                let mut bytes = 0;
                for hit in asked.hits()? {
                    let document = asked.unchecked(&hit?)?.0;
                    bytes += document.article.text_bytes() + 500;
                    documents.push(document);
                    if bytes > SENT_AT_ONCE * 4 {
                        self.documents(conn, &documents)?;
                        (bytes, documents) = (0, Vec::new());
                    }
                }
                self.documents(conn, &documents)?;
                Ok(conn.send(&Reply::last())?)
            }
            ("sources", Some(snapshot), ..) => {
                let sources = snapshot.source_names()?;
                Ok(conn.send(&Reply { sources, ..Reply::last() })?)
            }
            ("remove", ..) => {
                let (articles, reason) = (digests(&articles), text.unwrap_or_default());
                let removal = Removal { reason, reference, originals };
                let removed = self.change(conn, move |archive| archive.remove(&articles, &removal, how))?;
                let shared = removed.shared.iter().map(|(one, two)| (one.to_string(), two.to_string()));
                let changed = Some((0, removed.articles));
                Ok(conn.send(&Reply { changed, shared: shared.collect(), ..Reply::last() })?)
            }
            ("undo_removal", ..) => {
                let texts = digests(&articles);
                let undone = self.change(conn, move |archive| archive.undo_removal(&texts, how))?;
                Ok(conn.send(&Reply { changed: Some((0, undone)), ..Reply::last() })?)
            }
            ("tag", ..) => {
                let articles = digests(&articles);
                let job = move |archive: &mut Local| archive.tag(&articles, &added, &removed, how);
                let changed = self.change(conn, job)?;
                Ok(conn.send(&Reply { changed: Some((0, changed)), ..Reply::last() })?)
            }
            ("correct", ..) => {
                let change = change(&conn.receive_bytes()?, language.as_deref());
                let change = change.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
                let changed = self.change(conn, move |archive| archive.correct(&captures, &change, how))?;
                Ok(conn.send(&Reply::from(changed))?)
            }
            ("save_query", ..) if name.is_some() => {
                let name = name.unwrap_or_default();
                self.change(conn, move |archive| archive.save_query(&name, text.as_deref(), how))?;
                Ok(conn.send(&Reply::last())?)
            }
            _ => {
                let unsupported = Some(format!("{} does not support this", self.hello.name()));
                Ok(conn.send(&Reply { unsupported, ..Reply::default() })?)
            }
        }
    }

    /// The pieces of an answer, as they are found.
    fn answer(&self, conn: &mut Conn, snapshot: &Snapshot, request: &Request) -> Done {
        let (mut pieces, mut bodies, mut bytes) = (Vec::new(), Vec::new(), 0);
        for piece in answer(snapshot, request)? {
            let mut piece = piece?;
            if let Answer::Document(found) = &mut piece {
                let body = std::mem::take(&mut found.body);
                bytes += body.len();
                bodies.push(body);
            }
            let is_last = matches!(piece, Answer::End(_));
            let piece = serde_json::value::to_raw_value(&piece).map_err(io::Error::from)?;
            bytes += piece.get().len();
            pieces.push(piece);
            if bytes > SENT_AT_ONCE || is_last {
                self.still()?;
                conn.send(&Reply { pieces, end: is_last, ..Reply::default() })?;
                bodies.iter().try_for_each(|body| conn.send_bytes(body.as_bytes()))?;
                (pieces, bodies, bytes) = (Vec::new(), Vec::new(), 0);
            }
        }
        Ok(())
    }

    fn documents(&self, conn: &mut Conn, documents: &[Document]) -> Done {
        if documents.is_empty() {
            return Ok(());
        }
        self.still()?;
        conn.send(&Reply { documents: documents.iter().map(announced).collect(), ..Reply::default() })?;
        for document in documents {
            conn.send_bytes(document.article.body().as_bytes())?;
            for capture in &document.captures {
                conn.send_bytes(&entry_of(capture).to_row(&[]))?;
                for corrected in &capture.corrections {
                    conn.send_bytes(&entry_of_correction(&corrected.correction).to_row(&[]))?;
                }
            }
        }
        Ok(())
    }

    /// That the holder is not done for good.
    fn still(&self) -> io::Result<()> {
        if self.closed.load(Ordering::Relaxed) { Err(ended()) } else { Ok(()) }
    }

    /// Has the archive do something: at once if nobody else has it do anything, else between two batches of an ingest; not at all if the
    /// client has gone before.
    fn change<T: Send + 'static>(
        &self,
        conn: &Conn,
        job: impl FnOnce(&mut Local) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Stop> {
        let (done, result) = std::sync::mpsc::channel();
        let wanted = Arc::new(AtomicBool::new(true));
        let is_wanted = wanted.clone();
        self.guests.push(Box::new(move |archive| {
            if is_wanted.load(Ordering::Relaxed) {
                drop(done.send(job(archive)));
            }
        }));
        loop {
            if let Some(archive) = self.archive.upgrade() {
                match archive.try_lock() {
                    Ok(mut archive) => archive.serve_guests(),
                    Err(std::sync::TryLockError::Poisoned(archive)) => archive.into_inner().serve_guests(),
                    Err(std::sync::TryLockError::WouldBlock) => {}
                }
            }
            match result.recv_timeout(Duration::from_millis(5)) {
                Ok(result) => return Ok(result?),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                    if conn.is_gone() || self.still().is_err() {
                        wanted.store(false, Ordering::Relaxed);
                        return Err(ended().into());
                    }
                }
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return Err(ended().into()),
            }
        }
    }
}

fn digests(of: &[String]) -> Vec<Digest> {
    of.iter().filter_map(|digest| digest.parse().ok()).collect()
}

type Done = std::result::Result<(), Stop>;

/// Why an answer ends before its end.
enum Stop {
    /// There is no sending it.
    Client(io::Error),
    /// There is no finding it.
    Archive(Error),
}

impl From<io::Error> for Stop {
    fn from(e: io::Error) -> Stop {
        Stop::Client(e)
    }
}

impl From<Error> for Stop {
    fn from(e: Error) -> Stop {
        Stop::Archive(e)
    }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the holder ended")
}
