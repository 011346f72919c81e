//! Articles as they were found, with the captures that matched.

use super::filter::Held;
use super::place::Hit;
use super::plan::Asked;
use super::scan::article_marks;
use crate::archive::Snapshot;
use crate::model::{Article, Capture, Document, Result, Unchecked};

impl Asked {
    /// A hit's article with the captures that matched.
    pub fn document(&self, hit: &Hit) -> Result<Document> {
        self.unchecked(hit)?.check()
    }

    /// The same without checking the text, which takes as long as reading it and can be done elsewhere.
    pub fn unchecked(&self, hit: &Hit) -> Result<Unchecked> {
        let view = &self.reader.view;
        let row = view.article(hit.article)?;
        let digest = row.digest;
        let mut captures = Vec::new();
        if self.query.captures || !view.has_several(hit.article)? {
            captures.push(self.reader.capture_of(hit.seq, digest)?);
        } else {
            for (mark, provenance) in article_marks(view, self.query.date_field, hit.article)? {
                let held = Held::of(view, mark, self.query.date_field, provenance.clone());
                if !self.filter.matches(&held)? {
                    continue;
                }
                captures.push(if view.is_corrected(hit.article) {
                    self.reader.capture_of(mark.seq, digest)?
                } else {
                    Capture { seq: mark.seq, digest, provenance, corrections: Vec::new() }
                });
            }
        }
        let article = Article::from_canonical(row.headline, view.body(hit.article)?, row.language);
        let tags = view.tags_of(hit.article)?;
        let placed_by = captures.iter().position(|capture| capture.seq == hit.seq).unwrap_or(0);
        let languages = view.said_of_language(hit.article)?;
        Ok(Unchecked(Document { digest, article, captures, placed_by, languages, tags }))
    }
}

impl Snapshot {
    /// An article with all its captures.
    pub(super) fn document(&self, number: u64) -> Result<Document> {
        let (captures, tags) = (self.captures(number)?, self.tags_of(number)?);
        let languages = self.view.said_of_language(number)?;
        let (digest, article) = self.article(number)?;
        Ok(Document { digest, article, captures, placed_by: 0, languages, tags })
    }
}
