//! The language of a text, by its code in ISO 639.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A language: its ISO 639 code of two or three letters, `uk`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Language([u8; 3]);

impl Language {
    /// From a tag such as `uk`, `en-GB`, `ru_RU` or `ukr`: its primary subtag, by ISO 639-1 where there is one.
    pub fn parse(tag: &str) -> Option<Language> {
        let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        if !matches!(primary.len(), 2 | 3) || !primary.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return None;
        }
        let short = match primary.as_str() {
            // Of one language of several that share a code of two letters.
            "cmn" => "zh",
            "pes" => "fa",
            "arb" => "ar",
            "lvs" => "lv",
            "ekk" => "et",
            // As libraries spell them, after the English name.
            "ger" => "de",
            "fre" => "fr",
            "dut" => "nl",
            "cze" => "cs",
            "gre" => "el",
            "rum" => "ro",
            "chi" => "zh",
            three => isolang::Language::from_639_3(three).and_then(|known| known.to_639_1()).unwrap_or(three),
        };
        let mut code = [0; 3];
        code[..short.len()].copy_from_slice(short.as_bytes());
        Some(Language(code))
    }

    /// From its English name, or one of the names that it has itself: `Ukrainian`, `Français`.
    pub fn of_name(name: &str) -> Option<Language> {
        let name = name.trim().to_lowercase();
        let own = [
            ("chinese", "zh"),
            ("greek", "el"),
            ("farsi", "fa"),
            ("norwegian", "no"),
            ("deutsch", "de"),
            ("français", "fr"),
            ("español", "es"),
            ("italiano", "it"),
            ("português", "pt"),
            ("nederlands", "nl"),
            ("polski", "pl"),
            ("русский", "ru"),
            ("українська", "uk"),
            ("svenska", "sv"),
            ("dansk", "da"),
            ("norsk", "no"),
            ("suomi", "fi"),
        ];
        let known = own.iter().find(|(known, _)| *known == name).map(|(_, code)| *code);
        let code = known.or_else(|| {
            let language = isolang::Language::from_name_lowercase(&name)?;
            Some(language.to_639_1().unwrap_or(language.to_639_3()))
        });
        code.and_then(Language::parse)
    }

    /// Whether it is the code of a language; `parse` takes any two or three letters.
    pub fn is_known(&self) -> bool {
        let code = self.as_str();
        isolang::Language::from_639_1(code).or_else(|| isolang::Language::from_639_3(code)).is_some()
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        let length = if self.0[2] == 0 { 2 } else { 3 };
        std::str::from_utf8(&self.0[..length]).unwrap_or("?")
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_primary_subtags() {
        for (tag, code) in [
            ("uk", Some("uk")),
            ("en-GB", Some("en")),
            ("ru_RU", Some("ru")),
            ("ukr", Some("uk")),
            ("gsw", Some("gsw")),
            ("English", None),
            ("", None),
        ] {
            assert_eq!(Language::parse(tag).map(|language| language.to_string()).as_deref(), code, "{tag}");
        }
    }
}
