//! What a page says of itself: JSON-LD, meta tags, links, microdata.

use super::dom::{Dom, Id, Tag, collapse};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// What a page's head, its JSON-LD and its attributes say.
#[derive(Debug, Default)]
pub struct Metadata {
    /// The JSON-LD object that describes the article.
    pub article: Option<Map<String, Value>>,
    /// All JSON-LD objects that could be meant, the best first, without the chosen one.
    pub others: usize,
    /// Names (lower case) and contents of meta tags, in order.
    pub metas: Vec<(String, String)>,
    /// `<title>`.
    pub title: String,
    /// `link rel=canonical`.
    pub canonical: Option<String>,
    /// `html lang`, or what stands for it.
    pub language: Option<String>,
    /// Names of the objects that others refer to, by their `@id`.
    pub named: HashMap<String, String>,
    /// The type of the object: `NewsArticle`.
    pub kind: Option<String>,
}

/// Types of <https://schema.org> whose objects are articles.
#[rustfmt::skip]
const ARTICLES: &[&str] = &[
    "article", "newsarticle", "reportagenewsarticle", "analysisnewsarticle", "opinionnewsarticle",
    "backgroundnewsarticle", "reviewnewsarticle", "asknewsarticle", "advertisercontentarticle",
    "satiricalarticle", "scholarlyarticle", "techarticle", "report", "blogposting", "liveblogposting",
    "socialmediaposting", "discussionforumposting",
];
/// Types that come close, taken when there is no article.
#[rustfmt::skip]
const PAGES: &[&str] = &[
    "webpage", "itempage", "videoobject", "recipe", "howto", "review", "podcastepisode", "creativework",
    "medicalwebpage", "newsitem",
];

/// Bytes of one JSON-LD script that are read.
const JSON_BYTES_MAX: usize = 4 << 20;

impl Metadata {
    /// Reads it from a page.
    pub fn of(dom: &Dom, headings: &[String]) -> Metadata {
        let mut said = Metadata::default();
        let mut scripts = Vec::new();
        for id in dom.all() {
            let Some(tag) = dom.tag(id) else { continue };
            match tag {
                Tag::Html if said.language.is_none() => {
                    said.language =
                        dom.attribute(id, "lang").or(dom.attribute(id, "xml:lang")).map(str::to_owned);
                }
                Tag::Meta => said.take_meta(dom, id),
                Tag::Title
                    if said.title.is_empty()
                        && !dom.ancestors(id).any(|id| dom.tag(id) == Some(Tag::Svg)) =>
                {
                    said.title = collapse(&dom.raw_text(id));
                }
                Tag::Link
                    if said.canonical.is_none()
                        && dom
                            .attribute(id, "rel")
                            .is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) =>
                {
                    said.canonical = dom
                        .attribute(id, "href")
                        .map(str::trim)
                        .filter(|href| !href.is_empty())
                        .map(str::to_owned);
                }
                Tag::Script
                    if dom
                        .attribute(id, "type")
                        .is_some_and(|kind| kind.to_ascii_lowercase().contains("ld+json")) =>
                {
                    scripts.push(dom.raw_text(id));
                }
                _ => {}
            }
        }
        said.language = said
            .language
            .take()
            .filter(|language| !language.trim().is_empty())
            .or_else(|| said.meta(&["content-language", "language", "og:locale"]));
        let mut objects = Vec::new();
        for script in scripts.iter().filter(|script| script.len() <= JSON_BYTES_MAX) {
            if let Some(value) = json(script) {
                collect(value, 0, &mut objects);
            }
        }
        said.named = objects
            .iter()
            .filter_map(|object| {
                Some((object.get("@id")?.as_str()?.to_owned(), plain(object.get("name")?.as_str()?)))
            })
            .collect();
        said.choose(objects, headings);
        said
    }

    fn take_meta(&mut self, dom: &Dom, id: Id) {
        let (mut content, mut names) = (None, Vec::new());
        for (name, value) in dom.attributes(id) {
            match name {
                "content" | "value" if content.is_none() => content = Some(collapse(value)),
                "name" | "property" | "itemprop" | "http-equiv" => {
                    names.push(value.trim().to_ascii_lowercase())
                }
                _ => {}
            }
        }
        let Some(content) = content.filter(|content| !content.is_empty()) else { return };
        self.metas.extend(names.into_iter().map(|name| (name, content.clone())));
    }

    /// Of several objects the one that is about this page.
    fn choose(&mut self, objects: Vec<Map<String, Value>>, headings: &[String]) {
        let own: Vec<String> = [self.canonical.clone(), self.meta(&["og:url"])]
            .into_iter()
            .flatten()
            .map(|url| crate::model::url::canonical(&url))
            .collect();
        let titles: Vec<String> = headings
            .iter()
            .cloned()
            .chain([self.title.clone()])
            .chain(self.meta(&["og:title"]))
            .map(|title| fold(&title))
            .collect();
        let score = |object: &Map<String, Value>| {
            let kinds = kinds(object);
            let mut score = 0;
            if kinds.iter().any(|kind| ARTICLES.contains(&kind.as_str())) {
                score += 40;
            } else if kinds.iter().any(|kind| PAGES.contains(&kind.as_str())) {
                score += 4;
            } else {
                return 0;
            }
            let urls =
                ["url", "mainEntityOfPage", "@id"].iter().filter_map(|name| url_of(object.get(*name)?));
            if urls
                .map(|url| crate::model::url::canonical(url.split('#').next().unwrap_or("")))
                .any(|url| own.contains(&url))
            {
                score += 8;
            }
            if let Some(headline) = object
                .get("headline")
                .or(object.get("name"))
                .and_then(Value::as_str)
                .map(|text| fold(&plain(text)))
            {
                let start: String = headline.chars().take(40).collect();
                if start.chars().count() > 8 && titles.iter().any(|title| title.contains(&start)) {
                    score += 8;
                }
            }
            for (name, worth) in [("datePublished", 5), ("articleBody", 4), ("headline", 3), ("author", 2)] {
                score += if object.get(name).is_some_and(|value| !value.is_null()) { worth } else { 0 };
            }
            score
        };
        let scored: Vec<i32> = objects.iter().map(score).collect();
        let Some(best) = (0..scored.len())
            .filter(|at| scored[*at] > 0)
            .max_by_key(|at| (scored[*at], std::cmp::Reverse(*at)))
        else {
            return;
        };
        self.others = scored.iter().filter(|score| **score > 0).count() - 1;
        let article = objects.into_iter().nth(best);
        self.kind = article.as_ref().and_then(kind_of);
        self.article = article;
    }

    /// The content of the first meta tag that has one of these names; the names in order.
    pub fn meta(&self, names: &[&str]) -> Option<String> {
        names
            .iter()
            .find_map(|name| self.metas.iter().find(|(known, _)| known == name))
            .map(|(_, content)| content.clone())
    }

    /// A text of the article's object.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = match self.article.as_ref()?.get(name)? {
            Value::String(text) => plain(text),
            Value::Array(texts) => plain(texts.first()?.as_str()?),
            Value::Object(object) => plain(object.get("@value").or(object.get("name"))?.as_str()?),
            _ => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// The paragraphs of a long text of the article's object, a blank line between them.
    pub fn paragraphs(&self, name: &str) -> Option<String> {
        let Value::String(text) = self.article.as_ref()?.get(name)? else { return None };
        let text = if text.contains("&lt;") || text.contains("&#") {
            // Line by line: the breaks are its paragraphs.
            text.lines().map(unescaped).collect::<Vec<_>>().join("\n")
        } else {
            text.clone()
        };
        let text = if text.contains('<') && text.contains('>') {
            super::text(&text)
        } else {
            text.split(['\n', '\r'])
                .map(collapse)
                .filter(|line| !line.is_empty())
                .collect::<Vec<_>>()
                .join("\n\n")
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// Names of persons or organizations in a field of the article's object.
    pub fn names(&self, field: &str) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(value) = self.article.as_ref().and_then(|article| article.get(field)) {
            collect_names(value, &mut names, 0);
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            let referred = values.iter().filter(|value| value.get("name").is_none());
            names.extend(referred.filter_map(|value| self.named.get(value.get("@id")?.as_str()?).cloned()));
        }
        names
    }

    /// The names of the objects in a field: what is certain to be a name and nothing else.
    pub fn person_names(&self, field: &str) -> Vec<String> {
        let value = self.article.as_ref().and_then(|article| article.get(field));
        let objects: Vec<&Map<String, Value>> = match value {
            Some(Value::Object(object)) => vec![object],
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_object).collect(),
            _ => Vec::new(),
        };
        let name = |object: &&Map<String, Value>| object.get("name").and_then(Value::as_str).map(plain);
        objects.iter().filter_map(name).filter(|name| !name.is_empty()).collect()
    }

    /// Whether the page calls itself an article: by JSON-LD or by `og:type`.
    pub fn is_article(&self) -> bool {
        self.kind.as_ref().is_some_and(|kind| ARTICLES.contains(&kind.to_ascii_lowercase().as_str()))
            || self.meta(&["og:type"]).is_some_and(|kind| kind.to_ascii_lowercase().contains("article"))
    }
}

fn collect_names(value: &Value, names: &mut Vec<String>, depth: usize) {
    if depth > 4 {
        return;
    }
    match value {
        Value::String(name) => names.push(plain(name)),
        Value::Array(values) => {
            values.iter().take(64).for_each(|value| collect_names(value, names, depth + 1))
        }
        Value::Object(object) => {
            let full = object.get("name").or(object.get("alternateName"));
            match full {
                Some(name) => collect_names(name, names, depth + 1),
                None => {
                    let parts = ["givenName", "familyName"]
                        .map(|part| object.get(part).and_then(Value::as_str).unwrap_or(""));
                    names.push(parts.join(" ").trim().to_owned());
                }
            }
        }
        _ => {}
    }
    names.retain(|name| !name.is_empty());
}

fn url_of(value: &Value) -> Option<String> {
    match value {
        Value::String(url) => Some(url.clone()),
        Value::Object(object) => object.get("@id").or(object.get("url"))?.as_str().map(str::to_owned),
        _ => None,
    }
}

fn kind_of(object: &Map<String, Value>) -> Option<String> {
    match object.get("@type")? {
        Value::String(kind) => Some(kind.clone()),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| ARTICLES.contains(&kind.to_ascii_lowercase().as_str()))
            .or(kinds.first()?.as_str())
            .map(str::to_owned),
        _ => None,
    }
    .map(|kind| kind.rsplit(['/', ':', '#']).next().unwrap_or("").to_owned())
}

fn kinds(object: &Map<String, Value>) -> Vec<String> {
    let kinds = match object.get("@type") {
        Some(Value::String(kind)) => vec![kind.as_str()],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    kinds.iter().map(|kind| kind.rsplit(['/', ':', '#']).next().unwrap_or("").to_ascii_lowercase()).collect()
}

/// Objects with a type: at the top, in a graph, as the main entity of another. Not those of lists: they are other stories.
fn collect(value: Value, depth: usize, objects: &mut Vec<Map<String, Value>>) {
    if depth > 6 || objects.len() > 256 {
        return;
    }
    match value {
        Value::Array(values) => values.into_iter().for_each(|value| collect(value, depth + 1, objects)),
        Value::Object(mut object) => {
            for inside in ["@graph", "mainEntity", "mainEntityOfPage"] {
                if let Some(value @ (Value::Object(_) | Value::Array(_))) = object.get(inside) {
                    collect(value.clone(), depth + 1, objects);
                }
            }
            object.shift_remove("@graph");
            if object.contains_key("@type") {
                objects.push(object);
            }
        }
        _ => {}
    }
}

/// Reads JSON as pages have it: in comments, with line breaks in texts, with commas too many.
fn json(script: &str) -> Option<Value> {
    let text = script
        .trim()
        .trim_start_matches("<!--")
        .trim_start_matches("//<![CDATA[")
        .trim_start_matches("<![CDATA[");
    let text = text
        .trim_end()
        .trim_end_matches("-->")
        .trim_end_matches("//]]>")
        .trim_end_matches("]]>")
        .trim_end_matches(';')
        .trim();
    if text.is_empty() {
        return None;
    }
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut mended = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                // An escape that JSON does not have loses its backslash.
                if !matches!(c, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') {
                    mended.pop();
                }
                mended.push(c);
                continue;
            }
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '}' | ']' if !in_string => {
                let kept = mended.trim_end().len();
                if mended[..kept].ends_with(',') {
                    mended.truncate(kept - 1);
                }
            }
            c if c < ' ' && in_string => {
                mended.push(' ');
                continue;
            }
            _ => {}
        }
        mended.push(c);
    }
    let mut values = serde_json::Deserializer::from_str(&mended).into_iter::<Value>();
    values.next()?.ok()
}

/// A text of JSON-LD or of an attribute without the markup and the character references that some leave in it.
pub fn plain(text: &str) -> String {
    if !text.contains(['<', '&']) {
        return collapse(text);
    }
    let once = Dom::parse(text).all_text_of(0);
    if once.contains('&') && once.contains(';') { Dom::parse(&once).all_text_of(0) } else { once }
}

/// Letters and digits only, lower case, one blank between words.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

/// Character references resolved, markup left.
pub fn unescaped(text: &str) -> String {
    Dom::parse(text).all_text_of(0)
}
