//! HTML pages: headline, body, byline, dates and what else a page says of its article.
//!
//! What the page says of itself (JSON-LD, meta tags, microdata) is used first and held against what it shows; the layout
//! decides the rest. Each field says where it was found. Nothing is known of particular sites.
//!
//! ```
//! let html = "<html lang=uk><meta property='article:published_time' content='2025-01-28T09:31:00+02:00'>\
//!     <h1>Паром знову ходить</h1><p>Нічний паром між Одесою та Ізмаїлом знову ходитиме з понеділка, повідомив порт.</p>";
//! let page = pressmark::extract::read(html, &pressmark::extract::Setting::default());
//! assert_eq!(page.headline, "Паром знову ходить");
//! assert_eq!(page.published.unwrap().dated.offset_minutes, Some(120));
//! ```

mod blocks;
mod body;
pub mod boilerplate;
mod byline;
mod date_elements;
mod dom;
mod embedded;
mod filter;
mod headline;
mod metadata;
mod published;
mod region;
mod roles;
mod rules;
mod steps;
mod stories;

use crate::model::{Dated, Origin, Timestamp};
use crate::text::dates;
use dom::{Id, Tag};
use std::borrow::Cow;

pub use byline::people;
pub use dom::{DEPTH_MAX, Dom, Id as Node, NODES_MAX};
pub use headline::Considered;

/// What is known of a page besides its markup.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setting<'a> {
    /// Its address.
    pub url: Option<&'a str>,
    /// When it was seen, if that is known: what `yesterday` counts from.
    pub captured: Option<Timestamp>,
    /// Now: no page was published after tomorrow.
    pub now: Option<Timestamp>,
}

/// A date of a page, and the place that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The date, with its zone if there is one.
    pub dated: Dated,
    /// What kind of place says it.
    pub origin: Origin,
    /// Which: `jsonld datePublished`.
    pub place: String,
}

/// What was found in a page.
#[derive(Debug, Default)]
pub struct Page {
    /// The headline; empty if there is none.
    pub headline: String,
    /// The text, a blank line between paragraphs; empty if there is none.
    pub body: String,
    /// Who wrote it.
    pub byline: Vec<String>,
    /// When it was published.
    pub published: Option<Published>,
    /// When it was last changed; not before it was published.
    pub modified: Option<Dated>,
    /// The language that the page gives itself, as a tag.
    pub language: Option<String>,
    /// Its canonical address.
    pub url: Option<String>,
    /// Who published it, in its own spelling.
    pub publisher: Option<String>,
    /// The section that it stands in.
    pub section: Option<String>,
    /// What it is about, in its own words.
    pub keywords: Vec<String>,
    /// What it says of itself in short.
    pub description: Option<String>,
    /// Whether it is an article: it says so, or it has a headline and enough prose.
    pub is_article: bool,
    /// Where each field was found: its name and the place.
    pub origins: Vec<(&'static str, String)>,
    /// Everything that was considered, in order.
    pub considered: Vec<Considered>,
    /// Whether the page was too large to be read to its end ([`NODES_MAX`]).
    pub cut: bool,
    /// Whether a notice behind the text says that one has to pay to read on.
    pub paywall: bool,
}

/// Words of prose that make an article of a page that does not say that it is one.
const ARTICLE_WORDS: usize = 70;

/// With fewer words than these a page shows too little; its scripts may hold the text.
const FEW_WORDS: usize = 60;

/// Reads a page. Never fails: what is not there is empty.
pub fn read(html: &str, setting: &Setting<'_>) -> Page {
    let html = &*closed(html);
    let dom = Dom::parse(html);
    let headings = headline::headings(&dom);
    let texts: Vec<String> = headings.iter().map(|(_, text)| text.clone()).collect();
    let said = metadata::Metadata::of(&dom, &texts);
    let mut considered = Vec::new();
    let title = headline::headline(&dom, &said, &headings, &mut considered);
    let blocks = blocks::Blocks::of(&dom, title.element);

    let said_body = said.paragraphs("articleBody");
    let description = said.meta(&["description"]).or_else(|| said.meta(&["og:description"]));
    let descriptions: Vec<String> =
        [description.clone(), said.meta(&["og:description"]), said.text("description")]
            .into_iter()
            .flatten()
            .collect();
    let known = body::Known {
        headline: &title.text,
        heading: title.element,
        body: said_body.as_deref(),
        descriptions: &descriptions,
    };
    let found = body::find(&dom, &blocks, known);
    let span = found.as_ref().and_then(|found| Some((*found.chosen.first()?, *found.chosen.last()?)));
    let element = |at: usize| blocks.blocks[at].element;

    let canonical = canonical(&said, setting.url, dom.base());
    let url = setting.url.or(canonical.as_deref());
    let heading = title.element.unwrap_or(0);
    let dates = published::Where {
        html,
        dom: &dom,
        said: &said,
        blocks: &blocks.blocks,
        heading,
        body: span,
        url,
        setting: dates::Setting {
            language: said.language.as_deref(),
            captured: setting.captured,
            now: setting.now,
        },
        now: setting.now,
    }
    .dates(&mut considered);
    let first = span.map_or(heading + 400, |(first, _)| element(first));
    let last = span.map_or(heading + 400, |(_, last)| element(last));
    let from = if title.element.is_some() { heading } else { first }.saturating_sub(120);
    let signed: Vec<Id> = span.map_or_else(Vec::new, |(first, last)| {
        let line =
            |at: &usize| !boilerplate::is_furniture(&blocks.blocks[*at].text) && !blocks.blocks[*at].heading;
        [first, last].into_iter().filter(line).map(element).collect()
    });
    let all = blocks.blocks.len();
    let at_heading = title.element.and_then(|id| blocks.blocks.iter().position(|block| block.element >= id));
    let beside: Vec<usize> = span.map_or_else(Vec::new, |(first, last)| {
        let heading = at_heading.unwrap_or(first).min(first);
        let near = (heading + BYLINE_BEHIND_HEADING).min(first + BYLINE_INTO_TEXT).min(all);
        let before = heading.saturating_sub(BYLINE_BEFORE)..near;
        before.chain(last.max(near)..(last + BYLINE_BEHIND).min(all)).collect()
    });
    let place = byline::Place {
        dom: &dom,
        said: &said,
        blocks: &blocks.blocks,
        span: (from, last + 60),
        text: first,
        signed: &signed,
        beside: &beside,
    };
    let (byline, byline_origin) = byline::byline(&place, &mut considered);

    let mut origins = vec![("headline", title.origin.to_owned())];
    let mut page = Page {
        headline: title.text,
        byline,
        language: said.language.clone(),
        publisher: said.names("publisher").into_iter().next().or_else(|| said.meta(&["og:site_name"])),
        section: said
            .text("articleSection")
            .or_else(|| said.meta(&["article:section", "section", "parsely-section"])),
        keywords: keywords(&said),
        description,
        cut: dom.cut,
        paywall: span.is_some_and(|(_, last)| {
            let behind = blocks.blocks.iter().skip(last + 1).take(PAYWALL_BLOCKS);
            behind.into_iter().any(|block| boilerplate::is_paywall(&block.text))
        }),
        ..Page::default()
    };
    let mut prose = page.put_body(found, &dom, &blocks, &mut considered, &mut origins);
    if prose < FEW_WORDS
        && let Some(text) = embedded::article(html, &page.headline)
        && is_of_page(&text, &page, &said)
    {
        prose = page.put_said(text, "script", &mut considered, &mut origins);
    }
    if let Some(text) = steps::Steps::of(&said).and_then(|steps| steps.complete(&page.body)) {
        prose = page.put_said(text, "jsonld instructions", &mut considered, &mut origins);
    }
    if !page.byline.is_empty() {
        origins.push(("byline", byline_origin.to_owned()));
    }
    if let Some(published) = dates.published {
        origins.push(("published", published.place.clone()));
        page.modified = dates.modified.filter(|modified| modified.at >= published.dated.at);
        page.published = Some(published);
    } else {
        page.modified = dates.modified;
    }
    page.is_article = !page.body.is_empty()
        && (said.is_article() && prose > 20 || !page.headline.is_empty() && prose >= ARTICLE_WORDS);
    headline::mark_chosen(&mut considered, &page);
    page.url = canonical;
    page.origins = origins;
    page.considered = considered;
    page
}

/// The address that a page gives itself: its canonical link, unless that is the site's front page and `og:url` is not. Relative ones
/// are resolved.
fn canonical(said: &metadata::Metadata, found: Option<&str>, base: Option<&str>) -> Option<String> {
    let own = said.meta(&["og:url"]);
    let absolute = |url: &&str| url.contains("://");
    let base = found.or(base.filter(absolute)).or(own.as_deref().filter(absolute));
    let resolved = |url: &str| -> Option<String> {
        let url = url.trim();
        if absolute(&url) {
            return Some(url.to_owned());
        }
        if let Some(rest) = url.strip_prefix("//") {
            let scheme = base.and_then(|base| base.split_once("://")).map_or("https", |(scheme, _)| scheme);
            return Some(format!("{scheme}://{rest}"));
        }
        url::Url::parse(base?).ok()?.join(url).ok().map(Into::into)
    };
    let is_front =
        |url: &str| url::Url::parse(url).is_ok_and(|url| url.path().len() <= 1 && url.query().is_none());
    let (canonical, own) = (said.canonical.as_deref().and_then(resolved), own.as_deref().and_then(resolved));
    match (canonical, own) {
        (Some(front), Some(own)) if is_front(&front) && !is_front(&own) => Some(own),
        (Some(front), None) if is_front(&front) && found.is_some_and(|found| !is_front(found)) => None,
        (canonical, own) => canonical.or(own),
    }
}

/// So many blocks are said to have been left out of the text.
const LEFT_SAID: usize = 200;

/// Names of fields, and where each was found.
type Origins = Vec<(&'static str, String)>;

impl Page {
    /// Takes the text that its layout shows; its words.
    fn put_body(
        &mut self,
        found: Option<body::Found>,
        dom: &Dom,
        blocks: &blocks::Blocks,
        considered: &mut Vec<Considered>,
        origins: &mut Origins,
    ) -> usize {
        let Some(found) = found else { return 0 };
        self.body = found.text(blocks);
        let prose = boilerplate::words(&self.body);
        let place = if found.said.is_some() { "jsonld articleBody" } else { "layout" };
        origins.push(("body", place.to_owned()));
        considered.push(Considered {
            verdict: "chosen",
            rules: found.rules,
            ..Considered::new("body", format!("{prose} words"), &found.why)
        });
        considered.extend(found.others.into_iter().map(|(element, words, rules)| Considered {
            verdict: "not chosen",
            rules,
            ..Considered::new("body", format!("{words} words of prose"), &element)
        }));
        considered.extend(found.left.iter().take(LEFT_SAID).map(|(at, why)| {
            let block = &blocks.blocks[*at];
            let start: String = block.text.chars().take(72).collect();
            let cut = if start.len() < block.text.len() { "…" } else { "" };
            Considered {
                verdict: "left out",
                rules: why.says().to_owned(),
                ..Considered::new("body", format!("{start}{cut}"), &region::called(dom, block.element))
            }
        }));
        prose
    }

    /// Takes the text that the page's data carry instead; its words.
    fn put_said(
        &mut self,
        text: String,
        place: &'static str,
        considered: &mut Vec<Considered>,
        origins: &mut Origins,
    ) -> usize {
        let prose = boilerplate::words(&text);
        for other in considered.iter_mut().filter(|other| other.field == "body") {
            other.verdict = "not chosen";
        }
        let value = format!("{prose} words");
        considered.push(Considered { verdict: "chosen", ..Considered::new("body", value, place) });
        self.body = text;
        origins.retain(|(field, _)| *field != "body");
        origins.push(("body", place.to_owned()));
        prose
    }
}

/// So many blocks before the headline, behind it and behind the text may say who wrote it.
const BYLINE_BEFORE: usize = 3;
const BYLINE_BEHIND_HEADING: usize = 12;
const BYLINE_BEHIND: usize = 5;
/// A standfirst may stand before the byline.
const BYLINE_INTO_TEXT: usize = 3;

/// So many blocks behind a text a notice is that it ends there because one has to pay.
const PAYWALL_BLOCKS: usize = 6;

/// Whether a text from a page's scripts is that of the page's article, and not of another story or of a notice: what is shown of
/// the text is in it; where nothing is, the page says that it is an article, or its headline is about the same.
fn is_of_page(text: &str, page: &Page, said: &metadata::Metadata) -> bool {
    let folded = metadata::fold(text);
    let starts = |text: &str| metadata::fold(text).chars().take(48).collect::<String>();
    if !page.body.is_empty() {
        return page.body.split("\n\n").map(starts).any(|start| start.len() > 24 && folded.contains(&start));
    }
    let headline = metadata::fold(&page.headline);
    let words: Vec<&str> = headline.split(' ').filter(|word| word.chars().count() > 3).collect();
    let shared = words.iter().filter(|word| folded.contains(**word)).count();
    said.is_article() || shared * 3 >= words.len() && shared > 0
}

/// XHTML as HTML: what may not be closed in its own tag there, and holds raw text, is closed behind it.
fn closed(html: &str) -> Cow<'_, str> {
    let head = &html[..html.floor_char_boundary(1024)];
    if !html.contains("/>") || !(head.contains("xhtml") || head.trim_start().starts_with("<?xml")) {
        return Cow::Borrowed(html);
    }
    let mut mended = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(end) = rest.find("/>") {
        let start = rest[..end].rfind('<').unwrap_or(0);
        let name = rest[start..end]
            .trim_start_matches('<')
            .split_whitespace()
            .next()
            .unwrap_or("")
            .to_ascii_lowercase();
        mended.push_str(&rest[..end]);
        match name.as_str() {
            "title" | "script" | "style" | "textarea" | "iframe" | "noscript" => {
                mended.push_str(&format!("></{name}>"))
            }
            _ => mended.push_str("/>"),
        }
        rest = &rest[end + 2..];
    }
    mended.push_str(rest);
    Cow::Owned(mended)
}

/// The text of a piece of HTML, such as a feed's item: its blocks, a blank line between them.
pub fn text(html: &str) -> String {
    let blocks = blocks::Blocks::of(&Dom::parse(&closed(html)), None).blocks;
    blocks.into_iter().map(|block| block.text).collect::<Vec<_>>().join("\n\n")
}

/// `text`, where it is a title: on one line, character references resolved, markup gone.
pub fn line(html: &str) -> String {
    metadata::plain(html)
}

fn keywords(said: &metadata::Metadata) -> Vec<String> {
    let mut keywords = said.names("keywords");
    if keywords.is_empty() {
        let metas = |name: &str| {
            said.metas
                .iter()
                .filter(|(known, _)| known == name)
                .map(|(_, content)| content.clone())
                .collect::<Vec<_>>()
        };
        keywords = metas("article:tag");
        if keywords.is_empty() {
            keywords = metas("news_keywords");
        }
        if keywords.is_empty() {
            keywords = metas("keywords");
        }
    }
    let mut single: Vec<String> = Vec::new();
    for keyword in keywords.iter().flat_map(|keyword| keyword.split([',', ';'])).map(str::trim) {
        if !keyword.is_empty() && keyword.len() < 200 && !single.iter().any(|known| known == keyword) {
            single.push(keyword.to_owned());
        }
    }
    single.truncate(64);
    single
}

/// Whether bytes begin as a page does.
pub fn is_html(head: &str) -> bool {
    let lower = head.trim_start().get(..64).unwrap_or(head.trim_start()).to_ascii_lowercase();
    lower.starts_with("<!doctype html")
        || lower.starts_with("<html")
        || lower.starts_with("<head")
        || lower.starts_with("<body")
        || Dom::parse(head)
            .all_tags()
            .any(|tag| matches!(tag, Tag::Body | Tag::Title | Tag::Meta | Tag::H1 | Tag::Div | Tag::P))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "The night ferry between the two towns sails again from Monday, the port said on Friday. \
        It had stood still since the storm of January, which had sunk two pontoons.";

    /// The paragraphs that are found in an article of three paragraphs with something in it, without those.
    fn found(inside: &str) -> Vec<String> {
        let prose = |number: usize| format!("<p>{number}. {PROSE}</p>");
        let page = format!(
            "<html lang=en><body><nav><a href=/>Home</a></nav><h1>The ferry runs again</h1><div class=text>{}{inside}</div>\
             <footer>Evening Post</footer></body></html>",
            (1..4).map(prose).collect::<String>()
        );
        let page = read(&page, &Setting::default());
        let (own, other): (Vec<String>, Vec<String>) =
            page.body.split("\n\n").map(str::to_owned).partition(|text| text.ends_with(PROSE));
        assert_eq!(own.len(), 3, "{page:?}");
        other
    }

    #[test]
    fn what_is_of_the_article() {
        for (inside, expected) in [
            ("<p>Come with us!</p>", vec!["Come with us!"]),
            ("<p>Yours, Anna</p>", vec!["Yours, Anna"]),
            (
                "<div class=social-embed><blockquote class=post><p>A pontoon lies in front of the ferry, and nobody moves it.</p></blockquote></div>",
                vec!["A pontoon lies in front of the ferry, and nobody moves it."],
            ),
            (
                "<h2>Monday</h2><p>First at eight o'clock.</p><h2>Sunday</h2><p>First at eight o'clock.</p><p>Bring warm coats, for the deck is open.</p>",
                vec![
                    "Monday",
                    "First at eight o'clock.",
                    "Sunday",
                    "First at eight o'clock.",
                    "Bring warm coats, for the deck is open.",
                ],
            ),
            (
                "<p>1) A ferry of wood <a href=x>a.example</a></p><p>2) A flag of linen <a href=x>a.example</a></p><p>3) A map of it <a href=x>a.example</a></p>\
                 <p>4) A coat of wool <a href=x>a.example</a></p><p>5) A pair of boots <a href=x>a.example</a></p><p>6) A book of tides <a href=x>a.example</a></p>",
                vec![
                    "1) A ferry of wood a.example",
                    "2) A flag of linen a.example",
                    "3) A map of it a.example",
                    "4) A coat of wool a.example",
                    "5) A pair of boots a.example",
                    "6) A book of tides a.example",
                ],
            ),
        ] {
            assert_eq!(found(inside), expected, "{inside}");
        }
    }

    #[test]
    fn what_is_not() {
        for inside in [
            "<p><a href=x>Read more: the port of the other town</a></p>",
            "<div class=related><p>The other ferry does not run, as the port said in a statement of last week.</p></div>",
            "<div class=comments><p>I have waited for this ferry since I was a child, and so has my mother.</p></div>",
            "<figure><img src=x><figcaption>The ferry in the port. Photo: A. Sailor</figcaption></figure>",
            "<p>Subscribe to our newsletter and get the latest on ferries.</p>",
        ] {
            assert_eq!(found(inside), Vec::<String>::new(), "{inside}");
        }
        // The template shows a paragraph once more, to narrow screens.
        let twice = format!("<div class=narrow><p>1. {PROSE}</p></div>");
        assert_eq!(found(&twice), Vec::<String>::new());
    }

    #[test]
    fn a_standfirst() {
        let lead = "After four weeks the boats are back, and the islanders are glad of it.";
        for page in [
            format!(
                "<h1>The ferry runs again</h1><p class=dek>{lead}</p><ul><li><a href=x>Share</a></ul><div><p>{PROSE}</p><p>Also: {PROSE}</p></div>"
            ),
            format!(
                "<h1>The ferry runs again</h1><section><h2>{lead}</h2></section><time>2025-02-01</time><div><p>{PROSE}</p><p>Also: {PROSE}</p></div>"
            ),
        ] {
            assert_eq!(read(&page, &Setting::default()).body, format!("{lead}\n\n{PROSE}\n\nAlso: {PROSE}"));
        }
    }

    #[test]
    fn where_dates_stand() {
        let prose = format!("<p>{PROSE}</p><p>Also: {PROSE}</p>");
        for (page, expected) in [
            (
                format!("<h1>The ferry runs again<br><small>02.02.2022 • Sport</small></h1>{prose}"),
                Some("2022-02-02"),
            ),
            (
                format!("<h1>The ferry runs again</h1><h2>Port <span>06.11.2023 von Olga</span></h2>{prose}"),
                Some("2023-11-06"),
            ),
            (format!("<h1>The ferry of 3 March 2021 runs again</h1>{prose}"), None),
            (
                format!(
                    "<h1>The ferry runs again</h1><p>By Anna Sailor</p><p>27.1.2022 - {PROSE}</p>{prose}"
                ),
                Some("2022-01-27"),
            ),
            (
                format!(
                    "<h1>The ferry runs again</h1>{prose}<p>This text on ferries and on all that there is around them was written in the port and am 19. Mai 2010 gepostet.</p>"
                ),
                Some("2010-05-19"),
            ),
            (
                format!(
                    "<h1>The ferry runs again</h1>{prose}<h4>Last updated:</h4><ul><li class=timestamp>15.10.2021</li></ul><h2>13.10.2021</h2>"
                ),
                Some("2021-10-13"),
            ),
        ] {
            let found = read(&format!("<html lang=de>{page}"), &Setting::default());
            assert_eq!(
                found.published.map(|published| published.dated.printed()).as_deref(),
                expected,
                "{page}"
            );
        }
    }

    #[test]
    fn who_signs() {
        for (inside, expected) in [
            ("<p><strong>Anna Sailor/Olena Kovalenko</strong></p>", vec!["Anna Sailor", "Olena Kovalenko"]),
            ("<p><strong>See the map below</strong></p>", vec![]),
        ] {
            let page =
                format!("<h1>The ferry runs again</h1><div>{inside}<p>{PROSE}</p><p>Also: {PROSE}</p></div>");
            assert_eq!(read(&page, &Setting::default()).byline, expected);
        }
        let graph = r#"<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","headline":"The ferry runs again","author":{"@id":"x#anna"}},
            {"@type":"Person","@id":"x#anna","name":"Anna Sailor"}]}</script>"#;
        assert_eq!(read(&format!("{graph}<p>{PROSE}</p>"), &Setting::default()).byline, ["Anna Sailor"]);
    }

    #[test]
    fn text_in_a_script() {
        let data = serde_json::json!({ "body": format!("<p>{PROSE}</p>").repeat(4) });
        let page = read(
            &format!("<h1>The ferry runs again</h1><div id=root></div><script>x = {data}</script>"),
            &Setting::default(),
        );
        assert_eq!(page.body, [PROSE; 4].join("\n\n"));
        assert!(page.origins.contains(&("body", "script".to_owned())) && page.is_article);
        // Of another story, or of nothing at all.
        for shown in [
            "<p>The crane of the port has fallen into the water, nobody was hurt, the harbour master said.</p>",
            "",
        ] {
            let other = format!("<h1>A crane falls</h1>{shown}<script>x = {data}</script>");
            assert!(!read(&other, &Setting::default()).body.contains("ferry"), "{shown}");
        }
    }
}
