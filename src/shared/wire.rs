//! What goes between the process that holds an archive and those that ask it.
//!
//! ```text
//! frame = length of what follows (u32, little-endian), kind (J: JSON, B: bytes), content
//! ```
//! Both sides begin with a [`Hello`]. Then the client sends a [`Call`] and the holder answers with [`Reply`]s, of which the last one
//! says `end`; bodies of articles and entries of the ledger follow the reply that announces them, a frame of bytes each. A call that the
//! holder does not know is answered with `unsupported`, and so it may be asked for anything. Fields are only added.

use crate::archive::Changed;
use crate::model::Error;
use crate::shared::Facts;
use rustix::event::Timespec;
use rustix::event::{PollFd, PollFlags, poll};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// What both sides begin with.
pub const MAGIC: &str = "pressmark";
/// The version of frames and of the first exchange. One of another version is not talked to.
pub const PROTOCOL: u32 = 1;
/// The longest call.
pub const CALL_MAX: u32 = 32 << 20;
/// The longest frame of JSON: an article may have many captures, each with much beside its text.
const JSON_MAX: u32 = 1 << 30;
/// How long a frame may take that has begun.
const FRAME: Duration = Duration::from_secs(30);
/// The longest frame of bytes: the longest text, and some more.
const BYTES_MAX: u32 = 80 << 20;

/// Who is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`MAGIC`].
    pub magic: String,
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The version of the program.
    pub version: String,
    /// Of which archive; none if that is not known.
    pub archive: Option<uuid::Uuid>,
    /// The process.
    pub process: u32,
    /// Of a holder, which file it has locked: copies of an archive have the same UUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
}

impl Hello {
    /// That of this process.
    pub fn of(archive: Option<uuid::Uuid>, lock: Option<String>) -> Hello {
        Hello {
            magic: MAGIC.to_owned(),
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            archive,
            process: std::process::id(),
            lock,
        }
    }

    /// The program and its process, in words.
    pub fn name(&self) -> String {
        format!("pressmark {} (process {})", self.version, self.process)
    }
}

/// What a client asks.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Call {
    /// Which of them: `open`, `answer`, `documents`, `sources`, `tag`, `correct`, `save_query`, `remove`, `undo_removal`.
    pub call: String,
    /// Of `open`: the position that the answers are to be of; the last one if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<u64>,
    /// Of `answer`, a [`Request`](crate::answer::Request). Of a later version it may be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<serde_json::Value>,
    /// Of `documents`, a [`Query`](crate::query::Query).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<serde_json::Value>,
    /// Of `tag`: articles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub articles: Vec<String>,
    /// Of `tag`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Of `tag`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// Of `correct`: captures. What holds of them follows as a frame of bytes, an entry of the ledger.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub captures: Vec<u64>,
    /// Of `correct`: the language, `none` if it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Of `save_query`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of `save_query`: what it asks; the name is taken away if there is none. Of `remove`: the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of `remove`: what the reason refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Of `remove`: whether originals go that others name.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub originals: bool,
    /// Of what changes something: whether it is only to be counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry: bool,
    /// Of a change that was cut off before: the number of the first entry that may be of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

/// What the holder answers.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reply {
    /// To `open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// To `answer`, each an [`Answer`](crate::answer::Answer). The bodies of documents follow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<Box<RawValue>>,
    /// To `documents`. For each, the body and the entries of captures and corrections follow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Announced>,
    /// To `sources`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// To `remove`: originals that stay, each with an article that names it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<(String, String)>,
    /// To `tag` and `correct`: how many articles, or captures, and of how many articles the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<(u64, u64)>,
    /// What went wrong; the last thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Wrong>,
    /// Who does not know the call; the last thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsupported: Option<String>,
    /// Whether that was all.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub end: bool,
}

/// A document of which bodies and entries follow.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Announced {
    pub digest: String,
    pub headline: String,
    pub language: Option<String>,
    pub tags: Vec<String>,
    /// The captures by number, each with its corrections by number.
    pub captures: Vec<(u64, Vec<u64>)>,
    /// The capture that placed it: an index into `captures`.
    pub placed_by: usize,
    /// What was said of its language: number, when, before, after.
    pub languages: Vec<(u64, i64, Option<String>, Option<String>)>,
}

/// What went wrong, as far as it makes a difference to who asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Wrong {
    kind: String,
    what: String,
    #[serde(default)]
    articles: Vec<(String, String)>,
}

impl From<&Error> for Wrong {
    fn from(e: &Error) -> Wrong {
        let (kind, what) = match e {
            Error::Costly { what } => ("costly", what.clone()),
            Error::Unanswerable { what } => ("unanswerable", what.clone()),
            Error::Ambiguous { prefix, .. } => ("ambiguous", prefix.clone()),
            Error::Store { what } => ("store", what.clone()),
            Error::Search { what } => ("search", what.clone()),
            Error::Digest { digest } => ("digest", digest.to_string()),
            e => ("holder", crate::model::error::in_full(e)),
        };
        let articles = match e {
            Error::Ambiguous { candidates, .. } => {
                candidates.iter().map(|(digest, headline)| (digest.to_string(), headline.clone())).collect()
            }
            _ => Vec::new(),
        };
        Wrong { kind: kind.to_owned(), what, articles }
    }
}

impl Wrong {
    /// The error that it was.
    pub fn error(self) -> Error {
        let Wrong { kind, what, articles } = self;
        match (kind.as_str(), what.parse()) {
            ("costly", _) => Error::Costly { what },
            ("unanswerable", _) => Error::Unanswerable { what },
            ("ambiguous", _) => {
                let candidate = |(digest, headline): (String, _)| Some((digest.parse().ok()?, headline));
                Error::Ambiguous {
                    prefix: what,
                    candidates: articles.into_iter().filter_map(candidate).collect(),
                }
            }
            ("store", _) => Error::Store { what },
            ("search", _) => Error::Search { what },
            ("digest", Ok(digest)) => Error::Digest { digest },
            _ => Error::Holder { what },
        }
    }
}

impl From<Changed> for Reply {
    fn from(changed: Changed) -> Reply {
        Reply { changed: Some((changed.captures, changed.articles)), ..Reply::last() }
    }
}

impl Reply {
    /// That was all.
    pub fn last() -> Reply {
        Reply { end: true, ..Reply::default() }
    }

    /// What went wrong.
    pub fn wrong(e: &Error) -> Reply {
        Reply { error: Some(e.into()), ..Reply::default() }
    }
}

/// A connection.
pub struct Conn {
    reader: BufReader<UnixStream>,
    writer: BufWriter<UnixStream>,
    patience: Duration,
}

/// What was received.
pub enum Frame {
    Json(Vec<u8>),
    Bytes(Vec<u8>),
}

impl Conn {
    /// Over a stream.
    pub fn new(stream: UnixStream) -> io::Result<Conn> {
        let reader = BufReader::new(stream.try_clone()?);
        Ok(Conn { reader, writer: BufWriter::new(stream), patience: FRAME })
    }

    /// How long to wait for the other side to send something, or to take something.
    pub fn patience(&mut self, patience: Duration) -> io::Result<()> {
        self.patience = patience;
        self.writer.get_ref().set_write_timeout(Some(patience))
    }

    /// Whether the other side has hung up.
    pub fn is_gone(&self) -> bool {
        let mut waiting = [PollFd::new(self.reader.get_ref(), PollFlags::empty())];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut waiting, Some(&now)).is_ok()
            && waiting[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
    }

    /// Whether something comes, or the end, within some time.
    pub fn has_more(&self, patience: Duration) -> io::Result<bool> {
        if !self.reader.buffer().is_empty() {
            return Ok(true);
        }
        let mut waiting = [PollFd::new(self.reader.get_ref(), PollFlags::IN)];
        let patience =
            Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: patience.subsec_nanos().into() };
        match poll(&mut waiting, Some(&patience)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    /// Puts JSON on its way.
    pub fn send(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.frame(b'J', &serde_json::to_vec(value)?)
    }

    /// Puts bytes on their way.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.frame(b'B', bytes)
    }

    fn frame(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        let length = u32::try_from(content.len()).map_err(|_| ErrorKind::InvalidData)?;
        self.writer.write_all(&length.to_le_bytes())?;
        self.writer.write_all(&[kind])?;
        self.writer.write_all(content)
    }

    /// Sends what is on its way.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// Waits for a frame, no longer than this if it is JSON. One that has begun has to come within [`FRAME`].
    pub fn receive(&mut self, json_max: u32) -> io::Result<Frame> {
        let mut head = [0; 5];
        let until = Instant::now() + self.patience;
        self.fill(&mut head[..1], until)?;
        let until = Instant::now() + FRAME.min(self.patience);
        self.fill(&mut head[1..], until)?;
        let [a, b, c, d, kind] = head;
        let length = u32::from_le_bytes([a, b, c, d]);
        let most = match kind {
            b'J' => json_max,
            b'B' => BYTES_MAX,
            _ => return Err(io::Error::new(ErrorKind::InvalidData, "no frame of pressmark")),
        };
        if length > most {
            return Err(io::Error::new(ErrorKind::InvalidData, "a frame longer than any"));
        }
        // What is announced is not made room for before it comes.
        let mut content = Vec::new();
        while content.len() < length as usize {
            let had = content.len();
            content.resize(had + (length as usize - had).min(1 << 20), 0);
            self.fill(&mut content[had..], until)?;
        }
        Ok(if kind == b'J' { Frame::Json(content) } else { Frame::Bytes(content) })
    }

    /// Reads so many bytes before some time.
    fn fill(&mut self, mut into: &mut [u8], until: Instant) -> io::Result<()> {
        while !into.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.reader.get_ref().set_read_timeout(Some(left))?;
            match self.reader.read(into) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => into = &mut into[read..],
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Waits for JSON.
    pub fn receive_json<T: for<'a> Deserialize<'a>>(&mut self) -> io::Result<T> {
        match self.receive(JSON_MAX)? {
            Frame::Json(content) => Ok(serde_json::from_slice(&content)?),
            Frame::Bytes(_) => Err(io::Error::new(ErrorKind::InvalidData, "bytes that nobody announced")),
        }
    }

    /// Waits for a call, which says no more than one may.
    pub fn receive_call(&mut self) -> io::Result<Call> {
        match self.receive(CALL_MAX)? {
            Frame::Json(content) => Ok(serde_json::from_slice(&content)?),
            Frame::Bytes(_) => Err(io::Error::new(ErrorKind::InvalidData, "bytes that nobody announced")),
        }
    }

    /// Waits for bytes.
    pub fn receive_bytes(&mut self) -> io::Result<Vec<u8>> {
        match self.receive(0)? {
            Frame::Bytes(content) => Ok(content),
            Frame::Json(_) => {
                Err(io::Error::new(ErrorKind::InvalidData, "no bytes, though they were announced"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    fn pair() -> (Conn, UnixStream) {
        let (here, there) = UnixStream::pair().unwrap();
        (Conn::new(here).unwrap(), there)
    }

    #[test]
    fn frames_round_trip_and_what_is_none_is_refused() {
        let (mut here, there) = pair();
        let mut there = Conn::new(there).unwrap();
        here.send(&Hello::of(None, None)).unwrap();
        here.send_bytes(b"body").unwrap();
        here.flush().unwrap();
        assert_eq!(there.receive_json::<Hello>().unwrap(), Hello::of(None, None));
        assert_eq!(there.receive_bytes().unwrap(), b"body");
        for bad in [
            &[0, 0, 0, 0, b'X'][..],
            &[255, 255, 255, 255, b'J'],
            &[255, 255, 255, 255, b'B'],
            b"GET / HTTP/1.1",
        ] {
            let (mut here, mut there) = pair();
            there.write_all(bad).unwrap();
            assert_eq!(here.receive(JSON_MAX).err().unwrap().kind(), ErrorKind::InvalidData, "{bad:?}");
        }
        // Cut short.
        let (mut here, mut there) = pair();
        there.write_all(&[9, 0, 0, 0, b'J', b'{']).unwrap();
        drop(there);
        assert_eq!(here.receive(JSON_MAX).err().unwrap().kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn what_a_later_version_adds_is_passed_over() {
        let reply: Reply = serde_json::from_str(r#"{"end":true,"of_2031":[1,2]}"#).unwrap();
        assert!(reply.end && reply.pieces.is_empty());
        let call: Call = serde_json::from_str(r#"{"call":"dream","of_2031":{"x":1}}"#).unwrap();
        assert_eq!(call.call, "dream");
    }

    #[test]
    fn what_makes_a_difference_is_told() {
        let candidates = vec![(Digest([1; 32]), "Rain".to_owned())];
        let all = [
            Error::Costly { what: "x".to_owned() },
            Error::Unanswerable { what: "y".to_owned() },
            Error::Ambiguous { prefix: "abcd".to_owned(), candidates },
            Error::Store { what: "z".to_owned() },
            Error::Digest { digest: Digest([2; 32]) },
        ];
        for e in all {
            let wrong: Wrong =
                serde_json::from_str(&serde_json::to_string(&Wrong::from(&e)).unwrap()).unwrap();
            assert_eq!(format!("{:?}", wrong.error()), format!("{e:?}"));
        }
    }
}
