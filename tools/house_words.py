# SPDX-License-Identifier: MIT
"""The words that the tree does not use, each with the term of the field that stands for it (docs/glossary.md).

check_house.py searches for them. A word that has an ordinary meaning as well is listed for identifiers only.
"""

# Parts of identifiers: "lane" is found in pl_lane_open and in lane, not in plane.
IN_IDENTIFIERS = {
    'carrier': 'transport',
    'crowd': 'waiters',
    'ending': 'cancel',
    'exchange': 'request',
    'exchanges': 'requests',
    'figures': 'stats',
    'gate': 'epoch',
    'gather': 'coalesce',
    'guard': 'fence',
    'hall': 'waitset',
    'heir': 'next_leader',
    'invocation': 'evalsha',
    'lacking': 'missing',
    'lane': 'shared_conn',
    'lanes': 'shared_conns',
    'marks': 'states',
    'loan': 'dedicated_conn',
    'loans': 'dedicated_conns',
    'observe': 'trace',
    'park': 'event',
    'parked': 'event',
    'pass': 'attempt',
    'passes': 'attempts',
    'prelude': 'on_connect',
    'rise': 'remove',
    'seat': 'index',
    'seats': 'indexes',
    'settle': 'complete',
    'settled': 'complete, done',
    'settles': 'completes',
    'sit': 'add',
    'tell': 'set',
    'tells': 'sets',
    'told': 'is_set',
    'trouble': 'outage',
    'turns': 'wait_policy',
}

# Identifiers that only look like one of those above.
ALLOWED_IDENTIFIERS = [
    r'(__)?atomic_\w*exchange\w*',  # C11
    r'\w*fork_guard\w*',
    r'\w*_H',                       # include guards name files
]

# Files in which a word has its ordinary meaning.
ALLOWED_IN = {
    'src/base/fork_guard.c': {'guard'},
    'src/base/fork_guard.h': {'guard'},
    'docs/own-scripts.md': {'seat', 'seats'},  # its example counts the seats of a room
}

# Whole identifiers, as regular expressions: their parts have ordinary meanings.
IDENTIFIERS = {
    r'\w*any_command\w*': 'user_command',
    r'\w*has_come\w*': 'is_set',
    r'\w*stands?_in(_\w+)?': 'help the leader',
    r'\w*whole_reply\w*': 'read_op',
    r'pl_announced(_\w+)?': 'peer_address',
    r'pl_exclusive(_\w+)?': 'sync_io',
    r'pl_held(_\w+)?': 'exists',
    r'pl_holding(_\w+)?': 'loaded',
    r'pl_line(_\w+)?': 'inflight',
    r'pl_list(_\w+)?': 'results',
    r'pl_look(s|_\w+)?': 'busy_poll',
    r'pl_order(_\w+)?': 'key_order',
    r'pl_part(_\w+)?': 'shard',
    r'pl_place(_\w+)?': 'entry of the in-flight queue',
    r'pl_run(_\w+)?': 'call',
    r'pl_runs(_\w+)?': 'incarnation',
    r'pl_share(_\w+)?': 'shard',
    r'pl_split(_\w+)?': 'scatter',
    r'pl_whole(_\w+)?': 'parent',
}

# Words of comments, messages and docs, as regular expressions.
IN_PROSE = {
    r'lanes?': 'shared connection',
    r'heirs?': 'next leader',
    r'halls?': 'waitset',
    r'seats?|seated': 'index in the waitset',
    r'(un)?park(s|ed|ing)?': 'event, sleep',
    r'gates?': 'epoch',
    r'crowd(s|ed)?': 'waiters',
    r'loans?': 'dedicated connection',
    r'settle[sd]?|settling': 'complete',
    r'preludes?': 'commands on connect',
    r'lacking': 'missing',
    r'invocations?': 'call, EVALSHA',
    r'troubles?': 'outage',
    r'stand(s|ing)? in for': 'replace, help',
    r'(a|the|one|this|that|each|every|another|first|second|next|last|single) pass': 'attempt',
    r'(?<!fork )(?<!include )guards?': 'fence, check',
    r'(places?|stands?) in line': 'entry of the in-flight queue',
}

# Phrases that have to be read twice.
PHRASES = {
    r'anew': 'again',
    r'who(m)?ever|whosoever': 'callers, threads that',
    r'nobody (has )?(asked|asks)( for)?': 'unsolicited',
    r'told(?! apart)': 'is reported, is set, learns',
    r'(is|are|was|were|be|been) (still |already )?at it': 'what it does',
    r'that (comes?|came) (first|last|next|later|here|in)': 'the first caller, the next thread',
    r'(those|one|ones|he|they|somebody|someone|anybody|all) who': 'callers that, threads that',
    r'(to|by|at|is|for|and|that|than) who (?!we\b)\w+': 'callers that, threads that',
    r'(?<=[/*:;.(] )who (?!we\b)\w+': 'callers that, threads that',
    r'what is no \w+': 'what is not a ...',
    r'lest': 'so that ... not',
    r'be it': 'whether',
    r'for good': 'permanently',
    r'of late': 'recently',
    r'in vain': 'without a result',
    r'all the same': 'nevertheless, still',
    r'the (longer|more|later|sooner) the': 'a sentence with "if" or "as"',
    r'thereof|thereby|therein|whereupon|wherein|hitherto|henceforth': 'plain English',
    r'but for (the|a|an|one|its|what|those)': 'except',
    r'its kin|their kin|its like|their like': 'and similar ...',
}
