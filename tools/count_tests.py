#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the single tests in the logs of `meson test`, and lists what failed and what was skipped, with the reason.

    count_tests.py NAME=BUILD:LOG... [--not-run=REASON...]   counts BUILD/meson-logs/LOG.json; the last line is
                                                             "N passed, N failed, N skipped"; exit code 1 if one failed
    count_tests.py --suites BUILD                            the names of the suites of a build
    count_tests.py --tests BUILD SUITE...                    the names of the tests in these suites, one a line

Each test of a program with TAP output counts; a program without TAP output counts once. A program counts as one more
failure if it ends with an error although its tests passed (a crash after the last one, a leak), if it ran fewer tests
than planned, or if it ran none without a reason. A missing log is a failure: the stage did not run.

The reason for a skip follows "# SKIP". skip() of cmocka takes no reason, so these tests print it in a line before:
"# skipped: REASON". What cmocka 1.1 prints for a skip ("not ok 2 # SKIP name") counts as a skip.
"""

import json
import os
import re
import sys

BAD = {'FAIL', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS', 'ERROR'}
TEST = re.compile(r'(not )?ok\b\s*([0-9]+)?\s*-?\s*([^#]*)(?:#\s*(SKIP|TODO)\S*\s*(.*))?$', re.I)
PLAN = re.compile(r'1\.\.([0-9]+)\s*(?:#\s*SKIP\S*\s*(.*))?$', re.I)
REASON = re.compile(r'#\s*skipped:\s*(.*)$', re.I)


REPORT = re.compile(r'(WARNING|ERROR): \w+Sanitizer|runtime error:')

LINES_SHOWN = 40  # of the output of a failed test, or of a program that ended with an error


class Count:
    def __init__(self):
        self.passed = 0
        self.failed = []   # what; further lines are the test's own words
        self.skipped = []  # what and why

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def text(self):
        return '%d passed, %d failed, %d skipped' % (self.passed, len(self.failed), len(self.skipped))


def words_around(lines, at):
    """The comments after the line of a test, as cmocka writes them; if there are none, those before it."""
    first, last = at, at + 1
    while first > 0 and lines[first - 1].startswith('#'):
        first -= 1
    while last < len(lines) and lines[last].startswith('#'):
        last += 1
    words = lines[at + 1:last] or lines[first:at]
    return ''.join('\n    ' + line[1:].strip() for line in words[-LINES_SHOWN:])


def last_words(errors):
    """The last lines of a program that ended with an error, or the first lines of a sanitizer's report."""
    lines = errors.rstrip().splitlines()
    reports = [at for at, line in enumerate(lines) if REPORT.search(line)]
    words = lines[reports[0]:][:LINES_SHOWN] if reports else lines[-LINES_SHOWN:]
    return ''.join('\n    ' + line for line in words)


def count_tap(name, output, result, errors=''):
    """The tests of one program that speaks TAP; `result` is what meson thinks of the program, `errors` its stderr."""
    count, planned, seen, reason, skipped_as_failed = Count(), None, 0, '', False
    lines = [line.rstrip() for line in output.splitlines()]
    for at, line in enumerate(lines):
        told = REASON.match(line)
        plan = PLAN.match(line)
        test = TEST.match(line)
        if told:
            reason = told.group(1)
        elif plan:
            planned = int(plan.group(1))
            if planned == 0:
                count.skipped.append('%s: %s' % (name, plan.group(2) or reason or 'no reason given'))
        elif test:
            seen += 1
            title, told_after = test.group(3).strip(), (test.group(5) or '').strip()
            directive = (test.group(4) or '').upper()
            if directive == 'SKIP' and not title and (test.group(1) or reason):
                title, told_after = told_after, ''  # cmocka says "not ok 2 # SKIP name"
            what = '%s: %s' % (name, title or 'test %d' % seen)
            if directive == 'SKIP':
                count.skipped.append('%s (%s)' % (what, told_after or reason or 'no reason given'))
                skipped_as_failed = skipped_as_failed or bool(test.group(1))
            elif test.group(1) and directive != 'TODO':
                count.failed.append(what + words_around(lines, at))
            else:
                count.passed += 1
            reason = ''
    if result == 'FAIL' and skipped_as_failed:
        result = 'OK'  # meson takes "not ok # SKIP" for a failure; a bad exit code would be an ERROR
    if result in BAD and not count.failed:
        count.failed.append('%s: the program ended with %s%s' % (name, result, last_words(errors)))
    elif planned is None and not count.failed:
        count.failed.append('%s: no test was run' % name)
    elif planned is not None and seen < planned and result not in BAD:
        count.failed.append('%s: %d of %d tests were run' % (name, seen, planned))
    return count


def count_program(name, output, result, errors=''):
    count = Count()
    if result in BAD:
        count.failed.append('%s: %s%s' % (name, result, last_words(errors)))
    elif result == 'SKIP':
        lines = [line for line in output.splitlines() if line.strip()]
        count.skipped.append('%s (%s)' % (name, lines[-1].strip() if lines else 'no reason given'))
    else:
        count.passed += 1
    return count


def tests_of(build):
    with open(os.path.join(build, 'meson-info', 'intro-tests.json'), encoding='utf-8') as file:
        return json.load(file)


def suites_of(test):
    """The suites of a test; meson writes "project:suite"."""
    return {suite.split(':', 1)[-1] for suite in test['suite']}


def base_name(name):
    """meson logs "project:suite / test"; the name of a test can contain slashes and colons."""
    return name.split(' / ', 1)[-1]


def count_log(build, log):
    protocols = {test['name']: test['protocol'] for test in tests_of(build)}
    path = os.path.join(build, 'meson-logs', log + '.json')
    total = Count()
    if not os.path.exists(path):
        total.failed.append('nothing was run: there is no %s' % path)
        return total
    with open(path, encoding='utf-8', errors='replace') as file:
        for line in file:
            run = json.loads(line)
            count = count_tap if protocols.get(base_name(run['name'])) == 'tap' else count_program
            total.add(count(base_name(run['name']), run.get('stdout') or '', run['result'], run.get('stderr') or ''))
    return total


def main(arguments):
    if len(arguments) == 2 and arguments[0] == '--suites':
        print(' '.join(sorted(set().union(*map(suites_of, tests_of(arguments[1]))))))
        return 0
    if len(arguments) > 2 and arguments[0] == '--tests':
        wanted = set(arguments[2:])
        print('\n'.join(test['name'] for test in tests_of(arguments[1]) if suites_of(test) & wanted))
        return 0
    total = Count()
    print('== results')
    for argument in arguments:
        if argument.startswith('--not-run='):
            total.skipped.append(argument[len('--not-run='):])
            continue
        name, rest = argument.split('=', 1)
        build, log = rest.rsplit(':', 1)
        count = count_log(build, log)
        print('  %-10s %s' % (name, count.text()))
        count.failed = ['%s: %s' % (name, what) for what in count.failed]
        count.skipped = ['%s: %s' % (name, what) for what in count.skipped]
        total.add(count)
    for what in total.skipped:
        print('skipped: ' + what)
    for what in total.failed:
        print('FAILED: ' + what)
    if not total.passed and not total.failed:
        total.failed.append('nothing was run')
        print('FAILED: nothing was run')
    print(total.text())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
