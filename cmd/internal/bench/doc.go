// Package bench measures the bridge against the plain Python call, in one process
// and one run: it calls the two in turn, and reports medians and their ratio. Every
// request has a new text, unless a case says otherwise.
package bench
