/* SPDX-License-Identifier: MIT */
/* The table of test cases. A block for each script, then the numbers that each script refuses. */
#include "script_cases.h"

#include <string.h>

#define LINKS(l, i)                                                                                                    \
    {                                                                                                                  \
        .link = (l), .index = (i)                                                                                      \
    }
#define STATES(s)                                                                                                      \
    {                                                                                                                  \
        .state = (s)                                                                                                   \
    }
#define BOTH(i, s)                                                                                                     \
    {                                                                                                                  \
        .index = (i), .state = (s)                                                                                     \
    }
#define ARGS(...)                                                                                                      \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define NO_ARGS                                                                                                        \
    {                                                                                                                  \
        NULL                                                                                                           \
    }

/* A case that changes the keys, and one that does not. */
#define CASE(n, s, b, a, r, f)                                                                                         \
    {                                                                                                                  \
        .name = n, .script = s, .before = b, .args = a, .reply = r, .after = f                                         \
    }
#define SAME(n, s, b, a, r)                                                                                            \
    {                                                                                                                  \
        .name = n, .script = s, .before = b, .args = a, .reply = r, .after = b                                         \
    }

#define SET       "statefulSetLink"
#define ABSENT    "statefulSetLinkIfAbsent"
#define TRY       "statefulTrySetLink"
#define REMOVE    "statefulRemoveLink"
#define REMOVE_ID "statefulRemoveLinkWithId"
#define PERSIST   "statefulGetLinkIfPersist"
#define COMPUTE   "statefulComputeLinkIfAbsent"
#define BEST      "statefulGetServicePod"
#define LIVE      "statefulGetService"
#define SET_STATE "statefulSetState"
#define SERVICES  "statefulGetLinkService"

#define GAME CASE_SERVICE

/* Texts that are not a whole number from 0 to 2147483647, or not in canonical form. Two lists, because "-1" is a valid
 * time and "0" a valid pod. CASE_WITH makes a case of a name and an argument. */
#define BAD_NUMBERS(prefix, CASE_WITH)                                                                                 \
    CASE_WITH(prefix "_that_is_empty", ""), CASE_WITH(prefix "_with_a_plus", "+5"),                                    \
        CASE_WITH(prefix "_with_a_leading_zero", "05"), CASE_WITH(prefix "_of_two_zeros", "00"),                       \
        CASE_WITH(prefix "_with_a_space_before", " 5"), CASE_WITH(prefix "_with_a_space_behind", "5 "),                \
        CASE_WITH(prefix "_with_a_newline", "5\n"), CASE_WITH(prefix "_in_hex", "0x5"),                                \
        CASE_WITH(prefix "_with_an_exponent", "5e0"), CASE_WITH(prefix "_with_a_fraction", "5.0"),                     \
        CASE_WITH(prefix "_with_a_minus_inside", "5-1"), CASE_WITH(prefix "_of_minus_two", "-2"),                      \
        CASE_WITH(prefix "_of_minus_zero", "-0"), CASE_WITH(prefix "_of_minus_01", "-01"),                             \
        CASE_WITH(prefix "_of_2147483648", "2147483648"),                                                              \
        CASE_WITH(prefix "_of_twenty_digits", "18446744073709551616"), CASE_WITH(prefix "_that_is_nan", "nan"),        \
        CASE_WITH(prefix "_that_is_inf", "inf"), CASE_WITH(prefix "_of_letters", "five")
#define BAD_PODS(prefix, CASE_WITH)  CASE_WITH(prefix "_of_minus_one", "-1"), BAD_NUMBERS(prefix, CASE_WITH)
#define BAD_TIMES(prefix, CASE_WITH) CASE_WITH(prefix "_of_zero", "0"), BAD_NUMBERS(prefix, CASE_WITH)

/* A temporary link that the index wrongly contains as well: there a bad number could do most harm. */
#define MIXED                LINKS("3@1000", "game=3,other=9")
#define SET_POD(n, x)        SAME(n, SET, MIXED, ARGS(GAME, x, "-1"), "!podlink: pod '")
#define SET_POD_60(n, x)     SAME(n, SET, MIXED, ARGS(GAME, x, "60"), "!podlink: pod '")
#define SET_TIME(n, x)       SAME(n, SET, MIXED, ARGS(GAME, "3", x), "!podlink: persist '")
#define ABSENT_POD(n, x)     SAME(n, ABSENT, LINKS(NULL, "game=3,other=9"), ARGS(GAME, x, "-1"), "!podlink: pod '")
#define ABSENT_POD_60(n, x)  SAME(n, ABSENT, LINKS(NULL, "game=3,other=9"), ARGS(GAME, x, "60"), "!podlink: pod '")
#define ABSENT_TIME(n, x)    SAME(n, ABSENT, LINKS(NULL, "game=3,other=9"), ARGS(GAME, "3", x), "!podlink: persist '")
#define TRY_POD(n, x)        SAME(n, TRY, MIXED, ARGS(GAME, x, "-1"), "!podlink: pod '")
#define TRY_POD_60(n, x)     SAME(n, TRY, MIXED, ARGS(GAME, x, "60"), "!podlink: pod '")
#define TRY_TIME(n, x)       SAME(n, TRY, MIXED, ARGS(GAME, "3", x), "!podlink: persist '")
#define REMOVE_TIME(n, x)    SAME(n, REMOVE, MIXED, ARGS(GAME, x), "!podlink: persist '")
#define REMOVE_ID_TIME(n, x) SAME(n, REMOVE_ID, MIXED, ARGS(GAME, x, "3"), "!podlink: persist '")
/* A corrupt link whose text reads as the bad pod does: the two must not count as the same pod. */
#define REMOVE_ID_POD(n, x)  SAME(n, REMOVE_ID, LINKS(x, "game=3"), ARGS(GAME, "-1", x), "!podlink: pod '")
#define STATE_POD(n, x)      SAME(n, SET_STATE, STATES("0=1-2-1"), ARGS(x, "5", "1"), "!podlink: pod '")
#define STATE_ROUTING(n, x)  SAME(n, SET_STATE, STATES("0=1-2-1"), ARGS("0", "5", x), "!podlink: routing '")
#define STATE_LOAD(n, x)     SAME(n, SET_STATE, STATES("0=1-2-1"), ARGS("0", x, "1"), "!podlink: load '")
#define BEST_AGE(n, x)       SAME(n, BEST, STATES("0=1-2-1"), ARGS(x), "!podlink: max age '")
#define LIVE_AGE(n, x)       SAME(n, LIVE, STATES("0=1-2-1"), ARGS(x), "!podlink: max age '")
#define COMPUTE_OLDEST(n, x) SAME(n, COMPUTE, BOTH("other=9", "0=1-2-1"), ARGS(GAME, x), "!podlink: oldest timestamp '")

static const struct script_case table[] = {
    /* ---- set link: no link, temporary, persistent; own pod or another; the index agrees or not ---- */
    CASE("set_permanently_without_a_link", SET, LINKS(NULL, "other=9"), ARGS(GAME, "3", "-1"), "['-1']",
         LINKS("3", "game=3,other=9")),
    CASE("set_permanently_without_an_index", SET, LINKS(NULL, NULL), ARGS(GAME, "3", "-1"), "['-1']",
         LINKS("3", "game=3")),
    CASE("set_permanently_when_only_the_index_has_the_same_pod", SET, LINKS(NULL, "game=3"), ARGS(GAME, "3", "-1"),
         "['-1']", LINKS("3", "game=3")),
    CASE("set_permanently_when_only_the_index_has_another_pod", SET, LINKS(NULL, "game=4"), ARGS(GAME, "3", "-1"),
         "['-1']", LINKS("3", "game=3")),
    CASE("set_permanently_makes_a_temporary_link_persistent", SET, LINKS("3@1000", "other=9"), ARGS(GAME, "3", "-1"),
         "['3']", LINKS("3", "game=3,other=9")),
    CASE("set_permanently_makes_a_temporary_link_persistent_that_the_index_has", SET, LINKS("3@1000", "game=3"),
         ARGS(GAME, "3", "-1"), "['3']", LINKS("3", "game=3")),
    CASE("set_permanently_moves_a_temporary_link", SET, LINKS("4@1000", "other=9"), ARGS(GAME, "3", "-1"), "['4']",
         LINKS("3", "game=3,other=9")),
    CASE("set_permanently_moves_a_temporary_link_when_the_index_has_the_new_pod", SET, LINKS("4@1000", "game=3"),
         ARGS(GAME, "3", "-1"), "['4']", LINKS("3", "game=3")),
    SAME("set_permanently_again_changes_nothing", SET, LINKS("3", "game=3,other=9"), ARGS(GAME, "3", "-1"), "['3']"),
    CASE("set_permanently_again_repairs_the_index", SET, LINKS("3", "other=9"), ARGS(GAME, "3", "-1"), "['3']",
         LINKS("3", "game=3,other=9")),
    CASE("set_permanently_moves_a_persistent_link", SET, LINKS("4", "game=4,other=9"), ARGS(GAME, "3", "-1"), "['4']",
         LINKS("3", "game=3,other=9")),
    CASE("set_permanently_moves_a_persistent_link_when_the_index_has_the_new_pod", SET, LINKS("4", "game=3"),
         ARGS(GAME, "3", "-1"), "['4']", LINKS("3", "game=3")),
    CASE("set_permanently_returns_a_corrupt_link_and_replaces_it", SET, LINKS("abc", "other=9"), ARGS(GAME, "3", "-1"),
         "['abc']", LINKS("3", "game=3,other=9")),
    CASE("set_for_a_time_without_a_link", SET, LINKS(NULL, "other=9"), ARGS(GAME, "3", "60"), "['-1']",
         LINKS("3@60", "other=9")),
    CASE("set_for_a_time_without_an_index", SET, LINKS(NULL, NULL), ARGS(GAME, "3", "60"), "['-1']",
         LINKS("3@60", NULL)),
    CASE("set_for_a_time_removes_a_stray_entry_from_the_index", SET, LINKS(NULL, "game=3,other=9"),
         ARGS(GAME, "3", "60"), "['-1']", LINKS("3@60", "other=9")),
    CASE("set_for_a_time_renews_a_temporary_link", SET, LINKS("3@1000", "other=9"), ARGS(GAME, "3", "60"), "['3']",
         LINKS("3@60", "other=9")),
    CASE("set_for_a_time_can_lengthen_a_temporary_link", SET, LINKS("3@60", NULL), ARGS(GAME, "3", "1000"), "['3']",
         LINKS("3@1000", NULL)),
    CASE("set_for_a_time_moves_a_temporary_link", SET, LINKS("4@1000", "other=9"), ARGS(GAME, "3", "60"), "['4']",
         LINKS("3@60", "other=9")),
    CASE("set_for_a_time_makes_a_persistent_link_temporary", SET, LINKS("3", "game=3,other=9"), ARGS(GAME, "3", "60"),
         "['3']", LINKS("3@60", "other=9")),
    CASE("set_for_a_time_removes_an_index_that_was_its_last_entry", SET, LINKS("3", "game=3"), ARGS(GAME, "3", "60"),
         "['3']", LINKS("3@60", NULL)),
    CASE("set_for_a_time_moves_a_persistent_link", SET, LINKS("4", "game=4,other=9"), ARGS(GAME, "3", "60"), "['4']",
         LINKS("3@60", "other=9")),
    CASE("set_to_pod_0_permanently", SET, LINKS("1", "game=1"), ARGS(GAME, "0", "-1"), "['1']", LINKS("0", "game=0")),
    CASE("set_from_pod_0_permanently", SET, LINKS("0", "game=0"), ARGS(GAME, "1", "-1"), "['0']", LINKS("1", "game=1")),
    CASE("set_to_pod_0_for_a_time", SET, LINKS("0", "game=0"), ARGS(GAME, "0", "60"), "['0']", LINKS("0@60", NULL)),
    CASE("set_to_the_highest_pod", SET, LINKS(NULL, NULL), ARGS(GAME, "2147483647", "-1"), "['-1']",
         LINKS("2147483647", "game=2147483647")),
    CASE("set_for_one_second", SET, LINKS(NULL, NULL), ARGS(GAME, "3", "1"), "['-1']", LINKS("3@1", NULL)),
    CASE("set_for_the_longest_time", SET, LINKS("3", NULL), ARGS(GAME, "3", "2147483647"), "['3']",
         LINKS("3@2147483647", NULL)),
    SAME("set_permanently_on_a_link_of_the_wrong_type", SET, LINKS("list@1000", "other=9"), ARGS(GAME, "3", "-1"),
         "!WRONGTYPE"),
    SAME("set_permanently_on_a_link_of_the_wrong_type_that_the_index_has", SET, LINKS("list@1000", "game=3"),
         ARGS(GAME, "3", "-1"), "!WRONGTYPE"),
    SAME("set_for_a_time_on_a_link_of_the_wrong_type", SET, LINKS("list@1000", "game=3,other=9"), ARGS(GAME, "3", "60"),
         "!WRONGTYPE"),
    SAME("set_permanently_with_an_index_of_the_wrong_type_leaves_no_link", SET, LINKS(NULL, "list"),
         ARGS(GAME, "3", "-1"), "!WRONGTYPE"),
    SAME("set_permanently_with_an_index_of_the_wrong_type_leaves_the_temporary_link", SET, LINKS("3@1000", "list"),
         ARGS(GAME, "3", "-1"), "!WRONGTYPE"),
    SAME("set_permanently_with_an_index_of_the_wrong_type_leaves_the_link_to_another", SET, LINKS("4", "list"),
         ARGS(GAME, "3", "-1"), "!WRONGTYPE"),
    SAME("set_for_a_time_with_an_index_of_the_wrong_type_leaves_no_link", SET, LINKS(NULL, "list"),
         ARGS(GAME, "3", "60"), "!WRONGTYPE"),
    SAME("set_for_a_time_with_an_index_of_the_wrong_type_leaves_the_persistent_link", SET, LINKS("3", "list"),
         ARGS(GAME, "3", "60"), "!WRONGTYPE"),
    SAME("set_for_a_time_with_an_index_of_the_wrong_type_leaves_the_ttl", SET, LINKS("4@1000", "list"),
         ARGS(GAME, "3", "60"), "!WRONGTYPE"),

    /* ---- set if absent ---- */
    CASE("set_if_absent_permanently_without_a_link", ABSENT, LINKS(NULL, "other=9"), ARGS(GAME, "3", "-1"), "['3']",
         LINKS("3", "game=3,other=9")),
    CASE("set_if_absent_permanently_overwrites_a_stray_entry_of_the_index", ABSENT, LINKS(NULL, "game=4"),
         ARGS(GAME, "3", "-1"), "['3']", LINKS("3", "game=3")),
    CASE("set_if_absent_for_a_time_without_a_link", ABSENT, LINKS(NULL, "other=9"), ARGS(GAME, "3", "60"), "['3']",
         LINKS("3@60", "other=9")),
    CASE("set_if_absent_for_a_time_removes_a_stray_entry_from_the_index", ABSENT, LINKS(NULL, "game=4,other=9"),
         ARGS(GAME, "3", "60"), "['3']", LINKS("3@60", "other=9")),
    SAME("set_if_absent_leaves_the_ttl_of_a_link_to_the_same_pod", ABSENT, LINKS("3@1000", "other=9"),
         ARGS(GAME, "3", "60"), "['3']"),
    SAME("set_if_absent_leaves_the_ttl_of_a_link_to_another_pod", ABSENT, LINKS("4@1000", "other=9"),
         ARGS(GAME, "3", "60"), "['4']"),
    SAME("set_if_absent_permanently_leaves_the_ttl_of_a_temporary_link", ABSENT, LINKS("3@1000", "other=9"),
         ARGS(GAME, "3", "-1"), "['3']"),
    SAME("set_if_absent_leaves_a_persistent_link_to_the_same_pod", ABSENT, LINKS("3", "game=3"), ARGS(GAME, "3", "60"),
         "['3']"),
    SAME("set_if_absent_leaves_a_persistent_link_to_another_pod", ABSENT, LINKS("4", "game=4"), ARGS(GAME, "3", "-1"),
         "['4']"),
    SAME("set_if_absent_treats_a_link_to_pod_0_as_a_link", ABSENT, LINKS("0", "game=0"), ARGS(GAME, "3", "-1"),
         "['0']"),
    CASE("set_if_absent_to_pod_0", ABSENT, LINKS(NULL, NULL), ARGS(GAME, "0", "-1"), "['0']", LINKS("0", "game=0")),
    CASE("set_if_absent_to_the_highest_pod_for_the_longest_time", ABSENT, LINKS(NULL, NULL),
         ARGS(GAME, "2147483647", "2147483647"), "['2147483647']", LINKS("2147483647@2147483647", NULL)),
    SAME("set_if_absent_with_a_bad_pod_returns_an_existing_link", ABSENT, LINKS("4@1000", "other=9"),
         ARGS(GAME, "05", "60"), "['4']"),
    SAME("set_if_absent_with_a_bad_time_returns_an_existing_link", ABSENT, LINKS("4", "game=4"), ARGS(GAME, "3", "0"),
         "['4']"),
    SAME("set_if_absent_ignores_the_index_of_an_existing_link", ABSENT, LINKS("4", "list"), ARGS(GAME, "3", "-1"),
         "['4']"),
    SAME("set_if_absent_on_a_link_of_the_wrong_type", ABSENT, LINKS("list@1000", "other=9"), ARGS(GAME, "3", "-1"),
         "!WRONGTYPE"),
    SAME("set_if_absent_permanently_with_an_index_of_the_wrong_type_leaves_no_link", ABSENT, LINKS(NULL, "list"),
         ARGS(GAME, "3", "-1"), "!WRONGTYPE"),
    SAME("set_if_absent_for_a_time_with_an_index_of_the_wrong_type_leaves_no_link", ABSENT, LINKS(NULL, "list"),
         ARGS(GAME, "3", "60"), "!WRONGTYPE"),

    /* ---- try set ---- */
    CASE("try_set_permanently_takes_without_a_link", TRY, LINKS(NULL, "other=9"), ARGS(GAME, "3", "-1"), "['3' '-1']",
         LINKS("3", "game=3,other=9")),
    CASE("try_set_for_a_time_takes_without_a_link", TRY, LINKS(NULL, "game=4,other=9"), ARGS(GAME, "3", "60"),
         "['3' '-1']", LINKS("3@60", "other=9")),
    CASE("try_set_permanently_takes_a_temporary_link_to_another_pod", TRY, LINKS("4@1000", "other=9"),
         ARGS(GAME, "3", "-1"), "['3' '4']", LINKS("3", "game=3,other=9")),
    CASE("try_set_for_a_time_takes_a_temporary_link_to_another_pod", TRY, LINKS("4@1000", "game=4"),
         ARGS(GAME, "3", "60"), "['3' '4']", LINKS("3@60", NULL)),
    CASE("try_set_permanently_makes_its_own_temporary_link_persistent", TRY, LINKS("3@1000", NULL),
         ARGS(GAME, "3", "-1"), "['3' '3']", LINKS("3", "game=3")),
    CASE("try_set_for_a_time_renews_its_own_temporary_link", TRY, LINKS("3@1000", "other=9"), ARGS(GAME, "3", "60"),
         "['3' '3']", LINKS("3@60", "other=9")),
    SAME("try_set_permanently_takes_its_own_persistent_link_again", TRY, LINKS("3", "game=3"), ARGS(GAME, "3", "-1"),
         "['3' '3']"),
    CASE("try_set_for_a_time_makes_its_own_persistent_link_temporary", TRY, LINKS("3", "game=3,other=9"),
         ARGS(GAME, "3", "60"), "['3' '3']", LINKS("3@60", "other=9")),
    SAME("try_set_permanently_is_refused_by_a_persistent_link_to_another_pod", TRY, LINKS("4", "game=4,other=9"),
         ARGS(GAME, "3", "-1"), "['4']"),
    SAME("try_set_for_a_time_is_refused_by_a_persistent_link_to_another_pod", TRY, LINKS("4", "game=4,other=9"),
         ARGS(GAME, "3", "60"), "['4']"),
    SAME("try_set_is_refused_by_the_link_even_if_the_index_lacks_it", TRY, LINKS("4", NULL), ARGS(GAME, "3", "-1"),
         "['4']"),
    SAME("try_set_is_refused_with_any_index", TRY, LINKS("4", "list"), ARGS(GAME, "3", "-1"), "['4']"),
    SAME("try_set_is_refused_by_a_persistent_link_to_pod_0", TRY, LINKS("0", "game=0"), ARGS(GAME, "3", "-1"), "['0']"),
    CASE("try_set_to_pod_0_takes_a_temporary_link", TRY, LINKS("4@1000", NULL), ARGS(GAME, "0", "-1"), "['0' '4']",
         LINKS("0", "game=0")),
    SAME("try_set_to_pod_0_takes_its_own_link_again", TRY, LINKS("0", "game=0"), ARGS(GAME, "0", "-1"), "['0' '0']"),
    SAME("try_set_with_a_bad_pod_is_an_error_even_if_it_would_be_refused", TRY, LINKS("4", "game=4"),
         ARGS(GAME, "03", "-1"), "!podlink: pod '03' is not a whole number from 0 to 2147483647"),
    SAME("try_set_on_a_link_of_the_wrong_type", TRY, LINKS("list@1000", "other=9"), ARGS(GAME, "3", "-1"),
         "!WRONGTYPE"),
    SAME("try_set_permanently_with_an_index_of_the_wrong_type_leaves_no_link", TRY, LINKS(NULL, "list"),
         ARGS(GAME, "3", "-1"), "!WRONGTYPE"),
    SAME("try_set_permanently_with_an_index_of_the_wrong_type_leaves_its_own_link", TRY, LINKS("3@1000", "list"),
         ARGS(GAME, "3", "-1"), "!WRONGTYPE"),
    SAME("try_set_permanently_with_an_index_of_the_wrong_type_leaves_the_link_to_another", TRY, LINKS("4@1000", "list"),
         ARGS(GAME, "3", "-1"), "!WRONGTYPE"),
    SAME("try_set_for_a_time_with_an_index_of_the_wrong_type_leaves_its_own_link", TRY, LINKS("3", "list"),
         ARGS(GAME, "3", "60"), "!WRONGTYPE"),
    SAME("try_set_for_a_time_with_an_index_of_the_wrong_type_leaves_the_link_to_another", TRY, LINKS("4@1000", "list"),
         ARGS(GAME, "3", "60"), "!WRONGTYPE"),

    /* ---- remove ---- */
    CASE("remove_deletes_a_persistent_link", REMOVE, LINKS("3", "game=3,other=9"), ARGS(GAME, "-1"), "[1]",
         LINKS(NULL, "other=9")),
    CASE("remove_deletes_a_temporary_link", REMOVE, LINKS("3@1000", "other=9"), ARGS(GAME, "-1"), "[1]",
         LINKS(NULL, "other=9")),
    CASE("remove_deletes_a_temporary_link_that_the_index_has", REMOVE, LINKS("3@1000", "game=3"), ARGS(GAME, "-1"),
         "[1]", LINKS(NULL, NULL)),
    CASE("remove_deletes_a_link_that_the_index_does_not_have", REMOVE, LINKS("3", NULL), ARGS(GAME, "-1"), "[1]",
         LINKS(NULL, NULL)),
    CASE("remove_deletes_a_link_to_pod_0", REMOVE, LINKS("0", "game=0"), ARGS(GAME, "-1"), "[1]", LINKS(NULL, NULL)),
    CASE("remove_with_a_time_keeps_the_link_for_that_long", REMOVE, LINKS("3", "game=3,other=9"), ARGS(GAME, "60"),
         "[1]", LINKS("3@60", "other=9")),
    CASE("remove_with_a_time_replaces_the_ttl_of_a_temporary_link", REMOVE, LINKS("3@1000", "other=9"),
         ARGS(GAME, "60"), "[1]", LINKS("3@60", "other=9")),
    CASE("remove_with_a_time_keeps_a_link_to_pod_0", REMOVE, LINKS("0", "game=0"), ARGS(GAME, "2147483647"), "[1]",
         LINKS("0@2147483647", NULL)),
    SAME("remove_without_a_link", REMOVE, LINKS(NULL, "other=9"), ARGS(GAME, "-1"), "[0]"),
    SAME("remove_with_a_time_without_a_link", REMOVE, LINKS(NULL, NULL), ARGS(GAME, "60"), "[0]"),
    CASE("remove_removes_a_stray_entry_from_the_index", REMOVE, LINKS(NULL, "game=3,other=9"), ARGS(GAME, "-1"), "[0]",
         LINKS(NULL, "other=9")),
    CASE("remove_with_a_time_removes_a_stray_entry_from_the_index", REMOVE, LINKS(NULL, "game=3,other=9"),
         ARGS(GAME, "60"), "[0]", LINKS(NULL, "other=9")),
    SAME("remove_on_a_link_of_the_wrong_type", REMOVE, LINKS("list@1000", "game=3,other=9"), ARGS(GAME, "-1"),
         "!WRONGTYPE"),
    SAME("remove_with_a_time_on_a_link_of_the_wrong_type", REMOVE, LINKS("list@1000", "game=3,other=9"),
         ARGS(GAME, "60"), "!WRONGTYPE"),
    SAME("remove_with_an_index_of_the_wrong_type_leaves_the_link", REMOVE, LINKS("3@1000", "list"), ARGS(GAME, "-1"),
         "!WRONGTYPE"),
    SAME("remove_with_a_time_with_an_index_of_the_wrong_type_leaves_the_link", REMOVE, LINKS("3", "list"),
         ARGS(GAME, "60"), "!WRONGTYPE"),

    /* ---- remove if to that pod ---- */
    CASE("remove_with_id_deletes_its_own_persistent_link", REMOVE_ID, LINKS("3", "game=3,other=9"),
         ARGS(GAME, "-1", "3"), "[1]", LINKS(NULL, "other=9")),
    CASE("remove_with_id_deletes_its_own_temporary_link", REMOVE_ID, LINKS("3@1000", "other=9"), ARGS(GAME, "-1", "3"),
         "[1]", LINKS(NULL, "other=9")),
    CASE("remove_with_id_removes_its_own_temporary_link_from_the_index", REMOVE_ID, LINKS("3@1000", "game=3"),
         ARGS(GAME, "-1", "3"), "[1]", LINKS(NULL, NULL)),
    CASE("remove_with_id_deletes_a_link_to_pod_0", REMOVE_ID, LINKS("0", "game=0"), ARGS(GAME, "-1", "0"), "[1]",
         LINKS(NULL, NULL)),
    CASE("remove_with_id_and_a_time_keeps_the_link_for_that_long", REMOVE_ID, LINKS("3", "game=3,other=9"),
         ARGS(GAME, "60", "3"), "[1]", LINKS("3@60", "other=9")),
    CASE("remove_with_id_and_a_time_replaces_the_ttl_of_a_temporary_link", REMOVE_ID, LINKS("3@1000", NULL),
         ARGS(GAME, "60", "3"), "[1]", LINKS("3@60", NULL)),
    SAME("remove_with_id_leaves_a_persistent_link_to_another_pod", REMOVE_ID, LINKS("4", "game=4"),
         ARGS(GAME, "-1", "3"), "[0]"),
    SAME("remove_with_id_leaves_a_temporary_link_to_another_pod", REMOVE_ID, LINKS("4@1000", "other=9"),
         ARGS(GAME, "60", "3"), "[0]"),
    SAME("remove_with_id_0_leaves_a_link_to_another_pod", REMOVE_ID, LINKS("4", "game=4"), ARGS(GAME, "-1", "0"),
         "[0]"),
    SAME("remove_with_id_leaves_the_index_of_a_link_to_another_pod", REMOVE_ID, LINKS("4", "game=3"),
         ARGS(GAME, "-1", "3"), "[0]"),
    SAME("remove_with_id_leaves_a_corrupt_link", REMOVE_ID, LINKS("abc", "game=3"), ARGS(GAME, "-1", "3"), "[0]"),
    SAME("remove_with_id_without_a_link", REMOVE_ID, LINKS(NULL, "other=9"), ARGS(GAME, "-1", "3"), "[0]"),
    CASE("remove_with_id_removes_a_stray_entry_of_its_pod_from_the_index", REMOVE_ID, LINKS(NULL, "game=3,other=9"),
         ARGS(GAME, "-1", "3"), "[0]", LINKS(NULL, "other=9")),
    CASE("remove_with_id_removes_a_stray_entry_of_another_pod_from_the_index", REMOVE_ID, LINKS(NULL, "game=4,other=9"),
         ARGS(GAME, "60", "3"), "[0]", LINKS(NULL, "other=9")),
    SAME("remove_with_id_on_a_link_of_the_wrong_type", REMOVE_ID, LINKS("list@1000", "game=3"), ARGS(GAME, "-1", "3"),
         "!WRONGTYPE"),
    SAME("remove_with_id_and_a_time_on_a_link_of_the_wrong_type", REMOVE_ID, LINKS("list@1000", "game=3"),
         ARGS(GAME, "60", "3"), "!WRONGTYPE"),
    SAME("remove_with_id_with_an_index_of_the_wrong_type_leaves_the_link", REMOVE_ID, LINKS("3@1000", "list"),
         ARGS(GAME, "-1", "3"), "!WRONGTYPE"),
    SAME("remove_with_id_and_a_time_with_an_index_of_the_wrong_type_leaves_the_link", REMOVE_ID, LINKS("3", "list"),
         ARGS(GAME, "60", "3"), "!WRONGTYPE"),

    /* ---- get if persistent ---- */
    SAME("get_if_persistent_returns_a_persistent_link", PERSIST, LINKS("3", "game=3"), NO_ARGS, "['3']"),
    SAME("get_if_persistent_returns_a_link_to_pod_0", PERSIST, LINKS("0", "game=0"), NO_ARGS, "['0']"),
    SAME("get_if_persistent_asks_the_link_and_not_the_index", PERSIST, LINKS("3", "game=4"), NO_ARGS, "['3']"),
    SAME("get_if_persistent_ignores_a_temporary_link", PERSIST, LINKS("3@1000", "game=3"), NO_ARGS, "['-1']"),
    SAME("get_if_persistent_without_a_link", PERSIST, LINKS(NULL, "game=3"), NO_ARGS, "['-1']"),
    SAME("get_if_persistent_of_a_link_of_the_wrong_type", PERSIST, LINKS("list", NULL), NO_ARGS, "!WRONGTYPE"),
    SAME("get_if_persistent_of_a_temporary_link_of_the_wrong_type", PERSIST, LINKS("list@1000", NULL), NO_ARGS,
         "!WRONGTYPE"),

    /* ---- the services of a uid ---- */
    SAME("services_of_a_uid_with_none", SERVICES, LINKS(NULL, NULL), NO_ARGS, "[]"),
    SAME("services_of_a_uid_with_a_temporary_link_only", SERVICES, LINKS("3@1000", NULL), NO_ARGS, "[]"),
    SAME("services_of_a_uid_with_one", SERVICES, LINKS("3", "game=3"), NO_ARGS, "['game' '3']"),
    SAME("services_of_a_uid_with_two", SERVICES, LINKS("0", "game=0,other=9"), NO_ARGS, "['game' '0' 'other' '9']"),
    SAME("services_of_an_index_of_the_wrong_type", SERVICES, LINKS("3", "list"), NO_ARGS, "!WRONGTYPE"),

    /* ---- compute ---- */
    SAME("compute_returns_the_pod_that_is_stored", COMPUTE, BOTH("game=3", "1=5-100-1"), ARGS(GAME, "0"), "['3']"),
    SAME("compute_returns_the_stored_pod_with_any_state", COMPUTE, BOTH("game=0", "list"), ARGS(GAME, "0"), "['0']"),
    SAME("compute_returns_the_stored_pod_with_any_oldest", COMPUTE, BOTH("game=3", NULL), ARGS(GAME, "x"), "['3']"),
    CASE("compute_picks_the_least_load", COMPUTE, BOTH("other=9", "0=7-100-1,1=5-100-1,2=6-100-1"), ARGS(GAME, "0"),
         "['1']", BOTH("game=1,other=9", "0=7-100-1,1=5-100-1,2=6-100-1")),
    CASE("compute_compares_loads_as_numbers", COMPUTE, BOTH(NULL, "0=10-100-1,1=9-100-1"), ARGS(GAME, "0"), "['1']",
         BOTH("game=1", "0=10-100-1,1=9-100-1")),
    CASE("compute_picks_the_lowest_index_among_equals", COMPUTE,
         BOTH(NULL, "10=5-100-1,9=5-100-1,2=6-100-1,11=5-100-1"), ARGS(GAME, "0"), "['9']",
         BOTH("game=9", "10=5-100-1,9=5-100-1,2=6-100-1,11=5-100-1")),
    CASE("compute_picks_pod_0", COMPUTE, BOTH(NULL, "1=5-100-1,0=5-100-1"), ARGS(GAME, "0"), "['0']",
         BOTH("game=0", "1=5-100-1,0=5-100-1")),
    CASE("compute_skips_unreadable_states", COMPUTE,
         BOTH(NULL, "0=bad,1=x-1,2=-,3=1,4=1-,5=1-100-,6=1-100-1-1,7=1-100-x,8=1.5-100-1,9=1e0-100-1,10=0x1-100-1,"
                    "11= 1-100-1,12=--1-100-1,13=+1-100-1,14=1--100-1,15=50-100-1"),
         ARGS(GAME, "0"), "['15']",
         BOTH("game=15", "0=bad,1=x-1,2=-,3=1,4=1-,5=1-100-,6=1-100-1-1,7=1-100-x,8=1.5-100-1,9=1e0-100-1,10=0x1-100-1,"
                         "11= 1-100-1,12=--1-100-1,13=+1-100-1,14=1--100-1,15=50-100-1")),
    CASE("compute_skips_fields_that_are_not_pods", COMPUTE,
         BOTH(NULL, "x=1-100-1,-1=1-100-1,03=1-100-1,2147483648=1-100-1,1.5=1-100-1,0x1=1-100-1,nan=1-100-1,5=9-100-1"),
         ARGS(GAME, "0"), "['5']",
         BOTH("game=5",
              "x=1-100-1,-1=1-100-1,03=1-100-1,2147483648=1-100-1,1.5=1-100-1,0x1=1-100-1,nan=1-100-1,5=9-100-1")),
    CASE("compute_skips_a_field_that_is_not_a_pod_among_equals", COMPUTE, BOTH(NULL, "5=1-100-1,03=1-100-1,x=1-100-1"),
         ARGS(GAME, "0"), "['5']", BOTH("game=5", "5=1-100-1,03=1-100-1,x=1-100-1")),
    CASE("compute_skips_states_that_are_too_old", COMPUTE, BOTH(NULL, "0=1-99-1,1=5-100-1,2=6-101-1"),
         ARGS(GAME, "100"), "['1']", BOTH("game=1", "0=1-99-1,1=5-100-1,2=6-101-1")),
    CASE("compute_skips_pods_that_are_not_ready", COMPUTE, BOTH(NULL, "0=1-100-0,1=2-100-2,2=3-100-3,3=4-100-1"),
         ARGS(GAME, "0"), "['3']", BOTH("game=3", "0=1-100-0,1=2-100-2,2=3-100-3,3=4-100-1")),
    CASE("compute_treats_a_state_without_routing_as_ready", COMPUTE, BOTH(NULL, "0=2-100-1,1=1-100"), ARGS(GAME, "0"),
         "['1']", BOTH("game=1", "0=2-100-1,1=1-100")),
    CASE("compute_accepts_a_negative_load", COMPUTE, BOTH(NULL, "0=0-100-1,1=-7-100-1,2=-3-100"), ARGS(GAME, "0"),
         "['1']", BOTH("game=1", "0=0-100-1,1=-7-100-1,2=-3-100")),
    CASE("compute_accepts_a_negative_load_without_routing", COMPUTE, BOTH(NULL, "0=0-100-1,2=-3-100"), ARGS(GAME, "0"),
         "['2']", BOTH("game=2", "0=0-100-1,2=-3-100")),
    CASE("compute_distinguishes_timestamps_one_millisecond_apart", COMPUTE,
         BOTH(NULL, "0=1-1700000000122-1,1=5-1700000000123-1"), ARGS(GAME, "1700000000123"), "['1']",
         BOTH("game=1", "0=1-1700000000122-1,1=5-1700000000123-1")),
    CASE("compute_treats_a_negative_oldest_as_any_age", COMPUTE, BOTH(NULL, "1=1-0-1"), ARGS(GAME, "-5"), "['1']",
         BOTH("game=1", "1=1-0-1")),
    CASE("compute_accepts_the_highest_pod_and_load", COMPUTE, BOTH(NULL, "2147483647=9223372036854775807-100-1"),
         ARGS(GAME, "0"), "['2147483647']", BOTH("game=2147483647", "2147483647=9223372036854775807-100-1")),
    SAME("compute_stores_nothing_when_none_is_ready", COMPUTE, BOTH("other=9", "0=1-100-0,1=2-100-2,2=bad"),
         ARGS(GAME, "0"), "['-1']"),
    SAME("compute_stores_nothing_when_all_are_too_old", COMPUTE, BOTH(NULL, "0=1-99-1"), ARGS(GAME, "100"), "['-1']"),
    SAME("compute_stores_nothing_without_a_state", COMPUTE, BOTH(NULL, NULL), ARGS(GAME, "0"), "['-1']"),
    SAME("compute_on_a_hash_of_the_wrong_type", COMPUTE, BOTH("list", "0=1-100-1"), ARGS(GAME, "0"), "!WRONGTYPE"),
    SAME("compute_with_a_state_of_the_wrong_type", COMPUTE, BOTH("other=9", "list"), ARGS(GAME, "0"), "!WRONGTYPE"),

    /* ---- best pod ---- */
    SAME("best_pod_of_any_age", BEST, STATES("0=7-1-1,1=5-1-1"), ARGS("0"), "['1']"),
    SAME("best_pod_of_a_max_age", BEST, STATES("0=1-{now-60000}-1,1=5-{now-10000}-1"), ARGS("30000"), "['1']"),
    SAME("best_pod_of_a_higher_max_age", BEST, STATES("0=1-{now-60000}-1,1=5-{now-10000}-1"), ARGS("90000"), "['0']"),
    SAME("best_pod_treats_a_state_from_the_future_as_new", BEST, STATES("1=5-{now+60000}-1"), ARGS("1"), "['1']"),
    SAME("best_pod_accepts_a_max_age_of_many_years", BEST, STATES("1=5-0-1"), ARGS("9223372036854775807"), "['1']"),
    SAME("best_pod_is_the_lowest_index_among_equals", BEST, STATES("10=5-1-1,9=5-1-1"), ARGS("0"), "['9']"),
    SAME("best_pod_is_pod_0", BEST, STATES("0=5-1-1"), ARGS("0"), "['0']"),
    SAME("best_pod_is_one_with_a_negative_load", BEST, STATES("0=0-1-1,1=-1-1-1"), ARGS("0"), "['1']"),
    SAME("best_pod_is_never_an_invalid_one", BEST, STATES("0=bad,1=x-1,2=1-1-0,3=1-1-2,03=1-1-1,4=9-1"), ARGS("0"),
         "['4']"),
    SAME("best_pod_when_none_is_ready", BEST, STATES("0=1-1-0,1=1-1-2,2=1-1-3"), ARGS("0"), "['-1']"),
    SAME("best_pod_when_all_are_too_old", BEST, STATES("0=1-{now-60000}-1"), ARGS("30000"), "['-1']"),
    SAME("best_pod_without_a_state", BEST, STATES(NULL), ARGS("0"), "['-1']"),
    SAME("best_pod_of_a_state_of_the_wrong_type", BEST, STATES("list"), ARGS("0"), "!WRONGTYPE"),

    /* ---- live pods; a hash this small keeps its order ---- */
    SAME("live_pods_can_have_any_routing", LIVE, STATES("0=1-1-0,1=-2-1-1,2=3-1-2,3=4-1-3,4=5-1"), ARGS("0"),
         "['0' '1-1-0' '1' '-2-1-1' '2' '3-1-2' '3' '4-1-3' '4' '5-1']"),
    SAME("live_pods_are_new_enough", LIVE, STATES("0=1-{now-60000}-1,1=5-{now-10000}-1,2=5-{now}-0"), ARGS("30000"),
         "['1' '5-{now-10000}-1' '2' '5-{now}-0']"),
    SAME("live_pods_have_a_state_that_can_be_read", LIVE,
         STATES("0=bad,1=x-1,2=1-100-,3=1-100-4,4=1-100-01,5=1.5-1-1,6=1-1-1"), ARGS("0"), "['6' '1-1-1']"),
    SAME("live_pods_have_the_index_of_a_pod", LIVE, STATES("x=1-1-1,-1=1-1-1,03=1-1-1,2147483648=1-1-1,0=1-1-1"),
         ARGS("0"), "['0' '1-1-1']"),
    SAME("live_pods_when_all_are_too_old", LIVE, STATES("0=1-{now-60000}-1"), ARGS("30000"), "[]"),
    SAME("live_pods_without_a_state", LIVE, STATES(NULL), ARGS("30000"), "[]"),
    SAME("live_pods_of_a_state_of_the_wrong_type", LIVE, STATES("list"), ARGS("0"), "!WRONGTYPE"),

    /* ---- set state ---- */
    CASE("set_state_stamps_with_the_clock_of_the_server", SET_STATE, STATES(NULL), ARGS("3", "17", "1"), "[1]",
         STATES("3=17-{stamp}-1")),
    CASE("set_state_replaces_a_state_and_leaves_the_others", SET_STATE, STATES("3=1-2-0,4=bad"), ARGS("3", "17", "2"),
         "[1]", STATES("3=17-{stamp}-2,4=bad")),
    CASE("set_state_of_pod_0_and_routing_0", SET_STATE, STATES("1=1-2-1"), ARGS("0", "0", "0"), "[1]",
         STATES("0=0-{stamp}-0,1=1-2-1")),
    CASE("set_state_accepts_a_negative_load", SET_STATE, STATES(NULL), ARGS("3", "-17", "3"), "[1]",
         STATES("3=-17-{stamp}-3")),
    CASE("set_state_keeps_the_highest_load_digit_by_digit", SET_STATE, STATES(NULL),
         ARGS("2147483647", "9223372036854775807", "1"), "[1]", STATES("2147483647=9223372036854775807-{stamp}-1")),
    CASE("set_state_keeps_the_lowest_load_digit_by_digit", SET_STATE, STATES(NULL),
         ARGS("3", "-9223372036854775808", "1"), "[1]", STATES("3=-9223372036854775808-{stamp}-1")),
    SAME("set_state_on_a_state_of_the_wrong_type", SET_STATE, STATES("list@1000"), ARGS("3", "17", "1"), "!WRONGTYPE"),
    STATE_LOAD("set_state_refuses_a_load_above_64_bits", "9223372036854775808"),
    STATE_LOAD("set_state_refuses_a_load_below_64_bits", "-9223372036854775809"),
    STATE_LOAD("set_state_refuses_a_load_of_twenty_digits", "10000000000000000000"),
    STATE_LOAD("set_state_refuses_a_load_that_is_empty", ""),
    STATE_LOAD("set_state_refuses_a_load_of_minus", "-"),
    STATE_LOAD("set_state_refuses_a_load_of_minus_zero", "-0"),
    STATE_LOAD("set_state_refuses_a_load_with_a_leading_zero", "05"),
    STATE_LOAD("set_state_refuses_a_load_with_a_plus", "+5"),
    STATE_LOAD("set_state_refuses_a_load_with_a_fraction", "5.0"),
    STATE_LOAD("set_state_refuses_a_load_with_an_exponent", "5e0"),
    STATE_LOAD("set_state_refuses_a_load_in_hex", "0x5"),
    STATE_LOAD("set_state_refuses_a_load_with_a_space", "5 "),
    STATE_LOAD("set_state_refuses_a_load_with_a_part_behind", "5-1"),
    STATE_ROUTING("set_state_refuses_routing_4", "4"),
    STATE_ROUTING("set_state_refuses_routing_minus_1", "-1"),
    STATE_ROUTING("set_state_refuses_routing_01", "01"),
    STATE_ROUTING("set_state_refuses_routing_10", "10"),
    STATE_ROUTING("set_state_refuses_an_empty_routing", ""),

    /* ---- bad numbers ---- */
    BAD_PODS("set_permanently_refuses_a_pod", SET_POD),
    BAD_PODS("set_for_a_time_refuses_a_pod", SET_POD_60),
    BAD_TIMES("set_refuses_a_time", SET_TIME),
    BAD_PODS("set_if_absent_permanently_refuses_a_pod", ABSENT_POD),
    BAD_PODS("set_if_absent_for_a_time_refuses_a_pod", ABSENT_POD_60),
    BAD_TIMES("set_if_absent_refuses_a_time", ABSENT_TIME),
    BAD_PODS("try_set_permanently_refuses_a_pod", TRY_POD),
    BAD_PODS("try_set_for_a_time_refuses_a_pod", TRY_POD_60),
    BAD_TIMES("try_set_refuses_a_time", TRY_TIME),
    BAD_TIMES("remove_refuses_a_time", REMOVE_TIME),
    BAD_TIMES("remove_with_id_refuses_a_time", REMOVE_ID_TIME),
    REMOVE_ID_POD("remove_with_id_refuses_a_pod_of_minus_one", "-1"),
    REMOVE_ID_POD("remove_with_id_refuses_a_pod_with_a_leading_zero", "05"),
    REMOVE_ID_POD("remove_with_id_refuses_a_pod_of_letters", "five"),
    REMOVE_ID_POD("remove_with_id_refuses_a_pod_of_2147483648", "2147483648"),
    BAD_PODS("set_state_refuses_a_pod", STATE_POD),
    BEST_AGE("best_pod_refuses_a_max_age_below_zero", "-1"),
    BEST_AGE("best_pod_refuses_a_max_age_that_is_empty", ""),
    BEST_AGE("best_pod_refuses_a_max_age_with_a_fraction", "1.5"),
    BEST_AGE("best_pod_refuses_a_max_age_of_letters", "ten"),
    LIVE_AGE("live_pods_refuse_a_max_age_below_zero", "-1"),
    LIVE_AGE("live_pods_refuse_a_max_age_that_is_empty", ""),
    LIVE_AGE("live_pods_refuse_a_max_age_with_a_fraction", "1.5"),
    LIVE_AGE("live_pods_refuse_a_max_age_of_letters", "ten"),
    COMPUTE_OLDEST("compute_refuses_an_oldest_that_is_empty", ""),
    COMPUTE_OLDEST("compute_refuses_an_oldest_with_a_fraction", "1.5"),
    COMPUTE_OLDEST("compute_refuses_an_oldest_with_an_exponent", "1.7e12"),
    COMPUTE_OLDEST("compute_refuses_an_oldest_of_letters", "now"),
    COMPUTE_OLDEST("compute_refuses_an_oldest_that_is_inf", "inf"),
};

static const struct {
    const char *script;
    const char *keys[CASE_KEYS_MAX];
} script_keys[] = {
    {SET, {CASE_LINK_KEY, CASE_INDEX_KEY}},
    {ABSENT, {CASE_LINK_KEY, CASE_INDEX_KEY}},
    {TRY, {CASE_LINK_KEY, CASE_INDEX_KEY}},
    {REMOVE, {CASE_LINK_KEY, CASE_INDEX_KEY}},
    {REMOVE_ID, {CASE_LINK_KEY, CASE_INDEX_KEY}},
    {PERSIST, {CASE_LINK_KEY, NULL}},
    {COMPUTE, {CASE_INDEX_KEY, CASE_STATE_KEY}},
    {BEST, {CASE_STATE_KEY, NULL}},
    {LIVE, {CASE_STATE_KEY, NULL}},
    {SET_STATE, {CASE_STATE_KEY, NULL}},
    {SERVICES, {CASE_INDEX_KEY, NULL}},
};

const struct script_case *script_cases(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}

size_t script_case_keys(const char *script, const char *keys[CASE_KEYS_MAX])
{
    for (size_t i = 0; i < sizeof script_keys / sizeof script_keys[0]; i++) {
        if (strcmp(script_keys[i].script, script) == 0) {
            keys[0] = script_keys[i].keys[0];
            keys[1] = script_keys[i].keys[1];
            return keys[1] != NULL ? 2 : 1;
        }
    }
    return 0;
}
