package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// The way out is one for the environment that was found: nobody is to delete a Python of his own.
func TestDiagnosis_print(t *testing.T) {
	for source, want := range map[string]string{
		"managed": "delete its directory", "": "delete its directory",
		"option": "This Python is yours", "MTOK_PYTHON": "This Python is yours", "VIRTUAL_ENV": "This Python is yours", "PATH": "This Python is yours",
	} {
		t.Run(source, func(t *testing.T) {
			d := diagnosis{Problems: []bridge.Problem{{}}}
			if source != "" {
				d.Environment = &bridge.Environment{Source: source}
			}
			var out bytes.Buffer
			require.NoError(t, d.print(&out))
			assert.Contains(t, out.String(), want)
		})
	}
}
