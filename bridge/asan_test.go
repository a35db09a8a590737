//go:build asan

package bridge_test

// The address sanitizer keeps what is freed for a while: 256 MB by default.
const rssMargin = 300 << 20
