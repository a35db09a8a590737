// Package async provides futures: values that are not there yet.
//
// A call that takes long is split in two. Its first half hands the work over and
// returns a [Future] at once; the second half is [Future.Await], which the caller
// does when it wants the value. In between the caller is free, and it may hand the
// future to any number of goroutines: all of them see the same value or the same
// error.
//
// # Nothing runs here
//
// The package does no work of its own. A future made by [New] is completed by
// the holder of its [Promise]; a future made by [Lazy] is a view of something that
// completes elsewhere (a [Waiter], such as a job in a queue) and turns its outcome
// into a value on the goroutine that first asks. So a call costs a few words of
// memory and no goroutine, and a future that nobody asks about costs nothing more.
// There is one exception, and it is opt-in: calling Done on the future of [All] or
// [First] while it is pending starts one goroutine, which ends with the inputs.
// Awaiting them starts none.
//
// # Ending the wait is not ending the work
//
// The ctx of Await bounds that one wait. When it ends, Await returns the ctx's error
// but the future stays as it was: it can be awaited again, by any goroutine.
// Whether the work itself stops is the business of the ctx it was started with. A
// result that is there wins over a ctx that has ended, so a cancelled caller never
// loses a value that has already come. An error from Await may thus be the wait's or
// the work's own; where that matters, call [Future.Wait] first and
// [Future.Result] after it.
//
// # Many at a time
//
// [All] waits for all of its inputs, [First] for the first that succeeds. For more inputs than should be in flight at once
// there are two forms with the same order and the same bound: [Map] when the inputs
// can be pulled (a file, a slice), and [Stream] when they are pushed from elsewhere
// (a connection). Both give exactly one outcome for each input they took, in the
// order of the inputs, also when they are cancelled half-way.
//
// # Composing
//
// A Future is itself a Waiter, so one future becomes another without a helper:
//
//	length := async.Lazy(text, func() (int, error) {
//		s, err := text.Result()
//		return len(s), err
//	})
package async
