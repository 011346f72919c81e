//! Tags, and the names of saved queries.

/// A name under which a query can be saved, as it is kept: lower case.
pub fn saved_name(text: &str) -> Option<String> {
    tag(text).filter(|name| !name.contains(['/', '.', '\'', '’']))
}

/// What tags may be.
pub const TAG_HINT: &str = "a tag has letters, digits, - _ . / and no blanks, up to 100";

/// A tag as it is kept: lower case.
pub fn tag(text: &str) -> Option<String> {
    let tag = text.to_lowercase();
    let allowed =
        |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/' | '\'' | '’');
    let first = tag.chars().next()?;
    (tag.chars().count() <= 100 && tag.chars().all(allowed) && first.is_alphanumeric() && tag != "none")
        .then_some(tag)
}
