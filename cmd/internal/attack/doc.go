// Package attack plays the strangers that a server on an open port meets: connections that send
// too little, too much, or what no client would, over HTTP/1.1, HTTP/2 and gRPC. It has no part in
// the program; the tests of the server and of the command run it.
//
// An attack returns when it is under way, and holds its connections until [Target.LetGo]. What it
// costs the server is for the test to look at; an attack fails only where the server gave it an
// answer that it must not give.
package attack
