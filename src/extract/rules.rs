//! What decides between candidates: tables of named rules, each with its weight. `extract --explain` prints those that hold. The weights
//! are this project's own, tried on the sets of pages of docs/measurements.md.

use super::blocks::Block;
use std::fmt::Write as _;

/// A table of rules: a name, what it weighs, and what it says of a candidate.
macro_rules! rules {
    ($(#[$doc:meta])* $table:ident: $weight:ty { $($rule:ident $value:expr, $says:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $table { $(#[doc = $says] $rule),* }

        impl $table {
            /// All of them.
            #[allow(dead_code, reason = "of most tables only tests ask")]
            pub const ALL: &[$table] = &[$($table::$rule),*];

            pub fn weight(self) -> $weight {
                match self { $($table::$rule => $value),* }
            }

            pub fn says(self) -> &'static str {
                match self { $($table::$rule => $says),* }
            }
        }
    };
}

pub(super) use rules;

rules! {
    /// What speaks for and against an element that holds a date: points, which are added.
    DateRule: i64 {
        Time 40, "time element";
        Pubdate 60, "pubdate";
        ItempropPublished 100, "itemprop datePublished";
        ItempropCreated 60, "itemprop dateCreated";
        ItempropModified 30, "itemprop dateModified";
        PropertyPublished 100, "property datePublished";
        ClassPublished 30, "called after publication";
        ClassDate 20, "called a date";
        ClassUpdated 10, "called after a change";
        Apart -80, "apart from the article";
        Updated -35, "of a change";
        Long -30, "among many words";
        LabelPublished 25, "labelled as published";
        SaysUpdated -25, "says that it is of a change";
        LabelUpdated -60, "labelled as changed";
        Between 40, "between heading and text";
        BeforeHeading 30, "just before the heading";
        FarBefore -20, "far before the heading";
        Behind -15, "behind the text";
        FarBehind -30, "far behind the text";
        BehindHeading 30, "just behind the heading";
    }
}

rules! {
    /// What speaks for and against an element that holds prose: factors of its score.
    ElementRule: f64 {
        Article 1.15, "article element";
        ArticleBody 1.5, "itemprop articleBody";
        CalledBody 1.2, "called after the body";
        OtherArticle 0.4, "in an article beside the heading's";
        NextStory 0.4, "behind the next story's heading";
        WholePage 0.7, "whole page";
        BeforeHeading 0.7, "before the heading";
    }
}

/// What names of an element may make of its score at the most.
pub const NAMES_MAX: f64 = 1.8;

/// Points of a block: so many, and so many for each word up to a number of words; whether links take their share of those.
#[derive(Clone, Copy, Debug)]
pub struct Points {
    base: f64,
    a_word: f64,
    words_max: f64,
    less_links: Links,
}

/// How much of the points for words counts.
#[derive(Clone, Copy, Debug)]
enum Links {
    /// All of it.
    All,
    /// The part that is not links.
    Without,
    /// The part that is links.
    Only,
}

const fn points(base: f64, a_word: f64, words_max: f64, less_links: Links) -> Points {
    Points { base, a_word, words_max, less_links }
}

rules! {
    /// What a block says for the elements around it.
    BlockRule: Points {
        Prose points(0.0, 1.0, 100.0, Links::Without), "prose";
        NamedProse points(0.0, -0.2, 40.0, Links::All), "prose in what is called furniture";
        Named points(-1.0, 0.0, 0.0, Links::All), "called furniture";
        Links points(-4.0, -0.3, 20.0, Links::All), "links";
        Short points(-1.0, 0.0, 0.0, Links::All), "short";
        // Where little of a page is prose:
        AnyText points(-1.5, 1.0, 60.0, Links::Without), "text";
        AnyLinks points(-1.0, -0.3, 20.0, Links::Only), "links or a heading";
    }
}

rules! {
    /// What prose is worth in something that holds other things too: factors.
    PlaceRule: f64 {
        List 0.5, "in a list";
        Table 0.7, "in a table";
        Figure 0.2, "in a figure";
    }
}

impl BlockRule {
    /// Which rule a block is weighed by, in a page that has prose, or one that has little.
    pub fn for_page(has_little: bool) -> fn(&Block) -> BlockRule {
        if has_little { BlockRule::loose } else { BlockRule::of }
    }

    /// The rule for a block of a page that has prose.
    fn of(block: &Block) -> BlockRule {
        match (block.hint.is_some(), block.is_prose()) {
            (true, true) => BlockRule::NamedProse,
            (true, false) => BlockRule::Named,
            (false, true) => BlockRule::Prose,
            (false, false) if block.link_share() > 0.5 => BlockRule::Links,
            (false, false) => BlockRule::Short,
        }
    }

    /// The rule for a block of a page that has little prose.
    fn loose(block: &Block) -> BlockRule {
        match block.hint {
            Some(_) => BlockRule::Named,
            None if block.link_share() < 0.4 && !block.heading => BlockRule::AnyText,
            None => BlockRule::AnyLinks,
        }
    }

    /// What a block weighs by this rule.
    pub fn points(self, block: &Block) -> f64 {
        let Points { base, a_word, words_max, less_links } = self.weight();
        let words = (block.words as f64).min(words_max) * a_word;
        let share = match less_links {
            Links::All => 1.0,
            Links::Without => 1.0 - block.link_share(),
            Links::Only => block.link_share(),
        };
        let mut points = base + words * share;
        for place in self.places(block) {
            points *= place.weight();
        }
        points
    }

    /// Where prose stands.
    pub fn places(self, block: &Block) -> impl Iterator<Item = PlaceRule> {
        let holds = [
            (block.in_list, PlaceRule::List),
            (block.in_table, PlaceRule::Table),
            (block.in_figure, PlaceRule::Figure),
        ];
        holds.into_iter().filter(move |(holds, _)| *holds && self == BlockRule::Prose).map(|(_, rule)| rule)
    }
}

/// Rules that are added: `+40 time element, -35 of a change`.
pub fn added(rules: &[DateRule]) -> String {
    let one = |rule: &DateRule| format!("{:+} {}", rule.weight(), rule.says());
    rules.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The score of an element, what it is multiplied with and how many blocks of which kind are in it:
/// `score 17, ×1.15 article element, 5 prose, 2 short`.
pub fn multiplied(
    score: f64,
    rules: &[ElementRule],
    blocks: impl Iterator<Item = (usize, &'static str)>,
) -> String {
    let mut says = format!("score {score:.0}");
    for rule in rules {
        let _ = write!(says, ", ×{} {}", rule.weight(), rule.says());
    }
    for (count, what) in blocks {
        let _ = write!(says, ", {count} {what}");
    }
    says
}

#[cfg(test)]
mod tests {
    use super::{BlockRule, DateRule, ElementRule, PlaceRule};
    use crate::extract::{Setting, read};
    use std::collections::BTreeSet;

    const PROSE: &str = "The harbour office said on Monday that the ferry would run again as soon as the ice is gone, \
        and that nobody would have to wait for longer than an hour.";

    /// A page with a heading, a text, and something before, between and behind.
    fn page(before: &str, between: &str, behind: &str) -> String {
        format!(
            "<body>{before}<h1>Ferry runs again</h1>{between}<div><p>{PROSE}</p><p>{PROSE} So it did.</p></div>{behind}</body>"
        )
    }

    fn rules_of(html: &str) -> String {
        let page = read(html, &Setting::default());
        page.considered.into_iter().map(|one| one.rules).collect::<Vec<_>>().join("\n")
    }

    /// Every rule of every table holds of some page, and is named where that is explained.
    #[test]
    fn every_rule_is_explained() {
        let day = "2025-01-28";
        let links = "<ul><li><a href=/a>More on the port</a></li></ul>";
        let far = "<i>x</i>".repeat(40);
        let mut pages = vec![
            page("", &format!("<time pubdate itemprop=datePublished datetime={day}>{day}</time>"), ""),
            page(&format!("<b itemprop=dateCreated content={day}>{day}</b>"), "", ""),
            page("", &format!("<b itemprop=dateModified class=updated content={day}>{day}</b>"), ""),
            page("", &format!("<b property=schema:datePublished content={day}>{day}</b>"), ""),
            page("", &format!("<b class=pubdate>Published: {day}</b>"), ""),
            page("", &format!("<b class=date>{day}</b>"), ""),
            page("", &format!("<b class=pubdate>Updated {day}</b>"), ""),
            page("", &format!("<p>Updated:</p><b itemprop=datePublished>{day}</b>"), ""),
            page("", &format!("<b itemprop=datePublished>{day} {}</b>", "and so it went ".repeat(4)), ""),
            page(
                "",
                "",
                &format!("<aside><b itemprop=datePublished class=pubdate content={day}>{day}</b></aside>"),
            ),
            page("", "", &format!("<b itemprop=datePublished content={day}>{day}</b>")),
            page("", "", &format!("{far}<b itemprop=datePublished content={day}>{day}</b>")),
            page(&format!("<b itemprop=datePublished content={day}>{day}</b>{far}"), "", ""),
            format!("<h1>Ferry runs again</h1><b class=date>{day}</b>"),
        ];
        let body = format!(
            "<div itemprop=articleBody class=article-body><p>{PROSE}</p><p>{PROSE} It did.</p></div>"
        );
        pages.extend([
            format!("<article><h1>Ferry runs again</h1>{body}{links}</article>"),
            format!("<article><h1>Ferry runs again</h1></article><article>{body}</article>"),
            format!("<h1>Ferry runs again</h1><p>Short.</p><h1>Another story</h1>{body}"),
            format!("<body>{PROSE}<div>{body}</div><h1>Ferry runs again</h1></body>"),
            page("", &format!("<ul><li>{PROSE}</li></ul><table><tr><td>{PROSE}</td></tr></table>"), ""),
            page("", "", &format!("<figure>{PROSE}</figure>")),
            page("", "", &format!("<div class=related><p>{PROSE}</p><p>More</p></div>")),
            "<h1>Results of the day</h1><div><p>Kyiv 2</p><p>Odesa 1</p><p>Lviv 3</p><h2>More</h2></div>"
                .to_owned(),
        ]);
        let said: Vec<String> = pages.iter().map(|page| rules_of(page)).collect();
        let said = said.join("\n");
        let names = DateRule::ALL.iter().map(|rule| rule.says());
        let names = names.chain(ElementRule::ALL.iter().map(|rule| rule.says()));
        let names = names.chain(BlockRule::ALL.iter().map(|rule| rule.says()));
        let names: Vec<&str> = names.chain(PlaceRule::ALL.iter().map(|rule| rule.says())).collect();
        let is_said = |name: &str| {
            said.split(['\n', ','])
                .any(|one| one.split_once(' ').is_some() && one.trim().ends_with(&format!(" {name}")))
        };
        let missing: Vec<&str> = names.iter().copied().filter(|name| !is_said(name)).collect();
        assert!(missing.is_empty(), "{missing:?} of\n{said}");
        for table in [
            DateRule::ALL.iter().map(|rule| rule.says()).collect::<Vec<_>>(),
            ElementRule::ALL.iter().map(|rule| rule.says()).collect(),
            BlockRule::ALL.iter().map(|rule| rule.says()).collect(),
        ] {
            assert_eq!(table.iter().collect::<BTreeSet<_>>().len(), table.len(), "a name is used twice");
        }
    }

    /// What is printed adds up to what decides.
    #[test]
    fn the_nearer_date_is_chosen_by_its_rules() {
        let html = page(
            "",
            "<time datetime=2025-01-28>28 January 2025</time>",
            "<footer><time datetime=2024-12-01>1 December 2024</time></footer>",
        );
        let read = read(&html, &Setting::default());
        assert_eq!(read.published.unwrap().place, "time element");
        let first = read.considered.iter().find(|one| one.field == "published").unwrap();
        assert_eq!(first.rules, "+40 time element, +40 between heading and text");
    }
}
