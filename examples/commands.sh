#!/bin/sh
# The command line tool, on its private local server. ./dev demo prints these commands; the suite examples runs them.
set -eu

podlink server start                   # a Redis of your own; its data stay when it stops
podlink state set game 0 10            # pod 0 is ready, with a load of 10
podlink state set game 1 20
podlink link compute game alice        # alice gets the best pod: 0
podlink state set game 0 10 draining   # pod 0 takes nobody new
podlink link compute game bob          # bob gets pod 1
podlink link get game alice            # alice stays where her state is
podlink link set game alice 1          # her state has moved, and so does she
podlink link services alice
podlink state list game
podlink link remove game alice        # she has gone
podlink server stop
