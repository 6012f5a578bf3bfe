#include "fakes/sim_cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

#include "fakes/api.h"
#include "fakes/bodies.h"
#include "fakes/faults.h"
#include "fakes/journal.h"
#include "fakes/kubeconfig.h"
#include "fakes/replay.h"
#include "fakes/scenario.h"
#include "fakes/server.h"
#include "fakes/state.h"
#include "fakes/tls.h"
#include "fakes/virtual_net.h"
#include "fakes/workload.h"

namespace kubescribe::fakes {
namespace {

[[noreturn]] void Misuse(const std::string& what) {
  std::fprintf(stderr, "SimCluster: %s\n", what.c_str());
  std::abort();
}

}  // namespace

struct SimCluster::Impl {
  Impl(SimOptions given, std::unique_ptr<fakes::Journal> opened,
       const Clock& the_clock)
      : options(std::move(given)),
        clock(the_clock),
        journal(std::move(opened)),
        faults(options.seed, clock),
        state(options, clock, *journal, [this] { OnWrite(); }),
        api(options, state, faults, *journal, clock, [this] { Changed(); }),
        workload(options.seed, state, clock) {}

  KindInfo Kind(const std::string& id) const {
    std::optional<KindInfo> kind = state.FindKind(id);
    if (!kind) Misuse("no resource is called '" + id + "'");
    return *std::move(kind);
  }

  Written ToWritten(const KindInfo& kind, const Event& event) const {
    return {event.rv, event.object->uid, FullText(kind, *event.object)};
  }

  void Changed() {
    {
      const std::lock_guard<std::mutex> lock(wait_mutex);
      ++changes;
    }
    wait.notify_all();
    if (Transport* running = serving.load()) running->Wake();
  }

  // After a write: each new revision is a chance for a cluster-wide fault.
  void OnWrite() {
    const std::uint64_t rv = state.CurrentRv();
    std::uint64_t chances = 0;
    {
      const std::lock_guard<std::mutex> lock(wait_mutex);
      if (rv > last_rv) chances = rv - last_rv;
      last_rv = rv;
    }
    if (faults.HasClusterFaults() && serving.load() != nullptr) {
      for (; chances > 0; --chances) {
        if (const auto fault = faults.ForCluster(true)) Schedule(*fault);
      }
    }
    Changed();
  }

  void Schedule(const Fault& fault) {
    serving.load()->After(0, [this, fault] { RunClusterFault(fault); });
  }

  // Server's thread.
  void RunClusterFault(const Fault& fault) {
    JournalEntry entry;
    entry.type = "FAULT";
    entry.fault = fault.name;
    entry.group = fault.group;
    const std::string& name = fault.name;
    const auto told = [&](std::uint64_t rv) {
      entry.rv = rv;
      journal->Add(entry);
    };
    if (name == "rewind") {
      server->CutAll();
      // What an RV meant it may not mean again.
      api.ExpireContinueTokens();
      state.Rewind(fault.revisions > 0 ? fault.revisions : 1, told);
    } else if (name == "restart") {
      server->Close();
      server->After(fault.delay, [this] { ComeUp(false); });
    } else if (name == "freeze") {
      server->Freeze();
      server->After(fault.delay, [this] { server->Thaw(); });
    } else if (name == "cut-all") {
      server->CutAll();
    } else if (name == "compact") {
      state.Compact("");
    } else if (name == "expire-continue-tokens") {
      api.ExpireContinueTokens();
    } else if (name == "expire-token") {
      api.access().ExpireToken();
    } else if (name == "fail-group") {
      api.FailGroup(fault.group, true);
      if (fault.delay > 0) {
        server->After(fault.delay, [this, group = fault.group] {
          api.FailGroup(group, false);
        });
      }
    } else if (name == "tls-rotate") {
      MakeCertificates();
      server->SetCertificate(certificate);
    } else if (name == "change-identity") {
      server->CutAll();
      state.ChangeUid(Kind("namespaces"), "", "kube-system", told);
    }
    if (entry.rv == 0) told(state.CurrentRv());
    Changed();
  }

  // A new CA for the server, and where it is kept.
  void MakeCertificates() {
    if (!options.tls) return;
    {
      const std::lock_guard<std::mutex> lock(wait_mutex);
      certificate = MakeCertificate();
    }
    if (options.ca_path.empty()) return;
    std::ofstream(options.ca_path + ".new") << certificate.certificate_pem;
    std::rename((options.ca_path + ".new").c_str(), options.ca_path.c_str());
  }

  // What a new connection meets.
  std::optional<Fault> NewConnection() {
    std::optional<Fault> fault = faults.ForConnection(options.tls);
    if (!fault) return fault;
    JournalEntry entry;
    entry.type = "FAULT";
    entry.fault = fault->name;
    entry.rv = state.CurrentRv();
    journal->Add(std::move(entry));
    Changed();
    return fault;
  }

  void ComeUp(bool keep_windows) {
    server->Run([&] {
      if (!keep_windows) state.ForgetWindows();
      server->Open();
    });
  }

  Written Put(const std::string& resource, const std::string& json) {
    const KindInfo kind = Kind(resource);
    std::string ns;
    std::string name;
    if (!ReadName(json, ns, name)) {
      Misuse("this is no object with a name: " + json);
    }
    if (!kind.namespaced) ns.clear();
    if (kind.namespaced && ns.empty()) ns = "default";
    const Event event = state.Put(
        kind, ns, name, [&](ObjectMeta& meta, const Object* previous) {
          std::string text;
          ApplyText(kind, json, clock.Wall(), meta, previous, text);
          return text;
        });
    return ToWritten(kind, event);
  }

  // What every cluster has from the start.
  void PutStandingObjects() {
    for (const char* name : {"default", "kube-public", "kube-system"}) {
      Put("namespaces",
          fmt::format(R"({{"metadata":{{"name":"{0}","labels":)"
                      R"({{"kubernetes.io/metadata.name":"{0}"}}}},"spec":)"
                      R"({{"finalizers":["kubernetes"]}},)"
                      R"("status":{{"phase":"Active"}}}})",
                      name));
    }
    std::string last = "none";
    for (const KindInfo& kind : state.Kinds()) {
      if (kind.group == last) continue;
      last = kind.group;
      Put("apiservices.apiregistration.k8s.io",
          ApiServiceJson(kind.group, kind.version, true, true, clock.Wall()));
    }
  }

  // Fast ones do many steps a wake-up, of which clients are told together.
  void RunWorkload(double rate) {
    constexpr std::size_t kAtOnce = 64;
    const std::chrono::duration<double> pause(
        std::clamp(1.0 / rate, 0.001, 1.0));
    double due = 0;
    const Micros from = SystemClock().Mono();
    std::unique_lock<std::mutex> lock(workload_mutex);
    while (!workload_stop) {
      workload_wake.wait_for(lock, pause, [this] { return workload_stop; });
      const double elapsed =
          static_cast<double>(SystemClock().Mono() - from) / kSecond;
      while (!workload_stop && due < elapsed * rate) {
        lock.unlock();
        {
          const State::Quiet quiet(state);
          for (std::size_t i = 0; i < kAtOnce && due < elapsed * rate; ++i) {
            workload.Step(1);
            due += 1;
          }
        }
        lock.lock();
      }
    }
  }

  SimOptions options;
  const Clock& clock;
  Certificate certificate;  // the server's, its own CA; guarded by wait_mutex
  Certificate client_ca;
  Certificate client;
  std::mutex wait_mutex;
  std::condition_variable wait;
  std::uint64_t changes = 0;  // guarded by wait_mutex
  std::uint64_t last_rv = 0;  // guarded by wait_mutex
  std::atomic<Transport*> serving{nullptr};
  std::unique_ptr<fakes::Journal> journal;
  FaultBook faults;
  State state;
  Api api;
  Workload workload;
  std::mutex workload_mutex;
  std::condition_variable workload_wake;
  bool workload_stop = false;   // guarded by workload_mutex
  bool workload_ended = false;  // for good; guarded by workload_mutex
  std::thread workload_thread;
  std::unique_ptr<Transport> server;  // last: its answers use all of the above
};

Result<std::unique_ptr<SimCluster>> SimCluster::Start(SimOptions options) {
  VirtualNet* net = options.net;
  if (net != nullptr) options.clock = &net->clock();
  const Clock& clock = options.clock ? *options.clock : SystemClock();
  Result<std::unique_ptr<fakes::Journal>> journal =
      fakes::Journal::Open(options, clock);
  if (!journal.ok()) return journal.error();
  auto impl =
      std::make_unique<Impl>(std::move(options), *std::move(journal), clock);
  impl->PutStandingObjects();
  Server::Config config;
  config.port = impl->options.port;
  Impl* raw = impl.get();
  raw->MakeCertificates();
  config.certificate = raw->certificate;
  config.new_connection = [raw] { return raw->NewConnection(); };
  if (raw->options.client_certificates) {
    raw->client_ca = MakeCertificate();
    raw->client =
        MakeCertificate({.name = raw->options.name + "-user"}, &raw->client_ca);
    config.client_ca = raw->client_ca.certificate_pem;
  }
  const Transport::Handler handler = [raw](const Request& request) {
    return raw->api.Handle(request);
  };
  const auto tick = [raw] {
    if (raw->serving.load() == nullptr) return;
    if (!raw->faults.HasClusterFaults()) return;
    if (const auto fault = raw->faults.ForCluster(false)) {
      raw->RunClusterFault(*fault);
    }
  };
  Result<std::unique_ptr<Transport>> server =
      net != nullptr ? net->Serve(handler, tick)
                     : Server::Start(config, clock, handler, tick);
  if (!server.ok()) return server.error();
  impl->server = *std::move(server);
  impl->serving = impl->server.get();
  return std::unique_ptr<SimCluster>(new SimCluster(std::move(impl)));
}

SimCluster::SimCluster(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SimCluster::~SimCluster() { Stop(); }

void SimCluster::Stop() {
  {
    const std::lock_guard<std::mutex> lock(impl_->workload_mutex);
    impl_->workload_ended = true;
  }
  StopWorkload();
  impl_->server->Stop();
  impl_->serving = nullptr;
}

int SimCluster::port() const { return impl_->server->port(); }
const SimOptions& SimCluster::options() const { return impl_->options; }
std::string SimCluster::CaPem() const {
  const std::lock_guard<std::mutex> lock(impl_->wait_mutex);
  return impl_->certificate.certificate_pem;
}
std::string SimCluster::Url() const {
  return fmt::format("{}://127.0.0.1:{}", impl_->options.tls ? "https" : "http",
                     port());
}

std::string SimCluster::Kubeconfig() const { return Kubeconfig({this}); }

std::string SimCluster::Kubeconfig(
    const std::vector<const SimCluster*>& clusters) {
  std::vector<KubeconfigEntry> entries;
  for (const SimCluster* sim : clusters) {
    const SimOptions& options = sim->options();
    const Certificate& client = sim->impl_->client;
    entries.push_back({options.name, sim->Url(), sim->CaPem(), options.ca_path,
                       options.token, client.certificate_pem, client.key_pem});
  }
  return KubeconfigText(entries);
}

Status SimCluster::WriteKubeconfig(const std::string& path) const {
  return WriteKubeconfig(path, {this});
}

Status SimCluster::WriteKubeconfig(
    const std::string& path, const std::vector<const SimCluster*>& clusters) {
  return WritePrivately(path, Kubeconfig(clusters));
}

Written SimCluster::Apply(const std::string& resource,
                          const std::string& json) {
  return impl_->Put(resource, json);
}

Written SimCluster::Patch(const std::string& resource, const std::string& ns,
                          const std::string& name, const std::string& patch) {
  const KindInfo kind = impl_->Kind(resource);
  if (impl_->state.Get(kind, ns, name) == nullptr) return {};
  const Event event = impl_->state.Put(
      kind, ns, name, [&](ObjectMeta& meta, const Object* previous) {
        std::string text;
        if (previous == nullptr || !PatchText(kind, patch, impl_->clock.Wall(),
                                              meta, *previous, text)) {
          Misuse("this is no patch, or its object just went: " + patch);
        }
        return text;
      });
  return impl_->ToWritten(kind, event);
}

Written SimCluster::Delete(const std::string& resource, const std::string& ns,
                           const std::string& name) {
  const KindInfo kind = impl_->Kind(resource);
  const std::optional<Event> event = impl_->state.Delete(kind, ns, name);
  return event ? impl_->ToWritten(kind, *event) : Written{};
}

Written SimCluster::DeleteBatch(const std::string& resource,
                                const std::string& ns,
                                const std::vector<std::string>& names) {
  const KindInfo kind = impl_->Kind(resource);
  const std::vector<Event> events = impl_->state.DeleteBatch(kind, ns, names);
  return events.empty() ? Written{} : impl_->ToWritten(kind, events.back());
}

std::uint64_t SimCluster::CreateMany(const std::string& resource,
                                     const std::string& ns,
                                     const std::string& prefix,
                                     std::size_t count) {
  std::uint64_t rv = 0;
  for (std::size_t i = 0; i < count; ++i) {
    rv = Apply(resource, fmt::format(R"({{"metadata":{{"namespace":"{}",)"
                                     R"("name":"{}{}"}},"data":{{"n":"{}"}}}})",
                                     ns, prefix, i, i))
             .rv;
  }
  return rv;
}

std::uint64_t SimCluster::Advance(std::uint64_t revisions) {
  return impl_->state.Advance(revisions);
}
std::uint64_t SimCluster::CurrentRv() const { return impl_->state.CurrentRv(); }

std::vector<SimCluster::ObjectState> SimCluster::Objects(
    const std::string& resource) const {
  const KindInfo kind = impl_->Kind(resource);
  std::vector<ObjectState> out;
  for (const ObjectPtr& object : impl_->state.List(kind, "").objects) {
    out.push_back({object->ns, object->name, object->uid, object->rv,
                   FullText(kind, *object)});
  }
  return out;
}

std::uint64_t SimCluster::AddCrd(const CustomKind& kind) {
  return PutCrd(impl_->state, kind, impl_->clock.Wall()).rv;
}

std::uint64_t SimCluster::EditCrd(const std::string& group,
                                  const std::string& plural,
                                  const std::string& patch) {
  return impl_->api.EditCrd(plural + "." + group, patch);
}

std::uint64_t SimCluster::RemoveCrd(const std::string& group,
                                    const std::string& plural) {
  const std::string id = plural + "." + group;
  impl_->state.RemoveKind(id);
  return Delete("customresourcedefinitions.apiextensions.k8s.io", "", id).rv;
}

void SimCluster::SetApiService(const CustomKind& custom, bool failing) {
  const KindInfo kind = InfoOf(custom);
  if (!impl_->state.FindKind(kind.Id())) impl_->state.AddKind(kind);
  impl_->api.FailGroup(custom.group, failing);
  Apply("apiservices.apiregistration.k8s.io",
        ApiServiceJson(custom.group, custom.version, false, !failing,
                       impl_->clock.Wall()));
}

void SimCluster::FailGroup(const std::string& group, bool failing) {
  impl_->api.FailGroup(group, failing);
}
void SimCluster::SetToken(const std::string& token) {
  impl_->api.access().SetToken(token);
}
void SimCluster::ExpireToken() { impl_->api.access().ExpireToken(); }
void SimCluster::Forbid(const AccessRule& rule) {
  impl_->api.access().Forbid(rule);
}
void SimCluster::AllowAll() { impl_->api.access().AllowAll(); }

void SimCluster::Compact(const std::string& resource) {
  impl_->state.Compact(resource.empty() ? "" : impl_->Kind(resource).storage);
}
void SimCluster::ExpireContinueTokens() { impl_->api.ExpireContinueTokens(); }
int SimCluster::TakeSnapshot() { return impl_->state.TakeSnapshot(); }

void SimCluster::Restore(int snapshot) {
  impl_->server->Run([&] {
    impl_->server->CutAll();
    impl_->api.ExpireContinueTokens();
    impl_->state.Restore(snapshot, [this](std::uint64_t rv) {
      JournalEntry entry;
      entry.type = "FAULT";
      entry.fault = "rewind";
      entry.rv = rv;
      impl_->journal->Add(std::move(entry));
    });
  });
}

std::uint64_t SimCluster::Rewind(std::uint64_t revisions) {
  impl_->server->Run([&] {
    Fault fault;
    fault.name = "rewind";
    fault.revisions = revisions;
    impl_->RunClusterFault(fault);
  });
  return CurrentRv();
}

void SimCluster::ChangeIdentity() {
  impl_->server->Run([&] {
    Fault fault;
    fault.name = "change-identity";
    impl_->RunClusterFault(fault);
  });
}

std::string SimCluster::KubeSystemUid() const {
  return impl_->state.Get(impl_->Kind("namespaces"), "", "kube-system")->uid;
}

int SimCluster::Inject(const Fault& fault) { return impl_->faults.Add(fault); }
void SimCluster::RemoveFault(int id) { impl_->faults.Remove(id); }
void SimCluster::ClearFaults() { impl_->faults.Clear(); }
std::uint64_t SimCluster::FaultsServed(const std::string& name) const {
  return impl_->journal->FaultsServed(name);
}

Status SimCluster::LoadScenario(const std::string& path) {
  Result<std::vector<Fault>> faults = ReadScenario(path, impl_->options.tls);
  if (!faults.ok()) return faults.error();
  const std::vector<KindInfo> kinds = impl_->state.Kinds();
  for (const Fault& fault : *faults) {
    // A resource, or the group of a discovery. It may be one that comes later.
    const bool known =
        fault.resource == "*" ||
        std::any_of(kinds.begin(), kinds.end(), [&](const KindInfo& kind) {
          return kind.Id() == fault.resource || kind.group == fault.resource;
        });
    if (!known) {
      fmt::print(stderr, "{}: fault '{}': no resource is called '{}' as yet\n",
                 path, fault.name, fault.resource);
    }
    Inject(fault);
  }
  return {};
}

void SimCluster::Freeze() { impl_->server->Freeze(); }
void SimCluster::Thaw() { impl_->server->Thaw(); }
void SimCluster::GoDown() { impl_->server->Close(); }
void SimCluster::ComeUp(bool keep_windows) { impl_->ComeUp(keep_windows); }
void SimCluster::CutConnections() { impl_->server->CutAll(); }
void SimCluster::SetHook(RequestHook hook) {
  impl_->api.SetHook(std::move(hook));
}

std::vector<JournalEntry> SimCluster::Journal() const {
  return impl_->journal->Entries();
}
std::vector<RequestRecord> SimCluster::Requests() const {
  return impl_->api.Requests();
}
std::size_t SimCluster::OpenWatches(const std::string& resource) const {
  return impl_->api.OpenWatches(resource);
}

bool SimCluster::WaitForWatches(const std::string& resource,
                                std::size_t at_least, Micros timeout) const {
  return WaitUntil(
      [&](const SimCluster& sim) {
        return sim.OpenWatches(resource) >= at_least;
      },
      timeout);
}

bool SimCluster::WaitUntil(const std::function<bool(const SimCluster&)>& done,
                           Micros timeout) const {
  const Micros until = SystemClock().Mono() + timeout;
  while (true) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard<std::mutex> lock(impl_->wait_mutex);
      seen = impl_->changes;
    }
    if (done(*this)) return true;
    const Micros left = until - SystemClock().Mono();
    if (left <= 0) return false;
    std::unique_lock<std::mutex> lock(impl_->wait_mutex);
    impl_->wait.wait_for(lock, std::chrono::microseconds(left),
                         [&] { return impl_->changes != seen; });
  }
}

void SimCluster::Fill(const WorkloadOptions& options) {
  impl_->workload.Fill(options.objects);
}
void SimCluster::Step(std::size_t revisions) {
  impl_->workload.Step(revisions);
}

void SimCluster::StartWorkload(double rate) {
  StopWorkload();
  if (rate <= 0) return;
  impl_->workload_stop = false;  // no thread yet
  impl_->workload_thread =
      std::thread([impl = impl_.get(), rate] { impl->RunWorkload(rate); });
}

void SimCluster::StopWorkload() {
  {
    const std::lock_guard<std::mutex> lock(impl_->workload_mutex);
    impl_->workload_stop = true;
  }
  impl_->workload_wake.notify_all();
  if (impl_->workload_thread.joinable()) impl_->workload_thread.join();
}

Result<Replayed> SimCluster::Replay(const std::string& path, double rate) {
  {
    const std::lock_guard<std::mutex> lock(impl_->workload_mutex);
    impl_->workload_stop = false;
  }
  const auto stopped = [this] {
    return impl_->workload_stop || impl_->workload_ended;
  };
  return ReplayFile(path, rate, impl_->state, impl_->clock, [&](Micros pause) {
    std::unique_lock<std::mutex> lock(impl_->workload_mutex);
    if (pause == 0) return !stopped();
    return !impl_->workload_wake.wait_for(
        lock, std::chrono::microseconds(pause), stopped);
  });
}

}  // namespace kubescribe::fakes
