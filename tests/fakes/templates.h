// Texts of objects with holes: ${name}. Full-size, as servers send them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace kubescribe::fakes {

using Fields =
    std::initializer_list<std::pair<std::string_view, std::string_view>>;

// The template with its holes filled; a hole without a field ends the program.
std::string Fill(std::string_view text, Fields fields);

// All without apiVersion and kind. The RV hole is filled by the State.
const std::string& NamespaceTemplate();
const std::string& NodeTemplate();
const std::string& LeaseTemplate();
const std::string& ConfigMapTemplate();
const std::string& SecretTemplate();
const std::string& DeploymentTemplate();
const std::string& ReplicaSetTemplate();
const std::string& PodTemplate();
const std::string& PodStatusTemplate();
const std::string& PodStatusFieldsTemplate();
const std::string& EventTemplate();

}  // namespace kubescribe::fakes
