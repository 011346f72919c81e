//! What the path of an input says of it: `{source}/{published}/*.txt`.

use crate::model::{Dated, Language, Reason, Source};
use regex::Regex;
use std::str::FromStr;

/// A pattern for the end of a path: names between slashes, `{source}`, `{published}` and `{language}` for what they say,
/// `*` for anything but a slash, `**` for any number of directories.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    regex: Regex,
}

/// What a path said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its source.
    pub source: Option<Source>,
    /// Its date.
    pub published: Option<Dated>,
    /// Its language.
    pub language: Option<Language>,
    /// Its address: no pattern says it, what lies beside the input does.
    pub url: Option<String>,
}

const FIELDS: [&str; 3] = ["source", "published", "language"];

impl FromStr for PathPattern {
    type Err = Reason;

    fn from_str(text: &str) -> Result<PathPattern, Reason> {
        let mut regex = String::from("(?:^|/)");
        let mut rest = text.trim_start_matches("./");
        let mut fields = Vec::new();
        while let Some(character) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("**/") {
                regex.push_str("(?:.*/)?");
                rest = after;
            } else if character == '*' {
                regex.push_str("[^/]*");
                rest = &rest[1..];
            } else if character == '{' {
                let end = rest.find('}').ok_or("there is a { without its }")?;
                let field = &rest[1..end];
                if !FIELDS.contains(&field) {
                    return Err(format!(
                        "'{{{field}}}' is not known; there are {{source}}, {{published}} and {{language}}"
                    )
                    .into());
                }
                if fields.contains(&field) {
                    return Err(format!("'{{{field}}}' is there twice").into());
                }
                fields.push(field);
                regex.push_str(&format!("(?<{field}>[^/]+?)"));
                rest = &rest[end + 1..];
            } else {
                regex.push_str(&regex::escape(&character.to_string()));
                rest = &rest[character.len_utf8()..];
            }
        }
        if fields.is_empty() {
            return Err("it names none of {source}, {published} and {language}".into());
        }
        regex.push('$');
        let regex = Regex::new(&regex).map_err(|e| e.to_string())?;
        Ok(PathPattern { text: text.to_owned(), regex })
    }
}

impl PathPattern {
    /// Reads a path. `Err` says why it does not fit.
    pub fn read(&self, path: &str) -> Result<Said, Reason> {
        let path = path.replace('\\', "/");
        let Some(found) = self.regex.captures(&path) else {
            return Err(Reason::PathDoesNotFit { pattern: self.text.clone() });
        };
        let field = |name: &str| found.name(name).map(|part| part.as_str());
        let bad = |name: &str, part: &str| format!("'{part}' in its path is not a {name}");
        let published = match field("published") {
            None => None,
            Some(part) => Some(Dated::parse(part).ok_or_else(|| bad("date", part))?),
        };
        let source = match field("source") {
            None => None,
            Some(part) => Some(Source::parse(part).ok_or_else(|| bad("source", part))?),
        };
        let language = match field("language") {
            None => None,
            Some(part) => Some(Language::parse(part).ok_or_else(|| bad("language", part))?),
        };
        Ok(Said { source, published, language, url: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_speak() {
        for (pattern, path, source, published) in [
            (
                "{source}/{published}/*.txt",
                "/crawl/rubryka.com/2025-01-28/1.txt",
                Some("rubryka.com"),
                Some("2025-01-28"),
            ),
            (
                "{source}/{published}/*.txt",
                "rubryka.com/20250128/nato.txt",
                Some("rubryka.com"),
                Some("2025-01-28"),
            ),
            ("{source}_{published}.*", "a/b/rbc-ukraine_2025-01.txt", Some("rbc-ukraine"), Some("2025-01")),
            ("{source}/**/*", "crawl/bbc.com/a/b/c.txt", Some("crawl"), None),
            ("crawl/{source}/**/*", "crawl/bbc.com/a/b/c.txt", Some("bbc.com"), None),
        ] {
            let said = pattern.parse::<PathPattern>().unwrap().read(path).unwrap();
            assert_eq!(said.source.as_ref().map(Source::as_str), source, "{pattern} {path}");
            assert_eq!(
                said.published.map(|dated| Dated::print(dated.at, dated.precision)).as_deref(),
                published,
                "{pattern} {path}"
            );
        }
    }

    #[test]
    fn misfits_say_why() {
        let pattern: PathPattern = "{source}/{published}/*.txt".parse().unwrap();
        assert_eq!(
            pattern.read("a.txt").unwrap_err().to_string(),
            "its path does not fit '{source}/{published}/*.txt'"
        );
        assert_eq!(
            pattern.read("bbc.com/latest/a.txt").unwrap_err().to_string(),
            "'latest' in its path is not a date"
        );
        for (pattern, reason) in [
            ("{sauce}/*", "'{sauce}' is not known; there are {source}, {published} and {language}"),
            ("*.txt", "it names none of {source}, {published} and {language}"),
            ("{source", "there is a { without its }"),
            ("{source}/{source}", "'{source}' is there twice"),
        ] {
            assert_eq!(pattern.parse::<PathPattern>().unwrap_err().to_string(), reason);
        }
    }
}
