//! Plain-text dumps of pages: finds the headline and the paragraphs of the article among the page's furniture.
//!
//! A dump is blocks of lines. Each line is judged by its shape (how long, whether it is made of sentences, whether it
//! is an item of a list, a teaser, a caption, a date) and gets a weight; the article is the run of lines with the
//! greatest sum, less what is furniture inside it. Shape works in any language; the few words that help are in `chrome`.
//!
//! Of dates only the one is taken that stands with the headline, and only if there is one: elsewhere a date is as often that
//! of another story in a side list.

use super::press;
use super::reader::{Around, Content};
use crate::extract::boilerplate::{self, ends_sentence, sentences, words};
use crate::model::{
    DAY, Dated, Draft, Language, Origin, Precision, Provenance, Published, Reason, Timestamp,
};
use crate::text::dates::{self, Setting};
use crate::text::decode;
use crate::text::detect_language;
use std::borrow::Cow;
use std::collections::HashSet;

/// Reads one record.
pub fn read(bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
    let decoded = decode::decode(bytes, around.charset);
    if let Some(documents) = press::read(&decoded.text, around) {
        return documents;
    }
    Ok(Content::Drafts(vec![draft(bytes, around)?]))
}

/// Reads a dump. `Err` says why there is no article in it.
fn draft(bytes: &[u8], around: &Around<'_>) -> Result<Draft, String> {
    let decoded = decode::decode(bytes, around.charset);
    let text = &*decoded.text;
    if let Some(at) = text.find('\0') {
        return Err(format!("there is a NUL byte at byte {}; this is not a text", at + 1));
    }
    let controls = text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count();
    if controls * 50 > text.len() {
        return Err("it is full of control characters; this is not a text".to_owned());
    }
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let page = Page::read(text);
    let run = page.run();
    let headline = page.headline(run.as_ref());
    let behind = run.and_then(|(_, end)| page.lines.get(end + 1..)).unwrap_or_default();
    let cut = behind.iter().take(PAYWALL_LINES).any(|line| boilerplate::is_paywall(&line.text));
    let body = run.map_or(String::new(), |run| page.body(run, headline));
    if body.is_empty() {
        return Err("no paragraphs of an article were found in it".to_owned());
    }
    let captured = around.captured.unwrap_or(around.now);
    let language = detect_language::detect("", &body);
    let setting =
        Setting { language: language.as_ref().map(Language::as_str), captured: None, now: Some(around.now) };
    let published =
        run.zip(headline).and_then(|(run, headline)| page.date(headline, run, setting, around.now));
    let headline = headline.map_or(String::new(), |line| page.lines[line].text.to_string());
    Ok(Draft {
        headline,
        body,
        language,
        provenance: Provenance {
            published: published.map(|dated| Published::new(dated, Origin::Text, captured)),
            cut,
            notes: decoded.note().into_iter().collect(),
            ..Provenance::default()
        },
        ..Draft::default()
    })
}

/// So many lines behind a text a notice is that it ends there because one has to pay.
const PAYWALL_LINES: usize = 4;
/// With so many words of prose before them, comments are those on the article.
const ARTICLE_WORDS: usize = 60;

/// A line that begins with the headline and has so many more words is the caption of its picture.
const REPEATED_MORE: usize = 16;
/// A paragraph of so many words is none of a list.
const LONG_WORDS: usize = 25;
/// So many lines may stand in the middle of a text that are none of it.
const GAP_LINES_MAX: usize = 40;
/// What a run of short lines weighs at the most.
const GAP_MAX: f64 = -40.0;
/// So many lines are a list behind a colon.
const ITEMS_MAX: usize = 40;

/// A line that is set in so far under a bullet is of its item.
const ITEM_INDENT: usize = 4;

/// One line of the dump.
struct Line<'a> {
    /// Without blanks and without its bullet.
    text: Cow<'a, str>,
    /// Whether it is an item of a list.
    bullet: bool,
    words: usize,
    kind: Kind,
    weight: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Sentences.
    Prose,
    /// Too short to be judged by itself: a subheading, a name, a menu entry.
    Short,
    /// One of a list that a line announces.
    Item,
    /// Of the page, not of the article.
    Chrome,
    /// The start of another story.
    Teaser,
    /// Says what a picture shows and whose it is.
    Caption,
}

struct Page<'a> {
    lines: Vec<Line<'a>>,
}

impl<'a> Page<'a> {
    fn read(text: &'a str) -> Page<'a> {
        let mut lines: Vec<Line<'a>> = Vec::new();
        let joined = is_hard_wrapped(text);
        let mut spaced = true;
        for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}']) {
            let trimmed = line.trim();
            if trimmed.is_empty() {
                spaced = true;
                continue;
            }
            let unbulleted =
                trimmed.trim_start_matches(['•', '·', '▪', '◦', '■', '►', '‣', '*', '»']).trim_start();
            // A time of the day alone is no line: a live blog has one over each entry.
            if boilerplate::is_time(trimmed) {
                continue;
            }
            let indent = line.len() - line.trim_start().len();
            // What goes on under a bullet is of its item.
            let goes_on = !spaced && indent >= ITEM_INDENT && lines.last().is_some_and(|last| last.bullet);
            let bullet = unbulleted.len() < trimmed.len() || trimmed.starts_with("- ") || goes_on;
            if let (true, false, Some(last)) = (joined, spaced, lines.last_mut())
                && (!bullet || goes_on)
            {
                let text = last.text.to_mut();
                text.push(' ');
                text.push_str(unbulleted);
                last.words += words(unbulleted);
                continue;
            }
            if !unbulleted.is_empty() {
                let words = words(unbulleted);
                lines.push(Line { text: unbulleted.into(), bullet, words, kind: Kind::Short, weight: 0.0 });
                spaced = false;
            }
        }
        let mut page = Page { lines };
        page.judge();
        page
    }

    /// Gives each line its kind and weight.
    fn judge(&mut self) {
        for line in &mut self.lines {
            line.kind = kind(line);
        }
        self.judge_captions();
        self.judge_items();
        let script = self.main_script();
        let mut seen = HashSet::new();
        let kinds: Vec<Kind> = self.lines.iter().map(|line| line.kind).collect();
        let is_prose = |at: usize| kinds.get(at) == Some(&Kind::Prose);
        // Paragraphs that stand by themselves behind those of an article.
        let mut held = 0;
        let alone: Vec<bool> = (0..kinds.len())
            .map(|at| {
                let alone = is_prose(at)
                    && self.lines[at].words <= 40
                    && !is_prose(at.wrapping_sub(1))
                    && !is_prose(at + 1);
                held += if is_prose(at) && !alone { self.lines[at].words } else { 0 };
                alone && held >= ARTICLE_WORDS
            })
            .collect();
        // Words of prose before a line.
        let mut before = 0;
        for (index, line) in self.lines.iter_mut().enumerate() {
            let repeated = !seen.insert(line.text.clone());
            if line.kind == Kind::Prose && Script::of(&line.text).differs(script) {
                line.kind = Kind::Chrome;
            }
            if repeated && line.words > 3 {
                line.kind = Kind::Chrome;
            }
            // Who writes, and what readers may, stands behind the text.
            if line.kind == Kind::Prose && before >= ARTICLE_WORDS && boilerplate::is_bio(&line.text) {
                line.kind = Kind::Chrome;
            }
            let long = line.words as f64;
            line.weight = match line.kind {
                Kind::Prose if line.bullet => long.min(60.0) * 0.5,
                // A few sentences under a title, and again: what leads to other stories.
                Kind::Prose
                    if alone[index]
                        && alone[index.saturating_sub(4)..(index + 5).min(alone.len())]
                            .iter()
                            .filter(|alone| **alone)
                            .count()
                            > 1 =>
                {
                    long * 0.3 - 4.0
                }
                Kind::Prose => long.min(120.0),
                Kind::Short if line.bullet => -7.0,
                Kind::Short => {
                    // A line between two paragraphs is likelier a subheading than a menu.
                    if is_prose(index.wrapping_sub(1)) && is_prose(index + 1) && !alone[index + 1] {
                        -1.0
                    } else {
                        -6.0
                    }
                }
                Kind::Item => long.min(20.0) * 0.3,
                Kind::Caption => -4.0,
                Kind::Chrome => -10.0 - long.min(40.0) * 0.3,
                Kind::Teaser => -12.0 - long.min(60.0) * 0.5,
            };
            before += if is_prose(index) { line.words } else { 0 };
        }
    }

    /// A dump has the text that stands for a picture, then its caption: the one begins the other, or stands right before it.
    fn judge_captions(&mut self) {
        let mut in_text = false;
        for at in 0..self.lines.len().saturating_sub(1) {
            in_text |= self.lines[at].kind == Kind::Prose;
            let (line, next) = (&self.lines[at], &self.lines[at + 1]);
            let judged = |line: &Line<'_>| matches!(line.kind, Kind::Prose | Kind::Short);
            // Before the text it may be the headline that begins a caption.
            if judged(line)
                && (in_text || ends_sentence(&line.text))
                && line.words >= 4
                && next.text.starts_with(&*line.text)
                && next.words <= line.words + 14
            {
                self.lines[at].kind = Kind::Caption;
                if next_is_short(&self.lines[at + 1]) {
                    self.lines[at + 1].kind = Kind::Caption;
                }
            } else if next.kind == Kind::Caption
                && (in_text || ends_sentence(&line.text))
                && judged(line)
                && (4..=22).contains(&line.words)
                && !line.bullet
                && sentences(&line.text) == 0
            {
                self.lines[at].kind = Kind::Caption;
            }
        }
    }

    /// What stands behind a colon line by line is a list of the text's own.
    fn judge_items(&mut self) {
        let mut at = 0;
        while at + 1 < self.lines.len() {
            let line = &self.lines[at];
            let announces = line.text.ends_with([':', '：'])
                && matches!(line.kind, Kind::Prose | Kind::Short)
                && !line.bullet
                && line.words >= 2;
            let plain = line.kind == Kind::Prose;
            at += 1;
            if !announces {
                continue;
            }
            let bullet = self.lines[at].bullet;
            if !(plain || bullet) {
                continue;
            }
            let is_item = |line: &Line<'_>| {
                line.bullet == bullet
                    && (line.kind == Kind::Short || bullet && line.kind == Kind::Prose)
                    && !line.text.ends_with(':')
            };
            let end = self.lines[at..].iter().take(ITEMS_MAX).take_while(|line| is_item(line)).count();
            if end >= 2 {
                self.lines[at..at + end].iter_mut().for_each(|line| line.kind = Kind::Item);
                at += end;
            }
        }
    }

    /// The script of most of the prose.
    fn main_script(&self) -> Script {
        let mut total = Script::default();
        for line in self.lines.iter().filter(|line| line.kind == Kind::Prose) {
            let Script { latin, cyrillic, other } = Script::of(&line.text);
            total = Script {
                latin: total.latin + latin,
                cyrillic: total.cyrillic + cyrillic,
                other: total.other + other,
            };
        }
        total
    }

    /// The run of lines with the greatest sum of weights: first and last line, both prose.
    fn run(&self) -> Option<(usize, usize)> {
        let mut best: Option<(f64, usize, usize)> = None;
        let (mut sum, mut start, mut gap) = (0.0, 0, 0.0);
        for (index, line) in self.lines.iter().enumerate() {
            if sum <= 0.0 {
                (sum, start) = (0.0, index);
            }
            let mut weight = line.weight;
            // However long a list is, it is one.
            if line.kind == Kind::Short {
                weight = weight.max(GAP_MAX - gap).min(0.0);
                gap += weight;
            } else if line.kind == Kind::Prose {
                gap = 0.0;
            }
            sum += weight;
            if matches!(line.kind, Kind::Prose | Kind::Item) && best.is_none_or(|(best, ..)| sum > best) {
                best = Some((sum, start, index));
            }
        }
        let (_, start, end) = best?;
        let is_prose = |at: &usize| self.lines[*at].kind == Kind::Prose;
        let start = (start..=end).find(is_prose)?;
        let prose = |at: usize| if is_prose(&at) { self.lines[at].words } else { 0 };
        let all: usize = (start..=end).map(prose).sum();
        let mut held = 0;
        for at in start..=end {
            let text = &*self.lines[at].text;
            // Readers' comments are prose too, and often more of it. What else comes behind is less, or it is not the end.
            let over = || {
                boilerplate::opens_comments(text)
                    || all - held < held && boilerplate::ends_article(text) && !self.goes_on(at, held)
            };
            if held >= ARTICLE_WORDS && over() {
                return Some((start, (start..at).rev().find(is_prose)?));
            }
            held += prose(at);
        }
        Some((start, end))
    }

    /// Whether a text goes on behind a line: with paragraphs that are as long as its own and stand together, a quarter of it at least,
    /// and with nothing between that stands behind texts.
    fn goes_on(&self, at: usize, held: usize) -> bool {
        let long = |line: &Line<'_>| line.kind == Kind::Prose && !line.bullet && line.words >= LONG_WORDS;
        let closes = |line: &Line<'_>| {
            boilerplate::opens_comments(&line.text)
                || line.text.contains('©')
                || line.words >= LONG_WORDS && line.kind == Kind::Chrome
        };
        let behind = &self.lines[at..];
        let Some(gap) = behind.iter().take(GAP_LINES_MAX).position(long) else { return false };
        let more: Vec<usize> =
            behind[gap..].iter().take_while(|line| long(line)).map(|line| line.words).collect();
        more.len() >= 2 && more.iter().sum::<usize>() * 4 >= held && !behind[..gap].iter().any(closes)
    }

    /// The line before the run that is likeliest its headline.
    fn headline(&self, run: Option<&(usize, usize)>) -> Option<usize> {
        let (start, end) = *run?;
        let body = self.lines[start..=end]
            .iter()
            .map(|line| &*line.text)
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        let body_words: HashSet<&str> =
            body.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3).collect();
        let script = Script::of(&body);
        let first = start.saturating_sub(60);
        let score = |at: usize| {
            let line = &self.lines[at];
            if !(2..=40).contains(&line.words)
                || line.text.len() > 400
                || line.bullet && line.words < 5
                || is_contact(&line.text)
            {
                return None;
            }
            if Script::of(&line.text).differs(script)
                || matches!(line.kind, Kind::Teaser | Kind::Caption)
                || boilerplate::is_furniture(&line.text)
            {
                return None;
            }
            let lower = line.text.to_lowercase();
            let own: HashSet<&str> =
                lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3).collect();
            let shared =
                own.iter().filter(|word| body_words.contains(*word)).count() as f64 / own.len().max(1) as f64;
            let again = self
                .lines
                .iter()
                .enumerate()
                .any(|(other, line)| other != at && line.text.starts_with(&*self.lines[at].text));
            let length = (line.words.min(12) as f64) * 0.35 - if line.words < 4 { 2.0 } else { 0.0 };
            // Crumbs or a kicker before the headline, which stands by itself as well.
            let crumbs = self.lines[first..=end].iter().any(|other| {
                other.words >= 4 && other.words < line.words && line.text.ends_with(&*other.text)
            });
            let signs = line.text.matches('|').count() + usize::from(line.text.contains("://"));
            let odd = if crumbs { 4.0 } else { 0.0 } + (signs.min(2) * 2) as f64;
            let sentence = if line.text.ends_with('.') || line.text.ends_with(':') { -2.5 } else { 0.0 };
            let far = (start - at) as f64 * -0.12;
            let bullet = if line.bullet { -2.0 } else { 0.0 };
            Some(shared * 6.0 + length + sentence + far + bullet - odd + if again { 2.0 } else { 0.0 })
        };
        let best = (first..start)
            .filter_map(|at| score(at).map(|score| (score, at)))
            .filter(|(score, _)| *score > 1.5);
        // Of equals the first: what repeats the headline comes after it.
        let best = best.reduce(|best, next| if next.0 > best.0 + 1e-9 { next } else { best })?.1;
        Some(best)
    }

    /// The date that stands with the headline, if only one does: around it, down to the first paragraph. What stands anywhere
    /// else is as often the date of another story.
    fn date(
        &self,
        headline: usize,
        (start, end): (usize, usize),
        setting: Setting<'_>,
        now: Timestamp,
    ) -> Option<Dated> {
        let near = headline.saturating_sub(3)..(start + 2).min(end + 1);
        if near.len() > 24 {
            return None;
        }
        let mut found: Vec<(bool, Dated)> = Vec::new();
        for at in near {
            let line = &self.lines[at];
            let opens = at >= start;
            if line.words > 16 && !opens
                || matches!(line.kind, Kind::Teaser | Kind::Caption)
                || at == headline
            {
                continue;
            }
            for date in dates::find(&line.text, setting).into_iter().filter(|date| date.has_year) {
                let before = line.text[..date.start].to_lowercase();
                if opens && date.start > 30 || date.dated.precision == Precision::Month {
                    continue;
                }
                let updated = boilerplate::says_updated(&before);
                let said = boilerplate::says_published(&before);
                if !updated || said {
                    found.push((said, date.dated));
                }
            }
        }
        let day =
            |dated: &Dated| (dated.at.0 + i64::from(dated.offset_minutes.unwrap_or(0)) * 60).div_euclid(DAY);
        if found.iter().any(|(said, _)| *said) {
            found.retain(|(said, _)| *said);
        }
        let (_, first) = *found.first()?;
        let same = found.iter().all(|(_, dated)| day(dated) == day(&first));
        let latest = now.0 + 2 * DAY;
        let plausible = first.at.year_month().0 >= 1990 && first.at.0 <= latest;
        let exact = found.iter().map(|(_, dated)| *dated).min_by_key(|dated| dated.precision)?;
        (same && plausible).then_some(exact)
    }

    /// The paragraphs of the run.
    fn body(&self, (start, end): (usize, usize), headline: Option<usize>) -> String {
        let headline = headline.map_or("", |line| &*self.lines[line].text);
        // A standfirst between headline and text belongs to neither; paragraphs before a gap of furniture do not count.
        let mut paragraphs: Vec<&str> = Vec::new();
        let mut pending: Vec<&str> = Vec::new();
        let mut seen = HashSet::new();
        for line in &self.lines[start..=end] {
            if line.text == headline
                || !headline.is_empty()
                    && line.text.starts_with(headline)
                    && line.words <= words(headline) + REPEATED_MORE
                || !seen.insert(&*line.text)
            {
                continue;
            }
            match line.kind {
                Kind::Prose | Kind::Item => {
                    paragraphs.append(&mut pending);
                    paragraphs.push(&line.text);
                }
                Kind::Short if is_date(&line.text) => {}
                // Short lines inside the run count if few of them stand together.
                Kind::Short
                    if !boilerplate::is_furniture(&line.text) && line.words > 1 && pending.len() < 4 =>
                {
                    pending.push(&line.text)
                }
                Kind::Short if line.words > 1 => {}
                _ => pending.clear(),
            }
        }
        paragraphs.join("\n\n")
    }
}

/// Whether paragraphs were broken into lines of some fixed width: most long lines go on in the next one, mid-sentence.
fn is_hard_wrapped(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let long = lines.windows(2).filter(|pair| pair[0].chars().count() * 10 > width * 7);
    let (mut all, mut open) = (0, 0);
    for pair in long {
        all += 1;
        open += usize::from(!pair[1].is_empty() && !ends_sentence(pair[0]));
    }
    (40..=120).contains(&width) && all >= 4 && open * 10 > all * 5
}

/// Not a paragraph that begins as its summary does.
fn next_is_short(line: &Line<'_>) -> bool {
    line.words <= 40
}

fn kind(line: &Line<'_>) -> Kind {
    let text = &*line.text;
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 || boilerplate::is_furniture(text) || is_contact(text) {
        return Kind::Chrome;
    }
    if boilerplate::is_appeal(text) {
        return Kind::Chrome;
    }
    if boilerplate::is_teaser(text) {
        return Kind::Teaser;
    }
    if boilerplate::is_caption(text) || line.words < 45 && boilerplate::is_credited(text) {
        return Kind::Caption;
    }
    let ended = ends_sentence(text);
    let inner = sentences(text);
    // Some papers set in capitals what leads to other stories.
    if line.words >= 5
        && !ended
        && !text.chars().any(char::is_lowercase)
        && text.chars().any(char::is_uppercase)
    {
        return Kind::Caption;
    }
    match line.words {
        0..=3 => Kind::Short,
        4..=9 if ended && !line.bullet => Kind::Prose,
        10..=24 if ended => Kind::Prose,
        25.. if ended || inner > 0 || text.contains(", ") => Kind::Prose,
        _ => Kind::Short,
    }
}

/// A date or a time and little else.
fn is_date(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let (found, other) = match dates::find(text, Setting::default()).first() {
        Some(date) => (true, format!("{} {}", &text[..date.start], &text[date.end..])),
        None => (false, text.to_owned()),
    };
    let letters = other.chars().filter(|c| c.is_alphabetic()).count();
    digits > 2 && letters <= 4 || found && letters <= 12
}

/// An address of something on the net and little else.
fn is_contact(text: &str) -> bool {
    !text.contains(' ')
        && (text.contains("://") || text.starts_with("www.") || text.contains('@') || text.starts_with('#'))
}

/// How many letters of which script.
#[derive(Clone, Copy, Default)]
struct Script {
    latin: usize,
    cyrillic: usize,
    other: usize,
}

impl Script {
    fn of(text: &str) -> Script {
        let mut script = Script::default();
        for letter in text.chars().filter(|c| c.is_alphabetic()) {
            match letter {
                'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => script.latin += 1,
                '\u{400}'..='\u{52f}' => script.cyrillic += 1,
                _ => script.other += 1,
            }
        }
        script
    }

    /// Whether the letters of this text are mostly of another script than most of that one's.
    fn differs(self, main: Script) -> bool {
        let share =
            |count: usize, all: Script| count as f64 / (all.latin + all.cyrillic + all.other).max(1) as f64;
        let ours = [self.latin, self.cyrillic, self.other].map(|count| share(count, self));
        let theirs = [main.latin, main.cyrillic, main.other].map(|count| share(count, main));
        (0..3).any(|script| ours[script] > 0.7 && theirs[script] < 0.25)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headline and body of a dump.
    fn found(dump: &str) -> (String, String) {
        let draft = draft(dump.as_bytes(), &Around::default()).unwrap();
        let cut = draft.provenance.cut;
        assert_eq!(
            Provenance { published: None, ..draft.provenance },
            Provenance { cut, ..Default::default() }
        );
        (draft.headline, draft.body)
    }

    const FERRY: &str = "The night ferry between Odesa and Izmail will run again from Monday, the port authority said on Friday.";
    const PIER: &str =
        "Repairs to the pier took four months and cost twice as much as planned, according to the authority.";

    #[test]
    fn furniture_around_an_article_goes() {
        let dump = format!(
            "ua en ru\n\nNight ferry to Izmail runs again\n\nNight ferry to Izmail runs again The ferry at its pier (photo: Olena Kovach)\n\n{FERRY}\n\n{PIER}"
        );
        assert_eq!(
            found(&dump),
            ("Night ferry to Izmail runs again".to_owned(), format!("{FERRY}\n\n{PIER}"))
        );
    }

    #[test]
    fn a_side_list_in_another_language_goes() {
        let dump = format!(
            "Новини\n\nNight ferry to Izmail runs again\n\n{FERRY}\n\n{PIER}\n\nСвіжі дописи\n\n  • Новини\n\nУ Львові відкрили нову бібліотеку для дітей\n\nУ Львові сьогодні відкрили бібліотеку, у якій діти можуть… Читати більше\n\nTuesday January 28th, 2025\n  • Новини\n\nЦей сайт використовує Cookies."
        );
        assert_eq!(
            found(&dump),
            ("Night ferry to Izmail runs again".to_owned(), format!("{FERRY}\n\n{PIER}"))
        );
    }

    #[test]
    fn a_side_list_in_the_same_language_goes() {
        let (first, second) = (
            "Паром між Одесою та Ізмаїлом знову ходитиме з понеділка, повідомила в п’ятницю адміністрація порту.",
            "Ремонт причалу тривав чотири місяці й коштував удвічі дорожче, ніж планували, зазначили в адміністрації.",
        );
        let dump = format!(
            "Головна\nНовини\nСпорт\n\nНічний паром до Ізмаїла відновлює рейси\n\n{first}\n\n{second}\n\nЧитайте також\n\n  • У Києві запустили новий трамвай\n  • Погода на вихідні: де чекати дощу\n\nУ Львові сьогодні відкрили бібліотеку, у якій діти можуть… Читати більше\n\nУсі права захищено."
        );
        assert_eq!(
            found(&dump),
            ("Нічний паром до Ізмаїла відновлює рейси".to_owned(), format!("{first}\n\n{second}"))
        );
    }

    #[test]
    fn what_comes_behind_an_article_goes() {
        let (long, more) = (format!("{FERRY} {PIER} {FERRY}"), format!("{PIER} {FERRY} {PIER}"));
        let teasers: String = (1..5)
            .map(|number| format!("Another story of number {number}\n\nThe port of town {number} has said on Friday that it has a new crane, which is red.\n\n"))
            .collect();
        for behind in [
            format!(
                "3 Comments\n\nAnna\n\n{}\n\nOlena\n\n{}",
                "I have waited for this ferry all my life, and longer. ".repeat(20),
                "So have I, and my mother too. ".repeat(20)
            ),
            format!(
                "About the author\n\nAnna Sailor has written on ports and what is in them for ten years. {PIER}"
            ),
            teasers,
            "The ferry at its pier on Friday, in the rain. Anna Sailor/Evening Post".to_owned(),
            "This text is for subscribers only, and so is all that comes behind it.".to_owned(),
        ] {
            let dump = format!("Night ferry to Izmail runs again\n\n{long}\n\n{more}\n\n{behind}");
            assert_eq!(found(&dump).1, format!("{long}\n\n{more}"), "{behind}");
        }
        // A box inside of the text is not its end.
        let dump = format!("Night ferry to Izmail runs again\n\n{long}\n\nTopics\n\n{more}\n\n{FERRY}");
        assert!(found(&dump).1.ends_with(FERRY));
    }

    /// A list that a line announces, a long one inside of the text and the time over an entry do not end it.
    #[test]
    fn lists_of_the_text_stay() {
        let items =
            "  • a passport of one of the parents\n  • a copy of the ticket\n  • the number of the car";
        for between in [
            format!("{FERRY}\n\nThe harbour office asks for:\n\n{items}"),
            format!("{FERRY}\n\n18:40\n\n{PIER} So it is.\n\n16:05\n\n{FERRY} So they say."),
        ] {
            let dump = format!("Night ferry to Izmail runs again\n\n{between}");
            let expected = between.replace("  • ", "").replace("18:40\n\n", "").replace("16:05\n\n", "");
            let lines: Vec<&str> = expected.lines().filter(|line| !line.is_empty()).collect();
            assert_eq!(found(&dump).1, lines.join("\n\n"));
        }
        // A box in the middle of a text is not its end, though what stands there stands behind texts too.
        let (first, last) = (format!("{FERRY} {PIER} ").repeat(3), format!("{PIER} {FERRY} "));
        let dump = format!(
            "Night ferry to Izmail runs again\n\n{first}\n\n{first} Yes.\n\nSupport our work\n\nNewsletter of the port\n\n{last} It is red.\n\n{last} It is so."
        );
        assert!(found(&dump).1.ends_with("It is so."), "{}", found(&dump).1);
        let menu: String = (1..15).map(|at| format!("  • Runner {at} of the port\n")).collect();
        let (first, last) = (format!("{FERRY} {PIER} ").repeat(4), format!("{PIER} {FERRY} ").repeat(4));
        let dump = format!("Night ferry to Izmail runs again\n\n{first}\n\nResults\n\n{menu}\n\n{last}");
        assert!(found(&dump).1.ends_with(last.trim()));
    }

    /// Menus that hold the starts of stories, consent, comments under other words, and who wrote it are none of the text.
    #[test]
    fn what_goes_on_under_a_bullet_is_of_its_item() {
        let text = format!("{FERRY} {PIER}\n\n{PIER} {FERRY} It is red.");
        let menu = "  • News\n    The crane of the port has fallen into the water, and nobody was hurt, the harbour master said on Monday.\n    The bakers say that they have no choice, and that they will lower prices when the harvest is in.\n";
        let consent = "When you visit our site we and our partners store cookies on your device, and read them again, so that we know what you like; you may withdraw this at any time, but then we shall ask you again and again, as often as you come back to us. ".repeat(3);
        for (before, behind) in [
            (menu.repeat(4), String::new()),
            (String::new(), consent),
            (String::new(), format!("Permalink 34 Comments Feed for comments\n\n{}", "I have waited for this ferry all my life. ".repeat(9))),
            (String::new(), format!("Top Rated Comments\n\n{}", "I have waited for this ferry all my life. ".repeat(9))),
            (String::new(), "Anna Sailor is a reporter for the Evening Post, and writes about ports and what is in them.".to_owned()),
            (String::new(), "THE CRANE OF THE PORT HAS FALLEN\n\nRelated: The crane of the port has fallen into the water at last".to_owned()),
        ] {
            let dump = format!("{before}\n\nNight ferry to Izmail runs again\n\n{text}\n\n{behind}");
            assert_eq!(found(&dump).1, text, "{before}{behind}");
        }
    }

    #[test]
    fn credits_are_those_of_captions() {
        for (text, expected) in [
            ("The road to the port. Anna Sailor", true),
            ("The road to the port. (Anna Sailor/Evening Post)", true),
            ("Дорога до порту. Фото Олени Ковач", true),
            ("The road to the port was closed.", false),
            ("The road is closed, the port said. (Reuters)", false),
            ("The road is closed. (Reporting by Anna Sailor)", false),
            ("The road is closed (until Friday).", false),
            ("He said: “The road is closed. We wait.”", false),
        ] {
            assert_eq!(boilerplate::is_credited(text), expected, "{text}");
        }
    }

    #[test]
    fn subheadings_stay() {
        let dump = format!("Night ferry to Izmail runs again\n\n{FERRY}\n\nWhat it costs\n\n{PIER}");
        assert_eq!(found(&dump).1, format!("{FERRY}\n\nWhat it costs\n\n{PIER}"));
    }

    #[test]
    fn lines_of_fixed_width_are_joined() {
        let wrapped = |text: &str| {
            let mut lines = vec![String::new()];
            for word in text.split(' ') {
                if lines.last().unwrap().len() + word.len() > 40 {
                    lines.push(String::new());
                }
                let line = lines.last_mut().unwrap();
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(word);
            }
            lines.join("\n")
        };
        let dump = format!("Night ferry to Izmail runs again\n\n{}\n\n{}\n", wrapped(FERRY), wrapped(PIER));
        assert_eq!(found(&dump).1, format!("{FERRY}\n\n{PIER}"));
    }

    #[test]
    fn what_is_not_a_page_says_why() {
        for (bytes, reason) in [
            (&b""[..], "it is empty"),
            (b" \n\n ", "it is empty"),
            (b"abc\0def", "there is a NUL byte at byte 4; this is not a text"),
            (b"\x01\x02\x03\xffJFIF", "it is full of control characters; this is not a text"),
            (b"Home\nNews\nSport\n", "no paragraphs of an article were found in it"),
        ] {
            assert_eq!(draft(bytes, &Around::default()).unwrap_err(), reason);
        }
    }
}
