#!/usr/bin/env python3
"""quotes_test.py REPO_DIR FILE.md…: a fenced block below `<!-- quote: PATH -->` equals that file,
so that the documentation shows what is compiled."""

import pathlib
import re
import sys

QUOTE = re.compile(r"<!-- quote: (\S+) -->\n+```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def main():
    repo = pathlib.Path(sys.argv[1])
    good = True
    for document in map(pathlib.Path, sys.argv[2:]):
        text = document.read_text()
        quotes = QUOTE.findall(text)
        if not quotes or len(quotes) != text.count("<!-- quote:"):
            print("FAIL %s: every quote mark needs a fenced block below it" % document)
            good = False
        for path, block in quotes:
            same = (repo / path).read_text() == block
            print("%s %s quotes %s" % ("ok  " if same else "FAIL", document.name, path))
            good &= same
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
