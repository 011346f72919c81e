//! Reads a query. What is wrong with it is said with the place, and with what may have been meant.

use super::DateField;
use super::dates::{Clock, NoDate};
use super::expr::{Condition, Expr, Span, Words};
use super::hints::{self, Hint};
use crate::derived::words::Scope;
use crate::model::{Language, Source, TAG_HINT, Timestamp, tag};
use crate::text::likeness::nearest;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::ops::Range;

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What.
    pub message: String,
    /// Where, in bytes of the query.
    pub span: Range<usize>,
    /// What to do about it.
    pub hint: String,
}

/// A field of the query language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Source,
    Date(DateField),
    Language,
    Text(Scope),
    Name(Scope),
    Author,
    Url,
    Domain,
    Section,
    Tag,
    Id,
    Seq,
    Input,
    /// One of the input that the archive has no place for, by where its path stands among those that were met.
    Extra(usize),
    Is,
    Saved,
    /// What follows, with ґ and г told apart.
    Ge,
}

/// Every field by its names.
pub(super) const FIELDS: [(&str, Field); 21] = [
    ("source", Field::Source),
    ("date", Field::Date(DateField::Published)),
    ("published", Field::Date(DateField::Published)),
    ("captured", Field::Date(DateField::Captured)),
    ("lang", Field::Language),
    ("language", Field::Language),
    ("title", Field::Text(Scope::Title)),
    ("headline", Field::Text(Scope::Title)),
    ("body", Field::Text(Scope::Body)),
    ("name", Field::Name(Scope::Both)),
    ("author", Field::Author),
    ("url", Field::Url),
    ("domain", Field::Domain),
    ("section", Field::Section),
    ("tag", Field::Tag),
    ("id", Field::Id),
    ("seq", Field::Seq),
    ("input", Field::Input),
    ("is", Field::Is),
    ("saved", Field::Saved),
    ("ge", Field::Ge),
];

const IS: [(&str, Condition); 6] = [
    ("dated", Condition::Dated),
    ("undated", Condition::Undated),
    ("suspect", Condition::Suspect),
    ("noted", Condition::Noted),
    ("summary", Condition::Summary),
    ("multi-capture", Condition::MultiCapture),
];

/// How deep brackets may be nested, and saved queries in saved queries.
const DEPTH_MAX: usize = 64;
/// How many conditions a query may have.
const CONDITIONS_MAX: usize = 4096;
/// How many words can be near each other.
const NEAR_PARTS_MAX: usize = 16;
/// How far apart words are at most that are NEAR each other, if no number is given.
const NEAR: u32 = 10;

/// Reads a query; an empty one asks for everything.
pub fn parse(text: &str, clock: &Clock, saved: &dyn Fn(&str) -> Option<String>) -> Result<Expr, SyntaxError> {
    parse_with_hints(text, clock, saved).map(|(expr, _)| expr)
}

/// The same with what may have been meant by what was understood otherwise.
pub fn parse_with_hints(
    text: &str,
    clock: &Clock,
    saved: &dyn Fn(&str) -> Option<String>,
) -> Result<(Expr, Vec<Hint>), SyntaxError> {
    let mut parser =
        Parser { text, at: 0, depth: 0, conditions: 0, clock, saved, hints: Vec::new(), paths: Vec::new() };
    let expr = parser.whole()?;
    Ok((expr, parser.hints))
}

impl<'de> Deserialize<'de> for Expr {
    /// Reads what was printed: without saved queries, and without a clock.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Expr, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text, &Clock::new(Timestamp(0)), &|_| None).map_err(|e| D::Error::custom(e.message))
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    conditions: usize,
    clock: &'a Clock,
    saved: &'a dyn Fn(&str) -> Option<String>,
    hints: Vec<Hint>,
    /// Paths of `extra.` fields.
    paths: Vec<String>,
}

/// What a text was found to be, before it is known what stands around it.
struct Atom {
    expr: Expr,
    /// The field that it was asked for by name; several of one field are alternatives.
    field: Option<Field>,
}

type Parsed<T> = Result<T, SyntaxError>;

fn error<T>(message: impl Into<String>, span: Range<usize>, hint: impl Into<String>) -> Parsed<T> {
    Err(SyntaxError { message: message.into(), span, hint: hint.into() })
}

impl Parser<'_> {
    fn whole(&mut self) -> Parsed<Expr> {
        self.blanks();
        if self.at == self.text.len() {
            return Ok(Expr::default());
        }
        let expr = self.alternatives(None)?;
        if self.at < self.text.len() {
            return error(
                "this bracket was never opened",
                self.at..self.at + 1,
                "take it away, or put it between quotation marks",
            );
        }
        Ok(expr)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// An operator stands here, as a word of its own.
    fn operator(&self, name: &str) -> bool {
        self.rest()
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c == '('))
    }

    fn ended(&self) -> bool {
        self.at == self.text.len() || self.rest().starts_with(')')
    }

    fn alternatives(&mut self, within: Option<Field>) -> Parsed<Expr> {
        let mut parts = vec![self.conjunction(within)?];
        loop {
            self.blanks();
            if !self.operator("OR") {
                break;
            }
            let operator = self.at..self.at + 2;
            self.at += 2;
            self.operand(&operator)?;
            parts.push(self.conjunction(within)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Any(parts) })
    }

    fn conjunction(&mut self, within: Option<Field>) -> Parsed<Expr> {
        let mut parts = vec![self.sequence(within)?];
        loop {
            self.blanks();
            if !self.operator("AND") {
                break;
            }
            let operator = self.at..self.at + 3;
            self.at += 3;
            self.operand(&operator)?;
            parts.push(self.sequence(within)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::All(parts) })
    }

    /// That something follows an operator.
    fn operand(&mut self, operator: &Range<usize>) -> Parsed<()> {
        self.blanks();
        if self.ended() || self.operator("OR") || self.operator("AND") {
            let name = &self.text[operator.clone()];
            return error(
                format!("{name} stands between two things, and nothing follows it"),
                operator.clone(),
                format!("write what comes after it, or \"{name}\" for the word"),
            );
        }
        Ok(())
    }

    /// Things one after the other: those of one field are alternatives, everything else must hold together.
    fn sequence(&mut self, within: Option<Field>) -> Parsed<Expr> {
        let start = self.at;
        let mut parts: Vec<Atom> = Vec::new();
        loop {
            self.blanks();
            if self.ended() || self.operator("OR") || self.operator("AND") {
                break;
            }
            parts.push(self.unary(within)?);
        }
        if parts.is_empty() {
            let end = (self.at + 2).min(self.text.len());
            let span = if self.at > start && self.ended() { start..self.at } else { self.at..end };
            return error(
                "something is missing here",
                span.start..span.end.max(span.start),
                "an operator stands between two things, and brackets hold at least one",
            );
        }
        let mut grouped: Vec<(Option<Field>, Vec<Expr>)> = Vec::new();
        for Atom { expr, field } in parts {
            let same = |(other, _): &&mut (Option<Field>, Vec<Expr>)| field.is_some() && *other == field;
            match grouped.iter_mut().find(same) {
                Some((_, alternatives)) => alternatives.push(expr),
                None => grouped.push((field, vec![expr])),
            }
        }
        let mut all: Vec<Expr> = grouped
            .into_iter()
            .map(|(_, mut exprs)| if exprs.len() == 1 { exprs.remove(0) } else { Expr::Any(exprs) })
            .collect();
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::All(all) })
    }

    fn unary(&mut self, within: Option<Field>) -> Parsed<Atom> {
        let hyphen = self.rest().chars().next().filter(|letter| matches!(letter, '-' | '\u{2212}'));
        let minus = hyphen.map_or(0, char::len_utf8);
        let minus = if minus > 0
            && self.rest()[minus..].chars().next().is_some_and(|next| !next.is_whitespace() && next != ')')
        {
            minus
        } else {
            0
        };
        if minus > 0 || self.operator("NOT") {
            let start = self.at;
            self.at += if minus > 0 { minus } else { 3 };
            self.operand(&(start..self.at))?;
            self.deeper()?;
            let negated = self.unary(within)?;
            self.depth -= 1;
            return Ok(Atom { expr: Expr::Not(Box::new(negated.expr)), field: None });
        }
        if self.rest().starts_with('(') {
            return Ok(Atom { expr: self.brackets(within)?, field: None });
        }
        self.near(within)
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return error(
                format!("it is nested more than {DEPTH_MAX} deep"),
                self.at..(self.at + 1).min(self.text.len()),
                "ask something simpler",
            );
        }
        Ok(())
    }

    fn brackets(&mut self, within: Option<Field>) -> Parsed<Expr> {
        let open = self.at;
        self.at += 1;
        self.deeper()?;
        self.blanks();
        let expr = if self.rest().starts_with(')') {
            return error("there is nothing in these brackets", open..self.at + 1, "take them away");
        } else {
            self.alternatives(within)?
        };
        self.depth -= 1;
        if !self.rest().starts_with(')') {
            return error("this bracket is not closed", open..open + 1, "add a ) where it ends");
        }
        self.at += 1;
        Ok(expr)
    }

    /// One thing, or words that are near each other.
    fn near(&mut self, within: Option<Field>) -> Parsed<Atom> {
        let start = self.at;
        let first = self.atom(within)?;
        let mut parts: Vec<Words> = Vec::new();
        let mut scope = Scope::Both;
        let mut distance = None;
        loop {
            let before = self.at;
            self.blanks();
            let Some(rest) = self.rest().strip_prefix("NEAR") else {
                self.at = before;
                break;
            };
            let word: String = rest.chars().take_while(|c| !c.is_whitespace() && *c != '(').collect();
            let digits = word.strip_prefix('/');
            let length = 4 + word.len();
            let operator = self.at..self.at + length;
            let number = match digits {
                None if word.is_empty() => NEAR,
                Some(digits) => match digits.parse::<u32>() {
                    Ok(number @ 1..=1000) => number,
                    _ => {
                        return error(
                            "NEAR takes a number of words from 1 to 1000",
                            operator,
                            "write NEAR/5",
                        );
                    }
                },
                None => {
                    self.at = before;
                    break;
                }
            };
            if parts.is_empty() {
                match &first.expr {
                    Expr::Is(Condition::Words(of, words), _) if !matches!(words, Words::Near(..)) => {
                        scope = *of;
                        parts.push(words.clone());
                    }
                    _ => return error("NEAR stands between words", operator, "write Київ NEAR/5 мер"),
                }
            }
            if distance.is_some_and(|distance| distance != number) {
                return error("one distance holds for all of them", operator, "use the same number");
            }
            distance = Some(number);
            self.at += length;
            self.operand(&operator)?;
            // What follows a field's word is of that field too.
            let inner = if scope == Scope::Both { within } else { Some(Field::Text(scope)) };
            match self.atom(inner)?.expr {
                Expr::Is(Condition::Words(of, words), _)
                    if of == scope && !matches!(words, Words::Near(..)) && parts.len() < NEAR_PARTS_MAX =>
                {
                    parts.push(words);
                }
                _ => return error("NEAR stands between words", operator, "write Київ NEAR/5 мер"),
            }
        }
        match distance {
            None => Ok(first),
            Some(distance) => {
                let condition = Condition::Words(scope, Words::Near(parts, distance));
                Ok(Atom { expr: Expr::Is(condition, Span(start..self.at)), field: first.field })
            }
        }
    }

    /// A word, a quotation, or a field with its value.
    fn atom(&mut self, within: Option<Field>) -> Parsed<Atom> {
        self.conditions += 1;
        if self.conditions > CONDITIONS_MAX {
            return error(
                format!("it has more than {CONDITIONS_MAX} conditions"),
                self.at..self.text.len().min(self.at + 1),
                "ask for less at a time",
            );
        }
        let start = self.at;
        if within.is_none() && ["http://", "https://"].iter().any(|scheme| self.rest().starts_with(scheme)) {
            // What is pasted from a browser: what was found there, or speaks of it.
            let at = self.value(Field::Url, start)?;
            let words = Words::Quoted(self.text[start..self.at].to_owned());
            let spoken = Expr::Is(Condition::Words(Scope::Both, words), Span(start..self.at));
            return Ok(Atom { expr: Expr::Any(vec![at, spoken]), field: Some(Field::Url) });
        }
        if within.is_none()
            && let Some((name, value)) = self.field_name()
        {
            let path = name.strip_prefix("extra.").map(|path| Field::Extra(self.path(path)));
            let known = FIELDS.iter().find(|(known, _)| *known == name);
            let Some(field) = path.as_ref().or(known.map(|(_, field)| field)) else {
                return error(
                    format!("there is no field '{name}'"),
                    start..start + name.len() + 1,
                    unknown(&name, self.text[value..].starts_with("//")),
                );
            };
            self.at = value;
            if *field == Field::Ge {
                self.deeper()?;
                let expr =
                    if self.rest().starts_with('(') { self.brackets(None)? } else { self.atom(None)?.expr };
                self.depth -= 1;
                return Ok(Atom { expr: expr.distinct_ge(), field: None });
            }
            if self.rest().starts_with('(') {
                return Ok(Atom { expr: self.brackets(Some(*field))?, field: Some(*field) });
            }
            let expr = self.value(*field, start)?;
            let alternative = !matches!(field, Field::Saved);
            return Ok(Atom { expr, field: alternative.then_some(*field) });
        }
        let field = within.unwrap_or(Field::Text(Scope::Both));
        Ok(Atom { expr: self.value(field, start)?, field: None })
    }

    /// Which of the paths this one is.
    fn path(&mut self, path: &str) -> usize {
        self.paths.iter().position(|known| known == path).unwrap_or_else(|| {
            self.paths.push(path.to_owned());
            self.paths.len() - 1
        })
    }

    /// The name before a colon, if it can be one, and where the value begins.
    fn field_name(&self) -> Option<(String, usize)> {
        let rest = self.rest();
        if rest.starts_with("extra.") {
            let end =
                rest.find(|letter: char| letter.is_whitespace() || matches!(letter, ':' | '(' | ')' | '"'))?;
            let named = rest[end..].starts_with(':') && end > "extra.".len();
            return named.then(|| (rest[..end].to_owned(), self.at + end + 1));
        }
        let end = rest.find(|letter: char| !(letter.is_ascii_alphabetic() || matches!(letter, '-' | '_')))?;
        let colon = rest[end..].starts_with(':') && end > 0;
        colon.then(|| (rest[..end].to_ascii_lowercase(), self.at + end + 1))
    }

    /// A value: quoted, or up to a blank or a bracket. Whether it was quoted, and where it stands.
    fn raw(&mut self, start: usize) -> Parsed<(String, bool, Range<usize>)> {
        let begin = self.at;
        if self.rest().starts_with('"') {
            let mut value = String::new();
            let mut letters = self.rest().char_indices().skip(1);
            while let Some((at, letter)) = letters.next() {
                match letter {
                    '"' => {
                        self.at += at + 1;
                        return Ok((value, true, begin..self.at));
                    }
                    '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
                    letter => value.push(letter),
                }
            }
            return error(
                "this quotation mark is not closed",
                begin..begin + 1,
                "add a \" where it ends; in a shell, put the whole query between single quotes",
            );
        }
        let end = self
            .rest()
            .find(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | '"'))
            .unwrap_or(self.rest().len());
        let value = self.rest()[..end].to_owned();
        self.at += end;
        if value.is_empty() {
            return error(
                "a value is missing",
                start..self.at.max(start + 1).min(self.text.len()),
                "write it directly after the colon, between quotation marks if it has blanks",
            );
        }
        Ok((value, false, begin..self.at))
    }

    fn value(&mut self, field: Field, start: usize) -> Parsed<Expr> {
        // A name may be asked for in one of the texts.
        let field = match field {
            Field::Text(scope) if self.rest().starts_with("name:") => {
                self.at += "name:".len();
                Field::Name(scope)
            }
            field => field,
        };
        let (value, quoted, span) = self.raw(start)?;
        let whole = Span(start..self.at);
        let bad = |message: String, hint: &str| error(message, span.clone(), hint);
        let none = value == "none";
        let hint = hints::of_value(field, &value, whole.0.clone());
        self.hints.extend(hint.filter(|_| !none));
        let condition = match field {
            Field::Text(scope) => return self.words(scope, value, quoted, whole),
            Field::Name(scope) => return self.name(scope, value, whole),
            Field::Source if none => Condition::Source(None),
            Field::Source => match Source::parse(&value) {
                Some(source) => Condition::Source(Some(source)),
                None => {
                    return bad(
                        format!("'{value}' is not a source"),
                        "a source is a domain or a slug: rubryka.com",
                    );
                }
            },
            Field::Language if none => Condition::Language(None),
            Field::Language => match Language::parse(&value).or_else(|| Language::of_name(&value)) {
                Some(language) => Condition::Language(Some(language)),
                None => {
                    return bad(
                        format!("'{value}' is not a language code"),
                        "languages are named by ISO 639: en, uk, ru",
                    );
                }
            },
            Field::Date(DateField::Published) if none => Condition::Undated,
            Field::Date(DateField::Published) if value == "suspect" => Condition::Suspect,
            Field::Date(field) => match self.clock.range(&value) {
                Ok((since, until)) => Condition::Date(field, since, until),
                Err(NoDate { within, message, hint }) => {
                    let begin = span.start + usize::from(quoted);
                    // `date:last week`: what was meant may go on.
                    let next = self.rest().split(['(', ')']).next().unwrap_or("");
                    let next: Vec<&str> = next.split_whitespace().take(2).collect();
                    let more = (1..=next.len()).map(|words| format!("{value} {}", next[..words].join(" ")));
                    let more = more.filter(|_| !quoted).find(|more| self.clock.range(more).is_ok());
                    let name = &self.text[start..span.start];
                    let hint = more.map_or(hint, |more| {
                        format!("with blanks, between quotation marks: {name}\"{more}\"")
                    });
                    return error(message, begin + within.start..begin + within.end, hint);
                }
            },
            Field::Author => Condition::Author(value),
            Field::Section => Condition::Section(value),
            Field::Url => Condition::Url(value),
            Field::Domain => {
                let plain = value.trim_end_matches('/').to_lowercase();
                let plain = plain.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(&plain);
                // In ASCII, as addresses have it.
                let parsed = url::Host::parse(plain).ok();
                let Some(domain) = parsed.map(|host| host.to_string()) else {
                    return bad(
                        format!("'{value}' is not a domain"),
                        "a domain is rubryka.com; url: takes addresses",
                    );
                };
                Condition::Domain(domain)
            }
            Field::Tag => match tag(&value) {
                Some(tag) => Condition::Tag(tag),
                None => return bad(format!("'{value}' cannot be a tag"), TAG_HINT),
            },
            Field::Id => match value.parse::<crate::model::Prefix>() {
                Ok(prefix) => Condition::Id(prefix.to_string()),
                Err(e) => {
                    return bad(
                        format!("'{value}' does not name an article: {e}"),
                        "a digest has up to 64 hexadecimal digits; four or more name an article",
                    );
                }
            },
            Field::Seq => match seq(&value) {
                Some((first, last)) => Condition::Seq(first, last),
                None => {
                    return bad(
                        format!("'{value}' is no number of captures"),
                        "write seq:17, seq:100..200 or seq:100..",
                    );
                }
            },
            Field::Input => Condition::Input(value),
            Field::Extra(at) => Condition::Extra(self.paths[at].clone(), value),
            Field::Is => match IS.iter().find(|(name, _)| *name == value.to_ascii_lowercase()) {
                Some((_, condition)) => condition.clone(),
                None => {
                    let names = IS.map(|(name, _)| name);
                    return bad(format!("nothing is '{value}'"), &near_name(&value, &names));
                }
            },
            Field::Saved => return self.saved(&value, span),
            Field::Ge => return self.words(Scope::Both, value, quoted, whole).map(Expr::distinct_ge),
        };
        Ok(Expr::Is(condition, whole))
    }

    fn words(&mut self, scope: Scope, value: String, quoted: bool, span: Span) -> Parsed<Expr> {
        let digits = value.strip_prefix("NEAR").map(|rest| rest.strip_prefix('/').unwrap_or(rest));
        if !quoted && digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
            let hint = "write Київ NEAR/5 мер, or \"NEAR\" for the word";
            return error("NEAR stands between words", span.0, hint);
        }
        let words = match value.strip_suffix('*') {
            _ if quoted => Words::Quoted(value),
            Some(start) => Words::Prefix(start.to_owned()),
            None => Words::Word(value),
        };
        if words.pattern().is_none() {
            let text = &self.text[span.0.clone()];
            let hint = match text {
                "|" | "||" => "write OR between what is one or the other",
                "&" | "&&" => "write AND, or only a blank, between what must hold together",
                "*" => "a star stands at the end of a word; without a word, every article is found",
                _ => "words have letters or digits; take it away",
            };
            return error(format!("there is no word in {text}"), span.0, hint);
        }
        if quoted && self.text[span.0.clone()].contains('*') {
            self.hints.push(Hint {
                understood: format!(
                    "{} was looked for as it is printed, and without the star",
                    &self.text[span.0.clone()]
                ),
                meant: hints::Meant::Advice(
                    "a star stands for any letters only outside of quotation marks: oil NEAR/2 price*"
                        .to_owned(),
                ),
                span: span.0.clone(),
            });
        }
        if !quoted && scope == Scope::Both {
            let alone = self.text.trim().len() == span.0.len();
            self.hints.extend(hints::of_word(self.text, span.0.clone(), alone, self.clock));
        }
        Ok(Expr::Is(Condition::Words(scope, words), span))
    }

    /// A name in a text.
    fn name(&self, scope: Scope, name: String, span: Span) -> Parsed<Expr> {
        let words = Words::Name(name.clone());
        if words.pattern().is_none() || name.contains('*') {
            let message = format!("'{name}' is no name");
            return error(
                message,
                span.0,
                "name:Зеленський finds Zelensky too; the start of one is a word: Зелен*",
            );
        }
        Ok(Expr::Is(Condition::Words(scope, words), span))
    }

    /// What was saved under a name, in its place.
    fn saved(&mut self, name: &str, span: Range<usize>) -> Parsed<Expr> {
        let Some(text) = (self.saved)(name) else {
            return error(
                format!("no query is saved as '{name}'"),
                span,
                "pressmark query list names those that are",
            );
        };
        self.deeper()?;
        let mut inner = Parser {
            text: &text,
            at: 0,
            depth: self.depth,
            conditions: self.conditions,
            clock: self.clock,
            saved: self.saved,
            hints: Vec::new(),
            paths: Vec::new(),
        };
        let parsed = inner.whole();
        self.conditions = inner.conditions;
        self.depth -= 1;
        parsed.map_err(|e| SyntaxError {
            message: format!(
                "in the saved query '{name}', at '{}': {}",
                text.get(e.span.clone()).unwrap_or(""),
                e.message
            ),
            span,
            hint: e.hint,
        })
    }
}

fn seq(text: &str) -> Option<(u64, u64)> {
    match text.split_once("..") {
        None => text.parse().ok().map(|seq| (seq, seq)),
        Some(("", "")) => None,
        Some((first, last)) => {
            let first = if first.is_empty() { 0 } else { first.parse().ok()? };
            let last = if last.is_empty() { u64::MAX } else { last.parse().ok()? };
            (first <= last).then_some((first, last))
        }
    }
}

fn unknown(name: &str, is_url: bool) -> String {
    if is_url {
        return "an address is asked for with url:https://…".to_owned();
    }
    let names = FIELDS.map(|(name, _)| name);
    format!("{}; \"{name}:\" between quotation marks is a word", near_name(name, &names))
}

/// Which of the names may have been meant, or all of them.
fn near_name(name: &str, names: &[&str]) -> String {
    match nearest(name, names) {
        Some((likeness, known)) if likeness > 0.75 => format!("did you mean {known}?"),
        _ => format!("there are {}", names.join(", ")),
    }
}
