package air

import "sort"

// The calibration is the example of the BMP280 data sheet (3.12), humidity that of a real chip.
const (
	calT1, calT2, calT3                                           = 27504, 26435, -1000
	calP1, calP2, calP3, calP4, calP5, calP6, calP7, calP8, calP9 = 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000
	calH1, calH2, calH3, calH4, calH5, calH6                      = 75, 370, 0, 313, 50, 30
)

// fineOf is the integer formula of the data sheet (4.2.3): the temperature in 1/5120 °C.
func fineOf(raw int32) int32 {
	a := ((raw>>3 - calT1<<1) * calT2) >> 11
	b := raw>>4 - calT1
	return a + ((b*b)>>12*calT3)>>14
}

// pressureOf gives 1/256 Pa.
func pressureOf(raw, fine int64) int64 {
	a := fine - 128000
	b := a*a*calP6 + (a*calP5)<<17 + calP4<<35
	a = a*a*calP3>>8 + (a*calP2)<<12
	a = (1<<47 + a) * calP1 >> 33
	p := ((1048576-raw)<<31 - b) * 3125 / a
	return (p+calP9*(p>>13)*(p>>13)>>25+calP8*p>>19)>>8 + calP7<<4
}

// humidityOf gives 1/1024 percent.
func humidityOf(raw, fine int32) int32 {
	x := fine - 76800
	x = ((raw<<14 - calH4<<20 - calH5*x + 16384) >> 15) *
		((((x*calH6)>>10*((x*calH3)>>11+32768)>>10+2097152)*calH2 + 8192) >> 14)
	x -= ((x >> 15 * (x >> 15)) >> 7) * calH1 >> 4
	return min(max(x, 0), 419430400) >> 12
}

// The raw values are found by search: the formulas only go one way.
func rawTemperature(celsius float64) (raw uint32, fine int32) {
	i := sort.Search(1<<20-1, func(i int) bool { return float64(fineOf(int32(i)))/5120 >= celsius })
	return uint32(i), fineOf(int32(i))
}

func rawPressure(pascals float64, fine int32) uint32 {
	return uint32(sort.Search(1<<20-1, func(i int) bool { return float64(pressureOf(int64(i), int64(fine)))/256 <= pascals }))
}

func rawHumidity(percent float64, fine int32) uint16 {
	return uint16(sort.Search(1<<16-1, func(i int) bool { return float64(humidityOf(int32(i), fine))/1024 >= percent }))
}
