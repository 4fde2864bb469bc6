# How a room, a program and a unit test are declared. One library per room: the link refuses what
# the layers forbid, and tests/tidy reads the same DEPS lines.

set(OKAPI_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum)
if(OKAPI_WERROR)
  list(APPEND OKAPI_WARNINGS -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  list(APPEND OKAPI_WARNINGS -Wthread-safety)
else()
  # GCC 12 reports false positives from inlined std::string and std::vector code.
  list(APPEND OKAPI_WARNINGS -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
       -Wno-stringop-overread -Wno-maybe-uninitialized)
endif()

add_library(okapi_options INTERFACE)
target_compile_options(okapi_options INTERFACE ${OKAPI_WARNINGS} -fno-omit-frame-pointer)
target_include_directories(okapi_options INTERFACE ${CMAKE_SOURCE_DIR})
if(OKAPI_SANITIZE STREQUAL "thread" AND NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # Asio has fences that TSan does not model; they guard nothing of ours.
  target_compile_options(okapi_options INTERFACE -Wno-tsan)
endif()
if(OKAPI_SANITIZE)
  target_compile_options(okapi_options INTERFACE -fsanitize=${OKAPI_SANITIZE}
                         -fno-sanitize-recover=all)
  target_link_options(okapi_options INTERFACE -fsanitize=${OKAPI_SANITIZE})
else()
  target_compile_options(okapi_options INTERFACE -fstack-protector-strong)
  target_compile_definitions(okapi_options INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
if(OKAPI_LTO)
  # Objects hold both forms: the server links with it, tests and tools link fast without.
  target_compile_options(okapi_options INTERFACE -flto -ffat-lto-objects)
  target_link_options(okapi_options INTERFACE -fno-lto)
endif()

# okapi_room(tree DEPS txn proto [SYSTEM spdlog::spdlog]): makes okapi_tree from the *.cc here.
function(okapi_room name)
  cmake_parse_arguments(ARG "" "" "DEPS;SYSTEM" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_main\\.cc$")
  list(TRANSFORM ARG_DEPS PREPEND okapi_)
  if(sources)
    add_library(okapi_${name} STATIC ${sources})
    target_link_libraries(okapi_${name} PUBLIC okapi_options ${ARG_DEPS} ${ARG_SYSTEM})
  else()
    add_library(okapi_${name} INTERFACE)
    target_link_libraries(okapi_${name} INTERFACE okapi_options ${ARG_DEPS} ${ARG_SYSTEM})
  endif()
endfunction()

# okapi_program(okapi-server server_main.cc DEPS assembly)
function(okapi_program name source)
  cmake_parse_arguments(ARG "" "" "DEPS;SYSTEM" ${ARGN})
  list(TRANSFORM ARG_DEPS PREPEND okapi_)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE okapi_options ${ARG_DEPS} ${ARG_SYSTEM})
endfunction()

# okapi_unit_test(tree DEPS txn): builds unit_tree from tests/unit/tree/*_test.cc.
function(okapi_unit_test room)
  cmake_parse_arguments(ARG "" "" "DEPS;SYSTEM" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${room}/*.cc)
  if(NOT sources)
    return()
  endif()
  list(TRANSFORM ARG_DEPS PREPEND okapi_)
  add_executable(unit_${room} ${sources})
  target_link_libraries(unit_${room} PRIVATE okapi_${room} ${ARG_DEPS} ${ARG_SYSTEM}
                        okapi_test_main)
  target_compile_definitions(unit_${room} PRIVATE
                             OKAPI_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data")
  add_test(NAME unit_${room} COMMAND unit_${room})
  set_tests_properties(unit_${room} PROPERTIES LABELS "fast")
endfunction()
