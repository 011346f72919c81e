//! What a command works with: the archive, standard output, and somebody to talk to.

use super::args::{self, FilterArgs};
use super::exit::{self, Failure, Outcome, Result};
use super::output::Output;
use super::output::advice;
use super::output::terminal::{Paint, clean, grouped, shown};
use pressmark::answer::Asked;
use pressmark::text::likeness::nearest;
use pressmark::{
    Answer, Archive, Condition, Digest, End, Found, Open, Prefix, Query, Request, Row, Scope, Scratch,
    ScratchPlace, Snapshot, Source, Want, Words, answer,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a command works with.
pub struct Context {
    pub archive: Option<PathBuf>,
    /// As a flag or a variable says.
    pub archive_said: Option<PathBuf>,
    pub wait_said: Option<u32>,
    /// What is said after the answer was read.
    pub held: RefCell<Vec<String>>,
    pub wait: Duration,
    pub scratch: Option<PathBuf>,
    pub json: bool,
    /// Whether notes are left out.
    pub quiet: bool,
    /// Whether more is said than has to be.
    pub verbose: bool,
    /// Data.
    pub out: Output,
    pub paint: Paint,
    pub interrupted: Arc<AtomicBool>,
    /// Whether what the last answer came from is to be built again.
    pub condemned: bool,
    pub complaints: u64,
    pub umask: u32,
    /// Whether an archive that is made is for others too.
    pub shared: bool,
}

/// The archive's directory: the one that is named, or the user's.
pub fn dir(named: Option<&std::path::Path>) -> Result<PathBuf> {
    use etcetera::BaseStrategy;
    match named {
        Some(dir) => Ok(dir.to_owned()),
        None => etcetera::choose_base_strategy()
            .map(|places| places.data_dir().join("pressmark"))
            .map_err(|_| Failure::usage("there is no home directory", "name the archive with --archive DIR")),
    }
}

/// What a command does with an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads it, however that can be done.
    Read,
    /// Changes it.
    Write,
    /// Changes it, and makes it if there is none.
    Create,
}

impl Context {
    /// Opens the archive and gives what is needed to answer a query to `work`.
    pub fn with_query<T>(
        &mut self,
        args: &FilterArgs,
        make: impl Fn(&BTreeMap<String, String>) -> Result<Query>,
        work: impl FnOnce(&mut Context, Snapshot, &Query) -> Result<T>,
    ) -> Result<T> {
        if !args.needs_archive() {
            // What cannot be understood is said before anything is opened.
            make(&BTreeMap::new())?;
        }
        self.with_archive(Access::Read, |context, archive| {
            let query = make(&archive.snapshot()?.queries())?;
            let reader = context.snapshot_for(archive, &query)?;
            context.hint(args, &reader, &query)?;
            work(context, reader, &query)
        })
    }

    /// Says what of a query was understood otherwise than it was probably meant, and what of it the archive has never heard of.
    fn hint(&self, args: &FilterArgs, reader: &Snapshot, query: &Query) -> Result<()> {
        if self.quiet {
            return Ok(());
        }
        let unknown = unknown(reader, query)?;
        if unknown.is_empty() {
            args.hint(&reader.queries()).iter().for_each(|hint| self.note("hint", &clean(hint)));
        }
        unknown.iter().for_each(|hint| self.note("hint", hint));
        Ok(())
    }

    /// A snapshot for a query; what had to be done to the indexes for it is said.
    pub fn snapshot_for(&mut self, archive: &Archive, query: &Query) -> Result<Snapshot> {
        let snapshot = archive.snapshot()?;
        if query.filter.asks_for_text() {
            snapshot.words()?;
        }
        archive.indexes_healed().iter().for_each(|healed| self.say(&healed.to_string()));
        Ok(snapshot)
    }

    /// Whether it is to be said how a query was answered.
    pub fn explains(&self, args: &FilterArgs) -> bool {
        args.flags.explain || self.verbose
    }

    /// Says how a query was answered, if that is asked for.
    pub fn explain(&self, args: &FilterArgs, asked: &Asked) -> Result<()> {
        if self.explains(args) {
            for line in asked.plan_lines()? {
                self.say(&clean(&line));
            }
            self.say(&format!("looked   at {} captures", grouped(asked.looked_at())));
        }
        Ok(())
    }

    /// Asks what is wanted of the articles that a query finds, and gives every piece of the answer to `each`. Then says where the next
    /// page begins, and how it was answered if that is asked for.
    pub fn ask(
        &mut self,
        args: &FilterArgs,
        make: impl Fn(&BTreeMap<String, String>) -> Result<Query>,
        want: impl FnOnce(&Query) -> Want,
        each: &mut dyn FnMut(&mut Context, Answer) -> Result<()>,
    ) -> Result<End> {
        self.with_query(args, make, |context, snapshot, query| {
            let request =
                Request { explain: context.explains(args), ..Request::new(query.clone(), want(query)) };
            context.pieces(&snapshot, &request, each)
        })
    }

    /// The same of a snapshot.
    pub fn pieces(
        &mut self,
        snapshot: &Snapshot,
        request: &Request,
        each: &mut dyn FnMut(&mut Context, Answer) -> Result<()>,
    ) -> Result<End> {
        let mut end = End::default();
        for piece in answer(snapshot, request)? {
            if self.interrupted() {
                return Err(Failure::Interrupted);
            }
            match piece? {
                Answer::End(last) => end = last,
                piece => each(self, piece)?,
            }
        }
        // What is said comes after what it is about.
        self.out.flush()?;
        if let Some(total) = end.total {
            self.say(&format!("{} of {}", grouped(end.count), grouped(total)));
        }
        if let Some(after) = &end.after {
            if self.json {
                self.status(&serde_json::json!({"message_type": "page", "after": after}));
            } else {
                self.say(&format!("there are more: --after {after}"));
            }
        }
        end.plan.iter().for_each(|line| self.say(&clean(line)));
        Ok(end)
    }

    /// The archive's directory.
    pub fn dir(&self) -> Result<PathBuf> {
        dir(self.archive.as_deref())
    }

    /// Opens the archive, says what had to be mended, and gives it to `work`; then closes it.
    pub fn with_archive<T>(
        &mut self,
        access: Access,
        work: impl FnOnce(&mut Context, &mut Archive) -> Result<T>,
    ) -> Result<T> {
        let dir = self.dir()?;
        let scratch = if access == Access::Read { self.scratch_place() } else { None };
        let create = access == Access::Create;
        self.files_as_in(&dir);
        let mut archive = self.patiently(|wait| {
            Archive::open(
                &dir,
                &Open { create, wait, scratch: scratch.clone(), time: args::time(), shared: self.shared },
            )
        })?;
        for healed in archive.healed().iter().filter(|healed| healed.is_news()) {
            self.say(&advice::healed(healed));
        }
        if let Some(scratch) = archive.scratch() {
            self.say(&said_of(scratch));
        }
        if archive.is_new() {
            self.say(&format!("made a new archive at {}", clean(&dir.to_string_lossy())));
        }
        match work(self, &mut archive) {
            Ok(done) => {
                archive.close()?;
                Ok(done)
            }
            Err(failure) => {
                if let Failure::Archive(e) = &failure {
                    self.condemned = exit::is_mended_by_building(e) && archive.condemn(e).is_ok();
                }
                Err(failure)
            }
        }
    }

    /// Waits as long as the user allows while another process holds the archive, and says for whom.
    pub fn patiently<T>(&self, mut take: impl FnMut(Duration) -> pressmark::Result<T>) -> Result<T> {
        let until = Instant::now() + self.wait;
        let mut said = false;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match take(left.min(PATIENCE)) {
                Err(pressmark::Error::Locked { holder, .. }) if !left.is_zero() => {
                    if self.interrupted() {
                        return Err(Failure::Interrupted);
                    }
                    if !said {
                        self.say(&format!("waiting up to {} s for {}", self.wait.as_secs(), clean(&holder)));
                        said = true;
                    }
                }
                taken => return Ok(taken?),
            }
        }
    }

    /// Where indexes go of an archive that cannot be written.
    pub fn scratch_place(&self) -> Option<ScratchPlace> {
        use etcetera::BaseStrategy;
        match &self.scratch {
            Some(none) if none.as_os_str() == "none" => Some(ScratchPlace::Temporary(std::env::temp_dir())),
            Some(dir) => Some(ScratchPlace::In(dir.clone())),
            None => {
                let places = etcetera::choose_base_strategy().ok()?;
                Some(ScratchPlace::In(places.cache_dir().join("pressmark")))
            }
        }
    }

    /// The same for commands that only read.
    pub fn with_reader<T>(&mut self, work: impl FnOnce(&mut Context, Snapshot) -> Result<T>) -> Result<T> {
        self.with_archive(Access::Read, |context, archive| {
            let reader = archive.snapshot()?;
            work(context, reader)
        })
    }

    /// The articles that arguments name: by the digits of their digests if all of them can be such, eight or more if care is
    /// taken, else by a query.
    pub fn articles(
        &mut self,
        archive: &Archive,
        filter: &FilterArgs,
        careful: bool,
    ) -> Result<(Snapshot, Vec<Digest>)> {
        if let Some((snapshot, found)) = self.named(archive, filter, careful)? {
            let digest = |article: u64| snapshot.row(article).map(|row| row.digest);
            let found = found.into_iter().map(digest).collect::<pressmark::Result<_>>()?;
            return Ok((snapshot, found));
        }
        let mut found = Vec::new();
        let snapshot =
            self.rows(archive, filter, false, &mut |row| found.extend(row.digest.parse::<Digest>()))?;
        Ok((snapshot, found))
    }

    /// The captures that arguments name, by number: those that match a query, all of an article that is named by eight or more digits.
    pub fn captures(&mut self, archive: &Archive, filter: &FilterArgs) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        if let Some((snapshot, articles)) = self.named(archive, filter, true)? {
            for article in articles {
                found.extend(snapshot.captures(article)?.iter().map(|capture| capture.seq));
            }
        } else {
            self.rows(archive, filter, true, &mut |row| found.push(row.seq))?;
        }
        Ok(found)
    }

    /// The articles that arguments name by the digits of their digests, if all of them can be such.
    fn named(
        &mut self,
        archive: &Archive,
        filter: &FilterArgs,
        careful: bool,
    ) -> Result<Option<(Snapshot, Vec<u64>)>> {
        // 2024 and cafe are words where a mistake changes something.
        let named = |word: &String| word.parse::<Prefix>().is_ok() && (word.len() >= 8 || !careful);
        if !filter.words.iter().all(named) || filter.words.is_empty() || !filter.flags.is_empty() {
            return Ok(None);
        }
        let (snapshot, mut found) = (archive.snapshot()?, Vec::new());
        for id in &filter.words {
            match snapshot.resolve(&prefix(id)?)? {
                Some(article) => found.push(article),
                None => self.complain_of_missing(id),
            }
        }
        Ok(Some((snapshot, found)))
    }

    /// What a query finds: a row an article, or a capture.
    fn rows(
        &mut self,
        archive: &Archive,
        filter: &FilterArgs,
        captures: bool,
        each: &mut dyn FnMut(Row),
    ) -> Result<Snapshot> {
        let mut query = filter.query(&archive.snapshot()?.queries())?;
        query.captures |= captures;
        let snapshot = self.snapshot_for(archive, &query)?;
        self.hint(filter, &snapshot, &query)?;
        let want = Want::Rows { digits: false, snippets: false };
        let request = Request { explain: self.explains(filter), ..Request::new(query, want) };
        let mut is_any = false;
        self.pieces(&snapshot, &request, &mut |_, piece| {
            if let Answer::Row(row) = piece {
                is_any = true;
                each(row);
            }
            Ok(())
        })?;
        if !is_any {
            self.complain("no article matches");
        }
        Ok(snapshot)
    }

    /// Gives the articles that arguments name to `each`, with all their captures.
    pub fn documents(
        &mut self,
        archive: &Archive,
        filter: &FilterArgs,
        each: &mut dyn FnMut(&mut Context, Found) -> Result<()>,
    ) -> Result<()> {
        let (snapshot, found) = self.articles(archive, filter, false)?;
        let names = found.iter().map(ToString::to_string).collect();
        self.pieces(
            &snapshot,
            &Request::new(Query::default(), Want::Articles(names)),
            &mut |context, piece| match piece {
                Answer::Document(found) => each(context, *found),
                _ => Ok(()),
            },
        )?;
        Ok(())
    }

    /// No article has a name that was given.
    pub fn complain_of_missing(&mut self, id: &str) {
        self.complain(&format!("no article's digest starts with {}", clean(&id.to_lowercase())));
    }

    /// Talk: one line on standard error, unless nobody wants to hear it.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.note("note", text);
        }
    }

    /// One line on standard error, of a kind.
    pub fn note(&self, kind: &str, text: &str) {
        let line = match self.json {
            true => serde_json::json!({"message_type": kind, "message": text}).to_string(),
            false => format!("pressmark: {text}"),
        };
        if self.out.is_paged() {
            self.held.borrow_mut().push(line);
            return;
        }
        // When nobody can hear it, there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Says what was held back while an answer was being read.
    pub fn say_held(&self) {
        let mut err = io::stderr().lock();
        self.held.borrow_mut().drain(..).for_each(|line| drop(writeln!(err, "{line}")));
    }

    /// A status for whoever watches: shown as JSON only.
    pub fn status(&self, status: &serde_json::Value) {
        if self.json {
            let _ = writeln!(io::stderr().lock(), "{status}");
        }
    }

    /// Something that could not be done, while the rest can: the command will be partly done.
    pub fn complain(&mut self, text: &str) {
        self.complaints += 1;
        self.note("complaint", text);
    }

    /// Makes files for those who may look into the archive's directory: nobody but the owner, unless it is shared. A new one that is to be shared is
    /// for whoever the user makes files for.
    fn files_as_in(&self, dir: &std::path::Path) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = dir.metadata().map(|dir| dir.permissions().mode() & 0o777);
            let mask = match mode {
                Ok(mode) if mode & 0o077 != 0 && dir.join("pressmark.toml").exists() => !mode & 0o077,
                _ if self.shared => self.umask,
                _ => return,
            };
            rustix::process::umask(rustix::fs::Mode::from_raw_mode(mask));
        }
        #[cfg(not(unix))]
        let _ = dir;
    }

    /// From here on, files are the user's to read as they like: what is exported.
    pub fn public_files(&self) {
        #[cfg(unix)]
        let _ = rustix::process::umask(rustix::fs::Mode::from_raw_mode(self.umask));
    }

    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Whether the user has had enough, for work that does not know the context.
    pub fn stop(&self) -> impl Fn() -> bool + use<> {
        let interrupted = self.interrupted.clone();
        move || interrupted.load(Ordering::Relaxed)
    }

    /// Done, or partly done if anything was complained of.
    pub fn outcome(&self) -> Outcome {
        if self.complaints > 0 { Outcome::Partial } else { Outcome::Done }
    }

    /// Whether talk is JSON.
    pub fn wants_json(&self) -> bool {
        self.json
    }

    pub fn stdout_is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }
}

/// The digits that name an article.
pub fn prefix(id: &str) -> Result<Prefix> {
    id.parse().map_err(|e| {
        Failure::usage(
            &format!("'{}' does not name an article: {e}", clean(id)),
            "pressmark list prints digests",
        )
    })
}

/// How long to ask for the archive before asking whether the user has had enough.
const PATIENCE: Duration = Duration::from_millis(500);

/// What an archive is read from that cannot be written.
fn said_of(scratch: &Scratch) -> String {
    let reason = exit::in_words(&scratch.reason);
    let took = scratch.took.as_secs_f64();
    format!(
        "the archive cannot be written ({reason}): it is read through indexes in {}, for which {} entries were read in {took:.1} s",
        shown(&scratch.dir),
        grouped(scratch.added)
    )
}

/// Which of the sources, tags and languages asked for the archive has never heard of, and what may have been meant.
fn unknown(reader: &Snapshot, query: &Query) -> Result<Vec<String>> {
    let names = reader.names()?;
    let near = |all: &[&str], asked: &str| {
        let alike = nearest(asked, all).filter(|(alike, _)| *alike > 0.8);
        let best = alike.or_else(|| nearest(asked, all.iter().filter(|name| name.contains(asked))));
        best.map_or(String::new(), |(_, name)| format!("; is it {name}?"))
    };
    let is_source = |word: &str| {
        word.contains('.') && Source::parse(word).is_some_and(|source| names.number(Some(&source)).is_some())
    };
    let mut unknown = Vec::new();
    for condition in query.filter.conditions() {
        match condition {
            Condition::Source(Some(source)) if names.number(Some(source)).is_none() => {
                let hint = near(
                    &names.names().iter().map(|name| name.as_str()).collect::<Vec<_>>(),
                    source.as_str(),
                );
                unknown.push(format!("there is no source {}{}", clean(source.as_str()), clean(&hint)));
            }
            Condition::Words(Scope::Both, Words::Word(word)) if is_source(word) => {
                unknown.push(format!(
                    "'{0}' was looked for as words; source:{0} finds what it published",
                    clean(word)
                ));
            }
            Condition::Tag(tag) if !reader.has_tag(tag)? => {
                let tags = reader.tag_counts()?;
                let hint = near(&tags.iter().map(|(tag, _)| tag.as_str()).collect::<Vec<_>>(), tag);
                unknown.push(format!("no article has the tag {}{}", clean(tag), clean(&hint)));
            }
            Condition::Language(Some(language)) if language.is_known() => {
                let asked = Query { filter: condition.clone().into(), ..Query::default() };
                if reader.count(&asked)? == 0 {
                    unknown.push(format!("no article is in the language {language}; pressmark count --by language has those that are here"));
                }
            }
            _ => {}
        }
    }
    Ok(unknown)
}
