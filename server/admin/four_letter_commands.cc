#include "server/admin/four_letter_commands.h"

#include <array>

#include "common/base/assert.h"
#include "server/admin/report_text.h"

namespace okapi {
namespace {

using Text = std::string (*)(const AdminReport& report);

struct Row {
  FourLetterWord word;
  std::string_view bytes;
  std::string_view name;
  uint32_t parts = 0;
  Text text = nullptr;  // null: not built, never allowed
  bool needs_server = true;
};

std::string conf(const AdminReport& r) { return conf_text(r.conf); }
std::string cons(const AdminReport& r) { return cons_text(r.clients); }
std::string crst(const AdminReport&) { return "Connection stats reset.\n"; }
std::string dirs(const AdminReport& r) { return dirs_text(r.conf); }
std::string dump(const AdminReport& r) { return dump_text(r.sessions, r.zone); }
std::string envi(const AdminReport& r) { return envi_text(r.environment); }
std::string isro(const AdminReport& r) { return r.server.read_only ? "ro" : "rw"; }
std::string mntr(const AdminReport& r) { return mntr_text(r.server, r.metrics); }
std::string ruok(const AdminReport&) { return "imok"; }
std::string srst(const AdminReport&) { return "Server stats reset.\n"; }
std::string srvr(const AdminReport& r) { return srvr_text(r.server); }
std::string stat(const AdminReport& r) { return stat_text(r.server, r.clients); }
std::string wchs(const AdminReport& r) { return wchs_text(r.watches); }
std::string nothing(const AdminReport&) { return ""; }

using W = FourLetterWord;

constexpr std::array kRows = {
    Row{W::kConf, "conf", "conf", kConfPart, conf},
    Row{W::kCons, "cons", "cons", kConnectionsPart, cons},
    Row{W::kCrst, "crst", "crst", kResetConnectionsPart, crst},
    Row{W::kDirs, "dirs", "dirs", kConfPart, dirs},
    Row{W::kDump, "dump", "dump", kSessionsPart, dump},
    Row{W::kEnvi, "envi", "envi", kEnvironmentPart, envi, false},
    Row{W::kGtmk, "gtmk", "gtmk"},
    Row{W::kHash, "hash", "hash"},
    Row{W::kIsro, "isro", "isro", kServerPart, isro},
    Row{W::kMntr, "mntr", "mntr", kServerPart | kMetricsPart, mntr},
    Row{W::kRuok, "ruok", "ruok", 0, ruok, false},
    Row{W::kSrst, "srst", "srst", kResetServerPart, srst},
    Row{W::kSrvr, "srvr", "srvr", kServerPart, srvr},
    Row{W::kStat, "stat", "stat", kServerPart | kConnectionsPart, stat},
    Row{W::kStmk, "stmk", "stmk"},
    Row{W::kTelnetClose, "\xFF\xF4\xFF\xFD", "telnet close", 0, nothing, false},
    Row{W::kWchc, "wchc", "wchc"},
    Row{W::kWchp, "wchp", "wchp"},
    Row{W::kWchs, "wchs", "wchs", kWatchesPart, wchs},
};
static_assert([] {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<size_t>(kRows[i].word) != i) return false;
  }
  return true;
}());

const Row& row_of(FourLetterWord word) { return kRows[static_cast<size_t>(word)]; }

constexpr std::string_view kNotServing =
    "This ZooKeeper instance is not currently serving requests";

}  // namespace

std::optional<FourLetterWord> recognize_word(ByteView four_bytes) {
  for (const Row& row : kRows) {
    if (row.bytes == four_bytes) return row.word;
  }
  return std::nullopt;
}

std::string_view name_of(FourLetterWord word) { return row_of(word).name; }

FourLetterWhitelist::FourLetterWhitelist(std::span<const std::string> items) {
  for (const Row& row : kRows) {
    if (row.text == nullptr) continue;
    bool allowed = row.word == FourLetterWord::kSrvr;
    for (const std::string& item : items) allowed |= item == "*" || item == row.name;
    if (allowed) mask_ |= uint32_t{1} << static_cast<int>(row.word);
  }
}

FourLetterReply first_answer(FourLetterWord word, const FourLetterWhitelist& whitelist,
                             bool serving) {
  using Kind = FourLetterReply::Kind;
  const Row& row = row_of(word);
  if (!whitelist.allows(word)) {
    return {Kind::kText,
            std::string(row.name) + " is not executed because it is not in the whitelist.\n"};
  }
  OKAPI_ASSERT(row.text != nullptr);
  if (word == FourLetterWord::kTelnetClose) return {Kind::kClose, ""};
  if (row.needs_server && !serving) {
    // Compat: the reference prints its null pointer here.
    if (word == FourLetterWord::kIsro) return {Kind::kText, "null"};
    return {Kind::kText, std::string(kNotServing) + "\n"};
  }
  if (row.parts == 0) return {Kind::kText, row.text({})};
  return {Kind::kGather, "", row.parts};
}

std::string answer(FourLetterWord word, const AdminReport& report) {
  const Row& row = row_of(word);
  OKAPI_ASSERT(row.text != nullptr);
  return row.text(report);
}

}  // namespace okapi
