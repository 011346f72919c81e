//! Russian: the paradigms of Zaliznyak's grammatical dictionary, as keys.
//!
//! A key is a tag and a stem: the word could be a form of that stem by the declension or conjugation that the
//! tag names. Two words that could be forms of one stem by one paradigm belong together. The tags: `h` and `f`
//! nouns of the hard declension (masculine and neuter; feminine), `s` nouns of the soft one, `a` adjectives, `y`
//! names of young animals; `j` verbs whose stem ends in a vowel (делаю, требую), `w` those in -авать, `e` those
//! in -ать that change a consonant (пишу), `2` the second conjugation, `6` those in -нуть; `=`, `g` and `v` the closed
//! lists of nouns, of words that have forms of several stems, and of verbs, with the place in the list. `p` before the tag is of
//! participles and of the forms that are surely a verb's, `~` at the end of reflexive verbs.

use super::starts::{REFLEXIVE, few, reduced};
use crate::text::lists::words;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

words! { "russian.toml":
    /// Pronouns, numerals and what has forms of several stems: nothing else is a form of one, but of those with `+`.
    GROUPS;
    /// Nouns and adjectives of which a form or a number has another stem; the keys of a line are of one word.
    IRREGULAR;
    /// Verbs whose stems no rule joins, without their prefixes. `~` stands for the endings of the present tense and the
    /// imperative in the first conjugation, `*` in the second, `^` for those of the past. A line that begins with `!` has no prefixes, one with `+` always has one.
    VERBS;
    /// The prefixes of verbs, with the vowel or the hard sign that some have before some stems.
    PREFIXES;
    /// Ends of the roots of verbs in -ать after a hushing consonant that go by the second conjugation.
    HUSHING;
    /// The endings of adjectives, hard and soft.
    ADJECTIVE;
}

/// The endings of the present tense and of the imperative in the first conjugation.
#[rustfmt::skip]
const FIRST: &[&str] = &["у", "ю", "ешь", "ет", "ем", "ете", "ут", "ют", "и", "ите", "ь", "ьте", "й", "йте"];

/// The same in the second conjugation.
const SECOND: &[&str] = &["у", "ю", "ишь", "ит", "им", "ите", "ят", "ат", "и"];

/// Stems of adjectives that have no short forms, which would be those of nouns (друг, лев).
const WITHOUT_SHORT: &[&str] = &["друг", "лев"];

/// Endings of nouns after any hard consonant.
const HARD: &[&str] = &["а", "у", "ом", "е", "о", "ов", "ам", "ами", "ах", "ой", "ою"];

/// Endings of nouns after a soft consonant.
const SOFT: &[&str] = &["ь", "я", "ю", "ем", "е", "и", "ей", "ям", "ями", "ях", "ью", "ею", "ьми"];

/// Endings of nouns after a vowel and after the soft sign.
const VOCALIC: &[&str] = &["й", "я", "ю", "ем", "е", "и", "ей", "ям", "ями", "ях", "ею", "ев"];

/// Before superlatives: наиважнейший.
const MOST: &str = "наи";

/// Begins the key of a participle and of the forms that it meets.
const PARTICIPLE: char = 'p';

fn vowel(letter: char) -> bool {
    matches!(letter, 'а' | 'е' | 'и' | 'о' | 'у' | 'ы' | 'э' | 'ю' | 'я')
}

fn hushing(letter: char) -> bool {
    matches!(letter, 'ж' | 'ш' | 'ч' | 'щ')
}

fn velar(letter: char) -> bool {
    matches!(letter, 'г' | 'к' | 'х')
}

fn consonant(letter: char) -> bool {
    !vowel(letter) && !matches!(letter, 'ь' | 'ъ' | 'й' | '-')
}

fn last(text: &str) -> char {
    text.chars().next_back().unwrap_or('-')
}

fn letters(text: &str) -> usize {
    text.chars().count()
}

/// Whether a noun or an adjective can have the stem: only listed ones have none of the vowels.
fn is_stem(tag: char, stem: &str) -> bool {
    letters(stem) > 1 && (stem.contains(vowel) || lists().bare.contains(&(tag, stem)))
}

/// The text without its last letters.
fn without(text: &str, count: usize) -> &str {
    text.char_indices().nth_back(count.saturating_sub(1)).map_or("", |(place, _)| &text[..place])
}

/// The keys of a word while they are collected.
struct Keys(Vec<String>);

impl Keys {
    fn push(&mut self, tag: char, stem: &str) {
        self.join(tag, stem, "");
    }

    fn join(&mut self, tag: char, stem: &str, end: &str) {
        let is = |key: &String| {
            key.strip_prefix(tag).and_then(|rest| rest.strip_prefix(stem)).is_some_and(|rest| rest == end)
        };
        if !self.0.iter().any(is) {
            let mut key = String::with_capacity(2 + stem.len() + end.len());
            key.push(tag);
            key.push_str(stem);
            key.push_str(end);
            self.0.push(key);
        }
    }

    /// A stem of the hard declension; граждан-ин has граждан-е, кот-енок has кот-ята.
    fn hard(&mut self, stem: &str, end: &str) {
        if !is_stem('h', stem) {
            return;
        }
        if !matches!(end, "о" | "ом" | "ов" | "ем" | "ев" | "ь" | "ью") {
            self.push('f', stem);
        }
        if matches!(end, "ой" | "ою" | "ею") {
            return;
        }
        self.push('h', stem);
        if let Some(root) = stem.strip_suffix("ин")
            && (root.ends_with("ан") || root.ends_with("ян"))
        {
            self.push('h', root);
        }
        for end in ["енок", "енк", "онок", "онк", "ят", "ат"] {
            if let Some(root) = stem.strip_suffix(end)
                && letters(root) > 2
                && (end != "ат" || hushing(last(root)))
            {
                self.push('y', root);
            }
        }
    }

    /// The stem of a form that has no ending, without the vowel that comes and goes before its last consonant.
    fn fleeting(&mut self, form: &str, tags: &[char], soft: bool) {
        let mut back = form.chars().rev();
        let (Some(end), Some(middle), Some(before)) = (back.next(), back.next(), back.next()) else { return };
        let goes = match end {
            'к' | 'ц' | 'л' | 'н' | 'р' => true,
            'м' => middle == 'е',
            'б' => middle == 'е' && before == 'д',
            'г' => matches!(before, 'н' | 'л'),
            'т' | 'в' => soft,
            _ => false,
        };
        if !goes || !matches!(middle, 'е' | 'о') || letters(form) < 4 {
            return;
        }
        let root = without(form, 2);
        let mut tail = String::with_capacity(4);
        for &tag in tags {
            for joint in ["", "ь", "й"] {
                let fits = match joint {
                    "" => consonant(before) && (before != 'л' || middle == 'о' || soft),
                    "ь" => {
                        middle == 'е'
                            && !soft
                            && matches!(before, 'л' | 'н' | 'р' | 'с' | 'д' | 'т' | 'з' | 'в')
                    }
                    _ => middle == 'е' && vowel(before),
                };
                if fits {
                    tail.clear();
                    tail.push_str(joint);
                    tail.push(end);
                    self.join(tag, root, &tail);
                }
            }
        }
    }

    /// Nouns of the hard declension, and of the mixed one after hushing consonants and ц.
    fn hard_nouns(&mut self, word: &str) {
        for end in HARD {
            if let Some(stem) = word.strip_suffix(end)
                && consonant(last(stem))
            {
                self.hard(stem, end);
            }
        }
        for end in ["ы", "и", "ем", "ей", "ею", "ев", "ь", "ью", "ым", "ых", "ыми"] {
            let Some(stem) = word.strip_suffix(end) else { continue };
            let letter = last(stem);
            let fits = match end {
                "ы" => consonant(letter) && !velar(letter) && !hushing(letter),
                "и" => velar(letter) || hushing(letter),
                "ев" => letter == 'ц',
                "ем" | "ей" | "ею" => letter == 'ц' || hushing(letter),
                "ь" | "ью" => hushing(letter),
                // surnames
                _ => ["ов", "ев", "ин", "ын"].iter().any(|end| stem.ends_with(end)),
            };
            if fits {
                self.hard(stem, end);
            }
        }
        if consonant(last(word)) {
            self.hard(word, "");
            self.fleeting(word, &['h', 'f', 'a'], false);
            if word.ends_with("ен") {
                self.fleeting(word, &['s'], false);
            }
        }
    }

    fn soft(&mut self, stem: &str) {
        if is_stem('s', stem) {
            self.push('s', stem);
            // воскресенье, воскресение
            if let Some(root) = stem.strip_suffix('ь').filter(|root| root.ends_with('н') && letters(root) > 4)
            {
                self.join('s', root, "и");
            }
        }
    }

    /// Nouns of the soft declension, also those with a stem in a vowel (случай, армия) or in ь (статья, платье).
    fn soft_nouns(&mut self, word: &str) {
        for end in SOFT {
            if let Some(stem) = word.strip_suffix(end) {
                let letter = last(stem);
                if consonant(letter) && !velar(letter) && !hushing(letter) && letter != 'ц' {
                    self.soft(stem);
                }
            }
        }
        for end in VOCALIC {
            if let Some(stem) = word.strip_suffix(end)
                && (vowel(last(stem)) || (last(stem) == 'ь' && *end != "й"))
            {
                self.soft(stem);
            }
        }
        for end in ["ей", "ий"] {
            if let Some(stem) = word.strip_suffix(end)
                && consonant(last(stem))
                && letters(stem) > 1
                && !velar(last(stem))
            {
                self.join('s', stem, "ь");
            }
        }
        if let Some(form) = word.strip_suffix('ь').or_else(|| word.strip_suffix("ью")) {
            self.fleeting(form, &['s'], true);
        }
    }

    /// Adjectives: full and short forms, the comparative in -ее, the superlative in -ейший, третий.
    fn adjectives(&mut self, word: &str) {
        for end in ADJECTIVE.iter() {
            let Some(stem) = word.strip_suffix(end) else { continue };
            if !is_stem('a', stem) {
                continue;
            }
            let (letter, soft) = (last(stem), !end.starts_with(['ы', 'о', 'а', 'у']));
            let fits = match letter {
                'ь' => end.starts_with(['е', 'и']),
                // Nouns in -ение and -ание are no soft adjectives.
                _ if soft && ["ен", "ан", "ян"].iter().any(|end| stem.ends_with(end)) => false,
                _ if soft && *end != "ее" => letter == 'н' || velar(letter) || hushing(letter),
                _ => consonant(letter),
            };
            if fits {
                self.push('a', stem);
            }
            if let Some(root) = stem.strip_suffix("ейш")
                && letters(root) > 2
            {
                self.push('a', root);
            } else if let Some(root) = stem.strip_suffix("айш") {
                self.compared(root);
            }
            if *end == "ий" && consonant(last(stem)) && !velar(last(stem)) {
                self.join('a', stem, "ь");
            }
        }
        for end in ["", "а", "о", "ы", "и", "я", "е", "ю"] {
            let Some(stem) = word.strip_suffix(end) else { continue };
            let letter = last(stem);
            let fits = match end {
                "и" => velar(letter) || hushing(letter) || letter == 'ь',
                "я" | "е" | "ю" => letter == 'ь',
                _ => consonant(letter),
            };
            // Of a long word in -ов that is the genitive of a noun.
            let genitive = end.is_empty() && letters(stem) > 6 && stem.ends_with("ов");
            if fits && is_stem('a', stem) && !WITHOUT_SHORT.contains(&stem) && !genitive {
                self.push('a', stem);
            }
        }
        if word.ends_with("ен") && letters(word) > 5 {
            self.join('a', word, "н");
        }
        if let Some(stem) = word.strip_suffix('е').filter(|stem| hushing(last(stem)) && *stem != "уж") {
            self.push('a', stem);
            self.compared(stem);
        }
    }

    /// The stems of an adjective whose last consonant became another in a comparative or a superlative: строже, ярче, чаще, тише, реже,
    /// широчайший.
    fn compared(&mut self, stem: &str) {
        let root = without(stem, 1);
        let ends: &[&str] = match last(stem) {
            'ж' => &["г", "д", "дк", "зк"],
            'ч' => &["к", "т", "тк"],
            'щ' => &["ст", "ск"],
            'ш' => &["х"],
            _ => &[],
        };
        for end in ends {
            if letters(root) > 1 {
                self.join('a', root, end);
            }
        }
        self.push('a', stem);
    }

    fn verb(&mut self, tag: char, stem: &str, least: usize) {
        if letters(stem) >= least {
            self.push(tag, stem);
        }
    }

    /// The stems of the infinitive that a stem of the present can have, by the alternation of the last consonant.
    fn mutated(&mut self, tag: char, stem: &str) {
        let root = without(stem, 1);
        let ends: &[&str] = match last(stem) {
            'ш' => &["с", "х"],
            'ж' if root.ends_with('з') => &["д"],
            'ж' => &["з", "г", "д"],
            'ч' => &["т", "к"],
            'щ' => &["ст", "ск", "т"],
            'л' if matches!(last(root), 'б' | 'п' | 'в' | 'м' | 'ф') => &[""],
            _ => &[],
        };
        for end in ends {
            if letters(root) + letters(end) > 2 {
                self.join(tag, root, end);
            }
        }
    }

    /// What the stem of an infinitive or of a past tense, up to its thematic vowel, can belong to.
    fn theme(&mut self, stem: &str) {
        let root = without(stem, 1);
        match last(stem) {
            'а' => {
                self.verb('j', stem, 3);
                self.verb('e', root, 3);
                if HUSHING.iter().any(|end| root.ends_with(end)) {
                    self.push('2', root);
                }
                if let Some(root) = stem.strip_suffix("ова")
                    && letters(root) > 1
                {
                    self.join('j', root, "у");
                } else if let Some(root) = stem.strip_suffix("ева")
                    && letters(root) > 1
                {
                    self.join('j', root, if hushing(last(root)) || root.ends_with('ц') { "у" } else { "ю" });
                }
                self.lengthened(stem);
            }
            'я' => {
                self.verb('j', stem, 3);
                if vowel(last(root)) {
                    self.verb('j', root, 3);
                }
                if stem.ends_with("стоя") || stem.ends_with("боя") {
                    self.push('2', root);
                }
            }
            'е' => {
                self.verb('j', stem, 3);
                self.verb('2', root, 3);
            }
            'и' => self.verb('2', root, 3),
            'у' if root.ends_with('н') => self.momentary(without(root, 1)),
            'у' => self.verb('j', stem, 3),
            _ => {}
        }
    }

    /// The root of a verb in -нуть.
    fn momentary(&mut self, root: &str) {
        self.verb('6', root, if vowel(last(root)) { 2 } else { 3 });
    }

    /// The stem in -ва- of давать, узнавать, вставать, which the present tense is without.
    fn lengthened(&mut self, stem: &str) {
        if let Some(root) = stem.strip_suffix("ва")
            && ["да", "зна", "ста"].iter().any(|end| root.ends_with(end))
        {
            self.push('w', root);
        }
    }

    /// A stem of the present tense before an ending of the first conjugation.
    fn first(&mut self, stem: &str) {
        let letter = last(stem);
        if vowel(letter) {
            self.verb('j', stem, 3);
            if ["да", "зна", "ста"].iter().any(|end| stem.ends_with(end)) {
                self.push('w', stem);
            }
        } else {
            self.mutated('e', stem);
            if letter == 'н' {
                self.momentary(without(stem, 1));
            }
        }
    }

    /// A stem of the present tense before an ending of the second conjugation; стоять and бояться have short ones.
    fn second(&mut self, stem: &str) {
        let least = if stem.ends_with("сто") || stem.ends_with("бо") { 2 } else { 3 };
        self.verb('2', stem, least);
    }

    fn verbs(&mut self, word: &str) {
        // A reflexive verb is a word of its own: читается is no form of читать, as in the dictionaries.
        let from = self.0.len();
        if let Some(plain) = word.strip_suffix("ся").or_else(|| word.strip_suffix("сь")) {
            self.plain_verbs(plain);
            self.0[from..].iter_mut().for_each(|key| key.push(REFLEXIVE));
        } else {
            self.plain_verbs(word);
        }
    }

    fn plain_verbs(&mut self, word: &str) {
        let from = self.0.len();
        let is_listed = self.listed(word);
        // передать goes as дать does, and no longer as читать.
        let is_regular = |stem: &str| !(is_listed && (stem.ends_with("да") || stem.ends_with("ста")));
        if let Some(stem) = word.strip_suffix("ть").filter(|stem| is_regular(stem)) {
            self.theme(stem);
        }
        for end in ["л", "ла", "ло", "ли", ""] {
            if let Some(stem) = word.strip_suffix(end) {
                let letter = last(stem);
                if vowel(letter) && !end.is_empty() {
                    if is_regular(stem) {
                        self.theme(stem);
                    }
                } else if matches!(letter, 'г' | 'к' | 'х' | 'б' | 'п' | 'з' | 'с') {
                    self.verb('6', stem, 3);
                }
            }
        }
        for end in ["ешь", "ет", "ем", "ете", "ут", "ют"] {
            if let Some(stem) = word.strip_suffix(end) {
                self.first(stem);
            }
        }
        for end in ["ишь", "ит", "им", "ите", "ят", "ат"] {
            if let Some(stem) = word.strip_suffix(end)
                && (end != "ат" || hushing(last(stem)))
            {
                self.second(stem);
            }
        }
        // Those are surely verbs, and what their participles meet; the forms below may be nouns as well.
        let sure: Vec<String> = self.0[from..].iter().map(|key| format!("{PARTICIPLE}{key}")).collect();
        for end in ["у", "ю"] {
            if let Some(stem) = word.strip_suffix(end) {
                let letter = last(stem);
                self.first(stem);
                if hushing(letter) || (end == "ю" && (vowel(letter) || matches!(letter, 'л' | 'н' | 'р')))
                {
                    self.second(stem);
                    self.mutated('2', stem);
                }
            }
        }
        for end in ["и", "ите", "ь", "ьте", "й", "йте"] {
            if let Some(stem) = word.strip_suffix(end)
                && vowel(last(stem)) == end.starts_with('й')
                && last(stem) != 'ь'
            {
                self.first(stem);
                self.second(stem);
                self.lengthened(stem);
            }
        }
        for end in ["я", "а"] {
            // The gerund: читая, говоря, крича, войдя.
            if let Some(stem) = word.strip_suffix(end)
                && (end == "я") != hushing(last(stem))
            {
                if vowel(last(stem)) {
                    self.first(stem);
                    self.lengthened(stem);
                }
                self.second(stem);
                if end == "я" {
                    self.listed_as(stem, &["ет", "ит"]);
                }
            }
        }
        for end in ["в", "вши"] {
            if let Some(stem) = word.strip_suffix(end).filter(|stem| vowel(last(stem))) {
                self.theme(stem);
                self.listed_as(stem, &["ла"]);
            }
        }
        let participles = self.0.len();
        self.participles(word);
        self.0[participles..].iter_mut().for_each(|key| key.insert(0, PARTICIPLE));
        self.0.extend(sure);
    }

    /// The participles: делающий, делавший, сделанный, говорящий, решенный, закрытый, обвиняемый, and the short forms of the passive ones.
    fn participles(&mut self, word: &str) {
        for end in ADJECTIVE.iter() {
            let Some(stem) = word.strip_suffix(end) else { continue };
            if let Some(stem) = stem.strip_suffix("ущ").or_else(|| stem.strip_suffix("ющ")) {
                self.first(stem);
                self.listed_as(stem, &["ут"]);
            } else if let Some(stem) = stem.strip_suffix("ащ").or_else(|| stem.strip_suffix("ящ")) {
                self.second(stem);
                self.listed_as(stem, &["ат", "ят"]);
            } else if let Some(theme) = stem.strip_suffix("вш") {
                self.theme(theme);
                self.listed_as(theme, &["ла"]);
            } else if let Some(root) = stem.strip_suffix("шедш") {
                self.listed_as(root, &["шла"]);
            } else if let Some(root) = stem.strip_suffix('ш').filter(|root| consonant(last(root))) {
                self.verb('6', root, 3);
                self.listed_as(root, &["ла"]);
            } else if end.starts_with(['ы', 'о', 'а', 'у']) {
                if let Some(theme) = stem.strip_suffix("нн") {
                    self.passive(theme);
                } else if let Some(theme) = stem.strip_suffix('т') {
                    self.closed(theme);
                } else if let Some(stem) = stem.strip_suffix("ем").filter(|stem| vowel(last(stem))) {
                    self.first(stem);
                    self.lengthened(stem);
                } else if let Some(stem) = stem.strip_suffix("им") {
                    self.second(stem);
                }
            }
        }
        for end in ["", "а", "о", "ы"] {
            let Some(stem) = word.strip_suffix(end) else { continue };
            if let Some(theme) = stem.strip_suffix('н').filter(|theme| !theme.ends_with('н')) {
                self.passive(theme);
            } else if let Some(theme) = stem.strip_suffix('т') {
                self.closed(theme);
            }
        }
    }

    /// What the stem of a passive participle in -н, up to its vowel, can belong to: написан, решен, утвержден, введен.
    fn passive(&mut self, theme: &str) {
        match last(theme) {
            'а' | 'я' => {
                if letters(theme) > 3 {
                    self.theme(theme);
                }
                self.listed_as(theme, &["ла"]);
            }
            'е' => {
                let root = without(theme, 1);
                if letters(root) > 2 {
                    self.verb('2', root, 3);
                    self.mutated('2', root);
                    if let Some(root) = root.strip_suffix("жд") {
                        self.join('2', root, "д");
                    }
                }
                self.listed_as(root, &["ет"]);
            }
            _ => {}
        }
    }

    /// The same of one in -т: of verbs in -нуть and of some of the closed list, whose infinitive has the same stem.
    fn closed(&mut self, theme: &str) {
        match last(theme) {
            'у' if without(theme, 1).ends_with('н') => self.theme(theme),
            'а' if !theme.ends_with("ча") && !theme.ends_with("жа") => {}
            'р' => self.listed_as(theme, &["еть"]),
            letter if vowel(letter) => self.listed_as(theme, &["ть"]),
            _ => {}
        }
    }

    /// The verbs of the closed list of which a stem with one of some endings is a form.
    fn listed_as(&mut self, stem: &str, ends: &[&str]) {
        for end in ends {
            self.listed(&format!("{stem}{end}"));
        }
    }

    /// The verbs of the closed list, behind any prefix; whether there is one.
    fn listed(&mut self, word: &str) -> bool {
        let from = self.0.len();
        let forms = &lists().forms;
        for prefix in std::iter::once(&"").chain(PREFIXES.iter()) {
            let Some(rest) = word.strip_prefix(prefix) else { continue };
            for &place in forms.get(rest).into_iter().flatten() {
                if allowed(VERBS[place], prefix) && meets(prefix, rest) {
                    self.0.push(format!("v{place}.{}", plain(prefix)));
                }
            }
        }
        self.0.len() > from
    }
}

/// Whether a line of the list of verbs can have the prefix.
fn allowed(line: &str, prefix: &str) -> bool {
    match line.chars().next() {
        Some('!') => prefix.is_empty(),
        Some('+') => !prefix.is_empty(),
        _ => true,
    }
}

/// Whether the variant of a prefix can stand before such a form (the rules of orthography for з and с, and for ъ).
fn meets(prefix: &str, form: &str) -> bool {
    let first = form.chars().next().unwrap_or('-');
    let voiceless = matches!(first, 'п' | 'т' | 'к' | 'ф' | 'с' | 'ш' | 'щ' | 'ч' | 'х' | 'ц');
    let iotated = matches!(first, 'е' | 'я' | 'ю');
    match last(prefix) {
        'ъ' => iotated,
        letter if consonant(letter) && iotated => false,
        'з' if prefix != "соз" => !voiceless,
        'с' if prefix != "с" => voiceless,
        _ => true,
    }
}

/// A prefix without what comes only before some stems: разо- and рас- are раз-.
fn plain(prefix: &str) -> &str {
    match prefix {
        "во" | "въ" => "в",
        "взо" | "взъ" | "вс" => "вз",
        "возо" | "вос" => "воз",
        "изо" | "изъ" | "ис" => "из",
        "надо" | "надъ" => "над",
        "низо" => "низ",
        "обо" | "объ" => "об",
        "ото" | "отъ" => "от",
        "подо" | "подъ" => "под",
        "предъ" => "пред",
        "разо" | "разъ" | "рас" => "раз",
        "со" | "съ" => "с",
        "превзо" => "превоз",
        "произо" => "произ",
        "снизо" => "снис",
        other => other,
    }
}

struct Lists {
    /// For each form of a listed verb without a prefix, its lines.
    forms: HashMap<String, Vec<usize>>,
    /// For each line of verbs, how its forms begin.
    begins: Vec<Vec<String>>,
    /// For each key of a listed noun or adjective, its lines.
    nouns: HashMap<&'static str, Vec<usize>>,
    /// The listed stems without a vowel, with their tags.
    bare: HashSet<(char, &'static str)>,
    /// For each word of a group, its lines.
    groups: HashMap<&'static str, Vec<usize>>,
}

fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    LISTS.get_or_init(|| {
        let mut lists = Lists {
            forms: HashMap::new(),
            begins: Vec::new(),
            nouns: IRREGULAR.by_word(),
            bare: HashSet::new(),
            groups: GROUPS.by_word(),
        };
        for (place, line) in VERBS.iter().enumerate() {
            let forms: Vec<String> =
                line.trim_start_matches(['!', '+']).split(' ').flat_map(expand).collect();
            // Participles have the stems too.
            let stems = line
                .trim_start_matches(['!', '+'])
                .split(' ')
                .filter_map(|entry| entry.strip_suffix(['~', '*', '^']));
            let all = forms.iter().map(String::as_str).chain(stems);
            let mut begins: Vec<String> = all.map(|form| form.chars().take(4).collect()).collect();
            begins.sort();
            begins.dedup();
            lists.begins.push(reduced(begins));
            for form in forms {
                let places: &mut Vec<usize> = lists.forms.entry(form).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        for key in lists.nouns.keys() {
            let stem = key.trim_start_matches(['h', 's', 'a']);
            if !stem.contains(vowel) {
                lists.bare.extend(key.chars().next().map(|tag| (tag, stem)));
            }
        }
        lists
    })
}

/// The forms that an entry of the list of verbs stands for.
fn expand(entry: &str) -> Vec<String> {
    if let Some(stem) = entry.strip_suffix('~') {
        FIRST.iter().map(|end| format!("{stem}{end}")).collect()
    } else if let Some(stem) = entry.strip_suffix('*') {
        SECOND.iter().map(|end| format!("{stem}{end}")).collect()
    } else if let Some(stem) = entry.strip_suffix('^') {
        let ends =
            if vowel(last(stem)) { ["л", "ла", "ло", "ли"] } else { ["", "ла", "ло", "ли"] };
        ends.iter().map(|end| format!("{stem}{end}")).collect()
    } else {
        vec![entry.to_string()]
    }
}

/// See [`super::analysis`].
pub fn keys(word: &str) -> Vec<String> {
    let mut keys = Keys(Vec::with_capacity(12));
    if word.chars().all(|letter| ('а'..='я').contains(&letter) || matches!(letter, '-' | '\''))
        && let groups = lists().groups.get(word).map_or(&[][..], Vec::as_slice)
        && !groups.is_empty() | (letters(word) > 1)
    {
        groups.iter().for_each(|place| keys.0.push(format!("g{place}")));
        if groups.iter().any(|place| !GROUPS[*place].starts_with('+')) {
            return keys.0;
        }
        keys.hard_nouns(word);
        keys.soft_nouns(word);
        keys.adjectives(word);
        if let Some(rest) = word.strip_prefix(MOST).filter(|rest| rest.contains('ш')) {
            keys.adjectives(rest);
        }
        for index in 0..keys.0.len() {
            for place in lists().nouns.get(keys.0[index].as_str()).into_iter().flatten() {
                keys.0.push(format!("={place}"));
            }
        }
        keys.verbs(word);
    }
    if keys.0.is_empty() {
        keys.0.push(word.to_string());
    }
    keys.0
}

/// The root of a verb with its last consonant and with what that becomes in other forms.
fn alternants(root: &str, starts: &mut Vec<String>) {
    let ends: &[&str] = match last(root) {
        'с' => &["ш"],
        'х' => &["ш"],
        'з' | 'г' => &["ж"],
        'д' => &["ж"],
        'т' if root.ends_with("ст") => &["щ"],
        'т' => &["ч", "щ"],
        'к' if root.ends_with("ск") => &["щ"],
        'к' => &["ч"],
        _ => &[],
    };
    let two = ends == ["щ"];
    starts.push(root.to_string());
    starts.extend(ends.iter().map(|end| format!("{}{end}", without(root, if two { 2 } else { 1 }))));
}

/// How the forms begin that have a key.
fn begins(key: &str, starts: &mut Vec<String>) {
    let Some(tag) = key.chars().next() else { return };
    let stem = key[tag.len_utf8()..].trim_end_matches(REFLEXIVE);
    match tag {
        PARTICIPLE => begins(stem, starts),
        'g' => {
            let line = stem.parse().ok().and_then(|place: usize| GROUPS.get(place));
            let words = line.into_iter().flat_map(|line| line.trim_start_matches('+').split(' '));
            starts.extend(words.map(str::to_owned));
        }
        's' if stem == "им" => starts.push("имя".to_string()),
        'h' | 'f' | 'a' | 's' => {
            if tag == 'a' {
                alternants(stem, starts);
                // редкий, реже; короткий, короче
                let compared = [("дк", "ж"), ("зк", "ж"), ("тк", "ч")];
                let other = compared.iter().find_map(|(end, other)| Some((stem.strip_suffix(end)?, other)));
                starts.extend(other.map(|(root, other)| format!("{root}{other}")));
            } else if tag == 's' && stem.ends_with("ни") {
                starts.push(without(stem, 1).to_string());
            }
            let (end, root) = (last(stem), without(stem, 1));
            let before = last(root);
            if end == 'ь' || (tag == 'a' && stem.ends_with("нн")) {
                starts.push(root.to_string());
            } else if consonant(end) && !vowel(before) {
                let root = if consonant(before) { root } else { without(root, 1) };
                if letters(root) < 4 {
                    starts.push(stem.to_string());
                    starts.extend(["е", "о"].iter().map(|middle| format!("{root}{middle}{end}")));
                } else {
                    starts.push(root.to_string());
                }
            } else {
                starts.push(stem.to_string());
            }
        }
        'j' => match last(stem) {
            'у' => starts.extend(["у", "ов", "ев"].iter().map(|end| format!("{}{end}", without(stem, 1)))),
            'ю' => starts.extend(["ю", "ев"].iter().map(|end| format!("{}{end}", without(stem, 1)))),
            _ => starts.push(stem.to_string()),
        },
        'w' => starts.extend(["ва", "ю", "е"].iter().map(|end| format!("{stem}{end}"))),
        '2' if letters(stem) < 3 => {
            starts.extend(["и", "я", "ю", "й"].iter().map(|end| format!("{stem}{end}")))
        }
        'e' | '2' => alternants(stem, starts),
        '6' if vowel(last(stem)) => starts.push(format!("{stem}н")),
        '=' => {
            let line = stem.parse().ok().and_then(|place: usize| IRREGULAR.get(place));
            for key in line.into_iter().flat_map(|line| line.split(' ')) {
                let stem = key.trim_start_matches(['h', 's', 'a']).trim_end_matches('ь');
                // имя; долг has долог
                starts.push(if stem == "им" { "имя" } else { stem }.to_string());
                if key.starts_with('a') {
                    starts.push(without(stem, 1).to_string());
                }
            }
        }
        'v' => {
            let Some((place, prefix)) = stem.split_once('.') else { return };
            let roots = place.parse().ok().and_then(|place: usize| lists().begins.get(place));
            for variant in
                std::iter::once(&"").chain(PREFIXES.iter()).filter(|variant| plain(variant) == prefix)
            {
                for root in roots.into_iter().flatten().filter(|root| meets(variant, root)) {
                    starts.push(format!("{variant}{root}"));
                }
            }
        }
        _ => starts.push(stem.to_string()),
    }
}

/// See [`super::analysis`].
pub fn starts(word: &str) -> Vec<String> {
    let mut all = vec![word.to_string()];
    for key in keys(word) {
        if key == word {
            return all;
        }
        begins(&key, &mut all);
    }
    // A superlative's prefix, on what has an adjective's ending.
    let plain = word.strip_prefix(MOST).unwrap_or(word);
    if ADJECTIVE
        .iter()
        .any(|end| plain.strip_suffix(end).is_some_and(|stem| is_stem('a', stem) && letters(stem) > 3))
    {
        let start: String = plain.chars().take(4).collect();
        all.push(format!("{MOST}{start}"));
        if plain != word {
            all.push(start);
        }
    }
    few(all)
}
