//! Finds inputs: files, directories, standard input.

use crate::formats::packed::describe;
use crate::model::{Reason, Rejection, Skip, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walkdir::WalkDir;

/// One input: where it is and how it is called in messages and captures.
#[derive(Clone, Debug)]
pub struct Input {
    /// The file; `None` is standard input.
    pub path: Option<PathBuf>,
    /// As the user would write it.
    pub name: Arc<str>,
    /// Its size on disk, if known.
    pub bytes: u64,
    /// Whether the user named it, and did not merely name a directory that it is in.
    pub named: bool,
    /// What lies beside it and says where it was found, and when.
    pub beside: Option<Beside>,
}

/// What an ArchiveBox folder says of its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Its address.
    pub url: String,
    /// When it was kept.
    pub captured: Option<Timestamp>,
}

/// What a path leads to.
pub enum Found {
    /// An input.
    Input(Input),
    /// What cannot be one.
    Rejected(Rejection),
    /// What is no input, and why.
    Passed(Skip),
}

/// Everything that the paths name, in a fixed order: directories are walked by name, hidden files in them passed over. Links that
/// lead out of a directory are followed if `follow` says so.
pub fn expand(paths: &[PathBuf], follow: bool) -> impl Iterator<Item = Found> + '_ {
    paths.iter().flat_map(move |path| -> Box<dyn Iterator<Item = Found>> {
        if path.as_os_str() == "-" {
            let input = Input { path: None, name: "-".into(), bytes: 0, named: true, beside: None };
            return Box::new(std::iter::once(Found::Input(input)));
        }
        if !path.is_dir() {
            let bytes = path.metadata().map_or(0, |file| file.len());
            let name = path.to_string_lossy().into();
            let input = Input { path: Some(path.clone()), name, bytes, named: true, beside: None };
            return Box::new(std::iter::once(Found::Input(input)));
        }
        if is_archive(path) {
            let name = path.to_string_lossy();
            let reason = Reason::Archive { name: name.to_string() };
            return Box::new(std::iter::once(Found::Rejected(Rejection::whole(&name, reason))));
        }
        let root = path.canonicalize();
        let mut walk = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
        let mut next = None;
        Box::new(std::iter::from_fn(move || {
            if next.is_some() {
                return next.take();
            }
            loop {
                let entry = match walk.next()? {
                    Err(e) => return Some(Found::Rejected(unwalkable(&e))),
                    Ok(entry) => entry,
                };
                let is_dir = entry.file_type().is_dir();
                let passed = if entry.depth() == 0 {
                    None
                } else if is_hidden(entry.path()) {
                    Some(None)
                } else if entry.path_is_symlink() && !follow && !is_inside(entry.path(), root.as_deref().ok())
                {
                    Some(Some(Skip::Link))
                } else if is_dir && is_archive(entry.path()) {
                    Some(Some(Skip::Archive))
                } else {
                    None
                };
                if let Some(passed) = passed {
                    if is_dir {
                        walk.skip_current_dir();
                    }
                    match passed {
                        Some(why) => return Some(Found::Passed(why)),
                        None => continue,
                    }
                }
                if is_dir && let Some(page) = snapshot(entry.path()) {
                    // The other files say the same in other forms.
                    walk.skip_current_dir();
                    next = Some(Found::Passed(Skip::Kind("other forms of a page in an ArchiveBox folder")));
                    return Some(Found::Input(page));
                }
                if entry.file_type().is_file() {
                    let bytes = entry.metadata().map_or(0, |file| file.len());
                    let name = entry.path().to_string_lossy().into();
                    let path = Some(entry.into_path());
                    return Some(Found::Input(Input { path, name, bytes, named: false, beside: None }));
                }
            }
        }))
    })
}

/// The page of an ArchiveBox folder: the first of the forms in which it was kept that is there.
fn snapshot(dir: &Path) -> Option<Input> {
    let index = dir.join("index.json");
    if index.metadata().ok()?.len() > 16 << 20 {
        return None;
    }
    let said: serde_json::Value = serde_json::from_slice(&std::fs::read(index).ok()?).ok()?;
    let is_one = said.get("history").is_some()
        && said.get("canonical").is_some()
        && said.get("archive_path").is_some();
    let url = said.get("url")?.as_str().filter(|_| is_one)?.to_owned();
    let wget = said.pointer("/canonical/wget_path").and_then(serde_json::Value::as_str).unwrap_or("");
    let forms = [
        "singlefile.html",
        "output.html",
        wget,
        "readability/content.html",
        "mercury/content.html",
        "htmltotext.txt",
    ];
    let is_inside = |name: &&str| !name.is_empty() && !name.starts_with('/') && !name.contains("..");
    let path = forms.into_iter().filter(is_inside).map(|name| dir.join(name)).find(|path| path.is_file())?;
    let captured = said
        .get("timestamp")
        .and_then(serde_json::Value::as_str)
        .and_then(|seconds| seconds.split('.').next()?.parse().ok().map(Timestamp));
    let (bytes, name) = (path.metadata().map_or(0, |file| file.len()), path.to_string_lossy().into());
    Some(Input { path: Some(path), name, bytes, named: false, beside: Some(Beside { url, captured }) })
}

/// Whether what a path leads to is in this directory.
fn is_inside(path: &Path, root: Option<&Path>) -> bool {
    let target = path.canonicalize();
    root.zip(target.ok()).is_some_and(|(root, target)| target.starts_with(root))
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// An archive is no input: its ledger is no text, and what is in it comes out as an export.
fn is_archive(path: &Path) -> bool {
    let ledger = path.join("ledger");
    ledger.is_dir()
        && (path.join("pressmark.toml").is_file()
            || crate::ledger::segments(&ledger).is_ok_and(|all| !all.is_empty()))
}

fn unwalkable(e: &walkdir::Error) -> Rejection {
    let input = e.path().unwrap_or(Path::new("?")).to_string_lossy().into_owned();
    let reason = match (e.loop_ancestor(), e.io_error()) {
        (Some(ancestor), _) => {
            format!("a directory loop: this leads back to {}; it is not walked again", ancestor.display())
        }
        (None, Some(e)) => format!("cannot be read: {}", describe(e)),
        (None, None) => "cannot be read".to_owned(),
    };
    Rejection::whole(&input, reason)
}
