//! Full text: which articles have these words, and how well they fit.
//!
//! The index in `search/` is tantivy's: a document an article, with its headline and its body as words and their places. It is
//! derived from the store and holds nothing else; `payload` of its last commit says how many articles it has. Behind, ahead,
//! damaged or deleted, it is brought up to date before it answers.

pub mod analysis;
mod cost;
mod english;
mod format;
mod indexer;
mod live;
mod names;
mod pattern;
mod reader;
mod russian;
mod segment;
pub mod snippet;
mod starts;
mod ukrainian;

pub(crate) use cost::WORK_MAX;
pub use live::Words;
pub use pattern::{Finder, How, Item, Matcher, Pattern, Places};
pub use reader::{Ranked, SearchIndex};

use crate::model::Language;

/// Which texts of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Headline and body.
    Both,
    /// The headline.
    Title,
    /// The body.
    Body,
}

/// What an article's text must fulfil.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// All of these; everything if there are none.
    All(Vec<Text>),
    /// One of these.
    Any(Vec<Text>),
    /// Not this.
    Not(Box<Text>),
    /// Words in a text.
    Words(Scope, Pattern),
    /// The article's language; none is one that is not known.
    Language(Option<Language>),
}
