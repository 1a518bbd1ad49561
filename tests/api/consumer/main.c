#include <pra/pra.h>
#include <stdio.h>

int main(void) {
  pra_context* context = NULL;
  pra_error* error = pra_context_new(&context, NULL);
  if (error != NULL) return 1;
  pra_context_free(context);
  if (pra_version_number() < PRA_VERSION_NUMBER) return 1;
  return printf("libpra %s\n", pra_version()) < 0;
}
