#pragma once

/// OpenSSL's error queue as words. The queue is the calling thread's. [any]
/// Source: OpenSSL 3.0 manual, ERR_get_error(3), SSL_alert_desc_string_long(3).

#include <string>

namespace srsproxy {

/// Why the last call failed, for a log line; the queue is empty afterwards.
std::string takeTlsError();

} // namespace srsproxy
