# SrsProxy::sdk     the headers
# SrsProxy::plugin  the headers, and what it takes to build a plugin with exactly one export
include("${CMAKE_CURRENT_LIST_DIR}/SrsProxyTargets.cmake")
