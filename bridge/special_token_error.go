package bridge

import "fmt"

// SpecialTokenError is a special token where the policy is Raise. It is an
// ErrInvalidRequest. The reference raises a ValueError there.
type SpecialTokenError struct {
	ID    int32  // of the token
	Index int    // its place in the ids of the call
	Name  string // such as "[INST]"
}

// Error names the token, its place and the way out.
func (e *SpecialTokenError) Error() string {
	return fmt.Sprintf("detokenize: tokens[%d] is %d, the special token %s: decode with the policy Ignore or Keep", e.Index, e.ID, e.Name)
}

// Is makes it an ErrInvalidRequest.
func (e *SpecialTokenError) Is(target error) bool { return target == ErrInvalidRequest }
