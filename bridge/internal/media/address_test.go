package media

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPublic(t *testing.T) {
	for _, tt := range []struct {
		name, address string
		want          bool
	}{
		{"a public host", "93.184.216.34", true},
		{"a public host, IPv6", "2606:2800:220:1::1", true},
		{"below 100.64", "100.63.255.255", true},
		{"above 100.64/10", "100.128.0.0", true},
		{"loopback", "127.0.0.1", false},
		{"loopback, IPv6", "::1", false},
		{"loopback in IPv6", "::ffff:127.0.0.1", false},
		{"private 10", "10.0.0.1", false},
		{"private 172.16", "172.31.255.255", false},
		{"private 192.168", "192.168.0.1", false},
		{"private, IPv6", "fd00::1", false},
		{"private in IPv6", "::ffff:10.0.0.1", false},
		{"metadata of a cloud", "169.254.169.254", false},
		{"link local, IPv6, with a zone", "fe80::1%eth0", false},
		{"site local", "fec0::1", false},
		{"carriers", "100.64.0.1", false},
		{"this network", "0.1.2.3", false},
		{"unspecified", "0.0.0.0", false},
		{"unspecified, IPv6", "::", false},
		{"broadcast", "255.255.255.255", false},
		{"multicast", "224.0.0.1", false},
		{"multicast, IPv6", "ff02::1", false},
		{"protocol assignments", "192.0.0.8", false},
		{"documentation", "203.0.113.9", false},
		{"documentation, IPv6", "2001:db8::1", false},
		{"measurements", "198.19.0.1", false},
		{"IPv4 behind NAT64", "64:ff9b::7f00:1", false},
		{"IPv4 in 6to4", "2002:7f00:1::", false},
		{"Teredo", "2001::1", false},
		{"IPv4-compatible", "::7f00:1", false},
		{"discard only", "100::1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, Public(netip.MustParseAddr(tt.address)), tt.address)
		})
	}
	assert.False(t, Public(netip.Addr{}), "none")
}
