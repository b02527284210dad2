// Command init is the first and only program of an emulated gateway: it mounts what a system mounts, loads the drivers of the
// emulated network adapter, brings the network up, and runs the gateway's self-test and then the gateway itself.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Where the emulator's network puts its guest and its host.
var (
	guest   = net.IPv4(10, 0, 2, 15)
	mask    = net.IPv4(255, 255, 255, 0)
	gateway = net.IPv4(10, 0, 2, 2)
)

// linkTime is how long the network adapter may take to appear.
const linkTime = 60 * time.Second

func main() {
	if err := run(); err != nil {
		fmt.Println("init: FAILED:", err)
	}
	fmt.Println("init: end")
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART) // the emulator ends instead
}

func run() error {
	for _, m := range []struct{ kind, at string }{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}} {
		if err := os.MkdirAll(m.at, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.at, err)
		}
	}
	fmt.Println("init: clock", time.Now().UTC().Format(time.RFC3339))
	if err := loadModules("/modules/order"); err != nil {
		return err
	}
	if err := up("lo", net.IPv4(127, 0, 0, 1), net.IPv4(255, 0, 0, 0)); err != nil {
		return err
	}
	name, err := adapter()
	if err != nil {
		return err
	}
	if err := up(name, guest, mask); err != nil {
		return err
	}
	if err := route(gateway); err != nil {
		return err
	}
	fmt.Println("init: network", name, guest)
	if err := program("/edge", "--self-test"); err != nil {
		return err
	}
	return program("/edge", "--config", "/hall.yaml", "--log-format", "json")
}

func program(path string, args ...string) error {
	c := exec.Command(path, args...)
	c.Stdout, c.Stderr = os.Stdout, os.Stdout
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(append([]string{path}, args...), " "), err)
	}
	return nil
}

// loadModules loads the kernel modules that a file lists, in its order.
func loadModules(list string) error {
	f, err := os.Open(list)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if err := loadModule(lines.Text()); err != nil {
			return err
		}
	}
	return lines.Err()
}

func loadModule(path string) error {
	m, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()
	if err := unix.FinitModule(int(m.Fd()), "", 0); err != nil {
		return fmt.Errorf("module %s: %w", path, err)
	}
	return nil
}

// adapter waits for the first network interface beside the loopback.
func adapter() (string, error) {
	for end := time.Now().Add(linkTime); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		list, err := net.Interfaces()
		if err != nil {
			return "", err
		}
		for _, i := range list {
			if i.Flags&net.FlagLoopback == 0 && len(i.HardwareAddr) > 0 {
				return i.Name, nil
			}
		}
	}
	return "", fmt.Errorf("no network adapter within %v", linkTime)
}

// up gives an interface its address and switches it on.
func up(name string, addr, netmask net.IP) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	for _, set := range []struct {
		call uint
		ip   net.IP
	}{{unix.SIOCSIFADDR, addr}, {unix.SIOCSIFNETMASK, netmask}} {
		req, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		if err := req.SetInet4Addr(set.ip.To4()); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(fd, set.call, req); err != nil {
			return fmt.Errorf("address of %s: %w", name, err)
		}
	}
	req, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		return fmt.Errorf("%s up: %w", name, err)
	}
	return nil
}

// route sets the default route, by a netlink message: struct rtmsg with RTA_GATEWAY.
func route(via net.IP) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	le := binary.LittleEndian
	msg := le.AppendUint32(nil, 16+12+8)
	msg = le.AppendUint16(msg, unix.RTM_NEWROUTE)
	msg = le.AppendUint16(msg, unix.NLM_F_REQUEST|unix.NLM_F_CREATE|unix.NLM_F_ACK)
	msg = le.AppendUint32(le.AppendUint32(msg, 1), 0)
	msg = append(msg, unix.AF_INET, 0, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, unix.RT_SCOPE_UNIVERSE, unix.RTN_UNICAST, 0, 0, 0, 0)
	msg = le.AppendUint16(le.AppendUint16(msg, 8), unix.RTA_GATEWAY)
	msg = append(msg, via.To4()...)
	if err := unix.Sendto(fd, msg, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("route: %w", err)
	}
	buf := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, buf, 0)
	if err != nil {
		return fmt.Errorf("route: %w", err)
	}
	if n >= 20 {
		if code := int32(le.Uint32(buf[16:])); code != 0 {
			return fmt.Errorf("route: %w", unix.Errno(-code))
		}
	}
	return nil
}
