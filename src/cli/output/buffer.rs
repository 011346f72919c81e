//! Standard output, with what was not sent yet in our own hands: an answer that turns out to be wrong can still be taken back.

use std::io::{self, Write};

/// Bytes that are kept before they are sent.
const BUFFER_BYTES: usize = 64 << 10;

/// A buffered writer that can forget what it has not sent.
pub struct Output<W = io::StdoutLock<'static>> {
    inner: W,
    buffer: Vec<u8>,
    sent: bool,
    /// Whether all of it is kept for a pager.
    paged: bool,
}

/// More than this is for no pager.
const PAGED_BYTES_MAX: usize = 64 << 20;

impl<W: Write> Output<W> {
    /// One that sends now and then, or keeps what it is given until its end, for a pager.
    pub fn new(inner: W, paged: bool) -> Output<W> {
        Output { inner, buffer: Vec::with_capacity(BUFFER_BYTES), sent: false, paged }
    }

    /// Whether nothing is shown before the end.
    pub fn is_paged(&self) -> bool {
        self.paged
    }

    /// Shows what was kept, or sends the rest.
    pub fn end(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.paged) && super::terminal::page(&self.buffer) {
            self.buffer.clear();
            self.sent = true;
        }
        self.flush()
    }

    /// Forgets everything that was written. `false` if some of it was sent already: then nothing is forgotten.
    pub fn take_back(&mut self) -> bool {
        if !self.sent {
            self.buffer.clear();
        }
        !self.sent
    }

    fn send(&mut self) -> io::Result<()> {
        self.sent |= !self.buffer.is_empty();
        let sent = self.inner.write_all(&self.buffer);
        self.buffer.clear();
        sent
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.paged && self.buffer.len() + bytes.len() <= PAGED_BYTES_MAX {
            self.buffer.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        self.paged = false;
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.send()?;
        }
        if bytes.len() > BUFFER_BYTES {
            self.sent = true;
            return self.inner.write(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.paged {
            return Ok(());
        }
        self.send()?;
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_sent_is_taken_back() {
        let mut out = Output::new(Vec::new(), false);
        out.write_all(b"100\n").unwrap();
        assert!(out.take_back());
        out.write_all(b"100\n").unwrap();
        out.flush().unwrap();
        assert_eq!(out.inner, b"100\n");
        out.write_all(b"more").unwrap();
        assert!(!out.take_back(), "some of it is with the reader already");
        out.write_all(&[b'x'; BUFFER_BYTES + 1]).unwrap();
        out.flush().unwrap();
        assert_eq!(out.inner.len(), 8 + BUFFER_BYTES + 1);
    }
}
