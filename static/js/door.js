// Checks people in at a door, also without network. What is scanned goes into a queue on the device
// (IndexedDB), each with a number of its own, and is sent when there is a network: the server keeps
// each number once. The list holds digests and masked names; after its day it is deleted.
(function () {
  "use strict";
  var page = document.querySelector("[data-door]");
  if (!page || !window.indexedDB || !window.crypto || !crypto.subtle) return;
  var form = page.querySelector("form"), list = null, sending = false, ABOUT = 100;
  var CACHE = "door", HEAD = 19, SIGNATURE = 64;
  var device = (navigator.userAgent.match(/\(([^;)]+)/) || ["", "设备"])[1].slice(0, 40);

  // ---- the queue ----
  var opened = new Promise(function (done, failed) {
    var asked = indexedDB.open("nuanxin-door", 1);
    asked.onupgradeneeded = function () { asked.result.createObjectStore("scans", { keyPath: "id" }); };
    asked.onsuccess = function () { done(asked.result); };
    asked.onerror = function () { failed(asked.error); };
  });
  function store(mode, act) {
    return opened.then(function (base) {
      return new Promise(function (done, failed) {
        var deal = base.transaction("scans", mode), asked = act(deal.objectStore("scans"));
        deal.oncomplete = function () { done(asked && asked.result); };
        deal.onerror = function () { failed(deal.error); };
      });
    });
  }
  function waiting() {
    return store("readonly", function (scans) { return scans.getAll(); }).then(function (rows) {
      page.querySelector("[data-waiting]").textContent = rows.length;
      page.querySelector("[data-waiting-line]").hidden = rows.length === 0;
      return rows;
    });
  }
  function send() {
    if (sending) return Promise.resolve();
    sending = true;
    return waiting().then(function (rows) {
      var some = rows.slice(0, ABOUT);
      if (!some.length || !navigator.onLine) return null;
      return fetch(page.dataset.send, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
        body: JSON.stringify({ device: device, scans: some })
      }).then(function (answer) {
        if (answer.status === 404 || answer.status === 403) show("shut");
        return answer.ok ? answer.json() : null;
      }).then(function (told) {
        if (!told) return null;
        return store("readwrite", function (scans) {
          told.taken.forEach(function (one) { scans.delete(one.id); });
        }).then(waiting).then(function (left) { sending = false; return left.length ? send() : null; });
      });
    }).catch(function () { /* Without a network it stays in the queue. */ })
      .then(function () { sending = false; });
  }

  // ---- the list ----
  function hex(buffer) {
    return Array.from(new Uint8Array(buffer), function (n) { return ("0" + n.toString(16)).slice(-2); }).join("");
  }
  function find(kind, text) {
    var packed = new TextEncoder().encode(list.salt + text);
    return crypto.subtle.digest("SHA-256", packed).then(function (sum) {
      var wanted = hex(sum).slice(0, list.digits);
      return list.people.find(function (one) { return one[kind] === wanted; });
    });
  }
  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (letter) { return letter.charCodeAt(0); });
  }
  // The card: see card_check.js for its form. Gives the number, or nothing for one not to be taken.
  function numberOf(token) {
    var raw = bytes(token), packed = raw.slice(0, -SIGNATURE), view = new DataView(packed.buffer);
    if (packed.length < HEAD || view.getUint8(0) !== 1) return Promise.resolve("");
    var age = Date.now() / 1000 - view.getUint32(7);
    var number = ("000000000000" + (view.getUint8(2) * 4294967296 + view.getUint32(3))).slice(-12);
    if (age > view.getUint32(11) || age < -90) return Promise.resolve("");
    return crypto.subtle.importKey("raw", bytes(list.card_key), "Ed25519", false, ["verify"])
      .then(function (key) { return crypto.subtle.verify("Ed25519", key, raw.slice(-SIGNATURE), packed); })
      .then(function (good) { return good ? number : ""; });
  }

  // ---- what is shown ----
  function show(word, name) {
    page.querySelectorAll("[data-said]").forEach(function (box) { box.hidden = box.dataset.said !== word; });
    page.querySelectorAll("[data-name]").forEach(function (place) { place.textContent = name || ""; });
  }
  function count() {
    page.querySelector("[data-came]").textContent = list.people.filter(function (p) { return p.here; }).length;
    page.querySelector("[data-came-line]").hidden = false;
  }
  function take(text) {
    var plain = text.replace(/\s/g, ""), token = plain.split("#").pop();
    var isCard = token.length > 60, scan = { id: crypto.randomUUID(), at: new Date().toISOString() };
    scan[isCard ? "card" : "code"] = isCard ? token : plain.replace(/-/g, "").toUpperCase();
    var looked = isCard ? numberOf(token).then(function (number) {
      return number ? find("card", number) : "bad";
    }) : find("code", scan.code);
    return looked.catch(function () { return undefined; }).then(function (one) {
      if (one === "bad") return show("card");
      show(one ? (one.here ? "again" : "good") : "unknown", one && one.name);
      if (one) one.here = true;
      count();
      return store("readwrite", function (scans) { scans.add(scan); }).then(waiting).then(send);
    });
  }
  form.addEventListener("submit", function (event) {
    if (!list) return;
    event.preventDefault();
    var field = form.elements.code;
    take(field.value).then(function () { field.value = ""; field.focus(); });
  });

  // ---- the camera ----
  function camera() {
    if (!window.BarcodeDetector || !navigator.mediaDevices) return;
    var box = page.querySelector("[data-camera]"), view = box.querySelector("[data-view]"), last = "";
    box.hidden = false;
    box.querySelector("[data-start]").addEventListener("click", function () {
      var reader = new BarcodeDetector({ formats: ["qr_code"] });
      navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (stream) {
        view.hidden = false;
        view.srcObject = stream;
        view.play();
        setInterval(function () {
          reader.detect(view).then(function (codes) {
            if (!codes.length || codes[0].rawValue === last) return;
            last = codes[0].rawValue;
            take(last);
          }).catch(function () { /* The picture is not there yet. */ });
        }, 300);
      }).catch(function () { box.hidden = true; });
    });
  }

  // ---- keeping it on the device ----
  function forget() { return window.caches ? caches.delete(CACHE) : Promise.resolve(); }
  function keep() {
    if (!("serviceWorker" in navigator) || !window.caches) return Promise.resolve();
    return navigator.serviceWorker.register(page.dataset.worker).then(function () {
      return caches.open(CACHE);
    }).then(function (kept) {
      var parts = [location.pathname, page.dataset.list];
      document.querySelectorAll("link[rel=stylesheet], script[src], link[rel=icon]").forEach(
        function (part) { parts.push(part.href || part.src); });
      return Promise.all(parts.map(function (url) {
        return fetch(url).then(function (answer) { if (answer.ok) return kept.put(url, answer); });
      }));
    }).then(function () { page.querySelector("[data-ready]").hidden = false; });
  }
  function begin() {
    fetch(page.dataset.list).then(function (answer) {
      if (!answer.ok) return forget().then(function () { show("shut"); });
      return answer.json().then(function (told) {
        if (new Date(told.expires) < new Date()) return forget().then(function () { show("shut"); });
        list = told;
        count();
        camera();
        // Who was checked in here and is not sent yet is here, too.
        return waiting().then(function (rows) {
          return Promise.all(rows.map(function (row) {
            return row.code && find("code", row.code).then(function (one) { if (one) one.here = true; });
          }));
        }).then(count).then(function () { if (navigator.onLine) return keep(); }).then(send);
      });
    }).catch(function () { /* Without list and network the form goes to the server. */ });
  }
  window.addEventListener("online", send);
  setInterval(send, 20000);
  begin();
})();
