//! Files: errors that name the path, private directories, durable writes.

use crate::model::{Error, Result};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Names the path and what was being done, for an [`std::io::Result`].
pub(crate) trait IoContext<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::Io { doing, path: path.to_owned(), source })
    }
}

/// Whether something is there; a system that does not say is an error.
pub(crate) fn is_there(path: &Path) -> Result<bool> {
    path.try_exists().doing("look at", path)
}

/// What is in a file; `None` if there is none.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    start_if_there(path, u64::MAX)
}

/// What a file begins with, so many bytes at most; `None` if there is none.
pub(crate) fn start_if_there(path: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.and_then(|file| file.take(bytes_max).read_to_end(&mut bytes)).doing("read", path)?,
    };
    Ok(Some(bytes))
}

/// What something is that is neither a file nor a directory.
pub(crate) fn foreign(kind: std::fs::FileType) -> Option<&'static str> {
    if kind.is_file() || kind.is_dir() {
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_block_device() || kind.is_char_device() {
            return Some("a device");
        }
    }
    Some("a symbolic link")
}

/// For directories that nobody else should look into.
pub(crate) fn private_dirs() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// What of read, write and search those may do with something new in a directory who may do it there: nobody but the owner, unless the
/// archive's directory is shared.
#[cfg(unix)]
fn mode_in(dir: &Path) -> u32 {
    dir.metadata().map_or(0o700, |dir| std::os::unix::fs::PermissionsExt::mode(&dir.permissions()) & 0o777)
}

/// For directories in one of an archive: as open as that.
pub(crate) fn dirs_in(dir: &Path) -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode_in(dir) | 0o700);
    #[cfg(not(unix))]
    let _ = dir;
    builder
}

/// For files in a directory of an archive: as open as that.
pub(crate) fn options_in(dir: &Path) -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode_in(dir) & 0o666 | 0o600);
    #[cfg(not(unix))]
    let _ = dir;
    options
}

/// Makes a file that a library keeps for its owner as open as its directory.
pub(crate) fn open_as(dir: &Path, file: &Path) {
    #[cfg(unix)]
    if mode_in(dir) & 0o077 != 0 {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode_in(dir) & 0o666 | 0o600);
        // Where it belongs to somebody else, that is his to say.
        let _ = std::fs::set_permissions(file, mode);
    }
    #[cfg(not(unix))]
    let _ = (dir, file);
}

/// Removes a file, or a directory with all that is in it; a link is not followed. What is not there is no error.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(there) if there.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(e) => Err(e),
    };
    match removed {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e).doing("remove", path),
        _ => Ok(()),
    }
}

/// Gives a file or a directory another name in the same directory.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).doing("rename", from)
}

/// Writes a small file so that it is whole or not there, and durable when this returns.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let mut new = path.to_owned().into_os_string();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut file = File::create(&new).doing("create", &new)?;
    file.write_all(content).and_then(|()| file.sync_all()).doing("write", &new)?;
    rename(&new, path)?;
    sync_dir(path.parent().expect("a file is in a directory"))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|dir| dir.sync_all()).doing("sync", dir)
}
