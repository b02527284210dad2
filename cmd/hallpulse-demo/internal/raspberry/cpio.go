package raspberry

import (
	"fmt"
	"io"
)

// archive writes the root of an emulated machine in the kernel's format, cpio "newc" (Linux, driver-api/early-userspace/
// buffer-format): a header of 13 fields of 8 hexadecimal digits, the name, the data, each padded to 4 bytes.
type archive struct {
	w     io.Writer
	inode int
	at    int
	err   error
}

// Types and rights.
const (
	modeDir  = 0o040755
	modeFile = 0o100755
	modeDev  = 0o020600
)

func (a *archive) dir(name string)            { a.entry(name, modeDir, 0, 0, nil) }
func (a *archive) file(name string, b []byte) { a.entry(name, modeFile, 0, 0, b) }

// device adds a character device.
func (a *archive) device(name string, major, minor int) { a.entry(name, modeDev, major, minor, nil) }

func (a *archive) entry(name string, mode, major, minor int, data []byte) {
	a.inode++
	a.print("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		a.inode, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0, name)
	a.pad()
	a.write(data)
	a.pad()
}

// end closes the archive.
func (a *archive) end() error {
	a.entry("TRAILER!!!", 0, 0, 0, nil)
	return a.err
}

func (a *archive) print(format string, args ...any) { a.write(fmt.Appendf(nil, format, args...)) }

func (a *archive) pad() { a.write(make([]byte, (4-a.at%4)%4)) }

func (a *archive) write(b []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(b)
	}
	a.at += len(b)
}
