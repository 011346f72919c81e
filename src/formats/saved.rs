//! What programs that save pages write into them: where the page was, and when it was saved.
//!
//! SingleFile, Save Page WE, monolith, HTTrack, browsers ("saved from url"), WebScrapBook, the Wayback Machine, archive.today and
//! Google's cache. A saved date is never one of publication.

use crate::extract::Dom;
use crate::model::{Timestamp, url};
use crate::text::dates;
use std::borrow::Cow;

/// Bytes of a page in which the marks stand, at its start and at its end.
const LOOKED_AT: usize = 32 << 10;

/// Where a page was, and when it was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// Its address.
    pub url: Option<String>,
    /// When it was saved.
    pub at: Option<Timestamp>,
    /// Whether an archive of the web has it, and not whoever saved it: [`Saved::at`] is when that took it.
    pub archived: bool,
}

/// The marks of a page; `None` if it has none.
pub fn of(html: &str) -> Option<Saved> {
    let head = &html[..html.floor_char_boundary(LOOKED_AT)];
    let tail = &html[html.floor_char_boundary(html.len().saturating_sub(4096))..];
    singlefile(head)
        .or_else(|| monolith(head))
        .or_else(|| savepage(head))
        .or_else(|| wayback(head))
        .or_else(|| wayback_footer(tail))
        .or_else(|| archive_today(html))
        .or_else(|| google_cache(head))
        .or_else(|| saved_from(head))
        .or_else(|| httrack(head))
        .or_else(|| httrack(tail))
        .or_else(|| scrapbook(head))
}

/// A page without what an archive of the web shows around it: its toolbar, its header, its own dates.
pub fn without_frame(html: &str) -> Cow<'_, str> {
    let cut = |start: &str, end: &str| {
        let from = html.find(start)?;
        let to = from + html[from..].find(end)? + end.len();
        Some(format!("{}{}", &html[..from], &html[to..]))
    };
    if let Some(page) = cut("<!-- BEGIN WAYBACK TOOLBAR INSERT -->", "<!-- END WAYBACK TOOLBAR INSERT -->") {
        return Cow::Owned(page);
    }
    if html.contains("SHARE_LONGLINK")
        && let Some(content) = html.find("id=\"CONTENT\"")
        && let Some(start) = html[..content].rfind('<')
    {
        return Cow::Borrowed(&html[start..]);
    }
    if let Some(header) = html[..html.floor_char_boundary(LOOKED_AT)].find("google-cache-hdr\"") {
        let lower = html[header..].to_ascii_lowercase();
        if let Some(page) = lower.find("<!doctype").or_else(|| lower.find("<html")) {
            return Cow::Borrowed(&html[header + page..]);
        }
    }
    Cow::Borrowed(html)
}

fn date(text: &str) -> Option<Timestamp> {
    // The zone's name behind the offset is in any language.
    let text = text.split(" (").next().unwrap_or("").trim();
    dates::parse(text, dates::Setting::default()).filter(|found| found.has_year).map(|found| found.dated.at)
}

fn address(text: &str) -> Option<String> {
    let text = text.trim();
    (text.starts_with("http://") || text.starts_with("https://")).then(|| text.to_owned())
}

fn has(text: &str, mark: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some()
}

/// What stands between two texts.
fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let rest = &text[memchr::memmem::find(text.as_bytes(), start.as_bytes())? + start.len()..];
    Some(&rest[..rest.find(end)?])
}

/// `<!-- Page saved with SingleFile … url: … saved date: … -->`
fn singlefile(head: &str) -> Option<Saved> {
    let at = memchr::memmem::find(head.as_bytes(), b"by SingleFile")
        .or_else(|| memchr::memmem::find(head.as_bytes(), b"with SingleFile"))?;
    let comment = head[at..].split("-->").next()?;
    let line = |name: &str| comment.lines().find_map(|line| line.trim().strip_prefix(name));
    Some(Saved {
        url: line("url:").and_then(address),
        at: line("saved date:").and_then(date),
        archived: false,
    })
}

/// `<!-- Saved from https://… at 2025-01-28T08:31:00Z using monolith v2 -->`
fn monolith(head: &str) -> Option<Saved> {
    let comment = between(head, "<!-- Saved from ", "-->").filter(|comment| comment.contains("monolith"))?;
    let (from, rest) = comment.split_once(" at ")?;
    Some(Saved { url: address(from), at: rest.split(' ').next().and_then(date), archived: false })
}

/// `<meta name="savepage-url" content="…">`
fn savepage(head: &str) -> Option<Saved> {
    let content = |name: &str| {
        let meta = between(head, &format!("name=\"{name}\""), ">")?;
        between(meta, "content=\"", "\"")
    };
    let url = content("savepage-url")?.replace("&amp;", "&");
    Some(Saved { url: address(&url), at: content("savepage-date").and_then(date), archived: false })
}

/// `__wm.wombat("https://…","20250128083100",…)`
fn wayback(head: &str) -> Option<Saved> {
    let call = between(head, "__wm.wombat(", ")")?;
    let mut texts = call.split('"').skip(1).step_by(2);
    let (of, digits) = (texts.next()?, texts.next()?);
    let url = of.replace("\\/", "/").replace("&amp;", "&").replacen(":80/", "/", 1);
    Some(Saved { url: address(&url), at: Timestamp::of_digits(digits), archived: true })
}

/// `FILE ARCHIVED ON 08:31:00 Jan 28, 2025 AND RETRIEVED FROM THE INTERNET ARCHIVE`
fn wayback_footer(tail: &str) -> Option<Saved> {
    let when = between(tail, "FILE ARCHIVED ON ", " AND RETRIEVED")?;
    let (time, day) = when.split_once(' ')?;
    Some(Saved { url: None, at: date(&format!("{day} {time} UTC")), archived: true })
}

/// `<input id="SHARE_LONGLINK" value="http://archive.ph/2025.01.28-083100/https://…">`, or `<link rel="bookmark">` to the same.
fn archive_today(html: &str) -> Option<Saved> {
    let is_one = has(html, "SHARE_LONGLINK")
        || has(html, "rel=\"bookmark\" href=\"http://archive.")
        || has(html, "rel=\"bookmark\" href=\"https://archive.");
    if !is_one {
        return None;
    }
    let dom = Dom::parse(html);
    let long = dom.all().find_map(|id| {
        let is_mark =
            dom.attribute(id, "id") == Some("SHARE_LONGLINK") || dom.attribute(id, "rel") == Some("bookmark");
        let link = dom.attribute(id, "value").or(dom.attribute(id, "href")).filter(|_| is_mark)?;
        url::archive_today(link).map(|copy| (copy.of.to_owned(), copy.at))
    });
    let (of, at) = long?;
    Some(Saved { url: Some(of), at, archived: true })
}

/// `<div id="…google-cache-hdr">This is Google's cache of <a href="…">…</a>. … as it appeared on 28 Jan 2025 08:31:00 GMT.`
fn google_cache(head: &str) -> Option<Saved> {
    let at = head.find("google-cache-hdr\"")?;
    let text = &head[at..];
    let url = between(text, "href=\"", "\"").map(|url| url.replace("&amp;", "&"));
    let shown = text.split("</span>").take(4).collect::<Vec<_>>().join(" ");
    let plain = crate::extract::line(&shown);
    let taken = dates::find(&plain, dates::Setting::default()).into_iter().find(|found| found.has_year);
    Some(Saved {
        url: url.as_deref().and_then(address),
        at: taken.map(|found| found.dated.at),
        archived: true,
    })
}

/// `<!-- saved from url=(0031)https://… -->`
fn saved_from(head: &str) -> Option<Saved> {
    let comment = between(head, "<!-- saved from url=", "-->")?;
    let url = address(comment.trim_start_matches(|c: char| c == '(' || c == ')' || c.is_ascii_digit()))?;
    Some(Saved { url: Some(url), ..Saved::default() })
}

/// `<!-- Mirrored from x.org/1 by HTTrack Website Copier/3.x […], Wed, 21 Aug 2024 08:05:16 GMT -->`
fn httrack(text: &str) -> Option<Saved> {
    let comment = between(text, "<!-- Mirrored from ", "-->")?;
    let (of, rest) = comment.split_once(" by HTTrack")?;
    let of = of.trim();
    let url = if of.contains("://") { of.to_owned() } else { format!("http://{of}") };
    Some(Saved {
        url: address(&url),
        at: rest.split_once("], ").and_then(|(_, at)| date(at)),
        archived: false,
    })
}

/// `<html data-scrapbook-source="…" data-scrapbook-create="20250128083100000">`
fn scrapbook(head: &str) -> Option<Saved> {
    let url = between(head, "data-scrapbook-source=\"", "\"")?.replace("&amp;", "&");
    let at = between(head, "data-scrapbook-create=\"", "\"")
        .and_then(|digits| Timestamp::of_digits(digits.get(..14)?));
    Some(Saved { url: address(&url), at, archived: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_say_where_a_page_was() {
        for (html, archived, at) in [
            (
                "<!DOCTYPE html> <html lang=uk><!--\n Page saved with SingleFile \n url: https://post.example/1?a=b \n saved date: Wed Jan 29 2025 09:00:00 GMT+0200 (за східноєвропейським часом)\n--><p>",
                false,
                Some("2025-01-29T07:00:00Z"),
            ),
            (
                "<!-- Saved from https://post.example/1?a=b at 2025-01-29T07:00:00Z using monolith v2.8.3 -->",
                false,
                Some("2025-01-29T07:00:00Z"),
            ),
            (
                "<head><meta name=\"savepage-url\" content=\"https://post.example/1?a=b\"><meta name=\"savepage-date\" content=\"Wed Jan 29 2025 09:00:00 GMT+0200 (x)\">",
                false,
                Some("2025-01-29T07:00:00Z"),
            ),
            (
                "<script>__wm.wombat(\"https://post.example:80/1?a=b\",\"20250129070000\",\"https://web.archive.org/\")",
                true,
                Some("2025-01-29T07:00:00Z"),
            ),
            (
                "<input id=\"SHARE_LONGLINK\" value=\"http://archive.ph/2025.01.29-070000/https://post.example/1?a=b\">",
                true,
                Some("2025-01-29T07:00:00Z"),
            ),
            (
                "<div id=\"bN__google-cache-hdr\"><span>This is Google's cache of <a href=\"https://post.example/1?a=b\">x</a>.</span> <span>It is a snapshot of the page as it appeared on 29 Jan 2025 07:00:00 GMT.</span>",
                true,
                Some("2025-01-29T07:00:00Z"),
            ),
            ("<!-- saved from url=(0026)https://post.example/1?a=b -->", false, None),
            (
                "<html>\n<!-- Mirrored from https://post.example/1?a=b by HTTrack Website Copier/3.x [XR&CO'2014], Wed, 29 Jan 2025 07:00:00 GMT -->",
                false,
                Some("2025-01-29T07:00:00Z"),
            ),
            (
                "<html data-scrapbook-source=\"https://post.example/1?a=b\" data-scrapbook-create=\"20250129070000000\">",
                false,
                Some("2025-01-29T07:00:00Z"),
            ),
        ] {
            let saved = of(html).unwrap_or_else(|| panic!("{html}"));
            assert_eq!(saved.url.unwrap().replace(":80", ""), "https://post.example/1?a=b", "{html}");
            assert_eq!(
                (saved.archived, saved.at.map(|at| at.to_string()).as_deref()),
                (archived, at),
                "{html}"
            );
        }
        for html in ["<p>saved with love</p>", "<!-- saved from url=(0014)about:internet -->", ""] {
            assert_eq!(of(html), None, "{html}");
        }
    }
}
