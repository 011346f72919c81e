//! The text of a Word document, `word/document.xml` in a `.docx`: one article, or the documents that Nexis delivers in one.

use super::fields::{Field, Fields};
use super::layouts::Item;
use super::press::{self, Block, finish, nexis};
use super::reader::{Around, Content, Items};
use super::tree::{Child, Element};
use crate::model::Reason;

/// A heading has no more words.
const HEADING_WORDS: usize = 30;

/// Whether a tree is the text of one.
pub fn is_word(root: &Element) -> bool {
    root.name == "document" && root.prefix == "w"
}

/// A paragraph.
#[derive(Default)]
struct Paragraph {
    text: String,
    /// Whether it is styled as a title or a heading.
    heading: bool,
    /// Whether a document of Nexis begins with it.
    begins: bool,
}

/// Reads one.
pub fn read(root: &Element, around: &Around<'_>) -> Result<Content, Reason> {
    let mut found = Vec::new();
    root.named("p", &mut found);
    let paragraphs: Vec<Paragraph> = found.into_iter().map(paragraph).collect();
    let is_end = |paragraph: &Paragraph| {
        matches!(paragraph.text.trim(), "End of Document" | "Ende des Dokuments" | "Fin du document")
    };
    if !paragraphs.iter().any(is_end) {
        let text = paragraphs.iter().map(|paragraph| paragraph.text.as_str()).collect::<Vec<_>>().join("\n");
        if let Some(documents) = press::read(&text, around) {
            return documents;
        }
        return plain(paragraphs, around);
    }
    let mut items = Items::default();
    for document in paragraphs.split(is_end) {
        let start = document.iter().position(|paragraph| paragraph.begins).unwrap_or(0);
        let document: Vec<&Paragraph> =
            document[start..].iter().filter(|paragraph| !paragraph.text.trim().is_empty()).collect();
        match document.len() {
            0 => {}
            1..=3 => items
                .add(Err(Item::Rejected("a document of Nexis in it has no more than a few lines".into()))),
            _ => items.add(nexis(blocks(&document)).and_then(|fields| finish(fields, around))),
        }
    }
    items.content()
}

/// The paragraphs of a document of Nexis in the order that its texts have: source, date, headline, labels, text, labels.
fn blocks(document: &[&Paragraph]) -> Vec<Block> {
    let text = |at: usize| document[at].text.trim();
    let mut blocks = vec![Block::of(text(1)), Block::of(text(2)), Block::of(text(0))];
    let mut in_body = false;
    for paragraph in &document[3..] {
        let text = paragraph.text.trim();
        let heading = text.trim_end_matches(':');
        match heading {
            "Body" | "Text" | "Textkörper" if !in_body => in_body = true,
            "Graphic" | "Notes" | "Classification" | "Grafik" | "Klassifikation" if in_body => {
                blocks.push(Block::of(&format!("{}: ", heading.to_uppercase())));
            }
            _ if in_body => {
                // Labels behind the text are as in texts, but not in capitals.
                let label = text
                    .split_once(':')
                    .map(|(name, value)| (name.trim().to_uppercase().replace(' ', "-"), value));
                match label {
                    Some((name, value))
                        if matches!(
                            name.as_str(),
                            "LANGUAGE" | "SUBJECT" | "LOAD-DATE" | "PUBLICATION-TYPE" | "JOURNAL-CODE"
                        ) =>
                    {
                        blocks.push(Block::of(&format!("{name}: {}", value.trim())));
                    }
                    _ if text.starts_with("Link to ") || text.starts_with("Link zum ") => {}
                    _ => blocks.push(Block::of(text)),
                }
            }
            _ => {
                if let Some((name, value)) = text.split_once(':').filter(|(name, _)| name.len() < 20) {
                    blocks.push(Block::of(&format!("{}: {}", name.to_uppercase(), value.trim())));
                } else if text.starts_with("Copyright") {
                    blocks.push(Block::of(&format!("COPYRIGHT: {text}")));
                }
                // What else stands before the text is the edition.
            }
        }
    }
    blocks
}

/// One article: what is styled as its title, or a short first paragraph, and the rest.
fn plain(paragraphs: Vec<Paragraph>, around: &Around<'_>) -> Result<Content, Reason> {
    let paragraphs: Vec<Paragraph> =
        paragraphs.into_iter().filter(|paragraph| !paragraph.text.trim().is_empty()).collect();
    let is_short = |paragraph: &&Paragraph| paragraph.text.split_whitespace().count() <= HEADING_WORDS;
    let title = paragraphs.iter().position(|paragraph| paragraph.heading).filter(|at| *at < 5);
    let title = title.or_else(|| paragraphs.first().filter(is_short).map(|_| 0));
    let mut fields = Fields::default();
    if let Some(title) = title {
        fields.add(Field::Headline, "docx", paragraphs[title].text.trim().into());
    }
    let rest = paragraphs
        .iter()
        .enumerate()
        .filter(|(at, _)| Some(*at) != title)
        .map(|(_, paragraph)| paragraph.text.trim());
    fields.add(Field::Body, "docx", rest.collect::<Vec<_>>().join("\n\n").into());
    let mut items = Items::default();
    items.add(finish(fields, around));
    items.content()
}

fn paragraph(element: &Element) -> Paragraph {
    let mut into = Paragraph::default();
    collect(element, &mut into);
    into
}

fn collect(element: &Element, into: &mut Paragraph) {
    for child in &element.children {
        let Child::Element(child) = child else { continue };
        match child.name.as_str() {
            "t" => child.children.iter().for_each(|text| {
                if let Child::Text(text) = text {
                    into.text.push_str(text);
                }
            }),
            "br" | "cr" => into.text.push('\n'),
            "tab" => into.text.push(' '),
            "pStyle" => {
                let style = child.attribute("val").unwrap_or("").to_lowercase();
                into.heading |= style.starts_with("title")
                    || style.starts_with("heading")
                    || style.starts_with("titel")
                    || style.starts_with("berschrift");
            }
            "bookmarkStart" => {
                into.begins |= child.attribute("name").is_some_and(|name| name.starts_with("Bookmark_"))
            }
            "instrText" | "delText" => {}
            // A text box stands in the paragraph that it is anchored to.
            "p" => {
                into.text.push('\n');
                collect(child, into);
                into.text.push('\n');
            }
            _ => collect(child, into),
        }
    }
}
