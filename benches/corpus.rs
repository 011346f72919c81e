//! A seeded generator of articles with the word statistics of real news, for measuring: the same number gives the
//! same article on every machine.
//!
//! Lengths are log-normal (median 257 words, mean about 330: 3.6 KB); words follow Zipf's law with Mandelbrot's shift
//! over a vocabulary of 60,000; an article repeats words of its own topic; names and numbers are sprinkled in. The
//! vocabulary is made of syllables by letter statistics of English and, for every third article, Ukrainian. zstd at level
//! 3 takes the text, in blocks of 128 KiB, to 0.41 of its bytes; it takes Reuters-21578 to 0.385, the texts of 118 English news
//! pages to 0.415 and 60,000 Finnish headlines with summaries to 0.424.
#![allow(dead_code)]

use pressmark::model::{Dated, Draft, Origin, Precision, Provenance, Published, Source, Timestamp};

/// splitmix64: small, seeded, good enough.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.number()) * u128::from(n)) >> 64) as u64
    }

    pub fn unit(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

const VOCABULARY: usize = 60_000;
const SOURCES: usize = 200;

pub struct Corpus {
    latin: Vec<String>,
    cyrillic: Vec<String>,
    cumulative: Vec<f64>,
    /// What is said in the same words again and again, as ranks of words.
    phrases: Vec<Vec<usize>>,
}

/// The period in which the articles were published: 2015 to 2024.
pub const FIRST_DAY: i64 = 16_436;
pub const DAYS: u64 = 3653;

impl Corpus {
    pub fn new() -> Corpus {
        let mut random = Random::new(1);
        let latin = vocabulary(
            &mut random,
            &[
                "th", "s", "t", "r", "n", "l", "c", "d", "m", "p", "f", "b", "g", "w", "st", "pr", "tr", "v",
                "h",
            ],
            &["e", "a", "i", "o", "u", "ea", "io", "ou"],
            &["", "", "n", "r", "s", "t", "l", "d", "ng", "nt"],
        );
        let cyrillic = vocabulary(
            &mut random,
            &[
                "н", "в", "р", "т", "с", "к", "л", "д", "п", "м", "з", "б", "г", "ст", "пр", "ч", "х", "ш",
                "ц",
            ],
            &["о", "а", "и", "і", "е", "у", "я", "ю", "ї", "є"],
            &["", "", "", "й", "х", "м", "в", "ть", "н"],
        );
        let mut total = 0.0;
        let cumulative = (0..VOCABULARY)
            .map(|rank| {
                total += 1.0 / (rank as f64 + 2.7).powf(1.07);
                total
            })
            .collect();
        let mut corpus = Corpus { latin, cyrillic, cumulative, phrases: Vec::new() };
        for _ in 0..4000 {
            let words = 2 + random.below(3);
            let phrase = (0..words).map(|_| corpus.rank(&mut random)).collect();
            corpus.phrases.push(phrase);
        }
        corpus
    }

    fn rank(&self, random: &mut Random) -> usize {
        let at = random.unit() * self.cumulative[VOCABULARY - 1];
        self.cumulative.partition_point(|sum| *sum < at).min(VOCABULARY - 1)
    }

    /// The article with this number. Articles come in about the order of their dates, some days early or late.
    pub fn draft(&self, number: u64, of: u64) -> Draft {
        let mut random = Random::new(number.wrapping_mul(0xa076_1d64_78bd_642f) ^ 0x5eed);
        let ukrainian = number % 3 == 2;
        let words = if ukrainian { &self.cyrillic } else { &self.latin };
        let length = (5.55 + 0.7 * random.normal()).exp().clamp(20.0, 6000.0) as usize;
        let topic: Vec<&str> =
            (0..40).map(|_| words[200 + random.below(VOCABULARY as u64 - 200) as usize].as_str()).collect();
        let mut headline = String::new();
        self.sentence(&mut headline, words, &topic, 9, &mut random);
        headline.pop();
        let mut body = String::new();
        let mut written = 0;
        while written < length {
            let sentences = 2 + random.below(3);
            for sentence in 0..sentences {
                if sentence > 0 {
                    body.push(' ');
                }
                let count = 8 + random.below(24) as usize;
                self.sentence(&mut body, words, &topic, count, &mut random);
                written += count;
            }
            body.push_str("\n\n");
        }
        let day = FIRST_DAY + (number * DAYS / of.max(1)) as i64 + random.below(7) as i64 - 3;
        let at = Timestamp(day * 86_400 + random.below(86_400) as i64);
        let source = (random.unit().powi(2) * SOURCES as f64) as usize;
        let captured = Timestamp(at.0 + 3600);
        let dated = Dated { at, precision: Precision::Second, offset_minutes: Some(0) };
        let provenance = Provenance {
            source: Source::parse(&format!("source-{source}.com")),
            url: Some(format!("https://source-{source}.com/{}/{number}", at.day())),
            byline: vec![format!("{} {}", capital(topic[0]), capital(topic[1]))],
            published: Some(Published::new(dated, Origin::Given, captured)),
            captured: Some(captured),
            input: "corpus".to_owned(),
            ..Provenance::default()
        };
        // The language is told from the text, as of articles that do not say it.
        Draft { headline, body, provenance, ..Draft::default() }
    }

    fn sentence(
        &self,
        out: &mut String,
        words: &[String],
        topic: &[&str],
        count: usize,
        random: &mut Random,
    ) {
        for index in 0..count {
            let word = match random.below(100) {
                0..22 => topic[(random.unit().powi(2) * topic.len() as f64) as usize],
                22..24 => {
                    out.push_str(&random.below(2100).to_string());
                    ""
                }
                24..38 => {
                    let phrase = &self.phrases[(random.unit().powi(3) * self.phrases.len() as f64) as usize];
                    for rank in &phrase[1..] {
                        out.push_str(&words[*rank]);
                        out.push(' ');
                    }
                    &words[phrase[0]]
                }
                _ => &words[self.rank(random)],
            };
            match index {
                0 => out.push_str(&capital(word)),
                _ => out.push_str(word),
            }
            if index + 1 < count {
                out.push_str(if random.below(14) == 0 { ", " } else { " " });
            }
        }
        out.push('.');
    }
}

fn vocabulary(random: &mut Random, onsets: &[&str], vowels: &[&str], codas: &[&str]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut words = Vec::with_capacity(VOCABULARY);
    while words.len() < VOCABULARY {
        let syllables = match words.len() {
            0..150 => 1,
            150..4000 => 1 + random.below(2),
            _ => 2 + random.below(2),
        };
        let mut word = String::new();
        for _ in 0..syllables {
            for part in [onsets, vowels, codas] {
                word.push_str(part[(random.unit().powf(1.5) * part.len() as f64) as usize]);
            }
        }
        if seen.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// A page around an article: menus, teasers, a footer, as much markup as news pages have.
#[allow(dead_code)]
pub fn html(corpus: &Corpus, number: u64) -> String {
    let draft = corpus.draft(number, 1000);
    let menu: String = (0..150).map(|n| format!("<li class=\"nav__item nav__item--{n}\"><a href=\"/section/{n}\" data-track=\"nav\">Section {n}</a></li>")).collect();
    let teasers: String = (0..60).map(|n| format!("<div class=\"teaser teaser--small\"><a href=\"/story/{n}\"><h3>Another story, number {n}</h3></a><time datetime=\"2025-01-{:02}\">{n}</time></div>", n % 28 + 1)).collect();
    let body: String = draft
        .body
        .split("\n\n")
        .map(|paragraph| format!("<p class=\"article__text\">{paragraph}</p>\n"))
        .collect();
    format!(
        "<!DOCTYPE html><html lang=en><head><title>{0} | Post</title><meta property=\"og:title\" content=\"{0}\"><script>{1}</script>\
         <script type=\"application/ld+json\">{{\"@type\":\"NewsArticle\",\"headline\":\"{0}\",\"datePublished\":\"2025-01-28T09:31:00Z\"}}</script></head>\
         <body><nav><ul>{menu}</ul></nav><main><article><h1>{0}</h1>{body}</article><aside>{teasers}</aside></main><footer>© Post</footer></body></html>",
        draft.headline,
        "window.data=1;".repeat(2000)
    )
}
