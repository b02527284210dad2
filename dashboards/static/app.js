/* Live pages: one stream of server-sent events, fragments swapped in place, ages that grow by themselves. Figures come
   from the server; nothing is computed here but how long ago something was. */
(function () {
  'use strict';

  var body = document.body;
  var offset = Number(body.dataset.now) - Date.now(); // the county's clock minus this browser's
  var lastHeard = 0;                                   // by this browser's clock; 0: no stream yet
  var AGAIN = 20000;                                   // a list is asked for again at least this often
  var SILENT = 15000;                                  // the server says something every 5 s

  document.documentElement.classList.add('js');

  function now() { return Date.now() + offset; }

  function two(n) { return (n < 10 ? '0' : '') + n; }

  function clock(ms) { // halls and county live at UTC+8, whatever this browser's zone
    var d = new Date(ms + 8 * 3600000);
    return two(d.getUTCHours()) + ':' + two(d.getUTCMinutes()) + ':' + two(d.getUTCSeconds());
  }

  function each(root, selector, f) { Array.prototype.forEach.call(root.querySelectorAll(selector), f); }

  // Ages. A fragment's minutes were true when it was made; here they go on.
  function age(root) {
    each(root, '[data-since]', function (el) {
      var minutes = Math.max(0, Math.floor((now() - Date.parse(el.dataset.since)) / 60000));
      var text = minutes > 0 ? (el.dataset.lead || '') + minutes : el.dataset.under;
      if (el.textContent !== text && !body.classList.contains('stale')) { el.textContent = text; }
    });
  }

  // Swapping. Values that differ fade in; focus stays where it was.
  function values(root) {
    var map = {};
    each(root, '[data-v]', function (el) { map[el.dataset.v] = el.textContent; });
    return map;
  }

  function swap(el, html) {
    if (el._html === html) { return; }
    el._html = html;
    var before = values(el);
    var focused = el.contains(document.activeElement) && document.activeElement.getAttribute('href');
    el.innerHTML = html;
    age(el);
    each(el, '[data-v]', function (v) {
      var old = before[v.dataset.v];
      if (old !== undefined && old !== v.textContent) { v.classList.add('changed'); }
    });
    if (focused) {
      each(el, 'a[href]', function (a) { if (a.getAttribute('href') === focused) { a.focus(); } });
    }
  }

  function onHTML(e) {
    var m = JSON.parse(e.data);
    each(document, '[data-live="' + m.key + '"]', function (el) { swap(el, m.html); });
  }

  // Order: worst first. Rows are put where they belong only when nobody is pointing at or typing in the table.
  var wanted = null;

  function onOrder(e) { wanted = JSON.parse(e.data); reorder(); }

  function reorder() {
    var table = document.querySelector('[data-county] tbody');
    if (!wanted || !table) { if (wanted && wanted.length && document.querySelector('.empty')) { location.reload(); } return; }
    if (table.matches(':hover') || table.contains(document.activeElement)) { return; }
    var rows = {};
    var known = 0;
    each(table, 'tr[data-hall]', function (tr) { rows[tr.dataset.hall] = tr; known++; });
    if (wanted.length !== known || wanted.some(function (id) { return !rows[id]; })) { wanted = null; location.reload(); return; }
    wanted.forEach(function (id, i) {
      if (table.children[i] !== rows[id]) { table.insertBefore(rows[id], table.children[i]); }
    });
    wanted = null;
  }

  // Lists that the page's own address describes are asked for again, at most every half second. What the user asks for
  // wins: an answer that was on its way when a filter was changed would put the old list back.
  var asked = null;
  var turns = 0;   // requests of the user so far
  var waiting = 0; // of those without an answer
  var turned = 0;  // when the last one was made: an answer that never comes must not stop the list

  function onRefresh(e) {
    var list = document.querySelector('[data-refresh="' + JSON.parse(e.data) + '"]');
    if (list) { renew(list); }
  }

  function busy(list) {
    return waiting > 0 && Date.now() - turned < SILENT || list.contains(document.activeElement) && document.activeElement.tagName === 'SELECT';
  }

  function renew(list) {
    if (asked || !list.isConnected) { return; }
    asked = setTimeout(function () {
      asked = null;
      if (busy(list)) { renew(list); return; }
      var turn = turns;
      fetch(location.pathname + location.search, { headers: { 'HX-Request': 'true', 'Accept': 'text/html' }, credentials: 'same-origin' })
        .then(function (r) {
          if (r.status === 401) { location.assign('/login'); }
          return r.ok ? r.text() : null;
        })
        .then(function (html) {
          if (html === null) { return; }
          if (turn !== turns || busy(list)) { renew(list); return; }
          if (list._html === html) { return; }
          swap(list, html);
          if (window.htmx) { window.htmx.process(list); }
        })
        .catch(function () { /* the stream's own state says that the county is not reached */ });
    }, list._html === undefined ? 0 : 500);
    if (list._html === undefined) { list._html = null; }
  }

  function onOpen(e) {
    var n = Number(e.data);
    each(document, '[data-open-alerts]', function (b) { b.hidden = n === 0; b.textContent = String(n); });
  }

  // The stream and its honesty: what is not heard is not shown as now.
  var clockAt = document.querySelector('[data-clock]');
  var said = document.querySelector('[data-stream-text]');
  var holder = document.querySelector('[data-stream]');

  function heard() { lastHeard = Date.now(); state(); }

  function state() {
    if (!clockAt || !body.dataset.events) { return; }
    var lost = broken || Date.now() - lastHeard > SILENT;
    body.classList.toggle('stale', lost);
    holder.classList.toggle('lost', lost);
    var text = lost ? body.dataset.liveLost : body.dataset.liveOk;
    if (said.textContent !== text) { said.textContent = text; }
    clockAt.textContent = clock(lost ? lastHeard + offset : now());
  }

  var broken = false;
  var source = null;

  function connect() {
    if (!body.dataset.events) { return; }
    source = new EventSource(body.dataset.events);
    source.onopen = function () { broken = false; heard(); };
    source.onerror = function () {
      broken = true;
      state();
      if (source.readyState === 2) { setTimeout(again, 3000); }
    };
    listen('now', function (e) { offset = Number(e.data) - Date.now(); broken = false; });
    listen('html', onHTML);
    listen('order', onOrder);
    listen('refresh', onRefresh);
    listen('open', onOpen);
  }

  function listen(name, f) { source.addEventListener(name, function (e) { f(e); heard(); }); }

  // A refused stream: the session may have ended, or the server is away.
  function again() {
    fetch('/healthz').then(function (r) { return r.ok ? fetch(location.href, { method: 'HEAD', redirect: 'manual', headers: { 'Accept': 'text/html' } }) : null; })
      .then(function (r) {
        if (r && (r.type === 'opaqueredirect' || r.status === 401)) { location.assign('/login?next=' + encodeURIComponent(location.pathname + location.search)); return; }
        connect();
      })
      .catch(function () { setTimeout(again, 3000); });
  }

  document.body.addEventListener('htmx:beforeRequest', function () { turns++; waiting++; turned = Date.now(); });
  document.body.addEventListener('htmx:afterRequest', function () { waiting = Math.max(0, waiting - 1); });
  document.body.addEventListener('htmx:afterSwap', function (e) { if (e.target.dataset.refresh) { e.target._html = null; } });
  document.body.addEventListener('htmx:configRequest', function (e) { e.detail.headers['X-CSRF-Token'] = body.dataset.csrf; });

  lastHeard = Date.now();
  connect();
  age(document);
  setInterval(function () { state(); age(document); reorder(); }, 1000);
  setInterval(function () { each(document, '[data-refresh]', renew); }, AGAIN); // how long something lasts grows by itself

  var chart = document.querySelector('[data-chart]');
  if (chart) {
    var script = document.createElement('script');
    script.src = chart.dataset.script;
    script.onload = function () {
      var own = document.createElement('script');
      own.src = chart.dataset.own;
      document.head.appendChild(own);
    };
    document.head.appendChild(script);
  }
})();
