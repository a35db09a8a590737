package async

// Lazy returns a future that is done when w is done and whose outcome get computes.
//
// get runs at most once, after w is done, on the goroutine that first asks for the
// outcome (Await or Result, or a combinator on its behalf); goroutines that ask
// meanwhile wait for it, ctx or not, so it should be short: reading a reply, not
// making one. Its outcome is kept, and get itself is dropped; w is kept as long as
// the future. Await calls w.Wait, and Done returns w.Done().
//
// A panic in get becomes a [*PanicError] for everyone who asks; so does Goexit. get
// must not ask for the outcome of its own future: it would wait for itself. A nil w
// or get panics here.
func Lazy[T any](w Waiter, get func() (T, error)) *Future[T] {
	if w == nil || get == nil {
		panic("async: Lazy needs a Waiter and a function")
	}
	return &Future[T]{w: w, get: get}
}
