// What the tests of this room share: recorded answers of the reference, with our version in them.
#pragma once

#include <cstdio>
#include <string>

#include "server/admin/version.h"

namespace okapi {

// A file below tests/data/transcripts/3.9.5.
inline std::string transcript(const std::string& name) {
  std::string path = std::string(OKAPI_TEST_DATA) + "/transcripts/3.9.5/" + name;
  std::string text(1 << 18, '\0');
  FILE* file = fopen(path.c_str(), "rb");
  if (file == nullptr) return "missing: " + path;
  text.resize(fread(text.data(), 1, text.size(), file));
  fclose(file);
  const std::string theirs =
      "3.9.5-0123456789abcdef0123456789abcdef01234567, built on 2026-01-01 00:00 UTC";
  size_t at = text.find(theirs);
  if (at != std::string::npos) text.replace(at, theirs.size(), version_text());
  return text;
}

}  // namespace okapi
