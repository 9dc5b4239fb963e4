# Options of everything that is ours: link to srsproxy_options.

add_library(srsproxy_options INTERFACE)
target_compile_features(srsproxy_options INTERFACE cxx_std_20)
target_compile_options(srsproxy_options INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor)
if(SRSPROXY_WERROR)
    target_compile_options(srsproxy_options INTERFACE -Werror)
endif()
target_include_directories(srsproxy_options INTERFACE "${CMAKE_SOURCE_DIR}")
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(SRSPROXY_SANITIZE)
    add_compile_options(-fsanitize=${SRSPROXY_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${SRSPROXY_SANITIZE})
    if(SRSPROXY_SANITIZE MATCHES "undefined")
        # Poco and yaml-cpp come without instrumentation, so vptr checks cannot see their types.
        add_compile_options(-fno-sanitize-recover=undefined -fno-sanitize=vptr)
    endif()
endif()
if(SRSPROXY_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
