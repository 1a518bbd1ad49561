// Shows what a C++ program does with the C API: objects that free themselves, a stream as a source,
// progress, the newest snapshot, and the age of it.
//   watch REPOSITORY KEY-FILE
#include <pra/pra.h>

#include <ctime>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Deleter<Free>>;

void check(pra_error* error) {
  if (error == nullptr) return;
  const Owned<pra_error, pra_error_free> owned(error);
  throw std::runtime_error(std::string(pra_error_message(error)) + "\n" + pra_error_hint(error));
}

// The bytes to back up come from here: a database's dump, a message queue, anything.
int64_t read_some(void* buffer, size_t length, void* user_data) {
  auto& input = *static_cast<std::istringstream*>(user_data);
  input.read(static_cast<char*>(buffer), static_cast<std::streamsize>(length));
  return input.gcount();
}

Owned<pra_repository, pra_repository_close> open_or_create(pra_context* context,
                                                           const char* location,
                                                           const std::string& key) {
  pra_repository* repository = nullptr;
  Owned<pra_error, pra_error_free> error(
      pra_repository_open(&repository, context, location, key.c_str()));
  if (pra_error_get_code(error.get()) == PRA_NO_REPOSITORY)
    error.reset(pra_repository_init(&repository, context, location, key.c_str()));
  check(error.release());
  return Owned<pra_repository, pra_repository_close>(repository);
}

void run(const char* location, const std::string& key) {
  pra_context* made = nullptr;
  check(pra_context_new(&made, nullptr));
  const Owned<pra_context, pra_context_free> context(made);
  const auto repository = open_or_create(made, location, key);

  std::istringstream dump("CREATE TABLE shop ();\n");
  pra_backup_options options = {};
  options.size = sizeof options;
  options.source = "shop.sql";
  const pra_backup_result* result = nullptr;
  check(pra_backup_stream(&result, repository.get(), "shop.sql", read_some, &options, nullptr,
                          &dump));
  const Owned<const pra_backup_result, pra_backup_result_free> backup(result);

  pra_snapshot_filter filter = {};
  filter.size = sizeof filter;
  filter.source = "shop.sql";
  const pra_snapshot* found = nullptr;
  check(pra_snapshot_find(&found, repository.get(), "latest", &filter));
  const Owned<const pra_snapshot, pra_snapshot_free> newest(found);
  std::cout << "newest snapshot of shop.sql: " << newest->time << ", "
            << std::time(nullptr) - newest->time_seconds << " s old, " << newest->bytes
            << " bytes\n";
}

}  // namespace

int main(int count, char** values) {
  try {
    if (count != 3) throw std::invalid_argument("usage: watch REPOSITORY KEY-FILE");
    run(values[1], std::string("file:") + values[2]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
