#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""count_tests.py counts each test: test_counting.py ROOT."""

import os
import sys

ROOT = sys.argv[1]
sys.path[:0] = [os.path.join(ROOT, 'tools'), os.path.join(ROOT, 'tests', 'support')]
sys.dont_write_bytecode = True

import count_tests  # noqa: E402
import tap  # noqa: E402


def counted(output, result='OK'):
    count = count_tests.count_tap('p', output, result)
    return count.passed, len(count.failed), len(count.skipped)


def each_test_of_a_program_counts():
    assert counted('1..3\nok 1 - a\nok 2 - b\nnot ok 3 - c\n', 'FAIL') == (2, 1, 0)


def a_failure_shows_the_output_of_its_test():
    count = count_tests.count_tap('p', '1..2\nok 1 - a\nnot ok 2 - b\n# 0x1 != 0x2\n# x.c:8: error\n', 'FAIL')
    assert count.failed == ['p: b\n    0x1 != 0x2\n    x.c:8: error'], count.failed


def a_skip_shows_its_reason():
    count = count_tests.count_tap('p', '1..1\nok 1 - a # SKIP no server\n', 'SKIP')
    assert count.skipped == ['p: a (no server)'], count.skipped


def a_skip_of_cmocka_shows_the_line_before():
    count = count_tests.count_tap('p', '1..2\nok 1 - b\n# skipped: no IPv6\nnot ok 2 # SKIP a\n', 'FAIL')
    assert count.skipped == ['p: a (no IPv6)'], count.skipped
    assert count.passed == 1 and not count.failed


def a_reason_is_not_carried_to_the_next_test():
    count = count_tests.count_tap('p', '1..2\n# skipped: why\nnot ok 1 # SKIP a\nnot ok 2 # SKIP b\n', 'FAIL')
    assert count.skipped == ['p: a (why)', 'p: b (no reason given)'], count.skipped


def a_plan_of_none_is_a_skip():
    count = count_tests.count_tap('p', '1..0 # SKIP no valkey\n', 'SKIP')
    assert count.skipped == ['p: no valkey'] and not count.failed


def a_crash_after_good_tests_is_a_failure():
    assert counted('1..2\nok 1 - a\nok 2 - b\n', 'ERROR') == (2, 1, 0)


def a_program_that_ends_badly_shows_its_last_lines():
    log = 'noise\n' * 99 + 'the end\n'
    count = count_tests.count_tap('p', '1..1\nok 1 - a\n', 'ERROR', log)
    assert count.failed[0].startswith('p: the program ended with ERROR\n    noise\n'), count.failed
    assert count.failed[0].endswith('\n    the end') and count.failed[0].count('\n') == count_tests.LINES_SHOWN
    count = count_tests.count_program('p', '', 'FAIL', log)
    assert count.failed[0].endswith('\n    the end'), count.failed


def a_report_of_a_sanitizer_is_shown_from_its_start():
    report = 'WARNING: ThreadSanitizer: data race\n' + '  #0 here\n' * 99
    count = count_tests.count_tap('p', '1..1\n', 'ERROR', 'noise\n' + report)
    assert count.failed[0].startswith('p: the program ended with ERROR\n    WARNING: ThreadSanitizer'), count.failed


def a_timeout_is_a_failure():
    assert counted('1..2\nok 1 - a\n', 'TIMEOUT') == (1, 1, 0)


def a_planned_test_that_did_not_run_is_a_failure():
    assert counted('1..3\nok 1 - a\nok 2 - b\n') == (2, 1, 0)


def a_program_without_output_is_a_failure():
    assert counted('', 'SKIP') == (0, 1, 0)


def a_missing_log_is_a_failure():
    import json
    import tempfile
    with tempfile.TemporaryDirectory() as build:
        os.mkdir(os.path.join(build, 'meson-info'))
        with open(os.path.join(build, 'meson-info', 'intro-tests.json'), 'w', encoding='utf-8') as file:
            json.dump([], file)
        assert len(count_tests.count_log(build, 'testlog').failed) == 1


def a_program_without_tap_counts_once():
    count = count_tests.count_program('p', 'ok 1\nok 2\n', 'OK')
    assert (count.passed, count.failed, count.skipped) == (1, [], [])
    assert count_tests.count_program('p', '', 'TIMEOUT').failed


def a_test_is_listed_by_its_suite():
    test = {'name': 'x', 'suite': ['podlink:unit', 'podlink:more']}
    assert count_tests.suites_of(test) == {'unit', 'more'}


tap.run([value for name, value in sorted(globals().items())
         if callable(value) and getattr(value, '__module__', '') == '__main__' and name != 'counted'])
