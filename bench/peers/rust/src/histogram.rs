// SPDX-License-Identifier: MIT
//! The same as ../../../bench_histogram.c: buckets at most 0.8 % wide.

use std::time::Duration;

const STEP_BITS: u32 = 7;
const STEPS: usize = 1 << STEP_BITS;
const BUCKETS: usize = STEPS * 34;

pub struct Histogram {
    count: u64,
    buckets: Vec<u64>,
}

impl Histogram {
    pub fn new() -> Histogram {
        Histogram { count: 0, buckets: vec![0; BUCKETS] }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn add(&mut self, latency: Duration) {
        let ns = latency.as_nanos() as u64;
        let shift = (u64::BITS - ns.leading_zeros()).saturating_sub(1 + STEP_BITS);
        let bucket = shift as usize * STEPS + (ns >> shift) as usize;
        self.buckets[bucket.min(BUCKETS - 1)] += 1;
        self.count += 1;
    }

    pub fn merge(&mut self, from: &Histogram) {
        for (into, n) in self.buckets.iter_mut().zip(&from.buckets) {
            *into += n;
        }
        self.count += from.count;
    }

    pub fn quantile_us(&self, share: f64) -> f64 {
        let wanted = (share * self.count as f64).ceil() as u64;
        let mut seen = 0;
        for (i, n) in self.buckets.iter().enumerate() {
            seen += n;
            if seen >= wanted && seen > 0 {
                let shift = (i / STEPS).saturating_sub(1);
                return ((i - shift * STEPS) as f64 + 0.5) * (1_u64 << shift) as f64 / 1000.0;
            }
        }
        0.0
    }
}
