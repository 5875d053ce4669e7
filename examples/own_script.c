/* SPDX-License-Identifier: MIT */
/* A script of your own: an atomic counter with a maximum. podlink loads it when the client opens, runs it by its SHA1,
 * and loads it again if a server has lost it. */
#include <podlink/podlink.h>

#include <stdio.h>
#include <stdlib.h>

static const char take_seat[] = "local taken = tonumber(redis.call('GET', KEYS[1]) or '0')\n"
                                "if taken >= tonumber(ARGV[1]) then\n"
                                "    return {0, taken}\n"
                                "end\n"
                                "return {1, redis.call('INCR', KEYS[1])}\n";

/* Takes a seat in a room. Returns 1 if there was one, 0 if the room is full, -1 if the call failed. */
static int take(podlink_client *client, const char *room, const char *seats)
{
    const char *keys[] = {room};
    const char *args[] = {seats};
    podlink_reply *reply = NULL;
    podlink_error err;
    podlink_status status = podlink_script_run(client, "takeSeat", keys, NULL, 1, args, NULL, 1, NULL, &reply, &err);
    if (status == PODLINK_OK) {
        int64_t got = 0;
        int64_t taken = 0;
        status = podlink_reply_integer(podlink_reply_at(reply, 0), &got);
        if (status == PODLINK_OK)
            status = podlink_reply_integer(podlink_reply_at(reply, 1), &taken);
        podlink_reply_free(reply);
        if (status == PODLINK_OK) {
            printf("%s: %lld of %s seats taken\n", got ? "a seat" : "full", (long long)taken, seats);
            return got ? 1 : 0;
        }
    }
    fprintf(stderr, "%s: %s\n", podlink_status_name(status), err.message);
    return -1;
}

int main(void)
{
    /* Not repeatable: a second run would take another seat. */
    const podlink_script script = {.name = "takeSeat", .source = take_seat, .repeatable = 0};
    podlink_options options;
    podlink_options_init(&options);
    if (getenv("PODLINK_URL"))
        options.url = getenv("PODLINK_URL");
    options.scripts = &script;
    options.script_count = 1;

    podlink_client *client = NULL;
    podlink_error err;
    if (podlink_client_open(&options, &client, &err) != PODLINK_OK) {
        fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    int seats = 0;
    int got = 0;
    while ((got = take(client, "room:1:seats", "3")) > 0)
        seats++;
    podlink_client_free(client);
    return got == 0 && seats == 3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
