//! WARC 1.0 and 1.1 (ISO 28500) and ARC records: the header, the HTTP message inside, the payload.
//!
//! Lenient where crawlers are not strict: line ends, chunks that are not chunked, lengths that are not there. What was
//! assumed is noted. Cutting a file into records is the matter of [`super::records`].

use super::reader::Limits;
use crate::model::{Dated, Timestamp};
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use sha1::{Digest as _, Sha1};
use std::borrow::Cow;
use std::io::Read;

/// Of an HTTP header so many bytes are kept.
const HTTP_BYTES_MAX: usize = 16 << 10;
/// A payload may decode to so many bytes however small it is.
const RATIO_GRACE: usize = 1 << 20;

/// Whether plain bytes begin as a crawl does.
pub fn is_crawl(start: &[u8]) -> bool {
    start.starts_with(b"WARC/") || start.starts_with(b"filedesc://")
}

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub struct WarcRecord<'a> {
    /// `response`, `resource`, `request`, `revisit`, …; `response` and `filedesc` of an ARC.
    pub kind: String,
    /// The address that was asked for.
    pub url: Option<String>,
    /// When.
    pub date: Option<Timestamp>,
    /// The HTTP status, if there is an HTTP response.
    pub status: Option<u16>,
    /// The status line and the headers of the HTTP response, if there is one.
    pub http: Option<String>,
    /// The payload's type, with its parameters.
    pub content_type: Option<String>,
    /// The payload, transfer and content encodings undone.
    pub payload: Cow<'a, [u8]>,
    /// What was assumed, or does not fit.
    pub notes: Vec<String>,
}

/// Reads a record: its header and its block. `Err` says what is wrong with it.
pub fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<WarcRecord<'a>, String> {
    if bytes.starts_with(b"WARC/") { warc(bytes, limits) } else { arc(bytes, limits) }
}

/// The same without the payload: nothing is decoded.
pub fn head(bytes: &[u8]) -> Result<WarcRecord<'_>, String> {
    let limits = Limits { record_bytes: 0, ..Limits::default() };
    read(bytes, &limits)
}

fn warc<'a>(bytes: &'a [u8], limits: &Limits) -> Result<WarcRecord<'a>, String> {
    let (head, block) = split_head(bytes).ok_or("its header has no end")?;
    let headers = Headers::parse(head);
    let kind = headers.get("WARC-Type").ok_or("its header names no WARC-Type")?.to_ascii_lowercase();
    let url = headers
        .get("WARC-Target-URI")
        .map(|uri| uri.trim_start_matches('<').trim_end_matches('>').trim().to_owned());
    let mut record = WarcRecord {
        date: headers.get("WARC-Date").and_then(date),
        kind,
        url,
        status: None,
        http: None,
        content_type: headers.get("Content-Type").map(str::to_owned),
        payload: Cow::Borrowed(block),
        notes: Vec::new(),
    };
    if let Some(why) = headers.get("WARC-Truncated") {
        record.notes.push(format!("the crawler cut it short: {why}"));
    }
    if limits.record_bytes == 0 {
        if is_http(&record) {
            http(&mut record, block, limits)?;
        }
        return Ok(record);
    }
    if let Some(said) = headers.get("WARC-Block-Digest").and_then(sha1_of)
        && said != sha1(block)
    {
        record.notes.push("its block digest does not fit: it was changed or damaged".to_owned());
    }
    if is_http(&record) {
        http(&mut record, block, limits)?;
    }
    if let Some(said) = headers.get("WARC-Payload-Digest").and_then(sha1_of)
        && record.kind == "response"
    {
        // Crawlers hash the payload as it was sent, with or without its transfer encoding.
        let sent = split_head(block).map_or(block, |(_, sent)| sent);
        let plain = dechunk(sent);
        if said != sha1(sent) && plain.as_ref().is_none_or(|(plain, _)| said != sha1(plain)) {
            record.notes.push("its payload digest does not fit: it was changed or damaged".to_owned());
        }
    }
    Ok(record)
}

fn is_http(record: &WarcRecord<'_>) -> bool {
    let kind = record.content_type.as_deref().unwrap_or("").to_ascii_lowercase();
    kind.starts_with("application/http") && matches!(record.kind.as_str(), "response" | "revisit")
}

/// An ARC record: one line of URL, address, date, type and length, then the response.
fn arc<'a>(bytes: &'a [u8], limits: &Limits) -> Result<WarcRecord<'a>, String> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("its header has no end")?;
    let line = String::from_utf8_lossy(&bytes[..end]).trim().to_owned();
    let fields: Vec<&str> = line.split(' ').collect();
    // URLs with blanks in them happen; the other fields are counted from the end.
    let tail = if fields.len() >= 10 && fields[fields.len() - 6].len() <= 3 { 9 } else { 4 };
    if fields.len() < 5 {
        return Err("it is neither a WARC nor an ARC record".to_owned());
    }
    let url = fields[..fields.len() - tail].join(" ");
    let kind = if url.starts_with("filedesc://") { "filedesc" } else { "response" };
    let named = fields[fields.len() - tail..]
        .iter()
        .find(|field| field.len() == 14 && field.bytes().all(|b| b.is_ascii_digit()));
    let block = &bytes[end + 1..];
    let mut record = WarcRecord {
        kind: kind.to_owned(),
        date: named.and_then(|digits| Timestamp::of_digits(digits)),
        url: Some(url),
        status: None,
        http: None,
        content_type: Some(fields[fields.len() - tail + 2].to_owned()),
        payload: Cow::Borrowed(block),
        notes: Vec::new(),
    };
    if kind == "response" && begins_with_status(block) {
        http(&mut record, block, limits)?;
    }
    Ok(record)
}

/// Whether a response has a status line: a protocol, with or without its version, and a status; the reason phrase is for people
/// (RFC 9112, section 4) and may be missing.
fn begins_with_status(block: &[u8]) -> bool {
    let line = block.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let protocol = words.next().unwrap_or_default().split(|byte| *byte == b'/').next().unwrap_or_default();
    let status = words.next().unwrap_or_default();
    (protocol.eq_ignore_ascii_case(b"HTTP") || protocol.eq_ignore_ascii_case(b"ICY"))
        && status.len() == 3
        && status.iter().all(u8::is_ascii_digit)
}

/// Takes the payload out of an HTTP response.
fn http<'a>(record: &mut WarcRecord<'a>, block: &'a [u8], limits: &Limits) -> Result<(), String> {
    let split = begins_with_status(block).then(|| split_head(block)).flatten();
    let Some((head, sent)) = split else {
        // Some write the page without a header.
        record.notes.push("there is no HTTP header in it".to_owned());
        record.content_type = None;
        return Ok(());
    };
    let headers = Headers::parse(head);
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    record.status =
        String::from_utf8_lossy(first).split_whitespace().nth(1).and_then(|status| status.parse().ok());
    record.content_type = headers.get("Content-Type").map(str::to_owned);
    record.http = Some(String::from_utf8_lossy(&head[..head.len().min(HTTP_BYTES_MAX)]).into_owned());
    if limits.record_bytes == 0 {
        return Ok(());
    }
    let chunked =
        headers.get("Transfer-Encoding").is_some_and(|kind| kind.to_ascii_lowercase().contains("chunked"));
    let mut payload: Cow<'a, [u8]> = Cow::Borrowed(sent);
    if chunked {
        match dechunk(sent) {
            Some((plain, whole)) => {
                payload = Cow::Owned(plain);
                if !whole {
                    record
                        .notes
                        .push("its last chunk is missing or broken; what came before is kept".to_owned());
                }
            }
            None => record.notes.push("it says that it is chunked, and is not".to_owned()),
        }
    }
    let encodings = headers.get("Content-Encoding").unwrap_or("").to_ascii_lowercase();
    for encoding in encodings.split(',').map(str::trim).rev().filter(|encoding| !encoding.is_empty()) {
        match decompress(encoding, &payload, limits)? {
            Some((plain, whole)) => {
                payload = Cow::Owned(plain);
                if !whole {
                    record
                        .notes
                        .push(format!("its {encoding} encoding breaks off; what came before is kept"));
                }
            }
            None => record.notes.push(format!("it says that it is encoded as {encoding}, and is not")),
        }
    }
    record.payload = payload;
    Ok(())
}

/// Undoes a content encoding; `None` if the bytes are not in it. `Err` if they decode to too much.
fn decompress(encoding: &str, bytes: &[u8], limits: &Limits) -> Result<Option<(Vec<u8>, bool)>, String> {
    let plain = match encoding {
        "gzip" | "x-gzip" => bounded(GzDecoder::new(bytes), bytes.len(), limits)?,
        "deflate" => match bounded(ZlibDecoder::new(bytes), bytes.len(), limits)? {
            Some(plain) => Some(plain),
            None => bounded(DeflateDecoder::new(bytes), bytes.len(), limits)?,
        },
        "br" => bounded(brotli_decompressor::Decompressor::new(bytes, 64 << 10), bytes.len(), limits)?,
        "zstd" => match zstd::Decoder::new(bytes) {
            Ok(decoder) => bounded(decoder, bytes.len(), limits)?,
            Err(_) => None,
        },
        "identity" | "none" | "utf-8" | "utf8" => return Ok(Some((bytes.to_vec(), true))),
        _ => {
            return Err(format!(
                "its content encoding {encoding} cannot be undone; gzip, deflate, br and zstd can"
            ));
        }
    };
    Ok(plain)
}

/// Reads to the end, or to where the bytes go wrong if something came before that; and whether it was the end.
fn bounded(mut reader: impl Read, packed: usize, limits: &Limits) -> Result<Option<(Vec<u8>, bool)>, String> {
    let mut plain = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(Some((plain, true))),
            Ok(read) => plain.extend_from_slice(&buffer[..read]),
            Err(_) if plain.is_empty() => return Ok(None),
            Err(_) => return Ok(Some((plain, false))),
        }
        let ratio = usize::try_from(limits.ratio).unwrap_or(usize::MAX);
        let (most, found) = (limits.record_bytes, plain.len());
        if found > most || found > RATIO_GRACE && found / ratio.max(1) > packed {
            return Err(format!(
                "its payload of {packed} bytes unpacks to more than {ratio} times that, or to more than {most} bytes"
            ));
        }
    }
}

/// Undoes a chunked transfer, and whether it came to its end; `None` if it is not chunked.
fn dechunk(bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let end = rest.iter().take(1024).position(|byte| *byte == b'\n');
        let line = std::str::from_utf8(&rest[..end.unwrap_or(0)]).unwrap_or("");
        let size = usize::from_str_radix(line.split(';').next().unwrap_or("").trim(), 16).ok();
        let (Some(end), Some(size)) = (end, size) else {
            return (!plain.is_empty()).then_some((plain, false));
        };
        if size == 0 {
            return Some((plain, true));
        }
        let data = &rest[end + 1..];
        let taken = size.min(data.len());
        plain.extend_from_slice(&data[..taken]);
        rest = &data[taken..];
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
        if rest.is_empty() {
            return Some((plain, false));
        }
    }
}

/// The header lines and what comes after the blank line behind them.
pub(super) fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        let line = bytes[at..].iter().take(64 << 10).position(|byte| *byte == b'\n')?;
        let text = bytes[at..at + line].strip_suffix(b"\r").unwrap_or(&bytes[at..at + line]);
        if text.is_empty() {
            return Some((&bytes[..at], &bytes[at + line + 1..]));
        }
        at += line + 1;
        if at > 1 << 20 {
            return None;
        }
    }
}

/// Header fields, names in any case; a line that begins with a blank goes on the one before.
pub(super) struct Headers(Vec<(String, String)>);

impl Headers {
    pub(super) fn parse(head: &[u8]) -> Headers {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in head.split(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            let line = line.trim_end_matches('\r');
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Headers(fields)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

fn date(text: &str) -> Option<Timestamp> {
    Dated::parse(text).map(|dated| dated.at).or_else(|| Timestamp::of_digits(text))
}

/// The digest that `sha1:` names, in base 32 or in hexadecimal.
fn sha1_of(text: &str) -> Option<[u8; 20]> {
    let text = text.trim();
    let value = text.get(..5).filter(|name| name.eq_ignore_ascii_case("sha1:")).map(|_| &text[5..])?;
    match value.len() {
        32 => base32(value),
        40 => {
            let mut bytes = [0; 20];
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::from_str_radix(value.get(at * 2..at * 2 + 2)?, 16).ok()?;
            }
            Some(bytes)
        }
        _ => None,
    }
}

/// RFC 4648 base 32 of 20 bytes.
fn base32(text: &str) -> Option<[u8; 20]> {
    let mut bytes = [0; 20];
    let (mut bits, mut held, mut at) = (0u64, 0, 0);
    for letter in text.bytes() {
        let value = match letter.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            letter @ b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        (bits, held) = (bits << 5 | u64::from(value), held + 5);
        if held >= 8 {
            held -= 8;
            *bytes.get_mut(at)? = (bits >> held) as u8;
            at += 1;
        }
    }
    (at == 20).then_some(bytes)
}

fn sha1(bytes: &[u8]) -> [u8; 20] {
    Sha1::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(http: &[u8]) -> Vec<u8> {
        let head = format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://x.org/a\r\nWARC-Date: 2025-01-28T09:31:00Z\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
            http.len()
        );
        [head.as_bytes(), http].concat()
    }

    #[test]
    fn a_response_and_its_payload() {
        let bytes = response(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=koi8-r\r\n\r\n<p>x");
        let record = read(&bytes, &Limits::default()).unwrap();
        assert_eq!(
            (record.kind.as_str(), record.url.as_deref(), record.status),
            ("response", Some("https://x.org/a"), Some(200))
        );
        assert_eq!(record.date.unwrap().to_string(), "2025-01-28T09:31:00Z");
        assert_eq!(
            (record.content_type.as_deref(), &*record.payload),
            (Some("text/html; charset=koi8-r"), &b"<p>x"[..])
        );
    }

    #[test]
    fn encodings_are_undone() {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"<p>hello").unwrap();
        let gzip = gzip.finish().unwrap();
        let zstd = zstd::encode_all(&b"<p>hello"[..], 1).unwrap();
        for (name, bytes) in [("gzip", gzip.clone()), ("zstd", zstd), ("gzip", b"<p>hello".to_vec())] {
            let http =
                [format!("HTTP/1.1 200 OK\r\nContent-Encoding: {name}\r\n\r\n").as_bytes(), &bytes].concat();
            assert_eq!(&*read(&response(&http), &Limits::default()).unwrap().payload, b"<p>hello", "{name}");
        }
        let chunks = [format!("{:x}\r\n", gzip.len()).as_bytes(), &gzip, b"\r\n0\r\n\r\n"].concat();
        let http =
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n", &chunks[..]]
                .concat();
        assert_eq!(&*read(&response(&http), &Limits::default()).unwrap().payload, b"<p>hello");
        let http = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<p>hello";
        let bytes = response(http);
        let record = read(&bytes, &Limits::default()).unwrap();
        assert_eq!((&*record.payload, record.notes.len()), (&b"<p>hello"[..], 1));
    }

    #[test]
    fn bombs_are_refused() {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&vec![0; 32 << 20]).unwrap();
        let http =
            [&b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"[..], &gzip.finish().unwrap()].concat();
        assert!(
            read(&response(&http), &Limits::default()).unwrap_err().contains("unpacks"),
            "a bomb is refused"
        );
    }

    #[test]
    fn digests_are_checked() {
        let http = b"HTTP/1.1 200 OK\r\n\r\n<p>x";
        let digest = "sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let text = String::from_utf8(response(http)).unwrap().replacen(
            "Content-Length",
            &format!("WARC-Block-Digest: {digest}\r\nContent-Length"),
            1,
        );
        assert_eq!(read(text.as_bytes(), &Limits::default()).unwrap().notes.len(), 1);
        let hex: String = sha1(http).iter().map(|byte| format!("{byte:02x}")).collect();
        let text = text.replace(digest, &format!("sha1:{hex}"));
        assert_eq!(read(text.as_bytes(), &Limits::default()).unwrap().notes, Vec::<String>::new());
    }

    #[test]
    fn arc_records() {
        let bytes = b"http://x.org/a b 127.0.0.1 20250128093100 text/html 42\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>x\n";
        let record = read(bytes, &Limits::default()).unwrap();
        assert_eq!((record.url.as_deref(), record.status), (Some("http://x.org/a b"), Some(200)));
        assert_eq!(record.date.unwrap().to_string(), "2025-01-28T09:31:00Z");
    }
}
