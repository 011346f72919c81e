//! Words that are not wanted, `-trump`, told from options.

use std::ffi::OsString;

/// What stands for the hyphen before a word that is not wanted, so that it is not taken for an option.
pub const MINUS: char = '\u{2212}';

/// The command line with its unwanted words told from options: `-trump` is none. A hyphen and one letter, or a hyphen and
/// digits, is an option or a mistake: too much depends on which of them was meant.
pub fn arguments(
    arguments: impl Iterator<Item = OsString>,
    cli: &mut clap::Command,
) -> Result<Vec<OsString>, clap::Error> {
    let mut given: Vec<OsString> = arguments.collect();
    let names = || given.iter().map(|word| word.to_str().unwrap_or(""));
    let mut after = names().zip(names().skip(1));
    let command = after.find(|(before, word)| !word.starts_with('-') && !takes_a_value(cli, before));
    let Some((_, command)) = command else {
        return Ok(given);
    };
    let command = command.to_owned();
    if !ASKING.contains(&command.as_str()) {
        return Ok(given);
    }
    let mut before = OsString::new();
    // Before the query of `tag`, -a takes the tag a away.
    let mut is_tag = command == "tag";
    for word in given.iter_mut().skip(1) {
        if word == "--" {
            break;
        }
        let hyphened = word.to_str().is_some_and(|word| word.starts_with('-') && word.len() > 1);
        let is_value = hyphened && before.to_str().is_some_and(|before| takes_a_value(cli, before));
        is_tag &=
            hyphened || word == command.as_str() || word.to_str().is_some_and(|word| word.starts_with('+'));
        let unwanted =
            word.to_str().filter(|_| !is_value).and_then(|text| text.strip_prefix('-')).filter(|rest| {
                let option = matches!(*rest, "h" | "V") || command == "export" && *rest == "o";
                !(rest.is_empty() || rest.starts_with('-') || option)
            });
        if let Some(rest) = unwanted.filter(|rest| !is_tag && looks_like_an_option(rest)) {
            let message = format!("there is no option '-{rest}'\n\n  hint: for NOT {rest} write NOT {rest}");
            return Err(cli.error(clap::error::ErrorKind::UnknownArgument, message));
        }
        let turned = unwanted.map(|rest| format!("{MINUS}{rest}"));
        before = word.clone();
        if let Some(turned) = turned {
            *word = turned.into();
        }
    }
    Ok(given)
}

/// One letter, or digits.
fn looks_like_an_option(rest: &str) -> bool {
    let mut letters = rest.chars();
    let one = letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none();
    one || rest.chars().all(|c| c.is_ascii_digit())
}

/// Whether an option is followed by its value.
fn takes_a_value(cli: &clap::Command, option: &str) -> bool {
    let Some(name) = option.strip_prefix("--").filter(|name| !name.contains('=')) else {
        return option == "-o";
    };
    let commands = std::iter::once(cli).chain(cli.get_subcommands());
    let mut options = commands.flat_map(|command| command.get_arguments());
    let named = |option: &clap::Arg| {
        option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|all| all.contains(&name))
    };
    options.any(|option| named(option) && option.get_action().takes_values())
}

/// The commands that take a query.
const ASKING: [&str; 13] = [
    "list",
    "search",
    "count",
    "export",
    "show",
    "cat",
    "tag",
    "stats",
    "sources",
    "log",
    "why",
    "query",
    "reextract",
];
