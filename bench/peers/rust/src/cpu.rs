// SPDX-License-Identifier: MIT
//! CPU time of this process and of the server.

use crate::options::{die, Options};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

/// CPU seconds of this process, user and system.
pub fn client_s() -> f64 {
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    // SAFETY: getrusage writes to the struct that it is given.
    let usage = unsafe {
        let mut usage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A separate connection to the server.
pub struct Server(BufReader<Box<dyn Stream>>);

impl Server {
    pub fn connect(options: &Options) -> Server {
        let stream: std::io::Result<Box<dyn Stream>> = match &options.socket {
            Some(path) => UnixStream::connect(path).map(|stream| Box::new(stream) as _),
            None => TcpStream::connect((options.host.as_str(), options.port)).map(|stream| Box::new(stream) as _),
        };
        Server(BufReader::new(stream.unwrap_or_else(|error| die(&error.to_string()))))
    }

    fn info(&mut self) -> std::io::Result<String> {
        let mut head = String::new();
        self.0.get_mut().write_all(b"INFO cpu\r\n")?;
        self.0.read_line(&mut head)?;
        let length: usize = head.trim_matches(['$', '\r', '\n']).parse().unwrap_or_else(|_| die(&head));
        let mut text = vec![0; length + 2];
        self.0.read_exact(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// CPU seconds of the server since its start, user and system.
    pub fn cpu_s(&mut self) -> f64 {
        let text = self.info().unwrap_or_else(|error| die(&error.to_string()));
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(name, _)| ["used_cpu_user", "used_cpu_sys"].contains(name))
            .map(|(_, value)| value.trim().parse::<f64>().unwrap_or_else(|_| die(value)))
            .sum()
    }
}
