//! Which blocks of the element that was found are the article's: a table of rules leaves out the others, each by its name.

use super::blocks::Block;
use super::body::Known;
use super::boilerplate::{self, ends_sentence};
use super::byline;
use super::dom::{Dom, Id, Tag};
use super::metadata::fold;
use super::roles::Role;
use super::rules::rules;
use std::collections::HashMap;

/// So many blocks at the end of a text may be an offer to subscribe.
const PAYWALL_BLOCKS: usize = 8;
/// So many blocks at the end of a text may be on its author.
const BIO_BLOCKS: usize = 4;
/// What stands so often is of a template.
const TEMPLATE_MIN: usize = 4;
/// With more words it is none of a template's.
const TEMPLATE_WORDS: usize = 3;

/// A block, and what stands around it.
pub struct Line<'a> {
    pub dom: &'a Dom,
    all: &'a [Block],
    /// The blocks of the element that was found.
    inside: &'a [usize],
    /// Which of them.
    nth: usize,
    block: &'a Block,
    /// The headline, folded.
    headline: &'a str,
    /// The text of the block that sums the article up.
    standfirst: Option<&'a str>,
    /// Whether the same text stood elsewhere before.
    again: bool,
    /// In how many elements of one kind it stands, if it is short.
    times: usize,
}

impl Line<'_> {
    /// The block so many blocks on.
    fn beside(&self, step: isize) -> Option<&Block> {
        let nth = self.nth.checked_add_signed(step)?;
        self.inside.get(nth).map(|at| &self.all[*at])
    }

    /// Whether a sentence that is wholly a link stands among sentences of the same column.
    fn is_linked_sentence(&self) -> bool {
        let beside = |step: isize| {
            self.beside(step).is_some_and(|other| {
                other.is_prose()
                    && self.dom.parent(other.element) == self.dom.parent(self.block.element)
                    && self.dom.tag(other.element) == self.dom.tag(self.block.element)
            })
        };
        self.block.words >= 12
            && ends_sentence(&self.block.text)
            && !self.block.heading
            && beside(-1)
            && beside(1)
    }

    fn is_called(&self, role: Role) -> bool {
        self.block.hint.is_some_and(|(_, called)| called == role)
    }
}

/// Blocks at the beginning and at the end of a text that may say who wrote it.
const SIGNED_BLOCKS: usize = 6;

/// Whether a rule holds of a block.
pub type Test = fn(&Line<'_>) -> bool;

rules! {
    /// Why a block is not part of the text: the first of these that holds.
    LeftRule: Test {
        Furniture |line| line.is_called(Role::Furniture), "called furniture of the page";
        Related |line| line.is_called(Role::Related), "called another story";
        Story |line| line.is_called(Role::Story), "leads to another story";
        Overlay |line| line.is_called(Role::Overlay), "laid over the page";
        Comments |line| line.is_called(Role::Comments), "called comments";
        Meta |line| line.is_called(Role::Meta), "called a byline or a date";
        Appeal |line| line.is_called(Role::Appeal), "called an offer";
        CalledCaption |line| line.is_called(Role::Caption), "called a caption";
        Advert |line| line.is_called(Role::Advert), "called an advertisement";
        Hidden |line| line.is_called(Role::Hidden), "hidden";
        Figure |line| line.block.in_figure && !line.block.is_prose(), "no prose in a figure";
        SaysFurniture |line| line.block.words < 25 && boilerplate::is_furniture(&line.block.text),
            "begins as furniture does";
        SaysCaption |line| line.block.words < 40 && boilerplate::is_caption(&line.block.text),
            "reads as a caption";
        StandfirstAgain |line| line.standfirst == Some(&*line.block.text), "repeats the standfirst";
        DateLine |line| line.block.words <= 9
            && (boilerplate::is_dateline(&line.block.text) || boilerplate::is_time(&line.block.text)),
            "is a date or a time";
        Signed |line| line.block.words <= 9
            && !(line.block.heading || line.block.in_list)
            && (line.nth < SIGNED_BLOCKS || line.nth + SIGNED_BLOCKS >= line.inside.len())
            && byline::is_line(&line.block.text),
            "is a byline";
        Paywall |line| line.nth + PAYWALL_BLOCKS >= line.inside.len()
            && boilerplate::is_paywall(&line.block.text), "offers to read on";
        // What comes again elsewhere is the template's; siblings and items repeat themselves.
        Again |line| line.again && line.block.words > 3 && !line.block.in_list, "stood elsewhere before";
        // The same few words in one item after another are a button.
        Template |line| line.times >= TEMPLATE_MIN
            && !(line.block.in_table || line.block.in_list || line.block.heading),
            "stands in every item";
        Asks |line| boilerplate::is_appeal(&line.block.text), "asks the reader";
        Bio |line| line.nth + BIO_BLOCKS >= line.inside.len() && boilerplate::is_bio(&line.block.text),
            "says who writes";
        Announces |line| line.block.words <= 9
            && (line.block.heading || line.block.text.ends_with(':'))
            && line.beside(1).is_some_and(|next| next.link_share() > 0.6 && !next.heading && next.words > 1),
            "announces links";
        HeadlineAgain |line| (line.block.heading || line.block.words > 2)
            && fold(&line.block.text) == line.headline, "repeats the headline";
    }
}

/// Why a block is left out that no rule of its own leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// By a rule.
    By(LeftRule),
    /// It is links, not sentences.
    Links,
    /// It is short, and no sentence follows.
    Behind,
    /// JSON-LD says what the text is, and this is not in it.
    NotSaid,
}

impl Left {
    /// In words.
    pub fn says(self) -> &'static str {
        match self {
            Left::By(rule) => rule.says(),
            Left::Links => "links, no sentence",
            Left::Behind => "behind the last sentence",
            Left::NotSaid => "not in JSON-LD's text",
        }
    }
}

/// The blocks of a text, and those that were left out of it.
#[derive(Default)]
pub struct Filtered {
    pub kept: Vec<usize>,
    pub left: Vec<(usize, Left)>,
}

/// Takes the blocks that are the article's.
pub fn filter(
    dom: &Dom,
    all: &[Block],
    inside: &[usize],
    known: Known<'_>,
    standfirst: Option<usize>,
    loose: bool,
) -> Filtered {
    // Each text, and what it stands in.
    let mut seen: HashMap<&str, Option<Id>> = HashMap::new();
    let mut kept: Vec<usize> = Vec::new();
    let mut left: Vec<(usize, Left)> = Vec::new();
    let mut pending: Vec<usize> = Vec::new();
    let headline = fold(known.headline);
    let mut times: HashMap<(&str, Option<Tag>), usize> = HashMap::new();
    for block in inside.iter().map(|at| &all[*at]).filter(|block| block.words <= TEMPLATE_WORDS) {
        *times.entry((&block.text, dom.tag(block.element))).or_default() += 1;
    }
    for (nth, at) in inside.iter().enumerate() {
        let block = &all[*at];
        if Some(*at) == standfirst {
            kept.push(*at);
            continue;
        }
        let parent = dom.parent(block.element);
        let line = Line {
            dom,
            all,
            inside,
            nth,
            block,
            headline: &headline,
            standfirst: standfirst.map(|at| &*all[at].text),
            times: times.get(&(&*block.text, dom.tag(block.element))).copied().unwrap_or(0),
            again: seen.get(&*block.text).is_some_and(|first| *first != parent),
        };
        let rule = LeftRule::ALL.iter().find(|rule| rule.weight()(&line));
        if rule.is_none_or(|rule| *rule >= LeftRule::Again) {
            seen.entry(&block.text).or_insert(parent);
        }
        if let Some(rule) = rule {
            left.push((*at, Left::By(*rule)));
        } else if line.is_linked_sentence()
            || block.is_prose()
            || loose && block.link_share() < 0.4 && !block.heading
        {
            kept.append(&mut pending);
            kept.push(*at);
        } else if block.link_share() < 0.5 && block.chars > 1 {
            pending.push(*at);
        } else {
            left.push((*at, Left::Links));
        }
    }
    let tail = tail(dom, all, kept.last().copied(), &pending);
    left.extend(pending[tail..].iter().map(|at| (*at, Left::Behind)));
    kept.extend_from_slice(&pending[..tail]);
    Filtered { kept, left }
}

/// How many of the short blocks behind the last sentence count: those of a list of the text's own, or more than a line or two.
fn tail(dom: &Dom, all: &[Block], last: Option<usize>, pending: &[usize]) -> usize {
    let plain = pending.iter().take_while(|at| all[**at].link_share() < 0.55).count();
    let tail = &pending[..plain];
    let lists = tail.iter().filter(|at| all[**at].in_list || all[**at].in_table).count();
    if lists * 2 > plain || plain >= 6 {
        return plain;
    }
    // A line or two in the same column close the text: a greeting, who else reported.
    let closes = |at: &usize| {
        let block = &all[*at];
        last.is_some_and(|last| {
            block.link_share() < 0.3
                && !block.heading
                && block.words > 1
                && dom.parent(block.element) == dom.parent(all[last].element)
                && dom.tag(block.element) == dom.tag(all[last].element)
        })
    };
    let lines = tail.iter().take_while(|at| last.is_some_and(|last| all[**at].element == all[last].element));
    let lines = lines.count();
    if lines > 0 {
        return lines;
    }
    if plain <= 2 && tail.iter().all(closes) { plain } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::LeftRule;
    use crate::extract::{Page, Setting, read};

    const PROSE: &str = "The harbour office said on Monday that the ferry would run again as soon as the ice is gone, \
        and that nobody would have to wait for longer than an hour.";
    const MORE: &str =
        "The crossing takes forty minutes in calm weather, and there is room for thirty cars on the deck.";

    /// A page whose text is two paragraphs with something between them.
    fn page(between: &str) -> Page {
        let html = format!(
            "<html lang=en><h1>Ferry runs again</h1><div class=story><p>{PROSE}</p>{between}<p>{MORE}</p></div>"
        );
        read(&html, &Setting::default())
    }

    /// Every rule leaves out what it is there for, is named where that is explained, and leaves the text alone.
    #[test]
    fn every_rule_leaves_something_out() {
        let story = "<div class=item><h3><a href=/a>The crane of the port has fallen</a></h3><p>Nobody was hurt when it fell into the water, the master said.</p></div>";
        let pages = [
            (LeftRule::Furniture, "<nav>Home and more of it</nav>".to_owned()),
            (LeftRule::Related, "<aside>The crane of the port has fallen into the water.</aside>".to_owned()),
            (LeftRule::Story, story.repeat(3)),
            (LeftRule::Overlay, format!("<div class=pum-container><p>{PROSE} Stay.</p></div>")),
            (LeftRule::Comments, format!("<div id=comments><p>{PROSE} I say so.</p></div>")),
            (LeftRule::Meta, "<div class=byline>Anna Sailor, in the port</div>".to_owned()),
            (LeftRule::Appeal, "<div class=newsletter>All that is new, each morning.</div>".to_owned()),
            (LeftRule::CalledCaption, "<p class=caption>The ferry at its pier, in the rain.</p>".to_owned()),
            (LeftRule::Advert, "<div class=advert>A new car, for less than the old one.</div>".to_owned()),
            (LeftRule::Hidden, format!("<div style='display: none'><p>{PROSE} Or not.</p></div>")),
            (LeftRule::Figure, "<figure><p>The ferry</p></figure>".to_owned()),
            (LeftRule::SaysFurniture, "<p>- Реклама -</p>".to_owned()),
            (LeftRule::SaysCaption, "<p>The ferry at its pier. Photo: Olena Kovach</p>".to_owned()),
            (LeftRule::StandfirstAgain, String::new()),
            (LeftRule::DateLine, "<p>18:40</p>".to_owned()),
            (LeftRule::Signed, "<p>Von Anna Sailor und Olena Kovach</p>".to_owned()),
            (LeftRule::Paywall, "<p>This text is for subscribers only, and so is the rest.</p>".to_owned()),
            (LeftRule::Again, String::new()),
            (LeftRule::Template, "<div><div>Buy now</div></div>".repeat(4)),
            (
                LeftRule::Asks,
                "<p>It is all there: subscribe to our channel on Telegram and read it first.</p>".to_owned(),
            ),
            (LeftRule::Bio, String::new()),
            (
                LeftRule::Announces,
                "<p>What the papers say:</p><ul><li><a href=/a>The crane of the port has fallen</a></ul>"
                    .to_owned(),
            ),
            (LeftRule::HeadlineAgain, "<h2>Ferry runs again</h2>".to_owned()),
        ];
        for rule in LeftRule::ALL {
            let (_, between) = pages.iter().find(|(known, _)| known == rule).expect("a page for each rule");
            let page = match rule {
                LeftRule::StandfirstAgain => read(
                    &format!(
                        "<meta name=description content='{MORE}'><h1>Ferry runs again</h1><p>{MORE}</p><div class=story><p>{PROSE}</p><p>{MORE}</p><p>{PROSE} So it is.</p></div>"
                    ),
                    &Setting::default(),
                ),
                LeftRule::Again => read(
                    &format!(
                        "<h1>Ferry runs again</h1><div class=story><p>{PROSE}</p><p>{MORE}</p><div><p>{PROSE}</p></div><p>{MORE} So it is.</p></div>"
                    ),
                    &Setting::default(),
                ),
                LeftRule::Bio => read(
                    &format!(
                        "<h1>Ferry runs again</h1><div class=story><p>{PROSE}</p><p>{MORE}</p><p>Anna Sailor is a reporter for the Evening Post and lives in Odesa.</p></div>"
                    ),
                    &Setting::default(),
                ),
                _ => page(between),
            };
            let says =
                page.considered.iter().any(|one| one.verdict == "left out" && one.rules == rule.says());
            assert!(says, "{rule:?}: {:#?}", page.considered);
            assert!(page.body.contains(PROSE) && page.body.contains(MORE), "{rule:?}: {}", page.body);
        }
    }

    /// What is laid over a page, hidden or a list of stories is not its text, however much of it there is.
    #[test]
    fn the_text_is_where_the_headline_is() {
        let long = format!("<p>{PROSE}</p><p>{MORE}</p>").repeat(6);
        let long = long.replacen(PROSE, "We and our partners keep data on your device.", 1);
        for beside in [
            format!("<div class='cmplz-cookiebanner'>{long}</div>"),
            format!("<div class='pum pum-overlay'>{long}</div>"),
            format!("<div role=dialog>{long}</div>"),
            format!("<article class='login-modal'>{long}</article>"),
            format!("<aside>{long}</aside>"),
            format!("<div style='visibility:hidden'>{long}</div>"),
            format!("<footer>{long}</footer>"),
        ] {
            let html = format!(
                "<html lang=en><main><h1>Crane falls into the water</h1><p>A crane of the port has fallen into the water on Sunday, and nobody was hurt.</p></main>{beside}"
            );
            let body = read(&html, &Setting::default()).body;
            assert_eq!(
                body, "A crane of the port has fallen into the water on Sunday, and nobody was hurt.",
                "{beside}"
            );
        }
        // A whole article in what is called an overlay, a form or a gallery is one.
        for around in ["div class=overlay", "form", "div class=gallery", "div class=sidebar-right"] {
            let tag = around.split(' ').next().unwrap();
            let html = format!(
                "<html lang=en><{around}><h1>Ferry runs again</h1><p>{PROSE}</p><p>{MORE}</p></{tag}>"
            );
            assert_eq!(read(&html, &Setting::default()).body, format!("{PROSE}\n\n{MORE}"), "{around}");
        }
    }

    /// Dates with what stands around them are no text, whatever their elements are called; an anchor's words call nothing anything.
    #[test]
    fn lines_by_what_they_say() {
        for line in
            ["Stand: 22.04.2024, 06:00 Uhr", "Freitag, 28.04.2023, 19:25", "Дата: 28.01.2025", "18.15 Uhr"]
        {
            assert!(!page(&format!("<p>{line}</p>")).body.contains(line), "{line}");
        }
        for line in [
            "Odesa, 22.04.2024",
            "Am 22.04.2024 kam sie",
            "It sails 22.04.2024",
            "Born: 12 May 1950",
            "Deadline: 1 May 2025",
        ] {
            assert!(page(&format!("<p>{line}</p>")).body.contains(line), "{line}");
        }
        let anchor = page(
            "<div id=a-crane-in-a-similar-place><h2>A crane in a similar place</h2><p>It has not fallen into the water, they said.</p></div>",
        );
        assert!(anchor.body.contains("It has not fallen"), "{}", anchor.body);
        assert!(
            !page("<div id=similar><p>It has not fallen into the water, they said.</p></div>")
                .body
                .contains("It has")
        );
    }

    /// Lines that a page breaks are paragraphs where sentences end, and lines where they stand for themselves.
    #[test]
    fn line_breaks() {
        for (inside, expected) in [
            (format!("{PROSE}<br>{MORE}"), format!("{PROSE}\n\n{MORE}")),
            (format!("{PROSE}<br>Read also: The crane falls<br>{MORE}"), format!("{PROSE}\n\n{MORE}")),
            (
                format!("{PROSE} It is red,<br>and it is large. {MORE}"),
                format!("{PROSE} It is red, and it is large. {MORE}"),
            ),
        ] {
            let html = format!("<html lang=en><h1>Ferry runs again</h1><div>{inside}</div>");
            assert_eq!(read(&html, &Setting::default()).body, expected);
        }
    }

    /// Rows, ingredients and headings that are anchors are text.
    #[test]
    fn tables_and_lists_that_are_the_article() {
        let rows: String =
            (1..9).map(|at| format!("<tr><td>{at}. runner of Odesa<td>{at}0,41</tr>")).collect();
        let html = format!(
            "<html lang=en><h1>Results of the run</h1><div><p>All of them:</p><table>{rows}</table></div><footer>{PROSE}</footer>"
        );
        let body = read(&html, &Setting::default()).body;
        assert!(body.contains("8. runner of Odesa") && !body.contains("harbour"), "{body}");
        let html = format!(
            "<html lang=en><h1>Ferry runs again</h1><div><p>{PROSE}</p><h2><a href='#fares'>What it costs</a></h2><p>{MORE}</p></div>"
        );
        assert_eq!(read(&html, &Setting::default()).body, format!("{PROSE}\n\nWhat it costs\n\n{MORE}"));
        // Some set whole paragraphs as headings.
        let html = format!(
            "<html lang=en><h1>Ferry runs again</h1><div><h3>{PROSE}</h3><h4>{MORE} So it is.</h4></div>"
        );
        assert_eq!(read(&html, &Setting::default()).body, format!("{PROSE}\n\n{MORE} So it is."));
    }
}
