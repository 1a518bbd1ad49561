#include "terraform.hpp"

#include <pra/pra.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> kOperations{"status", "snapshots", "verify", "health"};
constexpr std::size_t kQueryLimit = 1 << 20;
constexpr const char* kDefaultTimeout = "60s";

struct Failure : std::runtime_error {
  explicit Failure(const std::string& message, std::string advice = {})
      : std::runtime_error(message), hint(std::move(advice)) {}
  std::string hint;
};

void throw_on(pra_error* error) {
  if (error == nullptr) return;
  const Failure failure(pra_error_message(error), pra_error_hint(error));
  pra_error_free(error);
  throw failure;
}

json::object read_query() {
  std::string text;
  std::array<char, 4096> block{};
  while (std::cin.read(block.data(), block.size()), std::cin.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > kQueryLimit) throw Failure("the query is larger than 1 MiB");
  }
  boost::system::error_code problem;
  const auto value = json::parse(text, problem);
  if (problem || !value.is_object())
    throw Failure(
        "the query on standard input is not a JSON object",
        "this program is made for Terraform: data \"external\" { program = [\"pra-terraform\"] }");
  for (const auto& [name, item] : value.get_object())
    if (!item.is_string() && !item.is_null())
      throw Failure("the query's '" + std::string(name) + "' is not a text",
                    "Terraform passes texts only");
  return value.get_object();
}

/// Takes a member out of the query.
std::string take(json::object& query, std::string_view name, std::string_view fallback) {
  const auto* value = query.if_contains(name);
  const std::string text(
      value != nullptr && value->is_string() ? std::string_view(value->get_string()) : fallback);
  query.erase(name);
  return text;
}

std::chrono::milliseconds parse_timeout(const std::string& text) {
  std::size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  const auto unit = text.substr(used);
  const double factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : 0;
  if (used == 0 || factor == 0 || !(value > 0) || value * factor > 86'400'000)
    throw Failure("the query's timeout '" + text + "' is not a duration",
                  "write 500ms, 30s or 5m, up to 24 hours");
  return std::chrono::milliseconds(static_cast<std::int64_t>(value * factor));
}

/// The values of an operation's list parameters come as JSON text ("[\"a\",\"b\"]") or as one text.
void unfold_lists(json::object& query) {
  for (auto& [name, value] : query) {
    if (!value.is_string() || value.get_string().empty()) continue;
    const char first = value.get_string().front();
    if (first != '[' && first != '{') continue;
    boost::system::error_code problem;
    auto parsed = json::parse(value.get_string(), problem);
    if (!problem) value = std::move(parsed);
  }
}

/// Cancels the work when the time is up, and ends the process if it does not listen: Terraform
/// itself has no limit and would wait for ever.
class Deadline {
 public:
  Deadline(pra_context* context, std::chrono::milliseconds limit)
      : thread_([this, context, limit] {
          std::unique_lock lock(mutex_);
          if (done_.wait_for(lock, limit, [&] { return finished_; })) return;
          expired_ = true;
          pra_context_cancel(context);
          if (done_.wait_for(lock, std::chrono::seconds(2), [&] { return finished_; })) return;
          std::fputs("pra-terraform: no result in time\n", stderr);
          std::_Exit(1);
        }) {}
  ~Deadline() {
    {
      const std::scoped_lock lock(mutex_);
      finished_ = true;
    }
    done_.notify_all();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  [[nodiscard]] bool expired() {
    const std::scoped_lock lock(mutex_);
    return expired_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool finished_ = false;
  bool expired_ = false;
  std::thread thread_;
};

/// Everything as text: true, 12, "" for null, JSON for lists and objects.
json::object flatten(const json::object& result) {
  json::object flat;
  for (const auto& [name, value] : result) {
    if (value.is_string())
      flat[name] = value;
    else if (value.is_null())
      flat[name] = "";
    else if (value.is_double() &&
             value.get_double() ==
                 static_cast<double>(static_cast<std::int64_t>(value.get_double())))
      flat[name] = std::to_string(static_cast<std::int64_t>(value.get_double()));
    else if (value.is_double())
      flat[name] = std::to_string(value.get_double());
    else
      flat[name] = json::serialize(value);
  }
  return flat;
}

json::object run(json::object query) {
  const auto operation = take(query, "operation", "status");
  if (std::ranges::find(kOperations, operation) == kOperations.end())
    throw Failure(
        "there is no operation '" + operation + "' for Terraform",
        "it is one of status, snapshots, verify, health: a data source only reads, on every plan");
  const auto timeout_text = take(query, "timeout", kDefaultTimeout);
  const auto timeout = parse_timeout(timeout_text);
  unfold_lists(query);

  pra_context* context = nullptr;
  throw_on(pra_context_new(&context, nullptr));
  const std::unique_ptr<pra_context, decltype(&pra_context_free)> owner(context, &pra_context_free);
  Deadline deadline(context, timeout);
  char* text = nullptr;
  pra_error* error =
      pra_run(&text, context, operation.c_str(), json::serialize(query).c_str(), nullptr, nullptr);
  if (error != nullptr && deadline.expired()) {
    pra_error_free(error);
    throw Failure(operation + ": no result within " + timeout_text, "raise `timeout` in the query");
  }
  throw_on(error);
  const std::unique_ptr<char, decltype(&pra_string_free)> result(text, &pra_string_free);
  return flatten(json::parse(result.get()).as_object());
}

}  // namespace

int terraform_main(int, char**) {
  try {
    const auto answer = json::serialize(run(read_query()));
    std::cout << answer << '\n' << std::flush;
    return std::cout ? 0 : 1;
  } catch (const Failure& failure) {
    std::cerr << "pra-terraform: " << failure.what() << '\n';
    if (!failure.hint.empty()) std::cerr << "hint: " << failure.hint << '\n';
  } catch (const std::exception& problem) {
    std::cerr << "pra-terraform: " << problem.what() << '\n';
  }
  return 1;
}
