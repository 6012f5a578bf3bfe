// How the built `kubescribe` behaves as a program: the documents of
// schema/formats/answers.md, as a plugin of kubectl, in the shells' completion,
// on a terminal, and its manual pages.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "unit/query/recorded_file.h"

namespace kubescribe::query {
namespace {

using testing::Test;

struct Said {
  int code = -1;
  std::string out;
  std::string err;
};

std::string WholeFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool Installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

class MannersTest : public Test {
 protected:
  // A shell command; `environment` stands before it.
  Said Shell(const std::string& command, const std::string& environment = "") {
    const std::string err = file_.folder() + "/stderr";
    const std::string out = file_.folder() + "/stdout";
    const std::string whole =
        "export TZ=UTC HOME=/nonexistent KUBECONFIG=/dev/null "
        "KUBESCRIBE_CLUSTER= "
        "KUBESCRIBE_DATA='" +
        file_.folder() + "' PATH=" KUBESCRIBE_BIN_DIR ":$PATH " + environment +
        "; { " + command + "\n} >'" + out + "' 2>'" + err + "'";
    const int status = std::system(("exec bash -c " + Quoted(whole)).c_str());
    Said said;
    said.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    said.out = WholeFile(out);
    said.err = WholeFile(err);
    return said;
  }

  static std::string Quoted(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    return quoted + "'";
  }

  // What a terminal of 10 lines shows of the command.
  std::string OnTerminal(const std::string& command,
                         const std::string& environment) {
    winsize size{};
    size.ws_row = 10;
    size.ws_col = 80;
    int terminal = -1;
    const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
    if (child == 0) {
      const std::string whole =
          "export TERM=xterm TZ=UTC KUBECONFIG=/dev/null KUBESCRIBE_CLUSTER= "
          "KUBESCRIBE_DATA='" +
          file_.folder() + "' " + environment + "; " + KUBESCRIBE_BIN_DIR "/" +
          command;
      execl("/bin/sh", "sh", "-c", whole.c_str(), nullptr);
      _exit(127);
    }
    std::string shown;
    std::array<char, 4096> chunk{};
    for (ssize_t got = 0;
         (got = read(terminal, chunk.data(), chunk.size())) > 0;) {
      shown.append(chunk.data(), static_cast<std::size_t>(got));
    }
    close(terminal);
    waitpid(child, nullptr, 0);
    return shown;
  }

  // What __complete offers, without descriptions.
  std::vector<std::string> Offered(const std::string& words) {
    const Said said = Shell("kubescribe __complete " + words);
    EXPECT_EQ(said.code, 0);
    EXPECT_EQ(said.err, "");
    std::vector<std::string> offered;
    std::istringstream lines(said.out);
    for (std::string line; std::getline(lines, line);) {
      offered.push_back(line.substr(0, line.find('\t')));
    }
    return offered;
  }

  void WriteKubeconfig(const std::string& context) {
    std::ofstream(file_.folder() + "/kubeconfig")
        << "{apiVersion: v1, kind: Config, current-context: " << context
        << ", clusters: [{name: c, cluster: {server: 'https://x'}}], users: "
           "[], "
           "contexts: [{name: "
        << context << ", context: {cluster: c, user: ''}}]}";
  }

  RecordedFile file_;
};

using Names = std::vector<std::string>;

// "items[].cluster" → which type; of one section of the page.
struct Documented {
  std::map<std::string, std::string> keys;
  nlohmann::json example;
};

std::map<std::string, Documented> Documents() {
  std::istringstream page(
      WholeFile(KUBESCRIBE_SOURCE_DIR "/schema/formats/answers.md"));
  std::map<std::string, Documented> documents;
  std::string kind;
  std::string example;
  bool in_example = false;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("## ", 0) == 0) kind = line.substr(3);
    if (line.rfind("| `", 0) == 0) {
      const std::size_t key_end = line.find('`', 3);
      const std::size_t type = line.find("| ", key_end) + 2;
      documents[kind].keys[line.substr(3, key_end - 3)] =
          line.substr(type, line.find(" |", type) - type);
    }
    if (line == "```" && in_example) {
      documents[kind].example = nlohmann::json::parse(example);
      in_example = false;
    }
    if (in_example) example += line;
    if (line == "```json") {
      in_example = true;
      example.clear();
    }
  }
  return documents;
}

bool HasType(const nlohmann::json& value, const std::string& type) {
  if (value.is_null()) return type.find("null") != std::string::npos;
  if (type.rfind("time", 0) == 0) {
    return value.is_string() && value.get<std::string>().size() == 27 &&
           value.get<std::string>().back() == 'Z';
  }
  return (type.rfind("string", 0) == 0 && value.is_string()) ||
         (type.rfind("number", 0) == 0 && value.is_number_integer()) ||
         (type.rfind("bool", 0) == 0 && value.is_boolean()) ||
         (type.rfind("object", 0) == 0 && value.is_object()) ||
         (type.rfind("array", 0) == 0 && value.is_array());
}

// Every key of the document that the page does not know or describes otherwise.
void CompareKeys(const nlohmann::json& value, const std::string& prefix,
                 const Documented& page, std::set<std::string>& seen,
                 std::vector<std::string>& wrong) {
  for (const auto& [key, member] : value.items()) {
    const std::string name = prefix + key;
    if (prefix.empty() && (key == "apiVersion" || key == "kind")) continue;
    const auto documented = page.keys.find(name);
    if (documented != page.keys.end()) {
      seen.insert(name);
      if (!HasType(member, documented->second)) wrong.push_back(name);
    } else if (member.is_array()) {
      for (const auto& item : member) {
        CompareKeys(item, name + "[].", page, seen, wrong);
      }
    } else {
      wrong.push_back(name);
    }
  }
}

TEST_F(MannersTest, DocumentsHaveTheKeysOfThePage) {
  const auto documents = Documents();
  ASSERT_EQ(documents.size(), 5U);
  const std::map<std::string, std::string> commands = {
      {"ClusterList", "clusters"},
      {"ResourceList", "resources"},
      {"StatusList", "status"},
      {"GapList", "gaps"},
      {"RevisionList", "history pod/web"}};
  for (const auto& [kind, page] : documents) {
    const std::string& command = commands.at(kind);
    const Said said = Shell("kubescribe " + command + " -o json");
    const auto answer = nlohmann::json::parse(said.out);
    for (const auto& document : {answer, page.example}) {
      EXPECT_EQ(document["apiVersion"], "kubescribe.dev/v1") << kind;
      EXPECT_EQ(document["kind"], kind);
      std::set<std::string> seen;
      Names wrong;
      CompareKeys(document, "", page, seen, wrong);
      EXPECT_EQ(wrong, Names()) << kind;
      for (const auto& [key, type] : page.keys) {
        EXPECT_TRUE(seen.count(key) != 0 ||
                    type.find("optional") != std::string::npos)
            << kind << " has no " << key;
      }
    }
    const std::string yaml = Shell("kubescribe " + command + " -o yaml").out;
    EXPECT_EQ(yaml.rfind("apiVersion: kubescribe.dev/v1\n", 0), 0U) << yaml;
  }
}

TEST_F(MannersTest, ClustersSaySinceAndUntilWhenAndWhatIsLost) {
  const Said said = Shell("kubescribe clusters");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.out.rfind("NAME   STATE     SINCE", 0), 0U) << said.out;
  EXPECT_NE(said.out.find("test   stopped   "), std::string::npos) << said.out;
  EXPECT_EQ(Shell("kubescribe clusters -o name").out, "test\n");
  const auto json = nlohmann::json::parse(
      Shell("kubescribe clusters -o json").out)["items"][0];
  EXPECT_EQ(json["knownUntil"], "2023-11-14T22:14:40.000000Z");
  EXPECT_EQ(json["gaps"], 1);
  EXPECT_EQ(json["openGaps"], 0);
  EXPECT_GT(json["bytes"], 10000);
}

TEST_F(MannersTest, ResourcesCountWhatIsRecordedOfEachKind) {
  const auto json =
      nlohmann::json::parse(Shell("kubescribe resources -o json").out)["items"];
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[1]["resource"], "pods");
  EXPECT_EQ(json[1]["alive"], 2);
  EXPECT_EQ(json[1]["objects"], 4);
  EXPECT_EQ(json[1]["revisions"], 8);
  EXPECT_EQ(json[1]["namespaces"], nlohmann::json({"default"}));
  EXPECT_EQ(json[1]["since"], "2023-11-14T22:13:30.000000Z");
  const Said table = Shell("kubescribe resources --no-headers");
  EXPECT_EQ(table.code, 0);
  EXPECT_EQ(table.out.rfind("configmaps   v1    ConfigMap   1", 0), 0U)
      << table.out;
}

TEST_F(MannersTest, AClusterThatCannotBeReadIsNamedAndTheRestIsShown) {
  std::ofstream(file_.folder() + "/broken.db") << std::string(5000, 'x');
  for (const char* command :
       {"clusters", "resources", "gaps", "history pod/web --all-clusters"}) {
    const Said said = Shell(std::string("kubescribe ") + command);
    EXPECT_EQ(said.code, 1) << command;
    EXPECT_NE(said.err.find("error: cluster broken: "), std::string::npos)
        << said.err;
    EXPECT_NE(said.out.find("test"), std::string::npos) << said.out;
  }
  const Said said = Shell("kubescribe history pod/web --all-clusters");
  EXPECT_EQ(said.out.rfind("CLUSTER   SEQ", 0), 0U) << said.out;
}

TEST_F(MannersTest, MistypedFlagsAndCommandsAreSuggested) {
  Said said = Shell("kubescribe get pods --namespce x");
  EXPECT_EQ(said.code, 2);
  EXPECT_NE(said.err.find("unknown flag --namespce for \"kubescribe get\""),
            std::string::npos)
      << said.err;
  EXPECT_NE(said.err.find("\t--namespace\n"), std::string::npos) << said.err;
  said = Shell("kubescribe --color never hisotry pod/web");
  EXPECT_EQ(said.code, 2);
  EXPECT_NE(said.err.find("\thistory\n"), std::string::npos) << said.err;
}

TEST_F(MannersTest, AsAPluginTheCurrentContextChoosesTheCluster) {
  EXPECT_EQ(Shell("kubectl-scribe get --help")
                .out.find("Usage:\n  kubectl "
                          "scribe get "),
            Shell("kubescribe get --help").out.find("Usage:\n"));
  std::filesystem::copy_file(file_.path(), file_.folder() + "/other.db");
  EXPECT_EQ(Shell("kubectl-scribe get pods -o name").code, 2);  // which?
  WriteKubeconfig("test");
  const std::string environment =
      "KUBECONFIG='" + file_.folder() + "/kubeconfig'";
  Said said = Shell("kubectl-scribe get pods -o name", environment);
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.out, "pod/db\npod/web\n");
  EXPECT_EQ(Shell("kubescribe get pods -o name", environment).code, 2);
  WriteKubeconfig("nowhere");
  said = Shell("kubectl-scribe get pods", environment);
  EXPECT_EQ(said.code, 1);
  EXPECT_NE(said.err.find("context \"nowhere\" is not recorded"),
            std::string::npos)
      << said.err;
  EXPECT_NE(said.err.find("other, test"), std::string::npos) << said.err;
  EXPECT_EQ(Shell("kubectl-scribe clusters -o name", environment).code, 0);
}

TEST_F(MannersTest, CompletionOffersWhatIsRecordedAtTheInstant) {
  const std::string at = std::to_string(Second(35) / kSecond);
  EXPECT_EQ(Offered("get po"), (Names{"pods", ":4"}));
  EXPECT_EQ(Offered("get cm,po"), (Names{"cm,pods", ":4"}));
  EXPECT_EQ(Offered("get pods ''"), (Names{"db", "web", ":4"}));
  EXPECT_EQ(Offered("get pods db ''"), (Names{"web", ":4"}));
  EXPECT_EQ(Offered("get pods -n prod ''"), (Names{":4"}));
  EXPECT_EQ(Offered("get pods -n prod --at " + at + " ''"),
            (Names{"web", ":4"}));
  EXPECT_EQ(Offered("get pods -n prod --at nonsense ''"), (Names{":4"}));
  EXPECT_EQ(Offered("get pods --at=" + at + " -n ''"),
            (Names{"default", "prod", ":4"}));
  EXPECT_EQ(Offered("get pod/w"), (Names{"pod/web", ":4"}));
  // Of a history also what is gone.
  EXPECT_EQ(Offered("history -n prod pod/"), (Names{"pod/web", ":4"}));
  EXPECT_EQ(Offered("get --cluster ''"), (Names{"test", ":4"}));
  EXPECT_EQ(Offered("gaps -o js"), (Names{"json", "jsonl", ":4"}));
  EXPECT_EQ(Offered("gaps --output=y"), (Names{"--output=yaml", ":4"}));
  EXPECT_EQ(Offered("gaps --no-h"), (Names{"--no-headers", ":4"}));
  EXPECT_EQ(Offered("hist"), (Names{"history", ":4"}));
  EXPECT_EQ(Offered("verify --from x"), (Names{":0"}));
  EXPECT_EQ(Offered("get --data /nonexistent pods ''"), (Names{":4"}));
  EXPECT_EQ(Offered("nonsense --what"), (Names{":4"}));
  EXPECT_EQ(Shell("kubectl_complete-scribe get pod/w").out, "pod/web\n:4\n");
}

TEST_F(MannersTest, BashCompletes) {
  const auto complete = [&](const std::string& line) {
    return Shell(R"(source <(kubescribe completion bash)
COMP_LINE=)" + Quoted(line) +
                 R"(
COMP_POINT=${#COMP_LINE}
# As bash takes a line apart: at COMP_WORDBREAKS too.
mapfile -t COMP_WORDS < <(grep -oE "'[^']*'|[=:]|[^[:space:]=:']+" <<<"$COMP_LINE")
[[ $COMP_LINE == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
__kubescribe_complete
echo "${COMPREPLY[*]}")")
        .out;
  };
  EXPECT_EQ(complete("kubescribe get po"), "pods\n");
  EXPECT_EQ(complete("kubescribe get pods "), "db web\n");
  EXPECT_EQ(complete("kubescribe get pods --at='2023-11-14 22:13:55' -n prod "),
            "web\n");
  EXPECT_EQ(complete("kubescribe gaps --output=y"), "yaml\n");
}

TEST_F(MannersTest, FishCompletes) {
  if (!Installed("fish")) GTEST_SKIP() << "there is no fish";
  const Said said = Shell(
      "fish --no-config -c 'kubescribe completion fish | source; "
      "complete -C \"kubescribe get pods \"'",
      "HOME='" + file_.folder() + "'");
  EXPECT_EQ(said.out, "db\nweb\n") << said.err;
}

TEST_F(MannersTest, ZshCompletes) {
  if (!Installed("zsh")) GTEST_SKIP() << "there is no zsh";
  // What zsh's own functions would be handed.
  const Said said = Shell(R"(zsh -fc '
compdef() { : }
_describe() { print -l -- ${(P)2} }
source <(kubescribe completion zsh)
words=(kubescribe get pods "") CURRENT=4 PREFIX=
_kubescribe')");
  EXPECT_EQ(said.out, "db\nweb\n") << said.err;
}

TEST_F(MannersTest, LongAnswersOnATerminalGoThroughThePager) {
  const std::string pager = "KUBESCRIBE_PAGER=\"sed 's/^/paged /'\"";
  const std::string longer = "get pod/web -o yaml";
  EXPECT_NE(OnTerminal("kubescribe " + longer, pager).find("paged apiVersion"),
            std::string::npos);
  for (const std::string& command : {"kubescribe --no-pager " + longer,
                                     std::string("kubescribe get pods")}) {
    const std::string shown = OnTerminal(command, pager);
    EXPECT_EQ(shown.find("paged"), std::string::npos) << shown;
    EXPECT_NE(shown.find("web"), std::string::npos) << shown;
  }
  EXPECT_EQ(OnTerminal("kubescribe " + longer + " | cat", pager).find("paged"),
            std::string::npos);
  EXPECT_EQ(OnTerminal("kubescribe " + longer, "PAGER=cat").find("paged"),
            std::string::npos);
  // The user leaves it at once.
  const std::string left =
      OnTerminal("kubescribe " + longer + "; echo code $?", "PAGER=true");
  EXPECT_NE(left.find("code 0"), std::string::npos) << left;
}

TEST_F(MannersTest, ColourIsForTerminalsUnlessAsked) {
  const std::string diff = "kubescribe diff pod/web --from " +
                           std::to_string(Second(15) / kSecond) + " --to " +
                           std::to_string(Second(25) / kSecond);
  const auto coloured = [](const std::string& text) {
    return text.find("\x1b[3") != std::string::npos;
  };
  EXPECT_FALSE(coloured(Shell(diff).out));
  EXPECT_TRUE(coloured(Shell(diff + " --color always").out));
  EXPECT_TRUE(coloured(OnTerminal(diff, "PAGER=cat")));
  EXPECT_FALSE(coloured(OnTerminal(diff, "PAGER=cat NO_COLOR=1")));
  EXPECT_FALSE(coloured(OnTerminal(diff + " --color=never", "PAGER=cat")));
  EXPECT_TRUE(
      coloured(OnTerminal(diff + " --color=always", "PAGER=cat NO_COLOR=1")));
}

TEST_F(MannersTest, TablesAndDescriptionsAreTheSameTextWithoutTheirColour) {
  const std::string at = " --at " + std::to_string(Second(35) / kSecond);
  const std::vector<std::string> commands = {
      "get pods -A" + at,
      "get pods -A -w --timeout 1ms --no-headers",
      "describe pod web" + at,
      "history pod/web",
      "history pod/web --no-headers -o wide",
      "clusters"};
  for (const std::string& command : commands) {
    const Said plain = Shell("kubescribe " + command);
    std::string coloured = Shell("kubescribe --color=always " + command).out;
    EXPECT_EQ(plain.out.find('\x1b'), std::string::npos) << plain.out;
    EXPECT_NE(coloured.find("\x1b[3"), std::string::npos) << coloured;
    coloured = std::regex_replace(coloured, std::regex("\x1b\\[[0-9]+m"), "");
    const std::regex ago("[0-9]+[a-z]( |\\))");  // time goes on
    EXPECT_EQ(std::regex_replace(coloured, ago, ""),
              std::regex_replace(plain.out, ago, ""));
  }
}

TEST_F(MannersTest, AReaderWhoGoesAwayIsNoError) {
  for (const char* command :
       {"get pods -A -o yaml", "history pod/web", "gaps", "status", "clusters",
        "resources", "--help", "completion bash", "export",
        "diff pod/web --from 1700000015"}) {
    const Said said = Shell("(kubescribe " + std::string(command) +
                            "; echo $? >&3) 3>&1 1> >(exec true) | tail -n 1");
    EXPECT_TRUE(said.out == "0\n" || said.out == "1\n") << command << said.out;
    EXPECT_EQ(said.err.find("error"), std::string::npos) << said.err;
  }
}

TEST_F(MannersTest, ManualPagesAreWhatHelpSaysAndHaveNoWarnings) {
  const std::string folder = file_.folder() + "/man";
  ASSERT_EQ(Shell("kubescribe __man '" + folder + "'").code, 0);
  int pages = 0;
  for (const auto& page : std::filesystem::directory_iterator(folder)) {
    ++pages;
    if (!Installed("groff")) continue;
    const Said said =
        Shell("groff -man -Tutf8 -ww '" + page.path().string() + "'");
    EXPECT_EQ(said.err, "") << page.path();
  }
  EXPECT_GE(pages, 16);
  const std::string text = WholeFile(folder + "/kubescribe-gaps.1");
  EXPECT_NE(text.find("\\fB\\-\\-since\\fR \\fITIME\\fR"), std::string::npos)
      << text;
  EXPECT_NE(text.find(".SH EXAMPLES\n.nf\nkubescribe gaps\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace kubescribe::query
