// One field list per record serves encode and decode. A record is a struct with
//
//   template <class Self, class V> static void visit(Self& self, V&& v) { v(self.path,
//   self.version); }
//
// Field types: bool, int32_t, int64_t, ByteView (null decodes to a failure), NullableView,
// std::string, Id<> types, Zxid, Vector<T> of any of these, nested records. Fields go in
// declaration order, without tag or padding (client-protocol spec 1.1).
#pragma once

#include <concepts>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "common/base/assert.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/jute/input_archive.h"
#include "common/jute/output_archive.h"

namespace okapi::jute {

// A counted vector that knows null (count -1) from empty.
template <class T>
struct Vector {
  std::vector<T> items;
  bool null = false;
};

struct NoVisitor {
  template <class... F>
  void operator()(F&&...) {}
};

template <class T>
concept Record = requires(T& t) {
  T::visit(t, NoVisitor());
};

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<Vector<T>> : std::true_type {};

// A record of numbers alone may say `static constexpr size_t kBytes`, its encoded size: it is then
// appended in one piece.
template <class T>
concept FixedRecord = Record<const T> && requires {
  T::kBytes;
};

template <class T>
char* write_number(char* to, const T& field) {
  if constexpr (std::is_integral_v<T>) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8);
    auto raw = static_cast<std::make_unsigned_t<T>>(field);
    if constexpr (sizeof(T) == 4) {
      raw = __builtin_bswap32(raw);
    } else {
      raw = __builtin_bswap64(raw);
    }
    std::memcpy(to, &raw, sizeof raw);
    return to + sizeof raw;
  } else {
    return write_number(to, field.value());  // Id<> and Zxid
  }
}
// There is room for them; the end of what was written.
template <class... T>
char* write_numbers(char* to, const T&... fields) {
  ((to = write_number(to, fields)), ...);
  return to;
}

template <class T>
void put(OutputArchive& out, const T& field) {
  if constexpr (std::same_as<T, bool>) {
    out.put_bool(field);
  } else if constexpr (std::same_as<T, int32_t>) {
    out.put_int(field);
  } else if constexpr (std::same_as<T, int64_t>) {
    out.put_long(field);
  } else if constexpr (std::same_as<T, NullableView>) {
    out.put_buffer(field);
  } else if constexpr (std::convertible_to<const T&, ByteView>) {
    out.put_buffer(ByteView(field));
  } else if constexpr (IsVector<T>::value) {
    out.put_int(field.null ? -1 : static_cast<int32_t>(field.items.size()));
    for (const auto& item : field.items) put(out, item);
  } else if constexpr (FixedRecord<T>) {
    char bytes[T::kBytes];
    char* end = nullptr;
    T::visit(field, [&](const auto&... fields) { end = write_numbers(bytes, fields...); });
    OKAPI_ASSERT(end == bytes + T::kBytes);
    out.put_raw(ByteView(bytes, T::kBytes));
  } else if constexpr (Record<const T>) {
    T::visit(field, [&](const auto&... fields) { (put(out, fields), ...); });
  } else {
    put(out, field.value());  // Id<> and Zxid
  }
}

template <class T>
void get(InputArchive& in, T& field) {
  if constexpr (std::same_as<T, bool>) {
    field = in.get_bool();
  } else if constexpr (std::same_as<T, int32_t>) {
    field = in.get_int();
  } else if constexpr (std::same_as<T, int64_t>) {
    field = in.get_long();
  } else if constexpr (std::same_as<T, NullableView>) {
    field = in.get_buffer();
  } else if constexpr (std::same_as<T, ByteView> || std::same_as<T, std::string>) {
    NullableView bytes = in.get_buffer();
    if (!bytes.has_value()) in.fail("null where a value is needed");
    field = T(bytes.value_or(ByteView()));
  } else if constexpr (IsVector<T>::value) {
    int32_t count = in.get_count();
    field.items.clear();
    field.null = count == -1;
    // Grows as items decode: a count of a billion in a short frame costs nothing.
    for (int32_t i = 0; i < count && in.ok(); ++i) get(in, field.items.emplace_back());
  } else if constexpr (Record<T>) {
    T::visit(field, [&](auto&... fields) { (get(in, fields), ...); });
  } else {  // Id<> and Zxid decode through their representation
    std::remove_const_t<decltype(field.value())> value{};
    get(in, value);
    field = T(value);
  }
}

template <Record T>
void encode(std::string& out, const T& record) {
  OutputArchive archive(out);
  put(archive, record);
}

template <Record T>
std::string encoded(const T& record) {
  std::string out;
  encode(out, record);
  return out;
}

// Decodes one record from the front of `bytes`; trailing bytes are ignored, as the reference does.
template <Record T>
Result<T> decode(ByteView bytes) {
  InputArchive in(bytes);
  T record{};
  get(in, record);
  if (!in.ok()) return Error{ErrorKind::kTruncated, in.why()};
  return record;
}

}  // namespace okapi::jute
