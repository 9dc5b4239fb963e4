#include <algorithm>

#include "core/api/system_api.h"
#include "core/config/listen_address.h"

namespace srsproxy {
namespace {

Result<std::vector<HttpListen>> listens(const std::vector<std::string>& texts,
                                        const std::string& setting) {
    std::vector<HttpListen> parsed;
    for (const std::string& text : texts) {
        Result<ListenAddress> address = parseListenAddress(text);
        if (!address) {
            return Error{setting + ": " + address.error().message};
        }
        parsed.push_back({std::move(address->host), address->port});
    }
    return parsed;
}

template <typename Settings>
Result<HttpServerOptions> options(const Settings& settings, const std::string& setting,
                                  const std::string& variable, const ProductInfo& product) {
    auto addresses = listens(settings.listen, setting);
    if (!addresses) {
        return addresses.error();
    }
    HttpServerOptions made;
    made.listen = std::move(*addresses);
    made.setting = setting + " or " + variable;
    made.serverName = product.serverName();
    made.bodyLimitBytes = settings.bodyLimitBytes;
    made.maxThreads = settings.maxThreads;
    made.requestTimeout = settings.requestTimeout;
    made.headTimeout = std::min(made.headTimeout, settings.requestTimeout);
    return made;
}

} // namespace

Result<HttpServerOptions> serverOptions(const SystemApiSettings& settings,
                                        const ProductInfo& product) {
    return options(settings, "system_api.listen", "PROXY_SYSTEM_API", product);
}

Result<HttpServerOptions> serverOptions(const HttpApiSettings& settings,
                                        const ProductInfo& product) {
    return options(settings, "http_api.listen", "PROXY_HTTP_API", product);
}

} // namespace srsproxy
