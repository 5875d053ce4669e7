/* SPDX-License-Identifier: MIT */
// What a user's C++ program needs of an installed podlink: it links a user and reads the link back.
#include <podlink/podlink.h>

#include <cstdlib>
#include <iostream>
#include <memory>

namespace
{
struct Closer {
    void operator()(podlink_client *client) const
    {
        podlink_client_free(client);
    }
};
} // namespace

int main()
{
    podlink_options options;
    podlink_options_init(&options);
    options.url = std::getenv("PODLINK_URL");
    podlink_client *opened = nullptr;
    podlink_error err;
    podlink_status status = podlink_client_open(&options, &opened, &err);
    const std::unique_ptr<podlink_client, Closer> client(opened);
    const podlink_link link = {"install", "consumer", "user-cc"};
    const podlink_call call = PODLINK_CALL_INIT;
    int32_t pod = PODLINK_NO_POD;
    if (status == PODLINK_OK)
        status = podlink_link_set(client.get(), &link, 4, PODLINK_FOREVER, nullptr, &call, &err);
    if (status == PODLINK_OK)
        status = podlink_link_get(client.get(), &link, &pod, nullptr, &err);
    if (status != PODLINK_OK) {
        std::cerr << podlink_status_name(status) << ": " << err.message << "\n";
        return 1;
    }
    std::cout << "podlink " << podlink_version() << ": pod " << pod << "\n";
    return pod == 4 ? 0 : 1;
}
