/* Lua scripts: the built-in ones and your own, by name. */
#ifndef PODLINK_SCRIPT_H
#define PODLINK_SCRIPT_H

#include <podlink/client.h>
#include <podlink/command.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A script of yours. Copied when it is registered. */
struct podlink_script {
    const char *name;     /* 1 to 128 bytes of letters, digits, '_', '-', '.' and ':'; unique within the client */
    const char *source;   /* Lua; valid UTF-8, at most 1 MiB */
    size_t source_length; /* 0: NUL-terminated */
    int repeatable;       /* not 0: harmless to run twice, so the library may repeat it */
};

/** What the library knows of a script. All borrowed from the client, which keeps it until it is freed. */
typedef struct podlink_script_info {
    const char *name;
    const char *sha; /* SHA1 of the source, 40 hex digits */
    const char *source;
    size_t source_length;
    int built_in;
} podlink_script_info;

/** Registers a script. Nothing is sent: it is loaded by podlink_scripts_load() or by its first call.
 *  @return PODLINK_OK; EINVAL (err says what is wrong), EEXIST (the name is taken), ENOMEM. Does not block. */
PODLINK_API podlink_status podlink_script_register(podlink_client *client, const podlink_script *script,
                                                   podlink_error *err);

/** Runs a registered script by EVALSHA, loading it where the server does not hold it.
 *  @param keys, args           bytes; borrowed until the call returns
 *  @param key_lengths, arg_lengths  NULL: all are NUL-terminated
 *  @param reply                out, may be NULL; owned by the caller, podlink_reply_free(); NULL on failure
 *  @return PODLINK_OK; ESCRIPT (no such name: err names it, nothing sent), or what failed. Blocks until the call's
 *  deadline at most. */
PODLINK_API podlink_status podlink_script_run(podlink_client *client, const char *name, const char *const *keys,
                                              const size_t *key_lengths, size_t key_count, const char *const *args,
                                              const size_t *arg_lengths, size_t arg_count, const podlink_call *call,
                                              podlink_reply **reply, podlink_error *err);

/** Loads every registered script, in one pipelined round trip, and compares the server's SHA1 with ours.
 *  @param loaded  out, may be NULL: how many were loaded
 *  @return PODLINK_OK, or the first failure: err names the script. Blocks until the call's deadline at most. Harmless
 *  to repeat. */
PODLINK_API podlink_status podlink_scripts_load(podlink_client *client, size_t *loaded, const podlink_call *call,
                                                podlink_error *err);

/** Asks the server which of the registered scripts it holds.
 *  @param held      out: held[i] is 1 where the server holds script i (in the order of podlink_script_at), else 0
 *  @param capacity  of held; scripts beyond are not told
 *  @return PODLINK_OK or what failed. Blocks until the call's deadline at most. Harmless to repeat. */
PODLINK_API podlink_status podlink_scripts_held(podlink_client *client, int *held, size_t capacity,
                                                const podlink_call *call, podlink_error *err);

/** How many scripts are registered. Any thread; does not block. */
PODLINK_API size_t podlink_script_count(podlink_client *client);

/** A script by index, in the order of registration, the built-in ones first.
 *  @return PODLINK_OK, or PODLINK_ESCRIPT beyond the end. Any thread; does not block. */
PODLINK_API podlink_status podlink_script_at(podlink_client *client, size_t index, podlink_script_info *info);

#ifdef __cplusplus
}
#endif
#endif
