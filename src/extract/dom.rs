//! A page as a tree. The tokens are html5gum's; the tree is built here, because the tree builders that there are take
//! quadratic time, or the stack, on pages that are nested deeply.
//!
//! What matters of the HTML standard's tree construction (section 13.2.6) is followed: elements without content, end tags
//! that may be left out, end tags that close what is inside. What is not: formatting elements that are opened again,
//! contents that are moved out of tables. Every step is bounded by [`DEPTH_MAX`], so that the time is linear in the bytes.

use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Emitter, ForwardingEmitter, Readable, Reader, Span, State, StringReader, Tokenizer};

/// How deep elements nest; what is deeper hangs on the deepest. Browsers stop at the same depth.
pub const DEPTH_MAX: usize = 512;
/// Elements and texts of a page; what comes after is cut off.
pub const NODES_MAX: usize = 1 << 20;
/// Attributes of one element; the rest is passed over.
const ATTRIBUTES_MAX: usize = 64;
/// Bytes of text that [`Dom::text_of`] collects: more is no headline, no name and no date.
const TEXT_BYTES: usize = 4096;
/// Bytes of one attribute's value that are kept.
const VALUE_BYTES_MAX: usize = 64 << 10;

/// A node's number. The root is 0.
pub type Id = u32;
const NONE: Id = Id::MAX;

macro_rules! tags {
    ($($tag:ident $name:literal),* $(,)?) => {
        /// Names of elements that are told apart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Tag { $(#[doc = $name] $tag,)* /// Any other.
            Other }

        impl Tag {
            fn of(name: &[u8]) -> Tag {
                $(if name == $name.as_bytes() { return Tag::$tag; })*
                Tag::Other
            }

            /// Its name; empty of any other.
            pub fn name(self) -> &'static str {
                match self { $(Tag::$tag => $name,)* Tag::Other => "" }
            }
        }
    };
}

tags! {
    Div "div", Span "span", A "a", P "p", Li "li", Ul "ul", Ol "ol", Img "img", Path "path", Svg "svg", Br "br",
    Script "script", Link "link", Meta "meta", Strong "strong", B "b", Em "em", I "i", Button "button", Input "input",
    Section "section", Article "article", Header "header", Footer "footer", Nav "nav", Aside "aside", Main "main",
    Figure "figure", Figcaption "figcaption", Picture "picture", Source "source", Time "time", H1 "h1", H2 "h2", H3 "h3",
    H4 "h4", H5 "h5", H6 "h6", Blockquote "blockquote", Pre "pre", Code "code", Table "table", Thead "thead",
    Tbody "tbody", Tfoot "tfoot", Tr "tr", Td "td", Th "th", Caption "caption", Dl "dl", Dt "dt", Dd "dd", Style "style",
    Noscript "noscript", Template "template", Iframe "iframe", Video "video", Audio "audio", Object "object",
    Embed "embed", Canvas "canvas", Form "form", Label "label", Select "select", Option "option", Textarea "textarea",
    Fieldset "fieldset", Legend "legend", Html "html", Head "head", Body "body", Title "title", Base "base", Hr "hr",
    Wbr "wbr", Area "area", Col "col", Param "param", Track "track", Address "address", Details "details",
    Summary "summary", Dialog "dialog", Hgroup "hgroup", Center "center", Menu "menu", Sup "sup", Sub "sub", Small "small",
    U "u", S "s", Del "del", Ins "ins", Mark "mark", Font "font", Q "q", Cite "cite", Abbr "abbr", Rt "rt", Rp "rp",
    Amp "amp-ad", Tt "tt", Big "big", Strike "strike", Nobr "nobr",
}

impl Tag {
    /// Has no content.
    fn is_void(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Img | Br | Link | Meta | Input | Source | Base | Hr | Wbr | Area | Col | Param | Track | Embed
        )
    }

    /// Stands on lines of its own.
    pub fn is_block(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Div | P
                | Li
                | Ul
                | Ol
                | Section
                | Article
                | Header
                | Footer
                | Nav
                | Aside
                | Main
                | Figure
                | Figcaption
                | H1
                | H2
                | H3
                | H4
                | H5
                | H6
                | Blockquote
                | Pre
                | Table
                | Thead
                | Tbody
                | Tfoot
                | Tr
                | Td
                | Th
                | Caption
                | Dl
                | Dt
                | Dd
                | Form
                | Fieldset
                | Legend
                | Html
                | Head
                | Body
                | Hr
                | Address
                | Details
                | Summary
                | Dialog
                | Hgroup
                | Center
                | Menu
                | Option
                | Select
                | Textarea
        )
    }

    /// A heading of any level.
    pub fn is_heading(self) -> bool {
        matches!(self, Tag::H1 | Tag::H2 | Tag::H3 | Tag::H4 | Tag::H5 | Tag::H6)
    }

    /// Ends an open paragraph when it begins.
    fn closes_paragraph(self) -> bool {
        self.is_block()
            && !matches!(self, Tag::Option | Tag::Select | Tag::Textarea | Tag::Td | Tag::Th | Tag::Tr)
    }

    /// What an element like this may be in that an end tag, or a left-out one, does not reach through.
    fn is_wall(self) -> bool {
        matches!(self, Tag::Table | Tag::Td | Tag::Th | Tag::Caption | Tag::Html | Tag::Template)
    }

    /// May stand in the head.
    fn is_of_head(self) -> bool {
        use Tag::*;
        matches!(self, Meta | Link | Script | Style | Title | Base | Noscript | Template | Head | Html)
    }
}

#[derive(Debug)]
struct Node {
    parent: Id,
    first: Id,
    last: Id,
    next: Id,
    content: Content,
}

#[derive(Clone, Copy, Debug)]
enum Content {
    Element { tag: Tag, attributes: (u32, u32) },
    Text { start: u32, end: u32 },
}

#[derive(Debug)]
struct Attribute {
    name: (u32, u32),
    value: (u32, u32),
}

/// The tree.
#[derive(Debug)]
pub struct Dom {
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
    text: String,
    /// Whether [`NODES_MAX`] was reached.
    pub cut: bool,
}

impl Dom {
    /// Builds the tree of a page; any text has one.
    pub fn parse(html: &str) -> Dom {
        let mut builder = Builder::new(html.len());
        let tokens = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| builder.take(event));
        let reader = Pausing { inner: html.to_reader(), values: 0 };
        let mut tokenizer = Tokenizer::new_with_emitter(reader, Quiet(tokens));
        // Errors of the page are passed over: the standard says what each of them comes to.
        while let Some(token) = tokenizer.next() {
            if let Ok(state) = token {
                tokenizer.set_state(state);
            }
        }
        drop(tokenizer);
        builder.dom
    }

    fn empty() -> Dom {
        Dom { nodes: Vec::new(), attributes: Vec::new(), text: String::new(), cut: false }
    }

    /// The address that its links are relative to, if it names one.
    pub fn base(&self) -> Option<&str> {
        self.all().find(|id| self.tag(*id) == Some(Tag::Base)).and_then(|id| self.attribute(id, "href"))
    }

    /// Number of nodes.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The element's name; `None` for a text.
    pub fn tag(&self, id: Id) -> Option<Tag> {
        match self.nodes[id as usize].content {
            Content::Element { tag, .. } => Some(tag),
            Content::Text { .. } => None,
        }
    }

    /// The text of a text.
    pub fn text(&self, id: Id) -> Option<&str> {
        match self.nodes[id as usize].content {
            Content::Element { .. } => None,
            Content::Text { start, end } => Some(&self.text[start as usize..end as usize]),
        }
    }

    /// The element around a node; `None` for the root.
    pub fn parent(&self, id: Id) -> Option<Id> {
        Some(self.nodes[id as usize].parent).filter(|parent| *parent != NONE)
    }

    /// The nodes in an element, in order.
    pub fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let mut next = self.nodes[id as usize].first;
        std::iter::from_fn(move || {
            let this = next;
            (this != NONE).then(|| {
                next = self.nodes[this as usize].next;
                this
            })
        })
    }

    /// All nodes in document order: nodes are numbered as they come.
    pub fn all(&self) -> impl Iterator<Item = Id> {
        0..self.nodes.len() as Id
    }

    /// The names of all elements.
    pub fn all_tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.all().skip(1).filter_map(|id| self.tag(id))
    }

    /// Every element around a node, from the inside.
    pub fn ancestors(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        std::iter::successors(self.parent(id), |id| self.parent(*id))
    }

    /// Whether a node is this element or in it.
    pub fn is_within(&self, id: Id, element: Id) -> bool {
        // Nodes are numbered as they come: what is inside comes after.
        let mut id = id;
        while id > element {
            id = self.nodes[id as usize].parent;
        }
        id == element
    }

    /// Names and values of an element's attributes.
    pub fn attributes(&self, id: Id) -> impl Iterator<Item = (&str, &str)> {
        let range = match self.nodes[id as usize].content {
            Content::Element { attributes: (start, end), .. } => start as usize..end as usize,
            Content::Text { .. } => 0..0,
        };
        self.attributes[range]
            .iter()
            .map(|attribute| (self.slice(attribute.name), self.slice(attribute.value)))
    }

    /// The value of an attribute.
    pub fn attribute(&self, id: Id, name: &str) -> Option<&str> {
        self.attributes(id).find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn slice(&self, (start, end): (u32, u32)) -> &str {
        &self.text[start as usize..end as usize]
    }

    /// The text in a node, blanks collapsed; of much text the start.
    pub fn text_of(&self, id: Id) -> String {
        self.text_up_to(id, TEXT_BYTES)
    }

    /// All text in a node, blanks collapsed.
    pub fn all_text_of(&self, id: Id) -> String {
        self.text_up_to(id, usize::MAX)
    }

    fn text_up_to(&self, id: Id, most: usize) -> String {
        let mut text = String::new();
        self.collect(id, &mut text, most);
        collapse(&text)
    }

    fn collect(&self, id: Id, into: &mut String, most: usize) {
        if into.len() > most {
            return;
        }
        match self.nodes[id as usize].content {
            Content::Text { start, end } => into.push_str(self.slice((start, end))),
            Content::Element {
                tag: Tag::Script | Tag::Style | Tag::Template | Tag::Noscript | Tag::Svg | Tag::Iframe,
                ..
            } => {}
            Content::Element { tag, .. } => {
                if tag.is_block() || tag == Tag::Br {
                    into.push(' ');
                }
                for child in self.children(id) {
                    if into.len() > most {
                        break;
                    }
                    self.collect(child, into, most);
                }
                if tag.is_block() {
                    into.push(' ');
                }
            }
        }
    }

    /// The text of an element that holds nothing but text: a script, a title.
    pub fn raw_text(&self, id: Id) -> String {
        self.children(id).filter_map(|child| self.text(child)).collect()
    }
}

/// Interrupts the tokenizer now and then.
///
/// html5gum 0.9 goes from one attribute in double quotes to the next by a call, and returns only when the tag ends: some
/// thousand of them in one tag overflow the stack. An error of the reader makes it return, and it goes on in the state that
/// it is in; of the states of that circle, only the one that reads such a value is what it is in while it reads.
struct Pausing<'a> {
    inner: StringReader<'a>,
    values: usize,
}

/// So many values are read between two interruptions: as many calls deep the stack becomes.
const VALUES_MAX: usize = 64;

#[derive(Debug, thiserror::Error)]
#[error("reading goes on when it is asked for again")]
struct Pause;

impl Reader for Pausing<'_> {
    type Error = Pause;

    #[inline(always)]
    fn read_byte(&mut self) -> Result<Option<u8>, Pause> {
        let Ok(byte) = self.inner.read_byte();
        Ok(byte)
    }

    #[inline(always)]
    fn try_read_string(&mut self, text: &[u8], case_sensitive: bool) -> Result<bool, Pause> {
        let Ok(read) = self.inner.try_read_string(text, case_sensitive);
        Ok(read)
    }

    #[inline(always)]
    fn read_until<'b>(
        &'b mut self,
        needle: &[u8],
        buffer: &'b mut [u8; 4],
    ) -> Result<Option<&'b [u8]>, Pause> {
        if needle.starts_with(b"\"&") {
            self.values += 1;
            if self.values > VALUES_MAX {
                self.values = 0;
                return Err(Pause);
            }
        }
        let Ok(read) = self.inner.read_until(needle, buffer);
        Ok(read)
    }
}

/// One blank for any run of blanks, none at the ends.
pub fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}

/// Does not look for errors: nobody reads them.
struct Quiet<F: Callback<State, ()>>(CallbackEmitter<F, State>);

impl<F: Callback<State, ()>> ForwardingEmitter for Quiet<F> {
    type Token = State;

    fn inner(&mut self) -> &mut impl Emitter<Token = State> {
        &mut self.0
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }
}

struct Open {
    id: Id,
    tag: Tag,
    /// Its end tag came while other elements were open in it.
    ended: bool,
}

struct Builder {
    dom: Dom,
    open: Vec<Open>,
    /// Elements that are open but too deep to be kept on the stack.
    too_deep: usize,
    tag: Tag,
    first_attribute: u32,
    value_expected: bool,
    keeps_text: bool,
}

impl Builder {
    fn new(bytes: usize) -> Builder {
        let mut dom = Dom::empty();
        dom.nodes.reserve(bytes / 24);
        dom.text.reserve(bytes / 2);
        let mut builder = Builder {
            dom,
            open: Vec::new(),
            too_deep: 0,
            tag: Tag::Other,
            first_attribute: 0,
            value_expected: false,
            keeps_text: true,
        };
        let id = builder.append(NONE, Content::Element { tag: Tag::Html, attributes: (0, 0) }).unwrap_or(0);
        builder.open.push(Open { id, tag: Tag::Html, ended: false });
        builder
    }

    fn append(&mut self, parent: Id, content: Content) -> Option<Id> {
        if self.dom.nodes.len() >= NODES_MAX {
            self.dom.cut = true;
            return None;
        }
        let id = self.dom.nodes.len() as Id;
        self.dom.nodes.push(Node { parent, first: NONE, last: NONE, next: NONE, content });
        if parent != NONE {
            let last = std::mem::replace(&mut self.dom.nodes[parent as usize].last, id);
            match last {
                NONE => self.dom.nodes[parent as usize].first = id,
                last => self.dom.nodes[last as usize].next = id,
            }
        }
        Some(id)
    }

    fn keep(&mut self, text: &[u8]) -> (u32, u32) {
        let start = self.dom.text.len() as u32;
        self.dom.text.push_str(&String::from_utf8_lossy(text));
        (start, self.dom.text.len() as u32)
    }

    fn top(&self) -> &Open {
        self.open.last().expect("the root stays open")
    }

    fn start(&mut self, self_closing: bool) {
        let tag = self.tag;
        let attributes = (self.first_attribute, self.dom.attributes.len() as u32);
        if matches!(tag, Tag::Html | Tag::Body | Tag::Head) {
            if tag == Tag::Html {
                if let Content::Element { attributes: known @ (0, 0), .. } = &mut self.dom.nodes[0].content {
                    *known = attributes;
                }
                return;
            }
            if self.open.iter().any(|open| open.tag == Tag::Body) {
                return;
            }
        }
        if tag == Tag::Body || !tag.is_of_head() {
            self.close(Tag::Head, |_| false);
        }
        match tag {
            Tag::Li => self.close(Tag::Li, |tag| matches!(tag, Tag::Ul | Tag::Ol | Tag::Menu)),
            Tag::Dt | Tag::Dd => {
                self.close(Tag::Dt, |tag| tag == Tag::Dl);
                self.close(Tag::Dd, |tag| tag == Tag::Dl);
            }
            Tag::Option => self.close(Tag::Option, |tag| tag == Tag::Select),
            Tag::Td | Tag::Th => {
                self.close(Tag::Td, |tag| matches!(tag, Tag::Tr | Tag::Table));
                self.close(Tag::Th, |tag| matches!(tag, Tag::Tr | Tag::Table));
            }
            Tag::Tr => self.close(Tag::Tr, |tag| tag == Tag::Table),
            Tag::Thead | Tag::Tbody | Tag::Tfoot => {
                for part in [Tag::Thead, Tag::Tbody, Tag::Tfoot] {
                    self.close(part, |tag| tag == Tag::Table);
                }
            }
            // Links do not nest.
            Tag::A => self.close(Tag::A, |tag| tag.is_block()),
            _ => {}
        }
        // A drawing that was never closed ends where the page goes on.
        if matches!(tag, Tag::Div | Tag::P | Tag::H1 | Tag::H2 | Tag::H3 | Tag::Ul | Tag::Table | Tag::Span) {
            self.close(Tag::Svg, |_| false);
        }
        if tag.closes_paragraph() {
            self.close(Tag::P, |tag| matches!(tag, Tag::Button | Tag::Td | Tag::Th | Tag::Table));
            if tag.is_heading() && self.top().tag.is_heading() {
                self.pop();
            }
        }
        let Some(id) = self.append(self.top().id, Content::Element { tag, attributes }) else { return };
        let foreign = || self.open.iter().any(|open| open.tag == Tag::Svg);
        if tag.is_void() || self_closing && (matches!(tag, Tag::Path | Tag::Svg) || foreign()) {
            return;
        }
        if self.open.len() >= DEPTH_MAX {
            self.too_deep += 1;
            self.keeps_text = !matches!(tag, Tag::Script | Tag::Style | Tag::Noscript | Tag::Template);
            return;
        }
        self.open.push(Open { id, tag, ended: false });
        self.keeps_text = match tag {
            Tag::Script => self.attribute_of_open(id, "type").is_some_and(|kind| kind.contains("json")),
            Tag::Style => false,
            _ => true,
        };
    }

    fn attribute_of_open(&self, id: Id, name: &str) -> Option<String> {
        self.dom.attribute(id, name).map(str::to_ascii_lowercase)
    }

    fn pop(&mut self) {
        self.open.pop();
        while self.open.len() > 1 && self.top().ended {
            self.open.pop();
        }
        self.keeps_text = true;
    }

    /// Closes the innermost open element of this name, and what is open in it, if there is one this side of `wall`.
    fn close(&mut self, tag: Tag, wall: impl Fn(Tag) -> bool) {
        for at in (1..self.open.len()).rev() {
            if self.open[at].tag == tag {
                while self.open.len() > at {
                    self.pop();
                }
                return;
            }
            if wall(self.open[at].tag) {
                return;
            }
        }
    }

    fn end(&mut self, name: &[u8]) {
        let tag = Tag::of(name);
        if matches!(tag, Tag::Html | Tag::Body) {
            return;
        }
        if tag == Tag::Br {
            self.append(self.top().id, Content::Element { tag: Tag::Br, attributes: (0, 0) });
            return;
        }
        if self.too_deep > 0 {
            self.too_deep -= usize::from(!tag.is_void());
            self.keeps_text = true;
            return;
        }
        if tag.is_heading() {
            // Any heading's end tag ends a heading.
            if let Some(open) = self.open.iter().rev().take(8).find(|open| open.tag.is_heading()) {
                return self.close(open.tag, Tag::is_wall);
            }
            return;
        }
        if tag.is_block()
            || matches!(
                tag,
                Tag::Script | Tag::Style | Tag::Button | Tag::Svg | Tag::Template | Tag::Noscript
            )
        {
            return self.close(tag, |open| {
                open.is_wall() && !matches!(tag, Tag::Table | Tag::Tr | Tag::Tbody | Tag::Thead)
            });
        }
        // An inline element that has blocks open in it ends when they do.
        for at in (1..self.open.len()).rev() {
            let open = &mut self.open[at];
            if open.tag == tag && !open.ended {
                open.ended = true;
                if self.open[at + 1..].iter().all(|inner| !inner.tag.is_block()) {
                    while self.open.len() > at {
                        self.pop();
                    }
                }
                return;
            }
            if open.tag.is_wall() {
                return;
            }
        }
    }

    fn string(&mut self, value: &[u8]) {
        if !self.keeps_text {
            return;
        }
        if self.top().tag == Tag::Head && !value.trim_ascii().is_empty() {
            self.close(Tag::Head, |_| false);
        }
        let (start, end) = self.keep(value);
        self.append(self.top().id, Content::Text { start, end });
    }

    /// Takes an event; the state in which to read on, if the element that began holds no markup.
    fn take(&mut self, event: CallbackEvent<'_>) -> Option<State> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = Tag::of(name);
                self.first_attribute = self.dom.attributes.len() as u32;
                self.value_expected = false;
            }
            CallbackEvent::AttributeName { name } => {
                let room = self.dom.attributes.len() < self.first_attribute as usize + ATTRIBUTES_MAX;
                self.value_expected = room && self.dom.nodes.len() < NODES_MAX;
                if self.value_expected {
                    let name = self.keep(&name[..name.len().min(256)]);
                    self.dom.attributes.push(Attribute { name, value: (0, 0) });
                }
            }
            CallbackEvent::AttributeValue { value } => {
                if self.value_expected {
                    let value = self.keep(&value[..value.len().min(VALUE_BYTES_MAX)]);
                    if let Some(attribute) = self.dom.attributes.last_mut() {
                        attribute.value = value;
                    }
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                self.start(self_closing);
                // In drawings a title is an element like others, and may be empty.
                let foreign = self.open.iter().any(|open| open.tag == Tag::Svg);
                return match self.tag {
                    _ if foreign => None,
                    Tag::Script => Some(State::ScriptData),
                    Tag::Style | Tag::Noscript | Tag::Iframe => Some(State::RawText),
                    Tag::Title | Tag::Textarea => Some(State::RcData),
                    _ => None,
                };
            }
            CallbackEvent::EndTag { name } => self.end(name),
            CallbackEvent::String { value } => self.string(value),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
        None
    }
}
