#!/bin/sh
# The main job on the samples: takes them in, looks articles up, exports them. Builds pressmark first, as the tests use it, unless PRESSMARK names
# one. Each command is printed as it can be pasted; what they make is in a new directory, which goes at the end.
set -eu
cd "$(dirname "$0")/.."
. samples/common.sh
run "pressmark ingest --path-pattern '{source}/{published}_*.txt' samples/pages"
run 'pressmark ingest samples/agency.jsonl samples/reprints.json'
run 'pressmark ingest --map headline=hed,body=content.text,published=when,byline=by --source evening-post.example samples/letters.jsonl'
run 'pressmark --archive "$OUT/web" ingest --keep-raw samples/web'
run 'pressmark --archive "$OUT/web" list -f table --sort date'
run 'pressmark list -f table --sort date'
run 'pressmark count --by source,month'
run "pressmark list 'source:evening-post.example date:28.01.2025..2025-01'"
run "pressmark search -f table -n 3 'мости OR bridges OR ferry'"
run "pressmark why 6f65 'ports passing' || true"
run "pressmark tag +checked 'title:bill'"
run "pressmark count 'tag:checked date:2025-01 -source:utro.example'"
run 'pressmark show --no-pager 6f65'
run 'pressmark export -o "$OUT/all.jsonl"'
run 'pressmark export --source agency.example -o "$OUT/agency.csv"'
run 'pressmark export -o "$OUT/bill.html" title:bill'
run 'pressmark export --split "$OUT/articles"'
run 'wc -l < "$OUT/all.jsonl"; ls "$OUT/articles" | wc -l'
run 'pressmark verify --read-data'
