//! Bytes to text: by a byte order mark, else UTF-8 if it is valid, else the charset that the transport or the document
//! names, else a guess by the letters. What was assumed is told, so that it can be noted on the capture.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;
use std::io::{self, BufRead, Read};

/// A text and how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// The encoding's name in the [WHATWG standard](https://encoding.spec.whatwg.org).
    pub encoding: &'static str,
    /// How the encoding was found.
    pub by: By,
    /// Characters that the bytes did not make sense as, and that stand as U+FFFD.
    pub replaced: usize,
}

/// How an encoding was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A byte order mark.
    Mark,
    /// The bytes are valid UTF-8.
    Valid,
    /// The transport or the document names it.
    Named,
    /// A guess.
    Guess,
}

impl Decoded<'_> {
    /// What to note, if anything was assumed.
    pub fn note(&self) -> Option<String> {
        let lost = match self.replaced {
            0 => String::new(),
            n => format!("; {n} characters could not be read"),
        };
        match self.by {
            By::Valid if self.replaced == 0 => None,
            By::Mark if self.encoding == "UTF-8" && self.replaced == 0 => None,
            By::Mark | By::Valid => Some(format!("read as {}{lost}", self.encoding)),
            By::Named => Some(format!("read as {}, which it names{lost}", self.encoding)),
            By::Guess => Some(format!("read as {}, by a guess{lost}", self.encoding)),
        }
    }
}

/// How many bytes are looked at for a declaration.
const HEAD_BYTES: usize = 4096;

/// Decodes bytes; `named` is a charset that the transport names (`Content-Type: …; charset=koi8-r`), if it does.
pub fn decode<'a>(bytes: &'a [u8], named: Option<&str>) -> Decoded<'a> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(&bytes[mark..], encoding, By::Mark);
    }
    if let Some(encoding) = unmarked_utf16(bytes) {
        return with(bytes, encoding, By::Guess);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        // ISO-2022-JP is ASCII throughout, and only says so.
        let stateful = bytes.contains(&0x1b).then(|| declared(bytes, named)).flatten();
        if let Some(encoding) = stateful.filter(|encoding| encoding.name() == "ISO-2022-JP") {
            return with(bytes, encoding, By::Named);
        }
        return Decoded { text: Cow::Borrowed(text), encoding: UTF_8.name(), by: By::Valid, replaced: 0 };
    }
    let named = declared(bytes, named);
    let guess = || {
        let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
        detector.feed(&bytes[..bytes.len().min(1 << 20)], true);
        detector.guess(None, chardetng::Utf8Detection::Deny)
    };
    match named {
        // A page that says UTF-8 and is so but for a few bytes was cut or patched; one that is not at all lies.
        Some(encoding) if encoding == UTF_8 => {
            let decoded = with(bytes, UTF_8, By::Named);
            let high = bytes.iter().filter(|byte| **byte >= 0x80).count();
            if decoded.replaced * 10 <= high { decoded } else { with(bytes, guess(), By::Guess) }
        }
        Some(encoding) => with(bytes, encoding, By::Named),
        None => {
            let decoded = with(bytes, UTF_8, By::Valid);
            let high = bytes.iter().filter(|byte| **byte >= 0x80).count();
            if decoded.replaced * 20 <= high { decoded } else { with(bytes, guess(), By::Guess) }
        }
    }
}

fn with<'a>(bytes: &'a [u8], encoding: &'static Encoding, by: By) -> Decoded<'a> {
    let (text, bad) = encoding.decode_without_bom_handling(bytes);
    let replaced = if bad { text.matches('\u{fffd}').count() } else { 0 };
    Decoded { text, encoding: encoding.name(), by, replaced }
}

/// UTF-16 without a mark: every other byte of the start is 0.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(64) & !1];
    if head.len() < 4 {
        return None;
    }
    let zeros = |from: usize| {
        head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count() * 10 >= head.len() / 2 * 9
    };
    match (zeros(0), zeros(1)) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// The charset that the transport names, or that the document declares in its head: `<meta charset=…>`, `encoding="…"`.
fn declared(bytes: &[u8], named: Option<&str>) -> Option<&'static Encoding> {
    let label = |name: &str| Encoding::for_label(name.trim().trim_matches(['"', '\'']).as_bytes());
    if let Some(encoding) = named.and_then(label) {
        return Some(encoding);
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_BYTES)]).to_ascii_lowercase();
    for key in ["charset", "encoding"] {
        for (at, _) in head.match_indices(key) {
            let rest = head[at + key.len()..].trim_start();
            let Some(value) = rest.strip_prefix('=').map(str::trim_start) else { continue };
            let value = value.trim_start_matches(['"', '\'']);
            let end = value
                .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | ':' | '.'))
                .unwrap_or(value.len());
            if let Some(encoding) = label(&value[..end]) {
                // A declaration that can be read as ASCII is not in UTF-16.
                return Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding });
            }
        }
    }
    None
}

/// The charset of a `Content-Type`.
pub fn charset(content_type: &str) -> Option<&str> {
    let lower = content_type.to_ascii_lowercase();
    let at = lower.find("charset=")? + "charset=".len();
    let value = content_type.get(at..)?.trim_start_matches(['"', '\'']);
    let end = value.find(['"', '\'', ';', ' ', ',']).unwrap_or(value.len());
    Some(&value[..end]).filter(|value| !value.is_empty())
}

/// Another encoding read as UTF-8.
pub struct Utf8<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    plain: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: BufRead> Utf8<R> {
    /// Of a reader whose encoding has this name; one that is not known is UTF-8.
    pub fn new(inner: R, charset: &str) -> Utf8<R> {
        let encoding = Encoding::for_label(charset.as_bytes()).unwrap_or(UTF_8);
        let decoder = encoding.new_decoder_with_bom_removal();
        Utf8 { inner, decoder, plain: Vec::new(), at: 0, ended: false }
    }
}

impl<R: BufRead> Read for Utf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Utf8<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at == self.plain.len() && !self.ended {
            let packed = self.inner.fill_buf()?;
            self.ended = packed.is_empty();
            self.plain.resize(32 << 10, 0);
            let (_, used, written, _) = self.decoder.decode_to_utf8(packed, &mut self.plain, self.ended);
            self.inner.consume(used);
            self.plain.truncate(written);
            self.at = 0;
        }
        Ok(&self.plain[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_then_utf8_then_names_then_guesses() {
        let ukrainian = "Верховна Рада ухвалила закон про державний бюджет на наступний рік, повідомляє агентство. Його підтримали депутати.";
        let cases: [(Vec<u8>, Option<&str>, &str, By); 7] = [
            (ukrainian.as_bytes().to_vec(), Some("windows-1251"), "UTF-8", By::Valid),
            ([b"\xef\xbb\xbf", ukrainian.as_bytes()].concat(), None, "UTF-8", By::Mark),
            (
                encoding_rs::WINDOWS_1251.encode(ukrainian).0.into_owned(),
                Some("windows-1251"),
                "windows-1251",
                By::Named,
            ),
            (encoding_rs::WINDOWS_1251.encode(ukrainian).0.into_owned(), None, "windows-1251", By::Guess),
            (
                encoding_rs::WINDOWS_1251.encode(ukrainian).0.into_owned(),
                Some("utf-8"),
                "windows-1251",
                By::Guess,
            ),
            (encoding_rs::KOI8_U.encode(ukrainian).0.into_owned(), None, "KOI8-U", By::Guess),
            (ukrainian.encode_utf16().flat_map(u16::to_be_bytes).collect(), None, "UTF-16BE", By::Guess),
        ];
        for (at, (bytes, named, encoding, by)) in cases.into_iter().enumerate() {
            let decoded = decode(&bytes, named);
            if encoding == "UTF-16BE" {
                assert_ne!(decoded.text, "", "case {at}");
                continue;
            }
            assert_eq!(
                (decoded.text.as_ref(), decoded.encoding, decoded.by),
                (ukrainian, encoding, by),
                "case {at}"
            );
        }
    }

    #[test]
    fn declarations_in_the_document() {
        let text = "<?xml version='1.0' encoding='koi8-r'?><p>Правительство утвердило бюджет страны</p>";
        let bytes = encoding_rs::KOI8_R.encode(text).0;
        assert_eq!(decode(&bytes, None).text, text);
        let text = "<meta http-equiv=Content-Type content='text/html; charset=windows-1251'><p>Правительство утвердило</p>";
        let bytes = encoding_rs::WINDOWS_1251.encode(text).0;
        let decoded = decode(&bytes, None);
        assert_eq!((decoded.text.as_ref(), decoded.by), (text, By::Named));
        assert_eq!(charset("text/html; charset=\"koi8-u\""), Some("koi8-u"));
        assert_eq!(charset("text/html"), None);
    }

    /// The encodings of the standard, each from its own bytes with its name given.
    #[test]
    fn every_encoding_is_read_back() {
        let texts = [
            "Grüße, naïve café",
            "Правительство утвердило бюджет",
            "政府は予算案を承認した",
            "정부는 예산안을 승인했다",
            "השלום",
            "سلام",
        ];
        let mut tried = 0;
        for label in [
            "ibm866",
            "iso-8859-2",
            "iso-8859-3",
            "iso-8859-4",
            "iso-8859-5",
            "iso-8859-6",
            "iso-8859-7",
            "iso-8859-8",
            "iso-8859-10",
            "iso-8859-13",
            "iso-8859-14",
            "iso-8859-15",
            "iso-8859-16",
            "koi8-r",
            "koi8-u",
            "macintosh",
            "windows-874",
            "windows-1250",
            "windows-1251",
            "windows-1252",
            "windows-1253",
            "windows-1254",
            "windows-1255",
            "windows-1256",
            "windows-1257",
            "windows-1258",
            "x-mac-cyrillic",
            "gbk",
            "gb18030",
            "big5",
            "euc-jp",
            "iso-2022-jp",
            "shift_jis",
            "euc-kr",
        ] {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            for text in texts {
                let (bytes, _, lossy) = encoding.encode(text);
                let plain = std::str::from_utf8(&bytes).is_ok() && label != "iso-2022-jp";
                if !lossy && !plain {
                    assert_eq!(decode(&bytes, Some(label)).text, text, "{label}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 25, "{tried}");
    }
}
