#!/usr/bin/env python3
"""Checks that the source tree keeps its layers.

    check_layers.py [ROOT]    prints each violation as file:line: what; exit code 1 if there is one

    cli -> link -> script -> client -> { pool, topology } -> conn -> { resp, net } -> base

- A file in src/<layer>/ includes files of its own layer and of lower ones, named from src/ ("base/heap.h"), the public
  headers but for <podlink/podlink.h>, and what it needs from outside. Of two layers in braces neither sees the other.
- No include leads back to where it came from.
- Only one file calls malloc and its kin, only one reads a clock, only one includes hiredis, and only those that TLS and
  SHA1 live in include OpenSSL.
- The library never prints.
- cli/ and examples/ include public headers and their own, nothing from src/.
- A public header includes public headers and the C library's, nothing else.
"""

import os
import re
import sys

LAYERS = {'base': 0, 'resp': 1, 'net': 1, 'conn': 2, 'pool': 3, 'topology': 3, 'client': 4, 'script': 5, 'link': 6}

ALLOCATING_FILES = {'base/heap.c'}
CLOCK_FILES = {'base/clock.c'}
OPENSSL_FILES = {'base/sha1.c', 'net/tls.c', 'net/tls_context.c', 'net/tls_context.h'}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)

# Not after a word, "." or "->": a member of that name is called, or podlink_free().
CALL = r'(?<![\w.])(?<!->)(?:%s)\s*\('
ALLOCATES = re.compile(CALL % 'malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|getline|'
                              'posix_memalign|aligned_alloc')
READS_CLOCK = re.compile(CALL % 'clock_gettime|gettimeofday|time|timespec_get|clock')
PRINTS = re.compile(CALL % 'printf|vprintf|fprintf|vfprintf|dprintf|puts|fputs|putchar|putc|fputc|perror|psignal')

C_HEADERS = {'stddef.h', 'stdint.h', 'stdbool.h', 'stdarg.h', 'inttypes.h', 'limits.h', 'time.h', 'sys/types.h'}


def blank_comments_and_texts(text):
    """The text with comments, and the inside of string and character constants, blank; lines stay where they are. The
    names in #include "..." are kept."""
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
    def __init__(self, root):
        self.root = root
        self.violations = []
        self.edges = {}    # file -> [(included file, line)], named from src/
        self.hiredis = []  # files that include it

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
            self.violation(shown, 1, 'stands in no layer: it belongs into a folder of src/')
            return
        if layer not in LAYERS:
            self.violation(shown, 1, 'the folder %s is no layer' % layer)
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
            self.violation(shown, line, 'say <%s>: it is a public header' % target)
            return
        other = target.split('/')[0]
        if '/' not in target or other not in LAYERS:
            self.violation(shown, line, 'say where "%s" stands, from src/: "layer/file.h"' % target)
            return
        self.edges[name].append((target, line))
        if other != layer and LAYERS[other] >= LAYERS[layer]:
            self.violation(shown, line, '%s includes "%s": %s is not below %s' % (layer, target, other, layer))

    def check_system_include(self, name, target, line):
        shown = 'src/' + name
        if target == 'podlink/podlink.h':
            self.violation(shown, line, 'includes <podlink/podlink.h>: name the header that is used')
        elif target.startswith('hiredis/'):
            self.hiredis.append((name, line))
        elif target.startswith('openssl/') and name not in OPENSSL_FILES:
            self.violation(shown, line, 'includes OpenSSL: only %s do' % ' and '.join(sorted(OPENSSL_FILES)))
        elif target == 'cmocka.h':
            self.violation(shown, line, 'includes <cmocka.h>: it is for tests')

    def check_hiredis(self):
        files = sorted({name for name, _ in self.hiredis})
        for name, line in self.hiredis:
            if len(files) > 1:
                self.violation('src/' + name, line,
                               'includes hiredis, and so do others: %s' % ', '.join(f for f in files if f != name))

    def check_circles(self):
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

    # ---- outside src/ ----

    def check_user(self, folder, name, text):
        """A file that may only use what every user has."""
        shown = '%s/%s' % (folder, name)
        here = os.path.dirname(os.path.join(self.root, folder, name))
        for match in INCLUDE.finditer(text):
            target, line = match.group(2), line_of(text, match.start(1))
            if match.group(1) == '<':
                if target.startswith(('hiredis/', 'openssl/')):
                    self.violation(shown, line, 'includes <%s>: %s/ uses the public API alone' % (target, folder))
            elif target.startswith('podlink/'):
                self.violation(shown, line, 'say <%s>: it is a public header' % target)
            elif target.split('/')[0] in LAYERS or '..' in target.split('/'):
                self.violation(shown, line, 'includes "%s": %s/ uses the public API alone' % (target, folder))
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
            self.check_source(name, text)
        self.check_hiredis()
        self.check_circles()
        for folder in ('cli', 'examples'):
            for name, text in self.sources(folder):
                self.check_user(folder, name, text)
        for name, text in self.sources('include'):
            self.check_public(name, text)
        return self.violations


def main(arguments):
    root = arguments[0] if arguments else os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
    if not os.path.isdir(os.path.join(root, 'src')):
        print('there is no src/ in ' + root)
        return 1
    violations = Checker(root).run()
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
