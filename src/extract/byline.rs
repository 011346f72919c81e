//! Who wrote it: by JSON-LD and meta tags, and by what stands beside the headline.

use super::blocks::Block;
use super::dom::{Dom, Id, Tag, collapse};
use super::headline::Considered;
use super::metadata::{Metadata, fold, plain};
use super::roles::{self, Role};
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
    /// What stands before a name in the middle of a line.
    BY_LABELS;
    /// What stands before the names of those who made the pictures.
    PICTURES;
    /// How words begin that say what somebody is.
    ROLES;
    /// What stands where names stand, and is none.
    NO_NAMES;
    /// Parts of names that begin with a small letter.
    PARTICLES;
    /// Between a name and where its bearer is, or whom he works for.
    PLACES;
    /// Who is named beside persons, or instead.
    AGENCIES;
    /// Between names.
    AND;
}

/// Where names are looked for.
pub struct Place<'a> {
    pub dom: &'a Dom,
    pub said: &'a Metadata,
    pub blocks: &'a [Block],
    /// What is around the text: from the headline to a little behind its end.
    pub span: (Id, Id),
    /// Where the text begins.
    pub text: Id,
    /// The lines that the text begins and ends with.
    pub signed: &'a [Id],
    /// The blocks beside the headline and behind the text.
    pub beside: &'a [usize],
}

/// Who wrote it: by JSON-LD and meta tags if those name persons, and by what stands beside the headline.
pub fn byline(place: &Place<'_>, considered: &mut Vec<Considered>) -> (Vec<String>, &'static str) {
    let (dom, said) = (place.dom, place.said);
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
    let shown = shown_authors(place);
    let shown_texts: Vec<String> = shown.iter().map(|(_, text)| text.clone()).collect();
    lists.push((names(&shown_texts), "byline"));
    lists.push((names(&labelled(place)), "label"));
    let signatures: Vec<String> = place.signed.iter().filter_map(|id| signature(dom, *id)).collect();
    lists.push((names(&signatures), "signature"));
    for (list, origin) in &lists {
        if !list.is_empty() {
            considered.push(Considered::new("byline", list.join("; "), origin));
        }
    }
    let persons = |list: &[String]| !list.is_empty() && !list.iter().all(|name| is_house(name));
    let first = lists.iter().find(|(list, _)| persons(list));
    let Some((mut list, mut origin)) = first.cloned() else {
        return lists.into_iter().find(|(list, _)| !list.is_empty()).unwrap_or_default();
    };
    // Where the page shows, in one place, more names than it says of itself, and the ones that it says among them, it shows all of
    // them.
    let near: Vec<Id> = shown
        .iter()
        .filter(|(_, text)| list.iter().any(|name| fold(text).contains(&fold(name))))
        .map(|(id, _)| *id)
        .collect();
    let in_one_place: Vec<String> = shown
        .iter()
        .filter(|(id, _)| *id < place.text || near.iter().any(|near| near.abs_diff(*id) <= ONE_PLACE))
        .map(|(_, text)| text.clone())
        .collect();
    let mut together = names(&in_one_place);
    // One word beside a name is a button, a section or a town.
    together.retain(|name| {
        let said = list.iter().any(|said| fold(said) == fold(name));
        said || name.contains(' ') || is_uncased(name)
    });
    let folded = fold(&together.join(" "));
    if together.len() > list.len()
        && together.len() <= 6
        && list.iter().all(|name| folded.contains(&fold(name)))
    {
        (list, origin) = (together, "byline");
    }
    // A house is no author beside persons, an agency only if JSON-LD says so.
    let is_person = |name: &String| !is_house(name) && (name.contains(' ') || is_uncased(name));
    if list.iter().any(is_person) {
        let is_agency = |name: &str| AGENCIES.contains(&&*fold(name));
        list.retain(|name| {
            !is_house(name) && (!is_agency(name) || lists[..2].iter().any(|(list, _)| list.contains(name)))
        });
    } else if origin == "byline" {
        list.extend(lists[0].0.iter().filter(|name| !list.contains(name)).cloned().collect::<Vec<_>>());
    }
    (list, origin)
}

/// Elements that are called after authors and are looked at, of one page.
const AUTHORS_MAX: usize = 300;

/// Whether a name is written in a script without capital letters.
fn is_uncased(name: &str) -> bool {
    !name.chars().any(|c| c.is_lowercase() || c.is_uppercase())
}

/// Nodes between names that are shown in one place.
const ONE_PLACE: u32 = 40;
/// A line with more words is no byline.
const LABELLED_WORDS_MAX: usize = 30;

/// Names behind a label in the lines around the text: `Раздел: Общество | Автор: Н. Ершова`, `Submitted by Anna Sailor on Monday`.
fn labelled(place: &Place<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for block in place.beside.iter().map(|at| &place.blocks[*at]) {
        let apart = block.hint.is_some_and(|(_, role)| role != Role::Meta && role != Role::Furniture);
        if apart || block.heading || block.words > LABELLED_WORDS_MAX || block.in_figure {
            continue;
        }
        // Two names and nothing else.
        let persons: Vec<&str> = block.text.split(['/', '&']).map(str::trim).collect();
        if persons.len() > 1 && block.words <= 9 && persons.iter().all(|name| is_full_name(name)) {
            found.push(persons.join(", "));
        }
        for part in block.text.split(['|', '•', '·', '\n', '(', ')', '（', '）']).map(str::trim) {
            let lower = part.to_lowercase();
            let labels = BY.iter().chain(BY_LABELS.iter()).map(|by| by.trim_end_matches(':'));
            let label = labels.filter(|by| lower.starts_with(by)).max_by_key(|by| by.len());
            let Some(rest) = label.and_then(|by| part.get(by.len()..)) else {
                continue;
            };
            if let Some(names) = rest.trim_start().strip_prefix([':', '：']) {
                found.push(names.replace('、', ","));
            } else {
                // The name ends where the next word is none.
                let words = rest.split_whitespace();
                let words: Vec<&str> = words
                    .take_while(|word| word.chars().next().is_some_and(char::is_uppercase))
                    .take(NAME_WORDS_MAX)
                    .collect();
                let name = words.join(" ");
                let labelled = BY_LABELS.iter().any(|by| lower.starts_with(*by));
                let apart = rest.starts_with([' ', '\u{a0}']);
                let plain = apart && block.text.starts_with(part) && !block.is_prose();
                if labelled || plain && (words.len() > 1 || name == name.to_uppercase()) {
                    found.push(name);
                }
            }
        }
    }
    found
}

/// Whether a line is a byline and nothing else: a word before names, and full names.
pub fn is_line(text: &str) -> bool {
    let is_names =
        |names: &str| between(names).iter().flat_map(|text| text.split([',', '/'])).all(is_full_name);
    behind_label(text).is_some_and(is_names)
}

/// What stands behind the longest word before names that a text begins with.
fn behind_label(text: &str) -> Option<&str> {
    const APART: [char; 4] = [' ', ':', '\u{a0}', '：'];
    let lower = text.to_lowercase();
    let labels = BY.iter().chain(BY_LABELS.iter()).filter(|by| lower.starts_with(**by));
    let rests = labels.filter_map(|by| text.get(by.len()..)).filter(|rest| rest.starts_with(APART));
    rests.min_by_key(|rest| rest.len()).map(|rest| rest.trim_start_matches(APART))
}

/// A text cut at the words that stand between names.
fn between(text: &str) -> Vec<String> {
    let cut = |texts: Vec<String>, and: &&str| texts.iter().flat_map(|text| split_at(text, and)).collect();
    AND.iter().fold(vec![text.to_owned()], cut)
}

/// Two to four words, each with a capital and small letters.
fn is_full_name(name: &str) -> bool {
    let capital = |word: &str| {
        word.chars().next().is_some_and(char::is_uppercase) && word.chars().any(char::is_lowercase)
    };
    (2..=4).contains(&name.split_whitespace().count()) && name.split_whitespace().all(capital)
}

/// A line that is a name and nothing else, all of it in bold or in italics.
fn signature(dom: &Dom, id: Id) -> Option<String> {
    let mut inside =
        dom.children(id).filter(|child| dom.text(*child).is_none_or(|text| !text.trim().is_empty()));
    let (Some(only), None) = (inside.next(), inside.next()) else { return None };
    let set_off = matches!(dom.tag(only)?, Tag::Strong | Tag::B | Tag::Em | Tag::I);
    let text = dom.text_of(only);
    let plain =
        text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '/' | '-' | '\'' | '’' | '.' | ','))
            && !text.ends_with('.');
    (set_off && plain && text.split(['/', ',']).all(is_full_name)).then_some(text)
}

fn is_written_by(label: &str) -> bool {
    let label = fold(label);
    WRITTEN_BY.contains(&label.as_str())
}

/// Texts of elements around the headline that are called author or byline.
fn shown_authors(place: &Place<'_>) -> Vec<(Id, String)> {
    let (dom, (from, to)) = (place.dom, place.span);
    let mut strong: Vec<(Id, String)> = Vec::new();
    let mut weak: Vec<(Id, String)> = Vec::new();
    let mut links: Vec<(Id, String)> = Vec::new();
    let mut skip = 0;
    let mut looked_at = 0;
    for id in from..to.min(dom.len() as Id) {
        if id < skip {
            continue;
        }
        if looked_at >= AUTHORS_MAX {
            break;
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
        looked_at += 1;
        if place.is_apart(id) {
            continue;
        }
        // What is marked in it as a name is all of it that is one.
        let is_marked = |inner: &Id| {
            let has = |name: &str| {
                dom.attribute(*inner, name).is_some_and(|value| value.eq_ignore_ascii_case("author"))
            };
            has("rel") || has("itemprop")
        };
        let marked: Vec<(Id, String)> =
            (id + 1..end_of(dom, id)).filter(is_marked).map(|inner| (inner, lines_of(dom, inner))).collect();
        if said == 1 && marked.iter().any(|(_, name)| !name.is_empty()) {
            strong.extend(marked);
            skip = end_of(dom, id);
            continue;
        }
        let mut text = lines_of(dom, id);
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
            3 => strong.push((id, text)),
            2 => links.push((id, text)),
            _ => weak.push((id, text)),
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

impl Place<'_> {
    /// Whether what an element shows is of another story, of a picture or of a reader.
    fn is_apart(&self, id: Id) -> bool {
        let inside = self.blocks.iter().find(|block| self.dom.is_within(block.element, id));
        let block =
            inside.or_else(|| self.blocks.iter().rev().find(|block| self.dom.is_within(id, block.element)));
        block.is_some_and(|block| {
            block.in_figure
                || block
                    .hint
                    .is_some_and(|(_, role)| !matches!(role, Role::Meta | Role::Furniture | Role::Appeal))
        })
    }
}

/// The text in an element, a new line where another element begins without a blank between.
fn lines_of(dom: &Dom, id: Id) -> String {
    let mut text = String::new();
    let mut skip = 0;
    for inner in id..end_of(dom, id) {
        if inner < skip {
            continue;
        }
        if let Some(piece) = dom.text(inner) {
            if !text.is_empty()
                && !text.ends_with(char::is_whitespace)
                && !piece.starts_with(char::is_whitespace)
            {
                text.push('\n');
            }
            text.push_str(piece);
        } else if let Some(tag) = dom.tag(inner) {
            if roles::is_silent(tag) && tag != Tag::Button {
                skip = end_of(dom, inner);
            } else if (tag.is_block() || tag == Tag::Br) && !text.is_empty() {
                text.push('\n');
            }
        }
    }
    let lines = text.split('\n').map(collapse).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
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
        && !AND.iter().any(|and| and.trim().chars().count() > 1 && lower.contains(and))
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

/// Whether a word says what somebody is who writes.
pub fn is_role(word: &str) -> bool {
    let word = word.to_lowercase();
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let long = |role: &str| role.chars().count() >= LONG_ROLE && word.contains(role);
    ROLES.iter().any(|role| word.starts_with(role) || long(role))
}

/// A word of so many letters says what somebody is in compounds as well.
const LONG_ROLE: usize = 8;
/// The words of the longest name.
const NAME_WORDS_MAX: usize = 5;

/// Single names out of what stands where names stand.
fn names(texts: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let plausible = texts.iter().filter(|text| {
        !text.contains("://") && (!text.contains('@') || text.contains(['|', '\n'])) && !text.contains("www.")
    });
    let signs = [',', ';', '|', '•', '·', '\n', '/', '（', '(', '–', '—', '、'];
    for text in plausible.flat_map(|text| text.split(signs)).flat_map(|text| text.split(" - ")) {
        for part in between(&collapse(text)) {
            // What follows a comma may belong to the name before it.
            if is_suffix(&part)
                && let Some(last) = names.last_mut()
            {
                last.push_str(", ");
                last.push_str(part.trim());
                continue;
            }
            let Some(name) = name(&part) else { continue };
            if !names.iter().any(|known| fold(known) == fold(&name)) {
                names.push(name);
            }
        }
    }
    names.truncate(24);
    names
}

/// The name in a text that may say more: without the word before it, and without what its bearer is.
fn name(text: &str) -> Option<String> {
    let mut name = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '.').trim();
    let lower = name.to_lowercase();
    if PICTURES.iter().any(|of| lower.strip_prefix(*of).is_some_and(|rest| rest.starts_with([' ', ':', '.'])))
    {
        return None;
    }
    name = behind_label(name).unwrap_or(name);
    // Where somebody is, or for whom.
    let end = PLACES.iter().filter_map(|of| name.find(of)).filter(|at| *at > 0).min();
    name = &name[..end.unwrap_or(name.len())];
    let words: Vec<&str> = name.split_whitespace().skip_while(|word| is_role(word)).collect();
    let words: Vec<&str> = words.into_iter().take_while(|word| !is_role(word)).collect();
    let name = words.join(" ");
    let name = name.trim_matches(|c: char| !c.is_alphanumeric() && c != '.').trim();
    let lower = name.to_lowercase();
    let odd = name.contains('@')
        || name.contains("://")
        || name.contains("www.")
        || lower.contains(".com")
        || format!(" {lower} ").contains(" ago ")
        || name.chars().any(|c| c.is_ascii_digit())
        || BY.contains(&&*lower)
        || text.contains(['«', '»', '"', '“', '”', '„'])
        || NO_NAMES.contains(&&*fold(name))
        || is_prose(name);
    let fits = (1..=NAME_WORDS_MAX).contains(&words.len()) && (2..=70).contains(&name.chars().count());
    (fits && !odd).then(|| name.to_owned())
}

/// Whether words are those of a sentence: a small letter begins one that is no particle, or a full stop ends them.
fn is_prose(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    let small = |word: &&&str| {
        word.chars().next().is_some_and(char::is_lowercase) && !PARTICLES.contains(&&*word.to_lowercase())
    };
    let ends = name.ends_with('.')
        && words.last().is_some_and(|last| last.chars().filter(|c| c.is_alphabetic()).count() > 3);
    // A script without capitals, as Arabic and Hindi have it, says nothing by its letters.
    let only_small = name.chars().any(char::is_lowercase) && !name.chars().any(char::is_uppercase);
    words.len() > 1 && (ends || words.iter().any(|word| small(&word)) || only_small)
}

#[cfg(test)]
mod tests {
    use crate::extract::{Setting, read};

    const PROSE: &str = "The harbour office said on Monday that the ferry would run again as soon as the ice is gone, \
        and that nobody would have to wait for longer than an hour.";

    /// Bylines hold names and nothing else.
    #[test]
    fn names_and_nothing_else() {
        let person = |name: &str| {
            format!(
                r#"<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Ferry runs again","author":[{{"@type":"Person","name":"{name}"}}],"publisher":{{"name":"Evening Post"}}}}</script>"#
            )
        };
        let anna = person("Anna Sailor");
        for (head, beside, behind, expected) in [
            (
                "",
                "<div class=author><a>Anna Sailor</a><span>Korrespondentin für Häfen</span></div>",
                "",
                vec!["Anna Sailor"],
            ),
            ("", "<p class=byline>Від Марія Ткачук</p>", "", vec!["Марія Ткачук"]),
            ("", "<p class=byline>بقلم محمد علي</p>", "", vec!["محمد علي"]),
            ("", "<p class=byline>राकेश कुमार शर्मा</p>", "", vec!["राकेश कुमार शर्मा"]),
            ("", "<p class=byline>דנה לוי</p>", "", vec!["דנה לוי"]),
            ("", "<p class=byline>김 민수 기자</p>", "", vec!["김 민수"]),
            (
                "",
                "<p>Подано <span>Юлія Бондаренко</span> у вт, 28/01/2025 - 10:31</p>",
                "",
                vec!["Юлія Бондаренко"],
            ),
            (
                "",
                "<p>Раздел: <a href=/o>Общество</a> | Дата: 28.01.2025 | Автор: Н. Ершова | Просмотров: 1240</p>",
                "",
                vec!["Н. Ершова"],
            ),
            (
                "",
                "<p class=byline>By Anna Sailor in Odesa and Olena Kovach</p>",
                "",
                vec!["Anna Sailor", "Olena Kovach"],
            ),
            ("", "<p>Anna Sailor/Olena Kovach</p>", "", vec!["Anna Sailor", "Olena Kovach"]),
            (
                "",
                "<p>The port has a new crane, which is red and tall.</p><p>By TPN, in News, Portugal</p>",
                "",
                vec!["TPN"],
            ),
            ("", "<p class=author>Reporter Anna Sailor</p>", "", vec!["Anna Sailor"]),
            (
                &anna,
                "<div class=author><a>Anna Sailor</a><a>Olena Kovach</a></div>",
                "",
                vec!["Anna Sailor", "Olena Kovach"],
            ),
            (
                &anna,
                "<div class=author>Anna Sailor<button>Save</button> <span>Follow us</span></div>",
                "",
                vec!["Anna Sailor"],
            ),
            (&anna, "<div class=author>Anna Sailor, Evening Post</div>", "", vec!["Anna Sailor"]),
            (
                &anna,
                "<figure><span class=author>Foto: Petro Kravets</span></figure>",
                "",
                vec!["Anna Sailor"],
            ),
            (
                &anna,
                "",
                "<aside><h3>More</h3><span class=author>Olena Kovach</span></aside>",
                vec!["Anna Sailor"],
            ),
            (
                &anna,
                "",
                "<div class=author-bio>Anna Sailor writes about ports and what is in them.</div>",
                vec!["Anna Sailor"],
            ),
        ] {
            let html = format!(
                "<html lang=en>{head}<article><h1>Ferry runs again</h1>{beside}<div><p>{PROSE}</p><p>Also: {PROSE}</p></div>{behind}</article>"
            );
            assert_eq!(read(&html, &Setting::default()).byline, expected, "{head}{beside}{behind}");
        }
    }
}
