// Where the recorder and the query tool keep and find a cluster's files.
#pragma once

#include <string>

namespace kubescribe {

// The data directory when no --data is given (DESIGN §7): $KUBESCRIBE_DATA,
// else /var/lib/kubescribe for root, else $XDG_STATE_HOME/kubescribe (with
// ~/.local/state for an unset or relative XDG_STATE_HOME). Never empty.
std::string DefaultDataDir();

// DATA/control.sock, DATA/keys.
std::string ControlSocketPath(const std::string& data_dir);
std::string KeysDir(const std::string& data_dir);

}  // namespace kubescribe
