/* SPDX-License-Identifier: MIT */
/* Lua scripts: registering, loading and running the built-in ones and your own. */
#ifndef PODLINK_SCRIPT_H
#define PODLINK_SCRIPT_H

#include <podlink/client.h>
#include <podlink/command.h>
#include <podlink/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The type of a script's reply. */
typedef enum podlink_script_reply {
    PODLINK_SCRIPT_ANY = 0,     /* not declared: nothing is checked */
    PODLINK_SCRIPT_INTEGER = 1, /* an integer, or a string that is one */
    PODLINK_SCRIPT_STRING = 2,  /* a string or a status, or nil */
    PODLINK_SCRIPT_LIST = 3,    /* an array of strings, integers and nils */
    PODLINK_SCRIPT_MAP = 4      /* a list of pairs: name, value, name, value, ... */
} podlink_script_reply;

/** A script of your own. Copied by podlink_script_register(). Fields that are NULL or 0 may be declared in the head of
 *  the source instead, each in a comment line:
 *
 *      --! keys: link index
 *      --! args: service pod persist
 *      --! reply: integer           (string, list, map, any)
 *      --! read-only
 *      --! repeatable
 *
 *  The head is the first lines of the source that are empty or begin with "--", after an optional "#!" line. Names are
 *  separated by spaces. A last name that ends in "..." stands for any number of names, also none. */
struct podlink_script {
    const char *name;     /* 1 to 128 bytes of letters, digits, '_', '-', '.' and ':'; unique within the client */
    const char *source;   /* Lua; valid UTF-8 without NUL, at most 1 MiB */
    size_t source_length; /* 0: NUL-terminated */
    int repeatable;       /* not 0: harmless to run twice, so the library may repeat it */
    const char *keys;     /* names of its keys; "": no keys; NULL: not declared, any number is accepted */
    const char *args;     /* names of its arguments, likewise */
    podlink_script_reply reply;
    int read_only; /* not 0: it does not write, which Redis 7.0 and later enforce. Implies repeatable */
};

/** A registered script. All pointers belong to the client and are valid until it is freed. */
typedef struct podlink_script_info {
    const char *name;
    const char *sha; /* SHA1 of the source, 40 hex digits */
    const char *source;
    size_t source_length;
    int built_in;
    const char *keys; /* as declared, separated by single spaces; NULL: not declared */
    const char *args;
    podlink_script_reply reply;
    int read_only;
    int repeatable;
} podlink_script_info;

/** One call of a script: its name, keys and arguments (bytes). All must stay valid until the call returns. Fields that
 *  are left out are zero: (podlink_script_call){.name = "hits", .keys = keys, .key_count = 1} */
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

/** Registers a script. Sends nothing: podlink_scripts_load() or the first call loads it.
 *  @return PODLINK_OK; EINVAL (err says what is wrong), EEXIST (the name is taken), ENOMEM, EUNSUPPORTED (built
 *  without SHA1). Does not block. */
PODLINK_API podlink_status podlink_script_register(podlink_client *client, const podlink_script *script,
                                                   podlink_error *err);

/** Registers the script in a file. Its name is the file name without ".lua". Its declarations are in the head of the
 *  file.
 *  @return as podlink_script_register(); EINVAL also if the file cannot be read: err has the file and the reason.
 *  Blocks for the file system. */
PODLINK_API podlink_status podlink_script_register_file(podlink_client *client, const char *path, podlink_error *err);

/** Registers every *.lua file of a directory, in the order of their names. Subdirectories and files that begin with a
 *  dot are left out. If one file cannot be registered, none is.
 *  @param registered  out, may be NULL: number of scripts
 *  @return as podlink_script_register_file() */
PODLINK_API podlink_status podlink_script_register_directory(podlink_client *client, const char *path,
                                                             size_t *registered, podlink_error *err);

/** The number of registered scripts. Any thread. Does not block. */
PODLINK_API size_t podlink_script_count(podlink_client *client);

/** Gets a script by index: the built-in ones first, then yours in the order of registration.
 *  @return PODLINK_OK; PODLINK_ESCRIPT: index is beyond the end. Any thread. Does not block. */
PODLINK_API podlink_status podlink_script_at(podlink_client *client, size_t index, podlink_script_info *info);

/** Gets a script by name.
 *  @return PODLINK_OK; PODLINK_ESCRIPT: no such script. Any thread. Does not block. */
PODLINK_API podlink_status podlink_script_find(podlink_client *client, const char *name, podlink_script_info *info);

/* --- running ---------------------------------------------------------------------------------------------------
 *
 * If the server has lost a script, it is loaded and called again inside the deadline; nothing runs twice. A call with
 * more or fewer keys or arguments than declared is PODLINK_EINVAL, and nothing is sent. A reply of another type than
 * declared is PODLINK_EREPLY; the script has run. Any thread. Each function blocks until the deadline of the call at
 * most. */

/** Runs a registered script by EVALSHA, and loads it if the server does not have it. A read-only script is run by
 *  EVALSHA_RO if the server supports it (Redis 7.0). Built-in scripts are run by FCALL with PODLINK_BACKEND_FUNCTIONS.
 *  @param keys, args                bytes; must stay valid until the call returns
 *  @param key_lengths, arg_lengths  NULL: all are NUL-terminated
 *  @param reply                     out, may be NULL; owned by the caller, podlink_reply_free(); NULL on failure
 *  @return PODLINK_OK; ESCRIPT (no such script: err has the name, nothing was sent), or another failure. */
PODLINK_API podlink_status podlink_script_run(podlink_client *client, const char *name, const char *const *keys,
                                              const size_t *key_lengths, size_t key_count, const char *const *args,
                                              const size_t *arg_lengths, size_t arg_count, const podlink_call *call,
                                              podlink_reply **reply, podlink_error *err);

/** Runs a script that replies an integer. If it declares another type, this is PODLINK_EINVAL, as in the functions
 *  below.
 *  @param value  out; 0 on failure */
PODLINK_API podlink_status podlink_script_run_integer(podlink_client *client, const podlink_script_call *script,
                                                      int64_t *value, const podlink_call *call, podlink_error *err);

/** Bytes, followed by a NUL that is not counted. */
typedef struct podlink_script_text {
    const char *text; /* NULL: nil */
    size_t length;
} podlink_script_text;

/** Runs a script that replies a string. Allocates.
 *  @param text    out: owned by the caller, podlink_free(); NULL for nil and on failure
 *  @param length  out, may be NULL */
PODLINK_API podlink_status podlink_script_run_string(podlink_client *client, const podlink_script_call *script,
                                                     char **text, size_t *length, const podlink_call *call,
                                                     podlink_error *err);

typedef struct podlink_script_list {
    size_t count;
    const podlink_script_text *items; /* integers as decimal text */
} podlink_script_list;

/** Runs a script that replies a list. Allocates.
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

/** Runs a script that replies a map: name, value, name, value, ... Allocates.
 *  @param map  out: owned by the caller, podlink_free(); NULL on failure */
PODLINK_API podlink_status podlink_script_run_map(podlink_client *client, const podlink_script_call *script,
                                                  podlink_script_map **map, const podlink_call *call,
                                                  podlink_error *err);

/** Finds the value of the first entry with this name; NULL if there is none. The value belongs to the map. Any thread.
 */
PODLINK_API const podlink_script_text *podlink_script_map_get(const podlink_script_map *map, const char *name);

/* --- in a session ---------------------------------------------------------------------------------------------- */

/** Runs a script on the connection of the session. If the server has lost it, it is loaded there and called again.
 *
 *  Inside MULTI the script is only queued (the reply is the status QUEUED), and its result is in the reply of EXEC. It
 *  cannot be loaded there: call podlink_session_ensure_scripts() before MULTI. If the server loses the script in
 *  between, its element in the reply of EXEC is of type PODLINK_REPLY_ERROR and begins with NOSCRIPT (with functions:
 *  "ERR Function not found"). Then this script has not run; the other commands have.
 *  @param reply  out, may be NULL; owned by the caller, podlink_reply_free(); NULL on failure
 *  @return as podlink_script_run(). Nothing is repeated except after NOSCRIPT. Blocks until the deadline of the call
 *  at most. */
PODLINK_API podlink_status podlink_session_run_script(podlink_session *session, const podlink_script_call *script,
                                                      const podlink_call *call, podlink_reply **reply,
                                                      podlink_error *err);

/** Asks the server of the session which of these scripts are loaded, and loads the missing ones. At most two round
 *  trips.
 *  @param names  registered scripts; NULL: all registered scripts, count is ignored
 *  @return PODLINK_OK; ESCRIPT (no such script), EINVAL (the session is inside MULTI, or listens), or the first
 *  failure (err names the script). Blocks until the deadline of the call at most. */
PODLINK_API podlink_status podlink_session_ensure_scripts(podlink_session *session, const char *const *names,
                                                          size_t count, const podlink_call *call, podlink_error *err);

/* --- loading ---------------------------------------------------------------------------------------------------- */

/** Loads every registered script on every master, pipelined in one round trip, and compares the SHA1 that the server
 *  returns with the library's own. With PODLINK_BACKEND_FUNCTIONS the function library is loaded only if the server
 *  has another one or none: one round trip if it is there, else three.
 *  @param loaded  out, may be NULL: number of scripts that are loaded now
 *  @return PODLINK_OK, or the first failure (err names the script). Blocks until the deadline of the call at most.
 *  Harmless to repeat. */
PODLINK_API podlink_status podlink_scripts_load(podlink_client *client, size_t *loaded, const podlink_call *call,
                                                podlink_error *err);

/** Asks every master which of the registered scripts are loaded.
 *  @param loaded    out: loaded[i] is 1 if script i (in the order of podlink_script_at()) is loaded on all masters,
 *                   else 0
 *  @param capacity  the length of loaded; scripts beyond it are left out
 *  @return PODLINK_OK or a failure. Blocks until the deadline of the call at most. Harmless to repeat. */
PODLINK_API podlink_status podlink_scripts_loaded(podlink_client *client, int *loaded, size_t capacity,
                                                  const podlink_call *call, podlink_error *err);

/** Counters of one script since the client was opened. */
typedef struct podlink_script_stats {
    size_t size;      /* set by podlink_script_stats_init() */
    uint64_t loads;   /* SCRIPT LOADs begun, also those that could not be sent. Of a function: loads of the library */
    uint64_t repairs; /* calls that received NOSCRIPT and were repaired; a batch counts once */
    uint64_t calls;   /* a batch of n counts n; without those in sessions */
    uint64_t errors;  /* those of calls that failed, whatever the reason */
    podlink_histogram wire; /* of answered calls: from sent until the reply, network and server; a batch counts once.
                               wire.sum_ns / wire.count is the mean */
} podlink_script_stats;

#define podlink_script_stats_init(stats) ((stats)->size = sizeof *(stats))

/** Reads the counters of a script. Does no I/O. Any thread.
 *  @param stats  out; initialised by podlink_script_stats_init()
 *  @return PODLINK_OK; PODLINK_ESCRIPT: no such script */
PODLINK_API podlink_status podlink_script_stats_of(podlink_client *client, const char *name,
                                                   podlink_script_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
