#include "plugins/common/tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "plugins/common/socket.h"

namespace srsproxy {

std::string takeTlsError() {
    const unsigned long error = ERR_peek_error(); // the first one is the cause
    ERR_clear_error();
    if (error == 0) {
        return "no reason given";
    }
    if (ERR_SYSTEM_ERROR(error)) {
        return errorText(ERR_GET_REASON(error));
    }
    const int reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
        return "the peer refused: " +
               std::string(SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
    }
    if (const char* words = ERR_reason_error_string(error)) {
        return words;
    }
    return "OpenSSL error " + std::to_string(error);
}

} // namespace srsproxy
