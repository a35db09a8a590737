package main

import (
	"fmt"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// summary says problems in a few lines: what is the same of many files of a
// directory, or of many packages, is said once, with the first three.
func summary(all []bridge.Problem) []string {
	const show = 3
	type kind struct{ subject, path, what string }
	var order []kind
	names := map[kind][]string{}
	for _, f := range all {
		k := kind{subject: f.Subject}
		name := f.Text
		switch file, what, ok := cutLast(f.Text, ": "); {
		case f.Subject == "files" && ok:
			k.path, k.what, name = f.Path, what, file
		case f.Path != "":
			name = f.Path + ": " + f.Text
		}
		if names[k] == nil {
			order = append(order, k)
		}
		names[k] = append(names[k], name)
	}
	var lines []string
	for _, k := range order {
		these := names[k]
		switch {
		case k.what != "" && len(these) > show:
			lines = append(lines, fmt.Sprintf("%s %s: %d files %s: %s, …", k.subject, k.path, len(these), k.what, strings.Join(these[:show], ", ")))
		case k.what != "":
			for _, name := range these {
				lines = append(lines, fmt.Sprintf("%s %s: %s: %s", k.subject, k.path, name, k.what))
			}
		default:
			for _, name := range these[:min(show, len(these))] {
				lines = append(lines, k.subject+" "+name)
			}
			if more := len(these) - show; more > 0 {
				lines = append(lines, fmt.Sprintf("%s: and %d more", k.subject, more))
			}
		}
	}
	return lines
}

func cutLast(s, sep string) (before, after string, found bool) {
	at := strings.LastIndex(s, sep)
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+len(sep):], true
}
