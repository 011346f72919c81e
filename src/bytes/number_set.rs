//! Sets of numbers.

/// A set of numbers, of articles or documents: a bit for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberSet {
    words: Vec<u64>,
}

impl NumberSet {
    /// Adds one.
    pub fn insert(&mut self, article: u64) {
        let word = (article / 64) as usize;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (article % 64);
    }

    /// Whether it is in.
    pub fn has(&self, article: u64) -> bool {
        self.words.get((article / 64) as usize).is_some_and(|word| word >> (article % 64) & 1 == 1)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Those that are in this one and in another.
    pub fn and(&mut self, other: &NumberSet) {
        self.words.truncate(other.words.len());
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Those that are in this one or in another.
    pub fn or(&mut self, other: &NumberSet) {
        self.words.resize(self.words.len().max(other.words.len()), 0);
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Takes those out that are in another.
    pub fn remove(&mut self, other: &NumberSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Takes one out.
    pub fn remove_one(&mut self, article: u64) {
        if let Some(word) = self.words.get_mut((article / 64) as usize) {
            *word &= !(1 << (article % 64));
        }
    }

    /// Takes this one out and all above it.
    pub fn remove_from(&mut self, article: u64) {
        let word = (article / 64) as usize;
        if let Some(last) = self.words.get_mut(word) {
            *last &= (1 << (article % 64)) - 1;
            self.words.truncate(word + 1);
        }
    }

    /// Their numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros();
                    left &= left - 1;
                    at as u64 * 64 + u64::from(bit)
                })
            })
        })
    }
}

impl FromIterator<u64> for NumberSet {
    fn from_iter<I: IntoIterator<Item = u64>>(articles: I) -> NumberSet {
        let mut set = NumberSet::default();
        articles.into_iter().for_each(|article| set.insert(article));
        set
    }
}
