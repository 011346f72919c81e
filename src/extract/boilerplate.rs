//! Words that furniture of pages is made of, in the languages that the archive's users read most. They only help: the
//! shape of a line decides where no word does.

use crate::text::dates;
use crate::text::lists::words;

words! { "boilerplate.toml":
    /// In what newsletters say about themselves.
    MAIL_FURNITURE;
    /// Before dates that are none of publication.
    OTHER_DATES;
    /// Lines that are furniture whatever stands around them, if they are short: they begin with one of these.
    FURNITURE;
    /// How a line ends that leads to another story.
    TEASERS;
    /// What stands beside a picture.
    CREDITS;
    /// What notices say that are of the page: who earns by links, what embedded content sends to whom.
    NOTICES;
    /// What notices of any length say: what is kept of the reader and where, and what readers may write.
    LONG_NOTICES;
    /// What stands between a name and what its bearer is.
    IS;
    /// What notices say behind the part of an article that everybody may read.
    PAYWALLS;
    /// Where readers are asked to.
    CHANNELS;
    /// What they are asked.
    ASKS;
    /// Who pictures are of, at the end of a caption.
    AGENCIES;
    /// What stands over readers' comments, but for their number.
    COMMENTS;
    /// What stands over comments if their number is there, and else as well over a part of an article.
    SUBHEADINGS;
    /// How lines begin that come behind an article: who wrote it, what readers may do for it. What leads to other stories stands
    /// inside of articles as well.
    ENDS;
    /// What else stands before the date of publication.
    PUBLISHED_WORDS;
    /// What stands before the date of a change.
    UPDATED_WORDS;
}

/// Words of a line that is furniture by its first ones, and of one that has a colon behind them.
const FURNITURE_WORDS: usize = 9;
const FURNITURE_ANNOUNCED: usize = 24;

/// Whether a line is furniture.
pub fn is_furniture(text: &str) -> bool {
    if text.len() > NOTICE_BYTES_MAX {
        return false;
    }
    let lower = text.to_lowercase();
    let bare = lower
        .trim_start_matches(['-', '–', '—', '*', '•', '▪', '►', '→', '>', '»', '|', '+', '.', ' ', '\u{a0}']);
    let Some(end) = FURNITURE.begins(bare) else { return false };
    // `Related: From the port to the sea` announces one story.
    let announces = bare[..end].ends_with(':') || bare[end..].starts_with(':');
    let most = if announces { FURNITURE_ANNOUNCED } else { FURNITURE_WORDS };
    lower.split_whitespace().count() <= most || is_notice(&lower)
}

/// Whether what stands before a date says that it is of something else: of a manuscript's way to a journal.
pub fn is_other_date(before: &str) -> bool {
    let start = before.char_indices().rev().nth(24).map_or(0, |(at, _)| at);
    let lower = before[start..].to_lowercase();
    OTHER_DATES.iter().any(|word| lower.trim_end_matches([':', ' ', '\u{a0}', '-', '–']).ends_with(word))
}

/// Whether a line is nothing but a time of the day: `18:40`, `08.15 Uhr`.
pub fn is_time(text: &str) -> bool {
    let number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or("");
    let is_clock = first
        .split_once([':', '.'])
        .is_some_and(|(hour, minute)| number(hour) && minute.len() == 2 && number(minute));
    is_clock && words.all(is_clock_word)
}

/// What stands behind the hours and minutes.
fn is_clock_word(word: &str) -> bool {
    matches!(word.to_lowercase().as_str(), "uhr" | "h" | "am" | "pm" | "a.m." | "p.m.")
}

/// Whether a line is nothing but a date, with or without its weekday, its time and a word that says what the date is of.
pub fn is_dateline(text: &str) -> bool {
    if text.len() > 80 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let found = dates::find(text, dates::Setting::default());
    let Some(date) = found.first().filter(|date| date.has_year && !date.is_relative) else { return false };
    let before = text[..date.start].to_lowercase();
    let named = PUBLISHED_WORDS.begins(&before).is_some() || UPDATED_WORDS.begins(&before).is_some();
    let bare = before.trim_matches(|c: char| !c.is_alphanumeric());
    let behind = text[date.end..].split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    (bare.is_empty() || dates::is_weekday(bare) || bare.split_whitespace().count() == 1 && named)
        && behind.into_iter().all(is_clock_word)
}

/// Whether a line is one of a newsletter about itself: how to leave it, why it came, where it can be read.
pub fn is_mail_furniture(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.split_whitespace().count() <= 40 && MAIL_FURNITURE.is_in(&lower)
}

/// A notice may be long: consent, rights, newsletters.
fn is_notice(lower: &str) -> bool {
    [
        "cookie",
        "all rights reserved",
        "privacy policy",
        "newsletter",
        "усі права",
        "все права",
        "subscribe",
        "terms of",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// A longer text is no notice.
const NOTICE_BYTES_MAX: usize = 4000;

/// Whether a line asks the reader to follow, subscribe, download, pay or write: it names a channel and says what to do there.
pub fn is_appeal(text: &str) -> bool {
    if text.len() > NOTICE_BYTES_MAX {
        return false;
    }
    let lower = text.to_lowercase();
    let words = words(text);
    words < 70 && CHANNELS.is_in(&lower) && ASKS.is_in(&lower)
        || words < 40 && (NOTICES.is_in(&lower) || PAYWALLS.is_in(&lower))
        || LONG_NOTICES.is_in(&lower)
}

/// Whether a paragraph says who somebody is that writes: `Anna Sailor is a reporter in Odesa.` It does so of the author behind a text.
pub fn is_bio(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().take(BIO_WORDS).collect();
    let named = words.iter().take_while(|word| word.starts_with(char::is_uppercase)).count();
    let is = words.get(named).is_some_and(|word| IS.contains(&&*word.to_lowercase()));
    (2..=4).contains(&named) && is && words[named + 1..].iter().any(|word| super::byline::is_role(word))
}

/// So far into a paragraph it says what somebody is.
const BIO_WORDS: usize = 16;

/// Whether a text says that one has to pay to read on.
pub fn is_paywall(text: &str) -> bool {
    if text.len() > NOTICE_BYTES_MAX || words(text) >= 40 {
        return false;
    }
    let lower = text.to_lowercase();
    PAYWALLS.is_in(&lower)
}

/// Whether a line is the start of another story.
pub fn is_teaser(text: &str) -> bool {
    let lower = text.to_lowercase();
    let lower = lower.trim_end_matches([' ', '.', '»', '›', '>', '→', '…', ':']);
    TEASERS.iter().any(|end| lower.ends_with(end)) && text.split_whitespace().count() > 3
}

/// Whether a line is a caption.
pub fn is_caption(text: &str) -> bool {
    let lower = text.to_lowercase();
    let ends = || {
        let end = lower.trim_end_matches(['.', ')', ']', ' ', '/', '|']);
        AGENCIES.iter().any(|agency| end.ends_with(agency) && end.len() > agency.len() + 12)
    };
    text.split_whitespace().count() < 60 && (CREDITS.is_in(&lower) || ends())
}

/// Whether a line ends in a name behind its last sentence, as captions do: `The road to the port. Anna Sailor`,
/// `The road to the port. (Anna Sailor/Evening Post)`.
pub fn is_credited(text: &str) -> bool {
    let (bare, closed) = match text.strip_suffix(')') {
        Some(inside) => match inside.rsplit_once('(') {
            Some((before, name)) => (format!("{} {name}", before.trim_end()), true),
            None => return false,
        },
        None => (text.to_owned(), false),
    };
    let ends = [". ", "! ", "? ", ".” ", ".\" "];
    let Some(at) = ends.iter().filter_map(|end| Some(bare.rfind(end)? + end.len())).max() else {
        return false;
    };
    let name: Vec<&str> = bare[at..].split_whitespace().collect();
    let capital = |word: &str| word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
    let particle = |word: &str| {
        matches!(word, "von" | "de" | "van" | "da" | "di" | "del" | "la" | "for" | "of" | "/" | "|")
    };
    let named = name.iter().all(|word| capital(word) || particle(word));
    let plain = !bare[at..].ends_with(['.', '!', '?', '…', ':', ';', '”', '"', '»', '“']);
    // An agency in brackets signs the last paragraph of a text.
    let enough = name.len() > 1 || closed && bare[at..].contains('/');
    plain && named && enough && name.len() <= 6
}

/// Whether a line stands over readers' comments: `8 Comments`, `Kommentare (0)`.
pub fn opens_comments(text: &str) -> bool {
    let lower = text.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphabetic());
    let counted = |list: &[&str]| {
        // `34 responses to “…”`, `Permalink 34 Comments`.
        let words: Vec<&str> = lower.split_whitespace().collect();
        words.len() <= 14
            && words.windows(2).any(|pair| {
                pair[0].trim_matches(['(', ')']).bytes().all(|byte| byte.is_ascii_digit())
                    && list.contains(&pair[1].trim_matches(|c: char| !c.is_alphabetic()))
            })
    };
    COMMENTS.contains(&bare)
        || SUBHEADINGS.contains(&bare) && text.contains(|c: char| c.is_ascii_digit())
        || words(text) > 1
            && (counted(&COMMENTS)
                || lower.starts_with(|c: char| c.is_ascii_digit()) && counted(&SUBHEADINGS))
}

/// Whether a short line stands behind an article and before what else the page has.
pub fn ends_article(text: &str) -> bool {
    let lower = text.to_lowercase();
    let opens = !text.ends_with(['.', '!', '…', '。']) && ENDS.begins(&lower).is_some();
    words(text) <= 12 && opens || is_paywall(text)
}

/// How labels of the date of publication begin.
pub const PUBLISHED_LABELS: &[&str] =
    &["publi", "post", "veröff", "erschien", "erstellt", "datum", "date", "gespeichert", "geschrieben"];

/// Whether what stands before a date says that it is that of publication.
pub fn says_published(before: &str) -> bool {
    PUBLISHED_LABELS.iter().chain(PUBLISHED_WORDS.iter()).any(|word| before.contains(word))
}

/// Whether what stands before a date says that it is that of a change.
pub fn says_updated(before: &str) -> bool {
    UPDATED_WORDS.is_in(before)
}

/// Whether a text ends as sentences end, closing quotes and brackets aside.
pub fn ends_sentence(text: &str) -> bool {
    let bare = text.trim_end_matches(|c: char| {
        matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '“' | '』' | '」' | ' ' | '*')
            || c >= '\u{1f000}'
    });
    bare.ends_with(['.', '!', '?', '…', '。', '！', '？', '।', '։', '؟', '።', ':', '۔', ';'])
}

/// Ends of sentences inside a text.
pub fn sentences(text: &str) -> usize {
    let full = text.matches(['。', '！', '？', '।', '۔']).count();
    full + [". ", "! ", "? ", ".\" ", ".” ", "؟ "].iter().map(|end| text.matches(end).count()).sum::<usize>()
}

/// Letters and digits.
pub fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// Words; where they are not separated by blanks, two letters count as one.
pub fn words(text: &str) -> usize {
    let unspaced = text
        .chars()
        .filter(|c| matches!(c, '\u{e00}'..='\u{eff}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'))
        .count();
    text.split_whitespace().count().max(unspaced / 2)
}
