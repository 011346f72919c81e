//! What JSON-LD says of a recipe or of instructions (`Recipe`, `HowTo` of <https://schema.org>): what one needs, and what
//! one does. Pages show the first in columns and tables apart from the second, or show neither without their scripts.

use super::FEW_WORDS;
use super::boilerplate::words;
use super::dom::collapse;
use super::metadata::{Metadata, fold, plain};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Texts of one field that are read, and how deep they may stand.
const TEXTS_MAX: usize = 256;
const DEPTH_MAX: usize = 5;

/// What instructions are for, what is needed, and what is done with it.
#[derive(Debug)]
pub struct Steps {
    purpose: Option<String>,
    needed: Vec<String>,
    done: Vec<String>,
}

impl Steps {
    /// Those that a page's JSON-LD names; `None` of a page that is something else.
    pub fn of(said: &Metadata) -> Option<Steps> {
        let kind = said.kind.as_deref()?.to_ascii_lowercase();
        let object = said.article.as_ref().filter(|_| matches!(&*kind, "recipe" | "howto"))?;
        let texts = |fields: &[&str]| {
            let mut texts = Vec::new();
            fields
                .iter()
                .filter_map(|field| object.get(*field))
                .for_each(|value| collect(value, &mut texts, 0));
            texts
        };
        Some(Steps {
            purpose: said.paragraphs("description").filter(|_| kind == "howto"),
            needed: texts(&["recipeIngredient", "supply", "tool"]),
            done: texts(&["recipeInstructions", "step"]),
        })
    }

    /// The text of a page that shows this one, with what it lacks; `None` if it lacks nothing, or is of something else.
    pub fn complete(&self, body: &str) -> Option<String> {
        let folded = fold(body);
        let known: HashSet<&str> = folded.split(' ').collect();
        // What is needed may stand there in another order: milk, 1 l.
        let shows = |text: &&String| fold(text).split(' ').all(|word| known.contains(word));
        let needs = self.needed.iter().filter(shows).count() * 2 < self.needed.len();
        let lacks = |texts: &[String]| {
            texts.iter().filter(|text| !folded.contains(&*start(text))).count() * 2 > texts.len()
        };
        let whole = || {
            let all = self.purpose.iter().chain(&self.needed).chain(&self.done);
            all.map(String::as_str).collect::<Vec<_>>().join("\n\n")
        };
        if words(body) < FEW_WORDS && lacks(&self.done) {
            return Some(whole()).filter(|whole| words(whole) >= FEW_WORDS);
        }
        let apart = !self.done.is_empty() && !lacks(&self.done) && needs;
        apart.then(|| format!("{}\n\n{body}", self.needed.join("\n\n")))
    }
}

/// How a text begins, as it can be found in another.
fn start(text: &str) -> String {
    fold(text).chars().take(40).collect()
}

/// The texts of a value: lines of a string, names and texts of objects, and what stands in their lists.
fn collect(value: &Value, texts: &mut Vec<String>, depth: usize) {
    if depth > DEPTH_MAX || texts.len() >= TEXTS_MAX {
        return;
    }
    match value {
        Value::String(text) if text.contains('<') => {
            texts.extend(super::text(text).split("\n\n").map(collapse))
        }
        Value::String(text) => texts.extend(text.lines().map(plain)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, texts, depth + 1)),
        Value::Object(object) => of_object(object, texts, depth),
        _ => {}
    }
    texts.retain(|text| !text.is_empty());
    texts.truncate(TEXTS_MAX);
}

fn of_object(object: &Map<String, Value>, texts: &mut Vec<String>, depth: usize) {
    let list = object.get("itemListElement").or(object.get("step"));
    // A name that begins its own text is its short form.
    let name = object.get("name").and_then(Value::as_str).map(plain).filter(|name| {
        let text = object.get("text").and_then(Value::as_str).map(plain);
        text.is_none_or(|text| !text.starts_with(name.trim_end_matches(['.', '…'])))
    });
    texts.extend(name);
    for value in [object.get("text"), list].into_iter().flatten() {
        collect(value, texts, depth + 1);
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::{Setting, read};

    const STEPS: &str =
        "Boil the milk with the sugar and stir the starch into it. Let it cool in the pot for an hour.";

    fn page(data: serde_json::Value, shown: &str) -> String {
        let html = format!(
            "<script type='application/ld+json'>{data}</script><main><h1>Milk pudding</h1>{shown}</main>"
        );
        read(&html, &Setting::default()).body
    }

    /// What a recipe needs stands before what is done with it, wherever the page shows it.
    #[test]
    fn ingredients_that_stand_apart() {
        let data = serde_json::json!({ "@type": "Recipe", "name": "Milk pudding", "recipeIngredient": ["1 l milk", "90 g starch"],
            "recipeInstructions": [{ "@type": "HowToStep", "text": STEPS }] });
        let shown =
            format!("<aside><table><tr><td>milk<td>1 l</table></aside><article><p>{STEPS}</p></article>");
        assert_eq!(page(data.clone(), &shown), format!("1 l milk\n\n90 g starch\n\n{STEPS}"));
        // Once is enough, and another text stays alone.
        let shown = format!("<article><p>Milk: 1 l, starch: 90 g.</p><p>{STEPS}</p></article>");
        assert_eq!(page(data.clone(), &shown), format!("Milk: 1 l, starch: 90 g.\n\n{STEPS}"));
        let other = "The harbour office said on Monday that the ferry would run again. ".repeat(8);
        assert_eq!(page(data, &format!("<article><p>{other}</p></article>")), other.trim());
    }

    /// A page without its scripts shows a notice.
    #[test]
    fn instructions_that_only_scripts_show() {
        let data = serde_json::json!({ "@type": "HowTo", "name": "Milk pudding", "description": format!("<p>{STEPS}</p><p>{STEPS} It sets.</p>"),
            "tool": [{ "@type": "HowToTool", "name": "A pot" }],
            "step": { "@type": "HowToSection", "name": "To boil it", "itemListElement": [{ "@type": "HowToStep", "text": format!("{STEPS} Serve it.") }] } });
        let body = page(
            data,
            "<p class=popup-banner>We no longer support your browser, please take another one.</p>",
        );
        assert!(
            body.starts_with(&format!("{STEPS}\n\n{STEPS} It sets.\n\nA pot\n\nTo boil it"))
                && body.ends_with(&format!("{STEPS} Serve it.")),
            "{body}"
        );
    }
}
