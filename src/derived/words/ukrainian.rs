//! Ukrainian: nominal and verbal stems by the rules of the grammar (Vykhovanets & Horodenska; the orthography of 2019).
//!
//! A key is a letter for the declension or conjugation class and the stem it has before an ending with a vowel;
//! a word gets a key for each class its ending allows, so that two words meet only within one paradigm.

use super::starts::REFLEXIVE;
use crate::text::lists::words;
use std::collections::HashMap;
use std::sync::OnceLock;

/// How a word may be read.
enum Reading<'a> {
    /// A stem of a regular class.
    Stem(char, &'a str),
    /// A verb of [`VERBS`] with a prefix.
    Verb(&'a str, usize),
    /// A word of [`GROUPS`].
    Group(usize),
}

type Sink<'s> = dyn FnMut(Reading) + 's;

/// Noun and adjective endings with the classes that have them (orthography of 2019, §§ 68-102): `f` hard and mixed
/// first declension, `s` soft first, `m` hard second, `d` soft second, `t` third, `q` fourth, `j` hard adjective,
/// `k` soft adjective. A capital: only after ж ч ш щ, and р (not `F`).
#[rustfmt::skip]
const ENDINGS: &[(&str, &str)] = &[
    ("", "fmSDT"), ("ь", "sdt"), ("й", "sd"), ("а", "fmjQ"), ("я", "sdqk"), ("и", "fm"), ("і", "fmsdtjk"), ("ї", "sd"),
    ("у", "fmj"), ("ю", "sdtk"), ("ою", "fj"), ("ею", "sF"), ("єю", "s"), ("о", "fm"), ("е", "sFmdtj"), ("є", "sk"),
    ("ом", "m"), ("ем", "dM"), ("єм", "d"), ("ові", "m"), ("еві", "dM"), ("єві", "d"), ("ів", "mds"), ("їв", "ds"),
    ("ей", "tdsM"), ("ам", "fmTQ"), ("ям", "sdtq"), ("ами", "fmT"), ("ах", "fmT"), ("ями", "sdt"), ("ях", "sdt"),
    ("ьми", "dt"), ("ми", "MT"), ("има", "MT"), ("яти", "q"), ("яті", "q"), ("ята", "q"), ("ят", "q"), ("ятам", "q"),
    ("ятами", "q"), ("ятах", "q"), ("ати", "Q"), ("аті", "Q"), ("ата", "Q"), ("ат", "Q"), ("атам", "Q"),
    ("атами", "Q"), ("атах", "Q"), ("ий", "j"), ("ого", "j"), ("ої", "j"), ("ому", "j"), ("ій", "jk"), ("им", "j"),
    ("их", "j"), ("ими", "j"), ("ім", "jk"), ("ього", "k"), ("ьої", "k"), ("ьому", "k"), ("ьою", "k"), ("іх", "k"),
    ("іми", "k"),
];

/// Noun stems that no rule leads to the stem of the other forms, with their class (Vykhovanets & Horodenska, nouns).
#[rustfmt::skip]
const STEMS: &[(&str, &str)] = &[
    ("mлюд", "fлюдин"), ("fлюд", "fлюдин"), ("dлюд", "fлюдин"), ("tлюд", "fлюдин"), ("dдіт", "fдитин"), ("tдіт", "fдитин"),
    ("dдруз", "mдруг"), ("tоч", "mок"), ("mоч", "mок"), ("tвуш", "mвух"), ("mвуш", "mвух"), ("tплеч", "mплеч"),
    ("fвоєн", "fвійн"), ("sовец", "sвівц"), ("mовес", "mвівс"), ("dяєц", "dяйц"), ("sяєц", "dяйц"), ("dсердец", "dсерц"),
    ("fдощок", "fдошк"), ("mписем", "mписьм"), ("mлід", "mльод"), ("mколір", "mкольор"), 
    ("dтижден", "dтижн"), ("fмат", "tматір"), ("tматер", "tматір"), ("mматер", "tматір"), ("mматір", "tматір"),
    ("dім", "tімен"), ("mімен", "tімен"), ("dімен", "tімен"), ("dплем", "tплемен"), ("mплемен", "tплемен"),
    ("dплемен", "tплемен"), ("dтім", "tтімен"),
    ("mтімен", "tтімен"), ("dвим", "tвимен"), ("mвимен", "tвимен"), ("dстрем", "tстремен"), ("mстремен", "tстремен"),
    ("dбоєц", "dбійц"), ("dшвец", "dшевц"), ("dжнец", "dженц"), ("fігор", "fгр"),
    ("fіскор", "fіскр"), ("mскел", "mскл"), ("mстекол", "mскл"), ("mпліч", "mплеч"), ("mгріш", "mгрош"), ("tгрош", "mгрош"),
    ("tгріш", "mгрош"), ("mхристос", "mхрист"), ("tгоспод", "mгоспод"), ("dгоспод", "mгоспод"),
    ("fсвадеб", "fсвадьб"),
    ("mхазяї", "mхазяїн"),
    ("dден", "dдн"), ("dпен", "dпн"), ("mсон", "mсн"), ("mпес", "mпс"), ("mшов", "mшв"),
    ("mмох", "mмх"), ("mден", "mдн"), 
    ("mсуден", "mсудн"), ("mнебес", "mнеб"), ("mчудес", "mчуд"),
    ("mтілес", "mтіл"), 
];

words! { "ukrainian.toml":
    /// Pronouns and numerals with suppletive forms (orthography of 2019, §§ 103-116).
    GROUPS;
    /// Prefixes of verbs; each may take a joining і or an apostrophe (orthography of 2019, § 32).
    PREFIXES;
    /// Verbs whose present no rule leads to (Vykhovanets & Horodenska, conjugation): stems of the infinitive; of the present
    /// and the imperative; of the past before -ла where it is not that of the infinitive; whole forms besides.
    VERBS;
    /// Endings of the infinitive, the synthetic future, the past, the gerund and the impersonal form.
    PAST;
    /// Ends of stems with an imperative without ending (Vykhovanets & Horodenska, the imperative).
    BARE;
    /// Ends of roots that lose -ну- in the past: зник, зникла (Vykhovanets & Horodenska, the past tense).
    SHORT;
}

/// Ends of numerals that go like п'ять (orthography of 2019, § 105).
const FIVES: &[&str] = &["п'ят", "дев'ят", "десят", "дцят"];

/// Endings of the present, the imperative and the impersonal -ено, with the classes that have them: `e` first
/// conjugation, `v` first after a vowel, `i` second, `n` the first person of the second, whose consonant has changed.
#[rustfmt::skip]
const PRESENT: &[(&str, &str)] = &[
    ("у", "en"), ("ю", "evin"), ("еш", "e"), ("єш", "v"), ("е", "e"), ("є", "v"), ("емо", "e"), ("ємо", "v"), ("ете", "e"),
    ("єте", "v"), ("уть", "e"), ("ють", "ev"), ("еть", "e"), ("єть", "v"), ("иш", "i"), ("їш", "i"), ("ить", "i"), ("їть", "i"),
    ("имо", "i"), ("їмо", "i"), ("ите", "i"), ("їте", "i"), ("ять", "in"), ("ать", "i"), ("и", "ei"), ("імо", "ei"), ("іть", "ei"),
    ("іте", "ei"), ("й", "vi"), ("ймо", "vi"), ("йте", "vi"), ("ь", "ei"), ("ьмо", "ei"), ("ьте", "ei"), ("мо", "c"), ("те", "c"),
    ("", "c"), ("учи", "e"), ("ючи", "ev"), ("ячи", "i"), ("ачи", "i"), ("ено", "en"), ("єно", "i"),
];

/// Verbs in -ати after a labial or ск/ст with a changed present: сиплю, плещу.
const CHANGED: &[&str] =
    &["сипа", "дріма", "трепа", "щипа", "клепа", "плеска", "полоска", "свиста", "хлюпа", "кліпа", "блиска"];

fn vowel(letter: char) -> bool {
    "аеєиіїоуюя".contains(letter)
}

fn consonant(letter: char) -> bool {
    "бвгджзклмнпрстфхцчшщ".contains(letter)
}

fn hushing(letter: char) -> bool {
    "жчшщ".contains(letter)
}

fn labial(letter: char) -> bool {
    "бпвмф".contains(letter)
}

fn last(stem: &str) -> char {
    stem.chars().next_back().unwrap_or(' ')
}

/// The stem without its last letter.
fn cut(stem: &str) -> &str {
    let mut letters = stem.chars();
    letters.next_back();
    letters.as_str()
}

/// Gives the head of a stem with another end.
fn join(head: &str, tail: &str, each: &mut dyn FnMut(&str)) {
    let mut whole = String::with_capacity(head.len() + tail.len() + 4);
    whole.push_str(head);
    whole.push_str(tail);
    each(&whole);
}

/// A soft stem without its apostrophe and with its doubled consonant single: знання, знань; сім'я, сімей.
fn single(stem: &str) -> &str {
    let stem = stem.trim_end_matches('\'');
    let shorter = cut(stem);
    if consonant(last(stem)) && last(shorter) == last(stem) { shorter } else { stem }
}

/// The last vowel of a stem with its place.
fn nucleus(stem: &str) -> Option<(usize, char)> {
    stem.char_indices().rev().find(|(_, letter)| vowel(*letter))
}

/// The stems before a vowel that a stem before no vowel may have: ніч, ночі; камінь, каменя; ринок, ринку; палець, пальця
/// (orthography of 2019, §§ 8-10).
fn open(stem: &str, each: &mut dyn FnMut(&str)) {
    each(stem);
    let Some((place, letter)) = nucleus(stem) else { return };
    let (head, tail) = (&stem[..place], &stem[place + letter.len_utf8()..]);
    let mut put = |middle: &str| join(head, &format!("{middle}{tail}"), each);
    match letter {
        'і' if last(head) == 'л' => ["о", "е", "ьо"].iter().for_each(|middle| put(middle)),
        'і' => ["о", "е"].iter().for_each(|middle| put(middle)),
        'ї' => put("є"),
        'є' if tail.len() == 2 && vowel(last(head)) => put("й"),
        'о' | 'е'
            if tail.len() == 2 && head.chars().any(vowel) && !vowel(last(head)) && consonant(last(tail)) =>
        {
            put(if tail == "ц" && last(head) == 'л' { "ь" } else { "" });
        }
        _ => {}
    }
}

/// The stems whose last consonant became another before -і: руці, нозі, мусі (orthography of 2019, § 11).
fn hard(stem: &str, each: &mut dyn FnMut(&str)) {
    each(stem);
    match last(stem) {
        'ц' => join(cut(stem), "к", each),
        'з' => join(cut(stem), "г", each),
        'с' => join(cut(stem), "х", each),
        _ => {}
    }
}

/// The stems whose last consonant became another before the vocative -е: козаче, друже, пастуше, хлопче.
fn called(class: char, stem: &str, each: &mut dyn FnMut(&str)) {
    each(stem);
    match (class, last(stem)) {
        ('m', 'ч') => join(cut(stem), "к", each),
        ('m', 'ж') => join(cut(stem), "г", each),
        ('m', 'ш') => join(cut(stem), "х", each),
        ('d', 'ч') => join(cut(stem), "ц", each),
        ('d', 'ж') => join(cut(stem), "з", each),
        _ => {}
    }
}

/// The stems of a noun or adjective class that a word with this ending may have.
fn nominal(class: char, ending: &str, stem: &str, sink: &mut Sink) {
    let end = last(stem);
    let bare = if "sdtq".contains(class) { single(stem) } else { stem };
    let fits = match ending.chars().next() {
        Some('є') if class == 'k' => consonant(end),
        Some('й' | 'ї' | 'є') => vowel(end) || end == '\'',
        Some('я' | 'ю') => consonant(end) || ("sdqt".contains(class) && end != 'ь' && end != 'й'),
        _ => consonant(end),
    };
    let agent = ending == "ій" && stem.ends_with("од") && !stem.ends_with("молод");
    if !fits || agent || bare.len() < 4 {
        return;
    }
    let mut each = |stem: &str| {
        sink(Reading::Stem(class, stem));
        let people =
            stem.strip_suffix("ин").filter(|people| people.len() >= 8 && people.ends_with(['н', 'р']));
        if let Some(people) = people.filter(|_| class == 'm') {
            sink(Reading::Stem(class, people));
        }
    };
    match (class, ending) {
        ('f' | 'm', "і") => hard(bare, &mut each),
        ('m' | 'd', "е") => called(class, bare, &mut each),
        (_, "" | "ь" | "й" | "ьми" | "ми") => open(bare, &mut each),
        ('t', "ю") => {
            if bare != stem || (consonant(end) && consonant(last(cut(stem)))) {
                open(bare, &mut each);
            }
        }
        _ => each(bare),
    }
}

fn nominals(word: &str, sink: &mut Sink) {
    for (ending, classes) in ENDINGS {
        let Some(stem) = word.strip_suffix(ending) else { continue };
        let end = last(stem);
        for class in classes.chars() {
            let lower = match class {
                'F' => 'f',
                'S' => 's',
                'M' => 'm',
                'D' => 'd',
                'T' => 't',
                'Q' => 'q',
                _ => class,
            };
            if lower == class
                || hushing(end)
                || (end == 'р' && class != 'F')
                || (class == 'T' && stem.ends_with("ов"))
            {
                nominal(lower, ending, stem, sink);
            }
        }
    }
    if word.len() >= 10 && ["ов", "ев", "єв", "ін", "їн", "ин"].iter().any(|end| word.ends_with(end))
    {
        sink(Reading::Stem('j', word));
    }
}

/// The stems of the infinitive that the first person and -ено may come from: ходжу, прошу, чищу, роблю.
fn unchanged(stem: &str, each: &mut dyn FnMut(&str)) {
    let head = cut(stem);
    match last(stem) {
        'ж' if head.ends_with("жд") => join(cut(cut(head)), "зд", each),
        'ж' if head.ends_with('д') => each(head),
        'ж' => join(head, "з", each),
        'ч' => join(head, "т", each),
        'ш' => join(head, "с", each),
        'щ' => join(head, "ст", each),
        'л' if labial(last(head)) => return each(head),
        _ => {}
    }
    each(stem);
}

/// The stem of the present for verbs in -ати like писати, казати, плакати.
fn changed(root: &str, each: &mut dyn FnMut(&str)) {
    let head = cut(root);
    let other = match last(root) {
        'с' | 'х' => "ш",
        'з' | 'г' => "ж",
        'к' | 'т' if last(head) == 'с' => return join(cut(head), "щ", each),
        'к' | 'т' => "ч",
        letter if labial(letter) => return join(root, "л", each),
        _ => return,
    };
    join(head, other, each);
}

/// Whether -ва- after this root falls out of the present: давати, даю; пізнавати, пізнаю; вставати, встаю.
fn given(base: &str) -> bool {
    ["да", "зна", "ста"].iter().any(|root| base.ends_with(root))
}

/// The readings of a stem before -ти, -в, -ла.
fn infinitive(stem: &str, ending: &str, sink: &mut Sink) {
    let (root, end) = (cut(stem), last(stem));
    let before = last(root);
    if !"аяиіїу".contains(end) || root.is_empty() || (ending == "но" && !"ая".contains(end)) {
        return;
    }
    sink(Reading::Stem('v', stem));
    let suffix = stem.strip_suffix("ва");
    if let Some(base) = suffix {
        if ["бу", "чу"].iter().any(|verb| base.ends_with(verb)) {
            return;
        }
        if "ую".contains(last(base)) || given(base) {
            return sink(Reading::Stem('v', base));
        }
        if ending == "но" && base.ends_with('о') {
            let base = cut(base);
            let (base, vowel) = if "ьй".contains(last(base)) { (cut(base), "ю") } else { (base, "у") };
            return join(base, vowel, &mut |stem| sink(Reading::Stem('v', stem)));
        }
    }
    if root.len() < 4 {
        return;
    }
    match end {
        'и' | 'і' | 'ї' => sink(Reading::Stem('i', root)),
        'а' if hushing(before) => sink(Reading::Stem('i', root)),
        'а' if (labial(before) || root.ends_with("ск") || root.ends_with("ст"))
            && !CHANGED.iter().any(|verb| stem.ends_with(verb)) => {}
        'а' => changed(root, &mut |stem| sink(Reading::Stem('e', stem))),
        'я' if vowel(before) => {
            sink(Reading::Stem('i', root));
            sink(Reading::Stem('v', root));
        }
        'у' if before == 'н' => sink(Reading::Stem('e', root)),
        _ => {}
    }
}

/// The readings of a stem before an ending of the present or the imperative.
fn present(class: char, ending: &str, stem: &str, sink: &mut Sink) {
    let end = last(stem);
    match class {
        'v' if vowel(end) => {
            sink(Reading::Stem('v', stem));
            if let Some(base) = stem.strip_suffix("ва").filter(|base| ending.starts_with('й') && given(base))
            {
                sink(Reading::Stem('v', base));
            }
        }
        'i' if vowel(end) => sink(Reading::Stem('i', stem)),
        'i' if consonant(end) && (ending != "ю" || "лнр".contains(end)) => {
            let soft =
                !ending.starts_with('ї') && !ending.starts_with('й') && (ending != "ать" || hushing(end));
            if soft && (!ending.starts_with('ь') || "дтзснл".contains(end)) {
                sink(Reading::Stem('i', stem));
            }
        }
        'e' if hushing(end) || end == 'н' || (end == 'л' && labial(last(cut(stem)))) => {
            sink(Reading::Stem('e', stem))
        }
        'n' => {
            let fits = match ending {
                "у" => hushing(end),
                "ю" => end == 'л' && labial(last(cut(stem))),
                "ять" => end == 'л' && labial(last(cut(stem))),
                _ => consonant(end),
            };
            if fits {
                unchanged(stem, &mut |stem| sink(Reading::Stem('i', stem)));
            }
        }
        'c' if BARE.iter().any(|verb| stem.ends_with(verb)) => {
            sink(Reading::Stem('i', stem));
            sink(Reading::Stem('e', stem));
        }
        _ => {}
    }
}

/// The part of a paradigm a stem of [`VERBS`] serves.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Infinitive,
    Vowel,
    Present,
    Past,
    Whole,
}

/// The fields of a row of [`VERBS`], each form with its part.
fn parts(row: &'static str) -> impl Iterator<Item = (&'static str, Part)> {
    let vowels = row.split(';').nth(2).unwrap_or("").is_empty();
    row.split(';').enumerate().flat_map(move |(field, stems)| {
        let part = match field {
            0 if vowels => Part::Vowel,
            0 => Part::Infinitive,
            1 => Part::Present,
            2 => Part::Past,
            _ => Part::Whole,
        };
        stems.split(',').filter(|stem| !stem.is_empty()).map(move |stem| (stem, part))
    })
}

fn verbs() -> &'static HashMap<&'static str, Vec<(Part, usize)>> {
    static MAP: OnceLock<HashMap<&'static str, Vec<(Part, usize)>>> = OnceLock::new();
    MAP.get_or_init(|| {
        let mut map: HashMap<_, Vec<_>> = HashMap::new();
        for (place, row) in VERBS.iter().enumerate() {
            parts(row).for_each(|(stem, part)| map.entry(stem).or_default().push((part, place)));
        }
        map
    })
}

/// Gives the verbs of [`VERBS`] one of whose stems this is after a prefix of the word; whether there are any.
fn listed(
    stem: &str,
    prefixes: &[(&'static str, usize)],
    fits: &dyn Fn(Part) -> bool,
    sink: &mut Sink,
) -> bool {
    let mut found = false;
    for (prefix, place) in prefixes {
        let Some(rest) = stem.get(*place..).filter(|rest| !rest.is_empty() && rest.len() <= 16) else {
            continue;
        };
        for (part, row) in verbs().get(rest).map(Vec::as_slice).unwrap_or_default() {
            if fits(*part) {
                sink(Reading::Verb(prefix, *row));
                found = true;
            }
        }
    }
    found
}

/// The prefixes a word may have, with where they end.
fn prefixed(word: &str) -> Vec<(&'static str, usize)> {
    let mut found = Vec::with_capacity(8);
    for prefix in PREFIXES.iter() {
        let Some(rest) = word.strip_prefix(prefix) else { continue };
        found.push((*prefix, prefix.len()));
        if !prefix.is_empty() && rest.starts_with('і') {
            found.push((*prefix, prefix.len() + 2));
        } else if !prefix.is_empty() && rest.starts_with('\'') {
            found.push((*prefix, prefix.len() + 1));
        }
    }
    found
}

/// A reflexive verb without what makes it one: a word of its own, since вважається is no form of вважати in the dictionaries.
fn without_reflexive(word: &str) -> Option<&str> {
    let short = word.strip_suffix("сь").filter(|rest| vowel(last(rest)));
    word.strip_suffix("ся").or(short).filter(|rest| !rest.is_empty())
}

fn verbal(word: &str, sink: &mut Sink) {
    let prefixes = prefixed(word);
    let lost = |stem: &str| SHORT.iter().any(|root| stem.ends_with(root));
    for ending in PAST.iter() {
        let Some(stem) = word.strip_suffix(ending) else { continue };
        let past = matches!(*ending, "ла" | "ло" | "ли");
        let fits = |part| {
            part == Part::Vowel
                || (past && part == Part::Past)
                || (ending.starts_with("ти") && part == Part::Infinitive)
        };
        if !listed(stem, &prefixes, &fits, sink) {
            infinitive(stem, ending, sink);
        }
        if (past || ending.starts_with("ти")) && lost(stem) {
            join(stem, "н", &mut |stem| sink(Reading::Stem('e', stem)));
        }
    }
    for (ending, classes) in PRESENT {
        let Some(stem) = word.strip_suffix(ending) else { continue };
        if stem.len() >= 4 {
            classes.chars().for_each(|class| present(class, ending, stem, sink));
        }
        if *classes != "c" {
            listed(stem, &prefixes, &|part| part == Part::Present, sink);
        }
    }
    listed(word, &prefixes, &|part| part == Part::Whole, sink);
    if lost(word) {
        join(word, "н", &mut |stem| sink(Reading::Stem('e', stem)));
    }
}

fn groups() -> &'static HashMap<&'static str, Vec<usize>> {
    static MAP: OnceLock<HashMap<&'static str, Vec<usize>>> = OnceLock::new();
    MAP.get_or_init(|| GROUPS.by_word())
}

/// All readings of a word, and whether each is that of a reflexive verb.
fn analyse(word: &str, sink: &mut dyn FnMut(Reading, bool)) {
    if let Some(places) = groups().get(word) {
        places.iter().for_each(|place| sink(Reading::Group(*place), false));
        return;
    }
    for ending in ["ь", "и", "ьох", "ьом", "ьма", "ьома"] {
        let five = |stem: &&str| FIVES.iter().any(|end| stem.ends_with(end)) && !stem.ends_with("пам'ят");
        if let Some(stem) = word.strip_suffix(ending).filter(five) {
            return sink(Reading::Stem('p', stem), false);
        }
    }
    nominals(word, &mut |reading| sink(reading, false));
    match without_reflexive(word) {
        Some(plain) => verbal(plain, &mut |reading| sink(reading, true)),
        None => verbal(word, &mut |reading| sink(reading, false)),
    }
}

/// [`STEMS`] from the odd stem to the common one.
fn stems() -> &'static HashMap<&'static str, &'static str> {
    static MAP: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    MAP.get_or_init(|| STEMS.iter().copied().collect())
}

/// See [`super::analysis`].
pub fn keys(word: &str) -> Vec<String> {
    let mut keys: Vec<String> = Vec::with_capacity(16);
    analyse(word, &mut |reading, is_reflexive| {
        let mut add = |mut key: String| {
            if is_reflexive {
                key.push(REFLEXIVE);
            }
            if !keys.contains(&key) {
                keys.push(key);
            }
        };
        match reading {
            Reading::Stem(class, stem) => {
                let mut key = String::with_capacity(stem.len() + 2);
                key.push(class);
                key.push_str(stem);
                if let Some(other) = stems().get(key.as_str()) {
                    add((*other).to_string());
                }
                add(key);
            }
            Reading::Verb(prefix, row) => add(format!("x{row}{prefix}")),
            Reading::Group(place) => add(format!("g{place}")),
        }
    });
    keys
}

/// Adds a start without its changing last letter, or with each letter it changes to if it is short.
fn ends(stem: &str, letters: &str, starts: &mut Vec<String>) {
    let head = cut(stem);
    if head.len() >= 6 {
        starts.push(head.to_string());
    } else {
        letters.chars().for_each(|letter| starts.push(format!("{head}{letter}")));
    }
}

/// What the forms of a noun with this stem begin with.
fn noun_starts(stem: &str, starts: &mut Vec<String>) {
    let (head, end) = (cut(stem), last(stem));
    match end {
        'к' | 'ц' | 'ч' => ends(stem, "кцч", starts),
        'г' | 'з' | 'ж' => ends(stem, "гзж", starts),
        'х' | 'с' | 'ш' => ends(stem, "хсш", starts),
        _ => starts.push(stem.to_string()),
    }
    let base = head.trim_end_matches('ь');
    if consonant(end) && !vowel(last(head)) {
        if base.len() >= 6 && last(base) != 'й' {
            starts.push(base.to_string());
        } else {
            starts.extend(["о", "е"].map(|vowel| format!("{base}{vowel}{end}")));
        }
    }
    if consonant(end) && last(head) == 'й' {
        starts.push(format!("{}є", cut(head)));
    }
    let Some((place, letter)) = nucleus(stem) else { return };
    let tail = &stem[place + letter.len_utf8()..];
    let closed = match letter {
        'о' | 'е' => "і",
        'є' => "ї",
        _ => return,
    };
    starts.push(format!("{}{closed}{tail}", stem[..place].trim_end_matches('ь')));
}

/// What the forms of a verb of a regular class begin with.
fn verb_starts(class: char, stem: &str, starts: &mut Vec<String>) {
    let (head, end) = (cut(stem), last(stem));
    match (class, end) {
        ('v', 'у' | 'ю') if head.len() >= 6 => starts.push(head.to_string()),
        ('i', 'т' | 'д') if "сз".contains(last(head)) && head.len() >= 8 => {
            starts.push(cut(head).to_string())
        }
        ('i', 'т' | 'д') if "сз".contains(last(head)) => {
            starts.push(stem.to_string());
            starts.push(format!("{}{}", cut(head), if end == 'т' { "щ" } else { "ждж" }));
        }
        ('i', 'т') => ends(stem, "тч", starts),
        ('i', 'с') => ends(stem, "сш", starts),
        ('i', 'з') => ends(stem, "зж", starts),
        ('e', 'ш') => ends(stem, "шсх", starts),
        ('e', 'ж') => ends(stem, "жзг", starts),
        ('e', 'ч') => ends(stem, "чкт", starts),
        ('e', 'щ') => ends(stem, "щс", starts),
        ('e', 'л' | 'н') if head.len() >= 6 => starts.push(head.to_string()),
        _ => starts.push(stem.to_string()),
    }
}

/// What the forms of a verb of [`VERBS`] begin with.
fn listed_starts(prefix: &str, row: &'static str, starts: &mut Vec<String>) {
    let linked = !prefix.is_empty() && (consonant(last(prefix)) || prefix.len() > 2);
    for (stem, part) in parts(row) {
        let letter = match part {
            Part::Infinitive => "т",
            Part::Past => "л",
            _ => "",
        };
        starts.push(format!("{prefix}{stem}{letter}"));
        if linked && stem.starts_with('ї') {
            starts.push(format!("{prefix}'{stem}{letter}"));
        }
        if linked && prefix.len() <= 4 {
            starts.push(format!("{prefix}і{stem}{letter}"));
        }
    }
    if linked && prefix.len() > 4 {
        starts.push(format!("{prefix}і"));
    }
}

/// The starts without those that begin with another, with short ones made longer and not too many.
fn finish(mut starts: Vec<String>, long: bool) -> Vec<String> {
    let mut whole = Vec::with_capacity(starts.len());
    for start in starts.drain(..) {
        if !long || start.chars().count() > 2 || start.starts_with(['ї', 'є']) {
            whole.push(start);
        } else {
            let letters = match last(&start) {
                'о' | 'е' => "йюяєїн",
                letter if consonant(letter) => "аеиіоуюяь'",
                _ => "йюяєїтвлн",
            };
            whole.extend(letters.chars().map(|letter| format!("{start}{letter}")));
        }
    }
    loop {
        whole.sort_unstable();
        whole.dedup_by(|next, kept| next.starts_with(kept.as_str()));
        let longest = whole.iter().map(|start| start.chars().count()).max().unwrap_or(0);
        if whole.len() <= 10 || longest <= 3 {
            return whole;
        }
        for start in whole.iter_mut().filter(|start| start.chars().count() == longest) {
            start.pop();
        }
    }
}

/// See [`super::analysis`].
pub fn starts(word: &str) -> Vec<String> {
    let mut starts = Vec::with_capacity(16);
    analyse(word, &mut |reading, _| match reading {
        Reading::Stem('f' | 's' | 'm' | 'd' | 't', stem) => noun_starts(stem, &mut starts),
        Reading::Stem(class @ ('v' | 'i' | 'e'), stem) => verb_starts(class, stem, &mut starts),
        Reading::Stem(_, stem) => starts.push(stem.to_string()),
        Reading::Verb(prefix, row) => {
            listed_starts(prefix, VERBS.get(row).copied().unwrap_or(""), &mut starts)
        }
        Reading::Group(place) => starts
            .extend(GROUPS.get(place).into_iter().flat_map(|group| group.split(' ').map(str::to_string))),
    });
    for key in keys(word) {
        for (odd, common) in STEMS.iter().filter(|(odd, common)| *odd == key || *common == key) {
            [odd, common]
                .iter()
                .filter_map(|stem| stem.get(1..))
                .for_each(|stem| noun_starts(stem, &mut starts));
        }
    }
    finish(starts, word.chars().count() >= 5)
}
