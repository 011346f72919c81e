#!/bin/sh
# The main job on the samples: takes them in, looks articles up, exports them. Builds pressmark first, unless PRESSMARK names
# one. The archive is made in a new directory, which is printed at the end.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${PRESSMARK:-}" ]; then
    cargo build --release --locked
    PRESSMARK=target/release/pressmark
fi
out=$(mktemp -d)
PRESSMARK_ARCHIVE=$out/archive
export PRESSMARK_ARCHIVE
run() {
    printf '\n$ pressmark %s\n' "$*"
    "$PRESSMARK" "$@"
}
run ingest --path-pattern '{source}/{published}_*.txt' samples/pages
run ingest samples/agency.jsonl samples/reprints.json
run ingest --map headline=hed,body=content.text,published=when,byline=by --source evening-post.example samples/letters.jsonl
run --archive "$out/web" ingest --keep-raw samples/web
run --archive "$out/web" list --format table --order oldest
run list --format table --order oldest
run count --by source
run list --source evening-post.example --since 2025-01-28 --until 2025-01
run search --format text --limit 3 'мости OR bridges OR ferry'
run why 6f65 'ports passing'
run tag +checked 'title:bill'
run count 'tag:checked date:2025-01 -source:utro.example'
run show --no-pager 6f65
run export -o "$out/all.jsonl"
run export --source agency.example -o "$out/agency.csv"
run export --split "$out/articles"
run verify --read-data
printf '\neverything is in %s\n' "$out"
