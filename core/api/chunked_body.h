#pragma once

/// Reads a body of `Transfer-Encoding: chunked`, byte by byte and strictly: what is no chunk is
/// no body, so that nobody reads the rest of a connection otherwise than its sender meant it.
/// Pure; no socket.

#include <cstdint>
#include <string>

namespace srsproxy {

class ChunkedBody {
public:
    enum class State { More, Done, Malformed, TooLarge };

    explicit ChunkedBody(uint64_t limitBytes) : limit_(limitBytes) {}

    /// After the first answer that is not More, that answer comes for ever.
    State feed(char byte);
    std::string takeBody() { return std::move(body_); }

private:
    enum class Part { Size, Extension, SizeEnd, Data, DataReturn, DataEnd, Trailer, TrailerEnd };

    State feedSize(char byte);
    State sizeDone();

    const uint64_t limit_;
    State state_ = State::More;
    Part part_ = Part::Size;
    uint64_t left_ = 0; ///< of the chunk
    uint32_t digits_ = 0;
    bool lineEmpty_ = true; ///< of the trailer
    std::string body_;
};

} // namespace srsproxy
