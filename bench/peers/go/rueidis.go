// SPDX-License-Identifier: MIT
package main

import (
	"context"
	"fmt"

	"github.com/redis/rueidis"
)

type rueidisPeer struct {
	client rueidis.Client
	sha    string
}

// Default options: it pipelines the calls of all callers.
func newRueidis(o *options) (peer, error) {
	network, address := o.server()
	option, err := rueidis.ParseURL("redis://" + address)
	if network == "unix" {
		option, err = rueidis.ParseURL("unix://" + address)
	}
	if err != nil {
		return nil, err
	}
	client, err := rueidis.NewClient(option)
	return &rueidisPeer{client, o.sha}, err
}

func (r *rueidisPeer) link(ctx context.Context, linkKey, indexKey, pod string) (string, error) {
	command := r.client.B().Evalsha().Sha1(r.sha).Numkeys(2).Key(linkKey, indexKey).Arg("game", pod, "-1").Build()
	reply, err := r.client.Do(ctx, command).AsStrSlice()
	if err != nil {
		return "", err
	}
	if len(reply) != 1 {
		return "", fmt.Errorf("the reply has %d elements", len(reply))
	}
	return reply[0], nil
}

func (r *rueidisPeer) close() {
	r.client.Close()
}
