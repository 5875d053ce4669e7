/* SPDX-License-Identifier: MIT */
/* The table of verbs, used by dispatch, --help and the tests of the completion. */
#include "verb_table.h"

#include "help.h"
#include "verbs/acl_verb.h"
#include "verbs/command_verb.h"
#include "verbs/link_verbs.h"
#include "verbs/ping_verb.h"
#include "verbs/script_check_verb.h"
#include "verbs/script_verbs.h"
#include "verbs/server_verbs.h"
#include "verbs/state_verbs.h"
#include "verbs/stats_verb.h"
#include "verbs/workload_verbs.h"

#include <stdint.h>
#include <string.h>

#define PRINTING   (CLI_SET(JSON) | CLI_SET(QUIET) | CLI_SET(HELP))
#define CONNECTING (CLI_SET(URL) | CLI_SET(URL_FILE) | CLI_SET(TIMEOUT) | CLI_SET(VERBOSE) | PRINTING)
#define DOMAIN     (CLI_SET(NS) | CONNECTING)
#define OWN        (CLI_SET(FILE) | CLI_SET(DIR))
#define INPUT      (CLI_SET(KEY) | CLI_SET(KEYS) | CLI_SET(ARG) | CLI_SET(ARGS))

#define LINES_OF_UID_AND_POD "With -, lines \"UID POD\" are read from standard input and sent in chunks.\n"
#define LINES_OF_UID         "With -, lines \"UID\" are read from standard input and sent in chunks.\n"

const cli_verb cli_verbs[] = {
    {
        .noun = "link",
        .name = "set",
        .arguments = "SERVICE UID POD | SERVICE -",
        .words_min = 3,
        .words_max = 3,
        .stdin_at = 1,
        .options = DOMAIN | CLI_SET(FOR) | CLI_SET(CHUNK),
        .run = cli_link_set,
        .summary = "link a uid to a pod, replacing an existing link",
        .details = "Without --for the link is persistent: it does not expire.\n" LINES_OF_UID_AND_POD,
        .examples = "podlink link set chat alice 2\n"
                    "podlink link set chat bob 0 --for 15m\n"
                    "podlink link set chat - < users.txt\n",
    },
    {
        .noun = "link",
        .name = "try",
        .arguments = "SERVICE UID POD",
        .words_min = 3,
        .words_max = 3,
        .options = DOMAIN | CLI_SET(FOR),
        .run = cli_link_try,
        .summary = "link a uid to a pod, unless it has a persistent link to another pod",
        .details = "Exits with 1 if such a link exists.\n",
        .examples = "podlink link try chat alice 1\n"
                    "podlink link try chat alice 1 --for 30s || echo \"another pod has the user\"\n",
    },
    {
        .noun = "link",
        .name = "ensure",
        .arguments = "SERVICE UID POD | SERVICE -",
        .words_min = 3,
        .words_max = 3,
        .stdin_at = 1,
        .options = DOMAIN | CLI_SET(FOR) | CLI_SET(CHUNK),
        .run = cli_link_ensure,
        .summary = "link a uid to a pod if it has no link, and print the pod in force",
        .details = "An existing link and its expiry stay unchanged, and its pod is printed; that is not a "
                   "failure.\n" LINES_OF_UID_AND_POD,
        .examples = "podlink link ensure chat alice 2\n"
                    "podlink link ensure chat - --for 1h < users.txt\n",
    },
    {
        .noun = "link",
        .name = "get",
        .arguments = "SERVICE UID | SERVICE -",
        .words_min = 2,
        .words_max = 2,
        .stdin_at = 1,
        .options = DOMAIN | CLI_SET(CHUNK),
        .run = cli_link_get,
        .summary = "print the pod that a uid is linked to",
        .details = "Exits with 1 if there is no link.\n" LINES_OF_UID,
        .examples = "podlink link get chat alice\n"
                    "cut -f1 users.txt | podlink link get chat -\n",
    },
    {
        .noun = "link",
        .name = "get-persistent",
        .arguments = "SERVICE UID",
        .words_min = 2,
        .words_max = 2,
        .options = DOMAIN,
        .run = cli_link_get_persistent,
        .summary = "print the pod that a uid is linked to, if that link does not expire",
        .details = "Exits with 1 if there is no link or only a temporary one.\n",
        .examples = "podlink link get-persistent chat alice\n",
    },
    {
        .noun = "link",
        .name = "remove",
        .arguments = "SERVICE UID | SERVICE -",
        .words_min = 2,
        .words_max = 2,
        .stdin_at = 1,
        .options = DOMAIN | CLI_SET(IF_POD) | CLI_SET(KEEP) | CLI_SET(CHUNK),
        .run = cli_link_remove,
        .summary = "remove a link",
        .details = "Exits with 1 if there is no link or, with --if-pod, if it is to another pod.\n" LINES_OF_UID,
        .examples = "podlink link remove chat alice\n"
                    "podlink link remove chat alice --if-pod 2 --keep 30s\n"
                    "podlink link remove chat - < gone.txt\n",
    },
    {
        .noun = "link",
        .name = "services",
        .arguments = "UID",
        .words_min = 1,
        .words_max = 1,
        .options = DOMAIN,
        .run = cli_link_services,
        .summary = "print all persistent links of a uid",
        .details = "One line per link: the service, a tab, the pod. Exits with 1 if there are none.\n",
        .examples = "podlink link services alice\n",
    },
    {
        .noun = "link",
        .name = "compute",
        .arguments = "SERVICE UID",
        .words_min = 2,
        .words_max = 2,
        .options = DOMAIN | CLI_SET(FOR) | CLI_SET(MAX_AGE),
        .run = cli_link_compute,
        .summary = "link a uid to the best pod if it has no link, and print the pod in force",
        .details = "The best pod is the ready pod with the lowest load. Exits with 1 if there is no link and no pod is "
                   "ready.\n",
        .examples = "podlink link compute chat alice --max-age 30000\n",
    },
    {
        .noun = "state",
        .name = "set",
        .arguments = "SERVICE POD LOAD [ROUTING] | SERVICE -",
        .words_min = 3,
        .words_max = 4,
        .stdin_at = 1,
        .options = DOMAIN | CLI_SET(CHUNK),
        .run = cli_state_set,
        .summary = "store the state of a pod: its load and its routing",
        .details = "ROUTING is unavailable (0), ready (1, the default), draining (2) or shutting-down (3). The server "
                   "adds the\n"
                   "time by its clock. With -, lines \"POD LOAD [ROUTING]\" are read from standard input and "
                   "sent in chunks.\n",
        .examples = "podlink state set chat 2 75\n"
                    "podlink state set chat 2 75 draining\n"
                    "podlink state set chat - < states.txt\n",
    },
    {
        .noun = "state",
        .name = "get",
        .arguments = "SERVICE POD",
        .words_min = 2,
        .words_max = 2,
        .options = DOMAIN,
        .run = cli_state_get,
        .summary = "print the state of a pod",
        .details = "Exits with 1 if the pod has no state.\n",
        .examples = "podlink state get chat 2\n",
    },
    {
        .noun = "state",
        .name = "list",
        .arguments = "SERVICE",
        .words_min = 1,
        .words_max = 1,
        .options = DOMAIN,
        .run = cli_state_list,
        .summary = "print the states of all pods, of any age",
        .details = "Exits with 1 if there are none.\n",
        .examples = "podlink state list chat\n"
                    "podlink state list chat --json\n",
    },
    {
        .noun = "state",
        .name = "live",
        .arguments = "SERVICE",
        .words_min = 1,
        .words_max = 1,
        .options = DOMAIN | CLI_SET(MAX_AGE),
        .run = cli_state_live,
        .summary = "print the states that are not too old, with any routing",
        .details = "Exits with 1 if there are none.\n",
        .examples = "podlink state live chat --max-age 30000\n",
    },
    {
        .noun = "state",
        .name = "best",
        .arguments = "SERVICE",
        .words_min = 1,
        .words_max = 1,
        .options = DOMAIN | CLI_SET(MAX_AGE),
        .run = cli_state_best,
        .summary = "print the best pod: ready, with the lowest load, and its state not too old",
        .details =
            "Of pods with the same load it is the one with the lowest index. Exits with 1 if no pod qualifies.\n",
        .examples = "podlink state best chat --max-age 30000\n",
    },
    {
        .noun = "workload",
        .name = "set",
        .arguments = "SERVICE STATE",
        .words_min = 2,
        .words_max = 2,
        .options = DOMAIN,
        .run = cli_workload_set,
        .summary = "store the workload state of a service, any text",
        .examples = "podlink workload set chat scaling-up\n",
    },
    {
        .noun = "workload",
        .name = "get",
        .arguments = "SERVICE...",
        .words_min = 1,
        .words_max = SIZE_MAX,
        .options = DOMAIN,
        .run = cli_workload_get,
        .summary = "print the workload states of services",
        .details = "For one service: its state. For more: one line each, the service, a tab, the state. Exits with 1 "
                   "if one of\n"
                   "them has no state.\n",
        .examples = "podlink workload get chat\n"
                    "podlink workload get chat game lobby\n",
    },
    {
        .noun = "scripts",
        .name = "list",
        .options = CONNECTING | OWN,
        .run = cli_scripts_list,
        .summary = "print the Lua scripts and their SHA1",
        .details = "Needs no server. --file and --dir add scripts of your own.\n",
        .examples = "podlink scripts list\n"
                    "podlink scripts list --dir scripts --json\n",
    },
    {
        .noun = "scripts",
        .name = "status",
        .options = CONNECTING | OWN,
        .run = cli_scripts_status,
        .summary = "print which scripts are loaded on the server",
        .details = "Also prints what this process has counted for each: loads, calls, errors, repairs and times. Exits "
                   "with 1 if\n"
                   "one is missing; that is not a fault, because the first call that needs a script loads it.\n",
        .examples = "podlink scripts status\n"
                    "podlink scripts status --dir scripts\n",
    },
    {
        .noun = "scripts",
        .name = "load",
        .options = CONNECTING | OWN,
        .run = cli_scripts_load,
        .summary = "load all scripts into the server",
        .examples = "podlink scripts load\n"
                    "podlink scripts load --dir scripts\n",
    },
    {
        .noun = "scripts",
        .name = "run",
        .arguments = "[NAME]",
        .words_max = 1,
        .options = CONNECTING | OWN | INPUT,
        .run = cli_scripts_run,
        .summary = "run a script, and print its reply",
        .details = "NAME is a built-in script, or one of your own from --file or --dir: its file name without .lua. "
                   "With --file\n"
                   "alone, NAME may be omitted.\n",
        .examples = "podlink scripts run statefulGetLinkIfPersist --key 'sf:{default:lk:alice}chat'\n"
                    "podlink scripts run --file hits.lua --key page --arg 1\n"
                    "podlink scripts run hits --dir scripts --keys page,site --arg 1\n",
    },
    {
        .noun = "scripts",
        .name = "check",
        .arguments = "FILE",
        .words_min = 1,
        .words_max = 1,
        .options = CONNECTING | INPUT | CLI_SET(READ_ONLY) | CLI_SET(BINARY),
        .run = cli_scripts_check,
        .summary = "find undeclared keys of a script, and writes in a script that must be read-only",
        .details =
            "The script is compiled, then run on a temporary, empty server by a user with access to the declared "
            "keys only.\n"
            "Each refused access is reported and then granted, and the script is run again, until it completes. So "
            "the check\n"
            "covers the one path that the script takes with these keys and arguments on an empty server.\n"
            "Without --key and --keys, the keys are the names in its head (--! keys: ...), or else key:1, key:2 and "
            "so on.\n"
            "Without --arg and --args, each argument is 1. The script must be read-only if its head says so "
            "(--! read-only) or\n"
            "with --read-only. A server named by --url, --url-file or PODLINK_URL only compiles it. Exits with 1 if "
            "anything\n"
            "was found.\n",
        .examples = "podlink scripts check hits.lua\n"
                    "podlink scripts check hits.lua --keys page,site --args 1 --read-only\n",
    },
    {
        .noun = "command",
        .arguments = "ARGUMENT...",
        .words_min = 1,
        .words_max = SIZE_MAX,
        .options = CONNECTING | CLI_SET(STDIN),
        .run = cli_command,
        .summary = "send any Redis command and print its reply",
        .details = "The tool's own options go before the command. --stdin reads the last argument, any bytes, from "
                   "standard\n"
                   "input: for long arguments, and for passwords, which are not allowed on the command line.\n",
        .examples = "podlink command INFO server\n"
                    "podlink command --json HGETALL 'sf:{default:state:chat}'\n"
                    "printf %s \"$NEW_PASSWORD\" | podlink command --stdin CONFIG SET requirepass\n",
    },
    {
        .noun = "server",
        .name = "start",
        .options = PRINTING | CLI_SET(BINARY) | CLI_SET(WAIT),
        .run = cli_server_start,
        .summary = "start the private local server, which is used if no server is named",
        .details =
            "It listens on a unix socket only, and keeps its data in PODLINK_SERVER_DIR, by default\n"
            "~/.local/share/podlink/server. If it is already running, that is reported, and the exit code is 0.\n",
        .examples = "podlink server start\n"
                    "PODLINK_SERVER_DIR=/tmp/try podlink server start --binary valkey-server\n",
    },
    {
        .noun = "server",
        .name = "stop",
        .options = PRINTING | CLI_SET(WAIT),
        .run = cli_server_stop,
        .summary = "stop the private local server; its data is kept",
        .details = "If it is not running, that is reported, and the exit code is 0.\n",
        .examples = "podlink server stop\n",
    },
    {
        .noun = "server",
        .name = "status",
        .options = PRINTING,
        .run = cli_server_status,
        .summary = "print whether the private local server is running, and where",
        .details = "Exits with 1 if it is not running.\n",
        .examples = "podlink server status\n"
                    "podlink server status --quiet || podlink server start\n",
    },
    {
        .noun = "ping",
        .options = CONNECTING | CLI_SET(WATCH) | CLI_SET(COUNT) | CLI_SET(INTERVAL),
        .run = cli_ping,
        .summary = "send PING to the server, and print the round-trip time",
        .details = "With --watch it repeats, also after failures, and ends with a summary: how many pings were lost, "
                   "and the\n"
                   "minimum, median, 99th percentile and maximum of the round trips. The first includes connecting. "
                   "The exit code\n"
                   "is that of the last ping.\n",
        .examples = "podlink ping\n"
                    "podlink ping --url redis://127.0.0.1:6379 --timeout 500\n"
                    "podlink ping --watch --interval 100 --count 50\n",
    },
    {
        .noun = "stats",
        .options = CONNECTING | CLI_SET(SECONDS) | CLI_SET(INTERVAL),
        .run = cli_stats,
        .summary = "ping for a second, and print the statistics of the client",
        .details =
            "The pings are 10 ms (or --interval) apart. Times: wait (until a connection can take the call), unsent "
            "(queued),\n"
            "wire (the network and the server) and total, each at most a quarter too large. Ctrl-C stops early. The "
            "exit code\n"
            "is that of the last ping.\n",
        .examples = "podlink stats\n"
                    "podlink stats --seconds 10 --interval 1\n",
    },
    {
        .noun = "acl",
        .arguments = "PART...",
        .words_min = 1,
        .words_max = 32,
        .options = CLI_SET(NS) | CLI_SET(USER) | PRINTING,
        .run = cli_acl,
        .summary = "print the minimal ACL rule for the parts of podlink that a user needs",
        .details =
            "Parts: links, compute, states, workloads, scripts, own-scripts, sessions, database, client-name,\n"
            "functions, sentinel, cluster, replicas, acks; and sentinel-user, a user on the sentinels, printed on "
            "a line of\n"
            "its own. Needs no server. Replace PASSWORD by the password.\n",
        .examples = "podlink acl --ns prod links compute\n"
                    "podlink acl --ns prod --user pod states sentinel\n",
    },
    {
        .noun = "version",
        .options = CLI_SET(VERSION) | PRINTING,
        .run = cli_version,
        .summary = "print the version",
        .examples = "podlink version\n"
                    "podlink --version\n",
    },
    {
        .noun = "help",
        .arguments = "[NOUN [VERB]]",
        .words_max = 2,
        .options = CLI_SET(LIST) | CLI_SET(HELP),
        .run = cli_help,
        .summary = "print help on a verb, on a noun or on everything",
        .examples = "podlink help\n"
                    "podlink help link set\n",
    },
};

const size_t cli_verb_count = sizeof cli_verbs / sizeof cli_verbs[0];

const cli_verb *cli_verb_find(const char *const *words, size_t count, size_t *used)
{
    for (size_t i = 0; i < cli_verb_count && count > 0; i++) {
        const cli_verb *verb = &cli_verbs[i];
        if (strcmp(verb->noun, words[0]) != 0)
            continue;
        if (!verb->name || (count > 1 && strcmp(verb->name, words[1]) == 0)) {
            *used = verb->name ? 2 : 1;
            return verb;
        }
    }
    return NULL;
}

bool cli_noun_exists(const char *noun)
{
    for (size_t i = 0; i < cli_verb_count; i++)
        if (strcmp(cli_verbs[i].noun, noun) == 0)
            return true;
    return false;
}
