package conformance

import (
	"encoding/xml"
	"fmt"
	"io"
)

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes one test for each op of each category.
func (r *Report) WriteJUnit(w io.Writer) error {
	var all junitSuites
	for _, e := range r.Entries {
		if e.Note != "" {
			all.Suites = append(all.Suites, junitSuite{
				Name: e.Title(), Tests: 1, Failures: 1,
				Cases: []junitCase{{Class: e.Title(), Name: "runs", Failure: &junitFailure{Message: visible(e.Note)}}},
			})
		}
		for _, t := range e.Tokenizers {
			all.Suites = append(all.Suites, junit(e, t))
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	return enc.Encode(all)
}

func junit(e *Entry, t *TokenizerResult) junitSuite {
	s := junitSuite{Name: e.Title() + ", " + t.Name, Tests: len(t.Cells)}
	for _, cell := range t.Cells {
		c := junitCase{Class: e.Title() + "." + t.Name, Name: fmt.Sprintf("%s/%s", cell.Category, cell.Op)}
		if cell.Passed < cell.Total {
			s.Failures++
			c.Failure = &junitFailure{Message: fmt.Sprintf("%d of %d", cell.Passed, cell.Total)}
			if t.Note != "" {
				c.Failure.Text = visible(t.Note) + "\n"
			}
			for _, f := range t.Failures {
				if f.Category == cell.Category && f.Op == cell.Op {
					c.Failure.Text += fmt.Sprintf("%d %s; smallest %s\n%s\n", f.Count, f.Kind, f.shown(), f.explanation())
				}
			}
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}
