//! The headline of a page: every place that says one is considered, in a fixed order of trust.

use super::dom::{Dom, Id, Tag, collapse};
use super::metadata::{Metadata, fold, plain};
use crate::text::lists::words;
use std::collections::HashSet;

/// Something that was considered for a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// The field.
    pub field: &'static str,
    /// What was found.
    pub value: String,
    /// Where: `jsonld headline`, `meta og:title`, `h1`.
    pub origin: String,
    /// What became of it.
    pub verdict: &'static str,
    /// The rules that weighed it, where rules did: `+40 time element, -35 of a change`.
    pub rules: String,
}

impl Considered {
    /// One that no rule weighed and of which nothing is decided.
    pub(super) fn new(field: &'static str, value: String, origin: &str) -> Considered {
        Considered { field, value, origin: origin.to_owned(), verdict: "", rules: String::new() }
    }
}

/// A longer title is no headline with the name of a site.
const TITLE_BYTES_MAX: usize = 2000;
/// Headings of a page that are looked at.
const HEADINGS_MAX: usize = 500;

/// Headings of a page that may be its headline, with what they say. One that is the name of the site, in its header, is none; then the
/// next rank is asked, and where there is none at all, what is set in bold and stands in the page's title.
pub fn headings(dom: &Dom) -> Vec<(Id, String)> {
    let of = |wanted: &[Tag]| -> Vec<(Id, String)> {
        let named = dom.all().filter(|id| dom.tag(*id).is_some_and(|tag| wanted.contains(&tag)));
        let texts = named.take(HEADINGS_MAX).map(|id| (id, dom.text_of(id)));
        texts.filter(|(_, text)| !fold(text).is_empty() && text.len() < 1000).collect()
    };
    let title = dom.all().find(|id| dom.tag(*id) == Some(Tag::Title)).map(|id| fold(&dom.raw_text(id)));
    let title = title.unwrap_or_default();
    let within =
        |id: Id, tags: &[Tag]| dom.ancestors(id).any(|id| dom.tag(id).is_some_and(|tag| tags.contains(&tag)));
    let is_logo = |(id, text): &(Id, String)| {
        let name = fold(text);
        let is_named = title == name || title.ends_with(&format!(" {name}")) && title.len() > name.len() + 12;
        is_named
            && within(*id, &[Tag::Header])
            && !within(*id, &[Tag::Article, Tag::Main])
            && name.split(' ').count() <= 5
    };
    let found = of(&[Tag::H1]);
    let own: Vec<(Id, String)> = found.iter().filter(|heading| !is_logo(heading)).cloned().collect();
    if !own.is_empty() {
        return own;
    }
    let is_of_text = |(id, text): &(Id, String)| {
        !within(*id, &[Tag::Header, Tag::Footer, Tag::Nav, Tag::Aside])
            && text.split_whitespace().count() >= 3
    };
    let next: Vec<(Id, String)> = of(&[Tag::H2]).into_iter().filter(is_of_text).take(1).collect();
    if !found.is_empty() {
        return if next.is_empty() { found } else { next };
    }
    let in_title =
        |(_, text): &(Id, String)| text.split_whitespace().count() >= 3 && title.ends_with(&fold(text));
    // Of lower ranks the one that the page's title says as well.
    let said = |heading: &(Id, String)| in_title(heading) || title.starts_with(&fold(&heading.1));
    if !next.is_empty() {
        return Vec::new();
    }
    let low = of(&[Tag::H3, Tag::H4]);
    if !low.is_empty() {
        return low.into_iter().filter(|heading| is_of_text(heading) && said(heading)).take(1).collect();
    }
    of(&[Tag::B, Tag::Strong]).into_iter().filter(in_title).take(1).collect()
}

/// The headline, where it was found, and the heading that shows it.
pub struct Headline {
    pub text: String,
    pub origin: &'static str,
    pub element: Option<Id>,
}

/// Chooses the headline among the heading, JSON-LD, `og:title`, `twitter:title` and `<title>`, the names of sites taken off.
///
/// Where they disagree: what the page shows counts, but JSON-LD, which editors fill in, outweighs a heading that only
/// `og:title` repeats, unless `<title>` says the same as JSON-LD, which then is the one for search engines. A kicker that
/// the heading has before what `og:title` says goes.
pub fn headline(
    dom: &Dom,
    said: &Metadata,
    headings: &[(Id, String)],
    considered: &mut Vec<Considered>,
) -> Headline {
    let site = said.meta(&["og:site_name", "application-name"]).map(|name| fold(&name)).unwrap_or_default();
    let ld = said.text("headline").or_else(|| said.text("name")).unwrap_or_default();
    let [og, twitter] = ["og:title", "twitter:title"]
        .map(|name| said.meta(&[name]).map(|title| plain(&title)).unwrap_or_default());
    let title = said.title.clone();
    let others = format!("{} {} {}", fold(&og), fold(&title), fold(&ld));
    let others: HashSet<&str> = others.split(' ').collect();
    let agreement = |text: &str| {
        let folded = fold(text);
        let words: Vec<&str> = folded.split(' ').collect();
        let shared = words.iter().filter(|word| others.contains(*word)).count();
        shared as f64 / words.len() as f64 + 0.05 * words.len().min(8) as f64
    };
    let lone = others.len() <= 1;
    // The one heading of the element that is the article, or the one that is left without the site's name.
    let is_one = |id: Id| {
        let tag = dom.tag(id);
        let around = dom.ancestors(id).any(|id| matches!(dom.tag(id), Some(Tag::Article)));
        headings.len() == 1 && (tag != Some(Tag::H1) || around)
    };
    let heading = headings
        .iter()
        .map(|(id, text)| (agreement(text), *id, text))
        .filter(|(agreement, id, text)| {
            *agreement >= 0.5 || (lone || is_one(*id)) && text.chars().count() > 8
        })
        .fold(None::<(f64, Id, &String)>, |best, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        });
    let (element, heading) = heading
        .map_or((None, String::new()), |(_, id, text)| (Some(id), collapse(&text.replace('\u{ad}', ""))));
    // One of a low rank shows where the headline is; what it is, the page's own words say first.
    let is_low = element.is_some_and(|id| matches!(dom.tag(id), Some(Tag::H3 | Tag::H4)));
    let heading = if is_low && !(ld.is_empty() && og.is_empty()) { String::new() } else { heading };
    let headings_shown = dom.all().filter(|id| dom.tag(*id).is_some_and(Tag::is_heading)).take(HEADINGS_MAX);
    let shown: HashSet<String> =
        headings_shown.map(|id| fold(&dom.text_of(id))).filter(|text| text.chars().count() > 8).collect();
    let strip = |text: &str| without_site(text, &site, &heading, &ld, &shown);
    let (og, title, twitter) = (strip(&og), strip(&title), strip(&twitter));
    let ld = if heading.is_empty() { ld } else { without_site(&ld, &site, &heading, "", &HashSet::new()) };
    for (value, origin) in [
        (&heading, "h1"),
        (&ld, "jsonld headline"),
        (&og, "meta og:title"),
        (&twitter, "meta twitter:title"),
        (&title, "title"),
    ] {
        if !value.is_empty() {
            considered.push(Considered::new("headline", value.clone(), origin));
        }
    }
    let same = |a: &str, b: &str| !a.is_empty() && fold(a) == fold(b);
    let kicker =
        !same(&heading, &og) && fold(&og).chars().count() > 20 && fold(&heading).ends_with(&fold(&og));
    let (text, origin) = if kicker {
        (og, "meta og:title")
    } else if !heading.is_empty() && same(&heading, &og) && !ld.is_empty() && !same(&ld, &heading) {
        // The same with a kicker before it is the same.
        let kicked = fold(&ld).ends_with(&fold(&heading));
        if same(&ld, &title) || kicked || is_cut(&ld) || is_cut(&heading) {
            (heading, "h1")
        } else {
            (ld, "jsonld headline")
        }
    } else if ld.is_empty() && same(&og, &title) {
        (og, "meta og:title")
    } else if same(&heading, &ld) || same(&heading, &og) || ld.is_empty() && !heading.is_empty() {
        (heading, "h1")
    } else if !ld.is_empty() && !is_cut(&ld) {
        (ld, "jsonld headline")
    } else if !heading.is_empty() {
        (heading, "h1")
    } else if !og.is_empty() {
        (og, "meta og:title")
    } else {
        (title, "title")
    };
    Headline { text: without_marks(&text).to_owned(), origin, element }
}

/// A headline without what it says of the page's pictures: `…. ФОТО`, `… (video)`, `[PHOTOS]`.
fn without_marks(text: &str) -> &str {
    let bare = text.trim_end_matches([')', ']', ' ', '.']);
    for mark in MARKS.iter() {
        let Some(at) = bare.char_indices().rev().nth(mark.chars().count() - 1).map(|(at, _)| at) else {
            continue;
        };
        let (head, tail) = (&bare[..at], &bare[at..]);
        let rest = head.trim_end_matches([' ', '(', '[', '+', '|', '-', '–', '—', '.', ',', '/']);
        let set_off = head.ends_with(['(', '[', '+', '|', '/'])
            || head.trim_end().ends_with(['.', '|', '-', '–', '—', ',']);
        if set_off && tail.to_lowercase() == *mark && rest.split_whitespace().count() >= 3 {
            return without_marks(text[..rest.len()].trim_end());
        }
    }
    text
}

/// Ends in an ellipsis.
fn is_cut(text: &str) -> bool {
    text.ends_with('…') || text.ends_with("...")
}

/// A title without the name of the site behind it: what a heading shows of it, or what stands before `| Site`.
fn without_site(text: &str, site: &str, heading: &str, ld: &str, shown: &HashSet<String>) -> String {
    let text = collapse(&text.replace('\u{ad}', ""));
    if text.len() > TITLE_BYTES_MAX {
        return text;
    }
    let folded = fold(&text);
    let (heading, ld) = (fold(heading), fold(ld));
    let is_title = |part: &str| part == heading || part == ld || shown.contains(part);
    let mut best: Option<String> = None;
    for (at, separator) in text.char_indices().filter(|(_, c)| {
        matches!(c, '|' | '-' | '–' | '—' | '·' | '•' | '*' | ':' | 'ㅣ' | '：' | '«' | '»' | '/')
    }) {
        let (head, tail) = (text[..at].trim_end(), text[at + separator.len_utf8()..].trim_start());
        let folded_head = fold(head);
        if folded_head.is_empty() || folded_head.len() == folded.len() {
            continue;
        }
        if is_title(&folded_head) {
            return head.to_owned();
        }
        let folded_tail = fold(tail);
        // The site's name may as well stand before it.
        let site_first = !site.is_empty() && folded_head == site && tail.chars().count() > 8;
        if text[..at].ends_with(' ')
            && separator != ':'
            && (is_title(&folded_tail) && tail.split_whitespace().count() >= 3 || site_first)
        {
            return tail.to_owned();
        }
        let spaced = text[..at].ends_with(' ') || matches!(separator, '|' | 'ㅣ' | '：');
        let named = !site.is_empty()
            && !folded_tail.is_empty()
            && (site.starts_with(&folded_tail) || folded_tail.starts_with(site));
        if spaced && separator != ':' && named && best.is_none() && head.chars().count() > 8 {
            best = Some(head.to_owned());
        }
    }
    best.map_or(text, |head| without_section(&head).to_owned())
}

/// East Asian titles name the section before the site, with nothing but a hyphen between: `…부담 커졌다-정치`.
fn without_section(text: &str) -> &str {
    match text.rsplit_once(['-', '_', '|', 'ㅣ']) {
        Some((head, tail)) if SECTIONS.contains(&tail) => head.trim_end_matches(['-', '_', ' ']),
        _ => text,
    }
}

words! { "headline.toml":
    /// What sections are called in Korean, Chinese and Japanese.
    SECTIONS;
    /// What headlines say of what else the page has.
    MARKS;
}

/// Says of each thing that was considered whether it was taken.
pub fn mark_chosen(considered: &mut [Considered], page: &super::Page) {
    for one in considered.iter_mut().filter(|one| one.verdict.is_empty()) {
        let chosen = match one.field {
            "headline" => one.value == page.headline,
            "byline" => one.value == page.byline.join("; "),
            _ => page.published.as_ref().is_some_and(|published| published.place == one.origin),
        };
        one.verdict = if chosen { "chosen" } else { "not chosen" };
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::{Setting, read};

    /// Names of sites, marks and kickers are no part of a headline.
    #[test]
    fn headlines_and_nothing_else() {
        let prose = "<p>The harbour office said on Monday that the ferry would run again as soon as the ice is gone, and nobody has to wait.</p>";
        for (head, body, expected) in [
            (
                "<title>Evening Post - Ferry to Izmail runs again</title><meta property=og:site_name content='Evening Post'>",
                "",
                "Ferry to Izmail runs again",
            ),
            (
                "<title>Ferry to Izmail runs again. ФОТО</title>",
                "<h1>Ferry to Izmail runs again. ФОТО</h1>",
                "Ferry to Izmail runs again",
            ),
            ("<title>Ferry to Izmail runs again (video)</title>", "", "Ferry to Izmail runs again"),
            ("<title>What a video of the ferry shows</title>", "", "What a video of the ferry shows"),
            (
                "<title>Harbour: Ferry to Izmail runs again</title><meta property=og:title content='Ferry to Izmail runs again'>",
                "<h3>Harbour - Ferry to Izmail runs again</h3>",
                "Ferry to Izmail runs again",
            ),
            (
                "<title>Ferry to Izmail runs again | Evening Post</title><meta property=og:title content='Ferry to Izmail runs again'>",
                "<h1><a href=/>Evening Post</a></h1><h1>Ferry to Izmail runs again</h1>",
                "Ferry to Izmail runs again",
            ),
        ] {
            let html = format!("<html lang=en><head>{head}</head><body>{body}<div>{prose}{prose}</div>");
            assert_eq!(read(&html, &Setting::default()).headline, expected, "{head}{body}");
        }
    }
}
