//! `pressmark config`

use super::context::Context;
use super::exit::{Outcome, Result};
use super::output::terminal::{self, shown};
use super::output::{Cell, Column, FormatArgs, List, Width};
use super::settings::{Name, settings};

/// Show the settings that hold, and why.
///
/// Settings are lines such as tz = "Europe/Kyiv" in config.toml in your directory for settings (PRESSMARK_CONFIG names another file): archive, tz,
/// wait, format (of lists on terminals) and pager. An archive's settings.toml sets tz, wait and format for who uses it, before yours; a flag or a
/// variable comes before both.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    format: FormatArgs,
}

const COLUMNS: [Column; 3] = [
    Column { name: "setting", width: Width::Text(8) },
    Column { name: "value", width: Width::Whole },
    Column { name: "from", width: Width::Whole },
];

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let settings = settings();
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let by = |value: &str, flag: &str, name: &str| match variable(name) {
        Some(set) if set == value => name.to_owned(),
        _ => flag.to_owned(),
    };
    let set = |name, default: &str| match settings.get(name) {
        Some((value, from)) => (value.to_owned(), shown(from)),
        None => (default.to_owned(), "default".to_owned()),
    };
    let dir = context.dir()?.to_string_lossy().into_owned();
    let archive = match &context.archive_said {
        Some(said) => (
            said.to_string_lossy().into_owned(),
            by(&said.to_string_lossy(), "--archive", "PRESSMARK_ARCHIVE"),
        ),
        None => (dir.clone(), set(Name::Archive, &dir).1),
    };
    let wait = match context.wait_said {
        Some(said) => (said.to_string(), by(&said.to_string(), "--wait", "PRESSMARK_WAIT")),
        None => set(Name::Wait, "60"),
    };
    let (pager, from) = terminal::pager();
    let rows = [
        ("archive", archive),
        ("tz", set(Name::Tz, "UTC")),
        ("wait", wait),
        ("format", set(Name::Format, "table")),
        ("pager", (if pager.trim().is_empty() { "none".to_owned() } else { pager }, from)),
    ];
    let mut list = List::new(context, &args.format, &COLUMNS);
    for (name, (value, from)) in rows {
        let object = serde_json::json!({"setting": name, "value": value, "from": from});
        list.row(context, &[Cell::new(name), Cell::new(value), Cell::new(from)], &object)?;
    }
    list.finish(context)?;
    for (file, there) in &settings.files {
        context.say(&format!("{} {}", if *there { "read" } else { "there is no" }, shown(file)));
    }
    Ok(Outcome::Done)
}
