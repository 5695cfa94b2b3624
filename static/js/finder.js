// 驿站: asks the device where it is, remembers the map app, keeps a county's list for where there is
// no network, and draws the page of what was kept. A position leaves the device in a form only.
(function () {
  "use strict";
  var CACHE = "finder", APP = "nuanxin-map-app", LAST = "nuanxin-county";
  var page = document.querySelector("[data-finder]");
  var saved = document.querySelector("[data-finder-saved]");

  function store(name, value) {
    try {
      if (value) localStorage.setItem(name, value);
      return localStorage.getItem(name);
    } catch (refused) { return null; }
  }

  // ---- where am I ----
  function locate(form) {
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      if (form.elements.lng.value) return;
      event.preventDefault();
      form.querySelector("[data-locating]").hidden = false;
      navigator.geolocation.getCurrentPosition(function (found) {
        form.elements.lng.value = found.coords.longitude.toFixed(6);
        form.elements.lat.value = found.coords.latitude.toFixed(6);
        form.submit();
      }, function () { form.submit(); }, { timeout: 15000, maximumAge: 60000, enableHighAccuracy: true });
    });
  }

  // ---- the map app: chosen once, opened at once from then on ----
  document.querySelectorAll("[data-app]").forEach(function (link) {
    link.addEventListener("click", function () { store(APP, link.dataset.app); });
  });
  document.querySelectorAll("[data-remembers] summary").forEach(function (button) {
    button.addEventListener("click", function (event) {
      var box = button.parentNode, app = store(APP);
      var link = app && !box.open && box.querySelector('[data-app="' + app + '"]');
      if (!link || button.dataset.tapped) return;
      event.preventDefault();
      button.dataset.tapped = "1";  // the second tap shows the choice again
      location.href = link.href;
    });
  });

  // ---- keeping the county ----
  function keep() {
    if (!page.dataset.county || !("serviceWorker" in navigator) || !window.caches) return;
    navigator.serviceWorker.register(page.dataset.worker).then(function () {
      return caches.open(CACHE);
    }).then(function (kept) {
      var parts = [page.dataset.saved, page.dataset.county];
      document.querySelectorAll("link[rel=stylesheet], script[src], link[rel=icon]").forEach(
        function (part) { parts.push(part.href || part.src); });
      return Promise.all(parts.map(function (url) {
        return fetch(url).then(function (answer) { if (answer.ok) return kept.put(url, answer); });
      }));
    }).then(function () {
      store(LAST, page.dataset.county);
      page.querySelector("[data-kept]").hidden = false;
    }).catch(function () { /* Without room to keep it the page still works with a network. */ });
  }

  // ---- what was kept ----
  function metres(from, lng, lat) {
    var rad = Math.PI / 180, north = (lat - from[1]) * rad, east = (lng - from[0]) * rad;
    var square = Math.pow(Math.sin(north / 2), 2) +
      Math.cos(from[1] * rad) * Math.cos(lat * rad) * Math.pow(Math.sin(east / 2), 2);
    return 2 * 6371008.8 * Math.asin(Math.sqrt(square));
  }
  function clock(minute) {
    return new Date(minute * 60000).toLocaleTimeString("zh-CN",
      { hour: "numeric", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
  }
  function says(one) {
    var now = Date.now() / 60000;
    var span = one[6].filter(function (times) { return times[0] <= now && now < times[1]; })[0];
    var next = one[6].filter(function (times) { return times[0] > now; })[0];
    if (span) return (one[7] > now ? "存的时候开着，到 " : "牌子上写开到 ") + clock(span[1]);
    return next ? "没开，" + clock(next[0]) + " 开" : "今天不开";
  }
  function draw(told, from) {
    var list = saved.querySelector("[data-list]"), mould = document.querySelector("[data-line]");
    var rows = told.stations.map(function (one) {
      return { one: one, far: from ? metres(from, one[2], one[3]) : 0 };
    });
    if (from) rows.sort(function (a, b) { return a.far - b.far; });
    list.textContent = "";
    rows.slice(0, 60).forEach(function (row) {
      var line = mould.content.cloneNode(true), one = row.one;
      var far = row.far < 995 ? Math.round(row.far / 10) * 10 + " 米" : (row.far / 1000).toFixed(1) + " 公里";
      var words = { name: one[1], address: one[4], has: one[5], says: says(one), far: from ? far : "" };
      line.querySelectorAll("[data-slot]").forEach(function (slot) {
        slot.textContent = words[slot.dataset.slot];
      });
      list.appendChild(line);
    });
  }
  function showSaved() {
    var url = store(LAST);
    if (!url) return;
    fetch(url).then(function (answer) { return answer.json(); }).then(function (told) {
      saved.querySelector("[data-none]").hidden = true;
      saved.querySelector("[data-some]").hidden = false;
      saved.querySelector('[data-slot="county"]').textContent = told.county;
      saved.querySelector('[data-slot="at"]').textContent = new Date(told.at).toLocaleString("zh-CN",
        { month: "long", day: "numeric", hour: "numeric", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
      draw(told, null);
      saved.querySelector("[data-near]").addEventListener("click", function () {
        navigator.geolocation.getCurrentPosition(function (found) {
          draw(told, [found.coords.longitude, found.coords.latitude]);
        });
      });
    }).catch(function () { /* Nothing was kept: the page says so already. */ });
  }

  var form = document.querySelector("[data-locate]");
  if (form && navigator.geolocation) locate(form);
  if (page) keep();
  if (saved) showSaved();
})();
