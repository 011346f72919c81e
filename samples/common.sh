# What the scripts beside this have in common: pressmark built as the tests use it, unless PRESSMARK names one; a directory that goes at the end; commands
# that are printed as they can be pasted, and run.
if [ -z "${PRESSMARK:-}" ]; then
    cargo build --locked
    PRESSMARK=${CARGO_TARGET_DIR:-target}/debug/pressmark
fi
pressmark() { "$PRESSMARK" "$@"; }
run() {
    printf '\n$ %s\n' "$1"
    eval "$1"
}
trap 'rm -rf "${OUT:-}"' EXIT
printf '\n$ PATH=%s:$PATH\n' "$(cd "$(dirname "$PRESSMARK")" && pwd)"
run 'OUT=$(mktemp -d); export PRESSMARK_ARCHIVE="$OUT/news"'
