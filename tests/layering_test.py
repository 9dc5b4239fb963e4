#!/usr/bin/python3
"""Who may include whom (inside the core only downwards, plugins see the SDK).

usage: layering_test.py <source folder>
"""
import pathlib
import re
import sys

CORE = {
    "base": [],
    "event": ["base"],
    "config": ["base"],
    "registry": ["base", "config"],
    "state": ["base", "config"],
    "route": ["base", "event", "config", "registry", "state"],
    "plugin": ["base", "event", "config", "registry", "state", "route"],
    "api": ["base", "event", "config", "registry", "state", "route", "plugin"],
    "app": ["base", "event", "config", "registry", "state", "route", "plugin", "api"],
}
OURS = ("core/", "plugins/", "tests/", "srsproxy/", "bench/", "fuzz/")
CONTROL_PLANE_ONLY = ("Poco/", "yaml-cpp/", "prometheus/")
MAX_LINES = 800


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if found:
            yield number, found.group(1)


def allowed_prefixes(relative):
    """What of ours a file may include; None: anything."""
    parts = relative.parts
    if parts[0] == "sdk":
        return ["srsproxy/"]
    if parts[0] == "core":
        return ["srsproxy/", f"core/{parts[1]}/"] + [f"core/{part}/" for part in CORE[parts[1]]]
    if parts[0] == "plugins":
        home = "/".join(parts[:-1])
        if "codec" in parts:
            return [home[: home.index("codec")] + "codec/"]
        if parts[1] == "common":
            return ["srsproxy/", "plugins/common/"]
        own = f"plugins/{parts[1]}/"
        return ["srsproxy/", "plugins/common/", own]
    if parts[0] == "examples":
        return ["srsproxy/"]
    return None


def main(root):
    problems = []
    checked = 0
    for folder in ("sdk", "core", "plugins", "examples", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            relative = path.relative_to(root)
            allowed = allowed_prefixes(relative)
            checked += 1
            lines = len(path.read_text().splitlines())
            if lines > MAX_LINES:
                problems.append(f"{relative}: {lines} lines; {MAX_LINES} at most")
            for number, name in includes(path):
                if name.startswith(OURS) and allowed is not None:
                    if not name.startswith(tuple(allowed)):
                        problems.append(f"{relative}:{number}: may not include {name}")
                if name.startswith(CONTROL_PLANE_ONLY) and relative.parts[0] != "core":
                    problems.append(f"{relative}:{number}: {name} belongs to the core")
    for problem in problems:
        print(problem)
    print(f"{checked} files, {len(problems)} problems")
    return 1 if problems or checked < 100 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
