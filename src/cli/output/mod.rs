//! How commands print lists: the same formats for all of them.

pub mod advice;
mod buffer;
pub mod terminal;

pub use buffer::Output;

use super::context::Context;
use super::exit::Result;
use super::settings::settings;
use pressmark::Named;
use pressmark::export::escape;
use std::io::Write;
use terminal::{clean, columns, cut, padded};

/// A format of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns, for people.
    Table,
    /// A line a row, separated by tabs; an empty value is a dash.
    Tsv,
    /// With a heading, RFC 4180.
    Csv,
    /// One array of objects.
    Json,
    /// An object a line.
    Jsonl,
}

impl Named for Format {
    const WHAT: &'static str = "a format";
    const NAMES: &'static [(&'static str, Format)] = &[
        ("table", Format::Table),
        ("text", Format::Table),
        ("tsv", Format::Tsv),
        ("csv", Format::Csv),
        ("json", Format::Json),
        ("jsonl", Format::Jsonl),
    ];
}

/// The flag of every command that lists.
#[derive(clap::Args, Clone, Debug)]
pub struct FormatArgs {
    /// Output format: table, tsv, csv, json or jsonl [default: table on a terminal, tsv elsewhere].
    #[arg(short, long, value_name = "FORMAT", hide_possible_values = true, value_parser = super::args::named::<Format>())]
    pub format: Option<Format>,
}

/// A column, and how wide it is in a table.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    pub name: &'a str,
    pub width: Width,
}

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// So many columns of the terminal.
    Text(usize),
    /// The same, with the value at the right.
    Number(usize),
    /// What the others leave.
    Rest,
    /// As long as it is; for the last one.
    Whole,
}

/// A value of a row.
pub struct Cell {
    text: String,
    /// In a table.
    shown: Option<String>,
    style: Style,
}

/// How a value is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Date,
    Digest,
    Bar,
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), shown: None, style: Style::Plain }
    }

    /// The same with another text in a table, in a style.
    pub fn shown(self, shown: impl Into<String>, style: Style) -> Cell {
        Cell { shown: Some(shown.into()), style, ..self }
    }
}

/// A list being printed.
pub struct List<'a> {
    format: Format,
    columns: Vec<Column<'a>>,
    width: usize,
    rows: u64,
}

impl<'a> List<'a> {
    /// In a format, or the one that fits where it goes.
    pub fn new(context: &Context, args: &FormatArgs, columns: &[Column<'a>]) -> List<'a> {
        let terminal = context.stdout_is_terminal();
        let format = args.format.unwrap_or_else(|| match terminal {
            true => settings().format().unwrap_or(Format::Table),
            false => Format::Tsv,
        });
        let width = if terminal { terminal::columns() } else { usize::MAX };
        List { format, columns: columns.to_vec(), width, rows: 0 }
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// The heading of a table; the other formats have theirs or have none.
    pub fn heading(&self, context: &mut Context) -> Result<()> {
        if self.format != Format::Table {
            return Ok(());
        }
        let names: Vec<Cell> = self.columns.iter().map(|column| Cell::new(column.name)).collect();
        self.table(context, &names)
    }

    /// Prints a row; `value` is the same as an object.
    pub fn row(
        &mut self,
        context: &mut Context,
        cells: &[Cell],
        value: &impl serde::Serialize,
    ) -> Result<()> {
        let first = self.rows == 0;
        self.rows += 1;
        match self.format {
            Format::Table => self.table(context, cells),
            Format::Tsv => {
                let or_dash =
                    |cell: &Cell| if cell.text.is_empty() { "-".to_owned() } else { clean(&cell.text) };
                let line: Vec<String> = cells.iter().map(or_dash).collect();
                Ok(writeln!(context.out, "{}", line.join("\t"))?)
            }
            Format::Csv => {
                if first {
                    csv_line(context, self.columns.iter().map(|column| column.name.to_owned()))?;
                }
                csv_line(context, cells.iter().map(|cell| clean(&cell.text)))
            }
            Format::Json | Format::Jsonl => {
                let line = escape(serde_json::to_vec(value).map_err(std::io::Error::from)?);
                let (before, after): (&[u8], &[u8]) = match (self.format, first) {
                    (Format::Jsonl, _) => (b"", b"\n"),
                    (_, true) => (b"[", b""),
                    _ => (b",\n", b""),
                };
                [before, &line, after].into_iter().try_for_each(|bytes| context.out.write_all(bytes))?;
                Ok(())
            }
        }
    }

    /// The end of it.
    pub fn finish(self, context: &mut Context) -> Result<()> {
        match self.format {
            Format::Json if self.rows == 0 => writeln!(context.out, "[]")?,
            Format::Json => writeln!(context.out, "]")?,
            Format::Csv if self.rows == 0 => {
                csv_line(context, self.columns.iter().map(|column| column.name.to_owned()))?;
            }
            _ => {}
        }
        Ok(context.out.flush()?)
    }

    fn table(&self, context: &mut Context, cells: &[Cell]) -> Result<()> {
        let last = self.columns.len() - 1;
        let fixed: usize = self
            .columns
            .iter()
            .zip(cells)
            .map(|(column, cell)| match column.width {
                Width::Text(columns) | Width::Number(columns) => columns + 1,
                Width::Rest => 1,
                Width::Whole => cell.of_table().chars().count() + 1,
            })
            .sum();
        let rest = self.width.saturating_sub(fixed.saturating_sub(1));
        let mut line = String::new();
        for (at, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            let text = clean(cell.of_table());
            let text = match column.width {
                Width::Text(_) | Width::Rest if at == last => text,
                Width::Text(columns) => padded(&text, columns),
                Width::Number(columns) => format!("{text:>columns$}"),
                Width::Rest if self.width == usize::MAX => cut(&text, usize::MAX),
                Width::Rest => padded(&text, rest),
                Width::Whole => text,
            };
            let paint = context.paint;
            line.push_str(&match cell.style {
                Style::Plain => text,
                Style::Date => paint.date(&text),
                Style::Digest => paint.digest(&text),
                Style::Bar => paint.bar(&text),
            });
            if at < last {
                line.push(' ');
            }
        }
        Ok(writeln!(context.out, "{line}")?)
    }
}

impl Cell {
    fn of_table(&self) -> &str {
        let text = self.shown.as_deref().unwrap_or(&self.text);
        if text.is_empty() { "-" } else { text }
    }
}

fn csv_line(context: &mut Context, cells: impl Iterator<Item = String>) -> Result<()> {
    let mut writer = csv::Writer::from_writer(&mut context.out);
    let written = writer.write_record(cells).and_then(|()| Ok(writer.flush()?));
    // What the system said, and not that the writer of tables said so: a closed pipe is a quiet end.
    Ok(written.map_err(|e| match e.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => std::io::Error::other(format!("{other:?}")),
    })?)
}

/// Columns that show how many there are of what, with a bar: label, number, bar.
pub fn bars(groups: &[(String, u64)], width: usize) -> ([Column<'static>; 3], Vec<[Cell; 3]>) {
    use unicode_width::UnicodeWidthStr;
    let most = groups.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let labels = groups.iter().map(|(label, _)| label.width()).max().unwrap_or(0).min(40);
    let numbers = terminal::grouped(most).len();
    let room = width.saturating_sub(labels + numbers + 3).max(10);
    let columns = [
        Column { name: "", width: Width::Text(labels) },
        Column { name: "count", width: Width::Number(numbers) },
        Column { name: "", width: Width::Whole },
    ];
    let rows = groups.iter().map(|(label, count)| {
        let bar = terminal::bar(*count, most, room);
        let number = Cell::new(count.to_string()).shown(terminal::grouped(*count), Style::Plain);
        [Cell::new(label), number, Cell::new(bar.clone()).shown(bar, Style::Bar)]
    });
    (columns, rows.collect())
}

/// Prints bars as a table, whatever the rest of the output is.
pub fn print_bars(context: &mut Context, groups: &[(String, u64)]) -> Result<()> {
    let (columns, rows) = bars(groups, columns());
    let list = List { format: Format::Table, columns: columns.to_vec(), width: usize::MAX, rows: 0 };
    rows.iter().try_for_each(|row| list.table(context, row))
}
