//! Words that are not wanted, `-trump`, told from options.

use std::ffi::OsString;

/// The command line with options before everything else, so that `-trump` is none: `list -trump --limit 3` becomes
/// `list --limit 3 -- -trump`. A hyphen and one letter is an option; a hyphen and digits is one or a mistake: too much depends on which of them
/// was meant.
pub fn arguments(
    arguments: impl Iterator<Item = OsString>,
    cli: &clap::Command,
) -> Result<Vec<OsString>, clap::Error> {
    let given: Vec<OsString> = arguments.collect();
    let mut words = given.iter().skip(1);
    let mut options: Vec<OsString> = given.first().cloned().into_iter().collect();
    let mut others: Vec<OsString> = Vec::new();
    // The command, and the one in it.
    let mut commands = vec![cli];
    let mut is_tag = false;
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or("");
        if text == "--" {
            others.extend(words.cloned());
            break;
        }
        let hyphened = text.starts_with('-') && text.len() > 1;
        let long = text.starts_with("--");
        if !hyphened {
            let inner = commands.last().and_then(|last| last.find_subcommand(text));
            match inner {
                Some(inner) if others.is_empty() => {
                    if commands.len() == 1 && !ASKING.contains(&inner.get_name()) {
                        return Ok(given);
                    }
                    is_tag = inner.get_name() == "tag";
                    options.push(word.clone());
                    commands.push(inner);
                }
                // No command, and clap says so.
                _ if commands.len() == 1 => return Ok(given),
                _ => {
                    is_tag &= text.starts_with('+');
                    others.push(word.clone());
                }
            }
            continue;
        }
        let short = short(text, &commands);
        if long || short.is_some() {
            options.push(word.clone());
            let takes = if long { takes_a_value(text, &commands) } else { short == Some(true) };
            if takes && let Some(value) = words.next() {
                options.push(value.clone());
            }
            continue;
        }
        if commands.len() == 1 {
            return Ok(given);
        }
        // Before the query of `tag`, -a takes the tag a away.
        if !is_tag && looks_like_an_option(&text[1..]) {
            let rest = &text[1..];
            let is_number = rest.bytes().all(|byte| byte.is_ascii_digit());
            let instead =
                if is_number { format!("for the first {rest} write -n {rest}, ") } else { String::new() };
            let message =
                format!("there is no option '-{rest}'\n\n  hint: {instead}for NOT {rest} write NOT {rest}");
            return Err(cli.clone().error(clap::error::ErrorKind::UnknownArgument, message));
        }
        others.push(word.clone());
    }
    if commands.len() > 1 && !others.is_empty() {
        options.push("--".into());
        options.extend(others);
    }
    Ok(options)
}

/// One letter, or digits.
fn looks_like_an_option(rest: &str) -> bool {
    let mut letters = rest.chars();
    let one = letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none();
    one || rest.chars().all(|c| c.is_ascii_digit())
}

/// The options of these commands.
fn options<'a>(commands: &[&'a clap::Command]) -> impl Iterator<Item = &'a clap::Arg> {
    commands.iter().flat_map(|command| command.get_arguments())
}

/// Whether a hyphen and one letter is an option, and then whether its value comes next: in `-n20` it is there.
fn short(text: &str, commands: &[&clap::Command]) -> Option<bool> {
    let mut letters = text[1..].chars();
    let (letter, rest) = (letters.next()?, letters.as_str());
    if matches!(letter, 'h' | 'V') && rest.is_empty() {
        return Some(false);
    }
    let option = options(commands).find(|option| option.get_short() == Some(letter))?;
    let takes = option.get_action().takes_values();
    let number = takes && !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    (rest.is_empty() || number).then_some(takes && rest.is_empty())
}

/// Whether an option is followed by its value.
fn takes_a_value(option: &str, commands: &[&clap::Command]) -> bool {
    let Some(name) = option.strip_prefix("--").filter(|name| !name.contains('=')) else {
        return false;
    };
    let named = |option: &&clap::Arg| {
        option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|all| all.contains(&name))
    };
    options(commands).find(named).is_some_and(|option| option.get_action().takes_values())
}

/// The commands that take a query.
const ASKING: [&str; 14] = [
    "list",
    "search",
    "count",
    "export",
    "show",
    "cat",
    "tag",
    "set",
    "stats",
    "sources",
    "log",
    "why",
    "query",
    "reextract",
];
