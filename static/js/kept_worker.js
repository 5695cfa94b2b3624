// Serves a page (a door's check-in, the inspection form) from what the device has kept, where there is no
// network; door.js and inspect.js fill the cache. Its scope is its address. What is sent (POST) never comes from here.
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
