// SPDX-License-Identifier: MIT
//! The command line of all benchmark programs.

use std::str::FromStr;

pub struct Options {
    pub socket: Option<String>,
    pub host: String,
    pub port: u16,
    pub peer: String,
    pub sha: String,
    pub threads: u64,
    pub users: u64,
    pub seconds: f64,
    pub warmup: f64,
}

pub fn die(why: &str) -> ! {
    eprintln!("bench: {why}");
    std::process::exit(1);
}

fn parse<T: FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| die(&format!("'{text}' is not a number")))
}

impl Options {
    pub fn read() -> Options {
        let mut options = Options {
            socket: None,
            host: "127.0.0.1".into(),
            port: 6379,
            peer: String::new(),
            sha: String::new(),
            threads: 1,
            users: 10000,
            seconds: 1.0,
            warmup: 0.2,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().unwrap_or_else(|| die(&format!("{name} needs a value")));
            options.take(&name, value);
        }
        options
    }

    fn take(&mut self, name: &str, value: String) {
        match name {
            "--socket" => self.socket = Some(value),
            "--host" => self.host = value,
            "--port" => self.port = parse(&value),
            "--peer" => self.peer = value,
            "--sha" => self.sha = value,
            "--threads" => self.threads = parse(&value),
            "--users" => self.users = parse(&value),
            "--seconds" => self.seconds = parse(&value),
            "--warmup" => self.warmup = parse(&value),
            _ => die(&format!("unknown option {name}")),
        }
    }

    pub fn url(&self) -> String {
        match &self.socket {
            Some(path) => format!("redis+unix://{path}"),
            None => format!("redis://{}:{}", self.host, self.port),
        }
    }
}
