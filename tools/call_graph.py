# SPDX-License-Identifier: MIT
"""The graph of calls between the modules of a C source tree, by text.

A module is a .c file and the header of the same name. Module A uses module B if a function body or an initializer of A
names a function that B defines: a call, or a function whose address is taken. Comments and strings must be blank.
The result is the same as that of `nm` on the object files, but needs no build and sees inline functions too.
"""

import re

DEFINITION = re.compile(r'^(?P<head>[A-Za-z_][^;{}()=#]*?)\b(?P<name>(?:pl|podlink)_\w+)\([^;{}]*\)\s*\{', re.M)
NAME = re.compile(r'\b(?:pl|podlink)_\w+')


def module_of(file):
    return file.rsplit('.', 1)[0]


def definitions(files):
    """The functions that other files can call, each with the modules that define it: one per variant of the build."""
    found = {}
    for file, text in files.items():
        for match in DEFINITION.finditer(text):
            if file.endswith('.h') or 'static' not in match.group('head').split():
                found.setdefault(match.group('name'), set()).add(module_of(file))
    return found


def inside_braces(text):
    """The text between braces; the rest and the preprocessor's lines are left out."""
    depth, parts = 0, []
    for line in text.split('\n'):
        if line.lstrip().startswith('#'):
            continue
        for piece in re.split(r'([{}])', line):
            depth += {'{': 1, '}': -1}.get(piece, 0)
            if depth > 0:
                parts.append(piece)
        parts.append('\n')
    return ''.join(parts)


def edges(files):
    """{module: {used module: the names of the functions}} of {file: text}."""
    defined, graph = definitions(files), {}
    for file, text in files.items():
        module = module_of(file)
        uses = graph.setdefault(module, {})
        for name in NAME.findall(inside_braces(text)):
            for other in defined.get(name, ()):
                if other != module:
                    uses.setdefault(other, set()).add(name)
    return graph


def reachable(graph, start):
    seen, queue = set(), [start]
    while queue:
        for other in graph.get(queue.pop(), ()):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return seen


def circles(graph):
    """The strongly connected components of more than one module, each as a sorted tuple."""
    reach = {module: reachable(graph, module) for module in graph}
    found = set()
    for module in graph:
        if module in reach[module]:
            found.add(tuple(sorted(other for other in reach[module] if module in reach.get(other, ()))))
    return sorted(found)


def calls_inside(graph, circle):
    """The calls that make a circle, as texts "a -> b: functions"."""
    return ['%s -> %s: %s' % (module, other, ', '.join(sorted(graph[module][other])))
            for module in circle for other in sorted(graph[module]) if other in circle]
