// One row per configuration key: its name and how its value gets into the config. Used by the
// parser only.
//
// A setter answers with a Verdict. What a bad value means depends on the table: a key of the file's
// own (table 4) ends the start, a property (table 5) keeps its default with a warning.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "server/config/server_config.h"

namespace okapi {

// What is collected while keys are read, before the checks that look at several of them.
struct ConfigDraft {
  ServerConfig config;
  std::optional<int32_t> client_port, secure_client_port;
  std::optional<std::string> client_port_address, secure_client_port_address;
  int32_t min_session_timeout_ms = -1, max_session_timeout_ms = -1;
  std::optional<int64_t> max_write_queue_poll_time_ms;
  std::optional<int32_t> disk_record_extra_bytes;
  std::optional<int32_t> quorum_handshake_timeout_ms;
  bool sync_enabled = true;                   // syncEnabled
  std::optional<bool> observer_sync_enabled;  // observer.syncEnabled, which wins
  bool quorum_sasl_enabled = false;
  bool quorum_sasl_server_required = false;
  bool quorum_sasl_learner_required = false;
  bool enforce_auth_enabled = false;
  std::vector<std::string> enforce_auth_schemes;
  std::vector<MemberLine> member_lines;  // of the file or of its dynamic file, each key once
};

struct Verdict {
  enum class Kind {
    kTaken,
    kIgnored,  // a good value of a key without effect in this server
    kBad,      // not a value of this key
    kNotBool,  // as kBad, of a switch: the reference's text names the key
    kRefused,  // a value that this server cannot honour: always ends the start
  };
  Kind kind = Kind::kTaken;
  std::string why;  // for kTaken: a line for the log, or empty
};

inline Verdict taken(std::string note = {}) { return {Verdict::Kind::kTaken, std::move(note)}; }
inline Verdict ignored() { return {Verdict::Kind::kIgnored, {}}; }
inline Verdict bad(std::string why) { return {Verdict::Kind::kBad, std::move(why)}; }
inline Verdict not_bool() { return {Verdict::Kind::kNotBool, {}}; }
inline Verdict refused(std::string why) { return {Verdict::Kind::kRefused, std::move(why)}; }
inline constexpr std::string_view kNotSupportedYet = "not supported yet";

using Setter = Verdict (*)(ConfigDraft& draft, ByteView value);

struct ConfigKey {
  std::string_view name;
  Setter set = nullptr;  // null: known, but without effect in this server
  bool fatal = false;    // of a property: a bad value ends the start
};

// Keys that the parser knows itself (table 4): from the file only.
std::span<const ConfigKey> file_keys();
// Keys that are properties `zookeeper.<name>` (tables 5, 5.1, 10).
std::span<const ConfigKey> property_keys();
// Those of both kinds that matter between servers.
std::span<const ConfigKey> quorum_file_keys();
std::span<const ConfigKey> quorum_property_keys();
// Properties without that prefix (table 6).
std::span<const ConfigKey> bare_keys();

// The row of a name; null if there is none.
const ConfigKey* find_file_key(std::string_view name);
const ConfigKey* find_property_key(std::string_view name);
const ConfigKey* find_bare_key(std::string_view name);

// Families of names that end in anything: `ssl.`, `authProvider.`, ... among the properties.
// Nothing if the name belongs to none.
std::optional<Verdict> set_property_family(std::string_view name, ByteView value);

}  // namespace okapi
