//! One file an article, with names that are safe on every file system.

use crate::model::Document;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitFile {
    /// Written.
    Written,
    /// There already, with the same bytes.
    Unchanged,
}

/// `2025-01-28_rubryka.com_nato-to-share-classified_3f2a9c01d4e5b6a7.txt`: lower-case ASCII letters, digits, `.`, `-` and `_`
/// alone; never longer than 130 bytes; with `captures` the capture's number is in it.
pub fn safe_name(document: &Document, captures: bool, extension: &str) -> String {
    let day = match document.placed().provenance.published {
        Some(published) => published.at.day(),
        None => "undated".to_owned(),
    };
    let source = document.placed().provenance.source.as_ref().map_or("", |source| source.as_str());
    let source = slug(source, 32);
    let headline = slug(document.article.headline(), 40);
    let mut name = slug(&day, 16);
    for part in [source, headline] {
        if !part.is_empty() {
            name.push('_');
            name.push_str(&part);
        }
    }
    name.push('_');
    name.push_str(&document.digest.short(16));
    if captures {
        name.push_str(&format!("_{}", document.placed().seq));
    }
    format!("{name}.{extension}")
}

fn slug(text: &str, longest: usize) -> String {
    let mut slug = String::new();
    for character in text.to_lowercase().chars() {
        if slug.len() >= longest {
            break;
        }
        match character {
            'a'..='z' | '0'..='9' => slug.push(character),
            '.' if slug.ends_with(|c: char| c.is_ascii_alphanumeric()) => slug.push('.'),
            _ if slug.ends_with(|c: char| c.is_ascii_alphanumeric()) => slug.push('-'),
            _ => {}
        }
    }
    slug.trim_matches(['-', '.']).to_owned()
}

/// Writes a file beside its name and moves it there. A file with other content, or anything that is not a file, is left
/// alone with an error, unless `force`; a symbolic link is never followed.
pub fn write(dir: &Path, name: &str, bytes: &[u8], force: bool) -> io::Result<SplitFile> {
    let path = dir.join(name);
    if let Ok(there) = path.symlink_metadata() {
        if there.is_file() && same(&path, there.len(), bytes)? {
            return Ok(SplitFile::Unchanged);
        }
        if !force {
            let reason = format!("{} is there with other content", path.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, reason));
        }
    }
    let mut file = temporary(dir)?;
    file.write_all(bytes)?;
    file.persist(&path).map_err(|e| e.error)?;
    Ok(SplitFile::Written)
}

/// A file that is to get its name when it is whole.
pub fn temporary(dir: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pressmark-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(dir)
}

/// Where a file that is called this would be made.
pub fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn same(path: &Path, length: u64, bytes: &[u8]) -> io::Result<bool> {
    if length != bytes.len() as u64 {
        return Ok(false);
    }
    let mut there = Vec::with_capacity(bytes.len());
    File::open(path)?.read_to_end(&mut there)?;
    Ok(there == bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::document;

    #[test]
    fn names_are_safe() {
        for headline in [
            "../../etc/passwd",
            "/abs",
            "..\\x",
            "con",
            "a/b",
            ".",
            "",
            &"😀".repeat(300),
            "Ніч",
            &"a".repeat(500),
        ] {
            let name = safe_name(&document(headline, "Text."), false, "txt");
            assert!(name.len() <= 130 && name.starts_with("2025-01-28_x.org_"), "{name}");
            assert!(
                name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_')),
                "{name}"
            );
        }
        assert_ne!(
            safe_name(&document("Rain", "a"), false, "txt"),
            safe_name(&document("RAIN", "a"), false, "txt")
        );
    }

    #[test]
    fn other_files_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(write(dir.path(), "a", b"1", false).unwrap(), SplitFile::Written);
        assert_eq!(write(dir.path(), "a", b"1", false).unwrap(), SplitFile::Unchanged);
        assert!(write(dir.path(), "a", b"2", false).is_err());
        assert_eq!(write(dir.path(), "a", b"2", true).unwrap(), SplitFile::Written);
        let canary = dir.path().join("canary");
        std::fs::write(&canary, "unharmed").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&canary, dir.path().join("b")).unwrap();
            assert!(write(dir.path(), "b", b"1", false).is_err());
            write(dir.path(), "b", b"1", true).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&canary).unwrap(), "unharmed");
    }
}
