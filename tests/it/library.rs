//! The example of the library does what it says.

use crate::env::TestEnv;

#[expect(dead_code, reason = "the example's main is for the command line")]
#[path = "../../examples/library.rs"]
mod example;

#[test]
fn the_example_runs() {
    let env = TestEnv::new();
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let files = ["agency.jsonl", "reprints.json"].map(|name| samples.join(name));
    let mut out = Vec::new();
    example::run(&env.path("news"), &files, &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with("9 new, 0 known, 0 rejected\n"), "{out}");
    assert!(out.contains("2025-01-29 Parliament passes the harbour bill\nen 6\n"), "{out}");
    assert!(out.ends_with("source,headline\nagency.example,Мороз до четверга\n"), "{out}");
}
