// Discovery documents, legacy and aggregated.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "fakes/kinds.h"

namespace kubescribe::fakes {

inline constexpr char kAggregatedType[] =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

std::string VersionText();
std::string ApiVersionsText(const std::string& address);        // /api
std::string GroupListText(const std::vector<KindInfo>& kinds);  // /apis
// /apis/G; empty when there is no such group.
std::string GroupText(const std::vector<KindInfo>& kinds,
                      const std::string& group);
// /api/v1, /apis/G/V; empty when there is no such version.
std::string ResourceListText(const std::vector<KindInfo>& kinds,
                             const std::string& group,
                             const std::string& version);
// /api (core) or /apis in the aggregated form; the groups in `failing` are
// stale.
std::string AggregatedText(const std::vector<KindInfo>& kinds, bool core,
                           const std::set<std::string>& failing);
// Whether an Accept header asks for the aggregated form.
bool WantsAggregated(const std::string& accept);

}  // namespace kubescribe::fakes
