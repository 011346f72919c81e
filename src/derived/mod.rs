//! Indexes that are built from the articles of an archive and can be deleted at any time. The archive brings every one of them up
//! to date, heals, verifies and rebuilds it in one place, `archive/derive.rs`.

pub mod words;

use crate::model::{Digest, Language, Result};
use std::fmt;
use std::ops::Range;

/// What an index is told of an article.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// The article's digest.
    pub digest: Digest,
    /// The language, if it is known.
    pub language: Option<Language>,
    /// The headline.
    pub headline: &'a str,
    /// The body.
    pub body: &'a str,
}

/// Takes an article: the hash of its entry, and its text if it is part of the archive.
pub type Take<'t> = &'t mut dyn FnMut(&Digest, Option<Text<'_>>) -> Result<()>;

/// The articles of an archive, as indexes are built from them.
pub trait Articles {
    /// The first number that no article has.
    fn end(&self) -> u64;

    /// The hash of an article's entry.
    fn hash(&self, article: u64) -> Result<Digest>;

    /// Gives those with these numbers, in order, as far as there are any.
    fn each(&self, numbers: Range<u64>, take: Take<'_>) -> Result<()>;

    /// A number that tells what was said of the languages of articles from anything else that may have been said.
    fn languages_said(&self) -> u64;
}

/// An index that is built from the articles, one after the other.
pub trait Derived {
    /// What messages call it.
    fn name(&self) -> &'static str;

    /// The first article that it does not have. One that is damaged, or another archive's, begins anew, and [`Derived::lost`] says why.
    fn position(&mut self, articles: &dyn Articles) -> Result<u64>;

    /// Why it began anew, if it did since this was asked last.
    fn lost(&mut self) -> Option<String>;

    /// Takes the next article.
    fn apply(&mut self, hash: &Digest, text: Option<Text<'_>>) -> Result<()>;

    /// Makes what was applied durable, and lets go of it. Everything in it must be in the ledger.
    fn close(&mut self) -> Result<()>;

    /// Throws it away.
    fn reset(&mut self) -> Result<()>;

    /// What is wrong with it, having read all of it.
    fn check(&self) -> Result<Vec<String>>;
}

/// What had to be done to bring an index up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healed {
    /// It was made again.
    Rebuilt {
        /// Which.
        index: &'static str,
        /// Why.
        reason: String,
        /// Articles in it.
        articles: u64,
    },
    /// So many articles were added.
    CaughtUp {
        /// Which.
        index: &'static str,
        /// How many.
        articles: u64,
    },
}

impl fmt::Display for Healed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Healed::Rebuilt { index, reason, articles } => {
                write!(f, "rebuilt the {index}, {articles} articles ({reason})")
            }
            Healed::CaughtUp { index, articles } => write!(f, "added {articles} articles to the {index}"),
        }
    }
}
