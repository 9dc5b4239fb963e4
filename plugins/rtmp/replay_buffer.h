#pragma once

/// What another origin needs to take a publish over: onMetaData, the sequence headers, and every
/// message since the last key frame. The client's bytes are received straight into its blocks and
/// stay there; records only point at them. Owned by a stream, used on its loop.
///
/// A wake-up goes: space(), receive into it, received(), relay the bytes piece by piece (the
/// relay calls the tap), send, settle(). Where space() gives nothing, or bytes come from somewhere
/// else, the tap copies what has to be kept; so it does with whole messages (see show(MediaTap&)):
/// those from before the publish was accepted belong in here too.
///
/// What is kept: a message's place is where it began. A key frame drops what began before it and
/// starts the new group; the heads (metadata, sequence headers, one for each track) are those that
/// were in force there, later changes are ordinary messages of the group. In a publish of several
/// video tracks only the key frames of the lowest track number seen start a group. Without a key
/// frame (audio only) there are heads and nothing else. Over `maxBytes`, or when the pool has no
/// more blocks, the group is dropped, heads stay, and nothing is kept until the next key frame.
///
/// Rationale: the bytes form one log (chunk headers and all), numbered modulo 2^32 and cut into
/// blocks. A piece is a run of the log; runs that touch are one piece, over the end of a block
/// too. So a message costs a record and about one piece for each of its chunks, and dropping the
/// old is to move the log's beginning.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <sys/uio.h>
#include <vector>

#include "plugins/rtmp/block_log.h"
#include "plugins/rtmp/block_pool.h"
#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/media_tag.h"
#include "plugins/rtmp/codec/media_tap.h"
#include "plugins/rtmp/codec/messages.h"
#include "plugins/rtmp/replay_heads.h"

namespace srsproxy::rtmp {

class ReplayBuffer final : public MediaTap {
public:
    /// The message as the client sent it: its stream number, its times. The payload is valid
    /// during the call.
    using Write = std::function<void(const Message&)>;

    /// `maxBytes`: of blocks, records and heads together; at most 1 GiB counts. The pool must
    /// outlive the buffer.
    ReplayBuffer(BlockPool& pool, size_t maxBytes);
    ReplayBuffer(const ReplayBuffer&) = delete;
    ReplayBuffer& operator=(const ReplayBuffer&) = delete;

    /// Where the client's next bytes should be received: at most BlockPool::MaxPieces pieces; or
    /// nothing while nothing is kept: then receive into a buffer of your own. The list is valid
    /// until the next call to space() of any stream of the loop. Call received() or settle() next.
    std::span<const iovec> space();

    /// `bytes` were received into the pieces of the last space(). Call before they are relayed.
    void received(size_t bytes);

    /// Nothing borrows from the blocks any more (all was sent, or saved): gives back those that
    /// no record needs. At the end of every wake-up.
    void settle();

    /// Shows what is kept: heads first, with the time of the first kept message (or of the last
    /// one seen), then the messages that are complete in the order in which they began. Those
    /// still arriving become late ones. May be called again, for yet another origin.
    void replay(const Write& write);

    /// Who takes the late ones: each is shown once, inside the tap's call with its last byte, thus
    /// before anything that follows it on its chunk stream. Empty, as it must be set when the
    /// origin that was replayed to is gone: nobody; the next replay() has them in their place.
    void setLate(Write late) { late_ = std::move(late); }
    /// Late messages that are still arriving.
    bool hasLate() const;

    /// Memory in use: blocks, records, heads.
    size_t bytes() const;
    /// Kept messages, heads apart.
    size_t messages() const { return records_.size(); }
    size_t heads() const { return heads_.all().size(); }
    /// A key frame begins what is kept.
    bool keeping() const { return keeping_; }

    // MediaTap
    void chunk(const ChunkStream& stream, const ChunkView& view) override;
    void more(const ChunkStream& stream, std::span<const uint8_t> bytes, bool transient) override;
    void aborted(const ChunkStream& stream) override;

private:
    static constexpr uint32_t None = UINT32_MAX;

    struct Record {
        uint32_t csid;
        uint32_t streamId;
        uint32_t timestampMs;
        uint32_t firstPiece = None;
        uint32_t lastPiece = None;
        uint8_t type;
        bool complete = false; // stays so when it was given up
    };
    struct Piece {
        uint32_t at; // number in the log
        uint32_t size;
        uint32_t next; // piece of the same record
    };
    /// A message of which more is to come.
    struct Arriving {
        uint32_t csid;
        uint32_t streamId;
        uint32_t timestampMs;
        uint32_t length;
        uint8_t type;
        MediaTag tag = {};
        bool late = false;
        uint32_t record = None;             // None: not kept, or kept as a head only
        std::vector<uint8_t> gathered = {}; // of a head, or of what may be one: all so far
    };

    void begin(Arriving message, std::span<const uint8_t> bytes, bool foreign, bool last);
    void proceed(const ChunkStream& stream, std::span<const uint8_t> bytes, bool foreign);
    void arrived(Arriving& message, std::span<const uint8_t> bytes, bool foreign, bool last);
    void gather(Arriving& message, std::span<const uint8_t> bytes);
    void classify(Arriving& message, std::span<const uint8_t> bytes);
    void beginGroup(Arriving& message);
    bool owesRecords() const;
    void finish(Arriving& message);
    void giveUp(uint32_t csid);
    void dropBefore(uint32_t record);
    void dropGroup();
    uint32_t addRecord(const Arriving& message);
    void keep(uint32_t record, std::span<const uint8_t> bytes, bool foreign);
    template <typename T> bool makeRoom(std::vector<T>& table);
    void show(const Record& record, const Write& write) const;
    std::vector<Arriving>::iterator find(uint32_t csid);
    size_t tableBytes() const;
    size_t maxBlocks() const;

    BlockLog log_;
    std::vector<Record> records_;
    std::vector<Piece> pieces_;
    std::vector<Arriving> arriving_;
    ReplayHeads heads_;
    Write late_;
    uint32_t maxBytes_;
    uint32_t start_ = 0; ///< first byte in the log that a piece needs
    uint32_t lastTimestampMs_ = 0;
    uint8_t leadTrack_ = 0; ///< the video track whose key frames begin a group
    bool keeping_ = false;
};

static_assert(sizeof(ReplayBuffer) <= 200);

} // namespace srsproxy::rtmp
