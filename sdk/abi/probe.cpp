// Uses every type that crosses the line, so that its layout and its virtual table stand in the
// debug information of this library, where abidiff compares them with the golden dumps. Build
// with -femit-class-debug-always: without it gcc leaves pure interfaces declaration-only, and a
// broken virtual table goes unseen. tests/abi/abidiff_gate.py does all of that.

#include "srsproxy/abi/balancer.h"
#include "srsproxy/abi/config.h"
#include "srsproxy/abi/descriptor.h"
#include "srsproxy/abi/event_loop.h"
#include "srsproxy/abi/http_routes.h"
#include "srsproxy/abi/log.h"
#include "srsproxy/abi/metrics.h"
#include "srsproxy/abi/origins.h"
#include "srsproxy/abi/plugin.h"
#include "srsproxy/abi/protocol.h"
#include "srsproxy/abi/sessions.h"
#include "srsproxy/abi/store.h"
#include "srsproxy/abi/types.h"

using namespace srsproxy;

extern "C" {

void probeTypes(Str*, IErrorSink*, IStrSink*, Status) {}
void probePlugin(PluginDescriptor*, PluginKind, ICore*, IPlugin*, IConfig*) {}
void probeBalancer(BalancerOrigin*, OriginSet*, PickRequest*, IBalancer*, IBalancerFeedback*,
                   IBalancerFactory*) {}
void probeProtocol(ILoopPart*, IProtocol*, IProtocolFactory*) {}
void probeEventLoop(Events, IFdHandler*, ITimerHandler*, ITask*, IEventLoop*) {}
void probeSessions(Role, Side, CloseCause, Outcome, RouteCode, RouteAnswer*, RouteRequest*,
                   IRouteHandler*, SessionCounters*, ISession*, ISessionOwner*, SessionInfo*,
                   ISessions*) {}
void probeServices(LogLevel, ILog*, MetricLabel*, ICounter*, IGauge*, IMetrics*, IStoreHandler*,
                   IStore*) {}
void probeHttp(HttpField*, HttpRequest*, HttpResponse*, IHttpResponder*, IHttpHandler*,
               IHttpRoutes*) {}
// What 1.1 brought; functions of their own, so that the dump of 1.0 can still be compared.
void probeOrigins(RouteFlags, OriginInfo*, IOriginVisitor*, IOrigins*) {}

} // extern "C"
