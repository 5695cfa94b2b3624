// One key for what an officer does all day; listed at the foot of each desk page, off inside
// fields, and can be switched off there. Every key presses something that is on the page.
(function () {
  "use strict";
  var OFF = "nx-keys-off";

  function isOff() {
    try { return localStorage.getItem(OFF) === "1"; } catch (e) { return false; }
  }
  function remember(off) {
    try { localStorage.setItem(OFF, off ? "1" : "0"); } catch (e) { /* private mode */ }
  }
  function isTyping(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  }
  function items() {
    return Array.prototype.slice.call(document.querySelectorAll("[data-item]"));
  }
  function current(list) {
    return list.findIndex(function (item) { return item.getAttribute("aria-current") === "true"; });
  }
  function move(step) {
    var list = items();
    if (!list.length) return;
    var at = current(list);
    var next = at < 0 ? (step > 0 ? 0 : list.length - 1)
      : Math.min(list.length - 1, Math.max(0, at + step));
    if (at >= 0) list[at].removeAttribute("aria-current");
    list[next].setAttribute("aria-current", "true");
    var inside = list[next].querySelector("a, button, input");
    if (inside) inside.focus({ preventScroll: true });
    list[next].scrollIntoView({ block: "nearest" });
  }
  function press(key) {
    var list = items();
    var at = current(list);
    var selector = '[data-key="' + key + '"]';
    var target = (at >= 0 && list[at].querySelector(selector)) || document.querySelector(selector);
    if (!target) return false;
    if (target.tagName === "INPUT") { target.focus(); target.select(); } else { target.click(); }
    return true;
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") { if (press("Escape")) event.preventDefault(); return; }
    if (isTyping(event.target) && event.target.type !== "checkbox") return;
    if (isOff()) return;
    var key = event.key.toLowerCase();
    if (key === "j" || key === "k") { move(key === "j" ? 1 : -1); event.preventDefault(); return; }
    if (/^[/arz]$/.test(key) && press(key)) event.preventDefault();
  });

  document.querySelectorAll("[data-keys]").forEach(function (help) {
    var button = help.querySelector("[data-keys-switch]");
    function say() { button.textContent = isOff() ? "打开单键操作" : "关掉单键操作"; }
    button.addEventListener("click", function () { remember(!isOff()); say(); });
    help.hidden = false;
    say();
  });
})();
