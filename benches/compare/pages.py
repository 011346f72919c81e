"""Reads a WARC as trafilatura's users do: warcio for the records, trafilatura for text and metadata, on all cores.

Prints the records, the pages with a text, and the seconds; run by benches/compare.
"""
import multiprocessing
import sys
import time

from trafilatura import bare_extraction
from warcio.archiveiterator import ArchiveIterator


def extract(page):
    url, html = page
    found = bare_extraction(html, url=url, with_metadata=True)
    return bool(found and found.text)


def pages(path):
    with open(path, "rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                yield record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read()


def main():
    path, mode = sys.argv[1:3]
    start = time.time()
    if mode == "records":
        count = sum(1 for _ in pages(path))
        print(count, count, time.time() - start)
        return
    with multiprocessing.Pool(multiprocessing.cpu_count()) as pool:
        found = list(pool.imap(extract, pages(path), chunksize=4))
    print(len(found), sum(found), time.time() - start)


if __name__ == "__main__":
    main()
