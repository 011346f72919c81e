#!/usr/bin/env bash
# The tests with every round of random kills, faults and flipped bits, where `cargo test` runs a fifth of them; and a test whose tool
# is missing (strace, script) fails. Needs Rust, a C compiler, strace and script(1).
set -euo pipefail
cd "$(dirname "$0")/.."
PRESSMARK_THOROUGH=1 cargo test --locked "$@"
