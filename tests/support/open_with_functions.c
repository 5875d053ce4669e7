/* SPDX-License-Identifier: MIT */
/* Replaces api_open() in ../api/test_api_script_cases.c: the same tests, with Redis Functions. */
#include "api.h"

podlink_client *open_with_functions(const char *url)
{
    podlink_options options = api_options(url);
    options.script_backend = PODLINK_BACKEND_FUNCTIONS;
    return api_open_with(&options);
}
