#!/bin/bash
# freeze.sh FOLDER: copies today's SDK headers to tests/abi/FOLDER/include, once per release.
set -euo pipefail
cd "$(dirname "$0")/$1"
rm -rf include
mkdir include
cp -r ../../../sdk/include/srsproxy include/
find include -type f | LC_ALL=C sort | xargs sha256sum > SHA256SUMS
