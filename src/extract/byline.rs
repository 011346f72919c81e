//! Who wrote it: by JSON-LD and meta tags, and by what stands beside the headline.

use super::dom::{Dom, Id, Tag, collapse};
use super::headline::Considered;
use super::metadata::{Metadata, fold, plain};
use super::roles;
use crate::text::lists::words;

words! { "byline.toml":
    /// Labels of the author among the labels for Twitter.
    WRITTEN_BY;
    /// Parts of addresses under which authors have their pages.
    AUTHOR_PATHS;
    /// Meta tags that name the author.
    AUTHOR_METAS;
    /// Names of elements that hold names.
    BYLINES;
    /// Words before names.
    BY;
    /// Between names.
    AND;
}

/// Who wrote it: by JSON-LD and meta tags if those name persons, and by what stands beside the headline.
///
/// `span` is what is around the text, `signed` the lines that it begins and ends with.
pub fn byline(
    dom: &Dom,
    said: &Metadata,
    span: (Id, Id),
    signed: &[Id],
    considered: &mut Vec<Considered>,
) -> (Vec<String>, &'static str) {
    let mut houses: Vec<String> = said.names("publisher").iter().map(|name| fold(name)).collect();
    houses.extend(said.meta(&["og:site_name"]).map(|name| fold(&name)));
    // The name in the domain: lto.de is the LTO.
    houses.extend(said.canonical.as_deref().and_then(|url| url::Url::parse(url).ok()).and_then(|url| {
        let host = url.host_str()?.trim_start_matches("www.").to_owned();
        Some(fold(host.split('.').next()?))
    }));
    let is_house = |name: &str| {
        let name = fold(name);
        houses.iter().any(|house| {
            house.replace(' ', "") == name.replace(' ', "")
                || house.len() > 5 && name.starts_with(house.as_str())
        })
    };
    let mut lists: Vec<(Vec<String>, &'static str)> = Vec::new();
    let mut ld: Vec<String> = said.names("author");
    if ld.is_empty() {
        ld = said.names("creator");
    }
    // The name of a person's object is a name; other texts have to be taken apart.
    let persons_said = said.person_names("author");
    let whole = !persons_said.is_empty() && persons_said == ld && ld.iter().all(|name| is_name(name));
    lists.push((if whole { ld } else { names(&ld) }, "jsonld author"));
    let metas: Vec<String> = AUTHOR_METAS
        .iter()
        .filter(|name| {
            **name != "twitter:data1"
                || said.meta(&["twitter:label1"]).is_some_and(|label| is_written_by(&label))
        })
        .flat_map(|name| said.metas.iter().filter(move |(known, _)| known == name))
        .chain(said.metas.iter().filter(|(name, _)| name.ends_with(".author")))
        .map(|(_, content)| plain(content))
        .collect();
    lists.push((names(&metas), "meta author"));
    lists.push((names(&shown_authors(dom, span)), "byline"));
    let signatures: Vec<String> = signed.iter().filter_map(|id| signature(dom, *id)).collect();
    lists.push((names(&signatures), "signature"));
    for (list, origin) in &lists {
        if !list.is_empty() {
            considered.push(Considered::new("byline", list.join("; "), origin));
        }
    }
    let persons = |list: &[String]| !list.is_empty() && !list.iter().all(|name| is_house(name));
    let shown = lists[2].0.clone();
    let first = lists.iter().find(|(list, _)| persons(list));
    let Some((list, origin)) = first.cloned() else {
        return lists.into_iter().find(|(list, _)| !list.is_empty()).unwrap_or_default();
    };
    // Where the page shows more names than it says of itself, and the ones that it says among them, it shows all of them.
    // A house stays beside the persons if the page says that it is the author.
    if origin == "byline" && !lists[0].0.is_empty() {
        let mut both = list;
        both.extend(lists[0].0.iter().filter(|name| !shown.contains(name)).cloned());
        return (both, origin);
    }
    let folded = fold(&shown.join(" "));
    if shown.len() > list.len() && shown.len() <= 6 && list.iter().all(|name| folded.contains(&fold(name))) {
        return (shown, "byline");
    }
    (list, origin)
}

/// A line that is a name and nothing else, all of it in bold or in italics.
fn signature(dom: &Dom, id: Id) -> Option<String> {
    let mut inside =
        dom.children(id).filter(|child| dom.text(*child).is_none_or(|text| !text.trim().is_empty()));
    let (Some(only), None) = (inside.next(), inside.next()) else { return None };
    let set_off = matches!(dom.tag(only)?, Tag::Strong | Tag::B | Tag::Em | Tag::I);
    let text = dom.text_of(only);
    let capital = |word: &str| {
        word.chars().next().is_some_and(char::is_uppercase) && word.chars().any(char::is_lowercase)
    };
    let named = |name: &str| {
        (2..=4).contains(&name.split_whitespace().count()) && name.split_whitespace().all(capital)
    };
    let plain =
        text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '/' | '-' | '\'' | '’' | '.' | ','))
            && !text.ends_with('.');
    (set_off && plain && text.split(['/', ',']).all(named)).then_some(text)
}

fn is_written_by(label: &str) -> bool {
    let label = fold(label);
    WRITTEN_BY.contains(&label.as_str())
}

/// Texts of elements around the headline that are called author or byline.
fn shown_authors(dom: &Dom, (from, to): (Id, Id)) -> Vec<String> {
    let mut strong: Vec<String> = Vec::new();
    let mut weak: Vec<String> = Vec::new();
    let mut links: Vec<String> = Vec::new();
    let mut skip = 0;
    for id in from..to.min(dom.len() as Id) {
        if id < skip {
            continue;
        }
        let Some(tag) = dom.tag(id) else { continue };
        if roles::is_silent(tag) {
            skip = end_of(dom, id);
            continue;
        }
        let mut said: Option<u8> = None;
        for (name, value) in dom.attributes(id) {
            let lower = || value.to_ascii_lowercase();
            match name {
                "rel" if lower().split(' ').any(|rel| rel == "author") => said = said.max(Some(3)),
                "itemprop" if lower() == "author" || lower() == "creator" => said = said.max(Some(3)),
                "href" if tag == Tag::A && AUTHOR_PATHS.iter().any(|part| lower().contains(part)) => {
                    said = said.max(Some(2));
                }
                "class" | "id" | "data-testid" | "data-component" if is_byline(value) => {
                    said = said.max(Some(1))
                }
                _ => {}
            }
        }
        let Some(said) = said else { continue };
        // What is marked in it as a name is all of it that is one.
        let is_marked = |inner: &Id| {
            let has = |name: &str| {
                dom.attribute(*inner, name).is_some_and(|value| value.eq_ignore_ascii_case("author"))
            };
            has("rel") || has("itemprop")
        };
        let marked: Vec<String> =
            (id + 1..end_of(dom, id)).filter(is_marked).map(|inner| dom.text_of(inner)).collect();
        if said == 1 && marked.iter().any(|name| !name.is_empty()) {
            strong.extend(marked);
            skip = end_of(dom, id);
            continue;
        }
        let mut text = dom.text_of(id);
        let inner: Vec<Id> =
            (id + 1..end_of(dom, id)).filter(|inner| dom.tag(*inner) == Some(Tag::A)).collect();
        let linked: Vec<String> =
            inner.iter().map(|inner| dom.text_of(*inner)).filter(|name| !name.is_empty()).collect();
        if linked.len() > 1 && linked.iter().map(String::len).sum::<usize>() * 10 > text.len() * 7 {
            text = linked.join(", ");
        }
        if text.is_empty() || text.chars().count() > 160 || text.split_whitespace().count() > 18 {
            continue;
        }
        match said {
            3 => strong.push(text),
            2 => links.push(text),
            _ => weak.push(text),
        }
        skip = end_of(dom, id);
    }
    if !strong.is_empty() {
        strong.extend(links);
        strong
    } else if !links.is_empty() {
        links
    } else {
        weak.truncate(3);
        weak
    }
}

fn is_byline(class: &str) -> bool {
    let lower = class.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| BYLINES.contains(&part))
}

/// The first node after an element and all that is in it.
fn end_of(dom: &Dom, id: Id) -> Id {
    let mut last = id;
    while let Some(child) = dom.children(last).last() {
        last = child;
    }
    last + 1
}

/// Two names at a conjunction. One of a letter also stands inside of names: `Ortega y Gasset` is one.
fn split_at(text: &str, and: &str) -> Vec<String> {
    let parts: Vec<String> = text.split(and).map(str::to_owned).collect();
    let short = and.trim().chars().count() == 1 && and.trim() != "&";
    let full = parts.iter().all(|part| part.split_whitespace().count() >= 2);
    if short && !full { vec![text.to_owned()] } else { parts }
}

fn is_suffix(name: &str) -> bool {
    matches!(
        name.trim_end_matches('.').to_lowercase().as_str(),
        "jr" | "sr" | "ii" | "iii" | "iv" | "phd" | "md"
    )
}

/// Whether a text is a name as it stands: short, and without what stands around names.
fn is_name(text: &str) -> bool {
    let words = text.split_whitespace().count();
    let lower = text.to_lowercase();
    let prefixed = ["by ", "von ", "par ", "por "].iter().any(|by| lower.starts_with(by)) && words > 3;
    (1..=6).contains(&words)
        && !prefixed
        && !text.contains(['@', '/', '|', ';', '('])
        && !text.chars().any(|c| c.is_ascii_digit())
        && !["and", "und", "et"].iter().any(|and| lower.split(' ').any(|word| word == *and))
}

/// The persons that a field names, which holds nothing but names: after `By` as in pages, else as they stand, one or several. A comma
/// may stand in a name.
pub fn people(text: &str) -> Vec<String> {
    let text = collapse(text);
    let lower = text.to_lowercase();
    let signed = BY
        .iter()
        .any(|by| lower.strip_prefix(*by).is_some_and(|rest| rest.starts_with([' ', ':', '\u{a0}'])));
    if signed {
        let mut found = names(std::slice::from_ref(&text));
        // An agency behind the names of persons is not one more.
        if found.iter().any(|name| name.contains(' ')) {
            found.retain(|name| name.contains(' '));
        }
        if !found.is_empty() {
            return found;
        }
    }
    let mut rest: Vec<String> = text.split([';', '|', '\n']).map(collapse).collect();
    for and in AND.iter().filter(|and| and.starts_with(' ')) {
        rest = rest
            .iter()
            .flat_map(|text| {
                let parts: Vec<String> = text.split(and).map(str::to_owned).collect();
                let full = parts.iter().all(|part| (2..=4).contains(&part.split_whitespace().count()));
                if full { parts } else { vec![text.clone()] }
            })
            .collect();
    }
    rest.into_iter().map(|name| collapse(&name)).filter(|name| !name.is_empty()).collect()
}

/// Single names out of what stands where names stand.
fn names(texts: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let plausible = texts.iter().filter(|text| {
        !text.contains("://") && (!text.contains('@') || text.contains('|')) && !text.contains("www.")
    });
    for text in
        plausible.flat_map(|text| text.split([',', ';', '|', '•', '·', '\n', '/', '（', '(', '–', '—']))
    {
        let mut rest = vec![collapse(text)];
        for and in AND.iter() {
            rest = rest.iter().flat_map(|text| split_at(text, and)).collect();
        }
        for part in rest {
            let mut name = part.trim_matches(|c: char| !c.is_alphanumeric() && c != '.').trim();
            let lower = name.to_lowercase();
            for by in BY.iter().filter(|by| lower.starts_with(**by)) {
                if let Some(after) =
                    name.get(by.len()..).filter(|after| after.starts_with([' ', ':', '\u{a0}']))
                {
                    name = after.trim_start_matches([' ', ':', '\u{a0}']);
                    break;
                }
            }
            // What follows a comma may belong to the name before it.
            if is_suffix(name)
                && let Some(last) = names.last_mut()
            {
                last.push_str(", ");
                last.push_str(name);
                continue;
            }
            let words = name.split_whitespace().count();
            let odd = name.contains('@')
                || name.contains("://")
                || name.contains("www.")
                || name.contains(".com")
                || format!(" {} ", name.to_lowercase()).contains(" ago ")
                || name.chars().any(|c| c.is_ascii_digit());
            let long = name.chars().count();
            if !(1..=6).contains(&words)
                || !(2..=70).contains(&long)
                || odd
                || BY.contains(&name.to_lowercase().as_str())
            {
                continue;
            }
            if matches!(
                fold(name).as_str(),
                "admin"
                    | "administrator"
                    | "redaktion"
                    | "editor"
                    | "null"
                    | "undefined"
                    | "none"
                    | "updated"
                    | "published"
                    | "follow"
                    | "share"
                    | "staff writer"
                    | "reporter"
                    | "correspondent"
                    | "senior reporter"
                    | "author"
                    | "email the author"
                    | "email author"
                    | "contact the author"
                    | "email"
            ) && texts.len() + words > 2
            {
                continue;
            }
            if !names.iter().any(|known| fold(known) == fold(name)) {
                names.push(name.to_owned());
            }
        }
    }
    names.truncate(24);
    names
}
