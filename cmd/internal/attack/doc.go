// Package attack makes the attacks that a server on an open port meets: connections that send
// too little, too much, or what no client would, over HTTP/1.1, HTTP/2 and gRPC. It is not part of
// the program; the tests of the server and of the command run it.
//
// An attack returns when it is under way, and holds its connections until [Target.LetGo]. The test
// measures what it costs the server; an attack fails only if the server gave it an answer that it
// must not give.
package attack
