// A recorded body as the object that a server would have answered.
#pragma once

#include <string>
#include <string_view>

#include "store/types.h"

namespace kubescribe::query {

// Items of built-in lists come without apiVersion and kind and are stored so:
// puts them in front where they are missing; else the bytes as they are.
std::string CompleteObject(std::string_view body, std::string_view api_version,
                           std::string_view kind);

// The object of a revision. A body that was not kept (a stub, none) is stood
// in for by the object's names, with the annotation kubescribe.dev/body that
// says why.
std::string ObjectOf(const store::Revision& revision, std::string_view body,
                     std::string_view kind);

// What stands for the object of a revision whose recorded body cannot be shown
// (it changed on the disk): its names, with the annotation kubescribe.dev/body.
std::string DamagedObject(const store::Revision& revision,
                          std::string_view kind);

}  // namespace kubescribe::query
