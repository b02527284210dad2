package county

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// smallDiskSize leaves room for the time-series engine, which reserves its files, and can still be filled in a second.
const smallDiskSize = "384m"

// smallDisk is a file system of its own in memory at a folder.
type smallDisk struct{ dir string }

// ErrNoDisk says that a small disk cannot be made here: mounting is for root.
var ErrNoDisk = errors.New("county: a small disk needs the right to mount (root)")

func mountSmall(dir string) (*smallDisk, error) {
	if err := syscall.Mount("hallpulse", dir, "tmpfs", 0, "size="+smallDiskSize); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNoDisk, dir, err)
	}
	return &smallDisk{dir}, nil
}

// unmount keeps what is on the disk in an ordinary folder of the same name.
func (d *smallDisk) unmount() error {
	keep := d.dir + ".kept"
	err := errors.Join(os.RemoveAll(keep), os.CopyFS(keep, os.DirFS(d.dir)))
	if e := syscall.Unmount(d.dir, 0); e != nil {
		return errors.Join(err, fmt.Errorf("county: unmount %s: %w", filepath.Base(d.dir), e))
	}
	return errors.Join(err, os.Remove(d.dir), os.Rename(keep, d.dir))
}
