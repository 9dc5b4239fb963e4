#!/usr/bin/env python3
"""The gate on the plugin ABI: compares the headers with the golden dump of this minor, which they
must equal, and with those of the earlier ones, with which they must be compatible; and proves that
it bites.

abidiff_gate.py SDK_DIR            run the gate (needs g++ and Debian's abigail-tools)
abidiff_gate.py SDK_DIR --update   write the golden dump anew; for a release that adds interfaces
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

GOLDEN = "abi/srsproxy-1.1.abi"
EARLIER = ["abi/srsproxy-1.0.abi"]
SAME, CHANGED, INCOMPATIBLE = 0, 4, 12  # what abidiff says


def build_probe(sdk, out):
    # -femit-class-debug-always: else pure interfaces stay declaration-only and changes go unseen.
    subprocess.run(
        ["g++", "-std=c++17", "-g", "-O0", "-shared", "-fPIC", "-femit-class-debug-always",
         "-fdebug-prefix-map=%s=." % sdk, "-Iinclude", "abi/probe.cpp", "-o", str(out)],
        cwd=sdk, check=True)
    return out


def abidiff(golden, probe):
    """Any difference counts: by default abidiff filters out a changed type of a method's argument
    and a new enumerator, and with --harmless it does not call a changed virtual table
    incompatible. So two runs, and both must find nothing."""
    code, report = 0, ""
    for option in ("--redundant", "--harmless"):
        done = subprocess.run(
            ["abidiff", option, "--no-added-syms", "--no-show-locs", str(golden), str(probe)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        code |= done.returncode
        report += done.stdout if done.returncode != 0 else ""
    return code, report


def edited(sdk, folder, path, old, new):
    """A copy of the SDK in which `old`, which occurs once in the file, became `new`."""
    shutil.copytree(sdk, folder)
    file = folder / path
    text = file.read_text()
    assert text.count(old) == 1, "%s: expected once: %r" % (path, old)
    file.write_text(text.replace(old, new))
    return folder


PICK = "    virtual int64_t pick(const PickRequest* request, IErrorSink* errors) noexcept = 0;\n"
EXTRA = "    virtual int32_t weigh(Str origin) noexcept = 0;\n"
BALANCER = "include/srsproxy/abi/balancer.h"
LAST = "\nprotected:\n    ~IBalancer() = default;\n"
FEEDBACK = "/// Optional: hears of each session's beginning and end.\n"

# name, file, text, its replacement, what abidiff must say
CHANGES = [
    ("a method inserted into an interface", BALANCER, PICK, EXTRA + PICK, INCOMPATIBLE),
    ("a method at the end of an interface", BALANCER, LAST, EXTRA + LAST, INCOMPATIBLE),
    ("a method's argument of another type", BALANCER, PICK,
     PICK.replace("const PickRequest* request", "const OriginSet* request"), INCOMPATIBLE),
    ("a method removed", BALANCER, PICK, "", INCOMPATIBLE),
    ("a struct's members swapped", BALANCER,
     "    uint32_t attempt;         ///< 1, then one more for each origin that failed this session\n"
     "    uint32_t reserved0;\n",
     "    uint32_t reserved0;\n    uint32_t attempt;\n", CHANGED),
    ("a derived interface beside the first", BALANCER, FEEDBACK,
     "class IBalancer2 : public IBalancer {\npublic:\n" + EXTRA +
     "protected:\n    ~IBalancer2() = default;\n};\n\n" + FEEDBACK, SAME),
]


def main():
    sdk = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        probe = build_probe(sdk, work / "probe.so")
        if "--update" in sys.argv[2:]:
            with open(sdk / GOLDEN, "w") as golden:
                subprocess.run(["abidw", "--no-show-locs", "--no-corpus-path",
                                "--no-comp-dir-path", str(probe)], stdout=golden, check=True)
            return 0
        code, report = abidiff(sdk / GOLDEN, probe)
        if code != 0:
            print(report)
            print("FAIL the headers are not those of %s (abidiff says %d). A published interface "
                  "is frozen: add a new one under a new id, see docs/plugin-abi.md" %
                  (GOLDEN, code))
            return 1
        print("ok   the headers are those of %s" % GOLDEN)

        failed = False
        for earlier in EARLIER:  # reserved words have got a meaning since: a change, but harmless
            code, report = abidiff(sdk / earlier, probe)
            good = code in (SAME, CHANGED)
            failed = failed or not good
            print("%s plugins of %s: abidiff says %d" % ("ok  " if good else "FAIL", earlier, code) +
                  ("" if good else "\n" + report))

        for index, (what, path, old, new, wanted) in enumerate(CHANGES):
            copy = edited(sdk, work / str(index), path, old, new)
            if wanted == SAME:  # the new interface is in use, too
                with open(copy / "abi/probe.cpp", "a") as file:
                    file.write('extern "C" void probeAdded(IBalancer2*) {}\n')
            code, report = abidiff(sdk / GOLDEN, build_probe(copy, work / ("%d.so" % index)))
            failed = failed or code != wanted
            print("%s %s: abidiff says %d" % ("ok  " if code == wanted else "FAIL", what, code) +
                  ("" if code == wanted else ", wanted %d\n%s" % (wanted, report)))
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
