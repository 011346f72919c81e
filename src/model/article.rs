//! What the archive keeps: articles and the captures that found them, and what a reader hands in: drafts and rejections.

use super::canonical;
use super::digest::Digest;
use super::language::Language;

/// A headline and a body, in canonical form. Knows nothing of where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    headline: String,
    body: String,
    language: Option<Language>,
}

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
