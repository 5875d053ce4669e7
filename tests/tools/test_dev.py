#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The suites and tests that ./dev names exist: test_dev.py ROOT BUILD."""

import os
import re
import shlex
import subprocess
import sys

ROOT, BUILD = sys.argv[1:]
sys.path[:0] = [os.path.join(ROOT, 'tools'), os.path.join(ROOT, 'tests', 'support')]
sys.dont_write_bytecode = True

import count_tests  # noqa: E402
import tap  # noqa: E402

TESTS = count_tests.tests_of(BUILD)
SUITES = set().union(*map(count_tests.suites_of, TESTS))


def words_of(variable):
    """The words of a variable, or array, that is set at the start of a line of ./dev."""
    with open(os.path.join(ROOT, 'dev'), encoding='utf-8') as file:
        value = re.search(r"^%s=(?:'([^']*)'|\(([^)]*)\))$" % variable, file.read(), re.M)
    return shlex.split(value.group(1) or value.group(2))


def each_suite_that_dev_names_exists():
    for variable in ('SUITES_FILES', 'SUITES_THREADS', 'SUITES_VALGRIND', 'SUITES_SERVERS', 'QUICK_SUITES'):
        unknown = set(words_of(variable)) - SUITES
        assert not unknown, '%s: %s' % (variable, unknown)


def each_test_of_the_quick_run_exists():
    unknown = set(words_of('QUICK_TESTS')) - {test['name'] for test in TESTS}
    assert not unknown, unknown


def the_quick_run_lists_no_test_twice():
    in_suites = {test['name'] for test in TESTS if count_tests.suites_of(test) & set(words_of('QUICK_SUITES'))}
    assert in_suites and not in_suites & set(words_of('QUICK_TESTS'))


def an_unknown_verb_is_an_error():
    result = subprocess.run([os.path.join(ROOT, 'dev'), 'tset'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert result.returncode == 1 and b'there is no verb tset' in result.stderr


tap.run([value for name, value in sorted(globals().items())
         if callable(value) and getattr(value, '__module__', '') == '__main__' and name != 'words_of'])
