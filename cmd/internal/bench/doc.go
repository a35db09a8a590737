// Package bench measures the bridge against the plain Python call, in one
// process and one run: the two are called in turn, and what is quoted is medians
// and their ratio. Every request has a text that was not seen before, except
// where a case says otherwise.
package bench
