//! Who published an article.

use super::canonical;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who published an article: a registered domain (`rubryka.com`) or a slug (`evening-post`); lower case, no blanks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Source(String);

impl Source {
    /// From a name, a host or a URL: a URL gives its host, `www.` goes, blanks become hyphens, letters lower case.
    /// `None` if nothing is left, or if the name is `none`, which stands for captures without a source.
    pub fn parse(text: &str) -> Option<Source> {
        if text.contains("://")
            && let Some(host) = Source::of_url(text)
        {
            return Some(host);
        }
        // Lower case may put accents beside letters that they belong on.
        let lower = canonical::headline(&canonical::headline(text).to_lowercase());
        let mut slug = String::new();
        for character in lower.chars() {
            match character {
                '/' | '\\' | ',' | ';' | '"' => slug.extend((!slug.ends_with('-')).then_some('-')),
                _ if character.is_whitespace() => slug.extend((!slug.ends_with('-')).then_some('-')),
                _ => slug.push(character),
            }
        }
        Source::trimmed(&slug)
    }

    /// The registered domain of a URL's host by the public suffix list: `bbc.co.uk` of `https://news.bbc.co.uk/…`; the host
    /// itself where it has none, as a number has not.
    pub fn of_url(url: &str) -> Option<Source> {
        let url = url.trim();
        let url = crate::model::url::archived(url).map_or(url, |copy| copy.of);
        let url = url::Url::parse(url).ok()?;
        let host = url.host_str()?.to_lowercase();
        let named = matches!(url.host(), Some(url::Host::Domain(_)));
        let registered = psl::domain_str(host.trim_end_matches('.')).filter(|_| named);
        Source::trimmed(registered.unwrap_or(&host))
    }

    /// As the archive has it.
    pub(crate) fn stored(name: String) -> Source {
        Source(name)
    }

    /// Without `www.` and what should not stand at an end.
    fn trimmed(name: &str) -> Option<Source> {
        let mut name = name;
        loop {
            let shorter = name.trim_matches(['-', '.']);
            let shorter = shorter.strip_prefix("www.").unwrap_or(shorter);
            if shorter == name {
                break;
            }
            name = shorter;
        }
        (!name.is_empty() && name != "none" && name.len() <= 253).then(|| Source(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sources_are_domains_or_slugs() {
        for (text, source) in [
            ("https://www.Rubryka.com/article/1", Some("rubryka.com")),
            ("www.bbc.co.uk", Some("bbc.co.uk")),
            ("Українська правда", Some("українська-правда")),
            (" The Evening  Post ", Some("the-evening-post")),
            ("a\u{0}b/..", Some("ab")),
            ("https://кремль.рф/", Some("xn--e1ajeds9e.xn--p1ai")),
            ("xn--e1ajeds9e.xn--p1ai", Some("xn--e1ajeds9e.xn--p1ai")),
            ("www.www.x.org", Some("x.org")),
            ("", None),
            ("none", None),
            ("../..", None),
        ] {
            assert_eq!(Source::parse(text).as_ref().map(Source::as_str), source, "{text}");
        }
    }

    proptest! {
        /// A source that goes out and in again is the same source.
        #[test]
        fn sources_stay_what_they_are(text in "(www\\.|[a-zA-Z0-9İẞі.,/ -]|\\PC|\u{307}){0,20}", host in "[a-z0-9-]{1,8}(\\.[a-zа-яі-]{1,6}){1,3}") {
            if let Some(source) = Source::parse(&text) {
                prop_assert_eq!(Source::parse(source.as_str()), Some(source.clone()));
            }
            if let Some(source) = Source::of_url(&format!("https://{host}/")) {
                prop_assert_eq!(Source::parse(source.as_str()), Some(source.clone()));
            }
        }
    }
}
