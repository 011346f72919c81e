//! Makes the table: the n-grams of each language that say most, its own share of the room.

use crate::models::{self, Model};
use fst::Streamer;
use pressmark::text::detect_language::grams::{self, ALL, LANGUAGES, LAST, PARTS, PLACE_BITS, ROOM, SHARED};
use std::collections::{BTreeMap, HashMap, HashSet};

/// An n-gram: its letters, the logarithm of the likelihood of its last letter behind the others, and that of all of it.
struct Gram {
    letters: Vec<char>,
    last: f32,
    all: f32,
}

fn grams((_, models, _): &Model) -> Vec<Gram> {
    let bytes = models.get_file("ngrams.fst").expect("the model has n-grams").contents().to_vec();
    let map = fst::Map::new(bytes).expect("a map");
    let (mut stream, mut found, mut known) = (map.stream(), Vec::new(), HashMap::<Vec<char>, f32>::new());
    while let Some((letters, bits)) = stream.next() {
        let letters: Vec<char> = std::str::from_utf8(letters).expect("letters").chars().collect();
        let last = f64::from_bits(bits) as f32;
        let before = known.get(&letters[..letters.len() - 1]).copied().unwrap_or(if letters.len() == 1 {
            0.0
        } else {
            -20.0
        });
        known.insert(letters.clone(), before + last);
        found.push(Gram { letters, last, all: before + last });
    }
    found
}

/// The n-grams of a language to keep: the most frequent, those first that say something else of their last letter than shorter ones do.
fn kept(all: &[Gram], most: usize) -> HashSet<usize> {
    let by: HashMap<&[char], usize> = all.iter().enumerate().map(|(at, gram)| (&*gram.letters, at)).collect();
    let worth = |gram: &Gram| {
        let shorter = by.get(&gram.letters[1..]).map_or(-12.0, |at| all[*at].last);
        gram.all + GAIN * ((gram.last - shorter).abs() + 0.2).ln()
    };
    let mut order: Vec<(f32, usize)> = all.iter().enumerate().map(|(at, gram)| (worth(gram), at)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut kept = HashSet::new();
    for (_, at) in order {
        // With all its ends: a longer one is only looked for where the shorter ones are.
        for from in 0..all[at].letters.len() {
            kept.extend(by.get(&all[at].letters[from..]));
        }
        if kept.len() >= most {
            break;
        }
    }
    kept
}

/// Of a language that less than this speaks against, much is written.
const MUCH: u16 = 30;
/// What a letter costs that a language does not have, in nats.
const UNKNOWN: f32 = 10.0;
/// What it costs that a language knows fewer of the letters before one than another does.
const BACK_OFF: f32 = 1.2;
/// An n-gram that so many languages have is kept with all of them.
const MANY: usize = 24;

/// What a letter costs in one language by an n-gram of some letters.
fn cost(last: f32, letters: usize) -> u8 {
    let cost = (-last).min(UNKNOWN) + BACK_OFF * (grams::LETTERS_MAX - letters) as f32;
    (cost * PARTS).round() as u8
}

/// N-grams that are kept of a language of which much is written; of one in Cyrillic, where neighbours are closest; of another.
const LARGE: usize = 20_000;
const CYRILLIC: usize = 60_000;
const SMALL: usize = 12_000;
/// How much it counts that an n-gram says something else than shorter ones do.
const GAIN: f32 = 0.7;

/// The table's bytes.
pub fn table() -> Vec<u8> {
    let mut all: BTreeMap<Vec<char>, Vec<(u8, u8)>> = BTreeMap::new();
    let models = models::all();
    for (at, (code, against)) in LANGUAGES.iter().enumerate() {
        let model = models.iter().find(|(known, ..)| known == code).expect("a model of each language");
        let grams = grams(model);
        let most = match *code {
            "ru" | "uk" | "be" | "bg" => CYRILLIC,
            _ if *against < MUCH => LARGE,
            _ => SMALL,
        };
        for gram in kept(&grams, most) {
            let letters = &grams[gram].letters;
            all.entry(letters.clone()).or_default().push((at as u8, cost(grams[gram].last, letters.len())));
        }
    }
    let dense = |letters: &[char]| {
        let mut costs = [cost(-UNKNOWN, 0); ROOM];
        for from in (0..letters.len()).rev() {
            for (language, cost) in all.get(&letters[from..]).into_iter().flatten() {
                costs[*language as usize] = *cost;
            }
        }
        costs
    };
    let mut places: BTreeMap<(usize, u16), Vec<u8>> = BTreeMap::new();
    let mut order: Vec<_> = all.iter().collect();
    order.sort_by_key(|(letters, _)| letters.len());
    for (letters, languages) in order {
        let place =
            grams::place(letters.iter().fold(0, |key, letter| grams::key(key, *letter)), letters.len());
        let mut behind = vec![ALL];
        if letters.len() < 3 || languages.len() >= MANY {
            behind.extend(dense(letters));
        } else {
            let last = languages.len() - 1;
            behind = languages
                .iter()
                .enumerate()
                .flat_map(|(at, (language, cost))| [language | if at == last { LAST } else { 0 }, *cost])
                .collect();
        }
        // Of the few that share a place and what they are known by, the shorter one.
        places.entry(place).or_insert(behind);
    }
    let (mut data, mut begins) = (Vec::new(), vec![0usize]);
    let mut rest = places.into_iter().peekable();
    for place in 0..1 << PLACE_BITS {
        while let Some(((_, known_by), behind)) = rest.next_if(|((at, _), _)| *at == place) {
            data.extend(known_by.to_le_bytes());
            data.extend(behind);
        }
        begins.push(data.len());
    }
    let bases: Vec<usize> = begins.iter().step_by(SHARED).copied().collect();
    let head = 4 * bases.len() + 2 * begins.len();
    let mut table: Vec<u8> = bases.iter().flat_map(|base| ((base + head) as u32).to_le_bytes()).collect();
    let offset =
        |(at, begin): (usize, &usize)| u16::try_from(begin - bases[at / SHARED]).expect("a short group");
    table.extend(begins.iter().enumerate().flat_map(|one| offset(one).to_le_bytes()));
    table.extend(data);
    table
}
