//! What a terminal is shown: colours, widths, bars, the pager, and text with nothing in it that the terminal would obey.

use crate::cli::settings::{Name, settings};
use pressmark::Named;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Text for one line of a terminal or of a table: controls, line ends and what turns the direction of text are shown as
/// escapes instead of being sent.
pub fn clean(text: &str) -> String {
    escaped(text, false)
}

/// The same for text of several lines.
pub fn clean_lines(text: &str) -> String {
    escaped(text, true)
}

/// The same for a table whose columns are separated by tabs, as it is written: bytes that are no text are replaced.
pub struct Shown<W>(pub W);

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let columns: Vec<String> = text.split('\t').map(clean_lines).collect();
        self.0.write_all(columns.join("\t").as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn escaped(text: &str, lines: bool) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' && lines {
            clean.push('\n');
        } else if character.is_control()
            || pressmark::model::canonical::is_invisible(character)
            || matches!(character, '\u{2028}' | '\u{2029}')
        {
            let _ = write!(clean, "\\u{{{:x}}}", u32::from(character));
        } else {
            clean.push(character);
        }
    }
    clean
}

/// At most so many columns; what is cut off is shown by `…`.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut taken = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > columns {
            break;
        }
        taken.push(character);
    }
    taken + "…"
}

/// The text and blanks up to so many columns.
pub fn padded(text: &str, columns: usize) -> String {
    let cut = cut(text, columns);
    let blanks = columns.saturating_sub(cut.width());
    cut + &" ".repeat(blanks)
}

/// How a path is shown.
pub fn shown(path: &Path) -> String {
    clean(&path.to_string_lossy())
}

/// The terminal's width.
pub fn columns() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    said.or_else(seen).unwrap_or(80).clamp(40, 400)
}

/// A bar of so many eighths of a column.
pub fn bar(count: u64, most: u64, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = if most == 0 {
        0
    } else {
        (u128::from(count) * columns as u128 * 8).div_ceil(u128::from(most)) as usize
    };
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// 1234567 as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `12.3 MB`: powers of 1000.
pub fn bytes(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if size < 1000.0 {
            break;
        }
        (size, unit) = (size / 1000.0, next);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{size:.1} {unit}") }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR or TERM=dumb say otherwise; CLICOLOR_FORCE always.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Named for ColorChoice {
    const WHAT: &'static str = "when to use colours";
    const NAMES: &'static [(&'static str, ColorChoice)] =
        &[("auto", ColorChoice::Auto), ("always", ColorChoice::Always), ("never", ColorChoice::Never)];
}

/// Colours, or none.
#[derive(Clone, Copy)]
pub struct Paint {
    out: bool,
    err: bool,
}

impl Paint {
    pub fn new(choice: ColorChoice) -> Paint {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let wanted = |terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set("NO_COLOR") => false,
            ColorChoice::Auto if set("CLICOLOR_FORCE") => true,
            ColorChoice::Auto => terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        };
        Paint { out: wanted(io::stdout().is_terminal()), err: wanted(io::stderr().is_terminal()) }
    }

    pub fn error(self, text: &str) -> String {
        painted(self.err, "1;31", text)
    }

    pub fn dim(self, text: &str) -> String {
        painted(self.err, "2", text)
    }

    pub fn digest(self, text: &str) -> String {
        painted(self.out, "33", text)
    }

    pub fn date(self, text: &str) -> String {
        painted(self.out, "36", text)
    }

    pub fn found(self, text: &str) -> String {
        painted(self.out, "1;31", text)
    }

    pub fn strong(self, text: &str) -> String {
        painted(self.out, "1", text)
    }

    pub fn bar(self, text: &str) -> String {
        painted(self.out, "34", text)
    }
}

fn painted(on: bool, code: &str, text: &str) -> String {
    if on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Lines of at most so many columns; what colours a word takes no column.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let width = |word: &str| {
        let plain: String = word
            .split('\x1b')
            .map(|part| {
                part.split_once('m')
                    .filter(|_| word.contains('\x1b'))
                    .map_or(part, |(code, rest)| if code.starts_with('[') { rest } else { part })
            })
            .collect();
        plain.width()
    };
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let needed = width(word);
        if used > 0 && used + 1 + needed > columns {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("there is one");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += needed;
    }
    lines
}

/// What shows text a page at a time, and what says so: `$PRESSMARK_PAGER`, the user's setting, `$PAGER`, or nothing: less. Empty is none.
pub fn pager() -> (String, String) {
    let variable = |name: &str| Some((std::env::var(name).ok()?, name.to_owned()));
    let set = || settings().get(Name::Pager).map(|(pager, from)| (pager.to_owned(), shown(from)));
    let said = variable("PRESSMARK_PAGER").or_else(set).or_else(|| variable("PAGER"));
    said.unwrap_or_else(|| ("less".to_owned(), "default".to_owned()))
}

/// Shows text by the pager. `false` if there is none, or nothing to show.
pub fn page(text: &[u8]) -> bool {
    let (pager, _) = pager();
    if text.is_empty() || pager.trim().is_empty() || pager == "cat" {
        return false;
    }
    let mut command = Command::new("sh");
    command.arg("-c").arg(&pager).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    let Ok(mut child) = command.spawn() else { return false };
    if let Some(mut stdin) = child.stdin.take() {
        // The reader may leave before the end.
        let _ = stdin.write_all(text);
    }
    child.wait().is_ok_and(|status| status.code() != Some(127))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for code in (0..0x20).chain(0x7f..0xa0).chain([0x202e, 0x2066, 0x200b, 0xfeff, 0x2028]) {
            let character = char::from_u32(code).unwrap();
            assert_eq!(clean(&format!("a{character}b")), format!("a\\u{{{code:x}}}b"));
        }
        assert_eq!(clean("می\u{200c}خواهم 👩\u{200d}👧 П’ять"), "می\u{200c}خواهم 👩\u{200d}👧 П’ять");
        assert_eq!(clean_lines("a\nb\u{1b}[2J"), "a\nb\\u{1b}[2J");
    }

    #[test]
    fn widths() {
        assert_eq!(cut("Дощ у Києві", 6), "Дощ у…");
        assert_eq!(cut("雨が降る", 5), "雨が…");
        assert_eq!(padded("雨", 4), "雨  ");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(1_500_000), "1.5 MB");
        assert_eq!(bar(1, 2, 3), "█▌");
        assert_eq!(bar(0, 0, 3), "");
    }
}
