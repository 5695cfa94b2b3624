// Checks a member card on the keeper's phone, also without network. The code stands behind the # of
// the page's address; key and list of revoked cards are kept for a day by card_check_worker.js.
(function () {
  "use strict";
  var HEAD = 19, SIGNATURE = 64;
  var page = document.querySelector("[data-card-check]");
  if (!page || !window.fetch || !window.TextDecoder) return;
  var form = page.querySelector("form");

  function show(outcome, card) {
    page.querySelectorAll("[data-outcome]").forEach(function (box) {
      box.hidden = box.dataset.outcome !== String(outcome);
    });
    if (!card) return;
    page.querySelectorAll("[data-state]").forEach(function (word) {
      word.hidden = word.dataset.state !== String(card.state);
    });
    fill("name", card.name);
    fill("number", page.dataset.prefix + " " + card.number.replace(/(\d{4})(?=\d)/g, "$1 "));
  }

  function fill(slot, text) {
    page.querySelectorAll('[data-slot="' + slot + '"]').forEach(function (place) {
      place.textContent = text;
    });
  }

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (letter) { return letter.charCodeAt(0); });
  }

  // version 1 | kind and state 1 | number 5 | issued at 4 | valid for 4 | union 4 | masked name
  function read(token) {
    var raw = bytes(token), packed = raw.slice(0, -SIGNATURE);
    var view = new DataView(packed.buffer);
    if (packed.length < HEAD || view.getUint8(0) !== 1) throw new Error("another form");
    var number = view.getUint8(2) * 4294967296 + view.getUint32(3);
    return {
      packed: packed,
      signature: raw.slice(-SIGNATURE),
      state: view.getUint8(1) & 127,
      number: ("000000000000" + number).slice(-12),
      issued: view.getUint32(7),
      valid: view.getUint32(11),
      name: new TextDecoder().decode(packed.slice(HEAD))
    };
  }

  function isSigned(card, bundle) {
    return crypto.subtle.importKey("raw", bytes(bundle.public_key), "Ed25519", false, ["verify"])
      .then(function (key) {
        return crypto.subtle.verify("Ed25519", key, card.signature, card.packed);
      });
  }

  function isRevoked(card, bundle) {
    var packed = new Blob([bytes(bundle.filter.data)]).stream();
    var hashes = new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
    var wanted = crypto.subtle.digest("SHA-256", new TextEncoder().encode(card.number));
    return Promise.all([hashes, wanted]).then(function (both) {
      var list = new DataView(both[0]), first = new DataView(both[1]).getBigUint64(0);
      for (var at = 0; at < list.byteLength; at += 8) {
        if (list.getBigUint64(at) === first) return true;
      }
      return false;
    });
  }

  function judge(token, bundle) {
    var card;
    try { card = read(token); } catch (unreadable) { return Promise.resolve([1]); }
    return isSigned(card, bundle).then(function (signed) {
      if (!signed) return [2];
      var age = Date.now() / 1000 - card.issued;
      if (age > card.valid) return [3, card];
      if (age < -bundle.clock_skew_seconds) return [4, card];
      return isRevoked(card, bundle).then(function (gone) { return [gone ? 5 : 0, card]; });
    });
  }

  function check() {
    var token = location.hash.slice(1);
    if (!token) return;
    fetch(page.dataset.bundle).then(function (answer) { return answer.json(); })
      .then(function (bundle) { return judge(token, bundle); })
      .then(function (said) { show(said[0], said[1]); })
      .catch(function () {
        // An old phone without Ed25519: the server looks, where there is a network.
        if (!navigator.onLine) return show("unable");
        form.elements.code.value = token;
        form.submit();
      });
  }

  // Keeps this page, what it is made of, and the day's key and list.
  function keep() {
    if (!("serviceWorker" in navigator) || !window.caches) return;
    navigator.serviceWorker.register(page.dataset.worker).then(function () {
      return caches.open("card-check");
    }).then(function (kept) {
      var parts = [location.pathname, page.dataset.bundle];
      document.querySelectorAll("link[rel=stylesheet], script[src], link[rel=icon]").forEach(
        function (part) { parts.push(part.href || part.src); });
      return Promise.all(parts.map(function (url) {
        return fetch(url).then(function (answer) { if (answer.ok) return kept.put(url, answer); });
      })).then(function () { return kept.match(page.dataset.bundle); });
    }).then(function (answer) { return answer.json(); }).then(function (bundle) {
      fill("day", bundle.day);
      page.querySelector("[data-ready]").hidden = false;
    }).catch(function () { /* Without room to keep it the page still works with a network. */ });
  }

  window.addEventListener("hashchange", check);
  check();
  keep();
})();
