#include "plugins/rtmp/replay_buffer.h"

#include <algorithm>
#include <utility>

#include "plugins/rtmp/codec/chunk_stream.h"

namespace srsproxy::rtmp {

namespace {

/// The log's numbers are compared modulo 2^32.
constexpr size_t LongestLogBytes = size_t{1} << 30;
/// A receive into less is not worth its system call.
constexpr size_t LeastSpaceBytes = 16 * 1024;
constexpr size_t FirstTableEntries = 16;
/// Tables that one large group made grow are cut down when the next ones need so much less.
constexpr size_t TableSlack = 8;

template <typename T> void shrinkTo(std::vector<T>& table, size_t typical) {
    if (table.capacity() > TableSlack * std::max(typical, FirstTableEntries)) {
        table.shrink_to_fit();
    }
}

} // namespace

ReplayBuffer::ReplayBuffer(BlockPool& pool, size_t maxBytes)
    : log_(pool), maxBytes_(static_cast<uint32_t>(std::min(maxBytes, LongestLogBytes))) {}

std::span<const iovec> ReplayBuffer::space() {
    if (!keeping_) {
        return {};
    }
    const std::span<const iovec> pieces = log_.space(maxBlocks());
    size_t room = 0;
    for (const iovec& piece : pieces) {
        room += piece.iov_len;
    }
    if (room < LeastSpaceBytes) {
        dropGroup();
        return {};
    }
    return pieces;
}

void ReplayBuffer::received(size_t bytes) {
    log_.received(bytes);
}

void ReplayBuffer::settle() {
    if (keeping_) {
        log_.trim(start_);
    } else {
        log_.clear();
    }
}

void ReplayBuffer::chunk(const ChunkStream& stream, const ChunkView& view) {
    const std::span<const uint8_t> payload = view.bytes.subspan(view.headerSize);
    if (!view.startsMessage) {
        proceed(stream, payload, view.transient);
        return;
    }
    giveUp(stream.csid); // the end of that one was not shown to us
    begin({stream.csid, stream.streamId, stream.timestampMs, stream.length, stream.type}, payload,
          view.transient, stream.remaining == 0);
}

void ReplayBuffer::more(const ChunkStream& stream, std::span<const uint8_t> bytes, bool transient) {
    proceed(stream, bytes, transient);
}

void ReplayBuffer::aborted(const ChunkStream& stream) {
    giveUp(stream.csid);
}

void ReplayBuffer::begin(Arriving message, std::span<const uint8_t> bytes, bool foreign,
                         bool last) {
    lastTimestampMs_ = message.timestampMs;
    if (keeping_) {
        message.record = addRecord(message);
    }
    arrived(message, bytes, foreign, last);
    const bool wanted = message.record != None || message.tag.kind == MediaKind::NeedMore ||
                        isHead(message.tag.kind);
    if (!last && wanted) {
        arriving_.push_back(std::move(message));
    }
}

void ReplayBuffer::proceed(const ChunkStream& stream, std::span<const uint8_t> bytes,
                           bool foreign) {
    const auto message = find(stream.csid);
    if (message == arriving_.end()) {
        return;
    }
    const bool last = stream.remaining == 0;
    arrived(*message, bytes, foreign, last);
    if (last) {
        arriving_.erase(message);
    }
}

void ReplayBuffer::arrived(Arriving& message, std::span<const uint8_t> bytes, bool foreign,
                           bool last) {
    if (message.tag.kind == MediaKind::NeedMore) {
        classify(message, bytes);
    }
    if (message.tag.kind == MediaKind::NeedMore || isHead(message.tag.kind)) {
        gather(message, bytes);
    }
    if (message.record != None) {
        keep(message.record, bytes, foreign);
        if (!keeping_) {
            message.record = None; // it was too much
        }
    }
    if (last) {
        finish(message);
    }
}

void ReplayBuffer::gather(Arriving& message, std::span<const uint8_t> bytes) {
    size_t sum = bytes.size() + message.gathered.size();
    for (const Arriving& other : arriving_) {
        sum += other.gathered.size();
    }
    if (sum > ReplayHeads::MaxTotalBytes) {
        message.tag.kind = MediaKind::Other;
        message.gathered = {};
        return;
    }
    message.gathered.insert(message.gathered.end(), bytes.begin(), bytes.end());
}

void ReplayBuffer::classify(Arriving& message, std::span<const uint8_t> bytes) {
    if (message.gathered.empty()) {
        message.tag = classifyMedia(message.type, bytes, message.length);
    } else {
        std::vector<uint8_t> prefix = message.gathered;
        const auto count = std::min(bytes.size(), MediaPrefixBytes);
        prefix.insert(prefix.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(count));
        message.tag = classifyMedia(message.type, prefix, message.length);
    }
    if (isHead(message.tag.kind) && message.length > ReplayHeads::MaxHeadBytes) {
        message.tag.kind = MediaKind::Other;
    }
    if (message.tag.kind == MediaKind::VideoKeyFrame) {
        beginGroup(message);
    }
    if (message.tag.kind != MediaKind::NeedMore && !isHead(message.tag.kind)) {
        message.gathered = {};
    }
}

void ReplayBuffer::beginGroup(Arriving& message) {
    if (!keeping_) {
        keeping_ = true;
        leadTrack_ = message.tag.track;
        message.record = addRecord(message);
        if (message.record != None) {
            keep(message.record, message.gathered, true);
        }
    } else if (message.record != None && message.tag.track <= leadTrack_ && !owesRecords()) {
        leadTrack_ = message.tag.track;
        dropBefore(message.record);
        message.record = 0;
    }
    if (!keeping_) {
        message.record = None;
    }
}

void ReplayBuffer::finish(Arriving& message) {
    const Record* record = nullptr;
    if (message.record != None) {
        records_[message.record].complete = true;
        record = &records_[message.record];
    }
    const bool head = isHead(message.tag.kind);
    if (message.late && late_) {
        if (record != nullptr) {
            show(*record, late_);
        } else if (head) {
            late_({message.csid, message.streamId, message.timestampMs, message.type,
                   message.gathered});
        }
    }
    if (head) {
        const TrackSet tracks = mediaTracks(message.type, message.gathered);
        heads_.put({message.csid, message.streamId, message.type, message.tag.kind, message.record,
                    std::move(message.gathered), tracks});
    }
}

void ReplayBuffer::giveUp(uint32_t csid) {
    const auto message = find(csid);
    if (message == arriving_.end()) {
        return;
    }
    const uint32_t record = message->record;
    arriving_.erase(message);
    if (record == 0 && !owesRecords()) {
        dropGroup(); // without its key frame the rest is of no use
    }
}

uint32_t ReplayBuffer::addRecord(const Arriving& message) {
    if (!makeRoom(records_)) {
        return None;
    }
    records_.push_back(
        {message.csid, message.streamId, message.timestampMs, None, None, message.type});
    return static_cast<uint32_t>(records_.size() - 1);
}

void ReplayBuffer::keep(uint32_t record, std::span<const uint8_t> bytes, bool foreign) {
    if (bytes.empty()) {
        return;
    }
    std::optional<uint32_t> at = foreign ? std::nullopt : log_.find(bytes);
    if (!at) {
        at = log_.append(bytes, maxBlocks());
    }
    if (!at) {
        dropGroup();
        return;
    }
    const auto size = static_cast<uint32_t>(bytes.size());
    Record& message = records_[record];
    if (message.lastPiece != None) {
        Piece& last = pieces_[message.lastPiece];
        if (last.at + last.size == *at) {
            last.size += size;
            return;
        }
    }
    if (!makeRoom(pieces_)) {
        return;
    }
    if (pieces_.empty() || log_.before(*at, start_)) {
        start_ = *at; // a copied beginning lies behind what follows it
    }
    const auto piece = static_cast<uint32_t>(pieces_.size());
    pieces_.push_back({*at, size, None});
    (message.lastPiece == None ? message.firstPiece : pieces_[message.lastPiece].next) = piece;
    message.lastPiece = piece;
}

template <typename T> bool ReplayBuffer::makeRoom(std::vector<T>& table) {
    if (table.size() < table.capacity()) {
        return true;
    }
    const size_t more = std::max(FirstTableEntries, table.capacity());
    const size_t used = log_.usedBlocks() * BlockBytes + tableBytes();
    if (used + more * sizeof(T) > maxBytes_) {
        dropGroup();
        return false;
    }
    table.reserve(table.size() + more);
    return true;
}

void ReplayBuffer::dropBefore(uint32_t record) {
    heads_.moveBeginning(record);
    const size_t typicalRecords = records_.size();
    const size_t typicalPieces = pieces_.size();
    records_.erase(records_.begin(), records_.begin() + record);
    std::vector<Piece> pieces;
    for (Record& kept : records_) {
        uint32_t next = std::exchange(kept.firstPiece, None);
        kept.lastPiece = None;
        while (next != None) {
            Piece piece = pieces_[next];
            next = std::exchange(piece.next, None);
            if (pieces.empty() || log_.before(piece.at, start_)) {
                start_ = piece.at;
            }
            const auto index = static_cast<uint32_t>(pieces.size());
            pieces.push_back(piece);
            (kept.lastPiece == None ? kept.firstPiece : pieces[kept.lastPiece].next) = index;
            kept.lastPiece = index;
        }
    }
    pieces_.assign(pieces.begin(), pieces.end());
    shrinkTo(records_, typicalRecords);
    shrinkTo(pieces_, typicalPieces);
    for (Arriving& message : arriving_) {
        if (message.record != None) {
            message.record = message.record < record ? None : message.record - record;
        }
    }
}

void ReplayBuffer::dropGroup() {
    heads_.moveBeginning(None);
    records_ = {};
    pieces_ = {};
    keeping_ = false;
    for (Arriving& message : arriving_) {
        message.record = None;
    }
}

void ReplayBuffer::replay(const Write& write) {
    const uint32_t beginsAtMs = keeping_ ? records_.front().timestampMs : lastTimestampMs_;
    for (const ReplayHead& head : heads_.all()) {
        if (head.since == ReplayHead::FromTheBeginning) {
            write(head.message(beginsAtMs));
        }
    }
    for (const Record& record : records_) {
        if (record.complete) {
            show(record, write);
        }
    }
    for (Arriving& message : arriving_) {
        message.late = true;
    }
}

void ReplayBuffer::show(const Record& record, const Write& write) const {
    Message message{record.csid, record.streamId, record.timestampMs, record.type, {}};
    std::vector<uint8_t> joined;
    for (uint32_t next = record.firstPiece; next != None; next = pieces_[next].next) {
        Piece piece = pieces_[next];
        while (piece.size != 0) {
            const std::span<const uint8_t> bytes = log_.piece(piece.at, piece.size);
            const auto size = static_cast<uint32_t>(bytes.size());
            if (next == record.lastPiece && size == piece.size && joined.empty()) {
                message.payload = bytes; // all of it in one place
            } else {
                joined.insert(joined.end(), bytes.begin(), bytes.end());
            }
            piece.at += size;
            piece.size -= size;
        }
    }
    if (!joined.empty()) {
        message.payload = joined;
    }
    write(message);
}

bool ReplayBuffer::hasLate() const {
    return std::any_of(arriving_.begin(), arriving_.end(),
                       [](const Arriving& message) { return message.late; });
}

/// Of a record that was replayed before, the rest must be replayed too.
bool ReplayBuffer::owesRecords() const {
    return std::any_of(arriving_.begin(), arriving_.end(), [](const Arriving& message) {
        return message.late && message.record != None;
    });
}

std::vector<ReplayBuffer::Arriving>::iterator ReplayBuffer::find(uint32_t csid) {
    return std::find_if(arriving_.begin(), arriving_.end(),
                        [csid](const Arriving& message) { return message.csid == csid; });
}

size_t ReplayBuffer::tableBytes() const {
    size_t sum = records_.capacity() * sizeof(Record) + pieces_.capacity() * sizeof(Piece) +
                 arriving_.capacity() * sizeof(Arriving) + heads_.bytes();
    for (const Arriving& message : arriving_) {
        sum += message.gathered.capacity();
    }
    return sum;
}

size_t ReplayBuffer::bytes() const {
    return log_.blocks() * BlockBytes + tableBytes();
}

size_t ReplayBuffer::maxBlocks() const {
    const size_t tables = tableBytes();
    return tables < maxBytes_ ? (maxBytes_ - tables) / BlockBytes : 0;
}

} // namespace srsproxy::rtmp
