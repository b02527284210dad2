package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"hallpulse/cmd/hallpulse/reconcile"
)

// errDiffers says that the county's records differ from what happened; how was told.
var errDiffers = errors.New("hallpulse: what the hub stored differs from what happened (平台记录与实际不符)")

// reconcile compares what a demonstration's equipment did with what its hub stored.
func (t *tool) reconcile(ctx context.Context, args []string) error {
	f := t.flags("reconcile")
	dir := f.String("data", "", "data folder of the demonstration (演示数据目录)")
	asJSON := f.Bool("json", false, "print JSON (输出 JSON)")
	horizon := f.Duration("horizon", 0, "leave the last part out, which a county at work may not have stored yet (忽略最后一段)")
	if err := parse(f, args); err != nil {
		return err
	}
	if *dir == "" || f.NArg() > 0 || *horizon < 0 {
		t.tell("hallpulse: reconcile wants --data DIR and no more (请给出 --data 目录)\n")
		return errUsage
	}
	res, err := reconcile.FolderUntil(ctx, *dir, *horizon)
	if err != nil {
		return fmt.Errorf("hallpulse: %w", err)
	}
	if *asJSON {
		enc := json.NewEncoder(t.out)
		enc.SetIndent("", "  ")
		err = enc.Encode(res)
	} else {
		err = res.Print(t.out)
	}
	if err != nil {
		return fmt.Errorf("hallpulse: %w", err)
	}
	if !res.OK() {
		return errDiffers
	}
	return nil
}
