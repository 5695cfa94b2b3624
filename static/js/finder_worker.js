// Answers for the finder where there is no network: what was kept, else the page of what was kept.
// finder.js fills the cache. What is sent (POST) never comes from here.
(function () {
  "use strict";
  self.addEventListener("install", function (event) { event.waitUntil(self.skipWaiting()); });
  self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });
  self.addEventListener("fetch", function (event) {
    var isPage = event.request.mode === "navigate";
    if (event.request.method !== "GET" && !isPage) return;
    event.respondWith(fetch(event.request).catch(function () {
      return caches.open("finder").then(function (kept) {
        if (isPage) return kept.match("/stations/saved/");
        return kept.match(event.request.url);
      }).then(function (answer) { return answer || Response.error(); });
    }));
  });
})();
