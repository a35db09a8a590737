//go:build !linux

package server

import (
	"math"
	"net"
)

// Elsewhere than on Linux there is no Python to serve, see bridge.ErrUnsupported: here the package only builds.

const endOfInput = 0

func sendByte(uintptr, byte) bool { return false }

func keepLittle(net.Conn) {}

func mostFiles() int64 { return math.MaxInt64 / 8 }

func unsent(net.Conn) int { return 0 }

func awaitEvents(net.Conn, int16) error { return nil }
