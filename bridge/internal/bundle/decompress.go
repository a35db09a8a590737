package bundle

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
)

// decompress looks at the first bytes and gives what they are the begin of: a tar archive.
func decompress(r io.Reader) (io.Reader, error) {
	const tarMagic = 257
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(tarMagic + 5)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, unreadable(err)
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		out, err := gzip.NewReader(in)
		if err != nil {
			return nil, unreadable(err)
		}
		return out, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return unzstd(in)
	case len(head) > tarMagic && string(head[tarMagic:]) == "ustar":
		return in, nil
	}
	return nil, &Error{Kind: ErrNotOne, Reason: "its first bytes are those of no tar archive, gzip or zstd", Fix: "make one with `mtok bundle`"}
}

// unzstd decompresses zstd by the standard library, which has it for the debugging sections of
// ELF files and nowhere else: it is shown such a section, whose content is the stream. A module
// that does zstd would be inherited by every program that imports the bridge.
func unzstd(r io.Reader) (io.Reader, error) {
	const (
		headerSize, sectionSize, sections = 64, 64, 3
		strings                           = headerSize + sections*sectionSize // an empty table of names
		content                           = strings + 1
		endless                           = 1 << 62
	)
	h := elf.Header64{
		Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Shoff: headerSize, Ehsize: headerSize, Shentsize: sectionSize, Shnum: sections, Shstrndx: 1,
	}
	copy(h.Ident[:], elf.ELFMAG+string([]byte{byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}))
	var head bytes.Buffer
	for _, part := range []any{
		h,
		elf.Section64{},
		elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: strings, Size: 1},
		elf.Section64{Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_COMPRESSED), Off: content, Size: endless},
		byte(0),
		elf.Chdr64{Type: uint32(elf.COMPRESS_ZSTD), Size: endless, Addralign: 1},
	} {
		if err := binary.Write(&head, binary.LittleEndian, part); err != nil {
			return nil, err
		}
	}
	file, err := elf.NewFile(&onward{head: head.Bytes(), rest: r})
	if err != nil {
		return nil, err
	}
	return file.Sections[2].Open(), nil
}

// onward is a stream behind a few bytes, read from the begin to the end: what is asked for lies
// in the bytes, or is what comes next.
type onward struct {
	head []byte
	rest io.Reader
	read int64 // of rest
}

func (o *onward) ReadAt(p []byte, off int64) (int, error) {
	if off < int64(len(o.head)) {
		n := copy(p, o.head[off:])
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	}
	if off != int64(len(o.head))+o.read {
		return 0, errors.New("bundle: read out of turn")
	}
	n, err := io.ReadFull(o.rest, p)
	o.read += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
