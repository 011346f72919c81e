//! Many processes, one archive: whoever holds it answers the others, and nobody loses anything when he ends, however he ends.

use crate::env::{Random, TestEnv, is_thorough, record};
use pressmark::archive::Change;
use pressmark::model::{Detail, Draft, Provenance};
use pressmark::{Answer, Archive, Error, Open, Query, Request, Source, Want};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn draft(number: usize) -> Draft {
    Draft {
        headline: format!("Ferry {number}"),
        body: format!("The ferry number {number} waited in the port of Izmail for the ice to go."),
        provenance: Provenance { source: Source::parse("post.example"), ..Provenance::default() },
        ..Draft::default()
    }
}

fn open(env: &TestEnv) -> Archive {
    let options = Open { create: true, wait: Duration::from_secs(10), ..Open::default() };
    Archive::open(&env.archive(), &options).unwrap()
}

fn holds(archive: &Archive) -> bool {
    archive.here(|_| ()).is_some()
}

fn words(text: &str) -> Query {
    let clock = pressmark::Clock::new(pressmark::Timestamp(0));
    Query { filter: pressmark::parse(text, &clock, &|_| None).unwrap(), ..Query::default() }
}

fn pieces(archive: &Archive, query: Query, want: Want) -> Vec<Answer> {
    let session = archive.session().unwrap();
    session.answer(&Request::new(query, want)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_client_hears_what_the_holder_would() {
    let env = TestEnv::new();
    let (holder, client) = {
        let holder = open(&env);
        holder.put((0..300).map(draft).collect()).unwrap();
        (holder, open(&env))
    };
    assert!(holds(&holder) && !holds(&client));
    assert_eq!(client.uuid().unwrap(), holder.uuid().unwrap());
    let rows = || Want::Rows { digits: true, snippets: true };
    for (query, want) in [
        (words("ferries 7"), rows()),
        (words("source:post.example"), Want::Documents),
        (words(""), Want::Totals),
        (words(""), Want::Sources),
        (words("izmail"), Want::Groups(pressmark::By::Language.into())),
        (words(""), Want::Log { after: 290 }),
        (words(""), Want::Has(vec!["00000000".to_owned()])),
    ] {
        assert_eq!(pieces(&client, query.clone(), want.clone()), pieces(&holder, query, want));
    }
    let documents = |archive: &Archive| -> Vec<pressmark::model::Document> {
        let session = archive.session().unwrap();
        session.documents(&words("ferry")).unwrap().map(|found| found.unwrap().check().unwrap()).collect()
    };
    // What is changed through one is changed, and durable, for all.
    let one = documents(&client).remove(0);
    assert_eq!(client.tag(&[one.digest], &["seen".to_owned()], &[], true).unwrap(), 1);
    assert_eq!(client.tag(&[one.digest], &["seen".to_owned()], &[], false).unwrap(), 1);
    assert_eq!(client.tag(&[one.digest], &["seen".to_owned()], &[], false).unwrap(), 0);
    let values = Provenance { source: Source::parse("other.example"), ..Provenance::default() };
    let change =
        Change { values, cleared: vec![Detail::Byline], language: Some(pressmark::Language::parse("uk")) };
    let seq = one.captures[0].seq;
    assert_eq!(client.correct(&[seq], &change, false).unwrap().captures, 1);
    client.save_query("mine", Some("ferry")).unwrap();
    assert_eq!(holder.session().unwrap().facts().queries["mine"], "ferry");
    assert_eq!(documents(&client), documents(&holder));
    let found = documents(&client).into_iter().find(|found| found.digest == one.digest).unwrap();
    assert_eq!((found.tags, found.languages.len()), (vec!["seen".to_owned()], 1));
    assert_eq!(found.captures[0].as_read(), one.captures[0].provenance);
    assert_eq!(client.session().unwrap().sources().unwrap(), ["post.example", "other.example"]);
    // Mistakes are the same ones.
    let mistake = |archive: &Archive| {
        let request = Request::new(Query::default(), Want::Has(vec!["0".repeat(3)]));
        let grouping =
            pressmark::Grouping { by: vec![pressmark::By::Day], zone: "Mars".to_owned(), zeros: false };
        let session = archive.session().unwrap();
        let of = |request| session.answer(&request).and_then(|mut pieces| pieces.next().transpose());
        (
            of(request).map_err(|e| e.to_string()),
            of(Request::new(words(""), Want::Groups(grouping))).unwrap_err().to_string(),
        )
    };
    assert_eq!(mistake(&client), mistake(&holder));
    // A session is of one position; another one sees what was acknowledged before it.
    let session = client.session().unwrap();
    holder.put(vec![draft(1000)]).unwrap();
    assert_eq!(session.count(&words("ferry")).unwrap(), 300);
    assert_eq!(client.session().unwrap().count(&words("ferry 1000")).unwrap(), 1);
    drop(session);
    client.close().unwrap();
    holder.close().unwrap();
    assert!(!env.archive().join("socket").exists(), "who held it takes the socket away");
}

/// The holder ends in the middle of an answer: whoever asked goes on with the archive himself, and hears each piece once.
#[test]
fn an_answer_goes_on_where_the_holder_ended() {
    let env = TestEnv::new();
    let holder = open(&env);
    holder.put((0..3000).map(draft).collect()).unwrap();
    let (first, second) = (open(&env), open(&env));
    let (one, two) = (first.session().unwrap(), second.session().unwrap());
    let request = Request::new(words("ferry"), Want::Documents);
    let mut pieces = one.answer(&request).unwrap();
    let mut documents = two.documents(&words("ferry")).unwrap();
    let digest = |piece: Answer| match piece {
        Answer::Document(found) => Some(found.digest),
        _ => None,
    };
    let mut heard: Vec<String> = (0..10).filter_map(|_| digest(pieces.next().unwrap().unwrap())).collect();
    let mut read: Vec<String> =
        (0..10).map(|_| documents.next().unwrap().unwrap().check().unwrap().digest.to_string()).collect();
    let began = Instant::now();
    holder.close().unwrap();
    assert!(began.elapsed() < Duration::from_secs(4), "it does not wait for long: {:?}", began.elapsed());
    // What came since is not part of the answer.
    let third = std::thread::spawn({
        let dir = env.archive();
        move || {
            let options = Open { wait: Duration::from_secs(20), alone: true, ..Open::default() };
            let archive = Archive::open(&dir, &options).unwrap();
            archive.put(vec![draft(9000)]).unwrap();
            archive.close().unwrap();
        }
    });
    heard.extend(pieces.by_ref().filter_map(|piece| digest(piece.unwrap())));
    read.extend(documents.by_ref().map(|found| found.unwrap().check().unwrap().digest.to_string()));
    assert_eq!(heard.len(), 3000);
    assert_eq!(heard, read);
    heard.sort();
    heard.dedup();
    assert_eq!(heard.len(), 3000);
    drop((pieces, documents, one, two));
    first.close().unwrap();
    second.close().unwrap();
    third.join().unwrap();
    let archive = open(&env);
    assert_eq!(archive.session().unwrap().count(&words("ferry")).unwrap(), 3001);
}

fn feed(child: &mut Child, numbers: std::ops::Range<usize>) {
    let input = child.stdin.as_mut().unwrap();
    for number in numbers {
        writeln!(input, "{}", record(number)).unwrap();
    }
    input.flush().unwrap();
}

/// As many as are read from a pipe at a time, and more.
const MANY: usize = 2000;

fn ingest(env: &TestEnv) -> Child {
    let mut command = env.command(&["ingest", "--batch", "1", "-"]);
    command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A job that takes an hour: others list, search, export, tag, correct and save, and none of them waits for it.
#[test]
fn others_work_beside_an_ingest() {
    let env = TestEnv::new();
    let mut holder = ingest(&env);
    feed(&mut holder, 0..MANY);
    until("the first articles come", || !matches!(env.run(&["count"]).stdout.trim(), "" | "0"));
    assert!(env.archive().join("socket").exists());
    for args in [
        &["list", "-n", "3"][..],
        &["search", "-n", "3", "sentence"],
        &["export", "-n", "5"],
        &["stats"],
        &["log", "-n", "2"],
        &["sources"],
    ] {
        let ran = env.run(args);
        assert!(ran.code == 0 && !ran.stdout.is_empty(), "{args:?} {ran:?}");
    }
    let id = env.ok(&["list", "-n", "1", "--format", "tsv"]).trim().rsplit('\t').next().unwrap().to_owned();
    assert!(env.ok(&["show", &id]).contains(&id) && env.ok(&["cat", &id[..10]]).len() > 20);
    for args in [
        &["tag", "+seen", &id][..],
        &["set", "source=other.example", &id],
        &["query", "save", "mine", "sentence"],
    ] {
        let ran = env.run(args);
        assert!(ran.code == 0, "{args:?} {ran:?}");
    }
    assert_eq!(env.ok(&["count", "tag:seen source:other.example"]), "1\n");
    // What has to hold the archive says for whom it waits, and waits as long as it is told.
    let began = Instant::now();
    let ran = env.run(&["--wait", "1", "reindex"]);
    assert!(ran.code == 11 && ran.stderr.contains("waiting up to 1 s for process"), "{ran:?}");
    assert!(began.elapsed() < Duration::from_secs(5));
    // A second job waits its turn.
    let mut second = ingest(&env);
    feed(&mut second, MANY - 10..MANY + 20);
    feed(&mut holder, MANY..MANY + 5);
    std::thread::sleep(Duration::from_millis(300));
    assert!(holder.wait_with_output().unwrap().status.success());
    drop(second.stdin.take());
    assert!(second.wait().unwrap().success());
    assert_eq!(env.ok(&["count"]), format!("{}\n", MANY + 20));
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

/// Holders are killed at any moment while others ask, and the next one who comes serves.
#[test]
fn holders_that_are_killed_lose_nothing() {
    let env = TestEnv::new();
    let mut random = Random(18);
    let (mut next, mut seen) = (0, 0u64);
    for _ in 0..if is_thorough() { 500 } else { 8 } {
        let mut holder = ingest(&env);
        feed(&mut holder, next..next + 30);
        let asked = Instant::now();
        let last = Duration::from_millis(20 + random.below(250));
        let mut clients = Vec::new();
        while asked.elapsed() < last {
            if env.archive().join("pressmark.toml").exists() {
                clients.push(
                    env.command(&["count"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap(),
                );
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        holder.kill().unwrap();
        holder.wait().unwrap();
        for client in clients {
            let out = client.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            assert!(out.status.success(), "{said}");
            let count: u64 = String::from_utf8(out.stdout).unwrap().trim().parse().unwrap();
            assert!(count <= (next + 30) as u64);
            seen = seen.max(count);
        }
        let now: u64 = env.ok(&["count"]).trim().parse().unwrap_or(0);
        assert!(now >= seen, "{now} of {seen} that were seen are there");
        (seen, next) = (now, next + 30);
    }
    assert_eq!(env.run(&["verify", "--read-data"]).code, 0);
}

#[test]
fn a_holder_that_is_stopped_is_named() {
    let env = TestEnv::new();
    let mut holder = ingest(&env);
    feed(&mut holder, 0..MANY);
    until("the first articles come", || !matches!(env.run(&["count"]).stdout.trim(), "" | "0"));
    let signal = |name: &str| {
        let killed = std::process::Command::new("kill").args([name, &holder.id().to_string()]).status();
        assert!(killed.unwrap().success());
    };
    signal("-STOP");
    let began = Instant::now();
    let ran = env.run(&["--wait", "1", "count"]);
    let says = format!("process {}, which is stopped or does not answer", holder.id());
    assert!(ran.code == 11 && ran.stderr.contains(&says), "{ran:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    // Who waits is answered when it goes on, however often that happens.
    for round in 0..if is_thorough() { 20 } else { 2 } {
        signal("-STOP");
        let ask = || env.command(&["count"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let waiting: Vec<Child> = (0..4).map(|_| ask()).collect();
        std::thread::sleep(Duration::from_millis(200 + 100 * (round % 5)));
        signal("-CONT");
        for client in waiting {
            let out = client.wait_with_output().unwrap();
            assert!(out.status.success(), "{out:?}");
        }
    }
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
}

/// Copies of an archive have the same UUID: each answers for itself, also where both have their sockets in one directory.
#[test]
fn copies_are_not_taken_for_each_other() {
    let env = TestEnv::new();
    let long = |name: &str| env.path(&"long".repeat(40)).join(name);
    let runtime = tempfile::Builder::new().prefix("rt").tempdir().unwrap();
    let options = Open {
        create: true,
        wait: Duration::from_secs(5),
        runtime: Some(runtime.path().to_owned()),
        ..Open::default()
    };
    std::fs::create_dir_all(env.path(&"long".repeat(40))).unwrap();
    let first = Archive::open(&long("first"), &options).unwrap();
    first.put(vec![draft(1)]).unwrap();
    first.close().unwrap();
    crate::env::copy_dir(&long("first"), &long("second"));
    let (first, second) =
        (Archive::open(&long("first"), &options).unwrap(), Archive::open(&long("second"), &options).unwrap());
    assert!(holds(&first) && holds(&second));
    first.put(vec![draft(2)]).unwrap();
    let client = Archive::open(&long("first"), &options).unwrap();
    assert_eq!(client.session().unwrap().count(&words("ferry")).unwrap(), 2);
    client.tag(&[], &["x".to_owned()], &[], false).unwrap();
    second.close().unwrap();
    assert_eq!(client.session().unwrap().count(&words("ferry")).unwrap(), 2);
    client.close().unwrap();
    first.close().unwrap();
    // What a stranger's lock says leads nowhere else.
    let other = open(&env);
    other.put(vec![draft(7)]).unwrap();
    let lock = std::fs::OpenOptions::new().append(true).open(long("second").join("lock")).unwrap();
    lock.lock().unwrap();
    writeln!(&lock, "socket {}", env.archive().join("socket").display()).unwrap();
    let wait = Duration::from_millis(300);
    let opened = Archive::open(&long("second"), &Open { create: false, wait, ..options });
    assert!(matches!(opened, Err(Error::Locked { .. })));
    other.close().unwrap();
}

/// Another thing of this name is somebody's, and is left where it is.
#[test]
fn what_is_no_socket_is_left_alone() {
    let env = TestEnv::with(&[]);
    env.write("archive/socket/mine", "precious");
    let archive = open(&env);
    archive.put(vec![draft(1)]).unwrap();
    archive.close().unwrap();
    assert_eq!(env.read("archive/socket/mine"), "precious");
}

/// Much beside a text, in one frame or in many; and what others must not say is refused.
#[test]
fn large_answers_and_bad_changes() {
    let env = TestEnv::new();
    let holder = open(&env);
    let large = |number: usize| {
        let mut draft = draft(number);
        draft.provenance.extra = Some(format!(r#"{{"x":"{}"}}"#, "y".repeat(400_000)));
        draft
    };
    holder.put((0..100).map(large).collect()).unwrap();
    let client = open(&env);
    assert_eq!(pieces(&client, words("ferry"), Want::Documents).len(), 101);
    assert_eq!(client.session().unwrap().documents(&words("ferry")).unwrap().count(), 100);
    let digest = client
        .session()
        .unwrap()
        .documents(&words("ferry"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .check()
        .unwrap()
        .digest;
    for tag in ["", "a\nb", "\u{1b}[31mred", &"x".repeat(1 << 20)] {
        let refused = client.tag(&[digest], &[tag.to_owned()], &[], false);
        assert!(matches!(refused, Err(Error::Unanswerable { .. })), "{refused:?}");
    }
    assert!(matches!(client.save_query("a\nb", Some("x")), Err(Error::Unanswerable { .. })));
    let nobody =
        client.correct(&[99_999_999], &Change { cleared: vec![Detail::Url], ..Change::default() }, false);
    assert!(matches!(nobody, Err(Error::Unanswerable { .. })), "{nobody:?}");
    // Many who said hello and nothing else give way.
    let mut idle = Vec::new();
    for _ in 0..70 {
        let mut one = UnixStream::connect(env.archive().join("socket")).unwrap();
        say(&mut one, r#"{"magic":"pressmark","protocol":1,"version":"0.1.0","archive":null,"process":1}"#);
        one.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert!(hear(&mut one).is_some());
        idle.push(one);
    }
    let began = Instant::now();
    assert_eq!(open(&env).session().unwrap().count(&words("ferry")).unwrap(), 100);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    // A question of a later version, in a call that is known.
    let asks = |call: &str| {
        let mut one = UnixStream::connect(env.archive().join("socket")).unwrap();
        say(&mut one, r#"{"magic":"pressmark","protocol":1,"version":"9.1","archive":null,"process":1}"#);
        hear(&mut one).unwrap();
        say(&mut one, r#"{"call":"open"}"#);
        hear(&mut one).unwrap();
        say(&mut one, call);
        hear(&mut one).unwrap()
    };
    for call in [
        r#"{"call":"answer","request":{"version":1,"want":{"dream":1}}}"#,
        r#"{"call":"answer","request":{"version":2,"want":"count"}}"#,
    ] {
        assert!(asks(call)["unsupported"].is_string(), "{call}");
    }
    client.close().unwrap();
    holder.close().unwrap();
    let report =
        pressmark::verify(&env.archive(), pressmark::Depth::Data, Duration::ZERO, &|| false).unwrap();
    assert_eq!(report.findings, []);
}

/// The best first depends on what came since: still each is heard once.
#[test]
fn the_best_ones_go_on_after_others_came() {
    let env = TestEnv::new();
    let holder = open(&env);
    let some = |number: usize| Draft {
        headline: format!("{} {number}", ["Port", "Storm", "Ferry"][number % 3]),
        body: ["port ", "storm ", "ferry "]
            .iter()
            .enumerate()
            .map(|(at, word)| word.repeat(number % (at + 3)))
            .collect(),
        ..draft(number)
    };
    holder.put((0..1200).map(some).collect()).unwrap();
    let client = open(&env);
    let session = client.session().unwrap();
    let query = Query { order: pressmark::Order::Relevance, ..words("port OR storm OR ferry") };
    let request = Request::new(query, Want::Rows { digits: false, snippets: false });
    let mut pieces = session.answer(&request).unwrap();
    let seq = |piece: Answer| match piece {
        Answer::Row(row) => Some(row.seq),
        _ => None,
    };
    let mut heard: Vec<u64> = (0..50).filter_map(|_| seq(pieces.next().unwrap().unwrap())).collect();
    holder
        .put(
            (0..600)
                .map(|number| Draft {
                    body: "storm in the port".repeat(number % 5 + 1),
                    ..draft(5000 + number)
                })
                .collect(),
        )
        .unwrap();
    holder.close().unwrap();
    heard.extend(pieces.by_ref().filter_map(|piece| seq(piece.unwrap())));
    heard.sort_unstable();
    assert!(heard.iter().copied().eq(1..=1200), "{} rows", heard.len());
}

/// A holder that hangs up on every question, and Ctrl-C of who waits.
#[test]
fn nobody_is_asked_for_ever() {
    let env = TestEnv::with(&[]);
    let archive = open(&env);
    let uuid = archive.uuid().unwrap();
    archive.close().unwrap();
    let lock = std::fs::File::open(env.archive().join("lock")).unwrap();
    lock.lock().unwrap();
    let of_lock = {
        use std::os::unix::fs::MetadataExt;
        let lock = lock.metadata().unwrap();
        format!("{:x}-{:x}", lock.dev(), lock.ino())
    };
    let listener = UnixListener::bind(env.archive().join("socket")).unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            if hear(&mut client).is_none() {
                continue;
            }
            say(&mut client, &hello_of(1, &uuid.to_string(), &of_lock));
            if hear(&mut client).is_some() {
                let facts = r#"{"facts":{"archive":"UUID","next_seq":1,"next_article":1,"head":"","articles":0,"captures":0,"text_bytes":0,"queries":{}},"end":true}"#;
                say(&mut client, &facts.replace("UUID", &uuid.to_string()));
                hear(&mut client);
            }
        }
    });
    let began = Instant::now();
    let ran = env.run(&["--wait", "1", "count"]);
    assert_eq!(ran.code, 11, "{ran:?}");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let mut waiting = env.command(&["--wait", "60", "count"]).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let killed = std::process::Command::new("kill").args(["-INT", &waiting.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let began = Instant::now();
    assert_eq!(waiting.wait().unwrap().code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

/// A holder that nobody reads goes on serving.
#[test]
fn a_holder_that_is_blocked_on_its_output_serves() {
    let env = TestEnv::new();
    let archive = open(&env);
    archive.put((0..4000).map(draft).collect()).unwrap();
    archive.close().unwrap();
    let mut holder = env.command(&["export"]).stdout(Stdio::piped()).spawn().unwrap();
    until("it holds the archive", || env.archive().join("socket").exists());
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(env.ok(&["count"]), "4000\n");
    assert!(env.run(&["tag", "+seen", "title:7"]).stderr.contains("1 articles, 1 changed"));
    let mut all = String::new();
    holder.stdout.take().unwrap().read_to_string(&mut all).unwrap();
    assert!(holder.wait().unwrap().success());
    assert_eq!(all.lines().count(), 4000);
    assert_eq!(env.ok(&["count", "tag:seen"]), "1\n");
}

/// Those who connect and say nothing, or nonsense, take no place from others.
#[test]
fn silent_and_foolish_clients() {
    let env = TestEnv::new();
    let holder = open(&env);
    holder.put((0..10).map(draft).collect()).unwrap();
    let socket = env.archive().join("socket");
    let mut silent = Vec::new();
    for number in 0..1000 {
        // Some are hung up on while others come.
        if let Ok(client) = UnixStream::connect(&socket) {
            silent.push(client);
        }
        if number % 100 == 0 {
            let began = Instant::now();
            assert_eq!(open(&env).session().unwrap().count(&words("ferry")).unwrap(), 10);
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        }
    }
    assert!(silent.len() > 900);
    for nonsense in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[5, 0, 0, 0, b'J', b'{', b'}', b' ', b' ', b' ']]
    {
        let mut client = UnixStream::connect(&socket).unwrap();
        client.write_all(nonsense).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut heard = Vec::new();
        let _ = client.read_to_end(&mut heard);
        assert!(heard.is_empty(), "{nonsense:?}");
    }
    assert_eq!(open(&env).session().unwrap().count(&words("ferry")).unwrap(), 10);
    drop(silent);
    holder.close().unwrap();
}

fn say(stream: &mut UnixStream, json: &str) {
    stream.write_all(&(json.len() as u32).to_le_bytes()).unwrap();
    stream.write_all(b"J").unwrap();
    stream.write_all(json.as_bytes()).unwrap();
}

/// What another version says that holds the archive.
fn hello_of(protocol: u32, uuid: &str, lock: &str) -> String {
    format!(
        r#"{{"magic":"pressmark","protocol":{protocol},"version":"9.1","archive":"{uuid}","process":4711,"lock":"{lock}"}}"#
    )
}

fn hear(stream: &mut UnixStream) -> Option<serde_json::Value> {
    let mut head = [0; 5];
    stream.read_exact(&mut head).ok()?;
    let mut content = vec![0; u32::from_le_bytes(head[..4].try_into().unwrap()) as usize];
    stream.read_exact(&mut content).ok()?;
    serde_json::from_slice(&content).ok()
}

/// A frame as it is.
fn frame(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut frame = vec![0; 5];
    stream.read_exact(&mut frame).ok()?;
    let length = u32::from_le_bytes(frame[..4].try_into().unwrap()) as usize;
    frame.resize(5 + length, 0);
    stream.read_exact(&mut frame[5..]).ok()?;
    Some(frame)
}

/// A change is made, the answer is lost, and somebody undoes it before it is asked for again: it is not done twice.
#[test]
fn what_was_cut_off_is_not_done_twice() {
    let env = TestEnv::new();
    let holder = std::sync::Arc::new(open(&env));
    holder.put((0..2).map(draft).collect()).unwrap();
    let rows = pieces(&holder, Query::default(), Want::Rows { digits: false, snippets: false });
    let Answer::Row(row) = &rows[0] else { panic!("{rows:?}") };
    let (digest, seq) = (row.digest.parse().unwrap(), row.seq);
    let tags = [vec!["mine".to_owned()], Vec::new()];
    let url = |url: &str| {
        let values = Provenance { url: Some(url.to_owned()), ..Provenance::default() };
        Change { values, ..Change::default() }
    };
    holder.correct(&[seq], &url("https://post.example/0"), false).unwrap();
    // Between the client and the holder stands somebody who passes everything on, but for the first answer to a change.
    let (socket, moved) = (env.archive().join("socket"), env.archive().join("moved"));
    std::fs::rename(&socket, &moved).unwrap();
    let listener = UnixListener::bind(&socket).unwrap();
    let (undoing, undone) = (holder.clone(), tags.clone());
    let passing = std::thread::spawn(move || {
        let (mut cut, mut again) = (Vec::new(), 0);
        while again < 3 {
            let (mut client, _) = listener.accept().unwrap();
            let mut there = UnixStream::connect(&moved).unwrap();
            while let Some(asked) = frame(&mut client) {
                let call = serde_json::from_slice(&asked[5..]).unwrap_or(serde_json::Value::Null);
                let call = call["call"].as_str().unwrap_or_default().to_owned();
                there.write_all(&asked).unwrap();
                if call == "correct" {
                    there.write_all(&frame(&mut client).unwrap()).unwrap();
                }
                let Some(answer) = frame(&mut there) else { break };
                let is_change = matches!(&*call, "tag" | "correct" | "save_query");
                if is_change && !cut.contains(&call) {
                    match &*call {
                        "tag" => {
                            assert_eq!(undoing.tag(&[digest], &undone[1], &undone[0], false).unwrap(), 1)
                        }
                        "correct" => {
                            let other = url("https://post.example/2");
                            assert_eq!(undoing.correct(&[seq], &other, false).unwrap().captures, 1);
                        }
                        _ => undoing.save_query("mine", None).unwrap(),
                    }
                    cut.push(call);
                    break;
                }
                again += u32::from(is_change);
                client.write_all(&answer).unwrap();
            }
        }
    });
    let client = open(&env);
    assert!(!holds(&client));
    assert_eq!(client.tag(&[digest], &tags[0], &tags[1], false).unwrap(), 1);
    let change = url("https://post.example/1");
    assert_eq!(client.correct(&[seq], &change, false).unwrap().captures, 1);
    client.save_query("mine", Some("ferry")).unwrap();
    drop(client);
    passing.join().unwrap();
    let session = holder.session().unwrap();
    assert_eq!(session.facts().queries.get("mine"), None);
    let mut documents =
        session.documents(&words("ferry")).unwrap().map(|found| found.unwrap().check().unwrap());
    let document = documents.find(|document| document.digest == digest).unwrap();
    assert_eq!(document.tags, Vec::<String>::new());
    assert_eq!(document.captures[0].provenance.url.as_deref(), Some("https://post.example/2"));
}

/// Old and new, on either side: what one does not know, it says, and the other waits for the archive itself.
#[test]
fn other_versions_on_either_side() {
    let env = TestEnv::new();
    let holder = open(&env);
    holder.put((0..3).map(draft).collect()).unwrap();
    let socket = env.archive().join("socket");
    // A later client of this protocol asks what this holder does not know, and then what it does.
    let mut client = UnixStream::connect(&socket).unwrap();
    say(
        &mut client,
        r#"{"magic":"pressmark","protocol":1,"version":"9.1","archive":null,"process":1,"of_2031":true}"#,
    );
    let hello = hear(&mut client).unwrap();
    assert_eq!((&hello["magic"], &hello["protocol"]), (&"pressmark".into(), &1.into()));
    assert_eq!(hello["archive"], holder.uuid().unwrap().to_string());
    say(&mut client, r#"{"call":"dream","of":2031}"#);
    let says = hear(&mut client).unwrap()["unsupported"].as_str().unwrap().to_owned();
    let expected = format!(
        "pressmark {} (process {}) does not support this",
        env!("CARGO_PKG_VERSION"),
        std::process::id()
    );
    assert_eq!(says, expected);
    say(&mut client, r#"{"call":"open"}"#);
    assert_eq!(hear(&mut client).unwrap()["facts"]["articles"], 3);
    // One of a later protocol is hung up on when it has heard which one is spoken here.
    let mut client = UnixStream::connect(&socket).unwrap();
    say(&mut client, r#"{"magic":"pressmark","protocol":2,"version":"9.1","archive":null,"process":1}"#);
    assert_eq!(hear(&mut client).unwrap()["protocol"], 1);
    assert!(hear(&mut client).is_none());
    holder.close().unwrap();

    // A holder of a later protocol, and one that knows no call: clients wait for the archive itself.
    for protocol in [2, 1] {
        let lock = std::fs::File::open(env.archive().join("lock")).unwrap();
        lock.lock().unwrap();
        let listener = UnixListener::bind(&socket).unwrap();
        let (uuid, of_lock) =
            (hello["archive"].as_str().unwrap().to_owned(), hello["lock"].as_str().unwrap().to_owned());
        let serving = std::thread::spawn(move || {
            let until = Instant::now() + Duration::from_millis(1500);
            listener.set_nonblocking(true).unwrap();
            let mut asked = 0;
            while Instant::now() < until {
                let Ok((mut client, _)) = listener.accept() else {
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                };
                client.set_nonblocking(false).unwrap();
                if hear(&mut client).is_none() {
                    continue;
                }
                say(&mut client, &hello_of(protocol, &uuid, &of_lock));
                if protocol == 1 && hear(&mut client).is_some() {
                    asked += 1;
                    say(
                        &mut client,
                        r#"{"unsupported":"pressmark 9.1 (process 4711) does not support this"}"#,
                    );
                }
            }
            drop(listener);
            asked
        });
        let waiting = env.run(&["--wait", "1", "count"]);
        assert_eq!(waiting.code, 11, "{waiting:?}");
        let asking = env.command(&["--wait", "20", "count"]).stdout(Stdio::piped()).spawn().unwrap();
        let asked = serving.join().unwrap();
        assert_eq!(asked > 0, protocol == 1, "{asked}");
        drop(lock);
        let out = asking.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(out.stdout).unwrap(), "3\n");
    }
}

#[test]
fn a_path_too_long_for_a_socket() {
    let env = TestEnv::new();
    let dir = env.path(&"long".repeat(40));
    let runtime = tempfile::Builder::new().prefix("rt").tempdir().unwrap();
    let options = |create| Open {
        create,
        wait: Duration::from_secs(1),
        runtime: Some(runtime.path().to_owned()),
        ..Open::default()
    };
    let holder = Archive::open(&dir, &options(true)).unwrap();
    holder.put(vec![draft(1)]).unwrap();
    let said = std::fs::read_to_string(dir.join("lock")).unwrap();
    assert!(said.contains(&format!("socket {}", runtime.path().display())), "{said}");
    // The place is in the lock: who asks need not know it.
    let client = Archive::open(&dir, &Open { runtime: None, ..options(false) }).unwrap();
    assert!(!holds(&client));
    assert_eq!(client.session().unwrap().count(&words("ferry")).unwrap(), 1);
    client.close().unwrap();
    holder.close().unwrap();
    assert_eq!(std::fs::read_dir(runtime.path()).unwrap().count(), 0);
    // Where there is no such place, others wait.
    let holder = Archive::open(&dir, &Open { runtime: None, ..options(false) }).unwrap();
    assert!(matches!(Archive::open(&dir, &options(false)), Err(Error::Locked { .. })));
    holder.close().unwrap();
}

/// Eight readers ask while articles come: nobody fails, nobody waits for the end, and each answer is right for a position between its
/// asking and its answer.
#[test]
fn questions_beside_an_ingest() {
    let env = TestEnv::new();
    let (articles, questions) = if is_thorough() { (200_000, 10_000) } else { (12_000, 320) };
    let lines: Vec<String> = (1..=articles)
        .map(|number| {
            let Draft { headline, body, .. } = draft(number);
            serde_json::json!({"headline": headline, "body": format!("{body} It is no{number}.")}).to_string()
        })
        .collect();
    env.write("many.jsonl", lines.join("\n"));
    let digest = |number: u64| {
        let Draft { headline, body, .. } = draft(number as usize);
        pressmark::Article::new(&headline, &format!("{body} It is no{number}."), None).digest().to_string()
    };
    let mut command = env.command(&["--json", "ingest", "many.jsonl"]);
    let mut holder = command.stderr(Stdio::piped()).spawn().unwrap();
    let acknowledged = AtomicU64::new(0);
    let asked = AtomicU64::new(0);
    let beside = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let said = holder.stderr.take().unwrap();
        let (acknowledged, asked, env, digest, beside) = (&acknowledged, &asked, &env, &digest, &beside);
        scope.spawn(move || {
            for line in BufReader::new(said).lines() {
                let said: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
                if let Some(read) = said["read"].as_u64() {
                    acknowledged.fetch_max(read, Ordering::SeqCst);
                }
            }
        });
        until("the first articles come", || acknowledged.load(Ordering::SeqCst) > 0);
        for reader in 0..8 {
            scope.spawn(move || {
                let mut random = Random(reader);
                loop {
                    let question = asked.fetch_add(1, Ordering::SeqCst);
                    if question >= questions as u64 {
                        break;
                    }
                    let before = acknowledged.load(Ordering::SeqCst);
                    let one = 1 + random.below(before);
                    let ok = |args: &[&str]| {
                        let ran = env.run(args);
                        assert_eq!(ran.code, 0, "{args:?} {ran:?}");
                        ran.stdout
                    };
                    match question % 5 {
                        0 => {
                            let found: u64 = ok(&["count"]).trim().parse().unwrap();
                            assert!((before..=articles as u64).contains(&found), "{before} {found}");
                        }
                        1 => assert!(ok(&["show", &digest(one)]).contains(&format!("It is no{one}."))),
                        2 => assert_eq!(
                            ok(&["search", "-q", "-n", "2", &format!("no{one}")]).lines().count(),
                            1,
                            "no{one} of {before}"
                        ),
                        3 => {
                            let after = (before - 1).to_string();
                            let rows = ok(&["-q", "log", "-n", "20", "--after", &after]);
                            let seqs: Vec<u64> = rows
                                .lines()
                                .map(|row| row.split('\t').next().unwrap().parse().unwrap())
                                .collect();
                            assert!(
                                !seqs.is_empty()
                                    && seqs.iter().copied().eq(before..before + seqs.len() as u64),
                                "{seqs:?}"
                            );
                        }
                        _ => {
                            let rows = ok(&["-q", "export", "-n", "100", "--fields", "seq,headline"]);
                            let first: serde_json::Value =
                                serde_json::from_str(rows.lines().next().unwrap()).unwrap();
                            assert_eq!((&first["seq"], &first["headline"]), (&1.into(), &"Ferry 1".into()));
                            assert_eq!(rows.lines().count(), 100);
                        }
                    }
                    let is_under_way = acknowledged.load(Ordering::SeqCst) < articles as u64;
                    beside.fetch_add(u64::from(is_under_way), Ordering::SeqCst);
                }
            });
        }
    });
    assert!(holder.wait().unwrap().success());
    eprintln!("{} of {questions} questions were answered beside the ingest", beside.load(Ordering::SeqCst));
    assert_eq!(env.ok(&["count"]), format!("{articles}\n"));
    assert_eq!(env.run(&["verify"]).code, 0);
}
