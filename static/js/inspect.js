// Keeps a filled-in inspection on the device (IndexedDB) until there is a network. Each form has a
// number of its own: the server keeps each number once, however often it is sent.
(function () {
  "use strict";
  var page = document.querySelector("[data-inspect]");
  if (!page || !window.indexedDB || !window.crypto || !crypto.randomUUID) return;
  var form = page.querySelector("form"), sending = false, CACHE = "inspect", MASTER_DAY = "3";

  var opened = new Promise(function (done, failed) {
    var asked = indexedDB.open("nuanxin-inspect", 1);
    asked.onupgradeneeded = function () { asked.result.createObjectStore("sheets", { keyPath: "id" }); };
    asked.onsuccess = function () { done(asked.result); };
    asked.onerror = function () { failed(asked.error); };
  });
  function store(mode, act) {
    return opened.then(function (base) {
      return new Promise(function (done, failed) {
        var deal = base.transaction("sheets", mode), asked = act(deal.objectStore("sheets"));
        deal.oncomplete = function () { done(asked && asked.result); };
        deal.onerror = function () { failed(deal.error); };
      });
    });
  }
  function waiting() {
    return store("readonly", function (sheets) { return sheets.getAll(); }).then(function (rows) {
      page.querySelector("[data-waiting]").textContent = rows.length;
      page.querySelector("[data-waiting-line]").hidden = rows.length === 0;
      return rows;
    });
  }
  function show(word, why, url) {
    page.querySelectorAll("[data-said]").forEach(function (box) { box.hidden = box.dataset.said !== word; });
    page.querySelector("[data-why]").textContent = why || "";
    if (url) page.querySelector("[data-link]").href = url;
    if (word) page.querySelector("[data-said=" + word + "]").scrollIntoView({ block: "center" });
  }

  // What a form says, in the shape the server reads.
  function sheet() {
    var fields = form.elements, found = {}, notes = {}, now = new Date();
    Array.prototype.forEach.call(fields, function (field) {
      if (field.checked && field.name.indexOf("found_") === 0) found[field.name.slice(6)] = +field.value;
      if (field.value && field.name.indexOf("note_") === 0) notes[field.name.slice(5)] = field.value;
    });
    var told = {
      id: fields.client_id.value, station: page.dataset.station, kind: +fields.kind.value,
      at: now.toISOString(), found: found, notes: notes, heard: fields.heard.value
    };
    if (fields.kind.value === MASTER_DAY && fields.begins.value) {
      var parts = fields.begins.value.split(":"), since = new Date(now);
      since.setHours(+parts[0], +parts[1], 0, 0);
      if (since >= now) since.setDate(since.getDate() - 1);
      told.at = since.toISOString();
      told.until = now.toISOString();
    }
    return told;
  }

  function send() {
    if (sending || !navigator.onLine) return Promise.resolve();
    sending = true;
    return waiting().then(function (rows) {
      if (!rows.length) return null;
      return fetch(page.dataset.send, {
        method: "POST", redirect: "manual",
        headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
        body: JSON.stringify({ sheets: rows.slice(0, 20) })
      }).then(function (answer) {
        if (answer.ok) return answer.json();
        show("out");
        return null;
      }).then(function (told) {
        if (!told) return null;
        var refused = told.taken.filter(function (one) { return !one.kept; })[0];
        return store("readwrite", function (sheets) {
          // What was refused stays: whoever filled it in puts it right and sends it again.
          told.taken.forEach(function (one) { if (one.kept) sheets.delete(one.id); });
        }).then(waiting).then(function () {
          if (refused) show("refused", refused.said);
          else show("sent", "", told.taken[told.taken.length - 1].url);
        });
      });
    }).catch(function () { /* Without a network it stays on the device. */ })
      .then(function () { sending = false; });
  }

  form.addEventListener("submit", function (event) {
    if (navigator.onLine) return;  // With a network the server says itself what is missing.
    event.preventDefault();
    if (!form.reportValidity()) return;
    store("readwrite", function (sheets) { sheets.put(sheet()); }).then(waiting).then(function () {
      form.elements.client_id.value = crypto.randomUUID();
      show("kept");
    });
  });
  window.addEventListener("online", send);

  if ("serviceWorker" in navigator && window.caches && navigator.onLine) {
    navigator.serviceWorker.register(page.dataset.worker).then(function () {
      return caches.open(CACHE);
    }).then(function (kept) {
      var parts = [location.pathname];
      document.querySelectorAll("link[rel=stylesheet], script[src], link[rel=icon]").forEach(
        function (part) { parts.push(part.href || part.src); });
      return Promise.all(parts.map(function (url) {
        return fetch(url).then(function (answer) { if (answer.ok) return kept.put(url, answer); });
      }));
    }).then(function () { page.querySelector("[data-ready]").hidden = false; })
      .catch(function () { /* Then it works with a network only. */ });
  }
  waiting().then(send);
})();
