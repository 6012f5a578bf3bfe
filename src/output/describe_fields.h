// Lines that the texts of many kinds have. Private to src/output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "output/describe_parts.h"

namespace kubescribe::output {

// "Title:   text".
void FieldLine(Sheet& sheet, int level, std::string_view title,
               std::string_view text);
void FieldLine(Sheet& sheet, std::string_view title, std::string_view text);
// The same, unless the text is empty.
void FieldLineIfAny(Sheet& sheet, std::string_view title,
                    std::string_view text);

// Name, namespace (of a namespaced object), labels and annotations.
void HeadLines(const Subject& subject, Sheet& sheet);
// The table of type, status, time, reason and message; nothing of no
// conditions.
void ConditionLines(const Subject& subject, View conditions, Sheet& sheet);

// `otherwise` for an empty text.
std::string OrElse(const std::string& text, std::string_view otherwise);
// The text of a string, and `otherwise` where there is none.
std::string TextOr(View value, std::string_view otherwise);
// "[a b]" of the texts of a list.
std::string ListText(View list);

// A quantity as it is written canonically; "0" where there is none.
std::string QuantityText(View quantity);

// The endpoint slices of a service.
std::vector<Value> SlicesOfService(const Subject& subject,
                                   const std::string& service);
// The first ready endpoints of the ports of that name (of slices without
// ports: all), and how many more there are; "<none>" without slices.
std::string EndpointsText(const std::vector<Value>& slices,
                          std::string_view port_name);

// "fast": the class that a volume has or a claim asks for; "".
std::string StorageClassOf(View object);

// "Type:  NFS (…)" and its fields, of a volume of a Pod or the spec of a
// PersistentVolume. False: it is of no known type.
enum class VolumeOf { kPod, kCluster };
bool VolumeSourceLines(View volume, VolumeOf of, Sheet& sheet);

// "Pod I Ps" of "podIPs": how kubectl makes a label of a key.
std::string FieldLabel(const std::string& key);

// A number as Go prints what JSON's decodes to: "1e+06" of 1000000.0.
std::string GoNumber(const std::string& literal);

}  // namespace kubescribe::output
