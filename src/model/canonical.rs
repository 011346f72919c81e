//! The canonical text: what an article's digest is taken of. Two texts that a reader cannot tell apart should have
//! one canonical text; two that differ in a letter, a quote or an apostrophe should not.
//!
//! **Canonical text** = headline, blank line, body, newline; UTF-8, NFC, LF; the headline on one line (empty if there
//! is none); paragraphs separated by one blank line. Letters, quotes and apostrophes stay as they were printed. **It is settled
//! for good**: digests are written down in the world. What is folded, and why:
//!
//! - *Blanks.* No-break, thin, wide and repeated blanks and tabs inside a line are one blank, and a line has none at its ends: a
//!   site that sets a no-break space before a dash, or indents its paragraphs, says nothing by it, and the next copy has it otherwise.
//! - *Line ends.* CR, CRLF, NEL, vertical tab, form feed and U+2028 are LF; U+2029 is the end of a paragraph; so are any number of
//!   empty lines.
//! - *What is not seen*: control characters, zero-width and bidi controls, soft hyphens, word joiners, grapheme joiners, invisible
//!   operators, fillers and format controls of notations and shorthand go, and so do noncharacters and what Unicode keeps for such
//!   things: templates leave them behind, and texts are marked with them in secret. The blank of Braille is a blank.
//! - *Joiners* (U+200C, U+200D) are letters' business in Persian or Hindi and in emoji, so they stay between characters of such
//!   scripts, about as in RFC 5892, appendix A. *Variation selectors* stay, one after a character of which Unicode has variations:
//!   emoji, ideographs, Mongolian, Myanmar and some symbols. *Tags* stay in the flags of parts of countries alone.
//! - *Hyphens* U+2010 and U+2011 look as U+002D does, and are it.
//!
//! Whatever the order in which these are done, the result is done again until nothing changes: a canonical text is its own.

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The canonical form of a headline: one line, no blanks at its ends.
pub fn headline(text: &str) -> String {
    let text = clean(text);
    let mut line = String::with_capacity(text.len());
    for part in text.split('\n').map(|part| part.trim_matches(' ')).filter(|part| !part.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(part);
    }
    line
}

/// The canonical form of a body: paragraphs separated by one blank line, no blanks at the ends of a line.
pub fn body(text: &str) -> String {
    let text = clean(text);
    let mut body = String::with_capacity(text.len());
    let mut gap = false;
    for line in text.split('\n').map(|line| line.trim_matches(' ')) {
        if line.is_empty() {
            gap = !body.is_empty();
            continue;
        }
        if !body.is_empty() {
            body.push_str(if gap { "\n\n" } else { "\n" });
        }
        gap = false;
        body.push_str(line);
    }
    body
}

/// Line ends as LF, blanks as one, nothing that is not seen, NFC.
fn clean(text: &str) -> std::borrow::Cow<'_, str> {
    if is_plain(text.as_bytes()) {
        return text.into();
    }
    let (mut kept, simple) = cleaned(text);
    // What stays depends on what is beside it, and NFC and what went may have changed that.
    let mut again = !simple;
    while again {
        let (next, _) = cleaned(&kept);
        again = next != kept;
        kept = next;
    }
    kept.into()
}

/// The same once, and whether nothing of it depends on what stands beside it.
fn cleaned(text: &str) -> (String, bool) {
    let mut kept = String::with_capacity(text.len());
    let mut simple = true;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '!'..='~' | '\n' => kept.push(character),
            '\r' => {
                characters.next_if_eq(&'\n');
                kept.push('\n');
            }
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' => kept.push('\n'),
            '\u{2029}' => kept.push_str("\n\n"),
            _ if is_blank(character) => {
                if !kept.ends_with(' ') {
                    kept.push(' ');
                }
            }
            '\u{2010}' | '\u{2011}' => kept.push('-'),
            '\u{200c}' | '\u{200d}' => {
                simple = false;
                // Marks on a letter may come in another order.
                let letter = kept.chars().rev().take(MARKS_MAX).find(|c| canonical_combining_class(*c) == 0);
                let sides = (letter, characters.peek().copied());
                if matches!(sides, (Some(before), Some(after)) if is_joined(before, character, after)) {
                    kept.push(character);
                }
            }
            // In Mongolian it shapes the letter before it.
            '\u{180e}' => {
                simple = false;
                if kept.chars().next_back().is_some_and(is_mongolian) {
                    kept.push(character);
                }
            }
            _ if is_selector(character) => {
                simple = false;
                if kept.chars().next_back().is_some_and(|before| has_variation(before, character)) {
                    kept.push(character);
                }
            }
            BLACK_FLAG => {
                simple = false;
                kept.push(character);
                // Which part of a country, in letters and digits that are tags, and their end.
                let tags: String =
                    characters.clone().take_while(|c| ('\u{e0020}'..=TAGS_END).contains(c)).collect();
                let part = tags.split_once(TAGS_END).map_or("", |(part, _)| part);
                let is_part = |c| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
                if matches!(part.chars().count(), 3..=6) && part.chars().all(is_part) {
                    kept.push_str(part);
                    kept.push(TAGS_END);
                    characters.by_ref().take(part.chars().count() + 1).for_each(drop);
                }
            }
            _ if character.is_control() || is_invisible(character) => {}
            _ => kept.push(character),
        }
    }
    if is_nfc_quick(kept.chars()) != IsNormalized::Yes {
        kept = kept.nfc().collect();
    }
    (kept, simple)
}

/// So many marks a letter may have before a joiner.
const MARKS_MAX: usize = 32;
const BLACK_FLAG: char = '\u{1f3f4}';
const TAGS_END: char = '\u{e007f}';

/// Blanks of any width, and tabs: general category Zs of Unicode, and the pattern of Braille without a dot.
fn is_blank(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{2800}' | '\u{3000}'
    )
}

fn is_selector(character: char) -> bool {
    matches!(character, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether Unicode has a variation of a character (StandardizedVariants.txt, emoji-variation-sequences.txt, IVD), by blocks.
fn has_variation(character: char, selector: char) -> bool {
    let ideograph =
        matches!(character, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    match selector {
        '\u{e0100}'..='\u{e01ef}' => ideograph,
        '\u{180b}'..='\u{180f}' => is_mongolian(character),
        '\u{fe0e}' | '\u{fe0f}' => {
            is_pictograph(character) && !is_selector(character)
                || matches!(
                    character,
                    '#' | '*' | '0'..='9' | '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '〰' | '〽' | '㊗' | '㊙'
                )
        }
        _ => {
            ideograph
                || matches!(character, '\u{1000}'..='\u{109f}' | '\u{2200}'..='\u{22ff}' | '\u{2a00}'..='\u{2aff}'
                    | '\u{3000}'..='\u{303f}' | '\u{a840}'..='\u{a877}' | '\u{aa60}'..='\u{aa7f}' | '\u{ff00}'..='\u{ff60}'
                    | '\u{10ac0}'..='\u{10aff}' | '\u{13000}'..='\u{1345f}')
        }
    }
}

fn is_mongolian(character: char) -> bool {
    matches!(character, '\u{1820}'..='\u{18aa}')
}

/// Whether a joiner between two characters joins them.
fn is_joined(before: char, joiner: char, after: char) -> bool {
    joins(before) && joins(after) || joiner == '\u{200d}' && is_pictograph(before) && is_pictograph(after)
}

/// Whether nothing has to be done: only printable ASCII, line feeds, and characters of blocks and marks that most texts
/// are made of and that are kept and in NFC as they are. Texts are long and most are plain, so this is all that most cost.
fn is_plain(text: &[u8]) -> bool {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += match (byte, &text[at + 1..]) {
            (b' ', [b' ', ..]) => return false,
            (b' '..=b'~' | b'\n', _) => 1,
            // À to ÿ; Ѐ to ѿ.
            (0xc3 | 0xd0 | 0xd1, _) => 2,
            // «, ».
            (0xc2, [0xab | 0xbb, ..]) => 2,
            // Dashes, quotes, dots: U+2012 to U+2027.
            (0xe2, [0x80, 0x92..=0xa7, ..]) => 3,
            _ => return false,
        };
    }
    true
}

/// Characters without width, ink or meaning of their own, and those that turn the direction of others. Also what a
/// terminal should never be sent.
pub fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}' | '\u{200e}'
        | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
        || u32::from(character) & 0xfffe == 0xfffe
}

/// Letters and marks of scripts whose orthography uses joiners: Arabic, Syriac, N'Ko, Mongolian and those of India
/// and its neighbours (Unicode blocks).
fn joins(character: char) -> bool {
    matches!(character,
        '\u{600}'..='\u{7ff}' | '\u{840}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1780}'..='\u{18af}'
        | '\u{1900}'..='\u{1cff}' | '\u{a840}'..='\u{aaff}' | '\u{abc0}'..='\u{abff}' | '\u{fb50}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}' | '\u{11000}'..='\u{11fff}')
}

/// Emoji and what modifies them (Unicode blocks).
fn is_pictograph(character: char) -> bool {
    matches!(character,
        '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{2328}' | '\u{232b}'..='\u{27bf}' | '\u{2934}' | '\u{2935}' | '\u{2b00}'..='\u{2bff}' | '\u{fe0f}'
        | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headlines_are_one_line() {
        for (printed, canonical) in [
            ("Rain", "Rain"),
            ("  Rain \r\n in Kyiv\t", "Rain in Kyiv"),
            ("\u{feff}Дощ\u{ad}", "Дощ"),
            ("abc\u{202e}gnp.exe", "abcgnp.exe"),
            ("\u{1b}[31mred\u{7}", "[31mred"),
            ("", ""),
        ] {
            assert_eq!(headline(printed), canonical, "{printed:?}");
        }
    }

    #[test]
    fn bodies_are_paragraphs() {
        for (printed, canonical) in [
            ("One.\r\nTwo.\r\rThree.", "One.\nTwo.\n\nThree."),
            ("\n\n  One.  \n \u{a0}\n\n\n\nTwo.\n", "One.\n\nTwo."),
            ("5\u{202f}000\u{a0}–\u{2009}a\t \u{3000}b \u{200b} c", "5 000 – a b c"),
            ("a \u{200c} b", "a b"),
            ("one\u{2011}two\u{2010}x \u{fe0f}\u{fe0f}❤\u{fe0f}\u{fe0f}", "one-two-x ❤\u{fe0f}"),
            (
                "a\u{fe01}b\u{e0101}c\u{fe0f} 葛\u{e0101}\u{e0102} 1\u{fe0f}\u{20e3}",
                "abc 葛\u{e0101} 1\u{fe0f}\u{20e3}",
            ),
            ("\u{2329}\u{200d}❤ خ\u{301}\u{64b}\u{200c}خ", "\u{3008}❤ خ\u{64b}\u{301}\u{200c}خ"),
            ("\u{1820}\u{180e}\u{1820} a\u{180e}b ⤴\u{fe0f}", "\u{1820}\u{180e}\u{1820} ab ⤴\u{fe0f}"),
            ("a\u{2800}\u{2800}b\u{34f}c\u{1d173}", "a bc"),
            (
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e007f}\u{e0065} x\u{e0067} 🏴\u{e0067}",
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e007f} x 🏴",
            ),
            ("a\u{fdd0}\u{ffff}\u{3164}b", "ab"),
            ("One.\u{2029}Two.\u{2028}Three.\u{85}Four.", "One.\n\nTwo.\nThree.\nFour."),
            ("й as и\u{306}", "й as й"),
            ("a\0b", "ab"),
            (" \n\t\n", ""),
        ] {
            assert_eq!(body(printed), canonical, "{printed:?}");
        }
    }

    /// What is taken for plain is what the long way leaves alone.
    #[test]
    fn the_short_way_is_the_long_way() {
        for character in (0..=0x10ffff).filter_map(char::from_u32) {
            let text = format!("a{character}b");
            if is_plain(text.as_bytes()) {
                let kept = matches!(character, ' '..='~' | '\n')
                    || !character.is_control() && !is_invisible(character) && !is_blank(character);
                assert!(
                    kept && !is_selector(character)
                        && !matches!(
                            character,
                            '\u{200c}' | '\u{200d}' | '\u{2011}' | '\u{2028}' | '\u{2029}'
                        ),
                    "{character:?}"
                );
                assert_eq!(text.nfc().collect::<String>(), text, "{character:?}");
                assert_eq!(is_nfc_quick(text.chars()), IsNormalized::Yes, "{character:?}");
            }
        }
    }

    #[test]
    fn quotes_and_apostrophes_stay() {
        let printed = "П'ять, п’ять, пʼять – «так» “yes” – 5";
        assert_eq!(body(printed), printed);
    }

    #[test]
    fn joiners_stay_where_they_join() {
        for kept in ["می\u{200c}خواهم", "👨\u{200d}👩\u{200d}👧", "❤\u{fe0f}\u{200d}🔥", "क्\u{200d}ष"]
        {
            assert_eq!(body(kept), kept);
        }
        for (printed, canonical) in
            [("pass\u{200d}word", "password"), ("\u{200c}خ", "خ"), ("خ\u{200c}\u{200c}خ", "خ\u{200c}خ")]
        {
            assert_eq!(body(printed), canonical, "{printed:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn canonical_is_idempotent(text in "(\\PC|\\pC|[ \n\r\t\u{a0}\u{2003}\u{fe0f}\u{fe01}\u{e0067}\u{e007f}🏴\u{200c}\u{200d}\u{2329}\u{64b}\u{1820}\u{180b}\u{180e}\u{200d}\u{301}\u{306}иخग👩\u{fe0f}\u{ad}\u{2029}]){0,60}") {
            let once = body(&text);
            prop_assert_eq!(body(&once), once.clone());
            prop_assert!(!once.contains("\n\n\n") && !once.starts_with('\n') && !once.ends_with('\n'));
            prop_assert!(once.chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(once.lines().all(|line| line.trim() == line) && !once.contains("  "));
            let once = headline(&text);
            prop_assert_eq!(headline(&once), once.clone());
            prop_assert!(!once.contains('\n') && once.trim() == once);
        }
    }
}
