#include "raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Query.h>
#include <Poco/String.h>

namespace srsproxy {
namespace {

constexpr int PatienceMs = 10'000;

} // namespace

std::string RawReply::header(const std::string& name) const {
    for (const auto& [key, value] : headers) {
        if (Poco::icompare(key, name) == 0) {
            return value;
        }
    }
    return {};
}

std::string RawReply::json(const std::string& path) const {
    try {
        Poco::JSON::Parser parser;
        const Poco::Dynamic::Var found = Poco::JSON::Query(parser.parse(body)).find(path);
        return found.isEmpty() ? "(none)" : found.toString();
    } catch (const Poco::Exception&) {
        return "(bad json)";
    }
}

RawClient::RawClient(uint16_t port, const std::string& host) {
    sockaddr_storage storage{};
    socklen_t size = 0;
    if (host.find(':') != std::string::npos) {
        auto& address = reinterpret_cast<sockaddr_in6&>(storage);
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(port);
        inet_pton(AF_INET6, host.c_str(), &address.sin6_addr);
        size = sizeof(address);
    } else {
        auto& address = reinterpret_cast<sockaddr_in&>(storage);
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        inet_pton(AF_INET, host.c_str(), &address.sin_addr);
        size = sizeof(address);
    }
    fd_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&storage), size) != 0) {
        ::close(fd_);
        throw std::runtime_error("no connection to " + host + ":" + std::to_string(port));
    }
}

RawClient::~RawClient() {
    ::close(fd_);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
}

void RawClient::finish() {
    ::shutdown(fd_, SHUT_WR);
}

bool RawClient::readable(int milliseconds) const {
    pollfd entry{fd_, POLLIN, 0};
    return ::poll(&entry, 1, milliseconds) > 0;
}

bool RawClient::more() {
    char block[4096];
    if (!readable(PatienceMs)) {
        throw std::runtime_error("the server says nothing");
    }
    const ssize_t got = ::recv(fd_, block, sizeof(block), 0);
    if (got <= 0) {
        return false;
    }
    buffer_.append(block, static_cast<size_t>(got));
    return true;
}

RawReply RawClient::reply(bool head) {
    RawReply reply;
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
        if (!more()) {
            return reply;
        }
    }
    const size_t end = buffer_.find("\r\n\r\n");
    std::istringstream lines(buffer_.substr(0, end + 2));
    buffer_.erase(0, end + 4);
    std::string line;
    std::getline(lines, line);
    reply.status = std::stoi(line.substr(line.find(' ')));
    while (std::getline(lines, line)) {
        const size_t colon = line.find(':');
        reply.headers.emplace_back(line.substr(0, colon), Poco::trim(line.substr(colon + 1)));
    }
    const std::string length = reply.header("Content-Length");
    const size_t size = head || length.empty() ? 0 : std::stoul(length);
    while (buffer_.size() < size && more()) {
    }
    reply.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return reply;
}

bool RawClient::closed() {
    while (more()) {
    }
    return true;
}

RawReply call(uint16_t port, const std::string& method, const std::string& target,
              const std::vector<std::string>& headers, const std::string& body) {
    RawClient client(port);
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n";
    for (const std::string& header : headers) {
        text += header + "\r\n";
    }
    if (!body.empty()) {
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    client.send(text + "\r\n" + body);
    return client.reply(method == "HEAD");
}

std::string fileText(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("no file " + path);
    }
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace srsproxy
