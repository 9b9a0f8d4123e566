# A stand-in for an installed Slicer, written for the packaging test: the macros and variables that an extension of
# scripted modules uses, doing what Slicer's do with files. It is not Slicer's build system.
set(Slicer_FOUND TRUE)
set(Slicer_VERSION "5.12")
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/GenerateConfig.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/ExtensionCPack.cmake")
