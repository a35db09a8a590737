//go:build !asan

package bridge_test

// Allocators keep some of what they were given.
const rssMargin = 24 << 20
