//! Finds the article's paragraphs in a page.
//!
//! The page is cut into blocks: runs of text between the edges of block elements. Each block is judged by its shape (how
//! long, how much of it is links, whether it is made of sentences) and by what its element and those around it are called
//! ([`super::roles`]). The article is the element that holds the most prose for the furniture that it has; inside it,
//! blocks that are furniture go. What the page's own JSON-LD says of the text decides where it agrees with what is seen.

use super::blocks::{Block, Blocks};
use super::dom::{Dom, Id};
use super::filter::{Filtered, Left, filter};
use super::region::{self, Scored, article_of, grow, next_heading};
use super::roles::{self, Role};
use crate::extract::boilerplate::{ends_sentence, words};
use std::collections::{HashMap, HashSet};

/// What was found.
pub struct Found {
    /// The blocks of the article, in order.
    pub chosen: Vec<usize>,
    /// The other blocks of the element that holds it, and why they are not the article's.
    pub left: Vec<(usize, Left)>,
    /// The paragraphs, if they are not those of the blocks: the page says more of itself than it shows.
    pub said: Option<String>,
    /// The element that holds it.
    pub why: String,
    /// The rules that weighed that.
    pub rules: String,
    /// The next best elements: what each is called, its words of prose, and the rules that weighed it.
    pub others: Vec<(String, usize, String)>,
}

impl Found {
    /// The article's text, a blank line between paragraphs.
    pub fn text(&self, blocks: &Blocks) -> String {
        match &self.said {
            Some(said) => said.clone(),
            None => {
                self.chosen.iter().map(|at| blocks.blocks[*at].text.as_str()).collect::<Vec<_>>().join("\n\n")
            }
        }
    }
}

/// What is known of the article besides its blocks.
#[derive(Clone, Copy, Default)]
pub struct Known<'a> {
    pub headline: &'a str,
    /// The heading that shows it.
    pub heading: Option<Id>,
    /// What JSON-LD says that the text is.
    pub body: Option<&'a str>,
    /// What meta tags and JSON-LD say of it in short.
    pub descriptions: &'a [String],
}

/// Finds the article among the blocks.
pub fn find(dom: &Dom, blocks: &Blocks, known: Known<'_>) -> Option<Found> {
    let all: &[Block] = &blocks.blocks;
    let next = next_heading(dom, known);
    let mut loose = false;
    let mut best = region::best(dom, all, known, next, loose);
    let relaxed: Vec<Block>;
    let mut all = all;
    let score = |best: &[Scored]| best.first().map(|best| best.score);
    if score(&best).is_none_or(|score| score < WEAK) {
        // Classes that say otherwise may be wrong.
        relaxed = all.iter().map(|block| Block { hint: block.firm_hint, ..block.clone() }).collect();
        let other = region::best(dom, &relaxed, known, next, loose);
        if score(&other).is_some_and(|other| score(&best).is_none_or(|score| other > score * 2.0)) {
            (best, all) = (other, &relaxed);
        }
    }
    if score(&best).is_none_or(|score| score < WEAK) {
        // Little prose: what else there is may be the text, a list of results or of ingredients.
        let other = region::best(dom, all, known, next, true);
        if score(&other).is_some_and(|other| score(&best).is_none_or(|score| other > score * 1.5)) {
            (best, loose) = (other, true);
        }
    }
    let element = best.first()?.element;
    let mut regions = grow(dom, all, element);
    let rows = region::rows(dom, all, &regions);
    if let Some(rows) = rows {
        (regions, loose) = (vec![rows], true);
    }
    let within = |block: &Block| regions.iter().any(|region| dom.is_within(block.element, *region));
    let end = next
        .filter(|next| {
            known.heading.is_some_and(|heading| article_of(dom, *next) != article_of(dom, heading))
        })
        .unwrap_or(Id::MAX);
    let held =
        |at: &[usize]| at.iter().filter(|at| all[**at].is_prose()).map(|at| all[*at].words).sum::<usize>();
    let whole: Vec<usize> = (0..all.len()).filter(|at| within(&all[*at])).collect();
    let mut inside: Vec<usize> = whole.iter().copied().filter(|at| all[*at].element < end).collect();
    // A heading among the paragraphs is the article's own.
    if held(&inside) * 4 < held(&whole) {
        inside = whole;
    }
    let standfirst = standfirst(dom, all, &inside, known);
    if let Some(at) = standfirst.filter(|at| !inside.contains(at)) {
        inside.push(at);
        inside.sort_unstable();
    }
    let Filtered { kept: mut chosen, mut left } = filter(dom, all, &inside, known, standfirst, loose);
    let mut elements = best.iter().map(|scored| scored.explain(dom, all, loose));
    let (mut why, _, rules) = elements.next()?;
    let others = elements.collect();
    if let Some(rows) = rows {
        why = format!("{} with the rows around {why}", region::called(dom, rows));
    }
    let mut said = None;
    if let Some(body) = known.body {
        match oracle(all, &mut chosen, &mut left, body, standfirst) {
            Agreement::Followed => why.push_str(", JSON-LD agrees"),
            Agreement::Longer => {
                why.push_str(", JSON-LD says more");
                said = Some(body.to_owned());
            }
            Agreement::None => {}
        }
    }
    (!chosen.is_empty() || said.is_some()).then_some(Found { chosen, left, said, why, rules, others })
}

/// A score under which little prose was found.
const WEAK: f64 = 60.0;

/// The block before the body that sums the article up: it says what the description says, or is called so.
fn standfirst(dom: &Dom, all: &[Block], inside: &[usize], known: Known<'_>) -> Option<usize> {
    let first = *inside.iter().find(|at| all[**at].is_prose() && all[**at].hint.is_none())?;
    let from = all
        .iter()
        .position(|block| known.heading.is_some_and(|heading| block.element >= heading))
        .unwrap_or(first.saturating_sub(12));
    let headline = super::metadata::fold(known.headline);
    let candidates = (from.min(first)..first + 3).filter(|at| *at < all.len());
    let descriptions: Vec<String> = known
        .descriptions
        .iter()
        .map(|text| super::metadata::fold(text))
        .filter(|text| text.chars().count() > 20)
        .collect();
    let holds_heading = |id: Id| known.heading.is_some_and(|heading| dom.is_within(heading, id));
    let mut named = None;
    let mut plain = None;
    for at in candidates {
        let block = &all[at];
        if block.words < 6
            || block.link_share() > 0.4
            || matches!(
                block.hint,
                Some((
                    _,
                    Role::Hidden
                        | Role::Overlay
                        | Role::Story
                        | Role::Comments
                        | Role::Caption
                        | Role::Advert
                ))
            )
        {
            continue;
        }
        let folded = super::metadata::fold(&block.text);
        if folded == headline {
            continue;
        }
        let start: String = folded.chars().take(48).collect();
        if descriptions.iter().any(|text| text.starts_with(&start)) && at <= first {
            return Some(at);
        }
        let calls = |id: Id| {
            dom.attribute(id, "class")
                .into_iter()
                .chain(dom.attribute(id, "data-testid"))
                .any(roles::is_standfirst)
        };
        if named.is_none()
            && at < first
            && block.words >= 8
            && (calls(block.element) || dom.parent(block.element).is_some_and(calls))
        {
            named = Some(at);
        }
        if plain.is_none()
            && at < first
            && known.heading.is_some()
            && block.words >= 12
            && block.hint.is_none_or(|(element, role)| role == Role::Furniture && holds_heading(element))
            && !(block.in_list || block.in_table || block.in_figure)
            && block.link_share() < 0.2
            && (ends_sentence(&block.text) || block.words >= 20)
        {
            plain = Some(at);
        }
    }
    named.or(plain)
}

enum Agreement {
    /// What is seen and what is said are the same text; the blocks that are not in it went.
    Followed,
    /// What is said is longer by far than what is seen.
    Longer,
    /// Too little in common to go by.
    None,
}

/// Holds the chosen blocks against what JSON-LD says that the text is.
fn oracle(
    all: &[Block],
    chosen: &mut Vec<usize>,
    left: &mut Vec<(usize, Left)>,
    body: &str,
    standfirst: Option<usize>,
) -> Agreement {
    let said = grams(body);
    if said.len() < 60 {
        return Agreement::None;
    }
    let mut covered: HashSet<u64> = HashSet::new();
    let mut shares = HashMap::new();
    let mut seen_words = 0;
    for at in chosen.iter() {
        let own = grams(&all[*at].text);
        let hits = own.iter().filter(|gram| said.contains(*gram)).count();
        if own.len() >= 3 {
            shares.insert(*at, hits as f64 / own.len() as f64);
        }
        covered.extend(own.iter().filter(|gram| said.contains(*gram)));
        seen_words += all[*at].words;
    }
    let agreement = covered.len() as f64 / said.len() as f64;
    let matched: usize = chosen
        .iter()
        .filter(|at| shares.get(at).is_some_and(|share| *share >= 0.3))
        .map(|at| all[*at].words)
        .sum();
    // Some say the first lines only.
    if agreement >= 0.75 && matched * 10 >= seen_words * 6 {
        let is_said = |at: &usize| {
            Some(*at) == standfirst || shares.get(at).is_none_or(|share| *share >= 0.3) || all[*at].heading
        };
        left.extend(chosen.iter().filter(|at| !is_said(at)).map(|at| (*at, Left::NotSaid)));
        chosen.retain(is_said);
        return Agreement::Followed;
    }
    let inside: usize = shares.values().filter(|share| **share > 0.6).count();
    if words(body) > seen_words * 2
        && (inside * 2 >= shares.len() || shares.len() < 3)
        && ends_sentence(body.trim())
    {
        return Agreement::Longer;
    }
    Agreement::None
}

/// Hashes of all runs of four words.
fn grams(text: &str) -> HashSet<u64> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let folded = super::metadata::fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let run = 4.min(words.len());
    words
        .windows(run.max(1))
        .map(|window| {
            let mut hasher = DefaultHasher::new();
            window.hash(&mut hasher);
            hasher.finish()
        })
        .collect()
}
