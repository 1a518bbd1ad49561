# What `cmake --install` puts where: the library, its headers, `pra`, and what lets others find them.
include(CMakePackageConfigHelpers)

install(TARGETS pra EXPORT libpraTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY libpra/include/pra DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")

install(EXPORT libpraTargets NAMESPACE pra:: FILE libpraTargets.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/libpra)
configure_package_config_file(cmake/libpraConfig.cmake.in ${CMAKE_BINARY_DIR}/libpraConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/libpra)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/libpraConfigVersion.cmake
                                 COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/libpraConfig.cmake ${CMAKE_BINARY_DIR}/libpraConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/libpra)

file(RELATIVE_PATH PRA_PC_INCLUDE /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig
     /prefix/${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/libpra.pc.in ${CMAKE_BINARY_DIR}/libpra.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/libpra.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET pra_host)
  install(TARGETS pra_host RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${CMAKE_BINARY_DIR}/bin/pra-terraform DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
