//! `pressmark export --source rubryka.com -o rubryka.jsonl`

use super::exit::{Failure, Outcome};
use super::query_args::{QueryArgs, outcome};
use super::terminal::{Shown, grouped};
use super::{Context, Result, shown};
use clap::ValueEnum;
use pressmark::export::{Field, Format, Options, Writer, split, writer};
use pressmark::query::{Order, Query, Reader, Unchecked};
use rayon::prelude::*;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Write articles out, in the order in which they came (another with --order), and say how many on standard error.
///
/// JSONL holds everything: ingest reads it back into another archive with the same digests and captures.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    query: QueryArgs,
    /// jsonl, json, csv, tsv, md or text [default: by the name of the output, else jsonl].
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<FormatArg>,
    /// Write to this file instead of standard output: beside it, synced, then renamed; a device or a pipe is written to. .gz and
    /// .zst compress.
    #[arg(short, long, value_name = "FILE", conflicts_with = "split")]
    output: Option<PathBuf>,
    /// Write a file an article into this directory, with safe names.
    #[arg(long, value_name = "DIR")]
    split: Option<PathBuf>,
    /// With --split: replace files that have other content.
    #[arg(long, requires = "split")]
    force: bool,
    /// Which fields, in which order, for jsonl, json, csv and tsv: digest,published,headline.
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',')]
    fields: Vec<Field>,
    /// Leave values that a spreadsheet would take for formulas (=1+1) as they are, without an apostrophe before them.
    #[arg(long)]
    csv_raw: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatArg {
    Jsonl,
    Json,
    Csv,
    Tsv,
    Md,
    #[value(alias = "txt")]
    Text,
}

/// Documents that are read, checked and rendered at a time.
const CHUNK: usize = 512;

pub fn run(context: &mut Context, args: &Args) -> Result<Outcome> {
    let format = format(args)?;
    let options = Options { fields: args.fields.clone(), csv_raw: args.csv_raw };
    if !options.fields.is_empty() && matches!(format, Format::Md | Format::Text) {
        return Err(Failure::usage(
            "--fields goes with jsonl, json, csv and tsv",
            "leave it out, or name another --format",
        ));
    }
    let writer = writer(format, options);
    let make = |saved: &_| args.query.query(saved, Order::Arrival);
    let (written, captures) = context.with_query(&args.query.filter, make, |context, reader, query| {
        context.public_files();
        let written = match (&args.split, &args.output) {
            (Some(dir), _) => export_split(context, &reader, query, &*writer, format, dir, args.force)
                .map_err(|e| e.at(dir)),
            (None, Some(path)) if !is_stdout(path) => {
                let keep_if_empty = args.query.exit_status && path.exists();
                export_file(context, &reader, query, &*writer, path, keep_if_empty).map_err(|e| e.at(path))
            }
            (None, _) => {
                let stop = context.stop();
                let count = if context.stdout_is_terminal() {
                    stream(&reader, query, &*writer, &mut Shown(&mut context.out), &stop)?
                } else {
                    stream(&reader, query, &*writer, &mut context.out, &stop)?
                };
                context.out.flush()?;
                Ok(count)
            }
        }?;
        if args.query.filter.flags.explain {
            // It is read on another thread; how many are looked at is the same once more.
            let asked = reader.ask(query)?;
            asked.count()?;
            context.explain(&args.query.filter, &asked)?;
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
        Outcome::Done => outcome(&args.query, written > 0),
        worse => worse,
    })
}

fn format(args: &Args) -> Result<Format> {
    let named = args.output.as_deref().and_then(Format::of_name);
    Ok(match args.format {
        Some(FormatArg::Jsonl) => Format::Jsonl,
        Some(FormatArg::Json) => Format::Json,
        Some(FormatArg::Csv) => Format::Csv,
        Some(FormatArg::Tsv) => Format::Tsv,
        Some(FormatArg::Md) => Format::Md,
        Some(FormatArg::Text) => Format::Text,
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
                    "name one with --format jsonl, json, csv, tsv, md or text",
                ));
            }
        },
    })
}

/// Calls `each` with the documents of a query, some at a time, in order. They are read ahead on a thread of their own.
fn documents(
    reader: &Reader<'_>,
    query: &Query,
    stop: &dyn Fn() -> bool,
    each: &mut dyn FnMut(Vec<Unchecked>) -> Result<()>,
) -> Result<()> {
    std::thread::scope(|scope| {
        let (ahead, chunks) = crossbeam_channel::bounded(2);
        let reading = scope.spawn(move || -> pressmark::Result<()> {
            let asked = reader.ask(query)?;
            let mut hits = asked.hits()?;
            loop {
                let chunk = hits.by_ref().take(CHUNK).map(|hit| asked.unchecked(&hit?));
                let chunk = chunk.collect::<pressmark::Result<Vec<_>>>()?;
                // Nobody listens any more when the other side has failed.
                if chunk.is_empty() || ahead.send(chunk).is_err() {
                    return Ok(());
                }
            }
        });
        for chunk in chunks {
            if stop() {
                return Err(Failure::Interrupted);
            }
            each(chunk)?;
        }
        Ok(reading.join().expect("reading never panics")?)
    })
}

/// Writes the documents of a query; how many.
fn stream(
    reader: &Reader<'_>,
    query: &Query,
    writer: &(dyn Writer + Send + Sync),
    out: &mut dyn Write,
    stop: &dyn Fn() -> bool,
) -> Result<u64> {
    let mut count = 0u64;
    out.write_all(&writer.begin()?)?;
    documents(reader, query, stop, &mut |documents| {
        let rendered: Vec<Result<Vec<u8>>> =
            documents.into_par_iter().map(|document| Ok(writer.render(&document.check()?)?)).collect();
        for bytes in rendered {
            if count > 0 {
                out.write_all(writer.between())?;
            }
            out.write_all(&bytes?)?;
            count += 1;
        }
        Ok(())
    })?;
    out.write_all(writer.end())?;
    Ok(count)
}

fn export_file(
    context: &mut Context,
    reader: &Reader<'_>,
    query: &Query,
    writer: &(dyn Writer + Send + Sync),
    path: &Path,
    keep_if_empty: bool,
) -> Result<u64> {
    let refuse = |e: io::Error| refused(e, path, "name another file with -o");
    let stop = context.stop();
    let packing = Packing::of_name(path);
    let target = &match place(path, &stop).map_err(refuse)? {
        Place::File(path) => path,
        Place::Other(mut other) if other.is_terminal() && packing.is_none() => {
            return stream(reader, query, writer, &mut Shown(&mut other), &stop);
        }
        Place::Other(other) => return packed(reader, query, writer, other, packing, &stop),
        Place::Nobody => return Err(Failure::Interrupted),
    };
    let mut file = split::temporary(&split::parent(target)).map_err(refuse)?;
    let count = packed(reader, query, writer, file.as_file_mut(), packing, &stop)?;
    if count == 0 && keep_if_empty {
        context.say(&format!("nothing matches: {} is left as it is", shown(path)));
        return Ok(0);
    }
    file.as_file().sync_all()?;
    file.persist(target).map_err(|e| refuse(e.error))?;
    File::open(split::parent(target)).and_then(|dir| dir.sync_all())?;
    Ok(count)
}

/// How an output is compressed.
#[derive(Clone, Copy)]
enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    fn of_name(path: &Path) -> Option<Packing> {
        match path.extension()?.to_str()? {
            "gz" => Some(Packing::Gzip),
            "zst" => Some(Packing::Zstd),
            _ => None,
        }
    }
}

/// Writes the documents of a query, compressed if that is asked for; how many.
fn packed(
    reader: &Reader<'_>,
    query: &Query,
    writer: &(dyn Writer + Send + Sync),
    out: impl Write,
    packing: Option<Packing>,
    stop: &dyn Fn() -> bool,
) -> Result<u64> {
    let mut out = BufWriter::with_capacity(256 << 10, out);
    let count = match packing {
        Some(Packing::Gzip) => {
            let mut gzip = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
            let count = stream(reader, query, writer, &mut gzip, stop)?;
            gzip.finish()?;
            count
        }
        Some(Packing::Zstd) => {
            let mut zstd = zstd::Encoder::new(&mut out, 3)?;
            let count = stream(reader, query, writer, &mut zstd, stop)?;
            zstd.finish()?;
            count
        }
        None => stream(reader, query, writer, &mut out, stop)?,
    };
    out.flush()?;
    Ok(count)
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

/// A place that cannot be is the user's mistake; what the system refuses is not.
pub fn refused(e: io::Error, path: &Path, hint: &str) -> Failure {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, IsADirectory, NotADirectory, NotFound};
    match e.kind() {
        NotFound | NotADirectory | IsADirectory | AlreadyExists | InvalidFilename => {
            Failure::usage(&format!("cannot write {}: {e}", shown(path)), hint)
        }
        _ => Failure::from(e).at(path),
    }
}

fn export_split(
    context: &mut Context,
    reader: &Reader<'_>,
    query: &Query,
    writer: &(dyn Writer + Send + Sync),
    format: Format,
    dir: &Path,
    force: bool,
) -> Result<u64> {
    std::fs::create_dir_all(dir).map_err(|e| refused(e, dir, "name another directory with --split"))?;
    let stop = context.stop();
    let mut count = 0u64;
    documents(reader, query, &stop, &mut |documents| {
        for document in documents {
            let document = &document.check()?;
            let mut bytes = writer.begin()?;
            // A file of its own needs no separator.
            let rendered = match format {
                Format::Text => document.article.canonical_text().into_bytes(),
                _ => writer.render(document)?,
            };
            bytes.extend_from_slice(&rendered);
            bytes.extend_from_slice(writer.end());
            match split::write(
                dir,
                &split::safe_name(document, query.captures, format.extension()),
                &bytes,
                force,
            ) {
                Ok(_) => count += 1,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => context.complain(&e.to_string()),
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    })?;
    File::open(dir).and_then(|dir| dir.sync_all())?;
    Ok(count)
}
