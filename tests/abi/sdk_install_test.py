#!/usr/bin/env python3
"""sdk_install_test.py BUILD_DIR EXAMPLE_DIR CHECK_PLUGIN: a third party's balancer is built
outside our tree against the *installed* SDK, with CMake and with plain pkg-config and several
compilers and linkers, and each build passes --check-plugin."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PKG_CONFIG_BUILDS = [
    ["g++", "-std=c++11"],
    ["g++", "-std=c++20", "-O2", "-fuse-ld=gold"],
    ["clang++-19", "-std=c++17", "-O2", "-fuse-ld=lld"],
    ["clang++-19", "-std=c++23", "-stdlib=libc++", "-static-libstdc++"],
]


def run(command, **options):
    print("+ " + " ".join(map(str, command)), flush=True)
    return subprocess.run(list(map(str, command)), check=True, **options)


def main():
    build, example, check_plugin = map(pathlib.Path, sys.argv[1:4])
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        run(["cmake", "--install", build, "--component", "sdk", "--prefix", work / "staged"],
            stdout=subprocess.DEVNULL)
        prefix = work / "prefix"  # the SDK may be moved after it was installed
        (work / "staged").rename(prefix)
        source = work / "third_party"
        shutil.copytree(example, source)
        # Nothing of our build may leak into theirs.
        clean = {key: value for key, value in os.environ.items()
                 if key not in ("CXXFLAGS", "LDFLAGS", "CPATH", "CMAKE_PREFIX_PATH")}

        plugins = []
        for compiler in ["g++", "clang++-19"]:
            out = work / ("cmake-" + compiler)
            run(["cmake", "-S", source, "-B", out, "-DCMAKE_BUILD_TYPE=Release",
                 "-DCMAKE_CXX_COMPILER=" + compiler, "-DCMAKE_PREFIX_PATH=%s" % prefix,
                 "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wconversion -Wshadow -Werror"],
                env=clean, stdout=subprocess.DEVNULL)
            run(["cmake", "--build", out], env=clean, stdout=subprocess.DEVNULL)
            plugins.append(out / "zone_first.so")

        clean["PKG_CONFIG_PATH"] = str(prefix / "share/pkgconfig")
        run(["pkg-config", "--exact-version=1.1.0", "srsproxy"], env=clean)

        def flags(which):
            done = run(["pkg-config", which, "srsproxy"], env=clean, stdout=subprocess.PIPE,
                       text=True)
            return done.stdout.split()

        cflags, libs = flags("--cflags"), flags("--libs")
        for index, compiler in enumerate(PKG_CONFIG_BUILDS):
            out = work / ("pkg-config-%d.so" % index)
            run(compiler + ["-shared", "-fPIC"] + cflags + [source / "zone_first.cpp", "-o", out] +
                libs, env=clean)
            plugins.append(out)

        for plugin in plugins:
            run([check_plugin, plugin])
    return 0


if __name__ == "__main__":
    sys.exit(main())
