//! What the archive keeps: articles and the captures that found them, and what a reader hands in: drafts and rejections.

use crate::canonical;
use crate::digest::Digest;
use crate::raw::Raw;
use crate::time::{DAY, Dated, Precision, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A headline and a body, in canonical form. Knows nothing of where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    headline: String,
    body: String,
    language: Option<Language>,
}

/// The most that a capture may say beside the text, in bytes: URL, byline and the fields that the archive has no place for.
pub const PROVENANCE_BYTES_MAX: usize = 8 << 20;

/// The longest text of an article, headline and body together, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 16 << 20;

impl Article {
    /// Brings a headline and a body into canonical form. Either may be empty.
    pub fn new(headline: &str, body: &str, language: Option<Language>) -> Article {
        Article { headline: canonical::headline(headline), body: canonical::body(body), language }
    }

    /// Takes texts that are canonical already: those that the archive itself wrote.
    pub(crate) fn from_canonical(headline: String, body: String, language: Option<Language>) -> Article {
        Article { headline, body, language }
    }

    /// The headline, on one line; empty if there is none.
    pub fn headline(&self) -> &str {
        &self.headline
    }

    /// The body: paragraphs separated by one blank line.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The language of the text, given or detected. Not part of the canonical text.
    pub fn language(&self) -> Option<Language> {
        self.language
    }

    /// Headline, blank line, body, newline.
    pub fn canonical_text(&self) -> String {
        format!("{}\n\n{}\n", self.headline, self.body)
    }

    /// BLAKE3 of the canonical text.
    pub fn digest(&self) -> Digest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.headline.as_bytes()).update(b"\n\n").update(self.body.as_bytes()).update(b"\n");
        Digest(*hasher.finalize().as_bytes())
    }

    /// Bytes of UTF-8 in headline and body.
    pub fn text_bytes(&self) -> usize {
        self.headline.len() + self.body.len()
    }

    pub(crate) fn into_parts(self) -> (String, String, Option<Language>) {
        (self.headline, self.body, self.language)
    }

    pub(crate) fn set_language(&mut self, language: Option<Language>) {
        self.language = language;
    }
}

/// One finding of an article: who published it, where and when, and which input it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// Its number in the order of arrival, from 1; never used twice.
    pub seq: u64,
    /// The article that was found.
    pub digest: Digest,
    /// What was found out about it.
    pub provenance: Provenance,
}

/// What is known of one finding of an article: everything about a [`Capture`] that its input says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance {
    /// Who published it.
    pub source: Option<Source>,
    /// Where, as the input spells it.
    pub url: Option<String>,
    /// Who wrote it.
    pub byline: Vec<String>,
    /// When it was published. Absent is an answer.
    pub published: Option<Published>,
    /// When it was found. Filled in with the time of the commit if the input does not say.
    pub captured: Option<Timestamp>,
    /// The input it came from, and the place in it: `crawl.jsonl:17`.
    pub input: String,
    /// The address that the page gives itself, if it is another one.
    pub canonical_url: Option<String>,
    /// Whether the page it was found on is an article, if it is a page.
    pub is_article: Option<bool>,
    /// Whether it is a summary and not the text: of a feed's item.
    pub is_summary: bool,
    /// Whether the text ends where one would have to pay.
    pub cut: bool,
    /// The section that it was published in.
    pub section: Option<String>,
    /// The keywords that it was published with.
    pub keywords: Vec<String>,
    /// When it was changed last, by its own account.
    pub modified: Option<Dated>,
    /// The publisher's name, as it spells it.
    pub publisher: Option<String>,
    /// What it says of itself in a sentence or two.
    pub description: Option<String>,
    /// When an archive of the web took it, if it was found there.
    pub archived: Option<Timestamp>,
    /// Its address there.
    pub archived_url: Option<String>,
    /// The bytes that it was read from, if they were to be kept.
    pub original: Option<Original>,
    /// Where fields were found: field and origin.
    pub origins: Vec<(String, String)>,
    /// Fields of the input that the archive has no place for: a JSON object, as text. Exported again.
    pub extra: Option<String>,
    /// What had to be assumed or left out, in words.
    pub notes: Vec<String>,
}

/// The bytes that a capture was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The BLAKE3 of the bytes.
    pub digest: Digest,
    /// The archive that keeps them.
    pub archive: Option<uuid::Uuid>,
    /// What they are: `html`, `text`, `feed` …
    pub format: Option<String>,
    /// The encoding that was said beside them.
    pub charset: Option<String>,
    /// The status line and the headers of the HTTP response in which they came.
    pub http: Option<String>,
}

impl Original {
    /// Of which nothing else is known.
    pub fn of(digest: Digest) -> Original {
        Original { digest, archive: None, format: None, charset: None, http: None }
    }

    /// About how many bytes it takes.
    fn bytes(&self) -> usize {
        let texts = self.format.iter().chain(&self.charset).chain(&self.http);
        64 + texts.map(String::len).sum::<usize>()
    }
}

impl Provenance {
    /// Takes the fields of a JSON object that the archive has no place for.
    pub(crate) fn set_extra(&mut self, fields: serde_json::Map<String, serde_json::Value>) {
        self.extra = (!fields.is_empty()).then(|| serde_json::Value::Object(fields).to_string());
    }

    /// The original, if this archive was to keep it.
    pub fn kept_by(&self, archive: uuid::Uuid) -> Option<Digest> {
        let original = self.original.as_ref()?;
        (original.archive == Some(archive)).then_some(original.digest)
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let lists = self.byline.iter().chain(&self.notes).chain(&self.keywords);
        let some = [
            &self.url,
            &self.extra,
            &self.canonical_url,
            &self.section,
            &self.publisher,
            &self.description,
            &self.archived_url,
        ];
        let texts = lists.chain(some.into_iter().flatten());
        let pairs = self.origins.iter().map(|(field, origin)| 16 + field.len() + origin.len());
        200 + self.input.len()
            + texts.map(|text| 8 + text.len()).sum::<usize>()
            + pairs.sum::<usize>()
            + self.original.as_ref().map_or(0, Original::bytes)
    }

    /// What makes two captures of one article the same capture: source, URL and published.
    pub(crate) fn identity(&self) -> [u8; 16] {
        let published = self.published.map(|published| (published.at, published.precision));
        let identity = crate::codec::encode(&(&self.source, &self.url, published));
        blake3::hash(&identity).as_bytes()[..16].try_into().expect("a hash is longer than 16 bytes")
    }
}

/// When an article was published: the instant in UTC, where that was found, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The instant; the first second of it if only a day or a month is known.
    pub at: Timestamp,
    /// How much of it was said.
    pub precision: Precision,
    /// Where it was found.
    pub origin: Origin,
    /// The zone it was printed with, in minutes east of UTC.
    pub offset_minutes: Option<i16>,
    /// Not plausible: before 1600, or more than two days after the capture.
    pub suspect: bool,
}

impl Published {
    /// A date found in an input; `captured` decides whether it lies in the future.
    pub fn new(dated: Dated, origin: Origin, captured: Timestamp) -> Published {
        let Dated { at, precision, offset_minutes } = dated;
        Published { at, precision, origin, offset_minutes, suspect: is_suspect(at, captured) }
    }
}

/// Dates before 1600, and those later than two days after the capture, are kept and marked.
fn is_suspect(at: Timestamp, captured: Timestamp) -> bool {
    let year_1600 = Timestamp::from_day(1600, 1, 1).expect("a day of the calendar");
    at < year_1600 || at.0 > captured.0 + 2 * DAY
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Dated::print(self.at, self.precision))
    }
}

/// Where a date was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Given by the user or by a field of the input.
    Given,
    /// JSON-LD in the page.
    Jsonld,
    /// A meta tag of the page.
    Meta,
    /// A `time` element of the page.
    TimeTag,
    /// The URL, or the path of the input.
    Url,
    /// A feed's item.
    Feed,
    /// A WARC record's header.
    Warc,
    /// The visible text.
    Text,
}

impl Origin {
    /// All of them; their places are what the ledger has.
    pub const ALL: [Origin; 8] = [
        Origin::Given,
        Origin::Jsonld,
        Origin::Meta,
        Origin::TimeTag,
        Origin::Url,
        Origin::Feed,
        Origin::Warc,
        Origin::Text,
    ];
}

/// Who published an article: a registered domain (`rubryka.com`) or a slug (`evening-post`); lower case, no blanks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Source(String);

impl Source {
    /// From a name, a host or a URL: a URL gives its host, `www.` goes, blanks become hyphens, letters lower case.
    /// `None` if nothing is left, or if the name is `none`, which stands for captures without a source.
    pub fn parse(text: &str) -> Option<Source> {
        if text.contains("://")
            && let Some(host) = Source::of_url(text)
        {
            return Some(host);
        }
        // Lower case may put accents beside letters that they belong on.
        let lower = canonical::headline(&canonical::headline(text).to_lowercase());
        let mut slug = String::new();
        for character in lower.chars() {
            match character {
                '/' | '\\' | ',' | ';' | '"' => slug.extend((!slug.ends_with('-')).then_some('-')),
                _ if character.is_whitespace() => slug.extend((!slug.ends_with('-')).then_some('-')),
                _ => slug.push(character),
            }
        }
        Source::trimmed(&slug)
    }

    /// The registered domain of a URL's host by the public suffix list: `bbc.co.uk` of `https://news.bbc.co.uk/…`; the host
    /// itself where it has none, as a number has not.
    pub fn of_url(url: &str) -> Option<Source> {
        let url = url.trim();
        let url = crate::urls::archived(url).map_or(url, |copy| copy.of);
        let url = url::Url::parse(url).ok()?;
        let host = url.host_str()?.to_lowercase();
        let named = matches!(url.host(), Some(url::Host::Domain(_)));
        let registered = psl::domain_str(host.trim_end_matches('.')).filter(|_| named);
        Source::trimmed(registered.unwrap_or(&host))
    }

    /// As the archive has it.
    pub(crate) fn stored(name: String) -> Source {
        Source(name)
    }

    /// Without `www.` and what should not stand at an end.
    fn trimmed(name: &str) -> Option<Source> {
        let mut name = name;
        loop {
            let shorter = name.trim_matches(['-', '.']);
            let shorter = shorter.strip_prefix("www.").unwrap_or(shorter);
            if shorter == name {
                break;
            }
            name = shorter;
        }
        (!name.is_empty() && name != "none" && name.len() <= 253).then(|| Source(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A language: its ISO 639 code of two or three letters, `uk`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Language([u8; 3]);

impl Language {
    /// From a tag such as `uk`, `en-GB`, `ru_RU` or `ukr`: its primary subtag, by ISO 639-1 where there is one.
    pub fn parse(tag: &str) -> Option<Language> {
        let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        if !matches!(primary.len(), 2 | 3) || !primary.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return None;
        }
        let short =
            TWO_LETTERS.iter().find(|(three, _)| *three == primary).map_or(primary.as_str(), |(_, two)| two);
        let mut code = [0; 3];
        code[..short.len()].copy_from_slice(short.as_bytes());
        Some(Language(code))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        let length = if self.0[2] == 0 { 2 } else { 3 };
        std::str::from_utf8(&self.0[..length]).unwrap_or("?")
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// ISO 639-3 codes and the ISO 639-1 codes of the same languages: those that the detector knows.
const TWO_LETTERS: [(&str, &str); 71] = [
    ("afr", "af"),
    ("aka", "ak"),
    ("amh", "am"),
    ("ara", "ar"),
    ("aze", "az"),
    ("bel", "be"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("cym", "cy"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("epo", "eo"),
    ("est", "et"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("guj", "gu"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("ind", "id"),
    ("ita", "it"),
    ("jav", "jv"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kat", "ka"),
    ("khm", "km"),
    ("kor", "ko"),
    ("lat", "la"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("mal", "ml"),
    ("mar", "mr"),
    ("mkd", "mk"),
    ("mya", "my"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("nob", "nb"),
    ("ori", "or"),
    ("pan", "pa"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("sin", "si"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("sna", "sn"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tgl", "tl"),
    ("tha", "th"),
    ("tuk", "tk"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("vie", "vi"),
    ("yid", "yi"),
    ("zho", "zh"),
    ("zul", "zu"),
];

/// What a reader found in an input, before it is an article.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The headline as printed; may be empty.
    pub headline: String,
    /// The body as printed; may be empty if there is a headline.
    pub body: String,
    /// The language, if the input says.
    pub language: Option<Language>,
    /// What the input says of where and when it was found.
    pub provenance: Provenance,
    /// What was considered and why it was chosen, if that was asked for; not kept.
    pub explanation: Vec<String>,
    /// Why it is no article, if it was asked for all the same.
    pub rejected: Option<String>,
    /// Tags that the article is to have.
    pub tags: Vec<String>,
    /// The bytes that it was read from, if they are to be kept.
    pub raw: Option<Raw>,
}

/// An input that could not become an article: where, and why. Nothing of it is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The input: a path as it was given, or `-` for standard input.
    pub input: String,
    /// Where in the input.
    pub place: Place,
    /// What is wrong, what was expected, and what can be done.
    pub reason: String,
    /// The bytes that were rejected; empty if they could not be read at all.
    pub raw: Vec<u8>,
    /// Bytes of it that were left out of `raw`, because it is too long to hold.
    pub omitted_bytes: u64,
}

/// A place in an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All of it.
    Whole,
    /// A line, from 1.
    Line(u64),
    /// A record, from 1, where records are not lines.
    Record(u64),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Whole => write!(f, "{}: {}", self.input, self.reason),
            Place::Line(line) => write!(f, "{}:{line}: {}", self.input, self.reason),
            Place::Record(record) => write!(f, "{}: record {record}: {}", self.input, self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The digest is a promise to everybody who ever wrote one down: this may never change.
    #[test]
    fn golden_digest() {
        let article = Article::new(
            " NATO to  share\u{a0}classified\ninformation\u{ad} ",
            "\n\u{3000}Перший абзац.  \r\n\r\n\r\nДругий\u{200b} абзац\u{202f}:\t «п’ять»\u{2011}5.\n",
            None,
        );
        assert_eq!(
            article.canonical_text(),
            "NATO to share classified information\n\nПерший абзац.\n\nДругий абзац : «п’ять»-5.\n"
        );
        assert_eq!(
            article.digest().to_string(),
            "b5d2f0eea0ab798f89ac6e92e4b6392bef9ff423d6b9493232a3ff5a040d0825"
        );
        assert_eq!(article.digest(), Digest::of(article.canonical_text().as_bytes()));
    }

    #[test]
    fn an_empty_half_keeps_its_place() {
        assert_eq!(Article::new("Flash", "", None).canonical_text(), "Flash\n\n\n");
        assert_eq!(Article::new("", "Text.", None).canonical_text(), "\n\nText.\n");
    }

    #[test]
    fn sources_are_domains_or_slugs() {
        for (text, source) in [
            ("https://www.Rubryka.com/article/1", Some("rubryka.com")),
            ("www.bbc.co.uk", Some("bbc.co.uk")),
            ("Українська правда", Some("українська-правда")),
            (" The Evening  Post ", Some("the-evening-post")),
            ("a\u{0}b/..", Some("ab")),
            ("https://кремль.рф/", Some("xn--e1ajeds9e.xn--p1ai")),
            ("xn--e1ajeds9e.xn--p1ai", Some("xn--e1ajeds9e.xn--p1ai")),
            ("www.www.x.org", Some("x.org")),
            ("", None),
            ("none", None),
            ("../..", None),
        ] {
            assert_eq!(Source::parse(text).as_ref().map(Source::as_str), source, "{text}");
        }
    }

    proptest! {
        /// A source that goes out and in again is the same source.
        #[test]
        fn sources_stay_what_they_are(text in "(www\\.|[a-zA-Z0-9İẞі.,/ -]|\\PC|\u{307}){0,20}", host in "[a-z0-9-]{1,8}(\\.[a-zа-яі-]{1,6}){1,3}") {
            if let Some(source) = Source::parse(&text) {
                prop_assert_eq!(Source::parse(source.as_str()), Some(source.clone()));
            }
            if let Some(source) = Source::of_url(&format!("https://{host}/")) {
                prop_assert_eq!(Source::parse(source.as_str()), Some(source.clone()));
            }
        }
    }

    #[test]
    fn languages_are_primary_subtags() {
        for (tag, code) in [
            ("uk", Some("uk")),
            ("en-GB", Some("en")),
            ("ru_RU", Some("ru")),
            ("ukr", Some("uk")),
            ("gsw", Some("gsw")),
            ("English", None),
            ("", None),
        ] {
            assert_eq!(Language::parse(tag).map(|language| language.to_string()).as_deref(), code, "{tag}");
        }
    }

    #[test]
    fn suspect_dates_are_marked() {
        let captured = Timestamp::from_day(2025, 1, 28).unwrap();
        for (text, suspect) in
            [("1599-12-31", true), ("1600-01-01", false), ("2025-01-30", false), ("2025-01-31", true)]
        {
            let dated = Dated::parse(text).unwrap();
            assert_eq!(Published::new(dated, Origin::Given, captured).suspect, suspect, "{text}");
        }
    }
}
