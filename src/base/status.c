/* SPDX-License-Identifier: MIT */
/* The names and texts of the statuses, from their table in podlink/status.h. */
#include <podlink/status.h>

#define STRING(x)                    #x
#define VERSION(major, minor, patch) STRING(major) "." STRING(minor) "." STRING(patch)

const char *podlink_version(void)
{
    return VERSION(PODLINK_VERSION_MAJOR, PODLINK_VERSION_MINOR, PODLINK_VERSION_PATCH);
}

const char *podlink_status_text(podlink_status status)
{
    switch (status) {
#define X(name, value, text)                                                                                           \
    case PODLINK_##name:                                                                                               \
        return text;
        PODLINK_STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}

const char *podlink_status_name(podlink_status status)
{
    switch (status) {
#define X(name, value, text)                                                                                           \
    case PODLINK_##name:                                                                                               \
        return "PODLINK_" #name;
        PODLINK_STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}

const char *podlink_delivery_text(podlink_delivery delivery)
{
    switch (delivery) {
    case PODLINK_NOT_SENT:
        return "not sent";
    case PODLINK_ANSWERED:
        return "answered";
    case PODLINK_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}
