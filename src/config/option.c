/* SPDX-License-Identifier: MIT */
/* The options of a client, by name. One table has defaults and allowed values, for the field and for the URL. */
#include "config/option.h"

#include "base/error.h"
#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { SMALLEST_REPLY_MAX = 64 * 1024 };

/* A member of a struct: of podlink_options, where an option is given, or of pl_config, where it is kept. */
typedef enum member_type { A_BOOL, AN_INT32, A_UINT32, AN_INT64, A_SIZE } member_type;

typedef struct member {
    size_t offset;
    member_type type;
} member;

#define TYPE_OF(value)                                                                                                 \
    _Generic((value), bool : A_BOOL, int32_t : AN_INT32, uint32_t : A_UINT32, int64_t : AN_INT64, default : A_SIZE)
#define GIVEN(name)                                                                                                    \
    {                                                                                                                  \
        offsetof(podlink_options, name), TYPE_OF(((podlink_options *)0)->name)                                         \
    }
#define KEPT(name)                                                                                                     \
    {                                                                                                                  \
        offsetof(pl_config, name), TYPE_OF(((pl_config *)0)->name)                                                     \
    }

typedef struct number_option {
    const char *name;
    int64_t preset; /* the default */
    int64_t least;
    int64_t most;
    const char *minus_one; /* what -1 means; NULL: it is not allowed */
    member given;
    member kept;
} number_option;

static const char no_limit[] = "no limit";

static const number_option number_options[] = {
    {"database", 0, 0, INT32_MAX, NULL, GIVEN(database), KEPT(login.database)},
    {"shared_connections", 2, 1, 64, NULL, GIVEN(shared_connections), KEPT(shared_connections)},
    {"retries", 3, 0, 100, NULL, GIVEN(retries), KEPT(retries)},
    {"dial_timeout_ms", 5000, 1, INT32_MAX, NULL, GIVEN(dial_timeout_ms), KEPT(dial_timeout_ms)},
    {"call_timeout_ms", 3000, 1, INT32_MAX, no_limit, GIVEN(call_timeout_ms), KEPT(call_timeout_ms)},
    {"reply_max_bytes", INT64_C(512) << 20, SMALLEST_REPLY_MAX, INT64_C(1) << 40, NULL, GIVEN(reply_max_bytes),
     KEPT(reply_max_bytes)},
    {"dedicated_max", 8, 1, 4096, NULL, GIVEN(dedicated_max), KEPT(dedicated_max)},
    {"dedicated_min_idle", 0, 0, 4096, NULL, GIVEN(dedicated_min_idle), KEPT(dedicated_min_idle)},
    {"pool_wait_ms", 4000, 1, INT32_MAX, no_limit, GIVEN(pool_wait_ms), KEPT(pool_wait_ms)},
    {"idle_timeout_ms", 300000, 1, INT32_MAX, no_limit, GIVEN(idle_timeout_ms), KEPT(idle_timeout_ms)},
    {"max_lifetime_ms", -1, 1, INT32_MAX, no_limit, GIVEN(max_lifetime_ms), KEPT(max_lifetime_ms)},
    {"silence_timeout_ms", 0, 0, INT32_MAX, no_limit, GIVEN(silence_timeout_ms), KEPT(silence_timeout_ms)},
    {"timeouts_max", 3, 1, 1000, NULL, GIVEN(timeouts_max), KEPT(timeouts_max)},
    {"spin_us", 100, 0, 1000, NULL, GIVEN(spin_us), KEPT(spin_us)},
    {"tls_verify", 1, 0, 1, NULL, GIVEN(tls_verify), KEPT(tls.verifies)},
    {"sentinel_tls", -1, 0, 1, "as the servers", GIVEN(sentinel_tls), KEPT(sentinel_tls)},
    {"credentials_max_age_ms", -1, 1, INT32_MAX, no_limit, GIVEN(credentials_max_age_ms), KEPT(credentials_max_age_ms)},
    {"topology_refresh_ms", 60000, 1, INT32_MAX, "never", GIVEN(topology_refresh_ms), KEPT(topology_refresh_ms)},
    {"cluster_node_timeout_ms", 15000, 1, INT32_MAX, NULL, GIVEN(cluster_node_timeout_ms),
     KEPT(cluster_node_timeout_ms)},
};

/* An option with two words as its values. */
typedef struct choice_option {
    const char *name;
    const char *words[2];
    const char *field; /* its name in podlink_options */
    size_t given;
    size_t kept;
} choice_option;

static const choice_option choice_options[] = {
    {"scripts",
     {"evalsha", "functions"},
     "script_backend",
     offsetof(podlink_options, script_backend),
     offsetof(pl_config, script_backend)},
    {"read_from",
     {"master", "replica"},
     "read_from",
     offsetof(podlink_options, read_from),
     offsetof(pl_config, read_from)},
};

_Static_assert(sizeof(podlink_script_backend) == sizeof(int) && sizeof(podlink_read_from) == sizeof(int),
               "a choice is kept as an int");

typedef struct text_option {
    const char *name;
    bool is_word; /* only printable ASCII, without spaces */
    size_t given;
    size_t kept;
} text_option;

#define TEXT(field, kept_field) offsetof(podlink_options, field), offsetof(pl_config, kept_field)

static const text_option text_options[] = {
    {"user", false, TEXT(user, login.user)},
    {"password", false, TEXT(password, login.password)},
    {"client_name", true, TEXT(client_name, login.client_name)},
    {"master_name", true, TEXT(master_name, master_name)},
    {"sentinel_user", false, TEXT(sentinel_user, sentinel_login.user)},
    {"sentinel_password", false, TEXT(sentinel_password, sentinel_login.password)},
    {"tls_ca_file", false, TEXT(tls_ca_file, tls.ca_file)},
    {"tls_ca_dir", false, TEXT(tls_ca_dir, tls.ca_dir)},
    {"tls_cert_file", false, TEXT(tls_cert_file, tls.cert_file)},
    {"tls_key_file", false, TEXT(tls_key_file, tls.key_file)},
    {"tls_server_name", true, TEXT(tls_server_name, tls.server_name)},
};

enum {
    NUMBERS = sizeof number_options / sizeof *number_options,
    CHOICES = sizeof choice_options / sizeof *choice_options,
    TEXTS = sizeof text_options / sizeof *text_options
};

/* --- numbers ----------------------------------------------------------------------------------------------------- */

static int64_t read_member(const void *structure, member at)
{
    const char *place = (const char *)structure + at.offset;
    switch (at.type) {
    case A_BOOL:
        return *(const bool *)place;
    case AN_INT32:
        return *(const int32_t *)place;
    case A_UINT32:
        return *(const uint32_t *)place;
    case AN_INT64:
        return *(const int64_t *)place;
    case A_SIZE:
        break;
    }
    const size_t size = *(const size_t *)place;
    return size > INT64_MAX ? INT64_MAX : (int64_t)size;
}

static void write_member(void *structure, member at, int64_t value)
{
    char *place = (char *)structure + at.offset;
    switch (at.type) {
    case A_BOOL:
        *(bool *)place = value != 0;
        break;
    case AN_INT32:
        *(int32_t *)place = (int32_t)value;
        break;
    case A_UINT32:
        *(uint32_t *)place = (uint32_t)value;
        break;
    case AN_INT64:
        *(int64_t *)place = value;
        break;
    case A_SIZE:
        *(size_t *)place = (size_t)value;
        break;
    }
}

void podlink_options_init_sized(podlink_options *options, size_t size)
{
    podlink_options defaults = {
        .size = size, .url = PL_DEFAULT_URL, .script_loading = PODLINK_LOAD_ON_OPEN, .log_level = PODLINK_LOG_INFO};
    for (size_t i = 0; i < NUMBERS; i++)
        write_member(&defaults, number_options[i].given, number_options[i].preset);
    memset(options, 0, size);
    memcpy(options, &defaults, size < sizeof defaults ? size : sizeof defaults);
}

static podlink_status set_number(pl_config *config, const number_option *option, bool is_number, int64_t value,
                                 podlink_error *err)
{
    const bool is_minus_one = is_number && option->minus_one && value == -1;
    if (!is_number || (!is_minus_one && (value < option->least || value > option->most)))
        return pl_error_invalid(err, "%s must be a number from %lld to %lld%s%s", option->name,
                                (long long)option->least, (long long)option->most,
                                option->minus_one ? ", or -1 for " : "", option->minus_one ? option->minus_one : "");
    write_member(config, option->kept, value);
    return PODLINK_OK;
}

static const number_option *find_number(const char *name)
{
    name = strcmp(name, "db") == 0 ? "database" : name;
    for (size_t i = 0; i < NUMBERS; i++)
        if (strcmp(number_options[i].name, name) == 0)
            return &number_options[i];
    return NULL;
}

/* --- choices ----------------------------------------------------------------------------------------------------- */

static void keep_choice(pl_config *config, const choice_option *option, int value)
{
    memcpy((char *)config + option->kept, &value, sizeof value);
}

static podlink_status set_choice(pl_config *config, const choice_option *option, const char *text, podlink_error *err)
{
    for (int value = 0; value < 2; value++)
        if (strcmp(text, option->words[value]) == 0) {
            keep_choice(config, option, value);
            return PODLINK_OK;
        }
    return pl_error_invalid(err, "%s must be %s or %s", option->name, option->words[0], option->words[1]);
}

static podlink_status take_choice(pl_config *config, const choice_option *option, const podlink_options *options,
                                  podlink_error *err)
{
    int value;
    memcpy(&value, (const char *)options + option->given, sizeof value);
    if (value != 0 && value != 1)
        return pl_error_invalid(err, "%s is none of its values", option->field);
    keep_choice(config, option, value);
    return PODLINK_OK;
}

static const choice_option *find_choice(const char *name)
{
    for (size_t i = 0; i < CHOICES; i++)
        if (strcmp(choice_options[i].name, name) == 0)
            return &choice_options[i];
    return NULL;
}

/* --- texts ------------------------------------------------------------------------------------------------------- */

static const char **kept_text(pl_config *config, const text_option *option)
{
    return (const char **)((char *)config + option->kept);
}

static void free_text(pl_config *config, const text_option *option)
{
    char *text = (char *)*kept_text(config, option);
    if (text)
        explicit_bzero(text, strlen(text));
    pl_heap_free(&config->heap, text);
    *kept_text(config, option) = NULL;
}

static bool is_word(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

static podlink_status set_text(pl_config *config, const text_option *option, const char *text, podlink_error *err)
{
    free_text(config, option);
    if (!text)
        return PODLINK_OK;
    if (*text == '\0')
        return pl_error_invalid(err, "the %s is empty", option->name);
    if (option->is_word && !is_word(text))
        return pl_error_invalid(err, "%s must be printable ASCII without spaces", option->name);
    *kept_text(config, option) = pl_heap_copy(&config->heap, text, strlen(text));
    return *kept_text(config, option) ? PODLINK_OK : pl_error_no_memory(err);
}

static const text_option *find_text(const char *name)
{
    for (size_t i = 0; i < TEXTS; i++)
        if (strcmp(text_options[i].name, name) == 0)
            return &text_options[i];
    return NULL;
}

/* --- all options ------------------------------------------------------------------------------------------------- */

const char *pl_option_find(const char *name)
{
    const text_option *as_text = find_text(name);
    const choice_option *as_choice = find_choice(name);
    const number_option *as_number = find_number(name);
    return as_text ? as_text->name : as_choice ? as_choice->name : as_number ? as_number->name : NULL;
}

podlink_status pl_option_needs_tls(const char *name, podlink_error *err)
{
    return pl_error_invalid(
        err, "%s: the URL's scheme is clear text; TLS needs rediss://, sentinel+tls:// or cluster+tls://", name);
}

podlink_status pl_option_set(pl_config *config, const char *name, const char *text, podlink_error *err)
{
    const text_option *as_text = find_text(name);
    const choice_option *as_choice = find_choice(name);
    if (as_text)
        return set_text(config, as_text, text, err);
    if (as_choice)
        return set_choice(config, as_choice, text, err);
    int64_t value = 0;
    const bool is_number = pl_number_parse(text, strlen(text), &value);
    return set_number(config, find_number(name), is_number, value, err);
}

podlink_status pl_options_take(pl_config *config, const podlink_options *options, podlink_error *err)
{
    podlink_status status = PODLINK_OK;
    for (size_t i = 0; i < NUMBERS && status == PODLINK_OK; i++)
        status = set_number(config, &number_options[i], true, read_member(options, number_options[i].given), err);
    for (size_t i = 0; i < CHOICES && status == PODLINK_OK; i++)
        status = take_choice(config, &choice_options[i], options, err);
    for (size_t i = 0; i < TEXTS && status == PODLINK_OK; i++) {
        const text_option *option = &text_options[i];
        status = set_text(config, option, *(const char *const *)((const char *)options + option->given), err);
    }
    return status;
}

void pl_options_free(pl_config *config)
{
    for (size_t i = 0; i < TEXTS; i++)
        free_text(config, &text_options[i]);
}
