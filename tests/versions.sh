#!/usr/bin/env bash
# Two versions of pressmark that were really built, one archive: each asks while the other holds it, all four pairs.
#
#     tests/versions.sh          this version, and the same with another protocol
#     tests/versions.sh REV      this version, and that of an earlier commit
#
# Where both speak one protocol, the holder answers at once. Where they do not, whoever asks waits for the archive and says for whom, and is
# answered when the holder ends. Needs Rust, a C compiler and git.
set -euo pipefail
cd "$(dirname "$0")/.."
made=target/versions
rm -rf "$made"/{tree,this*,other*} && mkdir -p "$made/tree"
build() { # the sources, where it is built, the name. To cargo, the same package in two places is one.
    cargo build --quiet --locked --manifest-path "$1/Cargo.toml" --target-dir "$2" --bin pressmark
    cp "$2/debug/pressmark" "$made/$3"
}
git archive "${1:-HEAD}" | tar -x -C "$made/tree"
same=yes
if [ $# = 0 ]; then
    cp -r src Cargo.toml Cargo.lock "$made/tree/"
    sed -i 's/PROTOCOL: u32 = 1;/PROTOCOL: u32 = 2;/' "$made/tree/src/shared/wire.rs"
    grep -q 'PROTOCOL: u32 = 2;' "$made/tree/src/shared/wire.rs"
    same=no
fi
build "$made/tree" "$made/build" other
build . target this
articles() { for n in $(seq "$1" "$2"); do printf '{"title":"Ferry %d","text":"The ferry number %d waited in Izmail for the ice to go.","source":"post.example"}\n' "$n" "$n"; done; }
fail() { echo "versions: $*" >&2; exit 1; }
for holder in this other; do
    for client in this other; do
        archive=$made/$holder-$client
        ask() { "$made/$client" --archive "$archive" --wait "$wait" -q "$@" 3>&-; }
        rm -f "$made/pipe" && mkfifo "$made/pipe"
        "$made/$holder" --archive "$archive" -q ingest - <"$made/pipe" & pid=$!
        exec 3>"$made/pipe"
        articles 1 5000 >&3
        until [ -S "$archive/socket" ]; do sleep 0.05; done
        wait=1
        if [ "$holder" = "$client" ] || [ $same = yes ]; then
            until [ "$(ask count)" -gt 0 ]; do sleep 0.05; done
            sleep 0.5 # what it has read is what it holds, until more comes
            count=$(ask count)
            [ "$(ask list ferry | wc -l)" = "$count" ] || fail "$client did not list what $holder holds"
            [ "$(ask search -n 3 izmail | wc -l)" -ge 3 ] || fail "$client did not search what $holder holds"
            [ "$(ask export --format jsonl | wc -l)" = "$count" ] || fail "$client did not export what $holder holds"
            ask tag +seen -- ferry >"$made/said" 2>&1 || fail "$client did not tag: $(cat "$made/said")"
            [ "$(ask count tag:seen)" = "$count" ] || fail "$client tagged nothing"
            how="is answered"
        else
            code=0
            ask count >"$made/said" 2>&1 || code=$?
            [ $code = 11 ] || fail "$client ended with $code while $holder holds the archive: $(cat "$made/said")"
            wait=30
            ask count >"$made/count" 3>&- & asking=$!
            sleep 0.5
            how="waits, and is answered when the holder ends"
        fi
        exec 3>&-
        wait $pid || fail "$holder ended with $?"
        if [ "$how" != "is answered" ]; then
            wait $asking || fail "$client ended with $?"
            [ "$(cat "$made/count")" = 5000 ] || fail "$client counted $(cat "$made/count")"
        fi
        "$made/this" --archive "$archive" -q verify --read-data >/dev/null || fail "the archive of $holder is damaged"
        echo "holder $holder, client $client: $how"
    done
done
