//! Drafts made ready, and what becomes of them.

use crate::model::{
    Article, Correction, Digest, Draft, Language, PROVENANCE_BYTES_MAX, Provenance, Raw, Reason,
    TEXT_BYTES_MAX,
};

/// A draft made ready: its article in canonical form, and its digest.
#[derive(Clone, Debug)]
pub struct Prepared {
    article: Article,
    digest: Digest,
    provenance: Provenance,
    corrections: Vec<Correction>,
    recorded: bool,
    language_said: bool,
    explanation: Vec<String>,
    rejected: Option<Reason>,
    tags: Vec<String>,
    pub(super) raw: Option<Raw>,
}

impl Prepared {
    /// Brings a draft into canonical form. `Err` says why it cannot be an article.
    pub fn new(draft: Draft) -> Result<Prepared, Reason> {
        let mut article = Article::new(&draft.headline, &draft.body, draft.language);
        if article.text_bytes() == 0 {
            return Err("there is neither a headline nor a body".into());
        }
        if article.text_bytes() > TEXT_BYTES_MAX {
            let (found, most) = (article.text_bytes(), TEXT_BYTES_MAX >> 20);
            return Err(format!("the text has {found} bytes; an article may have {most} MiB").into());
        }
        let said = draft.provenance.bytes() + corrections_bytes(&draft.corrections);
        if said > PROVENANCE_BYTES_MAX {
            let (found, most) = (said, PROVENANCE_BYTES_MAX >> 20);
            return Err(format!("it says {found} bytes beside its text; there may be {most} MiB").into());
        }
        // An archive knows that it is not known.
        if article.language().is_none() && !draft.recorded {
            article.set_language(crate::text::detect_language::detect(article.headline(), article.body()));
        }
        let digest = article.digest();
        Ok(Prepared {
            article,
            digest,
            provenance: draft.provenance,
            corrections: draft.corrections,
            recorded: draft.recorded,
            language_said: draft.language_said,
            explanation: draft.explanation,
            rejected: draft.rejected,
            tags: draft.tags,
            raw: draft.raw,
        })
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        let said = self.provenance.bytes() + corrections_bytes(&self.corrections);
        self.article.text_bytes() + said + self.raw.as_ref().map_or(0, Raw::packed_bytes)
    }

    /// Whether the bytes that it was read from are to be kept.
    pub(crate) fn keeps_raw(&self) -> bool {
        self.raw.is_some()
    }

    pub(crate) fn into_parts(self) -> (Article, Digest, Provenance) {
        (self.article, self.digest, self.provenance)
    }

    /// The article's digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The article.
    pub fn article(&self) -> &Article {
        &self.article
    }

    /// What was considered and why it was chosen, if that was asked for.
    pub fn explanation(&self) -> &[String] {
        &self.explanation
    }

    /// Why it is no article, if it was asked for all the same.
    pub fn rejected(&self) -> Option<&Reason> {
        self.rejected.as_ref()
    }

    /// Tags that the article is to have.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Whether it comes from an archive.
    pub(crate) fn is_recorded(&self) -> bool {
        self.recorded
    }

    /// The language, if somebody said it.
    pub(crate) fn language_said(&self) -> Option<Option<Language>> {
        self.language_said.then(|| self.article.language())
    }

    /// Where it was found.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Corrections that were made of that elsewhere, in order.
    pub fn corrections(&self) -> &[Correction] {
        &self.corrections
    }
}

/// About how many bytes corrections take.
fn corrections_bytes(corrections: &[Correction]) -> usize {
    corrections.iter().map(|correction| correction.values.bytes()).sum()
}

/// What became of one draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// A new article, with this capture.
    New(u64),
    /// A new capture of an article that was there.
    Captured(u64),
    /// Nothing new: a capture of the same article was there that says as much, and if bytes are to be kept, it has some.
    Known,
    /// The same, but something that was missing there is known now: a correction has it, with this number.
    Filled(u64),
    /// The article was removed, and stays out.
    Removed,
}
