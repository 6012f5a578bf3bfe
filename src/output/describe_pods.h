// The parts of a text that are about Pods: their containers, volumes and the
// template of a controller. Private to src/output.
#pragma once

#include <map>
#include <string>

#include "kube/quantity.h"
#include "output/describe_parts.h"

namespace kubescribe::output {

// -- describe_containers.cc

// "Containers:" and all that is told of each. `statuses`: a list, or absent
// for a template; `pod`: whose fields the environment refers to, or absent;
// `indent`: of the title of a template's.
void ContainerLines(const Subject& subject, std::string_view title,
                    View containers, View statuses, View pod,
                    std::string_view indent, Sheet& sheet);
// Limits and requests.
void ResourceLines(View resources, int level, Sheet& sheet);

// -- describe_volumes.cc

void VolumeLines(View volumes, std::string_view indent, Sheet& sheet);

// -- describe_template.cc

void TemplateLines(const Subject& subject, View pod_template, Sheet& sheet);
void TopologyLines(View constraints, std::string_view indent, Sheet& sheet);
void TolerationLines(std::string_view title, View tolerations, Sheet& sheet);
void SchedulingGroupLines(View group, std::string_view indent, Sheet& sheet);
// "2 Running / 0 Waiting / …": of the Pods that the subject controls.
std::string PodCounts(const Subject& subject, const std::string& selector);
// The table of a controller's conditions, if there are any.
void ReasonTable(View conditions, Sheet& sheet);

// -- pod_resources.cc

using Amounts = std::map<std::string, kube::Quantity>;
// Each to the one of its name.
void AddAmounts(Amounts& sum, const Amounts& more);

// What a Pod asks for, or may use at most, as a scheduler counts it.
// `with_status`: what its containers were really given counts too.
Amounts PodRequests(View pod, bool with_status);
Amounts PodLimits(View pod, bool with_status);
// "Guaranteed", "Burstable", "BestEffort".
std::string QosClass(View pod);

}  // namespace kubescribe::output
