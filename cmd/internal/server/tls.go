package server

import (
	"crypto/tls"
	"log/slog"
)

// tlsConfig serves with a certificate that is read again when its files change.
func tlsConfig(cert, key string, log *slog.Logger) (*tls.Config, error) {
	pair, err := watch([]string{cert, key}, func() (*tls.Certificate, error) {
		c, err := tls.LoadX509KeyPair(cert, key)
		return &c, err
	}, func(err error) { log.Error("the TLS certificate cannot be used", "error", err) })
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.get(), nil },
	}, nil
}
