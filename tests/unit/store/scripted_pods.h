// A deterministic script of transactions, and what a file must hold after each
// of them: for tests that cut the writer off somewhere and look what is left.
//
// Transaction k (1, 2, …) writes a few revisions and moves the stream's
// position to k.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "store/writer.h"

namespace kubescribe::store {

class ScriptedPods {
 public:
  explicit ScriptedPods(int transactions) {
    SeededRandom random(99);
    Totals sum;
    totals_.push_back(sum);
    for (int k = 1; k <= transactions; ++k) {
      std::vector<std::string> bodies(1 + random.Below(5));
      for (std::string& body : bodies) {
        body.resize(20 + random.Below(random.Below(8) == 0 ? 6000 : 300));
        for (char& c : body) c = static_cast<char>('!' + random.Below(90));
        ++sum.revisions;
        sum.bytes += static_cast<std::int64_t>(body.size());
      }
      bodies_.push_back(std::move(bodies));
      totals_.push_back(sum);
    }
  }

  int size() const { return static_cast<int>(bodies_.size()); }

  struct Totals {
    std::int64_t revisions = 0;
    std::int64_t bytes = 0;  // of bodies, raw
    auto operator<=>(const Totals&) const = default;
  };
  // What is there after transaction k; k = 0: nothing.
  const Totals& After(int k) const {
    return totals_.at(static_cast<std::size_t>(k));
  }

  Status Run(Writer& writer, int k) const {
    return writer.Transact([&](Transaction& tx) {
      WriteRows(tx, k);
      WritePosition(tx, k);
    });
  }
  // The mistake: the position goes ahead of the rows that it covers.
  Status RunPositionFirst(Writer& writer, int k) const {
    const Status first =
        writer.Transact([&](Transaction& tx) { WritePosition(tx, k); });
    if (!first.ok()) return first;
    return writer.Transact([&](Transaction& tx) { WriteRows(tx, k); });
  }

  // The position that the file has: the number of its last transaction.
  static int Position(Writer& writer) {
    int position = 0;
    const Status done = writer.Transact([&](Transaction& tx) {
      for (const StreamRow& stream : tx.Streams()) {
        if (!stream.position.empty()) position = std::stoi(stream.position);
      }
    });
    return done.ok() ? position : -1;
  }

 private:
  static StreamRow Stream(Transaction& tx) {
    return tx.EnsureStream({"", "pods", "", "", ""},
                           tx.EnsureResource("", "pods", "Pod", true));
  }
  void WriteRows(Transaction& tx, int k) const {
    const StreamRow stream = Stream(tx);
    int rv = k * 100;
    for (const std::string& body :
         bodies_.at(static_cast<std::size_t>(k - 1))) {
      ObjectRow object;
      object.resource_id = stream.resource_id;
      object.stream_id = stream.id;
      object.name_space = "default";
      object.name = "pod" + std::to_string(rv % 7);
      object.uid = object.name;
      const auto known = tx.FindObject(stream.resource_id, object.uid);
      NewRevision revision;
      revision.object_id = known ? known->id : tx.AddObject(object);
      revision.stream_id = stream.id;
      revision.epoch = 1;
      if (rv % 5 == 1) revision.event = Event::kLeft;  // and comes back
      revision.rv = std::to_string(rv++);
      revision.changed_at = tx.recorded_at();
      revision.body = body;
      tx.AppendRevision(revision);
    }
  }
  static void WritePosition(Transaction& tx, int k) {
    StreamRow stream = Stream(tx);
    stream.position = std::to_string(k);
    tx.PutStream(stream);
  }

  std::vector<std::vector<std::string>> bodies_;
  std::vector<Totals> totals_;
};

}  // namespace kubescribe::store
