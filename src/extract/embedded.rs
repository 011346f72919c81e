//! The text of a page that shows none without its scripts: it stands in their data, as a string of JSON that holds the
//! article's markup, or in a template.

use super::ARTICLE_WORDS;
use super::blocks::Blocks;
use super::body::{self, Known};
use super::dom::Dom;
use super::metadata::unescaped;
use crate::extract::boilerplate::{sentences, words};

/// Strings of fewer bytes hold no article.
const STRING_BYTES_MIN: usize = 400;
/// How often a string may hold JSON that holds a string.
const NESTED_MAX: usize = 3;
/// So many bytes of strings are looked into, of one page.
const LOOKED_INTO_MAX: usize = 8 << 20;

/// The longest text in the scripts of a page, a blank line between paragraphs, if one is long enough to be an article.
pub fn article(html: &str, headline: &str) -> Option<String> {
    let mut best = Best { headline, words: ARTICLE_WORDS - 1, text: None, left: LOOKED_INTO_MAX };
    for (attributes, script) in scripts(html) {
        let kind =
            attributes.split_once("type=").map_or("", |(_, kind)| kind.trim_start_matches(['"', '\'']));
        if ["text/template", "text/html", "text/x-", "text/ng-template"]
            .iter()
            .any(|known| kind.starts_with(known))
        {
            best.consider(script);
        } else {
            best.strings(script, 0);
        }
    }
    best.text
}

struct Best<'a> {
    headline: &'a str,
    words: usize,
    text: Option<String>,
    /// Of [`LOOKED_INTO_MAX`].
    left: usize,
}

impl Best<'_> {
    /// Considers every string of a script, and those of JSON that is in one.
    fn strings(&mut self, script: &str, depth: usize) {
        for string in literals(script).filter(|string| string.len() >= STRING_BYTES_MIN) {
            let Ok(value) = serde_json::from_str::<String>(&format!("\"{string}\"")) else { continue };
            if depth < NESTED_MAX && (value.contains("\":\"") || value.contains("\": \"")) {
                self.strings(&value, depth + 1);
            } else {
                self.consider(&value);
            }
        }
    }

    fn consider(&mut self, value: &str) {
        match self.left.checked_sub(value.len()) {
            Some(left) => self.left = left,
            None => return,
        }
        let lower = value.to_lowercase();
        if lower.matches("cookie").count() > 1 || lower.contains("privacy policy") {
            return;
        }
        let escaped;
        let value = if value.contains("&lt;p") {
            escaped = unescaped(value);
            &escaped
        } else {
            value
        };
        let text = if value.contains("<p") || value.contains("<br") {
            let dom = Dom::parse(value);
            let blocks = Blocks::of(&dom, None);
            let known = Known { headline: self.headline, ..Known::default() };
            body::find(&dom, &blocks, known).map(|found| found.text(&blocks)).unwrap_or_default()
        } else if sentences(value) >= 3 && !value.contains(['{', '<']) {
            let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.collect::<Vec<_>>().join("\n\n")
        } else {
            return;
        };
        let found = words(&text);
        if found > self.words {
            (self.words, self.text) = (found, Some(text));
        }
    }
}

/// The attributes and the content of each script.
fn scripts(html: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let (_, from) = rest.split_once("<script")?;
        let (attributes, from) = from.split_once('>')?;
        let (script, from) = from.split_once("</script").unwrap_or((from, ""));
        rest = from;
        Some((attributes, script))
    })
}

/// What is between double quotes, escapes left as they are. A string ends with its line at the latest.
fn literals(script: &str) -> impl Iterator<Item = &str> {
    let bytes = script.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + memchr::memchr(b'"', &bytes[at..])? + 1;
            let mut end = start;
            loop {
                end += memchr::memchr3(b'"', b'\\', b'\n', &bytes[end..])?;
                match bytes[end] {
                    b'\\' => end = (end + 2).min(bytes.len()),
                    _ => break,
                }
            }
            at = end + 1;
            if bytes[end] == b'"' {
                return Some(&script[start..end]);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCE: &str =
        "The night ferry between the two towns sails again from Monday, the port said on Friday.";

    fn page(data: &str) -> String {
        format!("<script src=a.js></script><script id=data type=application/json>{data}</script>")
    }

    #[test]
    fn a_string_of_markup() {
        let markup = format!("<p>{SENTENCE}</p>").repeat(8);
        let text = [SENTENCE; 8].join("\n\n");
        let once = serde_json::json!({ "title": "Ferry", "html": markup }).to_string();
        assert_eq!(article(&page(&once), "Ferry").unwrap(), text);
        let twice = serde_json::to_string(&once).unwrap();
        assert_eq!(article(&page(&format!("push([1,{twice}])")), "Ferry").unwrap(), text);
        let template = format!("<script type='text/template'>{markup}</script>");
        assert_eq!(article(&template, "Ferry").unwrap(), text);
    }

    #[test]
    fn what_is_no_article() {
        let notice = format!("<p>We use cookies. Cookies help. {SENTENCE}</p>").repeat(8);
        for string in [notice, "x".repeat(2000), SENTENCE.to_owned(), "a b c {d} ".repeat(500)] {
            let data = serde_json::json!({ "string": string }).to_string();
            assert_eq!(article(&page(&data), ""), None, "{string}");
        }
        for broken in ["<script>\"", "<script>\"\\", "<script", "<script>\"a\nb\""] {
            assert_eq!(article(broken, ""), None);
        }
    }
}
