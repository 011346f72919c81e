//! Elements that hold dates: `time`, microdata, and those that are called so. A table of rules weighs them.

use super::boilerplate::{self, PUBLISHED_LABELS};
use super::dom::{Dom, Id, Tag};
use super::published::Where;
use super::roles::{self, Role};
use super::rules::DateRule;
use crate::model::Origin;
use crate::text::dates;
use std::cmp::Reverse;
use std::collections::HashSet;

/// Parts of class names of the date of publication.
#[rustfmt::skip]
const PUBLISHED_CLASSES: &[&str] = &[
    "publish", "pubdate", "pub-date", "entry-date", "post-date", "postdate", "posted", "article-date", "article__date",
    "dateline", "timestamp", "article-time", "pubtime", "veroeffentlich", "datum", "article_date",
    "post__date", "news-date", "byline-date", "publication", "submitted", "postmetadata", "post-meta",
    "entry-meta", "meta__date",
];

/// Parts of names that say that a date is of a change.
const UPDATED_CLASSES: &[&str] = &["updat", "modif", "aktualis", "maj-", "bearbeitet"];
/// What a date is called.
const DATE_CLASSES: &[&str] = &["date", "time", "datetime", "fecha", "data", "datum", "created"];

/// A date that an element holds.
pub struct Candidate {
    pub value: String,
    pub origin: Origin,
    pub place: String,
    /// The rules that hold.
    pub rules: Vec<DateRule>,
}

impl Candidate {
    /// The sum of its rules.
    pub(super) fn score(&self) -> i64 {
        self.rules.iter().map(|rule| rule.weight()).sum()
    }
}

/// How many are taken.
const CANDIDATES_MAX: usize = 12;
/// Elements as near to the heading or the text are near; nodes of the page.
const NEAR: Id = 60;

impl Where<'_> {
    /// The best of them, those near the headline first.
    pub(super) fn elements(&self) -> Vec<Candidate> {
        let apart = Apart::of(self.dom, self.heading);
        let weighed = self.dom.all().filter_map(|id| self.element(id, &apart));
        let mut weighed: Vec<Candidate> = weighed.filter(|candidate| candidate.score() > 0).collect();
        weighed.sort_by_cached_key(|candidate| Reverse(candidate.score()));
        weighed.truncate(CANDIDATES_MAX);
        weighed
    }

    fn element(&self, id: Id, apart: &Apart) -> Option<Candidate> {
        let tag = self.dom.tag(id).filter(|tag| *tag != Tag::Meta)?;
        let (mut rules, value) = self.called(id, tag);
        if rules.is_empty() {
            return None;
        }
        let mut updated =
            rules.iter().any(|rule| matches!(rule, DateRule::ItempropModified | DateRule::ClassUpdated));
        let apart = self.is_apart(id, apart);
        if apart {
            rules.push(DateRule::Apart);
        }
        if updated {
            rules.push(DateRule::Updated);
        }
        let text = self.dom.text_of(id);
        let words = text.split_whitespace().count();
        if words > 40 || text.len() > 4000 {
            return None;
        }
        if value.is_none() {
            let said = self.said(id, &text, words);
            updated |= said == Some(DateRule::LabelUpdated);
            rules.extend(said);
        }
        rules.extend(self.stands(id));
        let value = value
            .filter(|value| dates::parse(value, self.setting).is_some())
            .unwrap_or_else(|| text.chars().take(200).collect());
        if value.trim().is_empty() {
            return None;
        }
        let (origin, name) =
            if tag == Tag::Time { (Origin::TimeTag, "time") } else { (Origin::Text, "date") };
        let (apart, updated) = (if apart { ", apart" } else { "" }, if updated { ", updated" } else { "" });
        Some(Candidate { value, origin, place: format!("{name} element{apart}{updated}"), rules })
    }

    /// What an element is called, and the date that its attributes say.
    fn called(&self, id: Id, tag: Tag) -> (Vec<DateRule>, Option<String>) {
        let mut rules = Vec::new();
        if tag == Tag::Time {
            rules.push(DateRule::Time);
        }
        let mut value = None;
        for (name, text) in self.dom.attributes(id) {
            match name {
                "datetime" => value = Some(text.to_owned()),
                "content" => value = value.or(Some(text.to_owned())),
                "pubdate" => rules.push(DateRule::Pubdate),
                "itemprop" => match text.to_ascii_lowercase().as_str() {
                    "datepublished" => rules.push(DateRule::ItempropPublished),
                    "datecreated" => rules.push(DateRule::ItempropCreated),
                    "datemodified" => rules.push(DateRule::ItempropModified),
                    _ => {}
                },
                "property" if text.to_ascii_lowercase().contains("datepublished") => {
                    rules.push(DateRule::PropertyPublished);
                }
                "class" | "id" | "data-testid" | "data-component" | "data-qa" => {
                    let lower = text.to_ascii_lowercase();
                    let holds = |words: &[&str]| words.iter().any(|word| lower.contains(word));
                    let mut parts = lower.split(|c: char| !c.is_ascii_alphanumeric());
                    if holds(UPDATED_CLASSES) {
                        rules.push(DateRule::ClassUpdated);
                    } else if holds(PUBLISHED_CLASSES) {
                        rules.push(DateRule::ClassPublished);
                    } else if parts.any(|part| DATE_CLASSES.contains(&part)) {
                        rules.push(DateRule::ClassDate);
                    }
                }
                "title" if tag == Tag::Abbr => value = value.or(Some(text.to_owned())),
                _ => {}
            }
        }
        (rules, value)
    }

    /// In a list of other stories, in comments: not the article's. Between heading and text even a box at the side is about the article.
    fn is_apart(&self, id: Id, apart: &Apart) -> bool {
        let body = self.body_elements();
        let in_item = apart.in_item[id as usize] && body.is_none_or(|(_, last)| id > last);
        let between =
            body.is_some_and(|(first, _)| (self.heading..first).contains(&id) && first - self.heading < 400);
        (apart.apart[id as usize] || in_item) && !between
    }

    /// The elements of the first and the last block of the body.
    fn body_elements(&self) -> Option<(Id, Id)> {
        self.body.map(|(first, last)| (self.blocks[first].element, self.blocks[last].element))
    }

    /// What its own words or the label before it say of a date that no attribute says.
    fn said(&self, id: Id, text: &str, words: usize) -> Option<DateRule> {
        let lower = text.to_lowercase();
        if words > 12 {
            Some(DateRule::Long)
        } else if PUBLISHED_LABELS.iter().any(|word| lower.starts_with(word)) {
            Some(DateRule::LabelPublished)
        } else if boilerplate::says_updated(&lower) {
            Some(DateRule::SaysUpdated)
        } else {
            self.is_labelled_updated(self.block_of(id)).then_some(DateRule::LabelUpdated)
        }
    }

    /// Where it stands.
    fn stands(&self, id: Id) -> Vec<DateRule> {
        let heading = self.heading;
        match self.body_elements() {
            Some((first, _)) if id >= heading && id < first => vec![DateRule::Between],
            Some(_) if id < heading && heading - id < NEAR => vec![DateRule::BeforeHeading],
            Some(_) if id < heading => vec![DateRule::FarBefore],
            Some((_, last)) if id > last && id - last > NEAR => vec![DateRule::Behind, DateRule::FarBehind],
            Some((_, last)) if id > last => vec![DateRule::Behind],
            None if id >= heading && id - heading < 80 => vec![DateRule::BehindHeading],
            _ => Vec::new(),
        }
    }
}

/// For each node whether it stands apart from the article: in an aside, a footer, a menu, a list of other stories, in comments;
/// and whether it is in an item of a list.
struct Apart {
    apart: Vec<bool>,
    in_item: Vec<bool>,
}

impl Apart {
    fn of(dom: &Dom, heading: Id) -> Apart {
        // What holds the heading is not apart from it.
        let holding: HashSet<Id> = dom.ancestors(heading).collect();
        let (mut apart, mut in_item) = (vec![false; dom.len()], vec![false; dom.len()]);
        for id in dom.all() {
            let at = id as usize;
            if let Some(parent) = dom.parent(id) {
                (apart[at], in_item[at]) = (apart[parent as usize], in_item[parent as usize]);
            }
            let Some(tag) = dom.tag(id) else { continue };
            in_item[at] |= tag == Tag::Li;
            if !apart[at] && !holding.contains(&id) {
                apart[at] = matches!(tag, Tag::Aside | Tag::Footer | Tag::Nav)
                    || matches!(roles::of(dom, id, tag), Some(Role::Related | Role::Comments));
            }
        }
        Apart { apart, in_item }
    }
}
