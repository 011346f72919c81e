//! What elements are called, and what that says: class names, identifiers and roles that news pages share.

use super::dom::{Dom, Id, Tag};
use super::metadata::fold;
use super::rules::ElementRule;

/// What an element that is not part of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Menus, footers, forms: by the element's own name or role.
    Furniture,
    /// Other stories.
    Related,
    /// Leads to another story, by its shape.
    Story,
    /// Laid over the page: consent, a popup.
    Overlay,
    /// Readers' comments.
    Comments,
    /// Who wrote it, when, under which heading.
    Meta,
    /// Buttons to share, to subscribe, to pay.
    Appeal,
    /// What a picture shows.
    Caption,
    /// Advertising.
    Advert,
    /// Not shown.
    Hidden,
}

/// Elements whose content is never text of the page.
pub fn is_silent(tag: Tag) -> bool {
    use Tag::*;
    matches!(
        tag,
        Script
            | Style
            | Template
            | Noscript
            | Svg
            | Iframe
            | Video
            | Audio
            | Object
            | Canvas
            | Select
            | Option
            | Textarea
            | Button
            | Title
            | Head
            | Rt
            | Rp
            | Amp
    )
}

/// Elements whose own name says that they hold no text of an article.
pub fn is_firm(tag: Tag) -> bool {
    matches!(tag, Tag::Nav | Tag::Footer | Tag::Form | Tag::Menu | Tag::Dialog | Tag::Aside)
}

/// What an element's name, role and class say of its content; `None` if it may be text.
pub fn of(dom: &Dom, id: Id, tag: Tag) -> Option<Role> {
    match tag {
        Tag::Nav | Tag::Footer | Tag::Form | Tag::Menu => return Some(Role::Furniture),
        Tag::Dialog => return Some(Role::Overlay),
        Tag::Aside => return Some(Role::Related),
        Tag::Figcaption | Tag::Caption => return Some(Role::Caption),
        Tag::Time | Tag::Address => return Some(Role::Meta),
        Tag::Html | Tag::Body | Tag::Main => return None,
        // An article may be called after what it holds beside its text, but a comment or a message is none.
        Tag::Article => {
            let names = ["class", "id"].iter().filter_map(|name| dom.attribute(id, name));
            return names
                .filter_map(classes)
                .find(|role| matches!(role, Role::Overlay | Role::Hidden | Role::Comments));
        }
        _ => {}
    }
    let mut found = None;
    for (name, value) in dom.attributes(id) {
        match name {
            "role" if matches!(value, "dialog" | "alertdialog") => return Some(Role::Overlay),
            "aria-modal" if value == "true" => return Some(Role::Overlay),
            "role"
                if matches!(
                    value,
                    "navigation" | "complementary" | "contentinfo" | "search" | "menu" | "banner"
                ) =>
            {
                return Some(Role::Furniture);
            }
            "class" | "id" | "data-testid" | "data-component" | "data-qa" | "data-module" | "data-block"
            | "data-type"
                if value.len() < 600 =>
            {
                found =
                    found.or_else(|| classes(value).filter(|_| name != "id" || !spells_text(dom, id, value)));
            }
            "itemprop" => {
                if value.contains("articleBody") {
                    return None;
                }
                if matches!(
                    value,
                    "author" | "datePublished" | "dateModified" | "publisher" | "headline" | "caption"
                ) {
                    found = found.or(Some(Role::Meta));
                }
            }
            "hidden" => found = found.or(Some(Role::Hidden)),
            "aria-hidden" if value == "true" && tag != Tag::P => found = found.or(Some(Role::Hidden)),
            "style" if hides(value) => found = found.or(Some(Role::Hidden)),
            "rel" if value == "author" => found = found.or(Some(Role::Meta)),
            _ => {}
        }
    }
    found
}

/// Words of an identifier that may be a heading's, made into an anchor.
const ANCHOR_WORDS_MIN: usize = 5;
/// Nodes that are looked into for them.
const ANCHOR_NODES: usize = 200;

/// Whether an identifier is an anchor made from the words inside, as `the-crane-in-a-similar-place` is, and so no name.
fn spells_text(dom: &Dom, id: Id, value: &str) -> bool {
    let folded = fold(value);
    let words: Vec<&str> = folded.split(' ').take(ANCHOR_WORDS_MIN).collect();
    words.len() == ANCHOR_WORDS_MIN && {
        // What it is the anchor of stands near.
        let near = dom.all().skip(id as usize).take(ANCHOR_NODES).take_while(|node| dom.is_within(*node, id));
        let texts: Vec<&str> = near.filter_map(|node| dom.text(node)).collect();
        format!(" {} ", fold(&texts.join(" "))).contains(&format!(" {} ", words.join(" ")))
    }
}

fn hides(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    style.contains("display:none") || style.contains("visibility:hidden")
}

/// Parts of names, each with what it says. A name is cut at hyphens, underscores and capitals; a part matches from its start.
#[rustfmt::skip]
const PARTS: &[(Role, &[&str])] = &[
    (Role::Related, &[
            "related", "recommend", "trending", "mostread", "popular", "readmore", "readalso", "alsoread",
            "teaser", "sidebar", "outbrain", "taboola", "yarpp", "relatedposts", "morefrom", "moreon",
            "nextarticle", "suggest", "latest", "rail", "carousel", "headlines", "similar", "recirc",
            "crosslink", "upnext", "infobox", "factbox", "faktabox",
    ]),
    (Role::Comments, &[
            "comment", "comments", "disqus", "respond", "replies", "discussion",
    ]),
    (Role::Meta, &[
            "byline", "dateline", "timestamp", "breadcrumb", "breadcrumbs", "tags", "taglist", "tagcloud",
            "meta", "postmeta", "author", "authors", "bio", "pubdate", "published", "kicker", "keywords",
            "topics", "categories", "copyright", "readingtime",
    ]),
    (Role::Appeal, &[
            "share", "sharing", "social", "sociable", "newsletter", "subscribe", "subscription", "signup",
            "follow", "banner", "toolbar", "rating", "poll", "login", "donate", "donation", "cta",
            "promo", "button", "buttons", "addtoany", "print", "feedback", "tooltip",
    ]),
    (Role::Overlay, &[
            "cookie", "cookies", "consent", "gdpr", "dsgvo", "cmp", "cmplz", "onetrust", "didomi", "popup", "pum",
            "modal", "overlay", "dialog", "interstitial",
    ]),
    (Role::Caption, &[
            "caption", "captions", "credit", "credits", "photo", "image", "picture", "gallery",
            "slideshow", "lightbox", "wp-caption",
    ]),
    (Role::Advert, &[
            "ad", "ads", "advert", "advertisement", "advertising", "sponsor", "sponsored", "adslot",
            "dfp", "googletag",
    ]),
    (Role::Furniture, &[
            "footer", "nav", "navigation", "navbar", "menu", "header", "masthead", "search", "pagination",
            "pager", "topbar", "skip",
    ]),
];

fn classes(value: &str) -> Option<Role> {
    let mut found = None;
    for name in value.split_ascii_whitespace() {
        let lower = name.to_ascii_lowercase();
        if is_body(&lower, |name, known| name.starts_with(known)) {
            return None;
        }
        // Utility classes with a condition (`print:hidden`) say nothing of what is inside.
        if name.contains([':', '[']) || found.is_some() {
            continue;
        }
        if matches!(
            lower.as_str(),
            "hidden"
                | "is-hidden"
                | "sr-only"
                | "visually-hidden"
                | "visuallyhidden"
                | "screen-reader-text"
                | "u-hidden"
        ) {
            found = Some(Role::Hidden);
            continue;
        }
        // What is embedded, a post of another site, is quoted.
        let quoted = lower.contains("embed")
            && ["social", "twitter", "instagram", "facebook", "media"]
                .iter()
                .any(|site| lower.contains(site));
        if quoted {
            continue;
        }
        // What is laid over the page is that, whatever is in it.
        let parts: Vec<String> = parts(name).collect();
        let overlay = parts.iter().any(|part| {
            PARTS.iter().any(|(role, known)| *role == Role::Overlay && known.contains(&part.as_str()))
        });
        if overlay {
            found = Some(Role::Overlay);
            continue;
        }
        found = parts
            .iter()
            .find_map(|part| PARTS.iter().find(|(_, known)| known.contains(&part.as_str())))
            .or_else(|| {
                PARTS.iter().find(|(_, known)| known.contains(&lower.replace(['-', '_'], "").as_str()))
            })
            .map(|(hint, _)| *hint)
            .or_else(|| {
                parts.iter().find_map(|part| {
                    STARTS
                        .iter()
                        .find(|(_, start)| part.starts_with(start) && part != "commentary")
                        .map(|(hint, _)| *hint)
                })
            });
    }
    found
}

/// Names that others are made of without a sign between: `cookiebar`, `footerlinks`.
const STARTS: &[(Role, &str)] = &[
    (Role::Overlay, "cookie"),
    (Role::Overlay, "cmplz"),
    (Role::Appeal, "newsletter"),
    (Role::Overlay, "consent"),
    (Role::Appeal, "sharing"),
    (Role::Appeal, "social"),
    (Role::Appeal, "donat"),
    (Role::Furniture, "footer"),
    (Role::Furniture, "breadcrumb"),
    (Role::Furniture, "navigation"),
    (Role::Related, "sidebar"),
    (Role::Related, "recommend"),
    (Role::Related, "related"),
    (Role::Comments, "comment"),
    (Role::Advert, "advert"),
    (Role::Advert, "sponsor"),
];

/// What the element that holds the text is called, without signs between the words.
#[rustfmt::skip]
const BODIES: &[&str] = &[
    "articlebody", "entrycontent", "postcontent", "articlecontent", "storybody", "storycontent", "postbody",
    "articletext", "singlecontent", "newstext", "bodytext", "textbody", "richtext",
];

fn is_body(name: &str, holds: fn(&str, &str) -> bool) -> bool {
    let joined: String = name.chars().filter(|c| !matches!(c, '-' | '_')).collect();
    BODIES.iter().any(|known| holds(&joined, known))
}

/// What an element is called that makes it likelier the article.
pub fn rules_of(dom: &Dom, id: Id) -> Vec<ElementRule> {
    let mut rules = Vec::new();
    if dom.tag(id) == Some(Tag::Article) {
        rules.push(ElementRule::Article);
    }
    for (name, value) in dom.attributes(id) {
        match name {
            "itemprop" if value.contains("articleBody") => rules.push(ElementRule::ArticleBody),
            "class" | "id" => {
                let lower = value.to_ascii_lowercase();
                if is_body(&lower, |name, known| name.contains(known)) {
                    rules.push(ElementRule::CalledBody);
                }
            }
            _ => {}
        }
    }
    rules
}

/// Names of the block that sums an article up, before its text.
pub fn is_standfirst(class: &str) -> bool {
    parts(class).any(|part| {
        matches!(
            part.as_str(),
            "subtitle"
                | "dek"
                | "deck"
                | "standfirst"
                | "lead"
                | "lede"
                | "intro"
                | "introduction"
                | "excerpt"
                | "summary"
                | "teaser"
                | "abstract"
                | "vorspann"
                | "chapo"
                | "chapeau"
                | "entradilla"
                | "bajada"
                | "subheadline"
                | "subhead"
                | "strapline"
                | "sottotitolo"
                | "ingress"
                | "leadin"
                | "subheading"
                | "preamble"
                | "sapo"
                | "anons"
        )
    })
}

/// The words that a class is made of, in lower case: cut at signs and at capitals.
fn parts(class: &str) -> impl Iterator<Item = String> + '_ {
    class.split(|c: char| !c.is_ascii_alphanumeric()).flat_map(|name| {
        let mut cut = Vec::new();
        let mut start = 0;
        let bytes = name.as_bytes();
        for at in 1..bytes.len() {
            if bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase() {
                cut.push(name[start..at].to_ascii_lowercase());
                start = at;
            }
        }
        cut.push(name[start..].to_ascii_lowercase());
        cut
    })
}
