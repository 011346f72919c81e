//! Where a value is in a record: one small language for `--map`, for layouts, for JSON and for XML.
//!
//! ```text
//! content.text            a field of an object, or the same of each element of a list
//! body/body.head/hl1      the same with slashes, where names have dots in them
//! @date.issue             an attribute
//! **/p                    at any depth; */p in any element, a|b in the one or the other
//! bodies[role=main].value those of which a field has a value: | between several, != for the others, ~= for a word of a class,
//!                         [id=$author] for what the record's own field says
//! ^name                   of what the record stands in, not of the record
//! https://x/{id}          a template; {uri:last} is what stands after the last slash
//! =The Guardian           a constant
//! ```

use super::tree::Element;
use serde::Deserialize;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// Where a value is in a record.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Path {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Steps { outside: bool, steps: Vec<Step> },
    Template(Vec<Piece>),
    Constant(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Path, bool),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    name: String,
    filter: Option<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Filter {
    key: Vec<String>,
    wanted: Vec<String>,
    test: Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Is,
    IsNot,
    /// One of its words is: of a class.
    Has,
}

/// What paths lead through.
#[derive(Clone, Copy, Debug)]
pub enum Node<'a> {
    /// A value of JSON, or a row.
    Json(&'a Value),
    /// An element of XML.
    Xml(&'a Element),
    /// An attribute of one.
    Text(&'a str),
}

impl FromStr for Path {
    type Err = String;

    fn from_str(text: &str) -> Result<Path, String> {
        let text = text.trim();
        let kind = if let Some(constant) = text.strip_prefix('=') {
            Kind::Constant(constant.to_owned())
        } else if text.contains('{') {
            let mut pieces = Vec::new();
            let mut rest = text;
            while let Some((before, after)) = rest.split_once('{') {
                let (path, after) =
                    after.split_once('}').ok_or_else(|| format!("'{text}' has a {{ without a }}"))?;
                pieces.push(Piece::Text(before.to_owned()));
                let (path, last) = path.strip_suffix(":last").map_or((path, false), |path| (path, true));
                pieces.push(Piece::Value(path.parse()?, last));
                rest = after;
            }
            pieces.push(Piece::Text(rest.to_owned()));
            Kind::Template(pieces)
        } else {
            let (outside, path) = text.strip_prefix('^').map_or((false, text), |path| (true, path));
            Kind::Steps { outside, steps: steps(path)? }
        };
        Ok(Path { text: text.to_owned(), kind })
    }
}

/// The steps of a path; separators inside brackets are none.
fn steps(path: &str) -> Result<Vec<Step>, String> {
    if path == "." {
        return Ok(vec![Step { name: path.to_owned(), filter: None }]);
    }
    let mut depth = 0;
    let outer = |c: char, depth: &mut i32| {
        match c {
            '[' => *depth += 1,
            ']' => *depth -= 1,
            _ => {}
        }
        *depth == 0
    };
    let has_slash = path.chars().any(|c| outer(c, &mut depth) && c == '/');
    let mut depth = 0;
    let parts = path.split(|c: char| outer(c, &mut depth) && c == if has_slash { '/' } else { '.' });
    parts
        .map(|part| {
            let (name, filter) = match part.split_once('[') {
                None => (part, None),
                Some((name, filter)) => {
                    let wrong = || format!("'{part}' is not NAME[KEY=VALUE]");
                    let filter = filter.strip_suffix(']').ok_or_else(wrong)?;
                    let (key, wanted) = filter.split_once('=').ok_or_else(wrong)?;
                    let (key, test) = match (key.strip_suffix('!'), key.strip_suffix('~')) {
                        (Some(key), _) => (key, Test::IsNot),
                        (_, Some(key)) => (key, Test::Has),
                        _ => (key, Test::Is),
                    };
                    let key = if key.starts_with('@') {
                        vec![key.to_owned()]
                    } else {
                        key.split('/').map(str::to_owned).collect()
                    };
                    let wanted = wanted.split('|').map(str::to_owned).collect();
                    (name, Some(Filter { key, wanted, test }))
                }
            };
            if name.is_empty() {
                Err(format!("'{path}' has a name that is empty"))
            } else {
                Ok(Step { name: name.to_owned(), filter })
            }
        })
        .collect()
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Path, String> {
        text.parse()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Path {
    /// Its field, if it is no more than the name of one, or of one in an object.
    pub fn plain(&self) -> Option<&str> {
        match &self.kind {
            Kind::Steps { outside: false, steps }
                if steps.iter().all(|step| {
                    step.filter.is_none() && step.name != "**" && !step.name.starts_with('@')
                }) =>
            {
                Some(&self.text)
            }
            _ => None,
        }
    }

    /// The name that it begins with, if it begins with one.
    pub fn first(&self) -> Option<&str> {
        match &self.kind {
            Kind::Steps { outside: false, steps } => steps.first().map(|step| step.name.as_str()),
            _ => None,
        }
    }

    /// What it leads to, in order; `outside` is what the record stands in.
    pub fn find<'a>(&'a self, record: Node<'a>, outside: Node<'a>) -> Vec<Node<'a>> {
        match &self.kind {
            Kind::Steps { outside: is_outside, steps } => {
                let mut nodes = vec![if *is_outside { outside } else { record }];
                for step in steps {
                    let mut next = Vec::new();
                    nodes.into_iter().for_each(|node| node.step(&step.name, &mut next));
                    if let Some(filter) = &step.filter {
                        next = next
                            .into_iter()
                            .flat_map(Node::each)
                            .filter(|node| filter.holds(*node, record))
                            .collect();
                    }
                    nodes = next;
                }
                if steps.iter().any(|step| step.name == "**") {
                    // What stands in another that was found is in it already.
                    let mut last: Option<&Element> = None;
                    nodes.retain(|node| {
                        let Node::Xml(element) = node else { return true };
                        let within =
                            last.is_some_and(|last| std::ptr::eq(last, *element) || last.contains(element));
                        if !within {
                            last = Some(*element);
                        }
                        !within
                    });
                }
                nodes
            }
            Kind::Constant(text) => vec![Node::Text(text)],
            Kind::Template(_) => Vec::new(),
        }
    }

    /// The values that it leads to, what is null or blank left out. Elements are their text, or what is in them as markup.
    pub fn values_in(&self, record: Node<'_>, outside: &Outside<'_>, shape: Shape<'_>) -> Vec<Value> {
        // What does not depend on the record is looked for once.
        let is_common = matches!(&self.kind, Kind::Steps { outside: true, .. }) && !self.text.contains('$');
        if !is_common {
            return self.values(record, outside.node, shape);
        }
        let key = format!("{}{}", self.text, shape.markup);
        if let Some(found) = outside.found.borrow().get(&key) {
            return found.clone();
        }
        let found = self.values(record, outside.node, shape);
        outside.found.borrow_mut().insert(key, found.clone());
        found
    }

    /// The same, without remembering what stands outside of the record.
    pub fn values(&self, record: Node<'_>, outside: Node<'_>, shape: Shape<'_>) -> Vec<Value> {
        if let Kind::Template(pieces) = &self.kind {
            let mut text = String::new();
            for piece in pieces {
                match piece {
                    Piece::Text(piece) => text.push_str(piece),
                    Piece::Value(path, last) => {
                        let value = path.values(record, outside, shape).into_iter().next();
                        let value = match value {
                            Some(Value::String(value)) => value,
                            Some(Value::Number(value)) => value.to_string(),
                            _ => return Vec::new(),
                        };
                        text.push_str(if *last { value.rsplit('/').next().unwrap_or("") } else { &value });
                    }
                }
            }
            return vec![text.into()];
        }
        self.find(record, outside)
            .into_iter()
            .map(|node| node.value(shape))
            .filter(|value| !is_nothing(value))
            .collect()
    }
}

/// What records stand in, with what was found in it for all of them.
#[derive(Debug)]
pub struct Outside<'a> {
    node: Node<'a>,
    found: RefCell<HashMap<String, Vec<Value>>>,
}

impl<'a> Outside<'a> {
    /// Of which nothing was asked yet.
    pub fn of(node: Node<'a>) -> Outside<'a> {
        Outside { node, found: RefCell::default() }
    }

    /// It.
    pub fn node(&self) -> Node<'a> {
        self.node
    }
}

/// How elements become values.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// Whether what is in an element is wanted as markup.
    pub markup: bool,
    /// Elements that are left out.
    pub without: &'a [String],
}

impl Shape<'_> {
    /// Text.
    pub const TEXT: Shape<'static> = Shape { markup: false, without: &[] };
}

impl Filter {
    fn holds(&self, node: Node<'_>, record: Node<'_>) -> bool {
        let mut nodes = vec![node];
        for name in &self.key {
            let mut next = Vec::new();
            nodes.into_iter().for_each(|node| node.step(name, &mut next));
            nodes = next;
        }
        let mut found: Vec<String> = nodes.into_iter().filter_map(|node| node.word()).collect();
        if self.test == Test::Has {
            found = found.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect();
        }
        let wanted = |wanted: &String| match wanted.strip_prefix('$') {
            Some(own) => {
                let mut owns = Vec::new();
                record.step(own, &mut owns);
                owns.into_iter().filter_map(|node| node.word()).any(|own| found.contains(&own))
            }
            None if wanted.is_empty() => found.is_empty(),
            None => found.contains(wanted),
        };
        self.wanted.iter().any(wanted) == (self.test != Test::IsNot)
    }
}

impl<'a> Node<'a> {
    /// One, or each of a list.
    fn each(self) -> Vec<Node<'a>> {
        match self {
            Node::Json(Value::Array(list)) => list.iter().map(Node::Json).collect(),
            node => vec![node],
        }
    }

    fn step(self, name: &str, into: &mut Vec<Node<'a>>) {
        match self {
            Node::Json(Value::Array(list)) if name != "**" => {
                list.iter().for_each(|value| Node::Json(value).step(name, into));
            }
            Node::Json(Value::Object(object)) if name != "**" => {
                into.extend(object.get(name).map(Node::Json))
            }
            node if name == "." => into.push(node),
            Node::Xml(element) => {
                if name == "**" {
                    into.push(self);
                    element.elements().for_each(|element| Node::Xml(element).step(name, into));
                } else if let Some(name) = name.strip_prefix('@') {
                    into.extend(element.attribute(name).map(Node::Text));
                } else {
                    let is =
                        |element: &&Element| name == "*" || name.split('|').any(|name| name == element.name);
                    into.extend(element.elements().filter(is).map(Node::Xml));
                }
            }
            _ => {}
        }
    }

    fn word(self) -> Option<String> {
        match self {
            Node::Json(Value::String(text)) => Some(text.clone()),
            Node::Json(Value::Number(number)) => Some(number.to_string()),
            Node::Json(Value::Bool(is)) => Some(is.to_string()),
            Node::Text(text) => Some(text.to_owned()),
            Node::Xml(element) => Some(element.text(&[])),
            Node::Json(_) => None,
        }
    }

    fn value(self, shape: Shape<'_>) -> Value {
        match self {
            Node::Json(value) => value.clone(),
            Node::Text(text) => text.into(),
            Node::Xml(element) if shape.markup => element.markup(shape.without).into(),
            Node::Xml(element) => element.text(shape.without).into(),
        }
    }
}

/// Whether a value says that there is none.
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => says_nothing(text),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// `nan`, `None`, `N/A`: what programs write where there is nothing.
pub fn says_nothing(text: &str) -> bool {
    let text = text.trim();
    text.is_empty()
        || ["nan", "null", "none", "n/a", "undefined", "<na>", "nat"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_through_json_and_xml() {
        let value: Value = serde_json::json!({"a": {"b": [{"c": 1, "r": "x"}, {"c": 2, "r": "y"}]}, "id": "y", "u": "at://d/e/f", "n": "NaN"});
        let outside = serde_json::json!({"name": "N"});
        let find = |path: &str| {
            let path: Path = path.parse().unwrap();
            serde_json::to_string(&path.values(Node::Json(&value), Node::Json(&outside), Shape::TEXT))
                .unwrap()
        };
        assert_eq!(find("a.b.c"), "[1,2]");
        assert_eq!(find("a/b/c"), "[1,2]");
        assert_eq!(find("a.b[r=y|z].c"), "[2]");
        assert_eq!(find("a.b[r!=y].c"), "[1]");
        assert_eq!(find("a.b[r=$id].c"), "[2]");
        assert_eq!(find("^name"), "[\"N\"]");
        assert_eq!(find("https://x/{id}/{u:last}"), "[\"https://x/y/f\"]");
        assert_eq!(find("https://x/{none}"), "[]");
        assert_eq!(find("=The Post"), "[\"The Post\"]");
        assert_eq!(find("n"), "[]");
        let (roots, _) =
            super::super::tree::parse("<d><h.h x='1'><p>a <s>b</s></p></h.h><h.h><p>c</p></h.h></d>")
                .unwrap();
        let find = |path: &str, markup: bool| {
            let (path, without): (Path, _) = (path.parse().unwrap(), ["s".to_owned()]);
            let shape = Shape { markup, without: &without };
            serde_json::to_string(&path.values(Node::Xml(&roots[0]), Node::Xml(&roots[0]), shape)).unwrap()
        };
        assert_eq!(find("h.h/p", false), "[\"a\",\"c\"]");
        assert_eq!(find("h.h[@x=1]/.", true), "[\"<p>a </p>\"]");
        assert_eq!(find("**/p", false), "[\"a\",\"c\"]");
        assert_eq!(find("h.h/@x", false), "[\"1\"]");
        for wrong in ["a..b", "a[b", "{a", ""] {
            assert!(wrong.parse::<Path>().is_err(), "{wrong}");
        }
    }
}
