#include "plugins/rtmp/capability_ask.h"

#include <algorithm>
#include <utility>

#include "plugins/rtmp/codec/commands.h"

namespace srsproxy::rtmp {
namespace {

constexpr double ConnectTransaction = 1;
/// More than any server has to say before it answers connect.
constexpr uint64_t MaxReceivedBytes = 256 * 1024;
constexpr ChunkLimits Limits;

} // namespace

class CapabilityAsker::Ask final : private IFdHandler,
                                   private ITimerHandler,
                                   private MessageVisitor {
public:
    Ask(CapabilityAsker& asker, const OriginTarget& origin,
        std::shared_ptr<const std::vector<uint8_t>> connectObject, const SocketAddress& client)
        : asker_(asker), origin_(origin), client_(client), connectObject_(std::move(connectObject)),
          hop_(asker.loop_, static_cast<IFdHandler&>(*this), Limits) {}
    ~Ask() override {
        asker_.loop_.cancelTimer(timer_);
        if (phase_ != Phase::Closing) {
            asker_.book_.silent(origin_.id, origin_.generation, asker_.loop_.nowUs());
        }
    }

    bool start() {
        timer_ = asker_.loop_.startTimer(asker_.budgetUs_, this);
        return asker_.connector_.connect(origin_, hop_);
    }

private:
    enum class Phase { Connecting, S0S1, S2, Answer, Closing };
    enum class Step { GoOn, End };

    void ready(int32_t, uint32_t events) noexcept override {
        if (handle(events) == Step::End) {
            asker_.remove(*this);
        }
    }
    void expired(uint64_t) noexcept override { asker_.remove(*this); }

    Step handle(uint32_t events) {
        if (phase_ == Phase::Connecting) {
            if (connectError(hop_.fd()) != 0) {
                return Step::End;
            }
            hop_.connected();
            phase_ = Phase::S0S1;
            std::vector<uint8_t> first;
            if (!asker_.connector_.enter(origin_, client_, hop_, first)) {
                return Step::End;
            }
            first.resize(first.size() + C0C1Bytes);
            makeC0C1(asker_.random_, std::span(first).last<C0C1Bytes>());
            if (!hop_.send(first)) {
                return Step::End;
            }
        } else if ((events & EventWrite) != 0 && !hop_.flush()) {
            return Step::End;
        }
        const bool readable = (events & (EventRead | EventHangup)) != 0 || hop_.hasBuffered();
        return readable ? read() : Step::GoOn;
    }

    Step read() {
        do {
            const Received received = hop_.receive(asker_.buffer_);
            if (received.kind == Received::Nothing) {
                return Step::GoOn;
            }
            if (received.kind != Received::Data || hop_.bytesReceived() > MaxReceivedBytes ||
                take(asker_.buffer_.first(received.bytes)) == Step::End) {
                return Step::End;
            }
        } while (hop_.hasBuffered());
        return Step::GoOn;
    }

    Step take(std::span<uint8_t> input) {
        if (phase_ == Phase::S0S1) {
            collect(input, C0C1Bytes);
            if (block_.size() < C0C1Bytes) {
                return Step::GoOn;
            }
            if (!greet()) {
                return Step::End;
            }
            phase_ = Phase::S2;
            block_.clear();
        }
        if (phase_ == Phase::S2) {
            collect(input, HandshakeBlockBytes);
            if (block_.size() < HandshakeBlockBytes) {
                return Step::GoOn;
            }
            phase_ = Phase::Answer;
        }
        if (phase_ == Phase::Closing) {
            return Step::GoOn; // read and dropped, so that the close is a FIN and no RST
        }
        const FeedResult result = hop_.reader.feed(input, static_cast<MessageVisitor&>(*this));
        if (!answer_) {
            return result.error == ChunkError::None && !result.stopped ? Step::GoOn : Step::End;
        }
        asker_.book_.answered(origin_.id, origin_.generation, asker_.loop_.nowUs(),
                              std::move(*answer_));
        phase_ = Phase::Closing;
        asker_.loop_.cancelTimer(timer_);
        timer_ = asker_.loop_.startTimer(asker_.budgetUs_, this);
        hop_.shutdownWrite();
        return Step::GoOn;
    }

    void collect(std::span<uint8_t>& input, size_t wanted) {
        const size_t taken = std::min(input.size(), wanted - block_.size());
        block_.insert(block_.end(), input.begin(),
                      input.begin() + static_cast<std::ptrdiff_t>(taken));
        input = input.subspan(taken);
    }

    /// C2 and connect in one write.
    bool greet() {
        std::vector<uint8_t> out(C2Bytes);
        if (answerS0S1(std::span<const uint8_t, C0C1Bytes>(block_),
                       std::span<uint8_t, C2Bytes>(out)) != HandshakeError::None) {
            return false;
        }
        std::vector<uint8_t> connect;
        appendConnect(connect, ConnectTransaction, *connectObject_);
        hop_.writer.write(Message{CommandChunkStream, 0, 0, MessageType::CommandAmf0, connect},
                          out);
        return hop_.send(out);
    }

    Next onMessage(const Message& message) override {
        const auto command =
            isCommand(message.type) ? parseCommand(message.type, message.payload) : std::nullopt;
        const auto answer = command ? parseAnswer(*command) : std::nullopt;
        if (!answer) {
            return Next::Continue;
        }
        if (answer->kind == AnswerKind::Status) {
            return answer->level == "error" ? Next::Stop : Next::Continue;
        }
        if (answer->transactionId != ConnectTransaction) {
            return Next::Continue;
        }
        if (answer->kind == AnswerKind::Result) {
            answer_ = parseCapabilities(answer->properties, answer->info);
        }
        return Next::Stop;
    }

    CapabilityAsker& asker_;
    const OriginTarget origin_;
    const SocketAddress client_;
    const std::shared_ptr<const std::vector<uint8_t>> connectObject_;
    Hop hop_;
    Phase phase_ = Phase::Connecting;
    std::vector<uint8_t> block_; ///< the unfinished S0S1, then S2
    std::optional<Capabilities> answer_;
    uint64_t timer_ = 0;
};

CapabilityAsker::CapabilityAsker(IEventLoop& loop, CapabilityBook& book,
                                 IOriginConnector& connector,
                                 std::span<const uint8_t, HandshakeRandomBytes> random,
                                 std::span<uint8_t> buffer, int64_t budgetUs)
    : loop_(loop), book_(book), connector_(connector), random_(random), buffer_(buffer),
      budgetUs_(budgetUs) {}

CapabilityAsker::~CapabilityAsker() = default;

void CapabilityAsker::ask(const OriginTarget& origin,
                          std::shared_ptr<const std::vector<uint8_t>> connectObject,
                          const SocketAddress& client) {
    asks_.push_back(std::make_unique<Ask>(*this, origin, std::move(connectObject), client));
    if (!asks_.back()->start()) {
        asks_.pop_back();
    }
}

void CapabilityAsker::remove(Ask& ask) {
    std::erase_if(asks_, [&ask](const auto& one) { return one.get() == &ask; });
}

} // namespace srsproxy::rtmp
