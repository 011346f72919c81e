//! The piece of a text that shows why it was found.

use crate::derived::words::analysis::Code;
use crate::derived::words::{Matcher, Pattern, Scope, snippet};
use crate::model::Article;
use serde::{Deserialize, Serialize};

/// A piece of a text and of its headline, with what matched in them: from and to, in code points, ascending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snippet {
    /// What matched in the headline.
    pub headline_marks: Vec<(usize, usize)>,
    /// The piece, on one line.
    pub snippet: String,
    /// Where it begins in the body, in code points.
    pub snippet_offset: usize,
    /// What matched in it, in code points of the piece.
    pub snippet_marks: Vec<(usize, usize)>,
    /// Whether text was left out before it, and after it.
    pub snippet_cut: (bool, bool),
    /// How well it fits, if the order is by relevance.
    pub score: Option<f32>,
}

/// So many words of a query are marked in what is shown.
const MARKED_MAX: usize = 256;

/// Finds the words of a query in texts.
pub(super) struct Marker {
    title: Vec<Matcher>,
    body: Vec<Matcher>,
}

impl Marker {
    pub fn new(wanted: &[(Scope, Pattern)]) -> Marker {
        let matchers = |scopes: [Scope; 2]| {
            let ours = wanted.iter().filter(|(scope, _)| scopes.contains(scope)).take(MARKED_MAX);
            ours.map(|(_, pattern)| Matcher::new(pattern)).collect()
        };
        Marker { title: matchers([Scope::Both, Scope::Title]), body: matchers([Scope::Both, Scope::Body]) }
    }

    pub fn snippet(&mut self, article: &Article, score: Option<f32>) -> Snippet {
        let code = Code::of(article.language());
        let headline = snippet::snippet(article.headline(), code, &mut self.title);
        // One that is cut could not be shown in place of the headline.
        let headline = headline.filter(|found| found.cut == (false, false));
        let found = snippet::snippet(article.body(), code, &mut self.body);
        let found = found.unwrap_or_else(|| beginning(article.body()));
        Snippet {
            headline_marks: headline.map(|headline| headline.marks).unwrap_or_default(),
            snippet: found.text,
            snippet_offset: found.offset,
            snippet_marks: found.marks,
            snippet_cut: found.cut,
            score,
        }
    }
}

/// Where a text begins, if nothing in it was searched for.
fn beginning(text: &str) -> snippet::Snippet {
    let end = text.char_indices().nth(200).map_or(text.len(), |(at, _)| at);
    let end = if end < text.len() { text[..end].rfind(char::is_whitespace).unwrap_or(end) } else { end };
    let (text, cut) = (text[..end].replace('\n', " "), (false, end < text.len()));
    snippet::Snippet { text, offset: 0, marks: Vec::new(), cut }
}
