// SPDX-License-Identifier: MIT
//! The load of ../../../bench_load.c with redis-rs: blocking callers share a multiplexed connection and run the
//! set-link script for a fixed time after a warm-up. Prints one JSON record.

mod cpu;
mod histogram;
mod options;

use histogram::Histogram;
use options::Options;
use redis::aio::MultiplexedConnection;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Runtime};

const WARMING: u8 = 0;
const MEASURING: u8 = 1;
const ENDING: u8 = 2;

struct Caller<'a> {
    runtime: Handle,
    connection: MultiplexedConnection,
    options: &'a Options,
    phase: &'a AtomicU8,
    random: u64,
}

impl Caller<'_> {
    fn next_user(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % self.options.users
    }

    fn link(&mut self, user: u64, pod: &str) -> String {
        let index_key = format!("sf:{{bench:lk:u{user:012}}}");
        let link_key = format!("{index_key}game");
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.options.sha).arg(2).arg(&link_key).arg(&index_key).arg("game").arg(pod).arg("-1");
        let reply: Result<Vec<String>, _> = self.runtime.block_on(command.query_async(&mut self.connection));
        let mut previous = reply.unwrap_or_else(|error| options::die(&error.to_string()));
        previous.pop().unwrap_or_else(|| options::die("the reply is empty"))
    }

    fn call_until_the_end(mut self) -> Histogram {
        let mut latencies = Histogram::new();
        let mut start = Instant::now();
        for pod in ["0", "1"].into_iter().cycle() {
            let phase = self.phase.load(Ordering::Relaxed);
            if phase == ENDING {
                break;
            }
            let user = self.next_user();
            self.link(user, pod);
            let end = Instant::now();
            if phase == MEASURING {
                latencies.add(end - start);
            }
            start = end;
        }
        latencies
    }
}

fn connect(runtime: &Runtime, options: &Options) -> MultiplexedConnection {
    let client = redis::Client::open(options.url()).unwrap_or_else(|error| options::die(&error.to_string()));
    let connection = runtime.block_on(client.get_multiplexed_async_connection());
    connection.unwrap_or_else(|error| options::die(&error.to_string()))
}

fn run(options: &Options, runtime: &Runtime) {
    let connection = connect(runtime, options);
    let mut server = cpu::Server::connect(options);
    let phase = AtomicU8::new(WARMING);
    let mut all = Histogram::new();
    let (mut took, mut client_s, mut server_s) = (0.0, 0.0, 0.0);
    thread::scope(|scope| {
        let callers: Vec<_> = (1..=options.threads)
            .map(|i| Caller {
                runtime: runtime.handle().clone(),
                connection: connection.clone(),
                options,
                phase: &phase,
                random: 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(i),
            })
            .map(|caller| scope.spawn(|| caller.call_until_the_end()))
            .collect();
        thread::sleep(Duration::from_secs_f64(options.warmup));
        let (server_before, client_before, start) = (server.cpu_s(), cpu::client_s(), Instant::now());
        phase.store(MEASURING, Ordering::Relaxed);
        thread::sleep(Duration::from_secs_f64(options.seconds));
        phase.store(ENDING, Ordering::Relaxed);
        took = start.elapsed().as_secs_f64();
        client_s = cpu::client_s() - client_before;
        server_s = server.cpu_s() - server_before;
        for caller in callers {
            all.merge(&caller.join().expect("a caller panicked"));
        }
    });
    let calls = all.count() as f64;
    println!(
        "{{\"case\":\"link\",\"peer\":\"{}\",\"threads\":{},\"ops_per_s\":{:.1},\"p50_us\":{:.2},\"p99_us\":{:.2},\
         \"p999_us\":{:.2},\"client_cpu_us\":{:.3},\"server_cpu_us\":{:.3}}}",
        options.peer,
        options.threads,
        calls / took,
        all.quantile_us(0.5),
        all.quantile_us(0.99),
        all.quantile_us(0.999),
        1e6 * client_s / calls,
        1e6 * server_s / calls
    );
}

fn main() {
    let options = Options::read();
    let runtime = Runtime::new().expect("no runtime");
    run(&options, &runtime);
}
