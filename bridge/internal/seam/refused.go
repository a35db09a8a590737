package seam

import (
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Refused is err as the public type, if it is an Encoder's.
func Refused(err error) error {
	if e, ok := err.(*jsonenc.Error); ok { //nolint:errorlint // the Encoder's own, never wrapped
		return (*mistral.InputError)(e)
	}
	return err
}
