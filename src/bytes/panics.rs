//! sled 0.34 panics on some damaged files, and so does tantivy. Here their panics become values, and whoever wants to see nothing of them sets a panic hook that keeps silent, as the command line does.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a call into one of them and turns a panic into its message.
pub fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let text = text.unwrap_or_else(|| "no reason given".to_owned());
        format!("it gave up: {}", text.lines().next().unwrap_or_default())
    })
}

/// Whether a panic comes from one of them, by the file that it came from: those are errors of the archive, and no news.
pub fn is_theirs(file: &str) -> bool {
    file.contains("sled-0.34") || file.contains("tantivy")
}

#[cfg(test)]
mod tests {
    #[test]
    #[expect(clippy::panic, reason = "a panic is what is caught")]
    fn panics_become_values() {
        assert_eq!(super::caught(|| 1), Ok(1));
        let caught = super::caught(|| -> u8 { panic!("tried to serialize {}", "Uninitialized") });
        assert_eq!(caught, Err("it gave up: tried to serialize Uninitialized".to_owned()));
    }
}
