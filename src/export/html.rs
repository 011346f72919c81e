//! Articles to be read in a browser: a page that needs nothing but itself.

use super::{Render, headline};
use crate::model::canonical::is_invisible;
use crate::model::{Capture, Document};
use std::fmt::Write;
use std::io;

/// Pages of articles.
pub struct Html;

const STYLE: &str = include_str!("page.css");

impl Render for Html {
    fn render(&self, document: &Document) -> io::Result<Vec<u8>> {
        let mut page = String::new();
        let lang = document.article.language().map_or(String::new(), |code| format!(" lang=\"{code}\""));
        let _ = writeln!(page, "<article id=\"a{}\"{lang}>", &document.digest.to_string()[..16]);
        let _ = writeln!(page, "<h1 dir=\"auto\">{}</h1>", escaped(headline(document)));
        let _ = writeln!(page, "<div class=\"about\" lang=\"en\">{}</div>", about(document.placed()));
        for paragraph in document.article.body().split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            let _ = writeln!(page, "<p dir=\"auto\">{}</p>", escaped(paragraph).replace('\n', "<br>"));
        }
        let _ = writeln!(page, "<footer lang=\"en\">BLAKE3 <code>{}</code>", document.digest);
        if !document.tags.is_empty() {
            let _ = writeln!(page, "<br>tags: {}", escaped(&document.tags.join(", ")));
        }
        if document.captures.len() > 1 {
            let _ = writeln!(page, "<details><summary>{} captures</summary><ul>", document.captures.len());
            for capture in &document.captures {
                let _ = writeln!(page, "<li>{}</li>", about(capture));
            }
            page.push_str("</ul></details>\n");
        }
        page.push_str("</footer>\n</article>\n");
        Ok(page.into_bytes())
    }

    fn alone(&self, document: &Document) -> io::Result<Vec<u8>> {
        let mut page = head(headline(document)).into_bytes();
        page.extend(self.render(document)?);
        page.extend_from_slice(self.end());
        Ok(page)
    }

    fn begin(&self) -> io::Result<Vec<u8>> {
        Ok(head("Articles").into_bytes())
    }

    fn end(&self) -> &'static [u8] {
        b"</body>\n</html>\n"
    }
}

fn head(title: &str) -> String {
    let title = escaped(title);
    format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )
}

/// Who, when and where.
fn about(capture: &Capture) -> String {
    let of = &capture.provenance;
    let published = of.published.map(|published| {
        let suspect = if published.suspect { " (not plausible)" } else { "" };
        format!("<time datetime=\"{}\">{published}</time>{suspect}", published.at)
    });
    let name = of.publisher.as_deref().or(of.source.as_ref().map(|source| source.as_str()));
    let byline = Some(escaped(&of.byline.join(", "))).filter(|byline| !byline.is_empty());
    let web = |url: &&str| url.starts_with("https://") || url.starts_with("http://");
    let link = of.url.as_deref().map(|url| match Some(url).filter(web) {
        Some(url) => format!("<a rel=\"noreferrer\" href=\"{0}\">{0}</a>", escaped(url)),
        None => escaped(url),
    });
    let captured = of.captured.map(|at| format!("captured {at}"));
    let parts = [name.map(escaped), published, byline, link, captured];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Text that a page shows as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter != '\n' && letter.is_control() || is_invisible(letter) => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::tests::document;
    use super::*;

    #[test]
    fn a_page_says_no_more_than_the_article() {
        let mut document = document("<script>alert(1)</script> & \"more\"", "One <b>two</b>.\n\nThree.");
        document.captures[0].provenance.url = Some("javascript:alert(1)".to_owned());
        let page = String::from_utf8(Html.alone(&document).unwrap()).unwrap();
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("href="), "{page}");
        assert!(
            page.contains("<title>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;</title>"),
            "{page}"
        );
        assert!(
            page.contains("<p dir=\"auto\">One &lt;b&gt;two&lt;/b&gt;.</p>\n<p dir=\"auto\">Three.</p>"),
            "{page}"
        );
        assert!(
            page.starts_with("<!DOCTYPE html>")
                && page.ends_with("</html>\n")
                && page.contains("lang=\"en\"")
        );
    }
}
