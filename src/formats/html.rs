//! HTML pages as drafts.

use super::reader::{Around, Content};
use crate::extract::{self, Page, Setting};
use crate::model::{Draft, Language, Provenance, Published, Reason};
use crate::text::decode;
use crate::text::detect_language;

/// Reads one record.
pub fn read(bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
    draft(bytes, around).map(|draft| Content::Drafts(vec![draft]))
}

/// Reads a page. `Err` says why there is no article in it.
pub(super) fn draft(bytes: &[u8], around: &Around<'_>) -> Result<Draft, Reason> {
    let most = around.limits.page_bytes;
    if bytes.len() > most {
        return Err(Reason::PageTooLong { found: bytes.len(), most });
    }
    let decoded = decode::decode(bytes, around.charset);
    let page = extract::read(
        &decoded.text,
        &Setting { url: around.url, captured: around.captured, now: Some(around.now) },
    );
    let mut rejected = None;
    if page.body.is_empty() {
        let why = Reason::NoArticle { headline: !page.headline.is_empty() };
        if !around.partial || page.headline.is_empty() {
            return Err(why);
        }
        rejected = Some(why);
    }
    let mut draft = of_page(page, around, rejected);
    draft.provenance.notes.extend(decoded.note());
    Ok(draft)
}

/// Whether the page that a draft was read from is an article.
pub fn is_article(draft: &Draft) -> bool {
    draft.provenance.is_article != Some(false)
}

/// What a page says becomes a draft.
fn of_page(page: Page, around: &Around<'_>, rejected: Option<Reason>) -> Draft {
    let captured = around.captured.unwrap_or(around.now);
    let some = |value: Option<String>| value.filter(|value| !value.is_empty());
    // The address under which it was found is the capture's; the page's own, if it is another, is kept beside it.
    let canonical_url = page.url.clone().filter(|url| around.url.is_some_and(|found| found != url));
    let mut notes = Vec::new();
    if page.cut {
        notes.push(format!("the page has more than {} nodes; the rest was not read", extract::NODES_MAX));
    }
    let said = page.language.as_deref().and_then(Language::parse);
    Draft {
        language: detect_language::detect(&page.headline, &page.body).or(said),
        headline: page.headline,
        body: page.body,
        provenance: Provenance {
            url: around.url.map(str::to_owned).or(page.url),
            canonical_url: some(canonical_url),
            byline: page.byline,
            published: page.published.map(|found| Published::new(found.dated, found.origin, captured)),
            modified: page.modified,
            publisher: some(page.publisher),
            section: some(page.section),
            keywords: page.keywords,
            description: some(page.description),
            is_article: Some(page.is_article),
            cut: page.paywall,
            origins: page.origins.into_iter().map(|(field, origin)| (field.to_owned(), origin)).collect(),
            notes,
            ..Provenance::default()
        },
        explanation: if around.explain {
            page.considered
                .into_iter()
                .map(|one| {
                    let rules = if one.rules.is_empty() { one.rules } else { format!(" ({})", one.rules) };
                    format!("{:<9} {:<11} {}: {}{rules}", one.field, one.verdict, one.origin, one.value)
                })
                .collect()
        } else {
            Vec::new()
        },
        rejected,
        ..Draft::default()
    }
}
