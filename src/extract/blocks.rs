//! The blocks of a page: runs of text between the edges of block elements, each with what it is called and stands in.

use super::dom::{Dom, Id, Tag, collapse};
use super::roles::{self, Role};
use super::stories;
use crate::extract::boilerplate::{self, ends_sentence, letters, sentences, words};
use std::collections::HashSet;

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
    pub(super) named: Option<usize>,
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

/// So many words are a paragraph that ends at a line break.
const LINE_WORDS: usize = 6;
/// A sentence of so many words is no heading.
const HEADING_WORDS_MAX: usize = 20;

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

/// An element that is called something that articles do not hold.
struct Named {
    element: Id,
    role: Role,
    /// The one around it, as a number of [`Walk::named`].
    around: Option<usize>,
}

struct Walk<'a> {
    dom: &'a Dom,
    blocks: Vec<Block>,
    /// Elements that are called something that articles do not hold.
    named: Vec<Named>,
    /// Elements that lead to another story each ([`stories::others`]).
    others: HashSet<Id>,
    text: String,
    link_chars: usize,
    /// Line breaks in the text: where, and letters of links before it.
    line_marks: Vec<(usize, usize)>,
    breaks: usize,
}

impl Walk<'_> {
    /// Ends the run of text. At a single line break it is cut where a sentence ends, or where one of the lines is furniture: some pages
    /// have no other paragraphs. Lines that stand for themselves stay lines.
    fn flush(&mut self, around: &Around) {
        self.breaks = 0;
        let text = std::mem::take(&mut self.text);
        let link_chars = std::mem::take(&mut self.link_chars);
        let marks = std::mem::take(&mut self.line_marks);
        if around.in_pre || around.heading || marks.is_empty() {
            let text = if around.in_pre { text.trim().to_owned() } else { collapse(&text) };
            return self.push(text, link_chars, around);
        }
        let mut lines: Vec<(String, usize)> = Vec::new();
        let mut begin = (0, 0);
        for (at, links) in marks.into_iter().chain([(text.len(), link_chars)]) {
            lines.push((collapse(&text[begin.0..at]), links - begin.1));
            begin = (at, links);
        }
        lines.retain(|(line, _)| !line.is_empty());
        let stands = |line: &str| {
            let first = line.trim_start_matches(|c: char| !c.is_alphanumeric()).chars().next();
            first.is_some_and(|c| !c.is_lowercase())
        };
        let standing = lines.iter().filter(|(line, _)| stands(line)).count();
        let sign = if standing * 3 > lines.len() * 2 { "\n" } else { " " };
        let is_furniture = |line: &str| boilerplate::is_furniture(line) || boilerplate::is_appeal(line);
        let mut run = (String::new(), 0);
        for (line, links) in lines {
            let cut = words(&run.0) >= LINE_WORDS && ends_sentence(&run.0) && stands(&line)
                || is_furniture(&line)
                || is_furniture(run.0.rsplit('\n').next().unwrap_or(""));
            if cut {
                let (text, links) = std::mem::take(&mut run);
                self.push(text, links, around);
            } else if !run.0.is_empty() {
                run.0.push_str(sign);
            }
            run.0.push_str(&line);
            run.1 += links;
        }
        self.push(run.0, run.1, around);
    }

    fn push(&mut self, text: String, link_chars: usize, around: &Around) {
        if text.is_empty() {
            return;
        }
        let words = words(&text);
        self.blocks.push(Block {
            words,
            chars: letters(&text),
            link_chars,
            element: around.block,
            hint: None,
            firm_hint: None,
            named: around.named,
            in_list: around.in_list,
            in_table: around.in_table,
            in_figure: around.in_figure,
            // Some set whole paragraphs as headings.
            heading: around.heading && !(words >= HEADING_WORDS_MAX && ends_sentence(&text)),
            text,
        });
    }

    fn walk(&mut self, id: Id, around: &Around) {
        if let Some(text) = self.dom.text(id) {
            if !text.trim().is_empty() {
                self.breaks = 0;
            }
            if around.in_link {
                self.link_chars += letters(text);
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
                self.line_marks.push((self.text.len(), self.link_chars));
                self.text.push('\n');
            }
            return;
        }
        let mut inner = *around;
        let other = self.others.contains(&id).then_some(Role::Story);
        if let Some(role) = other.or_else(|| roles::of(self.dom, id, tag)) {
            self.named.push(Named { element: id, role, around: around.named });
            inner.named = Some(self.named.len() - 1);
        }
        match tag {
            // A heading may be an anchor of its own.
            Tag::A => inner.in_link = !(around.heading && is_anchor(self.dom, id)),
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
            let hint = inner.named.map(|at| self.named[at].role);
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

/// Whether a link leads to a place in its own page.
fn is_anchor(dom: &Dom, id: Id) -> bool {
    dom.attribute(id, "href").is_some_and(|href| href.len() > 1 && href.starts_with('#'))
}

impl Blocks {
    /// Cuts a page. `heading` is the heading that shows the headline, if there is one.
    pub fn of(dom: &Dom, heading: Option<Id>) -> Blocks {
        let mut walk = Walk {
            dom,
            blocks: Vec::new(),
            named: Vec::new(),
            others: stories::others(dom, heading),
            text: String::new(),
            link_chars: 0,
            line_marks: Vec::new(),
            breaks: 0,
        };
        walk.walk(0, &Around::default());
        let mut blocks = walk.blocks;
        void(dom, &mut blocks, &walk.named, heading);
        Blocks { blocks }
    }
}

/// Gives each block the outermost name around it that says something. A name on an element that holds much of the page's
/// prose says nothing: whole articles stand in `widget`, `sidebar-right` and `comments-off`. One that holds the headline needs
/// to hold less for that; what is laid over the page, is hidden or leads to other stories, and does not hold it, is never the text.
fn void(dom: &Dom, blocks: &mut [Block], named: &[Named], heading: Option<Id>) {
    let chain = |block: &Block| std::iter::successors(block.named, |at| named[*at].around);
    let apart = |at: usize| named[at].role == Role::Comments;
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
    // The first paragraph behind the headline, and whether nothing around it is called anything.
    let opening =
        heading.and_then(|heading| blocks.iter().find(|block| block.element > heading && block.is_prose()));
    let opens_plainly = opening.is_some_and(|block| block.named.is_none() && block.words >= OPENING_WORDS);
    let opening = opening.map(|block| block.element);
    let says_nothing = |at: usize| {
        let Named { element, role, .. } = named[at];
        let holds = heading.is_some_and(|heading| dom.is_within(heading, element));
        let opens = opening.is_some_and(|opening| dom.is_within(opening, element));
        let tag = dom.tag(element);
        let most = match role {
            Role::Story => return false,
            _ if holds => HOLDING_HEADLINE,
            Role::Comments if heading.is_some() => return plain < OPENING_WORDS,
            Role::Comments => return plain < 60 && held[at] * 10 > all * 4,
            _ if heading.is_none() && role == Role::Related => 6,
            _ if heading.is_none() => 4,
            Role::Overlay | Role::Hidden => return false,
            Role::Furniture if matches!(tag, Some(Tag::Footer | Tag::Nav | Tag::Menu)) => return false,
            Role::Related if tag == Some(Tag::Aside) && opens_plainly => return false,
            Role::Related if tag == Some(Tag::Aside) => 9,
            Role::Related if opens => 6,
            Role::Related => 8,
            _ if opens => HOLDING_HEADLINE,
            _ => 4,
        };
        held[at] * 10 > plain.max(30) * most
    };
    let void: Vec<bool> = (0..named.len()).map(says_nothing).collect();
    for block in blocks {
        let said = |at: usize| (named[at].element, named[at].role);
        block.hint = chain(block).filter(|at| !void[*at]).last().map(said);
        let firm = |at: &usize| {
            let apart = match named[*at].role {
                Role::Comments | Role::Hidden | Role::Overlay | Role::Story => true,
                Role::Related => heading.is_some(),
                _ => heading.is_some_and(|heading| named[*at].element < heading),
            };
            !void[*at] && apart || dom.tag(named[*at].element).is_some_and(roles::is_firm)
        };
        block.firm_hint = chain(block).filter(firm).last().map(said);
    }
}

/// With so many words a paragraph behind the headline opens the text.
const OPENING_WORDS: usize = 12;
/// Tenths of a page's prose with which the name of an element that holds the headline says nothing.
const HOLDING_HEADLINE: usize = 2;
