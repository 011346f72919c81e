//! What is looked for in a text: words, phrases, words near each other; and how that is found in one text.

use super::analysis::{Code, Forms, Word, Words, cleaned, ge_variants, is_unspaced_letter, term};
use super::names::Name;
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
    /// A name, in any case and alphabet.
    Name,
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
        let word = cleaned(&text[word.start..word.end]);
        // A letter of a script without blanks begins a pair wherever something follows it.
        let alone = at == last && is_unspaced_letter(&word);
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
    /// The name that is looked for.
    pub name: Option<Name>,
    /// What was said of terms before.
    known: HashMap<String, bool>,
}

impl Finder {
    /// For one word.
    pub fn new(item: &Item, distinct_ge: bool) -> Finder {
        let mut finder = Finder {
            exact: Vec::new(),
            prefixes: Vec::new(),
            forms: Vec::new(),
            name: None,
            known: HashMap::new(),
        };
        let name = (item.how == How::Name).then(|| Name::of(&item.word));
        if let Some(name) = name.filter(|name| !name.prefixes.is_empty()) {
            finder.name = Some(name);
            return finder;
        }
        let variants = if distinct_ge { vec![item.word.clone()] } else { ge_variants(&item.word) };
        for code in Code::candidates(&item.word) {
            for variant in &variants {
                match item.how {
                    How::Exact => finder.exact.push(term(code, variant)),
                    How::Prefix => finder.prefixes.push(term(code, variant)),
                    // What has no sounds, a number or a word of another script, is a word.
                    How::Forms | How::Name => finder.forms.push(Forms::of(code, variant)),
                }
            }
        }
        finder
    }

    /// Whether a term is one of those that are looked for.
    pub fn has(&mut self, term: &str) -> bool {
        if self.forms.is_empty() && self.name.is_none() {
            return self.exact.iter().any(|exact| exact == term)
                || self.prefixes.iter().any(|prefix| term.starts_with(prefix.as_str()));
        }
        if let Some(known) = self.known.get(term) {
            return *known;
        }
        let has = self.forms.iter().any(|forms| forms.has(term))
            || self.name.as_ref().is_some_and(|name| name.has(term));
        if self.known.len() < KNOWN_MAX {
            self.known.insert(term.to_owned(), has);
        }
        has
    }
}

/// Terms of which it is remembered whether a word finds them.
const KNOWN_MAX: usize = 1 << 10;

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
                phrase(&places.iter().map(Vec::as_slice).collect::<Vec<_>>())
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
pub fn phrase(places: &[&[u32]]) -> Vec<u32> {
    let Some((first, rest)) = places.split_first() else { return Vec::new() };
    let follows = |start: &u32| {
        (1u32..).zip(rest).all(|(offset, places)| places.binary_search(&(start + offset)).is_ok())
    };
    first.iter().copied().filter(follows).collect()
}

/// Where one of each stands within a distance, each word for one part only: for every place at which the first of such words
/// stands, one choice.
pub fn near(places: &[Vec<u32>], distance: u32) -> Vec<Vec<u32>> {
    let mut lows: Vec<u32> = places.iter().flatten().copied().collect();
    lows.sort_unstable();
    lows.dedup();
    let chosen = |low: &u32| {
        let window: Vec<&[u32]> = places
            .iter()
            .map(|places| {
                let from = places.partition_point(|place| place < low);
                let to = places.partition_point(|place| *place <= low.saturating_add(distance));
                &places[from..to]
            })
            .collect();
        if window.iter().any(|places| places.is_empty()) || !window.iter().any(|places| places[0] == *low) {
            return None;
        }
        let mut chosen = vec![None; window.len()];
        let mut taken = HashMap::new();
        let all =
            (0..window.len()).all(|part| assign(part, &window, &mut taken, &mut chosen, &mut Vec::new()));
        // The first of them is one of the chosen, or a later place has the same choice.
        let found: Vec<u32> = chosen.into_iter().flatten().collect();
        (all && found.contains(low)).then_some(found)
    };
    lows.iter().filter_map(chosen).collect()
}

/// Gives a part one of its places, moving others to theirs if need be (augmenting paths of a bipartite matching).
fn assign(
    part: usize,
    window: &[&[u32]],
    taken: &mut HashMap<u32, usize>,
    chosen: &mut [Option<u32>],
    tried: &mut Vec<u32>,
) -> bool {
    for place in window[part] {
        if tried.contains(place) {
            continue;
        }
        tried.push(*place);
        let free = match taken.get(place).copied() {
            None => true,
            Some(other) => assign(other, window, taken, chosen, tried),
        };
        if free {
            taken.insert(*place, part);
            chosen[part] = Some(*place);
            return true;
        }
    }
    false
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
        assert_eq!(near(&[vec![4, 6], vec![4, 6]], 5).len(), 1);
        assert_eq!(near(&[vec![1, 2, 9], vec![1, 9]], 5), [[2, 1]]);
        assert_eq!(near(&[vec![1, 2, 3], vec![1, 2, 3], vec![1, 2, 3]], 5).len(), 1);
        assert_eq!(near(&[vec![1, 5], vec![2], vec![3, 9]], 3), [[1, 2, 3], [5, 2, 3]]);
        assert_eq!(phrase(&[&[1, 5, 9], &[2, 10]]), [1, 9]);
    }
}
