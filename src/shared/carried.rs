//! What goes over the wire beside JSON: documents with what was found about them, as entries of the ledger.

use super::wire::Announced;
use crate::archive::Change;
use crate::ledger::{Entry, RawEntry};
use crate::model::{
    Article, Capture, Corrected, Correction, Digest, Document, Language, Provenance, Said, Unchecked,
};
use std::io::{self, ErrorKind};

/// What is said of a document before its body and its entries.
pub fn announced(document: &Document) -> Announced {
    let code = |language: Option<Language>| language.map(|language| language.to_string());
    let captures = document
        .captures
        .iter()
        .map(|capture| (capture.seq, capture.corrections.iter().map(|corrected| corrected.seq).collect()));
    Announced {
        digest: document.digest.to_string(),
        headline: document.article.headline().to_owned(),
        language: code(document.article.language()),
        tags: document.tags.clone(),
        captures: captures.collect(),
        placed_by: document.placed_by,
        languages: document
            .languages
            .iter()
            .map(|said| (said.seq, said.at_ms, code(said.was), code(said.now)))
            .collect(),
    }
}

/// What the input of a capture said, as the ledger has it.
pub fn entry_of(capture: &Capture) -> RawEntry {
    Entry::Capture { article: 1, provenance: Box::new(capture.as_read()) }.encode()
}

/// A correction as the ledger has it, of a capture that is known otherwise.
pub fn entry_of_correction(correction: &Correction) -> RawEntry {
    let correction = Box::new(correction.clone());
    Entry::Correction { article: 1, capture: Digest([0; 32]), correction }.encode()
}

/// What such an entry says.
fn correction_of(row: &[u8]) -> Option<Correction> {
    match RawEntry::of_row(row).ok()?.open(0).ok()? {
        Entry::Correction { correction, .. } => Some(*correction),
        _ => None,
    }
}

/// What the input of a capture said, as [`entry_of`] has it.
fn provenance_of(row: &[u8]) -> Option<Provenance> {
    match RawEntry::of_row(row).ok()?.open(0).ok()? {
        Entry::Capture { provenance, .. } => Some(*provenance),
        _ => None,
    }
}

/// What is to hold of captures, from such an entry and a language.
pub fn change(row: &[u8], language: Option<&str>) -> Option<Change> {
    let Correction { values, cleared, .. } = correction_of(row)?;
    let language = match language {
        None => None,
        Some("none") => Some(None),
        Some(code) => Some(Some(Language::parse(code)?)),
    };
    Some(Change { values, cleared, language })
}

/// A document as it was announced, with its body and its entries.
pub fn document(
    announced: Announced,
    bytes: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> io::Result<Unchecked> {
    let bad = || io::Error::from(ErrorKind::InvalidData);
    let code = |code: Option<String>| code.and_then(|code| Language::parse(&code));
    let digest = announced.digest.parse().map_err(|_| bad())?;
    let body = text(bytes()?)?;
    let mut captures = Vec::with_capacity(announced.captures.len());
    for (seq, corrections) in announced.captures {
        let read = provenance_of(&bytes()?).ok_or_else(bad)?;
        let mut made = Vec::with_capacity(corrections.len());
        for seq in corrections {
            made.push((seq, correction_of(&bytes()?).ok_or_else(bad)?));
        }
        let (provenance, corrections) = Corrected::history(read, made);
        captures.push(Capture { seq, digest, provenance, corrections });
    }
    let said = |(seq, at_ms, was, now)| Said { seq, at_ms, was: code(was), now: code(now) };
    let article = Article::from_canonical(announced.headline, body, code(announced.language));
    let (tags, placed_by) = (announced.tags, announced.placed_by);
    let languages = announced.languages.into_iter().map(said).collect();
    Ok(Unchecked(Document { digest, article, captures, placed_by, languages, tags }))
}

/// Bytes as a text.
pub fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))
}
