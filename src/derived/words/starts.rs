//! How the words of a dictionary begin that may be forms of one word.

/// Ends the key of a reflexive verb, which is a word of its own, as the dictionaries have it: вважається is no form of вважати.
pub const REFLEXIVE: char = '~';

/// Starts without those that begin with another, which add nothing.
pub fn reduced(mut starts: Vec<String>) -> Vec<String> {
    starts.sort();
    starts.dedup_by(|longer, shorter| longer.starts_with(shorter.as_str()));
    starts
}

/// How many starts a word has at most, and how many letters of each are looked at.
const STARTS_MAX: usize = 8;

const START_LETTERS: usize = 12;

/// Starts, cut until there are few of them; not below two letters.
pub fn few(starts: Vec<String>) -> Vec<String> {
    let starts = reduced(starts);
    let mut letters = START_LETTERS;
    loop {
        let cut = reduced(starts.iter().map(|start| start.chars().take(letters).collect()).collect());
        if cut.len() <= STARTS_MAX || letters <= 2 {
            return cut;
        }
        letters -= 1;
    }
}
