// Writer: what a writable simulated cluster makes of POST, PUT, PATCH and
// DELETE, so that one client can provoke the same events here and on a real
// server. It knows no admission, no schemas and few defaults: an object is
// taken as it is given, in JSON alone (so kubectl needs a file to create from,
// and --validate=false). A strategic merge patch is taken as a merge patch.
//
// CRDs written this way are served at once, with the revisions of its status
// that a real server makes of them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "fakes/answer.h"
#include "fakes/state.h"
#include "fakes/status_body.h"

namespace kubescribe::fakes {

class Writer {
 public:
  using Json = nlohmann::ordered_json;
  // An object, a list or a Status as it is sent.
  struct Done {
    int code = 200;
    std::string body;
  };
  using Outcome = std::variant<Done, StatusBody>;

  Writer(State& state, const Clock& clock) : state_(state), clock_(clock) {}

  // `name` is empty for the collection. What another thread writes to the same
  // object between the look and the write is written over.
  Outcome Handle(const Request& request, const KindInfo& kind,
                 const std::string& ns, const std::string& name);
  // A merge patch of a CRD. Each change of its spec ends the kind's watches
  // and begins its window anew. The CRD's last RV; 0 when there is none.
  std::uint64_t EditCrd(const std::string& name, const std::string& patch);

 private:
  Outcome Create(const Request& request, const KindInfo& kind,
                 const std::string& ns);
  Outcome Replace(const Request& request, const KindInfo& kind,
                  const std::string& ns, const std::string& name);
  Outcome Patch(const Request& request, const KindInfo& kind,
                const std::string& ns, const std::string& name);
  Outcome Delete(const KindInfo& kind, const std::string& ns,
                 const std::string& name);
  Outcome DeleteAll(const Request& request, const KindInfo& kind,
                    const std::string& ns);
  // The object as it is now, changed to `object`, unless it is that already.
  Outcome Update(const KindInfo& kind, const ObjectPtr& before, Json object);
  Outcome DeleteCrd(const KindInfo& kind, const ObjectPtr& before);
  // Gives the CRD the status that its names ask for, and serves its kind.
  void Establish(const KindInfo& kind, const std::string& name);
  Event Put(const KindInfo& kind, const std::string& ns,
            const std::string& name, Json object);
  Json Read(const KindInfo& kind, const std::string& name) const;

  State& state_;
  const Clock& clock_;
};

}  // namespace kubescribe::fakes
