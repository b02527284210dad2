// Keeps the page current: asks the gateway for the changing part every second and says so when it does not answer.
(function () {
  'use strict';
  var main = document.getElementById('content');
  function late() {
    if (main.querySelector('.late')) { return; }
    var p = document.createElement('p');
    p.className = 'late';
    p.textContent = main.dataset.broken;
    main.insertBefore(p, main.firstChild);
  }
  function next() {
    fetch(main.dataset.url, { cache: 'no-store' })
      .then(function (r) { if (!r.ok) { throw new Error(r.status); } return r.text(); })
      .then(function (html) { main.innerHTML = html; }, late)
      .then(function () { setTimeout(next, 1000); });
  }
  setTimeout(next, 1000);
})();
