//! English: a key is a word that this one could be an inflected form of, by the rules of spelling for -s, -ed, -ing
//! and for the degrees of adjectives, and by the lists of forms that no rule makes. Derivations are other words.

use super::starts::few;
use crate::text::lists::words;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

words! { "english.toml":
    /// Verbs and nouns with forms that no rule makes, a word a line: the list that every grammar of English ends with.
    IRREGULAR;
    /// Adjectives (and adverbs) of one or two syllables that have the degrees -er and -est.
    GRADABLE;
    /// Words that only look like forms of others.
    OTHERS;
}

/// Prefixes of verbs that leave the irregular forms as they are: mislead, misled.
#[rustfmt::skip]
const PREFIXES: &[&str] = &["over", "under", "out", "re", "un", "mis", "fore", "with", "up", "inter", "off", "down", "be", "misunder", "for"];

/// The stems of verbs in -ere and -ene; the other stems in -er and -en are whole verbs (enter, open).
const STRESSED: &[&str] =
    &["interfer", "persever", "adher", "rever", "coher", "conven", "interven", "contraven", "reconven"];

struct Lists {
    /// For each form that no rule makes, the words that it may be a form of.
    bases: HashMap<String, Vec<&'static str>>,
    /// For each such word, its lines.
    lines: HashMap<&'static str, Vec<usize>>,
    others: HashSet<&'static str>,
}

fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    LISTS.get_or_init(|| {
        let mut lists =
            Lists { bases: HashMap::new(), lines: HashMap::new(), others: OTHERS.iter().copied().collect() };
        for (place, line) in IRREGULAR.iter().enumerate() {
            let mut forms = line.split(' ');
            let Some(base) = forms.next() else { continue };
            lists.lines.entry(base).or_default().push(place);
            for form in forms {
                lists.bases.entry(form.to_string()).or_default().push(base);
            }
        }
        for base in GRADABLE.iter() {
            for end in ["er", "est"] {
                lists.bases.entry(graded(base, end)).or_default().push(base);
            }
        }
        lists
    })
}

fn vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u')
}

fn last(text: &str) -> char {
    text.chars().next_back().unwrap_or('-')
}

/// The text without its last letter.
fn shorter(text: &str) -> &str {
    text.char_indices().next_back().map_or("", |(place, _)| &text[..place])
}

/// Whether a stem is one short syllable: consonants, one vowel, one consonant that is doubled before an ending.
fn short_syllable(stem: &str) -> bool {
    let before = shorter(stem);
    !vowel(last(stem))
        && !matches!(last(stem), 'w' | 'x' | 'y')
        && vowel(last(before))
        && shorter(before).chars().all(|letter| !vowel(letter) && letter != 'y')
}

/// A degree of an adjective by the rules of spelling: safer, heavier, bigger, higher.
fn graded(base: &str, end: &str) -> String {
    match (base.strip_suffix('e'), base.strip_suffix('y')) {
        (Some(root), _) => format!("{root}{end}"),
        (_, Some(root)) if !vowel(last(root)) => format!("{root}i{end}"),
        _ if short_syllable(base) => format!("{base}{}{end}", last(base)),
        _ => format!("{base}{end}"),
    }
}

/// Without the mark of the possessive.
fn bare(word: &str) -> &str {
    word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')).unwrap_or(word)
}

/// The keys of a word while they are collected.
struct Keys(Vec<String>);

impl Keys {
    fn push(&mut self, stem: &str, end: &str) {
        let is = |key: &String| key.strip_prefix(stem).is_some_and(|rest| rest == end);
        if stem.len() + end.len() > 1 && !self.0.iter().any(is) {
            self.0.push(format!("{stem}{end}"));
        }
    }

    /// What a word in -s can be the plural of, or the third person.
    fn plural(&mut self, word: &str) {
        let Some(base) = word.strip_suffix('s') else { return };
        if base.len() < 2 || base.ends_with('s') {
            return;
        }
        if let Some(root) = base.strip_suffix("ie") {
            self.push(root, "y");
            self.push(base, "");
            return;
        }
        self.push(base, "");
        let Some(root) = base.strip_suffix('e') else { return };
        if root.ends_with(['s', 'x', 'z', 'o']) || root.ends_with("ch") || root.ends_with("sh") {
            self.push(root, "");
        }
        if root.ends_with('s') {
            self.push(root, "is");
        }
        if root.ends_with("zz") || root.ends_with("ss") {
            self.push(shorter(root), "");
        }
        for (end, single) in
            [("wive", "wife"), ("live", "life"), ("selve", "self"), ("wolve", "wolf"), ("shelve", "shelf")]
        {
            if let Some(root) = base.strip_suffix(end) {
                self.push(root, single);
            }
        }
    }

    /// What a form in -ed or -ing can be of, whose stem this is.
    fn verb(&mut self, stem: &str, past: bool) {
        let (letter, root) = (last(stem), shorter(stem));
        if !stem.contains(|letter| vowel(letter) || letter == 'y') || stem.len() < 2 {
            return;
        }
        match letter {
            'i' if past => {
                self.push(root, "y");
                self.push(root, "ie");
                // skied
                self.push(stem, "");
            }
            'e' if past => {
                // agreed, but not need
                let syllables = root.chars().filter(|letter| vowel(*letter)).count();
                if syllables > 0 || stem == "fre" {
                    self.push(stem, "e");
                }
            }
            'e' => self.push(stem, ""),
            'u' | 'v' | 'c' => self.push(stem, "e"),
            _ if letter == last(root) => {
                self.push(stem, "");
                self.push(root, "");
                if letter == 'm' {
                    self.push(stem, "e");
                }
            }
            _ if short_syllable(stem) => self.push(stem, "e"),
            // united is not of unit
            't' if stem.ends_with("unit") => self.push(stem, "e"),
            _ => {
                self.push(stem, "");
                let unstressed = ["er", "en", "el", "y"].iter().any(|end| stem.ends_with(end));
                if !unstressed || STRESSED.contains(&stem) {
                    self.push(stem, "e");
                }
                if stem.ends_with("ick") {
                    self.push(root, "");
                }
                if letter == 'y' && !past && !vowel(last(root)) {
                    self.push(root, "ie");
                }
            }
        }
    }

    /// The words of the lists, behind prefixes too.
    fn listed(&mut self, word: &str) {
        let lists = lists();
        for base in lists.bases.get(word).into_iter().flatten() {
            self.push(base, "");
        }
        for prefix in PREFIXES {
            if let Some(form) = word.strip_prefix(prefix) {
                for base in
                    lists.bases.get(form).into_iter().flatten().filter(|base| lists.lines.contains_key(*base))
                {
                    self.push(prefix, base);
                }
            }
        }
        for (end, single) in [
            ("men", "man"),
            ("children", "child"),
            ("feet", "foot"),
            ("teeth", "tooth"),
            ("people", "person"),
        ] {
            if let Some(root) = word.strip_suffix(end)
                && !root.is_empty()
            {
                self.push(root, single);
            }
        }
    }
}

/// See [`super::analysis`].
pub fn keys(word: &str) -> Vec<String> {
    let word = bare(word);
    let mut keys = Keys(Vec::with_capacity(4));
    keys.push(word, "");
    keys.listed(word);
    if lists().others.contains(word) {
        return keys.0;
    }
    keys.plural(word);
    if let Some(stem) = word.strip_suffix("ed") {
        keys.verb(stem, true);
    }
    if let Some(stem) = word.strip_suffix("ing") {
        keys.verb(stem, false);
    }
    if keys.0.is_empty() {
        keys.0.push(word.to_string());
    }
    keys.0
}

/// How the forms of a word begin: its last letters, as the endings change them.
fn begins(base: &str, starts: &mut Vec<String>) {
    if let Some(root) = base.strip_suffix('y').filter(|root| !vowel(last(root))) {
        starts.extend([format!("{root}y"), format!("{root}i")]);
    } else if let Some(root) = base.strip_suffix("ie") {
        starts.extend([format!("{root}i"), format!("{root}y")]);
    } else if let Some(root) =
        base.strip_suffix('e').filter(|root| root.len() > 1 && !root.ends_with(['e', 'o', 'y']))
    {
        starts.push(root.to_string());
    } else if let Some(root) = base.strip_suffix("sis") {
        starts.push(format!("{root}s"));
    } else {
        starts.push(base.to_string());
    }
    for (single, plural) in [
        ("man", "men"),
        ("foot", "feet"),
        ("tooth", "teeth"),
        ("person", "people"),
        ("wife", "wives"),
        ("life", "lives"),
        ("wolf", "wolves"),
        ("elf", "elves"),
    ] {
        if let Some(root) = base.strip_suffix(single) {
            starts.push(format!("{root}{plural}"));
        }
    }
    let lists = lists();
    let prefixes = PREFIXES.iter().filter_map(|prefix| Some((*prefix, base.strip_prefix(prefix)?)));
    for (prefix, base) in std::iter::once(("", base)).chain(prefixes) {
        for place in lists.lines.get(base).into_iter().flatten() {
            starts.extend(IRREGULAR[*place].split(' ').map(|form| format!("{prefix}{form}")));
        }
    }
}

/// See [`super::analysis`].
pub fn starts(word: &str) -> Vec<String> {
    let mut all = Vec::new();
    for key in keys(word) {
        begins(&key, &mut all);
    }
    few(all)
}
