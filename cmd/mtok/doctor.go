package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// diagnosis is what doctor prints.
type diagnosis struct {
	OK          bool                `json:"ok"`
	Environment *bridge.Environment `json:"environment"`
	Tried       []bridge.Attempt    `json:"tried"`
	Others      []other             `json:"others"` // the environments beside the default one
	Shortcuts   []string            `json:"shortcuts"`
	Problems    []bridge.Problem    `json:"problems"`
	Ignored     []string            `json:"ignored,omitempty"` // variables that the embedded Python does not take over
	Free        []bridge.CacheEntry `json:"free,omitempty"`    // what mtok cache prune would remove
	Error       string              `json:"error,omitempty"`
}

// managed is the source of an environment that the command builds.
const managed = "managed"

func newDoctor(s streams, env *envFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say which Python would be used, and whether all is well with it",
		Long: `doctor looks for the Python that every other command would use, lists what else
it looked at and why that would not do, and examines the one it found: versions,
the library to embed, and the hash of every file of a managed environment. It
builds nothing, but for unpacking what MTOK_BUNDLE names, and uses no network. Exit code 3: no command can run, or something
that it names does not work as it should.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := diagnosis{Tried: []bridge.Attempt{}, Problems: []bridge.Problem{}}
			found, err := bridge.FindEnvironment(cmd.Context(), append(env.options(s), bridge.WithOffline())...)
			if err == nil {
				d.Environment = found
				d.Tried = append(d.Tried, found.Tried...)
				var problems []bridge.Problem
				problems, err = found.Verify(cmd.Context())
				d.Problems = append(d.Problems, problems...)
			} else {
				d.Tried = append(d.Tried, bridge.Tried(err)...)
			}
			if err == nil {
				d.Shortcuts, err = examineShortcuts(cmd.Context(), env, s)
			}
			d.Others = examineOthers(cmd.Context(), env, s)
			d.Ignored = bridge.IgnoredVariables()
			d.Free, _ = bridge.PruneCache(cmd.Context(), true, env.cacheOptions(s)...) // of a cache that cannot be read nothing
			d.OK = err == nil && len(d.Problems) == 0
			if err != nil {
				d.Error = err.Error()
			}
			if asJSON {
				if err := printJSON(s.out, d); err != nil {
					return err
				}
			} else if err := d.print(s.out); err != nil {
				return err
			}
			if !d.OK {
				return environmentError{errQuiet}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the same as JSON")
	return cmd
}

func (d *diagnosis) print(w io.Writer) error {
	p := &printer{w: w}
	if e := d.Environment; e != nil {
		p.line("python     %s (Python %s, from %s)", e.Executable, e.Version, e.Source)
		p.line("library    %s", e.Library)
		if !bridge.Embeddable() {
			p.line("runs in    a worker process: this program was built without cgo")
		}
		if e.Dir != "" {
			p.line("directory  %s", e.Dir)
		}
		for _, name := range slices.Sorted(maps.Keys(e.Packages)) {
			p.line("package    %s %s", name, e.Packages[name])
		}
		for _, name := range slices.Sorted(maps.Keys(e.ImportErrors)) {
			p.line("✗ package  %s: %s", name, e.ImportErrors[name])
		}
		if d.Shortcuts != nil {
			p.line("shortcuts  %s", shortcutLine(d.Shortcuts))
		}
		for _, c := range d.Tried {
			p.line("passed by  %s %s: %s", c.Source, c.Path, c.Reason)
		}
	}
	for _, o := range d.Others {
		p.line("%s", o)
	}
	if len(d.Ignored) > 0 {
		p.line("ignored    %s: the embedded Python takes none of these over; what it is to import has to be installed beside it", strings.Join(d.Ignored, ", "))
	}
	if len(d.Free) > 0 {
		p.line("cache      %s could be freed: `mtok cache prune`", megabytes(total(d.Free)))
	}
	for _, line := range summary(d.Problems) {
		p.line("✗ %s", line)
	}
	switch {
	case d.OK:
		p.line("✓ all is well")
	case d.Error != "":
		p.line("✗ %s", d.Error)
	case d.Environment != nil && d.Environment.Source != managed:
		p.line("This Python is yours, and yours to mend: install what is missing or too old there. --json lists everything.")
	default:
		p.line("To repair a managed environment, delete its directory and run `mtok setup`. --json lists everything.")
	}
	return p.err
}

// printer prints lines up to the first that fails.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
