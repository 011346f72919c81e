//! sled 0.34 panics on some damaged files, and so does tantivy. Here their panics become values, and the library stays silent about them.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// Runs a call into one of them and turns a panic into its message.
pub fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let text = text.unwrap_or_else(|| "no reason given".to_owned());
        format!("it gave up: {}", text.lines().next().unwrap_or_default())
    })
}

/// Keeps the panic hook from printing what happens inside of them; every other panic is reported as before.
pub fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = take_hook();
        set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            let inside = |file: &str| file.contains("sled-0.34") || file.contains("tantivy");
            if !info.location().is_some_and(|at| inside(at.file())) {
                report(info);
            }
        }));
    });
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
