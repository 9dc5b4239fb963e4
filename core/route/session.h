#pragma once

/// One session: the proxy's side of ISession. Owned by its shard of the session table, used on
/// its loop's thread; readers of the list look at it under the shard's mutex, under which alone
/// its texts change. Private to the session table.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/thread_check.h"
#include "core/route/session_table.h"

namespace srsproxy {

class Session;

struct SessionTable::Shard {
    mutable std::mutex mutex;
    IEventLoop* loop = nullptr; ///< guarded; known since the first session
    std::map<uint64_t, std::unique_ptr<Session>> sessions; ///< guarded
};

struct SessionStart {
    uint64_t id;
    std::string_view plugin; ///< lives as long as the table
    std::string_view client;
    ISessionOwner* owner;
};

class Session final : public ISession {
public:
    Session(SessionTable& table, SessionTable::Shard& shard, SessionFigures& figures,
            const SessionStart& start);

    uint64_t id() noexcept override { return id_; }
    int32_t identify(Str url, int32_t role, IErrorSink* errors) noexcept override;
    /// Answers before it returns. The handler may close the session.
    void route(const RouteRequest* request, IRouteHandler* handler) noexcept override;
    void cancelRoute() noexcept override { onLoop("ISession::cancelRoute"); } // never outstanding
    void report(int32_t outcome, Str detail) noexcept override;
    SessionCounters* counters() noexcept override {
        onLoop("ISession::counters");
        return &counters_;
    }
    void close(int32_t cause, int32_t side, Str detail) noexcept override;

    ISessionOwner& owner() { return *owner_; }
    /// Requires: the shard's mutex.
    SessionView look(Milliseconds now) const;
    /// Adds what the counters grew by to bytes_total. Requires: the shard's mutex.
    void countBytes();
    /// All of close() but freeing the object. Requires: the table has forgotten the session.
    void finish(int32_t cause, int32_t side, std::string_view detail);

private:
    void onLoop(std::string_view method) const { thread_.require(method, plugin_, table_.log_); }
    void leaveOrigin();
    void answer(const RouteDecision& decision, IRouteHandler& handler) const;
    void writeAccessLine(int32_t cause, int32_t side, std::string_view detail) const;

    const ThreadCheck thread_; ///< made on its loop
    SessionTable& table_;
    SessionTable::Shard& shard_;
    SessionFigures& figures_;
    const uint64_t id_;
    ISessionOwner* const owner_;
    const std::string_view plugin_;
    const std::string client_;
    const Milliseconds openedAt_;

    std::string key_;                ///< changes under the shard's mutex
    Seat seat_;                      ///< originId changes under the shard's mutex
    int32_t role_ = RoleUnknown;     ///< changes under the shard's mutex
    int32_t lastOutcome_ = 0;        ///< of the seat's origin
    std::vector<std::string> tried_; ///< origins given up, oldest first
    SessionCounters counters_{};     ///< written by the plugin, relaxed
    SessionCounters counted_{};      ///< guarded by the shard's mutex
};

} // namespace srsproxy
