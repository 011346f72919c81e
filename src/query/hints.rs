//! What of a query was understood, and what may have been meant: said beside the answer, since a wrong number looks like a right one.

use super::Clock;
use super::parse::{FIELDS, Field};
use std::ops::Range;

/// A part of a query that is understood in one way and was probably meant in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The part, in bytes of the query.
    pub span: Range<usize>,
    /// How it was understood.
    pub understood: String,
    /// What would have to stand in its place.
    pub meant: Meant,
}

/// What was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// This in its place.
    Instead(String),
    /// What to do, in words.
    Advice(String),
}

impl Hint {
    /// Of a query, in words: what was understood, what was probably meant.
    pub fn of(&self, text: &str) -> String {
        let meant = match &self.meant {
            Meant::Instead(instead) => {
                let (before, after) = (&text[..self.span.start], &text[self.span.end..]);
                format!("did you mean {before}{instead}{after}?")
            }
            Meant::Advice(advice) => advice.clone(),
        };
        format!("{}; {meant}", self.understood)
    }
}

/// What there is to say of a word that was not quoted. `alone` is whether nothing stands beside it.
pub(super) fn of_word(text: &str, span: Range<usize>, alone: bool, clock: &Clock) -> Option<Hint> {
    let word = &text[span.clone()];
    let hint = |understood: &str, meant: Meant| {
        Some(Hint { span: span.clone(), understood: format!("'{word}' {understood}"), meant })
    };
    const A_WORD: &str = "was looked for as a word";
    const WORDS: &str = "was looked for as words";
    if let Some(operator) = ["OR", "AND", "NOT", "NEAR"].iter().find(|name| word.eq_ignore_ascii_case(name))
        && !alone
    {
        return hint(A_WORD, Meant::Instead((*operator).to_owned()));
    }
    if let Some((name, value)) = word.split_once('=')
        && !value.is_empty()
        && FIELDS.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        return hint(WORDS, Meant::Instead(format!("{name}:{value}")));
    }
    if let Some((name, value)) = word.split_once('=')
        && !value.is_empty()
        && ["since", "until"].iter().any(|known| known.eq_ignore_ascii_case(name))
    {
        let range = if name.eq_ignore_ascii_case("since") {
            format!("date:{value}..")
        } else {
            format!("date:..{value}")
        };
        return hint(WORDS, Meant::Instead(range));
    }
    if word.len() > 2 && word.starts_with('/') && word.ends_with('/') {
        return hint(
            WORDS,
            Meant::Advice(
                "there are no regular expressions; a star at the end of a word stands for any letters: oil*"
                    .to_owned(),
            ),
        );
    }
    if word.trim_end_matches('*').contains('*') || word.trim_end_matches('?').contains('?') {
        return hint(
            "was looked for without what is not a letter or a digit",
            Meant::Advice("a star stands for any letters only at the end of a word; all forms of a word are found without one".to_owned()),
        );
    }
    if let Some(end) = word.rfind(['~', '^'])
        && end > 0
        && word[end + 1..].bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        let advice =
            "there are no marks for likeness and weight; name:WORD finds a name however it is spelled";
        return hint("was looked for without its mark", Meant::Advice(advice.to_owned()));
    }
    if let Some(rest) = word.strip_prefix('!').filter(|rest| !rest.is_empty()) {
        return hint("was looked for as a word that must be there", Meant::Instead(format!("-{rest}")));
    }
    if is_date(word, clock) {
        return hint(WORDS, Meant::Instead(format!("date:{word}")));
    }
    if let Some(domain) = domain(word) {
        return hint(WORDS, Meant::Instead(format!("domain:{domain}")));
    }
    let quotes = [('“', '”'), ('„', '“'), ('«', '»'), ('”', '”')];
    let open = quotes.iter().find(|(open, _)| word.starts_with(*open))?;
    let rest = &text[span.start + open.0.len_utf8()..];
    let close = rest.find(open.1)?;
    let phrase = &rest[..close];
    phrase.contains(char::is_whitespace).then(|| {
        let end = span.start + open.0.len_utf8() + close + open.1.len_utf8();
        Hint {
            understood: format!("{} was looked for as words, wherever they stand", &text[span.start..end]),
            span: span.start..end,
            meant: Meant::Instead(format!("\"{phrase}\"")),
        }
    })
}

/// What there is to say of a field's value.
pub(super) fn of_value(field: Field, value: &str, span: Range<usize>) -> Option<Hint> {
    match field {
        Field::Url if !value.contains(['.', '/', '*']) => Some(Hint {
            understood: format!("url:{value} asks for a whole address"),
            meant: Meant::Advice(format!(
                "domain:{value}.com asks for what is at that domain, url:https://{value}.com/news/* for what begins so"
            )),
            span,
        }),
        Field::Domain if !value.contains('.') => Some(Hint {
            understood: format!("domain:{value} asks for the host {value}"),
            meant: Meant::Advice(format!(
                "a domain is whole, as in domain:{value}.com; source:{value} asks for a source of that name"
            )),
            span,
        }),
        Field::Language if crate::model::Language::parse(value).is_some_and(|code| !code.is_known()) => {
            Some(Hint {
                understood: format!("'{value}' is the code of no language (ISO 639)"),
                meant: Meant::Advice("codes are en, uk, ru; lang:none is what is not known".to_owned()),
                span,
            })
        }
        _ => None,
    }
}

/// Whether a word is a whole day, as people write it.
fn is_date(word: &str, clock: &Clock) -> bool {
    let signs = word.chars().filter(|letter| matches!(letter, '.' | '-' | '/')).count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let is_day = signs == 2 && (6..=8).contains(&digits) && signs + digits == word.len();
    let is_range = word.split_once("..").is_some_and(|(since, until)| {
        [since, until]
            .iter()
            .all(|end| end.is_empty() || end.starts_with(|letter: char| letter.is_ascii_digit()))
            && word.len() > 2
    });
    (is_day || is_range) && clock.range(word).is_ok()
}

/// The domain that a word is, if it is one: its end is a public suffix.
fn domain(word: &str) -> Option<String> {
    let host = word.trim_end_matches('/').to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let (_, ending) = host.rsplit_once('.')?;
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let is_word = ending.len() >= 2 && ending.bytes().all(|byte| byte.is_ascii_lowercase());
    let known = || psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known());
    (plain && is_word && host.len() > ending.len() + 2 && known() && psl::domain(host.as_bytes()).is_some())
        .then(|| host.to_owned())
}
