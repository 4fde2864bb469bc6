// Setters for the plain kinds of values; a row names the member they fill.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/config/config_key.h"
#include "server/config/java_values.h"

namespace okapi {

// member<&A::b, &B::c>(a) is a.b.c.
template <auto First, auto... Rest>
auto& member(auto& object) {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*First;
  } else {
    return member<Rest...>(object.*First);
  }
}

inline Verdict bad_number(ByteView value) {
  return bad("For input string: \"" + printable(value) + "\"");
}

inline Verdict check_port(std::optional<int32_t> port, ByteView value) {
  if (!port) return bad_number(value);
  if (*port < 0 || *port > 65535) return bad("port out of range:" + std::to_string(*port));
  return taken();
}

// A key of the file: Integer.parseInt.
template <auto... Path>
Verdict set_int(ConfigDraft& draft, ByteView value) {
  auto number = parse_java_int(value);
  if (!number) return bad_number(value);
  member<Path...>(draft) = *number;
  return taken();
}

template <auto... Path>
Verdict set_bool(ConfigDraft& draft, ByteView value) {
  auto flag = parse_strict_bool(value);
  if (!flag) return not_bool();
  member<Path...>(draft) = *flag;
  return taken();
}

template <auto... Path>
Verdict set_text(ConfigDraft& draft, ByteView value) {
  if (value.find('\0') != ByteView::npos) return bad("the value holds a NUL");
  member<Path...>(draft) = std::string(value);
  return taken();
}

// A switch for something that this server does not have yet: only "false" passes.
inline Verdict refuse_if_true(ConfigDraft&, ByteView value) {
  auto flag = parse_strict_bool(value);
  if (!flag) return not_bool();
  return *flag ? refused(std::string(kNotSupportedYet)) : taken();
}

inline Verdict refuse(ConfigDraft&, ByteView) { return refused(std::string(kNotSupportedYet)); }

// Of the file, without effect here: only its form is checked.
inline Verdict ignore_int(ConfigDraft&, ByteView value) {
  return parse_java_int(value) ? ignored() : bad_number(value);
}

inline Verdict refuse_property_if_true(ConfigDraft&, ByteView value) {
  return parse_lenient_bool(value) ? refused(std::string(kNotSupportedYet)) : taken();
}

// A property: Integer.getInteger or Long.getLong, by the type of the member.
template <auto... Path>
Verdict property_int(ConfigDraft& draft, ByteView value) {
  auto number = decode_java_int(value);
  if (!number) return bad("not a number");
  member<Path...>(draft) = *number;
  return taken();
}

template <auto... Path>
Verdict property_long(ConfigDraft& draft, ByteView value) {
  auto number = decode_java_long(value);
  if (!number) return bad("not a number");
  member<Path...>(draft) = *number;
  return taken();
}

// As property_int, for what has no meaning below `kLeast`.
template <int32_t kLeast, auto... Path>
Verdict property_int_from(ConfigDraft& draft, ByteView value) {
  auto number = decode_java_int(value);
  if (!number) return bad("not a number");
  if (*number < kLeast) return bad("must be at least " + std::to_string(kLeast));
  member<Path...>(draft) = *number;
  return taken();
}

template <auto... Path>
Verdict property_double(ConfigDraft& draft, ByteView value) {
  auto number = parse_java_double(value);
  if (!number) return bad("not a number");
  member<Path...>(draft) = *number;
  return taken();
}

// Boolean.parseBoolean; whatever is neither true nor false is worth a line.
template <auto... Path>
Verdict property_bool(ConfigDraft& draft, ByteView value) {
  member<Path...>(draft) = parse_lenient_bool(value);
  return taken(parse_strict_bool(value) ? "" : "neither true nor false: counts as false");
}

// For what is understood and checked, but not acted upon: never silently.
template <Setter kSet>
Verdict without_effect(ConfigDraft& draft, ByteView value) {
  Verdict verdict = kSet(draft, value);
  if (verdict.kind != Verdict::Kind::kTaken) return verdict;
  return taken("no effect in this server yet");
}

// As without_effect, for a switch whose "false" asks for nothing.
template <Setter kSet>
Verdict without_effect_if_true(ConfigDraft& draft, ByteView value) {
  return parse_lenient_bool(value) ? without_effect<kSet>(draft, value) : kSet(draft, value);
}

// As without_effect, for a switch that is always on.
template <Setter kSet>
Verdict without_effect_if_false(ConfigDraft& draft, ByteView value) {
  return parse_lenient_bool(value) ? kSet(draft, value) : without_effect<kSet>(draft, value);
}

}  // namespace okapi
