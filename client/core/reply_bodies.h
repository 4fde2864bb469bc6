// Reply records that only clients decode, as views into the reply (client-protocol 3.2). The others
// are in common/proto/responses.h.
#pragma once

#include "common/jute/record.h"
#include "common/proto/stat.h"

namespace okapi {

// create, sync.
struct PathBody {
  NullableView path;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.path);
  }
};

// getChildren, getEphemerals.
struct ChildrenBody {
  jute::Vector<ByteView> children;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.children);
  }
};

// getChildren2.
struct Children2Body {
  jute::Vector<ByteView> children;
  Stat stat;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.children, s.stat);
  }
};

// getAllChildrenNumber.
struct CountBody {
  int32_t count = 0;
  template <class Self, class V>
  static void visit(Self& s, V&& v) {
    v(s.count);
  }
};

}  // namespace okapi
