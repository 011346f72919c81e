//! Every form in which news is kept goes in: one story in each, found again.

use crate::env::TestEnv;
use serde_json::Value;
use std::io::Write;

const LEAD: &str = "The night ferry between Odesa and Izmail will run again from Monday, the port authority said on Friday afternoon.";
const PIER: &str =
    "Repairs to the pier took four months and cost twice as much as planned, according to the authority.";

/// A page as a newspaper has it: menus, a teaser of another story with a date of its own, a footer.
pub fn page(number: usize) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>Ferry {number} runs again | Evening Post</title>\
         <meta property=\"og:site_name\" content=\"Evening Post\"><link rel=\"canonical\" href=\"https://www.post.example/{number}\">\
         <script type=\"application/ld+json\">{{\"@type\":\"NewsArticle\",\"headline\":\"Ferry {number} runs again\",\"datePublished\":\"2025-01-28T09:31:00+02:00\",\
         \"author\":{{\"@type\":\"Person\",\"name\":\"Olena Kovach\"}},\"publisher\":{{\"name\":\"Evening Post\"}}}}</script></head><body>\
         <nav><ul><li><a href=\"/\">Home</a></li><li><a href=\"/s\">Sport</a></li></ul></nav><main><article><h1>Ferry {number} runs again</h1>\
         <p>{LEAD}</p><p>{PIER}</p></article><aside><h3>Most read</h3><p>30 January 2025</p><p>A library for children was opened in Lviv. <a href=\"/x\">Read more</a></p></aside></main>\
         <footer>© 2025 Evening Post. All rights reserved.</footer></body></html>"
    )
}

/// A record of a WARC.
pub fn warc_record(kind: &str, url: &str, http: &[u8]) -> Vec<u8> {
    let content_type = if kind == "response" { "application/http; msgtype=response" } else { "text/html" };
    let head = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:0>\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2025-02-01T10:00:00Z\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        http.len()
    );
    [head.as_bytes(), http, b"\r\n\r\n"].concat()
}

fn response(number: usize) -> Vec<u8> {
    let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{}", page(number));
    warc_record("response", &format!("https://www.post.example/{number}?utm_source=x"), http.as_bytes())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// What extract makes of one file.
fn extract(name: &str, content: &[u8]) -> Vec<Value> {
    let env = TestEnv::new();
    env.write(name, content);
    let out = env.ok(&["extract", "--format", "jsonl", name]);
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn check(name: &str, content: &[u8]) {
    let found = extract(name, content);
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    let one = &found[0];
    assert_eq!(one["headline"], "Ferry 1 runs again", "{name}");
    assert_eq!(one["body"], format!("{LEAD}\n\n{PIER}"), "{name}");
    assert_eq!(one["published"], "2025-01-28T09:31:00+02:00", "{name}");
    assert_eq!(one["published_origin"], "jsonld", "{name}");
    assert_eq!(one["byline"], serde_json::json!(["Olena Kovach"]), "{name}");
    assert_eq!(
        (&one["source"], &one["publisher"]),
        (&"post.example".into(), &"Evening Post".into()),
        "{name}"
    );
    assert_eq!((&one["language"], &one["is_article"]), (&"en".into(), &true.into()), "{name}");
}

/// The same page, however it is wrapped and whatever it is called.
#[test]
fn one_page_in_every_wrapping() {
    let page = page(1).into_bytes();
    check("page.html", &page);
    check("page", &page);
    check("page.html.gz", &gzip(&page));
    check("page.html.zst", &zstd::encode_all(&page[..], 1).unwrap());
    let warc = [warc_record("warcinfo", "", b"software: x\r\n"), response(1)].concat();
    check("crawl.warc", &warc);
    check("crawl.bin", &warc);
    check("whole.warc.gz", &gzip(&warc));
    check("records.warc.gz", &[gzip(&warc_record("warcinfo", "", b"x: y\r\n")), gzip(&response(1))].concat());
    check("crawl.warc.zst", &zstd::encode_all(&warc[..], 1).unwrap());
    check("resource.warc", &warc_record("resource", "https://www.post.example/1", &page));
    let arc_http = [&b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"[..], &page].concat();
    let arc = [
        format!("filedesc://x.arc 0.0.0.0 20250201100000 text/plain 3\n1 0\nhttps://www.post.example/1 1.2.3.4 20250201100000 text/html {}\n", arc_http.len())
            .as_bytes(),
        &arc_http,
        b"\n",
    ]
    .concat();
    check("crawl.arc", &arc);
    check("pages.tar", &tar(&[("a/page.html", page.clone()), (".hidden", b"x".to_vec())]));
    check("pages.tar.gz", &gzip(&tar(&[("a/page.html", gzip(&page))])));
    check("pages.zip", &zip(&[("a/page.html", page.clone())]));
    check("nested.zip", &zip(&[("a/pages.tar", tar(&[("crawl.warc.gz", gzip(&warc))]))]));
    let mhtml = [
        &b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://www.post.example/1\r\nDate: Sat, 1 Feb 2025 10:00:00 -0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"[..],
        &page,
        b"\r\n--b--\r\n",
    ]
    .concat();
    check("page.mhtml", &mhtml);
}

/// A dictionary in a skippable frame before the records, as crawlers write it.
#[test]
fn a_warc_with_a_zstd_dictionary() {
    let dictionary = page(7).into_bytes();
    let mut bytes = vec![0x5d, 0x2a, 0x4d, 0x18];
    bytes.extend_from_slice(&(dictionary.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&dictionary);
    let mut encoder = zstd::Encoder::with_dictionary(Vec::new(), 3, &dictionary).unwrap();
    encoder.write_all(&response(1)).unwrap();
    bytes.extend_from_slice(&encoder.finish().unwrap());
    check("crawl.warc.zst", &bytes);
}

#[test]
fn a_mixed_directory_just_works() {
    let env = TestEnv::new();
    env.write("in/a.html", page(1));
    env.write("in/b.warc.gz", [gzip(&response(2)), gzip(&response(3))].concat());
    env.write(
        "in/c.csv",
        format!("headline;body;published\nFerry 4 runs again;\"{LEAD}\n{PIER}\";28.01.2025\n"),
    );
    env.write("in/d.rss", format!("<rss version='2.0'><channel><title>Post</title><item><title>Ferry 5 runs again</title><link>https://post.example/5</link><description>{LEAD}</description><pubDate>Tue, 28 Jan 2025 09:31:00 +0200</pubDate></item></channel></rss>"));
    env.write("in/e.jsonl", serde_json::json!({"title": "Ferry 6 runs again", "text": LEAD}).to_string());
    env.write("in/f.mbox", format!("From a@post.example Tue Jan 28 09:31:00 2025\nFrom: Post <a@post.example>\nSubject: Ferry 7 runs again\nDate: Tue, 28 Jan 2025 09:31:00 +0200\n\n{LEAD}\n\n{PIER}\n\nFrom b@post.example Tue Jan 28 09:31:00 2025\nFrom: Post <a@post.example>\nSubject: Ferry 8 runs again\n\n{PIER}\n>From here on.\n"));
    env.write("in/g.txt", format!("Ferry 9 runs again\n\n{LEAD}\n\n{PIER}\n"));
    env.write("in/h.tar", tar(&[("x.html", page(10).into_bytes())]));
    let ran = env.run(&["ingest", "in"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.ends_with("read 10: 10 new, 0 new captures, 0 known, 0 rejected\n"), "{}", ran.stderr);
    let listed = env.ok(&["export", "--format", "jsonl"]);
    for number in 1..=10 {
        assert!(listed.contains(&format!("Ferry {number} runs again")), "{number}");
    }
    assert!(listed.contains("\"is_summary\":true"), "a feed's summary says that it is one");
    let again = env.run(&["ingest", "in"]);
    assert!(
        again.stderr.ends_with("read 10: 0 new, 0 new captures, 8 known, 0 rejected, 2 skipped\n"),
        "{}",
        again.stderr
    );
}

#[test]
fn crawls_are_filtered_and_counted() {
    let env = TestEnv::new();
    let front = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Post</title><ul><li><a href=a>A</a><li><a href=b>B</a></ul>";
    let missing = format!("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n{}", page(9));
    let crawl = [
        response(1),
        warc_record("response", "https://other.example/2", &response(2)),
        warc_record("response", "https://www.post.example/", front),
        warc_record("response", "https://www.post.example/9", missing.as_bytes()),
        warc_record(
            "response",
            "https://www.post.example/i.png",
            b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG",
        ),
        warc_record("revisit", "https://www.post.example/1", b"HTTP/1.1 304 Not Modified\r\n\r\n"),
        warc_record("request", "https://www.post.example/1", b"GET / HTTP/1.1\r\n\r\n"),
    ]
    .concat();
    env.write("crawl.warc", &crawl);
    let ran = env.run(&["ingest", "crawl.warc", "--domain", "post.example"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.stderr.split_once('\n').unwrap().1,
        "pressmark: skipped: 1 crawl records, 1 unchanged pages, 2 of other URLs or statuses, 1 without an article, 1 non-text\n\
         pressmark: read 7: 1 new, 0 new captures, 0 known, 0 rejected, 6 skipped\n"
    );
    let shown: Value = serde_json::from_str(&env.ok(&["export", "--format", "jsonl"])).unwrap();
    assert_eq!(shown["captures"][0]["captured"], "2025-02-01T10:00:00Z");
    assert_eq!(shown["url"], "https://www.post.example/1?utm_source=x");
    assert_eq!(shown["captures"][0]["canonical_url"], "https://www.post.example/1");

    // A domain in other letters is that of the URL, and what is none is an error.
    let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}", page(2));
    env.write("uk.warc", warc_record("response", "https://www.xn--80akhbyknj4f.example/2", http.as_bytes()));
    let ran = env.run(&["ingest", "uk.warc", "--domain", "испытание.example"]);
    assert!(ran.stderr.contains("1 new"), "{ran:?}");
    let ran = env.run(&["ingest", "uk.warc", "--domain", "https://post.example/"]);
    assert!(ran.code == 2 && ran.stderr.contains("is not a domain"), "{ran:?}");
    let ran = env.run(&[
        "extract",
        "--format",
        "jsonl",
        "crawl.warc",
        "--url-prefix",
        "https://www.post.example/9",
        "--status",
        "404",
    ]);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
}

/// Lies about lengths, and records that are cut, cost themselves.
/// A crawl is not read again that was read, whether it is whole, still growing, or compressed; another one of its name is.
#[test]
fn crawls_go_on_where_they_ended() {
    let plain: Vec<Vec<u8>> = (1..=4).map(response).collect();
    let gz: Vec<Vec<u8>> = plain.iter().map(|record| gzip(record)).collect();
    let zst: Vec<Vec<u8>> = plain.iter().map(|record| zstd::encode_all(&record[..], 1).unwrap()).collect();
    for (name, records) in [("c.warc", plain), ("c.warc.gz", gz), ("c.warc.zst", zst)] {
        let env = TestEnv::new();
        let ingest = |arguments: &[&str]| {
            let ran = env.run(&[&["ingest", name], arguments].concat());
            ran.stderr.lines().last().unwrap().to_owned()
        };
        env.write(name, records[..2].concat());
        assert!(ingest(&[]).contains("read 2: 2 new"), "{name}");
        assert!(ingest(&[]).contains("read 2: 0 new, 0 new captures, 0 known, 0 rejected, 2 skipped"));
        env.write(name, records[..3].concat());
        assert!(ingest(&[]).contains("read 3: 1 new, 0 new captures, 0 known, 0 rejected, 2 skipped"));
        assert_eq!(env.ok(&["export", "--format", "jsonl"]).matches(&format!("{name}#3")).count(), 1);
        assert!(ingest(&["--from-start"]).contains("read 3: 0 new, 0 new captures, 3 known, 0 rejected"));
        // What is asked for is something else.
        assert!(ingest(&["--source", "post"]).contains("0 rejected"));
        assert!(!ingest(&["--status", "404"]).contains("read by an earlier run"));
        // Another archive's progress is not this one's.
        let other = TestEnv::with(&[&crate::env::record(1)]);
        crate::env::copy_dir(&env.path("archive/checkpoints"), &other.path("archive/checkpoints"));
        let path = env.path(name);
        let ran = other.run(&["ingest", path.to_str().unwrap()]);
        assert!(ran.stderr.contains("read 3: 3 new"), "{ran:?}");
        // Another crawl under the same name, and one that is cut short.
        env.write(name, records[3..].concat());
        assert!(ingest(&[]).contains("read 1: 1 new"), "{name}");
        let cut = records[..2].concat();
        env.write(name, &cut[..cut.len() - 40]);
        assert!(ingest(&[]).contains("known, 1 rejected"), "{name}");
        assert!(ingest(&[]).contains("known, 1 rejected"), "{name}");
    }
}

#[test]
fn warcs_that_lie() {
    let long = String::from_utf8(response(1))
        .unwrap()
        .replacen("Content-Length: ", "Content-Length: 9", 1)
        .into_bytes();
    let short = {
        let text = String::from_utf8(response(2)).unwrap();
        let at = text.find("Content-Length: ").unwrap() + "Content-Length: ".len();
        let end = at + text[at..].find('\r').unwrap();
        format!("{}40{}", &text[..at], &text[end..]).into_bytes()
    };
    let negative = String::from_utf8(response(3))
        .unwrap()
        .replacen("Content-Length: ", "Content-Length: -", 1)
        .into_bytes();
    let huge = String::from_utf8(response(3))
        .unwrap()
        .replacen("Content-Length: ", "Content-Length: 99999999999999999999", 1)
        .into_bytes();
    let cut = response(5)[..600].to_vec();
    for (name, lie, reason) in [
        ("long", long, "it claims more bytes than it has; the records after it are read"),
        ("short", short, ""),
        ("negative", negative, "its header gives no length that is a number"),
        ("huge", huge, "its header gives no length that is a number"),
    ] {
        let env = TestEnv::new();
        env.write("crawl.warc", [response(8), lie, response(9)].concat());
        let ran = env.run(&["ingest", "crawl.warc"]);
        assert!(ran.stderr.contains(reason), "{name}: {ran:?}");
        let listed = env.ok(&["export", "--format", "jsonl"]);
        assert!(listed.contains("Ferry 8") && listed.contains("Ferry 9"), "{name}: {ran:?}");
    }
    let env = TestEnv::new();
    env.write("crawl.warc", [response(8), cut].concat());
    let ran = env.run(&["ingest", "crawl.warc"]);
    assert!(
        ran.stderr.contains("rejected crawl.warc: record 2: it is cut short: the input ends inside it"),
        "{ran:?}"
    );
    let env = TestEnv::new();
    let packed = [gzip(&response(8)), gzip(&response(9))].concat();
    env.write("crawl.warc.gz", &packed[..packed.len() - 20]);
    let ran = env.run(&["ingest", "crawl.warc.gz"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(env.ok(&["export", "--format", "jsonl"]).contains("Ferry 8"), "{ran:?}");
}

/// Ukrainian and Russian pages in the old encodings, named by the page, by the server, or by nobody.
#[test]
fn old_encodings_come_out_right() {
    let text = "Нічний паром між Одесою та Ізмаїлом знову ходитиме з понеділка, повідомила адміністрація порту у п’ятницю. Ремонт причалу тривав чотири місяці.";
    for label in ["windows-1251", "koi8-u"] {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        let text = text.replace('’', "'");
        for named in [true, false] {
            let meta = if named { format!("<meta charset={label}>") } else { String::new() };
            let page = format!("<html>{meta}<h1>Паром знову ходить до Ізмаїла</h1><p>{text}</p>");
            let found = extract("page.html", &encoding.encode(&page).0);
            assert_eq!(found[0]["body"], text, "{label} {named}");
            assert_eq!(found[0]["language"], "uk", "{label} {named}");
            let how = if named { "which it names" } else { "by a guess" };
            assert!(found[0]["notes"][0].as_str().unwrap().contains(how), "{label}: {}", found[0]["notes"]);
        }
    }
}

#[test]
fn columns_are_mapped() {
    let env = TestEnv::new();
    env.write("t.tsv", format!("hed\ttext_of_it\twhen\tid\nFerry runs\t{LEAD}\t28 січня 2025\t7\n"));
    let out = env.ok(&[
        "extract",
        "--format",
        "jsonl",
        "t.tsv",
        "--map",
        "headline=hed,body=text_of_it,published=when",
    ]);
    let one: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&one["headline"], &one["published"]), (&"Ferry runs".into(), &"2025-01-28".into()));
}

/// A tar that was cut short: the last member is rejected, not taken for what is there of it.
#[test]
fn a_tar_that_was_cut() {
    let env = TestEnv::new();
    let whole = tar(&[("a.html", page(1).into_bytes()), ("b.html", page(2).into_bytes())]);
    let second = whole.windows(7).rposition(|window| window == b"Ferry 2").unwrap();
    env.write("cut.tar", &whole[..second]);
    let ran = env.run(&["ingest", "cut.tar"]);
    assert!(ran.code == 3 && ran.stderr.contains("1 new") && ran.stderr.contains("2 rejected"), "{ran:?}");
    assert!(ran.stderr.contains("cut.tar/b.html") && ran.stderr.contains("bytes are missing"), "{ran:?}");
}

#[test]
fn explain_says_what_was_considered() {
    let env = TestEnv::new();
    env.write("page.html", page(1));
    let out = env.ok(&["extract", "--explain", "page.html"]);
    for line in [
        "headline  chosen      h1: Ferry 1 runs again",
        "published chosen      jsonld datePublished: 2025-01-28T09:31:00+02:00",
        "byline    chosen      jsonld author: Olena Kovach",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
}

/// What is found of a page without a text is shown by `extract`, which says that `ingest` rejects it.
#[test]
fn a_page_without_a_text_can_be_looked_at() {
    let env = TestEnv::new();
    env.write(
        "empty.html",
        "<html><meta property=article:published_time content=2025-01-28><h1>Ferry 1 runs again</h1><div id=root></div>",
    );
    let ran = env.run(&["extract", "--explain", "--format", "jsonl", "empty.html"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&found["headline"], &found["published"]),
        (&"Ferry 1 runs again".into(), &"2025-01-28".into())
    );
    assert!(
        found["rejected"].as_str().unwrap().starts_with("found a headline but no article text"),
        "{found}"
    );
    assert!(!found["explanation"].as_array().unwrap().is_empty());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("ingest rejects empty.html: found a headline but no article text"),
        "{}",
        ran.stderr
    );
    let ran = env.run(&["ingest", "empty.html"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("1 rejected"), "{}", ran.stderr);
}

/// A text that ends at a notice that one has to pay is known as such, on pages and in dumps.
#[test]
fn texts_that_a_paywall_cuts_are_marked() {
    let notice = "<p>This article is for subscribers only.</p>";
    let cut = page(1).replace("</article>", &format!("{notice}</article>"));
    for (content, is_cut) in [(page(1), false), (cut, true)] {
        let found = extract("page.html", content.as_bytes());
        assert_eq!(found[0]["cut"], is_cut, "{}", found[0]);
    }
    let dump = |end: &str| format!("Ferry runs again\n\n{LEAD}\n\n{PIER}\n\n{LEAD} {PIER} {LEAD}\n\n{end}\n");
    for (end, is_cut) in [("Share", false), ("This article is for subscribers only.", true)] {
        let found = extract("dump.txt", dump(end).as_bytes());
        assert_eq!(found[0]["cut"], is_cut, "{}", found[0]);
    }
}
