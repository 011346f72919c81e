//! Inputs that were made to harm, and what fuzzing found: each is an article or a rejection, and the next input is not harmed.
//! How long they may take is watched, not measured: a quadratic reader would take minutes.

use crate::env::{Random, TestEnv, record};
use std::path::Path;
use std::time::{Duration, Instant};

const GOOD: &str = "<h1>The ferry runs again</h1><p>The night ferry between Odesa and Izmail will run again from Monday, the port said.</p>";

/// Long enough for a debug build on a busy machine, and far too short for anything quadratic.
const PATIENCE: Duration = Duration::from_secs(60);

fn survives(name: &str, content: impl AsRef<[u8]>) {
    let env = TestEnv::new();
    env.write(&format!("in/a-{name}"), content);
    env.write("in/z-good.html", GOOD);
    let start = Instant::now();
    let ran = env.run(&["ingest", "in"]);
    assert!(ran.code == 0 || ran.code == 3, "{name}: {ran:?}");
    assert!(start.elapsed() < PATIENCE, "{name} took {:?}", start.elapsed());
    assert!(ran.stderr.lines().all(|line| line.len() < 5000), "{name}: what is said is short");
    assert!(env.ok(&["list"]).contains("The ferry runs again"), "{name}: the next input is not harmed");
}

#[test]
fn nested_elements() {
    for tag in ["div", "span", "b", "a", "p", "table", "section"] {
        survives("deep.html", format!("{GOOD}{}x", format!("<{tag}>").repeat(100_000)));
    }
    survives("lists.html", format!("{GOOD}{}x", "<ul><li>".repeat(100_000)));
    survives(
        "misnested.html",
        format!("{}{}{}", "<a>".repeat(40_000), "<i>".repeat(40_000), "</a>".repeat(40_000)),
    );
    survives("closed.html", format!("{GOOD}{}{}", "<div>".repeat(200_000), "</div>".repeat(200_000)));
}

#[test]
fn masses_of_anything() {
    let attributes: String = (0..300_000).map(|n| format!(" a{n}=1")).collect();
    survives("attributes.html", format!("<p{attributes}>{GOOD}"));
    survives("brackets.html", format!("{GOOD}{}", "<".repeat(8 << 20)));
    survives("script.html", format!("{GOOD}<script>{}", "x".repeat(8 << 20)));
    survives("links.html", format!("{GOOD}{}", "<a href=x>link text</a> ".repeat(100_000)));
    survives(
        "long.html",
        format!(
            "{GOOD}{}",
            "<p>A sentence of a very long article, with words that go on and on.</p>".repeat(60_000)
        ),
    );
    survives("titles.html", format!("<title>{}</title>{GOOD}", "a - b | c ".repeat(100_000)));
    survives(
        "headings.html",
        format!("<title>abc - def</title>{GOOD}{}", "<h2>Some other heading</h2>".repeat(50_000)),
    );
    let class = "x ".repeat(290);
    let nested: String = (0..400).map(|_| format!("<div class=\"{class}\">")).collect();
    survives("dates.html", format!("{GOOD}{nested}{}", "<i class=date>1</i>".repeat(20_000)));
    survives(
        "authors.html",
        format!("{GOOD}{}{}", "<div class=author><a>".repeat(240), "word ".repeat(60_000)),
    );
    survives(
        "json.html",
        format!("<script type=\"application/ld+json\">{}</script>{GOOD}", "[".repeat(100_000)),
    );
}

#[test]
fn feeds_and_messages() {
    let laughs: String =
        (1..20).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    survives(
        "laughs.xml",
        format!("<!DOCTYPE x [<!ENTITY l0 \"lol\">{laughs}]><rss><item><title>&l19;</title></item></rss>"),
    );
    survives("items.xml", format!("<rss>{}", "<item>".repeat(100_000)));
    let attributes: String = (0..200_000).map(|n| format!(" xmlns:a{n}='u'")).collect();
    survives("spaces.xml", format!("<rss{attributes}><item><title>x</title></item></rss>"));
    let parts: String =
        (0..5_000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect();
    survives("parts.eml", format!("From: a@b\nSubject: x\nMIME-Version: 1.0\n{parts}"));
    survives("brackets.json", "[".repeat(1_000_000));
}

#[test]
fn crawls_that_lie_again_and_again() {
    survives("lies.warc", "WARC/1.0\nContent-Length: 99999999\n\n".repeat(100_000));
    survives("lies-too.warc", "WARC/1.0\r\nWARC-Type: x\r\nContent-Length: 1\r\n\r\n".repeat(50_000));
    survives("quotes.csv", format!("title,text\n{}", "\"x,y\n".repeat(20_000)));
}

/// Seven thousand attributes in double quotes overflowed the stack of the tokenizer, and every ingest that met them died.
#[test]
fn masses_of_quoted_attributes() {
    let attributes = |quote: &str, value: &str| -> String {
        (0..60_000).map(|n| format!(" a{n}={quote}{value}{quote}")).collect()
    };
    for (quote, value) in [("\"", "x"), ("\"", ""), ("'", "x"), ("", "x"), ("\"", "x&amp;y"), ("\"", "\n")] {
        let page = format!("<p{}>{GOOD}", attributes(quote, value));
        survives("quoted.html", &page);
        survives("unclosed.html", format!("{GOOD}<p{}", attributes(quote, value)));
        let extracted = TestEnv::new();
        extracted.write("a.html", &page);
        let shown = extracted.ok(&["extract", "a.html"]);
        assert!(shown.contains("The night ferry between Odesa and Izmail"), "{quote}{value}: {shown}");
    }
    let page = format!("<p{}>{GOOD}", attributes("\"", "x"));
    let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{page}");
    survives(
        "crawl.warc",
        crate::formats::warc_record("response", "https://www.post.example/1", http.as_bytes()),
    );
    survives("page.eml", format!("From: a@b.example\nSubject: x\nContent-Type: text/html\n\n{page}"));
    survives(
        "item.xml",
        format!(
            "<rss><channel><item><title>x</title><description><![CDATA[{page}]]></description></item></channel></rss>"
        ),
    );
}

/// A header of many columns, and archives in archives: no more than what comes out is worth.
#[test]
fn masses_of_columns_and_of_members() {
    let columns: String = (0..160_000).map(|n| format!("c{n},")).collect();
    survives("columns.csv", format!("{columns}title,text\n{}x,y\n", "1,".repeat(160_000)));
    survives("unknown.csv", format!("{columns}\n{}\n", "1,".repeat(160_000)));
    survives("long.csv", format!("{},b\n1,2\n", "name".repeat(1 << 20)));
    let zip = |members: &[(String, Vec<u8>)]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in members {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let mut bomb = zip(&[("a.txt".to_owned(), b"word ".repeat(8 << 20))]);
    for _ in 0..2 {
        let members: Vec<_> = (0..16).map(|n| (format!("{n}.zip"), bomb.clone())).collect();
        bomb = zip(&members);
    }
    let env = TestEnv::new();
    env.write("in/a-bomb.zip", &bomb);
    env.write("in/z-good.html", GOOD);
    let ran = env.run(&["ingest", "in"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("what is in it unpacks to more than 200 times its size"), "{ran:?}");
    assert!(ran.stderr.lines().filter(|line| line.starts_with("rejected")).count() < 8, "{ran:?}");
    assert!(env.ok(&["list"]).contains("The ferry runs again"));
}

/// A member of a crawl that is damaged, or a bomb, costs itself.
#[test]
fn crawls_go_on_behind_bad_members() {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    let good = |number: usize| {
        let page = crate::formats::page(number);
        let http = format!("HTTP/1.1 200\r\nContent-Type: text/html\r\n\r\n{page}");
        gzip(&crate::formats::warc_record(
            "response",
            &format!("https://www.post.example/{number}"),
            http.as_bytes(),
        ))
    };
    let mut damaged = good(3);
    damaged[40] ^= 0xff;
    let bomb = gzip(&vec![0; 80 << 20]);
    let env = TestEnv::new();
    env.write("crawl.warc.gz", [good(1), good(2), damaged, good(4), good(5), bomb, good(6)].concat());
    let ran = env.run(&["ingest", "crawl.warc.gz"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("5 new") && ran.stderr.contains("2 rejected"), "{ran:?}");
    // The first one, the last one, one that is cut short: each is told of once, and a second run has nothing to do.
    for at in [0, 3, 7] {
        for cut in [None, Some(200)] {
            let mut members: Vec<Vec<u8>> = (10..18).map(good).collect();
            match cut {
                Some(cut) if at < 7 => members[at].truncate(cut),
                _ => {
                    let last = members[at].len() - 6;
                    members[at][if at == 0 { 1 } else { last }] ^= 0xff;
                }
            }
            env.write("in.warc.gz", members.concat());
            let _ = std::fs::remove_dir_all(env.archive());
            let ran = env.run(&["ingest", "in.warc.gz"]);
            assert_eq!(ran.code, 3, "{at} {cut:?}: {ran:?}");
            assert!(
                ran.stderr.contains(": 7 new, 0 new captures, 0 known, 1 rejected"),
                "{at} {cut:?}: {ran:?}"
            );
        }
    }
}

/// Whoever gets an archive from somebody else opens that and nothing else.
#[cfg(unix)]
#[test]
fn archives_that_lead_elsewhere() {
    use std::os::unix::fs::symlink;
    let env = TestEnv::with(&[&record(1)]);
    env.ok(&["search", "sentence"]);
    for name in [
        "lock",
        "dirty",
        "dirty.new",
        "fatal",
        "fatal.new",
        "reading",
        "raw",
        "search",
        "store",
        "ledger",
        "pressmark.toml",
        "checkpoints",
        "store.new",
        "ledger.bak",
        "ledger/00000001.seg",
        "ledger/acknowledged",
        "search/lengths.json",
        "store/db",
    ] {
        let (copy, victim) = (env.path("copy"), env.path("victim"));
        let _ = std::fs::remove_dir_all(&copy);
        let _ = std::fs::remove_dir_all(&victim);
        crate::env::copy_dir(&env.archive(), &copy);
        env.write("victim/file", "keep me");
        let path = copy.join(name);
        let there = path.symlink_metadata().ok();
        match &there {
            Some(there) if there.is_dir() => std::fs::rename(&path, env.path("victim/dir")).unwrap(),
            Some(_) => std::fs::rename(&path, env.path("victim/there")).unwrap(),
            None => {}
        }
        let target = match &there {
            Some(there) if there.is_dir() => "victim/dir",
            Some(_) => "victim/there",
            None => "victim/file",
        };
        symlink(env.path(target), &path).unwrap();
        let before = walk(&victim);
        for command in [
            &["list"][..],
            &["ingest", "--keep-raw", "in.jsonl"],
            &["verify"],
            &["repair"],
            &["reindex"],
            &["stats"],
            &["search", "x"],
        ] {
            let mut arguments = vec!["--archive", "copy"];
            arguments.extend(command);
            let ran = env.run(&arguments);
            assert_eq!(ran.code, 10, "{name}: {arguments:?}: {ran:?}");
            assert!(
                ran.stderr.contains(name) && ran.stderr.contains("is a symbolic link"),
                "{name}: {ran:?}"
            );
        }
        assert!(walk(&victim) == before, "{name}");
    }
    std::fs::remove_dir_all(env.path("copy")).unwrap();
    crate::env::copy_dir(&env.archive(), &env.path("copy"));
    assert!(
        std::process::Command::new("mkfifo").arg(env.path("copy/ledger/x.tail")).status().unwrap().success()
    );
    let ran = env.run(&["--archive", "copy", "list"]);
    assert!(ran.code == 10 && ran.stderr.contains("is a pipe"), "{ran:?}");
}

/// Every file below, with its content.
fn walk(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let files = walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().map(Result::unwrap);
    files
        .filter(|file| file.file_type().is_file())
        .map(|file| (file.path().to_owned(), std::fs::read(file.path()).unwrap()))
        .collect()
}

/// What lies in a directory of downloads besides articles: counted by kind, and an error only where it was named.
#[cfg(unix)]
#[test]
fn what_is_no_text_is_told_by_its_bytes() {
    use std::os::unix::fs::symlink;
    let env = TestEnv::new();
    let padded = |start: &[u8]| [start, &[0; 300]].concat();
    env.write("in/picture.html", padded(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
    env.write("in/photo.txt", padded(b"\xff\xd8\xff\xe0\0\x10JFIF"));
    env.write("in/report.html", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n");
    env.write("in/film.html", padded(b"\0\0\0\x18ftypmp42"));
    env.write("in/good.html", GOOD);
    env.write("outside/secret.html", GOOD.replace("ferry", "secret"));
    symlink(env.path("outside"), env.path("in/link")).unwrap();
    symlink(env.path("outside/secret.html"), env.path("in/secret.html")).unwrap();
    symlink("good.html", env.path("in/same.html")).unwrap();
    let ran = env.run(&["ingest", "in"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for counted in ["2 images", "1 PDFs", "1 recordings", "2 links out of their directory"] {
        assert!(ran.stderr.contains(counted), "{counted}: {ran:?}");
    }
    assert!(
        ran.stderr.contains("1 new, 0 new captures, 1 known") || ran.stderr.contains("1 new, 1 new captures"),
        "{ran:?}"
    );
    assert!(!env.ok(&["list"]).contains("secret"));
    assert!(
        env.run(&["ingest", "--follow", "in"]).stderr.contains("1 new"),
        "links are followed if that is asked for"
    );
    for (file, reason) in [
        ("in/picture.html", "it is an image (png)"),
        ("in/report.html", "it is a PDF; convert it to text first"),
        ("in/film.html", "it is a recording (mp4)"),
    ] {
        let ran = env.run(&["ingest", file]);
        assert!(ran.code == 3 && ran.stderr.contains(reason), "{ran:?}");
    }
    // The same in a crawl that calls it a page.
    let http = [&b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"[..], &padded(b"%PDF-1.7\n")].concat();
    env.write("crawl.warc", crate::formats::warc_record("response", "https://www.post.example/1.pdf", &http));
    let ran = env.run(&["ingest", "crawl.warc"]);
    assert!(ran.code == 0 && ran.stderr.contains("1 PDFs"), "{ran:?}");
    // An archive is no input.
    let ran = env.run(&["--archive", "other", "ingest", "archive"]);
    assert!(ran.code == 3 && ran.stderr.contains("pressmark --archive archive export"), "{ran:?}");
    std::fs::rename(env.archive(), env.path("in/archive")).unwrap();
    let ran = env.run(&["--archive", "other", "ingest", "in"]);
    assert!(ran.code == 0 && ran.stderr.contains("1 pressmark archives"), "{ran:?}");
}

/// A query of any length ends, with an answer or with the reason why there is none.
#[test]
fn queries_that_ask_for_too_much() {
    let env = TestEnv::new();
    let text = |number: usize| {
        let words: Vec<String> =
            (0..60).map(|at| format!("m{number}x{at} word{} ri", (number * 7 + at) % 900)).collect();
        serde_json::json!({"title": format!("Headline {number}"), "text": words.join(" "), "lang": "en"})
            .to_string()
    };
    env.write("in.jsonl", (0..1500).map(text).collect::<Vec<_>>().join("\n"));
    env.ok(&["ingest", "in.jsonl"]);
    let many =
        |word: &dyn Fn(usize) -> String, count: usize| (0..count).map(word).collect::<Vec<_>>().join(" OR ");
    for (query, code) in [
        (many(&|_| "m*".to_owned(), 4000), 0),
        (many(&|n| format!("m{n}x1"), 4000), 0),
        (many(&|n| format!("word{n}"), 4000), 0),
        (many(&|n| format!("\"ri word{n}\""), 4000), 0),
        (format!("\"{}\"", "ri ".repeat(20_000)), 2),
        (format!("\"{}\"", "ri ".repeat(500)), 0),
        (many(&|n| format!("input:*{n}*"), 4000), 0),
        (many(&|n| format!("domain:s{n}.example"), 4000), 0),
        (many(&|n| format!("section:s{n}"), 4000), 2),
        (many(&|n| format!("m{n}*"), 5000), 2),
        ("(".repeat(60_000), 2),
    ] {
        let start = Instant::now();
        let ran = env.run(&["search", &query]);
        assert_eq!(ran.code, code, "{}: {}", &query[..60], ran.stderr);
        assert!(code == 0 || ran.stderr.contains("hint"), "{}: {}", &query[..60], ran.stderr);
        assert!(start.elapsed() < PATIENCE, "{}", &query[..60]);
    }
    // A word with a digit has no forms; one without has.
    assert_eq!(env.ok(&["count", "m7x1"]), "1\n");
    assert_eq!(env.ok(&["count", "headlines"]), "1500\n");
}

/// The seeds of the fuzz targets and some thousand mutants of each. The generator is seeded: a failure comes again.
#[test]
fn fuzz_seeds_and_their_mutants() {
    type Target = fn(&[u8]);
    let targets: [(&str, Target); 6] = [
        ("html", pressmark::fuzz::html),
        ("feed", pressmark::fuzz::feed),
        ("warc", pressmark::fuzz::warc),
        ("jsonl", pressmark::fuzz::jsonl),
        ("dates", pressmark::fuzz::dates),
        ("query", pressmark::fuzz::query),
    ];
    for (name, target) in targets {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
        let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            let seed = std::fs::read(&file).unwrap();
            target(&seed);
            let mut random = Random(seed.len() as u64);
            for _ in 0..400 {
                let mut mutant = seed.clone();
                for _ in 0..=random.below(4) {
                    let at = random.below(mutant.len() as u64) as usize;
                    match random.below(5) {
                        0 => mutant[at] = random.number() as u8,
                        1 => drop(mutant.drain(at..(at + random.below(40) as usize).min(mutant.len()))),
                        2 => mutant.extend_from_within(at..),
                        3 => mutant.truncate(at + 1),
                        _ => mutant.insert(at, b"<>\"'&;\n\0=/"[random.below(10) as usize]),
                    }
                    if mutant.is_empty() {
                        mutant.push(b'x');
                    }
                }
                target(&mutant);
            }
        }
    }
}

/// What nests, and what is empty where something ought to be, costs the input at most.
#[test]
fn readers_of_what_others_export() {
    let env = TestEnv::new();
    env.write(
        "links.md",
        format!(
            "---\ntitle: T\n---\n\n{}x{}\n\nA text behind them.",
            "[a".repeat(20_000),
            "](x)".repeat(20_000)
        ),
    );
    env.write(
        "nexis.html",
        "<html><body><DOCFULL><div>1 of 1 DOCUMENTS</div><div>Post</div><div></div><div><p>January 28, 2025</p></div><div><p>Headline</p></div><div><p>LENGTH: 3 words</p></div><div><p>It runs again.</p></div></DOCFULL></body></html>",
    );
    env.write(
        "deep.json",
        format!("{}{{\"title\":\"T\",\"text\":\"It runs.\"}}{}", "{\"data\":".repeat(100), "}".repeat(100)),
    );
    env.write(
        "wide.json",
        format!("{{\"columns\":[\"title\",\"{}\"],\"data\":[[\"t\",\"x\"]]}}", "k".repeat(100_000)),
    );
    env.write(
        "nested.xml",
        format!(
            "<NewsML><NewsItem><NewsComponent>{}text{}</NewsComponent></NewsItem></NewsML>",
            "<DataContent>".repeat(240),
            "</DataContent>".repeat(240)
        ),
    );
    env.write("many.xml", "<nitf><head><title>One</title></head><body><body.content><p>A.</p></body.content></body></nitf><nitf><head><title>Two</title></head><body><body.content><p>B.</p></body.content></body></nitf>");
    let ran = env.run(&[
        "extract",
        "--format",
        "jsonl",
        "links.md",
        "nexis.html",
        "deep.json",
        "wide.json",
        "nested.xml",
        "many.xml",
    ]);
    assert!(!ran.stderr.contains("defect"), "{}", ran.stderr);
    assert!(ran.stderr.lines().all(|line| line.len() < 2000), "{}", ran.stderr.len());
    let found: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let headlines: Vec<&str> = found.iter().filter_map(|one| one["headline"].as_str()).collect();
    for wanted in ["T", "Headline", "One", "Two"] {
        assert!(headlines.contains(&wanted), "{headlines:?}");
    }
    assert!(found.iter().all(|one| one["body"].as_str().unwrap().matches("text").count() < 3));
    survives("amps.jsonl", format!("{{\"title\":\"T\",\"text\":\"{}\"}}", "&<a ".repeat(500_000)));
    survives("open.md", format!("---\ntitle: T\n---\n\n{}", "[ ![ <a [a](( ".repeat(50_000)));
    survives(
        "codes.txt",
        "HD\tT\nPD\t28 January 2025\nET\t10:31\nx\nLP\tA.\nAN\tDocument 1\n".repeat(20_000),
    );
    let messages =
        r#"{"id":1,"type":"message","date_unixtime":"1738056660","text":"It runs."},"#.repeat(20_000);
    survives("chat.json", format!("{{\"name\":\"Port\",\"messages\":[{}]}}", messages.trim_end_matches(',')));
    let post =
        "<div class=\"message default\"><div class=\"body\"><div class=\"text\">It runs.</div></div></div>"
            .repeat(5_000);
    survives(
        "messages.html",
        format!(
            "<title>Exported Data</title><div class=\"page_header\"><div class=\"text\">Port</div></div><div class=\"history\">{post}</div>"
        ),
    );
    survives("subject.eml", format!("From: a@b.example\nSubject: {}\n\nIt runs.", "=?".repeat(200_000)));
}
