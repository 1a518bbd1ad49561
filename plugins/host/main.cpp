#include <string_view>

#include "host.hpp"
#include "terraform/terraform.hpp"

/// One binary, several programs: the name it is called by chooses.
int main(int count, char** values) {
  std::string_view name = count > 0 ? values[0] : "pra";
  name.remove_prefix(name.rfind('/') + 1);
  if (name == "pra-terraform") return terraform_main(count, values);
  return pra_host::host_main(count, values);
}
