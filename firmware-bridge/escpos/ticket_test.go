package escpos

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hallpulse/hall/conf"
)

// document makes one of lines; a line that begins with ! is printed large.
func document(lines ...string) (d Document) {
	for _, s := range lines {
		l := Line{Text: s, Width: 1, Height: 1}
		if big, ok := strings.CutPrefix(s, "!"); ok {
			l = Line{big, 3, 3}
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

func TestReadTicket(t *testing.T) {
	for _, c := range []struct {
		d    Document
		want Ticket
	}{
		{document("!A012", "综合业务"), Ticket{"A012", "综合业务", -1}},
		{document("A012 号 综合业务"), Ticket{"A012", "综合业务", -1}},
		{document("A012号", "综合业务", "前面等候 3 人"), Ticket{"A012", "综合业务", 3}},
		{document("您的号码：A012", "业务类别：社保医保", "等候人数：3"), Ticket{"A012", "社保医保", 3}},
		{document("号码:A012", "您前面还有 3 位"), Ticket{"A012", "", 3}},
		{document("城关镇便民服务中心", "Ａ０１２", "低保申请", "前面等候０人"), Ticket{"A012", "低保申请", 0}},
		{document("Township Service Center", "Ticket No. AB1234", "Social insurance", "Ahead: 3"), Ticket{"AB1234", "Social insurance", 3}},
		{document("A012", "Service: Civil affairs", "12 people ahead of you"), Ticket{"A012", "Civil affairs", 12}},
		{document("!A012", "2026-03-02 09:15", "城关镇便民服务中心", "谢谢"), Ticket{"A012", "", -1}},
		{document("!A012", "2026年3月2日 星期一", "婚姻登记"), Ticket{"A012", "婚姻登记", -1}},
		{document("!A012", "2026-03-02", "09:15:07", "请耐心等候", "老城街道"), Ticket{"A012", "", -1}},
		{document("城关镇便民服务中心", "当前办理 A009", "!A012", "综合窗口业务", "预计等待 15 分钟", "前面无人等候"), Ticket{"A012", "综合窗口业务", 0}},
		{document("A012", "社保", "等候时间 10 分钟", "还有5人等候"), Ticket{"A012", "社保", 5}},
		{document("B001 窗口说明", "!A012", "社保"), Ticket{"A012", "社保", -1}},
		{document("A012", "A012 社保"), Ticket{"A012", "", -1}},
		{document("A012", "请到3号窗口", "ID 1234"), Ticket{"A012", "ID 1234", -1}},
		{document("请A012到3号窗口"), Ticket{"A012", "", -1}},
		{document("A012", "��"), Ticket{"A012", "", -1}},
		{document("A012", "A012"), Ticket{"A012", "", -1}},
	} {
		got, err := ReadTicket(c.d, DefaultLayout())
		if err != nil || got != c.want {
			t.Errorf("%v: got %+v, %v, want %+v", c.d.Lines, got, err, c.want)
		}
	}
}

func TestNoTicket(t *testing.T) {
	for _, c := range []struct {
		d     Document
		cause error
	}{
		{Document{}, ErrNoNumber},
		{document("打印机自检", "ROM V1.02", "XA0123456"), ErrNoNumber},
		{document("当前办理 A009"), ErrNoNumber},
		{document("a012", "A12", "ABC123"), ErrNoNumber},
		{document("!A012", "社保", "!A013", "社保"), ErrTwoNumbers},
	} {
		if got, err := ReadTicket(c.d, DefaultLayout()); !errors.Is(err, c.cause) || got != (Ticket{Ahead: -1}) {
			t.Errorf("%v: got %+v, %v", c.d.Lines, got, err)
		}
	}
}

func TestLayoutFile(t *testing.T) {
	l, err := LoadLayout(filepath.Join("testdata", "layout.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadTicket(document("第 017 号", "去：户籍", "等候 2 人"), l)
	if err != nil || got != (Ticket{"017", "户籍", 2}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err = LoadLayout("testdata/nowhere.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestLayoutMistakes(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{"numbr: []", "1:1: numbr: unknown key; did you mean number?"},
		{"number: []", "1:9: number: too short, at least 1"},
		{"number: ['[A-']", "1:10: number[0] = \"[A-\": not understood: error parsing regexp"},
		{"ahead: ['^A$']", "1:9: ahead[0] = \"^A$\": has no group: nothing says which part is meant; put what is meant in ( )"},
		{"category: [", "not valid YAML"},
	} {
		_, err := ParseLayout("x.yaml", []byte(c.yaml))
		var problems conf.Errors
		if !errors.As(err, &problems) || !strings.Contains(problems.In("en"), c.want) {
			t.Errorf("%s: got %v", c.yaml, err)
		}
	}
}
