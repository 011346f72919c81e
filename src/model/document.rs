//! An article as it was found: the text, and the captures that matched.

use super::article::Article;
use super::capture::Capture;
use super::correction::Said;
use super::digest::Digest;
use super::error::{Error, Result};

/// An article as it was found: the text, and the captures that matched, the one that placed it first.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The article's digest.
    pub digest: Digest,
    /// The article.
    pub article: Article,
    /// Captures in order of arrival.
    pub captures: Vec<Capture>,
    /// The capture that placed it: an index into `captures`.
    pub placed_by: usize,
    /// What was said of the article's language, in order.
    pub languages: Vec<Said>,
    /// The article's tags, in alphabetical order.
    pub tags: Vec<String>,
}

/// A document as it was read.
#[derive(Clone, Debug)]
pub struct Unchecked(pub(crate) Document);

impl Unchecked {
    /// The document, if its text has its digest.
    pub fn check(self) -> Result<Document> {
        let Unchecked(document) = self;
        if document.article.digest() == document.digest {
            Ok(document)
        } else {
            Err(Error::Digest { digest: document.digest })
        }
    }
}
