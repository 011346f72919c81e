//! Messages: newsletters as `.eml` files or in an mbox, and web pages that a browser saved as MHTML.

use super::html;
use super::reader::{Around, Content, Items};
use crate::extract::{self, boilerplate};
use crate::model::{Draft, Origin, Provenance, Published, Reason, Skip, Source};
use crate::text::dates::{self, Setting};
use crate::text::decode;
use mailparse::{MailHeaderMap, ParsedMail};

/// Reads one record: a message, and those that are attached to it.
pub fn read(bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
    let own = draft(bytes, around);
    let mut inner = Vec::new();
    if let Ok(mail) = mailparse::parse_mail(bytes) {
        attached(&mail, 0, &mut |message| {
            inner.push(match message {
                Some(message) => draft(message, around),
                None => Err("messages are attached to messages in it deeper than they are read".into()),
            });
        });
    }
    if inner.is_empty() {
        return own.map(|draft| Content::Drafts(vec![draft]));
    }
    let mut items = Items::default();
    match own {
        Ok(draft) => items.items.push(Ok(draft)),
        // What only carries others says nothing itself.
        Err(_) => items.passed.push(Skip::NoArticle),
    }
    items.items.extend(inner);
    Ok(Content::Items(items))
}

/// Messages in messages are looked into so deep.
const ATTACHED_DEPTH: usize = 8;

/// Every message that is attached to one; `None` for those that are too deep.
fn attached(mail: &ParsedMail<'_>, depth: usize, each: &mut dyn FnMut(Option<&[u8]>)) {
    for part in &mail.subparts {
        if !part.ctype.mimetype.eq_ignore_ascii_case("message/rfc822") {
            attached(part, depth, each);
        } else if depth >= ATTACHED_DEPTH {
            each(None);
        } else if let Ok(bytes) = part.get_body_raw() {
            each(Some(&bytes));
            if let Ok(inner) = mailparse::parse_mail(&bytes) {
                attached(&inner, depth + 1, each);
            }
        }
    }
}

/// A longer header is taken as it stands, and cut.
const HEADER_BYTES_MAX: usize = 16 << 10;

/// The value of a header. Encoded words are joined before they are decoded, since mailers cut them in the middle of a character; bytes
/// that nothing encodes are in the charset of the text, if they are not UTF-8.
fn header(mail: &ParsedMail<'_>, name: &str) -> Option<String> {
    let header = mail.headers.get_first_header(name)?;
    let raw = header.get_value_raw();
    if raw.len() > HEADER_BYTES_MAX {
        return Some(String::from_utf8_lossy(&raw[..HEADER_BYTES_MAX]).trim().to_owned());
    }
    let value = if raw.iter().any(|byte| *byte >= 0x80) {
        let named = charset(mail)
            .or_else(|| part(mail, "text/plain").or_else(|| part(mail, "text/html")).and_then(charset));
        decode::decode(raw, named).text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        joined_words(&String::from_utf8_lossy(raw)).unwrap_or_else(|| header.get_value())
    };
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// A header's encoded words (RFC 2047), with those that stand beside each other in one charset and one encoding decoded as one.
fn joined_words(raw: &str) -> Option<String> {
    let mut words: Vec<(String, String, Vec<u8>)> = Vec::new();
    let mut rest = raw.trim();
    let mut text = String::new();
    let flush = |words: &mut Vec<(String, String, Vec<u8>)>, text: &mut String| {
        for (charset, _, bytes) in words.drain(..) {
            text.push_str(&decode::decode(&bytes, Some(&charset)).text);
        }
    };
    if !raw.contains("=?") {
        return None;
    }
    while let Some(at) = rest.find("=?") {
        let before = &rest[..at];
        if !before.trim().is_empty() || words.is_empty() {
            flush(&mut words, &mut text);
            text.push_str(before);
        }
        let mut parts = rest[at + 2..].splitn(3, '?');
        let (charset, encoding, tail) = (parts.next()?, parts.next()?, parts.next()?);
        let (encoded, after) = tail.split_once("?=")?;
        // A language may stand behind the charset.
        let charset = charset.split('*').next().unwrap_or("").to_lowercase();
        let encoding = encoding.to_lowercase();
        let bytes = match encoding.as_str() {
            "b" => {
                let clean: String = encoded.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
                data_encoding::BASE64_NOPAD
                    .decode(clean.as_bytes())
                    .ok()
                    .or_else(|| data_encoding::BASE64.decode(encoded.as_bytes()).ok())?
            }
            "q" => quoted(encoded),
            _ => return None,
        };
        match words.last_mut() {
            Some((known, how, before)) if *known == charset && *how == encoding => before.extend(bytes),
            _ => words.push((charset, encoding, bytes)),
        }
        rest = after;
    }
    flush(&mut words, &mut text);
    text.push_str(rest);
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The bytes of the encoding Q.
fn quoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let hex = more.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (b'=', Some(byte)) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            (b'_', _) => {
                bytes.push(b' ');
                rest = more;
            }
            (byte, _) => {
                bytes.push(*byte);
                rest = more;
            }
        }
    }
    bytes
}

/// Reads a message. `Err` says why there is no article in it.
fn draft(bytes: &[u8], around: &Around<'_>) -> Result<Draft, Reason> {
    // The first line of an mbox's message is not part of it.
    let bytes = match bytes.strip_prefix(b"From ") {
        Some(rest) => rest.iter().position(|byte| *byte == b'\n').map_or(rest, |end| &rest[end + 1..]),
        None => bytes,
    };
    // Mailers put blank lines before a message that they show as it came.
    let begins = bytes.split_inclusive(|byte| *byte == b'\n').take_while(|line| line.trim_ascii().is_empty());
    let bytes = &bytes[begins.map(<[u8]>::len).sum::<usize>()..];
    let mail = mailparse::parse_mail(bytes).map_err(|e| format!("it is not a message: {e}"))?;
    let header = |name: &str| header(&mail, name);
    if header("From").is_none() && header("Subject").is_none() && header("MIME-Version").is_none() {
        return Err("it has none of the headers of a message (From, Subject, MIME-Version)".into());
    }
    let date = header("Date").and_then(|date| {
        let setting = Setting { language: None, captured: around.captured, now: Some(around.now) };
        dates::parse(&date, setting).filter(|found| found.has_year)
    });
    let note = date.and_then(|found| found.note());
    let date = date.map(|found| found.dated);
    let address = header("Snapshot-Content-Location").or_else(|| {
        part(&mail, "text/html").and_then(|part| part.headers.get_first_value("Content-Location"))
    });
    if let Some(address) = address.filter(|address| address.contains("://") && is_saved_page(&mail)) {
        return saved_page(&mail, &address, date, around);
    }
    let mut draft = match (part(&mail, "text/html"), part(&mail, "text/plain")) {
        (Some(html), plain) => newsletter(html, plain, around)?,
        (None, Some(plain)) => {
            let raw = plain.get_body_raw().map_err(|e| format!("its text cannot be read: {e}"))?;
            let decoded = decode::decode(&raw, charset(plain));
            Draft {
                body: unwrapped(&decoded.text),
                provenance: Provenance {
                    notes: decoded.note().into_iter().collect(),
                    ..Provenance::default()
                },
                ..Draft::default()
            }
        }
        (None, None) => return Err("it has neither a text nor an HTML part".into()),
    };
    if let Some(subject) = header("Subject") {
        // The text may begin with it.
        if let Some(rest) = draft.body.strip_prefix(subject.as_str()).filter(|rest| rest.starts_with("\n\n"))
        {
            draft.body = rest.trim_start().to_owned();
        }
        draft.headline = subject;
    }
    let captured = around.captured.unwrap_or(around.now);
    draft.provenance.published = date.map(|dated| Published::new(dated, Origin::Given, captured));
    draft.provenance.notes.extend(note);
    let is_raw = mail
        .headers
        .get_first_header("From")
        .is_some_and(|from| from.get_value_raw().iter().any(|byte| *byte >= 0x80));
    let from = match header("From").filter(|_| is_raw) {
        // Bytes that nothing encodes are in the charset of the text.
        Some(from) => mailparse::addrparse(&from).ok(),
        None => mail.headers.get_first_header("From").and_then(|from| mailparse::addrparse_header(from).ok()),
    };
    let from = from.and_then(|list| {
        list.iter().find_map(|address| match address {
            mailparse::MailAddr::Single(one) => Some(one.clone()),
            mailparse::MailAddr::Group(group) => group.addrs.first().cloned(),
        })
    });
    if let Some(from) = from {
        let host = from.addr.rsplit('@').next().unwrap_or_default();
        draft.provenance.source = Source::of_url(&format!("https://{host}/"));
        draft.provenance.byline = from.display_name.into_iter().filter(|name| !name.is_empty()).collect();
    }
    let mut extra = serde_json::Map::new();
    for (name, field) in [("Message-ID", "message_id"), ("List-Id", "list_id"), ("To", "to")] {
        if let Some(value) = header(name) {
            extra.insert(field.to_owned(), value.into());
        }
    }
    draft.provenance.set_extra(extra);
    draft.provenance.archived_url = header("Archived-At").map(|at| at.trim_matches(['<', '>']).to_owned());
    Ok(draft)
}

/// The article of a message's HTML, or all of its text: newsletters are laid out in tables that no page has.
fn newsletter(
    part: &ParsedMail<'_>,
    plain: Option<&ParsedMail<'_>>,
    around: &Around<'_>,
) -> Result<Draft, Reason> {
    let raw = part.get_body_raw().map_err(|e| format!("its HTML part cannot be read: {e}"))?;
    let decoded = decode::decode(&raw, charset(part));
    let all = extract::text(&decoded.text);
    let mut draft = html::draft(decoded.text.as_bytes(), around).unwrap_or_default();
    // Its first row is as much of it as the longest.
    let of = if draft.body.len() * 5 < all.len() * 4 { &all } else { &draft.body };
    let is_own = |line: &&str| {
        *line != draft.headline && !boilerplate::is_furniture(line) && !boilerplate::is_mail_furniture(line)
    };
    let body = of.split("\n\n").filter(is_own).collect::<Vec<_>>().join("\n\n");
    draft.body = body;
    if draft.body.is_empty()
        && let Some(plain) = plain
    {
        draft.body = plain.get_body().map_err(|e| format!("its text cannot be read: {e}"))?.trim().to_owned();
    }
    draft.provenance.url = None;
    draft.provenance.notes.extend(decoded.note());
    Ok(draft)
}

/// The charset that a part names; that nobody named one means nothing.
fn charset<'a>(part: &'a ParsedMail<'_>) -> Option<&'a str> {
    part.ctype.params.get("charset").map(String::as_str).filter(|name| !name.eq_ignore_ascii_case("us-ascii"))
}

/// A message's text, its paragraphs on a line each: lines are broken at some width (RFC 3676).
fn unwrapped(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    // The signature is not part of the text.
    let text = text.split("\n-- \n").next().unwrap_or("");
    let width = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let wrapped = (40..=100).contains(&width);
    let mut paragraphs: Vec<String> = Vec::new();
    let mut joins = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            joins = false;
            continue;
        }
        match paragraphs.last_mut().filter(|_| joins) {
            Some(last) => {
                last.push(' ');
                last.push_str(trimmed);
            }
            None => paragraphs.push(trimmed.to_owned()),
        }
        // A line that ends well before the margin ends what it is part of.
        joins = wrapped && (line.ends_with(' ') || line.chars().count() * 10 > width * 6);
    }
    paragraphs.join("\n\n")
}

fn is_saved_page(mail: &ParsedMail<'_>) -> bool {
    mail.ctype.mimetype == "multipart/related"
        || mail.headers.get_first_value("Snapshot-Content-Location").is_some()
}

/// The page of an MHTML file, as of the day on which it was saved.
fn saved_page(
    mail: &ParsedMail<'_>,
    address: &str,
    saved: Option<crate::model::Dated>,
    around: &Around<'_>,
) -> Result<Draft, Reason> {
    let part = part(mail, "text/html").ok_or("it is a saved page without an HTML part")?;
    let raw = part.get_body_raw().map_err(|e| format!("its HTML part cannot be read: {e}"))?;
    let captured = saved.map(|saved| saved.at).or(around.captured);
    let charset = charset(part);
    let mut draft = html::draft(&raw, &Around { url: Some(address), charset, captured, ..*around })?;
    draft.provenance.captured = captured;
    Ok(draft)
}

/// The first part of a type, in or among the message's parts.
fn part<'a, 'm>(mail: &'a ParsedMail<'m>, kind: &str) -> Option<&'a ParsedMail<'m>> {
    if mail.ctype.mimetype.eq_ignore_ascii_case(kind)
        && !mail.get_content_disposition().params.contains_key("filename")
    {
        return Some(mail);
    }
    mail.subparts.iter().find_map(|inner| part(inner, kind))
}

/// Whether bytes begin as a message does: with header fields that messages have.
pub fn is_mail(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&head[..head.len().min(4096)]);
    let text =
        text.strip_prefix("From ").map_or(&*text, |rest| rest.split_once('\n').map_or("", |(_, rest)| rest));
    let mut fields = 0;
    for line in text.lines() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { return false };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return false;
        }
        fields += usize::from(matches!(
            name.to_ascii_lowercase().as_str(),
            "from"
                | "to"
                | "subject"
                | "date"
                | "received"
                | "message-id"
                | "mime-version"
                | "return-path"
                | "delivered-to"
        ));
    }
    fields >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &str) -> Draft {
        draft(message.as_bytes(), &Around::default()).unwrap()
    }

    #[test]
    fn a_newsletter() {
        let draft = read(
            "From: =?utf-8?B?0JLQtdGH0ZbRgNC90Y8g0L/QvtGI0YLQsA==?= <news@mail.post.example>\r\nTo: me@x.org\r\nSubject: The ferry runs again\r\nDate: Tue, 28 Jan 2025 09:31:00 +0200\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
             <table><tr><td><p>The night ferry between Odesa and Izmail will run again from Monday, the port said=2E</p></td></tr></table>\r\n--b--\r\n",
        );
        assert_eq!(draft.headline, "The ferry runs again");
        assert_eq!(
            draft.body,
            "The night ferry between Odesa and Izmail will run again from Monday, the port said."
        );
        assert_eq!(draft.provenance.source.unwrap().as_str(), "post.example");
        assert_eq!(draft.provenance.byline, ["Вечірня пошта"]);
        assert_eq!(draft.provenance.published.unwrap().offset_minutes, Some(120));
    }

    #[test]
    fn a_plain_message_keeps_its_text() {
        let text = "The night ferry between Odesa and Izmail will run again, the port\nsaid on Tuesday in a statement. It had not run since the spring of\nlast year.\n\nTickets:\nOdesa 10\n-- \nThe Port";
        let draft = read(&format!("From: Port <a@post.example>\nSubject: x\n\n{text}"));
        assert_eq!(
            draft.body,
            "The night ferry between Odesa and Izmail will run again, the port said on Tuesday in a statement. It had not run since the spring of last year.\n\nTickets:\n\nOdesa 10"
        );
        let koi8 = encoding_rs::KOI8_R
            .encode("Правительство утвердило новый бюджет страны, сообщил министр финансов.")
            .0;
        let message = [&b"From: a@b.example\nSubject: x\n\n"[..], &koi8].concat();
        let draft = draft_of(&message);
        assert!(draft.body.starts_with("Правительство"), "{}", draft.body);
        assert_eq!(draft.provenance.notes, ["read as KOI8-U, by a guess"]);
    }

    fn draft_of(message: &[u8]) -> Draft {
        draft(message, &Around::default()).unwrap()
    }

    #[test]
    fn a_saved_page() {
        let draft = read(
            "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://post.example/1\r\nSubject: x\r\nDate: Tue, 28 Jan 2025 09:31:00 -0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/html\r\nContent-Location: https://post.example/1\r\n\r\n<h1>The ferry runs again</h1><p>The night ferry between Odesa and Izmail will run again from Monday, the port said.</p>\r\n--b--\r\n",
        );
        assert_eq!(
            (draft.headline.as_str(), draft.provenance.url.as_deref()),
            ("The ferry runs again", Some("https://post.example/1"))
        );
        assert_eq!(draft.provenance.captured.unwrap().to_string(), "2025-01-28T09:31:00Z");
    }

    #[test]
    fn what_begins_as_a_message() {
        assert!(is_mail(b"From x@y Tue Jan 28\nFrom: a@b\nSubject: x\n\nhi"));
        assert!(!is_mail(b"Kyiv: a city\nSubject matter\n\n"));
    }
}
