//go:build !asan

package bridge_test

const asanEnabled = false

// Allocators keep some of what they were given.
const rssMargin = 24 << 20
