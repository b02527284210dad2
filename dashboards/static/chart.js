/* The day of a hall: people waiting and people in the hall, with what is missing shown as missing. */
(function () {
  'use strict';

  var el = document.querySelector('[data-chart]');
  if (!el || !window.echarts) { return; }
  var STEP = 120;                // seconds
  var EVERY = 60000;
  var DAY = 86400000;
  var ZONE = 8 * 3600000;        // halls live at UTC+8
  var words = el.dataset;
  var chart = null;

  function dayStart(ms) { return Math.floor((ms + ZONE) / DAY) * DAY - ZONE; }

  function clock(ms) {
    var d = new Date(ms + ZONE);
    return ('0' + d.getUTCHours()).slice(-2) + ':' + ('0' + d.getUTCMinutes()).slice(-2);
  }

  function get(url) {
    return fetch(url, { credentials: 'same-origin' }).then(function (r) {
      if (!r.ok) { throw new Error('status ' + r.status); }
      return r.json();
    });
  }

  // What the hall has nothing to count with is not asked for: its name is not in the page.
  function series(metric, name, from, to) {
    return !name ? Promise.resolve({ series: [] }) : get('/api/v1/series?hall=' + encodeURIComponent(words.hall) + '&metric=' + metric + '&part=&step=' + STEP +
      '&from=' + new Date(from).toISOString() + '&to=' + new Date(to).toISOString());
  }

  // A step without readings is null, so the line breaks there.
  function line(answer, from, to, shift) {
    var at = {};
    (answer.series[0] ? answer.series[0].points : []).forEach(function (p) { at[Math.floor((Date.parse(p.t) - from) / (STEP * 1000))] = p.last; });
    var out = [];
    for (var i = 0; from + i * STEP * 1000 <= to; i++) {
      out.push([from + i * STEP * 1000 + shift, at[i] === undefined ? null : at[i]]);
    }
    return out;
  }

  function hatch() {
    var c = document.createElement('canvas');
    c.width = c.height = 8;
    var g = c.getContext('2d');
    g.strokeStyle = '#9aa3ab';
    g.beginPath();
    g.moveTo(0, 8); g.lineTo(8, 0); g.moveTo(-2, 2); g.lineTo(2, -2); g.moveTo(6, 10); g.lineTo(10, 6);
    g.stroke();
    return { image: c, repeat: 'repeat' };
  }

  function last(data) {
    for (var i = data.length - 1; i >= 0; i--) { if (data[i][1] !== null) { return data[i]; } }
    return null;
  }

  // The newest values stand beside their points; two that are close are put one above the other.
  function shifts(a, b) {
    var x = last(a), y = last(b);
    if (!x || !y) { return [0, 0]; }
    var top = a.concat(b).reduce(function (m, p) { return Math.max(m, p[1] || 0); }, 1);
    if (Math.abs(x[1] - y[1]) > top * 0.09) { return [0, 0]; }
    return x[1] >= y[1] ? [-8, 8] : [8, -8];
  }

  function solid(name, data, colour, gaps, shift) {
    var end = last(data);
    return {
      name: name, type: 'line', data: data, showSymbol: false, connectNulls: false, step: 'end', animation: false,
      lineStyle: { width: 2, color: colour }, itemStyle: { color: colour }, emphasis: { disabled: true },
      markPoint: end ? { symbol: 'circle', symbolSize: 6, silent: true, data: [{ coord: end }], label: { show: true, position: 'right', offset: [0, shift], formatter: String(end[1]), color: colour, fontWeight: 600 } } : undefined,
      markArea: gaps.length ? { silent: true, itemStyle: { color: hatch(), opacity: 0.7 }, label: { show: false }, data: gaps } : undefined
    };
  }

  function pale(name, data, colour) {
    return { name: name, type: 'line', data: data, showSymbol: false, connectNulls: false, step: 'end', animation: false, silent: true, lineStyle: { width: 1, color: colour, opacity: 0.45 }, itemStyle: { color: colour, opacity: 0.45 }, tooltip: { show: false }, z: 1 };
  }

  function draw(waiting, people, before, gaps, from, to) {
    if (!last(waiting) && !last(people)) { message(words.none); return; }
    if (!chart) {
      el.textContent = '';
      chart = window.echarts.init(el, null, { renderer: 'canvas' });
      window.addEventListener('resize', function () { chart.resize(); });
    }
    var first = last(waiting.concat(people).slice().reverse());
    var start = [waiting, people].reduce(function (m, d) { d.some(function (p) { if (p[1] !== null) { m = Math.min(m, p[0]); return true; } return false; }); return m; }, first ? first[0] : from);
    start = Math.floor(Math.min(start, to - 3600000) / 1800000) * 1800000;
    var shift = shifts(waiting, people);
    var list = [];
    if (words.waiting) { list.push(solid(words.waiting, waiting, '#0F5E6B', gaps, shift[0])); }
    if (words.people) { list.push(solid(words.people, people, '#8A6D3B', words.waiting ? [] : gaps, shift[1])); }
    if (last(before)) { list.push(pale(words.waiting + ' · ' + words.lastWeek, before, '#0F5E6B')); }
    chart.setOption({
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 },
      grid: { left: 8, right: 40, top: 32, bottom: 4, containLabel: true },
      legend: { left: 0, top: 0, itemWidth: 16, itemHeight: 2, icon: 'rect', textStyle: { color: '#5A646D', fontSize: 12 }, selectedMode: false },
      tooltip: { trigger: 'axis', transitionDuration: 0, borderColor: '#DFE3E6', borderWidth: 1, extraCssText: 'box-shadow:none', formatter: tip },
      xAxis: { type: 'time', min: start, max: to, axisLabel: { color: '#5A646D', hideOverlap: true, formatter: clock }, axisLine: { lineStyle: { color: '#C3CAD0' } }, axisTick: { show: false }, splitLine: { show: false } },
      yAxis: { type: 'value', min: 0, minInterval: 1, axisLabel: { color: '#5A646D' }, splitLine: { lineStyle: { color: '#EEF1F3' } } },
      series: list
    }, { notMerge: true });
  }

  function tip(items) {
    if (!items.length) { return ''; }
    return clock(items[0].value[0]) + items.map(function (i) {
      return '<br>' + i.marker + i.seriesName + ' ' + (i.value[1] === null || i.value[1] === undefined ? words.gap : '<b>' + i.value[1] + '</b>');
    }).join('');
  }

  function message(text) {
    if (chart) { chart.dispose(); chart = null; }
    var p = document.createElement('p');
    p.className = 'dim';
    p.textContent = text;
    el.textContent = '';
    el.appendChild(p);
  }

  function load() {
    var skew = Number(document.body.dataset.now) - performanceStart;
    var to = Date.now() + skew;
    var from = dayStart(to);
    var week = 7 * DAY;
    Promise.all([
      series('waiting_people', words.waiting, from, to), series('people', words.people, from, to),
      series('waiting_people', words.waiting, from - week, from - week + (to - from)),
      get('/api/v1/gaps?limit=200&hall=' + encodeURIComponent(words.hall) + '&from=' + new Date(from).toISOString() + '&to=' + new Date(to).toISOString())
    ]).then(function (r) {
      var gaps = r[3].items.map(function (g) { return [{ xAxis: Math.max(from, Date.parse(g.from)), name: words.gap }, { xAxis: Math.min(to, Date.parse(g.to)) }]; });
      draw(line(r[0], from, to, 0), line(r[1], from, to, 0), line(r[2], from - week, from - week + (to - from), week), gaps, from, to);
    }).catch(function () { if (!chart) { message(words.failed); } });
  }

  var performanceStart = Date.now(); // about when the page was made: its data-now belongs to this instant
  load();
  setInterval(load, EVERY);
})();
