//! One finding of an article: where, when and by whom it was published.

use super::correction::Corrected;
use super::digest::Digest;
use super::published::Published;
use super::source::Source;
use super::time::{Dated, Timestamp};

/// The most that a capture may say beside the text, in bytes: URL, byline and the fields that the archive has no place for.
pub const PROVENANCE_BYTES_MAX: usize = 8 << 20;

/// One finding of an article: who published it, where and when, and which input it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// Its number in the order of arrival, from 1; never used twice.
    pub seq: u64,
    /// The article that was found.
    pub digest: Digest,
    /// What is known of it.
    pub provenance: Provenance,
    /// How that came to differ from what its input said, in order.
    pub corrections: Vec<Corrected>,
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
}
