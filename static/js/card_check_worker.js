// Serves the page that checks member cards from what the phone has kept, where there is no network.
// Its scope is that page; card_check.js fills the cache.
(function () {
  "use strict";
  self.addEventListener("install", function (event) { event.waitUntil(self.skipWaiting()); });
  self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });
  self.addEventListener("fetch", function (event) {
    if (event.request.method !== "GET") return;
    event.respondWith(fetch(event.request).catch(function () {
      return caches.match(event.request, { ignoreSearch: true }).then(function (kept) {
        return kept || Response.error();
      });
    }));
  });
})();
