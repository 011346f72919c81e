//! XML of agencies, databases and programs, by the layout that its first element has.

use super::layouts::{LAYOUTS, Layout};
use super::paths::{Node, Outside};
use super::reader::{Around, Content, Items};
use super::tree::{self, Element};
use super::word;
use crate::model::Reason;
use crate::text::decode;

/// Whether a text begins as XML that is known does.
pub fn is_known(head: &str) -> bool {
    let root = tree::root(head).unwrap_or("");
    let local = root.rsplit(':').next().unwrap_or("");
    LAYOUTS.knows_root(local) && !matches!(local, "response" | "entry" | "entries" | "doc" | "RDF")
        || local == "RDF" && head.contains("zotero.org/namespaces")
        || local == "entry" && head.contains("PublicationComponent")
        || local == "doc" && head.contains("<main>")
}

/// Whether a text that ought to be XML begins as HTML does.
pub fn is_page(head: &str) -> bool {
    tree::root(head).is_none_or(|root| LAYOUTS.tags.contains(&root.to_lowercase()))
}

/// Reads a document.
pub fn read(bytes: &[u8], around: &Around<'_>) -> Result<Content, Reason> {
    let decoded = decode::decode(bytes, around.charset);
    let (roots, broken) = tree::parse(&decoded.text)?;
    let root = &roots[0];
    if let Some(what) = LAYOUTS.refused(&root.name) {
        return Err(format!("it is {what}, and has no articles in it").into());
    }
    if word::is_word(root) {
        return word::read(root, around);
    }
    let mut items = Items::default();
    for root in &roots {
        let layout = LAYOUTS.of_root(Node::Xml(root), &root.name, around);
        let layout = layout.ok_or_else(|| Reason::UnknownXml { root: root.name.clone() })?;
        let found = of_layout(layout, root, around);
        items.items.extend(found.items);
        items.passed.extend(found.passed);
    }
    if items.items.is_empty() && items.passed.is_empty() {
        let root = &root.name;
        return Err(format!(
            "it is XML with the root '{root}', and none of its articles is where they are in such"
        )
        .into());
    }
    items.items.iter_mut().flatten().for_each(|draft| draft.provenance.notes.extend(decoded.note()));
    if let Some(broken) = broken {
        items.items.push(Err(format!("what comes after is not read: {broken}").into()));
    }
    items.content()
}

/// The drafts of the records of a tree.
pub fn of_layout(layout: &Layout, root: &Element, around: &Around<'_>) -> Items {
    let outside = Outside::of(Node::Xml(root));
    let mut items = Items::default();
    for path in &layout.records {
        for node in path.find(outside.node(), outside.node()) {
            if let Node::Xml(_) = node {
                items.add(layout.of_element(node, &outside, around));
            }
        }
        if !items.items.is_empty() || !items.passed.is_empty() {
            break;
        }
    }
    items
}
