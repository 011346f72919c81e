//! Documents of the press databases and wires as text: Nexis, Factiva, ProQuest, IPTC 7901. A file holds several; each is cut out and its
//! labelled lines become fields.

use super::fields::{Field, Fields, How};
use super::layouts::Item;
use super::reader::{Around, Content, Items};
use super::tree::{Child, Element};
use crate::model::{Draft, Reason, Skip};
use crate::text::dates;
use serde_json::Map;

/// Bytes of a text in which its marks are looked for.
const LOOKED_AT: usize = 64 << 10;

/// Lines without a blank one between them.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Its lines, without blanks around them.
    pub lines: Vec<String>,
    /// Whether it stands in the middle of the page.
    pub centred: bool,
}

impl Block {
    /// Of one text.
    pub fn of(text: &str) -> Block {
        Block {
            lines: text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect(),
            centred: false,
        }
    }

    fn text(&self) -> String {
        self.lines.join(" ")
    }
}

/// What a label is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Is(Field),
    /// Of no field, before the text.
    Before,
    /// Of no field, after it.
    After,
}

/// Labels of Nexis, in the languages of its interface.
const NEXIS: &[(&str, Label)] = &[
    ("BYLINE", Label::Is(Field::Byline)),
    ("AUTOR", Label::Is(Field::Byline)),
    ("AUTEUR", Label::Is(Field::Byline)),
    ("VON", Label::Is(Field::Byline)),
    ("SECTION", Label::Is(Field::Section)),
    ("RUBRIK", Label::Is(Field::Section)),
    ("RUBRIQUE", Label::Is(Field::Section)),
    ("HIGHLIGHT", Label::Is(Field::Description)),
    ("ABSTRACT", Label::Is(Field::Description)),
    ("LENGTH", Label::Before),
    ("LÄNGE", Label::Before),
    ("LONGUEUR", Label::Before),
    ("LENGTE", Label::Before),
    ("DATELINE", Label::Before),
    ("SERIES", Label::Before),
    ("COPYRIGHT", Label::Before),
    ("LANGUAGE", Label::Is(Field::Language)),
    ("SPRACHE", Label::Is(Field::Language)),
    ("LANGUE", Label::Is(Field::Language)),
    ("SUBJECT", Label::Is(Field::Keywords)),
    ("URL", Label::Is(Field::Url)),
    ("LOAD-DATE", Label::After),
    ("UPDATE", Label::After),
    ("DATE-CHARGEMENT", Label::After),
    ("GRAPHIC", Label::After),
    ("GRAFIK", Label::After),
    ("GRAPHIQUE", Label::After),
    ("PUBLICATION-TYPE", Label::After),
    ("TYPE-PUBLICATION", Label::After),
    ("JOURNAL-CODE", Label::After),
    ("ZEITUNGS-CODE", Label::After),
    ("CORRECTION-DATE", Label::After),
    ("CORRECTION", Label::After),
    ("DISTRIBUTION", Label::After),
    ("DOCUMENT-TYPE", Label::After),
    ("TYPE", Label::After),
    ("ORGANIZATION", Label::After),
    ("COMPANY", Label::After),
    ("TICKER", Label::After),
    ("INDUSTRY", Label::After),
    ("GEOGRAPHIC", Label::After),
    ("PERSON", Label::After),
    ("NOTES", Label::After),
    ("CLASSIFICATION", Label::After),
];

/// Labels of ProQuest.
const PROQUEST: &[(&str, Label)] = &[
    ("Title", Label::Is(Field::Headline)),
    ("Author", Label::Is(Field::Byline)),
    ("Full text", Label::Is(Field::Body)),
    ("Abstract", Label::Is(Field::Description)),
    ("Subject", Label::Is(Field::Keywords)),
    ("Publication title", Label::Is(Field::Source)),
    ("Publication date", Label::Is(Field::Published)),
    ("Section", Label::Is(Field::Section)),
    ("Language of publication", Label::Is(Field::Language)),
    ("Document URL", Label::Is(Field::Url)),
    ("Links", Label::After),
    ("Publication info", Label::After),
    ("Business indexing term", Label::After),
    ("Location", Label::After),
    ("People", Label::After),
    ("Company / organization", Label::After),
    ("Identifier / keyword", Label::After),
    ("Alternate title", Label::After),
    ("First page", Label::After),
    ("Pages", Label::After),
    ("Volume", Label::After),
    ("Issue", Label::After),
    ("Number of pages", Label::After),
    ("Publication year", Label::After),
    ("Publisher", Label::After),
    ("Place of publication", Label::After),
    ("Country of publication", Label::After),
    ("Publication subject", Label::After),
    ("ISSN", Label::After),
    ("Source type", Label::After),
    ("Document type", Label::After),
    ("Document feature", Label::After),
    ("ProQuest document ID", Label::After),
    ("Accession number", Label::After),
    ("Copyright", Label::After),
    ("Last updated", Label::After),
    ("Database", Label::After),
    ("Credit", Label::After),
    ("Illustration", Label::After),
    ("Dateline", Label::After),
    ("Column", Label::After),
    ("Edition", Label::After),
];

/// Codes of Factiva.
const FACTIVA: &[(&str, Label)] = &[
    ("HD", Label::Is(Field::Headline)),
    ("BY", Label::Is(Field::Byline)),
    ("PD", Label::Is(Field::Published)),
    ("SN", Label::Is(Field::Source)),
    ("LA", Label::Is(Field::Language)),
    ("LP", Label::Is(Field::Body)),
    ("TD", Label::Is(Field::Body)),
    ("SE", Label::Is(Field::Section)),
    ("PUB", Label::Is(Field::Publisher)),
    ("CLM", Label::After),
    ("CR", Label::After),
    ("WC", Label::After),
    ("ET", Label::After),
    ("SC", Label::After),
    ("NGC", Label::After),
    ("GC", Label::After),
    ("ED", Label::After),
    ("PG", Label::After),
    ("VOL", Label::After),
    ("CY", Label::After),
    ("ART", Label::After),
    ("CT", Label::After),
    ("RF", Label::After),
    ("CO", Label::After),
    ("IN", Label::After),
    ("NS", Label::After),
    ("RE", Label::After),
    ("IPC", Label::After),
    ("IPD", Label::After),
    ("AN", Label::After),
];

fn label_of(labels: &[(&str, Label)], name: &str) -> Option<Label> {
    let name = name.to_lowercase();
    labels.iter().find(|(known, _)| known.to_lowercase() == name).map(|(_, label)| *label)
}

/// A label and what stands behind it, if a line begins with one that is known.
fn labelled<'l>(labels: &[(&str, Label)], line: &'l str) -> Option<(Label, &'l str)> {
    let (name, value) = line.split_once(':')?;
    let is_nexis = std::ptr::eq(labels.as_ptr(), NEXIS.as_ptr());
    if name.len() > 40 || is_nexis && name.chars().any(char::is_lowercase) {
        return None;
    }
    Some((label_of(labels, name.trim())?, value.trim_matches([' ', '\u{a0}', '\t'])))
}

/// What a text is, if it is documents of one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nexis,
    ProQuest,
    FactivaCodes,
    Factiva,
    Iptc,
}

fn kind(text: &str) -> Option<Kind> {
    let end = text.floor_char_boundary(LOOKED_AT);
    let head = &text[..end];
    // A header of a line, and behind it the text.
    let header = head.strip_prefix('\u{1}').and_then(|rest| rest.split_once('\u{2}'));
    if header
        .is_some_and(|(header, _)| header.len() < 512 && header.contains('\n') && header.trim().len() > 10)
    {
        return Some(Kind::Iptc);
    }
    let begins = |start: &str| head.lines().any(|line| line.trim_start().starts_with(start));
    if head.lines().any(is_marker)
        && ["LENGTH:", "LÄNGE:", "LONGUEUR:", "LOAD-DATE:", "BYLINE:"].iter().any(|label| begins(label))
    {
        return Some(Kind::Nexis);
    }
    let lower = head.to_lowercase();
    let begins_lower = |start: &str| lower.lines().any(|line| line.trim_start().starts_with(start));
    if head.lines().any(|line| is_rule(line) || is_count(line))
        && (begins_lower("full text:") || begins_lower("abstract:"))
        && begins_lower("publication title:")
    {
        return Some(Kind::ProQuest);
    }
    let codes: Vec<&str> = head.lines().filter_map(|line| code_of(line)).map(|(code, _)| code).collect();
    if codes.contains(&"HD") && (codes.contains(&"LP") || codes.contains(&"TD")) && codes.contains(&"PD") {
        return Some(Kind::FactivaCodes);
    }
    (head.contains("Factiva, Inc.") && head.lines().any(is_factiva_end)).then_some(Kind::Factiva)
}

/// `3 of 10 DOCUMENTS`, `Dokument 1 von 10`, `Document 1 de 10`.
fn is_marker(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b',' || byte == b'.')
    };
    match words[..] {
        [first, "of" | "von" | "de" | "van", last, "DOCUMENT" | "DOCUMENTS" | "DOKUMENTE" | "DOKUMENTEN"] => {
            number(first) && number(last)
        }
        ["Dokument" | "Document", first, "von" | "de" | "van", last] => number(first) && number(last),
        _ => false,
    }
}

/// A line of underscores between documents.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 20 && line.bytes().all(|byte| byte == b'_')
}

/// `Document 3 of 500`, before a document of ProQuest.
fn is_count(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    matches!(words[..], ["Document", first, "of", last] if number(first) && number(last))
}

/// A code of Factiva at the start of a line, and what stands behind it.
fn code_of(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let end = line.find([' ', '\t', '\u{a0}']).unwrap_or(line.len());
    let (code, value) = line.split_at(end);
    let is_code = FACTIVA.iter().any(|(known, _)| *known == code);
    // Words of one sentence have one blank between them.
    let is_apart = value.is_empty()
        || value.starts_with(['\t', '\u{a0}'])
        || value.starts_with("  ")
        || matches!(code, "HD" | "WC" | "PD" | "LP" | "TD" | "CLM");
    (is_code && is_apart).then_some((code, value.trim()))
}

fn is_factiva_end(line: &str) -> bool {
    let line = line.trim();
    let id = ["Document ", "Dokument ", "Documento "].iter().find_map(|word| line.strip_prefix(word));
    id.is_some_and(|id| id.len() >= 20 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The documents of a text, if it is one of these.
pub fn read(text: &str, around: &Around<'_>) -> Option<Result<Content, Reason>> {
    let kind = kind(text)?;
    let text = text.trim_start_matches('\u{feff}');
    let mut items = Items::default();
    match kind {
        Kind::Nexis => {
            let mut lines = text.lines().skip_while(|line| !is_marker(line)).peekable();
            while lines.next().is_some() {
                let mut document = Vec::new();
                while let Some(line) = lines.next_if(|line| !is_marker(line)) {
                    document.push(line);
                }
                items.add(nexis(blocks(&document)).and_then(|fields| finish(fields, around)));
            }
        }
        Kind::ProQuest => {
            let between = if text.lines().any(is_rule) { is_rule } else { is_count };
            for document in chunks(text, between) {
                let has =
                    |name: &str| document.iter().any(|line| line.trim().to_lowercase().starts_with(name));
                if document.iter().any(|line| labelled(PROQUEST, line.trim()).is_some()) {
                    items.add(finish(proquest(&document), around));
                } else if document.iter().filter(|line| !line.trim().is_empty()).count() > 1
                    && !has("contact us at")
                {
                    items.add(Err(Item::Rejected(
                        "a document in it has none of the labels of ProQuest".into(),
                    )));
                }
            }
        }
        Kind::FactivaCodes => {
            let all: Vec<&str> = text.lines().collect();
            let mut lines = &all[..];
            while let Some(end) =
                lines.iter().position(|line| code_of(line).is_some_and(|(code, _)| code == "AN"))
            {
                let own = code_of(lines[end]).is_some_and(|(_, value)| !value.is_empty());
                let (document, rest) = lines.split_at((end + if own { 1 } else { 2 }).min(lines.len()));
                items.add(finish(coded(document), around));
                lines = rest;
            }
            if lines.iter().any(|line| code_of(line).is_some_and(|(code, _)| code == "HD")) {
                items.add(finish(coded(lines), around));
            }
        }
        Kind::Factiva => {
            for document in chunks(text, is_factiva_end) {
                match factiva(&document) {
                    Some(fields) => items.add(finish(fields, around)),
                    None if document.iter().filter(|line| !line.trim().is_empty()).count() > 3 => {
                        let why = "a document in it has no line with its number of words, before which its headline stands";
                        items.add(Err(Item::Rejected(why.into())));
                    }
                    None => {}
                }
            }
        }
        Kind::Iptc => {
            for message in text.split('\u{1}').filter(|message| message.contains('\u{2}')) {
                items.add(finish(iptc(message), around));
            }
        }
    }
    Some(if items.items.is_empty() { Err("no document was found in it".into()) } else { items.content() })
}

/// The draft of the fields of a document.
pub fn finish(fields: Fields, around: &Around<'_>) -> Result<Draft, Item> {
    match fields.draft(Map::new(), How::of(around)) {
        Ok(Some(draft)) => Ok(draft),
        Ok(None) => Err(Item::Passed(Skip::NoArticle)),
        Err(reason) => Err(Item::Rejected(reason)),
    }
}

/// Pieces of a text between lines of some kind, which are left out.
fn chunks(text: &str, between: fn(&str) -> bool) -> Vec<Vec<&str>> {
    let mut chunks = vec![Vec::new()];
    for line in text.lines() {
        if between(line) {
            chunks.push(Vec::new());
        } else if let Some(last) = chunks.last_mut() {
            last.push(line);
        }
    }
    chunks
}

/// Lines between blank ones.
fn blocks(lines: &[&str]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open = Block::default();
    for line in lines.iter().chain([&""]) {
        if line.trim().is_empty() {
            if !open.lines.is_empty() {
                blocks.push(std::mem::take(&mut open));
            }
            continue;
        }
        let centred = line.starts_with("        ");
        if !open.lines.is_empty() && centred != open.centred {
            blocks.push(std::mem::take(&mut open));
        }
        open.centred = centred;
        open.lines.push(line.trim_matches([' ', '\t', '\u{c}', '\r']).to_owned());
    }
    blocks
}

/// A document of Nexis: source, date and edition in the middle of the page, then the headline, labels, the text, and labels again.
pub fn nexis(blocks: Vec<Block>) -> Result<Fields, Item> {
    let mut fields = Fields::default();
    let mut blocks = blocks.into_iter().filter(|block| !block.lines.is_empty()).peekable();
    let mut add = |field: Field, value: &str| fields.add(field, "nexis", value.into());
    let Some(source) = blocks.next() else { return Err(Item::Rejected("it is an empty document".into())) };
    let (source, mut more) = (source.lines[0].clone(), source.lines[1..].to_vec());
    add(Field::Source, &source);
    let is_date = |text: &str| {
        dates::find(text, dates::Setting::default()).iter().any(|found| found.has_year && found.start < 24)
    };
    let mut dated = false;
    let take_date = |line: &str, dated: &mut bool| {
        let is = !*dated && is_date(line);
        *dated |= is;
        is
    };
    for line in std::mem::take(&mut more) {
        if take_date(&line, &mut dated) {
            add(Field::Published, &line);
        }
    }
    // A few blocks: what else is centred is the edition.
    while let Some(block) = blocks.next_if(|block| block.centred || !dated && is_date(&block.lines[0])) {
        for line in &block.lines {
            if take_date(line, &mut dated) {
                add(Field::Published, line);
            }
        }
    }
    let mut headline = Vec::new();
    while let Some(block) =
        blocks.next_if(|block| labelled(NEXIS, &block.lines[0]).is_none() && headline.is_empty())
    {
        headline.push(block.text());
    }
    add(Field::Headline, headline.join(" ").trim_end_matches(';'));
    while let Some(block) =
        blocks.next_if(|block| !matches!(labelled(NEXIS, &block.lines[0]), None | Some((Label::After, _))))
    {
        if let Some((Label::Is(field), value)) = labelled(NEXIS, &block.lines[0]) {
            add(field, &trimmed(field, &joined(value, &block.lines[1..])));
        }
    }
    // Paragraphs may look like labels: those behind the text are the last ones, with nothing but values between them.
    let rest: Vec<Block> = blocks.collect();
    let is_behind = |at: usize| {
        let mut holds_texts = false;
        rest[at..].iter().all(|block| {
            let label = labelled(NEXIS, &block.lines[0]).is_some();
            if label {
                holds_texts = ["GRAPHIC", "GRAFIK", "GRAPHIQUE", "CORRECTION", "NOTES", "CLASSIFICATION"]
                    .iter()
                    .any(|name| block.lines[0].starts_with(name));
            }
            let rights = ["Copyright ", "©", "All Rights Reserved"]
                .iter()
                .any(|start| block.lines[0].starts_with(start));
            label || block.centred || rights || holds_texts
        })
    };
    let tail = (0..rest.len()).find(|at| is_tail(&rest[*at]) && is_behind(*at)).unwrap_or(rest.len());
    add(Field::Body, &rest[..tail].iter().map(Block::text).collect::<Vec<_>>().join("\n\n"));
    for block in &rest[tail..] {
        if let Some((Label::Is(field), value)) = labelled(NEXIS, &block.lines[0]) {
            add(field, &trimmed(field, &joined(value, &block.lines[1..])));
        }
    }
    Ok(fields)
}

/// Whether a block comes after the text.
fn is_tail(block: &Block) -> bool {
    let first = &block.lines[0];
    let is_label = match labelled(NEXIS, first) {
        Some((Label::After, _)) => true,
        Some((Label::Is(field), _)) => matches!(field, Field::Language | Field::Keywords | Field::Url),
        _ => false,
    };
    is_label
        || block.centred
            && (first.starts_with("Copyright ") || first.starts_with('©') || first == "All Rights Reserved")
}

fn joined(value: &str, more: &[String]) -> String {
    let parts: Vec<&str> = std::iter::once(value)
        .chain(more.iter().map(String::as_str))
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" ")
}

/// A value without what the databases put behind it: pages, shares of a hundred, a second name of the language.
fn trimmed(field: Field, value: &str) -> String {
    let first = |separator: char| value.split(separator).next().unwrap_or("").trim().to_owned();
    match field {
        Field::Section | Field::Language => first(';'),
        Field::Keywords => {
            let names = value.split([';', '|']).map(|name| name.split(" (").next().unwrap_or("").trim());
            names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join("; ")
        }
        _ => value.to_owned(),
    }
}

/// A document of ProQuest: labels after a blank line each; paragraphs of the text may have one between them too.
fn proquest(document: &[&str]) -> Fields {
    let mut found: Vec<(Label, String)> = Vec::new();
    let mut first = None;
    let mut blank = true;
    for line in document {
        let line = line.trim();
        let is_count = line.starts_with("Document ") && line.contains(" of ");
        if line.is_empty() {
            blank = true;
            continue;
        }
        match (labelled(PROQUEST, line), found.last_mut()) {
            (Some((label, value)), _) if blank => found.push((label, value.to_owned())),
            (_, Some((Label::Is(Field::Body), text))) => {
                text.push_str("\n\n");
                text.push_str(line);
            }
            (_, Some((_, text))) if !blank => {
                text.push(' ');
                text.push_str(line);
            }
            (_, None) if first.is_none() && !is_count => first = Some(line.to_owned()),
            _ => {}
        }
        blank = false;
    }
    let mut fields = Fields::default();
    for (label, value) in found {
        let Label::Is(field) = label else { continue };
        if value.is_empty() || value.ends_with("vailable.") && value.len() < 30 {
            continue;
        }
        let value = match field {
            Field::Source => value.split(';').next().unwrap_or("").trim().to_owned(),
            // A library's proxy stands before the address.
            Field::Url => value.rsplit("login?url=").next().unwrap_or("").to_owned(),
            field => trimmed(field, &value),
        };
        fields.add(field, "proquest", value.into());
    }
    if !fields.has(Field::Headline)
        && let Some(first) = first
    {
        fields.add(Field::Headline, "proquest", first.into());
    }
    fields
}

/// A document of Factiva with its codes, each on a line of its own or before its value.
fn coded(document: &[&str]) -> Fields {
    let mut found: Vec<(Label, String, &str)> = Vec::new();
    let mut time = String::new();
    for line in document {
        if let Some((label, code, value)) =
            code_of(line).and_then(|(code, value)| Some((label_of(FACTIVA, code)?, code, value)))
        {
            if code == "ET" {
                time = value.to_owned();
            }
            found.push((label, value.to_owned(), code));
        } else if let Some((label, text, code)) = found.last_mut() {
            let is_text = *label == Label::Is(Field::Body);
            if !text.is_empty() && !line.trim().is_empty() {
                text.push_str(if is_text { "\n\n" } else { " " });
            }
            text.push_str(line.trim());
            if *code == "ET" && text.len() < 40 {
                time.clone_from(text);
            }
        }
    }
    let mut fields = Fields::default();
    let mut body = Vec::new();
    for (label, value, _) in found {
        match label {
            Label::Is(Field::Body) => body.push(value),
            Label::Is(Field::Published) if !fields.has(Field::Published) => {
                fields.add(Field::Published, "PD", format!("{value} {time}").trim().into());
            }
            Label::Is(field) => fields.add(field, "factiva", trimmed(field, &value).into()),
            _ => {}
        }
    }
    fields.add(Field::Body, "LP and TD", body.join("\n\n").into());
    fields
}

/// What Factiva calls the words that it counted.
const WORDS: [&str; 22] = [
    "words",
    "word",
    "mots",
    "mot",
    "wörter",
    "wort",
    "palabras",
    "palabra",
    "parole",
    "parola",
    "palavras",
    "palavra",
    "woorden",
    "woord",
    "слов",
    "слова",
    "слово",
    "słów",
    "ord",
    "字",
    "語",
    "단어",
];

/// A document of Factiva without codes: the headline, who wrote it, the number of words, the date, the source, …, the copyright, the text.
fn factiva(document: &[&str]) -> Option<Fields> {
    let is_page = |line: &str| line.contains("Factiva, Inc.");
    let lines: Vec<&str> =
        document.iter().map(|line| line.trim()).filter(|line| !line.is_empty() && !is_page(line)).collect();
    // 645 palavras, 1 245 mots, 645 字.
    let is_words = |line: &&str| {
        let number = line.trim_start_matches(|c: char| {
            c.is_ascii_digit() || matches!(c, ' ' | '\u{a0}' | '\u{202f}' | ',' | '.')
        });
        number.len() < line.len() && WORDS.contains(&number.to_lowercase().as_str())
    };
    let words = lines.iter().position(is_words)?;
    let copyright =
        lines.iter().position(|line| ["(c)", "©", "Copyright"].iter().any(|sign| line.starts_with(sign)))?;
    let mut fields = Fields::default();
    // Before the number of words stands who wrote it, if there are two lines or more; before that the headline, and at times the section.
    let (headline, byline) = match words {
        0 => (None, None),
        1 => (Some(0), None),
        words => (Some(words - 2), Some(words - 1)),
    };
    if let Some(headline) = headline {
        fields.add(Field::Headline, "factiva", lines[headline].into());
        if headline == 1 {
            fields.add(Field::Section, "factiva", lines[0].into());
        }
    }
    if let Some(byline) = byline {
        fields.add(Field::Byline, "factiva", lines[byline].into());
    }
    let is_time = |line: &&&str| line.len() <= 5 && line.contains(':');
    let time = lines.get(words + 2).filter(is_time);
    let date = *lines.get(words + 1)?;
    fields.add(Field::Published, "factiva", format!("{date} {}", time.unwrap_or(&"")).trim().into());
    fields.add(Field::Source, "factiva", (*lines.get(words + 2 + usize::from(time.is_some()))?).into());
    if copyright > 0 {
        fields.add(Field::Language, "factiva", lines[copyright - 1].into());
    }
    fields.add(Field::Body, "factiva", lines.get(copyright + 1..)?.join("\n\n").into());
    Some(fields)
}

/// A message of a wire as in IPTC 7901: a header, STX, the headline, the text, ETX.
fn iptc(message: &str) -> Fields {
    let mut fields = Fields::default();
    let (_, text) = message.split_once('\u{2}').unwrap_or(("", message));
    let text = text.split('\u{3}').next().unwrap_or("");
    let mut lines = text.lines();
    let headline = lines.next().unwrap_or("").trim().trim_end_matches('=').trim_end();
    fields.add(Field::Headline, "iptc", headline.into());
    let mut paragraphs: Vec<String> = Vec::new();
    for line in lines {
        let trimmed = line.trim();
        if trimmed.starts_with("* * *") || trimmed.starts_with('#') && trimmed.contains("NOTEBOOK") {
            break;
        }
        if trimmed.is_empty() {
            continue;
        }
        match paragraphs.last_mut().filter(|_| !line.starts_with("   ")) {
            Some(last) => {
                last.push(' ');
                last.push_str(trimmed);
            }
            None => paragraphs.push(trimmed.to_owned()),
        }
    }
    let agency = paragraphs.first().and_then(|first| {
        let (_, rest) = first.get(..first.len().min(80)).unwrap_or("").split_once('(')?;
        rest.split_once(')').map(|(agency, _)| agency.to_owned())
    });
    if let Some(agency) = agency.filter(|agency| agency.len() <= 12) {
        fields.add(Field::Source, "iptc", agency.into());
    }
    fields.add(Field::Body, "iptc", paragraphs.join("\n\n").into());
    fields
}

/// The documents of a page of Nexis: each piece of it stands in a `div` of its own.
pub fn nexis_page(root: &Element, around: &Around<'_>) -> Option<Result<Content, Reason>> {
    let mut found = Vec::new();
    divisions(root, &mut found);
    let mut items = Items::default();
    let mut document: Option<Vec<Block>> = None;
    for division in found {
        let text = division.text(&[]);
        if is_marker(&text) {
            if let Some(blocks) = document.replace(Vec::new()) {
                items.add(nexis(blocks).and_then(|fields| finish(fields, around)));
            }
        } else if let Some(blocks) = &mut document {
            let mut paragraphs = Vec::new();
            division.named("p", &mut paragraphs);
            let texts: Vec<String> = paragraphs
                .iter()
                .map(|paragraph| paragraph.text(&[]))
                .filter(|text| !text.is_empty())
                .collect();
            // What is before the first label is a block; of what comes after it each paragraph is one.
            let one = texts.first().is_some_and(|first| labelled(NEXIS, first).is_some()) || blocks.len() < 3;
            match one {
                true => blocks.push(Block::of(&texts.join("\n"))),
                false => blocks.extend(texts.iter().map(|text| Block::of(text))),
            }
        }
    }
    if let Some(blocks) = document {
        items.add(nexis(blocks).and_then(|fields| finish(fields, around)));
    }
    (!items.items.is_empty()).then(|| items.content())
}

/// Every `div`, without those in it.
fn divisions(element: &Element, found: &mut Vec<Element>) {
    for inner in element.elements() {
        if inner.name == "div" {
            found.push(without_divisions(inner));
        }
        divisions(inner, found);
    }
}

fn without_divisions(element: &Element) -> Element {
    let children = element.children.iter().filter_map(|child| match child {
        Child::Element(inner) if inner.name == "div" => None,
        Child::Element(inner) => Some(Child::Element(without_divisions(inner))),
        text => Some(text.clone()),
    });
    let Element { prefix, name, attributes, .. } = element;
    Element {
        prefix: prefix.clone(),
        name: name.clone(),
        attributes: attributes.clone(),
        children: children.collect(),
    }
}

/// The documents of a page of Europresse of before 2015: spans with classes for source, date and title, and then loose text.
pub fn europresse(root: &Element, around: &Around<'_>) -> Option<Result<Content, Reason>> {
    let mut pieces: Vec<(String, String)> = Vec::new();
    loose(root, &mut pieces);
    let mut items = Items::default();
    let is_start = |piece: &(String, String)| piece.0 == "DocPublicationName";
    let starts: Vec<usize> = (0..pieces.len()).filter(|at| is_start(&pieces[*at])).collect();
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(pieces.len());
        items.add(finish(europresse_document(&pieces[*start..end]), around));
    }
    (!items.items.is_empty()).then(|| items.content())
}

fn europresse_document(document: &[(String, String)]) -> Fields {
    let mut fields = Fields::default();
    let mut add = |field: Field, value: &str| fields.add(field, "europresse", value.trim().into());
    let of = |class: &str| -> String {
        document.iter().filter(|(known, _)| known == class).map(|(_, text)| text.as_str()).collect()
    };
    add(Field::Source, document[0].1.split(", no.").next().unwrap_or(""));
    let header = of("DocHeader");
    let first = header.split(',').next().unwrap_or("").trim();
    if dates::find(first, dates::Setting::default()).is_empty() && header.contains(',') {
        add(Field::Section, first);
    }
    add(Field::Published, &header);
    add(Field::Headline, &of("TitreArticleVisu"));
    let title = document.iter().rposition(|(class, _)| class == "TitreArticleVisu").map_or(0, |at| at + 1);
    let mut paragraphs = vec![String::new()];
    for (class, text) in &document[title..] {
        match (class.as_str(), paragraphs.last_mut()) {
            ("", Some(last)) => last.push_str(text),
            _ => paragraphs.push(String::new()),
        }
    }
    let collapsed = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut paragraphs: Vec<String> =
        paragraphs.iter().map(collapsed).filter(|text| !text.is_empty()).collect();
    let is_end = |text: &String| text.starts_with('©') || text.starts_with("Numéro de document");
    if let Some(end) = paragraphs.iter().position(is_end) {
        paragraphs.truncate(end);
    }
    // A short first line is a name.
    let is_name = |text: &String| text.split_whitespace().count() <= 4 && !text.ends_with(['.', '!', '?']);
    if paragraphs.len() > 1 && is_name(&paragraphs[0]) {
        add(Field::Byline, &paragraphs.remove(0));
    }
    add(Field::Body, &paragraphs.join("\n\n"));
    fields
}

/// Texts in order, each with the class of the span that it stands in; line breaks are pieces of their own.
fn loose(element: &Element, pieces: &mut Vec<(String, String)>) {
    const CLASSES: [&str; 3] = ["DocPublicationName", "DocHeader", "TitreArticleVisu"];
    for child in &element.children {
        match child {
            Child::Text(text) => pieces.push((String::new(), text.clone())),
            Child::Element(inner) if matches!(inner.name.as_str(), "script" | "style" | "title") => {}
            Child::Element(inner) => match inner.attribute("class").filter(|class| CLASSES.contains(class)) {
                Some(class) => pieces.push((class.to_owned(), inner.text(&[]) + " ")),
                None => {
                    if matches!(inner.name.as_str(), "p" | "br" | "div" | "table" | "tr") {
                        pieces.push(("break".to_owned(), String::new()));
                    }
                    loose(inner, pieces);
                }
            },
        }
    }
}
