#pragma once

/// The default backend of the environment as an origin like any other.

#include "core/base/result.h"
#include "core/config/environment.h"
#include "core/registry/registration.h"

namespace srsproxy {

/// The error names the variables.
Result<Registration> registrationOf(const DefaultBackend& backend);

} // namespace srsproxy
