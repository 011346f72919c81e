//! Finds the article's paragraphs in a page.
//!
//! The page is cut into blocks: runs of text between the edges of block elements. Each block is judged by its shape (how
//! long, how much of it is links, whether it is made of sentences) and by what its element and those around it are called
//! ([`super::roles`]). The article is the element that holds the most prose for the furniture that it has; inside it,
//! blocks that are furniture go. What the page's own JSON-LD says of the text decides where it agrees with what is seen.

use super::dom::{Dom, Id, Tag, collapse};
use super::region::{self, Scored, article_of, grow, next_heading};
use super::roles::{self, Role};
use crate::extract::boilerplate::{self, ends_sentence, sentences, words};
use std::collections::{HashMap, HashSet};

/// A run of text between the edges of block elements.
#[derive(Clone, Debug)]
pub struct Block {
    pub text: String,
    /// The block element that it stands in.
    pub element: Id,
    pub words: usize,
    pub chars: usize,
    /// Letters that are part of links.
    pub link_chars: usize,
    /// The outermost element around it that is called something that articles do not hold, and what.
    pub hint: Option<(Id, Role)>,
    /// The same, if only the elements' own names count, not their classes.
    pub firm_hint: Option<(Id, Role)>,
    /// The innermost such element, as a number of [`Walk::named`].
    named: Option<usize>,
    /// Inside of a list item, a table cell, a quotation.
    pub in_list: bool,
    pub in_table: bool,
    pub in_figure: bool,
    pub heading: bool,
}

impl Block {
    pub fn link_share(&self) -> f64 {
        self.link_chars as f64 / self.chars.max(1) as f64
    }

    pub fn is_prose(&self) -> bool {
        let ended = ends_sentence(&self.text);
        let most = if self.words >= 12 && (ended || self.words >= 30 && sentences(&self.text) > 0) {
            0.75
        } else {
            0.5
        };
        if self.heading || self.link_share() > most {
            return false;
        }
        match self.words {
            0..=5 => false,
            6..=11 => ended && self.link_share() < 0.3,
            12..=24 => ended || sentences(&self.text) > 0,
            _ => true,
        }
    }
}

/// The blocks of a page, in order.
pub struct Blocks {
    pub blocks: Vec<Block>,
}

#[derive(Clone, Copy, Default)]
struct Around {
    block: Id,
    named: Option<usize>,
    in_link: bool,
    in_list: bool,
    in_table: bool,
    in_figure: bool,
    in_pre: bool,
    heading: bool,
}

struct Walk<'a> {
    dom: &'a Dom,
    blocks: Vec<Block>,
    /// Elements that are called something that articles do not hold, each with the one around it.
    named: Vec<(Id, Role, Option<usize>)>,
    text: String,
    link_chars: usize,
    breaks: usize,
}

impl Walk<'_> {
    fn flush(&mut self, around: &Around) {
        self.breaks = 0;
        let text = std::mem::take(&mut self.text);
        let link_chars = std::mem::take(&mut self.link_chars);
        let text = if around.in_pre { text.trim().to_owned() } else { collapse(&text) };
        if text.is_empty() {
            return;
        }
        let chars = text.chars().filter(|c| c.is_alphanumeric()).count();
        self.blocks.push(Block {
            words: words(&text),
            chars,
            link_chars,
            text,
            element: around.block,
            hint: None,
            firm_hint: None,
            named: around.named,
            in_list: around.in_list,
            in_table: around.in_table,
            in_figure: around.in_figure,
            heading: around.heading,
        });
    }

    fn walk(&mut self, id: Id, around: &Around) {
        if let Some(text) = self.dom.text(id) {
            if !text.trim().is_empty() {
                self.breaks = 0;
            }
            let letters = || text.chars().filter(|c| c.is_alphanumeric()).count();
            if around.in_link {
                self.link_chars += letters();
            }
            self.text.push_str(text);
            return;
        }
        let Some(tag) = self.dom.tag(id) else { return };
        if roles::is_silent(tag) {
            return;
        }
        if tag == Tag::Br {
            self.breaks += 1;
            if self.breaks == 2 && !around.heading {
                self.flush(around);
            } else {
                self.text.push('\n');
            }
            return;
        }
        let mut inner = *around;
        if let Some(hint) = roles::of(self.dom, id, tag) {
            self.named.push((id, hint, around.named));
            inner.named = Some(self.named.len() - 1);
        }
        match tag {
            Tag::A => inner.in_link = true,
            Tag::Li | Tag::Dd | Tag::Dt => inner.in_list = true,
            Tag::Td | Tag::Th => inner.in_table = true,
            Tag::Figure | Tag::Picture => inner.in_figure = true,
            Tag::Pre => inner.in_pre = true,
            _ => {}
        }
        inner.heading |= tag.is_heading();
        if tag.is_block() {
            self.flush(around);
            inner.block = id;
            self.dom.children(id).for_each(|child| self.walk(child, &inner));
            self.flush(&inner);
        } else if inner.named != around.named {
            // A piece inside a line that is called something of its own stands alone.
            let hint = inner.named.map(|at| self.named[at].1);
            let alone =
                self.text.trim().is_empty() || hint != Some(Role::Hidden) && hint != Some(Role::Advert);
            if alone {
                self.flush(around);
            }
            inner.block = id;
            self.dom.children(id).for_each(|child| self.walk(child, &inner));
            if alone {
                self.flush(&inner);
            }
        } else {
            self.dom.children(id).for_each(|child| self.walk(child, &inner));
        }
    }
}

impl Blocks {
    /// Cuts a page.
    pub fn of(dom: &Dom) -> Blocks {
        let mut walk = Walk {
            dom,
            blocks: Vec::new(),
            named: Vec::new(),
            text: String::new(),
            link_chars: 0,
            breaks: 0,
        };
        walk.walk(0, &Around::default());
        let mut blocks = walk.blocks;
        void(dom, &mut blocks, &walk.named);
        Blocks { blocks }
    }
}

/// Gives each block the outermost name around it that says something. A name on an element that holds much of the page's
/// prose says nothing: whole articles stand in `widget`, `sidebar-right` and `comments-off`.
fn void(dom: &Dom, blocks: &mut [Block], named: &[(Id, Role, Option<usize>)]) {
    let chain = |block: &Block| std::iter::successors(block.named, |at| named[*at].2);
    let apart = |at: usize| named[at].1 == Role::Comments;
    let mut held = vec![0; named.len()];
    let (mut all, mut plain) = (0, 0);
    for block in blocks.iter().filter(|block| block.is_prose()) {
        all += block.words;
        let counts = !chain(block).any(apart);
        if counts {
            plain += block.words;
        }
        for at in chain(block) {
            if counts || apart(at) {
                held[at] += block.words;
            }
        }
    }
    let is_void = |at: usize| match named[at].1 {
        Role::Comments => plain < 60 && held[at] * 10 > all * 4,
        Role::Related => held[at] * 10 > plain.max(30) * 6,
        _ => held[at] * 10 > plain.max(30) * 4,
    };
    for block in blocks {
        let said = |at: usize| (named[at].0, named[at].1);
        block.hint = chain(block).filter(|at| !is_void(*at)).last().map(said);
        let firm = |at: &usize| {
            !is_void(*at) && matches!(named[*at].1, Role::Comments | Role::Hidden)
                || dom.tag(named[*at].0).is_some_and(roles::is_firm)
        };
        block.firm_hint = chain(block).filter(firm).last().map(said);
    }
}

/// What was found.
pub struct Found {
    /// The blocks of the article, in order.
    pub chosen: Vec<usize>,
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
    let regions = grow(dom, all, element);
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
    let mut chosen = filter(dom, all, &inside, known, standfirst, loose);
    let mut elements = best.iter().map(|scored| scored.explain(dom, all, loose));
    let (mut why, _, rules) = elements.next()?;
    let others = elements.collect();
    let mut said = None;
    if let Some(body) = known.body {
        match oracle(all, &mut chosen, body, standfirst) {
            Agreement::Followed => why.push_str(", JSON-LD agrees"),
            Agreement::Longer => {
                why.push_str(", JSON-LD says more");
                said = Some(body.to_owned());
            }
            Agreement::None => {}
        }
    }
    (!chosen.is_empty() || said.is_some()).then_some(Found { chosen, said, why, rules, others })
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
    let mut named = None;
    let mut plain = None;
    for at in candidates {
        let block = &all[at];
        if block.words < 6
            || block.link_share() > 0.4
            || matches!(block.hint, Some((_, Role::Hidden | Role::Comments | Role::Caption | Role::Advert)))
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
            && block.hint.is_none()
            && !(block.in_list || block.in_table || block.in_figure)
            && block.link_share() < 0.2
            && (ends_sentence(&block.text) || block.words >= 20)
        {
            plain = Some(at);
        }
    }
    named.or(plain)
}

/// So many blocks at the end of a text may be an offer to subscribe.
const PAYWALL_BLOCKS: usize = 8;

fn filter(
    dom: &Dom,
    all: &[Block],
    inside: &[usize],
    known: Known<'_>,
    standfirst: Option<usize>,
    loose: bool,
) -> Vec<usize> {
    // Each text, and what it stands in.
    let mut seen: HashMap<&str, Option<Id>> = HashMap::new();
    let mut kept: Vec<usize> = Vec::new();
    let mut pending: Vec<usize> = Vec::new();
    let headline = super::metadata::fold(known.headline);
    for (nth, at) in inside.iter().enumerate() {
        let block = &all[*at];
        if Some(*at) == standfirst {
            kept.push(*at);
            continue;
        }
        if block.hint.is_some() || block.in_figure && !block.is_prose() {
            continue;
        }
        if boilerplate::is_furniture(&block.text) && block.words < 25
            || boilerplate::is_caption(&block.text) && block.words < 40
        {
            continue;
        }
        if standfirst.is_some_and(|at| all[at].text == block.text)
            || block.words <= 9 && boilerplate::is_dateline(&block.text)
            || nth + PAYWALL_BLOCKS >= inside.len() && boilerplate::is_paywall(&block.text)
        {
            continue;
        }
        // What comes again elsewhere is the template's; siblings and items repeat themselves.
        let parent = dom.parent(block.element);
        let first = *seen.entry(&block.text).or_insert(parent);
        let again = block.words > 3 && first != parent && !block.in_list;
        if again || boilerplate::is_appeal(&block.text) && block.words < 70 {
            continue;
        }
        // What announces links goes with them.
        let next = inside.get(nth + 1).map(|next| &all[*next]);
        let announces = block.words <= 9 && (block.heading || block.text.ends_with(':'));
        if announces && next.is_some_and(|next| next.link_share() > 0.6 && !next.heading && next.words > 1) {
            continue;
        }
        if (block.heading || block.words > 2) && super::metadata::fold(&block.text) == headline {
            continue;
        }
        // A sentence that is wholly a link, among sentences of the same column, is one of them.
        let beside = |step: isize| {
            let other = nth.checked_add_signed(step).and_then(|nth| inside.get(nth)).map(|at| &all[*at]);
            other.is_some_and(|other| {
                other.is_prose()
                    && dom.parent(other.element) == parent
                    && dom.tag(other.element) == dom.tag(block.element)
            })
        };
        let linked =
            block.words >= 12 && ends_sentence(&block.text) && !block.heading && beside(-1) && beside(1);
        if linked || block.is_prose() || loose && block.link_share() < 0.4 && !block.heading {
            kept.append(&mut pending);
            kept.push(*at);
        } else if block.link_share() < 0.5 && block.chars > 1 {
            pending.push(*at);
        }
    }
    // What comes after the last sentence counts if it is a list of the text's own, or more than a line or two.
    let tail: Vec<usize> = pending.iter().copied().take_while(|at| all[*at].link_share() < 0.55).collect();
    let lists = tail.iter().filter(|at| all[**at].in_list || all[**at].in_table).count();
    if lists * 2 > tail.len() || tail.len() >= 6 {
        kept.extend(tail);
    } else if let Some(last) = kept.last().copied() {
        // A line or two in the same column close the text: a greeting, who else reported.
        let closes = |at: &usize| {
            let block = &all[*at];
            block.link_share() < 0.3
                && !block.heading
                && block.words > 1
                && dom.parent(block.element) == dom.parent(all[last].element)
                && dom.tag(block.element) == dom.tag(all[last].element)
        };
        if tail.len() <= 2 && tail.iter().all(closes) {
            kept.extend(tail);
        }
    }
    kept
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
fn oracle(all: &[Block], chosen: &mut Vec<usize>, body: &str, standfirst: Option<usize>) -> Agreement {
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
        chosen.retain(|at| {
            Some(*at) == standfirst || shares.get(at).is_none_or(|share| *share >= 0.3) || all[*at].heading
        });
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
