set(_modules_dir "lib/Slicer-${Slicer_VERSION}/qt-scripted-modules")

# Installs every script and resource flat, with its folder; a listed file that is missing stops the configuration.
function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(_module "WITH_GENERIC_TESTS;WITH_SUBDIR" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(_module_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "slicerMacroBuildScriptedModule: unknown arguments ${_module_UNPARSED_ARGUMENTS}")
  endif()
  foreach(_file IN LISTS _module_SCRIPTS _module_RESOURCES)
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${_file}")
      message(FATAL_ERROR "${_module_NAME}: ${_file} is listed and not there")
    endif()
    get_filename_component(_folder "${_file}" DIRECTORY)
    install(FILES "${_file}" DESTINATION "${_modules_dir}/${_folder}")
  endforeach()
endfunction()

function(slicer_add_python_unittest)
endfunction()
