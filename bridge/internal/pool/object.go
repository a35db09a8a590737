package pool

import (
	"maps"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// object is something that was loaded. Handles of the pool's callers stand for objects; what number an object has in a
// process depends on the first process that it descends from.
type object struct {
	frame       []byte      // the load, to be repeated after the end of a first process
	fingerprint uint64      // of what was loaded: another one is another file
	refs        int         // handles
	pending     int         // jobs without an outcome
	lost        *wire.Reply // what a repeated load answered when it failed
}

// objects are what a zygote, and every worker forked from it, has: object to number there. Never changed.
type objects map[*object]uint32

// Has is sched.Objects'.
func (o objects) Has(x any) bool {
	at, ok := x.(*object)
	return ok && o[at] != 0
}

func (o objects) with(x *object, id uint32) objects {
	o = maps.Clone(o)
	if o == nil {
		o = objects{}
	}
	o[x] = id
	return o
}

func (o objects) without(x *object) objects {
	o = maps.Clone(o)
	delete(o, x)
	return o
}

func (o objects) byID(id uint32) *object {
	for x, other := range o {
		if other == id {
			return x
		}
	}
	return nil
}
