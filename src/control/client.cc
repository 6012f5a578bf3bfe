#include "control/client.h"

#include "base/paths.h"
#include "control/socket.h"

namespace kubescribe::control {

Result<std::string> Ask(
    const std::string& data_dir, const Request& request, Micros timeout,
    const std::function<void(const std::string&)>& on_progress) {
  const Result<Fd> fd = ConnectTo(ControlSocketPath(data_dir));
  if (!fd.ok()) {
    if (fd.error().code() == Code::kNotFound) {
      return Error(Code::kNotFound,
                   "no recorder is running on " + data_dir +
                       ": start kubescribed, or name its directory with "
                       "--data");
    }
    return fd.error().Wrap("asking the recorder");
  }
  if (!WriteLine(fd->get(), EncodeRequest(request), timeout, {})) {
    return Error(Code::kUnavailable,
                 "the recorder of " + data_dir + " does not take the request");
  }
  LineReader reader(fd->get(), kMaxAnswerLine);
  for (;;) {
    Result<std::string> line = reader.Next(timeout, {});
    if (!line.ok()) {
      return line.error().Wrap("waiting for the recorder of " + data_dir);
    }
    const Result<AnswerKind> kind = ClassifyAnswer(*line);
    if (!kind.ok()) return kind.error();
    if (*kind == AnswerKind::kDone) return line;
    if (on_progress) on_progress(*line);
  }
}

}  // namespace kubescribe::control
