/* Lua scripts: the built-in ones and your own, by name. */
#ifndef PODLINK_SCRIPT_H
#define PODLINK_SCRIPT_H

#include <podlink/client.h>
#include <podlink/command.h>
#include <podlink/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a script answers. */
typedef enum podlink_script_reply {
    PODLINK_SCRIPT_ANY = 0,     /* not declared: nothing is checked */
    PODLINK_SCRIPT_INTEGER = 1, /* an integer, or a string that is one */
    PODLINK_SCRIPT_STRING = 2,  /* a string or a status, or nil */
    PODLINK_SCRIPT_LIST = 3,    /* an array of strings, integers and nils */
    PODLINK_SCRIPT_MAP = 4      /* the same, in pairs: name, value, name, value, ... */
} podlink_script_reply;

/** A script of yours. Copied when it is registered. What is left open here (NULL, 0) may stand in the head of the
 * source, in comment lines of its own:
 *
 *      --! keys: link index
 *      --! args: service pod persist
 *      --! reply: integer           (string, list, map, any)
 *      --! read-only
 *      --! repeatable
 *
 *  The head are the first lines, as long as they are empty or begin with "--", after a "#!" in the first line. Names
 * are separated by spaces; the last may end in "..." and then stands for any number of them, none included. */
struct podlink_script {
    const char *name;     /* 1 to 128 bytes of letters, digits, '_', '-', '.' and ':'; unique within the client */
    const char *source;   /* Lua; valid UTF-8 without NUL, at most 1 MiB */
    size_t source_length; /* 0: NUL-terminated */
    int repeatable;       /* not 0: harmless to run twice, so the library may repeat it */
    const char *keys;     /* the names of its keys; "": it has none; NULL: not declared, then any number will do */
    const char *args;     /* the same of its arguments */
    podlink_script_reply reply;
    int read_only; /* not 0: it writes nothing, which the server checks from Redis 7.0 on; it is repeatable, too */
};

/** What the library knows of a script. All borrowed from the client, which keeps it until it is freed. */
typedef struct podlink_script_info {
    const char *name;
    const char *sha; /* SHA1 of the source, 40 hex digits */
    const char *source;
    size_t source_length;
    int built_in;
    const char *keys; /* as declared, with one space between two names; NULL: not declared */
    const char *args;
    podlink_script_reply reply;
    int read_only;
    int repeatable;
} podlink_script_info;

/** One call of a script: its name, keys and arguments, which are bytes. Borrowed until the call returns. What is left
 *  out is zero: (podlink_script_call){.name = "hits", .keys = keys, .key_count = 1} */
typedef struct podlink_script_call {
    const char *name;
    const char *const *keys;
    const size_t *key_lengths; /* NULL: all are NUL-terminated */
    size_t key_count;
    const char *const *args;
    const size_t *arg_lengths; /* NULL: all are NUL-terminated */
    size_t arg_count;
} podlink_script_call;

/* --- registering ---------------------------------------------------------------------------------------------- */

/** Registers a script. Nothing is sent: it is loaded by podlink_scripts_load() or by its first call.
 *  @return PODLINK_OK; EINVAL (err says what is wrong), EEXIST (the name is taken), ENOMEM. Does not block. */
PODLINK_API podlink_status podlink_script_register(podlink_client *client, const podlink_script *script,
                                                   podlink_error *err);

/** Registers the script in a file. Its name is that of the file without ".lua"; what it declares stands in its head.
 *  @return as podlink_script_register(); EINVAL also where the file cannot be read: err names it and says why. Blocks
 *  for the file system. */
PODLINK_API podlink_status podlink_script_register_file(podlink_client *client, const char *path, podlink_error *err);

/** Registers every *.lua of a directory, in the order of their names; subdirectories, and files whose names begin with
 * a dot, are left out. All or none: where one cannot be registered, none is.
 *  @param registered  out, may be NULL: how many
 *  @return as podlink_script_register_file() */
PODLINK_API podlink_status podlink_script_register_directory(podlink_client *client, const char *path,
                                                             size_t *registered, podlink_error *err);

/** How many scripts are registered. Any thread; does not block. */
PODLINK_API size_t podlink_script_count(podlink_client *client);

/** A script by index, in the order of registration, the built-in ones first.
 *  @return PODLINK_OK, or PODLINK_ESCRIPT beyond the end. Any thread; does not block. */
PODLINK_API podlink_status podlink_script_at(podlink_client *client, size_t index, podlink_script_info *info);

/** A script by name.
 *  @return PODLINK_OK, or PODLINK_ESCRIPT where there is none. Any thread; does not block. */
PODLINK_API podlink_status podlink_script_find(podlink_client *client, const char *name, podlink_script_info *info);

/* --- running ---------------------------------------------------------------------------------------------------
 *
 * A script that the server has lost is loaded and called again, within the deadline; nothing runs twice. A call with
 * more or fewer keys or arguments than declared is PODLINK_EINVAL, and nothing is sent. A reply that is not as declared
 * is PODLINK_EREPLY: the script has run then. All take any thread, and block until the call's deadline at most. */

/** Runs a registered script by EVALSHA, loading it where the server does not hold it. One that is read-only goes by
 *  EVALSHA_RO where the server has it (Redis 7.0); built-in ones by FCALL, where the client was opened so.
 *  @param keys, args           bytes; borrowed until the call returns
 *  @param key_lengths, arg_lengths  NULL: all are NUL-terminated
 *  @param reply                out, may be NULL; owned by the caller, podlink_reply_free(); NULL on failure
 *  @return PODLINK_OK; ESCRIPT (no such name: err names it, nothing sent), or what failed. Blocks until the call's
 *  deadline at most. */
PODLINK_API podlink_status podlink_script_run(podlink_client *client, const char *name, const char *const *keys,
                                              const size_t *key_lengths, size_t key_count, const char *const *args,
                                              const size_t *arg_lengths, size_t arg_count, const podlink_call *call,
                                              podlink_reply **reply, podlink_error *err);

/** The same for a script that answers an integer. One that is declared to answer otherwise is PODLINK_EINVAL; so it is
 *  with those below.
 *  @param value  out; 0 on failure */
PODLINK_API podlink_status podlink_script_run_integer(podlink_client *client, const podlink_script_call *script,
                                                      int64_t *value, const podlink_call *call, podlink_error *err);

/** Bytes, followed by a NUL that does not count. */
typedef struct podlink_script_text {
    const char *text; /* NULL: nil */
    size_t length;
} podlink_script_text;

/** The same for a script that answers a string. Allocates.
 *  @param text    out: owned by the caller, podlink_free(); NULL for nil, and on failure
 *  @param length  out, may be NULL */
PODLINK_API podlink_status podlink_script_run_string(podlink_client *client, const podlink_script_call *script,
                                                     char **text, size_t *length, const podlink_call *call,
                                                     podlink_error *err);

typedef struct podlink_script_list {
    size_t count;
    const podlink_script_text *items; /* integers as decimal text */
} podlink_script_list;

/** The same for a script that answers a list. Allocates.
 *  @param list  out: owned by the caller, podlink_free(); NULL on failure */
PODLINK_API podlink_status podlink_script_run_list(podlink_client *client, const podlink_script_call *script,
                                                   podlink_script_list **list, const podlink_call *call,
                                                   podlink_error *err);

typedef struct podlink_script_entry {
    podlink_script_text name; /* never nil */
    podlink_script_text value;
} podlink_script_entry;

typedef struct podlink_script_map {
    size_t count;
    const podlink_script_entry *items; /* in the order of the reply */
} podlink_script_map;

/** The same for a script that answers a map: name, value, name, value, ... Allocates.
 *  @param map  out: owned by the caller, podlink_free(); NULL on failure */
PODLINK_API podlink_status podlink_script_run_map(podlink_client *client, const podlink_script_call *script,
                                                  podlink_script_map **map, const podlink_call *call,
                                                  podlink_error *err);

/** The value of the first entry with this name, borrowed from the map; NULL where there is none. Any thread. */
PODLINK_API const podlink_script_text *podlink_script_map_get(const podlink_script_map *map, const char *name);

/* --- in a session ---------------------------------------------------------------------------------------------- */

/** Runs a script on the session's connection. Where the server has lost it, it is loaded there and called again; but
 *  within MULTI it is only queued (the reply is the status QUEUED), and what becomes of it stands in the reply of EXEC:
 *  call podlink_session_ensure_scripts() before MULTI. Where the server loses the script in between, its element is an
 *  error of type PODLINK_REPLY_ERROR that begins with NOSCRIPT (with functions: "ERR Function not found"): that one has
 *  not run, the other commands have.
 *  @param reply  out, may be NULL; owned by the caller, podlink_reply_free(); NULL on failure
 *  @return as podlink_script_run(); nothing is repeated but what NOSCRIPT refused. Blocks until the call's deadline at
 *  most. */
PODLINK_API podlink_status podlink_session_run_script(podlink_session *session, const podlink_script_call *script,
                                                      const podlink_call *call, podlink_reply **reply,
                                                      podlink_error *err);

/** Asks the session's server which of these scripts it holds, and loads those that it does not: in two round trips at
 *  most.
 *  @param names  of registered scripts; NULL: all that are registered, whatever count is
 *  @return PODLINK_OK; ESCRIPT (no such name), EINVAL (the session is within MULTI, or listens), or the first failure:
 *  err names the script. Blocks until the call's deadline at most. */
PODLINK_API podlink_status podlink_session_ensure_scripts(podlink_session *session, const char *const *names,
                                                          size_t count, const podlink_call *call, podlink_error *err);

/* --- what the server holds -------------------------------------------------------------------------------------- */

/** Loads every registered script, in one pipelined round trip, and compares the server's SHA1 with ours. Where the
 *  built-in ones are functions, their library is loaded only if the one on the server differs: in a second round trip.
 *  @param loaded  out, may be NULL: how many are loaded now
 *  @return PODLINK_OK, or the first failure: err names the script. Blocks until the call's deadline at most. Harmless
 *  to repeat. */
PODLINK_API podlink_status podlink_scripts_load(podlink_client *client, size_t *loaded, const podlink_call *call,
                                                podlink_error *err);

/** Asks the server which of the registered scripts it holds.
 *  @param loaded    out: loaded[i] is 1 if script i (in the order of podlink_script_at()) is loaded, else 0
 *  @param capacity  the length of loaded; scripts beyond it are left out
 *  @return PODLINK_OK or what failed. Blocks until the call's deadline at most. Harmless to repeat. */
PODLINK_API podlink_status podlink_scripts_loaded(podlink_client *client, int *loaded, size_t capacity,
                                                  const podlink_call *call, podlink_error *err);

/** What a client has counted of one script since it was opened. */
typedef struct podlink_script_stats {
    size_t size;            /* set by podlink_script_stats_init() */
    uint64_t loads;         /* SCRIPT LOAD sent; of a function: loads of the library */
    uint64_t repairs;       /* calls (a batch counts once) that met NOSCRIPT and were repaired */
    uint64_t calls;         /* a batch of n counts n; not those in sessions */
    uint64_t errors;        /* of those: calls that failed, whatever the reason */
    podlink_histogram wire; /* of answered calls: from when it was sent until it was answered, the network and the
                               server; a batch counts once. wire.sum_ns / wire.count is the mean */
} podlink_script_stats;

#define podlink_script_stats_init(stats) ((stats)->size = sizeof *(stats))

/** Reads the counters of a script. Waits for no I/O; any thread.
 *  @param stats  out; initialised by podlink_script_stats_init()
 *  @return PODLINK_OK, or PODLINK_ESCRIPT where there is none of this name */
PODLINK_API podlink_status podlink_script_stats_of(podlink_client *client, const char *name,
                                                   podlink_script_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
