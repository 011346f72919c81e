//! `pressmark search 'Одеса порт date:2025..'`

use super::exit::{Failure, Outcome};
use super::list::{date, dates, json_line, say_cursor};
use super::query_args::{QueryArgs, outcome};
use super::terminal::{clean, columns, grouped, padded};
use super::{Context, Result};
use clap::ValueEnum;
use pressmark::answer::Hit;
use pressmark::archive::Snapshot;
use pressmark::derived::words::analysis::Code;
use pressmark::derived::words::snippet::{Snippet, snippet};
use pressmark::derived::words::{Matcher, Scope};
use pressmark::model::{Article, Digest};
use pressmark::query::{DateField, Order};
use pressmark::store::SourceNames;
use std::io::Write;

/// Search in headlines and texts, the best match first, each with the piece of its text that matches.
///
/// Words are found in all their forms (English, Russian, Ukrainian and others), in quotation marks as they are printed.
/// Without --limit the best twenty are shown; --limit 0 shows all.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    query: QueryArgs,
    /// How: text, tsv or jsonl [default: text on a terminal, tsv elsewhere].
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Tsv,
    Jsonl,
}

/// Hits that are shown if nobody says how many.
const SHOWN: u64 = 20;

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let terminal = context.stdout_is_terminal();
    let format = args.format.unwrap_or(if terminal { Format::Text } else { Format::Tsv });
    if args.query.filter.is_empty() {
        return Err(Failure::usage(
            "what is searched for?",
            "pressmark search Одеса порт; pressmark list lists everything",
        ));
    }
    let make = |saved: &_| {
        // Without words there is nothing to be relevant to.
        let words = args.query.filter.query(saved)?;
        let order = if words.filter.asks_for_words() { Order::Relevance } else { Order::Newest };
        let mut query = args.query.query(saved, order)?;
        query.limit = match query.limit {
            None => Some(SHOWN),
            Some(0) => None,
            limit => limit,
        };
        Ok(query)
    };
    context.with_query(&args.query.filter, make, |context, reader, query| {
        let asked = reader.ask(query)?;
        let names = reader.names()?;
        let matchers = |wanted: &[Scope]| -> Vec<Matcher> {
            let ours = asked.wanted().iter().filter(|(scope, _)| wanted.contains(scope));
            ours.take(MARKED_MAX).map(|(_, pattern)| Matcher::new(pattern)).collect()
        };
        let mut title = matchers(&[Scope::Both, Scope::Title]);
        let mut body = matchers(&[Scope::Both, Scope::Body]);
        let (mut count, mut last) = (0u64, None);
        let mut hits = asked.hits()?;
        for hit in hits.by_ref() {
            if context.interrupted() {
                return Ok(Outcome::Interrupted);
            }
            let hit = hit?;
            (count, last) = (count + 1, Some(hit));
            let (digest, article) = reader.article(hit.article)?;
            let code = Code::of(article.language());
            let headline =
                snippet(article.headline(), code, &mut title).filter(|found| found.cut == (false, false));
            let found = snippet(article.body(), code, &mut body);
            let found = found.unwrap_or_else(|| beginning(article.body()));
            let shown = Shown { hit: &hit, digest, article: &article, title: headline, snippet: found };
            print(context, &reader, &names, &shown, (format, query.date_field))?;
        }
        // What is said comes after what it is about.
        context.out.flush()?;
        if let Some(last) = last
            && hits.has_more()?
        {
            context.say(&format!("{} of {}", grouped(count), grouped(asked.total()?)));
            say_cursor(context, &last, query, &names);
        }
        context.explain(&args.query.filter, &asked)?;
        Ok(outcome(&args.query, count > 0))
    })
}

/// So many words of a query are marked in what is shown.
const MARKED_MAX: usize = 256;

/// Where a text begins, if nothing in it was searched for.
fn beginning(text: &str) -> Snippet {
    let end = text.char_indices().nth(200).map_or(text.len(), |(at, _)| at);
    let end = if end < text.len() { text[..end].rfind(char::is_whitespace).unwrap_or(end) } else { end };
    Snippet {
        text: text[..end].replace('\n', " "),
        offset: 0,
        marks: Vec::new(),
        cut: (false, end < text.len()),
    }
}

struct Shown<'a> {
    hit: &'a Hit,
    digest: Digest,
    article: &'a Article,
    /// The headline with its matches, if there are any.
    title: Option<Snippet>,
    snippet: Snippet,
}

fn print(
    context: &mut Context,
    reader: &Snapshot,
    names: &SourceNames,
    shown: &Shown<'_>,
    (format, field): (Format, DateField),
) -> Result<()> {
    let Shown { hit, digest, article, title, snippet } = shown;
    let headline = article.headline();
    let date = date(hit);
    let source = names.name(hit.source).map_or("", |name| name.as_str());
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { clean(text) };
    let marked = |context: &Context, snippet: &Snippet| {
        let letters: Vec<char> = snippet.text.chars().collect();
        let piece = |from: usize, to: usize| clean(&letters[from..to].iter().collect::<String>());
        let (mut text, mut at) = (String::new(), 0);
        for (from, to) in &snippet.marks {
            text.push_str(&piece(at, *from));
            text.push_str(&context.paint.found(&piece(*from, *to)));
            at = *to;
        }
        text + &piece(at, letters.len())
    };
    let dots = |cut: bool| if cut { "…" } else { "" };
    match format {
        Format::Text => {
            let digits = reader.digits_needed(digest, 8)?;
            let day = hit.at.map_or("-".to_owned(), |at| at.day()) + if hit.suspect { "?" } else { "" };
            let line = match title {
                Some(title) => marked(context, title),
                None if headline.is_empty() => "(no headline)".to_owned(),
                None => clean(headline),
            };
            let paint = context.paint;
            writeln!(
                context.out,
                "{} {} {}  {line}",
                paint.date(&padded(&day, 10)),
                paint.digest(&digest.short(digits)),
                or_dash(source)
            )?;
            let text = format!("{}{}{}", dots(snippet.cut.0), marked(context, snippet), dots(snippet.cut.1));
            for line in wrapped(&text, columns().min(110) - 4) {
                writeln!(context.out, "    {line}")?;
            }
        }
        Format::Tsv => {
            let text = format!("{}{}{}", dots(snippet.cut.0), clean(&snippet.text), dots(snippet.cut.1));
            writeln!(
                context.out,
                "{}\t{}\t{}\t{}\t{}",
                or_dash(&date),
                or_dash(source),
                or_dash(headline),
                digest,
                or_dash(&text)
            )?;
        }
        Format::Jsonl => {
            let mut value = dates(hit, field);
            let more = serde_json::json!({"source": names.name(hit.source).map(|name| name.as_str()), "headline": headline,
                "headline_marks": title.as_ref().map(|title| title.marks.clone()).unwrap_or_default(),
                "snippet": snippet.text, "snippet_offset": snippet.offset, "snippet_marks": snippet.marks,
                "score": hit.score, "language": article.language().map(|language| language.to_string()), "digest": digest.to_string(), "seq": hit.seq});
            for (name, more) in more.as_object().into_iter().flatten() {
                value[name] = more.clone();
            }
            json_line(context, &value)?;
        }
    }
    Ok(())
}

/// Lines of at most so many columns; what colours a word takes no column.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let width = |word: &str| {
        let plain: String = word
            .split('\x1b')
            .map(|part| {
                part.split_once('m')
                    .filter(|_| word.contains('\x1b'))
                    .map_or(part, |(code, rest)| if code.starts_with('[') { rest } else { part })
            })
            .collect();
        plain.width()
    };
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let needed = width(word);
        if used > 0 && used + 1 + needed > columns {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("there is one");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += needed;
    }
    lines
}
