//! What a command works with: the archive, standard output, and somebody to talk to.

use super::args::{self, FilterArgs};
use super::exit::{self, Failure, Outcome, Result};
use super::output::Output;
use super::output::advice;
use super::output::terminal::{Paint, clean, grouped, shown};
use pressmark::text::likeness::nearest;
use pressmark::{
    Answer, Archive, Condition, Digest, End, Found, Open, Prefix, Query, Request, Row, Scope, Scratch,
    ScratchPlace, Session, Source, Want, Words,
};
use std::cell::{OnceCell, RefCell};
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
    /// Changes a little of it, here or through the process that holds it.
    Change,
    /// Changes it, and has to hold it for that.
    Write,
    /// The same, and makes it if there is none.
    Create,
}

impl Context {
    /// Opens the archive and gives what is needed to answer a query to `work`.
    pub fn with_query<T>(
        &mut self,
        args: &FilterArgs,
        make: impl Fn(&BTreeMap<String, String>) -> Result<Query>,
        work: impl FnOnce(&mut Context, &Arc<Session>, &Query) -> Result<T>,
    ) -> Result<T> {
        if !args.needs_archive() {
            // What cannot be understood is said before anything is opened.
            make(&BTreeMap::new())?;
        }
        self.with_archive(Access::Read, |context, archive| {
            let session = archive.session()?;
            let query = make(&session.facts().queries)?;
            context.ready(archive, &session, &query)?;
            context.hint(args, &session, &query)?;
            work(context, &session, &query)
        })
    }

    /// Says what of a query was understood otherwise than it was probably meant, and what of it the archive has never heard of.
    fn hint(&self, args: &FilterArgs, reader: &Arc<Session>, query: &Query) -> Result<()> {
        if self.quiet {
            return Ok(());
        }
        let unknown = unknown(reader, query)?;
        if unknown.is_empty() {
            args.hint(&reader.facts().queries).iter().for_each(|hint| self.note("hint", &clean(hint)));
        }
        unknown.iter().for_each(|hint| self.note("hint", hint));
        Ok(())
    }

    /// Gets the indexes ready for a query, if that is for this process to do, and says what had to be done.
    pub fn ready(&mut self, archive: &Archive, session: &Session, query: &Query) -> Result<()> {
        if query.filter.asks_for_text()
            && let Some(snapshot) = session.snapshot()
        {
            snapshot.words()?;
            let healed = archive.here(pressmark::archive::Archive::indexes_healed).unwrap_or_default();
            healed.iter().for_each(|healed| self.say(&healed.to_string()));
        }
        Ok(())
    }

    /// Whether it is to be said how a query was answered.
    pub fn explains(&self, args: &FilterArgs) -> bool {
        args.flags.explain || self.verbose
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
            context.pieces(snapshot, &request, each)
        })
    }

    /// The same of a snapshot.
    pub fn pieces(
        &mut self,
        session: &Arc<Session>,
        request: &Request,
        each: &mut dyn FnMut(&mut Context, Answer) -> Result<()>,
    ) -> Result<End> {
        let mut end = End::default();
        for piece in session.answer(request)? {
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
        work: impl FnOnce(&mut Context, &Archive) -> Result<T>,
    ) -> Result<T> {
        let dir = self.dir()?;
        let scratch = if access == Access::Read { self.scratch_place() } else { None };
        let alone = matches!(access, Access::Write | Access::Create);
        self.files_as_in(&dir);
        let options = Open {
            create: access == Access::Create,
            shared: self.shared,
            alone,
            scratch,
            runtime: std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from),
            time: args::time(),
            stop: Some(self.interrupted.clone()),
            ..Open::default()
        };
        let archive =
            self.patiently(alone, &dir, |wait| Archive::open(&dir, &Open { wait, ..options.clone() }))?;
        archive.set_wait(self.wait);
        archive.here(|archive| {
            for healed in archive.healed().iter().filter(|healed| healed.is_news()) {
                self.say(&advice::healed(healed));
            }
            if let Some(scratch) = archive.scratch() {
                self.say(&said_of(scratch));
            }
            if archive.is_new() {
                self.say(&format!("made a new archive at {}", clean(&dir.to_string_lossy())));
            }
        });
        match work(self, &archive) {
            Ok(done) => {
                let others = archive.busy();
                if others > 0 {
                    self.say(&format!("answering {} for a second at most", several_others(others)));
                }
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

    /// Waits as long as the user allows while another process holds the archive, and says for whom. Who has to hold it himself waits for one
    /// that answers others as long as that takes, unless the user says how long.
    pub fn patiently<T>(
        &self,
        alone: bool,
        dir: &std::path::Path,
        mut take: impl FnMut(Duration) -> pressmark::Result<T>,
    ) -> Result<T> {
        let mut until = Instant::now() + self.wait;
        let mut said = false;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match take(left.min(PATIENCE)) {
                Err(pressmark::Error::Locked { holder, .. }) if !left.is_zero() => {
                    if self.interrupted() {
                        return Err(Failure::Interrupted);
                    }
                    let in_line =
                        alone && self.wait_said.is_none() && pressmark::shared::holder(dir).is_some();
                    if in_line {
                        until = Instant::now() + self.wait;
                    }
                    if !said {
                        let most =
                            if in_line { String::new() } else { format!(" up to {} s", self.wait.as_secs()) };
                        self.say(&format!("waiting{most} for {}", clean(&holder)));
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

    /// The same for commands that only ask.
    pub fn with_session<T>(
        &mut self,
        work: impl FnOnce(&mut Context, &Arc<Session>) -> Result<T>,
    ) -> Result<T> {
        self.with_archive(Access::Read, |context, archive| work(context, &archive.session()?))
    }

    /// The articles that arguments name, with their headlines: by the digits of their digests, eight or more, if all of them can be such,
    /// else by a query.
    pub fn headlines(&mut self, archive: &Archive, filter: &FilterArgs) -> Result<Vec<(Digest, String)>> {
        let session = archive.session()?;
        let mut found = Vec::new();
        let mut take = |digest: &str, headline: String| {
            found.extend(digest.parse::<Digest>().ok().map(|digest| (digest, headline)));
        };
        match self.named(&session, filter, true)? {
            Some(named) => named.into_iter().for_each(|found| take(&found.digest, found.headline)),
            None => {
                self.rows(archive, &session, filter, false, &mut |row| take(&row.digest, row.headline))?
            }
        }
        Ok(found)
    }

    /// Removes this user's indexes of an archive that he could not write once.
    pub fn clear_scratch(&mut self, archive: uuid::Uuid) {
        if let Some(Err(e)) = self.scratch_place().map(|place| place.clear(archive)) {
            self.complain(&format!("indexes of your own, outside of the archive, still hold them: {e}"));
        }
    }

    /// The captures that arguments name, by number: those that match a query, all of an article that is named by eight or more digits.
    pub fn captures(&mut self, archive: &Archive, filter: &FilterArgs) -> Result<Vec<u64>> {
        let session = archive.session()?;
        let mut found = Vec::new();
        if let Some(articles) = self.named(&session, filter, true)? {
            found.extend(articles.iter().flat_map(|article| &article.captures).map(|capture| capture.seq));
            found.sort_unstable();
            found.dedup();
        } else {
            self.rows(archive, &session, filter, true, &mut |row| found.push(row.seq))?;
        }
        Ok(found)
    }

    /// The articles that arguments name by the digits of their digests, if all of them can be such.
    fn named(
        &mut self,
        session: &Arc<Session>,
        filter: &FilterArgs,
        careful: bool,
    ) -> Result<Option<Vec<Found>>> {
        // 2024 and cafe are words where a mistake changes something.
        let named = |word: &String| word.parse::<Prefix>().is_ok() && (word.len() >= 8 || !careful);
        if !filter.words.iter().all(named) || filter.words.is_empty() || !filter.flags.is_empty() {
            return Ok(None);
        }
        let mut found = Vec::new();
        for id in &filter.words {
            prefix(id)?;
        }
        let request = Request::new(Query::default(), Want::Articles(filter.words.clone()));
        self.pieces(session, &request, &mut |context, piece| {
            match piece {
                Answer::Document(article) => found.push(*article),
                Answer::Has { what, .. } => context.complain_of_missing(&what),
                _ => {}
            }
            Ok(())
        })?;
        Ok(Some(found))
    }

    /// What a query finds: a row an article, or a capture.
    fn rows(
        &mut self,
        archive: &Archive,
        session: &Arc<Session>,
        filter: &FilterArgs,
        captures: bool,
        each: &mut dyn FnMut(Row),
    ) -> Result<()> {
        let mut query = filter.query(&session.facts().queries)?;
        query.captures |= captures;
        self.ready(archive, session, &query)?;
        self.hint(filter, session, &query)?;
        let want = Want::Rows { digits: false, snippets: false };
        let request = Request { explain: self.explains(filter), ..Request::new(query, want) };
        let mut is_any = false;
        self.pieces(session, &request, &mut |_, piece| {
            if let Answer::Row(row) = piece {
                is_any = true;
                each(row);
            }
            Ok(())
        })?;
        if !is_any {
            self.complain("no article matches");
        }
        Ok(())
    }

    /// Gives the articles that arguments name to `each`, with all their captures.
    pub fn documents(
        &mut self,
        archive: &Archive,
        filter: &FilterArgs,
        each: &mut dyn FnMut(&mut Context, Found) -> Result<()>,
    ) -> Result<()> {
        let session = archive.session()?;
        if let Some(found) = self.named(&session, filter, false)? {
            return found.into_iter().try_for_each(|found| each(self, found));
        }
        let mut names = Vec::new();
        self.rows(archive, &session, filter, false, &mut |row| names.push(row.digest))?;
        // A request has an end.
        for some in names.chunks(10_000) {
            let request = Request::new(Query::default(), Want::Articles(some.to_vec()));
            self.pieces(&session, &request, &mut |context, piece| match piece {
                Answer::Document(found) => each(context, *found),
                _ => Ok(()),
            })?;
        }
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

fn several_others(others: usize) -> String {
    if others == 1 { "another process".to_owned() } else { format!("{others} other processes") }
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
fn unknown(session: &Arc<Session>, query: &Query) -> Result<Vec<String>> {
    let sources = OnceCell::new();
    let sources = || -> Result<&Vec<String>> {
        if sources.get().is_none() {
            let _ = sources.set(session.sources()?);
        }
        Ok(sources.get().expect("it was set"))
    };
    let near = |all: &[String], asked: &str| {
        let alike = nearest(asked, all).filter(|(alike, _)| *alike > 0.8);
        let best = alike.or_else(|| nearest(asked, all.iter().filter(|name| name.contains(asked))));
        best.map_or(String::new(), |(_, name)| format!("; is it {name}?"))
    };
    let is_source = |name: &str| -> Result<bool> { Ok(sources()?.iter().any(|source| source == name)) };
    let finds_none = |condition: &Condition| -> Result<bool> {
        Ok(session.count(&Query { filter: condition.clone().into(), ..Query::default() })? == 0)
    };
    let mut unknown = Vec::new();
    for condition in query.filter.conditions() {
        match condition {
            Condition::Source(Some(source)) if !is_source(source.as_str())? => {
                let hint = near(sources()?, source.as_str());
                unknown.push(format!("there is no source {}{}", clean(source.as_str()), clean(&hint)));
            }
            Condition::Words(Scope::Both, Words::Word(word)) if word.contains('.') => {
                let source = Source::parse(word);
                if source.is_some_and(|source| is_source(source.as_str()).unwrap_or(false)) {
                    unknown.push(format!(
                        "'{0}' was looked for as words; source:{0} finds what it published",
                        clean(word)
                    ));
                }
            }
            Condition::Tag(tag) if finds_none(condition)? => {
                let mut tags = Vec::new();
                for piece in session.answer(&Request::new(Query::default(), Want::Tags))? {
                    if let Answer::Tag { tag, .. } = piece? {
                        tags.push(tag);
                    }
                }
                let hint = near(&tags, tag);
                unknown.push(format!("no article has the tag {}{}", clean(tag), clean(&hint)));
            }
            Condition::Language(Some(language)) if language.is_known() && finds_none(condition)? => {
                unknown.push(format!("no article is in the language {language}; pressmark count --by language has those that are here"));
            }
            _ => {}
        }
    }
    Ok(unknown)
}
