package main

import (
	"bytes"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge"
	"github.com/mistralbridge/mistralbridge/bridge"
)

// versions are what this program is made of. Python is there only when requested.
type versions struct {
	Program string            `json:"program"`
	Go      string            `json:"go"`
	Codec   int               `json:"codec"`
	Lock    map[string]string `json:"lock"`
	Python  *bridge.Info      `json:"python,omitempty"`
}

func newVersion(s streams, env *envFlags) *cobra.Command {
	var asJSON, withPython bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of this program and of what it runs",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := versions{Program: programVersion(), Go: runtime.Version(), Codec: bridge.CodecVersion, Lock: lockVersions()}
			if withPython {
				rt, done, err := env.open(cmd.Context(), s)
				if err != nil {
					return err
				}
				defer done()
				info := rt.Info()
				v.Python = &info
			}
			if asJSON {
				return printJSON(s.out, v)
			}
			p := &printer{w: s.out}
			p.line("mtok %s (%s, codec %d)", v.Program, v.Go, v.Codec)
			for _, name := range slices.Sorted(maps.Keys(v.Lock)) {
				p.line("%s %s", name, v.Lock[name])
			}
			if i := v.Python; i != nil {
				p.line("python %s (%s, from %s)", i.Python, i.Executable, i.Source)
				for _, name := range slices.Sorted(maps.Keys(i.Packages)) {
					if i.Packages[name] != v.Lock[name] {
						p.line("installed instead: %s %s", name, i.Packages[name])
					}
				}
			}
			return p.err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	cmd.Flags().BoolVar(&withPython, "python-info", false, "start the Python too and list what is installed in it")
	return cmd
}

// version is set by the linker in releases: the output of git describe for their commit.
var version string

func programVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// lockVersions reads the lock: lines of the form name==version, and others.
func lockVersions() map[string]string {
	lock := map[string]string{}
	for line := range bytes.Lines(mistralbridge.Requirements) {
		name, rest, ok := strings.Cut(string(line), "==")
		if !ok || strings.ContainsAny(name, " #\t") {
			continue
		}
		name, _, _ = strings.Cut(name, "[")
		lock[name] = strings.Fields(rest)[0]
	}
	return lock
}
