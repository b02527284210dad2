// Package raspberry boots the real arm64 gateway on an emulated Raspberry Pi 3 and lets it report to a real hub on this
// machine. The emulated board has the real board's GPIO controller (54 lines), which the gateway opens through periph, no
// clock that runs while it is off – it wakes up in 1970 – and a network adapter on USB, as many gateways have.
package raspberry

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"hallpulse/hall"
	"hallpulse/hub/app"
	"hallpulse/hub/live"
)

// hallID is the emulated hall.
const hallID hall.HallID = "raspberry"

// options of a run.
type options struct {
	data, kernel, board, modules, edge, init, emulator string
	limit                                              time.Duration
}

// modulesOrder lists the drivers of a USB network adapter behind the board's controller, each after those it needs.
var modulesOrder = []string{
	"drivers/usb/common/usb-common.ko", "drivers/usb/core/usbcore.ko", "drivers/usb/gadget/udc/udc-core.ko", "drivers/usb/phy/phy-generic.ko",
	"drivers/usb/roles/roles.ko", "drivers/usb/dwc2/dwc2.ko", "drivers/net/mii.ko", "drivers/net/usb/usbnet.ko", "drivers/net/usb/cdc_ether.ko",
	"drivers/net/usb/rndis_host.ko",
}

// Command runs the emulation with the program's arguments.
func Command(ctx context.Context, args []string, out io.Writer) error {
	var o options
	f := flag.NewFlagSet("raspberry", flag.ContinueOnError)
	f.StringVar(&o.data, "data", "raspberry-data", "folder for everything; made anew")
	f.StringVar(&o.kernel, "kernel", "", "kernel of an arm64 system, as its package has it in /boot")
	f.StringVar(&o.board, "board", "", "device tree of the Raspberry Pi 3 B, .dtb")
	f.StringVar(&o.modules, "modules", "", "the kernel's modules, the folder named kernel")
	f.StringVar(&o.edge, "edge", "", "hallpulse-edge for arm64")
	f.StringVar(&o.init, "init", "", "the emulated system's first program, for arm64")
	f.StringVar(&o.emulator, "emulator", "qemu-system-aarch64", "the emulator")
	f.DurationVar(&o.limit, "limit", 5*time.Minute, "how long it may take")
	if err := f.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	if err := run(ctx, o, out); err != nil {
		return fmt.Errorf("raspberry: %w", err)
	}
	return nil
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	if err := os.RemoveAll(o.data); err != nil {
		return err
	}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return err
	}
	hub, credential, err := openHub(ctx, o.data)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	hubCtx, stopHub := context.WithCancel(context.WithoutCancel(ctx))
	hubDone := make(chan error, 1)
	go func() { hubDone <- hub.Run(hubCtx) }()
	defer func() {
		stopHub()
		err = errors.Join(err, <-hubDone)
		wg.Wait()
	}()
	root := filepath.Join(o.data, "root.cpio.gz")
	if err := o.root(root, hallYAML(hub.BrokerAddr(), credential)); err != nil {
		return err
	}
	begin := time.Now()
	board, stopBoard := context.WithCancel(ctx)
	defer stopBoard()
	ended := make(chan error, 1)
	cmd := exec.CommandContext(board, o.emulator, "-M", "raspi3b", "-kernel", o.kernel, "-dtb", o.board, "-initrd", root,
		"-append", "console=ttyS1,115200 quiet panic=-1 rdinit=/init", "-serial", "null", "-serial", "stdio", "-display", "none", "-no-reboot",
		"-netdev", "user,id=n", "-device", "usb-net,netdev=n")
	cmd.Stdout, cmd.Stderr = out, out
	wg.Go(func() { ended <- cmd.Run() })
	view, err := report(ctx, hub, ended)
	if err != nil {
		return err
	}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	say("== the emulated gateway reported %v after power on", time.Since(begin).Round(time.Second))
	for _, d := range view.State.Devices.Devices {
		say("device %s: %s %s %s", d.ID, d.Health, d.Reason.Code, d.Reason.Detail)
	}
	say("gateway: boot %d, clock %s", view.State.Gateway.Boot, view.State.AsOf.UTC().Format(time.RFC3339))
	return judge(view)
}

// openHub makes a hub that knows the hall.
func openHub(ctx context.Context, dir string) (*app.App, string, error) {
	file := filepath.Join(dir, "hub.yaml")
	text := fmt.Sprintf("data_dir: %q\nweb: {listen: \"127.0.0.1:0\"}\nmqtt: {listen: \"127.0.0.1:0\"}\n", filepath.Join(dir, "hub"))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, "", err
	}
	cfg, err := app.Load(file)
	if err != nil {
		return nil, "", err
	}
	admin, err := app.OpenAdmin(ctx, cfg)
	if err != nil {
		return nil, "", err
	}
	credential, err := admin.Enrol(ctx, hallID)
	if err = errors.Join(err, admin.Close()); err != nil {
		return nil, "", err
	}
	hub, err := app.New(ctx, app.Options{Config: cfg, Version: "raspberry", Logger: slog.New(slog.DiscardHandler)})
	return hub, credential, err
}

// hallYAML is the emulated hall: a door counter on two real lines. The emulator shows its host as 10.0.2.2.
func hallYAML(broker, credential string) string {
	_, port, _ := strings.Cut(broker, ":")
	return fmt.Sprintf(`hall: {id: %s, name: {zh: 树莓派厅}, township: {zh: 试验镇}}
hub: {broker: "mqtt://10.0.2.2:%s", credential: %q}
data_dir: /tmp/data
zones: [{id: waiting, name: {zh: 等候区}, role: waiting}]
devices:
  - {id: door, driver: beam-pair, zone: waiting, beam: {outer: GPIO17, inner: GPIO27}}
`, hallID, port, credential)
}

// root writes the emulated machine's files.
func (o options) root(path, yaml string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := gzip.NewWriter(f)
	a := &archive{w: z}
	for _, dir := range []string{"proc", "sys", "dev", "tmp", "modules"} {
		a.dir(dir)
	}
	a.device("dev/console", 5, 1)
	var order bytes.Buffer
	for _, m := range modulesOrder {
		data, err := os.ReadFile(filepath.Join(o.modules, m))
		if err != nil {
			return err
		}
		name := "modules/" + filepath.Base(m)
		a.file(name, data)
		fmt.Fprintln(&order, "/"+name)
	}
	a.file("modules/order", order.Bytes())
	for name, from := range map[string]string{"init": o.init, "edge": o.edge} {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		a.file(name, data)
	}
	a.file("hall.yaml", []byte(yaml))
	return errors.Join(a.end(), z.Close())
}

// report waits until the hub has the hall live with its devices.
func report(ctx context.Context, hub *app.App, ended <-chan error) (live.View, error) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return live.View{}, fmt.Errorf("the emulated machine ended before it reported: %v", err)
		case <-ctx.Done():
			return live.View{}, fmt.Errorf("nothing reported: %w", ctx.Err())
		case <-tick.C:
		}
		if v, ok := hub.View(hallID); ok && v.Link == live.LinkOnline && len(v.State.Devices.Devices) > 0 && v.State.Devices.Devices[0].Health != hall.HealthUnknown {
			return v, nil
		}
	}
}

// judge says whether the gateway read its lines: a line that nobody drives may be taken for a broken beam, but it is open.
func judge(v live.View) error {
	for _, d := range v.State.Devices.Devices {
		if d.Health == hall.HealthDown {
			return fmt.Errorf("device %s is down: %s %s", d.ID, d.Reason.Code, d.Reason.Detail)
		}
	}
	if v.State.AsOf.Year() < 2026 {
		return fmt.Errorf("the gateway still lives in %d", v.State.AsOf.Year())
	}
	return nil
}
