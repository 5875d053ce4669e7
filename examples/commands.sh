#!/bin/sh
# SPDX-License-Identifier: MIT
# The command line tool with its private local server. ./dev demo prints these commands; the suite "examples" runs them.
set -eu

podlink server start                   # a private Redis; its data survive a stop
podlink state set game 0 10            # pod 0 is ready, with a load of 10
podlink state set game 1 20
podlink link compute game alice        # alice gets the best pod: 0
podlink state set game 0 10 draining   # pod 0 takes no new users
podlink link compute game bob          # bob gets pod 1
podlink link get game alice            # alice stays on pod 0
podlink link set game alice 1          # her state has moved to pod 1, so her link moves too
podlink link services alice
podlink state list game
podlink link remove game alice         # alice has left
podlink server stop
