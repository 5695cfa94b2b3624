// The screen of a hall: asks for the next region by its ETag and puts it in place. Without a network
// the last numbers stay, with the hour they are of.
(function () {
  "use strict";
  var wall = document.getElementById("wall"), said = document.getElementById("wall-said");
  var turns = wall.dataset.turns.split(" "), seconds = Number(wall.dataset.wall);
  var still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  var own = new URLSearchParams(location.search).get("region");
  var at = 0, tags = {}, kept = {}, last = new Date();
  function hour(time) { return time.toTimeString().slice(0, 5); }
  function put(text) {
    var fresh = new DOMParser().parseFromString(text, "text/html").getElementById("wall");
    if (fresh) { wall.replaceChildren.apply(wall, Array.from(fresh.childNodes)); }
  }
  function tell(isLate) {
    said.textContent = isLate ? "网络断了，这是 " + hour(last) + " 的数" : "数字每 5 分钟更新，" + hour(last) + " 是最近一次";
    said.classList.toggle("late", isLate);
  }
  function turn() {
    if (!still && !own) { at = (at + 1) % turns.length; }
    var region = own || turns[at];
    fetch("?region=" + region, { headers: tags[region] ? { "If-None-Match": tags[region] } : {} })
      .then(function (answer) {
        if (answer.status === 304) { return kept[region]; }
        if (!answer.ok) { throw new Error("not now"); }
        tags[region] = answer.headers.get("ETag");
        return answer.text();
      })
      .then(function (text) { kept[region] = text; last = new Date(); put(text); tell(false); })
      .catch(function () { if (kept[region]) { put(kept[region]); } tell(true); });
  }
  tell(false);
  setInterval(turn, 1000 * (still || own ? seconds : Math.min(seconds, 25)));
})();
