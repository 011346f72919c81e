//! The place in a text that shows why it was found.

use super::analysis::{Code, Word, Words};
use super::pattern::Matcher;

/// A piece of a text with what matched in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The piece, on one line.
    pub text: String,
    /// Where it begins in the text, in Unicode code points.
    pub offset: usize,
    /// What matched in it: from and to, in code points of the piece, ascending.
    pub marks: Vec<(usize, usize)>,
    /// Whether text was left out before it, and after it.
    pub cut: (bool, bool),
}

/// Words before the first match of a piece, and in all of it.
const BEFORE: usize = 7;
const LENGTH: usize = 30;

/// The piece of a text in which the most of the patterns match; `None` if none does.
pub fn snippet(text: &str, code: Code, matchers: &mut [Matcher]) -> Option<Snippet> {
    let words: Vec<Word> = Words::new(text, code).collect();
    // Which pattern each word is part of a match of.
    let mut matched: Vec<(usize, usize)> = Vec::new();
    for (pattern, matcher) in matchers.iter_mut().enumerate() {
        matched.extend(matcher.find(&words).into_iter().flatten().map(|word| (word, pattern)));
    }
    matched.sort_unstable();
    matched.dedup();
    let score = |at: usize| {
        let inside = matched[at..].iter().take_while(|(word, _)| word - matched[at].0 < LENGTH - BEFORE);
        let (mut patterns, mut all) = (0u64, 0);
        for (_, pattern) in inside {
            patterns |= 1 << (pattern % 64);
            all += 1;
        }
        (patterns.count_ones(), all.min(8), std::cmp::Reverse(at))
    };
    let best = (0..matched.len()).max_by_key(|at| score(*at))?;
    let first = matched[best].0.saturating_sub(BEFORE);
    let last = (first + LENGTH).min(words.len()) - 1;
    let start = if first == 0 { 0 } else { words[first].start };
    let end = if last + 1 == words.len() { text.len() } else { words[last].end };
    let mut marks: Vec<(usize, usize)> = Vec::new();
    let place = |bytes: usize| text[start..bytes].chars().count();
    for (word, _) in matched.iter().filter(|(word, _)| (first..=last).contains(word)) {
        let mark = (place(words[*word].start), place(words[*word].end));
        match marks.last_mut() {
            // Pairs of letters overlap.
            Some(before) if before.1 >= mark.0 => before.1 = before.1.max(mark.1),
            _ => marks.push(mark),
        }
    }
    Some(Snippet {
        text: text[start..end].chars().map(|letter| if letter == '\n' { ' ' } else { letter }).collect(),
        offset: text[..start].chars().count(),
        marks,
        cut: (start > 0, end < text.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::pattern::{How, Pattern};
    use super::*;

    #[test]
    fn the_piece_with_the_most_matches() {
        let filler = "слово ".repeat(50);
        let text = format!("Перша книга. {filler}\n\nДруга книжка про місто й про книги.");
        let pattern = |word| Matcher::new(&Pattern::word(word, How::Forms).unwrap());
        let code = Code::of(crate::model::Language::parse("uk"));
        let snippet = snippet(&text, code, &mut [pattern("книга"), pattern("місто")]).unwrap();
        let marked: Vec<String> = snippet
            .marks
            .iter()
            .map(|(from, to)| snippet.text.chars().skip(*from).take(to - from).collect())
            .collect();
        assert_eq!(marked, ["місто", "книги"]);
        assert_eq!(snippet.cut, (true, false));
        let whole: String = text.chars().skip(snippet.offset).collect();
        assert_eq!(whole.replace('\n', " "), snippet.text);
    }
}
