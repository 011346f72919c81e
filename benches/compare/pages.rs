//! A WARC of real pages: HTML to durable articles, beside trafilatura and warcio in Python on the same machine.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Makes a WARC, gzip a record, of every `.html` under a directory; how many there are.
fn warc(pages: &Path, to: &Path) -> usize {
    let mut out = std::io::BufWriter::new(std::fs::File::create(to).unwrap());
    let mut count = 0;
    let files = walkdir::WalkDir::new(pages).sort_by_file_name().into_iter().map(Result::unwrap);
    for file in files.filter(|file| file.path().extension().is_some_and(|extension| extension == "html")) {
        count += 1;
        let html = std::fs::read(file.path()).unwrap();
        let http = [&b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"[..], &html].concat();
        let head = format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{count:032x}>\r\nWARC-Target-URI: https://pages.example/{count}\r\nWARC-Date: 2026-06-01T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
            http.len()
        );
        let mut gzip = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
        for part in [head.as_bytes(), &http, b"\r\n\r\n"] {
            gzip.write_all(part).unwrap();
        }
        gzip.finish().unwrap();
    }
    out.flush().unwrap();
    count
}

/// Compares; `dir` is for what is made on the way.
pub fn compare(pages: &Path, dir: &Path) {
    let path = dir.join("pages.warc.gz");
    let count = warc(pages, &path);
    let python = environment(dir);
    let theirs = |mode: &str| {
        let script = benches::root().join("benches/compare/pages.py");
        let output = Command::new(&python).arg(script).arg(&path).arg(mode).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
        (numbers[1], numbers[0] / numbers[2])
    };
    let ours = |arguments: &[&str]| {
        let start = Instant::now();
        let archive = dir.join("pages");
        let _ = std::fs::remove_dir_all(&archive);
        let output = Command::new(benches::binary())
            .arg("--archive")
            .arg(&archive)
            .arg("ingest")
            .args(arguments)
            .arg(&path)
            .output()
            .unwrap();
        let rate = count as f64 / start.elapsed().as_secs_f64();
        (String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("").to_owned(), rate)
    };
    println!("{count} pages, {} MB of WARC", std::fs::metadata(&path).unwrap().len() / 1_000_000);
    println!("\n| | pressmark | Python | ratio |\n|---|---|---|---|");
    let ((with_text, their_pages), (said, our_pages)) = (theirs("pages"), ours(&["--all-pages"]));
    super::row(
        "pages/s, WARC to articles (theirs: to text in memory)",
        our_pages,
        their_pages,
        our_pages / their_pages,
    );
    let ((_, their_records), (_, our_records)) = (theirs("records"), ours(&["--url-prefix", "none:"]));
    super::row("records/s, reading the WARC alone", our_records, their_records, our_records / their_records);
    println!("\nours: {said}\ntheirs: {with_text} pages with a text");
}

/// A Python with trafilatura and warcio, in an environment of its own.
fn environment(dir: &Path) -> std::path::PathBuf {
    let environment = dir.join("python");
    let python = environment.join("bin/python");
    if !python.exists() {
        assert!(Command::new("python3").args(["-m", "venv"]).arg(&environment).status().unwrap().success());
        let packages = ["-m", "pip", "install", "--quiet", "trafilatura==2.3.1", "lxml_html_clean", "warcio"];
        assert!(Command::new(&python).args(packages).status().unwrap().success());
    }
    python
}
