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
//! - *What is not seen*: control characters, zero-width and bidi controls, soft hyphens, word joiners, invisible operators,
//!   Hangul fillers, noncharacters, and tags outside of flags go: templates leave them behind, and texts are marked with them in secret.
//! - *Joiners* (U+200C, U+200D) are letters' business in Persian or Hindi and in emoji, so they stay where the characters on both
//!   sides use them, as in RFC 5892, appendix A. *Variation selectors* stay, one after a character that is seen.
//! - *The no-break hyphen* is a hyphen that a template keeps from a line's end: it is U+002D.

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
    let mut kept = String::with_capacity(text.len());
    let mut joiners = false;
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
            _ if is_blank(character) => blank(&mut kept),
            '\u{2011}' => kept.push('-'),
            '\u{200c}' | '\u{200d}' => {
                joiners = true;
                kept.push(character);
            }
            _ if is_selector(character) => {
                let before = kept.chars().next_back();
                let unseen = |c| is_selector(c) || matches!(c, ' ' | '\n' | '\u{200c}' | '\u{200d}');
                if before.is_some_and(|before| !unseen(before)) {
                    kept.push(character);
                }
            }
            // A flag of a part of a country is a black flag with its letters in tags.
            TAGS_FIRST..=TAGS_LAST => {
                let before = kept.chars().next_back();
                if matches!(before, Some(BLACK_FLAG | TAGS_FIRST..=TAGS_LAST)) {
                    kept.push(character);
                }
            }
            _ if character.is_control() || is_invisible(character) => {}
            _ => kept.push(character),
        }
    }
    if joiners {
        kept = without_idle_joiners(&kept);
    }
    if is_nfc_quick(kept.chars()) != IsNormalized::Yes {
        kept = kept.nfc().collect();
    }
    kept.into()
}

const BLACK_FLAG: char = '\u{1f3f4}';
const TAGS_FIRST: char = '\u{e0020}';
const TAGS_LAST: char = '\u{e007f}';

/// Blanks of any width, and tabs: general category Zs of Unicode.
fn is_blank(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Adds a blank, unless there is one.
fn blank(kept: &mut String) {
    if !kept.ends_with(' ') {
        kept.push(' ');
    }
}

fn is_selector(character: char) -> bool {
    matches!(character, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
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
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}' | '\u{200e}'
        | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e001f}')
        || u32::from(character) & 0xfffe == 0xfffe
}

/// Drops joiners that have nothing to join, and the blanks that then stand beside blanks.
fn without_idle_joiners(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let useful = match character {
            '\u{200c}' | '\u{200d}' => {
                let sides = (kept.chars().next_back(), characters.peek().copied());
                matches!(sides, (Some(before), Some(after))
                    if joins(before) && joins(after)
                        || character == '\u{200d}' && is_pictograph(before) && is_pictograph(after))
            }
            _ => true,
        };
        match character {
            ' ' => blank(&mut kept),
            _ if useful => kept.push(character),
            _ => {}
        }
    }
    kept
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
        '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{fe0f}'
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
            ("one\u{2011}two \u{fe0f}\u{fe0f}❤\u{fe0f}\u{fe0f}", "one-two ❤\u{fe0f}"),
            ("🏴\u{e0067}\u{e0062}\u{e007f} x\u{e0067}\u{e0062}", "🏴\u{e0067}\u{e0062}\u{e007f} x"),
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
        fn canonical_is_idempotent(text in "(\\PC|\\pC|[ \n\r\t\u{a0}\u{2003}\u{fe0f}\u{e0067}🏴\u{200c}\u{200d}\u{301}\u{306}иخग👩\u{fe0f}\u{ad}\u{2029}]){0,60}") {
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
