# srsproxy_add_test(NAME SOURCES … LIBS …): a GoogleTest program, each TEST one ctest case.
function(srsproxy_add_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE srsproxy_options ${ARG_LIBS} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name} PRIVATE SRSPROXY_FIXTURES="${SRSPROXY_FIXTURES}"
        SRSPROXY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120)
endfunction()
