//! Markdown with front matter, as clippers and static sites write it, and as pressmark exports it.

use super::fields::{Fields, How, Mapping};
use super::paths::{Node, Outside};
use super::reader::{Around, Content};
use crate::extract;
use crate::model::{Reason, Skip};
use crate::text::decode;
use serde_json::{Map, Value};

/// Whether a text begins with front matter.
pub fn has_front_matter(text: &str) -> bool {
    split(text).is_some_and(|(front, _)| {
        front.lines().any(|line| line.split_once(':').is_some_and(|(name, _)| is_name(name)))
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with([' ', '-', '#']) && name.len() < 40
}

/// Front matter, and what comes after it.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches('\u{feff}');
    // Hugo's are TOML between plus signs.
    let fence = if text.starts_with("+++") { "+++" } else { "---" };
    let rest = text.strip_prefix(fence)?;
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'))?;
    let close = format!("\n{fence}");
    let end = rest
        .match_indices(&close)
        .find(|(at, _)| rest[at + 4..].is_empty() || rest[at + 4..].starts_with(['\n', '\r']))?;
    Some((&rest[..end.0], rest[end.0 + 4..].trim_start_matches(['\r', '\n'])))
}

/// Reads one.
pub fn read(bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
    let decoded = decode::decode(bytes, around.charset);
    let (front, text) = split(&decoded.text).unwrap_or(("", &decoded.text));
    let mut object = of_front(front);
    // Clippers say where a page is by `source`, and when it was clipped by `created`.
    let rename = |object: &mut Map<String, Value>, from: &str, to: &str| {
        if !object.contains_key(to)
            && let Some(value) = object.shift_remove(from)
        {
            object.insert(to.to_owned(), value);
        }
    };
    rename(&mut object, "created", "captured");
    if object.get("source").and_then(Value::as_str).is_some_and(|source| source.contains("://")) {
        rename(&mut object, "source", "url");
    }
    let (headline, body) = plain(text);
    let fields = {
        let mut named = Fields::named(
            &mut object,
            &Outside::of(Node::Json(&Value::Null)),
            around.mapping.unwrap_or(&Mapping::default()),
        );
        if !named.has(super::fields::Field::Headline)
            && let Some(headline) = &headline
        {
            named.add(super::fields::Field::Headline, "#", headline.clone().into());
        }
        named.add(super::fields::Field::Body, "text", body.into());
        named
    };
    match fields.draft(object, How::of(around))? {
        Some(mut draft) => {
            draft.provenance.notes.extend(decoded.note());
            if draft.body.is_empty() && draft.headline.is_empty() {
                return Err("there is no text in it".into());
            }
            // The title stands in the text as well.
            if let Some(rest) =
                draft.body.strip_prefix(draft.headline.as_str()).filter(|rest| rest.starts_with("\n\n"))
            {
                draft.body = rest.trim_start().to_owned();
            }
            Ok(Content::Drafts(vec![draft]))
        }
        None => Ok(Content::Passed(Skip::NoArticle)),
    }
}

/// The fields of front matter: `name: value`, lists of `- value`, `[a, b]`.
fn of_front(front: &str) -> Map<String, Value> {
    let mut object = Map::new();
    let mut open: Option<String> = None;
    let mut blocks = false;
    let toml = front
        .lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.split(':').next().unwrap_or("").contains('='));
    for line in front.lines() {
        let trimmed = line.trim();
        match (trimmed.strip_prefix("- "), &open) {
            (Some(item), Some(name)) => {
                match object.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new())) {
                    Value::Array(list) => list.push(scalar(item.strip_prefix("name:").unwrap_or(item))),
                    other => *other = Value::Array(vec![scalar(item)]),
                }
            }
            _ => {
                if let (Some(name), true) = (&open, blocks && line.starts_with(' ')) {
                    // A value on the lines after `>` or `|`.
                    if let Some(Value::String(text)) = object.get_mut(name) {
                        text.push_str(if text.is_empty() { "" } else { " " });
                        text.push_str(trimmed);
                    }
                    continue;
                }
                blocks = false;
                let Some((name, value)) = trimmed
                    .split_once(if toml { '=' } else { ':' })
                    .filter(|(name, _)| is_name(name) && !line.starts_with(' '))
                else {
                    continue;
                };
                let name = name.trim().to_owned();
                let value = value.trim().split(" #").next().unwrap_or("").trim_end();
                if matches!(value, ">" | ">-" | "|" | "|-" | ">+" | "|+") {
                    object.insert(name.clone(), "".into());
                    (open, blocks) = (Some(name), true);
                    continue;
                }
                let list = value
                    .strip_prefix('[')
                    .and_then(|list| list.strip_suffix(']'))
                    .filter(|list| !list.starts_with('[') || list.matches("[[").count() > 1);
                match list {
                    Some(list) => {
                        let items = list.split(',').map(scalar).filter(|item| item.as_str() != Some(""));
                        object.insert(name.clone(), Value::Array(items.collect()));
                    }
                    None if !value.is_empty() => {
                        object.insert(name.clone(), scalar(value));
                    }
                    None => {}
                }
                open = Some(name);
            }
        }
    }
    object
}

/// A value, without its quotes and the brackets of a wiki's link.
fn scalar(value: &str) -> Value {
    let value = value.trim();
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    let text = match (quoted('"'), quoted('\'')) {
        (Some(text), _) => text.replace("\\\"", "\"").replace("\\\\", "\\"),
        (_, Some(text)) => text.replace("''", "'"),
        _ => value.to_owned(),
    };
    let link = text.strip_prefix("[[").and_then(|text| text.strip_suffix("]]"));
    let text = link.map(|link| link.rsplit('|').next().unwrap_or(link).to_owned()).unwrap_or(text);
    text.into()
}

/// The first heading of the highest rank, and the text without marks.
fn plain(text: &str) -> (Option<String>, String) {
    let text = if super::fields::is_markup(text) { without_tags(text) } else { text.to_owned() };
    let mut headline = None;
    let mut paragraphs: Vec<String> = Vec::new();
    let (mut joins, mut fenced) = (false, false);
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fenced = !fenced;
            joins = false;
            continue;
        }
        if trimmed.is_empty() || is_line(trimmed) {
            joins = false;
            continue;
        }
        let hashes = trimmed.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&hashes) && trimmed[hashes..].starts_with(' ') && !fenced {
            let heading = inline(trimmed.trim_matches('#'));
            joins = false;
            if hashes == 1 && headline.is_none() && paragraphs.is_empty() {
                headline = Some(heading);
            } else if !heading.is_empty() {
                paragraphs.push(heading);
            }
            continue;
        }
        let (bare, is_item) = if fenced { (trimmed, false) } else { unmarked(trimmed) };
        let content = if fenced { bare.to_owned() } else { inline(bare) };
        if content.is_empty() {
            continue;
        }
        match paragraphs.last_mut().filter(|_| joins && !is_item) {
            Some(last) => {
                last.push(if fenced || line.ends_with("  ") { '\n' } else { ' ' });
                last.push_str(&content);
            }
            None => paragraphs.push(content),
        }
        joins = true;
    }
    (headline, paragraphs.join("\n\n"))
}

/// HTML in a text taken out of it, its line breaks kept.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let last = text.rfind('>').map_or(0, |last| last + 1);
    let (mut rest, behind) = text.split_at(last);
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let is_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        match rest.find('>').filter(|_| is_tag) {
            Some(end) => {
                let link = rest[1..end].contains("://") && !rest[1..end].contains(' ');
                if link && !rest.starts_with("<a") {
                    plain.push_str(&rest[1..end]);
                }
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('<');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain.push_str(behind);
    plain
}

/// Rules, and the lines under the head of a table.
fn is_line(line: &str) -> bool {
    line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '*' | '_' | '=' | '|' | ':' | ' '))
}

/// A line without the mark of a quotation or of an item, and whether it is an item.
fn unmarked(line: &str) -> (&str, bool) {
    let mut line = line;
    let mut item = false;
    loop {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let rest = line.strip_prefix("> ").or_else(|| (line == ">").then_some(""));
        if let Some(rest) = rest {
            line = rest.trim_start();
        } else if let Some(rest) = ["- ", "* ", "+ "].iter().find_map(|mark| line.strip_prefix(mark)) {
            (line, item) = (rest.trim_start(), true);
        } else if digits > 0 && digits < 4 && line[digits..].starts_with(". ") {
            return (line, true);
        } else {
            return (line, item || line.starts_with('|'));
        }
    }
}

/// Text without emphasis, pictures and the addresses of links.
fn inline(text: &str) -> String {
    within(text, 0)
}

/// Links in links are looked into so deep.
const LINK_DEPTH: usize = 6;
/// So many bytes are between the brackets of a link.
const LINK_BYTES_MAX: usize = 2000;

fn within(text: &str, depth: usize) -> String {
    let mut plain = String::new();
    let mut rest = text.trim();
    let is_row = rest.starts_with('|');
    while let Some(c) = rest.chars().next() {
        let taken = c.len_utf8();
        match c {
            '\\' if rest[1..].starts_with(|c: char| c.is_ascii_punctuation()) => {
                plain.push_str(&rest[1..2]);
                rest = &rest[2..];
                continue;
            }
            '!' if rest[1..].starts_with('[') => {
                if let Some((_, after)) = link(&rest[1..]) {
                    rest = after;
                    continue;
                }
                plain.push(c);
            }
            '[' => match link(rest) {
                Some((inside, after)) => {
                    if depth >= LINK_DEPTH {
                        plain.push_str(inside);
                    } else if !inside.starts_with('^') {
                        plain.push_str(&within(inside, depth + 1));
                    }
                    rest = after;
                    continue;
                }
                None => plain.push(c),
            },
            '`' => {
                // What is code stands as it is.
                let ticks = rest.bytes().take_while(|byte| *byte == b'`').count();
                let code = &rest[ticks..];
                match code.find(&rest[..ticks]) {
                    Some(end) => {
                        plain.push_str(&code[..end]);
                        rest = &code[end + ticks..];
                        continue;
                    }
                    None => plain.push(c),
                }
            }
            '~' | '=' if rest[1..].starts_with(c) => {
                rest = &rest[2..];
                continue;
            }
            '*' if is_mark(&plain, &rest[1..]) => {}
            '_' if !plain.ends_with(char::is_alphanumeric)
                || !rest[1..].starts_with(char::is_alphanumeric) => {}
            '|' if is_row => plain.push(' '),
            c => plain.push(c),
        }
        rest = &rest[taken..];
    }
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if plain.contains('&') { extract::line(&plain) } else { plain }
}

/// Whether an asterisk is emphasis: beside a word on one side, and between no figures.
fn is_mark(before: &str, after: &str) -> bool {
    let (before, after) = (before.chars().next_back(), after.trim_start_matches('*').chars().next());
    let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    !(blank(before) && blank(after) || digit(before) && digit(after))
}

/// Where the bracket is closed that a text begins with.
fn closing(text: &str, opens: char, closes: char) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, c)| {
        match c {
            c if c == opens => depth += 1,
            c if c == closes => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// What a link that begins here shows, and what comes after it: `[text](address)`, `[[page|text]]`, `[text][1]`, `[^1]`.
fn link(whole: &str) -> Option<(&str, &str)> {
    let text = &whole[..whole.floor_char_boundary(LINK_BYTES_MAX)];
    let behind = |after: &str| &whole[text.len() - after.len()..];
    if let Some(rest) = text.strip_prefix("[[") {
        let (inside, after) = rest.split_once("]]")?;
        return Some((inside.rsplit('|').next().unwrap_or(inside), behind(after)));
    }
    let end = closing(text, '[', ']')?;
    let (inside, after) = (&text[1..end], &text[end + 1..]);
    if after.starts_with('(') {
        let end = closing(after, '(', ')')?;
        return Some((inside, behind(&after[end + 1..])));
    }
    if let Some((_, after)) = after.strip_prefix('[').and_then(|after| after.split_once(']')) {
        return Some((inside, behind(after)));
    }
    inside.starts_with('^').then_some((inside, behind(after)))
}
