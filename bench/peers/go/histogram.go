// SPDX-License-Identifier: MIT
package main

import (
	"math"
	"math/bits"
	"time"
)

const (
	stepBits = 7
	steps    = 1 << stepBits
	buckets  = steps * 34
)

// The same as ../../bench_histogram.c: buckets at most 0.8 % wide.
type histogram struct {
	count   uint64
	buckets [buckets]uint64
}

func (h *histogram) add(latency time.Duration) {
	ns := uint64(latency)
	shift := max(0, bits.Len64(ns)-1-stepBits)
	h.buckets[min(shift*steps+int(ns>>shift), buckets-1)]++
	h.count++
}

func (h *histogram) merge(from *histogram) {
	for i, n := range from.buckets {
		h.buckets[i] += n
	}
	h.count += from.count
}

func (h *histogram) quantileUs(share float64) float64 {
	wanted := uint64(math.Ceil(share * float64(h.count)))
	seen := uint64(0)
	for i, n := range h.buckets {
		seen += n
		if seen >= wanted && seen > 0 {
			shift := max(0, i/steps-1)
			return (float64(i-shift*steps) + 0.5) * float64(uint64(1)<<shift) / 1000
		}
	}
	return 0
}
