include(${CMAKE_CURRENT_LIST_DIR}/VernierSDKTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/VernierAddPlugin.cmake)
