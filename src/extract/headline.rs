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

/// Headings of a page with what they say, the best first: the one that the page's other titles repeat.
pub fn headings(dom: &Dom) -> Vec<(Id, String)> {
    let mut found = Vec::new();
    for id in dom.all().filter(|id| dom.tag(*id) == Some(Tag::H1)).take(HEADINGS_MAX) {
        let text = dom.text_of(id);
        if !fold(&text).is_empty() && text.len() < 1000 {
            found.push((id, text));
        }
    }
    found
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
    let heading = headings
        .iter()
        .map(|(id, text)| (agreement(text), *id, text))
        .filter(|(agreement, _, text)| *agreement >= 0.5 || lone && text.chars().count() > 8)
        .fold(None::<(f64, Id, &String)>, |best, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        });
    let (element, heading) = heading
        .map_or((None, String::new()), |(_, id, text)| (Some(id), collapse(&text.replace('\u{ad}', ""))));
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
        if same(&ld, &title) || is_cut(&ld) || is_cut(&heading) {
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
    Headline { text, origin, element }
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
    let mut best: Option<String> = None;
    for (at, separator) in text.char_indices().filter(|(_, c)| {
        matches!(c, '|' | '-' | '–' | '—' | '·' | '•' | '*' | ':' | 'ㅣ' | '：' | '«' | '»' | '/')
    }) {
        let (head, tail) = (text[..at].trim_end(), text[at + separator.len_utf8()..].trim_start());
        let folded_head = fold(head);
        if folded_head.is_empty() || folded_head.len() == folded.len() {
            continue;
        }
        if folded_head == fold(heading) || folded_head == fold(ld) || shown.contains(&folded_head) {
            return head.to_owned();
        }
        let spaced = text[..at].ends_with(' ') || matches!(separator, '|' | 'ㅣ' | '：');
        let tail = fold(tail);
        let named =
            !site.is_empty() && !tail.is_empty() && (site.starts_with(&tail) || tail.starts_with(site));
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
