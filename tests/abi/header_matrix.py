#!/usr/bin/env python3
"""header_matrix.py SDK_DIR SOURCE: the SDK compiles in every dialect that the ABI promises, with
gcc and clang, free of warnings; and each header compiles by itself."""

import itertools
import pathlib
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wnon-virtual-dtor",
            "-Wold-style-cast", "-Werror"]
COMPILERS = [["g++"], ["clang++-19"], ["clang++-19", "-stdlib=libc++"]]
DIALECTS = ["c++11", "c++14", "c++17", "c++20", "c++23"]


def compiles(what, command, text=None):
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode != 0:
        print("FAIL %s: %s\n%s" % (what, " ".join(command), done.stdout))
    return done.returncode == 0


def main():
    include, source = pathlib.Path(sys.argv[1]) / "include", sys.argv[2]
    good = True
    for compiler, dialect in itertools.product(COMPILERS, DIALECTS):
        for define in [[], ["-DAS_PROTOCOL"]]:
            what = "%s in %s" % (" ".join(compiler), dialect)
            good &= compiles(what, compiler + ["-std=" + dialect, "-fsyntax-only"] + WARNINGS +
                             ["-I", str(include)] + define + [source])
    headers = sorted(include.rglob("*.h"))
    good &= len(headers) > 0
    for header in headers:
        name = str(header.relative_to(include))
        good &= compiles(name + " by itself",
                         ["g++", "-std=c++11", "-fsyntax-only"] + WARNINGS +
                         ["-I", str(include), "-x", "c++", "-"],
                         "#include <%s>\n#include <%s>\n" % (name, name))
    print("%d headers, %d dialects: %s" % (len(headers), len(COMPILERS) * len(DIALECTS),
                                           "ok" if good else "FAIL"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
