package county

import (
	"fmt"

	"hallpulse/hall"
)

// place is a hall to be.
type place struct {
	id       hall.HallID
	name     hall.Text
	township hall.Text
	kind     hall.Kind
}

type town struct{ zh, en string }

// towns are the townships of an invented county.
func towns() []town {
	return []town{
		{"江口镇", "Jiangkou"}, {"白鹭乡", "Bailu"}, {"湖江镇", "Hujiang"}, {"沙地镇", "Shadi"}, {"南塘镇", "Nantang"},
		{"田村镇", "Tiancun"}, {"石芫乡", "Shiyuan"}, {"长洛乡", "Changluo"}, {"韩坊镇", "Hanfang"}, {"大埠乡", "Dabu"},
		{"王母渡镇", "Wangmudu"}, {"阳埠乡", "Yangbu"}, {"三溪乡", "Sanxi"}, {"五云镇", "Wuyun"}, {"储潭镇", "Chutan"},
		{"吉埠镇", "Jibu"}, {"大田乡", "Datian"}, {"茅店镇", "Maodian"}, {"梅林镇", "Meilin"}, {"水西镇", "Shuixi"},
	}
}

// villages are the villages of its townships.
func villages() []town {
	return []town{
		{"河埠村", "Hebu"}, {"优良村", "Youliang"}, {"山田村", "Shantian"}, {"旱塘村", "Hantang"}, {"蕉田村", "Jiaotian"},
		{"樟坑村", "Zhangkeng"}, {"上坪村", "Shangping"}, {"龙头村", "Longtou"}, {"桃源村", "Taoyuan"}, {"清溪村", "Qingxi"},
		{"新屋村", "Xinwu"}, {"枫树村", "Fengshu"},
	}
}

// placeOf gives the i-th place of a county whose first halls places are township halls. Lists that are too short go round
// with a number.
func placeOf(i, halls int) place {
	if i < halls {
		t, n := nth(towns(), i)
		return place{id: id(t.en, n), name: hall.Text{ZH: t.zh + n + "便民服务中心", EN: t.en + n + " Service Center"},
			township: hall.Text{ZH: t.zh, EN: t.en}, kind: hall.Center}
	}
	v, n := nth(villages(), i-halls)
	t, _ := nth(towns(), (i-halls)%max(halls, 1))
	return place{id: id(t.en+"-"+v.en, n), name: hall.Text{ZH: v.zh + n + "便民服务站", EN: v.en + n + " Station"},
		township: hall.Text{ZH: t.zh, EN: t.en}, kind: hall.Station}
}

func nth(list []town, i int) (t town, round string) {
	if r := i / len(list); r > 0 {
		round = fmt.Sprint(r + 1)
	}
	return list[i%len(list)], round
}

func id(en, n string) hall.HallID {
	out := []byte(en + n)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return hall.HallID(out)
}
