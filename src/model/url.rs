//! The canonical form of a URL: what two spellings of one address have in common. Used to look articles up; a capture keeps
//! its URL as it was spelled.

use super::time::Timestamp;

/// Lower-case host without `www.` or `m.`, no scheme, default port, fragment, tracking parameters or closing slash; the other
/// parameters sorted. What is not a URL comes back trimmed.
pub fn canonical(url: &str) -> String {
    let text = url.trim();
    let text = archived(text).map_or(text, |copy| copy.of);
    let Some(parsed) = parsed(text) else { return text.to_owned() };
    let Some(host) = parsed.host_str() else { return text.to_owned() };
    let host = host.trim_end_matches('.');
    let host = host.strip_prefix("www.").or_else(|| host.strip_prefix("m.")).unwrap_or(host);
    let mut canonical = host.to_owned();
    if let Some(port) = parsed.port() {
        canonical.push_str(&format!(":{port}"));
    }
    canonical.push_str(&upper_escapes(parsed.path().trim_end_matches('/')));
    let mut pairs: Vec<_> = parsed.query_pairs().filter(|(name, _)| !is_tracking(name)).collect();
    pairs.sort();
    let mut separator = '?';
    for (name, value) in pairs {
        canonical.push(separator);
        canonical.extend(url::form_urlencoded::byte_serialize(name.as_bytes()));
        canonical.push('=');
        canonical.extend(url::form_urlencoded::byte_serialize(value.as_bytes()));
        separator = '&';
    }
    canonical
}

/// A path with its escapes in capitals: `%d0` and `%D0` are one.
fn upper_escapes(path: &str) -> String {
    let mut upper = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        upper.push_str(&rest[..at]);
        let end = (at + 3).min(rest.len());
        let escape = rest.get(at..end).unwrap_or("%");
        upper.push_str(&escape.to_ascii_uppercase());
        rest = &rest[at + escape.len()..];
    }
    upper.push_str(rest);
    upper
}

/// A URL, also without its scheme.
pub(crate) fn parsed(text: &str) -> Option<url::Url> {
    url::Url::parse(text).or_else(|_| url::Url::parse(&format!("http://{text}"))).ok()
}

/// A copy in an archive of the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Archived<'a> {
    /// The address that it is a copy of.
    pub of: &'a str,
    /// When it was taken.
    pub at: Option<Timestamp>,
}

/// Hosts of archive.today.
const ARCHIVE_TODAY: [&str; 8] = [
    "archive.today",
    "archive.is",
    "archive.ph",
    "archive.md",
    "archive.fo",
    "archive.li",
    "archive.vn",
    "archive.ec",
];

/// What an address of the Wayback Machine, or of one like it, is a copy of: `…/web/20250128093100id_/https://rubryka.com/1`,
/// `https://archive.today/20250128093100/https://rubryka.com/1`.
pub fn archived(url: &str) -> Option<Archived<'_>> {
    if let Some(copy) = archive_today(url) {
        return Some(copy);
    }
    let (before, rest) = url.split_once("/web/")?;
    let (when, of) = rest.split_once('/')?;
    let digits = when.trim_end_matches(|c: char| c.is_ascii_lowercase() || c == '_');
    // The address begins with that of the archive and nothing else.
    let is_copy =
        before.split_once("://").is_some_and(|(_, host)| !host.is_empty() && !host.contains(['/', '?', '#']))
            && matches!(digits.len(), 4..=14)
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (of.starts_with("http://") || of.starts_with("https://"));
    is_copy.then(|| Archived { of, at: Timestamp::of_digits(digits) })
}

/// What an address of archive.today is a copy of.
pub fn archive_today(url: &str) -> Option<Archived<'_>> {
    let (host, rest) = url.split_once("://")?.1.split_once('/')?;
    let (when, of) = rest.split_once('/').filter(|_| ARCHIVE_TODAY.contains(&host))?;
    let digits: String = when.chars().filter(char::is_ascii_digit).collect();
    let is_copy = digits.len() >= 8 && (of.starts_with("http://") || of.starts_with("https://"));
    is_copy.then(|| Archived { of, at: Timestamp::of_digits(&digits) })
}

/// The address of what a cache, a translator or a service that sends on shows; `None` is any other.
///
/// Google's redirects (`/url?url=`) and its cache, AMP's caches (`https://www-x-org.cdn.ampproject.org/c/s/www.x.org/1`,
/// `https://www.google.com/amp/s/x.org/1`) and translate.goog, whose hosts have hyphens for dots and two for a hyphen.
pub fn shown(url: &str) -> Option<String> {
    let parsed = url::Url::parse(url.trim()).ok()?;
    let (host, path) = (parsed.host_str()?, parsed.path());
    let parameter = |names: &[&str]| {
        let mut pairs = parsed.query_pairs();
        pairs
            .find(|(name, value)| names.contains(&&**name) && value.starts_with("http"))
            .map(|(_, value)| value.into_owned())
    };
    let is_google = host.starts_with("www.google.") || host.starts_with("google.");
    if is_google && path == "/url" {
        return parameter(&["url", "q"]);
    }
    if host == "webcache.googleusercontent.com" && path == "/search" {
        let cache = parsed.query_pairs().find(|(name, _)| name == "q")?.1.into_owned();
        let of = cache.strip_prefix("cache:")?;
        // An identifier may stand before the address, and words that were searched for behind it.
        let of = of.split([' ', '+']).next()?;
        let of = of
            .split_once(':')
            .filter(|(id, rest)| id.len() == 12 && !rest.starts_with("//"))
            .map_or(of, |(_, of)| of);
        return Some(if of.contains("://") { of.to_owned() } else { format!("https://{of}") });
    }
    let of_amp = |rest: &str| match rest.strip_prefix("s/") {
        Some(rest) => format!("https://{rest}"),
        None => format!("http://{rest}"),
    };
    if is_google && let Some(rest) = path.strip_prefix("/amp/") {
        return Some(of_amp(rest));
    }
    if host.ends_with(".cdn.ampproject.org") {
        let rest = ["/c/", "/v/", "/a/"].iter().find_map(|kind| path.strip_prefix(kind))?;
        return Some(of_amp(rest));
    }
    if let Some(name) = host.strip_suffix(".translate.goog") {
        let dotted = name.replace("--", "\u{0}").replace('-', ".").replace('\u{0}', "-");
        let mut of = parsed.clone();
        of.set_host(Some(&dotted)).ok()?;
        let kept: Vec<(String, String)> = parsed
            .query_pairs()
            .filter(|(name, _)| !name.starts_with("_x_tr_"))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        of.set_query(None);
        if !kept.is_empty() {
            of.query_pairs_mut().extend_pairs(kept);
        }
        return Some(of.into());
    }
    None
}

/// Parameters that say who sent the reader, not what is read.
fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("utm_")
        || name.starts_with("at_")
        || matches!(
            name.as_str(),
            "fbclid"
                | "gclid"
                | "dclid"
                | "yclid"
                | "ysclid"
                | "msclkid"
                | "igshid"
                | "mc_cid"
                | "mc_eid"
                | "ref_src"
                | "ref_url"
                | "cmpid"
                | "ns_mchannel"
                | "ns_source"
                | "ns_campaign"
                | "_openstat"
                | "amp"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address() {
        for url in [
            "https://www.rubryka.com/article/nato/",
            "http://rubryka.com/article/nato?utm_source=x&fbclid=1#top",
            "HTTPS://RUBRYKA.COM:443/article/nato",
            "rubryka.com/article/nato",
            "https://m.rubryka.com/article/nato?utm_medium=rss",
        ] {
            assert_eq!(canonical(url), "rubryka.com/article/nato", "{url}");
        }
        assert_eq!(canonical("https://x.org/?b=2&a=1"), canonical("https://x.org?a=1&b=2"));
        assert_ne!(canonical("https://x.org/a"), canonical("https://x.org/A"));
        assert_ne!(canonical("https://x.org:8080/"), canonical("https://x.org/"));
        assert_eq!(canonical(" not a url "), "not a url");
    }

    #[test]
    fn copies_name_what_they_are_of() {
        for (url, of, at) in [
            (
                "https://web.archive.org/web/20250128093100/https://rubryka.com/1",
                "https://rubryka.com/1",
                Some("2025-01-28T09:31:00Z"),
            ),
            (
                "http://web.archive.org/web/20250128093100if_/http://rubryka.com/?a=/web/1/",
                "http://rubryka.com/?a=/web/1/",
                Some("2025-01-28T09:31:00Z"),
            ),
            ("https://web.archive.org/web/2025/https://rubryka.com/1", "https://rubryka.com/1", None),
            (
                "https://archive.ph/2025.01.28-093100/https://rubryka.com/1",
                "https://rubryka.com/1",
                Some("2025-01-28T09:31:00Z"),
            ),
        ] {
            let copy = archived(url).unwrap();
            assert_eq!((copy.of, copy.at.map(|at| at.to_string()).as_deref()), (of, at), "{url}");
        }
        for (url, of) in [
            (
                "https://www.google.com/url?rct=j&sa=t&url=https://rubryka.com/1%3Fa%3Db&ct=ga",
                "https://rubryka.com/1?a=b",
            ),
            ("https://www.google.com/amp/s/rubryka.com/amp/1", "https://rubryka.com/amp/1"),
            ("https://rubryka-com.cdn.ampproject.org/c/s/rubryka.com/1", "https://rubryka.com/1"),
            (
                "https://www-visti--port-example.translate.goog/1?_x_tr_sl=uk&_x_tr_tl=en&p=2",
                "https://www.visti-port.example/1?p=2",
            ),
            (
                "https://webcache.googleusercontent.com/search?q=cache:AbCdEfGhIjKl:https://rubryka.com/1+port",
                "https://rubryka.com/1",
            ),
        ] {
            assert_eq!(shown(url).as_deref(), Some(of), "{url}");
        }
        assert_eq!(shown("https://rubryka.com/url?url=https://x.org"), None);
        assert_eq!(canonical("https://x.org/%d0%bf"), canonical("https://x.org/п"));
        for url in [
            "https://x.org/web/design/https://y.org",
            "https://x.org/web/20250128093100/about",
            "https://x.org/?u=/web/2024/https://y.org/1",
            "https://x.org/1",
        ] {
            assert_eq!(archived(url), None, "{url}");
        }
    }
}
