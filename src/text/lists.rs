//! Lists of words, kept beside the code that asks for them as arrays in a TOML file.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, Anchored, Input, MatchKind, StartKind};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A list of words, and what finds any of them in a text in one pass.
pub struct List {
    words: Vec<&'static str>,
    anywhere: OnceLock<AhoCorasick>,
    at_start: OnceLock<AhoCorasick>,
}

impl std::ops::Deref for List {
    type Target = [&'static str];

    fn deref(&self) -> &[&'static str] {
        &self.words
    }
}

impl List {
    /// The list with this name in a table.
    pub fn new(table: &toml::Table, name: &str) -> List {
        let words = table.get(name).and_then(toml::Value::as_array).expect("the list is in the file");
        // As long as the program runs.
        let words = words.iter().filter_map(toml::Value::as_str).map(|word| &*word.to_owned().leak());
        List { words: words.collect(), anywhere: OnceLock::new(), at_start: OnceLock::new() }
    }

    /// Whether one of the words is anywhere in a text.
    pub fn is_in(&self, text: &str) -> bool {
        let anywhere = self.anywhere.get_or_init(|| self.build(&mut AhoCorasick::builder()));
        anywhere.is_match(text)
    }

    /// For each word in the lines of the list, which lines have it; the mark before a line is no part of its words.
    pub fn by_word(&self) -> HashMap<&'static str, Vec<usize>> {
        let mut lines: HashMap<_, Vec<_>> = HashMap::new();
        for (place, line) in self.words.iter().enumerate() {
            for word in line.trim_start_matches('+').split(' ') {
                lines.entry(word).or_default().push(place);
            }
        }
        lines
    }

    /// The kind is small and fast to build: many processes read a page or two.
    fn build(&self, builder: &mut AhoCorasickBuilder) -> AhoCorasick {
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        builder.kind(kind).build(&self.words).expect("the lists are short")
    }

    /// Bytes of the longest of the words that a text begins with.
    pub fn begins(&self, text: &str) -> Option<usize> {
        let at_start = self.at_start.get_or_init(|| {
            self.build(
                AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).start_kind(StartKind::Anchored),
            )
        });
        at_start.find(Input::new(text).anchored(Anchored::Yes)).map(|found| found.end())
    }
}

/// The lists of a file.
pub fn table(file: &str) -> toml::Table {
    file.parse().expect("the file is part of this program, and tests read every list of it")
}

/// Names lists of a file, which are read when they are asked for first.
macro_rules! words {
    ($file:literal: $($(#[$doc:meta])* $vis:vis $name:ident;)*) => {
        /// The lists of the file, which is read once.
        static LISTS: std::sync::LazyLock<toml::Table> =
            std::sync::LazyLock::new(|| $crate::text::lists::table(include_str!($file)));

        $(
            $(#[$doc])*
            $vis static $name: std::sync::LazyLock<$crate::text::lists::List> =
                std::sync::LazyLock::new(|| $crate::text::lists::List::new(&LISTS, stringify!($name)));
        )*

        #[cfg(test)]
        #[test]
        fn every_list_is_in_its_file() {
            $(assert!(!$name.is_empty());)*
        }
    };
}
pub(crate) use words;
