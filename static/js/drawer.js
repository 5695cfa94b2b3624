// A row opens beside its list without the list being drawn again: the page behind the link is
// fetched and only its drawer is taken. Its address is the link's, so Back and a reload work.
(function () {
  "use strict";
  var SLOT = "#drawer-slot";

  function open(url, push) {
    return fetch(url, { credentials: "same-origin" })
      .then(function (answer) { if (!answer.ok) throw new Error(); return answer.text(); })
      .then(function (text) {
        var slot = document.querySelector(SLOT);
        var page = new DOMParser().parseFromString(text, "text/html");
        var fresh = page.querySelector(SLOT);
        if (!slot || !fresh) { location.assign(url); return; }
        slot.replaceWith(fresh);
        if (push) history.pushState({ drawer: true }, "", url);
        document.querySelectorAll("tr.open").forEach(function (row) { row.classList.remove("open"); });
        var link = Array.prototype.find.call(
          document.querySelectorAll("th a[data-drawer]"),
          function (one) { return one.href === url; });
        var head = fresh.querySelector("h2");
        if (head) {
          if (link) link.closest("tr").classList.add("open");
          head.focus({ preventScroll: window.innerWidth > 1180 });
        }
      })
      .catch(function () { location.assign(url); });
  }
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[data-drawer]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!document.querySelector(SLOT)) return;
    event.preventDefault();
    open(link.href, true);
  });
  window.addEventListener("popstate", function () {
    if (document.querySelector(SLOT)) open(location.href, false);
  });
})();
