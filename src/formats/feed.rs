//! RSS 0.9x to 2.0, RDF, Atom, CDF and JSON Feed: each item a draft.
//!
//! Feeds are often not well-formed: end tags that do not fit, ampersands that stand alone and entities that nobody declared
//! are read as they must have been meant. Entities that a document declares are not expanded: there is no billion laughs.
//! An item's full text is taken over its summary; where there is only a summary, the draft says so.

use super::layouts::Item as Unread;
use super::reader::{Around, Content, Items};
use super::tree;
use crate::extract;
use crate::model::{Draft, Language, Origin, Provenance, Published, Reason, Skip, Source};
use crate::text::dates::{self, Setting};
use crate::text::decode;
use data_encoding::BASE64;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Items of one feed that are read.
pub const ITEMS_MAX: usize = 20_000;
/// How deep elements nest.
const DEPTH_MAX: usize = 512;
/// A summary of so many words is taken for the text.
const TEXT_WORDS: usize = 150;

/// One item, as the feed has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// Its title, on one line.
    pub title: String,
    /// Where it leads.
    pub link: Option<String>,
    /// Its identifier.
    pub id: Option<String>,
    /// Its full text, a blank line between paragraphs.
    pub content: String,
    /// Its summary, likewise.
    pub summary: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// When it was published, as printed.
    pub published: Option<String>,
    /// The same in UTC, of a WordPress export.
    pub published_gmt: Option<String>,
    /// When it was changed, as printed.
    pub updated: Option<String>,
    /// What it is about.
    pub categories: Vec<String>,
    /// Its language, or the feed's.
    pub language: Option<String>,
    /// Its own address, where a service that counts readers stands in its link.
    pub original: Option<String>,
    /// The site that it was taken from, and what that is called.
    pub taken_from: Option<(String, String)>,
    /// What its link is relative to.
    pub base: Option<String>,
    /// Whether it is no article: a draft, a page, a setting of an export.
    pub is_none: bool,
}

/// A feed: what it calls itself, and its items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// Its title.
    pub title: String,
    /// The site that it is of.
    pub link: Option<String>,
    /// What its links are relative to.
    pub base: Option<String>,
    /// Its language.
    pub language: Option<String>,
    /// Its items, in order.
    pub items: Vec<Item>,
    /// What is wrong with its end, if it could not be read to it.
    pub broken: Option<String>,
}

/// Reads a feed: an article an item. `Err` if it is no feed.
pub fn read(bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
    let decoded = decode::decode(bytes, around.charset);
    let feed = parse(&decoded.text)?;
    let note = decoded.note();
    let mut items = Items::default();
    for item in &feed.items {
        items.add(match item.is_none {
            true => Err(Unread::Passed(Skip::NoArticle)),
            false => draft(item, &feed, note.clone(), around).map_err(Unread::Rejected),
        });
    }
    if let Some(broken) = &feed.broken {
        items.items.push(Err(format!("the feed is broken after item {}: {broken}", feed.items.len()).into()));
    }
    Ok(Content::Items(items))
}

/// Hosts of services that show what others publish.
const SERVICES: [&str; 6] = [
    "news.google.com",
    "feedproxy.google.com",
    "feeds.feedburner.com",
    "www.google.com",
    "rss.app",
    "feedly.com",
];

fn draft(item: &Item, feed: &Feed, note: Option<String>, around: &Around<'_>) -> Result<Draft, Reason> {
    let link = item.original.as_deref().or(item.link.as_deref());
    let outer = feed.base.as_deref().or(feed.link.as_deref()).or(around.url);
    let base = item.base.as_deref().map(|base| absolute(base, outer));
    let base = base.as_deref().or(outer);
    let url = link.map(|link| absolute(link, base)).map(|url| crate::model::url::shown(&url).unwrap_or(url));
    let host = url.as_deref().and_then(|url| Some(url.split_once("://")?.1.split('/').next()?.to_owned()));
    // Of what a service shows, the source is who published it.
    let of_service = host.is_some_and(|host| SERVICES.contains(&host.as_str()));
    let taken_from = item.taken_from.as_ref().filter(|_| of_service);
    let source = match taken_from {
        Some((site, _)) => Source::of_url(site),
        None if of_service => feed.link.as_deref().and_then(Source::of_url),
        None => None,
    };
    let title = match taken_from {
        Some((_, name)) => item.title.strip_suffix(name.as_str()).and_then(|title| title.strip_suffix(" - ")),
        None => None,
    };
    let title = title.unwrap_or(&item.title);
    let (body, from_summary) = if item.content.split_whitespace().count()
        >= item.summary.split_whitespace().count()
        && !item.content.is_empty()
    {
        (&item.content, false)
    } else {
        (&item.summary, !item.summary.is_empty())
    };
    if item.title.is_empty() && body.is_empty() {
        return Err("the item has neither a title nor a text".into());
    }
    let captured = around.captured.unwrap_or(around.now);
    let language = item.language.as_deref().or(feed.language.as_deref());
    let setting = Setting { language, captured: Some(captured), now: None };
    let mut notes: Vec<String> = note.into_iter().collect();
    let mut extra = Map::new();
    let mut date = |text: Option<&String>, what: &str| {
        let text = text?;
        let found = dates::parse(text, setting).filter(|found| found.has_year);
        if found.is_none() {
            notes
                .push(format!("the {what} is not understood: {}", text.chars().take(60).collect::<String>()));
        }
        notes.extend(found.and_then(|found| found.note()));
        found.map(|found| found.dated)
    };
    let printed = item.published.as_ref().filter(|text| !text.contains("-0001"));
    let published = date(printed, "date").or_else(|| date(item.published_gmt.as_ref(), "date"));
    let updated = date(item.updated.as_ref(), "date of change");
    let modified = updated.filter(|updated| published.is_none_or(|published| updated.at > published.at));
    if let Some(id) = item.id.as_deref().filter(|id| !id.is_empty() && item.link.as_deref() != Some(*id)) {
        extra.insert("feed_id".to_owned(), id.into());
    }
    // The headline may stand in the text as well.
    let body = match body.strip_prefix(title).filter(|rest| rest.starts_with("\n\n") && !title.is_empty()) {
        Some(rest) => rest.trim_start().to_owned(),
        None => body.clone(),
    };
    let has_description = !from_summary && !item.summary.is_empty() && item.summary != item.content;
    let goes_on = body.ends_with(['…', ']']) || body.ends_with("...");
    let is_summary =
        goes_on && !body.is_empty() || from_summary && body.split_whitespace().count() < TEXT_WORDS;
    let mut provenance = Provenance {
        source,
        url,
        byline: item.authors.clone(),
        // An Atom entry that says only when it was updated says when it was published.
        published: published.or(updated).map(|dated| Published::new(dated, Origin::Feed, captured)),
        modified,
        publisher: taken_from
            .map(|(_, name)| name.clone())
            .or(Some(feed.title.clone()))
            .filter(|name| !name.is_empty()),
        keywords: item.categories.clone(),
        description: has_description.then(|| item.summary.clone()),
        is_summary,
        notes,
        ..Provenance::default()
    };
    provenance.set_extra(extra);
    Ok(Draft {
        headline: title.to_owned(),
        language: crate::text::detect_language::detect(title, &body).or(language.and_then(Language::parse)),
        body,
        provenance,
        ..Draft::default()
    })
}

/// A link as an address of its own.
fn absolute(link: &str, base: Option<&str>) -> String {
    let joined = || url::Url::parse(base?).ok()?.join(link).ok();
    if link.contains("://") { link.to_owned() } else { joined().map_or(link.to_owned(), Into::into) }
}

/// Reads a feed's text. `Err` if it is none.
pub fn parse(text: &str) -> Result<Feed, String> {
    let start = text.trim_start();
    if start.starts_with('{') {
        return json(start);
    }
    xml(text)
}

/// Whether a text begins as a feed does: by its first element, whatever comments and declarations stand before it. RDF is one if it
/// speaks of RSS.
pub fn is_feed(head: &str) -> bool {
    let root = tree::root(head).unwrap_or("").to_ascii_lowercase();
    match root.rsplit(':').next() {
        Some("rdf") => {
            ["purl.org/rss", "netscape.com", "purl.org/net/rss"].iter().any(|space| head.contains(space))
        }
        Some("rss" | "feed" | "channel") => true,
        _ => is_json_feed(head),
    }
}

/// Whether a JSON text says that it is a feed.
pub fn is_json_feed(head: &str) -> bool {
    head.get(..4096).unwrap_or(head).contains("jsonfeed.org/version")
}

fn json(text: &str) -> Result<Feed, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("it is not JSON: {e}"))?;
    let string = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let Some(items) = value.get("items").and_then(Value::as_array) else {
        return Err("it is JSON without a list of items".to_owned());
    };
    let authors = |value: &Value| -> Vec<String> {
        let several = value.get("authors").and_then(Value::as_array).cloned().unwrap_or_default();
        let one = value.get("author").cloned();
        several.into_iter().chain(one).filter_map(|author| string(&author, "name")).collect()
    };
    let feed_authors = authors(&value);
    let broken = (items.len() > ITEMS_MAX)
        .then(|| format!("it has more than {ITEMS_MAX} items; the rest was not read"));
    let items = items.iter().take(ITEMS_MAX).map(|item| {
        let own = authors(item);
        let html = string(item, "content_html").map(|html| extract::text(&html));
        Item {
            title: string(item, "title").map(|title| extract::line(&title)).unwrap_or_default(),
            link: string(item, "url").or_else(|| string(item, "external_url")),
            id: string(item, "id"),
            content: html.or_else(|| string(item, "content_text")).unwrap_or_default(),
            summary: string(item, "summary").unwrap_or_default(),
            authors: if own.is_empty() { feed_authors.clone() } else { own },
            published: string(item, "date_published"),
            updated: string(item, "date_modified"),
            categories: item
                .get("tags")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            language: string(item, "language"),
            ..Item::default()
        }
    });
    Ok(Feed {
        items: items.collect(),
        title: string(&value, "title").unwrap_or_default(),
        link: string(&value, "home_page_url"),
        language: string(&value, "language"),
        base: None,
        broken,
    })
}

/// Namespaces that matter, by a part of their URI or by the prefix that everybody uses for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    Plain,
    Atom,
    Content,
    Dc,
    Media,
    Itunes,
    Xhtml,
    Wordpress,
    Blogger,
    Other,
}

fn space_of(uri: &str) -> Space {
    let uri = uri.to_ascii_lowercase();
    let known = [
        ("w3.org/2005/atom", Space::Atom),
        ("purl.org/atom", Space::Atom),
        ("rss/1.0/modules/content", Space::Content),
        ("purl.org/dc/", Space::Dc),
        ("search.yahoo.com/mrss", Space::Media),
        ("itunes.com/dtds", Space::Itunes),
        ("w3.org/1999/xhtml", Space::Xhtml),
        ("wordpress.org/export", Space::Wordpress),
        ("schemas.google.com/blogger", Space::Blogger),
        ("purl.org/rss/1.0/modules", Space::Other),
        ("purl.org/rss", Space::Plain),
        ("my.netscape.com", Space::Plain),
        ("backend.userland.com", Space::Plain),
        ("blogs.law.harvard.edu", Space::Plain),
        ("channel.netscape.com", Space::Plain),
        ("rssboard.org", Space::Plain),
    ];
    known.iter().find(|(part, _)| uri.contains(part)).map_or(Space::Other, |(_, space)| *space)
}

fn space_of_prefix(prefix: &str) -> Space {
    match prefix {
        "" | "rss" => Space::Plain,
        "atom" | "a" | "a10" => Space::Atom,
        "content" => Space::Content,
        "dc" | "dcterms" => Space::Dc,
        "media" => Space::Media,
        "itunes" => Space::Itunes,
        "xhtml" | "html" | "body" => Space::Xhtml,
        "wp" => Space::Wordpress,
        "blogger" => Space::Blogger,
        _ => Space::Other,
    }
}

struct Element {
    name: String,
    space: Space,
    /// How many prefixes were bound before it began.
    bound: usize,
}

/// A field that is being collected.
struct Field {
    what: What,
    depth: usize,
    /// As markup: what is plain text in the feed is escaped in here.
    markup: String,
    /// Whether its text is plain, and not markup that is escaped.
    is_plain: bool,
    /// Whether its text is in base 64, as in Atom 0.3.
    is_base64: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Title,
    Link,
    Id,
    Permalink,
    Content,
    Summary,
    Author,
    Published,
    Updated,
    Category,
    Language,
    Original,
    TakenFrom,
    /// Of a WordPress export.
    PublishedGmt,
    Status,
    PostType,
    /// Of a Blogger export.
    Draft,
}

fn xml(text: &str) -> Result<Feed, String> {
    let mut reader = tree::reader(text);
    let mut parser = Parser {
        feed: Feed::default(),
        item: None,
        open: Vec::new(),
        bound: Vec::new(),
        field: None,
        seen_root: false,
    };
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => parser.start(&start, false),
            Ok(Event::Empty(start)) => parser.start(&start, true),
            Ok(Event::End(end)) => parser.end(&local(end.name().as_ref()).to_ascii_lowercase()),
            Ok(Event::Text(text)) => parser.text(&text),
            Ok(Event::CData(data)) => parser.text(&data),
            Ok(Event::GeneralRef(name)) => parser.reference(&name),
            Ok(Event::Eof) => break,
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
            Err(e) => {
                if parser.feed.items.is_empty() && parser.item.is_none() {
                    return Err(format!("it is not XML at byte {}: {e}", reader.error_position()));
                }
                parser.feed.broken = Some(format!("at byte {}: {e}", reader.error_position()));
                break;
            }
        }
        if parser.feed.items.len() >= ITEMS_MAX {
            parser.feed.broken = Some(format!("it has more than {ITEMS_MAX} items; the rest was not read"));
            break;
        }
    }
    parser.finish();
    if !parser.seen_root {
        return Err("it is XML and no feed; RSS, RDF and Atom are read".to_owned());
    }
    Ok(parser.feed)
}

fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

struct Parser {
    feed: Feed,
    item: Option<Item>,
    open: Vec<Element>,
    bound: Vec<(String, Space)>,
    field: Option<Field>,
    seen_root: bool,
}

impl Parser {
    fn start(&mut self, start: &BytesStart<'_>, empty: bool) {
        let bound = self.bound.len();
        let mut attributes: Vec<(String, String)> = Vec::new();
        for attribute in start.attributes().with_checks(false).flatten().take(64) {
            let name = attribute.key.as_ref().to_ascii_lowercase();
            let raw = attribute.value.into_owned();
            if name == "xmlns" || name.starts_with("xmlns:") {
                let prefix = name.strip_prefix("xmlns").unwrap_or("").trim_start_matches(':').to_owned();
                if self.bound.len() < 256 {
                    self.bound.push((prefix, space_of(&raw)));
                }
            } else {
                attributes.push((name, if raw.contains('&') { extract::line(&raw) } else { raw }));
            }
        }
        let full = start.name().as_ref().to_owned();
        let (prefix, name) = full.split_once(':').unwrap_or(("", &full));
        let space = self.space(prefix);
        let name = name.to_ascii_lowercase();
        // A field of the channel that is not closed ends where the first item begins.
        if matches!(name.as_str(), "item" | "entry") && self.item.is_none() {
            self.close_field(0);
        }
        if self.field.is_some() {
            // Markup inside a text: kept as markup.
            if let Some(field) = &mut self.field {
                field.markup.push('<');
                field.markup.push_str(&name);
                field.markup.push('>');
            }
        } else {
            self.begin(prefix, &name, space, &attributes);
        }
        if empty || self.open.len() >= DEPTH_MAX {
            self.bound.truncate(bound);
            let depth = self.open.len() + 1;
            self.close_field(depth);
            if empty && matches!(name.as_str(), "item" | "entry") {
                self.end_item();
            }
            return;
        }
        self.open.push(Element { name, space, bound });
    }

    fn space(&self, prefix: &str) -> Space {
        let declared = self.bound.iter().rev().find(|(known, _)| known == prefix).map(|(_, space)| *space);
        match declared {
            // Declared as something unknown, but under a name that says what it is.
            Some(Space::Other) | None => space_of_prefix(prefix),
            Some(space) => space,
        }
    }

    /// An element that is not inside a text.
    fn begin(&mut self, prefix: &str, name: &str, space: Space, attributes: &[(String, String)]) {
        use Space::{Atom, Content, Dc, Itunes, Plain, Xhtml};
        let attribute = |wanted: &str| {
            attributes
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        if matches!(name, "rss" | "feed" | "rdf" | "channel") {
            self.seen_root = true;
            if let Some(language) = attribute("xml:lang") {
                self.feed.language.get_or_insert(language);
            }
            if let Some(base) = attribute("xml:base") {
                self.feed.base.get_or_insert(base);
            }
        }
        if matches!(name, "item" | "entry") && matches!(space, Plain | Atom | Space::Other) {
            self.end_item();
            self.item = Some(Item {
                link: attribute("rdf:about").or(attribute("href")),
                language: attribute("xml:lang"),
                base: attribute("xml:base"),
                is_none: attribute("turbo").is_some_and(|turbo| turbo == "false"),
                ..Item::default()
            });
            return;
        }
        let parent = self.open.last().map_or("", |element| element.name.as_str());
        let in_author = matches!(parent, "author" | "contributor" | "creator");
        let direct = matches!(parent, "item" | "entry" | "channel" | "feed" | "rdf" | "rss" | "");
        if name == "draft" && parent == "control" {
            self.field = Some(Field {
                what: What::Draft,
                depth: self.open.len() + 1,
                markup: String::new(),
                is_plain: true,
                is_base64: false,
            });
            return;
        }
        if !direct && !in_author {
            return;
        }
        let what = match (space, name) {
            (Plain | Atom | Dc, "title") => What::Title,
            (_, "origlink") => What::Original,
            (Space::Wordpress, "status") => What::Status,
            (Space::Wordpress, "post_type") => What::PostType,
            (Space::Blogger, "status") => What::Status,
            (Space::Blogger, "type") => What::PostType,
            (Plain, "source") if attribute("url").is_some() => {
                if let (Some(item), Some(site)) = (&mut self.item, attribute("url")) {
                    item.taken_from = Some((site, String::new()));
                }
                What::TakenFrom
            }
            (_, "full-text" | "fulltext") => What::Content,
            (Space::Other, "content") if prefix == "turbo" => What::Content,
            (Space::Wordpress, "post_date_gmt") => What::PublishedGmt,
            (Atom | Plain, "link") if attribute("href").is_some() => {
                let rel = attribute("rel").unwrap_or_else(|| "alternate".to_owned());
                if rel == "alternate" || rel.is_empty() {
                    self.put(What::Link, attribute("href").unwrap_or_default(), false);
                }
                return;
            }
            (Plain | Atom, "link") => What::Link,
            (Plain, "guid") if attribute("ispermalink").is_none_or(|is| is != "false") => What::Permalink,
            (Plain | Atom, "guid" | "id") | (Dc, "identifier") => What::Id,
            (Content, "encoded")
            | (Plain | Atom, "content" | "fullitem" | "content_encoded")
            | (Xhtml, "body" | "div")
            | (Plain, "body") => What::Content,
            (Plain | Atom | Dc, "description" | "summary" | "abstract" | "subtitle" | "tagline")
            | (Itunes, "summary") => What::Summary,
            (Plain | Atom, "name") if in_author => What::Author,
            // A person's element holds a name of its own, or is the name.
            (Plain, "author")
            | (Dc, "creator" | "author" | "contributor" | "publisher")
            | (Itunes, "author")
            | (Plain, "managingeditor") => What::Author,
            (Plain | Atom, "pubdate" | "published" | "issued" | "created" | "date")
            | (Dc, "date" | "issued" | "created") => What::Published,
            (Plain | Atom, "updated" | "modified" | "lastbuilddate") | (Dc, "modified") => What::Updated,
            (Plain | Atom, "category") => match attribute("label").or(attribute("term")) {
                Some(term) if term.contains("schemas.google.com") => {
                    // What an entry of a Blogger export is.
                    if let Some(item) = self.item.as_mut().filter(|_| term.contains("kind#")) {
                        item.is_none |= !term.ends_with("kind#post");
                    }
                    return;
                }
                Some(term) => return self.put(What::Category, term, false),
                None => What::Category,
            },
            (Dc, "subject") => What::Category,
            (Plain, "language") | (Dc, "language") => What::Language,
            _ => return,
        };
        // Text of an Atom construct is plain unless it says otherwise; in RSS it is markup that is escaped.
        let kind = attribute("type").unwrap_or_default().to_ascii_lowercase();
        let mode = attribute("mode").unwrap_or_default();
        let (escaped, is_base64) = (mode == "escaped", mode == "base64");
        let plain = space == Atom
            && !escaped
            && matches!(kind.as_str(), "" | "text" | "text/plain" | "xhtml" | "application/xhtml+xml")
            || kind == "text/plain"
            || matches!(
                what,
                What::Link | What::Permalink | What::Id | What::Published | What::Updated | What::Original
            );
        let depth = self.open.len() + 1;
        self.field = Some(Field { what, depth, markup: String::new(), is_plain: plain, is_base64 });
    }

    fn text(&mut self, text: &str) {
        let Some(field) = &mut self.field else { return };
        if !field.is_plain && !matches!(field.what, What::Author) {
            field.markup.push_str(text);
        } else {
            field.markup.push_str(&tree::escaped(text));
        }
    }

    fn reference(&mut self, name: &str) {
        self.text(&tree::reference(name));
    }

    fn end(&mut self, name: &str) {
        // An end tag that fits nothing open is passed over; one that fits something further out closes what is in between.
        let Some(at) = self.open.iter().rposition(|element| element.name == name) else { return };
        while self.open.len() > at {
            let depth = self.open.len();
            let Some(element) = self.open.pop() else { break };
            self.bound.truncate(element.bound);
            if let Some(field) = self.field.as_mut().filter(|field| depth > field.depth) {
                field.markup.push_str("</");
                field.markup.push_str(&element.name);
                field.markup.push('>');
            }
            self.close_field(depth);
            if matches!(element.name.as_str(), "item" | "entry") && element.space != Space::Media {
                self.end_item();
            }
        }
    }

    fn close_field(&mut self, depth: usize) {
        let Some(mut field) = self.field.take_if(|field| field.depth >= depth) else { return };
        if field.is_base64 {
            let digits: String = field.markup.split_whitespace().collect();
            // What is not in base 64 stays as it stands.
            if let Ok(bytes) = BASE64.decode(digits.as_bytes()) {
                let decoded = String::from_utf8_lossy(&bytes);
                field.markup = if field.is_plain { tree::escaped(&decoded) } else { decoded.into_owned() };
            }
        }
        self.put(field.what, field.markup, true);
    }

    fn put(&mut self, what: What, markup: String, is_markup: bool) {
        let long = matches!(what, What::Content | What::Summary);
        // Turbo pages have the headline and a picture in a header of their own.
        let header = markup.trim_start().starts_with("<header").then(|| markup.find("</header>")).flatten();
        let markup = header.map_or(markup.clone(), |end| markup[end + "</header>".len()..].to_owned());
        let value = match (is_markup, long) {
            (true, true) => {
                let text = extract::text(&with_paragraphs(&markup));
                // Escaped twice.
                if super::fields::is_markup(&text) { extract::text(&text) } else { text }
            }
            (true, false) => extract::line(&markup),
            (false, _) => markup.trim().to_owned(),
        };
        if value.is_empty() {
            return;
        }
        let Some(item) = &mut self.item else {
            match what {
                What::Title if self.feed.title.is_empty() => self.feed.title = value,
                What::Link => drop(self.feed.link.get_or_insert(value)),
                What::Language => drop(self.feed.language.get_or_insert(value)),
                _ => {}
            }
            return;
        };
        match what {
            What::Title if item.title.is_empty() => item.title = value,
            What::Title => {}
            What::Link => {
                if item.link.is_none() || item.link == item.id {
                    item.link = Some(value);
                }
            }
            What::Permalink => {
                if value.contains("://") {
                    item.link.get_or_insert(value.clone());
                }
                item.id.get_or_insert(value);
            }
            What::Id => drop(item.id.get_or_insert(value)),
            What::Content => {
                if value.len() > item.content.len() {
                    item.content = value;
                }
            }
            What::Summary => {
                if value.len() > item.summary.len() {
                    item.summary = value;
                }
            }
            What::Author => {
                let name = person(&value);
                if !name.is_empty() && !item.authors.contains(&name) && item.authors.len() < 64 {
                    item.authors.push(name);
                }
            }
            What::Published => drop(item.published.get_or_insert(value)),
            What::Updated => drop(item.updated.get_or_insert(value)),
            What::Category => {
                if item.categories.len() < 64 && !item.categories.contains(&value) {
                    item.categories.push(value);
                }
            }
            What::Language => item.language = Some(value),
            What::Original => item.original = Some(value),
            What::TakenFrom => {
                if let Some((_, name)) = &mut item.taken_from {
                    *name = value;
                }
            }
            What::Status => {
                item.is_none |= !matches!(value.as_str(), "publish" | "published" | "inherit" | "LIVE")
            }
            // Sites have types of posts of their own; those that are known are no posts.
            What::PostType => {
                let other = [
                    "page",
                    "attachment",
                    "revision",
                    "nav_menu_item",
                    "custom_css",
                    "customize_changeset",
                    "feedback",
                    "oembed_cache",
                    "user_request",
                    "PAGE",
                    "COMMENT",
                ];
                item.is_none |=
                    other.contains(&value.as_str()) || value.starts_with("wp_") || value.starts_with("acf-");
            }
            What::PublishedGmt => item.published_gmt = Some(format!("{value} UTC")),
            What::Draft => item.is_none |= value == "yes",
        }
    }

    fn end_item(&mut self) {
        if let Some(item) = self.item.take() {
            self.feed.items.push(item);
        }
    }

    fn finish(&mut self) {
        self.close_field(0);
        self.end_item();
    }
}

/// A text of WordPress, whose paragraphs are told by blank lines, with elements for them; without what stands for plugins in it.
fn with_paragraphs(markup: &str) -> Cow<'_, str> {
    let markup = if markup.contains("[/") || markup.contains("[gallery") || markup.contains("[embed") {
        shortcodes(markup).into()
    } else {
        Cow::Borrowed(markup)
    };
    let blank = markup.contains("\n\n") || markup.contains("\r\n\r\n");
    if !blank
        || markup.contains("<p>")
        || markup.contains("<p ")
        || markup.contains("<div")
        || markup.contains("<pre")
    {
        return markup;
    }
    Cow::Owned(markup.replace("\r\n", "\n").replace("\n\n", "<p>"))
}

/// A text without `[gallery ids="1"]`, `[caption …]…[/caption]`.
fn shortcodes(markup: &str) -> String {
    let mut plain = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(at) = rest.find('[') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let name: String = rest[1..]
            .trim_start_matches('/')
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
            .collect();
        let is_code = name.len() > 3 && name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        let whole = is_code
            && (rest.contains(&format!("[/{name}]"))
                || matches!(name.as_str(), "gallery" | "embed" | "playlist" | "audio" | "video"));
        match rest.find(']').filter(|_| whole) {
            Some(end) if name == "caption" && !rest.starts_with("[/") => {
                let close = rest.find("[/caption]").map_or(end, |at| at + "[/caption]".len() - 1);
                rest = &rest[close + 1..];
            }
            Some(end) => rest = &rest[end + 1..],
            None => {
                plain.push('[');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// The name in `jane@example.org (Jane Doe)` and in `Jane Doe <jane@example.org>`.
fn person(text: &str) -> String {
    if let Some((_, rest)) = text.split_once('(')
        && text.contains('@')
    {
        return rest.trim_end().trim_end_matches(')').trim().to_owned();
    }
    match text.split_once('<') {
        Some((name, address)) if address.contains('@') => name.trim().trim_matches('"').to_owned(),
        _ => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rss_with_full_text() {
        let feed = parse(
            "<?xml version='1.0'?><rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/'>\
             <channel><title>Вечірня пошта</title><link>https://post.example/</link><language>uk</language>\
             <item><title>Паром знову ходить &amp;amp; чекає</title><link>https://post.example/1</link><guid>https://post.example/?p=1</guid>\
             <dc:creator><![CDATA[Олена Ковач]]></dc:creator><pubDate>Tue, 28 Jan 2025 09:31:00 +0200</pubDate>\
             <description>Коротко.</description><content:encoded><![CDATA[<p>Перший абзац.</p><p>Другий&nbsp;абзац.</p>]]></content:encoded></item></channel></rss>",
        )
        .unwrap();
        assert_eq!((feed.title.as_str(), feed.language.as_deref()), ("Вечірня пошта", Some("uk")));
        let item = &feed.items[0];
        assert_eq!(
            (item.title.as_str(), item.link.as_deref()),
            ("Паром знову ходить & чекає", Some("https://post.example/1"))
        );
        assert_eq!(
            (item.content.as_str(), item.summary.as_str()),
            ("Перший абзац.\n\nДругий абзац.", "Коротко.")
        );
        assert_eq!(item.authors, ["Олена Ковач"]);
    }

    #[test]
    fn base_64_in_atom() {
        let feed = parse(
            "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title mode='base64' type='text/plain'>QSA8IGIgJiBj</title>\
             <content type='text/html' mode='base64'>PHA+0J/QtdGA0YjQuNC5\n INCw0LHQt9Cw0YYuPC9wPjxwPtCU0YDRg9Cz0LjQuS48L3A+</content></entry>\
             <entry><title>Two</title><content mode='base64'>Not in base 64.</content></entry></feed>",
        )
        .unwrap();
        let texts = |at: usize| (feed.items[at].title.as_str(), feed.items[at].content.as_str());
        assert_eq!(texts(0), ("A < b & c", "Перший абзац.\n\nДругий."));
        assert_eq!(texts(1), ("Two", "Not in base 64."));
    }

    #[test]
    fn atom_and_its_texts() {
        let feed = parse(
            "<feed xmlns='http://www.w3.org/2005/Atom'><title type='text'>A &lt;b&gt; c</title><entry><title type='html'>One &amp;lt;two&amp;gt; &lt;b>bold&lt;/b></title>\
             <link rel='self' href='x'/><link href='https://x.org/1'/><author><name>Jane Doe</name><email>j@x.org</email></author><updated>2025-01-28T09:31:00Z</updated>\
             <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>First.</p><p>Second <b>one</b>.</p></div></content></entry></feed>",
        )
        .unwrap();
        assert_eq!(feed.title, "A <b> c");
        let item = &feed.items[0];
        assert_eq!((item.title.as_str(), item.link.as_deref()), ("One <two> bold", Some("https://x.org/1")));
        assert_eq!(
            (item.content.as_str(), item.authors.as_slice()),
            ("First.\n\nSecond one.", &["Jane Doe".to_owned()][..])
        );
    }

    #[test]
    fn rdf_items_beside_the_channel() {
        let feed = parse("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel><title>C</title></channel><item rdf:about='https://x.org/1'><title>T</title><link>https://x.org/1</link></item></rdf:RDF>").unwrap();
        assert_eq!((feed.title.as_str(), feed.items.len(), feed.items[0].title.as_str()), ("C", 1, "T"));
    }

    #[test]
    fn broken_feeds_give_what_they_have() {
        let feed = parse("<rss><channel><item><title>A & B &nbsp; &unknown;</title></item><item><title>Second</wrong></title></item><item><title>Third").unwrap();
        let titles: Vec<_> = feed.items.iter().map(|item| item.title.as_str()).collect();
        assert_eq!(titles, ["A & B &unknown;", "Second", "Third"]);
        assert!(parse("<svg></svg>").is_err());
        assert!(parse("no xml at all").is_err());
    }

    #[test]
    fn json_feeds() {
        let feed = parse(r#"{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"1","url":"https://x.org/1","content_html":"<p>Hello.","date_published":"2025-01-28T09:31:00Z"}]}"#).unwrap();
        assert_eq!(
            (feed.items[0].content.as_str(), feed.items[0].link.as_deref()),
            ("Hello.", Some("https://x.org/1"))
        );
    }

    #[test]
    fn laughs_and_depth_and_attributes() {
        let laughs = "<!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol2 '&lol;&lol;&lol;'>]><rss><channel><item><title>&lol2;</title></item></channel></rss>";
        assert_eq!(parse(laughs).unwrap().items[0].title, "&lol2;");
        let deep = format!("<rss><channel><item><title>x</title>{}", "<a>".repeat(200_000));
        assert_eq!(parse(&deep).unwrap().items.len(), 1);
        let many: String = (0..200_000).map(|n| format!(" a{n}='1'")).collect();
        assert_eq!(parse(&format!("<rss{many}><item><title>x</title></item></rss>")).unwrap().items.len(), 1);
    }
}
