//! Cuts inputs into records without understanding them: lines, JSON values, rows, messages, WARC records, or all of it. Memory is bounded by the longest
//! record that is allowed; of a longer one the start is kept for the rejection and the rest is passed over.

use super::json::script_value;
use super::packed::{describe, unreadable};
use crate::model::{Place, Reason};
use std::collections::HashSet;
use std::io::{self, BufRead};
use std::sync::Arc;

/// How much of a record that is too long is kept.
const KEPT_BYTES: usize = 64 << 10;

/// One record of an input.
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it is.
    pub place: Place,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many bytes more it has; it is too long if this is not 0.
    pub omitted_bytes: u64,
    /// What is wrong with it already.
    pub broken: Option<Reason>,
    /// What was assumed of it.
    pub note: Option<&'static str>,
    /// The names of its columns, if it is a row of a table.
    pub header: Option<Arc<[String]>>,
}

/// How an input is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A record a line; empty lines are passed over.
    Lines,
    /// JSON values one after the other, or the elements of one array.
    Values,
    /// Rows of a table whose first row names the columns; fields may be quoted and hold line breaks.
    Rows,
    /// Messages of an mbox, each after a line that begins with `From `.
    Messages,
    /// Records of a WARC or an ARC.
    Warc,
    /// One record.
    Whole,
}

/// The records of an input.
pub struct Records<R> {
    reader: R,
    cut: Cut,
    number: u64,
    in_array: bool,
    begun: bool,
    done: bool,
    longest: usize,
    header: Option<Arc<[String]>>,
    delimiter: u8,
    /// What was read too far, to be read again.
    ahead: io::Cursor<Vec<u8>>,
    /// What the table itself says is between its fields.
    said: Option<u8>,
    /// The charset of the table's header, if it is not UTF-8.
    charset: Option<&'static str>,
    /// How often rows were given back.
    given_back: u32,
    /// Whether a record lied about its length.
    distrusts: bool,
    /// Bytes that a crawl's records took from the reader.
    consumed: u64,
    /// Where the last record of a crawl begins.
    start: u64,
    /// What went wrong behind the last record.
    failed: Option<io::Error>,
}

impl<R: BufRead> Records<R> {
    /// Cuts what is left in the reader.
    pub fn new(reader: R, cut: Cut) -> Records<R> {
        Records {
            reader,
            cut,
            number: 0,
            in_array: false,
            begun: false,
            done: false,
            longest: super::reader::Limits::default().record_bytes,
            header: None,
            delimiter: b',',
            ahead: io::Cursor::default(),
            said: None,
            charset: None,
            given_back: 0,
            distrusts: false,
            consumed: 0,
            start: 0,
            failed: None,
        }
    }

    /// The same, after so many records that are not in the reader.
    pub fn after(self, number: u64) -> Records<R> {
        Records { number, ..self }
    }

    /// How many records there were, with those before the reader.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Where the last record of a crawl begins, in bytes; after the last one, where the input ends.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The same with another bound on its records than [`super::reader::Limits`] has.
    pub fn with_longest(self, longest: usize) -> Records<R> {
        Records { longest, ..self }
    }

    /// The same of a table in a charset.
    pub fn in_charset(self, charset: Option<&'static str>) -> Records<R> {
        Records { charset, ..self }
    }

    fn line(&mut self) -> io::Result<Option<Record>> {
        loop {
            let mut taken = Taken::new(self.longest);
            let mut any = false;
            loop {
                let buffer = self.reader.fill_buf()?;
                if buffer.is_empty() {
                    break;
                }
                any = true;
                let end = buffer.iter().position(|byte| *byte == b'\n');
                taken.take(&buffer[..end.unwrap_or(buffer.len())]);
                let used = end.map_or(buffer.len(), |end| end + 1);
                self.reader.consume(used);
                if end.is_some() {
                    break;
                }
            }
            if !any {
                return Ok(None);
            }
            self.number += 1;
            if taken.bytes.ends_with(b"\r") {
                taken.bytes.pop();
            }
            if self.number == 1 && taken.bytes.starts_with(b"\xef\xbb\xbf") {
                taken.bytes.drain(..3);
            }
            if taken.omitted > 0 || !taken.bytes.trim_ascii().is_empty() {
                return Ok(Some(taken.record(Place::Line(self.number), None)));
            }
        }
    }

    /// What comes next: what was read too far, then the input.
    fn fill(&mut self) -> io::Result<&[u8]> {
        if (self.ahead.position() as usize) < self.ahead.get_ref().len() {
            self.ahead.fill_buf()
        } else {
            self.reader.fill_buf()
        }
    }

    fn consume(&mut self, bytes: usize) {
        if (self.ahead.position() as usize) < self.ahead.get_ref().len() {
            self.ahead.consume(bytes)
        } else {
            self.consumed += bytes as u64;
            self.reader.consume(bytes)
        }
    }

    /// Reads up to and with the next line break; whether there was anything. No more than so many bytes are kept.
    fn until_newline(&mut self, into: &mut Vec<u8>, most: usize) -> io::Result<bool> {
        let mut any = false;
        loop {
            let buffer = self.fill()?;
            if buffer.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(buffer.len(), |end| end + 1);
            let kept = used.min(most.saturating_sub(into.len()));
            into.extend_from_slice(&buffer[..kept]);
            self.consume(used);
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    fn row(&mut self) -> io::Result<Option<Record>> {
        loop {
            let Some(mut record) = self.quoted_lines()? else { return Ok(None) };
            if self.header.is_some() || record.omitted_bytes > 0 || record.broken.is_some() {
                // Without a header nothing that follows means anything.
                self.done |= self.header.is_none();
                record.header = self.header.clone();
                return Ok(Some(record));
            }
            if let Some(bytes) = record.bytes.strip_prefix(b"\xef\xbb\xbf") {
                record.bytes = bytes.to_vec();
            }
            // Excel's first line says what stands between fields.
            if let Some([said]) =
                record.bytes.strip_prefix(b"sep=").map(<[u8]>::trim_ascii).filter(|_| self.said.is_none())
            {
                self.said = Some(*said);
                continue;
            }
            self.delimiter = self.said.unwrap_or_else(|| delimiter(&record.bytes));
            let header = super::csv::fields(&record.bytes, self.delimiter, self.charset).unwrap_or_default();
            if let Some(columns) = super::csv::without_header(&header) {
                match columns {
                    Ok(columns) => {
                        self.header = Some(columns.into());
                        record.header = self.header.clone();
                        return Ok(Some(record));
                    }
                    Err(what) => {
                        self.done = true;
                        return Ok(Some(Record { broken: Some(what.into()), ..record }));
                    }
                }
            }
            let mut known = HashSet::new();
            let twice = header.iter().any(|name| !name.trim().is_empty() && !known.insert(name));
            let broken = if record.bytes.contains(&b'\r') {
                Some("its lines end in a carriage return alone; convert them to line feeds")
            } else {
                twice.then_some("two columns of its header have the same name")
            };
            if broken.is_some() {
                self.done = true;
                return Ok(Some(Record { broken: broken.map(Into::into), ..record }));
            }
            self.header = Some(header.into());
        }
    }

    /// What is left of the input.
    pub fn into_inner(self) -> R {
        self.reader
    }

    /// The delimiter of the table, once its header was read.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// A line, and those after it while a quotation is open (RFC 4180).
    fn quoted_lines(&mut self) -> io::Result<Option<Record>> {
        #[derive(Clone, Copy, PartialEq)]
        enum At {
            Start,
            Plain,
            Quoted,
            /// After a quote inside of a quotation: its end, or half of a quoted quote.
            Closed,
        }
        loop {
            let mut taken = Taken::new(self.longest);
            let (mut at, mut any) = (At::Start, false);
            let first = self.number + 1;
            let mut first_line = None;
            loop {
                let (delimiter, in_header) = (self.delimiter, self.header.is_none());
                let separates =
                    |byte: u8| byte == delimiter || in_header && matches!(byte, b';' | b'\t' | b',' | b'|');
                let buffer = self.fill()?;
                if buffer.is_empty() {
                    break;
                }
                any = true;
                let (mut end, mut lines) = (None, 0);
                for (index, byte) in buffer.iter().enumerate() {
                    if *byte == b'\n' {
                        lines += 1;
                        if at != At::Quoted {
                            end = Some(index);
                            break;
                        }
                        first_line.get_or_insert(taken.bytes.len() + index + 1);
                    }
                    at = match (at, *byte) {
                        (At::Start | At::Closed, b'"') => At::Quoted,
                        (At::Quoted, b'"') => At::Closed,
                        (At::Quoted, _) => At::Quoted,
                        (_, byte) if separates(byte) => At::Start,
                        _ => At::Plain,
                    };
                }
                taken.take(&buffer[..end.unwrap_or(buffer.len())]);
                let used = end.map_or(buffer.len(), |end| end + 1);
                self.number += lines;
                self.consume(used);
                if end.is_some() {
                    break;
                }
            }
            if !any {
                return Ok(None);
            }
            let unclosed = at == At::Quoted;
            if unclosed
                && taken.omitted == 0
                && self.given_back < GIVEN_BACK_MAX
                && let Some(end) = first_line
            {
                // The quotation was none; the lines after it are rows of their own.
                self.given_back += 1;
                self.number = first;
                let rest = taken.bytes.split_off(end);
                self.ahead = io::Cursor::new(rest);
            }
            if taken.bytes.ends_with(b"\n") {
                taken.bytes.pop();
            }
            if taken.bytes.ends_with(b"\r") {
                taken.bytes.pop();
            }
            if taken.omitted > 0 || !taken.bytes.trim_ascii().is_empty() {
                let broken = unclosed.then_some("a quotation that opens in it does not close");
                return Ok(Some(taken.record(Place::Line(first), broken)));
            }
        }
    }

    fn message(&mut self) -> io::Result<Option<Record>> {
        let mut taken = Taken::new(self.longest);
        let mut blank = true;
        let mut any = false;
        loop {
            let mut line = Vec::new();
            if !self.until_newline(&mut line, self.longest)? {
                break;
            }
            if any && blank && is_postmark(&line) {
                self.ahead = io::Cursor::new(line);
                break;
            }
            blank = line.trim_ascii().is_empty();
            if any || !blank {
                any = true;
                // A line of the text that began with From was sent as >From.
                let quoted = line
                    .iter()
                    .position(|byte| *byte != b'>')
                    .is_some_and(|at| at > 0 && line[at..].starts_with(b"From "));
                taken.take(if quoted { &line[1..] } else { &line });
            }
        }
        if !any {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(taken.record(Place::Record(self.number), None)))
    }

    /// A record with its header. Its length is believed if a record, or nothing, comes after it; if not, where the next one
    /// begins decides. After one lie each block is watched for the next header, so that the time stays linear.
    fn warc(&mut self) -> io::Result<Option<Record>> {
        let mut head = Vec::new();
        let mut junk = Taken::new(self.longest);
        let ended = loop {
            head.clear();
            if junk.bytes.is_empty() {
                self.start = self.consumed - (self.ahead.get_ref().len() as u64 - self.ahead.position());
            }
            if !self.until_newline(&mut head, HEAD_BYTES_MAX)? {
                break true;
            }
            if is_header(&head) {
                break false;
            }
            if !head.trim_ascii().is_empty() || !junk.bytes.is_empty() {
                junk.take(&head);
            }
        };
        if !junk.bytes.is_empty() {
            if !ended {
                self.give_back(head);
            }
            self.number += 1;
            return Ok(Some(
                junk.record(Place::Record(self.number), Some("this is no record of a WARC or an ARC")),
            ));
        }
        if ended {
            return Ok(None);
        }
        self.number += 1;
        let place = Place::Record(self.number);
        let length = match arc_length(head.trim_ascii()) {
            // An ARC record without a length has nothing in it, as other readers have it.
            Some(length) => Some(length.unwrap_or(0)),
            None => {
                loop {
                    let start = head.len();
                    let more = self.until_newline(&mut head, HEAD_BYTES_MAX)?;
                    if !more || head.len() >= HEAD_BYTES_MAX || head[start..].trim_ascii().is_empty() {
                        break;
                    }
                }
                content_length(&head)
            }
        };
        let mut taken = Taken::new(self.longest);
        taken.take(&head);
        let Some(length) = length else {
            return Ok(Some(taken.record(place, Some("its header gives no length that is a number"))));
        };
        let short = self.block(&mut taken, length)?;
        if short {
            let lied = "it claims more bytes than it has; the records after it are read";
            let cut = "it is cut short: the input ends inside it";
            let next = next_header(&taken.bytes, head.len()).filter(|_| taken.omitted == 0);
            if let Some(at) = next {
                self.distrusts = true;
                let rest = taken.bytes.split_off(at);
                self.give_back(rest);
            }
            let found = next.is_some() || !self.fill()?.is_empty();
            return Ok(Some(taken.record(place, Some(if found { lied } else { cut }))));
        }
        // What comes behind must be a record. If that cannot be read, this one is whole all the same.
        let mut next = Vec::new();
        loop {
            match self.until_newline(&mut next, HEAD_BYTES_MAX) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => {
                    self.failed = Some(e);
                    return Ok(Some(taken.record(place, None)));
                }
            }
            if !next.trim_ascii().is_empty() {
                break;
            }
            next.clear();
        }
        if next.is_empty() || is_header(&next) {
            self.give_back(next);
            return Ok(Some(taken.record(place, None)));
        }
        self.distrusts = true;
        if let Some(at) = next_header(&taken.bytes, head.len()).filter(|_| taken.omitted == 0) {
            let mut rest = taken.bytes.split_off(at);
            rest.extend_from_slice(&next);
            self.give_back(rest);
            return Ok(Some(
                taken.record(place, Some("it claims more bytes than it has; the records after it are read")),
            ));
        }
        // It has more than it claims: what follows is the rest of it.
        loop {
            taken.take(&next);
            next.clear();
            if !self.until_newline(&mut next, HEAD_BYTES_MAX)? {
                break;
            }
            if is_header(&next) {
                self.give_back(next);
                break;
            }
        }
        let mut record = taken.record(place, None);
        record.note = Some("it has more bytes than its header claims");
        Ok(Some(record))
    }

    /// Reads the bytes of a block; whether there were fewer. Where lengths are not trusted, or the block is too long to be
    /// held, the next header ends it.
    fn block(&mut self, taken: &mut Taken, length: u64) -> io::Result<bool> {
        let mut left = length;
        while left > 0 && !self.distrusts && taken.omitted == 0 {
            let buffer = self.fill()?;
            if buffer.is_empty() {
                return Ok(true);
            }
            let used = left.min(buffer.len() as u64) as usize;
            taken.take(&buffer[..used]);
            self.consume(used);
            left -= used as u64;
        }
        let mut line = Vec::new();
        while left > 0 {
            line.clear();
            let most = left.min(HEAD_BYTES_MAX as u64) as usize;
            if !self.some_of_line(&mut line, most)? {
                return Ok(true);
            }
            if is_header(&line) {
                self.give_back(line);
                return Ok(true);
            }
            left -= line.len() as u64;
            taken.take(&line);
        }
        Ok(false)
    }

    /// Reads up to and with the next line break, but no more than so many bytes; whether there was anything.
    fn some_of_line(&mut self, into: &mut Vec<u8>, most: usize) -> io::Result<bool> {
        while into.len() < most {
            let buffer = self.fill()?;
            if buffer.is_empty() {
                break;
            }
            let room = (most - into.len()).min(buffer.len());
            let end = buffer[..room].iter().position(|byte| *byte == b'\n');
            let used = end.map_or(room, |end| end + 1);
            into.extend_from_slice(&buffer[..used]);
            self.consume(used);
            if end.is_some() {
                break;
            }
        }
        Ok(!into.is_empty())
    }

    /// Puts back what was read too far, before what was put back already.
    fn give_back(&mut self, mut bytes: Vec<u8>) {
        let position = self.ahead.position() as usize;
        let kept = self.ahead.get_ref();
        if position >= kept.len() {
            self.ahead = io::Cursor::new(bytes);
        } else if position >= bytes.len() && kept[position - bytes.len()..position] == bytes[..] {
            // It was read from there.
            self.ahead.set_position((position - bytes.len()) as u64);
        } else {
            bytes.extend_from_slice(&kept[position..]);
            self.ahead = io::Cursor::new(bytes);
        }
    }

    fn value(&mut self) -> io::Result<Option<Record>> {
        let Some(first) = self.skip_to_value()? else { return Ok(None) };
        self.number += 1;
        let mut taken = Taken::new(self.longest);
        let mut depth = 0usize;
        let (mut in_string, mut escaped) = (false, false);
        let bare = !matches!(first, b'{' | b'[' | b'"');
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                let broken = (!bare || self.in_array).then_some("it is cut short: the input ends inside it");
                self.done = true;
                return Ok(Some(taken.record(Place::Record(self.number), broken)));
            }
            let mut end = None;
            for (index, byte) in buffer.iter().enumerate() {
                // A bare value has at least one byte, whatever it is.
                let begun = index > 0 || !taken.bytes.is_empty() || taken.omitted > 0;
                if bare && begun && matches!(byte, b',' | b']' | b'{' | b'\n') {
                    end = Some(index);
                    break;
                }
                match (in_string, byte) {
                    (true, _) if escaped => escaped = false,
                    (true, b'\\') => escaped = true,
                    (true, b'"') => in_string = false,
                    (true, _) => {}
                    (false, b'"') => in_string = true,
                    (false, b'{' | b'[') => depth += 1,
                    (false, b'}' | b']') => depth = depth.saturating_sub(1),
                    (false, _) => {}
                }
                if !bare && depth == 0 && !in_string {
                    end = Some(index + 1);
                    break;
                }
            }
            let used = end.unwrap_or(buffer.len());
            taken.take(&buffer[..used]);
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(taken.record(Place::Record(self.number), None)));
            }
        }
    }

    /// Passes over blanks, commas and the brackets of the outer array; the first byte of the next value.
    fn skip_to_value(&mut self) -> io::Result<Option<u8>> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let Some(byte) = buffer.first().copied() else { return Ok(None) };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf => {}
                b',' | b';' => {}
                b'/' if buffer.starts_with(b"//") => {
                    // A comment, which viewers put before what they save.
                    loop {
                        let buffer = self.reader.fill_buf()?;
                        let end = buffer.iter().position(|byte| *byte == b'\n');
                        let (used, ended) =
                            (end.map_or(buffer.len(), |end| end + 1), end.is_some() || buffer.is_empty());
                        self.reader.consume(used);
                        if ended {
                            break;
                        }
                    }
                    continue;
                }
                b'w' | b'v' if !self.begun && script_value(buffer).is_some() => {
                    let value = script_value(buffer).unwrap_or(0);
                    self.reader.consume(value);
                    continue;
                }
                b'[' if !self.in_array && !self.begun => self.in_array = true,
                b']' if self.in_array => self.in_array = false,
                _ => {
                    self.begun = true;
                    return Ok(Some(byte));
                }
            }
            self.reader.consume(1);
        }
    }

    fn whole(&mut self) -> io::Result<Option<Record>> {
        let mut taken = Taken::new(self.longest);
        self.done = true;
        loop {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(e) if taken.bytes.is_empty() => return Err(e),
                Err(e) => {
                    // What came before the damage is not lost.
                    let mut record = taken.record(Place::Whole, None);
                    record.broken =
                        Some(unreadable(format!("cannot be read to its end: {}", describe(&e)), &e));
                    return Ok(Some(record));
                }
            };
            if buffer.is_empty() {
                return Ok(Some(taken.record(Place::Whole, None)));
            }
            taken.take(buffer);
            let used = buffer.len();
            self.reader.consume(used);
        }
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<io::Result<Record>> {
        if self.done {
            return None;
        }
        if let Some(e) = self.failed.take() {
            self.done = true;
            return Some(Err(e));
        }
        let record = match self.cut {
            Cut::Lines => self.line(),
            Cut::Values => self.value(),
            Cut::Rows => self.row(),
            Cut::Messages => self.message(),
            Cut::Warc => self.warc(),
            Cut::Whole => self.whole(),
        };
        // A reader that failed once would fail for ever.
        self.done |= !matches!(record, Ok(Some(_)));
        record.transpose()
    }
}

/// Bytes of a record, as long as they are bounded.
struct Taken {
    bytes: Vec<u8>,
    omitted: u64,
    longest: usize,
}

impl Taken {
    fn new(longest: usize) -> Taken {
        Taken { bytes: Vec::new(), omitted: 0, longest }
    }

    fn take(&mut self, more: &[u8]) {
        if self.omitted == 0 && self.bytes.len() + more.len() <= self.longest {
            return self.bytes.extend_from_slice(more);
        }
        let kept = KEPT_BYTES.min(self.longest).saturating_sub(self.bytes.len()).min(more.len());
        self.bytes.extend_from_slice(&more[..kept]);
        self.omitted += (more.len() - kept) as u64;
        if self.bytes.len() > KEPT_BYTES {
            self.omitted += (self.bytes.len() - KEPT_BYTES) as u64;
            self.bytes.truncate(KEPT_BYTES);
            self.bytes.shrink_to_fit();
        }
    }

    fn record(self, place: Place, broken: Option<&'static str>) -> Record {
        let (bytes, broken) = (self.bytes, broken.map(Reason::from));
        Record { place, bytes, omitted_bytes: self.omitted, broken, header: None, note: None }
    }
}

/// The longest header of a WARC record.
const HEAD_BYTES_MAX: usize = 1 << 20;

/// The length that an ARC record's header line ends in: URL, address, date, type, length. `Some(None)` is a header whose
/// length is no number.
fn arc_length(line: &[u8]) -> Option<Option<u64>> {
    if line.len() > 8192 {
        return None;
    }
    let line = String::from_utf8_lossy(line);
    if !line.contains("://") {
        return None;
    }
    let fields: Vec<&str> = line.split(' ').collect();
    let is_date = |field: &&str| field.len() >= 12 && field.bytes().all(|byte| byte.is_ascii_digit());
    let dated = fields.len() >= 5 && fields.iter().rev().take(8).any(is_date);
    dated.then(|| fields.last().and_then(|length| length.parse().ok()))
}

fn content_length(head: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(head);
    let value = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-length").then(|| value.trim().to_owned())
    });
    value?.parse::<u64>().ok().filter(|length| *length <= 1 << 50)
}

/// Whether a line begins a record.
fn is_header(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let warc = line
        .strip_prefix(b"WARC/")
        .is_some_and(|version| version.len() < 8 && version.first().is_some_and(u8::is_ascii_digit));
    warc || arc_length(line).is_some()
}

/// Where another record begins inside of what was taken for the block of one.
fn next_header(bytes: &[u8], block: usize) -> Option<usize> {
    let mut at = block.min(bytes.len());
    while at < bytes.len() {
        let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end + 1);
        // The last line may be cut.
        let line = &bytes[at..end];
        if is_header(line) || end == bytes.len() && line.starts_with(b"WARC/") {
            return Some(at);
        }
        at = end;
    }
    None
}

/// Whether a line begins a message of an mbox: `From`, an address, and a date with a time and a year. Sentences begin with the
/// word as well.
fn is_postmark(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let text = String::from_utf8_lossy(rest);
    let year = |word: &str| {
        word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) && word.parse::<u16>().is_ok()
    };
    let time = |word: &str| {
        word.len() >= 4
            && word.contains(':')
            && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
    };
    text.split_whitespace().any(year) && text.split_whitespace().any(time)
}

/// How often a quotation that does not close gives back the lines after it.
const GIVEN_BACK_MAX: u32 = 16;

/// What separates the fields of a header: of comma, semicolon, tab and bar the most frequent one.
fn delimiter(header: &[u8]) -> u8 {
    let count = |wanted: &u8| header.iter().filter(|byte| *byte == wanted).count();
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(count).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn cut(cut: Cut, input: &str) -> Vec<(String, Option<Reason>)> {
        // A tiny buffer cuts the input at every place in turn.
        let mut results = (1..9).map(|capacity| {
            let records = Records::new(BufReader::with_capacity(capacity, input.as_bytes()), cut);
            records
                .map(|record| record.map(|r| (String::from_utf8(r.bytes).unwrap(), r.broken)).unwrap())
                .collect::<Vec<_>>()
        });
        let first = results.next().unwrap();
        results.for_each(|result| assert_eq!(result, first));
        first
    }

    fn texts(kind: Cut, input: &str) -> Vec<String> {
        cut(kind, input).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn lines() {
        assert_eq!(texts(Cut::Lines, "{}\r\n\n  \n{\"a\":1}\n[]"), ["{}", "{\"a\":1}", "[]"]);
        assert_eq!(texts(Cut::Lines, "\u{feff}{}\n"), ["{}"]);
        assert_eq!(texts(Cut::Lines, ""), [""; 0]);
    }

    #[test]
    fn values() {
        for input in [
            "[{\"a\":\"]},{\\\"\"}, {\"b\":[1,{}]}]",
            "{\"a\":\"]},{\\\"\"}\n{\"b\":[1,{}]}",
            " [ {\"a\":\"]},{\\\"\"}\n,\n{\"b\":[1,{}]} ]\n",
        ] {
            assert_eq!(texts(Cut::Values, input), ["{\"a\":\"]},{\\\"\"}", "{\"b\":[1,{}]}"], "{input}");
        }
        assert_eq!(texts(Cut::Values, "[1, \"two\", null]"), ["1", "\"two\"", "null"]);
        assert_eq!(texts(Cut::Values, "[]"), [""; 0]);
        assert_eq!(texts(Cut::Values, "{\"a\":1},\n{\"b\":2},"), ["{\"a\":1}", "{\"b\":2}"]);
        assert_eq!(texts(Cut::Values, "{}]"), ["{}", "]"]);
        assert_eq!(texts(Cut::Values, "[{}],]"), ["{}", "]"]);
        assert_eq!(texts(Cut::Values, "rubbish\n{}"), ["rubbish", "{}"]);
        let broken = cut(Cut::Values, "[{\"a\":1},{\"b\":");
        assert_eq!(broken[0], ("{\"a\":1}".to_owned(), None));
        assert_eq!(broken[1].0, "{\"b\":");
        assert!(broken[1].1.is_some());
    }

    #[test]
    fn whole() {
        assert_eq!(texts(Cut::Whole, "a\n\nb"), ["a\n\nb"]);
        assert_eq!(texts(Cut::Whole, ""), [""]);
    }

    /// A line that is too long costs itself, not its neighbours, and no memory.
    #[test]
    fn long_records_are_passed_over() {
        let input = format!("{{}}\n{}\n{{}}\n", "x".repeat(300_000));
        let records: Vec<_> =
            Records::new(input.as_bytes(), Cut::Lines).with_longest(100_000).map(Result::unwrap).collect();
        assert_eq!(records.len(), 3);
        assert_eq!(
            (records[1].bytes.len(), records[1].omitted_bytes),
            (KEPT_BYTES, 300_000 - KEPT_BYTES as u64)
        );
        assert_eq!(records[1].place, Place::Line(2));
        assert_eq!((records[2].bytes.as_slice(), records[2].omitted_bytes), (&b"{}"[..], 0));
    }
}
