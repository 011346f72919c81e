//! Which element of a page holds the article: the one with the most prose for the furniture that it has. A table of rules weighs them.

use super::blocks::Block;
use super::body::Known;
use super::dom::{Dom, Id, Tag};
use super::roles;
use super::rules::{BlockRule, ElementRule, NAMES_MAX, multiplied};
use std::collections::{BTreeMap, HashMap};

/// A parent's score per level between it and the block.
const DECAY: f64 = 0.82;
/// So many levels above a block have a share of its score.
const LEVELS: usize = 24;
/// So many elements are said to have been considered.
const BEST: usize = 3;

/// An element and its score.
pub struct Scored {
    pub element: Id,
    pub score: f64,
    rules: Vec<ElementRule>,
}

impl Scored {
    /// What the element is called, how many words of prose it holds, and the rules that weighed it.
    pub fn explain(&self, dom: &Dom, all: &[Block], loose: bool) -> (String, usize, String) {
        let (mut words, mut blocks, mut places) = (0, BTreeMap::new(), BTreeMap::new());
        for block in all.iter().filter(|block| dom.is_within(block.element, self.element)) {
            let rule = BlockRule::for_page(loose)(block);
            words += if block.hint.is_none() && block.is_prose() { block.words } else { 0 };
            *blocks.entry(rule).or_insert(0) += 1;
            for place in rule.places(block) {
                *places.entry(place).or_insert(0) += 1;
            }
        }
        let blocks = blocks.iter().map(|(rule, count)| (*count, rule.says()));
        let counts = blocks.chain(places.iter().map(|(rule, count)| (*count, rule.says())));
        (called(dom, self.element), words, multiplied(self.score, &self.rules, counts))
    }
}

/// What an element is called, and of which classes: `div.story.main`.
pub fn called(dom: &Dom, element: Id) -> String {
    let class = dom.attribute(element, "class").unwrap_or("");
    let classes = class.split_whitespace().take(2).map(|class| format!(".{class}"));
    let tag = dom.tag(element).map_or("page".to_owned(), |tag| format!("{tag:?}").to_lowercase());
    std::iter::once(tag).chain(classes).collect()
}

/// The elements with the highest scores, of those above 0, the best first.
pub fn best(dom: &Dom, all: &[Block], known: Known<'_>, next: Option<Id>, loose: bool) -> Vec<Scored> {
    let rule = BlockRule::for_page(loose);
    let mut scores: HashMap<Id, f64> = HashMap::new();
    for block in all {
        let points = rule(block).points(block);
        let mut share = 1.0;
        let element = block.element;
        for (level, id) in std::iter::once(element).chain(dom.ancestors(element)).take(LEVELS).enumerate() {
            *scores.entry(id).or_default() += points * share;
            if level > 0 {
                share *= DECAY;
            }
        }
    }
    let own = known.heading.and_then(|heading| article_of(dom, heading));
    let weighed = scores.into_iter().filter(|(_, score)| *score > 0.0).map(|(element, score)| {
        let mut rules = roles::rules_of(dom, element);
        let named: f64 = rules.iter().map(|rule| rule.weight()).product();
        let names = rules.len();
        rules.extend(stands(dom, element, own, known, next));
        let score =
            rules[names..].iter().fold(score * named.min(NAMES_MAX), |score, rule| score * rule.weight());
        Scored { element, score, rules }
    });
    let mut weighed: Vec<Scored> = weighed.collect();
    weighed.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.element.cmp(&b.element)));
    weighed.truncate(BEST);
    weighed
}

/// What where it stands says of an element.
fn stands(dom: &Dom, element: Id, own: Option<Id>, known: Known<'_>, next: Option<Id>) -> Vec<ElementRule> {
    let mut rules = Vec::new();
    let is_beside = |own: Id| {
        article_of(dom, element)
            .is_some_and(|other| other != own && !dom.is_within(other, own) && !dom.is_within(own, element))
    };
    if own.is_some_and(is_beside) {
        rules.push(ElementRule::OtherArticle);
    }
    if next.is_some_and(|next| element > next) {
        rules.push(ElementRule::NextStory);
    }
    if matches!(dom.tag(element), Some(Tag::Body | Tag::Html)) {
        rules.push(ElementRule::WholePage);
    }
    // The text comes behind its heading.
    if known.heading.is_some_and(|heading| element < heading && !dom.is_within(heading, element)) {
        rules.push(ElementRule::BeforeHeading);
    }
    rules
}

/// Where the next story's heading stands: pages that go on for ever have several.
pub fn next_heading(dom: &Dom, known: Known<'_>) -> Option<Id> {
    let headline = super::metadata::fold(known.headline);
    let heading = known.heading?;
    (heading + 1..dom.len() as Id).find(|id| {
        dom.tag(*id) == Some(Tag::H1)
            && !dom.is_within(*id, heading)
            && super::metadata::fold(&dom.text_of(*id)) != headline
    })
}

/// The `article` element around a node.
pub fn article_of(dom: &Dom, id: Id) -> Option<Id> {
    dom.ancestors(id).find(|id| dom.tag(*id) == Some(Tag::Article))
}

/// The element that was found, and others that hold the rest of an article that is cut in pieces: those of the same class,
/// and those around it while they add much prose and little else.
pub fn grow(dom: &Dom, all: &[Block], element: Id) -> Vec<Id> {
    let mut regions = vec![element];
    let class = dom.attribute(element, "class").unwrap_or("");
    if !class.is_empty() {
        let tag = dom.tag(element);
        let alike: Vec<Id> = dom
            .all()
            .filter(|id| *id != element && dom.tag(*id) == tag && dom.attribute(*id, "class") == Some(class))
            .filter(|id| article_of(dom, *id) == article_of(dom, element))
            .take(200)
            .collect();
        for id in alike {
            if dom.is_within(id, element) || dom.is_within(element, id) {
                continue;
            }
            let held: usize = all
                .iter()
                .filter(|block| block.hint.is_none() && block.is_prose() && dom.is_within(block.element, id))
                .map(|block| block.words)
                .sum();
            if held >= 40 {
                regions.push(id);
            }
        }
    }
    let mut around = element;
    for _ in 0..6 {
        let parent =
            dom.parent(around).filter(|parent| !matches!(dom.tag(*parent), Some(Tag::Body | Tag::Html)));
        let Some(parent) = parent else { break };
        let (mut own, mut prose, mut junk) = (0, 0, 0);
        for block in all.iter().filter(|block| dom.is_within(block.element, parent)) {
            let counted = block.hint.is_none();
            if regions.iter().any(|region| dom.is_within(block.element, *region)) {
                own += if counted && block.is_prose() { block.words } else { 0 };
            } else if counted
                && block.is_prose()
                && !block.in_list
                && block.words >= 12
                && block.link_share() < 0.25
            {
                prose += block.words;
            } else if counted && !block.in_figure {
                junk += block.words;
            }
        }
        if prose * 8 > own && prose > junk * 3 {
            regions = vec![parent];
        }
        around = parent;
    }
    regions
}

/// The words of a text that is too short for its container to be asked for rows.
const ROWS_WORDS_MAX: usize = 50;

/// So many levels above a short text are asked.
const ROWS_LEVELS: usize = 8;

/// The container of a short text that holds three times as much in rows: results, a recipe, a calendar with a sentence before it.
pub fn rows(dom: &Dom, all: &[Block], regions: &[Id]) -> Option<Id> {
    let counts = |block: &&Block| block.hint.is_none() && !block.heading && block.link_share() < 0.4;
    let is_own = |block: &Block| regions.iter().any(|region| dom.is_within(block.element, *region));
    let own: usize = all.iter().filter(counts).filter(|block| is_own(block)).map(|block| block.words).sum();
    if own >= ROWS_WORDS_MAX {
        return None;
    }
    dom.ancestors(*regions.first()?)
        .take_while(|id| !matches!(dom.tag(*id), Some(Tag::Body | Tag::Html)))
        .take(ROWS_LEVELS)
        .find(|id| {
            let held = all.iter().filter(counts).filter(|block| dom.is_within(block.element, *id));
            let rows: usize = held
                .filter(|block| !is_own(block) && (block.in_list || block.in_table))
                .map(|block| block.words)
                .sum();
            rows >= own.max(10) * 3
        })
}
