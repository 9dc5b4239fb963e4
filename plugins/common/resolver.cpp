#include "plugins/common/resolver.h"

#include <netdb.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

namespace srsproxy {
namespace {

void setPort(SocketAddress& address, uint16_t port) {
    // sin_port and sin6_port stand at the same place.
    sockaddr_in any{};
    std::memcpy(&any, &address.storage, sizeof any);
    any.sin_port = htons(port);
    std::memcpy(&address.storage, &any, sizeof any);
}

std::string noAnswer(const std::string& host, const std::string& why) {
    return "host name \"" + host + "\" does not resolve: " + why;
}

} // namespace

/// Shared by the request on the loop and the worker.
struct HostResolver::Question {
    IEventLoop& loop;
    const std::string host;
    const uint16_t port;
    std::atomic<bool> abandoned{false}; ///< nobody waits for the answer any more
    IResolveHandler* handler;           ///< the loop's; null once answered or given up
};

/// Brings an answer to the loop.
class HostResolver::Delivery final : public ITask {
public:
    Delivery(std::shared_ptr<Question> question, ResolvedHost host)
        : question_(std::move(question)), host_(std::move(host)) {}

    void run() noexcept override {
        const std::unique_ptr<Delivery> self(this);
        if (IResolveHandler* handler = std::exchange(question_->handler, nullptr)) {
            question_->abandoned = true;
            handler->resolved(std::move(host_));
        }
    }
    void discard() noexcept override { delete this; }

private:
    ~Delivery() = default;
    friend struct std::default_delete<Delivery>;

    const std::shared_ptr<Question> question_;
    ResolvedHost host_;
};

/// The asker's end, with the deadline.
class HostResolver::Ticket final : public ResolveRequest, private ITimerHandler {
public:
    Ticket(std::shared_ptr<Question> question, int64_t timeoutUs)
        : question_(std::move(question)), timeoutUs_(timeoutUs),
          timer_(question_->loop.startTimer(timeoutUs, this)) {}
    ~Ticket() override {
        question_->loop.cancelTimer(timer_);
        question_->handler = nullptr;
        question_->abandoned = true;
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

private:
    void expired(uint64_t) noexcept override {
        timer_ = 0;
        if (IResolveHandler* handler = std::exchange(question_->handler, nullptr)) {
            question_->abandoned = true;
            handler->resolved(
                {{},
                 noAnswer(question_->host,
                          "no answer within " + std::to_string(timeoutUs_ / 1000) + " ms")});
        }
    }

    const std::shared_ptr<Question> question_;
    const int64_t timeoutUs_;
    uint64_t timer_;
};

HostResolver::HostResolver(const Limits& limits, Lookup lookup)
    : limits_(limits), lookup_(std::move(lookup)) {}

HostResolver::~HostResolver() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        queue_.clear();
    }
    changed_.notify_all();
    if (worker_.joinable()) {
        worker_.join();
    }
}

std::unique_ptr<ResolveRequest> HostResolver::ask(IEventLoop& loop, const std::string& host,
                                                  uint16_t port, IResolveHandler& handler) {
    const std::shared_ptr<Question> question(new Question{loop, host, port, {}, &handler});
    auto ticket = std::make_unique<Ticket>(question, limits_.timeoutUs);
    if (const SocketAddress numeric = socketAddress(host, port); numeric.size != 0) {
        loop.post(new Delivery(question, {{numeric}, {}}));
    } else if (!enqueue(question)) {
        loop.post(
            new Delivery(question, {{}, noAnswer(host, "too many names are being looked up")}));
    }
    return ticket;
}

bool HostResolver::enqueue(const std::shared_ptr<Question>& question) {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= limits_.maxQueued) {
        std::erase_if(queue_, [](const auto& queued) { return queued->abandoned.load(); });
    }
    if (queue_.size() >= limits_.maxQueued) {
        return false;
    }
    if (!worker_.joinable()) {
        try {
            worker_ = std::thread([this] { work(); });
        } catch (const std::system_error&) {
            return false;
        }
    }
    queue_.push_back(question);
    changed_.notify_one();
    return true;
}

void HostResolver::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) {
            return;
        }
        const std::shared_ptr<Question> question = std::move(queue_.front());
        queue_.pop_front();
        if (question->abandoned) {
            continue;
        }
        lock.unlock();
        ResolvedHost host = lookUp(*question);
        if (!question->abandoned) {
            question->loop.post(new Delivery(question, std::move(host)));
        }
        lock.lock();
    }
}

ResolvedHost HostResolver::lookUp(const Question& question) const {
    ResolvedHost host;
    try {
        host = lookup_(question.host);
    } catch (const std::exception& error) {
        return {{}, noAnswer(question.host, error.what())};
    }
    if (host.addresses.size() > limits_.maxAddresses) {
        host.addresses.resize(limits_.maxAddresses);
    }
    for (SocketAddress& address : host.addresses) {
        setPort(address, question.port);
    }
    return host;
}

ResolvedHost HostResolver::systemLookup(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM; // one entry for each address, not for each socket type
    addrinfo* found = nullptr;
    if (const int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); status != 0) {
        return {{},
                noAnswer(host, status == EAI_SYSTEM ? errorText(errno) : ::gai_strerror(status))};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    ResolvedHost result;
    for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
        SocketAddress address;
        if (info->ai_addrlen <= sizeof address.storage) {
            std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
            address.size = info->ai_addrlen;
            result.addresses.push_back(address);
        }
    }
    if (result.addresses.empty()) {
        result.error = noAnswer(host, "it has no address");
    }
    return result;
}

} // namespace srsproxy
