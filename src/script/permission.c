/* SPDX-License-Identifier: MIT */
/* Which commands a user may not run. */
#include "script/permission.h"

#include "base/error.h"
#include "resp/encode.h"

#include <assert.h>
#include <string.h>

/* Returns the commands in ARGV that the user may not run on KEYS[1]; for commands that run scripts the key is another
 * argument. If the user may run none of them, the reason is more likely the key than the commands: the key only
 * represents those of the namespace, which is not known yet. Then the result is empty. Redis has acl_check_cmd since
 * 7.0; it needs no permission, whereas ACL DRYRUN is a command for administrators. */
static const char source[] = "if not redis.acl_check_cmd then return {} end\n"
                             "local refused = {}\n"
                             "for _, command in ipairs(ARGV) do\n"
                             "    local allowed\n"
                             "    if string.find(command, '_RO$') or command == 'FCALL' then\n"
                             "        allowed = redis.acl_check_cmd(command, '', '1', KEYS[1])\n"
                             "    else\n"
                             "        allowed = redis.acl_check_cmd(command, KEYS[1])\n"
                             "    end\n"
                             "    if not allowed then\n"
                             "        refused[#refused + 1] = command\n"
                             "    end\n"
                             "end\n"
                             "if #refused == #ARGV then return {} end\n"
                             "return refused\n";
static const char key[] = "sf:{podlink:lk:permission}permission";

static const char *find_command(const pl_permission *permission, const char *command, size_t length)
{
    for (uint32_t i = 0; i < permission->count; i++)
        if (strlen(permission->commands[i]) == length && memcmp(permission->commands[i], command, length) == 0)
            return permission->commands[i];
    return NULL;
}

static void add_command(pl_permission *permission, const char *command, size_t length)
{
    if (find_command(permission, command, length))
        return;
    assert(permission->count < PL_COMMANDS_MAX && length < PL_COMMAND_MAX);
    memcpy(permission->commands[permission->count++], command, length);
}

/* The verb by which a built-in script is called, where a user who may run EVALSHA may still be refused it. */
static const char *verb_of(const pl_script *script)
{
    if (!script->is_built_in)
        return NULL;
    if (script->is_function)
        return script->declaration.read_only ? "FCALL_RO" : "FCALL";
    return script->declaration.read_only ? "EVALSHA_RO" : NULL;
}

void pl_permission_add(pl_permission *permission, const pl_script *script)
{
    const char *verb = verb_of(script);
    for (const char *at = script->commands; at && *at;) {
        size_t length = strcspn(at, " ");
        add_command(permission, at, length);
        at += length + (at[length] == ' ' ? 1 : 0);
    }
    if (verb)
        add_command(permission, verb, strlen(verb));
}

bool pl_permission_encode(const pl_permission *permission, pl_buffer *out)
{
    size_t size = (6 + (size_t)permission->count) * (PL_RESP_OVERHEAD + PL_COMMAND_MAX) + sizeof source + sizeof key;
    if (!pl_buffer_reserve(out, size))
        return false;
    pl_resp_command(out, 4 + (size_t)permission->count);
    pl_resp_argument(out, "EVAL", 4);
    pl_resp_argument(out, source, sizeof source - 1);
    pl_resp_argument(out, "1", 1);
    pl_resp_argument(out, key, sizeof key - 1);
    for (uint32_t i = 0; i < permission->count; i++)
        pl_resp_argument(out, permission->commands[i], strlen(permission->commands[i]));
    return true;
}

podlink_status pl_permission_complete(pl_permission *permission, const pl_outcome *outcome, podlink_error *err)
{
    if (outcome->status != PODLINK_OK)
        return outcome->delivery == PODLINK_ANSWERED ? PODLINK_OK : outcome->status;
    size_t length = 0;
    const char *command = podlink_reply_text(podlink_reply_at(outcome->reply->nodes, 0), &length);
    if (!command)
        return PODLINK_OK;
    permission->refused = find_command(permission, command, length);
    if (permission->refused)
        return PODLINK_OK;
    return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED,
                        "loading scripts on %s: asked which commands the user may not run, it names another",
                        outcome->server);
}

static bool needs(const pl_script *script, const char *command)
{
    const char *verb = verb_of(script);
    if (verb && strcmp(verb, command) == 0)
        return true;
    for (const char *at = script->commands; at && *at;) {
        size_t length = strcspn(at, " ");
        if (length == strlen(command) && memcmp(at, command, length) == 0)
            return true;
        at += length + (at[length] == ' ' ? 1 : 0);
    }
    return false;
}

podlink_status pl_permission_status(const pl_permission *permission, const pl_scripts *scripts, const char *server,
                                    podlink_error *err)
{
    const char *script = "unknown";
    if (!permission->refused)
        return PODLINK_OK;
    for (int i = PL_BUILTIN_COUNT - 1; i >= 0; i--)
        if (needs(scripts->built_in[i], permission->refused))
            script = scripts->built_in[i]->name;
    return pl_error_set(err, PODLINK_ENOPERM, PODLINK_ANSWERED,
                        "script %s on %s: the user's ACL does not permit the command %s", script, server,
                        permission->refused);
}
