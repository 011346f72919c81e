//! HTML pages as drafts.

use super::layouts::LAYOUTS;
use super::reader::{Around, Content};
use super::{press, saved, tree, xml};
use crate::extract::{self, Page, Setting};
use crate::model::url::archived;
use crate::model::{Draft, Language, Provenance, Published, Reason};
use crate::text::decode::{self, Decoded};
use crate::text::detect_language;

/// Reads one record.
pub fn read(bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
    let decoded = decoded(bytes, around)?;
    if let Some(documents) = documents(&decoded.text, around) {
        return documents;
    }
    of_text(&decoded, around).map(|draft| Content::Drafts(vec![draft]))
}

/// The text of a page. `Err` if it is longer than pages may be.
fn decoded<'b>(bytes: &'b [u8], around: &Around<'_>) -> Result<Decoded<'b>, Reason> {
    let most = around.limits.page_bytes;
    if bytes.len() > most {
        return Err(Reason::PageTooLong { found: bytes.len(), most });
    }
    Ok(decode::decode(bytes, around.charset))
}

/// Bytes of a page in which it says what it is.
const HEAD_BYTES: usize = 4096;

/// The documents of a page that holds several, as databases and messengers export them, or why there is none.
fn documents(html: &str, around: &Around<'_>) -> Option<Result<Content, Reason>> {
    let head = html.get(..html.floor_char_boundary(HEAD_BYTES)).unwrap_or("").to_lowercase();
    if head.contains("<!doctype netscape-bookmark-file") {
        return Some(Err("it is a file of bookmarks, addresses without texts".into()));
    }
    if head.contains("<title>pocket export</title>") {
        return Some(Err("it is a list of what was kept in Pocket, addresses without texts".into()));
    }
    let has = |mark: &str| memchr::memmem::find(html.as_bytes(), mark.as_bytes()).is_some();
    if has("<frameset") || has("<FRAMESET") {
        return Some(Err("it is a frameset; ingest the pages that its frames show".into()));
    }
    if has("<DOCFULL>") && has("DOCUMENT") {
        return press::nexis_page(&tree::of_html(html), around);
    }
    if has("DocPublicationName") && !has("<article") {
        return press::europresse(&tree::of_html(html), around);
    }
    let layout = LAYOUTS.of_page(html, around)?;
    let items = xml::of_layout(layout, &tree::of_html(html), around);
    (!items.items.is_empty()).then(|| items.content())
}

/// Reads a page. `Err` says why there is no article in it.
pub(super) fn draft(bytes: &[u8], around: &Around<'_>) -> Result<Draft, Reason> {
    of_text(&decoded(bytes, around)?, around)
}

fn of_text(decoded: &Decoded<'_>, around: &Around<'_>) -> Result<Draft, Reason> {
    // Who saved the page knows best where it was, and when.
    let saved = saved::of(&decoded.text).unwrap_or_default();
    let url = around.url.or(saved.url.as_deref());
    let captured = saved.at.filter(|_| !saved.archived).or(around.captured);
    let around = &Around { url, captured, ..*around };
    let text =
        if saved.archived { saved::without_frame(&decoded.text) } else { decoded.text.as_ref().into() };
    let setting =
        Setting { url: url.or(around.given_url), captured: saved.at.or(captured), now: Some(around.now) };
    let page = extract::read(&text, &setting);
    let mut rejected = None;
    if page.body.is_empty() {
        let why = Reason::NoArticle { headline: !page.headline.is_empty() };
        if !around.partial || page.headline.is_empty() {
            return Err(why);
        }
        rejected = Some(why);
    }
    let mut draft = of_page(page, around, rejected);
    let of = &mut draft.provenance;
    of.notes.extend(decoded.note());
    if saved.archived {
        of.archived = saved.at;
        of.archived_url = of.canonical_url.take_if(|own| archived(own).is_some());
    } else if saved.at.is_some() {
        of.captured = saved.at;
    }
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
