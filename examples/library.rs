//! pressmark in a program: open an archive, take files in, ask, export. `cargo run --example library -- DIR FILE…`
//!
//! With `default-features = false` the library comes without the command line and what that needs.

use pressmark::export::{Format, Options, exporter, packed};
use pressmark::{Answer, Archive, By, Clock, Open, Query, Request, TimeSource, Want, ingest, parse};
use std::io;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let dir = arguments.next().ok_or("name a directory for the archive, and files")?;
    run(&dir, &arguments.collect::<Vec<_>>(), &mut io::stdout())
}

/// Opens the archive in `dir`, or makes one, takes the files in, and writes what was found to `out`.
pub fn run(dir: &Path, files: &[PathBuf], out: &mut dyn io::Write) -> Result<(), Box<dyn std::error::Error>> {
    // Open: one process holds an archive and answers the others; what is acknowledged is durable.
    let archive = Archive::open(dir, &Open { create: true, ..Open::default() })?;

    // Ingest: files and directories in any format. `()` hears nothing of its progress.
    // Only who holds the archive can do that, and waits for others, if there are any.
    let options = ingest::Options::default();
    let summary = archive.hold(|archive| ingest::ingest(archive, files, &options, &mut ()))?;
    writeln!(
        out,
        "{} new, {} known, {} rejected",
        summary.counts.new, summary.counts.known, summary.counts.rejected
    )?;

    // Query: a session answers as of one position, while others write. Queries are the command line's, or built from `Expr`.
    let session = archive.session()?;
    let clock = Clock::new(TimeSource::System.now());
    let filter = parse("port OR ferry", &clock, &|name| session.facts().queries.get(name).cloned())?;
    let query = Query { filter, limit: Some(3), ..Query::default() };
    let rows = Want::Rows { digits: true, snippets: false };
    for piece in session.answer(&Request::new(query, rows))? {
        if let Answer::Row(row) = piece? {
            writeln!(out, "{} {}", row.when.day(), row.headline)?;
        }
    }
    for piece in session.answer(&Request::new(Query::default(), Want::Groups(By::Language.into())))? {
        if let Answer::Group { key, count } = piece? {
            writeln!(out, "{} {count}", key[0].as_deref().unwrap_or("none"))?;
        }
    }

    // Export: documents, with their captures, in any of the formats.
    let mut csv = exporter(
        Format::Csv,
        Options { fields: vec!["source".parse()?, "headline".parse()?], ..Options::default() },
        packed(None, out)?,
    )?;
    for document in session.documents(&Query { limit: Some(1), ..Query::default() })? {
        csv.write(&[document?.check()?])?;
    }
    csv.finish()?;
    drop(session);
    archive.close()?;
    Ok(())
}
