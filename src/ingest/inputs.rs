//! Finds inputs: files, directories, standard input.

use super::Options;
use crate::formats::packed::describe;
use crate::model::{Reason, Rejection, Skip, Timestamp};
use serde::{Deserialize, Serialize};
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
    /// What the system says of its file.
    pub seen: Option<Seen>,
    /// What lies beside it and says where it was found, and when.
    pub beside: Option<Beside>,
}

/// What a file is known by without being opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its bytes.
    pub bytes: u64,
    /// When it was changed last, in nanoseconds since 1970.
    pub changed_ns: i64,
    /// Its number in its file system, where files have one.
    pub inode: u64,
}

impl Seen {
    fn of(file: &std::fs::Metadata) -> Option<Seen> {
        let since = file.modified().ok()?.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(file);
        #[cfg(not(unix))]
        let inode = 0;
        let changed_ns = i64::try_from(since.as_nanos()).ok()?;
        file.is_file().then_some(Seen { bytes: file.len(), changed_ns, inode })
    }

    /// When it was changed last.
    pub fn changed(&self) -> Timestamp {
        Timestamp(self.changed_ns.div_euclid(1_000_000_000))
    }
}

impl Input {
    fn of(path: PathBuf, named: bool) -> Input {
        let file = path.metadata().ok();
        let name = path.to_string_lossy().into();
        let bytes = file.as_ref().map_or(0, std::fs::Metadata::len);
        Input { path: Some(path), name, bytes, named, seen: file.as_ref().and_then(Seen::of), beside: None }
    }
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

/// Everything that the paths name, in a fixed order: directories are walked by name; what is hidden in them, or lies beside a saved page, is passed
/// over. Links that lead out of a directory are followed if the options say so.
pub fn expand<'a>(paths: &'a [PathBuf], options: &'a Options) -> impl Iterator<Item = Found> + 'a {
    let follow = options.follow;
    paths.iter().flat_map(move |path| -> Box<dyn Iterator<Item = Found>> {
        if path.as_os_str() == "-" {
            let input =
                Input { path: None, name: "-".into(), bytes: 0, named: true, seen: None, beside: None };
            return Box::new(std::iter::once(Found::Input(input)));
        }
        if !path.is_dir() {
            let found = match path.symlink_metadata() {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    Found::Rejected(Rejection::whole(&path.to_string_lossy(), Reason::Missing))
                }
                _ => Found::Input(Input::of(path.clone(), true)),
            };
            return Box::new(std::iter::once(found));
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
                } else if let Some(kind) = never(entry.path(), is_dir) {
                    Some(Skip::Kind(kind))
                } else if entry
                    .path()
                    .strip_prefix(path)
                    .is_ok_and(|path| options.pick.leaves_out(path, is_dir))
                {
                    Some(Skip::Excluded)
                } else if entry.path_is_symlink() && !follow && !is_inside(entry.path(), root.as_deref().ok())
                {
                    Some(Skip::Link)
                } else if is_dir && is_archive(entry.path()) {
                    Some(Skip::Archive)
                } else {
                    None
                };
                if let Some(why) = passed {
                    if is_dir {
                        walk.skip_current_dir();
                    }
                    return Some(Found::Passed(why));
                }
                if is_dir && let Some(page) = snapshot(entry.path()) {
                    // The other files say the same in other forms.
                    walk.skip_current_dir();
                    next = Some(Found::Passed(Skip::Kind("other forms of a page in an ArchiveBox folder")));
                    return Some(Found::Input(page));
                }
                if entry.file_type().is_file() {
                    return Some(Found::Input(Input::of(entry.into_path(), false)));
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
    Some(Input { beside: Some(Beside { url, captured }), ..Input::of(path, false) })
}

/// Whether what a path leads to is in this directory.
fn is_inside(path: &Path, root: Option<&Path>) -> bool {
    let target = path.canonicalize();
    root.zip(target.ok()).is_some_and(|(root, target)| target.starts_with(root))
}

/// What in a directory is never an input, by its name: of which kind it is.
fn never(path: &Path, is_dir: bool) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy();
    let is = |names: &[&str]| names.contains(&&*name);
    // Browsers put what a page is made of beside it: page.html, page_files.
    let parts = ["_files", "-Dateien", "_fichiers", "_archivos", "_bestanden", ".files"];
    let page = || {
        let page = parts.iter().find_map(|end| name.strip_suffix(end)).filter(|page| !page.is_empty())?;
        let mut pages = ["html", "htm", "xhtml", "mht", "mhtml"].iter();
        pages
            .any(|end| path.with_file_name(format!("{page}.{end}")).is_file())
            .then_some("parts of saved pages")
    };
    match () {
        () if name.starts_with('.') || is_dir && is(&["__MACOSX"]) => Some("hidden"),
        () if is_dir && is(&["node_modules", "__pycache__"]) => Some("parts of programs"),
        () if !is_dir && is(&["Thumbs.db", "desktop.ini"]) => Some("hidden"),
        () if is_dir => page(),
        () => None,
    }
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
