// The four-letter words: how they are recognised, who may ask, what each needs and what it answers
// (admin spec section 1). Pure, any thread; sockets are the front's.
//
// The front's side: recognise the first four bytes of a connection; take first_answer(); if it is
// kGather, ask the owners for the parts in `parts` by mail, then answer() and close.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "server/admin/reports.h"

namespace okapi {

enum class FourLetterWord : uint8_t {
  kConf,
  kCons,
  kCrst,
  kDirs,
  kDump,
  kEnvi,
  kGtmk,
  kHash,
  kIsro,
  kMntr,
  kRuok,
  kSrst,
  kSrvr,
  kStat,
  kStmk,
  kTelnetClose,
  kWchc,
  kWchp,
  kWchs,
};

// Parts of an AdminReport, as a mask.
enum FourLetterPart : uint32_t {
  kServerPart = 1,
  kConfPart = 2,
  kConnectionsPart = 4,
  kSessionsPart = 8,
  kWatchesPart = 16,
  kEnvironmentPart = 32,
  kMetricsPart = 64,
  // Not a part but a deed: reset the statistics of this port's connections; of the server.
  kResetConnectionsPart = 128,
  kResetServerPart = 256,
};

// Nothing: the bytes are a frame's length. Exactly four bytes.
std::optional<FourLetterWord> recognize_word(ByteView four_bytes);
// "srvr"; "telnet close" for the telnet interrupt.
std::string_view name_of(FourLetterWord word);

// Who may be asked: `4lw.commands.whitelist`, in which "*" means every word that is built.
class FourLetterWhitelist {
 public:
  explicit FourLetterWhitelist(std::span<const std::string> items);
  bool allows(FourLetterWord word) const { return (mask_ >> static_cast<int>(word) & 1) != 0; }

 private:
  uint32_t mask_ = 0;
};

struct FourLetterReply {
  enum class Kind {
    kText,    // send `text`, close
    kClose,   // close without a word
    kGather,  // fill `parts` of a report and call answer()
  };
  Kind kind = Kind::kText;
  std::string text;
  uint32_t parts = 0;
};

// What can be said at once. `serving`: there is a running server behind the port.
FourLetterReply first_answer(FourLetterWord word, const FourLetterWhitelist& whitelist,
                             bool serving);

// The text of a word whose parts are in `report`.
std::string answer(FourLetterWord word, const AdminReport& report);

}  // namespace okapi
