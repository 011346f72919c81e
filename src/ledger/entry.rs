//! Entries: what the archive numbers in order of arrival, as bytes that stay as they were written.
//!
//! An entry is its kind, a version and [fields](crate::bytes::fields). Kinds, versions and fields are only ever added. What this version
//! does not know is kept, chained and copied like the rest: nothing that was written is ever encoded again. (A repair that lost
//! articles gives those that come after them other numbers, and so field 1 other values; it says so, and the head is another.)
//!
//! | kind | field: value |
//! |---|---|
//! | 1 article | 2: digest, 3: language, 4: headline, 5: bytes of the body |
//! | 2 capture | 1: article, 2: source, 3: URL, 4: byline…, 5: published, 6: captured (s), 7: input, 8: other fields as JSON, 9: note…, 10: the page's own URL, 11: is an article, 12: is a summary, 13: is cut off by a paywall, 14: section, 15: keyword…, 16: modified, 17: publisher, 18: description, 19: archived (s), 20: archived as, 21: original, 22: origin of a field… |
//! | 3 tags | 1: article, 2: added…, 3: removed…, 4: when (ms) |
//! | 4 saved query | 2: name, 3: query; none takes the name away, 4: when (ms) |
//! | 5 removal | 1: article, 2: its digest, 3: reason, 4: when (ms), 5: reference |
//! | 6 correction | 1: article, 2–22: as in a capture, what holds from now on, 23: the capture, 24: a field that has no value from now on…, 25: another finding said it, 26: when (ms) |
//! | 7 language | 1: article, 2: language; none is not known, 4: when (ms) |
//!
//! In 5 and 16 of a capture: 1: instant (s), 2: precision (0 second, 1 minute, 2 day, 3 month), 3: origin (0 given, 1 JSON-LD, 2 meta,
//! 3 time tag, 4 URL, 5 feed, 6 WARC, 7 text), 4: zone (minutes), 5: not plausible. In 21: 1: digest, 2: the archive that keeps it,
//! 3: format, 4: encoding, 5: HTTP status line and headers. In 22: 1: field, 2: origin. Instants are seconds or milliseconds since 1970, UTC.
//!
//! **Field 1 is the article that an entry is about**, several times if it is about several, in every kind, those to come too; an
//! article itself has its number by its place. So what an article is to be removed with is found also by a version that does not know
//! it, and a repair that has to give articles other numbers can. Nothing names an entry by its number. What is about a capture names it by
//! the digest of its article and the BLAKE3 of its bytes without field 1, which are the same in every archive that has it.

use super::position::Head;
use crate::bytes::fields::{Field, Malformed, Reader, Writer, replaced};
use crate::model::{
    Article, Correction, Dated, Detail, Digest, Error, Language, Origin, Original, Precision, Provenance,
    Published, Source, Timestamp,
};
use std::cell::RefCell;

const ARTICLE: u16 = 1;
const CAPTURE: u16 = 2;
const TAGS: u16 = 3;
const SAVED: u16 = 4;
const REMOVAL: u16 = 5;
const CORRECTION: u16 = 6;
const LANGUAGE: u16 = 7;
const UNDO: u16 = 8;
/// The version of the kinds above, and their highest fields.
const VERSION: u8 = 1;
const FIELDS: [(u16, u64); 8] = [
    (ARTICLE, 5),
    (CAPTURE, 22),
    (TAGS, 4),
    (SAVED, 4),
    (REMOVAL, 6),
    (CORRECTION, 26),
    (LANGUAGE, 4),
    (UNDO, 4),
];
/// The field that names the article which an entry is about.
const ABOUT: u16 = 1;
/// Numbers of articles have 40 bits.
const ARTICLES_MAX: u64 = 1 << 40;

/// An entry as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEntry {
    /// What it is.
    pub kind: u16,
    /// Of which version of that.
    pub version: u8,
    /// Whether its bytes are gone and their hash stands in their place.
    pub gone: bool,
    /// Its fields, or the hash of what they were.
    pub bytes: Box<[u8]>,
}

/// All of an article but its body, which stands in a pack.
#[derive(Clone, Debug, PartialEq)]
pub struct ArticleRow {
    /// BLAKE3 of the canonical text.
    pub digest: Digest,
    /// The language of the text.
    pub language: Option<Language>,
    /// The headline.
    pub headline: String,
    /// The number of the capture that brought the article.
    pub first_seq: u64,
    /// The length of the body in bytes.
    pub body_bytes: u32,
}

impl ArticleRow {
    /// The article, with its body from elsewhere, if the text has the digest.
    pub fn with_body(&self, body: String) -> Result<Article, Error> {
        let article = Article::from_canonical(self.headline.clone(), body, self.language);
        if article.digest() == self.digest { Ok(article) } else { Err(Error::Digest { digest: self.digest }) }
    }

    /// Bytes of headline and body.
    pub fn text_bytes(&self) -> u64 {
        self.headline.len() as u64 + u64::from(self.body_bytes)
    }
}

/// An entry, understood.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A new article. It has the next number of an article, and none of its own among the entries.
    Article(ArticleRow),
    /// A capture of this article.
    Capture {
        /// The article's number, in order of arrival, from 1.
        article: u64,
        /// What was found out.
        provenance: Box<Provenance>,
    },
    /// Tags that an article gets and loses.
    Tags {
        /// The article's number.
        article: u64,
        /// Tags that it has from now on.
        added: Vec<String>,
        /// Tags that it has no more.
        removed: Vec<String>,
        /// When, in milliseconds since 1970.
        at_ms: i64,
    },
    /// A query that is kept under a name.
    Saved {
        /// The name.
        name: String,
        /// The query; none takes the name away.
        query: Option<String>,
        /// When, in milliseconds since 1970.
        at_ms: i64,
    },
    /// An article is not part of the archive any more, from here on.
    Removal {
        /// The article's number.
        article: u64,
        /// Its digest.
        digest: Digest,
        /// Why.
        reason: String,
        /// What that refers to: a letter, a case.
        reference: Option<String>,
        /// The originals that went with it.
        originals: Vec<Digest>,
        /// When, in milliseconds since 1970.
        at_ms: i64,
    },
    /// Something else holds of a capture than its input said.
    Correction {
        /// The article's number.
        article: u64,
        /// The capture's [name](RawEntry::capture_name).
        capture: Digest,
        /// What holds.
        correction: Box<Correction>,
    },
    /// The text of an article is in another language than was told.
    Language {
        /// The article's number.
        article: u64,
        /// The language; none is not known.
        language: Option<Language>,
        /// When, in milliseconds since 1970.
        at_ms: i64,
    },
    /// A text that was removed may come in again.
    Undo {
        /// Its digest.
        digest: Digest,
        /// When, in milliseconds since 1970.
        at_ms: i64,
    },
    /// What was there is gone; its hash is left.
    Gone {
        /// What it was.
        kind: u16,
    },
    /// A later version of pressmark wrote it.
    Later {
        /// Its kind.
        kind: u16,
    },
}

impl Entry {
    /// As it is written.
    pub fn encode(&self) -> RawEntry {
        thread_local! {
            static SCRATCH: RefCell<Writer> = RefCell::default();
        }
        SCRATCH.with_borrow_mut(|fields| {
            fields.clear();
            let kind = self.write(fields);
            RawEntry { kind, version: VERSION, gone: false, bytes: fields.written().into() }
        })
    }

    /// Writes its fields; its kind.
    fn write(&self, fields: &mut Writer) -> u16 {
        match self {
            Entry::Article(row) => {
                fields.bytes(2, &row.digest.0);
                fields.text(3, row.language.as_ref().map(Language::as_str));
                fields.text(4, Some(&row.headline));
                fields.uint(5, row.body_bytes.into());
                ARTICLE
            }
            Entry::Capture { article, provenance } => {
                fields.uint(1, *article);
                write_provenance(fields, provenance);
                CAPTURE
            }
            Entry::Tags { article, added, removed, at_ms } => {
                fields.uint(1, *article);
                fields.texts(2, added);
                fields.texts(3, removed);
                fields.int(4, *at_ms);
                TAGS
            }
            Entry::Saved { name, query, at_ms } => {
                fields.text(2, Some(name));
                fields.text(3, query.as_deref());
                fields.int(4, *at_ms);
                SAVED
            }
            Entry::Removal { article, digest, reason, reference, originals, at_ms } => {
                fields.uint(1, *article);
                fields.bytes(2, &digest.0);
                fields.text(3, Some(reason));
                fields.int(4, *at_ms);
                fields.text(5, reference.as_deref());
                originals.iter().for_each(|original| fields.bytes(6, &original.0));
                REMOVAL
            }
            Entry::Correction { article, capture, correction } => {
                let Correction { values, cleared, filled, at_ms } = &**correction;
                fields.uint(1, *article);
                write_provenance(fields, values);
                fields.bytes(23, &capture.0);
                cleared.iter().for_each(|detail| fields.uint(24, detail.number().into()));
                fields.flag(25, *filled);
                fields.int(26, *at_ms);
                CORRECTION
            }
            Entry::Language { article, language, at_ms } => {
                fields.uint(1, *article);
                fields.text(2, language.as_ref().map(Language::as_str));
                fields.int(4, *at_ms);
                LANGUAGE
            }
            Entry::Undo { digest, at_ms } => {
                fields.bytes(2, &digest.0);
                fields.int(4, *at_ms);
                UNDO
            }
            Entry::Gone { kind } | Entry::Later { kind } => *kind,
        }
    }
}

impl RawEntry {
    /// Whether it is an article: those have numbers of their own.
    pub fn is_article(&self) -> bool {
        self.kind == ARTICLE
    }

    /// Whether it is an article that can be read.
    pub(crate) fn is_readable_article(&self) -> bool {
        self.can_be_read_as(ARTICLE)
    }

    /// Whether it is a capture that can be read.
    pub fn is_capture(&self) -> bool {
        self.can_be_read_as(CAPTURE)
    }

    /// The name of a capture, by which it is corrected: the hash of its bytes without the number of its article.
    pub fn capture_name(&self) -> Digest {
        let mut hasher = blake3::Hasher::new();
        let mut rest = Reader::new(&self.bytes);
        let mut before = rest.rest();
        while let Some(Ok(field)) = rest.next() {
            let after = rest.rest();
            if field.number != u64::from(ABOUT) {
                hasher.update(&before[..before.len() - after.len()]);
            }
            before = after;
        }
        Digest(*hasher.finalize().as_bytes())
    }

    fn can_be_read_as(&self, kind: u16) -> bool {
        self.kind == kind && self.version == VERSION && !self.gone
    }

    /// About how many bytes it takes.
    pub fn size(&self) -> usize {
        64 + self.bytes.len()
    }

    /// The hash of its bytes, also when they are gone.
    pub fn hash(&self) -> [u8; 32] {
        match <[u8; 32]>::try_from(&*self.bytes) {
            Ok(hash) if self.gone => hash,
            _ => *blake3::hash(&self.bytes).as_bytes(),
        }
    }

    /// The head of the chain after it.
    pub(super) fn head_after(&self, before: Head, hash: &[u8; 32]) -> Head {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&before.0).update(&self.kind.to_le_bytes()).update(&[self.version]).update(hash);
        Head(*hasher.finalize().as_bytes())
    }

    /// The same with its bytes gone: the chain stays what it was.
    pub fn without_bytes(&self) -> RawEntry {
        RawEntry { gone: true, bytes: self.hash().into(), ..*self }
    }

    /// The articles that it is about, whatever it is. What a later version wrote may be no fields; that is about none.
    pub fn about(&self) -> Vec<u64> {
        if self.gone || self.is_article() {
            return Vec::new();
        }
        let about = Reader::new(&self.bytes).filter(|field| match field {
            Ok(field) => field.number == u64::from(ABOUT),
            Err(_) => true,
        });
        about.map(|field| field?.uint()).collect::<Result<_, Malformed>>().unwrap_or_default()
    }

    /// The same about articles with other numbers.
    pub fn about_others(&self, number: &dyn Fn(u64) -> u64) -> RawEntry {
        let bytes = replaced(&self.bytes, ABOUT, number).map_or_else(|_| self.bytes.clone(), Into::into);
        RawEntry { bytes, ..*self }
    }

    /// Whether it says that an article was removed.
    pub fn is_removal(&self) -> bool {
        self.can_be_read_as(REMOVAL)
    }

    /// Whether a later version wrote something of it that this one does not know.
    pub fn is_later(&self) -> bool {
        let known = FIELDS.iter().find(|(kind, _)| *kind == self.kind);
        let Some((_, highest)) = known.filter(|_| self.version == VERSION) else { return true };
        !self.gone && Reader::new(&self.bytes).flatten().any(|field| field.number > *highest)
    }

    /// What it says; `first_seq` is the number of the next entry that is no article.
    pub fn open(&self, first_seq: u64) -> Result<Entry, Malformed> {
        let kind = self.kind;
        if self.gone {
            return Ok(Entry::Gone { kind });
        }
        if self.version != VERSION {
            return Ok(Entry::Later { kind });
        }
        Ok(match kind {
            ARTICLE => Entry::Article(read_article(&self.bytes, first_seq)?),
            CAPTURE => {
                let (article, provenance) = read_capture(&self.bytes)?;
                Entry::Capture { article, provenance: Box::new(provenance) }
            }
            CORRECTION => self.read_correction()?,
            TAGS | SAVED | REMOVAL | LANGUAGE | UNDO => self.read_change()?,
            _ => Entry::Later { kind },
        })
    }

    fn read_correction(&self) -> Result<Entry, Malformed> {
        let (article, values) = read_capture(&self.bytes)?;
        let mut correction = Correction { values, ..Correction::default() };
        let mut capture = None;
        for field in Reader::new(&self.bytes) {
            let field = field?;
            match field.number {
                23 => capture = Some(Digest(field.array()?)),
                24 => {
                    let number = field.uint()?;
                    let known = Detail::ALL.iter().find(|detail| u64::from(detail.number()) == number);
                    correction.cleared.extend(known);
                }
                25 => correction.filled = field.uint()? != 0,
                26 => correction.at_ms = field.int()?,
                _ => {}
            }
        }
        let capture = capture.ok_or_else(|| Malformed("it names no capture".to_owned()))?;
        Ok(Entry::Correction { article, capture, correction: Box::new(correction) })
    }

    fn read_change(&self) -> Result<Entry, Malformed> {
        let (mut article, mut at_ms, mut digest, mut reference) = (0, 0, None, None);
        let (mut second, mut third, mut originals) = (Vec::new(), Vec::new(), Vec::new());
        for field in Reader::new(&self.bytes) {
            let field = field?;
            match (self.kind, field.number) {
                (_, 1) => article = field.uint()?,
                (REMOVAL | UNDO, 2) => digest = Some(Digest(field.array()?)),
                (_, 2) => second.push(field.string()?),
                (_, 3) => third.push(field.string()?),
                (_, 4) => at_ms = field.int()?,
                (REMOVAL, 5) => reference = Some(field.string()?),
                (REMOVAL, 6) => originals.push(Digest(field.array()?)),
                _ => {}
            }
        }
        let missing = |what: &str| Malformed(format!("it has no {what}"));
        if matches!(self.kind, TAGS | LANGUAGE) {
            check_number(article)?;
        }
        Ok(match self.kind {
            LANGUAGE => {
                let language = second.pop().and_then(|code| Language::parse(&code));
                Entry::Language { article, language, at_ms }
            }
            TAGS => Entry::Tags { article, added: second, removed: third, at_ms },
            SAVED => {
                let name = second.pop().ok_or_else(|| missing("name"))?;
                Entry::Saved { name, query: third.pop(), at_ms }
            }
            UNDO => Entry::Undo { digest: digest.ok_or_else(|| missing("digest"))?, at_ms },
            _ => {
                // 0 stands for an article that was lost before.
                check_number(article.max(1))?;
                let digest = digest.ok_or_else(|| missing("digest"))?;
                let reason = third.pop().unwrap_or_default();
                Entry::Removal { article, digest, reason, reference, originals, at_ms }
            }
        })
    }
}

/// As rows of the store and sections of a frame have it: kind, version, 1 if it is gone.
pub(crate) const HEAD_BYTES: usize = 4;

impl RawEntry {
    /// What stands before its bytes.
    pub(crate) fn head(&self) -> [u8; HEAD_BYTES] {
        let [low, high] = self.kind.to_le_bytes();
        [low, high, self.version, u8::from(self.gone)]
    }

    /// From what stands before its bytes, and those.
    pub(crate) fn of(head: [u8; HEAD_BYTES], bytes: &[u8]) -> Result<RawEntry, Malformed> {
        let [.., version, form] = head;
        let gone = match form {
            0 => false,
            1 if bytes.len() == 32 => true,
            _ => return Err(Malformed("neither bytes nor a hash".to_owned())),
        };
        Ok(RawEntry { kind: kind_of(head), version, gone, bytes: bytes.into() })
    }

    /// As a row of the store, behind something else.
    pub(crate) fn to_row(&self, before: &[u8]) -> Box<[u8]> {
        [before, &self.head(), &self.bytes].concat().into()
    }

    /// From a row of the store.
    pub(crate) fn of_row(row: &[u8]) -> Result<RawEntry, Malformed> {
        let (head, bytes) =
            row.split_first_chunk::<HEAD_BYTES>().ok_or_else(|| Malformed("it is cut short".to_owned()))?;
        RawEntry::of(*head, bytes)
    }
}

fn kind_of([low, high, ..]: [u8; HEAD_BYTES]) -> u16 {
    u16::from_le_bytes([low, high])
}

/// Whether a head is that of an article.
pub(super) fn heads_article(head: [u8; HEAD_BYTES]) -> bool {
    kind_of(head) == ARTICLE
}

/// Whether a head is of a form that only later versions write.
pub(super) fn is_of_later_form([.., form]: [u8; HEAD_BYTES]) -> bool {
    form > 1
}

fn read_article(bytes: &[u8], first_seq: u64) -> Result<ArticleRow, Malformed> {
    let mut digest = None;
    let mut row = ArticleRow {
        digest: Digest([0; 32]),
        language: None,
        headline: String::new(),
        first_seq,
        body_bytes: 0,
    };
    for field in Reader::new(bytes) {
        let field = field?;
        match field.number {
            2 => digest = Some(Digest(field.array()?)),
            3 => row.language = Language::parse(field.text()?),
            4 => row.headline = field.string()?,
            5 => row.body_bytes = field.uint()? as u32,
            _ => {}
        }
    }
    row.digest = digest.ok_or_else(|| Malformed("an article without a digest".to_owned()))?;
    Ok(row)
}

fn write_provenance(fields: &mut Writer, of: &Provenance) {
    fields.text(2, of.source.as_ref().map(Source::as_str));
    fields.text(3, of.url.as_deref());
    fields.texts(4, &of.byline);
    if let Some(published) = &of.published {
        fields.fields(5, |inner| {
            let Published { at, precision, offset_minutes, origin, suspect } = *published;
            write_dated(inner, Dated { at, precision, offset_minutes });
            inner.uint(3, origin as u64);
            inner.flag(5, suspect);
        });
    }
    if let Some(captured) = of.captured {
        fields.int(6, captured.0);
    }
    fields.text(7, Some(of.input.as_str()).filter(|input| !input.is_empty()));
    fields.text(8, of.extra.as_deref());
    fields.texts(9, &of.notes);
    fields.text(10, of.canonical_url.as_deref());
    if let Some(is_article) = of.is_article {
        fields.uint(11, is_article.into());
    }
    fields.flag(12, of.is_summary);
    fields.flag(13, of.cut);
    fields.text(14, of.section.as_deref());
    fields.texts(15, &of.keywords);
    if let Some(modified) = of.modified {
        fields.fields(16, |inner| write_dated(inner, modified));
    }
    fields.text(17, of.publisher.as_deref());
    fields.text(18, of.description.as_deref());
    if let Some(archived) = of.archived {
        fields.int(19, archived.0);
    }
    fields.text(20, of.archived_url.as_deref());
    if let Some(original) = &of.original {
        fields.fields(21, |inner| {
            inner.bytes(1, &original.digest.0);
            if let Some(archive) = original.archive {
                inner.bytes(2, archive.as_bytes());
            }
            inner.text(3, original.format.as_deref());
            inner.text(4, original.charset.as_deref());
            inner.text(5, original.http.as_deref());
        });
    }
    for (field, origin) in &of.origins {
        fields.fields(22, |inner| {
            inner.text(1, Some(field));
            inner.text(2, Some(origin));
        });
    }
}

fn write_dated(fields: &mut Writer, dated: Dated) {
    fields.int(1, dated.at.0);
    fields.uint(2, dated.precision as u64);
    if let Some(minutes) = dated.offset_minutes {
        fields.int(4, minutes.into());
    }
}

/// The digest of an article and the bytes of its text: what is asked of each when it comes into the store.
pub(crate) fn article_keys(bytes: &[u8]) -> Result<(Digest, u64), Malformed> {
    let (mut digest, mut text_bytes) = (Digest([0; 32]), 0);
    for field in Reader::new(bytes) {
        let field = field?;
        match field.number {
            2 => digest = Digest(field.array()?),
            4 => text_bytes += field.value.len() as u64,
            5 => text_bytes += field.uint()?,
            _ => {}
        }
    }
    Ok((digest, text_bytes))
}

/// What is asked of every capture when it comes into the store.
pub(crate) struct CaptureKeys<'a> {
    pub article: u64,
    pub source: Option<&'a str>,
    pub url: Option<&'a str>,
    pub published: Option<Published>,
    pub captured: Option<Timestamp>,
}

/// Reads as much of a capture as the indexes are made of.
pub(crate) fn capture_keys(bytes: &[u8]) -> Result<CaptureKeys<'_>, Malformed> {
    let mut keys = CaptureKeys { article: 0, source: None, url: None, published: None, captured: None };
    for field in Reader::new(bytes) {
        let field = field?;
        match field.number {
            1 => keys.article = field.uint()?,
            2 => keys.source = Some(field.text()?),
            3 => keys.url = Some(field.text()?),
            5 => keys.published = Some(read_published(field.value)?),
            6 => keys.captured = Some(Timestamp(field.int()?)),
            _ => {}
        }
    }
    Ok(keys)
}

fn read_capture(bytes: &[u8]) -> Result<(u64, Provenance), Malformed> {
    let (mut article, mut of) = (0, Provenance::default());
    for field in Reader::new(bytes) {
        let field = field?;
        match field.number {
            1 => article = field.uint()?,
            2 => of.source = Some(Source::stored(field.string()?)),
            3 => of.url = Some(field.string()?),
            4 => of.byline.push(field.string()?),
            5 => of.published = Some(read_published(field.value)?),
            6 => of.captured = Some(Timestamp(field.int()?)),
            7 => of.input = field.string()?,
            8 => of.extra = Some(field.string()?),
            9 => of.notes.push(field.string()?),
            10 => of.canonical_url = Some(field.string()?),
            11 => of.is_article = Some(field.uint()? != 0),
            12 => of.is_summary = field.uint()? != 0,
            13 => of.cut = field.uint()? != 0,
            14 => of.section = Some(field.string()?),
            15 => of.keywords.push(field.string()?),
            16 => of.modified = Some(read_dated(field.value)?.0),
            17 => of.publisher = Some(field.string()?),
            18 => of.description = Some(field.string()?),
            19 => of.archived = Some(Timestamp(field.int()?)),
            20 => of.archived_url = Some(field.string()?),
            21 => of.original = Some(read_original(field.value)?),
            22 => of.origins.push(read_origin(field.value)?),
            _ => {}
        }
    }
    check_number(article)?;
    Ok((article, of))
}

/// That an article is named that there can be.
fn check_number(article: u64) -> Result<(), Malformed> {
    match article {
        1..ARTICLES_MAX => Ok(()),
        _ => Err(Malformed(format!("there can be no article {article}"))),
    }
}

fn read_published(bytes: &[u8]) -> Result<Published, Malformed> {
    let (Dated { at, precision, offset_minutes }, origin, suspect) = read_dated(bytes)?;
    Ok(Published { at, precision, origin, offset_minutes, suspect })
}

/// A date with its origin and whether it is implausible. What a later version says of either is the nearest that this one knows.
fn read_dated(bytes: &[u8]) -> Result<(Dated, Origin, bool), Malformed> {
    let mut dated = Dated { at: Timestamp(0), precision: Precision::Second, offset_minutes: None };
    let (mut origin, mut suspect) = (Origin::Given, false);
    for field in Reader::new(bytes) {
        let field = field?;
        match field.number {
            1 => dated.at = Timestamp(field.int()?),
            2 => {
                dated.precision = match field.uint()? {
                    0 => Precision::Second,
                    1 => Precision::Minute,
                    2 => Precision::Day,
                    _ => Precision::Month,
                }
            }
            3 => {
                let number = usize::try_from(field.uint()?).unwrap_or(usize::MAX);
                origin = Origin::ALL.get(number).copied().unwrap_or(Origin::Given);
            }
            4 => dated.offset_minutes = i16::try_from(field.int()?).ok(),
            5 => suspect = field.uint()? != 0,
            _ => {}
        }
    }
    Ok((dated, origin, suspect))
}

fn read_original(bytes: &[u8]) -> Result<Original, Malformed> {
    let mut original = Original::of(Digest([0; 32]));
    for field in Reader::new(bytes) {
        let field = field?;
        match field.number {
            1 => original.digest = Digest(field.array()?),
            2 => original.archive = Some(uuid::Uuid::from_bytes(field.array()?)),
            3 => original.format = Some(field.string()?),
            4 => original.charset = Some(field.string()?),
            5 => original.http = Some(field.string()?),
            _ => {}
        }
    }
    Ok(original)
}

fn read_origin(bytes: &[u8]) -> Result<(String, String), Malformed> {
    let mut pair = (String::new(), String::new());
    for field in Reader::new(bytes) {
        let Field { number, .. } = *field.as_ref().map_err(Clone::clone)?;
        match number {
            1 => pair.0 = field?.string()?,
            2 => pair.1 = field?.string()?,
            _ => {}
        }
    }
    Ok(pair)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A capture with everything that one can have.
    pub(in crate::ledger) fn full() -> Provenance {
        let dated = Dated::parse("2025-01-28T09:31+02:00").unwrap();
        Provenance {
            source: Source::parse("rubryka.com"),
            url: Some("https://rubryka.com/1".to_owned()),
            byline: vec!["О. Коваль".to_owned(), "A. B.".to_owned()],
            published: Some(Published {
                at: dated.at,
                precision: Precision::Minute,
                origin: Origin::TimeTag,
                offset_minutes: Some(120),
                suspect: true,
            }),
            captured: Some(Timestamp(-5)),
            input: "a.html".to_owned(),
            canonical_url: Some("https://rubryka.com/".to_owned()),
            is_article: Some(false),
            is_summary: true,
            cut: true,
            section: Some("Світ".to_owned()),
            keywords: vec!["NATO".to_owned(), "".to_owned()],
            modified: Some(dated),
            publisher: Some("Рубрика".to_owned()),
            description: Some("Short.".to_owned()),
            archived: Some(Timestamp(1_738_100_000)),
            archived_url: Some("https://web.archive.org/web/1/x".to_owned()),
            original: Some(Original {
                digest: Digest([7; 32]),
                archive: Some(uuid::Uuid::from_u128(9)),
                format: Some("html".to_owned()),
                charset: Some("utf-8".to_owned()),
                http: Some("HTTP/1.1 200 OK\r\nServer: x\r\n".to_owned()),
            }),
            origins: vec![("headline".to_owned(), "h1".to_owned())],
            extra: Some(r#"{"id":7}"#.to_owned()),
            notes: vec!["assumed".to_owned()],
        }
    }

    fn every_kind() -> Vec<Entry> {
        vec![
            Entry::Article(ArticleRow {
                digest: Digest([1; 32]),
                language: Language::parse("uk"),
                headline: "Дощ".to_owned(),
                first_seq: 5,
                body_bytes: 70_000,
            }),
            Entry::Capture { article: 1, provenance: Box::new(full()) },
            Entry::Capture { article: 300, provenance: Box::default() },
            Entry::Tags {
                article: 1,
                added: vec!["a".to_owned()],
                removed: vec!["b".to_owned(), "c".to_owned()],
                at_ms: 1,
            },
            Entry::Saved { name: "n".to_owned(), query: Some("lang:uk".to_owned()), at_ms: 2 },
            Entry::Saved { name: "n".to_owned(), query: None, at_ms: 3 },
            Entry::Removal {
                article: 1,
                digest: Digest([1; 32]),
                reason: "asked".to_owned(),
                reference: Some("letter".to_owned()),
                originals: Vec::new(),
                at_ms: 4,
            },
            Entry::Correction { article: 1, capture: Digest([2; 32]), correction: Box::new(correction()) },
            Entry::Language { article: 1, language: Language::parse("ru"), at_ms: 6 },
            Entry::Language { article: 1, language: None, at_ms: 7 },
            Entry::Undo { digest: Digest([1; 32]), at_ms: 8 },
            Entry::Removal {
                article: 1,
                digest: Digest([1; 32]),
                reason: "asked".to_owned(),
                reference: None,
                originals: vec![Digest([3; 32]), Digest([4; 32])],
                at_ms: 9,
            },
        ]
    }

    /// One of everything that can be corrected.
    fn correction() -> Correction {
        let mut correction = Correction { filled: true, at_ms: 5, ..Correction::default() };
        Detail::ALL.iter().for_each(|detail| detail.copy(&full(), &mut correction.values));
        correction.values.byline.clear();
        correction.cleared.push(Detail::Byline);
        correction
    }

    #[test]
    fn a_capture_has_the_same_name_whatever_the_number_of_its_article() {
        let capture = |article, provenance| Entry::Capture { article, provenance: Box::new(provenance) };
        let name = |entry: Entry| entry.encode().capture_name();
        assert_eq!(name(capture(1, full())), name(capture(70_000, full())));
        assert_ne!(name(capture(1, full())), name(capture(1, Provenance { url: None, ..full() })));
    }

    #[test]
    fn entries_round_trip() {
        for entry in every_kind() {
            let raw = entry.encode();
            assert_eq!(raw.open(5).unwrap(), entry);
            assert_eq!(RawEntry::of_row(&raw.to_row(&[])).unwrap(), raw);
            assert!(!raw.is_later());
        }
    }

    /// What is on disk is a promise: these are the hashes of entries with everything that one can have.
    #[test]
    fn golden_hashes() {
        let hashes: Vec<String> =
            every_kind().iter().map(|entry| Digest(entry.encode().hash()).short(16)).collect();
        assert_eq!(hashes, GOLDEN);
    }

    const GOLDEN: [&str; 12] = [
        "7878b664951d5dec",
        "61bff42366c0fcdc",
        "c35f1c395327af05",
        "70024ecf46205df7",
        "e14e5db756924f03",
        "b486af0174d0fed4",
        "0873d663addefa02",
        "6906bca954f16a8e",
        "c4b2c751a432a561",
        "d14150105baf4ff2",
        "375d4da6282549ef",
        "9cc6ffc20048c772",
    ];

    #[test]
    fn what_is_gone_keeps_its_hash() {
        for entry in every_kind() {
            let raw = entry.encode();
            let gone = raw.without_bytes();
            assert_eq!((gone.hash(), gone.without_bytes()), (raw.hash(), gone.clone()));
            let head = Head([3; 32]);
            assert_eq!(gone.head_after(head, &gone.hash()), raw.head_after(head, &raw.hash()));
            assert_eq!(gone.open(1).unwrap(), Entry::Gone { kind: raw.kind });
            assert_eq!(gone.about(), [0; 0]);
        }
    }

    #[test]
    fn later_kinds_versions_and_fields_are_known_as_such() {
        let mut raw = Entry::Saved { name: "n".to_owned(), query: None, at_ms: 0 }.encode();
        let mut fields = Writer::default();
        fields.bytes(99, b"new");
        raw.bytes = [&raw.bytes[..], &fields.finish()].concat().into();
        assert!(raw.is_later());
        assert_eq!(raw.open(1).unwrap(), Entry::Saved { name: "n".to_owned(), query: None, at_ms: 0 });
        raw.version = 2;
        assert_eq!(raw.open(1).unwrap(), Entry::Later { kind: SAVED });
        raw.kind = 4711;
        assert_eq!(raw.open(1).unwrap(), Entry::Later { kind: 4711 });
    }

    #[test]
    fn entries_are_about_articles_in_every_kind() {
        for (entry, about) in
            every_kind().iter().zip([&[][..], &[1], &[300], &[1], &[], &[], &[1], &[1], &[1], &[1]])
        {
            let raw = entry.encode();
            assert_eq!(raw.about(), about);
            let others: Vec<u64> = about.iter().map(|article| article + 70_000).collect();
            assert_eq!(raw.about_others(&|article| article + 70_000).about(), others);
        }
        let mut fields = Writer::default();
        [5, 6].into_iter().for_each(|article| fields.uint(ABOUT, article));
        let two = RawEntry { kind: 4711, version: 1, gone: false, bytes: fields.finish().into() };
        assert_eq!(two.about_others(&|article| article * 2).about(), [10, 12]);
        let no_fields = RawEntry { bytes: b"whatever".as_slice().into(), ..two };
        assert_eq!(no_fields.about(), [0; 0]);
        assert_eq!(no_fields.about_others(&|article| article + 1), no_fields);
    }
}
