//! From text to tokens: what a word is, what is folded, and which forms belong to one word.
//!
//! The index holds every word as it is printed, folded, under the letter of its language. Which other forms of a word there
//! are is found when it is asked for: those words of the same language in the index that have the same **keys**. So a quoted
//! word is exact without a second index, and another stemmer needs no new one.
//!
//! Folded is: case; Unicode compatibility forms (NFKC); the apostrophes `' ’ ʼ ` ` into one; ё into е; stress marks; Latin
//! look-alikes inside Cyrillic words and the reverse; diacritics in languages whose readers leave them out. Chinese, Japanese,
//! Thai and their neighbours, which print no blanks, are cut into overlapping pairs of letters.

use super::starts::reduced;
use crate::model::Language;
use frostem::{Algorithm, Stemmer};
use std::borrow::Cow;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark, is_nfkc_quick};

/// Name and version of what makes tokens. An index that was made by another one is made again.
pub const VERSION: &str = "words 1";

/// The longest token, in letters; of longer ones the start is kept.
const LETTERS_MAX: usize = 64;

/// A language as the index tells them apart: the letter before each of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u8);

/// A writing system, as far as it decides which languages a word can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Cyrillic,
    Other,
}

struct Known {
    code: Code,
    name: &'static str,
    script: Script,
    stemmer: Option<Algorithm>,
    /// Whether its readers expect `cafe` to find `café`.
    folds: bool,
}

impl Code {
    /// Words of a language that is not one of those below, in any script but Cyrillic, and numbers.
    pub const OTHER: Code = Code(b'x');
    /// Cyrillic words of languages without a stemmer.
    const CYRILLIC: Code = Code(b'z');
    /// Cyrillic words in texts of another script or of no known language: Ukrainian or Russian.
    const EITHER: Code = Code(b'y');
    const ENGLISH: Code = Code(b'a');
    const RUSSIAN: Code = Code(b'b');
    const UKRAINIAN: Code = Code(b'c');

    fn known(self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.code == self)
    }

    fn folds(self) -> bool {
        self.known().is_none_or(|known| known.folds)
    }

    /// The writing system of most of its words.
    pub(super) fn script(self) -> Script {
        match self {
            Code::CYRILLIC | Code::EITHER => Script::Cyrillic,
            _ => self.known().map_or(Script::Latin, |known| known.script),
        }
    }

    /// The letter as text, to put before a word.
    pub(super) fn letter(self) -> char {
        self.0 as char
    }

    /// The language of an article.
    pub fn of(language: Option<Language>) -> Code {
        let Some(language) = language else { return Code::OTHER };
        let name = language.to_string();
        match KNOWN.iter().find(|known| known.name == name) {
            Some(known) => known.code,
            None if matches!(name.as_str(), "be" | "bg" | "mk" | "sr" | "kk" | "ky" | "mn" | "tg" | "tt") => {
                Code::CYRILLIC
            }
            None => Code::OTHER,
        }
    }

    /// The language of one word in an article.
    fn of_word(self, script: Script) -> Code {
        match (self.script(), script) {
            (own, script) if own == script && self != Code::OTHER => self,
            (_, Script::Cyrillic) => Code::EITHER,
            (_, Script::Latin) if self == Code::OTHER => Code::OTHER,
            (_, Script::Latin) => Code::ENGLISH,
            _ => Code::OTHER,
        }
    }

    /// Every language.
    pub(super) fn all() -> impl Iterator<Item = Code> {
        KNOWN.iter().map(|known| known.code).chain([Code::OTHER, Code::CYRILLIC, Code::EITHER])
    }

    /// The language of a term of the index.
    pub(super) fn of_term(term: &str) -> Option<Code> {
        term.bytes().next().filter(u8::is_ascii_alphabetic).map(Code)
    }

    /// Every language that a word could be in.
    pub fn candidates(word: &str) -> Vec<Code> {
        let script = script(word);
        let known = KNOWN.iter().filter(|known| known.script == script).map(|known| known.code);
        let rest: &[Code] = match script {
            Script::Cyrillic => &[Code::EITHER, Code::CYRILLIC],
            _ => &[Code::OTHER],
        };
        known.chain(rest.iter().copied()).collect()
    }
}

const fn known(code: u8, name: &'static str, script: Script, stemmer: Algorithm, folds: bool) -> Known {
    Known { code: Code(code), name, script, stemmer: Some(stemmer), folds }
}

/// A language whose forms are found by rules of our own.
const fn own(code: u8, name: &'static str, script: Script) -> Known {
    Known { code: Code(code), name, script, stemmer: None, folds: true }
}

/// The languages with a stemmer. Letters are never given to another language.
#[rustfmt::skip]
static KNOWN: [Known; 26] = [
    own(b'a', "en", Script::Latin),
    own(b'b', "ru", Script::Cyrillic),
    own(b'c', "uk", Script::Cyrillic),
    known(b'd', "de", Script::Latin, Algorithm::German, true),
    known(b'e', "fr", Script::Latin, Algorithm::French, true),
    known(b'f', "es", Script::Latin, Algorithm::Spanish, true),
    known(b'g', "it", Script::Latin, Algorithm::Italian, true),
    known(b'h', "pt", Script::Latin, Algorithm::Portuguese, true),
    known(b'i', "ca", Script::Latin, Algorithm::Catalan, true),
    known(b'j', "ro", Script::Latin, Algorithm::Romanian, true),
    known(b'k', "nl", Script::Latin, Algorithm::Dutch, true),
    known(b'l', "sv", Script::Latin, Algorithm::Swedish, false),
    known(b'm', "da", Script::Latin, Algorithm::Danish, false),
    known(b'n', "no", Script::Latin, Algorithm::Norwegian, false),
    known(b'o', "fi", Script::Latin, Algorithm::Finnish, false),
    known(b'p', "et", Script::Latin, Algorithm::Estonian, false),
    known(b'q', "hu", Script::Latin, Algorithm::Hungarian, false),
    known(b'r', "pl", Script::Latin, Algorithm::Polish, false),
    known(b's', "cs", Script::Latin, Algorithm::Czech, false),
    known(b't', "lt", Script::Latin, Algorithm::Lithuanian, false),
    known(b'u', "tr", Script::Latin, Algorithm::Turkish, false),
    known(b'v', "el", Script::Other, Algorithm::Greek, true),
    known(b'w', "hy", Script::Other, Algorithm::Armenian, true),
    known(b'A', "hi", Script::Other, Algorithm::Hindi, true),
    known(b'B', "eo", Script::Latin, Algorithm::Esperanto, false),
    known(b'C', "eu", Script::Latin, Algorithm::Basque, true),
];

fn is_cyrillic(letter: char) -> bool {
    matches!(letter, '\u{400}'..='\u{52f}')
}

/// The script of most letters of a word; Cyrillic if there are as many Latin ones.
fn script(word: &str) -> Script {
    // Most words of most texts.
    if word.is_ascii() {
        return Script::Latin;
    }
    let (mut latin, mut cyrillic, mut other) = (0, 0, 0);
    for letter in word.chars().filter(|letter| letter.is_alphabetic()) {
        match letter {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => latin += 1,
            letter if is_cyrillic(letter) => cyrillic += 1,
            _ => other += 1,
        }
    }
    match cyrillic {
        1.. if cyrillic >= latin && cyrillic >= other => Script::Cyrillic,
        _ if other > latin => Script::Other,
        _ => Script::Latin,
    }
}

/// Scripts that put no blanks between words.
fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a word is one letter of such a script.
pub fn is_unspaced_letter(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(is_unspaced) && letters.next().is_none()
}

/// What prints an apostrophe inside of a word.
pub fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '\u{2019}' | '\u{2bc}' | '`' | '\u{2018}' | '\u{b4}' | '\u{2032}' | '\u{ff07}')
}

/// Folds one word for a language.
fn fold(word: &str, code: Code, into: &mut String) {
    if word.is_ascii() {
        into.extend(
            word.bytes().map(|byte| if byte == b'`' { '\'' } else { byte.to_ascii_lowercase() as char }),
        );
        return;
    }
    let (mut cyrillic, mut latin) = (0, 0);
    let mut plain = true;
    for letter in word.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' => latin += 1,
            letter if is_cyrillic(letter) => cyrillic += 1,
            letter if is_apostrophe(letter) => {}
            '0'..='9' => {}
            _ => plain = false,
        }
    }
    let normal: Cow<'_, str> = match is_nfkc_quick(word.chars()) {
        _ if plain => word.into(),
        unicode_normalization::IsNormalized::Yes => word.into(),
        _ => word.nfkc().collect::<String>().into(),
    };
    let start = into.len();
    for letter in normal.chars().flat_map(char::to_lowercase) {
        match letter {
            'ё' => into.push('е'),
            letter if is_apostrophe(letter) => into.push('\''),
            // Stress marks, the dot of the Turkish capital, joiners.
            '\u{300}' | '\u{301}' | '\u{307}' if cyrillic > 0 || letter == '\u{307}' => {}
            '\u{200c}' | '\u{200d}' => {}
            'ß' => into.push_str("ss"),
            'æ' if code.folds() => into.push_str("ae"),
            'œ' => into.push_str("oe"),
            'ø' if code.folds() => into.push('o'),
            'đ' if code.folds() => into.push('d'),
            'ł' if code.folds() => into.push('l'),
            'ı' if code.folds() => into.push('i'),
            'ς' => into.push('σ'),
            'a'..='z' if cyrillic >= latin && cyrillic > 0 => {
                into.push(cyrillic_twin(letter).unwrap_or(letter))
            }
            letter if is_cyrillic(letter) && latin > cyrillic => {
                into.push(latin_twin(letter).unwrap_or(letter));
            }
            '\u{c0}'..='\u{24f}'
            | '\u{1e00}'..='\u{1eff}'
            | '\u{370}'..='\u{3ff}'
            | '\u{1f00}'..='\u{1fff}'
                if code.folds() =>
            {
                into.extend(letter.nfd().filter(|part| !is_combining_mark(*part)));
            }
            letter => into.push(letter),
        }
    }
    if into.len() == start {
        into.push_str(word);
    }
}

/// Latin letters and the Cyrillic ones that look like them (Unicode Technical Standard 39, confusables).
#[rustfmt::skip]
const TWINS: [(char, char); 15] = [
    ('a', 'а'), ('b', 'в'), ('c', 'с'), ('e', 'е'), ('h', 'н'), ('i', 'і'), ('k', 'к'), ('m', 'м'), ('o', 'о'), ('p', 'р'), ('t', 'т'), ('x', 'х'),
    ('y', 'у'), ('j', 'ј'), ('s', 'ѕ'),
];

fn cyrillic_twin(letter: char) -> Option<char> {
    TWINS.iter().find(|(latin, _)| *latin == letter).map(|(_, cyrillic)| *cyrillic)
}

fn latin_twin(letter: char) -> Option<char> {
    TWINS.iter().find(|(_, cyrillic)| *cyrillic == letter).map(|(latin, _)| *latin)
}

/// A word in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As the index has it: the letter of the language, and the folded word.
    pub term: String,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// A word without soft hyphens, of no more than `LETTERS_MAX` letters.
pub fn cleaned(word: &str) -> String {
    word.chars().filter(|letter| *letter != '\u{ad}').take(LETTERS_MAX).collect()
}

/// The words of a text, one after the other.
#[derive(Clone)]
pub struct Words<'a> {
    text: &'a str,
    at: usize,
    code: Code,
    token: Token,
}

impl<'a> Words<'a> {
    /// Those of a text in a language.
    pub fn new(text: &'a str, code: Code) -> Words<'a> {
        Words { text, at: 0, code, token: Token::default() }
    }

    /// Finds the next run of letters and digits; whether it is one of a script without blanks.
    fn run(&mut self) -> Option<(usize, usize, bool)> {
        let bytes = self.text.as_bytes();
        let mut start = None;
        while self.at < bytes.len() {
            let byte = bytes[self.at];
            if byte < 0x80 {
                let inside = byte.is_ascii_alphanumeric()
                    || start.is_some() && (byte == b'\'' || byte == b'`') && self.letter_follows(start);
                match (inside, start) {
                    (true, None) => start = Some(self.at),
                    (false, Some(start)) => return Some((start, self.at, false)),
                    _ => {}
                }
                self.at += 1;
                continue;
            }
            let Some(letter) = self.text[self.at..].chars().next() else { break };
            if is_unspaced(letter)
                && (letter.is_alphanumeric() || is_combining_mark(letter) || letter == 'ー')
            {
                if let Some(start) = start {
                    return Some((start, self.at, false));
                }
                return Some((self.at, self.at + letter.len_utf8(), true));
            }
            let inside = letter.is_alphanumeric()
                || start.is_some()
                    && (is_combining_mark(letter) || matches!(letter, '\u{200c}' | '\u{200d}' | '\u{ad}'))
                || start.is_some() && is_apostrophe(letter) && self.letter_follows(start);
            match (inside, start) {
                (true, None) => start = Some(self.at),
                (false, Some(start)) => return Some((start, self.at, false)),
                _ => {}
            }
            self.at += letter.len_utf8();
        }
        start.map(|start| (start, self.at, false))
    }

    /// Whether what comes after the letter here goes on with the word.
    fn letter_follows(&self, start: Option<usize>) -> bool {
        let mut rest = self.text[self.at..].chars();
        rest.next();
        let follows = rest.next().is_some_and(char::is_alphabetic);
        // In French, Italian and Catalan an apostrophe ends an article: l'Ukraine, dell'Ucraina.
        let elides = matches!(self.code, Code(b'e' | b'g' | b'i'));
        let article = |start: usize| {
            let before = self.text[start..self.at].to_lowercase();
            let articles = [
                "l", "d", "j", "m", "n", "s", "t", "c", "qu", "un", "dell", "all", "nell", "sull", "dall",
                "quest", "quell",
            ];
            articles.contains(&before.as_str())
        };
        follows && !(elides && start.is_some_and(article))
    }

    fn give(&mut self, start: usize, end: usize) {
        let text = self.text;
        let word = &text[start..end];
        let kept: Cow<'_, str> = if word.len() <= LETTERS_MAX && !word.contains('\u{ad}') {
            word.into()
        } else {
            cleaned(word).into()
        };
        let code = self.code.of_word(script(&kept));
        self.token.text.clear();
        self.token.text.push(code.letter());
        fold(&kept, code, &mut self.token.text);
        (self.token.offset_from, self.token.offset_to) = (start, end);
        self.token.position = self.token.position.wrapping_add(1);
    }
}

impl TokenStream for Words<'_> {
    fn advance(&mut self) -> bool {
        let Some((start, mut end, unspaced)) = self.run() else { return false };
        if unspaced {
            // A pair of this letter and the next one; the last letter of a run is given alone.
            self.at = end;
            let next = self.text[end..].chars().next();
            let next = next.filter(|letter| is_unspaced(*letter) && letter.is_alphanumeric());
            end += next.map_or(0, char::len_utf8);
        }
        self.give(start, end);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        self.advance().then(|| Word {
            term: self.token.text.clone(),
            start: self.token.offset_from,
            end: self.token.offset_to,
        })
    }
}

/// What tantivy cuts texts with; the first letter of a text is its language.
#[derive(Clone)]
pub struct Analyzer;

impl Tokenizer for Analyzer {
    type TokenStream<'a> = Words<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words<'a> {
        let code = text.bytes().next().map_or(Code::OTHER, Code);
        Words::new(text.get(1..).unwrap_or(""), code)
    }
}

/// A text with its language before it, for [`Analyzer`].
pub fn with_code(code: Code, text: &str) -> String {
    let mut coded = String::with_capacity(text.len() + 1);
    coded.push(code.letter());
    coded.push_str(text);
    coded
}

/// A folded word in a language, as the index has it.
pub fn term(code: Code, word: &str) -> String {
    let mut term = String::from(code.letter());
    fold(word, code, &mut term);
    term
}

/// Whether two words are forms of one, in a language: the forms of the word that was asked for.
#[derive(Clone, Debug)]
pub struct Forms {
    code: Code,
    keys: Vec<String>,
    /// What every form begins with: one of these.
    pub prefixes: Vec<String>,
    /// The term itself.
    pub term: String,
}

impl Forms {
    /// Those of a word, as the index has it in this language.
    pub fn of(code: Code, word: &str) -> Forms {
        let term = term(code, word);
        let folded = &term[1..];
        let keys = keys(code, folded);
        let mut prefixes: Vec<String> = Vec::new();
        if !keys.is_empty() {
            for start in starts(code, folded, &keys) {
                prefixes.push(format!("{}{start}", code.letter()));
            }
        }
        Forms { code, keys, prefixes: reduced(prefixes), term }
    }

    /// Whether a term of the index is one.
    pub fn has(&self, term: &str) -> bool {
        term == self.term
            || term.starts_with(self.code.letter())
                && self.prefixes.iter().any(|prefix| term.starts_with(prefix.as_str()))
                && keys(self.code, &term[1..]).iter().any(|key| self.keys.contains(key))
    }
}

/// The spellings of a word that has ґ, or г where ґ may be meant.
pub fn ge_variants(word: &str) -> Vec<String> {
    let places: Vec<usize> = word
        .char_indices()
        .filter(|(_, letter)| matches!(letter, 'г' | 'ґ' | 'Г' | 'Ґ'))
        .map(|(at, _)| at)
        .collect();
    if places.is_empty() || places.len() > 4 {
        return vec![word.to_owned()];
    }
    (0..1u32 << places.len())
        .map(|choice| {
            let turned = |(at, letter): (usize, char)| match places.iter().position(|place| *place == at) {
                None => letter,
                Some(bit) if choice >> bit & 1 == 1 => 'ґ',
                Some(_) => 'г',
            };
            word.char_indices().map(turned).collect()
        })
        .collect()
}

fn stem(algorithm: Algorithm, word: &str) -> Cow<'_, str> {
    Stemmer::new(algorithm).stem(word)
}

/// What the forms of a word have in common: those of one word share a key. None in languages without a stemmer, and none of what
/// has a digit in it: numbers, types and codes are not declined.
fn keys(code: Code, word: &str) -> Vec<String> {
    if !word.chars().any(char::is_alphabetic) || word.chars().any(char::is_numeric) {
        return Vec::new();
    }
    match code {
        Code::EITHER => {
            let mut keys: Vec<String> =
                keys(Code::UKRAINIAN, word).into_iter().map(|key| format!("c{key}")).collect();
            keys.extend(super::russian::keys(word).into_iter().map(|key| format!("b{key}")));
            keys
        }
        Code::RUSSIAN => super::russian::keys(word),
        Code::UKRAINIAN => super::ukrainian::keys(word),
        Code::ENGLISH => super::english::keys(word),
        code => code
            .known()
            .and_then(|known| known.stemmer)
            .map(|algorithm| stem(algorithm, word).into_owned())
            .into_iter()
            .collect(),
    }
}

/// The stems that a folded Cyrillic word has if it is a noun or an adjective, as names are, each with the letter of its declension.
pub(super) fn name_stems(code: Code, word: &str) -> Vec<(char, String)> {
    let stems = |keys: Vec<String>, tags: &str| -> Vec<(char, String)> {
        let stem = |key: &String| {
            key.chars().next().filter(|tag| tags.contains(*tag)).map(|tag| (tag, key[1..].to_owned()))
        };
        keys.iter().filter_map(stem).collect()
    };
    let (uk, ru) = (code != Code::RUSSIAN, code != Code::UKRAINIAN);
    let mut all = if uk { stems(super::ukrainian::keys(word), "fsmdtjk") } else { Vec::new() };
    if ru {
        all.extend(stems(super::russian::keys(word), "hfsa"));
    }
    all
}

/// What forms of a word can begin with.
fn starts(code: Code, word: &str, keys: &[String]) -> Vec<String> {
    match code {
        Code::UKRAINIAN => super::ukrainian::starts(word),
        Code::RUSSIAN => super::russian::starts(word),
        Code::EITHER => {
            let mut starts = super::ukrainian::starts(word);
            starts.extend(super::russian::starts(word));
            starts
        }
        Code::ENGLISH => super::english::starts(word),
        _ => keys.iter().map(|key| shared(word, key)).collect(),
    }
}

/// The start of a word that its other forms have too: up to where its stem differs, less two letters, but not less than two.
fn shared(word: &str, stem: &str) -> String {
    let common = word.chars().zip(stem.chars()).take_while(|(a, b)| a == b).count();
    let kept = common.saturating_sub(2).max(2).min(word.chars().count());
    word.chars().take(kept).collect()
}
