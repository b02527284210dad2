package escpos

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"hallpulse/hall/conf"
)

// Layout says how a ticket is read. Numbers and people ahead are looked for in text whose full-width letters and digits
// were made plain; a pattern's first group is what it finds.
type Layout struct {
	// Number finds the ticket's number. An earlier pattern outweighs a later one, then a larger print a smaller.
	Number []*regexp.Regexp `yaml:"number" conf:"min=1,max=16"`
	// NotNumber are lines that tell of other tickets, e.g. the one that is being served.
	NotNumber []*regexp.Regexp `yaml:"not_number" conf:"max=16"`
	// Ahead finds how many people wait before.
	Ahead []*regexp.Regexp `yaml:"ahead" conf:"max=16"`
	// Nobody are lines that say that nobody waits before.
	Nobody []*regexp.Regexp `yaml:"nobody" conf:"max=16"`
	// Category finds a category with a label. Without one it is what follows the number: on its line, else on the next
	// lines the first that is nothing else.
	Category []*regexp.Regexp `yaml:"category" conf:"max=16"`
	// NotCategory are lines that are no category: dates, greetings, the hall's name.
	NotCategory []*regexp.Regexp `yaml:"not_category" conf:"max=64"`
}

// number is a ticket's number. Digits or letters beside it would make it another.
const number = `([A-Z]{1,2}\d{3,4})(?:[^A-Za-z0-9]|$)`

// DefaultLayout suits most dispensers.
func DefaultLayout() Layout {
	return Layout{
		Number: all(
			`^([A-Z]{1,2}\d{3,4})(?: ?号)?$`,
			`(?i:号码|排队号|票号|序号|您的号|ticket|number|no\.?)(?:[是为]|[^A-Za-z0-9])*`+number,
			`^`+number,
			`(?:^|[^A-Za-z0-9])`+number,
		),
		NotNumber: all(`当前|正在|叫号中|已叫|(?i:now serving|current)`),
		Ahead: all(
			`(?:前面|前方|等候|等待|排队)[^0-9A-Za-z时]{0,12}(\d{1,4}) ?(?:[人位个名,;]|$)`,
			`(?i:ahead|waiting)[^0-9A-Za-z]{0,12}(?:of you)?[^0-9A-Za-z]{0,12}(\d{1,4})(?:[^0-9:]|$)`,
			`(?:^|[^0-9:])(\d{1,4}) ?(?:人|位)[^0-9]{0,4}(?:等候|等待|排队)`,
			`(?i)(?:^|[^0-9:])(\d{1,4}) (?:people |persons? )?(?:ahead|waiting)`,
		),
		Nobody: all(`(?:前面|前方|目前)[^0-9]{0,4}(?:无人|没有人|没人)`, `(?i:nobody|no one) (?:is )?(?:ahead|waiting)`),
		Category: all(
			`^(?:您|您的|您选择的|您办理的|所选)?(?:业务类别|业务类型|业务名称|办理业务|办理事项|事项|业务|类别|队列)\s*[:：]\s*(.+)$`,
			`^(?i:service|category|business)\s*[:：]\s*(.+)$`,
		),
		NotCategory: all(
			`\d{4} ?[-/.年] ?\d{1,2}`, `\d{1,2} ?: ?\d{2}`, `星期|周[一二三四五六日]`,
			`欢迎|谢谢|感谢|祝您|您|敬请|^请|请[到在您勿保凭等耐稍留听注按]`, `过号|作废|有效|妥善|保管|提示|注意`,
			`(?i)\b(?:welcome|thanks?|please|waiting|valid|date|time)\b`,
			`(?:中心|大厅|服务站|服务厅|政府|办事处)$`, `(?i)\b(?:centre|center|hall|station)$`,
			`\d ?号?窗口`, `等候|等待|排队|前面|前方|当前|正在`, `(?i)\bahead\b`, `电话 ?:|热线|地址|网址|扫码|二维码`, `(?i:https?:|www\.|\btel\b)`,
			`^[^\p{L}]*$`,
		),
	}
}

func all(patterns ...string) (out []*regexp.Regexp) {
	for _, p := range patterns {
		out = append(out, regexp.MustCompile(p))
	}
	return out
}

// LoadLayout reads a layout from a YAML file with the keys number, not_number, ahead, nobody, category and not_category, each
// a list of regular expressions; a key that is not there is as in [DefaultLayout]. What is wrong with its content comes as
// a [conf.Errors].
func LoadLayout(file string) (Layout, error) {
	f, err := os.Open(file)
	if err != nil {
		return Layout{}, fmt.Errorf("escpos: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, conf.MaxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return Layout{}, fmt.Errorf("escpos: %w", err)
	}
	return ParseLayout(file, data)
}

// ParseLayout reads data, the content of file. The error is a [conf.Errors].
func ParseLayout(file string, data []byte) (Layout, error) {
	l := DefaultLayout()
	doc := conf.Open(file, data)
	if doc.Decode(&l) {
		l.groups(doc)
	}
	if err := doc.Err(); err != nil {
		return Layout{}, err
	}
	return l, nil
}

// groups refuses patterns that have no group to find something in.
func (l *Layout) groups(doc *conf.Document) {
	for _, list := range []struct {
		key      string
		patterns []*regexp.Regexp
	}{{"number", l.Number}, {"ahead", l.Ahead}, {"category", l.Category}} {
		for i, p := range list.patterns {
			if p != nil && p.NumSubexp() == 0 {
				doc.Fail(fmt.Sprintf("%s[%d]", list.key, i), textNoGroup, textGroupMend)
			}
		}
	}
}

// matches says whether one of the patterns matches.
func matches(patterns []*regexp.Regexp, s string) bool {
	return slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(s) })
}
