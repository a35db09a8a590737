package plan

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
)

// DifferentError says in what a run is not the one that was begun in the same place.
type DifferentError struct {
	Dir   string
	Lines []string
	// MadeBy: the versions or the tokenizer are others, not what was requested.
	MadeBy bool
}

func (e *DifferentError) Error() string {
	way := "give the same again to resume it, or another --out"
	if e.MadeBy {
		way = "resume it with the versions that it was begun with, or give another --out"
	}
	return fmt.Sprintf("%s holds another run: %s; %s", e.Dir, strings.Join(e.Lines, "; "), way)
}

// Asked says whether now asks for what the plan that is there is of: the same options, tokenizer
// and inputs. The error is a *DifferentError or a *source.ChangedError.
func (p *Plan) Asked(now *Plan, dir string) error {
	e := &DifferentError{Dir: dir}
	e.fields("", p.Options, now.Options)
	if was, is := p.Tokenizer.Source, now.Tokenizer.Source; was != is {
		e.Lines = append(e.Lines, fmt.Sprintf("tokenizer was %s and is %s", was, is))
	}
	if len(e.Lines) == 0 {
		if err := changed(p.Inputs, now.Inputs); err != nil {
			return err
		}
	}
	e.inputs(p.Inputs, now.Inputs)
	if len(e.Lines) > 0 {
		return e
	}
	return nil
}

// Differ says in what now is not the plan that is there; nil if in nothing. Errors: as of Asked.
func (p *Plan) Differ(now *Plan, dir string) error {
	if err := p.Asked(now, dir); err != nil {
		return err
	}
	e := &DifferentError{Dir: dir, MadeBy: true}
	e.fields("tokenizer ", p.Tokenizer, now.Tokenizer)
	for _, name := range slices.Sorted(maps.Keys(p.MadeBy)) {
		if was, is := p.MadeBy[name], now.MadeBy[name]; was != is {
			e.Lines = append(e.Lines, fmt.Sprintf("%s was %s and is %s", name, was, is))
		}
	}
	if len(e.Lines) == 0 && !slices.Equal(p.Encode(), now.Encode()) {
		e.Lines = append(e.Lines, "its shards were divided in another way")
	}
	if len(e.Lines) == 0 {
		return nil
	}
	return e
}

// fields compares two values of a type, field by field, by their names in the plan.
func (e *DifferentError) fields(prefix string, was, is any) {
	a, b := reflect.ValueOf(was), reflect.ValueOf(is)
	for i := range a.NumField() {
		if !a.Field(i).Equal(b.Field(i)) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			e.Lines = append(e.Lines, fmt.Sprintf("%s%s was %v and is %v", prefix, name, a.Field(i), b.Field(i)))
		}
	}
}

func (e *DifferentError) inputs(was, is []source.File) {
	if slices.Equal(was, is) {
		return
	}
	if len(was) != len(is) {
		e.Lines = append(e.Lines, fmt.Sprintf("it had %d inputs, these are %d", len(was), len(is)))
		return
	}
	for i := range was {
		if was[i] != is[i] {
			e.Lines = append(e.Lines, fmt.Sprintf("input %d was %s and is %s", i, was[i].Path, is[i].Path))
			return
		}
	}
}

// changed finds the first file that has the same name and is another.
func changed(was, is []source.File) error {
	for i := range min(len(was), len(is)) {
		if was[i].Path != is[i].Path {
			return nil
		}
		if was[i] != is[i] {
			return was[i].ChangedTo(is[i])
		}
	}
	return nil
}
