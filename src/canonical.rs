//! The canonical text: what an article's digest is taken of. Two texts that a reader cannot tell apart should have
//! one canonical text; two that differ in a letter, a quote or an apostrophe should not.
//!
//! **Canonical text** = headline, blank line, body, newline; UTF-8, NFC, LF; the headline on one line (empty if there
//! is none); paragraphs separated by one blank line; no trailing blanks, no control characters, no zero-width or bidi
//! controls, no soft hyphens. Letters, quotes and apostrophes stay as they were printed. The zero-width joiner and
//! non-joiner are letters' business in Persian or Hindi and in emoji, so they stay where the characters on both sides
//! use them, as in RFC 5892, appendix A, and go everywhere else.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The canonical form of a headline: one line, no blanks at its ends.
pub fn headline(text: &str) -> String {
    let text = clean(text);
    let mut line = String::with_capacity(text.len());
    for part in text.split('\n').map(str::trim).filter(|part| !part.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(part);
    }
    line
}

/// The canonical form of a body: paragraphs separated by one blank line, no blanks at the end of a line.
pub fn body(text: &str) -> String {
    let text = clean(text);
    let mut body = String::with_capacity(text.len());
    let mut gap = false;
    for line in text.split('\n').map(str::trim_end) {
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

/// Line ends as LF, no controls, NFC.
fn clean(text: &str) -> std::borrow::Cow<'_, str> {
    if is_plain(text.as_bytes()) {
        return text.into();
    }
    let mut kept = String::with_capacity(text.len());
    let mut joiners = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ' '..='~' | '\n' => kept.push(character),
            '\r' => {
                characters.next_if_eq(&'\n');
                kept.push('\n');
            }
            '\t' => kept.push(' '),
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' => kept.push('\n'),
            '\u{2029}' => kept.push_str("\n\n"),
            '\u{200c}' | '\u{200d}' => {
                joiners = true;
                kept.push(character);
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

/// Whether nothing has to be done: only printable ASCII, line feeds, and characters of blocks and marks that most texts
/// are made of and that are kept and in NFC as they are. Texts are long and most are plain, so this is all that most cost.
fn is_plain(text: &[u8]) -> bool {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += match (byte, &text[at + 1..]) {
            (b' '..=b'~' | b'\n', _) => 1,
            // À to ÿ; Ѐ to ѿ.
            (0xc3 | 0xd0 | 0xd1, _) => 2,
            // No-break space, «, ».
            (0xc2, [0xa0 | 0xab | 0xbb, ..]) => 2,
            // Dashes, quotes, dots: U+2010 to U+2027.
            (0xe2, [0x80, 0x90..=0xa7, ..]) => 3,
            _ => return false,
        };
    }
    true
}

/// Characters without width, ink or meaning of their own, and those that turn the direction of others. Also what a
/// terminal should never be sent.
pub fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Drops joiners that have nothing to join.
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
        if useful {
            kept.push(character);
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
            ("\n\n  One.  \n \u{a0}\n\n\n\nTwo.\n", "  One.\n\nTwo."),
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
                    || !character.is_control() && !is_invisible(character);
                assert!(
                    kept && !matches!(character, '\u{200c}' | '\u{200d}' | '\u{2028}' | '\u{2029}'),
                    "{character:?}"
                );
                assert_eq!(text.nfc().collect::<String>(), text, "{character:?}");
                assert_eq!(is_nfc_quick(text.chars()), IsNormalized::Yes, "{character:?}");
            }
        }
    }

    #[test]
    fn quotes_and_apostrophes_stay() {
        let printed = "П'ять, п’ять, пʼять – «так» “yes” \u{a0}– 5\u{202f}000";
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
        fn canonical_is_idempotent(text in "(\\PC|\\pC|[ \n\r\t\u{200c}\u{200d}\u{301}\u{306}иخग👩\u{fe0f}\u{ad}\u{2029}]){0,60}") {
            let once = body(&text);
            prop_assert_eq!(body(&once), once.clone());
            prop_assert!(!once.contains("\n\n\n") && !once.starts_with('\n') && !once.ends_with('\n'));
            prop_assert!(once.chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(once.lines().all(|line| line.trim_end() == line));
            let once = headline(&text);
            prop_assert_eq!(headline(&once), once.clone());
            prop_assert!(!once.contains('\n') && once.trim() == once);
        }
    }
}
