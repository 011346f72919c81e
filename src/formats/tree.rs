//! XML as a tree: tolerant, as feeds are read, and bounded. Entities that a document declares are not expanded.

use crate::extract::{self, Dom};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// How deep elements nest; what is deeper belongs to the last that is not.
const DEPTH_MAX: usize = 256;
/// Elements of one document that are read.
const ELEMENTS_MAX: usize = 2_000_000;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its prefix, as spelled; empty if it has none.
    pub prefix: String,
    /// Its name without a prefix.
    pub name: String,
    /// Its attributes, with their prefixes.
    pub attributes: Vec<(String, String)>,
    /// What is in it.
    pub children: Vec<Child>,
}

/// What is in an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Child {
    /// Another one.
    Element(Element),
    /// Text, references resolved.
    Text(String),
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Element {
        let full = start.name().as_ref().to_owned();
        let (prefix, name) = full.split_once(':').unwrap_or(("", &full));
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false).flatten().take(64) {
            let name = attribute.key.as_ref().to_owned();
            let value = attribute.value.into_owned();
            attributes.push((name, if value.contains('&') { resolved(&value) } else { value }));
        }
        Element { prefix: prefix.to_owned(), name: name.to_owned(), attributes, children: Vec::new() }
    }

    /// An attribute, by its name with or without its prefix.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let is = |known: &str| {
            known == name || known.rsplit(':').next() == Some(name) && !known.starts_with("xmlns")
        };
        self.attributes.iter().find(|(known, _)| is(known)).map(|(_, value)| value.as_str())
    }

    /// The elements in it.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        })
    }

    /// It and every element in it with this name, in order; what is in one of them is not looked into.
    pub fn named<'e>(&'e self, name: &str, found: &mut Vec<&'e Element>) {
        if self.name == name {
            return found.push(self);
        }
        self.elements().for_each(|element| element.named(name, found));
    }

    /// Whether another one is in it: the same one, not an equal one.
    pub fn contains(&self, other: &Element) -> bool {
        self.elements().any(|inner| std::ptr::eq(inner, other) || inner.contains(other))
    }

    /// Its text, on one line; that of the elements with one of these names left out.
    pub fn text(&self, without: &[String]) -> String {
        let mut text = String::new();
        self.add_text(without, &mut text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn add_text(&self, without: &[String], into: &mut String) {
        for child in &self.children {
            match child {
                Child::Text(text) => into.push_str(text),
                Child::Element(element) if without.contains(&element.name) => {}
                Child::Element(element) => {
                    let is_block = block(&element.name).is_some_and(|name| name != "br");
                    if is_block || element.name == "br" {
                        into.push(' ');
                    }
                    element.add_text(without, into);
                    if is_block {
                        into.push(' ');
                    }
                }
            }
        }
    }

    /// What is in it, as HTML. What has markup of its own as text, is that.
    pub fn markup(&self, without: &[String]) -> String {
        if self.elements().next().is_none() {
            return self
                .children
                .iter()
                .map(|child| if let Child::Text(text) = child { text.as_str() } else { "" })
                .collect();
        }
        let mut html = String::new();
        self.add_markup(without, &mut html);
        html
    }

    fn add_markup(&self, without: &[String], into: &mut String) {
        for child in &self.children {
            match child {
                Child::Text(text) => into.push_str(&paragraphs(&escaped(text))),
                Child::Element(element) if without.contains(&element.name) => {}
                Child::Element(element) => {
                    let name = block(&element.name).unwrap_or("span");
                    into.push_str(&format!("<{name}>"));
                    if name != "br" {
                        element.add_markup(without, into);
                        into.push_str(&format!("</{name}>"));
                    }
                }
            }
        }
    }
}

/// What an element of the agencies' and editors' vocabularies is in HTML, if it is a block or a line break.
fn block(name: &str) -> Option<&'static str> {
    Some(match name {
        "p" | "paragraph" | "para" | "lp" => "p",
        "script" | "style" | "template" => "script",
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "hl1" | "hl2" | "head" | "crosshead" => "h2",
        "ul" | "ol" | "list" | "dl" => "ul",
        "li" | "item" | "dt" | "dd" => "li",
        "blockquote" | "quote" | "bq" | "block_quote" => "blockquote",
        "table" => "table",
        "tr" | "row" => "tr",
        "td" | "th" | "cell" => "td",
        "div" | "section" | "article" | "body" | "main" | "block" | "lg" | "en-note" | "ab" | "html" => "div",
        "l" => "div",
        "br" | "lb" => "br",
        "pre" => "pre",
        _ => return None,
    })
}

/// Markup of a text whose paragraphs are told by lines that begin with blanks, as wires send them, with a break before each.
fn paragraphs(text: &str) -> String {
    let starts: Vec<usize> = text
        .match_indices("\n   ")
        .map(|(at, _)| at)
        .filter(|at| {
            text[..*at].trim_end().ends_with(['.', '!', '?', '"', '”', '»', ')'])
                && !text[*at..].trim().is_empty()
        })
        .collect();
    let all = text.trim().matches("\n   ").count();
    if starts.is_empty() || starts.len() < all {
        return text.to_owned();
    }
    let mut broken = String::with_capacity(text.len() + starts.len() * 8);
    let mut from = 0;
    for at in starts {
        broken.push_str(&text[from..at]);
        broken.push_str("<br><br>");
        from = at;
    }
    broken.push_str(&text[from..]);
    broken
}

/// Plain text as markup.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// `&amp;` and its like: XML's own are resolved, HTML's are HTML's, anybody else's stay as they stand.
pub fn reference(name: &str) -> String {
    match name {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        _ => {
            let written = format!("&{name};");
            let line = extract::line(&format!("x{written}x"));
            match line.strip_prefix('x').and_then(|text| text.strip_suffix('x')) {
                Some(text) => text.to_owned(),
                None => written,
            }
        }
    }
}

/// A text with its references resolved once.
pub fn resolved(text: &str) -> String {
    let mut into = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        into.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(34).position(|byte| byte == b';').unwrap_or(1);
        let name = &rest[1..end];
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
        if is_name {
            into.push_str(&reference(name));
            rest = &rest[name.len() + 2..];
        } else {
            into.push('&');
            rest = &rest[1..];
        }
    }
    into.push_str(rest);
    into
}

/// A page as a tree.
pub fn of_html(html: &str) -> Element {
    let dom = Dom::parse(html);
    element(&dom, 0, 0)
}

fn element(dom: &Dom, id: extract::Node, depth: usize) -> Element {
    let name = dom.tag(id).map_or("", |tag| tag.name());
    let attributes = dom.attributes(id).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut children = Vec::new();
    for child in dom.children(id) {
        match dom.text(child) {
            Some(text) => children.push(Child::Text(text.to_owned())),
            None if depth < DEPTH_MAX => children.push(Child::Element(element(dom, child, depth + 1))),
            // What is deeper belongs to the last that is not.
            None => flat(dom, child, &mut children),
        }
    }
    Element { prefix: String::new(), name: name.to_owned(), attributes, children }
}

/// Everything in an element, without what stands in what.
fn flat(dom: &Dom, id: extract::Node, into: &mut Vec<Child>) {
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        match dom.text(id) {
            Some(text) => into.push(Child::Text(text.to_owned())),
            None => {
                let attributes = dom.attributes(id).map(|(name, value)| (name.to_owned(), value.to_owned()));
                let name = dom.tag(id).map_or("", |tag| tag.name()).to_owned();
                into.push(Child::Element(Element {
                    name,
                    attributes: attributes.collect(),
                    ..Element::default()
                }));
                let children: Vec<extract::Node> = dom.children(id).collect();
                open.extend(children.into_iter().rev());
            }
        }
    }
}

/// A reader of XML that forgives end tags that do not fit, ampersands that stand alone and comments with dashes.
pub fn reader(text: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    config.check_comments = false;
    reader
}

/// Reads a document, or several one after the other; `Err` says where it is no XML. What comes before a fault is there, and what is wrong beside it.
pub fn parse(text: &str) -> Result<(Vec<Element>, Option<String>), String> {
    let mut reader = reader(text);
    let mut open: Vec<Element> = vec![Element::default()];
    let (mut count, mut broken) = (0, None);
    let add = |open: &mut Vec<Element>, child: Child| {
        if let Some(last) = open.last_mut() {
            match (last.children.last_mut(), child) {
                (Some(Child::Text(before)), Child::Text(more)) => before.push_str(&more),
                (_, child) => last.children.push(child),
            }
        }
    };
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) if open.len() < DEPTH_MAX => {
                open.push(Element::of(&start));
                count += 1;
            }
            Ok(Event::Start(start) | Event::Empty(start)) => {
                let element = Element::of(&start);
                add(&mut open, Child::Element(element));
                count += 1;
            }
            Ok(Event::End(end)) => {
                let full = end.name().as_ref().to_owned();
                let name = full.rsplit(':').next().unwrap_or("");
                let Some(at) = open.iter().skip(1).rposition(|element| element.name == name) else {
                    continue;
                };
                while open.len() > at + 1 {
                    let Some(element) = open.pop() else { break };
                    add(&mut open, Child::Element(element));
                }
            }
            Ok(Event::Text(text)) => add(&mut open, Child::Text((*text).to_owned())),
            Ok(Event::CData(data)) => add(&mut open, Child::Text((*data).to_owned())),
            Ok(Event::GeneralRef(name)) => add(&mut open, Child::Text(reference(&name))),
            Ok(Event::Eof) => break,
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
            Err(e) => {
                broken = Some(format!("it is not XML at byte {}: {e}", reader.error_position()));
                break;
            }
        }
        if count > ELEMENTS_MAX {
            broken = Some(format!("it has more than {ELEMENTS_MAX} elements; the rest was not read"));
            break;
        }
    }
    while open.len() > 1 {
        let Some(element) = open.pop() else { break };
        add(&mut open, Child::Element(element));
    }
    let roots: Vec<Element> = open.pop().map_or(Vec::new(), |outside| {
        let elements = outside.children.into_iter().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        });
        elements.collect()
    });
    match roots.is_empty() {
        false => Ok((roots, broken)),
        true => Err(broken.unwrap_or_else(|| "it is XML without an element".to_owned())),
    }
}

/// The name of the first element of a text that begins as XML does, whatever comments and declarations stand before it.
pub fn root(head: &str) -> Option<&str> {
    let mut rest = head.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else if rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) {
            let declaration = rest.split('>').next().unwrap_or("");
            if declaration.contains('[') { "]>" } else { ">" }
        } else {
            break;
        };
        rest = rest[rest.find(end)? + end.len()..].trim_start();
    }
    let name = rest.strip_prefix('<')?;
    let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
    Some(&name[..end]).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_as_it_was_meant() {
        let (roots, broken) = parse(
            "<?xml version='1.0'?><!-- x --><n:a xml:lang='uk' q='1 &amp; 2'><b>one &amp; <c>two</c></b><![CDATA[<p>three</p>]]><d/></x></n:a>",
        )
        .unwrap();
        let root = &roots[0];
        assert_eq!((root.prefix.as_str(), root.name.as_str(), broken), ("n", "a", None));
        assert_eq!((root.attribute("lang"), root.attribute("q")), (Some("uk"), Some("1 & 2")));
        assert_eq!(root.text(&["c".to_owned()]), "one & <p>three</p>");
        assert_eq!(root.elements().next().unwrap().markup(&[]), "one &amp; <span>two</span>");
        assert!(parse("no markup").is_err());
        assert_eq!(parse("<a><b>kept").unwrap().0[0].text(&[]), "kept");
        assert_eq!(resolved("a &amp;lt; b & c &#38; d&"), "a &lt; b & c & d&");
        assert_eq!(
            super::root("\u{feff}<?xml?><!DOCTYPE a [<!ENTITY b 'c'>]>\n<nitf:x y='1'>"),
            Some("nitf:x")
        );
        let deep = "<a>".repeat(100_000);
        assert_eq!(parse(&deep).unwrap().0[0].name, "a");
    }
}
