//! What is looked for in a text: words, phrases, words near each other; and how that is found in one text.

use super::analysis::{Code, Forms, Word, Words, ge_variants, term};
use std::collections::HashMap;

/// How a word is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// In any of its forms.
    Forms,
    /// As it is printed, folded.
    Exact,
    /// Anything that begins so.
    Prefix,
}

/// One word that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// The word, as it was written.
    pub word: String,
    /// How it is meant.
    pub how: How,
}

/// How the parts of a pattern stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Places {
    /// One after the other.
    Phrase,
    /// In any order, with at most so many words from the first to the last.
    Near(u32),
}

/// Words and how they stand to each other: phrases that are near each other, or one phrase, or one word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// The parts: each a phrase.
    pub parts: Vec<Vec<Item>>,
    /// How the parts stand to each other.
    pub places: Places,
    /// Whether ґ and г are different letters.
    pub distinct_ge: bool,
}

impl Pattern {
    /// A word, or whatever stands between blanks: `COVID-19` is two words. Nothing if there is no word in it.
    pub fn word(text: &str, how: How) -> Option<Pattern> {
        Pattern::near(&[(text, how)], 0)
    }

    /// Several of those near each other; at most so many words from the first to the last.
    pub fn near(texts: &[(&str, How)], distance: u32) -> Option<Pattern> {
        let parts: Vec<Vec<Item>> = texts.iter().map(|(text, how)| items(text, *how)).collect();
        if parts.is_empty() || parts.iter().any(Vec::is_empty) {
            return None;
        }
        let places = if parts.len() == 1 { Places::Phrase } else { Places::Near(distance) };
        Some(Pattern { parts, places, distinct_ge: false })
    }

    /// All words in it, in order.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.parts.iter().flatten()
    }
}

/// The words of a text that is looked for.
fn items(text: &str, how: How) -> Vec<Item> {
    let words: Vec<Word> = Words::new(text, Code::OTHER).collect();
    let last = words.len().saturating_sub(1);
    let item = |(at, word): (usize, &Word)| {
        let how = if how == How::Prefix && at < last { How::Exact } else { how };
        let word = text[word.start..word.end].to_owned();
        // A letter of a script without blanks stands in pairs only.
        let alone = words.len() == 1 && super::analysis::is_unspaced_letter(&word);
        Item { how: if alone { How::Prefix } else { how }, word }
    };
    words.iter().enumerate().map(item).collect()
}

/// A word that is looked for, ready to be held against the words of an index.
#[derive(Debug)]
pub struct Finder {
    /// Terms that match as they are.
    pub exact: Vec<String>,
    /// Starts of terms that match, whatever follows.
    pub prefixes: Vec<String>,
    /// Forms that are found by their keys.
    pub forms: Vec<Forms>,
    /// What was said of terms before.
    known: HashMap<String, bool>,
}

impl Finder {
    /// For one word.
    pub fn new(item: &Item, distinct_ge: bool) -> Finder {
        let mut finder =
            Finder { exact: Vec::new(), prefixes: Vec::new(), forms: Vec::new(), known: HashMap::new() };
        let variants = if distinct_ge { vec![item.word.clone()] } else { ge_variants(&item.word) };
        for code in Code::candidates(&item.word) {
            for variant in &variants {
                match item.how {
                    How::Exact => finder.exact.push(term(code, variant)),
                    How::Prefix => finder.prefixes.push(term(code, variant)),
                    How::Forms => finder.forms.push(Forms::of(code, variant)),
                }
            }
        }
        finder
    }

    /// Whether a term is one of those that are looked for.
    pub fn has(&mut self, term: &str) -> bool {
        if let Some(known) = self.known.get(term) {
            return *known;
        }
        let has = self.exact.iter().any(|exact| exact == term)
            || self.prefixes.iter().any(|prefix| term.starts_with(prefix.as_str()))
            || self.forms.iter().any(|forms| forms.has(term));
        if self.known.len() < 1 << 16 {
            self.known.insert(term.to_owned(), has);
        }
        has
    }
}

/// A pattern, ready to be found in texts.
#[derive(Debug)]
pub struct Matcher {
    parts: Vec<Vec<Finder>>,
    places: Places,
}

/// Words of a text that match together: their places among the words.
pub type Found = Vec<usize>;

impl Matcher {
    /// For a pattern.
    pub fn new(pattern: &Pattern) -> Matcher {
        let part =
            |part: &Vec<Item>| part.iter().map(|item| Finder::new(item, pattern.distinct_ge)).collect();
        Matcher { parts: pattern.parts.iter().map(part).collect(), places: pattern.places }
    }

    /// Every place in a text where the pattern is found: which words.
    pub fn find(&mut self, words: &[Word]) -> Vec<Found> {
        let starts: Vec<Vec<u32>> = self
            .parts
            .iter_mut()
            .map(|part| {
                let places: Vec<Vec<u32>> = part
                    .iter_mut()
                    .map(|finder| {
                        (0u32..)
                            .zip(words)
                            .filter(|(_, word)| finder.has(&word.term))
                            .map(|(at, _)| at)
                            .collect()
                    })
                    .collect();
                phrase(&places)
            })
            .collect();
        let lengths: Vec<usize> = self.parts.iter().map(Vec::len).collect();
        let spread = |part: usize, start: u32| start as usize..start as usize + lengths[part];
        match self.places {
            Places::Phrase => starts[0].iter().map(|start| spread(0, *start).collect()).collect(),
            Places::Near(distance) => near(&starts, distance)
                .into_iter()
                .map(|chosen| {
                    let mut found: Found = chosen
                        .into_iter()
                        .enumerate()
                        .flat_map(|(part, start)| spread(part, start))
                        .collect();
                    found.sort_unstable();
                    found
                })
                .collect(),
        }
    }
}

/// Where words stand one after the other, from where each of them stands, ascending.
pub fn phrase(places: &[Vec<u32>]) -> Vec<u32> {
    let Some((first, rest)) = places.split_first() else { return Vec::new() };
    let follows = |start: &u32| {
        (1u32..).zip(rest).all(|(offset, places)| places.binary_search(&(start + offset)).is_ok())
    };
    first.iter().copied().filter(follows).collect()
}

/// Where one of each stands within a distance: for each place of the first of the text, the nearest of the others. Each word
/// stands for one part only.
pub fn near(places: &[Vec<u32>], distance: u32) -> Vec<Vec<u32>> {
    let mut found = Vec::new();
    if places.iter().any(Vec::is_empty) {
        return found;
    }
    // The smallest window that begins at each place of the part that comes first in it.
    let mut at = vec![0; places.len()];
    loop {
        let heads: Vec<u32> = at.iter().zip(places).map(|(at, places)| places[*at]).collect();
        let (low, high) = (*heads.iter().min().unwrap_or(&0), *heads.iter().max().unwrap_or(&0));
        let distinct = (0..heads.len()).all(|a| (0..a).all(|b| heads[a] != heads[b]));
        if high - low <= distance && distinct {
            found.push(heads.clone());
        }
        // The part that stands first goes on; of two at the same place, the one that has somewhere to go.
        let goes = (0..heads.len())
            .filter(|part| heads[*part] == low)
            .max_by_key(|part| at[*part] + 1 < places[*part].len());
        let Some(goes) = goes else { return found };
        at[goes] += 1;
        if at[goes] == places[goes].len() {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_near_each_other() {
        assert_eq!(near(&[vec![1, 20], vec![6]], 5), [[1, 6]]);
        assert_eq!(near(&[vec![9], vec![6]], 5), [[9, 6]]);
        assert!(near(&[vec![1], vec![7]], 5).is_empty());
        // The same word twice is two words.
        assert!(near(&[vec![4], vec![4]], 5).is_empty());
        assert_eq!(near(&[vec![4, 6], vec![4, 6]], 5), [[4, 6]]);
        assert_eq!(near(&[vec![1, 5], vec![2], vec![3, 9]], 3), [[1, 2, 3], [5, 2, 3]]);
        assert_eq!(phrase(&[vec![1, 5, 9], vec![2, 10]]), [1, 9]);
    }
}
