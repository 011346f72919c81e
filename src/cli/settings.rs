//! What holds where no flag says otherwise: settings of the user, and of an archive.
//!
//! `config.toml` in the user's directory for settings (`PRESSMARK_CONFIG` names another file) and `settings.toml` in an archive. An archive may come
//! from a stranger: in its file nothing counts that names another archive or runs a program.

use super::exit::{Failure, Result};
use super::output::Format;
use super::output::terminal::{clean, shown};
use pressmark::{Clock, Named, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The archive's directory.
    Archive,
    /// The time zone of dates.
    Tz,
    /// How long to wait for another process.
    Wait,
    /// The format of lists on terminals.
    Format,
    /// What shows long answers on terminals.
    Pager,
}

const NAMES: [(&str, Name); 5] = [
    ("archive", Name::Archive),
    ("tz", Name::Tz),
    ("wait", Name::Wait),
    ("format", Name::Format),
    ("pager", Name::Pager),
];

/// A setting, and the file that has it.
#[derive(Clone, Debug)]
struct Setting {
    name: Name,
    value: String,
    from: PathBuf,
}

/// All settings, the nearest first.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    settings: Vec<Setting>,
    /// The files that were looked at, and whether they are there.
    pub files: Vec<(PathBuf, bool)>,
    /// What is wrong with an archive's file, which then does not count.
    pub complaints: Vec<String>,
}

static SETTINGS: OnceLock<Settings> = OnceLock::new();

/// Those of this process.
pub fn settings() -> &'static Settings {
    SETTINGS.get_or_init(Settings::default)
}

/// Makes settings those of this process.
pub fn hold(settings: Settings) {
    let _ = SETTINGS.set(settings);
}

/// A file of settings is not longer.
const BYTES_MAX: u64 = 64 << 10;

impl Settings {
    /// Those of the user.
    pub fn of_user() -> Result<Settings> {
        use etcetera::BaseStrategy;
        let named = std::env::var_os("PRESSMARK_CONFIG").filter(|path| !path.is_empty());
        let usual =
            || Some(etcetera::choose_base_strategy().ok()?.config_dir().join("pressmark/config.toml"));
        let mut settings = Settings::default();
        let Some(path) = named.map(PathBuf::from).or_else(usual) else { return Ok(settings) };
        let read = read(&path).map_err(|what| {
            let hint = format!("settings are {}; pressmark config shows what holds", names());
            Failure::usage(&format!("{}: {what}", shown(&path)), &hint)
        })?;
        settings.files.push((path, read.is_some()));
        settings.settings = read.unwrap_or_default();
        Ok(settings)
    }

    /// These behind those of an archive.
    pub fn with_archive(mut self, dir: &Path) -> Settings {
        let path = dir.join("settings.toml");
        let mut own = match read(&path) {
            Ok(read) => {
                self.files.insert(0, (path, read.is_some()));
                read.unwrap_or_default()
            }
            Err(what) => {
                self.complaints.push(format!("{}: {what}; it does not count", shown(&path)));
                self.files.insert(0, (path, true));
                return self;
            }
        };
        let strange = |setting: &Setting| matches!(setting.name, Name::Archive | Name::Pager);
        for setting in own.iter().filter(|setting| strange(setting)) {
            let name = name_of(setting.name);
            self.complaints.push(format!("{}: an archive does not set {name}", shown(&setting.from)));
        }
        own.retain(|setting| !strange(setting));
        own.append(&mut self.settings);
        Settings { settings: own, ..self }
    }

    /// What is set, and by which file.
    pub fn get(&self, name: Name) -> Option<(&str, &Path)> {
        let found = self.settings.iter().find(|setting| setting.name == name)?;
        Some((&found.value, &found.from))
    }

    /// The time zone of dates.
    pub fn tz(&self) -> &str {
        self.get(Name::Tz).map_or("UTC", |(zone, _)| zone)
    }

    /// The format of lists on terminals.
    pub fn format(&self) -> Option<Format> {
        Format::named(self.get(Name::Format)?.0).ok()
    }
}

fn name_of(name: Name) -> &'static str {
    NAMES.iter().find(|(_, known)| *known == name).map_or("", |(name, _)| name)
}

fn names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

/// The settings in a file, if it is there. `Err` says what is wrong with it.
fn read(path: &Path) -> std::result::Result<Option<Vec<Setting>>, String> {
    match path.symlink_metadata() {
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(e) => return Err(format!("it cannot be read: {e}")),
        // A user may link to his own; what an archive has is looked at as a link is not followed there.
        Ok(file) if file.is_file() && file.len() > BYTES_MAX => return Err("it is too long".to_owned()),
        Ok(file) if file.is_dir() => return Err("it is a directory".to_owned()),
        Ok(file) if file.is_symlink() && path.ends_with("settings.toml") => {
            return Err("it is a link".to_owned());
        }
        Ok(_) => {}
    }
    let text = std::fs::read_to_string(path).map_err(|e| format!("it cannot be read: {e}"))?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        let line = e.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("line {line}: {}", e.message().trim().replace('\n', " "))
    })?;
    let mut settings = Vec::new();
    for (key, value) in table {
        let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == key) else {
            return Err(format!("'{}' is not a setting", clean(&key)));
        };
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            other => return Err(format!("{key} is {}; expected text", other.type_str())),
        };
        let good = match name {
            Name::Archive | Name::Pager => true,
            Name::Tz => Clock::new(Timestamp(0)).in_zone(&value).is_some(),
            Name::Wait => value.parse::<u32>().is_ok(),
            Name::Format => Format::named(&value).is_ok(),
        };
        if !good {
            let expected = match name {
                Name::Tz => "a time zone: UTC, +02:00, Europe/Kyiv",
                Name::Wait => "a number of seconds",
                _ => "table, tsv, csv, json or jsonl",
            };
            return Err(format!("{key} is '{}'; expected {expected}", clean(&value)));
        }
        settings.push(Setting { name: *name, value, from: path.to_owned() });
    }
    Ok(Some(settings))
}
