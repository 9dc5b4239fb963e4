#pragma once

/// One session: the proxy's side of ISession. Owned by its shard of the session table, used on
/// its loop's thread; readers of the list look at it under the shard's mutex, under which alone
/// its texts change. Private to the session table.
///
/// There may be a hundred thousand of them: every member counts.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/compact_text.h"
#include "core/base/thread_check.h"
#include "core/route/session_table.h"

namespace srsproxy {

struct SessionStart {
    uint64_t id;
    const std::string& plugin; ///< lives as long as the table
    std::string_view client;
    ISessionOwner* owner;
};

class Session final : public ISession {
public:
    Session(SessionTable::Shard& shard, SessionFigures& figures, const SessionStart& start);

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
    const SessionFigures& figures() const { return figures_; }
    SessionCounters bytes() const; ///< so far [any]
    /// Requires: the shard's mutex.
    SessionView look(Milliseconds now) const;
    /// All of close() but freeing the object. Requires: the table has forgotten the session.
    void finish(int32_t cause, int32_t side, std::string_view detail);

private:
    SessionTable& table() const;
    void onLoop(std::string_view method) const;
    int32_t admitPublish(IErrorSink* errors);
    void leaveOrigin();
    void answer(const RouteDecision& decision, IRouteHandler& handler) const;
    void writeAccessLine(int32_t cause, int32_t side, std::string_view detail) const;

    [[no_unique_address]] const ThreadCheck thread_{}; ///< made on its loop
    SessionTable::Shard& shard_;
    SessionFigures& figures_;
    const std::string& plugin_;
    const uint64_t id_;
    ISessionOwner* const owner_;
    const Milliseconds openedAt_;
    const CompactText client_;

    CompactText key_;                          ///< changes under the shard's mutex
    Seat seat_;                                ///< changes under the shard's mutex
    std::shared_ptr<const Origin> lastOrigin_; ///< that it left
    TriedOrigins tried_;                       ///< not offered any more in this search
    int32_t role_ = RoleUnknown;               ///< changes under the shard's mutex
    int32_t lastOutcome_ = 0;                  ///< of the seat's origin
    uint32_t attempts_ = 0;                    ///< origins got, of its whole life
    uint16_t searched_ = 0;                    ///< origins got in this search
    bool accepted_ = false;                    ///< the seat's origin took the stream
    SessionCounters counters_{};               ///< written by the plugin, relaxed
};

struct SessionTable::Shard {
    /// Bytes relayed over one protocol.
    struct Ledger {
        SessionCounters ended{};   ///< by sessions that have ended
        SessionCounters counted{}; ///< told to bytes_total, of all
    };

    explicit Shard(SessionTable& owningTable) : table(owningTable) {}

    SessionTable& table;
    mutable std::mutex mutex;
    IEventLoop* loop = nullptr;                      ///< guarded; since the first session
    std::map<uint64_t, Session> sessions;            ///< guarded
    std::array<Ledger, ServiceNames.size()> ledgers; ///< guarded; parallel to ServiceNames
};

} // namespace srsproxy
