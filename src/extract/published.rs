//! When it was published: every place that says so, in a fixed order of trust.

use super::Published;
use super::blocks::Block;
use super::date_elements::Candidate;
use super::dom::{Dom, Id};
use super::headline::Considered;
use super::metadata::Metadata;
use super::roles::Role;
use super::rules::added;
use crate::extract::boilerplate;
use crate::model::{DAY, Dated, Origin, Precision, Timestamp};
use crate::text::dates::{self, Setting};
use std::collections::HashSet;

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

/// Points from which an element is asked before lines of text are.
const SURE: i64 = 40;
/// Seconds.
const HOUR: i64 = 3600;

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

/// The dates that were found, in the order in which they are trusted.
struct Collected<'a> {
    place: &'a Where<'a>,
    considered: &'a mut Vec<Considered>,
    found: Vec<Published>,
}

impl Collected<'_> {
    fn put(&mut self, text: &str, origin: Origin, place: String) {
        self.weighed(text, origin, place, String::new());
    }

    fn weighed(&mut self, text: &str, origin: Origin, place: String, rules: String) {
        let dated = self.place.parse(text);
        self.considered.push(Considered {
            field: "published",
            value: text.chars().take(80).collect(),
            origin: place.clone(),
            verdict: if dated.is_some() { "" } else { "not a date" },
            rules,
        });
        if let Some(dated) = dated.filter(|dated| dated.precision != Precision::Month) {
            self.found.push(Published { dated, origin, place });
        }
    }
}

impl Where<'_> {
    /// Finds them.
    pub fn dates(&self, considered: &mut Vec<Considered>) -> Dates {
        let said = self.said;
        let mut put = Collected { place: self, considered, found: Vec::new() };
        if let Some(text) = said.text("datePublished") {
            put.put(&text, Origin::Jsonld, "jsonld datePublished".to_owned());
        }
        for name in PUBLISHED_METAS {
            for (_, content) in said.metas.iter().filter(|(known, _)| known == name) {
                put.put(content, Origin::Meta, format!("meta {name}"));
            }
        }
        let (sure, unsure): (Vec<Candidate>, Vec<Candidate>) =
            self.elements().into_iter().partition(|one| one.score() >= SURE);
        for Candidate { value, origin, place, rules } in sure {
            put.weighed(&value, origin, place, added(&rules));
        }
        for name in ["dateCreated", "uploadDate"] {
            if let Some(text) = said.text(name) {
                put.put(&text, Origin::Jsonld, format!("jsonld {name}"));
            }
        }
        if let Some(dated) = self.url.and_then(of_url).filter(|dated| self.is_plausible(*dated)) {
            put.put(&Dated::print(dated.at, dated.precision), Origin::Url, "url".to_owned());
        }
        self.texts(&mut put);
        for Candidate { value, origin, place, rules } in unsure {
            put.weighed(&value, origin, place, added(&rules));
        }
        for name in WEAK_METAS {
            for (_, content) in said.metas.iter().filter(|(known, _)| known == name) {
                put.put(content, Origin::Meta, format!("meta {name}"));
            }
        }
        // The whole page is searched only where nothing else says it.
        if put.found.is_empty() {
            self.scripts(&mut put);
            self.anywhere(&mut put);
        }
        let modified = said
            .text("dateModified")
            .or_else(|| said.meta(MODIFIED_METAS))
            .and_then(|text| self.parse(&text));
        let published = self.choose(&put.found);
        Dates { published, modified }
    }

    /// After the first printed newspapers on the web, and not after tomorrow.
    fn is_plausible(&self, dated: Dated) -> bool {
        let (year, _) = dated.at.year_month();
        let latest = self.setting.captured.or(self.now).map_or(i64::MAX, |at| at.0.saturating_add(2 * DAY));
        (1990..=2100).contains(&year) && dated.at.0 <= latest
    }

    fn parse(&self, text: &str) -> Option<Dated> {
        dates::parse(text, self.setting)
            .filter(|found| found.has_year || self.setting.captured.is_some())
            .map(|found| found.dated)
            .filter(|dated| self.is_plausible(*dated))
    }

    fn choose(&self, found: &[Published]) -> Option<Published> {
        let first = found.first()?;
        let mut chosen = self.printed(found).unwrap_or(first).clone();
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

    /// What the page prints instead of what it says of itself: the day before or behind a moment in UTC, which is that of the moment
    /// where the page is read; or the day that an element beside the headline and a line of text agree on, if that is near.
    fn printed<'p>(&self, found: &'p [Published]) -> Option<&'p Published> {
        let first = found.first().filter(|first| matches!(first.origin, Origin::Jsonld | Origin::Meta))?;
        let day = local_day(first.dated);
        let apart = |other: &Published| {
            ["updated", "apart", "far away"].iter().any(|word| other.place.contains(word))
        };
        let away = |other: &Published| local_day(other.dated) - day;
        let shown = || {
            let kinds = [Origin::Text, Origin::TimeTag, Origin::Url];
            found.iter().filter(move |other| kinds.contains(&other.origin) && !apart(other))
        };
        if shown().any(|other| away(other) == 0) {
            return None;
        }
        let is_line = |other: &&Published| matches!(other.origin, Origin::Text | Origin::Url);
        let line = shown().find(is_line)?;
        // A printed day begins up to 14 hours before that of UTC, and up to 12 behind it.
        let is_moment = first.dated.offset_minutes == Some(0) && first.dated.precision < Precision::Day;
        let in_day = first.dated.at.0.rem_euclid(DAY);
        let possible = match away(line) {
            -1 => in_day <= 12 * HOUR,
            1 => in_day >= DAY - 14 * HOUR,
            _ => false,
        };
        let agrees = |other: &Published| other.origin != line.origin && away(other) == away(line);
        // A stamp with a zone of its own is what a clock said there.
        let near = (-7..=7).contains(&away(line)) && matches!(first.dated.offset_minutes, Some(0) | None);
        (is_moment && possible || near && found.iter().skip(1).any(agrees)).then_some(line)
    }

    /// The block that a node stands in, or the next one.
    pub(super) fn block_of(&self, id: Id) -> usize {
        let next = self.blocks.partition_point(|block| block.element <= id);
        let within = next.checked_sub(1).filter(|at| self.dom.is_within(id, self.blocks[*at].element));
        within.unwrap_or(next)
    }

    /// Whether the block before this one is a label that says when the page was changed.
    pub(super) fn is_labelled_updated(&self, at: usize) -> bool {
        let label = at.checked_sub(1).and_then(|before| self.blocks.get(before));
        label.is_some_and(|label| {
            let lower = label.text.to_lowercase();
            label.words <= 4 && lower.ends_with(':') && boilerplate::says_updated(&lower)
        })
    }

    /// Dates in the visible text between headline and body, just before the headline, or just behind the body.
    fn texts(&self, put: &mut Collected<'_>) {
        let blocks = self.blocks;
        let (first, last) = self.body.unwrap_or((blocks.len().min(40), blocks.len()));
        let heading = blocks.iter().position(|block| block.element >= self.heading).unwrap_or(0);
        let near = (heading..first.min(heading + 25))
            .chain((heading.saturating_sub(6)..heading).rev())
            .chain(first..blocks.len().min(first + 4))
            .chain(last.saturating_sub(1).max(first)..blocks.len().min(last + 5));
        for at in near {
            let block = &blocks[at];
            let apart =
                matches!(block.hint, Some((_, Role::Related | Role::Story | Role::Comments | Role::Advert)));
            if apart || block.words > 60 && !(first..first + 4).contains(&at) || self.is_labelled_updated(at)
            {
                continue;
            }
            for found in dates::find(&block.text, self.setting) {
                let bare = found.end - found.start;
                let (before, after) = (&block.text[..found.start], &block.text[found.end..]);
                let opens = (first..first + 2).contains(&at) && found.start < 40
                    || found.start == 0 && after.trim_start().starts_with(['-', '–', '—', '|']);
                // "Today" in a sentence is no date of the page, and what a journal received is not what it published.
                if found.is_relative && block.words > 6 || boilerplate::is_other_date(before) {
                    continue;
                }
                let alone = if block.heading {
                    // In a heading it may be what the story is about, unless it is set off from its words.
                    is_set_off(before, after)
                } else {
                    block.words <= 14 || bare * 2 > block.text.len() || opens || says_posted(after)
                };
                if alone && found.has_year {
                    put.put(&block.text[found.start..found.end], Origin::Text, "text".to_owned());
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
    fn scripts(&self, put: &mut Collected<'_>) {
        for name in SCRIPT_FIELDS {
            let quoted = format!("\"{name}\"");
            for (at, _) in self.html.match_indices(&quoted).take(2) {
                let rest = self.html[at + quoted.len()..].trim_start().strip_prefix(':').map(str::trim_start);
                if let Some(value) = rest
                    .and_then(|rest| rest.strip_prefix('"'))
                    .and_then(|rest| rest.split('"').next())
                    .filter(|value| value.len() < 60)
                {
                    put.put(value, Origin::Meta, format!("script {name}"));
                }
            }
        }
    }

    /// Dates that stand alone anywhere in the page, those behind a word that says what they are first. Where there is none, what a box
    /// beside the text says counts if it is one day.
    fn anywhere(&self, put: &mut Collected<'_>) {
        let mut found = self.alone(false);
        if found.is_empty() {
            found = self.alone(true);
            let days: HashSet<i64> =
                found.iter().filter_map(|(_, text)| self.parse(text)).map(local_day).collect();
            if days.len() > 1 {
                let heading = self.blocks.iter().position(|block| block.element >= self.heading);
                let near = heading
                    .map_or(0, |heading| self.body.map_or(heading, |(first, _)| first.abs_diff(heading)));
                found.retain(|(rank, _)| *rank <= near.min(NEAR_HEADING));
            }
        }
        found.sort_by_key(|(rank, _)| *rank);
        if let Some((_, text)) = found.first() {
            put.put(text, Origin::Text, "text, far away".to_owned());
        }
    }

    /// Each with a rank: how far it is from the text, less if a word says that it is the date of publication. `boxes`: those in boxes of
    /// other stories.
    fn alone(&self, boxes: bool) -> Vec<(usize, &str)> {
        let (first, last) = self.body.unwrap_or((0, 0));
        let mut found: Vec<(usize, &str)> = Vec::new();
        for (at, block) in self.blocks.iter().enumerate() {
            let is_box = matches!(block.hint, Some((_, Role::Related)));
            let apart = matches!(block.hint, Some((_, Role::Story | Role::Comments | Role::Advert)))
                || is_box != boxes
                || !boxes && block.firm_hint.is_some_and(|(_, hint)| hint != Role::Meta);
            if apart || block.heading || block.words > 60 || at > first && at + 1 < last {
                continue;
            }
            for date in dates::find(&block.text, self.setting).into_iter().filter(|date| date.has_year) {
                let start = block.text[..date.start].char_indices().rev().nth(39).map_or(0, |(at, _)| at);
                let label = at.checked_sub(1).map(|label| &self.blocks[label]);
                let label = label.filter(|label| label.words <= 4 && date.start == 0);
                let before = label.map_or("", |label| &label.text).to_lowercase();
                let before = format!("{before} {}", block.text[start..date.start].to_lowercase());
                let said = boilerplate::says_published(&before);
                let updated = boilerplate::says_updated(&before);
                // "Today" in a sentence is no date of the page.
                if !said && (updated || block.words > 14 || date.is_relative && block.words > 6) {
                    continue;
                }
                let distance = if at < first { first - at } else { at.saturating_sub(last) };
                found.push((distance + if said { 0 } else { 60 }, &block.text[date.start..date.end]));
                break;
            }
        }
        found
    }
}

/// So many blocks between headline and text are near.
const NEAR_HEADING: usize = 8;

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

#[cfg(test)]
mod tests {
    use crate::extract::{self, read};

    /// What the page prints beside its headline against what it says of itself.
    #[test]
    fn the_printed_day() {
        let said = |stamp: &str| {
            format!(
                r#"<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Ferry runs again","datePublished":"{stamp}"}}</script>"#
            )
        };
        let prose = "<p>The harbour office said on Monday that the ferry would run again as soon as the ice is gone, and nobody has to wait.</p>";
        for (stamp, beside, behind, expected) in [
            // A moment in UTC is another day where the page is read.
            ("2025-01-28T23:30:00Z", "<p>29 January 2025</p>", "", "2025-01-29"),
            ("2025-01-29T03:30:00Z", "<p>January 28, 2025 | 10:30 PM</p>", "", "2025-01-28T22:30"),
            // It cannot be another day at that hour, and one with a zone is what a clock said there.
            ("2025-01-28T12:30:00Z", "<p>30 January 2025</p>", "", "2025-01-28T12:30:00Z"),
            ("2025-01-28T19:30:00+02:00", "<p>29 January 2025</p>", "", "2025-01-28T19:30:00+02:00"),
            (
                "2025-01-28T23:30:00Z",
                "<p>28 January 2025</p>",
                "<p>29 January 2025</p>",
                "2025-01-28T23:30:00Z",
            ),
            // Two that agree outvote one.
            (
                "2025-01-28T12:00:00Z",
                "<p class=entry-date><time datetime=2025-01-25>25 January 2025</time></p>",
                "",
                "2025-01-25",
            ),
            // In a box beside the text, if there is nothing else.
            ("", "", "<div class=sidebar><p>Online since</p><p>28.01.2025</p></div>", "2025-01-28"),
            // Under a headline that is no `h1`.
            ("", "<div>26 | 01 | 2022</div>", "", "2022-01-26"),
        ] {
            let said = if stamp.is_empty() { String::new() } else { said(stamp) };
            let html = format!(
                "<html lang=en>{said}<article><h1>Ferry runs again</h1>{beside}<div>{prose}{prose}</div>{behind}</article>"
            );
            let found = read(&html, &extract::Setting::default()).published;
            assert_eq!(
                found.map(|found| found.dated.printed()).as_deref(),
                Some(expected),
                "{stamp} {beside}{behind}"
            );
        }
    }
}
