package bridge

import "errors"

// Raised is what a log may say of an exception. Its text may quote the request, and is not
// here.
type Raised struct {
	Class string `json:"class"` // builtins.KeyError
	Place string `json:"place"` // file:function:line in the reference
}

// RaisedBy is that of an error, nil if Python raised nothing.
func RaisedBy(err error) *Raised {
	var py *PyError
	if !errors.As(err, &py) {
		return nil
	}
	return &Raised{Class: py.Module + "." + py.Type, Place: py.Place}
}
