//! Cuts inputs into records without understanding them: lines, JSON values, or all of it. Memory is bounded by the longest
//! record that is allowed; of a longer one the start is kept for the rejection and the rest is passed over.

use crate::article::Place;
use std::io::{self, BufRead};

/// The longest line or JSON value.
pub const RECORD_BYTES_MAX: usize = 64 << 20;
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
    pub broken: Option<&'static str>,
}

/// How an input is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A record a line; empty lines are passed over.
    Lines,
    /// JSON values one after the other, or the elements of one array.
    Values,
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
            longest: RECORD_BYTES_MAX,
        }
    }

    /// The same with another bound than [`RECORD_BYTES_MAX`].
    pub fn with_longest(self, longest: usize) -> Records<R> {
        Records { longest, ..self }
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
                b',' => {}
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
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                self.done = true;
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
        let record = match self.cut {
            Cut::Lines => self.line(),
            Cut::Values => self.value(),
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
        Record { place, bytes: self.bytes, omitted_bytes: self.omitted, broken }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn cut(cut: Cut, input: &str) -> Vec<(String, Option<&'static str>)> {
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
