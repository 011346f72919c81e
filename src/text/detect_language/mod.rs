//! The language of a text that does not say: by its script and by letters that one language alone has, where they decide, and else by
//! how likely its letters are behind each other in each language ([`grams`]).

#[doc(hidden)]
pub mod grams;

use crate::model::Language;
use grams::LANGUAGES;
use std::ops::RangeInclusive;

/// Letters that are looked at: more do not change the answer.
const LETTERS_LOOKED_AT: usize = 140;
/// Letters of a word that are looked at.
const WORD_LETTERS: usize = 24;
/// Bytes of a headline that are looked at.
const HEADLINE_BYTES: usize = 240;
/// Bytes of a text that are looked at.
const BODY_BYTES: usize = 800;
/// Fewer letters than these name no language.
const LETTERS_MIN: usize = 8;
/// So many parts of a nat ([`grams::PARTS`]) have to speak for a language before the next: of a text of two words, and of a longer one.
const APART: [u16; 2] = [12, 3];
/// The letters of a text of two words.
const TWO_WORDS: usize = 12;

/// The language of headline and body, or none if there is too little to go by.
pub fn detect(headline: &str, body: &str) -> Option<Language> {
    let parts = [start(headline, HEADLINE_BYTES), start(body, BODY_BYTES)];
    Language::parse(of(&parts)?)
}

/// The first bytes of a text, whole letters.
fn start(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

fn of(parts: &[&str]) -> Option<&'static str> {
    let script = script(parts)?;
    match script {
        Script::Alone(code) => Some(code),
        Script::Cyrillic => by_letters(parts).or_else(|| by_words(parts)).or_else(|| by_grams(parts, script)),
        Script::Latin | Script::Arabic | Script::Devanagari => {
            by_words(parts).or_else(|| by_grams(parts, script))
        }
    }
}

/// A script, or a language that has one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Arabic,
    Devanagari,
    Alone(&'static str),
}

/// Scripts that one language alone writes today, by Unicode's blocks.
#[rustfmt::skip]
const ALONE: &[(RangeInclusive<char>, &str)] = &[
    ('\u{370}'..='\u{3ff}', "el"), ('\u{1f00}'..='\u{1fff}', "el"), ('\u{530}'..='\u{58f}', "hy"), ('\u{590}'..='\u{5ff}', "he"),
    ('\u{980}'..='\u{9ff}', "bn"), ('\u{a00}'..='\u{a7f}', "pa"), ('\u{a80}'..='\u{aff}', "gu"), ('\u{b00}'..='\u{b7f}', "or"),
    ('\u{b80}'..='\u{bff}', "ta"), ('\u{c00}'..='\u{c7f}', "te"), ('\u{c80}'..='\u{cff}', "kn"), ('\u{d00}'..='\u{d7f}', "ml"),
    ('\u{d80}'..='\u{dff}', "si"), ('\u{e00}'..='\u{e7f}', "th"), ('\u{e80}'..='\u{eff}', "lo"), ('\u{f00}'..='\u{fff}', "bo"),
    ('\u{1000}'..='\u{109f}', "my"), ('\u{10a0}'..='\u{10ff}', "ka"), ('\u{1c90}'..='\u{1cbf}', "ka"), ('\u{1100}'..='\u{11ff}', "ko"),
    ('\u{1200}'..='\u{139f}', "am"), ('\u{1780}'..='\u{17ff}', "km"), ('\u{780}'..='\u{7bf}', "dv"),
    ('\u{3040}'..='\u{30ff}', "ja"), ('\u{31f0}'..='\u{31ff}', "ja"), ('\u{ac00}'..='\u{d7af}', "ko"), ('\u{3400}'..='\u{9fff}', "zh"),
    ('\u{f900}'..='\u{faff}', "zh"), ('\u{20000}'..='\u{323af}', "zh"),
];

fn script_of(letter: char) -> Option<Script> {
    Some(match letter {
        'a'..='z' | 'A'..='Z' | 'À'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Script::Latin,
        '\u{400}'..='\u{52f}' => Script::Cyrillic,
        '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => Script::Arabic,
        '\u{900}'..='\u{97f}' => Script::Devanagari,
        _ => Script::Alone(ALONE.iter().find(|(letters, _)| letters.contains(&letter))?.1),
    })
}

/// The script of most of a text. A letter that is a syllable or a word counts for two or three.
fn script(parts: &[&str]) -> Option<Script> {
    let mut counts: Vec<(Script, usize)> = Vec::new();
    for letter in parts.iter().flat_map(|part| part.chars()).filter(|letter| letter.is_alphabetic()) {
        let Some(script) = script_of(letter) else { continue };
        let weight = match script {
            Script::Alone("zh") => 3,
            Script::Alone("ja" | "ko") => 2,
            _ => 1,
        };
        match counts.iter_mut().find(|(known, _)| *known == script) {
            Some((_, count)) => *count += weight,
            None => counts.push((script, weight)),
        }
    }
    let count = |script| counts.iter().find(|(known, _)| *known == script).map_or(0, |(_, count)| *count);
    // Japanese is written in Chinese characters with syllables between them.
    let (kana, han) = (count(Script::Alone("ja")), count(Script::Alone("zh")));
    if kana > 0 && kana * 10 >= han {
        counts.retain(|(script, _)| *script != Script::Alone("zh"));
        counts
            .iter_mut()
            .filter(|(script, _)| *script == Script::Alone("ja"))
            .for_each(|(_, count)| *count += han);
    }
    let (script, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let script =
        if script == Script::Alone("he") && is_yiddish(parts) { Script::Alone("yi") } else { script };
    (count >= LETTERS_MIN).then_some(script)
}

/// Yiddish writes vowels with marks and pairs of letters that Hebrew does without.
fn is_yiddish(parts: &[&str]) -> bool {
    let own = |letter: &char| matches!(letter, '\u{5f0}'..='\u{5f2}' | '\u{5b7}' | '\u{5b8}');
    parts.iter().flat_map(|part| part.chars()).filter(own).count() > 1
}

/// Letters of which one is a language's own, at least, where it is written.
const OWN_LETTERS: usize = 50;

/// Languages written in Cyrillic, by letters that their neighbours do not have, as their alphabets have them (ISO 9, Unicode's
/// Cyrillic block). Counting them is right more often than n-grams are, above all in headlines.
fn by_letters(parts: &[&str]) -> Option<&'static str> {
    let [
        mut uk,
        mut ru,
        mut be,
        mut hard,
        mut kazakh,
        mut bashkir,
        mut tatar,
        mut ae,
        mut ng,
        mut rounded,
        mut other,
    ] = [0usize; 11];
    let (mut soft_i, mut hard_i, mut letters) = (0, 0, 0);
    for letter in parts.iter().flat_map(|part| part.chars()).flat_map(char::to_lowercase) {
        letters += 1;
        hard_i += usize::from(letter == 'ы');
        match letter {
            'ї' | 'є' | 'ґ' => uk += 1,
            'і' => soft_i += 1,
            'ы' | 'э' | 'ё' => ru += 1,
            'ъ' => hard += 1,
            'ў' => be += 1,
            'қ' | 'ғ' | 'ұ' => kazakh += 1,
            'ҙ' | 'ҡ' | 'ҫ' => bashkir += 1,
            'җ' => tatar += 1,
            'ә' => ae += 1,
            'ң' => ng += 1,
            'ө' | 'ү' => rounded += 1,
            'ђ' | 'ј' | 'љ' | 'њ' | 'ћ' | 'џ' | 'ѓ' | 'ќ' | 'ѕ' | 'һ' | 'ҳ' | 'ҷ' | 'ӣ' | 'ӯ' => {
                other += 1
            }
            _ => {}
        }
    }
    let own = kazakh + bashkir + tatar + ae + ng + rounded;
    // A name or two in another's text decide nothing.
    if own + other > 1 && (own + other) * OWN_LETTERS >= letters {
        return match () {
            () if other > own => None,
            () if bashkir > 1 => Some("ba"),
            () if tatar > 0 && ae > 0 => Some("tt"),
            () if kazakh > 0 && (soft_i > 0 || ae > 0 || other == 0) => Some("kk"),
            () if ae > 0 && ng + rounded > 1 => Some(if soft_i > 0 { "kk" } else { "tt" }),
            () if soft_i > 0 => Some("kk"),
            () if ng > 0 || hard_i * 30 > letters => Some("ky"),
            () => Some("mn"),
        };
    }
    if (own + other) * OWN_LETTERS >= letters.max(1) {
        return None;
    }
    match () {
        // Belarusian has і and ў, and also ы and э; neither neighbour has ў.
        () if be > 0 && be * 2 > uk => Some("be"),
        () if uk + soft_i > ru + hard && ru * 4 <= uk + soft_i => Some("uk"),
        () if soft_i > 0 && ru > 0 && uk == 0 => None,
        () if ru > uk + soft_i && (hard == 0 || ru > hard) => Some("ru"),
        () => None,
    }
}

/// Words that one language alone has, of languages that the table does not have.
#[rustfmt::skip]
const WORDS: &[(&str, &[&str])] = &[
    ("uz", &["bilan", "uchun", "haqida", "tomonidan", "yilda", "davlat", "boʻyicha", "bo‘yicha", "bo'yicha", "o‘zbekiston", "o'zbekiston", "oʻzbekiston", "qildi", "bo‘lgan", "ko‘prik"]),
    ("tk", &["bilen", "üçin", "boýunça", "türkmenistanyň", "ýylyň", "döwlet", "türkmenistan", "ýurduň", "barada"]),
    ("ky", &["жана", "менен", "үчүн", "кыргызстан", "кыргыз", "боюнча", "болгон", "жылы", "деп", "эмес"]),
    ("ne", &["छ", "छन्", "हो", "गरेको", "भएको", "लागि", "पनि", "नेपाल", "तथा", "गर्न", "थियो", "रहेको", "गरी", "गर्ने"]),
    ("jv", &["iku", "karo", "kang", "saka", "uga", "kanggo", "nanging", "marang", "dheweke", "wong"]),
    ("ak", &["sɛ", "wɔ", "ɛyɛ", "wɔn", "ɔman", "ɔno", "yɛ", "ɛno", "ɛna", "sɛdeɛ", "deɛ"]),
];

/// A language that the table does not have, if two of its words and one word in seven are its own.
fn by_words(parts: &[&str]) -> Option<&'static str> {
    // How often its words are there, and which of them.
    let mut found = [(0usize, 0u32); WORDS.len()];
    let (mut all, mut lower) = (0, String::new());
    let words = parts.iter().flat_map(|part| part.split(|c: char| !(c.is_alphabetic() || is_inside(c))));
    for word in words.filter(|word| !word.is_empty()) {
        all += 1;
        if word.len() > 26 {
            continue;
        }
        lower.clear();
        lower.extend(word.chars().flat_map(char::to_lowercase));
        for ((_, words), (times, which)) in WORDS.iter().zip(&mut found) {
            if let Some(at) = words.iter().position(|known| *known == lower) {
                (*times, *which) = (*times + 1, *which | 1 << at);
            }
        }
    }
    let (at, (times, which)) = found.iter().enumerate().max_by_key(|(_, (_, which))| which.count_ones())?;
    (which.count_ones() > 1 && times * 7 >= all).then_some(WORDS[at].0)
}

/// What stands inside of words beside letters: apostrophes and Devanagari's marks.
fn is_inside(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʻ' | 'ʼ' | '\u{900}'..='\u{963}')
}

/// What the words of a text cost in each language of the table.
struct Costs {
    costs: [u16; grams::ROOM],
    /// Letters of the table that were counted.
    letters: usize,
}

impl Costs {
    /// Adds a word, its first letters if it is long.
    fn add(&mut self, word: &[char]) {
        let mut key = 0;
        for (at, letter) in word.iter().enumerate() {
            key = grams::key(key, *letter);
            self.letters += usize::from(grams::add(key, at + 1, &mut self.costs));
        }
    }
}

/// The language in which the letters of a script are likeliest behind each other. A word counts once; names keep their letters in every
/// language, so that words with a capital count for less beside others.
fn by_grams(parts: &[&str], script: Script) -> Option<&'static str> {
    let costs = || Costs { costs: [0; grams::ROOM], letters: 0 };
    let (mut small, mut capital) = (costs(), costs());
    let mut seen = [0u64; 16];
    let mut word: Vec<char> = Vec::with_capacity(WORD_LETTERS);
    for letter in parts.iter().flat_map(|part| part.chars().chain([' '])) {
        if letter.is_alphabetic() && script_of(letter) == Some(script) {
            if word.len() < WORD_LETTERS {
                word.push(letter);
            }
            continue;
        }
        let Some(first) = word.first() else { continue };
        let begins = first.is_uppercase();
        let lower: Vec<char> = word.drain(..).flat_map(char::to_lowercase).collect();
        let hash = lower
            .iter()
            .fold(0u64, |hash, letter| (hash ^ u64::from(*letter)).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            >> 54;
        let (at, bit) = (hash as usize / 64, 1 << (hash % 64));
        if seen[at] & bit == 0 {
            seen[at] |= bit;
            if begins { &mut capital } else { &mut small }.add(&lower);
        }
        if small.letters + capital.letters >= LETTERS_LOOKED_AT {
            break;
        }
    }
    let known = small.letters + capital.letters;
    let share = [1, 2, 3][(small.letters / 4).min(2)];
    let cost = |at: usize| -> u16 { small.costs[at] + capital.costs[at] / share + LANGUAGES[at].1 };
    let best = (0..LANGUAGES.len()).min_by_key(|at| cost(*at))?;
    let next = (0..LANGUAGES.len()).filter(|at| *at != best).map(cost).min()?;
    let apart = APART[usize::from(known >= TWO_WORDS)];
    (known >= LETTERS_MIN && next >= cost(best) + apart).then_some(LANGUAGES[best].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(headline: &str, body: &str) -> Option<String> {
        detect(headline, body).map(|language| language.to_string())
    }

    #[test]
    fn languages_of_headlines_and_texts() {
        for (text, language) in [
            ("Верховна Рада ухвалила закон про державний бюджет на наступний рік", "uk"),
            ("Київ отримав нові трамваї", "uk"),
            ("Правительство утвердило новый бюджет страны", "ru"),
            ("Урад зацвердзіў новы бюджэт, паведаміў міністр у панядзелак", "be"),
            ("The government has approved the new budget for the coming year", "en"),
            ("Die Regierung hat den neuen Haushalt für das kommende Jahr gebilligt", "de"),
            ("政府は来年度の新しい予算案を承認した", "ja"),
            ("Nordmann dømt til fengsel i øst for å ha stjålet båter", "nb"),
            ("Vláda schválila nový rozpočet na příští rok", "cs"),
            ("Vláda schválila nový rozpočet na budúci rok", "sk"),
            ("Әкімдік жаңа мектеп салмақ", "kk"),
            ("Қазақстан Президенті жаңа заңға қол қойды", "kk"),
            ("Елімізде жаңа жылда бағдарлама басталады", "kk"),
            (
                "Президент Қасым-Жомарт Тоқаев провёл в столице совещание, на котором министры рассказали о том, как идёт строительство новых школ и больниц в областях страны",
                "ru",
            ),
            ("We vonden hem dood in het bos. We zagen hem, en we vonden hem, zegt de boswachter", "nl"),
            ("Sing along at the LAN party on Friday night", "en"),
            // Names keep their letters, and what is quoted keeps its own.
            ("Erdoğan will meet the president of France in Ankara on Friday", "en"),
            ("Łukasz Żółć and Ángel Muñoz signed the deal with Jürgen Groß in Kraków on Friday", "en"),
            ("Зеленський і Орбан обговорили курс «Nord Stream» у Будапешті", "uk"),
            ("The slogan «Слава Україні» is now a greeting of the armed forces", "en"),
            ("Глава МИД Украины Дмитро Кулеба прибыл в Тбилиси", "ru"),
        ] {
            assert_eq!(named(text, "").as_deref(), Some(language), "{text}");
        }
        for none in ["", "2025", "Ok", "12:40 — 13:10", "NATO", "❤️ 🎉", "https"] {
            assert_eq!(named(none, ""), None, "{none}");
        }
    }

    /// One sentence of each of more than seventy languages, those of their neighbours among them.
    #[test]
    fn a_sentence_of_each_language() {
        let sentences = include_str!("../../../tests/it/headlines/sentences.txt");
        let rows = sentences.lines().map(|line| line.split_once('\t').expect("a code and a sentence"));
        let wrong: Vec<_> = rows
            .map(|(code, sentence)| (code, named("", sentence), sentence))
            .filter(|(code, named, _)| named.as_deref() != Some(*code))
            .collect();
        assert!(sentences.lines().count() >= 70 && wrong.is_empty(), "{wrong:#?}");
    }

    /// The text decides, not what stands around it in another language.
    #[test]
    fn mixed_pages() {
        let english =
            "The harbour office said on Monday that the ferry would run again as soon as the ice is gone. "
                .repeat(4);
        for around in [
            "Головна Новини Читайте також Поділитися",
            "Главная Новости Читайте также Поделиться",
            "最新 天氣",
        ] {
            assert_eq!(named(around, &english).as_deref(), Some("en"), "{around}");
        }
    }

    /// Headlines of some 40 letters, those of the neighbour's words among them.
    #[test]
    fn headlines() {
        for (language, headlines) in [
            ("en", include_str!("../../../tests/it/headlines/en.txt")),
            ("uk", include_str!("../../../tests/it/headlines/uk.txt")),
            ("ru", include_str!("../../../tests/it/headlines/ru.txt")),
        ] {
            let missed: Vec<(&str, Option<String>)> = headlines
                .lines()
                .map(|headline| (headline, named(headline, "")))
                .filter(|(_, named)| named.as_deref() != Some(language))
                .collect();
            assert!(missed.len() * 20 <= headlines.lines().count(), "{language}: {missed:?}");
        }
    }
}
