#include "core/state/store_service.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/base/abi.h"

namespace srsproxy {
namespace {

/// An answer on its way to the loop that asked.
class AnswerTask final : public ITask {
public:
    AnswerTask(IStoreHandler* handler, int32_t status, std::string_view value)
        : handler_(handler), status_(status), value_(value) {}

    void run() noexcept override {
        handler_->answered(status_, str(value_));
        delete this;
    }
    void discard() noexcept override { delete this; }

private:
    ~AnswerTask() = default;

    IStoreHandler* const handler_;
    const int32_t status_;
    const std::string value_;
};

/// Hands an answer to `handler` on the thread that called this, which is the loop's.
StateStore::Answer onLoop(IEventLoop* loop, IStoreHandler* handler) {
    return [loop, handler, asking = std::this_thread::get_id()](int32_t status,
                                                                std::string_view value) {
        if (std::this_thread::get_id() == asking) {
            handler->answered(status, str(value));
        } else {
            loop->post(new AnswerTask(handler, status, value));
        }
    };
}

void refuse(IStoreHandler* handler, int32_t status) {
    if (handler != nullptr) {
        handler->answered(status, Str{});
    }
}

} // namespace

class StoreService::PluginStore final : public IStore {
public:
    PluginStore(StateStore& store, const std::string& plugin)
        : store_(store), prefix_(plugin + '/') {}

    void put(IEventLoop* loop, Str key, Str value, int64_t ttlMs,
             IStoreHandler* handler) noexcept override {
        if (!isKey(key) || ttlMs <= 0) {
            refuse(handler, StatusBadArgument);
            return;
        }
        if (value.size > MaxValueBytes) {
            refuse(handler, StatusLimit);
            return;
        }
        store_.put(keyOf(key), std::string(view(value)), std::min(Milliseconds(ttlMs), MaxTtl),
                   handler == nullptr ? StateStore::Answer{} : onLoop(loop, handler));
    }

    void get(IEventLoop* loop, Str key, IStoreHandler* handler) noexcept override {
        if (handler == nullptr) {
            return;
        }
        if (!isKey(key)) {
            refuse(handler, StatusBadArgument);
            return;
        }
        store_.get(keyOf(key), onLoop(loop, handler));
    }

    void remove(IEventLoop*, Str key) noexcept override {
        if (isKey(key)) {
            store_.remove(keyOf(key));
        }
    }

private:
    static bool isKey(Str key) {
        return key.data != nullptr && key.size > 0 && key.size <= MaxKeyBytes;
    }
    std::string keyOf(Str key) const { return prefix_ + std::string(view(key)); }

    StateStore& store_;
    const std::string prefix_; ///< names of plugins have no slash
};

StoreService::StoreService(StateStore& store) : store_(store) {}

StoreService::~StoreService() = default;

IStore* StoreService::serviceFor(const std::string& plugin) {
    auto& own = stores_[plugin];
    if (!own) {
        own = std::make_unique<PluginStore>(store_, plugin);
    }
    return own.get();
}

} // namespace srsproxy
