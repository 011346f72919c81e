//! One archive, many processes. Whoever holds it answers the others, over a socket beside it, without anybody starting a server; who
//! finds it held becomes a client. [`Archive`] is either, and changes from one to the other as processes come and go.
//!
//! The lock is the only truth. A client whose holder ends goes on where it was, asking the next holder as of the same position, or holding
//! the archive itself. What only one process can do (an ingest, a repair) waits for the lock.

#[cfg(unix)]
mod carried;
#[cfg(unix)]
mod client;
#[cfg(unix)]
mod server;
mod session;
#[cfg(unix)]
mod wire;

pub use session::{Documents, Facts, Pieces, Session};

use crate::archive::layout::Layout;
use crate::archive::originals::Raws;
use crate::archive::{Change, Changed, How, Open, Removal, Removed, Snapshot, Snapshots};
use crate::model::{Digest, Draft, Error, Reason, Result, TimeSource};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The archive in the process that holds it.
pub use crate::archive::Archive as Local;

/// Holders that hang up one after the other, without a piece of an answer between them, before one waits for the archive itself.
const CUTS_MAX: u32 = 8;

/// How long to sleep before trying again for an archive that is changing hands.
const PAUSE: Duration = Duration::from_millis(10);

/// An archive, held by this process or by another one.
pub struct Archive {
    link: Arc<Link>,
}

/// How an archive is reached.
struct Link {
    dir: PathBuf,
    options: Open,
    /// How long to wait for others: what [`Open::wait`] says, or what was said since.
    wait: Mutex<Duration>,
    here: Mutex<Option<Here>>,
    uuid: Mutex<Option<uuid::Uuid>>,
    /// The connection by which the holder was found, for the first question.
    #[cfg(unix)]
    first: Mutex<Option<Box<client::Client>>>,
}

/// What a process has that holds it.
struct Here {
    archive: Arc<Mutex<Local>>,
    snapshots: Snapshots,
    #[cfg(unix)]
    server: Option<server::Server>,
}

/// Where the archive is.
enum Reached {
    Here(Snapshots),
    #[cfg(unix)]
    There(Box<client::Client>),
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Archive {
    /// Opens an archive, or makes one if `options` say so: holds it, or asks the process that does.
    pub fn open(dir: &Path, options: &Open) -> Result<Archive> {
        let (here, uuid) = Default::default();
        let wait = Mutex::new(options.wait);
        #[cfg(unix)]
        let first = Mutex::default();
        let link = Link {
            dir: dir.to_owned(),
            options: options.clone(),
            wait,
            here,
            uuid,
            #[cfg(unix)]
            first,
        };
        #[cfg(unix)]
        if let Reached::There(client) = link.reach(options.alone, Instant::now() + options.wait)? {
            *locked(&link.first) = Some(client);
        }
        #[cfg(not(unix))]
        link.reach(options.alone, Instant::now() + options.wait)?;
        Ok(Archive { link: Arc::new(link) })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.link.dir
    }

    /// The archive's identity.
    pub fn uuid(&self) -> Result<uuid::Uuid> {
        let known = *locked(&self.link.uuid);
        known.map_or_else(|| Ok(self.session()?.facts().archive), Ok)
    }

    /// Says how long to wait for other processes from now on.
    pub fn set_wait(&self, wait: Duration) {
        *locked(&self.link.wait) = wait;
    }

    /// The originals that are kept. They are files, which any process may read.
    pub fn raws(&self) -> Raws {
        Raws::of(self.dir())
    }

    /// The bytes on disk of everything in the directory, by the names that stand in it.
    pub fn disk_bytes(&self) -> Result<std::collections::BTreeMap<String, u64>> {
        Layout::of(self.dir()).sizes()
    }

    /// The clock that it asks.
    pub fn time(&self) -> TimeSource {
        self.link.options.time
    }

    /// Everything that was acknowledged when this was called, for questions.
    pub fn session(&self) -> Result<Arc<Session>> {
        Session::new(self.link.clone()).map(Arc::new)
    }

    /// Has this process do something with the archive that it has to hold for that; waits for others as long as [`Open::wait`] says.
    pub fn hold<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut Local) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.link.reach(true, Instant::now() + self.link.wait())?;
        let archive = locked(&self.link.here).as_ref().map(|here| here.archive.clone());
        let archive = archive.ok_or(Error::Poisoned)?;
        let mut local = locked(&archive);
        let done = work(&mut local);
        local.serve_guests();
        done
    }

    /// What this process knows of the archive if it holds it.
    pub fn here<T>(&self, look: impl FnOnce(&Local) -> T) -> Option<T> {
        let archive = locked(&self.link.here).as_ref().map(|here| here.archive.clone())?;
        let local = locked(&archive);
        Some(look(&local))
    }

    /// Puts drafts into the archive, which this process has to hold for that. When this returns, they are durable; `Err` in the value says
    /// why one was refused.
    pub fn put(&self, drafts: Vec<Draft>) -> Result<Vec<std::result::Result<crate::archive::Put, Reason>>> {
        self.hold(|archive| archive.put(drafts))
    }

    /// A snapshot for whoever works with one himself; this process has to hold the archive for that.
    pub fn snapshot(&self) -> Result<Snapshot> {
        self.hold(|archive| archive.snapshot())
    }

    /// Gives tags to articles and takes tags from them; how many articles that changes, or would. When this returns, it is durable.
    pub fn tag(&self, articles: &[Digest], added: &[String], removed: &[String], dry: bool) -> Result<u64> {
        self.change(
            dry,
            |archive, how| archive.tag(articles, added, removed, how),
            #[cfg(unix)]
            |client, how| client.tag(articles, added, removed, how),
        )
    }

    /// Says of captures, by number, and of their articles what holds from now on; what that changes, or would. When this returns, it is
    /// durable.
    pub fn correct(&self, captures: &[u64], change: &Change, dry: bool) -> Result<Changed> {
        self.change(
            dry,
            |archive, how| archive.correct(captures, change, how),
            #[cfg(unix)]
            |client, how| client.correct(captures, change, how),
        )
    }

    /// Removes articles, or says what that would remove: when this returns, nobody is shown them any more, and that is durable. Their bytes go
    /// when the archive is opened next.
    pub fn remove(&self, articles: &[Digest], removal: &Removal, dry: bool) -> Result<Removed> {
        self.change(
            dry,
            |archive, how| archive.remove(articles, removal, how),
            #[cfg(unix)]
            |client, how| client.remove(articles, removal, how),
        )
    }

    /// Lets texts in again that were removed; how many of these were. It does not bring them back.
    pub fn undo_removal(&self, texts: &[Digest], dry: bool) -> Result<u64> {
        self.change(
            dry,
            |archive, how| archive.undo_removal(texts, how),
            #[cfg(unix)]
            |client, how| client.undo_removal(texts, how),
        )
    }

    /// Keeps a query under a name, or takes the name away.
    pub fn save_query(&self, name: &str, query: Option<&str>) -> Result<()> {
        self.change(
            false,
            |archive, how| archive.save_query(name, query, how),
            #[cfg(unix)]
            |client, how| client.save_query(name, query, how),
        )
    }

    /// Changes something here, or has the holder do it. One that was cut off is asked for again, with the position before it: what has been
    /// done since is not done twice.
    fn change<T>(
        &self,
        dry: bool,
        here: impl FnOnce(&mut Local, How) -> Result<T>,
        #[cfg(unix)] there: impl Fn(&mut client::Client, How) -> std::result::Result<T, client::Failed>,
    ) -> Result<T> {
        #[cfg_attr(not(unix), allow(unused_mut))]
        let mut how = How { dry, since: None };
        #[cfg(unix)]
        {
            let mut alone = self.link.options.alone;
            let (mut cuts, mut before) = (0, None);
            loop {
                let until = Instant::now() + self.link.wait().max(client::PATIENCE);
                let Reached::There(mut client) = self.link.reach(alone, until)? else { break };
                let made = match before {
                    Some(_) => Ok(()),
                    None => client.open(None).map(|facts| before = Some(facts.next_seq)),
                };
                let made = made.and_then(|()| {
                    let now = How { since: how.since, ..how };
                    how.since = before;
                    there(&mut client, now)
                });
                match made {
                    Ok(done) => return Ok(done),
                    Err(client::Failed::Cut) => {
                        cuts += 1;
                        alone |= cuts > CUTS_MAX;
                        std::thread::sleep(PAUSE);
                    }
                    Err(client::Failed::Unsupported) => alone = true,
                    Err(client::Failed::Answered(e)) => return Err(e),
                }
            }
        }
        self.hold(|archive| here(archive, how))
    }

    /// How many questions of others are being answered.
    pub fn busy(&self) -> usize {
        #[cfg(unix)]
        return locked(&self.link.here)
            .as_ref()
            .and_then(|here| here.server.as_ref())
            .map_or(0, server::Server::busy);
        #[cfg(not(unix))]
        0
    }

    /// After an answer that was wrong: has the next opening build again what it came from.
    pub fn condemn(&self, e: &Error) -> Result<()> {
        self.here(|archive| archive.condemn(e)).unwrap_or(Ok(()))
    }

    /// Finishes what others asked, for at most a second, brings the store up to date, closes it and lets go of the archive: at once, or
    /// when the last [`Snapshot`] is dropped.
    pub fn close(self) -> Result<()> {
        let Some(here) = locked(&self.link.here).take() else { return Ok(()) };
        here.close()
    }
}

impl Here {
    fn close(self) -> Result<()> {
        #[cfg(unix)]
        let Here { archive, snapshots, server } = self;
        #[cfg(not(unix))]
        let Here { archive, snapshots } = self;
        #[cfg(unix)]
        drop(server);
        drop(snapshots);
        // Somebody may be having it do something just now.
        let mut archive = archive;
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            match Arc::try_unwrap(archive) {
                Ok(alone) => return alone.into_inner().unwrap_or_else(PoisonError::into_inner).close(),
                // Whatever it is, what is durable is durable.
                Err(_) if Instant::now() > patience => return Ok(()),
                Err(shared) => archive = shared,
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Link {
    fn is_stopped(&self) -> bool {
        self.options.stop.as_ref().is_some_and(|stop| stop.load(std::sync::atomic::Ordering::Relaxed))
    }

    fn wait(&self) -> Duration {
        *locked(&self.wait)
    }

    /// Finds out where the archive is: takes it if it is free, else connects to who has it, unless this process is to have it `alone`.
    fn reach(&self, alone: bool, until: Instant) -> Result<Reached> {
        #[cfg(unix)]
        if let Some(client) = locked(&self.first).take().filter(|_| !alone) {
            return Ok(Reached::There(client));
        }
        loop {
            let mut here = locked(&self.here);
            if let Some(here) = &*here {
                return Ok(Reached::Here(here.snapshots.clone()));
            }
            let held = match self.take() {
                Ok(new) => {
                    let snapshots = new.snapshots.clone();
                    *here = Some(new);
                    return Ok(Reached::Here(snapshots));
                }
                Err(Error::Locked { path, holder }) => Error::Locked { path, holder },
                Err(e) => return Err(e),
            };
            drop(here);
            #[cfg(unix)]
            let held = match client::Client::connect(&self.dir, self.wait(), &self.options.stop, alone) {
                Ok(client) if !alone => {
                    *locked(&self.uuid) = client.archive();
                    return Ok(Reached::There(Box::new(client)));
                }
                Err(Some(silent)) => Error::Locked { path: self.dir.clone(), holder: silent },
                _ => held,
            };
            if self.is_stopped() {
                return Err(Error::Stopped);
            }
            if Instant::now() >= until {
                return Err(held);
            }
            std::thread::sleep(PAUSE.min(until.saturating_duration_since(Instant::now())));
        }
    }

    /// Takes the archive, and answers others from then on.
    fn take(&self) -> Result<Here> {
        let options = Open { wait: Duration::ZERO, once: true, ..self.options.clone() };
        let local = Local::open(&self.dir, &options)?;
        *locked(&self.uuid) = Some(local.uuid());
        let (snapshots, can_be_written) = (local.snapshots(), local.scratch().is_none());
        let archive = Arc::new(Mutex::new(local));
        #[cfg(unix)]
        {
            // Where there can be no socket, others wait.
            let socket = client::socket(&self.dir, &archive, self.options.runtime.as_deref());
            let server = socket.filter(|_| can_be_written).and_then(|socket| {
                server::Server::start(&self.dir, &socket, &archive, is_shared(&self.dir)).ok()
            });
            Ok(Here { archive, snapshots, server })
        }
        #[cfg(not(unix))]
        {
            let _ = can_be_written;
            Ok(Here { archive, snapshots })
        }
    }
}

/// Whether a directory lets others in.
#[cfg(unix)]
fn is_shared(dir: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    dir.metadata().is_ok_and(|dir| dir.permissions().mode() & 0o077 != 0)
}

/// Who holds an archive and answers, if anybody does.
pub fn holder(dir: &Path) -> Option<String> {
    #[cfg(unix)]
    return client::Client::connect(dir, Duration::ZERO, &None, true).ok().map(|client| client.name());
    #[cfg(not(unix))]
    {
        let _ = dir;
        None
    }
}
