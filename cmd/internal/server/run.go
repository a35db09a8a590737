package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Listen opens the listeners. Run does it too, where it was not done before.
func (s *Server) Listen() error {
	if s.listeners != nil {
		return nil
	}
	for _, addr := range s.o.Addrs {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return errors.Join(err, s.closeListeners())
		}
		if s.o.CertFile == "" {
			s.listeners = append(s.listeners, listener{callerListener{l}, false})
		} else {
			s.listeners = append(s.listeners, listener{l, true})
		}
	}
	if s.o.UDS != "" {
		l, err := listenUDS(s.o.UDS, s.o.UDSMode)
		if err != nil {
			return errors.Join(err, s.closeListeners())
		}
		s.listeners = append(s.listeners, listener{callerListener{l}, false})
	}
	if len(s.listeners) == 0 {
		return errors.New("server: neither an address nor a socket to listen on")
	}
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

// Run serves until ctx ends, and then ends in order: readiness off, Options.DrainDelay, no
// new connections, the requests under way, for at most Options.Drain. It returns nil after
// that, and an error if a listener failed. The engine stays open.
func (s *Server) Run(ctx context.Context) error {
	var tlsc *tls.Config
	if s.o.CertFile != "" {
		var err error
		if tlsc, err = tlsConfig(s.o.CertFile, s.o.KeyFile, s.o.Log); err != nil {
			return err
		}
	}
	if err := s.Listen(); err != nil {
		return err
	}
	srv := s.httpServer(tlsc)
	failed := make(chan error, len(s.listeners)+1)
	for _, l := range s.listeners {
		s.o.Log.Info("listening", "network", l.Addr().Network(), "addr", l.Addr().String(), "tls", l.tls)
		go func() {
			if l.tls {
				failed <- srv.ServeTLS(l, "", "")
			} else {
				failed <- srv.Serve(l)
			}
		}()
	}
	stopDebug, err := s.serveDebug(failed)
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	if err != nil {
		s.engine.Drain()
		return errors.Join(err, srv.Close(), s.closeListeners(), stopDebug())
	}
	return errors.Join(s.shutdown(srv), stopDebug())
}

func (s *Server) httpServer(tlsc *tls.Config) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true) // gRPC without TLS
	return &http.Server{
		Handler: s.handler, TLSConfig: tlsc, Protocols: protocols, ConnContext: withCaller,
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		DisableGeneralOptionsHandler: true,
		HTTP2:                        &http.HTTP2Config{MaxReceiveBufferPerConnection: 16 << 20, MaxReceiveBufferPerStream: 4 << 20},
		ErrorLog:                     slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug),
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

// serveDebug serves pprof and expvar, if asked to; the function it returns ends that.
func (s *Server) serveDebug(failed chan<- error) (stop func() error, err error) {
	if s.o.Debug == "" {
		return func() error { return nil }, nil
	}
	l, err := net.Listen("tcp", s.o.Debug)
	if err != nil {
		return func() error { return nil }, err
	}
	s.o.Log.Info("listening", "network", "tcp", "addr", l.Addr().String(), "debug", true)
	srv := &http.Server{Handler: debugHandler(), ReadHeaderTimeout: headerTimeout}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return srv.Close, nil
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
