#include "plugins/rtmp/shared.h"

#include <utility>

namespace srsproxy::rtmp {
namespace {

ICounter* resumeCounter(IMetrics& metrics, const char* role, const char* result) {
    const MetricLabel labels[] = {{toStr("role"), toStr(role)}, {toStr("result"), toStr(result)}};
    return metrics.counter(toStr("rtmp_resumes_total"),
                           toStr("Streams whose origin was lost in mid-stream, by how the search "
                                 "for another one ended"),
                           labels, 2);
}

} // namespace

ResumeFigures::ResumeFigures(IMetrics& metrics)
    : counters_{
          {resumeCounter(metrics, "publish", "failed"),
           resumeCounter(metrics, "publish", "resumed")},
          {resumeCounter(metrics, "play", "failed"), resumeCounter(metrics, "play", "resumed")}} {}

void ResumeFigures::count(int32_t role, bool resumed) {
    counters_[role == RolePublish ? 0 : 1][resumed ? 1 : 0]->add(1);
}

Shared::Shared(const Services& coreServices, Config settings)
    : services(coreServices), config(std::move(settings)),
      tls(config.tlsListen.empty() ? nullptr : std::make_unique<TlsServerContext>(config.tls)),
      doors(config.clientAddress, config.originTls), blocks(config.resumeTotalBytes),
      resumes(*services.metrics), resolver(HostResolver::Limits{}) {}

} // namespace srsproxy::rtmp
