//! When it was published: every place that says so, in a fixed order of trust.

use super::Published;
use super::body::Block;
use super::dom::{Dom, Id, Tag};
use super::headline::Considered;
use super::metadata::Metadata;
use super::roles::{self, Role};
use crate::extract::boilerplate::{self, PUBLISHED_LABELS};
use crate::model::{DAY, Dated, Origin, Precision, Timestamp};
use crate::text::dates::{self, Setting};
use std::collections::HashSet;

/// Parts of class names of the date of publication.
#[rustfmt::skip]
const PUBLISHED_CLASSES: &[&str] = &[
    "publish", "pubdate", "pub-date", "entry-date", "post-date", "postdate", "posted", "article-date", "article__date",
    "dateline", "timestamp", "article-time", "pubtime", "veroeffentlich", "datum", "article_date",
    "post__date", "news-date", "byline-date", "publication", "submitted", "postmetadata", "post-meta",
    "entry-meta", "meta__date",
];

/// Fields of the data in scripts that say when the page was published.
#[rustfmt::skip]
const SCRIPT_FIELDS: &[&str] = &[
    "datePublished", "publishedAt", "published_at", "publishDate", "publicationDate", "publish_date",
    "publishedDate", "firstPublished", "pubDate", "first-publication", "firstPublication", "first_publication",
];

/// Meta tags that say when a page was published, the surest first.
#[rustfmt::skip]
const PUBLISHED_METAS: &[&str] = &[
    "article:published_time", "og:article:published_time", "article:published", "datepublished",
    "og:published_time", "publish-date", "publish_date", "published_time", "publication_date", "pubdate",
    "publishdate", "published", "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "dc.date.issued", "dcterms.issued", "citation_publication_date",
    "citation_date", "article.published", "article:post_date", "date_published", "article_date_original",
    "originalpublicationdate", "bt:pubdate", "rnews:datepublished", "displaydate", "og:pubdate",
    "mediator_published_time", "article:published_date", "shareaholic:article_published_time",
    "vr:published_time", "analyticsattributes.articledate", "ptime", "publishtime", "pubtime", "pub_date",
    "article:create_at", "publication-date", "article-publication-date", "iso-8601-publish-date",
    "apub:time", "firstpublicationdate",
];
/// Those that may as well say when the page was made or sent.
#[rustfmt::skip]
const WEAK_METAS: &[&str] = &[
    "dc.date.created", "dcterms.created", "dc.created", "datecreated", "created", "creation_date",
    "dc.date", "dcterms.date", "date", "release_date", "og:release_date", "video:release_date",
    "date-scope-start", "startdate",
];
/// Meta tags that say when it was last changed.
#[rustfmt::skip]
const MODIFIED_METAS: &[&str] = &[
    "article:modified_time", "og:updated_time", "og:modified_time", "og:article:modified_time",
    "datemodified", "lastmod", "last-modified", "dcterms.modified", "dc.date.modified", "modified",
    "updated_time", "article:modified", "revision_date", "last_updated_date", "article.updated", "moddate",
];

/// Dates of a page: published and modified.
pub struct Dates {
    pub published: Option<Published>,
    pub modified: Option<Dated>,
}

/// What dates are looked for in.
pub struct Where<'a> {
    pub html: &'a str,
    pub dom: &'a Dom,
    pub said: &'a Metadata,
    pub blocks: &'a [Block],
    /// The heading of the article, or where it would be.
    pub heading: Id,
    /// The first and the last block of the body.
    pub body: Option<(usize, usize)>,
    pub url: Option<&'a str>,
    pub setting: Setting<'a>,
    /// Nothing was published after tomorrow.
    pub now: Option<Timestamp>,
}

impl Where<'_> {
    /// Finds them.
    pub fn dates(&self, considered: &mut Vec<Considered>) -> Dates {
        let said = self.said;
        let parse = |text: &str| {
            dates::parse(text, self.setting)
                .filter(|found| found.has_year || self.setting.captured.is_some())
                .map(|found| found.dated)
                .filter(|dated| self.is_plausible(*dated))
        };
        let mut found: Vec<Published> = Vec::new();
        let any = std::cell::Cell::new(false);
        let mut put = |text: &str, origin: Origin, place: String| {
            let dated = parse(text);
            considered.push(Considered {
                field: "published",
                value: text.chars().take(80).collect(),
                origin: place.clone(),
                verdict: if dated.is_some() { "" } else { "not a date" },
            });
            if let Some(dated) = dated.filter(|dated| dated.precision != Precision::Month) {
                found.push(Published { dated, origin, place });
                any.set(true);
            }
        };
        if let Some(text) = said.text("datePublished") {
            put(&text, Origin::Jsonld, "jsonld datePublished".to_owned());
        }
        for name in PUBLISHED_METAS {
            for (_, content) in said.metas.iter().filter(|(known, _)| known == name) {
                put(content, Origin::Meta, format!("meta {name}"));
            }
        }
        self.elements(&mut put);
        for name in ["dateCreated", "uploadDate"] {
            if let Some(text) = said.text(name) {
                put(&text, Origin::Jsonld, format!("jsonld {name}"));
            }
        }
        if let Some(dated) = self.url.and_then(of_url).filter(|dated| self.is_plausible(*dated)) {
            put(&Dated::print(dated.at, dated.precision), Origin::Url, "url".to_owned());
        }
        self.texts(&mut put);
        for name in WEAK_METAS {
            for (_, content) in said.metas.iter().filter(|(known, _)| known == name) {
                put(content, Origin::Meta, format!("meta {name}"));
            }
        }
        // The whole page is searched only where nothing else says it.
        if !any.get() {
            self.scripts(&mut put);
            self.anywhere(&mut put);
        }
        let modified =
            said.text("dateModified").or_else(|| said.meta(MODIFIED_METAS)).and_then(|text| parse(&text));
        let published = self.choose(&found);
        Dates { published, modified }
    }

    /// After the first printed newspapers on the web, and not after tomorrow.
    fn is_plausible(&self, dated: Dated) -> bool {
        let (year, _) = dated.at.year_month();
        let latest = self.setting.captured.or(self.now).map_or(i64::MAX, |at| at.0.saturating_add(2 * DAY));
        (1990..=2100).contains(&year) && dated.at.0 <= latest
    }

    fn choose(&self, found: &[Published]) -> Option<Published> {
        let first = found.first()?;
        let mut chosen = first.clone();
        // The same instant with the zone in which the page prints it, or printed without one: then the difference is the zone.
        if chosen.dated.precision < Precision::Day && matches!(chosen.dated.offset_minutes, Some(0) | None) {
            let said = chosen.dated.at.0;
            for other in found.iter().filter(|other| other.dated.precision < Precision::Day) {
                if ["updated", "apart", "text"].iter().any(|word| other.place.contains(word)) {
                    continue;
                }
                let away = other.dated.at.0 - said;
                let offset = other.dated.offset_minutes.unwrap_or(0);
                if away.abs() < 60 && offset != 0 {
                    chosen.dated.offset_minutes = Some(offset);
                    break;
                }
                let quarter = (away as f64 / 900.0).round() as i64 * 900;
                if chosen.dated.offset_minutes == Some(0)
                    && other.dated.offset_minutes.is_none()
                    && quarter != 0
                    && (away - quarter).abs() < 60
                    && quarter.abs() <= 14 * 3600
                {
                    chosen.dated.offset_minutes = Some((quarter / 60) as i16);
                    break;
                }
            }
        }
        // A day that says its time too, by another place, is the same date said better.
        if chosen.dated.precision == Precision::Day
            && let Some(better) = found.iter().find(|other| {
                other.dated.precision < Precision::Day && local_day(other.dated) == local_day(chosen.dated)
            })
        {
            chosen.dated = better.dated;
        }
        Some(chosen)
    }

    /// `time` elements and microdata, those near the headline first.
    fn elements(&self, put: &mut dyn FnMut(&str, Origin, String)) {
        let dom = self.dom;
        let apart_of = Apart::of(dom, self.heading);
        let mut candidates: Vec<(i64, String, String, Origin)> = Vec::new();
        let body = self.body.map(|(first, last)| (self.blocks[first].element, self.blocks[last].element));
        for id in dom.all() {
            let Some(tag) = dom.tag(id) else { continue };
            let mut score: i64 = match tag {
                Tag::Time => 40,
                Tag::Meta => continue,
                _ => 0,
            };
            let mut value = None;
            let mut updated = false;
            for (name, text) in dom.attributes(id) {
                match name {
                    "datetime" => value = Some(text.to_owned()),
                    "content" => value = value.or(Some(text.to_owned())),
                    "pubdate" => score += 60,
                    "itemprop" => match text.to_ascii_lowercase().as_str() {
                        "datepublished" => score += 100,
                        "datecreated" => score += 60,
                        "datemodified" => (score, updated) = (score + 30, true),
                        _ => {}
                    },
                    "property" if text.to_ascii_lowercase().contains("datepublished") => score += 100,
                    "class" | "id" | "data-testid" | "data-component" | "data-qa" => {
                        let lower = text.to_ascii_lowercase();
                        if ["updat", "modif", "aktualis", "maj-", "bearbeitet"]
                            .iter()
                            .any(|word| lower.contains(word))
                        {
                            updated = true;
                            score += 10;
                        } else if PUBLISHED_CLASSES.iter().any(|word| lower.contains(word)) {
                            score += 30;
                        } else if lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| {
                            matches!(
                                part,
                                "date"
                                    | "time"
                                    | "datetime"
                                    | "fecha"
                                    | "data"
                                    | "data-publicacao"
                                    | "datum"
                                    | "created"
                            )
                        }) {
                            score += 20;
                        }
                    }
                    "title" if tag == Tag::Abbr => value = value.or(Some(text.to_owned())),
                    _ => {}
                }
            }
            if score == 0 {
                continue;
            }
            // In a list of other stories, in comments: not the article's.
            let in_item = apart_of.in_item[id as usize] && body.is_none_or(|(_, last)| id > last);
            let mut apart = apart_of.apart[id as usize] || in_item;
            // Between heading and text even a box at the side is about the article.
            apart &= !body
                .is_some_and(|(first, _)| (self.heading..first).contains(&id) && first - self.heading < 400);
            if apart {
                score -= 80;
            }
            if updated {
                score -= 35;
            }
            let text = dom.text_of(id);
            let words = text.split_whitespace().count();
            if words > 40 || text.len() > 4000 {
                continue;
            }
            if value.is_none() {
                let lower = text.to_lowercase();
                if words > 12 {
                    score -= 30;
                } else if PUBLISHED_LABELS.iter().any(|word| lower.starts_with(word)) {
                    score += 25;
                } else if boilerplate::says_updated(&lower) {
                    score -= 25;
                } else if self.is_labelled_updated(self.block_of(id)) {
                    (score, updated) = (score - 60, true);
                }
            }
            match body {
                Some((first, last)) => {
                    if id >= self.heading && id < first {
                        score += 40;
                    } else if id < self.heading {
                        score += if self.heading - id < 60 { 30 } else { -20 };
                    } else if id > last {
                        score -= 15 + if id - last > 60 { 30 } else { 0 };
                    }
                }
                None => score += if id >= self.heading && id - self.heading < 80 { 30 } else { 0 },
            }
            let value = value
                .filter(|value| dates::parse(value, self.setting).is_some())
                .unwrap_or_else(|| text.chars().take(200).collect());
            if value.trim().is_empty() {
                continue;
            }
            let origin = if tag == Tag::Time { Origin::TimeTag } else { Origin::Text };
            candidates.push((
                score,
                value,
                format!(
                    "{} element{}{}",
                    if tag == Tag::Time { "time" } else { "date" },
                    if apart { ", apart" } else { "" },
                    if updated { ", updated" } else { "" }
                ),
                origin,
            ));
        }
        candidates.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
        for (score, value, place, origin) in candidates.into_iter().take(12) {
            if score > 0 {
                put(&value, origin, place);
            }
        }
    }

    /// The block that a node stands in, or the next one.
    fn block_of(&self, id: Id) -> usize {
        let next = self.blocks.partition_point(|block| block.element <= id);
        let within = next.checked_sub(1).filter(|at| self.dom.is_within(id, self.blocks[*at].element));
        within.unwrap_or(next)
    }

    /// Whether the block before this one is a label that says when the page was changed.
    fn is_labelled_updated(&self, at: usize) -> bool {
        let label = at.checked_sub(1).and_then(|before| self.blocks.get(before));
        label.is_some_and(|label| {
            let lower = label.text.to_lowercase();
            label.words <= 4 && lower.ends_with(':') && boilerplate::says_updated(&lower)
        })
    }

    /// Dates in the visible text between headline and body, just before the headline, or just behind the body.
    fn texts(&self, put: &mut dyn FnMut(&str, Origin, String)) {
        let blocks = self.blocks;
        let (first, last) = self.body.unwrap_or((blocks.len().min(40), blocks.len()));
        let heading = blocks.iter().position(|block| block.element >= self.heading).unwrap_or(0);
        let near = (heading..first.min(heading + 25))
            .chain((heading.saturating_sub(6)..heading).rev())
            .chain(first..blocks.len().min(first + 4))
            .chain(last.saturating_sub(1).max(first)..blocks.len().min(last + 5));
        for at in near {
            let block = &blocks[at];
            let apart = matches!(block.hint, Some((_, Role::Related | Role::Comments | Role::Advert)));
            if apart || block.words > 60 && !(first..first + 4).contains(&at) || self.is_labelled_updated(at)
            {
                continue;
            }
            for found in dates::find(&block.text, self.setting) {
                let bare = found.end - found.start;
                let (before, after) = (&block.text[..found.start], &block.text[found.end..]);
                let opens = (first..first + 2).contains(&at) && found.start < 40
                    || found.start == 0 && after.trim_start().starts_with(['-', '–', '—', '|']);
                let alone = if block.heading {
                    // In a heading it may be what the story is about, unless it is set off from its words.
                    is_set_off(before, after)
                } else {
                    block.words <= 14 || bare * 2 > block.text.len() || opens || says_posted(after)
                };
                if alone && found.has_year {
                    put(&block.text[found.start..found.end], Origin::Text, "text".to_owned());
                    break;
                }
            }
        }
    }
}

/// Whether a date has a sign between itself and the words around it, or the name of who wrote behind it.
fn is_set_off(before: &str, after: &str) -> bool {
    let (before, after) = (before.trim_end(), after.trim_start());
    let sign = ['|', '•', '·', '/'];
    before.is_empty() && after.is_empty()
        || before.ends_with(sign)
        || after.starts_with(sign)
        || ["von ", "by ", "par ", "por ", "di ", "od ", "av "].iter().any(|by| after.starts_with(by))
}

/// `… wurde am 19. Mai 2010 um 23:03 Uhr gepostet`.
fn says_posted(after: &str) -> bool {
    let lower = after.to_lowercase();
    let start: Vec<&str> = lower.split_whitespace().take(4).collect();
    start.iter().any(|word| {
        ["gepostet", "veröffentlicht", "posted", "published", "опубл", "geplaatst"]
            .iter()
            .any(|said| word.starts_with(said))
    })
}

impl Where<'_> {
    /// Dates in the data that scripts carry: `"datePublished":"2025-01-28"`.
    fn scripts(&self, put: &mut dyn FnMut(&str, Origin, String)) {
        for name in SCRIPT_FIELDS {
            let quoted = format!("\"{name}\"");
            for (at, _) in self.html.match_indices(&quoted).take(2) {
                let rest = self.html[at + quoted.len()..].trim_start().strip_prefix(':').map(str::trim_start);
                if let Some(value) = rest
                    .and_then(|rest| rest.strip_prefix('"'))
                    .and_then(|rest| rest.split('"').next())
                    .filter(|value| value.len() < 60)
                {
                    put(value, Origin::Meta, format!("script {name}"));
                }
            }
        }
    }

    /// Dates that stand alone anywhere in the page, those after a word that says what they are first.
    fn anywhere(&self, put: &mut dyn FnMut(&str, Origin, String)) {
        let (first, last) = self.body.unwrap_or((0, 0));
        let mut found: Vec<(usize, &str)> = Vec::new();
        for (at, block) in self.blocks.iter().enumerate() {
            let apart = matches!(block.hint, Some((_, Role::Related | Role::Comments | Role::Advert)))
                || block.firm_hint.is_some_and(|(_, hint)| hint != Role::Meta);
            if apart || block.heading || block.words > 60 || at > first && at + 1 < last {
                continue;
            }
            for date in dates::find(&block.text, self.setting).into_iter().filter(|date| date.has_year) {
                let before: String = block.text[..date.start]
                    .chars()
                    .rev()
                    .take(40)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect::<String>()
                    .to_lowercase();
                let said = boilerplate::says_published(&before);
                let updated = boilerplate::says_updated(&before);
                if !said && (updated || block.words > 14) {
                    continue;
                }
                let distance = if at < first { first - at } else { at.saturating_sub(last) };
                found.push((distance + if said { 0 } else { 60 }, &block.text[date.start..date.end]));
                break;
            }
        }
        found.sort_by_key(|(rank, _)| *rank);
        if let Some((_, text)) = found.first() {
            put(text, Origin::Text, "text, far away".to_owned());
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

fn local_day(dated: Dated) -> i64 {
    (dated.at.0 + i64::from(dated.offset_minutes.unwrap_or(0)) * 60).div_euclid(DAY)
}

/// A day in a URL: `/2025/01/28/`, `/2025-01-28-`, `/20250128`.
pub fn of_url(url: &str) -> Option<Dated> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = path.split_once('/')?.1.split(['?', '#']).next()?;
    let numbers: Vec<(&str, usize, usize)> = {
        let mut numbers = Vec::new();
        let bytes = path.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                at += 1;
            }
            if at > start {
                numbers.push((&path[start..at], start, at));
            } else {
                at += 1;
            }
        }
        numbers
    };
    for window in numbers.windows(3) {
        let [(year, _, a), (month, b, c), (day, d, _)] = window else { continue };
        let separated = b - a == 1
            && d - c == 1
            && path[*a..*b] == path[*c..*d]
            && matches!(&path[*a..*b], "/" | "-" | "_" | ".");
        // Day first, if it cannot be month first.
        let first: u32 = year.parse().unwrap_or(0);
        let backwards = separated
            && day.len() == 4
            && year.len() == 2
            && month.len() == 2
            && (first > 12 || year == month);
        if backwards && let Some(dated) = Dated::parse(&format!("{day}-{month}-{year}")) {
            return Some(dated);
        }
        if separated && year.len() == 4 && month.len() <= 2 && day.len() <= 2 {
            let text = format!("{year}-{month:0>2}-{day:0>2}");
            if let Some(dated) =
                Dated::parse(&text).filter(|dated| (1990..2100).contains(&dated.at.year_month().0))
            {
                return Some(dated);
            }
        }
    }
    numbers.iter().filter(|(number, ..)| number.len() == 8).find_map(|(number, ..)| {
        Dated::parse(number).filter(|dated| (1990..2100).contains(&dated.at.year_month().0))
    })
}
