# SPDX-License-Identifier: MIT
"""Runs test functions and prints their results in TAP: run([a_test, ...]). A test fails if it raises."""

import sys
import traceback


def run(tests):
    print('1..%d' % len(tests), flush=True)
    failed = False
    for number, test in enumerate(tests, 1):
        name = test.__name__
        try:
            test()
            print('ok %d - %s' % (number, name), flush=True)
        except BaseException:  # a test that exits is a failed one
            failed = True
            for line in traceback.format_exc().splitlines():
                print('# ' + line)
            print('not ok %d - %s' % (number, name), flush=True)
    sys.exit(1 if failed else 0)
