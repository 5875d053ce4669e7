// SPDX-License-Identifier: MIT
// The load of ../../bench_load.c with Go clients: blocking callers run the set-link script for a fixed time after a
// warm-up. Prints one JSON record.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	warming = iota
	measuring
	ending
)

type options struct {
	socket, host, peer, sha string
	port, threads, users    int
	seconds, warmup         float64
}

// Network and address for net.Dial.
func (o *options) server() (string, string) {
	if o.socket != "" {
		return "unix", o.socket
	}
	return "tcp", fmt.Sprintf("%s:%d", o.host, o.port)
}

// A peer links a user to a pod and returns the previous pod, as text. It is shared by all callers.
type peer interface {
	link(ctx context.Context, linkKey, indexKey, pod string) (string, error)
	close()
}

var peers = map[string]func(*options) (peer, error){
	"go-redis":      newGoRedis,
	"go-redis-wide": newGoRedisWide,
	"rueidis":       newRueidis,
}

type caller struct {
	peer      peer
	users     int
	phase     *atomic.Int32
	latencies histogram
}

func die(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

func readOptions() *options {
	o := &options{}
	flag.StringVar(&o.socket, "socket", "", "the server's unix socket")
	flag.StringVar(&o.host, "host", "127.0.0.1", "the server's address")
	flag.IntVar(&o.port, "port", 6379, "the server's port")
	flag.StringVar(&o.peer, "peer", "", "go-redis, go-redis-wide or rueidis")
	flag.StringVar(&o.sha, "sha", "", "SHA1 of the script")
	flag.IntVar(&o.threads, "threads", 1, "callers")
	flag.IntVar(&o.users, "users", 10000, "users")
	flag.Float64Var(&o.seconds, "seconds", 1, "duration of the measurement in seconds")
	flag.Float64Var(&o.warmup, "warmup", 0.2, "duration of the warm-up in seconds")
	flag.Parse()
	return o
}

func (c *caller) callUntilTheEnd() {
	ctx := context.Background()
	pods := [...]string{"0", "1"}
	start := time.Now()
	for i := 0; ; i++ {
		phase := c.phase.Load()
		if phase == ending {
			return
		}
		indexKey := fmt.Sprintf("sf:{bench:lk:u%012d}", rand.IntN(c.users))
		if _, err := c.peer.link(ctx, indexKey+"game", indexKey, pods[i%2]); err != nil {
			die(err)
		}
		end := time.Now()
		if phase == measuring {
			c.latencies.add(end.Sub(start))
		}
		start = end
	}
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second))
}

func run(o *options, p peer, server *serverCPU) {
	var phase atomic.Int32
	var group sync.WaitGroup
	callers := make([]caller, o.threads)
	for i := range callers {
		c := &callers[i]
		c.peer, c.users, c.phase = p, o.users, &phase
		group.Add(1)
		go func() {
			defer group.Done()
			c.callUntilTheEnd()
		}()
	}
	time.Sleep(seconds(o.warmup))
	serverBefore, clientBefore, start := server.seconds(), clientCPU(), time.Now()
	phase.Store(measuring)
	time.Sleep(seconds(o.seconds))
	phase.Store(ending)
	took, client, used := time.Since(start), clientCPU()-clientBefore, server.seconds()-serverBefore
	group.Wait()
	all := &callers[0].latencies
	for i := range callers[1:] {
		all.merge(&callers[i+1].latencies)
	}
	calls := float64(all.count)
	fmt.Printf(`{"case":"link","peer":"%s","threads":%d,"ops_per_s":%.1f,"p50_us":%.2f,"p99_us":%.2f,`+
		`"p999_us":%.2f,"client_cpu_us":%.3f,"server_cpu_us":%.3f}`+"\n", o.peer, o.threads, calls/took.Seconds(),
		all.quantileUs(0.5), all.quantileUs(0.99), all.quantileUs(0.999), 1e6*client/calls, 1e6*used/calls)
}

func main() {
	o := readOptions()
	open, known := peers[o.peer]
	if !known {
		die(fmt.Errorf("unknown peer %q", o.peer))
	}
	server, err := newServerCPU(o)
	if err != nil {
		die(err)
	}
	p, err := open(o)
	if err != nil {
		die(err)
	}
	defer p.close()
	run(o, p, server)
}
