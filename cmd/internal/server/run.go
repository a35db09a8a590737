package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"
)

// Listen reads the certificate and opens the listeners. Run does it too, where it was not
// done before.
func (s *Server) Listen() error {
	if s.listeners != nil {
		return nil
	}
	if s.o.CertFile != "" {
		var err error
		if s.tls, err = tlsConfig(s.o.CertFile, s.o.KeyFile, s.o.Log); err != nil {
			return err
		}
	}
	for _, addr := range s.o.Addrs {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return errors.Join(err, s.closeListeners())
		}
		if s.o.CertFile == "" {
			s.listeners = append(s.listeners, listener{callerListener{s.paced(l)}, false})
		} else {
			s.listeners = append(s.listeners, listener{s.paced(l), true})
		}
	}
	if s.o.UDS != "" {
		l, err := listenUDS(s.o.UDS, s.o.UDSMode)
		if err != nil {
			return errors.Join(err, s.closeListeners())
		}
		s.listeners = append(s.listeners, listener{callerListener{s.paced(l)}, false})
	}
	if len(s.listeners) == 0 {
		return errors.New("server: neither an address nor a socket to listen on")
	}
	if s.o.Debug != "" {
		l, err := net.Listen("tcp", s.o.Debug)
		if err != nil {
			return errors.Join(err, s.closeListeners())
		}
		s.debug = s.paced(l)
	}
	s.bound = s.listeners
	return nil
}

// Addrs are those of the listeners.
func (s *Server) Addrs() []net.Addr {
	all := make([]net.Addr, 0, len(s.listeners))
	for _, l := range s.listeners {
		all = append(all, l.Addr())
	}
	return all
}

// LogListening logs where the server listens, and returns its URLs, which are unix:PATH for
// a socket. It is for after Listen, when the models are loaded too: who reads "listening"
// may ask.
func (s *Server) LogListening() (urls []string) {
	for _, l := range s.bound {
		urls = append(urls, l.url())
		s.o.Log.Info("listening", "network", l.Addr().Network(), "addr", l.Addr().String(), "tls", l.tls, "url", l.url())
	}
	return urls
}

// url is for a browser on this machine where the listener is on all addresses.
func (l listener) url() string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if l.Addr().Network() == "unix" || err != nil {
		return "unix:" + l.Addr().String()
	}
	if ip := net.ParseIP(host); ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if l.tls {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// Run serves until ctx ends, and then ends in order: readiness off, Options.DrainDelay, no
// new connections, the requests under way, for at most Options.Drain. It returns nil after
// that, and an error if a listener failed. The engine stays open.
func (s *Server) Run(ctx context.Context) error {
	defer s.scavenger.stop()
	if err := s.Listen(); err != nil {
		return err
	}
	srv := s.httpServer(s.tls)
	failed := make(chan error, len(s.listeners)+1)
	for _, l := range s.listeners {
		go func() {
			if l.tls {
				failed <- srv.ServeTLS(l, "", "")
			} else {
				failed <- srv.Serve(l)
			}
		}()
	}
	stopDebug := s.serveDebug(failed)
	go s.endIdle(ctx)
	select {
	case <-ctx.Done():
		return errors.Join(s.shutdown(srv), stopDebug())
	case err := <-failed:
		s.engine.Drain()
		return errors.Join(err, srv.Close(), s.closeListeners(), stopDebug())
	}
}

// streamWindow is what HTTP/2 takes in for a stream of which nobody reads.
const streamWindow = 256 << 10

func (s *Server) httpServer(tlsc *tls.Config) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true) // gRPC without TLS
	return &http.Server{
		Handler: s.handler, TLSConfig: tlsc, Protocols: protocols, ConnContext: withCaller,
		// What is answered before a handler sees it has this time too; handlers have their own.
		WriteTimeout:      s.o.ReadTimeout + s.o.Timeout + s.o.WriteTimeout,
		ReadHeaderTimeout: headerTimeout, MaxHeaderBytes: maxHeader, // and no IdleTimeout, see endIdle
		DisableGeneralOptionsHandler: true,
		HTTP2:                        &http.HTTP2Config{MaxReceiveBufferPerConnection: 16 * streamWindow, MaxReceiveBufferPerStream: streamWindow},
		ErrorLog:                     log.New(errorLog{s.o.Log}, "", 0),
	}
}

// onItsWay is how long calls without a message are left at the end.
const onItsWay = time.Second

func (s *Server) shutdown(srv *http.Server) error {
	s.engine.Drain()
	s.o.Log.Info("shutting down", "delay", s.o.DrainDelay, "timeout", s.o.Drain)
	time.Sleep(s.o.DrainDelay)
	ctx, cancel := context.WithTimeout(context.Background(), s.o.Drain)
	defer cancel()
	// What is on its way to a call that has begun comes in this time, and else it never may.
	waiting := time.AfterFunc(min(onItsWay, s.o.Drain/2), s.endWaiting)
	defer waiting.Stop()
	// A body that still comes after half the time could take all of it, and its call has yet to begin.
	bodies := time.AfterFunc(s.o.Drain/2, s.cutBodies)
	defer bodies.Stop()
	go s.endAnswers(ctx)
	err := srv.Shutdown(ctx)
	if err == nil {
		return nil
	}
	s.o.Log.Error("requests were still under way at the end of the drain timeout", "error", err)
	if err := srv.Close(); err != nil {
		s.o.Log.Debug("closing connections", "error", err)
	}
	return fmt.Errorf("shut down: %w", err)
}

// endAnswers gives callers three quarters of the drain timeout to read their answers. Calls
// have all of it: an answer that comes later has an eighth.
func (s *Server) endAnswers(ctx context.Context) {
	for wait := s.o.Drain * 3 / 4; ; wait = s.o.Drain / 16 {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
			s.conns.breakWaiting(time.Now().Add(-s.o.Drain / 8))
		}
	}
}

// serveDebug serves pprof and expvar, if asked to; the function it returns ends that.
func (s *Server) serveDebug(failed chan<- error) (stop func() error) {
	if s.debug == nil {
		return func() error { return nil }
	}
	s.o.Log.Info("pprof and expvar", "network", "tcp", "addr", s.debug.Addr().String(), "debug", true)
	srv := &http.Server{Handler: debugHandler(), ReadHeaderTimeout: headerTimeout, ErrorLog: log.New(errorLog{s.o.Log}, "", 0)}
	go func() {
		if err := srv.Serve(s.debug); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return srv.Close
}

func (s *Server) closeListeners() error {
	var errs []error
	for _, l := range s.listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	s.listeners = nil
	return errors.Join(errs...)
}
