//! Which of several names is most like one that was written: what a mistake may have meant.

/// The name that is most like a word, and how much: 1 is the same, 0 nothing alike (Jaro and Winkler).
pub fn nearest<S: AsRef<str>>(word: &str, names: impl IntoIterator<Item = S>) -> Option<(f64, S)> {
    let likeness = names.into_iter().map(|name| (strsim::jaro_winkler(name.as_ref(), word), name));
    likeness.max_by(|a, b| a.0.total_cmp(&b.0))
}
