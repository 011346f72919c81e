//! Names: a searcher's spelling of one finds it in other cases and alphabets. `Зеленський` is Зеленського, Зеленский, Zelensky,
//! Zelenskyy, Selenskyj.
//!
//! A word is turned into sounds: consonants in a dozen classes, as the usual transliterations of Ukrainian and Russian (the
//! Cabinet of Ministers' of 2010, BGN/PCGN, and those of German and Polish newspapers) write them, and places of vowels. A
//! Cyrillic word is taken without its ending, by the rules of its language. A name of few consonants says too little by them: of three the first vowel counts too, of two all do.

use super::analysis::{Code, Script, name_stems, term};
use super::starts::reduced;
use std::collections::BTreeSet;

/// Sounds of one spelling at most.
const VARIANTS_MAX: usize = 48;
/// Consonants that say enough without vowels.
const ENOUGH: usize = 3;

/// A name that is looked for.
#[derive(Clone, Debug)]
pub struct Name {
    sounds: Vec<String>,
    /// The consonants of those.
    consonants: Vec<String>,
    /// What terms of the index can begin with that are spellings of it.
    pub prefixes: Vec<String>,
}

impl Name {
    /// From a word as it was written, in any alphabet.
    pub fn of(word: &str) -> Name {
        let spell = |code| spelled(code, &term(code, word)[1..], None);
        let mut sounds: Vec<String> = Code::candidates(word).into_iter().flat_map(spell).collect();
        sounds.sort();
        sounds.dedup();
        let firsts: BTreeSet<char> = sounds.iter().filter_map(|sounds| sounds.chars().next()).collect();
        let begin =
            |script| firsts.iter().flat_map(|first| first_letters(*first, script)).collect::<String>();
        let (cyrillic, latin) = (begin(Script::Cyrillic), begin(Script::Latin));
        let prefix = |code: Code| {
            let letters = if code.script() == Script::Cyrillic { &cyrillic } else { &latin };
            letters.chars().map(move |letter| format!("{}{letter}", code.letter()))
        };
        let prefixes = reduced(Code::all().flat_map(prefix).collect());
        let consonants = sounds.iter().map(|sounds| consonants(sounds).collect()).collect();
        Name { sounds, consonants, prefixes }
    }

    /// Whether a term of the index is a spelling of it.
    pub fn has(&self, term: &str) -> bool {
        let Some(code) = Code::of_term(term) else { return false };
        spelled(code, &term[1..], Some(&self.consonants)).iter().any(|sounds| self.sounds.contains(sounds))
    }
}

fn consonants(sounds: &str) -> impl Iterator<Item = char> + '_ {
    sounds.chars().filter(|sound| !is_vowel(*sound))
}

/// The sounds that a word of the index may have, by its language; if some consonants are given, none if the word has others.
fn spelled(code: Code, word: &str, within: Option<&[String]>) -> Vec<String> {
    match code.script() {
        Script::Cyrillic => declined(code, word, within),
        _ => latin(word, within),
    }
}

/// Those of a Cyrillic word, without its ending.
fn declined(code: Code, word: &str, within: Option<&[String]>) -> Vec<String> {
    if let Some(within) = within {
        // Most words differ in their first consonants.
        let own: String = consonants(&cyrillic(word)).take(2).collect();
        if !within.iter().any(|known| known.starts_with(&own) || own.starts_with(known.as_str())) {
            return Vec::new();
        }
    }
    let stems = name_stems(code, word);
    // Of a language without rules, the word without the vowels of an ending.
    let bare = word.trim_end_matches(|letter| vowel(letter).is_some() || letter == 'ь');
    let bare = stems.is_empty().then_some(bare);
    let plural = ["ів", "їв", "ов", "ев", "єв"].iter().find_map(|end| word.strip_suffix(end));
    let is_name = |(tag, stem): &&(char, String)| {
        // Names are seldom in the genitive plural, whose ending is that of others: Київ; and adjectives are many.
        let family = ["ськ", "цьк", "зьк", "ск", "цк"].iter().any(|end| stem.ends_with(end));
        Some(stem.as_str()) != plural
            && (!matches!(tag, 'a' | 'j' | 'k') || family || consonants(&cyrillic(stem)).count() > ENOUGH)
    };
    let stems = stems.iter().filter(is_name).map(|(_, stem)| stem.as_str());
    let all = stems.chain([word]).chain(bare).map(|stem| settled(&cyrillic(stem)));
    all.filter(|sounds| consonants(sounds).count() > 0).collect()
}

/// Vowels as the sounds have them.
fn is_vowel(sound: char) -> bool {
    matches!(sound, 'A' | 'I' | 'O' | 'U' | 'V')
}

/// The class of a vowel.
fn vowel(letter: char) -> Option<char> {
    Some(match letter {
        'а' | 'я' | 'a' => 'A',
        'е' | 'є' | 'э' | 'и' | 'і' | 'ї' | 'ы' | 'й' | 'e' | 'i' | 'y' => 'I',
        'о' | 'o' => 'O',
        'у' | 'ю' | 'u' => 'U',
        _ => return None,
    })
}

/// The sounds of a Cyrillic word.
fn cyrillic(word: &str) -> String {
    let mut sounds = String::with_capacity(word.len() / 2);
    for letter in word.chars() {
        let sound = match letter {
            'б' => 'b',
            'в' => 'v',
            'г' | 'ґ' | 'х' | 'һ' | 'ғ' => 'g',
            'д' | 'ђ' => 'd',
            'ж' | 'җ' => 'j',
            'з' | 'ѕ' => 'z',
            'к' | 'қ' | 'ќ' => 'k',
            'л' | 'љ' => 'l',
            'м' => 'm',
            'н' | 'њ' | 'ң' => 'n',
            'п' => 'p',
            'р' => 'r',
            'с' => 's',
            'т' | 'ћ' => 't',
            'ф' => 'f',
            'ц' => 'c',
            'ч' | 'џ' => 'q',
            'ш' | 'щ' => 'w',
            letter => match vowel(letter) {
                Some(class) => class,
                None => continue,
            },
        };
        put(&mut sounds, sound);
    }
    sounds
}

/// Adds a sound: doubled consonants are one, and so are vowels beside each other, by the first that is no glide (ya, ю, ія).
fn put(sounds: &mut String, sound: char) {
    match sounds.chars().next_back() {
        Some('I') if is_vowel(sound) => {
            sounds.pop();
            sounds.push(sound);
        }
        Some(last) if last == sound || is_vowel(last) && is_vowel(sound) => {}
        _ => sounds.push(sound),
    }
}

/// Sounds of which, with enough consonants, vowels only have places; with one less, all but the first.
fn settled(sounds: &str) -> String {
    let exact = match consonants(sounds).count() {
        ..ENOUGH => usize::MAX,
        ENOUGH => 1,
        _ => 0,
    };
    let mut vowels = 0;
    let sound = |sound: char| {
        vowels += usize::from(is_vowel(sound));
        if is_vowel(sound) && vowels > exact { 'V' } else { sound }
    };
    sounds.chars().map(sound).collect()
}

/// Vowels as another language may hear the first one of a name of few consonants: Musk is Маск, Biden Байден, Baker Бейкер, Lviv Львов.
fn heard(sounds: &str) -> Option<String> {
    let at = sounds.find(is_vowel)?;
    let other = match &sounds[at..=at] {
        "I" if &sounds[at + 1..] == "v" => "O",
        "O" if &sounds[at + 1..] == "v" => "I",
        "U" | "I" => "A",
        "A" => "I",
        _ => return None,
    };
    (consonants(sounds).count() == ENOUGH).then(|| format!("{}{other}{}", &sounds[..at], &sounds[at + 1..]))
}

/// What letters of the Latin alphabet sound like, the longest first: several where languages differ.
#[rustfmt::skip]
const LATIN: &[(&str, &[&str])] = &[
    ("schtsch", &["w"]), ("shch", &["w"]), ("tsch", &["q"]), ("tch", &["q"]), ("sch", &["w"]), ("dzh", &["dj"]), ("cz", &["q"]), ("sz", &["w"]), ("sh", &["w"]),
    ("ch", &["q", "g"]), ("zh", &["j"]), ("kh", &["g"]), ("gh", &["g"]), ("ph", &["f"]), ("th", &["t"]), ("ts", &["c"]), ("tz", &["c"]),
    ("ck", &["k"]), ("qu", &["kv"]), ("oo", &["U", "O"]), ("ou", &["U", "O"]), ("ee", &["I"]), ("ea", &["I"]), ("eu", &["O", "I"]),
    ("ce", &["cI", "sI"]), ("ci", &["cI", "sI"]), ("cy", &["cI", "sI"]),
    ("x", &["ks"]), ("w", &["v"]), ("c", &["k"]), ("q", &["k"]), ("z", &["z", "c"]), ("j", &["I", "dj", "j"]),
    ("č", &["q"]), ("ć", &["q", "t"]), ("š", &["w"]), ("ś", &["s"]), ("ž", &["j"]), ("ż", &["j"]), ("ź", &["z"]), ("ł", &["l"]), ("ń", &["n"]),
    ("ß", &["s"]), ("ss", &["s"]), ("ø", &["O"]), ("æ", &["A"]), ("œ", &["O"]), ("đ", &["d"]), ("ð", &["d"]), ("þ", &["t"]), ("ı", &["I"]),
    ("ș", &["w"]), ("ț", &["c"]), ("ţ", &["c"]), ("cé", &["sI"]), ("cè", &["sI"]), ("cê", &["sI"]), ("cí", &["sI", "cI"]), ("cì", &["cI"]),
    ("ř", &["r"]), ("ş", &["w"]), ("ç", &["s", "q"]), ("ğ", &["g"]), ("ñ", &["n"]), ("ď", &["d"]), ("ť", &["t"]), ("ň", &["n"]),
];

/// The sounds that a word in Latin letters may have; if some consonants are given, only those that they are, or begin with.
fn latin(word: &str, within: Option<&[String]>) -> Vec<String> {
    let word: String =
        word.strip_suffix("'s").unwrap_or(word).chars().filter(|letter| letter.is_alphabetic()).collect();
    let mut all = vec![String::new()];
    let mut rest = word.as_str();
    let mut before = ' ';
    while let Some(letter) = rest.chars().next() {
        let known = LATIN.iter().find(|(letters, _)| rest.starts_with(letters));
        let length = known.map_or(letter.len_utf8(), |(letters, _)| letters.len());
        let behind = rest[length..].chars().next();
        let plain = base(letter);
        let plain = vowel(plain).unwrap_or(plain).to_string();
        let sounds: Vec<&str> = match known {
            // A v at the end, as in Gorbatschow and Romanoff.
            _ if rest == "ff" && matches!(before, 'o' | 'e') => vec!["v", "f"],
            Some((_, sounds)) => sounds.to_vec(),
            None if letter == 's' && before == ' ' && behind.is_some_and(sounds_open) => vec!["s", "z"],
            // Between a vowel and a consonant it is not heard: Johnson; at the end it may be.
            None if letter == 'h' && sounds_open(before) => match behind {
                Some(behind) if !sounds_open(behind) => vec![""],
                Some(_) => vec!["g"],
                None => vec!["", "g"],
            },
            None if letter == 'h' => vec!["g"],
            None if plain.is_ascii() => vec![&plain],
            None => vec![""],
        };
        let room = VARIANTS_MAX / sounds.len().max(1);
        all.truncate(room.max(1));
        all = all
            .iter()
            .flat_map(|start| {
                sounds.iter().map(move |more| {
                    let mut sounds = start.clone();
                    more.chars().for_each(|sound| put(&mut sounds, sound));
                    sounds
                })
            })
            .collect();
        if let Some(within) = within {
            all.retain(|sounds| {
                let own: String = consonants(sounds).collect();
                let genitive = own.strip_suffix('s');
                within.iter().any(|known| known.starts_with(&own) || genitive == Some(known))
            });
            if all.is_empty() {
                return all;
            }
        }
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = if rest == "ff" && known.is_none() { "" } else { &rest[length..] };
    }
    let mut settled_all: Vec<String> = Vec::new();
    for sounds in all {
        let whole = settled(&sounds);
        let short = settled(sounds.trim_end_matches(is_vowel));
        // The s of a genitive: Selenskyjs; the vowel that comes and goes: Kamianets.
        let genitive = short.strip_suffix('s').map(|rest| rest.trim_end_matches(is_vowel).to_owned());
        let genitive = genitive.filter(|rest| consonants(rest).count() >= ENOUGH);
        let fleeting = fleeting(&short);
        let heard = [heard(&whole), heard(&short)];
        // Of a word in a text, what is left of a short one is too little.
        let is_short = within.is_some() && consonants(&short).count() < ENOUGH;
        let short = (!is_short).then_some(short);
        settled_all.extend([Some(whole), short, genitive, fleeting].into_iter().chain(heard).flatten());
    }
    settled_all.retain(|sounds| consonants(sounds).count() > 0);
    settled_all
}

/// Sounds without the vowel before their last consonant, which other cases are without: Kamianets, Кам'янц-.
fn fleeting(sounds: &str) -> Option<String> {
    let mut back = sounds.chars().rev();
    let (last, middle) = (back.next()?, back.next()?);
    let head = &sounds[..sounds.len() - 2];
    (matches!(last, 'c' | 'k' | 'n' | 'l' | 'r') && middle == 'V' && consonants(head).count() >= 2)
        .then(|| format!("{head}{last}"))
}

/// Whether a Latin letter is a vowel.
fn sounds_open(letter: char) -> bool {
    vowel(base(letter)).is_some()
}

/// A letter without its marks.
fn base(letter: char) -> char {
    use unicode_normalization::UnicodeNormalization;
    if letter.is_ascii() { letter } else { std::iter::once(letter).nfd().next().unwrap_or(letter) }
}

/// The letters that words can begin with whose first sound is this one, or a vowel as it is.
fn first_letters(first: char, script: Script) -> Vec<char> {
    let fits = |sound: char| sound == first || is_vowel(sound) && is_vowel(first);
    match script {
        Script::Cyrillic => {
            ('а'..='ӿ').filter(|letter| cyrillic(&letter.to_string()).starts_with(fits)).collect()
        }
        _ => {
            let rows =
                LATIN.iter().filter(|(_, sounds)| sounds.iter().any(|sounds| sounds.starts_with(fits)));
            let rows = rows.filter_map(|(letters, _)| letters.chars().next());
            let alone = |letter: &char| {
                let plain = base(*letter);
                fits(vowel(plain).unwrap_or(plain))
            };
            // As [`latin`] has them: Selenskyj, Hruschewskyj.
            let besides = [('s', 'z'), ('h', 'g')].into_iter().filter(|(_, sound)| fits(*sound));
            ('a'..='z')
                .chain('ß'..='ſ')
                .filter(alone)
                .chain(rows)
                .chain(besides.map(|(letter, _)| letter))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Language;

    fn finds(name: &str, language: &str, word: &str) -> bool {
        let name = Name::of(name);
        let term = term(Code::of(Language::parse(language)), word);
        name.prefixes.iter().any(|prefix| term.starts_with(prefix.as_str())) && name.has(&term)
    }

    /// Each spelling and case of a name finds every other.
    #[test]
    fn spellings_of_one_name() {
        for spellings in [
            "uk:Зеленський uk:Зеленського uk:Зеленським ru:Зеленский ru:Зеленского en:Zelensky en:Zelenskyy en:Zelenskiy de:Selenskyj de:Selenskyjs pl:Zełenski",
            "uk:Трамп uk:Трампом ru:Трампа en:Trump en:Trump's",
            "uk:Рютте ru:Рютте en:Rutte",
            "uk:Львів uk:Львові uk:Львова ru:Львов ru:Львове en:Lviv en:Lvov",
            "uk:Київ uk:Києва uk:Києві ru:Киев ru:Киева en:Kyiv en:Kiev",
            "uk:Харків uk:Харкові ru:Харьков ru:Харькова en:Kharkiv en:Kharkov",
            "uk:Кам'янець uk:Кам'янці en:Kamianets",
            "uk:Путін uk:Путіна ru:Путин ru:Путиным en:Putin",
            "uk:Макрон uk:Макроном ru:Макрона en:Macron fr:Macron",
            "uk:Шольц uk:Шольца ru:Шольцем en:Scholz de:Scholz",
            "uk:Джонсон ru:Джонсона en:Johnson",
            "uk:Байден ru:Байденом en:Biden",
            "uk:Маск uk:Маска ru:Маском en:Musk",
            "uk:Горбачов ru:Горбачёва en:Gorbachev de:Gorbatschow",
            "uk:Грушевський uk:Грушевського en:Hrushevsky en:Hrushevskyi",
            "uk:Харченко ru:Харченко en:Kharchenko de:Chartschenko",
            "uk:Одеса ru:Одесса en:Odesa en:Odessa",
            "uk:Ющенко uk:Ющенка ru:Ющенко en:Yushchenko de:Juschtschenko",
            "uk:Юлія ru:Юлия en:Yulia",
            "uk:Ялта ru:Ялта en:Yalta",
            "uk:Ярош ru:Ярош en:Yarosh",
            "uk:Юнкер ru:Юнкер de:Juncker",
            "uk:Щербак uk:Щербака en:Shcherbak ru:Щербака",
            "uk:Залужний uk:Залужного ru:Залужный en:Zaluzhny en:Zaluzhnyi pl:Załużny",
            "uk:Шмигаль uk:Шмигаля ru:Шмыгаль en:Shmyhal en:Shmygal",
        ] {
            let all: Vec<(&str, &str)> =
                spellings.split(' ').map(|one| one.split_once(':').unwrap()).collect();
            let missed: Vec<String> = all
                .iter()
                .flat_map(|(_, asked)| all.iter().map(move |(language, word)| (asked, language, word)))
                .filter(|(asked, language, word)| !finds(asked, language, word))
                .map(|(asked, language, word)| format!("{asked}>{language}:{word}"))
                .collect();
            assert!(missed.is_empty(), "{missed:?}");
        }
    }

    /// Whatever is written, a name finds itself, with its marks and without them.
    #[test]
    fn a_name_finds_itself() {
        for (language, name) in [
            ("es", "García"),
            ("fr", "François"),
            ("fr", "Céline"),
            ("ro", "Ștefan"),
            ("ro", "Țăranu"),
            ("de", "Groß"),
            ("de", "Weiß"),
            ("nb", "Østergaard"),
            ("da", "Søren"),
            ("vi", "Đặng"),
            ("hr", "Đoković"),
            ("is", "Þórður"),
            ("tr", "Işık"),
            ("cs", "Dvořák"),
            ("pl", "Wałęsa"),
            ("lt", "Nausėda"),
            ("sv", "Åkesson"),
            ("hu", "Orbán"),
            ("uk", "Ґудзь"),
            ("ru", "Щёголев"),
            ("en", "Müller"),
        ] {
            assert!(finds(name, language, name), "{name}");
        }
    }

    /// A name of two consonants is found by its dictionary form.
    #[test]
    fn short_names() {
        for (asked, language, word) in [
            ("Odesa", "uk", "Одесі"),
            ("Odessa", "ru", "Одессой"),
            ("Одеса", "en", "Odesa"),
            ("Одеса", "uk", "Одесою"),
        ] {
            assert!(finds(asked, language, word), "{asked} {word}");
        }
        assert!(!finds("Sanna", "fi", "sanoo"));
    }

    #[test]
    fn other_words_are_no_names() {
        for (asked, language, word) in [
            ("Зеленський", "uk", "зелень"),
            ("Зеленський", "uk", "зелений"),
            ("Зеленський", "en", "Zelenka"),
            ("Рютте", "uk", "рота"),
            ("Рютте", "en", "right"),
            ("Путин", "ru", "питание"),
            ("Путин", "ru", "пятно"),
            ("Путін", "uk", "питань"),
            ("Путін", "fi", "puhutaan"),
            ("Trump", "en", "trap"),
            ("Київ", "uk", "кава"),
            ("Київ", "en", "key"),
            ("Фастів", "en", "fast"),
            ("Biden", "ru", "бедный"),
            ("Johnson", "en", "insane"),
            ("Львів", "uk", "левів"),
            ("Biden", "en", "burden"),
            ("Macron", "en", "macaroni"),
        ] {
            assert!(!finds(asked, language, word), "{asked} {word}");
        }
    }
}
