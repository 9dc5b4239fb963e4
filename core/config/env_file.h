#pragma once

/// `.env`: lines of `NAME=value`, as the existing proxy reads them from its working directory.
/// Pure. `export NAME=value`, 'single' and "double" quotes (with \n, \t, \", \\ and \$ in double
/// ones), whole-line comments, and comments after a blank are understood; `${NAME}` is not
/// expanded.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/problem.h"

namespace srsproxy {

constexpr size_t MaxEnvFileBytes = 64 * 1024;

struct EnvFileLine {
    std::string name;
    std::string value;
    uint32_t line; ///< from 1
};

/// In the file's order; a name may come twice. Lines that are none of this become problems.
std::vector<EnvFileLine> parseEnvFile(std::string_view text, const std::string& fileName,
                                      std::vector<Problem>& problems);

} // namespace srsproxy
