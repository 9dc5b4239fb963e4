#include "core/route/session_table.h"

#include <algorithm>
#include <utility>

#include "core/base/abi.h"
#include "core/route/session.h"

namespace srsproxy {
namespace {

constexpr size_t MaxClientBytes = 64;

/// Work for a loop that nothing waits for.
template <typename Work> class PostedWork final : public ITask {
public:
    explicit PostedWork(Work work) : work_(std::move(work)) {}
    void run() noexcept override {
        work_();
        delete this;
    }
    void discard() noexcept override { delete this; }

private:
    ~PostedWork() = default;
    Work work_;
};

} // namespace

/// The table as one plugin sees it.
class SessionTable::Service final : public ISessions {
public:
    Service(SessionTable& table, std::string plugin) : table_(table), plugin_(std::move(plugin)) {}

    const std::string& plugin() const { return plugin_; }

    ISession* open(IEventLoop* loop, const SessionInfo* info,
                   ISessionOwner* owner) noexcept override {
        return table_.open(*this, loop, info, owner);
    }

private:
    SessionTable& table_;
    const std::string plugin_;
};

SessionTable::SessionTable(LimitSettings limits, const Clock& clock, Router& router,
                           IMetrics& metrics, Log log, uint32_t loops)
    : clock_(clock), router_(router), log_(log), access_(log.named("access")),
      maxSessions_(limits.sessions), perClient_(limits.sessionsPerClient),
      perStream_(limits.sessionsPerStream), publishes_(limits.publishesPerSecond) {
    for (size_t service = 0; service < ServiceNames.size(); ++service) {
        figures_.push_back(std::make_unique<SessionFigures>(metrics, service));
    }
    for (uint32_t i = 0; i < loops; ++i) {
        shards_.push_back(std::make_unique<Shard>(*this));
    }
}

SessionTable::~SessionTable() {
    for (const std::unique_ptr<Shard>& shard : shards_) {
        for (auto& [id, session] : shard->sessions) {
            log_.write(LogError, "session left", "a plugin stopped without closing its session",
                       id);
            session.finish(CauseShutdown, SideProxy, "left open by its plugin");
        }
        shard->sessions.clear();
    }
}

ISessions* SessionTable::serviceFor(std::string plugin) {
    services_.push_back(std::make_unique<Service>(*this, std::move(plugin)));
    return services_.back().get();
}

void SessionTable::drain() {
    draining_.store(true, std::memory_order_relaxed);
}

bool SessionTable::kick(uint64_t id, int32_t cause, std::string_view reason) {
    for (const std::unique_ptr<Shard>& shard : shards_) {
        IEventLoop* loop = nullptr;
        {
            const std::lock_guard lock(shard->mutex);
            if (shard->sessions.contains(id)) {
                loop = shard->loop;
            }
        }
        if (loop != nullptr) {
            postKick(*shard, *loop, id, cause, reason);
            return true;
        }
    }
    return false;
}

void SessionTable::kickAll(int32_t cause, std::string_view reason) {
    for (const std::unique_ptr<Shard>& shard : shards_) {
        IEventLoop* loop = nullptr;
        {
            const std::lock_guard lock(shard->mutex);
            if (!shard->sessions.empty()) {
                loop = shard->loop;
            }
        }
        if (loop != nullptr) {
            postKick(*shard, *loop, 0, cause, reason);
        }
    }
}

size_t SessionTable::size() const {
    return live_.load(std::memory_order_relaxed);
}

std::vector<SessionView> SessionTable::list(uint64_t after, size_t limit) const {
    std::vector<SessionView> views;
    const Milliseconds now = clock_.now();
    for (const std::unique_ptr<Shard>& shard : shards_) {
        const std::lock_guard lock(shard->mutex);
        size_t taken = 0;
        for (auto entry = shard->sessions.upper_bound(after);
             entry != shard->sessions.end() && taken < limit; ++entry, ++taken) {
            views.push_back(entry->second.look(now));
        }
    }
    std::sort(views.begin(), views.end(),
              [](const SessionView& a, const SessionView& b) { return a.id < b.id; });
    views.resize(std::min(views.size(), limit));
    return views;
}

void SessionTable::countBytes() {
    for (const std::unique_ptr<Shard>& shard : shards_) {
        const std::lock_guard lock(shard->mutex);
        std::array<SessionCounters, ServiceNames.size()> living{};
        for (const auto& [id, session] : shard->sessions) {
            SessionCounters& sum = living[session.figures().service()];
            sum = plus(sum, session.bytes());
        }
        for (size_t service = 0; service < living.size(); ++service) {
            Shard::Ledger& ledger = shard->ledgers[service];
            const SessionCounters all = plus(ledger.ended, living[service]);
            figures_[service]->bytes(minus(all, ledger.counted));
            ledger.counted = all;
        }
    }
}

ISession* SessionTable::open(const Service& service, IEventLoop* loop, const SessionInfo* info,
                             ISessionOwner* owner) {
    SessionFigures* figures = nullptr;
    if (loop != nullptr && owner != nullptr && info != nullptr &&
        info->structSize >= sizeof(SessionInfo) && loop->index() < shards_.size()) {
        figures = figuresOf(view(info->protocol));
    }
    if (figures == nullptr) {
        log_.error("session misuse",
                   "plugin " + service.plugin() +
                       " opened a session without a loop of this process, an owner, or a "
                       "protocol among rtmp, http, api, srt, rtc");
        return nullptr;
    }
    if (draining_.load(std::memory_order_relaxed)) {
        figures->refused(Refusal::Draining);
        return nullptr;
    }
    const std::string_view client = view(info->client).substr(0, MaxClientBytes);
    if (live_.fetch_add(1, std::memory_order_relaxed) >= maxSessions_) {
        live_.fetch_sub(1, std::memory_order_relaxed);
        figures->refused(Refusal::Sessions);
        log_.warning("session limit", "client " + std::string(client) + " turned away: all " +
                                          std::to_string(maxSessions_) +
                                          " sessions are in use; raise limits.sessions");
        return nullptr;
    }
    if (!perClient_.take(addressOf(client))) {
        live_.fetch_sub(1, std::memory_order_relaxed);
        figures->refused(Refusal::Client);
        log_.warning("client limit", "client " + std::string(client) + " turned away: it has " +
                                         std::to_string(perClient_.limit()) +
                                         " sessions, see limits.sessions_per_client");
        return nullptr;
    }
    figures->opened();
    Shard& shard = *shards_[loop->index()];
    const uint64_t id = lastId_.fetch_add(1, std::memory_order_relaxed) + 1;
    const SessionStart start{id, service.plugin(), client, owner};
    const std::lock_guard lock(shard.mutex);
    shard.loop = loop;
    return &shard.sessions.try_emplace(id, shard, *figures, start).first->second;
}

SessionFigures* SessionTable::figuresOf(std::string_view protocol) const {
    for (const std::unique_ptr<SessionFigures>& figures : figures_) {
        if (figures->protocol() == protocol) {
            return figures.get();
        }
    }
    return nullptr;
}

void SessionTable::askOwners(Shard& shard, uint64_t id, int32_t cause, const std::string& reason) {
    std::vector<uint64_t> ids;
    if (id != 0) {
        ids.push_back(id);
    } else {
        const std::lock_guard lock(shard.mutex);
        for (const auto& [each, session] : shard.sessions) {
            ids.push_back(each);
        }
    }
    for (const uint64_t each : ids) {
        ISessionOwner* owner = nullptr;
        {
            const std::lock_guard lock(shard.mutex);
            const auto found = shard.sessions.find(each);
            if (found != shard.sessions.end()) {
                owner = &found->second.owner();
            }
        }
        if (owner != nullptr) { // it cannot go meanwhile: only this thread closes it
            owner->kicked(cause, str(reason));
        }
    }
}

void SessionTable::postKick(Shard& shard, IEventLoop& loop, uint64_t id, int32_t cause,
                            std::string_view reason) {
    auto work = [this, &shard, id, cause, text = std::string(reason)] {
        askOwners(shard, id, cause, text);
    };
    loop.post(new PostedWork(std::move(work)));
}

} // namespace srsproxy
