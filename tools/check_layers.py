#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the source tree keeps its layers.

    check_layers.py [ROOT]    prints each violation as file:line: text; exit code 1 if there is one

LAYERS below is the table of layers with their ranks.

- A file in src/<layer>/ includes files of its own layer and of lower ones, named from src/ ("base/heap.h"), public
  headers except <podlink/podlink.h>, and headers from outside. Two layers of the same rank do not include each other.
- There is no circle of includes, and no circle of calls between the files of src/ (tools/call_graph.py). KNOWN_CIRCLES
  lists the circles of calls that are still allowed; a line there that is no longer a circle is a violation as well.
- Only one file calls malloc and related functions, only one reads a clock, none includes hiredis, and only those in
  OPENSSL_FILES include OpenSSL.
- The library never prints.
- cli/ and examples/ include public headers and their own, nothing from src/.
- A public header includes public headers and the C library's, nothing else.
"""

import os
import re
import sys

import call_graph

LAYERS = {'base': 0, 'sync': 1, 'resp': 2, 'net': 2, 'conn': 3, 'config': 4, 'pool': 4, 'deployment': 5, 'client': 6,
          'script': 7, 'ops': 8}

ALLOCATING_FILES = {'base/heap.c'}
CLOCK_FILES = {'base/clock.c'}
OPENSSL_FILES = {'base/sha1.c', 'net/tls.c', 'net/tls_context.c', 'net/tls_context.h'}

# Circles of calls that still have to be opened: the modules of each. This list only gets shorter.
KNOWN_CIRCLES = set()

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)

# A name after a word, "." or "->" is another function: podlink_free(), or a member of a structure.
CALL = r'(?<![\w.])(?<!->)(?:%s)\s*\('
ALLOCATES = re.compile(CALL % 'malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|getline|'
                              'posix_memalign|aligned_alloc')
READS_CLOCK = re.compile(CALL % 'clock_gettime|gettimeofday|time|timespec_get|clock')
PRINTS = re.compile(CALL % 'printf|vprintf|fprintf|vfprintf|dprintf|puts|fputs|putchar|putc|fputc|perror|psignal')

C_HEADERS = {'stddef.h', 'stdint.h', 'stdbool.h', 'stdarg.h', 'inttypes.h', 'limits.h', 'time.h', 'sys/types.h'}


def blank_comments_and_texts(text):
    """The text with comments, strings and character constants blanked; line numbers do not change. The names in
    #include "..." are kept."""
    pattern = re.compile(r'(?P<include>^[ \t]*#[ \t]*include[^\n]*)|(?P<comment>/\*.*?\*/|//[^\n]*)|'
                         r'(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>\'(?:\\.|[^\'\\\n])*\')', re.S | re.M)

    def blank(match):
        if match.group('include') is not None:
            return match.group(0)
        return re.sub(r'[^\n]', ' ', match.group(0))

    return pattern.sub(blank, text)


def line_of(text, position):
    return text.count('\n', 0, position) + 1


class Checker:
    def __init__(self, root, layers=None, known_circles=None):
        self.root = root
        self.layers = LAYERS if layers is None else layers
        self.known_circles = KNOWN_CIRCLES if known_circles is None else known_circles
        self.violations = []
        self.texts = {}    # the files of src/, named from src/, with comments and strings blanked
        self.edges = {}    # file -> [(included file, line)], named from src/

    def violation(self, file, line, what):
        self.violations.append('%s:%d: %s' % (file, line, what))

    def sources(self, folder):
        top = os.path.join(self.root, folder)
        for directory, folders, files in os.walk(top):
            folders.sort()
            for name in sorted(files):
                if name.endswith(('.c', '.h', '.cc')):
                    path = os.path.join(directory, name)
                    with open(path, encoding='utf-8') as file:
                        yield os.path.relpath(path, top).replace(os.sep, '/'), blank_comments_and_texts(file.read())

    def calls(self, shown, text, pattern, what):
        for match in pattern.finditer(text):
            self.violation(shown, line_of(text, match.start()), what % match.group(0).rstrip('( \t'))

    # ---- src/ ----

    def check_source(self, name, text):
        shown = 'src/' + name
        layer = name.split('/')[0]
        if '/' not in name:
            self.violation(shown, 1, 'is in no layer: move it to a folder of src/')
            return
        if layer not in self.layers:
            self.violation(shown, 1, 'the folder %s is not in LAYERS of tools/check_layers.py' % layer)
            return
        self.edges[name] = []
        for match in INCLUDE.finditer(text):
            line = line_of(text, match.start(1))
            if match.group(1) == '"':
                self.check_own_include(name, layer, match.group(2), line)
            else:
                self.check_system_include(name, match.group(2), line)
        if name not in ALLOCATING_FILES:
            self.calls(shown, text, ALLOCATES, '%s is called: only src/base/heap.c allocates')
        if name not in CLOCK_FILES:
            self.calls(shown, text, READS_CLOCK, '%s is called: only src/base/clock.c reads a clock')
        self.calls(shown, text, PRINTS, '%s is called: the library never prints')

    def check_own_include(self, name, layer, target, line):
        shown = 'src/' + name
        if target.startswith('podlink/'):
            self.violation(shown, line, 'write <%s>: it is a public header' % target)
            return
        other = target.split('/')[0]
        if '/' not in target or other not in self.layers:
            self.violation(shown, line, 'write the path of "%s" from src/: "layer/file.h"' % target)
            return
        self.edges[name].append((target, line))
        if other != layer and self.layers[other] >= self.layers[layer]:
            self.violation(shown, line, '%s includes "%s": %s is not below %s' % (layer, target, other, layer))

    def check_system_include(self, name, target, line):
        shown = 'src/' + name
        if target == 'podlink/podlink.h':
            self.violation(shown, line, 'includes <podlink/podlink.h>: include the headers that are used')
        elif target.startswith('hiredis/'):
            self.violation(shown, line, 'includes hiredis: only tests and benchmarks may')
        elif target.startswith('openssl/') and name not in OPENSSL_FILES:
            self.violation(shown, line, 'includes OpenSSL: only these files may: %s' % ', '.join(sorted(OPENSSL_FILES)))
        elif target == 'cmocka.h':
            self.violation(shown, line, 'includes <cmocka.h>: it is for tests')

    def check_circles_of_includes(self):
        state, path = {}, []

        def visit(name):
            state[name] = 'open'
            path.append(name)
            for target, line in self.edges.get(name, ()):
                if state.get(target) == 'open':
                    circle = path[path.index(target):] + [target]
                    self.violation('src/' + name, line, 'an include circle: ' + ' -> '.join(circle))
                elif target not in state and target in self.edges:
                    visit(target)
            path.pop()
            state[name] = 'done'

        for name in sorted(self.edges):
            if name not in state:
                visit(name)

    def check_circles_of_calls(self):
        graph = call_graph.edges(self.texts)
        found = set(call_graph.circles(graph))
        for circle in sorted(found - self.known_circles):
            self.violations.append('src/: a circle of calls: ' + '; '.join(call_graph.calls_inside(graph, circle)))
        for circle in sorted(self.known_circles - found):
            self.violations.append('tools/check_layers.py: no circle any more, remove it from KNOWN_CIRCLES: ' +
                                   ', '.join(circle))

    # ---- outside src/ ----

    def check_user(self, folder, name, text):
        """A file that may use the public API only."""
        shown = '%s/%s' % (folder, name)
        here = os.path.dirname(os.path.join(self.root, folder, name))
        for match in INCLUDE.finditer(text):
            target, line = match.group(2), line_of(text, match.start(1))
            if match.group(1) == '<':
                if target.startswith(('hiredis/', 'openssl/')):
                    self.violation(shown, line, 'includes <%s>: %s/ uses the public API only' % (target, folder))
            elif target.startswith('podlink/'):
                self.violation(shown, line, 'write <%s>: it is a public header' % target)
            elif target.split('/')[0] in self.layers or '..' in target.split('/'):
                self.violation(shown, line, 'includes "%s": %s/ uses the public API only' % (target, folder))
            elif target.endswith('.h') and not (os.path.exists(os.path.join(here, target)) or
                                                os.path.exists(os.path.join(self.root, folder, target))):
                self.violation(shown, line, 'includes "%s", which is not in %s/' % (target, folder))

    def check_public(self, name, text):
        shown = 'include/' + name
        for match in INCLUDE.finditer(text):
            target, line = match.group(2), line_of(text, match.start(1))
            if match.group(1) == '"' or not (target.startswith('podlink/') or target in C_HEADERS):
                self.violation(shown, line, 'a public header includes %s' % target)

    def run(self):
        for name, text in self.sources('src'):
            self.texts[name] = text
            self.check_source(name, text)
        self.check_circles_of_includes()
        self.check_circles_of_calls()
        for folder in ('cli', 'examples'):
            for name, text in self.sources(folder):
                self.check_user(folder, name, text)
        for name, text in self.sources('include'):
            self.check_public(name, text)
        return self.violations


def main(arguments):
    root = arguments[0] if arguments else os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
    if not os.path.isdir(os.path.join(root, 'src')):
        print('no folder src/ in ' + root)
        return 1
    violations = Checker(root).run()
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
