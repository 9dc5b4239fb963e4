# srsproxy_add_plugin(NAME KIND SOURCES …): a plugin of ours, built the way a third party's is:
# against the SDK only, with one export. KIND is `protocol` or `lb`; the file goes to
# <plugin folder>/KIND/NAME.so, in the build tree and in the installation alike.
function(srsproxy_add_plugin name kind)
    set(target "${kind}_${name}")
    add_library(${target} MODULE ${ARGN})
    target_link_libraries(${target} PRIVATE srsproxy_options SrsProxy::plugin)
    set_target_properties(${target} PROPERTIES
        PREFIX "" OUTPUT_NAME "${name}"
        LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/${SRSPROXY_PLUGIN_SUBDIR}/${kind}")
    install(TARGETS ${target} LIBRARY DESTINATION "${SRSPROXY_PLUGIN_SUBDIR}/${kind}")
    set_property(GLOBAL APPEND PROPERTY SRSPROXY_PLUGINS ${target})
endfunction()
