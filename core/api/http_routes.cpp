#include "core/api/http_routes.h"

#include <vector>

#include "core/base/abi.h"

namespace srsproxy {
namespace {

constexpr size_t MaxRoutes = 256;
constexpr size_t MaxPrefixBytes = 256;
constexpr uint32_t MaxAbandoned = 1024; ///< answers that plugins still owe
constexpr size_t MaxAnswered = 1024;
constexpr uint64_t MaxHeaders = 100;
constexpr uint64_t MaxBodyBytes = 16ull * 1024 * 1024;

/// A plugin's answer, if it is one that can be sent.
std::optional<HttpReply> replyOf(const HttpResponse* response) {
    const bool sound = response != nullptr && response->structSize >= sizeof(HttpResponse) &&
                       response->status >= 200 && response->status <= 599 &&
                       response->fieldCount <= MaxHeaders &&
                       (response->fields != nullptr || response->fieldCount == 0) &&
                       response->body.size <= MaxBodyBytes;
    if (!sound) {
        return std::nullopt;
    }
    HttpReply reply{response->status, {}, std::string(view(response->body))};
    for (uint64_t i = 0; i < response->fieldCount; ++i) {
        const HttpField& field = response->fields[i];
        reply.headers.push_back({std::string(view(field.name)), std::string(view(field.value))});
    }
    return reply;
}

} // namespace

class HttpRoutes::Responder final : public IHttpResponder {
public:
    explicit Responder(HttpRoutes& owner) : owner_(owner) {}
    void respond(const HttpResponse* response) noexcept override {
        owner_.respond(*this, response);
    }

    // Guarded by the owner's mutex.
    bool answered = false;
    bool abandoned = false;
    std::optional<HttpReply> reply;

private:
    HttpRoutes& owner_;
};

HttpRoutes::HttpRoutes(Log log) : log_(std::move(log)) {}

HttpRoutes::~HttpRoutes() = default;

int32_t HttpRoutes::add(Str prefix, IHttpHandler* handler) noexcept {
    const std::string_view path = view(prefix);
    const std::lock_guard lock(mutex_);
    if (handler == nullptr || !path.starts_with('/') || path.size() > MaxPrefixBytes) {
        return StatusBadArgument;
    }
    if (routes_.size() >= MaxRoutes) {
        return StatusLimit;
    }
    const auto route = std::make_shared<Route>(Route{handler});
    return routes_.emplace(path, route).second ? StatusOk : StatusBadArgument;
}

void HttpRoutes::remove(Str prefix) noexcept {
    std::unique_lock lock(mutex_);
    if (const auto found = routes_.find(view(prefix)); found != routes_.end()) {
        const std::shared_ptr<Route> route = found->second;
        routes_.erase(found); // calls that come now find it no more
        changed_.wait(lock, [&] { return route->running == 0; });
    }
}

HttpRoutes::Routes::iterator HttpRoutes::longestPrefix(std::string_view path) {
    auto best = routes_.end();
    for (auto route = routes_.begin(); route != routes_.end(); ++route) {
        if (path.starts_with(route->first) &&
            (best == routes_.end() || route->first.size() > best->first.size())) {
            best = route;
        }
    }
    return best;
}

std::optional<HttpReply> HttpRoutes::serve(const HttpCall& call) {
    std::vector<HttpField> fields;
    for (const HttpHeader& header : call.headers) {
        fields.push_back({str(header.name), str(header.value)});
    }
    HttpRequest request{};
    request.structSize = sizeof(request);
    request.fieldCount = static_cast<uint32_t>(fields.size());
    request.method = str(call.method);
    request.target = str(call.target);
    request.client = str(call.client);
    request.body = str(call.body);
    request.fields = fields.data();

    std::unique_lock lock(mutex_);
    const auto found = longestPrefix(call.path);
    if (found == routes_.end()) {
        return std::nullopt;
    }
    if (stopping_) {
        return errorReply(503, "the proxy is stopping");
    }
    if (abandoned_ >= MaxAbandoned) {
        log_.error("unanswered", "a plugin owes " + std::to_string(abandoned_) +
                                     " answers on the HTTP API: its paths are refused with 503");
        return errorReply(503, "too many calls were never answered");
    }
    const std::shared_ptr<Route> route = found->second;
    auto made = std::make_unique<Responder>(*this);
    Responder& responder = *made;
    open_.emplace(&responder, std::move(made));
    ++route->running;
    lock.unlock();
    route->handler->handle(&request, &responder);
    lock.lock();
    --route->running;
    changed_.notify_all();
    return waitForAnswer(lock, responder, call);
}

HttpReply HttpRoutes::waitForAnswer(std::unique_lock<std::mutex>& lock, Responder& responder,
                                    const HttpCall& call) {
    changed_.wait_until(lock, call.deadline, [&] { return responder.answered || stopping_; });
    if (responder.answered) {
        std::optional<HttpReply> reply = std::move(responder.reply);
        retire(responder);
        return reply ? std::move(*reply) : errorReply(502, "the plugin's answer cannot be sent");
    }
    responder.abandoned = true;
    ++abandoned_;
    if (stopping_) {
        return errorReply(503, "the proxy is stopping");
    }
    log_.warning("late", call.method + " " + call.path + " got no answer from its plugin in time");
    return errorReply(504, "no answer in time");
}

void HttpRoutes::respond(Responder& responder, const HttpResponse* response) noexcept {
    std::optional<HttpReply> reply;
    try {
        reply = replyOf(response);
    } catch (const std::exception&) {
        // Out of memory: refused as any answer that cannot be sent.
    }
    if (!reply) {
        log_.error("bad-answer", "a plugin's answer on the HTTP API cannot be sent: wanted are a "
                                 "status of 200 to 599, at most 100 headers and 16 MiB");
    }
    const std::lock_guard lock(mutex_);
    if (responder.answered) {
        log_.error("second-answer", "a plugin answered a call on the HTTP API twice: the second "
                                    "answer is dropped");
        return;
    }
    responder.answered = true;
    if (responder.abandoned) {
        --abandoned_;
        retire(responder);
        return;
    }
    responder.reply = std::move(reply);
    changed_.notify_all();
}

void HttpRoutes::retire(Responder& responder) {
    const auto found = open_.find(&responder);
    found->second->reply.reset();
    answered_.push_back(std::move(found->second));
    open_.erase(found);
    if (answered_.size() > MaxAnswered) {
        answered_.pop_front();
    }
}

void HttpRoutes::stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

} // namespace srsproxy
