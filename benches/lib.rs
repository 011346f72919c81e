//! Where things are that benchmarks run.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The project's directory.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("benches/ is in it").to_owned()
}

/// The program, built as its users have it.
pub fn binary() -> String {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--bin", "pressmark"])
        .current_dir(root())
        .status();
    assert!(built.is_ok_and(|status| status.success()), "pressmark does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("release/pressmark").to_string_lossy().into_owned()
}
