// Package jsonl serves the line protocol of `mtok exec`, docs/protocol.md: JSON
// Lines in both directions. Requests are read ahead, and answered in their order.
package jsonl
