// A small recorded past for the tests of query and of the tool. Seconds are
// counted from kStart; what it holds:
//
//   at 10  pods listed (a stream of all namespaces that flows from then on):
//          default/web (rv 100), prod/web (rv 101)
//   at 20  default/web modified: app=v2 (rv 110)
//   at 30  default/db added (rv 120)
//   at 40  prod/web deleted (rv 130)
//   at 50..60  a gap (gone, rv 130 to 150); at 60 default/db relisted (rv 145)
//   at 70  default/db deleted (rv 160); default/db added again (rv 161)
//   at 80  nothing; known until 80
//   and one ConfigMap, listed at 10 without apiVersion and kind
#pragma once

#include <array>
#include <optional>
#include <string>

#include "kube/discovery.h"
#include "unit/store/store_fixture.h"

namespace kubescribe::query {

inline constexpr Micros kStart = 1'700'000'000 * kSecond;
inline Micros Second(int n) { return kStart + n * kSecond; }

class RecordedFile {
 public:
  explicit RecordedFile(const std::string& cluster = "test",
                        bool with_discovery = true)
      : with_discovery_(with_discovery) {
    path_ = store::DatabasePath(folder_.path(), cluster);
    Write(cluster, [this] { Record(); });
  }

  // At 90, and known until then: a Secret prod/login, added, whose value is a
  // fingerprint.
  void AddSecret() {
    Write("test", [this] {
      At(90, [this](store::Transaction& tx) {
        stream_ =
            tx.EnsureStream({"", "secrets", "", "", ""},
                            tx.EnsureResource("", "secrets", "Secret", true))
                .id;
        Put(tx, "prod", "login", "u5", store::Event::kAdded, "170",
            R"({"kind":"Secret","apiVersion":"v1","metadata":{"name":"login",)"
            R"("namespace":"prod","uid":"u5","resourceVersion":"170"},"data":)"
            R"({"password":"a2ZyMTowMTIzNDU2Nzp4eHh4eHh4eHh4eHh4eHh4"},)"
            R"("type":"Opaque"})",
            tx.recorded_at());
        Gap(tx, "start", std::nullopt, "", "165");
        Flow(tx, "170");
      });
    });
  }

  const std::string& path() const { return path_; }
  const std::string& folder() const { return folder_.path(); }

  static std::string Pod(const std::string& name_space, const std::string& name,
                         const std::string& uid, const std::string& rv,
                         const std::string& app) {
    return R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":")" + name +
           R"(","namespace":")" + name_space + R"(","uid":")" + uid +
           R"(","resourceVersion":")" + rv +
           R"(","creationTimestamp":"2023-11-14T22:13:20Z","labels":{"app":")" +
           app + R"("},"managedFields":[{"manager":"kubectl"}]},"spec":)" +
           R"({"containers":[{"name":"c"}]},"status":{"phase":"Running"}})";
  }

  // At 90, and known until then: a late revision of default/web (rv 107), which
  // is then found missing (list rv 180).
  void AddLateAndVanished() {
    Write("test", [this] {
      At(90, [this](store::Transaction& tx) {
        stream_ = pods_;
        Pod(tx, "default", "web", "u1", store::Event::kModified, "107", "late",
            Second(15), "", true);
        Put(tx, "default", "web", "u1", store::Event::kVanished, "", "",
            Second(80), "180");
        Flow(tx, "180");
      });
    });
  }

  // At 100, and known until then: as many Pods bulk/p00000, p00001 …, added.
  void AddPods(int count) {
    Write("test", [this, count] {
      At(100, [this, count](store::Transaction& tx) {
        stream_ = pods_;
        for (int i = 0; i < count; ++i) {
          const std::string number = std::to_string(100'000 + i).substr(1);
          Pod(tx, "bulk", "p" + number, "b" + number, store::Event::kAdded,
              "2" + number, "bulk", tx.recorded_at());
        }
      });
    });
  }

 private:
  template <typename Fn>
  void Write(const std::string& cluster, Fn fn) {
    store::OpenOptions options;
    options.cluster = cluster;
    options.identity = "uid-1";
    options.clock = &clock_;
    options.random = &random_;
    auto writer = store::Writer::Open(path_, options);
    if (!writer.ok()) std::abort();
    writer_ = *std::move(writer);
    fn();
    if (!writer_->CloseCleanly().ok()) std::abort();
    writer_.reset();
  }

  void At(int second, const std::function<void(store::Transaction&)>& fn) {
    clock_.wall = Second(second);
    const Status done = writer_->Transact(fn);
    if (!done.ok()) {
      ADD_FAILURE() << done.error().message();
      std::abort();
    }
  }

  void Put(store::Transaction& tx, const std::string& name_space,
           const std::string& name, const std::string& uid, store::Event event,
           const std::string& rv, const std::string& body,
           std::optional<Micros> not_before, const std::string& list_rv = "",
           bool late = false) {
    store::StreamRow stream = tx.GetStream(stream_);
    store::ObjectRow object;
    object.resource_id = stream.resource_id;
    object.stream_id = stream_;
    object.name_space = name_space;
    object.name = name;
    object.uid = uid;
    const auto known = tx.FindObject(stream.resource_id, uid);
    store::NewRevision revision;
    revision.object_id = known ? known->id : tx.AddObject(object);
    revision.stream_id = stream_;
    revision.epoch = stream.epoch;
    revision.event = event;
    revision.source =
        list_rv.empty() ? store::Source::kWatch : store::Source::kList;
    revision.rv = rv;
    revision.list_rv = list_rv;
    revision.api_version = "v1";
    revision.not_before = not_before;
    revision.changed_at = tx.recorded_at();
    revision.body = body;
    revision.late = late;
    if (late) revision.changed_at = *not_before;
    tx.AppendRevision(revision);
  }

  void Pod(store::Transaction& tx, const std::string& name_space,
           const std::string& name, const std::string& uid, store::Event event,
           const std::string& rv, const std::string& app,
           std::optional<Micros> not_before, const std::string& list_rv = "",
           bool late = false) {
    Put(tx, name_space, name, uid, event, rv,
        Pod(name_space, name, uid, rv, app), not_before, list_rv, late);
  }

  void Flow(store::Transaction& tx, const std::string& position) {
    store::StreamRow stream = tx.GetStream(stream_);
    stream.state = "watching";
    stream.api_version = "v1";
    stream.position = position;
    stream.flowing = true;
    stream.flowed_until = tx.recorded_at();
    stream.gap_cause.clear();
    tx.PutStream(stream);
  }

  void Gap(store::Transaction& tx, const std::string& cause,
           std::optional<Micros> from, const std::string& from_rv,
           const std::string& to_rv) {
    store::GapRow gap;
    gap.stream_id = stream_;
    gap.cause = cause;
    gap.from_at = from;
    gap.from_rv = from_rv;
    gap.to_rv = to_rv;
    gap.changed = cause == "gone" ? 1 : 0;
    tx.AppendGap(gap);
  }

  void Record() {
    using store::Event;
    At(5, [&](store::Transaction& tx) {
      tx.AppendRecord("start", 0, R"({"version":"test"})");
      if (with_discovery_) {
        tx.AppendRecord("discovery", 0, "{}", Served().ToJson());
      }
      stream_ = tx.EnsureStream({"", "pods", "", "", ""},
                                tx.EnsureResource("", "pods", "Pod", true))
                    .id;
      pods_ = stream_;
      maps_ = tx.EnsureStream(
                    {"", "configmaps", "", "", ""},
                    tx.EnsureResource("", "configmaps", "ConfigMap", true))
                  .id;
    });
    At(10, [&](store::Transaction& tx) {
      Pod(tx, "default", "web", "u1", Event::kListed, "100", "v1", std::nullopt,
          "105");
      Pod(tx, "prod", "web", "u2", Event::kListed, "101", "v1", std::nullopt,
          "105");
      Gap(tx, "start", std::nullopt, "", "105");
      Flow(tx, "105");
      stream_ = maps_;
      Put(tx, "default", "settings", "u9", Event::kListed, "90",
          R"({"metadata":{"name":"settings","namespace":"default",)"
          R"("uid":"u9","resourceVersion":"90"},"data":{"n":"08"}})",
          std::nullopt, "105");
      Gap(tx, "start", std::nullopt, "", "105");
      Flow(tx, "105");
      stream_ = pods_;
    });
    At(20, [&](store::Transaction& tx) {
      Pod(tx, "default", "web", "u1", Event::kModified, "110", "v2",
          tx.recorded_at());
      Flow(tx, "110");
    });
    At(30, [&](store::Transaction& tx) {
      Pod(tx, "default", "db", "u3", Event::kAdded, "120", "db",
          tx.recorded_at());
      Flow(tx, "120");
    });
    At(40, [&](store::Transaction& tx) {
      Pod(tx, "prod", "web", "u2", Event::kDeleted, "130", "v1",
          tx.recorded_at());
      Flow(tx, "130");
    });
    At(60, [&](store::Transaction& tx) {
      Pod(tx, "default", "db", "u3", Event::kRelisted, "145", "db2", Second(50),
          "150");
      Gap(tx, "gone", Second(50), "130", "150");
      Flow(tx, "150");
    });
    At(70, [&](store::Transaction& tx) {
      Pod(tx, "default", "db", "u3", Event::kDeleted, "160", "db2",
          tx.recorded_at());
      Pod(tx, "default", "db", "u4", Event::kAdded, "161", "db3",
          tx.recorded_at());
      Flow(tx, "161");
    });
    At(80, [](store::Transaction&) {});
  }

  static kube::Discovery Served() {
    kube::Discovery served;
    served.preferred[""] = "v1";
    for (const auto& [resource, kind, singular, short_name] :
         {std::array{"configmaps", "ConfigMap", "configmap", "cm"},
          std::array{"pods", "Pod", "pod", "po"}}) {
      kube::ResourceInfo info;
      info.version = "v1";
      info.resource = resource;
      info.kind = kind;
      info.singular = singular;
      info.namespaced = true;
      info.verbs = {"get", "list", "watch"};
      info.short_names = {short_name};
      served.resources.push_back(info);
    }
    return served;
  }

  const bool with_discovery_;
  store::TempFolder folder_;
  store::TestClock clock_;
  SeededRandom random_{7};
  std::string path_;
  std::unique_ptr<store::Writer> writer_;
  std::int64_t stream_ = 0;  // that the helpers write to
  std::int64_t pods_ = 0;
  std::int64_t maps_ = 0;
};

}  // namespace kubescribe::query
