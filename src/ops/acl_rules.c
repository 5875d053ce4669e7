/* SPDX-License-Identifier: MIT */
/* The smallest ACL rule for the parts of the API. What the operations of a part send is in the table of operations, and
 * which commands a script calls is in the script. */
#include <podlink/acl.h>

#include "base/buffer.h"
#include "base/error.h"
#include "ops/name.h"
#include "ops/operations.h"
#include "script/builtin.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

typedef struct part {
    const char *name;
    const char *commands; /* in addition to those of its operations; a subcommand stands behind '|' */
} part;

/* In the order of podlink_acl_part. Sets of words have spaces between them. */
static const part table[] = {
    {"links", ""},
    {"compute", ""},
    {"states", ""},
    {"workloads", ""},
    {"scripts", ""},
    {"own-scripts", "evalsha evalsha_ro script|load"},
    {"sessions", ""},
    {"database", "select"},
    {"client-name", "client|setname"},
    {"functions", ""},
    {"sentinel", "role"},
    {"cluster", "cluster|slots asking"},
    {"replicas", "readonly"},
    {"acks", "wait"},
    {"sentinel-user",
     "sentinel|master sentinel|get-master-addr-by-name sentinel|replicas sentinel|sentinels psubscribe"},
};

enum { PARTS = sizeof table / sizeof *table, ALL = (1 << PARTS) - 1, WORD_MAX = 64 };

_Static_assert(PODLINK_ACL_SENTINEL_USER == 1 << (PARTS - 1), "the table has every part");
_Static_assert(PL_BUILTIN_COUNT < 32, "a set of scripts has 32 bits");

const char *podlink_acl_part_name(uint32_t part)
{
    for (uint32_t i = 0; i < PARTS; i++)
        if (part == 1U << i)
            return table[i].name;
    return NULL;
}

/* A rule under construction. */
typedef struct rule {
    pl_buffer text;
    bool is_short; /* out of memory */
} rule;

static bool has_word(const rule *rule, const char *word, size_t length)
{
    const char *at = rule->text.bytes;
    for (size_t left = rule->text.length; left >= length; left--, at++)
        if (memcmp(at, word, length) == 0 && (left == length || at[length] == ' ') &&
            (at == rule->text.bytes || at[-1] == ' '))
            return true;
    return false;
}

static void add_word(rule *rule, const char *word, size_t length)
{
    if (rule->is_short || has_word(rule, word, length))
        return;
    if (!pl_buffer_reserve(&rule->text, length + 1)) {
        rule->is_short = true;
        return;
    }
    if (rule->text.length > 0)
        pl_buffer_put(&rule->text, " ", 1);
    pl_buffer_put(&rule->text, word, length);
}

static void add_command(rule *rule, const char *name, size_t length)
{
    char word[WORD_MAX] = "+";
    for (size_t i = 0; i < length; i++)
        word[1 + i] = (char)tolower((unsigned char)name[i]);
    add_word(rule, word, 1 + length);
}

static void add_commands(rule *rule, const char *commands)
{
    for (const char *at = commands; *at; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        add_command(rule, at, length);
        at += length;
    }
}

/* Escapes what has a meaning in a pattern. A space or a quote would end the pattern where it is pasted: it becomes the
 * wildcard for one byte. */
static size_t put_pattern_name(char *out, pl_name ns)
{
    size_t used = 0;
    for (uint32_t i = 0; i < ns.length; i++) {
        const char c = ns.text[i];
        const bool is_special = strchr("*?[]\\", c) != NULL;
        const bool is_quote = strchr(" \"'", c) != NULL;
        if (is_special)
            out[used++] = '\\';
        out[used] = c;
        if (is_quote)
            out[used] = '?';
        used++;
    }
    return used;
}

static void add_keys(rule *rule, pl_name ns, const char *kind)
{
    static const char before[] = "~sf:{";
    char pattern[2 * PL_NAME_MAX + WORD_MAX];
    memcpy(pattern, before, sizeof before - 1);
    size_t used = sizeof before - 1;
    used += put_pattern_name(pattern + used, ns);
    for (const char *c = kind; *c; c++)
        pattern[used++] = *c;
    pattern[used++] = '*';
    add_word(rule, pattern, used);
}

static void add_keys_of(rule *rule, pl_name ns, uint8_t keys)
{
    if (keys & (PL_KEY_LINK | PL_KEY_INDEX))
        add_keys(rule, ns, ":lk:");
    if (keys & PL_KEY_STATE)
        add_keys(rule, ns, ":state:");
    if (keys & PL_KEY_WORKLOAD)
        add_keys(rule, ns, ":workload:");
}

static void add_scripts(rule *rule, uint32_t scripts, bool are_functions)
{
    for (int i = 0; i < PL_BUILTIN_COUNT; i++) {
        if (!(scripts & 1U << i))
            continue;
        const char *verbs[] = {"evalsha", "evalsha_ro", "fcall", "fcall_ro"};
        add_commands(rule, verbs[2 * are_functions + pl_builtins[i].read_only]);
        add_commands(rule, pl_builtins[i].commands);
    }
}

/* Adds the plain command of an operation, or its script to the set. */
static void add_operation(rule *rule, const pl_operation *operation, uint32_t *scripts)
{
    if (operation->command)
        add_commands(rule, operation->command);
    else
        *scripts |= 1U << operation->script;
}

/* @return the set of the scripts that they call */
static uint32_t add_operations(rule *rule, uint32_t set)
{
    uint32_t scripts = 0;
    for (int id = PL_OP_NONE + 1; id < PL_OP_END; id++) {
        const pl_operation *operation = &pl_operations[id];
        if (!(set & operation->acl_part))
            continue;
        if (operation->steps[0].id == PL_OP_NONE)
            add_operation(rule, operation, &scripts);
        for (const pl_op_step *step = operation->steps; step->id != PL_OP_NONE; step++)
            add_operation(rule, &pl_operations[step->id], &scripts);
    }
    return scripts;
}

/* A missing script is loaded by the call that meets NOSCRIPT, so callers of scripts also need the permission to load.
 */
static const char *loading(uint32_t set, bool calls_scripts)
{
    const bool are_functions = set & PODLINK_ACL_FUNCTIONS;
    if (are_functions && (calls_scripts || set & PODLINK_ACL_SCRIPTS))
        return "function|list function|load";
    if (set & PODLINK_ACL_SCRIPTS)
        return "script|load script|exists";
    return calls_scripts ? "script|load" : "";
}

static void write_rule(rule *rule, pl_name ns, uint32_t set)
{
    for (int id = PL_OP_NONE + 1; id < PL_OP_END; id++)
        if (set & pl_operations[id].acl_part)
            add_keys_of(rule, ns, pl_operations[id].keys);
    if (set & PODLINK_ACL_SENTINEL_USER)
        add_word(rule, "&*", 2); /* all channels: the event is the channel, the master's name is in the message */
    add_commands(rule, "ping info");
    const uint32_t scripts = add_operations(rule, set);
    for (uint32_t i = 0; i < PARTS; i++)
        if (set & 1U << i)
            add_commands(rule, table[i].commands);
    add_commands(rule, loading(set, scripts != 0));
    add_scripts(rule, scripts, set & PODLINK_ACL_FUNCTIONS);
}

static podlink_status check_parts(uint32_t set, podlink_error *err)
{
    if (set == 0 || set & ~(uint32_t)ALL)
        return pl_error_invalid(err, "parts: there is none, or one that is not a podlink_acl_part");
    if (set & PODLINK_ACL_SENTINEL_USER && set & ~(uint32_t)(PODLINK_ACL_SENTINEL_USER | PODLINK_ACL_CLIENT_NAME))
        return pl_error_invalid(err,
                                "parts: a user of the sentinels is not one of the servers: sentinel-user goes alone, "
                                "or with client-name");
    return PODLINK_OK;
}

static char *hand_out(const rule *rule, const pl_heap *heap)
{
    char *text = rule->is_short ? NULL : pl_heap_handout(heap, rule->text.length + 1);
    if (text) {
        memcpy(text, rule->text.bytes, rule->text.length);
        text[rule->text.length] = '\0';
    }
    return text;
}

podlink_status podlink_acl_rule(const char *ns, uint32_t parts, char **text, podlink_error *err)
{
    pl_name name;
    pl_heap heap;
    *text = NULL;
    pl_error_clear(err);
    podlink_status status = pl_name_init_ns(&name, ns, err);
    if (status == PODLINK_OK)
        status = check_parts(parts, err);
    if (status != PODLINK_OK)
        return status;
    pl_heap_init(&heap, NULL);
    rule made = {.is_short = false};
    pl_buffer_init(&made.text, &heap);
    write_rule(&made, name, parts);
    *text = hand_out(&made, &heap);
    pl_buffer_fini(&made.text);
    return *text ? PODLINK_OK : pl_error_no_memory(err);
}
