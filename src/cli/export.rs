//! `pressmark export --source rubryka.com -o rubryka.jsonl`

use super::args::{QueryArgs, named};
use super::context::Context;
use super::exit::{Failure, Outcome, Result, refused};
use super::output::terminal::shown;
use super::output::terminal::{Shown, grouped};
use pressmark::archive::originals::Raws;
use pressmark::export::{
    Exporter, Field, Format, Options, Output, Packing, Render, exporter, packed, renderer, split,
};
use pressmark::{Digest, Document, Order, Query, Request, Session, Want};
use rayon::prelude::*;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Export articles as JSONL, CSV, Markdown, HTML and more.
///
/// Articles are written in order of arrival; --sort changes it. JSONL holds everything: ingest reads it back into another archive with the
/// same digests, captures and tags; with --archive-data also the saved queries, and with --originals the bytes that ingest --keep-raw
/// kept. The number of articles goes to standard error.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    query: QueryArgs,
    /// jsonl, json, csv, tsv, md, html or text [default: by the name of the output, else jsonl].
    #[arg(short, long, value_name = "FORMAT", hide_possible_values = true, value_parser = named::<Format>())]
    format: Option<Format>,
    /// Write to this file instead of standard output: beside it, synced, then renamed; a device or a pipe is written to. .gz and
    /// .zst compress.
    #[arg(short, long, value_name = "FILE", conflicts_with = "split")]
    output: Option<PathBuf>,
    /// Write one file per article into DIR, with safe names.
    #[arg(long, value_name = "DIR")]
    split: Option<PathBuf>,
    /// With --split: replace files that have other content.
    #[arg(long, requires = "split")]
    force: bool,
    /// Fields to write, in this order (jsonl, json, csv, tsv): digest,published,headline.
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',')]
    fields: Vec<Field>,
    /// With jsonl: also what belongs to the archive and to no article, the saved queries, as lines with a "type".
    #[arg(long)]
    archive_data: bool,
    /// With jsonl: also the original bytes of what is exported, as lines with a "type".
    #[arg(long)]
    originals: bool,
    /// Leave values that a spreadsheet would take for formulas (=1+1) as they are, without an apostrophe before them.
    #[arg(long)]
    csv_raw: bool,
    /// Begin CSV and TSV with a byte order mark, by which Excel knows UTF-8.
    #[arg(long)]
    bom: bool,
}

/// Documents that are read, checked and rendered at a time.
const CHUNK: usize = 512;

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let format = format(args)?;
    let options = Options { fields: args.fields.clone(), csv_raw: args.csv_raw, bom: args.bom };
    if args.bom && !matches!(format, Format::Csv | Format::Tsv) {
        return Err(Failure::usage("--bom goes with csv and tsv", "leave it out, or name another --format"));
    }
    if !options.fields.is_empty() && matches!(format, Format::Md | Format::Html | Format::Text) {
        return Err(Failure::usage(
            "--fields goes with jsonl, json, csv and tsv",
            "leave it out, or name another --format",
        ));
    }
    if (args.archive_data || args.originals) && (format != Format::Jsonl || args.split.is_some()) {
        return Err(Failure::usage(
            "--archive-data and --originals go with jsonl in one file",
            "leave them out, or name --format jsonl without --split",
        ));
    }
    let make = |saved: &_| args.query.query(saved, Order::Arrival);
    let dir = context.dir()?;
    let (written, captures) = context.with_query(&args.query.filter, make, |context, session, query| {
        context.public_files();
        let mut exporting = Exporting {
            session,
            query,
            format,
            options: &options,
            raws: args.originals.then(|| Raws::of(&dir)),
            archive_data: args.archive_data,
            archive: session.facts().archive,
            named: HashSet::new(),
            missing: Vec::new(),
            count: 0,
            stop: Box::new(context.stop()),
        };
        match (&args.split, &args.output) {
            (Some(dir), _) => {
                let renderer = renderer(format, options.clone());
                exporting.write_files(context, &*renderer, dir, args.force).map_err(|e| e.at(dir))
            }
            (None, Some(path)) if !is_stdout(path) => {
                let keep_if_empty = args.query.exit_status && path.exists();
                exporting.write_file(context, path, keep_if_empty).map_err(|e| e.at(path))
            }
            (None, _) => {
                let terminal = context.stdout_is_terminal();
                let written = if terminal {
                    exporting.run(packed(None, Shown(&mut context.out))?)
                } else {
                    exporting.run(packed(None, &mut context.out)?)
                };
                written.and_then(|()| Ok(context.out.flush()?))
            }
        }?;
        exporting.say_left_out(context, args.split.is_some());
        let written = exporting.count;
        if args.query.filter.flags.explain {
            // It is read on another thread; how many are looked at is the same once more.
            let request = Request { explain: true, ..Request::new(query.clone(), Want::Count) };
            context.pieces(session, &request, &mut |_, _| Ok(()))?;
        }
        Ok((written, query.captures))
    })?;
    let what = if captures { "captures" } else { "articles" };
    if context.json {
        context.status(&serde_json::json!({"message_type": "summary", "exported": written}));
    } else {
        context.say(&format!("exported {} {what}", grouped(written)));
    }
    Ok(match context.outcome() {
        Outcome::Done => args.query.outcome(written > 0),
        worse => worse,
    })
}

fn format(args: &Args) -> Result<Format> {
    let named = args.output.as_deref().and_then(Format::of_name);
    Ok(match args.format {
        Some(format) => format,
        None if args.split.is_some() => Format::Text,
        None => match (&args.output, named) {
            (None, _) => Format::Jsonl,
            (Some(_), Some(format)) => format,
            // What is no file has no name that says anything.
            (Some(path), None)
                if is_stdout(path)
                    || descriptor(path).is_some()
                    || path.metadata().is_ok_and(|there| !there.is_file()) =>
            {
                Format::Jsonl
            }
            (Some(path), None) => {
                let message = format!("the name {} does not say which format to write", shown(path));
                return Err(Failure::usage(
                    &message,
                    "name one with --format jsonl, json, csv, tsv, md, html or text",
                ));
            }
        },
    })
}

/// An export under way.
struct Exporting<'a> {
    session: &'a Arc<Session>,
    query: &'a Query,
    format: Format,
    options: &'a Options,
    /// The originals, if they are to be written too.
    raws: Option<Raws>,
    archive_data: bool,
    /// The archive that it is from.
    archive: uuid::Uuid,
    /// Originals that what was written names, and that this archive was to keep.
    named: HashSet<Digest>,
    /// What is to be said of those that could not be written.
    missing: Vec<String>,
    count: u64,
    stop: Box<dyn Fn() -> bool + 'a>,
}

impl Exporting<'_> {
    /// Calls `each` with the documents of the query, some at a time, in order. They are read ahead on a thread of their own.
    fn documents(&mut self, each: &mut dyn FnMut(&mut Self, Vec<Document>) -> Result<()>) -> Result<()> {
        let (session, query) = (self.session.clone(), self.query);
        std::thread::scope(|scope| {
            let (ahead, chunks) = crossbeam_channel::bounded(2);
            let reading = scope.spawn(move || -> pressmark::Result<()> {
                let mut documents = session.documents(query)?;
                loop {
                    let chunk = documents.by_ref().take(CHUNK);
                    let chunk = chunk.collect::<pressmark::Result<Vec<_>>>()?;
                    // Nobody listens any more when the other side has failed.
                    if chunk.is_empty() || ahead.send(chunk).is_err() {
                        return Ok(());
                    }
                }
            });
            for chunk in chunks {
                if (self.stop)() {
                    return Err(Failure::Interrupted);
                }
                let documents: Vec<pressmark::Result<Document>> =
                    chunk.into_par_iter().map(|document| document.check()).collect();
                let documents: Vec<Document> = documents.into_iter().collect::<pressmark::Result<_>>()?;
                each(self, documents)?;
            }
            Ok(reading.join().expect("reading never panics")?)
        })
    }

    /// Writes the documents of the query.
    fn run(&mut self, output: Box<dyn Output + '_>) -> Result<()> {
        let mut exporter = exporter(self.format, self.options.clone(), output)?;
        if self.archive_data {
            exporter.queries(&self.session.facts().queries)?;
        }
        self.documents(&mut |exporting, documents| {
            exporting.count += documents.len() as u64;
            exporting.originals(&documents, &mut *exporter)?;
            Ok(exporter.write(&documents)?)
        })?;
        Ok(exporter.finish()?)
    }

    /// Writes the originals that documents name and this archive keeps, each once, before the first of them.
    fn originals(&mut self, documents: &[Document], exporter: &mut dyn Exporter) -> Result<()> {
        if !self.is_whole() {
            return Ok(());
        }
        for capture in documents.iter().flat_map(|document| &document.captures) {
            let kept = capture.provenance.kept_by(self.archive);
            let Some(digest) = kept.filter(|digest| self.named.insert(*digest)) else { continue };
            let Some(raws) = &self.raws else { continue };
            match raws.get_packed(&digest) {
                Ok(Some(raw)) => exporter.original(&raw)?,
                Ok(None) => {
                    self.missing.push(format!("the original {digest} is missing from raw/: it is left out"))
                }
                Err(e @ pressmark::Error::Original { .. }) => {
                    self.missing.push(format!("{e}: it is left out"))
                }
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }

    /// Whether whole records are written, as `ingest` reads them back.
    fn is_whole(&self) -> bool {
        self.format == Format::Jsonl && self.options.fields.is_empty()
    }

    /// Says what an archive has and an export does not that could hold it.
    fn say_left_out(&self, context: &mut Context, into_files: bool) {
        self.missing.iter().for_each(|missing| context.complain(missing));
        if !self.is_whole() || into_files {
            return;
        }
        let originals = if self.raws.is_some() { 0 } else { self.named.len() as u64 };
        let queries = if self.archive_data { 0 } else { self.session.facts().queries.len() as u64 };
        let what = [
            (
                queries,
                format!(
                    "{} saved {} (--archive-data)",
                    grouped(queries),
                    several(queries, "query", "queries")
                ),
            ),
            (
                originals,
                format!(
                    "{} {} (--originals)",
                    grouped(originals),
                    several(originals, "original", "originals")
                ),
            ),
        ];
        let what: Vec<String> =
            what.into_iter().filter(|(count, _)| *count > 0).map(|(_, what)| what).collect();
        if !what.is_empty() {
            context.say(&format!("left out: {}", what.join(", ")));
        }
    }

    fn write_file(&mut self, context: &mut Context, path: &Path, keep_if_empty: bool) -> Result<()> {
        let refuse = |e: io::Error| refused(e, path, "name another file with -o");
        let packing = Packing::of_name(path);
        let target = &match place(path, &*self.stop).map_err(refuse)? {
            Place::File(path) => path,
            Place::Other(mut other) if other.is_terminal() && packing.is_none() => {
                return self.run(packed(None, Shown(&mut other))?);
            }
            Place::Other(other) => return self.run(packed(packing, other)?),
            Place::Nobody => return Err(Failure::Interrupted),
        };
        let mut file = split::temporary(&split::parent(target)).map_err(refuse)?;
        self.run(packed(packing, file.as_file_mut())?)?;
        if self.count == 0 && keep_if_empty {
            context.say(&format!("nothing matches: {} is left as it is", shown(path)));
            return Ok(());
        }
        file.as_file().sync_all()?;
        file.persist(target).map_err(|e| refuse(e.error))?;
        Ok(File::open(split::parent(target)).and_then(|dir| dir.sync_all())?)
    }

    fn write_files(
        &mut self,
        context: &mut Context,
        renderer: &dyn Render,
        dir: &Path,
        force: bool,
    ) -> Result<()> {
        std::fs::create_dir_all(dir).map_err(|e| refused(e, dir, "name another directory with --split"))?;
        let (captures, format) = (self.query.captures, self.format);
        self.documents(&mut |exporting, documents| {
            for document in &documents {
                // A file of its own needs no separator.
                let bytes = match format {
                    Format::Text => document.article.canonical_text().into_bytes(),
                    _ => renderer.alone(document)?,
                };
                let name = split::safe_name(document, captures, format.extension());
                match split::write(dir, &name, &bytes, force) {
                    Ok(_) => exporting.count += 1,
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                        context.complain(&format!("{e}; --force replaces it"))
                    }
                    Err(e) => return Err(e.into()),
                }
            }
            Ok(())
        })?;
        Ok(File::open(dir).and_then(|dir| dir.sync_all())?)
    }
}

fn several<'a>(count: u64, one: &'a str, more: &'a str) -> &'a str {
    if count == 1 { one } else { more }
}

/// Where an export goes.
enum Place {
    /// A file, which is replaced when the export is whole. A link stays and what it points to is replaced.
    File(PathBuf),
    /// A device, a pipe, or what this process was given open: it is written to as it is, never replaced.
    Other(File),
    /// A pipe that nobody opened to read, until waiting for that was interrupted.
    Nobody,
}

fn place(path: &Path, stop: &dyn Fn() -> bool) -> io::Result<Place> {
    if descriptor(path).is_some() {
        // What stands in it stays: it may be a file that others write to as well.
        return File::options().append(true).open(path).map(Place::Other);
    }
    match path.metadata() {
        Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(there) if there.is_file() => path.canonicalize().map(Place::File),
        Ok(_) => Ok(open_other(path, stop)?.map_or(Place::Nobody, Place::Other)),
        Err(e) if e.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => {
            Ok(Place::File(path.to_owned()))
        }
        Err(e) => Err(e),
    }
}

/// Opens a device or a pipe; a pipe as soon as somebody reads it. `None` if that was interrupted.
#[cfg(unix)]
fn open_other(path: &Path, stop: &dyn Fn() -> bool) -> io::Result<Option<File>> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    loop {
        match File::options().write(true).custom_flags(nonblocking).open(path) {
            Err(e) if e.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) && is_pipe(path) => {
                if stop() {
                    return Ok(None);
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            opened => {
                let file = opened?;
                let flags = rustix::fs::fcntl_getfl(&file)?;
                rustix::fs::fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
                return Ok(Some(file));
            }
        }
    }
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    path.metadata().is_ok_and(|there| there.file_type().is_fifo())
}

#[cfg(not(unix))]
fn open_other(path: &Path, _: &dyn Fn() -> bool) -> io::Result<Option<File>> {
    File::options().write(true).open(path).map(Some)
}

/// Which of the files that this process was given open a path names: `/dev/stdout`, `/dev/fd/3`.
fn descriptor(path: &Path) -> Option<u32> {
    let path = path.to_str()?;
    match path {
        "/dev/stdout" => Some(1),
        "/dev/stderr" => Some(2),
        _ => ["/dev/fd/", "/proc/self/fd/"].iter().find_map(|dir| path.strip_prefix(dir)?.parse().ok()),
    }
}

/// `-o -`
fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-" || descriptor(path) == Some(1)
}
