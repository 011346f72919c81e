//! `pressmark why 3f2a9c01 'Одеса порт date:2025'`

use super::args::{FilterArgs, named};
use super::context::Context;
use super::exit::{Failure, Outcome, Result};
use super::output::Format;
use super::output::terminal::clean;
use pressmark::derived::words::analysis::{Code, Words};
use pressmark::derived::words::{Matcher, Scope};
use pressmark::{Article, Capture, Condition, DateField, Expr, Query, Snapshot};
use std::collections::BTreeMap;
use std::io::Write;

/// Explain why an article matches a query, or why not.
///
/// Condition by condition, with the words, dates and names that the article has. Exits with 0 if it matches and with 1 if it does not.
#[derive(clap::Args)]
pub struct Args {
    /// Digits that begin the article's digest; four or more.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    filter: FilterArgs,
    /// Output format: text or json.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true, value_parser = named::<Format>())]
    format: Format,
}

/// One condition, held against the article.
struct Verdict {
    condition: String,
    negated: bool,
    holds: bool,
    found: String,
}

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    if args.filter.is_empty() {
        return Err(Failure::usage("which query?", "pressmark why ID QUERY"));
    }
    context.with_query(&args.filter, |saved| args.filter.query(saved), |context, reader, query| {
        let Some(number) = context.resolve(&reader, &args.id)? else { return Ok(Outcome::Partial) };
        let (digest, article) = reader.article(number)?;
        let captures = reader.captures(number)?;
        let id: Expr = Condition::Id(digest.to_string()).into();
        let holds = |filter: &Expr| -> Result<bool> {
            let filter = id.clone().and(filter.clone());
            Ok(reader.count(&Query { filter, ..query.clone() })? > 0)
        };
        let matches = holds(&query.filter)?;
        let mut verdicts = Vec::new();
        for (condition, negated) in leaves(&query.filter, false) {
            verdicts.push(Verdict {
                condition: condition.to_string(),
                negated,
                holds: holds(&condition.clone().into())?,
                found: found(&reader, number, &article, &captures, condition)?,
            });
        }
        let all_alone = verdicts.iter().all(|verdict| verdict.holds != verdict.negated);
        let together = !matches && all_alone && captures.len() > 1;
        if matches!(args.format, Format::Json | Format::Jsonl) {
            let rows = verdicts.iter().map(|verdict| serde_json::json!({"condition": verdict.condition, "negated": verdict.negated, "holds": verdict.holds, "found": verdict.found}));
            let value = serde_json::json!({"digest": digest.to_string(), "matches": matches, "conditions": rows.collect::<Vec<_>>(), "not_in_one_capture": together});
            writeln!(context.out, "{value}")?;
        } else {
            let says = if matches { "matches" } else { "does not match" };
            writeln!(context.out, "{} {says}: {}", context.paint.digest(&digest.short(16)), clean(article.headline()))?;
            for Verdict { condition, negated, holds, found } in &verdicts {
                let (mark, no) = (if holds == negated { "no " } else { "yes" }, if *negated { "-" } else { "" });
                writeln!(context.out, "  {mark} {no}{}  {}", clean(condition), clean(found))?;
            }
            if together {
                writeln!(context.out, "  no single capture fulfils all of it")?;
            }
        }
        Ok(if matches { Outcome::Done } else { Outcome::NoMatch })
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
fn found(
    reader: &Snapshot,
    number: u64,
    article: &Article,
    captures: &[Capture],
    condition: &Condition,
) -> Result<String> {
    let of_captures = |value: &dyn Fn(&Capture) -> Option<String>| {
        let mut values: Vec<String> =
            captures.iter().map(|capture| value(capture).unwrap_or_else(|| "none".to_owned())).collect();
        values.dedup();
        values.join(", ")
    };
    Ok(match condition {
        Condition::Words(scope, words) => {
            let Some(pattern) = words.pattern() else { return Ok(String::new()) };
            let code = Code::of(article.language());
            let mut parts = Vec::new();
            for (name, text, own) in
                [("headline", article.headline(), Scope::Title), ("body", article.body(), Scope::Body)]
            {
                if *scope != Scope::Both && *scope != own {
                    continue;
                }
                let words: Vec<_> = Words::new(text, code).collect();
                let mut forms = BTreeMap::<String, u64>::new();
                for place in Matcher::new(&pattern).find(&words) {
                    let form: Vec<&str> =
                        place.into_iter().map(|word| &text[words[word].start..words[word].end]).collect();
                    *forms.entry(form.join(" ")).or_default() += 1;
                }
                let forms: Vec<String> =
                    forms.into_iter().map(|(form, count)| format!("{form} {count}")).collect();
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
        Condition::Language(_) => article.language().map_or("none".to_owned(), |code| code.to_string()),
        Condition::Source(_) => {
            of_captures(&|capture| capture.provenance.source.as_ref().map(ToString::to_string))
        }
        Condition::Date(DateField::Captured, ..) => {
            of_captures(&|capture| capture.provenance.captured.map(|at| at.to_string()))
        }
        Condition::Date(..) | Condition::Dated | Condition::Undated | Condition::Suspect => {
            of_captures(&|capture| {
                let published = capture.provenance.published?;
                Some(format!("{published}{}", if published.suspect { ", not plausible" } else { "" }))
            })
        }
        Condition::Author(_) => of_captures(&|capture| {
            Some(capture.provenance.byline.join("; ")).filter(|byline| !byline.is_empty())
        }),
        Condition::Url(_) | Condition::Domain(_) => of_captures(&|capture| capture.provenance.url.clone()),
        Condition::Section(_) => of_captures(&|capture| {
            let names: Vec<&str> = capture
                .provenance
                .section
                .iter()
                .chain(&capture.provenance.keywords)
                .map(String::as_str)
                .collect();
            Some(names.join("; ")).filter(|names| !names.is_empty())
        }),
        Condition::Summary => of_captures(&|capture| {
            Some(if capture.provenance.is_summary { "a summary" } else { "a text" }.to_owned())
        }),
        Condition::Input(_) => of_captures(&|capture| Some(capture.provenance.input.clone())),
        Condition::Seq(..) | Condition::MultiCapture => of_captures(&|capture| Some(capture.seq.to_string())),
        Condition::Tag(_) => reader.tags_of(number)?.join(" "),
        Condition::Id(_) => captures.first().map_or(String::new(), |capture| capture.digest.to_string()),
    })
}
