//go:build asan

package bridge_test

const asanEnabled = true

// The sanitizer keeps what is freed for a while: 256 MB by default.
const rssMargin = 300 << 20
