#!/bin/sh
# Makes an archive of the current format with every kind of entry, and what it answers: NAME/, NAME.head, NAME.log, NAME.jsonl.
# tests/it/format.rs opens it. One that was made is never made again: it has to open for ever. A later format gets another name.
#
#     sh tests/data/archives/make.sh v1
set -eu
cd "$(dirname "$0")/../../.."
name=$1
kept=tests/data/archives/$name
if [ -e "$kept" ]; then
    echo "$kept is there, and stays as it is" >&2
    exit 1
fi
cargo build --locked
pressmark=$PWD/target/debug/pressmark
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PRESSMARK_ARCHIVE=$work/archive
PRESSMARK_MAKE_ARCHIVE=$PRESSMARK_ARCHIVE
export PRESSMARK_ARCHIVE PRESSMARK_MAKE_ARCHIVE
"$pressmark" ingest --keep-raw samples/web
"$pressmark" ingest samples/agency.jsonl samples/reprints.json
"$pressmark" tag +ferry +night 'title:ferry'
"$pressmark" tag -night 'title:ferry'
"$pressmark" query save agency 'source:agency.example'
"$pressmark" query save gone 'rain'
"$pressmark" query remove gone
cargo test --locked --test it -- --ignored --exact format::make_version_1
mkdir "$kept"
cp -R "$PRESSMARK_ARCHIVE/pressmark.toml" "$PRESSMARK_ARCHIVE/ledger" "$kept/"
cp -R "$PRESSMARK_ARCHIVE/raw" "$kept/"
"$pressmark" log --head > "$kept.head"
"$pressmark" log > "$kept.log"
"$pressmark" export --archive-data --originals > "$kept.jsonl"
