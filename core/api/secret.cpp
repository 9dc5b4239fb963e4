#include "core/api/secret.h"

#include <array>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <Poco/String.h>

#include "core/api/request_target.h"

namespace srsproxy {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

/// Of equal length for all texts, so that comparing them does not tell the length either.
Digest digest(std::string_view text) {
    Digest result{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data());
    return result;
}

} // namespace

bool sameSecret(std::string_view seen, std::string_view wanted) {
    const Digest a = digest(seen);
    const Digest b = digest(wanted);
    return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool bringsToken(const HttpCall& call, std::string_view token) {
    if (const std::string* header = call.header("Authorization")) {
        constexpr size_t SchemeSize = 7;
        return Poco::icompare(header->substr(0, SchemeSize), "Bearer ") == 0 &&
               sameSecret(std::string_view(*header).substr(SchemeSize), token);
    }
    const Result<QueryArguments> arguments = QueryArguments::parse(call.query);
    const std::string* argument = arguments ? arguments->find("token") : nullptr;
    if (argument != nullptr) {
        return sameSecret(*argument, token);
    }
    const Result<std::vector<std::string>> path = pathSegments(call.path);
    return path && call.path.starts_with(TokenPath) && sameSecret(path->back(), token);
}

} // namespace srsproxy
