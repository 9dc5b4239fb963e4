// Reads captured conversations; the folder comes from the build (SRSPROXY_FIXTURES).
#pragma once

#include "tests/plugins/rtmp/codec/test_support.h"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace srsproxy::rtmp::test {

inline Bytes readFixture(const std::string& name) {
    const std::string path = std::string(SRSPROXY_FIXTURES) + "/" + name;
    std::ifstream file(path, std::ios::binary);
    Bytes bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (bytes.empty()) {
        throw std::runtime_error("cannot read fixture " + path);
    }
    return bytes;
}

} // namespace srsproxy::rtmp::test
