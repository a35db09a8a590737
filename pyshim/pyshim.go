// Package pyshim carries the Python side of the bridge inside the Go program.
// The sources never touch a disk: the embedded interpreter imports them from
// memory (see bootstrap.py).
package pyshim

import (
	"embed"
	"encoding/json"
	"io/fs"
)

// Globs, for a directory's name would leave out its __init__.py; the tests stay out.
//
//go:embed *.py media/*.py ops/*.py server/*.py server/*/*.py server/*/*.json
//go:embed shortcuts/*.py tokenizers/*.py vllm/*.py wire/*.py workers/*.py
var files embed.FS

// Bootstrap is the name of the source that is run first.
const Bootstrap = "bootstrap.py"

// ComparedVLLM is the version of vLLM whose declarations the answers without vLLM follow, and
// with which they are compared: see server/vllm_twin/models.json. It fails for no file that
// testdata/parity/server_snapshot.py has written.
func ComparedVLLM() (string, error) {
	var models struct{ VLLM string }
	text, err := files.ReadFile("server/vllm_twin/models.json")
	if err == nil {
		err = json.Unmarshal(text, &models)
	}
	return models.VLLM, err
}

// Sources returns every Python source, and what lies beside some as JSON, by its path as
// an import sees it, "pyshim/ops/chat.py", and the text of the bootstrap, which is not among them.
func Sources() (sources map[string]string, bootstrap string, err error) {
	sources = map[string]string{}
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if name == Bootstrap {
			bootstrap = string(text)
		} else {
			sources["pyshim/"+name] = string(text)
		}
		return err
	})
	return sources, bootstrap, err
}
