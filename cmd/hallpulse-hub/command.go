package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"
)

// options are the flags of every command; each takes its own.
type options struct {
	config  string
	version bool
	name    string
	role    string
	halls   string
	lang    string
	enable  bool
	hall    string
	account string
	life    time.Duration
	given   bool
	to      string
}

// action is what a command does once its flags are read.
type action func(ctx context.Context, o options, s streams) error

// command is one word or two behind the program's name.
type command struct {
	words string
	help  string
	flags func(f *flag.FlagSet, o *options)
	need  []string // flags that must be given
	do    action
}

func commands() []command {
	return []command{
		{"", "运行平台 / run the hub", flagsRun, nil, serve},
		{"account add", "新建账号，口令从标准输入第一行读取 / add an account; its password is the first line of standard input", flagsAccount, []string{"name", "role"}, admin(addAccount)},
		{"account password", "修改口令（标准输入第一行），已登录的会话随即结束 / set a password, the first line of standard input; sessions end", flagsName, []string{"name"}, admin(setPassword)},
		{"account disable", "停用账号，--enable 重新启用 / keep an account from being used; --enable allows it again", flagsDisable, []string{"name"}, admin(disableAccount)},
		{"account ls", "列出账号 / list the accounts", nil, nil, admin(listAccounts)},
		{"enrol", "给大厅发放新凭证并打印，旧凭证随即失效 / give a hall a new credential and print it; the one it had is no longer good", flagsHall, []string{"hall"}, admin(enrol)},
		{"revoke", "收回大厅凭证，连接随即断开 / take a hall's credential away; its connection ends", flagsHall, []string{"hall"}, admin(revoke)},
		{"gateways", "列出有凭证的大厅 / list the halls that have a credential", nil, nil, admin(listGateways)},
		{"token add", "为账号新建接口令牌并打印；--given 从标准输入第一行读取令牌 / make an API token for an account and print it; --given takes the first line of standard input as the token", flagsToken, []string{"name", "account"}, admin(addToken)},
		{"token rm", "删除令牌 / end a token", flagsName, []string{"name"}, admin(removeToken)},
		{"token ls", "列出令牌 / list the tokens", nil, nil, admin(listTokens)},
		{"backup", "把业务数据、账号和告警备份到新文件，平台可照常运行 / copy facts, accounts and incidents into a new file; the hub may run meanwhile", flagsBackup, []string{"to"}, admin(backup)},
	}
}

func flagsRun(f *flag.FlagSet, o *options) {
	f.BoolVar(&o.version, "version", false, "print the version")
}

func flagsName(f *flag.FlagSet, o *options) { f.StringVar(&o.name, "name", "", "its `name`") }

func flagsHall(f *flag.FlagSet, o *options) { f.StringVar(&o.hall, "hall", "", "`id` of the hall") }

func flagsBackup(f *flag.FlagSet, o *options) { f.StringVar(&o.to, "to", "", "`file` to make") }

func flagsAccount(f *flag.FlagSet, o *options) {
	flagsName(f, o)
	f.StringVar(&o.role, "role", "", "`role`: hall_manager, county_officer, auditor or administrator")
	f.StringVar(&o.halls, "hall", "", "of a hall_manager: `ids` of halls, with commas between")
	f.StringVar(&o.lang, "lang", "", "`language` of its pages: zh or en; empty: the browser's choice")
}

func flagsDisable(f *flag.FlagSet, o *options) {
	flagsName(f, o)
	f.BoolVar(&o.enable, "enable", false, "allow it again")
}

func flagsToken(f *flag.FlagSet, o *options) {
	flagsName(f, o)
	f.StringVar(&o.account, "account", "", "`name` of the account it acts as")
	f.DurationVar(&o.life, "life", 0, "how long it is good, as 720h; 0: until it is taken away")
	f.BoolVar(&o.given, "given", false, "take the token from standard input")
}

// parse finds the command and reads its flags.
func parse(args []string, s streams) (options, action, error) {
	var o options
	c, rest, err := find(args)
	if err != nil {
		return o, nil, err
	}
	f := flag.NewFlagSet(strings.TrimSpace("hallpulse-hub "+c.words), flag.ContinueOnError)
	f.SetOutput(s.err)
	f.Usage = func() { usage(f, c, s) }
	f.StringVar(&o.config, "config", "", "`file` as deploy/examples/hub.yaml; empty: the defaults, data in ./hub-data")
	if c.flags != nil {
		c.flags(f, &o)
	}
	if err := f.Parse(rest); err != nil {
		return o, nil, err
	}
	if f.NArg() > 0 {
		return o, nil, fmt.Errorf("hallpulse-hub: %q is not understood; see hallpulse-hub --help", f.Arg(0))
	}
	for _, name := range c.need {
		if f.Lookup(name).Value.String() == "" {
			return o, nil, fmt.Errorf("hallpulse-hub: %s needs --%s", c.words, name)
		}
	}
	return o, c.do, nil
}

// find takes the words of a command off the front of args.
func find(args []string) (command, []string, error) {
	list := commands()
	for _, c := range list[1:] {
		words := strings.Fields(c.words)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.words {
			return c, args[len(words):], nil
		}
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		var known []string
		for _, c := range list[1:] {
			known = append(known, c.words)
		}
		return command{}, nil, fmt.Errorf("hallpulse-hub: no command %q; there are: %s", strings.Join(args[:min(2, len(args))], " "), strings.Join(known, ", "))
	}
	return list[0], args, nil
}

func usage(f *flag.FlagSet, c command, s streams) {
	_, _ = fmt.Fprintf(s.err, "%s: %s\n", f.Name(), c.help)
	f.PrintDefaults()
	if c.words != "" {
		return
	}
	_, _ = fmt.Fprintln(s.err, "Commands:")
	for _, c := range commands()[1:] {
		_, _ = fmt.Fprintf(s.err, "  %-17s %s\n", c.words, c.help)
	}
}
