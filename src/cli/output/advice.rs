//! What to do about what the library says is wrong: the flags and commands that it does not know.

use super::terminal::clean;
use pressmark::text::likeness::nearest;
use pressmark::{Finding, Healed, Place, Reason, Rejection, Skip};
use std::path::Path;

/// Why something was rejected, and what to do about it.
pub fn reason(reason: &Reason) -> String {
    let advice = match reason {
        Reason::PageTooLong { .. } => "--max-page takes more",
        Reason::RecordTooLong { .. } => "--max-record takes more",
        Reason::UnpacksTooMuch(_) => "--max-ratio takes more",
        Reason::NoArticle { .. } => "look with pressmark extract --explain",
        Reason::FieldIsNotText { .. } => "name another field with --map",
        Reason::NoColumnIsKnown { .. } => "name them with --map headline=…,body=…",
        Reason::TextNotFound { longest, .. } => {
            return clean(&format!("{reason}; name it with --map body={longest}"));
        }
        Reason::NoRecords { .. } => "name the list with --map records=PATH,headline=…,body=…",
        Reason::UnknownXml { .. } => "describe it with --layout FILE (docs/formats.md)",
        Reason::PathDoesNotFit { .. } => "change --path-pattern, or leave it out",
        Reason::Archive { name } => {
            return clean(&format!(
                "{reason}; ingest what pressmark --archive {name} export -o FILE.jsonl writes"
            ));
        }
        Reason::Segment => "export the archive with pressmark --archive DIR export",
        Reason::Fatal => "--from-start tries it again; please report it",
        Reason::Defect => "please report it",
        _ => return clean(&reason.to_string()),
    };
    clean(&format!("{reason}; {advice}"))
}

/// What to do about a path that leads nowhere.
pub fn missing(path: &str) -> String {
    if path.contains("://") {
        return "pressmark does not download: save the page, or use wget --warc-file, and ingest that"
            .to_owned();
    }
    if path.contains(['*', '?', '[']) {
        return "a pattern that fits nothing comes as it is; --include takes patterns for what is in a directory".to_owned();
    }
    let path = Path::new(path);
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(beside) = dir.read_dir() else { return "there is no such directory either".to_owned() };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let names = beside.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    match nearest(&name, names).filter(|(alike, _)| *alike > 0.8) {
        Some((_, known)) => format!("did you mean {}?", path.with_file_name(known).display()),
        None => "look for the name with ls".to_owned(),
    }
}

/// A rejection on one line.
pub fn rejection(rejection: &Rejection) -> String {
    let (input, why) = (clean(&rejection.input), reason(&rejection.reason));
    if rejection.reason == Reason::Missing {
        return format!("{input}: {why}; {}", clean(&missing(&rejection.input)));
    }
    match rejection.place {
        Place::Whole => format!("{input}: {why}"),
        Place::Line(line) => format!("{input}:{line}: {why}"),
        Place::Record(record) => format!("{input}: record {record}: {why}"),
    }
}

/// What was skipped.
pub fn skip(skip: Skip) -> String {
    match skip {
        Skip::Link => format!("{skip} (--follow follows them)"),
        skip => skip.to_string(),
    }
}

/// What `verify` found.
pub fn finding(finding: &Finding) -> String {
    let advice = match finding {
        Finding::Search { .. } => "; the next search makes the index again",
        Finding::Raw { .. } => {
            "; ingest --keep-raw of the input keeps it again, pressmark repair --accept-loss lets it go"
        }
        Finding::Tail { .. } => "; pressmark repair --accept-tail leaves them out for good",
        Finding::Ledger { .. } | Finding::Store { .. } => "",
    };
    clean(&format!("{finding}{advice}"))
}

/// What opening mended.
pub fn healed(healed: &Healed) -> String {
    let advice = if let Healed::SetAside { .. } = healed { "; pressmark verify says more" } else { "" };
    clean(&format!("{healed}{advice}"))
}
