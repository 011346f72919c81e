//! The language of a text that does not say: by its letters where they decide, by trigrams of long texts, and by n-grams of all
//! lengths of short ones.

use crate::model::Language;
use lingua::{IsoCode639_3, Language as Known, LanguageDetector, LanguageDetectorBuilder};
use std::sync::LazyLock;
use whatlang::{Detector, Lang};

/// Bytes of text that are looked at: more does not change the answer.
const LOOKED_AT: usize = 800;
/// A text of so many letters is long enough for trigrams.
const LONG_LETTERS: usize = 200;
/// So many bytes are enough for long n-grams, which take their time.
const SHORT_BYTES: usize = 200;

/// The language of headline and body, or none if there is too little to go by.
pub fn detect(headline: &str, body: &str) -> Option<Language> {
    let mut text = String::with_capacity(LOOKED_AT + 4);
    for part in [headline, body] {
        let room = LOOKED_AT.saturating_sub(text.len());
        let end = (0..=room.min(part.len())).rev().find(|end| part.is_char_boundary(*end)).unwrap_or(0);
        text.push_str(&part[..end]);
        text.push('\n');
    }
    cyrillic(&text).and_then(Language::parse).or_else(|| grams(&text))
}

/// Ukrainian, Russian and Belarusian are told apart by letters that the others do not have. Counting them is right
/// more often than trigrams are, above all in headlines.
fn cyrillic(text: &str) -> Option<&'static str> {
    if let Some(code) = by_own_letters(text) {
        return Some(code);
    }
    let (mut uk, mut ru, mut be, mut letters, mut latin) = (0, 0, 0, 0, 0);
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'ї' | 'є' | 'ґ' => (uk, letters) = (uk + 1, letters + 1),
            'ы' | 'э' | 'ё' => (ru, letters) = (ru + 1, letters + 1),
            'ъ' => (ru, letters) = (ru + 1, letters + 1),
            'ў' => (be, letters) = (be + 1, letters + 1),
            'і' => (uk, be, letters) = (uk + 1, be + 1, letters + 1),
            'а'..='я' => letters += 1,
            'ђ' | 'ј' | 'љ' | 'њ' | 'ћ' | 'џ' | 'ѓ' | 'ќ' | 'ѕ' | 'ә' | 'ғ' | 'қ' | 'ң' | 'ө' | 'ұ' | 'ү'
            | 'һ' => return None,
            'a'..='z' => latin += 1,
            _ => {}
        }
    }
    if letters < 8 || latin > letters || (uk, ru, be) == (0, 0, 0) {
        return None;
    }
    let has_hard_sign_only = text.contains('ъ') && !text.chars().any(|c| matches!(c, 'ы' | 'э' | 'Ы' | 'Э'));
    if text.to_lowercase().contains('ў') && be * 2 > uk {
        // Belarusian has і and ў, and also ы and э; neither neighbour has ў.
        return Some("be");
    }
    if uk > ru {
        return Some("uk");
    }
    (ru > 0 && !has_hard_sign_only).then_some("ru")
}

/// Languages that write Cyrillic with letters of their own, by those: Kazakh, Kyrgyz, Tatar, Bashkir, Mongolian, as their alphabets
/// have them (ISO 9, Unicode's Cyrillic block).
fn by_own_letters(text: &str) -> Option<&'static str> {
    let mut counts = [0usize; 5];
    let [kazakh, bashkir, tatar, ng, rounded] = &mut counts;
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'қ' | 'ғ' | 'ұ' => *kazakh += 1,
            'ҙ' | 'ҡ' | 'ҫ' => *bashkir += 1,
            'җ' => *tatar += 1,
            'ң' => *ng += 1,
            'ө' | 'ү' => *rounded += 1,
            'ђ' | 'ј' | 'љ' | 'њ' | 'ћ' | 'џ' | 'ѓ' | 'ќ' | 'ѕ' => return None,
            _ => {}
        }
    }
    let [kazakh, bashkir, tatar, ng, rounded] = counts;
    let own = text.to_lowercase();
    // A name or two in another's text decide nothing.
    if kazakh + bashkir + tatar + ng + rounded < 2 {
        return None;
    }
    match () {
        () if bashkir > 1 => Some("ba"),
        () if tatar > 0 && own.contains('ә') => Some("tt"),
        () if kazakh > 1 && (own.contains('і') || own.contains('ә')) => Some("kk"),
        () if own.contains('ә') && ng + rounded > 1 => Some(if own.contains('і') { "kk" } else { "tt" }),
        () if ng > 0 => Some("ky"),
        () if rounded > 1 => Some("mn"),
        () => None,
    }
}

/// Languages of a text whose letters do not decide. Trigrams know more languages, but of a headline they know little: of 212
/// Russian ones of 40 letters they got 109 right, n-grams up to five letters long 210. The long n-grams know fourteen.
fn grams(text: &str) -> Option<Language> {
    static LATIN: LazyLock<LanguageDetector> = LazyLock::new(|| {
        use Known::*;
        detector(&[English, German, French, Spanish, Italian, Polish, Portuguese, Finnish, Dutch, Swedish])
    });
    static CYRILLIC: LazyLock<LanguageDetector> =
        LazyLock::new(|| detector(&[Known::Ukrainian, Known::Russian, Known::Belarusian, Known::Bulgarian]));
    let (mut cyrillic, mut latin, mut other) = (0, 0, 0);
    for letter in text.chars().filter(|c| c.is_alphabetic()) {
        match letter {
            '\u{400}'..='\u{52f}' => cyrillic += 1,
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => latin += 1,
            _ => other += 1,
        }
    }
    let is_cyrillic = cyrillic > latin;
    let letters = cyrillic + latin + other;
    let is_other = has_other_alphabet(text, letters);
    let trigrams = if is_cyrillic {
        Detector::with_allowlist(vec![Lang::Ukr, Lang::Rus, Lang::Bel, Lang::Bul, Lang::Srp, Lang::Mkd])
    } else if is_other {
        Detector::with_denylist(
            Lang::all()
                .iter()
                .copied()
                .filter(|language| is_known(*language) && *language != Lang::Swe)
                .collect(),
        )
    } else {
        Detector::new()
    };
    let guess = trigrams.detect(text).map(|found| (found.lang(), found.is_reliable()));
    if let Some((language, sure)) = guess
        && (sure && (letters >= LONG_LETTERS || other > letters / 2) || is_other && letters >= SHORT_LETTERS)
    {
        return code(language);
    }
    let known = if is_cyrillic { &CYRILLIC } else { &LATIN };
    let found = (letters >= SHORT_LETTERS).then(|| known.detect_language_of(start(text))).flatten();
    // What only trigrams know is believed to be that if they are sure, and not to be another if they are not.
    match (found, guess) {
        (_, Some((foreign, true))) if !is_known(foreign) => code(foreign),
        (Some(found), _) => Language::parse(&found.iso_code_639_1().to_string()),
        (None, Some((language, true))) => code(language),
        _ => None,
    }
}

/// The first words of a text.
fn start(text: &str) -> &str {
    let end = text.char_indices().find(|(at, c)| *at >= SHORT_BYTES && c.is_whitespace());
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// Whether a text is in a Latin alphabet that has letters which are none of those of the languages with long n-grams but Swedish:
/// one in a hundred, not counting words with a capital, since names keep their letters everywhere.
fn has_other_alphabet(text: &str, letters: usize) -> bool {
    let own =
        |c: char| "øåæčďěňřšťůýžđğışőűășțţðþģķļņėįųū".contains(c) || ('\u{1ea0}'..='\u{1ef9}').contains(&c);
    let words = text.split_whitespace().filter(|word| !word.chars().any(char::is_uppercase));
    let found: usize = words.map(|word| word.chars().filter(|c| own(*c)).count()).sum();
    found > 0 && found * 100 >= letters
}

/// Fewer letters than these name no language.
const SHORT_LETTERS: usize = 8;

fn detector(languages: &[Known]) -> LanguageDetector {
    LanguageDetectorBuilder::from_languages(languages).with_minimum_relative_distance(DISTANCE).build()
}

/// How much likelier a language has to be than the next.
const DISTANCE: f64 = 0.02;

/// Whether the long n-grams know a language: those that are built in.
fn is_known(language: Lang) -> bool {
    language.code().parse::<IsoCode639_3>().is_ok()
}

fn code(language: Lang) -> Option<Language> {
    Language::parse(if language == Lang::Cmn { "zh" } else { language.code() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_of_headlines_and_texts() {
        for (text, language) in [
            ("Верховна Рада ухвалила закон про державний бюджет на наступний рік", Some("uk")),
            ("Київ отримав нові трамваї", Some("uk")),
            ("Правительство утвердило новый бюджет страны", Some("ru")),
            ("Урад зацвердзіў новы бюджэт, паведаміў міністр у панядзелак", Some("be")),
            ("The government has approved the new budget for the coming year", Some("en")),
            ("Die Regierung hat den neuen Haushalt für das kommende Jahr gebilligt", Some("de")),
            ("政府は来年度の新しい予算案を承認した", Some("ja")),
            ("Erdoğan will meet the president of France in Ankara on Friday", Some("en")),
            ("Nordmann dømt til fengsel i øst for å ha stjålet båter", Some("nb")),
            ("Vláda schválila nový rozpočet na příští rok", Some("cs")),
            ("", None),
            ("2025", None),
        ] {
            assert_eq!(detect(text, "").map(|language| language.to_string()).as_deref(), language, "{text}");
        }
    }

    /// Headlines of some 40 letters, those of the neighbour's words among them.
    #[test]
    fn headlines() {
        for (language, headlines) in [
            ("en", include_str!("../../tests/it/headlines/en.txt")),
            ("uk", include_str!("../../tests/it/headlines/uk.txt")),
            ("ru", include_str!("../../tests/it/headlines/ru.txt")),
        ] {
            let named = |headline: &str| detect(headline, "").map(|language| language.to_string());
            let missed: Vec<(&str, Option<String>)> = headlines
                .lines()
                .map(|headline| (headline, named(headline)))
                .filter(|(_, named)| named.as_deref() != Some(language))
                .collect();
            assert!(missed.len() * 20 <= headlines.lines().count(), "{language}: {missed:?}");
        }
    }
}
