/* SPDX-License-Identifier: MIT */
/* Pods in replies. */
#include "ops/pod.h"

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"

bool pl_pod_read(const char *text, size_t length, int32_t *pod)
{
    int64_t value;
    if (!pl_number_parse(text, length, &value) || value < 0 || value > PODLINK_POD_MAX)
        return false;
    *pod = (int32_t)value;
    return true;
}

pl_pod_kind pl_pod_of_reply(const podlink_reply *reply, int32_t *pod)
{
    size_t length = 0;
    *pod = PODLINK_NO_POD;
    if (podlink_reply_type_of(reply) == PODLINK_REPLY_NIL)
        return reply ? PL_POD_NONE : PL_POD_NO_TEXT;
    const char *text = podlink_reply_type_of(reply) == PODLINK_REPLY_STRING ? podlink_reply_text(reply, &length) : NULL;
    if (!text)
        return PL_POD_NO_TEXT;
    if (pl_pod_read(text, length, pod))
        return PL_POD_IS;
    if (length == 2 && text[0] == '-' && text[1] == '1')
        return PL_POD_NONE;
    *pod = PODLINK_UNREADABLE_POD;
    return PL_POD_UNREADABLE;
}

podlink_status pl_pod_corrupt(const pl_key *key, const podlink_reply *value, podlink_error *err)
{
    if (!err)
        return PODLINK_ECORRUPT;
    char key_bytes[PL_KEY_MAX], key_shown[200], value_shown[64];
    size_t length = 0;
    const char *text = podlink_reply_text(value, &length);
    pl_text_escape(key_bytes, pl_key_text(key, key_bytes), key_shown, sizeof key_shown);
    pl_text_escape(text, length, value_shown, sizeof value_shown);
    return pl_error_set(err, PODLINK_ECORRUPT, PODLINK_ANSWERED, "the value at \"%s\" is not a pod: \"%s\"", key_shown,
                        value_shown);
}

podlink_status pl_reply_unexpected(const pl_request *request, const pl_outcome *outcome, podlink_error *err)
{
    return pl_error_set(err, PODLINK_EREPLY, PODLINK_ANSWERED, "%s on %s: the reply has an unexpected shape",
                        request->name, outcome->server);
}
