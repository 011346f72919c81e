#!/bin/sh
# Three people's days with pressmark, replayed: a journalist with a folder of saved pages, a researcher with a table of headlines, an engineer with a
# nightly job. Ends with 1 where something is not as it should be. Builds pressmark first, unless PRESSMARK names one.
set -eu
cd "$(dirname "$0")/.."
. samples/common.sh

# Runs a command that must end with this code.
ends() {
    code=0
    run "$2" || code=$?
    [ "$code" = "$1" ] || { echo "ended with $code, not with $1" >&2; exit 1; }
}
# Runs a command that must print this, on either output.
says() {
    printf '\n$ %s\n' "$2"
    said=$(eval "$2" 2>&1) || true
    printf '%s\n' "$said"
    case $said in *"$1"*) ;; *) echo "it does not say: $1" >&2; exit 1 ;; esac
}

echo; echo "== The journalist"
mkdir -p "$OUT/saved/pilots_files" "$OUT/saved/.git"
cp samples/web/*.html "$OUT/saved/"; cp -r samples/pages "$OUT/saved/"
printf 'body { margin: 0 }\n' > "$OUT/saved/pilots_files/page.css"
printf 'GIF89a\001\000\001\000\000\000\000;' > "$OUT/saved/dot.gif"
ends 2 'pressmark ingest "$OUT/savde"'
ends 2 'pressmark ingest https://www.gazette.example/2025/01/28/pilots'
says 'parts of saved pages' 'pressmark ingest "$OUT/saved"'
says 'did you mean ferry OR harbour?' 'pressmark count ferry or harbour'
says 'Pilots return' 'pressmark list https://www.gazette.example/2025/01/28/pilots'
says 'did you mean source:gazette.example?' 'pressmark count source=gazette.example'
says 'captured' 'pressmark show --no-pager 8cb8 | head -9'
ends 0 'pressmark tag +story title:pilots'
ends 0 'pressmark export -o "$OUT/story.html" tag:story'
ends 0 'grep -q "Pilots return" "$OUT/story.html"'

echo; echo "== The researcher"
PRESSMARK_ARCHIVE="$OUT/headlines"
awk 'BEGIN { for (n = 1; n <= 400; n++) printf "{\"title\":\"%s prices, report %d\",\"text\":\"Report %d on %s.\",\"date\":\"2024-%02d-%02d\",\"source\":\"desk%d.example\",\"commodity\":\"%s\",\"lang\":\"en\"}\n",
    n % 3 ? "Grain" : "Oil", n, n, n % 3 ? "grain" : "oil", (n % 6) * 2 + 1, n % 28 + 1, n % 2 + 1, n % 3 ? "grain" : "oil" }' > "$OUT/headlines.jsonl"
says 'would read 400: 400 new' 'pressmark ingest --dry-run "$OUT/headlines.jsonl"'
ends 0 'pressmark -q ingest "$OUT/headlines.jsonl"'
says '133' 'pressmark count extra.commodity:oil'
says '2024-02	0' 'pressmark count oil --by month --zeros'
says 'desk1.example	grain' 'pressmark count --by source,extra.commodity'
says '2024-01	66	1' 'pressmark count oil --by month --share-of ""'
ends 2 'pressmark count date:01/02/2024'
says '66' 'pressmark count "date:\"January 2024\""'
says '267' 'pressmark count "\"grain prices\""'
ends 0 'pressmark export --fields published,source,headline -o "$OUT/oil.csv" extra.commodity:oil'

echo; echo "== The engineer"
PRESSMARK_ARCHIVE="$OUT/nightly"
mkdir "$OUT/crawl" && cp samples/web/* samples/agency.jsonl "$OUT/crawl/" && printf 'Home\nNews\n' > "$OUT/crawl/menu.txt"
touch -d 2025-02-05T00:00:00Z "$OUT"/crawl/*
ends 3 'pressmark -q ingest --rejects "$OUT/rejects.jsonl" "$OUT/crawl"'
says '"code":"malformed"' 'cat "$OUT/rejects.jsonl"'
ends 0 'pressmark ingest "$OUT/crawl"'
says '1 rejected before' 'pressmark ingest "$OUT/crawl"'
ends 0 'pressmark sources --silent 2days --exit-status'
ends 1 'pressmark sources --silent 2000 --exit-status'
says '"kind":"usage"' 'pressmark --json list --sinse 2025'
ends 0 'pressmark -q export --since 2025 -o "$OUT/new.jsonl.gz"'
ends 0 'pressmark verify --read-data'
ends 0 'pressmark config'
echo; echo "All three days went well."
