//! Why a query finds an article, or why not: condition by condition.

use super::extra;
use crate::archive::Snapshot;
use crate::derived::words::analysis::{Code, Words};
use crate::derived::words::{Matcher, Pattern, Scope};
use crate::model::{Article, Capture, Provenance, Result};
use crate::query::{Condition, DateField, Expr, Query};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a query finds an article, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The article's digest.
    pub digest: String,
    /// Its headline.
    pub headline: String,
    /// Whether it is found.
    pub matches: bool,
    /// The conditions, in the order of the query.
    pub conditions: Vec<Verdict>,
    /// Whether captures fulfil each condition, and none all of them.
    pub not_in_one_capture: bool,
}

/// One condition, held against the article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The condition.
    pub condition: String,
    /// Whether it is not to hold.
    pub negated: bool,
    /// Whether it holds.
    pub holds: bool,
    /// What the article has where the condition looks.
    pub found: String,
}

/// Why a query finds an article, or why not.
pub(super) fn why(snapshot: &Snapshot, number: u64, query: &Query) -> Result<Why> {
    let (digest, article) = snapshot.article(number)?;
    let captures = snapshot.captures(number)?;
    let id: Expr = Condition::Id(digest.to_string()).into();
    let holds = |filter: &Expr| -> Result<bool> {
        let filter = id.clone().and(filter.clone());
        Ok(snapshot.count(&Query { filter, ..query.clone() })? > 0)
    };
    let matches = holds(&query.filter)?;
    let mut conditions = Vec::new();
    for (condition, negated) in leaves(&query.filter, false) {
        let found = match condition {
            Condition::Tag(_) => snapshot.tags_of(number)?.join(" "),
            condition => found(&article, &captures, condition),
        };
        let holds = holds(&condition.clone().into())?;
        conditions.push(Verdict { condition: condition.to_string(), negated, holds, found });
    }
    let all_alone = conditions.iter().all(|verdict| verdict.holds != verdict.negated);
    Ok(Why {
        digest: digest.to_string(),
        headline: article.headline().to_owned(),
        matches,
        conditions,
        not_in_one_capture: !matches && all_alone && captures.len() > 1,
    })
}

/// The conditions of a query, each with whether it is to be false.
fn leaves(expr: &Expr, negated: bool) -> Vec<(&Condition, bool)> {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().flat_map(|part| leaves(part, negated)).collect(),
        Expr::Not(part) => leaves(part, !negated),
        Expr::Is(condition, _) => vec![(condition, negated)],
    }
}

/// What the article has where a condition looks.
fn found(article: &Article, captures: &[Capture], condition: &Condition) -> String {
    let of_captures = |value: &dyn Fn(&Provenance) -> Option<String>| {
        let value = |capture: &Capture| value(&capture.provenance).unwrap_or_else(|| "none".to_owned());
        let mut values: Vec<String> = captures.iter().map(value).collect();
        values.dedup();
        values.join(", ")
    };
    let joined = |texts: Vec<&str>| Some(texts.join("; ")).filter(|texts| !texts.is_empty());
    match condition {
        Condition::Words(scope, words) => {
            words.pattern().map_or(String::new(), |pattern| forms(article, *scope, &pattern))
        }
        Condition::Language(_) => article.language().map_or("none".to_owned(), |code| code.to_string()),
        Condition::Source(_) => of_captures(&|of| of.source.as_ref().map(ToString::to_string)),
        Condition::Date(DateField::Captured, ..) => of_captures(&|of| of.captured.map(|at| at.to_string())),
        Condition::Date(..) | Condition::Dated | Condition::Undated | Condition::Suspect => {
            of_captures(&|of| {
                let published = of.published?;
                Some(format!("{published}{}", if published.suspect { ", not plausible" } else { "" }))
            })
        }
        Condition::Author(_) => of_captures(&|of| joined(of.byline.iter().map(String::as_str).collect())),
        Condition::Url(_) | Condition::Domain(_) => of_captures(&|of| of.url.clone()),
        Condition::Section(_) => {
            of_captures(&|of| joined(of.section.iter().chain(&of.keywords).map(String::as_str).collect()))
        }
        Condition::Summary => {
            of_captures(&|of| Some(if of.is_summary { "a summary" } else { "a text" }.to_owned()))
        }
        Condition::Noted => of_captures(&|of| joined(of.notes.iter().map(String::as_str).collect())),
        Condition::Extra(path, _) => of_captures(&|of| {
            let values = extra::values(of.extra.as_deref()?, path);
            joined(values.iter().map(String::as_str).collect())
        }),
        Condition::Input(_) => of_captures(&|of| Some(of.input.clone())),
        Condition::Seq(..) | Condition::MultiCapture => {
            captures.iter().map(|capture| capture.seq.to_string()).collect::<Vec<_>>().join(", ")
        }
        Condition::Id(_) => article.digest().to_string(),
        Condition::Tag(_) => String::new(),
    }
}

/// The forms in which words stand in an article, and how often.
fn forms(article: &Article, scope: Scope, pattern: &Pattern) -> String {
    let code = Code::of(article.language());
    let mut parts = Vec::new();
    for (name, text, own) in
        [("headline", article.headline(), Scope::Title), ("body", article.body(), Scope::Body)]
    {
        if scope != Scope::Both && scope != own {
            continue;
        }
        let words: Vec<_> = Words::new(text, code).collect();
        let mut forms = BTreeMap::<String, u64>::new();
        for place in Matcher::new(pattern).find(&words) {
            let form: Vec<&str> =
                place.into_iter().map(|word| &text[words[word].start..words[word].end]).collect();
            *forms.entry(form.join(" ")).or_default() += 1;
        }
        let forms: Vec<String> = forms.into_iter().map(|(form, count)| format!("{form} {count}")).collect();
        if !forms.is_empty() {
            parts.push(format!("{name}: {}", forms.join(", ")));
        }
    }
    let language = article.language().map_or("no known language".to_owned(), |code| code.to_string());
    if parts.is_empty() {
        format!("in no form in this text ({language})")
    } else {
        format!("{} ({language})", parts.join("; "))
    }
}
