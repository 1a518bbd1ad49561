#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pra::repo {

/// In the order of NodeType.
inline constexpr std::array<std::string_view, 8> kNodeTypeNames = {
    "file", "dir", "symlink", "dev", "chardev", "fifo", "socket", "irregular"};

/// The bits of Go's os.FileMode that trees carry beside the permissions (0777).
namespace go_mode {
inline constexpr std::uint32_t kDirectory = 1u << 31;
inline constexpr std::uint32_t kSymlink = 1u << 27;
inline constexpr std::uint32_t kDevice = 1u << 26;
inline constexpr std::uint32_t kFifo = 1u << 25;
inline constexpr std::uint32_t kSocket = 1u << 24;
inline constexpr std::uint32_t kSetuid = 1u << 23;
inline constexpr std::uint32_t kSetgid = 1u << 22;
inline constexpr std::uint32_t kCharacterDevice = 1u << 21;
inline constexpr std::uint32_t kSticky = 1u << 20;
inline constexpr std::uint32_t kIrregular = 1u << 19;
}  // namespace go_mode

}  // namespace pra::repo
