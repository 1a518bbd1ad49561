#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include <boost/json/src.hpp>

#include "module.hpp"

/// An Ansible binary module: `pra_<operation> ARGUMENTS_FILE`. One JSON object goes to standard
/// output, whatever happens; "failed" in it is what fails the task.
int main(int count, char** values) {
  namespace json = boost::json;
  json::object answer;
  json::object shown;
  try {
    if (count != 2)
      throw std::runtime_error(
          "this is an Ansible module: it takes the path of a file of arguments");
    std::ifstream file(values[1], std::ios::binary);
    if (!file) throw std::runtime_error("the file of arguments cannot be read");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto arguments = pra_ansible::parse_arguments(text);
    shown = pra_ansible::shown_arguments(arguments.user);
    const pra_ansible::Library library;
    answer = pra_ansible::run_module(library, PRA_OPERATION, arguments);
  } catch (const std::exception& problem) {
    answer = {{"failed", true}, {"changed", false}, {"msg", problem.what()}};
  }
  answer["invocation"] = json::object{{"module_args", shown}};
  std::cout << json::serialize(answer) << '\n';
  return answer.at("failed").as_bool() ? 1 : 0;
}
