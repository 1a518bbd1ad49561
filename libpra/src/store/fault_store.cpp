#include "store/fault_store.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace pra::store {

namespace {

class FaultStore final : public Store {
 public:
  FaultStore(StorePointer inner, FaultDecision decide)
      : inner_(std::move(inner)), decide_(std::move(decide)) {}

  [[nodiscard]] std::string location() const override { return inner_->location(); }
  [[nodiscard]] unsigned connections() const override { return inner_->connections(); }

  bool exists(const std::stop_token& stop) override {
    return run("exists", "", [&] { return inner_->exists(stop); });
  }
  void initialise(const std::stop_token& stop) override {
    run("initialise", "", [&] { inner_->initialise(stop); });
  }
  void create(std::string_view name, ByteView content, const std::stop_token& stop) override {
    run("create", name, [&] { inner_->create(name, content, stop); });
  }
  Buffer read(std::string_view name, const std::stop_token& stop) override {
    return run("read", name, [&] { return inner_->read(name, stop); });
  }
  void read_range(std::string_view name, std::uint64_t offset, MutableByteView out,
                  const std::stop_token& stop) override {
    run("read_range", name, [&] { inner_->read_range(name, offset, out, stop); });
  }
  std::uint64_t size(std::string_view name, const std::stop_token& stop) override {
    return run("size", name, [&] { return inner_->size(name, stop); });
  }
  void list(std::string_view prefix, const std::function<void(const Entry&)>& visit,
            const std::stop_token& stop) override {
    run("list", prefix, [&] { inner_->list(prefix, visit, stop); });
  }
  void remove(std::string_view name, const std::stop_token& stop) override {
    run("remove", name, [&] { inner_->remove(name, stop); });
  }

 private:
  /// Fails before `operation`, or after it: done, but the answer was lost.
  template <class Operation>
  auto run(std::string_view what, std::string_view name, const Operation& operation)
      -> decltype(operation()) {
    const auto number = count_.fetch_add(1) + 1;
    const Fault fault = decide_(number, what, name);
    const auto failure = [&] {
      return Error(fault.code,
                   fmt::format("{} {}: injected fault at operation {}", what, name, number));
    };
    if (fault.kind == Fault::Kind::kFailBefore) throw failure();
    if (fault.kind == Fault::Kind::kFailAfter) {
      (void)operation();
      throw failure();
    }
    return operation();
  }

  StorePointer inner_;
  FaultDecision decide_;
  std::atomic<std::uint64_t> count_ = 0;
};

}  // namespace

StorePointer make_fault_store(StorePointer inner, FaultDecision decide) {
  return std::make_shared<FaultStore>(std::move(inner), std::move(decide));
}

}  // namespace pra::store
