// What the tests of the simulated cluster share.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "fakes/sim_cluster.h"
#include "unit/fakes/http_client.h"

namespace kubescribe::fakes {

class SimTest : public testing::Test {
 protected:
  void StartSim(SimOptions options = {}) {
    auto started = SimCluster::Start(std::move(options));
    ASSERT_TRUE(started.ok()) << started.error().message();
    sim_ = *std::move(started);
  }

  static std::string ConfigMap(const std::string& name,
                               const std::string& value,
                               const std::string& ns = "a") {
    return R"({"metadata":{"namespace":")" + ns + R"(","name":")" + name +
           R"("},"data":{"k":")" + value + R"("}})";
  }
  Written Put(const std::string& name, const std::string& value,
              const std::string& ns = "a") {
    return sim_->Apply("configmaps", ConfigMap(name, value, ns));
  }
  HttpClient::Response Get(const std::string& target,
                           const HttpClient::Headers& headers = {}) {
    return HttpClient(sim_->port()).Get(target, headers);
  }
  static std::string WatchFrom(std::uint64_t rv,
                               const std::string& resource = "configmaps") {
    return "/api/v1/" + resource + "?watch=1&allowWatchBookmarks=true" +
           "&resourceVersion=" + std::to_string(rv);
  }
  // A watch of ConfigMaps from now.
  std::unique_ptr<HttpClient> Watch() {
    auto client = std::make_unique<HttpClient>(sim_->port());
    client->Open(WatchFrom(sim_->CurrentRv()));
    return client;
  }
  static nlohmann::json NextEvent(HttpClient& client) {
    std::string line;
    if (!client.ReadLine(line)) return nullptr;
    return nlohmann::json::parse(line, nullptr, false);
  }
  static std::string RvOf(const nlohmann::json& event) {
    return event["object"]["metadata"]["resourceVersion"];
  }
  static std::string Rv(const Written& written) {
    return std::to_string(written.rv);
  }

  std::unique_ptr<SimCluster> sim_;
};

}  // namespace kubescribe::fakes
