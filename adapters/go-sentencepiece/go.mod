module go-sentencepiece

go 1.26.0

require github.com/eliben/go-sentencepiece v0.6.0

require google.golang.org/protobuf v1.34.2 // indirect
