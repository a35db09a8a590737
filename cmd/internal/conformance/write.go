package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// writers are the forms of a report, by the ends of file names.
var writers = map[string]func(*Report, io.Writer) error{
	".txt": (*Report).WriteText, ".json": (*Report).WriteJSON, ".xml": (*Report).WriteJUnit,
	".html": (*Report).WritePage, ".md": (*Report).WriteMarkdown,
}

// WriteJSON writes all of it.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// CheckName reports whether WriteFile knows a form for a file of that name.
func CheckName(path string) error {
	if writers[filepath.Ext(path)] == nil {
		return fmt.Errorf("%s: a report ends in .txt, .json, .xml (JUnit), .html or .md", path)
	}
	return nil
}

// WriteFile writes the form that the end of the name says.
func (r *Report) WriteFile(path string) error {
	if err := CheckName(path); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writers[filepath.Ext(path)](r, &b); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644) //nolint:gosec // a document
}
