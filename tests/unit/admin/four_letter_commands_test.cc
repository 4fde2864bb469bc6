#include "server/admin/four_letter_commands.h"

#include <catch2/catch.hpp>

#include "tests/unit/admin/support.h"

namespace okapi {
namespace {

using Kind = FourLetterReply::Kind;

const std::vector<std::string> kKnown = {"conf", "cons", "crst", "dirs", "dump", "envi",
                                         "gtmk", "hash", "isro", "mntr", "ruok", "srst",
                                         "srvr", "stat", "stmk", "wchc", "wchp", "wchs"};

FourLetterWhitelist listing(std::vector<std::string> items) { return FourLetterWhitelist(items); }

FourLetterReply ask(const std::string& word, const FourLetterWhitelist& list, bool serving = true) {
  auto known = recognize_word(word);
  REQUIRE(known);
  return first_answer(*known, list, serving);
}

TEST_CASE("x_cli_01 known words by their exact four bytes") {
  for (const std::string& word : kKnown) {
    INFO(word);
    REQUIRE(recognize_word(word));
    CHECK(name_of(*recognize_word(word)) == word);
  }
  CHECK(recognize_word("\xFF\xF4\xFF\xFD") == FourLetterWord::kTelnetClose);
  for (const char* word : {"RUOK", "lead", "icfg", "orst", "obsr", "kill", "reqs", "snap", "ruo",
                           "ruok1", "", "\x00\x00\x00\x2d"}) {
    CHECK_FALSE(recognize_word(word));
  }
}

TEST_CASE("x_cli_01 a word that is not allowed answers the sentence, serving or not") {
  for (const std::string& word : kKnown) {
    if (word == "srvr") continue;
    for (bool serving : {true, false}) {
      FourLetterReply reply = ask(word, listing({}), serving);
      CHECK(reply.kind == Kind::kText);
      CHECK(reply.text == word + " is not executed because it is not in the whitelist.\n");
    }
  }
  CHECK(ask("\xFF\xF4\xFF\xFD", listing({})).text ==
        "telnet close is not executed because it is not in the whitelist.\n");
}

TEST_CASE("the list: srvr always, a star for all that is built, unknown items harmless") {
  CHECK(ask("srvr", listing({})).kind == Kind::kGather);
  auto some = listing({"ruok", "nonsense", "stat"});
  CHECK(ask("ruok", some).text == "imok");
  CHECK(ask("stat", some).parts == (kServerPart | kConnectionsPart));
  CHECK_FALSE(some.allows(FourLetterWord::kMntr));
  auto all = listing({"x", "*"});
  CHECK(ask("mntr", all).kind == Kind::kGather);
  CHECK(ask("\xFF\xF4\xFF\xFD", all).kind == Kind::kClose);
  for (const char* word : {"wchc", "wchp", "hash", "gtmk", "stmk"}) {
    CHECK(ask(word, all).text ==
          std::string(word) + " is not executed because it is not in the whitelist.\n");
  }
}

TEST_CASE("not serving: as recorded") {
  auto all = listing({"*"});
  const std::string recorded = transcript("quorum/notserving/4lw.txt");
  for (const std::string& word : kKnown) {
    auto known = *recognize_word(word);
    if (!all.allows(known) || word == "envi") continue;
    FourLetterReply reply = ask(word, all, false);
    REQUIRE(reply.kind == Kind::kText);
    std::string shown = reply.text;
    if (shown.ends_with("\n")) shown.replace(shown.size() - 1, 1, "\\n");
    INFO(word << ": " << shown);
    CHECK(recorded.find("== " + word + "\n'" + shown + "'\n") != std::string::npos);
  }
  CHECK(ask("envi", all, false).parts == kEnvironmentPart);
}

TEST_CASE("answers without numbers, as recorded") {
  for (const char* word : {"crst", "srst", "isro"}) {
    INFO(word);
    CHECK(answer(*recognize_word(word), {}) == transcript(std::string("4lw/") + word + ".txt"));
  }
  AdminReport read_only;
  read_only.server.read_only = true;
  CHECK(answer(FourLetterWord::kIsro, read_only) == "ro");
  CHECK(ask("crst", listing({"*"})).parts == kResetConnectionsPart);
  CHECK(ask("srst", listing({"*"})).parts == kResetServerPart);
}

}  // namespace
}  // namespace okapi
