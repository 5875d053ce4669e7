/* SPDX-License-Identifier: MIT */
/* --count calls by one caller. bench/instructions runs it under callgrind. */
#include "peer.h"

#include <string.h>

int main(int argc, char **argv)
{
    struct bench_options options;
    const struct bench_peer *peer;
    void *shared;
    void *caller;
    bench_options_read(&options, argc, argv);
    peer = strcmp(options.peer, bench_peer_hiredis.name) == 0 ? &bench_peer_hiredis : &bench_peer_podlink;
    shared = peer->open(&options);
    caller = peer->join(shared);
    for (unsigned i = 0; i < options.count; i++)
        peer->link(caller, i % options.users, (int)(i / options.users % 2));
    peer->leave(caller);
    peer->close(shared);
    return 0;
}
