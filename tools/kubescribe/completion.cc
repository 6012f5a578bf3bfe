// kubescribe completion: scripts that make a shell complete what is typed.
#include <CLI/CLI.hpp>

#include "kubescribe/command.h"

namespace kubescribe::tool {
namespace {

constexpr char kCompletionExamples[] = R"(Examples:
  source <(kubescribe completion bash)
  source <(kubescribe completion zsh)
  kubescribe completion fish > ~/.config/fish/completions/kubescribe.fish

Types, names, namespaces and clusters are completed as they are recorded, at the
--at on the line. kubectl completes `kubectl scribe` by itself where
kubectl_complete-scribe, which is installed with kubescribe, is in the PATH.
)";

// All three call back: PROGRAM __complete WORD..., see complete.h.

constexpr char kBash[] = R"sh(# bash completion for kubescribe
__kubescribe_complete() {
  local rest=${COMP_LINE:0:COMP_POINT} glued word i c cut= before directive
  local words=() answer=()
  # What COMP_WORDBREAKS took apart ("--at=1h", "system:node") put together.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    glued=
    [[ $i -gt 0 && $rest != [[:space:]]* ]] && glued=yes
    rest=${rest#"${rest%%[![:space:]]*}"}
    [[ $i -eq $COMP_CWORD ]] && word=$rest
    rest=${rest#"$word"}
    word=${word//[\'\"\\]/}
    if [[ -n $glued ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  mapfile -t answer < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
  [[ ${#answer[@]} -gt 0 ]] || return 0
  directive=${answer[${#answer[@]} - 1]#:}
  unset "answer[${#answer[@]} - 1]"
  # bash replaces only what follows the last of these.
  word=${words[${#words[@]} - 1]}
  for c in = :; do
    [[ $COMP_WORDBREAKS == *"$c"* && $word == *"$c"* ]] || continue
    before=${word%"${word##*"$c"}"}
    [[ ${#before} -gt ${#cut} ]] && cut=$before
  done
  COMPREPLY=()
  for word in "${answer[@]}"; do
    word=${word%%$'\t'*}
    COMPREPLY+=("${word#"$cut"}")
  done
  ((directive & 2)) && compopt -o nospace 2>/dev/null
  ((directive & 16)) && compopt -o dirnames 2>/dev/null
  ((directive == 0)) && compopt -o default 2>/dev/null
  return 0
}
complete -F __kubescribe_complete kubescribe kubectl-scribe
)sh";

constexpr char kZsh[] = R"sh(#compdef kubescribe kubectl-scribe
# zsh completion for kubescribe
_kubescribe() {
  local -a answer candidates
  local line text directive
  answer=("${(@f)$("${(Q)words[1]/#\~/$HOME}" __complete \
    "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  directive=${answer[-1]#:}
  [[ $directive == <-> ]] || return 1
  answer[-1]=()
  if ((directive == 0 || directive & 16)) && ((${#answer} == 0)); then
    compset -P '*='
    if ((directive & 16)); then _files -/; else _files; fi
    return
  fi
  for line in "${answer[@]}"; do
    text=${${line%%$'\t'*}//:/\\:}
    [[ $line == *$'\t'* ]] && text+=":${line#*$'\t'}"
    candidates+=("$text")
  done
  if ((directive & 2)); then
    _describe kubescribe candidates -S ''
  else
    _describe kubescribe candidates
  fi
}
if [[ ${funcstack[1]} == _kubescribe ]]; then
  _kubescribe "$@"
else
  compdef _kubescribe kubescribe kubectl-scribe
fi
)sh";

constexpr char kFish[] = R"sh(# fish completion for kubescribe
function __kubescribe_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l answer ($words[1] __complete $words[2..-1] 2>/dev/null)
    test (count $answer) -gt 0; or return
    set -l directive (string sub -s 2 -- $answer[-1])
    set -e answer[-1]
    if test $directive = 0
        __fish_complete_path (commandline -ct)
    else if test $directive = 16
        __fish_complete_directories (commandline -ct)
    end
    if test (count $answer) -gt 0
        printf '%s\n' $answer
    end
end
for program in kubescribe kubectl-scribe
    complete -c $program -f -a '(__kubescribe_complete)'
end
)sh";

class CompletionCommand final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("completion",
                              "A shell's script that completes what is typed");
    app_->footer(kCompletionExamples);
    app_->add_option("shell", shell_, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->type_name("SHELL");
  }

  int Run() override {
    Out out(Paging::kNever);
    out.Write(shell_ == "bash" ? kBash : shell_ == "zsh" ? kZsh : kFish);
    out.Flush();
    return out.ok() ? kExitFound : kExitError;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> MakeCompletion(const Common& common) {
  return std::make_unique<CompletionCommand>(common);
}

}  // namespace kubescribe::tool
