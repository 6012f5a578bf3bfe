// An object as another version of its kind shows it than the recorded one.
//
// A kind is recorded in one version, though a server gives it in every version
// that it serves; `get events.events.k8s.io` and `get
// animals.v1beta1.example.com` ask for another one.
#pragma once

#include <string>
#include <string_view>

namespace kubescribe::kube {

// The object in `api_version` ("events.k8s.io/v1"), where it is known how a
// server comes from one to the other: for Events, and for custom resources
// whose definition (`crd`, JSON; "" if it is none) converts by nothing but the
// version's name. Any other object, and what is no JSON, stays as it is.
std::string AsVersion(std::string object, std::string_view api_version,
                      std::string_view crd);

}  // namespace kubescribe::kube
