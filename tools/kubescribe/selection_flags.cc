#include "kubescribe/selection_flags.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace kubescribe::tool {

void SelectionFlags::Declare(CLI::App& app, const std::string& what) {
  app.add_option("what", words_, what)->required()->type_name("TYPE");
  name_space.Declare(app);
  auto* at = app.add_option("--at", at_, "The instant (default: now)")
                 ->type_name("TIME");
  rv = app.add_option("--rv", rv_, "At this resourceVersion of the type")
           ->type_name("N");
  seq = app.add_option("--seq", seq_, "As recorded up to this seq")
            ->type_name("N")
            ->check(CheckSeq);
  at->excludes(rv)->excludes(seq);
  rv->excludes(seq);
  app.add_option("-l,--selector", labels_, "Label selector")->type_name("EXPR");
  app.add_flag("--strict", strict, "Exit with 4 when the answer is uncertain");
}

Result<query::StateRequest> SelectionFlags::Read() const {
  query::StateRequest request;
  request.words = words_;
  request.label_selector = labels_;
  if (at_) {
    Result<query::When> when = ParseWhen(*at_, "--at");
    if (!when.ok()) return when.error();
    request.when = std::move(*when);
  }
  if (!rv_.empty()) request.when.rv = rv_;
  if (seq_) request.when.seq = seq_;
  return request;
}

}  // namespace kubescribe::tool
