#include "core/plugin/elf_probe.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "srsproxy/abi/descriptor.h"

namespace srsproxy {
namespace {

#if defined(__x86_64__)
constexpr uint16_t Machine = EM_X86_64;
constexpr uint32_t RelativeRelocation = R_X86_64_RELATIVE;
#elif defined(__aarch64__)
constexpr uint16_t Machine = EM_AARCH64;
constexpr uint32_t RelativeRelocation = R_AARCH64_RELATIVE;
#else
#error "name this machine's ELF number and its relative relocation"
#endif

constexpr uint16_t MaxSegments = 128;
constexpr uint64_t MaxSymbols = 1u << 20;
constexpr size_t MaxTextBytes = 256;

/// The file's bytes; nothing is read past their end.
class Image {
public:
    explicit Image(std::span<const std::byte> bytes) : bytes_(bytes) {}

    template <typename T> bool read(uint64_t offset, T& out) const {
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) {
            return false;
        }
        std::memcpy(&out, bytes_.data() + offset, sizeof(T));
        return true;
    }
    /// Up to the zero that ends it; nothing when there is none within MaxTextBytes.
    std::optional<std::string_view> text(uint64_t offset) const {
        if (offset >= bytes_.size()) {
            return std::nullopt;
        }
        const std::byte* start = bytes_.data() + offset;
        const size_t room = std::min<size_t>(bytes_.size() - offset, MaxTextBytes + 1);
        const void* end = std::memchr(start, 0, room);
        if (end == nullptr) {
            return std::nullopt;
        }
        const char* chars = reinterpret_cast<const char*>(start);
        return std::string_view(chars, static_cast<size_t>(static_cast<const char*>(end) - chars));
    }
    uint64_t size() const { return bytes_.size(); }

private:
    std::span<const std::byte> bytes_;
};

/// What of the dynamic section matters here; addresses are the file's own.
struct DynamicSection {
    uint64_t symbols = 0;
    uint64_t strings = 0;
    uint64_t gnuHash = 0;
    uint64_t hash = 0;
    uint64_t relocations = 0;
    uint64_t relocationBytes = 0;
};

class Prober {
public:
    explicit Prober(std::span<const std::byte> file) : image_(file) {}

    Result<ElfFacts> run() {
        if (std::string problem = readHeaders(); !problem.empty()) {
            return Error{std::move(problem)};
        }
        readDynamic();
        if (dynamic_.symbols == 0 || dynamic_.strings == 0) {
            return Error{"is a shared object that exports nothing"};
        }
        const std::optional<uint64_t> symbols = offsetOf(dynamic_.symbols);
        const std::optional<uint64_t> strings = offsetOf(dynamic_.strings);
        const std::optional<uint64_t> count = symbolCount();
        if (!symbols || !strings || !count || *count > MaxSymbols) {
            return Error{"is a damaged ELF file: its symbol table does not fit the file"};
        }
        ElfFacts facts;
        for (uint64_t index = 1; index < *count; ++index) {
            Elf64_Sym symbol;
            if (!image_.read(*symbols + index * sizeof symbol, symbol)) {
                return Error{"is a damaged ELF file: its symbol table is cut off"};
            }
            if (isExport(symbol)) {
                addExport(facts, symbol, image_.text(*strings + symbol.st_name));
            }
        }
        return facts;
    }

private:
    struct Segment {
        uint64_t address;
        uint64_t offset;
        uint64_t size;
    };

    std::string readHeaders() {
        std::array<unsigned char, EI_NIDENT> ident;
        Elf64_Ehdr header;
        if (!image_.read(0, ident) || std::memcmp(ident.data(), ELFMAG, SELFMAG) != 0) {
            return "is not an ELF file; a plugin is a shared object (.so)";
        }
        if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB ||
            !image_.read(0, header)) {
            return "is not a 64-bit little-endian ELF file";
        }
        if (header.e_machine != Machine) {
            return "is built for ELF machine " + std::to_string(header.e_machine) +
                   ", this proxy runs on " + std::to_string(Machine) +
                   ": build it for this machine";
        }
        if (header.e_type != ET_DYN) {
            return "is no shared object: link it with -shared";
        }
        if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > MaxSegments) {
            return "is a damaged ELF file: its program headers make no sense";
        }
        for (uint64_t index = 0; index < header.e_phnum; ++index) {
            Elf64_Phdr segment;
            if (header.e_phoff > image_.size() ||
                !image_.read(header.e_phoff + index * sizeof segment, segment)) {
                return "is a damaged ELF file: its program headers are cut off";
            }
            if (segment.p_type == PT_LOAD) {
                segments_.push_back({segment.p_vaddr, segment.p_offset, segment.p_filesz});
            } else if (segment.p_type == PT_DYNAMIC) {
                dynamicOffset_ = segment.p_offset;
                dynamicBytes_ = segment.p_filesz;
            }
        }
        return {};
    }

    void readDynamic() {
        if (dynamicOffset_ > image_.size()) {
            return;
        }
        const uint64_t count = dynamicBytes_ / sizeof(Elf64_Dyn);
        Elf64_Dyn entry;
        for (uint64_t index = 0; index < count; ++index) {
            if (!image_.read(dynamicOffset_ + index * sizeof entry, entry) ||
                entry.d_tag == DT_NULL) {
                return;
            }
            switch (entry.d_tag) {
            case DT_SYMTAB:
                dynamic_.symbols = entry.d_un.d_ptr;
                break;
            case DT_STRTAB:
                dynamic_.strings = entry.d_un.d_ptr;
                break;
            case DT_GNU_HASH:
                dynamic_.gnuHash = entry.d_un.d_ptr;
                break;
            case DT_HASH:
                dynamic_.hash = entry.d_un.d_ptr;
                break;
            case DT_RELA:
                dynamic_.relocations = entry.d_un.d_ptr;
                break;
            case DT_RELASZ:
                dynamic_.relocationBytes = entry.d_un.d_val;
                break;
            default:
                break;
            }
        }
    }

    std::optional<uint64_t> offsetOf(uint64_t address) const {
        for (const Segment& segment : segments_) {
            if (address >= segment.address && address - segment.address < segment.size &&
                segment.offset <= image_.size()) {
                return segment.offset + (address - segment.address);
            }
        }
        return std::nullopt;
    }

    /// The dynamic section does not say how many symbols there are; the hash tables do.
    std::optional<uint64_t> symbolCount() const {
        if (const std::optional<uint64_t> at = offsetOf(dynamic_.hash); dynamic_.hash && at) {
            std::array<uint32_t, 2> head; // buckets, symbols
            return image_.read(*at, head) ? std::optional<uint64_t>(head[1]) : std::nullopt;
        }
        const std::optional<uint64_t> at = offsetOf(dynamic_.gnuHash);
        std::array<uint32_t, 4> head; // buckets, first symbol, words of the filter, its shift
        if (!dynamic_.gnuHash || !at || !image_.read(*at, head)) {
            return std::nullopt;
        }
        const uint64_t buckets = *at + sizeof head + uint64_t{head[2]} * sizeof(uint64_t);
        const uint64_t chains = buckets + uint64_t{head[0]} * sizeof(uint32_t);
        uint32_t last = 0;
        for (uint64_t index = 0; index < head[0]; ++index) {
            uint32_t first;
            if (!image_.read(buckets + index * sizeof first, first)) {
                return std::nullopt;
            }
            last = std::max(last, first);
        }
        if (last < head[1]) {
            return head[1];
        }
        for (uint32_t link = 0; (link & 1u) == 0; ++last) {
            if (!image_.read(chains + uint64_t{last - head[1]} * sizeof link, link)) {
                return std::nullopt;
            }
        }
        return last;
    }

    static bool isExport(const Elf64_Sym& symbol) {
        const unsigned binding = ELF64_ST_BIND(symbol.st_info);
        const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
        return symbol.st_shndx != SHN_UNDEF &&
               (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
               (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
    }

    void addExport(ElfFacts& facts, const Elf64_Sym& symbol,
                   std::optional<std::string_view> name) const {
        ++facts.exportCount;
        facts.uniqueCount += ELF64_ST_BIND(symbol.st_info) == STB_GNU_UNIQUE ? 1 : 0;
        if (facts.exports.size() < ElfFacts::MaxExportNames) {
            facts.exports.emplace_back(name.value_or("(a long name)"));
        }
        if (name == SRSPROXY_DESCRIPTOR_SYMBOL && !facts.descriptor) {
            facts.descriptor = readDescriptor(symbol.st_value);
        }
    }

    /// A descriptor that lies outside of the file's data reads as zeros: its magic is wrong.
    DescriptorFacts readDescriptor(uint64_t address) const {
        DescriptorFacts facts;
        const std::optional<uint64_t> at = offsetOf(address);
        if (!at || !image_.read(*at, facts.structSize) ||
            !image_.read(*at + offsetof(PluginDescriptor, magic), facts.magic) ||
            !image_.read(*at + offsetof(PluginDescriptor, abiMajor), facts.abiMajor) ||
            !image_.read(*at + offsetof(PluginDescriptor, abiMinor), facts.abiMinor) ||
            !image_.read(*at + offsetof(PluginDescriptor, kind), facts.kind)) {
            return {};
        }
        if (facts.structSize >= sizeof(PluginDescriptor) && facts.magic == PluginMagic) {
            readTexts(address, *at, facts);
        }
        return facts;
    }

    /// Pointers in a shared object are zero until relocated: the address is in the relocation,
    /// or in place with packed (RELR) ones.
    void readTexts(uint64_t address, uint64_t offset, DescriptorFacts& facts) const {
        constexpr uint64_t First = offsetof(PluginDescriptor, name);
        std::array<uint64_t, 5> targets{};
        if (!image_.read(offset + First, targets)) {
            return;
        }
        const std::optional<uint64_t> table = offsetOf(dynamic_.relocations);
        const uint64_t count =
            table ? std::min(dynamic_.relocationBytes, image_.size()) / sizeof(Elf64_Rela) : 0;
        Elf64_Rela entry;
        for (uint64_t index = 0; index < count; ++index) {
            if (!image_.read(*table + index * sizeof entry, entry)) {
                break;
            }
            const uint64_t distance = entry.r_offset - (address + First);
            if (ELF64_R_TYPE(entry.r_info) == RelativeRelocation && distance < sizeof targets &&
                distance % sizeof(uint64_t) == 0) {
                targets[distance / sizeof(uint64_t)] = static_cast<uint64_t>(entry.r_addend);
            }
        }
        const std::array<std::string*, 5> texts{&facts.name, &facts.version, &facts.license,
                                                &facts.sdkVersion, &facts.compiler};
        for (size_t index = 0; index < texts.size(); ++index) {
            const std::optional<uint64_t> at =
                targets[index] == 0 ? std::nullopt : offsetOf(targets[index]);
            if (at) {
                *texts[index] = image_.text(*at).value_or("");
            }
        }
    }

    Image image_;
    std::vector<Segment> segments_;
    DynamicSection dynamic_;
    uint64_t dynamicOffset_ = 0;
    uint64_t dynamicBytes_ = 0;
};

} // namespace

Result<ElfFacts> probeElf(std::span<const std::byte> file) {
    return Prober(file).run();
}

} // namespace srsproxy
