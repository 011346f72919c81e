//! The threads on which work is spread: a pool of the library's own, so that it never waits for another's.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::OnceLock;

/// Runs work whose parallel parts are spread over all cores.
pub fn spread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let made = || ThreadPoolBuilder::new().thread_name(|at| format!("pressmark-{at}")).build().ok();
    match POOL.get_or_init(made) {
        Some(pool) => pool.install(work),
        // Where the system gives no threads, this one does it.
        None => work(),
    }
}
