//! Which elements of a page lead to other stories: by their shape, whatever they are called.

use super::boilerplate;
use super::dom::{Dom, Id, Tag};
use std::collections::{HashMap, HashSet};

/// So many elements of one kind beside each other make a list of stories.
const ALIKE_MIN: usize = 3;
/// An element with more letters holds a text of its own, not the start of one.
const START_LETTERS_MAX: usize = 600;
/// Headings that are looked at, of one page.
const HEADINGS_MAX: usize = 2000;
/// So far above its heading the element of a story may be.
const LEVELS_MAX: usize = 6;

/// What elements of a list have in common: the element around them, their tag and their class.
type Kind<'a> = (Option<Id>, Option<Tag>, Option<&'a str>);

/// Elements that lead to another story each: at least three of one kind beside each other, each with a heading that is wholly a link to
/// another page, and with little text. `heading` is that of the page's own story; what holds it leads to no other.
pub fn others(dom: &Dom, heading: Option<Id>) -> HashSet<Id> {
    let linked: Vec<Id> = dom
        .all()
        .filter(|id| dom.tag(*id).is_some_and(Tag::is_heading) && leads_away(dom, *id))
        .take(HEADINGS_MAX)
        .collect();
    let mut kinds: HashMap<Kind<'_>, Vec<Id>> = HashMap::new();
    let mut held: HashMap<(Id, Option<Tag>), usize> = HashMap::new();
    for id in &linked {
        for around in dom.ancestors(*id).take(LEVELS_MAX + 1) {
            *held.entry((around, dom.tag(*id))).or_default() += 1;
        }
    }
    for id in &linked {
        // The largest element that holds this heading and no other of its rank.
        let alone = |around: &Id| held.get(&(*around, dom.tag(*id))) == Some(&1);
        let Some(item) = dom.ancestors(*id).take(LEVELS_MAX).take_while(alone).last() else { continue };
        let class = dom.attribute(item, "class");
        kinds.entry((dom.parent(item), dom.tag(item), class)).or_default().push(item);
    }
    let short = |item: &Id| letters(dom, *item) <= START_LETTERS_MAX;
    let own = |item: &Id| heading.is_some_and(|heading| dom.is_within(heading, *item));
    kinds
        .into_values()
        .filter(|items| items.len() >= ALIKE_MIN && items.iter().all(short) && !items.iter().any(own))
        .flatten()
        .collect()
}

/// Whether a heading is a link to another page, or stands in one.
fn leads_away(dom: &Dom, heading: Id) -> bool {
    let away = |id: Id| {
        dom.tag(id) == Some(Tag::A)
            && dom.attribute(id, "href").is_some_and(|href| {
                !href.starts_with('#') && !href.is_empty() && !href.starts_with("javascript:")
            })
    };
    if dom.ancestors(heading).take(2).any(away) {
        return true;
    }
    let inside =
        (heading + 1..dom.len() as Id).take(HEADING_NODES_MAX).take_while(|id| dom.is_within(*id, heading));
    let linked: usize = inside.filter(|id| away(*id)).take(LINKS_MAX).map(|id| letters(dom, id)).sum();
    linked > 0 && linked * 10 >= letters(dom, heading) * 9
}

/// So many nodes of a heading are looked at, and links of it.
const HEADING_NODES_MAX: usize = 200;
const LINKS_MAX: usize = 4;

fn letters(dom: &Dom, id: Id) -> usize {
    boilerplate::letters(&dom.text_of(id))
}
