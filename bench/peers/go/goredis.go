// SPDX-License-Identifier: MIT
package main

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

type goRedis struct {
	client *redis.Client
	sha    string
}

// Default options: a pool of 10 connections per processor.
func newGoRedis(o *options) (peer, error) {
	return newGoRedisPool(o, 0)
}

// A pool with one connection per caller, so that no caller waits for one.
func newGoRedisWide(o *options) (peer, error) {
	return newGoRedisPool(o, o.threads)
}

func newGoRedisPool(o *options, size int) (peer, error) {
	network, address := o.server()
	client := redis.NewClient(&redis.Options{Network: network, Addr: address, PoolSize: size})
	return &goRedis{client, o.sha}, client.Ping(context.Background()).Err()
}

func (g *goRedis) link(ctx context.Context, linkKey, indexKey, pod string) (string, error) {
	reply, err := g.client.EvalSha(ctx, g.sha, []string{linkKey, indexKey}, "game", pod, "-1").StringSlice()
	if err != nil {
		return "", err
	}
	if len(reply) != 1 {
		return "", fmt.Errorf("the reply has %d elements", len(reply))
	}
	return reply[0], nil
}

func (g *goRedis) close() {
	g.client.Close()
}
