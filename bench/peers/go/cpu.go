// SPDX-License-Identifier: MIT
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// CPU seconds of this process, user and system.
func clientCPU() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		die(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// CPU time of the server, read over a separate connection.
type serverCPU struct {
	conn   net.Conn
	reader *bufio.Reader
}

func newServerCPU(o *options) (*serverCPU, error) {
	network, address := o.server()
	conn, err := net.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return &serverCPU{conn, bufio.NewReader(conn)}, nil
}

func (s *serverCPU) info() (string, error) {
	if _, err := s.conn.Write([]byte("INFO cpu\r\n")); err != nil {
		return "", err
	}
	head, err := s.reader.ReadString('\n')
	if err != nil {
		return "", err
	}
	length, err := strconv.Atoi(strings.Trim(head, "$\r\n"))
	if err != nil {
		return "", fmt.Errorf("INFO cpu: %s", head)
	}
	text := make([]byte, length+2)
	_, err = io.ReadFull(s.reader, text)
	return string(text), err
}

func (s *serverCPU) seconds() float64 {
	text, err := s.info()
	if err != nil {
		die(err)
	}
	total := 0.0
	for _, line := range strings.Fields(text) {
		name, value, _ := strings.Cut(line, ":")
		if name == "used_cpu_user" || name == "used_cpu_sys" {
			used, err := strconv.ParseFloat(value, 64)
			if err != nil {
				die(err)
			}
			total += used
		}
	}
	return total
}
